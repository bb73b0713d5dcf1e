/* SPDX-License-Identifier: MIT */
/*
 * message/mime: types, dispositions, encodings and languages as mail has them, well written and
 * not; then what happens without memory, and with very much of anything.
 */
#include "message/mime.h"
#include "unit/failalloc.h"

enum { SHOWN_MAX = 1024, PARAMS_MAX = 6 };

struct shown {
	char text[SHOWN_MAX];
	size_t len;
};

static void show_word(struct shown *s, const char *word)
{
	size_t n = strlen(word);

	if (s->len + n >= SHOWN_MAX)
		fail_msg("too long to be shown");
	memcpy(s->text + s->len, word, n + 1);
	s->len += n;
}

static void show(struct shown *s, struct imapsrv_span span)
{
	if (!span.data) {
		show_word(s, "NIL");
		return;
	}
	if (s->len + span.len >= SHOWN_MAX || memchr(span.data, '\0', span.len))
		fail_msg("not to be shown");
	memcpy(s->text + s->len, span.data, span.len);
	s->len += span.len;
	s->text[s->len] = '\0';
}

static void show_params(struct shown *s, const struct isrv_mime_value *value)
{
	size_t i;

	for (i = 0; i < value->param_count; i++) {
		show_word(s, " ");
		show(s, value->params[i].name);
		show_word(s, "={");
		show(s, value->params[i].value);
		show_word(s, "}");
	}
	if (value->truncated)
		show_word(s, " ...");
}

#define SAME(row, got, want)                                                                       \
	do {                                                                                       \
		if (strcmp(got, want) != 0)                                                        \
			fail_msg("row %zu: got <%s>, wanted <%s>", (size_t)(row), got, want);      \
	} while (0)

/* ---- types --------------------------------------------------------------------------------- */

