/* SPDX-License-Identifier: MIT */
/*
 * imapsrv/search.h - what a client searches for, as a store with an index sees it (RFC 9051 6.4.4):
 * a program as a tree of keys, read-only, from the question until its op is done.
 *
 * The store may answer the whole program, some of its keys, or none.  For each node that it answers
 * it names the messages that are true of it (certain) and those that may be (candidates); all
 * others are not.  The library looks at candidates itself, and works out what was not answered.
 *
 * A store that knows nothing of a key, or of a message that it has not indexed yet, names
 * candidates.  It answers for the messages that it is asked about, whatever else it names.
 */
#ifndef IMAPSRV_SEARCH_H
#define IMAPSRV_SEARCH_H

#include "imapsrv/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a node asks of a message, and which members say more. */
enum imapsrv_search_kind {
	IMAPSRV_SEARCH_AND,           /* left, right */
	IMAPSRV_SEARCH_OR,            /* left, right */
	IMAPSRV_SEARCH_NOT,           /* left */
	IMAPSRV_SEARCH_ALL,           /* nothing: it is true of all */
	IMAPSRV_SEARCH_UIDS,          /* uids: it is one of them.  Numbers, "$" and \Recent too */
	IMAPSRV_SEARCH_FLAG,          /* flag: it is set */
	IMAPSRV_SEARCH_KEYWORD,       /* name: it is set, in any case */
	IMAPSRV_SEARCH_DATE,          /* first..last: days since 1970-01-01 of INTERNALDATE in its
	                                 own zone */
	IMAPSRV_SEARCH_AGE,           /* first..last: INTERNALDATE, seconds since 1970-01-01 UTC
	                                 (RFC 5032) */
	IMAPSRV_SEARCH_SAVEDATE,      /* first..last: days, as DATE, of the save date; of
	                                 INTERNALDATE where there is none (RFC 8514 4.3) */
	IMAPSRV_SEARCH_HAS_SAVEDATE,  /* it has one */
	IMAPSRV_SEARCH_SENT,          /* first..last: days of the Date field as it is written; a
	                                 message without one that can be read is never meant */
	IMAPSRV_SEARCH_SIZE,          /* least..most: octets, with every line end counted as CRLF;
	                                 none if most is below least */
	IMAPSRV_SEARCH_MODSEQ,        /* least: this sequence or a higher one (RFC 7162 3.1.5) */
	IMAPSRV_SEARCH_EMAILID,       /* name: it is this (RFC 8474 6) */
	IMAPSRV_SEARCH_THREADID,      /* name likewise */
	IMAPSRV_SEARCH_FIELD,         /* name, text: a field of its own header of that name, in any
	                                 case, holds it; an empty text is in each */
	IMAPSRV_SEARCH_TEXT,          /* text: it is in any header or any text */
	IMAPSRV_SEARCH_BODY,          /* text: it is in any text */
	IMAPSRV_SEARCH_ANNOTATION,    /* name: an entry or a pattern, as imapsrv_annotate_get has
	                                 it; flag: enum imapsrv_annotation_value, or-ed; text: it
	                                 is in one of these values of such an entry */
	IMAPSRV_SEARCH_FUZZY          /* left: it matches that, or nearly, as the store sees fit
	                                 (RFC 6203 3).  Not answered, it is what left is.  Only
	                                 seen by a store with imapsrv_store.fuzzy */
};

struct imapsrv_search_node {
	enum imapsrv_search_kind kind;
	int negated; /* not 0: it is true where what its kind says is not */
	const struct imapsrv_search_node *left; /* NULL where there is none */
	const struct imapsrv_search_node *right;
	/* The nodes in an order in which each comes behind those below it: so that no recursion is
	 * needed.  NULL: it is the root. */
	const struct imapsrv_search_node *following;
	struct imapsrv_set uids;
	uint32_t flag; /* enum imapsrv_flag, one; ANNOTATION: which values */
	struct imapsrv_span name;
	struct imapsrv_span text; /* UTF-8, mapped by i;unicode-casemap (RFC 5051: titlecase,
	                             decomposed), runs of white space made one space.  Texts are to
	                             be mapped likewise */
	int64_t first; /* both included */
	int64_t last;
	uint64_t least; /* both included */
	uint64_t most;
};

struct imapsrv_search {
	void *mailbox;
	struct imapsrv_set uids; /* no others are of interest */
	const struct imapsrv_search_node *root;
	const struct imapsrv_search_node *first; /* a leaf; then `following`, up to the root */
	int relevancy; /* not 0: how relevant matches are is wanted (imapsrv_op_relevancy) */
};

#ifdef __cplusplus
}
#endif

#endif
