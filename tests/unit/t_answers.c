/* SPDX-License-Identifier: MIT */
/*
 * Answers that no other store of the tests gives: UIDs from outside of the range that was asked for,
 * lengths that add up to nothing.  The client is told what is true, and the work comes to an end.
 */
#include <stdbool.h>

#include "unit/nullstore.h"
#include "unit/row.h"

enum { MESSAGES = 9 };

static struct {
	uint32_t moved;
	unsigned questions;
	bool grows;    /* from the second question on, and all in one range */
	bool keywords; /* rows with two whose lengths do not fit in a size_t */
} host;

/* ---- a store of messages 1, 3, 5, ... ------------------------------------------------------ */

static void on_open(void *user, struct imapsrv_op *op, const struct imapsrv_open *q)
{
	struct imapsrv_mailbox m = IMAPSRV_MAILBOX_INIT;

	(void)user;
	(void)q;
	m.uidvalidity = 1;
	m.uidnext = 2 * MESSAGES + 1;
	imapsrv_op_mailbox(op, &m);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

/* All of them, whatever the range. */
static void on_uids(void *user, struct imapsrv_op *op, const struct imapsrv_uids *q)
{
	struct imapsrv_range ranges[MESSAGES];
	size_t count = 0;

	(void)user;
	(void)q;
	assert_true(++host.questions < 100);
	for (uint32_t uid = 1; uid < 2 * MESSAGES; uid += 2)
		ranges[count++] = (struct imapsrv_range){uid, uid};
	if (host.grows && host.questions > 1) {
		ranges[0].last = ranges[count - 1].last;
		count = 1;
	}
	imapsrv_op_uids(op, (struct imapsrv_set){ranges, count});
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void on_fetch(void *user, struct imapsrv_op *op, const struct imapsrv_fetch *q)
{
	static const struct imapsrv_span keywords[] = {{"a", SIZE_MAX}, {"b", 1}};

	(void)user;
	for (size_t i = 0; i < q->uids.count; i++)
		for (uint32_t uid = q->uids.ranges[i].first; uid <= q->uids.ranges[i].last; uid++) {
			struct imapsrv_row row;

			memset(&row, 0, sizeof(row));
			row.uid = uid;
			row.facts = IMAPSRV_FACT_FLAGS | IMAPSRV_FACT_DATE | IMAPSRV_FACT_SIZE;
			row.octets = UINT64_C(1) << 62;
			row.flags.keywords = host.keywords ? keywords : NULL;
			row.flags.keyword_count = host.keywords ? 2 : 0;
			imapsrv_op_row(op, &row);
		}
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void on_store(void *user, struct imapsrv_op *op, const struct imapsrv_store_flags *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_CANNOT, NULL);
}

static void on_begin(void *user, struct imapsrv_op *op, const struct imapsrv_append *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_CANNOT, NULL);
}

static void on_data(void *user, struct imapsrv_op *op, const struct imapsrv_append_data *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_CANNOT, NULL);
}

static void on_finish(void *user, struct imapsrv_op *op, const struct imapsrv_append_finish *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_CANNOT, NULL);
}

static void on_expunge(void *user, struct imapsrv_op *op, const struct imapsrv_expunge *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_CANNOT, NULL);
}

