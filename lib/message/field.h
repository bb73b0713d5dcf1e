/* SPDX-License-Identifier: MIT */
/*
 * message/field - header fields and the lexical tokens inside them (RFC 5322 2.2, 3.2, 4): names,
 * folded bodies, atoms, quoted strings, comments, encoded so that everything above works on spans
 * and never on NUL-terminated text.  Any octets whatsoever are taken: what does not fit the grammar
 * ends a token, it never ends the work.
 */
#ifndef ISRV_MESSAGE_FIELD_H
#define ISRV_MESSAGE_FIELD_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"

/*
 * One field of a header block: "Name: body", with its folded lines and their line ends (CRLF or
 * LF).  A line that has no colon, or a blank in its name, is no field; it is skipped over (mbox
 * "From " lines, garbage).  Blanks between name and colon are obsolete syntax and allowed (RFC
 * 5322 4.5).
 */
struct isrv_field {
	struct imapsrv_span whole; /* from the name to the last line end */
	struct imapsrv_span name;
	struct imapsrv_span body; /* behind the colon, without the last line end */
};

/* Takes the next field off the front of *header; false at the blank line or the end (the blank line
 * stays). */
bool isrv_field_next(struct imapsrv_span *header, struct isrv_field *field_r);

/* The body unfolded (CR and LF removed, RFC 5322 2.2.3), outer white space trimmed, NUL dropped,
 * added to out.  False: out is full or memory is short; what fits is there. */
bool isrv_field_unfold(struct imapsrv_span body, struct isrv_buf *out, struct isrv_mem *mem);

/* ---- tokens -------------------------------------------------------------------------------- */

enum isrv_token_type {
	ISRV_TOKEN_END,
	ISRV_TOKEN_ATOM,   /* 1*atext, or in MIME fields 1*token octets; 8-bit octets count as atext
	                      (RFC 6532), so do controls, and an encoded word is one atom */
	ISRV_TOKEN_QUOTED, /* what was between the quotes; pairs resolved, line ends removed */
	ISRV_TOKEN_DOMAIN, /* a domain literal, brackets included */
	ISRV_TOKEN_SPECIAL /* one octet: < > , ; : @ . = / and whatever else fits nothing */
};

struct isrv_token {
	enum isrv_token_type type;
	unsigned char special;
	bool space;                  /* white space or a comment stood before it */
	const char *start;           /* where it begins in the body; it ends at the lexer's `at` */
	struct imapsrv_span text;    /* into the body, or into the arena where that needed a copy;
	                                without CR, LF and NUL */
	struct imapsrv_span comment; /* the last comment before it as written, without the outer
	                                parentheses; data NULL: none; isrv_lexer_comment reads it */
};

struct isrv_lexer {
	const char *at;
	const char *end;
	struct isrv_arena *arena; /* for texts that cannot be spans of the body */
	uint64_t *steps;          /* grows by the octets passed over */
	bool mime;                /* tspecials of RFC 2045 5.1 instead of RFC 5322 3.2.3 */
	bool failed;              /* the arena was full: the field ended early there */
};

void isrv_lexer_init(struct isrv_lexer *x, struct imapsrv_span body, struct isrv_arena *arena,
                     bool mime, uint64_t *steps);
/* Comments nest without recursion; an unterminated comment, quoted string or domain literal ends
 * with the body. */
void isrv_lexer_next(struct isrv_lexer *x, struct isrv_token *token_r);
/* Passes over white space and comments; false if there was neither.  comment_r as in a token. */
bool isrv_lexer_skip(struct isrv_lexer *x, struct imapsrv_span *comment_r);
/* The text of a token's comment: quoted pairs resolved, line ends removed, outer blanks trimmed.
 * data NULL: there was none, or no memory. */
struct imapsrv_span isrv_lexer_comment(struct isrv_lexer *x, struct imapsrv_span comment);
/* A stretch of the body with its line ends (and NUL) removed: itself if it has none, else a copy.
 * data NULL: no memory; the field ends. */
struct imapsrv_span isrv_lexer_flat(struct isrv_lexer *x, struct imapsrv_span raw);

#endif
