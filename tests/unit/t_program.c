/* SPDX-License-Identifier: MIT */
/*
 * search/program: the grammar by table, single keys by table, and random programs against a tree
 * that is evaluated the simple way.  ISRV_SEED repeats a run.
 */
#include "unit/row.h"

#include "base/uidset.h"
#include "search/program.h"

static uint64_t seed, state;

static uint32_t draw(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)((state * 0x2545f4914f6cdd1du) >> 33) % below;
}

struct bench {
	struct isrv_mem mem;
	struct isrv_arena arena;
	struct imapsrv_limits limits;
	struct isrv_reader r;
	struct isrv_program p;
	uint64_t steps;
};

static void begin(struct bench *b)
{
	memset(b, 0, sizeof(*b));
	isrv_mem_init(&b->mem, NULL, SIZE_MAX);
	isrv_arena_init(&b->arena, &b->mem, 16u << 20);
	b->limits.search_terms = 10000;
	b->limits.depth = 100;
}

static void end(struct bench *b)
{
	isrv_arena_clear(&b->arena);
	assert_int_equal(b->mem.used, 0);
}

static bool parse(struct bench *b, const char *text, size_t len)
{
	isrv_arena_reset(&b->arena);
	isrv_reader_init(&b->r, &b->arena, text, len);
	b->r.steps = &b->steps;
	b->r.keyword_max = 255;
	return isrv_program_parse(&b->p, &b->r, &b->limits,
	                          ISRV_SEARCH_MODSEQ | ISRV_SEARCH_OBJECTID | ISRV_SEARCH_SAVEDATE |
	                                  ISRV_SEARCH_WITHIN | ISRV_SEARCH_UIDAFTER |
	                                  ISRV_SEARCH_FILTER | ISRV_SEARCH_FUZZY);
}

/* Numbers and UIDs are the same here; "*" is 1000 and "$" is 7. */
static void resolve(struct isrv_program *p)
{
	static const struct imapsrv_range saved = {7, 7};
	struct isrv_rd_set *set;
	uint32_t i;

	for (i = 0; i < p->count; i++) {
		if (p->terms[i].kind != ISRV_TERM_SET)
			continue;
		set = &p->terms[i].u.set.written;
		p->terms[i].u.set.uids = (struct imapsrv_set){set->ranges, set->count};
		if (set->saved)
			p->terms[i].u.set.uids = (struct imapsrv_set){&saved, 1};
	}
}

/* Where filters are named. */
static void test_filters(void **unused)
{
	static const char text[] = "CHARSET UTF-8 OR FILTER  ab (SEEN filter c)";
	static const size_t at[][3] = {{17, 25, 27}, {34, 41, 42}};
	const struct isrv_filter_name *name;
	struct bench b;
	size_t n = 0;

	(void)unused;
	begin(&b);
	assert_true(parse(&b, text, sizeof(text) - 1));
	for (name = b.p.filters; name; name = name->next, n++)
		ROW(n, n < 2 && name->at == at[n][0] && name->name == at[n][1] && name->end == at[n][2]);
	assert_int_equal(n, 2);
	assert_true(parse(&b, "SEEN", 4));
	assert_null(b.p.filters);
	end(&b);
}

/* ---- grammar ------------------------------------------------------------------------------- */

