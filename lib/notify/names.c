/* SPDX-License-Identifier: MIT */
/*
 * Names mostly come in order, from a list that is sorted, and then each costs a step.  Those that
 * come in another order are put into a short list behind the long one, and the two are merged when
 * it is full, or when names are asked for by their place: moving the whole list for each would make
 * a hundred thousand of them dear.
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

#define BEHIND_MAX 256u

static struct imapsrv_span name_at(const struct isrv_names_held *h, uint32_t i)
{
	return (struct imapsrv_span){h->text + h->list[i].at, h->list[i].len};
}

/* Where it is among those from `low` on and before `high`, or would be. */
static uint32_t seek(const struct isrv_names_held *h, uint32_t low, uint32_t high,
                     struct imapsrv_span name, bool *found_r)
{
	*found_r = false;
	/* Behind the last: in order. */
	if (low < high && compare(name_at(h, high - 1), name) < 0)
		return high;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = compare(name_at(h, middle), name);

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

/* One list, in order: from the last of those behind on, each makes room for itself and those before
 * it. */
static void settle(struct isrv_names_held *h)
{
	struct isrv_name_at behind[BEHIND_MAX];
	uint32_t left = h->count - h->sorted, end = h->sorted;
	bool found;

	if (!left)
		return;
	memcpy(behind, &h->list[h->sorted], left * sizeof(*behind));
	for (; left; left--) {
		struct isrv_name_at last = behind[left - 1];
		uint32_t at =
			seek(h, 0, end, (struct imapsrv_span){h->text + last.at, last.len}, &found);

		memmove(&h->list[at + left], &h->list[at], (end - at) * sizeof(*h->list));
		h->list[at + left - 1] = last;
		end = at;
	}
	h->sorted = h->count;
}

struct imapsrv_span isrv_names_at(const struct isrv_names *n, uint32_t i)
{
	settle(n->held);
	return name_at(n->held, i);
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
		void *list = NULL;

		if (cap <= UINT32_MAX / sizeof(*h->list))
			list = isrv_mem_realloc(mem, h->list, h->cap * sizeof(*h->list),
			                        cap * sizeof(*h->list));
		if (!list)
			return false;
		h->list = list;
		h->cap = cap;
	}
	return len <= h->size - h->used || grow_text(h, mem, len);
}

/* Puts it in at `at`, where the list from there on moves. */
static void put_in(struct isrv_names_held *h, uint32_t at, struct imapsrv_span name)
{
	memmove(&h->list[at + 1], &h->list[at], (h->count - at) * sizeof(*h->list));
	h->list[at].at = h->used;
	h->list[at].len = (uint32_t)name.len;
	if (name.len)
		memcpy(h->text + h->used, name.data, name.len);
	h->used += (uint32_t)name.len;
	h->count++;
}

bool isrv_names_add(struct isrv_names *n, struct isrv_mem *mem, struct imapsrv_span name)
{
	struct isrv_names_held *h;
	uint32_t at, behind;
	bool found;

	if (isrv_names_has(n, name))
		return true;
	if (!n->held)
		n->held = isrv_mem_zalloc(mem, sizeof(*n->held));
	h = n->held;
	if (!h || !reserve(h, mem, name.len))
		return false;
	if (h->count - h->sorted == BEHIND_MAX)
		settle(h);
	at = seek(h, 0, h->sorted, name, &found);
	behind = seek(h, h->sorted, h->count, name, &found);
	if (at == h->count)
		h->sorted++;
	put_in(h, behind, name);
	return true;
}

bool isrv_names_remove(struct isrv_names *n, struct imapsrv_span name)
{
	struct isrv_names_held *h = n->held;
	uint32_t at;
	bool found;

	if (!h)
		return false;
	settle(h);
	at = seek(h, 0, h->count, name, &found);
	if (!found)
		return false;
	h->dead += h->list[at].len;
	h->sorted = --h->count;
	memmove(&h->list[at], &h->list[at + 1], (h->count - at) * sizeof(*h->list));
	return true;
}

bool isrv_names_has(const struct isrv_names *n, struct imapsrv_span name)
{
	const struct isrv_names_held *h = n->held;
	bool found = false;

	if (h)
		(void)seek(h, 0, h->sorted, name, &found);
	if (h && !found)
		(void)seek(h, h->sorted, h->count, name, &found);
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

static bool is_at_or_below(struct imapsrv_span name, struct imapsrv_span up, char separator)
{
	return name.len >= up.len && !memcmp(name.data, up.data, up.len) &&
	       (name.len == up.len || (separator && name.data[up.len] == separator));
}

/* The same name, with `to` in the place of its first octets. */
static bool add_moved(struct isrv_names *n, struct isrv_mem *mem, struct imapsrv_span name,
                      size_t first, struct imapsrv_span to)
{
	size_t len = to.len + (name.len - first);
	char *moved = isrv_mem_alloc(mem, len);
	bool added;

	if (!moved)
		return false;
	memcpy(moved, to.data, to.len);
	memcpy(moved + to.len, name.data + first, name.len - first);
	added = isrv_names_add(n, mem, (struct imapsrv_span){moved, len});
	isrv_mem_free(mem, moved, len);
	return added;
}

bool isrv_names_rename(struct isrv_names *n, struct isrv_mem *mem, struct imapsrv_span from,
                       struct imapsrv_span to, char separator)
{
	struct isrv_names after = {NULL};
	uint32_t count = isrv_names_count(n);
	bool done = true, any = false;

	for (uint32_t i = 0; i < count && !any; i++)
		any = is_at_or_below(isrv_names_at(n, i), from, separator) ||
		      is_at_or_below(isrv_names_at(n, i), to, separator);
	if (!any)
		return true;
	for (uint32_t i = 0; i < count && done; i++) {
		struct imapsrv_span name = isrv_names_at(n, i);

		if (is_at_or_below(name, from, separator))
			done = add_moved(&after, mem, name, from.len, to);
		else if (!is_at_or_below(name, to, separator))
			done = isrv_names_add(&after, mem, name);
	}
	if (!done) {
		isrv_names_clear(&after, mem);
		return false;
	}
	isrv_names_clear(n, mem);
	*n = after;
	return true;
}
