/* SPDX-License-Identifier: MIT */
/*
 * Invariant: going down, places ascend; all texts below a branch agree in every bit before its
 * place.  A text is looked for by its bits alone, and then compared once.
 */
#include "search/intern.h"

#include <string.h>

enum { FULL = 0x7fffffff };
#define TREE UINT32_C(0x80000000)

static struct isrv_intern_leaf *leaves(const struct isrv_intern *t)
{
	return (struct isrv_intern_leaf *)(void *)t->leaves.data;
}

static struct isrv_intern_branch *branches(const struct isrv_intern *t)
{
	return (struct isrv_intern_branch *)(void *)t->branches.data;
}

void isrv_intern_init(struct isrv_intern *t, struct isrv_mem *mem, uint64_t *steps)
{
	t->mem = mem;
	t->steps = steps;
	t->root = 0;
	isrv_buf_init(&t->octets, FULL);
	isrv_buf_init(&t->leaves, SIZE_MAX);
	isrv_buf_init(&t->branches, SIZE_MAX);
}

void isrv_intern_clear(struct isrv_intern *t)
{
	isrv_buf_clear(&t->octets, t->mem);
	isrv_buf_clear(&t->leaves, t->mem);
	isrv_buf_clear(&t->branches, t->mem);
}

struct imapsrv_span isrv_intern_text(const struct isrv_intern *t, uint32_t number)
{
	struct isrv_intern_leaf leaf = leaves(t)[number];

	return (struct imapsrv_span){leaf.len ? t->octets.data + leaf.at : "", leaf.len};
}

static unsigned bit_at(struct imapsrv_span text, uint32_t place)
{
	uint32_t octet = place >> 4, bit = place & 15;

	if (octet >= text.len)
		return 0;
	return bit ? (unsigned char)text.data[octet] >> (8 - bit) & 1u : 1u;
}

/* Where two texts first differ; false: they do not. */
static bool differ(struct imapsrv_span a, struct imapsrv_span b, uint32_t *place_r)
{
	size_t len = a.len < b.len ? a.len : b.len, i = 0;
	unsigned bits, bit = 1;

	while (i < len && a.data[i] == b.data[i])
		i++;
	*place_r = (uint32_t)i << 4;
	if (i == len)
		return a.len != b.len;
	bits = (unsigned char)a.data[i] ^ (unsigned char)b.data[i];
	while (!(bits >> (8 - bit) & 1))
		bit++;
	*place_r |= bit;
	return true;
}

/* The number at the end of the way that the text's bits go. */
static uint32_t descend(const struct isrv_intern *t, struct imapsrv_span text)
{
	uint32_t at = t->root;

	while (at & TREE) {
		const struct isrv_intern_branch *b = &branches(t)[at & ~TREE];

		at = b->child[bit_at(text, b->place)];
		++*t->steps;
	}
	return at;
}

static bool reserve(struct isrv_intern *t, size_t len)
{
	return isrv_buf_reserve(&t->octets, t->mem, len) &&
	       isrv_buf_reserve(&t->leaves, t->mem, sizeof(struct isrv_intern_leaf)) &&
	       isrv_buf_reserve(&t->branches, t->mem, sizeof(struct isrv_intern_branch));
}

/* Room was reserved. */
static uint32_t add_leaf(struct isrv_intern *t, struct imapsrv_span text)
{
	uint32_t number = isrv_intern_count(t);

	leaves(t)[number] = (struct isrv_intern_leaf){(uint32_t)t->octets.len, (uint32_t)text.len};
	t->leaves.len += sizeof(struct isrv_intern_leaf);
	if (text.len)
		memcpy(t->octets.data + t->octets.len, text.data, text.len);
	t->octets.len += text.len;
	return number;
}

/* A branch above the first that looks at a later place. */
static void add_branch(struct isrv_intern *t, struct imapsrv_span text, uint32_t place,
                       uint32_t number)
{
	uint32_t index = (uint32_t)(t->branches.len / sizeof(struct isrv_intern_branch));
	unsigned side = bit_at(text, place);
	struct isrv_intern_branch *added = &branches(t)[index];
	uint32_t *link = &t->root;

	while (*link & TREE && branches(t)[*link & ~TREE].place < place) {
		struct isrv_intern_branch *b = &branches(t)[*link & ~TREE];

		link = &b->child[bit_at(text, b->place)];
		++*t->steps;
	}
	added->place = place;
	added->child[side] = number;
	added->child[!side] = *link;
	*link = TREE | index;
	t->branches.len += sizeof(*added);
}

uint32_t isrv_intern_put(struct isrv_intern *t, struct imapsrv_span text, bool *new_r)
{
	uint32_t number, place = 0;
	bool empty = !t->leaves.len;

	*t->steps += text.len + 1;
	if (new_r)
		*new_r = false;
	if (!empty) {
		number = descend(t, text);
		if (!differ(text, isrv_intern_text(t, number), &place))
			return number;
	}
	if (isrv_intern_count(t) == FULL || !reserve(t, text.len))
		return ISRV_INTERN_NONE;
	number = add_leaf(t, text);
	if (!empty)
		add_branch(t, text, place, number);
	if (new_r)
		*new_r = true;
	return number;
}
