/* SPDX-License-Identifier: MIT */
/*
 * command/fetch_preview - PREVIEW of one message (RFC 8970): what the host kept, or what
 * message/text makes of the octets.
 */
#ifndef ISRV_COMMAND_FETCH_PREVIEW_H
#define ISRV_COMMAND_FETCH_PREVIEW_H

#include "command/fetch_section.h"
#include "message/text.h"

struct isrv_fetch_preview {
	bool begun;
	struct isrv_text text;
};

/* "PREVIEW" SP nstring, made from the message.  Reading stops as soon as enough is known. */
enum isrv_step isrv_fetch_put_preview(struct imapsrv_session *s, struct isrv_fetch_message *m,
                                      struct isrv_fetch_preview *p);
/* Gives back what a preview that was not finished holds. */
void isrv_fetch_preview_clear(struct isrv_fetch_preview *p);

#endif