static void test_grammar(void **unused)
{
	static const struct {
		const char *text;
		const char *expected; /* NULL: it is a program */
		long at;              /* where it broke */
		uint32_t facts;
	} rows[] = {
		{"ALL", NULL, 0, 0},
		{"all unseen", NULL, 0, IMAPSRV_FACT_FLAGS},
		{"1:3", NULL, 0, 0},
		{"*", NULL, 0, 0},
		{"$", NULL, 0, 0},
		{"UID 5,7:*", NULL, 0, 0},
		{"UID $ SMALLER 4096", NULL, 0, IMAPSRV_FACT_SIZE},
		{"RECENT OLD", NULL, 0, 0},
		{"NEW", NULL, 0, IMAPSRV_FACT_FLAGS},
		{"KEYWORD $Junk", NULL, 0, IMAPSRV_FACT_FLAGS},
		{"UNKEYWORD a", NULL, 0, IMAPSRV_FACT_FLAGS},
		{"SINCE 1-Feb-1994", NULL, 0, IMAPSRV_FACT_DATE},
		{"ON \"1-Feb-1994\"", NULL, 0, IMAPSRV_FACT_DATE},
		{"NOT BEFORE 01-Feb-1994 LARGER 0", NULL, 0, IMAPSRV_FACT_DATE | IMAPSRV_FACT_SIZE},
		{"LARGER 9223372036854775807", NULL, 0, IMAPSRV_FACT_SIZE},
		{"(ALL)", NULL, 0, 0},
		{"((1) (2 3))", NULL, 0, 0},
		{"OR 1 2", NULL, 0, 0},
		{"OR OR 1 2 OR 3 NOT 4", NULL, 0, 0},
		{"OR (1 2) NOT (3)", NULL, 0, 0},
		{"NOT NOT NOT ALL", NULL, 0, 0},
		{"SEARCH", "a search key", 0, 0},
		{"ALL ", NULL, 0, 0},
		{"ALL  SEEN", NULL, 0, IMAPSRV_FACT_FLAGS},
		{"CHARSET UTF-8 ALL", NULL, 0, 0},
		{"CHARSET us-ascii SEEN", NULL, 0, IMAPSRV_FACT_FLAGS},
		{"charset \"utf-8\" ALL", NULL, 0, 0},
		{"CHARSET UTF-8", NULL, 0, 0},
		{"CHARSET UTF-8 ", NULL, 0, 0},
		{"", "a search key", 0, 0},
		{"()", "a search key", 1, 0},
		{"(ALL", "a space", 4, 0},
		{"ALL)", "a space", 3, 0},
		{"( ALL)", "a search key", 1, 0},
		{"(ALL )", "a search key", 5, 0},
		{"NOT", "a space", 3, 0},
		{"NOT ", "a search key", 4, 0},
		{"OR 1", "a space", 4, 0},
		{"OR 1 ", "a search key", 5, 0},
		{"OR (1) (2", "a space", 9, 0},
		{"ALL,SEEN", "a space", 3, 0},
		{"ALLSEEN", "a search key", 0, 0},
		{"1:", "a number from 1 to 4294967295, or \"*\"", 2, 0},
		{"0", "a number from 1 to 4294967295, or \"*\"", 0, 0},
		{"UID", "a space", 3, 0},
		{"UID ALL", "a number from 1 to 4294967295, or \"*\"", 4, 0},
		{"UIDAFTER 1 UIDBEFORE 4294967295", NULL, 0, 0},
		{"FILTER a NOT filter b-c", NULL, 0, 0},
		{"FILTER", "a space", 6, 0},
		{"FILTER a/b", "the name of a filter", 7, 0},
		{"CHARSET ISO-8859-1 FILTER a", "no filter in this charset", 19, 0},
		{"CHARSET utf-8 FILTER a", NULL, 0, 0},
		{"CHARSET X-NONE SUBJECT a OR FILTER a 2", "no filter in this charset", 28, 0},
		{"CHARSET X-NONE SUBJECT a", NULL, 0, 0},
		{"FUZZY SEEN", NULL, 0, IMAPSRV_FACT_FLAGS},
		{"fuzzy NOT FUZZY OR (1) FUZZY 2", NULL, 0, 0},
		{"FUZZY", "a space", 5, 0},
		{"FUZZY )", "a search key", 6, 0},
		{"UIDAFTER", "a space", 8, 0},
		{"UIDAFTER 0", "a number from 1 to 4294967295", 9, 0},
		{"UIDBEFORE *", "a number from 1 to 4294967295", 10, 0},
		{"UIDBEFORE 2:3", "a space", 11, 0},
		{"LARGER -1", "a number from 0 to 9223372036854775807", 7, 0},
		{"LARGER 9223372036854775808", "a number from 0 to 9223372036854775807", 7, 0},
		{"KEYWORD \\Seen", "a flag", 8, 0},
		{"EMAILID M1 NOT THREADID -", NULL, 0, IMAPSRV_FACT_EMAILID | IMAPSRV_FACT_THREADID},
		{"OLDER 259200", NULL, 0, IMAPSRV_FACT_DATE},
		{"YOUNGER 0", "a number from 1 to 4294967295", 8, 0},
		{"YOUNGER 4294967296", "a number from 1 to 4294967295", 8, 0},
		{"OLDER", "a space", 5, 0},
		{"SAVEDON 1-Feb-1994", NULL, 0, IMAPSRV_FACT_SAVEDATE | IMAPSRV_FACT_DATE},
		{"SAVEDATESUPPORTED", NULL, 0, IMAPSRV_FACT_SAVEDATE},
		{"SAVEDBEFORE", "a space", 11, 0},
		{"EMAILID", "a space", 7, 0},
		{"EMAILID M1.2", "an object identifier", 8, 0},
		{"THREADID M1)", "a space", 11, 0},
		{"FROM smith", NULL, 0, ISRV_FACT_HEADER},
		{"1 HEADER \"X\" \"\"", NULL, 0, ISRV_FACT_HEADER},
		{"BODY 72 BODY message", NULL, 0, ISRV_FACT_TEXT},
		{"OR SUBJECT a TEXT b", NULL, 0, ISRV_FACT_HEADER | ISRV_FACT_TEXT},
		{"TEXT \"\"", NULL, 0, 0},
		{"BODY {0}\r\n", NULL, 0, 0},
		{"CC \"\"", NULL, 0, ISRV_FACT_HEADER},
		{"SENTON 1-Feb-1994", NULL, 0, ISRV_FACT_HEADER},
		{"SENTSINCE 1-Feb-1994 SINCE 1-Feb-1994", NULL, 0,
		 ISRV_FACT_HEADER | IMAPSRV_FACT_DATE},
		{"CHARSET iso-8859-1 BODY \"\xe4\"", NULL, 0, ISRV_FACT_TEXT},
		{"BODY \"\xc3\xa4\"", NULL, 0, ISRV_FACT_TEXT},
		{"BODY \"\xe4\"", "a string in UTF-8, or another CHARSET", 5, 0},
		{"FROM", "a space", 4, 0},
		{"FROM ", "an atom or a string", 5, 0},
		{"HEADER a", "a space", 8, 0},
		{"1 XFROM smith", "a search key", 2, 0},
		{"CHARSET", "a space", 7, 0},
		{"CHARSET UTF-8ALL", NULL, 0, 0}, /* not known: see test_charset */
		{"CHARSET (ALL)", "an atom or a string", 8, 0},
		{"CHARSET UTF-8(ALL)", "a space", 13, 0},
		{"MODSEQ 7", NULL, 0, IMAPSRV_FACT_MODSEQ},
		{"MODSEQ \"/flags/\\\\Seen\" shared 7", NULL, 0, IMAPSRV_FACT_MODSEQ},
		{"MODSEQ \"/flags/a\" Priv 0", NULL, 0, IMAPSRV_FACT_MODSEQ},
		{"MODSEQ", "a space", 6, 0},
		{"MODSEQ a", "a number from 0 to 9223372036854775807", 7, 0},
		{"MODSEQ \"/flags/a", "a closing quote", 16, 0},
		{"MODSEQ \"/flags/\" all 7", "the entry name of a flag", 16, 0},
		{"MODSEQ \"/flags/a\"all 7", "a space", 17, 0},
		{"MODSEQ \"/flags/a\" none 7", "priv, shared or all", 18, 0},
		{"MODSEQ \"/flags/a\" all,7", "a space", 21, 0},
	};
	struct bench b;
	size_t i;

	(void)unused;
	for (i = 0; i < COUNT(rows); i++) {
		char *text = exact(rows[i].text, strlen(rows[i].text));
		bool is;

		begin(&b);
		is = parse(&b, text, strlen(rows[i].text));
		ROW(i, is == !rows[i].expected);
		if (is) {
			ROW(i, b.p.facts == rows[i].facts);
			ROW(i, b.p.bad_charset || b.p.count > 0);
		} else {
			if (strcmp(b.r.expected, rows[i].expected) != 0)
				fail_msg("row %zu: %s", i, b.r.expected);
			ROW(i, b.r.at - b.r.begin == rows[i].at);
		}
		end(&b);
		free(text);
	}
}

