/* SPDX-License-Identifier: MIT */
/*
 * Long searches over sessions with a store that answers at once: how many steps one call of the API
 * takes, how many the whole takes (ATTACKS T24), and that a session can be freed in the middle.
 */
#include <stdlib.h>

#include "unit/nullstore.h"
#include "unit/row.h"

enum { MESSAGES = 300 };

struct box {
	struct imapsrv_span description; /* of each, if it is kept */
	uint32_t messages;
	char *text;
	size_t len;
	unsigned bodies, open_bodies;
	size_t appended;
};

static void box_open(void *user, struct imapsrv_op *op, const struct imapsrv_open *q)
{
	struct imapsrv_mailbox m = IMAPSRV_MAILBOX_INIT;
	struct box *box = user;

	(void)q;
	m.handle = box;
	m.uidvalidity = 1;
	m.uidnext = box->messages + 1;
	imapsrv_op_mailbox(op, &m);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void box_uids(void *user, struct imapsrv_op *op, const struct imapsrv_uids *q)
{
	struct imapsrv_range all = {1, ((struct box *)user)->messages};

	(void)q;
	imapsrv_op_uids(op, (struct imapsrv_set){&all, 1});
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void box_fetch(void *user, struct imapsrv_op *op, const struct imapsrv_fetch *q)
{
	struct imapsrv_row row = {.facts = IMAPSRV_FACT_FLAGS | IMAPSRV_FACT_DATE};
	size_t i;

	row.description = ((struct box *)user)->description;
	if (row.description.len)
		row.facts |= IMAPSRV_FACT_DESCRIPTION & q->facts;
	for (i = 0; i < q->uids.count; i++)
		for (row.uid = q->uids.ranges[i].first; row.uid <= q->uids.ranges[i].last; row.uid++)
			imapsrv_op_row(op, &row);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void box_body(void *user, struct imapsrv_op *op, const struct imapsrv_body *q)
{
	struct box *box = user;

	(void)q;
	box->bodies++;
	box->open_bodies++;
	imapsrv_op_lend(op, box->text, box->len, IMAPSRV_EOL_CRLF, box);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void box_body_close(void *user, void *body)
{
	(void)user;
	((struct box *)body)->open_bodies--;
}

static void box_identify(void *user, void *account, struct imapsrv_url_identity *identity)
{
	(void)user;
	(void)account;
	identity->user = (struct imapsrv_span){"fred", 4};
}

static void box_token(void *user, struct imapsrv_op *op, const struct imapsrv_url_query *q)
{
	static const unsigned char token[16];

	(void)user;
	(void)q;
	imapsrv_op_url_token(op, token, sizeof(token));
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void box_open_url(void *user, struct imapsrv_op *op, const struct imapsrv_url_query *q)
{
	(void)q;
	box_open(user, op, NULL);
}

static void box_reset(void *user, struct imapsrv_op *op, const struct imapsrv_reset_keys *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void box_begin(void *user, struct imapsrv_op *op, const struct imapsrv_append *q)
{
	(void)q;
	imapsrv_op_append(op, user);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void box_data(void *user, struct imapsrv_op *op, const struct imapsrv_append_data *q)
{
	((struct box *)user)->appended += q->len;
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void box_finish(void *user, struct imapsrv_op *op, const struct imapsrv_append_finish *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void box_store(void *user, struct imapsrv_op *op, const struct imapsrv_store_flags *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void box_expunge(void *user, struct imapsrv_op *op, const struct imapsrv_expunge *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

/* "KEY x0 OR ..." with `many` keys, and a body of `octets`. */
struct bomb {
	const char *key;
	unsigned many;
	uint32_t messages;
	size_t octets;
};

static char *command_of(const struct bomb *b, size_t *len_r)
{
	char *text = malloc((size_t)b->many * 48 + 64), *at = text;
	unsigned i;

	assert_non_null(text);
	at += sprintf(at, "a SEARCH RETURN (COUNT) ");
	for (i = 0; i < b->many; i++)
		at += sprintf(at, "%s%s x%u%s", i + 1 < b->many ? "OR " : "", b->key, i,
		              i + 1 < b->many ? " " : "\r\n");
	*len_r = (size_t)(at - text);
	return text;
}

struct cost {
	uint64_t all;  /* steps of the command */
	uint64_t most; /* in one call */
	unsigned calls;
};

static struct imapsrv_session *start(struct box *box, struct imapsrv_engine **engine_r)
{
	struct imapsrv_session_config client = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_urlauth urlauth = IMAPSRV_URLAUTH_INIT;
	struct imapsrv_store store = nullstore();
	struct imapsrv_session *s;
	size_t used;

	urlauth.identify = box_identify;
	urlauth.token = box_token;
	urlauth.open = box_open_url;
	urlauth.reset = box_reset;
	config.urlauth = &urlauth;
	store.append_begin = box_begin;
	store.append_data = box_data;
	store.append_finish = box_finish;
	store.append_abort = nullstore_close;
	store.store = box_store;
	store.expunge = box_expunge;
	store.unmeasured = 1;
	store.open = box_open;
	store.uids = box_uids;
	store.fetch = box_fetch;
	store.body = box_body;
	store.body_close = box_body_close;
	config.store = &store;
	client.user = box;
	client.preauth = &account;
	assert_int_equal(imapsrv_engine_new(&config, engine_r), 0);
	assert_int_equal(imapsrv_session_new(*engine_r, &client, &s), 0);
	assert_int_equal(imapsrv_session_recv(s, "b SELECT INBOX\r\n", 16, &used), 0);
	assert_int_equal(used, 16);
	return s;
}

static void fill(struct box *box, const struct bomb *b)
{
	static const char line[] = "x1 x12 x123 x1234 and the rest of a line of usual length\r\n";
	size_t i;

	*box = (struct box){.messages = b->messages, .len = b->octets};
	box->text = malloc(b->octets + 1);
	assert_non_null(box->text);
	for (i = 0; i < b->octets; i++)
		box->text[i] = line[i % (sizeof(line) - 1)];
	memcpy(box->text, "\r\n", 2);
}

/* Runs it whole, or until it has yielded `stop` times. */
static struct cost run(const struct bomb *b, unsigned stop)
{
	struct imapsrv_engine *engine;
	struct cost c = {0, 0, 0};
	struct box box;
	struct imapsrv_session *s;
	uint64_t before;
	size_t len, used;
	char *text = command_of(b, &len);

	fill(&box, b);
	s = start(&box, &engine);
	c.all = imapsrv_session_steps(s);
	do {
		before = imapsrv_session_steps(s);
		if (!c.calls)
			assert_int_equal(imapsrv_session_recv(s, text, len, &used), 0);
		else
			assert_int_equal(imapsrv_session_run(s), 0);
		c.calls++;
		if (imapsrv_session_steps(s) - before > c.most)
			c.most = imapsrv_session_steps(s) - before;
		/* Another command is not begun meanwhile. */
		if (imapsrv_session_want(s) & IMAPSRV_WANT_RUN)
			assert_false(imapsrv_session_want(s) & IMAPSRV_WANT_READ);
	} while (imapsrv_session_want(s) & IMAPSRV_WANT_RUN && c.calls != stop);
	c.all = imapsrv_session_steps(s) - c.all;
	imapsrv_session_free(s);
	assert_int_equal(box.open_bodies, 0);
	imapsrv_engine_free(engine);
	free(box.text);
	free(text);
	return c;
}

/* A turn of limits.turn steps, and what cannot be divided: a batch of rows or a piece of a body, and
 * reading the command. */
static void test_calls(void **unused)
{
	static const struct bomb bombs[] = {
		{"BODY", 4999, MESSAGES, 20000},
		{"BODY", 1, 4, 8u << 20},
		{"TEXT", 2000, 3, 1u << 20},
		{"SUBJECT", 4999, MESSAGES, 2000},
		{"KEYWORD", 4999, 100000, 2},
	};
	size_t i;

	(void)unused;
	for (i = 0; i < COUNT(bombs); i++) {
		struct cost c = run(&bombs[i], 0);

		ROW(i, c.calls > 1);
		if (c.most > 1000000 + 2u * 1048576 + 400000)
			fail_msg("row %zu: %llu steps in one call", i, (unsigned long long)c.most);
	}
}

/* Linear in the keys, in the messages, in their octets. */
static void test_linear(void **unused)
{
	static const struct bomb bombs[] = {
		{"BODY", 500, 50, 20000},
		{"TEXT", 500, 50, 20000},
		{"KEYWORD", 500, 2000, 2},
	};
	size_t i;

	(void)unused;
	for (i = 0; i < COUNT(bombs); i++) {
		struct bomb more = bombs[i];
		uint64_t once = run(&more, 0).all;

		more.many *= 4;
		ROW(i, run(&more, 0).all <= once * 4 + once / 4);
		more = bombs[i];
		more.messages *= 4;
		ROW(i, run(&more, 0).all <= once * 4 + once / 4);
		more = bombs[i];
		more.octets *= 4;
		ROW(i, run(&more, 0).all <= once * 4 + once / 4);
	}
}

/* The connection goes while a search is in the middle: what it holds is given back. */
static void test_cancel(void **unused)
{
	static const struct bomb bomb = {"BODY", 100, 40, 400000};
	unsigned whole = run(&bomb, 0).calls, stop;

	(void)unused;
	assert_true(whole > 10);
	for (stop = 1; stop < whole; stop += 3)
		assert_int_equal(run(&bomb, stop).calls, stop);
}

enum { PARTS = 9990 };

/* Of so many parts. */
static struct box multipart(void)
{
	static const char head[] = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
	static const char part[] = "--b\r\n\r\nx\r\n";
	struct box box = {.messages = 1, .len = sizeof(head) - 1 + PARTS * (sizeof(part) - 1)};

	box.text = malloc(box.len);
	assert_non_null(box.text);
	memcpy(box.text, head, sizeof(head) - 1);
	for (size_t i = 0; i < PARTS; i++)
		memcpy(box.text + sizeof(head) - 1 + i * (sizeof(part) - 1), part, sizeof(part) - 1);
	return box;
}

/* Has the session do all that it can, while what it says leaves at once. */
static struct cost talk(struct imapsrv_session *s, const char *text)
{
	uint64_t first = imapsrv_session_steps(s), before = first;
	struct cost c = {0, 0, 0};
	struct imapsrv_span span;
	size_t used, count;

	assert_int_equal(imapsrv_session_recv(s, text, strlen(text), &used), 0);
	do {
		c.calls++;
		if (imapsrv_session_steps(s) - before > c.most)
			c.most = imapsrv_session_steps(s) - before;
		before = imapsrv_session_steps(s);
		imapsrv_session_peek(s, &span, 1, &count);
		if (count)
			imapsrv_session_sent(s, span.len);
		else
			assert_int_equal(imapsrv_session_run(s), 0);
	} while (count || imapsrv_session_want(s) & IMAPSRV_WANT_RUN);
	c.all = imapsrv_session_steps(s) - first;
	return c;
}

/* Sections of a message with many parts, each of which has to be found among them. */
static void test_sections(void **unused)
{
	enum { SECTIONS = 900 };
	static const char *const sections[] = {"BODY", "BINARY"};
	struct box box = multipart();
	char *text = malloc(SECTIONS * 32 + 32);

	(void)unused;
	assert_non_null(text);
	for (size_t i = 0; i < COUNT(sections); i++) {
		struct imapsrv_engine *engine;
		struct imapsrv_session *s = start(&box, &engine);
		char *at = text + sprintf(text, "a FETCH 1 (");
		struct cost c;

		for (unsigned n = 0; n < SECTIONS; n++) {
			at += sprintf(at, "%s.PEEK[%u]<%u.1>", sections[i], PARTS, n);
			*at++ = n + 1 < SECTIONS ? ' ' : ')';
		}
		memcpy(at, "\r\n", 3);
		c = talk(s, text);
		ROW(i, c.all >= (uint64_t)PARTS * SECTIONS);
		ROW(i, c.calls > (i ? 16 : 8));
		ROW(i, c.most < 1000000 + 1000000);
		imapsrv_session_free(s);
		assert_int_equal(box.open_bodies, 0);
		imapsrv_engine_free(engine);
	}
	free(box.text);
	free(text);
}

/* The same by URLs, where the store kept the description of the message. */
static void test_urls(void **unused)
{
	enum { URLS = 500 };
	struct box box = multipart();
	struct imapsrv_describer *d;
	struct imapsrv_engine *engine;
	struct imapsrv_session *s;
	struct cost c;
	char *text = malloc(URLS * 120 + 32), *at = text;

	(void)unused;
	assert_non_null(text);
	assert_int_equal(imapsrv_describer_new(NULL, NULL, &d), 0);
	assert_int_equal(imapsrv_describer_feed(d, box.text, box.len), 0);
	assert_int_equal(imapsrv_describer_finish(d, &box.description), 0);
	s = start(&box, &engine);
	at += sprintf(at, "a URLFETCH");
	for (unsigned n = 0; n < URLS; n++)
		at += sprintf(at, " \"imap://fred@h/INBOX/;UID=1/;SECTION=%u;URLAUTH=anonymous:internal:"
		              "00000000000000000000000000000000\"", PARTS);
	memcpy(at, "\r\n", 3);
	c = talk(s, text);
	assert_int_equal(box.bodies, URLS);
	assert_true(c.all >= (uint64_t)PARTS * URLS);
	assert_true(c.calls > 4);
	assert_true(c.most < 1000000 + 1000000);
	imapsrv_session_free(s);
	assert_int_equal(box.open_bodies, 0);
	imapsrv_engine_free(engine);
	imapsrv_describer_free(d);
	free(box.text);
	free(text);
}

/* A message put together of the same header again and again, which is read for each. */
static void test_catenate(void **unused)
{
	enum { URLS = 300, LINES = 10000 };
	static const char line[] = "X-Filler: nothing that is wanted\r\n";
	struct box box = {.messages = 1, .len = LINES * (sizeof(line) - 1)};
	struct imapsrv_engine *engine;
	struct imapsrv_session *s;
	struct cost c;
	char *text = malloc(URLS * 120 + 32), *at = text;

	(void)unused;
	box.text = malloc(box.len);
	assert_true(text && box.text);
	for (size_t i = 0; i < LINES; i++)
		memcpy(box.text + i * (sizeof(line) - 1), line, sizeof(line) - 1);
	memcpy(box.text, "To: you\r\nX", 10);
	s = start(&box, &engine);
	at += sprintf(at, "a APPEND INBOX CATENATE (");
	for (unsigned n = 0; n < URLS; n++)
		at += sprintf(at, "%sURL \"/INBOX/;UID=1/;SECTION=HEADER.FIELDS%%20(TO)\"", n ? " " : "");
	memcpy(at, ")\r\n", 4);
	c = talk(s, text);
	assert_int_equal(box.appended, URLS * 9);
	assert_true(c.calls > 4);
	assert_true(c.most < 1000000 + 1000000);
	imapsrv_session_free(s);
	assert_int_equal(box.open_bodies, 0);
	imapsrv_engine_free(engine);
	free(box.text);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calls),
		cmocka_unit_test(test_linear),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_urls),
		cmocka_unit_test(test_catenate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
