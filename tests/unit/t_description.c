/* SPDX-License-Identifier: MIT */
/*
 * message/description as a host's storage may give it back: damaged in each octet, cut, or made by
 * an enemy who knows the checksum.  Every answer is held against the grammar (in unit/describe.h).
 * And what it tells of parts, which BINARY, PREVIEW and SEARCH ask.
 */
#include "unit/describe.h"

#include "message/description_format.h"

static struct isrv_description d;

static struct bytes made(const char *message)
{
	struct bytes b = describe(&describe_limits, message, strlen(message));

	assert_true(isrv_description_open(&d, b.data, b.len));
	return b;
}

static const char forwarded[] =
	"From: \"A \\\"B\\\" C\" <a@example.com>\n"
	"To: g: b@example.com;, <@x:c@example.com>\n"
	"Subject: \"quoted\" \\ caf\xc3\xa9\n"
	"Content-Type: multipart/mixed; boundary=b\n"
	"\n"
	"--b\n"
	"Content-Type: text/html; charset=utf-8\n"
	"Content-Transfer-Encoding: Quoted-Printable\n"
	"Content-Disposition: inline; filename=x\n"
	"\n"
	"one\n"
	"--b\n"
	"Content-Type: message/rfc822\n"
	"\n"
	"Subject: inner\n"
	"Content-Type: multipart/alternative; boundary=c\n"
	"\n"
	"--c\n"
	"\n"
	"two\n"
	"--c\n"
	"Content-Type: multipart/mixed; boundary=z\n"
	"\n"
	"--c--\n"
	"--b\n"
	"Content-Type: message/rfc822\n"
	"Content-Transfer-Encoding: base64\n"
	"\n"
	"AAAA\n"
	"--b\n"
	"Content-Type: application/pdf\n"
	"Content-Language: en, de\n"
	"\n"
	"--b--\n";

/* ---- parts --------------------------------------------------------------------------------- */

static void span_is(struct imapsrv_span s, const char *text)
{
	if (!text) {
		assert_null(s.data);
		return;
	}
	assert_non_null(s.data);
	assert_int_equal(s.len, strlen(text));
	assert_memory_equal(s.data, text, s.len);
}

static void test_parts(void **state)
{
	static const struct {
		uint32_t numbers[4];
		size_t count;
		bool is;
		const char *type, *subtype, *charset, *encoding, *disposition;
		bool multipart, message;
		uint64_t octets; /* on the wire */
	} table[] = {
		{{0}, 0, false, NULL, NULL, NULL, NULL, NULL, false, false, 0},
		{{1}, 1, true, "text", "html", "utf-8", "Quoted-Printable", "inline", false, false,
		 3},
		{{2}, 1, true, "message", "rfc822", NULL, NULL, NULL, false, true, 134},
		{{2, 1}, 2, true, NULL, NULL, NULL, NULL, NULL, false, false, 3},
		{{2, 2}, 2, true, "multipart", "mixed", NULL, NULL, NULL, true, false, 0},
		/* an empty multipart is shown with an empty text, and so has one */
		{{2, 2, 1}, 3, true, NULL, NULL, NULL, NULL, NULL, false, false, 0},
		{{2, 2, 2}, 3, false, NULL, NULL, NULL, NULL, NULL, false, false, 0},
		{{2, 2, 1, 1}, 4, false, NULL, NULL, NULL, NULL, NULL, false, false, 0},
		/* as it is shown */
		{{3}, 1, true, "application", "octet-stream", NULL, "base64", NULL, false, false,
		 4},
		{{4}, 1, true, "application", "pdf", NULL, NULL, NULL, false, false, 0},
		{{5}, 1, false, NULL, NULL, NULL, NULL, NULL, false, false, 0},
	};
	struct bytes b = made(forwarded);

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct isrv_part_info info;

		ROW(i, isrv_description_part(&d, table[i].numbers, table[i].count, &info) ==
		               table[i].is);
		if (!table[i].is)
			continue;
		span_is(info.type, table[i].type);
		span_is(info.subtype, table[i].subtype);
		span_is(info.charset, table[i].charset);
		span_is(info.encoding, table[i].encoding);
		span_is(info.disposition, table[i].disposition);
		ROW(i, info.multipart == table[i].multipart && info.message == table[i].message);
		if (info.body.wire_end - info.body.wire != table[i].octets)
			fail_msg("row %zu: %d octets", i,
			         (int)(info.body.wire_end - info.body.wire));
	}
	free(b.data);
}

