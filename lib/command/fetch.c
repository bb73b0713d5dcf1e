/* SPDX-License-Identifier: MIT */
/*
 * command/fetch - FETCH and UID FETCH (RFC 9051 6.4.5, 7.5.2).  The host is asked in batches.  Where facts are all
 * that is wanted, each row goes straight to the client; where octets are wanted too, the rows of one
 * batch are held, and their messages opened one after the other.
 *
 * Messages that are gone though the client was not told yet have no row: they are left out, and the tagged line
 * says EXPUNGEISSUED (RFC 5530, RFC 2180 4.1.2).
 */
#include <string.h>

#include "command/commands.h"
#include "command/fetch.h"
#include "command/set.h"
#include "mailbox/batch.h"
#include "session/body.h"
#include "session/session.h"

/* A row that waits for its message.  Keywords are in `text`, as spans whose data is an offset. */
struct held {
	struct imapsrv_row row;
	size_t first_keyword; /* in the array of spans */
};

struct fetch_args {
	struct isrv_rd_set set;
	struct isrv_fetch_items items;

	enum {
		AT_START,
		AT_BATCH,
		AT_MARKED, /* \Seen was asked for */
		AT_ROWS,
		AT_OPEN,
		AT_MEASURE,
		AT_SECTION,
		AT_OCTETS
	} at;
	struct imapsrv_set uids;
	struct isrv_batch batch;
	struct imapsrv_set part;  /* of the batch at hand */
	uint32_t asked;           /* announced messages in it */
	uint32_t rows;            /* that came for it */
	uint64_t shown;           /* messages shown in all */
	bool missing;             /* an announced message was not there */
	bool mark;                /* \Seen is to be set */
	bool measure;             /* sizes are shown that the host may not know */
	struct isrv_uidset seen;  /* of the batch: \Seen is new, so FLAGS are shown */

	struct isrv_buf held;     /* struct held */
	struct isrv_buf keywords; /* struct imapsrv_span */
	struct isrv_buf text;
	size_t at_held;
	uint32_t at_section;
	uint64_t from, to;        /* octets of the section */
	struct isrv_body_cursor body;
	enum imapsrv_code failure; /* the first that is not EXPUNGEISSUED */
};

/* fetch = "FETCH" SP sequence-set SP items */
static bool parse(struct isrv_parse *p, void *args)
{
	struct fetch_args *a = args;

	if (!isrv_rd_set(&p->r, &a->set) || !isrv_rd_sp(&p->r) ||
	    !isrv_fetch_items_parse(p, &a->items))
		return false;
	a->items.uid = a->items.uid || p->uid; /* RFC 9051 6.4.9 */
	return true;
}

static void drop(struct imapsrv_session *s, void *args)
{
	struct fetch_args *a = args;

	isrv_body_close(s, &a->body);
	isrv_uidset_clear(&a->seen, &s->mem);
	isrv_buf_clear(&a->held, &s->mem);
	isrv_buf_clear(&a->keywords, &s->mem);
	isrv_buf_clear(&a->text, &s->mem);
}

/* ---- one message ----------------------------------------------------------------------------------- */

static void separate(struct isrv_writer *w, bool *first)
{
	if (!*first)
		ISRV_W(w, " ");
	*first = false;
}

