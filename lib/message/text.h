/* SPDX-License-Identifier: MIT */
/*
 * message/text - from a message's octets to its preview (RFC 8970): the text part that says most is
 * chosen from the description; its octets are decoded, converted to UTF-8 and reduced to their
 * first words.
 */
#ifndef ISRV_MESSAGE_TEXT_H
#define ISRV_MESSAGE_TEXT_H

#include "message/charset.h"
#include "message/decode.h"
#include "message/description.h"
#include "message/preview.h"

#define ISRV_TEXT_ROOM 2048u
#define ISRV_TEXT_MOST 262144u /* octets of a part that are read for its first words */

struct isrv_text {
	bool converting;           /* `charset` is open */
	bool enough;               /* nothing more is taken */
	uint32_t left;             /* octets that may still be taken */
	struct isrv_extent extent; /* of the part */
	struct isrv_decoder decoder;
	struct isrv_charset charset;
	struct isrv_preview preview;
	char decoded[ISRV_TEXT_ROOM];
	char converted[ISRV_TEXT_ROOM];
};

/* Chooses; false: there is no text, and the preview is empty.  Until clear, t may hold an open
 * conversion. */
bool isrv_text_init(struct isrv_text *t, const struct isrv_description *d);
void isrv_text_clear(struct isrv_text *t);

/* The next octets of t->extent, with either line end.  t->enough: no more are needed. */
void isrv_text_feed(struct isrv_text *t, const char *data, size_t len);
/* The end.  The preview stands in t, UTF-8, and stays until clear. */
struct imapsrv_span isrv_text_finish(struct isrv_text *t);

#endif
