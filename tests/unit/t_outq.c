/* SPDX-License-Identifier: MIT */
/* wire/outq against a flat model of it, with every allocation counted and failing in turn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/outq.h"

#define CHECK(row, condition)                                                                      \
	do {                                                                                       \
		if (!(condition))                                                                  \
			fail_msg("row %s: %s", (row), #condition);                                 \
	} while (0)

struct heap {
	long calls;   /* allocations so far */
	long fail_at; /* this one fails, and all behind it; -1: none */
	unsigned found; /* blocks that were given back with NEEDLE in them */
};

#define NEEDLE "the credential"

static void *heap_alloc(void *user, size_t size)
{
	struct heap *heap = user;

	if (heap->fail_at >= 0 && heap->calls >= heap->fail_at)
		return NULL;
	heap->calls++;
	return malloc(size);
}

static void *heap_realloc(void *user, void *block, size_t old_size, size_t size)
{
	(void)user;
	(void)old_size;
	return realloc(block, size);
}

static void heap_free(void *user, void *block, size_t size)
{
	struct heap *heap = user;
	const char *at = block;

	for (size_t i = 0; i + sizeof(NEEDLE) <= size; i++)
		heap->found += memcmp(at + i, NEEDLE, sizeof(NEEDLE) - 1) == 0;
	free(block);
}

struct fixture {
	struct heap heap;
	struct imapsrv_allocator allocator;
	struct isrv_mem mem;
	struct isrv_outq q;
};

static void setup(struct fixture *f)
{
	f->heap.calls = 0;
	f->heap.fail_at = -1;
	f->heap.found = 0;
	f->allocator.alloc = heap_alloc;
	f->allocator.realloc = heap_realloc;
	f->allocator.free = heap_free;
	f->allocator.user = &f->heap;
	isrv_mem_init(&f->mem, &f->allocator, SIZE_MAX);
	isrv_outq_init(&f->q, &f->mem);
}

/* Lent memory: its own heap block, so that a use after the release is found by ASan. */
struct loan {
	char *data;
	size_t len;
	uint64_t ends; /* behind its last octet, counted from the beginning of the queue */
	int released;
	bool queued;
};

static void on_release(void *user, const void *data, size_t len)
{
	struct loan *loan = user;

	if (data != loan->data || len != loan->len)
		fail_msg("released memory is not the memory that was lent");
	loan->released++;
	free(loan->data);
}

static unsigned long long seed;

static size_t rnd(size_t below)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (size_t)(seed >> 33) % below;
}

enum { MODEL_MAX = 1 << 21, LOANS_MAX = 4096 };

struct model {
	char *octets; /* all that were ever put */
	char *secret; /* and whether they were said to be that */
	bool is_secret; /* what is put in now */
	uint64_t put;
	uint64_t sent;
	struct loan loans[LOANS_MAX];
	size_t loan_count;
};

static void model_add(struct model *m, char *data, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		data[i] = (char)rnd(256);
	memcpy(m->octets + m->put, data, n);
	memset(m->secret + m->put, m->is_secret, n);
}

static void compare(const char *row, struct fixture *f, struct model *m)
{
	struct imapsrv_span spans[64];
	size_t count, i;
	uint64_t at = m->sent;

	bool secret;

	CHECK(row, isrv_outq_size(&f->q) == m->put - m->sent);
	CHECK(row, isrv_outq_next(&f->q, spans, &secret) == (m->put > m->sent));
	if (m->put > m->sent) {
		CHECK(row, spans->len > 0 && spans->len <= m->put - at);
		CHECK(row, memcmp(spans->data, m->octets + at, spans->len) == 0);
		for (i = 0; i < spans->len; i++)
			CHECK(row, m->secret[at + i] == secret);
	}
	count = isrv_outq_peek(&f->q, spans, 1 + rnd(64));
	for (i = 0; i < count; i++) {
		CHECK(row, spans[i].len > 0 && spans[i].len <= m->put - at);
		CHECK(row, memcmp(spans[i].data, m->octets + at, spans[i].len) == 0);
		at += spans[i].len;
	}
	CHECK(row, count > 0 || m->put == m->sent);
	for (i = 0; i < m->loan_count; i++) {
		bool left = m->loans[i].ends <= m->sent || !m->loans[i].queued;

		CHECK(row, m->loans[i].released == (left ? 1 : 0));
	}
}

static void model_lend(const char *row, struct fixture *f, struct model *m, size_t n)
{
	struct loan *loan = &m->loans[m->loan_count];

	loan->data = malloc(n ? n : 1);
	loan->len = n;
	loan->released = 0;
	loan->queued = true;
	model_add(m, loan->data, n);
	if (isrv_outq_lend(&f->q, loan->data, n, on_release, loan)) {
		m->put += n;
		loan->ends = n > 0 ? m->put : 0;
		m->loan_count++;
	} else {
		CHECK(row, loan->released == 0);
		free(loan->data);
	}
}

