/* SPDX-License-Identifier: MIT */
/*
 * storecheck/put - text and numbers into buffers, and the small arrays of the kit.  There is no
 * printf here: the library uses nothing of libc that knows a locale.
 */
#include <string.h>

#include "base/ascii.h"
#include "storecheck/check.h"

const char *const isrv_sc_keyword_names[ISRV_SC_KEYWORDS] = {"kit-red", "kit-green", "Kit-Blue",
                                                             "$KitDone"};

bool isrv_sc_add(struct isrv_sc *c, struct isrv_buf *to, const void *data, size_t len)
{
	return !c->rc && (isrv_buf_add(to, &c->mem, data, len) || isrv_sc_out_of_memory(c));
}

static bool put_number(struct isrv_sc *c, struct isrv_buf *to, uint64_t n)
{
	char digits[20];

	return isrv_sc_add(c, to, digits, isrv_ascii_u64(digits, n));
}

bool isrv_sc_putv(struct isrv_sc *c, struct isrv_buf *to, const char *format, va_list args)
{
	const char *percent, *text;
	int len;

	for (; (percent = strchr(format, '%')) != NULL; format = percent) {
		isrv_sc_add(c, to, format, (size_t)(percent - format));
		percent += 2;
		switch (percent[-1]) {
		case 's':
			text = va_arg(args, const char *);
			isrv_sc_add(c, to, text, strlen(text));
			break;
		case 'u':
			put_number(c, to, va_arg(args, unsigned));
			break;
		case 'l': /* %llu */
			put_number(c, to, va_arg(args, unsigned long long));
			percent += 2;
			break;
		default: /* %.*s */
			len = va_arg(args, int);
			text = va_arg(args, const char *);
			isrv_sc_add(c, to, text, (size_t)len);
			percent += 2;
			break;
		}
	}
	return isrv_sc_add(c, to, format, strlen(format));
}

bool isrv_sc_put(struct isrv_sc *c, struct isrv_buf *to, const char *format, ...)
{
	va_list args;
	bool ok;

	va_start(args, format);
	ok = isrv_sc_putv(c, to, format, args);
	va_end(args);
	return ok;
}

void isrv_sc_put_flags(char out[160], uint32_t flags)
{
	static const char *const names[6] = {"\\Seen",    "\\Answered", "\\Flagged",
	                                     "\\Deleted", "\\Draft",    "\\Recent"};
	size_t at = 0;

	for (unsigned bit = 0; bit < 8 + ISRV_SC_KEYWORDS; bit++) {
		const char *name = bit < 6 ? names[bit]
		                   : bit < 8 ? NULL : isrv_sc_keyword_names[bit - 8];
		size_t len = name ? strlen(name) : 0;

		if (!name || !(flags & 1u << bit))
			continue;
		if (at)
			out[at++] = ' ';
		memcpy(out + at, name, len);
		at += len;
	}
	out[at] = '\0';
}

void *isrv_sc_grow(struct isrv_sc *c, void *array, size_t *cap, size_t count, size_t size)
{
	size_t more = *cap ? *cap * 2 : 16;
	void *grown;

	if (count < *cap)
		return array;
	grown = isrv_mem_realloc(&c->mem, array, *cap * size, more * size);
	if (grown)
		*cap = more;
	else
		isrv_sc_out_of_memory(c);
	return grown;
}

bool isrv_sc_add_number(struct isrv_sc *c, struct isrv_sc_numbers *to, uint32_t n)
{
	uint32_t *v = isrv_sc_grow(c, to->v, &to->cap, to->count, sizeof(*v));

	if (!v)
		return false;
	to->v = v;
	v[to->count++] = n;
	return true;
}

bool isrv_sc_has_number(const struct isrv_sc_numbers *in, uint32_t n)
{
	for (size_t i = 0; i < in->count; i++)
		if (in->v[i] == n)
			return true;
	return false;
}

bool isrv_sc_holds(struct imapsrv_span in, const char *text, size_t len)
{
	for (size_t at = 0; at + len <= in.len; at++)
		if (!memcmp(in.data + at, text, len))
			return true;
	return false;
}

int isrv_sc_shown(size_t len)
{
	return len < 200 ? (int)len : 200;
}

/* FNV-1a. */
uint64_t isrv_sc_hash(struct imapsrv_span s)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (unsigned char)s.data[i]) * UINT64_C(1099511628211);
	return h ? h : 1;
}
