/* SPDX-License-Identifier: MIT */
/*
 * What a session counts of its client, on clocks that the test turns; attack/t_counters has the clients that it
 * is there for.
 */
#include "imapsrv/saved.h"
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

static struct imapsrv_engine *engine;

static void begin(uint32_t login_delay, uint32_t login_timeout)
{
	struct imapsrv_session_config c = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_limits limits = IMAPSRV_LIMITS_INIT;
	struct imapsrv_store store = nullstore();

	limits.login_delay = login_delay;
	limits.login_timeout = login_timeout;
	config.limits = &limits;
	config.store = &store;
	c.allow_plaintext = 1;
	assert_int_equal(imapsrv_engine_new(&config, &engine), 0);
	assert_int_equal(imapsrv_session_new(engine, &c, &s), 0);
}

static void end(void)
{
	imapsrv_session_free(s);
	imapsrv_engine_free(engine);
}

static void test_counters(void **state)
{
	struct imapsrv_counters n = IMAPSRV_COUNTERS_INIT, few = n;

	(void)state;
	begin(UINT32_MAX, 180000);
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
	end();
}

/* The last guess is answered, though the session ends with it. */
static void test_last_guess(void **state)
{
	struct imapsrv_counters n = IMAPSRV_COUNTERS_INIT;

	(void)state;
	begin(UINT32_MAX, 180000);
	say("a LOGIN joe x\r\nb LOGIN joe x\r\nc LOGIN joe x\r\nd LOGIN joe x\r\ne LOGIN joe x\r\n");
	assert_int_equal(imapsrv_session_state(s), IMAPSRV_LOGGED_OUT);
	imapsrv_session_counters(s, &n);
	assert_int_equal(n.commands, 5);
	assert_int_equal(n.failed_logins, 5);
	end();
}

/* Whoever comes after UNAUTHENTICATE is as one who has just connected: his time begins then. */
static void test_age_after_unauthenticate(void **state)
{
	struct imapsrv_counters n = IMAPSRV_COUNTERS_INIT;

	(void)state;
	begin(UINT32_MAX, 180000);
	imapsrv_session_tick(s, 1000);
	say("a LOGIN fred x\r\n");
	imapsrv_session_tick(s, 4000);
	imapsrv_session_counters(s, &n);
	assert_int_equal(n.age, 3000);
	say("b UNAUTHENTICATE\r\n");
	imapsrv_session_tick(s, 5000);
	imapsrv_session_tick(s, 5500);
	imapsrv_session_counters(s, &n);
	assert_int_equal(n.age, 500);
	end();
}

/* No deadline is passed because it would be beyond the end of the clock. */
static void test_end_of_the_clock(void **state)
{
	struct imapsrv_counters n = IMAPSRV_COUNTERS_INIT;

	(void)state;
	begin(2000, 180000);
	imapsrv_session_tick(s, UINT64_MAX - 1500);
	say("a LOGIN joe x\r\n");
	assert_int_equal(imapsrv_session_tick(s, UINT64_MAX - 1000), UINT64_MAX);
	imapsrv_session_counters(s, &n);
	assert_int_equal(n.commands, 0); /* it waits for its answer */
	end();
}

/* An engine with other limits takes a session over. */
static void test_taken_over(void **state)
{
	struct imapsrv_restore restore = IMAPSRV_RESTORE_INIT;
	struct imapsrv_counters n = IMAPSRV_COUNTERS_INIT;
	struct imapsrv_span label = {"", 0};
	static char saved[65536];
	size_t len;

	(void)state;
	begin(2000, 180000);
	imapsrv_session_tick(s, 1000);
	imapsrv_session_tick(s, 4000);
	say("");
	assert_int_equal(imapsrv_session_save(s, label, saved, sizeof(saved), &len), 0);
	end();
	begin(2000, 60000);
	imapsrv_session_free(s);
	assert_int_equal(imapsrv_session_restore(engine, &restore, saved, len, &s, NULL), 0);
	imapsrv_session_tick(s, 70);
	imapsrv_session_counters(s, &n);
	assert_true(n.age <= 3000);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counters),
		cmocka_unit_test(test_last_guess),
		cmocka_unit_test(test_age_after_unauthenticate),
		cmocka_unit_test(test_end_of_the_clock),
		cmocka_unit_test(test_taken_over),
	};

	return cmocka_run_group_tests_name("counted", tests, NULL, NULL);
}
