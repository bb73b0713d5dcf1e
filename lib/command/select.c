/* SPDX-License-Identifier: MIT */
/*
 * command/select - SELECT, EXAMINE, UNSELECT, CLOSE, CHECK (RFC 9051 6.3.2, 6.3.3, 6.4.1, 6.4.2;
 * RFC 3501 6.4.1): into a mailbox and out of it.
 */
#include "base/ascii.h"
#include "command/annotate.h"
#include "command/commands.h"
#include "command/resync.h"
#include "command/urlmech.h"
#include "session/access.h"
#include "session/hear.h"
#include "session/modseq.h"
#include "session/watch.h"

struct select_args {
	struct imapsrv_span name;
	struct imapsrv_span written; /* as the client wrote INBOX, in another case; else empty */
	bool read_only;
	bool condstore;          /* the parameter */
	bool annotate;           /* likewise (RFC 5257 4.2) */
	struct isrv_resync resync; /* the parameter QRESYNC: since 0 without it */
	bool no_memory;
	struct isrv_view *view;  /* being built; the session's once it is whole */
	bool has_handle;         /* view->handle is to be closed */
	uint32_t first_unseen;
	struct imapsrv_span mailboxid; /* in the arena; empty: not to be told */
	enum {
		AT_START,
		AT_OPEN,
		AT_UIDS,
		AT_MECHANISMS,
		AT_RESYNC
	} at;
	struct isrv_urlmech mechanisms;
};

static bool parse_param(struct isrv_parse *p, struct select_args *a)
{
	struct isrv_reader *r = &p->r;
	bool condstore = isrv_caps_in(p->caps, ISRV_CAP_CONDSTORE);

	if (condstore && isrv_rd_try_word(r, "CONDSTORE")) {
		a->condstore = true;
		return true;
	}
	if (isrv_caps_in(p->caps, ISRV_CAP_ANNOTATE) && isrv_rd_try_word(r, "ANNOTATE")) {
		a->annotate = true;
		return true;
	}
	if (!condstore || a->resync.since || !isrv_rd_try_word(r, "QRESYNC"))
		return isrv_rd_fail(r, "a parameter of SELECT");
	return isrv_rd_sp(r) && isrv_resync_parse(p, &a->resync);
}

/* select-params = SP "(" select-param *(SP select-param) ")"   (RFC 4466 2.1, RFC 7162 3.1.8,
 * RFC 5257 5) */
static bool parse_params(struct isrv_parse *p, struct select_args *a)
{
	struct isrv_reader *r = &p->r;

	if ((!isrv_caps_in(p->caps, ISRV_CAP_CONDSTORE) &&
	     !isrv_caps_in(p->caps, ISRV_CAP_ANNOTATE)) ||
	    !isrv_rd_try_sp(r) || isrv_rd_peek(r) < 0)
		return true;
	if (!isrv_rd_char(r, '('))
		return false;
	do {
		if (!parse_param(p, a))
			return false;
	} while (isrv_rd_try_sp(r));
	return isrv_rd_char(r, ')');
}

static bool parse_name(struct isrv_parse *p, struct select_args *a)
{
	struct isrv_reader ahead = p->r;
	struct imapsrv_span raw;

	if (!isrv_rd_mailbox(&p->r, &a->name))
		return false;
	if (isrv_ascii_is(a->name.data, a->name.len, "INBOX") && isrv_rd_astring(&ahead, &raw) &&
	    memcmp(raw.data, "INBOX", 5) != 0)
		a->written = raw;
	return true;
}

static bool parse_select(struct isrv_parse *p, void *args)
{
	struct select_args *a = args;

	return parse_name(p, a) && parse_params(p, a);
}

static bool parse_examine(struct isrv_parse *p, void *args)
{
	struct select_args *a = args;

	a->read_only = true;
	return parse_select(p, args);
}

static void drop_select(struct imapsrv_session *s, void *args)
{
	struct select_args *a = args;
	struct isrv_view *v = a->view;

	s->opening = NULL;
	isrv_resync_drop(s, &a->resync);
	if (!v)
		return;
	a->view = NULL;
	if (a->has_handle) {
		s->in_callback++;
		s->engine->store.close(s->user, v->handle);
		s->in_callback--;
	}
	isrv_watch_selected(s, v->name, v->name_len, false);
	isrv_view_clear(v, &s->mem);
	isrv_mem_free(&s->mem, v, sizeof(*v));
}

/* ---- what the host says -------------------------------------------------------------------- */

