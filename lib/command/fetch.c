/* SPDX-License-Identifier: MIT */
/*
 * command/fetch - FETCH and UID FETCH (RFC 9051 6.4.5, 7.5.2).  The host is asked in batches.
 * Where facts are all that is wanted, each row goes straight to the client; where the message
 * itself is needed too, the rows of one batch are held, and their messages opened one after the
 * other.
 *
 * ENVELOPE, structure and sections come from the message's description: the host's, if it kept one,
 * else made here in one pass over the octets.
 *
 * Messages that are gone though the client was not told yet are asked for as the others: a host may
 * have kept them (RFC 2180 4.1.1).  Those that have no row are left out, and the tagged line says
 * EXPUNGEISSUED (RFC 5530, RFC 2180 4.1.2).
 */
#include "command/commands.h"
#include "command/fetch_annotation.h"
#include "command/fetch_choice.h"
#include "command/fetch_describe.h"
#include "command/fetch_held.h"
#include "command/fetch_preview.h"
#include "command/fetch_rare.h"
#include "command/fetch_section.h"
#include "command/memory.h"
#include "mailbox/batch.h"
#include "mailbox/part.h"
#include "session/contexts.h"
#include "session/modseq.h"

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
		AT_OPEN,
		AT_DESCRIBE,
		AT_MEASURE,
		AT_PREVIEW,
		AT_ANNOTATION,
		AT_SECTION
	} at;
	struct isrv_fetch_choice choice;
	struct isrv_batch batch;
	struct imapsrv_set part;  /* of the batch at hand */
	uint32_t asked;           /* announced messages in it */
	uint32_t rows;            /* that came for it */
	uint32_t dense_count;     /* if every UID of it exists: how many there are; else 0 */
	uint32_t dense_uid;       /* the first of them, */
	uint32_t dense_seq;       /* and its number */
	uint64_t shown;           /* messages shown in all */
	uint32_t done;            /* messages in the batches so far, the one at hand included */
	bool missing;             /* an announced message was not there */
	bool mark;                /* \Seen is to be set */
	bool describe;            /* descriptions are needed */
	bool octets;              /* the messages' octets are needed whatever the host knows */
	enum plain plain;
	struct isrv_uidset seen;  /* of the batch: \Seen is new, so FLAGS are shown */

	struct isrv_uidset again; /* of the batch: put off for want of room */
	struct isrv_uidset put_off; /* those that are being asked for again */

	struct isrv_fetch_held held; /* rows that need their messages */
	uint32_t at_section;
	bool first;               /* nothing stands behind the parenthesis yet */
	struct isrv_fetch_message message;
	struct isrv_structure *structure; /* under way, or holding the description */
	struct isrv_fetch_preview *preview; /* NULL unless asked for */
	struct isrv_fetch_annotation *annotation; /* NULL unless asked for */
	struct isrv_fetch_output *output;   /* NULL without sections */
	struct isrv_result failure; /* the first that is not EXPUNGEISSUED */
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

static void close_message(struct imapsrv_session *s, struct fetch_args *a)
{
	isrv_body_close(s, &a->message.body);
	isrv_structure_free(a->structure);
	a->structure = NULL;
	a->message.described = false;
	if (a->preview)
		isrv_fetch_preview_clear(a->preview);
}

static void drop(struct imapsrv_session *s, void *args)
{
	struct fetch_args *a = args;

	isrv_uidset_clear(&a->seen, &s->mem);
	isrv_fetch_choice_drop(s, &a->choice);
	isrv_uidset_clear(&a->again, &s->mem);
	isrv_uidset_clear(&a->put_off, &s->mem);
	if (!a->held.rows.max)
		return; /* no row needs its message */
	close_message(s, a);
	if (a->annotation)
		isrv_fetch_annotation_clear(s, a->annotation);
	if (a->output)
		isrv_fetch_output_clear(a->output, &s->mem);
	isrv_fetch_held_clear(&a->held, &s->mem);
}

/* ---- one message --------------------------------------------------------------------------- */

/* "* n FETCH (", or UIDFETCH, and the facts.  False in *first_r: something was written behind the
 * parenthesis. */
