/* SPDX-License-Identifier: MIT */
/*
 * search/thread - messages put into threads: ORDEREDSUBJECT and REFERENCES (RFC 5256 3), all of the
 * latter's six steps.  No session: messages are handed in one by one, then threads are taken out as
 * the pieces of a THREAD response.
 *
 * No recursion and no step that walks up a chain, so that chains and cycles of any length cost n
 * log n (ATTACKS T25); references are linked as they are read and not kept.
 */
#ifndef ISRV_SEARCH_THREAD_H
#define ISRV_SEARCH_THREAD_H

#include "base/arena.h"
#include "search/comparator.h"
#include "search/forest.h"
#include "search/sort.h"

/* Of a longer References field the last so many count: each ID costs memory. */
#define ISRV_THREAD_REFERENCES 1000u

enum isrv_thread_algorithm {
	ISRV_THREAD_ORDEREDSUBJECT,
	ISRV_THREAD_REFERENCES_ALGORITHM
};

struct isrv_thread_message {
	int64_t sent;
	uint32_t uid;
	uint32_t node;
	uint32_t subject; /* number of its base subject; 0: the empty one */
	bool reply;       /* or forward */
};

/* A message, or the dummy that stands for one; node 0 is the root. */
struct isrv_thread_node {
	uint32_t parent;  /* 0: none */
	uint32_t message; /* its index and 1; 0: a dummy */
	uint32_t child;   /* the first, once threads are built */
	uint32_t next;    /* sibling */
};

struct isrv_thread {
	struct isrv_mem *mem;
	uint64_t *steps;
	enum isrv_thread_algorithm algorithm;
	enum isrv_comparator comparator; /* of subjects */
	struct isrv_intern subjects;
	struct isrv_buf messages;
	struct isrv_buf nodes;
	uint8_t stage;           /* of the building */
	uint32_t *order;         /* messages by date, */
	struct isrv_order dates; /* while they are put so */
	/* while messages are added */
	struct isrv_intern ids;  /* Message IDs, */
	struct isrv_buf id_node; /* and whose they are */
	struct isrv_forest forest;
	struct isrv_arena arena;
	struct isrv_buf room;
	struct isrv_buf key;
	/* while threads that are given are taken in */
	bool given;
	uint32_t last; /* node of the member before, */
	uint32_t depth; /* and how deep it is */
	/* while threads are taken out */
	uint32_t at;
	uint8_t state;
};

void isrv_thread_init(struct isrv_thread *t, enum isrv_thread_algorithm algorithm,
                      enum isrv_comparator comparator, struct isrv_mem *mem, uint64_t *steps);
void isrv_thread_clear(struct isrv_thread *t);

/* Messages come in ascending order.  False: no memory. */
bool isrv_thread_add(struct isrv_thread *t, const struct isrv_sort_facts *facts);
/*
 * Threads that somebody else has found, one member after the other, parents before their children,
 * as struct imapsrv_thread_member says; in place of `add`.  A UID of 0 may have any depth: what is
 * below it is put where it may stand.
 */
enum isrv_thread_given {
	ISRV_THREAD_GIVEN,
	ISRV_THREAD_NOMEM,
	ISRV_THREAD_NONSENSE /* it is deeper than it can be */
};
enum isrv_thread_given isrv_thread_give(struct isrv_thread *t, uint32_t uid, uint32_t depth);
/* They were no good: t is as it was when it was made. */
void isrv_thread_drop(struct isrv_thread *t);

/* Once all are added: builds until the steps have reached `until`, or a pass over all messages
 * further. */
enum isrv_thread_built {
	ISRV_THREAD_BUILT,
	ISRV_THREAD_UNDER_WAY, /* there is more to do */
	ISRV_THREAD_FULL       /* no memory */
};
enum isrv_thread_built isrv_thread_build(struct isrv_thread *t, uint64_t until);

/* Was nothing added? */
static inline bool isrv_thread_is_empty(const struct isrv_thread *t)
{
	return !t->messages.len;
}
/* The next piece of the response: '(' or ')' or ' ', or 0: the UID of a message.  False: that was
 * all. */
bool isrv_thread_next(struct isrv_thread *t, char *mark_r, uint32_t *uid_r);

#endif
