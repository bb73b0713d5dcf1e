/* SPDX-License-Identifier: MIT */
/*
 * session/body on a session that is nothing but its memory and its output queue, against a host
 * that lends or gives pieces, at once or later, and breaks its word in every way that there is:
 * what goes out is the wanted part of the wire form, and every handle comes back once, when nobody
 * reads it any more.
 */
#include "session/body.h"
#include "session/engine.h"
#include "unit/failalloc.h"

enum { OUTPUT = 20000, LEN = 30000, WIRE_MAX = 2 * LEN };

enum fault {
	NONE,
	REFUSED,        /* the body, after it was handed out */
	NOTHING,        /* OK, and no body */
	READ_REFUSED,   /* from the second read on */
	READ_NOTHING    /* the same, with OK */
};

struct host {
	const char *data; /* a block of exactly len octets, freed when the body is closed */
	size_t len;
	enum imapsrv_eol eol;
	bool pull;
	bool later;
	size_t piece; /* octets given at a time */
	enum fault fault;
	unsigned opened, closed, reads, faults, turns;
	struct imapsrv_op *op; /* open */
	struct imapsrv_body_read read;
};

static struct fixture {
	struct failalloc fa;
	struct imapsrv_engine engine;
	struct imapsrv_session s;
	struct host host;
	char out[WIRE_MAX + 100];
	size_t out_len;
} f;

static void answer_body(struct host *h)
{
	h->opened++;
	if (h->fault == NOTHING) {
		imapsrv_op_done(h->op, IMAPSRV_OK, NULL);
		return;
	}
	if (h->pull)
		imapsrv_op_pull(h->op, h->len, h->eol, h);
	else
		imapsrv_op_lend(h->op, h->data, h->len, h->eol, h);
	imapsrv_op_done(h->op, h->fault == REFUSED ? IMAPSRV_UNAVAILABLE : IMAPSRV_OK, NULL);
}

static void answer_read(struct host *h)
{
	size_t n = h->read.len < h->piece ? h->read.len : h->piece;
	bool broken = h->reads++ > 0;

	if (h->read.len == 0 || h->read.offset + h->read.len > h->len)
		fail_msg("a read that makes no sense");
	if (!broken || h->fault < READ_REFUSED)
		imapsrv_op_bytes(h->op, h->data + h->read.offset, n);
	imapsrv_op_done(h->op, broken && h->fault == READ_REFUSED ? IMAPSRV_CORRUPTION : IMAPSRV_OK,
	                NULL);
}

static void on_body(void *user, struct imapsrv_op *op, const struct imapsrv_body *q)
{
	struct host *h = user;

	assert_int_equal(q->uid, 7);
	h->op = op;
	h->read.len = 0;
	if (!h->later)
		answer_body(h);
}

static void on_read(void *user, struct imapsrv_op *op, const struct imapsrv_body_read *q)
{
	struct host *h = user;

	assert_ptr_equal(q->body, h);
	h->op = op;
	h->read = *q;
	if (!h->later)
		answer_read(h);
}

static void on_close(void *user, void *body)
{
	struct host *h = user;

	assert_ptr_equal(body, h);
	assert_true(f.s.in_callback);
	h->closed++;
	free((void *)(uintptr_t)h->data);
	h->data = NULL;
}

static void on_fault(void *user, const char *what)
{
	struct host *h = user;

	(void)what;
	h->faults++;
}

static void set_up(void)
{
	memset(&f, 0, sizeof(f));
	failalloc_init(&f.fa);
	f.engine.limits.output = OUTPUT;
	f.engine.limits.turn = UINT32_MAX;
	f.s.output_max = f.engine.limits.output;
	f.engine.store.body = on_body;
	f.engine.store.body_read = on_read;
	f.engine.store.body_close = on_close;
	f.engine.config.fault = on_fault;
	f.s.engine = &f.engine;
	f.s.user = &f.host;
	isrv_mem_init(&f.s.mem, &f.fa.allocator, SIZE_MAX);
	isrv_outq_init(&f.s.out, &f.s.mem);
	isrv_writer_init(&f.s.w, &f.s.out);
	isrv_arena_init(&f.s.arena, &f.s.mem, 65536);
	f.host.piece = SIZE_MAX;
}

