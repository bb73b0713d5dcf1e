/* SPDX-License-Identifier: MIT */
/*
 * base/buf: how it grows, that it never passes its maximum, and that a failed call changes nothing.
 */
#include "unit/failalloc.h"

#include "base/buf.h"

/* ---- growth -------------------------------------------------------------------------------- */

static const struct {
	size_t max, len, n; /* len octets are there, n more are wanted */
	int ok;
	size_t cap; /* after it */
} growths[] = {
	{1000, 0, 0, 1, 0},
	{1000, 0, 1, 1, 64},
	{1000, 0, 64, 1, 64},
	{1000, 0, 65, 1, 128},
	{1000, 64, 0, 1, 64},
	{1000, 64, 1, 1, 128},
	{1000, 60, 4, 1, 64},
	{1000, 60, 5, 1, 128},
	{1000, 100, 500, 1, 1000}, /* 128, 256, 512, then the maximum */
	{1000, 600, 400, 1, 1000},
	{1000, 600, 401, 0, 1000},
	{1000, 1000, 0, 1, 1000},
	{1000, 1000, 1, 0, 1000},
	{1024, 0, 1000, 1, 1024},
	{SIZE_MAX, 0, 1000, 1, 1024},
	{10, 0, 1, 1, 10}, /* never above the maximum, even at first */
	{10, 0, 10, 1, 10},
	{10, 0, 11, 0, 0},
	{0, 0, 0, 1, 0},
	{0, 0, 1, 0, 0},
	{1000, 10, SIZE_MAX, 0, 64}, /* len + n would wrap */
	{SIZE_MAX, 10, SIZE_MAX - 9, 0, 64},
	{SIZE_MAX, 10, SIZE_MAX - 10, 0, 64}, /* in the maximum, beyond the budget */
};

static void test_growth(void **state)
{
	size_t i, k;

	(void)state;
	for (i = 0; i < COUNT(growths); i++) {
		struct failalloc fa;
		struct isrv_mem mem;
		struct isrv_buf buf;

		failalloc_init(&fa);
		isrv_mem_init(&mem, &fa.allocator, 1 << 20);
		isrv_buf_init(&buf, growths[i].max);
		ROW(i, !buf.data && buf.len == 0 && buf.cap == 0 && buf.max == growths[i].max);
		for (k = 0; k < growths[i].len; k++) {
			char octet = (char)k;

			ROW(i, isrv_buf_add(&buf, &mem, &octet, 1));
		}
		ROW(i, isrv_buf_reserve(&buf, &mem, growths[i].n) == (growths[i].ok != 0));
		ROW(i, buf.len == growths[i].len);
		ROW(i, buf.cap == growths[i].cap);
		ROW(i, mem.used == buf.cap);
		ROW(i, !buf.data == !buf.cap);
		for (k = 0; k < buf.len; k++)
			ROW(i, buf.data[k] == (char)k);
		if (growths[i].ok && growths[i].n)
			memset(buf.data + buf.len, 'x', growths[i].n);
		isrv_buf_clear(&buf, &mem);
		ROW(i, !buf.data && buf.len == 0 && buf.cap == 0 && buf.max == growths[i].max);
		ROW(i, mem.used == 0 && fa.held == 0);
	}
}

static void test_doubling_is_few_calls(void **state)
{
	struct failalloc fa;
	struct isrv_mem mem;
	struct isrv_buf buf;
	size_t i;

	(void)state;
	failalloc_init(&fa);
	isrv_mem_init(&mem, &fa.allocator, SIZE_MAX);
	isrv_buf_init(&buf, 1 << 20);
	for (i = 0; i < 1 << 16; i++)
		assert_true(isrv_buf_add(&buf, &mem, "x", 1));
	assert_int_equal(fa.calls, 11); /* 64 << 0 to 64 << 10 */
	isrv_buf_clear(&buf, &mem);
}

static void test_add(void **state)
{
	struct failalloc fa;
	struct isrv_mem mem;
	struct isrv_buf buf;
	char *piece = exact("ab\0cd", 5);

	(void)state;
	failalloc_init(&fa);
	isrv_mem_init(&mem, &fa.allocator, SIZE_MAX);
	isrv_buf_init(&buf, 12);
	assert_true(isrv_buf_add(&buf, &mem, NULL, 0));
	assert_null(buf.data);
	assert_true(isrv_buf_add(&buf, &mem, piece, 5));
	assert_true(isrv_buf_add(&buf, &mem, piece, 5));
	assert_true(isrv_buf_add(&buf, &mem, NULL, 0));
	assert_false(isrv_buf_add(&buf, &mem, piece, 3));
	assert_int_equal(buf.len, 10);
	assert_true(isrv_buf_add(&buf, &mem, piece, 2));
	assert_int_equal(buf.len, 12);
	assert_memory_equal(buf.data, "ab\0cdab\0cdab", 12);
	/* A maximum that is lowered later holds too. */
	buf.max = 4;
	assert_false(isrv_buf_reserve(&buf, &mem, 0));
	assert_false(isrv_buf_add(&buf, &mem, piece, 1));
	isrv_buf_clear(&buf, &mem);
	isrv_buf_clear(&buf, &mem);
	assert_int_equal(fa.held, 0);
	free(piece);
}

