/* SPDX-License-Identifier: MIT */
/* notify/names, notify/news: a set of names against a model, and what is pending under names that change. */
#include "notify/events.h"
#include "notify/news.h"
#include "unit/failalloc.h"
#include "unit/row.h"

static struct imapsrv_span span(const char *text)
{
	return (struct imapsrv_span){text, strlen(text)};
}

/* ---- names ------------------------------------------------------------------------------ */

enum { POOL = 64 };

static void put(char *name, unsigned i)
{
	/* Of different lengths, some the start of others. */
	snprintf(name, 16, "%.*s%u", (int)(i % 5), "a/b/c", i / 5);
}

static void test_model(void **unused)
{
	struct isrv_names names = {0};
	bool in[POOL] = {false};
	struct isrv_mem mem;
	uint32_t random = 1, count = 0;
	char name[16];

	(void)unused;
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	for (unsigned step = 0; step < 20000; step++) {
		unsigned i;

		random = random * 1664525u + 1013904223u;
		i = (random >> 8) % POOL;
		put(name, i);
		if (random >> 31) {
			assert_true(isrv_names_add(&names, &mem, span(name)));
			count += !in[i];
			in[i] = true;
		} else {
			assert_int_equal(isrv_names_remove(&names, span(name)), in[i]);
			count -= in[i];
			in[i] = false;
		}
		assert_int_equal(isrv_names_count(&names), count);
		assert_int_equal(isrv_names_has(&names, span(name)), in[i]);
		for (uint32_t k = 1; k < isrv_names_count(&names); k++) {
			struct imapsrv_span a = isrv_names_at(&names, k - 1), b = isrv_names_at(&names, k);
			size_t n = a.len < b.len ? a.len : b.len;
			int order = n ? memcmp(a.data, b.data, n) : 0;

			assert_true(order < 0 || (order == 0 && a.len < b.len));
		}
	}
	/* What was removed does not pile up. */
	assert_true(names.held->size < 8 * POOL * sizeof(name));
	isrv_names_clear(&names, &mem);
	assert_int_equal(mem.used, 0);
}

/* Many in no order, looked for while they come: each is found, once, and in the end all are in order. */
static void test_in_no_order(void **unused)
{
	enum { MANY = 3001 };
	struct isrv_names names = {0};
	struct isrv_mem mem;
	char name[16];

	(void)unused;
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	for (unsigned i = 0; i < 2 * MANY; i++) {
		snprintf(name, sizeof(name), "%05u", i * 7919 % MANY);
		assert_int_equal(isrv_names_has(&names, span(name)), i >= MANY);
		assert_true(isrv_names_add(&names, &mem, span(name)));
		assert_true(isrv_names_has(&names, span(name)));
		assert_int_equal(isrv_names_count(&names), i < MANY ? i + 1 : MANY);
		snprintf(name, sizeof(name), "%05u-", i * 7919 % MANY);
		assert_false(isrv_names_has(&names, span(name)));
	}
	for (unsigned i = 0; i < MANY; i++) {
		struct imapsrv_span at = isrv_names_at(&names, i);

		snprintf(name, sizeof(name), "%05u", i);
		ROW(i, at.len == 5 && !memcmp(at.data, name, 5));
	}
	/* One that is among those behind goes. */
	assert_true(isrv_names_add(&names, &mem, span("01000a")));
	assert_true(isrv_names_add(&names, &mem, span("00999a")));
	assert_true(isrv_names_remove(&names, span("00999a")));
	assert_false(isrv_names_has(&names, span("00999a")));
	assert_true(isrv_names_has(&names, span("01000a")));
	isrv_names_clear(&names, &mem);
	assert_int_equal(mem.used, 0);
}

