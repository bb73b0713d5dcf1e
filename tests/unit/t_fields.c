/* SPDX-License-Identifier: MIT */
/*
 * message/fields: header blocks with what is told of them, whole and cut at every place: names
 * with their values, and the end of the header.
 */
#include "message/fields.h"

#include "unit/row.h"

struct told {
	char text[400];
	size_t len;
	bool over;
};

static void tell(struct told *t, const char *data, size_t len)
{
	assert_true(len < sizeof(t->text) - t->len);
	memcpy(t->text + t->len, data, len);
	t->len += len;
	t->text[t->len] = '\0';
}

/* "[name=value]", and "." for the end of the header. */
static void tell_event(struct told *t, const struct isrv_fields *f, enum isrv_fields_event event,
                       struct imapsrv_span value)
{
	switch (event) {
	case ISRV_FIELDS_NAMED:
		tell(t, "[", 1);
		tell(t, f->name, f->name_len);
		tell(t, "=", 1);
		break;
	case ISRV_FIELDS_VALUE:
		tell(t, value.data, value.len);
		break;
	case ISRV_FIELDS_ENDED:
		tell(t, "]", 1);
		break;
	case ISRV_FIELDS_OVER:
		tell(t, ".", 1);
		t->over = true;
		break;
	default:
		break;
	}
}

static void feed(struct told *t, struct isrv_fields *f, const char *data, size_t len)
{
	char *piece = exact(data, len);
	struct imapsrv_span left = {piece, len}, value;

	while (left.len && !t->over) {
		enum isrv_fields_event event = isrv_fields_next(f, &left, &value);

		tell_event(t, f, event, value);
	}
	free(piece);
}

static void test_rows(void **state)
{
	static const struct {
		const char *header;
		const char *told;
	} rows[] = {
		{"", "."},
		{"\r\n", "."},
		{"\n", "."},
		{"A: b\r\n\r\nC: d\r\n", "[A= b]."},
		{"A: b\nB:c\n\nbody", "[A= b][B=c]."},
		{"A: b", "[A= b]."},
		/* folded, and cut in a CRLF */
		{"A: b\r\n c\r\n\td\r\nE:\r\n\r\n", "[A= b c\td][E=]."},
		{"A: b\rc\r\n\r\n", "[A= bc]."},
		/* white space before the colon */
		{"A : b\r\nB\t:c\r\n\r\n", "[A= b][B=c]."},
		/* no fields */
		{"no colon\r\nA: b\r\n\r\n", "[A= b]."},
		{"nocolon\nA: b\n\n", "[A= b]."},
		{": x\r\n y\r\nA: b\r\n\r\n", "[A= b]."},
		{" x: y\r\nA: b\r\n\r\n", "[A= b]."},
		{"a b: y\r\n z\r\nA: b\r\n\r\n", "[A= b]."},
		{"a\1b: y\r\na\x7f" "b: y\r\nA: b\r\n\r\n", "[A= b]."},
		{"\rx: y\r\nA: b\r\n\r\n", "[A= b]."},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t len = strlen(rows[i].header);

		for (size_t cut = 0; cut <= len; cut++) {
			struct told told = {"", 0, false};
			struct isrv_fields f;

			isrv_fields_init(&f);
			feed(&told, &f, rows[i].header, cut);
			feed(&told, &f, rows[i].header + cut, len - cut);
			while (!told.over)
				tell_event(&told, &f, isrv_fields_finish(&f),
				           (struct imapsrv_span){NULL, 0});
			if (strcmp(told.text, rows[i].told) != 0)
				fail_msg("row %zu, cut at %zu: %s", i, cut, told.text);
		}
	}
}

/* A name may have so many octets, and no more. */
static void test_longest(void **state)
{
	(void)state;
	for (size_t n = ISRV_FIELDS_NAME - 1; n <= ISRV_FIELDS_NAME + 1; n++) {
		char name[ISRV_FIELDS_NAME + 2];
		struct told told = {"", 0, false};
		struct isrv_fields f;

		memset(name, 'x', sizeof(name));
		isrv_fields_init(&f);
		feed(&told, &f, name, n);
		feed(&told, &f, ":y\n\n", 4);
		assert_true(told.over);
		assert_int_equal(told.len, n > ISRV_FIELDS_NAME ? 1 : n + 5);
		/* What follows is not looked at. */
		told.over = false;
		feed(&told, &f, "A: b\n", 5);
		assert_true(told.over);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_longest),
	};

	return cmocka_run_group_tests_name("fields", tests, NULL, NULL);
}
