/* SPDX-License-Identifier: MIT */
/*
 * session/sync - telling the client what happened in the selected mailbox: EXPUNGE, EXISTS, RECENT,
 * FETCH with new flags, FLAGS (RFC 9051 5.2, 7.3, 7.4, 7.5).  Everything that tells, the end of a
 * command or IDLE, comes through here, so there is one order and one set of rules: expunges first
 * where they are allowed, then new messages, then flags, which the store is asked for only now.
 */
#include "base/uidlate.h"
#include "mailbox/batch.h"
#include "session/access.h"
#include "session/annotated_tell.h"
#include "session/contexts.h"
#include "session/modseq.h"
#include "session/putoff.h"

#define EXPUNGES_AT_A_TIME 256u
#define LOOKED_UP          16384u /* announced messages that one question is about */
#define ANNOTATIONS        ((unsigned)ISRV_PENDING_ANNOTATIONS)

struct isrv_sync {
	enum {
		AT_START,
		AT_LOOKED,
		AT_EXPUNGE,
		AT_FLAGS,
		AT_FLAGS_ASKED,
		AT_ANNOTATIONS
	} at;
	uint32_t first;           /* where a look-up began */
	uint32_t last;            /* and where its question ends */
	bool failed;              /* its answer could not be kept */
	bool results_told;        /* searches that are followed have lost what is expunged */
	struct isrv_uidset found; /* what a look-up found, or the messages whose flags are being
	                           * told; before them, what this client expunged, while that is
	                           * told */
	struct isrv_uidset late;  /* of a look-up, what waits: see base/uidlate.h */
	struct isrv_batch batch;
	struct isrv_putoff off; /* rows of it for which there was no room */
	struct isrv_annotated_tell *annotations; /* NULL: none were told */
};

static struct isrv_sync *get(struct imapsrv_session *s)
{
	if (!s->sync) {
		s->sync = isrv_arena_zalloc_over(&s->arena, sizeof(*s->sync));
		if (!s->sync) {
			isrv_session_fail(s, IMAPSRV_ENOMEM);
			return NULL;
		}
		isrv_uidset_init(&s->sync->found, SIZE_MAX);
		isrv_uidset_init(&s->sync->late, SIZE_MAX);
		isrv_putoff_init(s, &s->sync->off);
	}
	return s->sync;
}

static void clear(struct imapsrv_session *s, struct isrv_sync *y)
{
	isrv_uidset_clear(&y->found, &s->mem);
	isrv_uidset_clear(&y->late, &s->mem);
	isrv_putoff_clear(s, &y->off);
}

bool isrv_sync_rests(const struct imapsrv_session *s)
{
	return (!s->sync || s->sync->at == AT_START) && !isrv_contexts_busy(s);
}

void isrv_sync_drop(struct imapsrv_session *s)
{
	if (s->sync)
		clear(s, s->sync);
	if (s->sync && s->sync->annotations)
		isrv_annotated_tell_drop(s, s->sync->annotations);
	s->sync = NULL;
	if (s->contexts)
		isrv_contexts_drop(s);
}

/* ---- FLAGS --------------------------------------------------------------------------------- */

static void put_keywords(struct imapsrv_session *s, bool *first)
{
	const struct isrv_keywords *k = &s->view->keywords;

	for (uint32_t i = 0; i < k->count; i++) {
		struct imapsrv_span name = isrv_keywords_at(k, i);

		if (!*first)
			ISRV_W(&s->w, " ");
		*first = false;
		isrv_w_astring(&s->w, name.data, name.len);
	}
}

