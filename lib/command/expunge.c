/* SPDX-License-Identifier: MIT */
/*
 * command/expunge - EXPUNGE (RFC 9051 6.4.3) and UID EXPUNGE (6.4.9, RFC 4315 2.1).  What the store
 * removed is handed to the view; the updates before the tagged line tell it, like any other
 * expunge.
 *
 * Where a command may work on so many messages only, UID EXPUNGE counts those that are \Deleted
 * (RFC 9738 3.1): if its set has more messages than that, they are looked for first.  EXPUNGE "MUST
 * NOT be limited".
 */
#include "base/uidlate.h"
#include "command/commands.h"
#include "command/memory.h"
#include "command/searching.h"
#include "command/set.h"
#include "mailbox/part.h"
#include "session/access.h"
#include "session/hear.h"
#include "session/messagelimit.h"
#include "session/modseq.h"

struct expunge_args {
	struct isrv_rd_set set; /* UID EXPUNGE */
	enum {
		AT_START,
		AT_SEARCH,
		AT_ASK,
		AT_ASKED
	} at;
	struct imapsrv_range all;
	struct imapsrv_set uids;
	struct isrv_program deleted; /* what is looked for; without terms: nothing is */
	struct isrv_searcher x;
	struct isrv_uidset gone; /* what was removed */
	struct isrv_uidset late; /* what waits for it: see base/uidlate.h */
};

static bool parse(struct isrv_parse *p, void *args)
{
	struct expunge_args *a = args;

	if (!p->uid)
		return true;
	if (!isrv_caps_in(p->caps, ISRV_CAP_UIDPLUS))
		return isrv_rd_fail(&p->r, "a command: UID EXPUNGE is unknown");
	return isrv_rd_set(&p->r, &a->set);
}

static void take(struct imapsrv_session *s, void *ctx, const void *answer)
{
	const struct imapsrv_set *gone = answer;
	struct expunge_args *a = ctx;

	for (size_t i = 0; i < gone->count && !s->error; i++) {
		struct imapsrv_range r = gone->ranges[i];

		if (!isrv_uidlate_add(&a->late, &a->gone, &s->mem, r.first, r.last, &s->steps))
			isrv_session_fail(s, IMAPSRV_ENOMEM);
	}
}

static void clear_gone(struct imapsrv_session *s, struct expunge_args *a)
{
	isrv_uidset_clear(&a->gone, &s->mem);
	isrv_uidset_clear(&a->late, &s->mem);
}

/* What the host removed is gone, also if it refused the rest. */
static void take_gone(struct imapsrv_session *s, struct expunge_args *a)
{
	if (!isrv_uidlate_settle(&a->late, &a->gone, &s->mem, &s->steps))
		isrv_session_fail(s, IMAPSRV_ENOMEM);
	if (a->gone.count && !s->error) {
		isrv_hear_own_gone(s, isrv_uidset_view(&a->gone));
		isrv_modseq_expunged(s);
	}
	clear_gone(s, a);
}

/* ---- which are \Deleted, if there may be too many ------------------------------------------ */

static bool begin_search(struct imapsrv_session *s, struct expunge_args *a)
{
	static const char key[] = "DELETED";
	struct isrv_search_source source;
	struct isrv_reader r;

	isrv_reader_init(&r, &s->arena, key, sizeof(key) - 1);
	if (!isrv_program_parse(&a->deleted, &r, &s->engine->limits, 0)) {
		isrv_command_nomem(s);
		return false;
	}
	isrv_search_selected(s, &source);
	isrv_searcher_begin(s, &a->x, &a->deleted, &source, &a->uids);
	return true;
}

/* The highest of those that were found; false: the reply is set. */
static bool take_found(struct imapsrv_session *s, struct expunge_args *a)
{
	const struct isrv_nummap *map = &s->view->map;
	uint32_t most = isrv_message_limit(s), size = a->x.found.size;
	struct isrv_found *found = &a->x.found, few;
	bool done = true;

	if (!isrv_searching_ended(s, a->x.end))
		return false;
	if (size > most) {
		done = isrv_found_slice(found, &s->arena, size - most + 1, size, &few);
		found = &few;
	}
	if (!done || !isrv_found_uids(found, &s->arena, map, &a->uids, &s->steps)) {
		isrv_command_nomem(s);
		return false;
	}
	if (size > most)
		isrv_message_limit_note(s, a->uids.ranges[0].first);
	return true;
}

/* ---- the steps ----------------------------------------------------------------------------- */

/* False: the reply is set. */
static bool begin(struct imapsrv_session *s, struct expunge_args *a)
{
	isrv_uidset_init(&a->gone, SIZE_MAX);
	isrv_uidset_init(&a->late, SIZE_MAX);
	a->at = AT_ASK;
	a->all = (struct imapsrv_range){1, s->view->map.last_uid};
	a->uids = (struct imapsrv_set){&a->all, a->all.last ? 1 : 0};
	if (!s->uid)
		return true;
	if (!isrv_set_resolve(s, &a->set, true, &a->uids))
		return false;
	if (isrv_part_size(&s->view->map, a->uids, &s->steps) <= isrv_message_limit(s))
		return true;
	a->at = AT_SEARCH;
	return begin_search(s, a);
}

static enum isrv_step step(struct imapsrv_session *s, void *args)
{
	struct expunge_args *a = args;
	struct imapsrv_expunge q = {s->view->handle, {NULL, 0}, 1};
	enum isrv_step wait;

	if (a->at == AT_START && !begin(s, a))
		return ISRV_DONE;
	if (a->at == AT_SEARCH) {
		wait = isrv_searcher_step(s, &a->x);
		if (wait != ISRV_DONE || s->error)
			return wait;
		a->at = AT_ASK;
		if (!take_found(s, a))
			return ISRV_DONE;
	}
	if (a->at == AT_ASK) {
		if (!a->uids.count)
			return isrv_ok(s, "EXPUNGE done");
		a->at = AT_ASKED;
		q.uids = a->uids;
		ISRV_ASK(s, ISRV_OP_EXPUNGE, store, expunge, &q, take, a);
	}
	if (!isrv_answered(s))
		return ISRV_HOST;
	take_gone(s, a);
	return s->result.code == IMAPSRV_OK ? isrv_ok(s, "EXPUNGE done") : isrv_refused(s, NULL);
}

static void drop(struct imapsrv_session *s, void *args)
{
	struct expunge_args *a = args;

	isrv_searcher_drop(s, &a->x);
	clear_gone(s, a);
}

const struct isrv_command isrv_command_expunge = {
	.name = "EXPUNGE",
	.states = ISRV_IN_SELECTED,
	.doing = ISRV_DO_EXPUNGE,
	.flags = ISRV_COMMAND_UID | ISRV_COMMAND_WRITES,
	.args_size = sizeof(struct expunge_args),
	.parse = parse,
	.step = step,
	.drop = drop,
};
