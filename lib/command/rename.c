/* SPDX-License-Identifier: MIT */
/*
 * RENAME (RFC 9051 6.3.6).  The host renames; but INBOX is not renamed, its messages are moved to a
 * new mailbox, which is done here: INBOX is opened, the mailbox created, annotations are copied
 * (metadata_copy), and the messages go over as those of MOVE do.
 */
#include "command/commands.h"
#include "command/mailboxes.h"
#include "command/metadata_copy.h"
#include "command/transfer.h"
#include "session/access.h"

enum {
	RENAME_START,
	RENAME_FROM, /* may it go? */
	RENAME_TO,   /* and be there? */
	RENAME_ASKED,
	RENAME_TAKEN,
	INBOX_OPENED,
	INBOX_CREATED,
	INBOX_METADATA,
	INBOX_UIDS,
	INBOX_UIDS_ASKED,
	INBOX_MOVE,
	INBOX_UNDONE
};

struct args {
	struct imapsrv_span from;
	struct imapsrv_span to;
	uint8_t at;
	bool apart; /* what has the name of the selected mailbox is another */
	struct isrv_access access;

	/* INBOX */
	bool opened; /* `inbox` is to be closed */
	bool read_only;
	bool moved;  /* something is in the new mailbox */
	bool more;   /* `uids` has no room for the rest of INBOX */
	bool nomem;
	void *inbox;
	uint32_t first; /* ask for UIDs from here on; */
	uint32_t top;   /* so far they were told */
	struct isrv_uidset uids;
	struct isrv_transfer transfer;
	struct isrv_metadata_copy copy;
};

/* rename = "RENAME" SP mailbox SP mailbox */
static bool parse(struct isrv_parse *p, void *args)
{
	struct args *a = args;

	return isrv_rd_mailbox(&p->r, &a->from) && isrv_rd_sp(&p->r) &&
	       isrv_rd_mailbox(&p->r, &a->to) && isrv_rd_end(&p->r);
}

static bool is_same(struct imapsrv_span a, struct imapsrv_span b)
{
	return a.len == b.len && !memcmp(a.data, b.data, a.len);
}

/* ---- any mailbox but INBOX ----------------------------------------------------------------- */

static void ask_rename(struct imapsrv_session *s, struct args *a)
{
	struct imapsrv_rename q = {s->account.handle, a->from, a->to};

	a->apart = isrv_mailbox_is_apart(s);
	ISRV_ASK(s, ISRV_OP_PLAIN, mailboxes, rename, &q, NULL, NULL);
}

static enum isrv_step renamed(struct imapsrv_session *s, struct args *a)
{
	struct imapsrv_span selected = isrv_mailbox_selected(s);

	if (s->result.code == IMAPSRV_ALREADYEXISTS) {
		a->at = RENAME_TAKEN;
		return ISRV_HOST;
	}
	if (s->result.code != IMAPSRV_OK)
		return isrv_refused(s, NULL);
	/* What lies below has moved along. */
	if (s->view && !a->apart &&
	    (is_same(selected, a->from) || isrv_mailbox_is_below(s, selected, a->from)))
		isrv_mailbox_leave(s);
	return isrv_ok(s, "RENAME done");
}

/* ---- INBOX --------------------------------------------------------------------------------- */

static void take_inbox(struct imapsrv_session *s, void *ctx, const void *answer)
{
	const struct imapsrv_mailbox *m = answer;
	struct args *a = ctx;

	if (a->opened) {
		isrv_op_pass_over(s, "a mailbox was given twice for one open");
		return;
	}
	a->opened = true;
	a->inbox = m->handle;
	a->read_only = m->read_only != 0;
}

static void take_uids(struct imapsrv_session *s, void *ctx, const void *answer)
{
	const struct imapsrv_set *set = answer;
	struct args *a = ctx;

	for (size_t i = 0; i < set->count && !a->more && !a->nomem; i++) {
		struct imapsrv_range r = set->ranges[i];

		s->steps++;
		if (r.last < a->first)
			continue;
		if (r.first < a->first)
			r.first = a->first;
		if (r.first <= a->top) {
			isrv_op_pass_over(s, "UIDs of a mailbox that do not ascend");
			return;
		}
		if (isrv_uidset_add(&a->uids, &s->mem, r.first, r.last)) {
			a->top = r.last;
			continue;
		}
		/* They go over in rounds, of as many as fit; but one must fit, and none comes
		 * again. */
		a->more = a->uids.count > 0;
		a->nomem = !a->more;
		a->first = r.first;
	}
}

