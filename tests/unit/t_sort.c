/* SPDX-License-Identifier: MIT */
/*
 * search/sort: each criterion by table, then random mailboxes and criteria against insertion over
 * keys that are worked out anew for each comparison.  Also the sent date (RFC 5256 2.2).
 */
#include "search/sort.h"

#include "search/collate.h"
#include "unit/failalloc.h"

#define NONE {NULL, 0}
#define TEXT(text) {text, sizeof(text) - 1}

struct message {
	uint32_t uid;
	int64_t arrival;
	uint64_t octets;
	struct isrv_header header;
	uint32_t relevancy;
};

static const struct message mailbox[] = {
	{1, 500, 30,
	 {.date = TEXT("Mon, 1 Jan 2001 00:01:33 +0000"),
	  .subject = TEXT("Re: b"),
	  .from = {TEXT("Zoe"), TEXT("anna"), TEXT("x.example")},
	  .to = {NONE, TEXT("Bob"), TEXT("x.example")},
	  .cc = {NONE, TEXT("z"), TEXT("x.example")}}, 50},
	{2, 400, 20,
	 {.date = TEXT("31 Dec 2000 16:01:32 -0800"),
	  .subject = TEXT("B"),
	  .from = {TEXT("=?utf-8?q?=C3=84nne?="), TEXT("carl"), TEXT("x.example")},
	  .to = {TEXT("adam"), TEXT("zz"), TEXT("x.example")}}, 99},
	{3, 300, 30,
	 {.subject = TEXT("a"),
	  .from = {TEXT(""), TEXT("Anna"), TEXT("a.example")},
	  .to = {NONE, TEXT("group"), NONE}}, 50},
	{4, -100, UINT64_MAX, {.date = TEXT("nonsense"), .subject = TEXT("[x] A (fwd)")}, 1},
	{5, 500, 0,
	 {.date = TEXT("1 Jan 2001"),
	  .from = {TEXT("zOE"), TEXT("b"), TEXT("x.example")},
	  .cc = {NONE, TEXT("Y"), TEXT("x.example")}}, 100},
};

static void add(struct isrv_sort *x, const struct message *m)
{
	struct isrv_sort_facts facts = {m->uid,     m->arrival, m->octets,
	                                &m->header, NULL,       m->relevancy};

	assert_true(isrv_sort_add(x, &facts));
}

static void test_criteria(void **unused)
{
	static const struct {
		struct isrv_sort_criterion by[4];
		unsigned count;
		uint32_t order[5];
		bool header, size;
	} rows[] = {
		{{{ISRV_SORT_ARRIVAL, false}}, 1, {4, 3, 2, 1, 5}, false, false},
		{{{ISRV_SORT_RELEVANCY, false}}, 1, {5, 2, 1, 3, 4}, false, false},
		{{{ISRV_SORT_RELEVANCY, true}}, 1, {4, 1, 3, 2, 5}, false, false},
		{{{ISRV_SORT_ARRIVAL, true}}, 1, {1, 5, 2, 3, 4}, false, false},
		{{{ISRV_SORT_SIZE, false}}, 1, {5, 2, 1, 3, 4}, false, true},
		{{{ISRV_SORT_SIZE, true}}, 1, {4, 1, 3, 2, 5}, false, true},
		{{{ISRV_SORT_SIZE, false}, {ISRV_SORT_ARRIVAL, false}}, 2, {5, 2, 3, 1, 4}, false, true},
		/* 3 has no Date, that of 4 is none: their internal dates are long ago */
		{{{ISRV_SORT_DATE, false}}, 1, {4, 3, 5, 2, 1}, true, false},
		{{{ISRV_SORT_DATE, true}}, 1, {1, 2, 5, 3, 4}, true, false},
		{{{ISRV_SORT_SUBJECT, false}}, 1, {5, 3, 4, 1, 2}, true, false},
		{{{ISRV_SORT_SUBJECT, true}}, 1, {1, 2, 3, 4, 5}, true, false},
		{{{ISRV_SORT_SUBJECT, false}, {ISRV_SORT_DATE, true}}, 2, {5, 3, 4, 1, 2}, true, false},
		{{{ISRV_SORT_SUBJECT, true}, {ISRV_SORT_DATE, false}}, 2, {2, 1, 4, 3, 5}, true, false},
		{{{ISRV_SORT_FROM, false}}, 1, {4, 1, 3, 5, 2}, true, false},
		{{{ISRV_SORT_TO, false}}, 1, {4, 5, 1, 3, 2}, true, false},
		{{{ISRV_SORT_CC, false}}, 1, {2, 3, 4, 5, 1}, true, false},
		/* decoded; an empty name is none; a group by its name (RFC 5957 3) */
		{{{ISRV_SORT_DISPLAYFROM, false}}, 1, {4, 3, 2, 1, 5}, true, false},
		{{{ISRV_SORT_DISPLAYTO, false}}, 1, {4, 5, 2, 1, 3}, true, false},
		/* what was named before decides nothing any more */
		{{{ISRV_SORT_SIZE, false},
		  {ISRV_SORT_SIZE, true},
		  {ISRV_SORT_ARRIVAL, false},
		  {ISRV_SORT_SIZE, false}},
		 4, {5, 2, 3, 1, 4}, false, true},
	};
	uint64_t steps = 0;
	struct isrv_mem mem;
	size_t i, k, from;

	(void)unused;
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	for (i = 0; i < COUNT(rows); i++) {
		for (from = 0; from < COUNT(mailbox); from++) { /* in whatever order they come */
			struct isrv_sort_program by = {.count = 0};
			struct isrv_sort x;

			for (k = 0; k < rows[i].count; k++)
				isrv_sort_by(&by, (enum isrv_sort_key)rows[i].by[k].key,
				             rows[i].by[k].reverse);
			ROW(i, isrv_sort_needs_header(&by) == rows[i].header);
			ROW(i, isrv_sort_needs_size(&by) == rows[i].size);
			isrv_sort_init(&x, &by, &mem, &steps);
			for (k = 0; k < COUNT(mailbox); k++)
				add(&x, &mailbox[(from + 3 * k) % COUNT(mailbox)]);
			ROW(i, isrv_sort_begin(&x) && isrv_sort_run(&x, UINT64_MAX) && x.messages == COUNT(mailbox));
			for (k = 0; k < COUNT(mailbox); k++)
				if (x.order[k] != rows[i].order[k])
					fail_msg("row %zu: %u at %zu", i, (unsigned)x.order[k], k);
			isrv_sort_clear(&x);
		}
	}
	assert_int_equal(mem.used, 0);
}

