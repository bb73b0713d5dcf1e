/* SPDX-License-Identifier: MIT */
/*
 * script/setup - "host:" lines: the store and the configuration that a script begins with.
 */
#include "script/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void sh_complain(struct sh *h, const struct sc_words *w, const char *what)
{
	struct tx all = {0};

	for (size_t i = 0; i < w->count; i++) {
		tx_str(&all, i ? " " : "");
		tx_str(&all, w->word[i]);
	}
	tx_complain(h->log, "%s:%d: %s: %s", h->script->path, w->line, what, all.data);
	tx_free(&all);
}

/* ---- flags, dates, messages ------------------------------------------------------------- */

bool sh_flags(struct sh_flags *f, const char *text)
{
	static const char *const names[] = {"\\Seen", "\\Answered", "\\Flagged", "\\Deleted",
	                                    "\\Draft"};

	memset(f, 0, sizeof(*f));
	while (*text) {
		size_t len = strcspn(text, " "), i;

		for (i = 0; i < 5; i++)
			if (tx_same_n(text, len, names[i]))
				break;
		if (i < 5)
			f->system |= 1u << i;
		else if (*text == '\\' || f->keyword_count == 32)
			return false;
		else if (len)
			f->keywords[f->keyword_count++] = tx_dup(text, len);
		text += len;
		while (*text == ' ')
			text++;
	}
	return true;
}

void sh_flags_free(struct sh_flags *f)
{
	for (size_t i = 0; i < f->keyword_count; i++)
		free(f->keywords[i]);
	f->keyword_count = 0;
}

/* "17-Jul-1996 02:44:25 -0700" */
static bool parse_date(const char *text, int64_t *date_r, int *zone_r)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	int day, year, hour, minute, second, zone, month;
	char name[4] = "", sign;
	const char *at;
	int64_t y, era, doe, days;
	unsigned mp;

	if (sscanf(text, "%d-%3s-%d %d:%d:%d %c%d", &day, name, &year, &hour, &minute, &second,
	           &sign, &zone) != 8)
		return false;
	at = strstr(months, name);
	if (!at || strlen(name) != 3 || (at - months) % 3)
		return false;
	month = (int)(at - months) / 3 + 1;
	*zone_r = (zone / 100 * 60 + zone % 100) * (sign == '-' ? -1 : 1);
	/* Days since 1970-01-01 of a civil date. */
	y = year - (month <= 2);
	era = y / 400;
	mp = (unsigned)(month + 9) % 12;
	doe = (y - era * 400) * 365 + (y - era * 400) / 4 - (y - era * 400) / 100 +
	      (int64_t)(153 * mp + 2) / 5 + day - 1;
	days = era * 146097 + doe - 719468;
	*date_r = days * 86400 + hour * 3600 + minute * 60 + second - *zone_r * 60;
	return true;
}

