/* SPDX-License-Identifier: MIT */
/*
 * Referrals of a host that breaks its contract: URLs that are none, too long, too many, where they
 * are not expected, or missing.  What clients are told is in tests/script/referral.
 */
#include <stdbool.h>
#include <stdio.h>

#include "unit/nullstore.h"
#include "unit/row.h"

#include "imapsrv.h"

#define URL   "imap://fred@example.com/"
#define REFER "a NO [REFERRAL " URL "] That is on another server\r\n"
#define BARE  "a NO That is on another server\r\n"

static struct {
	const char *url;
	size_t len;
	unsigned times;
	enum imapsrv_code code;
	bool late;
	int given; /* the last answer */
	unsigned faults;
} host;

static void on_fault(void *user, const char *what)
{
	(void)user;
	(void)what;
	host.faults++;
}

static void answer(struct imapsrv_op *op)
{
	struct imapsrv_span url = {host.url, host.len};

	for (unsigned i = 0; i < host.times; i++)
		host.given = imapsrv_op_referral(op, url);
	imapsrv_op_done(op, host.code, NULL);
	if (host.late)
		host.given = imapsrv_op_referral(op, url);
}

static void open_box(void *user, struct imapsrv_op *op, const struct imapsrv_open *q)
{
	(void)user;
	(void)q;
	answer(op);
}

static void login(void *user, struct imapsrv_op *op, const struct imapsrv_login *q)
{
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;

	(void)user;
	(void)q;
	imapsrv_op_account(op, &account);
	answer(op);
}

static const char *talk(struct imapsrv_session *s, const char *line)
{
	static char out[20000];
	struct imapsrv_span span;
	size_t count, used, len = 0;

	assert_int_equal(imapsrv_session_recv(s, line, strlen(line), &used), 0);
	while (!imapsrv_session_peek(s, &span, 1, &count) && count) {
		assert_true(len + span.len < sizeof(out));
		memcpy(out + len, span.data, span.len);
		len += span.len;
		imapsrv_session_sent(s, span.len);
	}
	out[len] = '\0';
	return out;
}

static struct imapsrv_session *begin(unsigned referrals, bool preauth, struct imapsrv_engine **engine_r)
{
	struct imapsrv_session_config session_config = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct imapsrv_store store = nullstore();
	struct imapsrv_session *s;

	store.open = open_box;
	store.login = login;
	config.store = &store;
	config.fault = on_fault;
	config.referrals = referrals;
	session_config.allow_plaintext = 1;
	session_config.preauth = preauth ? &account : NULL;
	assert_int_equal(imapsrv_engine_new(&config, engine_r), 0);
	assert_int_equal(imapsrv_session_new(*engine_r, &session_config, &s), 0);
	talk(s, "x NOOP\r\n");
	return s;
}

/* A URL of so many octets. */
static const char *url_of(size_t len)
{
	static char url[600];

	memset(url, 'x', len);
	memcpy(url, "imap://", 7);
	url[len - 1] = '/';
	url[len] = '\0';
	return url;
}

