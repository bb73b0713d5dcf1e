/* SPDX-License-Identifier: MIT */
/*
 * command/sort_result - what a SORT tells and saves of the order that was found, as its result
 * options want it (RFC 5256 4, RFC 5267 3, RFC 5182, RFC 6203 6, RFC 9394, RFC 7162 3.1.9): what
 * search_result is to SEARCH.
 *
 *	isrv_sort_result_init once the order is known;
 *	isrv_sort_result_step until DONE; with *ok_r:
 *	isrv_sort_result_save, isrv_sort_result_put until DONE;
 *	isrv_sort_result_drop, in any state
 */
#ifndef ISRV_COMMAND_SORT_RESULT_H
#define ISRV_COMMAND_SORT_RESULT_H

#include "command/ordering.h"
#include "command/search_return.h"
#include "search/sort.h"

struct isrv_sort_result {
	/* Its own. */
	const struct isrv_search_return *ret; /* no options: a SORT response */
	const struct isrv_ordering *o;
	const struct isrv_sort *x;
	uint8_t at;
	bool has_part; /* PARTIAL names some */
	/* Of x->order, what is told as a list or a set: from..to, `to` not included. */
	uint32_t from;
	uint32_t to;
	uint32_t next; /* of these */
	/* What RETURN tells or saves, where that is neither ALL nor COUNT: UIDs, in order once
	 * `sorting` is done, and as a set. */
	uint32_t *uids;
	uint32_t count;
	struct isrv_order sorting;
	struct imapsrv_set picked;
	struct isrv_searcher *again; /* for their sequences; NULL: not needed */
};

/* All that is pointed to lives as long as r. */
void isrv_sort_result_init(struct isrv_sort_result *r, const struct isrv_search_return *ret,
                           const struct isrv_ordering *o, const struct isrv_sort *x);
/* Works out what is to be told.  DONE: not *ok_r: the reply is set, or the session has failed. */
enum isrv_step isrv_sort_result_step(struct imapsrv_session *s, struct isrv_sort_result *r,
                                     bool *ok_r);
/* Keeps as "$" what RFC 5182 2.4 saves of a SEARCH with these options, by the order of the SORT.
 * False: the reply is set, or the session has failed. */
bool isrv_sort_result_save(struct imapsrv_session *s, const struct isrv_sort_result *r);
/* The response.  DONE or OUTPUT. */
enum isrv_step isrv_sort_result_put(struct imapsrv_session *s, struct isrv_sort_result *r);
void isrv_sort_result_drop(struct imapsrv_session *s, struct isrv_sort_result *r);

#endif
