/* SPDX-License-Identifier: MIT */
/* Two arrays of pointers: what moves when some come or go is what stands behind the first of them
 * in each, once, as a client may change all that it follows at a time. */
#include "search/ranked.h"

#include <string.h>

#include "search/order.h"

struct isrv_ranked_item {
	uint32_t uid;
	uint32_t len;
	unsigned char key[];
};

void isrv_ranked_init(struct isrv_ranked *r, size_t max)
{
	memset(r, 0, sizeof(*r));
	r->max = max;
}

static size_t size_of(const struct isrv_ranked_item *item)
{
	return sizeof(*item) + item->len;
}

void isrv_ranked_clear(struct isrv_ranked *r, struct isrv_mem *mem)
{
	uint32_t i;

	for (i = 0; i < r->count; i++)
		isrv_mem_free(mem, r->items[i], size_of(r->items[i]));
	isrv_mem_free(mem, r->items, r->cap * sizeof(*r->items));
	isrv_mem_free(mem, r->order, r->cap * sizeof(*r->order));
	isrv_ranked_init(r, r->max);
}

/* ---- finding ------------------------------------------------------------------------------- */

/* Keys first, in the order of their octets, the shorter first where it is the beginning of the
 * other; "if two or more messages exactly match according to the sorting criteria, these messages
 * are sorted by sequence number" (RFC 5256 2). */
static int compare(uint32_t a_uid, struct imapsrv_span a, const struct isrv_ranked_item *b)
{
	size_t len = a.len < b->len ? a.len : b->len;
	int order = len ? memcmp(a.data, b->key, len) : 0;

	if (!order)
		order = (a.len > b->len) - (a.len < b->len);
	return order ? order : (a_uid > b->uid) - (a_uid < b->uid);
}

static struct imapsrv_span key_of(const struct isrv_ranked_item *item)
{
	return (struct imapsrv_span){(const char *)item->key, item->len};
}