static void test_leaves(void **state)
{
	static const char *const subtypes[] = {"html", NULL, "octet-stream", "pdf"};
	struct isrv_part_info info;
	struct bytes b = made(forwarded);
	uint32_t at = 0;
	size_t n;

	(void)state;
	for (n = 0; isrv_description_leaf(&d, &at, &info); n++) {
		assert_true(n < COUNT(subtypes));
		span_is(info.subtype, subtypes[n]);
	}
	assert_int_equal(n, COUNT(subtypes));
	assert_false(isrv_description_leaf(&d, &at, &info));
	free(b.data);
	/* A message that is no multipart is a leaf itself. */
	b = made("Content-Type: text/html\n\nx\n");
	assert_true(isrv_description_part(&d, NULL, 0, &info) && info.body.wire_end == 30);
	at = 0;
	assert_true(isrv_description_leaf(&d, &at, &info));
	assert_false(isrv_description_leaf(&d, &at, &info));
	free(b.data);
}

/* ---- strings ------------------------------------------------------------------------------- */

/* Is an octet of a subject sent as the writer would send it: quoted, escaped, in a literal? */
static void check_string(struct isrv_outq *q, size_t len, size_t at, int c)
{
	char message[60], expected[100];
	struct imapsrv_span span;
	struct isrv_writer w;
	struct bytes b, shown;
	size_t n = 0;

	strcpy(message, "Subject: ");
	memset(message + 9, 'x', len);
	message[9 + at] = (char)c;
	strcpy(message + 9 + len, "\n\n");
	b = made(message);
	shown = show(&d, SHOWN_ENVELOPE);
	isrv_writer_init(&w, q);
	ISRV_W(&w, "(NIL ");
	isrv_w_string(&w, message + 9, len);
	ISRV_W(&w, " NIL NIL NIL NIL NIL NIL NIL NIL)");
	while (isrv_outq_peek(q, &span, 1)) {
		memcpy(expected + n, span.data, span.len);
		n += span.len;
		isrv_outq_sent(q, span.len);
	}
	if (n != shown.len || memcmp(shown.data, expected, n) != 0)
		fail_msg("octet %02x at %zu of %zu: %s", (unsigned)c, at, len, shown.data);
	free(shown.data);
	free(b.data);
}

/* Every octet at every place of short strings. */
static void test_strings(void **state)
{
	struct isrv_outq q;
	struct isrv_mem mem;

	(void)state;
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	isrv_outq_init(&q, &mem);
	for (size_t len = 1; len < 27; len++)
		for (size_t at = 0; at < len; at++)
			for (int c = 1; c < 256; c++) {
				const bool edge = at == 0 || at + 1 == len;

				/* These never come out of a field. */
				if (c == '\r' || c == '\n' || (edge && (c == ' ' || c == '\t')))
					continue;
				check_string(&q, len, at, c);
			}
	isrv_outq_clear(&q);
}

/* Long strings, and answers of many pieces of the queue. */
static void test_long(void **state)
{
	static const size_t lens[] = {199, 200, 201, 1000, 1024, 1025, 5000, 60000};

	(void)state;
	for (size_t i = 0; i < COUNT(lens); i++) {
		char *message = malloc(lens[i] + 100);
		struct bytes b, shown;

		assert_non_null(message);
		strcpy(message, "Subject: ");
		memset(message + 9, 'y', lens[i]);
		strcpy(message + 9 + lens[i], "\nFrom: a@b\n\n");
		b = made(message);
		shown = show(&d, SHOWN_ENVELOPE);
		ROW(i, strstr(shown.data, lens[i] > 1024 ? "yyy ((" : "yyy\" (("));
		ROW(i, (shown.data[5] == '{') == (lens[i] > 1024));
		free(shown.data);
		free(b.data);
		free(message);
	}
}