static void test_charset(void **unused)
{
	static const char *const unknown[] = {"CHARSET X-NONE FROM {4}", "CHARSET \"\" x",
	                                      "charset UTF-7", "CHARSET UTF-8ALL"};
	struct bench b;
	size_t i;

	(void)unused;
	for (i = 0; i < COUNT(unknown); i++) {
		begin(&b);
		/* What follows is not looked at: it is in a charset that is not known. */
		ROW(i, parse(&b, unknown[i], strlen(unknown[i])));
		ROW(i, b.p.bad_charset);
		end(&b);
	}
	begin(&b);
	assert_true(parse(&b, "CHARSET UTF-8 SEEN", 18));
	assert_false(b.p.bad_charset);
	end(&b);
}

/* What a string becomes, and that a match decides before all is read. */
static void test_texts(void **unused)
{
	static const char text[] = "OR NOT FROM \"\xc3\xa4  B\" TEXT x SENTBEFORE 2-Jan-1970";
	struct isrv_search_row row = {.uid = 1};
	uint8_t found[2] = {0, 0};
	struct bench b;

	(void)unused;
	begin(&b);
	assert_true(parse(&b, text, sizeof(text) - 1));
	assert_int_equal(b.p.texts, 2);
	assert_int_equal(b.p.terms[0].u.text.needle.len, 5);
	assert_memory_equal(b.p.terms[0].u.text.needle.data, "A\xcc\x88 B", 5);
	row.found = found;
	assert_int_equal(isrv_program_eval(&b.p, &row, NULL), ISRV_UNDECIDED);
	row.facts = ISRV_FACT_HEADER;
	assert_int_equal(isrv_program_eval(&b.p, &row, NULL), ISRV_MISS);
	row.dated = true;
	assert_int_equal(isrv_program_eval(&b.p, &row, NULL), ISRV_MATCH);
	row.sent = 1;
	assert_int_equal(isrv_program_eval(&b.p, &row, NULL), ISRV_MISS);
	row.sent = 0;
	found[0] = 1;
	assert_int_equal(isrv_program_eval(&b.p, &row, NULL), ISRV_UNDECIDED);
	found[1] = 1;
	assert_int_equal(isrv_program_eval(&b.p, &row, NULL), ISRV_MATCH);
	found[1] = 0;
	row.facts |= ISRV_FACT_TEXT;
	assert_int_equal(isrv_program_eval(&b.p, &row, NULL), ISRV_MISS);
	end(&b);
}

