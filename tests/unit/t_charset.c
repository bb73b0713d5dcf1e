/* SPDX-License-Identifier: MIT */
/*
 * message/charset: rows of charsets with the UTF-8 that they become, each cut at every place, octet
 * by octet and into the least room; names; what invalid octets become.  Rows of a charset that the
 * C library does not have are passed over, those of our own never.
 */
#include "message/charset.h"

#include "base/utf8.h"
#include "unit/row.h"

enum { ROOM = 64, OUT_MAX = 4096 };

#define FFFD "\xef\xbf\xbd"

static struct imapsrv_span span(const char *text)
{
	return (struct imapsrv_span){text, strlen(text)};
}

struct sink {
	char data[OUT_MAX];
	size_t len;
};

static void run(size_t row, struct isrv_charset *c, struct sink *sink, const char *data, size_t len,
                size_t room)
{
	size_t at = 0, taken, put;

	do {
		char *from = exact(len ? data + at : NULL, len - at), *to = exact(NULL, room);

		isrv_charset_run(c, from, len - at, &taken, to, room, &put);
		ROW(row, taken <= len - at && (taken > 0 || len == 0) && put <= room);
		ROW(row, sink->len + put <= OUT_MAX);
		memcpy(sink->data + sink->len, to, put);
		sink->len += put;
		at += taken;
		free(from);
		free(to);
	} while (at < len);
}

static void convert(size_t row, const char *charset, const char *data, size_t len, size_t cut,
                    size_t step, size_t room, struct sink *sink)
{
	struct isrv_charset c;
	size_t at, n;

	isrv_charset_init(&c, span(charset));
	sink->len = 0;
	for (at = 0; at < len; at += n) {
		n = at < cut ? cut - at : len - at;
		if (n > step)
			n = step;
		run(row, &c, sink, data + at, n, room);
	}
	run(row, &c, sink, NULL, 0, room);
	isrv_charset_clear(&c);
}

static void same(size_t row, const struct sink *sink, const char *want, size_t len)
{
	if (sink->len != len || memcmp(sink->data, want, len) != 0)
		fail_msg("row %zu: got \"%.*s\", not \"%.*s\"", row, (int)sink->len, sink->data,
		         (int)len, want);
	ROW(row, isrv_utf8_valid(sink->data, sink->len));
}

static void every_way(size_t row, const char *charset, const char *data, size_t len,
                      const char *want, size_t want_len)
{
	struct sink sink;
	size_t cut, room;

	for (cut = 0; cut <= len; cut++) {
		convert(row, charset, data, len, cut, len, ROOM, &sink);
		same(row, &sink, want, want_len);
	}
	for (room = ROOM; room < ROOM + 4; room++) {
		convert(row, charset, data, len, len, 1, room, &sink);
		same(row, &sink, want, want_len);
		convert(row, charset, data, len, len, 3, room, &sink);
		same(row, &sink, want, want_len);
	}
}

/* ---- ours ---------------------------------------------------------------------------------- */

struct row {
	const char *charset;
	const char *data;
	size_t len;
	const char *want;
	size_t want_len;
};

