/* SPDX-License-Identifier: MIT */
/*
 * command/fetch - FETCH and UID FETCH (RFC 9051 6.4.5, 7.5.2).  The host is asked in batches.
 * Where facts are all that is wanted, each row goes straight to the client; where the message
 * itself is needed too, the rows of one batch are held, and their messages opened one after the
 * other.  Here is the flow of batches, questions and rows; what a line says is in fetch_line.c, and
 * what is read of a message in fetch_read.c.
 *
 * Messages that are gone though the client was not told yet are asked for as the others: a host may
 * have kept them (RFC 2180 4.1.1).  Those that have no row are left out, and the tagged line says
 * EXPUNGEISSUED (RFC 5530, RFC 2180 4.1.2).
 */
#include "command/commands.h"
#include "command/fetch_choice.h"
#include "command/fetch_held.h"
#include "command/fetch_line.h"
#include "command/fetch_read.h"
#include "command/memory.h"
#include "mailbox/batch.h"
#include "mailbox/part.h"
#include "session/claim.h"
#include "session/contexts.h"
#include "session/modseq.h"
#include "session/putoff.h"

/* Can its rows be written by the routines for nothing but FLAGS? */
enum plain {
	PLAIN_NOT,
	PLAIN_FETCH,   /* FLAGS, and perhaps UID */
	PLAIN_UIDFETCH /* FLAGS */
};

struct fetch_args {
	struct isrv_rd_set set;
	struct isrv_fetch_items items;

	enum {
		AT_CHOICE,
		AT_BATCH,
		AT_MARKED, /* \Seen was asked for */
		AT_ROWS,
		AT_HELD
	} at;
	struct isrv_fetch_choice choice;
	struct isrv_batch batch;
	struct imapsrv_set part; /* of the batch at hand */
	uint32_t asked;          /* announced messages in it */
	uint32_t rows;           /* that came for it */
	uint32_t dense_count;    /* if every UID of it exists: how many there are; else 0 */
	uint32_t dense_uid;      /* the first of them, */
	uint32_t dense_seq;      /* and its number */
	uint32_t done;           /* messages in the batches so far, the one at hand included */
	bool missing;            /* an announced message has no row */
	bool mark;               /* \Seen is to be set */
	enum plain plain;
	struct isrv_fetch_line line;

	struct isrv_putoff off;      /* rows of the batch for which there was no room */
	struct isrv_fetch_held held; /* rows that need their messages */
	struct isrv_fetch_reader reader;
};

/* fetch = "FETCH" SP sequence-set SP items [fetch-modifiers] */
static bool parse(struct isrv_parse *p, void *args)
{
	struct fetch_args *a = args;

	if (!isrv_rd_set(&p->r, &a->set) || !isrv_rd_sp(&p->r) ||
	    !isrv_fetch_items_parse(p, &a->items) || !isrv_fetch_modifiers_parse(p, &a->items))
		return false;
	/* RFC 9051 6.4.9; a UIDFETCH has it only if it was asked for (RFC 9586 3.3). */
	a->items.uid = a->items.uid || (p->uid && !p->r.uidonly);
	return true;
}

static void drop(struct imapsrv_session *s, void *args)
{
	struct fetch_args *a = args;

	isrv_fetch_line_clear(&a->line, &s->mem);
	isrv_fetch_choice_drop(s, &a->choice);
	isrv_putoff_clear(s, &a->off);
	if (!a->held.rows.max)
		return; /* no row needs its message */
	isrv_fetch_reader_clear(s, &a->reader);
	isrv_fetch_held_clear(&a->held, &s->mem);
}

/* ---- rows ---------------------------------------------------------------------------------- */

/* What there was no memory for ends the session. */
static void need(struct imapsrv_session *s, bool done)
{
	if (!done)
		isrv_session_fail(s, IMAPSRV_ENOMEM);
}

static void hold(struct imapsrv_session *s, struct fetch_args *a, const struct imapsrv_row *row)
{
	need(s, isrv_fetch_held_full(&a->held)
	                ? isrv_uidset_add(&a->off.again, &s->mem, row->uid, row->uid)
	                : isrv_fetch_held_add(&a->held, &s->mem, row));
}

/* All rows of a question are there.  At least one of its messages is not asked for again. */
static void settle_rows(struct imapsrv_session *s, struct fetch_args *a)
{
	isrv_putoff_settle(s, &a->off);
	isrv_fetch_held_settle(&a->held);
	while (a->off.again.count && isrv_fetch_held_current(&a->held)) {
		uint32_t uid = isrv_fetch_held_current(&a->held)->uid;

		need(s, isrv_uidset_remove(&a->off.again, &s->mem, uid, uid));
		a->held.at++;
	}
	a->held.at = 0;
}

