/* SPDX-License-Identifier: MIT */
/*
 * flags.h - flags as mail programs write them into an mbox: the letters of Status and X-Status, and
 * the words of X-Keywords.
 */
#ifndef MBOX_FLAGS_H
#define MBOX_FLAGS_H

#include <imapsrv.h>

#include <stdbool.h>

/* Of one message, and that a mailbox offers: so many of the longest fit a line (scan.h). */
#define KEYWORDS_MAX 255

/* Of one message.  The keywords are valid atoms, in ascending order, each once, with a space
 * between them; NULL: none. */
struct flags {
	uint32_t system; /* enum imapsrv_flag */
	char *keywords;
};

/* Letters of Status and X-Status: R, A, F, D, T; others say nothing. */
uint32_t flags_of_letters(const char *text, size_t len);

/* Keywords while a header is read. */
struct keywords {
	struct imapsrv_span words[KEYWORDS_MAX]; /* in order, each with memory of its own */
	uint32_t count;
};
/* Adds the words of X-Keywords; those that are too many are passed over. */
void keywords_add(struct keywords *keywords, const char *text, size_t len);
/* Makes them those of `flags`, which has none, and frees them. */
void keywords_give(struct keywords *keywords, struct flags *flags);

/* What a STORE makes of them: new ones, which the caller frees.  False: too many keywords. */
bool flags_changed(const struct flags *flags, const struct imapsrv_store_flags *change,
                   struct flags *changed_r);
void flags_free(struct flags *flags);

/* The keywords as the library wants them; how many.  They point into flags. */
uint32_t flags_spans(const struct flags *flags, struct imapsrv_span spans[KEYWORDS_MAX]);
/* What the ledger compares: the flags themselves as bits, or a hash if there are keywords. */
uint64_t flags_fingerprint(const struct flags *flags);
/* The header fields that show them.  The caller frees the text. */
char *flags_fields(const struct flags *flags);

#endif
