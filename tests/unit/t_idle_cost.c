/* SPDX-License-Identifier: MIT */
/*
 * What an idle session with NOTIFY costs, as a member of a hub: so much that a million of them stay
 * under 1.5 GB, what an allocator adds to each block and the host's own pointers to it among that.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "unit/nullstore.h"
#include "unit/row.h"

#define SESSIONS 1000u

/* ---- an allocator that counts as a common one does ----------------------------------------- */

/* A word before each block, and multiples of 16. */
static size_t rounded(size_t size)
{
	size_t whole = (size + sizeof(size_t) + 15) / 16 * 16;

	return whole < 32 ? 32 : whole;
}

static void *counting_alloc(void *user, size_t size)
{
	*(size_t *)user += rounded(size);
	return malloc(size);
}

static void *counting_realloc(void *user, void *block, size_t old_size, size_t size)
{
	*(size_t *)user += rounded(size) - rounded(old_size);
	return realloc(block, size);
}

static void counting_free(void *user, void *block, size_t size)
{
	*(size_t *)user -= rounded(size);
	free(block);
}

/* ---- the host ------------------------------------------------------------------------------ */

struct user {
	struct imapsrv_hub *hub;
	struct imapsrv_hub_member *member;
	unsigned number;
};

static void on_changed(void *user, struct imapsrv_session *session,
                       const struct imapsrv_watch_change *change)
{
	struct imapsrv_hub_view view = IMAPSRV_HUB_VIEW_INIT;
	struct user *u = user;
	struct imapsrv_hub_mount mount;
	char topic[32];

	(void)session;
	if (!u->member) {
		memset(&mount, 0, sizeof(mount));
		mount.topic.data = topic;
		mount.topic.len = (size_t)snprintf(topic, sizeof(topic), "user/%06u", u->number);
		view.account = mount.topic;
		view.mounts = &mount;
		view.mount_count = 1;
		assert_int_equal(imapsrv_hub_join(u->hub, u, 0, &u->member), 0);
		assert_int_equal(imapsrv_hub_see(u->member, &view), 0);
	}
	assert_int_equal(imapsrv_hub_watch(u->member, change), 0);
}

/* INBOX has a thousand messages; there is nothing else, which takes many words. */
static void on_open(void *user, struct imapsrv_op *op, const struct imapsrv_open *q)
{
	struct imapsrv_mailbox m = IMAPSRV_MAILBOX_INIT;

	(void)user;
	if (q->name.len != 5) {
		imapsrv_op_done(op, IMAPSRV_NONEXISTENT, "We looked for it everywhere");
		return;
	}
	m.uidvalidity = 1;
	m.uidnext = 1001;
	imapsrv_op_mailbox(op, &m);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void on_list(void *user, struct imapsrv_op *op, const struct imapsrv_list *q)
{
	struct imapsrv_name name = {{"INBOX", 5}, 0, 0};

	(void)user;
	(void)q;
	imapsrv_op_name(op, &name);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void on_uids(void *user, struct imapsrv_op *op, const struct imapsrv_uids *q)
{
	struct imapsrv_range r = q->range;

	(void)user;
	r.last = r.last < 1000 ? r.last : 1000;
	if (r.first <= r.last)
		imapsrv_op_uids(op, (struct imapsrv_set){&r, 1});
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void say(struct imapsrv_session *s, const char *line)
{
	struct imapsrv_span spans[8];
	size_t used, count;

	assert_int_equal(imapsrv_session_recv(s, line, strlen(line), &used), 0);
	assert_int_equal(used, strlen(line));
	while (!imapsrv_session_peek(s, spans, 8, &count) && count)
		for (size_t i = 0; i < count; i++)
			imapsrv_session_sent(s, spans[i].len);
}

/* ---- the bounds ---------------------------------------------------------------------------- */

static const struct {
	const char *lines[4];
	size_t session, member; /* octets at most, as the library counts them */
	size_t all;             /* of both, as an allocator does */
} rows[] = {
	{{"a NOTIFY SET (PERSONAL (MessageNew MessageExpunge))\r\n"}, 960, 418, 1472},
	{{"a NOTIFY SET (PERSONAL (MessageNew MessageExpunge))\r\n", "b SELECT Nowhere\r\n"},
	 960, 418, 1472},
	{{"a NOTIFY SET (SELECTED (MessageNew MessageExpunge)) "
	  "(PERSONAL (MessageNew MessageExpunge))\r\n",
	  "b SELECT INBOX\r\n"},
	 1382, 563, 2152},
};

static void idle(void **state)
{
	static struct imapsrv_session *sessions[SESSIONS];
	static struct user users[SESSIONS];
	size_t held = 0, before;
	struct imapsrv_allocator allocator = {counting_alloc, counting_realloc, counting_free, &held};
	struct imapsrv_session_config session_config = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_hub_config hub_config = IMAPSRV_HUB_CONFIG_INIT;
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct imapsrv_watch watch = IMAPSRV_WATCH_INIT;
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_store store = nullstore();
	struct imapsrv_engine *engine;

	(void)state;
	store.list = on_list;
	store.open = on_open;
	store.uids = on_uids;
	watch.changed = on_changed;
	config.store = &store;
	config.watch = &watch;
	config.allocator = hub_config.allocator = &allocator;
	assert_int_equal(imapsrv_engine_new(&config, &engine), 0);
	session_config.preauth = &account;
	before = held;
	for (size_t row = 0; row < COUNT(rows); row++) {
		struct imapsrv_hub *hub;
		size_t octets = 0;

		assert_int_equal(imapsrv_hub_new(&hub_config, &hub), 0);
		for (unsigned i = 0; i < SESSIONS; i++) {
			users[i] = (struct user){hub, NULL, i};
			session_config.user = &users[i];
			assert_int_equal(imapsrv_session_new(engine, &session_config, &sessions[i]), 0);
			for (size_t k = 0; k < COUNT(rows[row].lines) && rows[row].lines[k]; k++)
				say(sessions[i], rows[row].lines[k]);
			imapsrv_session_trim(sessions[i]);
			octets += imapsrv_session_memory(sessions[i], NULL);
		}
		if (octets / SESSIONS > rows[row].session ||
		    imapsrv_hub_memory(hub) / SESSIONS > rows[row].member ||
		    (held - before) / SESSIONS > rows[row].all)
			print_error("%zu a session, %zu a member, %zu of both\n", octets / SESSIONS,
			            imapsrv_hub_memory(hub) / SESSIONS, (held - before) / SESSIONS);
		ROW(row, octets / SESSIONS <= rows[row].session);
		ROW(row, imapsrv_hub_memory(hub) / SESSIONS <= rows[row].member);
		ROW(row, (held - before) / SESSIONS <= rows[row].all);
		for (unsigned i = 0; i < SESSIONS; i++)
			imapsrv_session_free(sessions[i]);
		imapsrv_hub_free(hub);
		assert_int_equal(held, before);
	}
	imapsrv_engine_free(engine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(idle)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
