/* SPDX-License-Identifier: MIT */
/*
 * Callbacks that are no questions, of a host that does in them what it may not: it uses the session, or
 * frees it; it answers with texts, times and octets that make no sense.  (Lies in answers to questions
 * are told in every script, see tests/script/FORMAT.)
 */
#include <stdbool.h>

#include "unit/nullstore.h"
#include "unit/row.h"

/* Which hook misbehaves. */
enum hook {
	NONE,
	TRACE,
	FAULT,
	CLIENT_ID,
	CLOCK,
	LOGOUT,
	CLOSE,
	CANCEL,
	WATCH,
	TRANSLATE,
	PREFIX,
	ENTROPY,
	SASL_END,
	HOOKS
};

static struct host {
	enum hook hook;
	unsigned called;
	struct imapsrv_session *session;
	int64_t time;
	const char *text;
	bool later;
	char out[1 << 16];
	size_t len;
} host;

/* None of this does anything, and all of it says so. */
static void meddle(enum hook hook)
{
	struct imapsrv_session *s = host.session;
	struct imapsrv_span span;
	size_t n = 0;

	if (hook != host.hook || !s)
		return;
	host.called++;
	assert_int_equal(imapsrv_session_recv(s, "x NOOP\r\n", 8, &n), IMAPSRV_EREENTER);
	assert_int_equal(n, 0);
	assert_int_equal(imapsrv_session_peek(s, &span, 1, &n), IMAPSRV_EREENTER);
	assert_int_equal(imapsrv_session_sent(s, 1), IMAPSRV_EREENTER);
	assert_int_equal(imapsrv_session_run(s), IMAPSRV_EREENTER);
	assert_int_equal(imapsrv_session_eof(s), IMAPSRV_EREENTER);
	assert_int_equal(imapsrv_session_bye(s, "over"), IMAPSRV_EREENTER);
	imapsrv_session_tick(s, 1u << 30);
	imapsrv_session_trim(s);
	imapsrv_session_free(s);
}

static void on_trace(void *user, enum imapsrv_trace what, const char *data, size_t len)
{
	(void)user;
	(void)what;
	(void)data;
	(void)len;
	meddle(TRACE);
}

static void on_fault(void *user, const char *what)
{
	(void)user;
	(void)what;
	meddle(FAULT);
}

static void on_client_id(void *user, struct imapsrv_span field, const struct imapsrv_span *value)
{
	(void)user;
	(void)field;
	(void)value;
	meddle(CLIENT_ID);
}

static int64_t on_clock(void *user)
{
	(void)user;
	meddle(CLOCK);
	return host.time;
}

static void on_logout(void *user, void *account)
{
	(void)user;
	(void)account;
	meddle(LOGOUT);
}

static void on_close(void *user, void *handle)
{
	(void)user;
	(void)handle;
	meddle(CLOSE);
}

static void on_cancel(void *user, struct imapsrv_op *op)
{
	(void)user;
	(void)op;
	meddle(CANCEL);
}

static void on_changed(void *user, struct imapsrv_session *session,
                       const struct imapsrv_watch_change *change)
{
	(void)user;
	(void)session;
	(void)change;
	meddle(WATCH);
}

static const char *on_translate(void *user, const char *tag, const char *text)
{
	(void)user;
	(void)tag;
	(void)text;
	meddle(TRANSLATE);
	return host.text;
}

static const char *on_prefix(void *user, void *account, const char *tag, struct imapsrv_span prefix)
{
	(void)user;
	(void)account;
	(void)tag;
	(void)prefix;
	meddle(PREFIX);
	return host.text;
}

static void on_entropy(void *user, void *to, size_t len)
{
	(void)user;
	(void)to; /* nothing is filled in: the octets are whatever they were */
	memset(to, 0, len);
	meddle(ENTROPY);
}

static void on_keys(void *user, struct imapsrv_op *op, const struct imapsrv_scram_query *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_OK, NULL); /* without keys: a fault */
}

static void on_step(void *user, struct imapsrv_op *op, const struct imapsrv_sasl_step *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_NO, NULL);
}

static void on_end(void *user, void *exchange)
{
	(void)user;
	(void)exchange;
	meddle(SASL_END);
}