static const struct row ours[] = {
	{"us-ascii", BYTES(""), BYTES("")},
	{"us-ascii", BYTES("plain\r\n\0\x1b\x7f"), BYTES("plain\r\n\0\x1b\x7f")},
	{"us-ascii", BYTES("a\x80z\xff"), BYTES("a" FFFD "z" FFFD)},
	{"us-ascii", BYTES("\xc3\xa9"), BYTES(FFFD FFFD)},
	{"x-no-such", BYTES("a\xe9"), BYTES("a" FFFD)},
	{"", BYTES("caf\xe9"), BYTES("caf" FFFD)},
	/* 6: UTF-8 */
	{"utf-8", BYTES(""), BYTES("")},
	{"utf-8", BYTES("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"),
	 BYTES("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80")},
	{"utf-8", BYTES("\xf4\x8f\xbf\xbf\xef\xbf\xbd"), BYTES("\xf4\x8f\xbf\xbf" FFFD)},
	{"utf-8", BYTES("\x80"), BYTES(FFFD)},
	{"utf-8", BYTES("\xc3"), BYTES(FFFD)},
	{"utf-8", BYTES("\xc3z"), BYTES(FFFD "z")},
	{"utf-8", BYTES("\xe2\x82"), BYTES(FFFD FFFD)},
	{"utf-8", BYTES("\xe2\x82z"), BYTES(FFFD FFFD "z")},
	{"utf-8", BYTES("\xf0\x9f\x98"), BYTES(FFFD FFFD FFFD)},
	{"utf-8", BYTES("\xf0\xc3\xa9"), BYTES(FFFD "\xc3\xa9")},
	{"utf-8", BYTES("\xe2\xe2\x82\xac"), BYTES(FFFD "\xe2\x82\xac")},
	{"utf-8", BYTES("\xf0\xf0\xf0\xe2\xc3\xa9"),
	 BYTES(FFFD FFFD FFFD FFFD "\xc3\xa9")},
	{"utf-8", BYTES("\xc0\x80"), BYTES(FFFD FFFD)},             /* overlong */
	{"utf-8", BYTES("\xe0\x80\x80"), BYTES(FFFD FFFD FFFD)},
	{"utf-8", BYTES("\xed\xa0\x80"), BYTES(FFFD FFFD FFFD)},    /* surrogate */
	{"utf-8", BYTES("\xf4\x90\x80\x80"), BYTES(FFFD FFFD FFFD FFFD)},
	{"utf-8", BYTES("\xf8\xff\xfe"), BYTES(FFFD FFFD FFFD)},
	{"utf-8", BYTES("abcdefgh\xffijklmnop"), BYTES("abcdefgh" FFFD "ijklmnop")},
	{"utf-8", BYTES("\xef\xbb\xbf" "a"), BYTES("\xef\xbb\xbf" "a")},
	/* 25: the Latin ones */
	{"iso-8859-1", BYTES("caf\xe9 \xa4 \xff"), BYTES("caf\xc3\xa9 \xc2\xa4 \xc3\xbf")},
	{"iso-8859-1", BYTES("\x93hi\x94 \x96 \x80"),
	 BYTES("\xe2\x80\x9chi\xe2\x80\x9d \xe2\x80\x93 \xe2\x82\xac")},
	{"windows-1252", BYTES("\x80\x92\x9f\xa0"),
	 BYTES("\xe2\x82\xac\xe2\x80\x99\xc5\xb8\xc2\xa0")},
	{"windows-1252", BYTES("\x81\x8d\x8f\x90\x9d"), BYTES(FFFD FFFD FFFD FFFD FFFD)},
	{"iso-8859-15", BYTES("\xa4\xa6\xa8\xb4\xb8\xbc\xbd\xbe\xe9"),
	 BYTES("\xe2\x82\xac\xc5\xa0\xc5\xa1\xc5\xbd\xc5\xbe\xc5\x92\xc5\x93\xc5\xb8\xc3\xa9")},
	{"iso-8859-15", BYTES("\xa5\x80\x81"), BYTES("\xc2\xa5\xe2\x82\xac" FFFD)},
	/* 31: UTF-16 */
	{"utf-16", BYTES(""), BYTES("")},
	{"utf-16", BYTES("\xfe\xff\0a\x20\xac"), BYTES("a\xe2\x82\xac")},
	{"utf-16", BYTES("\xff\xfe" "a\0\xac\x20"), BYTES("a\xe2\x82\xac")},
	{"utf-16", BYTES("\0a\0b"), BYTES("ab")},
	{"utf-16", BYTES("\xfe\xff"), BYTES("")},
	{"utf-16", BYTES("\xff\xfe"), BYTES("")},
	{"utf-16", BYTES("\xff"), BYTES(FFFD)},
	{"utf-16", BYTES("\xff\xfe\xff\xfe" "a\0"), BYTES("\xef\xbb\xbf" "a")},
	{"utf-16be", BYTES("\xd8\x3d\xde\0"), BYTES("\xf0\x9f\x98\x80")},
	{"utf-16le", BYTES("\x3d\xd8\0\xde"), BYTES("\xf0\x9f\x98\x80")},
	{"utf-16be", BYTES("\xd8\x3d\0a"), BYTES(FFFD "a")},
	{"utf-16be", BYTES("\xd8\x3d\xd8\x3d\xde\0"), BYTES(FFFD "\xf0\x9f\x98\x80")},
	{"utf-16be", BYTES("\xde\0\0a"), BYTES(FFFD "a")},
	{"utf-16be", BYTES("\xd8\x3d"), BYTES(FFFD)},
	{"utf-16be", BYTES("\xd8\x3d\xde"), BYTES(FFFD FFFD)},
	{"utf-16be", BYTES("\0a\0"), BYTES("a" FFFD)},
	{"utf-16le", BYTES("a\0\0\0"), BYTES("a\0")},
};

