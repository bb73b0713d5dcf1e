/* SPDX-License-Identifier: MIT */
/*
 * Chunks, filled from the front.  All hang on `first`, which always has CHUNK_FIRST octets, so that
 * an idle arena is small whatever the last command took; reset keeps some more as `spare` for the
 * next command, until trim.  `last` is the one being filled; a request for more than half of what
 * would be its successor gets a chunk of its own, and `last` stays.  Invariant: every piece starts
 * at a multiple of ALIGN, and the tails that were passed over add up to less than what was taken,
 * so an arena never holds more than twice `used`, plus its last chunk and the chunk headers.  No
 * RFC: this bounds what one command can pin down.
 */
#include "base/arena.h"

#include <stdalign.h>
#include <stdbool.h>
#include <string.h>

#ifdef ISRV_TIGHT /* for tests: each piece is an allocation of its own, which can fail */
enum { CHUNK_FIRST = 0, CHUNK_MOST = 1, SPARE_MOST = 0 };
#else
enum { CHUNK_FIRST = 512, CHUNK_MOST = 8192, SPARE_MOST = 4096 };
#endif
enum { ALIGN = alignof(max_align_t) };

struct isrv_arena_chunk {
	struct isrv_arena_chunk *next;
	size_t size; /* octets of payload */
	size_t fill; /* of these, taken */
	max_align_t payload[];
};

static char *payload(struct isrv_arena_chunk *chunk)
{
	return (char *)chunk->payload;
}

/* A size as it is taken from a chunk; 0 if it cannot be expressed.  Nothing is taken as one
 * octet, so that every piece has an address of its own. */
static size_t rounded(size_t size)
{
	if (size == 0)
		size = 1;
	if (size > SIZE_MAX - (ALIGN - 1))
		return 0;
	return (size + (ALIGN - 1)) / ALIGN * ALIGN;
}

static struct isrv_arena_chunk *chunk_new(struct isrv_mem *mem, size_t size)
{
	struct isrv_arena_chunk *chunk;

	if (size > SIZE_MAX - sizeof(*chunk))
		return NULL;
	chunk = isrv_mem_alloc(mem, sizeof(*chunk) + size);
	if (!chunk)
		return NULL;
	chunk->next = NULL;
	chunk->size = size;
	chunk->fill = 0;
	return chunk;
}

static void chunks_free(struct isrv_mem *mem, struct isrv_arena_chunk *chunk)
{
	while (chunk) {
		struct isrv_arena_chunk *next = chunk->next;

		isrv_mem_free(mem, chunk, sizeof(*chunk) + chunk->size);
		chunk = next;
	}
}

void isrv_arena_init(struct isrv_arena *arena, struct isrv_mem *mem, size_t max)
{
	arena->mem = mem;
	arena->first = NULL;
	arena->last = NULL;
	arena->spare = NULL;
	arena->spare_size = 0;
	arena->used = 0;
	arena->max = max;
	arena->starved = false;
}

void isrv_arena_reset(struct isrv_arena *arena)
{
	struct isrv_arena_chunk *chunk, *next;

	arena->used = 0;
	arena->starved = false;
	arena->last = arena->first;
	if (!arena->first)
		return;
	chunk = arena->first->next;
	arena->first->next = NULL;
	arena->first->fill = 0;
	for (; chunk; chunk = next) {
		next = chunk->next;
		chunk->next = NULL;
		if (chunk->size > SPARE_MOST - arena->spare_size) {
			chunks_free(arena->mem, chunk);
			continue;
		}
		chunk->next = arena->spare;
		chunk->fill = 0;
		arena->spare = chunk;
		arena->spare_size += chunk->size;
	}
}

void isrv_arena_trim(struct isrv_arena *arena)
{
	chunks_free(arena->mem, arena->spare);
	arena->spare = NULL;
	arena->spare_size = 0;
}

void isrv_arena_clear(struct isrv_arena *arena)
{
	isrv_arena_trim(arena);
	chunks_free(arena->mem, arena->first);
	isrv_arena_init(arena, arena->mem, arena->max);
}

void isrv_arena_wipe(struct isrv_arena *arena)
{
	for (struct isrv_arena_chunk *chunk = arena->first; chunk; chunk = chunk->next)
		isrv_mem_wipe(chunk->payload, chunk->fill);
}

void isrv_arena_wipe_rest(struct isrv_arena *arena)
{
	struct isrv_arena_chunk *chunk;

	for (chunk = arena->first; chunk; chunk = chunk->next)
		isrv_mem_wipe(payload(chunk) + chunk->fill, chunk->size - chunk->fill);
	for (chunk = arena->spare; chunk; chunk = chunk->next)
		isrv_mem_wipe(chunk->payload, chunk->size);
}

