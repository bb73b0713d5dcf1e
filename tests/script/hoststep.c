/* SPDX-License-Identifier: MIT */
/*
 * script/hoststep - "H:" lines: what happens while a script runs, and what is asserted of the
 * store.
 */
#include "script/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool sh_connect(struct sh *h, int session, const char *preauth)
{
	struct td_session *s = &h->td->sessions[session];
	int rc = td_connect(h->td, session, &h->session, preauth ? preauth : h->preauth);

	if (!rc && h->external)
		rc = imapsrv_session_set_external(s->session, h->external, strlen(h->external));
	for (size_t i = 0; !rc && i < h->binding_count; i++)
		rc = imapsrv_session_set_channel_binding(s->session, h->bindings[i][0],
		                                         h->bindings[i][1],
		                                         strlen(h->bindings[i][1]));
	for (size_t i = 0; !rc && i < h->hidden_count; i++)
		rc = imapsrv_session_hide(s->session, h->hidden[i]);
	if (rc && !h->faulty)
		tx_complain(h->log, "session %d cannot connect: %d (%s)", session + 1, rc,
		            imapsrv_strerror(rc));
	td_settle(h->td, session);
	return !rc;
}

/* ---- changes ---------------------------------------------------------------------------- */

static struct ts_mailbox *mailbox_of(struct sh *h, const struct sc_words *w)
{
	struct ts_mailbox *m = w->count > 1 ? ts_find(h->ts, NULL, w->word[1]) : NULL;

	if (!m && !h->faulty)
		sh_complain(h, w, "no such mailbox");
	return m;
}

static void deliver(struct sh *h, const struct sc_words *w, bool silent)
{
	struct ts_mailbox *m;
	uint32_t uid;
	struct imapsrv_range range;

	if (h->faulty && (w->count < 2 || !ts_find(h->ts, NULL, w->word[1])))
		return;
	uid = sh_message(h, w, &m);
	range = (struct imapsrv_range){uid, uid};
	if (uid && !silent)
		ts_post(h->ts, m, IMAPSRV_EVENT_MESSAGE_NEW, (struct imapsrv_set){&range, 1}, NULL);
}

/* flags NAME SET +\Seen -\Deleted +kw */
static void change_flags(struct sh *h, const struct sc_words *w, bool silent)
{
	struct ts_mailbox *m = mailbox_of(h, w);
	struct ts_set set = {0};
	struct ts_changes none = {0};

	if (!m)
		return;
	if (w->count < 4 || !ts_set_parse(&set, w->word[2]))
		sh_complain(h, w, "written: flags NAME UIDS +FLAG -FLAG ...");
	for (size_t i = 3; i < w->count; i++) {
		enum imapsrv_store_mode mode =
			w->word[i][0] == '-' ? IMAPSRV_FLAGS_REMOVE : IMAPSRV_FLAGS_ADD;
		struct ts_changes c = {0};
		struct sh_flags f;

		if (!sh_flags(&f, w->word[i] + 1))
			sh_complain(h, w, "flags that there are not");
		ts_flag(m, ts_set_view(&set), mode, f.system, f.keywords, f.keyword_count, &c);
		sh_flags_free(&f);
		if (silent) {
			struct ts_changes old = c;

			c = none;
			ts_set_clear(&old.changed);
			ts_set_clear(&old.read);
			ts_set_clear(&old.trash);
			ts_set_clear(&old.set);
			ts_set_clear(&old.clear);
		}
		ts_post_changes(h->ts, m, &c, NULL);
	}
	ts_set_clear(&set);
}

static void expunge(struct sh *h, const struct sc_words *w, enum imapsrv_event_type type,
                    bool silent)
{
	struct ts_mailbox *m = mailbox_of(h, w);
	struct ts_set set = {0}, removed = {0};

	if (!m)
		return;
	if (w->count != 3 || !ts_set_parse(&set, w->word[2]))
		sh_complain(h, w, "written: expunge NAME UIDS");
	ts_remove(m, ts_set_view(&set), false, &removed);
	if (removed.count && !silent)
		ts_post(h->ts, m, type, ts_set_view(&removed), NULL);
	ts_set_clear(&set);
	ts_set_clear(&removed);
}

