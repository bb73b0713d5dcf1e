/* SPDX-License-Identifier: MIT */
/*
 * script/hostevent - "H:" lines about events: "event TYPE NAME ..." posts exactly what it says, true or
 * not; subscribe, unsubscribe and access change the store and tell those who watch.
 */
#include <stdlib.h>
#include <string.h>

#include "script/host.h"

static const char *const types[] = {
	[IMAPSRV_EVENT_MESSAGE_NEW] = "MessageNew",
	[IMAPSRV_EVENT_MESSAGE_APPEND] = "MessageAppend",
	[IMAPSRV_EVENT_MESSAGE_EXPUNGE] = "MessageExpunge",
	[IMAPSRV_EVENT_MESSAGE_EXPIRE] = "MessageExpire",
	[IMAPSRV_EVENT_MESSAGE_READ] = "MessageRead",
	[IMAPSRV_EVENT_MESSAGE_TRASH] = "MessageTrash",
	[IMAPSRV_EVENT_FLAGS_SET] = "FlagsSet",
	[IMAPSRV_EVENT_FLAGS_CLEAR] = "FlagsClear",
	[IMAPSRV_EVENT_MAILBOX_CHANGED] = "MailboxChanged",
	[IMAPSRV_EVENT_MAILBOX_CREATE] = "MailboxCreate",
	[IMAPSRV_EVENT_MAILBOX_DELETE] = "MailboxDelete",
	[IMAPSRV_EVENT_MAILBOX_RENAME] = "MailboxRename",
	[IMAPSRV_EVENT_MAILBOX_SUBSCRIBE] = "MailboxSubscribe",
	[IMAPSRV_EVENT_MAILBOX_UNSUBSCRIBE] = "MailboxUnSubscribe",
	[IMAPSRV_EVENT_MAILBOX_METADATA] = "MailboxMetadata",
	[IMAPSRV_EVENT_ACCESS_GAINED] = "AccessGained",
	[IMAPSRV_EVENT_ACCESS_LOST] = "AccessLost",
	[IMAPSRV_EVENT_ANNOTATION_CHANGE] = "AnnotationChange",
	[IMAPSRV_EVENT_SERVER_METADATA] = "ServerMetadata",
	[IMAPSRV_EVENT_QUOTA_EXCEED] = "QuotaExceed",
	[IMAPSRV_EVENT_QUOTA_WITHIN] = "QuotaWithin",
	[IMAPSRV_EVENT_QUOTA_CHANGE] = "QuotaChange",
	[IMAPSRV_EVENT_LOGIN] = "Login",
	[IMAPSRV_EVENT_LOGOUT] = "Logout",
	[IMAPSRV_EVENT_KEYS_RESET] = "KeysReset",
};
#define TYPES (sizeof(types) / sizeof(types[0]))

/* ---- event TYPE NAME ... ---------------------------------------------------------------- */

#define ENTRIES 16

struct built {
	struct imapsrv_event event;
	struct imapsrv_status status;
	struct imapsrv_flags flags;
	struct sh_flags parsed;
	struct ts_set uids;
	struct imapsrv_span entries[ENTRIES];
	struct imapsrv_span keywords[32];
	int to; /* the session that alone hears it, or -1 */
};

static struct imapsrv_span span_of(const char *text)
{
	return (struct imapsrv_span){text, strlen(text)};
}

/* Numbers of the mailbox. */
static bool number(struct built *b, const char *key, const char *value)
{
	unsigned long long n = strtoull(value, NULL, 10);
	struct imapsrv_status *s = &b->status;

	if (strcmp(key, "messages") == 0) {
		s->messages = (uint32_t)n;
		s->items |= IMAPSRV_STATUS_MESSAGES;
	} else if (strcmp(key, "uidnext") == 0) {
		s->uidnext = (uint32_t)n;
		s->items |= IMAPSRV_STATUS_UIDNEXT;
	} else if (strcmp(key, "uidvalidity") == 0) {
		s->uidvalidity = (uint32_t)n;
		s->items |= IMAPSRV_STATUS_UIDVALIDITY;
	} else if (strcmp(key, "unseen") == 0) {
		s->unseen = (uint32_t)n;
		s->items |= IMAPSRV_STATUS_UNSEEN;
	} else if (strcmp(key, "modseq") == 0) {
		s->highest_modseq = n;
		s->items |= IMAPSRV_STATUS_HIGHESTMODSEQ;
	} else {
		return false;
	}
	b->event.status = s;
	return true;
}

static bool attribute(uint32_t *attributes, const char *word)
{
	static const struct {
		const char *name;
		uint32_t bit;
	} names[] = {
		{"nonexistent", IMAPSRV_ATTR_NONEXISTENT}, {"noselect", IMAPSRV_ATTR_NOSELECT},
		{"noinferiors", IMAPSRV_ATTR_NOINFERIORS}, {"haschildren", IMAPSRV_ATTR_HASCHILDREN},
		{"hasnochildren", IMAPSRV_ATTR_HASNOCHILDREN}, {"subscribed", IMAPSRV_ATTR_SUBSCRIBED},
		{"noaccess", IMAPSRV_ATTR_NOACCESS}, {"sent", IMAPSRV_USE_SENT},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i].name, word) == 0) {
			*attributes |= names[i].bit;
			return true;
		}
	return false;
}