/* Strings of many lengths are looked for whole, whatever they were written in. */
static void test_long_texts(void **unused)
{
	static const char *const charsets[] = {"", "CHARSET ISO-8859-1 "};
	char text[3100];
	size_t i, len, at;

	(void)unused;
	for (i = 0; i < COUNT(charsets); i++) {
		for (len = 1; len < 3000; len = len * 3 / 2 + 1) {
			struct imapsrv_span needle;
			struct bench b;

			at = (size_t)sprintf(text, "%sBODY \"", charsets[i]);
			memset(text + at, 'q', len);
			text[at + len] = '"';
			begin(&b);
			assert_true(parse(&b, text, at + len + 1));
			needle = b.p.terms[0].u.text.needle;
			assert_int_equal(needle.len, len);
			for (at = 0; at < len; at++)
				assert_int_equal(needle.data[at], 'Q');
			end(&b);
		}
	}
}

/* What the host has not said is not known, and decides nothing. */
static void test_unsaid(void **unused)
{
	static const struct {
		const char *text;
		uint32_t facts;
		enum isrv_verdict verdict;
	} rows[] = {
		{"MODSEQ 7", 0, ISRV_UNDECIDED},
		{"MODSEQ 7", IMAPSRV_FACT_MODSEQ, ISRV_MISS},
		{"MODSEQ 0", IMAPSRV_FACT_MODSEQ, ISRV_MATCH},
		{"SAVEDBEFORE 1-Feb-1994", IMAPSRV_FACT_DATE, ISRV_UNDECIDED},
		{"SAVEDBEFORE 1-Feb-1994", IMAPSRV_FACT_SAVEDATE, ISRV_UNDECIDED},
		{"SAVEDBEFORE 1-Feb-1994", IMAPSRV_FACT_SAVEDATE | IMAPSRV_FACT_DATE, ISRV_MATCH},
		{"SAVEDATESUPPORTED", 0, ISRV_UNDECIDED},
		{"SAVEDATESUPPORTED", IMAPSRV_FACT_SAVEDATE, ISRV_MISS},
		{"OLDER 5", 0, ISRV_UNDECIDED},
		{"ON 1-Feb-1994", 0, ISRV_UNDECIDED},
		{"LARGER 5", 0, ISRV_UNDECIDED},
		{"SEEN", 0, ISRV_UNDECIDED},
		{"KEYWORD a", 0, ISRV_UNDECIDED},
		{"EMAILID a", IMAPSRV_FACT_THREADID, ISRV_UNDECIDED},
		{"FROM a", 0, ISRV_UNDECIDED},
	};
	struct bench b;

	(void)unused;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct isrv_search_row row = {.uid = 1, .facts = rows[i].facts};

		begin(&b);
		ROW(i, parse(&b, rows[i].text, strlen(rows[i].text)));
		ROW(i, isrv_program_eval(&b.p, &row, NULL) == rows[i].verdict);
		end(&b);
	}
}

/* n times a text, then another. */
static char *repeat(const char *what, size_t n, const char *tail)
{
	size_t len = strlen(what), i;
	char *text = malloc(len * n + strlen(tail) + 1);

	if (!text)
		abort();
	for (i = 0; i < n; i++)
		memcpy(text + i * len, what, len);
	memcpy(text + n * len, tail, strlen(tail) + 1);
	return text;
}