static void refuse(struct sh *h, const struct sc_words *w)
{
	static const char *const codes[] = {
		"OK", "NO", "ALREADYEXISTS", "AUTHENTICATIONFAILED", "AUTHORIZATIONFAILED",
		"CANNOT", "CLIENTBUG", "CONTACTADMIN", "CORRUPTION", "EXPIRED", "EXPUNGEISSUED",
		"HASCHILDREN", "INUSE", "LIMIT", "NONEXISTENT", "NOPERM", "OVERQUOTA",
		"PRIVACYREQUIRED", "SERVERBUG", "TOOBIG", "UNAVAILABLE", "UNKNOWN-CTE"};
	int kind, code = 0;

	for (kind = 0; w->count > 2 && kind < TS_KINDS; kind++)
		if (strcmp(ts_kind_names[kind], w->word[1]) == 0)
			break;
	for (int i = 1; w->count > 2 && i < 22; i++)
		if (strcmp(codes[i], w->word[2]) == 0)
			code = i;
	if (w->count < 3 || kind == TS_KINDS || !code) {
		sh_complain(h, w, "written: fail CALLBACK CODE [\"text\"]");
		return;
	}
	free(h->ts->refuse[kind].text);
	h->ts->refuse[kind].code = (enum imapsrv_code)code;
	h->ts->refuse[kind].text = w->count > 3 ? tx_dup(w->word[3], strlen(w->word[3])) : NULL;
}

/* refer CALLBACK [OK] URL ... */
static void refer(struct sh *h, const struct sc_words *w)
{
	size_t first = w->count > 2 && strcmp(w->word[2], "OK") == 0 ? 3 : 2, len = 0;
	char *urls;
	int kind;

	for (kind = 0; w->count > first && kind < TS_KINDS; kind++)
		if (strcmp(ts_kind_names[kind], w->word[1]) == 0)
			break;
	if (w->count <= first || kind == TS_KINDS) {
		sh_complain(h, w, "written: refer CALLBACK [OK] URL ...");
		return;
	}
	for (size_t i = first; i < w->count; i++)
		len += strlen(w->word[i]) + 1;
	urls = tx_alloc(len);
	free(h->ts->refuse[kind].urls);
	h->ts->refuse[kind].urls = urls;
	for (size_t i = first; i < w->count; i++) {
		len = strlen(w->word[i]);
		memcpy(urls, w->word[i], len);
		urls[len] = i + 1 < w->count ? ' ' : '\0';
		urls += len + 1;
	}
	h->ts->refuse[kind].code = first == 3 ? IMAPSRV_OK : IMAPSRV_REFERRAL;
}

static void change_mailbox(struct sh *h, const struct sc_words *w, bool silent)
{
	struct ts_mailbox *m;

	if (strcmp(w->word[0], "create") == 0) {
		if (w->count < 2 || ts_find(h->ts, NULL, w->word[1]))
			return;
		ts_add_mailbox(h->ts, h->ts->users, w->word[1]);
		if (!silent)
			ts_post_name(h->ts, h->ts->users, IMAPSRV_EVENT_MAILBOX_CREATE, w->word[1], NULL,
			             NULL);
		return;
	}
	m = mailbox_of(h, w);
	if (!m)
		return;
	if (strcmp(w->word[0], "delete") == 0) {
		ts_remove_mailbox(h->ts, m);
		if (!silent)
			ts_post_name(h->ts, m->owner, IMAPSRV_EVENT_MAILBOX_DELETE, m->name, NULL, NULL);
	} else if (strcmp(w->word[0], "changed") == 0)
		ts_post(h->ts, m, IMAPSRV_EVENT_MAILBOX_CHANGED, (struct imapsrv_set){NULL, 0},
		        NULL);
	else if (strcmp(w->word[0], "new") == 0) /* "look which are new" */
		ts_post(h->ts, m, IMAPSRV_EVENT_MESSAGE_NEW, (struct imapsrv_set){NULL, 0}, NULL);
	else if (w->count > 2) {
		ts_rename_mailbox(h->ts, m, w->word[2]);
		if (!silent)
			ts_post_name(h->ts, m->owner, IMAPSRV_EVENT_MAILBOX_RENAME, w->word[2],
			             w->word[1], NULL);
	}
}

