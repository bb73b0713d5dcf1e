/* SPDX-License-Identifier: MIT */
/*
 * search/order - a stable sort of numbers by what they stand for: merging from the bottom up, so
 * that there is no recursion, no worst case and no memory but what is handed in (qsort promises
 * none of the three).
 */
#ifndef ISRV_SEARCH_ORDER_H
#define ISRV_SEARCH_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Sorts `count` items; `spare` has room for as many.  `compare` gives less than 0, 0, more than 0.
 * steps grow by one for each comparison: n log n, and n where they are in order already. */
void isrv_order_sort(uint32_t *items, uint32_t *spare, size_t count,
                     int (*compare)(const void *ctx, uint32_t a, uint32_t b), const void *ctx,
                     uint64_t *steps);

#endif