static void ask_inbox(struct imapsrv_session *s, struct args *a)
{
	struct imapsrv_open q = {s->account.handle, a->from, 0};

	isrv_uidset_init(&a->uids, s->engine->limits.set_ranges);
	a->first = 1;
	ISRV_ASK(s, ISRV_OP_OPEN, store, open, &q, take_inbox, a);
}

static void ask_create(struct imapsrv_session *s, struct args *a)
{
	struct imapsrv_create q = {s->account.handle, a->to, 0, 0};

	ISRV_ASK(s, ISRV_OP_CREATE, mailboxes, create, &q, NULL, NULL);
}

static void ask_remove(struct imapsrv_session *s, struct args *a)
{
	struct imapsrv_delete q = {s->account.handle, a->to};

	ISRV_ASK(s, ISRV_OP_PLAIN, mailboxes, remove, &q, NULL, NULL);
}

static void ask_uids(struct imapsrv_session *s, struct args *a)
{
	struct imapsrv_uids q = {a->inbox, {a->first, UINT32_MAX}};

	isrv_uidset_empty(&a->uids);
	a->more = false;
	ISRV_ASK(s, ISRV_OP_UIDS, store, uids, &q, take_uids, a);
}

static void drop(struct imapsrv_session *s, void *args)
{
	struct args *a = args;

	if (a->at == INBOX_MOVE)
		isrv_transfer_drop(s, &a->transfer);
	isrv_uidset_clear(&a->uids, &s->mem);
	if (a->opened) {
		a->opened = false;
		s->in_callback++;
		s->engine->store.close(s->user, a->inbox);
		s->in_callback--;
	}
}

/* The end of it, with the reply set.  INBOX may be selected: the messages left it through
 * another handle, so its view is compared with the store before the tagged line. */
static enum isrv_step leave_inbox(struct imapsrv_session *s, struct args *a)
{
	if (s->view && isrv_mailbox_is_inbox(isrv_mailbox_selected(s)))
		s->view->look_all = true;
	drop(s, a);
	return ISRV_DONE;
}

/* It did not work, and the reply says so.  The new mailbox would be in the way of a second
 * attempt. */
static enum isrv_step undo(struct imapsrv_session *s, struct args *a)
{
	if (a->moved)
		return leave_inbox(s, a);
	ask_remove(s, a);
	a->at = INBOX_UNDONE;
	return ISRV_HOST;
}

/* One round of messages has gone over. */
static enum isrv_step moved(struct imapsrv_session *s, struct args *a)
{
	a->moved = a->moved || a->transfer.copied;
	if (s->error) /* the transfer may hold something still */
		return leave_inbox(s, a);
	a->at = INBOX_UIDS;
	if (a->transfer.failed) {
		isrv_refused(s, NULL);
		return undo(s, a);
	}
	if (a->more)
		return ISRV_HOST;
	isrv_ok(s, "RENAME done");
	return leave_inbox(s, a);
}

static enum isrv_step opened(struct imapsrv_session *s, struct args *a)
{
	if (s->result.code != IMAPSRV_OK) {
		isrv_refused(s, NULL);
		return leave_inbox(s, a);
	}
	if (!a->opened) {
		isrv_session_fault(s, "a mailbox was opened without imapsrv_op_mailbox");
		isrv_no(s, "SERVERBUG", "INBOX could not be opened");
		return leave_inbox(s, a);
	}
	if (a->read_only) {
		isrv_no(s, "NOPERM", "INBOX may only be read");
		return leave_inbox(s, a);
	}
	ask_create(s, a);
	a->at = INBOX_CREATED;
	return ISRV_HOST;
}

static enum isrv_step begin_move(struct imapsrv_session *s, struct args *a)
{
	if (s->result.code != IMAPSRV_OK) {
		isrv_refused(s, NULL);
		return undo(s, a);
	}
	if (a->nomem) {
		isrv_session_fail(s, IMAPSRV_ENOMEM);
		return leave_inbox(s, a);
	}
	if (!a->uids.count) {
		isrv_ok(s, "RENAME done");
		return leave_inbox(s, a);
	}
	memset(&a->transfer, 0, sizeof(a->transfer));
	a->transfer.mailbox = a->inbox;
	a->transfer.uids = isrv_uidset_view(&a->uids);
	a->transfer.name = a->to;
	a->transfer.rights = UINT32_MAX; /* they stay what they are */
	a->transfer.move = true;
	a->at = INBOX_MOVE;
	return ISRV_HOST;
}

/* ---- the command --------------------------------------------------------------------------- */

static bool can_move(const struct imapsrv_store *store)
{
	return store->move || store->expunge; /* which goes with append */
}

