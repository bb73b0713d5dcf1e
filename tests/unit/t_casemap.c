/* SPDX-License-Identifier: MIT */
/*
 * base/casemap: characters of all kinds by table, each cut at every place and into the least room;
 * and what must hold of every character there is.
 */
#include "base/casemap.h"

#include "base/utf8.h"
#include "unit/row.h"

enum { LEAST = 160, OUT_MAX = 1024 };

static const struct {
	const char *text;
	const char *mapped;
} rows[] = {
	{"", ""},
	{"abc XYZ 019 @[`{", "ABC XYZ 019 @[`{"},
	{"a \t\r\n b\v\fc", "A B C"},
	{" a ", " A "},
	{"ä", "A\u0308"},
	{"Ä", "A\u0308"},
	{"A\u0308", "A\u0308"},
	{"a\u0308", "A\u0308"},
	{"ß", "ß"}, /* no single titlecase */
	{"ÿ", "Y\u0308"},
	{"ı i İ", "I I I\u0307"},
	{"σς Σ", "ΣΣ Σ"},
	{"ж Ж", "Ж Ж"},
	{"ά", "Α\u0301"},
	{"\u01c4 \u01c5 \u01c6", "Dz\u030c Dz\u030c Dz\u030c"}, /* the example of RFC 5051 2 */
	{"\ufb01", "fi"}, /* the decomposition is not titlecased again: RFC 5051 2 (b) */
	{"\u2160 \u2170", "I I"},
	{"½", "1\u20442"},
	{"\u00a0x\u3000y", " X Y"},
	{"a\u00a0 \u2003b", "A B"},
	{"\u00b4", " \u0301"},
	{"ａＢ１", "AB1"},
	{"각", "\u1100\u1161\u11a8"},
	{"가", "\u1100\u1161"},
	{"\ud7a3", "\u1112\u1175\u11c2"},
	{"\u212b \u2126", "A\u030a Ω"},
	{"\U00010428", "\U00010400"}, /* Deseret */
	{"\U0001d400", "A"},          /* mathematical */
	{"\U0002f800", "\u4e3d"},     /* compatibility ideograph */
	{"ა Ა", "ა Ა"},               /* Georgian: titlecase is itself */
	{"日本語", "日本語"},
	{"\U0010ffff", "\U0010ffff"},
	{"\x80" "a\xff", "\x80" "A\xff"}, /* no UTF-8: as it is */
	{"\xc3" "a", "\xc3" "A"},
	{"\xed\xa0\x80z", "\xed\xa0\x80Z"},
	{"\xf0\x9f\xf0\x9f\x98\x80", "\xf0\x9f\xf0\x9f\x98\x80"},
};

static size_t run(struct isrv_casemap *m, const char *data, size_t len, char *out, size_t room)
{
	size_t at = 0, n = 0, taken, put;
	char *to = exact(NULL, room);

	while (at < len) {
		char *from = exact(data + at, len - at);

		isrv_casemap_run(m, from, len - at, &taken, to, room, &put);
		assert_true(taken > 0 && taken <= len - at && put <= room);
		assert_true(n + put <= OUT_MAX);
		memcpy(out + n, to, put);
		at += taken;
		n += put;
		free(from);
	}
	free(to);
	return n;
}

static void test_rows(void **unused)
{
	char out[OUT_MAX];
	size_t i, cut, n;

	(void)unused;
	for (i = 0; i < COUNT(rows); i++) {
		size_t len = strlen(rows[i].text);

		for (cut = 0; cut <= len; cut++) {
			struct isrv_casemap m;

			isrv_casemap_init(&m);
			n = run(&m, rows[i].text, cut, out, LEAST);
			n += run(&m, rows[i].text + cut, len - cut, out + n, LEAST);
			if (n != strlen(rows[i].mapped) || memcmp(out, rows[i].mapped, n) != 0)
				fail_msg("row %zu cut %zu: %.*s", i, cut, (int)n, out);
		}
	}
}

/* Of every character: the bounds that the header gives; valid UTF-8; case does not matter where
 * there is one capital for one small letter. */
static void test_all(void **unused)
{
	uint32_t code, mapped = 0;

	(void)unused;
	for (code = 0; code < 0x110000; code++) {
		char out[ISRV_CASEMAP_MOST], itself[4];
		size_t len, n;

		if (code >= 0xd800 && code < 0xe000)
			continue;
		len = isrv_casemap_put(out, code);
		n = isrv_utf8_put(itself, code);
		assert_true(len > 0 && len <= ISRV_CASEMAP_MOST);
		assert_true(len <= n * ISRV_CASEMAP_GROWTH);
		assert_true(isrv_utf8_valid(out, len));
		if (len != n || memcmp(out, itself, n) != 0)
			mapped++;
		if (code >= 'a' && code <= 'z')
			assert_true(len == 1 && (uint32_t)out[0] == code - 32);
	}
	/* 11,172 Hangul syllables and some 6,900 others with Unicode 14. */
	assert_true(mapped > 17000 && mapped < 25000);
}

/* However much comes, the least room is enough: U+FDFA is the longest. */
static void test_room(void **unused)
{
	char text[3 * 40], out[OUT_MAX * 4];
	struct isrv_casemap m;
	size_t i, at = 0, n = 0, taken, put;

	(void)unused;
	for (i = 0; i < 40; i++)
		memcpy(text + 3 * i, "\ufdfa", 3);
	isrv_casemap_init(&m);
	while (at < sizeof(text)) {
		isrv_casemap_run(&m, text + at, sizeof(text) - at, &taken, out + n, LEAST, &put);
		assert_true(taken > 0);
		at += taken;
		n += put;
	}
	assert_int_equal(n, 40 * 33);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_room),
	};

	return cmocka_run_group_tests_name("casemap", tests, NULL, NULL);
}
