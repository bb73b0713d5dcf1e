/* SPDX-License-Identifier: MIT */
/*
 * message/decode: rows of both codings, each cut at every place and octet by octet, in and out of
 * blocks of the exact size; both codings against naive decoders on every short text of the octets
 * that matter; runs of white space about the length that can be held; what fits and what does not.
 */
#include "message/decode.h"
#include "unit/row.h"

enum { ROOM = 160, OUT_MAX = 4096 };

struct sink {
	char data[OUT_MAX];
	size_t len;
};

static void feed(size_t row, struct isrv_decoder *d, struct sink *sink, const char *data,
                 size_t len, size_t room)
{
	size_t at = 0, taken, put;

	while (at < len) {
		char *from = exact(data + at, len - at), *to = exact(NULL, room);

		isrv_decoder_run(d, from, len - at, &taken, to, room, &put);
		ROW(row, taken > 0 && taken <= len - at && put <= room);
		ROW(row, sink->len + put <= OUT_MAX);
		memcpy(sink->data + sink->len, to, put);
		sink->len += put;
		at += taken;
		free(from);
		free(to);
	}
}

static void end(size_t row, struct isrv_decoder *d, struct sink *sink, size_t room)
{
	char *to = exact(NULL, room);
	size_t taken, put;

	isrv_decoder_run(d, NULL, 0, &taken, to, room, &put);
	ROW(row, taken == 0 && put <= room && sink->len + put <= OUT_MAX);
	memcpy(sink->data + sink->len, to, put);
	sink->len += put;
	/* Told twice, it says nothing more. */
	isrv_decoder_run(d, NULL, 0, &taken, to, room, &put);
	ROW(row, taken == 0 && put == 0);
	free(to);
}

/* In two pieces, each in pieces of `step`. */
static void decode(size_t row, enum isrv_encoding encoding, const char *data, size_t len,
                   size_t cut, size_t step, size_t room, struct sink *sink)
{
	struct isrv_decoder d;
	size_t at, n;

	isrv_decoder_init(&d, encoding);
	sink->len = 0;
	for (at = 0; at < len; at += n) {
		n = at < cut ? cut - at : len - at;
		if (n > step)
			n = step;
		feed(row, &d, sink, data + at, n, room);
	}
	end(row, &d, sink, room);
}

static void same(size_t row, const struct sink *sink, const char *want, size_t len)
{
	if (sink->len != len || memcmp(sink->data, want, len) != 0)
		fail_msg("row %zu: got %zu octets \"%.*s\", not \"%.*s\"", row, sink->len,
		         (int)sink->len, sink->data, (int)len, want);
}

static void every_way(size_t row, enum isrv_encoding encoding, const char *data, size_t len,
                      const char *want, size_t want_len)
{
	struct sink sink;
	size_t cut, room;

	for (cut = 0; cut <= len; cut++) {
		decode(row, encoding, data, len, cut, len, ROOM, &sink);
		same(row, &sink, want, want_len);
	}
	for (room = ROOM; room <= ROOM + 3; room++) {
		decode(row, encoding, data, len, len, 1, room, &sink);
		same(row, &sink, want, want_len);
		decode(row, encoding, data, len, len, len, room, &sink);
		same(row, &sink, want, want_len);
	}
}

struct row {
	const char *data;
	size_t len;
	const char *want;
	size_t want_len;
};

/* ---- base64 -------------------------------------------------------------------------------- */