static void put_facts(struct imapsrv_session *s, const struct fetch_args *a, uint32_t seq,
                      const struct imapsrv_row *row, bool *first_r)
{
	struct isrv_writer *w = &s->w;
	uint32_t facts = a->items.facts & row->facts;
	bool uid = a->items.uid;

	if (a->seen.count && isrv_uidset_has(isrv_uidset_view(&a->seen), row->uid)) {
		facts |= IMAPSRV_FACT_FLAGS & row->facts;
		/* RFC 7162 3.2.4: an implicit \Seen is told as any other change, with the UID
		 * also where there are no sequences. */
		if (isrv_modseq_shown(s))
			facts |= IMAPSRV_FACT_MODSEQ & row->facts;
		if (s->enabled & ISRV_ENABLED_CONDSTORE)
			uid = !isrv_session_uidonly(s);
	}
	*first_r = true;
	isrv_w_fetch_begin(w, isrv_session_number(s, seq), row->uid);
	if (uid) {
		isrv_fetch_separate(w, first_r);
		ISRV_W(w, "UID ");
		isrv_w_u32(w, row->uid);
	}
	if (facts & IMAPSRV_FACT_FLAGS) {
		isrv_fetch_separate(w, first_r);
		ISRV_W(w, "FLAGS ");
		isrv_w_flags(w, &row->flags, isrv_session_is_recent(s, row->uid));
	}
	if (facts & IMAPSRV_FACT_DATE) {
		isrv_fetch_separate(w, first_r);
		ISRV_W(w, "INTERNALDATE ");
		isrv_w_datetime(w, row->date, row->zone);
	}
	if (facts & IMAPSRV_FACT_SIZE) {
		isrv_fetch_separate(w, first_r);
		ISRV_W(w, "RFC822.SIZE ");
		isrv_w_u64(w, row->octets);
	}
	if (facts & IMAPSRV_FACT_MODSEQ) {
		isrv_fetch_separate(w, first_r);
		ISRV_W(w, "MODSEQ (");
		isrv_w_u64(w, row->modseq);
		ISRV_W(w, ")");
		isrv_modseq_saw(s, row->modseq);
	}
	if (a->items.facts & ISRV_FETCH_RARE_FACTS)
		isrv_fetch_put_rare(s, a->items.facts, row, first_r);
}

/* What there was no memory for ends the session. */
static void need(struct imapsrv_session *s, bool done)
{
	if (!done)
		isrv_session_fail(s, IMAPSRV_ENOMEM);
}

/* A host that gives more than it is asked for, or a row twice, would have what is put off asked for again
 * without end. */
static void hold(struct imapsrv_session *s, struct fetch_args *a, const struct imapsrv_row *row)
{
	if (!isrv_uidset_has(a->part, row->uid))
		return;
	need(s, isrv_fetch_held_full(&a->held)
	                ? isrv_uidset_add(&a->again, &s->mem, row->uid, row->uid)
	                : isrv_fetch_held_add(&a->held, &s->mem, row));
}

/* All rows of a question are there. */
static void settle_held(struct imapsrv_session *s, struct fetch_args *a)
{
	isrv_fetch_held_settle(&a->held);
	while (a->again.count && isrv_fetch_held_current(&a->held)) {
		uint32_t uid = isrv_fetch_held_current(&a->held)->uid;

		need(s, isrv_uidset_remove(&a->again, &s->mem, uid, uid));
		a->held.at++;
	}
	a->held.at = 0;
}

/* ENVELOPE and structure, behind the facts. */
static void put_shows(struct imapsrv_session *s, struct fetch_args *a,
                      const struct isrv_description *d, bool *first)
{
	static const struct {
		uint32_t show;
		unsigned how;
		const char *name;
	} structures[] = {
		{ISRV_FETCH_STRUCTURE, 0, "BODY "},
		{ISRV_FETCH_EXTENDED_STRUCTURE, ISRV_BODY_EXTENDED, "BODYSTRUCTURE "},
	};
	unsigned how = (s->w.utf8 ? ISRV_BODY_GLOBAL : 0u) |
	               (isrv_session_rev2(s) ? ISRV_BODY_DECODED : 0u);

	if (a->items.shows & ISRV_FETCH_ENVELOPE) {
		isrv_fetch_separate(&s->w, first);
		ISRV_W(&s->w, "ENVELOPE ");
		isrv_description_put_envelope(d, &s->w);
	}
	for (size_t i = 0; i < 2; i++) {
		if (!(a->items.shows & structures[i].show))
			continue;
		isrv_fetch_separate(&s->w, first);
		isrv_w_cstr(&s->w, structures[i].name);
		isrv_description_put_body(d, &s->w, how | structures[i].how);
	}
}

/* PREVIEW without the message: what the host kept, or NIL where the client wants no work done
 * (RFC 8970 3.2). */
