/* SPDX-License-Identifier: MIT */
/*
 * The preview of any octets, as HTML and as plain text.  The first octet picks how the rest is cut.
 * Asserted: the same whole and cut; valid UTF-8 of at most 200 characters, without controls,
 * folded, and nothing at its ends that shows nothing; once it is done nothing changes it.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "message/preview.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ASSERT(condition)                                                                          \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);            \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* What a client must never meet in a preview: controls, what turns the direction of writing, and
 * white space but for single spaces. */
static bool is_shown(uint32_t code)
{
	if (code < ' ' || (code >= 0x7f && code <= 0xa0) || code == 0xad || code == 0xfeff)
		return false;
	return !(code >= 0x200b && code <= 0x200f) && !(code >= 0x2028 && code <= 0x202f) &&
	       !(code >= 0x2060 && code <= 0x206f);
}

static void check(const struct isrv_preview *p)
{
	size_t at = 0, characters = 0, n;
	uint32_t code = ' ';

	ASSERT(p->done && p->shown.len <= sizeof(p->shown.text));
	for (; at < p->shown.len; at += n, characters++) {
		bool space = code == ' ';

		n = isrv_utf8_next(p->shown.text + at, p->shown.len - at, &code);
		ASSERT(n > 0 && is_shown(code));
		ASSERT(!space || code != ' ');
	}
	ASSERT(p->shown.len == 0 || code != ' ');
	ASSERT(characters == p->shown.characters && characters <= ISRV_FOLD_CHARACTERS);
}

static void run(struct isrv_preview *p, bool html, const char *data, size_t len, unsigned cut)
{
	size_t at, n;

	isrv_preview_init(p, html);
	for (at = 0; at < len; at += n) {
		char *piece;

		n = cut == 0 ? len : cut < 8 ? cut : 1 + (at * cut) % 61;
		if (n > len - at)
			n = len - at;
		piece = malloc(n);
		ASSERT(piece);
		memcpy(piece, data + at, n);
		isrv_preview_feed(p, piece, n);
		free(piece);
	}
	isrv_preview_finish(p);
	check(p);
}

static bool is_same(const struct isrv_fold *a, const struct isrv_fold *b)
{
	return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct isrv_preview whole, parts;
	const char *octets;
	int html;

	if (size == 0)
		return 0;
	octets = (const char *)data + 1;
	size--;
	for (html = 0; html < 2; html++) {
		run(&whole, html, octets, size, 0);
		run(&parts, html, octets, size, 1 + data[0] % 32u);
		ASSERT(is_same(&whole.shown, &parts.shown));
		isrv_preview_feed(&parts, octets, size);
		isrv_preview_finish(&parts);
		ASSERT(is_same(&whole.shown, &parts.shown));
	}
	return 0;
}
