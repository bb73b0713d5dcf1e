/* SPDX-License-Identifier: MIT */
/* What the hub keeps of an event beside its name: all that no look-up would find; and for whom. */
#include "unit/hubbing.h"

/* Annotations come with their messages; where these are too many, or there is no memory for them, with a
 * range that they are in. */
static void t_annotations(void **state)
{
	static const struct imapsrv_range few[] = {{2, 2}, {4, 4}}, many[] = {{2, 2}, {4, 4}, {9, 9}};
	static const char *const mounts[][2] = {{"", "u"}};
	static struct failalloc fa;

	(void)state;
	for (size_t nth = 0; nth <= 3; nth++) {
		struct imapsrv_span entry = span("/comment");
		struct imapsrv_hub_config c = IMAPSRV_HUB_CONFIG_INIT;
		struct imapsrv_event e = IMAPSRV_EVENT_INIT;
		const struct imapsrv_event *got;
		struct imapsrv_hub_member *m;
		struct imapsrv_hub *hub;

		failalloc_init(&fa);
		c.allocator = &fa.allocator;
		c.ranges = 2;
		hub = hub_new(&c);
		m = join(hub, NULL);
		see(m, "fred", mounts, 1);
		change(m, true, IMAPSRV_SCOPE_SUBTREE, "", 0xfffffffeu, '/');
		e.type = IMAPSRV_EVENT_ANNOTATION_CHANGE;
		e.mailbox = span("u/a");
		e.uids = (struct imapsrv_set){nth == 1 ? many : few, nth == 1 ? 3 : 2};
		e.entries = &entry;
		e.entry_count = 1;
		fa.calls = 0;
		fa.fail_first = nth > 1 ? 4 - nth : 0;
		assert_int_equal(imapsrv_hub_publish(hub, &e), 0);
		fa.fail_first = 0;
		got = imapsrv_hub_take(m);
		if (nth == 3) {
			assert_int_equal(got->type, IMAPSRV_EVENT_MAILBOX_CHANGED);
		} else {
			assert_int_equal(got->type, IMAPSRV_EVENT_ANNOTATION_CHANGE);
			assert_int_equal(got->entry_count, 1);
			assert_int_equal(got->uids.count, nth ? 1 : 2);
			assert_int_equal(got->uids.ranges[0].first, 2);
			assert_int_equal(got->uids.ranges[got->uids.count - 1].last, nth == 1 ? 9 : 4);
		}
		assert_null(imapsrv_hub_take(m));
		imapsrv_hub_free(hub);
		assert_int_equal(fa.held, 0);
	}
}

/* Entries that changed cannot be looked up: all of them are told, or that events were lost. */
static void t_entries(void **state)
{
	static const char *const mounts[][2] = {{"", ""}};
	static struct imapsrv_span entries[2000];
	static char text[4000], long_text[4000];
	static const struct {
		enum imapsrv_event_type type;
		size_t count, len; /* of the first: the others are short */
		bool lost;
	} rows[] = {
		{IMAPSRV_EVENT_MAILBOX_METADATA, 2, 20, false},
		{IMAPSRV_EVENT_MAILBOX_METADATA, 300, 20, false},
		{IMAPSRV_EVENT_MAILBOX_METADATA, 300, 2000, false},
		{IMAPSRV_EVENT_MAILBOX_METADATA, 1, 4000, true},
		{IMAPSRV_EVENT_MAILBOX_METADATA, 2000, 20, true},
		{IMAPSRV_EVENT_SERVER_METADATA, 300, 20, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)('a' + i % 26);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct imapsrv_event e = IMAPSRV_EVENT_INIT;
		const struct imapsrv_event *got;
		struct imapsrv_hub *hub = hub_new(NULL);
		struct imapsrv_hub_member *m = join(hub, NULL);
		size_t at = 0;

		see(m, "x", mounts, 1);
		change(m, true, IMAPSRV_SCOPE_SUBTREE, "", 0xfffffffeu, '/');
		change(m, true, IMAPSRV_SCOPE_ACCOUNT, "", 0xfffffffeu, '/');
		for (size_t k = 0; k < rows[i].count; k++)
			entries[k] = (struct imapsrv_span){text + k % 7, k ? 20 + k % 9 : rows[i].len};
		e.type = rows[i].type;
		e.entries = entries;
		e.entry_count = rows[i].count;
		e.text = (struct imapsrv_span){long_text, i & 1 ? sizeof(long_text) : 0};
		if (e.type == IMAPSRV_EVENT_MAILBOX_METADATA)
			e.mailbox = span("a");
		ROW(i, !imapsrv_hub_publish_account(hub, span("x"), &e));
		while ((got = imapsrv_hub_take(m)) && got->type == e.type) {
			ROW(i, got->entry_count > 0 && got->mailbox.len == e.mailbox.len);
			for (size_t k = 0; k < got->entry_count; k++, at++)
				ROW(i, got->entries[k].len == entries[at].len &&
				               !memcmp(got->entries[k].data, entries[at].data,
				                       entries[at].len));
		}
		ROW(i, rows[i].lost ? got && !got->mailbox.len && !at : !got && at == rows[i].count);
		imapsrv_hub_free(hub);
	}
}

/* What was kept for one account is nothing for the next: no name of the first is given to it. */
static void t_another_account(void **state)
{
	static const char *const mounts[][2] = {{"", "u"}};
	struct imapsrv_event e = IMAPSRV_EVENT_INIT;
	struct imapsrv_hub *hub = hub_new(NULL);
	struct imapsrv_hub_member *m = join(hub, NULL);

	(void)state;
	e.type = IMAPSRV_EVENT_MAILBOX_RENAME;
	e.old_name = span("u/a");
	e.mailbox = span("u/secret");
	for (int i = 0; i < 4; i++) {
		see(m, "fred", mounts, 1);
		change(m, true, IMAPSRV_SCOPE_MAILBOX, "a", ALL | BIT(12), '/');
		publish(hub, IMAPSRV_EVENT_MESSAGE_NEW, "u/a", 1, 1);
		assert_int_equal(imapsrv_hub_publish(hub, &e), 0);
		if (i == 1) { /* one of them is lent */
			assert_int_equal(imapsrv_hub_take(m)->type, IMAPSRV_EVENT_MESSAGE_NEW);
			assert_int_equal(imapsrv_hub_take(m)->type, IMAPSRV_EVENT_MAILBOX_RENAME);
		}
		change(m, false, IMAPSRV_SCOPE_MAILBOX, "a", ALL | BIT(12), '/');
		if (i == 2)
			assert_int_equal(imapsrv_hub_see(m, NULL), 0);
		see(m, i < 3 ? "bob" : "fred", mounts, 1);
		change(m, true, IMAPSRV_SCOPE_MAILBOX, "b", ALL, '/');
		publish(hub, IMAPSRV_EVENT_MESSAGE_NEW, "u/secret", 2, 2);
		assert_string_equal(taken(m), i == 3   ? "a 1 1:1 secret 12"
		                              : i == 1 ? ""
		                                       : " 9");
		publish(hub, IMAPSRV_EVENT_MESSAGE_NEW, "u/b", 1, 1);
		assert_string_equal(taken(m), "b 1 1:1");
		change(m, false, IMAPSRV_SCOPE_MAILBOX, "b", ALL, '/');
	}
	imapsrv_hub_free(hub);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_annotations),
		cmocka_unit_test(t_entries),
		cmocka_unit_test(t_another_account),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
