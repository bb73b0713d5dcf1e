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
	grown = cap > SIZE_MAX / unit
	                ? NULL
	                : isrv_arena_grow(arena, f->ranges, f->cap * unit, cap * unit);
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

	if (n >= at->first && n <= at->last)
		return;
	f->size++;
	if (n < at->first) {
		at->first = n;
		return;
	}
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
			f->size += last - first + 1;
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
	f->size += last - first + 1;
	return true;
}

bool isrv_found_slice(const struct isrv_found *f, struct isrv_arena *arena, uint32_t first,
                      uint32_t last, struct isrv_found *slice_r)
{
	uint32_t before = 0; /* numbers in the ranges passed so far */
	struct imapsrv_range range;
	size_t i;

	*slice_r = (struct isrv_found){0};
	for (i = 0; i < f->count && before < last; i++) {
		uint32_t held = f->ranges[i].last - f->ranges[i].first + 1;

		if (held > last - before)
			held = last - before;
		range.first = f->ranges[i].first;
		range.last = range.first + (held - 1);
		if (first > before + 1)
			range.first += first - before - 1 < held ? first - before - 1 : held;
		before += held;
		if (before >= first &&
		    !isrv_found_add(slice_r, arena, range.first, range.last))
			return false;
	}
	return true;
}

bool isrv_found_uids(const struct isrv_found *f, struct isrv_arena *arena,
                     const struct isrv_nummap *map, struct imapsrv_set *uids_r, uint64_t *steps)
{
	struct imapsrv_range *uids = isrv_arena_array(arena, f->count + 1, sizeof(*uids));
	size_t i;

	if (!uids)
		return false;
	*steps += f->count;
	for (i = 0; i < f->count; i++) {
		uids[i].first = isrv_nummap_uid(map, f->ranges[i].first);
		uids[i].last = isrv_nummap_uid(map, f->ranges[i].last);
	}
	*uids_r = (struct imapsrv_set){uids, f->count};
	return true;
}

/* The next run of numbers to tell, at most max of them; false at the end. */
static bool next_run(struct isrv_found *f, const struct isrv_nummap *uids, uint32_t max,
                     struct imapsrv_range *run_r)
{
	struct imapsrv_range range;

	if (f->range == f->count)
		return false;
	range = f->ranges[f->range];
	if (f->at)
		range.first = f->at;
	*run_r = range;
	if (uids) {
		run_r->first = isrv_nummap_uid(uids, range.first);
		run_r->last = isrv_nummap_uid(uids, range.last);
	}
	if (run_r->last - run_r->first >= max)
		run_r->last = run_r->first + max - 1;
	if (uids)
		(void)isrv_nummap_run_in(uids, run_r->first, run_r->last, run_r);
	/* Compared before adding: the last number may be the highest there is. */
	if (run_r->last - run_r->first == range.last - range.first) {
		f->range++;
		f->at = 0;
	} else {
		f->at = range.first + (run_r->last - run_r->first) + 1;
	}
	return true;
}

bool isrv_found_next(struct isrv_found *f, struct imapsrv_range *run_r)
{
	return next_run(f, NULL, PIECE, run_r);
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
