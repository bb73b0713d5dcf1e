/* SPDX-License-Identifier: MIT */
/*
 * Random histories of a hub with fixed seeds, held against a model that looks at every member each
 * time; and the same while memory is short, which may turn events into look-ups and never lose one.
 */
#include "unit/hubbing.h"

enum { MEMBERS = 6, INTERESTS = 8, NAMES = 10, UIDS = 24, TYPES = 10 };

static const char *const tree[] = {"", "a", "b", "u", "u/a", "u/b", "u/a/c", "u/INBOX", "INBOX", "b/INBOX"};
static const char *const mounted[][2] = {
	{"", "u"}, {"a", "b"}, {"b", "u/a"}, {"", ""}, {"a/c", "u/b"}, {"INBOX", "a"},
};

struct mirror {
	struct imapsrv_hub_member *m;
	uint32_t mounts; /* of `mounted`, as bits; 0: sees nothing */
	struct {
		enum imapsrv_scope scope;
		const char *name;
		uint32_t events;
	} interests[INTERESTS];
	size_t count;
	/* what it must hear of, by mailbox name, type and UID; 2: it did */
	struct {
		char name[64];
		uint8_t due[TYPES][UIDS];
	} boxes[64];
	size_t box_count;
	bool broad; /* memory was short */
};

struct history {
	struct imapsrv_hub *hub;
	struct mirror mirrors[MEMBERS];
	uint64_t random;
	bool scarce; /* allocations fail: a member may hear of more */
};

static uint32_t below(struct history *h, uint32_t n)
{
	h->random = h->random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(h->random >> 33) % n;
}

static bool covers(const char *top, const char *name)
{
	size_t len = strlen(top);

	return !len || (strncmp(top, name, len) == 0 && (!name[len] || name[len] == '/'));
}

/* The mount that counts for a name; -1: none. */
static int mount_of(const struct mirror *r, const char *name)
{
	int best = -1;

	for (int i = 0; i < (int)COUNT(mounted); i++)
		if (r->mounts >> i & 1 && covers(mounted[i][0], name) &&
		    (best < 0 || strlen(mounted[i][0]) > strlen(mounted[best][0])))
			best = i;
	return best;
}

static void due(struct mirror *r, const char *topic, int type, uint32_t uid)
{
	for (int i = 0; i < (int)COUNT(mounted); i++) {
		const char *t = mounted[i][1], *rest;
		char name[64];
		bool wanted = false;
		size_t box;

		if (!(r->mounts >> i & 1) || !covers(t, topic))
			continue;
		rest = topic + strlen(t);
		if (*t && *rest)
			rest++;
		snprintf(name, sizeof(name), "%s%s%s", mounted[i][0],
		         *mounted[i][0] && *rest ? "/" : "", rest);
		if (!name[0] || mount_of(r, name) != i)
			continue;
		for (size_t k = 0; k < r->count; k++)
			if (r->interests[k].events >> type & 1 &&
			    (r->interests[k].scope == IMAPSRV_SCOPE_MAILBOX
			             ? strcmp(r->interests[k].name, name) == 0
			             : r->interests[k].scope == IMAPSRV_SCOPE_SUBTREE &&
			                       covers(r->interests[k].name, name)))
				wanted = true;
		if (!wanted)
			continue;
		for (box = 0; box < r->box_count; box++)
			if (strcmp(r->boxes[box].name, name) == 0)
				break;
		assert_true(box < COUNT(r->boxes));
		if (box == r->box_count)
			snprintf(r->boxes[r->box_count++].name, 64, "%s", name);
		r->boxes[box].due[type][uid] = 1;
	}
}

/* Takes all; each event must be due, and all that is due must be in them. */
static void drain(struct history *h, struct mirror *r)
{
	const struct imapsrv_event *e;
	bool everything = false;

	while ((e = imapsrv_hub_take(r->m))) {
		size_t box = 0;

		if (!e->mailbox.len) {
			assert_int_equal(e->type, IMAPSRV_EVENT_MAILBOX_CHANGED);
			everything = true;
			continue;
		}
		while (box < r->box_count && (strlen(r->boxes[box].name) != e->mailbox.len ||
		                              memcmp(r->boxes[box].name, e->mailbox.data,
		                                     e->mailbox.len) != 0))
			box++;
		if (box == r->box_count)
			fail_msg("told of %.*s, which it did not ask for", (int)e->mailbox.len,
			         e->mailbox.data);
		for (int type = 1; type < TYPES; type++)
			for (uint32_t uid = 0; uid < UIDS; uid++) {
				uint8_t *d = &r->boxes[box].due[type][uid];
				bool flags = type >= IMAPSRV_EVENT_MESSAGE_READ &&
				             type <= IMAPSRV_EVENT_FLAGS_CLEAR;
				bool in = false;

				for (size_t i = 0; i < e->uids.count; i++)
					in = in || (uid >= e->uids.ranges[i].first &&
					            uid <= e->uids.ranges[i].last);
				/* A look-up finds all but flags; those come in a range behind it. */
				if (e->type == IMAPSRV_EVENT_MAILBOX_CHANGED && !flags)
					*d = *d ? 2 : 0;
				if ((int)e->type == type && in)
					*d = *d ? 2 : 0;
				if (e->type == IMAPSRV_EVENT_FLAGS_SET && flags && in)
					*d = *d ? 2 : 0;
				if ((int)e->type == type && type <= 2 && !e->uids.count)
					*d = *d ? 2 : 0;
			}
	}
	for (size_t box = 0; box < r->box_count && !everything; box++)
		for (int type = 1; type < TYPES; type++)
			for (uint32_t uid = 0; uid < UIDS; uid++)
				if (r->boxes[box].due[type][uid] == 1)
					fail_msg("not told of %s, event %d, UID %u", r->boxes[box].name,
					         type, uid);
	if (everything && !h->scarce)
		assert_true(r->box_count > 1); /* not without need */
	memset(r->boxes, 0, sizeof(r->boxes));
	r->box_count = 0;
}

