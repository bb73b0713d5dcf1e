/* SPDX-License-Identifier: MIT */
/*
 * message/charset - text to UTF-8 while streaming: US-ASCII, UTF-8, UTF-16, ISO-8859-1, ISO-8859-15
 * and Windows-1252 by our own tables, the other charsets that mail is written in through the C
 * library's iconv where it has them.  Octets that mean nothing become U+FFFD; an answer is never
 * stopped by them.  What comes out is valid UTF-8, the same however the text is cut.
 */
#ifndef ISRV_MESSAGE_CHARSET_H
#define ISRV_MESSAGE_CHARSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "imapsrv/types.h"

/*
 * ISO-8859-1 is read as Windows-1252.  They differ in 80-9F, where the first has control characters
 * that no mail needs and the second quotation marks, dashes and the euro sign, which mail that says
 * ISO-8859-1 does have: real clients show them, and so search and preview should find them.  Its
 * five octets without a character are U+FFFD.
 *
 * UTF-16 without a byte order mark is big-endian (RFC 2781 4.3).
 */
struct isrv_charset {
	uint8_t kind;   /* enum isrv_charset_kind */
	uint8_t held_len;
	char held[16];  /* a character that is not complete yet */
	void *iconv;    /* open conversion; NULL if not used */
};

/* Is this charset known here?  Names as in RFC 2045, any case, and the usual aliases, with or
 * without hyphens; NULL or empty is US-ASCII. */
bool isrv_charset_known(struct imapsrv_span name);
/* An unknown charset is read as US-ASCII, octets above it becoming U+FFFD; false tells that. */
bool isrv_charset_init(struct isrv_charset *c, struct imapsrv_span name);
/* As isrv_decoder_run: with len 0 the end is told, and all that is held comes out.
 * out_size >= 64. */
void isrv_charset_run(struct isrv_charset *c, const char *data, size_t len, size_t *taken_r,
                      char *out, size_t out_size, size_t *put_r);
/* Closes the conversion; harmless where there is none. */
void isrv_charset_clear(struct isrv_charset *c);

/* The character that Windows-1252 has for an octet; U+FFFD for none. */
uint32_t isrv_charset_windows(unsigned char octet);

#endif
