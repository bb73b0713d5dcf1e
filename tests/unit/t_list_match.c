/* SPDX-License-Identifier: MIT */
/*
 * command/list_match: what matches, in every part of a name; that the fast way agrees with the
 * plain one on all short patterns and names; that the work is the product of the two lengths
 * (ATTACKS T18).
 */
#include "unit/row.h"

#include "base/mem.h"
#include "command/list_match.h"

static struct isrv_mem mem;
static struct isrv_arena arena;

static int setup(void **state)
{
	(void)state;
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	isrv_arena_init(&arena, &mem, 64u << 20);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	isrv_arena_clear(&arena);
	assert_int_equal(mem.used, 0);
	return 0;
}

static struct imapsrv_span span(const char *text)
{
	struct imapsrv_span s = {text, strlen(text)};

	return s;
}

/* ---- the parts of a name that match -------------------------------------------------------- */

static const struct {
	const char *patterns; /* separated by spaces */
	const char *name;
	const char *parts;    /* those that match, "%" behind those matched as levels */
} table[] = {
	{"*", "foo", "foo"},
	{"%", "foo", "foo%"},
	{"", "foo", ""},
	{"foo", "foo", "foo"},
	{"foo", "fo", ""},
	{"foo", "foobar", ""},
	{"foo", "FOO", ""},
	{"foo", "foo/bar", "foo"},
	{"foo/bar", "foo/bar", "foo/bar"},
	{"*", "foo/bar", "foo foo/bar"},
	{"%", "foo/bar", "foo%"},
	{"%/%", "foo/bar", "foo/bar%"},
	{"%/%", "foo/bar/zap", "foo/bar%"},
	{"%/%/%", "foo/bar", ""},
	{"foo%", "foo/bar", "foo%"},
	{"foo*", "foo/bar", "foo foo/bar"},
	{"foo/*", "foo/bar", "foo/bar"},
	{"foo/*", "foo", ""},
	{"foo/%", "foo/bar/zap", "foo/bar%"},
	{"*bar", "foo/bar", "foo/bar"},
	{"%bar", "foo/bar", ""},
	{"%o/b%", "foo/bar", "foo/bar%"},
	{"*o*", "foo/bar/zoo", "foo foo/bar foo/bar/zoo"},
	{"%%", "foo", "foo%"},
	{"**", "foo", "foo"},
	{"*%", "foo/bar", "foo% foo/bar%"},
	{"%*", "foo/bar", "foo foo/bar"},
	{"*%*", "foo/bar", "foo foo/bar"},
	{"%a%a%", "banana", "banana%"},
	{"*a*a*a*a", "banana", ""},
	{"b*na", "banana", "banana"},
	{"b*nan", "banana", ""},
	{"*ana", "banana", "banana"},
	{"%2", "foo2/bar2", "foo2"},
	{"*2", "foo2/bar2", "foo2 foo2/bar2"},
	/* several at once */
	{"foo bar", "bar", "bar"},
	{"foo %", "foo/bar", "foo%"},
	{"% music/rock", "music/rock", "music% music/rock"},
	{"INBOX Drafts Sent/%", "Sent/March2004", "Sent/March2004%"},
	{"INBOX Drafts Sent/%", "Sent", ""},
	/* the case of INBOX, and of its level only */
	{"inbox", "INBOX", "INBOX"},
	{"InBoX/%", "INBOX/Sent", "INBOX/Sent%"},
	{"inbox/%", "INBOX/sent", "INBOX/sent%"},
	{"inbox/sent", "INBOX/Sent", ""},
	{"i%", "INBOX", "INBOX%"},
	{"*x", "INBOX", "INBOX"},
	{"inbox*", "INBOXES", ""},
	{"INBOX*", "INBOXES", "INBOXES"},
	{"foo/inbox", "foo/INBOX", ""},
	/* names that a host should not have */
	{"*", "/foo", "/foo"},
	{"*", "foo/", "foo foo/"},
	{"*", "foo//bar", "foo foo//bar"},
	{"%", "/", ""},
	/* octets */
	{"\xc3\xa9%", "\xc3\xa9t\xc3\xa9", "\xc3\xa9t\xc3\xa9%"},
	{"%\xa9", "\xc3\xa9t\xc3\xa9", "\xc3\xa9t\xc3\xa9"},
};

