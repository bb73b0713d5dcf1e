/* SPDX-License-Identifier: MIT */
/*
 * command/arrived - new messages of the selected mailbox shown to a client that asked for it: by
 * MessageNew of NOTIFY (RFC 5465 5.2) all of them, by UPDATE of a SEARCH (RFC 5465 7) those that
 * were added to its result.  "These attributes SHOULD be combined into a single FETCH response."
 *
 * They come behind EXISTS and ESEARCH: of the two orders that RFC 5465 has, 5.2's "MUST follow any
 * ESEARCH ADDTO responses" is taken, and not that of the example in 7.
 */
#ifndef ISRV_COMMAND_ARRIVED_H
#define ISRV_COMMAND_ARRIVED_H

#include "command/fetch.h"

struct isrv_arrived {
	struct isrv_uidset uids; /* that arrived */
	uint32_t from;           /* those below were shown; 0: nothing has begun */
	struct isrv_uidset part; /* of the rest, the lowest that are shown alike */
	struct isrv_fetch_items items;
	void *fetch; /* NULL: none of them is being shown */
};

void isrv_arrived_init(struct isrv_arrived *a);
/* Shows what arrived until now, with the session's arena for itself.  DONE: all of it, or the
 * session has failed. */
enum isrv_step isrv_arrived_step(struct imapsrv_session *s, struct isrv_arrived *a);
/* Gives back what is held, in any state. */
void isrv_arrived_drop(struct imapsrv_session *s, struct isrv_arrived *a);

#endif
