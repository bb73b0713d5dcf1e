/* SPDX-License-Identifier: MIT */
/*
 * message/description_format - the bytes of a description, for the one file that writes them
 * (structure_put.c) and those that read them (description*.c).  All numbers are little-endian, so
 * that a store may move between machines.
 *
 *	"IMSD" version flags 0 0    8 octets
 *	checksum                    8, of everything else
 *	parts, octets of texts      4 and 4
 *	wire octets, host octets    8 and 8
 *	a row for each part         ISRV_ROW_FIELDS numbers of 4 octets, or 8 if offsets need it,
 *	                            in preorder: a part stands before what is inside it
 *	texts                       of the parts, in the same order, without gaps
 *	zeros                       8 to 23, up to a multiple of 16: words may be read from any text
 *
 * A number of the texts has 7 bits in each octet, the lowest first, the top bit saying that more
 * follow.  A string is its length plus 1, and its octets; 0 is NIL.  A list is its members one
 * behind the other and a 0; each member is one or more strings, the first of them with its length
 * plus 2 (so that 1 is NIL there).
 *
 *	part that is a message's own: envelope, then as all others
 *	envelope: date subject from* sender* reply-to* to* cc* bcc* in-reply-to message-id
 *	          (each * a list of name, route, mailbox, host)
 *	          and of the message itself, not of those in it: references (the last
 *	          ISRV_STRUCTURE_REFERENCES octets of them).  Descriptions that end
 *	          before that were made when it was not kept; they are good for all else
 *	all:      type subtype params* id description encoding
 *	          md5 disposition params* languages* location
 *	          (params a list of name, value)
 */
#ifndef ISRV_MESSAGE_DESCRIPTION_FORMAT_H
#define ISRV_MESSAGE_DESCRIPTION_FORMAT_H

#include <string.h>

#include "message/description.h"

#define ISRV_DESCRIPTION_MAGIC	    "IMSD"
#define ISRV_DESCRIPTION_VERSION    1u
#define ISRV_DESCRIPTION_PARTS_MAX  (UINT32_C(1) << 28)
#define ISRV_DESCRIPTION_TEXTS_MAX  (UINT32_C(1) << 30)
#define ISRV_DESCRIPTION_PAD	    8u /* at least */

enum { ISRV_DESCRIPTION_TRUNCATED = 1, ISRV_DESCRIPTION_WIDE = 2 }; /* flags */

enum { /* where the head has what */
	ISRV_HEAD_VERSION = 4,
	ISRV_HEAD_FLAGS = 5,
	ISRV_HEAD_SUM = 8,
	ISRV_HEAD_PARTS = 16,
	ISRV_HEAD_TEXTS = 20,
	ISRV_HEAD_WIRE = 24,
	ISRV_HEAD_HOST = 32,
	ISRV_HEAD_SIZE = 40
};

enum { /* the fields of a row */
	ISRV_ROW_HEADER,      /* offsets on the wire: where the header begins, */
	ISRV_ROW_BODY,        /* where the body begins,                        */
	ISRV_ROW_END,         /* and where it ends                             */
	ISRV_ROW_HEADER_HOST, /* the same in the host's copy                   */
	ISRV_ROW_BODY_HOST,
	ISRV_ROW_END_HOST,
	ISRV_ROW_LINES,       /* line ends in the body                         */
	ISRV_ROW_NEXT,        /* the row behind what is inside, times 8, + ISRV_PART_TOP, + kind */
	ISRV_ROW_TEXT,        /* where `type` stands in the texts              */
	ISRV_ROW_FIELDS
};

enum { ISRV_PART_LEAF, ISRV_PART_MULTIPART, ISRV_PART_MESSAGE, ISRV_PART_KINDS, ISRV_PART_TOP = 4 };

