/* SPDX-License-Identifier: MIT */
/*
 * base/uidset against tables of edges, and against a plain array of booleans under random
 * operations with tight maxima and failing allocations.  ISRV_SEED repeats a run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/uidset.h"

#define WINDOW 300u /* random numbers are base + 0..WINDOW-1 */
#define MANY   1000u

static uint64_t seed, state;

static uint32_t draw(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)((state * 0x2545f4914f6cdd1du) >> 33) % below;
}

/* An allocator that fails at the n-th call from now, counting down; -1 never. */
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

/* "3,5:7" to ranges; * is 4294967295. */
static size_t parse(const char *text, struct imapsrv_range *ranges)
{
	size_t count = 0;

	while (*text) {
		uint32_t ends[2];
		int i;

		for (i = 0; i < 2; i++) {
			char *end = (char *)(uintptr_t)text + 1;

			ends[i] = *text == '*' ? UINT32_MAX : (uint32_t)strtoul(text, &end, 10);
			text = end;
			if (i == 0 && *text != ':') {
				ends[1] = ends[0];
				break;
			}
			text += i == 0;
		}
		ranges[count++] = (struct imapsrv_range){ends[0], ends[1]};
		text += *text == ',';
	}
	return count;
}

static void format(struct imapsrv_set set, char *text, size_t size)
{
	size_t i, at = 0;

	text[0] = '\0';
	for (i = 0; i < set.count && at < size; i++) {
		at += (size_t)snprintf(text + at, size - at, "%s%lu:%lu", i ? "," : "",
		                       (unsigned long)set.ranges[i].first,
		                       (unsigned long)set.ranges[i].last);
	}
}

static const struct {
	const char *start;
	char op; /* + add, - remove, | union, \ subtract, & intersect, = copy */
	const char *operand;
	size_t max;
	bool ok;
	const char *result;
} operations[] = {
	/* 0: adding */
	{"", '+', "1", 9, true, "1:1"},
	{"", '+', "1:*", 9, true, "1:4294967295"},
	{"", '+', "*", 9, true, "4294967295:4294967295"},
	{"1:3", '+', "4", 9, true, "1:4"},
	{"1:3", '+', "5", 9, true, "1:3,5:5"},
	{"5:6", '+', "4", 9, true, "4:6"},
	{"5:6", '+', "1:3", 9, true, "1:3,5:6"},
	{"1,3,5,7", '+', "2", 9, true, "1:3,5:5,7:7"},
	{"1,3,5,7", '+', "2:6", 9, true, "1:7"},
	{"2,9", '+', "1:*", 9, true, "1:4294967295"},
	/* 10 */
	{"2,9,*", '+', "4294967294", 9, true, "2:2,9:9,4294967294:4294967295"},
	{"2,9,*", '+', "*", 9, true, "2:2,9:9,4294967295:4294967295"},
	{"10:20", '+', "12:15", 9, true, "10:20"},
	{"10:20,30", '+', "12:15", 9, true, "10:20,30:30"},
	{"10:20,30:40", '+', "15:35", 9, true, "10:40"},
	{"10:20,30:40", '+', "5:25", 9, true, "5:25,30:40"},
	/* 16: at the maximum */
	{"1,3", '+', "5", 2, false, "1:1,3:3"},
	{"1,5", '+', "3", 2, false, "1:1,5:5"},
	{"1,3", '+', "2", 2, true, "1:3"},
	{"1,3", '+', "4:9", 2, true, "1:1,3:9"},
	/* 20: removing */
	{"", '-', "1:*", 9, true, ""},
	{"1:*", '-', "1:*", 9, true, ""},
	{"1:*", '-', "1", 9, true, "2:4294967295"},
	{"1:*", '-', "*", 9, true, "1:4294967294"},
	{"1:*", '-', "7", 9, true, "1:6,8:4294967295"},
	{"1:*", '-', "7", 1, false, "1:4294967295"},
	{"1:5,7:9", '-', "3:8", 9, true, "1:2,9:9"},
	{"1:5,7:9", '-', "6", 9, true, "1:5,7:9"},
	{"1:5,7:9,11", '-', "5:11", 9, true, "1:4"},
	{"1:5,7:9,11", '-', "7:9", 9, true, "1:5,11:11"},
	/* 30: whole sets */
	{"1,3,5", '|', "2,4", 9, true, "1:5"},
	{"1,3,5", '|', "7,9,11", 9, true, "1:1,3:3,5:5,7:7,9:9,11:11"},
	{"7,9,11", '|', "1,3,5", 9, true, "1:1,3:3,5:5,7:7,9:9,11:11"},
	{"7,9,11", '|', "1,3,5", 5, false, "7:7,9:9,11:11"},
	{"7,9,11", '|', "1,8:10,12", 3, true, "1:1,7:12"},
	{"1,*", '|', "2,4294967294", 9, true, "1:2,4294967294:4294967295"},
	{"", '|', "2,4", 9, true, "2:2,4:4"},
	{"1:*", '\\', "3,5,7", 9, true, "1:2,4:4,6:6,8:4294967295"},
	{"1:*", '\\', "3,5,7", 3, false, "1:4294967295"},
	{"1:*", '\\', "1,*", 9, true, "2:4294967294"},
	/* 40 */
	{"1:10,20:30", '\\', "5:25,28", 9, true, "1:4,26:27,29:30"},
	{"1,3", '\\', "1:2,3:4", 9, true, ""},
	{"1:10,20:30", '&', "5:25,28", 9, true, "5:10,20:25,28:28"},
	{"1:10,20:30", '&', "", 9, true, ""},
	{"", '&', "1:*", 9, true, ""},
	{"1:*", '&', "1,3,*", 9, true, "1:1,3:3,4294967295:4294967295"},
	{"1:*", '&', "1,3,*", 2, false, "1:4294967295"},
	{"1:4", '&', "6:9", 9, true, ""},
	{"1:4", '=', "6:9,*", 9, true, "6:9,4294967295:4294967295"},
	{"1:4", '=', "6:9,*", 1, false, "1:4"},
	{"1:4", '=', "", 9, true, ""},
};

