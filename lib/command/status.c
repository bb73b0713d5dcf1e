/* SPDX-License-Identifier: MIT */
/*
 * STATUS (RFC 9051 6.3.11, RFC 8438), and the routine behind it.  What the host does not answer is
 * counted in rounds: as many UIDs as fit a set of bounded size, then their flags and sizes in
 * batches, then the next UIDs; so a mailbox of any size takes the same memory.  How the items are
 * parsed and written is in status_items.c.
 */
#include "command/status.h"

#include "command/commands.h"
#include "session/access.h"
#include "session/modseq.h"

enum {
	STATUS_START,
	STATUS_ASKED,
	STATUS_OPEN,
	STATUS_OPENED,
	STATUS_UIDS,
	STATUS_UIDS_ASKED,
	STATUS_FETCH,
	STATUS_FETCH_ASKED,
	STATUS_BODY,
	STATUS_MEASURE
};

#define PART_MAX 65536u /* of which is kept whether they were told */

/* What is not known when the mailbox is open. */
#define COUNTED (~(uint32_t)(IMAPSRV_STATUS_UIDVALIDITY | IMAPSRV_STATUS_HIGHESTMODSEQ | \
                             IMAPSRV_STATUS_APPENDLIMIT | IMAPSRV_STATUS_MAILBOXID))
/* What only a handle tells, not a view. */
#define OF_HANDLE (uint32_t)(IMAPSRV_STATUS_APPENDLIMIT | IMAPSRV_STATUS_MAILBOXID)

/* ---- answers of the host ------------------------------------------------------------------- */

static void keep_mailboxid(struct isrv_status *q, struct imapsrv_span id)
{
	if (id.len)
		memcpy(q->mailboxid, id.data, id.len);
	q->is.mailboxid = (struct imapsrv_span){q->mailboxid, id.len};
}

static void take_status(struct imapsrv_session *s, void *ctx, const void *answer)
{
	struct isrv_status *q = ctx;

	q->is = *(const struct imapsrv_status *)answer;
	keep_mailboxid(q, q->is.mailboxid);
	if (s->engine->store.append_limits)
		return;
	q->is.items |= IMAPSRV_STATUS_APPENDLIMIT;
	q->is.append_limit = UINT64_MAX;
}

static void take_mailbox(struct imapsrv_session *s, void *ctx, const void *answer)
{
	const struct imapsrv_mailbox *m = answer;
	struct isrv_status *q = ctx;

	if (q->opened) {
		isrv_op_pass_over(s, "a mailbox was given twice for one open");
		return;
	}
	q->opened = true;
	q->mailbox = m->handle;
	/* A second handle of the selected mailbox does not know what is recent in the first. */
	q->recent_from =
		isrv_session_is_selected(s, q->name) ? s->view->recent_from : m->recent_from;
	q->counted.uidvalidity = m->uidvalidity;
	q->counted.uidnext = m->uidnext;
	q->counted.highest_modseq = m->highest_modseq;
	q->counted.append_limit = m->append_limit;
	if (!q->is.mailboxid.len)
		keep_mailboxid(q, m->mailboxid);
}

static void count_range(struct isrv_status *q, struct imapsrv_range r)
{
	q->counted.messages += r.last - r.first + 1;
	if (q->recent_from && r.last >= q->recent_from)
		q->counted.recent +=
			r.last - (r.first > q->recent_from ? r.first : q->recent_from) + 1;
	/* A mailbox that is selected may have grown since its UIDNEXT was learned. */
	if (r.last >= q->counted.uidnext)
		q->counted.uidnext = r.last < UINT32_MAX ? r.last + 1 : r.last;
}

static void take_uids(struct imapsrv_session *s, void *ctx, const void *answer)
{
	const struct imapsrv_set *set = answer;
	struct isrv_status *q = ctx;

	for (size_t i = 0; i < set->count && !q->more && !s->error; i++) {
		struct imapsrv_range r = set->ranges[i];

		s->steps++;
		if (r.last < q->from)
			continue;
		if (r.first < q->from)
			r.first = q->from;
		if (r.first <= q->top) {
			isrv_op_pass_over(s, "UIDs of a mailbox that do not ascend");
			return;
		}
		if (q->facts && !isrv_uidset_add(&q->uids, &s->mem, r.first, r.last)) {
			/* A round is over when no more fit, whatever the reason; but one must
			 * fit. */
			q->more = q->uids.count > 0;
			if (!q->more)
				isrv_session_fail(s, IMAPSRV_ENOMEM);
			q->from = r.first;
			return;
		}
		count_range(q, r);
		q->top = r.last;
	}
}

