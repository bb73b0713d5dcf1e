/* SPDX-License-Identifier: MIT */
/* A client that reads nothing: its session ends in time, also where the last words do not leave. */
#include "unit/row.h"

#include <stdbool.h>

#include "imapsrv.h"
#include "unit/nullstore.h"

static const struct {
	bool preauth;
	unsigned reads; /* octets, whenever the session has waited for the client */
} rows[] = {
	{false, 0},
	{true, 0},
	{false, 10},
};

static struct imapsrv_session *begin(struct imapsrv_engine *engine, bool preauth)
{
	static const char command[] = "a CAPABILITY\r\n";
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct imapsrv_session_config config = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_session *s = NULL;
	size_t used;

	config.preauth = preauth ? &account : NULL;
	assert_int_equal(imapsrv_session_new(engine, &config, &s), 0);
	assert_int_equal(imapsrv_session_recv(s, command, sizeof(command) - 1, &used), 0);
	return s;
}

static void test_unread(void **state)
{
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_store store = nullstore();
	struct imapsrv_engine *engine = NULL;

	(void)state;
	config.store = &store;
	assert_int_equal(imapsrv_engine_new(&config, &engine), 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct imapsrv_session *s = begin(engine, rows[i].preauth);
		uint64_t now = imapsrv_session_tick(s, 1), ticks = 0;

		while (imapsrv_session_state(s) != IMAPSRV_LOGGED_OUT && ticks++ < 100)
			now = imapsrv_session_tick(s, now);
		ROW(i, imapsrv_session_state(s) == IMAPSRV_LOGGED_OUT);
		/* It has time to read the BYE. */
		ROW(i, imapsrv_session_want(s) == IMAPSRV_WANT_WRITE);
		/* And more of it as long as it reads. */
		for (unsigned k = 0; k < 3 && rows[i].reads; k++) {
			imapsrv_session_tick(s, now - 1);
			ROW(i, imapsrv_session_want(s) == IMAPSRV_WANT_WRITE);
			assert_int_equal(imapsrv_session_sent(s, rows[i].reads), 0);
			now = imapsrv_session_tick(s, now);
		}
		ROW(i, now != UINT64_MAX);
		ROW(i, imapsrv_session_tick(s, now - 1) == now);
		ROW(i, imapsrv_session_want(s) == IMAPSRV_WANT_WRITE);
		ROW(i, imapsrv_session_tick(s, now) == UINT64_MAX);
		ROW(i, imapsrv_session_want(s) == IMAPSRV_WANT_CLOSE);
		imapsrv_session_free(s);
	}
	imapsrv_engine_free(engine);
}

/* ---- in the middle of a line --------------------------------------------------------------- */

enum { LONG = 1 << 20 };

static void long_body(void *user, struct imapsrv_op *op, const struct imapsrv_body *q)
{
	(void)user;
	(void)q;
	imapsrv_op_pull(op, LONG, IMAPSRV_EOL_CRLF, NULL);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void long_read(void *user, struct imapsrv_op *op, const struct imapsrv_body_read *q)
{
	char octets[8192];

	(void)user;
	memset(octets, 'x', sizeof(octets));
	imapsrv_op_bytes(op, octets, q->len < sizeof(octets) ? q->len : sizeof(octets));
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

/* All that waits leaves; how much that is, and how it ends. */
static size_t read_all(struct imapsrv_session *s, char end[16])
{
	struct imapsrv_span span;
	size_t len = 0, count;

	while (!imapsrv_session_peek(s, &span, 1, &count) && count) {
		for (size_t i = 0; i < span.len; i++) {
			memmove(end, end + 1, 15);
			end[15] = span.data[i];
		}
		len += span.len;
		imapsrv_session_sent(s, span.len);
	}
	return len;
}

/* A message is being sent when the client stops reading.  Nothing of the line that has begun is left where a BYE
 * can be said instead; where some of it has left, none is said behind it. */
static void test_half_a_line(void **state)
{
	static const char commands[] = "a SELECT INBOX\r\nb NOOP\r\n", fetch[] = "c FETCH 1 BODY.PEEK[]\r\n";
	static const size_t reads[] = {0, 1, 100};
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_store store = nullstore_of_one();
	struct imapsrv_engine *engine = NULL;

	(void)state;
	store.body = long_body;
	store.body_read = long_read;
	config.store = &store;
	assert_int_equal(imapsrv_engine_new(&config, &engine), 0);
	for (size_t i = 0; i < COUNT(reads); i++) {
		struct imapsrv_session *s = begin(engine, true);
		char end[16];
		uint64_t now;
		size_t used, len;

		assert_int_equal(imapsrv_session_recv(s, commands, sizeof(commands) - 1, &used), 0);
		read_all(s, end);
		assert_int_equal(imapsrv_session_recv(s, fetch, sizeof(fetch) - 1, &used), 0);
		ROW(i, imapsrv_session_want(s) & IMAPSRV_WANT_WRITE);
		imapsrv_session_sent(s, reads[i]);
		now = imapsrv_session_tick(s, 1);
		imapsrv_session_tick(s, now);
		ROW(i, imapsrv_session_state(s) == IMAPSRV_LOGGED_OUT);
		len = read_all(s, end);
		if (reads[i] == 0)
			ROW(i, len < 100 && memcmp(end, "e for too long\r\n", 16) == 0);
		else
			ROW(i, len > 100 && memcmp(end, "xxxxxxxxxxxxxxxx", 16) == 0);
		imapsrv_session_free(s);
	}
	imapsrv_engine_free(engine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unread),
		cmocka_unit_test(test_half_a_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
