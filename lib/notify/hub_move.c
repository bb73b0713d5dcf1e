/* SPDX-License-Identifier: MIT */
/*
 * Members for whom a renaming is kept, or lent: their interests are those of before.  Each such
 * member has a mover, which stands at the nodes of the new topics, so that what happens there and
 * below finds it, and of those above, which take the new names along when they are renamed.
 */
#include <string.h>

#include "notify/hub.h"

static size_t mover_size(uint32_t count)
{
	return sizeof(struct isrv_hub_mover) + count * sizeof(struct isrv_hub_link);
}

/* From the highest level of a name down to all of it; *len is 0 at first.  False: that was it. */
static bool next_level(struct imapsrv_span name, char separator, size_t *len)
{
	if (*len == name.len)
		return false;
	for (++*len; *len < name.len && name.data[*len] != separator;)
		++*len;
	return true;
}

static uint32_t count_links(const struct imapsrv_hub_member *m)
{
	const struct isrv_hub_entry *at = NULL;
	const struct imapsrv_event *e;
	uint32_t count = 0;

	while (m->names && (e = isrv_hub_queue_renaming(&m->queue, &at)) != NULL)
		for (size_t len = 0; next_level(e->mailbox, m->hub->config.separator, &len);)
			count++;
	return count;
}

/* Links the member to what has that name, and with `below` to all below it.  False: no memory. */
static bool stand_at(struct imapsrv_hub_member *m, struct isrv_hub_link *link,
                     struct imapsrv_span name, bool below)
{
	struct imapsrv_hub *hub = m->hub;
	struct isrv_hub_mount *mount = isrv_hub_mount_of(m->names, name, hub->config.separator);
	struct imapsrv_span parts[3];

	if (!mount)
		return true;
	isrv_hub_translate(isrv_hub_mount_name(mount), isrv_hub_mount_topic(mount), name,
	                   &hub->config.separator, parts);
	link->of.member = m;
	return isrv_hub_attach(&hub->table, &hub->mem, ISRV_HUB_TOPIC, parts, 3, below, link);
}

/* Links it to where those that are kept lead.  False: no memory. */
static bool stand(struct imapsrv_hub_member *m, struct isrv_hub_mover *mover)
{
	const struct isrv_hub_entry *at = NULL;
	const struct imapsrv_event *e;
	uint32_t i = 0;

	while (i < mover->link_count && (e = isrv_hub_queue_renaming(&m->queue, &at)) != NULL)
		for (size_t len = 0; next_level(e->mailbox, m->hub->config.separator, &len);)
			if (!stand_at(m, &mover->links[i++],
			              (struct imapsrv_span){e->mailbox.data, len},
			              len == e->mailbox.len))
				return false;
	return true;
}

bool isrv_hub_move(struct imapsrv_hub_member *m)
{
	struct isrv_mem *mem = &m->hub->mem;
	uint32_t count = count_links(m);
	struct isrv_hub_mover *mover;

	isrv_hub_stay(m);
	mover = isrv_mem_zalloc(mem, mover_size(count));
	if (!mover)
		return false;
	mover->link_count = count;
	m->link.by.mover = mover;
	if (stand(m, mover))
		return true;
	isrv_hub_stay(m);
	return false;
}

void isrv_hub_stay(struct imapsrv_hub_member *m)
{
	struct isrv_hub_mover *mover = m->link.by.mover;
	struct imapsrv_hub *hub = m->hub;

	if (!mover)
		return;
	m->link.by.mover = NULL;
	for (uint32_t i = 0; i < mover->link_count; i++)
		isrv_hub_detach(&hub->table, &hub->mem, &mover->links[i]);
	isrv_mem_free(&hub->mem, mover, mover_size(mover->link_count));
}