static const struct row base64[] = {
	{BYTES(""), BYTES("")},
	{BYTES("YQ=="), BYTES("a")},
	{BYTES("YWI="), BYTES("ab")},
	{BYTES("YWJj"), BYTES("abc")},
	{BYTES("AAAA"), BYTES("\0\0\0")},
	{BYTES("////"), BYTES("\xff\xff\xff")},
	{BYTES("+/+/"), BYTES("\xfb\xff\xbf")},
	{BYTES("/w=="), BYTES("\xff")},
	/* 8: line ends and white space anywhere */
	{BYTES("YWJj\r\nZGVm\r\n"), BYTES("abcdef")},
	{BYTES("YWJj\nZGVm\n"), BYTES("abcdef")},
	{BYTES("YW\r\nJj"), BYTES("abc")},
	{BYTES(" Y\tW J j "), BYTES("abc")},
	{BYTES("YQ=\r\n="), BYTES("a")},
	{BYTES("\r\n\r\nYWJj"), BYTES("abc")},
	/* 14: stray octets */
	{BYTES("YW-Jj"), BYTES("abc")},
	{BYTES("!YWJj!"), BYTES("abc")},
	{BYTES("Y\0W\xffJ_j"), BYTES("abc")},
	{BYTES("***"), BYTES("")},
	/* 18: padding missing, short, or too much */
	{BYTES("YQ"), BYTES("a")},
	{BYTES("YWI"), BYTES("ab")},
	{BYTES("YWJjZA"), BYTES("abcd")},
	{BYTES("YQ="), BYTES("a")},
	{BYTES("YWJj="), BYTES("abc")},
	{BYTES("YWJj===="), BYTES("abc")},
	{BYTES("===="), BYTES("")},
	{BYTES("Y"), BYTES("")},
	{BYTES("YWJjZ"), BYTES("abc")},
	{BYTES("Y="), BYTES("")},
	{BYTES("YR=="), BYTES("a")}, /* pad bits that are not zero */
	/* 29: padding is not the end */
	{BYTES("YQ==Yg=="), BYTES("ab")},
	{BYTES("YWI=\r\nY2Q=\r\n"), BYTES("abcd")},
	{BYTES("YQ=YWJj"), BYTES("aabc")},
	{BYTES("Y=WJj"), BYTES("X\x98")},
	{BYTES("YQ==\r\n--\r\nYg=="), BYTES("ab")},
};

static void test_base64(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(base64); i++)
		every_way(i, ISRV_ENCODING_BASE64, base64[i].data, base64[i].len, base64[i].want,
		          base64[i].want_len);
}

static size_t naive_base64(char *out, const char *data, size_t len)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned long bits = 0;
	size_t n = 0, i;
	int have = 0;

	for (i = 0; i < len; i++) {
		const char *digit = data[i] ? strchr(alphabet, data[i]) : NULL;

		if (data[i] == '=')
			have = 0;
		if (!digit)
			continue;
		bits = bits << 6 | (unsigned long)(digit - alphabet);
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		out[n++] = (char)(bits >> have & 0xff);
	}
	return n;
}

/* ---- quoted-printable ---------------------------------------------------------------------- */

