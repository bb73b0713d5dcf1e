/* SPDX-License-Identifier: MIT */
/*
 * UID sets and the number map against plain arrays of what is in them.  The first octets choose
 * where the window of numbers lies (at the least, across two blocks of the map, at the greatest),
 * how many ranges a set may have, and an allocation that fails; then come operations of five
 * octets.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/nummap.h"
#include "base/uidset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ASSERT(condition)                                                                          \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);            \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

enum { WIDE = 1024, SETS = 2, OPERATION = 5, OPERATIONS = 60 };

struct world {
	uint32_t base; /* the number of plain[0] */
	struct imapsrv_allocator allocator;
	unsigned fail_in; /* allocations until one fails; 0: none does */
	struct isrv_mem mem;
	struct isrv_uidset sets[SETS];
	bool in[SETS][WIDE];
	struct isrv_nummap map;
	bool there[WIDE];
};

/* ---- memory -------------------------------------------------------------------------------- */

static bool fails(struct world *w)
{
	return w->fail_in && --w->fail_in == 0;
}

static void *give(void *user, size_t size)
{
	return fails(user) ? NULL : malloc(size);
}

static void *give_more(void *user, void *block, size_t old_size, size_t size)
{
	(void)old_size;
	return fails(user) ? NULL : realloc(block, size);
}

static void take_back(void *user, void *block, size_t size)
{
	(void)user;
	(void)size;
	free(block);
}

/* ---- sets ---------------------------------------------------------------------------------- */

static size_t ranges_of(const bool *in)
{
	size_t n = 0;

	for (uint32_t i = 0; i < WIDE; i++)
		n += in[i] && (i == 0 || !in[i - 1]);
	return n;
}

static void check_set(const struct world *w, unsigned which)
{
	const bool *in = w->in[which];
	struct imapsrv_set set = isrv_uidset_view(&w->sets[which]);
	uint64_t count = 0;
	uint32_t least = 0, most = 0;

	ASSERT(isrv_uidset_is_valid(set));
	ASSERT(set.count <= w->sets[which].max && set.count == ranges_of(in));
	for (uint32_t i = 0; i < WIDE; i++) {
		ASSERT(isrv_uidset_has(set, w->base + i) == in[i]);
		count += in[i];
		if (in[i])
			most = w->base + i;
		if (in[i] && !least)
			least = w->base + i;
	}
	ASSERT(isrv_uidset_size(set) == count);
	ASSERT(isrv_uidset_min(set) == least && isrv_uidset_max(set) == most);
}

static bool combine(bool a, bool b, unsigned how)
{
	return how == 0 ? a || b : how == 1 ? a && !b : how == 2 ? a && b : b;
}

/* The result of one of the functions: either done, or as before. */
static void settle(struct world *w, unsigned which, bool done, const bool *after)
{
	if (done)
		memcpy(w->in[which], after, WIDE * sizeof(*after));
	ASSERT(isrv_uidset_is_valid(isrv_uidset_view(&w->sets[which])));
}

static void change_range(struct world *w, unsigned which, bool add, uint32_t from, uint32_t to)
{
	bool after[WIDE], done;

	memcpy(after, w->in[which], sizeof(after));
	for (uint32_t i = from; i <= to; i++)
		after[i] = add;
	done = add ? isrv_uidset_add(&w->sets[which], &w->mem, w->base + from, w->base + to)
	           : isrv_uidset_remove(&w->sets[which], &w->mem, w->base + from, w->base + to);
	if (done)
		ASSERT(ranges_of(after) <= w->sets[which].max);
	settle(w, which, done, after);
}

static void change_set(struct world *w, unsigned which, unsigned how)
{
	static bool (*const functions[])(struct isrv_uidset *, struct isrv_mem *,
	                                 struct imapsrv_set) = {
		isrv_uidset_union, isrv_uidset_subtract, isrv_uidset_intersect, isrv_uidset_copy};
	bool after[WIDE];

	for (uint32_t i = 0; i < WIDE; i++)
		after[i] = combine(w->in[which][i], w->in[!which][i], how);
	settle(w, which,
	       functions[how](&w->sets[which], &w->mem, isrv_uidset_view(&w->sets[!which])), after);
}

static void common(struct world *w)
{
	struct imapsrv_set set = isrv_uidset_view(&w->sets[0]);
	struct isrv_arena arena;
	uint64_t steps = 0;

	isrv_arena_init(&arena, &w->mem, SIZE_MAX);
	if (isrv_uidset_common(&arena, &set, isrv_uidset_view(&w->sets[1]), &steps)) {
		ASSERT(isrv_uidset_is_valid(set));
		ASSERT(steps <= (uint64_t)w->sets[0].count + w->sets[1].count);
		for (uint32_t i = 0; i < WIDE; i++)
			ASSERT(isrv_uidset_has(set, w->base + i) == (w->in[0][i] && w->in[1][i]));
	}
	isrv_arena_clear(&arena);
}

/* ---- the map ------------------------------------------------------------------------------- */

