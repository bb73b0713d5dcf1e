/* SPDX-License-Identifier: MIT */
/*
 * search/forest - trees whose nodes are linked and cut in any order, and which tell the root of a
 * node: link-cut trees (Sleator and Tarjan).  THREAD must not link a message below one of its own
 * descendants (RFC 5256 3, step 1); to walk up a chain of references for each message of it would
 * take quadratic time (ATTACKS T25), this takes n log n.
 */
#ifndef ISRV_SEARCH_FOREST_H
#define ISRV_SEARCH_FOREST_H

#include "base/buf.h"

struct isrv_forest_node {
	uint32_t up;    /* in the splay tree of its path; from the top of that to the path above */
	uint32_t left;  /* nearer to the root */
	uint32_t right;
};

/* Nodes are counted from 1. */
struct isrv_forest {
	struct isrv_mem *mem;
	uint64_t *steps;
	struct isrv_buf nodes;
};

void isrv_forest_init(struct isrv_forest *f, struct isrv_mem *mem, uint64_t *steps);
void isrv_forest_clear(struct isrv_forest *f);

/* One more node, the root of its own tree; 0: no memory. */
uint32_t isrv_forest_add(struct isrv_forest *f);
uint32_t isrv_forest_root(struct isrv_forest *f, uint32_t node);
/* `node` is a root, and not the one of parent's tree. */
void isrv_forest_link(struct isrv_forest *f, uint32_t node, uint32_t parent);
/* `node` is no root: it becomes one. */
void isrv_forest_cut(struct isrv_forest *f, uint32_t node);

#endif
