/* SPDX-License-Identifier: MIT */
/*
 * host/storehub - events by way of a hub (imapsrv/hub.h), as a host with many sessions would have
 * it: what is posted is published, and comes to the sessions when ts_hub_pump is called.  Topics are
 * the names of mailboxes below the one of their owner.
 */
#include <stdlib.h>
#include <string.h>

#include "host/teststore.h"

static void gave(struct ts *ts, const char *what, int rc)
{
	if (rc && !imapsrv_is_fatal(rc))
		tx_complain(ts->log, "hub: %s gave %d (%s)", what, rc, imapsrv_strerror(rc));
}

static struct imapsrv_span span_of(const char *s)
{
	return (struct imapsrv_span){s, strlen(s)};
}

void ts_hub_start(struct ts *ts, uint32_t queue, uint32_t ranges)
{
	struct imapsrv_hub_config config = IMAPSRV_HUB_CONFIG_INIT;

	config.queue = queue;
	config.ranges = ranges;
	gave(ts, "new", imapsrv_hub_new(&config, &ts->hub));
}

/* ---- members ---------------------------------------------------------------------------- */

static void see(struct ts_link *link, const struct ts_user *user)
{
	struct imapsrv_hub_view view = IMAPSRV_HUB_VIEW_INIT;
	struct imapsrv_hub_mount mount = {0};

	if (link->sees == user)
		return;
	link->sees = user;
	if (user) {
		mount.topic = view.account = span_of(user->name);
		view.mounts = &mount;
		view.mount_count = 1;
	}
	gave(link->ts, "see", imapsrv_hub_see(link->member, user ? &view : NULL));
}

void ts_hub_watch(struct ts_link *link, const struct ts_user *user,
                  const struct imapsrv_watch_change *change)
{
	if (!link->member)
		gave(link->ts, "join", imapsrv_hub_join(link->ts->hub, link, 0, &link->member));
	see(link, user);
	gave(link->ts, "watch", imapsrv_hub_watch(link->member, change));
}

void ts_hub_logout(struct ts_link *link)
{
	if (link->member)
		see(link, NULL);
}

void ts_hub_leave(struct ts_link *link)
{
	imapsrv_hub_leave(link->member);
	link->member = NULL;
	link->sees = NULL;
}

/* ---- events ----------------------------------------------------------------------------- */

/* NULL for a name that is empty. */
static char *topic_of(const struct ts_user *owner, struct imapsrv_span name,
                      struct imapsrv_span *topic_r)
{
	struct tx topic = {0};

	if (!name.len)
		return NULL;
	tx_str(&topic, owner->name);
	tx_str(&topic, "/");
	tx_add(&topic, name.data, name.len);
	*topic_r = (struct imapsrv_span){topic.data, topic.len};
	return topic.data;
}

/* Is it about a mailbox, whoever can see that? */
static bool is_of_mailbox(const struct imapsrv_event *event)
{
	return event->mailbox.len && event->type != IMAPSRV_EVENT_MAILBOX_SUBSCRIBE &&
	       event->type != IMAPSRV_EVENT_MAILBOX_UNSUBSCRIBE;
}

void ts_hub_publish(struct ts *ts, const struct ts_user *owner, const struct imapsrv_event *event)
{
	struct imapsrv_span account = span_of(owner ? owner->name : "");
	struct imapsrv_event e = *event;
	char *topic, *old;

	if (!is_of_mailbox(event)) {
		gave(ts, "publish_account", imapsrv_hub_publish_account(ts->hub, account, event));
		return;
	}
	topic = topic_of(owner, event->mailbox, &e.mailbox);
	old = topic_of(owner, event->old_name, &e.old_name);
	gave(ts, "publish", imapsrv_hub_publish(ts->hub, &e));
	free(topic);
	free(old);
}

bool ts_hub_hand_on(struct ts_link *link)
{
	const struct imapsrv_event *event;
	bool any = false;

	while (link->member && (event = imapsrv_hub_take(link->member)) != NULL) {
		any = true;
		gave(link->ts, "post", imapsrv_session_post(link->session, event));
	}
	return any;
}

bool ts_hub_pump(struct ts *ts)
{
	struct imapsrv_hub_member *member;
	bool any = false;

	while (ts->hub && (member = imapsrv_hub_next(ts->hub, 0)) != NULL)
		any = ts_hub_hand_on(imapsrv_hub_user(member)) || any;
	return any;
}
