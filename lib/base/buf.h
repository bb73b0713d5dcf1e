/* SPDX-License-Identifier: MIT */
/*
 * base/buf - a run of bytes that grows up to a maximum fixed when it is made.  There is no buffer
 * without one.
 */
#ifndef ISRV_BASE_BUF_H
#define ISRV_BASE_BUF_H

#include <stdbool.h>

#include "base/mem.h"

struct isrv_buf {
	char *data; /* NULL while cap is 0 */
	size_t len;
	size_t cap;
	size_t max;
};

void isrv_buf_init(struct isrv_buf *buf, size_t max);

/* Gives the memory back; `max` stays. */
void isrv_buf_clear(struct isrv_buf *buf, struct isrv_mem *mem);

/* Room for n more octets, or false (maximum passed, or no memory: then cap is as before).
 * Grows by doubling, from 64. */
bool isrv_buf_reserve(struct isrv_buf *buf, struct isrv_mem *mem, size_t n);
/* The same, and puts a copy there.  data must not point into the buffer, and may be NULL when n
 * is 0. */
bool isrv_buf_add(struct isrv_buf *buf, struct isrv_mem *mem, const void *data, size_t n);

/* Gives back what is not used, as far as the allocator can; what is held stays as it is. */
void isrv_buf_shrink(struct isrv_buf *buf, struct isrv_mem *mem);

/* The same for a buffer that may hold credentials: what it has held is wiped before memory goes
 * back, also when it moves.  Nothing else is called for such a one. */
bool isrv_buf_add_secret(struct isrv_buf *buf, struct isrv_mem *mem, const void *data, size_t n);
void isrv_buf_shrink_secret(struct isrv_buf *buf, struct isrv_mem *mem);
void isrv_buf_clear_secret(struct isrv_buf *buf, struct isrv_mem *mem);

#endif
