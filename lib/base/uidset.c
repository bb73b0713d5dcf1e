/* SPDX-License-Identifier: MIT */
/*
 * Sets of numbers as sorted ranges.  The invariant after every call: first >= 1, first <= last,
 * and each range begins at least two above the end of the one before it, so that equal sets have
 * equal ranges.  Nothing here ever walks the numbers inside a range.
 *
 * Union, subtraction and intersection run twice over both operands: a dry run counts what will
 * come out, so that a refusal is known before anything has moved; the second run writes into the
 * set's own array, whose old ranges were moved to its upper end.
 */
#include "base/uidset.h"

#include <string.h>

/* Where a walk puts its result.  `lead` is how far the output ever got ahead of the input that
 * was consumed: the gap that an in-place run needs below its input. */
struct sink {
	struct imapsrv_range *out; /* NULL in the dry run */
	size_t count;
	size_t lead;
};

typedef void walk_fn(struct imapsrv_set own, struct imapsrv_set other, struct sink *sink);

static void emit(struct sink *sink, size_t consumed, uint32_t first, uint32_t last)
{
	if (sink->out)
		sink->out[sink->count] = (struct imapsrv_range){first, last};
	sink->count++;
	if (sink->count > consumed && sink->count - consumed > sink->lead)
		sink->lead = sink->count - consumed;
}

/* True if a range that begins at `first` continues one that ends at `last`, `first` not being
 * below the beginning of that one. */
static bool touches(uint32_t last, uint32_t first)
{
	return last == UINT32_MAX || first <= last + 1;
}

bool isrv_uidset_reserve(struct isrv_uidset *set, struct isrv_mem *mem, size_t need)
{
	size_t unit = sizeof(*set->ranges), cap = set->cap;
	struct imapsrv_range *grown;

	if (need <= cap)
		return true;
	if (need > UINT32_MAX / 2 || need > SIZE_MAX / unit)
		return false;
	/* By half, but not past what the set may ever hold. */
	cap = cap < UINT32_MAX / 2 && cap < SIZE_MAX / unit / 2 ? cap + cap / 2 + 1 : need;
	if (cap > set->max)
		cap = set->max;
	if (cap < need)
		cap = need;
	grown = isrv_mem_realloc(mem, set->ranges, set->cap * unit, cap * unit);
	if (!grown)
		return false;
	set->ranges = grown;
	set->cap = (uint32_t)cap;
	return true;
}

void isrv_uidset_init(struct isrv_uidset *set, size_t max_ranges)
{
	uint32_t max = max_ranges < UINT32_MAX ? (uint32_t)max_ranges : UINT32_MAX;

	*set = (struct isrv_uidset){NULL, 0, 0, max};
}

void isrv_uidset_clear(struct isrv_uidset *set, struct isrv_mem *mem)
{
	isrv_mem_free(mem, set->ranges, set->cap * sizeof(*set->ranges));
	isrv_uidset_init(set, set->max);
}

void isrv_uidset_empty(struct isrv_uidset *set)
{
	set->count = 0;
}

/* Opens one slot at `index`; the caller fills it. */
static bool insert_slot(struct isrv_uidset *set, struct isrv_mem *mem, size_t index)
{
	if (set->count >= set->max || !isrv_uidset_reserve(set, mem, set->count + 1))
		return false;
	if (index < set->count)
		memmove(set->ranges + index + 1, set->ranges + index,
		        (set->count - index) * sizeof(*set->ranges));
	set->count++;
	return true;
}

static void delete_slots(struct isrv_uidset *set, size_t from, size_t to)
{
	if (from == to)
		return;
	memmove(set->ranges + from, set->ranges + to, (set->count - to) * sizeof(*set->ranges));
	set->count -= (uint32_t)(to - from);
}

static bool append(struct isrv_uidset *set, struct isrv_mem *mem, uint32_t first, uint32_t last)
{
	if (!insert_slot(set, mem, set->count))
		return false;
	set->ranges[set->count - 1] = (struct imapsrv_range){first, last};
	return true;
}