static bool operate(struct isrv_uidset *set, struct isrv_mem *mem, char op,
                    struct imapsrv_set other)
{
	switch (op) {
	case '+': return isrv_uidset_add(set, mem, other.ranges[0].first, other.ranges[0].last);
	case '-': return isrv_uidset_remove(set, mem, other.ranges[0].first, other.ranges[0].last);
	case '|': return isrv_uidset_union(set, mem, other);
	case '\\': return isrv_uidset_subtract(set, mem, other);
	case '&': return isrv_uidset_intersect(set, mem, other);
	default: return isrv_uidset_copy(set, mem, other);
	}
}

static void test_operations(void **unused)
{
	struct imapsrv_range ranges[16];
	struct isrv_mem mem;
	char text[256];
	size_t i, r;

	(void)unused;
	isrv_mem_init(&mem, &allocator, SIZE_MAX);
	for (i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
		struct isrv_uidset set;
		struct imapsrv_set other = {ranges, 0};
		bool ok;

		isrv_uidset_init(&set, operations[i].max);
		other.count = parse(operations[i].start, ranges);
		for (r = 0; r < other.count; r++)
			assert_true(isrv_uidset_add(&set, &mem, ranges[r].first, ranges[r].last));
		other.count = parse(operations[i].operand, ranges);
		ok = operate(&set, &mem, operations[i].op, other);
		format(isrv_uidset_view(&set), text, sizeof(text));
		if (ok != operations[i].ok || strcmp(text, operations[i].result) != 0)
			fail_msg("row %zu: %s, \"%s\" for \"%s\"", i, ok ? "true" : "false", text,
			         operations[i].result);
		if (!isrv_uidset_is_valid(isrv_uidset_view(&set)))
			fail_msg("row %zu: not valid", i);
		isrv_uidset_clear(&set, &mem);
		if (mem.used)
			fail_msg("row %zu: %zu octets leaked", i, mem.used);
	}
}

