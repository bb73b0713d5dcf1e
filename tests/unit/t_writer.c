/* SPDX-License-Identifier: MIT */
/*
 * wire/writer: what it puts out, octet by octet, and a strict parser of its own that reads it
 * back: no octet in any place of any value may end the value early (response injection).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf7.h"
#include "base/utf8.h"
#include "wire/writer.h"

#define CHECK(row, condition)                                                                      \
	do {                                                                                       \
		if (!(condition))                                                                  \
			fail_msg("row %s: %s", (row), #condition);                                 \
	} while (0)

struct fixture {
	struct isrv_mem mem;
	struct isrv_outq q;
	struct isrv_writer w;
	char out[20000];
	size_t len;
};

static void setup(struct fixture *f, bool utf8)
{
	isrv_mem_init(&f->mem, &isrv_mem_libc, SIZE_MAX);
	isrv_outq_init(&f->q, &f->mem);
	isrv_writer_init(&f->w, &f->q);
	f->w.utf8 = f->w.utf8_text = utf8;
}

/* Takes all that was written out of the queue. */
static void drain(struct fixture *f)
{
	struct imapsrv_span span;

	f->len = 0;
	while (isrv_outq_peek(&f->q, &span, 1) == 1) {
		assert_true(f->len + span.len <= sizeof(f->out));
		memcpy(f->out + f->len, span.data, span.len);
		f->len += span.len;
		isrv_outq_sent(&f->q, span.len);
	}
}

static void teardown(const char *row, struct fixture *f)
{
	isrv_outq_clear(&f->q);
	CHECK(row, f->mem.used == 0);
}

typedef void put_string(struct isrv_writer *w, const char *data, size_t len);

#define S(text) text, sizeof(text) - 1

static void test_strings(void **state)
{
	static const struct {
		const char *name;
		put_string *put;
		bool utf8;
		const char *in;
		size_t in_len;
		const char *out;
		size_t out_len;
	} rows[] = {
		{"tag", isrv_w_tag, false, S("a1]"), S("a1]")},
		{"tag with +", isrv_w_tag, false, S("a+1"), S("*")},
		{"tag empty", isrv_w_tag, false, S(""), S("*")},
		{"tag 8-bit", isrv_w_tag, false, S("a\xc3\xa4"), S("*")},
		{"string", isrv_w_string, false, S("abc"), S("\"abc\"")},
		{"string empty", isrv_w_string, false, S(""), S("\"\"")},
		{"string escapes", isrv_w_string, false, S("a\"b\\"), S("\"a\\\"b\\\\\"")},
		{"string CR", isrv_w_string, false, S("a\rb"), S("{3}\r\na\rb")},
		{"string LF", isrv_w_string, false, S("\n"), S("{1}\r\n\n")},
		{"string NUL", isrv_w_string, false, S("a\0\0b"), S("{4}\r\na?\?b")},
		{"string NUL last", isrv_w_string, false, S("a\0"), S("{2}\r\na?")},
		{"string tab", isrv_w_string, false, S("a\tb"), S("\"a\tb\"")},
		{"string 8-bit", isrv_w_string, false, S("\xc3\xa4"), S("{2}\r\n\xc3\xa4")},
		{"string utf8", isrv_w_string, true, S("\xc3\xa4"), S("\"\xc3\xa4\"")},
		{"string bad utf8", isrv_w_string, true, S("\xc3"), S("{1}\r\n\xc3")},
		{"astring atom", isrv_w_astring, false, S("INBOX.x"), S("INBOX.x")},
		{"astring ]", isrv_w_astring, false, S("a]"), S("a]")},
		{"astring NIL", isrv_w_astring, false, S("nil"), S("\"nil\"")},
		{"astring empty", isrv_w_astring, false, S(""), S("\"\"")},
		{"astring space", isrv_w_astring, false, S("a b"), S("\"a b\"")},
		{"astring *", isrv_w_astring, false, S("a*"), S("\"a*\"")},
		{"nstring", isrv_w_nstring, false, S("NIL"), S("\"NIL\"")},
		{"nstring NULL", isrv_w_nstring, false, NULL, 0, S("NIL")},
		{"mailbox inbox", isrv_w_mailbox, false, S("iNbOx"), S("INBOX")},
		{"mailbox not inbox", isrv_w_mailbox, false, S("inbox/a"), S("inbox/a")},
		{"mailbox utf7", isrv_w_mailbox, false, S("Entw\xc3\xbcrfe"), S("Entw&APw-rfe")},
		{"mailbox utf7 quoted", isrv_w_mailbox, false, S("a b\xc3\xbc"), S("\"a b&APw-\"")},
		{"mailbox &", isrv_w_mailbox, false, S("R&D"), S("R&-D")},
		{"mailbox & in utf8", isrv_w_mailbox, true, S("R&D"), S("R&D")},
		{"mailbox utf8", isrv_w_mailbox, true, S("\xc3\xbc"), S("\"\xc3\xbc\"")},
		{"mailbox empty", isrv_w_mailbox, false, S(""), S("\"\"")},
		{"mailbox bad", isrv_w_mailbox, false, S("\xff"), S("{1}\r\n\xff")},
		{"text", isrv_w_text, false, S("Done [x]"), S("Done [x]")},
		{"text empty", isrv_w_text, false, S(""), S("-")},
		{"text code", isrv_w_text, false, S("[ALERT] x"), S("(ALERT] x")},
		{"text hidden code", isrv_w_text, false, S("\r [ALERT] x"), S("  (ALERT] x")},
		{"text two codes", isrv_w_text, false, S("[[A"), S("([A")},
		{"text CRLF", isrv_w_text, false, S("a\r\nb OK\x7f"), S("a  b OK ")},
		{"text 8-bit", isrv_w_text, false, S("\xc3\xa4"), S("??")},
		{"text utf8", isrv_w_text, true, S("\xc3\xa4\xc3"), S("\xc3\xa4?")},
	};
	static struct fixture f;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		setup(&f, rows[i].utf8);
		rows[i].put(&f.w, rows[i].in, rows[i].in_len);
		drain(&f);
		CHECK(rows[i].name, !isrv_writer_failed(&f.w));
		CHECK(rows[i].name, f.len == rows[i].out_len);
		CHECK(rows[i].name, memcmp(f.out, rows[i].out, f.len) == 0);
		teardown(rows[i].name, &f);
	}
}

