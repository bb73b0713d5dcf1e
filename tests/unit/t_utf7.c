/* SPDX-License-Identifier: MIT */
/*
 * base/utf7: the examples of RFC 3501 5.1.3, and that a name has one spelling, by table, over all
 * short texts, over all code points, and at random (ISRV_SEED repeats a run).
 */
#include <inttypes.h>

#include "unit/row.h"

#include "base/utf7.h"
#include "base/utf8.h"

/* ---- names, both ways ---------------------------------------------------------------------- */

static const struct {
	const char *utf8;
	size_t utf8_len;
	const char *utf7;
} names[] = {
	{BYTES(""), ""},
	{BYTES("INBOX"), "INBOX"},
	{BYTES(" !\"#$%'()*+,-./0:;<=>?@AZ[\\]^_`az{|}~"),
	 " !\"#$%'()*+,-./0:;<=>?@AZ[\\]^_`az{|}~"},
	{BYTES("&"), "&-"},
	{BYTES("&&"), "&-&-"},
	{BYTES("&-"), "&--"},
	{BYTES("a&b"), "a&-b"},
	/* RFC 3501 5.1.3 */
	{BYTES("~peter/mail/\xe5\x8f\xb0\xe5\x8c\x97/\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e"),
	 "~peter/mail/&U,BTFw-/&ZeVnLIqe-"},
	{BYTES("\xe2\x98\xba!"), "&Jjo-!"},
	{BYTES("\xe5\x8f\xb0\xe5\x8c\x97\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e"), "&U,BTF2XlZyyKng-"},
	{BYTES("\xc3\xa9"), "&AOk-"},
	{BYTES("\xc3\xa9\xc3\xa9"), "&AOkA6Q-"},
	{BYTES("\xc3\xa9" "a\xc3\xa9"), "&AOk-a&AOk-"},
	{BYTES("\xc3\xa9-\xc3\xa9"), "&AOk--&AOk-"},
	{BYTES("\xc3\xa9&"), "&AOk-&-"}, /* two "&", one run */
	{BYTES("\xc3\xa9&\xc3\xa9"), "&AOk-&-&AOk-"},
	{BYTES("&\xc3\xa9"), "&-&AOk-"},
	{BYTES("-\xc3\xa9-"), "-&AOk--"},
	{BYTES("Entw\xc3\xbcrfe"), "Entw&APw-rfe"},
	{BYTES("\xd0\x92\xd1\x85\xd0\xbe\xd0\xb4\xd1\x8f\xd1\x89\xd0\xb8\xd0\xb5"),
	 "&BBIERQQ+BDQETwRJBDgENQ-"},
	{BYTES("\xf0\x9f\x98\x80"), "&2D3eAA-"},
	{BYTES("\xf0\x9f\x98\x80\xf0\x9f\x98\x80"), "&2D3eANg93gA-"},
	{BYTES("a\xf0\x90\x80\x80z"), "a&2ADcAA-z"},
	{BYTES("\xf4\x8f\xbf\xbf"), "&2,,f,w-"},
	{BYTES("\xed\x9f\xbf\xee\x80\x80"), "&1,,gAA-"}, /* the neighbours of the surrogates */
	{BYTES("\xef\xbf\xbf"), "&,,8-"},
	/* Control characters have a spelling; whether a name may have them is asked elsewhere. */
	{BYTES("\x01"), "&AAE-"},
	{BYTES("\x1f\x7f"), "&AB8Afw-"},
	{BYTES("a\r\nb"), "a&AA0ACg-b"},
	{BYTES("\xc2\x80"), "&AIA-"},
};

static void test_names(void **state)
{
	size_t i, room;

	(void)state;
	for (i = 0; i < COUNT(names); i++) {
		size_t wide = names[i].utf8_len, narrow = strlen(names[i].utf7), len;
		char *utf8 = exact(names[i].utf8, wide), *utf7 = exact(names[i].utf7, narrow);

		ROW(i, narrow <= isrv_utf7_encoded_max(wide));
		ROW(i, wide <= isrv_utf7_decoded_max(narrow));
		/* With each amount of room up to one to spare: enough is enough, less is not. */
		for (room = 0; room <= narrow + 1; room++) {
			char *out = exact(NULL, room);

			len = 4711;
			ROW(i, isrv_utf7_put(out, room, &len, utf8, wide) == (room >= narrow));
			ROW(i, len == (room >= narrow ? narrow : 4711));
			ROW(i, room < narrow || !narrow || memcmp(out, utf7, narrow) == 0);
			free(out);
		}
		for (room = 0; room <= wide + 1; room++) {
			char *out = exact(NULL, room);

			len = 4711;
			ROW(i, isrv_utf7_parse(out, room, &len, utf7, narrow) == (room >= wide));
			ROW(i, len == (room >= wide ? wide : 4711));
			ROW(i, room < wide || !wide || memcmp(out, utf8, wide) == 0);
			free(out);
		}
		free(utf8);
		free(utf7);
	}
}

