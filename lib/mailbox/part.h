/* SPDX-License-Identifier: MIT */
/*
 * mailbox/part - the messages that a set of UIDs holds, by their places in it: how many there are,
 * and some of them.  No UID is visited: a range costs a look-up or two in the map, whatever it
 * spans.
 */
#ifndef ISRV_MAILBOX_PART_H
#define ISRV_MAILBOX_PART_H

#include "base/arena.h"
#include "base/nummap.h"

/* How many messages of the map are in the set. */
uint32_t isrv_part_size(const struct isrv_nummap *map, struct imapsrv_set set, uint64_t *steps);
/* Keeps of the messages in the set the first-th to the last-th, which it has; in the arena.  False:
 * no memory. */
bool isrv_part_keep(const struct isrv_nummap *map, struct isrv_arena *arena,
                    struct imapsrv_set *set, uint32_t first, uint32_t last, uint64_t *steps);
/* Keeps the highest `most` messages; *lowest_r is the lowest of them, 0 if there were no more than
 * that, and the set stays as it is.  In the arena.  False: no memory. */
bool isrv_part_highest(const struct isrv_nummap *map, struct isrv_arena *arena,
                       struct imapsrv_set *set, uint32_t most, uint32_t *lowest_r, uint64_t *steps);

#endif