static const struct {
	const char *body;
	size_t len;
	const char *read;
} types[] = {
	{BYTES(" text/plain"), "text/plain"},
	{BYTES(" Text/HTML; Charset=\"utf-8\""), "Text/HTML Charset={utf-8}"},
	{BYTES("text/plain;charset=us-ascii"), "text/plain charset={us-ascii}"},
	{BYTES("text/plain; charset=us-ascii (Plain text)"), "text/plain charset={us-ascii}"},
	{BYTES("text/plain; charset=us-ascii(Plain)"), "text/plain charset={us-ascii}"},
	{BYTES("(a)text(b)/(c)plain(d);(e)x(f)=(g)y(h)"), "text/plain x={y}"},
	{BYTES("text / plain ; x = y"), "text/plain x={y}"},
	{BYTES("multipart/mixed;\r\n\tboundary=\"a\r\n b\""), "multipart/mixed boundary={a b}"},
	{BYTES("multipart/mixed; boundary=----=_Part_1/2:3"),
         "multipart/mixed boundary={----=_Part_1/2:3}"},
	{BYTES("multipart/mixed; boundary=\"----=_a;b\"; x=y"),
         "multipart/mixed boundary={----=_a;b} x={y}"},
	{BYTES("multipart/mixed; boundary==abc="), "multipart/mixed boundary={=abc=}"},
	{BYTES("a/b; name=My Picture.jpg"), "a/b name={My Picture.jpg}"},
	{BYTES("a/b; name=My Picture (1).jpg; x=y"), "a/b name={My Picture (1).jpg} x={y}"},
	{BYTES("a/b; name=My Picture (1) ; x=y"), "a/b name={My Picture} x={y}"},
	{BYTES("a/b; name=two\r\n words"), "a/b name={two words}"},
	{BYTES("a/b; name=n\0ul"), "a/b name={nul}"},
	{BYTES("a/b; name=\"n\0ul\""), "a/b name={nul}"},
	{BYTES("a/b; name=J\xc3\xb6rg.txt"), "a/b name={J\xc3\xb6rg.txt}"},
	{BYTES("a/b; name==?utf-8?Q?foo_bar?= =?utf-8?Q?baz?="),
         "a/b name={=?utf-8?Q?foo_bar?= =?utf-8?Q?baz?=}"},
	{BYTES("a/b; name=\"=?utf-8?Q?a=22b?=\""), "a/b name={=?utf-8?Q?a=22b?=}"},
	{BYTES("text/plain charset=utf-8 format=flowed"),
         "text/plain charset={utf-8} format={flowed}"},
	{BYTES("text/plain charset=\"utf-8\" format=flowed"),
         "text/plain charset={utf-8} format={flowed}"},
	{BYTES("text/plain; charset=utf-8 (c) format=flowed"),
         "text/plain charset={utf-8} format={flowed}"},
	{BYTES("text/plain; charset=\"utf-8\"junk; x=y"), "text/plain charset={utf-8} x={y}"},
	{BYTES("text/plain; charset=\"utf-8\" \"more\"; x=y"), "text/plain charset={utf-8} x={y}"},
	{BYTES("text/plain;;;; x=y;;"), "text/plain x={y}"},
	{BYTES("text/plain;"), "text/plain"},
	{BYTES("text/plain; foo; x=y"), "text/plain x={y}"},
	{BYTES("text/plain; foo x=y"), "text/plain x={y}"},
	{BYTES("text/plain; =y; x=z"), "text/plain x={z}"},
	{BYTES("text/plain; =\"a;b=c\"; x=z"), "text/plain x={z}"},
	{BYTES("text/plain; x=; y=\"\""), "text/plain x={} y={}"},
	{BYTES("text/plain; x=(c)"), "text/plain x={}"},
	{BYTES("text/plain; x="), "text/plain x={}"},
	{BYTES("text/plain; x"), "text/plain"},
	{BYTES("text/plain; x=a; X=b"), "text/plain x={a} X={b}"},
	{BYTES("text/plain/more; x=y"), "text/plain x={y}"},
	{BYTES("text/plain, text/html"), "text/plain"},
	{BYTES("a/b; x=\"a\\\"b\\\\c\""), "a/b x={a\"b\\c}"},
	{BYTES("a/b; x=a\"b;c=d\"e"), "a/b x={a\"b} c={d\"e}"},
	{BYTES("a/b; x=a\\b"), "a/b x={a\\b}"},
	{BYTES("a/b; x=\"abc"), "a/b x={abc}"},
	{BYTES("a/b; x=\"abc\\"), "a/b x={abc}"},
	{BYTES("a/b; x=\""), "a/b x={}"},
	{BYTES("a/b; x=y(c\\"), "a/b x={y}"},
	{BYTES("a/b; x=y (c; d=e"), "a/b x={y}"},
	{BYTES("a/b; x=y (c; d=e) z"), "a/b x={y (c; d=e) z}"},
	{BYTES("a/b; x=<joe@example.org>"), "a/b x={<joe@example.org>}"},
	{BYTES("a/b; x='single'"), "a/b x={'single'}"},
	{BYTES("a/b; x=y \"z w\""), "a/b x={y \"z w\"}"},
	{BYTES("a/b; title*=us-ascii'en-us'This%20is%20%2A%2A%2Afun"),
         "a/b title*={us-ascii'en-us'This%20is%20%2A%2A%2Afun}"},
	{BYTES("a/b; URL*0=\"ftp://\";\r\n URL*1=\"cs.utk.edu/pub\""),
         "a/b URL={ftp://cs.utk.edu/pub}"},
	{BYTES("a/b; x*1=b; n=1; X*0=a; x*3=d"), "a/b n={1} X={ab} x*3={d}"},
	{BYTES("a/b; x*0=a; x*01=b; x*00=c"), "a/b x={a} x*01={b} x*00={c}"},
	{BYTES("a/b; x*0=; x*1="), "a/b x={}"},
	{BYTES("a/b; x*1=b"), "a/b x*1={b}"},
	{BYTES("a/b; x*0=a; x*4294967296=b"), "a/b x={a} x*4294967296={b}"},
	{BYTES("a/b; x*99999999999999999999=b; x*0=a"), "a/b x*99999999999999999999={b} x={a}"},
	{BYTES("a/b; *0=b; x*=c"), "a/b *0={b} x*={c}"},
	{BYTES("a/b; x*0=a; y*0*=b; x*1=c; y*1=d"), "a/b x={ac} y*={bd}"},
	{BYTES("a/b; x*0=\"a b\"; x*1*=%2C"), "a/b x*={''a%20b%2C}"},
	{BYTES("a/b; x*0=a; x*0=b; x*1=c"), "a/b x={ac} x={b}"},
	{BYTES("a/b; t*0*=utf-8''%e2; t*1=\"%82\"; t*2*=%ac"),
         "a/b t*={utf-8''%e2%2582%ac}"},
	{BYTES("a/b; p=1; p=2; p=3; p=4; p=5; p=6"), "a/b p={1} p={2} p={3} p={4} p={5} p={6}"},
	{BYTES("a/b; p=1; p=2; p=3; p=4; p=5; p=6; "), "a/b p={1} p={2} p={3} p={4} p={5} p={6}"},
	{BYTES("a/b; p=1; p=2; p=3; p=4; p=5; p=6; p=7"),
         "a/b p={1} p={2} p={3} p={4} p={5} p={6} ..."},
	/* RFC 2045 5.2: what cannot be read is as if it were not there. */
	{BYTES(""), "NIL/NIL"},
	{BYTES("  "), "NIL/NIL"},
	{BYTES("text"), "NIL/NIL"},
	{BYTES("text; charset=utf-8"), "NIL/NIL"},
	{BYTES("text/"), "NIL/NIL"},
	{BYTES("text/; charset=utf-8"), "NIL/NIL"},
	{BYTES("/plain"), "NIL/NIL"},
	{BYTES("; charset=utf-8"), "NIL/NIL"},
	{BYTES("\"text/plain\""), "NIL/NIL"},
	{BYTES("text/\"plain\""), "NIL/NIL"},
	{BYTES("text\\plain"), "NIL/NIL"},
	{BYTES("(text/plain"), "NIL/NIL"},
	{BYTES("(text/plain)\\"), "NIL/NIL"},
};