static void put_kept_preview(struct imapsrv_session *s, const struct imapsrv_row *row)
{
	ISRV_W(&s->w, "PREVIEW ");
	if (row->facts & IMAPSRV_FACT_PREVIEW)
		isrv_w_string(&s->w, row->preview.data, row->preview.len);
	else
		ISRV_W(&s->w, "NIL");
}

/* Is a preview made where the host has none? */
static bool makes_preview(const struct fetch_args *a)
{
	return a->items.shows & ISRV_FETCH_PREVIEW && !(a->items.shows & ISRV_FETCH_PREVIEW_LAZY);
}

static bool misses_preview(const struct fetch_args *a, const struct imapsrv_row *row)
{
	return makes_preview(a) && !(row->facts & IMAPSRV_FACT_PREVIEW);
}

static bool needs_description(const struct fetch_args *a, const struct imapsrv_row *row)
{
	return a->describe || misses_preview(a, row);
}

/*
 * Is this the description of the message as it goes out?  One of a message with bare LFs is, if
 * they are sent as CRLF; and not, if that host sends them as they are: which of the two, its size
 * tells.
 */
static bool is_of_wire(const struct isrv_description *d, const struct imapsrv_row *row)
{
	return d->wire_octets == d->host_octets ||
	       (row->facts & IMAPSRV_FACT_SIZE && row->octets == d->wire_octets);
}

/* Is the host's description enough to answer without the message? */
static bool is_enough(const struct fetch_args *a, const struct imapsrv_row *row,
                      struct isrv_description *d)
{
	if (a->octets || misses_preview(a, row))
		return false;
	if (a->describe && (!(row->facts & IMAPSRV_FACT_DESCRIPTION) ||
	                    !isrv_description_open(d, row->description.data, row->description.len) ||
	                    !is_of_wire(d, row)))
		return false;
	return !(a->items.facts & IMAPSRV_FACT_SIZE) || (row->facts & IMAPSRV_FACT_SIZE);
}

static void put_row(struct imapsrv_session *s, struct fetch_args *a, uint32_t seq,
                    const struct imapsrv_row *row, const struct isrv_description *d)
{
	bool first;

	put_facts(s, a, seq, row, &first);
	if (d)
		put_shows(s, a, d, &first);
	if (a->items.shows & ISRV_FETCH_PREVIEW) {
		isrv_fetch_separate(&s->w, &first);
		put_kept_preview(s, row);
	}
	if (first) { /* the host gave nothing of what was asked: msg-att cannot be empty */
		ISRV_W(&s->w, "UID ");
		isrv_w_u32(&s->w, row->uid);
	}
	ISRV_W(&s->w, ")");
	isrv_w_crlf(&s->w);
	a->shown++;
}

/* A row of a message that may have to be read: at once if the host knows enough about it. */
static void take_message_row(struct imapsrv_session *s, struct fetch_args *a, uint32_t seq,
                             const struct imapsrv_row *row)
{
	struct isrv_description d;

	/* Annotations are asked for once all rows have come. */
	if (a->annotation || !is_enough(a, row, &d))
		hold(s, a, row);
	else
		put_row(s, a, seq, row, a->describe ? &d : NULL);
}

/* Most mailboxes have long stretches without holes, where numbers need no look-up. */
static inline uint32_t seq_of(const struct imapsrv_session *s, const struct fetch_args *a, uint32_t uid)
{
	if (uid - a->dense_uid < a->dense_count)
		return a->dense_seq + (uid - a->dense_uid);
	return isrv_nummap_seq(&s->view->map, uid);
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
	if (row->flags.keyword_count)
		isrv_sync_keywords(s, &row->flags);
	if (a->plain == PLAIN_FETCH && (row->facts & IMAPSRV_FACT_FLAGS)) {
		a->shown++;
		isrv_w_fetch_flags(&s->w, seq, a->items.uid ? row->uid : 0, &row->flags,
		                   isrv_session_is_recent(s, row->uid));
	} else if (a->plain == PLAIN_UIDFETCH && (row->facts & IMAPSRV_FACT_FLAGS)) {
		a->shown++;
		isrv_w_uidfetch_flags(&s->w, row->uid, &row->flags,
		                      isrv_session_is_recent(s, row->uid));
	} else if (a->held.rows.max) {
		take_message_row(s, a, seq, row);
	} else {
		put_row(s, a, seq, row, NULL);
	}
}

