/* SPDX-License-Identifier: MIT */
/*
 * command/list_tree against a plain model: random names in random order, some twice, and what LIST
 * has to know of each; the limit; and that the work for many names is n log n whatever their order
 * or depth.
 */
#include "unit/row.h"

#include "base/ascii.h"
#include "base/mem.h"
#include "command/list_tree.h"

static struct isrv_mem mem;
static struct isrv_arena arena;
static uint64_t steps;

static int setup(void **state)
{
	(void)state;
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	isrv_arena_init(&arena, &mem, 512u << 20);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	isrv_arena_clear(&arena);
	assert_int_equal(mem.used, 0);
	return 0;
}

static uint32_t seed = 1;

static uint32_t below(uint32_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

static void begin(struct isrv_list_tree *t, struct isrv_list_pattern *p, size_t patterns)
{
	memset(t, 0, sizeof(*t));
	t->patterns = p;
	t->pattern_count = patterns;
	t->arena = &arena;
	t->steps = &steps;
	t->max = 1000000;
	t->separator = '/';
}

static void compile(struct isrv_list_pattern *p, const char *text)
{
	struct imapsrv_span pattern = {text, strlen(text)};

	assert_int_equal(isrv_list_compile(p, &arena, pattern), 0);
}

static void add(struct isrv_list_tree *t, const char *text, unsigned marks)
{
	struct imapsrv_name name = {{text, strlen(text)}, 0, 0};

	isrv_list_add(t, &name, marks);
}

/* ---- the model ----------------------------------------------------------------------------- */

enum { NAMES = 12 };

struct model {
	char name[NAMES][16];
	unsigned marks[NAMES];
	size_t count;
	const char *pattern;
	bool parents;
};

static bool matches(const char *p, const char *n)
{
	if (!*p)
		return !*n;
	if (*p == '*' || *p == '%')
		return matches(p + 1, n) || (*n && (*p == '*' || *n != '/') && matches(p, n + 1));
	return *p == *n && matches(p + 1, n + 1);
}

static bool is_level_pattern(const char *p)
{
	return p[strlen(p) - 1] == '%';
}

/* Everything that is to be known of one name. */
static unsigned expected(const struct model *m, const char *name)
{
	size_t len = strlen(name);
	unsigned marks = 0;

	if (!matches(m->pattern, name))
		return 0;
	for (size_t i = 0; i < m->count; i++) {
		const char *other = m->name[i];

		if (!m->marks[i])
			continue;
		if (!strcmp(other, name))
			marks |= m->marks[i] | ISRV_LIST_GIVEN;
		if (strncmp(other, name, len) != 0 || other[len] != '/')
			continue;
		if (m->marks[i] & ISRV_LIST_EXISTS)
			marks |= ISRV_LIST_BELOW_EXISTS;
		if (m->marks[i] & ISRV_LIST_SELECTED)
			marks |= ISRV_LIST_BELOW_SELECTED;
		if ((m->marks[i] & ISRV_LIST_SELECTED) && !matches(m->pattern, other))
			marks |= ISRV_LIST_BELOW_UNSEEN;
	}
	if (marks && is_level_pattern(m->pattern))
		marks |= ISRV_LIST_LEVEL;
	return marks;
}

static int order(const char *a, const char *b)
{
	for (;; a++, b++) {
		if (*a != *b)
			return (!*a ? 0 : *a == '/' ? 1 : *a) - (!*b ? 0 : *b == '/' ? 1 : *b);
		if (!*a)
			return 0;
	}
}

static void random_model(struct model *m)
{
	static const char *const patterns[] = {"%",    "*",  "a%",  "a/%",   "%/%",
	                                       "*b",   "*%", "a/b", "a*b",   "b/*%",
	                                       "a",    "%/a", "*/b/%", "%/b/%"};

	memset(m, 0, sizeof(*m));
	m->pattern = patterns[below(COUNT(patterns))];
	m->parents = below(3) == 0;
	m->count = 1 + below(NAMES);
	for (size_t i = 0; i < m->count; i++) {
		size_t len = 0;

		for (uint32_t k = 1 + below(4); k > 0; k--) {
			if (len)
				m->name[i][len++] = '/';
			for (uint32_t n = 1 + below(2); n > 0; n--)
				m->name[i][len++] = "ab!"[below(8) < 7 ? below(2) : 2];
		}
		m->marks[i] = below(4) * ISRV_LIST_EXISTS;
	}
}

static bool is_kept(const struct model *m, unsigned marks)
{
	return marks & ISRV_LIST_GIVEN || m->parents || marks & ISRV_LIST_LEVEL;
}

/* All that is in the tree is right. */
static void check_tree(const struct model *m, const struct isrv_list_tree *t)
{
	char before[16] = "";

	for (const struct isrv_list_name *n = t->first; n; n = n->next) {
		char name[16] = "";
		unsigned want;

		assert_true(n->len < sizeof(name));
		memcpy(name, n->name, n->len);
		want = expected(m, name);
		if (!want || (is_kept(m, want) && n->marks != want))
			fail_msg("%s: %s is %#x, not %#x", m->pattern, name, n->marks, want);
		if (order(before, name) >= 0)
			fail_msg("%s: %s does not belong behind %s", m->pattern, name, before);
		memcpy(before, name, sizeof(name));
	}
}

/* All that is to be in the tree is there: every part of every name. */
static void check_model(const struct model *m, const struct isrv_list_tree *t)
{
	for (size_t i = 0; i < m->count; i++) {
		for (size_t len = 1; len <= strlen(m->name[i]); len++) {
			const struct isrv_list_name *n = t->first;
			char name[16] = "";

			memcpy(name, m->name[i], len);
			if (m->name[i][len] != '/' && m->name[i][len])
				continue;
			if (!is_kept(m, expected(m, name)) || !expected(m, name))
				continue;
			while (n && (n->len != len || memcmp(n->name, name, len) != 0))
				n = n->next;
			if (!n)
				fail_msg("%s: %s is missing", m->pattern, name);
		}
	}
}

static void test_model(void **state)
{
	(void)state;
	for (int i = 0; i < 50000; i++) {
		struct isrv_list_pattern p;
		struct isrv_list_tree t;
		struct model m;

		isrv_arena_reset(&arena);
		random_model(&m);
		compile(&p, m.pattern);
		begin(&t, &p, 1);
		t.levels = true;
		t.parents = m.parents;
		for (size_t k = 0; k < m.count; k++)
			add(&t, m.name[k], m.marks[k]);
		isrv_list_finish(&t);
		assert_false(t.too_many || t.nomem);
		check_tree(&m, &t);
		check_model(&m, &t);
	}
}

/* ---- INBOX --------------------------------------------------------------------------------- */

static void test_inbox_is_first_and_one(void **state)
{
	static const char *const names[] = {"Inbox/b", "INBOX/a", "!", "inbox", "INBOX", "A"};
	static const char *const sorted[] = {"inbox", "INBOX/a", "Inbox/b", "!", "A"};
	struct isrv_list_pattern p;
	struct isrv_list_tree t;
	struct isrv_list_name *n;
	size_t i = 0;

	(void)state;
	isrv_arena_reset(&arena);
	compile(&p, "*%");
	begin(&t, &p, 1);
	t.levels = true;
	for (size_t k = 0; k < COUNT(names); k++)
		add(&t, names[k], ISRV_LIST_EXISTS | ISRV_LIST_SELECTED);
	isrv_list_finish(&t);
	for (n = t.first; n; n = n->next, i++) {
		ROW(i, i < COUNT(sorted) && isrv_ascii_is(n->name, n->len, sorted[i]));
		ROW(i, i != 0 || (n->marks & ISRV_LIST_BELOW_EXISTS));
	}
	assert_int_equal(i, COUNT(sorted));
}

/* ---- bounds -------------------------------------------------------------------------------- */

static void test_limit(void **state)
{
	struct isrv_list_pattern p;
	struct isrv_list_tree t;

	(void)state;
	for (uint32_t max = 0; max < 8; max++) {
		isrv_arena_reset(&arena);
		compile(&p, "*%");
		begin(&t, &p, 1);
		t.levels = true;
		t.max = max;
		add(&t, "a/b/c", ISRV_LIST_EXISTS);
		add(&t, "a/b/d", ISRV_LIST_EXISTS);
		add(&t, "x", ISRV_LIST_EXISTS);
		isrv_list_finish(&t);
		ROW(max, t.too_many == (max < 5));
	}
}

static void test_memory(void **state)
{
	(void)state;
	for (size_t max = 200; max < 2000; max += 50) {
		struct isrv_arena small;
		struct isrv_list_pattern p;
		struct isrv_list_tree t;

		isrv_arena_reset(&arena);
		isrv_arena_init(&small, &mem, max);
		compile(&p, "*%");
		begin(&t, &p, 1);
		t.arena = &small;
		t.levels = true;
		for (int i = 0; i < 5; i++) {
			char name[40];

			snprintf(name, sizeof(name), "%d/b/c", i);
			add(&t, name, ISRV_LIST_EXISTS);
		}
		isrv_list_finish(&t);
		assert_true(small.used <= max);
		if (max > 1800)
			assert_int_equal(t.nomem, 0);
		isrv_arena_clear(&small);
	}
}

/* Steps to list n names, in ascending, descending or random order, below `top`. */
static uint64_t work(const char *pattern, uint32_t n, int how, const char *top)
{
	struct isrv_list_pattern p;
	struct isrv_list_tree t;

	isrv_arena_reset(&arena);
	compile(&p, pattern);
	begin(&t, &p, 1);
	t.levels = true;
	steps = 0;
	for (uint32_t i = 0; i < n; i++) {
		char name[60];

		snprintf(name, sizeof(name), "%s%08u", top,
		         how == 0 ? i : how == 1 ? n - i : below(100000000));
		add(&t, name, ISRV_LIST_EXISTS | ISRV_LIST_SELECTED);
	}
	isrv_list_finish(&t);
	assert_false(t.too_many || t.nomem);
	return steps;
}

static void test_work(void **state)
{
	static const char *const patterns[] = {"*", "%", "*0*0*0*%", "a/b/%", "*a*a*a*a*a*b"};
	static const char *const tops[] = {"", "a/b/c/d/", "x/y/"};

	(void)state;
	for (size_t i = 0; i < COUNT(patterns); i++)
		for (size_t k = 0; k < COUNT(tops); k++)
			for (int how = 0; how < 3; how++) {
				uint64_t few = work(patterns[i], 2000, how, tops[k]);
				uint64_t many = work(patterns[i], 32000, how, tops[k]);

				/* 16 times the names: 16 times the scans, 16 * 15 / 11 times the
				 * comparisons, which look a little further. */
				ROW(i * 10 + k, many <= few * 32);
				ROW(i * 10 + k, many <= UINT64_C(32000) * (1 + 2 * 20 + 15 * 20));
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_model),
		cmocka_unit_test(test_inbox_is_first_and_one),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_work),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
