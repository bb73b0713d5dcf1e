/* SPDX-License-Identifier: MIT */
/*
 * The hub: who hears of what, under which name; what is kept, and what becomes of a storm.
 */
#include "unit/hubbing.h"

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
		{IMAPSRV_SCOPE_MAILBOX, "iNbOx/a", "user/fred/INBOX/a", NULL},
		{IMAPSRV_SCOPE_MAILBOX, "iNbOx/a", "user/fred/iNbOx/a", "iNbOx/a"},
		{IMAPSRV_SCOPE_SUBTREE, "inbox", "user/fred/INBOX/a", "INBOX/a"},
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
	see(deaf, "frederic", mounts, 1);
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
	assert_string_equal(taken(deaf), "Lists 20");
	/* Of a name only those who watch the name. */
	e.type = IMAPSRV_EVENT_MAILBOX_SUBSCRIBE;
	change(bob, true, IMAPSRV_SCOPE_SUBTREE, "Lists", BIT(13), '/');
	change(bob, true, IMAPSRV_SCOPE_MAILBOX, "x", BIT(13), '/');
	e.mailbox = span("Lists/a");
	assert_int_equal(imapsrv_hub_publish_account(hub, span("bob"), &e), 0);
	assert_string_equal(taken(bob), "Lists/a 13");
	e.mailbox = span("Listsa");
	assert_int_equal(imapsrv_hub_publish_account(hub, span("bob"), &e), 0);
	e.mailbox = span("x");
	assert_int_equal(imapsrv_hub_publish_account(hub, span("bob"), &e), 0);
	assert_string_equal(taken(bob), "x 13");
	assert_string_equal(taken(fred), "");
	imapsrv_hub_free(hub);
}

/* A renaming, under the names that each can see. */
static void t_renames(void **state)
{
	static const char *const mounts[][2] = {{"", "u/fred"}, {"Bob", "u/bob"}, {"B", "u/bob"}};
	static const struct {
		size_t mounts; /* how many of them */
		enum imapsrv_scope scope;
		const char *name, *from, *to;
		const char *want; /* old name, type, new name */
	} rows[] = {
		{1, IMAPSRV_SCOPE_SUBTREE, "", "u/fred/a", "u/fred/b", "a 12 b"},
		{1, IMAPSRV_SCOPE_MAILBOX, "a", "u/fred/a", "u/fred/b", "a 12 b"},
		{1, IMAPSRV_SCOPE_MAILBOX, "b", "u/fred/a", "u/fred/b", "a 12 b"},
		{1, IMAPSRV_SCOPE_MAILBOX, "c", "u/fred/a", "u/fred/b", ""},
		{1, IMAPSRV_SCOPE_SUBTREE, "", "u/fred/a", "u/bob/a", " 11 a"},
		{1, IMAPSRV_SCOPE_SUBTREE, "", "u/bob/a", "u/fred/a", " 10 a"},
		{1, IMAPSRV_SCOPE_MAILBOX, "a", "u/bob/a", "u/fred/a", " 10 a"},
		{1, IMAPSRV_SCOPE_SUBTREE, "", "u/bob/a", "u/bob/b", ""},
		{2, IMAPSRV_SCOPE_SUBTREE, "", "u/fred/a", "u/bob/a", "a 12 Bob/a"},
		{2, IMAPSRV_SCOPE_MAILBOX, "Bob/a", "u/fred/a", "u/bob/a", "a 12 Bob/a"},
		{2, IMAPSRV_SCOPE_MAILBOX, "a", "u/fred/a", "u/bob/a", "a 12 Bob/a"},
		{3, IMAPSRV_SCOPE_SUBTREE, "", "u/fred/a", "u/bob/a", " 9 "},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct imapsrv_hub *hub = hub_new(NULL);
		struct imapsrv_hub_member *m = join(hub, NULL);
		struct imapsrv_event e = IMAPSRV_EVENT_INIT;
		const struct imapsrv_event *got;
		char text[64] = "";

		see(m, "fred", mounts, rows[i].mounts);
		for (int twice = 0; twice < 2; twice++)
			change(m, true, rows[i].scope, rows[i].name, BIT(12), '/');
		e.type = IMAPSRV_EVENT_MAILBOX_RENAME;
		e.mailbox = span(rows[i].to);
		ROW(i, imapsrv_hub_publish(hub, &e) == IMAPSRV_EINVAL);
		e.old_name = span(rows[i].from);
		ROW(i, !imapsrv_hub_publish(hub, &e));
		got = imapsrv_hub_take(m);
		if (got)
			snprintf(text, sizeof(text), "%.*s %d %.*s", (int)got->old_name.len,
			         got->old_name.len ? got->old_name.data : "", (int)got->type,
			         (int)got->mailbox.len,
			         got->mailbox.len ? got->mailbox.data : "");
		ROW(i, strcmp(text, rows[i].want) == 0);
		ROW(i, !imapsrv_hub_take(m));
		imapsrv_hub_free(hub);
	}
}

