/* SPDX-License-Identifier: MIT */
/*
 * base/numblock - the UIDs of one selected mailbox that share their upper 16 bits: one block of
 * the number map, in whichever of three forms takes the fewest octets.  Offsets are the lower 16
 * bits.  A block with a single run of UIDs holds no heap at all.
 */
#ifndef ISRV_BASE_NUMBLOCK_H
#define ISRV_BASE_NUMBLOCK_H

#include <stdbool.h>

#include "base/mem.h"

struct isrv_numbits;

/* A run of present offsets.  It is as long as the count before the next run (the block's count
 * behind the last one) exceeds the count before this one. */
struct isrv_numrun {
	uint16_t first;
	uint16_t before;
};

enum isrv_numform {
	ISRV_NUMFORM_RUNS,  /* used: runs; with room for one, it stands in the block itself */
	ISRV_NUMFORM_ITEMS, /* used: offsets, ascending */
	ISRV_NUMFORM_BITS
};

struct isrv_nummap_block {
	union {
		struct isrv_numrun one;
		struct isrv_numrun *runs;
		uint16_t *items;
		struct isrv_numbits *bits;
	} u;
	uint32_t count;  /* UIDs in this block, 1..65536 */
	uint32_t before; /* UIDs in all lower blocks; kept by the map */
	uint16_t key;    /* the upper 16 bits of its UIDs */
	uint16_t used;
	uint16_t room; /* runs or items that there is memory for */
	uint8_t form;  /* enum isrv_numform */
};

/* Makes a block of one run; needs no memory.  `before` is left alone. */
void isrv_numblock_init(struct isrv_nummap_block *block, uint32_t key, uint32_t first,
                        uint32_t last);
void isrv_numblock_free(struct isrv_nummap_block *block, struct isrv_mem *mem);

/* How many offsets are <= at; has_r says if `at` itself is present. */
uint32_t isrv_numblock_rank(const struct isrv_nummap_block *block, uint32_t at, bool *has_r);
/* The offset with `index` offsets below it; index < count. */
uint32_t isrv_numblock_select(const struct isrv_nummap_block *block, uint32_t index);
/* The first run that has an offset >= from, cut to begin there; false if there is none. */
bool isrv_numblock_run(const struct isrv_nummap_block *block, uint32_t from, uint32_t *first_r,
                       uint32_t *last_r);

/* Appends first..last, all above `top`, the highest offset.  False: no memory, block unchanged. */
bool isrv_numblock_append(struct isrv_nummap_block *block, struct isrv_mem *mem, uint32_t top,
                          uint32_t first, uint32_t last);
/* Takes the memory that removing the set needs; the contents stay.  Every range of the set must
 * meet the block.  False: no memory. */
bool isrv_numblock_reserve(struct isrv_nummap_block *block, struct isrv_mem *mem,
                           struct imapsrv_set set);
/* Removes the set after a reserve for the same set, and so cannot fail; returns how many went. */
uint32_t isrv_numblock_remove(struct isrv_nummap_block *block, struct imapsrv_set set);
/* Goes over to a smaller form where that saves half, or, if `thorough`, where it saves anything.
 * Looking costs time in the size of the block.  Without memory for it, nothing happens. */
void isrv_numblock_settle(struct isrv_nummap_block *block, struct isrv_mem *mem, bool thorough);

/* Octets of heap held. */
size_t isrv_numblock_memory(const struct isrv_nummap_block *block);

#endif