static const struct row quoted[] = {
	{BYTES(""), BYTES("")},
	{BYTES("plain text"), BYTES("plain text")},
	{BYTES("=41=42"), BYTES("AB")},
	{BYTES("=c3=A9=C3=a9"), BYTES("\xc3\xa9\xc3\xa9")},
	{BYTES("a=3Db"), BYTES("a=b")},
	{BYTES("=3D41"), BYTES("=41")},
	{BYTES("=00=FF"), BYTES("\0\xff")},
	{BYTES("=0D=0A"), BYTES("\r\n")},
	{BYTES("=0A"), BYTES("\n")}, /* what was encoded is data, no line end */
	{BYTES("\x80\xff\0"), BYTES("\x80\xff\0")},
	/* 10: soft breaks */
	{BYTES("a=\r\nb"), BYTES("ab")},
	{BYTES("a=\nb"), BYTES("ab")},
	{BYTES("a= \t\r\nb"), BYTES("ab")},
	{BYTES("a= \nb"), BYTES("ab")},
	{BYTES("a =\r\n b"), BYTES("a  b")},
	{BYTES("=\r\n=\r\n=\r\n"), BYTES("")},
	{BYTES("=\r\n=41=\r\n"), BYTES("A")},
	{BYTES("=4=\r\n1"), BYTES("=41")}, /* no escape goes over a line end */
	{BYTES("==\r\n"), BYTES("=")},
	{BYTES("Now's the time =\r\nfor all folk to come=\r\n to the aid of their country."),
	 BYTES("Now's the time for all folk to come to the aid of their country.")},
	/* 20: line ends */
	{BYTES("a\r\nb\r\n"), BYTES("a\r\nb\r\n")},
	{BYTES("a\nb\n"), BYTES("a\r\nb\r\n")},
	{BYTES("\n\n"), BYTES("\r\n\r\n")},
	{BYTES("a\rb"), BYTES("a\rb")},
	{BYTES("a\r"), BYTES("a\r")},
	{BYTES("a\r\r\n"), BYTES("a\r\r\n")},
	{BYTES("\r\r"), BYTES("\r\r")},
	/* 27: white space at the end of a line */
	{BYTES("a \r\nb"), BYTES("a\r\nb")},
	{BYTES("a\t \t\nb"), BYTES("a\r\nb")},
	{BYTES("   \r\n"), BYTES("\r\n")},
	{BYTES("a  b \t c"), BYTES("a  b \t c")},
	{BYTES("a "), BYTES("a")},
	{BYTES("a=20\r\nb"), BYTES("a \r\nb")},
	{BYTES("a =20 \r\nb"), BYTES("a  \r\nb")},
	{BYTES("a \r"), BYTES("a \r")},
	{BYTES("a \r b \r\n"), BYTES("a \r b\r\n")},
	{BYTES("a \r\r\n"), BYTES("a \r\r\n")},
	{BYTES("  a"), BYTES("  a")},
	/* 38: bad escapes are what they were */
	{BYTES("=XY"), BYTES("=XY")},
	{BYTES("=4X"), BYTES("=4X")},
	{BYTES("=G1=41"), BYTES("=G1A")},
	{BYTES("==41"), BYTES("=A")},
	{BYTES("=4=41"), BYTES("=4A")},
	{BYTES("= 41"), BYTES("= 41")},
	{BYTES("=\t=41"), BYTES("=\tA")},
	{BYTES("=\rx"), BYTES("=\rx")},
	{BYTES("= \r\r\n"), BYTES("= \r\r\n")},
	{BYTES("=4\n"), BYTES("=4\r\n")},
	{BYTES("=4 \n"), BYTES("=4\r\n")},
	{BYTES("a=b=c"), BYTES("a=b=c")},
	{BYTES("=-1"), BYTES("=-1")},
	/* 51: the end */
	{BYTES("a="), BYTES("a")},
	{BYTES("a= "), BYTES("a")},
	{BYTES("a=4"), BYTES("a=4")},
	{BYTES("a=\r"), BYTES("a=\r")},
	{BYTES("a= \r"), BYTES("a= \r")},
	{BYTES("=="), BYTES("=")},
	{BYTES("=E2=80"), BYTES("\xe2\x80")},
};

static void test_quoted(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(quoted); i++)
		every_way(i, ISRV_ENCODING_QUOTED_PRINTABLE, quoted[i].data, quoted[i].len,
		          quoted[i].want, quoted[i].want_len);
}

/* One line with its end taken off. */
static size_t naive_line(char *out, const char *line, size_t len)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t n = 0, i;

	for (i = 0; i < len; i++) {
		const char *high = NULL, *low = NULL;

		if (line[i] == '=' && i + 2 < len && line[i + 1] && line[i + 2]) {
			high = strchr(hex, line[i + 1]);
			low = strchr(hex, line[i + 2]);
		}
		if (high && low) {
			out[n++] = (char)((high - hex) << 4 | (low - hex));
			i += 2;
		} else {
			out[n++] = line[i];
		}
	}
	return n;
}

static size_t naive_quoted(char *out, const char *data, size_t len)
{
	size_t n = 0, at = 0;

	while (at < len) {
		const char *lf = memchr(data + at, '\n', len - at), *line = data + at;
		size_t line_len = lf ? (size_t)(lf - line) : len - at;
		bool soft;

		at += line_len + (lf != NULL);
		if (lf && line_len && line[line_len - 1] == '\r')
			line_len--;
		while (line_len && (line[line_len - 1] == ' ' || line[line_len - 1] == '\t'))
			line_len--;
		soft = line_len && line[line_len - 1] == '=';
		n += naive_line(out + n, line, line_len - soft);
		if (lf && !soft) {
			out[n++] = '\r';
			out[n++] = '\n';
		}
	}
	return n;
}

