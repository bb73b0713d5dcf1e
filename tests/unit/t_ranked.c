/* SPDX-License-Identifier: MIT */
/* A sorted result that is kept against one that is sorted anew: random messages come and go. */
#include "search/ranked.h"
#include "search/sort.h"
#include "unit/row.h"

#define MESSAGES 60u

static uint32_t next(uint32_t *seed, uint32_t below)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (*seed >> 16) % below;
}

struct world {
	struct isrv_mem mem;
	uint64_t steps;
	uint32_t seed;
	char subjects[MESSAGES][8];
	struct isrv_header headers[MESSAGES];
	struct isrv_sort_facts facts[MESSAGES];
	bool in[MESSAGES];
	struct isrv_sort_program by;
};

static void make_messages(struct world *w)
{
	static const char letters[] = {'a', 'B', 'b', '\0', '\1', ' ', '\xff', 'c'};
	uint32_t i, k;

	for (i = 0; i < MESSAGES; i++) {
		uint32_t len = next(&w->seed, 4);

		for (k = 0; k < len; k++)
			w->subjects[i][k] = letters[next(&w->seed, sizeof(letters))];
		memset(&w->headers[i], 0, sizeof(w->headers[i]));
		w->headers[i].subject = (struct imapsrv_span){w->subjects[i], len};
		w->headers[i].from.mailbox = w->headers[i].subject;
		w->facts[i].uid = i + 1;
		w->facts[i].arrival = (int64_t)next(&w->seed, 5) - 2;
		w->facts[i].octets = next(&w->seed, 4);
		w->facts[i].header = &w->headers[i];
		w->in[i] = false;
	}
}

static void choose_criteria(struct world *w)
{
	static const enum isrv_sort_key keys[] = {ISRV_SORT_SUBJECT, ISRV_SORT_SIZE, ISRV_SORT_FROM,
	                                          ISRV_SORT_ARRIVAL};
	uint32_t i, count = 1 + next(&w->seed, 3);

	memset(&w->by, 0, sizeof(w->by));
	for (i = 0; i < count; i++)
		isrv_sort_by(&w->by, keys[next(&w->seed, 4)], next(&w->seed, 2));
}

/* The order of those that are in, made anew. */
static void check(struct world *w, const struct isrv_ranked *r)
{
	struct isrv_sort x;
	uint32_t i;

	isrv_sort_init(&x, &w->by, &w->mem, &w->steps);
	for (i = 0; i < MESSAGES; i++)
		if (w->in[i])
			assert_true(isrv_sort_add(&x, &w->facts[i]));
	assert_true(isrv_sort_begin(&x) && isrv_sort_run(&x, UINT64_MAX));
	assert_int_equal(x.messages, r->count);
	for (i = 0; i < x.messages; i++)
		assert_int_equal(isrv_ranked_place(r, x.order[i], &w->steps), i + 1);
	isrv_sort_clear(&x);
}

/* At no place yet. */
static void put(struct world *w, struct isrv_ranked *r, uint32_t i)
{
	struct isrv_sort x;
	struct isrv_buf key;

	isrv_sort_init(&x, &w->by, &w->mem, &w->steps);
	isrv_buf_init(&key, SIZE_MAX);
	assert_true(isrv_sort_key(&x, &w->facts[i], &key));
	assert_true(isrv_ranked_add(r, &w->mem, i + 1, (struct imapsrv_span){key.data, key.len}));
	w->in[i] = true;
	isrv_buf_clear(&key, &w->mem);
	isrv_sort_clear(&x);
}

/* One of so many of those that are in. */
static void take_out(struct world *w, struct isrv_ranked *r, uint32_t one_of)
{
	uint32_t places[MESSAGES], i, n = 0;
	bool gone[MESSAGES + 1] = {false};

	for (i = 0; i < MESSAGES; i++) {
		if (!w->in[i] || next(&w->seed, one_of))
			continue;
		gone[isrv_ranked_place(r, i + 1, &w->steps)] = true;
		w->in[i] = false;
	}
	for (i = 1; i <= MESSAGES; i++)
		if (gone[i])
			places[n++] = i;
	isrv_ranked_remove(r, &w->mem, places, n, &w->steps);
	for (i = 0; i < MESSAGES; i++)
		if (!w->in[i])
			assert_int_equal(isrv_ranked_place(r, i + 1, &w->steps), 0);
}

/* One of so many of those that are not. */
static void put_in(struct world *w, struct isrv_ranked *r, uint32_t one_of)
{
	for (uint32_t i = 0; i < MESSAGES; i++)
		if (!w->in[i] && !next(&w->seed, one_of))
			put(w, r, i);
	assert_true(isrv_ranked_arrange(r, &w->mem, &w->steps));
}