bool isrv_uidset_add(struct isrv_uidset *set, struct isrv_mem *mem, uint32_t first, uint32_t last)
{
	struct imapsrv_range *tail = set->count ? &set->ranges[set->count - 1] : NULL;
	size_t from, to;

	if (!tail)
		return append(set, mem, first, last);
	if (first >= tail->first) {
		if (!touches(tail->last, first))
			return append(set, mem, first, last);
		if (last > tail->last)
			tail->last = last;
		return true;
	}
	/* Ranges from..to-1 overlap or touch the new one and melt into it. */
	from = isrv_uidset_seek(isrv_uidset_view(set), first - 1);
	to = set->count;
	if (last < UINT32_MAX) {
		to = isrv_uidset_seek(isrv_uidset_view(set), last + 1);
		if (to < set->count && set->ranges[to].first <= last + 1)
			to++;
	}
	if (from == to) {
		if (!insert_slot(set, mem, from))
			return false;
	} else {
		if (set->ranges[from].first < first)
			first = set->ranges[from].first;
		if (set->ranges[to - 1].last > last)
			last = set->ranges[to - 1].last;
		delete_slots(set, from + 1, to);
	}
	set->ranges[from] = (struct imapsrv_range){first, last};
	return true;
}

bool isrv_uidset_remove(struct isrv_uidset *set, struct isrv_mem *mem, uint32_t first,
                        uint32_t last)
{
	size_t from = isrv_uidset_seek(isrv_uidset_view(set), first), to;
	struct imapsrv_range *range;

	if (from == set->count || set->ranges[from].first > last)
		return true;
	range = &set->ranges[from];
	if (range->first < first && range->last > last) {
		if (!insert_slot(set, mem, from))
			return false;
		set->ranges[from].last = first - 1;
		set->ranges[from + 1].first = last + 1;
		return true;
	}
	if (range->first < first) {
		range->last = first - 1;
		from++;
	}
	/* No range ends above UINT32_MAX, so a removal up to there takes all that is left. */
	to = set->count;
	if (last < UINT32_MAX) {
		to = isrv_uidset_seek(isrv_uidset_view(set), last + 1);
		if (to < set->count && set->ranges[to].first <= last)
			set->ranges[to].first = last + 1;
	}
	if (from < to)
		delete_slots(set, from, to);
	return true;
}

static void walk_union(struct imapsrv_set own, struct imapsrv_set other, struct sink *sink)
{
	struct imapsrv_range merged = {0, 0}, next;
	size_t i = 0, j = 0;

	while (i < own.count || j < other.count) {
		size_t consumed = i;

		if (j == other.count ||
		    (i < own.count && own.ranges[i].first <= other.ranges[j].first))
			next = own.ranges[i++];
		else
			next = other.ranges[j++];
		if (!merged.first) {
			merged = next;
		} else if (touches(merged.last, next.first)) {
			if (next.last > merged.last)
				merged.last = next.last;
		} else {
			emit(sink, consumed, merged.first, merged.last);
			merged = next;
		}
	}
	if (merged.first)
		emit(sink, own.count, merged.first, merged.last);
}

static void walk_subtract(struct imapsrv_set own, struct imapsrv_set other, struct sink *sink)
{
	size_t i, j = 0;

	for (i = 0; i < own.count; i++) {
		struct imapsrv_range left = own.ranges[i];

		for (;;) {
			while (j < other.count && other.ranges[j].last < left.first)
				j++;
			if (j == other.count || other.ranges[j].first > left.last) {
				emit(sink, i + 1, left.first, left.last);
				break;
			}
			if (other.ranges[j].first > left.first)
				emit(sink, i + 1, left.first, other.ranges[j].first - 1);
			if (other.ranges[j].last >= left.last)
				break;
			left.first = other.ranges[j].last + 1;
		}
	}
}

