/* SPDX-License-Identifier: MIT */
/*
 * message/param: extended values (RFC 2231 4) to UTF-8 by table, in as little room as there is; and
 * pieces that cannot be joined.
 */
#include "message/param.h"
#include "unit/row.h"

static void test_decode(void **unused)
{
	static const struct {
		const char *value;
		size_t room;
		const char *text; /* NULL: it is no extended value */
	} rows[] = {
		{"utf-8''a", 99, "a"},
		{"utf-8'en'%E2%82%ac", 99, "\xe2\x82\xac"},
		{"iso-8859-1''na%EFve", 99, "na\xc3\xafve"},
		{"iso-8859-1''na\xefve", 99, "na\xc3\xafve"},
		{"''a", 99, "a"},
		{"''", 99, ""},
		{"x-none''a", 99, "a"},
		{"''a'b", 99, "a'b"},
		/* no escapes */
		{"''100%", 99, "100%"},
		{"''%4", 99, "%4"},
		{"''%4g", 99, "%4g"},
		{"''%g4", 99, "%g4"},
		{"''%:0%0:%@0%`0", 99, "%:0%0:%@0%`0"},
		{"''%41%4a%4A%6A", 99, "AJJj"},
		/* cut short where the next character does not fit */
		{"''abc", 2, "ab"},
		{"''abc", 0, ""},
		{"iso-8859-1''%E9%E9", 3, "\xc3\xa9"},
		{"utf-8''%FF%FF", 4, "\xef\xbf\xbd"},
		{"utf-8''ab%FF", 4, "ab"},
		/* not of that form */
		{"", 99, NULL},
		{"abc", 99, NULL},
		{"utf-8'abc", 99, NULL},
		{"'", 99, NULL},
	};
	size_t i;

	(void)unused;
	for (i = 0; i < COUNT(rows); i++) {
		size_t len = strlen(rows[i].value), got = 77;
		char *block = exact(rows[i].value, len);
		const char *value = block ? block : "";
		char *out = exact(NULL, rows[i].room);
		bool is = isrv_param_decode((struct imapsrv_span){value, len}, out, rows[i].room, &got);

		ROW(i, is == (rows[i].text != NULL));
		if (is)
			ROW(i, got == strlen(rows[i].text) &&
			               (!got || memcmp(out, rows[i].text, got) == 0));
		free(out);
		free(block);
	}
}

/* Without memory pieces stay what they are. */
static void test_no_memory(void **unused)
{
	struct isrv_mime_param params[] = {
		{{"x*0", 3}, {"a", 1}}, {{"x*1", 3}, {"b", 1}}, {{"y*0", 3}, {"c", 1}}};
	struct isrv_mime_value value;
	struct isrv_arena arena;
	struct isrv_mem mem;
	uint64_t steps = 0;

	(void)unused;
	memset(&value, 0, sizeof(value));
	value.params = params;
	value.param_count = COUNT(params);
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	isrv_arena_init(&arena, &mem, 0);
	isrv_param_join(&value, &arena, &steps);
	assert_int_equal(value.param_count, COUNT(params));
	assert_memory_equal(value.params[0].name.data, "x*0", 3);
	assert_memory_equal(value.params[1].value.data, "b", 1);
	arena.max = 1000;
	isrv_param_join(&value, &arena, &steps);
	assert_int_equal(value.param_count, 2);
	assert_memory_equal(value.params[0].value.data, "ab", 2);
	assert_int_equal(value.params[1].name.len, 1);
	isrv_arena_clear(&arena);
	assert_int_equal(mem.used, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