/* Events were lost: nobody knows which. */
static void lose(struct sh *h)
{
	struct imapsrv_event event = IMAPSRV_EVENT_INIT;

	for (struct ts_link *link = h->ts->links; link; link = link->next)
		if (link->session)
			(void)imapsrv_session_post(link->session, &event);
}

/* ---- what is asserted ------------------------------------------------------------------- */

static void assert_uids(struct sh *h, const struct sc_words *w)
{
	const struct ts_mailbox *m = mailbox_of(h, w);
	struct ts_set set = {0};
	struct tx is = {0}, be = {0};

	for (size_t i = 0; m && i < m->count; i++)
		ts_set_add(&set, m->messages[i].uid);
	for (size_t i = 0; i < set.count; i++) {
		struct imapsrv_range r = set.ranges[i];

		tx_fmt(&is, r.first == r.last ? "%s%u" : "%s%u:%u", i ? "," : "", r.first, r.last);
	}
	if (!set.count)
		tx_str(&is, "none");
	tx_str(&be, w->count > 2 ? w->word[2] : "none");
	if (strcmp(is.data, be.data) != 0)
		tx_complain(h->log, "%s:%d: the mailbox holds UIDs %s, not %s", h->script->path,
		            w->line, is.data, be.data);
	ts_set_clear(&set);
	tx_free(&is);
	tx_free(&be);
}

/* message NAME UID [(flags)], with the text that it must have below */
static void assert_kept(struct sh *h, const struct sc_words *w)
{
	const struct ts_mailbox *m = mailbox_of(h, w);
	struct ts_set set = {0};

	if (!m || w->count != 3 ||
	    (strcmp(w->word[2], "none") != 0 && !ts_set_parse(&set, w->word[2]))) {
		sh_complain(h, w, "written: kept NAME UIDS");
		return;
	}
	for (uint32_t uid = 1; uid < m->uidnext; uid++) {
		bool kept = false;

		for (const struct ts_handle *o = h->ts->handles; o; o = o->next)
			kept = kept || (o->kind == TS_MAILBOX && o->mailbox == m && ts_kept(o, uid));
		if (kept != ts_set_has(ts_set_view(&set), uid))
			sh_complain(h, w, kept ? "one more is kept" : "one is not kept");
	}
	ts_set_clear(&set);
}

static void assert_message(struct sh *h, const struct sc_words *w)
{
	const struct ts_mailbox *m = mailbox_of(h, w);
	const struct ts_message *message =
		m && w->count > 2 ? ts_message(m, (uint32_t)strtoul(w->word[2], NULL, 10)) : NULL;
	struct sh_flags f;
	bool same;

	if (!message) {
		sh_complain(h, w, "there is no such message");
		return;
	}
	if (w->has_body && (message->blob->len != w->body.len ||
	                    memcmp(message->blob->data, w->body.data, w->body.len) != 0)) {
		struct tx is = {0};

		tx_escape(&is, message->blob->data, message->blob->len);
		tx_complain(h->log, "%s:%d: the text is: %s", h->script->path, w->line,
		            is.data ? is.data : "");
		tx_free(&is);
	}
	if (w->count < 4)
		return;
	same = sh_flags(&f, w->word[3]) && message->system == f.system &&
	       message->keyword_count == f.keyword_count;
	for (size_t i = 0; i < f.keyword_count; i++)
		same = same && ts_has_keyword(m, message, f.keywords[i]);
	sh_flags_free(&f);
	if (!same) {
		struct tx is = {0};

		tx_fmt(&is, "system %#x", message->system);
		for (uint32_t i = 0; i < message->keyword_count; i++)
			tx_fmt(&is, " %s", m->keywords[message->keywords[i]]);
		tx_complain(h->log, "%s:%d: the flags are: %s", h->script->path, w->line, is.data);
		tx_free(&is);
	}
}