static void put_row(struct imapsrv_session *s, struct fetch_args *a, uint32_t seq,
                    const struct imapsrv_row *row, const struct isrv_description *d)
{
	isrv_fetch_line_begin(s, &a->line, seq, row, d); /* no preview has to be made */
	isrv_fetch_line_end(s, &a->line, row->uid);
}

/* A row of a message that may have to be read: at once if the host knows enough about it. */
static void take_message_row(struct imapsrv_session *s, struct fetch_args *a, uint32_t seq,
                             const struct imapsrv_row *row)
{
	struct isrv_description d;

	/* Annotations are asked for once all rows have come. */
	if (a->items.annotation || !isrv_fetch_line_is_enough(&a->line, row, &d))
		hold(s, a, row);
	else
		put_row(s, a, seq, row, a->line.describe ? &d : NULL);
}

/* The number of a message that was asked for and is told for the first time; 0: it is another.
 * Most mailboxes have long stretches without holes, where numbers need no look-up. */
static inline uint32_t seq_of(struct imapsrv_session *s, struct fetch_args *a, uint32_t uid)
{
	uint32_t place = uid - a->dense_uid, seq;

	if (place < a->dense_count)
		return isrv_claim_place(s, &a->batch, place) ? a->dense_seq + place : 0;
	seq = isrv_nummap_seq(&s->view->map, uid);
	return seq && isrv_uidset_has(a->part, uid) && isrv_claim(s, &a->batch, uid, seq) ? seq : 0;
}

static void find_dense(const struct imapsrv_session *s, struct fetch_args *a)
{
	const struct imapsrv_range *r = a->part.ranges;

	a->dense_count = a->part.count == 1 && r->last - r->first == a->asked - 1 ? a->asked : 0;
	a->dense_uid = r->first;
	if (a->dense_count)
		a->dense_seq = isrv_nummap_seq(&s->view->map, r->first);
}

/* A row that is more than flags under their number. */
static void take_other_row(struct imapsrv_session *s, struct fetch_args *a, uint32_t seq,
                           const struct imapsrv_row *row)
{
	if (!isrv_putoff_row(s, &a->off, row->uid))
		return;
	if (row->flags.keyword_count) {
		isrv_sync_keywords(s, &row->flags);
		isrv_putoff_count(s, &a->off);
	}
	if (a->plain == PLAIN_FETCH && (row->facts & IMAPSRV_FACT_FLAGS)) {
		a->line.shown++;
		isrv_w_fetch_flags(&s->w, seq, a->items.uid ? row->uid : 0, &row->flags,
		                   isrv_session_is_recent(s, row->uid));
	} else if (a->plain == PLAIN_UIDFETCH && (row->facts & IMAPSRV_FACT_FLAGS)) {
		a->line.shown++;
		isrv_w_uidfetch_flags(&s->w, row->uid, &row->flags,
		                      isrv_session_is_recent(s, row->uid));
	} else if (a->held.rows.max) {
		take_message_row(s, a, seq, row);
	} else {
		put_row(s, a, seq, row, NULL);
	}
	isrv_putoff_told(s, &a->off, row->uid);
}

static void take_row(struct imapsrv_session *s, void *ctx, const void *answer)
{
	const struct imapsrv_row *row = answer;
	struct fetch_args *a = ctx;
	uint32_t seq = seq_of(s, a, row->uid);

	if (!seq)
		return;
	a->rows++;
	if (a->plain != PLAIN_FETCH || row->flags.keyword_count ||
	    !(row->facts & IMAPSRV_FACT_FLAGS)) {
		take_other_row(s, a, seq, row);
		return;
	}
	a->line.shown++;
	isrv_w_fetch_flags(&s->w, seq, a->items.uid ? row->uid : 0, &row->flags,
	                   isrv_session_is_recent(s, row->uid));
}

static void take_marked(struct imapsrv_session *s, void *ctx, const void *answer)
{
	const struct imapsrv_row *row = answer;
	struct fetch_args *a = ctx;

	if (row->unchanged || !isrv_uidset_has(a->part, row->uid))
		return;
	isrv_contexts_touch_one(s, row->uid);
	need(s, isrv_uidset_add(&a->line.seen, &s->mem, row->uid, row->uid));
}

/* ---- asking -------------------------------------------------------------------------------- */

static void empty_rows(struct fetch_args *a)
{
	isrv_fetch_held_empty(&a->held);
	a->rows = 0;
}

