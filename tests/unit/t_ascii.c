/* SPDX-License-Identifier: MIT */
/* base/ascii: case of all 256 octets, order, and numbers around every edge. */
#include <inttypes.h>

#include "unit/row.h"

#include "base/ascii.h"

static int sign(int n)
{
	return (n > 0) - (n < 0);
}

static void test_case_of_every_octet(void **state)
{
	static const char upper[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	static const char lower[] = "abcdefghijklmnopqrstuvwxyz";
	int c;

	(void)state;
	for (c = 0; c < 256; c++) {
		const char *u = c ? strchr(upper, c) : NULL, *l = c ? strchr(lower, c) : NULL;
		unsigned char octet = (unsigned char)c;

		ROW(c, isrv_ascii_upper(octet) == (l ? (unsigned char)upper[l - lower] : octet));
		ROW(c, isrv_ascii_lower(octet) == (u ? (unsigned char)lower[u - upper] : octet));
	}
}

/* ---- comparison ---------------------------------------------------------------------------- */

static const struct {
	const char *a;
	size_t a_len;
	const char *b;
	size_t b_len;
	int order;
} pairs[] = {
	{BYTES(""), BYTES(""), 0},
	{BYTES("a"), BYTES(""), 1},
	{BYTES("a"), BYTES("A"), 0},
	{BYTES("INBOX"), BYTES("inbox"), 0},
	{BYTES("InBoX"), BYTES("iNbOx"), 0},
	{BYTES("INBOX"), BYTES("INBO"), 1},
	{BYTES("INBOX"), BYTES("INBOY"), -1},
	{BYTES("inbox"), BYTES("INBOY"), -1},
	{BYTES("aB"), BYTES("AC"), -1},
	{BYTES("ab"), BYTES("AAA"), 1},
	{BYTES("@"), BYTES("`"), -1}, /* 32 apart, no letters */
	{BYTES("["), BYTES("{"), -1},
	{BYTES("_"), BYTES("a"), 1}, /* folding goes to upper case */
	{BYTES("\xc3\xa9"), BYTES("\xc3\x89"), 1}, /* no case above 0x7F */
	{BYTES("\xe9"), BYTES("\xc9"), 1},
	{BYTES("\x80"), BYTES("z"), 1}, /* octets, not signed chars */
	{BYTES("\xff"), BYTES("\x7f"), 1},
	{BYTES("a\0b"), BYTES("A\0B"), 0},
	{BYTES("a\0b"), BYTES("a\0c"), -1},
	{BYTES("a\0"), BYTES("a"), 1},
	{BYTES("k"), BYTES("\xe2\x84\xaa"), -1}, /* KELVIN SIGN is no K */
};

static void test_pairs(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(pairs); i++) {
		size_t a_len = pairs[i].a_len, b_len = pairs[i].b_len;
		char *a = exact(pairs[i].a, a_len), *b = exact(pairs[i].b, b_len);
		char *word = exact(pairs[i].b, b_len + 1); /* with its NUL */
		bool same = pairs[i].order == 0;

		ROW(i, sign(isrv_ascii_compare(a, a_len, b, b_len)) == pairs[i].order);
		ROW(i, sign(isrv_ascii_compare(b, b_len, a, a_len)) == -pairs[i].order);
		ROW(i, isrv_ascii_same(a, a_len, b, b_len) == same);
		ROW(i, isrv_ascii_same(b, b_len, a, a_len) == same);
		if (!memchr(word, 0, b_len))
			ROW(i, isrv_ascii_is(a, a_len, word) == same);
		free(a);
		free(b);
		free(word);
	}
}

static const struct {
	const char *a;
	size_t a_len;
	const char *word;
	bool is;
} words[] = {
	{NULL, 0, "", true},
	{NULL, 0, "A", false},
	{BYTES("A"), "", false},
	{BYTES("noop"), "NOOP", true},
	{BYTES("NOOP"), "noop", true},
	{BYTES("NOO"), "NOOP", false},
	{BYTES("NOOPS"), "NOOP", false},
	{BYTES("NOOP\0"), "NOOP", false},
	{BYTES("\0"), "", false},
	{BYTES("NO\0P"), "NOOP", false},
	{BYTES("NO\0P"), "NO", false},
};

static void test_words(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(words); i++) {
		char *a = exact(words[i].a, words[i].a_len);
		char *word = exact(words[i].word, strlen(words[i].word) + 1);

		ROW(i, isrv_ascii_is(a, words[i].a_len, word) == words[i].is);
		free(a);
		free(word);
	}
}

/* ---- numbers ------------------------------------------------------------------------------- */