uint32_t sh_message(struct sh *h, const struct sc_words *w, struct ts_mailbox **mailbox_r)
{
	static const char plain[] = "Subject: test\r\n\r\nHello\r\n";
	struct ts_mailbox *m = w->count > 1 ? ts_find(h->ts, NULL, w->word[1]) : NULL;
	struct ts_message *message;
	struct sh_flags flags = {0};
	uint32_t uid = 0;
	int64_t date = h->ts->now;
	int zone = 0;
	uint64_t modseq = 0;
	const char *emailid = NULL, *threadid = NULL;
	int64_t saved = h->ts->now;
	int saved_zone = 0;
	struct tx text = {0};

	*mailbox_r = m;
	if (!m) {
		sh_complain(h, w, "no such mailbox");
		return 0;
	}
	if (w->has_body)
		tx_add(&text, w->body.data ? w->body.data : "", w->body.len);
	else
		tx_str(&text, plain);
	for (size_t i = 2; i < w->count; i++) {
		const char *key = w->word[i], *value = w->word[i + 1];

		if (!value || i + 1 == w->count) {
			sh_complain(h, w, "a word is missing at the end");
			break;
		}
		i++;
		if (strcmp(key, "uid") == 0) {
			uid = (uint32_t)strtoul(value, NULL, 10);
		} else if (strcmp(key, "saved") == 0) {
			if (!parse_date(value, &saved, &saved_zone))
				sh_complain(h, w, "a date is \"17-Jul-1996 02:44:25 -0700\"");
		} else if (strcmp(key, "emailid") == 0) {
			emailid = value;
		} else if (strcmp(key, "threadid") == 0) {
			threadid = value;
		} else if (strcmp(key, "modseq") == 0) {
			modseq = strtoull(value, NULL, 10);
		} else if (strcmp(key, "flags") == 0) {
			sh_flags_free(&flags);
			if (!sh_flags(&flags, value))
				sh_complain(h, w, "flags that there are not");
		} else if (strcmp(key, "date") == 0) {
			if (!parse_date(value, &date, &zone))
				sh_complain(h, w, "a date is \"17-Jul-1996 02:44:25 -0700\"");
		} else if (strcmp(key, "size") == 0) {
			size_t size = strtoul(value, NULL, 10);
			char *data = tx_alloc(size);

			tx_generate(data, size);
			tx_clear(&text);
			tx_add(&text, data, size);
			free(data);
		} else {
			sh_complain(h, w, "unknown word");
		}
	}
	message = ts_add(m, uid, text.data, text.len, date, zone);
	tx_free(&text);
	uid = message ? message->uid : 0;
	if (message) {
		message->system = flags.system;
		message->saved = saved;
		message->saved_zone = saved_zone;
		if (emailid)
			snprintf(message->blob->emailid, sizeof(message->blob->emailid), "%s",
			         emailid);
		if (threadid)
			snprintf(message->blob->threadid, sizeof(message->blob->threadid), "%s",
			         threadid);
		if (modseq) {
			message->modseq = modseq;
			m->modseq = modseq > m->modseq - 1 ? modseq : m->modseq - 1;
		}
		for (size_t i = 0; i < flags.keyword_count; i++)
			ts_keyword(m, message, flags.keywords[i], true);
	} else if (!h->faulty) {
		sh_complain(h, w, "UIDs ascend");
	}
	sh_flags_free(&flags);
	return uid;
}

/* ---- mailboxes -------------------------------------------------------------------------- */

static bool attribute(struct ts_mailbox *m, const char *word)
{
	static const struct {
		const char *word;
		uint32_t bit;
	} table[] = {
		{"nonexistent", IMAPSRV_ATTR_NONEXISTENT}, {"noselect", IMAPSRV_ATTR_NOSELECT},
		{"noinferiors", IMAPSRV_ATTR_NOINFERIORS}, {"marked", IMAPSRV_ATTR_MARKED},
		{"unmarked", IMAPSRV_ATTR_UNMARKED},       {"remote", IMAPSRV_ATTR_REMOTE},
		{"all", IMAPSRV_USE_ALL},                  {"archive", IMAPSRV_USE_ARCHIVE},
		{"drafts", IMAPSRV_USE_DRAFTS},            {"flagged", IMAPSRV_USE_FLAGGED},
		{"junk", IMAPSRV_USE_JUNK},                {"sent", IMAPSRV_USE_SENT},
		{"trash", IMAPSRV_USE_TRASH},              {"important", IMAPSRV_USE_IMPORTANT},
		{"haschildren", IMAPSRV_ATTR_HASCHILDREN},
		{"hasnochildren", IMAPSRV_ATTR_HASNOCHILDREN},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strcmp(word, table[i].word) == 0) {
			m->attributes |= table[i].bit;
			return true;
		}
	return false;
}

static void add_keywords(struct ts_mailbox *m, const char *text)
{
	struct ts_message dummy = {0};

	while (*text) {
		size_t len = strcspn(text, " ");
		char *name = tx_dup(text, len);

		ts_keyword(m, &dummy, name, true);
		free(name);
		text += len + strspn(text + len, " ");
	}
	free(dummy.keywords);
}

static uint32_t annotations(const char *text)
{
	return (strstr(text, "none") ? (uint32_t)IMAPSRV_ANNOTATIONS_NONE : 0u) |
	       (strstr(text, "readonly") ? (uint32_t)IMAPSRV_ANNOTATIONS_READONLY : 0u) |
	       (strstr(text, "noprivate") ? (uint32_t)IMAPSRV_ANNOTATIONS_NOPRIVATE : 0u);
}