/* "* n FETCH (" and the facts.  False in *first_r: something was written behind the parenthesis. */
static void put_facts(struct imapsrv_session *s, const struct fetch_args *a, uint32_t seq,
                      const struct imapsrv_row *row, bool *first_r)
{
	struct isrv_writer *w = &s->w;
	uint32_t facts = a->items.facts & row->facts;

	if (a->seen.count && isrv_uidset_has(isrv_uidset_view(&a->seen), row->uid))
		facts |= IMAPSRV_FACT_FLAGS & row->facts;
	*first_r = true;
	ISRV_W(w, "* ");
	isrv_w_u32(w, seq);
	ISRV_W(w, " FETCH (");
	if (a->items.uid) {
		separate(w, first_r);
		ISRV_W(w, "UID ");
		isrv_w_u32(w, row->uid);
	}
	if (facts & IMAPSRV_FACT_FLAGS) {
		separate(w, first_r);
		ISRV_W(w, "FLAGS ");
		isrv_w_flags(w, &row->flags, isrv_session_is_recent(s, row->uid));
	}
	if (facts & IMAPSRV_FACT_DATE) {
		separate(w, first_r);
		ISRV_W(w, "INTERNALDATE ");
		isrv_w_datetime(w, row->date, row->zone);
	}
	if (facts & IMAPSRV_FACT_SIZE) {
		separate(w, first_r);
		ISRV_W(w, "RFC822.SIZE ");
		isrv_w_u64(w, row->octets);
	}
}

static void hold(struct imapsrv_session *s, struct fetch_args *a, const struct imapsrv_row *row)
{
	struct held h = {*row, a->keywords.len / sizeof(struct imapsrv_span)};
	bool ok = true;

	h.row.flags.keywords = NULL;
	for (uint32_t i = 0; i < row->flags.keyword_count && ok; i++) {
		struct imapsrv_span k = row->flags.keywords[i];
		struct imapsrv_span kept = {(const char *)(uintptr_t)a->text.len, k.len};

		ok = isrv_buf_add(&a->text, &s->mem, k.data, k.len) &&
		     isrv_buf_add(&a->keywords, &s->mem, &kept, sizeof(kept));
	}
	if (!ok || !isrv_buf_add(&a->held, &s->mem, &h, sizeof(h)))
		isrv_session_fail(s, IMAPSRV_ENOMEM);
}

static void take_row(struct imapsrv_session *s, void *ctx, const void *answer)
{
	const struct imapsrv_row *row = answer;
	struct fetch_args *a = ctx;
	uint32_t seq = isrv_nummap_seq(&s->view->map, row->uid);
	bool first;

	if (!seq)
		return; /* not announced: the client does not know it */
	a->rows++;
	if (a->items.section_count || (a->measure && !(row->facts & IMAPSRV_FACT_SIZE))) {
		hold(s, a, row);
		return;
	}
	if (row->flags.keyword_count)
		isrv_sync_keywords(s, &row->flags);
	a->shown++;
	if (a->items.facts == IMAPSRV_FACT_FLAGS && (row->facts & IMAPSRV_FACT_FLAGS)) {
		isrv_w_fetch_flags(&s->w, seq, a->items.uid ? row->uid : 0, &row->flags,
		                   isrv_session_is_recent(s, row->uid));
		return;
	}
	put_facts(s, a, seq, row, &first);
	ISRV_W(&s->w, ")");
	isrv_w_crlf(&s->w);
}

static void take_marked(struct imapsrv_session *s, void *ctx, const void *answer)
{
	const struct imapsrv_row *row = answer;
	struct fetch_args *a = ctx;

	if (!row->unchanged && !isrv_uidset_add(&a->seen, &s->mem, row->uid, row->uid))
		isrv_session_fail(s, IMAPSRV_ENOMEM);
}

/* ---- asking ------------------------------------------------------------------------------------------ */

static void empty_batch(struct fetch_args *a)
{
	isrv_uidset_empty(&a->seen);
	a->held.len = a->keywords.len = a->text.len = 0;
	a->at_held = 0;
	a->rows = 0;
}

static void ask_mark(struct imapsrv_session *s, struct fetch_args *a)
{
	struct imapsrv_store_flags q = {s->view->handle, a->part, IMAPSRV_FLAGS_ADD,
	                                {IMAPSRV_SEEN, 0, NULL}};

	ISRV_ASK(s, ISRV_OP_STORE, store, store, &q, take_marked, a);
}

static void ask_rows(struct imapsrv_session *s, struct fetch_args *a)
{
	struct imapsrv_fetch q = {s->view->handle, a->part, a->items.facts};

	if (a->seen.count)
		q.facts |= IMAPSRV_FACT_FLAGS;
	ISRV_ASK(s, ISRV_OP_FETCH, store, fetch, &q, take_row, a);
}