static void one_history(struct world *w)
{
	struct isrv_ranked r;
	uint32_t n;

	make_messages(w);
	choose_criteria(w);
	isrv_ranked_init(&r, SIZE_MAX);
	put_in(w, &r, 2);
	check(w, &r);
	for (n = 0; n < 20; n++) {
		take_out(w, &r, 1 + next(&w->seed, 40));
		check(w, &r);
		put_in(w, &r, 1 + next(&w->seed, 40));
		check(w, &r);
	}
	isrv_ranked_clear(&r, &w->mem);
	assert_int_equal(r.count, 0);
}

static void test_random(void **state)
{
	struct world w = {.seed = 1};
	uint32_t n;

	(void)state;
	isrv_mem_init(&w.mem, NULL, SIZE_MAX);
	for (n = 0; n < 100; n++)
		one_history(&w);
	assert_int_equal(w.mem.used, 0);
}

/* No more is held than may be, and what was refused leaves nothing behind. */
static void test_full(void **state)
{
	struct world w = {.seed = 1};
	struct isrv_ranked r;
	uint32_t i;

	(void)state;
	isrv_mem_init(&w.mem, NULL, SIZE_MAX);
	isrv_ranked_init(&r, 1000);
	for (i = 1; isrv_ranked_add(&r, &w.mem, i, (struct imapsrv_span){"key", 3}); i++)
		assert_true(r.used <= r.max);
	assert_true(r.full);
	assert_true(i > 10);
	assert_int_equal(r.used, w.mem.used);
	assert_true(isrv_ranked_arrange(&r, &w.mem, &w.steps));
	assert_int_equal(r.count, i - 1);
	assert_int_equal(r.used, w.mem.used);
	isrv_ranked_clear(&r, &w.mem);
	assert_int_equal(w.mem.used, 0);
}

#define MANY 100000u

/* The key of the i-th is the higher the lower i is. */
static void add_many(struct world *w, struct isrv_ranked *r, uint32_t first, uint32_t last, uint32_t by)
{
	for (uint32_t i = first; i <= last; i += by) {
		unsigned char key[4] = {0, (unsigned char)~(i >> 16), (unsigned char)~(i >> 8),
		                        (unsigned char)~i};

		assert_true(isrv_ranked_add(r, &w->mem, i, (struct imapsrv_span){(char *)key, 4}));
	}
	assert_true(isrv_ranked_arrange(r, &w->mem, &w->steps));
}

/* One that comes finds its place among a hundred thousand by a few comparisons, and leaves by as many; what
 * stands behind it moves. */
static void test_cost(void **state)
{
	struct world w = {.seed = 1};
	struct isrv_ranked r;
	uint64_t before;
	uint32_t place = 1;

	(void)state;
	isrv_mem_init(&w.mem, NULL, SIZE_MAX);
	isrv_ranked_init(&r, SIZE_MAX);
	add_many(&w, &r, 1, MANY, 1);
	before = w.steps;
	add_many(&w, &r, MANY + 1, MANY + 1, 1);
	assert_true(w.steps - before <= 2 * 17 + 2 * MANY / 256);
	before = w.steps;
	isrv_ranked_remove(&r, &w.mem, &place, 1, &w.steps);
	assert_true(w.steps - before <= 2 * 17 + 2 * MANY / 256);
	assert_int_equal(isrv_ranked_place(&r, MANY + 1, &w.steps), 0);
	isrv_ranked_clear(&r, &w.mem);
}

/* Half of a hundred thousand go, and come again, each time at once: n log n, and no more than that.  One by
 * one each would move half of the others. */
static void test_many(void **state)
{
	static uint32_t places[MANY / 2];
	struct world w = {.seed = 1};
	struct isrv_ranked r;
	uint64_t before;
	uint32_t i;

	(void)state;
	isrv_mem_init(&w.mem, NULL, SIZE_MAX);
	isrv_ranked_init(&r, SIZE_MAX);
	add_many(&w, &r, 1, MANY, 1);
	for (i = 0; i < MANY / 2; i++)
		places[i] = 2 * i + 1; /* the even UIDs, from the highest on */
	before = w.steps;
	isrv_ranked_remove(&r, &w.mem, places, MANY / 2, &w.steps);
	assert_true(w.steps - before <= 2 * 17 * MANY);
	assert_int_equal(r.count, MANY / 2);
	for (i = 1; i <= MANY; i++)
		assert_int_equal(isrv_ranked_place(&r, i, &w.steps), i % 2 ? (MANY - i + 1) / 2 : 0);
	before = w.steps;
	add_many(&w, &r, 2, MANY, 2);
	assert_true(w.steps - before <= 3 * 17 * MANY);
	for (i = 1; i <= MANY; i++)
		assert_int_equal(isrv_ranked_place(&r, i, &w.steps), MANY - i + 1);
	isrv_ranked_clear(&r, &w.mem);
	assert_int_equal(w.mem.used, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_cost),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
