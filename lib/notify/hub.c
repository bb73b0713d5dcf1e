/* SPDX-License-Identifier: MIT */
/*
 * The hub as the host sees it: members come and go, see names, and are asked for what they have
 * heard.  Sessions are not touched here.
 */
#include <string.h>

#include "notify/hub.h"

#define GROUPS_MAX 65536u

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
	hub->groups = isrv_mem_zalloc(&mem, c.groups * sizeof(struct isrv_hub_group));
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
	isrv_mem_free(&hub->mem, hub->groups, hub->config.groups * sizeof(struct isrv_hub_group));
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

void isrv_hub_list(struct imapsrv_hub_member **list, struct imapsrv_hub_member *m)
{
	list_out(m);
	list_in(list, m);
}

int isrv_hub_broaden(struct imapsrv_hub_member *m)
{
	if (!m->broad) {
		m->broad = true;
		isrv_hub_list(&m->hub->broad, m);
	}
	return IMAPSRV_ENOMEM;
}

void isrv_hub_stray(struct imapsrv_hub_member *m)
{
	m->queue.strayed = true;
	isrv_hub_list(&m->hub->broad, m);
}

void isrv_hub_settle(struct imapsrv_hub_member *m)
{
	const struct isrv_hub_entry *none = NULL;

	/* By one that is lent or kept it is going to watch what has another name by now. */
	if (!m->queue.strayed || isrv_hub_queue_renaming(&m->queue, &none))
		return;
	for (const struct isrv_hub_interest *i = m->first; i; i = i->next)
		if (i->scope == IMAPSRV_SCOPE_MAILBOX &&
		    i->events & IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_MAILBOX_RENAME))
			return;
	m->queue.strayed = false;
	if (!m->broad)
		isrv_hub_list(&m->hub->members, m);
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

static bool is_of_account(const struct imapsrv_hub_member *m, struct imapsrv_span account)
{
	const struct isrv_hub_node *node = m->link.node;

	return node && node->len == account.len &&
	       memcmp(node->name, account.data, account.len) == 0;
}

/* It and all its interests stand at other nodes now. */
static int link_again(struct imapsrv_hub_member *m, struct imapsrv_span account)
{
	struct imapsrv_hub *hub = m->hub;
	int error = 0;

	m->link.of.member = m;
	if (m->names && !isrv_hub_attach(&hub->table, &hub->mem, ISRV_HUB_ACCOUNT, &account, 1,
	                                 false, &m->link))
		error = isrv_hub_broaden(m);
	if (isrv_hub_interests_link(m))
		error = IMAPSRV_ENOMEM;
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
	/* What was heard for one account is not for who logs in next. */
	if (!is_of_account(m, v.account)) {
		isrv_hub_queue_forget(&m->queue, &m->hub->mem);
		isrv_hub_stay(m);
	}
	isrv_hub_interests_unlink(m);
	isrv_hub_detach(&m->hub->table, &m->hub->mem, &m->link);
	isrv_hub_names_free(m->names, &m->hub->mem);
	m->names = names;
	if (m->link.by.mover && !isrv_hub_move(m))
		isrv_hub_queue_lose(&m->queue, &m->hub->mem);
	if (view && !names)
		return isrv_hub_broaden(m);
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
	isrv_hub_stay(m);
	list_out(m);
	isrv_hub_interests_free(m);
	isrv_hub_detach(&m->hub->table, mem, &m->link);
	isrv_hub_names_free(m->names, mem);
	isrv_hub_queue_clear(&m->queue, mem);
	isrv_mem_free(mem, m, sizeof(*m));
}

/* ---- taking -------------------------------------------------------------------------------- */

struct imapsrv_hub_member *imapsrv_hub_next(struct imapsrv_hub *hub, uint32_t group)
{
	struct imapsrv_hub_member *m;
	struct isrv_hub_group *g;

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
	struct imapsrv_hub_member *m = member;
	const struct imapsrv_event *event = isrv_hub_queue_take(&m->queue, &m->hub->mem);
	const struct isrv_hub_entry *none = NULL;

	if (m->link.by.mover && !isrv_hub_queue_renaming(&m->queue, &none))
		isrv_hub_stay(m);
	return event;
}
