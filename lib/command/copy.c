/* SPDX-License-Identifier: MIT */
/*
 * COPY, MOVE and their UID forms (RFC 9051 6.4.7, 6.4.8; RFC 6851; RFC 4315 3).  How messages get
 * from one mailbox to another is in transfer.c; here is which ones, and what is said about it.
 */
#include "command/commands.h"
#include "command/memory.h"
#include "command/set.h"
#include "command/transfer.h"
#include "mailbox/part.h"
#include "session/access.h"
#include "session/messagelimit.h"

enum at {
	AT_START,
	AT_ACCESS, /* may they go there? */
	AT_LOOK,   /* which have gone? */
	AT_TRANSFER
};

struct copy {
	uint8_t at;
	struct isrv_rd_set set;
	struct imapsrv_span name;
	struct isrv_access access;
	bool look;
	struct isrv_transfer transfer;
};

/* copy = "COPY" SP sequence-set SP mailbox ; move likewise */
static bool parse(struct isrv_parse *p, void *args)
{
	struct copy *a = args;

	return isrv_rd_set(&p->r, &a->set) && isrv_rd_sp(&p->r) &&
	       isrv_rd_mailbox(&p->r, &a->name);
}

static void put_copyuid(struct imapsrv_session *s, void *args)
{
	const struct copy *a = args;

	isrv_transfer_put_copyuid(s, &a->transfer);
}

static enum isrv_step copied(struct imapsrv_session *s, const struct isrv_transfer *t)
{
	isrv_ok(s, t->copied ? "COPY completed" : "No matching messages, so nothing copied");
	if (isrv_transfer_has_copyuid(s, t))
		s->reply.put_code = put_copyuid;
	return ISRV_DONE;
}

/* "Servers are also REQUIRED to send the COPYUID response code in an untagged OK before sending
 * EXPUNGE" (RFC 9051 6.4.8).  Those follow with the other updates.  Of a move that failed after
 * copying, the client learns what was copied in the same way. */
static enum isrv_step moved(struct imapsrv_session *s, const struct isrv_transfer *t)
{
	if (isrv_transfer_has_copyuid(s, t)) {
		ISRV_W(&s->w, "* OK [");
		isrv_transfer_put_copyuid(s, t);
		ISRV_W(&s->w, "] Copied");
		isrv_w_crlf(&s->w);
	}
	if (t->failed)
		return isrv_refused(s, "TRYCREATE");
	return isrv_ok(s, t->copied ? "MOVE completed" : "No matching messages, so nothing moved");
}

/* A host that keeps expunged messages copies those that this client still sees (RFC 2180 4.4.2),
 * and no others.  One that somebody removed is not moved: it may have been moved by then. */
static bool narrow(struct imapsrv_session *s, struct isrv_transfer *t)
{
	if (isrv_set_announced(s, &t->uids, !t->move))
		return true;
	isrv_command_nomem(s);
	return false;
}

/*
 * RFC 9738 3.1: of a COPY with too many nothing is copied; the UID from which on they would not be
 * too many is said.  A MOVE takes the highest.  False: the reply is set.
 */
static bool limit(struct imapsrv_session *s, struct isrv_transfer *t)
{
	struct imapsrv_set few = t->uids;
	uint32_t most = isrv_save_limit(s), lowest = 0;

	if (!(t->move ? isrv_message_limit_cut(s, &t->uids)
	              : isrv_part_highest(&s->view->map, &s->arena, &few, most, &lowest,
	                                  &s->steps))) {
		isrv_command_nomem(s);
		return false;
	}
	if (lowest)
		isrv_message_limit_refuse(s, most, lowest, "Too many messages to copy");
	return !lowest;
}

/* False: the reply is set. */
static bool begin(struct imapsrv_session *s, struct copy *a, bool move)
{
	const struct imapsrv_store *store = &s->engine->store;
	struct isrv_transfer *t = &a->transfer;
	bool kept = store->forgotten && (s->view->forget || s->view->look_all);

	if (!isrv_set_resolve(s, &a->set, s->uid, &t->uids))
		return false;
	t->mailbox = s->view->handle;
	t->view = s->view;
	t->name = a->name;
	t->move = move;
	a->at = AT_ACCESS;
	if (!limit(s, t))
		return false;
	if (!kept || (move && store->move)) /* `move` knows what exists */
		return true;
	a->look = move;
	return move || narrow(s, t);
}

