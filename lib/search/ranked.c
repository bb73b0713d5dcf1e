/* SPDX-License-Identifier: MIT */
/* Two arrays of pointers: what moves when one comes or goes is what stands behind it in each. */
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

/* Keys first, in the order of their octets, the shorter first where it is the beginning of the other;
 * "if two or more messages exactly match according to the sorting criteria, these messages are sorted
 * by sequence number" (RFC 5256 2). */
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

/* How many have a lower UID. */
static uint32_t below_uid(const struct isrv_ranked *r, uint32_t uid, uint64_t *steps)
{
	uint32_t low = 0, high = r->count, middle;

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

/* How many stand before it. */
static uint32_t before(const struct isrv_ranked *r, uint32_t uid, struct imapsrv_span key,
                       uint64_t *steps)
{
	uint32_t low = 0, high = r->count, middle;

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
	uint32_t i = below_uid(r, uid, steps);

	if (i == r->count || r->items[i]->uid != uid)
		return 0;
	return before(r, uid, key_of(r->items[i]), steps) + 1;
}

uint32_t isrv_ranked_at(const struct isrv_ranked *r, uint32_t i, struct imapsrv_span *key_r)
{
	*key_r = key_of(r->items[i]);
	return r->items[i]->uid;
}

/* ---- changes ------------------------------------------------------------------------------- */

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
	const struct isrv_ranked *r = ctx;

	return compare(r->items[a]->uid, key_of(r->items[a]), r->items[b]);
}

bool isrv_ranked_arrange(struct isrv_ranked *r, struct isrv_mem *mem, uint64_t *steps)
{
	size_t size = 2 * (size_t)r->count * sizeof(uint32_t);
	uint32_t *places, i;

	if (!r->count)
		return true;
	places = isrv_mem_alloc(mem, size);
	if (!places)
		return false;
	for (i = 0; i < r->count; i++)
		places[i] = i;
	isrv_order_sort(places, places + r->count, r->count, compare_items, r, steps);
	for (i = 0; i < r->count; i++)
		r->order[i] = r->items[places[i]];
	isrv_mem_free(mem, places, size);
	return true;
}

static void put_in(struct isrv_ranked_item **list, uint32_t count, uint32_t at,
                   struct isrv_ranked_item *item)
{
	memmove(list + at + 1, list + at, (count - at) * sizeof(*list));
	list[at] = item;
}

static void take_out(struct isrv_ranked_item **list, uint32_t count, uint32_t at)
{
	memmove(list + at, list + at + 1, (count - at - 1) * sizeof(*list));
}

bool isrv_ranked_insert(struct isrv_ranked *r, struct isrv_mem *mem, uint32_t uid,
                        struct imapsrv_span key, uint64_t *steps)
{
	struct isrv_ranked_item *item = make(r, mem, uid, key);

	if (!item)
		return false;
	put_in(r->items, r->count, below_uid(r, uid, steps), item);
	/* r->count still says how many are arranged. */
	put_in(r->order, r->count, before(r, uid, key, steps), item);
	r->count++;
	return true;
}

void isrv_ranked_remove(struct isrv_ranked *r, struct isrv_mem *mem, uint32_t uid, uint64_t *steps)
{
	uint32_t place = isrv_ranked_place(r, uid, steps);
	struct isrv_ranked_item *item;

	if (!place)
		return;
	item = r->order[place - 1];
	take_out(r->items, r->count, below_uid(r, uid, steps));
	take_out(r->order, r->count, place - 1);
	r->count--;
	r->used -= size_of(item);
	isrv_mem_free(mem, item, size_of(item));
}
