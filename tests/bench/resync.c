/* SPDX-License-Identifier: MIT */
/*
 * bench/resync - what it costs that a client comes back: SELECT with QRESYNC of a mailbox of ten
 * thousand messages and of a million, after no changes, 100 and 10,000, each a change of flags and
 * an expunge beside it.  The store is a ledger and a list of UIDs, so what is measured is the library
 * with its ledger.
 *
 *	resync             prints times, what the session held at most, and how the million compares
 *	                   with the ten thousand; that should be at most 1.2 times as much
 *	resync CASE N      selects N times and prints nothing: for counting instructions.  A CASE is
 *	                   MESSAGES-CHANGES, like 1000000-100, with -compare behind it for a store
 *	                   that does not remember what was expunged
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/client.h"
#include "bench/clock.h"
#include "bench/inbox.h"

#define FIRST 5000001u /* so that all UIDs have as many digits */

/* The messages that were there; of the last 2 * changes of them every other was expunged, and those
 * beside them got other flags.  So changes lie alike in mailboxes of any size. */
static struct box {
	uint32_t messages; /* that are left */
	uint32_t changes;
	uint32_t end;      /* the UID behind the last one */
	uint64_t since;    /* what the client has seen */
	struct imapsrv_ledger *ledger;
	struct imapsrv_range *ranges; /* that exist */
	size_t count;
} box;

static void must(int error)
{
	if (error) {
		fprintf(stderr, "error %d\n", error);
		exit(1);
	}
}

static void add_messages(void)
{
	enum { ROWS = 1000 };
	struct imapsrv_ledger_row rows[ROWS];
	uint32_t uid = FIRST;

	memset(rows, 0, sizeof(rows));
	while (uid < box.end) {
		size_t n = 0;

		for (; n < ROWS && uid < box.end; n++)
			rows[n].uid = uid++;
		must(imapsrv_ledger_add(box.ledger, rows, n, NULL));
	}
}

static void open_box(uint32_t messages, uint32_t changes)
{
	struct imapsrv_ledger_config config = IMAPSRV_LEDGER_CONFIG_INIT;
	uint32_t tail = FIRST + messages - changes;

	box.messages = messages;
	box.changes = changes;
	box.end = FIRST + messages + changes;
	config.start = 1000;
	must(imapsrv_ledger_new(&config, 1, &box.ledger));
	add_messages();
	box.since = imapsrv_ledger_highest(box.ledger);
	box.ranges = malloc((changes + 2) * sizeof(*box.ranges));
	if (!box.ranges)
		abort();
	box.count = 0;
	if (tail > FIRST)
		box.ranges[box.count++] = (struct imapsrv_range){FIRST, tail - 1};
	for (uint32_t uid = tail; uid < box.end; uid += 2) {
		struct imapsrv_ledger_row row = {uid, 1, 0};
		struct imapsrv_range gone = {uid + 1, uid + 1};

		must(imapsrv_ledger_touch(box.ledger, &row, 1, NULL));
		must(imapsrv_ledger_vanish(box.ledger, (struct imapsrv_set){&gone, 1}, NULL));
		if (box.count && box.ranges[box.count - 1].last == uid - 1)
			box.ranges[box.count - 1].last = uid;
		else
			box.ranges[box.count++] = (struct imapsrv_range){uid, uid};
	}
}

static void close_box(void)
{
	imapsrv_ledger_free(box.ledger);
	free(box.ranges);
	memset(&box, 0, sizeof(box));
}

/* ---- the store ----------------------------------------------------------------------------- */