/* Not only those of deleted messages? */
static bool needs_all_octets(const struct isrv_status *q)
{
	return (q->items & ~q->is.items & IMAPSRV_STATUS_SIZE) != 0;
}

/* Leaves a message whose octets the host does not know for afterwards. */
static void add_sizeless(struct imapsrv_session *s, struct isrv_status *q, uint32_t uid,
                         bool deleted)
{
	uint32_t max = s->engine->limits.batch;

	if (!q->sizeless) {
		q->sizeless = isrv_arena_array(&s->arena, max, sizeof(*q->sizeless));
		if (!q->sizeless) {
			q->nomem = true;
			return;
		}
	}
	if (q->sizeless_count < max)
		q->sizeless[q->sizeless_count++] = (struct isrv_status_sizeless){uid, deleted};
}

static uint64_t sum(uint64_t a, uint64_t b)
{
	return a < ISRV_STATUS_OCTETS - b ? a + b : ISRV_STATUS_OCTETS;
}

static void add_octets(struct isrv_status *q, uint64_t octets, bool deleted)
{
	q->counted.octets = sum(q->counted.octets, octets);
	if (deleted)
		q->counted.deleted_octets = sum(q->counted.deleted_octets, octets);
}

/* Is it of the part, and told for the first time? */
static bool claim(struct isrv_status *q, uint32_t uid)
{
	uint32_t before = 0;
	size_t i = 0;

	for (; i < q->part_count && q->part[i].last < uid; i++)
		before += q->part[i].last - q->part[i].first + 1;
	return i < q->part_count && q->part[i].first <= uid &&
	       isrv_claims_take(&q->claims, before + uid - q->part[i].first);
}

static void take_row(struct imapsrv_session *s, void *ctx, const void *answer)
{
	const struct imapsrv_row *row = answer;
	struct isrv_status *q = ctx;
	bool deleted = row->facts & IMAPSRV_FACT_FLAGS && row->flags.system & IMAPSRV_DELETED;

	if (!claim(q, row->uid)) {
		isrv_session_fault(s, "a row for a message that was not asked for, or told before");
		return;
	}
	if (row->facts & IMAPSRV_FACT_FLAGS) {
		if (!(row->flags.system & IMAPSRV_SEEN))
			q->counted.unseen++;
		q->counted.deleted += deleted;
	}
	if (row->facts & IMAPSRV_FACT_SIZE)
		add_octets(q, row->octets, deleted);
	else if (q->facts & IMAPSRV_FACT_SIZE && (deleted || needs_all_octets(q)))
		add_sizeless(s, q, row->uid, deleted);
}

/* ---- questions ----------------------------------------------------------------------------- */

static void ask_status(struct imapsrv_session *s, struct isrv_status *q)
{
	struct imapsrv_status_query ask = {s->account.handle, q->name, q->ask};

	ISRV_ASK(s, ISRV_OP_STATUS, store, status, &ask, take_status, q);
}

static void ask_open(struct imapsrv_session *s, struct isrv_status *q)
{
	struct imapsrv_open ask = {s->account.handle, q->name, 1};

	ISRV_ASK(s, ISRV_OP_OPEN, store, open, &ask, take_mailbox, q);
}

static void ask_uids(struct imapsrv_session *s, struct isrv_status *q)
{
	struct imapsrv_uids ask = {q->mailbox, {q->from, UINT32_MAX}};

	ISRV_ASK(s, ISRV_OP_UIDS, store, uids, &ask, take_uids, q);
}

/* Messages that one fetch may ask for. */
static uint32_t part_max(const struct imapsrv_session *s)
{
	uint32_t max = s->engine->limits.batch;

	return max < PART_MAX ? max : PART_MAX;
}