static void ask_mark(struct imapsrv_session *s, struct fetch_args *a)
{
	struct imapsrv_store_flags q = {s->view->handle, a->part, IMAPSRV_FLAGS_ADD,
	                                {IMAPSRV_SEEN, 0, NULL}, 0, 0, IMAPSRV_RIGHT_SEEN};

	ISRV_ASK(s, ISRV_OP_STORE, store, store, &q, take_marked, a);
}

static void ask_rows(struct imapsrv_session *s, struct fetch_args *a)
{
	struct imapsrv_fetch q = {s->view->handle, a->part, isrv_fetch_line_facts(s, &a->line), 0};

	ISRV_ASK(s, ISRV_OP_FETCH, store, fetch, &q, take_row, a);
}

/* The rows that were put off, now that there is room again; false: there are none. */
static bool ask_again(struct imapsrv_session *s, struct fetch_args *a)
{
	if (!isrv_putoff_again(&a->off))
		return false;
	a->part = a->off.part;
	a->asked = (uint32_t)isrv_uidset_size(a->part); /* no more than a batch */
	a->dense_count = 0;
	isrv_claims_empty(&a->batch.claims);
	empty_rows(a);
	a->at = AT_ROWS;
	ask_rows(s, a);
	return true;
}

/* ---- the command --------------------------------------------------------------------------- */

static enum plain plain_of(const struct imapsrv_session *s, const struct isrv_fetch_items *items)
{
	if (items->facts != IMAPSRV_FACT_FLAGS)
		return PLAIN_NOT;
	if (!isrv_session_uidonly(s))
		return PLAIN_FETCH;
	return items->uid ? PLAIN_NOT : PLAIN_UIDFETCH;
}

/* False: no memory. */
static bool init(struct imapsrv_session *s, struct fetch_args *a)
{
	const struct isrv_fetch_items *items = &a->items;

	isrv_batch_init(&a->batch, a->choice.uids, &s->steps);
	isrv_fetch_line_init(&a->line, items);
	isrv_putoff_init(s, &a->off);
	if (!isrv_batch_reserve(&a->batch, &s->view->map, &s->arena, s->engine->limits.batch))
		return false;
	/* Where it may be (RFC 4314 4, FETCH) and is kept (RFC 9051 7.1, PERMANENTFLAGS). */
	a->mark = items->seen && !s->view->read_only && s->view->rights & IMAPSRV_RIGHT_SEEN &&
	          s->view->permanent_flags & IMAPSRV_SEEN;
	if (items->section_count || items->shows || items->annotation ||
	    items->facts & IMAPSRV_FACT_SIZE) {
		isrv_fetch_held_init(&a->held, a->off.most);
		return isrv_fetch_reader_init(s, &a->reader, items);
	}
	a->plain = plain_of(s, items);
	return true;
}

static enum isrv_step finish(struct imapsrv_session *s, struct fetch_args *a)
{
	drop(s, a);
	if (a->reader.failure.code != IMAPSRV_OK) {
		s->result = a->reader.failure;
		return isrv_refused(s, NULL);
	}
	if (!a->missing && !a->reader.missing)
		return isrv_ok(s, "FETCH done");
	s->view->look_all = true; /* learn which, for when they may be told */
	/* A UID that does not exist is no error (RFC 9051 6.4.9); numbers that all lead nowhere
	 * are. */
	if (s->uid || a->line.shown)
		return isrv_ok_code(s, "EXPUNGEISSUED", "Some messages have been expunged");
	return isrv_no(s, "EXPUNGEISSUED", "These messages have been expunged");
}

static enum isrv_step refused(struct imapsrv_session *s, struct fetch_args *a)
{
	if (a->line.seen.count)
		isrv_view_post_changed(s->view, &s->mem, isrv_uidset_view(&a->line.seen));
	drop(s, a);
	return isrv_refused(s, NULL);
}

/* The next batch: DONE with a->at moved on, or the reply set and *end_r true. */
static enum isrv_step next_batch(struct imapsrv_session *s, struct fetch_args *a, bool *end_r)
{
	if (isrv_session_full(s))
		return ISRV_OUTPUT;
	isrv_uidset_empty(&a->line.seen);
	empty_rows(a);
	if (!isrv_batch_next(&a->batch, &s->view->map, s->engine->limits.batch, &a->part,
	                     &a->asked)) {
		*end_r = true;
		return finish(s, a);
	}
	a->done += a->asked;
	isrv_putoff_begin(&a->off, a->part);
	find_dense(s, a);
	a->at = AT_MARKED;
	if (a->mark)
		ask_mark(s, a);
	else {
		a->at = AT_ROWS;
		ask_rows(s, a);
	}
	return ISRV_DONE;
}

