/* SPDX-License-Identifier: MIT */
/*
 * session/pool - memory of the session with a budget of its own, for one command that may want much
 * of it: what it holds counts as the session's, and when it gets no more it can say why.
 */
#ifndef ISRV_SESSION_POOL_H
#define ISRV_SESSION_POOL_H

#include "session/session.h"

struct isrv_pool {
	struct isrv_mem mem; /* to take memory from */
	bool starved;        /* memory itself was short, and not only a budget */
	/* The rest is pool.c's own. */
	struct isrv_mem *from;
	struct imapsrv_allocator allocator;
};

/* The pool must not move.  It holds nothing itself: what was taken from it is given back to it. */
void isrv_pool_init(struct isrv_pool *pool, struct isrv_mem *from, size_t budget);

#endif
