/* SPDX-License-Identifier: MIT */
/*
 * SORT and THREAD on a store that puts messages in order itself, and does it wrong: a message
 * twice, one that nobody asked for, threads that cannot be.  Asserted: the fault hook is told, and
 * the client gets the order that the library finds.  And on a store that does not, and gives rows
 * in any order, or descriptions that do not say all.
 */
#include "unit/nullstore.h"
#include "unit/olddescription.h"

enum { MESSAGES = 4 }; /* UIDs 10 to 40, each older than the one before, without a header to speak of */

struct host {
	const uint32_t *uids;
	const struct imapsrv_thread_member *members;
	size_t count;
	unsigned faults;
	bool plain;      /* `sort` and `thread` are NULL */
	bool descend;    /* rows do, */
	bool twice;      /* and come twice */
	bool old;        /* with descriptions that do not know References */
	uint32_t turn;   /* limits.turn */
	unsigned bodies; /* that were opened */
	unsigned runs;   /* calls of imapsrv_session_run that there was need of */
};

static void open_box(void *user, struct imapsrv_op *op, const struct imapsrv_open *q)
{
	struct imapsrv_mailbox m = IMAPSRV_MAILBOX_INIT;

	(void)user;
	(void)q;
	m.uidvalidity = 1;
	m.uidnext = 50;
	imapsrv_op_mailbox(op, &m);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void uids(void *user, struct imapsrv_op *op, const struct imapsrv_uids *q)
{
	static const struct imapsrv_range ranges[] = {{10, 10}, {20, 20}, {30, 30}, {40, 40}};

	(void)user;
	(void)q;
	imapsrv_op_uids(op, (struct imapsrv_set){ranges, MESSAGES});
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

/* Every message has the same ID, and refers to one that is not there; but the last one to that ID. */
static const char text[] = "Subject: x\r\nMessage-ID: <x@x>\r\nReferences: <y@x>\r\n\r\n";
static const char last[] = "Subject: x\r\nMessage-ID: <x@x>\r\nReferences: <x@x>\r\n\r\n";
static const char unreferring[] = "Subject: x\r\nMessage-ID: <x@x>\r\n\r\n";

static void fetch(void *user, struct imapsrv_op *op, const struct imapsrv_fetch *q)
{
	struct host *h = user;
	struct bytes b = describe(&describe_limits, unreferring, sizeof(unreferring) - 1);
	struct bytes old = old_description(&b);

	for (uint32_t k = 0; k < MESSAGES * 2; k++) {
		uint32_t n = h->descend ? MESSAGES - k / 2 : k / 2 + 1, uid = 10 * n;
		struct imapsrv_row row = {.uid = uid, .facts = IMAPSRV_FACT_DATE, .date = -(int64_t)uid};

		if (h->old) {
			row.facts |= IMAPSRV_FACT_DESCRIPTION;
			row.description = (struct imapsrv_span){old.data, old.len};
		}
		for (size_t i = 0; i < q->uids.count && (h->twice || k % 2); i++)
			if (q->uids.ranges[i].first <= uid && uid <= q->uids.ranges[i].last)
				imapsrv_op_row(op, &row);
	}
	free(b.data);
	free(old.data);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void body(void *user, struct imapsrv_op *op, const struct imapsrv_body *q)
{
	struct host *h = user;

	h->bodies++;
	imapsrv_op_lend(op, q->uid == 10 * MESSAGES ? last : text, sizeof(text) - 1,
	                IMAPSRV_EOL_CRLF, NULL);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void sort(void *user, struct imapsrv_op *op, const struct imapsrv_sort *q)
{
	struct host *h = user;

	(void)q;
	assert_int_equal(imapsrv_op_thread(op, NULL, 0), IMAPSRV_ESTATE); /* a fault too */
	h->faults--;
	imapsrv_op_order(op, h->uids, h->count);
	imapsrv_op_order(op, NULL, 0);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void thread(void *user, struct imapsrv_op *op, const struct imapsrv_thread *q)
{
	struct host *h = user;

	(void)q;
	assert_int_equal(imapsrv_op_order(op, NULL, 0), IMAPSRV_ESTATE);
	h->faults--;
	imapsrv_op_thread(op, h->members, h->count);
	imapsrv_op_thread(op, NULL, 0);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void fault(void *user, const char *what)
{
	struct host *h = user;

	assert_non_null(what);
	h->faults++;
}

static void pull(struct imapsrv_session *s, struct host *h, char *out, size_t size)
{
	struct imapsrv_span span;
	size_t n, len = 0;

	for (;;) {
		imapsrv_session_peek(s, &span, 1, &n);
		if (!n && !(imapsrv_session_want(s) & IMAPSRV_WANT_RUN))
			break;
		if (!n) {
			imapsrv_session_run(s);
			h->runs++;
			continue;
		}
		assert_true(len + span.len < size);
		memcpy(out + len, span.data, span.len);
		len += span.len;
		imapsrv_session_sent(s, span.len);
	}
	out[len] = '\0';
}

static void ask(struct host *h, const char *line, char *out, size_t size)
{
	struct imapsrv_store table = nullstore();
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_session_config sc = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct imapsrv_limits limits = IMAPSRV_LIMITS_INIT;
	struct imapsrv_engine *engine;
	struct imapsrv_session *s;
	size_t used;

	table.open = open_box;
	table.uids = uids;
	table.fetch = fetch;
	table.body = body;
	table.sort = h->plain ? NULL : sort;
	table.thread = h->plain ? NULL : thread;
	limits.turn = h->turn;
	config.limits = &limits;
	config.store = &table;
	config.fault = fault;
	sc.user = h;
	sc.preauth = &account;
	assert_int_equal(imapsrv_engine_new(&config, &engine), 0);
	assert_int_equal(imapsrv_session_new(engine, &sc, &s), 0);
	imapsrv_session_recv(s, "1 EXAMINE INBOX\r\n", 17, &used);
	pull(s, h, out, size);
	h->faults = 0;
	h->runs = 0;
	imapsrv_session_recv(s, line, strlen(line), &used);
	pull(s, h, out, size);
	imapsrv_session_free(s);
	imapsrv_engine_free(engine);
}

#define OWN "* SORT 40 30 20 10\r\n2 OK SORT completed\r\n"

static void test_sort(void **unused)
{
	static const struct {
		uint32_t uids[6];
		size_t count;
		const char *said;
		bool fault;
	} rows[] = {
		{{10, 30, 20, 40}, 4, "* SORT 10 30 20 40\r\n2 OK SORT completed\r\n", false},
		{{10, 30}, 2, "* SORT 10 30\r\n2 OK SORT completed\r\n", false},
		{{0}, 0, "* SORT\r\n2 OK SORT completed\r\n", false},
		{{10, 30, 20, 10}, 4, OWN, true},
		{{10, 10, 10, 10, 10}, 5, OWN, true},
		{{10, 30, 25, 40}, 4, OWN, true},
		{{10, 30, 0, 40}, 4, OWN, true},
		{{10, 30, 20, 40, 50}, 5, OWN, true},
		{{10, 30, 20, 40, UINT32_MAX}, 5, OWN, true},
	};
	char out[4096];

	(void)unused;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct host h = {.uids = rows[i].uids, .count = rows[i].count};

		ask(&h, "2 UID SORT (ARRIVAL) UTF-8 ALL\r\n", out, sizeof(out));
		if (strcmp(out, rows[i].said) != 0)
			fail_msg("row %zu: %s", i, out);
		ROW(i, (h.faults > 0) == rows[i].fault);
	}
}

/* What was not asked for is nonsense, though it is there. */
static void test_part(void **unused)
{
	static const uint32_t all[] = {10, 30, 20, 40};
	struct host h = {.uids = all, .count = 4};
	char out[4096];

	(void)unused;
	ask(&h, "2 UID SORT (ARRIVAL) UTF-8 2:3\r\n", out, sizeof(out));
	assert_string_equal(out, "* SORT 30 20\r\n2 OK SORT completed\r\n");
	assert_int_equal(h.faults, 1);
}

#undef OWN
#define OWN "* THREAD ((30)(20)(10 40))\r\n2 OK THREAD completed\r\n"

static void test_thread(void **unused)
{
	static const struct {
		struct imapsrv_thread_member members[6];
		size_t count;
		const char *threads; /* NULL: as the library does it, and the hook is told */
	} rows[] = {
		{{{10, 0}, {20, 1}, {30, 2}, {40, 0}}, 4, "(10 20 30)(40)"},
		{{{10, 0}, {20, 1}, {30, 1}, {40, 1}}, 4, "(10 (20)(30)(40))"},
		{{{0, 0}, {20, 1}, {30, 2}, {40, 1}, {10, 0}}, 5, "((20 30)(40))(10)"},
		/* a dummy that is none is left out */
		{{{0, 0}, {20, 1}, {30, 2}, {0, 0}, {40, 0}, {10, 0}}, 6, "(20 30)(40)(10)"},
		{{{0, 0}, {0, 0}}, 2, ""},
		{{{40, 0}}, 1, "(40)"},
		{{{0, 0}}, 0, ""},
		{{{10, 1}, {20, 0}, {30, 0}, {40, 0}}, 4, NULL},
		{{{10, 0}, {20, 2}, {30, 0}, {40, 0}}, 4, NULL},
		{{{10, 0}, {20, UINT32_MAX}, {30, 0}, {40, 0}}, 4, NULL},
		{{{10, 0}, {20, 1}, {10, 2}, {40, 0}}, 4, NULL},
		{{{10, 0}, {20, 1}, {35, 2}, {40, 0}}, 4, NULL},
		{{{10, 0}, {0, 1}, {30, 2}, {40, 0}}, 4, NULL},
	};
	char out[4096], said[4096];

	(void)unused;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct host h = {.members = rows[i].members, .count = rows[i].count};
		const char *threads = rows[i].threads;

		ask(&h, "2 UID THREAD REFERENCES UTF-8 ALL\r\n", out, sizeof(out));
		sprintf(said, "* THREAD%s%s\r\n2 OK THREAD completed\r\n", threads && *threads ? " " : "",
		        threads ? threads : "");
		if (strcmp(out, threads ? said : OWN) != 0)
			fail_msg("row %zu: %s", i, out);
		ROW(i, (h.faults > 0) == !threads);
	}
}

/* ---- a store that leaves it to the library ------------------------------------------------- */

static void test_rows(void **unused)
{
	static const struct {
		struct host host;
		const char *line;
		const char *said;
		unsigned bodies;
	} rows[] = {
		{{.plain = true}, "2 UID SORT (ARRIVAL) UTF-8 ALL\r\n",
		 "* SORT 40 30 20 10\r\n2 OK SORT completed\r\n", 0},
		/* the first one in the mailbox has the ID, whichever comes first */
		{{.plain = true}, "2 UID THREAD REFERENCES UTF-8 SUBJECT x\r\n",
		 "* THREAD ((30)(20)(10 40))\r\n2 OK THREAD completed\r\n", 8},
		{{.plain = true, .descend = true}, "2 UID THREAD REFERENCES UTF-8 ALL\r\n",
		 "* THREAD ((30)(20)(10 40))\r\n2 OK THREAD completed\r\n", 4},
		{{.plain = true, .descend = true}, "2 UID SORT (SUBJECT) UTF-8 ALL\r\n",
		 "* SORT 10 20 30 40\r\n2 OK SORT completed\r\n", 4},
		{{.plain = true, .descend = true, .twice = true}, "2 UID SORT (SUBJECT) UTF-8 UID 10:20\r\n",
		 "* SORT 10 20\r\n2 OK SORT completed\r\n", 2},
		{{.plain = true, .twice = true}, "2 UID THREAD ORDEREDSUBJECT UTF-8 UID 10:20\r\n",
		 "* THREAD (20 10)\r\n2 OK THREAD completed\r\n", 2},
		/* a description does for all but References */
		{{.plain = true, .old = true}, "2 UID SORT (SUBJECT DISPLAYTO) UTF-8 ALL\r\n",
		 "* SORT 10 20 30 40\r\n2 OK SORT completed\r\n", 0},
		{{.plain = true, .old = true}, "2 UID THREAD ORDEREDSUBJECT UTF-8 ALL\r\n",
		 "* THREAD (40 (30)(20)(10))\r\n2 OK THREAD completed\r\n", 0},
		{{.plain = true, .old = true}, "2 UID THREAD REFERENCES UTF-8 ALL\r\n",
		 "* THREAD ((30)(20)(10 40))\r\n2 OK THREAD completed\r\n", 4},
	};
	char out[4096];

	(void)unused;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct host h = rows[i].host;

		ask(&h, rows[i].line, out, sizeof(out));
		if (strcmp(out, rows[i].said) != 0)
			fail_msg("row %zu: %s", i, out);
		ROW(i, h.bodies == rows[i].bodies && (h.faults > 0) == h.twice);
	}
}

/* It gives way between messages. */
static void test_turns(void **unused)
{
	struct host h = {.plain = true, .turn = 1}, all = {.plain = true};
	char out[4096], other[4096];

	(void)unused;
	ask(&h, "2 UID SORT (SUBJECT) UTF-8 ALL\r\n", out, sizeof(out));
	assert_true(h.runs >= MESSAGES);
	ask(&all, "2 UID SORT (SUBJECT) UTF-8 ALL\r\n", other, sizeof(other));
	assert_true(all.runs < MESSAGES);
	assert_string_equal(out, other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sort),
		cmocka_unit_test(test_part),
		cmocka_unit_test(test_thread),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_turns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