/* ---- the strict parser --------------------------------------------------------------------- */

struct value {
	char data[4000];
	size_t len;
};

static bool is_atom_char(int c)
{
	return c > 0x20 && c < 0x7f && !strchr("(){%*\"\\]", c);
}

static bool parse_quoted(const char *out, size_t len, bool utf8, struct value *value)
{
	size_t i;

	value->len = 0;
	if (len < 2 || out[0] != '"' || out[len - 1] != '"')
		return false;
	for (i = 1; i < len - 1; i++) {
		if (out[i] == '\r' || out[i] == '\n' || out[i] == '\0' || out[i] == '"')
			return false;
		if (out[i] == '\\') {
			i++;
			if (i == len - 1 || (out[i] != '"' && out[i] != '\\'))
				return false;
		}
		value->data[value->len++] = out[i];
	}
	return utf8 ? isrv_utf8_valid(value->data, value->len)
		    : isrv_utf8_is_ascii(value->data, value->len);
}

static bool parse_literal(const char *out, size_t len, struct value *value)
{
	size_t n = 0, i = 1;

	if (len < 5 || out[0] != '{')
		return false;
	for (; i < len && out[i] >= '0' && out[i] <= '9'; i++)
		n = n * 10 + (size_t)(out[i] - '0');
	if (i == 1 || len - i < 3 || memcmp(out + i, "}\r\n", 3) != 0 || len - i - 3 != n)
		return false;
	if (memchr(out + i + 3, '\0', n))
		return false;
	memcpy(value->data, out + i + 3, n);
	value->len = n;
	return true;
}

static bool parse_astring(const char *out, size_t len, bool utf8, struct value *value)
{
	size_t i;

	if (parse_quoted(out, len, utf8, value) || parse_literal(out, len, value))
		return true;
	for (i = 0; i < len; i++) {
		if (!is_atom_char((unsigned char)out[i]) && out[i] != ']')
			return false;
	}
	memcpy(value->data, out, len);
	value->len = len;
	return len > 0 && !(len == 3 && memcmp(out, "NIL", 3) == 0);
}

static bool is_text(const char *out, size_t len, bool utf8)
{
	size_t i = 0;

	while (i < len && out[i] == ' ')
		i++;
	if (len == 0 || (i < len && out[i] == '['))
		return false;
	for (i = 0; i < len; i++) {
		if ((unsigned char)out[i] < 0x20 || out[i] == 0x7f)
			return false;
	}
	return utf8 ? isrv_utf8_valid(out, len) : isrv_utf8_is_ascii(out, len);
}

