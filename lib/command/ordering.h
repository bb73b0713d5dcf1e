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
	struct isrv_filters filters; /* isrv_filters_step before `begin` */
	struct isrv_program program;
	struct isrv_searcher x;
	struct isrv_gather g;  /* the caller sets its first members */
	struct isrv_pool pool; /* for whatever is kept of the messages */
	bool found;            /* the search is done */
	/* While a host that puts messages in order by itself is asked: */
	struct imapsrv_set uids; /* what it is asked for */
	uint8_t *claimed;        /* a bit for each number in the mailbox */
	size_t claimed_size;
	bool broken; /* its answer makes no sense */
	bool nomem;  /* there is no memory for it */
};

/* search-criteria, to the end of the command. */
bool isrv_ordering_parse(struct isrv_parse *p, struct isrv_ordering *o);
/* False: the reply is set, or the session has failed. */
bool isrv_ordering_begin(struct imapsrv_session *s, struct isrv_ordering *o);
/* Both: DONE: *ok_r says whether all was found, or handed to o->g.take; if not, the reply is set,
 * or the session has failed. */
enum isrv_step isrv_ordering_search(struct imapsrv_session *s, struct isrv_ordering *o, bool *ok_r);
enum isrv_step isrv_ordering_gather(struct imapsrv_session *s, struct isrv_ordering *o, bool *ok_r);

/* Before the host is asked: sets o->uids.  False: the reply is set, or the session has failed. */
bool isrv_ordering_ask(struct imapsrv_session *s, struct isrv_ordering *o);
/* The host has named a message.  False: it may not be told, as it is gone, or o->broken. */
bool isrv_ordering_claim(struct imapsrv_session *s, struct isrv_ordering *o, uint32_t uid);
enum isrv_ordering_answer {
	ISRV_ORDERING_GIVEN,  /* what the host gave is to be told */
	ISRV_ORDERING_OWN,    /* it is not: the library has to do it */
	ISRV_ORDERING_REFUSED /* the reply is set, or the session has failed */
};
/* The host has answered, with so many messages. */
enum isrv_ordering_answer isrv_ordering_answered(struct imapsrv_session *s, struct isrv_ordering *o,
                                                 uint32_t messages);
/* The pool gave no more: NO [LIMIT], or the end of the session where memory itself has run out. */
void isrv_ordering_full(struct imapsrv_session *s, const struct isrv_ordering *o);
/* Some are gone that the client still sees. */
bool isrv_ordering_missing(const struct isrv_ordering *o);
/* Gives back what is held outside the arena and the pool. */
void isrv_ordering_drop(struct imapsrv_session *s, struct isrv_ordering *o);

#endif