/* ATTACKS T16, T24: depth and number are bounded, chains need no stack of ours, work is linear. */
static void test_limits(void **unused)
{
	static const struct {
		const char *what;
		size_t n;
		const char *tail;
		const char *expected;
	} rows[] = {
		{"(", 101, "ALL", "fewer parentheses"},
		{"(", 1000000, "ALL", "fewer parentheses"},
		{"NOT ", 9999, "ALL", NULL},
		{"NOT ", 10000, "ALL", "fewer search keys"},
		{"OR ALL ", 4999, "ALL", NULL},
		{"OR ALL ", 5000, "ALL", "fewer search keys"},
		{"OR ", 1000000, "ALL", "fewer search keys"},
		{"ALL ", 9999, "ALL", NULL},
		{"ALL ", 10000, "ALL", "fewer search keys"},
		{"(1) ", 4999, "1", NULL},
		{"FUZZY ", 9999, "ALL", NULL},
		{"FUZZY ", 10000, "ALL", "fewer search keys"},
	};
	struct isrv_search_row row = {.uid = 1};
	struct bench b;
	size_t i;

	(void)unused;
	for (i = 0; i < COUNT(rows); i++) {
		char *text = repeat(rows[i].what, rows[i].n, rows[i].tail);

		begin(&b);
		ROW(i, parse(&b, text, strlen(text)) == !rows[i].expected);
		if (rows[i].expected) {
			ROW(i, strcmp(b.r.expected, rows[i].expected) == 0);
		} else {
			resolve(&b.p);
			row.uid = 1;
			ROW(i, isrv_program_eval(&b.p, &row, NULL) ==
			               (i == 2 ? ISRV_MISS : ISRV_MATCH));
			ROW(i, b.steps <= 4 * strlen(text));
		}
		end(&b);
		free(text);
	}
}

static void test_depth(void **unused)
{
	char text[256];
	struct bench b;

	(void)unused;
	memset(text, '(', 100);
	memcpy(text + 100, "ALL", 3);
	memset(text + 103, ')', 100);
	begin(&b);
	assert_true(parse(&b, text, 203));
	assert_int_equal(b.p.count, 1);
	/* Neighbours do not add up. */
	b.limits.depth = 2;
	assert_true(parse(&b, "((1) (2)) ((3))", 15));
	assert_false(parse(&b, "((1) ((2)))", 11));
	end(&b);
}

/* Whatever is missing, nothing is kept and nothing is touched that is not there. */
static void test_memory(void **unused)
{
	static const char *const texts[] = {
		"OR 1,2,3 NOT (UID 4 5,7 8 LARGER 5 KEYWORD x) 1 2 3 4 5 6 7 8",
		"1 2 3 4 5 6 7 NEW SEEN OR 8 9 ON 1-Feb-1994 SENTON 1-Feb-1994 SAVEDON 1-Feb-1994",
		"NEW 2 3 4 5 6 7 8 9 NEW FUZZY SEEN FUZZY 1",
		"SMALLER 5 OLDER 5 YOUNGER 5 MODSEQ 7 EMAILID a THREADID b SAVEDATESUPPORTED",
		"OLDER 5 OLDER 5 OLDER 5 OLDER 5 OLDER 5 UIDAFTER 5 UIDBEFORE 9 FILTER a FILTER b",
		"ON 1-Feb-1994 ON 1-Feb-1994 ON 1-Feb-1994 ON 1-Feb-1994 ON 1-Feb-1994",
		"LARGER 5 LARGER 5 LARGER 5 LARGER 5 LARGER 5 MODSEQ 1 MODSEQ 2 MODSEQ 3",
		"KEYWORD a KEYWORD b KEYWORD c KEYWORD d KEYWORD e OLD RECENT ALL ALL ALL",
		"CHARSET ISO-8859-1 SUBJECT \"k\xf6ln aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"",
		"BODY \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"",
		"TEXT a TEXT b TEXT c TEXT d TEXT e HEADER a b CC \"\" BCC x",
		"NOT 1 2 3 4 EMAILID a",
		"1 2 3 4 NOT 5",
		"1 2 3 4 FUZZY 5",
		"NOT 1 2 3 OR 4 5",
		"CHARSET UTF-8",
		"CHARSET X-NONE SUBJECT a 1 2 3 4 5 6 7",
		"((((((((((1))))))))))",
		"UIDAFTER 1 UIDAFTER 2 UIDAFTER 3 UIDAFTER 4 UIDAFTER 5 UIDAFTER 6",
		"OLDER 1 YOUNGER 2 YOUNGER 3 YOUNGER 4 YOUNGER 5 FLAGGED DELETED",
	};
	struct bench b;
	size_t i;

	(void)unused;
	for (i = 0; i < COUNT(texts); i++) {
		bool done = false;
		size_t max;

		begin(&b);
		for (max = 0; !done; max += 16) {
			b.arena.max = max;
			done = parse(&b, texts[i], strlen(texts[i]));
			ROW(i, done || b.r.nomem);
		}
		end(&b);
	}
}

/* ---- keys ---------------------------------------------------------------------------------- */

