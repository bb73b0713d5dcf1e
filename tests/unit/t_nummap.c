/* SPDX-License-Identifier: MIT */
/*
 * base/nummap (and numblock, numbits under it) against an array of booleans under random appends
 * and removals with failing allocations, and against the memory bounds of the design.  ISRV_SEED
 * repeats a run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/nummap.h"
#include "base/uidset.h"

#define WINDOW  200000u /* UIDs base + 0..WINDOW-1: three blocks and parts of two more */
#define MILLION 1000000u

static uint64_t seed, state;

static uint32_t draw(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)((state * 0x2545f4914f6cdd1du) >> 33) % below;
}

/* An allocator that fails once at the n-th call from now; -1 never. */
static long fail_in = -1;

static bool fails(void)
{
	return fail_in >= 0 && fail_in-- == 0;
}

static void *flaky_alloc(void *user, size_t size)
{
	(void)user;
	return fails() ? NULL : malloc(size);
}

static void *flaky_realloc(void *user, void *block, size_t old_size, size_t size)
{
	(void)user;
	(void)old_size;
	return fails() ? NULL : realloc(block, size);
}

static void flaky_free(void *user, void *block, size_t size)
{
	(void)user;
	(void)size;
	free(block);
}

static const struct imapsrv_allocator allocator = {flaky_alloc, flaky_realloc, flaky_free, NULL};

/* ---- edges -------------------------------------------------------------------------------- */

static const struct {
	struct imapsrv_range append[4], remove[4]; /* up to the first {0, 0} */
	uint32_t uid, seq, rank;                   /* seq and rank of this UID afterwards */
	uint32_t count, last_uid;
} edges[] = {
	/* 0 */
	{{{0, 0}}, {{0, 0}}, 1, 0, 0, 0, 0},
	{{{0, 0}}, {{1, UINT32_MAX}}, UINT32_MAX, 0, 0, 0, 0},
	{{{1, 1}}, {{0, 0}}, 1, 1, 1, 1, 1},
	{{{1, 1}}, {{1, 1}}, 1, 0, 0, 0, 0},
	{{{1, 1}}, {{2, UINT32_MAX}}, 1, 1, 1, 1, 1},
	{{{UINT32_MAX, UINT32_MAX}}, {{0, 0}}, UINT32_MAX, 1, 1, 1, UINT32_MAX},
	{{{1, 1}, {UINT32_MAX, UINT32_MAX}}, {{0, 0}}, 65536, 0, 1, 2, UINT32_MAX},
	{{{1, 1}, {UINT32_MAX, UINT32_MAX}}, {{1, 1}}, UINT32_MAX, 1, 1, 1, UINT32_MAX},
	{{{1, 1}, {UINT32_MAX, UINT32_MAX}}, {{2, UINT32_MAX}}, UINT32_MAX, 0, 1, 1, 1},
	{{{65535, 65536}}, {{0, 0}}, 65536, 2, 2, 2, 65536},
	/* 10 */
	{{{65535, 65536}}, {{65535, 65535}}, 65536, 1, 1, 1, 65536},
	{{{65535, 65535}, {65536, 65536}}, {{65536, 65536}}, 65536, 0, 1, 1, 65535},
	{{{65536, 131071}}, {{0, 0}}, 131071, 65536, 65536, 65536, 131071},
	{{{65536, 131071}}, {{65536, 131071}}, 131071, 0, 0, 0, 0},
	{{{65536, 131071}}, {{65537, 131070}}, 131071, 2, 2, 2, 131071},
	{{{1, MILLION}}, {{2, 999999}}, MILLION, 2, 2, 2, MILLION},
	{{{1, MILLION}}, {{1, 65535}, {131072, 196607}}, 65536, 1, 1, 868929, MILLION},
	{{{1, MILLION}}, {{3, 3}, {5, 5}, {999999, 999999}}, MILLION, 999997, 999997, 999997,
	 MILLION},
	{{{1, 5}, {7, 9}, {11, 13}}, {{6, 6}, {10, 10}}, 12, 10, 10, 11, 13},
	{{{1, 5}, {7, 9}, {11, 13}}, {{5, 11}}, 12, 5, 5, 6, 13},
	/* 20 */
	{{{1, UINT32_MAX}}, {{0, 0}}, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX},
	{{{1, UINT32_MAX}}, {{2, UINT32_MAX - 1}}, UINT32_MAX, 2, 2, 2, UINT32_MAX},
	{{{1, UINT32_MAX}}, {{1, 1}, {3, 3}}, 4, 2, 2, UINT32_MAX - 2, UINT32_MAX},
	{{{1, 7}, {9, UINT32_MAX}}, {{100000, UINT32_MAX}}, 99999, 99998, 99998, 99998, 99999},
};