/* An empty chunk of at least that size: one that was kept, or a new one. */
static struct isrv_arena_chunk *chunk_take(struct isrv_arena *arena, size_t size)
{
	struct isrv_arena_chunk **link = &arena->spare;

	for (; *link; link = &(*link)->next) {
		struct isrv_arena_chunk *chunk = *link;

		if (chunk->size < size)
			continue;
		*link = chunk->next;
		arena->spare_size -= chunk->size;
		return chunk;
	}
	return chunk_new(arena->mem, size);
}

/* A chunk with room for `size` rounded octets, or NULL; last moves on when that is worth it. */
static struct isrv_arena_chunk *chunk_for(struct isrv_arena *arena, size_t size)
{
	struct isrv_arena_chunk *chunk;
	size_t next;

	if (!arena->first) {
		arena->first = chunk_new(arena->mem, CHUNK_FIRST);
		arena->last = arena->first;
		if (!arena->first)
			return NULL;
	}
	if (size <= arena->last->size - arena->last->fill)
		return arena->last;
	next = arena->last->size < CHUNK_MOST ? arena->last->size * 2 : CHUNK_MOST;
	chunk = chunk_take(arena, size > next / 2 ? size : next);
	if (!chunk)
		return NULL;
	chunk->next = arena->last->next;
	arena->last->next = chunk;
	if (size <= next / 2)
		arena->last = chunk;
	return chunk;
}

void *isrv_arena_alloc(struct isrv_arena *arena, size_t size)
{
	struct isrv_arena_chunk *chunk;
	char *piece;

	size = rounded(size);
	if (size == 0 || arena->used > arena->max || size > arena->max - arena->used)
		return NULL;
	chunk = chunk_for(arena, size);
	arena->starved = arena->starved || !chunk;
	if (!chunk)
		return NULL;
	piece = payload(chunk) + chunk->fill;
	chunk->fill += size;
	arena->used += size;
	return piece;
}

void *isrv_arena_zalloc(struct isrv_arena *arena, size_t size)
{
	void *piece = isrv_arena_alloc(arena, size);

	if (piece)
		memset(piece, 0, size);
	return piece;
}

void *isrv_arena_zalloc_over(struct isrv_arena *arena, size_t size)
{
	size_t max = arena->max;
	void *piece;

	arena->max = SIZE_MAX;
	piece = isrv_arena_zalloc(arena, size);
	arena->max = max;
	return piece;
}

void *isrv_arena_array(struct isrv_arena *arena, size_t n, size_t size)
{
	if (size && n > SIZE_MAX / size)
		return NULL;
	return isrv_arena_alloc(arena, n * size);
}

void *isrv_arena_zarray(struct isrv_arena *arena, size_t n, size_t size)
{
	void *piece = isrv_arena_array(arena, n, size);

	if (piece)
		memset(piece, 0, n * size);
	return piece;
}

/* Whether the piece is the end of what was taken from the chunk. */
static bool is_newest(struct isrv_arena_chunk *chunk, const void *piece, size_t taken)
{
	return chunk->fill >= taken &&
	       (const char *)piece == payload(chunk) + (chunk->fill - taken);
}

void *isrv_arena_grow(struct isrv_arena *arena, void *old, size_t old_size, size_t size)
{
	struct isrv_arena_chunk *last = arena->last;
	size_t taken, wanted;
	void *piece;

	if (!old)
		return isrv_arena_alloc(arena, size);
	taken = rounded(old_size);
	wanted = rounded(size);
	if (wanted == 0)
		return NULL;
	if (wanted <= taken)
		return old;
	if (is_newest(last, old, taken) && wanted - taken <= last->size - last->fill) {
		if (arena->used > arena->max || wanted - taken > arena->max - arena->used)
			return NULL;
		last->fill += wanted - taken;
		arena->used += wanted - taken;
		return old;
	}
	piece = isrv_arena_alloc(arena, size);
	if (piece)
		memcpy(piece, old, old_size);
	return piece;
}

void *isrv_arena_grow_array(struct isrv_arena *arena, void *old, size_t old_n, size_t n,
                            size_t size)
{
	if (size && n > SIZE_MAX / size)
		return NULL;
	return isrv_arena_grow(arena, old, old_n * size, n * size);
}

char *isrv_arena_copy(struct isrv_arena *arena, const void *data, size_t len)
{
	char *copy;

	if (len == SIZE_MAX)
		return NULL;
	copy = isrv_arena_alloc(arena, len + 1);
	if (!copy)
		return NULL;
	/* An empty span may have a NULL pointer, which memcpy does not take. */
	if (len)
		memcpy(copy, data, len);
	copy[len] = '\0';
	return copy;
}