static void test_keys(void **unused)
{
	static const struct imapsrv_span words[] = {{"$Forwarded", 10}, {"Work", 4}};
	/* 1994-02-01 in UTC, which is still January in the zone of the row. */
	static const struct imapsrv_flags flags = {IMAPSRV_SEEN | IMAPSRV_FLAGGED, 2, words};
	static const struct {
		const char *text;
		bool match;
	} rows[] = {
		{"ALL", true},
		{"SEEN", true},
		{"UNSEEN", false},
		{"FLAGGED", true},
		{"UNFLAGGED", false},
		{"ANSWERED", false},
		{"UNANSWERED", true},
		{"DELETED", false},
		{"UNDELETED", true},
		{"DRAFT", false},
		{"UNDRAFT", true},
		{"RECENT", true},
		{"OLD", false},
		{"NEW", false},
		{"NOT NEW", true},
		{"OR NEW 1", false},
		{"OR NEW 50", true},
		{"KEYWORD $forwarded", true},
		{"KEYWORD WORK", true},
		{"KEYWORD Wor", false},
		{"UNKEYWORD Work", false},
		{"UNKEYWORD Play", true},
		{"ON 31-Jan-1994", true},
		{"ON 1-Feb-1994", false},
		{"BEFORE 31-Jan-1994", false},
		{"BEFORE 1-Feb-1994", true},
		{"SINCE 31-Jan-1994", true},
		{"SINCE 1-Feb-1994", false},
		{"SINCE 1-Jan-0001", true},
		{"BEFORE 31-Dec-9999", true},
		{"LARGER 4095", true},
		{"LARGER 4096", false},
		{"SMALLER 4096", false},
		{"SMALLER 4097", true},
		{"SMALLER 0", false},
		{"LARGER 9223372036854775807", false},
		{"OLDER 999", true},
		{"OLDER 1000", true},
		{"OLDER 1001", false},
		{"YOUNGER 999", false},
		{"YOUNGER 1000", true},
		{"YOUNGER 1001", true},
		{"NOT YOUNGER 4294967295", false},
		{"SAVEDON 31-Jan-1994", false},
		{"SAVEDON 1-Feb-1994", true},
		{"SAVEDBEFORE 1-Feb-1994", false},
		{"SAVEDBEFORE 2-Feb-1994", true},
		{"SAVEDSINCE 1-Feb-1994", true},
		{"SAVEDSINCE 2-Feb-1994", false},
		{"SAVEDATESUPPORTED", true},
		{"NOT SAVEDATESUPPORTED", false},
		{"EMAILID M1", true},
		{"EMAILID m1", false},
		{"EMAILID M12", false},
		{"NOT EMAILID M", true},
		{"THREADID T1", false},
		{"NOT THREADID T1", true},
		{"50", true},
		{"UID 50", true},
		{"49", false},
		{"1:49,51:60", false},
		{"60:40", true},
		{"$", false},
		{"NOT $", true},
		{"ALL SEEN 50", true},
		{"ALL SEEN 51", false},
		{"OR 51 (SEEN UNSEEN)", false},
		{"OR (51 SEEN) (50 SEEN)", true},
		{"NOT (50 UNSEEN)", true},
		{"FUZZY SEEN", true},
		{"FUZZY (51 SEEN)", false},
		{"NOT FUZZY UNSEEN", true},
	};
	struct isrv_search_row row;
	struct bench b;
	size_t i;

	(void)unused;
	for (i = 0; i < COUNT(rows); i++) {
		begin(&b);
		ROW(i, parse(&b, rows[i].text, strlen(rows[i].text)));
		resolve(&b.p);
		row = (struct isrv_search_row){
			.uid = 50,
			.recent_from = 50,
			.facts = IMAPSRV_FACT_FLAGS | IMAPSRV_FACT_DATE | IMAPSRV_FACT_SIZE |
			         IMAPSRV_FACT_EMAILID | IMAPSRV_FACT_THREADID |
			         IMAPSRV_FACT_SAVEDATE,
			.emailid = {"M1", 2},
			.now = 760060800 + 3600 + 1000,
			.saved = true,
			.save_date = 760060800 + 3600, /* the same moment, there February */
			.save_zone = 60,
			.flags = &flags,
			.date = 760060800 + 3600, /* 01:00 UTC */
			.zone = -120,
			.octets = 4096,
		};
		ROW(i, isrv_program_eval(&b.p, &row, NULL) ==
		               (rows[i].match ? ISRV_MATCH : ISRV_MISS));
		end(&b);
	}
}

