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
	buf->secret = false;
}

/* All of cap: the owner may have cut len since the secret was written. */
static void wipe(struct isrv_buf *buf)
{
	isrv_mem_wipe(buf->data, buf->cap);
}

void isrv_buf_clear(struct isrv_buf *buf, struct isrv_mem *mem)
{
	if (buf->secret)
		wipe(buf);
	isrv_mem_free(mem, buf->data, buf->cap);
	buf->data = NULL;
	buf->len = 0;
	buf->cap = 0;
}

void isrv_buf_wipe(struct isrv_buf *buf, struct isrv_mem *mem)
{
	wipe(buf);
	isrv_buf_clear(buf, mem);
}

/* Moves what it holds to a block of `cap` octets; false if there is none. */
static bool resize(struct isrv_buf *buf, struct isrv_mem *mem, size_t cap)
{
	char *data;

	if (!buf->secret) {
		data = isrv_mem_realloc(mem, buf->data, buf->cap, cap);
		if (!data)
			return false;
	} else {
		/* An allocator that moves a block leaves the old one as it was. */
		data = isrv_mem_alloc(mem, cap);
		if (!data)
			return false;
		if (buf->len)
			memcpy(data, buf->data, buf->len);
		wipe(buf);
		isrv_mem_free(mem, buf->data, buf->cap);
	}
	buf->data = data;
	buf->cap = cap;
	return true;
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
	if (buf->len > buf->max || n > buf->max - buf->len)
		return false;
	if (n <= buf->cap - buf->len)
		return true;
	return resize(buf, mem, grown(buf, buf->len + n));
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
	if (buf->len == 0)
		isrv_buf_clear(buf, mem);
	else
		(void)resize(buf, mem, buf->len);
}
