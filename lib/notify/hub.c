/* SPDX-License-Identifier: MIT */
/*
 * The hub as the host sees it: members come and go, see names, have interests; an event goes to
 * those whom it concerns.  Sessions are not touched here, and the host is called only at the very
 * end of publishing, when everything is in order again.
 */
#include <string.h>

#include "base/ascii.h"
#include "notify/hub.h"

/* Those that "look it up" stands for. */
#define MESSAGE_EVENTS                                                                             \
	((UINT32_C(2) << IMAPSRV_EVENT_MAILBOX_CHANGED) - (UINT32_C(1) << IMAPSRV_EVENT_MESSAGE_NEW))

#define GROUPS_MAX 65536u

struct group {
	struct imapsrv_hub_member *head;  /* with something to take */
	struct imapsrv_hub_member **tail; /* where the next one goes */
	struct group *wake_next;
	bool awake; /* it was said, and not all of them were asked for since */
};

struct imapsrv_hub_member {
	struct imapsrv_hub *hub;
	void *user;
	struct imapsrv_hub_member *next; /* of all, in no order */
	struct imapsrv_hub_member **back;
	struct isrv_hub_names *names; /* NULL: sees nothing */
	struct isrv_hub_link link;    /* at the node of its account */
	struct isrv_hub_interest *first;
	struct isrv_hub_interest *last;
	struct imapsrv_hub_member *ready_next;
	struct imapsrv_hub_member **ready_back;
	uint64_t stamp; /* of the renaming that it was told of last */
	struct isrv_hub_queue queue;
	uint32_t group;
	bool ready; /* in its group's list */
	bool broad; /* memory was short: in the list of those whom everything concerns */
	bool flat;  /* its names have no levels */
};

struct imapsrv_hub {
	struct imapsrv_hub_config config; /* bounds filled in */
	struct isrv_mem mem;
	struct isrv_hub_table table;
	struct imapsrv_hub_member *members;
	struct imapsrv_hub_member *broad;
	struct group *groups;
	struct group *wakes; /* to be told */
	uint64_t stamp;
};

/* ---- the hub ------------------------------------------------------------------------------- */

static void fill_config(struct imapsrv_hub_config *c)
{
	if (!c->separator)
		c->separator = '/';
	if (!c->groups)
		c->groups = 1;
	if (!c->queue)
		c->queue = 16;
	if (!c->ranges)
		c->ranges = 64;
}

int imapsrv_hub_new(const struct imapsrv_hub_config *config, struct imapsrv_hub **hub_r)
{
	struct imapsrv_hub_config c = IMAPSRV_HUB_CONFIG_INIT;
	struct isrv_mem mem;
	struct imapsrv_hub *hub;

	if (!config || !hub_r || config->size < sizeof(size_t))
		return IMAPSRV_EINVAL;
	memcpy(&c, config, config->size < sizeof(c) ? config->size : sizeof(c));
	fill_config(&c);
	if (c.groups > GROUPS_MAX)
		return IMAPSRV_EINVAL;
	isrv_mem_init(&mem, c.allocator, SIZE_MAX);
	hub = isrv_mem_zalloc(&mem, sizeof(*hub));
	if (!hub)
		return IMAPSRV_ENOMEM;
	hub->groups = isrv_mem_zalloc(&mem, c.groups * sizeof(struct group));
	if (!hub->groups) {
		isrv_mem_free(&mem, hub, sizeof(*hub));
		return IMAPSRV_ENOMEM;
	}
	for (uint32_t i = 0; i < c.groups; i++)
		hub->groups[i].tail = &hub->groups[i].head;
	hub->config = c;
	hub->mem = mem;
	isrv_hub_table_init(&hub->table, c.secret);
	*hub_r = hub;
	return 0;
}

void imapsrv_hub_free(struct imapsrv_hub *hub)
{
	struct isrv_mem mem;

	if (!hub)
		return;
	while (hub->members)
		imapsrv_hub_leave(hub->members);
	while (hub->broad)
		imapsrv_hub_leave(hub->broad);
	isrv_hub_table_clear(&hub->table, &hub->mem);
	isrv_mem_free(&hub->mem, hub->groups, hub->config.groups * sizeof(struct group));
	mem = hub->mem;
	isrv_mem_free(&mem, hub, sizeof(*hub));
}

