/* SPDX-License-Identifier: MIT */
/*
 * search/matcher against a naive search: random needles in random texts of few letters, cut at
 * every place; and that the work is linear whatever the needles are.  ISRV_SEED repeats a run.
 */
#include "search/matcher.h"

#include "unit/row.h"

enum { NEEDLES = 24, TEXT = 60 };

static uint64_t seed, state;

static uint32_t draw(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)((state * 0x2545f4914f6cdd1du) >> 33) % below;
}

struct bench {
	struct isrv_mem mem;
	struct isrv_arena arena;
	struct isrv_matcher m;
};

static void begin(struct bench *b)
{
	memset(b, 0, sizeof(*b));
	isrv_mem_init(&b->mem, NULL, SIZE_MAX);
	isrv_arena_init(&b->arena, &b->mem, 256u << 20);
}

static void end(struct bench *b)
{
	isrv_arena_clear(&b->arena);
	assert_int_equal(b->mem.used, 0);
}

static bool is_in(const char *text, size_t len, struct imapsrv_span needle)
{
	size_t i;

	for (i = 0; needle.len <= len && i <= len - needle.len; i++) {
		if (!needle.len || memcmp(text + i, needle.data, needle.len) == 0)
			return true;
	}
	return false;
}

static void fill(char *text, size_t len, uint32_t letters)
{
	size_t i;

	for (i = 0; i < len; i++)
		text[i] = (char)('a' + draw(letters) * 37);
}

static void check(struct bench *b, const struct isrv_needle *needles, uint32_t count,
                  const char *text, size_t len, unsigned long long run)
{
	uint8_t found[NEEDLES];
	uint32_t i, left;
	size_t cut;

	for (cut = 0; cut <= len; cut++) {
		char *first = exact(text, cut), *last = exact(text + cut, len - cut);

		memset(found, 0, sizeof(found));
		isrv_matcher_reset(&b->m);
		isrv_matcher_begin(&b->m, found);
		(void)isrv_matcher_feed(&b->m, first, cut, found);
		(void)isrv_matcher_feed(&b->m, last, len - cut, found);
		for (i = left = 0; i < count; i++) {
			bool is = is_in(text, len, needles[i].text);

			if (is != (found[i] != 0))
				fail_msg("run %llu, needle %u, cut %zu", run, i, cut);
			left += !is;
		}
		if (left != b->m.left)
			fail_msg("run %llu, cut %zu: %u left, not %u", run, cut, b->m.left, left);
		free(first);
		free(last);
	}
}

static void test_random(void **unused)
{
	unsigned long long run;

	(void)unused;
	for (run = seed; run < seed + 2000; run++) {
		struct isrv_needle needles[NEEDLES], given[NEEDLES];
		char pool[NEEDLES * 8], text[TEXT];
		uint32_t i, count, letters;
		struct bench b;
		int round;

		state = run * 0x9e3779b97f4a7c15u | 1;
		count = 1 + draw(NEEDLES);
		letters = 1 + draw(4);
		fill(pool, sizeof(pool), letters);
		for (i = 0; i < count; i++) {
			needles[i].text.data = pool + draw(sizeof(pool) - 8);
			needles[i].text.len = draw(8);
			needles[i].index = i;
		}
		memcpy(given, needles, sizeof(needles));
		begin(&b);
		assert_true(isrv_matcher_init(&b.m, &b.arena, given, count));
		for (round = 0; round < 3; round++) {
			size_t len = draw(TEXT);

			fill(text, len, letters);
			check(&b, needles, count, text, len, run);
		}
		end(&b);
	}
}

/* Several texts of one message: what is found stays so, and a match does not reach from one to the
 * next. */
static void test_texts(void **unused)
{
	struct isrv_needle needles[] = {
		{{"ab", 2}, 0}, {{"bc", 2}, 1}, {{"", 0}, 2}, {{"ab", 2}, 3}, {{"c", 1}, 4}};
	uint8_t found[5] = {0};
	struct bench b;

	(void)unused;
	begin(&b);
	assert_true(isrv_matcher_init(&b.m, &b.arena, needles, 5));
	isrv_matcher_reset(&b.m);
	assert_int_equal(b.m.left, 5);
	isrv_matcher_begin(&b.m, found);
	assert_int_equal(b.m.left, 4);
	(void)isrv_matcher_feed(&b.m, "xab", 3, found);
	isrv_matcher_begin(&b.m, found);
	(void)isrv_matcher_feed(&b.m, "c", 1, found);
	assert_memory_equal(found, "\1\0\1\1\1", 5);
	assert_int_equal(b.m.left, 1);
	/* After 2^32 messages, when the rounds begin anew, nothing counts as found. */
	memset(found, 0, sizeof(found));
	b.m.round = UINT32_MAX;
	for (int i = 0; i < 2; i++) {
		isrv_matcher_reset(&b.m);
		assert_int_equal(b.m.left, 5);
		isrv_matcher_begin(&b.m, found);
		(void)isrv_matcher_feed(&b.m, "abc", 3, found);
		assert_memory_equal(found, "\1\1\1\1\1", 5);
		assert_int_equal(b.m.left, 0);
	}
	end(&b);
}

/* Needles that are each other's beginnings and ends, and all beginnings of one octet. */
static uint64_t cost(const char *letters, size_t many, size_t most, size_t octets)
{
	struct isrv_needle *needles = malloc(many * sizeof(*needles));
	uint8_t *found = calloc(many, 1);
	char *pool = malloc(many * most), *text = malloc(octets);
	uint64_t steps;
	struct bench b;
	size_t i, k;

	assert_true(needles && found && pool && text);
	for (i = 0; i < many; i++) {
		size_t len = 1 + i % most;

		for (k = 0; k < len; k++)
			pool[i * most + k] = letters[k % strlen(letters)];
		if (len > 1 && i / most % 2)
			pool[i * most + len - 1] = (char)('b' + i / most % 200);
		needles[i] = (struct isrv_needle){{pool + i * most, len}, (uint32_t)i};
	}
	for (i = 0; i < octets; i++)
		text[i] = letters[i % strlen(letters)];
	begin(&b);
	assert_true(isrv_matcher_init(&b.m, &b.arena, needles, (uint32_t)many));
	isrv_matcher_reset(&b.m);
	isrv_matcher_begin(&b.m, found);
	steps = isrv_matcher_feed(&b.m, text, octets, found);
	end(&b);
	free(needles);
	free(found);
	free(pool);
	free(text);
	return steps;
}

/* ATTACKS T24: at most two steps for an octet, and what it takes to mark what is found. */
static void test_linear(void **unused)
{
	static const char *const letters[] = {"a", "ab", "aab", "abcabd"};
	size_t i;

	(void)unused;
	for (i = 0; i < COUNT(letters); i++) {
		assert_true(cost(letters[i], 100, 50, 100000) <= 2 * 100000 + 2 * 100);
		assert_true(cost(letters[i], 10000, 100, 100000) <= 2 * 100000 + 2 * 10000);
		assert_true(cost(letters[i], 10000, 1000, 20000) <= 2 * 20000 + 2 * 10000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_linear),
	};
	const char *given = getenv("ISRV_SEED");

	seed = given ? strtoull(given, NULL, 10) : 1;
	printf("ISRV_SEED=%llu\n", (unsigned long long)seed);
	return cmocka_run_group_tests_name("matcher", tests, NULL, NULL);
}
