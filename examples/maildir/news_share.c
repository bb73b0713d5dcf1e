/* SPDX-License-Identifier: MIT */
/*
 * news_share.c - what happens to rights, and who hears of another user's mailbox.  The hub finds
 * those who asked; what the library cannot know is left out here: that there was a mailbox of which
 * they must not know is not told when it goes or is renamed either.
 */
#include "news.h"

#include "acl.h"
#include "place.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void news_departing(struct account *account, struct imapsrv_span name)
{
	struct maildir *maildir = account->maildir;
	struct place place;
	int root;

	acl_clear(&maildir->departed);
	if (!maildir->share)
		return;
	root = place_open(account, name, &place, 0);
	if (root >= 0 && acl_read(root, place.dir, &maildir->departed))
		acl_clear(&maildir->departed);
	place_close(root, &place, 0);
}

void news_departed(struct maildir *maildir)
{
	acl_clear(&maildir->departed);
}

/* Has he it open?  Then the library knows what he may be shown, also of one that is gone. */
static bool has_open(const struct peer *peer, const struct place *place)
{
	const struct handle *handle = peer->handles;

	while (handle && (strcmp(handle->box->dir, place->dir) != 0 ||
	                  strcmp(handle->box->account, place->root) != 0))
		handle = handle->next_of_peer;
	return handle != NULL;
}

/* A mailbox of another, which is there or was. */
static bool may_hear_of(const struct peer *peer, const struct imapsrv_event *event,
                        const struct place *place)
{
	const uint32_t needed = IMAPSRV_RIGHT_LOOKUP | IMAPSRV_RIGHT_READ;
	uint32_t rights = 0;

	switch (event->type) {
	case IMAPSRV_EVENT_ACCESS_GAINED:
	case IMAPSRV_EVENT_ACCESS_LOST:
		return true;
	case IMAPSRV_EVENT_MAILBOX_DELETE:
		rights = acl_rights(&peer->maildir->departed, account_user(peer->seen));
		return rights & IMAPSRV_RIGHT_LOOKUP;
	default:
		break;
	}
	if (has_open(peer, place))
		return true;
	if (!account_rights(peer->seen, event->mailbox, false, &rights) && rights & needed)
		return true;
	/* What he has open may have got another name along with one that he must not see, of which
	 * the library tells nothing. */
	return event->type == IMAPSRV_EVENT_MAILBOX_RENAME &&
	       account_may_below(peer->seen, event->mailbox, needed);
}

bool news_may_hear(const struct peer *peer, const struct imapsrv_event *event)
{
	struct place place;

	if (!peer->seen || !event->mailbox.len ||
	    event->type == IMAPSRV_EVENT_MAILBOX_SUBSCRIBE ||
	    event->type == IMAPSRV_EVENT_MAILBOX_UNSUBSCRIBE ||
	    !place_is_shared(peer->maildir, event->mailbox))
		return true;
	bool may = place_find(peer->seen, event->mailbox, &place) &&
	           may_hear_of(peer, event, &place);
	place_clear(&place);
	return may;
}

void news_rights(const struct box *box, const char *who, bool lost,
                 const struct imapsrv_session *origin)
{
	struct imapsrv_event event = IMAPSRV_EVENT_INIT;
	const char *owner = strrchr(box->account, '/') + 1;
	struct maildir *maildir = box->maildir;
	bool all = !strcmp(who, "anyone");

	if (!place_is_sharer(maildir, owner))
		return;
	char *name = place_shared_name(maildir, owner, box->name);
	event.type = lost ? IMAPSRV_EVENT_ACCESS_LOST : IMAPSRV_EVENT_ACCESS_GAINED;
	event.mailbox = (struct imapsrv_span){name, strlen(name)};
	event.origin = origin;
	imapsrv_hub_publish_account(maildir->hub,
	                            (struct imapsrv_span){who, all ? 0 : strlen(who)}, &event);
	free(name);
	news_hold_again(maildir, box->account);
}
