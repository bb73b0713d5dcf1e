/* SPDX-License-Identifier: MIT */
/* base/entry: which names are names, their order, and which of them a question is about. */
#include "unit/row.h"

#include "base/entry.h"

static struct imapsrv_span span(const char *s)
{
	return (struct imapsrv_span){s, strlen(s)};
}

static void test_names(void **unused)
{
	static const struct {
		const char *name;
		size_t components; /* 0: it is no name */
		bool settable;
	} rows[] = {
		{"/private", 1, false},
		{"/shared", 1, false},
		{"/shared/comment", 2, true},
		{"/private/a/b/c", 4, true},
		{"/private/with space", 2, true},
		{"/shared/vendor", 2, false},
		{"/shared/vendor/x", 3, false},
		{"/private/vendor/x", 3, false},
		{"/private/vendor/x/y", 4, true},
		{"/private/vendors/x", 3, true},
		{"/shared/x/vendor", 3, true},
		{"/private/~!", 2, true},
		{"", 0, false},
		{"/", 0, false},
		{"//", 0, false},
		{"private/a", 0, false},
		{"/other/a", 0, false},
		{"/privatea", 0, false},
		{"/private/", 0, false},
		{"/private//a", 0, false},
		{"/private/a*", 0, false},
		{"/private/%", 0, false},
		{"/private/A", 0, false},
		{"/private/\x1f", 0, false},
		{"/private/\x7f", 0, false},
		{"/private/\xc3\xa4", 0, false},
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t n = 0;

		ROW(i, isrv_entry_is_name(span(rows[i].name), &n) == (rows[i].components > 0));
		if (rows[i].components)
			ROW(i, n == rows[i].components);
		ROW(i, isrv_entry_may_be_set(span(rows[i].name)) == rows[i].settable);
	}
	assert_false(isrv_entry_is_name((struct imapsrv_span){"/private/a\0b", 12}, NULL));
}

static void test_order(void **unused)
{
	static const char *const rows[] = {"", "/private", "/private/a", "/private/a/b",
	                                   "/private/ab", "/private/b", "/shared"};

	(void)unused;
	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t k = 0; k < COUNT(rows); k++) {
			int order = isrv_entry_compare(span(rows[i]), span(rows[k]));

			ROW(i, i < k ? order < 0 : i > k ? order > 0 : order == 0);
		}
}

static void test_wants(void **unused)
{
	static const struct {
		const char *name;
		const char *after;
		int named, below, infinite;
	} rows[] = {
		{"/private/a", "", 1, 1, 1},
		{"/private/a/x", "", 0, 1, 1},
		{"/private/a/x/y", "", 0, 0, 1},
		{"/private/ax", "", 0, 0, 0},
		{"/private", "", 0, 0, 0},
		{"/private/b", "", 0, 0, 0},
		{"/private/c/d", "", 1, 1, 1},
		{"/private/c", "", 0, 0, 0},
		{"/private/c/d/e", "", 0, 1, 1},
		{"/shared", "", 1, 1, 1},
		{"/shared/z", "", 0, 1, 1},
		{"/private/a", "/private/a", 0, 0, 0},
		{"/private/a/x", "/private/a", 0, 1, 1},
		{"/private/a", "/private/b", 0, 0, 0},
		{"/shared/z", "/shared/y/x", 0, 1, 1},
		{"", "", 0, 0, 0},
		{"/", "", 0, 0, 0},
	};
	const struct imapsrv_span names[] = {span("/private/a"), span("/private/c/d"), span("/shared")};
	struct imapsrv_metadata_get q = {.entries = names, .entry_count = 3};

	(void)unused;
	for (size_t i = 0; i < COUNT(rows); i++) {
		q.after = span(rows[i].after);
		q.depth = IMAPSRV_DEPTH_NAMED;
		ROW(i, imapsrv_metadata_wants(&q, span(rows[i].name)) == rows[i].named);
		q.depth = IMAPSRV_DEPTH_BELOW;
		ROW(i, imapsrv_metadata_wants(&q, span(rows[i].name)) == rows[i].below);
		q.depth = IMAPSRV_DEPTH_INFINITE;
		ROW(i, imapsrv_metadata_wants(&q, span(rows[i].name)) == rows[i].infinite);
	}
	q.entry_count = 0;
	assert_int_equal(imapsrv_metadata_wants(&q, span("/private/a")), 0);
}

/* What the header says of what is below, word for word. */
static bool is_below(struct imapsrv_span name, struct imapsrv_span above, bool next)
{
	bool is = name.len >= above.len && !memcmp(name.data, above.data, above.len);
	size_t slashes = 0;

	for (size_t i = above.len; is && i < name.len; i++)
		slashes += name.data[i] == '/';
	if (!is || name.len == above.len)
		return is;
	return name.data[above.len] == '/' && (!next || slashes == 1);
}

/* Of many names that begin alike, each against three others. */
static void test_wants_all(void **unused)
{
	static const char *const pieces[] = {"", "/a", "/b", "!", "a"};
	enum { NAMES = 625 };
	static char texts[NAMES][20];
	struct imapsrv_span all[NAMES], asked[3];
	struct imapsrv_metadata_get q = {.entries = asked, .entry_count = 3};

	(void)unused;
	for (size_t i = 0; i < NAMES; i++) {
		snprintf(texts[i], sizeof(texts[i]), "/shared%s%s%s%s", pieces[i / 125], pieces[i / 25 % 5],
		         pieces[i / 5 % 5], pieces[i % 5]);
		all[i] = span(texts[i]);
	}
	for (size_t i = 0; i < NAMES; i++)
		for (size_t k = 0; k < NAMES; k++) {
			bool below = false, infinite = false;

			asked[0] = all[k], asked[1] = all[(k * 7 + i) % NAMES];
			asked[2] = all[(k * 31 + 5) % NAMES];
			for (size_t a = 0; a < 3; a++)
				for (size_t b = a; b > 0 && isrv_entry_compare(asked[b - 1], asked[b]) > 0; b--) {
					struct imapsrv_span swap = asked[b];

					asked[b] = asked[b - 1];
					asked[b - 1] = swap;
				}
			for (size_t a = 0; a < 3; a++) {
				below = below || is_below(all[i], asked[a], true);
				infinite = infinite || is_below(all[i], asked[a], false);
			}
			q.depth = IMAPSRV_DEPTH_BELOW;
			ROW(i * 1000 + k, imapsrv_metadata_wants(&q, all[i]) == below);
			q.depth = IMAPSRV_DEPTH_INFINITE;
			ROW(i * 1000 + k, imapsrv_metadata_wants(&q, all[i]) == infinite);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_wants),
		cmocka_unit_test(test_wants_all),
	};

	return cmocka_run_group_tests_name("entry", tests, NULL, NULL);
}