/* No date that a host can hand in overflows, whatever its zone. */
static void test_dates(void **unused)
{
	static const struct {
		int64_t date;
		int zone;
		const char *text;
	} rows[] = {
		{0, 0, "ON 1-Jan-1970"},
		{-1, 0, "ON 31-Dec-1969"},
		{86399, 0, "ON 1-Jan-1970"},
		{86399, 1, "ON 2-Jan-1970"},
		{0, -1, "ON 31-Dec-1969"},
		{-86400, 0, "ON 31-Dec-1969"},
		{-86401, 0, "ON 30-Dec-1969"},
		{0, INT32_MAX, "ON 2-Jan-1970"},
		{0, INT32_MIN, "ON 31-Dec-1969"},
		{INT64_MAX, INT32_MAX, "SINCE 31-Dec-9999"},
		{INT64_MIN, INT32_MIN, "BEFORE 1-Jan-0001"},
	};
	struct isrv_search_row row;
	struct bench b;
	size_t i;

	(void)unused;
	for (i = 0; i < COUNT(rows); i++) {
		begin(&b);
		ROW(i, parse(&b, rows[i].text, strlen(rows[i].text)));
		row = (struct isrv_search_row){.uid = 1,
		                               .facts = IMAPSRV_FACT_DATE,
		                               .date = rows[i].date,
		                               .zone = rows[i].zone};
		ROW(i, isrv_program_eval(&b.p, &row, NULL) == ISRV_MATCH);
		end(&b);
	}
}

static void test_required(void **unused)
{
	static const struct {
		const char *text;
		const char *required; /* one letter for each set, in order */
	} rows[] = {
		{"1", "y"},         {"1 2", "yy"},     {"(1 (2)) 3", "yyy"},      {"NOT 1", "n"},
		{"OR 1 2", "nn"},   {"OR 1 2 3", "nny"}, {"NOT (1 2) 3", "nny"},  {"OR (1) 2 (3)", "nny"},
		{"3 OR 1 (2)", "ynn"},
	};
	struct bench b;
	size_t i, k;
	uint32_t n;

	(void)unused;
	for (i = 0; i < COUNT(rows); i++) {
		begin(&b);
		ROW(i, parse(&b, rows[i].text, strlen(rows[i].text)));
		for (n = 0, k = 0; n < b.p.count; n++) {
			if (b.p.terms[n].kind == ISRV_TERM_SET)
				ROW(i, b.p.terms[n].required == (rows[i].required[k++] == 'y'));
		}
		ROW(i, k == strlen(rows[i].required));
		end(&b);
	}
}

/* ---- random programs ----------------------------------------------------------------------- */

enum { NODES = 64, UIDS = 30 };

struct node {
	int op; /* 0 leaf, 1 NOT, 2 OR, 3 AND */
	int left, right;
	int leaf;
	uint32_t first, last;
};

struct tree {
	struct node nodes[NODES];
	int used;
	char text[4096];
	size_t len;
	bool facts;
};

static void say(struct tree *t, const char *text)
{
	t->len += (size_t)snprintf(t->text + t->len, sizeof(t->text) - t->len, "%s", text);
}

static const char *const leaves[] = {"SEEN", "UNSEEN", "LARGER 5", "SMALLER 5", "KEYWORD k",
                                     "RECENT", "ALL"};

static int grow_tree(struct tree *t, int depth)
{
	int at = t->used++;
	struct node *node = &t->nodes[at];
	char text[40];

	node->op = depth == 0 || t->used > NODES - 8 ? 0 : (int)draw(4);
	switch (node->op) {
	case 1:
		say(t, "NOT ");
		node->left = grow_tree(t, depth - 1);
		break;
	case 2:
		say(t, "OR ");
		node->left = grow_tree(t, depth - 1);
		say(t, " ");
		node->right = grow_tree(t, depth - 1);
		break;
	case 3:
		say(t, "(");
		node->left = grow_tree(t, depth - 1);
		say(t, " ");
		node->right = grow_tree(t, depth - 1);
		say(t, ")");
		break;
	default:
		node->leaf = t->facts && draw(2) ? (int)draw(5) : draw(4) ? 7 : 5 + (int)draw(2);
		if (node->leaf < 7) {
			say(t, leaves[node->leaf]);
			break;
		}
		node->first = 1 + draw(UIDS);
		node->last = node->first + draw(6);
		snprintf(text, sizeof(text), "UID %u:%u", (unsigned)node->last,
		         (unsigned)node->first);
		say(t, text);
	}
	return at;
}

struct message {
	uint32_t uid;
	bool seen;
	bool keyword;
	uint64_t octets;
};

