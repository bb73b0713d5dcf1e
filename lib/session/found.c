/* SPDX-License-Identifier: MIT */
/*
 * A store answers a batch in any order, so a number may have to go between others; but batches
 * ascend, so what has to move for it is never more than a batch.
 *
 * Output is written a run at a time, a run being contiguous in the numbers that are told: a result
 * of a million messages never stands in the output queue as a whole.
 */
#include "session/found.h"

#define PIECE 256u /* numbers of a list that are written between two looks at the queue */

static bool reserve(struct isrv_found *f, struct isrv_arena *arena)
{
	size_t unit = sizeof(*f->ranges), cap = f->cap ? f->cap * 2 : 32;
	struct imapsrv_range *grown;

	if (f->count < f->cap)
		return true;
	if (cap > SIZE_MAX / unit)
		return false;
	grown = isrv_arena_grow(arena, f->ranges, f->cap * unit, cap * unit);
	if (!grown)
		return false;
	f->ranges = grown;
	f->cap = cap;
	return true;
}

/* One number where others stand behind it. */
static void widen(struct isrv_found *f, size_t i, uint32_t n)
{
	struct imapsrv_range *at = &f->ranges[i];

	if (n < at->first)
		at->first = n;
	if (n <= at->last)
		return;
	at->last = n;
	if (i + 1 < f->count && at[1].first - 1 <= n) {
		at->last = at[1].last;
		memmove(at + 1, at + 2, (f->count - i - 2) * sizeof(*at));
		f->count--;
	}
}

bool isrv_found_add(struct isrv_found *f, struct isrv_arena *arena, uint32_t first, uint32_t last)
{
	struct imapsrv_set set = {f->ranges, f->count};
	size_t i = f->count;

	if (i && first - 1 <= f->ranges[i - 1].last) {
		if (first - 1 == f->ranges[i - 1].last) {
			f->ranges[i - 1].last = last;
			return true;
		}
		/* The first range that holds it, or touches it from either side, or lies above. */
		i = isrv_uidset_seek(set, first > 1 ? first - 1 : 1);
		if (f->ranges[i].first - 1 <= first) {
			widen(f, i, first);
			return true;
		}
	}
	if (!reserve(f, arena))
		return false;
	memmove(f->ranges + i + 1, f->ranges + i, (f->count - i) * sizeof(*f->ranges));
	f->ranges[i] = (struct imapsrv_range){first, last};
	f->count++;
	return true;
}

uint32_t isrv_found_size(const struct isrv_found *f)
{
	struct imapsrv_set set = {f->ranges, f->count};

	/* No more than there are messages, whose number has 32 bits. */
	return (uint32_t)isrv_uidset_size(set);
}

/* The next run of numbers to tell, at most max of them; false at the end. */
static bool next_run(struct isrv_found *f, const struct isrv_nummap *uids, uint32_t max,
                     struct imapsrv_range *run_r)
{
	struct imapsrv_range range;
	uint32_t last;

	if (f->range == f->count)
		return false;
	range = f->ranges[f->range];
	if (f->at)
		range.first = f->at;
	if (uids) {
		last = isrv_nummap_uid(uids, range.last);
		if (!isrv_nummap_run(uids, isrv_nummap_uid(uids, range.first), run_r))
			return false;
		if (run_r->last > last)
			run_r->last = last;
	} else {
		*run_r = range;
	}
	if (run_r->last - run_r->first >= max)
		run_r->last = run_r->first + max - 1;
	/* Compared before adding: the last number may be the highest there is. */
	if (run_r->last - run_r->first == range.last - range.first) {
		f->range++;
		f->at = 0;
	} else {
		f->at = range.first + (run_r->last - run_r->first) + 1;
	}
	return true;
}

enum isrv_step isrv_found_put_list(struct imapsrv_session *s, struct isrv_found *f,
                                   const struct isrv_nummap *uids)
{
	struct imapsrv_range run;
	uint32_t i, n;

	while (!isrv_session_full(s)) {
		if (!next_run(f, uids, PIECE, &run))
			return ISRV_DONE;
		n = run.last - run.first + 1;
		s->steps += n;
		for (i = 0; i < n; i++) {
			ISRV_W(&s->w, " ");
			isrv_w_u32(&s->w, run.first + i);
		}
	}
	return f->range == f->count ? ISRV_DONE : ISRV_OUTPUT;
}

enum isrv_step isrv_found_put_set(struct imapsrv_session *s, struct isrv_found *f,
                                  const struct isrv_nummap *uids)
{
	struct imapsrv_range run;
	bool first = f->range == 0 && f->at == 0;

	while (!isrv_session_full(s)) {
		if (!next_run(f, uids, UINT32_MAX, &run))
			return ISRV_DONE;
		s->steps++;
		if (!first)
			ISRV_W(&s->w, ",");
		first = false;
		isrv_w_u32(&s->w, run.first);
		if (run.last == run.first)
			continue;
		ISRV_W(&s->w, ":");
		isrv_w_u32(&s->w, run.last);
	}
	return f->range == f->count ? ISRV_DONE : ISRV_OUTPUT;
}
