/* SPDX-License-Identifier: MIT */
/*
 * An empty line is a line end where a line begins.  Both CRLF and a bare LF end lines, as elsewhere
 * in a message (message/eol); a CR that is part of neither does no harm here: it only makes more of
 * the message count as header, never less.
 */
#include "message/ascii_header.h"

void isrv_ascii_header_init(struct isrv_ascii_header *h)
{
	h->body = false;
	h->start = true;
}

bool isrv_ascii_header_feed(struct isrv_ascii_header *h, const char *data, size_t len,
                            uint64_t *steps)
{
	size_t i;

	if (h->body)
		return true;
	for (i = 0; i < len; i++) {
		if ((unsigned char)data[i] >= 0x80)
			break;
		if (data[i] == '\n' && h->start)
			h->body = true;
		if (h->body)
			break;
		h->start = data[i] == '\n' || (data[i] == '\r' && h->start);
	}
	*steps += i;
	return i == len || h->body;
}
