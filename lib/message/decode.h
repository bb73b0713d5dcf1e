/* SPDX-License-Identifier: MIT */
/*
 * message/decode - content transfer encodings undone while streaming (RFC 2045 6): base64 and
 * quoted-printable as they occur in real mail (stray octets, missing padding, soft breaks at any
 * place), 7bit, 8bit and binary as they are.  Nothing is an error; what cannot be decoded is
 * passed over (base64) or passed on (quoted-printable).  However the data is cut and however
 * little room there is, the same comes out.
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

/*
 * base64: padding ends a quantum, not the data (RFC 2045 6.8 lets it be taken for the end).
 * Encoders that pad each line or each buffer are not rare, and stopping at the first "=" would
 * lose all but the start of such an attachment; the price is some noise where plain text was
 * appended behind the encoded.
 *
 * quoted-printable: a bare LF is a line end and comes out as CRLF, as each of them does (RFC 3516
 * 6).  White space at the end of a line or of the data is dropped (RFC 2045 6.7 (3)) up to 126
 * octets of it; more cannot stand in a line of 76 and is taken for content, as a whole.  An "=" at
 * the very end is a soft break: its line end was the boundary's (RFC 2046 5.1.1).
 */
struct isrv_decoder {
	enum isrv_encoding encoding;
	uint32_t bits;      /* base64: what is collected of a quantum */
	uint8_t count;      /* base64: its digits so far, 0..3 */
	uint8_t state;      /* quoted-printable: what the held octets may become */
	bool passing;       /* quoted-printable: in white space too long to be held */
	uint8_t held_len;
	char held[128];     /* quoted-printable: what may be trailing, an escape or a soft break */
};

void isrv_decoder_init(struct isrv_decoder *d, enum isrv_encoding encoding);
/*
 * Decodes as much as fits: *taken_r octets of data became *put_r octets of out (at least one is
 * taken where len > 0 and out_size >= 160).  With len 0 the end is told: what is held comes out,
 * and the decoder is as new.  ISRV_ENCODING_UNKNOWN is passed on as it is.
 */
void isrv_decoder_run(struct isrv_decoder *d, const char *data, size_t len, size_t *taken_r,
                      char *out, size_t out_size, size_t *put_r);

#endif