void isrv_sync_put_flags(struct imapsrv_session *s)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} names[] = {
		{IMAPSRV_ANSWERED, " \\Answered"}, {IMAPSRV_FLAGGED, " \\Flagged"},
		{IMAPSRV_DELETED, " \\Deleted"},   {IMAPSRV_SEEN, " \\Seen"},
		{IMAPSRV_DRAFT, " \\Draft"},
	};
	struct isrv_view *v = s->view;
	uint32_t permanent = isrv_access_flags(v);
	struct isrv_writer *w = &s->w;
	bool first = false;

	v->keywords_new = false;

	ISRV_W(w, "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft");
	put_keywords(s, &first);
	ISRV_W(w, ")");
	isrv_w_crlf(w);
	first = true;
	ISRV_W(w, "* OK [PERMANENTFLAGS (");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!(permanent & names[i].bit))
			continue;
		isrv_w_cstr(w, names[i].name + first);
		first = false;
	}
	if (isrv_access_keywords(v))
		put_keywords(s, &first);
	if (isrv_access_keywords(v) && v->new_keywords)
		isrv_w_cstr(w, &" \\*"[first]);
	ISRV_W(w, ")] Flags that are kept");
	isrv_w_crlf(w);
}

/*
 * Are so many more keywords than before worth telling all of them at once, or is that left for the
 * end of what is at work?  Each of a few; of many only every sixteenth part more: else the messages
 * of one answer that each have another one make a response that is quadratic in what others stored.
 */
static bool is_worth_telling(uint32_t before, uint32_t count)
{
	uint32_t part = 1;

	while (part <= count / 32)
		part *= 2;
	return before / part != count / part;
}

void isrv_sync_keywords(struct imapsrv_session *s, const struct imapsrv_flags *flags)
{
	uint32_t before = s->view->keywords.count;
	bool news = false;

	for (uint32_t i = 0; i < flags->keyword_count; i++) {
		bool added = false;

		if (!isrv_keywords_add(&s->view->keywords, &s->mem, flags->keywords[i], &added)) {
			isrv_session_fail(s, IMAPSRV_ENOMEM);
			return;
		}
		news = news || added;
	}
	if (news && is_worth_telling(before, s->view->keywords.count))
		isrv_sync_put_flags(s);
	else if (news)
		s->view->keywords_new = true;
}

/* ---- look-ups ------------------------------------------------------------------------------ */

static void found(struct imapsrv_session *s, void *ctx, const void *answer)
{
	struct isrv_sync *y = ctx;
	const struct imapsrv_set *set = answer;

	for (size_t i = 0; i < set->count && !y->failed; i++) {
		struct imapsrv_range r = set->ranges[i];

		if (r.last < s->view->look_from || r.first > y->last)
			continue;
		if (r.first < s->view->look_from)
			r.first = s->view->look_from;
		if (!isrv_uidlate_add(&y->late, &y->found, &s->mem, r.first, r.last, &s->steps))
			y->failed = true;
	}
}

/* A range for each message that others have gone around takes far more memory than their numbers:
 * of many messages some at a time. */
static void ask_uids(struct imapsrv_session *s, struct isrv_sync *y)
{
	const struct isrv_view *v = s->view;
	struct imapsrv_uids q = {v->handle, {v->look_from, UINT32_MAX}};
	uint32_t before = isrv_nummap_rank(&v->map, v->look_from - 1);

	if (v->map.count - before > LOOKED_UP)
		q.range.last = isrv_nummap_uid(&v->map, before + LOOKED_UP);
	y->last = q.range.last;
	y->failed = false;
	isrv_uidset_empty(&y->found);
	isrv_uidset_empty(&y->late);
	y->at = AT_LOOKED;
	ISRV_ASK(s, ISRV_OP_UIDS, store, uids, &q, found, y);
}

static void look(struct imapsrv_session *s, struct isrv_sync *y)
{
	isrv_view_look_begin(s->view, &y->first);
	ask_uids(s, y);
}

static bool take_found(struct imapsrv_session *s, struct isrv_sync *y)
{
	if (y->failed || !isrv_uidlate_settle(&y->late, &y->found, &s->mem, &s->steps))
		return false;
	if (y->last < UINT32_MAX)
		return isrv_view_look_part(s->view, &s->mem, y->first, y->last,
		                           isrv_uidset_view(&y->found));
	return isrv_view_look_end(s->view, &s->mem, y->first, &y->found);
}