static size_t up_to_zero(const struct imapsrv_range *ranges)
{
	size_t count = 0;

	while (count < 4 && ranges[count].first)
		count++;
	return count;
}

static void test_edges(void **unused)
{
	struct isrv_mem mem;
	size_t i, a;

	(void)unused;
	isrv_mem_init(&mem, &allocator, SIZE_MAX);
	for (i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
		struct imapsrv_set gone = {edges[i].remove, up_to_zero(edges[i].remove)};
		struct isrv_nummap map;
		uint32_t before, removed, seq;

		isrv_nummap_init(&map);
		for (a = 0; a < up_to_zero(edges[i].append); a++) {
			if (!isrv_nummap_append(&map, &mem, edges[i].append[a].first,
			                        edges[i].append[a].last))
				fail_msg("row %zu: append %zu", i, a);
		}
		before = map.count;
		removed = isrv_nummap_remove(&map, &mem, gone);
		if (before - removed != map.count || map.count != edges[i].count)
			fail_msg("row %zu: %u removed, %u left", i, removed, map.count);
		if (map.last_uid != edges[i].last_uid)
			fail_msg("row %zu: last UID %u", i, map.last_uid);
		seq = isrv_nummap_seq(&map, edges[i].uid);
		if (seq != edges[i].seq)
			fail_msg("row %zu: number %u", i, seq);
		if (seq && isrv_nummap_uid(&map, seq) != edges[i].uid)
			fail_msg("row %zu: number %u leads elsewhere", i, seq);
		if (isrv_nummap_rank(&map, edges[i].uid) != edges[i].rank)
			fail_msg("row %zu: rank %u", i, isrv_nummap_rank(&map, edges[i].uid));
		if (isrv_nummap_uid(&map, 0) != 0 ||
		    (map.count < UINT32_MAX && isrv_nummap_uid(&map, map.count + 1) != 0))
			fail_msg("row %zu: a number that does not exist has a UID", i);
		if (isrv_nummap_memory(&map) != mem.used)
			fail_msg("row %zu: memory %zu of %zu", i, isrv_nummap_memory(&map), mem.used);
		isrv_nummap_clear(&map, &mem);
		if (mem.used)
			fail_msg("row %zu: %zu octets leaked", i, mem.used);
	}
}

static const struct {
	uint32_t first, last;
} refused[] = {{0, 0}, {0, 5}, {1, 5}, {10, 10}, {9, 20}, {12, 11}, {UINT32_MAX, 1}};

static void test_refused(void **unused)
{
	struct isrv_nummap map;
	struct isrv_mem mem;
	size_t i;

	(void)unused;
	isrv_mem_init(&mem, &allocator, SIZE_MAX);
	isrv_nummap_init(&map);
	assert_false(isrv_nummap_append(&map, &mem, 0, 0));
	assert_true(isrv_nummap_append(&map, &mem, 10, 10));
	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		if (isrv_nummap_append(&map, &mem, refused[i].first, refused[i].last) ||
		    map.count != 1 || map.last_uid != 10)
			fail_msg("row %zu: not refused", i);
	}
	isrv_nummap_clear(&map, &mem);
}