/* "Before performing a COPY" (RFC 4314 4).  As look. */
static enum isrv_step check(struct imapsrv_session *s, struct copy *a, bool *end_r)
{
	enum isrv_step wait = isrv_access_step(s, &a->access, ISRV_DO_INSERT, a->name);

	if (wait != ISRV_DONE || s->error)
		return wait;
	a->transfer.rights = a->access.rights;
	a->at = a->look ? AT_LOOK : AT_TRANSFER;
	*end_r = a->access.code != IMAPSRV_OK;
	return *end_r ? isrv_refused(s, "TRYCREATE") : ISRV_DONE;
}

/* DONE with the state moved on, or with the reply set and *end_r true. */
static enum isrv_step look(struct imapsrv_session *s, struct copy *a, bool *end_r)
{
	enum isrv_step wait = isrv_sync_look(s);

	if (wait != ISRV_DONE || s->error)
		return wait;
	a->at = AT_TRANSFER;
	/* What was posted since the store was asked is told later, like what comes from now on. */
	*end_r = s->view->look_all && s->result.code != IMAPSRV_OK;
	if (*end_r)
		return isrv_refused(s, NULL);
	*end_r = !narrow(s, &a->transfer);
	return ISRV_DONE;
}

static enum isrv_step step(struct imapsrv_session *s, struct copy *a, bool move)
{
	struct isrv_transfer *t = &a->transfer;
	enum isrv_step wait = ISRV_DONE;
	bool end = false;

	if (a->at == AT_START && !begin(s, a, move))
		return ISRV_DONE;
	if (a->at == AT_ACCESS)
		wait = check(s, a, &end);
	if (wait == ISRV_DONE && !end && a->at == AT_LOOK)
		wait = look(s, a, &end);
	if (wait != ISRV_DONE || end || s->error)
		return wait;
	wait = isrv_transfer_step(s, t);
	if (wait != ISRV_DONE)
		return wait;
	if (move)
		return moved(s, t);
	return t->failed ? isrv_refused(s, "TRYCREATE") : copied(s, t);
}

static enum isrv_step copy_step(struct imapsrv_session *s, void *args)
{
	return step(s, args, false);
}

static enum isrv_step move_step(struct imapsrv_session *s, void *args)
{
	return step(s, args, true);
}

static void drop(struct imapsrv_session *s, void *args)
{
	struct copy *a = args;

	isrv_transfer_drop(s, &a->transfer);
}

/* Where the host does it all at once, only it knows. */
static void progress(struct imapsrv_session *s, const void *args, uint32_t *done_r,
                     uint32_t *goal_r)
{
	const struct copy *a = args;

	if (a->at != AT_TRANSFER || !isrv_transfer_progress(&a->transfer, done_r))
		return;
	*goal_r = isrv_part_size(&s->view->map, a->transfer.uids, &s->steps);
}

const struct isrv_command isrv_command_copy = {
	.name = "COPY",
	.states = ISRV_IN_SELECTED,
	.flags = ISRV_COMMAND_NUMBERS | ISRV_COMMAND_UID,
	.args_size = sizeof(struct copy),
	.parse = parse,
	.step = copy_step,
	.progress = progress,
	.drop = drop,
};

const struct isrv_command isrv_command_move = {
	.name = "MOVE",
	.states = ISRV_IN_SELECTED,
	.doing = ISRV_DO_REMOVE,
	.cap = ISRV_CAP_MOVE,
	.flags = ISRV_COMMAND_NUMBERS | ISRV_COMMAND_UID | ISRV_COMMAND_WRITES,
	.args_size = sizeof(struct copy),
	.parse = parse,
	.step = move_step,
	.progress = progress,
	.drop = drop,
};
