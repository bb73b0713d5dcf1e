/* SPDX-License-Identifier: MIT */
/* An event goes to those whom it concerns, under the names by which they know what it is about; the
 * host is called at the very end, when everything is in order again. */
#include <string.h>

#include "notify/hub.h"

/* Those that "look it up" stands for. */
#define MESSAGE_EVENTS                                                                             \
	((UINT32_C(2) << IMAPSRV_EVENT_MAILBOX_CHANGED) -                                          \
	 (UINT32_C(1) << IMAPSRV_EVENT_MESSAGE_NEW))

static void make_ready(struct imapsrv_hub_member *m)
{
	struct imapsrv_hub *hub = m->hub;
	struct isrv_hub_group *g = &hub->groups[m->group];

	if (m->ready)
		return;
	m->ready = true;
	m->ready_next = NULL;
	m->ready_back = g->tail;
	*g->tail = m;
	g->tail = &m->ready_next;
	if (g->awake)
		return;
	g->awake = true;
	if (g->waiting)
		return;
	g->waiting = true;
	g->wake_next = hub->wakes;
	hub->wakes = g;
}

static void lose_all(struct imapsrv_hub_member *list)
{
	for (struct imapsrv_hub_member *m = list; m; m = m->next) {
		isrv_hub_queue_lose(&m->queue, &m->hub->mem);
		make_ready(m);
	}
}

static void wake(struct imapsrv_hub *hub)
{
	while (hub->wakes) {
		struct isrv_hub_group *g = hub->wakes;

		hub->wakes = g->wake_next;
		g->waiting = false;
		/* One that was called before it may have looked after it. */
		if (hub->config.wake && g->awake)
			hub->config.wake(hub->config.user, (uint32_t)(g - hub->groups));
	}
}

static bool is_wanted(const struct isrv_hub_interest *i, enum imapsrv_event_type type)
{
	uint32_t events = type == IMAPSRV_EVENT_MAILBOX_CHANGED ? MESSAGE_EVENTS
	                                                        : UINT32_C(1) << type;

	return (i->events & events) != 0;
}

/* Was an interest in such events in what was renamed? */
static bool wants_moved(const struct imapsrv_hub_member *m, enum imapsrv_event_type type)
{
	for (const struct isrv_hub_interest *i = m->first; i; i = i->next) {
		const struct isrv_hub_entry *at = NULL;
		const struct imapsrv_event *e;

		while (is_wanted(i, type) && (e = isrv_hub_queue_renaming(&m->queue, &at)) != NULL)
			if (isrv_hub_covers(e->old_name, isrv_hub_interest_name(i),
			                    m->hub->config.separator))
				return true;
	}
	return false;
}

/* Is that, by now, the name of something that was renamed, or above or below it?  Of what is
 * watched by its name only? */
static bool moves_along(const struct imapsrv_hub_member *m, const struct imapsrv_span name[3],
                        bool by_name)
{
	size_t len = name[0].len + name[1].len + name[2].len;
	char separator = m->hub->config.separator;
	const struct isrv_hub_entry *at = NULL;
	const struct imapsrv_event *e;

	while (len && (e = isrv_hub_queue_renaming(&m->queue, &at)) != NULL) {
		struct imapsrv_span top = {e->mailbox.data, len};

		if (by_name && !at->by_name)
			continue;
		if (isrv_hub_covers_parts(e->mailbox, name, separator))
			return true;
		if (e->mailbox.len > len && e->mailbox.data[len] != separator)
			continue;
		if (e->mailbox.len >= len && isrv_hub_covers_parts(top, name, '\0'))
			return true;
	}
	return false;
}

/* Is that the name, by now, of something that was renamed, or below it? */
static bool has_moved_to(const struct imapsrv_hub_member *m, const struct imapsrv_span name[3])
{
	const struct isrv_hub_entry *at = NULL;
	const struct imapsrv_event *e;

	while ((e = isrv_hub_queue_renaming(&m->queue, &at)) != NULL)
		if (isrv_hub_covers_parts(e->mailbox, name, m->hub->config.separator))
			return true;
	return false;
}

