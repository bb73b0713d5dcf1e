/* SPDX-License-Identifier: MIT */
/*
 * host/inside - the deeds.  Those that change something change the store first, as whoever is not
 * the session would, and then tell all who are to be told.
 */
#include "host/hostileanswer.h"
#include "host/inside.h"

#include <stdlib.h>
#include <string.h>

const char *const td_deed_names[TD_DEEDS] = {
	"look", "forbidden", "lost", "deliver", "expunge", "empty", "flag", "compare", "rename", "delete",
	"create", "subscribe", "rights", "gain", "metadata", "annotate", "keys", "quota", "aside",
	"run-others", "end-others", "free-others", "untrue",
};

/* Octets that the library lends have to be there. */
static void read_all(const char *data, size_t len)
{
	free(tx_dup(data, len));
}

static struct imapsrv_span span(const char *text)
{
	return (struct imapsrv_span){text, strlen(text)};
}

/* ---- the hooks -------------------------------------------------------------------------- */

static void on_trace(void *user, enum imapsrv_trace what, const char *data, size_t len)
{
	(void)what;
	ts_enter(user);
	read_all(data, len);
	ts_leave(user);
}

static void on_client_id(void *user, struct imapsrv_span field, const struct imapsrv_span *value)
{
	ts_enter(user);
	read_all(field.data, field.len);
	if (value)
		read_all(value->data, value->len);
	ts_leave(user);
}

void td_hooks(struct imapsrv_config *config)
{
	config->trace = on_trace;
	config->client_id = on_client_id;
}

/* ---- calls of the session itself -------------------------------------------------------- */

static void look(struct td *d, const struct ts_link *link)
{
	const struct imapsrv_session *s = link->session;
	struct imapsrv_counters counters = IMAPSRV_COUNTERS_INIT;
	struct imapsrv_span name = imapsrv_session_mailbox(s);
	const char *language = imapsrv_session_language(s);
	size_t peak = 0;

	read_all(name.data, name.len);
	if (language)
		read_all(language, strlen(language));
	(void)imapsrv_session_want(s);
	(void)imapsrv_session_state(s);
	(void)imapsrv_session_utf8(s);
	(void)imapsrv_session_steps(s);
	imapsrv_session_counters(s, &counters);
	if (imapsrv_session_memory(s, &peak) > peak)
		tx_complain(d->log, "inside: more memory than the most there was");
	if (imapsrv_session_user(s) != link)
		tx_complain(d->log, "inside: the session is somebody else's");
}

static void forbidden(struct td *d, struct ts_link *link)
{
	struct imapsrv_session *s = link->session;
	struct imapsrv_span piece;
	size_t n = 0;
	char room[16];
	const struct {
		const char *name;
		int rc;
	} calls[] = {
		{"recv", imapsrv_session_recv(s, "x LOGOUT\r\n", 10, &n)},
		{"eof", imapsrv_session_eof(s)},
		{"peek", imapsrv_session_peek(s, &piece, 1, &n)},
		{"sent", imapsrv_session_sent(s, 0)},
		{"run", imapsrv_session_run(s)},
		{"tls_started", imapsrv_session_tls_started(s)},
		{"compress_started", imapsrv_session_compress_started(s)},
		{"set_external", imapsrv_session_set_external(s, "inside", 6)},
		{"set_channel_binding",
	         imapsrv_session_set_channel_binding(s, "tls-exporter", "inside", 6)},
		{"hide", imapsrv_session_hide(s, "MOVE")},
		{"bye", imapsrv_session_bye(s, "inside")},
		{"save", imapsrv_session_save(s, span("x"), room, sizeof(room), &n)},
	};

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (calls[i].rc != IMAPSRV_EREENTER)
			tx_complain(d->log, "inside: %s gave %d (%s)", calls[i].name, calls[i].rc,
			            imapsrv_strerror(calls[i].rc));
	(void)imapsrv_session_tick(s, UINT64_MAX / 2);
	imapsrv_session_trim(s);
	imapsrv_session_free(s);
}

/* ---- where ------------------------------------------------------------------------------ */

static struct ts_user *user_of(const struct ts_link *link)
{
	for (struct ts_handle *h = link->ts->handles; h; h = h->next)
		if (h->kind == TS_ACCOUNT && h->link == link)
			return h->user;
	return link->ts->users;
}

/* The one that the session has open, or the first of its user's. */
static struct ts_mailbox *mailbox_of(const struct ts_link *link)
{
	const struct ts_user *user = user_of(link);