size_t imapsrv_hub_memory(const struct imapsrv_hub *hub)
{
	return hub->mem.used;
}

/* ---- members ------------------------------------------------------------------------------- */

static void list_in(struct imapsrv_hub_member **list, struct imapsrv_hub_member *m)
{
	m->next = *list;
	m->back = list;
	if (m->next)
		m->next->back = &m->next;
	*list = m;
}

static void list_out(struct imapsrv_hub_member *m)
{
	*m->back = m->next;
	if (m->next)
		m->next->back = m->back;
}

/* Its interests are not all known: from now on everything concerns it. */
static int broaden(struct imapsrv_hub_member *m)
{
	if (!m->broad) {
		m->broad = true;
		list_out(m);
		list_in(&m->hub->broad, m);
	}
	return IMAPSRV_ENOMEM;
}

int imapsrv_hub_join(struct imapsrv_hub *hub, void *user, uint32_t group,
                     struct imapsrv_hub_member **member_r)
{
	struct imapsrv_hub_member *m;

	if (group >= hub->config.groups)
		return IMAPSRV_EINVAL;
	m = isrv_mem_zalloc(&hub->mem, sizeof(*m));
	if (!m)
		return IMAPSRV_ENOMEM;
	m->hub = hub;
	m->user = user;
	m->group = group;
	list_in(&hub->members, m);
	*member_r = m;
	return 0;
}

void *imapsrv_hub_user(const struct imapsrv_hub_member *member)
{
	return member->user;
}

static void unready(struct imapsrv_hub_member *m)
{
	if (!m->ready)
		return;
	*m->ready_back = m->ready_next;
	if (m->ready_next)
		m->ready_next->ready_back = m->ready_back;
	else
		m->hub->groups[m->group].tail = m->ready_back;
	m->ready = false;
}

/* ---- interests ----------------------------------------------------------------------------- */

static size_t interest_size(const struct isrv_hub_interest *i)
{
	return sizeof(*i) + i->link_count * sizeof(struct isrv_hub_link) + i->name_len;
}

/* It stands behind the links. */
static struct imapsrv_span name_in(const struct isrv_hub_interest *i)
{
	return (struct imapsrv_span){(const char *)(i->links + i->link_count), i->name_len};
}

static void interest_unlink(struct isrv_hub_interest *i)
{
	struct imapsrv_hub *hub = i->member->hub;

	for (uint32_t k = 0; k < i->link_count; k++)
		isrv_hub_detach(&hub->table, &hub->mem, &i->links[k]);
}

static void interest_free(struct isrv_hub_interest *i)
{
	interest_unlink(i);
	isrv_mem_free(&i->member->hub->mem, i, interest_size(i));
}

/* A mount at a name below this one: part of the subtree, though kept elsewhere. */
static bool is_below(const struct isrv_hub_mount *mount, struct imapsrv_span name, char separator)
{
	return mount->name_len > name.len &&
	       isrv_hub_covers(name, isrv_hub_mount_name(mount), separator);
}

static bool is_subtree(const struct isrv_hub_interest *i)
{
	return i->scope == IMAPSRV_SCOPE_SUBTREE && (!i->member->flat || !i->name_len);
}

/* At how many nodes it has to stand. */
static uint32_t count_links(const struct isrv_hub_interest *i, struct imapsrv_span name)
{
	const struct imapsrv_hub_member *m = i->member;
	char separator = m->hub->config.separator;
	uint32_t count = 0;

	if (!m->names || i->scope == IMAPSRV_SCOPE_ACCOUNT)
		return 0;
	count = isrv_hub_mount_of(m->names, name, separator) != NULL;
	for (size_t k = 0; is_subtree(i) && k < m->names->mount_count; k++)
		count += is_below(&m->names->mounts[k], name, separator);
	return count;
}

static bool link_topic(struct isrv_hub_interest *i, uint32_t k, struct isrv_hub_mount *mount,
                       struct imapsrv_span name)
{
	struct imapsrv_hub *hub = i->member->hub;
	struct imapsrv_span parts[3];