static void read_type(size_t row, struct isrv_arena *arena, struct shown *s)
{
	char *data = exact(types[row].body, types[row].len);
	struct imapsrv_span body = {data, types[row].len};
	struct isrv_mime_value value;
	uint64_t steps = 0;

	s->len = 0;
	isrv_mime_parse_type(body, arena, PARAMS_MAX, &steps, &value);
	ROW(row, steps <= 4 * types[row].len + 4);
	show(s, value.type);
	show_word(s, "/");
	show(s, value.subtype);
	show_params(s, &value);
	free(data);
}

static void test_types(void **state)
{
	struct isrv_arena arena;
	struct isrv_mem mem;
	size_t i;

	(void)state;
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	for (i = 0; i < COUNT(types); i++) {
		struct shown s;

		isrv_arena_init(&arena, &mem, 4096);
		read_type(i, &arena, &s);
		SAME(i, s.text, types[i].read);
		isrv_arena_clear(&arena);
	}
	assert_int_equal(mem.used, 0);
}

/* Without memory, as much as was read before, and the mark that there is more. */
static void test_no_memory(void **state)
{
	size_t i, marked = 0;

	(void)state;
	for (i = 0; i < COUNT(types); i++) {
		struct isrv_arena arena;
		struct failalloc fa;
		struct isrv_mem mem;
		struct shown s;

		failalloc_init(&fa);
		fa.fail_first = 1;
		fa.fail_on = true;
		isrv_mem_init(&mem, &fa.allocator, SIZE_MAX);
		isrv_arena_init(&arena, &mem, 4096);
		read_type(i, &arena, &s);
		if (strcmp(s.text, types[i].read) != 0) {
			ROW(i, fa.calls > 0 && s.len > 4);
			ROW(i, strncmp(s.text, types[i].read, s.len - 4) == 0);
			SAME(i, s.text + s.len - 4, " ...");
			marked++;
		}
		isrv_arena_clear(&arena);
		ROW(i, fa.held == 0);
	}
	assert_true(marked > 40);
}

