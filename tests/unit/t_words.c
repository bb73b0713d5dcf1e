/* SPDX-License-Identifier: MIT */
/*
 * message/words and message/fields: what encoded words become, by table, cut at every place; header
 * blocks told in pieces against message/field, which has all of one at hand.
 */
#include "message/words.h"

#include "message/field.h"
#include "message/fields.h"
#include "unit/row.h"

struct sink {
	char data[8192];
	size_t len;
};

static void put(void *ctx, const char *utf8, size_t len)
{
	struct sink *sink = ctx;

	assert_true(len > 0 && len <= sizeof(sink->data) - sink->len);
	memcpy(sink->data + sink->len, utf8, len);
	sink->len += len;
}

static void feed(struct isrv_words *w, const char *data, size_t len)
{
	char *block = exact(data, len);

	isrv_words_feed(w, block, len);
	free(block);
}

static void test_words(void **unused)
{
	static const struct {
		const char *text;
		const char *words;
	} rows[] = {
		{"", ""},
		{"a = b == c =? d", "a = b == c =? d"},
		{"=?utf-8?q?a=20b_c?=", "a b c"},
		{"=?UTF-8?B?w6TDtg==?= x", "äö x"},
		{"=?UTF-8?B?w6TDtg?= x", "äö x"},
		{"=?utf-8?B?YWI?= =?utf-8?B?Yw?=", "abc"},
		{"=?utf-8?B?w?= =?utf-8?B?YWJ?= x", "ab x"},
		{"=?iso-8859-1?q?=E4?= \t =?utf-8?b?w7Y=?=", "äö"},
		{"=?iso-8859-1?q?=E4?= =?x", "ä =?x"},
		{"=?utf-8?q?=C3?= =?UTF-8?q?=A4?=", "ä"},
		{"=?utf-8?q?=C3?= x", "\xef\xbf\xbd x"},
		{"=?utf-8?q?a?==?utf-8?q?b?=c", "abc"},
		{"\"=?utf-8?q?a?=\" (=?utf-8?q?b?=)", "\"a\" (b)"},
		{"=?utf-8*en?q?a?=", "a"},
		{"=?utf-8?q?\?= x", " x"},
		{"=??q?a?=", "=??q?a?="},
		{"=?utf-8?qq?a?=", "=?utf-8?qq?a?="},
		{"=?utf-8?x?a?=", "=?utf-8?x?a?="},
		{"=?utf-8?q?a?b?=", "a?b"},
		{"=?utf-8?q?a?\?=", "a?"},
		{"=?utf-8?q?a b?= =?utf-8?q?c?=", "=?utf-8?q?a b?= c"},
		{"=?utf-8?q?=4_=zz=4?=", "=4 =zz=4"},
		{"=?utf-8?q?=5F?=", "_"},
		{"=?nope?q?a=E4?=", "a\xef\xbf\xbd"},
		{"=?utf-16be?b?APY=?=", "ö"},
		{"gr\xc3\xbc\xc3\x9f \xfc", "grüß \xef\xbf\xbd"},
		{"=?utf-8?q?a?= ", "a"},
		{"=?utf-8?q?a?= b", "a b"},
		{"==?utf-8?q?a?=", "=a"},
	};
	size_t i, cut;

	(void)unused;
	for (i = 0; i < COUNT(rows); i++) {
		size_t len = strlen(rows[i].text);

		for (cut = 0; cut <= len; cut++) {
			struct sink sink = {.len = 0};
			struct isrv_words w;
			int round;

			isrv_words_init(&w, put, &sink);
			for (round = 0; round < 2; round++) { /* the second as new */
				sink.len = 0;
				feed(&w, rows[i].text, cut);
				feed(&w, rows[i].text + cut, len - cut);
				isrv_words_finish(&w);
				if (sink.len != strlen(rows[i].words) ||
				    memcmp(sink.data, rows[i].words, sink.len) != 0)
					fail_msg("row %zu, cut %zu: %.*s", i, cut, (int)sink.len,
					         sink.data);
			}
			isrv_words_clear(&w);
		}
	}
}