static void mailbox_line(struct sh *h, const struct sc_words *w)
{
	struct ts_user *owner = ts_find_user(h->ts, NULL);
	struct ts_mailbox *m;

	for (size_t i = 2; i + 1 < w->count; i++)
		if (strcmp(w->word[i], "of") == 0)
			owner = ts_find_user(h->ts, w->word[i + 1]);
	if (w->count < 2 || !owner) {
		sh_complain(h, w, "no name, or no such user");
		return;
	}
	m = ts_find(h->ts, owner, w->word[1]);
	if (!m)
		m = ts_add_mailbox(h->ts, owner, w->word[1]);
	for (size_t i = 2; i < w->count; i++) {
		const char *key = w->word[i], *value = w->word[i + 1];

		if (attribute(m, key))
			continue;
		if (strcmp(key, "readonly") == 0)
			m->read_only = true;
		else if (strcmp(key, "noperm") == 0)
			m->refused = true;
		else if (strcmp(key, "notsticky") == 0)
			m->not_sticky = true;
		else if (strcmp(key, "recent") == 0)
			m->keep_recent = true;
		else if (strcmp(key, "nonewkeywords") == 0)
			m->no_new_keywords = true;
		else if (strcmp(key, "nosavedates") == 0)
			m->no_savedates = true;
		else if (strcmp(key, "nomodseq") == 0)
			m->no_modseq = true;
		else if (strcmp(key, "subscribed") == 0)
			ts_subscribe(owner, m->name, true);
		else if (!value) {
			sh_complain(h, w, "unknown word, or a value is missing");
			return;
		} else {
			i++;
			if (strcmp(key, "id") == 0)
				snprintf(m->id, sizeof(m->id), "%s", value);
			else if (strcmp(key, "annotations") == 0)
				m->annotations = annotations(value);
			else if (strcmp(key, "annotation-size") == 0)
				m->annotation_size = strtoull(value, NULL, 10);
			else if (strcmp(key, "private") == 0)
				(void)imapsrv_rights_parse((struct imapsrv_span){value, strlen(value)},
				                           &m->private_rights);
			else if (strcmp(key, "limit") == 0)
				m->append_limit = strtoull(value, NULL, 10);
			else if (strcmp(key, "floor") == 0)
				m->floor = strtoull(value, NULL, 10);
			else if (strcmp(key, "modseq") == 0)
				m->modseq = strtoull(value, NULL, 10);
			else if (strcmp(key, "uidvalidity") == 0)
				m->uidvalidity = (uint32_t)strtoul(value, NULL, 10);
			else if (strcmp(key, "uidnext") == 0)
				m->uidnext = (uint32_t)strtoul(value, NULL, 10);
			else if (strcmp(key, "keywords") == 0)
				add_keywords(m, value);
			else if (strcmp(key, "permanent") == 0) {
				struct sh_flags f;

				if (!sh_flags(&f, value))
					sh_complain(h, w, "flags that there are not");
				m->permanent = f.system;
				sh_flags_free(&f);
			} else if (strcmp(key, "of") != 0)
				sh_complain(h, w, "unknown word");
		}
	}
}

/* ---- the configuration ------------------------------------------------------------------ */

#define SIZE(member) {#member, offsetof(struct imapsrv_limits, member), sizeof(size_t)}
#define U64(member)  {#member, offsetof(struct imapsrv_limits, member), 8}
#define U32(member)  {#member, offsetof(struct imapsrv_limits, member), 4}

static void limit_line(struct sh *h, const struct sc_words *w)
{
	static const struct {
		const char *name;
		size_t offset, size;
	} table[] = {
		SIZE(command), SIZE(command_prelogin), SIZE(arena), SIZE(memory),
		SIZE(memory_prelogin), SIZE(output), U64(append), U64(drop), U32(append_messages),
		U32(notify_names), U32(notify_mailboxes), U32(notify_pending),
		U32(set_ranges), U32(names), U32(keyword_len), U32(keywords), U32(search_terms),
		U32(fetch_items), U32(depth), U32(batch), U32(failed_logins), U32(bad_commands),
		U32(bad_prelogin), U32(login_delay), U32(login_timeout), U32(inactivity),
		U32(idle_timeout), U32(keepalive), U64(search_steps), U32(turn), U32(progress),
		U32(message_limit), U32(save_limit), U32(uidbatch), U32(uidbatches),
		U32(metadata), U32(metadata_entries), SIZE(sort), U32(inprogress),
		U32(contexts), U32(annotation), U32(annotation_entries), U32(annotation_pending),
		U32(parts), U32(header_octets), U32(described), U32(addresses), U32(params),
	};

	for (size_t i = 0; w->count == 3 && i < sizeof(table) / sizeof(table[0]); i++) {
		char *at = (char *)&h->limits + table[i].offset;
		uint64_t n = strcmp(w->word[2], "none") == 0 ? UINT32_MAX
		                                             : strtoull(w->word[2], NULL, 10);
		uint32_t n32 = (uint32_t)n;
		size_t ns = (size_t)n;

		if (strcmp(w->word[1], table[i].name) != 0)
			continue;
		if (table[i].size == 4)
			memcpy(at, &n32, 4);
		else if (table[i].size == sizeof(size_t))
			memcpy(at, &ns, sizeof(ns));
		else
			memcpy(at, &n, 8);
		return;
	}
	sh_complain(h, w, "written: limit NAME NUMBER, with a name of imapsrv_limits");
}

