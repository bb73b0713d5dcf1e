/* SPDX-License-Identifier: MIT */
/*
 * command/esearch_sources - which mailboxes an ESEARCH searches (RFC 7377 2.2): what it says, and
 * the names that this comes to, each once and in order.
 */
#ifndef ISRV_COMMAND_ESEARCH_SOURCES_H
#define ISRV_COMMAND_ESEARCH_SOURCES_H

#include "command/filter.h"
#include "session/session.h"

struct isrv_esearch_sources {
	bool selected; /* the mailbox that is selected is one */
	bool others;   /* there are others; set by `parse` with what follows */
	struct isrv_names names; /* the others, as far as they are known; the selected one may be
	                          * among them */

	/* Its own. */
	struct isrv_filter *filters;
	uint32_t count;
	struct isrv_filter_count counted;
	uint8_t at;
	bool nomem;
	bool too_many;
	struct isrv_notify *groups; /* filters that speak of more than names */
};

/* [esearch-source-opts SP]; without them it is "selected" alone. */
bool isrv_esearch_sources_parse(struct isrv_parse *p, struct isrv_esearch_sources *o);
/* Finds the names.  DONE: true in *ok_r, or the reply is set, or the session has failed. */
enum isrv_step isrv_esearch_sources_step(struct imapsrv_session *s, struct isrv_esearch_sources *o,
                                         bool *ok_r);
void isrv_esearch_sources_drop(struct imapsrv_session *s, struct isrv_esearch_sources *o);

#endif
