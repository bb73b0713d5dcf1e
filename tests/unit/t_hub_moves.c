/* SPDX-License-Identifier: MIT */
/*
 * Mailboxes that are renamed while sessions watch them: what is heard until the new name is known, and
 * what is kept of a renaming when everything else is lost.
 */
#include "unit/hubbing.h"

static void publish_rename(struct imapsrv_hub *hub, const char *from, const char *to)
{
	struct imapsrv_event e = IMAPSRV_EVENT_INIT;

	e.type = IMAPSRV_EVENT_MAILBOX_RENAME;
	e.mailbox = span(to);
	e.old_name = span(from);
	assert_int_equal(imapsrv_hub_publish(hub, &e), 0);
}

static void own_rename(struct imapsrv_hub *hub, const char *from, const char *to)
{
	struct imapsrv_event e = IMAPSRV_EVENT_INIT;

	e.type = IMAPSRV_EVENT_MAILBOX_RENAME;
	e.mailbox = span(to);
	e.old_name = span(from);
	assert_int_equal(imapsrv_hub_publish_account(hub, span("x"), &e), 0);
}

/* Until a session has heard of a renaming it hears of what happens under the new name, too. */
static void t_moving(void **state)
{
	static const char *const mounts[][2] = {{"", "u"}}, *const moved[][2] = {{"", "w"}};
	struct imapsrv_hub *hub = hub_new(NULL);
	struct imapsrv_hub_member *m = join(hub, NULL), *other = join(hub, NULL);

	(void)state;
	see(m, "x", mounts, 1);
	see(other, "x", mounts, 1);
	change(m, true, IMAPSRV_SCOPE_MAILBOX, "a/x", ALL | BIT(12), '/');
	change(m, true, IMAPSRV_SCOPE_MAILBOX, "a", BIT(12), '/');
	change(other, true, IMAPSRV_SCOPE_MAILBOX, "a/y", ALL, '/');
	publish_rename(hub, "u/a", "u/b");
	publish(hub, IMAPSRV_EVENT_MESSAGE_NEW, "u/b/x", 1, 1);
	publish(hub, IMAPSRV_EVENT_MESSAGE_NEW, "u/bb", 1, 1);
	publish_rename(hub, "u/b", "u/c");
	publish(hub, IMAPSRV_EVENT_MESSAGE_NEW, "u/c/x", 2, 2);
	assert_string_equal(taken(m), "b 12 b/x 1 1:1 c 12 c/x 1 2:2");
	assert_string_equal(taken(other), "");
	/* Then by what it watches, and by nothing else. */
	publish(hub, IMAPSRV_EVENT_MESSAGE_NEW, "u/c/x", 3, 3);
	assert_string_equal(taken(m), "");
	/* What is lent was not posted yet; and nothing is told twice. */
	change(m, true, IMAPSRV_SCOPE_SUBTREE, "c", ALL | BIT(12), '/');
	publish_rename(hub, "u/a/x", "u/c/x");
	assert_int_equal(imapsrv_hub_take(m)->type, IMAPSRV_EVENT_MAILBOX_RENAME);
	publish(hub, IMAPSRV_EVENT_MESSAGE_NEW, "u/c/x", 4, 4);
	assert_string_equal(taken(m), "c/x 1 4:4");
	publish_rename(hub, "u/a/x", "u/d");
	assert_int_equal(imapsrv_hub_take(m)->type, IMAPSRV_EVENT_MAILBOX_RENAME);
	publish(hub, IMAPSRV_EVENT_MESSAGE_NEW, "u/d", 5, 5);
	assert_string_equal(taken(m), "d 1 5:5");
	/* A name above the new one is renamed, and another one. */
	publish_rename(hub, "u/a/x", "u/e/x");
	publish_rename(hub, "u/ee", "u/g");
	publish_rename(hub, "u/e", "u/f");
	publish(hub, IMAPSRV_EVENT_MESSAGE_NEW, "u/f/x", 6, 6);
	assert_string_equal(taken(m), "e/x 12 f 12 f/x 1 6:6");
	/* In names of the account's own. */
	own_rename(hub, "a/x", "e/x");
	own_rename(hub, "ee", "g");
	own_rename(hub, "e", "f");
	assert_string_equal(taken(m), "e/x 12 f 12");
	/* What it sees is kept elsewhere meanwhile. */
	publish_rename(hub, "u/a/x", "u/d");
	see(m, "x", moved, 1);
	publish(hub, IMAPSRV_EVENT_MESSAGE_NEW, "u/d", 7, 7);
	publish(hub, IMAPSRV_EVENT_MESSAGE_NEW, "w/d", 8, 8);
	publish(hub, IMAPSRV_EVENT_MESSAGE_NEW, "w/d/e", 9, 9);
	publish(hub, IMAPSRV_EVENT_MESSAGE_NEW, "w/dd", 9, 9);
	assert_string_equal(taken(m), "d 12 d 1 8:8 d/e 1 9:9");
	see(m, "x", mounts, 1);
	/* One that goes meanwhile. */
	publish_rename(hub, "u/a/x", "u/d");
	imapsrv_hub_leave(m);
	publish(hub, IMAPSRV_EVENT_MESSAGE_NEW, "u/d", 6, 6);
	imapsrv_hub_free(hub);
}

