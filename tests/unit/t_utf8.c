/* SPDX-License-Identifier: MIT */
/* base/utf8: RFC 3629, by examples and by counting all sequences that there can be. */
#include "unit/row.h"

#include "base/utf8.h"

static const struct {
	const char *data;
	size_t len;
	size_t next;
	uint32_t code;
} sequences[] = {
	{NULL, 0, 0, 0},
	{BYTES("\0"), 1, 0},
	{BYTES("a"), 1, 'a'},
	{BYTES("ab"), 1, 'a'},
	{BYTES("\x7f"), 1, 0x7f},
	{BYTES("\x80"), 0, 0},
	{BYTES("\xbf"), 0, 0},
	{BYTES("\xc0\x80"), 0, 0}, /* overlong NUL */
	{BYTES("\xc0\xaf"), 0, 0}, /* overlong "/" */
	{BYTES("\xc1\xbf"), 0, 0},
	{BYTES("\xc2\x80"), 2, 0x80},
	{BYTES("\xc2"), 0, 0},
	{BYTES("\xc2\x7f"), 0, 0},
	{BYTES("\xc2\xc0"), 0, 0},
	{BYTES("\xdf\xbf"), 2, 0x7ff},
	{BYTES("\xdf\xbf\xbf"), 2, 0x7ff},
	{BYTES("\xe0\x80\x80"), 0, 0},
	{BYTES("\xe0\x9f\xbf"), 0, 0},
	{BYTES("\xe0\xa0\x80"), 3, 0x800},
	{BYTES("\xe0\xa0"), 0, 0},
	{BYTES("\xe0"), 0, 0},
	{BYTES("\xe2\x89\xa2\xce\x91"), 3, 0x2262}, /* RFC 3629 7 */
	{BYTES("\xed\x9f\xbf"), 3, 0xd7ff},
	{BYTES("\xed\xa0\x80"), 0, 0}, /* surrogates */
	{BYTES("\xed\xbf\xbf"), 0, 0},
	{BYTES("\xed\xa0\xbd\xed\xb8\x80"), 0, 0}, /* CESU-8 */
	{BYTES("\xee\x80\x80"), 3, 0xe000},
	{BYTES("\xef\xbb\xbf\xf0"), 3, 0xfeff},
	{BYTES("\xef\xbf\xbf"), 3, 0xffff},
	{BYTES("\xf0\x80\x80\x80"), 0, 0},
	{BYTES("\xf0\x8f\xbf\xbf"), 0, 0},
	{BYTES("\xf0\x90\x80\x80"), 4, 0x10000},
	{BYTES("\xf0\x90\x80"), 0, 0},
	{BYTES("\xf0\x90"), 0, 0},
	{BYTES("\xf0"), 0, 0},
	{BYTES("\xf0\xa3\x8e\xb4"), 4, 0x233b4}, /* RFC 3629 7 */
	{BYTES("\xf4\x8f\xbf\xbf"), 4, 0x10ffff},
	{BYTES("\xf4\x90\x80\x80"), 0, 0},
	{BYTES("\xf5\x80\x80\x80"), 0, 0},
	{BYTES("\xf8\x88\x80\x80\x80"), 0, 0},
	{BYTES("\xfc\x84\x80\x80\x80\x80"), 0, 0},
	{BYTES("\xfe"), 0, 0},
	{BYTES("\xff"), 0, 0},
};

static void test_sequences(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(sequences); i++) {
		char *data = exact(sequences[i].data, sequences[i].len);
		uint32_t code = 4711;

		ROW(i, isrv_utf8_next(data, sequences[i].len, &code) == sequences[i].next);
		ROW(i, code == (sequences[i].next ? sequences[i].code : 4711));
		if (sequences[i].next == 0 && sequences[i].len)
			ROW(i, !isrv_utf8_valid(data, sequences[i].len));
		free(data);
	}
}

static void test_every_code_point(void **state)
{
	uint32_t code;

	(void)state;
	for (code = 0; code <= 0x10ffff; code++) {
		char out[5] = {0, 0, 0, 0, 0x55};
		size_t n = isrv_utf8_put(out, code);
		uint32_t back = 0x110000;

		ROW(code, n == (code < 0x80 ? 1u : code < 0x800 ? 2u : code < 0x10000 ? 3u : 4u));
		ROW(code, out[4] == 0x55);
		if (code >= 0xd800 && code <= 0xdfff) {
			ROW(code, isrv_utf8_next(out, n, &back) == 0);
		} else {
			ROW(code, isrv_utf8_next(out, n, &back) == n);
			ROW(code, back == code);
			ROW(code, isrv_utf8_next(out, n - 1, &back) == 0);
		}
	}
}

