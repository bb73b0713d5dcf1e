/* SPDX-License-Identifier: MIT */
/*
 * The preview of a message (RFC 8970 3.3).  Three machines on top of each other, each fed one
 * character at a time: octets to characters, here; HTML (preview_html.c) or lines of plain text
 * (preview_plain.c) to the characters that are to be seen; and these to folded text (fold.c).
 *
 * Invariant: nothing depends on where the input was cut, nothing is looked at twice, and what is
 * remembered besides the text is a few words, whatever a sender invents.
 */
#include "message/preview.h"

#include <string.h>

#include "base/utf8.h"

#define REPLACEMENT 0xfffdu

static void character(struct isrv_preview *p, uint32_t code)
{
	if (p->done)
		return;
	if (p->html) {
		isrv_preview_html_character(&p->of_html, &p->shown, code);
		p->done = p->shown.full;
	} else {
		isrv_preview_plain_character(&p->of_plain, &p->shown, code);
		p->done = p->of_plain.done;
	}
}

/* How many octets a sequence has that begins so; 1 where none does. */
static size_t sequence(unsigned char first)
{
	return first < 0xc2 || first > 0xf4 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/* The first character of at least one octet; an octet that begins none is U+FFFD. */
static size_t take(struct isrv_preview *p, const char *data, size_t len)
{
	uint32_t code = REPLACEMENT;
	size_t n = isrv_utf8_next(data, len, &code);

	character(p, code);
	return n ? n : 1;
}

static void take_held(struct isrv_preview *p)
{
	size_t n = take(p, p->held, p->held_len);

	p->held_len = (uint8_t)(p->held_len - n);
	memmove(p->held, p->held + n, p->held_len);
}

void isrv_preview_init(struct isrv_preview *p, bool html)
{
	memset(p, 0, sizeof(*p));
	p->html = html;
	if (!html)
		isrv_preview_plain_init(&p->of_plain, &p->shown);
}

void isrv_preview_feed(struct isrv_preview *p, const char *utf8, size_t len)
{
	size_t at = 0;

	while (at < len && !p->done) {
		if (!p->held_len && len - at >= sequence((unsigned char)utf8[at])) {
			at += take(p, utf8 + at, len - at);
			continue;
		}
		p->held[p->held_len++] = utf8[at++];
		while (p->held_len && p->held_len >= sequence((unsigned char)p->held[0]))
			take_held(p);
	}
}

void isrv_preview_finish(struct isrv_preview *p)
{
	while (p->held_len && !p->done)
		take_held(p);
	if (!p->done && p->html)
		isrv_preview_html_finish(&p->of_html, &p->shown);
	else if (!p->done)
		isrv_preview_plain_finish(&p->of_plain, &p->shown);
	p->done = true;
}