/* A set as its own operand. */
static void test_self(void **unused)
{
	static const char ops[] = "|=&\\";
	struct imapsrv_range ranges[4];
	struct isrv_uidset set;
	struct isrv_mem mem;
	size_t i;

	(void)unused;
	isrv_mem_init(&mem, &allocator, SIZE_MAX);
	isrv_uidset_init(&set, 3);
	assert_true(isrv_uidset_copy(&set, &mem,
	                             (struct imapsrv_set){ranges, parse("2,5:7,*", ranges)}));
	for (i = 0; ops[i]; i++) {
		if (!operate(&set, &mem, ops[i], isrv_uidset_view(&set)))
			fail_msg("%c refused", ops[i]);
		if (isrv_uidset_size(isrv_uidset_view(&set)) != (ops[i] == '\\' ? 0 : 5))
			fail_msg("%c changed it wrongly", ops[i]);
	}
	isrv_uidset_clear(&set, &mem);
}

static const struct {
	const char *in, *out;
} normals[] = {
	{"", ""},
	{"1", "1:1"},
	{"3:1", "1:3"},
	{"*:1", "1:4294967295"},
	{"5,4,3,2,1", "1:5"},
	{"9,1,5", "1:1,5:5,9:9"},
	{"1:*,5", "1:4294967295"},
	{"*,4294967294,1", "1:1,4294967294:4294967295"},
	{"7,7,7", "7:7"},
	{"4:6,1:9,2", "1:9"},
	{"10:12,1:3,4:5,8", "1:5,8:8,10:12"},
};

static void test_normalize(void **unused)
{
	struct imapsrv_range ranges[16];
	char text[256];
	size_t i;

	(void)unused;
	for (i = 0; i < sizeof(normals) / sizeof(normals[0]); i++) {
		struct imapsrv_set set = {ranges, parse(normals[i].in, ranges)};

		set.count = isrv_uidset_normalize(ranges, set.count);
		format(set, text, sizeof(text));
		if (strcmp(text, normals[i].out) != 0)
			fail_msg("row %zu: \"%s\" for \"%s\"", i, text, normals[i].out);
	}
}

static const struct {
	const char *set;
	bool valid;
} valids[] = {
	{"", true},     {"1", true},      {"1:*", true},  {"1,3", true},     {"1:2,4:9,*", true},
	{"0", false},   {"0:4", false},   {"3:1", false}, {"1,2", false},    {"1:5,5:6", false},
	{"5,1", false}, {"1:*,7", false}, {"*,*", false}, {"*:1", false},    {"1,3,4", false},
};

static void test_is_valid(void **unused)
{
	struct imapsrv_range ranges[16];
	size_t i;

	(void)unused;
	for (i = 0; i < sizeof(valids) / sizeof(valids[0]); i++) {
		struct imapsrv_set set = {ranges, parse(valids[i].set, ranges)};

		if (isrv_uidset_is_valid(set) != valids[i].valid)
			fail_msg("row %zu: \"%s\"", i, valids[i].set);
	}
}

static void test_queries(void **unused)
{
	struct imapsrv_range ranges[4];
	struct imapsrv_set set = {ranges, parse("2:4,9,4294967290:*", ranges)}, none = {NULL, 0};
	struct imapsrv_range all = {1, UINT32_MAX};
	struct imapsrv_set every = {&all, 1};

	(void)unused;
	assert_true(isrv_uidset_size(set) == 10);
	assert_true(isrv_uidset_size(every) == UINT32_MAX);
	assert_true(isrv_uidset_size(none) == 0);
	assert_int_equal(isrv_uidset_min(set), 2);
	assert_int_equal(isrv_uidset_max(set), UINT32_MAX);
	assert_int_equal(isrv_uidset_min(none), 0);
	assert_int_equal(isrv_uidset_max(none), 0);
	assert_int_equal(isrv_uidset_seek(set, 1), 0);
	assert_int_equal(isrv_uidset_seek(set, 4), 0);
	assert_int_equal(isrv_uidset_seek(set, 5), 1);
	assert_int_equal(isrv_uidset_seek(set, UINT32_MAX), 2);
	assert_int_equal(isrv_uidset_seek(none, 1), 0);
	assert_false(isrv_uidset_has(none, 1));
	assert_true(isrv_uidset_has(set, UINT32_MAX));
	assert_false(isrv_uidset_has(set, 5));
}

