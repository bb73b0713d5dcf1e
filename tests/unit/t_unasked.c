/* SPDX-License-Identifier: MIT */
/*
 * A store that answers each question about messages with all there are: what was not asked for is not told, and
 * above all takes no room from what was, or that would be asked for again without end; nor is it removed.
 */
#include <stdbool.h>
#include <stdio.h>

#include "unit/failalloc.h"
#include "unit/moved.h"
#include "unit/nullstore.h"
#include "unit/row.h"

enum { MOST = 100 };

/* NULL: the C library's */
static struct failalloc *allocator;

struct box {
	uint32_t messages;
	uint32_t failed;   /* the last of them, by a STORE; 0: none */
	bool keywords;     /* each has one of its own */
	bool twice;        /* each is told twice, and nothing but what was asked for */
	bool descending;   /* the last one first */
	uint32_t hidden;   /* that is gone: it has no row; 0: none */
	enum imapsrv_code stored;
	unsigned fetches, moves;
	struct imapsrv_range gone; /* expunged */
	char said[1 << 21];
	size_t said_len;
};

static void box_open(void *user, struct imapsrv_op *op, const struct imapsrv_open *q)
{
	struct imapsrv_mailbox m = IMAPSRV_MAILBOX_INIT;
	struct box *box = user;

	(void)q;
	m.handle = box;
	m.uidvalidity = 1;
	m.uidnext = box->messages + 1;
	m.permanent_flags = IMAPSRV_SYSTEM_FLAGS;
	m.new_keywords = 1;
	m.rights = IMAPSRV_RIGHTS_STANDARD;
	imapsrv_op_mailbox(op, &m);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void box_uids(void *user, struct imapsrv_op *op, const struct imapsrv_uids *q)
{
	const struct box *box = user;
	struct imapsrv_range all = {1, box->messages};
	bool down = box->descending && box->moves;

	for (uint32_t uid = box->messages; down && uid >= q->range.first && uid > 1; uid -= 2) {
		struct imapsrv_range one = {uid, uid};

		imapsrv_op_uids(op, (struct imapsrv_set){&one, 1});
	}
	for (int i = 0; !down && q->range.first == 1 && i < (box->twice ? 2 : 1); i++)
		imapsrv_op_uids(op, (struct imapsrv_set){&all, 1});
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void box_body(void *user, struct imapsrv_op *op, const struct imapsrv_body *q)
{
	static const char text[] = "Subject: x\r\n\r\nThe text.\r\n";

	(void)user, (void)q;
	imapsrv_op_lend(op, text, sizeof(text) - 1, IMAPSRV_EOL_CRLF, NULL);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void box_body_close(void *user, void *body)
{
	(void)user, (void)body;
}

static bool is_in(struct imapsrv_set set, uint32_t uid)
{
	size_t i = 0;

	while (i < set.count && (uid < set.ranges[i].first || uid > set.ranges[i].last))
		i++;
	return i < set.count;
}

static void give_all(struct box *box, struct imapsrv_op *op, struct imapsrv_set asked, uint32_t failed)
{
	for (uint32_t n = 1; n <= box->messages; n++) {
		char text[64];
		struct imapsrv_span keyword = {text, sizeof(text) - 1};
		struct imapsrv_row row = {.uid = n, .facts = IMAPSRV_FACT_FLAGS};

		if (box->descending)
			row.uid = box->messages + 1 - n;
		if (row.uid == box->hidden || (box->twice && !is_in(asked, row.uid)))
			continue;
		memset(text, 'x', sizeof(text));
		(void)snprintf(text, 5, "k%03u", (unsigned)row.uid);
		text[4] = '-';
		row.failed = row.uid == failed;
		if (box->keywords)
			row.flags = (struct imapsrv_flags){0, 1, &keyword};
		for (int i = 0; i < (box->twice ? 2 : 1); i++)
			imapsrv_op_row(op, &row);
	}
}

static void box_fetch(void *user, struct imapsrv_op *op, const struct imapsrv_fetch *q)
{
	struct box *box = user;

	if (++box->fetches <= MOST)
		give_all(box, op, q->uids, 0);
	imapsrv_op_done(op, box->fetches <= MOST ? IMAPSRV_OK : IMAPSRV_UNAVAILABLE, NULL);
}

static void box_store(void *user, struct imapsrv_op *op, const struct imapsrv_store_flags *q)
{
	struct box *box = user;

	give_all(box, op, q->uids, box->failed);
	imapsrv_op_done(op, box->stored, NULL);
}

/* Without these there is no `store`; nobody calls them. */

static void no_begin(void *user, struct imapsrv_op *op, const struct imapsrv_append *q)
{
	(void)user, (void)q;
	imapsrv_op_done(op, IMAPSRV_CANNOT, NULL);
}

static void no_data(void *user, struct imapsrv_op *op, const struct imapsrv_append_data *q)
{
	(void)user, (void)q;
	imapsrv_op_done(op, IMAPSRV_CANNOT, NULL);
}

static void no_finish(void *user, struct imapsrv_op *op, const struct imapsrv_append_finish *q)
{
	(void)user, (void)q;
	imapsrv_op_done(op, IMAPSRV_CANNOT, NULL);
}

static void no_abort(void *user, void *append)
{
	(void)user, (void)append;
}

static void box_copy(void *user, struct imapsrv_op *op, const struct imapsrv_copy *q)
{
	const struct box *box = user;
	struct imapsrv_range from = {1, box->messages}, to = {101, 100 + box->messages};

	(void)q;
	imapsrv_op_copied(op, 7, (struct imapsrv_set){&from, 1}, (struct imapsrv_set){&to, 1});
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

/* Nothing leaves. */
static void box_move(void *user, struct imapsrv_op *op, const struct imapsrv_copy *q)
{
	struct box *box = user;

	(void)q;
	imapsrv_op_done(op, ++box->moves <= MOST ? IMAPSRV_OK : IMAPSRV_UNAVAILABLE, NULL);
}

static void box_create(void *user, struct imapsrv_op *op, const struct imapsrv_create *q)
{
	(void)user, (void)q;
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void box_remove(void *user, struct imapsrv_op *op, const struct imapsrv_delete *q)
{
	(void)user, (void)q;
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void box_rename(void *user, struct imapsrv_op *op, const struct imapsrv_rename *q)
{
	(void)user, (void)q;
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void box_expunge(void *user, struct imapsrv_op *op, const struct imapsrv_expunge *q)
{
	struct box *box = user;

	assert_int_equal(q->uids.count, 1);
	box->gone = q->uids.ranges[0];
	if (!box->descending)
		imapsrv_op_uids(op, q->uids);
	/* Every other one, the last one first. */
	for (uint32_t uid = box->messages; box->descending && uid > 1; uid -= 2) {
		struct imapsrv_range one = {uid, uid};

		imapsrv_op_uids(op, (struct imapsrv_set){&one, 1});
	}
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void drain(struct box *box, struct imapsrv_session *s)
{
	struct imapsrv_span span;
	size_t count;

	while (imapsrv_session_peek(s, &span, 1, &count) == 0 && count) {
		if (span.len > sizeof(box->said) - 1 - box->said_len)
			fail_msg("too much output");
		memcpy(box->said + box->said_len, span.data, span.len);
		box->said_len += span.len;
		imapsrv_session_sent(s, span.len);
	}
	box->said[box->said_len] = '\0';
}

static void say(struct box *box, struct imapsrv_session *s, const char *line)
{
	size_t used;

	box->said_len = 0;
	assert_int_equal(imapsrv_session_recv(s, line, strlen(line), &used), 0);
	do {
		drain(box, s);
		assert_int_equal(imapsrv_session_run(s), 0);
	} while (imapsrv_session_want(s) & (IMAPSRV_WANT_RUN | IMAPSRV_WANT_WRITE));
}

static struct imapsrv_session *start(struct box *box, struct imapsrv_engine **engine_r)
{
	struct imapsrv_session_config client = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct imapsrv_limits limits = IMAPSRV_LIMITS_INIT;
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_mailboxes mailboxes = IMAPSRV_MAILBOXES_INIT;
	struct imapsrv_watch watch = IMAPSRV_WATCH_INIT;
	struct imapsrv_store store = nullstore();
	struct imapsrv_session *s;

	store.open = box_open;
	store.uids = box_uids;
	store.fetch = box_fetch;
	store.body = box_body;
	store.body_close = box_body_close;
	store.store = box_store;
	store.append_begin = no_begin;
	store.append_data = no_data;
	store.append_finish = no_finish;
	store.append_abort = no_abort;
	store.expunge = box_expunge;
	store.copy = box_copy;
	limits.set_ranges = box->moves ? 4 : 0;
	store.move = box->moves ? box_move : NULL;
	mailboxes.create = box_create;
	mailboxes.remove = box_remove;
	mailboxes.rename = box_rename;
	config.mailboxes = &mailboxes;
	limits.arena = box->keywords ? 32768 : 0;
	limits.batch = box->keywords ? 0 : 8;
	config.limits = &limits;
	config.allocator = allocator ? &allocator->allocator : NULL;
	config.store = &store;
	config.watch = &watch;
	client.user = box;
	client.preauth = &account;
	assert_int_equal(imapsrv_engine_new(&config, engine_r), 0);
	assert_int_equal(imapsrv_session_new(*engine_r, &client, &s), 0);
	say(box, s, "b SELECT INBOX\r\n");
	return s;
}

static unsigned count_of(const char *text, const char *what)
{
	unsigned n = 0;

	for (; (text = strstr(text, what)) != NULL; text += strlen(what))
		n++;
	return n;
}

/* Each is told, and once. */
static void test_put_off(void **unused)
{
	static const char *const commands[] = {
		"c FETCH 1:100 FLAGS\r\n",
		"c FETCH 1:100 (UID FLAGS INTERNALDATE)\r\n",
		"c STORE 1:100 +FLAGS (\\Seen)\r\n",
		"c STORE 51:100 +FLAGS (\\Seen)\r\n",
		"c FETCH 51:100 FLAGS\r\n",
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(commands); i++) {
		static struct box box;
		struct imapsrv_engine *engine;
		struct imapsrv_session *s;
		bool half = strstr(commands[i], "51") != NULL;

		memset(&box, 0, sizeof(box));
		box.messages = 100;
		box.keywords = true;
		box.stored = IMAPSRV_OK;
		s = start(&box, &engine);
		say(&box, s, commands[i]);
		ROW(i, box.fetches <= MOST);
		ROW(i, strstr(box.said, "c OK") != NULL);
		ROW(i, count_of(box.said, " FETCH (") == (half ? 50 : 100));
		ROW(i, count_of(box.said, "* 60 FETCH (") == 1);
		imapsrv_session_free(s);
		imapsrv_engine_free(engine);
	}
}

/* Nor is one that failed. */
static void test_store(void **unused)
{
	static struct box box;
	struct imapsrv_engine *engine;
	struct imapsrv_session *s;

	(void)unused;
	memset(&box, 0, sizeof(box));
	box.messages = 3;
	box.failed = 3;
	box.stored = IMAPSRV_OK;
	s = start(&box, &engine);
	say(&box, s, "c STORE 2 +FLAGS (\\Seen)\r\n");
	assert_string_equal(box.said, "* 2 FETCH (FLAGS ())\r\nc OK STORE done\r\n");
	imapsrv_session_free(s);
	imapsrv_engine_free(engine);
}

/* What was stored and put off is told, though the store says in the end that it failed. */
static void test_failed(void **unused)
{
	static struct box box;
	struct imapsrv_engine *engine;
	struct imapsrv_session *s;

	(void)unused;
	memset(&box, 0, sizeof(box));
	box.messages = 100;
	box.keywords = true;
	box.stored = IMAPSRV_UNAVAILABLE;
	s = start(&box, &engine);
	say(&box, s, "c STORE 1:100 +FLAGS (\\Seen)\r\n");
	assert_non_null(strstr(box.said, "c NO"));
	assert_int_equal(count_of(box.said, " FETCH ("), 100);
	imapsrv_session_free(s);
	imapsrv_engine_free(engine);
}

/* One that is gone is missed, though another is told that was not asked for, or one that was twice; and no message is
 * told, found or counted twice, or not at all because another was. */
static void test_counted(void **unused)
{
	static const struct row {
		bool twice, descending;
		uint32_t messages, hidden;
		const char *command, *answer;
	} rows[] = {
		{false, false, 3, 2, "c UID FETCH 1:2 FLAGS\r\n",
	         "* 1 FETCH (UID 1 FLAGS ())\r\nc OK [EXPUNGEISSUED] Some messages have been expunged\r\n"},
		{false, true, 3, 2, "c UID FETCH 1:2 (FLAGS INTERNALDATE)\r\n",
	         "* 1 FETCH (UID 1 FLAGS ())\r\nc OK [EXPUNGEISSUED] Some messages have been expunged\r\n"},
		{false, true, 3, 2, "c UID FETCH 1:2 BODY.PEEK[]<0.1>\r\n",
	         "* 1 FETCH (UID 1 BODY[]<0> {1}\r\nS)\r\nc OK [EXPUNGEISSUED] Some messages have been expunged\r\n"},
		{true, false, 3, 2, "c UID FETCH 1:2 FLAGS\r\n",
	         "* 1 FETCH (UID 1 FLAGS ())\r\nc OK [EXPUNGEISSUED] Some messages have been expunged\r\n"},
		{true, false, 3, 2, "c UID FETCH 1:2 BODY.PEEK[]<0.1>\r\n",
	         "* 1 FETCH (UID 1 BODY[]<0> {1}\r\nS)\r\nc OK [EXPUNGEISSUED] Some messages have been expunged\r\n"},
		{true, true, 3, 2, "c UID STORE 1:2 +FLAGS (\\Seen)\r\n",
	         "* 1 FETCH (UID 1 FLAGS ())\r\nc OK [EXPUNGEISSUED] Some messages have been expunged\r\n"},
		{true, false, 12, 0, "c SEARCH BODY text\r\n",
	         "* SEARCH 1 2 3 4 5 6 7 8 9 10 11 12\r\nc OK SEARCH completed\r\n"},
		{true, true, 12, 0, "c SEARCH BODY text\r\n",
	         "* SEARCH 1 2 3 4 5 6 7 8 9 10 11 12\r\nc OK SEARCH completed\r\n"},
		{true, false, 3, 2, "c SEARCH UNSEEN\r\n",
	         "* SEARCH 1 3\r\nc OK [EXPUNGEISSUED] SEARCH completed\r\n"},
		{true, true, 12, 0, "c SORT (SUBJECT) UTF-8 ALL\r\n",
	         "* SORT 1 2 3 4 5 6 7 8 9 10 11 12\r\nc OK SORT completed\r\n"},
		{true, false, 12, 0, "c STATUS Other (MESSAGES UNSEEN)\r\n",
	         "* STATUS Other (MESSAGES 12 UNSEEN 12)\r\nc OK STATUS done\r\n"},
		{true, true, 12, 0, "c STATUS Other (MESSAGES SIZE)\r\n",
	         "* STATUS Other (MESSAGES 12 SIZE 300)\r\nc OK STATUS done\r\n"},
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(rows); i++) {
		static struct box box;
		struct imapsrv_engine *engine;
		struct imapsrv_session *s;

		memset(&box, 0, sizeof(box));
		box.messages = rows[i].messages;
		box.stored = IMAPSRV_OK;
		s = start(&box, &engine);
		box.twice = rows[i].twice;
		box.descending = rows[i].descending;
		box.hidden = rows[i].hidden;
		say(&box, s, rows[i].command);
		if (strcmp(box.said, rows[i].answer) != 0)
			print_error("row %u: %s", (unsigned)i, box.said);
		ROW(i, strcmp(box.said, rows[i].answer) == 0);
		imapsrv_session_free(s);
		imapsrv_engine_free(engine);
	}
}

/* Of what others changed nothing else is told. */
static void test_changed(void **unused)
{
	static struct box box;
	struct imapsrv_range two = {2, 2};
	struct imapsrv_event event = IMAPSRV_EVENT_INIT;
	struct imapsrv_engine *engine;
	struct imapsrv_session *s;

	(void)unused;
	memset(&box, 0, sizeof(box));
	box.messages = 3;
	s = start(&box, &engine);
	event.type = IMAPSRV_EVENT_FLAGS_SET;
	event.mailbox = (struct imapsrv_span){"INBOX", 5};
	event.uids = (struct imapsrv_set){&two, 1};
	assert_int_equal(imapsrv_session_post(s, &event), 0);
	say(&box, s, "c NOOP\r\n");
	assert_string_equal(box.said, "* 2 FETCH (UID 2 FLAGS ())\r\nc OK NOOP done\r\n");
	imapsrv_session_free(s);
	imapsrv_engine_free(engine);
}

/* A move in two steps. */
static void test_move(void **unused)
{
	static struct box box;
	struct imapsrv_engine *engine;
	struct imapsrv_session *s;

	(void)unused;
	memset(&box, 0, sizeof(box));
	box.messages = 5;
	s = start(&box, &engine);
	say(&box, s, "c UID MOVE 2:3 Other\r\n");
	assert_int_equal(box.gone.first, 2);
	assert_int_equal(box.gone.last, 3);
	assert_string_equal(box.said, "* 3 EXPUNGE\r\n* 2 EXPUNGE\r\nc OK MOVE completed\r\n");
	imapsrv_session_free(s);
	imapsrv_engine_free(engine);
}

/* INBOX is moved in rounds, which come to an end though the store lists it from the last message on, and what was moved
 * still. */
static void test_rename(void **unused)
{
	static struct box box;
	struct imapsrv_engine *engine;
	struct imapsrv_session *s;

	(void)unused;
	memset(&box, 0, sizeof(box));
	box.messages = 20;
	box.moves = 1;
	s = start(&box, &engine);
	box.descending = true;
	say(&box, s, "c RENAME INBOX Other\r\n");
	assert_in_range(box.moves, 2, 20);
	assert_non_null(strstr(box.said, "c OK"));
	imapsrv_session_free(s);
	imapsrv_engine_free(engine);
}

/* What was removed is told, whatever the order in which the store says it, and at no more cost. */
static void test_expunge(void **unused)
{
	static struct box box;
	struct imapsrv_engine *engine;
	struct imapsrv_session *s;
	char line[40];

	(void)unused;
	for (int notify = 0; notify < 2; notify++) {
		memset(&box, 0, sizeof(box));
		box.messages = 20000;
		s = start(&box, &engine);
		box.descending = true;
		if (notify)
			say(&box, s, "n NOTIFY NONE\r\n");
		assert_true(!notify || strstr(box.said, "n OK"));
		moved = 0;
		say(&box, s, "c EXPUNGE\r\n");
		assert_in_range(moved, 0, 20000 * 500);
		assert_int_equal(count_of(box.said, " EXPUNGE\r\n"), 10000);
		for (uint32_t uid = box.messages; uid > 1; uid -= 2) {
			(void)snprintf(line, sizeof(line), "* %u EXPUNGE\r\n", (unsigned)uid);
			if (uid % 1000 == 0)
				assert_non_null(strstr(box.said, line));
		}
		assert_non_null(strstr(box.said, "c OK"));
		imapsrv_session_free(s);
		imapsrv_engine_free(engine);
	}
}

/* Others expunge the odd ones of the upper half, which the client does not want to hear of yet: they are not looked
 * through with each that it expunges itself, and told in the end. */
static void test_held_back(void **unused)
{
	static struct imapsrv_range others[5000];
	static struct box box;
	struct imapsrv_event event = IMAPSRV_EVENT_INIT;
	struct imapsrv_engine *engine;
	struct imapsrv_session *s;

	(void)unused;
	for (uint32_t i = 0; i < COUNT(others); i++)
		others[i].first = others[i].last = 10001 + 2 * i;
	event.type = IMAPSRV_EVENT_MESSAGE_EXPUNGE;
	event.mailbox = (struct imapsrv_span){"INBOX", 5};
	event.uids = (struct imapsrv_set){others, COUNT(others)};
	memset(&box, 0, sizeof(box));
	box.messages = 20000;
	s = start(&box, &engine);
	box.descending = true;
	say(&box, s, "n NOTIFY NONE\r\n");
	assert_int_equal(imapsrv_session_post(s, &event), 0);
	moved = 0;
	say(&box, s, "c EXPUNGE\r\n");
	assert_in_range(moved, 0, 20000 * 500);
	assert_int_equal(count_of(box.said, " EXPUNGE\r\n"), 10000);
	assert_non_null(strstr(box.said, "* 2 EXPUNGE\r\nc OK"));
	say(&box, s, "n NOTIFY SET (SELECTED (MessageNew MessageExpunge))\r\n");
	assert_int_equal(count_of(box.said, " EXPUNGE\r\n"), 5000);
	assert_non_null(strstr(box.said, "* 5001 EXPUNGE\r\n"));
	say(&box, s, "d NOOP\r\n");
	assert_string_equal(box.said, "d OK NOOP done\r\n");
	imapsrv_session_free(s);
	imapsrv_engine_free(engine);
}

/* One allocation fails, each in its turn.  False: there were not as many. */
static bool run_short(const char *line, size_t nth)
{
	static struct failalloc fa;
	static struct box box;
	struct imapsrv_engine *engine;
	struct imapsrv_session *s;
	size_t used;

	failalloc_init(&fa);
	allocator = &fa;
	memset(&box, 0, sizeof(box));
	box.messages = 1200;
	s = start(&box, &engine);
	box.descending = true;
	fa.calls = 0;
	fa.fail_first = nth;
	(void)imapsrv_session_recv(s, line, strlen(line), &used);
	do {
		box.said_len = 0;
		drain(&box, s);
		(void)imapsrv_session_run(s);
	} while (imapsrv_session_want(s) & (IMAPSRV_WANT_RUN | IMAPSRV_WANT_WRITE));
	imapsrv_session_free(s);
	imapsrv_engine_free(engine);
	allocator = NULL;
	assert_int_equal(fa.held, 0);
	return fa.calls >= nth;
}

static void test_memory(void **unused)
{
	static const char *const commands[] = {
		"c EXPUNGE\r\n", "n NOTIFY NONE\r\nc EXPUNGE\r\n", "c FETCH 1:9 FLAGS\r\n", "c STORE 1:9 +FLAGS (\\Seen)\r\n", "c SEARCH UNSEEN\r\n",
		"c SORT (ARRIVAL) UTF-8 1:9\r\n", "c STATUS Other (UNSEEN)\r\n"};

	(void)unused;
	for (size_t i = 0; i < COUNT(commands); i++)
		for (size_t nth = 1; run_short(commands[i], nth); nth++)
			;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_put_off),
		cmocka_unit_test(test_store),
		cmocka_unit_test(test_failed),
		cmocka_unit_test(test_counted),
		cmocka_unit_test(test_changed),
		cmocka_unit_test(test_move),
		cmocka_unit_test(test_rename),
		cmocka_unit_test(test_expunge),
		cmocka_unit_test(test_held_back),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests_name("unasked", tests, NULL, NULL);
}
