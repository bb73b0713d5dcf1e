/* SPDX-License-Identifier: MIT */
/*
 * imapsrv/event.h - something happened in the store (RFC 5423).  The host posts it to each session
 * that has the mailbox open; the library tells the client when the protocol allows, and asks the
 * store for what the event does not say.
 */
#ifndef IMAPSRV_EVENT_H
#define IMAPSRV_EVENT_H

#include "imapsrv/types.h"

#ifdef __cplusplus
extern "C" {
#endif

struct imapsrv_session;

enum imapsrv_event_type {
	IMAPSRV_EVENT_MESSAGE_NEW = 1,  /* delivered                                              */
	IMAPSRV_EVENT_MESSAGE_APPEND,   /* added by a client: APPEND, COPY, MOVE                  */
	IMAPSRV_EVENT_MESSAGE_EXPUNGE,  /* removed                                                */
	IMAPSRV_EVENT_MESSAGE_EXPIRE,   /* removed by a rule of the server                        */
	IMAPSRV_EVENT_MESSAGE_READ,     /* \Seen was set                                          */
	IMAPSRV_EVENT_MESSAGE_TRASH,    /* \Deleted was set                                       */
	IMAPSRV_EVENT_FLAGS_SET,        /* flags or keywords were set                             */
	IMAPSRV_EVENT_FLAGS_CLEAR,      /* flags or keywords were cleared                         */
	IMAPSRV_EVENT_MAILBOX_CHANGED   /* messages may have come or gone: compare with the store */
};

struct imapsrv_event {
	size_t size;
	enum imapsrv_event_type type;
	struct imapsrv_span mailbox; /* the name by which the session opened it */
	struct imapsrv_set uids;     /* the messages; empty with MESSAGE_NEW and MESSAGE_APPEND means "look which
	                                are new"; not used by MAILBOX_CHANGED */
	const struct imapsrv_session *origin; /* the session whose command did it, or NULL.  It may be posted there as
	                                         well: what that session knows already is told once */
};
#define IMAPSRV_EVENT_INIT {sizeof(struct imapsrv_event), IMAPSRV_EVENT_MAILBOX_CHANGED, {NULL, 0}, {NULL, 0}, NULL}

#ifdef __cplusplus
}
#endif

#endif
