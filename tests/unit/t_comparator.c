/* SPDX-License-Identifier: MIT */
/*
 * search/comparator: what each makes of a text, whole and cut anywhere, into room of any size.
 */
#include "search/comparator.h"
#include "unit/row.h"

static const struct {
	enum isrv_comparator how;
	bool space; /* white space has been */
	const char *text;
	const char *is;
} rows[] = {
	{ISRV_COMPARATOR_UNICODE, false, "a  \xc3\xa4z", "A A\xcc\x88Z"},
	{ISRV_COMPARATOR_UNICODE, true, " \ta", "A"},
	{ISRV_COMPARATOR_ASCII, false, "a  \xc3\xa4z{`", "A  \xc3\xa4Z{`"},
	{ISRV_COMPARATOR_ASCII, true, " \t\r\na b", "A B"},
	{ISRV_COMPARATOR_ASCII, false, " \xff\xc3", " \xff\xc3"},
	{ISRV_COMPARATOR_ASCII, true, "", ""},
	{ISRV_COMPARATOR_ASCII, true, "  ", ""},
	{ISRV_COMPARATOR_OCTET, false, "aB\t \xc3\xa4", "aB\t \xc3\xa4"},
	{ISRV_COMPARATOR_OCTET, true, "\v\f aB", "aB"},
};

static void check(size_t row, size_t cut, size_t room)
{
	size_t len = strlen(rows[row].text), at = 0, n = 0, taken, put;
	struct isrv_casemap m;
	char out[64];

	isrv_casemap_init(&m);
	m.space = rows[row].space;
	while (at < len) {
		size_t end = at < cut ? cut : len;
		char *piece = exact(rows[row].text + at, end - at), *to = exact(NULL, room);

		isrv_comparator_run(rows[row].how, &m, piece, end - at, &taken, to, room, &put);
		ROW(row, taken > 0 && taken <= end - at && put <= room && n + put < sizeof(out));
		memcpy(out + n, to, put);
		free(piece);
		free(to);
		at += taken;
		n += put;
	}
	ROW(row, n == strlen(rows[row].is) && memcmp(out, rows[row].is, n) == 0);
}

static void test_run(void **state)
{
	(void)state;
	for (size_t row = 0; row < COUNT(rows); row++)
		for (size_t cut = 0; cut <= strlen(rows[row].text); cut++)
			for (size_t room = 160; room <= 163; room++)
				check(row, cut, rows[row].how ? room - 159 : room);
}

static void test_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < ISRV_COMPARATORS; i++) {
		const char *name = isrv_comparator_name((enum isrv_comparator)i);

		/* COMPARATOR compares them with what was made lower case. */
		for (size_t k = 0; name[k]; k++)
			ROW(i, name[k] < 'A' || name[k] > 'Z');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_run), cmocka_unit_test(test_names)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