/* A set beside its model: one boolean for each number of the window that begins at `base`. */
struct twin {
	struct isrv_uidset set;
	uint32_t base;
	bool model[WINDOW];
};

/* How many ranges the model makes. */
static size_t model_ranges(const bool *model)
{
	size_t ranges = 0, i;

	for (i = 0; i < WINDOW; i++)
		ranges += model[i] && (i == 0 || !model[i - 1]);
	return ranges;
}

static void compare(const struct twin *twin, unsigned long long run, unsigned step)
{
	struct imapsrv_set view = isrv_uidset_view(&twin->set);
	uint64_t size = 0;
	uint32_t i;

	if (!isrv_uidset_is_valid(view) || view.count > twin->set.max)
		fail_msg("seed %llu step %u: not valid", run, step);
	for (i = 0; i < WINDOW; i++) {
		size_t at = isrv_uidset_seek(view, twin->base + i);

		size += twin->model[i];
		if (isrv_uidset_has(view, twin->base + i) != twin->model[i])
			fail_msg("seed %llu step %u: has(%u)", run, step, twin->base + i);
		if ((at < view.count && view.ranges[at].last < twin->base + i) ||
		    (at > 0 && view.ranges[at - 1].last >= twin->base + i))
			fail_msg("seed %llu step %u: seek(%u)", run, step, twin->base + i);
	}
	if (isrv_uidset_size(view) != size)
		fail_msg("seed %llu step %u: size", run, step);
}

/* A random operand: ranges in any order and direction, made a set by normalize, and its model. */
static struct imapsrv_set random_set(struct imapsrv_range *ranges, uint32_t base, bool *model)
{
	struct imapsrv_set set = {ranges, draw(draw(4) ? 6 : 60)};
	uint32_t longest = 1 + draw(draw(3) ? 8 : WINDOW);
	size_t i;
	uint32_t n;

	memset(model, 0, WINDOW * sizeof(*model));
	for (i = 0; i < set.count; i++) {
		uint32_t low = draw(WINDOW), high = low + draw(longest);

		if (high >= WINDOW)
			high = WINDOW - 1;
		for (n = low; n <= high; n++)
			model[n] = true;
		ranges[i] = draw(2) ? (struct imapsrv_range){base + low, base + high}
		                    : (struct imapsrv_range){base + high, base + low};
	}
	set.count = isrv_uidset_normalize(ranges, set.count);
	return set;
}

static void random_step(struct twin *twin, struct isrv_mem *mem, unsigned long long run,
                        unsigned step)
{
	static const char ops[] = "+++--||\\\\&=";
	struct imapsrv_range ranges[64];
	bool operand[WINDOW], wanted[WINDOW], ok;
	struct imapsrv_set other = random_set(ranges, twin->base, operand);
	char op = ops[draw(sizeof(ops) - 1)];
	bool may_fail = draw(4) == 0;
	uint32_t i;

	if ((op == '+' || op == '-') && other.count == 0)
		return;
	if (op == '+' || op == '-') {
		uint32_t low = ranges[0].first - twin->base, high = ranges[0].last - twin->base;

		for (i = 0; i < WINDOW; i++)
			operand[i] = i >= low && i <= high;
	}
	for (i = 0; i < WINDOW; i++) {
		bool mine = twin->model[i], theirs = operand[i];

		wanted[i] = op == '+' || op == '|' ? mine || theirs :
		            op == '-' || op == '\\' ? mine && !theirs :
		            op == '&' ? mine && theirs : theirs;
	}
	fail_in = may_fail ? (long)draw(2) : -1;
	ok = operate(&twin->set, mem, op, other);
	if (!ok && !may_fail && model_ranges(wanted) <= twin->set.max)
		fail_msg("seed %llu step %u: %c refused", run, step, op);
	if (ok && model_ranges(wanted) > twin->set.max)
		fail_msg("seed %llu step %u: %c passed the maximum", run, step, op);
	fail_in = -1;
	if (ok)
		memcpy(twin->model, wanted, sizeof(wanted));
	compare(twin, run, step);
}

