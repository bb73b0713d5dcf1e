/* SPDX-License-Identifier: MIT */
/*
 * notify/names - a set of mailbox names, or of other short strings: sorted by octets, each once, in
 * one block of text and one of offsets, so that it can be searched, walked and saved.  Most sets
 * stay empty: then they are no more than a pointer.
 */
#ifndef ISRV_NOTIFY_NAMES_H
#define ISRV_NOTIFY_NAMES_H

#include <stdbool.h>

#include "base/mem.h"

struct isrv_names_held {
	struct isrv_name_at {
		uint32_t at;
		uint32_t len;
	} *list;        /* in order up to `sorted`; the few behind that are in order among
	                 * themselves */
	uint32_t sorted;
	uint32_t count;
	uint32_t cap;
	char *text;
	uint32_t used;  /* octets of text, those of removed names among them */
	uint32_t size;  /* of the block */
	uint32_t dead;  /* octets of removed names */
};

struct isrv_names {
	struct isrv_names_held *held; /* NULL: there never was one */
};

void isrv_names_clear(struct isrv_names *n, struct isrv_mem *mem);
/* False: no memory (or 4 GiB of text), and nothing has changed.  One that is there stays. */
bool isrv_names_add(struct isrv_names *n, struct isrv_mem *mem, struct imapsrv_span name);
/* False: it was not there. */
bool isrv_names_remove(struct isrv_names *n, struct imapsrv_span name);
bool isrv_names_has(const struct isrv_names *n, struct imapsrv_span name);
/* A mailbox was renamed: its name, and those below it, are others; what had these before is no
 * more.  False: no memory, and nothing has changed. */
bool isrv_names_rename(struct isrv_names *n, struct isrv_mem *mem, struct imapsrv_span from,
                       struct imapsrv_span to, char separator);
/* Is one of them this name, or above it in the hierarchy?  separator 0: names are flat. */
bool isrv_names_has_above(const struct isrv_names *n, struct imapsrv_span name, char separator);
static inline uint32_t isrv_names_count(const struct isrv_names *n)
{
	return n->held ? n->held->count : 0;
}
/* The i-th of them in order. */
struct imapsrv_span isrv_names_at(const struct isrv_names *n, uint32_t i);

#endif
