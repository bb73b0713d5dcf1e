/* SPDX-License-Identifier: MIT */
/*
 * search/thread: the steps of REFERENCES by table, the examples of RFC 5256, random mailboxes
 * against an oracle, and chains and cycles of a hundred thousand messages by their steps.
 */
#include "unit/failalloc.h"
#include "unit/threading.h"
#include "unit/threadoracle.h"

#define REFS ISRV_THREAD_REFERENCES_ALGORITHM
#define SUBJ ISRV_THREAD_ORDEREDSUBJECT

static void test_steps_of_references(void **unused)
{
	static const struct {
		const char *what;
		struct threading_message messages[6];
		const char *threads;
	} rows[] = {
		{"nothing", {{0}}, ""},
		{"one", {{7, 0, "x", "<a@x>", NULL, NULL}}, "(7)"},
		{"no fields at all", {{1, 0, NULL, NULL, NULL, NULL}, {2, 1, NULL, NULL, NULL, NULL}},
		 "(1)(2)"},
		{"a reply",
		 {{1, 0, "x", "<a@x>", NULL, NULL}, {2, 1, "y", "<b@x>", "<a@x>", NULL}}, "(1 2)"},
		{"In-Reply-To where there are no References",
		 {{1, 0, "x", "<a@x>", NULL, NULL}, {2, 1, "y", "<b@x>", NULL, "of Monday <a@x>"}},
		 "(1 2)"},
		{"In-Reply-To where References hold no valid ID",
		 {{1, 0, "x", "<a@x>", NULL, NULL}, {2, 1, "y", "<b@x>", "<a>", "<a@x>"}}, "(1 2)"},
		{"In-Reply-To counts for nothing beside References",
		 {{1, 0, "x", "<a@x>", NULL, NULL},
		  {2, 1, "y", "<b@x>", NULL, NULL},
		  {3, 2, "z", "<c@x>", "<b@x>", "<a@x>"}},
		 "(1)(2 3)"},
		{"the first of In-Reply-To",
		 {{1, 0, "x", "<a@x>", NULL, NULL},
		  {2, 1, "y", "<b@x>", NULL, NULL},
		  {3, 2, "z", "<c@x>", NULL, "<b@x> <a@x>"}},
		 "(1)(2 3)"},
		{"quoting makes no difference",
		 {{1, 0, "x", "<\"a\"@x>", NULL, NULL}, {2, 1, "y", "<b@x>", "<a@x>", NULL}},
		 "(1 2)"},
		{"case makes one",
		 {{1, 0, "x", "<a@x>", NULL, NULL}, {2, 1, "y", "<b@x>", "<A@x>", NULL}},
		 "(1)(2)"},
		{"a chain that is told out of order",
		 {{1, 2, "x", "<c@x>", "<a@x> <b@x>", NULL},
		  {2, 1, "y", "<b@x>", "<a@x>", NULL},
		  {3, 0, "z", "<a@x>", NULL, NULL}},
		 "(3 2 1)"},
		{"1.A: the first link stays",
		 {{1, 0, "w", "<a@x>", NULL, NULL},
		  {2, 1, "x", "<b@x>", NULL, NULL},
		  {3, 2, "y", "<c@x>", "<a@x> <m@x>", NULL},
		  {4, 3, "z", "<d@x>", "<b@x> <m@x>", NULL}},
		 "(1 (3)(4))(2)"},
		{"1.B: its own word is the last",
		 {{1, 0, "x", "<c@x>", "<a@x> <b@x>", NULL},
		  {2, 1, "y", "<b@x>", "<z@x>", NULL},
		  {3, 2, "w", "<a@x>", NULL, NULL}},
		 "(2 1)(3)"},
		{"1.B: no references, no parent",
		 {{1, 0, "x", "<c@x>", "<a@x> <b@x>", NULL},
		  {2, 1, "y", "<b@x>", NULL, NULL},
		  {3, 2, "w", "<a@x>", NULL, NULL}},
		 "(2 1)(3)"},
		{"1.B: a loop leaves it without a parent",
		 {{1, 0, "x", "<a@x>", "<z@x>", NULL},
		  {2, 1, "y", "<b@x>", "<a@x>", NULL},
		  {3, 2, "w", "<z@x>", "<b@x>", NULL}},
		 "(3 1 2)"},
		{"itself",
		 {{1, 0, "x", "<a@x>", "<a@x>", NULL}}, "(1)"},
		{"itself in the middle",
		 {{1, 0, "x", "<a@x>", "<b@x> <a@x> <c@x>", NULL},
		  {2, 1, "y", "<c@x>", NULL, NULL}},
		 "(1)(2)"},
		{"each other",
		 {{1, 0, "x", "<a@x>", "<b@x>", NULL}, {2, 1, "y", "<b@x>", "<a@x>", NULL}},
		 "(2 1)"},
		{"the same one twice in a row",
		 {{1, 0, "x", "<a@x>", NULL, NULL}, {2, 1, "y", "<b@x>", "<a@x> <a@x>", NULL}},
		 "(1 2)"},
		{"two have one ID: the first counts",
		 {{1, 5, "x", "<a@x>", NULL, NULL},
		  {2, 1, "y", "<a@x>", NULL, NULL},
		  {3, 6, "z", "<b@x>", "<a@x>", NULL}},
		 "(2)(1 3)"},
		{"an ID that is not valid is none",
		 {{1, 0, "x", "<a>", NULL, NULL}, {2, 1, "y", "<b@x>", "<a>", NULL}}, "(1)(2)"},
		{"3: a dummy at the top with one child",
		 {{1, 0, "x", "<a@x>", "<z@x>", NULL}}, "(1)"},
		{"3: a dummy at the top with two",
		 {{3, 0, "x", "<a@x>", "<z@x>", NULL}, {5, 1, "y", "<b@x>", "<z@x>", NULL}},
		 "((3)(5))"},
		{"3: a dummy between",
		 {{1, 0, "w", "<a@x>", NULL, NULL},
		  {2, 1, "x", "<b@x>", "<a@x> <z@x>", NULL},
		  {3, 2, "y", "<c@x>", "<a@x> <z@x>", NULL}},
		 "(1 (2)(3))"},
		{"3: dummies below a dummy",
		 {{1, 0, "w", "<a@x>", "<x@x> <y@x>", NULL},
		  {2, 1, "x", "<b@x>", "<x@x> <z@x>", NULL}},
		 "((1)(2))"},
		{"3: a dummy left with one child once its empty one is gone",
		 {{1, 0, "w", "<a@x>", "<x@x>", NULL},
		  {2, 1, "x", "<b@x>", "<x@x> <y@x>", NULL},
		  {3, 2, "y", "<y@x>", NULL, NULL}},
		 "(1)(3 2)"},
		{"4 and 6: by date, then by number",
		 {{1, 9, "w", "<a@x>", NULL, NULL},
		  {2, 3, "x", "<b@x>", NULL, NULL},
		  {3, 9, "y", "<c@x>", "<b@x>", NULL},
		  {4, 9, "z", "<d@x>", "<b@x>", NULL},
		  {5, 1, "v", "<e@x>", "<b@x>", NULL}},
		 "(2 (5)(3)(4))(1)"},
		{"4: a dummy by its first child",
		 {{1, 5, "w", "<a@x>", NULL, NULL},
		  {2, 9, "x", "<b@x>", "<z@x>", NULL},
		  {3, 1, "y", "<c@x>", "<z@x>", NULL}},
		 "((3)(2))(1)"},
		{"5: a reply goes below",
		 {{1, 0, "hello", "<a@x>", NULL, NULL}, {2, 1, "Re: Hello", "<b@x>", NULL, NULL}},
		 "(1 2)"},
		{"5: also if it is the older one",
		 {{1, 1, "hello", "<a@x>", NULL, NULL}, {2, 0, "Re: hello", "<b@x>", NULL, NULL}},
		 "(1 2)"},
		{"5: two of a kind stand below a dummy",
		 {{1, 0, "hello", "<a@x>", NULL, NULL}, {2, 1, "hello", "<b@x>", NULL, NULL}},
		 "((1)(2))"},
		{"5: two replies as well",
		 {{1, 0, "Re: hello", "<a@x>", NULL, NULL}, {2, 1, "Re: hello", "<b@x>", NULL, NULL}},
		 "((1)(2))"},
		{"5: and the third and the reply beside them",
		 {{1, 0, "hello", "<a@x>", NULL, NULL},
		  {2, 1, "hello", "<b@x>", NULL, NULL},
		  {3, 2, "hello", "<c@x>", NULL, NULL},
		  {4, 3, "Fwd: hello", "<d@x>", NULL, NULL}},
		 "((1)(2)(3)(4))"},
		{"5: dummies become one",
		 {{1, 0, "hello", "<a@x>", "<y@x>", NULL},
		  {2, 1, "x", "<b@x>", "<y@x>", NULL},
		  {3, 2, "Re: hello", "<c@x>", "<z@x>", NULL},
		  {4, 3, "z", "<d@x>", "<z@x>", NULL}},
		 "((1)(2)(3)(4))"},
		{"5: a dummy takes in a message that came before it",
		 {{1, 0, "hello", "<a@x>", NULL, NULL},
		  {2, 1, "hello", "<b@x>", "<y@x>", NULL},
		  {3, 2, "x", "<c@x>", "<y@x>", NULL}},
		 "((1)(2)(3))"},
		{"5: the subject of the first child",
		 {{1, 5, "hello", "<a@x>", "<y@x>", NULL},
		  {2, 1, "x", "<b@x>", "<y@x>", NULL},
		  {3, 9, "Re: x", "<c@x>", NULL, NULL}},
		 "((2)(1)(3))"},
		{"5: subjects of messages below others do not count",
		 {{1, 0, "hello", "<a@x>", NULL, NULL},
		  {2, 1, "other", "<b@x>", "<a@x>", NULL},
		  {3, 2, "Re: other", "<c@x>", NULL, NULL}},
		 "(1 2)(3)"},
		{"5: an empty subject is none",
		 {{1, 0, "", "<a@x>", NULL, NULL},
		  {2, 1, "Re:", "<b@x>", NULL, NULL},
		  {3, 2, NULL, "<c@x>", NULL, NULL}},
		 "(1)(2)(3)"},
	};
	struct isrv_mem mem;
	uint64_t steps = 0;
	char out[256];
	size_t i, n;

	(void)unused;
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	for (i = 0; i < COUNT(rows); i++) {
		for (n = 0; n < 6 && rows[i].messages[n].uid; n++)
			;
		ROW(i, threading_run(REFS, rows[i].messages, n, &mem, &steps, out, sizeof(out)));
		if (strcmp(out, rows[i].threads) != 0)
			fail_msg("row %zu, %s: %s", i, rows[i].what, out);
	}
	assert_int_equal(mem.used, 0);
}

