/* SPDX-License-Identifier: MIT */
/*
 * The hub: who hears of what, under which name; storms, bounds and short memory, which may turn
 * events into look-ups and never lose one.  Histories are random with fixed seeds, held against a
 * model that looks at every member each time.
 */
#include "unit/failalloc.h"

#include "imapsrv.h"

#define BIT(type) (UINT32_C(1) << (type))
#define NEW       BIT(IMAPSRV_EVENT_MESSAGE_NEW)
#define FLAGS     BIT(IMAPSRV_EVENT_FLAGS_SET)
#define ALL       0x3feu

static struct imapsrv_span span(const char *text)
{
	struct imapsrv_span s = {text, text ? strlen(text) : 0};

	return s;
}

static struct imapsrv_hub *hub_new(const struct imapsrv_hub_config *config)
{
	struct imapsrv_hub_config c = IMAPSRV_HUB_CONFIG_INIT;
	struct imapsrv_hub *hub = NULL;

	assert_int_equal(imapsrv_hub_new(config ? config : &c, &hub), 0);
	return hub;
}

static struct imapsrv_hub_member *join(struct imapsrv_hub *hub, void *user)
{
	struct imapsrv_hub_member *m = NULL;

	assert_int_equal(imapsrv_hub_join(hub, user, 0, &m), 0);
	assert_ptr_equal(imapsrv_hub_user(m), user);
	return m;
}

