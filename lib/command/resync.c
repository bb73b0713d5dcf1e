/* SPDX-License-Identifier: MIT */
/*
 * VANISHED (EARLIER) before any FETCH, in ranges and never empty (RFC 7162 3.2.6, 3.2.10.1).
 * The store is asked once which messages went and once which changed, whatever the client
 * lists.  A store that does not remember so far back, or at all, makes no difference to the
 * result's truth, only to its size: what the client knows is compared with what exists, less
 * what its sequence match data show to be as it was.
 *
 * Messages whose expunge this session has still to tell are not told here: they are in the
 * client's numbering, and their VANISHED comes without EARLIER.
 */
#include "command/resync.h"

#include "base/uidlate.h"
#include "session/modseq.h"

#define RANGES_IN_A_LINE 256u

enum {
	AT_START,
	AT_VANISHED,
	AT_TELL,
	AT_CHANGED,
	AT_BATCH,
	AT_ROWS,
	AT_DONE
};

/* ---- the parameter ------------------------------------------------------------------------- */

/* "*" is not allowed in any of them (RFC 7162 7), nor is "$". */
static bool parse_set(struct isrv_reader *r, bool uid, struct imapsrv_set *set_r)
{
	const char *at = r->at;
	struct isrv_rd_set set;

	if (!(uid ? isrv_rd_set(r, &set) : isrv_rd_numbers(r, &set)))
		return false;
	if (set.star || set.saved) {
		r->at = at;
		return isrv_rd_fail(r, "a set of numbers");
	}
	*set_r = (struct imapsrv_set){set.ranges, set.count};
	return true;
}

/* seq-match-data = "(" known-sequence-set SP known-uid-set ")" */
static bool parse_match(struct isrv_reader *r, struct isrv_resync *q)
{
	if (!isrv_rd_char(r, '(') || !parse_set(r, false, &q->seqs) || !isrv_rd_sp(r) ||
	    !parse_set(r, true, &q->uids))
		return false;
	if (isrv_uidset_size(q->seqs) != isrv_uidset_size(q->uids))
		return isrv_rd_fail(r, "as many UIDs as numbers");
	return isrv_rd_char(r, ')');
}

bool isrv_resync_parse(struct isrv_parse *p, struct isrv_resync *q)
{
	struct isrv_reader *r = &p->r;

	if (!p->qresync) /* RFC 7162 3.2.5: BAD */
		return isrv_rd_fail(r, "ENABLE QRESYNC first");
	if (!isrv_rd_char(r, '(') || !isrv_rd_nz_number(r, &q->uidvalidity) || !isrv_rd_sp(r) ||
	    !isrv_rd_number64(r, &q->since))
		return false;
	if (!q->since)
		return isrv_rd_fail(r, "a modification sequence above 0");
	q->all = true;
	if (isrv_rd_try_sp(r) && isrv_rd_peek(r) != '(') {
		if (!parse_set(r, true, &q->known))
			return false;
		q->all = false;
		isrv_rd_try_sp(r);
	}
	if (isrv_rd_peek(r) == '(' && !parse_match(r, q))
		return false;
	return isrv_rd_char(r, ')');
}

/* ---- which are gone ------------------------------------------------------------------------ */

static bool nomem(struct imapsrv_session *s)
{
	isrv_session_fail(s, IMAPSRV_ENOMEM);
	return false;
}

/* False: refused, or no memory. */
static bool has_room(struct imapsrv_session *s, struct isrv_resync *r, const void *block)
{
	if (block)
		return true;
	if (s->arena.starved)
		return nomem(s);
	r->refused = true;
	s->result.code = IMAPSRV_LIMIT;
	s->result.text = "";
	return false;
}

