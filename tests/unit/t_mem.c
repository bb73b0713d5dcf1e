/* SPDX-License-Identifier: MIT */
/*
 * base/mem: the books agree with a suspicious allocator, whatever fails and wherever the budget
 * ends.
 */
#include "unit/failalloc.h"

#include "base/mem.h"

/* ---- one call each, against the budget ----------------------------------------------------- */

enum what { ALLOC, ZALLOC, ZARRAY, REALLOC };

static const struct {
	enum what what;
	size_t budget, held, old_size, size; /* old_size 0: no block to grow */
	int ok;
	size_t used, peak;
} budgets[] = {
	{ALLOC, SIZE_MAX, 0, 0, 10, 1, 10, 10},
	{ALLOC, 10, 0, 0, 10, 1, 10, 10},
	{ALLOC, 9, 0, 0, 10, 0, 0, 0},
	{ALLOC, 10, 4, 0, 6, 1, 10, 10},
	{ALLOC, 10, 4, 0, 7, 0, 4, 4},
	{ALLOC, 10, 10, 0, 0, 0, 10, 10}, /* 0 counts as 1 */
	{ALLOC, 11, 10, 0, 0, 1, 11, 11},
	{ALLOC, 0, 0, 0, 0, 0, 0, 0},
	{ALLOC, 100, 4, 0, SIZE_MAX, 0, 4, 4}, /* used + size would wrap */
	{ZALLOC, 100, 4, 0, SIZE_MAX - 3, 0, 4, 4},
	{ZALLOC, 10, 0, 0, 10, 1, 10, 10},
	{ZALLOC, 10, 4, 0, 7, 0, 4, 4},
	{ZALLOC, 10, 9, 0, 0, 1, 10, 10},
	{ZARRAY, 12, 0, 0, 12, 1, 12, 12},
	{ZARRAY, 11, 0, 0, 12, 0, 0, 0},
	{REALLOC, 10, 4, 0, 6, 1, 10, 10},
	{REALLOC, 10, 4, 0, 7, 0, 4, 4},
	{REALLOC, 10, 4, 3, 6, 1, 10, 10},
	{REALLOC, 10, 4, 3, 7, 0, 7, 7},
	{REALLOC, 10, 4, 3, 3, 1, 7, 7},
	{REALLOC, 10, 4, 3, 1, 1, 5, 7},
	{REALLOC, 10, 4, 3, 0, 1, 5, 7},
	{REALLOC, 100, 4, 3, SIZE_MAX, 0, 7, 7},
	{REALLOC, SIZE_MAX, 1, 2, SIZE_MAX, 0, 3, 3}, /* 1 + SIZE_MAX would wrap */
};

static void test_budget(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(budgets); i++) {
		struct failalloc fa;
		struct isrv_mem mem;
		void *held = NULL, *old = NULL, *block;
		size_t old_size = budgets[i].old_size, size = budgets[i].size;

		failalloc_init(&fa);
		isrv_mem_init(&mem, &fa.allocator, budgets[i].budget);
		if (budgets[i].held)
			held = isrv_mem_alloc(&mem, budgets[i].held);
		if (old_size)
			old = isrv_mem_alloc(&mem, old_size);
		switch (budgets[i].what) {
		case ALLOC:
			block = isrv_mem_alloc(&mem, size);
			break;
		case ZALLOC:
			block = isrv_mem_zalloc(&mem, size);
			break;
		case ZARRAY:
			block = isrv_mem_zarray(&mem, 3, size / 3);
			break;
		default:
			block = isrv_mem_realloc(&mem, old, old_size, size);
			break;
		}
		ROW(i, !block == !budgets[i].ok);
		ROW(i, mem.used == budgets[i].used);
		ROW(i, mem.peak == budgets[i].peak);
		ROW(i, fa.held == mem.used);
		if (block && (budgets[i].what == ZALLOC || budgets[i].what == ZARRAY)) {
			ROW(i, ((char *)block)[0] == 0);
			ROW(i, ((char *)block)[size ? size - 1 : 0] == 0);
		}
		if (block)
			isrv_mem_free(&mem, block, size);
		else
			isrv_mem_free(&mem, old, old_size);
		isrv_mem_free(&mem, held, budgets[i].held);
		ROW(i, mem.used == 0 && fa.held == 0);
		ROW(i, mem.peak == budgets[i].peak);
	}
}

/* ---- what a size_t cannot hold --------------------------------------------------------------- */

/* It has as much as anybody wants, and nothing is ever written there. */
static void *endless_alloc(void *user, size_t size)
{
	*(size_t *)user = size;
	return user;
}

static void *endless_realloc(void *user, void *block, size_t old_size, size_t size)
{
	(void)old_size;
	*(size_t *)user = size;
	return block;
}

static void endless_free(void *user, void *block, size_t size)
{
	(void)user;
	(void)block;
	(void)size;
}

/* Whatever the allocator would give, a block is no larger than half of what a size_t can tell. */
static void test_largest(void **state)
{
	const size_t most = PTRDIFF_MAX;
	size_t asked = 0;
	const struct imapsrv_allocator endless = {endless_alloc, endless_realloc, endless_free, &asked};
	struct isrv_mem mem;
	void *block;

	(void)state;
	isrv_mem_init(&mem, &endless, SIZE_MAX);
	assert_null(isrv_mem_alloc(&mem, most + 1));
	assert_null(isrv_mem_zalloc(&mem, most + 1));
	assert_null(isrv_mem_zarray(&mem, 2, most / 2 + 1));
	assert_int_equal(asked, 0);
	block = isrv_mem_alloc(&mem, most);
	assert_non_null(block);
	assert_int_equal(asked, most);
	assert_null(isrv_mem_realloc(&mem, block, most, most + 1));
	isrv_mem_free(&mem, block, most);
	block = isrv_mem_alloc(&mem, 10);
	assert_null(isrv_mem_realloc(&mem, block, 10, most + 1));
	assert_int_equal(mem.used, 10);
	assert_non_null(isrv_mem_realloc(&mem, block, 10, most));
	assert_int_equal(mem.used, most);
	isrv_mem_free(&mem, block, most);
	assert_int_equal(mem.used, 0);
}

