/* SPDX-License-Identifier: MIT */
/*
 * base/arena: alignment, the maximum, what reset keeps, growing in place, and that pieces stay
 * apart; with each allocation failing in turn.
 */
#include <stdalign.h>

#include "unit/failalloc.h"

#include "base/arena.h"

enum { ALIGN = alignof(max_align_t), HEADER = 64 /* no chunk header is larger */ };

static size_t rounded(size_t size)
{
	return ((size ? size : 1) + ALIGN - 1) / ALIGN * ALIGN;
}

/* ---- sizes and the maximum ----------------------------------------------------------------- */

static const struct {
	size_t max, n, size; /* n pieces fit, of that size; the next one does not */
} fills[] = {
	{0, 0, 0},
	{0, 0, 1},
	{ALIGN - 1, 0, 1},
	{ALIGN, 1, 0},
	{ALIGN, 1, 1},
	{ALIGN, 1, ALIGN},
	{ALIGN, 0, ALIGN + 1},
	{ALIGN * 10, 10, 1},
	{ALIGN * 10 + 1, 10, ALIGN},
	{512, 1, 512},
	{512, 0, 513},
	{1 << 16, (1 << 16) / 48, 48}, /* through many chunks */
	{1 << 16, 32, 2048},
	{1 << 16, 1, 40000},
	{1000, 0, SIZE_MAX},
	{SIZE_MAX, 0, SIZE_MAX},
	{SIZE_MAX, 0, SIZE_MAX - ALIGN},
	{SIZE_MAX, 0, SIZE_MAX - HEADER},
};

static void test_fill(void **state)
{
	size_t i, k, round;

	(void)state;
	for (i = 0; i < COUNT(fills); i++) {
		struct failalloc fa;
		struct isrv_mem mem;
		struct isrv_arena arena;

		failalloc_init(&fa);
		isrv_mem_init(&mem, &fa.allocator, 1 << 20);
		isrv_arena_init(&arena, &mem, fills[i].max);
		ROW(i, fa.calls == 0);
		for (round = 0; round < 3; round++) {
			for (k = 0; k < fills[i].n; k++) {
				char *piece = isrv_arena_alloc(&arena, fills[i].size);

				ROW(i, piece);
				ROW(i, (uintptr_t)piece % ALIGN == 0);
				memset(piece, 'p', fills[i].size);
				ROW(i, arena.used == (k + 1) * rounded(fills[i].size));
			}
			ROW(i, !isrv_arena_alloc(&arena, fills[i].size));
			ROW(i, arena.used == fills[i].n * rounded(fills[i].size));
			/* What ends it is there all the same, and then nothing is. */
			ROW(i, isrv_arena_zalloc_over(&arena, ALIGN) && arena.max == fills[i].max);
			ROW(i, arena.used == fills[i].n * rounded(fills[i].size) + ALIGN);
			ROW(i, !isrv_arena_alloc(&arena, fills[i].size));
			isrv_arena_reset(&arena);
			ROW(i, arena.used == 0);
			ROW(i, arena.spare_size <= 4096 && mem.used <= 512 + 4096 + 64 * HEADER);
			isrv_arena_trim(&arena);
			ROW(i, arena.spare_size == 0 && mem.used <= 512 + HEADER);
		}
		isrv_arena_clear(&arena);
		ROW(i, mem.used == 0 && fa.held == 0 && arena.max == fills[i].max);
	}
}