static void test_nothing(void **unused)
{
	uint64_t steps = 0;
	struct isrv_sort_program by = {.count = 0};
	struct isrv_sort x;
	struct isrv_mem mem;

	(void)unused;
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	isrv_sort_by(&by, ISRV_SORT_SUBJECT, false);
	isrv_sort_init(&x, &by, &mem, &steps);
	assert_true(isrv_sort_begin(&x) && isrv_sort_run(&x, UINT64_MAX));
	assert_int_equal(x.messages, 0);
	isrv_sort_clear(&x);
}

static void test_sent(void **unused)
{
	static const struct {
		const char *date;
		int64_t sent;
	} rows[] = {
		{"Mon, 1 Jan 2001 00:01:33 +0000", 978307293},
		/* the example of RFC 5256 2.2 */
		{"31 Dec 2000 16:01:33 -0800", 978307293},
		{"1 Jan 2001 02:01:33 +0200", 978307293},
		{"1 Jan 2001 00:01:33", 978307293},
		/* "If the time zone is invalid, the date and time SHOULD be treated as UTC." */
		{"1 Jan 2001 00:01:33 XYZ", 978307293},
		{"1 Jan 2001 00:01:33 +9999", 978307293},
		/* "If the time is also invalid, the time SHOULD be treated as 00:00:00." */
		{"1 Jan 2001 25:01:33 XYZ", 978307200},
		{"1 Jan 2001", 978307200},
		{"1 Jan 1970 00:00:00 +0100", -3600},
		{"29 Feb 2001 00:00:00 +0000", 42},
		{"", 42},
		{"soon", 42},
	};
	size_t i;

	(void)unused;
	for (i = 0; i < COUNT(rows); i++) {
		struct isrv_header h = {.date = {rows[i].date, strlen(rows[i].date)}};
		struct isrv_sort_facts facts = {1, 42, 0, &h, NULL, 0};

		ROW(i, isrv_sort_sent(&facts) == rows[i].sent);
	}
}

/* ---- random mailboxes ---------------------------------------------------------------------- */

static uint32_t draw(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return (uint32_t)(*seed >> 32);
}

static const char *const texts[] = {"a", "B", "b", "\xc3\xa4", "A\xcc\x88", "", "\xff", "bb", "z z"};

static int compare_texts(struct imapsrv_span a, struct imapsrv_span b)
{
	struct isrv_buf key[2];
	struct isrv_mem mem;
	int order;

	isrv_mem_init(&mem, NULL, SIZE_MAX);
	isrv_buf_init(&key[0], 4096);
	isrv_buf_init(&key[1], 4096);
	assert_true(isrv_collate_key(ISRV_COMPARATOR_UNICODE, a, &key[0], &mem) &&
	            isrv_collate_key(ISRV_COMPARATOR_UNICODE, b, &key[1], &mem));
	order = isrv_collate_compare((struct imapsrv_span){key[0].data, key[0].len},
	                             (struct imapsrv_span){key[1].data, key[1].len});
	isrv_buf_clear(&key[0], &mem);
	isrv_buf_clear(&key[1], &mem);
	return order;
}