static void test_ours(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(ours); i++)
		every_way(i, ours[i].charset, ours[i].data, ours[i].len, ours[i].want,
		          ours[i].want_len);
}

/* ---- the C library's ----------------------------------------------------------------------- */

#define SEVEN(text) text text text text text text text

static const struct row theirs[] = {
	{"iso-8859-2", BYTES("\xb1\xea z"), BYTES("\xc4\x85\xc4\x99 z")},
	{"iso-8859-5", BYTES("\xbc\xd8\xe0"), BYTES("\xd0\x9c\xd0\xb8\xd1\x80")},
	{"iso-8859-7", BYTES("\xe1\xe2"), BYTES("\xce\xb1\xce\xb2")},
	{"iso-8859-8-i", BYTES("\xf9\xec\xe5\xed"), BYTES("\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d")},
	{"windows-1251", BYTES("\xcc\xe8\xf0"), BYTES("\xd0\x9c\xd0\xb8\xd1\x80")},
	{"koi8-r", BYTES("\xed\xc9\xd2"), BYTES("\xd0\x9c\xd0\xb8\xd1\x80")},
	{"windows-1250", BYTES("\x9a"), BYTES("\xc5\xa1")},
	{"windows-1250", BYTES("a\x81z"), BYTES("a" FFFD "z")},
	{"tis-620", BYTES("\xa1"), BYTES("\xe0\xb8\x81")},
	/* 9: several octets a character */
	{"gb2312", BYTES("\xc4\xe3\xba\xc3"), BYTES("\xe4\xbd\xa0\xe5\xa5\xbd")},
	{"gbk", BYTES("a\xc4\xe3z"), BYTES("a\xe4\xbd\xa0z")},
	{"gb18030", BYTES("\x94\x39\xda\x33"), BYTES("\xf0\x9f\x92\xa9")},
	{"gb18030", BYTES("\xc4"), BYTES(FFFD)},
	{"gb18030", BYTES("\x94\x39\xda"), BYTES(FFFD "9" FFFD)},
	{"gb18030", BYTES("\xff\xff" "abcdefghij"), BYTES(FFFD FFFD "abcdefghij")},
	{"big5", BYTES("\xa7\x41\xa6\x6e"), BYTES("\xe4\xbd\xa0\xe5\xa5\xbd")},
	{"shift_jis", BYTES("\x93\xfa\x96\x7b"), BYTES("\xe6\x97\xa5\xe6\x9c\xac")},
	{"euc-jp", BYTES("\xc6\xfc\xcb\xdc"), BYTES("\xe6\x97\xa5\xe6\x9c\xac")},
	{"euc-kr", BYTES("\xc7\xd1\xb1\xdb"), BYTES("\xed\x95\x9c\xea\xb8\x80")},
	{"ks_c_5601-1987", BYTES("\xc7\xd1\xb1\xdb"), BYTES("\xed\x95\x9c\xea\xb8\x80")},
	{"euc-kr", BYTES("\x8c\x63"), BYTES("\xeb\x98\xa0")}, /* of CP949 only */
	/* Pairs that musl took for characters, and wrote before its buffer (CVE-2025-26519). */
	{"euc-kr", BYTES("\xc8\x41\xdd\x52z"), BYTES(FFFD "A" FFFD "Rz")},
	{"euc-kr", BYTES("\xc6\x53\xc6\x52\xc7"), BYTES(FFFD "S\xed\x9e\xa3" FFFD)},
	/* More than is looked at at a time, and a character across its end. */
	{"euc-kr", BYTES(SEVEN("\xc7\xd1\xb1\xdb\xbe\xc8\xb3\xe7\xc7\xcf")),
	 BYTES(SEVEN("\xed\x95\x9c\xea\xb8\x80\xec\x95\x88\xeb\x85\x95\xed\x95\x98"))},
	{"euc-kr", BYTES("a" SEVEN("\xc7\xd1\xb1\xdb\xbe\xc8\xb3\xe7\xc7\xcf")),
	 BYTES("a" SEVEN("\xed\x95\x9c\xea\xb8\x80\xec\x95\x88\xeb\x85\x95\xed\x95\x98"))},
	/* 21: with a state */
	{"iso-2022-jp", BYTES("a\x1b$BF|K\\\x1b(Bz"), BYTES("a\xe6\x97\xa5\xe6\x9c\xacz")},
	{"iso-2022-jp", BYTES("\x1b$BF|K\\F|K\\F|K\\F|K\\\x1b(B.\r\n"),
	 BYTES("\xe6\x97\xa5\xe6\x9c\xac\xe6\x97\xa5\xe6\x9c\xac\xe6\x97\xa5\xe6\x9c\xac"
	       "\xe6\x97\xa5\xe6\x9c\xac.\r\n")},
	{"iso-2022-jp", BYTES("\x1b$BF"), BYTES(FFFD)},
	{"iso-2022-jp", BYTES("a\xffz"), BYTES("a" FFFD "z")},
	{"iso-2022-kr", BYTES("\x1b$)C\x0eGQ1[\x0f!"), BYTES("\xed\x95\x9c\xea\xb8\x80!")},
	{"windows-1258", BYTES("a\xccz"), BYTES("\xc3\xa0z")}, /* a mark may follow */
	{"windows-1258", BYTES("a"), BYTES("a")},
	{"big5-hkscs", BYTES("\x88\x62"), BYTES("\xc3\x8a\xcc\x84")},
	{"big5-hkscs", BYTES("\x88\x66"), BYTES("\xc3\x8a")},
};