static void test_random(void **unused)
{
	static const uint32_t bases[] = {1, 70000, UINT32_MAX - WINDOW + 1};
	struct isrv_mem mem;
	unsigned round, step;

	(void)unused;
	isrv_mem_init(&mem, &allocator, SIZE_MAX);
	for (round = 0; round < 60; round++) {
		unsigned long long run = seed + round;
		struct twin twin = {.base = bases[run % 3]};

		state = run * 0x9e3779b97f4a7c15u | 1;
		isrv_uidset_init(&twin.set, draw(2) ? MANY : 1 + draw(20));
		for (step = 0; step < 300; step++)
			random_step(&twin, &mem, run, step);
		isrv_uidset_empty(&twin.set);
		if (isrv_uidset_view(&twin.set).count)
			fail_msg("seed %llu: not empty", run);
		isrv_uidset_clear(&twin.set, &mem);
		if (mem.used)
			fail_msg("seed %llu: %zu octets leaked", run, mem.used);
	}
}

/* The order that drives a careless sort to its square, and one that is already right. */
static void test_normalize_large(void **unused)
{
	size_t count = 200000, i;
	struct imapsrv_range *ranges = malloc(count * sizeof(*ranges));

	(void)unused;
	assert_non_null(ranges);
	for (i = 0; i < count; i++) {
		uint32_t n = (uint32_t)(i % 2 ? count - i : i) * 3 + 3;

		ranges[i] = (struct imapsrv_range){n, n + (i % 2)};
	}
	count = isrv_uidset_normalize(ranges, count);
	assert_true(isrv_uidset_is_valid((struct imapsrv_set){ranges, count}));
	assert_int_equal(isrv_uidset_normalize(ranges, count), count);
	free(ranges);
}

static void test_common(void **unused)
{
	static struct imapsrv_range a[] = {{1, 5}, {9, 9}, {20, 30}}, b[] = {{4, 9}, {25, 40}};
	struct imapsrv_set set = {a, 3}, other = {b, 2};
	struct isrv_arena arena;
	struct isrv_mem mem;
	uint64_t steps = 0;

	(void)unused;
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	isrv_arena_init(&arena, &mem, 8);
	assert_false(isrv_uidset_common(&arena, &set, other, &steps));
	assert_true(set.ranges == a && set.count == 3);
	arena.max = 1000;
	assert_true(isrv_uidset_common(&arena, &set, other, &steps));
	assert_int_equal(set.count, 3);
	assert_true(set.ranges[0].first == 4 && set.ranges[0].last == 5);
	assert_true(set.ranges[1].first == 9 && set.ranges[1].last == 9);
	assert_true(set.ranges[2].first == 25 && set.ranges[2].last == 30);
	assert_true(steps > 0 && steps <= 5);
	isrv_arena_clear(&arena);
	assert_int_equal(mem.used, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_operations), cmocka_unit_test(test_self),
		cmocka_unit_test(test_normalize),  cmocka_unit_test(test_normalize_large),
		cmocka_unit_test(test_is_valid),   cmocka_unit_test(test_queries),
		cmocka_unit_test(test_random),     cmocka_unit_test(test_common),
	};
	const char *given = getenv("ISRV_SEED");

	seed = given ? strtoull(given, NULL, 10) : 1;
	printf("ISRV_SEED=%llu\n", (unsigned long long)seed);
	return cmocka_run_group_tests_name("uidset", tests, NULL, NULL);
}
