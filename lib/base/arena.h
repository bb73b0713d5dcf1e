/* SPDX-License-Identifier: MIT */
/*
 * base/arena - the memory of one command: taken in small pieces, dropped all at once.  The first
 * chunk is kept from command to command, so that a session in full flow does not allocate;
 * isrv_arena_clear gives that back too.
 */
#ifndef ISRV_BASE_ARENA_H
#define ISRV_BASE_ARENA_H

#include <stdbool.h>

#include "base/mem.h"

struct isrv_arena_chunk;

struct isrv_arena {
	struct isrv_mem *mem;
	struct isrv_arena_chunk *first; /* the oldest, kept by reset */
	struct isrv_arena_chunk *last;  /* the one that is being filled */
	struct isrv_arena_chunk *spare; /* empty ones, kept by reset, given back by trim */
	size_t spare_size;              /* octets of payload in them */
	size_t used;                    /* octets taken since the last reset, rounded up */
	size_t max;                     /* the most that `used` may become */
	bool starved;                   /* since the last reset memory was short, and not only max
	                                 * passed */
};

void isrv_arena_init(struct isrv_arena *arena, struct isrv_mem *mem, size_t max);
void isrv_arena_reset(struct isrv_arena *arena);
/* Frees what is kept and not in use. */
void isrv_arena_trim(struct isrv_arena *arena);
/* Overwrites what was taken since the last reset: for credentials, before a reset. */
void isrv_arena_wipe(struct isrv_arena *arena);
/* Overwrites all that is not taken: what earlier commands left there. */
void isrv_arena_wipe_rest(struct isrv_arena *arena);
void isrv_arena_clear(struct isrv_arena *arena);

/* Aligned for any object; NULL when max would be passed or memory is short, and then all that was
 * taken before still stands.  A size of 0 is treated as 1.  Not cleared; zalloc is. */
void *isrv_arena_alloc(struct isrv_arena *arena, size_t size);
void *isrv_arena_zalloc(struct isrv_arena *arena, size_t size);
/* As zalloc, whatever max is: for the little that it takes to end what has used it up. */
void *isrv_arena_zalloc_over(struct isrv_arena *arena, size_t size);
/* n objects of `size`, with the multiplication checked; zarray clears them. */
void *isrv_arena_array(struct isrv_arena *arena, size_t n, size_t size);
void *isrv_arena_zarray(struct isrv_arena *arena, size_t n, size_t size);
/* Grows a piece; a copy unless it was the last thing taken and there is room behind it.  NULL as
 * `old` is allowed; on failure `old` stands.  A copied-from piece counts until the next reset. */
void *isrv_arena_grow(struct isrv_arena *arena, void *old, size_t old_size, size_t size);
/* The same with an array of objects of `size`: from old_n to n, with the multiplication checked. */
void *isrv_arena_grow_array(struct isrv_arena *arena, void *old, size_t old_n, size_t n,
                            size_t size);
/* A copy of bytes, with a NUL behind them that is not counted. */
char *isrv_arena_copy(struct isrv_arena *arena, const void *data, size_t len);

#endif
