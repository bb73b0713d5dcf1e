/* SPDX-License-Identifier: MIT */
/*
 * Names of annotations of messages and patterns for them (RFC 5257 3.1, 3.2, 4.3): which can be, which may
 * be set to what, and which names a pattern takes.
 */
#include "base/annotation.h"
#include "unit/row.h"

#include "imapsrv.h"

static struct imapsrv_span span(const char *text)
{
	return (struct imapsrv_span){text, strlen(text)};
}

/* Of the exact size, so that a sanitizer sees what is read behind it. */
static struct imapsrv_span own(const char *text)
{
	return (struct imapsrv_span){exact(text, strlen(text)), strlen(text)};
}

static void names(void **state)
{
	static const struct {
		const char *text;
		bool pattern, wild;
		bool set; /* if it is a name: it may be set */
	} rows[] = {
		{"", false, false, false},
		{"a", false, false, false},
		{"a*", false, true, false},
		{"*", true, true, false},
		{"%/comment", true, true, false},
		{"/", false, false, false},
		{"*/", true, true, false},
		{"/comment", true, false, true},
		{"/comment/", false, false, false},
		{"/comment//x", false, false, false},
		{"/comm*/x", true, true, false},
		{"/com\x1fment", false, false, false},
		{"/com\x7fment", false, false, false},
		{"/com\xc3\xa4ment", false, false, false},
		{"/ ~", true, false, true},
		/* Parts (section-part of RFC 3501). */
		{"/1", true, false, false},
		{"/1/comment", true, false, true},
		{"/1.2.3/comment", true, false, true},
		{"/4294967295/comment", true, false, true},
		{"/4294967296/comment", false, false, false},
		{"/1.4294967296/comment", false, false, false},
		{"/99999999999999999999999/comment", false, false, false},
		{"/0/comment", false, false, false},
		{"/01/comment", false, false, false},
		{"/1.0/comment", false, false, false},
		{"/1./comment", false, false, false},
		{"/1..2/comment", false, false, false},
		{"/1a/comment", false, false, false},
		{"/1.a/comment", false, false, false},
		{"/1*/comment", true, true, false},
		/* Vendors have a name behind it; of the message there are no flags. */
		{"/vendor", true, false, false},
		{"/vendor/x", true, false, true},
		{"/vendors", true, false, true},
		{"/vendox", true, false, true},
		{"/1/vendor", true, false, false},
		{"/1/vendor/x/y", true, false, true},
		{"/flags", true, false, false},
		{"/flags/seen", true, false, false},
		{"/1/flags", true, false, false},
		{"/1/flags/seen", true, false, true},
	};
	char longest[IMAPSRV_ANNOTATION_NAME_MAX + 2];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct imapsrv_span text = own(rows[i].text);
		bool wild = false, pattern = isrv_annotation_is_pattern(text, &wild);
		bool name = isrv_annotation_is_name(text);

		ROW(i, pattern == rows[i].pattern);
		ROW(i, wild == rows[i].wild);
		ROW(i, name == (pattern && !wild));
		ROW(i, !name || isrv_annotation_may_be_set(text) == rows[i].set);
		free((void *)(uintptr_t)text.data);
	}
	memset(longest, 'a', sizeof(longest));
	longest[0] = '/';
	assert_true(isrv_annotation_is_name(
		(struct imapsrv_span){longest, IMAPSRV_ANNOTATION_NAME_MAX}));
	assert_false(isrv_annotation_is_name(
		(struct imapsrv_span){longest, IMAPSRV_ANNOTATION_NAME_MAX + 1}));
}

static void values(void **state)
{
	static const struct {
		const char *name, *value;
		bool may_be;
	} rows[] = {
		{"/comment", "x", true},
		{"/comment", NULL, true},
		{"/1/comment", "x", true},
		{"/1/flags/seen", "0", true},
		{"/1/flags/seen", "1", true},
		{"/1/flags/seen", NULL, true},
		{"/1/flags/seen", "2", false},
		{"/1/flags/seen", "", false},
		{"/1/flags/seen", "01", false},
		{"/1/flagx/seen", "2", true},
		{"/1/flag/seen", "2", true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct imapsrv_span value = {NULL, 0};

		if (rows[i].value)
			value = span(rows[i].value);
		ROW(i, isrv_annotation_may_be(span(rows[i].name), value) == rows[i].may_be);
	}
}

static void patterns(void **state)
{
	static const struct {
		const char *pattern, *name;
		bool matches;
	} rows[] = {
		{"/comment", "/comment", true},
		{"/comment", "/comments", false},
		{"/comment", "/commen", false},
		{"*", "/comment", true},
		{"/*", "/comment", true},
		{"/comment*", "/comment", false}, /* one or more */
		{"/com%t", "/comment", true},
		{"/%", "/a/b", false},
		{"/*", "/a/b", true},
		{"/%/b", "/a/b", true},
		{"/%/%", "/a/b", true},
		{"/%/%", "/a", false},
		{"*a*a*b", "/aaaaaaaaaaaaaaaaaaaaaaac", false},
		{"*a*a*b", "/aaaaaaaaaaaaaaaaaaaaaaab", true},
	};
	struct imapsrv_span entries[] = {span("*b"), span("/a"), span("/c"), span("/e")};
	struct imapsrv_annotate_get q;
	char longest[IMAPSRV_ANNOTATION_NAME_MAX + 1];
	struct imapsrv_span too_long = {longest, sizeof(longest)};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		ROW(i, isrv_annotation_matches(span(rows[i].pattern), span(rows[i].name)) ==
		               rows[i].matches);
	memset(&q, 0, sizeof(q));
	q.entries = entries;
	q.entry_count = COUNT(entries);
	assert_true(imapsrv_annotate_wants(&q, span("/a")));
	assert_true(imapsrv_annotate_wants(&q, span("/c")));
	assert_true(imapsrv_annotate_wants(&q, span("/e")));
	assert_true(imapsrv_annotate_wants(&q, span("/b")));
	assert_false(imapsrv_annotate_wants(&q, span("/d")));
	assert_false(imapsrv_annotate_wants(&q, span("/f")));
	/* A pattern that no client can have sent is held against nothing. */
	memset(longest, '*', sizeof(longest));
	q.entries = &too_long;
	q.entry_count = 1;
	assert_false(imapsrv_annotate_wants(&q, span("/a")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(values),
		cmocka_unit_test(patterns),
	};

	return cmocka_run_group_tests_name("annotation", tests, NULL, NULL);
}
