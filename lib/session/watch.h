/* SPDX-License-Identifier: MIT */
/*
 * session/watch - tells the host what this session cares about (imapsrv/event.h): the selected
 * mailbox, the account, and what NOTIFY asked for.  Only differences are told, each interest is
 * withdrawn exactly as it was added, and all are before the account is given back.
 */
#ifndef ISRV_SESSION_WATCH_H
#define ISRV_SESSION_WATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "imapsrv/event.h"
#include "mailbox/view.h"

/* The kinds of event that concern messages, as a view takes them. */
#define ISRV_WATCH_MESSAGES                                                                        \
	(IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_MESSAGE_NEW) |                                            \
	 IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_MESSAGE_APPEND) |                                         \
	 IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_MESSAGE_EXPUNGE) |                                        \
	 IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_MESSAGE_EXPIRE) |                                         \
	 IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_MESSAGE_READ) |                                           \
	 IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_MESSAGE_TRASH) |                                          \
	 IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_FLAGS_SET) |                                              \
	 IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_FLAGS_CLEAR) |                                            \
	 IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_MAILBOX_CHANGED))

void isrv_watch_change(struct imapsrv_session *s, const struct imapsrv_interest *added,
                       size_t added_count, const struct imapsrv_interest *removed,
                       size_t removed_count);
/* A mailbox that was closed, or by a name of which nobody can hear that it is another by now. */
void isrv_watch_selected(struct imapsrv_session *s, const char *name, size_t len, bool on);
/* A mailbox that is open, or about to be; if `was` is not NULL it was watched by that name, which
 * is freed.  The host may post that it was renamed while it is told of it. */
void isrv_watch_view(struct imapsrv_session *s, struct isrv_view *v, char *was, size_t was_len);
/* The client has logged in, or is about to be logged out. */
void isrv_watch_account(struct imapsrv_session *s, bool on);

#endif
