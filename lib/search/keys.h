/* SPDX-License-Identifier: MIT */
/*
 * search/keys - the search keys, one row each (RFC 9051 6.4.4, RFC 3501 6.4.4, RFC 7162 3.1.5), and
 * what reads their arguments.  How keys are joined by NOT, OR and parentheses is program.c's
 * affair.
 *
 * A new key is a row of the table in keys.c; if no kind of term can say what it asks for, also a
 * kind in program.h and its test in evaluate.c.
 */
#ifndef ISRV_SEARCH_KEYS_H
#define ISRV_SEARCH_KEYS_H

#include "search/program.h"

/* What a row may use while a program is being read. */
struct isrv_program_parser {
	struct isrv_program *p;
	struct isrv_reader *r;
	struct imapsrv_span charset; /* of the strings; data NULL: UTF-8 */
	const char *begin;           /* of the program */
	struct isrv_filter_name **filters_end;
	/* The rest is program.c's own. */
	const struct imapsrv_limits *limits;
	uint32_t features; /* enum isrv_search_feature */
	struct isrv_program_open *open;
	uint32_t open_count;
	uint32_t open_cap;
	uint32_t cap;   /* of p->terms */
	uint32_t depth; /* parentheses that are open */
	uint32_t keys;
	uint32_t height; /* values on the evaluation stack at this point, */
	uint32_t height_max;
};

struct isrv_key {
	const char *name; /* upper case; the rows are sorted by it */
	/* Reads what stands behind the name, the SP included, and adds the term.  False: r says
	 * what was expected, or that there is no memory.  NULL: NOT, OR and FUZZY. */
	bool (*parse)(struct isrv_program_parser *x, const struct isrv_key *key);
	uint32_t arg;      /* for `parse` */
	bool negate;       /* its opposite is meant */
	uint32_t features; /* enum isrv_search_feature: not known unless all of these are on */
};

/* NULL: there is no such key. */
const struct isrv_key *isrv_key_find(struct imapsrv_span name);
/* A sequence-set, of UIDs or numbers. */
bool isrv_key_set(struct isrv_program_parser *x, bool uid);

/*
 * Adds a leaf (program.c); `facts` is what it looks at, 0 for the UID alone.  The caller fills in
 * term->u.  NULL: no memory, r->nomem is set.
 */
struct isrv_term *isrv_program_leaf(struct isrv_program_parser *x, enum isrv_term_kind kind,
                                    bool negate, uint32_t facts);
/* Joins the last two leaves that were added: a key that stands for two of them. */
bool isrv_program_both(struct isrv_program_parser *x);

#endif