static inline uint32_t isrv_format_u32(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t isrv_format_u64(const unsigned char *p)
{
	return isrv_format_u32(p) | (uint64_t)isrv_format_u32(p + 4) << 32;
}

static inline void isrv_format_put(unsigned char *p, uint64_t n, size_t octets)
{
	for (size_t i = 0; i < octets; i++)
		p[i] = (unsigned char)(n >> 8 * i);
}

/*
 * Word by word: each step is one to one both in the sum so far and in the word, so that damage
 * within one word is always seen, and elsewhere but once in 2^64.  For accidents; whoever means
 * harm can compute it too.
 */
static inline uint64_t isrv_format_sum(const unsigned char *data, size_t len)
{
	uint64_t sum = isrv_format_u64(data);

	for (size_t at = ISRV_HEAD_PARTS; at < len; at += 16) {
		sum ^= isrv_format_u64(data + at);
		sum = (sum << 23 | sum >> 41) * UINT64_C(0x9e3779b97f4a7c15);
		sum ^= isrv_format_u64(data + at + 8);
		sum = (sum << 23 | sum >> 41) * UINT64_C(0x9e3779b97f4a7c15);
	}
	return sum;
}

/* The octets of all, where head, rows and texts have `size`. */
static inline uint64_t isrv_format_size(uint64_t size)
{
	return (size + ISRV_DESCRIPTION_PAD + 15) / 16 * 16;
}

static inline size_t isrv_format_row(bool wide)
{
	return ISRV_ROW_FIELDS * (wide ? 8u : 4u);
}

/* ---- reading: rows were verified at opening, texts are checked at each read ---------------- */

static inline uint64_t isrv_row_field(const unsigned char *row, unsigned field, bool wide)
{
	return wide ? isrv_format_u64(row + 8u * field) : isrv_format_u32(row + 4u * field);
}

static inline uint64_t isrv_row_get(const struct isrv_description *d, uint32_t part, unsigned field)
{
	const unsigned char *row = d->data + ISRV_HEAD_SIZE + part * isrv_format_row(d->wide);

	return isrv_row_field(row, field, d->wide);
}

static inline uint32_t isrv_row_next(const struct isrv_description *d, uint32_t part)
{
	return (uint32_t)(isrv_row_get(d, part, ISRV_ROW_NEXT) >> 3);
}

static inline unsigned isrv_row_kind(const struct isrv_description *d, uint32_t part)
{
	return (unsigned)isrv_row_get(d, part, ISRV_ROW_NEXT) & 3;
}

/* A text that is not from the description, with as many octets behind it as one that is. */
#define ISRV_FORMAT_CONSTANT(text) {text "\0\0\0\0\0\0\0", sizeof(text) - 1}

struct isrv_cursor {
	const unsigned char *at;
	const unsigned char *end;
};

/* The texts of a part from `type` on, up to those of the next: read once for each part, they are
 * linear whatever they are.  If the next has an envelope, that is at the end. */
static inline struct isrv_cursor isrv_cursor_of(const struct isrv_description *d, uint32_t part)
{
	struct isrv_cursor c;

	c.at = d->texts + isrv_row_get(d, part, ISRV_ROW_TEXT);
	c.end = d->texts + (part + 1 < d->parts ? isrv_row_get(d, part + 1, ISRV_ROW_TEXT)
	                                        : d->texts_len);
	return c;
}

/* Numbers of two octets and more. */
uint32_t isrv_cursor_number_long(struct isrv_cursor *c);

/* 0 behind the end. */
static inline uint32_t isrv_cursor_number(struct isrv_cursor *c)
{
	if (c->at < c->end && *c->at < 0x80)
		return *c->at++;
	return isrv_cursor_number_long(c);
}

/* Passes over n <= 4 octets if all are 0: so many strings that are NIL, or empty lists. */
static inline bool isrv_cursor_zeros(struct isrv_cursor *c, unsigned n)
{
	if (c->end - c->at < (ptrdiff_t)n || isrv_format_u32(c->at) << (32 - 8 * n))
		return false;
	c->at += n;
	return true;
}

/* The octets of a string whose number was read; `none` is the number that says NIL. */
static inline struct imapsrv_span isrv_cursor_octets(struct isrv_cursor *c, uint32_t number,
                                                     uint32_t none)
{
	struct imapsrv_span s = {NULL, 0};

	if (number <= none)
		return s;
	if (number - none - 1 > (size_t)(c->end - c->at)) {
		c->at = c->end;
		return s;
	}
	s.data = (const char *)c->at;
	s.len = number - none - 1;
	c->at += s.len;
	return s;
}

static inline struct imapsrv_span isrv_cursor_string(struct isrv_cursor *c)
{
	return isrv_cursor_octets(c, isrv_cursor_number(c), 0);
}

/*
 * Is this the word, in any case?  A word of up to seven letters is given as a number, which
 * compares all of it at once: only letters become letters by the bit that makes them small.
 */
#define ISRV_WORD(a, b, c, d, e, f, g)                                                             \
	((uint64_t)(a) | (uint64_t)(b) << 8 | (uint64_t)(c) << 16 | (uint64_t)(d) << 24 |          \
	 (uint64_t)(e) << 32 | (uint64_t)(f) << 40 | (uint64_t)(g) << 48)
#define ISRV_WORD_TEXT	  4, ISRV_WORD('t', 'e', 'x', 't', 0, 0, 0)
#define ISRV_WORD_CHARSET 7, ISRV_WORD('c', 'h', 'a', 'r', 's', 'e', 't')
#define ISRV_WORD_MESSAGE 7, ISRV_WORD('m', 'e', 's', 's', 'a', 'g', 'e')

static inline bool isrv_text_is(struct imapsrv_span s, size_t len, uint64_t word)
{
	const uint64_t small = UINT64_C(0x2020202020202020) >> (64 - 8 * len);

	return s.len == len && (isrv_format_u64((const unsigned char *)s.data)
	                                << (64 - 8 * len) >> (64 - 8 * len) | small) == word;
}

/* Passes over what the letters say: s a string, l a list of strings, p a list of pairs. */
void isrv_cursor_skip(struct isrv_cursor *c, const char *letters);

/* message/rfc822 or message/global? */
bool isrv_description_is_message(struct imapsrv_span type, struct imapsrv_span subtype);

/* What a leaf is shown as, from `type` and `subtype` as they were read.  True: text, with lines. */
bool isrv_description_shown(struct imapsrv_span *type, struct imapsrv_span *subtype);

#endif