/* A run that goes on through many blocks is one run, and walking does not repeat itself. */
static void test_runs(void **unused)
{
	static const struct imapsrv_range runs[] = {
		{5, 5}, {7, 300000}, {393216, 458751}, {524288, 600000}, {4294901760, UINT32_MAX}};
	struct imapsrv_range run;
	struct isrv_nummap map;
	struct isrv_mem mem;
	uint32_t from = 0;
	size_t i;

	(void)unused;
	isrv_mem_init(&mem, &allocator, SIZE_MAX);
	isrv_nummap_init(&map);
	assert_false(isrv_nummap_run(&map, 1, &run));
	for (i = 0; i < 5; i++)
		assert_true(isrv_nummap_append(&map, &mem, runs[i].first, runs[i].last));
	for (i = 0; i < 5; i++) {
		if (!isrv_nummap_run(&map, from, &run) || run.first != runs[i].first ||
		    run.last != runs[i].last)
			fail_msg("run %zu: %u:%u", i, run.first, run.last);
		from = run.last + 1;
	}
	assert_true(isrv_nummap_run(&map, 200000, &run));
	assert_true(run.first == 200000 && run.last == 300000);
	assert_true(isrv_nummap_run(&map, UINT32_MAX, &run));
	assert_true(run.first == UINT32_MAX && run.last == UINT32_MAX);
	assert_false(isrv_nummap_run_in(&map, 300001, 393215, &run));
	assert_false(isrv_nummap_run_in(&map, 8, 7, &run));
	assert_true(isrv_nummap_run_in(&map, 8, 8, &run));
	assert_true(run.first == 8 && run.last == 8);
	assert_true(isrv_nummap_run_in(&map, 6, 65535, &run));
	assert_true(run.first == 7 && run.last == 65535);
	assert_true(isrv_nummap_run_in(&map, 6, 65536, &run));
	assert_true(run.first == 7 && run.last == 65536);
	assert_true(isrv_nummap_run_in(&map, 6, 393216, &run));
	assert_true(run.first == 7 && run.last == 300000);
	assert_int_equal(isrv_nummap_next(&map, 1), 5);
	assert_int_equal(isrv_nummap_next(&map, 5), 5);
	assert_int_equal(isrv_nummap_next(&map, 6), 7);
	assert_int_equal(isrv_nummap_next(&map, 300001), 393216);
	assert_int_equal(isrv_nummap_next(&map, UINT32_MAX), UINT32_MAX);
	assert_true(isrv_nummap_remove(&map, &mem, (struct imapsrv_set){runs + 4, 1}));
	assert_int_equal(isrv_nummap_next(&map, 600001), 0);
	isrv_nummap_clear(&map, &mem);
}

/* ---- the bounds of the design -------------------------------------------------------------- */

enum shape { ONE_RANGE, ONE_BY_ONE, EVERY_SECOND, RANDOM_SEVENTY };

static const struct {
	enum shape shape;
	size_t bound; /* octets for a million messages */
} bounds[] = {{ONE_RANGE, 1024},
              {ONE_BY_ONE, 1024},
              {EVERY_SECOND, 512 * 1024},
              {RANDOM_SEVENTY, 256 * 1024}};

static void fill(struct isrv_nummap *map, struct isrv_mem *mem, enum shape shape)
{
	uint32_t uid = 1;

	if (shape == ONE_RANGE) {
		assert_true(isrv_nummap_append(map, mem, 1, MILLION));
		return;
	}
	while (map->count < MILLION) {
		if (shape != RANDOM_SEVENTY || draw(10) < 7)
			assert_true(isrv_nummap_append(map, mem, uid, uid));
		uid += shape == EVERY_SECOND ? 2 : 1;
	}
}

static void test_bounds(void **unused)
{
	struct isrv_mem mem;
	size_t i;

	(void)unused;
	state = seed | 1;
	isrv_mem_init(&mem, &allocator, SIZE_MAX);
	for (i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
		struct isrv_nummap map;

		isrv_nummap_init(&map);
		fill(&map, &mem, bounds[i].shape);
		if (map.count != MILLION || mem.used >= bounds[i].bound)
			fail_msg("row %zu: %zu octets", i, mem.used);
		isrv_nummap_clear(&map, &mem);
	}
}

/* The room of blocks that are gone is kept where it cannot be given back. */
static void test_shrink_fails(void **unused)
{
	struct imapsrv_range range = {2 * 65536, UINT32_MAX};
	struct imapsrv_set set = {&range, 1};
	struct isrv_nummap map;
	struct isrv_mem mem;
	size_t before;

	(void)unused;
	isrv_mem_init(&mem, &allocator, SIZE_MAX);
	isrv_nummap_init(&map);
	assert_true(isrv_nummap_append(&map, &mem, 1, 20 * 65536));
	before = mem.used;
	fail_in = 0;
	assert_int_equal(isrv_nummap_remove(&map, &mem, set), 18 * 65536 + 1);
	assert_int_equal(fail_in, -1);
	assert_int_equal(map.count, 2 * 65536 - 1);
	assert_int_equal(mem.used, before);
	assert_int_equal(isrv_nummap_uid(&map, map.count), 2 * 65536 - 1);
	assert_true(isrv_nummap_append(&map, &mem, 2 * 65536, 5 * 65536));
	assert_int_equal(isrv_nummap_seq(&map, 5 * 65536), 5 * 65536);
	isrv_nummap_clear(&map, &mem);
	assert_int_equal(mem.used, 0);
}

