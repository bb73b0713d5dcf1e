/* SPDX-License-Identifier: MIT */
/* The three greetings (RFC 9051 7.1): OK, PREAUTH, BYE; what each leaves the session wanting,
 * and without memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "imapsrv.h"
#include "unit/failalloc.h"
#include "unit/nullstore.h"
#include "unit/row.h"

static struct imapsrv_engine *engine_new(struct failalloc *fa)
{
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_store store = nullstore();
	struct imapsrv_engine *engine = NULL;

	config.store = &store;
	config.allocator = &fa->allocator;
	config.referrals = IMAPSRV_REFERRALS_LOGIN;
	assert_int_equal(imapsrv_engine_new(&config, &engine), 0);
	return engine;
}

static const struct {
	bool preauth;
	const char *refuse;
	const char *begins;
	unsigned want_then; /* when the greeting has left */
	const char *referral;
} rows[] = {
	{false, NULL, "* OK [CAPABILITY IMAP4rev1 ", IMAPSRV_WANT_READ, NULL},
	{true, NULL, "* PREAUTH [CAPABILITY IMAP4rev1 ", IMAPSRV_WANT_READ, NULL},
	{false, "Too many\r\nconnections", "* BYE Too many  connections\r\n", IMAPSRV_WANT_CLOSE, NULL},
	{true, "Not now", "* BYE Not now\r\n", IMAPSRV_WANT_CLOSE, NULL},
	/* RFC 2221 4.2 */
	{false, "Server not accepting connections.  Try SERVER2",
	 "* BYE [REFERRAL IMAP://user;AUTH=*@SERVER2/] "
	 "Server not accepting connections.  Try SERVER2\r\n",
	 IMAPSRV_WANT_CLOSE, "IMAP://user;AUTH=*@SERVER2/"},
};

static struct imapsrv_session_config config_of(size_t i, const struct imapsrv_account *account)
{
	struct imapsrv_session_config config = IMAPSRV_SESSION_CONFIG_INIT;

	config.refuse = rows[i].refuse;
	config.referral = rows[i].referral;
	config.preauth = rows[i].preauth ? account : NULL;
	return config;
}

static void test_greetings(void **state)
{
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct failalloc fa;
	struct imapsrv_engine *engine;

	(void)state;
	failalloc_init(&fa);
	engine = engine_new(&fa);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct imapsrv_session_config config = config_of(i, &account);
		struct imapsrv_session *s = NULL;
		struct imapsrv_span span;
		size_t count, len = strlen(rows[i].begins);

		nullstore_logouts = 0;
		ROW(i, imapsrv_session_new(engine, &config, &s) == 0);
		ROW(i, imapsrv_session_want(s) & IMAPSRV_WANT_WRITE);
		ROW(i, imapsrv_session_peek(s, &span, 1, &count) == 0 && count == 1);
		ROW(i, span.len >= len && memcmp(span.data, rows[i].begins, len) == 0);
		ROW(i, !rows[i].refuse || span.len == len);
		ROW(i, imapsrv_session_sent(s, span.len) == 0);
		ROW(i, imapsrv_session_want(s) == rows[i].want_then);
		imapsrv_session_free(s);
		ROW(i, nullstore_logouts == rows[i].preauth);
	}
	imapsrv_engine_free(engine);
	assert_int_equal(fa.held, 0);
}

/* An account that was handed over comes back whatever fails. */
static void test_without_memory(void **state)
{
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t n = 1;; n++) {
			struct imapsrv_session_config config = config_of(i, &account);
			struct imapsrv_session *s = NULL;
			struct failalloc fa;
			struct imapsrv_engine *engine;
			int error;

			failalloc_init(&fa);
			engine = engine_new(&fa);
			nullstore_logouts = 0;
			fa.fail_first = fa.calls + n;
			error = imapsrv_session_new(engine, &config, &s);
			ROW(i, error == 0 || error == IMAPSRV_ENOMEM);
			if (!error)
				imapsrv_session_free(s);
			ROW(i, nullstore_logouts == rows[i].preauth);
			imapsrv_engine_free(engine);
			ROW(i, fa.held == 0);
			if (!error)
				break;
		}
}