	for (struct ts_handle *h = link->ts->handles; h; h = h->next)
		if (h->kind == TS_MAILBOX && h->link == link && h->mailbox && !h->mailbox->removed)
			return h->mailbox;
	for (struct ts_mailbox *m = link->ts->mailboxes; m; m = m->next)
		if (m->owner == user && !m->removed && !(m->attributes & IMAPSRV_ATTR_NONEXISTENT))
			return m;
	return NULL;
}

/* The same, but not INBOX. */
static struct ts_mailbox *named(const struct ts_link *link)
{
	struct ts_mailbox *box = mailbox_of(link);

	if (box && !tx_same(box->name, "INBOX"))
		return box;
	for (struct ts_mailbox *m = link->ts->mailboxes; m; m = m->next)
		if (m->owner == user_of(link) && !m->removed && !tx_same(m->name, "INBOX") &&
		    !(m->attributes & IMAPSRV_ATTR_NONEXISTENT))
			return m;
	return NULL;
}

/* Some that scripts make have no room for more, or count messages that are there among those that
 * went; and some stores know by heart how messages are sorted. */
static bool can_change(const struct ts_mailbox *m)
{
	for (size_t i = 0; i < m->grave_count; i++)
		if (ts_message(m, m->graves[i].uid))
			return false;
	if (m->ts->order.count || m->ts->threads.count)
		return false;
	return m->uidnext < UINT32_MAX - 2 && m->modseq < INT64_MAX - 1000;
}

/* ---- what happens to messages ----------------------------------------------------------- */

static void deliver(struct ts *ts, struct ts_mailbox *m)
{
	static const char text[] = "Subject: inside\r\n\r\nOf a callback\r\n";
	const struct ts_message *message = ts_add(m, 0, text, sizeof(text) - 1, ts->now, 0);
	struct imapsrv_range range;

	range = (struct imapsrv_range){message->uid, message->uid};
	ts_post(ts, m, IMAPSRV_EVENT_MESSAGE_NEW, (struct imapsrv_set){&range, 1}, NULL);
}

static void expunge(struct ts *ts, struct ts_mailbox *m, bool all)
{
	size_t at = m->count ? (size_t)(ts->inside.at % m->count) : 0;
	struct imapsrv_range range = {1, UINT32_MAX};
	struct ts_set removed = {0};

	if (m->count && !all)
		range.first = range.last = m->messages[at].uid;
	ts_remove(m, (struct imapsrv_set){&range, 1}, false, &removed);
	if (removed.count)
		ts_post(ts, m, IMAPSRV_EVENT_MESSAGE_EXPUNGE, ts_set_view(&removed), NULL);
	ts_set_clear(&removed);
}

static void flag(struct ts *ts, struct ts_mailbox *m)
{
	static const struct imapsrv_range all = {1, UINT32_MAX};
	char keyword[] = "inside", *keywords[] = {keyword};
	struct ts_changes c = {0};

	ts_flag(m, (struct imapsrv_set){&all, 1}, IMAPSRV_FLAGS_ADD,
	        IMAPSRV_ANSWERED | IMAPSRV_SEEN, keywords, !m->no_new_keywords, &c);
	ts_post_changes(ts, m, &c, NULL);
	ts_flag(m, (struct imapsrv_set){&all, 1}, IMAPSRV_FLAGS_REMOVE, IMAPSRV_FLAGGED, keywords, 0,
	        &c);
	ts_post_changes(ts, m, &c, NULL);
}

static void compare(struct ts *ts, struct ts_mailbox *m)
{
	static const struct imapsrv_range all = {1, UINT32_MAX};
	const struct imapsrv_set none = {NULL, 0};

	ts_post(ts, m, IMAPSRV_EVENT_MESSAGE_NEW, none, NULL);
	ts_post(ts, m, IMAPSRV_EVENT_MAILBOX_CHANGED, none, NULL);
	ts_post(ts, m, IMAPSRV_EVENT_FLAGS_SET, (struct imapsrv_set){&all, 1}, NULL);
}

static void annotate(struct ts *ts, struct ts_mailbox *m)
{
	char entry[] = "/comment", *entries[] = {entry};
	struct ts_set changed = {0};

	for (size_t i = 0; ts->notes.on && i < m->count; i++) {
		ts_annotate(&m->messages[i], entry, "", "inside", 6);
		m->messages[i].modseq = m->modseq + 1;
		ts_set_add(&changed, m->messages[i].uid);
	}
	if (changed.count) {
		m->modseq++;
		ts_post_annotated(ts, m, ts_set_view(&changed), entries, 1, NULL);
	}
	ts_set_clear(&changed);
}

/* ---- what happens to mailboxes ---------------------------------------------------------- */