static bool is_tag(const char *out, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if ((!is_atom_char((unsigned char)out[i]) && out[i] != ']') || out[i] == '+')
			return len == 1 && out[0] == '*';
	}
	return len > 0;
}

static bool same(const struct value *value, const char *in, size_t len)
{
	size_t i;

	if (value->len != len)
		return false;
	for (i = 0; i < len; i++) {
		if (value->data[i] != (in[i] ? in[i] : '?'))
			return false;
	}
	return true;
}

/* A mailbox name read back is the name; or, if modified UTF-7 cannot say it, its octets. */
static bool same_mailbox(const struct value *value, const char *in, size_t len, bool utf8)
{
	char plain[4000];
	size_t n;

	if (utf8 || !isrv_utf8_valid(in, len) || memchr(in, '\0', len))
		return same(value, in, len);
	return isrv_utf7_parse(plain, sizeof(plain), &n, value->data, value->len) && n == len &&
	       memcmp(plain, in, n) == 0;
}

static void check_all(const char *row, struct fixture *f, const char *in, size_t len)
{
	static struct value value;
	struct imapsrv_span word = {in, len};
	struct imapsrv_flags flags = {0, 1, &word};

	isrv_w_string(&f->w, in, len);
	drain(f);
	CHECK(row, parse_quoted(f->out, f->len, f->w.utf8, &value) ||
			   parse_literal(f->out, f->len, &value));
	CHECK(row, same(&value, in, len));
	isrv_w_nstring(&f->w, in, len);
	drain(f);
	CHECK(row, parse_quoted(f->out, f->len, f->w.utf8, &value) ||
			   parse_literal(f->out, f->len, &value));
	CHECK(row, same(&value, in, len));
	isrv_w_astring(&f->w, in, len);
	drain(f);
	CHECK(row, parse_astring(f->out, f->len, f->w.utf8, &value));
	CHECK(row, same(&value, in, len));
	isrv_w_mailbox(&f->w, in, len);
	drain(f);
	CHECK(row, parse_astring(f->out, f->len, f->w.utf8, &value));
	CHECK(row, same_mailbox(&value, in, len, f->w.utf8));
	isrv_w_text(&f->w, in, len);
	drain(f);
	CHECK(row, is_text(f->out, f->len, f->w.utf8));
	isrv_w_tag(&f->w, in, len);
	drain(f);
	CHECK(row, is_tag(f->out, f->len));
	isrv_w_flags(&f->w, &flags, false);
	drain(f);
	CHECK(row, f->len >= 2 && f->out[0] == '(' && f->out[f->len - 1] == ')');
	CHECK(row, f->len == 2 || (f->len == len + 2 && memcmp(f->out + 1, in, len) == 0));
	CHECK(row, f->len == 2 || is_tag(f->out + 1, f->len - 2) || memchr(in, '+', len));
	CHECK(row, !memchr(f->out, ']', f->len) && !memchr(f->out, '\\', f->len));
}

static void test_every_octet(void **state)
{
	static const struct {
		const char *before, *after;
	} places[] = {{"", ""},	    {"a", ""},	  {"", "b"},
		      {"ab", "cd"}, {"a b", "c"}, {"\xc3\xa4", "\""}};
	static struct fixture f;
	char row[64], in[16];
	size_t i;
	int c, utf8;

	(void)state;
	for (utf8 = 0; utf8 < 2; utf8++) {
		setup(&f, utf8 != 0);
		for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
			for (c = 0; c < 256; c++) {
				size_t n = strlen(places[i].before), m = strlen(places[i].after);

				memcpy(in, places[i].before, n);
				in[n] = (char)c;
				memcpy(in + n + 1, places[i].after, m);
				snprintf(row, sizeof(row), "utf8 %d place %d octet %02x", utf8,
					 (int)i, c);
				check_all(row, &f, in, n + 1 + m);
			}
		}
		CHECK("every octet", !isrv_writer_failed(&f.w));
		teardown("every octet", &f);
	}
}

static void test_pairs(void **state)
{
	static struct fixture f;
	char row[64], in[3];
	int a, b, utf8;

	(void)state;
	for (utf8 = 0; utf8 < 2; utf8++) {
		setup(&f, utf8 != 0);
		for (a = 0; a < 256; a++) {
			for (b = 0; b < 256; b++) {
				in[0] = (char)a;
				in[1] = (char)b;
				snprintf(row, sizeof(row), "utf8 %d octets %02x %02x", utf8, a, b);
				check_all(row, &f, in, 2);
			}
		}
		teardown("pairs", &f);
	}
}