static void tear_down(size_t row)
{
	isrv_outq_clear(&f.s.out);
	isrv_arena_clear(&f.s.arena);
	ROW(row, f.s.in_callback == 0);
	ROW(row, f.host.closed <= f.host.opened);
	if (!f.host.closed)
		free((void *)(uintptr_t)f.host.data);
	else
		ROW(row, !f.host.data);
	ROW(row, f.fa.held == 0);
}

/* All that is waiting leaves. */
static void drain(void)
{
	struct imapsrv_span spans[8];
	size_t count;

	while ((count = isrv_outq_peek(&f.s.out, spans, 8)) > 0) {
		for (size_t i = 0; i < count; i++) {
			if (f.out_len + spans[i].len > sizeof(f.out))
				fail_msg("too much output");
			memcpy(f.out + f.out_len, spans[i].data, spans[i].len);
			f.out_len += spans[i].len;
			isrv_outq_sent(&f.s.out, spans[i].len);
		}
	}
}

/* What the session does between two steps.  False: DONE. */
static bool again(size_t row, enum isrv_step step)
{
	switch (step) {
	case ISRV_HOST:
		ROW(row, f.s.ops.state == ISRV_OP_OPEN_NOW && f.host.later);
		if (f.host.read.len)
			answer_read(&f.host);
		else
			answer_body(&f.host);
		return true;
	case ISRV_OUTPUT:
		ROW(row, isrv_session_full(&f.s) && isrv_outq_size(&f.s.out) > 0);
		drain();
		return true;
	case ISRV_YIELD:
		ROW(row, f.s.steps - f.s.turn >= f.engine.limits.turn);
		f.s.turn = f.s.steps;
		f.host.turns++;
		return true;
	default:
		ROW(row, step == ISRV_DONE);
		return false;
	}
}

static void open_body(size_t row, struct isrv_body_cursor *b)
{
	while (again(row, isrv_body_open(&f.s, b, NULL, 7)))
		;
}

static void measure(size_t row, struct isrv_body_cursor *b)
{
	while (again(row, isrv_body_measure(&f.s, b)))
		;
}

static void put(size_t row, struct isrv_body_cursor *b, uint64_t from, uint64_t to)
{
	while (again(row, isrv_body_put(&f.s, b, from, to)))
		;
}

/* Text with bare LFs, CRLFs and lone CRs, perhaps NULs far apart and next to each other, and its wire
 * form. */
static size_t make(char *wire, size_t len, enum imapsrv_eol eol, bool nuls)
{
	char *data = exact(NULL, len);
	size_t i, n = 0;

	for (i = 0; i < len; i++) {
		data[i] = i % 61 == 60 || i % 97 == 50 ? '\n' : i % 61 == 59 && i % 2 ? '\r' : 'x';
		if (nuls && data[i] == 'x' && i % 9001 < 9)
			data[i] = '\0';
		if (eol == IMAPSRV_EOL_LF && data[i] == '\n' && (i == 0 || data[i - 1] != '\r'))
			wire[n++] = '\r';
		wire[n++] = data[i] ? data[i] : '?';
	}
	f.host.data = data;
	f.host.len = len;
	f.host.eol = eol;
	return n;
}

static const struct {
	bool pull, later;
	enum imapsrv_eol eol;
	size_t piece;
} ways[] = {
	{false, false, IMAPSRV_EOL_CRLF, 0},        {false, true, IMAPSRV_EOL_CRLF, 0},
	{false, false, IMAPSRV_EOL_LF, 0},          {false, true, IMAPSRV_EOL_LF, 0},
	{true, false, IMAPSRV_EOL_CRLF, SIZE_MAX},  {true, true, IMAPSRV_EOL_CRLF, SIZE_MAX},
	{true, false, IMAPSRV_EOL_LF, SIZE_MAX},    {true, true, IMAPSRV_EOL_LF, SIZE_MAX},
	{true, false, IMAPSRV_EOL_CRLF, 1000},      {true, true, IMAPSRV_EOL_LF, 61},
	{true, false, IMAPSRV_EOL_LF, 1},
	/* with NULs: */
	{false, false, IMAPSRV_EOL_CRLF, 0},        {false, false, IMAPSRV_EOL_LF, 0},
	{true, false, IMAPSRV_EOL_CRLF, 1000},
};

enum { LENT_NULS = 11 }; /* the first of those with NULs */

static const size_t lengths[] = {0, 1, 60, 61, 62, 8191, 8192, 8193, LEN};

