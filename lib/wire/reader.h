/* SPDX-License-Identifier: MIT */
/*
 * wire/reader - bytes of one whole command to typed values.  A cursor moves forward only; each
 * function takes one grammar rule, or leaves the cursor where the rule broke and says what it
 * expected there.  Values are spans into the command, or memory of the arena; both live as long
 * as the command.
 *
 * Where RFC 9051 and RFC 3501 are strict and clients are not, the comment at the function says
 * what is taken beyond the grammar, and why.
 */
#ifndef ISRV_WIRE_READER_H
#define ISRV_WIRE_READER_H

#include <stdbool.h>

#include "base/arena.h"

struct isrv_reader {
	const char *at;
	const char *end;
	const char *begin;
	const char *expected; /* after a failure: static text for "Expected %s" */
	struct isrv_arena *arena;
	uint64_t *steps;      /* counts the work, one for each octet looked at */
	uint32_t keyword_max; /* octets in a keyword */
	bool utf8;	      /* quoted and names are UTF-8; names are not modified UTF-7 */
	bool uidonly;	      /* message numbers are not taken (RFC 9586) */
	bool no_saved;	      /* "$" is not known (RFC 5182) */
	bool nomem;	      /* the failure was memory, or the arena's maximum */
	const char *code;     /* after a failure: the response code that goes with it, or NULL */
};

/* A sequence-set: ranges, normalized (ascending, disjoint, 1 <= first <= last), and what was paired
 * with "*", which the caller resolves; or "$" (RFC 5182 2.1), which stands alone. */
struct isrv_rd_set {
	struct imapsrv_range *ranges;
	size_t count;
	bool saved; /* "$": nothing else is set */
	/* "*" alone or as one end: the lowest number that was paired with "*" (UINT32_MAX for "*"
	 * alone), 0 if no "*" occurred.  Such pairs are not in ranges.  With m for "*" they mean
	 * min(star, m)..m, as no number above m is in use. */
	uint32_t star;
};

struct isrv_rd_date {
	int64_t day; /* days since 1970-01-01 of the calendar date as written */
};

struct isrv_rd_datetime {
	int64_t utc; /* seconds since 1970-01-01 UTC */
	int zone;    /* minutes east of UTC, as written */
};

struct isrv_rd_flags {
	uint32_t system; /* enum imapsrv_flag */
	bool recent;	 /* \Recent was named, which nobody can set */
	bool unknown;	 /* a \Flag that is not a system flag was named; it is left out */
	struct imapsrv_span *keywords; /* no two the same */
	uint32_t keyword_count;
};

/* keyword_max is unbounded, utf8 off and steps NULL until the caller sets them. */
void isrv_reader_init(struct isrv_reader *r, struct isrv_arena *arena, const char *data,
		      size_t len);

/* The next octet, or -1 at the end. */
int isrv_rd_peek(const struct isrv_reader *r);
/* Fails with a text of the caller's, which is static: always false. */
static inline bool isrv_rd_fail(struct isrv_reader *r, const char *expected)
{
	r->expected = expected;
	return false;
}
/* Fails for want of memory. */
bool isrv_rd_fail_memory(struct isrv_reader *r);

/* n octets were looked at. */
static inline void isrv_rd_charge(struct isrv_reader *r, size_t n)
{
	if (r->steps)
		*r->steps += n;
}

/* Nothing is left; trailing SP are taken (clients). */
bool isrv_rd_end(struct isrv_reader *r);
/* One SP; more are taken (clients). */
bool isrv_rd_sp(struct isrv_reader *r);
/* The same, or false and no failure. */
bool isrv_rd_try_sp(struct isrv_reader *r);
/* This octet. */
bool isrv_rd_char(struct isrv_reader *r, char c);
/* This octet, or false and no failure. */
bool isrv_rd_try(struct isrv_reader *r, char c);

/* 1*<any ASTRING-CHAR except "+"> */
bool isrv_rd_tag(struct isrv_reader *r, struct imapsrv_span *tag_r);
/* 1*ATOM-CHAR */
bool isrv_rd_atom(struct isrv_reader *r, struct imapsrv_span *atom_r);
/* A word of letters, digits, ".", "-", "=" and "_": command names, items, keys.  The cursor stops
 * at the first other octet ("BODY[" gives BODY). */