/* True: more is asked for. */
static bool looked(struct imapsrv_session *s, struct isrv_sync *y)
{
	bool more = s->result.code == IMAPSRV_OK && y->last < UINT32_MAX;

	if (s->result.code != IMAPSRV_OK)
		isrv_view_look_failed(s->view, y->first);
	else if (!take_found(s, y))
		isrv_session_fail(s, IMAPSRV_ENOMEM);
	isrv_uidset_empty(&y->found);
	if (more && !s->error)
		ask_uids(s, y);
	return more;
}

/* ---- EXPUNGE ------------------------------------------------------------------------------- */

/* What this client expunged is in two sets.  The other one loses it when all that may be was told:
 * with each line, what others expunged would have to be looked through.  False: no memory. */
static bool settle_own(struct imapsrv_session *s, struct isrv_sync *y)
{
	struct isrv_view *v = s->view;
	uint32_t max = v->expunged.max;
	bool done;

	/* What is left may be in more ranges than fit: see isrv_view_post_own_gone. */
	v->expunged.max = UINT32_MAX;
	done = isrv_uidset_subtract(&y->found, &s->mem, isrv_uidset_view(&v->own_gone)) &&
	       isrv_uidset_subtract(&v->expunged, &s->mem, isrv_uidset_view(&y->found));
	v->expunged.max = max;
	isrv_uidset_empty(&y->found);
	return done;
}

/* These, the highest of `gone`, are told: from the upper end of a set, which needs no memory. */
static void was_told(struct imapsrv_session *s, const struct isrv_uidset *gone,
                     struct imapsrv_set told)
{
	struct isrv_view *v = s->view;
	uint32_t first = isrv_uidset_min(told);

	(void)isrv_uidset_remove(&v->own_gone, &s->mem, first, UINT32_MAX);
	if (gone == &v->expunged)
		(void)isrv_uidset_remove(&v->expunged, &s->mem, first, UINT32_MAX);
}

/* RFC 7162 3.2.10: once QRESYNC is enabled; RFC 9586 3.4: or UIDONLY.  Some of the highest ranges,
 * as below. */
static bool put_vanished(struct imapsrv_session *s, const struct isrv_uidset *gone)
{
	struct isrv_view *v = s->view;
	size_t n = gone->count < EXPUNGES_AT_A_TIME ? gone->count : EXPUNGES_AT_A_TIME;
	struct imapsrv_set set = {gone->ranges + (gone->count - n), n};

	ISRV_W(&s->w, "* VANISHED ");
	isrv_w_set(&s->w, set);
	isrv_w_crlf(&s->w);
	s->steps += n;
	if (isrv_nummap_remove(&v->map, &s->mem, set) == UINT32_MAX)
		return false;
	was_told(s, gone, set);
	return true;
}

/* Tells some of the highest, so that the numbers below stay right. */
static bool put_expunges(struct imapsrv_session *s, const struct isrv_uidset *gone)
{
	struct isrv_view *v = s->view;
	struct imapsrv_range r = gone->ranges[gone->count - 1];
	struct imapsrv_set set = {&r, 1};
	uint32_t high = isrv_nummap_rank(&v->map, r.last);
	uint32_t low = isrv_nummap_rank(&v->map, r.first - 1);

	if (high - low > EXPUNGES_AT_A_TIME) {
		low = high - EXPUNGES_AT_A_TIME;
		r.first = isrv_nummap_uid(&v->map, low + 1);
	}
	if (isrv_nummap_remove(&v->map, &s->mem, set) == UINT32_MAX)
		return false;
	was_told(s, gone, set);
	for (uint32_t seq = high; seq > low; seq--) {
		ISRV_W(&s->w, "* ");
		isrv_w_u32(&s->w, seq);
		ISRV_W(&s->w, " EXPUNGE");
		isrv_w_crlf(&s->w);
		s->steps++;
	}
	return true;
}