static void model_rollback(const char *row, struct fixture *f, struct model *m,
			   struct isrv_outq_mark mark)
{
	size_t i;

	CHECK(row, isrv_outq_rollback(&f->q, mark) == (mark.put >= m->sent));
	if (mark.put < m->sent)
		return;
	m->put = mark.put;
	for (i = 0; i < m->loan_count; i++) {
		if (m->loans[i].ends > mark.put)
			m->loans[i].queued = false;
	}
}

static void one_step(const char *row, struct fixture *f, struct model *m, size_t most,
		     struct isrv_outq_mark *mark)
{
	static char piece[20000];
	size_t n = rnd(rnd(4) ? 40 : most);

	switch (rnd(8)) {
	case 0:
	case 1:
		model_add(m, piece, n);
		if (isrv_outq_add(&f->q, piece, n))
			m->put += n;
		break;
	case 2:
		n = 1 + n % ISRV_OUTQ_CHUNK;
		if (!isrv_outq_room(&f->q, n))
			break;
		n = rnd(n + 1); /* less may be written than was asked for */
		model_add(m, piece, n);
		memcpy(f->q.at, piece, n);
		f->q.at += n;
		m->put += n;
		break;
	case 3:
		model_lend(row, f, m, n);
		break;
	case 4:
	case 5:
		n = rnd((size_t)(m->put - m->sent) + 1);
		if (rnd(4) == 0)
			n = (size_t)(m->put - m->sent);
		isrv_outq_sent(&f->q, n);
		m->sent += n;
		break;
	case 6:
		if (mark->put <= m->put)
			model_rollback(row, f, m, *mark);
		*mark = isrv_outq_mark(&f->q);
		CHECK(row, mark->put == m->put);
		break;
	default:
		if (rnd(2) == 0) {
			m->is_secret = !m->is_secret;
			isrv_outq_keep_secret(&f->q, m->is_secret);
		}
		if (rnd(16) == 0)
			isrv_outq_trim(&f->q);
		if (rnd(4) == 0)
			*mark = isrv_outq_mark(&f->q);
		break;
	}
}

static void test_model(void **state)
{
	static const struct {
		const char *name;
		unsigned seed;
		size_t most; /* octets in one piece */
		long fail_at;
	} rows[] = {
		{"small pieces", 1, 60, -1},
		{"small pieces, other order", 2, 60, -1},
		{"about a chunk", 3, ISRV_OUTQ_CHUNK + 200, -1},
		{"many chunks", 4, 20000, -1},
		{"no memory at all", 5, 300, 0},
		{"memory ends soon", 6, 9000, 2},
		{"memory ends later", 7, 3000, 5},
		{"memory ends late", 8, 9000, 20},
	};
	static struct model m;
	size_t i, step, k;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct isrv_outq_mark mark = {0};
		struct fixture f;

		setup(&f);
		f.heap.fail_at = rows[i].fail_at;
		seed = rows[i].seed;
		memset(&m, 0, sizeof(m));
		m.octets = malloc(MODEL_MAX + 20000);
		m.secret = malloc(MODEL_MAX + 20000);
		for (step = 0; step < 4000 && m.put < MODEL_MAX && m.loan_count < LOANS_MAX;
		     step++) {
			one_step(rows[i].name, &f, &m, rows[i].most, &mark);
			compare(rows[i].name, &f, &m);
		}
		isrv_outq_clear(&f.q);
		for (k = 0; k < m.loan_count; k++)
			CHECK(rows[i].name, m.loans[k].released == 1);
		CHECK(rows[i].name, f.mem.used == 0);
		CHECK(rows[i].name, isrv_outq_size(&f.q) == 0);
		free(m.octets);
		free(m.secret);
	}
}

/* Credentials that have left, or never will, are nowhere, whatever stood around them. */
static void test_secret(void **state)
{
	enum { LEAVES, LEAVES_BUT_FOR_ITS_END, IS_TAKEN_BACK, IS_DROPPED, IS_NO_SECRET, WAYS };
	static const char around[600];

	(void)state;
	for (int way = 0; way < WAYS; way++)
		for (size_t before = 0; before < sizeof(around); before += 99) {
			struct isrv_outq_mark mark;
			struct fixture f;

			setup(&f);
			isrv_outq_add(&f.q, around, before);
			mark = isrv_outq_mark(&f.q);
			isrv_outq_keep_secret(&f.q, way != IS_NO_SECRET);
			isrv_outq_add(&f.q, NEEDLE, sizeof(NEEDLE) - 1);
			isrv_outq_keep_secret(&f.q, false);
			isrv_outq_add(&f.q, around, 30);
			if (way == IS_TAKEN_BACK)
				assert_true(isrv_outq_rollback(&f.q, mark));
			if (way != IS_DROPPED)
				isrv_outq_sent(&f.q, isrv_outq_size(&f.q) - (way == LEAVES_BUT_FOR_ITS_END));
			isrv_outq_clear(&f.q);
			assert_int_equal(f.heap.found, way == IS_NO_SECRET);
			assert_int_equal(f.mem.used, 0);
		}
}

