/* SPDX-License-Identifier: MIT */
/*
 * search/matcher - many strings looked for in one pass over a text that comes in pieces: the
 * automaton of Aho and Corasick.  The work is linear in the text whatever the strings are (ATTACKS
 * T24): an octet costs a few look-ups, and a place where strings end is followed once per message.
 */
#ifndef ISRV_SEARCH_MATCHER_H
#define ISRV_SEARCH_MATCHER_H

#include "base/arena.h"
#include "imapsrv/types.h"

struct isrv_needle {
	struct imapsrv_span text; /* may be empty: found in any text, even one without octets */
	uint32_t index;           /* what to mark when it is found */
};

struct isrv_matcher_node {
	uint32_t child;    /* the first; children stand in a row, by octet */
	uint32_t fail;     /* where the longest other string ends that ends here */
	uint32_t link;     /* the nearest on that way, from here on, where a needle ends; 0: none */
	uint32_t needle;   /* the first that ends here, */
	uint32_t needles;  /* and how many */
	uint32_t seen;     /* followed in this round */
	uint16_t children;
	uint8_t octet;
};

struct isrv_matcher {
	struct isrv_needle *needles; /* by text */
	uint32_t count;
	uint32_t empty;  /* so many of them are empty, the first ones */
	uint32_t left;   /* to be found in this round */
	uint32_t round;
	uint32_t at;     /* node */
	struct isrv_matcher_node *nodes;
	uint32_t node_count;
	uint8_t begins[32]; /* bits of octets that a needle begins with */
};

/* Takes and sorts the array.  False: no memory.  Linear in the needles' octets but for the sorting,
 * which is n log n. */
bool isrv_matcher_init(struct isrv_matcher *m, struct isrv_arena *arena,
                       struct isrv_needle *needles, uint32_t count);
/* A new message: nothing is found. */
void isrv_matcher_reset(struct isrv_matcher *m);
/* A new text: what is found begins in it.  Sets found[index] of the empty ones. */
void isrv_matcher_begin(struct isrv_matcher *m, uint8_t *found);
/* The next octets; sets found[index] to 1.  Returns the steps it took. */
uint64_t isrv_matcher_feed(struct isrv_matcher *m, const char *data, size_t len, uint8_t *found);

/* Sorts by text.  `spare` has as many. */
void isrv_needles_sort(struct isrv_needle *needles, struct isrv_needle *spare, size_t count);

#endif
