/* SPDX-License-Identifier: MIT */
/*
 * Names mostly come in order, from a list that is sorted, and then each costs a step; in any other
 * order a move of what is behind, which is small next to reading the name.
 */
#include "notify/names.h"

#include <string.h>

static int compare(struct imapsrv_span a, struct imapsrv_span b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int order = n ? memcmp(a.data, b.data, n) : 0;

	if (order)
		return order;
	return a.len < b.len ? -1 : a.len > b.len;
}

/* Where it is, or would be. */
static uint32_t seek(const struct isrv_names *n, struct imapsrv_span name, bool *found_r)
{
	uint32_t low = 0, high = n->count;

	*found_r = false;
	/* Behind the last: in order. */
	if (high && compare(isrv_names_at(n, high - 1), name) < 0)
		return high;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = compare(isrv_names_at(n, middle), name);

		if (order == 0) {
			*found_r = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void isrv_names_clear(struct isrv_names *n, struct isrv_mem *mem)
{
	isrv_mem_free(mem, n->list, n->cap * sizeof(*n->list));
	isrv_mem_free(mem, n->text, n->size);
	memset(n, 0, sizeof(*n));
}

/* A larger block, without what removed names have left. */
static bool grow_text(struct isrv_names *n, struct isrv_mem *mem, size_t len)
{
	size_t live = n->used - n->dead, size = live + len > live * 2 ? live + len : live * 2;
	uint32_t used = 0;
	char *text;

	if (len > UINT32_MAX / 2 || live > UINT32_MAX / 2)
		return false;
	text = isrv_mem_alloc(mem, size);
	if (!text)
		return false;
	for (uint32_t i = 0; i < n->count; i++) {
		if (n->list[i].len)
			memcpy(text + used, n->text + n->list[i].at, n->list[i].len);
		n->list[i].at = used;
		used += n->list[i].len;
	}
	isrv_mem_free(mem, n->text, n->size);
	n->text = text;
	n->size = (uint32_t)size;
	n->used = used;
	n->dead = 0;
	return true;
}

/* Room for one more name of so many octets. */
static bool reserve(struct isrv_names *n, struct isrv_mem *mem, size_t len)
{
	if (n->count == n->cap) {
		uint32_t cap = n->cap ? n->cap * 2 : 2;
		void *list;

		if (cap > UINT32_MAX / sizeof(*n->list))
			return false;
		list = isrv_mem_realloc(mem, n->list, n->cap * sizeof(*n->list), cap * sizeof(*n->list));
		if (!list)
			return false;
		n->list = list;
		n->cap = cap;
	}
	return len <= n->size - n->used || grow_text(n, mem, len);
}

bool isrv_names_add(struct isrv_names *n, struct isrv_mem *mem, struct imapsrv_span name)
{
	bool found;
	uint32_t at = seek(n, name, &found);

	if (found)
		return true;
	if (!reserve(n, mem, name.len))
		return false;
	memmove(&n->list[at + 1], &n->list[at], (n->count - at) * sizeof(*n->list));
	n->list[at].at = n->used;
	n->list[at].len = (uint32_t)name.len;
	if (name.len)
		memcpy(n->text + n->used, name.data, name.len);
	n->used += (uint32_t)name.len;
	n->count++;
	return true;
}

bool isrv_names_remove(struct isrv_names *n, struct imapsrv_span name)
{
	bool found;
	uint32_t at = seek(n, name, &found);

	if (!found)
		return false;
	n->dead += n->list[at].len;
	n->count--;
	memmove(&n->list[at], &n->list[at + 1], (n->count - at) * sizeof(*n->list));
	return true;
}

bool isrv_names_has(const struct isrv_names *n, struct imapsrv_span name)
{
	bool found;

	(void)seek(n, name, &found);
	return found;
}

bool isrv_names_has_above(const struct isrv_names *n, struct imapsrv_span name, char separator)
{
	if (!n->count)
		return false;
	for (size_t len = 1; separator && len < name.len; len++) {
		struct imapsrv_span up = {name.data, len};

		if (name.data[len] == separator && isrv_names_has(n, up))
			return true;
	}
	return isrv_names_has(n, name);
}
