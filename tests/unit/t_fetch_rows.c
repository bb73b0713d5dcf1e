/* SPDX-License-Identifier: MIT */
/*
 * What FETCH holds of a batch is bounded: rows that bring much along (descriptions here) are put
 * off and asked for again, and every message is shown once all the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "imapsrv.h"
#include "unit/failalloc.h"

enum { MESSAGES = 40, LARGE = 600000, KEYWORDS = 300, KEYWORD = 250 };

static char large[LARGE];
static struct imapsrv_span kept; /* a description to go with each row; data NULL: `large` */
static int twice;                /* each row is told twice */
static struct imapsrv_span keywords[KEYWORDS];
static uint32_t keyword_count; /* of each message */
static uint32_t different;     /* each has so many others: one of them more than the one before */
static int fetches, open_bodies;
static uint32_t vanish_after; /* the fetch from which message 30 is gone; 0: never */
static int down_at;           /* fetches fail from this one on; 0: none */
static bool later;            /* fetches are answered when `answer` is called */
static struct imapsrv_op *asked;
static struct imapsrv_fetch asked_for;
static struct imapsrv_range asked_uids[MESSAGES];
static bool scrambled;        /* rows come in another order, and one twice */

static void on_list(void *user, struct imapsrv_op *op, const struct imapsrv_list *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void on_open(void *user, struct imapsrv_op *op, const struct imapsrv_open *q)
{
	struct imapsrv_mailbox m = IMAPSRV_MAILBOX_INIT;

	(void)user;
	(void)q;
	m.uidvalidity = 1;
	m.uidnext = MESSAGES + 1;
	m.permanent_flags = IMAPSRV_SEEN;
	m.highest_modseq = 3;
	imapsrv_op_mailbox(op, &m);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void on_close(void *user, void *handle)
{
	(void)user;
	(void)handle;
}

static void on_body_close(void *user, void *handle)
{
	(void)user;
	(void)handle;
	open_bodies--;
}

static void on_uids(void *user, struct imapsrv_op *op, const struct imapsrv_uids *q)
{
	struct imapsrv_range all = {1, MESSAGES};
	struct imapsrv_set set = {&all, 1};

	(void)user;
	(void)q;
	imapsrv_op_uids(op, set);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void give_rows(struct imapsrv_op *op, const struct imapsrv_fetch *q)
{
	struct imapsrv_row row;

	memset(&row, 0, sizeof(row));
	row.facts = IMAPSRV_FACT_FLAGS | IMAPSRV_FACT_DESCRIPTION;
	if (q->facts & IMAPSRV_FACT_MODSEQ) {
		row.facts |= IMAPSRV_FACT_MODSEQ;
		row.modseq = 3;
	}
	row.description.data = large;
	row.description.len = LARGE; /* no description: the message is read */
	if (kept.data)
		row.description = kept;
	row.flags.keywords = keywords;
	row.flags.keyword_count = keyword_count;
	if (scrambled)
		for (const char *uid = "2123"; *uid; uid++) {
			row.uid = (uint32_t)(*uid - '0');
			imapsrv_op_row(op, &row);
		}
	for (size_t i = 0; i < q->uids.count && !scrambled; i++)
		for (row.uid = q->uids.ranges[i].first; row.uid <= q->uids.ranges[i].last; row.uid++)
			if (row.uid != 30 || !vanish_after || (uint32_t)fetches < vanish_after)
				for (int n = 0; n <= twice; n++) {
					if (different)
						row.flags.keyword_count = row.uid * different;
					imapsrv_op_row(op, &row);
				}
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void on_fetch(void *user, struct imapsrv_op *op, const struct imapsrv_fetch *q)
{
	(void)user;
	if (++fetches >= down_at && down_at) {
		imapsrv_op_done(op, IMAPSRV_UNAVAILABLE, NULL);
	} else if (later) {
		asked = op;
		asked_for = *q;
		assert_true(q->uids.count <= MESSAGES);
		memcpy(asked_uids, q->uids.ranges, q->uids.count * sizeof(asked_uids[0]));
		asked_for.uids.ranges = asked_uids;
	} else {
		give_rows(op, q);
	}
}

static void on_store(void *user, struct imapsrv_op *op, const struct imapsrv_store_flags *q)
{
	struct imapsrv_fetch again = {q->mailbox, q->uids, IMAPSRV_FACT_FLAGS, 0};

	(void)user;
	fetches++;
	give_rows(op, &again);
}

static void on_expunge(void *user, struct imapsrv_op *op, const struct imapsrv_expunge *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

/* Nobody appends: there is nothing to do but to be there. */
static void on_append_begin(void *user, struct imapsrv_op *op, const struct imapsrv_append *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_CANNOT, NULL);
}

static void on_append_data(void *user, struct imapsrv_op *op, const struct imapsrv_append_data *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_CANNOT, NULL);
}

static void on_append_finish(void *user, struct imapsrv_op *op, const struct imapsrv_append_finish *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_CANNOT, NULL);
}

static void on_append_abort(void *user, void *append)
{
	(void)user;
	(void)append;
}

static void on_body(void *user, struct imapsrv_op *op, const struct imapsrv_body *q)
{
	static const char text[] = "Subject: a\r\n\r\nb\r\n";

	(void)user;
	(void)q;
	open_bodies++;
	imapsrv_op_lend(op, text, sizeof(text) - 1, IMAPSRV_EOL_CRLF, NULL);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static struct imapsrv_engine *engine_new(const struct imapsrv_limits *limits,
                                         const struct imapsrv_allocator *allocator)
{
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_store store = IMAPSRV_STORE_INIT;
	struct imapsrv_engine *engine = NULL;

	store.list = on_list;
	store.open = on_open;
	store.close = on_close;
	store.uids = on_uids;
	store.fetch = on_fetch;
	store.body = on_body;
	store.body_close = on_body_close;
	store.store = on_store;
	store.modseqs = 1;
	store.expunge = on_expunge;
	store.append_begin = on_append_begin;
	store.append_data = on_append_data;
	store.append_finish = on_append_finish;
	store.append_abort = on_append_abort;
	config.store = &store;
	config.limits = limits;
	config.allocator = allocator;
	assert_int_equal(imapsrv_engine_new(&config, &engine), 0);
	return engine;
}

/* All that there is to send. */
static char *hear(struct imapsrv_session *s)
{
	static char out[4 << 20];
	struct imapsrv_span span;
	size_t count, n = 0;

	for (;;) {
		struct imapsrv_op *op = asked;

		if (op) {
			asked = NULL;
			give_rows(op, &asked_for);
		}
		assert_int_equal(imapsrv_session_peek(s, &span, 1, &count), 0);
		if (!count)
			break;
		assert_true(n + span.len < sizeof(out));
		memcpy(out + n, span.data, span.len);
		n += span.len;
		imapsrv_session_sent(s, span.len);
	}
	out[n] = '\0';
	return out;
}

/* Says one line, takes the whole answer. */
static char *say(struct imapsrv_session *s, const char *line)
{
	size_t len = strlen(line), used;

	assert_int_equal(imapsrv_session_recv(s, line, len, &used), 0);
	assert_int_equal(used, len);
	return hear(s);
}

static void make_keywords(void)
{
	static char names[KEYWORDS][KEYWORD];

	memset(names, 'k', sizeof(names));
	for (int i = 0; i < KEYWORDS; i++) {
		names[i][0] = (char)('a' + i / 26);
		names[i][1] = (char)('a' + i % 26);
		keywords[i] = (struct imapsrv_span){names[i], KEYWORD};
	}
}

static void test_put_off(void **state)
{
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct imapsrv_engine *engine = engine_new(NULL, NULL);

	(void)state;
	memset(large, 'x', sizeof(large));
	for (vanish_after = 0; vanish_after < 3; vanish_after += 2) {
		struct imapsrv_session_config config = IMAPSRV_SESSION_CONFIG_INIT;
		struct imapsrv_session *s;
		uint32_t shown = 0;
		size_t peak;
		char *out;

		config.preauth = &account;
		assert_int_equal(imapsrv_session_new(engine, &config, &s), 0);
		say(s, "a EXAMINE INBOX\r\n");
		fetches = 0;
		out = say(s, "b FETCH 1:* (FLAGS ENVELOPE BODY.PEEK[])\r\n");
		for (char *at = out; (at = strstr(at, " FETCH (")) != NULL; at++)
			shown++;
		ROW(vanish_after, shown == (vanish_after ? MESSAGES - 1u : MESSAGES));
		ROW(vanish_after, strstr(out, vanish_after ? "b OK [EXPUNGEISSUED] " : "b OK ") != NULL);
		ROW(vanish_after, fetches > 10); /* two rows at a time */
		imapsrv_session_memory(s, &peak);
		ROW(vanish_after, peak < 4u << 20);
		ROW(vanish_after, open_bodies == 0);
		imapsrv_session_free(s);
	}
	imapsrv_engine_free(engine);
}

/* What is told from descriptions alone, or with the keywords of a message, waits for the client as all
 * else does: a sender or somebody who shares the mailbox may have made it long. */
static void test_told(void **state)
{
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct imapsrv_session_config config = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_limits limits = IMAPSRV_LIMITS_INIT;
	struct imapsrv_describer *describer;
	struct imapsrv_engine *engine;
	struct imapsrv_session *s;

	(void)state;
	vanish_after = 0;
	limits.memory = 1 << 20;
	limits.arena = 256 << 10;
	engine = engine_new(&limits, NULL);
	assert_int_equal(imapsrv_describer_new(NULL, NULL, &describer), 0);
	for (int i = 0; i < 2000; i++)
		imapsrv_describer_feed(describer, "To: somebody@example.com\r\n", 26);
	assert_int_equal(imapsrv_describer_finish(describer, &kept), 0);
	make_keywords();
	config.preauth = &account;
	for (int i = 0; i < 3; i++) {
		uint32_t shown = 0;
		char *out;

		twice = i == 1;
		keyword_count = i == 2 ? KEYWORDS : 0;
		assert_int_equal(imapsrv_session_new(engine, &config, &s), 0);
		say(s, "a EXAMINE INBOX\r\n");
		fetches = 0;
		out = say(s, i == 2 ? "b FETCH 1:* FLAGS\r\n" : "b FETCH 1:* ENVELOPE\r\n");
		for (char *at = out; (at = strstr(at, " FETCH (")) != NULL; at++)
			shown++;
		ROW((size_t)i, twice ? shown >= MESSAGES : shown == MESSAGES);
		ROW((size_t)i, strstr(out, "b OK ") != NULL);
		ROW((size_t)i, fetches > 10 && fetches <= MESSAGES);
		imapsrv_session_free(s);
	}
	keyword_count = 0;
	kept.data = NULL;
	imapsrv_describer_free(describer);
	imapsrv_engine_free(engine);
}

static void post_flags(struct imapsrv_session *s)
{
	struct imapsrv_event event = IMAPSRV_EVENT_INIT;
	struct imapsrv_range all = {1, MESSAGES};

	event.type = IMAPSRV_EVENT_FLAGS_SET;
	event.mailbox.data = "INBOX";
	event.mailbox.len = 5;
	event.uids.ranges = &all;
	event.uids.count = 1;
	assert_int_equal(imapsrv_session_post(s, &event), 0);
}

/* The same of flags that are told by other commands and because of an event. */
static void test_flags(void **state)
{
	static const struct {
		const char *enable;
		const char *select;
		const char *says;
		bool post;
		uint32_t shown;
		int fetches;         /* at least */
		uint32_t different;
	} rows[] = {
		{"a NOOP\r\n", "a SELECT INBOX\r\n", "b NOOP\r\n", true, MESSAGES, 11, 0},
		{"a ENABLE CONDSTORE\r\n", "a SELECT INBOX\r\n", "b NOOP\r\n", true, MESSAGES, 11, 0},
		{"a NOOP\r\n", "a SELECT INBOX\r\n", "b STORE 1:* +FLAGS (\\Seen)\r\n", false, MESSAGES,
	         11, 0},
		{"a ENABLE CONDSTORE\r\n", "a SELECT INBOX\r\n", "b STORE 1:* +FLAGS (\\Seen)\r\n", false,
	         MESSAGES, 11, 0},
		{"a NOOP\r\n", "a SELECT INBOX\r\n", "b STORE 1:* +FLAGS.SILENT (\\Seen)\r\n", false, 0,
	         1, 0},
		{"a ENABLE QRESYNC\r\n", "a NOOP\r\n", "b SELECT INBOX (QRESYNC (1 2))\r\n", false, MESSAGES,
	         11, 0},
		/* Each row brings a keyword more, and all are listed again. */
		{"a NOOP\r\n", "a SELECT INBOX\r\n", "b NOOP\r\n", true, MESSAGES, 5, 4},
		{"a NOOP\r\n", "a SELECT INBOX\r\n", "b FETCH 1:* FLAGS\r\n", false, MESSAGES, 5, 4},
		{"a NOOP\r\n", "a SELECT INBOX\r\n", "b STORE 1:* +FLAGS (\\Seen)\r\n", false, MESSAGES,
	         5, 4},
		{"a NOOP\r\n", "a SELECT INBOX\r\n", "b STORE 1:* +FLAGS.SILENT (\\Seen)\r\n", false, 0,
	         1, 4},
		{"a ENABLE QRESYNC\r\n", "a NOOP\r\n", "b SELECT INBOX (QRESYNC (1 2))\r\n", false, MESSAGES,
	         5, 4},
	};
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct imapsrv_session_config config = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_limits limits = IMAPSRV_LIMITS_INIT;
	struct imapsrv_engine *engine;
	struct imapsrv_session *s;

	(void)state;
	vanish_after = 0;
	twice = 0;
	limits.memory = 1 << 20;
	limits.arena = 256 << 10;
	engine = engine_new(&limits, NULL);
	make_keywords();
	config.preauth = &account;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t shown = 0;
		char *out;

		keyword_count = KEYWORDS;
		different = rows[i].different;
		assert_int_equal(imapsrv_session_new(engine, &config, &s), 0);
		say(s, rows[i].enable);
		say(s, rows[i].select);
		fetches = 0;
		if (rows[i].post)
			post_flags(s);
		out = say(s, rows[i].says);
		for (char *at = out; (at = strstr(at, " FETCH (")) != NULL; at++)
			shown++;
		ROW(i, shown == rows[i].shown);
		ROW(i, strstr(out, "b OK ") != NULL);
		ROW(i, fetches >= rows[i].fetches && fetches <= MESSAGES + 1);
		imapsrv_session_free(s);
	}
	keyword_count = different = 0;
	imapsrv_engine_free(engine);
}

/* Flags that are stored and put off may be told late, and are told with the next change where the
 * store cannot say them now. */
static void test_stored(void **state)
{
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct imapsrv_session_config config = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_limits limits = IMAPSRV_LIMITS_INIT;
	struct imapsrv_engine *engine;

	(void)state;
	limits.memory = 1 << 20;
	limits.arena = 256 << 10;
	engine = engine_new(&limits, NULL);
	make_keywords();
	keyword_count = KEYWORDS;
	config.preauth = &account;
	for (size_t i = 0; i < 2; i++) {
		struct imapsrv_session *s;
		uint32_t shown = 0, rest = 0;
		char *out;

		assert_int_equal(imapsrv_session_new(engine, &config, &s), 0);
		say(s, "a SELECT INBOX\r\n");
		fetches = 0;
		later = i == 0;
		down_at = i == 1 ? 3 : 0;
		out = say(s, "b STORE 1:* +FLAGS (\\Seen)\r\n");
		for (char *at = out; (at = strstr(at, " FETCH (")) != NULL; at++)
			shown++;
		ROW(i, strstr(out, "b OK ") != NULL);
		ROW(i, i == 0 ? shown == MESSAGES : shown > 0 && shown < MESSAGES);
		down_at = 0;
		out = say(s, "c NOOP\r\n");
		for (char *at = out; (at = strstr(at, " FETCH (")) != NULL; at++)
			rest++;
		ROW(i, strstr(out, "c OK ") != NULL);
		ROW(i, shown + rest == MESSAGES);
		imapsrv_session_free(s);
	}
	keyword_count = 0;
	later = false;
	imapsrv_engine_free(engine);
}

/* Where there is no memory to keep what is put off, the session ends whole. */
static void test_memory(void **state)
{
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct imapsrv_session_config config = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_limits limits = IMAPSRV_LIMITS_INIT;
	bool failed = true;
	size_t ended = 0;
	struct failalloc fa;

	(void)state;
	limits.memory = 1 << 20;
	limits.arena = 256 << 10;
	make_keywords();
	keyword_count = KEYWORDS;
	config.preauth = &account;
	for (size_t n = 1; failed; n++) {
		struct imapsrv_engine *engine;
		struct imapsrv_session *s;
		size_t used, len;
		char *out;

		failalloc_init(&fa);
		engine = engine_new(&limits, &fa.allocator);
		assert_int_equal(imapsrv_session_new(engine, &config, &s), 0);
		say(s, "a SELECT INBOX\r\n");
		scrambled = true;
		post_flags(s);
		fa.fail_first = fa.calls + n;
		(void)imapsrv_session_recv(s, "b NOOP\r\n", 8, &used);
		out = hear(s);
		failed = fa.calls >= fa.fail_first;
		len = strlen(out);
		ROW(n, len >= 2 && strcmp(out + len - 2, "\r\n") == 0);
		ROW(n, strstr(out, "b OK ") != NULL || strstr(out, "* BYE ") != NULL);
		ended += strstr(out, "* BYE ") != NULL;
		scrambled = false;
		imapsrv_session_free(s);
		imapsrv_engine_free(engine);
		ROW(n, fa.held == 0);
	}
	assert_true(ended > 2);
	keyword_count = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_put_off),
		cmocka_unit_test(test_told),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_stored),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