/* ---- what has no name ---------------------------------------------------------------------- */

static const struct {
	const char *utf7;
	size_t len;
} refused[] = {
	/* 0: no end; RFC 3501 5.1.3 has the first */
	{BYTES("&Jjo!")},
	{BYTES("&")},
	{BYTES("a&")},
	{BYTES("&-&")},
	{BYTES("&A")},
	{BYTES("&AOk")},
	{BYTES("&AOk-&")},
	{BYTES("&AOk-&AOk")},
	{BYTES("&AOk/-")},
	{BYTES("&AOk=-")},
	/* 10: superfluous shifts; RFC 3501 5.1.3 has the first */
	{BYTES("&U,BTFw-&ZeVnLIqe-")},
	{BYTES("&AOk-&AOk-")},
	{BYTES("x&AOk-&AOk-y")},
	{BYTES("&2D3eAA-&AOk-")},
	{BYTES("&2D0-&3gA-")}, /* a pair across two runs */
	/* 15: printable ASCII in disguise */
	{BYTES("&AGE-")},         /* a */
	{BYTES("&ACY-")},         /* & */
	{BYTES("&AC0-")},         /* - */
	{BYTES("&ACA-")},         /* space */
	{BYTES("&AH4-")},         /* ~ */
	{BYTES("&AC8-")},         /* / */
	{BYTES("&AOkAYQ-")},      /* e acute, a */
	{BYTES("&AGEA6Q-")},      /* a, e acute */
	{BYTES("&AEkATgBCAE8AWA-")}, /* INBOX */
	/* 24: NUL */
	{BYTES("&AAA-")},
	{BYTES("&AAAA-")},
	{BYTES("&AOkAAA-")},
	{BYTES("&AAAA6Q-")},
	/* 28: lone surrogates */
	{BYTES("&2D0-")},
	{BYTES("&3gA-")},
	{BYTES("&2D3YPQ-")},
	{BYTES("&2D0A6Q-")},
	{BYTES("&3gDYPQ-")}, /* the wrong way round */
	{BYTES("&AOnYPQ-")},
	{BYTES("&2D3eANg9-")},
	{BYTES("&2D3b,w-")}, /* high, high */
	{BYTES("&2D3gAA-")}, /* high, U+E000 */
	/* 37: pad bits, and a digit too many or too few */
	{BYTES("&AOl-")},
	{BYTES("&AOm-")},
	{BYTES("&AOn-")},
	{BYTES("&AOkA6R-")},
	{BYTES("&AOkA6f-")},
	{BYTES("&2D3eAB-")},
	{BYTES("&AOkA-")},
	{BYTES("&AOkA6QA-")},
	{BYTES("&U,BTF2XlZyyKngA-")},
	{BYTES("&A-")},
	{BYTES("&AA-")},
	{BYTES("&Jjp-")},
	/* 49: digits of other alphabets, raw octets */
	{BYTES("&U/BTFw-")},
	{BYTES("&U_BTFw-")},
	{BYTES("&AO k-")},
	{BYTES("&AO\0k-")},
	{BYTES("&\xc3\xa9-")},
	{BYTES("&AO\xc1-")},
	{BYTES("\xc3\xa9")},
	{BYTES("caf\xe9")},
	{BYTES("a\0")},
	{BYTES("\0")},
	{BYTES("a\tb")},
	{BYTES("a\r\n")},
	{BYTES("\x1f")},
	{BYTES("\x7f")},
	{BYTES("\x80")},
	{BYTES("\xff")},
};

static void test_refused(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(refused); i++) {
		size_t room = isrv_utf7_decoded_max(refused[i].len) + 8, len = 4711;
		char *utf7 = exact(refused[i].utf7, refused[i].len), *out = exact(NULL, room);

		ROW(i, !isrv_utf7_parse(out, room, &len, utf7, refused[i].len));
		ROW(i, len == 4711);
		free(utf7);
		free(out);
	}
}

static const struct {
	const char *utf8;
	size_t len;
} unencodable[] = {
	{BYTES("\0")},         {BYTES("a\0b")},          {BYTES("\x80")},
	{BYTES("\xc3")},       {BYTES("a\xc3")},         {BYTES("\xc0\x80")},
	{BYTES("\xed\xa0\x80")}, {BYTES("\xf4\x90\x80\x80")}, {BYTES("\xc3\xa9\xff")},
};