static void test_orderedsubject(void **unused)
{
	static const struct {
		struct threading_message messages[6];
		const char *threads;
	} rows[] = {
		{{{0}}, ""},
		{{{1, 0, "a", NULL, NULL, NULL}}, "(1)"},
		{{{1, 0, "a", NULL, NULL, NULL}, {2, 1, "A", NULL, NULL, NULL}}, "(1 2)"},
		{{{1, 0, "a", NULL, NULL, NULL},
		  {2, 1, "Re: a", NULL, NULL, NULL},
		  {3, 2, "[x] a", NULL, NULL, NULL}},
		 "(1 (2)(3))"},
		{{{1, 9, "a", NULL, NULL, NULL},
		  {2, 1, "b", NULL, NULL, NULL},
		  {3, 0, "a", NULL, NULL, NULL}},
		 "(3 1)(2)"},
		{{{1, 4, "a", NULL, NULL, NULL},
		  {2, 4, "b", NULL, NULL, NULL},
		  {3, 4, "a", NULL, NULL, NULL}},
		 "(1 3)(2)"},
		{{{1, 0, "", NULL, NULL, NULL}, {2, 1, NULL, NULL, NULL, NULL}}, "(1 2)"},
		/* References count for nothing. */
		{{{1, 0, "a", "<a@x>", NULL, NULL}, {2, 1, "b", "<b@x>", "<a@x>", NULL}}, "(1)(2)"},
	};
	struct isrv_mem mem;
	uint64_t steps = 0;
	char out[256];
	size_t i, n;

	(void)unused;
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	for (i = 0; i < COUNT(rows); i++) {
		for (n = 0; n < 6 && rows[i].messages[n].uid; n++)
			;
		ROW(i, threading_run(SUBJ, rows[i].messages, n, &mem, &steps, out, sizeof(out)));
		if (strcmp(out, rows[i].threads) != 0)
			fail_msg("row %zu: %s", i, out);
	}
}

