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
	uint32_t low = 0, high = isrv_names_count(n);

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
	struct isrv_names_held *h = n->held;

	if (!h)
		return;
	isrv_mem_free(mem, h->list, h->cap * sizeof(*h->list));
	isrv_mem_free(mem, h->text, h->size);
	isrv_mem_free(mem, h, sizeof(*h));
	n->held = NULL;
}

/* A larger block, without what removed names have left. */
static bool grow_text(struct isrv_names_held *h, struct isrv_mem *mem, size_t len)
{
	size_t live = h->used - h->dead, size = live + len > live * 2 ? live + len : live * 2;
	uint32_t used = 0;
	char *text;

	if (len > UINT32_MAX / 2 || live > UINT32_MAX / 2)
		return false;
	text = isrv_mem_alloc(mem, size);
	if (!text)
		return false;
	for (uint32_t i = 0; i < h->count; i++) {
		if (h->list[i].len)
			memcpy(text + used, h->text + h->list[i].at, h->list[i].len);
		h->list[i].at = used;
		used += h->list[i].len;
	}
	isrv_mem_free(mem, h->text, h->size);
	h->text = text;
	h->size = (uint32_t)size;
	h->used = used;
	h->dead = 0;
	return true;
}

/* Room for one more name of so many octets. */
static bool reserve(struct isrv_names_held *h, struct isrv_mem *mem, size_t len)
{
	if (h->count == h->cap) {
		uint32_t cap = h->cap ? h->cap * 2 : 2;
		void *list;

		if (cap > UINT32_MAX / sizeof(*h->list))
			return false;
		list = isrv_mem_realloc(mem, h->list, h->cap * sizeof(*h->list), cap * sizeof(*h->list));
		if (!list)
			return false;
		h->list = list;
		h->cap = cap;
	}
	return len <= h->size - h->used || grow_text(h, mem, len);
}

bool isrv_names_add(struct isrv_names *n, struct isrv_mem *mem, struct imapsrv_span name)
{
	bool found;
	uint32_t at = seek(n, name, &found);
	struct isrv_names_held *h;

	if (found)
		return true;
	if (!n->held)
		n->held = isrv_mem_zalloc(mem, sizeof(*n->held));
	h = n->held;
	if (!h || !reserve(h, mem, name.len))
		return false;
	memmove(&h->list[at + 1], &h->list[at], (h->count - at) * sizeof(*h->list));
	h->list[at].at = h->used;
	h->list[at].len = (uint32_t)name.len;
	if (name.len)
		memcpy(h->text + h->used, name.data, name.len);
	h->used += (uint32_t)name.len;
	h->count++;
	return true;
}

bool isrv_names_remove(struct isrv_names *n, struct imapsrv_span name)
{
	bool found;
	uint32_t at = seek(n, name, &found);
	struct isrv_names_held *h = n->held;

	if (!found)
		return false;
	h->dead += h->list[at].len;
	h->count--;
	memmove(&h->list[at], &h->list[at + 1], (h->count - at) * sizeof(*h->list));
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
	if (!isrv_names_count(n))
		return false;
	for (size_t len = 1; separator && len < name.len; len++) {
		struct imapsrv_span up = {name.data, len};

		if (name.data[len] == separator && isrv_names_has(n, up))
			return true;
	}
	return isrv_names_has(n, name);
}
