/* SPDX-License-Identifier: MIT */
/*
 * message/description_pen - the writer's room, with the place in it handed from function to
 * function: an answer from a description has a hundred small pieces, and a look for room at each
 * would cost more than they do.  Strings that need thought are the writer's, which alone quotes and
 * makes literals: the pen copies only what goes between quotes as it is.
 */
#ifndef ISRV_MESSAGE_DESCRIPTION_PEN_H
#define ISRV_MESSAGE_DESCRIPTION_PEN_H

#include "message/description_format.h"
#include "wire/writer.h"

/* At most this much is written between two strings, and so it is there wherever one ends. */
#define ISRV_PEN_SLACK 128u
/* Longer strings are left to the writer. */
#define ISRV_PEN_SHORT 200u

struct isrv_pen {
	struct isrv_writer *w;
	const char *limit;
	unsigned turns;                 /* how often the room was a new one */
	char spill[2 * ISRV_PEN_SLACK]; /* written to when there is no memory */
};

/* The place to write to; isrv_pen_end says how far it was. */
char *isrv_pen_begin(struct isrv_pen *p, struct isrv_writer *w);
bool isrv_pen_end(struct isrv_pen *p, char *at);
/* New room.  What was written up to `at` is kept. */
char *isrv_pen_turn(struct isrv_pen *p, char *at);
/* What the pen cannot write, or has no room for. */
char *isrv_pen_slowly(struct isrv_pen *p, char *at, struct imapsrv_span s);

static inline char *isrv_pen_room(struct isrv_pen *p, char *at)
{
	return (size_t)(p->limit - at) > ISRV_PEN_SLACK ? at : isrv_pen_turn(p, at);
}

/* Adds a constant. */
#define ISRV_PEN(at, constant)                                                                     \
	(memcpy((at), "" constant, sizeof(constant) - 1), (at) + sizeof(constant) - 1)

#define ISRV_PEN_EACH(octet) (UINT64_C(0x0101010101010101) * (octet))

/*
 * Eight octets that go between quotes as they are give a word without top bits.  An exclusive or
 * takes DQUOTE next to the controls, which are below 20 and stay there, so that one subtraction
 * finds both; another takes "\" to 7F, which an addition takes to 80, where octets above 7F are
 * already (DC alone is taken too far, and the subtraction has it).  Borrows and carries come only
 * out of octets that are themselves found, so the lowest bad octet of a word always is.
 */
static inline uint64_t isrv_pen_word(uint64_t word)
{
	return ((word ^ ISRV_PEN_EACH(0x02)) - ISRV_PEN_EACH(0x21)) |
	       ((word ^ ISRV_PEN_EACH(0x23)) + ISRV_PEN_EACH(0x01));
}

static inline uint64_t isrv_pen_copy(char *to, const char *from)
{
	uint64_t word;

	memcpy(&word, from, 8);
	memcpy(to, &word, 8);
	return isrv_pen_word(word);
}

#endif
