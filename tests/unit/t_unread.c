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

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_unread)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
