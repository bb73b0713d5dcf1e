/* SPDX-License-Identifier: MIT */
/*
 * message/structure against messages that no person would write: octets that a text file cannot
 * show; each limit at one below, itself and one above (ATTACKS T26); header floods, where steps and
 * memory are counted (T28).
 */
#include "unit/describe.h"

static struct bytes text_new(void)
{
	struct bytes b = {NULL, 0};

	return b;
}

static void text_add(struct bytes *b, const char *data)
{
	size_t len = strlen(data), cap = 1024;

	while (cap < b->len)
		cap *= 2;
	if (!b->data || b->len + len > cap) {
		while (cap < b->len + len)
			cap *= 2;
		b->data = realloc(b->data, cap);
		if (!b->data)
			abort();
	}
	memcpy(b->data + b->len, data, len);
	b->len += len;
}

static void text_repeat(struct bytes *b, const char *data, size_t n)
{
	while (n--)
		text_add(b, data);
}

#define MIXED "Content-Type: multipart/mixed; boundary=b"

/* ---- octets -------------------------------------------------------------------------------- */

static const struct {
	const char *data;
	size_t len;
	const char *structure;
} octets[] = {
	/* a lone CR is an octet like others, also before CRLF, between lines and at the end */
	{BYTES("Subject: x\r\n\r\na\rb\r\n"), "5 1"},
	{BYTES("Subject: x\r\n\r\n\r\r\n\r"), "4 1"},
	{BYTES("Subject: x\n\n\r"), "1 0"},
	{BYTES("Subject: x\n\n\r\r\r\n\n"), "6 2"},
	{BYTES("Subject: x\r\n\r\r\n\r\ny"), "1 0"},
	{BYTES("\r"), "0 0"},
	{BYTES("\r\r\n\r\na"), "1 0"},
	/* CRLF and LF in one message */
	{BYTES("Subject: x\n\r\na\nb\r\nc\n"), "9 3"},
	{BYTES("Subject: x\r\n\na\r\n"), "3 1"},
	/* NULs */
	{BYTES("Subject: a\0b\r\n\r\n\0\0\r\n\0"), "5 1"},
	{BYTES("\0"), "0 0"},
	{BYTES("Content-Type: text\0/plain\n\na"), "1 0"},
};

static void test_octets(void **state)
{
	char expected[200];

	(void)state;
	for (size_t i = 0; i < COUNT(octets); i++) {
		struct bytes whole = describe(&describe_limits, octets[i].data, octets[i].len), b;
		struct isrv_description d;
		uint64_t steps = 0;
		struct isrv_mem mem;

		snprintf(expected, sizeof(expected),
		         "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" %s)",
		         octets[i].structure);
		ROW(i, isrv_description_open(&d, whole.data, whole.len));
		ROW(i, d.host_octets == octets[i].len);
		b = show(&d, SHOWN_BODY);
		if (strcmp(b.data, expected))
			fail_msg("row %zu: %s", i, b.data);
		free(b.data);
		for (size_t cut = 0; cut <= octets[i].len; cut++) {
			isrv_mem_init(&mem, NULL, SIZE_MAX);
			ROW(i, describe_cut(&mem, &describe_limits, octets[i].data, octets[i].len,
			                    cut ? cut : SIZE_MAX, &b, &steps));
			ROW(i, b.len == whole.len && !memcmp(b.data, whole.data, b.len));
			free(b.data);
		}
		free(whole.data);
	}
}

/* A CR before the line end of a boundary makes it another line; a NUL in it too. */
static void test_octets_at_boundaries(void **state)
{
	static const struct {
		const char *data;
		size_t len;
		uint32_t parts;
	} table[] = {
		{BYTES(MIXED "\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n"), 2},
		{BYTES(MIXED "\r\n\r\n--b\r\r\n\r\nx\r\n--b--\r\n"), 1},
		{BYTES(MIXED "\r\n\r\n--b\0\r\n\r\nx\r\n--b--\r\n"), 1},
		{BYTES(MIXED "\n\r\n--b\n\n--b\r\n\n--b--"), 3},
		{BYTES(MIXED "\n\n--b\r--b\n--b\n\n--b--"), 2},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct bytes b = describe(&describe_limits, table[i].data, table[i].len);
		struct isrv_description d;

		ROW(i, isrv_description_open(&d, b.data, b.len));
		ROW(i, d.parts == table[i].parts);
		free(b.data);
	}
}

/* ---- limits -------------------------------------------------------------------------------- */

enum last { LAST_TEXT, LAST_MULTIPART, LAST_MESSAGE, LAST_KINDS };

/* `depth` multiparts and messages within each other, by turns, the innermost of the kind `last`. */
static struct bytes nested(unsigned depth, enum last last)
{
	struct bytes b = text_new();
	char line[80];