/* Entries and texts come along; what is long does not, and what accounts differ in does not. */
static void t_payload(void **state)
{
	static const char *const mounts[][2] = {{"", "u"}};
	struct imapsrv_span entries[2] = {span("/shared/comment"), span("/shared/x")};
	struct imapsrv_hub *hub = hub_new(NULL);
	struct imapsrv_hub_member *m = join(hub, NULL);
	struct imapsrv_event e = IMAPSRV_EVENT_INIT;
	struct imapsrv_status status;
	const struct imapsrv_event *got;
	static char text[5000];

	(void)state;
	memset(&status, 0, sizeof(status));
	memset(text, 'x', sizeof(text));
	see(m, "fred", mounts, 1);
	change(m, true, IMAPSRV_SCOPE_SUBTREE, "", 0xfffffffeu, '/');
	e.type = IMAPSRV_EVENT_MAILBOX_METADATA;
	e.mailbox = span("u/a");
	e.status = &status;
	e.has_attributes = 1;
	e.entries = entries;
	e.entry_count = 2;
	e.text = span("full");
	assert_int_equal(imapsrv_hub_publish(hub, &e), 0);
	got = imapsrv_hub_take(m);
	assert_int_equal(got->entry_count, 2);
	assert_memory_equal(got->entries[1].data, "/shared/x", 9);
	assert_int_equal(got->entries[0].len, 15);
	assert_memory_equal(got->text.data, "full", 4);
	assert_null(got->status);
	assert_int_equal(got->has_attributes, 0);
	/* Which mailbox it is stays right, and what is about another one is kept apart. */
	status.items = IMAPSRV_STATUS_UIDVALIDITY | IMAPSRV_STATUS_MESSAGES;
	status.uidvalidity = 7;
	e.type = IMAPSRV_EVENT_MESSAGE_NEW;
	assert_int_equal(imapsrv_hub_publish(hub, &e), 0);
	assert_int_equal(imapsrv_hub_publish(hub, &e), 0);
	status.uidvalidity = 8;
	assert_int_equal(imapsrv_hub_publish(hub, &e), 0);
	got = imapsrv_hub_take(m);
	assert_int_equal(got->status->items, IMAPSRV_STATUS_UIDVALIDITY);
	assert_int_equal(got->status->uidvalidity, 7);
	assert_int_equal(imapsrv_hub_take(m)->status->uidvalidity, 8);
	assert_null(imapsrv_hub_take(m));
	e.type = IMAPSRV_EVENT_ANNOTATION_CHANGE;
	e.text = (struct imapsrv_span){text, sizeof(text)};
	assert_int_equal(imapsrv_hub_publish(hub, &e), 0);
	got = imapsrv_hub_take(m);
	assert_int_equal(got->entry_count, 0);
	assert_int_equal(got->text.len, 0);
	imapsrv_hub_free(hub);
}

