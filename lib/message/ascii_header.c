/* SPDX-License-Identifier: MIT */
/*
 * An empty line is a line end where a line begins.  Both CRLF and a bare LF end lines, as elsewhere
 * in a message (message/eol); a line with a CR besides, "\r\r\n", is none (message/structure).
 */
#include "message/ascii_header.h"

void isrv_ascii_header_init(struct isrv_ascii_header *h)
{
	h->body = false;
	h->start = true;
	h->cr = false;
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
		if (data[i] == '\n' && (h->start || h->cr))
			h->body = true;
		if (h->body)
			break;
		h->cr = data[i] == '\r' && h->start;
		h->start = data[i] == '\n';
	}
	*steps += i;
	return i == len || h->body;
}