/* The next word of a list "(a b)" or of a bare word, in place; NULL at the end. */
static char *next_word(char **at)
{
	char *start = *at + strspn(*at, "() "), *end = start + strcspn(start, "() ");

	if (!*start)
		return NULL;
	*at = *end ? end + 1 : end;
	*end = '\0';
	return start;
}

static bool words(struct built *b, const char *key, char *value)
{
	char *word;

	if (strcmp(key, "attributes") == 0) {
		b->event.has_attributes = 1;
		while ((word = next_word(&value)) != NULL)
			if (!attribute(&b->event.attributes, word))
				return false;
		return true;
	}
	if (strcmp(key, "entries") != 0)
		return false;
	while ((word = next_word(&value)) != NULL && b->event.entry_count < ENTRIES)
		b->entries[b->event.entry_count++] = span_of(word);
	b->event.entries = b->entries;
	return true;
}

static bool flags(struct built *b, const char *value)
{
	if (!sh_flags(&b->parsed, value))
		return false;
	b->flags.system = b->parsed.system;
	b->flags.keyword_count = (uint32_t)b->parsed.keyword_count;
	for (size_t i = 0; i < b->parsed.keyword_count; i++)
		b->keywords[i] = span_of(b->parsed.keywords[i]);
	b->flags.keywords = b->keywords;
	b->event.flags = &b->flags;
	return true;
}

static bool key_value(struct sh *h, struct built *b, const char *key, char *value)
{
	int session = value[0] - '1';

	if (strcmp(key, "uids") == 0)
		return ts_set_parse(&b->uids, value);
	if (strcmp(key, "from") == 0)
		b->event.old_name = span_of(value);
	else if (strcmp(key, "text") == 0)
		b->event.text = span_of(value);
	else if (strcmp(key, "flags") == 0)
		return flags(b, value);
	else if (strcmp(key, "origin") == 0 && session >= 0 && session < TD_SESSIONS)
		b->event.origin = h->td->sessions[session].session;
	else if (strcmp(key, "to") == 0 && session >= 0 && session < TD_SESSIONS)
		b->to = session;
	else
		return number(b, key, value) || words(b, key, value);
	return true;
}

/* A name is spelled as it is; to whom it belongs is the first user. */
static void post_built(struct sh *h, struct built *b)
{
	h->ts->untrue |= h->ts->inside.at && h->ts->inside.count >= h->ts->inside.at;
	if (b->to < 0) {
		ts_post_event(h->ts, NULL, &b->event);
		return;
	}
	if (h->td->sessions[b->to].session)
		imapsrv_session_post(h->td->sessions[b->to].session, &b->event);
}

static void post(struct sh *h, const struct sc_words *w)
{
	struct built b = {.event = IMAPSRV_EVENT_INIT, .to = -1};
	char *copies[64];
	size_t count = 0, type = 1;
	bool good = w->count >= 3 && w->count % 2 == 1 && w->count < 64;

	while (good && type < TYPES && strcmp(types[type], w->word[1]) != 0)
		type++;
	good = good && type < TYPES;
	if (good) {
		b.event.type = (enum imapsrv_event_type)type;
		b.event.mailbox = span_of(w->word[2]);
	}
	for (size_t i = 3; good && i + 1 < w->count; i += 2) {
		copies[count] = tx_dup(w->word[i + 1], strlen(w->word[i + 1]));
		good = key_value(h, &b, w->word[i], copies[count++]);
	}
	b.event.uids = ts_set_view(&b.uids);
	if (good)
		post_built(h, &b);
	else
		sh_complain(h, w, "written: event TYPE NAME KEY VALUE ...");
	sh_flags_free(&b.parsed);
	ts_set_clear(&b.uids);
	while (count)
		free(copies[--count]);
}

/* ---- what changes in the store ---------------------------------------------------------- */

static void subscribe(struct sh *h, const struct sc_words *w, bool on)
{
	struct ts_user *user = h->ts->users;

	if (w->count != 2) {
		sh_complain(h, w, "written: subscribe NAME");
		return;
	}
	ts_subscribe(user, w->word[1], on);
	ts_post_name(h->ts, user,
	             on ? IMAPSRV_EVENT_MAILBOX_SUBSCRIBE : IMAPSRV_EVENT_MAILBOX_UNSUBSCRIBE,
	             w->word[1], NULL, NULL);
}

/* access NAME hidden | unreadable | full */
static void access(struct sh *h, const struct sc_words *w)
{
	struct ts_mailbox *m = w->count == 3 ? ts_find(h->ts, NULL, w->word[1]) : NULL;
	bool full;

	if (!m) {
		if (!h->faulty)
			sh_complain(h, w, "written: access NAME hidden|unreadable|full");
		return;
	}
	full = strcmp(w->word[2], "full") == 0;
	m->hidden = strcmp(w->word[2], "hidden") == 0;
	m->refused = !full;
	ts_post_name(h->ts, m->owner, full ? IMAPSRV_EVENT_ACCESS_GAINED : IMAPSRV_EVENT_ACCESS_LOST,
	             m->name, NULL, NULL);
}

bool sh_event(struct sh *h, const struct sc_words *w)
{
	const char *word = w->word[0];

	if (strcmp(word, "event") == 0)
		post(h, w);
	else if (strcmp(word, "subscribe") == 0 || strcmp(word, "unsubscribe") == 0)
		subscribe(h, w, word[0] == 's');
	else if (strcmp(word, "access") == 0)
		access(h, w);
	else
		return false;
	return true;
}