static void test_lengths(void **state)
{
	static const size_t rows[] = {511, 512, 513, 1023, 1024, 1025, 2000};
	static const char fill[] = {'a', '"', '&', '\xff', ' '};
	static struct fixture f;
	char row[64], in[2000];
	size_t i, k;

	(void)state;
	for (k = 0; k < sizeof(fill); k++) {
		for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			setup(&f, false);
			memset(in, fill[k], rows[i]);
			snprintf(row, sizeof(row), "%d of %02x", (int)rows[i],
				 (unsigned char)fill[k]);
			check_all(row, &f, in, rows[i]);
			teardown(row, &f);
		}
	}
}

/* ---- the rest ------------------------------------------------------------------------------ */

static void test_numbers(void **state)
{
	static const struct {
		uint64_t n;
		const char *out;
	} rows[] = {
		{0, "0"},
		{9, "9"},
		{10, "10"},
		{99, "99"},
		{100, "100"},
		{12345, "12345"},
		{999999999, "999999999"},
		{4294967295u, "4294967295"},
		{4294967296u, "4294967296"},
		{9223372036854775807u, "9223372036854775807"},
		{18446744073709551615u, "18446744073709551615"},
	};
	static struct fixture f;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		setup(&f, false);
		isrv_w_u64(&f.w, rows[i].n);
		drain(&f);
		CHECK(rows[i].out, f.len == strlen(rows[i].out));
		CHECK(rows[i].out, memcmp(f.out, rows[i].out, f.len) == 0);
		if (rows[i].n <= UINT32_MAX) {
			isrv_w_u32(&f.w, (uint32_t)rows[i].n);
			drain(&f);
			CHECK(rows[i].out, f.len == strlen(rows[i].out));
			CHECK(rows[i].out, memcmp(f.out, rows[i].out, f.len) == 0);
		}
		teardown(rows[i].out, &f);
	}
}

static void test_flags(void **state)
{
	static const struct imapsrv_span good[] = {{S("$Junk")}, {S("x")}};
	static const struct imapsrv_span mixed[] = {
		{S("a b")},	    {S("")},	{S("ok")}, {S("\\Seen")},
		{S("x)\r\n* BYE")}, {S("end")}, {S("]")}};
	static const struct {
		struct imapsrv_flags flags;
		bool recent;
		const char *out;
	} rows[] = {
		{{0, 0, NULL}, false, "()"},
		{{IMAPSRV_SEEN, 0, NULL}, false, "(\\Seen)"},
		{{0, 0, NULL}, true, "(\\Recent)"},
		{{0xffffffffu, 0, NULL},
		 true,
		 "(\\Seen \\Answered \\Flagged \\Deleted \\Draft \\Recent)"},
		{{IMAPSRV_SEEN | IMAPSRV_DRAFT, 2, good}, false, "(\\Seen \\Draft $Junk x)"},
		{{0, 2, good}, false, "($Junk x)"},
		{{0, 7, mixed}, false, "(ok end)"},
		{{IMAPSRV_FLAGGED, 7, mixed}, true, "(\\Flagged \\Recent ok end)"},
	};
	static struct fixture f;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		setup(&f, false);
		isrv_w_flags(&f.w, &rows[i].flags, rows[i].recent);
		drain(&f);
		CHECK(rows[i].out, f.len == strlen(rows[i].out));
		CHECK(rows[i].out, memcmp(f.out, rows[i].out, f.len) == 0);
		teardown(rows[i].out, &f);
	}
}

