/* SPDX-License-Identifier: MIT */
/*
 * Who is interested in a name: a hash table of names, each with the interests in exactly it and
 * those in all below it.  The hash is a polynomial with a secret factor, modulo a prime: it is
 * worked out octet by octet, so that the nodes of all levels of a name are found in one pass, and
 * who may choose names cannot choose names that meet in one bucket (hash flooding).
 *
 * Invariant: a node is in the table exactly while a link is at it.
 */
#include "notify/hub.h"

#include <string.h>

#define PRIME        2147483647u /* 2^31 - 1 */
#define SIZE_FIRST   64u

void isrv_hub_table_init(struct isrv_hub_table *t, uint64_t secret)
{
	memset(t, 0, sizeof(*t));
	/* Neither is 0, and each depends on all of the secret. */
	t->factor = (uint32_t)(secret % (PRIME - 257)) + 257;
	t->start = (uint32_t)((secret >> 29 ^ secret * 2654435761u) % (PRIME - 1)) + 1;
}

void isrv_hub_table_clear(struct isrv_hub_table *t, struct isrv_mem *mem)
{
	isrv_mem_free(mem, t->buckets, t->size * sizeof(struct isrv_hub_node *));
	t->buckets = NULL;
	t->size = 0;
}

/* ---- looking up ---------------------------------------------------------------------------- */

void isrv_hub_walk_octet(struct isrv_hub_walk *w, char octet)
{
	/* + 1: a NUL counts too */
	w->hash = (uint32_t)(((uint64_t)w->hash * w->table->factor + (unsigned char)octet + 1) %
	                     PRIME);
}

void isrv_hub_walk_begin(struct isrv_hub_walk *w, const struct isrv_hub_table *t,
                         enum isrv_hub_realm realm)
{
	w->table = t;
	w->hash = t->start;
	isrv_hub_walk_octet(w, (char)realm);
}

struct isrv_hub_node *isrv_hub_walk_node(const struct isrv_hub_walk *w, enum isrv_hub_realm realm,
                                         struct imapsrv_span name)
{
	const struct isrv_hub_table *t = w->table;
	struct isrv_hub_node *node;

	if (!t->size)
		return NULL;
	for (node = t->buckets[w->hash & (t->size - 1)]; node; node = node->chain)
		if (node->realm == (uint32_t)realm && node->len == name.len &&
		    (!name.len || memcmp(node->name, name.data, name.len) == 0))
			return node;
	return NULL;
}

/* Worked out again where it is needed, which is seldom: nodes are many. */
static uint32_t hash_of(const struct isrv_hub_table *t, const struct isrv_hub_node *node)
{
	struct isrv_hub_walk walk;

	isrv_hub_walk_begin(&walk, t, node->realm ? ISRV_HUB_ACCOUNT : ISRV_HUB_TOPIC);
	for (uint32_t i = 0; i < node->len; i++)
		isrv_hub_walk_octet(&walk, node->name[i]);
	return walk.hash;
}

static bool is_name(const struct isrv_hub_node *node, const struct imapsrv_span parts[3])
{
	const char *at = node->name;

	if (node->len != parts[0].len + parts[1].len + parts[2].len)
		return false;
	for (int i = 0; i < 3; i++) {
		if (parts[i].len && memcmp(at, parts[i].data, parts[i].len) != 0)
			return false;
		at += parts[i].len;
	}
	return true;
}

const struct isrv_hub_node *isrv_hub_topic(const struct isrv_hub_table *t,
                                           const struct imapsrv_span parts[3])
{
	const struct isrv_hub_node *node;
	struct isrv_hub_walk walk;

	if (!t->size)
		return NULL;
	isrv_hub_walk_begin(&walk, t, ISRV_HUB_TOPIC);
	for (int i = 0; i < 3; i++)
		for (size_t k = 0; k < parts[i].len; k++)
			isrv_hub_walk_octet(&walk, parts[i].data[k]);
	for (node = t->buckets[walk.hash & (t->size - 1)]; node; node = node->chain)
		if (node->realm == ISRV_HUB_TOPIC && is_name(node, parts))
			return node;
	return NULL;
}

/* ---- putting in ---------------------------------------------------------------------------- */