static size_t split(const char *text, struct imapsrv_span *spans, size_t max)
{
	size_t n = 0;

	for (;;) {
		size_t len = strcspn(text, " ");

		assert_true(n < max);
		spans[n].data = text;
		spans[n++].len = len;
		if (!text[len])
			return n;
		text += len + 1;
	}
}

static void parts_of(struct isrv_list_pattern *p, size_t count, const char *name, char separator,
                     char *out)
{
	struct isrv_list_scan scan;
	uint64_t steps = 0;
	unsigned how;
	size_t len, at = 0;

	isrv_list_scan_init(&scan, p, count, name, strlen(name), separator, &steps);
	while (isrv_list_scan_next(&scan, &len, &how)) {
		if (at)
			out[at++] = ' ';
		memcpy(out + at, name, len);
		at += len;
		if (how & ISRV_LIST_MATCH_LEVEL)
			out[at++] = '%';
	}
	out[at] = '\0';
}

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct imapsrv_span spans[4];
		struct isrv_list_pattern patterns[4];
		size_t count = split(table[i].patterns, spans, 4);
		char parts[200];

		for (size_t k = 0; k < count; k++)
			ROW(i, isrv_list_compile(&patterns[k], &arena, spans[k]) == 0);
		parts_of(patterns, count, table[i].name, '/', parts);
		if (strcmp(parts, table[i].parts) != 0)
			fail_msg("row %zu: %s against %s: \"%s\"", i, table[i].patterns,
			         table[i].name, parts);
	}
}

static void test_flat_names(void **state)
{
	struct isrv_list_pattern p;
	char parts[50];

	(void)state;
	assert_int_equal(isrv_list_compile(&p, &arena, span("%")), 0);
	parts_of(&p, 1, "foo/bar", '\0', parts);
	assert_string_equal(parts, "foo/bar%");
	parts_of(&p, 1, "INBOX/bar", '\0', parts);
	assert_string_equal(parts, "INBOX/bar%");
}

/* ---- against the definition ---------------------------------------------------------------- */

static bool plainly(const char *p, const char *n)
{
	if (!*p)
		return !*n;
	if (*p == '*' || *p == '%')
		return plainly(p + 1, n) || (*n && (*p == '*' || *n != '/') && plainly(p, n + 1));
	return *p == *n && plainly(p + 1, n + 1);
}

/* The i-th string over an alphabet, shorter ones first. */
static void nth(size_t i, const char *alphabet, char *out)
{
	size_t n = strlen(alphabet), len = 0;

	for (; i; i = (i - 1) / n)
		out[len++] = alphabet[(i - 1) % n];
	out[len] = '\0';
}

static void test_all_short_ones(void **state)
{
	char pattern[8], name[8];

	(void)state;
	for (size_t i = 0; i < 1365; i++) { /* up to 5 of 4 */
		struct isrv_list_pattern p;

		nth(i, "a/*%", pattern);
		isrv_arena_reset(&arena);
		assert_int_equal(isrv_list_compile(&p, &arena, span(pattern)), 0);
		for (size_t k = 1; k < 364; k++) { /* up to 5 of 3 */
			struct isrv_list_scan scan;
			uint64_t steps = 0;
			size_t len = 0;
			unsigned how;
			bool whole = false;

			nth(k, "ab/", name);
			isrv_list_scan_init(&scan, &p, 1, name, strlen(name), '/', &steps);
			while (isrv_list_scan_next(&scan, &len, &how))
				whole = len == strlen(name);
			if (whole != plainly(pattern, name))
				fail_msg("%s against %s", pattern, name);
		}
	}
}

