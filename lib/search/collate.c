/* SPDX-License-Identifier: MIT */
/*
 * RFC 5255 4.6 separates the strings that could be converted from those that could not, and puts
 * the second kind last: an octet before the key does that.
 */
#include "search/collate.h"

#include <string.h>

#include "base/utf8.h"
#include "message/words.h"

enum { CONVERTED = 1, NOT_CONVERTED = 2 };

struct sink {
	struct isrv_buf *out;
	struct isrv_mem *mem;
	bool failed;
};

static void put(void *ctx, const char *utf8, size_t len)
{
	struct sink *sink = ctx;

	if (!sink->failed && !isrv_buf_add(sink->out, sink->mem, utf8, len))
		sink->failed = true;
}

bool isrv_collate_decode(struct imapsrv_span text, struct isrv_buf *out, struct isrv_mem *mem)
{
	struct sink sink = {out, mem, false};
	struct isrv_words words;

	/* Most texts have no encoded word. */
	if (!text.len || !memchr(text.data, '=', text.len) ||
	    !isrv_utf8_valid(text.data, text.len))
		return isrv_buf_add(out, mem, text.data, text.len);
	isrv_words_init(&words, put, &sink);
	isrv_words_feed(&words, text.data, text.len);
	isrv_words_finish(&words);
	isrv_words_clear(&words);
	return !sink.failed;
}

/* Writes the key of valid UTF-8, or as much as there is room for.  False: U+FFFD is in it. */
static bool map(enum isrv_comparator how, struct imapsrv_span text, char *key, size_t *len_r)
{
	size_t at = 0, len = 0;

	while (at < text.len && len < ISRV_COLLATE_MOST) {
		uint32_t code = 0;
		unsigned char c = (unsigned char)text.data[at];

		if (c < 0x80) {
			bool lower = c >= 'a' && c <= 'z' && how != ISRV_COMPARATOR_OCTET;

			key[len++] = (char)(lower ? c - 32 : c);
			at++;
			continue;
		}
		at += isrv_utf8_next(text.data + at, text.len - at, &code);
		if (code == 0xfffd)
			return false;
		len += how == ISRV_COMPARATOR_UNICODE ? isrv_casemap_put(key + len, code)
		                                      : isrv_utf8_put(key + len, code);
	}
	*len_r = len < ISRV_COLLATE_MOST ? len : ISRV_COLLATE_MOST;
	return true;
}

bool isrv_collate_key(enum isrv_comparator how, struct imapsrv_span text, struct isrv_buf *out,
                      struct isrv_mem *mem)
{
	char key[1 + ISRV_COLLATE_MOST + ISRV_CASEMAP_MOST];
	size_t len;

	if (!text.len)
		return true;
	key[0] = CONVERTED;
	if (!isrv_utf8_valid(text.data, text.len) || !map(how, text, key + 1, &len)) {
		key[0] = NOT_CONVERTED;
		len = text.len < ISRV_COLLATE_MOST ? text.len : ISRV_COLLATE_MOST;
		memcpy(key + 1, text.data, len);
	}
	return isrv_buf_add(out, mem, key, 1 + len);
}

int isrv_collate_compare(struct imapsrv_span a, struct imapsrv_span b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int order = len ? memcmp(a.data, b.data, len) : 0;

	return order ? order : (a.len > b.len) - (a.len < b.len);
}
