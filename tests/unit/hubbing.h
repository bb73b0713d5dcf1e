/* SPDX-License-Identifier: MIT */
/* Short words for tests of the hub. */
#ifndef UNIT_HUBBING_H
#define UNIT_HUBBING_H

#include "unit/failalloc.h"

#include "imapsrv.h"

#define BIT(type) (UINT32_C(1) << (type))
#define NEW       BIT(IMAPSRV_EVENT_MESSAGE_NEW)
#define FLAGS     BIT(IMAPSRV_EVENT_FLAGS_SET)
#define ALL       0x3feu

static inline struct imapsrv_span span(const char *text)
{
	struct imapsrv_span s = {text, text ? strlen(text) : 0};

	return s;
}

static inline struct imapsrv_hub *hub_new(const struct imapsrv_hub_config *config)
{
	struct imapsrv_hub_config c = IMAPSRV_HUB_CONFIG_INIT;
	struct imapsrv_hub *hub = NULL;

	assert_int_equal(imapsrv_hub_new(config ? config : &c, &hub), 0);
	return hub;
}

static inline struct imapsrv_hub_member *join(struct imapsrv_hub *hub, void *user)
{
	struct imapsrv_hub_member *m = NULL;

	assert_int_equal(imapsrv_hub_join(hub, user, 0, &m), 0);
	assert_ptr_equal(imapsrv_hub_user(m), user);
	return m;
}

static inline int see(struct imapsrv_hub_member *m, const char *account, const char *const (*mounts)[2],
               size_t count)
{
	struct imapsrv_hub_view view = IMAPSRV_HUB_VIEW_INIT;
	struct imapsrv_hub_mount list[8];

	for (size_t i = 0; i < count; i++)
		list[i] = (struct imapsrv_hub_mount){span(mounts[i][0]), span(mounts[i][1])};
	view.account = span(account);
	view.mounts = list;
	view.mount_count = count;
	return imapsrv_hub_see(m, &view);
}

static inline int change(struct imapsrv_hub_member *m, bool add, enum imapsrv_scope scope,
                  const char *name, uint32_t events, char separator)
{
	struct imapsrv_interest interest = {scope, span(name), events};
	struct imapsrv_watch_change c;

	memset(&c, 0, sizeof(c));
	c.size = sizeof(c);
	c.separator = separator;
	if (add) {
		c.added = &interest;
		c.added_count = 1;
	} else {
		c.removed = &interest;
		c.removed_count = 1;
	}
	return imapsrv_hub_watch(m, &c);
}

static inline void publish(struct imapsrv_hub *hub, enum imapsrv_event_type type, const char *topic,
                    uint32_t first, uint32_t last)
{
	struct imapsrv_range r = {first, last};
	struct imapsrv_event e = IMAPSRV_EVENT_INIT;

	e.type = type;
	e.mailbox = span(topic);
	e.uids.ranges = &r;
	e.uids.count = first ? 1 : 0;
	assert_int_equal(imapsrv_hub_publish(hub, &e), 0);
}

/* "name type uid:uid,... name ..." of all that the member has. */
static inline const char *taken(struct imapsrv_hub_member *m)
{
	static char text[4096];
	const struct imapsrv_event *e;
	size_t at = 0;

	text[0] = '\0';
	while ((e = imapsrv_hub_take(m))) {
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%.*s %d", at ? " " : "",
		                       (int)e->mailbox.len, e->mailbox.data ? e->mailbox.data : "",
		                       (int)e->type);
		for (size_t i = 0; i < e->uids.count; i++)
			at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%u:%u",
			                       i ? "," : " ", e->uids.ranges[i].first,
			                       e->uids.ranges[i].last);
		assert_true(at < sizeof(text) - 200);
	}
	return text;
}

#endif