/* Some of them, or none are left (NULL).  False: no memory. */
static bool put_gone(struct imapsrv_session *s, struct isrv_sync *y, const struct isrv_uidset *gone)
{
	bool done = true;

	if (y->found.count && gone != &s->view->own_gone)
		done = settle_own(s, y);
	else if (gone == &s->view->own_gone && !y->found.count)
		done = isrv_uidset_copy(&y->found, &s->mem, isrv_uidset_view(gone));
	if (done && gone)
		done = isrv_modseq_vanishes(s) ? put_vanished(s, gone) : put_expunges(s, gone);
	if (!done)
		isrv_session_fail(s, IMAPSRV_ENOMEM);
	return done;
}

/* Neither announced nor fresh any more, so that nobody can ask for them: also those that were never
 * announced. */
void isrv_sync_forget(struct imapsrv_session *s)
{
	struct isrv_view *v = s->view;

	if (v->expunged.count || v->look_all)
		return;
	v->forget = false;
	if (!s->engine->store.forgotten)
		return;
	s->in_callback++;
	s->engine->store.forgotten(s->user, v->handle);
	s->in_callback--;
}

/* ---- EXISTS -------------------------------------------------------------------------------- */

static bool put_exists(struct imapsrv_session *s)
{
	struct isrv_view *v = s->view;
	struct imapsrv_range fresh = {v->map.last_uid + 1, UINT32_MAX};

	if (!v->fresh.count)
		return true;
	if (((s->notify && s->notify->fetch) || isrv_contexts_show(s)) &&
	    !isrv_view_note_arrived(v, &s->mem)) {
		isrv_session_fail(s, IMAPSRV_ENOMEM);
		return false;
	}
	s->news = s->news || v->arrived.count;
	if (!isrv_view_announce(v, &s->mem)) {
		isrv_session_fail(s, IMAPSRV_ENOMEM);
		return false;
	}
	isrv_contexts_touch(s, (struct imapsrv_set){&fresh, 1});
	ISRV_W(&s->w, "* ");
	isrv_w_u32(&s->w, v->map.count);
	ISRV_W(&s->w, " EXISTS");
	isrv_w_crlf(&s->w);
	if (!isrv_session_rev2(s)) {
		ISRV_W(&s->w, "* ");
		isrv_w_u32(&s->w, isrv_view_recent(v));
		ISRV_W(&s->w, " RECENT");
		isrv_w_crlf(&s->w);
	}
	return true;
}

/* ---- FETCH with flags ---------------------------------------------------------------------- */

/* Without keywords a row is short: a batch of them has room, but not all that a store may tell. */
static bool begin_row(struct imapsrv_session *s, struct isrv_sync *y, const struct imapsrv_row *row)
{
	if (!row->flags.keyword_count)
		return isrv_uidset_has(y->off.part, row->uid);
	if (!isrv_putoff_row(s, &y->off, row->uid))
		return false;
	isrv_sync_keywords(s, &row->flags);
	return true;
}

static void end_row(struct imapsrv_session *s, struct isrv_sync *y, const struct imapsrv_row *row)
{
	if (row->flags.keyword_count)
		isrv_putoff_told(s, &y->off, row->uid);
}

static void put_row(struct imapsrv_session *s, void *ctx, const void *answer)
{
	const struct imapsrv_row *row = answer;
	struct isrv_view *v = s->view;
	uint32_t seq = isrv_nummap_seq(&v->map, row->uid);

	if (!seq || !(row->facts & IMAPSRV_FACT_FLAGS) ||
	    isrv_uidset_has(isrv_uidset_view(&v->expunged), row->uid) || !begin_row(s, ctx, row))
		return;
	isrv_session_put_flags(s, seq, true, row);
	end_row(s, ctx, row);
}

