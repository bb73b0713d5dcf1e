/* SPDX-License-Identifier: MIT */
/*
 * message/preview_html - HTML, one character at a time, to the characters that are to be seen:
 * tags, comments, style and script are left out, entities resolved, block elements are white space.
 */
#ifndef ISRV_MESSAGE_PREVIEW_HTML_H
#define ISRV_MESSAGE_PREVIEW_HTML_H

#include "message/fold.h"

/* All zero at first. */
struct isrv_preview_html {
	uint8_t state;
	bool head;        /* inside <head> */
	bool closing;     /* the tag is an end tag */
	uint8_t raw;      /* the element whose content is skipped: place in the table */
	uint8_t run;      /* of a comment: what of its end has come */
	uint8_t word_len;
	char word[12];    /* entity or name of a tag */
};

void isrv_preview_html_character(struct isrv_preview_html *h, struct isrv_fold *f, uint32_t code);
/* The end: what was held back is shown as it is. */
void isrv_preview_html_finish(struct isrv_preview_html *h, struct isrv_fold *f);

#endif