static void check_number(size_t row, uint64_t n)
{
	char expected[32], *out;
	size_t len = (size_t)snprintf(expected, sizeof(expected), "%" PRIu64, n);
	uint64_t back = n + 1;

	out = exact(NULL, len);
	ROW(row, isrv_ascii_u64(out, n) == len);
	ROW(row, memcmp(out, expected, len) == 0);
	if (n <= UINT32_MAX) {
		memset(out, 'x', len);
		ROW(row, isrv_ascii_u32(out, (uint32_t)n) == len);
		ROW(row, memcmp(out, expected, len) == 0);
	}
	ROW(row, isrv_ascii_number(out, len, UINT64_MAX, &back) && back == n);
	back = 77;
	ROW(row, isrv_ascii_number(out, len, n, &back) && back == n);
	back = 77;
	ROW(row, n == 0 || (!isrv_ascii_number(out, len, n - 1, &back) && back == 77));
	free(out);
}

static void test_written(void **state)
{
	uint64_t power;
	size_t i;

	(void)state;
	for (i = 0; i < 100000; i++)
		check_number(i, i);
	/* Rows 1000000 on: around every power of ten, then of two. */
	for (i = 0, power = 1; i < 20; i++, power *= 10) {
		check_number(1000000 + i * 3, power - 1);
		check_number(1000001 + i * 3, power);
		check_number(1000002 + i * 3, power + 1);
	}
	for (i = 0; i < 64; i++) {
		check_number(1000100 + i * 3, (UINT64_C(1) << i) - 1);
		check_number(1000101 + i * 3, UINT64_C(1) << i);
		check_number(1000102 + i * 3, (UINT64_C(1) << i) + 1);
	}
	check_number(1000300, UINT64_MAX);
	check_number(1000301, UINT64_MAX - 1);
	check_number(1000302, UINT64_C(10000000000000000));
	check_number(1000303, UINT64_C(9999999999999999));
	check_number(1000304, UINT64_C(1000000010000000));
}

static const struct {
	const char *text;
	size_t len;
	uint64_t max;
	bool ok;
	uint64_t value;
} numbers[] = {
	{NULL, 0, UINT64_MAX, false, 0},
	{BYTES("0"), 0, true, 0},
	{BYTES("1"), 0, false, 0},
	{BYTES("9"), 8, false, 0},
	{BYTES("9"), 9, true, 9},
	{BYTES("10"), 9, false, 0},
	{BYTES("00000000000000000000000000000000"), 0, true, 0},
	{BYTES("000000000000000000000000000000017"), 17, true, 17},
	{BYTES("000000000000000000000000000000018"), 17, false, 0},
	{BYTES("4294967295"), UINT32_MAX, true, UINT32_MAX},
	{BYTES("4294967296"), UINT32_MAX, false, 0},
	{BYTES("4294967300"), UINT32_MAX, false, 0},
	{BYTES("42949672950"), UINT32_MAX, false, 0},
	{BYTES("9223372036854775807"), INT64_MAX, true, INT64_MAX},
	{BYTES("9223372036854775808"), INT64_MAX, false, 0},
	{BYTES("18446744073709551615"), UINT64_MAX, true, UINT64_MAX},
	{BYTES("18446744073709551616"), UINT64_MAX, false, 0},
	{BYTES("18446744073709551620"), UINT64_MAX, false, 0},
	{BYTES("99999999999999999999"), UINT64_MAX, false, 0},
	{BYTES("184467440737095516150"), UINT64_MAX, false, 0},
	{BYTES("+1"), 9, false, 0},
	{BYTES("-1"), UINT64_MAX, false, 0},
	{BYTES("-0"), UINT64_MAX, false, 0},
	{BYTES(" 1"), 9, false, 0},
	{BYTES("1 "), 99, false, 0},
	{BYTES("1\0"), 99, false, 0},
	{BYTES("0x1"), 99, false, 0},
	{BYTES("1a"), 99, false, 0},
	{BYTES("/"), 99, false, 0},
	{BYTES(":"), 99, false, 0},
	{BYTES("1:"), 999, false, 0},
	{BYTES("\xb1"), 999, false, 0},
	{BYTES("\xd9\xa1"), 999, false, 0}, /* ARABIC-INDIC DIGIT ONE */
};

static void test_read(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(numbers); i++) {
		char *text = exact(numbers[i].text, numbers[i].len);
		uint64_t value = 4711;

		ROW(i, isrv_ascii_number(text, numbers[i].len, numbers[i].max, &value) ==
		               numbers[i].ok);
		ROW(i, value == (numbers[i].ok ? numbers[i].value : 4711));
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_case_of_every_octet), cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_words),               cmocka_unit_test(test_written),
		cmocka_unit_test(test_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