static void start(size_t way, size_t len, char *wire, size_t *wire_len_r)
{
	set_up();
	*wire_len_r = make(wire, len, ways[way].eol, way >= LENT_NULS);
	f.host.pull = ways[way].pull;
	f.host.later = ways[way].later;
	f.host.piece = ways[way].piece;
}

/* Whole messages and parts of them, in any order, by one cursor. */
static void test_put(void **state)
{
	static char wire[WIRE_MAX];

	(void)state;
	for (size_t way = 0; way < COUNT(ways); way++) {
		for (size_t l = 0; l < COUNT(lengths); l++) {
			struct isrv_body_cursor b = {0};
			size_t n, row = way * 100 + l, want = 0;
			uint64_t parts[7][2];

			start(way, lengths[l], wire, &n);
			open_body(row, &b);
			ROW(row, !b.failed);
			measure(row, &b);
			ROW(row, !b.failed && b.wire == n);
			memcpy(parts,
			       (uint64_t[7][2]){{0, n}, {0, n / 2}, {n / 2, n}, {n / 3, n / 2},
			                        {n / 2, n / 2}, {n, n}, {n - n / 9, n}},
			       sizeof(parts));
			for (size_t p = 0; p < COUNT(parts); p++) {
				drain();
				f.out_len = 0;
				want = (size_t)(parts[p][1] - parts[p][0]);
				put(row, &b, parts[p][0], parts[p][1]);
				drain();
				ROW(row, f.out_len == want);
				ROW(row, memcmp(f.out, wire + parts[p][0], want) == 0);
			}
			ROW(row, f.host.closed == 0);
			isrv_body_close(&f.s, &b);
			ROW(row, f.host.opened == 1 && f.host.closed == 1 && !f.host.faults);
			isrv_body_close(&f.s, &b);
			ROW(row, !f.s.error);
			tear_down(row);
		}
	}
}

/* The same by isrv_body_next, as search and copying read; twice. */
static void test_next(void **state)
{
	static char wire[WIRE_MAX];

	(void)state;
	for (size_t way = 0; way < LENT_NULS; way++) {
		for (size_t l = 0; l < COUNT(lengths); l++) {
			struct isrv_body_cursor b = {0};
			struct imapsrv_span piece;
			size_t n, row = way * 100 + l;

			start(way, lengths[l], wire, &n);
			open_body(row, &b);
			for (int pass = 0; pass < 2; pass++) {
				size_t at = 0;

				isrv_body_rewind(&b);
				do {
					while (again(row, isrv_body_next(&f.s, &b, &piece)))
						;
					ROW(row, piece.len <= n - at);
					ROW(row, !piece.len ||
					         memcmp(piece.data, wire + at, piece.len) == 0);
					at += piece.len;
				} while (piece.len);
				ROW(row, at == n && b.done == n);
			}
			isrv_body_close(&f.s, &b);
			tear_down(row);
		}
	}
}

/* However long a message is that is measured, or of which the end is wanted: a turn is a turn. */
static void test_turns(void **state)
{
	static const size_t rows[] = {2, 6, 10};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct isrv_body_cursor b = {0};
		size_t n, len = 8 * (size_t)LEN;
		unsigned turns;
		char *data;

		set_up();
		f.engine.limits.turn = 100;
		f.host.data = data = exact(NULL, len);
		for (size_t k = 0; k < len; k++)
			data[k] = k % 64 == 63 ? '\n' : (char)('a' + k % 23);
		f.host.len = len;
		f.host.eol = IMAPSRV_EOL_LF;
		f.host.pull = ways[rows[i]].pull;
		f.host.piece = ways[rows[i]].piece;
		n = len + len / 64;
		open_body(i, &b);
		measure(i, &b);
		ROW(i, b.wire == n);
		turns = f.host.turns;
		ROW(i, turns > 2);
		put(i, &b, n - 2, n);
		ROW(i, f.host.turns > turns + 2);
		drain();
		ROW(i, f.out_len == 2 && memcmp(f.out, "\r\n", 2) == 0);
		isrv_body_close(&f.s, &b);
		tear_down(i);
	}
}