	for (unsigned i = 1; i < depth; i++) {
		if (i % 2) {
			snprintf(line, sizeof(line),
			         "Content-Type: multipart/mixed; boundary=b%u\n\n--b%u\n", i, i);
			text_add(&b, line);
		} else {
			text_add(&b, "Content-Type: message/rfc822\n\n");
		}
	}
	if (last == LAST_MULTIPART)
		text_add(&b, "Content-Type: multipart/mixed; boundary=z\n\n--z\n\nx\n--z--\n");
	else if (last == LAST_MESSAGE)
		text_add(&b, "Content-Type: message/rfc822\n\nSubject: y\n\nx\n");
	else
		text_add(&b, "\nx\n");
	return b;
}

static void check_depth(const struct isrv_structure_limits *limits, unsigned depth, enum last last)
{
	/* A text holds nothing. */
	const unsigned holders = last == LAST_TEXT ? depth - 1 : depth;
	struct bytes message = nested(depth, last), b, shown;
	struct isrv_description d;

	b = describe(limits, message.data, message.len);
	assert_true(isrv_description_open(&d, b.data, b.len));
	if (d.truncated != (holders > limits->depth))
		fail_msg("%u deep, last %d: truncated is %d", depth, (int)last, d.truncated);
	assert_int_equal(d.parts, 1 + (holders > limits->depth ? limits->depth : holders));
	shown = show(&d, SHOWN_STRUCTURE);
	/* What is too deep is something to save. */
	assert_int_equal(strstr(shown.data, "octet-stream") != NULL, d.truncated);
	free(shown.data);
	free(b.data);
	free(message.data);
}

static void test_depth(void **state)
{
	struct isrv_structure_limits limits = describe_limits;
	unsigned last;

	(void)state;
	for (last = 0; last < LAST_KINDS; last++) {
		for (unsigned depth = 99; depth <= 103; depth++)
			check_depth(&limits, depth, (enum last)last);
		limits.depth = 5;
		for (unsigned depth = 1; depth <= 8; depth++)
			check_depth(&limits, depth, (enum last)last);
		limits.depth = 100;
	}
	limits.depth = 0;
	check_depth(&limits, 1, LAST_MESSAGE);
	limits.depth = 1000; /* more than descriptions have */
	struct bytes message = nested(150, LAST_TEXT);
	struct bytes b = describe(&limits, message.data, message.len);
	struct isrv_description d;

	assert_true(isrv_description_open(&d, b.data, b.len) && d.truncated && d.parts == 101);
	free(message.data);
	free(b.data);
}

static const char *const lasts[] = {
	"--b\n\nx\n",
	"--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\nx\n--c--\n",
	"--b\nContent-Type: message/rfc822\n\nSubject: y\n\nx\n",
};

static void test_parts(void **state)
{
	struct isrv_structure_limits limits = describe_limits;
	unsigned last;

	(void)state;
	for (last = 0; last < COUNT(lasts); last++)
		for (limits.parts = 1; limits.parts < 12; limits.parts++) {
			const uint32_t all = 6 + (last ? 2 : 1);
			struct bytes message = text_new(), b, shown;
			struct isrv_description d;

			text_add(&message, "Content-Type: multipart/mixed; boundary=b\n\n");
			text_repeat(&message, lasts[0], 5);
			text_add(&message, lasts[last]);
			text_add(&message, "--b--\n");
			b = describe(&limits, message.data, message.len);
			assert_true(isrv_description_open(&d, b.data, b.len));
			assert_int_equal(d.parts, limits.parts < all ? limits.parts : all);
			assert_int_equal(d.truncated, limits.parts < all);
			shown = show(&d, SHOWN_STRUCTURE);
			free(shown.data);
			free(b.data);
			free(message.data);
		}
}

/* Limits beyond what descriptions can hold, and none at all. */
static void test_extremes(void **state)
{
	static const uint32_t extremes[] = {0, UINT32_MAX};
	struct bytes message = text_new();

	(void)state;
	text_add(&message, "Content-Type: multipart/mixed; boundary=b\n\n");
	text_repeat(&message, lasts[0], 5);
	text_add(&message, "--b--\n");
	for (size_t i = 0; i < COUNT(extremes); i++) {
		struct isrv_structure_limits limits = describe_limits;
		struct isrv_description d;
		struct bytes b;

		limits.parts = extremes[i];
		limits.kept_octets = UINT32_MAX;
		b = describe(&limits, message.data, message.len);
		assert_true(isrv_description_open(&d, b.data, b.len));
		assert_int_equal(d.parts, i ? 6 : 1);
		assert_int_equal(d.truncated, !i);
		free(b.data);
	}
	free(message.data);
}