/* From UIDNEXT on no message ever was. */
static bool clip(struct imapsrv_session *s, struct isrv_resync *r)
{
	uint32_t last = s->view->uidnext - 1;
	struct imapsrv_range *ranges;
	size_t count;

	if (r->all) {
		ranges = isrv_arena_array(&s->arena, 1, sizeof(*ranges));
		if (!has_room(s, r, ranges))
			return false;
		*ranges = (struct imapsrv_range){1, last};
		r->known = (struct imapsrv_set){ranges, last ? 1 : 0};
		return true;
	}
	ranges = isrv_arena_array(&s->arena, r->known.count + 1, sizeof(*ranges));
	if (!has_room(s, r, ranges))
		return false;
	s->steps += r->known.count;
	for (count = 0; count < r->known.count && r->known.ranges[count].first <= last; count++) {
		ranges[count] = r->known.ranges[count];
		if (ranges[count].last > last)
			ranges[count].last = last;
	}
	r->known = (struct imapsrv_set){ranges, count};
	return true;
}

/* Takes away what exists or was announced: only runs that lie in what was found are visited. */
static bool take_present(struct imapsrv_session *s, struct isrv_resync *r)
{
	const struct isrv_view *v = s->view;
	struct isrv_uidset present;
	struct imapsrv_range run;
	bool done = true;

	isrv_uidset_init(&present, SIZE_MAX);
	for (size_t i = 0; i < r->found.count && done; i++) {
		struct imapsrv_range range = r->found.ranges[i];

		s->steps++;
		while (done && isrv_nummap_run_in(&v->map, range.first, range.last, &run)) {
			s->steps++;
			done = isrv_uidset_add(&present, &s->mem, run.first, run.last);
			if (run.last == range.last)
				break;
			range.first = run.last + 1;
		}
	}
	done = done && isrv_uidset_subtract(&r->found, &s->mem, isrv_uidset_view(&present)) &&
	       isrv_uidset_subtract(&r->found, &s->mem, isrv_uidset_view(&v->fresh));
	isrv_uidset_clear(&present, &s->mem);
	return done || nomem(s);
}

/*
 * Messages only ever go, so where as many are left between two UIDs as the client counts there,
 * none of these has gone; and where a pair matches, the client knows of all that went before it
 * (RFC 7162 3.2.5.2).  Not up to a UID that does not exist: counts that are right then are of
 * numbers that never were.  Inside a stretch where numbers and UIDs both ascend by one, the ends
 * say it all.
 */
static bool spare_matched(struct imapsrv_session *s, const struct isrv_resync *r,
                          struct isrv_uidset *spared)
{
	uint32_t seq = 0, uid = 0, rank = 0;
	size_t i = 0, k = 0;
	struct imapsrv_range a = {1, 0}, b = {1, 0};

	while (i < r->seqs.count || a.first <= a.last) {
		uint32_t n;

		if (a.first > a.last)
			a = r->seqs.ranges[i++];
		if (b.first > b.last)
			b = r->uids.ranges[k++];
		n = a.last - a.first < b.last - b.first ? a.last - a.first : b.last - b.first;
		s->steps++;
		for (uint32_t end = 0; end <= (n ? 1u : 0u); end++) {
			uint32_t number = a.first + end * n, to = b.first + end * n;
			uint32_t left = isrv_nummap_rank(&s->view->map, to);
			bool there = isrv_nummap_seq(&s->view->map, to) != 0;

			/* A pair that matches says it of all before it, whatever the others are. */
			if (there && (left == number || left - rank == number - seq) &&
			    !isrv_uidset_add(spared, &s->mem, left == number ? 1 : uid + 1, to))
				return nomem(s);
			seq = number;
			uid = to;
			rank = left;
		}
		if (a.last - a.first == n && b.last - b.first == n) {
			a = b = (struct imapsrv_range){1, 0};
		} else if (a.last - a.first == n) {
			a = (struct imapsrv_range){1, 0};
			b.first += n + 1;
		} else {
			b = (struct imapsrv_range){1, 0};
			a.first += n + 1;
		}
	}
	return true;
}

