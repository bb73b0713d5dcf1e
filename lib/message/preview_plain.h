/* SPDX-License-Identifier: MIT */
/*
 * message/preview_plain - lines of plain text (RFC 3676 4.3 and 4.5), one character at a time, to
 * the characters that are to be seen: quoted lines (">"), attribution lines before them and
 * signatures ("-- ") are skipped.
 */
#ifndef ISRV_MESSAGE_PREVIEW_PLAIN_H
#define ISRV_MESSAGE_PREVIEW_PLAIN_H

#include "message/fold.h"

/* A line, as far as it was seen. */
struct isrv_preview_line {
	struct isrv_fold_mark start;
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
struct isrv_preview_plain {
	bool done;            /* enough: nothing that could come changes the text */
	bool signature;       /* from here to the end */
	struct isrv_preview_line line;
	struct isrv_fold_mark opener; /* where "On ..." begins */
	uint8_t opener_lines; /* lines that it has had, from 1; 0 for none */
	bool attribution;     /* a line has ended that is one if a quote comes next */
	struct isrv_fold_mark attribution_start;
	uint16_t digits;      /* in this line, or since the opener */
	bool address;         /* an "@" */
};

void isrv_preview_plain_init(struct isrv_preview_plain *l, struct isrv_fold *f);
void isrv_preview_plain_character(struct isrv_preview_plain *l, struct isrv_fold *f, uint32_t code);
/* The end of the last line. */
void isrv_preview_plain_finish(struct isrv_preview_plain *l, struct isrv_fold *f);

#endif
