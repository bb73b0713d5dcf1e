/* SPDX-License-Identifier: MIT */
/*
 * message/field: which lines are fields, what an unfolded body is, which tokens there are.  Every
 * text is read from a block of exactly its size.
 */
#include "message/field.h"
#include "unit/failalloc.h"

enum { SHOWN_MAX = 4096 };

/* What was read, as text to compare: control characters are shown as "^" and the letter. */
struct shown {
	char text[SHOWN_MAX];
	size_t len;
};

static void show_octet(struct shown *s, char c)
{
	if (s->len + 3 > SHOWN_MAX)
		fail_msg("too long to be shown");
	if ((unsigned char)c < 32) {
		s->text[s->len++] = '^';
		c = (char)(c + '@');
	}
	s->text[s->len++] = c;
	s->text[s->len] = '\0';
}

static void show(struct shown *s, struct imapsrv_span span)
{
	size_t i;

	for (i = 0; i < span.len; i++)
		show_octet(s, span.data[i]);
}

#define SAME(row, got, want)                                                                       \
	do {                                                                                       \
		if (strcmp(got, want) != 0)                                                        \
			fail_msg("row %zu: got <%s>, wanted <%s>", (size_t)(row), got, want);      \
	} while (0)

/* ---- fields -------------------------------------------------------------------------------- */

static const struct {
	const char *header;
	size_t len;
	const char *fields; /* name "=" body "|" for each, then what is left */
} headers[] = {
	{BYTES(""), "."},
	{BYTES("\r\n"), ".^M^J"},
	{BYTES("\n"), ".^J"},
	{BYTES("\nA: b\n"), ".^JA: b^J"},
	{BYTES("Subject: hello\r\n"), "Subject= hello|."},
	{BYTES("Subject: hello\n"), "Subject= hello|."},
	{BYTES("Subject: hello"), "Subject= hello|."},
	{BYTES("Subject:\r\n"), "Subject=|."},
	{BYTES("Subject:"), "Subject=|."},
	{BYTES("A:b\r\nC:d\r\n\r\nE:f\r\n"), "A=b|C=d|.^M^JE:f^M^J"},
	{BYTES("A:b\nC:d\n\nE:f\n"), "A=b|C=d|.^JE:f^J"},
	{BYTES("A: one\r\n two\r\n\tthree\r\nB: x\r\n"), "A= one^M^J two^M^J^Ithree|B= x|."},
	{BYTES("A: one\n two\nB: x\n"), "A= one^J two|B= x|."},
	{BYTES("A: one\r\n \r\n two\r\nB: x\r\n"), "A= one^M^J ^M^J two|B= x|."},
	{BYTES("A:\r\n folded at once\r\n"), "A=^M^J folded at once|."},
	{BYTES("Subject \t: old\r\n"), "Subject= old|."},
	{BYTES("From joe Sat Jan  3 01:05:34 1996\nA: b\n"), "A= b|."},
	{BYTES("From joe Sat Jan  3 01:05:34 1996\n and more: of it\nA: b\n"), "A= b|."},
	{BYTES(">From joe 01:02\nA: b\n"), "A= b|."},
	{BYTES("no colon\r\nA: b\r\n"), "A= b|."},
	{BYTES("no-colon\r\n with: one\r\nA: b\r\n"), "A= b|."},
	{BYTES(" a: begins with a blank\r\nA: b\r\n"), "A= b|."},
	{BYTES(": no name\r\nA: b\r\n"), "A= b|."},
	{BYTES("  : no name\r\nA: b\r\n"), "A= b|."},
	{BYTES("A\0B: c\r\nA: b\r\n"), "A= b|."},
	{BYTES("A\x7f: c\r\nA: b\r\n"), "A= b|."},
	{BYTES("\xc3\xa4: c\r\n"), "\xc3\xa4= c|."},
	{BYTES("A: b:c:d\r\n"), "A= b:c:d|."},
	{BYTES("A: b\rc\r\n"), "A= b^Mc|."},
	{BYTES("A: b\r\r\n"), "A= b^M|."},
	{BYTES("A: b\r"), "A= b^M|."},
	{BYTES("A:\r"), "A=^M|."},
	{BYTES("A:\n"), "A=|."},
	{BYTES("A: b\0c\r\n"), "A= b^@c|."},
	{BYTES("A: b\r\n\rC: d\r\n"), "A= b|."},
	{BYTES("junk"), "."},
	{BYTES("A: b\r\n\r"), "A= b|."},
};

