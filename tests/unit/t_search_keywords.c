/* SPDX-License-Identifier: MIT */
/* search/keywords: what a program says of the keywords of messages, against each key held against each
 * keyword. */
#include "unit/row.h"

#include "base/ascii.h"
#include "search/program.h"

enum { KEYS = 40, MOST = 12 };

static uint32_t next(uint32_t *seed, uint32_t below)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (*seed >> 16) % below;
}

struct world {
	struct isrv_mem mem;
	struct isrv_arena arena;
	struct isrv_program p;
	uint64_t steps;
	uint32_t seed;
	char texts[KEYS][4];
	struct imapsrv_span words[KEYS];
};

/* Some are named often, some are the beginning of others, in any case. */
static void make_words(struct world *w)
{
	static const char letters[] = "aAbB$";

	for (uint32_t i = 0; i < KEYS; i++) {
		w->words[i] = (struct imapsrv_span){w->texts[i], 1 + next(&w->seed, 4)};
		for (size_t k = 0; k < w->words[i].len; k++)
			w->texts[i][k] = letters[next(&w->seed, 5)];
	}
}

static void read_program(struct world *w)
{
	const struct imapsrv_limits limits = {.search_terms = KEYS, .depth = 1};
	struct isrv_reader r;
	char text[KEYS * 16];
	size_t len = 0;

	for (uint32_t i = 0; i < KEYS; i++)
		len += (size_t)sprintf(text + len, "%s%sKEYWORD %.*s", i ? " " : "",
		                       i % 3 ? "" : "UN", (int)w->words[i].len, w->texts[i]);
	isrv_reader_init(&r, &w->arena, text, len);
	r.steps = &w->steps;
	r.keyword_max = 255;
	assert_true(isrv_program_parse(&w->p, &r, &limits, 0));
	assert_int_equal(w->p.leaves, KEYS);
}

static void check(struct world *w, const struct imapsrv_flags *flags)
{
	struct isrv_search_row row = {.uid = 1, .facts = IMAPSRV_FACT_FLAGS, .flags = flags};
	uint8_t known[KEYS] = {0};

	(void)isrv_program_eval(&w->p, &row, known);
	for (uint32_t i = 0; i < KEYS; i++) {
		bool is = false;

		for (uint32_t k = 0; k < flags->keyword_count; k++)
			is = is || isrv_ascii_same(flags->keywords[k].data, flags->keywords[k].len,
			                           w->words[i].data, w->words[i].len);
		if (i % 3 == 0)
			is = !is;
		ROW(i, known[i] == (is ? ISRV_MATCH : ISRV_MISS) + 1);
	}
}

static void test_random(void **state)
{
	struct imapsrv_span on[MOST];
	struct imapsrv_flags flags = {.keywords = on};
	struct world w = {.seed = 1};

	(void)state;
	isrv_mem_init(&w.mem, NULL, SIZE_MAX);
	for (uint32_t run = 0; run < 100; run++) {
		isrv_arena_init(&w.arena, &w.mem, 1u << 20);
		make_words(&w);
		read_program(&w);
		for (uint32_t n = 0; n < 20; n++) {
			flags.keyword_count = next(&w.seed, MOST + 1);
			for (uint32_t i = 0; i < MOST; i++)
				on[i] = w.words[next(&w.seed, next(&w.seed, 2) ? KEYS : 3)];
			check(&w, &flags);
		}
		isrv_arena_clear(&w.arena);
	}
	assert_int_equal(w.mem.used, 0);
}

/* None is that long, so it is none that was asked for, and is not looked at further. */
static void test_long(void **state)
{
	char text[300];
	struct imapsrv_span on = {text, sizeof(text)};
	struct imapsrv_flags flags = {.keywords = &on, .keyword_count = 1};
	struct world w = {.seed = 1};

	(void)state;
	memset(text, 'a', sizeof(text));
	isrv_mem_init(&w.mem, NULL, SIZE_MAX);
	isrv_arena_init(&w.arena, &w.mem, 1u << 20);
	make_words(&w);
	read_program(&w);
	check(&w, &flags);
	isrv_arena_clear(&w.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
