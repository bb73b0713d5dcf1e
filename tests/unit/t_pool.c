/* SPDX-License-Identifier: MIT */
/* session/pool: what it holds is the session's too; and why it gives no more. */
#include "session/pool.h"

#include "unit/failalloc.h"

static void test_account(void **unused)
{
	struct isrv_pool pool;
	struct isrv_mem mem;
	void *block;

	(void)unused;
	isrv_mem_init(&mem, NULL, 1000);
	isrv_pool_init(&pool, &mem, 500);
	block = isrv_mem_alloc(&pool.mem, 300);
	assert_non_null(block);
	assert_int_equal(mem.used, 300);
	block = isrv_mem_realloc(&pool.mem, block, 300, 400);
	assert_non_null(block);
	assert_int_equal(mem.used, 400);
	isrv_mem_free(&pool.mem, block, 400);
	assert_int_equal(mem.used, 0);
	assert_int_equal(pool.mem.used, 0);
}

static void test_reasons(void **unused)
{
	static const struct {
		size_t session; /* its budget, */
		size_t held;    /* of which so many are taken */
		size_t pool;
		size_t fail;    /* the call that fails */
		bool starved;
	} rows[] = {
		{1000, 0, 100, 0, false}, /* its own budget */
		{1000, 900, 500, 0, false}, /* that of the session */
		{1000, 0, 500, 1, true},
		{1000, 799, 500, 2, true},
	};
	size_t i;

	(void)unused;
	for (i = 0; i < COUNT(rows); i++) {
		struct isrv_pool pool;
		struct failalloc a;
		struct isrv_mem mem;
		void *block, *held = NULL;
		size_t grown;

		failalloc_init(&a);
		isrv_mem_init(&mem, &a.allocator, rows[i].session);
		if (rows[i].held)
			held = isrv_mem_alloc(&mem, rows[i].held);
		a.calls = 0;
		a.fail_first = rows[i].fail;
		isrv_pool_init(&pool, &mem, rows[i].pool);
		/* A block, and then a larger one. */
		block = isrv_mem_alloc(&pool.mem, 100);
		grown = 100;
		if (block && isrv_mem_realloc(&pool.mem, block, 100, 201))
			grown = 201;
		ROW(i, !block || grown == 100);
		ROW(i, pool.starved == rows[i].starved);
		isrv_mem_free(&pool.mem, block, grown);
		isrv_mem_free(&mem, held, rows[i].held);
		assert_int_equal(mem.used, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_account),
		cmocka_unit_test(test_reasons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
