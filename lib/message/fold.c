/* SPDX-License-Identifier: MIT */
/* See the header. */
#include "message/fold.h"

#include "base/utf8.h"

/*
 * White is what takes room and shows nothing.  Nothing is what takes no room: controls; characters
 * of no width, with which newsletters pad what previews show (a joined emoji loses its join by
 * that: RFC 8970 3.2 lets a preview be an approximation); and those that turn the direction of
 * writing, which unclosed would reorder what a client shows beside the preview.
 */
enum isrv_fold_shape isrv_fold_classify(uint32_t code)
{
	if (code > ' ' && code < 0x7f)
		return ISRV_FOLD_VISIBLE;
	if (code == ' ' || (code >= '\t' && code <= '\r') || code == 0x85 || code == 0xa0 ||
	    code == 0x1680 || (code >= 0x2000 && code <= 0x200a) || code == 0x2028 ||
	    code == 0x2029 || code == 0x202f || code == 0x205f || code == 0x3000)
		return ISRV_FOLD_WHITE;
	if (code <= 0x9f || code == 0xad || code == 0x34f || code == 0x61c || code == 0x180e ||
	    (code >= 0x200b && code <= 0x200f) || (code >= 0x202a && code <= 0x202e) ||
	    (code >= 0x2060 && code <= 0x206f) || code == 0xfeff)
		return ISRV_FOLD_NOTHING;
	return ISRV_FOLD_VISIBLE;
}

struct isrv_fold_mark isrv_fold_mark(const struct isrv_fold *f)
{
	return f->own ? (struct isrv_fold_mark){f->len, f->characters}
	              : (struct isrv_fold_mark){0, 0};
}

void isrv_fold_rewind(struct isrv_fold *f, const struct isrv_fold_mark *mark)
{
	f->len = mark->len;
	f->characters = mark->characters;
	f->own = f->len > 0;
	f->space = f->own;
	f->full = false;
}

/* A visible character. */
static void put(struct isrv_fold *f, uint32_t code)
{
	static const struct isrv_fold_mark start = {0, 0};
	bool space;

	if (f->quoted && f->own)
		return;
	if (!f->quoted && !f->own) {
		isrv_fold_rewind(f, &start);
		f->own = true;
	}
	space = f->space && f->len > 0;
	if (f->characters + space + 1u > ISRV_FOLD_CHARACTERS)
		f->full = true;
	if (f->full)
		return;
	if (space)
		f->text[f->len++] = ' ';
	f->space = false;
	f->len = (uint16_t)(f->len + isrv_utf8_put(f->text + f->len, code));
	f->characters = (uint16_t)(f->characters + space + 1u);
	f->full = f->characters == ISRV_FOLD_CHARACTERS;
}

void isrv_fold_put(struct isrv_fold *f, uint32_t code)
{
	enum isrv_fold_shape shape = isrv_fold_classify(code);

	if (shape == ISRV_FOLD_VISIBLE)
		put(f, code);
	else if (shape == ISRV_FOLD_WHITE)
		f->space = true;
}