/* No two pieces overlap and nothing is lost, with sizes of all kinds mixed. */
static void test_mixed(void **state)
{
	static const size_t sizes[] = {1, 500,  16, 511,  512, 513, 3,
	                               1024, 0, 1025, 40, 9000, 700, 2};
	enum { PIECES = 300 };
	static char *pieces[PIECES];
	struct failalloc fa;
	struct isrv_mem mem;
	struct isrv_arena arena;
	size_t i, k;

	(void)state;
	failalloc_init(&fa);
	isrv_mem_init(&mem, &fa.allocator, SIZE_MAX);
	isrv_arena_init(&arena, &mem, SIZE_MAX);
	for (i = 0; i < PIECES; i++) {
		size_t size = sizes[i * i % COUNT(sizes)];

		pieces[i] = isrv_arena_alloc(&arena, size);
		ROW(i, pieces[i]);
		memset(pieces[i], (int)(i & 0x7f), size);
		/* What the paragraph in arena.c promises. */
		ROW(i, mem.used <= 2 * arena.used + 8192 + (fa.calls + 1) * HEADER);
	}
	for (i = 0; i < PIECES; i++) {
		for (k = 0; k < sizes[i * i % COUNT(sizes)]; k++)
			ROW(i, pieces[i][k] == (char)(i & 0x7f));
	}
	isrv_arena_clear(&arena);
	assert_int_equal(fa.held, 0);
}

static void test_steady_state(void **state)
{
	struct failalloc fa;
	struct isrv_mem mem;
	struct isrv_arena arena;
	size_t i;

	(void)state;
	failalloc_init(&fa);
	isrv_mem_init(&mem, &fa.allocator, SIZE_MAX);
	isrv_arena_init(&arena, &mem, 100000);
	isrv_arena_reset(&arena);
	for (i = 0; i < 100; i++) {
		assert_non_null(isrv_arena_alloc(&arena, 100));
		assert_non_null(isrv_arena_alloc(&arena, 300));
		isrv_arena_reset(&arena);
	}
	assert_int_equal(fa.calls, 1);
	/* A large first request does not become what is kept. */
	isrv_arena_clear(&arena);
	assert_non_null(isrv_arena_alloc(&arena, 50000));
	isrv_arena_reset(&arena);
	assert_true(mem.used >= 512 && mem.used <= 512 + HEADER);
	isrv_arena_clear(&arena);
	isrv_arena_clear(&arena);
	assert_int_equal(mem.used, 0);
}

/* ---- the other ways to take ---------------------------------------------------------------- */

static const struct {
	size_t n, size;
	int ok;
	size_t used;
} arrays[] = {
	{0, 8, 1, ALIGN},
	{8, 0, 1, ALIGN},
	{3, 16, 1, 48},
	{100, 100, 1, 10000},
	{SIZE_MAX, 2, 0, 0},
	{2, SIZE_MAX, 0, 0},
	{SIZE_MAX / 2 + 1, 2, 0, 0}, /* would wrap to 0 */
	{SIZE_MAX / 16 + 2, 16, 0, 0}, /* would wrap to 16 */
	{SIZE_MAX, 1, 0, 0},
	{1, SIZE_MAX, 0, 0},
	{SIZE_MAX, SIZE_MAX, 0, 0}, /* would wrap to 1 */
};

static void test_array(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(arrays); i++) {
		struct isrv_mem mem;
		struct isrv_arena arena;

		isrv_mem_init(&mem, NULL, 1 << 20);
		isrv_arena_init(&arena, &mem, SIZE_MAX);
		ROW(i, !isrv_arena_array(&arena, arrays[i].n, arrays[i].size) == !arrays[i].ok);
		ROW(i, arena.used == arrays[i].used);
		isrv_arena_reset(&arena);
		ROW(i, !isrv_arena_zarray(&arena, arrays[i].n, arrays[i].size) == !arrays[i].ok);
		ROW(i, arena.used == arrays[i].used);
		isrv_arena_reset(&arena);
		ROW(i, !isrv_arena_grow_array(&arena, NULL, 0, arrays[i].n, arrays[i].size) ==
		               !arrays[i].ok);
		ROW(i, arena.used == arrays[i].used);
		isrv_arena_clear(&arena);
	}
}

/* As they are taken, whatever the alignment is. */
#define ROUND(size) (((size) + ALIGN - 1) / ALIGN * ALIGN)