/* ---- the others ---------------------------------------------------------------------------- */

static const struct {
	const char *body;
	size_t len;
	const char *read;
} dispositions[] = {
	{BYTES(" inline"), "inline"},
	{BYTES("Attachment; filename=genome.jpeg;\r\n modification-date=\"Wed, 12 Feb 1997\""),
         "Attachment filename={genome.jpeg} modification-date={Wed, 12 Feb 1997}"},
	{BYTES("attachment; filename=\"C:\\\\tmp\\\\a;b.txt\"; size=42"),
         "attachment filename={C:\\tmp\\a;b.txt} size={42}"},
	{BYTES("attachment filename=x"), "attachment filename={x}"},
	{BYTES("\"attachment\"; filename=x"), "attachment filename={x}"},
	{BYTES("(c) inline (d)"), "inline"},
	{BYTES("attachment/x; filename=y"), "attachment filename={y}"},
	{BYTES("filename=x"), "NIL"},
	{BYTES("filename = x; size=3"), "NIL"},
	{BYTES("; filename=x"), "NIL"},
	{BYTES("\"\"; filename=x"), "NIL"},
	{BYTES(""), "NIL"},
	{BYTES("\"at\\tachment\""), "attachment"},
};

static void test_dispositions(void **state)
{
	struct isrv_arena arena;
	struct isrv_mem mem;
	size_t i;

	(void)state;
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	isrv_arena_init(&arena, &mem, 65536);
	for (i = 0; i < COUNT(dispositions); i++) {
		char *data = exact(dispositions[i].body, dispositions[i].len);
		struct imapsrv_span body = {data, dispositions[i].len};
		struct isrv_mime_value value;
		struct shown s = {"", 0};
		uint64_t steps = 0;

		isrv_mime_parse_disposition(body, &arena, PARAMS_MAX, &steps, &value);
		show(&s, value.type);
		show_params(&s, &value);
		SAME(i, s.text, dispositions[i].read);
		ROW(i, value.subtype.data == NULL);
		free(data);
	}
	isrv_arena_clear(&arena);
}

static const struct {
	const char *body;
	size_t len;
	const char *token;
} tokens[] = {
	{BYTES(" base64"), "base64"},
	{BYTES("quoted-printable (of course)"), "quoted-printable"},
	{BYTES("(no) 7bit;"), "7bit"},
	{BYTES("8bit charset=x"), "8bit"},
	{BYTES("\"base64\""), "base64"},
	{BYTES("\"\""), "NIL"},
	{BYTES("x-\r\n uuencode"), "x-"},
	{BYTES(""), "NIL"},
	{BYTES(" \r\n "), "NIL"},
	{BYTES("(base64"), "NIL"},
	{BYTES("=base64"), "NIL"},
};

static void test_tokens(void **state)
{
	struct isrv_arena arena;
	struct isrv_mem mem;
	size_t i;

	(void)state;
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	isrv_arena_init(&arena, &mem, 65536);
	for (i = 0; i < COUNT(tokens); i++) {
		char *data = exact(tokens[i].body, tokens[i].len);
		struct imapsrv_span body = {data, tokens[i].len};
		struct shown s = {"", 0};
		uint64_t steps = 0;

		show(&s, isrv_mime_parse_token(body, &arena, &steps));
		SAME(i, s.text, tokens[i].token);
		free(data);
	}
	isrv_arena_clear(&arena);
}

