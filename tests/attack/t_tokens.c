/* SPDX-License-Identifier: MIT */
/*
 * attack/t_tokens - tokens and commands of any length, an octet at a time.
 */
#include "attack/counted.h"
#include "attack/grow.h"
#include "attack/samples.h"

#define SELECTED "s SELECT INBOX\r\n"
#define LONG     30000

static void three(struct world *w, size_t n)
{
	(void)n;
	for (int i = 0; i < 3; i++)
		world_add(w, "Subject: x\r\n\r\ny\r\n", 17);
}

/* T20, T11: one token, without its end or with it. */
static const struct growth tokens[] = {
	{"tag", NULL, NULL, "", "a", " NOOP\r\n", LONG, 1, "aaaa", false, NULL, 0},
	{"no tag", NULL, NULL, "", "(", " NOOP\r\n", LONG, 1, "* BAD", false, NULL, 0},
	{"command", NULL, NULL, "a ", "X", "\r\n", LONG, 1, "a BAD", false, NULL, 0},
	{"spaces", NULL, NULL, "a NOOP", " ", "\r\n", LONG, 1, "a OK", false, NULL, 0},
	{"NULs", NULL, NULL, "a NOOP ", "\5", "\r\n", LONG, 1, "a BAD", false, NULL, 0},
	{"CRs", NULL, NULL, "a NOOP", "\r", "\n", LONG, 1, "a BAD", false, NULL, 0},
	{"empty lines", NULL, NULL, "", "\r\n", "a NOOP\r\n", LONG / 4, 1, "a OK", false, NULL, 0},
	{"bare LFs", NULL, NULL, "", "\n", "a NOOP\r\n", LONG / 4, 1, "a OK", false, NULL, 0},
	{"atom", NULL, NULL, "a SELECT ", "x", "\r\n", LONG, 1, "a NO", false, NULL, 0},
	{"quoted", NULL, NULL, "a SELECT \"", "x", "\"\r\n", LONG, 1, "a NO", false, NULL, 0},
	{"escapes", NULL, NULL, "a SELECT \"", "\\\\", "\"\r\n", LONG, 1, "a NO", false, NULL, 0},
	{"no end of quoted", NULL, NULL, "a SELECT \"", "x", "\r\n", LONG, 1, "a BAD", false,
	 NULL, 0},
	{"literal", NULL, NULL, "a SELECT {\4+}\r\n", "x", "\r\n", LONG, 1, "a NO", false, NULL, 0},
	{"literals", NULL, NULL, "a LIST (", "{1+}\r\nx ", ") \"\" x\r\n", LONG / 8, 1, "a BAD",
	 false, NULL, 0},
	{"digits of a literal", NULL, NULL, "a SELECT {", "0", "1+}\r\nx\r\n", LONG, 1, "a NO",
	 false, NULL, 0},
	{"braces", NULL, NULL, "a SELECT ", "{1+}", " x\r\n", LONG / 4, 1, "a BAD", false, NULL, 0},
	{"name in UTF-7", NULL, NULL, "a SELECT ", "&AOk-x", "\r\n", LONG / 4, 1, "a NO", false,
	 NULL, 0},
	{"one run of UTF-7", NULL, NULL, "a SELECT &", "AOkA6QDp", "-\r\n", LONG / 4, 1, "a NO",
	 false, NULL, 0},
	{"levels of a name", NULL, NULL, "a CREATE ", "a/", "b\r\n", LONG / 8, 1, "a ", false,
	 NULL, 0},
	{"pattern", NULL, NULL, "a LIST \"\" ", "%*", "\r\n", LONG, 1, "a OK", false, NULL, 0},
	{"digits", three, SELECTED, "a FETCH ", "0", "1 UID\r\n", LONG, 1, "a BAD", false, NULL, 0},
	{"partial", three, SELECTED, "a FETCH 1 BODY[]<", "1", ".1>\r\n", LONG, 1, "a BAD", false,
	 NULL, 0},
	{"section", three, SELECTED, "a FETCH 1 BODY[1", ".1", "]\r\n", LONG, 1, "a ", false,
	 NULL, 0},
	{"parentheses", three, SELECTED, "a SEARCH ", "(", "\r\n", LONG, 1, "a BAD", false, NULL,
	 0},
	{"parentheses of nothing", NULL, NULL, "a NOOP ", "(", "\r\n", LONG, 1, "a BAD", false,
	 NULL, 0},
	{"parentheses of X", NULL, NULL, "a X ", "()", "\r\n", LONG, 1, "a BAD", false, NULL, 0},
	{"name and password", NULL, NULL, "a LOGIN fred ", "x", "\r\n", LONG, 1, "a NO", true,
	 NULL, 0},
	{"SASL at once", NULL, NULL, "a AUTHENTICATE PLAIN ", "AAAA", "\r\n", LONG / 4, 1, "a ",
	 true, NULL, 0},
	{"SASL later", NULL, "a AUTHENTICATE PLAIN\r\n", "", "AAAA", "\r\n", LONG / 4, 1, "a ",
	 true, NULL, 0},
	{"IDLE", NULL, "a IDLE\r\n", "", "A", "\r\n", LONG, 1, "a BAD", false, NULL, 0},
};

static void T20_tokens(void **state)
{
	(void)state;
	grow_each(tokens, COUNT(tokens));
}

/* T20: two things that grow at once.  What stands before the literals of a command is not read again for
 * each of them. */
