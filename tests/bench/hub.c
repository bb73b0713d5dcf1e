/* SPDX-License-Identifier: MIT */
/*
 * bench/hub - what telling costs: one event to ten interested members among more and more, a storm
 * to one that does not read, the way from an event to octets, a million idle sessions; and what it
 * costs to save one and to restore it.
 *
 * 	hub [SESSIONS]     prints a table (1000000); compare times within one run only
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "bench/client.h"
#include "bench/clock.h"
#include "bench/inbox.h"

#define MESSAGES   1000u
#define INTERESTED 10u
#define STORM      1000000u

/* ---- the store ----------------------------------------------------------------------------- */

static uint32_t apart = 1; /* the UIDs */

static void on_uids(void *user, struct imapsrv_op *op, const struct imapsrv_uids *q)
{
	struct imapsrv_range r = {q->range.first, q->range.last};

	(void)user;
	if (r.last > inbox_messages)
		r.last = inbox_messages;
	if (r.first <= r.last && apart == 1)
		imapsrv_op_uids(op, (struct imapsrv_set){&r, 1});
	for (uint32_t uid = r.first; uid <= r.last && apart > 1; uid += apart) {
		struct imapsrv_range one = {uid, uid};

		imapsrv_op_uids(op, (struct imapsrv_set){&one, 1});
	}
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void on_fetch(void *user, struct imapsrv_op *op, const struct imapsrv_fetch *q)
{
	struct imapsrv_row row;

	(void)user;
	memset(&row, 0, sizeof(row));
	row.facts = IMAPSRV_FACT_FLAGS;
	for (size_t i = 0; i < q->uids.count; i++)
		for (row.uid = q->uids.ranges[i].first; row.uid <= q->uids.ranges[i].last; row.uid++)
			imapsrv_op_row(op, &row);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void on_body(void *user, struct imapsrv_op *op, const struct imapsrv_body *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_NO, NULL);
}

/* A session with one is a member of that hub, and sees user/NUMBER. */
struct user {
	struct imapsrv_hub *hub;
	struct imapsrv_hub_member *member;
	uint32_t number;
};

static struct imapsrv_span span(const char *text)
{
	struct imapsrv_span s = {text, strlen(text)};

	return s;
}

static void on_changed(void *user, struct imapsrv_session *session,
                       const struct imapsrv_watch_change *change)
{
	struct imapsrv_hub_view view = IMAPSRV_HUB_VIEW_INIT;
	struct imapsrv_hub_mount mount = {{NULL, 0}, {NULL, 0}};
	struct user *u = user;
	char topic[32];

	(void)session;
	if (!u)
		return;
	if (!u->member) {
		snprintf(topic, sizeof(topic), "user/%u", u->number);
		mount.topic = view.account = span(topic);
		view.mounts = &mount;
		view.mount_count = 1;
		if (imapsrv_hub_join(u->hub, u, 0, &u->member) || imapsrv_hub_see(u->member, &view))
			exit(1);
	}
	if (imapsrv_hub_watch(u->member, change))
		exit(1);
}

static struct imapsrv_engine *engine_new(void)
{
	struct imapsrv_watch watch = IMAPSRV_WATCH_INIT;
	struct imapsrv_store store = IMAPSRV_STORE_INIT;
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_engine *engine;

	store.list = inbox_list;
	store.open = inbox_open;
	store.close = inbox_close;
	store.uids = on_uids;
	store.fetch = on_fetch;
	store.body = on_body;
	store.body_close = inbox_close;
	watch.changed = on_changed;
	config.store = &store;
	config.watch = &watch;
	if (imapsrv_engine_new(&config, &engine))
		exit(1);
	return engine;
}

static struct imapsrv_session *idler(struct imapsrv_engine *engine)
{
	struct imapsrv_session *s = preauthenticated(engine, NULL);

	say(s, "a SELECT INBOX\r\n");
	say(s, "b IDLE\r\n");
	return s;
}

/* ---- the hub ------------------------------------------------------------------------------- */

static struct imapsrv_hub_member *member(struct imapsrv_hub *hub, const char *topic)
{
	struct imapsrv_hub_view view = IMAPSRV_HUB_VIEW_INIT;
	struct imapsrv_hub_mount mount = {{NULL, 0}, span(topic)};
	struct imapsrv_interest in = {IMAPSRV_SCOPE_SUBTREE, {NULL, 0}, 0x3fe};
	struct imapsrv_watch_change c;
	struct imapsrv_hub_member *m;

	memset(&c, 0, sizeof(c));
	c.size = sizeof(c);
	c.separator = '/';
	c.added = &in;
	c.added_count = 1;
	view.account = span(topic);
	view.mounts = &mount;
	view.mount_count = 1;
	if (imapsrv_hub_join(hub, NULL, 0, &m) || imapsrv_hub_see(m, &view) ||
	    imapsrv_hub_watch(m, &c))
		exit(1);
	return m;
}

static void publish(struct imapsrv_hub *hub, enum imapsrv_event_type type, const char *topic,
                    uint32_t uid)
{
	struct imapsrv_range r = {uid, uid};
	struct imapsrv_event e = IMAPSRV_EVENT_INIT;

	e.type = type;
	e.mailbox = span(topic);
	e.uids = (struct imapsrv_set){&r, 1};
	if (imapsrv_hub_publish(hub, &e))
		exit(1);
}

static void bench_publish(uint32_t most)
{
	struct imapsrv_hub_config c = IMAPSRV_HUB_CONFIG_INIT;
	struct imapsrv_hub *hub;
	char topic[32];
	uint32_t have = 0;
	const uint32_t rounds = 100000;

	if (imapsrv_hub_new(&c, &hub))
		exit(1);
	for (; have < INTERESTED; have++)
		member(hub, "user/shared");
	for (uint32_t m = 1000; m <= most; m *= 10) {
		double start, spent;

		for (; have < m; have++) {
			snprintf(topic, sizeof(topic), "user/%u", have);
			member(hub, topic);
		}
		start = now();
		for (uint32_t i = 0; i < rounds; i++) {
			struct imapsrv_hub_member *ready;

			publish(hub, IMAPSRV_EVENT_MESSAGE_NEW, "user/shared/INBOX", i + 1);
			while ((ready = imapsrv_hub_next(hub, 0)))
				while (imapsrv_hub_take(ready))
					;
		}
		spent = now() - start;
		printf("one event to %u of %8u members  %8.0f ns, %4zu octets a member\n",
		       INTERESTED, m, spent / rounds * 1e9, imapsrv_hub_memory(hub) / m);
	}
	imapsrv_hub_free(hub);
}

static void bench_storm(struct imapsrv_engine *engine)
{
	struct imapsrv_hub_config c = IMAPSRV_HUB_CONFIG_INIT;
	struct imapsrv_session *s = idler(engine);
	struct imapsrv_event e = IMAPSRV_EVENT_INIT;
	struct imapsrv_hub *hub;
	char topic[64];
	size_t before, most = 0;
	double start;

	if (imapsrv_hub_new(&c, &hub))
		exit(1);
	member(hub, "user/fred");
	before = imapsrv_hub_memory(hub);
	start = now();
	for (uint32_t i = 1; i <= STORM; i++) {
		snprintf(topic, sizeof(topic), "user/fred/box%u", i % 1000);
		publish(hub, (enum imapsrv_event_type)(1 + i % 8), topic, i * 3);
		if (imapsrv_hub_memory(hub) > most)
			most = imapsrv_hub_memory(hub);
	}
	printf("a storm of %u, nobody takes    %8.0f ns each, %zu octets at most\n", STORM,
	       (now() - start) / STORM * 1e9, most - before);
	imapsrv_hub_free(hub);

	/* The session itself, whose client does not read what it is told. */
	before = imapsrv_session_memory(s, NULL);
	e.mailbox = span("INBOX");
	start = now();
	for (uint32_t i = 1; i <= STORM; i++) {
		struct imapsrv_range r = {1 + i * 2 % MESSAGES, 1 + i * 2 % MESSAGES};

		e.type = IMAPSRV_EVENT_FLAGS_SET;
		e.uids = (struct imapsrv_set){&r, 1};
		imapsrv_session_post(s, &e);
		imapsrv_session_run(s);
	}
	imapsrv_session_memory(s, &most);
	printf("a storm of %u to a stuck client %7.0f ns each, %zu octets at most, %zu before\n",
	       STORM, (now() - start) / STORM * 1e9, most, before);
	imapsrv_session_free(s);
}

static void bench_latency(struct imapsrv_engine *engine)
{
	struct imapsrv_session *s = idler(engine);
	struct imapsrv_event e = IMAPSRV_EVENT_INIT;
	const uint32_t rounds = 200000;
	double start = now();

	e.type = IMAPSRV_EVENT_MESSAGE_NEW;
	e.mailbox = span("INBOX");
	for (uint32_t i = 0; i < rounds; i++) {
		struct imapsrv_range r = {inbox_messages + 1, inbox_messages + 1};
		struct imapsrv_span ready;
		size_t count;

		inbox_messages++;
		e.uids = (struct imapsrv_set){&r, 1};
		imapsrv_session_post(s, &e);
		imapsrv_session_run(s);
		if (imapsrv_session_peek(s, &ready, 1, &count) || !count)
			exit(1);
		drain(s);
	}
	printf("from an event to octets, IDLE      %8.0f ns\n", (now() - start) / rounds * 1e9);
	imapsrv_session_free(s);
	inbox_messages = MESSAGES;
}

static void bench_many(struct imapsrv_engine *engine, uint32_t n, const char *what,
                       const char *const *lines)
{
	struct imapsrv_hub_config c = IMAPSRV_HUB_CONFIG_INIT;
	struct imapsrv_session **all = malloc(n * sizeof(*all));
	struct user *users = calloc(n, sizeof(*users));
	struct imapsrv_hub *hub;
	struct rusage usage;
	size_t octets = 0;

	if (!all || !users || imapsrv_hub_new(&c, &hub))
		exit(1);
	for (uint32_t i = 0; i < n; i++) {
		users[i] = (struct user){hub, NULL, i};
		all[i] = preauthenticated(engine, &users[i]);
		for (size_t k = 0; lines[k]; k++)
			say(all[i], lines[k]);
		imapsrv_session_trim(all[i]);
		octets += imapsrv_session_memory(all[i], NULL);
	}
	getrusage(RUSAGE_SELF, &usage);
	printf("%u %s: %zu octets a session, %zu a member; %.2f GB resident\n", n, what, octets / n,
	       imapsrv_hub_memory(hub) / n, (double)usage.ru_maxrss / 1048576);
	for (uint32_t i = 0; i < n; i++)
		imapsrv_session_free(all[i]);
	imapsrv_hub_free(hub);
	free(users);
	free(all);
}

static void bench_save(struct imapsrv_engine *engine, const char *what, uint32_t messages,
                       uint32_t step)
{
	struct imapsrv_restore r = IMAPSRV_RESTORE_INIT;
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct imapsrv_session *s, *again;
	double start, saving = 0, restoring = 0;
	uint32_t rounds = messages > 100000 ? 20 : 100000;
	size_t len;
	char *data;

	inbox_messages = messages;
	apart = step;
	s = idler(engine);
	imapsrv_session_save(s, span(""), NULL, 0, &len);
	data = malloc(len);
	r.account = &account;
	r.up_to_date = 1;
	for (uint32_t i = 0; data && i < rounds; i++) {
		start = now();
		if (imapsrv_session_save(s, span(""), data, len, &len))
			exit(1);
		saving += now() - start;
		start = now();
		if (imapsrv_session_restore(engine, &r, data, len, &again, NULL))
			exit(1);
		imapsrv_session_run(again);
		restoring += now() - start;
		imapsrv_session_free(again);
	}
	printf("%-34s %8.0f saved, %8.0f restored a second, %zu octets\n", what, rounds / saving,
	       rounds / restoring, len);
	free(data);
	imapsrv_session_free(s);
	inbox_messages = MESSAGES;
	apart = 1;
}

int main(int argc, char **argv)
{
	uint32_t n = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000000;
	static const char *const notify[] = {
		"a NOTIFY SET (PERSONAL (MessageNew MessageExpunge))\r\n", NULL};
	static const char *const both[] = {
		"a NOTIFY SET (SELECTED (MessageNew MessageExpunge)) "
		"(PERSONAL (MessageNew MessageExpunge))\r\n",
		"b SELECT INBOX\r\n", NULL};
	struct imapsrv_engine *engine = engine_new();

	inbox_messages = MESSAGES;
	/* First, while nothing else was ever in memory; the largest last. */
	bench_many(engine, n, "with NOTIFY", notify);
	bench_many(engine, n, "with NOTIFY, INBOX selected", both);
	bench_publish(n);
	bench_storm(engine);
	bench_latency(engine);
	bench_save(engine, "a thousand messages", 1000, 1);
	bench_save(engine, "a million messages", 1000000, 1);
	bench_save(engine, "a million, every second missing", 2000000, 2);
	imapsrv_engine_free(engine);
	return 0;
}