	i->links[k].of.interest = i;
	i->links[k].mount = mount;
	isrv_hub_translate(isrv_hub_mount_name(mount), isrv_hub_mount_topic(mount), name,
	                   &hub->config.separator, parts);
	return isrv_hub_attach(&hub->table, &hub->mem, ISRV_HUB_TOPIC, parts, 3, is_subtree(i),
	                       &i->links[k]);
}

static bool interest_link(struct isrv_hub_interest *i)
{
	struct isrv_hub_names *names = i->member->names;
	struct imapsrv_span name = name_in(i);
	char separator = i->member->hub->config.separator;
	struct isrv_hub_mount *mount;
	uint32_t k = 0;

	if (!i->link_count)
		return true;
	mount = isrv_hub_mount_of(names, name, separator);
	if (mount && !link_topic(i, k++, mount, name))
		return false;
	for (size_t n = 0; is_subtree(i) && n < names->mount_count; n++) {
		mount = &names->mounts[n];
		if (is_below(mount, name, separator) &&
		    !link_topic(i, k++, mount, isrv_hub_mount_name(mount)))
			return false;
	}
	return true;
}

/* Made and linked; NULL: no memory. */
static struct isrv_hub_interest *interest_new(struct imapsrv_hub_member *m, uint8_t scope,
                                              uint32_t events, struct imapsrv_span name)
{
	struct isrv_mem *mem = &m->hub->mem;
	struct isrv_hub_interest *i, probe;
	size_t size;

	memset(&probe, 0, sizeof(probe));
	probe.member = m;
	probe.scope = scope;
	probe.events = events;
	probe.name_len = (uint32_t)name.len;
	probe.link_count = count_links(&probe, name);
	size = interest_size(&probe);
	i = isrv_mem_zalloc(mem, size);
	if (!i)
		return NULL;
	*i = probe;
	if (name.len)
		memcpy(i->links + i->link_count, name.data, name.len);
	if (!interest_link(i)) {
		interest_free(i);
		return NULL;
	}
	return i;
}

static void append(struct imapsrv_hub_member *m, struct isrv_hub_interest *i)
{
	if (m->last)
		m->last->next = i;
	else
		m->first = i;
	m->last = i;
}

static int add(struct imapsrv_hub_member *m, const struct imapsrv_interest *in)
{
	struct isrv_mem *mem = &m->hub->mem;
	struct imapsrv_span name = in->name;
	struct isrv_hub_interest *i;
	char *folded = isrv_mem_alloc(mem, name.len);

	if (!folded)
		return broaden(m);
	if (name.len)
		memcpy(folded, name.data, name.len);
	isrv_hub_fold_inbox(folded, name.len);
	name.data = folded;
	i = interest_new(m, (uint8_t)in->scope, in->events, name);
	isrv_mem_free(mem, folded, name.len);
	if (!i)
		return broaden(m);
	append(m, i);
	return 0;
}

static bool is_same(const struct isrv_hub_interest *i, const struct imapsrv_interest *in)
{
	if (i->scope != in->scope || i->events != in->events || i->name_len != in->name.len)
		return false;
	/* INBOX was folded when it was kept. */
	if (i->name_len == 5 && memcmp(name_in(i).data, "INBOX", 5) == 0)
		return isrv_ascii_is(in->name.data, in->name.len, "INBOX");
	return !i->name_len || memcmp(name_in(i).data, in->name.data, i->name_len) == 0;
}

/* In the order in which they came, as a rule: then each is found at once. */
static void take_away(struct imapsrv_hub_member *m, const struct imapsrv_interest *in)
{
	struct isrv_hub_interest **at = &m->first, *before = NULL, *i;

	while (*at && !is_same(*at, in)) {
		before = *at;
		at = &before->next;
	}
	i = *at;
	if (!i)
		return;
	*at = i->next;
	if (m->last == i)
		m->last = before;
	interest_free(i);
}

static bool is_interest(const struct imapsrv_interest *i)
{
	return (unsigned)i->scope <= IMAPSRV_SCOPE_ACCOUNT && i->name.len <= UINT32_MAX / 2 &&
	       (i->scope != IMAPSRV_SCOPE_MAILBOX || i->name.len);
}

