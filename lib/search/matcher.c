/* SPDX-License-Identifier: MIT */
/*
 * The needles are sorted, so that those with a common beginning stand together; a node is such a
 * beginning.  Nodes are made breadth first: the children of one come out in a row, and whatever is
 * shorter is done before.
 */
#include "search/matcher.h"

#include <string.h>

/* ---- making it ----------------------------------------------------------------------------- */

static int compare(struct imapsrv_span a, struct imapsrv_span b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int is = n ? memcmp(a.data, b.data, n) : 0;

	return is ? is : a.len < b.len ? -1 : a.len > b.len;
}

static void merge(const struct isrv_needle *from, size_t middle, size_t count,
                  struct isrv_needle *to)
{
	size_t a = 0, b = middle, i;

	for (i = 0; i < count; i++) {
		if (b == count || (a < middle && compare(from[a].text, from[b].text) <= 0))
			to[i] = from[a++];
		else
			to[i] = from[b++];
	}
}

void isrv_needles_sort(struct isrv_needle *needles, struct isrv_needle *spare, size_t count)
{
	size_t width, at, n;

	for (width = 1; width < count; width *= 2) {
		for (at = 0; at < count; at += n) {
			n = count - at < 2 * width ? count - at : 2 * width;
			merge(needles + at, width < n ? width : n, n, spare + at);
		}
		memcpy(needles, spare, count * sizeof(*needles));
	}
}

/* While it is made a node has, in `seen`, the needle behind its last one; in `link`, its depth. */
static uint32_t add_children(struct isrv_matcher *m, uint32_t at, uint32_t count)
{
	struct isrv_matcher_node *node = &m->nodes[at], *child;
	uint32_t depth = node->link, end = node->seen, i = node->needle;

	while (i < end && m->needles[i].text.len == depth)
		i++;
	node->needles = i - node->needle;
	node->child = count;
	while (i < end) {
		child = &m->nodes[count++];
		memset(child, 0, sizeof(*child));
		child->octet = (uint8_t)m->needles[i].text.data[depth];
		child->needle = i;
		child->link = depth + 1;
		do {
			i++;
		} while (i < end && (uint8_t)m->needles[i].text.data[depth] == child->octet);
		child->seen = i;
		node->children++;
	}
	return count;
}

static inline uint32_t find_child(const struct isrv_matcher *m, uint32_t at, uint8_t octet)
{
	const struct isrv_matcher_node *node = &m->nodes[at];
	uint32_t low = node->child, high = low + node->children;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (m->nodes[middle].octet == octet)
			return middle;
		if (m->nodes[middle].octet < octet)
			low = middle + 1;
		else
			high = middle;
	}
	return 0;
}

static inline uint32_t follow(const struct isrv_matcher *m, uint32_t at, uint8_t octet,
                              uint64_t *steps)
{
	uint32_t next;

	while ((next = find_child(m, at, octet)) == 0 && at) {
		at = m->nodes[at].fail;
		(*steps)++;
	}
	return next;
}

/* In the order of the nodes: what they refer to is shorter, and done. */
static void add_links(struct isrv_matcher *m, uint32_t at)
{
	struct isrv_matcher_node *node = &m->nodes[at];
	uint64_t steps = 0;
	uint32_t i;

	node->link = at && node->needles ? at : at ? m->nodes[node->fail].link : 0;
	node->seen = 0;
	for (i = node->child; i < node->child + node->children; i++)
		m->nodes[i].fail = at ? follow(m, node->fail, m->nodes[i].octet, &steps) : 0;
}

bool isrv_matcher_init(struct isrv_matcher *m, struct isrv_arena *arena,
                       struct isrv_needle *needles, uint32_t count)
{
	struct isrv_needle *spare = isrv_arena_array(arena, count, sizeof(*spare));
	uint32_t i, made = 1;
	size_t most = 1;

	memset(m, 0, sizeof(*m));
	if (!spare)
		return false;
	isrv_needles_sort(needles, spare, count);
	m->needles = needles;
	m->count = count;
	for (i = 0; i < count; i++)
		most += needles[i].text.len;
	m->nodes = most < UINT32_MAX ? isrv_arena_array(arena, most, sizeof(*m->nodes)) : NULL;
	if (!m->nodes)
		return false;
	memset(m->nodes, 0, sizeof(*m->nodes));
	m->nodes[0].seen = count;
	for (i = 0; i < made; i++)
		made = add_children(m, i, made);
	for (i = 0; i < made; i++)
		add_links(m, i);
	m->node_count = made;
	m->empty = m->nodes[0].needles;
	for (i = m->nodes[0].child; i < m->nodes[0].child + m->nodes[0].children; i++)
		m->begins[m->nodes[i].octet / 8] |= (uint8_t)(1 << m->nodes[i].octet % 8);
	isrv_matcher_reset(m);
	return true;
}

/* ---- using it ------------------------------------------------------------------------------ */

void isrv_matcher_reset(struct isrv_matcher *m)
{
	uint32_t i;

	/* After 2^32 messages old marks could be taken for new ones. */
	if (++m->round == 0) {
		for (i = 0; i < m->node_count; i++)
			m->nodes[i].seen = 0;
		m->round = 1;
	}
	m->left = m->count;
	m->at = 0;
}

void isrv_matcher_begin(struct isrv_matcher *m, uint8_t *found)
{
	uint32_t i;

	m->at = 0;
	if (!m->empty || m->nodes[0].seen == m->round)
		return;
	m->nodes[0].seen = m->round;
	m->left -= m->empty;
	for (i = 0; i < m->empty; i++)
		found[m->needles[i].index] = 1;
}

/* All needles that end at this node and were not yet found. */
static uint64_t report(struct isrv_matcher *m, uint32_t at, uint8_t *found)
{
	uint64_t steps = 0;
	uint32_t i;

	for (at = m->nodes[at].link; at && m->nodes[at].seen != m->round;
	     at = m->nodes[m->nodes[at].fail].link) {
		struct isrv_matcher_node *node = &m->nodes[at];

		node->seen = m->round;
		m->left -= node->needles;
		steps += node->needles + 1;
		for (i = node->needle; i < node->needle + node->needles; i++)
			found[m->needles[i].index] = 1;
	}
	return steps;
}

uint64_t isrv_matcher_feed(struct isrv_matcher *m, const char *data, size_t len, uint8_t *found)
{
	uint64_t steps = len;
	uint32_t at = m->at;
	size_t i;

	for (i = 0; i < len && m->left; i++) {
		uint8_t octet = (uint8_t)data[i];

		if (!at && !(m->begins[octet / 8] >> octet % 8 & 1))
			continue;
		at = follow(m, at, octet, &steps);
		if (m->nodes[at].link)
			steps += report(m, at, found);
	}
	m->at = at;
	return steps;
}