static uint64_t literals_behind_a_long_tag(const char *command, const char *literal, size_t n)
{
	static const struct sample sample = {"", false};
	struct tx text = {0};
	struct world w;
	uint64_t work;

	for (size_t i = 0; i < 10 * n; i++)
		tx_str(&text, "a");
	tx_str(&text, command);
	for (size_t i = 0; i < n; i++)
		tx_str(&text, literal);
	tx_str(&text, "\r\n");
	samples_begin(&w);
	samples_connect(&w, &sample);
	work = counted_work();
	world_feed(&w, text.data, text.len, 0);
	work = counted_work() - work;
	assert_false(world_closed(&w));
	tx_free(&text);
	world_end(&w);
	return work;
}

static void T20_literals_behind_a_long_tag(void **state)
{
	static const struct {
		const char *command, *literal;
	} rows[] = {
		{" LIST (", "{1+}\r\nx "},
		{" SEARCH", " SUBJECT {1+}\r\nx"},
		{" APPEND Keep CATENATE (", "URL {1+}\r\nx "},
		{" APPEND Keep ANNOTATION (", "/x (value.priv {1+}\r\nx) "},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint64_t once = literals_behind_a_long_tag(rows[i].command, rows[i].literal, 1000);
		uint64_t twice = literals_behind_a_long_tag(rows[i].command, rows[i].literal, 2000);

		ROW(i, twice < once * 22 / 10);
	}
}

/* T41: names that a table would like to have in one place: they are sorted. */
static const struct growth keywords[] = {
	{"keywords", three, SELECTED, "a STORE 1 +FLAGS.SILENT (x", " k\3", ")\r\n", 500, 0, "a ",
	 false, NULL, 25},
	{"keywords, the same", three, SELECTED, "a STORE 1 +FLAGS.SILENT (x", " k", ")\r\n",
	 20000, 0, "a OK", false, NULL, 0},
	{"keywords, bare", three, SELECTED, "a STORE 1 +FLAGS.SILENT x", " k\3", "\r\n", 500, 0,
	 "a ", false, NULL, 25},
	{"keywords, alike", three, SELECTED, "a STORE 1 +FLAGS.SILENT (x", " kkkkkkkkkkkkkkkk\3",
	 ")\r\n", 500, 0, "a ", false, NULL, 25},
	{"keywords of APPEND", NULL, NULL, "a APPEND INBOX (x", " k\3", ") {1+}\r\nx\r\n", 4000,
	 0, "a ", false, NULL, 0},
};

static void T41_keywords(void **state)
{
	(void)state;
	grow_each(keywords, COUNT(keywords));
}

/* T40: many commands at once, each for little. */
static const struct growth floods[] = {
	{"NOOP", NULL, NULL, "", "a NOOP\r\n", "", 20000, 0, "a OK", false, NULL, 0},
	{"unknown", NULL, NULL, "", "a X\r\n", "", 20000, 0, "a BAD", false, NULL, 0},
	{"CAPABILITY", NULL, NULL, "", "a CAPABILITY\r\n", "", 4000, 0, "a OK", false, NULL, 0},
	{"IDLE, DONE", NULL, NULL, "", "a IDLE\r\nDONE\r\n", "", 10000, 0, "a OK", false, NULL, 0},
	{"SELECT, UNSELECT", three, NULL, "", "a SELECT INBOX\r\na UNSELECT\r\n", "", 2000, 0,
	 "a OK", false, NULL, 0},
	{"SELECT again", three, NULL, "", "a SELECT INBOX\r\n", "", 4000, 0, "a OK", false, NULL,
	 0},
	{"STATUS", three, NULL, "", "a STATUS INBOX (MESSAGES)\r\n", "", 4000, 0, "a OK", false,
	 NULL, 0},
	{"CHECK", three, SELECTED, "", "a CHECK\r\n", "", 10000, 0, "a OK", false, NULL, 0},
	{"NOTIFY SET, NONE", NULL, NULL, "",
	 "a NOTIFY SET (PERSONAL (MessageNew MessageExpunge))\r\na NOTIFY NONE\r\n", "", 2000, 0,
	 "a OK", false, NULL, 0},
	{"ENABLE", NULL, NULL, "", "a ENABLE QRESYNC\r\n", "", 10000, 0, "a OK", false, NULL, 0},
	{"ID", NULL, NULL, "", "a ID NIL\r\n", "", 10000, 0, "a OK", false, NULL, 0},
	{"LIST", NULL, NULL, "", "a LIST \"\" *\r\n", "", 4000, 0, "a OK", false, NULL, 0},
	{"SEARCH and SAVE", three, SELECTED, "", "a SEARCH RETURN (SAVE) 1:3\r\n", "", 4000, 0,
	 "a OK", false, NULL, 0},
	{"STORE", three, SELECTED, "",
	 "a STORE 1:3 +FLAGS (\\Seen)\r\na STORE 1:3 -FLAGS (\\Seen)\r\n", "", 2000, 0, "a OK",
	 false, NULL, 0},
	{"followed searches", three, SELECTED, "",
	 "a SEARCH RETURN (UPDATE) ALL\r\na CANCELUPDATE \"a\"\r\n", "", 2000, 0, "a OK", false,
	 NULL, 0},
	{"COPY", three, SELECTED, "", "a COPY 1 INBOX\r\n", "", 1000, 0, "a OK", false, NULL, 0},
	{"failed logins", NULL, NULL, "", "a LOGIN fred x\r\n", "", 4000, 0, "a NO", true, NULL, 0},
	{"cancelled SASL", NULL, NULL, "", "a AUTHENTICATE PLAIN\r\n*\r\n", "", 10000, 0, "a BAD",
	 true, NULL, 0},
};

static void T40_floods(void **state)
{
	(void)state;
	grow_each(floods, COUNT(floods));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(T20_tokens),
		cmocka_unit_test(T20_literals_behind_a_long_tag),
		cmocka_unit_test(T41_keywords),
		cmocka_unit_test(T40_floods),
	};

	return cmocka_run_group_tests_name("tokens", tests, NULL, NULL);
}
