/* SPDX-License-Identifier: MIT */
/*
 * message/words - the text of a header field to UTF-8 while streaming: encoded words decoded (RFC
 * 2047), the white space between two of them left out, everything else as it is, which is UTF-8
 * (RFC 6532); octets that are not become U+FFFD.
 *
 * Generous where real mail is not by the book: encoded words are seen anywhere, within quoted
 * strings and next to letters too; a language may stand behind the charset (RFC 2231 5); a
 * character may be cut between two words of one charset.  An unknown charset is read as US-ASCII.
 */
#ifndef ISRV_MESSAGE_WORDS_H
#define ISRV_MESSAGE_WORDS_H

#include "message/charset.h"
#include "message/decode.h"

/* An encoded word is held until it is whole.  It has at most 75 octets (RFC 2047 2), and a line of
 * mail 998: longer ones are text. */
#define ISRV_WORDS_HELD 998u
#define ISRV_WORDS_CHARSET 40u

struct isrv_words {
	void (*put)(void *ctx, const char *utf8, size_t len);
	void *ctx;
	uint8_t state;
	bool space;    /* white space came behind an encoded word */
	uint8_t charset_len;
	uint16_t text; /* where its text begins in `held` */
	uint16_t held_len;
	char name[ISRV_WORDS_CHARSET];
	struct isrv_charset plain;
	struct isrv_charset charset; /* of the last encoded word, if `open` */
	bool open;
	char held[ISRV_WORDS_HELD];
};

/* What comes out goes to `put`. */
void isrv_words_init(struct isrv_words *w, void (*put)(void *ctx, const char *utf8, size_t len),
                     void *ctx);
/* The next octets of one field, unfolded.  White space that stands between an encoded word and
 * something else comes out as one space. */
void isrv_words_feed(struct isrv_words *w, const char *data, size_t len);
/* The field ends; w is ready for the next. */
void isrv_words_finish(struct isrv_words *w);
/* Closes what may be open. */
void isrv_words_clear(struct isrv_words *w);

#endif