static bool has(const char *charset, const char *data, size_t len, const char *want,
                size_t want_len)
{
	struct sink sink;

	convert(0, charset, data, len, len, len, OUT_MAX, &sink);
	return sink.len == want_len && memcmp(sink.data, want, want_len) == 0;
}

static void test_theirs(void **state)
{
	size_t i, known = 0;

	(void)state;
	for (i = 0; i < COUNT(theirs); i++) {
		if (!isrv_charset_known(span(theirs[i].charset)))
			continue;
#ifndef __GLIBC__
		/* Other libraries differ in what they compose and what they take for invalid. */
		if (!has(theirs[i].charset, theirs[i].data, theirs[i].len, theirs[i].want,
		         theirs[i].want_len))
			continue;
#else
		(void)has;
#endif
		known++;
		every_way(i, theirs[i].charset, theirs[i].data, theirs[i].len, theirs[i].want,
		          theirs[i].want_len);
	}
	printf("charsets of the C library: %zu rows of %zu\n", known, COUNT(theirs));
}

/* Noise in every charset, cut in two at every place: the same, and valid. */
static void test_noise(void **state)
{
	static const char *const charsets[] = {
		"us-ascii",    "utf-8",       "iso-8859-1", "iso-8859-15",  "utf-16",
		"utf-16le",    "iso-8859-2",  "koi8-r",     "gb18030",      "big5",
		"big5-hkscs",  "shift_jis",   "euc-jp",     "euc-kr",       "iso-2022-jp",
		"iso-2022-kr", "iso-2022-cn", "utf-7",      "windows-1258", "windows-1255",
		"euc-tw",      "johab",       "tcvn",       "iso-2022-jp-2",
	};
	size_t i, round, cut;

	(void)state;
	for (i = 0; i < COUNT(charsets); i++) {
		uint32_t seed = 12345;

		for (round = 0; round < 40; round++) {
			struct sink whole, parts;
			char noise[64];

			for (cut = 0; cut < sizeof(noise); cut++) {
				static const char often[] = "\x1b$()BCAJ\x0e\x0f+-&a \n\xa4\x8e\x1bN";

				seed = seed * 1103515245 + 12345;
				noise[cut] = round % 2 ? (char)(seed >> 16)
				                       : often[(seed >> 16) % (sizeof(often) - 1)];
			}
			convert(i, charsets[i], noise, sizeof(noise), sizeof(noise), sizeof(noise),
			        OUT_MAX, &whole);
			ROW(i, isrv_utf8_valid(whole.data, whole.len));
			for (cut = 0; cut < sizeof(noise); cut++) {
				convert(i, charsets[i], noise, sizeof(noise), cut, 1 + cut, ROOM,
				        &parts);
				same(i, &parts, whole.data, whole.len);
			}
		}
	}
}

