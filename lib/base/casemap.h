/* SPDX-License-Identifier: MIT */
/*
 * base/casemap - text as a search compares it: i;unicode-casemap (RFC 5051), that is titlecase and
 * then full decomposition, with every run of white space taken for one space.
 *
 * White space is no part of RFC 5051: "hello world" is to be found where a line is broken between
 * the two words (RFC 9051 6.4.4 allows flexible matching).  Marks are not put in canonical order
 * (RFC 5051 4 leaves that open).
 */
#ifndef ISRV_BASE_CASEMAP_H
#define ISRV_BASE_CASEMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The most octets that one character becomes: U+FDFA. */
#define ISRV_CASEMAP_MOST 36u
/* The most that an octet of UTF-8 becomes: 33 octets for the three of U+FDFA. */
#define ISRV_CASEMAP_GROWTH 12u

/* What a character becomes, in UTF-8: at least one octet, at most ISRV_CASEMAP_MOST. */
size_t isrv_casemap_put(char *out, uint32_t code);

struct isrv_casemap {
	uint8_t held_len;
	bool space;   /* the last that came out was one */
	char held[4]; /* a character that is not complete yet */
};

void isrv_casemap_init(struct isrv_casemap *m);
/*
 * As much as fits: *taken_r octets of UTF-8 became *put_r octets of out; at least one is taken
 * where len > 0 and out_size >= 160.  Octets that are no UTF-8 come out as they are.  What is held
 * of an unfinished character at the end of the text is lost, as it can match nothing.
 */
void isrv_casemap_run(struct isrv_casemap *m, const char *data, size_t len, size_t *taken_r,
                      char *out, size_t out_size, size_t *put_r);

#endif