/* The next messages of q->uids, as many as one fetch may ask for; false if there are no more. */
static bool next_part(const struct imapsrv_session *s, struct isrv_status *q)
{
	uint32_t left = part_max(s);
	size_t n = 0;

	while (n < ISRV_STATUS_RANGES && left && q->range < q->uids.count) {
		struct imapsrv_range r = q->uids.ranges[q->range];

		if (q->next)
			r.first = q->next;
		if (r.last - r.first >= left) {
			q->next = r.first + left;
			r.last = q->next - 1;
		} else {
			q->next = 0;
			q->range++;
		}
		left -= r.last - r.first + 1;
		q->part[n++] = r;
	}
	q->part_count = n;
	return n > 0;
}

/* None of the part is claimed.  False: no memory. */
static bool begin_claims(struct imapsrv_session *s, struct isrv_status *q)
{
	isrv_claims_empty(&q->claims);
	return q->claims.made || isrv_claims_reserve(&q->claims, &s->arena, part_max(s));
}

static void ask_fetch(struct imapsrv_session *s, struct isrv_status *q)
{
	struct imapsrv_fetch ask = {q->mailbox, {q->part, q->part_count}, q->facts, 0};

	ISRV_ASK(s, ISRV_OP_FETCH, store, fetch, &ask, take_row, q);
}

/* ---- the routine --------------------------------------------------------------------------- */

void isrv_status_begin(struct isrv_status *q, struct imapsrv_span name, uint32_t wanted)
{
	/* What the arena gave serves the next mailbox too: there may be a hundred thousand of
	 * them. */
	struct isrv_status_sizeless *sizeless = q->sizeless;
	struct isrv_body_cursor body = {.arena = q->body.arena, .buf = q->body.buf};
	struct isrv_claims claims = q->claims;

	memset(q, 0, sizeof(*q));
	q->sizeless = sizeless;
	q->claims = claims;
	q->body = body;
	q->name = name;
	q->items = wanted;
	q->counted.append_limit = UINT64_MAX;
}

/* What only some hosts know is not asked of the others; that the mailbox exists is asked of all. */
static void choose(const struct imapsrv_session *s, struct isrv_status *q)
{
	q->ask = q->items;
	if (!s->engine->store.append_limits)
		q->ask &= ~(uint32_t)IMAPSRV_STATUS_APPENDLIMIT;
	if (!q->ask)
		q->ask = IMAPSRV_STATUS_UIDVALIDITY;
}

void isrv_status_drop(struct imapsrv_session *s, struct isrv_status *q)
{
	isrv_body_close(s, &q->body);
	isrv_uidset_clear(&q->uids, &s->mem);
	if (q->opened) {
		q->opened = false;
		s->in_callback++;
		s->engine->store.close(s->user, q->mailbox);
		s->in_callback--;
	}
}

static enum isrv_step refuse(struct imapsrv_session *s, struct isrv_status *q)
{
	q->refused = true;
	isrv_status_drop(s, q);
	return ISRV_DONE;
}

/* The arena gave nothing. */
static enum isrv_step out_of_memory(struct imapsrv_session *s, struct isrv_status *q)
{
	if (s->arena.starved)
		isrv_session_fail(s, IMAPSRV_ENOMEM);
	s->result.code = IMAPSRV_LIMIT;
	s->result.text = "";
	return refuse(s, q);
}

/* Of the mailbox that is selected: not above a change that this client was not told (RFC 7162
 * 3.2). */
static uint64_t highest_told(struct imapsrv_session *s, uint64_t is)
{
	uint64_t told = isrv_modseq_highest(s);

	return is > told && isrv_view_pending(s->view, ISRV_PENDING_ALL) ? told : is;
}

/* All is counted: what the host had not answered is filled in. */
static enum isrv_step finish(struct imapsrv_session *s, struct isrv_status *q)
{
	uint32_t own = q->items & ~q->is.items;