/* Holes made by removal, not by gaps in the appends, keep the same bound. */
static void test_bound_after_removal(void **unused)
{
	struct imapsrv_range *ranges = malloc(MILLION * sizeof(*ranges));
	struct isrv_nummap map;
	struct isrv_mem mem;
	uint32_t i;

	(void)unused;
	assert_non_null(ranges);
	isrv_mem_init(&mem, &allocator, SIZE_MAX);
	isrv_nummap_init(&map);
	assert_true(isrv_nummap_append(&map, &mem, 1, 2 * MILLION));
	for (i = 0; i < MILLION; i++)
		ranges[i] = (struct imapsrv_range){2 * i + 1, 2 * i + 1};
	assert_int_equal(isrv_nummap_remove(&map, &mem, (struct imapsrv_set){ranges, MILLION}),
	                 MILLION);
	assert_true(mem.used < 512 * 1024);
	assert_int_equal(isrv_nummap_seq(&map, 2 * MILLION), MILLION);
	/* What is left is contiguous again once the upper part has gone. */
	ranges[0] = (struct imapsrv_range){3, 2 * MILLION};
	assert_int_equal(isrv_nummap_remove(&map, &mem, (struct imapsrv_set){ranges, 1}),
	                 MILLION - 1);
	assert_true(mem.used < 128);
	isrv_nummap_clear(&map, &mem);
	free(ranges);
}

/* ---- random operations --------------------------------------------------------------------- */

struct twin {
	struct isrv_nummap map;
	struct isrv_mem mem;
	uint32_t base;
	unsigned long long run;
	unsigned step;
	bool model[WINDOW + 1];
	struct imapsrv_range ranges[WINDOW / 2 + 1];
};

#define WRONG(twin, what, value)                                                                   \
	fail_msg("seed %llu step %u: %s %lu", (twin)->run, (twin)->step, what, (unsigned long)(value))

/* Everything, for every UID of the window. */
static void compare(struct twin *twin)
{
	const struct isrv_nummap *map = &twin->map;
	struct imapsrv_range run = {0, 0};
	uint32_t rank = 0, last = 0, i;
	bool in_run = false;

	for (i = 0; i < WINDOW; i++) {
		uint32_t uid = twin->base + i;

		if (twin->model[i] && !in_run &&
		    (!isrv_nummap_run(map, last ? last + 1 : 0, &run) || run.first != uid))
			WRONG(twin, "run at", uid);
		if (!twin->model[i] && in_run && run.last != uid - 1)
			WRONG(twin, "end of run at", uid);
		in_run = twin->model[i];
		if (in_run) {
			last = uid;
			rank++;
			if (isrv_nummap_uid(map, rank) != uid)
				WRONG(twin, "uid of", rank);
		}
		if (isrv_nummap_seq(map, uid) != (in_run ? rank : 0))
			WRONG(twin, "seq of", uid);
		if (isrv_nummap_rank(map, uid) != rank)
			WRONG(twin, "rank of", uid);
	}
	if (map->count != rank || map->last_uid != last)
		WRONG(twin, "count or last UID", rank);
	if (last < UINT32_MAX && isrv_nummap_run(map, last + 1, &run))
		WRONG(twin, "a run behind", last);
	if (isrv_nummap_memory(map) != twin->mem.used)
		WRONG(twin, "memory", twin->mem.used);
}

static void append_some(struct twin *twin)
{
	uint32_t times = 1 + draw(draw(3) ? 20 : 8000), gap = draw(4), longest = 1 + draw(3);

	if (draw(8) == 0)
		longest = 1 + draw(70000);
	if (draw(8) == 0)
		gap = draw(60000);
	while (times--) {
		uint32_t at = twin->map.last_uid ? twin->map.last_uid - twin->base + 1 : draw(100);
		uint32_t first = at + draw(gap + 1), last = first + draw(longest);
		bool flaky = draw(8) == 0;

		if (last >= WINDOW)
			return;
		fail_in = flaky ? (long)draw(3) : -1;
		if (isrv_nummap_append(&twin->map, &twin->mem, twin->base + first, twin->base + last))
			memset(twin->model + first, true, last - first + 1);
		else if (!flaky)
			WRONG(twin, "refused", first);
		fail_in = -1;
	}
}

