/* SPDX-License-Identifier: MIT */
/*
 * message/ascii_header against a naive reading: every text of up to 7 octets made of CR, LF, a letter
 * and an 8-bit octet, cut at every two places.
 */
#include "message/ascii_header.h"
#include "unit/row.h"

enum { LEN_MAX = 7 };

/* The octets that are to be looked at; *ascii_r: all of the header is 7-bit. */
static size_t naive(const char *text, size_t len, bool *ascii_r)
{
	size_t line = 0, i, n;

	*ascii_r = true;
	while (line < len) {
		const char *lf = memchr(text + line, '\n', len - line);

		n = lf ? (size_t)(lf - text) - line : len - line;
		i = n && text[line] == '\r';
		if (lf && i == n)
			return line + n;
		for (i = line; i < line + n; i++)
			if ((unsigned char)text[i] >= 0x80) {
				*ascii_r = false;
				return i;
			}
		line += n + (lf ? 1 : 0);
	}
	return len;
}

static void check(size_t row, const char *text, size_t len, size_t one, size_t two)
{
	const size_t cuts[] = {0, one, two, len};
	struct isrv_ascii_header h;
	uint64_t steps = 0;
	bool ascii, is = true;
	size_t looked = naive(text, len, &ascii);

	isrv_ascii_header_init(&h);
	for (size_t i = 0; i < 3 && is; i++) {
		size_t n = cuts[i + 1] - cuts[i];
		char *piece = exact(text + cuts[i], n);

		is = isrv_ascii_header_feed(&h, piece, n, &steps);
		free(piece);
	}
	ROW(row, is == ascii);
	ROW(row, steps == looked);
}

static void test_every_text(void **state)
{
	static const char alphabet[] = {'\r', '\n', 'a', (char)0xc3};
	char text[LEN_MAX];
	size_t row = 0;

	(void)state;
	for (size_t len = 0; len <= LEN_MAX; len++)
		for (size_t n = 0; n < (size_t)1 << 2 * len; n++, row++) {
			for (size_t i = 0; i < len; i++)
				text[i] = alphabet[n >> 2 * i & 3];
			for (size_t one = 0; one <= len; one++)
				for (size_t two = one; two <= len; two++)
					check(row, text, len, one, two);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_text)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
