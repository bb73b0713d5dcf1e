/* SPDX-License-Identifier: MIT */
/* command/mailboxes - what CREATE, DELETE, RENAME and SUBSCRIBE have in common. */
#ifndef ISRV_COMMAND_MAILBOXES_H
#define ISRV_COMMAND_MAILBOXES_H

#include "session/access.h"

bool isrv_mailbox_is_inbox(struct imapsrv_span name);
/* Is `name` below `up` in the hierarchy? */
bool isrv_mailbox_is_below(const struct imapsrv_session *s, struct imapsrv_span name,
                           struct imapsrv_span up);
/* Is there no empty level in the name?  Hosts are promised that (imapsrv/mailboxes.h). */
bool isrv_mailbox_is_whole(const struct imapsrv_session *s, struct imapsrv_span name);
/* The selected mailbox is not there any more under the name that the client knows: says so, and
 * leaves it. */
void isrv_mailbox_leave(struct imapsrv_session *s);
/* CREATE or RENAME was refused because there is a mailbox of that name; but this user may not see
 * it (RFC 4314 6), and all that he learns then is that he may not.  DONE: the reply is set. */
enum isrv_step isrv_mailbox_taken(struct imapsrv_session *s, struct isrv_access *a,
                                  struct imapsrv_span name);
/* The name of the selected mailbox; empty if none is. */
struct imapsrv_span isrv_mailbox_selected(const struct imapsrv_session *s);
/* Was it deleted by others, so that what has its name is another?  To be asked before a command
 * changes names: the host may not say that what it posts meanwhile is of this session. */
static inline bool isrv_mailbox_is_apart(const struct imapsrv_session *s)
{
	return s->view && s->view->removed;
}

#endif
