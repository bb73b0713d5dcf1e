/* SPDX-License-Identifier: MIT */
/*
 * ESEARCH of two thousand mailboxes none of which can be opened just now: what the host says of them does not
 * add up, so the client is told why in the end, and goes on.
 */
#include <stdio.h>

#include "unit/row.h"

#include "imapsrv.h"
#include "unit/nullstore.h"

#define MAILBOXES 2000

static unsigned opened;

static void on_open(void *user, struct imapsrv_op *op, const struct imapsrv_open *q)
{
	(void)user;
	(void)q;
	opened++;
	imapsrv_op_done(op, IMAPSRV_UNAVAILABLE,
	                "The disk on which this mailbox lies is being looked at by somebody");
}

static void drain(struct imapsrv_session *s, char *text, size_t size)
{
	struct imapsrv_span span;
	size_t count, len = 0;

	while (!imapsrv_session_peek(s, &span, 1, &count) && count) {
		size_t n = span.len < size - 1 - len ? span.len : size - 1 - len;

		memcpy(text + len, span.data, n);
		len += n;
		imapsrv_session_sent(s, span.len);
	}
	text[len] = '\0';
}

static void test_refused(void **state)
{
	static const char begin[] = "a ESEARCH IN (mailboxes (INBOX", end[] = ")) ALL\r\nb NOOP\r\n";
	static char line[MAILBOXES * 8 + 100], text[4096];
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_session_config client = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct imapsrv_store store = nullstore();
	struct imapsrv_limits limits = IMAPSRV_LIMITS_INIT;
	struct imapsrv_engine *engine;
	struct imapsrv_session *s;
	size_t used, len;

	(void)state;
	store.open = on_open;
	config.store = &store;
	limits.arena = 200000;
	config.limits = &limits;
	client.preauth = &account;
	assert_int_equal(imapsrv_engine_new(&config, &engine), 0);
	assert_int_equal(imapsrv_session_new(engine, &client, &s), 0);
	drain(s, text, sizeof(text));
	len = (size_t)snprintf(line, sizeof(line), "%s", begin);
	for (int i = 1; i < MAILBOXES; i++)
		len += (size_t)snprintf(line + len, sizeof(line) - len, " m%05d", i);
	len += (size_t)snprintf(line + len, sizeof(line) - len, "%s", end);
	for (size_t at = 0; at < len; at += used) {
		assert_int_equal(imapsrv_session_recv(s, line + at, len - at, &used), 0);
		while (imapsrv_session_want(s) & IMAPSRV_WANT_RUN)
			assert_int_equal(imapsrv_session_run(s), 0);
	}
	drain(s, text, sizeof(text));
	assert_int_equal(opened, MAILBOXES);
	assert_string_equal(text, "a NO [UNAVAILABLE] The disk on which this mailbox lies is being "
				  "looked at by somebody\r\nb OK NOOP done\r\n");
	imapsrv_session_free(s);
	imapsrv_engine_free(engine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests_name("esearch_refused", tests, NULL, NULL);
}