static void take_mailbox(struct imapsrv_session *s, void *ctx, const void *answer)
{
	const struct imapsrv_mailbox *m = answer;
	struct select_args *a = ctx;
	struct isrv_view *v = a->view;

	if (a->has_handle) {
		isrv_op_pass_over(s, "two mailboxes in answer to one open");
		return;
	}
	a->has_handle = true;
	v->handle = m->handle;
	v->uidvalidity = m->uidvalidity;
	v->uidnext = m->uidnext;
	v->recent_from = m->recent_from;
	v->permanent_flags = (uint8_t)(m->permanent_flags & IMAPSRV_SYSTEM_FLAGS);
	v->rights = m->rights;
	v->private_rights = (uint16_t)isrv_access_of_flags(m->private_rights);
	v->read_only = a->read_only || m->read_only || !s->engine->store.store;
	v->new_keywords = m->new_keywords != 0;
	v->uid_not_sticky = m->uid_not_sticky != 0;
	v->annotations = (uint8_t)((m->annotations & ISRV_ANNOTATIONS_HOST) |
	                           (a->annotate ? ISRV_ANNOTATIONS_TOLD : 0));
	v->annotation_size =
		m->annotation_size < UINT32_MAX ? (uint32_t)m->annotation_size : UINT32_MAX;
	a->first_unseen = m->first_unseen;
	if (m->mailboxid.len && isrv_caps_has(s, ISRV_CAP_OBJECTID)) {
		a->mailboxid.data = isrv_arena_copy(&s->arena, m->mailboxid.data, m->mailboxid.len);
		a->mailboxid.len = m->mailboxid.len;
		a->no_memory = !a->mailboxid.data;
	}
	if (isrv_caps_has(s, ISRV_CAP_CONDSTORE))
		v->modseq_told = v->modseq_seen = m->highest_modseq;
	for (size_t i = 0; i < m->keyword_count && !a->no_memory; i++) {
		bool added;

		if (!isrv_keywords_add(&v->keywords, &s->mem, m->keywords[i], &added))
			a->no_memory = true;
	}
}

static void take_uids(struct imapsrv_session *s, void *ctx, const void *answer)
{
	const struct imapsrv_set *set = answer;
	struct select_args *a = ctx;
	struct isrv_nummap *map = &a->view->map;

	for (size_t i = 0; i < set->count && !a->no_memory; i++) {
		struct imapsrv_range r = set->ranges[i];

		if (r.first <= map->last_uid) {
			isrv_op_pass_over(s, "UIDs of a mailbox that do not ascend");
			return;
		}
		if (!isrv_nummap_append(map, &s->mem, r.first, r.last))
			a->no_memory = true;
	}
}

/* ---- what the client is told --------------------------------------------------------------- */

static void put_number(struct imapsrv_session *s, uint32_t n, const char *what)
{
	ISRV_W(&s->w, "* ");
	isrv_w_u32(&s->w, n);
	isrv_w_cstr(&s->w, what);
	isrv_w_crlf(&s->w);
}

static void put_code(struct imapsrv_session *s, const char *code, uint32_t n, const char *text)
{
	ISRV_W(&s->w, "* OK [");
	isrv_w_cstr(&s->w, code);
	isrv_w_u32(&s->w, n);
	isrv_w_cstr(&s->w, text);
	isrv_w_crlf(&s->w);
}

/* RFC 9051 6.3.2: FLAGS, EXISTS, LIST, then PERMANENTFLAGS, UIDNEXT, UIDVALIDITY as codes; RFC
 * 3501 6.3.1: RECENT and UNSEEN for a client that did not enable IMAP4rev2. */
static void put_mailbox(struct imapsrv_session *s, const struct select_args *a)
{
	const struct isrv_view *v = s->view;
	uint32_t unseen = isrv_nummap_seq(&v->map, a->first_unseen);

	isrv_sync_put_flags(s);
	put_number(s, v->map.count, " EXISTS");
	if (!isrv_session_rev2(s)) {
		put_number(s, isrv_view_recent(v), " RECENT");
		/* RFC 9586 3: no number in any response. */
		if (unseen && !isrv_session_uidonly(s))
			put_code(s, "UNSEEN ", unseen, "] First unseen message");
	}
	put_code(s, "UIDVALIDITY ", v->uidvalidity, "] UIDs are valid");
	put_code(s, "UIDNEXT ", v->uidnext, "] Predicted next UID");
	/* "A server that advertises UIDONLY" never says it (RFC 9586 3.6).  It is no loss:
	 * UIDVALIDITY is another one each time. */
	if (v->uid_not_sticky && !isrv_caps_has(s, ISRV_CAP_UIDONLY))
		isrv_untagged(s, "NO", "UIDNOTSTICKY", "UIDs do not survive");
	if (isrv_caps_has(s, ISRV_CAP_CONDSTORE))
		isrv_modseq_put_highest(s); /* RFC 7162 3.1.2 */
	if (isrv_caps_has(s, ISRV_CAP_ANNOTATE)) { /* RFC 5257 4.1: "MUST" */
		ISRV_W(&s->w, "* OK [");
		isrv_annotate_put_level(s);
		ISRV_W(&s->w, "] Annotations of messages");
		isrv_w_crlf(&s->w);
	}
	if (a->mailboxid.len) { /* RFC 8474 4.2 */
		ISRV_W(&s->w, "* OK [MAILBOXID (");
		isrv_w_raw(&s->w, a->mailboxid.data, a->mailboxid.len);
		ISRV_W(&s->w, ")] Mailbox identifier");
		isrv_w_crlf(&s->w);
	}
	if (isrv_session_rev2(s)) {
		char separator = s->account.separator;

		ISRV_W(&s->w, "* LIST () ");
		isrv_w_nstring(&s->w, separator ? &separator : NULL, 1);
		ISRV_W(&s->w, " ");
		isrv_w_mailbox(&s->w, v->name, v->name_len);
		if (a->written.len) { /* RFC 9051 6.3.9.7 */
			ISRV_W(&s->w, " (\"OLDNAME\" (");
			isrv_w_astring(&s->w, a->written.data, a->written.len);
			ISRV_W(&s->w, "))");
		}
		isrv_w_crlf(&s->w);
	}
}

