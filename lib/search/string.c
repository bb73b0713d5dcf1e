/* SPDX-License-Identifier: MIT */
/*
 * What is read goes through the same two steps as the text of messages, so that what was typed is
 * found whatever charset either was written in.
 */
#include "search/string.h"

#include <string.h>

#include "base/ascii.h"
#include "base/utf8.h"
#include "message/charset.h"

bool isrv_search_charset(struct imapsrv_span *charset)
{
	if (isrv_ascii_is(charset->data, charset->len, "UTF-8") ||
	    isrv_ascii_is(charset->data, charset->len, "US-ASCII")) {
		*charset = (struct imapsrv_span){NULL, 0};
		return true;
	}
	return charset->len > 0 && isrv_charset_known(*charset);
}

/* What grows in the arena. */
struct pen {
	struct isrv_reader *r;
	char *data;
	size_t len;
	size_t cap;
};

static bool add(struct pen *pen, const char *data, size_t len)
{
	size_t cap = pen->cap ? pen->cap : 64;
	char *grown;

	if (!len)
		return true;
	while (cap - pen->len < len)
		cap *= 2;
	if (cap != pen->cap) {
		grown = isrv_arena_grow(pen->r->arena, pen->data, pen->cap, cap);
		if (!grown)
			return isrv_rd_fail_memory(pen->r);
		pen->data = grown;
		pen->cap = cap;
	}
	memcpy(pen->data + pen->len, data, len);
	pen->len += len;
	return true;
}

static bool convert(struct isrv_reader *r, struct imapsrv_span charset, struct imapsrv_span *string)
{
	struct pen pen = {r, NULL, 0, 0};
	struct isrv_charset c;
	size_t at = 0, taken, put;
	char out[512];
	bool ok;

	(void)isrv_charset_init(&c, charset);
	do {
		size_t len = string->len - at;

		isrv_charset_run(&c, len ? string->data + at : "", len, &taken, out, sizeof(out),
		                 &put);
		at += taken;
		ok = add(&pen, out, put);
		if (!len)
			break;
	} while (ok);
	isrv_charset_clear(&c);
	*string = (struct imapsrv_span){pen.data, pen.len};
	return ok;
}

static bool compared(struct isrv_reader *r, enum isrv_comparator how, struct imapsrv_span *string)
{
	struct pen pen = {r, NULL, 0, 0};
	struct isrv_casemap m;
	size_t at = 0, taken, put;
	char out[512];

	isrv_casemap_init(&m);
	while (at < string->len) {
		isrv_comparator_run(how, &m, string->data + at, string->len - at, &taken, out,
		                    sizeof(out), &put);
		at += taken;
		if (!add(&pen, out, put))
			return false;
	}
	*string = (struct imapsrv_span){pen.data, pen.len};
	return true;
}

bool isrv_search_string(struct isrv_reader *r, struct imapsrv_span charset,
                        enum isrv_comparator how, struct imapsrv_span *string_r)
{
	const char *at = r->at;

	if (!isrv_rd_astring(r, string_r))
		return false;
	isrv_rd_charge(r, string_r->len);
	if (charset.data && !convert(r, charset, string_r))
		return false;
	if (!charset.data && !isrv_utf8_valid(string_r->data, string_r->len)) {
		r->at = at;
		return isrv_rd_fail(r, "a string in UTF-8, or another CHARSET");
	}
	return compared(r, how, string_r);
}
