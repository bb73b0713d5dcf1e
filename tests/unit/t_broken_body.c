/* SPDX-License-Identifier: MIT */
/*
 * A store that reads a message once, to describe it, and cannot when some of it is wanted: what was asked for is
 * answered without it, the line is whole, and the tagged line says so.
 */
#include "unit/nullstore.h"
#include "unit/row.h"

#define THE_URL "imap://fred@h/INBOX/;uid=1/;section=1;urlauth=anonymous:internal:00000000000000000000000000000000"

static const char message[] = "Subject: x\r\nTo: you\r\nContent-Transfer-Encoding: base64\r\n\r\nU29tZSB0ZXh0\r\n";

static unsigned reads;

static void on_body(void *user, struct imapsrv_op *op, const struct imapsrv_body *q)
{
	(void)user;
	(void)q;
	reads = 0;
	imapsrv_op_pull(op, sizeof(message) - 1, IMAPSRV_EOL_CRLF, NULL);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void on_read(void *user, struct imapsrv_op *op, const struct imapsrv_body_read *q)
{
	(void)user;
	if (!reads++)
		imapsrv_op_bytes(op, message + q->offset, q->len);
	imapsrv_op_done(op, reads == 1 ? IMAPSRV_OK : IMAPSRV_CORRUPTION, NULL);
}

static void identify(void *user, void *account, struct imapsrv_url_identity *identity)
{
	(void)user;
	(void)account;
	identity->user = (struct imapsrv_span){"fred", 4};
}

static void on_token(void *user, struct imapsrv_op *op, const struct imapsrv_url_query *q)
{
	static const unsigned char token[16];

	(void)user;
	(void)q;
	imapsrv_op_url_token(op, token, sizeof(token));
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void on_open(void *user, struct imapsrv_op *op, const struct imapsrv_url_query *q)
{
	(void)q;
	nullstore_open_one(user, op, NULL);
}

static void on_reset(void *user, struct imapsrv_op *op, const struct imapsrv_reset_keys *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static const char *said(struct imapsrv_session *s)
{
	static char out[1 << 14];
	struct imapsrv_span span;
	size_t len = 0, count;

	while (!imapsrv_session_peek(s, &span, 1, &count) && count) {
		assert_true(len + span.len < sizeof(out));
		memcpy(out + len, span.data, span.len);
		len += span.len;
		imapsrv_session_sent(s, span.len);
	}
	out[len] = '\0';
	return out;
}

static void test_read_once(void **state)
{
	static const struct {
		const char *command, *line;
	} rows[] = {
		{"a FETCH 1 PREVIEW\r\n", "* 1 FETCH (PREVIEW \"\")\r\na NO [CORRUPTION] "},
		{"a FETCH 1 (PREVIEW BODY.PEEK[TEXT])\r\n", "* 1 FETCH (PREVIEW \"\" BODY[TEXT] NIL)\r\na NO [CORRUPTION] "},
		{"a FETCH 1 BODY.PEEK[HEADER.FIELDS (TO)]\r\n",
		 "* 1 FETCH (BODY[HEADER.FIELDS (TO)] NIL)\r\na NO [CORRUPTION] "},
		{"a FETCH 1 (BINARY.SIZE[1] BINARY.PEEK[1])\r\n",
		 "* 1 FETCH (BINARY.SIZE[1] 0 BINARY[1] NIL)\r\na NO [CORRUPTION] "},
		/* The structure tells the size of what is decoded: it is counted before the line begins. */
		{"a URLFETCH (\"" THE_URL "\" BINARY BODYPARTSTRUCTURE)\r\n", "a NO [CORRUPTION] "},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct imapsrv_session_config client = IMAPSRV_SESSION_CONFIG_INIT;
		struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
		struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
		struct imapsrv_store store = nullstore_of_one();
		struct imapsrv_urlauth urlauth = IMAPSRV_URLAUTH_INIT;
		struct imapsrv_engine *engine;
		struct imapsrv_session *s;
		size_t used;

		store.body = on_body;
		store.body_read = on_read;
		urlauth.identify = identify;
		urlauth.token = on_token;
		urlauth.open = on_open;
		urlauth.reset = on_reset;
		config.store = &store;
		config.urlauth = &urlauth;
		client.preauth = &account;
		assert_int_equal(imapsrv_engine_new(&config, &engine), 0);
		assert_int_equal(imapsrv_session_new(engine, &client, &s), 0);
		assert_int_equal(imapsrv_session_recv(s, "b SELECT INBOX\r\n", 16, &used), 0);
		(void)said(s);
		assert_int_equal(imapsrv_session_recv(s, rows[i].command, strlen(rows[i].command), &used), 0);
		if (strncmp(said(s), rows[i].line, strlen(rows[i].line)))
			fail_msg("row %zu", i);
		imapsrv_session_free(s);
		imapsrv_engine_free(engine);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read_once),
	};

	return cmocka_run_group_tests_name("broken body", tests, NULL, NULL);
}