/* entry MAILBOX NAME "value" | none, or with the value below it */
static void assert_entry(struct sh *h, const struct sc_words *w)
{
	struct ts_entry **list = sh_entries(h, w), *e = list ? *list : NULL;
	const char *want = w->count > 3 ? w->word[3] : "";
	size_t len = strlen(want);

	while (e && strcmp(e->name, w->word[2]) != 0)
		e = e->next;
	if (w->has_body) {
		want = w->body.data ? w->body.data : "";
		len = w->body.len;
	} else if (w->count > 3 && strcmp(want, "none") == 0) {
		if (e)
			sh_complain(h, w, "there is such an entry");
		return;
	}
	if (!e)
		sh_complain(h, w, "there is no such entry");
	else if (e->len != len || memcmp(e->data, want, len) != 0)
		sh_complain(h, w, e->data);
}

/* annotation MAILBOX UID ENTRY shared|USER "value": others change it, and it is told. */
static void annotate(struct sh *h, const struct sc_words *w, bool silent)
{
	struct ts_mailbox *m;
	struct ts_message *message;
	struct imapsrv_range range;

	if (!sh_annotate(h, w, &m))
		return;
	message = ts_message(m, (uint32_t)strtoul(w->word[2], NULL, 10));
	message->modseq = ++m->modseq;
	range = (struct imapsrv_range){message->uid, message->uid};
	if (!silent)
		ts_post_annotated(h->ts, m, (struct imapsrv_set){&range, 1}, &w->word[3], 1, NULL);
}

/* annotated MAILBOX UID ENTRY shared|USER "value" | none, or with the value below it */
static void assert_annotated(struct sh *h, const struct sc_words *w)
{
	const char *owner, *want = w->count > 5 ? w->word[5] : "";
	struct ts_mailbox *m;
	const struct ts_message *message = sh_annotated(h, w, &owner, &m);
	const struct ts_entry *e = message ? ts_annotation(message, w->word[3], owner) : NULL;
	size_t len = strlen(want);

	if (w->has_body) {
		want = w->body.data ? w->body.data : "";
		len = w->body.len;
	} else if (strcmp(want, "none") == 0) {
		if (e)
			sh_complain(h, w, "there is such an annotation");
		return;
	}
	if (!e)
		sh_complain(h, w, "there is no such annotation");
	else if (e->len != len || memcmp(e->data, want, len) != 0)
		sh_complain(h, w, e->data);
}

static void assert_memory(struct sh *h, const struct sc_words *w, int session)
{
	const struct imapsrv_session *s = h->td->sessions[session].session;
	size_t peak = 0, now, most = strtoul(w->word[w->count - 1], NULL, 10);

	if (!s)
		return;
	now = imapsrv_session_memory(s, &peak);
	if ((strcmp(w->word[0], "peak") == 0 ? peak : now) > most)
		tx_complain(h->log, "%s:%d: memory is %zu octets, at most %zu", h->script->path,
		            w->line, now, peak);
}

static void assert_utf8(struct sh *h, const struct sc_words *w, int session)
{
	const struct imapsrv_session *s = h->td->sessions[session].session;
	bool wanted = strcmp(w->word[w->count - 1], "yes") == 0;

	if (s && wanted != (imapsrv_session_utf8(s) != 0))
		tx_complain(h->log, "%s:%d: the client takes UTF-8: %s", h->script->path, w->line,
		            wanted ? "no" : "yes");
}

/* ---- one line --------------------------------------------------------------------------- */

/* "[N]": which session a line means; the first otherwise. */
static int session_of(const struct sc_words *w, size_t at)
{
	if (w->count > at && w->word[at][0] >= '1' && w->word[at][0] <= '8' && !w->word[at][1])
		return w->word[at][0] - '1';
	return 0;
}