/* How many sequences of each length there are is known: what is taken beyond is an error. */
static void test_how_many(void **state)
{
	static const char fourth[] = {0x7f, (char)0x80, (char)0xbf, (char)0xc0};
	size_t counts[5] = {0, 0, 0, 0, 0};
	unsigned bits, last;
	uint32_t code;

	(void)state;
	for (bits = 0; bits < 1u << 24; bits++) {
		char in[4] = {(char)(bits >> 16), (char)(bits >> 8 & 0xff), (char)(bits & 0xff), 0};

		if (bits < 1u << 8)
			counts[1] += isrv_utf8_next(in + 2, 1, &code) == 1;
		if (bits < 1u << 16)
			counts[2] += isrv_utf8_next(in + 1, 2, &code) == 2;
		if (bits >= 0xc00000)
			counts[3] += isrv_utf8_next(in, 3, &code) == 3;
		for (last = 0; bits >= 0xe00000 && last < 4; last++) {
			in[3] = fourth[last];
			counts[4] += isrv_utf8_next(in, 4, &code) == 4;
		}
	}
	assert_int_equal(counts[1], 0x80);
	assert_int_equal(counts[2], 0x800 - 0x80);
	assert_int_equal(counts[3], 0x10000 - 0x800 - 0x800);
	assert_int_equal(counts[4], 0x100000 / 64 * 2); /* two of the 64 last octets */
}

static const struct {
	const char *data;
	size_t len;
	bool valid, ascii, name;
} texts[] = {
	{NULL, 0, true, true, true},
	{BYTES("INBOX"), true, true, true},
	{BYTES("0123456"), true, true, true},
	{BYTES("01234567"), true, true, true},
	{BYTES("012345678"), true, true, true},
	{BYTES("0123456\x80"), false, false, false},
	{BYTES("01234567\x80"), false, false, false},
	{BYTES("\x80" "1234567"), false, false, false},
	{BYTES("0123\xc3\xa9"), true, false, true},
	{BYTES("0123456\xc3\xa9"), true, false, true}, /* across the eighth octet */
	{BYTES("0123456\xc3"), false, false, false},
	{BYTES("01234567\xc3\xa9" "01234567\xe2\x82\xac" "01234567"), true, false, true},
	{BYTES("01234567\xc3\xa9" "01234567\xe2\x82"), false, false, false},
	{BYTES("\xf0\x9f\x93\xac"), true, false, true},
	{BYTES("a\0b"), true, true, false},
	{BYTES("\x1f"), true, true, false},
	{BYTES("\t"), true, true, false},
	{BYTES("a\r\n"), true, true, false},
	{BYTES(" "), true, true, true},
	{BYTES("~"), true, true, true},
	{BYTES("\x7f"), true, true, false},
	{BYTES("\xc2\x80"), true, false, false},
	{BYTES("\xc2\x85"), true, false, false},
	{BYTES("\xc2\x9f"), true, false, false},
	{BYTES("\xc2\xa0"), true, false, true},
	{BYTES("\xe2\x80\xa7"), true, false, true},
	{BYTES("\xe2\x80\xa8"), true, false, false},
	{BYTES("\xe2\x80\xa9"), true, false, false},
	{BYTES("\xe2\x80\xaa"), true, false, true},
	{BYTES("ok\xe2\x80\xa9"), true, false, false},
	{BYTES("\xef\xbf\xbe"), true, false, true}, /* a noncharacter is a scalar value */
	{BYTES("\xed\xa0\x80"), false, false, false},
	{BYTES("a\xff"), false, false, false},
};

static void test_texts(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(texts); i++) {
		char *data = exact(texts[i].data, texts[i].len);

		ROW(i, isrv_utf8_valid(data, texts[i].len) == texts[i].valid);
		ROW(i, isrv_utf8_is_ascii(data, texts[i].len) == texts[i].ascii);
		ROW(i, isrv_utf8_is_name(data, texts[i].len) == texts[i].name);
		free(data);
	}
}

/* One octet above 0x7F is seen wherever it stands. */
static void test_each_place(void **state)
{
	size_t len, place;

	(void)state;
	for (len = 1; len < 40; len++) {
		for (place = 0; place < len; place++) {
			char *data = exact(NULL, len);

			memset(data, 'a', len);
			ROW(len * 100 + place, isrv_utf8_is_ascii(data, len));
			data[place] = (char)0x80;
			ROW(len * 100 + place, !isrv_utf8_is_ascii(data, len));
			ROW(len * 100 + place, !isrv_utf8_valid(data, len));
			ROW(len * 100 + place, !isrv_utf8_is_name(data, len));
			free(data);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sequences), cmocka_unit_test(test_every_code_point),
		cmocka_unit_test(test_how_many),  cmocka_unit_test(test_texts),
		cmocka_unit_test(test_each_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