static void take_row(struct imapsrv_session *s, void *ctx, const void *answer)
{
	const struct imapsrv_row *row = answer;
	struct fetch_args *a = ctx;
	uint32_t seq = seq_of(s, a, row->uid);

	if (!seq)
		return; /* not announced: the client does not know it */
	a->rows++;
	if (a->plain != PLAIN_FETCH || row->flags.keyword_count || !(row->facts & IMAPSRV_FACT_FLAGS)) {
		take_other_row(s, a, seq, row);
		return;
	}
	a->shown++;
	isrv_w_fetch_flags(&s->w, seq, a->items.uid ? row->uid : 0, &row->flags,
	                   isrv_session_is_recent(s, row->uid));
}

static void take_marked(struct imapsrv_session *s, void *ctx, const void *answer)
{
	const struct imapsrv_row *row = answer;
	struct fetch_args *a = ctx;

	if (row->unchanged)
		return;
	isrv_contexts_touch_one(s, row->uid);
	need(s, isrv_uidset_add(&a->seen, &s->mem, row->uid, row->uid));
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
	struct imapsrv_fetch q = {s->view->handle, a->part, a->items.facts, 0};

	if (a->seen.count)
		q.facts |= IMAPSRV_FACT_FLAGS | (isrv_modseq_shown(s) ? IMAPSRV_FACT_MODSEQ : 0u);
	if (a->describe || makes_preview(a))
		q.facts |= IMAPSRV_FACT_DESCRIPTION | IMAPSRV_FACT_SIZE;
	if (a->items.shows & ISRV_FETCH_PREVIEW)
		q.facts |= IMAPSRV_FACT_PREVIEW;
	ISRV_ASK(s, ISRV_OP_FETCH, store, fetch, &q, take_row, a);
}

/* The rows that were put off, now that there is room again; false: there are none. */
static bool ask_again(struct imapsrv_session *s, struct fetch_args *a)
{
	struct isrv_uidset spent = a->put_off;

	if (!a->again.count)
		return false;
	a->put_off = a->again;
	a->again = spent;
	isrv_uidset_empty(&a->again);
	a->part = isrv_uidset_view(&a->put_off);
	a->asked = (uint32_t)isrv_uidset_size(a->part); /* no more than a batch */
	a->dense_count = 0;
	empty_rows(a);
	a->at = AT_ROWS;
	ask_rows(s, a);
	return true;
}

/* ---- held rows: with their messages -------------------------------------------------------- */

static void next_held(struct imapsrv_session *s, struct fetch_args *a)
{
	close_message(s, a);
	a->held.at++;
	a->at = AT_OPEN;
}

/* The message cannot be had: nothing of it has been written yet.  If \Seen was set, its flags
 * are told later. */
static void note_failure(struct imapsrv_session *s, struct fetch_args *a)
{
	if (s->result.code == IMAPSRV_EXPUNGEISSUED || s->result.code == IMAPSRV_NONEXISTENT)
		a->missing = true;
	else if (a->failure.code == IMAPSRV_OK)
		a->failure = isrv_op_keep_result(s);
}

static void skip_held(struct imapsrv_session *s, struct fetch_args *a)
{
	uint32_t uid = isrv_fetch_held_current(&a->held)->uid;
	struct imapsrv_range one = {uid, uid};

	if (a->seen.count && isrv_uidset_has(isrv_uidset_view(&a->seen), uid))
		isrv_view_post_changed(s->view, &s->mem, (struct imapsrv_set){&one, 1});
	note_failure(s, a);
	next_held(s, a);
}

/* ---- writing one --------------------------------------------------------------------------- */

static bool can_decode(const struct fetch_args *a)
{
	for (uint32_t i = 0; i < a->items.section_count; i++)
		if (!isrv_fetch_can_decode(&a->message, &a->items.sections[i]))
			return false;
	return true;
}

/* Its line begins: what the row and the description say, and then whatever a->at is. */
static void begin_line(struct imapsrv_session *s, struct fetch_args *a, const struct imapsrv_row *row,
                       const struct isrv_description *d)
{
	isrv_session_begin_line(s);
	put_facts(s, a, isrv_nummap_seq(&s->view->map, row->uid), row, &a->first);
	if (d)
		put_shows(s, a, d, &a->first);
	a->at_section = 0;
	a->at = a->annotation ? AT_ANNOTATION : AT_SECTION;
	if (!(a->items.shows & ISRV_FETCH_PREVIEW))
		return;
	isrv_fetch_separate(&s->w, &a->first);
	if (misses_preview(a, row))
		a->at = AT_PREVIEW;
	else
		put_kept_preview(s, row);
}

