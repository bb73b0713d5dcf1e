/* SPDX-License-Identifier: MIT */
/*
 * The limits of which nobody can say beforehand where they take effect, as they count octets of memory
 * or steps: the lowest with which everything is answered is looked for, and one less is answered as
 * imapsrv_engine(3) says.  tests/script/limits has the others.
 */
#include "unit/talk.h"

static const char thousand[] = "host: many INBOX 1000\n";
static const char text[] = "host: annotate\nhost: message INBOX\n|Subject: a\n|\n|needle in a stack of hay\n";

static const char urls[] = "host: urlauth 91354a473744909de610943775f92038\n"
                           "host: message INBOX uid 1\n|Subject: a\n|\n|x\n";
#define THE_URL(section) \
	"imap://fred@example.com/INBOX/;uid=1" section \
	";urlauth=authuser:internal:91354a473744909de610943775f92038"

static const struct row {
	const char *limit;
	const char *host; /* besides: NULL */
	bool login;       /* not logged in yet */
	const char *says;
	const char *less; /* is in what is said with one less, */
	bool ends;        /* and the session ends */
	size_t pull;      /* octets of a message that the host gives at a time; 0: lent */
} rows[] = {
	{"arena", NULL, false,
	 "a LIST \"\" (aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb "
	 "cccccccccccccccccccccccccccccccccccccccc dddddddddddddddddddddddddddddddddddddddd)\r\n",
	 "a NO [LIMIT] ", false, 0},
	{"arena", text, false,
	 "a SELECT INBOX\r\nb SEARCH RETURN (SAVE) 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1\r\n",
	 " [LIMIT] ", false, 0},
	{"arena", text, false, "a SELECT INBOX\r\nb FETCH 1 BODY.PEEK[]\r\n", "b NO [LIMIT] ", false, 0},
	{"arena", text, false, "a SELECT INBOX\r\nb FETCH 1 (ANNOTATION (/comment value))\r\n", "b NO [LIMIT] ",
	 false, 0},
	{"arena", text, false, "a SELECT INBOX\r\nb FETCH 1 BODY.PEEK[]\r\n", "b NO [LIMIT] ", false, 10},
	{"arena", text, false, "a SELECT INBOX\r\nb SEARCH BODY hay\r\n", "b NO [LIMIT] ", false, 10},
	{"arena", "host: modseqs\nhost: mailbox INBOX uidvalidity 1\nhost: many INBOX 10\n", false,
	 "a ENABLE QRESYNC\r\nb SELECT INBOX (QRESYNC (1 1 1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31,33,35,37,"
	 "39,41,43,45,47,49,51,53,55,57,59,61,63,65,67,69,71,73,75,77,79,81,83,85,87,89,91,93,95,97,99,101,103))"
	 "\r\n",
	 "b NO [LIMIT] ", false, 0},
	/* For the URL, its section, the message. */
	{"arena", urls, false, "a URLFETCH \"" THE_URL("") "\"\r\n", "a NO [LIMIT] ", false, 0},
	{"arena", urls, false, "a URLFETCH \"" THE_URL("/;section=1") "\"\r\n", "a NO [LIMIT] ", false, 0},
	{"arena", urls, false, "a URLFETCH \"" THE_URL("") "\"\r\n", "a NO [LIMIT] ", false, 10},
	{"arena", "host: catenate\nhost: message INBOX uid 1\n", false,
	 "a APPEND INBOX CATENATE (URL \"/INBOX/;UID=1/;SECTION=HEADER.FIELDS%20(a%20b%20c%20d%20e)\")\r\n",
	 "a NO [LIMIT] ", false, 0},
	{"memory", thousand, false, "a SELECT INBOX\r\n", "* BYE ", true, 0},
	{"memory_prelogin", NULL, true,
	 "a LOGIN joe {400+}\r\n"
	 "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
	 "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
	 "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
	 "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
	 "\r\n",
	 "* BYE ", true, 0},
	{"sort", thousand, false, "a SELECT INBOX\r\nb SORT (ARRIVAL) UTF-8 1:20\r\n", "b NO [LIMIT] ", false, 0},
	{"sort", thousand, false, "a SELECT INBOX\r\nb THREAD ORDEREDSUBJECT UTF-8 1:20\r\n", "b NO [LIMIT] ",
	 false, 0},
	{"search_steps", text, false, "a SELECT INBOX\r\nb SEARCH BODY hay\r\n", "b NO [LIMIT] ", false, 0},
	{"progress", text, false, "a SELECT INBOX\r\nb SEARCH BODY hay\r\n", "* OK [INPROGRESS", false, 0},
};