static enum isrv_step show_mechanisms(struct imapsrv_session *s, struct select_args *a);
static enum isrv_step resync(struct imapsrv_session *s, struct select_args *a);

static enum isrv_step selected(struct imapsrv_session *s, struct select_args *a)
{
	struct isrv_view *v = a->view;

	if (v->uidnext <= v->map.last_uid)
		v->uidnext = v->map.last_uid == UINT32_MAX ? UINT32_MAX : v->map.last_uid + 1;
	a->view = NULL;
	s->view = v;
	s->opening = NULL;
	isrv_hear_update(s);
	isrv_hear_warning(s);
	/* Something happened between the host's answers: compare before the next command ends. */
	if (s->opening_changed)
		v->look_all = true;
	v->forget = true; /* what went before the UIDs were told */
	put_mailbox(s, a);
	a->at = AT_MECHANISMS;
	return show_mechanisms(s, a);
}

/* RFC 4467 8: in response to SELECT and EXAMINE. */
static enum isrv_step show_mechanisms(struct imapsrv_session *s, struct select_args *a)
{
	const struct isrv_view *v = s->view;
	enum isrv_step step = ISRV_DONE;

	if (isrv_urlmech_shows(s))
		step = isrv_urlmech_step(s, &a->mechanisms);
	if (step != ISRV_DONE || s->error)
		return step;
	a->at = AT_RESYNC;
	/* RFC 7162 3.2.5: another UIDVALIDITY, or none kept: "ignore the remaining parameters". */
	if (a->resync.uidvalidity != v->uidvalidity || !v->modseq_told)
		a->resync.since = 0;
	a->resync.vanished = a->resync.rows = true;
	return resync(s, a);
}

static enum isrv_step resync(struct imapsrv_session *s, struct select_args *a)
{
	const struct isrv_view *v = s->view;
	enum isrv_step step = ISRV_DONE;

	if (a->resync.since)
		step = isrv_resync_step(s, &a->resync);
	if (step != ISRV_DONE || s->error)
		return step;
	isrv_resync_drop(s, &a->resync);
	if (a->resync.refused) {
		isrv_session_deselect(s);
		return isrv_refused(s, NULL);
	}
	/* HIGHESTMODSEQ was told above, and counts whatever was shown since (RFC 7162 6). */
	s->modseq_shown = false;
	return isrv_ok_code(s, isrv_access_only_reads(v) ? "READ-ONLY" : "READ-WRITE",
	                    a->read_only ? "EXAMINE done" : "SELECT done");
}

static enum isrv_step failed(struct imapsrv_session *s, struct select_args *a)
{
	drop_select(s, a);
	return isrv_refused(s, NULL);
}

static void begin(struct imapsrv_session *s, struct select_args *a)
{
	const struct imapsrv_limits *limits = &s->engine->limits;

	/* RFC 9051 6.3.2: the mailbox that was selected is left first, and stays left if this
	 * fails. */
	if (s->view) {
		isrv_session_deselect(s);
		isrv_untagged(s, "OK", "CLOSED", "The previous mailbox is closed");
	}
	a->view = isrv_mem_zalloc(&s->mem, sizeof(*a->view));
	if (a->view && !isrv_view_init(a->view, &s->mem, a->name, limits->set_ranges,
	                               limits->keywords)) {
		isrv_mem_free(&s->mem, a->view, sizeof(*a->view));
		a->view = NULL;
	}
	if (!a->view) {
		isrv_session_fail(s, IMAPSRV_ENOMEM);
		return;
	}
	/* What is posted before the host is asked is in its answer; and if it says that a mailbox
	 * of that name was renamed, it is what has the name now that is opened. */
	isrv_watch_view(s, a->view, NULL, 0);
	s->opening = a->view;
	s->opening_changed = false;
}