/* Without memory the chains get longer: found all the same. */
static void grow(struct isrv_hub_table *t, struct isrv_mem *mem)
{
	size_t size = t->size ? t->size * 2 : SIZE_FIRST;
	struct isrv_hub_node **buckets;

	/* There are as many nodes already, each larger than what is added here for one. */
	if (t->count < t->size)
		return;
	buckets = isrv_mem_zalloc(mem, size * sizeof(struct isrv_hub_node *));
	if (!buckets)
		return;
	for (size_t i = 0; i < t->size; i++)
		while (t->buckets[i]) {
			struct isrv_hub_node *node = t->buckets[i], **to;

			t->buckets[i] = node->chain;
			to = &buckets[hash_of(t, node) & (size - 1)];
			node->chain = *to;
			*to = node;
		}
	isrv_mem_free(mem, t->buckets, t->size * sizeof(struct isrv_hub_node *));
	t->buckets = buckets;
	t->size = size;
}

static size_t node_size(size_t len)
{
	size_t size = offsetof(struct isrv_hub_node, name) + len;

	return size > sizeof(struct isrv_hub_node) ? size : sizeof(struct isrv_hub_node);
}

static struct isrv_hub_node *node_new(struct isrv_mem *mem, const struct imapsrv_span *parts,
                                      size_t part_count, size_t len)
{
	struct isrv_hub_node *node = isrv_mem_zalloc(mem, node_size(len));
	char *to = node ? node->name : NULL;

	for (size_t i = 0; node && i < part_count; i++)
		if (parts[i].len) {
			memcpy(to, parts[i].data, parts[i].len);
			to += parts[i].len;
		}
	if (node)
		node->len = len & INT32_MAX;
	return node;
}

/* The node of that name, made if there is none. */
static struct isrv_hub_node *get(struct isrv_hub_table *t, struct isrv_mem *mem,
                                 enum isrv_hub_realm realm, const struct imapsrv_span *parts,
                                 size_t part_count)
{
	struct isrv_hub_walk walk;
	struct isrv_hub_node *made, *found, **bucket;
	size_t len = 0;

	isrv_hub_walk_begin(&walk, t, realm);
	for (size_t i = 0; i < part_count; i++) {
		for (size_t k = 0; k < parts[i].len; k++)
			isrv_hub_walk_octet(&walk, parts[i].data[k]);
		len += parts[i].len;
	}
	made = len <= INT32_MAX ? node_new(mem, parts, part_count, len) : NULL;
	if (!made)
		return NULL;
	found = isrv_hub_walk_node(&walk, realm, (struct imapsrv_span){made->name, len});
	if (!found)
		grow(t, mem);
	if (found || !t->size) {
		isrv_mem_free(mem, made, node_size(len));
		return found;
	}
	made->realm = realm == ISRV_HUB_ACCOUNT;
	bucket = &t->buckets[walk.hash & (t->size - 1)];
	made->chain = *bucket;
	*bucket = made;
	t->count++;
	return made;
}

bool isrv_hub_attach(struct isrv_hub_table *t, struct isrv_mem *mem, enum isrv_hub_realm realm,
                     const struct imapsrv_span *parts, size_t part_count, bool below,
                     struct isrv_hub_link *link)
{
	struct isrv_hub_node *node = get(t, mem, realm, parts, part_count);
	struct isrv_hub_link **list;

	if (!node)
		return false;
	list = below ? &node->below : &node->exact;
	link->node = node;
	link->next = *list;
	link->back = list;
	if (link->next)
		link->next->back = &link->next;
	*list = link;
	return true;
}

void isrv_hub_detach(struct isrv_hub_table *t, struct isrv_mem *mem, struct isrv_hub_link *link)
{
	struct isrv_hub_node *node = link->node, **at;

	if (!node)
		return;
	link->node = NULL;
	*link->back = link->next;
	if (link->next)
		link->next->back = link->back;
	if (node->exact || node->below)
		return;
	at = &t->buckets[hash_of(t, node) & (t->size - 1)];
	while (*at != node)
		at = &(*at)->chain;
	*at = node->chain;
	t->count--;
	isrv_mem_free(mem, node, node_size(node->len));
}
