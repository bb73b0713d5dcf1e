/* SPDX-License-Identifier: MIT */
/*
 * Memory runs out in a call of the host's own while half a response has left: nothing can be said
 * any more, a BYE would be read as part of it.
 */
#include "unit/failalloc.h"
#include "unit/nullstore.h"

enum { SIZE = 200000 };

static char mail[SIZE];

static void on_body(void *user, struct imapsrv_op *op, const struct imapsrv_body *q)
{
	(void)user;
	(void)q;
	imapsrv_op_pull(op, SIZE, IMAPSRV_EOL_CRLF, mail);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void on_read(void *user, struct imapsrv_op *op, const struct imapsrv_body_read *q)
{
	(void)user;
	imapsrv_op_bytes(op, mail + q->offset, q->len);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

/* Up to `most` octets leave; how many did.  *bye_r: there was a BYE among them. */
static size_t drain(struct imapsrv_session *s, size_t most, bool *bye_r)
{
	struct imapsrv_span span;
	size_t count, sent = 0;

	while (sent < most && imapsrv_session_peek(s, &span, 1, &count) != IMAPSRV_EINVAL && count) {
		if (span.len > most - sent)
			span.len = most - sent;
		for (size_t i = 0; i + 5 <= span.len; i++)
			*bye_r = *bye_r || memcmp(span.data + i, "* BYE", 5) == 0;
		imapsrv_session_sent(s, span.len);
		sent += span.len;
	}
	return sent;
}

/* So many octets of the answer to FETCH have left. */
static void test_bye(void **state)
{
	static const char lines[] = "1 SELECT INBOX\r\n2 FETCH 1 BODY.PEEK[]\r\n";
	static const struct {
		size_t left;
		bool bye;
	} rows[] = {
		{0, true}, {1, false}, {20, false}, {1000, false}, {5000, false}, {100000, false},
	};

	(void)state;
	memset(mail, 'x', sizeof(mail));
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct imapsrv_session_config client = IMAPSRV_SESSION_CONFIG_INIT;
		struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
		struct imapsrv_store store = nullstore_of_one();
		struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
		struct imapsrv_engine *engine;
		struct imapsrv_session *s;
		struct failalloc fa;
		size_t used, at;
		bool bye = false;

		failalloc_init(&fa);
		store.body = on_body;
		store.body_read = on_read;
		config.store = &store;
		config.allocator = &fa.allocator;
		client.preauth = &account;
		assert_int_equal(imapsrv_engine_new(&config, &engine), 0);
		assert_int_equal(imapsrv_session_new(engine, &client, &s), 0);
		for (at = 0; at < 16; at += used)
			assert_int_equal(imapsrv_session_recv(s, lines + at, 16 - at, &used), 0);
		drain(s, SIZE_MAX, &bye);
		for (; at < sizeof(lines) - 1; at += used)
			assert_int_equal(imapsrv_session_recv(s, lines + at,
			                                      sizeof(lines) - 1 - at, &used), 0);
		ROW(i, drain(s, rows[i].left, &bye) == rows[i].left);
		fa.fail_first = fa.calls + 1;
		ROW(i, imapsrv_session_bye(s, "a text that is to be kept") == IMAPSRV_ENOMEM);
		drain(s, SIZE_MAX, &bye);
		ROW(i, bye == rows[i].bye);
		ROW(i, imapsrv_session_want(s) == IMAPSRV_WANT_CLOSE);
		imapsrv_session_free(s);
		imapsrv_engine_free(engine);
		ROW(i, fa.held == 0);
	}
}

/* ---- names of entries ---------------------------------------------------------------------- */

static void uids_two(void *user, struct imapsrv_op *op, const struct imapsrv_uids *q)
{
	struct imapsrv_range range = {1, 2};

	(void)user;
	(void)q;
	imapsrv_op_uids(op, (struct imapsrv_set){&range, 1});
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void note(struct imapsrv_op *op, uint32_t uid, const char *entry, size_t len)
{
	struct imapsrv_annotation a = {{entry, strlen(entry)}, IMAPSRV_ANNOTATION_PRIV, {mail, len}, {NULL, 0}};

	imapsrv_op_annotation(op, uid, &a);
}

/* More than is taken at a time; the rest stays to be answered. */
static void on_notes(void *user, struct imapsrv_op *op, const struct imapsrv_annotate_get *q)
{
	(void)user;
	if (q->after.len)
		return;
	note(op, 1, "/a", 1);
	note(op, 2, "/b", 100);
	note(op, 2, "/c", 1);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void on_cancel(void *user, struct imapsrv_op *op)
{
	(void)user;
	(void)op;
}

/* The line before the one that is half written has left, or not: that one has not, and is taken back. */
static void test_names(void **state)
{
	static const char line[] = "* 1 FETCH (UID 1 ANNOTATION (/a))\r\n";
	static const char *const rows[] = {
		"* BYE Out of memory\r\n",
		"* 1 FETCH (UID 1 ANNOTATION (/a))\r\n* BYE Out of memory\r\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct imapsrv_session_config client = IMAPSRV_SESSION_CONFIG_INIT;
		struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
		struct imapsrv_limits limits = IMAPSRV_LIMITS_INIT;
		struct imapsrv_store store = nullstore_of_one();
		struct imapsrv_annotate annotate = IMAPSRV_ANNOTATE_INIT;
		struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
		struct imapsrv_event event = IMAPSRV_EVENT_INIT;
		struct imapsrv_range both = {1, 2};
		struct imapsrv_engine *engine;
		struct imapsrv_session *s;
		struct imapsrv_span span;
		struct failalloc fa;
		char out[200];
		size_t count, used, len = 0;
		bool bye = false;

		failalloc_init(&fa);
		store.uids = uids_two;
		store.cancel = on_cancel;
		annotate.get = on_notes;
		limits.output = 64;
		config.store = &store;
		config.annotate = &annotate;
		config.limits = &limits;
		config.allocator = &fa.allocator;
		client.preauth = &account;
		assert_int_equal(imapsrv_engine_new(&config, &engine), 0);
		assert_int_equal(imapsrv_session_new(engine, &client, &s), 0);
		drain(s, SIZE_MAX, &bye);
		assert_int_equal(imapsrv_session_recv(s, "a SELECT INBOX (ANNOTATE)\r\n", 27, &used), 0);
		drain(s, SIZE_MAX, &bye);
		event.type = IMAPSRV_EVENT_ANNOTATION_CHANGE;
		event.mailbox = (struct imapsrv_span){"INBOX", 5};
		event.uids = (struct imapsrv_set){&both, 1};
		assert_int_equal(imapsrv_session_post(s, &event), 0);
		assert_int_equal(imapsrv_session_recv(s, "b NOOP\r\n", 8, &used), 0);
		assert_true(imapsrv_session_want(s) & IMAPSRV_WANT_HOST);
		if (i == 0)
			ROW(i, drain(s, sizeof(line) - 1, &bye) == sizeof(line) - 1);
		fa.fail_first = fa.calls + 1;
		ROW(i, imapsrv_session_bye(s, "a text that is to be kept") == IMAPSRV_ENOMEM);
		while (!imapsrv_session_peek(s, &span, 1, &count) && count) {
			memcpy(out + len, span.data, span.len);
			len += span.len;
			imapsrv_session_sent(s, span.len);
		}
		out[len] = '\0';
		assert_string_equal(out, rows[i]);
		imapsrv_session_free(s);
		imapsrv_engine_free(engine);
		ROW(i, fa.held == 0);
	}
}

/* ---- many names ---------------------------------------------------------------------------- */

enum { MESSAGES = 500, NAMES = 100, NAME = 900 };

static void uids_many(void *user, struct imapsrv_op *op, const struct imapsrv_uids *q)
{
	struct imapsrv_range range = {1, MESSAGES};

	(void)user;
	(void)q;
	imapsrv_op_uids(op, (struct imapsrv_set){&range, 1});
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void fetch_many(void *user, struct imapsrv_op *op, const struct imapsrv_fetch *q)
{
	struct imapsrv_row row;

	(void)user;
	memset(&row, 0, sizeof(row));
	row.facts = IMAPSRV_FACT_FLAGS | IMAPSRV_FACT_MODSEQ;
	row.modseq = 7;
	for (size_t i = 0; i < q->uids.count; i++)
		for (row.uid = q->uids.ranges[i].first; row.uid <= q->uids.ranges[i].last; row.uid++)
			imapsrv_op_row(op, &row);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void open_many(void *user, struct imapsrv_op *op, const struct imapsrv_open *q)
{
	struct imapsrv_mailbox m = IMAPSRV_MAILBOX_INIT;

	(void)user;
	(void)q;
	m.uidvalidity = 1;
	m.uidnext = MESSAGES + 1;
	m.highest_modseq = 5;
	imapsrv_op_mailbox(op, &m);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

/* Somebody gave many messages many entries with long names: the client is told of all, and what waits to leave
 * stays within what a session may have. */
static void test_many_names(void **state)
{
	static const char *const selects[] = {"a SELECT INBOX (ANNOTATE)\r\n",
	                                      "a SELECT INBOX (ANNOTATE CONDSTORE)\r\n"};
	static char text[NAMES][NAME];
	struct imapsrv_span names[NAMES];

	(void)state;
	for (unsigned i = 0; i < NAMES; i++) {
		memset(text[i], 'x', NAME);
		text[i][0] = '/';
		text[i][1] = (char)('a' + i / 10);
		text[i][2] = (char)('a' + i % 10);
		names[i] = (struct imapsrv_span){text[i], NAME};
	}
	for (size_t i = 0; i < COUNT(selects); i++) {
		struct imapsrv_session_config client = IMAPSRV_SESSION_CONFIG_INIT;
		struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
		struct imapsrv_limits limits = IMAPSRV_LIMITS_INIT;
		struct imapsrv_store store = nullstore_of_one();
		struct imapsrv_annotate annotate = IMAPSRV_ANNOTATE_INIT;
		struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
		struct imapsrv_event event = IMAPSRV_EVENT_INIT;
		struct imapsrv_range all = {1, MESSAGES};
		struct imapsrv_engine *engine;
		struct imapsrv_session *s;
		size_t used;
		bool bye = false;

		store.open = open_many;
		store.uids = uids_many;
		store.fetch = fetch_many;
		store.cancel = on_cancel;
		store.modseqs = 1;
		annotate.get = on_notes;
		limits.memory = 8 << 20;
		config.store = &store;
		config.annotate = &annotate;
		config.limits = &limits;
		client.preauth = &account;
		assert_int_equal(imapsrv_engine_new(&config, &engine), 0);
		assert_int_equal(imapsrv_session_new(engine, &client, &s), 0);
		drain(s, SIZE_MAX, &bye);
		assert_int_equal(imapsrv_session_recv(s, selects[i], strlen(selects[i]), &used), 0);
		drain(s, SIZE_MAX, &bye);
		event.type = IMAPSRV_EVENT_ANNOTATION_CHANGE;
		event.mailbox = (struct imapsrv_span){"INBOX", 5};
		event.uids = (struct imapsrv_set){&all, 1};
		event.entries = names;
		event.entry_count = NAMES;
		assert_int_equal(imapsrv_session_post(s, &event), 0);
		assert_int_equal(imapsrv_session_recv(s, "b NOOP\r\n", 8, &used), 0);
		ROW(i, drain(s, SIZE_MAX, &bye) > (size_t)MESSAGES * NAMES * NAME);
		ROW(i, !bye && imapsrv_session_want(s) == IMAPSRV_WANT_READ);
		imapsrv_session_free(s);
		imapsrv_engine_free(engine);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bye),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_many_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
