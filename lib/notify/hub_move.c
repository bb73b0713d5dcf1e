/* SPDX-License-Identifier: MIT */
/*
 * Members for whom a renaming is kept, or lent: their interests are those of before.  Each such
 * member has a mover, which stands at the nodes of the new topics, so that what happens there and
 * below finds it.
 */
#include <string.h>

#include "notify/hub.h"

static size_t mover_size(uint32_t count)
{
	return sizeof(struct isrv_hub_mover) + count * sizeof(struct isrv_hub_link);
}

static uint32_t count_renamings(const struct imapsrv_hub_member *m)
{
	const struct isrv_hub_entry *at = NULL;
	uint32_t count = 0;

	while (m->names && isrv_hub_queue_renaming(&m->queue, &at))
		count++;
	return count;
}

/* Links it to where those that are kept lead.  False: no memory. */
static bool stand(struct isrv_hub_mover *mover)
{
	struct imapsrv_hub_member *m = mover->member;
	struct imapsrv_hub *hub = m->hub;
	const struct isrv_hub_entry *at = NULL;

	for (uint32_t i = 0; i < mover->link_count; i++) {
		struct imapsrv_span name = isrv_hub_queue_renaming(&m->queue, &at)->mailbox,
				    parts[3];
		struct isrv_hub_mount *mount =
			isrv_hub_mount_of(m->names, name, hub->config.separator);

		if (!mount)
			continue;
		isrv_hub_translate(isrv_hub_mount_name(mount), isrv_hub_mount_topic(mount), name,
		                   &hub->config.separator, parts);
		mover->links[i].of.member = m;
		if (!isrv_hub_attach(&hub->table, &hub->mem, ISRV_HUB_TOPIC, parts, 3, true,
		                     &mover->links[i]))
			return false;
	}
	return true;
}

bool isrv_hub_move(struct imapsrv_hub_member *m)
{
	struct imapsrv_hub *hub = m->hub;
	uint32_t count = count_renamings(m);
	struct isrv_hub_mover **back = m->link.by.mover ? m->link.by.mover->back : &hub->movers,
			      *mover;

	isrv_hub_stay(m);
	mover = isrv_mem_zalloc(&hub->mem, mover_size(count));
	if (!mover)
		return false;
	mover->member = m;
	mover->link_count = count;
	/* In the place of the one that it had: those behind it may be looked at right now. */
	mover->next = *back;
	mover->back = back;
	if (mover->next)
		mover->next->back = &mover->next;
	*back = mover;
	m->link.by.mover = mover;
	if (stand(mover))
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
	*mover->back = mover->next;
	if (mover->next)
		mover->next->back = mover->back;
	for (uint32_t i = 0; i < mover->link_count; i++)
		isrv_hub_detach(&hub->table, &hub->mem, &mover->links[i]);
	isrv_mem_free(&hub->mem, mover, mover_size(mover->link_count));
}