/* What it says it moves it goes on to tell. */
static void on_move(void *user, struct imapsrv_op *op, const struct imapsrv_copy *q)
{
	(void)user;
	for (size_t i = 0; i < q->uids.count; i++)
		host.moved += q->uids.ranges[i].last - q->uids.ranges[i].first + 1;
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void on_create(void *user, struct imapsrv_op *op, const struct imapsrv_create *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void on_delete(void *user, struct imapsrv_op *op, const struct imapsrv_delete *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void on_rename(void *user, struct imapsrv_op *op, const struct imapsrv_rename *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void on_handle(void *user, void *handle)
{
	(void)user;
	(void)handle;
}

/* ---- sessions ------------------------------------------------------------------------------ */

static void drain(struct imapsrv_session *s, char *said, size_t size, size_t *len)
{
	struct imapsrv_span span;
	size_t count;

	while (!imapsrv_session_peek(s, &span, 1, &count) && count) {
		assert_true(*len + span.len < size);
		memcpy(said + *len, span.data, span.len);
		*len += span.len;
		imapsrv_session_sent(s, span.len);
	}
	said[*len] = '\0';
}

/* What is said to these lines, behind the greeting. */
static const char *talk(const char *lines, bool moves)
{
	static char said[4096];
	struct imapsrv_session_config sc = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_mailboxes mailboxes = IMAPSRV_MAILBOXES_INIT;
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_limits limits = IMAPSRV_LIMITS_INIT;
	struct imapsrv_store store = nullstore();
	struct imapsrv_engine *engine;
	struct imapsrv_session *s;
	size_t len = 0, used;

	store.open = on_open;
	store.uids = on_uids;
	store.fetch = on_fetch;
	store.store = on_store;
	store.append_begin = on_begin;
	store.append_data = on_data;
	store.append_finish = on_finish;
	store.append_abort = on_handle;
	store.expunge = on_expunge;
	store.move = moves ? on_move : NULL;
	mailboxes.create = on_create;
	mailboxes.remove = on_delete;
	mailboxes.rename = on_rename;
	config.store = &store;
	config.mailboxes = &mailboxes;
	limits.set_ranges = 2;
	config.limits = &limits;
	sc.preauth = &account;
	assert_int_equal(imapsrv_engine_new(&config, &engine), 0);
	assert_int_equal(imapsrv_session_new(engine, &sc, &s), 0);
	drain(s, said, sizeof(said), &len);
	len = 0;
	for (size_t at = 0; lines[at]; at += used) {
		if (imapsrv_session_recv(s, lines + at, strlen(lines + at), &used))
			break;
		drain(s, said, sizeof(said), &len);
	}
	drain(s, said, sizeof(said), &len);
	imapsrv_session_free(s);
	imapsrv_engine_free(engine);
	return said;
}

/* In rounds of two ranges each; and a sum is no more than there can be (RFC 8438 3). */
static void test_status(void **state)
{
	(void)state;
	memset(&host, 0, sizeof(host));
	assert_string_equal(talk("a STATUS x (MESSAGES UNSEEN)\r\n", true),
	                    "* STATUS x (MESSAGES 9 UNSEEN 9)\r\na OK STATUS done\r\n");
	memset(&host, 0, sizeof(host));
	host.grows = true;
	assert_string_equal(talk("a STATUS x (MESSAGES UNSEEN)\r\n", true),
	                    "* STATUS x (MESSAGES 15 UNSEEN 15)\r\na OK STATUS done\r\n");
	assert_string_equal(talk("a STATUS x (SIZE)\r\n", true),
	                    "* STATUS x (SIZE 9223372036854775807)\r\na OK STATUS done\r\n");
}

static void test_rename_inbox(void **state)
{
	(void)state;
	memset(&host, 0, sizeof(host));
	assert_string_equal(talk("a RENAME INBOX x\r\n", true), "a OK RENAME done\r\n");
	assert_int_equal(host.moved, MESSAGES);
	/* 1 and 3, and then 5:17 */
	memset(&host, 0, sizeof(host));
	host.grows = true;
	assert_string_equal(talk("a RENAME INBOX x\r\n", true), "a OK RENAME done\r\n");
	assert_int_equal(host.moved, 2 + 13);
}

/* The lengths are not believed before any octet is read. */
static void test_keywords(void **state)
{
	const char *said;

	(void)state;
	memset(&host, 0, sizeof(host));
	host.keywords = true;
	said = talk("a RENAME INBOX x\r\n", false);
	assert_string_equal(said, "a NO [LIMIT] That is more than the limit\r\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_rename_inbox),
		cmocka_unit_test(test_keywords),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