static void no_line(struct sh *h, const struct sc_words *w)
{
	static const char *const names[] = {"copy",  "move",      "status",    "check",
	                                    "write", "mailboxes", "subscribe", "login", "vanished", "watch",
	                                    "changed", "setquota", "getacl", "setacl"};

	for (size_t k = 1; k < w->count; k++) {
		size_t i;

		for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (strcmp(w->word[k], names[i]) == 0)
				h->ts->absent |= 1u << i;
		if (strcmp(w->word[k], "size") == 0)
			h->ts->options.no_size = true;
	}
}

/* order UID ..., threads UID DEPTH ... */
static void order_line(struct sh *h, const struct sc_words *w)
{
	bool threads = strcmp(w->word[0], "threads") == 0;
	size_t step = threads ? 2 : 1, count = (w->count - 1) / step, i;
	struct imapsrv_thread_member *m = tx_alloc((count + 1) * sizeof(*m));

	for (i = 0; i < count; i++) {
		m[i].uid = (uint32_t)strtoul(w->word[1 + i * step], NULL, 10);
		m[i].depth = threads ? (uint32_t)strtoul(w->word[2 + i * step], NULL, 10) : 0;
	}
	if (threads) {
		h->ts->threads.members = m;
		h->ts->threads.count = count;
	} else {
		h->ts->order.members = m;
		h->ts->order.count = count;
	}
}

/* finds SET [maybe SET] */
static void finds_line(struct sh *h, const struct sc_words *w)
{
	struct ts *ts = h->ts;
	const char *maybe = w->count == 4 && !strcmp(w->word[2], "maybe") ? w->word[3] : "none";

	if ((w->count != 2 && w->count != 4) ||
	    (strcmp(w->word[1], "none") && !ts_set_parse(&ts->finds, w->word[1])) ||
	    (strcmp(maybe, "none") && !ts_set_parse(&ts->maybe, maybe)))
		sh_complain(h, w, "written: finds SET [maybe SET]");
	ts->search = ts_answer_finds;
	ts->search_user = ts;
}

/* fuzzy SET [maybe SET] [relevancy UID PERCENT ...] */
static void fuzzy_line(struct sh *h, const struct sc_words *w)
{
	struct sc_words finds = *w;
	size_t k = 1;

	while (k < w->count && strcmp(w->word[k], "relevancy") != 0)
		k++;
	finds.count = k;
	finds_line(h, &finds);
	h->ts->fuzzy = true;
	for (k++; k + 1 < w->count; k += 2) {
		unsigned long uid = strtoul(w->word[k], NULL, 10);

		if (!uid || uid >= TS_RELEVANCIES)
			sh_complain(h, w, "a UID that is too high for a relevancy");
		else
			h->ts->relevancy[uid] = (uint8_t)strtoul(w->word[k + 1], NULL, 10);
	}
}

/* expunged NAME UIDS MODSEQ */
static void expunged_line(struct sh *h, const struct sc_words *w)
{
	struct ts_mailbox *m = w->count == 4 ? ts_find(h->ts, NULL, w->word[1]) : NULL;
	struct ts_set set = {0};

	if (!m || !ts_set_parse(&set, w->word[2]))
		sh_complain(h, w, "written: expunged NAME UIDS MODSEQ");
	for (size_t i = 0; m && i < set.count; i++)
		for (uint32_t uid = set.ranges[i].first; uid <= set.ranges[i].last; uid++)
			ts_bury(m, uid, strtoull(w->word[3], NULL, 10));
	ts_set_clear(&set);
}