static const struct {
	const char *body;
	size_t len;
	const char *tags;
} languages[] = {
	{BYTES(" en"), "en|"},
	{BYTES("en, de-AT (Austria) ,fr"), "en|de-AT|fr|"},
	{BYTES("en de"), "en|de|"},
	{BYTES("en;q=0.5, de"), "en|de|"},
	{BYTES(",,en,,"), "en|"},
	{BYTES("\"en\", \"\""), "en|"},
	{BYTES("a,b,c,d,e,f"), "a|b|c|d|"},
	{BYTES(""), ""},
	{BYTES("(en"), ""},
};

static void test_languages(void **state)
{
	struct isrv_arena arena;
	struct isrv_mem mem;
	size_t i, k;

	(void)state;
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	isrv_arena_init(&arena, &mem, 65536);
	for (i = 0; i < COUNT(languages); i++) {
		char *data = exact(languages[i].body, languages[i].len);
		struct imapsrv_span body = {data, languages[i].len}, tags[4];
		struct shown s = {"", 0};
		uint64_t steps = 0;
		size_t n = isrv_mime_parse_languages(body, &arena, tags, COUNT(tags), &steps);

		for (k = 0; k < n; k++) {
			show(&s, tags[k]);
			show_word(&s, "|");
		}
		SAME(i, s.text, languages[i].tags);
		free(data);
	}
	isrv_arena_clear(&arena);
}

static void test_param(void **state)
{
	static const char text[] = "a/b; Name=x; name=y; boundary=z";
	struct imapsrv_span body = {BYTES(text)};
	struct isrv_mime_value value;
	struct isrv_arena arena;
	struct isrv_mem mem;
	uint64_t steps = 0;

	(void)state;
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	isrv_arena_init(&arena, &mem, 65536);
	isrv_mime_parse_type(body, &arena, PARAMS_MAX, &steps, &value);
	assert_ptr_equal(isrv_mime_param(&value, "NAME"), &value.params[0]);
	assert_ptr_equal(isrv_mime_param(&value, "boundary"), &value.params[2]);
	assert_null(isrv_mime_param(&value, "charset"));
	assert_null(isrv_mime_param(&value, "nam"));
	isrv_arena_clear(&arena);
}

/* ---- size ---------------------------------------------------------------------------------- */

enum { MUCH = 4 << 20 };

/* A type, and behind it one unit over and over. */
static void test_linear(void **state)
{
	static const char *const units[] = {
		";x=y",    ";x=\"y\"",  ";x",   ";",     "(",          ";x=\"\\y\"", " x=y",
		";x= a (", ";x=a \"\"", " a",   "a/b ",  ";x=\r\n ",   "=?a?b?",     ";x=(\\)",
		" =",      "\"",        "a(b)", "\\ \"", ";x=a\r\n b",
	};
	size_t i, k;

	(void)state;
	for (i = 0; i < COUNT(units); i++) {
		size_t n = strlen(units[i]), len = 6 + MUCH / n * n;
		char *data = exact(NULL, len);
		struct imapsrv_span body = {data, len};
		struct isrv_mime_value value;
		struct isrv_arena arena;
		struct isrv_mem mem;
		uint64_t steps = 0;

		memcpy(data, "a/b;x=", 6);
		for (k = 6; k < len; k += n)
			memcpy(data + k, units[i], n);
		isrv_mem_init(&mem, NULL, SIZE_MAX);
		isrv_arena_init(&arena, &mem, SIZE_MAX);
		isrv_mime_parse_type(body, &arena, SIZE_MAX, &steps, &value);
		ROW(i, !value.truncated && steps <= 5 * (uint64_t)len);
		isrv_arena_clear(&arena);
		isrv_arena_init(&arena, &mem, 4096);
		steps = 0;
		isrv_mime_parse_type(body, &arena, 100, &steps, &value);
		ROW(i, value.param_count <= 100 && steps <= 5 * (uint64_t)len);
		isrv_arena_clear(&arena);
		free(data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_types),        cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_dispositions), cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_languages),    cmocka_unit_test(test_param),
		cmocka_unit_test(test_linear),
	};

	return cmocka_run_group_tests_name("mime", tests, NULL, NULL);
}
