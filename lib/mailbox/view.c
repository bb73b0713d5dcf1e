/* SPDX-License-Identifier: MIT */
/*
 * What is announced, what is known, and what has to be asked (RFC 9051 2.3.1.2, 7.4.1, 7.5.1).
 *
 * Invariants: every UID below uidnext is settled (announced, fresh, or not there), so that an event
 * about a new one at uidnext itself can be taken as it is, while one above it leaves a gap that
 * only the store can explain.  Fresh UIDs are above all announced ones, so they can be appended to
 * the numbering.  An event that cannot be kept leaves a mark, look_new or look_all, that finds the
 * same again.
 */
#include "mailbox/view.h"

#include <string.h>

#define ANNOTATED_RANGES 1000u /* of messages, for one entry whose annotations changed */
#define FRESH_KEEP 16u /* ranges of memory that `fresh` keeps when there is nothing new */

/* Memory for one range. */
static bool reserve_one(struct isrv_uidset *set, struct isrv_mem *mem)
{
	bool done = isrv_uidset_add(set, mem, 1, 1);

	isrv_uidset_empty(set);
	return done;
}

bool isrv_view_init(struct isrv_view *v, struct isrv_mem *mem, struct imapsrv_span name,
                    uint32_t max_ranges, uint32_t max_keywords)
{
	memset(v, 0, sizeof(*v));
	isrv_nummap_init(&v->map);
	isrv_keywords_init(&v->keywords, max_keywords);
	isrv_uidset_init(&v->expunged, max_ranges);
	isrv_uidset_init(&v->own_gone, SIZE_MAX);
	isrv_uidset_init(&v->own, max_ranges);
	isrv_uidset_init(&v->arrived, SIZE_MAX);
	isrv_uidset_init(&v->changed, max_ranges ? max_ranges : 1);
	isrv_uidset_init(&v->fresh, max_ranges);
	isrv_uidset_init(&v->gone, max_ranges);
	isrv_uidset_init(&v->saved, max_ranges);
	v->name = isrv_mem_alloc(mem, name.len);
	v->name_len = name.len;
	if (!v->name || !reserve_one(&v->changed, mem)) {
		isrv_view_clear(v, mem);
		return false;
	}
	if (name.len)
		memcpy(v->name, name.data, name.len);
	return true;
}

void isrv_view_clear(struct isrv_view *v, struct isrv_mem *mem)
{
	isrv_mem_free(mem, v->name, v->name_len);
	v->name = NULL;
	v->name_len = 0;
	isrv_nummap_clear(&v->map, mem);
	isrv_keywords_clear(&v->keywords, mem);
	isrv_uidset_clear(&v->expunged, mem);
	isrv_uidset_clear(&v->own_gone, mem);
	isrv_uidset_clear(&v->own, mem);
	isrv_uidset_clear(&v->arrived, mem);
	isrv_uidset_clear(&v->changed, mem);
	if (v->annotated)
		isrv_annotated_clear(v->annotated, mem);
	isrv_mem_free(mem, v->annotated, sizeof(*v->annotated));
	v->annotated = NULL;
	isrv_uidset_clear(&v->fresh, mem);
	isrv_uidset_clear(&v->gone, mem);
	isrv_uidset_clear(&v->saved, mem);
}

/* ---- events ------------------------------------------------------------------------------- */

/* The highest UID that is announced or fresh. */
static uint32_t highest(const struct isrv_view *v)
{
	uint32_t fresh = isrv_uidset_max(isrv_uidset_view(&v->fresh));

	return fresh > v->map.last_uid ? fresh : v->map.last_uid;
}

/* Everything up to this UID is settled. */
static void settle(struct isrv_view *v, uint32_t uid)
{
	if (uid >= v->uidnext)
		v->uidnext = uid < UINT32_MAX ? uid + 1 : uid;
}