int imapsrv_hub_watch(struct imapsrv_hub_member *member, const struct imapsrv_watch_change *change)
{
	struct imapsrv_hub_member *m = member;
	struct imapsrv_watch_change c;
	int error = 0;

	if (!change || change->size < sizeof(size_t))
		return IMAPSRV_EINVAL;
	memset(&c, 0, sizeof(c));
	memcpy(&c, change, change->size < sizeof(c) ? change->size : sizeof(c));
	if (c.separator && c.separator != m->hub->config.separator)
		return IMAPSRV_EINVAL;
	for (size_t i = 0; i < c.added_count; i++)
		if (!is_interest(&c.added[i]))
			return IMAPSRV_EINVAL;
	m->flat = !c.separator;
	for (size_t i = 0; i < c.removed_count; i++)
		take_away(m, &c.removed[i]);
	for (size_t i = 0; i < c.added_count && !error; i++)
		error = add(m, &c.added[i]);
	return error;
}

/* ---- what a member sees -------------------------------------------------------------------- */

static bool is_view(const struct imapsrv_hub_view *v)
{
	if (!v->account.len)
		return false;
	for (size_t i = 0; i < v->mount_count; i++)
		if (v->mounts[i].name.len > UINT32_MAX / 4 ||
		    v->mounts[i].topic.len > UINT32_MAX / 4)
			return false;
	return true;
}

/* It and all its interests stand at other nodes now. */
static int link_again(struct imapsrv_hub_member *m, struct imapsrv_span account)
{
	struct imapsrv_hub *hub = m->hub;
	struct isrv_hub_interest *old = m->first;
	int error = 0;

	m->link.of.member = m;
	if (m->names && !isrv_hub_attach(&hub->table, &hub->mem, ISRV_HUB_ACCOUNT, &account, 1,
	                                 false, &m->link))
		error = broaden(m);

	m->first = m->last = NULL;
	while (old) {
		struct isrv_hub_interest *next = old->next, *i;

		i = interest_new(m, old->scope, old->events, name_in(old));
		interest_free(old);
		if (i)
			append(m, i);
		else
			error = broaden(m);
		old = next;
	}
	return error;
}

int imapsrv_hub_see(struct imapsrv_hub_member *member, const struct imapsrv_hub_view *view)
{
	struct imapsrv_hub_member *m = member;
	struct imapsrv_hub_view v = IMAPSRV_HUB_VIEW_INIT;
	struct isrv_hub_names *names = NULL;

	if (view) {
		if (view->size < sizeof(size_t))
			return IMAPSRV_EINVAL;
		memcpy(&v, view, view->size < sizeof(v) ? view->size : sizeof(v));
		if (!is_view(&v))
			return IMAPSRV_EINVAL;
		names = isrv_hub_names_new(&m->hub->mem, &v);
	}
	for (struct isrv_hub_interest *i = m->first; i; i = i->next)
		interest_unlink(i);
	isrv_hub_detach(&m->hub->table, &m->hub->mem, &m->link);
	isrv_hub_names_free(m->names, &m->hub->mem);
	m->names = names;
	if (view && !names)
		return broaden(m);
	return link_again(m, v.account);
}

void imapsrv_hub_leave(struct imapsrv_hub_member *member)
{
	struct imapsrv_hub_member *m = member;
	struct isrv_mem *mem;

	if (!m)
		return;
	mem = &m->hub->mem;
	unready(m);
	list_out(m);
	while (m->first) {
		struct isrv_hub_interest *i = m->first;

		m->first = i->next;
		interest_free(i);
	}
	isrv_hub_detach(&m->hub->table, mem, &m->link);
	isrv_hub_names_free(m->names, mem);
	isrv_hub_queue_clear(&m->queue, mem);
	isrv_mem_free(mem, m, sizeof(*m));
}

/* ---- publishing ---------------------------------------------------------------------------- */

static void make_ready(struct imapsrv_hub_member *m)
{
	struct imapsrv_hub *hub = m->hub;
	struct group *g = &hub->groups[m->group];

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
		struct group *g = hub->wakes;

		hub->wakes = g->wake_next;
		if (hub->config.wake)
			hub->config.wake(hub->config.user, (uint32_t)(g - hub->groups));
	}
}

static void deliver(struct imapsrv_hub_member *m, const struct isrv_hub_event *in)
{
	if (!m->broad)
		isrv_hub_queue_put(&m->queue, &m->hub->mem, &m->hub->config, in);
	make_ready(m);
}