static void test_fields(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(headers); i++) {
		char *data = exact(headers[i].header, headers[i].len);
		struct imapsrv_span rest = {data, headers[i].len};
		const char *end = headers[i].len ? data + headers[i].len : data;
		struct isrv_field field;
		struct shown s = {"", 0};

		while (isrv_field_next(&rest, &field)) {
			ROW(i, field.whole.data == field.name.data);
			ROW(i, field.whole.data + field.whole.len == rest.data);
			ROW(i, rest.data + rest.len == end);
			show(&s, field.name);
			show_octet(&s, '=');
			show(&s, field.body);
			show_octet(&s, '|');
		}
		show_octet(&s, '.');
		show(&s, rest);
		SAME(i, s.text, headers[i].fields);
		free(data);
	}
}

/* ---- unfolding ----------------------------------------------------------------------------- */

static const struct {
	const char *body;
	size_t len;
	size_t max;
	bool fits;
	const char *text;
} bodies[] = {
	{BYTES(""), 9, true, ""},
	{BYTES(" \t\r\n \r\n"), 9, true, ""},
	{BYTES("x"), 9, true, "x"},
	{BYTES(" hello world "), 99, true, "hello world"},
	{BYTES(" one\r\n two"), 99, true, "one two"},
	{BYTES(" one\n\ttwo"), 99, true, "one^Itwo"},
	{BYTES("\r\n one \r\n  two\r\n "), 99, true, "one   two"},
	{BYTES("a\rb"), 99, true, "ab"},
	{BYTES("a\0b\0"), 99, true, "ab"},
	{BYTES("\0a"), 99, true, "a"},
	{BYTES("a\r\r\n b"), 99, true, "a b"},
	{BYTES("\xff\xfe"), 99, true, "\xff\xfe"},
	{BYTES("=?utf-8?q?a?=\r\n =?utf-8?q?b?="), 99, true, "=?utf-8?q?a?= =?utf-8?q?b?="},
	{BYTES("abcdef"), 6, true, "abcdef"},
	{BYTES("abcdefg"), 6, false, "abcdef"},
	{BYTES("abc\r\n defg"), 6, false, "abc de"},
	{BYTES("abcdef   "), 6, true, "abcdef"},
	{BYTES("a"), 0, false, ""},
	{BYTES("  "), 0, true, ""},
};

static void test_unfold(void **state)
{
	struct isrv_mem mem;
	size_t i;

	(void)state;
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	for (i = 0; i < COUNT(bodies); i++) {
		char *data = exact(bodies[i].body, bodies[i].len);
		struct imapsrv_span body = {data, bodies[i].len}, got;
		struct shown s = {"", 0};
		struct isrv_buf out;

		isrv_buf_init(&out, bodies[i].max);
		ROW(i, isrv_field_unfold(body, &out, &mem) == bodies[i].fits);
		got.data = out.data;
		got.len = out.len;
		show(&s, got);
		SAME(i, s.text, bodies[i].text);
		isrv_buf_clear(&out, &mem);
		free(data);
	}
	assert_int_equal(mem.used, 0);
}