static const struct {
	size_t n, size;
	int ok;
} arrays[] = {
	{0, 8, 1},
	{8, 0, 1},
	{4, 8, 1},
	{SIZE_MAX, 2, 0},
	{2, SIZE_MAX, 0},
	{SIZE_MAX / 2 + 1, 2, 0},      /* would wrap to 0 */
	{SIZE_MAX / 16 + 2, 16, 0},    /* would wrap to 16 */
	{SIZE_MAX, SIZE_MAX, 0},       /* would wrap to 1 */
	{(size_t)1 << 16, SIZE_MAX >> 15, 0},
};

static void test_zarray(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(arrays); i++) {
		struct isrv_mem mem;
		void *block;

		isrv_mem_init(&mem, NULL, SIZE_MAX);
		block = isrv_mem_zarray(&mem, arrays[i].n, arrays[i].size);
		ROW(i, !block == !arrays[i].ok);
		isrv_mem_free(&mem, block, arrays[i].n * arrays[i].size);
		ROW(i, mem.used == 0);
	}
}

static void test_lowered_budget(void **state)
{
	struct failalloc fa;
	struct isrv_mem mem;
	char *block, *smaller;

	(void)state;
	failalloc_init(&fa);
	isrv_mem_init(&mem, &fa.allocator, 100);
	block = isrv_mem_alloc(&mem, 100);
	assert_non_null(block);
	memcpy(block, "kept", 4);
	mem.budget = 10;
	assert_null(isrv_mem_alloc(&mem, 1));
	assert_null(isrv_mem_realloc(&mem, block, 100, 101));
	smaller = isrv_mem_realloc(&mem, block, 100, 50);
	assert_non_null(smaller);
	assert_memory_equal(smaller, "kept", 4);
	assert_int_equal(mem.used, 50);
	isrv_mem_free(&mem, smaller, 50);
	isrv_mem_free(&mem, NULL, 7);
	assert_int_equal(mem.used, 0);
}

/* ---- failing allocators -------------------------------------------------------------------- */

static void test_failing(void **state)
{
	size_t nth;
	int on;

	(void)state;
	for (on = 0; on < 2; on++) {
		for (nth = 0; nth <= 4; nth++) {
			struct failalloc fa;
			struct isrv_mem mem;
			size_t row = (size_t)on * 10 + nth, a_size = 0, b_size = 0;
			char *a, *b, *grown;

			failalloc_init(&fa);
			fa.fail_first = nth;
			fa.fail_on = on != 0;
			isrv_mem_init(&mem, &fa.allocator, SIZE_MAX);
			a = isrv_mem_alloc(&mem, 10);
			ROW(row, !a == (nth == 1));
			a_size = a ? 10 : 0;
			if (a)
				memcpy(a, "0123456789", 10);
			ROW(row, mem.used == a_size);
			b = isrv_mem_zalloc(&mem, 20);
			b_size = b ? 20 : 0;
			ROW(row, !b == (nth == 2 || (on && nth == 1)));
			ROW(row, mem.used == a_size + b_size);
			grown = isrv_mem_realloc(&mem, a, a_size, 1000);
			ROW(row, !grown == (nth == 3 || (on && nth && nth < 3)));
			if (grown) {
				a = grown;
				/* Where the first call had failed this block is a new one. */
				ROW(row, nth == 1 || memcmp(a, "0123456789", 10) == 0);
				a_size = 1000;
			} else if (a) {
				ROW(row, memcmp(a, "0123456789", 10) == 0);
			}
			ROW(row, mem.used == a_size + b_size && fa.held == mem.used);
			isrv_mem_free(&mem, a, a_size);
			isrv_mem_free(&mem, b, b_size);
			ROW(row, mem.used == 0 && fa.held == 0);
		}
	}
}

static void test_libc(void **state)
{
	struct isrv_mem mem;
	char *block;

	(void)state;
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	assert_ptr_equal(mem.allocator, &isrv_mem_libc);
	block = isrv_mem_zalloc(&mem, 16);
	assert_non_null(block);
	memset(block, 'x', 16);
	block = isrv_mem_realloc(&mem, block, 16, 100000);
	assert_non_null(block);
	assert_memory_equal(block, "xxxxxxxxxxxxxxxx", 16);
	assert_int_equal(mem.used, 100000);
	isrv_mem_free(&mem, block, 100000);
	assert_int_equal(mem.used, 0);
	assert_int_equal(mem.peak, 100000);
}

static void test_wipe(void **state)
{
	static const size_t sizes[] = {0, 1, 2, 7, 8, 9, 63, 64, 1000};
	size_t i, k;

	(void)state;
	for (i = 0; i < COUNT(sizes); i++) {
		char *block = exact(NULL, sizes[i] + 2);

		memset(block, 's', sizes[i] + 2);
		isrv_mem_wipe(block + 1, sizes[i]);
		ROW(i, block[0] == 's' && block[sizes[i] + 1] == 's');
		for (k = 1; k <= sizes[i]; k++)
			ROW(i, block[k] == 0);
		free(block);
	}
	isrv_mem_wipe(NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_budget), cmocka_unit_test(test_lowered_budget),
		cmocka_unit_test(test_failing), cmocka_unit_test(test_libc),
		cmocka_unit_test(test_largest), cmocka_unit_test(test_zarray),
		cmocka_unit_test(test_wipe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
