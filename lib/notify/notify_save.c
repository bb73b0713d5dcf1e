/* SPDX-License-Identifier: MIT */
/* Numbers of mailboxes that the host had told are left out: it is asked for them. */
#include "notify/notify_save.h"

#include <string.h>

#include "base/entry.h"

#define EVENTS_ALL ((ISRV_NOTIFY_ANNOTATIONS << 1) - 1)
#define TELL_ALL   ((ISRV_TELL_BORN << 1) - 1)

static void pack_names(const struct isrv_names *names, struct isrv_pack *p)
{
	isrv_pack_u64(p, isrv_names_count(names));
	for (uint32_t i = 0; i < isrv_names_count(names); i++)
		isrv_pack_span(p, isrv_names_at(names, i));
}

static void pack_news(const struct isrv_news *news, struct isrv_pack *p)
{
	isrv_pack_span(p, isrv_news_name(news));
	isrv_pack_u64(p, news->tell);
	isrv_pack_u64(p, (news->gone ? 1u : 0u) | (news->has_attributes ? 2u : 0u) |
	                         (news->hidden ? 4u : 0u) | (news->over ? 8u : 0u) |
	                         (news->passed ? 16u : 0u));
	isrv_pack_u64(p, news->attributes);
	isrv_pack_span(p, (struct imapsrv_span){news->old_name, news->old_len});
	pack_names(&news->entries, p);
}

void isrv_notify_pack(const struct isrv_notify *n, struct isrv_pack *p)
{
	isrv_pack_u64(p, n->selected);
	isrv_pack_u64(p, (n->delayed ? 1u : 0u) | (n->follows ? 2u : 0u));
	isrv_pack_span(p, (struct imapsrv_span){n->fetch, n->fetch_len});
	isrv_pack_u64(p, n->group_count);
	for (uint32_t i = 0; i < n->group_count; i++) {
		isrv_pack_u64(p, n->groups[i].where);
		isrv_pack_u64(p, n->groups[i].events);
		isrv_pack_u64(p, n->groups[i].all);
		pack_names(&n->groups[i].names, p);
	}
	pack_names(&n->subscribed, p);
	pack_names(&n->noaccess, p);
	isrv_pack_u64(p, n->news.count);
	for (const struct isrv_news *news = n->news.first; news; news = news->next)
		pack_news(news, p);
}

/* ---- back ---------------------------------------------------------------------------------- */

static void unpack_names(struct isrv_names *names, struct isrv_mem *mem, struct isrv_unpack *u)
{
	uint32_t count = isrv_unpack_u32(u);

	for (uint32_t i = 0; i < count && !u->error; i++) {
		struct imapsrv_span name = isrv_unpack_name(u);

		if (!name.len || isrv_names_has(names, name))
			isrv_unpack_fail(u, IMAPSRV_EINVAL);
		else if (!isrv_names_add(names, mem, name))
			isrv_unpack_fail(u, IMAPSRV_ENOMEM);
	}
}

static void unpack_groups(struct isrv_notify *n, struct isrv_mem *mem, struct isrv_unpack *u)
{
	/* Each takes four octets at least. */
	uint32_t count = (uint32_t)isrv_unpack_upto(u, (uint64_t)(u->end - u->at) / 4);

	if (!count)
		return;
	n->groups = isrv_mem_zarray(mem, count, sizeof(*n->groups));
	if (!n->groups) {
		isrv_unpack_fail(u, IMAPSRV_ENOMEM);
		return;
	}
	n->group_count = count;
	for (uint32_t i = 0; i < count && !u->error; i++) {
		struct isrv_notify_group *g = &n->groups[i];

		g->where = (uint8_t)isrv_unpack_upto(u, ISRV_NOTIFY_MAILBOXES);
		g->events = (uint8_t)isrv_unpack_upto(u, EVENTS_ALL);
		g->all = isrv_unpack_bool(u);
		unpack_names(&g->names, mem, u);
	}
}

static void unpack_news(struct isrv_notify *n, struct isrv_mem *mem, struct isrv_unpack *u)
{
	struct imapsrv_span name = isrv_unpack_name(u), old, entry;
	struct isrv_news *news = NULL;
	unsigned flags;
	uint32_t count;

	if (!u->error && !isrv_news_find(&n->news, name))
		news = isrv_news_get(&n->news, mem, name);
	if (!news) {
		isrv_unpack_fail(u, isrv_news_find(&n->news, name) ? IMAPSRV_EINVAL
		                                                   : IMAPSRV_ENOMEM);
		return;
	}
	news->tell = (uint32_t)isrv_unpack_upto(u, TELL_ALL);
	flags = (unsigned)isrv_unpack_upto(u, 31);
	news->gone = flags & 1;
	news->hidden = flags & 4;
	news->over = flags & 8;
	news->passed = flags & 16;
	news->has_attributes = flags & 2;
	news->attributes = isrv_unpack_u32(u);
	old = isrv_unpack_name(u);
	/* The server's metadata has no name, and nothing else can be told of it. */
	if (!name.len && (news->tell & ~(uint32_t)ISRV_TELL_METADATA || flags || old.len))
		isrv_unpack_fail(u, IMAPSRV_EINVAL);
	if (!u->error && old.len && !isrv_news_set_old(news, mem, old))
		isrv_unpack_fail(u, IMAPSRV_ENOMEM);
	count = isrv_unpack_u32(u);
	while (count-- && !u->error) {
		entry = isrv_unpack_name(u);
		if (!isrv_entry_is_name(entry, NULL))
			isrv_unpack_fail(u, IMAPSRV_EINVAL);
		else if (!isrv_news_add_entry(&n->news, mem, news, entry))
			isrv_unpack_fail(u, IMAPSRV_ENOMEM);
	}
}

static void unpack_fetch(struct isrv_notify *n, struct isrv_mem *mem, struct isrv_unpack *u)
{
	struct imapsrv_span text = isrv_unpack_span(u);

	if (!text.len)
		return;
	n->fetch = isrv_mem_alloc(mem, text.len);
	if (!n->fetch) {
		isrv_unpack_fail(u, IMAPSRV_ENOMEM);
		return;
	}
	memcpy(n->fetch, text.data, text.len);
	n->fetch_len = text.len;
}

struct isrv_notify *isrv_notify_unpack(struct isrv_mem *mem, struct isrv_unpack *u)
{
	struct isrv_notify *n = isrv_mem_zalloc(mem, sizeof(*n));
	unsigned flags;
	uint32_t count;

	if (!n) {
		isrv_unpack_fail(u, IMAPSRV_ENOMEM);
		return NULL;
	}
	n->selected = (uint8_t)isrv_unpack_upto(u, EVENTS_ALL);
	flags = (unsigned)isrv_unpack_upto(u, 3);
	n->delayed = flags & 1;
	n->follows = flags & 2;
	unpack_fetch(n, mem, u);
	unpack_groups(n, mem, u);
	unpack_names(&n->subscribed, mem, u);
	unpack_names(&n->noaccess, mem, u);
	count = isrv_unpack_u32(u);
	while (count-- && !u->error)
		unpack_news(n, mem, u);
	if (!u->error)
		return n;
	isrv_notify_free(n, mem);
	return NULL;
}