/* What fits the block that is there already is added, where no larger one is to be had. */
static void test_unfold_no_memory(void **state)
{
	char text[200];
	struct imapsrv_span body = {text, sizeof(text)};
	struct failalloc fa;
	struct isrv_mem mem;
	struct isrv_buf out;

	(void)state;
	memset(text, 'x', sizeof(text));
	failalloc_init(&fa);
	isrv_mem_init(&mem, &fa.allocator, SIZE_MAX);
	isrv_buf_init(&out, 1000);
	fa.fail_first = 1;
	assert_false(isrv_field_unfold(body, &out, &mem));
	assert_int_equal(out.len, 0);
	assert_true(isrv_buf_add(&out, &mem, "ab", 2));
	fa.fail_first = fa.calls + 1;
	assert_false(isrv_field_unfold(body, &out, &mem));
	assert_true(out.len == out.cap && out.data[1] == 'b' && out.data[2] == 'x');
	isrv_buf_clear(&out, &mem);
	assert_int_equal(fa.held, 0);
}

/* ---- tokens -------------------------------------------------------------------------------- */

/* "_" for white space before, "(comment)", then a:atom q:quoted d:literal or the special. */
static const struct {
	bool mime;
	const char *body;
	size_t len;
	const char *tokens;
} texts[] = {
	{false, BYTES(""), ""},
	{false, BYTES(" \t\r\n "), "_"},
	{false, BYTES("joe"), "a:joe "},
	{false, BYTES(" joe blow"), "_a:joe _a:blow "},
	{false, BYTES("joe\r\n blow"), "a:joe _a:blow "},
	{false, BYTES("joe\0blow"), "a:joe _a:blow "},
	{false, BYTES("a.b"), "a:a . a:b "},
	{false, BYTES("<@a,b:c;>"), "< @ a:a , a:b : a:c ; > "},
	{false, BYTES("a/b=c?d"), "a:a/b=c?d "},
	{true, BYTES("a/b=c?d"), "a:a / a:b = a:c ? a:d "},
	{true, BYTES("a.b"), "a:a.b "},
	{true, BYTES("name*0*=x"), "a:name*0* = a:x "},
	{false, BYTES(")]\\"), ") ] \\ "},
	{true, BYTES("[a]"), "[ a:a ] "},
	{false, BYTES("!#$%&'*+-/=?^_`{|}~"), "a:!#$%&'*+-/=?^_`{|}~ "},
	{true, BYTES("!#$%&'*+-.^_`{|}~"), "a:!#$%&'*+-.^_`{|}~ "},
	{false, BYTES("J\xc3\xb6rg \xff"), "a:J\xc3\xb6rg _a:\xff "},
	{false, BYTES("a\x1b$B\x7f"), "a:a^[$B\x7f "},
	{false, BYTES("\"a b\""), "q:a b "},
	{false, BYTES("\"\""), "q: "},
	{false, BYTES("\""), "q: "},
	{false, BYTES("\"a\\\"b\\\\\""), "q:a\"b\\ "},
	{false, BYTES("\"a\r\n b\""), "q:a b "},
	{false, BYTES("\"a\0b\rc\""), "q:abc "},
	{false, BYTES("\"a"), "q:a "},
	{false, BYTES("\"a\\"), "q:a "},
	{false, BYTES("\"a\\\""), "q:a\" "},
	{false, BYTES("\"\\\r\n\""), "q: "},
	{false, BYTES("\"a\"\"b\"c"), "q:a q:b a:c "},
	{false, BYTES("\"(no comment)\""), "q:(no comment) "},
	{true, BYTES("\"a;b\""), "q:a;b "},
	{false, BYTES("[127.0.0.1]"), "d:[127.0.0.1] "},
	{false, BYTES("[IPv6:::1] "), "d:[IPv6:::1] _"},
	{false, BYTES("[a\\]b]"), "d:[a]b] "},
	{false, BYTES("[a"), "d:[a "},
	{false, BYTES("[a\\"), "d:[a "},
	{false, BYTES("["), "d:[ "},
	{false, BYTES("(c)"), "_(c)"},
	{false, BYTES("(c)a"), "_(c)a:a "},
	{false, BYTES("( c d )a"), "_(c d)a:a "},
	{false, BYTES("(a)(b) (c)x"), "_(c)a:x "},
	{false, BYTES("(a(b)c)x"), "_(a(b)c)a:x "},
	{false, BYTES("(a\\)b)x"), "_(a)b)a:x "},
	{false, BYTES("(a\\(b)x"), "_(a(b)a:x "},
	{false, BYTES("(a\\\\)x"), "_(a\\)a:x "},
	{false, BYTES("(a\r\n b)x"), "_(a b)a:x "},
	{false, BYTES("(\"a)x\""), "_(\"a)a:x q: "},
	{false, BYTES("()x"), "_()a:x "},
	{false, BYTES("(a"), "_(a)"},
	{false, BYTES("((a)"), "_((a))"},
	{false, BYTES("(a\\"), "_(a)"},
	{false, BYTES("("), "_()"},
	{false, BYTES("x("), "a:x _()"},
	{false, BYTES("(((((\\"), "_((((()"},
	{false, BYTES("=?utf-8?q?a,b?="), "a:=?utf-8?q?a,b?= "},
	{false, BYTES("=?utf-8?q?a@b.c_(d)?= x"), "a:=?utf-8?q?a@b.c_(d)?= _a:x "},
	{false, BYTES("=?utf-8?q?a,b"), "a:=?utf-8?q?a , a:b "},
	{false, BYTES("=?utf-8?q?a,b?"), "a:=?utf-8?q?a , a:b? "},
	{false, BYTES("=?utf-8?q?a,b c?="), "a:=?utf-8?q?a , a:b _a:c?= "},
	{false, BYTES("=?utf-8?q?a,<b?="), "a:=?utf-8?q?a , < a:b?= "},
	{false, BYTES("=?utf-8?q?\"a?="), "a:=?utf-8?q? q:a?= "},
	{false, BYTES("=?a?b?,?==?c?d?,?=e,"), "a:=?a?b?,?==?c?d?,?=e , "},
	{false, BYTES("=?,?q?x?="), "a:=? , a:?q?x?= "},
	{false, BYTES("=?"), "a:=? "},
	{true, BYTES("=?a?b?c?="), "= ? a:a ? a:b ? a:c ? = "},
};

