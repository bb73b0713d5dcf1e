/* SPDX-License-Identifier: MIT */
/*
 * session/found: numbers that come in any order within a batch, and what is written of them, whole
 * and in pieces, against a plain array.  ISRV_SEED repeats a run.
 */
#include "unit/row.h"

#include "session/found.h"
#include "base/uidset.h"

static uint64_t seed, state;

static uint32_t draw(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)((state * 0x2545f4914f6cdd1du) >> 33) % below;
}

enum { LAST = 120, BATCH = 12, TEXT = 4096 };

/* A session that has nothing but a view, an arena and an output queue. */
struct world {
	struct imapsrv_session s;
	struct imapsrv_engine engine;
	struct isrv_view view;
};

static void begin(struct world *w)
{
	memset(w, 0, sizeof(*w));
	isrv_mem_init(&w->s.mem, NULL, SIZE_MAX);
	isrv_arena_init(&w->s.arena, &w->s.mem, 1 << 20);
	isrv_outq_init(&w->s.out, &w->s.mem);
	isrv_writer_init(&w->s.w, &w->s.out);
	isrv_nummap_init(&w->view.map);
	w->s.output_max = 65536;
	w->s.engine = &w->engine;
	w->s.view = &w->view;
}

static void end(struct world *w)
{
	isrv_nummap_clear(&w->view.map, &w->s.mem);
	isrv_outq_clear(&w->s.out);
	isrv_outq_trim(&w->s.out);
	isrv_arena_clear(&w->s.arena);
	assert_int_equal(w->s.mem.used, 0);
}

/* Numbers in batches that ascend, each in an order of its own, some of them twice. */
static void fill(struct world *w, struct isrv_found *f, bool *has, unsigned long long run)
{
	uint32_t from, i, n, order[BATCH];

	for (from = 1; from <= LAST; from += BATCH) {
		for (i = 0; i < BATCH; i++)
			order[i] = from + i;
		for (i = BATCH; i > 1; i--) {
			uint32_t k = draw(i), swap = order[k];

			order[k] = order[i - 1];
			order[i - 1] = swap;
		}
		for (i = 0; i < BATCH; i++) {
			n = draw(8) ? order[i] : order[draw(i + 1)];
			if (draw(3) == 0)
				continue;
			has[n] = true;
			if (!isrv_found_add(f, &w->s.arena, n, n))
				fail_msg("run %llu: no memory", run);
		}
	}
}

static size_t drain(struct world *w, char *text, size_t len)
{
	struct imapsrv_span spans[8];
	size_t n, i;

	while ((n = isrv_outq_peek(&w->s.out, spans, COUNT(spans))) > 0) {
		for (i = 0; i < n; i++) {
			assert_true(len + spans[i].len < TEXT);
			memcpy(text + len, spans[i].data, spans[i].len);
			len += spans[i].len;
		}
		isrv_outq_sent(&w->s.out, isrv_outq_size(&w->s.out));
	}
	text[len] = '\0';
	return len;
}

typedef enum isrv_step put_fn(struct imapsrv_session *s, struct isrv_found *f,
                              const struct isrv_nummap *uids);

static void put(struct world *w, struct isrv_found *f, put_fn *put_it, bool uid, char *text)
{
	struct isrv_found again = *f;
	size_t len = 0;

	while (put_it(&w->s, &again, uid ? &w->view.map : NULL) == ISRV_OUTPUT)
		len = drain(w, text, len);
	drain(w, text, len);
}

/* What is to be written. */
static void expect(struct world *w, const bool *has, bool uid, bool as_set, char *text)
{
	uint32_t n, told, last = 0, first = 0;
	size_t len = 0;

	text[0] = '\0';
	for (n = 1; n <= LAST + 1; n++) {
		told = n > LAST || !has[n] ? 0 : uid ? isrv_nummap_uid(&w->view.map, n) : n;
		if (!as_set && told)
			len += (size_t)snprintf(text + len, TEXT - len, " %u", (unsigned)told);
		if (!as_set || (first && told && told == last + 1)) {
			last = told ? told : last;
			continue;
		}
		if (first && (told || n > LAST)) {
			len += (size_t)snprintf(text + len, TEXT - len,
			                        first == last ? "%s%u" : "%s%u:%u", len ? "," : "",
			                        (unsigned)first, (unsigned)last);
			first = 0;
		}
		if (told)
			first = last = told;
	}
}