static int see(struct imapsrv_hub_member *m, const char *account, const char *const (*mounts)[2],
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

static int change(struct imapsrv_hub_member *m, bool add, enum imapsrv_scope scope,
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

static void publish(struct imapsrv_hub *hub, enum imapsrv_event_type type, const char *topic,
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
static const char *taken(struct imapsrv_hub_member *m)
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

/* ---- who hears of what --------------------------------------------------------------------- */

static void t_names(void **state)
{
	static const char *const mounts[][2] = {
		{"", "user/fred"}, {"Shared", "shared"}, {"Friends/bob", "user/bob"},
	};
	static const struct {
		enum imapsrv_scope scope;
		const char *name;
		const char *topic;
		const char *want; /* the name under which it is told; NULL: not */
	} rows[] = {
		{IMAPSRV_SCOPE_MAILBOX, "INBOX", "user/fred/INBOX", "INBOX"},
		{IMAPSRV_SCOPE_MAILBOX, "inbox", "user/fred/INBOX", "INBOX"},
		{IMAPSRV_SCOPE_MAILBOX, "iNbOx/a", "user/fred/INBOX/a", "INBOX/a"},
		{IMAPSRV_SCOPE_MAILBOX, "inboxes", "user/fred/INBOXes", NULL},
		{IMAPSRV_SCOPE_MAILBOX, "inboxes", "user/fred/inboxes", "inboxes"},
		{IMAPSRV_SCOPE_MAILBOX, "INBOX", "user/fred/INBOX/a", NULL},
		{IMAPSRV_SCOPE_MAILBOX, "INBOX", "user/fred", NULL},
		{IMAPSRV_SCOPE_MAILBOX, "INBOX", "user/bob/INBOX", NULL},
		{IMAPSRV_SCOPE_MAILBOX, "Friends/bob/INBOX", "user/bob/INBOX", "Friends/bob/INBOX"},
		{IMAPSRV_SCOPE_MAILBOX, "Friends/bob", "user/bob", "Friends/bob"},
		{IMAPSRV_SCOPE_MAILBOX, "Friends/bobby", "user/fred/Friends/bobby", "Friends/bobby"},
		{IMAPSRV_SCOPE_MAILBOX, "Shared/x", "shared/x", "Shared/x"},
		{IMAPSRV_SCOPE_MAILBOX, "Shared/x", "user/fred/Shared/x", NULL},
		{IMAPSRV_SCOPE_SUBTREE, "", "user/fred/a", "a"},
		{IMAPSRV_SCOPE_SUBTREE, "", "user/fred/Shared/x", NULL},
		{IMAPSRV_SCOPE_SUBTREE, "", "user/fred/Sharedness", "Sharedness"},
		{IMAPSRV_SCOPE_SUBTREE, "", "user/fred/Friends", "Friends"},
		{IMAPSRV_SCOPE_SUBTREE, "", "user/fred/Friends/bob/x", NULL},
		{IMAPSRV_SCOPE_SUBTREE, "", "user/bob/x/y", "Friends/bob/x/y"},
		{IMAPSRV_SCOPE_SUBTREE, "", "shared", "Shared"},
		{IMAPSRV_SCOPE_SUBTREE, "", "user/john/INBOX", NULL},
		{IMAPSRV_SCOPE_SUBTREE, "", "user/frederick", NULL},
		{IMAPSRV_SCOPE_SUBTREE, "Friends", "user/bob/x", "Friends/bob/x"},
		{IMAPSRV_SCOPE_SUBTREE, "Friends", "user/fred/Friends/al", "Friends/al"},
		{IMAPSRV_SCOPE_SUBTREE, "Friends", "user/fred/x", NULL},
		{IMAPSRV_SCOPE_SUBTREE, "Friend", "user/bob/x", NULL},
		{IMAPSRV_SCOPE_SUBTREE, "Friends/bob", "user/bob", "Friends/bob"},
		{IMAPSRV_SCOPE_SUBTREE, "Friends/bob/x", "user/bob/x", "Friends/bob/x"},
		{IMAPSRV_SCOPE_SUBTREE, "Friends/bob/x", "user/bob/xx", NULL},
		{IMAPSRV_SCOPE_SUBTREE, "a", "user/fred/a/b/c", "a/b/c"},
		{IMAPSRV_SCOPE_SUBTREE, "a", "user/fred/ab", NULL},
		{IMAPSRV_SCOPE_ACCOUNT, "", "user/fred/INBOX", NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		/* The interest before the view, and the other way round; removed again. */
		for (int order = 0; order < 3; order++) {
			struct imapsrv_hub *hub = hub_new(NULL);
			struct imapsrv_hub_member *m = join(hub, hub);
			char want[200];

			if (order)
				ROW(i, !see(m, "fred", mounts, COUNT(mounts)));
			ROW(i, !change(m, true, rows[i].scope, rows[i].name, NEW, '/'));
			if (!order)
				ROW(i, !see(m, "fred", mounts, COUNT(mounts)));
			if (order == 2)
				ROW(i, !change(m, false, rows[i].scope, rows[i].name, NEW, '/'));
			publish(hub, IMAPSRV_EVENT_MESSAGE_NEW, rows[i].topic, 5, 6);
			publish(hub, IMAPSRV_EVENT_FLAGS_SET, rows[i].topic, 5, 6);
			snprintf(want, sizeof(want), "%s 1 5:6", rows[i].want ? rows[i].want : "");
			if (!rows[i].want || order == 2)
				want[0] = '\0';
			ROW(i, imapsrv_hub_next(hub, 0) == (want[0] ? m : NULL));
			ROW(i, strcmp(taken(m), want) == 0);
			imapsrv_hub_free(hub);
		}
}

/* One mailbox, three accounts, three names; the one that caused it is named to all. */
static void t_shared(void **state)
{
	static const char *const fred[][2] = {{"", "u/fred"}}, *const bob[][2] = {{"Fred", "u/fred"}},
	                  *const all[][2] = {{"", ""}};
	struct imapsrv_hub *hub = hub_new(NULL);
	struct imapsrv_hub_member *m[3] = {join(hub, m), join(hub, m + 1), join(hub, m + 2)};
	struct imapsrv_event e = IMAPSRV_EVENT_INIT;
	static const char *const names[] = {"INBOX", "Fred/INBOX", "u/fred/INBOX"};

	(void)state;
	see(m[0], "fred", fred, 1);
	see(m[1], "bob", bob, 1);
	see(m[2], "root", all, 1);
	for (int i = 0; i < 3; i++) /* twice interested, told once */
		for (int k = 0; k < 2; k++)
			change(m[i], true, IMAPSRV_SCOPE_SUBTREE, k ? names[i] : "", ALL, '/');
	e.type = IMAPSRV_EVENT_MESSAGE_NEW;
	e.mailbox = span("u/fred/INBOX");
	e.origin = (const struct imapsrv_session *)(const void *)hub;
	assert_int_equal(imapsrv_hub_publish(hub, &e), 0);
	for (int i = 0; i < 3; i++) {
		const struct imapsrv_event *got = imapsrv_hub_take(m[i]);

		ROW(i, got && got->origin == e.origin && got->mailbox.len == strlen(names[i]) &&
		               !memcmp(got->mailbox.data, names[i], got->mailbox.len));
		ROW(i, !imapsrv_hub_take(m[i]));
	}
	/* Nor is what does not add up told twice; and who caused it is kept apart. */
	e.type = (enum imapsrv_event_type)15;
	change(m[0], true, IMAPSRV_SCOPE_SUBTREE, "", BIT(15), '/');
	change(m[0], true, IMAPSRV_SCOPE_MAILBOX, "INBOX", BIT(15), '/');
	assert_int_equal(imapsrv_hub_publish(hub, &e), 0);
	assert_string_equal(taken(m[0]), "INBOX 15");
	e.type = IMAPSRV_EVENT_MESSAGE_NEW;
	assert_int_equal(imapsrv_hub_publish(hub, &e), 0);
	e.origin = NULL;
	assert_int_equal(imapsrv_hub_publish(hub, &e), 0);
	for (int i = 0; i < 3; i++)
		assert_string_equal(taken(m[i]),
		                    i == 0 ? "INBOX 1 INBOX 1"
		                           : i == 1 ? "Fred/INBOX 1 Fred/INBOX 1"
		                                    : "u/fred/INBOX 1 u/fred/INBOX 1");
	/* fred goes, root sees nothing any more */
	imapsrv_hub_leave(m[0]);
	assert_int_equal(imapsrv_hub_see(m[2], NULL), 0);
	assert_int_equal(imapsrv_hub_publish(hub, &e), 0);
	assert_string_equal(taken(m[1]), "Fred/INBOX 1");
	assert_string_equal(taken(m[2]), "");
	imapsrv_hub_free(hub);
}

static void t_accounts(void **state)
{
	static const char *const mounts[][2] = {{"", "u/x"}};
	struct imapsrv_hub *hub = hub_new(NULL);
	struct imapsrv_hub_member *fred = join(hub, NULL), *bob = join(hub, NULL),
	                          *deaf = join(hub, NULL);
	struct imapsrv_event e = IMAPSRV_EVENT_INIT;

	(void)state;
	see(fred, "fred", mounts, 1);
	see(bob, "bob", mounts, 1);
	see(deaf, "fred", mounts, 1);
	change(fred, true, IMAPSRV_SCOPE_ACCOUNT, "", BIT(20), '/');
	change(fred, true, IMAPSRV_SCOPE_ACCOUNT, "", BIT(20) | BIT(21), '/');
	change(bob, true, IMAPSRV_SCOPE_ACCOUNT, "", BIT(20), '/');
	change(deaf, true, IMAPSRV_SCOPE_SUBTREE, "", 0xfffffffeu, '/');
	e.type = (enum imapsrv_event_type)20;
	e.mailbox = span("Lists");
	assert_int_equal(imapsrv_hub_publish_account(hub, span("fred"), &e), 0);
	assert_string_equal(taken(fred), "Lists 20");
	assert_string_equal(taken(bob), "");
	assert_int_equal(imapsrv_hub_publish_account(hub, span(""), &e), 0);
	assert_string_equal(taken(fred), "Lists 20");
	assert_string_equal(taken(bob), "Lists 20");
	assert_string_equal(taken(deaf), "");
	imapsrv_hub_free(hub);
}

/* An account whose names have no levels: a subtree is one name. */
static void t_flat(void **state)
{
	static const char *const mounts[][2] = {{"", "u/x"}};
	struct imapsrv_hub *hub = hub_new(NULL);
	struct imapsrv_hub_member *m = join(hub, NULL);

	(void)state;
	see(m, "x", mounts, 1);
	change(m, true, IMAPSRV_SCOPE_SUBTREE, "a", ALL, '\0');
	publish(hub, IMAPSRV_EVENT_MESSAGE_NEW, "u/x/a/b", 1, 1);
	publish(hub, IMAPSRV_EVENT_MESSAGE_NEW, "u/x/a", 2, 2);
	assert_string_equal(taken(m), "a 1 2:2");
	change(m, true, IMAPSRV_SCOPE_SUBTREE, "", ALL, '\0');
	publish(hub, IMAPSRV_EVENT_MESSAGE_NEW, "u/x/a/b", 1, 1);
	assert_string_equal(taken(m), "a/b 1 1:1");
	imapsrv_hub_free(hub);
}

/* ---- what is kept -------------------------------------------------------------------------- */

struct waking {
	struct imapsrv_hub *hub;
	unsigned calls;
	bool again; /* publishes once more from inside */
	struct imapsrv_hub_member *leaver;
};

static void on_wake(void *user, uint32_t group)
{
	struct waking *w = user;

	assert_int_equal(group, 0);
	w->calls++;
	if (w->again) {
		w->again = false;
		publish(w->hub, IMAPSRV_EVENT_MESSAGE_NEW, "a", 7, 7);
	}
	if (w->leaver)
		imapsrv_hub_leave(w->leaver);
	w->leaver = NULL;
}

static void t_wake(void **state)
{
	static const char *const mounts[][2] = {{"", ""}};
	struct waking w = {NULL, 0, true, NULL};
	struct imapsrv_hub_config c = IMAPSRV_HUB_CONFIG_INIT;
	struct imapsrv_hub_member *m, *o;

	(void)state;
	c.wake = on_wake;
	c.user = &w;
	w.hub = hub_new(&c);
	m = join(w.hub, NULL);
	o = join(w.hub, NULL);
	see(m, "x", mounts, 1);
	see(o, "y", mounts, 1);
	change(m, true, IMAPSRV_SCOPE_MAILBOX, "a", ALL, '/');
	change(o, true, IMAPSRV_SCOPE_MAILBOX, "a", ALL, '/');
	w.leaver = o;
	publish(w.hub, IMAPSRV_EVENT_MESSAGE_NEW, "b", 1, 1);
	assert_int_equal(w.calls, 0);
	for (uint32_t i = 1; i < 6; i++)
		publish(w.hub, IMAPSRV_EVENT_MESSAGE_NEW, "a", i, i);
	assert_int_equal(w.calls, 1); /* however many there were */
	assert_ptr_equal(imapsrv_hub_next(w.hub, 0), m);
	publish(w.hub, IMAPSRV_EVENT_MESSAGE_NEW, "a", 6, 6);
	assert_int_equal(w.calls, 1); /* it was not asked to the end */
	assert_ptr_equal(imapsrv_hub_next(w.hub, 0), m);
	assert_null(imapsrv_hub_next(w.hub, 0));
	assert_string_equal(taken(m), "a 1 1:7");
	publish(w.hub, IMAPSRV_EVENT_MESSAGE_NEW, "a", 8, 8);
	assert_int_equal(w.calls, 2);
	assert_null(imapsrv_hub_next(w.hub, 1)); /* there is no such group */
	imapsrv_hub_free(w.hub);
}

static void t_collapse(void **state)
{
	static const char *const mounts[][2] = {{"", ""}};
	static const struct {
		const char *what; /* mailbox, type digit, UID digit */
		const char *want;
	} rows[] = {
		{"a11 a12 a14", "a 1 1:2,4:4"},
		{"a11 b11 a12", "a 1 1:2 b 1 1:1"},
		{"a11 a31 a12", "a 1 1:1 a 3 1:1 a 1 2:2"},
		{"a11 a10", "a 1"},
		{"a10 a11", "a 1"},
		/* more ranges than are kept: looked up, flags after it */
		{"a11 a13 a15", "a 9"},
		{"a71 a73 a75", "a 9 a 7 1:5"},
		{"a71 a73 a75 a79", "a 9 a 7 1:9"},
		{"a11 a13 a15 a72 a11", "a 9 a 7 2:2"},
		/* more events than are kept: those of the mailbox become one */
		{"a11 a31 a11 a31 a72", "a 9 a 7 2:2"},
		{"a11 b11 a31 a71 a81", "a 9 a 7 1:1 b 1 1:1"},
		{"b11 a71 a31 a75 a12", "b 1 1:1 a 9 a 7 1:5"},
		/* of other mailboxes: everything is looked up */
		{"a11 b11 c11 d11 e11 a12", " 9"},
		{"a90 a12 a73", "a 9 a 7 3:3"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct imapsrv_hub_config c = IMAPSRV_HUB_CONFIG_INIT;
		struct imapsrv_hub_member *m;
		struct imapsrv_hub *hub;

		c.queue = 4;
		c.ranges = 2;
		hub = hub_new(&c);
		m = join(hub, NULL);
		see(m, "x", mounts, 1);
		change(m, true, IMAPSRV_SCOPE_SUBTREE, "", ALL, '/');
		for (const char *at = rows[i].what; *at; at += at[3] ? 4 : 3) {
			char topic[2] = {at[0], '\0'};
			uint32_t uid = (uint32_t)(at[2] - '0');

			publish(hub, (enum imapsrv_event_type)(at[1] - '0'), topic, uid, uid);
		}
		if (strcmp(taken(m), rows[i].want) != 0) {
			imapsrv_hub_free(hub);
			fail_msg("row %zu", i);
		}
		/* and is as new */
		publish(hub, IMAPSRV_EVENT_MESSAGE_NEW, "a", 3, 3);
		ROW(i, strcmp(taken(m), "a 1 3:3") == 0);
		imapsrv_hub_free(hub);
	}
}

/* What was taken stays as it was while more is published. */
static void t_lent(void **state)
{
	static const char *const mounts[][2] = {{"", ""}};
	struct imapsrv_hub_config c = IMAPSRV_HUB_CONFIG_INIT;
	const struct imapsrv_event *e;
	struct imapsrv_hub_member *m;
	struct imapsrv_hub *hub;

	(void)state;
	c.queue = 2;
	hub = hub_new(&c);
	m = join(hub, NULL);
	see(m, "x", mounts, 1);
	change(m, true, IMAPSRV_SCOPE_SUBTREE, "", ALL, '/');
	publish(hub, IMAPSRV_EVENT_MESSAGE_NEW, "a", 1, 1);
	e = imapsrv_hub_take(m);
	publish(hub, IMAPSRV_EVENT_MESSAGE_NEW, "a", 2, 2);
	publish(hub, IMAPSRV_EVENT_MESSAGE_NEW, "b", 2, 2);
	publish(hub, IMAPSRV_EVENT_MESSAGE_NEW, "c", 2, 2);
	publish(hub, IMAPSRV_EVENT_MAILBOX_CHANGED, "", 0, 0);
	assert_memory_equal(e->mailbox.data, "a", 1);
	assert_int_equal(e->uids.ranges[0].last, 1);
	assert_string_equal(taken(m), " 9");
	imapsrv_hub_free(hub);
}

static void t_refusals(void **state)
{
	struct imapsrv_hub_config c = IMAPSRV_HUB_CONFIG_INIT;
	struct imapsrv_hub_view view = IMAPSRV_HUB_VIEW_INIT;
	struct imapsrv_hub *hub = hub_new(NULL);
	struct imapsrv_hub_member *m = join(hub, NULL);
	struct imapsrv_range bad[2] = {{5, 6}, {1, 2}};
	struct imapsrv_event e = IMAPSRV_EVENT_INIT;
	struct imapsrv_watch_change w;

	(void)state;
	assert_int_equal(imapsrv_hub_new(NULL, &hub), IMAPSRV_EINVAL);
	assert_int_equal(imapsrv_hub_new(&c, NULL), IMAPSRV_EINVAL);
	c.groups = UINT32_MAX;
	assert_int_equal(imapsrv_hub_new(&c, &hub), IMAPSRV_EINVAL);
	assert_int_equal(imapsrv_hub_join(hub, NULL, 1, &m), IMAPSRV_EINVAL);
	assert_int_equal(imapsrv_hub_see(m, &view), IMAPSRV_EINVAL); /* no account */
	assert_int_equal(change(m, true, IMAPSRV_SCOPE_MAILBOX, "", ALL, '/'), IMAPSRV_EINVAL);
	assert_int_equal(change(m, true, IMAPSRV_SCOPE_MAILBOX, "a", ALL, '.'), IMAPSRV_EINVAL);
	assert_int_equal(change(m, true, (enum imapsrv_scope)3, "a", ALL, '/'), IMAPSRV_EINVAL);
	memset(&w, 0, sizeof(w));
	assert_int_equal(imapsrv_hub_watch(m, &w), IMAPSRV_EINVAL);
	assert_int_equal(imapsrv_hub_watch(m, NULL), IMAPSRV_EINVAL);
	assert_int_equal(imapsrv_hub_publish(hub, NULL), IMAPSRV_EINVAL);
	e.type = IMAPSRV_EVENT_MESSAGE_NEW;
	assert_int_equal(imapsrv_hub_publish(hub, &e), IMAPSRV_EINVAL); /* no topic */
	e.mailbox = span("a");
	e.uids = (struct imapsrv_set){bad, 2};
	assert_int_equal(imapsrv_hub_publish(hub, &e), IMAPSRV_EINVAL);
	e.uids.count = 1;
	e.type = (enum imapsrv_event_type)32;
	assert_int_equal(imapsrv_hub_publish(hub, &e), IMAPSRV_EINVAL);
	e.type = (enum imapsrv_event_type)0;
	assert_int_equal(imapsrv_hub_publish_account(hub, span(""), &e), IMAPSRV_EINVAL);
	/* What is not there is not removed. */
	assert_int_equal(change(m, false, IMAPSRV_SCOPE_MAILBOX, "a", ALL, '/'), 0);
	imapsrv_hub_leave(NULL);
	imapsrv_hub_free(NULL);
	imapsrv_hub_free(hub);
}

/* ---- random histories ---------------------------------------------------------------------- */

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

/* A storm costs a bounded amount, and nothing is left when all have gone. */
static void t_bounded(void **state)
{
	static const char *const mounts[][2] = {{"", ""}};
	struct imapsrv_hub *hub = hub_new(NULL);
	struct imapsrv_hub_member *m = join(hub, NULL);
	size_t before, most = 0;

	(void)state;
	see(m, "x", mounts, 1);
	change(m, true, IMAPSRV_SCOPE_SUBTREE, "", ALL, '/');
	before = imapsrv_hub_memory(hub);
	for (uint32_t i = 0; i < 200000; i++) {
		char topic[16];

		snprintf(topic, sizeof(topic), "box%u", i % (1 + i / 1000));
		publish(hub, (enum imapsrv_event_type)(1 + i % 8), topic, 1 + i * 2 % 999983,
		        1 + i * 2 % 999983);
		if (imapsrv_hub_memory(hub) > most)
			most = imapsrv_hub_memory(hub);
	}
	assert_true(most - before < 16 * (64 * 16 + 300));
	while (imapsrv_hub_take(m))
		;
	assert_int_equal(imapsrv_hub_memory(hub), before);
	imapsrv_hub_free(hub);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_names),    cmocka_unit_test(t_shared),
		cmocka_unit_test(t_accounts), cmocka_unit_test(t_flat),
		cmocka_unit_test(t_wake),     cmocka_unit_test(t_collapse),
		cmocka_unit_test(t_lent),     cmocka_unit_test(t_refusals),
		cmocka_unit_test(t_random),   cmocka_unit_test(t_allocations),
		cmocka_unit_test(t_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
