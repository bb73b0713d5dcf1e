/* SPDX-License-Identifier: MIT */
/*
 * search/order - a stable sort of numbers by what they stand for: merging from the bottom up, so
 * that there is no recursion, no worst case and no memory but what is handed in (qsort promises
 * none of the three).  It can stop anywhere and go on later.
 */
#ifndef ISRV_SEARCH_ORDER_H
#define ISRV_SEARCH_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct isrv_order {
	uint32_t *items;
	uint32_t *spare;
	size_t count;
	size_t width; /* runs of so many items are in order */
	size_t at;    /* the run that is merged with the one behind it */
	/* In the middle of two runs: of the first, which lies in `spare`, the next item; of the
	 * second the next item, and the place for either, counted from `at`. */
	bool merging;
	size_t first;
	size_t second;
	size_t place;
};

/* To sort `count` items; `spare` has room for as many. */
void isrv_order_begin(struct isrv_order *o, uint32_t *items, uint32_t *spare, size_t count);
/* Sorts until *steps have reached `until`; false: there is more to do.  `compare` gives less than
 * 0, 0, more than 0.  steps grow by one for each comparison: n log n in all, and n where they are
 * in order already. */
bool isrv_order_run(struct isrv_order *o, int (*compare)(const void *ctx, uint32_t a, uint32_t b),
                    const void *ctx, uint64_t *steps, uint64_t until);
/* Both, to the end. */
void isrv_order_sort(uint32_t *items, uint32_t *spare, size_t count,
                     int (*compare)(const void *ctx, uint32_t a, uint32_t b), const void *ctx,
                     uint64_t *steps);

#endif
