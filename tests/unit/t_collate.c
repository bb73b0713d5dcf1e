/* SPDX-License-Identifier: MIT */
/* search/collate: what fields say, and the order of what they say (RFC 5051 2, RFC 5255 4.6). */
#include "search/collate.h"

#include "unit/failalloc.h"

static void test_decode(void **unused)
{
	static const struct {
		const char *text;
		const char *says;
	} rows[] = {
		{"", ""},
		{"a  b", "a  b"},
		{"=?utf-8?q?a?= =?iso-8859-1?q?=E4?= b", "a\xc3\xa4 b"},
		{"=?unknown?q?a=E4?=", "a\xef\xbf\xbd"},
		{"a\xe4", "a\xe4"},
		{"=?utf-8?q?a?= \xe4", "=?utf-8?q?a?= \xe4"},
	};
	struct isrv_mem mem;
	struct isrv_buf out;
	size_t i;

	(void)unused;
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	isrv_buf_init(&out, 4096);
	for (i = 0; i < COUNT(rows); i++) {
		char *block = exact(rows[i].text, strlen(rows[i].text));

		out.len = 0;
		ROW(i, isrv_collate_decode((struct imapsrv_span){block, strlen(rows[i].text)},
		                           &out, &mem));
		ROW(i, out.len == strlen(rows[i].says));
		ROW(i, !out.len || memcmp(out.data, rows[i].says, out.len) == 0);
		free(block);
	}
	isrv_buf_clear(&out, &mem);
}

static void put_key(enum isrv_comparator comparator, struct isrv_buf *out, struct isrv_mem *mem,
                    const char *text, size_t len)
{
	char *block = exact(text, len);

	out->len = 0;
	assert_true(isrv_collate_key(comparator, (struct imapsrv_span){block, len}, out, mem));
	free(block);
}

struct pair {
	const char *lower, *upper;
	int order;
};

static void check_pairs(enum isrv_comparator how, const struct pair *pairs, size_t count)
{
	struct isrv_buf a, b;
	struct isrv_mem mem;
	size_t i;

	isrv_mem_init(&mem, NULL, SIZE_MAX);
	isrv_buf_init(&a, 4096);
	isrv_buf_init(&b, 4096);
	for (i = 0; i < count; i++) {
		int order;

		put_key(how, &a, &mem, pairs[i].lower, strlen(pairs[i].lower));
		put_key(how, &b, &mem, pairs[i].upper, strlen(pairs[i].upper));
		order = isrv_collate_compare((struct imapsrv_span){a.data, a.len},
		                             (struct imapsrv_span){b.data, b.len});
		ROW(i, (order > 0) - (order < 0) == pairs[i].order);
		order = isrv_collate_compare((struct imapsrv_span){b.data, b.len},
		                             (struct imapsrv_span){a.data, a.len});
		ROW(i, (order > 0) - (order < 0) == -pairs[i].order);
	}
	isrv_buf_clear(&a, &mem);
	isrv_buf_clear(&b, &mem);
}

static void test_order(void **unused)
{
	static const struct pair pairs[] = {
		{"", "a", -1},
		{"a", "A", 0},
		{" ", "a", -1},
		{"a", "a ", -1},
		{"ab", "aC", -1},
		{"B", "[x", -1},
		{"a b", "a  b", 1}, /* space, space below space, b */
		{"\xc3\xa4", "A\xcc\x88", 0},
		{"\xc3\xa4", "\xc3\x84", 0},
		{"\xc7\x84", "dz\xcc\x8c", 1}, /* RFC 5051: U+01C4 becomes Dz and U+030C */
		{"\xc7\x84", "\xc7\x86", 0},
		{"z", "\xc3\xa4", 1},
		/* what could not be converted is behind all else, as octets */
		{"\xd1\x8f", "\xef\xbf\xbd", -1},
		{"\xef\xbf\xbd", "a\xff", 1},
		{"a\xff", "A\xff", 1},
		{"z", "a\xff", -1},
		/* the example of RFC 5255 4.6: (4) (2) (3) (1) */
		{"\xd0\x90\xd0\xbb\xd0\xb5\xd0\xba\xd1\x81\xd0\xb5\xd0\xb9",
		 "\xd1\x81\xd0\x95\xd0\xa0\xd0\x93\xd0\x95\xd0\x99", -1},
		{"\xd1\x81\xd0\x95\xd0\xa0\xd0\x93\xd0\x95\xd0\x99",
		 "\xd0\x92\xd0\xb0\xd1\x81\xd0\xb8\xd0\xbb\xd0\xb8\xff\xb9", -1},
		{"\xd0\x92\xd0\xb0\xd1\x81\xd0\xb8\xd0\xbb\xd0\xb8\xff\xb9",
		 "\xd0\xc0\xd0\xbd\xd0\xb4\xd1\x80\xd0\xb5\xd0\xb9", -1},
	};

	(void)unused;
	check_pairs(ISRV_COMPARATOR_UNICODE, pairs, COUNT(pairs));
}

static void test_order_ascii(void **unused)
{
	static const struct pair pairs[] = {
		{"a", "A", 0},
		{"Z", "a", 1},
		{"[", "a", 1},
		{"\xc3\xa4", "\xc3\x84", 1},
		{"z", "\xff", -1},
	};

	(void)unused;
	check_pairs(ISRV_COMPARATOR_ASCII, pairs, COUNT(pairs));
}

static void test_order_octet(void **unused)
{
	static const struct pair pairs[] = {
		{"a", "A", 1},
		{"Z", "a", -1},
		{"z", "\xc3\x84", -1},
		{"\xc3\xa4", "\x80", -1},
		{"", "a", -1},
	};

	(void)unused;
	check_pairs(ISRV_COMPARATOR_OCTET, pairs, COUNT(pairs));
}

/* Keys end, also in the middle of what a character becomes. */
static void test_long(void **unused)
{
	char text[3 * ISRV_COLLATE_MOST];
	struct isrv_buf out;
	struct isrv_mem mem;
	size_t pad;

	(void)unused;
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	isrv_buf_init(&out, 4096);
	for (pad = 0; pad < 40; pad++) {
		size_t n = ISRV_COLLATE_MOST - pad;

		memset(text, 'a', n);
		memcpy(text + n, "\xef\xb7\xba", 3); /* U+FDFA becomes 33 octets */
		memset(text + n + 3, 'b', 50);
		put_key(ISRV_COMPARATOR_UNICODE, &out, &mem, text, n + 53);
		assert_int_equal(out.len, 1 + ISRV_COLLATE_MOST);
	}
	memset(text, 0xff, sizeof(text));
	put_key(ISRV_COMPARATOR_UNICODE, &out, &mem, text, sizeof(text));
	assert_int_equal(out.len, 1 + ISRV_COLLATE_MOST);
	isrv_buf_clear(&out, &mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_order_ascii),
		cmocka_unit_test(test_order_octet),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