static enum isrv_step step_select(struct imapsrv_session *s, void *args)
{
	struct select_args *a = args;
	struct imapsrv_open open = {s->account.handle, a->name, a->read_only};
	struct imapsrv_uids uids = {NULL, {1, UINT32_MAX}};

	switch (a->at) {
	case AT_START:
		begin(s, a);
		if (a->condstore)
			isrv_modseq_enable(s, 0);
		if (s->error)
			return ISRV_DONE;
		a->at = AT_OPEN;
		ISRV_ASK(s, ISRV_OP_OPEN, store, open, &open, take_mailbox, a);
		/* fall through */
	case AT_OPEN:
		if (!isrv_answered(s))
			return ISRV_HOST;
		if (s->result.code == IMAPSRV_OK && !a->has_handle) {
			isrv_session_fault(s, "open was answered OK without a mailbox");
			s->result.code = IMAPSRV_SERVERBUG;
		}
		if (s->result.code != IMAPSRV_OK)
			return failed(s, a);
		a->at = AT_UIDS;
		uids.mailbox = a->view->handle;
		ISRV_ASK(s, ISRV_OP_UIDS, store, uids, &uids, take_uids, a);
		/* fall through */
	case AT_UIDS:
		break;
	case AT_MECHANISMS:
		return show_mechanisms(s, a);
	case AT_RESYNC:
		return resync(s, a);
	}
	if (!isrv_answered(s))
		return ISRV_HOST;
	if (a->no_memory) {
		isrv_session_fail(s, IMAPSRV_ENOMEM);
		return ISRV_DONE;
	}
	return s->result.code == IMAPSRV_OK ? selected(s, a) : failed(s, a);
}

/* ---- out of it ----------------------------------------------------------------------------- */

struct close_args {
	bool asked;
};

static enum isrv_step step_close(struct imapsrv_session *s, void *args)
{
	struct close_args *a = args;
	struct imapsrv_range all = {1, s->view->map.last_uid};
	struct imapsrv_expunge q = {s->view->handle, {&all, 1}, 1};

	if (!a->asked && isrv_access_selected(s, ISRV_DO_EXPUNGE) && all.last) {
		a->asked = true;
		ISRV_ASK(s, ISRV_OP_EXPUNGE, store, expunge, &q, NULL, NULL);
	}
	if (a->asked && !isrv_answered(s))
		return ISRV_HOST;
	/* RFC 9051 6.4.1: expunged in silence.  A store that may not still lets the client go. */
	isrv_session_deselect(s);
	return isrv_ok(s, "CLOSE done");
}

static enum isrv_step step_unselect(struct imapsrv_session *s, void *args)
{
	(void)args;
	isrv_session_deselect(s);
	return isrv_ok(s, "UNSELECT done");
}

static enum isrv_step step_check(struct imapsrv_session *s, void *args)
{
	struct close_args *a = args;
	struct imapsrv_fetch q = {s->view->handle, {NULL, 0}, 0, 0};

	if (!s->engine->store.check)
		return isrv_ok(s, "CHECK done");
	if (!a->asked) {
		a->asked = true;
		ISRV_ASK(s, ISRV_OP_PLAIN, store, check, &q, NULL, NULL);
	}
	if (!isrv_answered(s))
		return ISRV_HOST;
	return s->result.code == IMAPSRV_OK ? isrv_ok(s, "CHECK done") : isrv_refused(s, NULL);
}

const struct isrv_command isrv_command_select = {
	.name = "SELECT",
	.states = ISRV_IN_AUTHED,
	.flags = ISRV_COMMAND_QUIET,
	.args_size = sizeof(struct select_args),
	.parse = parse_select,
	.step = step_select,
	.drop = drop_select,
};

const struct isrv_command isrv_command_examine = {
	.name = "EXAMINE",
	.states = ISRV_IN_AUTHED,
	.flags = ISRV_COMMAND_QUIET,
	.args_size = sizeof(struct select_args),
	.parse = parse_examine,
	.step = step_select,
	.drop = drop_select,
};

const struct isrv_command isrv_command_close = {
	.name = "CLOSE",
	.states = ISRV_IN_SELECTED,
	.flags = ISRV_COMMAND_QUIET,
	.args_size = sizeof(struct close_args),
	.step = step_close,
};

const struct isrv_command isrv_command_unselect = {
	.name = "UNSELECT",
	.states = ISRV_IN_SELECTED,
	.cap = ISRV_CAP_UNSELECT,
	.flags = ISRV_COMMAND_QUIET,
	.step = step_unselect,
};

const struct isrv_command isrv_command_check = {
	.name = "CHECK",
	.states = ISRV_IN_SELECTED,
	.args_size = sizeof(struct close_args),
	.step = step_check,
};
