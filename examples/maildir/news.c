/* SPDX-License-Identifier: MIT */
/*
 * news.c - the hub, and what sessions want to hear of.
 */
#include "news.h"

#include "news_held.h"

#include <stdlib.h>
#include <string.h>

/* ---- to the sessions ---------------------------------------------------------------------- */

static void on_wake(void *user, uint32_t group)
{
	struct maildir *maildir = user;
	struct imapsrv_hub_member *member;
	const struct imapsrv_event *event;

	maildir->posting++;
	while ((member = imapsrv_hub_next(maildir->hub, group))) {
		struct peer *peer = imapsrv_hub_user(member);

		while ((event = imapsrv_hub_take(member)))
			if (news_may_hear(peer, event))
				imapsrv_session_post(peer->session, event);
		peer->wake(peer);
	}
	maildir->posting--;
}

void news_begin(struct maildir *maildir)
{
	struct imapsrv_hub_config config = IMAPSRV_HUB_CONFIG_INIT;

	config.separator = maildir->separator;
	config.secret = clock_ms() * 2654435761u ^ (uint64_t)(uintptr_t)maildir;
	config.wake = on_wake;
	config.user = maildir;
	int result = imapsrv_hub_new(&config, &maildir->hub);
	if (result)
		die("no hub: %s", imapsrv_strerror(result));
}

/* ---- interests ---------------------------------------------------------------------------- */

void news_settle(struct maildir *maildir)
{
	while (maildir->later && !maildir->posting) {
		struct later *l = maildir->later;

		maildir->later = l->next;
		if (!maildir->later)
			maildir->later_end = NULL;
		if (l->add)
			held_add(l);
		else
			held_take_away(l);
		free(l->user);
		free(l->name);
		free(l);
	}
}

void news_work(struct maildir *maildir)
{
	news_settle(maildir);
	if (!maildir->posting)
		held_refresh(maildir);
}

static void put_off(struct peer *peer, const struct account *account,
                    const struct imapsrv_interest *in, bool on)
{
	struct maildir *maildir = peer->maildir;
	struct later *l;

	if (in->scope == IMAPSRV_SCOPE_ACCOUNT || !(in->events & (BOX_BITS | NAMES_BITS)))
		return;
	l = xcalloc(1, sizeof *l);
	*l = (struct later){.peer = peer, .user = xstrdup(account_user(account)),
	                    .scope = in->scope, .name_len = in->name.len, .events = in->events,
	                    .add = on};
	l->name = xstrndup(in->name.len ? in->name.data : "", in->name.len);
	if (maildir->later)
		maildir->later_end->next = l;
	else
		maildir->later = l;
	maildir->later_end = l;
}

static void see(struct peer *peer, struct account *account)
{
	struct imapsrv_hub_view view = IMAPSRV_HUB_VIEW_INIT;
	const char *user = account_user(account), *share = account->maildir->share;
	struct text topic = {0};

	news_put_user(&topic, user, account->maildir->separator);
	struct imapsrv_hub_mount mounts[2] = {{{NULL, 0}, {topic.data, topic.len}},
	                                      {{share, share ? strlen(share) : 0}, {NULL, 0}}};
	view.account = (struct imapsrv_span){user, strlen(user)};
	view.mounts = mounts;
	view.mount_count = share ? 2 : 1;
	imapsrv_hub_see(peer->member, &view);
	text_clear(&topic);
	peer->seen = account;
}

/* Where the hub has no memory for something it makes the session look everything up. */
static void cb_changed(void *user, struct imapsrv_session *session,
                       const struct imapsrv_watch_change *change)
{
	struct peer *peer = user;

	peer->session = session;
	if (!peer->member && imapsrv_hub_join(peer->maildir->hub, peer, 0, &peer->member))
		die("no memory");
	if (peer->seen != change->account)
		see(peer, change->account);
	imapsrv_hub_watch(peer->member, change);
	for (size_t i = 0; i < change->removed_count; i++)
		put_off(peer, change->account, &change->removed[i], false);
	for (size_t i = 0; i < change->added_count; i++)
		put_off(peer, change->account, &change->added[i], true);
	news_settle(peer->maildir);
}

const struct imapsrv_watch maildir_watch = {
	.size = sizeof(struct imapsrv_watch),
	.changed = cb_changed,
	.events = IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_MAILBOX_SUBSCRIBE) |
	          IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_MAILBOX_METADATA) |
	          IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_SERVER_METADATA),
};

void news_logout(struct peer *peer)
{
	if (peer->member)
		imapsrv_hub_see(peer->member, NULL);
	peer->seen = NULL;
}

void news_leave(struct peer *peer)
{
	news_settle(peer->maildir);
	imapsrv_hub_leave(peer->member);
	peer->member = NULL;
}

void news_end(struct maildir *maildir)
{
	imapsrv_hub_free(maildir->hub);
}