static void begin_message(struct imapsrv_session *s, struct fetch_args *a, struct imapsrv_row *row)
{

	if (!can_decode(a)) {
		/* RFC 3516 4.3: an encoding that nobody knows is said in the tagged NO. */
		s->result.code = IMAPSRV_UNKNOWN_CTE;
		skip_held(s, a);
		return;
	}
	row->facts |= IMAPSRV_FACT_SIZE;
	/* What BODY[] shows decides: the two must agree. */
	row->octets = a->message.body.measured ? a->message.body.wire : row->octets;
	begin_line(s, a, row, a->message.described ? &a->message.description : NULL);
}

/* What the host refuses is left out, and said in the tagged line. */
static enum isrv_step put_annotation(struct imapsrv_session *s, struct fetch_args *a)
{
	struct isrv_fetch_annotation *x = a->annotation;
	uint32_t uid = isrv_fetch_held_current(&a->held)->uid;
	enum isrv_step step;

	step = isrv_fetch_put_annotation(s, x, uid, &a->first);
	if (step != ISRV_DONE || s->error)
		return step;
	if (x->list.refused && a->failure.code == IMAPSRV_OK)
		a->failure = isrv_op_keep_result(s);
	a->at = AT_SECTION;
	return ISRV_DONE;
}

/* msg-att cannot be empty: nothing of what was asked for is there. */
static void put_something(struct imapsrv_session *s, const struct fetch_args *a)
{
	if (!a->first)
		return;
	ISRV_W(&s->w, "UID ");
	isrv_w_u32(&s->w, isrv_fetch_held_current(&a->held)->uid);
}

static enum isrv_step put_sections(struct imapsrv_session *s, struct fetch_args *a)
{
	while (a->at_section < a->items.section_count) {
		enum isrv_step step;

		if (!a->output->at) {
			isrv_fetch_separate(&s->w, &a->first);
			isrv_fetch_put_name(&s->w, &a->items.sections[a->at_section]);
			ISRV_W(&s->w, " ");
		}
		step = isrv_fetch_put_octets(s, &a->message, &a->items.sections[a->at_section],
		                             a->output);
		if (step != ISRV_DONE || s->error)
			return step;
		if (a->message.body.failed)
			note_failure(s, a);
		a->at_section++;
	}
	put_something(s, a);
	ISRV_W(&s->w, ")");
	isrv_w_crlf(&s->w);
	s->mid_line = false;
	a->shown++;
	next_held(s, a);
	return ISRV_DONE;
}

static enum isrv_step open_held(struct imapsrv_session *s, struct fetch_args *a)
{
	struct isrv_fetch_message *m = &a->message;
	struct imapsrv_row *row = isrv_fetch_held_current(&a->held);
	struct isrv_description d;
	enum isrv_step step;

	if (!row) {
		if (!ask_again(s, a))
			a->at = AT_BATCH;
		return ISRV_DONE;
	}
	if (isrv_session_full(s))
		return ISRV_OUTPUT;
	step = a->annotation ? isrv_annotations_ready(s, &a->annotation->list, row->uid) : ISRV_DONE;
	if (step != ISRV_DONE || s->error)
		return step;
	if (a->annotation && is_enough(a, row, &d)) {
		begin_line(s, a, row, a->describe ? &d : NULL);
		return ISRV_DONE;
	}
	step = isrv_body_open(s, &m->body, s->view->handle, row->uid);
	if (step != ISRV_DONE || s->error)
		return step;
	if (m->body.failed)
		skip_held(s, a);
	else
		a->at = needs_description(a, row) && !isrv_fetch_use_description(m, row->description)
		                ? AT_DESCRIBE
		                : AT_MEASURE;
	return ISRV_DONE;
}

/* The message of one held row.  DONE: go on with whatever a->at says. */
static enum isrv_step step_held(struct imapsrv_session *s, struct fetch_args *a)
{
	struct isrv_fetch_message *m = &a->message;
	enum isrv_step step;

	switch (a->at) {
	case AT_OPEN:
		return open_held(s, a);
	case AT_DESCRIBE:
		step = isrv_fetch_describe(s, m, &a->structure);
		if (step != ISRV_DONE || s->error)
			return step;
		a->at = AT_MEASURE;
		/* fall through */
	case AT_MEASURE:
		step = m->body.failed ? ISRV_DONE : isrv_body_measure(s, &m->body);
		if (step != ISRV_DONE || s->error)
			return step;
		if (m->body.failed)
			skip_held(s, a);
		else
			begin_message(s, a, isrv_fetch_held_current(&a->held));
		return ISRV_DONE;
	case AT_PREVIEW:
		step = isrv_fetch_put_preview(s, m, a->preview);
		if (step == ISRV_DONE)
			a->at = a->annotation ? AT_ANNOTATION : AT_SECTION;
		return step;
	case AT_ANNOTATION:
		return put_annotation(s, a);
	default:
		return put_sections(s, a);
	}
}

