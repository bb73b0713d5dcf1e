/* SPDX-License-Identifier: MIT */
/*
 * command/filters - named filters in a search program (FILTERS, RFC 5466): FILTER and a name stand
 * for search keys that are kept among the annotations of the server.
 *
 * A program is read twice: with its arguments, when what the names stand for is not known; and, in
 * `step`, when that was asked for and put in their place.  A filter may name others; after
 * ISRV_FILTER_PASSES rounds one that is still there is taken for undefined (3.1), so a loop ends.
 */
#ifndef ISRV_COMMAND_FILTERS_H
#define ISRV_COMMAND_FILTERS_H

#include "search/program.h"
#include "session/session.h"

#define ISRV_FILTER_PASSES 8u

struct isrv_filter_value {
	struct imapsrv_span entry; /* its name, in lower case */
	struct imapsrv_span value;
	bool known;   /* there is such an entry */
	bool checked; /* and it is a program */
};

struct isrv_filters {
	struct imapsrv_span text; /* the program as it was read last; of the command, or in the
	                           * arena */
	uint32_t features;        /* enum isrv_search_feature, with which it is read */
	bool criteria;            /* charset first: SORT and THREAD */
	bool no_saved;            /* "$" is not known */

	/* Its own. */
	bool asked;
	bool nomem;
	uint32_t passes;
	struct isrv_filter_value *values; /* in the order of their entries */
	uint32_t value_count;
};

/* The program that stands at p->r, to the end of the command. */
bool isrv_filters_parse(struct isrv_parse *p, struct isrv_filters *f, bool criteria,
                        uint32_t features, struct isrv_program *program);
/* Keeps the text as long as the command, not only its octets. */
bool isrv_filters_keep(struct isrv_parse *p, struct isrv_filters *f);
/* Is this entry (in lower case) a filter, and of which name? */
bool isrv_filters_entry(struct imapsrv_span entry, struct imapsrv_span *name_r);
/* Does r hold what a filter may: search keys, whole, to the end?  False: it does not, or
 * r->nomem. */
bool isrv_filters_hold(struct isrv_reader *r, const struct imapsrv_limits *limits,
                       uint32_t features);
/* Puts filters where they are named.  DONE: true in *ok_r, and the program can be used; or the
 * reply is set, or the session has failed. */
enum isrv_step isrv_filters_step(struct imapsrv_session *s, struct isrv_filters *f,
                                 struct isrv_program *program, bool *ok_r);

#endif
