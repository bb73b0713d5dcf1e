/* SPDX-License-Identifier: MIT */
/*
 * What the client says is dated to the tick that follows: a host may tell the time seldom, and nothing is
 * over too early for it.
 */
#include <stdbool.h>

#include "unit/nullstore.h"
#include "unit/row.h"

static struct imapsrv_engine *engine;
static struct imapsrv_session *s;
static char said[4096]; /* by the session, since it was looked at last */

static void listen(void)
{
	struct imapsrv_span span;
	size_t count, len = 0;

	while (!imapsrv_session_peek(s, &span, 1, &count) && count) {
		assert_true(len + span.len < sizeof(said));
		memcpy(said + len, span.data, span.len);
		len += span.len;
		imapsrv_session_sent(s, span.len);
	}
	said[len] = 0;
}

static void say(const char *text)
{
	size_t used;

	assert_int_equal(imapsrv_session_recv(s, text, strlen(text), &used), 0);
	listen();
}

static void begin(bool logged_in, uint32_t login_delay)
{
	struct imapsrv_session_config c = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_limits limits = IMAPSRV_LIMITS_INIT;
	struct imapsrv_store store = nullstore();

	limits.login_delay = login_delay;
	limits.login_timeout = 180000;
	config.limits = &limits;
	config.store = &store;
	c.preauth = logged_in ? &account : NULL;
	c.allow_plaintext = 1;
	assert_int_equal(imapsrv_engine_new(&config, &engine), 0);
	assert_int_equal(imapsrv_session_new(engine, &c, &s), 0);
	listen();
}

static void end(void)
{
	imapsrv_session_free(s);
	imapsrv_engine_free(engine);
}

/* A failed login waits for as long as it should, whenever the last tick was. */
static void test_delay(void **state)
{
	static const struct {
		uint64_t before; /* a tick; 0: none */
		uint64_t then;   /* the tick that follows the login */
	} rows[] = {{0, 50000}, {1000, 1000}, {1000, 1500}, {1000, 11000}, {1, 170000}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin(false, 2000);
		if (rows[i].before)
			imapsrv_session_tick(s, rows[i].before);
		say("a LOGIN joe x\r\n");
		ROW(i, imapsrv_session_want(s) == 0);
		ROW(i, imapsrv_session_tick(s, rows[i].then) == rows[i].then + 2000);
		imapsrv_session_tick(s, rows[i].then + 1999);
		say("");
		ROW(i, !said[0]);
		imapsrv_session_tick(s, rows[i].then + 2000);
		say("");
		ROW(i, strncmp(said, "a NO [AUTHENTICATIONFAILED] ", 28) == 0);
		end();
	}
}

/* Without a delay there is no tick to wait for. */
static void test_no_delay(void **state)
{
	(void)state;
	begin(false, UINT32_MAX);
	say("a LOGIN joe x\r\n");
	assert_int_equal(strncmp(said, "a NO [AUTHENTICATIONFAILED] ", 28), 0);
	end();
}

/* Who was long logged in, and is so no more, has as much time to log in again as others (RFC 8437). */
static void test_login_again(void **state)
{
	(void)state;
	begin(true, 2000);
	imapsrv_session_tick(s, 1000);
	say("a UNAUTHENTICATE\r\n");
	assert_int_equal(strncmp(said, "a OK ", 5), 0);
	assert_int_equal(imapsrv_session_tick(s, 1000000), 1000000 + 180000);
	listen();
	assert_string_equal(said, "");
	imapsrv_session_tick(s, 1000000 + 179999);
	listen();
	assert_string_equal(said, "");
	imapsrv_session_tick(s, 1000000 + 180000);
	listen();
	assert_int_equal(strncmp(said, "* BYE ", 6), 0);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_delay),
		cmocka_unit_test(test_no_delay),
		cmocka_unit_test(test_login_again),
	};

	return cmocka_run_group_tests_name("dated", tests, NULL, NULL);
}
