/* SPDX-License-Identifier: MIT */
/*
 * message/text - the first choice is the first text/plain that is no attachment, then text/html,
 * then any other text (RFC 8970 3.1 leaves it to the server).
 */
#include "message/text.h"

#include <string.h>

#include "base/ascii.h"

static bool is(struct imapsrv_span word, const char *name)
{
	return word.data && isrv_ascii_is(word.data, word.len, name);
}

/* 0: not shown; more is better. */
static int rank(const struct isrv_part_info *info)
{
	bool text = !info->type.data || is(info->type, "text");

	if (!text || is(info->disposition, "attachment") ||
	    isrv_encoding_find(info->encoding) == ISRV_ENCODING_UNKNOWN)
		return 0;
	if (!info->subtype.data || is(info->subtype, "plain"))
		return 3;
	return is(info->subtype, "html") ? 2 : 1;
}

static bool choose(const struct isrv_description *d, struct isrv_part_info *best_r)
{
	struct isrv_part_info info;
	uint32_t at = 0;
	int best = 0;

	memset(best_r, 0, sizeof(*best_r));
	while (best < 3 && isrv_description_leaf(d, &at, &info))
		if (rank(&info) > best) {
			best = rank(&info);
			*best_r = info;
		}
	return best > 0;
}

bool isrv_text_init(struct isrv_text *t, const struct isrv_description *d)
{
	static const struct imapsrv_span utf8 = {"utf-8", 5};
	struct isrv_part_info info;

	t->converting = false;
	t->enough = true;
	t->left = ISRV_TEXT_MOST;
	memset(&t->extent, 0, sizeof(t->extent));
	if (!choose(d, &info)) {
		isrv_preview_init(&t->preview, false);
		return false;
	}
	t->extent = info.body;
	isrv_decoder_init(&t->decoder, isrv_encoding_find(info.encoding));
	/* Without a charset it is US-ASCII, or what is sent in its name today: UTF-8. */
	(void)isrv_charset_init(&t->charset, info.charset.data ? info.charset : utf8);
	t->enough = false;
	t->converting = true;
	isrv_preview_init(&t->preview, is(info.subtype, "html"));
	return true;
}

void isrv_text_clear(struct isrv_text *t)
{
	if (t->converting)
		isrv_charset_clear(&t->charset);
	t->converting = false;
}

/* Converts decoded octets and feeds them on; len 0 tells the end. */
static void convert(struct isrv_text *t, const char *data, size_t len)
{
	size_t taken, put;

	do {
		isrv_charset_run(&t->charset, data, len, &taken, t->converted, ISRV_TEXT_ROOM,
		                 &put);
		isrv_preview_feed(&t->preview, t->converted, put);
		data += taken;
		len -= taken;
	} while (len && !t->preview.done);
}

static void decode(struct isrv_text *t, const char *data, size_t len)
{
	size_t taken, put;

	do {
		isrv_decoder_run(&t->decoder, data, len, &taken, t->decoded, ISRV_TEXT_ROOM, &put);
		if (put)
			convert(t, t->decoded, put);
		data += taken;
		len -= taken;
	} while (len && !t->preview.done);
}

void isrv_text_feed(struct isrv_text *t, const char *data, size_t len)
{
	if (!len || t->enough)
		return;
	if (len > t->left)
		len = t->left;
	decode(t, data, len);
	t->left -= (uint32_t)len;
	t->enough = t->preview.done || !t->left;
}

struct imapsrv_span isrv_text_finish(struct isrv_text *t)
{
	struct imapsrv_span span;

	if (t->converting && !t->preview.done) {
		decode(t, "", 0);
		convert(t, "", 0);
	}
	isrv_preview_finish(&t->preview);
	span.data = t->preview.shown.text;
	span.len = t->preview.shown.len;
	return span;
}
