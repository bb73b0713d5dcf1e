/* SPDX-License-Identifier: MIT */
/*
 * message/fold - the text that a preview shows: characters come one by one, white space is folded
 * to one space, what is not to be seen is left out, and no more is kept than a preview may have.
 * What is quoted stays only as long as the author has said nothing; what was taken too early can be
 * taken back.  Which characters come, and which are quoted, preview_plain and preview_html know.
 */
#ifndef ISRV_MESSAGE_FOLD_H
#define ISRV_MESSAGE_FOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ISRV_FOLD_CHARACTERS 200u /* RFC 8970 3.3 */

enum isrv_fold_shape { ISRV_FOLD_VISIBLE, ISRV_FOLD_WHITE, ISRV_FOLD_NOTHING };

/* How much of the text there was at some place. */
struct isrv_fold_mark {
	uint16_t len;
	uint16_t characters;
};

/* All zero at first. */
struct isrv_fold {
	bool quoted; /* set by the caller: what comes is not the author's own */
	bool space;  /* white space came since the last character; also set by the caller */
	bool own;    /* text is the author's own, and not what is shown for want of it */
	bool full;   /* no more fits; it may still be taken back */
	uint16_t characters;
	uint16_t len;
	char text[ISRV_FOLD_CHARACTERS * 4]; /* UTF-8 */
};

enum isrv_fold_shape isrv_fold_classify(uint32_t code);
void isrv_fold_put(struct isrv_fold *f, uint32_t code);
/* What follows, if it is the author's own, stands behind this. */
struct isrv_fold_mark isrv_fold_mark(const struct isrv_fold *f);
/* Takes back what came since then. */
void isrv_fold_rewind(struct isrv_fold *f, const struct isrv_fold_mark *mark);

#endif
