/* SPDX-License-Identifier: MIT */
/*
 * message/preview - the first words of a message (RFC 8970): UTF-8 text in, already decoded, at
 * most 200 characters out.  HTML is reduced to its text (tags, comments, style and script left out,
 * entities resolved, block elements as space), quoted lines (">"), attribution lines before them
 * and signatures ("-- ") are skipped, white space is folded to one space, and the cut never falls
 * within a character.
 */
#ifndef ISRV_MESSAGE_PREVIEW_H
#define ISRV_MESSAGE_PREVIEW_H

#include "message/preview_html.h"
#include "message/preview_plain.h"

struct isrv_preview {
	bool html;
	bool done;              /* enough: nothing more is taken */
	uint8_t held_len;
	char held[4];           /* a character that is not complete yet */
	struct isrv_fold shown; /* the preview, so far */
	union {
		struct isrv_preview_html of_html;
		struct isrv_preview_plain of_plain;
	};
};

void isrv_preview_init(struct isrv_preview *p, bool html);
/* Any cutting of the text gives the same preview. */
void isrv_preview_feed(struct isrv_preview *p, const char *utf8, size_t len);
/* The end; shown.text[0..len) is the preview, valid UTF-8 without controls. */
void isrv_preview_finish(struct isrv_preview *p);

#endif
