/* SPDX-License-Identifier: MIT */
/*
 * base/uidset - a set of 32-bit numbers (UIDs, or sequence numbers) kept as ranges and never
 * expanded: 1:4294967295 is eight octets.  Always sorted, never overlapping or touching.
 */
#ifndef ISRV_BASE_UIDSET_H
#define ISRV_BASE_UIDSET_H

#include <stdbool.h>

#include "base/arena.h"

struct isrv_uidset {
	struct imapsrv_range *ranges;
	uint32_t count; /* there are fewer than 2^31 ranges that do not touch */
	uint32_t cap;
	uint32_t max; /* the most ranges; an operation that would need more fails */
};

void isrv_uidset_init(struct isrv_uidset *set, size_t max_ranges);
void isrv_uidset_clear(struct isrv_uidset *set, struct isrv_mem *mem); /* frees; max stays */
void isrv_uidset_empty(struct isrv_uidset *set);                       /* keeps the memory */

/* Every function that returns bool gives false when memory or max is short; the set is then as
 * it was before. */

/* Room for so many ranges in all: `count` may be brought up to that by hand. */
bool isrv_uidset_reserve(struct isrv_uidset *set, struct isrv_mem *mem, size_t need);

/* Adds first..last (1 <= first <= last).  Constant time at the upper end; O(log n) plus a move
 * elsewhere. */
bool isrv_uidset_add(struct isrv_uidset *set, struct isrv_mem *mem, uint32_t first, uint32_t last);
bool isrv_uidset_remove(struct isrv_uidset *set, struct isrv_mem *mem, uint32_t first,
                        uint32_t last);
/* Linear in the ranges of both. */
bool isrv_uidset_union(struct isrv_uidset *set, struct isrv_mem *mem, struct imapsrv_set other);
bool isrv_uidset_subtract(struct isrv_uidset *set, struct isrv_mem *mem, struct imapsrv_set other);
bool isrv_uidset_intersect(struct isrv_uidset *set, struct isrv_mem *mem, struct imapsrv_set other);
bool isrv_uidset_copy(struct isrv_uidset *set, struct isrv_mem *mem, struct imapsrv_set other);

/* Keeps of *set what the other has too, in the arena: linear in those ranges of both that lie
 * between the ends of the other, and *steps grows by as many.  False: no memory, *set is as
 * before. */
bool isrv_uidset_common(struct isrv_arena *arena, struct imapsrv_set *set, struct imapsrv_set other,
                        uint64_t *steps);

/* Sorts and merges ranges that came in any order (first and last of each may be reversed, RFC
 * 9051 9 seq-range), in place, in O(n log n) without recursion on input; returns the new count. */
size_t isrv_uidset_normalize(struct imapsrv_range *ranges, size_t count);

bool isrv_uidset_has(struct imapsrv_set set, uint32_t uid);
uint64_t isrv_uidset_size(struct imapsrv_set set);             /* how many numbers */
uint32_t isrv_uidset_min(struct imapsrv_set set);              /* 0 if empty */
uint32_t isrv_uidset_max(struct imapsrv_set set);              /* 0 if empty */
/* The index of the first range whose last is >= uid; count if none.  For walking a part. */
size_t isrv_uidset_seek(struct imapsrv_set set, uint32_t uid);
/* True if the ranges are ascending, disjoint, not touching and free of 0: for what a host hands
 * in. */
bool isrv_uidset_is_valid(struct imapsrv_set set);

static inline struct imapsrv_set isrv_uidset_view(const struct isrv_uidset *set)
{
	struct imapsrv_set view = {set->ranges, set->count};
	return view;
}

#endif