static bool is_wanted(const struct isrv_hub_interest *i, enum imapsrv_event_type type)
{
	uint32_t events = type == IMAPSRV_EVENT_MAILBOX_CHANGED ? MESSAGE_EVENTS
	                                                        : UINT32_C(1) << type;

	return (i->events & events) != 0;
}

/* Is that name, an account's own, one that the interest covers? */
static bool is_in(const struct isrv_hub_interest *i, struct imapsrv_span name)
{
	struct imapsrv_span own = name_in(i);

	if (i->scope == IMAPSRV_SCOPE_ACCOUNT)
		return true;
	if (is_subtree(i))
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

		if (!is_below(&m->names->mounts[i], own, separator))
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
}

/* To those whose interest stands in this list. */
static void spread(struct imapsrv_hub *hub, struct isrv_hub_link *list,
                   const struct imapsrv_event *event)
{
	struct isrv_hub_event in = {.event = event};

	for (struct isrv_hub_link *l = list; l; l = l->next) {
		struct imapsrv_hub_member *m = l->of.interest->member;

		if (!is_wanted(l->of.interest, event->type))
			continue;
		if (event->type == IMAPSRV_EVENT_MAILBOX_RENAME) {
			deliver_rename(m, event);
			continue;
		}
		if (l->mount->stamp == hub->stamp)
			continue;
		l->mount->stamp = hub->stamp; /* one interest of the member is enough */
		if (name_of(m, l->mount, event->mailbox, in.name))
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

/* An event with the account's own names. */
static void deliver_own(struct imapsrv_hub_member *m, const struct imapsrv_event *event)
{
	struct isrv_hub_event in = {event, {event->mailbox}, {event->old_name}};

	for (struct isrv_hub_interest *i = m->first; i; i = i->next)
		if (is_wanted(i, event->type) &&
		    (is_in(i, event->mailbox) ||
		     (event->type == IMAPSRV_EVENT_MAILBOX_RENAME && is_in(i, event->old_name)))) {
			deliver(m, &in);
			return;
		}
}

/* A host that was compiled against an older header knows fewer members.  Of the numbers only the one
 * that says which mailbox it is stays right: it goes to *status. */
static int take_event(struct imapsrv_event *whole, struct imapsrv_status *status,
                      const struct imapsrv_event *event)
{
	const struct imapsrv_event empty = IMAPSRV_EVENT_INIT;

	if (!event || event->size < sizeof(size_t))
		return IMAPSRV_EINVAL;
	*whole = empty;
	memcpy(whole, event, event->size < sizeof(*whole) ? event->size : sizeof(*whole));
	whole->size = sizeof(*whole);
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
	if (!account.len)
		for (struct imapsrv_hub_member *m = hub->members; m; m = m->next)
			deliver_own(m, &e);
	isrv_hub_walk_begin(&walk, &hub->table, ISRV_HUB_ACCOUNT);
	for (size_t i = 0; i < account.len; i++)
		isrv_hub_walk_octet(&walk, account.data[i]);
	node = account.len ? isrv_hub_walk_node(&walk, ISRV_HUB_ACCOUNT, account) : NULL;
	for (struct isrv_hub_link *l = node ? node->exact : NULL; l; l = l->next)
		deliver_own(l->of.member, &e);
	lose_all(hub->broad);
	wake(hub);
	return 0;
}

/* ---- taking -------------------------------------------------------------------------------- */

struct imapsrv_hub_member *imapsrv_hub_next(struct imapsrv_hub *hub, uint32_t group)
{
	struct imapsrv_hub_member *m;
	struct group *g;

	if (group >= hub->config.groups)
		return NULL;
	g = &hub->groups[group];
	m = g->head;
	if (!m) {
		g->awake = false;
		return NULL;
	}
	unready(m);
	return m;
}

const struct imapsrv_event *imapsrv_hub_take(struct imapsrv_hub_member *member)
{
	static const struct imapsrv_event everything = IMAPSRV_EVENT_INIT;
	struct imapsrv_hub_member *m = member;

	if (m->queue.lost) {
		isrv_hub_queue_clear(&m->queue, &m->hub->mem);
		return &everything;
	}
	return isrv_hub_queue_take(&m->queue, &m->hub->mem);
}
