/* SPDX-License-Identifier: MIT */
/*
 * attack/grow - attacks that are n times something: done with n and with 2n, they may cost twice as
 * much, and a little more (2.2 times), in work and in memory.
 */
#ifndef ATTACK_GROW_H
#define ATTACK_GROW_H

#include "attack/world.h"

/*
 * What the client sends: `head`, n times `piece`, `tail`.  In head and piece
 *   \1  is the number of the piece, from 1        \2  is 2 * (n - that), descending
 *   \3  is a number from 0 to n - 1, in an order that has no order
 *   \4  is the octets of all pieces together      \6  is n + 1
 */
struct growth {
	const char *name;
	void (*store)(struct world *w, size_t n); /* before it connects; NULL: nothing */
	const char *before; /* what the client sends first, not counted; NULL: nothing */
	const char *head, *piece, *tail;
	size_t n;
	size_t cut;         /* octets that come in at a time; 0: all */
	const char *reply;  /* the last line begins with it: that it was not cut short; NULL: whatever comes */
	bool prelogin;
	void (*then)(struct world *w, size_t n); /* and after it, counted; NULL: nothing */
	unsigned tenths;    /* what it may grow by, if not 22: 25 or 30 where a few things are sorted, for
	                       which n log n is far from n */
};

void grow_each(const struct growth *rows, size_t count);
/* One, and how often it failed; shown if it did, or with `show`. */
unsigned grow_one(const struct growth *row, bool show);
/* Ends the test, where the compiler cannot count blocks. */
void grow_or_skip(void);

#endif