/* acl [alone] [nonegative] [others 0n] [grantable "l r swi"] [twin NAME] */
static void acl_line(struct sh *h, const struct sc_words *w)
{
	h->ts->acl.on = true;
	for (size_t i = 1; i < w->count; i++) {
		const char *word = w->word[i], *value = w->word[i + 1];
		bool more = i + 1 < w->count;

		i += strcmp(word, "alone") && strcmp(word, "nonegative");
		if (strcmp(word, "alone") == 0)
			h->ts->acl.create_alone = true;
		else if (strcmp(word, "nonegative") == 0)
			h->ts->acl.no_negative = true;
		else if (more && strcmp(word, "others") == 0)
			imapsrv_rights_parse((struct imapsrv_span){value, strlen(value)},
			                     &h->ts->acl.others);
		else if (more && strcmp(word, "grantable") == 0 && !h->ts->acl.grantable)
			h->ts->acl.grantable = tx_dup(value, strlen(value));
		else if (more && strcmp(word, "twin") == 0 && !h->ts->acl.twin)
			h->ts->acl.twin = tx_dup(value, strlen(value));
		else
			sh_complain(h, w, "unknown word");
	}
}

/* rights MAILBOX IDENTIFIER LETTERS ... */
void sh_rights(struct sh *h, const struct sc_words *w, bool silent)
{
	struct ts_mailbox *m = w->count > 1 ? ts_find(h->ts, NULL, w->word[1]) : NULL;
	uint32_t rights;

	if (!m || w->count < 4 || w->count % 2) {
		if (!h->faulty)
			sh_complain(h, w, "written: rights MAILBOX IDENTIFIER LETTERS ...");
		return;
	}
	for (size_t i = 2; i + 1 < w->count; i += 2) {
		const char *letters = w->word[i + 1];

		if (strcmp(letters, "gone") == 0)
			ts_acl_change(m, w->word[i], IMAPSRV_ACL_DELETE, 0, silent, NULL);
		else if (imapsrv_rights_parse((struct imapsrv_span){letters, strlen(letters)}, &rights))
			sh_complain(h, w, "no such rights");
		else
			ts_acl_change(m, w->word[i], IMAPSRV_ACL_SET, rights, silent, NULL);
	}
}

/* quota NAME [of PREFIX] [storage USAGE LIMIT] [message U L] [mailbox U L] [annotation U L] */
static void quota_line(struct sh *h, const struct sc_words *w, const char *name)
{
	static const char *const names[] = {"storage", "message", "mailbox", "annotation"};
	struct ts_root *r = ts_root(h->ts, name);

	for (size_t i = 2; i + 1 < w->count; i++) {
		unsigned k = 0;

		if (strcmp(w->word[i], "of") == 0) {
			free(r->mailboxes);
			r->mailboxes = tx_dup(w->word[i + 1], strlen(w->word[i + 1]));
			i++;
			continue;
		}
		while (k < 4 && strcmp(w->word[i], names[k]) != 0)
			k++;
		if (k == 4 || i + 2 >= w->count) {
			sh_complain(h, w, "no such resource");
			return;
		}
		r->limited |= IMAPSRV_RESOURCE_BIT(k);
		h->ts->resources |= IMAPSRV_RESOURCE_BIT(k);
		r->usage[k] = strtoull(w->word[i + 1], NULL, 10);
		r->limit[k] = strtoull(w->word[i + 2], NULL, 10);
		i += 2;
	}
}

/* mechanism login | anonymous | oauthbearer | xoauth2 | scram */
static void mechanism_line(struct sh *h, const struct sc_words *w, const char *name)
{
	static const char *const names[] = {"login", "anonymous", "oauthbearer", "xoauth2"};

	for (unsigned i = 0; i < 4; i++)
		if (strcmp(name, names[i]) == 0) {
			h->ts->builtin |= 1u << i;
			return;
		}
	if (strcmp(name, "scram") == 0)
		h->ts->scram = true;
	else
		sh_complain(h, w, "no such mechanism");
}

static void namespace_line(struct sh *h, const struct sc_words *w)
{
	struct ts_user *u = ts_find_user(h->ts, NULL);
	struct imapsrv_namespace *n;

	if (w->count != 3 || !u || u->namespace_count == 4) {
		sh_complain(h, w, "written: namespace personal|other|shared \"prefix\"");
		return;
	}
	n = &u->namespaces[u->namespace_count++];
	n->kind = strcmp(w->word[1], "other") == 0    ? IMAPSRV_NS_OTHER_USERS
	          : strcmp(w->word[1], "shared") == 0 ? IMAPSRV_NS_SHARED
	                                              : IMAPSRV_NS_PERSONAL;
	n->prefix = (struct imapsrv_span){w->word[2], strlen(w->word[2])};
}