/* What goes out of sight takes along what is below it: who watches that by its name is told so. */
static void t_out_of_sight(void **state)
{
	static const char *const mounts[][2] = {{"", "u"}, {"a/k", "v"}};
	struct imapsrv_hub *hub = hub_new(NULL);
	struct imapsrv_hub_member *m = join(hub, NULL);
	struct imapsrv_event e = IMAPSRV_EVENT_INIT;
	struct imapsrv_status status;

	(void)state;
	memset(&status, 0, sizeof(status));
	see(m, "x", mounts, 2);
	change(m, true, IMAPSRV_SCOPE_MAILBOX, "a/k/y", ALL | BIT(11), '/'); /* kept elsewhere */
	change(m, true, IMAPSRV_SCOPE_MAILBOX, "a/x/y", ALL | BIT(11) | BIT(12), '/');
	change(m, true, IMAPSRV_SCOPE_MAILBOX, "a", BIT(12), '/');
	change(m, true, IMAPSRV_SCOPE_MAILBOX, "a/x", BIT(12), '/');
	change(m, true, IMAPSRV_SCOPE_MAILBOX, "ab/x", ALL | BIT(11), '/');
	change(m, true, IMAPSRV_SCOPE_SUBTREE, "a/z", ALL | BIT(11), '/');
	publish_rename(hub, "u/a", "w/a");
	assert_string_equal(taken(m), "a 11 a/x/y 11");
	/* Numbers are those of the one that was renamed. */
	e.type = IMAPSRV_EVENT_MAILBOX_RENAME;
	e.old_name = span("u/a");
	e.mailbox = span("w/a");
	e.status = &status;
	status.items = IMAPSRV_STATUS_UIDVALIDITY;
	status.uidvalidity = 7;
	assert_int_equal(imapsrv_hub_publish(hub, &e), 0);
	assert_int_equal(imapsrv_hub_take(m)->status->uidvalidity, 7);
	assert_null(imapsrv_hub_take(m)->status);
	publish_rename(hub, "u/a/x/y", "w/a");
	assert_string_equal(taken(m), "a/x/y 11");
	publish_rename(hub, "w/a", "u/a");
	assert_string_equal(taken(m), "a 10");
	imapsrv_hub_free(hub);
}

/* Many move at once, and what they moved along with is renamed at another level. */
static void t_moving_all(void **state)
{
	static const char *const mounts[][2] = {{"", "u"}};
	struct imapsrv_event e = IMAPSRV_EVENT_INIT;
	struct imapsrv_hub *hub = hub_new(NULL);
	struct imapsrv_hub_member *m[3];

	(void)state;
	for (size_t i = 0; i < COUNT(m); i++) {
		m[i] = join(hub, NULL);
		see(m[i], "x", mounts, 1);
		change(m[i], true, IMAPSRV_SCOPE_MAILBOX, "a/x", ALL | BIT(12), '/');
	}
	e.type = IMAPSRV_EVENT_MAILBOX_RENAME;
	e.old_name = span("a/x");
	e.mailbox = span("b/c/d/e");
	assert_int_equal(imapsrv_hub_publish_account(hub, span(""), &e), 0);
	publish(hub, IMAPSRV_EVENT_MESSAGE_NEW, "u/b/c/d/e", 1, 1);
	publish_rename(hub, "u/b/c/d/e/f", "u/b/c/d/e/g"); /* below it */
	publish_rename(hub, "u/b/d", "u/b/e");             /* beside it */
	publish_rename(hub, "u/b/c", "u/c");
	publish(hub, IMAPSRV_EVENT_MESSAGE_NEW, "u/c/d/e", 2, 2);
	publish_rename(hub, "u/c", "u/b/c");
	publish_rename(hub, "u/b", "u/f");
	publish(hub, IMAPSRV_EVENT_MESSAGE_NEW, "u/f/c/d/e", 3, 3);
	for (size_t i = 0; i < COUNT(m); i++)
		assert_string_equal(taken(m[i]),
		                    "b/c/d/e 12 b/c/d/e 1 1:1 b/c/d/e/g 12 c 12 c/d/e 1 2:2 "
		                    "b/c 12 f 12 f/c/d/e 1 3:3");
	imapsrv_hub_free(hub);
}