static void rename_one(struct ts *ts, struct ts_mailbox *m)
{
	static const char to[] = "a name that is longer than the one that it had, whichever that was";
	char *from;

	if (!m || ts_find(ts, m->owner, to))
		return;
	from = tx_dup(m->name, strlen(m->name));
	ts_rename_mailbox(ts, m, to);
	ts_post_name(ts, m->owner, IMAPSRV_EVENT_MAILBOX_RENAME, to, from, NULL);
	free(from);
}

static void delete_one(struct ts *ts, struct ts_mailbox *m)
{
	if (!m)
		return;
	ts_remove_mailbox(ts, m);
	ts_post_name(ts, m->owner, IMAPSRV_EVENT_MAILBOX_DELETE, m->name, NULL, NULL);
}

static void create(struct ts *ts, struct ts_user *u)
{
	if (ts_find(ts, u, "inside"))
		return;
	ts_add_mailbox(ts, u, "inside");
	ts_post_name(ts, u, IMAPSRV_EVENT_MAILBOX_CREATE, "inside", NULL, NULL);
}

static void subscribe(struct ts *ts, struct ts_user *u, const char *name)
{
	ts_subscribe(u, name, true);
	ts_post_name(ts, u, IMAPSRV_EVENT_MAILBOX_SUBSCRIBE, name, NULL, NULL);
	ts_subscribe(u, name, false);
	ts_post_name(ts, u, IMAPSRV_EVENT_MAILBOX_UNSUBSCRIBE, name, NULL, NULL);
}

static void lose_rights(struct ts *ts, struct ts_user *u, struct ts_mailbox *m)
{
	static const uint32_t left[] = {0, IMAPSRV_RIGHT_LOOKUP,
	                                IMAPSRV_RIGHT_LOOKUP | IMAPSRV_RIGHT_READ};

	if (ts->acl.on) {
		ts_acl_change(m, u->name, IMAPSRV_ACL_SET, left[ts->inside.at % 3], false, NULL);
		return;
	}
	m->refused = true;
	ts_post_name(ts, m->owner, IMAPSRV_EVENT_ACCESS_LOST, m->name, NULL, NULL);
}

static void metadata(struct ts *ts, struct ts_user *u, struct ts_mailbox *m)
{
	static const char entry[] = "/shared/comment";
	const struct imapsrv_span entries[] = {{entry, sizeof(entry) - 1}};
	struct imapsrv_event event = IMAPSRV_EVENT_INIT;

	if (!ts->meta.on)
		return;
	event.entries = entries;
	event.entry_count = 1;
	event.type = IMAPSRV_EVENT_SERVER_METADATA;
	ts_set_entry(ts_entries(ts, u, NULL, entry), entry, "inside", 6);
	ts_post_event(ts, NULL, &event);
	if (ts->meta.server_only)
		return;
	event.type = IMAPSRV_EVENT_MAILBOX_METADATA;
	event.mailbox = span(m->name);
	ts_set_entry(ts_entries(ts, u, m, entry), entry, "inside", 6);
	ts_post_event(ts, m->owner, &event);
}

/* ---- what happens in no mailbox --------------------------------------------------------- */

static void post_here(struct ts_link *link, enum imapsrv_event_type type, const char *name,
                      const char *text)
{
	struct imapsrv_event event = IMAPSRV_EVENT_INIT;
	int rc;

	event.type = type;
	event.mailbox = span(name);
	event.text = span(text);
	rc = imapsrv_session_post(link->session, &event);
	if (rc && !imapsrv_is_fatal(rc))
		tx_complain(link->ts->log, "inside: post of event %d gave %d (%s)", (int)type, rc,
		            imapsrv_strerror(rc));
}

/* ---- other sessions --------------------------------------------------------------------- */

/* Does the driver count its memory?  Not yet that of one that is just being made. */
static bool is_known(const struct td *d, const struct ts_link *link)
{
	for (int i = 0; i < TD_SESSIONS; i++)
		if (d->sessions[i].session == link->session)
			return true;
	return false;
}

static void aside(struct td *d, const struct ts_user *u, const struct ts_mailbox *m)
{
	struct imapsrv_session_config config = IMAPSRV_SESSION_CONFIG_INIT;
	int i = TD_SESSIONS - 1;
	struct tx text = {0};

	if (d->sessions[i].connected || strpbrk(m->name, "\"\\&"))
		return;
	config.allow_plaintext = 1;
	tx_fmt(&text,
	       "a SELECT \"%s\"\r\nb STORE 1:* +FLAGS (\\Flagged)\r\nc STORE 1 +FLAGS (\\Deleted)\r\n"
	       "d EXPUNGE\r\ne APPEND \"%s\" {1+}\r\nx\r\nf FETCH 1:* (FLAGS BODY[1])\r\ng LOGOUT\r\n",
	       m->name, m->name);
	if (!td_connect(d, i, &config, u->name))
		td_feed_alone(d, i, text.data, text.len);
	td_forget(d, i);
	tx_free(&text);
}

