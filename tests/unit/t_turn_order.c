/* SPDX-License-Identifier: MIT */
/* What SORT and THREAD found is put in order in turns of limits.turn steps, of which THREAD may add
 * a pass over all messages (ATTACKS T24). */
#include <stdbool.h>

#include "unit/nullstore.h"
#include "unit/row.h"

enum { FOUND = 20000, TURN = 50000, BATCH = 40000 };

static char nothing[] = "\r\n";

static void box_open(void *user, struct imapsrv_op *op, const struct imapsrv_open *q)
{
	struct imapsrv_mailbox m = IMAPSRV_MAILBOX_INIT;

	(void)user;
	(void)q;
	m.handle = nothing;
	m.uidvalidity = 1;
	m.uidnext = FOUND + 1;
	imapsrv_op_mailbox(op, &m);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void box_uids(void *user, struct imapsrv_op *op, const struct imapsrv_uids *q)
{
	struct imapsrv_range all = {1, FOUND};

	(void)user;
	(void)q;
	imapsrv_op_uids(op, (struct imapsrv_set){&all, 1});
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

/* Dates in no order. */
static void box_fetch(void *user, struct imapsrv_op *op, const struct imapsrv_fetch *q)
{
	struct imapsrv_row row = {.facts = IMAPSRV_FACT_FLAGS | IMAPSRV_FACT_DATE};

	(void)user;
	for (size_t i = 0; i < q->uids.count; i++)
		for (row.uid = q->uids.ranges[i].first; row.uid <= q->uids.ranges[i].last; row.uid++) {
			row.date = row.uid * UINT32_C(2654435761);
			imapsrv_op_row(op, &row);
		}
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void box_body(void *user, struct imapsrv_op *op, const struct imapsrv_body *q)
{
	(void)user;
	(void)q;
	imapsrv_op_lend(op, nothing, 2, IMAPSRV_EOL_CRLF, nothing);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void box_body_close(void *user, void *body)
{
	(void)user;
	(void)body;
}

static struct imapsrv_session *start(struct imapsrv_engine **engine_r)
{
	struct imapsrv_session_config client = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_limits limits = IMAPSRV_LIMITS_INIT;
	struct imapsrv_store store = nullstore();
	struct imapsrv_session *s;
	size_t used;

	store.open = box_open;
	store.uids = box_uids;
	store.fetch = box_fetch;
	store.body = box_body;
	store.body_close = box_body_close;
	limits.turn = TURN;
	config.limits = &limits;
	config.store = &store;
	client.preauth = &account;
	assert_int_equal(imapsrv_engine_new(&config, engine_r), 0);
	assert_int_equal(imapsrv_session_new(*engine_r, &client, &s), 0);
	assert_int_equal(imapsrv_session_recv(s, "b SELECT INBOX\r\n", 16, &used), 0);
	return s;
}

static void test_calls(void **unused)
{
	static const struct {
		const char *command;
		uint32_t over;
	} rows[] = {
		{"a SORT RETURN (COUNT) (ARRIVAL) UTF-8 ALL\r\n", BATCH},
		{"a SORT RETURN (PARTIAL 1:20000 SAVE) (ARRIVAL) UTF-8 ALL\r\n", BATCH},
		{"a THREAD ORDEREDSUBJECT UTF-8 ALL\r\n", 4 * FOUND},
		{"a THREAD REFERENCES UTF-8 ALL\r\n", 4 * FOUND},
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct imapsrv_engine *engine;
		struct imapsrv_session *s = start(&engine);
		uint64_t first = imapsrv_session_steps(s), before = first, most = 0;
		size_t used;

		assert_int_equal(imapsrv_session_recv(s, rows[i].command, strlen(rows[i].command),
		                                      &used), 0);
		for (bool more = true; more;) {
			if (imapsrv_session_steps(s) - before > most)
				most = imapsrv_session_steps(s) - before;
			before = imapsrv_session_steps(s);
			more = imapsrv_session_want(s) & IMAPSRV_WANT_RUN;
			assert_int_equal(imapsrv_session_run(s), 0);
		}
		ROW(i, before - first > 12 * FOUND);
		ROW(i, most >= TURN && most < TURN + rows[i].over);
		imapsrv_session_free(s);
		imapsrv_engine_free(engine);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