	if (own & IMAPSRV_STATUS_MESSAGES)
		q->is.messages = q->counted.messages;
	if (own & IMAPSRV_STATUS_RECENT)
		q->is.recent = q->counted.recent;
	if (own & IMAPSRV_STATUS_UIDNEXT)
		q->is.uidnext = q->counted.uidnext;
	if (own & IMAPSRV_STATUS_UIDVALIDITY)
		q->is.uidvalidity = q->counted.uidvalidity;
	if (own & IMAPSRV_STATUS_UNSEEN)
		q->is.unseen = q->counted.unseen;
	if (own & IMAPSRV_STATUS_DELETED)
		q->is.deleted = q->counted.deleted;
	if (own & IMAPSRV_STATUS_SIZE)
		q->is.octets = q->counted.octets;
	if (own & IMAPSRV_STATUS_DELETED_STORAGE)
		q->is.deleted_octets = q->counted.deleted_octets;
	if (own & IMAPSRV_STATUS_HIGHESTMODSEQ)
		q->is.highest_modseq = q->counted.highest_modseq;
	if (own & IMAPSRV_STATUS_APPENDLIMIT)
		q->is.append_limit = q->counted.append_limit;
	q->is.append_limit = isrv_append_limit(s->engine, q->is.append_limit);
	/* The host may have answered before it was renamed. */
	if (q->items & IMAPSRV_STATUS_HIGHESTMODSEQ &&
	    (q->selected || isrv_session_is_selected(s, q->name)))
		q->is.highest_modseq = highest_told(s, q->is.highest_modseq);
	isrv_status_drop(s, q);
	return ISRV_DONE;
}

/* Opens the mailbox, or uses the one that is open: it may be the selected one (RFC 9051 6.3.11
 * "servers MUST be able to"), of which the host then needs no second handle. */
static void open_mailbox(struct imapsrv_session *s, struct isrv_status *q)
{
	const struct isrv_view *view = s->view;

	/* One that may not be read any more (RFC 4314 4) the host will not open either. */
	if (isrv_session_is_selected(s, q->name) && isrv_access_may(view->rights, ISRV_DO_READ) &&
	    !(q->ask & ~q->is.items & OF_HANDLE)) {
		q->mailbox = view->handle;
		q->recent_from = view->recent_from;
		q->counted.uidvalidity = view->uidvalidity;
		q->counted.uidnext = view->uidnext;
		q->counted.highest_modseq = view->modseq_seen;
		q->at = STATUS_UIDS;
		return;
	}
	ask_open(s, q);
	q->at = STATUS_OPENED;
}

/* What is to be counted, when the mailbox is open. */
static void plan(const struct imapsrv_session *s, struct isrv_status *q)
{
	uint32_t own = q->items & ~q->is.items;

	if (own & (IMAPSRV_STATUS_UNSEEN | IMAPSRV_STATUS_DELETED | IMAPSRV_STATUS_DELETED_STORAGE))
		q->facts |= IMAPSRV_FACT_FLAGS;
	if (own & (IMAPSRV_STATUS_SIZE | IMAPSRV_STATUS_DELETED_STORAGE))
		q->facts |= IMAPSRV_FACT_SIZE;
	isrv_uidset_init(&q->uids, s->engine->limits.set_ranges);
	q->from = 1;
}

/* Counts the octets of messages whose size the host did not give.  DONE when none is left, or
 * refused. */
static enum isrv_step measure(struct imapsrv_session *s, struct isrv_status *q)
{
	while (q->sizeless_count > 0) {
		uint32_t uid = q->sizeless[q->sizeless_count - 1].uid;
		enum isrv_step step = q->at == STATUS_BODY
		                              ? isrv_body_open(s, &q->body, q->mailbox, uid)
		                              : isrv_body_measure(s, &q->body);

		if (step != ISRV_DONE)
			return step;
		if (s->error)
			return refuse(s, q);
		/* One that has just been expunged counts for nothing; without any other the sum
		 * would be too low (RFC 8438 3). */
		if (q->body.failed && s->result.code != IMAPSRV_EXPUNGEISSUED)
			return refuse(s, q);
		if (!q->body.failed && q->at == STATUS_BODY) {
			q->at = STATUS_MEASURE;
			continue;
		}
		if (!q->body.failed)
			add_octets(q, q->body.wire, q->sizeless[q->sizeless_count - 1].deleted);
		isrv_body_close(s, &q->body);
		q->sizeless_count--;
		q->at = STATUS_BODY;
	}
	return ISRV_DONE;
}

/* The answer to an op is there: was it a refusal? */
static bool is_refused(const struct imapsrv_session *s)
{
	return s->result.code != IMAPSRV_OK;
}

