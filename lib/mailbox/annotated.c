/* SPDX-License-Identifier: MIT */
/* Names are few: past a number of them they are forgotten, and the host is asked for all entries of
 * those messages when it is to be told. */
#include "mailbox/annotated.h"

#include <string.h>

#include "base/entry.h"

void isrv_annotated_clear(struct isrv_annotated *a, struct isrv_mem *mem)
{
	for (uint32_t i = 0; i < a->count; i++) {
		isrv_uidset_clear(&a->entries[i].uids, mem);
		isrv_mem_free(mem, a->entries[i].name, a->entries[i].len);
	}
	isrv_mem_free(mem, a->entries, a->cap * sizeof(*a->entries));
	isrv_uidset_clear(&a->any, mem);
	a->entries = NULL;
	a->count = a->cap = 0;
}

/* Where the name is, or would be. */
static uint32_t find(const struct isrv_annotated *a, struct imapsrv_span name, bool *there_r)
{
	uint32_t low = 0, high = a->count;

	*there_r = false;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = isrv_entry_compare(isrv_annotated_name(a, middle), name);

		*there_r = *there_r || !order;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool room(struct isrv_annotated *a, struct isrv_mem *mem)
{
	uint32_t cap = a->cap ? a->cap * 2 : 4;
	void *grown;

	if (a->count < a->cap)
		return true;
	grown = isrv_mem_realloc(mem, a->entries, a->cap * sizeof(*a->entries),
	                         cap * sizeof(*a->entries));
	if (!grown)
		return false;
	a->entries = grown;
	a->cap = cap;
	return true;
}

static struct isrv_annotated_entry *get(struct isrv_annotated *a, struct isrv_mem *mem,
                                        struct imapsrv_span name)
{
	struct isrv_annotated_entry *e;
	bool there;
	uint32_t at = find(a, name, &there);
	char *copy;

	if (there)
		return &a->entries[at];
	copy = room(a, mem) ? isrv_mem_alloc(mem, name.len) : NULL;
	if (!copy)
		return NULL;
	memcpy(copy, name.data, name.len);
	e = &a->entries[at];
	memmove(e + 1, e, (a->count - at) * sizeof(*e));
	a->count++;
	isrv_uidset_init(&e->uids, a->max_ranges);
	e->name = copy;
	e->len = (uint32_t)name.len;
	return e;
}

/* A set that has too many ranges becomes one: what is told too much does no harm. */
static bool add_to(struct isrv_uidset *set, struct isrv_mem *mem, struct imapsrv_set uids)
{
	struct imapsrv_set is = isrv_uidset_view(set);
	uint32_t first = isrv_uidset_min(uids), last = isrv_uidset_max(uids);

	if (isrv_uidset_union(set, mem, uids))
		return true;
	if (is.count && isrv_uidset_min(is) < first)
		first = isrv_uidset_min(is);
	if (is.count && isrv_uidset_max(is) > last)
		last = isrv_uidset_max(is);
	return isrv_uidset_add(set, mem, first, last);
}

static bool add_any(struct isrv_annotated *a, struct isrv_mem *mem, struct imapsrv_set uids)
{
	if (!a->any.cap)
		isrv_uidset_init(&a->any, a->max_ranges);
	return !uids.count || add_to(&a->any, mem, uids);
}

static bool forget_names(struct isrv_annotated *a, struct isrv_mem *mem)
{
	struct isrv_uidset any;

	for (uint32_t i = 0; i < a->count; i++)
		if (!add_any(a, mem, isrv_uidset_view(&a->entries[i].uids)))
			return false;
	any = a->any;
	isrv_uidset_init(&a->any, a->max_ranges);
	isrv_annotated_clear(a, mem);
	a->any = any;
	return true;
}

bool isrv_annotated_add(struct isrv_annotated *a, struct isrv_mem *mem, struct imapsrv_set uids,
                        const struct imapsrv_span *names, size_t count, uint32_t max_names)
{
	if (!count)
		return add_any(a, mem, uids);
	for (size_t i = 0; i < count; i++) {
		struct isrv_annotated_entry *e = get(a, mem, names[i]);

		if (!e || !add_to(&e->uids, mem, uids))
			return false;
	}
	return a->count <= max_names || forget_names(a, mem);
}

bool isrv_annotated_join(struct isrv_annotated *a, struct isrv_mem *mem,
                         const struct isrv_annotated *from)
{
	if (from->any.count && !add_any(a, mem, isrv_uidset_view(&from->any)))
		return false;
	for (uint32_t i = 0; i < from->count; i++) {
		struct isrv_annotated_entry *e = get(a, mem, isrv_annotated_name(from, i));

		if (!e || !add_to(&e->uids, mem, isrv_uidset_view(&from->entries[i].uids)))
			return false;
	}
	return true;
}

bool isrv_annotated_uids(const struct isrv_annotated *a, struct isrv_mem *mem,
                         struct isrv_uidset *uids_r)
{
	bool done = isrv_uidset_union(uids_r, mem, isrv_uidset_view(&a->any));

	for (uint32_t i = 0; i < a->count && done; i++)
		done = isrv_uidset_union(uids_r, mem, isrv_uidset_view(&a->entries[i].uids));
	return done;
}