/* From is copied for Sender and Reply-To, wherever the piece ends. */
static void test_defaults(void **state)
{
	(void)state;
	for (size_t n = 1; n < 400; n++) {
		char *message = malloc(20 + n * 40), *one;
		struct bytes b, shown;
		size_t len;

		assert_non_null(message);
		strcpy(message, "From: a@b");
		for (size_t i = 1; i < n; i++)
			strcat(message, ",name <mailbox@host.example>");
		strcat(message, "\n\n");
		b = made(message);
		shown = show(&d, SHOWN_ENVELOPE);
		one = shown.data + strlen("(NIL NIL ");
		len = (size_t)(strstr(one, ")) ") - one) + 3;
		assert_memory_equal(one, one + len, len);
		assert_memory_equal(one, one + 2 * len, len);
		assert_string_equal(one + 3 * len, "NIL NIL NIL NIL NIL)");
		free(shown.data);
		free(b.data);
		free(message);
	}
}

/* ---- damage -------------------------------------------------------------------------------- */

static void test_damage(void **state)
{
	struct bytes b = made(forwarded);

	(void)state;
	/* Every octet, every bit, is under the checksum; and so is every length. */
	for (size_t i = 0; i < b.len * 8; i++) {
		b.data[i / 8] ^= (char)(1 << i % 8);
		ROW(i, !isrv_description_open(&d, b.data, b.len));
		b.data[i / 8] ^= (char)(1 << i % 8);
	}
	for (size_t len = 0; len < b.len; len++) {
		char *cut = exact(b.data, len);

		ROW(len, !isrv_description_open(&d, cut, len));
		free(cut);
	}
	assert_true(isrv_description_open(&d, b.data, b.len));
	free(b.data);
}

static void put_sum(struct bytes *b)
{
	isrv_format_put((unsigned char *)b->data + ISRV_HEAD_SUM,
	                isrv_format_sum((const unsigned char *)b->data, b->len), 8);
}

/* All answers, and a walk over what is in it: they end, in the grammar, within bounds. */
static bool use(const struct bytes *b)
{
	struct isrv_part_info info;
	struct isrv_extent e;
	uint32_t numbers[4], at = 0;

	if (!isrv_description_open(&d, b->data, b->len))
		return false;
	for (int what = 0; what < SHOWN_KINDS; what++) {
		struct bytes shown = show(&d, (enum shown)what);

		/* An envelope is shown with two defaults of what it has; a part has words of its own. */
		if (shown.len > 6 * b->len + 200 * d.parts)
			fail_msg("%zu octets are shown of %zu: %s", shown.len, b->len, shown.data);
		free(shown.data);
	}
	while (isrv_description_leaf(&d, &at, &info))
		assert_true(info.body.wire <= info.body.wire_end &&
		            info.body.wire_end <= d.wire_octets);
	for (unsigned n = 0; n < 64; n++) {
		numbers[0] = 1 + n % 4;
		numbers[1] = 1 + n / 4 % 4;
		numbers[2] = 1 + n / 16;
		for (int text = 0; text <= ISRV_SECTION_MIME; text++)
			if (isrv_description_find(&d, numbers, n % 4,
			                          (enum isrv_section_text)text, &e))
				assert_true(e.wire <= e.wire_end && e.wire_end <= d.wire_octets &&
				            e.host <= e.host_end && e.host_end <= d.host_octets);
	}
	return true;
}

/* One octet changed, and the checksum made to fit. */
static void T27_forged(void **state)
{
	struct bytes b = made(forwarded);

	(void)state;
	for (size_t i = ISRV_HEAD_PARTS; i < b.len; i++)
		for (int c = 0; c < 256; c += i < ISRV_HEAD_SIZE + 9 * 36 ? 1 : 15) {
			char was = b.data[i];

			b.data[i] = (char)c;
			put_sum(&b);
			(void)use(&b);
			b.data[i] = was;
		}
	free(b.data);
}

