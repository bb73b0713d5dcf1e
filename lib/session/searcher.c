/* SPDX-License-Identifier: MIT */
/* The steps: either the reach is scanned without the host, run by run, or batches are asked for,
 * and of each the messages read that have to be opened. */
#include "session/searcher.h"

#include "mailbox/part.h"
#include "session/claim.h"
#include "session/progress.h"

enum {
	AT_SCAN,  /* without the host         */
	AT_ASK,   /* a host that has an index */
	AT_ASKED,
	AT_BATCH, /* to ask for the next one  */
	AT_ROWS,  /* its rows are coming      */
	AT_NOTES, /* annotations of messages that are open */
	AT_READ,  /* messages that have to be opened */
	AT_END
};

/* Sets that narrow the reach.  Each costs as much as all ranges so far: a client may name
 * thousands. */
#define REACH_SETS 8
/* Octets for what is known about the messages of one batch that are to be opened. */
#define KNOWN_MAX (1u << 20)

void isrv_search_selected(const struct imapsrv_session *s, struct isrv_search_source *source_r)
{
	const struct isrv_view *v = s->view;

	*source_r = (struct isrv_search_source){v->handle, &v->map, &v->expunged, v->recent_from,
	                                        v->look_all, 0};
	if (v->annotations & (IMAPSRV_ANNOTATIONS_NONE | IMAPSRV_ANNOTATIONS_NOPRIVATE))
		source_r->no_notes |= IMAPSRV_ANNOTATION_PRIV;
	if (v->annotations & IMAPSRV_ANNOTATIONS_NONE)
		source_r->no_notes |= IMAPSRV_ANNOTATION_SHARED;
	/* What has gone may have been kept: the host says (RFC 2180 4.1.1). */
	if (s->engine->store.forgotten) {
		source_r->expunged = NULL;
		source_r->doubtful = v->look_all || v->expunged.count;
	}
}

static struct imapsrv_set expunged(const struct isrv_searcher *x)
{
	struct imapsrv_set none = {NULL, 0};

	return x->from.expunged ? isrv_uidset_view(x->from.expunged) : none;
}

/* ---- what is looked at --------------------------------------------------------------------- */

/* The UIDs that can match, none above the last of the source: no response speaks of others. */
static bool find_reach(struct imapsrv_session *s, struct isrv_searcher *x,
                       const struct imapsrv_set *within)
{
	const struct isrv_program *p = x->program;
	struct imapsrv_range *all = isrv_arena_alloc(x->arena, sizeof(*all));
	uint32_t i, sets = 0;

	if (!all)
		return false;
	*all = (struct imapsrv_range){1, x->from.map->last_uid};
	x->reach = (struct imapsrv_set){all, all->last ? 1 : 0};
	if (within && !isrv_uidset_common(x->arena, &x->reach, *within, &s->steps))
		return false;
	for (i = 0; i < p->count && sets < REACH_SETS; i++) {
		if (p->terms[i].kind != ISRV_TERM_SET || !p->terms[i].required)
			continue;
		if (!isrv_uidset_common(x->arena, &x->reach, p->terms[i].u.set.uids, &s->steps))
			return false;
		sets++;
	}
	return true;
}

void isrv_searcher_begin(struct imapsrv_session *s, struct isrv_searcher *x,
                         const struct isrv_program *program,
                         const struct isrv_search_source *source, const struct imapsrv_set *within)
{
	uint32_t most;

	if (!x->arena)
		x->arena = &s->arena;
	x->from = *source;
	x->began = x->since ? x->since : s->steps;
	x->program = program;
	if (program->timed) {
		s->in_callback++;
		x->now = s->engine->config.clock(s->user);
		s->in_callback--;
	}
	x->at = AT_SCAN;
	x->nomem = !find_reach(s, x, within);
	/* Where messages may be gone the host is asked which exist. */
	if (x->nomem || (!program->facts && !source->doubtful))
		return;
	x->message.mailbox = source->mailbox;
	x->message.recent_from = source->recent_from;
	x->message.until = x->began + s->engine->limits.search_steps;
	x->message.arena = x->arena;
	x->nomem = !isrv_search_message_init(s, &x->message, program);
	if (program->notes && !x->nomem) {
		x->notes = isrv_search_notes_new(program, x->arena);
		x->nomem = !x->notes;
	}
	/* Nothing is asked of a host whose answer there is no room for. */
	if (x->nomem)
		return;
	most = KNOWN_MAX / program->leaves + 1;
	x->part_max = s->engine->limits.batch < most ? s->engine->limits.batch : most;
	isrv_batch_init(&x->batch, x->reach, &s->steps);
	/* A host's index of texts is for the default comparator. */
	x->at = s->engine->store.search && program->facts &&
	                        !((program->texts || program->notes) && program->comparator)
	                ? AT_ASK
	                : AT_BATCH;
}