/* ---- the command --------------------------------------------------------------------------- */

static bool is_described(const struct isrv_fetch_section *section)
{
	return section->number_count || section->text != ISRV_SECTION_WHOLE;
}

/* What only those need that read messages.  False: no memory. */
static bool init_messages(struct imapsrv_session *s, struct fetch_args *a)
{
	size_t max = s->engine->limits.arena;

	isrv_fetch_held_init(&a->held, max);
	if (a->items.section_count) {
		a->output = isrv_arena_zalloc(&s->arena, sizeof(*a->output));
		if (!a->output)
			return false;
		isrv_fetch_output_init(a->output, max);
	}
	if (a->items.shows & ISRV_FETCH_PREVIEW) {
		a->preview = isrv_arena_zalloc(&s->arena, sizeof(*a->preview));
		if (!a->preview)
			return false;
	}
	if (a->items.annotation) {
		a->annotation = isrv_arena_zalloc(&s->arena, sizeof(*a->annotation));
		if (!a->annotation)
			return false;
		a->annotation->ask = a->items.annotation;
	}
	return true;
}

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
	isrv_batch_init(&a->batch, a->choice.uids, &s->steps);
	isrv_uidset_init(&a->seen, SIZE_MAX);
	isrv_uidset_init(&a->again, SIZE_MAX);
	isrv_uidset_init(&a->put_off, SIZE_MAX);
	a->mark = a->items.seen && !s->view->read_only &&
	          s->view->rights & IMAPSRV_RIGHT_SEEN; /* RFC 4314 4, FETCH */
	a->describe = (a->items.shows & ISRV_FETCH_OF_DESCRIPTION) != 0;
	for (uint32_t i = 0; i < a->items.section_count; i++)
		a->describe = a->describe || is_described(&a->items.sections[i]);
	a->octets = a->items.section_count != 0;
	if (a->describe || a->octets || a->items.shows || a->items.annotation ||
	    a->items.facts & IMAPSRV_FACT_SIZE)
		return init_messages(s, a);
	a->plain = plain_of(s, &a->items);
	return true;
}

static enum isrv_step finish(struct imapsrv_session *s, struct fetch_args *a)
{
	drop(s, a);
	if (a->failure.code != IMAPSRV_OK) {
		s->result = a->failure;
		return isrv_refused(s, NULL);
	}
	if (!a->missing)
		return isrv_ok(s, "FETCH done");
	s->view->look_all = true; /* learn which, for when they may be told */
	/* A UID that does not exist is no error (RFC 9051 6.4.9); numbers that all lead nowhere
	 * are. */
	if (s->uid || a->shown)
		return isrv_ok_code(s, "EXPUNGEISSUED", "Some messages have been expunged");
	return isrv_no(s, "EXPUNGEISSUED", "These messages have been expunged");
}

static enum isrv_step refused(struct imapsrv_session *s, struct fetch_args *a)
{
	if (a->seen.count)
		isrv_view_post_changed(s->view, &s->mem, isrv_uidset_view(&a->seen));
	drop(s, a);
	return isrv_refused(s, NULL);
}

/* The next batch: DONE with a->at moved on, or the reply set and *end_r true. */
static enum isrv_step next_batch(struct imapsrv_session *s, struct fetch_args *a, bool *end_r)
{
	if (isrv_session_full(s))
		return ISRV_OUTPUT;
	isrv_uidset_empty(&a->seen);
	empty_rows(a);
	if (!isrv_batch_next(&a->batch, &s->view->map, s->engine->limits.batch, &a->part, &a->asked)) {
		*end_r = true;
		return finish(s, a);
	}
	a->done += a->asked;
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
			settle_held(s, a);
			if (a->annotation) {
				isrv_fetch_held_sort(&a->held);
				isrv_fetch_annotation_begin(s, a->annotation, a->part);
			}
			a->at = AT_OPEN;
			break;
		default:
			step = step_held(s, a);
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
		held = isrv_fetch_held_left(&a->held) + isrv_uidset_size(isrv_uidset_view(&a->again));
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