/* ---- the examples of RFC 5256 -------------------------------------------------------------- */

struct example {
	struct threading_message messages[64];
	char ids[64][3][24]; /* its own, that of its parent, its subject */
	size_t count;
};

static int by_uid(const void *a, const void *b)
{
	const struct threading_message *x = a, *y = b;

	return x->uid < y->uid ? -1 : 1;
}

/* Messages that a response was made of: each replies to the one it stands below, or to one that
 * does not exist; dates ascend along the response. */
static void make_example(struct example *e, const char *response)
{
	uint32_t stack[16], parent = 0, missing = 1000;
	unsigned depth = 0;
	const char *at;
	char *end;

	memset(e, 0, sizeof(*e));
	for (at = response; *at;) {
		if (*at == '(') {
			stack[depth++] = parent;
			if (at[1] == '(' && !parent)
				parent = missing++;
			at++;
		} else if (*at == ')') {
			parent = stack[--depth];
			at++;
		} else if (*at == ' ') {
			at++;
		} else {
			struct threading_message *m = &e->messages[e->count];
			char(*ids)[24] = e->ids[e->count];

			m->uid = (uint32_t)strtoul(at, &end, 10);
			at = end;
			m->date = (int64_t)e->count++;
			sprintf(ids[0], "<%u@x>", (unsigned)m->uid);
			sprintf(ids[1], "<%u@x>", (unsigned)parent);
			sprintf(ids[2], "%u", (unsigned)(depth == 1 ? m->uid : stack[1]));
			m->message_id = ids[0];
			m->in_reply_to = parent ? ids[1] : NULL;
			m->subject = ids[0];
			parent = m->uid;
		}
	}
}

