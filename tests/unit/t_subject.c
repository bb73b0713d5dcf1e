/* SPDX-License-Identifier: MIT */
/*
 * search/subject: the rules of RFC 5256 2.1 and 5 by table, then random subjects made of what the
 * rules speak of against an oracle that does them one by one, and the steps of the worst ones.
 */
#include "search/subject.h"

#include "search/collate.h"
#include "unit/failalloc.h"
#include "unit/subjectoracle.h"

static struct isrv_subject read_subject(const char *text, size_t len, struct isrv_buf *room,
                                        struct isrv_mem *mem, uint64_t *steps)
{
	struct isrv_subject subject;
	char *block = exact(text, len);

	assert_true(isrv_subject_read((struct imapsrv_span){block, len}, room, mem, steps,
	                              &subject));
	free(block);
	return subject;
}

static void test_rules(void **unused)
{
	static const struct {
		const char *text;
		const char *base;
		bool reply;
	} rows[] = {
		{"", "", false},
		{"hello", "hello", false},
		/* (1) encoded words, tabs, continuations, spaces */
		{"=?utf-8?q?Re=3A_caf=C3=A9?=", "caf\xc3\xa9", true},
		{"=?iso-8859-1?q?[x]_Gr=FC=DFe?=", "Gr\xc3\xbc\xc3\x9f" "e", false},
		{"a\t b   c \t\t d", "a b c d", false},
		{"=?utf-8?b?YQlicmU6?=", "a bre:", false},
		{"\t hello", "hello", false},
		/* (2) trailers */
		{"hello  ", "hello", false},
		{"hello (fwd)", "hello", true},
		{"hello(FWD)", "hello", true},
		{"hello (fwd) (Fwd)  (fwd)", "hello", true},
		{"hello (fwd", "hello (fwd", false},
		{"hello (fwd) x", "hello (fwd) x", false},
		{"(fwd)", "", true},
		{"(fwd) (fwd)", "", true},
		/* (3) leaders */
		{"re: hello", "hello", true},
		{"Re: hello", "hello", true},
		{"RE:hello", "hello", true},
		{"re  : hello", "hello", true},
		{"fw: hello", "hello", true},
		{"Fwd: hello", "hello", true},
		{"re: fw: fwd: RE: hello", "hello", true},
		{"re[2]: hello", "hello", true},
		{"re [2] : hello", "hello", true},
		{"re[2: hello", "re[2: hello", false},
		{"re[[2]]: hello", "re[[2]]: hello", false},
		{"re[2][3]: hello", "re[2][3]: hello", false},
		{"re", "re", false},
		{"re:", "", true},
		{"re: ", "", true},
		{"rex: hello", "rex: hello", false},
		{"fwdx: hello", "fwdx: hello", false},
		{"fw d: hello", "fw d: hello", false},
		{"aw: hello", "aw: hello", false},
		{"[list] re: hello", "hello", true},
		{"[a] [b] re: hello", "hello", true},
		{"[a][b]re[c]:hello", "hello", true},
		{"re: [list] hello", "hello", true},
		/* (4) blobs, of which the last stays where there is nothing else */
		{"[list] hello", "hello", false},
		{"[a][b] [c] hello", "hello", false},
		{"[hello]", "[hello]", false},
		{"[a] [hello]", "[hello]", false},
		{"re: [a] [hello]", "[hello]", true},
		{"[a] re: [hello] ", "[hello]", true},
		{"[a] [b] re:", "", true},
		{"[]", "[]", false},
		{"[] x", "x", false},
		{"[a [b] x", "[a [b] x", false},
		{"[a", "[a", false},
		{"[a]b]", "b]", false},
		{"hello [list]", "hello [list]", false},
		/* (6) forwards */
		{"[fwd: hello]", "hello", true},
		{"[Fwd:hello]", "hello", true},
		{"[fwd: [fwd: hello]]", "hello", true},
		{"[fwd: re: hello (fwd)]", "hello", true},
		{"re: [fwd: [list] hello]", "hello", true},
		{"[fwd: [hello]]", "[hello]", true},
		{"[fwd:]", "", true},
		{"[fwd: ]", "", true},
		{"[fwd: hello] x", "x", false},
		{"[fwd: hello] (fwd)", "hello", true},
		{"[fwd: [a] hello", "[fwd: [a] hello", false},
		{"[fwd hello]", "[fwd hello]", false},
		{"[fwd: hello]]", "]", false},
		{"[a] [fwd: hello]", "hello", true},
		/* what is no UTF-8 is left as it is */
		{"Re: Gr\xfc\xdf" "e", "Gr\xfc\xdf" "e", true},
		{"\x01re: x", "\x01re: x", false},
	};
	struct isrv_mem mem;
	struct isrv_buf room;
	uint64_t steps = 0;
	size_t i;

	(void)unused;
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	isrv_buf_init(&room, 4096);
	for (i = 0; i < COUNT(rows); i++) {
		struct isrv_subject s =
			read_subject(rows[i].text, strlen(rows[i].text), &room, &mem, &steps);

		if (s.base.len != strlen(rows[i].base) ||
		    memcmp(s.base.data, rows[i].base, s.base.len) != 0)
			fail_msg("row %zu: %s: %.*s", i, rows[i].text, (int)s.base.len,
			         s.base.data);
		ROW(i, s.reply == rows[i].reply);
	}
	isrv_buf_clear(&room, &mem);
	assert_int_equal(mem.used, 0);
}

