/* SPDX-License-Identifier: MIT */
/*
 * command/expunge - EXPUNGE (RFC 9051 6.4.3) and UID EXPUNGE (6.4.9, RFC 4315 2.1).  What the store
 * removed is handed to the view; the updates before the tagged line tell it, like any other
 * expunge.
 */
#include "command/commands.h"
#include "command/set.h"
#include "session/modseq.h"

struct expunge_args {
	struct isrv_rd_set set; /* UID EXPUNGE */
	struct imapsrv_range all;
	bool asked;
	bool gone; /* something was removed */
};

static bool parse(struct isrv_parse *p, void *args)
{
	struct expunge_args *a = args;

	if (!p->uid)
		return true;
	if (!(p->caps & ISRV_CAP_BIT(ISRV_CAP_UIDPLUS)))
		return isrv_rd_fail(&p->r, "a command: UID EXPUNGE is unknown");
	return isrv_rd_set(&p->r, &a->set);
}

static void take(struct imapsrv_session *s, void *ctx, const void *answer)
{
	const struct imapsrv_set *gone = answer;
	struct expunge_args *a = ctx;

	a->gone = true;
	isrv_view_post_gone(s->view, &s->mem, *gone);
}

static enum isrv_step step(struct imapsrv_session *s, void *args)
{
	struct expunge_args *a = args;
	struct imapsrv_expunge q = {s->view->handle, {&a->all, 1}, 1};

	if (!a->asked) {
		a->all.first = 1;
		a->all.last = s->view->map.last_uid;
		if (s->uid && !isrv_set_resolve(s, &a->set, true, &q.uids))
			return ISRV_DONE;
		if (!a->all.last || !q.uids.count)
			return isrv_ok(s, "EXPUNGE done");
		a->asked = true;
		ISRV_ASK(s, ISRV_OP_EXPUNGE, store, expunge, &q, take, a);
	}
	if (!isrv_answered(s))
		return ISRV_HOST;
	if (a->gone)
		isrv_modseq_expunged(s);
	return s->result.code == IMAPSRV_OK ? isrv_ok(s, "EXPUNGE done") : isrv_refused(s, NULL);
}

const struct isrv_command isrv_command_expunge = {
	.name = "EXPUNGE",
	.states = ISRV_IN_SELECTED,
	.flags = ISRV_COMMAND_UID | ISRV_COMMAND_WRITES,
	.args_size = sizeof(struct expunge_args),
	.parse = parse,
	.step = step,
};
