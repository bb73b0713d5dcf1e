/* SPDX-License-Identifier: MIT */
/*
 * command/fetch_held - rows of one batch that wait for their messages, with copies of all that they
 * point to.
 */
#ifndef ISRV_COMMAND_FETCH_HELD_H
#define ISRV_COMMAND_FETCH_HELD_H

#include <stdbool.h>

#include "base/buf.h"
#include "imapsrv/store.h"

struct isrv_fetch_held {
	struct isrv_buf rows;     /* each with its keywords */
	struct isrv_buf keywords; /* struct imapsrv_span */
	struct isrv_buf text;     /* offsets into it stand for addresses until all rows are there */
	size_t at;                /* the current one */
	size_t most;              /* octets from which on it is full, and the rest of a batch has to
	                             wait: what a row brings along is the client's and the sender's
	                             to choose */
};

void isrv_fetch_held_init(struct isrv_fetch_held *h, size_t most);
void isrv_fetch_held_clear(struct isrv_fetch_held *h, struct isrv_mem *mem);
void isrv_fetch_held_empty(struct isrv_fetch_held *h); /* keeps the memory */
/* Never of nothing: one row fits, whatever it brings along. */
static inline bool isrv_fetch_held_full(const struct isrv_fetch_held *h)
{
	return h->rows.len && h->rows.len + h->keywords.len + h->text.len >= h->most;
}
/* False: no memory. */
bool isrv_fetch_held_add(struct isrv_fetch_held *h, struct isrv_mem *mem,
                         const struct imapsrv_row *row);
/* All have come: what is held gets its real addresses. */
void isrv_fetch_held_settle(struct isrv_fetch_held *h);
/* In the order of UIDs. */
void isrv_fetch_held_sort(struct isrv_fetch_held *h);
/* How many there are from the current one on. */
size_t isrv_fetch_held_left(const struct isrv_fetch_held *h);
/* NULL behind the last. */
struct imapsrv_row *isrv_fetch_held_current(const struct isrv_fetch_held *h);

#endif