static bool holds(const struct tree *t, int at, const struct message *m)
{
	const struct node *node = &t->nodes[at];

	switch (node->op) {
	case 1:
		return !holds(t, node->left, m);
	case 2:
		return holds(t, node->left, m) || holds(t, node->right, m);
	case 3:
		return holds(t, node->left, m) && holds(t, node->right, m);
	default:
		break;
	}
	switch (node->leaf) {
	case 0:
		return m->seen;
	case 1:
		return !m->seen;
	case 2:
		return m->octets > 5;
	case 3:
		return m->octets < 5;
	case 4:
		return m->keyword;
	case 5:
		return m->uid >= 10;
	case 6:
		return true;
	default:
		return m->uid >= node->first && m->uid <= node->last;
	}
}

static struct isrv_search_row row_of(const struct message *m, struct imapsrv_flags *flags)
{
	static const struct imapsrv_span word = {"K", 1};

	flags->system = m->seen ? IMAPSRV_SEEN : 0;
	flags->keywords = &word;
	flags->keyword_count = m->keyword ? 1 : 0;
	return (struct isrv_search_row){.uid = m->uid,
	                                .recent_from = 10,
	                                .facts = IMAPSRV_FACT_FLAGS | IMAPSRV_FACT_SIZE,
	                                .flags = flags,
	                                .octets = m->octets};
}

/* With all facts at once, and with the size known only later: the same verdict. */
static void check_message(struct bench *b, const struct tree *t, unsigned long long run)
{
	struct message m = {1 + draw(UIDS), draw(2), draw(2), 4 + draw(3)};
	enum isrv_verdict expect = holds(t, 0, &m) ? ISRV_MATCH : ISRV_MISS, is;
	struct imapsrv_flags flags;
	struct isrv_search_row row = row_of(&m, &flags);
	uint8_t known[NODES] = {0};

	if (isrv_program_eval(&b->p, &row, NULL) != expect)
		fail_msg("run %llu: %s", run, t->text);
	row.facts = IMAPSRV_FACT_FLAGS;
	row.octets = 0;
	is = isrv_program_eval(&b->p, &row, known);
	if (is != expect && is != ISRV_UNDECIDED)
		fail_msg("run %llu: decided too early: %s", run, t->text);
	if (is == ISRV_UNDECIDED && !(b->p.facts & IMAPSRV_FACT_SIZE))
		fail_msg("run %llu: undecided without need: %s", run, t->text);
	row = (struct isrv_search_row){.uid = m.uid,
	                               .recent_from = 10,
	                               .facts = IMAPSRV_FACT_SIZE,
	                               .octets = m.octets};
	if (isrv_program_eval(&b->p, &row, known) != expect)
		fail_msg("run %llu: in two parts: %s", run, t->text);
}

/* Without facts, the verdict holds up to `until`, and it is no longer than that for nothing. */
static void check_runs(struct bench *b, const struct tree *t, unsigned long long run)
{
	struct message m = {1, false, false, 0};
	struct isrv_search_row row = {.recent_from = 10};
	uint32_t uid;

	for (uid = 1; uid <= UIDS + 10; uid++) {
		enum isrv_verdict is;

		row.uid = uid;
		is = isrv_program_eval(&b->p, &row, NULL);
		if (row.until < uid)
			fail_msg("run %llu: backwards: %s", run, t->text);
		for (m.uid = uid; m.uid <= row.until && m.uid <= UIDS + 10; m.uid++) {
			if (holds(t, 0, &m) != (is == ISRV_MATCH))
				fail_msg("run %llu: %u to %u: %s", run, uid, row.until, t->text);
		}
	}
}

static void test_random(void **unused)
{
	unsigned long long run;
	struct bench b;
	int i;

	(void)unused;
	for (run = seed; run < seed + 4000; run++) {
		struct tree t = {.used = 0};

		state = run * 0x9e3779b97f4a7c15u | 1;
		t.facts = draw(3) != 0;
		grow_tree(&t, (int)draw(6));
		begin(&b);
		if (!parse(&b, t.text, t.len))
			fail_msg("run %llu: %s", run, t.text);
		resolve(&b.p);
		for (i = 0; i < 20; i++)
			check_message(&b, &t, run);
		if (!b.p.facts)
			check_runs(&b, &t, run);
		end(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grammar),
		cmocka_unit_test(test_filters),  cmocka_unit_test(test_charset),
		cmocka_unit_test(test_texts),    cmocka_unit_test(test_long_texts),
		cmocka_unit_test(test_unsaid),
		cmocka_unit_test(test_limits),   cmocka_unit_test(test_depth),
		cmocka_unit_test(test_memory),   cmocka_unit_test(test_keys),
		cmocka_unit_test(test_dates),    cmocka_unit_test(test_required),
		cmocka_unit_test(test_random),
	};
	const char *given = getenv("ISRV_SEED");

	seed = given ? strtoull(given, NULL, 10) : 1;
	printf("ISRV_SEED=%llu\n", (unsigned long long)seed);
	return cmocka_run_group_tests_name("program", tests, NULL, NULL);
}
