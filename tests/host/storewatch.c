/* SPDX-License-Identifier: MIT */
/*
 * host/storewatch - the store's side of the watch: which session cares about what, checked for being
 * the bag that imapsrv/event.h says, and events handed to those that asked.
 */
#include <stdlib.h>
#include <string.h>

#include "host/teststore.h"

/* ---- the bag ---------------------------------------------------------------------------- */

static bool same(const struct ts_interest *a, const struct imapsrv_interest *b)
{
	return a->scope == b->scope && a->events == b->events && a->len == b->name.len &&
	       (!a->len || !memcmp(a->name, b->name.data, a->len));
}

static void check(struct ts_link *link, const struct imapsrv_interest *one)
{
	uint32_t known = 0;

	for (int type = IMAPSRV_EVENT_MESSAGE_NEW; type <= IMAPSRV_EVENT_KEYS_RESET; type++)
		known |= IMAPSRV_EVENT_BIT(type);
	if (!one->events || one->events & ~known)
		tx_complain(link->ts->log, "an interest in events %#x", one->events);
	if (one->scope != IMAPSRV_SCOPE_MAILBOX && one->scope != IMAPSRV_SCOPE_SUBTREE &&
	    one->scope != IMAPSRV_SCOPE_ACCOUNT)
		tx_complain(link->ts->log, "an interest of scope %d", (int)one->scope);
	if ((one->scope == IMAPSRV_SCOPE_MAILBOX && !one->name.len) ||
	    (one->scope == IMAPSRV_SCOPE_ACCOUNT && one->name.len))
		tx_complain(link->ts->log, "an interest of scope %d with a name of %zu octets",
		            (int)one->scope, one->name.len);
}

static void add(struct ts_link *link, const struct imapsrv_interest *one)
{
	struct ts_interest *i;

	check(link, one);
	link->interests = tx_realloc(link->interests,
	                             (link->interest_count + 1) * sizeof(*link->interests));
	i = &link->interests[link->interest_count++];
	i->scope = one->scope;
	i->events = one->events;
	i->len = one->name.len;
	i->name = one->name.len ? tx_dup(one->name.data, one->name.len) : NULL;
}

static void take_out(struct ts_link *link, const struct imapsrv_interest *one)
{
	for (size_t i = 0; i < link->interest_count; i++)
		if (same(&link->interests[i], one)) {
			free(link->interests[i].name);
			link->interests[i] = link->interests[--link->interest_count];
			return;
		}
	tx_complain(link->ts->log, "an interest in \"%.*s\" was withdrawn that was not there",
	            (int)one->name.len, one->name.data ? one->name.data : "");
}

static void changed(void *user, struct imapsrv_session *session,
                    const struct imapsrv_watch_change *c)
{
	struct ts_link *link = user;
	struct ts_handle *account;

	if (link->session && link->session != session)
		tx_complain(link->ts->log, "a watch change of another session");
	link->session = session;
	ts_enter(link);
	if (c->size != sizeof(*c))
		tx_complain(link->ts->log, "a watch change of %zu octets", c->size);
	account = ts_handle_of(link, "watch", c->account, TS_ACCOUNT);
	link->watch_separator = c->separator;
	for (size_t i = 0; i < c->removed_count; i++)
		take_out(link, &c->removed[i]);
	for (size_t i = 0; i < c->added_count; i++)
		add(link, &c->added[i]);
	if (!c->added_count && !c->removed_count)
		tx_complain(link->ts->log, "a watch change that changes nothing");
	if (link->ts->hub && account)
		ts_hub_watch(link, account->user, c);
	ts_leave(link);
}

void ts_fill_watch(const struct ts *ts, struct imapsrv_watch *watch)
{
	*watch = (struct imapsrv_watch)IMAPSRV_WATCH_INIT;
	watch->changed = ts->absent & TS_NO_CHANGED ? NULL : changed;
	watch->events = IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_MAILBOX_SUBSCRIBE) |
	                IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_MAILBOX_UNSUBSCRIBE) |
	                IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_MAILBOX_METADATA) |
	                IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_SERVER_METADATA);
}

void ts_watch_end(struct ts_link *link)
{
	if (link->interest_count)
		tx_complain(link->ts->log, "%zu interests were not withdrawn, the first in \"%s\"",
		            link->interest_count,
		            link->interests[0].name ? link->interests[0].name : "");
	for (size_t i = 0; i < link->interest_count; i++)
		free(link->interests[i].name);
	free(link->interests);
	link->interests = NULL;
	link->interest_count = 0;
	ts_hub_leave(link);
}

/* ---- who is told ------------------------------------------------------------------------ */