/* The keywords of held rows get their real addresses, now that `text` stays where it is. */
static void settle_keywords(struct fetch_args *a)
{
	struct imapsrv_span *spans = (struct imapsrv_span *)(void *)a->keywords.data;
	struct held *held = (struct held *)(void *)a->held.data;

	for (size_t i = 0; i < a->keywords.len / sizeof(*spans); i++)
		spans[i].data = a->text.data + (uintptr_t)spans[i].data;
	for (size_t i = 0; i < a->held.len / sizeof(*held); i++)
		held[i].row.flags.keywords = spans ? spans + held[i].first_keyword : NULL;
}

/* ---- held rows: with octets of their messages ---------------------------------------------------------- */

static struct held *current(struct fetch_args *a)
{
	struct held *held = (struct held *)(void *)a->held.data;

	return a->at_held < a->held.len / sizeof(*held) ? &held[a->at_held] : NULL;
}

static void next_held(struct imapsrv_session *s, struct fetch_args *a)
{
	isrv_body_close(s, &a->body);
	a->at_held++;
	a->at = AT_OPEN;
}

/* The message cannot be had: nothing of it has been written yet. */
static void skip_held(struct imapsrv_session *s, struct fetch_args *a)
{
	if (s->result.code == IMAPSRV_EXPUNGEISSUED || s->result.code == IMAPSRV_NONEXISTENT)
		a->missing = true;
	else if (a->failure == IMAPSRV_OK)
		a->failure = s->result.code;
	next_held(s, a);
}

static void begin_message(struct imapsrv_session *s, struct fetch_args *a, struct held *h)
{
	uint32_t seq = isrv_nummap_seq(&s->view->map, h->row.uid);
	bool first;

	h->row.facts |= IMAPSRV_FACT_SIZE;
	/* What BODY[] shows decides: the two must agree. */
	h->row.octets = a->body.measured ? a->body.wire : h->row.octets;
	if (h->row.flags.keyword_count)
		isrv_sync_keywords(s, &h->row.flags);
	put_facts(s, a, seq, &h->row, &first);
	if (!first && a->items.section_count)
		ISRV_W(&s->w, " ");
	a->at_section = 0;
	a->at = AT_SECTION;
}

static void begin_section(struct imapsrv_session *s, struct fetch_args *a)
{
	const struct isrv_fetch_section *section = &a->items.sections[a->at_section];
	struct isrv_writer *w = &s->w;
	uint64_t octets = a->body.wire;

	a->from = section->origin < octets ? section->origin : octets;
	a->to = section->partial && section->count < octets - a->from ? a->from + section->count
	                                                               : octets;
	if (a->at_section)
		ISRV_W(w, " ");
	if (section->rfc822)
		ISRV_W(w, "RFC822 ");
	else if (!section->partial)
		ISRV_W(w, "BODY[] ");
	else {
		/* RFC 9051 7.5.2: the origin is told, the count is seen. */
		ISRV_W(w, "BODY[]<");
		isrv_w_u64(w, section->origin);
		ISRV_W(w, "> ");
	}
	isrv_w_literal(w, a->to - a->from, false);
	a->at = AT_OCTETS;
}

static void end_message(struct imapsrv_session *s, struct fetch_args *a)
{
	ISRV_W(&s->w, ")");
	isrv_w_crlf(&s->w);
	s->mid_line = false;
	a->shown++;
	next_held(s, a);
}

/* The message of one held row.  DONE: go on with whatever a->at says. */
static enum isrv_step step_held(struct imapsrv_session *s, struct fetch_args *a)
{
	struct held *h = current(a);
	enum isrv_step step;