void isrv_view_post_new(struct isrv_view *v, struct isrv_mem *mem, struct imapsrv_set uids)
{
	uint32_t heard = v->heard, last = isrv_uidset_max(uids);
	uint64_t next;
	size_t i;

	if (last > heard)
		v->heard = last;
	if (uids.count == 0)
		v->look_new = true;
	for (i = isrv_uidset_seek(uids, v->uidnext); i < uids.count; i++) {
		struct imapsrv_range range = uids.ranges[i];

		next = (uint64_t)highest(v) + 1;
		if (next < v->uidnext)
			next = v->uidnext;
		if (range.last < next)
			continue;
		if (range.first < next)
			range.first = (uint32_t)next;
		if (v->looking && range.last < v->look_next)
			continue; /* the answer says it */
		/* A gap may be a message of another writer whose event is still to come; to
		 * announce what is above it first would leave it no number.  And what was heard of
		 * before but not taken may be gone again since. */
		if (range.first > next || range.first <= heard ||
		    !isrv_uidset_add(&v->fresh, mem, range.first, range.last)) {
			v->look_new = true;
			return;
		}
		settle(v, range.last);
	}
}

bool isrv_view_note_own(struct isrv_view *v, struct isrv_mem *mem, struct imapsrv_set uids)
{
	/* Past the limit they are shown like those of others. */
	return v->own.count + uids.count > v->own.max || isrv_uidset_union(&v->own, mem, uids);
}

void isrv_view_post_own(struct isrv_view *v, struct imapsrv_set uids)
{
	if (uids.count == 0 || isrv_uidset_max(uids) >= v->uidnext)
		v->look_new = true;
}

/* The announced ones among the UIDs are added to `expunged`.  False: they were not. */
static bool expunge_announced(struct isrv_view *v, struct isrv_mem *mem, struct imapsrv_set uids)
{
	struct isrv_uidset found;
	struct imapsrv_range run;
	bool done = true;
	size_t i;

	isrv_uidset_init(&found, v->expunged.max);
	for (i = 0; done && i < uids.count; i++) {
		uint32_t from = uids.ranges[i].first, last = uids.ranges[i].last;

		while (done && isrv_nummap_run_in(&v->map, from, last, &run)) {
			done = isrv_uidset_add(&found, mem, run.first, run.last);
			if (run.last == last)
				break;
			from = run.last + 1;
		}
	}
	done = done && isrv_uidset_union(&v->expunged, mem, isrv_uidset_view(&found));
	isrv_uidset_clear(&found, mem);
	return done;
}

/* The lowest UID that both sets have; 0: there is none. */
static uint32_t first_common(struct imapsrv_set a, struct imapsrv_set b)
{
	size_t i = 0, k = 0;

	while (i < a.count && k < b.count) {
		struct imapsrv_range x = a.ranges[i], y = b.ranges[k];

		if (x.last >= y.first && y.last >= x.first)
			return x.first > y.first ? x.first : y.first;
		if (x.last < y.first)
			i++;
		else
			k++;
	}
	return 0;
}

void isrv_view_post_gone(struct isrv_view *v, struct isrv_mem *mem, struct imapsrv_set uids)
{
	uint32_t from;

	v->forget = true;
	if (v->looking && !isrv_uidset_union(&v->gone, mem, uids))
		v->look_all = true;
	if (!expunge_announced(v, mem, uids))
		v->look_all = true;
	if (!isrv_uidset_subtract(&v->fresh, mem, uids)) {
		/* No memory to split a range that both have: forget what is above, which needs
		 * none; ask again.  Or there were too many before, and they have nothing in
		 * common. */
		from = first_common(isrv_uidset_view(&v->fresh), uids);
		if (from) {
			(void)isrv_uidset_remove(&v->fresh, mem, from, UINT32_MAX);
			v->uidnext = from;
			v->look_all = true;
		}
	}
	/* If this fails, the store is asked for flags of messages that are gone, and gives none. */
	(void)isrv_uidset_subtract(&v->changed, mem, uids);
}

/* Of what was announced; *uids is cut. */
static bool cut_announced(const struct isrv_view *v, struct imapsrv_set *uids)
{
	size_t count = isrv_uidset_seek(*uids, v->map.last_uid);

	if (count < uids->count && uids->ranges[count].first <= v->map.last_uid)
		count++;
	uids->count = count;
	return count && isrv_nummap_rank(&v->map, isrv_uidset_max(*uids)) >
	                        isrv_nummap_rank(&v->map, isrv_uidset_min(*uids) - 1);
}

