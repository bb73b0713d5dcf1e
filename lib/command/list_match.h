/* SPDX-License-Identifier: MIT */
/*
 * command/list_match - mailbox names against LIST's patterns (RFC 9051 6.3.9): "*" stands for any
 * octets, "%" for any but the hierarchy separator, everything else for itself; INBOX in any case.
 *
 * All the places of a pattern where a name may have led to are kept as bits and moved on together,
 * so that the work is the product of the two lengths (over 64) whatever the pattern: "*a*a*a*b"
 * cannot make it go back and try again (ATTACKS T18).  One pass over a name also tells which of its
 * superior names match.
 */
#ifndef ISRV_COMMAND_LIST_MATCH_H
#define ISRV_COMMAND_LIST_MATCH_H

#include <stdbool.h>

#include "base/arena.h"

struct isrv_list_pattern {
	size_t literals; /* octets that stand for themselves */
	size_t words;    /* of 64 bits, one bit for each number of literals matched, 0..literals */
	uint64_t *masks; /* for each class of octets, which literals it is */
	uint64_t *many;  /* behind which literals stands a "*" */
	uint64_t *level; /* and a "%" */
	uint64_t *state; /* of the pass at work */
	bool levels;     /* ends in "%": levels of hierarchy that are no mailboxes match as well */
	bool live;       /* the pass at work may still come to a match */
	uint8_t class_of[256]; /* 0: none of the literals */
};

/* 0, or how many octets the arena did not have.  The result does not need `pattern` any more. */
size_t isrv_list_compile(struct isrv_list_pattern *p, struct isrv_arena *arena,
                         struct imapsrv_span pattern);

/* The longest start that all names matched by one of the patterns, and all names below those,
 * have in common: a hint for the host.  A span of the first pattern, or "INBOX". */
struct imapsrv_span isrv_list_prefix(const struct imapsrv_span *patterns, size_t count,
                                     char separator);

/* Is the first level of this name INBOX, in any case? */
bool isrv_list_is_inbox(const char *name, size_t len, char separator);

enum isrv_list_match {
	ISRV_LIST_MATCH = 1 << 0,
	ISRV_LIST_MATCH_LEVEL = 1 << 1 /* by a pattern that ends in "%" */
};

/* A pass over one name and the names superior to it. */
struct isrv_list_scan {
	struct isrv_list_pattern *patterns;
	size_t count;
	const char *name;
	size_t len;
	size_t at;
	char separator;
	size_t folded; /* so many octets at the start match in any case */
	uint64_t *steps;
};

void isrv_list_scan_init(struct isrv_list_scan *scan, struct isrv_list_pattern *patterns,
                         size_t count, const char *name, size_t len, char separator,
                         uint64_t *steps);
/* The next longer part of the name that is a name of its own ("a", "a/b", "a/b/c") and matches;
 * *len_r is its length, *how_r says enum isrv_list_match.  False: there is none. */
bool isrv_list_scan_next(struct isrv_list_scan *scan, size_t *len_r, unsigned *how_r);

#endif