/* Several numbers of several rows changed at once, so that lies agree with each other; seed printed.  All
 * that is said of it ends, in the grammar, and is no longer than what the host holds. */
static void T27_forged_together(void **state)
{
	const char *given = getenv("SEED");
	uint32_t seed = given ? (uint32_t)strtoul(given, NULL, 10) : 20260303u, random = seed ? seed : 1;
	struct bytes b = made(forwarded);
	unsigned char rows[8 * 36];
	unsigned taken = 0;

	(void)state;
	print_message("SEED=%u\n", (unsigned)seed);
	memcpy(rows, b.data + ISRV_HEAD_SIZE, sizeof(rows));
	for (unsigned i = 0; i < 100000; i++) {
		unsigned changes = 1 + i % 5;

		while (changes--) {
			unsigned char *field;

			random = random * 1664525u + 1013904223u;
			field = (unsigned char *)b.data + ISRV_HEAD_SIZE + (random >> 8) % (8 * 9) * 4;
			random = random * 1664525u + 1013904223u;
			/* Another row's number, one beside it, or any small one. */
			if (random >> 30 == 0)
				isrv_format_put(field, (random >> 8) % 80, 4);
			else
				isrv_format_put(field,
				                isrv_format_u32(rows + (random >> 8) % (8 * 9) * 4) +
				                        (random >> 28) % 3,
				                4);
		}
		put_sum(&b);
		taken += use(&b);
		if (i % 3 == 2)
			memcpy(b.data + ISRV_HEAD_SIZE, rows, sizeof(rows));
	}
	print_message("%u were taken for true\n", taken);
	assert_true(taken > 100);
	free(b.data);
}

/* Rows that no parser writes: each is refused. */
static void test_rows(void **state)
{
	static const struct {
		uint32_t part;
		unsigned field;
		uint64_t value;
	} table[] = {
		{0, ISRV_ROW_NEXT, 7 << 3 | ISRV_PART_TOP | ISRV_PART_MULTIPART}, /* ends early */
		{0, ISRV_ROW_NEXT, 9 << 3 | ISRV_PART_TOP | ISRV_PART_MULTIPART},
		{0, ISRV_ROW_NEXT, 8 << 3 | ISRV_PART_MULTIPART},                 /* no message */
		{0, ISRV_ROW_NEXT, 8 << 3 | ISRV_PART_TOP | ISRV_PART_LEAF},      /* holds parts */
		{0, ISRV_ROW_NEXT, 8 << 3 | ISRV_PART_TOP | ISRV_PART_MESSAGE},
		{1, ISRV_ROW_NEXT, 1 << 3 | ISRV_PART_LEAF},                      /* a cycle */
		{1, ISRV_ROW_NEXT, 0},
		{1, ISRV_ROW_NEXT, 2 << 3 | ISRV_PART_TOP | ISRV_PART_LEAF},
		{1, ISRV_ROW_NEXT, 2 << 3 | ISRV_PART_MESSAGE},                   /* empty */
		{1, ISRV_ROW_NEXT, 2 << 3 | 3},                                   /* no such kind */
		{1, ISRV_ROW_NEXT, 9 << 3 | ISRV_PART_MULTIPART},
		{2, ISRV_ROW_NEXT, 4 << 3 | ISRV_PART_MESSAGE},                   /* cut in two */
		{3, ISRV_ROW_NEXT, 6 << 3 | ISRV_PART_MULTIPART},
		{3, ISRV_ROW_NEXT, 5 << 3 | ISRV_PART_TOP | ISRV_PART_MULTIPART},
		{0, ISRV_ROW_END, 100000},
		{1, ISRV_ROW_END, 100000},
		{1, ISRV_ROW_END, 1},
		{1, ISRV_ROW_END_HOST, 100000},
		{1, ISRV_ROW_BODY, 100000},
		{1, ISRV_ROW_BODY_HOST, 0},
		{1, ISRV_ROW_HEADER, 0},
		{1, ISRV_ROW_HEADER_HOST, 0},
		{1, ISRV_ROW_LINES, 4},
		{1, ISRV_ROW_TEXT, 0},
		{1, ISRV_ROW_TEXT, 100000},
	};
	struct bytes b = made(forwarded);

	(void)state;
	assert_int_equal(d.parts, 8);
	for (size_t i = 0; i < COUNT(table); i++) {
		unsigned char *field = (unsigned char *)b.data + ISRV_HEAD_SIZE +
		                       table[i].part * 36 + table[i].field * 4;
		uint32_t was = isrv_format_u32(field);

		isrv_format_put(field, table[i].value, 4);
		put_sum(&b);
		if (isrv_description_open(&d, b.data, b.len))
			fail_msg("row %zu was taken", i);
		isrv_format_put(field, was, 4);
	}
	put_sum(&b);
	assert_true(isrv_description_open(&d, b.data, b.len));
	free(b.data);
}

