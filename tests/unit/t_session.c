/* SPDX-License-Identifier: MIT */
/*
 * What a session does in places that a script cannot reach: answers that come one by one while
 * output leaves, memory that ends between them, a mailbox of 100,000 messages, what is left in
 * memory of a password, output that is full before login.
 */
#include <stdbool.h>

#include "unit/row.h"

#include "imapsrv.h"

#define SECRET   "s3cretPassw0rdS3cret"
#define SECRET64 "AGZyZWQAczNjcmV0UGFzc3cwcmRTM2NyZXQ=" /* NUL fred NUL SECRET */

/* ---- a host that answers when the test says so --------------------------------------------- */

struct host {
	struct imapsrv_allocator allocator;
	bool starved;        /* no memory any more */
	const char *secret;  /* must not be in a block that is given back */
	unsigned leaks;      /* blocks that were, with the secret in them */
	struct imapsrv_op *op;
	struct imapsrv_range asked; /* by the last fetch: from its first to its last */
	bool later;          /* leaves the op open */
	const struct imapsrv_span *keywords; /* not NULL: gives all rows, asked for or not, with these */
	uint32_t keyword_count;
	bool meddles;        /* calls what may not be called from inside a callback */
	unsigned faults;     /* that the library reported */
	uint32_t messages;
	struct imapsrv_engine *engine;
	struct imapsrv_session *session;
	char out[1 << 16];
	size_t out_len;
};

static bool contains(const char *data, size_t len, const char *what)
{
	size_t n = strlen(what), i;

	for (i = 0; n <= len && i <= len - n; i++)
		if (memcmp(data + i, what, n) == 0)
			return true;
	return false;
}

static void *host_alloc(void *user, size_t size)
{
	const struct host *h = user;
	void *block = h->starved ? NULL : malloc(size);

	if (block)
		memset(block, 0xa5, size);
	return block;
}

static void host_free(void *user, void *block, size_t size)
{
	struct host *h = user;

	if (h->secret && contains(block, size, h->secret))
		h->leaks++;
	memset(block, 0x5a, size);
	free(block);
}

static void *host_realloc(void *user, void *block, size_t old_size, size_t size)
{
	void *moved = host_alloc(user, size);

	if (!moved)
		return NULL;
	memcpy(moved, block, old_size < size ? old_size : size);
	host_free(user, block, old_size);
	return moved;
}

static void on_fault(void *user, const char *what)
{
	struct host *h = user;

	assert_non_null(what);
	h->faults++;
}

/* None of these may do anything. */
static void meddle(struct host *h)
{
	struct imapsrv_span span;
	size_t n;

	assert_int_equal(imapsrv_session_recv(h->session, "x", 1, &n), IMAPSRV_EREENTER);
	assert_int_equal(n, 0);
	assert_int_equal(imapsrv_session_run(h->session), IMAPSRV_EREENTER);
	assert_int_equal(imapsrv_session_eof(h->session), IMAPSRV_EREENTER);
	assert_int_equal(imapsrv_session_peek(h->session, &span, 1, &n), IMAPSRV_EREENTER);
	assert_int_equal(imapsrv_session_sent(h->session, 0), IMAPSRV_EREENTER);
	assert_int_equal(imapsrv_session_bye(h->session, "x"), IMAPSRV_EREENTER);
	assert_int_equal(imapsrv_session_tls_started(h->session), IMAPSRV_EREENTER);
	assert_int_equal(imapsrv_session_hide(h->session, "IDLE"), IMAPSRV_EREENTER);
	assert_int_equal(imapsrv_session_compress_started(h->session), IMAPSRV_EREENTER);
	assert_int_equal(imapsrv_session_set_external(h->session, "x", 1), IMAPSRV_EREENTER);
	assert_int_equal(imapsrv_session_set_channel_binding(h->session, "x", "x", 1),
	                 IMAPSRV_EREENTER);
	assert_int_equal(imapsrv_session_save(h->session, (struct imapsrv_span){"", 0}, NULL, 0, &n),
	                 IMAPSRV_EREENTER);
	(void)imapsrv_session_tick(h->session, 1);
	imapsrv_session_trim(h->session);
	imapsrv_session_free(h->session);
}