static void test_mailbox(void **state)
{
	const struct {
		const char *url;
		unsigned times;
		enum imapsrv_code code;
		bool late;
		const char *answer; /* NULL: as many URLs as were given */
		int given;
		bool fault;
	} rows[] = {
		{URL, 1, IMAPSRV_REFERRAL, false, REFER, 0, false},
		{URL "In%20box", 1, IMAPSRV_REFERRAL, false, NULL, 0, false},
		{URL "A/B;UIDVALIDITY=1", 1, IMAPSRV_REFERRAL, false, NULL, 0, false},
		{URL, 3, IMAPSRV_REFERRAL, false, NULL, 0, false},
		{NULL, 0, IMAPSRV_REFERRAL, false, BARE, 0, true},
		{NULL, 1, IMAPSRV_REFERRAL, false, BARE, IMAPSRV_EINVAL, true},
		{URL, 0, IMAPSRV_REFERRAL, true, BARE, IMAPSRV_ESTATE, true},
		{"", 1, IMAPSRV_REFERRAL, false, BARE, IMAPSRV_EINVAL, true},
		{"/INBOX", 1, IMAPSRV_REFERRAL, false, BARE, IMAPSRV_EINVAL, true},
		{"INBOX", 1, IMAPSRV_REFERRAL, false, BARE, IMAPSRV_EINVAL, true},
		{"//example.com/", 1, IMAPSRV_REFERRAL, false, BARE, IMAPSRV_EINVAL, true},
		{"http://example.com/", 1, IMAPSRV_REFERRAL, false, BARE, IMAPSRV_EINVAL, true},
		{"imap://[::1]/INBOX", 1, IMAPSRV_REFERRAL, false, BARE, IMAPSRV_EINVAL, true},
		{URL "a]b", 1, IMAPSRV_REFERRAL, false, BARE, IMAPSRV_EINVAL, true},
		{URL "a b", 1, IMAPSRV_REFERRAL, false, BARE, IMAPSRV_EINVAL, true},
		{URL "a\r\n* BYE", 1, IMAPSRV_REFERRAL, false, BARE, IMAPSRV_EINVAL, true},
		{URL "\303\244", 1, IMAPSRV_REFERRAL, false, BARE, IMAPSRV_EINVAL, true},
		{URL "a?ALL", 1, IMAPSRV_REFERRAL, false, BARE, IMAPSRV_EINVAL, true},
		{URL "a/;UID=1", 1, IMAPSRV_REFERRAL, false, BARE, IMAPSRV_EINVAL, true},
		{URL "a/;UID=1;URLAUTH=anonymous", 1, IMAPSRV_REFERRAL, false, BARE, IMAPSRV_EINVAL,
		 true},
		/* with another answer they are nothing */
		{URL, 1, IMAPSRV_NOPERM, false, "a NO [NOPERM] Permission denied\r\n", 0, false},
	};
	struct imapsrv_engine *engine;
	struct imapsrv_session *s = begin(IMAPSRV_REFERRALS_MAILBOX, true, &engine);

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char all[400];
		size_t len;

		host.url = rows[i].url;
		host.len = rows[i].url ? strlen(rows[i].url) : 0;
		host.times = rows[i].times;
		host.code = rows[i].code;
		host.late = rows[i].late;
		host.given = 0;
		host.faults = 0;
		len = (size_t)snprintf(all, sizeof(all), "a NO [REFERRAL");
		for (unsigned k = 0; k < host.times; k++)
			len += (size_t)snprintf(all + len, sizeof(all) - len, " %s", host.url);
		(void)snprintf(all + len, sizeof(all) - len, "] That is on another server\r\n");
		ROW(i, strcmp(talk(s, "a SELECT INBOX\r\n"), rows[i].answer ? rows[i].answer : all) == 0);
		ROW(i, host.given == rows[i].given);
		ROW(i, (host.faults > 0) == rows[i].fault);
	}
	imapsrv_session_free(s);
	imapsrv_engine_free(engine);
}

static void test_sizes(void **state)
{
	static const struct {
		size_t len;
		unsigned times, told;
		int given;
	} rows[] = {
		{512, 1, 1, 0},
		{513, 1, 0, IMAPSRV_ETOOBIG},
		{512, 8, 8, 0},
		{512, 9, 8, IMAPSRV_ETOOBIG},
		{100, 100, 40, IMAPSRV_ETOOBIG},
	};
	struct imapsrv_engine *engine;
	struct imapsrv_session *s = begin(IMAPSRV_REFERRALS_MAILBOX, true, &engine);

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		unsigned told = 0;

		memset(&host, 0, sizeof(host));
		host.url = url_of(rows[i].len);
		host.len = rows[i].len;
		host.times = rows[i].times;
		host.code = IMAPSRV_REFERRAL;
		for (const char *at = talk(s, "a SELECT INBOX\r\n"); (at = strstr(at, "imap://")); at++)
			told++;
		ROW(i, told == rows[i].told);
		ROW(i, host.given == rows[i].given);
	}
	imapsrv_session_free(s);
	imapsrv_engine_free(engine);
}

