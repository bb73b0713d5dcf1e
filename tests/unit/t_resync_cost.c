/* SPDX-License-Identifier: MIT */
/*
 * What SELECT with QRESYNC costs follows what changed, not how large the mailbox is: counted in
 * steps and in octets held, of ten thousand messages and of a million.  And what other answers cost
 * that come one by one from the last on: to a search, to a look at the mailbox, to a session that
 * was restored.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "failalloc.h"
#include "moved.h"
#include "nullstore.h"

/* UIDs begin here, so that all have as many digits.  Of the last 2 * changes every other has gone,
 * and those between have changed. */
#define FIRST 5000001u

static struct {
	uint32_t messages, changes;
	bool descends;  /* answers come from the last one on */
	bool looks;     /* it was selected before */
	uint64_t modseq;
	unsigned asked; /* questions to the store */
} box;

static uint32_t tail(void)
{
	return FIRST + box.messages - box.changes;
}

static uint32_t end(void)
{
	return FIRST + box.messages + box.changes;
}

static void on_open(void *user, struct imapsrv_op *op, const struct imapsrv_open *q)
{
	struct imapsrv_mailbox m = IMAPSRV_MAILBOX_INIT;

	(void)user;
	(void)q;
	box.asked++;
	m.uidvalidity = 1;
	m.uidnext = end();
	m.highest_modseq = box.modseq;
	imapsrv_op_mailbox(op, &m);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void put_uid(struct imapsrv_op *op, uint32_t first, uint32_t last)
{
	struct imapsrv_range range = {first, last};

	if (first <= last)
		imapsrv_op_uids(op, (struct imapsrv_set){&range, 1});
}

static void on_uids(void *user, struct imapsrv_op *op, const struct imapsrv_uids *q)
{
	(void)user;
	(void)q;
	box.asked++;
	put_uid(op, FIRST, tail() - 1);
	for (uint32_t i = 0; i < box.changes; i++) {
		uint32_t uid = tail() + 2 * (box.descends && box.looks ? box.changes - 1 - i : i);

		put_uid(op, uid, uid);
	}
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void put_row(struct imapsrv_op *op, uint32_t uid)
{
	struct imapsrv_row row;

	memset(&row, 0, sizeof(row));
	row.uid = uid;
	row.facts = IMAPSRV_FACT_FLAGS | IMAPSRV_FACT_MODSEQ;
	row.modseq = box.modseq;
	imapsrv_op_row(op, &row);
}

/* None before the tail has changed, and nothing else is asked for. */
static void put_rows(struct imapsrv_op *op, struct imapsrv_range r)
{
	uint32_t first = r.first < tail() ? tail() : r.first;
	uint32_t last = r.last < end() ? r.last : end() - 1;

	for (uint32_t i = 0; first <= last && i <= last - first; i++) {
		uint32_t uid = box.descends ? last - i : first + i;

		if ((uid - tail()) % 2 == 0)
			put_row(op, uid);
	}
}

static void on_fetch(void *user, struct imapsrv_op *op, const struct imapsrv_fetch *q)
{
	(void)user;
	box.asked++;
	/* More than was asked for. */
	if (box.looks)
		put_row(op, 1);
	for (size_t i = 0; i < q->uids.count; i++)
		put_rows(op, q->uids.ranges[i]);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void on_vanished(void *user, struct imapsrv_op *op, const struct imapsrv_vanished *q)
{
	(void)user;
	(void)q;
	box.asked++;
	for (uint32_t i = 0; i < box.changes; i++) {
		uint32_t uid = tail() + 1 + 2 * (box.descends ? box.changes - 1 - i : i);

		put_uid(op, uid, uid);
	}
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

/* What changed, in the order of its rank. */
static void on_search(void *user, struct imapsrv_op *op, const struct imapsrv_search *q)
{
	(void)user;
	for (uint32_t i = 0; i < box.changes; i++) {
		uint32_t uid = tail() + 2 * (box.descends ? box.changes - 1 - i : i);
		struct imapsrv_range one = {uid, uid};
		struct imapsrv_set found = {&one, 1}, none = {NULL, 0};

		imapsrv_op_found(op, q->root, i % 2 ? none : found, i % 2 ? found : none);
	}
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

struct cost {
	uint64_t steps;
	size_t held, peak, octets;
	unsigned asked;
};

static size_t drain(struct imapsrv_session *s)
{
	struct imapsrv_span span;
	size_t count, total = 0;

	while (!imapsrv_session_peek(s, &span, 1, &count) && count) {
		total += span.len;
		imapsrv_session_sent(s, span.len);
	}
	return total;
}

struct after {
	size_t octets;
	uint64_t moved, steps;
};

/* Of the session after SELECT. */
static void measure(struct imapsrv_session *s, const char *line, struct after *after)
{
	uint64_t steps = imapsrv_session_steps(s);
	size_t used;

	moved = 0;
	after->octets = 0;
	assert_int_equal(imapsrv_session_run(s), 0);
	for (size_t at = 0; at < strlen(line); at += used) {
		assert_int_equal(imapsrv_session_recv(s, line + at, strlen(line) - at, &used), 0);
		after->octets += drain(s);
	}
	while (imapsrv_session_want(s) & IMAPSRV_WANT_RUN) {
		assert_int_equal(imapsrv_session_run(s), 0);
		after->octets += drain(s);
	}
	after->steps = imapsrv_session_steps(s) - steps;
	after->moved = moved;
}

enum { SEARCH, LOOK, RESTORE, KINDS };

static void after_select(struct imapsrv_engine *engine, struct imapsrv_session **s,
                         struct after after[KINDS])
{
	struct imapsrv_restore restore = IMAPSRV_RESTORE_INIT;
	struct imapsrv_event event = IMAPSRV_EVENT_INIT;
	struct imapsrv_span label = {"", 0};
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	static char saved[1 << 20];
	size_t len;

	box.looks = true;
	measure(*s, "c UID SEARCH FLAGGED\r\n", &after[SEARCH]);
	event.mailbox = (struct imapsrv_span){"INBOX", 5};
	assert_int_equal(imapsrv_session_post(*s, &event), 0);
	measure(*s, "d NOOP\r\n", &after[LOOK]);
	assert_int_equal(imapsrv_session_save(*s, label, saved, sizeof(saved), &len), 0);
	imapsrv_session_free(*s);
	restore.account = &account;
	box.modseq = 300;
	assert_int_equal(imapsrv_session_restore(engine, &restore, saved, len, s, NULL), 0);
	measure(*s, "e NOOP\r\n", &after[RESTORE]);
}

static struct cost cost_of(uint32_t messages, uint32_t changes, bool remembers,
                           struct after *after)
{
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_session_config client = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct imapsrv_store store = nullstore();
	struct imapsrv_engine *engine;
	struct imapsrv_session *s;
	struct cost cost = {0, 0, 0, 0, 0};
	char line[200];
	size_t used;

	box.messages = messages;
	box.changes = changes;
	box.asked = 0;
	box.looks = false;
	box.modseq = 200;
	store.open = on_open;
	store.uids = on_uids;
	store.fetch = on_fetch;
	store.modseqs = 1;
	store.search = on_search;
	store.vanished = remembers ? on_vanished : NULL;
	config.store = &store;
	client.secure = 1;
	client.preauth = &account;
	assert_int_equal(imapsrv_engine_new(&config, &engine), 0);
	assert_int_equal(imapsrv_session_new(engine, &client, &s), 0);
	drain(s);
	int len = snprintf(line, sizeof(line),
	                   "a ENABLE QRESYNC\r\nb SELECT INBOX (QRESYNC (1 100 %u:%u))\r\n", FIRST,
	                   end() - 1);
	for (size_t at = 0; at < (size_t)len; at += used) {
		assert_int_equal(imapsrv_session_recv(s, line + at, (size_t)len - at, &used), 0);
		cost.octets += drain(s);
	}
	assert_int_equal(imapsrv_session_state(s), IMAPSRV_SELECTED);
	cost.steps = imapsrv_session_steps(s);
	cost.held = imapsrv_session_memory(s, &cost.peak);
	cost.asked = box.asked;
	if (after)
		after_select(engine, &s, after);
	imapsrv_session_free(s);
	imapsrv_engine_free(engine);
	return cost;
}

static struct cost select_cost(uint32_t messages, uint32_t changes, bool remembers)
{
	return cost_of(messages, changes, remembers, NULL);
}

static void test_follows_the_changes(void **state)
{
	static const uint32_t changes[] = {0, 100, 10000};

	(void)state;
	for (int remembers = 0; remembers < 2; remembers++)
		for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
			struct cost small = select_cost(10000, changes[i], remembers);
			struct cost large = select_cost(1000000, changes[i], remembers);

			/* A few digits more of EXISTS and numbers, a few blocks of the number map. */
			assert_int_equal(large.asked, small.asked);
			assert_in_range(large.steps, small.steps, small.steps + 10);
			assert_in_range(large.held, 1, small.held + 1024);
			assert_in_range(large.peak, 1, small.peak + 1024);
			assert_in_range(small.octets, changes[i] * 50, 1000 + changes[i] * 80);
			assert_in_range(small.steps, changes[i], 1000 + changes[i] * 8);
		}
}

/* 10,000 changes are told in batches: what is held does not follow them far. */
static void test_holds_a_batch(void **state)
{
	struct cost cost = select_cost(1000000, 10000, true);

	(void)state;
	assert_in_range(cost.peak, 1, 400000);
	assert_in_range(cost.held, 1, 40000);
}

/* A store may give rows in any order: no row makes all those before it move. */
static void test_in_any_order(void **state)
{
	struct cost up, down;

	(void)state;
	up = select_cost(1000000, 10000, true);
	box.descends = true;
	moved = 0;
	down = select_cost(1000000, 10000, true);
	box.descends = false;
	assert_int_equal(down.octets, up.octets);
	assert_in_range(moved, 0, 10000 * 500);
	assert_in_range(down.steps, 10000, 10000 * 20);
}

static void test_after_in_any_order(void **state)
{
	struct after up[KINDS], down[KINDS];

	(void)state;
	(void)cost_of(100000, 10000, true, up);
	box.descends = true;
	(void)cost_of(100000, 10000, true, down);
	box.descends = false;
	for (int i = 0; i < KINDS; i++) {
		assert_int_equal(down[i].octets, up[i].octets);
		assert_in_range(down[i].moved, 0, 10000 * 500);
		assert_in_range(down[i].steps, 1, up[i].steps + 10000 * 20);
	}
	/* Half of those that match are certain; all have changed. */
	assert_in_range(down[SEARCH].octets, 5000 * 8, 6000 * 8);
	assert_in_range(down[RESTORE].octets, 10000 * 40, 10000 * 80);
}

/* Whatever happens on the way. */
static void feed(struct imapsrv_session *s, const char *line)
{
	size_t used = 1;

	for (size_t at = 0; used && at < strlen(line); at += used) {
		used = 0;
		(void)imapsrv_session_recv(s, line + at, strlen(line) - at, &used);
		drain(s);
	}
	while (imapsrv_session_want(s) & IMAPSRV_WANT_RUN) {
		(void)imapsrv_session_run(s);
		drain(s);
	}
}

static void restore_session(struct imapsrv_engine *engine, struct imapsrv_session *s)
{
	struct imapsrv_restore restore = IMAPSRV_RESTORE_INIT;
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct imapsrv_span label = {"", 0};
	static char saved[1 << 20];
	size_t len;
	int error;

	error = imapsrv_session_save(s, label, saved, sizeof(saved), &len);
	imapsrv_session_free(s);
	restore.account = &account;
	box.modseq = 300;
	if (error || imapsrv_session_restore(engine, &restore, saved, len, &s, NULL))
		return;
	feed(s, "e NOOP\r\n");
	imapsrv_session_free(s);
}

/* One allocation fails, each in its turn. */
static bool run_short(size_t nth, struct failalloc *fa)
{
	struct imapsrv_session_config client = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct imapsrv_event event = IMAPSRV_EVENT_INIT;
	struct imapsrv_store store = nullstore();
	struct imapsrv_engine *engine;
	struct imapsrv_session *s;

	failalloc_init(fa);
	box.looks = false;
	box.modseq = 200;
	store.open = on_open;
	store.uids = on_uids;
	store.fetch = on_fetch;
	store.modseqs = 1;
	store.search = on_search;
	store.vanished = on_vanished;
	config.store = &store;
	config.allocator = &fa->allocator;
	client.preauth = &account;
	assert_int_equal(imapsrv_engine_new(&config, &engine), 0);
	assert_int_equal(imapsrv_session_new(engine, &client, &s), 0);
	fa->calls = 0;
	fa->fail_first = nth;
	feed(s, "a ENABLE QRESYNC\r\nb SELECT INBOX (QRESYNC (1 100 1:9000000))\r\n");
	box.looks = true;
	feed(s, "c UID SEARCH FLAGGED\r\n");
	event.mailbox = (struct imapsrv_span){"INBOX", 5};
	(void)imapsrv_session_post(s, &event);
	feed(s, "d NOOP\r\n");
	restore_session(engine, s);
	imapsrv_engine_free(engine);
	assert_int_equal(fa->held, 0);
	return fa->calls >= nth;
}

static void test_memory(void **state)
{
	static struct failalloc fa;

	(void)state;
	box.messages = 1000;
	box.changes = 600;
	box.descends = true;
	for (size_t nth = 1; run_short(nth, &fa); nth++)
		;
	box.descends = false;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_follows_the_changes),
		cmocka_unit_test(test_holds_a_batch),
		cmocka_unit_test(test_in_any_order),
		cmocka_unit_test(test_after_in_any_order),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