void isrv_searcher_limit(struct imapsrv_session *s, struct isrv_searcher *x, uint32_t most,
                         uint32_t *lowest_r)
{
	*lowest_r = 0;
	if (x->nomem)
		return;
	x->nomem = !isrv_part_highest(x->from.map, x->arena, &x->reach, most, lowest_r, &s->steps);
	isrv_batch_init(&x->batch, x->reach, &s->steps);
}

/* ---- how long it may take ------------------------------------------------------------------ */

/* Asked before each piece of work: is it one too many? */
static bool is_spent(const struct imapsrv_session *s, struct isrv_searcher *x)
{
	if (s->steps - x->began < s->engine->limits.search_steps)
		return false;
	x->end = ISRV_SEARCH_LIMIT;
	return true;
}

static void tell_progress(struct imapsrv_session *s, const struct isrv_searcher *x)
{
	uint32_t done, goal;

	if (!isrv_progress_due(s))
		return;
	isrv_searcher_progress(s, x, &done, &goal);
	if (x->since)
		done = goal = 0;
	isrv_progress_tell(s, done, goal);
}

void isrv_searcher_progress(struct imapsrv_session *s, const struct isrv_searcher *x,
                            uint32_t *done_r, uint32_t *goal_r)
{
	*done_r = x->looked_at + x->open_at;
	*goal_r = isrv_part_size(x->from.map, x->reach, &s->steps);
}

/* ---- without the host ---------------------------------------------------------------------- */

/* The next run of the range: the verdict changes only where a set of the program begins or ends, so
 * whole runs are judged at once.  False: the range is done. */
static bool scan_run(struct imapsrv_session *s, struct isrv_searcher *x, struct imapsrv_range range)
{
	struct isrv_search_row row = {.recent_from = x->from.recent_from};
	const struct isrv_nummap *map = x->from.map;
	struct imapsrv_set gone = expunged(x);
	uint32_t until;
	size_t i;

	row.uid = isrv_nummap_next(map, x->uid_at ? x->uid_at : range.first);
	if (!row.uid || row.uid > range.last)
		return false;
	s->steps += x->program->count + 1;
	i = isrv_uidset_seek(gone, row.uid);
	if (i < gone.count && gone.ranges[i].first <= row.uid) {
		x->missing = true;
		until = gone.ranges[i].last;
	} else {
		bool match = x->index.all ||
		             isrv_program_eval(x->program, &row, NULL) == ISRV_MATCH;

		until = !x->index.all && row.until < range.last ? row.until : range.last;
		if (i < gone.count && gone.ranges[i].first <= until)
			until = gone.ranges[i].first - 1;
		x->nomem = match && !isrv_found_add(&x->found, x->arena,
		                                    isrv_nummap_seq(map, row.uid),
		                                    isrv_nummap_rank(map, until));
	}
	x->uid_at = until + 1;
	return until < range.last && !x->nomem;
}

static enum isrv_step scan(struct imapsrv_session *s, struct isrv_searcher *x)
{
	while (x->reach_at < x->reach.count && !x->nomem && !is_spent(s, x)) {
		if (isrv_session_turn_over(s))
			return ISRV_YIELD;
		if (!scan_run(s, x, x->reach.ranges[x->reach_at])) {
			x->reach_at++;
			x->uid_at = 0;
		}
	}
	return ISRV_DONE;
}

