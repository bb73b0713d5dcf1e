/* SPDX-License-Identifier: MIT */
/*
 * base/nummap - message sequence number <-> UID for one selected mailbox (RFC 9051 2.3.1.2): the
 * n-th smallest UID has number n.  Compact (contiguous UIDs cost next to nothing, holes a bit
 * each) and O(log n) both ways; expunging k of n does not touch the other n - k one by one.
 */
#ifndef ISRV_BASE_NUMMAP_H
#define ISRV_BASE_NUMMAP_H

#include <stdbool.h>

#include "base/mem.h"

struct isrv_nummap_block;

struct isrv_nummap {
	struct isrv_nummap_block *blocks;
	uint32_t block_count;
	uint32_t block_cap;
	uint32_t count;    /* messages = the highest sequence number */
	uint32_t last_uid; /* the highest UID that is present; 0 if none */
};

void isrv_nummap_init(struct isrv_nummap *map);
void isrv_nummap_clear(struct isrv_nummap *map, struct isrv_mem *mem);

/* Appends UIDs first..last, all above last_uid.  False: no memory (map unchanged), or not above. */
bool isrv_nummap_append(struct isrv_nummap *map, struct isrv_mem *mem, uint32_t first,
                        uint32_t last);
/* Removes all UIDs of the set that are present; returns how many, or UINT32_MAX when memory is
 * short, and then none is removed. */
uint32_t isrv_nummap_remove(struct isrv_nummap *map, struct isrv_mem *mem, struct imapsrv_set set);

/* The sequence number of a UID; 0 if it is not present. */
uint32_t isrv_nummap_seq(const struct isrv_nummap *map, uint32_t uid);
/* The UID of a sequence number; 0 if it is 0 or above count. */
uint32_t isrv_nummap_uid(const struct isrv_nummap *map, uint32_t seq);
/* How many present UIDs are <= uid. */
uint32_t isrv_nummap_rank(const struct isrv_nummap *map, uint32_t uid);

/* The first maximal run of present contiguous UIDs that has a UID >= from, cut to start at from;
 * false if there is none.  Walking all runs is linear in the memory of the map. */
bool isrv_nummap_run(const struct isrv_nummap *map, uint32_t from, struct imapsrv_range *run_r);
/* The same, cut to end at `to`: what is above is not looked at. */
bool isrv_nummap_run_in(const struct isrv_nummap *map, uint32_t from, uint32_t to,
                        struct imapsrv_range *run_r);
/* The lowest present UID >= from, which is not 0; 0 if there is none. */
uint32_t isrv_nummap_next(const struct isrv_nummap *map, uint32_t from);

/* Octets of heap held. */
size_t isrv_nummap_memory(const struct isrv_nummap *map);

#endif