/* Whole lines: a number, or with 0 a UID in its place (RFC 9586 3.3). */
static void test_fetch(void **state)
{
	static const struct imapsrv_span word = {S("$Junk")};
	static const struct imapsrv_flags seen = {IMAPSRV_SEEN, 0, NULL}, junk = {0, 1, &word};
	static const struct {
		char kind; /* 'f' flags, 'u' flags of UIDFETCH, 'm' with MODSEQ, 'b' the beginning */
		uint32_t seq;
		uint32_t uid;
		const struct imapsrv_flags *flags;
		const char *out;
	} rows[] = {
		{'f', 1, 0, &seen, "* 1 FETCH (FLAGS (\\Seen))\r\n"},
		{'f', UINT32_MAX, UINT32_MAX, &junk,
		 "* 4294967295 FETCH (UID 4294967295 FLAGS ($Junk))\r\n"},
		{'u', 0, 7, &seen, "* 7 UIDFETCH (FLAGS (\\Seen))\r\n"},
		{'u', 0, UINT32_MAX, &junk, "* 4294967295 UIDFETCH (FLAGS ($Junk))\r\n"},
		{'m', 3, 9, &seen, "* 3 FETCH (UID 9 FLAGS (\\Seen) MODSEQ (12))\r\n"},
		{'m', 3, 9, NULL, "* 3 FETCH (UID 9 MODSEQ (12))\r\n"},
		{'m', 0, 9, &junk, "* 9 UIDFETCH (FLAGS ($Junk) MODSEQ (12))\r\n"},
		{'m', 0, 9, NULL, "* 9 UIDFETCH (MODSEQ (12))\r\n"},
		{'b', 3, 9, NULL, "* 3 FETCH ("},
		{'b', 0, 9, NULL, "* 9 UIDFETCH ("},
	};
	static struct fixture f;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		setup(&f, false);
		if (rows[i].kind == 'f')
			isrv_w_fetch_flags(&f.w, rows[i].seq, rows[i].uid, rows[i].flags, false);
		else if (rows[i].kind == 'u')
			isrv_w_uidfetch_flags(&f.w, rows[i].uid, rows[i].flags, false);
		else if (rows[i].kind == 'm')
			isrv_w_fetch_modseq(&f.w, rows[i].seq, rows[i].uid, rows[i].flags, false, 12);
		else
			isrv_w_fetch_begin(&f.w, rows[i].seq, rows[i].uid);
		drain(&f);
		CHECK(rows[i].out, f.len == strlen(rows[i].out));
		CHECK(rows[i].out, memcmp(f.out, rows[i].out, f.len) == 0);
		teardown(rows[i].out, &f);
	}
}

static void test_datetime(void **state)
{
	static const struct {
		int64_t utc;
		int zone;
		const char *out;
	} rows[] = {
		{0, 0, "\" 1-Jan-1970 00:00:00 +0000\""},
		{837596665, -420, "\"17-Jul-1996 02:44:25 -0700\""},
		{837596665, 330, "\"17-Jul-1996 15:14:25 +0530\""},
		{-1, 0, "\"31-Dec-1969 23:59:59 +0000\""},
		{951782400, 0, "\"29-Feb-2000 00:00:00 +0000\""},
		{0, 100000, "\" 1-Jan-1970 14:00:00 +1400\""},
		{0, -100000, "\"31-Dec-1969 10:00:00 -1400\""},
		{0, INT32_MIN, "\"31-Dec-1969 10:00:00 -1400\""},
		{INT64_MIN, 0, "\" 1-Jan-0000 00:00:00 +0000\""},
		{INT64_MIN, -60, "\" 1-Jan-0000 00:00:00 -0100\""},
		{INT64_MAX, 0, "\"31-Dec-9999 23:59:59 +0000\""},
		{INT64_MAX, 840, "\"31-Dec-9999 23:59:59 +1400\""},
	};
	static struct fixture f;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		setup(&f, false);
		isrv_w_datetime(&f.w, rows[i].utc, rows[i].zone);
		drain(&f);
		CHECK(rows[i].out, f.len == strlen(rows[i].out));
		CHECK(rows[i].out, memcmp(f.out, rows[i].out, f.len) == 0);
		teardown(rows[i].out, &f);
	}
}

static void test_sets(void **state)
{
	static const struct {
		struct imapsrv_range ranges[3];
		size_t count;
		const char *out;
	} rows[] = {
		{{{0, 0}}, 0, ""},
		{{{1, 1}}, 1, "1"},
		{{{1, 3}, {5, 5}, {7, 4294967295u}}, 3, "1:3,5,7:4294967295"},
	};
	static struct fixture f;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct imapsrv_set set = {rows[i].ranges, rows[i].count};

		setup(&f, false);
		isrv_w_set(&f.w, set);
		drain(&f);
		CHECK(rows[i].out, f.len == strlen(rows[i].out));
		CHECK(rows[i].out, memcmp(f.out, rows[i].out, f.len) == 0);
		teardown(rows[i].out, &f);
	}
}

static int releases;

static void on_release(void *user, const void *data, size_t len)
{
	(void)user;
	(void)data;
	(void)len;
	releases++;
}

