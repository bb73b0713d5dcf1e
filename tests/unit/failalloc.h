/* SPDX-License-Identifier: MIT */
/*
 * An allocator that fails on request and believes nothing: it knows every live block with its
 * size, moves at each realloc, fills what it gives and what it takes back, and stops the test
 * when a size does not match.
 */
#ifndef TESTS_UNIT_FAILALLOC_H
#define TESTS_UNIT_FAILALLOC_H

#include <stdbool.h>

#include "imapsrv/types.h"
#include "unit/row.h"

enum { FAILALLOC_BLOCKS = 1024 };

struct failalloc {
	struct imapsrv_allocator allocator;
	size_t calls;      /* alloc and realloc so far */
	size_t fail_first; /* the call that fails, from 1; 0 for none */
	bool fail_on;      /* and all calls after it */
	size_t held;       /* octets of live blocks */
	size_t last_freed; /* the size that the last free came with */
	bool wiped;        /* whether the last freed block was all zeros */
	struct {
		void *block;
		size_t size;
	} live[FAILALLOC_BLOCKS];
};

static inline size_t failalloc_find(struct failalloc *fa, const void *block)
{
	size_t i;

	for (i = 0; i < FAILALLOC_BLOCKS; i++) {
		if (fa->live[i].block == block)
			return i;
	}
	fail_msg("allocator: block %p is not live, or too many are", block);
	return 0;
}

static inline void *failalloc_alloc(void *user, size_t size)
{
	struct failalloc *fa = user;
	size_t slot;
	void *block;

	fa->calls++;
	if (fa->fail_first && (fa->calls == fa->fail_first ||
	                       (fa->fail_on && fa->calls > fa->fail_first)))
		return NULL;
	if (size == 0)
		fail_msg("allocator: asked for nothing");
	slot = failalloc_find(fa, NULL);
	block = malloc(size);
	if (!block)
		return NULL;
	memset(block, 0xa5, size);
	fa->live[slot].block = block;
	fa->live[slot].size = size;
	fa->held += size;
	return block;
}

static inline void failalloc_free(void *user, void *block, size_t size)
{
	struct failalloc *fa = user;
	size_t slot = failalloc_find(fa, block);
	size_t i;

	if (fa->live[slot].size != size)
		fail_msg("allocator: %zu octets freed as %zu", fa->live[slot].size, size);
	fa->wiped = true;
	for (i = 0; i < size; i++)
		fa->wiped = fa->wiped && ((char *)block)[i] == 0;
	memset(block, 0x5a, size);
	fa->last_freed = size;
	fa->held -= size;
	fa->live[slot].block = NULL;
	free(block);
}

static inline void *failalloc_realloc(void *user, void *block, size_t old_size, size_t size)
{
	struct failalloc *fa = user;
	void *moved;

	if (fa->live[failalloc_find(fa, block)].size != old_size)
		fail_msg("allocator: realloc is told %zu octets, wrongly", old_size);
	moved = failalloc_alloc(user, size);
	if (!moved)
		return NULL;
	memcpy(moved, block, old_size < size ? old_size : size);
	failalloc_free(user, block, old_size);
	return moved;
}

static inline void failalloc_init(struct failalloc *fa)
{
	memset(fa, 0, sizeof(*fa));
	fa->allocator.alloc = failalloc_alloc;
	fa->allocator.realloc = failalloc_realloc;
	fa->allocator.free = failalloc_free;
	fa->allocator.user = fa;
}

#endif