/* Patterns around the edges of a word of states. */
static void test_long_ones(void **state)
{
	char pattern[400], name[400];

	(void)state;
	for (size_t n = 60; n < 200; n++) {
		struct isrv_list_pattern p;
		char parts[400];

		memset(name, 'a', n);
		name[n] = '\0';
		memset(pattern, 'a', n);
		pattern[n] = '\0';
		assert_int_equal(isrv_list_compile(&p, &arena, span(pattern)), 0);
		parts_of(&p, 1, name, '/', parts);
		assert_string_equal(parts, name);
		name[n - 1] = 'b';
		parts_of(&p, 1, name, '/', parts);
		assert_string_equal(parts, "");
		memcpy(pattern + n - 2, "*b", 3);
		assert_int_equal(isrv_list_compile(&p, &arena, span(pattern)), 0);
		parts_of(&p, 1, name, '/', parts);
		assert_string_equal(parts, name);
	}
}

/* ---- the start in common ------------------------------------------------------------------- */

static const struct {
	const char *patterns;
	const char *prefix;
} prefixes[] = {
	{"*", ""},
	{"%", ""},
	{"foo", "foo"},
	{"foo/%", "foo/"},
	{"foo/*/bar", "foo/"},
	{"Sent/% Se%", "Se"},
	{"Sent/% Inbox", ""},
	{"INBOX", "INBOX"},
	{"inbox", "INBOX"},
	{"inbox/%", "INBOX"},
	{"INBOX/S%", "INBOX/S"},
	{"inbox*", ""},
	{"inbo%", ""},
	{"INBO%", "INBO"},
	{"i*", ""},
	{"I*", "I"},
	{"inb", "inb"},
	{"inb/x%", "inb/x"},
	{"inboxes%", "inboxes"},
};

static void test_prefixes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(prefixes); i++) {
		struct imapsrv_span spans[4], prefix;
		size_t count = split(prefixes[i].patterns, spans, 4);

		prefix = isrv_list_prefix(spans, count, '/');
		ROW(i, prefix.len == strlen(prefixes[i].prefix));
		ROW(i, !prefix.len || !memcmp(prefix.data, prefixes[i].prefix, prefix.len));
	}
}

/* ---- work ---------------------------------------------------------------------------------- */

/* Steps of `unit` n times and an end against 'a' m times. */
static uint64_t work(const char *unit, size_t n, const char *end, size_t m)
{
	size_t len = strlen(unit);
	char *pattern = malloc(len * n + strlen(end) + 1);
	char *name = malloc(m);
	struct isrv_list_pattern p;
	struct isrv_list_scan scan;
	uint64_t steps = 0;
	unsigned how;
	size_t part;

	assert_true(pattern && name);
	for (size_t i = 0; i < n; i++)
		memcpy(pattern + i * len, unit, len);
	memcpy(pattern + n * len, end, strlen(end) + 1);
	memset(name, 'a', m);
	isrv_arena_reset(&arena);
	assert_int_equal(isrv_list_compile(&p, &arena, span(pattern)), 0);
	isrv_list_scan_init(&scan, &p, 1, name, m, '/', &steps);
	assert_false(isrv_list_scan_next(&scan, &part, &how));
	free(pattern);
	free(name);
	return steps;
}

static void test_work_is_the_product(void **state)
{
	static const char *const units[] = {"*a", "%*a", "%a", "*aa", "a*%*"};

	(void)state;
	for (size_t i = 0; i < COUNT(units); i++) {
		for (size_t n = 1; n <= 4096; n *= 4) {
			for (size_t m = 1; m <= 16384; m *= 4) {
				size_t literals = n * (i == 3 ? 2 : 1) + 1;
				uint64_t steps = work(units[i], n, "b", m);

				ROW(i, steps <= 1 + m * (literals / 64 + 1));
				/* A pattern longer than the name is not even looked at. */
				if (literals > m)
					ROW(i, steps == 1);
			}
		}
	}
}

static void test_no_memory(void **state)
{
	struct isrv_arena small;
	struct isrv_list_pattern p;

	(void)state;
	isrv_arena_init(&small, &mem, 16);
	assert_true(isrv_list_compile(&p, &small, span("foo")) > 16);
	isrv_arena_clear(&small);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_flat_names),
		cmocka_unit_test(test_all_short_ones),
		cmocka_unit_test(test_long_ones),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_work_is_the_product),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