/* An event of a host that was compiled when the structure was shorter is taken; one without a size is not. */
static void test_short_event(void **state)
{
	static const struct {
		size_t size;
		int error;
	} sizes[] = {
		{0, IMAPSRV_EINVAL},
		{sizeof(size_t) - 1, IMAPSRV_EINVAL},
		{offsetof(struct imapsrv_event, origin), 0},
		{sizeof(struct imapsrv_event), 0},
		{sizeof(struct imapsrv_event) + 8, 0},
	};
	struct imapsrv_session_config config = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_event event[2] = {IMAPSRV_EVENT_INIT, IMAPSRV_EVENT_INIT};
	struct imapsrv_engine *engine;
	struct imapsrv_session *s;
	struct failalloc fa;

	(void)state;
	failalloc_init(&fa);
	engine = engine_new(&fa);
	assert_int_equal(imapsrv_session_new(engine, &config, &s), 0);
	event[0].mailbox = (struct imapsrv_span){"INBOX", 5};
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		event[0].size = sizes[i].size;
		ROW(i, imapsrv_session_post(s, event) == sizes[i].error);
	}
	imapsrv_session_free(s);
	imapsrv_engine_free(engine);
}

/* A referral that is none; the account was not taken then. */
static void test_bad_referrals(void **state)
{
	static const struct {
		const char *url;
		bool preauth;
		int error;
	} bad[] = {
		{"imap://fred@example.com/", false, 0},
		{"imap://fred@example.com/", true, IMAPSRV_EINVAL},
		{"", false, IMAPSRV_EINVAL},
		{"http://example.com/", false, IMAPSRV_EINVAL},
		{"imap://example.com/INBOX", false, IMAPSRV_EINVAL},
		{"imap://example.com/INBOX/;uid=1", false, IMAPSRV_EINVAL},
		{"imap://[::1]/", false, IMAPSRV_EINVAL},
		{"imap://example.com/\r\n* OK", false, IMAPSRV_EINVAL},
		{"imap://example.com/ x", false, IMAPSRV_EINVAL},
		{"imap://ex\303\244mple.com/", false, IMAPSRV_EINVAL},
		{"/", false, IMAPSRV_EINVAL},
	};
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct imapsrv_engine *engine;
	struct failalloc fa;
	char longest[514];

	(void)state;
	failalloc_init(&fa);
	engine = engine_new(&fa);
	nullstore_logouts = 0;
	for (size_t i = 0; i <= COUNT(bad) + 1; i++) {
		struct imapsrv_session_config config = IMAPSRV_SESSION_CONFIG_INIT;
		struct imapsrv_session *s = NULL;
		int error = i < COUNT(bad) ? bad[i].error : i == COUNT(bad) ? 0 : IMAPSRV_ETOOBIG;

		/* 512 octets, and one more */
		memset(longest, 'x', sizeof(longest));
		memcpy(longest, "imap://", 7);
		longest[i < COUNT(bad) ? 511 : 511 + i - COUNT(bad)] = '/';
		longest[i < COUNT(bad) ? 512 : 512 + i - COUNT(bad)] = '\0';
		config.refuse = "Not here";
		config.referral = i < COUNT(bad) ? bad[i].url : longest;
		config.preauth = i < COUNT(bad) && bad[i].preauth ? &account : NULL;
		ROW(i, imapsrv_session_new(engine, &config, &s) == error);
		if (!error)
			imapsrv_session_free(s);
	}
	assert_int_equal(nullstore_logouts, 0);
	imapsrv_engine_free(engine);
	assert_int_equal(fa.held, 0);
}

static void never(void *user, struct imapsrv_op *op, const struct imapsrv_replace *q)
{
	(void)user;
	(void)op;
	(void)q;
}

static void never_get(void *user, struct imapsrv_op *op, const struct imapsrv_metadata_get *q)
{
	(void)user;
	(void)op;
	(void)q;
}

/* A store that cannot append cannot replace either; metadata that can be read can be set. */
static void test_incomplete(void **state)
{
	struct imapsrv_store store = nullstore();
	struct imapsrv_metadata metadata = IMAPSRV_METADATA_INIT;
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_engine *engine;

	(void)state;
	config.store = &store;
	store.replace = never;
	assert_int_equal(imapsrv_engine_new(&config, &engine), IMAPSRV_EINVAL);
	store.replace = NULL;
	config.metadata = &metadata;
	metadata.get = never_get;
	assert_int_equal(imapsrv_engine_new(&config, &engine), IMAPSRV_EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_incomplete),
		cmocka_unit_test(test_bad_referrals),
		cmocka_unit_test(test_short_event),
		cmocka_unit_test(test_greetings),
		cmocka_unit_test(test_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
