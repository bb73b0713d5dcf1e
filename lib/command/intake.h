/* SPDX-License-Identifier: MIT */
/*
 * command/intake - messages that a client sends, or has made of others, taken in: append-message of
 * RFC 4466 4, streamed to the host.  APPEND and REPLACE are made of this; what they say about it is
 * their own.
 *
 * A caller lets isrv_intake_parse read the arguments from the mailbox on, fills in what else is
 * first in the structure, and calls isrv_intake_step until it says DONE; its row's `literal` ends
 * in isrv_intake_literal (intake_parse), its `drop` in isrv_intake_drop.
 */
#ifndef ISRV_COMMAND_INTAKE_H
#define ISRV_COMMAND_INTAKE_H

#include "command/intake_parse.h"
#include "message/ascii_header.h"
#include "session/access.h"

struct isrv_catenate;

struct isrv_intake {
	/* What to do. */
	struct imapsrv_span name; /* where to */
	void *mailbox;            /* REPLACE: the host's handle of the selected mailbox */
	uint32_t replaced;        /* and the UID of the message that goes; 0: APPEND */

	/* What came of it. */
	bool stored;          /* else the reply is set */
	uint32_t uidvalidity; /* 0: the UIDs are not known */
	struct imapsrv_set uids;

	/* The routine's own. */
	uint8_t at;
	struct isrv_intake_items items; /* what is to be done before more is read */
	struct isrv_access access;
	struct isrv_intake_message message; /* comes next; keywords in the framer's buffer */
	struct isrv_ascii_header header; /* of the message that is being taken */
	bool announced;                 /* a literal, which is neither taken nor refused yet */
	bool begun;                     /* the host has an append open */
	void *handle;
	uint32_t messages;              /* that were begun */
	uint64_t octets;                /* of a catenated one, so far */
	struct isrv_catenate *urls;     /* NULL: there were none yet */
};

/* mailbox append-message, to the end of the line. */
bool isrv_intake_parse(struct isrv_parse *p, struct isrv_intake *t);
/* Instead of the first step: the reply is set, the message is not wanted.  Go on with step. */
void isrv_intake_refuse(struct imapsrv_session *s, struct isrv_intake *t);
/* Tells the selected view what is new in it. */
enum isrv_step isrv_intake_step(struct imapsrv_session *s, struct isrv_intake *t);
/* Gives back what one that was not done holds. */
void isrv_intake_drop(struct imapsrv_session *s, struct isrv_intake *t);
/* May and can an APPENDUID be given (RFC 4315 3)? */
bool isrv_intake_has_appenduid(const struct imapsrv_session *s, const struct isrv_intake *t);
/* "APPENDUID v uids", without brackets. */
void isrv_intake_put_appenduid(struct imapsrv_session *s, const struct isrv_intake *t);

#endif