static void do_see(struct history *h, struct mirror *r)
{
	const char *list[8][2];
	size_t count = 0;

	drain(h, r);
	r->mounts = below(h, 1u << COUNT(mounted));
	for (size_t i = 0; i < COUNT(mounted); i++)
		if (r->mounts >> i & 1) {
			/* Two at one name would be a host's mistake. */
			if (i == 3 && r->mounts & 1) {
				r->mounts &= ~8u;
				continue;
			}
			list[count][0] = mounted[i][0];
			list[count++][1] = mounted[i][1];
		}
	if (see(r->m, "x", (const char *const (*)[2])list, count))
		r->broad = true;
}

static void do_watch(struct history *h, struct mirror *r)
{
	size_t i = r->count;

	drain(h, r);
	if (r->count && below(h, 2)) {
		i = below(h, (uint32_t)r->count);
		(void)change(r->m, false, r->interests[i].scope, r->interests[i].name,
		             r->interests[i].events, '/');
		r->interests[i] = r->interests[--r->count];
		return;
	}
	if (i == INTERESTS)
		return;
	r->interests[i].scope = (enum imapsrv_scope)below(h, 3);
	r->interests[i].name = tree[below(h, NAMES)];
	if (!*r->interests[i].name && r->interests[i].scope == IMAPSRV_SCOPE_MAILBOX)
		return;
	r->interests[i].events = below(h, 2) ? 0x3feu : below(h, 0x400) & ~1u;
	r->count++;
	if (change(r->m, true, r->interests[i].scope, r->interests[i].name, r->interests[i].events,
	           '/'))
		r->broad = true;
}

static void do_publish(struct history *h)
{
	const char *topic = tree[1 + below(h, NAMES - 1)];
	int type = 1 + (int)below(h, TYPES - 2); /* not "look it up" */
	uint32_t uid = 1 + below(h, UIDS - 1);

	if (below(h, 30) == 0) {
		struct imapsrv_event e = IMAPSRV_EVENT_INIT;

		assert_int_equal(imapsrv_hub_publish_account(h->hub, span("y"), &e), 0);
	}
	publish(h->hub, (enum imapsrv_event_type)type, topic, uid, uid);
	for (int i = 0; i < MEMBERS; i++)
		if (h->mirrors[i].m)
			due(&h->mirrors[i], topic, type, uid);
}

static void do_join(struct history *h, struct mirror *r)
{
	if (r->m) {
		imapsrv_hub_leave(r->m);
		memset(r, 0, sizeof(*r));
	} else if (imapsrv_hub_join(h->hub, r, 0, &r->m)) {
		assert_true(h->scarce);
		r->m = NULL;
	}
}

static void play(uint64_t seed, struct failalloc *fa, size_t fail_at, bool fail_on)
{
	static struct history h;
	struct imapsrv_hub_config c = IMAPSRV_HUB_CONFIG_INIT;

	memset(&h, 0, sizeof(h));
	h.random = seed * 77 + 5;
	h.scarce = fa != NULL;
	c.queue = 1 + below(&h, 6);
	c.ranges = 1 + below(&h, 3);
	c.secret = seed;
	if (fa)
		c.allocator = &fa->allocator;
	h.hub = hub_new(&c);
	if (fa) {
		fa->fail_first = fail_at ? fa->calls + fail_at : 0;
		fa->fail_on = fail_on;
	}
	for (int step = 0; step < 400; step++) {
		struct mirror *r = &h.mirrors[below(&h, MEMBERS)];
		uint32_t what = below(&h, 20);

		if (what == 0 || !r->m)
			do_join(&h, r);
		else if (what < 3)
			do_see(&h, r);
		else if (what < 8)
			do_watch(&h, r);
		else if (what < 18)
			do_publish(&h);
		else
			while (imapsrv_hub_next(h.hub, 0))
				;
	}
	for (int i = 0; i < MEMBERS; i++)
		if (h.mirrors[i].m)
			drain(&h, &h.mirrors[i]);
	imapsrv_hub_free(h.hub);
}

static void t_random(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 3000; seed++)
		play(seed, NULL, 0, false);
}

static void t_allocations(void **state)
{
	static struct failalloc fa;

	(void)state;
	for (uint64_t seed = 1; seed <= 25; seed++)
		for (size_t at = 1; at < 120; at++)
			for (int on = 0; on < 2; on++) {
				failalloc_init(&fa);
				play(seed, &fa, at, on);
				assert_int_equal(fa.held, 0);
			}
	for (size_t at = 1; at <= 2; at++) {
		struct imapsrv_hub_config c = IMAPSRV_HUB_CONFIG_INIT;
		struct imapsrv_hub *hub;

		failalloc_init(&fa);
		fa.fail_first = at;
		c.allocator = &fa.allocator;
		assert_int_equal(imapsrv_hub_new(&c, &hub), IMAPSRV_ENOMEM);
		assert_int_equal(fa.held, 0);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_random),
		cmocka_unit_test(t_allocations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