/* Many parts of a long message that is converted: what is before each is not read again, whatever their order. */
static void test_parts(void **state)
{
	enum { LONG = 4 << 20, PARTS = 400, PART = 20 };
	static const bool pulled[] = {false, true};
	static char wire[2 * LONG];

	(void)state;
	for (size_t i = 0; i < 2 * COUNT(pulled); i++) {
		struct isrv_body_cursor b = {0};
		uint64_t steps;
		size_t n;

		set_up();
		n = make(wire, LONG, IMAPSRV_EOL_LF, false);
		f.host.pull = pulled[i / 2];
		open_body(i, &b);
		measure(i, &b);
		ROW(i, b.wire == n);
		steps = f.s.steps;
		for (size_t k = 0; k < PARTS; k++) {
			size_t from = n / PARTS * (i % 2 ? k : PARTS - 1 - k) + k % 3;

			f.out_len = 0;
			put(i, &b, from, from + PART);
			drain();
			ROW(i, f.out_len == PART && memcmp(f.out, wire + from, PART) == 0);
		}
		/* One pass, and a part of one for each. */
		ROW(i, f.s.steps - steps < n / 64 * 3 / 2 + PARTS * (uint64_t)(n / 64 / 32));
		isrv_body_close(&f.s, &b);
		tear_down(i);
	}
}

/* Lent CRLF goes out in place, and outlives the command until its last octet has left. */
static void test_in_place(void **state)
{
	static char wire[WIRE_MAX];
	struct isrv_body_cursor b = {0};
	struct imapsrv_span spans[4];
	size_t n;

	(void)state;
	start(0, LEN, wire, &n);
	open_body(0, &b);
	measure(0, &b);
	put(0, &b, 0, 100);
	put(0, &b, 100, n);
	assert_int_equal(isrv_outq_peek(&f.s.out, spans, 4), 2);
	assert_ptr_equal(spans[0].data, f.host.data);
	assert_ptr_equal(spans[1].data, f.host.data + 100);
	isrv_body_close(&f.s, &b);
	assert_int_equal(f.host.closed, 0);
	isrv_outq_sent(&f.s.out, n - 1);
	assert_int_equal(f.host.closed, 0);
	isrv_outq_sent(&f.s.out, 1);
	assert_int_equal(f.host.closed, 1);
	assert_null(b.buf);
	tear_down(0);

	/* The queue dies first. */
	start(0, LEN, wire, &n);
	open_body(1, &b);
	measure(1, &b);
	put(1, &b, 0, n);
	isrv_outq_clear(&f.s.out);
	assert_int_equal(f.host.closed, 0);
	isrv_body_close(&f.s, &b);
	assert_int_equal(f.host.closed, 1);
	tear_down(1);
}

/* A long message is looked at as it leaves: the host may have mapped a file, and none of it be in memory. */
static void test_long(void **state)
{
	struct isrv_body_cursor b = {0};
	size_t len = 5u << 20, sent = 0, waits = 0;
	enum isrv_step step;
	char *data;

	(void)state;
	set_up();
	f.host.data = data = exact(NULL, len);
	memset(data, 'x', len);
	f.host.len = len;
	open_body(0, &b);
	measure(0, &b);
	while ((step = isrv_body_put(&f.s, &b, 1, len)) == ISRV_OUTPUT) {
		ROW(waits, isrv_outq_size(&f.s.out) <= 1u << 20);
		sent += isrv_outq_size(&f.s.out);
		isrv_outq_sent(&f.s.out, isrv_outq_size(&f.s.out));
		waits++;
	}
	assert_int_equal(step, ISRV_DONE);
	assert_int_equal(sent + isrv_outq_size(&f.s.out), len - 1);
	assert_int_equal(waits, 4);
	isrv_body_close(&f.s, &b);
	tear_down(0);
}

/* A slow reader: no more than the mark and a piece are ever waiting, but for what is lent. */
static void test_backpressure(void **state)
{
	static const size_t rows[] = {6, LENT_NULS};
	static char wire[WIRE_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct isrv_body_cursor b = {0};
		enum isrv_step step;
		size_t n, waits = 0;

		start(rows[i], LEN, wire, &n);
		f.s.output_max = 500;
		open_body(i, &b);
		measure(i, &b);
		while ((step = isrv_body_put(&f.s, &b, 0, n)) == ISRV_OUTPUT) {
			ROW(i, f.s.mem.used < 4 * (size_t)ISRV_BODY_CHUNK);
			ROW(i, isrv_body_put(&f.s, &b, 0, n) == ISRV_OUTPUT);
			drain();
			waits++;
		}
		ROW(i, step == ISRV_DONE);
		drain();
		ROW(i, waits >= 3 && f.out_len == n && memcmp(f.out, wire, n) == 0);
		isrv_body_close(&f.s, &b);
		tear_down(i);
	}
}

