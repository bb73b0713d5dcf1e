/* SPDX-License-Identifier: MIT */
/* message/msgid: fields to the IDs in them, each written in brackets, by table; the steps; memory. */
#include "message/msgid.h"

#include "unit/failalloc.h"

static bool read_ids(const char *field, size_t len, struct isrv_mem *mem, char *out,
                     uint64_t *steps)
{
	struct isrv_msgid_parser p;
	struct isrv_arena arena;
	struct isrv_buf room;
	struct imapsrv_span id;
	char *block = exact(field, len);

	isrv_arena_init(&arena, mem, 1 << 20);
	isrv_buf_init(&room, 1 << 20);
	isrv_msgid_init(&p, (struct imapsrv_span){block, len}, &arena, &room, mem, steps);
	*out = '\0';
	while (isrv_msgid_next(&p, &id))
		sprintf(out + strlen(out), "<%.*s>", (int)id.len, id.data);
	isrv_buf_clear(&room, mem);
	isrv_arena_clear(&arena);
	free(block);
	return !p.failed;
}

static void test_fields(void **unused)
{
	static const struct {
		const char *field;
		const char *ids;
	} rows[] = {
		{"", ""},
		{"<a@b>", "<a@b>"},
		{"<a@b> <c@d>", "<a@b><c@d>"},
		{"<a@b><c@d>\t<e@f>", "<a@b><c@d><e@f>"},
		{"<a.b.c@d.e>", "<a.b.c@d.e>"},
		{"<a@[192.0.2.1]>", "<a@[192.0.2.1]>"},
		/* RFC 5256 3: one form whatever the quoting */
		{"<\"01KF8JCEOCBS0045PS\"@xxx.yyy.com>", "<01KF8JCEOCBS0045PS@xxx.yyy.com>"},
		{"<01KF8JCEOCBS0045PS@xxx.yyy.com>", "<01KF8JCEOCBS0045PS@xxx.yyy.com>"},
		{"<\"a b\"@c>", "<a b@c>"},
		{"<\"a\\\"b\\c\"@d>", "<a\"bc@d>"},
		{"<\"a\".b@c>", "<a.b@c>"},
		{"<a@b>(comment <x@y>)<c@d>", "<a@b><c@d>"},
		{"< a . b @ c >", "<a.b@c>"},
		{"<(x)a@b(y)>", "<a@b>"},
		/* phrases, as In-Reply-To has them */
		{"Your message of Monday <a@b>", "<a@b>"},
		{"\"Someone <x@y>\" <a@b>", "<a@b>"},
		{"someone@example.com <a@b>", "<a@b>"},
		/* not valid */
		{"a@b", ""},
		{"<a>", ""},
		{"<@b>", ""},
		{"<a@>", ""},
		{"<a@b", ""},
		{"<a b@c>", ""},
		{"<a@b c>", ""},
		{"<a@b@c>", ""},
		{"<a@\"b\">", ""},
		{"<.a@b>", ""},
		{"<a.@b>", ""},
		{"<a..b@c>", ""},
		{"<a@b>>", "<a@b>"},
		{"<<a@b>>", "<a@b>"},
		{"<a@<b@c>", "<b@c>"},
		{"<a@b <c@d>", "<c@d>"},
		{"<", ""},
		{"<\"", ""},
	};
	struct isrv_mem mem;
	uint64_t steps = 0;
	size_t i;

	(void)unused;
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	for (i = 0; i < COUNT(rows); i++) {
		char out[256];

		ROW(i, read_ids(rows[i].field, strlen(rows[i].field), &mem, out, &steps));
		if (strcmp(out, rows[i].ids) != 0)
			fail_msg("row %zu: %s: %s", i, rows[i].field, out);
	}
	assert_int_equal(mem.used, 0);
}

static void test_steps(void **unused)
{
	static const char *const units[] = {"<a@b> ", "<", "<a@", "<a.", "(", "<\"a\\b\"@c>", "@"};
	static char text[200000], out[800000];
	struct isrv_mem mem;
	size_t i, n;

	(void)unused;
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	for (i = 0; i < COUNT(units); i++) {
		uint64_t steps = 0;

		for (n = 0; n + 16 < 60000; n += strlen(units[i]))
			memcpy(text + n, units[i], strlen(units[i]));
		assert_true(read_ids(text, n, &mem, out, &steps));
		ROW(i, steps <= 3 * n);
	}
}

/* Whatever piece of it there is no memory for. */
static void fail_each(const char *field, const char *ids)
{
	char out[256];
	size_t fail = 0;
	bool ok = false;

	while (!ok) {
		struct failalloc a;
		struct isrv_mem mem;
		uint64_t steps = 0;

		failalloc_init(&a);
		a.fail_first = ++fail;
		isrv_mem_init(&mem, &a.allocator, SIZE_MAX);
		ok = read_ids(field, strlen(field), &mem, out, &steps);
		assert_int_equal(ok, a.calls < fail);
		assert_int_equal(mem.used, 0);
	}
	assert_string_equal(out, ids);
}

static void test_failures(void **unused)
{
	char field[200];
	int n;

	(void)unused;
	fail_each("<\"a\\b\"@c> <d@[192.0.2.1]>", "<ab@c><d@[192.0.2.1]>");
	for (n = 1; n < 70; n++) {
		sprintf(field, "<%.*s@[192.0.2.1]>", n,
		        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
		fail_each(field, field);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