/* many NAME COUNT [every K]: empty mail with UIDs K apart */
static void many_line(struct sh *h, const struct sc_words *w)
{
	struct ts_mailbox *m = w->count > 1 ? ts_find(h->ts, NULL, w->word[1]) : NULL;
	unsigned long count = w->count > 2 ? strtoul(w->word[2], NULL, 10) : 0;
	uint32_t apart = w->count > 4 ? (uint32_t)strtoul(w->word[4], NULL, 10) : 1;

	if (!m || !count || !apart) {
		sh_complain(h, w, "written: many NAME COUNT [every K]");
		return;
	}
	while (count--)
		ts_add(m, m->uidnext - 1 + apart, "\r\n", 2, h->ts->now, 0);
}

/* metadata [server] [noprivate] [max N] [count N] */
static void metadata_line(struct sh *h, const struct sc_words *w)
{
	h->ts->meta.on = true;
	for (size_t i = 1; i < w->count; i++) {
		if (strcmp(w->word[i], "server") == 0)
			h->ts->meta.server_only = true;
		else if (strcmp(w->word[i], "noprivate") == 0)
			h->ts->meta.no_private = true;
		else if (strcmp(w->word[i], "max") == 0 && i + 1 < w->count)
			h->ts->meta.max = strtoul(w->word[++i], NULL, 10);
		else if (strcmp(w->word[i], "count") == 0 && i + 1 < w->count)
			h->ts->meta.count = strtoul(w->word[++i], NULL, 10);
		else
			sh_complain(h, w, "written: metadata [server] [noprivate] [max N] [count N]");
	}
}

struct ts_entry **sh_entries(struct sh *h, const struct sc_words *w)
{
	struct ts_mailbox *m = NULL;

	if (w->count < 3) {
		sh_complain(h, w, "written: entry MAILBOX NAME \"value\"");
		return NULL;
	}
	if (*w->word[1])
		m = ts_find(h->ts, NULL, w->word[1]);
	if (*w->word[1] && !m) {
		sh_complain(h, w, "no such mailbox");
		return NULL;
	}
	return ts_entries(h->ts, m ? m->owner : h->ts->users, m, w->word[2]);
}

/* entry MAILBOX NAME ["value"], or with the value below it */
static void entry_line(struct sh *h, const struct sc_words *w)
{
	struct ts_entry **list = sh_entries(h, w);

	if (list && w->has_body)
		ts_set_entry(list, w->word[2], w->body.data ? w->body.data : "", w->body.len);
	else if (list && w->count > 3)
		ts_set_entry(list, w->word[2], w->word[3], strlen(w->word[3]));
}

/* annotate [readonly] [max N] [count N] */
static void annotate_line(struct sh *h, const struct sc_words *w)
{
	h->ts->notes.on = true;
	for (size_t i = 1; i < w->count; i++) {
		if (strcmp(w->word[i], "readonly") == 0)
			h->ts->notes.read_only = true;
		else if (strcmp(w->word[i], "max") == 0 && i + 1 < w->count)
			h->ts->notes.max = strtoul(w->word[++i], NULL, 10);
		else if (strcmp(w->word[i], "count") == 0 && i + 1 < w->count)
			h->ts->notes.count = strtoul(w->word[++i], NULL, 10);
		else
			sh_complain(h, w, "written: annotate [readonly] [max N] [count N]");
	}
}

struct ts_message *sh_annotated(struct sh *h, const struct sc_words *w, const char **owner_r,
                                struct ts_mailbox **mailbox_r)
{
	struct ts_mailbox *m = w->count > 4 ? ts_find(h->ts, NULL, w->word[1]) : NULL;
	struct ts_message *message = m ? ts_message(m, (uint32_t)strtoul(w->word[2], NULL, 10)) : NULL;

	if (!message && !h->faulty)
		sh_complain(h, w, "written: annotation MAILBOX UID ENTRY shared|USER \"value\", of a message");
	*owner_r = message && strcmp(w->word[4], "shared") != 0 ? w->word[4] : "";
	*mailbox_r = m;
	return message;
}

bool sh_annotate(struct sh *h, const struct sc_words *w, struct ts_mailbox **mailbox_r)
{
	const char *owner, *value = w->count > 5 ? w->word[5] : "";
	struct ts_message *m = sh_annotated(h, w, &owner, mailbox_r);

	if (m && w->has_body)
		ts_annotate(m, w->word[3], owner, w->body.data ? w->body.data : "", w->body.len);
	else if (m)
		ts_annotate(m, w->word[3], owner, strcmp(value, "none") ? value : NULL, strlen(value));
	return m != NULL;
}