static void walk_intersect(struct imapsrv_set own, struct imapsrv_set other, struct sink *sink)
{
	size_t i, j = 0;

	for (i = 0; i < own.count; i++) {
		struct imapsrv_range mine = own.ranges[i];

		while (j < other.count && other.ranges[j].last < mine.first)
			j++;
		while (j < other.count && other.ranges[j].first <= mine.last) {
			struct imapsrv_range theirs = other.ranges[j];

			emit(sink, i + 1, mine.first > theirs.first ? mine.first : theirs.first,
			     mine.last < theirs.last ? mine.last : theirs.last);
			/* One that reaches past mine may also meet my next. */
			if (theirs.last > mine.last)
				break;
			j++;
		}
	}
}

static bool apply(struct isrv_uidset *set, struct isrv_mem *mem, struct imapsrv_set other,
                  walk_fn *walk)
{
	struct sink dry = {NULL, 0, 0}, wet = {NULL, 0, 0};
	struct imapsrv_set own = isrv_uidset_view(set);
	size_t need;

	walk(own, other, &dry);
	if (dry.count > set->max)
		return false;
	need = set->count + dry.lead > dry.count ? set->count + dry.lead : dry.count;
	if (!isrv_uidset_reserve(set, mem, need))
		return false;
	wet.out = set->ranges;
	own.ranges = set->ranges;
	if (set->count && need > set->count) {
		memmove(set->ranges + (need - set->count), set->ranges,
		        set->count * sizeof(*set->ranges));
		own.ranges = set->ranges + (need - set->count);
	}
	walk(own, other, &wet);
	set->count = (uint32_t)wet.count;
	return true;
}

bool isrv_uidset_union(struct isrv_uidset *set, struct isrv_mem *mem, struct imapsrv_set other)
{
	if (other.count == 0)
		return true;
	if (other.count == 1)
		return isrv_uidset_add(set, mem, other.ranges[0].first, other.ranges[0].last);
	return apply(set, mem, other, walk_union);
}

bool isrv_uidset_subtract(struct isrv_uidset *set, struct isrv_mem *mem, struct imapsrv_set other)
{
	if (set->count == 0 || other.count == 0)
		return true;
	if (other.count == 1)
		return isrv_uidset_remove(set, mem, other.ranges[0].first, other.ranges[0].last);
	return apply(set, mem, other, walk_subtract);
}

bool isrv_uidset_intersect(struct isrv_uidset *set, struct isrv_mem *mem, struct imapsrv_set other)
{
	if (set->count == 0 || other.count == 0) {
		set->count = 0;
		return true;
	}
	return apply(set, mem, other, walk_intersect);
}

bool isrv_uidset_copy(struct isrv_uidset *set, struct isrv_mem *mem, struct imapsrv_set other)
{
	if (other.count > set->max || !isrv_uidset_reserve(set, mem, other.count))
		return false;
	if (other.count)
		memmove(set->ranges, other.ranges, other.count * sizeof(*set->ranges));
	set->count = (uint32_t)other.count;
	return true;
}

/* Lets the element at `root` sink in the heap of `count` ranges, largest first number on top. */
static void sift_down(struct imapsrv_range *heap, size_t root, size_t count)
{
	struct imapsrv_range sinking = heap[root];

	while (root < count / 2) {
		size_t child = 2 * root + 1;

		if (child + 1 < count && heap[child + 1].first > heap[child].first)
			child++;
		if (heap[child].first <= sinking.first)
			break;
		heap[root] = heap[child];
		root = child;
	}
	heap[root] = sinking;
}

/* Heapsort, because the order comes from the client: a quicksort can be driven to its square,
 * and a C library's qsort may allocate behind the back of the budget. */
