/* SPDX-License-Identifier: MIT */
/* An allocator for one isrv_mem that is made of another. */
#include "session/pool.h"

/* Nothing came: was it for want of memory, or because the session may not have more? */
static void judge(struct isrv_pool *pool, size_t more)
{
	const struct isrv_mem *from = pool->from;

	if (from->used <= from->budget && more <= from->budget - from->used)
		pool->starved = true;
}

static void *pool_alloc(void *user, size_t size)
{
	struct isrv_pool *pool = user;
	void *block = isrv_mem_alloc(pool->from, size);

	if (!block)
		judge(pool, size);
	return block;
}

static void *pool_realloc(void *user, void *block, size_t old_size, size_t size)
{
	struct isrv_pool *pool = user;
	void *moved = isrv_mem_realloc(pool->from, block, old_size, size);

	if (!moved)
		judge(pool, size > old_size ? size - old_size : 0);
	return moved;
}

static void pool_free(void *user, void *block, size_t size)
{
	struct isrv_pool *pool = user;

	isrv_mem_free(pool->from, block, size);
}

void isrv_pool_init(struct isrv_pool *pool, struct isrv_mem *from, size_t budget)
{
	pool->from = from;
	pool->starved = false;
	pool->allocator = (struct imapsrv_allocator){pool_alloc, pool_realloc, pool_free, pool};
	isrv_mem_init(&pool->mem, &pool->allocator, budget);
}