/* user NAME [pass PASSWORD] [anonymous] [for APPLICATION] ... */
static void user_line(struct sh *h, const struct sc_words *w, const char *name)
{
	struct ts_user *u;

	ts_add_user(h->ts, name, w->count > 3 && strcmp(w->word[2], "pass") == 0 ? w->word[3] : "secret");
	u = ts_find_user(h->ts, name);
	for (size_t i = 2; i < w->count; i++) {
		if (strcmp(w->word[i], "anonymous") == 0) {
			u->anonymous = true;
		} else if (strcmp(w->word[i], "for") == 0 && i + 1 < w->count &&
		           u->application_count < 4) {
			char *is = u->applications[u->application_count];

			(void)snprintf(is, sizeof(u->applications[0]), "%s", w->word[++i]);
			u->application_spans[u->application_count++] =
				(struct imapsrv_span){is, strlen(is)};
		}
	}
}

static void urlauth_line(struct sh *h, const struct sc_words *w)
{
	h->ts->urlauth.on = true;
	for (size_t i = 1; i < w->count; i++) {
		h->ts->urlauth.sample = h->ts->urlauth.sample || strcmp(w->word[i], "sample") == 0;
		h->ts->urlauth.only_secure =
			h->ts->urlauth.only_secure || strcmp(w->word[i], "only-secure") == 0;
		if (strlen(w->word[i]) == 32)
			memcpy(h->ts->urlauth.token, w->word[i], 33);
	}
}