/* In full flow nothing is allocated, whatever the shape of the answers. */
static void test_steady(void **state)
{
	static const struct {
		const char *name;
		size_t owned;
		size_t lent;
		int times;
	} rows[] = {
		{"one short line", 40, 0, 1},
		{"a full chunk", ISRV_OUTQ_CHUNK, 0, 1},
		{"a line and a body", 40, 50000, 1},
		{"ten small bodies", 40, 10, 10},
	};
	static char octets[50000];
	size_t i;
	int round, k;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fixture f;

		setup(&f);
		for (round = 0; round < 50; round++) {
			for (k = 0; k < rows[i].times; k++) {
				CHECK(rows[i].name, isrv_outq_add(&f.q, octets, rows[i].owned));
				CHECK(rows[i].name,
				      isrv_outq_lend(&f.q, octets, rows[i].lent, NULL, NULL));
			}
			isrv_outq_sent(&f.q, isrv_outq_size(&f.q));
		}
		CHECK(rows[i].name, f.heap.calls == 1);
		isrv_outq_trim(&f.q);
		CHECK(rows[i].name, f.mem.used == 0);
	}
}

/* Many small loans cost descriptors, not chunks; none is copied. */
static void test_loans(void **state)
{
	struct imapsrv_span spans[3];
	struct fixture f;
	static char body[30];
	int i;

	(void)state;
	setup(&f);
	for (i = 0; i < 1000; i++) {
		assert_true(isrv_outq_add(&f.q, "* 1 FETCH (BODY[] {30}\r\n", 24));
		assert_true(isrv_outq_lend(&f.q, body, sizeof(body), NULL, NULL));
	}
	assert_int_equal(isrv_outq_size(&f.q), 1000 * 54);
	assert_true(f.mem.used < 250 * 1000);
	assert_int_equal(isrv_outq_peek(&f.q, spans, 3), 3);
	assert_ptr_equal(spans[1].data, body);
	assert_int_equal(spans[1].len, 30);
	isrv_outq_sent(&f.q, SIZE_MAX);
	assert_int_equal(isrv_outq_size(&f.q), 0);
	isrv_outq_clear(&f.q);
	assert_int_equal(f.mem.used, 0);
}

/* A mark that is not of this queue, or lies within what was lent, drops nothing. */
static void test_foreign_mark(void **state)
{
	static const char body[] = "a body";
	struct isrv_outq_mark mark;
	struct fixture f;

	(void)state;
	setup(&f);
	mark = isrv_outq_mark(&f.q);
	assert_true(isrv_outq_add(&f.q, "* OK\r\n", 6));
	assert_true(isrv_outq_lend(&f.q, body, 6, NULL, NULL));
	mark.put += 100;
	assert_false(isrv_outq_rollback(&f.q, mark));
	mark.put -= 91;
	assert_false(isrv_outq_rollback(&f.q, mark));
	assert_int_equal(isrv_outq_size(&f.q), 12);
	mark.put -= 3;
	assert_true(isrv_outq_rollback(&f.q, mark));
	assert_int_equal(isrv_outq_size(&f.q), 6);
	isrv_outq_clear(&f.q);
	assert_int_equal(f.mem.used, 0);
}

static void test_bounds(void **state)
{
	static const struct {
		const char *name;
		size_t n;
		bool ok;
	} rows[] = {
		{"nothing", 0, true},
		{"one", 1, true},
		{"a chunk", ISRV_OUTQ_CHUNK, true},
		{"more than a chunk", ISRV_OUTQ_CHUNK + 1, false},
		{"no number", SIZE_MAX, false},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fixture f;

		setup(&f);
		CHECK(rows[i].name, isrv_outq_room(&f.q, rows[i].n) == rows[i].ok);
		CHECK(rows[i].name, isrv_outq_size(&f.q) == 0);
		isrv_outq_trim(&f.q);
		CHECK(rows[i].name, f.mem.used == 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_model),
		cmocka_unit_test(test_secret),
		cmocka_unit_test(test_steady),
		cmocka_unit_test(test_loans),
		cmocka_unit_test(test_foreign_mark), cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
