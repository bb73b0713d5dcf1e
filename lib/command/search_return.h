/* SPDX-License-Identifier: MIT */
/*
 * command/search_return - the result options of SEARCH, and of commands that take the same ones
 * (RFC 9051 6.4.4, RFC 4731 3.1, RFC 5182, RFC 5267 4, RFC 5465 7, RFC 6203 4, RFC 9394 3.1), and
 * the beginning of the ESEARCH response that answers them.
 */
#ifndef ISRV_COMMAND_SEARCH_RETURN_H
#define ISRV_COMMAND_SEARCH_RETURN_H

#include "command/partial.h"
#include "session/session.h"

enum isrv_return_option {
	ISRV_RETURN_MIN = 1 << 0,
	ISRV_RETURN_MAX = 1 << 1,
	ISRV_RETURN_ALL = 1 << 2,
	ISRV_RETURN_COUNT = 1 << 3,
	ISRV_RETURN_SAVE = 1 << 4,
	ISRV_RETURN_PARTIAL = 1 << 5,
	ISRV_RETURN_CONTEXT = 1 << 6, /* a hint (RFC 5267 4.2), of which nothing is made */
	ISRV_RETURN_UPDATE = 1 << 7,
	ISRV_RETURN_RELEVANCY = 1 << 8 /* only with a program that is fuzzy */
};

struct isrv_search_return {
	uint32_t options;            /* enum isrv_return_option; 0: RETURN was not given */
	struct isrv_partial partial; /* with PARTIAL */
	/* With UPDATE: the fetch-atts of RFC 5465 7 with their parentheses, in the arena; len 0:
	 * none. */
	struct imapsrv_span fetch;
	bool fetch_modseq; /* one of them is MODSEQ */
};

/*
 * search-return-opts = SP "RETURN" SP "(" [search-return-opt *(SP search-return-opt)] ")", behind
 * the SP; and the SP that follows.  Without RETURN nothing is taken and options is 0.  `sort`: in a
 * SORT (RFC 5267 3.1), where ESORT offers what ESEARCH offers elsewhere.
 */
bool isrv_search_return_parse(struct isrv_parse *p, struct isrv_search_return *r, bool sort);

/* "* ESEARCH (TAG "A282") UID", without the UID in a command without it. */
void isrv_search_return_begin(struct imapsrv_session *s);
/* What of a result can be said in a few words: " MIN 2 MAX 47 COUNT 3 ALL ", where ALL is one of
 * the options the set follows; where PARTIAL is, " PARTIAL (1:5 ", and the set or, without `part`,
 * a NIL that is written, and a parenthesis.  min and max are not looked at where there is no
 * message. */
void isrv_search_return_put(struct imapsrv_session *s, const struct isrv_search_return *r,
                            uint32_t min, uint32_t max, uint32_t count, bool part);

#endif