/* Refuses what RFC 9051 6.3.6 says is an error, and what would make no hierarchy; asks the rest. */
static enum isrv_step start(struct imapsrv_session *s, struct args *a)
{
	bool inbox = isrv_mailbox_is_inbox(a->from);

	if (isrv_mailbox_is_inbox(a->to) || is_same(a->from, a->to))
		return isrv_no(s, "ALREADYEXISTS", "There is a mailbox of that name");
	if (!s->engine->mailboxes.rename || (inbox && !can_move(&s->engine->store)))
		return isrv_no(s, "CANNOT", "Mailboxes cannot be changed here");
	if (!isrv_mailbox_is_whole(s, a->from) || !isrv_mailbox_is_whole(s, a->to))
		return isrv_no(s, "CANNOT", "A mailbox name cannot have an empty level");
	if (!inbox && isrv_mailbox_is_below(s, a->to, a->from))
		return isrv_no(s, "CANNOT", "A mailbox cannot be moved below itself");
	a->at = RENAME_FROM;
	return ISRV_HOST;
}

/* RFC 4314 4, RENAME: the right to delete the one and to create the other, whether or not both are
 * below the same name.  Those below it move along. */
static enum isrv_step ask_access(struct imapsrv_session *s, struct args *a)
{
	return a->at == RENAME_FROM ? isrv_access_step(s, &a->access, ISRV_DO_DELETE, a->from)
	                            : isrv_access_step(s, &a->access, ISRV_DO_CREATE, a->to);
}

/* The answer to that is there. */
static enum isrv_step permitted(struct imapsrv_session *s, struct args *a)
{
	if (a->access.code != IMAPSRV_OK)
		return isrv_refused(s, NULL);
	memset(&a->access, 0, sizeof(a->access));
	if (a->at == RENAME_FROM) {
		a->at = RENAME_TO;
	} else if (isrv_mailbox_is_inbox(a->from)) {
		ask_inbox(s, a);
		a->at = INBOX_OPENED;
	} else {
		ask_rename(s, a);
		a->at = RENAME_ASKED;
	}
	return ISRV_HOST;
}

/* The answer to a question is there. */
static enum isrv_step answered(struct imapsrv_session *s, struct args *a)
{
	switch (a->at) {
	case RENAME_ASKED:
		return renamed(s, a);
	case INBOX_OPENED:
		return opened(s, a);
	case INBOX_CREATED:
		if (s->result.code == IMAPSRV_ALREADYEXISTS) {
			a->at = RENAME_TAKEN;
			return ISRV_HOST;
		}
		if (s->result.code != IMAPSRV_OK) {
			isrv_refused(s, NULL);
			return leave_inbox(s, a);
		}
		a->copy.from = a->from;
		a->copy.to = a->to;
		a->at = INBOX_METADATA;
		return ISRV_HOST;
	case INBOX_UIDS_ASKED:
		return begin_move(s, a);
	default: /* INBOX_UNDONE: whether that worked or not */
		return leave_inbox(s, a);
	}
}

static enum isrv_step step(struct imapsrv_session *s, void *args)
{
	struct args *a = args;
	enum isrv_step wait;

	do {
		switch (a->at) {
		case RENAME_START:
			wait = start(s, a);
			break;
		case RENAME_FROM:
		case RENAME_TO:
			wait = ask_access(s, a);
			if (wait != ISRV_DONE || s->error)
				return wait;
			wait = permitted(s, a);
			break;
		case RENAME_TAKEN:
			wait = isrv_mailbox_taken(s, &a->access, a->to);
			if (wait != ISRV_DONE)
				return wait;
			return leave_inbox(s, a);
		case INBOX_METADATA:
			wait = isrv_metadata_copy_step(s, &a->copy);
			if (wait == ISRV_DONE && s->error)
				return leave_inbox(s, a);
			if (wait != ISRV_DONE)
				return wait;
			a->at = INBOX_UIDS;
			wait = ISRV_HOST;
			break;
		case INBOX_UIDS:
			ask_uids(s, a);
			a->at = INBOX_UIDS_ASKED;
			wait = ISRV_HOST;
			break;
		case INBOX_MOVE:
			wait = isrv_transfer_step(s, &a->transfer);
			if (wait != ISRV_DONE)
				return wait;
			wait = moved(s, a);
			break;
		default:
			if (!isrv_answered(s))
				return ISRV_HOST;
			wait = answered(s, a);
			break;
		}
	} while (wait != ISRV_DONE);
	return wait;
}

const struct isrv_command isrv_command_rename = {
	.name = "RENAME",
	.states = ISRV_IN_AUTHED,
	.args_size = sizeof(struct args),
	.parse = parse,
	.step = step,
	.drop = drop,
};
