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
	buf->data = NULL;
	buf->len = 0;
	buf->cap = 0;
}

void isrv_buf_clear_secret(struct isrv_buf *buf, struct isrv_mem *mem)
{
	/* All of cap: the owner may have cut len since the secret was written. */
	isrv_mem_wipe(buf->data, buf->cap);
	isrv_buf_clear(buf, mem);
}

/* Moves what it holds to a block of `cap` octets; false if there is none. */
static bool resize(struct isrv_buf *buf, struct isrv_mem *mem, size_t cap)
{
	char *data = isrv_mem_realloc(mem, buf->data, buf->cap, cap);

	if (!data)
		return false;
	buf->data = data;
	buf->cap = cap;
	return true;
}

/* An allocator that moves a block leaves the old one as it was. */
static bool resize_secret(struct isrv_buf *buf, struct isrv_mem *mem, size_t cap)
{
	struct isrv_buf old = *buf;

	buf->data = NULL;
	buf->cap = 0;
	if (!resize(buf, mem, cap)) {
		*buf = old;
		return false;
	}
	if (old.len)
		memcpy(buf->data, old.data, old.len);
	isrv_buf_clear_secret(&old, mem);
	return true;
}

/* The next capacity that holds `need` octets, need <= max. */
static size_t grown(const struct isrv_buf *buf, size_t need)
{
#ifdef ISRV_TIGHT /* for tests: each addition is an allocation, which can fail */
	(void)buf;
	return need;
#else
	size_t cap = buf->cap < FIRST_CAP ? FIRST_CAP : buf->cap;

	while (cap < need)
		cap = cap <= buf->max / 2 ? cap * 2 : buf->max;
	return cap < buf->max ? cap : buf->max;
#endif
}

/* Is there room for n more octets, or will there be when it has *cap_r? */
static bool fits(const struct isrv_buf *buf, size_t n, size_t *cap_r)
{
	if (buf->len > buf->max || n > buf->max - buf->len)
		return false;
	*cap_r = n <= buf->cap - buf->len ? buf->cap : grown(buf, buf->len + n);
	return true;
}

static void put(struct isrv_buf *buf, const void *data, size_t n)
{
	/* An empty span may have a NULL pointer, which memcpy does not take. */
	if (n)
		memcpy(buf->data + buf->len, data, n);
	buf->len += n;
}

bool isrv_buf_reserve(struct isrv_buf *buf, struct isrv_mem *mem, size_t n)
{
	size_t cap;

	return fits(buf, n, &cap) && (cap == buf->cap || resize(buf, mem, cap));
}

bool isrv_buf_add(struct isrv_buf *buf, struct isrv_mem *mem, const void *data, size_t n)
{
	if (!isrv_buf_reserve(buf, mem, n))
		return false;
	put(buf, data, n);
	return true;
}

bool isrv_buf_add_secret(struct isrv_buf *buf, struct isrv_mem *mem, const void *data, size_t n)
{
	size_t cap;

	if (!fits(buf, n, &cap) || (cap != buf->cap && !resize_secret(buf, mem, cap)))
		return false;
	put(buf, data, n);
	return true;
}

void isrv_buf_shrink(struct isrv_buf *buf, struct isrv_mem *mem)
{
	if (buf->len == 0)
		isrv_buf_clear(buf, mem);
	else
		(void)resize(buf, mem, buf->len);
}

void isrv_buf_shrink_secret(struct isrv_buf *buf, struct isrv_mem *mem)
{
	if (buf->len == 0)
		isrv_buf_clear_secret(buf, mem);
	else if (buf->len != buf->cap)
		(void)resize_secret(buf, mem, buf->len);
}