/* ---- every short text ---------------------------------------------------------------------- */

static void all_short(const char *octets, size_t len_max, enum isrv_encoding encoding,
                      size_t (*naive)(char *, const char *, size_t))
{
	size_t base = strlen(octets), len, row, texts = 1, i, cut;

	for (len = 0; len <= len_max; len++, texts *= base) {
		for (row = 0; row < texts; row++) {
			char text[16], want[64];
			size_t code = row, want_len;
			struct sink sink;

			for (i = 0; i < len; i++, code /= base)
				text[i] = octets[code % base];
			want_len = naive(want, text, len);
			for (cut = 0; cut < len || cut == 0; cut++) {
				decode(row, encoding, text, len, cut, len, ROOM, &sink);
				same(row, &sink, want, want_len);
			}
		}
	}
}

static void test_quoted_short(void **state)
{
	(void)state;
	all_short("=4 \r\nx", 6, ISRV_ENCODING_QUOTED_PRINTABLE, naive_quoted);
}

static void test_base64_short(void **state)
{
	(void)state;
	all_short("Qz=\n", 8, ISRV_ENCODING_BASE64, naive_base64);
}

/* ---- long ---------------------------------------------------------------------------------- */

static void repeat(struct sink *sink, char octet, size_t n)
{
	assert_true(sink->len + n <= OUT_MAX);
	memset(sink->data + sink->len, octet, n);
	sink->len += n;
}

static void append(struct sink *sink, const char *text)
{
	assert_true(sink->len + strlen(text) <= OUT_MAX);
	memcpy(sink->data + sink->len, text, strlen(text));
	sink->len += strlen(text);
}

/* White space is trailing up to 126 octets of it, with an "=" before it up to 125; more is content,
 * all of it, and what comes after is as ever. */
static void test_white_runs(void **state)
{
	static const struct {
		const char *before;
		size_t white_max;
	} kinds[] = {{"a", 126}, {"a=", 125}, {"", 126}, {"a\n", 126}};
	size_t kind, n;

	(void)state;
	for (kind = 0; kind < COUNT(kinds); kind++) {
		for (n = 120; n < 300; n += n < 130 || n > 250 ? 1 : 30) {
			struct sink data = {.len = 0}, want = {.len = 0}, plain = {.len = 0};
			bool soft = kind == 1 && n <= kinds[kind].white_max;

			append(&data, kinds[kind].before);
			repeat(&data, ' ', n);
			append(&data, "\r\nb \n");
			append(&want, kind == 3 ? "a\r\n" : kinds[kind].before);
			if (n > kinds[kind].white_max)
				repeat(&want, ' ', n);
			if (soft)
				want.len--;
			append(&want, soft ? "b\r\n" : "\r\nb\r\n");
			every_way(n, ISRV_ENCODING_QUOTED_PRINTABLE, data.data, data.len,
			          want.data, want.len);
			/* With something behind it white space is never trailing. */
			append(&plain, "x");
			repeat(&plain, '\t', n);
			append(&plain, "y");
			every_way(n, ISRV_ENCODING_QUOTED_PRINTABLE, plain.data, plain.len,
			          plain.data, plain.len);
		}
	}
}

/* Lines as they are sent, more than fits at once, in every alignment to quanta and room. */
static void test_base64_lines(void **state)
{
	struct sink data = {.len = 0}, want = {.len = 0}, sink;
	size_t i, room;

	(void)state;
	for (i = 0; i < 30; i++) {
		size_t k;

		for (k = 0; k < 19; k++)
			append(&data, k % 2 ? "Zm9v" : "YmFy");
		append(&data, i % 3 ? "\r\n" : "\n");
	}
	want.len = naive_base64(want.data, data.data, data.len);
	assert_int_equal(want.len, 30 * 57);
	for (room = ROOM; room < ROOM + 80; room++) {
		decode(room, ISRV_ENCODING_BASE64, data.data, data.len, room, data.len, room,
		       &sink);
		same(room, &sink, want.data, want.len);
		decode(room, ISRV_ENCODING_BASE64, data.data, data.len, data.len, room - 150, room,
		       &sink);
		same(room, &sink, want.data, want.len);
	}
}

