/* SPDX-License-Identifier: MIT */
/* Invariant of each pass: runs of `width` items are in order, equal ones as they came. */
#include "search/order.h"

#include <string.h>

struct order {
	int (*compare)(const void *ctx, uint32_t a, uint32_t b);
	const void *ctx;
	uint64_t *steps;
	uint64_t until;
};

static bool is_behind(const struct order *by, uint32_t a, uint32_t b)
{
	++*by->steps;
	return by->compare(by->ctx, a, b) > 0;
}

/* The run at o->at and the one behind it, which ends `end` items from there.  False: there is
 * more. */
static bool merge(struct isrv_order *o, const struct order *by, size_t end)
{
	uint32_t *items = o->items + o->at, *spare = o->spare;
	size_t width = o->width, a = o->first, b = o->second, n = o->place;

	if (!o->merging) {
		if (!is_behind(by, items[width - 1], items[width]))
			return true;
		memcpy(spare, items, width * sizeof(*items));
		a = n = 0;
		b = width;
	}
	while (a < width && b < end && *by->steps < by->until)
		items[n++] = is_behind(by, spare[a], items[b]) ? items[b++] : spare[a++];
	o->merging = a < width && b < end;
	if (o->merging) {
		o->first = a;
		o->second = b;
		o->place = n;
		return false;
	}
	memcpy(items + n, spare + a, (width - a) * sizeof(*items));
	return true;
}

void isrv_order_begin(struct isrv_order *o, uint32_t *items, uint32_t *spare, size_t count)
{
	*o = (struct isrv_order){.items = items, .spare = spare, .count = count, .width = 1};
}

bool isrv_order_run(struct isrv_order *o, int (*compare)(const void *ctx, uint32_t a, uint32_t b),
                    const void *ctx, uint64_t *steps, uint64_t until)
{
	const struct order by = {compare, ctx, steps, until};

	while (o->width < o->count) {
		size_t left = o->count - o->at, end = left < 2 * o->width ? left : 2 * o->width;

		if (left <= o->width) { /* nothing to merge it with */
			o->at = 0;
			o->width *= 2;
			continue;
		}
		if (*steps >= until || !merge(o, &by, end))
			return false;
		o->at += end;
	}
	return true;
}

void isrv_order_sort(uint32_t *items, uint32_t *spare, size_t count,
                     int (*compare)(const void *ctx, uint32_t a, uint32_t b), const void *ctx,
                     uint64_t *steps)
{
	struct isrv_order o;

	isrv_order_begin(&o, items, spare, count);
	isrv_order_run(&o, compare, ctx, steps, UINT64_MAX);
}