/* Is that name the one in three parts, or below it? */
static bool is_under(const struct imapsrv_span top[3], struct imapsrv_span name, char separator)
{
	size_t len = 0;

	for (int i = 0; i < 3; i++) {
		if (name.len - len < top[i].len ||
		    (top[i].len && memcmp(name.data + len, top[i].data, top[i].len) != 0))
			return false;
		len += top[i].len;
	}
	return name.len == len || name.data[len] == separator;
}

/* Is that a name by which the member watches, or will, when it has heard of the renamings before,
 * or one above it? */
static bool is_by_name(const struct imapsrv_hub_member *m, const struct imapsrv_span name[3])
{
	for (const struct isrv_hub_interest *i = m->first; i; i = i->next)
		if (i->scope == IMAPSRV_SCOPE_MAILBOX &&
		    is_under(name, isrv_hub_interest_name(i), m->hub->config.separator))
			return true;
	return moves_along(m, name, true);
}

static void deliver(struct imapsrv_hub_member *m, struct isrv_hub_event *in)
{
	bool rename = in->event->type == IMAPSRV_EVENT_MAILBOX_RENAME;

	make_ready(m);
	if (m->broad || m->queue.strayed)
		return;
	in->by_name = rename ? is_by_name(m, in->old_name)
	                     : in->event->type == IMAPSRV_EVENT_MAILBOX_DELETE &&
	                               is_by_name(m, in->name);
	isrv_hub_queue_put(&m->queue, &m->hub->mem, &m->hub->config, in);
	if (m->queue.strayed)
		isrv_hub_stray(m);
	else if (rename && !m->moving && wants_moved(m, IMAPSRV_EVENT_MAILBOX_RENAME)) {
		m->moving = true;
		isrv_hub_list(&m->hub->moving, m);
	}
}

/* When the nodes that the event has met are not looked at any more. */
static void move(struct imapsrv_hub *hub)
{
	while (hub->moving) {
		struct imapsrv_hub_member *m = hub->moving;

		m->moving = false;
		isrv_hub_list(&hub->members, m);
		if (!isrv_hub_move(m))
			isrv_hub_queue_lose(&m->queue, &hub->mem);
	}
}

/* Is that name, an account's own, one that the interest covers? */
static bool is_in(const struct isrv_hub_interest *i, struct imapsrv_span name)
{
	struct imapsrv_span own = isrv_hub_interest_name(i);

	if (i->scope == IMAPSRV_SCOPE_ACCOUNT)
		return true;
	if (isrv_hub_is_subtree(i))
		return isrv_hub_covers(own, name, i->member->hub->config.separator);
	return own.len == name.len && memcmp(own.data, name.data, own.len) == 0;
}

/* Is what lies at `rest` below that mount kept elsewhere, by a mount at a longer name? */
static bool is_hidden(const struct imapsrv_hub_member *m, const struct isrv_hub_mount *mount,
                      struct imapsrv_span rest)
{
	struct imapsrv_span own = isrv_hub_mount_name(mount);
	char separator = m->hub->config.separator;

	for (size_t i = 0; i < m->names->mount_count; i++) {
		struct imapsrv_span inner = isrv_hub_mount_name(&m->names->mounts[i]), parts[3];

		if (!isrv_hub_is_below(&m->names->mounts[i], own, separator))
			continue;
		isrv_hub_translate(own, (struct imapsrv_span){NULL, 0}, inner, NULL, parts);
		if (isrv_hub_covers(parts[2], rest, separator))
			return true;
	}
	return false;
}

/* The member's name of a topic, if it sees it by that mount. */
static bool name_of(const struct imapsrv_hub_member *m, const struct isrv_hub_mount *mount,
                    struct imapsrv_span topic, struct imapsrv_span name_r[3])
{
	const char *separator = &m->hub->config.separator;

	if (!isrv_hub_covers(isrv_hub_mount_topic(mount), topic, *separator))
		return false;
	isrv_hub_translate(isrv_hub_mount_topic(mount), isrv_hub_mount_name(mount), topic,
	                   separator, name_r);
	/* Where all names are mounted there is no mailbox itself. */
	return name_r[0].len + name_r[2].len && !is_hidden(m, mount, name_r[2]);
}