static const struct {
	size_t old_size, between, size; /* between: taken after the old one, 0 for nothing */
	size_t max;
	int ok, same; /* whether it may, and whether it stays where it is */
	size_t used;
} grows[] = {
	{16, 0, 32, 1000, 1, 1, ROUND(32)},
	{16, 0, 512, 1000, 1, 1, 512},
	{16, 0, 513, 1000, 1, 0, ROUND(16) + ROUND(513)}, /* no room behind it */
	{16, 0, 5000, 6000, 1, 0, ROUND(16) + ROUND(5000)},
	{16, 8, 32, 1000, 1, 0, ROUND(16) + ROUND(8) + ROUND(32)}, /* not the last thing */
	{16, 8, 16, 1000, 1, 1, ROUND(16) + ROUND(8)},
	{16, 8, 3, 1000, 1, 1, ROUND(16) + ROUND(8)},
	{1, 8, ALIGN, 1000, 1, 1, ALIGN + ROUND(8)}, /* the rounding has room */
	{0, 0, 16, 1000, 1, 1, ROUND(16)},
	{0, 0, 64, 1000, 1, 1, 64},
	{16, 0, 0, 1000, 1, 1, ROUND(16)},
	{600, 0, 700, 2000, 1, 0, ROUND(600) + ROUND(700)}, /* a chunk of its own */
	{16, 0, 32, 32, 1, 1, 32},
	{16, 0, 33, 32, 0, 0, ROUND(16)},
	{16, 8, 32, 48, 0, 0, ROUND(16) + ROUND(8)},
	{16, 0, SIZE_MAX, SIZE_MAX, 0, 0, ROUND(16)},
	{16, 0, SIZE_MAX - 64, SIZE_MAX, 0, 0, ROUND(16)},
};

static void test_grow(void **state)
{
	size_t i, k;

	(void)state;
	for (i = 0; i < COUNT(grows); i++) {
		struct isrv_mem mem;
		struct isrv_arena arena;
		char *old, *piece;

		isrv_mem_init(&mem, NULL, 1 << 20);
		isrv_arena_init(&arena, &mem, grows[i].max);
		old = isrv_arena_alloc(&arena, grows[i].old_size);
		ROW(i, old);
		memset(old, 'o', grows[i].old_size);
		if (grows[i].between)
			memset(isrv_arena_alloc(&arena, grows[i].between), 'b', grows[i].between);
		piece = isrv_arena_grow(&arena, old, grows[i].old_size, grows[i].size);
		ROW(i, !piece == !grows[i].ok);
		ROW(i, !piece || (piece == old) == (grows[i].same != 0));
		ROW(i, arena.used == grows[i].used);
		for (k = 0; piece && k < grows[i].old_size && k < grows[i].size; k++)
			ROW(i, piece[k] == 'o');
		for (k = 0; k < grows[i].old_size; k++)
			ROW(i, old[k] == 'o');
		if (piece)
			memset(piece, 'n', grows[i].size);
		isrv_arena_clear(&arena);
	}
}

static void test_copy_and_zero(void **state)
{
	static const struct {
		const char *data;
		size_t len;
	} rows[] = {
		{NULL, 0}, {BYTES("")}, {BYTES("a")}, {BYTES("a\0b")}, {BYTES("0123456789abcdef")},
	};
	struct failalloc fa;
	struct isrv_mem mem;
	struct isrv_arena arena;
	size_t i, k;
	char *zeros;

	(void)state;
	failalloc_init(&fa);
	isrv_mem_init(&mem, &fa.allocator, SIZE_MAX);
	isrv_arena_init(&arena, &mem, 3000);
	for (i = 0; i < COUNT(rows); i++) {
		char *data = exact(rows[i].data, rows[i].len);
		char *copy = isrv_arena_copy(&arena, data, rows[i].len);

		ROW(i, copy && copy != data && copy[rows[i].len] == '\0');
		ROW(i, rows[i].len == 0 || memcmp(copy, rows[i].data, rows[i].len) == 0);
		free(data);
	}
	assert_null(isrv_arena_copy(&arena, "x", SIZE_MAX));
	assert_null(isrv_arena_copy(&arena, "x", SIZE_MAX - 1));
	assert_null(isrv_arena_zalloc(&arena, 3001));
	zeros = isrv_arena_zalloc(&arena, 1500);
	assert_non_null(zeros);
	for (k = 0; k < 1500; k++)
		ROW(k, zeros[k] == 0);
	zeros = isrv_arena_grow(&arena, NULL, 0, 10);
	assert_non_null(zeros);
	isrv_arena_clear(&arena);
	assert_int_equal(fa.held, 0);
}