static void remove_some(struct twin *twin)
{
	static const uint32_t lengths[] = {1, 1, 3, 100, 20000};
	uint32_t first = draw(WINDOW), gap = 1 + draw(draw(2) ? 4 : 3000), want = 0, got, i;
	uint32_t longest = lengths[draw(5)], most = 1 + draw(draw(2) ? 5 : WINDOW / 2);
	struct imapsrv_set set = {twin->ranges, 0};
	bool flaky = draw(4) == 0;

	while (set.count < most && first < WINDOW) {
		uint32_t last = first + draw(longest);

		if (last >= WINDOW)
			last = WINDOW - 1;
		twin->ranges[set.count].first = twin->base + first;
		twin->ranges[set.count++].last = twin->base + last;
		for (i = first; i <= last; i++)
			want += twin->model[i];
		first = last + 2 + draw(gap);
	}
	fail_in = flaky ? (long)draw(6) : -1;
	got = isrv_nummap_remove(&twin->map, &twin->mem, set);
	fail_in = -1;
	if (got == UINT32_MAX) {
		if (!flaky)
			WRONG(twin, "refused to remove", set.count);
		return;
	}
	if (got != want)
		WRONG(twin, "removed", got);
	for (i = 0; i < set.count; i++)
		memset(twin->model + (set.ranges[i].first - twin->base), false,
		       set.ranges[i].last - set.ranges[i].first + 1);
}

static void test_random(void **unused)
{
	/* The lowest UIDs, the middle of a block, the highest UIDs. */
	static const uint32_t bases[] = {1, 5 * 65536 + 1234, UINT32_MAX - WINDOW + 1};
	struct twin *twin = malloc(sizeof(*twin));
	unsigned round;

	(void)unused;
	assert_non_null(twin);
	for (round = 0; round < 12; round++) {
		memset(twin, 0, sizeof(*twin));
		twin->run = seed + round;
		twin->base = bases[twin->run % 3];
		state = twin->run * 0x9e3779b97f4a7c15u | 1;
		isrv_mem_init(&twin->mem, &allocator, SIZE_MAX);
		isrv_nummap_init(&twin->map);
		for (twin->step = 0; twin->step < 60; twin->step++) {
			if (draw(3))
				append_some(twin);
			else
				remove_some(twin);
			if (twin->step % 3 == 0)
				compare(twin);
		}
		compare(twin);
		isrv_nummap_clear(&twin->map, &twin->mem);
		if (twin->mem.used)
			WRONG(twin, "octets leaked:", twin->mem.used);
	}
	free(twin);
}

/* One script of every change of form, run with the n-th allocation failing, for every n: whatever
 * is refused has changed nothing. */
static void test_every_failure(void **unused)
{
	struct twin *twin = malloc(sizeof(*twin));
	bool flawless = false;
	unsigned n;

	(void)unused;
	assert_non_null(twin);
	for (n = 0; !flawless; n++) {
		uint32_t i, got;

		memset(twin, 0, sizeof(*twin));
		twin->run = n;
		twin->base = 1;
		isrv_mem_init(&twin->mem, &allocator, SIZE_MAX);
		fail_in = (long)n;
		for (i = 0; i < 150000; i += i < 9000 ? 3 : i < 20000 ? 1 : 5000) {
			uint32_t last = i < 20000 ? i : i + 4500;

			if (isrv_nummap_append(&twin->map, &twin->mem, i + 1, last + 1))
				memset(twin->model + i, true, last - i + 1);
		}
		for (twin->step = 0; twin->step < 9; twin->step++) {
			struct imapsrv_set set = {twin->ranges, 0};

			for (i = twin->step * 400; i < 150000; i += 1 + twin->step * 997)
				if (i % 2 == twin->step % 2 && set.count <= WINDOW / 2 - 1)
					twin->ranges[set.count++] =
						(struct imapsrv_range){i + 1, i + 1};
			got = isrv_nummap_remove(&twin->map, &twin->mem, set);
			for (i = 0; got != UINT32_MAX && i < set.count; i++)
				twin->model[set.ranges[i].first - 1] = false;
			if (twin->step % 4 == 0)
				compare(twin);
		}
		flawless = fail_in >= 0;
		fail_in = -1;
		isrv_nummap_clear(&twin->map, &twin->mem);
		if (twin->mem.used)
			WRONG(twin, "octets leaked:", twin->mem.used);
	}
	if (n < 20)
		fail_msg("only %u allocations: the script misses most of them", n);
	free(twin);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shrink_fails), cmocka_unit_test(test_edges),         cmocka_unit_test(test_refused),
		cmocka_unit_test(test_runs),          cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_random),        cmocka_unit_test(test_bound_after_removal),
		cmocka_unit_test(test_every_failure),
	};
	const char *given = getenv("ISRV_SEED");

	seed = given ? strtoull(given, NULL, 10) : 1;
	printf("ISRV_SEED=%llu\n", (unsigned long long)seed);
	return cmocka_run_group_tests_name("nummap", tests, NULL, NULL);
}