static void to_others(struct td *d, enum td_deed deed, const struct ts_link *link)
{
	for (int i = 0; i < TD_SESSIONS; i++) {
		struct td_session *s = &d->sessions[i];

		if (!s->session || s->link == link || s->link->inside || s->link->answers)
			continue;
		if (deed == TD_FREE_OTHERS) {
			td_drop(d, i);
		} else if (deed == TD_END_OTHERS) {
			(void)imapsrv_session_bye(s->session, "inside");
		} else {
			s->deadline = imapsrv_session_tick(s->session, d->now);
			td_feed_alone(d, i, "", 0);
		}
	}
}

/* ---- a deed ----------------------------------------------------------------------------- */

static void act_on_mailbox(enum td_deed deed, struct ts_link *link, struct ts_mailbox *m)
{
	struct ts *ts = link->ts;
	struct ts_user *u = user_of(link);

	switch (deed) {
	case TD_DELIVER:
		deliver(ts, m);
		break;
	case TD_EXPUNGE:
	case TD_EMPTY:
		expunge(ts, m, deed == TD_EMPTY);
		break;
	case TD_FLAG:
		flag(ts, m);
		break;
	case TD_COMPARE:
		compare(ts, m);
		break;
	case TD_RENAME:
		rename_one(ts, named(link));
		break;
	case TD_DELETE:
		delete_one(ts, named(link));
		break;
	case TD_CREATE:
		create(ts, u);
		break;
	case TD_SUBSCRIBE:
		subscribe(ts, u, m->name);
		break;
	case TD_RIGHTS:
		lose_rights(ts, u, m);
		break;
	case TD_GAIN:
		ts_post_name(ts, m->owner, IMAPSRV_EVENT_ACCESS_LOST, m->name, NULL, NULL);
		ts_post_name(ts, m->owner, IMAPSRV_EVENT_ACCESS_GAINED, m->name, NULL, NULL);
		break;
	case TD_METADATA:
		metadata(ts, u, m);
		break;
	case TD_ANNOTATE:
		annotate(ts, m);
		break;
	case TD_KEYS:
		post_here(link, IMAPSRV_EVENT_KEYS_RESET, m->name, "");
		post_here(link, IMAPSRV_EVENT_KEYS_RESET, "", "");
		break;
	default:
		break;
	}
}

/* It changes nothing in the store. */
static bool is_quiet(enum td_deed deed)
{
	return deed <= TD_LOST || deed == TD_COMPARE || deed == TD_GAIN || deed == TD_KEYS ||
	       deed == TD_QUOTA || deed == TD_END_OTHERS || deed == TD_FREE_OTHERS || deed == TD_UNTRUE;
}

void td_act(void *user, struct ts_link *link)
{
	struct td_inside *in = user;
	struct ts_mailbox *m = mailbox_of(link);

	if (m && !can_change(m))
		m = NULL;
	if (!link->session || (link->answers && !is_quiet(in->deed)) ||
	    (in->deed == TD_FORBIDDEN && !link->inside))
		return;
	switch (in->deed) {
	case TD_LOOK:
		look(in->d, link);
		break;
	case TD_FORBIDDEN:
		forbidden(in->d, link);
		break;
	case TD_LOST:
		post_here(link, IMAPSRV_EVENT_MAILBOX_CHANGED, "", "");
		break;
	case TD_QUOTA:
		post_here(link, IMAPSRV_EVENT_QUOTA_EXCEED, "", "Too much inside");
		post_here(link, IMAPSRV_EVENT_QUOTA_CHANGE, "", "");
		post_here(link, IMAPSRV_EVENT_QUOTA_WITHIN, "", "");
		break;
	case TD_ASIDE:
		if (m && is_known(in->d, link))
			aside(in->d, user_of(link), m);
		break;
	case TD_RUN_OTHERS:
	case TD_END_OTHERS:
	case TD_FREE_OTHERS:
		if (is_known(in->d, link))
			to_others(in->d, in->deed, link);
		break;
	case TD_UNTRUE:
		link->ts->hostile.played++;
		ts_post_everything(link);
		break;
	default:
		if (m)
			act_on_mailbox(in->deed, link, m);
		break;
	}
}
