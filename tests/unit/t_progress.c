/* SPDX-License-Identifier: MIT */
/*
 * session/progress and session/timer: INPROGRESS of a command that waits for its host (RFC 9585) comes
 * at the deadline that tick names, and never inside another response: not within a literal whose
 * octets are still to come.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "unit/nullstore.h"

struct host {
	struct imapsrv_op *op; /* of body or body_read: open */
	struct imapsrv_engine *engine;
	struct imapsrv_session *session;
	char out[4096];
	size_t out_len;
};

static void cancel(void *user, struct imapsrv_op *op)
{
	struct host *h = user;

	assert_ptr_equal(h->op, op);
	h->op = NULL;
}

static void uids(void *user, struct imapsrv_op *op, const struct imapsrv_uids *q)
{
	struct imapsrv_range one = {1, 1};

	(void)user;
	(void)q;
	imapsrv_op_uids(op, (struct imapsrv_set){&one, 1});
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void fetch(void *user, struct imapsrv_op *op, const struct imapsrv_fetch *q)
{
	struct imapsrv_row row = {0};

	(void)user;
	(void)q;
	row.uid = 1;
	imapsrv_op_row(op, &row);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void body(void *user, struct imapsrv_op *op, const struct imapsrv_body *q)
{
	struct host *h = user;

	(void)q;
	h->op = op;
}

static void body_read(void *user, struct imapsrv_op *op, const struct imapsrv_body_read *q)
{
	struct host *h = user;

	(void)q;
	h->op = op;
}

static void body_close(void *user, void *handle)
{
	(void)user;
	(void)handle;
}

static void start(struct host *h)
{
	struct imapsrv_store store = nullstore();
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_session_config session = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;

	memset(h, 0, sizeof(*h));
	store.cancel = cancel;
	store.uids = uids;
	store.fetch = fetch;
	store.body = body;
	store.body_read = body_read;
	store.body_close = body_close;
	config.store = &store;
	assert_int_equal(imapsrv_engine_new(&config, &h->engine), 0);
	session.user = h;
	session.preauth = &account;
	assert_int_equal(imapsrv_session_new(h->engine, &session, &h->session), 0);
}

/* What is waiting leaves, after what was there; returns how much that was. */
static size_t drain(struct host *h)
{
	struct imapsrv_span span;
	size_t count, n = 0;

	for (;;) {
		imapsrv_session_peek(h->session, &span, 1, &count);
		if (!count)
			break;
		assert_true(span.len < sizeof(h->out) - h->out_len);
		memcpy(h->out + h->out_len, span.data, span.len);
		h->out_len += span.len;
		n += span.len;
		imapsrv_session_sent(h->session, span.len);
	}
	h->out[h->out_len] = '\0';
	return n;
}

static void say(struct host *h, const char *text)
{
	size_t used;

	drain(h);
	h->out_len = 0;
	assert_int_equal(imapsrv_session_recv(h->session, text, strlen(text), &used), 0);
	assert_int_equal(used, strlen(text));
	drain(h);
}

/* The next octets of the body; NULL: the body itself, of eight octets. */
static void answer(struct host *h, const char *octets)
{
	struct imapsrv_op *op = h->op;

	assert_non_null(op);
	h->op = NULL;
	if (octets)
		imapsrv_op_bytes(op, octets, strlen(octets));
	else
		imapsrv_op_pull(op, 8, IMAPSRV_EOL_CRLF, h);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
	imapsrv_session_run(h->session);
}

/* Before the first octet of the response it may come, and does; in the literal it does not. */
static void test_literal(void **state)
{
	static const char expected[] =
		"* OK [INPROGRESS (\"a\" 0 1)] Still at it\r\n"
		"* 1 FETCH (BODY[] {8}\r\nSub: x\r\n)\r\na OK ";
	struct host h;

	(void)state;
	start(&h);
	assert_int_equal(imapsrv_session_tick(h.session, 1000), 1000 + 1860000);
	say(&h, "s EXAMINE x\r\n");
	say(&h, "a FETCH 1 BODY.PEEK[]\r\n");
	assert_non_null(h.op);
	assert_int_equal(imapsrv_session_tick(h.session, 2000), 14000);
	assert_int_equal(imapsrv_session_tick(h.session, 13999), 14000);
	assert_int_equal(drain(&h), 0);
	imapsrv_session_tick(h.session, 14000);
	assert_true(drain(&h) > 0);
	answer(&h, NULL);
	answer(&h, "Sub");
	while (drain(&h))
		;
	assert_non_null(h.op);
	/* No deadline either: there is nothing to be said at it. */
	assert_int_equal(imapsrv_session_tick(h.session, 60000), UINT64_MAX);
	assert_int_equal(imapsrv_session_tick(h.session, 90000), UINT64_MAX);
	assert_int_equal(drain(&h), 0);
	answer(&h, ": x\r\n");
	drain(&h);
	assert_int_equal(strncmp(h.out, expected, sizeof(expected) - 1), 0);
	imapsrv_session_free(h.session);
	imapsrv_engine_free(h.engine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_literal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
