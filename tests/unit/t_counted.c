/* SPDX-License-Identifier: MIT */
/*
 * What a session counts of its client, on clocks that the test turns; attack/t_counters has the clients that it
 * is there for.
 */
#include "unit/nullstore.h"
#include "unit/row.h"

static struct imapsrv_session *s;

static void say(const char *text)
{
	struct imapsrv_span span;
	size_t used, count;

	assert_int_equal(imapsrv_session_recv(s, text, strlen(text), &used), 0);
	while (!imapsrv_session_peek(s, &span, 1, &count) && count)
		imapsrv_session_sent(s, span.len);
}

static void test_counters(void **state)
{
	struct imapsrv_session_config c = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_limits limits = IMAPSRV_LIMITS_INIT;
	struct imapsrv_counters n = IMAPSRV_COUNTERS_INIT, few = n;
	struct imapsrv_store store = nullstore();
	struct imapsrv_engine *engine;

	(void)state;
	limits.login_delay = UINT32_MAX;
	config.limits = &limits;
	config.store = &store;
	c.allow_plaintext = 1;
	assert_int_equal(imapsrv_engine_new(&config, &engine), 0);
	assert_int_equal(imapsrv_session_new(engine, &c, &s), 0);
	imapsrv_session_counters(s, &n);
	assert_true(!n.commands && !n.bad_commands && !n.failed_logins && !n.age && !n.waiting);
	say("");
	imapsrv_session_tick(s, 1000);
	imapsrv_session_tick(s, 4000);
	imapsrv_session_counters(s, &n);
	assert_int_equal(n.age, 3000);
	assert_int_equal(n.waiting, 3000);
	say("a NOOP\r\nb NONSENSE\r\nc LOGIN joe x\r\n");
	imapsrv_session_counters(s, &n);
	assert_int_equal(n.commands, 3);
	assert_int_equal(n.bad_commands, 1);
	assert_int_equal(n.failed_logins, 1);
	assert_int_equal(n.waiting, 0);
	/* A host that knows of fewer has room for no more. */
	few.size = offsetof(struct imapsrv_counters, bad_commands);
	few.bad_commands = 77;
	imapsrv_session_counters(s, &few);
	assert_int_equal(few.commands, 3);
	assert_int_equal(few.bad_commands, 77);
	imapsrv_session_free(s);
	imapsrv_engine_free(engine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counters),
	};

	return cmocka_run_group_tests_name("counted", tests, NULL, NULL);
}
