/* SPDX-License-Identifier: MIT */
/* wire/chars: every octet against the definitions of RFC 9051 9, written out here once more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "unit/row.h"
#include "wire/chars.h"

static bool in(unsigned c, const char *set)
{
	return c && strchr(set, (int)c);
}

static bool is_alnum(unsigned c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* atom-specials = "(" / ")" / "{" / SP / CTL / list-wildcards / quoted-specials / resp-specials */
static bool is_atom(unsigned c)
{
	return c > 0x20 && c < 0x7f && !in(c, "(){%*\"\\]");
}

static void test_every_octet(void **state)
{
	(void)state;
	for (unsigned c = 0; c < 256; c++) {
		char o = (char)c;

		ROW(c, isrv_char_is(o, ISRV_CHAR_ATOM) == is_atom(c));
		ROW(c, isrv_char_is(o, ISRV_CHAR_ASTRING) == (is_atom(c) || c == ']'));
		ROW(c, isrv_char_is(o, ISRV_CHAR_LIST) == (is_atom(c) || in(c, "%*]")));
		ROW(c, isrv_char_is(o, ISRV_CHAR_TAG) == ((is_atom(c) || c == ']') && c != '+'));
		ROW(c, isrv_char_is(o, ISRV_CHAR_WORD) == (is_alnum(c) || in(c, ".-=_")));
		ROW(c, isrv_char_is(o, ISRV_CHAR_PLAIN) == (c > 0 && c < 0x80 && !in(c, "\r\n\"\\")));
		ROW(c, isrv_char_is(o, ISRV_CHAR_PRINT) == (c >= 0x20 && c < 0x7f));
	}
}

static void test_span(void **state)
{
	(void)state;
	assert_int_equal(isrv_char_span("", 0, ISRV_CHAR_ATOM), 0);
	assert_int_equal(isrv_char_span("abc def", 7, ISRV_CHAR_ATOM), 3);
	assert_int_equal(isrv_char_span("abc", 2, ISRV_CHAR_ATOM), 2);
	assert_int_equal(isrv_char_span("(", 1, ISRV_CHAR_ATOM), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_octet),
		cmocka_unit_test(test_span),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
