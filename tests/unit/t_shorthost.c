/* SPDX-License-Identifier: MIT */
/*
 * A host that was compiled when the structures it hands in were shorter: nothing is read behind what
 * it has.  Each answer is a block of exactly the old size, so that a checker of memory sees it.
 */
#include <stddef.h>
#include <stdlib.h>

#include "unit/row.h"

#include "base/told.h"
#include "imapsrv.h"
#include "unit/nullstore.h"

/* The first octets of a structure, in a block of that size. */
static void *first(const void *whole, size_t size)
{
	void *block = malloc(size);

	if (!block)
		abort();
	memcpy(block, whole, size);
	return block;
}

static void on_open(void *user, struct imapsrv_op *op, const struct imapsrv_open *q)
{
	struct imapsrv_mailbox m = IMAPSRV_MAILBOX_INIT, *short_m;
	size_t size = offsetof(struct imapsrv_mailbox, highest_modseq);

	(void)user;
	(void)q;
	m.uidvalidity = 1;
	m.uidnext = 3;
	m.size = size;
	short_m = first(&m, size);
	imapsrv_op_mailbox(op, short_m);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
	free(short_m);
}

static void on_uids(void *user, struct imapsrv_op *op, const struct imapsrv_uids *q)
{
	struct imapsrv_range range = {1, 2};

	(void)user;
	(void)q;
	imapsrv_op_uids(op, (struct imapsrv_set){&range, 1});
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void on_fetch(void *user, struct imapsrv_op *op, const struct imapsrv_fetch *q)
{
	(void)user;
	for (uint32_t uid = q->uids.ranges[0].first; uid <= q->uids.ranges[0].last; uid++) {
		struct imapsrv_row row = {.uid = uid, .facts = IMAPSRV_FACT_FLAGS | IMAPSRV_FACT_DATE};
		struct imapsrv_row *short_row = first(&row, offsetof(struct imapsrv_row, emailid));

		imapsrv_op_row(op, short_row);
		free(short_row);
	}
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void on_body(void *user, struct imapsrv_op *op, const struct imapsrv_body *q)
{
	(void)q;
	imapsrv_op_lend(op, "x", 1, IMAPSRV_EOL_CRLF, user);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void on_status(void *user, struct imapsrv_op *op, const struct imapsrv_status_query *q)
{
	struct imapsrv_status status = {.items = q->items, .messages = 2}, *short_status;

	(void)user;
	short_status = first(&status, offsetof(struct imapsrv_status, append_limit));
	imapsrv_op_status(op, short_status);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
	free(short_status);
}

static void test_answers(void **state)
{
	static const char lines[] = "1 SELECT INBOX\r\n2 FETCH 1:2 (UID FLAGS)\r\n"
				    "3 FETCH 1 (BODY[])\r\n4 SEARCH SEEN\r\n"
				    "5 STATUS INBOX (MESSAGES)\r\n";
	struct imapsrv_store store = nullstore(), *short_store;
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_session_config sc = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct imapsrv_engine *engine;
	struct imapsrv_session *s;
	struct imapsrv_span spans[8];
	size_t used, n, total = 0;
	char out[4096];

	(void)state;
	store.open = on_open;
	store.uids = on_uids;
	store.fetch = on_fetch;
	store.body = on_body;
	store.status = on_status;
	store.size = offsetof(struct imapsrv_store, modseqs);
	short_store = first(&store, store.size);
	config.store = short_store;
	sc.preauth = &account;
	assert_int_equal(imapsrv_engine_new(&config, &engine), 0);
	free(short_store);
	assert_int_equal(imapsrv_session_new(engine, &sc, &s), 0);
	assert_int_equal(imapsrv_session_recv(s, lines, sizeof(lines) - 1, &used), 0);
	assert_int_equal(used, sizeof(lines) - 1);
	assert_int_equal(imapsrv_session_peek(s, spans, 8, &n), 0);
	for (size_t i = 0; i < n; i++) {
		assert_true(total + spans[i].len < sizeof(out));
		memcpy(out + total, spans[i].data, spans[i].len);
		total += spans[i].len;
	}
	out[total] = '\0';
	assert_non_null(strstr(out, "* 2 FETCH (UID 2 FLAGS ())\r\n2 OK"));
	assert_non_null(strstr(out, "* 1 FETCH (BODY[] {1}\r\nx)\r\n"));
	assert_non_null(strstr(out, "* SEARCH\r\n4 OK"));
	assert_non_null(strstr(out, "* STATUS INBOX (MESSAGES 2)\r\n5 OK"));
	imapsrv_session_sent(s, total);
	imapsrv_session_free(s);
	imapsrv_engine_free(engine);
}

/* Those of an event are taken in the same way; what is there is taken whole. */
static void test_status(void **state)
{
	struct imapsrv_status whole = {.items = IMAPSRV_STATUS_MESSAGES | IMAPSRV_STATUS_APPENDLIMIT |
	                                       IMAPSRV_STATUS_MAILBOXID,
	                               .messages = 3, .append_limit = 4, .mailboxid = {"F1", 2}};
	struct imapsrv_status *short_status, copy;

	(void)state;
	isrv_told_status(&copy, &whole);
	assert_int_equal(copy.append_limit, 4);
	assert_int_equal(copy.mailboxid.len, 2);
	whole.items = IMAPSRV_STATUS_MESSAGES;
	short_status = first(&whole, offsetof(struct imapsrv_status, append_limit));
	isrv_told_status(&copy, short_status);
	free(short_status);
	assert_int_equal(copy.messages, 3);
	assert_int_equal(copy.append_limit, 0);
	assert_int_equal(copy.mailboxid.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_status),
	};

	return cmocka_run_group_tests_name("shorthost", tests, NULL, NULL);
}