static void on_open(void *user, struct imapsrv_op *op, const struct imapsrv_open *q)
{
	struct imapsrv_mailbox m = IMAPSRV_MAILBOX_INIT;

	(void)user;
	(void)q;
	m.uidvalidity = 1;
	m.uidnext = box.end;
	m.highest_modseq = imapsrv_ledger_highest(box.ledger);
	imapsrv_op_mailbox(op, &m);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void on_uids(void *user, struct imapsrv_op *op, const struct imapsrv_uids *q)
{
	(void)user;
	(void)q;
	imapsrv_op_uids(op, (struct imapsrv_set){box.ranges, box.count});
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void put_row(struct imapsrv_op *op, uint32_t uid, uint64_t modseq)
{
	struct imapsrv_row row;

	memset(&row, 0, sizeof(row));
	row.uid = uid;
	row.facts = IMAPSRV_FACT_FLAGS | IMAPSRV_FACT_MODSEQ;
	row.flags.system = IMAPSRV_SEEN;
	row.modseq = modseq;
	imapsrv_op_row(op, &row);
}

/* In time that follows the answer. */
static void put_changed(struct imapsrv_op *op, struct imapsrv_range range, uint64_t since)
{
	struct imapsrv_ledger_row rows[200];
	uint32_t uid = range.first;
	size_t n = 200;

	while (n == 200 && uid <= range.last) {
		n = imapsrv_ledger_changes_since(box.ledger, since, uid, rows, 200);
		for (size_t k = 0; k < n && rows[k].uid <= range.last; k++)
			put_row(op, rows[k].uid, rows[k].modseq);
		uid = n ? rows[n - 1].uid + 1 : uid;
	}
}

static void on_fetch(void *user, struct imapsrv_op *op, const struct imapsrv_fetch *q)
{
	(void)user;
	for (size_t i = 0; i < q->uids.count; i++) {
		struct imapsrv_range range = q->uids.ranges[i];

		if (q->changed_since) {
			put_changed(op, range, q->changed_since);
			continue;
		}
		for (uint32_t uid = range.first; uid <= range.last; uid++) {
			uint64_t modseq = imapsrv_ledger_modseq(box.ledger, uid);
			if (modseq)
				put_row(op, uid, modseq);
		}
	}
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void on_vanished(void *user, struct imapsrv_op *op, const struct imapsrv_vanished *q)
{
	struct imapsrv_ledger_vanished gone = IMAPSRV_LEDGER_VANISHED_INIT;

	(void)user;
	must(imapsrv_ledger_vanished_since(box.ledger, q->since, &gone));
	imapsrv_op_uids(op, gone.uids);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void on_body(void *user, struct imapsrv_op *op, const struct imapsrv_body *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_EXPUNGEISSUED, NULL);
}

static struct imapsrv_engine *engine_new(int remembers)
{
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_store store = IMAPSRV_STORE_INIT;
	struct imapsrv_engine *engine;

	store.list = inbox_list;
	store.open = on_open;
	store.close = inbox_close;
	store.uids = on_uids;
	store.fetch = on_fetch;
	store.body = on_body;
	store.body_close = inbox_close;
	store.modseqs = 1;
	store.vanished = remembers ? on_vanished : NULL;
	config.store = &store;
	must(imapsrv_engine_new(&config, &engine));
	return engine;
}

/* ---- a client that comes back --------------------------------------------------------------- */

/* Returns how many octets the answer had. */
static uint64_t come_back(struct imapsrv_engine *engine, size_t *held_r, size_t *peak_r,
                          uint64_t *steps_r)
{
	struct imapsrv_session *s = preauthenticated(engine, NULL);
	char line[200];
	uint64_t out;

	snprintf(line, sizeof(line),
	         "a ENABLE QRESYNC\r\nb SELECT INBOX (QRESYNC (1 %llu %u:%u))\r\n",
	         (unsigned long long)box.since, FIRST, box.end - 1);
	out = say(s, line);
	*held_r = imapsrv_session_memory(s, peak_r);
	*steps_r = imapsrv_session_steps(s);
	imapsrv_session_free(s);
	return out;
}

/* Microseconds for one. */
static double measure(uint32_t messages, uint32_t changes, int remembers)
{
	struct imapsrv_engine *engine = engine_new(remembers);
	unsigned rounds = changes > 1000 ? 50 : 2000;
	size_t held = 0, peak = 0;
	uint64_t out = 0, steps = 0;

	open_box(messages, changes);
	for (unsigned i = 0; i < rounds / 10; i++)
		come_back(engine, &held, &peak, &steps);
	double start = now();
	for (unsigned i = 0; i < rounds; i++)
		out = come_back(engine, &held, &peak, &steps);
	double us = (now() - start) * 1e6 / rounds;
	printf("%9u %7u %-9s %10.1f us %9llu octets out %8llu steps, holds %7zu, at most %8zu\n",
	       messages, changes, remembers ? "" : "compares", us,
	       (unsigned long long)out, (unsigned long long)steps, held, peak);
	close_box();
	imapsrv_engine_free(engine);
	return us;
}

static int run_case(const char *name, const char *number)
{
	unsigned messages, changes;
	size_t held, peak;
	uint64_t steps;

	if (sscanf(name, "%u-%u", &messages, &changes) != 2 || changes > messages)
		return 2;
	struct imapsrv_engine *engine = engine_new(!strstr(name, "-compare"));
	open_box(messages, changes);
	for (long n = strtol(number, NULL, 10); n > 0; n--)
		come_back(engine, &held, &peak, &steps);
	close_box();
	imapsrv_engine_free(engine);
	return 0;
}

int main(int argc, char **argv)
{
	static const uint32_t changes[] = {0, 100, 10000};

	if (argc == 3)
		return run_case(argv[1], argv[2]);
	printf(" messages changes\n");
	for (int remembers = 1; remembers >= 0; remembers--)
		for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
			double small = measure(10000, changes[i], remembers);
			double large = measure(1000000, changes[i], remembers);

			printf("%38.2f times as long\n", large / small);
		}
	return 0;
}
