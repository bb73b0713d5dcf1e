/* SPDX-License-Identifier: MIT */
/*
 * session/search_index - asking a host that has an index: the program as the tree of
 * imapsrv/search.h, and what was answered of which of its terms.
 */
#ifndef ISRV_SESSION_SEARCH_INDEX_H
#define ISRV_SESSION_SEARCH_INDEX_H

#include "search/program.h"
#include "session/session.h"

struct isrv_search_told;

struct isrv_search_index {
	const struct isrv_program *program;
	struct imapsrv_search_node *nodes; /* by term */
	struct isrv_search_told *told;     /* by term; NULL: nothing was asked */
	const struct isrv_search_answer **answers; /* by term, for isrv_program_eval; NULL: none */
	/* How relevant messages are, by number in the map: 0: nothing was said.  NULL: of none, or
	 * nobody wants to know.  It lives in the arena, longer than the rest. */
	uint8_t *relevancy;
	const struct isrv_nummap *map;
	bool all; /* the whole program is answered, and nothing is left to look at */
};

/* What the tree is made of beside the program. */
struct isrv_search_question {
	void *mailbox;
	struct imapsrv_set uids;
	uint32_t recent_from;
	int64_t now; /* of a timed program */
	const struct isrv_nummap *map; /* of the messages */
	bool relevancy; /* it is wanted too */
};

/* Asks, with everything in the arena.  False: it gave nothing. */
bool isrv_search_index_ask(struct imapsrv_session *s, struct isrv_search_index *x,
                           const struct isrv_program *program, struct isrv_arena *arena,
                           const struct isrv_search_question *q);
/* The host has answered OK: takes what it said, and keeps of *reach what can still match.  False:
 * the arena gave nothing. */
bool isrv_search_index_take(struct imapsrv_session *s, struct isrv_search_index *x,
                            struct isrv_arena *arena, struct imapsrv_set *reach);
/* Gives back what is held outside the arena. */
void isrv_search_index_drop(struct imapsrv_session *s, struct isrv_search_index *x);

#endif