/* Places from..to of what there is, cut out, against counting. */
static void check_slice(struct world *w, const struct isrv_found *f, const bool *has,
                        unsigned long long run)
{
	uint32_t first = 1 + draw(f->size), last = first + draw(f->size - first + 1), n, place = 0;
	struct isrv_found slice;

	assert_true(isrv_found_slice(f, &w->s.arena, first, last, &slice));
	if (slice.size != last - first + 1)
		fail_msg("run %llu: a slice of %u", run, (unsigned)slice.size);
	for (n = 1; n <= LAST; n++) {
		place += has[n];
		if (isrv_uidset_has((struct imapsrv_set){slice.ranges, slice.count}, n) !=
		    (has[n] && place >= first && place <= last))
			fail_msg("run %llu: %u in slice %u:%u", run, (unsigned)n, (unsigned)first,
			         (unsigned)last);
	}
}

static void test_random(void **unused)
{
	static put_fn *const puts_it[] = {isrv_found_put_list, isrv_found_put_set};
	static char got[TEXT], want[TEXT];
	unsigned long long run;
	uint32_t n, uid, count;
	unsigned k;

	(void)unused;
	for (run = seed; run < seed + 1000; run++) {
		bool has[LAST + 2] = {false};
		struct isrv_found f = {0};
		struct world w;

		state = run * 0x9e3779b97f4a7c15u | 1;
		begin(&w);
		for (n = 1, uid = 1; n <= LAST; n++, uid += 1 + (draw(3) == 0) * draw(5))
			assert_true(isrv_nummap_append(&w.view.map, &w.s.mem, uid, uid));
		fill(&w, &f, has, run);
		if (!isrv_uidset_is_valid((struct imapsrv_set){f.ranges, f.count}))
			fail_msg("run %llu: not a set", run);
		for (n = 1, count = 0; n <= LAST; n++)
			count += has[n];
		if (f.size != count)
			fail_msg("run %llu: %u of %u", run, f.size, count);
		for (k = 0; k < 4 && count; k++)
			check_slice(&w, &f, has, run);
		w.s.output_max = 1 + draw(100);
		for (k = 0; k < 4; k++) {
			put(&w, &f, puts_it[k & 1], k >> 1, got);
			expect(&w, has, k >> 1, k & 1, want);
			if (strcmp(got, want) != 0)
				fail_msg("run %llu, %u: %s, not %s", run, k, got, want);
		}
		end(&w);
	}
}

/* The highest numbers there are, and a long run that is written in pieces. */
static void test_edges(void **unused)
{
	static char got[TEXT];
	struct isrv_found f = {0};
	struct world w;
	size_t i;

	(void)unused;
	begin(&w);
	assert_true(isrv_nummap_append(&w.view.map, &w.s.mem, 1, UINT32_MAX));
	assert_true(isrv_found_add(&f, &w.s.arena, 1, 1));
	assert_true(isrv_found_add(&f, &w.s.arena, UINT32_MAX, UINT32_MAX));
	assert_true(isrv_found_add(&f, &w.s.arena, UINT32_MAX - 1, UINT32_MAX - 1));
	assert_true(isrv_found_add(&f, &w.s.arena, 3, 3));
	assert_true(isrv_found_add(&f, &w.s.arena, 2, 2));
	put(&w, &f, isrv_found_put_set, true, got);
	assert_string_equal(got, "1:3,4294967294:4294967295");
	put(&w, &f, isrv_found_put_list, true, got);
	assert_string_equal(got, " 1 2 3 4294967294 4294967295");

	memset(&f, 0, sizeof(f));
	assert_true(isrv_found_add(&f, &w.s.arena, 1, UINT32_MAX));
	assert_int_equal(f.size, UINT32_MAX);
	put(&w, &f, isrv_found_put_set, false, got);
	assert_string_equal(got, "1:4294967295");
	/* As a list it is never held as a whole. */
	for (i = 0; i < 3; i++) {
		w.s.output_max = 1000;
		assert_int_equal(isrv_found_put_list(&w.s, &f, &w.view.map), ISRV_OUTPUT);
		assert_true(isrv_outq_size(&w.s.out) < 5000);
		isrv_outq_sent(&w.s.out, isrv_outq_size(&w.s.out));
	}
	end(&w);
}

static void test_memory(void **unused)
{
	struct isrv_found f = {0};
	struct world w;
	uint32_t n;

	(void)unused;
	begin(&w);
	w.s.arena.max = 1024;
	for (n = 1; isrv_found_add(&f, &w.s.arena, n, n); n += 2)
		assert_true(n < 1000);
	assert_true(n > 60);
	assert_int_equal(f.size, n / 2);
	/* What needs no room still goes. */
	assert_true(isrv_found_add(&f, &w.s.arena, 2, 2));
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_memory),
	};
	const char *given = getenv("ISRV_SEED");

	seed = given ? strtoull(given, NULL, 10) : 1;
	printf("ISRV_SEED=%llu\n", (unsigned long long)seed);
	return cmocka_run_group_tests_name("found", tests, NULL, NULL);
}