/* A description deeper than descriptions are. */
static void test_too_deep(void **state)
{
	(void)state;
	for (uint32_t depth = 99; depth < 103; depth++) {
		const uint32_t parts = depth + 1, texts = 10 + parts * 11;
		const uint64_t size = isrv_format_size(ISRV_HEAD_SIZE + parts * 36 + texts);
		struct bytes b = {NULL, (size_t)size};
		unsigned char *p = calloc(1, b.len);

		assert_non_null(p);
		b.data = (char *)p;
		memcpy(p, ISRV_DESCRIPTION_MAGIC, 4);
		p[ISRV_HEAD_VERSION] = ISRV_DESCRIPTION_VERSION;
		isrv_format_put(p + ISRV_HEAD_PARTS, parts, 4);
		isrv_format_put(p + ISRV_HEAD_TEXTS, texts, 4);
		for (uint32_t i = 0; i < parts; i++)
			isrv_format_put(p + ISRV_HEAD_SIZE + i * 36 + ISRV_ROW_NEXT * 4,
			                parts << 3 | (i ? 0 : ISRV_PART_TOP) |
			                        (i < depth ? ISRV_PART_MULTIPART : ISRV_PART_LEAF),
			                4);
		put_sum(&b);
		assert_int_equal(isrv_description_open(&d, b.data, b.len), depth <= 100);
		(void)use(&b);
		free(b.data);
	}
}

/* The same description with offsets of eight octets. */
static void test_wide(void **state)
{
	struct bytes b = made(forwarded), wide;
	const uint32_t texts = d.texts_len;
	unsigned char *p;

	(void)state;
	wide.len = (size_t)isrv_format_size(ISRV_HEAD_SIZE + d.parts * 72 + texts);
	p = calloc(1, wide.len);
	assert_non_null(p);
	wide.data = (char *)p;
	memcpy(p, b.data, ISRV_HEAD_SIZE);
	p[ISRV_HEAD_FLAGS] = ISRV_DESCRIPTION_WIDE;
	for (uint32_t i = 0; i < d.parts * ISRV_ROW_FIELDS; i++)
		memcpy(p + ISRV_HEAD_SIZE + i * 8, b.data + ISRV_HEAD_SIZE + i * 4, 4);
	memcpy(p + ISRV_HEAD_SIZE + d.parts * 72, b.data + ISRV_HEAD_SIZE + d.parts * 36, texts);
	put_sum(&wide);
	for (int what = 0; what < SHOWN_KINDS; what++) {
		struct bytes one, other;

		assert_true(isrv_description_open(&d, b.data, b.len) && !d.wide);
		one = show(&d, (enum shown)what);
		assert_true(isrv_description_open(&d, wide.data, wide.len) && d.wide);
		other = show(&d, (enum shown)what);
		assert_string_equal(one.data, other.data);
		free(one.data);
		free(other.data);
	}
	use(&wide);
	free(wide.data);
	free(b.data);
}