static const struct {
	enum fault fault;
	bool pull;
	bool no_read;     /* the host has no body_read */
	bool measured;    /* it breaks only after the message was measured */
	enum imapsrv_code code;
	int error;
	unsigned faults, closed;
} faults[] = {
	{REFUSED, false, false, false, IMAPSRV_UNAVAILABLE, 0, 0, 1},
	{NOTHING, false, false, false, IMAPSRV_SERVERBUG, 0, 1, 0},
	{NONE, true, true, false, IMAPSRV_SERVERBUG, 0, 1, 1},
	{READ_REFUSED, true, false, false, IMAPSRV_CORRUPTION, 0, 0, 1},
	{READ_NOTHING, true, false, false, IMAPSRV_SERVERBUG, 0, 1, 1},
	{READ_REFUSED, true, false, true, IMAPSRV_CORRUPTION, IMAPSRV_EHOST, 0, 1},
	{READ_NOTHING, true, false, true, IMAPSRV_SERVERBUG, IMAPSRV_EHOST, 1, 1},
};

static void test_faults(void **state)
{
	static char wire[WIRE_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(faults); i++) {
		for (int later = 0; later < 2; later++) {
			struct isrv_body_cursor b = {0};
			size_t n;

			start(6, LEN, wire, &n);
			f.host.pull = faults[i].pull;
			f.host.later = later;
			f.host.fault = faults[i].measured ? NONE : faults[i].fault;
			if (faults[i].no_read)
				f.engine.store.body_read = NULL;
			open_body(i, &b);
			if (!b.failed)
				measure(i, &b);
			if (faults[i].measured) {
				ROW(i, !b.failed && b.wire == n);
				f.host.fault = faults[i].fault;
				put(i, &b, 0, n);
			}
			ROW(i, b.failed && f.s.result.code == faults[i].code);
			ROW(i, f.s.error == faults[i].error && f.host.faults == faults[i].faults);
			isrv_body_close(&f.s, &b);
			ROW(i, f.host.closed == faults[i].closed && !b.failed);
			tear_down(i);
		}
	}
}

/* A cursor serves one message after the other, with one buffer for all. */
static void test_next_message(void **state)
{
	static char wire[WIRE_MAX];
	struct isrv_body_cursor b = {0};
	size_t n, used = 0;

	(void)state;
	start(6, LEN, wire, &n);
	for (size_t i = 0; i < 10; i++) {
		f.host.fault = i == 4 ? READ_REFUSED : NONE;
		f.host.reads = 0;
		if (i) {
			n = make(wire, LEN - 1000 * i, IMAPSRV_EOL_LF, false);
		}
		open_body(i, &b);
		ROW(i, !b.failed && !b.measured);
		measure(i, &b);
		ROW(i, b.failed == (i == 4) && (b.failed || b.wire == n));
		isrv_body_close(&f.s, &b);
		ROW(i, f.host.closed == i + 1);
		ROW(i, !used || used == f.s.arena.used);
		used = f.s.arena.used;
	}
	tear_down(0);
}

/* Each allocation fails once: the session is over, but nothing is leaked or closed twice. */
static void test_failing(void **state)
{
	static char wire[WIRE_MAX];

	(void)state;
	for (size_t way = 0; way < COUNT(ways); way++) {
		bool failed = true;

		for (size_t at = 1; failed; at++) {
			struct isrv_body_cursor b = {0};
			size_t n, row = way * 100 + at;

			start(way, LEN, wire, &n);
			f.fa.fail_first = at;
			open_body(row, &b);
			if (!f.s.error)
				measure(row, &b);
			if (!f.s.error)
				put(row, &b, 0, n);
			failed = f.s.error || isrv_writer_failed(&f.s.w);
			ROW(row, failed == (f.fa.calls >= at));
			ROW(row, !f.s.error || f.s.error == IMAPSRV_ENOMEM);
			isrv_body_close(&f.s, &b);
			isrv_outq_clear(&f.s.out);
			ROW(row, f.host.closed == 1);
			tear_down(row);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_put),
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_turns),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_in_place),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_backpressure),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_next_message),
		cmocka_unit_test(test_failing),
	};

	return cmocka_run_group_tests_name("body", tests, NULL, NULL);
}