static void test_unencodable(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(unencodable); i++) {
		char *utf8 = exact(unencodable[i].utf8, unencodable[i].len), out[64];
		size_t len = 4711;

		ROW(i, !isrv_utf7_put(out, sizeof(out), &len, utf8, unencodable[i].len));
		ROW(i, len == 4711);
		free(utf8);
	}
}

/* ---- one spelling -------------------------------------------------------------------------- */

/* If a text is taken, then what it means is written as that text. */
static bool is_only_spelling(const char *utf7, size_t len)
{
	char wide[64], again[64];
	size_t wide_len, again_len;

	if (!isrv_utf7_parse(wide, sizeof(wide), &wide_len, utf7, len))
		return true;
	return wide_len <= isrv_utf7_decoded_max(len) && isrv_utf8_valid(wide, wide_len) &&
	       isrv_utf7_put(again, sizeof(again), &again_len, wide, wide_len) &&
	       again_len == len && memcmp(again, utf7, len) == 0;
}

static void test_one_spelling(void **state)
{
	/* Enough to make runs, shifts, pad bits, surrogates (2D3eAA) and printable ASCII (AGE). */
	static const char octets[] = "&-AEGOk,2D3e";
	static const size_t n = sizeof(octets) - 1;
	static const size_t rows[] = {12, 144, 1728, 20736, 248832, 2985984};
	size_t len, row, k, rest;

	(void)state;
	for (len = 1; len <= COUNT(rows); len++) {
		for (row = 0; row < rows[len - 1]; row++) {
			char text[8];

			for (k = 0, rest = row; k < len; k++, rest /= n)
				text[k] = octets[rest % n];
			if (!is_only_spelling(text, len))
				fail_msg("row %zu of length %zu: %.*s", row, len, (int)len, text);
		}
	}
}

/* Every run of three digits, one UTF-16 unit: how many are taken is known. */
static void test_every_unit(void **state)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";
	size_t row, taken = 0;

	(void)state;
	for (row = 0; row < (size_t)1 << 18; row++) {
		char text[5] = {'&', digits[row >> 12], digits[row >> 6 & 63], digits[row & 63],
		                '-'};
		char out[8];
		size_t len;
		uint32_t code = 0, want = (uint32_t)row >> 2;

		if (!isrv_utf7_parse(out, sizeof(out), &len, text, 5))
			continue;
		taken++;
		ROW(row, (row & 3) == 0);
		ROW(row, isrv_utf8_next(out, len, &code) == len && code == want);
	}
	/* All but NUL, the 95 printable ones and the surrogates. */
	assert_int_equal(taken, 0x10000 - 1 - 95 - 0x800);
}

static void test_every_code_point(void **state)
{
	uint32_t code, back;

	(void)state;
	for (code = 1; code <= 0x10ffff; code++) {
		char utf8[4], utf7[16], out[4];
		size_t len, utf7_len, out_len = 0;

		if (code == 0xd800)
			code = 0xe000;
		len = isrv_utf8_put(utf8, code);
		ROW(code, isrv_utf7_put(utf7, sizeof(utf7), &utf7_len, utf8, len));
		ROW(code, utf7_len <= isrv_utf7_encoded_max(len));
		ROW(code, isrv_utf7_parse(out, sizeof(out), &out_len, utf7, utf7_len));
		ROW(code, isrv_utf8_next(out, out_len, &back) == out_len && back == code);
	}
}

/* ---- at random ----------------------------------------------------------------------------- */

/* xorshift64*, so that a seed means the same everywhere. */
static uint64_t rand_next(uint64_t *rand)
{
	*rand ^= *rand >> 12;
	*rand ^= *rand << 25;
	*rand ^= *rand >> 27;
	return *rand * UINT64_C(0x2545f4914f6cdd1d);
}

static uint32_t rand_below(uint64_t *rand, uint32_t n)
{
	return (uint32_t)(rand_next(rand) >> 33) % n;
}

static uint32_t rand_code(uint64_t *rand)
{
	switch (rand_below(rand, 6)) {
	case 0:
		return '&';
	case 1:
		return '-';
	case 2:
		return 0x20 + rand_below(rand, 0x5f);
	case 3:
		return 1 + rand_below(rand, 0x7ff);
	case 4:
		return 0x10000 + rand_below(rand, 0x100000);
	default:
		return rand_below(rand, 2) ? 0x1000 + rand_below(rand, 0xc800)
		                           : 0xe000 + rand_below(rand, 0x2000);
	}
}