/* The answer to the question at hand has come. */
static enum isrv_step answered(struct imapsrv_session *s, struct isrv_status *q)
{
	if (is_refused(s) || s->error)
		return refuse(s, q);
	if (q->nomem)
		return out_of_memory(s, q);
	switch (q->at) {
	case STATUS_ASKED:
		if (!(q->items & ~q->is.items))
			return finish(s, q);
		q->at = STATUS_OPEN;
		break;
	case STATUS_OPENED:
		if (!q->opened) {
			isrv_session_fault(s, "a mailbox was opened without imapsrv_op_mailbox");
			s->result.code = IMAPSRV_SERVERBUG;
			return refuse(s, q);
		}
		if (!(q->items & ~q->is.items & COUNTED))
			return finish(s, q);
		q->at = STATUS_UIDS;
		break;
	case STATUS_UIDS_ASKED:
		q->at = STATUS_FETCH;
		break;
	default: /* STATUS_FETCH_ASKED */
		q->at = STATUS_BODY;
		break;
	}
	return ISRV_HOST;
}

/* Asks what is to be asked next. */
static enum isrv_step ask(struct imapsrv_session *s, struct isrv_status *q)
{
	switch (q->at) {
	case STATUS_START:
		q->at = STATUS_OPEN;
		q->selected = isrv_session_is_selected(s, q->name);
		choose(s, q);
		if (s->engine->store.status) {
			ask_status(s, q);
			q->at = STATUS_ASKED;
		}
		break;
	case STATUS_OPEN:
		plan(s, q);
		open_mailbox(s, q);
		break;
	case STATUS_UIDS:
		ask_uids(s, q);
		q->at = STATUS_UIDS_ASKED;
		break;
	default: /* STATUS_FETCH */
		if (next_part(s, q)) {
			if (!begin_claims(s, q))
				return out_of_memory(s, q);
			ask_fetch(s, q);
			q->at = STATUS_FETCH_ASKED;
			break;
		}
		if (!q->more)
			return finish(s, q);
		isrv_uidset_empty(&q->uids);
		q->range = 0;
		q->more = false;
		q->at = STATUS_UIDS;
		break;
	}
	return ISRV_HOST;
}

enum isrv_step isrv_status_step(struct imapsrv_session *s, struct isrv_status *q)
{
	enum isrv_step step = ISRV_HOST;

	for (;;) {
		switch (q->at) {
		case STATUS_START:
		case STATUS_OPEN:
		case STATUS_UIDS:
		case STATUS_FETCH:
			step = ask(s, q);
			break;
		case STATUS_ASKED:
		case STATUS_OPENED:
		case STATUS_UIDS_ASKED:
		case STATUS_FETCH_ASKED:
			if (!isrv_answered(s))
				return ISRV_HOST;
			step = answered(s, q);
			break;
		default: /* STATUS_BODY, STATUS_MEASURE */
			step = measure(s, q);
			if (step == ISRV_DONE && !q->refused) {
				q->at = STATUS_FETCH;
				continue;
			}
			return step;
		}
		if (step == ISRV_DONE)
			return step;
	}
}

/* ---- the command --------------------------------------------------------------------------- */

struct args {
	struct imapsrv_span name;
	uint32_t items;
	bool begun;
	struct isrv_status status;
};

/* status = "STATUS" SP mailbox SP "(" status-att *(SP status-att) ")" */
static bool parse(struct isrv_parse *p, void *args)
{
	struct args *a = args;

	return isrv_rd_mailbox(&p->r, &a->name) && isrv_rd_sp(&p->r) &&
	       isrv_status_parse(p, &a->items) && isrv_rd_end(&p->r);
}

static enum isrv_step step(struct imapsrv_session *s, void *args)
{
	struct args *a = args;
	enum isrv_step wait;

	if (!a->begun) {
		if (a->items & IMAPSRV_STATUS_HIGHESTMODSEQ)
			isrv_modseq_enable(s, 0); /* RFC 7162 3.1 */
		isrv_status_begin(&a->status, a->name, a->items);
		a->begun = true;
	}
	wait = isrv_status_step(s, &a->status);
	if (wait != ISRV_DONE)
		return wait;
	if (a->status.refused)
		return isrv_refused(s, NULL);
	isrv_status_put(s, &a->status);
	return isrv_ok(s, "STATUS done");
}

static void drop(struct imapsrv_session *s, void *args)
{
	struct args *a = args;

	isrv_status_drop(s, &a->status);
}

const struct isrv_command isrv_command_status = {
	.name = "STATUS",
	.states = ISRV_IN_AUTHED,
	.args_size = sizeof(struct args),
	.parse = parse,
	.step = step,
	.drop = drop,
};
