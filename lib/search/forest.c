/* SPDX-License-Identifier: MIT */
/*
 * Each tree is cut into paths, each path is a splay tree in the order of depth.  Node 0 is nobody:
 * it is written to where that saves a question, and never read from.
 */
#include "search/forest.h"

#include <string.h>

static struct isrv_forest_node *nodes(const struct isrv_forest *f)
{
	return (struct isrv_forest_node *)(void *)f->nodes.data;
}

void isrv_forest_init(struct isrv_forest *f, struct isrv_mem *mem, uint64_t *steps)
{
	f->mem = mem;
	f->steps = steps;
	isrv_buf_init(&f->nodes, SIZE_MAX);
}

void isrv_forest_clear(struct isrv_forest *f)
{
	isrv_buf_clear(&f->nodes, f->mem);
}

uint32_t isrv_forest_add(struct isrv_forest *f)
{
	static const struct isrv_forest_node none[2];
	size_t count = f->nodes.len ? 1 : 2; /* node 0 comes with the first */

	if (!isrv_buf_add(&f->nodes, f->mem, none, count * sizeof(*none)))
		return 0;
	return (uint32_t)(f->nodes.len / sizeof(*none) - 1);
}

/* The top of the splay tree of its path? */
static bool is_top(const struct isrv_forest_node *n, uint32_t v)
{
	uint32_t up = n[v].up;

	return !up || (n[up].left != v && n[up].right != v);
}

static void rotate(struct isrv_forest_node *n, uint32_t v)
{
	uint32_t up = n[v].up, above = n[up].up, moved;

	if (!is_top(n, up)) {
		if (n[above].left == up)
			n[above].left = v;
		else
			n[above].right = v;
	}
	if (n[up].left == v) {
		moved = n[v].right;
		n[up].left = moved;
		n[v].right = up;
	} else {
		moved = n[v].left;
		n[up].right = moved;
		n[v].left = up;
	}
	n[moved].up = up;
	n[up].up = v;
	n[v].up = above;
}

static void splay(struct isrv_forest *f, uint32_t v)
{
	struct isrv_forest_node *n = nodes(f);

	while (!is_top(n, v)) {
		uint32_t up = n[v].up;

		if (!is_top(n, up))
			rotate(n, (n[up].left == v) == (n[n[up].up].left == up) ? up : v);
		rotate(n, v);
		++*f->steps;
	}
}

/* Makes the path from the root to v one splay tree, with v at its top and nothing below v in it. */
static void expose(struct isrv_forest *f, uint32_t v)
{
	struct isrv_forest_node *n = nodes(f);
	uint32_t at, below = 0;

	for (at = v; at; at = n[at].up) {
		splay(f, at);
		n[at].right = below;
		below = at;
		++*f->steps;
	}
	splay(f, v);
}

uint32_t isrv_forest_root(struct isrv_forest *f, uint32_t node)
{
	const struct isrv_forest_node *n = nodes(f);

	expose(f, node);
	for (; n[node].left; node = n[node].left)
		++*f->steps;
	splay(f, node);
	return node;
}

void isrv_forest_link(struct isrv_forest *f, uint32_t node, uint32_t parent)
{
	expose(f, node);
	expose(f, parent);
	nodes(f)[node].up = parent;
}

void isrv_forest_cut(struct isrv_forest *f, uint32_t node)
{
	struct isrv_forest_node *n = nodes(f);

	expose(f, node);
	n[n[node].left].up = 0;
	n[node].left = 0;
}
