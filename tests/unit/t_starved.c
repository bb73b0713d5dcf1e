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

/* ---- lines before the one that is half written ---------------------------------------------- */

enum { LONG = 700 };

static void open_long(void *user, struct imapsrv_op *op, const struct imapsrv_open *q)
{
	static char other;
	struct imapsrv_mailbox m = IMAPSRV_MAILBOX_INIT;

	(void)user;
	m.handle = q->name.len == 5 ? NULL : &other;
	m.uidvalidity = 1;
	m.uidnext = 2 * LONG;
	imapsrv_op_mailbox(op, &m);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

/* Of INBOX every other UID; of others 1. */
static void uids_long(void *user, struct imapsrv_op *op, const struct imapsrv_uids *q)
{
	struct imapsrv_range range;

	(void)user;
	for (uint32_t uid = 1; uid < 2 * LONG && (uid == 1 || !q->mailbox); uid += 2) {
		range.first = range.last = uid;
		if (uid >= q->range.first && uid <= q->range.last)
			imapsrv_op_uids(op, (struct imapsrv_set){&range, 1});
	}
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

/* Every other message has \Seen. */
static void fetch_long(void *user, struct imapsrv_op *op, const struct imapsrv_fetch *q)
{
	struct imapsrv_row row;

	(void)user;
	memset(&row, 0, sizeof(row));
	row.facts = IMAPSRV_FACT_FLAGS | IMAPSRV_FACT_DATE | IMAPSRV_FACT_SIZE;
	for (size_t i = 0; i < q->uids.count; i++)
		for (row.uid = q->uids.ranges[i].first | 1; row.uid <= q->uids.ranges[i].last; row.uid += 2) {
			row.flags.system = row.uid / 2 % 2 ? 0 : IMAPSRV_SEEN;
			row.octets = row.uid;
			imapsrv_op_row(op, &row);
		}
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void body_long(void *user, struct imapsrv_op *op, const struct imapsrv_body *q)
{
	static const char text[] = "Subject: x\r\n\r\n";

	(void)user;
	(void)q;
	imapsrv_op_lend(op, text, sizeof(text) - 1, IMAPSRV_EOL_CRLF, NULL);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void list_long(void *user, struct imapsrv_op *op, const struct imapsrv_list *q)
{
	struct imapsrv_name name = {{"INBOX", 5}, 0, 0};

	(void)user;
	(void)q;
	imapsrv_op_name(op, &name);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

/* Does what may be done at once. */
static void settle(struct imapsrv_session *s)
{
	while (imapsrv_session_want(s) & IMAPSRV_WANT_RUN)
		imapsrv_session_run(s);
}

static struct imapsrv_session *begin_long(struct failalloc *fa, struct imapsrv_engine **engine_r)
{
	struct imapsrv_session_config client = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_limits limits = IMAPSRV_LIMITS_INIT;
	struct imapsrv_store store = nullstore_of_one();
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct imapsrv_session *s;
	bool bye = false;

	failalloc_init(fa);
	store.list = list_long;
	store.open = open_long;
	store.uids = uids_long;
	store.fetch = fetch_long;
	store.body = body_long;
	limits.output = 64;
	limits.progress = 1;
	limits.uidbatch = 1;
	config.store = &store;
	config.limits = &limits;
	config.allocator = &fa->allocator;
	client.preauth = &account;
	assert_int_equal(imapsrv_engine_new(&config, engine_r), 0);
	assert_int_equal(imapsrv_session_new(*engine_r, &client, &s), 0);
	drain(s, SIZE_MAX, &bye);
	return s;
}

static void send_line(struct imapsrv_session *s, const char *line)
{
	size_t used;

	assert_int_equal(imapsrv_session_recv(s, line, strlen(line), &used), 0);
	assert_int_equal(used, strlen(line));
	settle(s);
}

static void post_uids(struct imapsrv_session *s, enum imapsrv_event_type type, uint32_t first, uint32_t last)
{
	struct imapsrv_event event = IMAPSRV_EVENT_INIT;
	struct imapsrv_range range = {first, last};

	event.type = type;
	event.mailbox = (struct imapsrv_span){"INBOX", 5};
	event.uids = (struct imapsrv_set){&range, 1};
	assert_int_equal(imapsrv_session_post(s, &event), 0);
}

#define SHORT "y SEARCH RETURN (UPDATE COUNT) 1\r\n"

static const struct {
	const char *before[2]; /* NULL: none */
	enum imapsrv_event_type event;
	uint32_t first, last;
	const char *line;
} long_rows[] = {
	{{NULL}, IMAPSRV_EVENT_FLAGS_SET, 1, 3, "b SEARCH OR SEEN DELETED\r\n"},
	{{NULL}, IMAPSRV_EVENT_FLAGS_SET, 1, 3, "b SEARCH RETURN (ALL) OR SEEN DELETED\r\n"},
	{{NULL}, IMAPSRV_EVENT_FLAGS_SET, 1, 3, "b SORT (SIZE) UTF-8 OR SEEN DELETED\r\n"},
	{{NULL}, IMAPSRV_EVENT_FLAGS_SET, 1, 3,
	 "b SORT RETURN (ALL) (REVERSE SIZE) UTF-8 OR SEEN DELETED\r\n"},
	{{NULL}, IMAPSRV_EVENT_FLAGS_SET, 1, 3, "b THREAD ORDEREDSUBJECT UTF-8 OR SEEN DELETED\r\n"},
	{{NULL}, IMAPSRV_EVENT_FLAGS_SET, 1, 3, "b ESEARCH IN (mailboxes A selected) ALL\r\n"},
	{{NULL}, IMAPSRV_EVENT_MESSAGE_NEW, 2 * LONG, 2 * LONG, "b UIDBATCHES 1 1:500\r\n"},
	{{SHORT, "z SEARCH RETURN (UPDATE COUNT) OR SEEN DELETED\r\n"}, IMAPSRV_EVENT_MESSAGE_EXPUNGE, 1, 2 * LONG,
	 "b NOOP\r\n"},
	{{SHORT, "z SORT RETURN (UPDATE COUNT) (SIZE) UTF-8 OR SEEN DELETED\r\n"},
	 IMAPSRV_EVENT_MESSAGE_EXPUNGE, 1, 2 * LONG, "b NOOP\r\n"},
};

/* What waits to leave, from its beginning. */
static size_t look_at(struct imapsrv_session *s, char *out, size_t size)
{
	struct imapsrv_span spans[16];
	size_t count, len = 0;

	assert_int_equal(imapsrv_session_peek(s, spans, 16, &count), 0);
	for (size_t i = 0; i < count && len + spans[i].len < size; i++) {
		memcpy(out + len, spans[i].data, spans[i].len);
		len += spans[i].len;
	}
	out[len] = '\0';
	return len;
}

static void test_before(void **state)
{
	static char out[100000];

	(void)state;
	for (size_t i = 0; i < COUNT(long_rows); i++) {
		struct imapsrv_engine *engine;
		struct failalloc fa;
		struct imapsrv_session *s = begin_long(&fa, &engine);
		const char *half, *end;
		bool bye = false;

		send_line(s, "s SELECT INBOX\r\n");
		drain(s, SIZE_MAX, &bye);
		for (unsigned k = 0; k < 2 && long_rows[i].before[k]; k++) {
			send_line(s, long_rows[i].before[k]);
			while (drain(s, SIZE_MAX, &bye))
				settle(s);
		}
		post_uids(s, long_rows[i].event, long_rows[i].first, long_rows[i].last);
		send_line(s, long_rows[i].line);
		/* Whole lines leave, until one is half written. */
		for (;;) {
			size_t len = look_at(s, out, sizeof(out));

			half = out;
			while ((end = strstr(half, "\r\n")) != NULL)
				half = end + 2;
			if (!len || *half)
				break;
			drain(s, len, &bye);
			settle(s);
		}
		drain(s, (size_t)(half - out), &bye);
		fa.fail_first = fa.calls + 1;
		ROW(i, imapsrv_session_bye(s, "a text that is to be kept") == IMAPSRV_ENOMEM);
		look_at(s, out, sizeof(out));
		ROW(i, strcmp(out, "* BYE Out of memory\r\n") == 0);
		drain(s, SIZE_MAX, &bye);
		imapsrv_session_free(s);
		imapsrv_engine_free(engine);
		ROW(i, fa.held == 0);
	}
}

/* A response that waited in its middle is whole, and memory runs out in what follows it: that can
 * be said. */
static void test_behind(void **state)
{
	static const char *const rows[] = {
		"b SEARCH RETURN (ALL UPDATE) OR SEEN DELETED\r\n",
		"b SORT RETURN (ALL UPDATE) (REVERSE SIZE) UTF-8 OR SEEN DELETED\r\n",
		"b ESEARCH IN (mailboxes A selected) RETURN (ALL UPDATE) ALL\r\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		for (size_t fail = 1; fail < 40; fail++) {
			struct imapsrv_engine *engine;
			struct failalloc fa;
			struct imapsrv_session *s = begin_long(&fa, &engine);
			bool bye = false;
			char end = '\n';
			size_t count;

			send_line(s, "s SELECT INBOX\r\n");
			drain(s, SIZE_MAX, &bye);
			send_line(s, rows[i]);
			/* Half of it has left. */
			ROW(i, drain(s, 300, &bye) == 300);
			settle(s);
			fa.fail_first = fa.calls + fail;
			for (;;) {
				struct imapsrv_span span;

				assert_int_equal(imapsrv_session_peek(s, &span, 1, &count), 0);
				if (!count)
					break;
				end = span.data[span.len - 1];
				drain(s, span.len, &bye);
				settle(s);
			}
			ROW(i, bye || end != '\n' || imapsrv_session_want(s) != IMAPSRV_WANT_CLOSE);
			imapsrv_session_free(s);
			imapsrv_engine_free(engine);
			ROW(i, fa.held == 0);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bye),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_before),
		cmocka_unit_test(test_behind),
		cmocka_unit_test(test_many_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