/* Under how many names the member sees a topic; the last of them. */
static size_t names_of(const struct imapsrv_hub_member *m, struct imapsrv_span topic,
                       struct imapsrv_span name_r[3])
{
	struct imapsrv_span name[3];
	size_t count = 0;

	memset(name_r, 0, 3 * sizeof(*name_r));
	for (size_t i = 0; topic.len && i < m->names->mount_count; i++)
		if (name_of(m, &m->names->mounts[i], topic, name)) {
			memcpy(name_r, name, sizeof(name));
			count++;
		}
	return count;
}

/* Is what the interest names kept below that topic? */
static bool is_kept_below(const struct isrv_hub_interest *i, struct imapsrv_span topic)
{
	const char *separator = &i->member->hub->config.separator;
	struct imapsrv_span name = isrv_hub_interest_name(i), parts[3];
	const struct isrv_hub_mount *mount = isrv_hub_mount_of(i->member->names, name, *separator);

	if (!mount)
		return false;
	isrv_hub_translate(isrv_hub_mount_name(mount), isrv_hub_mount_topic(mount), name, separator,
	                   parts);
	return parts[0].len + parts[1].len + parts[2].len > topic.len &&
	       isrv_hub_covers_parts(topic, parts, *separator);
}

/* What is deleted takes along what is below it, which gets no event of its own; of that those names
 * are known that are watched. */
static void deliver_below(struct imapsrv_hub_member *m, const struct imapsrv_event *deleted,
                          struct imapsrv_span topic)
{
	struct imapsrv_event e = *deleted;

	e.status = NULL; /* they are of the one above */
	for (const struct isrv_hub_interest *i = m->first; i; i = i->next) {
		struct isrv_hub_event in = {.event = &e, .name = {isrv_hub_interest_name(i)}};

		if (i->scope == IMAPSRV_SCOPE_MAILBOX && is_wanted(i, e.type) &&
		    is_kept_below(i, topic))
			deliver(m, &in);
	}
}

/* Does the member watch a topic, or what is below it, by one of its names? */
static bool is_by_any_name(const struct imapsrv_hub_member *m, struct imapsrv_span topic)
{
	struct imapsrv_span name[3];

	for (size_t i = 0; i < m->names->mount_count; i++)
		if (name_of(m, &m->names->mounts[i], topic, name) && is_by_name(m, name))
			return true;
	return false;
}

/* What was renamed out of sight is deleted, what was renamed into sight is created. */
static void deliver_rename(struct imapsrv_hub_member *m, const struct imapsrv_event *event)
{
	struct imapsrv_event e = *event;
	struct isrv_hub_event in = {.event = &e};
	size_t names, old_names;

	if (m->stamp == m->hub->stamp)
		return;
	m->stamp = m->hub->stamp;
	names = names_of(m, event->mailbox, in.name);
	old_names = names_of(m, event->old_name, in.old_name);
	if (names > 1 || old_names > 1) {
		/* Which of its names became which is not to be told. */
		isrv_hub_queue_lose(&m->queue, &m->hub->mem);
		make_ready(m);
		if (is_by_any_name(m, event->old_name))
			isrv_hub_stray(m);
		return;
	}
	if (!old_names)
		e.type = IMAPSRV_EVENT_MAILBOX_CREATE;
	if (!names) {
		e.type = IMAPSRV_EVENT_MAILBOX_DELETE;
		memcpy(in.name, in.old_name, sizeof(in.name));
	}
	if (e.type != IMAPSRV_EVENT_MAILBOX_RENAME)
		memset(in.old_name, 0, sizeof(in.old_name));
	if (names || old_names)
		deliver(m, &in);
	if (old_names && !names && !m->flat)
		deliver_below(m, &e, event->old_name);
}

/* ---- those that have not heard yet of a renaming ------------------------------------------- */

/* A session moves its interests when a renaming is posted to it.  Until then what happens under the
 * new name is for it as well: more than it asked for, at times, which it passes over. */
