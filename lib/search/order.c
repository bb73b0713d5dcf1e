/* SPDX-License-Identifier: MIT */
/* Invariant of each pass: runs of `width` items are in order, equal ones as they came. */
#include "search/order.h"

#include <string.h>

struct order {
	int (*compare)(const void *ctx, uint32_t a, uint32_t b);
	const void *ctx;
	uint64_t *steps;
};

static bool is_behind(const struct order *o, uint32_t a, uint32_t b)
{
	++*o->steps;
	return o->compare(o->ctx, a, b) > 0;
}

/* Items 0..middle and middle..end are in order each. */
static void merge(const struct order *o, uint32_t *items, uint32_t *spare, size_t middle,
                  size_t end)
{
	size_t a = 0, b = middle, n = 0;

	if (!is_behind(o, items[middle - 1], items[middle]))
		return;
	memcpy(spare, items, middle * sizeof(*items));
	while (a < middle && b < end)
		items[n++] = is_behind(o, spare[a], items[b]) ? items[b++] : spare[a++];
	memcpy(items + n, spare + a, (middle - a) * sizeof(*items));
}

void isrv_order_sort(uint32_t *items, uint32_t *spare, size_t count,
                     int (*compare)(const void *ctx, uint32_t a, uint32_t b), const void *ctx,
                     uint64_t *steps)
{
	struct order o = {compare, ctx, steps};
	size_t width, at;

	for (width = 1; width < count; width *= 2) {
		for (at = 0; count - at > width; at += 2 * width) {
			size_t end = count - at < 2 * width ? count - at : 2 * width;

			merge(&o, items + at, spare, width, end);
			if (count - at <= 2 * width)
				break;
		}
	}
}