bool isrv_rd_word(struct isrv_reader *r, struct imapsrv_span *word_r);
/* Takes the given word, in any case, only if it stands here and ends here; no failure. */
bool isrv_rd_try_word(struct isrv_reader *r, const char *word);

/* The announcement of a literal whose octets are not in the command because they are streamed (see
 * isrv_framer_stream): it must be the last thing there. */
bool isrv_rd_announcement(struct isrv_reader *r, uint64_t *size_r, bool *literal8_r);

/* string = quoted / literal.  8-bit octets in quoted are taken without UTF-8 mode too, as clients
 * send them in SEARCH; in UTF-8 mode they must be valid.  Quoted never holds CR, LF or NUL, a
 * literal never NUL (CHAR8). */
bool isrv_rd_string(struct isrv_reader *r, struct imapsrv_span *string_r);
/* Also literal8 where literal8_r is given; it says which.  literal8 may hold NUL. */
bool isrv_rd_string8(struct isrv_reader *r, struct imapsrv_span *string_r, bool *literal8_r);
bool isrv_rd_astring(struct isrv_reader *r, struct imapsrv_span *string_r);
/* NIL gives data NULL. */
bool isrv_rd_nstring(struct isrv_reader *r, struct imapsrv_span *string_r);

/* list-mailbox, as it is written: like astring, with "%" and "*" in atoms. */
bool isrv_rd_list(struct isrv_reader *r, struct imapsrv_span *string_r);

/* A mailbox name in canonical UTF-8: modified UTF-7 decoded (RFC 3501 5.1.3) or, in UTF-8 mode,
 * checked (isrv_utf8_is_name); INBOX in any case is "INBOX".  Without UTF-8 mode raw valid UTF-8 is
 * taken as itself, so that two spellings of one name are the same name.  Not empty. */
bool isrv_rd_mailbox(struct isrv_reader *r, struct imapsrv_span *name_r);
/* list-mailbox: like astring, with "%" and "*" in atoms; decoded likewise, but INBOX stays as it
 * was written; may be empty.  Wildcards are never inside a base64 run, so decoding leaves them
 * alone. */
bool isrv_rd_pattern(struct isrv_reader *r, struct imapsrv_span *pattern_r);

bool isrv_rd_number(struct isrv_reader *r, uint32_t *n_r);    /* 0..2^32-1 */
bool isrv_rd_nz_number(struct isrv_reader *r, uint32_t *n_r); /* 1..2^32-1 */
bool isrv_rd_number64(struct isrv_reader *r, uint64_t *n_r);  /* 0..2^63-1 */
bool isrv_rd_nz_number64(struct isrv_reader *r, uint64_t *n_r); /* 1..2^63-1 */

/* sequence-set, and "$". */
bool isrv_rd_set(struct isrv_reader *r, struct isrv_rd_set *set_r);
/* The same where what it names are message numbers: with UIDONLY only "$" is taken (RFC 9586 3). */
bool isrv_rd_numbers(struct isrv_reader *r, struct isrv_rd_set *set_r);

/* flag-list = "(" [flag *(SP flag)] ")" */
bool isrv_rd_flag_list(struct isrv_reader *r, struct isrv_rd_flags *flags_r);
/* flag-list, or flags without parentheses to the end of the command (STORE). */
bool isrv_rd_store_flags(struct isrv_reader *r, struct isrv_rd_flags *flags_r);
/* A keyword: an atom, not above keyword_max, not starting with "\" */
bool isrv_rd_keyword(struct isrv_reader *r, struct imapsrv_span *keyword_r);

/* date = date-text / DQUOTE date-text DQUOTE: "1-Feb-1994"; the day must exist. */
bool isrv_rd_date(struct isrv_reader *r, struct isrv_rd_date *date_r);
/* date-time = DQUOTE date-day-fixed "-" date-month "-" date-year SP time SP zone DQUOTE; a leap
 * second is taken; the day must exist. */
bool isrv_rd_datetime(struct isrv_reader *r, struct isrv_rd_datetime *datetime_r);

#endif