bool isrv_view_post_annotated(struct isrv_view *v, struct isrv_mem *mem, struct imapsrv_set uids,
                              const struct imapsrv_span *names, size_t count, uint32_t max_names)
{
	if (!cut_announced(v, &uids))
		return true;
	if (!v->annotated) {
		v->annotated = isrv_mem_zalloc(mem, sizeof(*v->annotated));
		if (!v->annotated)
			return false;
		v->annotated->max_ranges = ANNOTATED_RANGES;
	}
	return isrv_annotated_add(v->annotated, mem, uids, names, count, max_names);
}

bool isrv_view_take_annotated(struct isrv_view *v, struct isrv_mem *mem,
                              struct isrv_annotated *told)
{
	struct imapsrv_range all = {1, v->map.last_uid};

	if (v->annotations & ISRV_ANNOTATIONS_LOST &&
	    !isrv_view_post_annotated(v, mem, (struct imapsrv_set){&all, all.last ? 1 : 0}, NULL, 0,
	                              0))
		return false;
	v->annotations &= (uint8_t)~ISRV_ANNOTATIONS_LOST;
	if (v->annotated)
		*told = *v->annotated;
	isrv_mem_free(mem, v->annotated, sizeof(*v->annotated));
	v->annotated = NULL;
	return true;
}

bool isrv_view_return_annotated(struct isrv_view *v, struct isrv_mem *mem,
                                struct isrv_annotated *told)
{
	if (v->annotated)
		return isrv_annotated_join(v->annotated, mem, told);
	v->annotated = isrv_mem_alloc(mem, sizeof(*v->annotated));
	if (!v->annotated)
		return false;
	*v->annotated = *told;
	*told = (struct isrv_annotated){0};
	return true;
}

void isrv_view_post_changed(struct isrv_view *v, struct isrv_mem *mem, struct imapsrv_set uids)
{
	struct isrv_uidset *set = &v->changed;
	uint32_t first = isrv_uidset_min(uids), last, own;
	size_t count = isrv_uidset_seek(uids, v->map.last_uid);

	/* The flags of a message that was not announced are not known to the client either. */
	if (count < uids.count && uids.ranges[count].first <= v->map.last_uid)
		count++;
	if (count == 0)
		return;
	uids.count = count;
	last = isrv_uidset_max(uids);
	if (isrv_nummap_rank(&v->map, last) == isrv_nummap_rank(&v->map, first - 1))
		return;
	if (!isrv_uidset_union(set, mem, uids)) {
		/* One range that covers all always has room: see isrv_view_init. */
		own = isrv_uidset_min(isrv_uidset_view(set));
		if (own && own < first)
			first = own;
		own = isrv_uidset_max(isrv_uidset_view(set));
		if (own > last)
			last = own;
		set->ranges[0] = (struct imapsrv_range){first, last};
		set->count = 1;
	}
	if (v->map.last_uid < UINT32_MAX)
		(void)isrv_uidset_remove(set, mem, v->map.last_uid + 1, UINT32_MAX);
}

/* What of the range is to be told at all.  No more is looked at: a host may say one by one what an
 * EXPUNGE took. */
static bool note_own_gone(struct isrv_view *v, struct isrv_mem *mem, struct imapsrv_range own)
{
	struct imapsrv_set gone = isrv_uidset_view(&v->expunged);
	size_t i = isrv_uidset_seek(gone, own.first);

	for (; i < gone.count && gone.ranges[i].first <= own.last; i++) {
		struct imapsrv_range r = gone.ranges[i];

		if (!isrv_uidset_add(&v->own_gone, mem, r.first > own.first ? r.first : own.first,
		                     r.last < own.last ? r.last : own.last))
			return false;
	}
	return true;
}

bool isrv_view_post_own_gone(struct isrv_view *v, struct isrv_mem *mem, struct imapsrv_set uids)
{
	bool look_all = v->look_all, kept;
	uint32_t max = v->expunged.max;

	/* What is only marked for comparison could not be told apart: it is held whatever the limit
	 * says. */
	v->look_all = false;
	v->expunged.max = UINT32_MAX;
	isrv_view_post_gone(v, mem, uids);
	v->expunged.max = max;
	kept = !v->look_all;
	v->look_all = v->look_all || look_all;
	for (size_t i = 0; i < uids.count && kept; i++)
		kept = note_own_gone(v, mem, uids.ranges[i]);
	return kept;
}