/* ---- giving back --------------------------------------------------------------------------- */

static const struct {
	size_t len, cap; /* before; cap is made by reserve */
	int fail;
	size_t cap_after;
} shrinks[] = {
	{0, 0, 0, 0},   {0, 64, 0, 0},    {1, 64, 0, 1},     {64, 64, 0, 64},
	{65, 128, 0, 65}, {65, 128, 1, 128}, {1, 4096, 0, 1},   {0, 4096, 1, 0},
};

static void test_shrink(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(shrinks); i++) {
		struct failalloc fa;
		struct isrv_mem mem;
		struct isrv_buf buf;

		failalloc_init(&fa);
		isrv_mem_init(&mem, &fa.allocator, SIZE_MAX);
		isrv_buf_init(&buf, 10000);
		ROW(i, isrv_buf_reserve(&buf, &mem, shrinks[i].cap));
		ROW(i, buf.cap == shrinks[i].cap);
		if (shrinks[i].len)
			memset(buf.data, 'k', shrinks[i].len);
		buf.len = shrinks[i].len;
		fa.fail_first = shrinks[i].fail ? fa.calls + 1 : 0;
		isrv_buf_shrink(&buf, &mem);
		ROW(i, buf.len == shrinks[i].len);
		ROW(i, buf.cap == shrinks[i].cap_after);
		ROW(i, mem.used == buf.cap && fa.held == mem.used);
		ROW(i, !buf.data == !buf.cap);
		ROW(i, buf.len == 0 || (buf.data[0] == 'k' && buf.data[buf.len - 1] == 'k'));
		isrv_buf_clear(&buf, &mem);
	}
}

static void test_wipe(void **state)
{
	struct failalloc fa;
	struct isrv_mem mem;
	struct isrv_buf buf;

	(void)state;
	failalloc_init(&fa);
	isrv_mem_init(&mem, &fa.allocator, SIZE_MAX);
	isrv_buf_init(&buf, 100);
	assert_true(isrv_buf_add(&buf, &mem, "secret", 6));
	isrv_buf_clear(&buf, &mem);
	assert_false(fa.wiped); /* the test can tell */
	isrv_buf_clear_secret(&buf, &mem);
	assert_true(isrv_buf_add_secret(&buf, &mem, "secret", 6));
	buf.len = 2;
	isrv_buf_clear_secret(&buf, &mem);
	assert_true(fa.wiped);
	assert_int_equal(fa.last_freed, 64);
	/* It is never moved by the allocator, and stays where it cannot grow. */
	assert_true(isrv_buf_add_secret(&buf, &mem, "secret", 6));
	fa.fail_first = fa.calls + 1;
	assert_false(isrv_buf_add_secret(&buf, &mem, fa.live, 80));
	assert_true(buf.len == 6 && memcmp(buf.data, "secret", 6) == 0);
	assert_false(isrv_buf_add_secret(&buf, &mem, fa.live, 95)); /* more than max */
	assert_true(isrv_buf_add_secret(&buf, &mem, fa.live, 80));
	assert_true(fa.wiped && buf.cap == 100 && memcmp(buf.data, "secret", 6) == 0);
	fa.wiped = false;
	isrv_buf_shrink_secret(&buf, &mem);
	assert_true(fa.wiped && buf.cap == 86 && buf.len == 86);
	buf.len = 0;
	fa.wiped = false;
	isrv_buf_shrink_secret(&buf, &mem);
	assert_true(fa.wiped);
	assert_true(!buf.data && buf.len == 0 && buf.cap == 0 && buf.max == 100);
	assert_int_equal(fa.held, 0);
}

/* ---- the n-th allocation fails ------------------------------------------------------------- */

static void test_failing(void **state)
{
	size_t nth;
	int on;

	(void)state;
	for (on = 0; on < 2; on++) {
		for (nth = 1; nth <= 6; nth++) {
			struct failalloc fa;
			struct isrv_mem mem;
			struct isrv_buf buf;
			size_t k, row = (size_t)on * 10 + nth, refused = 0;

			failalloc_init(&fa);
			fa.fail_first = nth;
			fa.fail_on = on != 0;
			isrv_mem_init(&mem, &fa.allocator, SIZE_MAX);
			isrv_buf_init(&buf, 1000);
			for (k = 0; k < 1000; k++) {
				struct isrv_buf before = buf;

				if (isrv_buf_add(&buf, &mem, "z", 1))
					continue;
				refused++;
				ROW(row, memcmp(&before, &buf, sizeof(buf)) == 0);
				ROW(row, mem.used == buf.cap);
			}
			/* 64 128 256 512 1000: five allocations; one that fails costs one octet. */
			ROW(row, nth == 6 ? refused == 0 : on || refused == 1);
			if (on && nth < 6)
				ROW(row, buf.len == (nth == 1 ? 0 : (size_t)32 << (nth - 1)));
			ROW(row, buf.len == 1000 - refused);
			isrv_buf_clear(&buf, &mem);
			ROW(row, mem.used == 0 && fa.held == 0);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_growth),  cmocka_unit_test(test_doubling_is_few_calls),
		cmocka_unit_test(test_add),     cmocka_unit_test(test_shrink),
		cmocka_unit_test(test_wipe),    cmocka_unit_test(test_failing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