/* The same for a client that wants sequences (RFC 7162 3.1). */
static void put_modseq_row(struct imapsrv_session *s, void *ctx, const void *answer)
{
	const struct imapsrv_row *row = answer;
	struct isrv_view *v = s->view;
	uint32_t seq = isrv_nummap_seq(&v->map, row->uid);

	if (!(row->facts & IMAPSRV_FACT_MODSEQ)) {
		put_row(s, ctx, answer);
		return;
	}
	if (!seq || !(row->facts & IMAPSRV_FACT_FLAGS) ||
	    isrv_uidset_has(isrv_uidset_view(&v->expunged), row->uid) || !begin_row(s, ctx, row))
		return;
	isrv_w_fetch_modseq(&s->w, isrv_session_number(s, seq), row->uid, &row->flags,
	                    isrv_session_is_recent(s, row->uid), row->modseq);
	end_row(s, ctx, row);
	isrv_modseq_saw(s, row->modseq);
}

/* Takes the pending changes over: what changes while these are told is told next. */
static void begin_flags(struct imapsrv_session *s, struct isrv_sync *y)
{
	if (!isrv_view_take_changed(s->view, &s->mem, &y->found))
		isrv_session_fail(s, IMAPSRV_ENOMEM);
	isrv_contexts_touch(s, isrv_uidset_view(&y->found));
	isrv_batch_init(&y->batch, isrv_uidset_view(&y->found), &s->steps);
}

static bool ask_flags(struct imapsrv_session *s, struct isrv_sync *y)
{
	struct imapsrv_fetch q = {s->view->handle, {NULL, 0}, IMAPSRV_FACT_FLAGS, 0};
	isrv_sink *sink = put_row;
	uint32_t messages;

	if (isrv_modseq_shown(s)) {
		q.facts |= IMAPSRV_FACT_MODSEQ;
		sink = put_modseq_row;
	}

	isrv_putoff_settle(s, &y->off);
	if (!isrv_putoff_again(&y->off)) {
		if (!isrv_batch_next(&y->batch, &s->view->map, s->engine->limits.batch, &q.uids,
		                     &messages))
			return false;
		isrv_putoff_begin(&y->off, q.uids);
	}
	q.uids = y->off.part;
	ISRV_ASK(s, ISRV_OP_FETCH, store, fetch, &q, sink, y);
	return true;
}

/* ---- the routine --------------------------------------------------------------------------- */

/* Which expunges may be told now; NULL: none. */
static const struct isrv_uidset *expunges(const struct isrv_view *v, unsigned kinds)
{
	if (kinds & ISRV_PENDING_GONE && v->expunged.count)
		return &v->expunged;
	if (kinds & ISRV_PENDING_OWN && v->own_gone.count)
		return &v->own_gone;
	return NULL;
}

static enum isrv_step tell_expunges(struct imapsrv_session *s, struct isrv_sync *y, unsigned kinds)
{
	const struct isrv_uidset *gone;

	/* Before the numbers are gone (RFC 5267 4.3.4). */
	if ((!y->results_told || isrv_contexts_more_gone(s)) &&
	    isrv_contexts_tell_gone(s) != ISRV_DONE)
		return ISRV_OUTPUT;
	y->results_told = true;
	do {
		gone = expunges(s->view, kinds);
		if (gone && isrv_session_full(s))
			return ISRV_OUTPUT;
		if (!put_gone(s, y, gone))
			return ISRV_DONE;
	} while (gone);
	y->results_told = false;
	if (kinds & ISRV_PENDING_NEW && !put_exists(s))
		return ISRV_DONE;
	if (kinds & ISRV_PENDING_FLAGS)
		begin_flags(s, y);
	else
		isrv_batch_init(&y->batch, isrv_uidset_view(&y->found), &s->steps); /* none */
	y->at = AT_FLAGS;
	return ISRV_DONE;
}