/* ---- telling ------------------------------------------------------------------------------ */

static bool changed_announced(const struct isrv_view *v)
{
	size_t i;

	for (i = 0; i < v->changed.count; i++) {
		struct imapsrv_range range = v->changed.ranges[i];

		if (isrv_nummap_rank(&v->map, range.last) >
		    isrv_nummap_rank(&v->map, range.first - 1))
			return true;
	}
	return false;
}

bool isrv_view_has_pending(const struct isrv_view *v, unsigned kinds)
{
	return (kinds & ISRV_PENDING_NEW &&
	        (v->look_new || v->look_all || v->fresh.count)) ||
	       (kinds & ISRV_PENDING_GONE && v->expunged.count) ||
	       (kinds & ISRV_PENDING_OWN && v->own_gone.count) ||
	       (kinds & ISRV_PENDING_ANNOTATIONS &&
	        (v->annotated || v->annotations & ISRV_ANNOTATIONS_LOST)) ||
	       (kinds & ISRV_PENDING_FLAGS && changed_announced(v));
}

bool isrv_view_take_changed(struct isrv_view *v, struct isrv_mem *mem, struct isrv_uidset *told)
{
	struct isrv_uidset next;
	uint32_t max = told->max;

	isrv_uidset_empty(told);
	if (!v->changed.count)
		return true;
	isrv_uidset_init(&next, v->changed.max);
	if (!reserve_one(&next, mem))
		return false;
	isrv_uidset_clear(told, mem);
	*told = v->changed;
	told->max = max;
	v->changed = next;
	return true;
}

bool isrv_view_note_arrived(struct isrv_view *v, struct isrv_mem *mem)
{
	return isrv_uidset_union(&v->arrived, mem, isrv_uidset_view(&v->fresh)) &&
	       isrv_uidset_subtract(&v->arrived, mem, isrv_uidset_view(&v->own));
}

bool isrv_view_announce(struct isrv_view *v, struct isrv_mem *mem)
{
	size_t i;

	for (i = 0; i < v->fresh.count; i++) {
		struct imapsrv_range range = v->fresh.ranges[i];

		if (isrv_nummap_append(&v->map, mem, range.first, range.last))
			continue;
		if (i)
			(void)isrv_uidset_remove(&v->fresh, mem, 1, v->map.last_uid);
		return false;
	}
	if (v->fresh.cap > FRESH_KEEP)
		isrv_uidset_clear(&v->fresh, mem);
	else
		isrv_uidset_empty(&v->fresh);
	if (v->own.cap)
		isrv_uidset_clear(&v->own, mem);
	return true;
}

uint32_t isrv_view_recent(const struct isrv_view *v)
{
	if (v->recent_from == 0)
		return 0;
	return v->map.count - isrv_nummap_rank(&v->map, v->recent_from - 1);
}

/* ---- looking ------------------------------------------------------------------------------ */

void isrv_view_look_begin(struct isrv_view *v, uint32_t *first_r)
{
	uint32_t top = highest(v);

	*first_r = v->look_all ? 1 : top < UINT32_MAX ? top + 1 : top;
	v->look_new = false;
	v->look_all = false;
	v->looking = true;
	v->look_next = v->heard < UINT32_MAX ? v->heard + 1 : v->heard;
	if (v->look_next < v->uidnext)
		v->look_next = v->uidnext;
	v->look_from = *first_r;
	isrv_uidset_empty(&v->gone);
}

static void look_over(struct isrv_view *v, struct isrv_mem *mem)
{
	v->looking = false;
	isrv_uidset_clear(&v->gone, mem);
}

void isrv_view_look_failed(struct isrv_view *v, uint32_t first)
{
	v->looking = false;
	isrv_uidset_empty(&v->gone);
	if (first == 1)
		v->look_all = true;
	else
		v->look_new = true;
}

