/* SPDX-License-Identifier: MIT */
/*
 * base/claims - which of so many were told already: an octet for each, which is faster than a bit.
 * A host may tell what it was asked twice, in any order; whoever counts its answers counts each
 * once.
 */
#ifndef ISRV_BASE_CLAIMS_H
#define ISRV_BASE_CLAIMS_H

#include <string.h>

#include "base/arena.h"

struct isrv_claims {
	uint8_t *made; /* in an arena; NULL: there is no room yet */
	uint32_t count;
};

/* Room for so many.  False: no memory. */
static inline bool isrv_claims_reserve(struct isrv_claims *c, struct isrv_arena *arena,
                                       uint32_t count)
{
	c->count = count;
	c->made = isrv_arena_zalloc(arena, (size_t)count + 1);
	return c->made != NULL;
}

/* None is claimed any more. */
static inline void isrv_claims_empty(struct isrv_claims *c)
{
	if (c->made)
		memset(c->made, 0, c->count);
}

/* Claims one, from 0 on.  False: it was already. */
static inline bool isrv_claims_take(struct isrv_claims *c, uint32_t place)
{
	if (c->made[place])
		return false;
	c->made[place] = 1;
	return true;
}

#endif