/* What is said with that limit; without any if it is 0.  NULL: not even a greeting. */
static char *say(const struct row *row, uint64_t limit, bool *ended_r)
{
	struct tx host = {0}, said = {0};
	struct talk t;

	tx_str(&host, "host: limit login_delay none\n");
	if (row->host)
		tx_str(&host, row->host);
	if (!row->login)
		tx_str(&host, "host: preauth fred\n");
	if (limit)
		tx_fmt(&host, "host: limit %s %llu\n", row->limit, (unsigned long long)limit);
	talk_open(&t, host.data);
	t.host.ts->options.pull = row->pull;
	if (sh_connect(&t.host, 0, NULL) && t.td.sessions[0].output.len)
		tx_str(&said, talk_say(&t, 0, row->says));
	*ended_r = t.td.sessions[0].closed;
	td_finish(&t.td);
	ts_free(t.host.ts);
	sc_free(t.lines);
	tx_free(&host);
	return said.data;
}

static bool is_whole(const struct row *row, uint64_t limit, const char *whole)
{
	bool ended;
	char *said = say(row, limit, &ended);
	bool same = said && strcmp(said, whole) == 0;

	free(said);
	return same;
}

static void edges(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		uint64_t low = 1, high = 1 << 24; /* high is enough, low is not */
		bool ended;
		char *whole = say(row, 0, &ended), *less;

		ROW(i, whole && !ended);
		ROW(i, !is_whole(row, low, whole) && is_whole(row, high, whole));
		while (high - low > 1) {
			uint64_t middle = low + (high - low) / 2;

			if (is_whole(row, middle, whole))
				high = middle;
			else
				low = middle;
		}
		ROW(i, is_whole(row, high + 1, whole));
		less = say(row, low, &ended);
		ROW(i, less && strstr(less, row->less) && ended == row->ends);
		free(less);
		free(whole);
	}
}

/* A search ends within a message too: one that is longer than its steps is not read to its end. */
static void within_a_message(void **state)
{
	struct talk t;
	uint64_t before;

	(void)state;
	talk_open(&t, "host: preauth fred\nhost: limit search_steps 20000\nhost: message INBOX size 2000000\n");
	talk_connect(&t, 0);
	(void)talk_say(&t, 0, "a SELECT INBOX\r\n");
	before = imapsrv_session_steps(t.td.sessions[0].session);
	assert_non_null(strstr(talk_say(&t, 0, "b SEARCH BODY nothere\r\n"), "b NO [LIMIT] "));
	assert_true(imapsrv_session_steps(t.td.sessions[0].session) - before < 200000);
	talk_close(&t);
}

/* Responses of 16 octets, none of which is read: how many commands are done? */
static void output(void **state)
{
	static const struct {
		unsigned limit;
		size_t done;
	} full[] = {{31, 2}, {32, 2}, {33, 3}};

	(void)state;
	for (size_t i = 0; i < sizeof(full) / sizeof(full[0]); i++) {
		struct tx host = {0};
		struct imapsrv_span spans[16];
		struct talk t;
		size_t count, len = 0;

		tx_fmt(&host, "host: limit output %u\nhost: preauth fred\n", full[i].limit);
		talk_open(&t, host.data);
		talk_connect(&t, 0);
		t.td.sessions[0].stalled = true;
		(void)talk_say(&t, 0, "a NOOP\r\na NOOP\r\na NOOP\r\na NOOP\r\na NOOP\r\n");
		imapsrv_session_peek(t.td.sessions[0].session, spans, 16, &count);
		for (size_t k = 0; k < count; k++)
			len += spans[k].len;
		ROW(i, len == full[i].done * strlen("a OK NOOP done\r\n"));
		t.td.sessions[0].stalled = false;
		td_settle(&t.td, 0);
		talk_close(&t);
		tx_free(&host);
	}
}

/* Chosen fields are held, as many of them as fit whole into a quarter of what a command may have. */
static void choose(size_t pull)
{
	enum { ARENA = 20000, LINE = 999, LINES = 30 };
	struct tx host = {0}, line = {0};
	struct talk t;
	char size[20];

	tx_fmt(&host, "host: limit arena %d\nhost: preauth fred\nhost: message INBOX\n", ARENA);
	for (int i = 0; i < LINES; i++)
		tx_fmt(&host, "|A: %0*d\n", LINE - 5, i);
	tx_str(&host, "|\n|Hello\n");
	talk_open(&t, host.data);
	t.host.ts->options.pull = pull;
	talk_connect(&t, 0);
	(void)talk_say(&t, 0, "a EXAMINE INBOX\r\n");
	snprintf(size, sizeof(size), "{%d}\r\nA: 0", ARENA / 4 / LINE * LINE);
	tx_str(&line, talk_say(&t, 0, "b FETCH 1 BODY.PEEK[HEADER.FIELDS (A)]\r\n"));
	assert_non_null(strstr(line.data, size));
	assert_non_null(strstr(line.data, "\r\n)\r\nb OK"));
	talk_close(&t);
	tx_free(&host);
	tx_free(&line);
}

/* A header nearly as long as that, and most of it asked for, or some of it many times, is no reason to end
 * a session that may hold twice as much. */