/* Each octet alone and before others, so that no table has a gap. */
static void test_each_octet(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < 256; i++) {
		char octet = (char)i, text[6] = {octet, 'Q', octet, octet, 'z', '4'}, want[64];
		size_t n;

		every_way(i, ISRV_ENCODING_IDENTITY, text, 6, text, 6);
		every_way(i, ISRV_ENCODING_UNKNOWN, text, 6, text, 6);
		n = naive_base64(want, text, 6);
		every_way(i, ISRV_ENCODING_BASE64, text, 6, want, n);
		n = naive_quoted(want, text, 6);
		every_way(i, ISRV_ENCODING_QUOTED_PRINTABLE, text, 6, want, n);
	}
}

/* No room: nothing is taken that cannot be put, and nothing is lost. */
static void test_no_room(void **state)
{
	static const struct {
		enum isrv_encoding encoding;
		const char *data;
		size_t room, taken, put;
	} rows[] = {
		{ISRV_ENCODING_IDENTITY, "abc", 0, 0, 0},
		{ISRV_ENCODING_IDENTITY, "abc", 2, 2, 2},
		{ISRV_ENCODING_BASE64, "YWJjYWJj", 2, 0, 0},
		{ISRV_ENCODING_BASE64, "YWJjYWJj", 5, 4, 3},
		{ISRV_ENCODING_QUOTED_PRINTABLE, "abc", 0, 0, 0},
		{ISRV_ENCODING_QUOTED_PRINTABLE, "abc", 2, 2, 2},
		{ISRV_ENCODING_QUOTED_PRINTABLE, "\n\n", 3, 1, 2},
		{ISRV_ENCODING_QUOTED_PRINTABLE, "=41=42", 2, 1, 0},
		{ISRV_ENCODING_QUOTED_PRINTABLE, "=41=42", 4, 3, 1},
	};
	size_t i, taken, put;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		struct isrv_decoder d;
		char *out = exact(NULL, rows[i].room);

		isrv_decoder_init(&d, rows[i].encoding);
		isrv_decoder_run(&d, rows[i].data, strlen(rows[i].data), &taken, out, rows[i].room,
		                 &put);
		ROW(i, put == rows[i].put);
		/* What is held has been taken, too. */
		ROW(i, taken >= rows[i].taken && taken <= rows[i].taken + 3);
		free(out);
	}
}

/* ---- names --------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	enum isrv_encoding encoding;
} names[] = {
	{"7bit", ISRV_ENCODING_IDENTITY},
	{"8BIT", ISRV_ENCODING_IDENTITY},
	{"Binary", ISRV_ENCODING_IDENTITY},
	{"base64", ISRV_ENCODING_BASE64},
	{"BASE64", ISRV_ENCODING_BASE64},
	{"Quoted-Printable", ISRV_ENCODING_QUOTED_PRINTABLE},
	{"", ISRV_ENCODING_IDENTITY},
	{"base6", ISRV_ENCODING_UNKNOWN},
	{"base644", ISRV_ENCODING_UNKNOWN},
	{"x-uuencode", ISRV_ENCODING_UNKNOWN},
	{"quoted-printable ", ISRV_ENCODING_UNKNOWN},
};

static void test_names(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(names); i++) {
		struct imapsrv_span name = {names[i].name, strlen(names[i].name)};

		ROW(i, isrv_encoding_find(name) == names[i].encoding);
	}
	assert_int_equal(isrv_encoding_find((struct imapsrv_span){NULL, 0}),
	                 ISRV_ENCODING_IDENTITY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),        cmocka_unit_test(test_base64),
		cmocka_unit_test(test_quoted),       cmocka_unit_test(test_base64_short),
		cmocka_unit_test(test_quoted_short), cmocka_unit_test(test_white_runs),
		cmocka_unit_test(test_base64_lines), cmocka_unit_test(test_each_octet),
		cmocka_unit_test(test_no_room),
	};

	return cmocka_run_group_tests_name("decode", tests, NULL, NULL);
}