/* The messages of the held rows, and then what was put off.  DONE with a->at moved on. */
static enum isrv_step read_held(struct imapsrv_session *s, struct fetch_args *a)
{
	struct imapsrv_row *row;

	while ((row = isrv_fetch_held_current(&a->held)) != NULL) {
		enum isrv_step step = isrv_fetch_read(s, &a->reader, &a->line, row);

		if (step != ISRV_DONE || s->error)
			return step;
		a->held.at++;
		/* What is read of a message need not be much of what is told of it. */
		if (isrv_session_turn_over(s))
			return ISRV_YIELD;
	}
	if (a->off.again.count && isrv_session_full(s))
		return ISRV_OUTPUT;
	if (!ask_again(s, a))
		a->at = AT_BATCH;
	return ISRV_DONE;
}

static enum isrv_step step(struct imapsrv_session *s, void *args)
{
	struct fetch_args *a = args;
	enum isrv_step step = ISRV_DONE;
	bool end = false;

	while (step == ISRV_DONE && !end && !s->error) {
		switch (a->at) {
		case AT_CHOICE:
			step = isrv_fetch_choose(s, &a->choice, &a->set, &a->items);
			if (step != ISRV_DONE || s->error)
				break;
			if (a->choice.refused) {
				drop(s, a);
				return ISRV_DONE;
			}
			if (!init(s, a)) {
				drop(s, a);
				return isrv_command_nomem(s);
			}
			a->at = AT_BATCH;
			break;
		case AT_BATCH:
			step = next_batch(s, a, &end);
			break;
		case AT_MARKED:
			if (!isrv_answered(s))
				return ISRV_HOST;
			/* If \Seen cannot be set the message can still be read. */
			a->at = AT_ROWS;
			ask_rows(s, a);
			break;
		case AT_ROWS:
			if (!isrv_answered(s))
				return ISRV_HOST;
			if (s->result.code != IMAPSRV_OK)
				return refused(s, a);
			a->missing = a->missing || a->rows < a->asked;
			settle_rows(s, a);
			if (a->items.annotation) {
				isrv_fetch_held_sort(&a->held);
				isrv_fetch_annotation_begin(s, a->reader.annotation, a->part);
			}
			a->at = AT_HELD;
			break;
		case AT_HELD:
			step = read_held(s, a);
			break;
		}
	}
	return step;
}

/* ---- without a command --------------------------------------------------------------------- */

void *isrv_fetch_arrived_begin(struct imapsrv_session *s, const struct isrv_fetch_items *items,
                               struct imapsrv_set uids)
{
	struct fetch_args *a = isrv_arena_zalloc(&s->arena, sizeof(*a));

	if (!a)
		return NULL;
	a->items = *items;
	a->items.seen = false;
	/* RFC 7162 3.2.4, RFC 9586 3.3 */
	if (isrv_modseq_shown(s)) {
		a->items.uid = a->items.uid || !isrv_session_uidonly(s);
		a->items.facts |= IMAPSRV_FACT_MODSEQ;
	} else if (!s->view->modseq_told) {
		a->items.facts &= ~(uint32_t)IMAPSRV_FACT_MODSEQ;
	}
	a->choice.uids = uids;
	a->at = AT_BATCH;
	return init(s, a) ? a : NULL;
}

enum isrv_step isrv_fetch_arrived_step(struct imapsrv_session *s, void *args)
{
	struct isrv_reply reply = s->reply; /* of the command that happens to be at its end */
	enum isrv_step wait = step(s, args);

	s->reply = reply;
	return wait;
}

void isrv_fetch_arrived_drop(struct imapsrv_session *s, void *args)
{
	drop(s, args);
}

/* Of the batch at hand those that wait for their octets are still to come. */
static void progress(struct imapsrv_session *s, const void *args, uint32_t *done_r,
                     uint32_t *goal_r)
{
	const struct fetch_args *a = args;
	uint64_t held = a->asked;

	if (a->at == AT_CHOICE)
		return;
	if (a->at != AT_MARKED && a->at != AT_ROWS)
		held = isrv_fetch_held_left(&a->held) +
		       isrv_uidset_size(isrv_uidset_view(&a->off.again));
	*goal_r = isrv_part_size(&s->view->map, a->choice.uids, &s->steps);
	*done_r = a->done - (uint32_t)held;
}

const struct isrv_command isrv_command_fetch = {
	.name = "FETCH",
	.states = ISRV_IN_SELECTED,
	.flags = ISRV_COMMAND_SEQ | ISRV_COMMAND_NUMBERS | ISRV_COMMAND_UID,
	.args_size = sizeof(struct fetch_args),
	.parse = parse,
	.step = step,
	.progress = progress,
	.drop = drop,
};