/* Adds to `found` what of the run is not in exists, from its range *at on, which moves up. */
static bool run_without(struct imapsrv_range run, struct imapsrv_set exists, size_t *at,
                        struct isrv_uidset *found, struct isrv_mem *mem)
{
	for (;;) {
		struct imapsrv_range next;

		while (*at < exists.count && exists.ranges[*at].last < run.first)
			++*at;
		if (*at == exists.count || exists.ranges[*at].first > run.last)
			return isrv_uidset_add(found, mem, run.first, run.last);
		next = exists.ranges[*at];
		if (next.first > run.first &&
		    !isrv_uidset_add(found, mem, run.first, next.first - 1))
			return false;
		if (next.last >= run.last)
			return true;
		run.first = next.last + 1;
	}
}

/* Announced UIDs from look_from to last that do not exist are expunged; not those from look_next
 * on, which came after the question. */
static bool find_expunged(struct isrv_view *v, struct isrv_mem *mem, uint32_t last,
                          struct imapsrv_set exists)
{
	struct isrv_uidset found;
	struct imapsrv_range run;
	uint32_t max = v->expunged.max, first = v->look_from;
	size_t at = 0;
	bool done = true;

	if (last >= v->look_next)
		last = v->look_next - 1;
	isrv_uidset_init(&found, SIZE_MAX);
	while (done && isrv_nummap_run(&v->map, first, &run) && run.first <= last) {
		if (run.last > last)
			run.last = last;
		done = run_without(run, exists, &at, &found, mem);
		first = run.last + 1;
	}
	v->expunged.max = UINT32_MAX;
	done = done && isrv_uidset_union(&v->expunged, mem, isrv_uidset_view(&found));
	v->expunged.max = max;
	if (done)
		(void)isrv_uidset_subtract(&v->changed, mem, isrv_uidset_view(&found));
	isrv_uidset_clear(&found, mem);
	return done;
}

/* What exists above the announced ones is fresh, and so is what came in after the question. */
static bool find_fresh(struct isrv_view *v, struct isrv_mem *mem, uint32_t first,
                       struct isrv_uidset *exists)
{
	struct isrv_uidset kept, swap;
	bool done = true;

	/* From its lower end, which needs no memory. */
	if (v->map.last_uid)
		(void)isrv_uidset_remove(exists, mem, 1, v->map.last_uid);
	isrv_uidset_init(&kept, SIZE_MAX);
	if (v->fresh.count) {
		done = isrv_uidset_copy(&kept, mem, isrv_uidset_view(&v->fresh)) &&
		       (first >= v->look_next ||
		        isrv_uidset_remove(&kept, mem, first, v->look_next - 1)) &&
		       isrv_uidset_union(exists, mem, isrv_uidset_view(&kept));
	}
	isrv_uidset_clear(&kept, mem);
	if (!done)
		return false;
	swap = v->fresh;
	v->fresh = *exists;
	v->fresh.max = swap.max;
	*exists = swap;
	isrv_uidset_empty(exists);
	return true;
}

bool isrv_view_look_part(struct isrv_view *v, struct isrv_mem *mem, uint32_t first, uint32_t last,
                         struct imapsrv_set exists)
{
	if (!find_expunged(v, mem, last, exists)) {
		isrv_view_look_failed(v, first);
		return false;
	}
	v->look_from = last + 1;
	return true;
}

bool isrv_view_look_end(struct isrv_view *v, struct isrv_mem *mem, uint32_t first,
                        struct isrv_uidset *exists)
{
	uint32_t max = exists->max;
	bool done;

	if (first > v->uidnext) {
		/* Memory was short meanwhile: fresh ones below what was asked for are lost. */
		isrv_view_look_failed(v, first);
		isrv_uidset_empty(exists);
		return true;
	}
	exists->max = UINT32_MAX;
	if (first > 1)
		(void)isrv_uidset_remove(exists, mem, 1, first - 1);
	done = isrv_uidset_subtract(exists, mem, isrv_uidset_view(&v->gone)) &&
	       find_expunged(v, mem, UINT32_MAX, isrv_uidset_view(exists)) &&
	       find_fresh(v, mem, first, exists);
	exists->max = max;
	if (!done) {
		isrv_view_look_failed(v, first);
		return false;
	}
	if (first == 1)
		v->forget = true;
	settle(v, highest(v));
	look_over(v, mem);
	return true;
}
