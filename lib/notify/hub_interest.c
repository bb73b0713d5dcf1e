/* SPDX-License-Identifier: MIT */
/* What members want to hear of: each interest stands at the nodes of the topics that the account's
 * own name means, and is made anew where that changes. */
#include <string.h>

#include "base/ascii.h"
#include "notify/hub.h"

static size_t interest_size(const struct isrv_hub_interest *i)
{
	return sizeof(*i) + i->link_count * sizeof(struct isrv_hub_link) + i->name_len;
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

/* At how many nodes it has to stand. */
static uint32_t count_links(const struct isrv_hub_interest *i, struct imapsrv_span name)
{
	const struct imapsrv_hub_member *m = i->member;
	char separator = m->hub->config.separator;
	uint32_t count = 0;

	if (!m->names || i->scope == IMAPSRV_SCOPE_ACCOUNT)
		return 0;
	count = isrv_hub_mount_of(m->names, name, separator) != NULL;
	for (size_t k = 0; isrv_hub_is_subtree(i) && k < m->names->mount_count; k++)
		count += isrv_hub_is_below(&m->names->mounts[k], name, separator);
	return count;
}

static bool link_topic(struct isrv_hub_interest *i, uint32_t k, struct isrv_hub_mount *mount,
                       struct imapsrv_span name)
{
	struct imapsrv_hub *hub = i->member->hub;
	struct imapsrv_span parts[3];

	i->links[k].of.interest = i;
	i->links[k].by.mount = mount;
	isrv_hub_translate(isrv_hub_mount_name(mount), isrv_hub_mount_topic(mount), name,
	                   &hub->config.separator, parts);
	return isrv_hub_attach(&hub->table, &hub->mem, ISRV_HUB_TOPIC, parts, 3,
	                       isrv_hub_is_subtree(i), &i->links[k]);
}

static bool interest_link(struct isrv_hub_interest *i)
{
	struct isrv_hub_names *names = i->member->names;
	struct imapsrv_span name = isrv_hub_interest_name(i);
	char separator = i->member->hub->config.separator;
	struct isrv_hub_mount *mount;
	uint32_t k = 0;

	if (!i->link_count)
		return true;
	mount = isrv_hub_mount_of(names, name, separator);
	if (mount && !link_topic(i, k++, mount, name))
		return false;
	for (size_t n = 0; isrv_hub_is_subtree(i) && n < names->mount_count; n++) {
		mount = &names->mounts[n];
		if (isrv_hub_is_below(mount, name, separator) &&
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
	i->up = m->last;
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
		return isrv_hub_broaden(m);
	if (name.len)
		memcpy(folded, name.data, name.len);
	isrv_hub_fold_inbox(folded, name.len);
	name.data = folded;
	i = interest_new(m, (uint8_t)in->scope, in->events, name);
	isrv_mem_free(mem, folded, name.len);
	if (!i)
		return isrv_hub_broaden(m);
	append(m, i);
	return 0;
}

static bool is_same(const struct isrv_hub_interest *i, const struct imapsrv_interest *in)
{
	if (i->scope != in->scope || i->events != in->events || i->name_len != in->name.len)
		return false;
	/* INBOX was folded when it was kept. */
	if (i->name_len == 5 && memcmp(isrv_hub_interest_name(i).data, "INBOX", 5) == 0)
		return isrv_ascii_is(in->name.data, in->name.len, "INBOX");
	return !i->name_len ||
	       memcmp(isrv_hub_interest_name(i).data, in->name.data, i->name_len) == 0;
}

/* Those of all members that stand at the topic of the one to be found. */
static const struct isrv_hub_link *beside(const struct imapsrv_hub_member *m,
                                          const struct imapsrv_interest *in)
{
	const char *separator = &m->hub->config.separator;
	struct isrv_hub_mount *mount = isrv_hub_mount_of(m->names, in->name, *separator);
	const struct isrv_hub_node *node;
	struct imapsrv_span parts[3];

	if (!mount)
		return NULL;
	isrv_hub_translate(isrv_hub_mount_name(mount), isrv_hub_mount_topic(mount), in->name,
	                   separator, parts);
	node = isrv_hub_topic(&m->hub->table, parts);
	if (!node)
		return NULL;
	return in->scope == IMAPSRV_SCOPE_SUBTREE && (!m->flat || !in->name.len) ? node->below
	                                                                          : node->exact;
}

/* A member may have many, and so may a topic: it is looked for among both at a time.  Its own as a
 * rule come in the order in which they came to be, and are looked at from `from` on (NULL: from the
 * first). */
static struct isrv_hub_interest *find(const struct imapsrv_hub_member *m,
                                      const struct imapsrv_interest *in,
                                      struct isrv_hub_interest *from)
{
	const struct isrv_hub_link *link = beside(m, in);
	struct isrv_hub_interest *i = from ? from : m->first;
	struct isrv_hub_interest *end = i;

	while (i) {
		if (is_same(i, in))
			return i;
		/* A mover's is no interest. */
		if (link && link->by.mount && link->of.interest->member == m &&
		    is_same(link->of.interest, in))
			return link->of.interest;
		link = link ? link->next : NULL;
		i = i->next ? i->next : m->first;
		if (i == end)
			break;
	}
	return NULL;
}

/* *next is where the next one is likely to be. */
static void take_away(struct imapsrv_hub_member *m, const struct imapsrv_interest *in,
                      struct isrv_hub_interest **next)
{
	struct isrv_hub_interest *i = find(m, in, *next);

	if (!i)
		return;
	*next = i->next;
	if (i->up)
		i->up->next = i->next;
	else
		m->first = i->next;
	if (i->next)
		i->next->up = i->up;
	else
		m->last = i->up;
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
	struct isrv_hub_interest *next = NULL;
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
		take_away(m, &c.removed[i], &next);
	isrv_hub_settle(m);
	for (size_t i = 0; i < c.added_count && !error; i++)
		error = add(m, &c.added[i]);
	return error;
}

/* ---- all of a member's --------------------------------------------------------------------- */

void isrv_hub_interests_unlink(struct imapsrv_hub_member *m)
{
	for (struct isrv_hub_interest *i = m->first; i; i = i->next)
		interest_unlink(i);
}

int isrv_hub_interests_link(struct imapsrv_hub_member *m)
{
	struct isrv_hub_interest *old = m->first;
	int error = 0;

	m->first = m->last = NULL;
	while (old) {
		struct isrv_hub_interest *next = old->next, *i;

		i = interest_new(m, old->scope, old->events, isrv_hub_interest_name(old));
		interest_free(old);
		if (i)
			append(m, i);
		else
			error = isrv_hub_broaden(m);
		old = next;
	}
	return error;
}

void isrv_hub_interests_free(struct imapsrv_hub_member *m)
{
	while (m->first) {
		struct isrv_hub_interest *i = m->first;

		m->first = i->next;
		interest_free(i);
	}
}