/* Without the store's memory: all that is known and does not exist. */
static bool compare(struct imapsrv_session *s, struct isrv_resync *r)
{
	struct isrv_uidset spared;
	bool done;

	isrv_uidset_init(&spared, SIZE_MAX);
	done = isrv_uidset_copy(&r->found, &s->mem, r->known) || nomem(s);
	done = done && spare_matched(s, r, &spared);
	if (done && !isrv_uidset_subtract(&r->found, &s->mem, isrv_uidset_view(&spared)))
		done = nomem(s);
	isrv_uidset_clear(&spared, &s->mem);
	return done && take_present(s, r);
}

static void take_vanished(struct imapsrv_session *s, void *ctx, const void *answer)
{
	const struct imapsrv_set *set = answer;
	struct isrv_resync *r = ctx;

	for (size_t i = 0; i < set->count && !s->error; i++) {
		struct imapsrv_range range = set->ranges[i];

		if (!isrv_uidlate_add(&r->late, &r->found, &s->mem, range.first, range.last,
		                      &s->steps))
			nomem(s);
	}
}

static bool settle(struct imapsrv_session *s, struct isrv_resync *r)
{
	return isrv_uidlate_settle(&r->late, &r->found, &s->mem, &s->steps) || nomem(s);
}

static void ask_vanished(struct imapsrv_session *s, struct isrv_resync *r)
{
	struct imapsrv_vanished q = {s->view->handle, r->since, r->known};

	ISRV_ASK(s, ISRV_OP_UIDS, store, vanished, &q, take_vanished, r);
}

/* Its answer is there; a refusal says that it does not remember. */
static bool was_vanished(struct imapsrv_session *s, struct isrv_resync *r)
{
	if (s->result.code != IMAPSRV_OK) {
		isrv_uidset_empty(&r->found);
		isrv_uidset_empty(&r->late);
		return compare(s, r);
	}
	if (!settle(s, r))
		return false;
	if (!isrv_uidset_intersect(&r->found, &s->mem, r->known))
		return nomem(s);
	return take_present(s, r);
}

static enum isrv_step tell_vanished(struct imapsrv_session *s, struct isrv_resync *r)
{
	while (r->told < r->found.count) {
		size_t n = r->found.count - r->told;

		if (isrv_session_full(s))
			return ISRV_OUTPUT;
		if (n > RANGES_IN_A_LINE)
			n = RANGES_IN_A_LINE;
		ISRV_W(&s->w, "* VANISHED (EARLIER) ");
		isrv_w_set(&s->w, (struct imapsrv_set){r->found.ranges + r->told, n});
		isrv_w_crlf(&s->w);
		s->steps += n;
		r->told += n;
	}
	isrv_uidset_empty(&r->found);
	return ISRV_DONE;
}

/* ---- which have changed -------------------------------------------------------------------- */

/* RFC 7162 3.1.4.1: those with a sequence above the given one.  One whose sequence the host does
 * not say may have changed. */
static void take_changed(struct imapsrv_session *s, void *ctx, const void *answer)
{
	const struct imapsrv_row *row = answer;
	struct isrv_resync *r = ctx;

	if (row->facts & IMAPSRV_FACT_MODSEQ && row->modseq <= r->since)
		return;
	if (!isrv_uidset_has(r->known, row->uid) || !isrv_nummap_seq(&s->view->map, row->uid))
		return;
	if (!isrv_uidlate_add(&r->late, &r->found, &s->mem, row->uid, row->uid, &s->steps))
		nomem(s);
}

/* In one question, so that the work is that of the messages that changed. */
static void ask_changed(struct imapsrv_session *s, struct isrv_resync *r)
{
	struct imapsrv_fetch q = {s->view->handle, r->known, IMAPSRV_FACT_MODSEQ, r->since};

	ISRV_ASK(s, ISRV_OP_FETCH, store, fetch, &q, take_changed, r);
}