static bool covers(const struct ts_link *link, const struct ts_interest *i, struct imapsrv_span name)
{
	switch (i->scope) {
	case IMAPSRV_SCOPE_ACCOUNT:
		return true; /* narrowed down by the kinds of event */
	case IMAPSRV_SCOPE_SUBTREE:
		if (!i->len)
			return name.len > 0;
		if (link->watch_separator && name.len > i->len &&
		    name.data[i->len] == link->watch_separator && !memcmp(name.data, i->name, i->len))
			return true;
		break;
	case IMAPSRV_SCOPE_MAILBOX:
		break;
	}
	return name.len == i->len && !memcmp(name.data, i->name, i->len);
}

/* From `open` to `close` a session hears what becomes of a mailbox's name, whatever it watches just now. */
static bool has_open(const struct ts_link *link, const struct imapsrv_event *event)
{
	size_t len = event->mailbox.len;

	if (event->type != IMAPSRV_EVENT_MAILBOX_RENAME && event->type != IMAPSRV_EVENT_MAILBOX_DELETE)
		return false;
	for (const struct ts_handle *h = link->ts->handles; h; h = h->next)
		if (h->kind == TS_MAILBOX && h->link == link && h->name &&
		    strncmp(h->name, event->mailbox.data, len) == 0 &&
		    (!h->name[len] || (event->old_name.len && h->name[len] == h->user->separator)))
			return true;
	return false;
}

bool ts_watches(const struct ts_link *link, const struct imapsrv_event *event)
{
	if (link->ts->absent & TS_NO_CHANGED || has_open(link, event))
		return true;
	for (size_t i = 0; i < link->interest_count; i++) {
		const struct ts_interest *one = &link->interests[i];

		if (!(one->events & IMAPSRV_EVENT_BIT(event->type)))
			continue;
		if (covers(link, one, event->mailbox) ||
		    (event->old_name.len && covers(link, one, event->old_name)))
			return true;
	}
	return false;
}

/* Whose account a session is in; NULL before login. */
static const struct ts_user *user_of(const struct ts_link *link)
{
	const struct ts_user *user = NULL;

	for (const struct ts_handle *h = link->ts->handles; h && !user; h = h->next)
		if (h->kind == TS_ACCOUNT && h->link == link)
			user = h->user;
	return user;
}

bool ts_may_hear(const struct ts_link *link, const struct ts_mailbox *mailbox)
{
	return !(link->ts->absent & TS_NO_WATCH) && user_of(link) && ts_belongs(mailbox, user_of(link)) &&
	       (ts_acl_rights(mailbox, user_of(link)) & IMAPSRV_RIGHT_READ);
}

void ts_post_event(struct ts *ts, const struct ts_user *owner, const struct imapsrv_event *event)
{
	if (ts->hub) {
		ts_hub_publish(ts, owner, event);
		return;
	}
	for (struct ts_link *link = ts->links; link; link = link->next) {
		const struct ts_user *user = user_of(link);
		int rc;

		if (!link->session || !user || (ts->absent & TS_NO_WATCH) || (owner && user != owner) || !ts_watches(link, event))
			continue;
		rc = imapsrv_session_post(link->session, event);
		if (rc && !imapsrv_is_fatal(rc))
			tx_complain(ts->log, "post of event %d gave %d (%s)", (int)event->type, rc,
			            imapsrv_strerror(rc));
	}
}

/* What was opened under a name, or below it, goes by the new one, except where the session itself did
 * it: that leaves the mailbox. */
static void rename_handles(struct ts *ts, const struct ts_user *owner, const char *from,
                           const char *to, const struct imapsrv_session *origin)
{
	size_t len = strlen(from);

	for (struct ts_handle *h = ts->handles; h; h = h->next) {
		struct tx name = {0};

		if (h->kind != TS_MAILBOX || !h->mailbox || h->mailbox->owner != owner ||
		    h->mailbox->removed || h->link->session == origin || !h->name ||
		    strncmp(h->name, from, len) != 0 ||
		    (h->name[len] && h->name[len] != owner->separator))
			continue;
		tx_str(&name, to);
		tx_str(&name, h->name + len);
		free(h->name);
		h->name = name.data;
	}
}

void ts_post_name(struct ts *ts, struct ts_user *owner, enum imapsrv_event_type type,
                  const char *name, const char *old_name, const struct imapsrv_session *origin)
{
	struct imapsrv_event event = IMAPSRV_EVENT_INIT;

	if (ts->absent & TS_NO_WATCH)
		return;
	event.type = type;
	event.mailbox = (struct imapsrv_span){name, strlen(name)};
	if (old_name) {
		event.old_name = (struct imapsrv_span){old_name, strlen(old_name)};
		rename_handles(ts, owner, old_name, name, origin);
	}
	event.origin = origin;
	ts_post_event(ts, owner, &event);
}