	switch (a->at) {
	case AT_OPEN:
		if (!h) {
			a->at = AT_BATCH;
			return ISRV_DONE;
		}
		if (isrv_session_full(s))
			return ISRV_OUTPUT;
		step = isrv_body_open(s, &a->body, s->view->handle, h->row.uid);
		if (step != ISRV_DONE)
			return step;
		a->at = AT_MEASURE;
		/* fall through */
	case AT_MEASURE:
		step = a->body.failed ? ISRV_DONE : isrv_body_measure(s, &a->body);
		if (step != ISRV_DONE)
			return step;
		if (a->body.failed)
			skip_held(s, a);
		else
			begin_message(s, a, h);
		return ISRV_DONE;
	case AT_SECTION:
		if (a->at_section < a->items.section_count)
			begin_section(s, a);
		else
			end_message(s, a);
		return ISRV_DONE;
	default: /* AT_OCTETS */
		s->mid_line = true;
		step = isrv_body_put(s, &a->body, a->from, a->to);
		if (step != ISRV_DONE)
			return step;
		a->at_section++;
		a->at = AT_SECTION;
		return ISRV_DONE;
	}
}

/* ---- the command ------------------------------------------------------------------------------------------ */

static void init(struct imapsrv_session *s, struct fetch_args *a)
{
	size_t max = s->engine->limits.arena;

	isrv_batch_init(&a->batch, a->uids, &s->steps);
	isrv_uidset_init(&a->seen, SIZE_MAX);
	isrv_buf_init(&a->held, max);
	isrv_buf_init(&a->keywords, max);
	isrv_buf_init(&a->text, max);
	a->mark = a->items.seen && !s->view->read_only;
	a->measure = (a->items.facts & IMAPSRV_FACT_SIZE) != 0;
}

static enum isrv_step finish(struct imapsrv_session *s, struct fetch_args *a)
{
	drop(s, a);
	if (a->failure != IMAPSRV_OK) {
		s->result.code = a->failure;
		s->result.text[0] = '\0';
		return isrv_refused(s, NULL);
	}
	if (!a->missing)
		return isrv_ok(s, "FETCH done");
	s->view->look_all = true; /* learn which, for when they may be told */
	/* A UID that does not exist is no error (RFC 9051 6.4.9); numbers that all lead nowhere are. */
	if (s->uid || a->shown)
		return isrv_ok_code(s, "EXPUNGEISSUED", "Some messages have been expunged");
	return isrv_no(s, "EXPUNGEISSUED", "These messages have been expunged");
}

static enum isrv_step refused(struct imapsrv_session *s, struct fetch_args *a)
{
	drop(s, a);
	return isrv_refused(s, NULL);
}

/* The next batch: DONE with a->at moved on, or the reply set and *end_r true. */
static enum isrv_step next_batch(struct imapsrv_session *s, struct fetch_args *a, bool *end_r)
{
	if (isrv_session_full(s))
		return ISRV_OUTPUT;
	empty_batch(a);
	if (!isrv_batch_next(&a->batch, s->view, s->engine->limits.batch, &a->part, &a->asked)) {
		*end_r = true;
		return finish(s, a);
	}
	a->at = AT_MARKED;
	if (a->mark)
		ask_mark(s, a);
	else {
		a->at = AT_ROWS;
		ask_rows(s, a);
	}
	return ISRV_DONE;
}

static enum isrv_step step(struct imapsrv_session *s, void *args)
{
	struct fetch_args *a = args;
	enum isrv_step step = ISRV_DONE;
	bool end = false;

	while (step == ISRV_DONE && !end && !s->error) {
		switch (a->at) {
		case AT_START:
			if (!isrv_set_resolve(s, &a->set, s->uid, &a->uids))
				return ISRV_DONE;
			init(s, a);
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
			settle_keywords(a);
			a->at = AT_OPEN;
			break;
		default:
			step = step_held(s, a);
			break;
		}
	}
	return step;
}

const struct isrv_command isrv_command_fetch = {
	.name = "FETCH",
	.states = ISRV_IN_SELECTED,
	.flags = ISRV_COMMAND_SEQ | ISRV_COMMAND_UID,
	.args_size = sizeof(struct fetch_args),
	.parse = parse,
	.step = step,
	.drop = drop,
};