static void put_part(const uint32_t *numbers, size_t count, unsigned how, const char *want)
{
	struct imapsrv_span spans[8];
	struct isrv_writer w;
	struct isrv_outq q;
	struct isrv_mem mem;
	char text[2000];
	size_t n, at = 0;

	isrv_mem_init(&mem, NULL, SIZE_MAX);
	isrv_outq_init(&q, &mem);
	isrv_writer_init(&w, &q);
	assert_true(isrv_description_put_part(&d, &w, numbers, count, NULL, how));
	n = isrv_outq_peek(&q, spans, 8);
	for (size_t i = 0; i < n; i++) {
		assert_true(at + spans[i].len < sizeof(text));
		memcpy(text + at, spans[i].data, spans[i].len);
		at += spans[i].len;
	}
	text[at] = '\0';
	assert_string_equal(text, want);
	isrv_outq_clear(&q);
	assert_int_equal(mem.used, 0);
}

/* Part 1 of a multipart that has none is the empty text that BODYSTRUCTURE shows there; a value that
 * says to be extended and is not stays as it is. */
static void test_put_part(void **state)
{
	static const uint32_t one[] = {1};
	struct bytes b = made("Content-Type: multipart/mixed; boundary=b\n\n--b--\n");

	(void)state;
	put_part(one, 1, 0, "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0)");
	put_part(one, 1, ISRV_BODY_EXTENDED,
	         "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0 NIL NIL NIL NIL)");
	free(b.data);
	b = made("Content-Type: a/b; n*=plain; m*=utf-8''%41\n\n");
	put_part(one, 1, ISRV_BODY_DECODED,
	         "(\"a\" \"b\" (\"n*\" \"plain\" \"m*\" \"A\") NIL NIL \"7bit\" 0)");
	put_part(one, 1, 0,
	         "(\"a\" \"b\" (\"n*\" \"plain\" \"m*\" \"utf-8''%41\") NIL NIL \"7bit\" 0)");
	free(b.data);
}

/* Octets that nobody escaped take up to three times the room in UTF-8; none of them is left out. */
static void test_unescaped(void **state)
{
	static const char before[] = "Content-Type: a/b; n*=iso-8859-1''";
	static const char want_before[] = "(\"a\" \"b\" (\"n*\" {1200}\r\n";
	char message[700], want[1300];
	size_t at = sizeof(want_before) - 1;
	struct bytes b;

	(void)state;
	memcpy(message, before, sizeof(before) - 1);
	memset(message + sizeof(before) - 1, '\xe9', 600);
	memcpy(message + sizeof(before) - 1 + 600, "\n\n", 3);
	memcpy(want, want_before, at);
	for (size_t i = 0; i < 600; i++, at += 2)
		memcpy(want + at, "\xc3\xa9", 2);
	memcpy(want + at, ") NIL NIL \"7bit\" 0)", sizeof(") NIL NIL \"7bit\" 0)"));
	b = made(message);
	put_part(NULL, 0, ISRV_BODY_DECODED, want);
	free(b.data);
}

/* No memory for an answer: false, and nothing else. */
static void test_memory(void **state)
{
	struct bytes b = made(forwarded);
	struct failalloc fa;
	struct isrv_mem mem;
	struct isrv_writer w;
	struct isrv_outq q;
	bool is = false;

	(void)state;
	for (size_t nth = 1; !is; nth++) {
		failalloc_init(&fa);
		fa.fail_first = nth;
		isrv_mem_init(&mem, &fa.allocator, SIZE_MAX);
		isrv_outq_init(&q, &mem);
		isrv_writer_init(&w, &q);
		is = true;
		for (int i = 0; i < 20; i++) {
			is = isrv_description_put_envelope(&d, &w) && is;
			is = isrv_description_put_body(&d, &w, ISRV_BODY_EXTENDED | ISRV_BODY_GLOBAL) && is;
		}
		assert_int_equal(is, nth > fa.calls);
		isrv_outq_clear(&q);
		assert_int_equal(fa.held, 0);
	}
	free(b.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parts),    cmocka_unit_test(test_leaves),
		cmocka_unit_test(test_strings),  cmocka_unit_test(test_long),
		cmocka_unit_test(test_defaults), cmocka_unit_test(test_damage),
		cmocka_unit_test(T27_forged),   cmocka_unit_test(T27_forged_together),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_too_deep), cmocka_unit_test(test_wide),
		cmocka_unit_test(test_memory),   cmocka_unit_test(test_put_part),
		cmocka_unit_test(test_unescaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
