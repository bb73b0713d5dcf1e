/* SPDX-License-Identifier: MIT */
/* search/forest: random links and cuts against an array of parents; and the steps of a chain. */
#include "search/forest.h"

#include "unit/failalloc.h"

enum { NODES = 60 };

static uint32_t draw(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return (uint32_t)(*seed >> 32);
}

static uint32_t walk(const uint32_t *parents, uint32_t node)
{
	while (parents[node])
		node = parents[node];
	return node;
}

static void test_random(void **unused)
{
	uint32_t parents[NODES + 1] = {0}, i;
	struct isrv_forest f;
	struct isrv_mem mem;
	uint64_t steps = 0, seed = 5256;

	(void)unused;
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	isrv_forest_init(&f, &mem, &steps);
	for (i = 1; i <= NODES; i++)
		assert_int_equal(isrv_forest_add(&f), i);
	for (i = 0; i < 200000; i++) {
		uint32_t a = draw(&seed) % NODES + 1, b = draw(&seed) % NODES + 1;

		ROW(i, isrv_forest_root(&f, a) == walk(parents, a));
		if (parents[a] && draw(&seed) % 3 == 0) {
			isrv_forest_cut(&f, a);
			parents[a] = 0;
		} else if (!parents[a] && walk(parents, b) != a) {
			isrv_forest_link(&f, a, b);
			parents[a] = b;
		}
	}
	isrv_forest_clear(&f);
	assert_int_equal(mem.used, 0);
}

static uint64_t chain(uint32_t count)
{
	struct isrv_forest f;
	struct isrv_mem mem;
	uint64_t steps = 0;
	uint32_t i;

	isrv_mem_init(&mem, NULL, SIZE_MAX);
	isrv_forest_init(&f, &mem, &steps);
	for (i = 1; i <= count; i++)
		assert_int_equal(isrv_forest_add(&f), i);
	/* Once from each end: the root is asked for at the far one. */
	for (i = 2; i <= count; i++) {
		assert_int_equal(isrv_forest_root(&f, i - 1), 1);
		isrv_forest_link(&f, i, i - 1);
	}
	for (i = 2; i <= count; i++)
		isrv_forest_cut(&f, i);
	for (i = count; i > 1; i--) {
		assert_int_equal(isrv_forest_root(&f, count), i < count ? i : count);
		isrv_forest_link(&f, i, i - 1);
	}
	isrv_forest_clear(&f);
	return steps;
}

static void test_steps(void **unused)
{
	uint64_t small = chain(50000), large = chain(100000);

	(void)unused;
	assert_true(large * 10 <= small * 23);
	assert_true(large <= 100000u * 60u);
}

static void test_failure(void **unused)
{
	struct isrv_forest f;
	struct isrv_mem mem;
	uint64_t steps = 0;

	(void)unused;
	isrv_mem_init(&mem, NULL, 10);
	isrv_forest_init(&f, &mem, &steps);
	assert_int_equal(isrv_forest_add(&f), 0);
	isrv_forest_clear(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
