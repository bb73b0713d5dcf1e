/* SPDX-License-Identifier: MIT */
/*
 * resync/cache - what a client keeps of a mailbox when the connection is gone, and how it learns
 * what has become of that.
 */
#ifndef TEST_SIM_CACHE_H
#define TEST_SIM_CACHE_H

#include "host/client.h"
#include "host/teststore.h"

struct known {
	uint32_t uid;
	uint32_t number;
	bool knows_flags;
	uint64_t flags;
};

struct cache {
	char mailbox[8]; /* "": nothing is kept */
	uint32_t uidvalidity;
	uint64_t modseq;
	bool numberless; /* it did not learn their numbers (UIDONLY) */
	bool holes;      /* there were messages whose UID it had not learned */
	struct known *known;
	size_t count;
};

void cache_clear(struct cache *k);
void cache_copy(struct cache *to, const struct cache *from);
/* Takes over what the picture has of UIDs and flags. */
void cache_learn(struct cache *k, const struct tc *t);
/* Keeps, or loses, those in the set. */
void cache_filter(struct cache *k, struct imapsrv_set set, bool keep);
/* The parameter of SELECT, in one of its forms; gives the last of the UIDs that it says are known,
 * 0 if it says none. */
uint32_t cache_qresync(const struct cache *k, struct tx *how, struct tx_random *random);

#endif
