/* SPDX-License-Identifier: MIT */
/* search/order: against insertion, for every count up to 70; that equal items stay as they came;
 * and the number of comparisons. */
#include "search/order.h"

#include "unit/row.h"

static int by_high_bits(const void *ctx, uint32_t a, uint32_t b)
{
	unsigned shift = *(const unsigned *)ctx;

	return (a >> shift > b >> shift) - (a >> shift < b >> shift);
}

static void insert(uint32_t *items, size_t count, unsigned shift)
{
	size_t i, k;

	for (i = 1; i < count; i++) {
		for (k = i; k && by_high_bits(&shift, items[k - 1], items[k]) > 0; k--) {
			uint32_t swap = items[k];

			items[k] = items[k - 1];
			items[k - 1] = swap;
		}
	}
}

static void test_random(void **unused)
{
	uint32_t seed = 1;
	size_t count, i;
	unsigned shift;

	(void)unused;
	for (count = 0; count < 70; count++) {
		for (shift = 0; shift < 32; shift += 7) {
			uint32_t *items = malloc(count * sizeof(*items) + 1), slow[70];
			uint32_t *spare = malloc(count * sizeof(*items) + 1);
			uint64_t steps = 0;

			assert_true(items && spare);
			for (i = 0; i < count; i++)
				slow[i] = items[i] = seed = seed * 1664525 + 1013904223;
			insert(slow, count, shift);
			isrv_order_sort(items, spare, count, by_high_bits, &shift, &steps);
			ROW(count, memcmp(items, slow, count * sizeof(*items)) == 0);
			free(items);
			free(spare);
		}
	}
}

/* A few steps at a time: never more than those, and the same in the end. */
static void test_pieces(void **unused)
{
	static const uint64_t pieces[] = {1, 2, 7, 100};
	uint32_t seed = 2;

	(void)unused;
	for (size_t count = 0; count < 70; count++) {
		for (size_t p = 0; p < COUNT(pieces); p++) {
			uint32_t items[70], whole[70], spare[70];
			unsigned shift = (unsigned)(count % 3) * 10;
			uint64_t steps = 0, at_once = 0;
			struct isrv_order o;

			for (size_t i = 0; i < count; i++)
				whole[i] = items[i] = seed = seed * 1664525 + 1013904223;
			isrv_order_sort(whole, spare, count, by_high_bits, &shift, &at_once);
			isrv_order_begin(&o, items, spare, count);
			for (uint64_t until = pieces[p];; until += pieces[p]) {
				bool done = isrv_order_run(&o, by_high_bits, &shift, &steps, until);

				ROW(count, steps <= until && (done || steps == until));
				if (done)
					break;
			}
			ROW(count, steps == at_once);
			ROW(count, memcmp(items, whole, count * sizeof(*items)) == 0);
		}
	}
}

static void test_steps(void **unused)
{
	static uint32_t items[1 << 16], spare[1 << 16];
	uint64_t steps = 0;
	unsigned shift = 0;
	uint32_t i, seed = 1;

	(void)unused;
	for (i = 0; i < 1 << 16; i++)
		items[i] = seed = seed * 1664525 + 1013904223;
	isrv_order_sort(items, spare, 1 << 16, by_high_bits, &shift, &steps);
	assert_true(steps <= 17u << 16);
	steps = 0;
	isrv_order_sort(items, spare, 1 << 16, by_high_bits, &shift, &steps);
	assert_true(steps <= 1u << 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