/* ---- names --------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	bool known;
} names[] = {
	{"", true},
	{"US-ASCII", true},
	{"ascii", true},
	{"ANSI_X3.4-1968", true},
	{"utf8", true},
	{"UTF-8", true},
	{"uTf_8", true},
	{"unicode-1-1-utf-8", true},
	{"latin1", true},
	{"ISO_8859-1:1987", true},
	{"iso8859-1", true},
	{"iso-8859-15", true},
	{"Latin-9", true},
	{"cp1252", true},
	{"Windows-1252", true},
	{"x-cp1252", true},
	{"csISOLatin1", true},
	{"UTF-16", true},
	{"UTF-16LE", true},
	/* 19: what nobody may open */
	{"x-no-such", false},
	{"utf-7", false},
	{"utf-8//TRANSLIT", false},
	{"koi8-r//IGNORE", false},
	{"UTF-8/", false},
	{"/", false},
	{"-", false},
	{"x-", false},
	{"../../etc/passwd", false},
	{"char", false},
	{"wchar_t", false},
	{"INTERNAL", false},
	{"ISO-2022-JP-3", false},
	{"IBM1364", false},
	{"utf-8 ", false},
	{"utf-8\n", false},
	{"utf-88", false},
	{"utf", false},
	{"\xc3\xa9", false},
	{"8bit", false},
	{"aaaaaaaaaabbbbbbbbbbccccccccccdddddddddde", false},
	{"------------------------------------utf8", true},   /* 40 */
	{"-------------------------------------utf8", false}, /* 41 */
};

static void test_names(void **state)
{
	struct isrv_charset c;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(names); i++) {
		char *name = exact(names[i].name, strlen(names[i].name));
		struct imapsrv_span exactly = {name, strlen(names[i].name)};

		ROW(i, isrv_charset_known(exactly) == names[i].known);
		ROW(i, isrv_charset_init(&c, exactly) == names[i].known);
		isrv_charset_clear(&c);
		isrv_charset_clear(&c);
		free(name);
	}
	assert_true(isrv_charset_known((struct imapsrv_span){NULL, 0}));
	/* A NUL does not end a name. */
	assert_false(isrv_charset_known((struct imapsrv_span){"utf-8\0x", 7}));
}

static void test_each_octet(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < 256; i++) {
		char octet = (char)i, want[8];
		size_t n = isrv_utf8_put(want, i < 0x80 ? (uint32_t)i : 0xfffd);

		every_way(i, "us-ascii", &octet, 1, want, n);
		every_way(i, "utf-8", &octet, 1, want, n);
		n = isrv_utf8_put(want, isrv_charset_windows((unsigned char)i));
		every_way(i, "windows-1252", &octet, 1, want, n);
		if (i >= 0x80 && i <= 0x9f)
			continue;
		n = isrv_utf8_put(want, (uint32_t)i);
		every_way(i, "iso-8859-1", &octet, 1, want, n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),      cmocka_unit_test(test_ours),
		cmocka_unit_test(test_each_octet), cmocka_unit_test(test_theirs),
		cmocka_unit_test(test_noise),
	};

	return cmocka_run_group_tests_name("charset", tests, NULL, NULL);
}