/* ---- with the host ------------------------------------------------------------------------- */

/* Where the verdicts about a message that may have to be opened are noted; NULL: no memory. */
static struct isrv_search_subject *open_slot(struct isrv_searcher *x)
{
	size_t leaves = x->program->leaves;
	struct isrv_search_subject *slot;

	if (!x->open) {
		x->open = isrv_arena_array(x->arena, x->part_max, sizeof(*x->open));
		x->open_known = isrv_arena_array(x->arena, x->part_max, leaves);
		if (!x->open || !x->open_known) {
			x->nomem = true;
			x->open = NULL;
			return NULL;
		}
	}
	slot = x->open + x->open_count;
	slot->known = x->open_known + x->open_count * leaves;
	memset(slot->known, 0, leaves);
	return slot;
}

static void add(struct isrv_searcher *x, uint32_t uid, uint64_t modseq)
{
	uint32_t n = isrv_nummap_seq(x->from.map, uid);

	if (!x->lowest_uid || uid < x->lowest_uid) {
		x->lowest_uid = uid;
		x->lowest_modseq = modseq;
	}
	if (uid > x->highest_uid) {
		x->highest_uid = uid;
		x->highest_modseq = modseq;
	}
	if (modseq > x->highest)
		x->highest = modseq;
	if (!isrv_found_add(&x->found, x->arena, n, n))
		x->nomem = true;
}

#define RARE_FACTS                                                                                 \
	(uint32_t)(IMAPSRV_FACT_EMAILID | IMAPSRV_FACT_THREADID | IMAPSRV_FACT_SAVEDATE)

static void row_sink(struct imapsrv_session *s, void *ctx, const void *answer)
{
	struct isrv_searcher *x = ctx;
	const struct imapsrv_row *row = answer;
	uint32_t seq = isrv_nummap_seq(x->from.map, row->uid);
	struct isrv_search_row facts = {.uid = row->uid, .recent_from = x->from.recent_from};
	struct isrv_search_subject *open = NULL;
	struct imapsrv_span none = {NULL, 0};
	enum isrv_verdict is;

	/* A host may tell more than it was asked, or twice of one, or of a message that its event
	 * has taken away since. */
	if (x->nomem || !seq || !isrv_claim(s, &x->batch, row->uid, seq) ||
	    isrv_uidset_has(expunged(x), row->uid))
		return;
	x->rows++;
	s->steps += x->program->count;
	if (x->program->keyword_count)
		s->steps += row->flags.keyword_count;
	/* FLAGS and DATE come when they are asked for (store.h); a host that leaves them out says
	 * "none". */
	facts.facts = (row->facts & ~ISRV_FACTS_APART) | IMAPSRV_FACT_FLAGS | IMAPSRV_FACT_DATE;
	facts.answers = x->index.answers;
	facts.flags = &row->flags;
	facts.date = row->date;
	facts.zone = row->zone;
	facts.now = x->now;
	facts.octets = row->octets;
	if (x->program->facts & IMAPSRV_FACT_MODSEQ) {
		facts.modseq = row->facts & IMAPSRV_FACT_MODSEQ ? row->modseq : 0;
		facts.facts |= IMAPSRV_FACT_MODSEQ;
	}
	if (x->program->facts & RARE_FACTS)
		facts.facts |= RARE_FACTS; /* a message without one of them has none */
	if (row->facts & IMAPSRV_FACT_EMAILID)
		facts.emailid = row->emailid;
	if (row->facts & IMAPSRV_FACT_THREADID)
		facts.threadid = row->threadid;
	facts.saved = (row->facts & IMAPSRV_FACT_SAVEDATE) != 0;
	if (facts.saved) {
		facts.save_date = row->save_date;
		facts.save_zone = row->save_zone;
	}
	if (x->program->facts & ~facts.facts) {
		open = open_slot(x);
		if (!open)
			return;
	}
	is = isrv_program_eval(x->program, &facts, open ? open->known : NULL);
	if (is == ISRV_MATCH) {
		add(x, row->uid, facts.modseq);
	} else if (is == ISRV_UNDECIDED) {
		open->uid = row->uid;
		open->modseq = facts.modseq;
		isrv_search_message_keep(
			s, &x->message,
			row->facts & IMAPSRV_FACT_DESCRIPTION ? row->description : none, open);
		x->open_count++;
	}
}

