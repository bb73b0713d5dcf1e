/* SPDX-License-Identifier: MIT */
/*
 * command/sort_follow - the result of a SORT with UPDATE (RFC 5267 4.3): its keys, kept aside while
 * the messages are gathered, and its handing over to session/contexts.  Where it is too large to be
 * kept the SORT is done all the same.
 */
#ifndef ISRV_COMMAND_SORT_FOLLOW_H
#define ISRV_COMMAND_SORT_FOLLOW_H

#include "command/ordering.h"
#include "command/search_return.h"
#include "search/ranked.h"

struct isrv_sort_follow {
	bool asked;    /* UPDATE was given */
	bool followed; /* and is done */

	/* Its own. */
	bool on; /* it can still be kept */
	struct isrv_mem *mem;
	struct isrv_ranked ranked;
	struct isrv_mem *key_mem;
	struct isrv_buf key;
};

/* UPDATE was given, and search-criteria were parsed.  False: no memory. */
bool isrv_sort_follow_parse(struct isrv_parse *p, struct isrv_sort_follow *f,
                            struct isrv_ordering *o);
void isrv_sort_follow_begin(struct imapsrv_session *s, struct isrv_sort_follow *f,
                            struct isrv_pool *pool, const struct isrv_sort_program *by);
/* One message, its key made by x, with memory of the pool.  False: memory has run out. */
bool isrv_sort_follow_take(struct isrv_sort_follow *f, struct isrv_pool *pool, struct isrv_sort *x,
                           const struct isrv_sort_facts *facts);
/* All that was found is told.  False: the reply is set, or the session has failed. */
bool isrv_sort_follow_end(struct imapsrv_session *s, struct isrv_sort_follow *f,
                          const struct isrv_ordering *o, const struct isrv_sort_program *by,
                          const struct isrv_search_return *ret);
/* Gives back what is held, in any state. */
void isrv_sort_follow_drop(struct isrv_sort_follow *f);

#endif
