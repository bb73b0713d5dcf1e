/* SPDX-License-Identifier: MIT */
/*
 * The hub under any sequence of operations: joining, leaving, seeing, watching, publishing from
 * inside and outside, taking, with memory that runs short.  Names come from the input.  Whatever
 * comes, what is taken is whole, and no memory is left.
 */
#include <stdlib.h>
#include <string.h>

#include "host/alloc.h"
#include "imapsrv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MEMBERS = 8 };

struct input {
	const uint8_t *at;
	const uint8_t *end;
};

struct fuzz {
	struct input in;
	struct imapsrv_hub *hub;
	struct imapsrv_hub_member *members[MEMBERS];
	unsigned nested;
};

static unsigned octet(struct input *in)
{
	return in->at < in->end ? *in->at++ : 0;
}

static struct imapsrv_span name(struct input *in)
{
	size_t len = octet(in) % 24, left = (size_t)(in->end - in->at);
	struct imapsrv_span s = {(const char *)in->at, len < left ? len : left};

	in->at += s.len;
	return s;
}

static void publish(struct fuzz *f)
{
	struct imapsrv_event e = IMAPSRV_EVENT_INIT;
	struct imapsrv_range r;
	unsigned what = octet(&f->in);

	e.type = (enum imapsrv_event_type)(what & 31);
	e.mailbox = name(&f->in);
	if (e.type == IMAPSRV_EVENT_MAILBOX_RENAME)
		e.old_name = name(&f->in);
	r.first = octet(&f->in);
	r.last = r.first + octet(&f->in);
	e.uids = (struct imapsrv_set){&r, what >> 5 & 1};
	if (what & 0x80)
		(void)imapsrv_hub_publish_account(f->hub, name(&f->in), &e);
	else
		(void)imapsrv_hub_publish(f->hub, &e);
}

static void on_wake(void *user, uint32_t group)
{
	struct fuzz *f = user;

	(void)group;
	if (f->nested++ < 3)
		publish(f);
}

static void see(struct input *in, struct imapsrv_hub_member *m)
{
	struct imapsrv_hub_view view = IMAPSRV_HUB_VIEW_INIT;
	struct imapsrv_hub_mount mounts[4];

	view.account = name(in);
	view.mounts = mounts;
	view.mount_count = octet(in) % 5;
	for (size_t i = 0; i < view.mount_count; i++) {
		mounts[i].name = name(in);
		mounts[i].topic = name(in);
	}
	(void)imapsrv_hub_see(m, octet(in) % 16 ? &view : NULL);
}

static void watch(struct input *in, struct imapsrv_hub_member *m)
{
	struct imapsrv_interest list[4];
	struct imapsrv_watch_change c;

	memset(&c, 0, sizeof(c));
	c.size = sizeof(c);
	c.separator = octet(in) % 8 ? '/' : '\0';
	for (size_t i = 0; i < 4; i++) {
		list[i].scope = (enum imapsrv_scope)(octet(in) % 3);
		list[i].events = octet(in) << 1 | octet(in) << 9;
		list[i].name = name(in);
	}
	c.added = list;
	c.added_count = octet(in) % 4;
	c.removed = list + c.added_count;
	c.removed_count = 4 - c.added_count;
	(void)imapsrv_hub_watch(m, &c);
}

static void take(struct imapsrv_hub_member *m)
{
	const struct imapsrv_event *e = imapsrv_hub_take(m);

	/* Every octet of it is there. */
	for (size_t i = 0; e && i < e->mailbox.len; i++)
		if (e->mailbox.data[i] == '\1' && e->size != sizeof(*e))
			abort();
	for (size_t i = 0; e && i < e->uids.count; i++)
		if (e->uids.ranges[i].first > e->uids.ranges[i].last)
			abort();
}

static void step(struct fuzz *f)
{
	unsigned what = octet(&f->in);
	struct imapsrv_hub_member **m = &f->members[what % MEMBERS];

	f->nested = 0;
	if (!*m) {
		if (imapsrv_hub_join(f->hub, f, what >> 3 & 1, m))
			*m = NULL;
		return;
	}
	switch (what >> 3 & 7) {
	case 0:
		imapsrv_hub_leave(*m);
		*m = NULL;
		break;
	case 1:
		see(&f->in, *m);
		break;
	case 2:
		watch(&f->in, *m);
		break;
	case 3:
		take(*m);
		break;
	case 4:
		(void)imapsrv_hub_next(f->hub, what >> 7);
		break;
	default:
		publish(f);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct imapsrv_hub_config c = IMAPSRV_HUB_CONFIG_INIT;
	struct fuzz f = {{data, data + size}, NULL, {NULL}, 0};
	struct tx_log log = {0};
	struct ta alloc;

	ta_init(&alloc, &log);
	c.allocator = &alloc.allocator;
	c.groups = 2;
	c.queue = 1 + octet(&f.in) % 8;
	c.ranges = 1 + octet(&f.in) % 4;
	c.secret = octet(&f.in);
	c.wake = on_wake;
	c.user = &f;
	alloc.fail_once = octet(&f.in) * 2u;
	alloc.fail_more = octet(&f.in) % 8;
	if (imapsrv_hub_new(&c, &f.hub) == 0) {
		while (f.in.at < f.in.end)
			step(&f);
		imapsrv_hub_free(f.hub);
	}
	ta_check(&alloc);
	if (log.count)
		abort();
	return 0;
}
