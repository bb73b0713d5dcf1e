/* SPDX-License-Identifier: MIT */
/*
 * command/ordering - what SORT and THREAD do alike (RFC 5256 3): they search the selected mailbox,
 * and then look at what they found, one message after the other, within memory that limits.sort
 * bounds.
 */
#ifndef ISRV_COMMAND_ORDERING_H
#define ISRV_COMMAND_ORDERING_H

#include "command/memory.h"
#include "command/searching.h"
#include "session/gather.h"
#include "session/pool.h"

struct isrv_ordering {
	struct isrv_program program;
	struct isrv_searcher x;
	struct isrv_gather g;  /* the caller sets its first members */
	struct isrv_pool pool; /* for whatever is kept of the messages */
	bool found;            /* the search is done */
};

/* search-criteria, to the end of the command. */
bool isrv_ordering_parse(struct isrv_parse *p, struct isrv_ordering *o);
/* False: the reply is set, or the session has failed. */
bool isrv_ordering_begin(struct imapsrv_session *s, struct isrv_ordering *o);
/* DONE: *ok_r says whether all messages were handed to o->g.take; if not, the reply is set, or the
 * session has failed. */
enum isrv_step isrv_ordering_step(struct imapsrv_session *s, struct isrv_ordering *o, bool *ok_r);
/* The pool gave no more: NO [LIMIT], or the end of the session where memory itself has run out. */
void isrv_ordering_full(struct imapsrv_session *s, const struct isrv_ordering *o);
/* Some are gone that the client still sees. */
bool isrv_ordering_missing(const struct isrv_ordering *o);
/* Gives back what is held outside the arena and the pool. */
void isrv_ordering_drop(struct imapsrv_session *s, struct isrv_ordering *o);

#endif