/* Whatever else is lost: a session that is not told under which name its mailbox goes on is deaf to it. */
static void t_lost_renames(void **state)
{
	static const char *const mounts[][2] = {{"", "u"}};
	static const struct {
		const char *moves; /* "ab": a to b; "a-": a is deleted; "!!": more events than are kept */
		const char *taken;
		const char *first; /* the old name that comes with the first; of a deletion none does */
	} rows[] = {
		{"!!ab", " 9 b 12", "a"},
		{"ab!!", " 9 b 12", "a"},
		{"ab!!bc", " 9 c 12", "a"},
		{"!!abbccdde", " 9 e 12", "a"},
		{"!!abba", " 9", ""},
		{"!!xyabba", " 9 y 12", "x"},
		{"!!xyab", " 9 y 12 b 12", "x"},
		/* what is watched by its name goes before what is not */
		{"!!xyzvab", " 9 b 12", "a"},
		{"xyabzvyw!!", " 9 y 12 b 12", "x"},
		{"!!xyabyzbc", " 9 y 12 c 12", "x"},
		{"!!pqab", " 9 q 12 b 12", "p"},
		{"!!pqrsab", " 9", ""}, /* there is an end to it */
		/* what has the name next is another: it is no event of the deleted one */
		{"!!a-", " 9 a 11", ""},
		{"a-!!", " 9 a 11", ""},
		{"!!a-a-", " 9 a 11", ""},
		{"!!x-", " 9", ""},
		{"!!abb-", " 9 b 12 b 11", "a"},
		{"!!aba-", " 9 b 12 a 11", "a"},
		{"!!abxyp-", " 9 b 12 y 12", "a"}, /* no room */
		{"!!a-xa", " 9 a 11 a 12", ""},
		/* not joined to a renaming of the one before */
		{"!!abb-bc", " 9 b 12 c 12", "a"},
		{"!!a-p-ab", " 9 b 12", "a"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct imapsrv_hub_config c = IMAPSRV_HUB_CONFIG_INIT;
		const struct imapsrv_event *e;
		struct imapsrv_hub_member *m;
		struct imapsrv_hub *hub;

		c.queue = 2;
		hub = hub_new(&c);
		m = join(hub, NULL);
		see(m, "x", mounts, 1);
		change(m, true, IMAPSRV_SCOPE_SUBTREE, "", ALL | BIT(11) | BIT(12), '/');
		change(m, true, IMAPSRV_SCOPE_MAILBOX, "a", ALL | BIT(11) | BIT(12), '/');
		change(m, true, IMAPSRV_SCOPE_MAILBOX, "p", ALL | BIT(11) | BIT(12), '/');
		change(m, true, IMAPSRV_SCOPE_MAILBOX, "r/s", ALL | BIT(11) | BIT(12), '/');
		for (int again = 0; again < 2; again++) {
			for (const char *at = rows[i].moves; *at; at += 2) {
				const char from[] = {'u', '/', at[0], '\0'}, to[] = {'u', '/', at[1], '\0'};

				if (at[1] == '-')
					publish(hub, IMAPSRV_EVENT_MAILBOX_DELETE, from, 0, 0);
				else if (*at != '!')
					publish_rename(hub, from, to);
				if (*at != '!')
					continue;
				publish(hub, IMAPSRV_EVENT_MESSAGE_NEW, "u/1", 1, 1);
				publish(hub, IMAPSRV_EVENT_MESSAGE_NEW, "u/2", 1, 1);
				publish(hub, IMAPSRV_EVENT_MESSAGE_NEW, "u/3", 1, 1);
			}
			if (!again)
				ROW(i, !strcmp(taken(m), rows[i].taken));
		}
		assert_non_null(imapsrv_hub_take(m));
		e = imapsrv_hub_take(m);
		ROW(i, (e && e->old_name.len) == (rows[i].first[0] != 0));
		ROW(i, !rows[i].first[0] || (e->old_name.len == 1 && e->old_name.data[0] == rows[i].first[0]));
		/* What is lent moves along, as ever. */
		change(m, false, IMAPSRV_SCOPE_SUBTREE, "", ALL | BIT(11) | BIT(12), '/');
		publish(hub, IMAPSRV_EVENT_MESSAGE_NEW, "u/b", 1, 1);
		if (!strcmp(rows[i].taken, " 9 b 12"))
			ROW(i, !strcmp(taken(m), "b 1 1:1"));
		imapsrv_hub_free(hub);
	}
}

/* Who renames is told of what others did, and not of what it did itself: the two do not become one. */
static void t_lost_renames_of_two(void **state)
{
	static const char *const mounts[][2] = {{"", "u"}};
	struct imapsrv_hub_config c = IMAPSRV_HUB_CONFIG_INIT;
	struct imapsrv_event e = IMAPSRV_EVENT_INIT;
	struct imapsrv_status status = {0};
	struct imapsrv_hub_member *m;
	struct imapsrv_hub *hub;

	(void)state;
	c.queue = 2;
	hub = hub_new(&c);
	m = join(hub, NULL);
	see(m, "x", mounts, 1);
	change(m, true, IMAPSRV_SCOPE_MAILBOX, "a", ALL | BIT(12), '/');
	publish(hub, IMAPSRV_EVENT_MAILBOX_CHANGED, "", 0, 0);
	publish_rename(hub, "u/a", "u/b");
	e.type = IMAPSRV_EVENT_MAILBOX_RENAME;
	e.origin = (const struct imapsrv_session *)(const void *)&e;
	e.old_name = span("u/b");
	e.mailbox = span("u/c");
	assert_int_equal(imapsrv_hub_publish(hub, &e), 0);
	assert_string_equal(taken(m), " 9 b 12 c 12");
	/* Nor those of two mailboxes. */
	publish(hub, IMAPSRV_EVENT_MAILBOX_CHANGED, "", 0, 0);
	e.status = &status;
	for (unsigned i = 0; i < 2; i++) {
		status.items = IMAPSRV_STATUS_UIDVALIDITY;
		status.uidvalidity = 5 + i;
		e.old_name = span(i ? "u/b" : "u/a");
		e.mailbox = span(i ? "u/c" : "u/b");
		assert_int_equal(imapsrv_hub_publish(hub, &e), 0);
	}
	assert_string_equal(taken(m), " 9 b 12 c 12");
	imapsrv_hub_free(hub);
}

/* By one session or by another: two renamings by different ones do not become one. */
static void rename_by(struct imapsrv_hub *hub, bool other, const char *from, const char *to)
{
	struct imapsrv_event e = IMAPSRV_EVENT_INIT;

	e.type = IMAPSRV_EVENT_MAILBOX_RENAME;
	e.origin = other ? (const struct imapsrv_session *)(const void *)hub : NULL;
	e.mailbox = span(to);
	e.old_name = span(from);
	assert_int_equal(imapsrv_hub_publish(hub, &e), 0);
}

/* Where more renamings are lost than are kept nobody knows the name of what is watched: from then on
 * everything concerns the session, until it watches by other names. */
static void t_strayed(void **state)
{
	static const char *const mounts[][2] = {{"", "u"}};

	(void)state;
	for (int lent = 0; lent < 2; lent++) {
		struct imapsrv_hub_config c = IMAPSRV_HUB_CONFIG_INIT;
		struct imapsrv_hub_member *m, *other;
		struct imapsrv_hub *hub;

		c.queue = 2;
		hub = hub_new(&c);
		m = join(hub, NULL);
		other = join(hub, NULL);
		see(m, "x", mounts, 1);
		see(other, "x", mounts, 1);
		change(m, true, IMAPSRV_SCOPE_ACCOUNT, "", BIT(12), '/');
		change(m, true, IMAPSRV_SCOPE_MAILBOX, "a", ALL | BIT(12), '/');
		change(m, true, IMAPSRV_SCOPE_MAILBOX, "v", ALL, '/'); /* the name, whatever has it */
		change(other, true, IMAPSRV_SCOPE_MAILBOX, "z", ALL | BIT(12), '/');
		rename_by(hub, false, "u/a", "u/b");
		if (lent) {
			/* It is told of the first, but of none behind that. */
			assert_int_equal(imapsrv_hub_take(m)->type, IMAPSRV_EVENT_MAILBOX_RENAME);
			rename_by(hub, true, "u/b", "u/a");
			rename_by(hub, false, "u/a", "u/b");
		}
		rename_by(hub, true, "u/b", "u/c");
		rename_by(hub, false, "u/c", "u/d");
		if (lent) {
			change(m, true, IMAPSRV_SCOPE_MAILBOX, "b", ALL | BIT(12), '/');
			change(m, false, IMAPSRV_SCOPE_MAILBOX, "a", ALL | BIT(12), '/');
		}
		assert_string_equal(taken(m), " 9");
		publish(hub, IMAPSRV_EVENT_MESSAGE_NEW, "u/d", 1, 1);
		assert_string_equal(taken(m), " 9");
		rename_by(hub, true, "u/d", "u/e");
		assert_string_equal(taken(m), " 9");
		assert_string_equal(taken(other), "");
		/* What it watches besides does not say where the mailbox is. */
		change(m, true, IMAPSRV_SCOPE_MAILBOX, "y", ALL | BIT(12), '/');
		publish(hub, IMAPSRV_EVENT_MESSAGE_NEW, "u/e", 2, 2);
		change(m, false, IMAPSRV_SCOPE_MAILBOX, "y", ALL | BIT(12), '/');
		assert_string_equal(taken(m), " 9");
		/* It selects again. */
		publish(hub, IMAPSRV_EVENT_MESSAGE_NEW, "u/e", 3, 3);
		change(m, false, IMAPSRV_SCOPE_MAILBOX, lent ? "b" : "a", ALL | BIT(12), '/');
		change(m, true, IMAPSRV_SCOPE_MAILBOX, "e", ALL | BIT(12), '/');
		publish(hub, IMAPSRV_EVENT_MESSAGE_NEW, "u/d", 1, 1);
		assert_string_equal(taken(m), " 9");
		publish(hub, IMAPSRV_EVENT_MESSAGE_NEW, "u/d", 1, 1);
		publish(hub, IMAPSRV_EVENT_MESSAGE_NEW, "u/e", 4, 4);
		assert_string_equal(taken(m), "e 1 4:4");
		imapsrv_hub_free(hub);
	}
}

/* Of one that is seen under two names nobody says either which of them became which. */
static void t_strayed_of_two_names(void **state)
{
	static const char *const mounts[][2] = {{"", "u"}, {"s", "u"}};
	struct imapsrv_hub *hub = hub_new(NULL);
	struct imapsrv_hub_member *m = join(hub, NULL), *all = join(hub, NULL);

	(void)state;
	see(m, "x", mounts, 2);
	see(all, "x", mounts, 2);
	change(m, true, IMAPSRV_SCOPE_MAILBOX, "a", ALL | BIT(12), '/');
	change(all, true, IMAPSRV_SCOPE_SUBTREE, "", ALL | BIT(12), '/');
	publish_rename(hub, "u/a", "u/b");
	assert_string_equal(taken(m), " 9");
	assert_string_equal(taken(all), " 9");
	publish(hub, IMAPSRV_EVENT_MESSAGE_NEW, "u/b", 1, 1);
	assert_string_equal(taken(m), " 9");
	assert_string_equal(taken(all), "s/b 1 1:1 b 1 1:1");
	imapsrv_hub_free(hub);
}

/* Names that nothing is mounted at: one that a mailbox is renamed to, and one that is watched. */
static void t_no_mount(void **state)
{
	static const char *const mounts[][2] = {{"a", "u/a"}};
	struct imapsrv_hub *hub = hub_new(NULL);
	struct imapsrv_hub_member *m = join(hub, NULL);
	struct imapsrv_event e = IMAPSRV_EVENT_INIT;

	(void)state;
	see(m, "x", mounts, 1);
	change(m, true, IMAPSRV_SCOPE_MAILBOX, "a/x", ALL | BIT(11) | BIT(12), '/');
	change(m, true, IMAPSRV_SCOPE_MAILBOX, "b/x", ALL | BIT(11) | BIT(12), '/');
	/* There it is out of the hub's sight, until it comes back. */
	own_rename(hub, "a/x", "c/y");
	publish(hub, IMAPSRV_EVENT_MESSAGE_NEW, "c/y", 1, 1);
	publish(hub, IMAPSRV_EVENT_MESSAGE_NEW, "u/a/y", 2, 2);
	own_rename(hub, "c", "a");
	publish(hub, IMAPSRV_EVENT_MESSAGE_NEW, "u/a/y", 3, 3);
	e.type = IMAPSRV_EVENT_MESSAGE_NEW;
	e.mailbox = span("a/y");
	assert_int_equal(imapsrv_hub_publish_account(hub, span("x"), &e), 0);
	assert_string_equal(taken(m), "c/y 12 a 12 a/y 1");
	/* What goes out of sight takes along nothing that was not in it. */
	publish_rename(hub, "u/a/x", "w/x");
	assert_string_equal(taken(m), "a/x 11");
	imapsrv_hub_free(hub);
}

/* Without memory for who it is that moves, while what it sees changes. */
static void t_see_no_memory(void **state)
{
	static const char *const mounts[][2] = {{"", "u"}};
	static struct failalloc fa;
	bool all = false;

	(void)state;
	for (size_t nth = 1; !all; nth++) {
		struct imapsrv_hub_config c = IMAPSRV_HUB_CONFIG_INIT;
		struct imapsrv_hub_member *m;
		struct imapsrv_hub *hub;
		const char *text;

		failalloc_init(&fa);
		c.allocator = &fa.allocator;
		hub = hub_new(&c);
		m = join(hub, NULL);
		see(m, "x", mounts, 1);
		change(m, true, IMAPSRV_SCOPE_MAILBOX, "a", ALL | BIT(12), '/');
		publish_rename(hub, "u/a", "u/b");
		fa.calls = 0;
		fa.fail_first = nth;
		see(m, "x", mounts, 1);
		all = fa.calls < nth;
		fa.fail_first = 0;
		publish(hub, IMAPSRV_EVENT_MESSAGE_NEW, "u/b", 1, 1);
		text = taken(m);
		if (all)
			assert_string_equal(text, "b 12 b 1 1:1");
		else
			assert_string_equal(text, " 9 b 12");
		imapsrv_hub_free(hub);
		assert_int_equal(fa.held, 0);
		assert_true(all || nth < 20);
	}
}

/* Without memory for who it is that moves, or for the renaming itself. */
static void t_rename_no_memory(void **state)
{
	static const char *const mounts[][2] = {{"", "u"}};
	static struct failalloc fa;
	bool all = false;

	(void)state;
	for (size_t nth = 1; !all; nth++) {
		struct imapsrv_hub_config c = IMAPSRV_HUB_CONFIG_INIT;
		struct imapsrv_hub_member *m;
		struct imapsrv_hub *hub;
		const char *text;

		failalloc_init(&fa);
		c.allocator = &fa.allocator;
		hub = hub_new(&c);
		m = join(hub, NULL);
		see(m, "x", mounts, 1);
		change(m, true, IMAPSRV_SCOPE_MAILBOX, "a", ALL | BIT(12), '/');
		fa.calls = 0;
		fa.fail_first = (nth + 1) / 2;
		fa.fail_on = nth % 2;
		publish_rename(hub, "u/a", "u/b");
		all = fa.calls < fa.fail_first;
		fa.fail_first = 0;
		publish(hub, IMAPSRV_EVENT_MESSAGE_NEW, "u/b", 1, 1);
		text = taken(m);
		if (all)
			assert_string_equal(text, "b 12 b 1 1:1");
		else
			assert_string_equal(text, nth == 1 ? " 9" : " 9 b 12");
		imapsrv_hub_free(hub);
		assert_int_equal(fa.held, 0);
		assert_true(all || nth < 20);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_moving),
		cmocka_unit_test(t_moving_all),
		cmocka_unit_test(t_out_of_sight),
		cmocka_unit_test(t_lost_renames),
		cmocka_unit_test(t_lost_renames_of_two),
		cmocka_unit_test(t_strayed),
		cmocka_unit_test(t_strayed_of_two_names),
		cmocka_unit_test(t_no_mount),
		cmocka_unit_test(t_see_no_memory),
		cmocka_unit_test(t_rename_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
