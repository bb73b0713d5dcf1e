/* SPDX-License-Identifier: MIT */
/*
 * news_held.h - mailboxes that are held because somebody wants to hear of them.
 */
#ifndef MAILDIR_NEWS_HELD_H
#define MAILDIR_NEWS_HELD_H

#include "news.h"

#define NAMES_BITS                                                                                 \
	(IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_MAILBOX_CREATE) |                                         \
	 IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_MAILBOX_DELETE))
/* What the one box of a mailbox is looked at for. */
#define BOX_BITS                                                                                   \
	(IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_MESSAGE_NEW) |                                            \
	 IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_MAILBOX_METADATA) |                                       \
	 IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_MESSAGE_EXPUNGE) |                                        \
	 IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_FLAGS_SET))

/* An interest that came or went while an event was being posted: boxes and trees stay as they are
 * until that is over. */
struct later {
	struct later *next;
	struct peer *peer;
	char *user;
	enum imapsrv_scope scope;
	char *name;
	size_t name_len;
	uint32_t events;
	bool add;
};

void held_add(const struct later *in);
void held_take_away(const struct later *in);
/* Where rights have changed others are held. */
void held_refresh(struct maildir *maildir);

#endif