/* "Look it up" of a mailbox that was replaced meanwhile says no UIDVALIDITY: either would be wrong. */
static void t_replaced(void **state)
{
	static const char *const mounts[][2] = {{"", "u"}};
	static const struct {
		unsigned validities[4];
		enum imapsrv_event_type first;
		unsigned want; /* UIDVALIDITY; 0: none */
	} rows[] = {
		{{7, 7, 7}, IMAPSRV_EVENT_MAILBOX_CHANGED, 7},
		{{7, 8, 8}, IMAPSRV_EVENT_MAILBOX_CHANGED, 0},
		{{7, 8, 9}, IMAPSRV_EVENT_MESSAGE_NEW, 0},
		{{7, 8, 7}, IMAPSRV_EVENT_MESSAGE_NEW, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct imapsrv_hub_config c = IMAPSRV_HUB_CONFIG_INIT;
		struct imapsrv_event e = IMAPSRV_EVENT_INIT;
		struct imapsrv_status status;
		struct imapsrv_hub_member *m;
		const struct imapsrv_event *got;
		struct imapsrv_hub *hub;

		c.queue = 2;
		hub = hub_new(&c);
		m = join(hub, NULL);
		see(m, "fred", mounts, 1);
		change(m, true, IMAPSRV_SCOPE_SUBTREE, "", ALL, '/');
		memset(&status, 0, sizeof(status));
		status.items = IMAPSRV_STATUS_UIDVALIDITY;
		e.status = &status;
		e.mailbox = span("u/a");
		for (size_t k = 0; k < 3; k++) {
			status.uidvalidity = rows[i].validities[k];
			e.type = k ? IMAPSRV_EVENT_MESSAGE_NEW : rows[i].first;
			ROW(i, imapsrv_hub_publish(hub, &e) == 0);
		}
		got = imapsrv_hub_take(m);
		ROW(i, got->type == IMAPSRV_EVENT_MAILBOX_CHANGED);
		ROW(i, (got->status ? got->status->uidvalidity : 0) == rows[i].want);
		ROW(i, imapsrv_hub_take(m) == NULL);
		imapsrv_hub_free(hub);
	}
}

/* Without memory a member hears of everything, and nothing is lost or leaks. */
static void t_no_memory(void **state)
{
	static const char *const mounts[][2] = {{"", "u/fred"}, {"Shared", "shared"}};
	static struct failalloc fa;
	bool all = false;

	(void)state;
	for (size_t nth = 1; !all; nth++) {
		struct imapsrv_hub_config c = IMAPSRV_HUB_CONFIG_INIT;
		struct imapsrv_hub_member *m;
		const struct imapsrv_event *e;
		struct imapsrv_hub *hub;
		int error = 0;

		failalloc_init(&fa);
		c.allocator = &fa.allocator;
		hub = hub_new(&c);
		m = join(hub, NULL);
		fa.calls = 0;
		fa.fail_first = nth;
		error |= see(m, "fred", mounts, COUNT(mounts));
		error |= change(m, true, IMAPSRV_SCOPE_SUBTREE, "", ALL, '/');
		error |= change(m, true, IMAPSRV_SCOPE_MAILBOX, "Shared/x", ALL, '/');
		assert_true(error == 0 || error == IMAPSRV_ENOMEM);
		publish(hub, IMAPSRV_EVENT_MESSAGE_NEW, "shared/x", 1, 3);
		e = imapsrv_hub_take(m);
		assert_non_null(e);
		/* What was asked for, or that all is to be looked up. */
		if (e->mailbox.len)
			assert_memory_equal(e->mailbox.data, "Shared/x", 8);
		else
			assert_true(fa.calls >= nth);
		all = fa.calls < nth;
		imapsrv_hub_free(hub);
		assert_int_equal(fa.held, 0);
	}
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

struct groups {
	struct imapsrv_hub *hub;
	unsigned calls[2];
	bool again;
};

/* Looks after both groups, whichever it is called for, and publishes something new then. */
static void on_wake_both(void *user, uint32_t group)
{
	struct groups *w = user;

	w->calls[group]++;
	assert_true(w->calls[group] < 5);
	if (!w->again)
		return;
	w->again = false;
	for (uint32_t g = 0; g < 2; g++)
		while (imapsrv_hub_next(w->hub, g))
			;
	publish(w->hub, IMAPSRV_EVENT_MESSAGE_NEW, "a", 2, 2);
}

static void t_wake_groups(void **state)
{
	static const char *const mounts[][2] = {{"", ""}};
	struct groups w = {NULL, {0, 0}, true};
	struct imapsrv_hub_config c = IMAPSRV_HUB_CONFIG_INIT;
	struct imapsrv_hub_member *m[2];

	(void)state;
	c.groups = 2;
	c.wake = on_wake_both;
	c.user = &w;
	w.hub = hub_new(&c);
	for (uint32_t g = 0; g < 2; g++) {
		assert_int_equal(imapsrv_hub_join(w.hub, NULL, g, &m[g]), 0);
		see(m[g], "x", mounts, 1);
		change(m[g], true, IMAPSRV_SCOPE_MAILBOX, "a", ALL, '/');
	}
	publish(w.hub, IMAPSRV_EVENT_MESSAGE_NEW, "a", 1, 1);
	/* Once more for the one that it was called for; the other one was not called yet. */
	assert_int_equal(w.calls[0] + w.calls[1], 3);
	for (uint32_t g = 0; g < 2; g++) {
		assert_in_range(w.calls[g], 1, 2);
		assert_ptr_equal(imapsrv_hub_next(w.hub, g), m[g]);
		assert_null(imapsrv_hub_next(w.hub, g));
	}
	publish(w.hub, IMAPSRV_EVENT_MESSAGE_NEW, "a", 3, 3);
	assert_int_equal(w.calls[0] + w.calls[1], 5);
	imapsrv_hub_free(w.hub);
}

/* Nothing is left for a group that was looked after before its turn came: it is not called. */
static void on_wake_all(void *user, uint32_t group)
{
	struct groups *w = user;

	w->calls[group]++;
	for (uint32_t g = 0; g < 2; g++)
		while (imapsrv_hub_next(w->hub, g))
			;
}

static void t_wake_not(void **state)
{
	static const char *const mounts[][2] = {{"", ""}};
	struct groups w = {NULL, {0, 0}, false};
	struct imapsrv_hub_config c = IMAPSRV_HUB_CONFIG_INIT;
	struct imapsrv_hub_member *m;

	(void)state;
	c.groups = 2;
	c.wake = on_wake_all;
	c.user = &w;
	w.hub = hub_new(&c);
	for (uint32_t g = 0; g < 2; g++) {
		assert_int_equal(imapsrv_hub_join(w.hub, NULL, g, &m), 0);
		see(m, "x", mounts, 1);
		change(m, true, IMAPSRV_SCOPE_MAILBOX, "a", ALL, '/');
	}
	publish(w.hub, IMAPSRV_EVENT_MESSAGE_NEW, "a", 1, 1);
	assert_int_equal(w.calls[0] + w.calls[1], 1);
	publish(w.hub, IMAPSRV_EVENT_MESSAGE_NEW, "a", 2, 2);
	assert_int_equal(w.calls[0] + w.calls[1], 2);
	imapsrv_hub_free(w.hub);
}

/* A member that sees all names as they are, and wants those events of each. */
static struct imapsrv_hub_member *sees_all(struct imapsrv_hub *hub, uint32_t events)
{
	static const char *const mounts[][2] = {{"", ""}};
	struct imapsrv_hub_member *m = join(hub, NULL);

	see(m, "x", mounts, 1);
	change(m, true, IMAPSRV_SCOPE_SUBTREE, "", events, '/');
	return m;
}

static void t_collapse(void **state)
{
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
		m = sees_all(hub, ALL);
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

/* What happened under a name before it went to another mailbox, and after, stays apart. */
static void t_order(void **state)
{
	static const struct {
		const char *what; /* old name or -, mailbox, type, UID digit */
		const char *want;
	} rows[] = {
		{"-a011 ab120 -a012", "a 1 1:1 b 12 a 1 2:2"},
		{"-a090 ab120 -a071", "a 9 b 12 a 7 1:1"},
		{"-b011 ab120 -b012", "b 1 1:1 b 12 b 1 2:2"},
		{"-a011 -a110 -a100 -a011", "a 1 1:1 a 11 a 10 a 1 1:1"},
		{"-a011 cb120 -a012", "a 1 1:2 b 12"},
		{"-a011 -b110 -a012", "a 1 1:2 b 11"},
		{"-a011 -a150 -a012", "a 1 1:2 a 15"},
		/* of what came before access was lost, or gained, nothing is told */
		{"-a011 -a170 -a012", "a 1 1:1 a 17 a 1 2:2"},
		{"-a011 -a160 -a012", "a 1 1:1 a 16 a 1 2:2"},
		{"-a011 -b160 -a012", "a 1 1:2 b 16"},
		/* what does not fit is looked up where it is, or all of it */
		{"-a011 ab120 -a011 -a031 -a071", "a 1 1:1 b 12 a 9 a 7 1:1"},
		{"-a011 -a031 -a071 ab120 -a011", " 9 b 12"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct imapsrv_hub_config c = IMAPSRV_HUB_CONFIG_INIT;
		struct imapsrv_hub_member *m;
		struct imapsrv_hub *hub;

		c.queue = 4;
		hub = hub_new(&c);
		m = sees_all(hub, UINT32_MAX);
		for (const char *at = rows[i].what; *at; at += at[5] ? 6 : 5) {
			struct imapsrv_event e = IMAPSRV_EVENT_INIT;
			uint32_t uid = (uint32_t)(at[4] - '0');
			struct imapsrv_range r = {uid, uid};

			e.type = (enum imapsrv_event_type)((at[2] - '0') * 10 + at[3] - '0');
			e.mailbox = (struct imapsrv_span){at + 1, 1};
			e.old_name = (struct imapsrv_span){at, *at == '-' ? 0 : 1};
			e.uids = (struct imapsrv_set){&r, uid ? 1 : 0};
			ROW(i, !imapsrv_hub_publish(hub, &e));
		}
		ROW(i, strcmp(taken(m), rows[i].want) == 0);
		imapsrv_hub_free(hub);
	}
}

/* One that moves with a name above it moves too. */
static void t_order_below(void **state)
{
	struct imapsrv_hub *hub = hub_new(NULL);
	struct imapsrv_hub_member *m = sees_all(hub, UINT32_MAX);
	struct imapsrv_event e = IMAPSRV_EVENT_INIT;

	(void)state;
	publish(hub, IMAPSRV_EVENT_MESSAGE_NEW, "a/x", 1, 1);
	publish(hub, IMAPSRV_EVENT_MESSAGE_NEW, "ax", 1, 1);
	e.type = IMAPSRV_EVENT_MAILBOX_RENAME;
	e.mailbox = span("b");
	e.old_name = span("a");
	assert_int_equal(imapsrv_hub_publish(hub, &e), 0);
	publish(hub, IMAPSRV_EVENT_MESSAGE_NEW, "a/x", 2, 2);
	publish(hub, IMAPSRV_EVENT_MESSAGE_NEW, "ax", 2, 2);
	assert_string_equal(taken(m), "a/x 1 1:1 ax 1 1:2 b 12 a/x 1 2:2");
	imapsrv_hub_free(hub);
}

/* What goes to all sessions of an account, whatever they watch. */
static void t_whole_account(void **state)
{
	static const char *const mounts[][2] = {{"", "u"}};
	static const struct {
		enum imapsrv_event_type type;
		const char *mailbox, *taken;
	} rows[] = {
		{IMAPSRV_EVENT_MAILBOX_CHANGED, "", " 9"},
		{IMAPSRV_EVENT_KEYS_RESET, "", " 25"},
		{IMAPSRV_EVENT_KEYS_RESET, "b", "b 25"},
		{IMAPSRV_EVENT_MAILBOX_CHANGED, "b", ""},
	};
	struct imapsrv_hub *hub = hub_new(NULL);
	struct imapsrv_hub_member *m = join(hub, NULL), *none = join(hub, NULL), *other = join(hub, NULL);

	(void)state;
	see(m, "x", mounts, 1);
	see(none, "x", mounts, 1);
	see(other, "y", mounts, 1);
	change(m, true, IMAPSRV_SCOPE_MAILBOX, "a", ALL, '/');
	change(other, true, IMAPSRV_SCOPE_SUBTREE, "", ALL, '/');
	for (size_t i = 0; i < COUNT(rows); i++)
		for (int to_all = 0; to_all < 2; to_all++) {
			struct imapsrv_event e = IMAPSRV_EVENT_INIT;

			e.type = rows[i].type;
			e.mailbox = span(rows[i].mailbox);
			assert_int_equal(imapsrv_hub_publish_account(hub, span(to_all ? "" : "x"), &e), 0);
			ROW(i, !strcmp(taken(m), rows[i].taken));
			ROW(i, !strcmp(taken(none), rows[i].taken));
			ROW(i, !strcmp(taken(other), to_all ? rows[i].taken[0] ? rows[i].taken : "b 9" : ""));
		}
	imapsrv_hub_free(hub);
}

/* What was taken stays as it was while more is published. */
static void t_lent(void **state)
{
	struct imapsrv_hub_config c = IMAPSRV_HUB_CONFIG_INIT;
	const struct imapsrv_event *e;
	struct imapsrv_hub_member *m;
	struct imapsrv_hub *hub;

	(void)state;
	c.queue = 2;
	hub = hub_new(&c);
	m = sees_all(hub, ALL);
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
	struct imapsrv_interest long_one = {IMAPSRV_SCOPE_MAILBOX, {NULL, 0}, ALL};
	struct imapsrv_hub_mount mount;
	struct imapsrv_watch_change w;

	(void)state;
	assert_int_equal(imapsrv_hub_new(NULL, &hub), IMAPSRV_EINVAL);
	c.size = sizeof(size_t) - 1;
	assert_int_equal(imapsrv_hub_new(&c, &hub), IMAPSRV_EINVAL);
	c.size = sizeof(c);
	assert_int_equal(imapsrv_hub_new(&c, NULL), IMAPSRV_EINVAL);
	c.groups = UINT32_MAX;
	assert_int_equal(imapsrv_hub_new(&c, &hub), IMAPSRV_EINVAL);
	assert_int_equal(imapsrv_hub_join(hub, NULL, 1, &m), IMAPSRV_EINVAL);
	assert_int_equal(imapsrv_hub_see(m, &view), IMAPSRV_EINVAL); /* no account */
	view.account = span("x");
	view.mounts = &mount;
	view.mount_count = 1;
	for (int i = 0; i < 2; i++) { /* longer than any name is */
		mount.name = (struct imapsrv_span){"", i ? 0 : UINT32_MAX};
		mount.topic = (struct imapsrv_span){"", i ? UINT32_MAX : 0};
		assert_int_equal(imapsrv_hub_see(m, &view), IMAPSRV_EINVAL);
	}
	view.size = sizeof(size_t) - 1;
	assert_int_equal(imapsrv_hub_see(m, &view), IMAPSRV_EINVAL);
	long_one.name = (struct imapsrv_span){"a", UINT32_MAX};
	memset(&w, 0, sizeof(w));
	w.size = sizeof(w);
	w.separator = '/';
	w.added = &long_one;
	w.added_count = 1;
	assert_int_equal(imapsrv_hub_watch(m, &w), IMAPSRV_EINVAL);
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
	e.size = sizeof(size_t) - 1;
	assert_int_equal(imapsrv_hub_publish(hub, &e), IMAPSRV_EINVAL);
	e.size = sizeof(e);
	e.mailbox = (struct imapsrv_span){NULL, 4};
	assert_int_equal(imapsrv_hub_publish(hub, &e), IMAPSRV_EINVAL);
	e.mailbox = span("a");
	e.entry_count = 1; /* which are not there */
	assert_int_equal(imapsrv_hub_publish(hub, &e), IMAPSRV_EINVAL);
	e.entry_count = 0;
	e.text.len = 3;
	assert_int_equal(imapsrv_hub_publish(hub, &e), IMAPSRV_EINVAL);
	e.text.len = 0;
	e.type = IMAPSRV_EVENT_MAILBOX_RENAME; /* from nowhere */
	assert_int_equal(imapsrv_hub_publish(hub, &e), IMAPSRV_EINVAL);
	e.type = IMAPSRV_EVENT_MESSAGE_NEW;
	e.uids = (struct imapsrv_set){bad, 2};
	assert_int_equal(imapsrv_hub_publish(hub, &e), IMAPSRV_EINVAL);
	e.uids.count = 1;
	e.type = (enum imapsrv_event_type)(IMAPSRV_EVENT_KEYS_RESET + 1);
	assert_int_equal(imapsrv_hub_publish(hub, &e), IMAPSRV_EINVAL);
	e.type = (enum imapsrv_event_type)0;
	assert_int_equal(imapsrv_hub_publish_account(hub, span(""), &e), IMAPSRV_EINVAL);
	/* What is not there is not removed. */
	assert_int_equal(change(m, false, IMAPSRV_SCOPE_MAILBOX, "a", ALL, '/'), 0);
	imapsrv_hub_leave(NULL);
	imapsrv_hub_free(NULL);
	imapsrv_hub_free(hub);
}

/* A storm costs a bounded amount, and nothing is left when all have gone. */
static void t_bounded(void **state)
{
	struct imapsrv_hub *hub = hub_new(NULL);
	struct imapsrv_hub_member *m = sees_all(hub, ALL);
	size_t before, most = 0;

	(void)state;
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
		cmocka_unit_test(t_names),       cmocka_unit_test(t_shared),
		cmocka_unit_test(t_accounts),    cmocka_unit_test(t_flat),
		cmocka_unit_test(t_wake),
		cmocka_unit_test(t_wake_groups),
		cmocka_unit_test(t_wake_not),        cmocka_unit_test(t_collapse),
		cmocka_unit_test(t_lent),        cmocka_unit_test(t_refusals),
		cmocka_unit_test(t_renames),     cmocka_unit_test(t_payload),
		cmocka_unit_test(t_bounded),     cmocka_unit_test(t_replaced),
		cmocka_unit_test(t_no_memory),   cmocka_unit_test(t_order),
		cmocka_unit_test(t_order_below), cmocka_unit_test(t_whole_account),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