/* ---- the n-th allocation fails ------------------------------------------------------------- */

static void test_failing(void **state)
{
	size_t nth;
	int on;

	(void)state;
	for (on = 0; on < 2; on++) {
		for (nth = 1; nth <= 10; nth++) {
			struct failalloc fa;
			struct isrv_mem mem;
			struct isrv_arena arena;
			size_t k, row = (size_t)on * 100 + nth, refused = 0;
			char *kept = NULL;

			failalloc_init(&fa);
			fa.fail_first = nth;
			fa.fail_on = on != 0;
			isrv_mem_init(&mem, &fa.allocator, SIZE_MAX);
			isrv_arena_init(&arena, &mem, SIZE_MAX);
			for (k = 0; k < 60; k++) {
				size_t size = k % 7 == 3 ? 3000 : k % 7 * 60 + 1;
				size_t used = arena.used;
				char *piece;

				if (k % 2)
					piece = isrv_arena_alloc(&arena, size);
				else
					piece = isrv_arena_grow(&arena, kept, kept ? 1 : 0, size);
				if (!piece) {
					refused++;
					ROW(row, arena.used == used);
					continue;
				}
				memset(piece, 'f', size);
				kept = piece;
				ROW(row, fa.held == mem.used);
			}
			ROW(row, refused >= 1);
			ROW(row, on || refused == 1);
			isrv_arena_reset(&arena);
			isrv_arena_trim(&arena);
			ROW(row, arena.used == 0 && mem.used <= 512 + HEADER);
			ROW(row, on || isrv_arena_alloc(&arena, 512));
			isrv_arena_clear(&arena);
			ROW(row, mem.used == 0 && fa.held == 0);
		}
	}
}

/* A command like the one before takes nothing from the allocator; wiping reaches every piece. */
static void test_kept(void **state)
{
	static const char zero[1500];
	struct failalloc fa;
	struct isrv_mem mem;
	struct isrv_arena arena;
	size_t held = 0;

	(void)state;
	failalloc_init(&fa);
	isrv_mem_init(&mem, &fa.allocator, SIZE_MAX);
	isrv_arena_init(&arena, &mem, 100000);
	for (int round = 0; round < 5; round++) {
		char *small = isrv_arena_alloc(&arena, 400), *large = isrv_arena_alloc(&arena, 1500);

		ROW(round, small && large);
		memset(small, 's', 400);
		memset(large, 'l', 1500);
		isrv_arena_wipe(&arena);
		ROW(round, !memcmp(small, zero, 400) && !memcmp(large, zero, 1500));
		ROW(round, round == 0 || mem.used == held);
		held = mem.used;
		isrv_arena_reset(&arena);
		ROW(round, mem.used == held);
	}
	isrv_arena_clear(&arena);
	assert_int_equal(mem.used, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_fill),          cmocka_unit_test(test_mixed),
		cmocka_unit_test(test_steady_state),  cmocka_unit_test(test_array),
		cmocka_unit_test(test_grow),          cmocka_unit_test(test_copy_and_zero),
		cmocka_unit_test(test_failing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