/* Where clients log in only servers are named, by a host that has such referrals. */
static void test_login(void **state)
{
	static const struct {
		unsigned referrals;
		const char *url, *answer;
		bool fault;
	} rows[] = {
		{IMAPSRV_REFERRALS_LOGIN, URL, REFER, false},
		{IMAPSRV_REFERRALS_LOGIN, URL "INBOX", "", true},
		{IMAPSRV_REFERRALS_MAILBOX, URL, "", true},
		{0, URL, "", true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct imapsrv_engine *engine;
		struct imapsrv_session *s = begin(rows[i].referrals, false, &engine);

		memset(&host, 0, sizeof(host));
		nullstore_logouts = 0;
		host.url = rows[i].url;
		host.len = strlen(rows[i].url);
		host.times = 1;
		host.code = IMAPSRV_REFERRAL;
		ROW(i, strcmp(talk(s, "a LOGIN fred secret\r\n"), rows[i].answer) == 0);
		ROW(i, (host.faults > 0) == rows[i].fault);
		ROW(i, nullstore_logouts == 1);
		imapsrv_session_tick(s, 0);
		imapsrv_session_tick(s, 100000);
		ROW(i, strcmp(talk(s, ""), *rows[i].answer ? "" : BARE) == 0);
		imapsrv_session_free(s);
		imapsrv_engine_free(engine);
	}
}

/* ---- many ---------------------------------------------------------------------------------- */

enum { MAILBOXES = 200 };

static void list_remote(void *user, struct imapsrv_op *op, const struct imapsrv_list *q)
{
	char text[16];

	(void)user;
	(void)q;
	for (unsigned i = 0; i < MAILBOXES; i++) {
		struct imapsrv_name name = {{text, 4}, IMAPSRV_ATTR_REMOTE | IMAPSRV_ATTR_SUBSCRIBED, 0};

		(void)snprintf(text, sizeof(text), "m%03u", i % 1000u);
		imapsrv_op_name(op, &name);
	}
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void open_remote(void *user, struct imapsrv_op *op, const struct imapsrv_open *q)
{
	if (q->name.len == 5) {
		struct imapsrv_mailbox m = IMAPSRV_MAILBOX_INIT;

		m.uidvalidity = m.uidnext = 1;
		imapsrv_op_mailbox(op, &m);
		imapsrv_op_done(op, IMAPSRV_OK, NULL);
		return;
	}
	open_box(user, op, q);
}

static void uids_remote(void *user, struct imapsrv_op *op, const struct imapsrv_uids *q)
{
	(void)user;
	(void)q;
	answer(op);
}

static void on_changed(void *user, struct imapsrv_session *session,
                       const struct imapsrv_watch_change *change)
{
	(void)user;
	(void)session;
	(void)change;
}

static struct imapsrv_session *begin_many(struct imapsrv_engine **engine_r)
{
	struct imapsrv_session_config session_config = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_limits limits = IMAPSRV_LIMITS_INIT;
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct imapsrv_store store = nullstore();
	struct imapsrv_watch watch = IMAPSRV_WATCH_INIT;
	struct imapsrv_session *s;

	memset(&host, 0, sizeof(host));
	host.url = url_of(500);
	host.len = 500;
	host.times = 1;
	store.list = list_remote;
	store.open = open_remote;
	store.uids = uids_remote;
	limits.arena = 60000;
	config.store = &store;
	config.limits = &limits;
	watch.changed = on_changed;
	config.watch = &watch;
	config.referrals = IMAPSRV_REFERRALS_MAILBOX;
	session_config.preauth = &account;
	assert_int_equal(imapsrv_engine_new(&config, engine_r), 0);
	assert_int_equal(imapsrv_session_new(*engine_r, &session_config, &s), 0);
	talk(s, "x NOOP\r\n");
	return s;
}

/* Of each of many mailboxes clients are sent elsewhere in one command: what one may need of memory has
 * nothing to do with their number. */
static void test_many(void **state)
{
	static const struct {
		const char *line, *end;
	} rows[] = {
		{"a LIST (REMOTE) \"\" m00* RETURN (STATUS (MESSAGES))\r\n", "a OK LIST done\r\n"},
		{"a LIST (REMOTE) \"\" m* RETURN (STATUS (MESSAGES))\r\n", "a OK LIST done\r\n"},
		{"a ESEARCH IN (personal) ALL\r\n", "] That is on another server\r\n"},
		{"a NOTIFY SET STATUS (PERSONAL (MessageNew MessageExpunge))\r\n", "a OK NOTIFY done\r\n"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct imapsrv_engine *engine;
		struct imapsrv_session *s = begin_many(&engine);
		const char *out;

		host.code = IMAPSRV_REFERRAL;
		out = talk(s, rows[i].line);
		ROW(i, strlen(out) >= strlen(rows[i].end) &&
		               !strcmp(out + strlen(out) - strlen(rows[i].end), rows[i].end));
		imapsrv_session_free(s);
		imapsrv_engine_free(engine);
	}
}

/* And in one IDLE, though there they are of no use. */
static void test_idle(void **state)
{
	struct imapsrv_event event = IMAPSRV_EVENT_INIT;
	struct imapsrv_engine *engine;
	struct imapsrv_session *s = begin_many(&engine);
	size_t held = 0;

	(void)state;
	host.code = IMAPSRV_OK;
	talk(s, "a SELECT INBOX\r\n");
	talk(s, "b IDLE\r\n");
	event.type = IMAPSRV_EVENT_MAILBOX_CHANGED;
	event.mailbox = (struct imapsrv_span){"INBOX", 5};
	for (unsigned i = 0; i < 1000; i++) {
		assert_int_equal(imapsrv_session_post(s, &event), 0);
		assert_string_equal(talk(s, ""), "");
		if (i == 10)
			held = imapsrv_session_memory(s, NULL);
	}
	assert_int_equal(imapsrv_session_memory(s, NULL), held);
	assert_string_equal(talk(s, "DONE\r\n"), "b OK IDLE done\r\n");
	imapsrv_session_free(s);
	imapsrv_engine_free(engine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mailbox),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_login),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_idle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