static void deliver_moved(struct imapsrv_hub_member *m, const struct imapsrv_event *event)
{
	struct isrv_hub_event in = {.event = event};

	for (size_t i = 0; m->names && i < m->names->mount_count; i++) {
		struct isrv_hub_mount *mount = &m->names->mounts[i];

		if (mount->stamp == m->hub->stamp || !name_of(m, mount, event->mailbox, in.name) ||
		    !has_moved_to(m, in.name) || !wants_moved(m, event->type))
			continue;
		mount->stamp = m->hub->stamp;
		deliver(m, &in);
	}
}

/* The same of what is renamed again, or above it. */
static void deliver_moved_on(struct imapsrv_hub_member *m, const struct imapsrv_event *event)
{
	struct imapsrv_span name[3];

	if (m->stamp != m->hub->stamp && m->names && names_of(m, event->old_name, name) &&
	    moves_along(m, name, false) && wants_moved(m, event->type))
		deliver_rename(m, event);
}

/* ---- by topic ------------------------------------------------------------------------------ */

/* To those whose interest stands in this list. */
static void spread(struct imapsrv_hub *hub, struct isrv_hub_link *list,
                   const struct imapsrv_event *event)
{
	struct isrv_hub_event in = {.event = event};

	for (struct isrv_hub_link *l = list; l; l = l->next) {
		struct imapsrv_hub_member *m;

		if (!l->by.mount) {
			if (event->type == IMAPSRV_EVENT_MAILBOX_RENAME)
				deliver_moved_on(l->of.member, event);
			else
				deliver_moved(l->of.member, event);
			continue;
		}
		m = l->of.interest->member;
		if (!is_wanted(l->of.interest, event->type))
			continue;
		if (event->type == IMAPSRV_EVENT_MAILBOX_RENAME) {
			deliver_rename(m, event);
			continue;
		}
		if (l->by.mount->stamp == hub->stamp)
			continue;
		l->by.mount->stamp = hub->stamp; /* one interest of the member is enough */
		if (name_of(m, l->by.mount, event->mailbox, in.name))
			deliver(m, &in);
	}
}

/* The nodes of the topic and of all that it is below. */
static void find_topic(struct imapsrv_hub *hub, struct imapsrv_span topic,
                       const struct imapsrv_event *event)
{
	struct isrv_hub_walk walk;
	struct isrv_hub_node *node;

	isrv_hub_walk_begin(&walk, &hub->table, ISRV_HUB_TOPIC);
	for (size_t i = 0; i <= topic.len; i++) {
		bool level = i == 0 || i == topic.len || topic.data[i] == hub->config.separator;

		node = level ? isrv_hub_walk_node(&walk, ISRV_HUB_TOPIC,
		                                  (struct imapsrv_span){topic.data, i})
		             : NULL;
		if (node)
			spread(hub, node->below, event);
		if (node && i == topic.len)
			spread(hub, node->exact, event);
		if (i < topic.len)
			isrv_hub_walk_octet(&walk, topic.data[i]);
	}
}

/* ---- publishing ---------------------------------------------------------------------------- */

/* An event with the account's own names. */
static void deliver_own(struct imapsrv_hub_member *m, const struct imapsrv_event *event)
{
	struct isrv_hub_event in = {
		.event = event, .name = {event->mailbox}, .old_name = {event->old_name}};

	/* These go to all its sessions, whatever they watch (RFC 4467 7). */
	if (event->type == IMAPSRV_EVENT_KEYS_RESET) {
		deliver(m, &in);
		return;
	}
	if (event->type == IMAPSRV_EVENT_MAILBOX_CHANGED && !event->mailbox.len) {
		isrv_hub_queue_lose(&m->queue, &m->hub->mem);
		make_ready(m);
		return;
	}
	for (struct isrv_hub_interest *i = m->first; i; i = i->next)
		if (is_wanted(i, event->type) &&
		    (is_in(i, event->mailbox) ||
		     (event->type == IMAPSRV_EVENT_MAILBOX_RENAME && is_in(i, event->old_name)))) {
			deliver(m, &in);
			return;
		}
	if (m->link.by.mover && wants_moved(m, event->type) &&
	    (event->type == IMAPSRV_EVENT_MAILBOX_RENAME
	             ? moves_along(m, in.old_name, false)
	             : has_moved_to(m, in.name)))
		deliver(m, &in);
}

