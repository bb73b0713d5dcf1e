/* SPDX-License-Identifier: MIT */
/*
 * command/search_result - what SEARCH and ESEARCH find in one mailbox, as their result options want
 * it (RFC 4731 3.1, RFC 9394 3.1, RFC 7162 3.1.5), and the part of the response that tells it.  The
 * search itself is session/searcher.h; which mailbox it is, the beginning of the response and what
 * becomes of the result are the commands' affair.
 *
 *	isrv_search_result_init(...);
 *	isrv_searcher_begin(s, &r->x, ...);
 *	isrv_search_result_step until DONE; r->end says how it ended, with FOUND:
 *	the beginning of the response, isrv_search_result_put until DONE;
 *	isrv_search_result_drop, also before all that is done
 */
#ifndef ISRV_COMMAND_SEARCH_RESULT_H
#define ISRV_COMMAND_SEARCH_RESULT_H

#include "command/search_return.h"
#include "session/searcher.h"

struct isrv_search_result {
	enum isrv_search_end end;
	struct isrv_searcher x;
	struct isrv_found part; /* of what was found, what PARTIAL asks for */
	bool has_part;          /* there is some */

	/* Its own. */
	const struct isrv_search_return *ret; /* no options: a SEARCH response */
	const struct isrv_program *program;
	struct isrv_search_source source;
	struct isrv_arena *arena;
	bool uid; /* it is told in UIDs */
	uint8_t at;
	uint8_t put_at;
	uint32_t scored; /* of how many it was told how relevant they are */
	struct imapsrv_set part_uids;
	struct isrv_searcher *again; /* for the sequences of the part; NULL: not needed */
};

/* All that is pointed to lives as long as r; the arena holds the result.  Of x.since see there. */
void isrv_search_result_init(struct isrv_search_result *r, const struct isrv_search_return *ret,
                             const struct isrv_program *program,
                             const struct isrv_search_source *source, struct isrv_arena *arena,
                             bool uid);
/* DONE: r->end, or the session has failed. */
enum isrv_step isrv_search_result_step(struct imapsrv_session *s, struct isrv_search_result *r);
/* What SAVE keeps: all that was found if all of it, or its count, was asked for; else what the
 * other options name (RFC 5182 2.4, RFC 9394 3.2).  False: no memory. */
bool isrv_search_result_pick(const struct isrv_search_result *r, struct isrv_found *saved_r);
/* The sequence that the response shows; 0: none. */
uint64_t isrv_search_result_modseq(const struct isrv_search_result *r);
/* " MIN 2 MAX 47 COUNT 3 ALL 2,5,47", or the numbers of a SEARCH response, and the end of the line.
 * DONE or OUTPUT. */
enum isrv_step isrv_search_result_put(struct imapsrv_session *s, struct isrv_search_result *r);
void isrv_search_result_drop(struct imapsrv_session *s, struct isrv_search_result *r);

#endif
