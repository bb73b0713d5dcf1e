/* SPDX-License-Identifier: MIT */
/*
 * mailbox/batch - a set of UIDs cut into parts that hold a limited number of messages each, so that
 * what the host is asked for at a time, and what its answer may take, is bounded whatever the
 * client asks for.
 */
#ifndef ISRV_MAILBOX_BATCH_H
#define ISRV_MAILBOX_BATCH_H

#include "base/claims.h"
#include "base/nummap.h"

#define ISRV_BATCH_RANGES 64u

struct isrv_batch {
	struct imapsrv_set set; /* lives as long as this */
	size_t at;              /* the range that comes next, */
	uint32_t from;          /* from this UID on */
	uint64_t *steps;
	size_t count;           /* of the ranges of the part that was given out, */
	struct imapsrv_range ranges[ISRV_BATCH_RANGES]; /* and these */
	uint32_t passed[ISRV_BATCH_RANGES]; /* messages below each that are not of the part */
	struct isrv_claims claims; /* of its messages, by their place in it */
};

void isrv_batch_init(struct isrv_batch *b, struct imapsrv_set set, uint64_t *steps);
/*
 * The next part, which holds *messages_r messages of the map, 1..max of them; false if there are no
 * more.  It stays until the next call.  Ranges of the set that hold none are left out.  O(log n)
 * for each range.  The map may change between two calls.
 */
bool isrv_batch_next(struct isrv_batch *b, const struct isrv_nummap *map, uint32_t max,
                     struct imapsrv_set *part_r, uint32_t *messages_r);

/* Right behind init, with the `max` of all parts: messages can be claimed, each once in a part.
 * None is added to the map from now on.  False: no memory. */
bool isrv_batch_reserve(struct isrv_batch *b, const struct isrv_nummap *map,
                        struct isrv_arena *arena, uint32_t max);
/* The place in the part of the message with that number in the map, which is as it was when the
 * part was given out; UINT32_MAX: it is not of the part. */
uint32_t isrv_batch_place(const struct isrv_batch *b, uint32_t uid, uint32_t seq);

#endif