static void choose_much(size_t pull, int lines, const char *line, const char *last)
{
	struct tx host = {0};
	struct talk t;

	tx_str(&host, "host: limit memory 1048576\nhost: limit arena 524288\n"
	              "host: limit command 65536\nhost: limit output 16384\n"
	              "host: limit header_octets 65536\nhost: limit described 65536\n"
	              "host: preauth fred\nhost: message INBOX\n");
	for (int i = 0; i < lines; i++)
		tx_fmt(&host, "|A: %0*d\n", 994, i);
	tx_str(&host, "|\n|Hello\n");
	talk_open(&t, host.data);
	t.host.ts->options.pull = pull;
	talk_connect(&t, 0);
	(void)talk_say(&t, 0, "a EXAMINE INBOX\r\n");
	assert_non_null(strstr(talk_say(&t, 0, line), last));
	talk_close(&t);
	tx_free(&host);
}

static void chosen_fields(void **state)
{
	(void)state;
	choose(0);
	choose(1000);
	for (size_t pull = 0; pull <= 1000; pull += 1000) {
		choose_much(pull, 500, "b FETCH 1 BODY.PEEK[HEADER.FIELDS (A)]\r\n",
		            "\r\n)\r\nb OK");
		choose_much(pull, 100,
		            "b FETCH 1 (BODY.PEEK[HEADER.FIELDS (A)] BODY.PEEK[HEADER.FIELDS (A B)] "
		            "BODY.PEEK[HEADER.FIELDS (A C)] BODY.PEEK[HEADER.FIELDS (A D)] "
		            "BODY.PEEK[HEADER.FIELDS (A E)] BODY.PEEK[HEADER.FIELDS (A F)] "
		            "BODY.PEEK[HEADER.FIELDS (A G)] BODY.PEEK[HEADER.FIELDS (A H)] "
		            "BODY.PEEK[HEADER.FIELDS (A I)] BODY.PEEK[HEADER.FIELDS (A J)] "
		            "BODY.PEEK[HEADER.FIELDS.NOT (B)])\r\n",
		            "\r\n)\r\nb OK");
	}
	choose(SIZE_MAX);
}

/* What is chosen does not depend on how the host gives the octets, however long the header is. */
static void chosen_alike(void **state)
{
	static const char *const sections[] = {
		"HEADER.FIELDS (Z)",       "HEADER.FIELDS (A Z)",   "HEADER.FIELDS (Long Z)",
		"HEADER.FIELDS (End)",     "HEADER.FIELDS.NOT (B)", "HEADER.FIELDS.NOT (A B Long)",
		"HEADER.FIELDS.NOT (B A)", "HEADER.FIELDS (Short)", "HEADER.FIELDS.NOT (A B Z Long)",
	};
	static const size_t pulls[] = {0, 1, 7, 1000, 8192, SIZE_MAX};
	char *first[COUNT(sections)] = {NULL};
	struct tx host = {0};

	(void)state;
	tx_str(&host, "host: limit arena 20000\nhost: preauth fred\nhost: message INBOX\n|Short: 1\n");
	for (int i = 0; i < 20; i++)
		tx_fmt(&host, "|B: %0*d\n", 994, i);
	tx_str(&host, "|no field\n|  folded\n|A: one\n|Long: 1\n");
	for (int i = 0; i < 40; i++)
		tx_fmt(&host, "|   %0*d\n", 194, i);
	tx_str(&host, "|Z: last\n|\tbut one\n|End: 1\n");
	for (int i = 0; i < 40; i++)
		tx_fmt(&host, "| %0*d\n", 194, i);
	tx_str(&host, "|\n|Hello\n");
	for (size_t p = 0; p < COUNT(pulls); p++) {
		struct talk t;

		talk_open(&t, host.data);
		t.host.ts->options.pull = pulls[p];
		talk_connect(&t, 0);
		(void)talk_say(&t, 0, "a EXAMINE INBOX\r\n");
		for (size_t i = 0; i < COUNT(sections); i++) {
			struct tx line = {0};
			const char *said;

			tx_fmt(&line, "b FETCH 1 BODY.PEEK[%s]\r\n", sections[i]);
			said = talk_say(&t, 0, line.data);
			if (!p)
				first[i] = strdup(said);
			ROW(i, strcmp(said, first[i]) == 0);
			tx_free(&line);
		}
		talk_close(&t);
	}
	assert_non_null(strstr(first[0], "] {21}\r\nZ: last\r\n\tbut one\r\n\r\n)"));
	assert_non_null(strstr(first[3], "] {2}\r\n\r\n)"));
	assert_non_null(strstr(first[7], "] {12}\r\nShort: 1\r\n\r\n)"));
	for (size_t i = 0; i < COUNT(sections); i++)
		free(first[i]);
	tx_free(&host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edges),
		cmocka_unit_test(within_a_message),
		cmocka_unit_test(output),
		cmocka_unit_test(chosen_fields),
		cmocka_unit_test(chosen_alike),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
