/* SPDX-License-Identifier: MIT */
/*
 * wire/chars - the character classes of RFC 9051 9, as one table, so that what the reader takes for
 * an atom and what the writer sends as one can never differ.
 */
#ifndef ISRV_WIRE_CHARS_H
#define ISRV_WIRE_CHARS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum isrv_char {
	ISRV_CHAR_ATOM = 1 << 0,    /* ATOM-CHAR */
	ISRV_CHAR_ASTRING = 1 << 1, /* ASTRING-CHAR = ATOM-CHAR / "]" */
	ISRV_CHAR_LIST = 1 << 2,    /* list-char = ATOM-CHAR / "%" / "*" / "]" */
	ISRV_CHAR_TAG = 1 << 3,	    /* any ASTRING-CHAR except "+" */
	ISRV_CHAR_WORD = 1 << 4,    /* ALPHA / DIGIT / "." / "-" / "=" / "_" */
	ISRV_CHAR_PLAIN = 1 << 5,   /* in quoted as itself: 7-bit but NUL CR LF DQUOTE "\" */
	ISRV_CHAR_PRINT = 1 << 6    /* 20-7E */
};

extern const uint8_t isrv_chars[256];

static inline bool isrv_char_is(char c, enum isrv_char class)
{
	return (isrv_chars[(unsigned char)c] & (unsigned)class) != 0;
}

/* How many octets from the start are of the class. */
static inline size_t isrv_char_span(const char *data, size_t len, enum isrv_char class)
{
	size_t n = 0;

	while (n < len && isrv_char_is(data[n], class))
		n++;
	return n;
}

#endif
