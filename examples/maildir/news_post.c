/* SPDX-License-Identifier: MIT */
/*
 * news_post.c - what happened, to the hub.  A topic is the name of a user, one separator, the name
 * of a mailbox.  A separator in the user's name is put as an octet that no mailbox name has, so
 * that no two mailboxes share a topic.
 */
#include "news.h"

#include "place.h"

#include "support.h"

#include <stdlib.h>
#include <string.h>

/* ---- topics ------------------------------------------------------------------------------- */

void news_put_user(struct text *text, const char *user, char separator)
{
	for (; *user; user++)
		text_put(text, *user == separator ? "\1" : user, 1);
}

static void put_topic(struct text *text, const char *user, struct imapsrv_span name, char separator)
{
	news_put_user(text, user, separator);
	text_put(text, &separator, 1);
	text_put(text, name.data, name.len);
}

/* Of a name that the user has for it. */
static void put_topic_of(struct text *text, const struct account *account, struct imapsrv_span name)
{
	struct place place;

	if (place_find(account, name, &place))
		put_topic(text, place_owner(&place),
		          (struct imapsrv_span){place.name, strlen(place.name)},
		          account->maildir->separator);
	place_clear(&place);
}

static struct imapsrv_span span_of(const struct text *text)
{
	return (struct imapsrv_span){text->data, text->len};
}

/* ---- events ------------------------------------------------------------------------------- */

void news_messages(const struct box *box, enum imapsrv_event_type type, struct imapsrv_set uids,
                   const struct imapsrv_session *origin)
{
	struct imapsrv_event event = IMAPSRV_EVENT_INIT;
	struct imapsrv_status status = {.items = IMAPSRV_STATUS_UIDVALIDITY,
	                                .uidvalidity = box->catalog.uidvalidity};
	struct text topic = {0};

	put_topic(&topic, strrchr(box->account, '/') + 1,
	          (struct imapsrv_span){box->name, strlen(box->name)}, box->maildir->separator);
	event.type = type;
	event.mailbox = span_of(&topic);
	event.uids = uids;
	event.origin = origin;
	event.status = &status; /* another mailbox may have had the name before */
	imapsrv_hub_publish(box->maildir->hub, &event);
	text_clear(&topic);
}

/* Shared entries are everybody's who may see the mailbox; private ones are heard of by one user. */
void news_entries(const struct box *box, const char *owner, const struct imapsrv_span *names,
                  size_t count, const struct imapsrv_session *origin)
{
	struct imapsrv_event event = IMAPSRV_EVENT_INIT;
	struct imapsrv_span name = {box->name, strlen(box->name)};
	const char *whose = strrchr(box->account, '/') + 1, *user = *owner ? owner : whose;
	char *shared = *owner ? place_shared_name(box->maildir, whose, box->name) : NULL;
	struct text topic = {0};
	size_t private = 0;

	while (private < count && names[private].data[1] == 'p')
		private++;
	event.type = IMAPSRV_EVENT_MAILBOX_METADATA;
	event.origin = origin;
	event.mailbox = shared ? (struct imapsrv_span){shared, strlen(shared)} : name;
	event.entries = names;
	event.entry_count = private;
	if (private)
		imapsrv_hub_publish_account(box->maildir->hub,
		                            (struct imapsrv_span){user, strlen(user)}, &event);
	free(shared);
	put_topic(&topic, whose, name, box->maildir->separator);
	event.mailbox = span_of(&topic);
	event.entries = names + private;
	event.entry_count = count - private;
	if (event.entry_count)
		imapsrv_hub_publish(box->maildir->hub, &event);
	text_clear(&topic);
}

void news_server_entries(struct account *account, const struct imapsrv_span *names, size_t count,
                         const struct imapsrv_session *origin)
{
	struct imapsrv_event event = IMAPSRV_EVENT_INIT;
	const char *user = account_user(account);

	event.type = IMAPSRV_EVENT_SERVER_METADATA;
	event.origin = origin;
	event.entries = names;
	event.entry_count = count;
	imapsrv_hub_publish_account(account->maildir->hub,
	                            (struct imapsrv_span){user, strlen(user)}, &event);
}

void news_quota(struct maildir *maildir, const char *account, enum imapsrv_event_type type,
                const struct imapsrv_session *origin)
{
	static const char text[] = "There is no room for more mail";
	struct imapsrv_event event = IMAPSRV_EVENT_INIT;
	const char *user = strrchr(account, '/') + 1;

	event.type = type;
	event.origin = origin;
	if (type == IMAPSRV_EVENT_QUOTA_EXCEED)
		event.text = (struct imapsrv_span){text, sizeof text - 1};
	imapsrv_hub_publish_account(maildir->hub, (struct imapsrv_span){user, strlen(user)},
	                            &event);
}

void news_publish_name(struct account *account, enum imapsrv_event_type type,
                       struct imapsrv_span name, const struct imapsrv_span *old,
                       const struct imapsrv_session *origin)
{
	struct imapsrv_event event = IMAPSRV_EVENT_INIT;
	const char *user = account_user(account);
	struct text topic = {0}, old_topic = {0};

	event.type = type;
	event.origin = origin;
	if (type == IMAPSRV_EVENT_MAILBOX_SUBSCRIBE || type == IMAPSRV_EVENT_MAILBOX_UNSUBSCRIBE) {
		event.mailbox = name;
		imapsrv_hub_publish_account(account->maildir->hub,
		                            (struct imapsrv_span){user, strlen(user)}, &event);
		return;
	}
	put_topic_of(&topic, account, name);
	event.mailbox = span_of(&topic);
	if (old) {
		put_topic_of(&old_topic, account, *old);
		event.old_name = span_of(&old_topic);
	}
	imapsrv_hub_publish(account->maildir->hub, &event);
	text_clear(&topic);
	text_clear(&old_topic);
}