/* A host that was compiled against an older header knows fewer members.  Of the numbers only the
 * one that says which mailbox it is stays right: it goes to *status. */
static int take_event(struct imapsrv_event *whole, struct imapsrv_status *status,
                      const struct imapsrv_event *event)
{
	const struct imapsrv_event empty = IMAPSRV_EVENT_INIT;

	if (!event || event->size < sizeof(size_t))
		return IMAPSRV_EINVAL;
	*whole = empty;
	memcpy(whole, event, event->size < sizeof(*whole) ? event->size : sizeof(*whole));
	whole->size = sizeof(*whole);
	/* They are kept, or compared: a length with NULL is none. */
	if ((whole->mailbox.len && !whole->mailbox.data) ||
	    (whole->old_name.len && !whole->old_name.data) ||
	    (whole->text.len && !whole->text.data) || (whole->entry_count && !whole->entries))
		return IMAPSRV_EINVAL;
	if (whole->type < IMAPSRV_EVENT_MESSAGE_NEW || whole->type > IMAPSRV_EVENT_KEYS_RESET ||
	    !isrv_uidset_is_valid(whole->uids))
		return IMAPSRV_EINVAL;
	if (whole->type != IMAPSRV_EVENT_MAILBOX_RENAME)
		whole->old_name.len = 0;
	else if (!whole->old_name.len || !whole->mailbox.len)
		return IMAPSRV_EINVAL;
	memset(status, 0, sizeof(*status));
	if (whole->status && (whole->status->items & IMAPSRV_STATUS_UIDVALIDITY)) {
		status->items = IMAPSRV_STATUS_UIDVALIDITY;
		status->uidvalidity = whole->status->uidvalidity;
	}
	whole->status = status->items ? status : NULL;
	whole->flags = NULL; /* the session asks */
	return 0;
}

int imapsrv_hub_publish(struct imapsrv_hub *hub, const struct imapsrv_event *event)
{
	struct imapsrv_status status;
	struct imapsrv_event e;
	int error = take_event(&e, &status, event);

	if (error)
		return error;
	if (!e.mailbox.len && e.type != IMAPSRV_EVENT_MAILBOX_CHANGED)
		return IMAPSRV_EINVAL;
	hub->stamp++;
	e.has_attributes = 0; /* accounts may differ in them */
	if (e.mailbox.len)
		find_topic(hub, e.mailbox, &e);
	else
		lose_all(hub->members);
	if (e.old_name.len)
		find_topic(hub, e.old_name, &e);
	move(hub);
	lose_all(hub->broad);
	wake(hub);
	return 0;
}

int imapsrv_hub_publish_account(struct imapsrv_hub *hub, struct imapsrv_span account,
                                const struct imapsrv_event *event)
{
	struct isrv_hub_walk walk;
	struct isrv_hub_node *node;
	struct imapsrv_status status;
	struct imapsrv_event e;
	int error = take_event(&e, &status, event);

	if (error)
		return error;
	for (struct imapsrv_hub_member *m = account.len ? NULL : hub->members, *next; m; m = next) {
		next = m->next;
		deliver_own(m, &e);
	}
	isrv_hub_walk_begin(&walk, &hub->table, ISRV_HUB_ACCOUNT);
	for (size_t i = 0; i < account.len; i++)
		isrv_hub_walk_octet(&walk, account.data[i]);
	node = account.len ? isrv_hub_walk_node(&walk, ISRV_HUB_ACCOUNT, account) : NULL;
	for (struct isrv_hub_link *l = node ? node->exact : NULL; l; l = l->next)
		deliver_own(l->of.member, &e);
	move(hub);
	lose_all(hub->broad);
	wake(hub);
	return 0;
}
