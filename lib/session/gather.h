/* SPDX-License-Identifier: MIT */
/*
 * session/gather - what messages are sorted and threaded by (search/sort.h): asked of the host in
 * batches, and handed on one message at a time, in ascending order.
 *
 * Facts come from rows.  The header comes from the description that the host kept; only where there
 * is none, or it is too old to have what is wanted, is a message opened, once, and read as far as
 * its header goes.  A size that the host does not know is counted.  Nothing is kept beyond a batch:
 * a cache for the session would cost each of many sessions what the host keeps once for all.
 *
 * It yields between messages (limits.turn).
 */
#ifndef ISRV_SESSION_GATHER_H
#define ISRV_SESSION_GATHER_H

#include "message/structure.h"
#include "search/sort.h"
#include "session/gather_notes.h"
#include "session/searcher.h"

enum isrv_gather_end {
	ISRV_GATHER_DONE,    /* all were handed on */
	ISRV_GATHER_REFUSED, /* the host would not: s->result says why (isrv_refused) */
	ISRV_GATHER_NOMEM,   /* the arena gave no more (isrv_command_nomem) */
	ISRV_GATHER_STOPPED, /* `take` wants no more */
	ISRV_GATHER_LIMIT    /* it took more than limits.search_steps */
};

struct isrv_gather {
	/* Set by the caller. */
	bool header;     /* facts->header is wanted, */
	bool references; /* its References too */
	bool size;       /* facts->octets is wanted */
	struct isrv_gather_notes notes; /* and these annotations, with facts->notes */
	bool (*take)(void *ctx, const struct isrv_sort_facts *facts);
	void *ctx;
	struct isrv_arena *arena; /* what is needed until the end comes from here; NULL: from the
	                             command's */

	enum isrv_gather_end end;
	bool missing; /* one of the messages is gone, and the source still shows it */

	/* The rest is gather.c's own. */
	struct isrv_search_source from;
	uint8_t at;
	uint64_t began;          /* steps at its beginning */
	struct imapsrv_set uids;
	struct isrv_batch batch;
	struct imapsrv_set part; /* the batch at hand */
	uint32_t messages;       /* in it */
	uint32_t part_max;
	struct isrv_gather_slot *slots; /* the rows that came for it */
	uint32_t *order;                /* of the slots, by UID; and room to sort them */
	uint32_t count;
	uint32_t next;
	struct isrv_buf kept;           /* their descriptions */
	struct isrv_body_cursor body;   /* the message that is being read */
	bool rewound;
	struct isrv_structure *structure;
	struct isrv_description description;
	bool described;
};

/* Of these messages of the source, as a search found them.  Asks nothing yet. */
void isrv_gather_begin(struct imapsrv_session *s, struct isrv_gather *g,
                       const struct isrv_search_source *source, const struct isrv_found *found);
/* DONE: g->end, or the session has failed. */
enum isrv_step isrv_gather_step(struct imapsrv_session *s, struct isrv_gather *g);
/* Gives back what is held outside the arena, in any state, any number of times after begin. */
void isrv_gather_drop(struct imapsrv_session *s, struct isrv_gather *g);

#endif
