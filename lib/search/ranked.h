/* SPDX-License-Identifier: MIT */
/*
 * search/ranked - the messages of a sorted result that is kept: each with the key that it is sorted
 * by (isrv_sort_key), found by its UID and by its place.  What comes later finds its place by
 * binary search, and nothing but keys that are kept is compared.
 *
 * It knows no session; it counts what it holds, and holds no more than it may.
 */
#ifndef ISRV_SEARCH_RANKED_H
#define ISRV_SEARCH_RANKED_H

#include <stdbool.h>

#include "base/mem.h"
#include "imapsrv/types.h"

struct isrv_ranked_item;

struct isrv_ranked {
	struct isrv_ranked_item **items; /* in ascending order of UIDs */
	struct isrv_ranked_item **order; /* the same by their keys */
	uint32_t count;
	uint32_t placed; /* the first so many items have their places */
	uint32_t cap;
	size_t used; /* octets held, */
	size_t max;  /* and no more than so many */
	bool full;   /* more was wanted */
};

void isrv_ranked_init(struct isrv_ranked *r, size_t max);
void isrv_ranked_clear(struct isrv_ranked *r, struct isrv_mem *mem);

/* Adds one that is not there, at no place yet.  Of those that are added before the next `arrange`
 * each has a higher UID than the one before.  False: r->full, or no memory. */
bool isrv_ranked_add(struct isrv_ranked *r, struct isrv_mem *mem, uint32_t uid,
                     struct imapsrv_span key);
/* Gives all that were added their places; nothing else may be asked before that.  However many they
 * are, nothing that was there moves more than once.  False: no memory. */
bool isrv_ranked_arrange(struct isrv_ranked *r, struct isrv_mem *mem, uint64_t *steps);

/* Takes those away that have these places, which ascend; again, what stays moves once. */
void isrv_ranked_remove(struct isrv_ranked *r, struct isrv_mem *mem, const uint32_t *places,
                        uint32_t count, uint64_t *steps);

/* Its place, from 1 on; 0: it is not there. */
uint32_t isrv_ranked_place(const struct isrv_ranked *r, uint32_t uid, uint64_t *steps);
/* The i-th by UID, from 0 on, and its key. */
uint32_t isrv_ranked_at(const struct isrv_ranked *r, uint32_t i, struct imapsrv_span *key_r);

#endif