static int slow_compare(const struct message *a, const struct message *b, unsigned key)
{
	switch (key) {
	case ISRV_SORT_ARRIVAL:
	case ISRV_SORT_DATE: /* no message has one */
		return (a->arrival > b->arrival) - (a->arrival < b->arrival);
	case ISRV_SORT_SIZE:
		return (a->octets > b->octets) - (a->octets < b->octets);
	case ISRV_SORT_RELEVANCY: /* RFC 6203 6: the highest first */
		return (b->relevancy > a->relevancy) - (b->relevancy < a->relevancy);
	case ISRV_SORT_CC:
		return compare_texts(a->header.cc.mailbox, b->header.cc.mailbox);
	case ISRV_SORT_FROM:
		return compare_texts(a->header.from.mailbox, b->header.from.mailbox);
	case ISRV_SORT_TO:
		return compare_texts(a->header.to.mailbox, b->header.to.mailbox);
	case ISRV_SORT_DISPLAYFROM: /* no host, so the mailbox if there is no name */
		return compare_texts(a->header.from.name.len ? a->header.from.name
		                                             : a->header.from.mailbox,
		                     b->header.from.name.len ? b->header.from.name
		                                             : b->header.from.mailbox);
	case ISRV_SORT_DISPLAYTO:
		return compare_texts(a->header.to.mailbox, b->header.to.mailbox);
	default:
		return compare_texts(a->header.subject, b->header.subject);
	}
}

static struct imapsrv_span some_text(uint64_t *seed)
{
	const char *text = texts[draw(seed) % COUNT(texts)];

	return (struct imapsrv_span){text, strlen(text)};
}

static void test_random(void **unused)
{
	uint64_t steps = 0, seed = 5957;
	struct isrv_mem mem;
	unsigned round;

	(void)unused;
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	for (round = 0; round < 3000; round++) {
		struct message messages[20], *order[20];
		struct isrv_sort_program program = {.count = 0};
		struct isrv_sort_criterion by[6];
		unsigned count = draw(&seed) % 20, criteria = 1 + draw(&seed) % 6, i, k, c;
		struct isrv_sort x;

		for (c = 0; c < criteria; c++) {
			by[c].key = (uint8_t)(draw(&seed) % ISRV_SORT_KEYS);
			by[c].reverse = draw(&seed) % 2;
			isrv_sort_by(&program, (enum isrv_sort_key)by[c].key, by[c].reverse);
		}
		isrv_sort_init(&x, &program, &mem, &steps);
		memset(messages, 0, sizeof(messages));
		for (i = 0; i < count; i++) {
			struct message *m = &messages[i];

			m->uid = 5 * i + 1;
			m->arrival = (int64_t)(draw(&seed) % 4) - 2;
			m->octets = draw(&seed) % 3;
			m->relevancy = 1 + draw(&seed) % 3;
			m->header.subject = some_text(&seed);
			m->header.from.name = some_text(&seed);
			m->header.from.mailbox = some_text(&seed);
			m->header.to.mailbox = some_text(&seed);
			m->header.cc.mailbox = some_text(&seed);
			add(&x, m);
			order[i] = m;
		}
		for (i = 1; i < count; i++) {
			for (k = i; k; k--) {
				struct message *swap = order[k];
				int is = 0;

				for (c = 0; c < criteria && !is; c++) {
					is = slow_compare(order[k - 1], order[k], by[c].key);
					is = by[c].reverse ? -is : is;
				}
				if (is <= 0)
					break;
				order[k] = order[k - 1];
				order[k - 1] = swap;
			}
		}
		assert_true(isrv_sort_begin(&x) && isrv_sort_run(&x, UINT64_MAX) && x.messages == count);
		for (i = 0; i < count; i++)
			if (x.order[i] != order[i]->uid)
				fail_msg("mailbox %u: %u at %u", round, (unsigned)x.order[i], i);
		isrv_sort_clear(&x);
	}
	assert_int_equal(mem.used, 0);
}

/* ---- */

static uint64_t steps_of(uint32_t count)
{
	uint64_t steps = 0;
	struct isrv_sort_program by = {.count = 0};
	struct isrv_sort x;
	struct isrv_mem mem;
	uint32_t i;

	isrv_mem_init(&mem, NULL, (size_t)16 << 20);
	isrv_sort_by(&by, ISRV_SORT_SUBJECT, false);
	isrv_sort_by(&by, ISRV_SORT_DATE, true);
	isrv_sort_init(&x, &by, &mem, &steps);
	for (i = 0; i < count; i++) {
		char subject[32];
		struct message m = {.uid = i + 1, .arrival = (i * 7919) % 1000};

		sprintf(subject, "Re: subject %u", (i * 104729) % (count / 2));
		m.header.subject = (struct imapsrv_span){subject, strlen(subject)};
		add(&x, &m);
	}
	assert_true(isrv_sort_begin(&x) && isrv_sort_run(&x, UINT64_MAX));
	isrv_sort_clear(&x);
	return steps;
}