static void test_above(void **unused)
{
	static const struct {
		const char *name;
		char separator;
		bool above;
	} rows[] = {
		{"a", '/', true},    {"a/b", '/', true},  {"a/b/c", '/', true}, {"ab", '/', false},
		{"b", '/', false},   {"a/", '/', true},   {"x/y", '/', true},   {"x", '/', false},
		{"x/yz", '/', false}, {"a/b", '.', false}, {"a/b", 0, false},    {"a", 0, true},
		{"", '/', false},
	};
	struct isrv_names names = {0};
	struct isrv_mem mem;

	(void)unused;
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	ROW(0, !isrv_names_has_above(&names, span("a"), '/'));
	isrv_names_add(&names, &mem, span("x/y"));
	isrv_names_add(&names, &mem, span("a"));
	for (size_t i = 0; i < COUNT(rows); i++)
		ROW(i, isrv_names_has_above(&names, span(rows[i].name), rows[i].separator) ==
		               rows[i].above);
	isrv_names_clear(&names, &mem);
}

/* ---- news ------------------------------------------------------------------------------- */

/* "name:tell[<old]" of each, in order. */
static void describe(const struct isrv_news_list *l, char *out)
{
	*out = '\0';
	for (const struct isrv_news *n = l->first; n; n = n->next)
		sprintf(out + strlen(out), "%s%.*s:%u%s%.*s", n->prev ? " " : "", (int)n->len, n->name,
		        (unsigned)n->tell, n->old_name ? "<" : "", (int)n->old_len,
		        n->old_name ? n->old_name : "");
}

struct story {
	const char *steps; /* "+name tell", "-name", "~from to" separated by commas */
	const char *is;
};

static bool play(struct isrv_news_list *l, struct isrv_mem *mem, const char *steps)
{
	char copy[256], *at = copy, *end;
	bool done = true;

	snprintf(copy, sizeof(copy), "%s", steps);
	for (; done && *at; at = end) {
		char a[32] = "", b[32] = "", what = *at;

		end = at + strcspn(at, ",");
		if (*end)
			*end++ = '\0';
		sscanf(at + 1, "%31s %31s", a, b);
		if (what == '+') {
			struct isrv_news *n = isrv_news_get(l, mem, span(a));

			done = n != NULL;
			if (n)
				n->tell |= (uint32_t)strtoul(b, NULL, 10);
		} else if (what == '-') {
			isrv_news_remove(l, mem, isrv_news_find(l, span(a)));
		} else {
			done = isrv_news_rename(l, mem, span(a), span(b), '/');
		}
	}
	return done;
}

static void test_news(void **unused)
{
	static const struct story rows[] = {
		{"", ""},
		{"+b 1,+a 2", "b:1 a:2"},
		{"+b 1,+a 2,+b 4", "b:5 a:2"},
		{"+b 1,+a 2,-b", "a:2"},
		{"+b 1,-b,+b 2", "b:2"},
		{"+a 1,+a/x 2,+ab 4,~a c", "ab:4 c:1 c/x:2"},
		{"+a 1,+c 2,~a c", "c:3"},
		{"+b 1,~a c", "b:1"},
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct isrv_news_list list = {0};
		struct isrv_mem mem;
		char is[256];

		isrv_mem_init(&mem, NULL, SIZE_MAX);
		ROW(i, play(&list, &mem, rows[i].steps));
		describe(&list, is);
		if (strcmp(is, rows[i].is) != 0)
			fail_msg("row %zu: %s", i, is);
		isrv_news_clear(&list, &mem);
		ROW(i, mem.used == 0);
	}
}

/* Each allocation fails: nothing leaks, and what is held can be cleared. */
static void test_short_of_memory(void **unused)
{
	static const char steps[] = "+a 1,+a/x 2,+b 1,+c 1,+d 1,~a c,-b,+e 1,~c f";
	struct failalloc fa;

	(void)unused;
	failalloc_init(&fa);
	for (unsigned n = 0; n < 200; n++) {
		struct isrv_news_list list = {0};
		struct isrv_mem mem;
		bool done;

		isrv_mem_init(&mem, &fa.allocator, SIZE_MAX);
		fa.fail_first = fa.calls + n;
		done = play(&list, &mem, steps);
		fa.fail_first = 0;
		for (uint32_t i = 0; i < list.count; i++)
			ROW(n, isrv_news_find(&list, isrv_news_name(list.sorted[i])) == list.sorted[i]);
		isrv_news_clear(&list, &mem);
		ROW(n, mem.used == 0 && fa.held == 0);
		if (done && n > 0)
			return;
	}
	fail_msg("never enough memory");
}

