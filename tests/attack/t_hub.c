/* SPDX-License-Identifier: MIT */
/*
 * attack/t_hub - clients that watch many mailboxes, and mailboxes that many clients watch: what one of them
 * gives up costs what it gives up, however much it, or others, go on watching (ATTACKS T39).
 */
#include "attack/counted.h"
#include "attack/grow.h"
#include "imapsrv/hub.h"

enum { FEW = 1000, MANY = 2 * FEW };

struct watched {
	struct imapsrv_hub *hub;
	struct imapsrv_hub_member *members[MANY];
};

static void join(struct watched *w, size_t i)
{
	struct imapsrv_hub_view view = IMAPSRV_HUB_VIEW_INIT;
	struct imapsrv_hub_mount mount = {{"", 0}, {"u", 1}};

	view.account = (struct imapsrv_span){"u", 1};
	view.mounts = &mount;
	view.mount_count = 1;
	assert_int_equal(imapsrv_hub_join(w->hub, NULL, 0, &w->members[i]), 0);
	assert_int_equal(imapsrv_hub_see(w->members[i], &view), 0);
}

static void change(struct imapsrv_hub_member *m, size_t number, enum imapsrv_scope scope, bool on)
{
	struct imapsrv_watch_change c = IMAPSRV_SIZED(struct imapsrv_watch_change);
	struct imapsrv_interest one = {scope, {NULL, 0}, UINT32_MAX};
	char name[24];

	snprintf(name, sizeof(name), "m%zu", number);
	one.name = (struct imapsrv_span){name, strlen(name)};
	c.separator = '/';
	c.added = c.removed = &one;
	c.added_count = on;
	c.removed_count = !on;
	assert_int_equal(imapsrv_hub_watch(m, &c), 0);
}

/* One member, n mailboxes, and given up in another order. */
static void mailboxes(struct watched *w, size_t n)
{
	join(w, 0);
	for (size_t i = 0; i < n; i++)
		change(w->members[0], i, i & 1 ? IMAPSRV_SCOPE_SUBTREE : IMAPSRV_SCOPE_MAILBOX, true);
	for (size_t i = 0; i < n; i++) {
		size_t k = i * 7919 % n;

		change(w->members[0], k, k & 1 ? IMAPSRV_SCOPE_SUBTREE : IMAPSRV_SCOPE_MAILBOX, false);
	}
}

/* n members, one mailbox. */
static void members(struct watched *w, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		join(w, i);
		change(w->members[i], 0, IMAPSRV_SCOPE_MAILBOX, true);
	}
	for (size_t i = 0; i < n; i++)
		change(w->members[i], 0, IMAPSRV_SCOPE_MAILBOX, false);
}

static uint64_t cost_of(void (*what)(struct watched *w, size_t n), size_t n)
{
	struct imapsrv_hub_config config = IMAPSRV_HUB_CONFIG_INIT;
	struct watched *w = calloc(1, sizeof(*w));
	uint64_t work;

	assert_non_null(w);
	assert_int_equal(imapsrv_hub_new(&config, &w->hub), 0);
	work = counted_work();
	what(w, n);
	work = counted_work() - work;
	imapsrv_hub_free(w->hub);
	free(w);
	return work;
}

static void T39_given_up(void **state)
{
	static void (*const all[])(struct watched *w, size_t n) = {mailboxes, members};

	(void)state;
	grow_or_skip();
	for (size_t i = 0; i < COUNT(all); i++) {
		uint64_t few = cost_of(all[i], FEW), many = cost_of(all[i], MANY);

		print_message("%zu: %llu, %llu\n", i, (unsigned long long)few, (unsigned long long)many);
		ROW(i, many * 10 <= few * 22);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(T39_given_up),
	};

	return cmocka_run_group_tests_name("hub", tests, NULL, NULL);
}