static void test_size(void **unused)
{
	uint64_t small = steps_of(50000), large = steps_of(100000);

	(void)unused;
	assert_true(large * 10 <= small * 22);
}

static void test_failures(void **unused)
{
	size_t fail = 0;
	bool ok = false;

	(void)unused;
	while (!ok) {
		struct failalloc a;
		struct isrv_mem mem;
		struct isrv_sort_program by = {.count = 0};
		struct isrv_sort x;
		uint64_t steps = 0;
		size_t i;

		failalloc_init(&a);
		a.fail_first = ++fail;
		isrv_mem_init(&mem, &a.allocator, SIZE_MAX);
		isrv_sort_by(&by, ISRV_SORT_SUBJECT, false);
		isrv_sort_by(&by, ISRV_SORT_DISPLAYFROM, false);
		isrv_sort_init(&x, &by, &mem, &steps);
		for (i = 0, ok = true; i < COUNT(mailbox) && ok; i++) {
			const struct message *m = &mailbox[i];
			struct isrv_sort_facts facts = {m->uid, m->arrival, m->octets, &m->header, NULL, 0};

			ok = isrv_sort_add(&x, &facts);
		}
		ok = ok && isrv_sort_begin(&x) && isrv_sort_run(&x, UINT64_MAX);
		assert_int_equal(ok, a.calls < fail);
		isrv_sort_clear(&x);
		assert_int_equal(mem.used, 0);
	}
	assert_true(fail > 8);
}

/* Texts of every length, so that each piece of one is once that for which there is no memory; NULs
 * among them. */
static void test_lengths(void **unused)
{
	static const enum isrv_sort_key keys[] = {ISRV_SORT_SUBJECT, ISRV_SORT_DISPLAYFROM,
	                                          ISRV_SORT_DISPLAYFROM, ISRV_SORT_FROM};
	char text[140];
	size_t way, len, fail;

	(void)unused;
	for (way = 0; way < COUNT(keys); way++) {
		for (len = 1; len < sizeof(text); len++) {
			bool ok = false;

			memset(text, 'x', sizeof(text));
			text[len / 2] = '\0';
			for (fail = 1; !ok; fail++) {
				struct isrv_sort_program by = {.count = 0};
				struct isrv_header h = {.date = NONE};
				struct isrv_sort_facts facts = {1, 0, 0, &h, NULL, 0};
				struct failalloc a;
				struct isrv_mem mem;
				struct isrv_buf key;
				struct isrv_sort x;
				uint64_t steps = 0;

				if (way == 0)
					h.subject = (struct imapsrv_span){text, len};
				else if (way == 1)
					h.from.name = (struct imapsrv_span){text, len};
				else
					h.from.mailbox = (struct imapsrv_span){text, len};
				if (way > 1)
					h.from.host = (struct imapsrv_span){text, len};
				failalloc_init(&a);
				a.fail_first = fail;
				isrv_mem_init(&mem, &a.allocator, SIZE_MAX);
				isrv_sort_by(&by, keys[way], false);
				isrv_sort_init(&x, &by, &mem, &steps);
				isrv_buf_init(&key, 4096);
				ok = isrv_sort_key(&x, &facts, &key) && isrv_sort_add(&x, &facts) &&
				     isrv_sort_begin(&x) && isrv_sort_run(&x, UINT64_MAX);
				assert_int_equal(ok, a.calls < fail);
				isrv_buf_clear(&key, &mem);
				isrv_sort_clear(&x);
				assert_int_equal(a.held, 0);
			}
		}
	}
}

/* More than a 32-bit host has room for is refused everywhere. */
static void test_expect(void **unused)
{
	struct isrv_sort_program by = {.count = 0};
	uint64_t steps = 0;
	struct isrv_mem mem;
	struct isrv_sort x;

	(void)unused;
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	isrv_sort_by(&by, ISRV_SORT_ARRIVAL, false);
	isrv_sort_init(&x, &by, &mem, &steps);
	assert_false(isrv_sort_expect(&x, UINT32_MAX / 4 + 1));
	assert_true(isrv_sort_expect(&x, 10));
	assert_int_equal(x.room, 10);
	isrv_sort_clear(&x);
	assert_int_equal(mem.used, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_criteria), cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_sent),     cmocka_unit_test(test_random),
		cmocka_unit_test(test_size),     cmocka_unit_test(test_failures),
		cmocka_unit_test(test_lengths),  cmocka_unit_test(test_expect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