static void test_random(void **state)
{
	const char *given = getenv("ISRV_SEED");
	uint64_t seed = given ? strtoull(given, NULL, 0) : 20260101, rand;
	size_t row;

	(void)state;
	if (seed == 0)
		seed = 1; /* the generator stands still at 0 */
	rand = seed;
	printf("ISRV_SEED=%" PRIu64 "\n", seed);
	for (row = 0; row < 50000; row++) {
		char utf8[160], *in, *utf7, *out;
		size_t codes = rand_below(&rand, 40), len = 0, room, utf7_len = 0, out_len = 0;

		while (codes--)
			len += isrv_utf8_put(utf8 + len, rand_code(&rand));
		in = exact(utf8, len);
		room = isrv_utf7_encoded_max(len);
		utf7 = exact(NULL, room);
		ROW(row, isrv_utf7_put(utf7, room, &utf7_len, in, len));
		room = isrv_utf7_decoded_max(utf7_len);
		ROW(row, len <= room);
		out = exact(NULL, room);
		ROW(row, isrv_utf7_parse(out, room, &out_len, utf7, utf7_len));
		ROW(row, out_len == len && (len == 0 || memcmp(out, in, len) == 0));
		/* And one octet changed: refused, or the spelling of something else. */
		if (utf7_len && utf7_len < 40) {
			utf7[rand_below(&rand, (uint32_t)utf7_len)] = (char)rand_below(&rand, 256);
			ROW(row, is_only_spelling(utf7, utf7_len));
		}
		free(in);
		free(utf7);
		free(out);
	}
}

/* ---- sizes --------------------------------------------------------------------------------- */

/* Of all texts up to six octets long over what costs most, none needs more; some need as much. */
static void test_encoded_max_is_exact(void **state)
{
	static const char *const pieces[] = {"\x01", "&", "a", "\xc3\xa9"};
	size_t n, row, k, rest, rows = 1;

	(void)state;
	for (n = 1; n <= 6; n++) {
		size_t most = 0;

		rows *= COUNT(pieces);
		for (row = 0; row < rows; row++) {
			char utf8[16], utf7[64];
			size_t len = 0, utf7_len = 0;

			for (k = 0, rest = row; k < n; k++, rest /= COUNT(pieces)) {
				const char *piece = pieces[rest % COUNT(pieces)];

				memcpy(utf8 + len, piece, strlen(piece));
				len += strlen(piece);
			}
			ROW(row, isrv_utf7_put(utf7, sizeof(utf7), &utf7_len, utf8, len));
			ROW(row, utf7_len <= isrv_utf7_encoded_max(len));
			if (len == n && utf7_len > most)
				most = utf7_len;
		}
		ROW(n, most == isrv_utf7_encoded_max(n));
	}
}

static void test_decoded_max_long_run(void **state)
{
	char utf8[3 * 240], utf7[1000], out[3 * 240];
	size_t n, k, utf7_len, out_len;

	(void)state;
	for (n = 1; n <= 240; n++) {
		for (k = 0; k < n; k++)
			memcpy(utf8 + 3 * k, "\xe6\x97\xa5", 3);
		ROW(n, isrv_utf7_put(utf7, sizeof(utf7), &utf7_len, utf8, 3 * n));
		ROW(n, 3 * n <= isrv_utf7_decoded_max(utf7_len));
		ROW(n, isrv_utf7_parse(out, isrv_utf7_decoded_max(utf7_len) < sizeof(out)
		                                    ? isrv_utf7_decoded_max(utf7_len)
		                                    : sizeof(out),
		                       &out_len, utf7, utf7_len));
		ROW(n, out_len == 3 * n && memcmp(out, utf8, out_len) == 0);
	}
}

static void test_sizes_do_not_wrap(void **state)
{
	static const size_t rows[] = {SIZE_MAX, SIZE_MAX - 1, SIZE_MAX / 2, SIZE_MAX / 3,
	                              SIZE_MAX / 4, SIZE_MAX / 4 - 1, SIZE_MAX / 9 * 8 + 8,
	                              1000, 0};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		ROW(i, isrv_utf7_encoded_max(rows[i]) >= rows[i]);
		ROW(i, isrv_utf7_encoded_max(rows[i]) == SIZE_MAX ||
		               isrv_utf7_encoded_max(rows[i]) / 3 >= rows[i]);
		ROW(i, isrv_utf7_decoded_max(rows[i]) >= rows[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_unencodable),
		cmocka_unit_test(test_one_spelling),
		cmocka_unit_test(test_every_unit),
		cmocka_unit_test(test_every_code_point),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_encoded_max_is_exact),
		cmocka_unit_test(test_decoded_max_long_run),
		cmocka_unit_test(test_sizes_do_not_wrap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
