/* SPDX-License-Identifier: MIT */
/*
 * Content transfer decoding and then charset conversion of any octets.  The first octet picks the
 * encoding and how the rest is cut, the second the charset.  Asserted: each gives the same whole
 * and cut, with much room and with the least; moves on; gives no more than its input can hold; and
 * text is valid UTF-8.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "message/charset.h"
#include "message/decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ASSERT(condition)                                                                          \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);            \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

enum { DECODE_ROOM = 160, CHARSET_ROOM = 64 };

/* Octets that own a block of the exact size of what they may hold. */
struct octets {
	char *data;
	size_t len;
	size_t max;
};

static struct octets octets_of(size_t max)
{
	struct octets o = {malloc(max ? max : 1), 0, max};

	ASSERT(o.data);
	return o;
}

static void append(struct octets *o, const char *data, size_t len)
{
	ASSERT(len <= o->max - o->len);
	if (len)
		memcpy(o->data + o->len, data, len);
	o->len += len;
}

/* Either of the two converters, which are used alike. */
struct converter {
	struct isrv_decoder *decoder;
	struct isrv_charset *charset;
};

static void convert(const struct converter *c, const char *data, size_t len, size_t room,
                    struct octets *sink)
{
	size_t at = 0, taken, put;
	char *out = malloc(room);

	ASSERT(out);
	do {
		if (c->decoder)
			isrv_decoder_run(c->decoder, len ? data + at : NULL, len - at, &taken, out,
			                 room, &put);
		else
			isrv_charset_run(c->charset, len ? data + at : NULL, len - at, &taken, out,
			                 room, &put);
		ASSERT(taken <= len - at && put <= room && (taken > 0 || len == 0));
		append(sink, out, put);
		at += taken;
	} while (at < len);
	free(out);
}

/* cut 0: whole; 1..7: pieces of that size; else of a size that changes. */
static void run(const struct converter *c, const char *data, size_t len, unsigned cut, size_t room,
                struct octets *sink)
{
	size_t at, n;

	for (at = 0; at < len; at += n) {
		char *piece;

		n = cut == 0 ? len : cut < 8 ? cut : 1 + (at * cut) % 61;
		if (n > len - at)
			n = len - at;
		piece = malloc(n);
		ASSERT(piece);
		memcpy(piece, data + at, n);
		convert(c, piece, n, room, sink);
		free(piece);
	}
	convert(c, NULL, 0, room, sink);
}

static struct octets decode(enum isrv_encoding encoding, const char *data, size_t len, unsigned cut,
                            size_t room)
{
	/* A bare LF becomes two octets; nothing grows more. */
	struct octets sink = octets_of(2 * len);
	struct isrv_decoder d;
	struct converter c = {&d, NULL};

	isrv_decoder_init(&d, encoding);
	run(&c, data, len, cut, room, &sink);
	return sink;
}

static struct octets to_utf8(struct imapsrv_span name, const char *data, size_t len, unsigned cut,
                             size_t room)
{
	/* An octet may be U+FFFD, or with BIG5-HKSCS a letter and its mark. */
	struct octets sink = octets_of(4 * len + 16);
	struct isrv_charset charset;
	struct converter c = {NULL, &charset};

	(void)isrv_charset_init(&charset, name);
	run(&c, data, len, cut, room, &sink);
	isrv_charset_clear(&charset);
	return sink;
}

static void same(const struct octets *a, const struct octets *b)
{
	ASSERT(a->len == b->len && memcmp(a->data, b->data, a->len) == 0);
}

static const char *const charsets[] = {
	"us-ascii",     "utf-8",        "iso-8859-1",   "iso-8859-15", "windows-1252",
	"utf-16",       "utf-16be",     "utf-16le",     "iso-8859-2",  "iso-8859-8-i",
	"koi8-r",       "windows-1251", "windows-1255", "windows-1258", "tis-620",
	"gb2312",       "gb18030",      "big5",         "big5-hkscs",  "euc-tw",
	"shift_jis",    "euc-jp",       "euc-kr",       "johab",       "iso-2022-jp",
	"iso-2022-jp-2", "iso-2022-kr", "iso-2022-cn",  "utf-7",       "tcvn",
	"viscii",       "x-no-such",
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct octets whole, parts, text, text_parts;
	const char *name, *octets;
	struct imapsrv_span span;
	unsigned cut;

	if (size < 2)
		return 0;
	name = charsets[data[1] % (sizeof(charsets) / sizeof(charsets[0]))];
	span = (struct imapsrv_span){name, strlen(name)};
	cut = 1 + data[0] / 4u % 32;
	octets = (const char *)data + 2;
	size -= 2;
	whole = decode((enum isrv_encoding)(data[0] % 4), octets, size, 0, 2 * size + 256);
	parts = decode((enum isrv_encoding)(data[0] % 4), octets, size, cut, DECODE_ROOM);
	same(&whole, &parts);
	text = to_utf8(span, whole.data, whole.len, 0, 4 * whole.len + 256);
	text_parts = to_utf8(span, whole.data, whole.len, cut, CHARSET_ROOM);
	same(&text, &text_parts);
	ASSERT(isrv_utf8_valid(text.data, text.len));
	free(whole.data);
	free(parts.data);
	free(text.data);
	free(text_parts.data);
	/* And any octets as a name. */
	span = (struct imapsrv_span){octets, size};
	(void)isrv_encoding_find(span);
	(void)isrv_charset_known(span);
	return 0;
}