static void show_token(struct shown *s, struct isrv_lexer *x, const struct isrv_token *token)
{
	static const char kinds[] = {'a', 'q', 'd'};

	if (token->space)
		show_octet(s, '_');
	if (token->comment.data) {
		show_octet(s, '(');
		show(s, isrv_lexer_comment(x, token->comment));
		show_octet(s, ')');
	}
	if (token->type == ISRV_TOKEN_END)
		return;
	if (token->type != ISRV_TOKEN_SPECIAL) {
		show_octet(s, kinds[token->type - ISRV_TOKEN_ATOM]);
		show_octet(s, ':');
	}
	show(s, token->text);
	show_octet(s, ' ');
}

static void read_tokens(size_t row, struct isrv_arena *arena, struct shown *s, bool *failed_r)
{
	char *data = exact(texts[row].body, texts[row].len);
	struct imapsrv_span body = {data, texts[row].len};
	struct isrv_token token;
	struct isrv_lexer x;
	uint64_t steps = 0;

	isrv_lexer_init(&x, body, arena, texts[row].mime, &steps);
	do {
		const char *at = x.at;

		isrv_lexer_next(&x, &token);
		ROW(row, token.start >= at && (x.at > token.start || x.at == x.end));
		ROW(row, token.type != ISRV_TOKEN_SPECIAL ||
		                 token.special == (unsigned char)token.text.data[0]);
		show_token(s, &x, &token);
	} while (token.type != ISRV_TOKEN_END);
	ROW(row, x.at == x.end);
	ROW(row, steps >= texts[row].len && steps <= 3 * texts[row].len);
	*failed_r = x.failed;
	free(data);
}