static bool keeps(struct host *h, struct imapsrv_op *op)
{
	if (h->meddles)
		meddle(h);
	h->op = h->later ? op : NULL;
	return h->later;
}

static void cancel(void *user, struct imapsrv_op *op)
{
	struct host *h = user;

	assert_ptr_equal(h->op, op);
	h->op = NULL;
}

static void login(void *user, struct imapsrv_op *op, const struct imapsrv_login *q)
{
	struct host *h = user;
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;

	if (keeps(h, op))
		return;
	account.handle = h;
	if (!contains(q->password.data, q->password.len, SECRET)) {
		imapsrv_op_done(op, IMAPSRV_AUTHENTICATIONFAILED, NULL);
		return;
	}
	imapsrv_op_account(op, &account);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void list(void *user, struct imapsrv_op *op, const struct imapsrv_list *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void open_box(void *user, struct imapsrv_op *op, const struct imapsrv_open *q)
{
	const struct host *h = user;
	struct imapsrv_mailbox box = IMAPSRV_MAILBOX_INIT;

	(void)q;
	box.handle = user;
	box.uidvalidity = 1;
	box.uidnext = h->messages + 1;
	imapsrv_op_mailbox(op, &box);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void close_box(void *user, void *mailbox)
{
	(void)user;
	(void)mailbox;
}

static void uids(void *user, struct imapsrv_op *op, const struct imapsrv_uids *q)
{
	const struct host *h = user;
	struct imapsrv_range range = {1, h->messages};

	if (q->range.first <= h->messages)
		imapsrv_op_uids(op, (struct imapsrv_set){&range, 1});
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void row(struct imapsrv_op *op, uint32_t uid, const struct imapsrv_span *keywords,
                uint32_t count)
{
	struct imapsrv_row r;

	memset(&r, 0, sizeof(r));
	r.uid = uid;
	r.facts = IMAPSRV_FACT_FLAGS;
	r.flags.keywords = keywords;
	r.flags.keyword_count = count;
	imapsrv_op_row(op, &r);
}

static void fetch(void *user, struct imapsrv_op *op, const struct imapsrv_fetch *q)
{
	struct host *h = user;
	size_t i;
	uint32_t uid;

	h->asked.first = q->uids.ranges[0].first;
	h->asked.last = q->uids.ranges[q->uids.count - 1].last;
	if (keeps(h, op))
		return;
	for (uid = 1; h->keywords && uid <= h->messages; uid++)
		row(op, uid, h->keywords, h->keyword_count);
	for (i = 0; i < q->uids.count && !h->keywords; i++)
		for (uid = q->uids.ranges[i].first; uid <= q->uids.ranges[i].last; uid++)
			if (uid <= h->messages)
				row(op, uid, NULL, 0);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void body(void *user, struct imapsrv_op *op, const struct imapsrv_body *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_NO, NULL);
}

static void body_close(void *user, void *handle)
{
	(void)user;
	(void)handle;
}

static void idle(void *user, struct imapsrv_op *op, const struct imapsrv_idle *q)
{
	(void)q;
	if (!keeps(user, op))
		imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void start(struct host *h, struct imapsrv_limits *limits, bool preauth)
{
	struct imapsrv_store store = IMAPSRV_STORE_INIT;
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_session_config session = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;

	h->allocator = (struct imapsrv_allocator){host_alloc, host_realloc, host_free, h};
	store.cancel = cancel;
	store.login = login;
	store.list = list;
	store.open = open_box;
	store.close = close_box;
	store.uids = uids;
	store.fetch = fetch;
	store.body = body;
	store.body_close = body_close;
	store.idle = idle;
	config.store = &store;
	config.allocator = &h->allocator;
	config.limits = limits;
	config.fault = on_fault;
	assert_int_equal(imapsrv_engine_new(&config, &h->engine), 0);
	account.handle = h;
	session.user = h;
	session.allow_plaintext = 1;
	session.preauth = preauth ? &account : NULL;
	assert_int_equal(imapsrv_session_new(h->engine, &session, &h->session), 0);
}

static void finish(struct host *h)
{
	imapsrv_session_free(h->session);
	imapsrv_engine_free(h->engine);
}

/* All that waits leaves; kept in h->out while there is room. */
static void drain(struct host *h)
{
	struct imapsrv_span span;
	size_t count, n;

	for (;;) {
		imapsrv_session_peek(h->session, &span, 1, &count);
		if (!count)
			break;
		n = sizeof(h->out) - 1 - h->out_len;
		n = span.len < n ? span.len : n;
		memcpy(h->out + h->out_len, span.data, n);
		h->out_len += n;
		imapsrv_session_sent(h->session, span.len);
	}
	h->out[h->out_len] = '\0';
}

/* As much as is taken; returns how much that was. */
static size_t give(struct host *h, const char *text)
{
	size_t used = 0;

	imapsrv_session_recv(h->session, text, strlen(text), &used);
	return used;
}

static void say(struct host *h, const char *text)
{
	h->out_len = 0;
	assert_int_equal(give(h, text), strlen(text));
	drain(h);
}

static size_t waiting(struct host *h)
{
	struct imapsrv_span spans[4096];
	size_t count, i, n = 0;

	imapsrv_session_peek(h->session, spans, 4096, &count);
	for (i = 0; i < count; i++)
		n += spans[i].len;
	return n;
}

/* ---- memory ends between two answers ------------------------------------------------------- */

/* The first row has left when the second finds no memory: half a line must not be sent. */
static void no_half_line(void **state)
{
	static struct host h;
	static char text[32][256];
	struct imapsrv_span keywords[32];
	struct imapsrv_op *op;
	int i;

	(void)state;
	memset(&h, 0, sizeof(h));
	h.messages = 2;
	start(&h, NULL, true);
	say(&h, "a SELECT INBOX\r\n");
	for (i = 0; i < 32; i++) {
		memset(text[i], 'a' + i % 26, 250);
		text[i][0] = (char)('A' + i % 26);
		text[i][1] = (char)('a' + i / 26);
		keywords[i] = (struct imapsrv_span){text[i], 250};
	}
	/* The keywords are known before memory ends. */
	h.later = true;
	say(&h, "b FETCH 1 FLAGS\r\n");
	row(h.op, 1, keywords, 32);
	imapsrv_op_done(h.op, IMAPSRV_OK, NULL);
	imapsrv_session_run(h.session);
	drain(&h);
	say(&h, "c FETCH 1:2 FLAGS\r\n");
	op = h.op;
	row(op, 1, NULL, 0);
	assert_int_equal(waiting(&h), strlen("* 1 FETCH (FLAGS ())\r\n"));
	imapsrv_session_sent(h.session, 4);
	imapsrv_session_trim(h.session);
	h.starved = true;
	row(op, 2, keywords, 32);
	h.starved = false;
	h.op = NULL;
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
	imapsrv_session_run(h.session);
	h.out_len = 0;
	drain(&h);
	assert_string_equal(h.out, "FETCH (FLAGS ())\r\n* BYE Out of memory\r\n");
	assert_int_equal(imapsrv_session_want(h.session), IMAPSRV_WANT_CLOSE);
	finish(&h);
}

/* Nor of the answer to the last guess, behind which the session ends. */
static void no_half_refusal(void **state)
{
	struct imapsrv_limits limits = IMAPSRV_LIMITS_INIT;

	(void)state;
	limits.failed_logins = 1;
	limits.login_delay = UINT32_MAX;
	for (int answers = 240; answers < 270; answers++) {
		static struct host h;

		memset(&h, 0, sizeof(h));
		start(&h, &limits, false);
		drain(&h);
		/* The arena and the buffer of the line are there; the answers fill what there is for
		 * output. */
		assert_true(give(&h, "a ID (\"name\" \"as long as what comes next\")\r\n"));
		for (int i = 0; i < answers; i++)
			assert_true(give(&h, "a NOOP\r\n"));
		h.starved = true;
		assert_true(give(&h, "b LOGIN fred wrong\r\n"));
		h.starved = false;
		h.out_len = 0;
		drain(&h);
		ROW(answers, h.out_len > 2 && !memcmp(h.out + h.out_len - 2, "\r\n", 2));
		ROW(answers, imapsrv_session_want(h.session) == IMAPSRV_WANT_CLOSE);
		finish(&h);
	}
}

/* Memory ends when something is posted, and what was said before has not left: it stays, wherever the
 * session is. */
static void said_stays(void **state)
{
	static const struct {
		const char *lines, *said;
	} rows[] = {
		{"b NOOP\r\n", "b OK NOOP done\r\n* BYE Out of memory\r\n"},
		/* a literal is being dropped */
		{"b NOOP\r\nc NO-SUCH {1000+}\r\n", "b OK NOOP done\r\n* BYE Out of memory\r\n"},
		{"b IDLE\r\n", "+ idling\r\n* BYE Out of memory\r\n"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		static struct host h;
		struct imapsrv_event event = IMAPSRV_EVENT_INIT;

		memset(&h, 0, sizeof(h));
		h.messages = 1;
		start(&h, NULL, true);
		say(&h, "a SELECT INBOX\r\n");
		h.out_len = 0;
		assert_true(give(&h, rows[i].lines));
		h.starved = true;
		event.type = IMAPSRV_EVENT_QUOTA_EXCEED;
		event.mailbox = (struct imapsrv_span){"INBOX", 5};
		imapsrv_session_post(h.session, &event);
		h.starved = false;
		imapsrv_session_run(h.session);
		drain(&h);
		if (strcmp(h.out, rows[i].said) != 0)
			fail_msg("row %zu: %s", i, h.out);
		finish(&h);
	}
}

/* ---- answers that should not be ------------------------------------------------------------ */

/* To a dead op, of the wrong kind, without sense: refused, reported, and the client never knows. */
static void odd_answers(void **state)
{
	static struct host h;
	struct imapsrv_range zero = {0, 1}, range = {1, 1};
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct imapsrv_row r;
	struct imapsrv_op *op;

	(void)state;
	memset(&h, 0, sizeof(h));
	memset(&r, 0, sizeof(r));
	h.messages = 2;
	start(&h, NULL, true);
	say(&h, "a SELECT INBOX\r\n");
	h.meddles = h.later = true;
	say(&h, "b FETCH 1 FLAGS\r\n");
	op = h.op;
	assert_int_equal(imapsrv_op_uids(op, (struct imapsrv_set){&range, 1}), IMAPSRV_ESTATE);
	assert_int_equal(imapsrv_op_account(op, &account), IMAPSRV_ESTATE);
	assert_int_equal(imapsrv_op_append(op, &h), IMAPSRV_ESTATE);
	assert_int_equal(imapsrv_op_bytes(op, "x", 1), IMAPSRV_ESTATE);
	assert_int_equal(imapsrv_op_row(op, &r), IMAPSRV_EINVAL);
	assert_int_equal(imapsrv_op_row(op, NULL), IMAPSRV_EINVAL);
	assert_int_equal(h.faults, 6);
	row(op, 1, NULL, 0);
	assert_int_equal(imapsrv_op_done(op, (enum imapsrv_code)999, "\r\n* BYE \xff"), 0);
	assert_int_equal(imapsrv_op_done(op, IMAPSRV_OK, NULL), IMAPSRV_ESTATE);
	r.uid = 1;
	assert_int_equal(imapsrv_op_row(op, &r), IMAPSRV_ESTATE);
	assert_int_equal(h.faults, 9);
	imapsrv_session_run(h.session);
	drain(&h);
	assert_string_equal(h.out, "* 1 FETCH (FLAGS ())\r\nb NO [SERVERBUG]   * BYE ?\r\n");
	/* An op that was cancelled. */
	say(&h, "c FETCH 1 FLAGS\r\n");
	op = h.op;
	assert_int_equal(imapsrv_session_bye(h.session, "over"), 0);
	assert_null(h.op);
	assert_int_equal(imapsrv_op_done(op, IMAPSRV_OK, NULL), IMAPSRV_ESTATE);
	assert_int_equal(imapsrv_op_uids(op, (struct imapsrv_set){&zero, 1}), IMAPSRV_ESTATE);
	h.out_len = 0;
	drain(&h);
	assert_string_equal(h.out, "* BYE over\r\n");
	h.meddles = false;
	finish(&h);
}

/* ---- output is full ------------------------------------------------------------------------ */

/* A client that does not read is not kept by what it sends meanwhile. */
static void offered_is_not_taken(void **state)
{
	static struct host h;
	struct imapsrv_limits limits = IMAPSRV_LIMITS_INIT;
	uint64_t now;

	(void)state;
	memset(&h, 0, sizeof(h));
	limits.output = 100;
	start(&h, &limits, true);
	drain(&h);
	imapsrv_session_tick(h.session, 0);
	while (give(&h, "a NOOP\r\n"))
		;
	for (now = 1000; now < 4000000; now += 1000) {
		assert_int_equal(give(&h, "a NOOP\r\n"), 0);
		imapsrv_session_tick(h.session, now);
		if (imapsrv_session_state(h.session) == IMAPSRV_LOGGED_OUT)
			break;
	}
	assert_in_range(now, 1860000, 1862000);
	finish(&h);
}

/* A client that reads slowly is alive: it is not closed for sending nothing (RFC 9051 5.4). */
static void reading_is_a_sign_of_life(void **state)
{
	static struct host h;
	struct imapsrv_limits limits = IMAPSRV_LIMITS_INIT;
	uint64_t now = 0;
	size_t n;

	(void)state;
	memset(&h, 0, sizeof(h));
	start(&h, &limits, true);
	imapsrv_session_tick(h.session, now);
	while (waiting(&h) < 10000)
		assert_true(give(&h, "a CAPABILITY\r\n"));
	for (n = waiting(&h); n; n -= n < 500 ? n : 500) {
		imapsrv_session_sent(h.session, n < 500 ? n : 500);
		now += 1000000;
		assert_true(imapsrv_session_tick(h.session, now) > now);
	}
	assert_int_equal(imapsrv_session_want(h.session), IMAPSRV_WANT_READ);
	imapsrv_session_tick(h.session, now + 1860000);
	assert_int_equal(imapsrv_session_state(h.session), IMAPSRV_LOGGED_OUT);
	finish(&h);
}

/* The time that a client may be in IDLE counts from its beginning, however late the host lets it begin, and
 * though nobody said meanwhile what time it is. */
static void idle_begins_late(void **state)
{
	static struct host h;
	struct imapsrv_limits limits = IMAPSRV_LIMITS_INIT;
	struct imapsrv_op *op;

	(void)state;
	memset(&h, 0, sizeof(h));
	limits.idle_timeout = 1000;
	limits.keepalive = UINT32_MAX;
	start(&h, &limits, true);
	drain(&h);
	imapsrv_session_tick(h.session, 0);
	h.later = true;
	say(&h, "a IDLE\r\n");
	imapsrv_session_tick(h.session, 10);
	op = h.op;
	h.op = NULL;
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
	imapsrv_session_run(h.session);
	drain(&h);
	assert_string_equal(h.out, "+ idling\r\n");
	assert_int_equal(imapsrv_session_tick(h.session, 5000), 6000);
	assert_int_equal(imapsrv_session_tick(h.session, 5999), 6000);
	assert_int_equal(imapsrv_session_state(h.session), IMAPSRV_AUTHENTICATED);
	imapsrv_session_tick(h.session, 6000);
	assert_int_equal(imapsrv_session_state(h.session), IMAPSRV_LOGGED_OUT);
	finish(&h);
}

/* 100,000 messages go while nobody reads: what waits to leave is bounded, and all of it is told. */
static void many_expunges(void **state)
{
	enum { MESSAGES = 100000 };
	static struct host h;
	struct imapsrv_event event = IMAPSRV_EVENT_INIT;
	struct imapsrv_range all = {1, MESSAGES};
	struct imapsrv_span span;
	uint32_t lines = 0;
	size_t peak = 0, count, i;

	(void)state;
	memset(&h, 0, sizeof(h));
	h.messages = MESSAGES;
	start(&h, NULL, true);
	say(&h, "a SELECT INBOX\r\n");
	h.messages = 0;
	event.type = IMAPSRV_EVENT_MESSAGE_EXPUNGE;
	event.mailbox = (struct imapsrv_span){"INBOX", 5};
	event.uids = (struct imapsrv_set){&all, 1};
	assert_int_equal(imapsrv_session_post(h.session, &event), 0);
	assert_true(give(&h, "b NOOP\r\n"));
	do {
		assert_true(waiting(&h) < 80 << 10);
		imapsrv_session_peek(h.session, &span, 1, &count);
		for (i = 0; count && i < span.len; i++)
			lines += span.data[i] == '\n';
		if (count)
			imapsrv_session_sent(h.session, span.len);
	} while (count);
	assert_int_equal(lines, MESSAGES + 1);
	(void)imapsrv_session_memory(h.session, &peak);
	assert_true(peak < 200 << 10);
	assert_true(imapsrv_session_steps(h.session) < 4 * MESSAGES);
	finish(&h);
}

/* Each message of an answer has a keyword that nobody had heard of: all of them are not told a thousand
 * times for that, but in the end. */
static void many_new_keywords(void **state)
{
	enum { MESSAGES = 1000 };
	static struct host h;
	static char text[256];
	struct imapsrv_span keyword = {text, 250}, span;
	size_t peak = 0, count;

	(void)state;
	memset(&h, 0, sizeof(h));
	memset(text, 'x', sizeof(text));
	h.messages = MESSAGES;
	start(&h, NULL, true);
	say(&h, "a SELECT INBOX\r\n");
	h.later = true;
	assert_true(give(&h, "b FETCH 1:1000 FLAGS\r\n"));
	assert_non_null(h.op);
	/* Those that were put off are asked for again. */
	while (h.op) {
		struct imapsrv_op *op = h.op;

		h.op = NULL;
		for (uint32_t uid = h.asked.first; uid <= h.asked.last; uid++) {
			(void)snprintf(text, sizeof(text), "k%04u", (unsigned)uid);
			text[5] = 'x';
			row(op, uid, &keyword, 1);
		}
		imapsrv_op_done(op, IMAPSRV_OK, NULL);
		imapsrv_session_run(h.session);
		h.out_len = 0;
		/* The end of it is what counts. */
		while (imapsrv_session_peek(h.session, &span, 1, &count) == 0 && count) {
			h.out_len = span.len < sizeof(h.out) ? span.len : sizeof(h.out) - 1;
			memcpy(h.out, span.data, h.out_len);
			imapsrv_session_sent(h.session, span.len);
		}
	}
	(void)imapsrv_session_memory(h.session, &peak);
	assert_true(peak < 16u << 20);
	/* Behind the last message: FLAGS, PERMANENTFLAGS and the tagged line. */
	assert_true(contains(h.out, h.out_len, "k1000x") && contains(h.out, h.out_len, "b OK FETCH"));
	h.later = false;
	say(&h, "c NOOP\r\n");
	assert_string_equal(h.out, "c OK NOOP done\r\n");
	finish(&h);
}

/* A host that gives all rows whatever it is asked for, and those before that fill what there is room for:
 * the command ends. */
static void all_rows(void **state)
{
	enum { MESSAGES = 100, KEYWORDS = 8 };
	static const struct {
		const char *command, *end;
	} rows[] = {
		{"b FETCH 91:100 FLAGS\r\n", "b OK FETCH done\r\n"},
		{"b NOOP\r\n", "b OK NOOP done\r\n"},
	};
	static char text[KEYWORDS][250];
	struct imapsrv_span keywords[KEYWORDS], span;

	(void)state;
	for (int i = 0; i < KEYWORDS; i++) {
		memset(text[i], 'a' + i, sizeof(text[i]));
		keywords[i] = (struct imapsrv_span){text[i], sizeof(text[i])};
	}
	for (size_t i = 0; i < COUNT(rows); i++) {
		static struct host h;
		struct imapsrv_limits limits = IMAPSRV_LIMITS_INIT;
		struct imapsrv_event event = IMAPSRV_EVENT_INIT;
		struct imapsrv_range changed = {91, MESSAGES};
		size_t count, told = 0;

		memset(&h, 0, sizeof(h));
		limits.arena = 64 << 10;
		h.messages = MESSAGES;
		start(&h, &limits, true);
		say(&h, "a SELECT INBOX\r\n");
		h.keywords = keywords;
		h.keyword_count = KEYWORDS;
		event.type = IMAPSRV_EVENT_FLAGS_SET;
		event.mailbox = (struct imapsrv_span){"INBOX", 5};
		event.uids = (struct imapsrv_set){&changed, 1};
		assert_int_equal(imapsrv_session_post(h.session, &event), 0);
		assert_true(give(&h, rows[i].command));
		while (told < 1 << 20 && !imapsrv_session_peek(h.session, &span, 1, &count) && count) {
			h.out_len = span.len < sizeof(h.out) ? span.len : sizeof(h.out) - 1;
			memcpy(h.out, span.data, h.out_len);
			told += span.len;
			imapsrv_session_sent(h.session, span.len);
		}
		ROW(i, contains(h.out, h.out_len, rows[i].end));
		finish(&h);
	}
}

/* Output that is full stops commands, and nothing else, before login and after it. */
static void full_is_not_fatal(void **state)
{
	static const char *const commands[] = {"a CAPABILITY\r\n", "a NOOP\r\n", "a X\r\n"};
	struct imapsrv_limits limits = IMAPSRV_LIMITS_INIT;
	size_t i;
	int k, preauth;

	(void)state;
	limits.bad_prelogin = limits.bad_commands = UINT32_MAX;
	for (i = 0; i < 2 * COUNT(commands); i++) {
		static struct host h;

		memset(&h, 0, sizeof(h));
		preauth = i >= COUNT(commands);
		start(&h, &limits, preauth);
		for (k = 0; k < 100000 && give(&h, commands[i % COUNT(commands)]); k++)
			;
		ROW(i, k < 100000);
		ROW(i, waiting(&h) >= 16 << 10 && waiting(&h) < 80 << 10);
		ROW(i, imapsrv_session_want(h.session) == IMAPSRV_WANT_WRITE);
		drain(&h);
		say(&h, "b NOOP\r\n");
		ROW(i, strncmp(h.out, "b OK", 4) == 0);
		finish(&h);
	}
}

/* RFC 8437: UNAUTHENTICATE behind more output than a session may hold that has not logged in. */
static void unauthenticate_when_full(void **state)
{
	static struct host h;

	(void)state;
	memset(&h, 0, sizeof(h));
	start(&h, NULL, true);
	while (waiting(&h) < 63 << 10)
		assert_true(give(&h, "a CAPABILITY\r\n"));
	assert_true(give(&h, "b UNAUTHENTICATE\r\n"));
	assert_int_equal(give(&h, "c NOOP\r\n"), 0);
	drain(&h);
	say(&h, "c CAPABILITY\r\n");
	assert_non_null(strstr(h.out, "AUTH=PLAIN"));
	assert_non_null(strstr(h.out, "c OK"));
	assert_true(imapsrv_session_memory(h.session, NULL) <= 64 << 10);
	finish(&h);
}

/* ---- what is left of a password ------------------------------------------------------------ */

/* Blocks that go back to the allocator do not hold it, wherever its command ends and however it
 * came. */
static void no_password_left(void **state)
{
	static const char spaces[] = "                                                ";
	static const struct {
		const char *text;
		bool later; /* the host has not answered when the connection is lost */
		const char *secret;
	} rows[] = {
		{"a LOGIN fred " SECRET "\r\n", false, SECRET},
		{"a LOGIN fred \"" SECRET "\"\r\n", false, SECRET},
		{"a LOGIN {4}\r\nfred {20}\r\n" SECRET "\r\n", false, SECRET},
		{"a LOGIN {4+}\r\nfred {20+}\r\n" SECRET "\r\n", false, SECRET},
		{"a AUTHENTICATE PLAIN " SECRET64 "\r\n", false, SECRET},
		{"a AUTHENTICATE PLAIN\r\n" SECRET64 "\r\n", false, SECRET},
		{"a AUTHENTICATE PLAIN\r\n" SECRET64 "\r\n", false, SECRET64},
		{"a AUTHENTICATE PLAIN " SECRET64 "\r\n", true, SECRET64},
		{"a AUTHENTICATE PLAIN " SECRET64 "\r\n", true, SECRET},
		{"a AUTHENTICATE PLAIN " SECRET64 "!\r\n", false, SECRET},
		{"a LOGIN fred " SECRET "\r\n", true, SECRET},
		{"a LOGIN fred " SECRET, false, SECRET},
		{"a LOGIN fred {20+}\r\n" SECRET, false, SECRET},
		{"a LOGIN fred \"" SECRET "x\"\r\nb NOOP\r\n", false, SECRET},
		{"a LOGIN fred " SECRET " more\r\nb NOOP\r\n", false, SECRET},
		{"a LOGIM fred " SECRET "\r\nb NOOP\r\n", false, SECRET},
		{"a login fred \"\\" SECRET "\"\r\nb NOOP\r\n", false, SECRET},
	};
	size_t i, k, used;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		/* Longer commands make buffers grow while the secret is in them. */
		for (k = 0; k < 3; k++) {
			static struct host h;
			const char *text = rows[i].text;

			memset(&h, 0, sizeof(h));
			h.secret = SECRET;
			h.later = rows[i].later;
			start(&h, NULL, false);
			h.secret = rows[i].secret;
			for (; *text; text++) {
				imapsrv_session_recv(h.session, text, 1, &used);
				drain(&h);
				if (k == 1)
					imapsrv_session_trim(h.session);
			}
			if (k == 2) {
				for (used = 0; used < 40; used++)
					give(&h, spaces);
			}
			finish(&h);
			ROW(i, h.leaks == 0);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_half_line),
		cmocka_unit_test(no_half_refusal),
		cmocka_unit_test(said_stays),
		cmocka_unit_test(odd_answers),
		cmocka_unit_test(offered_is_not_taken),
		cmocka_unit_test(reading_is_a_sign_of_life),
		cmocka_unit_test(idle_begins_late),
		cmocka_unit_test(many_expunges),
		cmocka_unit_test(many_new_keywords),
		cmocka_unit_test(all_rows),
		cmocka_unit_test(full_is_not_fatal),
		cmocka_unit_test(unauthenticate_when_full),
		cmocka_unit_test(no_password_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