/* How many of the first `high` items have a lower UID. */
static uint32_t below_uid(const struct isrv_ranked *r, uint32_t high, uint32_t uid, uint64_t *steps)
{
	uint32_t low = 0, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		++*steps;
		if (r->items[middle]->uid < uid)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* How many of the first `high` in order stand before it. */
static uint32_t before(const struct isrv_ranked *r, uint32_t high, uint32_t uid,
                       struct imapsrv_span key, uint64_t *steps)
{
	uint32_t low = 0, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		++*steps;
		if (compare(uid, key, r->order[middle]) > 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

uint32_t isrv_ranked_place(const struct isrv_ranked *r, uint32_t uid, uint64_t *steps)
{
	uint32_t i = below_uid(r, r->count, uid, steps);

	if (i == r->count || r->items[i]->uid != uid)
		return 0;
	return before(r, r->count, uid, key_of(r->items[i]), steps) + 1;
}

uint32_t isrv_ranked_at(const struct isrv_ranked *r, uint32_t i, struct imapsrv_span *key_r)
{
	*key_r = key_of(r->items[i]);
	return r->items[i]->uid;
}

/* ---- changes ------------------------------------------------------------------------------- */

/* Pointers that move in the time of a step. */
#define MOVED 256u

static void move(struct isrv_ranked_item **to, struct isrv_ranked_item **from, uint32_t count,
                 uint64_t *steps)
{
	memmove(to, from, count * sizeof(*to));
	*steps += count / MOVED;
}

/* A bigger array in the place of the other, which is given back. */
static void replace(struct isrv_ranked *r, struct isrv_mem *mem, struct isrv_ranked_item ***list,
                    struct isrv_ranked_item **bigger)
{
	if (r->count)
		memcpy(bigger, *list, r->count * sizeof(*bigger));
	isrv_mem_free(mem, *list, r->cap * sizeof(**list));
	*list = bigger;
}

/* Room for one more in both arrays, by half. */
static bool reserve(struct isrv_ranked *r, struct isrv_mem *mem)
{
	uint32_t more = r->cap < 16 ? 8 : r->cap / 2, cap = r->cap + more;
	size_t wanted = 2 * (size_t)more * sizeof(*r->items), size = cap * sizeof(*r->items);
	struct isrv_ranked_item **items, **order;

	if (r->count < r->cap)
		return true;
	if (r->cap > UINT32_MAX / 2 || wanted > r->max - r->used) {
		r->full = true;
		return false;
	}
	items = isrv_mem_alloc(mem, size);
	order = items ? isrv_mem_alloc(mem, size) : NULL;
	if (!order) {
		isrv_mem_free(mem, items, size);
		return false;
	}
	replace(r, mem, &r->items, items);
	replace(r, mem, &r->order, order);
	r->cap = cap;
	r->used += wanted;
	return true;
}

static struct isrv_ranked_item *make(struct isrv_ranked *r, struct isrv_mem *mem, uint32_t uid,
                                     struct imapsrv_span key)
{
	struct isrv_ranked_item *item;
	size_t size = sizeof(*item) + key.len;

	if (!reserve(r, mem))
		return NULL;
	if (size > r->max - r->used) {
		r->full = true;
		return NULL;
	}
	item = isrv_mem_alloc(mem, size);
	if (!item)
		return NULL;
	item->uid = uid;
	item->len = (uint32_t)key.len;
	if (key.len)
		memcpy(item->key, key.data, key.len);
	r->used += size;
	return item;
}

bool isrv_ranked_add(struct isrv_ranked *r, struct isrv_mem *mem, uint32_t uid,
                     struct imapsrv_span key)
{
	struct isrv_ranked_item *item = make(r, mem, uid, key);

	if (item)
		r->items[r->count++] = item;
	return item != NULL;
}

static int compare_items(const void *ctx, uint32_t a, uint32_t b)
{
	struct isrv_ranked_item *const *added = ctx;

	return compare(added[a]->uid, key_of(added[a]), added[b]);
}

/* The last of `more` that are to go into the first *left of the list, to the place `at`; then the
 * others have to go before it. */
static void put_in(struct isrv_ranked_item **list, uint32_t *left, uint32_t at, uint32_t more,
                   struct isrv_ranked_item *item, uint64_t *steps)
{
	move(list + at + more, list + at, *left - at, steps);
	list[at + more - 1] = item;
	*left = at;
}

/* These, the last items, by their UIDs and by their keys; `by` are their numbers in the latter
 * order. */
static void weave(struct isrv_ranked *r, struct isrv_ranked_item **added, const uint32_t *by,
                  uint32_t count, uint64_t *steps)
{
	uint32_t i, left = r->placed;

	for (i = count; i > 0; i--) {
		struct isrv_ranked_item *item = added[i - 1];

		put_in(r->items, &left, below_uid(r, left, item->uid, steps), i, item, steps);
	}
	left = r->placed;
	for (i = count; i > 0; i--) {
		struct isrv_ranked_item *item = added[by[i - 1]];

		put_in(r->order, &left, before(r, left, item->uid, key_of(item), steps), i, item,
		       steps);
	}
}

bool isrv_ranked_arrange(struct isrv_ranked *r, struct isrv_mem *mem, uint64_t *steps)
{
	uint32_t count = r->count - r->placed, i, *by;
	size_t size = count * (sizeof(*r->items) + 2 * sizeof(*by));
	struct isrv_ranked_item **added;

	if (!count)
		return true;
	added = isrv_mem_alloc(mem, size);
	if (!added)
		return false;
	memcpy(added, r->items + r->placed, count * sizeof(*added));
	by = (uint32_t *)(void *)(added + count);
	for (i = 0; i < count; i++)
		by[i] = i;
	isrv_order_sort(by, by + count, count, compare_items, added, steps);
	weave(r, added, by, count, steps);
	r->placed = r->count;
	isrv_mem_free(mem, added, size);
	return true;
}

/* Without the items that were marked, none of which is outside first..end. */
static void close_items(struct isrv_ranked *r, uint32_t first, uint32_t end, uint64_t *steps)
{
	uint32_t i, kept = first;

	for (i = first; i < end; i++)
		if (r->items[i]->uid)
			r->items[kept++] = r->items[i];
	*steps += end - first;
	move(r->items + kept, r->items + end, r->count - end, steps);
}

void isrv_ranked_remove(struct isrv_ranked *r, struct isrv_mem *mem, const uint32_t *places,
                        uint32_t count, uint64_t *steps)
{
	uint32_t i, first = r->count, end = 0, behind;

	for (i = 0; i < count; i++) {
		uint32_t at = below_uid(r, r->count, r->order[places[i] - 1]->uid, steps);

		first = at < first ? at : first;
		end = at < end ? end : at + 1;
	}
	for (i = 0; i < count; i++)
		r->order[places[i] - 1]->uid = 0;
	if (count)
		close_items(r, first, end, steps);
	for (i = 0; i < count; i++) {
		struct isrv_ranked_item **gone = &r->order[places[i] - 1], *item = *gone;

		behind = (i + 1 < count ? places[i + 1] - 1 : r->count) - places[i];
		move(gone - i, gone + 1, behind, steps);
		r->used -= size_of(item);
		isrv_mem_free(mem, item, size_of(item));
	}
	r->count -= count;
	r->placed = r->count;
}