static void sort(struct imapsrv_range *ranges, size_t count)
{
	size_t i;

	for (i = count / 2; i > 0; i--)
		sift_down(ranges, i - 1, count);
	for (i = count; i > 1; i--) {
		struct imapsrv_range top = ranges[0];

		ranges[0] = ranges[i - 1];
		ranges[i - 1] = top;
		sift_down(ranges, 0, i - 1);
	}
}

size_t isrv_uidset_normalize(struct imapsrv_range *ranges, size_t count)
{
	bool sorted = true;
	size_t i, kept = 0;

	for (i = 0; i < count; i++) {
		struct imapsrv_range range = ranges[i];

		if (range.first > range.last)
			ranges[i] = (struct imapsrv_range){range.last, range.first};
		if (i && ranges[i - 1].first > ranges[i].first)
			sorted = false;
	}
	if (!sorted)
		sort(ranges, count);
	for (i = 0; i < count; i++) {
		if (!kept || !touches(ranges[kept - 1].last, ranges[i].first))
			ranges[kept++] = ranges[i];
		else if (ranges[i].last > ranges[kept - 1].last)
			ranges[kept - 1].last = ranges[i].last;
	}
	return kept;
}

bool isrv_uidset_has(struct imapsrv_set set, uint32_t uid)
{
	size_t i = isrv_uidset_seek(set, uid);

	return i < set.count && set.ranges[i].first <= uid;
}

uint64_t isrv_uidset_size(struct imapsrv_set set)
{
	uint64_t size = 0;
	size_t i;

	for (i = 0; i < set.count; i++)
		size += (uint64_t)set.ranges[i].last - set.ranges[i].first + 1;
	return size;
}

uint32_t isrv_uidset_min(struct imapsrv_set set)
{
	return set.count ? set.ranges[0].first : 0;
}

uint32_t isrv_uidset_max(struct imapsrv_set set)
{
	return set.count ? set.ranges[set.count - 1].last : 0;
}

size_t isrv_uidset_seek(struct imapsrv_set set, uint32_t uid)
{
	size_t low = 0, high = set.count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (set.ranges[mid].last < uid)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

bool isrv_uidset_is_valid(struct imapsrv_set set)
{
	size_t i;

	if (!set.ranges && set.count)
		return false;
	for (i = 0; i < set.count; i++) {
		struct imapsrv_range range = set.ranges[i];

		if (range.first == 0 || range.first > range.last)
			return false;
		if (i && touches(set.ranges[i - 1].last, range.first))
			return false;
	}
	return true;
}

/* The ranges of the set that are not all below or all above the other set. */
static struct imapsrv_set beside(struct imapsrv_set set, struct imapsrv_set other)
{
	uint32_t lowest = isrv_uidset_min(other), highest = isrv_uidset_max(other);
	size_t from = isrv_uidset_seek(set, lowest), to = isrv_uidset_seek(set, highest);

	if (to < set.count && set.ranges[to].first <= highest)
		to++;
	if (!other.count || to <= from)
		return (struct imapsrv_set){NULL, 0};
	return (struct imapsrv_set){set.ranges + from, to - from};
}

bool isrv_uidset_common(struct isrv_arena *arena, struct imapsrv_set *set, struct imapsrv_set other,
                        uint64_t *steps)
{
	struct imapsrv_set these = beside(*set, other), those = beside(other, *set);
	struct imapsrv_range *both =
		isrv_arena_array(arena, these.count + those.count + 1, sizeof(*both));
	size_t i = 0, k = 0, n = 0;
	struct imapsrv_range a, b;
	uint32_t first, last;

	if (!both)
		return false;
	while (i < these.count && k < those.count) {
		a = these.ranges[i];
		b = those.ranges[k];
		first = a.first > b.first ? a.first : b.first;
		last = a.last < b.last ? a.last : b.last;
		if (first <= last)
			both[n++] = (struct imapsrv_range){first, last};
		if (a.last == last)
			i++;
		else
			k++;
		++*steps;
	}
	*set = (struct imapsrv_set){both, n};
	return true;
}
