/* SPDX-License-Identifier: MIT */
/*
 * base/numbits - a bitmap of the 65536 numbers of one block, with a directory that says how many
 * bits are set before each chunk of 256: the form that a block of the number map takes when its
 * UIDs have too many holes for a list.  Owns no memory and keeps no total; numblock does.
 */
#ifndef ISRV_BASE_NUMBITS_H
#define ISRV_BASE_NUMBITS_H

#include <stdbool.h>

#include "imapsrv/types.h"

#define ISRV_NUMBITS_WORDS  1024u
#define ISRV_NUMBITS_CHUNKS 256u

struct isrv_numbits {
	uint64_t words[ISRV_NUMBITS_WORDS];
	/* UINT16_MAX for every chunk above the last one that has a bit: an append then fills in
	 * only the chunks it reaches, and a search for the k-th bit never stops there. */
	uint16_t before[ISRV_NUMBITS_CHUNKS];
};

void isrv_numbits_init(struct isrv_numbits *bits);

/* Sets first..last, all above `top`, the highest of the `count` bits that are set. */
void isrv_numbits_append(struct isrv_numbits *bits, uint32_t count, uint32_t top, uint32_t first,
                         uint32_t last);
/* Clears what the ranges cover, bit 0 standing for the UID `base`; returns how many of the `count`
 * bits are left. */
uint32_t isrv_numbits_remove(struct isrv_numbits *bits, uint32_t count, uint32_t base,
                             struct imapsrv_set set);

/* How many set bits are <= at; has_r says if `at` itself is set. */
uint32_t isrv_numbits_rank(const struct isrv_numbits *bits, uint32_t count, uint32_t at,
                           bool *has_r);
/* The bit with `index` set bits below it; index must be below the number that is set. */
uint32_t isrv_numbits_select(const struct isrv_numbits *bits, uint32_t index);
/* The first run of set bits at or above `from`; false if there is none. */
bool isrv_numbits_run(const struct isrv_numbits *bits, uint32_t from, uint32_t *first_r,
                      uint32_t *last_r);
/* How many runs of set bits there are. */
uint32_t isrv_numbits_runs(const struct isrv_numbits *bits);

/* The part of a range that lies in the block that begins at `base`, as offsets; the two meet. */
static inline struct imapsrv_range isrv_numbits_clip(struct imapsrv_range range, uint32_t base)
{
	struct imapsrv_range clipped = {0, UINT16_MAX};

	if (range.first > base)
		clipped.first = range.first - base;
	if (range.last - base < UINT16_MAX)
		clipped.last = range.last - base;
	return clipped;
}

#endif