static void whole_response(struct isrv_writer *w, const char *body, size_t len)
{
	ISRV_W(w, "* ");
	isrv_w_u32(w, 12);
	isrv_w_cstr(w, " FETCH (BINARY[1] ");
	isrv_w_literal(w, 5, true);
	isrv_w_bytes(w, "a\0b\r\n", 5);
	ISRV_W(w, " RFC822.HEADER ");
	isrv_w_literal(w, 5, false);
	isrv_w_bytes(w, "\0a\0\0b", 5);
	ISRV_W(w, " BODY[] ");
	isrv_w_literal(w, len, false);
	isrv_w_lend(w, body, len, on_release, NULL);
	ISRV_W(w, ")");
	isrv_w_crlf(w);
}

static void test_response(void **state)
{
	static const char expected[] =
		"* 12 FETCH (BINARY[1] ~{5}\r\na\0b\r\n RFC822.HEADER {5}\r\n?a??b BODY[] {3}\r\nxyz)\r\n";
	static struct fixture f;

	(void)state;
	setup(&f, false);
	releases = 0;
	whole_response(&f.w, "xyz", 3);
	assert_int_equal(releases, 0);
	drain(&f);
	assert_int_equal(releases, 1);
	assert_int_equal(f.len, sizeof(expected) - 1);
	assert_memory_equal(f.out, expected, f.len);
	teardown("response", &f);
}

static void one_of_each(struct isrv_writer *w)
{
	struct imapsrv_flags flags = {IMAPSRV_SEEN, 0, NULL};

	ISRV_W(w, "x");
	isrv_w_u32(w, 1);
	isrv_w_u64(w, 1);
	isrv_w_tag(w, "a", 1);
	isrv_w_string(w, "\r", 1);
	isrv_w_mailbox(w, "&", 1);
	isrv_w_text(w, "a", 1);
	isrv_w_flags(w, &flags, true);
	isrv_w_datetime(w, 0, 0);
}

/* Failure sticks, and what was lent comes back once. */
/* What takes room at once, and names too long for the stack, where there is no memory. */
static void test_no_room(void **state)
{
	static const struct imapsrv_flags none = {0, 0, NULL};
	static char name[400];
	struct fixture f;

	(void)state;
	memset(name, 0xc3, sizeof(name));
	for (size_t i = 1; i < sizeof(name); i += 2)
		name[i] = (char)0xa9;
	for (int what = 0; what < 3; what++) {
		setup(&f, false);
		f.mem.budget = 0;
		if (what == 0)
			isrv_w_mailbox(&f.w, name, sizeof(name));
		else if (what == 1)
			isrv_w_uidfetch_flags(&f.w, 1, &none, false);
		else
			isrv_w_fetch_flags(&f.w, 1, 1, &none, false);
		assert_true(isrv_writer_failed(&f.w));
		assert_int_equal(isrv_outq_size(&f.q), 0);
		teardown("no room", &f);
	}
	setup(&f, false);
	isrv_w_value(&f.w, "a\0b", 3);
	isrv_w_value(&f.w, NULL, 0);
	isrv_w_value(&f.w, "ab", 2);
	drain(&f);
	f.out[f.len] = '\0';
	assert_memory_equal(f.out, "~{3}\r\na\0bNIL\"ab\"", 17);
	teardown("values", &f);
}

static void test_no_memory(void **state)
{
	static const size_t rows[] = {0, 100, 4096, 5000, 9000, 20000};
	static char body[6000];
	static struct fixture f;
	char row[32];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		setup(&f, false);
		f.mem.budget = rows[i];
		snprintf(row, sizeof(row), "budget %d", (int)rows[i]);
		releases = 0;
		isrv_w_bytes(&f.w, body, sizeof(body));
		whole_response(&f.w, body, sizeof(body));
		CHECK(row, isrv_writer_failed(&f.w) == (rows[i] < 9000));
		CHECK(row, releases == (rows[i] < 9000));
		if (isrv_writer_failed(&f.w)) {
			size_t n = isrv_outq_size(&f.q);

			one_of_each(&f.w);
			CHECK(row, isrv_outq_size(&f.q) == n);
		}
		isrv_outq_clear(&f.q);
		CHECK(row, releases == 1);
		teardown(row, &f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_strings),	 cmocka_unit_test(test_every_octet),
		cmocka_unit_test(test_pairs),	 cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_numbers),	 cmocka_unit_test(test_flags),
		cmocka_unit_test(test_fetch),
		cmocka_unit_test(test_datetime), cmocka_unit_test(test_sets),
		cmocka_unit_test(test_response), cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
