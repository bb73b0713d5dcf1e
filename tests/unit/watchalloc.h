/* SPDX-License-Identifier: MIT */
/*
 * An allocator that looks for octets that must not be found: in every block at the moment when it is
 * given back (also by realloc, which always moves), and in all that are held when it is asked.  Fresh
 * and freed memory is filled with rubbish of its own kind.
 */
#ifndef TESTS_UNIT_WATCHALLOC_H
#define TESTS_UNIT_WATCHALLOC_H

#include <stdbool.h>

#include "imapsrv/types.h"
#include "unit/row.h"

enum { WATCH_BLOCKS = 1024, WATCH_NEEDLES = 256, WATCH_NEEDLE = 8 };

struct watchalloc {
	struct imapsrv_allocator allocator;
	bool freed_too; /* blocks are looked at when they are given back */
	struct {
		char octets[WATCH_NEEDLE];
		size_t len;
	} needles[WATCH_NEEDLES];
	size_t needle_count;
	struct {
		void *block;
		size_t size;
	} live[WATCH_BLOCKS];
	size_t blocks;
	char found[160]; /* the first that was, and where; "" */
};

/* Every piece of `window` octets of the text is one that must not be found. */
static inline void watch_for(struct watchalloc *w, const void *data, size_t len, size_t window)
{
	const char *text = data;
	size_t i;

	assert_true(len >= window && window <= WATCH_NEEDLE);
	for (i = 0; i + window <= len; i++) {
		assert_true(w->needle_count < WATCH_NEEDLES);
		memcpy(w->needles[w->needle_count].octets, text + i, window);
		w->needles[w->needle_count++].len = window;
	}
}

static inline bool watch_is_at(const struct watchalloc *w, size_t n, const char *at, size_t left)
{
	size_t len = w->needles[n].len;

	return left >= len && memcmp(at, w->needles[n].octets, len) == 0;
}

/* Looks through some octets; `where` is for the complaint. */
static inline void watch_look(struct watchalloc *w, const void *data, size_t len, const char *where)
{
	const char *at = data;
	size_t i, n;

	for (i = 0; i < len; i++)
		for (n = 0; n < w->needle_count && !w->found[0]; n++)
			if (at[i] == w->needles[n].octets[0] && watch_is_at(w, n, at + i, len - i))
				snprintf(w->found, sizeof(w->found), "%s holds '%.*s' at %zu of %zu",
				         where, (int)w->needles[n].len, w->needles[n].octets, i, len);
}

static inline void watch_look_live(struct watchalloc *w, const char *where)
{
	size_t i;

	for (i = 0; i < WATCH_BLOCKS; i++)
		if (w->live[i].block)
			watch_look(w, w->live[i].block, w->live[i].size, where);
}

static inline size_t watch_find(const struct watchalloc *w, const void *block)
{
	size_t i;

	for (i = 0; i < WATCH_BLOCKS; i++)
		if (w->live[i].block == block)
			return i;
	fail_msg("allocator: block %p is not held, or too many are", block);
	return 0;
}

static inline void *watch_alloc(void *user, size_t size)
{
	struct watchalloc *w = user;
	size_t slot = watch_find(w, NULL);

	w->live[slot].block = malloc(size);
	w->live[slot].size = size;
	assert_non_null(w->live[slot].block);
	memset(w->live[slot].block, 0xa5, size);
	w->blocks++;
	return w->live[slot].block;
}

static inline void watch_free(void *user, void *block, size_t size)
{
	struct watchalloc *w = user;
	size_t slot = watch_find(w, block);

	assert_int_equal(w->live[slot].size, size);
	if (w->freed_too)
		watch_look(w, block, size, "a block that is given back");
	memset(block, 0x5a, size);
	w->live[slot].block = NULL;
	w->blocks--;
	free(block);
}

static inline void *watch_realloc(void *user, void *block, size_t old_size, size_t size)
{
	void *moved = watch_alloc(user, size);

	memcpy(moved, block, old_size < size ? old_size : size);
	watch_free(user, block, old_size);
	return moved;
}

static inline void watch_init(struct watchalloc *w)
{
	memset(w, 0, sizeof(*w));
	w->allocator = (struct imapsrv_allocator){watch_alloc, watch_realloc, watch_free, w};
}

#endif
