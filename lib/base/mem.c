/* SPDX-License-Identifier: MIT */
/*
 * The one place that calls an allocator.  Invariant: `used` is the sum of the sizes of all live
 * blocks, with 0 counted as 1, and it moves only after the allocator has said yes.  No RFC: this
 * is the defence against a client that makes its session grow (DESIGN, "bounded memory").
 */
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static void *libc_alloc(void *user, size_t size)
{
	(void)user;
	return malloc(size);
}

static void *libc_realloc(void *user, void *block, size_t old_size, size_t size)
{
	(void)user;
	(void)old_size;
	return realloc(block, size);
}

static void libc_free(void *user, void *block, size_t size)
{
	(void)user;
	(void)size;
	free(block);
}

const struct imapsrv_allocator isrv_mem_libc = {libc_alloc, libc_realloc, libc_free, NULL};

/* An allocator may answer NULL to a request for nothing, which would look like a failure. */
static size_t at_least_one(size_t size)
{
	return size ? size : 1;
}

/* Whether `size` more octets fit beside `held`; a budget may have been lowered below that.  No
 * block has more octets than a difference of two pointers can tell, whatever the allocator thinks
 * of it, so that what is held can be doubled in a size_t, also where that has 32 bits (integer
 * overflow). */
static bool affordable(const struct isrv_mem *mem, size_t held, size_t size)
{
	return size <= PTRDIFF_MAX && held <= mem->budget && size <= mem->budget - held;
}

static void account(struct isrv_mem *mem, size_t used)
{
	mem->used = used;
	if (used > mem->peak)
		mem->peak = used;
}

void isrv_mem_init(struct isrv_mem *mem, const struct imapsrv_allocator *allocator, size_t budget)
{
	mem->allocator = allocator ? allocator : &isrv_mem_libc;
	mem->used = 0;
	mem->peak = 0;
	mem->budget = budget;
}

void *isrv_mem_alloc(struct isrv_mem *mem, size_t size)
{
	const struct imapsrv_allocator *allocator = mem->allocator;
	void *block;

	size = at_least_one(size);
	if (!affordable(mem, mem->used, size))
		return NULL;
	block = allocator->alloc(allocator->user, size);
	if (block)
		account(mem, mem->used + size);
	return block;
}

void *isrv_mem_zalloc(struct isrv_mem *mem, size_t size)
{
	void *block = isrv_mem_alloc(mem, size);

	if (block)
		memset(block, 0, at_least_one(size));
	return block;
}

void *isrv_mem_zarray(struct isrv_mem *mem, size_t n, size_t size)
{
	if (size && n > SIZE_MAX / size)
		return NULL;
	return isrv_mem_zalloc(mem, n * size);
}

void *isrv_mem_realloc(struct isrv_mem *mem, void *block, size_t old_size, size_t size)
{
	const struct imapsrv_allocator *allocator = mem->allocator;
	size_t held;
	void *moved;

	if (!block)
		return isrv_mem_alloc(mem, size);
	old_size = at_least_one(old_size);
	size = at_least_one(size);
	if (size == old_size)
		return block;
	held = mem->used - old_size;
	/* Growing smaller helps even a session that is over its budget. */
	if (size > old_size && !affordable(mem, held, size))
		return NULL;
	moved = allocator->realloc(allocator->user, block, old_size, size);
	if (moved)
		account(mem, held + size);
	return moved;
}

void isrv_mem_free(struct isrv_mem *mem, void *block, size_t size)
{
	const struct imapsrv_allocator *allocator = mem->allocator;

	if (!block)
		return;
	size = at_least_one(size);
	mem->used -= size;
	allocator->free(allocator->user, block, size);
}

void isrv_mem_wipe(void *block, size_t size)
{
	/* Through volatile: a plain memset before a free is a dead store and gets removed. */
	volatile unsigned char *octet = block;
	size_t i;

	for (i = 0; i < size; i++)
		octet[i] = 0;
}

bool isrv_mem_same(const void *a, const void *b, size_t size)
{
	const unsigned char *p = a, *q = b;
	unsigned char difference = 0;

	for (size_t i = 0; i < size; i++)
		difference |= (unsigned char)(p[i] ^ q[i]);
	return difference == 0;
}
