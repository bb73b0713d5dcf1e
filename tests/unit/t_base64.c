/* SPDX-License-Identifier: MIT */
/* base/base64: the vectors of RFC 4648 10, and that every text but the one is refused (3.5). */
#include "unit/row.h"

#include "base/base64.h"

static const struct {
	const char *octets;
	size_t len;
	const char *text;
} vectors[] = {
	/* RFC 4648 section 10 */
	{BYTES(""), ""},
	{BYTES("f"), "Zg=="},
	{BYTES("fo"), "Zm8="},
	{BYTES("foo"), "Zm9v"},
	{BYTES("foob"), "Zm9vYg=="},
	{BYTES("fooba"), "Zm9vYmE="},
	{BYTES("foobar"), "Zm9vYmFy"},
	{BYTES("\0tim\0tanstaaftanstaaf"), "AHRpbQB0YW5zdGFhZnRhbnN0YWFm"},
	{BYTES("\0"), "AA=="},
	{BYTES("\0\0"), "AAA="},
	{BYTES("\0\0\0"), "AAAA"},
	{BYTES("\xff"), "/w=="},
	{BYTES("\xff\xff"), "//8="},
	{BYTES("\xff\xff\xff"), "////"},
	{BYTES("\xfb\xef\xbe"), "++++"},
	{BYTES("\x14\xfb\x9c\x03\xd9\x7e"), "FPucA9l+"}, /* RFC 3548 section 7 */
	{BYTES("\x14\xfb\x9c\x03\xd9"), "FPucA9k="},
	{BYTES("\x14\xfb\x9c\x03"), "FPucAw=="},
};

static void test_vectors(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(vectors); i++) {
		size_t text_len = strlen(vectors[i].text), len = 99;
		char *octets = exact(vectors[i].octets, vectors[i].len);
		char *text = exact(NULL, text_len);
		char *back = exact(NULL, text_len / 4 * 3);

		ROW(i, isrv_base64_encoded(vectors[i].len) == text_len);
		isrv_base64_put(text, octets, vectors[i].len);
		ROW(i, text_len == 0 || memcmp(text, vectors[i].text, text_len) == 0);
		ROW(i, isrv_base64_parse(back, &len, text, text_len));
		ROW(i, len == vectors[i].len);
		ROW(i, len == 0 || memcmp(back, octets, len) == 0);
		/* And in place. */
		len = 99;
		ROW(i, isrv_base64_parse(text, &len, text, text_len));
		ROW(i, len == vectors[i].len);
		ROW(i, len == 0 || memcmp(text, octets, len) == 0);
		free(octets);
		free(text);
		free(back);
	}
}

static const struct {
	const char *text;
	size_t len;
} refused[] = {
	{BYTES("A")},
	{BYTES("AA")},
	{BYTES("AAA")},
	{BYTES("AAAAA")},
	{BYTES("=")},
	{BYTES("==")},
	{BYTES("====")},
	{BYTES("A===")},
	{BYTES("=AAA")},
	{BYTES("A=AA")},
	{BYTES("AA=A")},
	{BYTES("AAAA=")},
	{BYTES("AAAA====")},
	{BYTES("AA==AAAA")},
	{BYTES("AAA=AAAA")},
	{BYTES("AAAAA===")},
	{BYTES("AB==")}, /* pad bits */
	{BYTES("AP==")},
	{BYTES("AAB=")},
	{BYTES("AAD=")},
	{BYTES("Zh==")},
	{BYTES("Zm9=")},
	{BYTES("AA-A")}, /* base64url */
	{BYTES("AA_A")},
	{BYTES("AA,A")}, /* UTF-7's */
	{BYTES("AA A")},
	{BYTES("AAA\n")},
	{BYTES("AAAA\r\n")},
	{BYTES("AAAA\r\nAA")},
	{BYTES(" AAAA")},
	{BYTES("AAA\0")},
	{BYTES("\0AAA")},
	{BYTES("AA\x80=")},
	{BYTES("\xc3\xa9==")},
	{BYTES("AA\xff\xff")},
	{BYTES("*")},
	{BYTES("*AAA")},
};

static void test_refused(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(refused); i++) {
		char *text = exact(refused[i].text, refused[i].len);
		char *out = exact(NULL, refused[i].len / 4 * 3);
		size_t len = 99;

		ROW(i, !isrv_base64_parse(out, &len, text, refused[i].len));
		ROW(i, len == 99);
		free(text);
		free(out);
	}
}

/* Each octet at each place of a quantum, in the last one and before: right exactly for digits. */
static void test_every_octet(void **state)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t place;
	int c;

	(void)state;
	for (c = 0; c < 256; c++) {
		const char *digit = c ? strchr(digits, c) : NULL;

		for (place = 0; place < 8; place++) {
			size_t len = 99, row = (size_t)c * 8 + place;
			char *text = exact("AAAAAAAA", 8), *out = exact(NULL, 6);
			unsigned long bits = 0, want;
			bool ok = digit != NULL, padded = c == '=' && place == 7;
			size_t k;

			text[place] = (char)c;
			ROW(row, isrv_base64_parse(out, &len, text, 8) == (ok || padded));
			ROW(row, len == (ok ? 6 : padded ? 5 : 99));
			if (ok) {
				want = (unsigned long)(digit - digits) << 6 * (3 - place % 4);
				for (k = place / 4 * 3; k < place / 4 * 3 + 3; k++)
					bits = bits << 8 | (unsigned char)out[k];
				ROW(row, bits == want);
			}
			free(text);
			free(out);
		}
	}
}

/* Of all four-octet texts over a few octets, each one taken is what its own decoding encodes to. */
static void test_one_spelling(void **state)
{
	static const char octets[] = "AQBgwZ/+9=\n-";
	size_t n = sizeof(octets) - 1, a, taken = 0;

	(void)state;
	for (a = 0; a < n * n * n * n; a++) {
		char text[4], out[3], again[4];
		size_t len;

		text[0] = octets[a % n];
		text[1] = octets[a / n % n];
		text[2] = octets[a / n / n % n];
		text[3] = octets[a / n / n / n];
		if (!isrv_base64_parse(out, &len, text, 4))
			continue;
		taken++;
		ROW(a, isrv_base64_encoded(len) == 4);
		isrv_base64_put(again, out, len);
		ROW(a, memcmp(again, text, 4) == 0);
	}
	/* Nine are digits; A Q g w, the same four, have their four and their two low bits clear. */
	assert_int_equal(taken, 9 * 9 * 9 * 9 + 9 * 9 * 4 + 9 * 4);
}

static void test_sizes(void **state)
{
	static const struct {
		size_t n, encoded;
	} rows[] = {
		{0, 0},
		{1, 4},
		{2, 4},
		{3, 4},
		{4, 8},
		{SIZE_MAX / 4 * 3, SIZE_MAX / 4 * 4},
		{SIZE_MAX / 4 * 3 + 1, SIZE_MAX},
		{SIZE_MAX - 1, SIZE_MAX},
		{SIZE_MAX, SIZE_MAX},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++)
		ROW(i, isrv_base64_encoded(rows[i].n) == rows[i].encoded);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),      cmocka_unit_test(test_refused),
		cmocka_unit_test(test_every_octet),  cmocka_unit_test(test_one_spelling),
		cmocka_unit_test(test_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