static void test_tokens(void **state)
{
	struct isrv_arena arena;
	struct isrv_mem mem;
	size_t i;

	(void)state;
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	isrv_arena_init(&arena, &mem, 4096);
	for (i = 0; i < COUNT(texts); i++) {
		struct shown s = {"", 0};
		bool failed;

		read_tokens(i, &arena, &s, &failed);
		SAME(i, s.text, texts[i].tokens);
		ROW(i, !failed);
		isrv_arena_reset(&arena);
	}
	isrv_arena_clear(&arena);
	assert_int_equal(mem.used, 0);
}

/* A text that needs a copy and gets none ends the field there, and no other does. */
static void test_no_memory(void **state)
{
	struct isrv_arena arena;
	struct isrv_mem mem;
	size_t i, ended = 0;

	(void)state;
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	isrv_arena_init(&arena, &mem, 0);
	for (i = 0; i < COUNT(texts); i++) {
		struct shown s = {"", 0};
		bool failed;

		read_tokens(i, &arena, &s, &failed);
		ROW(i, failed || strcmp(s.text, texts[i].tokens) == 0);
		ended += failed;
	}
	assert_true(ended >= 10);
	isrv_arena_clear(&arena);
}

/* ---- size ---------------------------------------------------------------------------------- */

enum { MUCH = 10 << 20 };

/* One unit over and over, 10 MiB of it: what one lexer does for it. */
static uint64_t steps_of(const char *unit, size_t *tokens_r)
{
	size_t n = strlen(unit), i;
	char *data = exact(NULL, MUCH / n * n);
	struct imapsrv_span body = {data, MUCH / n * n};
	struct isrv_token token;
	struct isrv_arena arena;
	struct isrv_lexer x;
	struct isrv_mem mem;
	uint64_t steps = 0;

	for (i = 0; i < body.len; i += n)
		memcpy(data + i, unit, n);
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	isrv_arena_init(&arena, &mem, (size_t)8 * MUCH);
	isrv_lexer_init(&x, body, &arena, false, &steps);
	*tokens_r = 0;
	do {
		isrv_lexer_next(&x, &token);
		++*tokens_r;
	} while (token.type != ISRV_TOKEN_END);
	assert_false(x.failed);
	isrv_arena_clear(&arena);
	assert_int_equal(mem.used, 0);
	free(data);
	return steps;
}

static void test_linear(void **state)
{
	static const char *const units[] = {"(",      "()", "(\\(",     "\"", "\"\\a\"", "[", "=?a",
	                                    "=?a?b?", "a ", "a.b,c@d;", "\\", "\r\n "};
	size_t i, tokens;

	(void)state;
	for (i = 0; i < COUNT(units); i++) {
		uint64_t steps = steps_of(units[i], &tokens);

		ROW(i, steps >= MUCH - 16 && steps <= 3 * (uint64_t)MUCH && tokens <= MUCH + 1);
	}
}

static void test_many_lines(void **state)
{
	struct imapsrv_span rest = {exact(NULL, MUCH), MUCH};
	char *data = (char *)(uintptr_t)rest.data;
	struct isrv_field field;
	size_t i;

	(void)state;
	for (i = 0; i < MUCH; i += 2)
		memcpy(data + i, i % 4 ? "\n " : "ab", 2);
	assert_false(isrv_field_next(&rest, &field));
	assert_int_equal(rest.len, 0);
	rest.data = data;
	rest.len = MUCH;
	data[1] = ':';
	assert_true(isrv_field_next(&rest, &field));
	assert_int_equal(field.whole.len, MUCH);
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),           cmocka_unit_test(test_unfold),
		cmocka_unit_test(test_unfold_no_memory), cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_no_memory),        cmocka_unit_test(test_linear),
		cmocka_unit_test(test_many_lines),
	};

	return cmocka_run_group_tests_name("field", tests, NULL, NULL);
}
