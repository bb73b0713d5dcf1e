/* SPDX-License-Identifier: MIT */
/*
 * search/scan - the octets of one message, held against all strings of a program in one pass:
 * headers unfolded and their encoded words decoded, texts decoded, both converted to UTF-8 and then
 * to what the program's comparator compares (RFC 9051 6.4.4: "MUST be decoded before comparing
 * text").
 *
 * A match lies within one field or within one part.  A field is "Name: value" to TEXT, its value to
 * the others.  What TEXT and BODY look into are parts of type text/ and message/ (delivery
 * reports); TEXT moreover all headers, of parts and of messages in messages too.  BODY looks into
 * no header at all: "unlike TEXT, this doesn't match any header fields".  HTML is searched as it is
 * written.
 */
#ifndef ISRV_SEARCH_SCAN_H
#define ISRV_SEARCH_SCAN_H

#include "search/comparator.h"
#include "message/description.h"
#include "message/fields.h"
#include "message/words.h"
#include "search/matcher.h"
#include "search/program.h"

#define ISRV_SCAN_DATE 255u /* octets of a Date field that are read */
#define ISRV_SCAN_ROOM 1024u

struct isrv_scan_target {
	struct imapsrv_span field; /* its name */
	struct isrv_matcher matcher;
};

struct isrv_scan {
	uint64_t *steps;
	uint8_t *found; /* by index of the program's texts */
	uint32_t texts;
	bool dates;     /* the Date is wanted */
	struct isrv_scan_target *targets; /* by field */
	uint32_t target_count;
	bool in_headers;             /* any TEXT */
	bool in_bodies;              /* any TEXT or BODY */
	struct isrv_matcher headers; /* TEXT */
	struct isrv_matcher bodies;  /* TEXT and BODY */

	/* the field or part at hand */
	bool own;                          /* the header is the message's own */
	struct isrv_fields fields;
	struct isrv_matcher *matchers[2];  /* those that look; NULL: none */
	bool in_date;
	bool dated;
	bool date_seen;
	uint8_t date_len;
	char date[ISRV_SCAN_DATE];
	int64_t day;
	uint8_t comparator; /* enum isrv_comparator */
	struct isrv_casemap map;
	struct isrv_words words;
	bool converting;                   /* `charset` is open */
	struct isrv_decoder decoder;
	struct isrv_charset charset;
	char decoded[ISRV_SCAN_ROOM];
	char converted[ISRV_SCAN_ROOM];
	char mapped[ISRV_SCAN_ROOM];
};

/* For all messages that a program is asked of.  NULL: no memory.  To be cleared in the end. */
struct isrv_scan *isrv_scan_new(const struct isrv_program *p, struct isrv_arena *arena,
                                uint64_t *steps);
/* Closes what may be open; NULL is allowed. */
void isrv_scan_clear(struct isrv_scan *x);

/* A new message: nothing is found. */
void isrv_scan_reset(struct isrv_scan *x);
/* A header begins: the message's own, or another.  Then its octets, with either line end; true once
 * it is over, so that no more need come.  Then the end. */
void isrv_scan_header(struct isrv_scan *x, bool own);
bool isrv_scan_feed_header(struct isrv_scan *x, const char *data, size_t len);
void isrv_scan_end_header(struct isrv_scan *x);
/* A leaf begins; false: it is not looked into.  Then the octets of its body, as they are in the
 * message, with either line end.  Then the end. */
bool isrv_scan_part(struct isrv_scan *x, const struct isrv_part_info *info);
void isrv_scan_feed_part(struct isrv_scan *x, const char *data, size_t len);
void isrv_scan_end_part(struct isrv_scan *x);

/* Is there nothing left to be found in parts? */
static inline bool isrv_scan_is_full(const struct isrv_scan *x)
{
	return !x->bodies.left;
}

#endif