static void check_map(const struct world *w)
{
	uint32_t seq = 0, from = w->base;
	struct imapsrv_range run;

	for (uint32_t i = 0; i < WIDE; i++) {
		seq += w->there[i];
		ASSERT(isrv_nummap_rank(&w->map, w->base + i) == seq);
		ASSERT(isrv_nummap_seq(&w->map, w->base + i) == (w->there[i] ? seq : 0));
		if (w->there[i])
			ASSERT(isrv_nummap_uid(&w->map, seq) == w->base + i);
	}
	ASSERT(w->map.count == seq && isrv_nummap_uid(&w->map, seq + 1) == 0);
	ASSERT(isrv_nummap_uid(&w->map, 0) == 0);
	/* Runs are as long as they can be, and all. */
	while (isrv_nummap_run(&w->map, from, &run)) {
		uint32_t first = run.first - w->base, last = run.last - w->base;

		ASSERT(first <= last && last < WIDE);
		for (uint32_t i = from - w->base; i < first; i++)
			ASSERT(!w->there[i]);
		for (uint32_t i = first; i <= last; i++)
			ASSERT(w->there[i]);
		ASSERT(last == WIDE - 1 || !w->there[last + 1]);
		if (last == WIDE - 1)
			return;
		from = run.last + 1;
	}
	for (uint32_t i = from - w->base; i < WIDE; i++)
		ASSERT(!w->there[i]);
}

static void append(struct world *w, uint32_t from, uint32_t to)
{
	bool above = w->map.last_uid < w->base + from;

	if (!isrv_nummap_append(&w->map, &w->mem, w->base + from, w->base + to))
		return;
	ASSERT(above);
	memset(&w->there[from], true, to - from + 1);
	ASSERT(w->map.last_uid == w->base + to);
}

static void strike(struct world *w, struct imapsrv_set set)
{
	uint32_t before = w->map.count, gone = isrv_nummap_remove(&w->map, &w->mem, set), i;

	/* Short of memory it may have done a part: then what the map says is what counts. */
	if (gone == UINT32_MAX) {
		for (i = 0; i < WIDE; i++) {
			bool still = isrv_nummap_seq(&w->map, w->base + i) != 0;

			ASSERT(still == w->there[i] ||
			       (w->there[i] && isrv_uidset_has(set, w->base + i)));
			w->there[i] = still;
		}
		return;
	}
	ASSERT(before - w->map.count == gone);
	for (i = 0; i < WIDE; i++)
		w->there[i] = w->there[i] && !isrv_uidset_has(set, w->base + i);
}

/* Every step-th number is struck: many holes at once. */
static void thin_out(struct world *w, uint32_t from, uint32_t step)
{
	static struct imapsrv_range ranges[WIDE];
	size_t n = 0;

	for (uint32_t i = from; i < WIDE; i += step, n++)
		ranges[n].first = ranges[n].last = w->base + i;
	strike(w, (struct imapsrv_set){ranges, n});
}

/* ---- all ----------------------------------------------------------------------------------- */

static void operate(struct world *w, const uint8_t *at)
{
	uint32_t a = ((uint32_t)at[1] << 8 | at[2]) % WIDE;
	uint32_t b = ((uint32_t)at[3] << 8 | at[4]) % WIDE;
	uint32_t from = a < b ? a : b, to = a < b ? b : a;
	unsigned which = at[0] >> 7;

	switch (at[0] & 15) {
	case 0:
	case 1:
	case 2:
		change_range(w, which, true, from, to);
		break;
	case 3:
	case 4:
		change_range(w, which, false, from, to);
		break;
	case 5:
	case 6:
	case 7:
		/* A short one. */
		change_range(w, which, true, a, a + b % 3 < WIDE ? a + b % 3 : a);
		break;
	case 8:
		change_set(w, which, b % 4);
		break;
	case 9:
		common(w);
		break;
	case 10:
	case 11:
		append(w, from, to);
		break;
	case 12:
		thin_out(w, a % 64, 2 + b % 64);
		break;
	case 13:
		strike(w, isrv_uidset_view(&w->sets[which]));
		break;
	case 14:
		w->fail_in = 1 + b % 4;
		break;
	default:
		isrv_uidset_empty(&w->sets[which]);
		memset(w->in[which], 0, sizeof(w->in[which]));
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t bases[] = {1, 65536 - WIDE / 2, 3 * 65536 - 7, UINT32_MAX - WIDE + 1};
	static struct world w;
	size_t at;

	if (size < 2)
		return 0;
	memset(&w, 0, sizeof(w));
	w.base = bases[data[0] & 3];
	w.allocator = (struct imapsrv_allocator){give, give_more, take_back, &w};
	isrv_mem_init(&w.mem, &w.allocator, SIZE_MAX);
	for (unsigned i = 0; i < SETS; i++)
		isrv_uidset_init(&w.sets[i], data[0] & 4 ? 1 + data[1] % 16u : WIDE);
	isrv_nummap_init(&w.map);
	for (at = 2; size - at >= OPERATION && at < 2 + OPERATION * OPERATIONS; at += OPERATION)
		operate(&w, data + at);
	check_map(&w);
	for (unsigned i = 0; i < SETS; i++)
		check_set(&w, i);
	for (unsigned i = 0; i < SETS; i++)
		isrv_uidset_clear(&w.sets[i], &w.mem);
	isrv_nummap_clear(&w.map, &w.mem);
	ASSERT(w.mem.used == 0);
	return 0;
}