static void put_row(struct imapsrv_session *s, void *ctx, const void *answer)
{
	const struct imapsrv_row *row = answer;
	uint32_t seq = isrv_nummap_seq(&s->view->map, row->uid);
	struct isrv_resync *r = ctx;

	if (!seq || !(row->facts & IMAPSRV_FACT_FLAGS) || !isrv_putoff_row(s, &r->off, row->uid))
		return;
	isrv_sync_keywords(s, &row->flags);
	if (row->facts & IMAPSRV_FACT_MODSEQ)
		isrv_w_fetch_modseq(&s->w, isrv_session_number(s, seq), row->uid, &row->flags,
		                    isrv_session_is_recent(s, row->uid), row->modseq);
	else
		isrv_session_put_flags(s, seq, true, row);
	isrv_putoff_told(s, &r->off, row->uid);
	if (row->facts & IMAPSRV_FACT_MODSEQ)
		isrv_modseq_saw(s, row->modseq);
}

static bool ask_rows(struct imapsrv_session *s, struct isrv_resync *r)
{
	struct imapsrv_fetch q = {s->view->handle, {NULL, 0},
	                          IMAPSRV_FACT_FLAGS | IMAPSRV_FACT_MODSEQ, 0};
	uint32_t messages;

	isrv_putoff_settle(s, &r->off);
	if (!isrv_putoff_again(&r->off)) {
		if (!isrv_batch_next(&r->batch, &s->view->map, s->engine->limits.batch, &q.uids,
		                     &messages))
			return false;
		isrv_putoff_begin(&r->off, q.uids);
	}
	q.uids = r->off.part;
	ISRV_ASK(s, ISRV_OP_FETCH, store, fetch, &q, put_row, r);
	return true;
}

/* ---- the routine --------------------------------------------------------------------------- */

static void begin(struct imapsrv_session *s, struct isrv_resync *r)
{
	isrv_uidset_init(&r->found, SIZE_MAX);
	isrv_uidset_init(&r->late, SIZE_MAX);
	isrv_putoff_init(s, &r->off);
	r->at = AT_DONE;
	if (!clip(s, r) || !r->known.count)
		return;
	r->at = AT_TELL;
	if (!r->vanished)
		return;
	r->at = AT_VANISHED;
	if (s->engine->store.vanished) {
		ask_vanished(s, r);
		return;
	}
	r->at = AT_TELL;
	compare(s, r);
}

/* The store's answer, if it is one. */
static bool is_refused(struct imapsrv_session *s, struct isrv_resync *r)
{
	r->refused = s->result.code != IMAPSRV_OK;
	if (r->refused)
		r->at = AT_DONE;
	return r->refused;
}

enum isrv_step isrv_resync_step(struct imapsrv_session *s, struct isrv_resync *r)
{
	enum isrv_step step = ISRV_DONE;

	while (step == ISRV_DONE && r->at != AT_DONE && !s->error) {
		if (r->at == AT_VANISHED || r->at == AT_CHANGED || r->at == AT_ROWS)
			if (!isrv_answered(s))
				return ISRV_HOST;
		switch (r->at) {
		case AT_START:
			begin(s, r);
			break;
		case AT_VANISHED:
			r->at = AT_TELL;
			was_vanished(s, r);
			break;
		case AT_TELL:
			step = tell_vanished(s, r);
			if (step != ISRV_DONE)
				break;
			r->at = AT_CHANGED;
			ask_changed(s, r);
			break;
		case AT_CHANGED:
			settle(s, r);
			isrv_batch_init(&r->batch, isrv_uidset_view(&r->found), &s->steps);
			r->at = r->rows ? AT_BATCH : AT_DONE;
			is_refused(s, r);
			break;
		case AT_BATCH:
			if (isrv_session_full(s))
				return ISRV_OUTPUT;
			r->at = ask_rows(s, r) ? AT_ROWS : AT_DONE;
			break;
		default: /* AT_ROWS */
			r->at = AT_BATCH;
			is_refused(s, r);
			break;
		}
	}
	return step;
}

void isrv_resync_drop(struct imapsrv_session *s, struct isrv_resync *r)
{
	isrv_uidset_clear(&r->found, &s->mem);
	isrv_uidset_clear(&r->late, &s->mem);
	isrv_putoff_clear(s, &r->off);
}
