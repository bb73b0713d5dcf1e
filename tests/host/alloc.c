/* SPDX-License-Identifier: MIT */
/*
 * host/alloc - the counting, failing allocator.
 */
#include "host/alloc.h"

#include <stdlib.h>
#include <string.h>

#define MAGIC 0x616c6c6f63617465u
#define DEAD  0x6465616462656566u

/* Stands before each block; 16 octets keep the block as aligned as malloc's. */
struct head {
	uint64_t magic;
	uint64_t size;
};

static bool fails(struct ta *a)
{
	uint64_t n = ++a->calls;
	bool once = a->fail_once && n >= a->fail_once && n <= a->fail_once + a->fail_more;

	if (!once && (!a->fail_from || n < a->fail_from))
		return false;
	a->failed++;
	return true;
}

static void *take(struct ta *a, size_t size)
{
	struct head *h = malloc(sizeof(*h) + size);

	if (!h)
		return NULL;
	h->magic = MAGIC;
	h->size = size;
	memset(h + 1, 0xa5, size);
	a->blocks++;
	a->octets += size;
	if (a->octets > a->peak)
		a->peak = a->octets;
	return h + 1;
}

static void give(struct ta *a, void *block, size_t size, const char *what)
{
	struct head *h = (struct head *)block - 1;

	size_t held;

	if (h->magic != MAGIC) {
		tx_complain(a->log, "%s of a block that is not held", what);
		return;
	}
	held = (size_t)h->size;
	if (held != size)
		tx_complain(a->log, "%s was told %zu octets for a block of %zu", what, size, held);
	a->blocks--;
	a->octets -= held;
	memset(h + 1, 0xdd, held);
	h->magic = DEAD;
	free(h);
}

static void *do_alloc(void *user, size_t size)
{
	return fails(user) ? NULL : take(user, size);
}

static void do_free(void *user, void *block, size_t size)
{
	if (block)
		give(user, block, size, "free");
}

static void *do_realloc(void *user, void *block, size_t old_size, size_t size)
{
	void *moved;

	if (fails(user))
		return NULL;
	moved = take(user, size);
	if (moved && block) {
		memcpy(moved, block, old_size < size ? old_size : size);
		give(user, block, old_size, "realloc");
	}
	return moved;
}

void ta_init(struct ta *a, struct tx_log *log)
{
	memset(a, 0, sizeof(*a));
	a->allocator = (struct imapsrv_allocator){do_alloc, do_realloc, do_free, a};
	a->log = log;
}

void ta_check(const struct ta *a)
{
	if (a->blocks)
		tx_complain(a->log, "%zu blocks (%zu octets) were not given back", a->blocks,
		            a->octets);
}
