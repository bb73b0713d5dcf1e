/* SPDX-License-Identifier: MIT */
/*
 * message/charset - text to UTF-8 while streaming: US-ASCII, UTF-8, ISO-8859-1, ISO-8859-15 and Windows-1252 by our own
 * tables, everything else through the C library's iconv where it has it.  Octets that mean nothing become
 * U+FFFD; an answer is never stopped by them.
 */
#ifndef ISRV_MESSAGE_CHARSET_H
#define ISRV_MESSAGE_CHARSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "imapsrv/types.h"

struct isrv_charset {
	uint8_t kind;
	uint8_t held_len;
	char held[16];  /* a character that is not complete yet */
	void *iconv;    /* open conversion; NULL if not used */
};

/* Is this charset known here?  Names as in RFC 2045, any case, and the usual aliases; NULL or empty is US-ASCII. */
bool isrv_charset_known(struct imapsrv_span name);
/* An unknown charset is read as US-ASCII, octets above it becoming U+FFFD; false tells that. */
bool isrv_charset_init(struct isrv_charset *c, struct imapsrv_span name);
/* As isrv_decoder_run: with len 0 the end is told. out_size >= 64. */
void isrv_charset_run(struct isrv_charset *c, const char *data, size_t len, size_t *taken_r, char *out,
                      size_t out_size, size_t *put_r);
void isrv_charset_clear(struct isrv_charset *c);

#endif