static enum isrv_step tell_flags(struct imapsrv_session *s, struct isrv_sync *y)
{
	while (!isrv_session_full(s)) {
		if (ask_flags(s, y)) {
			y->at = AT_FLAGS_ASKED;
			return ISRV_HOST;
		}
		clear(s, y);
		if (s->view->keywords_new)
			isrv_sync_put_flags(s);
		y->at = AT_START;
		return ISRV_DONE;
	}
	return ISRV_OUTPUT;
}

/* After the flags: what the kinds allow of annotations.  DONE: told, or there are none. */
static enum isrv_step tell_annotations(struct imapsrv_session *s, struct isrv_sync *y)
{
	enum isrv_step step;

	if (!y->annotations)
		y->annotations = isrv_arena_zalloc_over(&s->arena, sizeof(*y->annotations));
	if (!y->annotations) {
		isrv_session_fail(s, IMAPSRV_ENOMEM);
		return ISRV_DONE;
	}
	y->at = AT_ANNOTATIONS;
	step = isrv_annotated_tell_step(s, y->annotations);
	if (step == ISRV_DONE)
		y->at = AT_START;
	return step;
}

/* The store would not say: they stay pending, and the next command tries again. */
static void keep_flags(struct imapsrv_session *s, struct isrv_sync *y)
{
	isrv_view_post_changed(s->view, &s->mem, isrv_uidset_view(&y->found));
	clear(s, y);
	y->at = AT_START;
}

enum isrv_step isrv_sync_look(struct imapsrv_session *s)
{
	struct isrv_sync *y = get(s);

	if (!y)
		return ISRV_DONE;
	if (y->at == AT_START) {
		if (!s->view->look_new && !s->view->look_all)
			return ISRV_DONE;
		look(s, y);
	}
	do {
		if (!isrv_answered(s))
			return ISRV_HOST;
	} while (looked(s, y) && !s->error);
	y->at = AT_START;
	return ISRV_DONE;
}

static enum isrv_step tell(struct imapsrv_session *s, unsigned kinds)
{
	struct isrv_sync *y = s->sync;
	enum isrv_step step = ISRV_DONE;

	if ((!y || y->at == AT_START) && !isrv_view_pending(s->view, kinds) &&
	    !(s->contexts && isrv_contexts_due(s)))
		return ISRV_DONE;
	y = get(s);
	while (y && !s->error && step == ISRV_DONE) {
		switch (y->at) {
		case AT_START:
			y->at = AT_EXPUNGE;
			if (kinds & ISRV_PENDING_NEW && (s->view->look_new || s->view->look_all))
				look(s, y);
			break;
		case AT_LOOKED:
		case AT_FLAGS_ASKED:
			if (!isrv_answered(s))
				return ISRV_HOST;
			if (y->at == AT_LOOKED) {
				if (!looked(s, y))
					y->at = AT_EXPUNGE;
			} else if (s->result.code != IMAPSRV_OK) {
				keep_flags(s, y);
				return ISRV_DONE;
			} else {
				y->at = AT_FLAGS;
			}
			break;
		case AT_EXPUNGE:
			step = tell_expunges(s, y, kinds);
			break;
		case AT_FLAGS:
			step = tell_flags(s, y);
			if (y->at == AT_START && isrv_view_pending(s->view, kinds & ANNOTATIONS))
				return tell_annotations(s, y);
			if (y->at == AT_START)
				return ISRV_DONE;
			if (step == ISRV_HOST && isrv_answered(s))
				step = ISRV_DONE;
			break;
		case AT_ANNOTATIONS:
			return tell_annotations(s, y);
		}
	}
	return step;
}

enum isrv_step isrv_sync_step(struct imapsrv_session *s, unsigned kinds)
{
	enum isrv_step step = ISRV_DONE;

	if (!s->contexts)
		return tell(s, kinds);
	/* Searches that are followed come last, and numbers stand still meanwhile. */
	if (!isrv_contexts_busy(s))
		step = tell(s, kinds);
	return step == ISRV_DONE && !s->error ? isrv_contexts_tell_changed(s) : step;
}