static void on_login(void *user, struct imapsrv_op *op, const struct imapsrv_login *q)
{
	static const struct imapsrv_namespace others = {IMAPSRV_NS_OTHER_USERS, {"others/", 7}};
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;

	(void)user;
	(void)q;
	account.separator = '/';
	account.namespaces = &others;
	account.namespace_count = 1;
	imapsrv_op_account(op, &account);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void on_list(void *user, struct imapsrv_op *op, const struct imapsrv_list *q)
{
	(void)user;
	(void)q;
	if (!host.later)
		imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

/* ---- a session ----------------------------------------------------------------------------- */

static void drain(void)
{
	struct imapsrv_span span;
	size_t count;

	while (imapsrv_session_peek(host.session, &span, 1, &count) == 0 && count) {
		assert_true(host.len + span.len < sizeof(host.out));
		memcpy(host.out + host.len, span.data, span.len);
		host.len += span.len;
		imapsrv_session_sent(host.session, span.len);
	}
	host.out[host.len] = '\0';
}

static void talk(const char *lines)
{
	size_t len = strlen(lines), at = 0, used;

	/* Failed logins take time. */
	for (uint64_t now = 0; at < len && now < 40000; now += 1000) {
		imapsrv_session_tick(host.session, now);
		drain();
		if (imapsrv_session_recv(host.session, lines + at, len - at, &used))
			break;
		at += used;
		drain();
	}
}

static void run(const char *lines)
{
	static const char *const tags[] = {"de", NULL}, *const mechanisms[] = {"X", NULL};
	struct imapsrv_session_config client = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_language language = IMAPSRV_LANGUAGE_INIT;
	struct imapsrv_watch watch = IMAPSRV_WATCH_INIT;
	struct imapsrv_sasl sasl = IMAPSRV_SASL_INIT;
	struct imapsrv_store store = nullstore();
	struct imapsrv_engine *engine;
	struct imapsrv_session *s;

	store.login = on_login;
	store.logout = on_logout;
	store.close = on_close;
	store.cancel = on_cancel;
	store.list = on_list;
	language.tags = tags;
	language.translate = on_translate;
	language.translate_prefix = on_prefix;
	watch.changed = on_changed;
	sasl.mechanisms = mechanisms;
	sasl.step = on_step;
	sasl.end = on_end;
	sasl.keys = on_keys;
	sasl.entropy = on_entropy;
	sasl.secret = "0123456789abcdef";
	sasl.secret_len = 16;
	config.store = &store;
	config.sasl = &sasl;
	config.watch = &watch;
	config.language = &language;
	config.trace = on_trace;
	config.fault = on_fault;
	config.client_id = on_client_id;
	config.clock = on_clock;
	client.secure = 1;
	assert_int_equal(imapsrv_engine_new(&config, &engine), 0);
	assert_int_equal(imapsrv_session_new(engine, &client, &host.session), 0);
	drain();
	talk(lines);
	s = host.session;
	imapsrv_session_free(s);
	host.session = NULL;
	imapsrv_engine_free(engine);
}

/* What makes each of them be called. */
static const char all[] =
	"a AUTHENTICATE X\r\n"
	"b AUTHENTICATE SCRAM-SHA-256 biwsbj1mcmVkLHI9YWJj\r\n*\r\n"
	"c ID (\"name\" \"x\")\r\n"
	"d LOGIN fred x\r\n"
	"e LANGUAGE de\r\n"
	"f NAMESPACE\r\n"
	"g SELECT INBOX\r\n"
	"h SEARCH YOUNGER 5\r\n"
	"i UNSELECT\r\n"
	"j NOTIFY SET (PERSONAL (MessageNew MessageExpunge))\r\n"
	"k LIST \"\" *\r\n";

static void test_meddling(void **state)
{
	(void)state;
	for (int hook = NONE + 1; hook < HOOKS; hook++) {
		memset(&host, 0, sizeof(host));
		host.hook = (enum hook)hook;
		host.later = hook == CANCEL;
		run(all);
		ROW(hook, host.called > 0);
		/* All was answered as if nothing had been tried. */
		ROW(hook, strstr(host.out, "d OK "));
		ROW(hook, strstr(host.out, "i OK "));
		ROW(hook, hook == CANCEL || strstr(host.out, "k OK "));
		ROW(hook, !strstr(host.out, "x OK "));
	}
}

static void test_texts(void **state)
{
	static char longest[5000];
	static const char *const texts[] = {
		NULL, "", "a\r\nz OK injected", "\r\n* BYE over\r\n", "\xff\xfe\x80", "[ALERT] x", longest,
		"\x01\x02\x7f\t",
	};

	(void)state;
	memset(longest, 'a', sizeof(longest) - 1);
	for (size_t i = 0; i < COUNT(texts); i++) {
		memset(&host, 0, sizeof(host));
		host.text = texts[i];
		run(all);
		ROW(i, strstr(host.out, "\r\nk OK "));
		ROW(i, !strstr(host.out, "\r\nz OK") && !strstr(host.out, "\r\n* BYE"));
		for (size_t k = 0; k < host.len; k++)
			ROW(i, host.out[k] == '\n' ? host.out[k - 1] == '\r' :
			       host.out[k] == '\r' ? host.out[k + 1] == '\n' :
			       (unsigned char)host.out[k] != 0xff && host.out[k] != 0x7f);
	}
}

/* A clock that is wrong finds the wrong messages, and no more. */
static void test_times(void **state)
{
	static const int64_t times[] = {0, -1, INT64_MIN, INT64_MAX, INT64_MIN + 1, INT64_MAX - 4};

	(void)state;
	for (size_t i = 0; i < COUNT(times); i++) {
		memset(&host, 0, sizeof(host));
		host.time = times[i];
		run("a LOGIN fred x\r\nb SELECT INBOX\r\nc SEARCH OR YOUNGER 4294967295 OLDER 1\r\n");
		ROW(i, strstr(host.out, "c OK "));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_meddling),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
