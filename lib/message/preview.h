/* SPDX-License-Identifier: MIT */
/*
 * message/preview - the first words of a message (RFC 8970): UTF-8 text in, already decoded, at
 * most 200 characters out.  HTML is reduced to its text (tags, comments, style and script left out,
 * entities resolved, block elements as space), quoted lines (">"), attribution lines before them
 * and signatures ("-- ") are skipped, white space is folded to one space, and the cut never falls
 * within a character.
 */
#ifndef ISRV_MESSAGE_PREVIEW_H
#define ISRV_MESSAGE_PREVIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ISRV_PREVIEW_CHARACTERS 200u /* RFC 8970 3.3 */

/* How much of the text there was at some place. */
struct isrv_preview_mark {
	uint16_t len;
	uint16_t characters;
};

/* A line of plain text, as far as it was seen. */
struct isrv_preview_line {
	struct isrv_preview_mark start;
	uint32_t first;     /* its first three characters */
	uint64_t last;      /* its last eight that are not white space */
	uint16_t column;
	uint8_t dashes;     /* held back: it may become "-- " */
	bool dashes_white;  /* white space came after them */
	bool blank;
	bool prefix;        /* in the ">" of a quoted line */
};

/*
 * What is left where all is quoted or signature is the quoted text, without its marks: a reader is
 * better served by it than by nothing (RFC 8970 8 wants some text, if of lower quality).
 */
struct isrv_preview {
	bool html;
	bool done;          /* enough: nothing more is taken */
	bool full;          /* no more fits; a line may still turn out to be an attribution */
	bool own;           /* text is the author's own, and not what is shown for want of it */
	bool space;         /* white space came since the last character */
	uint8_t held_len;
	char held[4];       /* a character that is not complete yet */
	uint16_t characters;
	uint16_t len;

	/* plain text */
	bool quoted;        /* in a quoted line */
	bool signature;     /* and that to the end */
	struct isrv_preview_line line;
	struct isrv_preview_mark opener; /* where "On ..." begins */
	uint8_t opener_lines; /* lines that it has had, from 1; 0 for none */
	bool attribution;   /* a line has ended that is one if a quote comes next */
	struct isrv_preview_mark attribution_start;
	uint16_t digits;    /* in this line, or since the opener */
	bool address;       /* an "@" */

	/* HTML */
	uint8_t state;
	bool head;          /* inside <head> */
	bool closing;       /* the tag is an end tag */
	uint8_t raw;        /* the element whose content is skipped: place in the table */
	uint8_t run;        /* of a comment: what of its end has come */
	uint8_t word_len;
	char word[12];      /* entity or name of a tag */

	char text[ISRV_PREVIEW_CHARACTERS * 4];
};

void isrv_preview_init(struct isrv_preview *p, bool html);
/* Any cutting of the text gives the same preview. */
void isrv_preview_feed(struct isrv_preview *p, const char *utf8, size_t len);
/* The end; text[0..len) is the preview, valid UTF-8 without controls. */
void isrv_preview_finish(struct isrv_preview *p);

#endif