static uint32_t draw(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return (uint32_t)(*seed >> 32);
}

static void test_random(void **unused)
{
	static const char *const pieces[] = {"re",    "fw",  "fwd", ":",    " ",   "[",   "]",
	                                     "(fwd)", "[fwd:", "Re:", "[a]", "x", "(", "Fwd: ",
	                                     "fwd:]", "d",   "[b] ", "RE[1]:"};
	struct isrv_mem mem;
	struct isrv_buf room;
	uint64_t steps = 0, seed = 20250106;
	unsigned i;

	(void)unused;
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	isrv_buf_init(&room, 4096);
	for (i = 0; i < 50000; i++) {
		char text[256] = "", slow[256];
		unsigned n = draw(&seed) % 12;
		struct isrv_subject s;
		bool reply;
		size_t len;

		while (n--) {
			const char *piece = pieces[draw(&seed) % COUNT(pieces)];

			if (*piece != ' ' || (*text && text[strlen(text) - 1] != ' '))
				strcat(text, piece);
		}
		strcpy(slow, text);
		len = oracle_subject(slow, strlen(slow), &reply);
		s = read_subject(text, strlen(text), &room, &mem, &steps);
		if (s.base.len != len || memcmp(s.base.data, slow, len) != 0 || s.reply != reply)
			fail_msg("case %u: \"%s\" gives \"%.*s\" %d, not \"%.*s\" %d", i, text,
			         (int)s.base.len, s.base.data, s.reply, (int)len, slow, reply);
	}
	isrv_buf_clear(&room, &mem);
}

/* What could make it look again and again. */
static void test_steps(void **unused)
{
	static const struct {
		const char *head, *unit, *tail;
	} rows[] = {
		{"", "[a]", "x"},      {"", "[a]", ""},       {"", "[fwd:", "x"},
		{"", "re:", ""},       {"", " (fwd)", ""},    {"", "[fwd: ", "]]]]]]]"},
		{"", "[", ""},         {"re ", "[a", ""},     {"", "[a] re:", ""},
		{"", "[a][fwd:", "]]"}, {"", "=?utf-8?q?[a]?= ", ""}, {"x", "]", ""},
	};
	struct isrv_mem mem;
	struct isrv_buf room;
	size_t i, k, n;

	(void)unused;
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	isrv_buf_init(&room, 1 << 22);
	for (i = 0; i < COUNT(rows); i++) {
		uint64_t steps[2] = {0, 0};

		for (k = 0; k < 2; k++) {
			size_t times = 4000u << k, unit = strlen(rows[i].unit);
			char *text = malloc(2 * times * unit + 100), *at = text;

			assert_non_null(text);
			at += sprintf(at, "%s", rows[i].head);
			for (n = 0; n < times; n++)
				at += sprintf(at, "%s", rows[i].unit);
			at += sprintf(at, "%s", rows[i].tail);
			if (strcmp(rows[i].unit, "[fwd:") == 0)
				for (n = 0; n < times; n++)
					at += sprintf(at, "]");
			(void)read_subject(text, (size_t)(at - text), &room, &mem, &steps[k]);
			free(text);
		}
		if (steps[1] * 10 > steps[0] * 22)
			fail_msg("row %zu: %llu, then %llu steps", i, (unsigned long long)steps[0],
			         (unsigned long long)steps[1]);
	}
	isrv_buf_clear(&room, &mem);
}

static void test_failures(void **unused)
{
	static const char text[] = "=?utf-8?q?Re=3A_caf=C3=A9?= [list] and more than sixty-four "
				   "octets of something else";
	struct isrv_subject subject;
	size_t fail;

	(void)unused;
	for (fail = 1;; fail++) {
		struct failalloc a;
		struct isrv_mem mem;
		struct isrv_buf room;
		uint64_t steps = 0;
		bool ok;

		failalloc_init(&a);
		a.fail_first = fail;
		isrv_mem_init(&mem, &a.allocator, SIZE_MAX);
		isrv_buf_init(&room, 4096);
		ok = isrv_subject_read((struct imapsrv_span){text, sizeof(text) - 1}, &room, &mem,
		                       &steps, &subject);
		assert_int_equal(ok, a.calls < fail);
		isrv_buf_clear(&room, &mem);
		assert_int_equal(mem.used, 0);
		if (ok)
			break;
	}
	assert_true(fail > 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