static bool next_batch(struct imapsrv_session *s, struct isrv_searcher *x)
{
	struct imapsrv_fetch q;

	/* Batches ascend: the lowest matches are found first. */
	if (x->enough && x->found.size >= x->enough)
		return false;
	x->nomem = !x->batch.claims.made &&
	           !isrv_batch_reserve(&x->batch, x->from.map, x->arena, x->part_max);
	if (x->nomem)
		return false;
	if (!isrv_batch_next(&x->batch, x->from.map, x->part_max, &x->part, &x->messages))
		return false;
	x->rows = 0;
	x->open_count = 0;
	x->open_at = 0;
	x->message.kept.len = 0;
	q.mailbox = x->from.mailbox;
	q.uids = x->part;
	q.facts = x->program->facts & ~ISRV_FACTS_APART;
	if (x->program->facts & ISRV_FACT_TEXT)
		q.facts |= IMAPSRV_FACT_DESCRIPTION;
	q.changed_since = 0;
	ISRV_ASK(s, ISRV_OP_FETCH, store, fetch, &q, row_sink, x);
	return true;
}

/* Holds the annotations of the open messages against the program: those whose verdict they settle
 * are open no more.  DONE: all of them, or x->end says REFUSED. */
static enum isrv_step look_at_notes(struct imapsrv_session *s, struct isrv_searcher *x)
{
	struct isrv_search_subject subject;
	enum isrv_step step;

	if (!x->nomem && !x->notes->begun)
		x->nomem = !isrv_search_notes_begin(s, x->notes, x->from.mailbox, x->from.no_notes,
		                                    x->open, x->open_count, x->part_max, x->arena);
	if (x->nomem)
		return ISRV_DONE;
	for (; x->open_at < x->open_count; x->open_at++) {
		struct isrv_search_row row = {.answers = x->index.answers,
		                              .facts = ISRV_FACT_NOTES};
		enum isrv_verdict is;

		if (isrv_session_turn_over(s))
			return ISRV_YIELD;
		subject = x->open[x->open_at];
		step = isrv_search_notes_step(s, x->notes, subject.uid, subject.known);
		if (step != ISRV_DONE || s->error)
			return step;
		row.uid = subject.uid;
		row.recent_from = x->from.recent_from;
		s->steps += x->program->count;
		is = isrv_program_eval(x->program, &row, subject.known);
		if (is == ISRV_MATCH)
			add(x, subject.uid, subject.modseq);
		else if (is == ISRV_UNDECIDED)
			x->open[x->notes->left++] = subject;
	}
	x->open_count = x->notes->left;
	if (isrv_search_notes_end(x->notes))
		x->end = ISRV_SEARCH_REFUSED;
	return ISRV_DONE;
}

/* Reads the messages of the batch that have to be opened.  DONE: all of them, or x->end says
 * REFUSED. */
static enum isrv_step read_open(struct imapsrv_session *s, struct isrv_searcher *x)
{
	struct isrv_search_message *m = &x->message;
	enum isrv_step step;

	for (; x->open_at < x->open_count && !x->nomem; x->open_at++) {
		tell_progress(s, x);
		step = isrv_search_message_read(s, m, &x->open[x->open_at]);
		if (step != ISRV_DONE || s->error)
			return step;
		if (m->spent) {
			x->end = ISRV_SEARCH_LIMIT;
			return ISRV_DONE;
		}
		if (!m->body.failed && m->verdict == ISRV_MATCH)
			add(x, x->open[x->open_at].uid, x->open[x->open_at].modseq);
		/* It is gone, or the search cannot be done. */
		if (m->body.failed && s->result.code != IMAPSRV_EXPUNGEISSUED) {
			x->end = ISRV_SEARCH_REFUSED;
			return ISRV_DONE;
		}
		x->missing = x->missing || m->body.failed;
		isrv_search_message_close(s, m);
	}
	return ISRV_DONE;
}