/* A header that is cut; too many texts, addresses, parameters, languages. */
static void test_left_out(void **state)
{
	static const struct {
		struct isrv_structure_limits limits;
		const char *message;
		bool truncated;
		const char *shown; /* somewhere in the answers */
	} table[] = {
		{{9, 9, 22, 999, 9, 9}, "Subject: x\nTo: a@b.c\n\n", false, "\"b.c\""},
		{{9, 9, 21, 999, 9, 9}, "Subject: x\nTo: a@b.c\n\n", true, "\"b.c\""},
		{{9, 9, 20, 999, 9, 9}, "Subject: x\nTo: a@b.c\n\n", true,
		 "(NIL \"x\" NIL NIL NIL NIL NIL NIL"},
		{{9, 9, 11, 999, 9, 9}, "Subject: x\nTo: a@b.c\n\n", true,
		 "(NIL \"x\" NIL NIL NIL NIL"},
		{{9, 9, 10, 999, 9, 9}, "Subject: x\nTo: a@b.c\n\n", true,
		 "(NIL NIL NIL NIL NIL NIL"},
		{{9, 9, 0, 999, 9, 9}, "Subject: x\nTo: a@b.c\n\n", true,
		 "(NIL NIL NIL NIL NIL NIL"},
		{{9, 9, 999, 2, 9, 9}, "Subject: x\n\n", false, "(NIL \"x\" NIL"},
		{{9, 9, 999, 1, 9, 9}, "Subject: x\n\n", true, "(NIL NIL NIL"},
		{{9, 9, 999, 6, 9, 9}, "To: a@x\n\n", false, "((NIL NIL \"a\" \"x\"))"},
		{{9, 9, 999, 5, 9, 9}, "To: a@x\n\n", true, "(NIL NIL NIL NIL NIL NIL"},
		{{9, 9, 999, 0, 9, 9}, "\n", false, "\"us-ascii\""},
		{{9, 9, 999, 0, 9, 9}, "Content-Type: message/rfc822\n\n", true,
		 "\"message\" \"rfc822\""},
		{{9, 9, 999, 0, 9, 9}, "Content-Type: multipart/x; boundary=b\n\n--b", true,
		 "\"mixed\""},
		{{9, 9, 999, 0, 9, 9}, "Content-Type: image/gif\n\n", true, "\"text\" \"plain\""},
		{{9, 9, 999, 999, 2, 9}, "To: a@x,b@x\n\n", false, "\"b\""},
		{{9, 9, 999, 999, 1, 9}, "To: a@x,b@x\n\n", true, "((NIL NIL \"a\" \"x\"))"},
		{{9, 9, 999, 999, 0, 9}, "To: a@x,b@x\n\n", true, "(NIL NIL NIL NIL NIL NIL NIL"},
		{{9, 9, 999, 999, 1, 9}, "To: a@x\nTo: b@x\n\n", true, "((NIL NIL \"a\" \"x\"))"},
		/* a group that is cut is ended */
		{{9, 9, 999, 999, 2, 9}, "To: g:a@x,b@x;\n\n", true,
		 "((NIL NIL \"g\" NIL)(NIL NIL \"a\" \"x\")(NIL NIL NIL NIL))"},
		{{9, 9, 999, 999, 1, 9}, "To: g:;\n\n", true,
		 "((NIL NIL \"g\" NIL)(NIL NIL NIL NIL))"},
		{{9, 9, 999, 999, 9, 2}, "Content-Type: a/b; c=d; e=f\n\n", false,
		 "\"c\" \"d\" \"e\" \"f\""},
		{{9, 9, 999, 999, 9, 1}, "Content-Type: a/b; c=d; e=f\n\n", true, "(\"c\" \"d\")"},
		{{9, 9, 999, 999, 9, 0}, "Content-Type: a/b; c=d; e=f\n\n", true, "\"b\" NIL NIL"},
		{{9, 9, 999, 999, 9, 1}, "Content-Disposition: a; c=d; e=f\n\n", true,
		 "(\"a\" (\"c\" \"d\"))"},
		{{9, 9, 999, 999, 9, 2}, "Content-Language: aa, bb\n\n", false, "(\"aa\" \"bb\")"},
		{{9, 9, 999, 999, 9, 1}, "Content-Language: aa, bb\n\n", true, "(\"aa\")"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct bytes b = describe(&table[i].limits, table[i].message,
		                          strlen(table[i].message));
		struct bytes envelope, structure;
		struct isrv_description d;

		ROW(i, isrv_description_open(&d, b.data, b.len));
		envelope = show(&d, SHOWN_ENVELOPE);
		structure = show(&d, SHOWN_STRUCTURE);
		if (d.truncated != table[i].truncated || (!strstr(envelope.data, table[i].shown) &&
		                                          !strstr(structure.data, table[i].shown)))
			fail_msg("row %zu: %d %s %s", i, d.truncated, envelope.data,
			         structure.data);
		free(envelope.data);
		free(structure.data);
		free(b.data);
	}
}

static void test_long_boundary(void **state)
{
	(void)state;
	for (size_t n = 255; n <= 257; n++) {
		struct bytes message = text_new(), b;
		struct isrv_description d;

		text_add(&message, "Content-Type: multipart/mixed; boundary=");
		text_repeat(&message, "b", n);
		text_add(&message, "\n\n--");
		text_repeat(&message, "b", n);
		text_add(&message, "\n\nx\n--");
		text_repeat(&message, "b", n);
		text_add(&message, "--\n");
		b = describe(&describe_limits, message.data, message.len);
		assert_true(isrv_description_open(&d, b.data, b.len));
		assert_int_equal(d.truncated, n > 256);
		assert_int_equal(d.parts, n > 256 ? 1 : 2);
		free(b.data);
		free(message.data);
	}
}

/* ---- floods -------------------------------------------------------------------------------- */

/* Steps and memory of a message that is `n` times something. */
static uint64_t flood(const char *first, const char *again, const char *last, size_t n,
                      size_t *peak_r, bool *truncated_r)
{
	struct bytes message = text_new(), b;
	struct isrv_description d;
	struct isrv_mem mem;
	uint64_t steps = 0;

	text_add(&message, first);
	text_repeat(&message, again, n);
	text_add(&message, last);
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	assert_true(describe_cut(&mem, &describe_limits, message.data, message.len, 0, &b, &steps));
	assert_true(isrv_description_open(&d, b.data, b.len));
	assert_true(steps <= 12 * message.len + 100000);
	*peak_r = mem.peak;
	*truncated_r = d.truncated;
	free(show(&d, SHOWN_STRUCTURE).data);
	free(show(&d, SHOWN_ENVELOPE).data);
	free(b.data);
	free(message.data);
	return steps;
}

static void test_floods(void **state)
{
	static const struct {
		const char *first, *again, *last;
		size_t n;
		size_t peak;
		bool truncated;
	} table[] = {
		{"", "To: a@b\n", "\n", 500000, 1000000, true},
		{"To: ", "a@b,\n ", "\n\n", 500000, 1000000, true},
		{"To: ", "a", "\n\n", 10485760, 1000000, true},
		{"To: ", "(", "\n\n", 1000000, 1000000, true},
		{"To: ", "<", "\n\n", 1000000, 1000000, true},
		{"To: ", "g:", "\n\n", 1000000, 1000000, true},
		{"Subject: ", "x\n ", "\n\n", 1000000, 1000000, true},
		{"Content-Type: a/b", ";c=d", "\n\n", 100000, 1000000, true},
		{"Content-Type: a/b", ";c*0*=d", "\n\n", 100000, 1000000, true},
		{MIXED "\n\n", "--b\n\n", "", 1000000, 12000000, true},
		{MIXED "\n\n--b\n\n", "--c\n", "", 1000000, 20000, false},
		{"Subject: x\n\n", "01234567890123456789\r\n", "", 100000, 20000, false},
		{"", "X: y\n", "", 1000000, 1000000, true},
		{"", "\n", "", 1000000, 20000, false},
		{"", ":", "", 1000000, 1000000, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		bool truncated;
		size_t peak;
		uint64_t half = flood(table[i].first, table[i].again, table[i].last,
		                      table[i].n / 2, &peak, &truncated);
		uint64_t all = flood(table[i].first, table[i].again, table[i].last, table[i].n,
		                     &peak, &truncated);

		ROW(i, truncated == table[i].truncated);
		ROW(i, all <= 2 * half + 1000);
		if (peak > table[i].peak)
			fail_msg("row %zu: %zu octets of memory", i, peak);
	}
}

/* A hundred open boundaries, and lines that are like all of them. */
static void test_many_fences(void **state)
{
	struct bytes message = text_new(), b;
	struct isrv_mem mem;
	uint64_t steps = 0;
	char line[80];

	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		snprintf(line, sizeof(line),
		         "Content-Type: multipart/mixed; boundary=\"b%03u\"\n\n--b%03u\n", i, i);
		text_add(&message, line);
	}
	text_add(&message, "\n");
	text_repeat(&message, "--bbbb\n", 100000);
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	assert_true(describe_cut(&mem, &describe_limits, message.data, message.len, 0, &b, &steps));
	assert_true(steps <= 100000 * 105);
	free(b.data);
	free(message.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_octets),        cmocka_unit_test(test_octets_at_boundaries),
		cmocka_unit_test(test_depth),         cmocka_unit_test(test_extremes), cmocka_unit_test(test_parts),
		cmocka_unit_test(test_left_out),      cmocka_unit_test(test_long_boundary),
		cmocka_unit_test(test_floods),        cmocka_unit_test(test_many_fences),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
