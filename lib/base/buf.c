/* SPDX-License-Identifier: MIT */
/*
 * A growing run of bytes.  Invariant: len <= cap <= max, and data is NULL exactly while cap is 0.
 * Doubling keeps the copying linear in what was added, however small the pieces are that a
 * client sends.
 */
#include "base/buf.h"

#include <string.h>

enum { FIRST_CAP = 64 };

void isrv_buf_init(struct isrv_buf *buf, size_t max)
{
	buf->data = NULL;
	buf->len = 0;
	buf->cap = 0;
	buf->max = max;
}

void isrv_buf_clear(struct isrv_buf *buf, struct isrv_mem *mem)
{
	isrv_mem_free(mem, buf->data, buf->cap);
	isrv_buf_init(buf, buf->max);
}

void isrv_buf_wipe(struct isrv_buf *buf, struct isrv_mem *mem)
{
	/* All of cap: the owner may have cut len since the secret was written. */
	isrv_mem_wipe(buf->data, buf->cap);
	isrv_buf_clear(buf, mem);
}

/* The next capacity that holds `need` octets, need <= max. */
static size_t grown(const struct isrv_buf *buf, size_t need)
{
	size_t cap = buf->cap < FIRST_CAP ? FIRST_CAP : buf->cap;

	while (cap < need)
		cap = cap <= buf->max / 2 ? cap * 2 : buf->max;
	return cap < buf->max ? cap : buf->max;
}

bool isrv_buf_reserve(struct isrv_buf *buf, struct isrv_mem *mem, size_t n)
{
	size_t cap;
	char *data;

	if (buf->len > buf->max || n > buf->max - buf->len)
		return false;
	if (n <= buf->cap - buf->len)
		return true;
	cap = grown(buf, buf->len + n);
	data = isrv_mem_realloc(mem, buf->data, buf->cap, cap);
	if (!data)
		return false;
	buf->data = data;
	buf->cap = cap;
	return true;
}

bool isrv_buf_add(struct isrv_buf *buf, struct isrv_mem *mem, const void *data, size_t n)
{
	if (!isrv_buf_reserve(buf, mem, n))
		return false;
	/* An empty span may have a NULL pointer, which memcpy does not take. */
	if (n) {
		memcpy(buf->data + buf->len, data, n);
		buf->len += n;
	}
	return true;
}

void isrv_buf_shrink(struct isrv_buf *buf, struct isrv_mem *mem)
{
	char *data;

	if (buf->len == 0) {
		isrv_buf_clear(buf, mem);
		return;
	}
	data = isrv_mem_realloc(mem, buf->data, buf->cap, buf->len);
	if (!data)
		return;
	buf->data = data;
	buf->cap = buf->len;
}
