/* SPDX-License-Identifier: MIT */
/*
 * base/claims - which of so many were told already: a bit for each.  A host may tell what it was
 * asked twice, in any order; whoever counts its answers counts each once.
 */
#ifndef ISRV_BASE_CLAIMS_H
#define ISRV_BASE_CLAIMS_H

#include <string.h>

#include "base/arena.h"

struct isrv_claims {
	uint8_t *bits; /* in an arena; NULL: there is no room yet */
	size_t octets;
};

/* Room for so many.  False: no memory. */
static inline bool isrv_claims_reserve(struct isrv_claims *c, struct isrv_arena *arena,
                                       uint32_t max)
{
	c->octets = max / 8 + 1;
	c->bits = isrv_arena_zalloc(arena, c->octets);
	return c->bits != NULL;
}

/* None is claimed any more. */
static inline void isrv_claims_empty(struct isrv_claims *c)
{
	if (c->bits)
		memset(c->bits, 0, c->octets);
}

/* Claims one, from 0 on.  False: it was already. */
static inline bool isrv_claims_take(struct isrv_claims *c, uint32_t place)
{
	uint8_t *octet = &c->bits[place / 8], bit = (uint8_t)(1u << place % 8);
	bool first = !(*octet & bit);

	*octet |= bit;
	return first;
}

#endif
