/* SPDX-License-Identifier: MIT */
/*
 * host/alloc - an allocator that counts, checks the sizes that it is told, moves every block at
 * every realloc, fills memory with rubbish before and after use, and fails when it is told to.
 */
#ifndef TEST_HOST_ALLOC_H
#define TEST_HOST_ALLOC_H

#include "host/text.h"
#include "imapsrv.h"

struct ta {
	struct imapsrv_allocator allocator; /* hand this to the engine; `user` is this struct */
	struct tx_log *log;
	uint64_t calls;     /* allocations and reallocations asked for */
	uint64_t fail_once; /* the call that fails, from 1; 0: none */
	uint64_t fail_more; /* and as many after it */
	uint64_t fail_from; /* this call and all later ones fail; 0: none */
	uint64_t failed;    /* how many did */
	size_t blocks;      /* held now */
	size_t octets;
	size_t peak;        /* the most octets that were ever held */
};

void ta_init(struct ta *a, struct tx_log *log);
/* Complains about blocks that were not given back. */
void ta_check(const struct ta *a);

#endif