/* What is too long is no encoded word; nothing of it is lost. */
static void test_long(void **unused)
{
	char text[3000] = "=?utf-8?q?";
	struct sink sink = {.len = 0};
	struct isrv_words w;

	(void)unused;
	memset(text + 10, 'x', sizeof(text) - 12);
	memcpy(text + sizeof(text) - 2, "?=", 2);
	isrv_words_init(&w, put, &sink);
	isrv_words_feed(&w, text, sizeof(text));
	isrv_words_finish(&w);
	assert_int_equal(sink.len, sizeof(text));
	assert_memory_equal(sink.data, text, sizeof(text));
	isrv_words_clear(&w);
}

/* ---- fields -------------------------------------------------------------------------------- */

/* "name{value}" for each field, then "." where the blank line was. */
static void write_pieces(struct sink *sink, const char *text, size_t len, size_t cut)
{
	struct isrv_fields f;
	bool over = false;
	size_t at, n;

	sink->len = 0;
	isrv_fields_init(&f);
	for (at = 0; at < len; at += n) {
		char *block;
		struct imapsrv_span data, value;
		enum isrv_fields_event event;

		n = cut < len - at ? cut : len - at;
		block = exact(text + at, n);
		data = (struct imapsrv_span){block, n};
		while ((event = isrv_fields_next(&f, &data, &value)) != ISRV_FIELDS_MORE &&
		       event != ISRV_FIELDS_OVER) {
			if (event == ISRV_FIELDS_NAMED) {
				put(sink, f.name, f.name_len);
				put(sink, "{", 1);
			} else if (event == ISRV_FIELDS_VALUE) {
				put(sink, value.data, value.len);
			} else {
				put(sink, "}", 1);
			}
		}
		over = event == ISRV_FIELDS_OVER;
		free(block);
	}
	if (isrv_fields_finish(&f) == ISRV_FIELDS_ENDED)
		put(sink, "}", 1);
	if (over)
		put(sink, ".", 1);
}

static void write_whole(struct sink *sink, const char *text, size_t len)
{
	struct imapsrv_span header = {text, len};
	struct isrv_field field;
	size_t i;

	sink->len = 0;
	while (isrv_field_next(&header, &field)) {
		put(sink, field.name.data, field.name.len);
		put(sink, "{", 1);
		for (i = 0; i < field.body.len; i++) {
			char c = field.body.data[i];

			if (c != '\r' && c != '\n' && c != '\0')
				put(sink, &c, 1);
		}
		put(sink, "}", 1);
	}
	if (header.len)
		put(sink, ".", 1);
}

static void test_fields(void **unused)
{
	static const char *const rows[] = {
		"",
		"A: b",
		"A: b\r\n",
		"A: b\r\n\r\nbody: x\r\n",
		"A: b\nC:d\n e\n\tf\n\nG: h",
		"A:\r\n\r\n",
		"A:\r\n \r\n b\r\nC: d\r\n\r\n",
		"no field\r\n with more\r\nA: b\r\n\r\n",
		" begins with a blank\r\nA: b\r\n\r\n",
		"A : b\r\nB \t: c\r\nC x: d\r\n: e\r\n : f\r\n\r\n",
		"A: b\rc\r\r\nD: e\r\n\r\n",
		"\r\nA: b",
		"\nA: b",
		"\xc3\xa4: b\r\n\x01: c\r\n\r\n",
		"From x y: z\r\nA: \xff\r\n\r\n",
	};
	size_t i, cut;

	(void)unused;
	for (i = 0; i < COUNT(rows); i++) {
		struct sink whole, parts;
		size_t len = strlen(rows[i]);

		write_whole(&whole, rows[i], len);
		for (cut = 1; cut <= len + 1; cut++) {
			write_pieces(&parts, rows[i], len, cut);
			if (whole.len != parts.len || memcmp(whole.data, parts.data, whole.len) != 0)
				fail_msg("row %zu, cut %zu: %.*s", i, cut, (int)parts.len,
				         parts.data);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_fields),
	};

	return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}