static void test_examples(void **unused)
{
	static const struct {
		enum isrv_thread_algorithm algorithm;
		const char *response;
	} rows[] = {
		{SUBJ, "(166)(167)(168)(169)(172)(170)(171)"
		       "(173)(174 (175)(176)(178)(181)(180))(179)(177 "
		       "(183)(182)(188)(184)(185)(186)(187)(189))(190)"
		       "(191)(192)(193)(194 195)(196 (197)(198))(199)"
		       "(200 202)(201)(203)(204)(205)(206 207)(208)"},
		{REFS, "(166)(167)(168)(169)(172)((170)(179))"
		       "(171)(173)((174)(175)(176)(178)(181)(180))"
		       "((177)(183)(182)(188 (184)(189))(185 186)(187))"
		       "(190)(191)(192)(193)((194)(195 196))(197 198)"
		       "(199)(200 202)(201)(203)(204)(205 206 207)(208)"},
		{REFS, "(2)(3 6 (4 23)(44 7 96))"},
		{REFS, "((3)(5))"},
	};
	struct isrv_mem mem;
	uint64_t steps = 0;
	char out[1024];
	size_t i, k;

	(void)unused;
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	for (i = 0; i < COUNT(rows); i++) {
		struct example e;

		make_example(&e, rows[i].response);
		for (k = 0; k < e.count && rows[i].algorithm == SUBJ; k++)
			e.messages[k].subject = e.messages[k].in_reply_to ? e.messages[k].in_reply_to
			                                                  : e.messages[k].message_id;
		qsort(e.messages, e.count, sizeof(e.messages[0]), by_uid);
		ROW(i, threading_run(rows[i].algorithm, e.messages, e.count, &mem, &steps, out,
		                     sizeof(out)));
		if (strcmp(out, rows[i].response) != 0)
			fail_msg("row %zu: %s", i, out);
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

static const char *const ids[] = {"<a@x>", "<b@x>", "<c@x>", "<d@x>", "<e@x>", "<f@x>",
                                  "<g@x>", "<h@x>", "<i@x>", "<j@x>", "<k@x>", "<l@x>"};
static const struct {
	const char *subject, *base;
	bool reply;
} subjects[] = {
	{"", "", false},     {"one", "one", false},   {"Re: one", "one", true},
	{"two", "two", false}, {"two (fwd)", "two", true}, {"[fwd: three]", "three", true},
	{"four", "four", false}, {"five", "five", false},
};

struct mailbox {
	struct threading_message messages[ORACLE_MESSAGES];
	struct oracle_message slow[ORACLE_MESSAGES];
	char references[ORACLE_MESSAGES][ORACLE_REFS * 6 + 1];
};

static void fill_mailbox(struct mailbox *box, int count, uint64_t *seed)
{
	unsigned names = 2 + draw(seed) % (COUNT(ids) - 2);
	unsigned topics = 1 + draw(seed) % COUNT(subjects);
	int i, k;

	memset(box, 0, sizeof(*box));
	for (i = 0; i < count; i++) {
		struct threading_message *m = &box->messages[i];
		struct oracle_message *slow = &box->slow[i];
		unsigned subject = draw(seed) % topics;

		m->uid = slow->uid = (uint32_t)(3 * i + 2);
		m->date = slow->date = draw(seed) % 5;
		m->subject = subjects[subject].subject;
		slow->base = subjects[subject].base;
		slow->reply = subjects[subject].reply;
		if (draw(seed) % 6)
			m->message_id = slow->id = ids[draw(seed) % names];
		slow->ref_count = draw(seed) % 3 ? (int)(draw(seed) % ORACLE_REFS) : 0;
		for (k = 0; k < slow->ref_count; k++) {
			slow->refs[k] = ids[draw(seed) % names];
			strcat(box->references[i], slow->refs[k]);
		}
		m->references = slow->ref_count ? box->references[i] : NULL;
		if (!slow->ref_count && draw(seed) % 2) {
			slow->refs[slow->ref_count++] = ids[draw(seed) % names];
			m->in_reply_to = slow->refs[0];
		}
	}
}

static void test_random(void **unused)
{
	static struct mailbox box;
	uint64_t steps = 0, seed = 5256;
	struct isrv_mem mem;
	char fast[1024], slow[1024];
	unsigned i;

	(void)unused;
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	for (i = 0; i < 20000; i++) {
		int count = (int)(draw(&seed) % ORACLE_MESSAGES);
		bool refs = i % 4 != 0;

		fill_mailbox(&box, count, &seed);
		if (refs)
			oracle_references(box.slow, count, slow);
		else
			oracle_orderedsubject(box.slow, count, slow);
		ROW(i, threading_run(refs ? REFS : SUBJ, box.messages, (size_t)count, &mem, &steps,
		                     fast, sizeof(fast)));
		if (strcmp(fast, slow) != 0)
			fail_msg("mailbox %u: %s, not %s", i, fast, slow);
	}
	assert_int_equal(mem.used, 0);
}

/* ---- size ---------------------------------------------------------------------------------- */

enum shape { CHAIN, BACKWARDS, CYCLE, FAN, DUMMIES, TOPIC, SHAPES };

/* One message of many, in a shape that is as bad as can be. */
static void shape_message(struct isrv_thread *t, enum shape shape, uint32_t i, uint32_t count)
{
	char id[40], references[80] = "", subject[40] = "same";
	struct isrv_header h;
	struct isrv_sort_facts facts = {i + 1, shape == CHAIN ? (int64_t)(count - i) : 0, 0, &h, NULL, 0};

	sprintf(id, "<%u@example.com>", (unsigned)i);
	if (shape == CHAIN && i)
		sprintf(references, "<%u@example.com>", (unsigned)i - 1);
	if (shape == BACKWARDS || shape == CYCLE)
		sprintf(references, "<%u@example.com>",
		        (unsigned)(shape == CYCLE ? (i + 1) % count : i + 1));
	if (shape == FAN)
		sprintf(references, "<nobody@example.com>");
	if (shape == DUMMIES)
		sprintf(references, "<x%u@example.com> <x%u@example.com>", (unsigned)i + 1,
		        (unsigned)i);
	if (shape != TOPIC)
		sprintf(subject, "subject %u", (unsigned)i);
	memset(&h, 0, sizeof(h));
	h.subject = threading_field(subject);
	h.message_id = threading_field(id);
	h.references = threading_field(references);
	assert_true(isrv_thread_add(t, &facts));
}

static uint64_t steps_of(enum shape shape, uint32_t count)
{
	uint64_t steps = 0, members = 0, open = 0, closed = 0;
	struct isrv_thread t;
	struct isrv_mem mem;
	uint32_t i, uid;
	char mark;

	isrv_mem_init(&mem, NULL, SIZE_MAX);
	isrv_thread_init(&t, REFS, ISRV_COMPARATOR_UNICODE, &mem, &steps);
	for (i = 0; i < count; i++)
		shape_message(&t, shape, i, count);
	assert_true(isrv_thread_build(&t, UINT64_MAX) == ISRV_THREAD_BUILT);
	while (isrv_thread_next(&t, &mark, &uid)) {
		members += !mark;
		open += mark == '(';
		closed += mark == ')';
	}
	assert_int_equal(members, count);
	assert_int_equal(open, closed);
	/* One thread in all of them: a chain, or siblings. */
	if (shape == CHAIN || shape == BACKWARDS || shape == CYCLE)
		assert_int_equal(open, 1);
	else
		assert_true(open == (uint64_t)count + 1);
	isrv_thread_clear(&t);
	assert_int_equal(mem.used, 0);
	return steps;
}

static void test_size(void **unused)
{
	unsigned shape;

	(void)unused;
	for (shape = 0; shape < SHAPES; shape++) {
		uint64_t small = steps_of((enum shape)shape, 50000);
		uint64_t large = steps_of((enum shape)shape, 100000);

		if (large * 10 > small * 23 || large > UINT64_C(100000) * 500)
			fail_msg("shape %u: %llu, then %llu steps", shape,
			         (unsigned long long)small, (unsigned long long)large);
	}
}

/* Of very many references the last ones count. */
static void test_many_references(void **unused)
{
	static char references[40000];
	struct threading_message messages[] = {
		{1, 0, "a", "<0@x>", NULL, NULL},
		{2, 1, "b", "<1500@x>", NULL, NULL},
		{3, 2, "c", "<1999@x>", NULL, NULL},
		{4, 3, "d", "<end@x>", references, NULL},
	};
	struct isrv_mem mem;
	uint64_t steps = 0;
	char out[64], *at = references;
	unsigned i;

	(void)unused;
	for (i = 0; i < 2000; i++)
		at += sprintf(at, "<%u@x>\t", i);
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	assert_true(threading_run(REFS, messages, COUNT(messages), &mem, &steps, out, sizeof(out)));
	assert_string_equal(out, "(1)(2 3 4)");
}

static void test_failures(void **unused)
{
	static const struct threading_message messages[] = {
		{1, 0, "hello", "<\"a\\b\"@x>", NULL, NULL},
		{2, 1, "hello", "<b@x>", NULL, NULL},
		{3, 2, "=?utf-8?q?Re=3A_hello?=", "<c@x>", "<b@x> <z@x>", NULL},
		{4, 3, "Fwd: else", "<d@x>", "<y@x> <z@x>", NULL},
		{5, 4, "Fwd: else", NULL, "<y@x>", NULL},
	};
	size_t fail = 0;
	bool ok = false;
	char out[256];

	(void)unused;
	while (!ok) {
		struct failalloc a;
		struct isrv_mem mem;
		uint64_t steps = 0;

		failalloc_init(&a);
		a.fail_first = ++fail;
		isrv_mem_init(&mem, &a.allocator, SIZE_MAX);
		ok = threading_run(REFS, messages, COUNT(messages), &mem, &steps, out, sizeof(out));
		assert_int_equal(ok, a.calls < fail);
		assert_int_equal(mem.used, 0);
	}
	assert_true(fail > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steps_of_references),
		cmocka_unit_test(test_orderedsubject),
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_many_references),
		cmocka_unit_test(test_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
