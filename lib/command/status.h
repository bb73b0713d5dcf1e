/* SPDX-License-Identifier: MIT */
/*
 * command/status - the numbers of one mailbox, for STATUS and for LIST's return option STATUS:
 * asked from the host's `status`, and counted with open, uids, fetch and body as far as that does
 * not answer.
 *
 * A caller calls isrv_status_begin, then isrv_status_step until it says DONE; its own `drop` calls
 * isrv_status_drop.
 */
#ifndef ISRV_COMMAND_STATUS_H
#define ISRV_COMMAND_STATUS_H

#include "base/claims.h"
#include "base/objectid.h"
#include "session/body.h"
#include "session/session.h"

#define ISRV_STATUS_RANGES 64u
#define ISRV_STATUS_OCTETS ((uint64_t)INT64_MAX) /* at most: RFC 9051 9 number64 */

struct isrv_status_sizeless {
	uint32_t uid;
	bool deleted;
};

struct isrv_status {
	struct imapsrv_span name;
	uint32_t items; /* enum imapsrv_status_item, or-ed: what is asked */

	/* What came of it. */
	bool refused;   /* s->result says why; or the session has failed */
	struct imapsrv_status is;

	/* The routine's own. */
	uint8_t at;
	bool selected;     /* it was when this began, by that name */
	bool opened;       /* `mailbox` is to be closed */
	bool more;         /* `uids` has no room for the rest of the mailbox */
	bool nomem;        /* an answer did not fit */
	void *mailbox;
	struct imapsrv_status counted;
	uint32_t recent_from;
	uint32_t from;     /* uids: ask from here */
	uint32_t top;      /* and so far was counted */
	struct isrv_uidset uids;
	size_t range;      /* fetch: of uids, the next range */
	uint32_t next;     /* and from which UID of it on; 0: all of it */
	uint32_t facts;
	uint32_t ask;      /* which items are asked of the host's `status` */
	size_t part_count;
	struct imapsrv_range part[ISRV_STATUS_RANGES];
	struct isrv_claims claims; /* of its messages, by their place in it */
	/* Messages whose octets are to be counted, at most limits.batch. */
	struct isrv_status_sizeless *sizeless;
	uint32_t sizeless_count;
	struct isrv_body_cursor body;
	char mailboxid[ISRV_OBJECTID_MAX]; /* is.mailboxid */
};

/* status-att *(SP status-att) in parentheses. */
struct isrv_parse;
bool isrv_status_parse(struct isrv_parse *p, uint32_t *items_r);

/* *q is all zero, or was the routine for another mailbox and has the same arena still. */
void isrv_status_begin(struct isrv_status *q, struct imapsrv_span name, uint32_t items);
/* DONE, HOST or YIELD. */
enum isrv_step isrv_status_step(struct imapsrv_session *s, struct isrv_status *q);
void isrv_status_drop(struct imapsrv_session *s, struct isrv_status *q);
/* The untagged response. */
void isrv_status_put(struct imapsrv_session *s, const struct isrv_status *q);

#endif
