/* SPDX-License-Identifier: MIT */
/*
 * search/intern - texts kept once each, under numbers from 0 on: subjects and names that a thousand
 * messages share, Message IDs that they refer to.
 *
 * A radix tree that branches at single bits: what a look-up costs is bounded by the octets of the
 * text whatever the texts are, with no hash that could be flooded (ATTACKS T41).
 */
#ifndef ISRV_SEARCH_INTERN_H
#define ISRV_SEARCH_INTERN_H

#include "base/buf.h"

#define ISRV_INTERN_NONE UINT32_MAX

struct isrv_intern {
	struct isrv_mem *mem;
	uint64_t *steps;
	struct isrv_buf octets;   /* of all texts, one behind the other */
	struct isrv_buf leaves;   /* struct isrv_intern_leaf, by number */
	struct isrv_buf branches; /* struct isrv_intern_branch, one fewer */
	uint32_t root;
};

struct isrv_intern_leaf {
	uint32_t at; /* in `octets` */
	uint32_t len;
};

struct isrv_intern_branch {
	uint32_t place;    /* the first bit in which the texts below differ: its octet times 16, and
	                      0 for whether there is one, 1 to 8 for its bits from the highest on */
	uint32_t child[2]; /* below TREE a number, else TREE + a branch */
};

void isrv_intern_init(struct isrv_intern *t, struct isrv_mem *mem, uint64_t *steps);
void isrv_intern_clear(struct isrv_intern *t);

/* The number of the text, which is kept if it is new; then *new_r is set (NULL allowed).  Texts
 * have less than 2^27 octets.  ISRV_INTERN_NONE: no memory, or there are 2^31 of them. */
uint32_t isrv_intern_put(struct isrv_intern *t, struct imapsrv_span text, bool *new_r);
/* Stands until the next put. */
struct imapsrv_span isrv_intern_text(const struct isrv_intern *t, uint32_t number);

static inline uint32_t isrv_intern_count(const struct isrv_intern *t)
{
	return (uint32_t)(t->leaves.len / sizeof(struct isrv_intern_leaf));
}

#endif
