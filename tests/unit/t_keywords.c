/* SPDX-License-Identifier: MIT */
/*
 * mailbox/keywords: what is a name, which names are the same, the order, the limits, and every
 * allocation failing once.
 */
#include "mailbox/keywords.h"
#include "unit/failalloc.h"

static struct imapsrv_span span(const char *text)
{
	struct imapsrv_span s = {text, strlen(text)};

	return s;
}

static const struct {
	const char *add[5];
	uint32_t max;
	const char *sorted; /* as they stand afterwards */
	const char *added;  /* "1" for each that was new */
} rows[] = {
	{{NULL}, 9, "", ""},
	{{"b", "a", "c"}, 9, "a b c", "111"},
	{{"$Forwarded", "$forwarded", "$FORWARDED"}, 9, "$Forwarded", "100"},
	{{"b", "B", "A", "a"}, 9, "A b", "1010"},
	{{"ab", "a", "abc"}, 9, "a ab abc", "111"},
	{{"", "a b", "\\Seen", "a)", "a\r\nb"}, 9, "", "00000"},
	{{"caf\xc3\xa9", "x]", "%", "\"", "{"}, 9, "", "00000"},
	{{"a", "b", "c", "A", "b"}, 2, "a b", "11000"},
	{{"a"}, 0, "", "0"},
	{{"z_", "z.", "Z-", "z^", "zA"}, 9, "Z- z. zA z^ z_", "11111"},
};

static void test_rows(void **state)
{
	size_t i, j;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		struct isrv_keywords k;
		struct isrv_mem mem;
		char sorted[64] = "";
		bool added;

		isrv_mem_init(&mem, NULL, SIZE_MAX);
		isrv_keywords_init(&k, rows[i].max);
		for (j = 0; j < COUNT(rows[i].add) && rows[i].add[j]; j++) {
			ROW(i, isrv_keywords_add(&k, &mem, span(rows[i].add[j]), &added));
			ROW(i, added == (rows[i].added[j] == '1'));
		}
		for (j = 0; j < k.count; j++) {
			struct imapsrv_span name = isrv_keywords_at(&k, (uint32_t)j);

			if (j)
				strcat(sorted, " ");
			strncat(sorted, name.data, name.len);
			ROW(i, isrv_keywords_has(&k, name));
		}
		ROW(i, strcmp(sorted, rows[i].sorted) == 0);
		ROW(i, !isrv_keywords_has(&k, span("")) && !isrv_keywords_has(&k, span("zz")));
		isrv_keywords_clear(&k, &mem);
		ROW(i, mem.used == 0 && k.count == 0 && k.max == rows[i].max);
	}
}

static void test_length(void **state)
{
	struct isrv_keywords k;
	struct isrv_mem mem;
	char name[256];
	bool added;
	size_t len;

	(void)state;
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	isrv_keywords_init(&k, 10000);
	memset(name, 'x', sizeof(name));
	for (len = 1; len <= 256; len++) {
		struct imapsrv_span s = {name, len};

		ROW(len, isrv_keywords_add(&k, &mem, s, &added));
		ROW(len, added == (len < 256));
		ROW(len, isrv_keywords_has(&k, s) == (len < 256));
	}
	for (len = 1; len < 256; len++)
		ROW(len, isrv_keywords_at(&k, (uint32_t)len - 1).len == len);
	isrv_keywords_clear(&k, &mem);
}

/* Many names in an order that is not theirs, with the n-th allocation failing: what is refused for
 * want of memory can be added again, and what was there stays. */
static void test_failing(void **state)
{
	size_t n;

	(void)state;
	for (n = 1; n < 32; n++) {
		struct failalloc fa;
		struct isrv_keywords k;
		struct isrv_mem mem;
		uint32_t i;
		bool added;

		failalloc_init(&fa);
		fa.fail_first = n;
		isrv_mem_init(&mem, &fa.allocator, SIZE_MAX);
		isrv_keywords_init(&k, 500);
		for (i = 0; i < 500; i++) {
			char name[16];
			struct imapsrv_span s = {name, 0};

			s.len = (size_t)snprintf(name, sizeof(name), "k%03u", i * 37 % 500);
			if (!isrv_keywords_add(&k, &mem, s, &added)) {
				ROW(n, fa.calls == n && k.count == i && !added);
				ROW(n, isrv_keywords_add(&k, &mem, s, &added));
			}
			ROW(n, added && k.count == i + 1);
		}
		for (i = 0; i < 500; i++) {
			char name[16];

			snprintf(name, sizeof(name), "k%03u", i);
			ROW(n, memcmp(isrv_keywords_at(&k, i).data, name, 4) == 0);
		}
		isrv_keywords_clear(&k, &mem);
		ROW(n, fa.held == 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_failing),
	};

	return cmocka_run_group_tests_name("keywords", tests, NULL, NULL);
}