/* ---- renaming --------------------------------------------------------------------------- */

static bool add_all(struct isrv_names *names, struct isrv_mem *mem, const char *list)
{
	bool done = true;

	for (const char *at = list; *at && done; at += *at == ',') {
		size_t len = strcspn(at, ",");

		done = isrv_names_add(names, mem, (struct imapsrv_span){at, len});
		at += len;
	}
	return done;
}

static bool are(const struct isrv_names *names, const char *list)
{
	char text[100] = "";

	for (uint32_t i = 0; i < isrv_names_count(names); i++) {
		struct imapsrv_span name = isrv_names_at(names, i);

		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%.*s", i ? "," : "",
		         (int)name.len, name.data);
	}
	return strcmp(text, list) == 0;
}

/* What lies below moves along, what had the new names before is no more, and where memory is short
 * all is as it was. */
static void test_rename(void **unused)
{
	static const struct {
		const char *before, *from, *to;
		char separator;
		const char *after;
	} rows[] = {
		{"", "a", "b", '/', ""},
		{"c,d", "a", "b", '/', "c,d"},
		{"a", "a", "b", '/', "b"},
		{"a,a/x,ab,b,c", "a", "b", '/', "ab,b,b/x,c"},
		{"a,a/x", "a", "longer/than/that", 0, "a/x,longer/than/that"},
		{"b,b/x,c", "a", "b", '/', "c"},
		{"a,a/x", "a", "a/x", '/', "a/x,a/x/x"},
		{"a/b,a/b/c", "a/b", "a", '/', "a,a/c"},
	};
	struct failalloc fa;

	(void)unused;
	failalloc_init(&fa);
	for (unsigned i = 0; i < COUNT(rows); i++) {
		bool done = false;

		for (unsigned n = 1; !done; n++) {
			struct isrv_names names = {0};
			struct isrv_mem mem;

			isrv_mem_init(&mem, &fa.allocator, SIZE_MAX);
			ROW(i, add_all(&names, &mem, rows[i].before));
			fa.fail_first = fa.calls + n;
			done = isrv_names_rename(&names, &mem, span(rows[i].from), span(rows[i].to),
			                         rows[i].separator);
			fa.fail_first = 0;
			ROW(i, are(&names, done ? rows[i].after : rows[i].before));
			isrv_names_clear(&names, &mem);
			ROW(i, mem.used == 0 && fa.held == 0);
		}
	}
}

/* ---- the table -------------------------------------------------------------------------- */

/* Each kind of event that can be asked for has a source, and each source is a kind of event. */
static void test_sources(void **unused)
{
	(void)unused;
	for (unsigned asked = 1; asked <= ISRV_NOTIFY_SERVER_METADATA; asked <<= 1)
		ROW(asked, isrv_notify_sources(asked) != 0);
	ROW(0, isrv_notify_sources(0) == 0);
	for (int type = IMAPSRV_EVENT_MESSAGE_NEW; type <= IMAPSRV_EVENT_KEYS_RESET; type++) {
		const struct isrv_notify_rule *rule = isrv_notify_rule((enum imapsrv_event_type)type);

		ROW(type, isrv_notify_is_event((enum imapsrv_event_type)type));
		ROW(type, (rule->asked == 0) == (rule->tell == 0));
		ROW(type, !rule->asked ||
		                  isrv_notify_sources(rule->asked) & IMAPSRV_EVENT_BIT((unsigned)type));
	}
	ROW(0, !isrv_notify_is_event((enum imapsrv_event_type)0));
	ROW(0, !isrv_notify_is_event((enum imapsrv_event_type)(IMAPSRV_EVENT_KEYS_RESET + 1)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_model),
		cmocka_unit_test(test_in_no_order), cmocka_unit_test(test_above),
		cmocka_unit_test(test_news),  cmocka_unit_test(test_short_of_memory),
		cmocka_unit_test(test_rename), cmocka_unit_test(test_sources),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
