/* SPDX-License-Identifier: MIT */
/*
 * message/ascii_header - is there an octet above 127 in the header fields of a message that streams
 * by (RFC 9755 4)?  The message's own fields, up to its first empty line, are looked at; what is
 * behind that, headers of parts too, is not.
 */
#ifndef ISRV_MESSAGE_ASCII_HEADER_H
#define ISRV_MESSAGE_ASCII_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct isrv_ascii_header {
	bool body;  /* the empty line has been */
	bool start; /* of a line */
	bool cr;    /* which has had nothing but a CR */
};

void isrv_ascii_header_init(struct isrv_ascii_header *h);
/* The next octets, cut anywhere.  False: there is one, and nothing more may be fed.  *steps counts
 * the octets looked at. */
bool isrv_ascii_header_feed(struct isrv_ascii_header *h, const char *data, size_t len,
                            uint64_t *steps);

#endif
