/* SPDX-License-Identifier: MIT */
/*
 * message/preview - the first words of a message (RFC 8970): UTF-8 text in, already decoded, at most 200 characters out.
 * HTML is reduced to its text (tags, comments, style and script left out, entities resolved, block elements as
 * space), quoted lines (">"), attribution lines before them and signatures ("-- ") are skipped, white space is
 * folded to one space, and the cut never falls within a character.
 */
#ifndef ISRV_MESSAGE_PREVIEW_H
#define ISRV_MESSAGE_PREVIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ISRV_PREVIEW_CHARACTERS 200u /* RFC 8970 3.1 */

struct isrv_preview {
	bool html;
	bool done;          /* enough: nothing more is taken */
	uint8_t state;
	uint8_t entity_len;
	uint16_t characters;
	uint16_t len;
	uint16_t line_start;
	uint8_t tag_len;
	uint8_t skip;       /* inside style, script, head or a comment */
	bool space;
	bool quoted;
	char entity[12];
	char tag[12];
	char text[ISRV_PREVIEW_CHARACTERS * 4];
};

void isrv_preview_init(struct isrv_preview *p, bool html);
/* Any cutting of the text gives the same preview. */
void isrv_preview_feed(struct isrv_preview *p, const char *utf8, size_t len);
/* The end; text[0..len) is the preview, valid UTF-8 without controls. */
void isrv_preview_finish(struct isrv_preview *p);

#endif
