/* SPDX-License-Identifier: MIT */
/*
 * maildir/cache - a client that keeps what it was told of INBOX, comes back with QRESYNC (RFC 7162
 * 3.2.5), and is compared with what there is.
 */
#ifndef TEST_MAILDIR_CACHE_H
#define TEST_MAILDIR_CACHE_H

#include "maildir/play.h"

struct known {
	uint32_t uid;
	char flags[128]; /* in order, without \Recent */
};

struct cache {
	uint32_t uidvalidity; /* 0: it was never there */
	uint64_t highest;     /* HIGHESTMODSEQ; 0: there is none */
	uint32_t exists;
	struct known *known; /* ascending */
	size_t count;
	/* What was told since it came, or since somebody set them to 0. */
	size_t rows;   /* FETCH with FLAGS */
	size_t earlier; /* UIDs in VANISHED (EARLIER) */
	/* Under way. */
	bool selecting;
	bool coded;
	bool renewed; /* another UIDVALIDITY */
	uint64_t pending, row_highest;
	uint32_t unknown; /* from this UID on there may be messages that it does not know; 0: none */
};

void cache_clear(struct cache *cache);
/* A line that was heard; for conn_ok. */
void cache_hear(void *cache, const char *line);
/* ENABLE QRESYNC, SELECT, and FETCH of what it cannot know yet. */
void cache_select(struct cache *cache, struct conn *conn);
/* The last of these: messages that were announced by number only. */
void cache_catch_up(struct cache *cache, struct conn *conn);
/* Is it as another session sees INBOX, and as the files are? */
void cache_compare(const struct cache *cache, struct conn *other, const struct play *play);
const struct known *cache_find(const struct cache *cache, uint32_t uid);

#endif