static bool about_connections(struct sh *h, const struct sc_words *w)
{
	const char *word = w->word[0];
	int i = session_of(w, 1);
	struct td_session *s = &h->td->sessions[i];

	if (strcmp(word, "connect") == 0) {
		sh_connect(h, i, w->count > 3 ? w->word[3] : NULL);
	} else if (strcmp(word, "eof") == 0) {
		td_eof(h->td, i);
	} else if (strcmp(word, "tls") == 0) {
		td_tls(h->td, i);
	} else if (strcmp(word, "compress") == 0) {
		td_compress(h->td, i);
	} else if (strcmp(word, "disconnect") == 0) {
		td_drop(h->td, i);
	} else if (strcmp(word, "stall") == 0) {
		s->stalled = true;
	} else if (strcmp(word, "unstall") == 0) {
		s->stalled = false;
	} else if (strcmp(word, "bye") == 0) {
		if (s->session)
			imapsrv_session_bye(s->session, w->word[w->count - 1]);
	} else if (strcmp(word, "hide") == 0) {
		if (s->session && imapsrv_session_hide(s->session, w->word[w->count - 1]))
			sh_complain(h, w, "it cannot be hidden");
	} else if (strcmp(word, "answer") == 0) {
		bool hold = h->ts->hold;

		h->ts->hold = false;
		if (s->session)
			(void)ts_answer(s->link);
		h->ts->hold = hold;
	} else if (strcmp(word, "restart") == 0 || strcmp(word, "restart-heard") == 0) {
		if (!td_exchange_asked(h->td, i, word[7] != '\0') && !h->faulty)
			sh_complain(h, w, "it cannot be saved now");
	} else if (strcmp(word, "restart-never") == 0) {
		if (!h->faulty && s->session && td_exchange_asked(h->td, i, false))
			sh_complain(h, w, "it was saved");
	} else if (strcmp(word, "trim") == 0) {
		if (s->session)
			imapsrv_session_trim(s->session);
	} else {
		return false;
	}
	return true;
}

void sh_step(struct sh *h, const struct sc_step *step)
{
	const struct sc_words *w = &step->words;
	const char *word = w->word[0];
	bool silent = strcmp(word, "silently") == 0;
	struct sc_words rest = *w;

	h->silent |= silent;
	if (silent && w->count > 1) {
		rest.word++;
		rest.count--;
		w = &rest;
		word = w->word[0];
	}
	if (about_connections(h, w))
		;
	else if (strcmp(word, "tick") == 0 && w->count == 2)
		td_tick(h->td, strtoull(w->word[1], NULL, 10));
	else if (strcmp(word, "later") == 0 && w->count == 2)
		h->ts->now += (int64_t)strtoull(w->word[1], NULL, 10);
	else if (strcmp(word, "deliver") == 0)
		deliver(h, w, silent);
	else if (strcmp(word, "flags") == 0)
		change_flags(h, w, silent);
	else if (strcmp(word, "expunge") == 0)
		expunge(h, w, IMAPSRV_EVENT_MESSAGE_EXPUNGE, silent);
	else if (strcmp(word, "expire") == 0)
		expunge(h, w, IMAPSRV_EVENT_MESSAGE_EXPIRE, silent);
	else if (strcmp(word, "create") == 0 || strcmp(word, "delete") == 0 ||
	         strcmp(word, "rename") == 0 || strcmp(word, "changed") == 0 ||
	         strcmp(word, "new") == 0)
		change_mailbox(h, w, silent);
	else if (strcmp(word, "lost") == 0)
		lose(h);
	else if (sh_event(h, w))
		;
	else if (strcmp(word, "rights") == 0)
		sh_rights(h, w, silent);
	else if (strcmp(word, "fail") == 0)
		refuse(h, w);
	else if (strcmp(word, "refer") == 0)
		refer(h, w);
	else if (strcmp(word, "hold") == 0)
		h->ts->hold = true;
	else if (strcmp(word, "release") == 0)
		h->ts->hold = false;
	else if (strcmp(word, "uids") == 0) {
		if (!h->faulty)
			assert_uids(h, w);
	} else if (strcmp(word, "entry") == 0) {
		if (!h->faulty)
			assert_entry(h, w);
	} else if (strcmp(word, "annotation") == 0) {
		annotate(h, w, silent);
	} else if (strcmp(word, "annotated") == 0) {
		if (!h->faulty)
			assert_annotated(h, w);
	} else if (strcmp(word, "message") == 0) {
		if (!h->faulty)
			assert_message(h, w);
	} else if (strcmp(word, "kept") == 0) {
		if (!h->faulty)
			assert_kept(h, w);
	} else if (strcmp(word, "memory") == 0 || strcmp(word, "peak") == 0) {
		if (!h->ts->hostile.played) /* what is held depends on what the host says */
			assert_memory(h, w, session_of(w, 1));
	} else if (strcmp(word, "utf8") == 0) {
		if (!h->faulty)
			assert_utf8(h, w, session_of(w, 1));
	} else
		sh_complain(h, w, "unknown H: line");
	td_settle(h->td, -1);
}
