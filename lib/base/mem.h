/* SPDX-License-Identifier: MIT */
/*
 * base/mem - memory with a budget.  Every block that the library holds comes from here; nothing
 * else calls an allocator.  Frees are sized, so a block carries no header.
 */
#ifndef ISRV_BASE_MEM_H
#define ISRV_BASE_MEM_H

#include <stdbool.h>

#include "imapsrv/types.h"

struct isrv_mem {
	const struct imapsrv_allocator *allocator; /* outlives this */
	size_t used;                               /* octets held now */
	size_t peak;                               /* the most that were ever held */
	size_t budget;                             /* never more than this; SIZE_MAX for no bound */
};

/* The C library's allocator. */
extern const struct imapsrv_allocator isrv_mem_libc;

/* NULL as allocator is the C library's. */
void isrv_mem_init(struct isrv_mem *mem, const struct imapsrv_allocator *allocator, size_t budget);

/* All four give NULL when the allocator fails, the budget would be passed, or the block would have
 * more than PTRDIFF_MAX octets: so twice the size of any block fits in a size_t.  Then nothing has
 * changed.  A size of 0 is treated as 1.  isrv_mem_zalloc clears the block; isrv_mem_zarray too,
 * one of n objects of `size`, with the multiplication checked.  isrv_mem_realloc takes NULL for a
 * new block (old_size is then not looked at); the budget never stops it from shrinking one. */
void *isrv_mem_alloc(struct isrv_mem *mem, size_t size);
void *isrv_mem_zalloc(struct isrv_mem *mem, size_t size);
void *isrv_mem_zarray(struct isrv_mem *mem, size_t n, size_t size);
void *isrv_mem_realloc(struct isrv_mem *mem, void *block, size_t old_size, size_t size);

/* size is the one that the block was last given.  NULL is allowed. */
void isrv_mem_free(struct isrv_mem *mem, void *block, size_t size);

/* Overwrites with zeros in a way that a compiler keeps: for credentials. */
void isrv_mem_wipe(void *block, size_t size);
/* Are they the same?  Takes as long wherever they differ: for credentials. */
bool isrv_mem_same(const void *a, const void *b, size_t size);

#endif
