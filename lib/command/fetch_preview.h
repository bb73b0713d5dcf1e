/* SPDX-License-Identifier: MIT */
/*
 * command/fetch_preview - PREVIEW of one message (RFC 8970): the text part that says most is chosen from the
 * description, decoded, converted to UTF-8 and reduced to its first words.
 */
#ifndef ISRV_COMMAND_FETCH_PREVIEW_H
#define ISRV_COMMAND_FETCH_PREVIEW_H

#include "command/fetch_section.h"
#include "message/charset.h"
#include "message/preview.h"

struct isrv_fetch_preview {
	bool begun;
	bool converting;           /* `charset` is open */
	struct isrv_extent extent; /* of the part */
	struct isrv_decoder decoder;
	struct isrv_charset charset;
	struct isrv_preview preview;
	char *room;                /* for decoded and converted octets, in the arena; good for all messages */
};

/* "PREVIEW" SP nstring; lazy: only if it costs nothing, else NIL. */
enum isrv_step isrv_fetch_put_preview(struct imapsrv_session *s, struct isrv_fetch_message *m, bool lazy,
                                      struct isrv_fetch_preview *p);
/* Gives back what a preview that was not finished holds. */
void isrv_fetch_preview_clear(struct isrv_fetch_preview *p);

#endif