static void setup_line(struct sh *h, const struct sc_words *w)
{
	const char *word = w->word[0], *value = w->count > 1 ? w->word[1] : NULL;
	struct ts_mailbox *ignored;

	if (strcmp(word, "user") == 0) {
		if (value)
			user_line(h, w, value);
		return;
	}
	if (!h->ts->users && strcmp(word, "limit") != 0)
		ts_add_user(h->ts, "fred", "secret");
	if (strcmp(word, "limit") == 0)
		limit_line(h, w);
	else if (strcmp(word, "mailbox") == 0)
		mailbox_line(h, w);
	else if (strcmp(word, "message") == 0)
		sh_message(h, w, &ignored);
	else if (strcmp(word, "many") == 0)
		many_line(h, w);
	else if (strcmp(word, "no") == 0)
		no_line(h, w);
	else if (strcmp(word, "namespace") == 0)
		namespace_line(h, w);
	else if (strcmp(word, "starttls") == 0)
		h->session.can_starttls = 1;
	else if (strcmp(word, "language") == 0)
		h->ts->speaks = true;
	else if (strcmp(word, "referrals") == 0)
		h->config.referrals |= value && strcmp(value, "mailbox") == 0
		                               ? IMAPSRV_REFERRALS_MAILBOX
		                               : IMAPSRV_REFERRALS_LOGIN;
	else if (strcmp(word, "jmap") == 0 && value)
		h->config.jmap = value;
	else if (strcmp(word, "quota") == 0 && value)
		quota_line(h, w, value);
	else if (strcmp(word, "acl") == 0)
		acl_line(h, w);
	else if (strcmp(word, "rights") == 0)
		sh_rights(h, w, true);
	else if (strcmp(word, "asks-idle") == 0)
		h->ts->asks_idle = true;
	else if (strcmp(word, "uses") == 0)
		h->ts->uses = IMAPSRV_USE_DRAFTS | IMAPSRV_USE_SENT | IMAPSRV_USE_IMPORTANT;
	else if (strcmp(word, "compress") == 0 && value)
		h->session.compress = strcmp(value, "always") == 0 ? IMAPSRV_COMPRESS_ALWAYS
		                      : strcmp(value, "tls") == 0  ? IMAPSRV_COMPRESS_TLS
		                                                   : IMAPSRV_COMPRESS_AFTER_LOGIN;
	else if (strcmp(word, "expunged") == 0)
		expunged_line(h, w);
	else if (strcmp(word, "modseqs") == 0)
		h->ts->modseqs = true;
	else if (strcmp(word, "finds") == 0)
		finds_line(h, w);
	else if (strcmp(word, "fuzzy") == 0)
		fuzzy_line(h, w);
	else if (strcmp(word, "order") == 0 || strcmp(word, "threads") == 0)
		order_line(h, w);
	else if (strcmp(word, "sparse") == 0)
		h->ts->options.sparse = true;
	else if (strcmp(word, "downwards") == 0)
		h->ts->downwards = true;
	else if (strcmp(word, "clock") == 0) {
		h->ts->clock = true;
		h->ts->clock_step = value ? (int64_t)strtoull(value, NULL, 10) : 0;
	} else if (strcmp(word, "metadata") == 0)
		metadata_line(h, w);
	else if (strcmp(word, "entry") == 0)
		entry_line(h, w);
	else if (strcmp(word, "annotate") == 0)
		annotate_line(h, w);
	else if (strcmp(word, "annotation") == 0)
		sh_annotate(h, w, &ignored);
	else if (strcmp(word, "savedates") == 0)
		h->ts->savedates = true;
	else if (strcmp(word, "objectids") == 0)
		h->ts->objectids = true;
	else if (strcmp(word, "limits") == 0)
		h->ts->limits = true;
	else if (strcmp(word, "urlauth") == 0)
		urlauth_line(h, w);
	else if (strcmp(word, "catenate") == 0)
		h->ts->unmeasured = true;
	else if (strcmp(word, "replace") == 0)
		h->ts->replace = true;
	else if (strcmp(word, "keeps") == 0) {
		h->ts->keeps = true;
		h->ts->keeps_changes = value && strcmp(value, "changes") == 0;
	} else if (strcmp(word, "sasl") == 0)
		h->ts->sasl = true;
	else if (strcmp(word, "mechanism") == 0 && value)
		mechanism_line(h, w, value);
	else if (strcmp(word, "binding") == 0 && w->count == 3 && h->binding_count < 5) {
		h->bindings[h->binding_count][0] = value;
		h->bindings[h->binding_count++][1] = w->word[2];
	} else if (strcmp(word, "secure") == 0)
		h->session.secure = 1;
	else if (strcmp(word, "plaintext") == 0 && value)
		h->session.allow_plaintext = strcmp(value, "on") == 0;
	else if (strcmp(word, "preauth") == 0 && value)
		h->preauth = value;
	else if (strcmp(word, "external") == 0 && value)
		h->external = value;
	else if (strcmp(word, "hide") == 0 && value && h->hidden_count < 16)
		h->hidden[h->hidden_count++] = value;
	else if (strcmp(word, "previews") == 0)
		h->ts->options.previews = true;
	else if (strcmp(word, "greeting") == 0 && value)
		h->config.greeting = value;
	else if (strcmp(word, "utf8") == 0)
		h->config.utf8 = value && strcmp(value, "only") == 0 ? IMAPSRV_UTF8_ONLY
		                                                     : IMAPSRV_UTF8_ACCEPT;
	else if (strcmp(word, "literal-minus") == 0)
		h->config.literal_minus = 1;
	else if (strcmp(word, "id") == 0 && w->count == 3 && h->config.id_count < 8)
		h->ids[h->config.id_count++] = (struct imapsrv_id){value, w->word[2]};
	else if (strcmp(word, "maxsize") == 0 && value)
		h->ts->max_append = strtoul(value, NULL, 10);
	else if (strcmp(word, "room") == 0 && value)
		h->ts->room = strtoul(value, NULL, 10);
	else if (strcmp(word, "subscribe") == 0 && value)
		ts_subscribe(h->ts->users, value, true);
	else if (strcmp(word, "separator") == 0 && value)
		h->ts->users->separator = strcmp(value, "none") == 0 ? '\0' : value[0];
	else if (strcmp(word, "every") != 0) /* script.c knows it */
		sh_complain(h, w, "unknown host: line");
}

void sh_setup(struct sh *h, const struct sc *script, struct tx_log *log)
{
	memset(h, 0, sizeof(*h));
	h->script = script;
	h->log = log;
	h->ts = ts_new(log);
	h->limits.size = sizeof(h->limits);
	h->config.size = sizeof(h->config);
	h->config.limits = &h->limits;
	h->ts->bounds = &h->limits;
	h->config.id = h->ids;
	h->session.size = sizeof(h->session);
	h->session.allow_plaintext = 1;
	for (size_t i = 0; i < script->setup_count; i++)
		setup_line(h, &script->setup[i]);
	if (!h->ts->users)
		ts_add_user(h->ts, "fred", "secret");
	if (!h->config.id_count)
		h->config.id = NULL;
}