/* ---- a host that has an index -------------------------------------------------------------- */

static void ask(struct imapsrv_session *s, struct isrv_searcher *x)
{
	struct isrv_search_question q = {x->from.mailbox, x->reach, x->from.recent_from, x->now,
	                                 x->from.map, x->relevancy};

	x->at = AT_ASKED;
	if (!x->reach.count)
		x->at = AT_END;
	else if (isrv_search_index_ask(s, &x->index, x->program, x->arena, &q))
		return;
	else if (x->arena->starved)
		x->nomem = true;
	else
		x->at = AT_BATCH; /* the tree is too large for one command: done without */
}

/* It has answered. */
static void take(struct imapsrv_session *s, struct isrv_searcher *x)
{
	x->at = AT_BATCH;
	if (s->result.code == IMAPSRV_CANNOT) {
		isrv_search_index_drop(s, &x->index);
		x->index.relevancy = NULL;
		return;
	}
	if (s->result.code != IMAPSRV_OK) {
		x->end = ISRV_SEARCH_REFUSED;
		return;
	}
	x->nomem = !isrv_search_index_take(s, &x->index, x->arena, &x->reach);
	x->message.answers = x->index.answers;
	isrv_batch_init(&x->batch, x->reach, &s->steps);
	/* What was found is to be told with its sequence, and where messages may be gone the host
	 * is asked which exist. */
	x->index.all = x->index.all && !x->from.doubtful &&
	               !(x->program->facts & IMAPSRV_FACT_MODSEQ);
	if (x->index.all)
		x->at = AT_SCAN;
}

/* ---- the steps ----------------------------------------------------------------------------- */

static enum isrv_step advance(struct imapsrv_session *s, struct isrv_searcher *x)
{
	enum isrv_step wait;

	while (x->at != AT_END && x->end == ISRV_SEARCH_FOUND) {
		switch (x->at) {
		case AT_SCAN:
			wait = scan(s, x);
			if (wait != ISRV_DONE)
				return wait;
			x->at = AT_END;
			break;
		case AT_ASK:
			ask(s, x);
			if (x->nomem)
				return ISRV_DONE;
			break;
		case AT_ASKED:
			if (!isrv_answered(s))
				return ISRV_HOST;
			take(s, x);
			break;
		case AT_BATCH:
			if (is_spent(s, x))
				return ISRV_DONE;
			if (isrv_session_turn_over(s))
				return ISRV_YIELD;
			tell_progress(s, x);
			x->at = !x->nomem && next_batch(s, x) ? AT_ROWS : AT_END;
			break;
		case AT_ROWS:
			if (!isrv_answered(s))
				return ISRV_HOST;
			if (s->result.code != IMAPSRV_OK)
				x->end = ISRV_SEARCH_REFUSED;
			if (x->rows < x->messages)
				x->missing = true;
			x->at = x->notes ? AT_NOTES : AT_READ;
			break;
		case AT_NOTES:
			wait = look_at_notes(s, x);
			if (wait != ISRV_DONE || s->error || x->nomem)
				return wait;
			x->open_at = 0;
			x->at = AT_READ;
			break;
		default: /* AT_READ */
			wait = read_open(s, x);
			if (wait != ISRV_DONE || s->error)
				return wait;
			x->looked_at += x->messages;
			x->open_at = 0;
			x->at = AT_BATCH;
			break;
		}
	}
	return ISRV_DONE;
}

enum isrv_step isrv_searcher_step(struct imapsrv_session *s, struct isrv_searcher *x)
{
	enum isrv_step wait = advance(s, x);

	if (wait != ISRV_DONE)
		return wait;
	if (x->nomem)
		x->end = ISRV_SEARCH_NOMEM;
	isrv_searcher_drop(s, x);
	return ISRV_DONE;
}

void isrv_searcher_drop(struct imapsrv_session *s, struct isrv_searcher *x)
{
	if (x->message.program)
		isrv_search_message_clear(s, &x->message);
	isrv_search_index_drop(s, &x->index);
	if (x->notes)
		isrv_search_notes_clear(s, x->notes);
}
