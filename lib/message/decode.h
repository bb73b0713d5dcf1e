/* SPDX-License-Identifier: MIT */
/*
 * message/decode - content transfer encodings undone while streaming (RFC 2045 6): base64 and quoted-printable as
 * they occur in real mail (stray octets, missing padding, soft breaks at any place), 7bit, 8bit and binary as they
 * are.  Nothing is an error; what cannot be decoded is passed over (base64) or passed on (quoted-printable).
 */
#ifndef ISRV_MESSAGE_DECODE_H
#define ISRV_MESSAGE_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "imapsrv/types.h"

enum isrv_encoding {
	ISRV_ENCODING_IDENTITY,
	ISRV_ENCODING_BASE64,
	ISRV_ENCODING_QUOTED_PRINTABLE,
	ISRV_ENCODING_UNKNOWN
};

/* By the name in Content-Transfer-Encoding, any case; NULL or empty is 7bit. */
enum isrv_encoding isrv_encoding_find(struct imapsrv_span name);

struct isrv_decoder {
	enum isrv_encoding encoding;
	uint32_t bits;      /* base64: what is collected of a quantum */
	uint8_t count;
	uint8_t state;
	bool ended;         /* base64: padding was seen; the rest is passed over */
	char held[128];     /* quoted-printable: white space that may be trailing, an "=" that may be a soft break */
	uint8_t held_len;
};

void isrv_decoder_init(struct isrv_decoder *d, enum isrv_encoding encoding);
/*
 * Decodes as much as fits: *taken_r octets of data became *put_r octets of out (at least one is taken where len > 0
 * and out_size >= 160).  With len 0 the end is told: what is held comes out.
 */
void isrv_decoder_run(struct isrv_decoder *d, const char *data, size_t len, size_t *taken_r, char *out,
                      size_t out_size, size_t *put_r);

#endif
