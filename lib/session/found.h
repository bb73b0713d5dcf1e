/* SPDX-License-Identifier: MIT */
/*
 * session/found - what a search has found: ranges of numbers in the arena, and how they are told in
 * SEARCH and ESEARCH responses (RFC 9051 7.3.4, RFC 3501 7.2.5).
 *
 * Numbers and not UIDs, because a numbering has no holes: a result that is dense in the mailbox is
 * a few ranges whatever its UIDs look like.  The numbering stands still while a command is at work.
 */
#ifndef ISRV_SESSION_FOUND_H
#define ISRV_SESSION_FOUND_H

#include "session/session.h"

struct isrv_found {
	struct imapsrv_range *ranges;
	size_t count;
	size_t cap;
	uint32_t size; /* how many numbers: no more than there are messages, whose number has 32
	                * bits */
	/* Where the output stands. */
	size_t range;
	uint32_t at; /* the number that comes next in it; 0: its first */
};

/* Adds numbers first..last; in any order one at a time, in ascending order any range.  False: no
 * memory. */
bool isrv_found_add(struct isrv_found *f, struct isrv_arena *arena, uint32_t first, uint32_t last);
/* The first-th to the last-th of them, 1 <= first <= last <= size, in the arena.  False: no
 * memory. */
bool isrv_found_slice(const struct isrv_found *f, struct isrv_arena *arena, uint32_t first,
                      uint32_t last, struct isrv_found *slice_r);
/* The UIDs that the numbers have in the map, in the arena: a range for each, between whose ends
 * there is no message that is not among them.  False: no memory.  *steps grows by the ranges. */
bool isrv_found_uids(const struct isrv_found *f, struct isrv_arena *arena,
                     const struct isrv_nummap *map, struct imapsrv_set *uids_r, uint64_t *steps);
/* The next run of numbers to be told, a few; false: there are no more. */
bool isrv_found_next(struct isrv_found *f, struct imapsrv_range *run_r);
/* All of it is to be told from the beginning. */
static inline void isrv_found_rewind(struct isrv_found *f)
{
	f->range = 0;
	f->at = 0;
}
/* Writes the numbers, or, where `uids` is not NULL, the UIDs that they have in it, as far as the
 * output may grow: " 2 84 882", or "2,84:90" as a set.  OUTPUT: call again; DONE: all are
 * written. */
enum isrv_step isrv_found_put_list(struct imapsrv_session *s, struct isrv_found *f,
                                   const struct isrv_nummap *uids);
enum isrv_step isrv_found_put_set(struct imapsrv_session *s, struct isrv_found *f,
                                  const struct isrv_nummap *uids);

#endif
