/* SPDX-License-Identifier: MIT */
/*
 * strict - the reader that watches every test session: for each rule a legal response passes and an
 * illegal one does not; what is legal depends on what was asked; however the octets are cut.
 */
#include "unit/row.h"

#include "host/client.h"
#include "strict/strict.h"
#include "unit/strictlines.h"

/* Complaints about one response; cut: octet by octet. */
static struct tx_log read_one(const char *text, size_t len, unsigned agreed, bool cut)
{
	struct tx_log log = {0};
	struct st st = {.log = &log, .agreed = agreed & ~GREETING, .greeted = !(agreed & GREETING)};

	for (size_t i = 0; cut && i < len; i++)
		st_feed(&st, text + i, 1);
	if (!cut)
		st_feed(&st, text, len);
	st_feed(&st, "\r\n", 2);
	if (!st_whole(&st))
		tx_complain(&log, "the response has no end");
	st_free(&st);
	return log;
}

static void test_pairs(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(pairs) * 2; i++) {
		const struct pair *p = &pairs[i / 2];
		struct tx_log good = read_one(p->legal, strlen(p->legal), p->agreed, i % 2);
		struct tx_log bad = read_one(p->illegal, strlen(p->illegal), p->agreed, i % 2);

		if (good.count)
			fail_msg("row %zu: %s", i / 2, good.first);
		if (!bad.count || !strstr(bad.first, p->rule))
			fail_msg("row %zu: %s: wanted '%s', got '%s'", i / 2, p->illegal, p->rule,
			         bad.count ? bad.first : "nothing");
	}
	assert_true(COUNT(pairs) * 2 >= 300);
}

/* Each illegal response is its legal one with a single piece in it replaced. */
static void test_mutations(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(pairs); i++) {
		const char *a = pairs[i].legal, *b = pairs[i].illegal;
		size_t from = 0, m = strlen(a), n = strlen(b);

		while (a[from] && a[from] == b[from])
			from++;
		while (m > from && n > from && a[m - 1] == b[n - 1]) {
			m--;
			n--;
		}
		ROW(i, m > from || n > from);
	}
}

/* ---- framing ------------------------------------------------------------------------------ */

static void test_frames(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		const char *complaint; /* NULL: none */
	} rows[] = {
		{BYTES("* OK hi"), NULL},
		{BYTES("* OK h\ti"), NULL},
		{BYTES("* OK hi\n"), "LF without CR"},
		{BYTES("* OK hi\rx"), "CR without LF"},
		{BYTES("* OK hi\r"), "CR without LF"},
		{BYTES("* OK h\x01i"), "control character"},
		{BYTES("* OK h\x7fi"), "control character"},
		{BYTES("* OK h\0i"), "control character"},
		{BYTES("* OK \"h\x01i\""), "control character"},
		{BYTES("* OK [\"h\x01i\"] ho"), "control character"},
		{BYTES("* LIST () NIL \"h\x01i\""), "rule mailbox"},
		{BYTES("* URLFETCH \"h\x01\\\"\x7fi\" NIL"), NULL},
		{BYTES("* URLFETCH \"h\0i\" NIL"), "control character"},
		{BYTES("* URLFETCH \"hi\" \x01NIL"), "control character"},
		{BYTES("* OK hi {3}"), NULL},
		{BYTES("a OK hi {3}"), NULL},
		{BYTES("+ hi ~{3}"), NULL},
		{BYTES("* 1 FETCH (BODY[] {2}\r\n\r\n)"), NULL},
		{BYTES("* 1 FETCH (BODY[] {2}\r\n\n\x01)"), NULL},
		{BYTES("* 1 FETCH (BODY[] {0}\r\n)"), NULL},
		{BYTES("* 1 FETCH (BODY[] {1}\r\n\0)"), "NUL in a literal"},
		{BYTES("* 1 FETCH (BINARY[] ~{1}\r\n\0)"), NULL},
		{BYTES("* 1 FETCH (BODY[] {2}\r\nab BODY[1] {3}\r\nabc)"), NULL},
		{BYTES("* 1 FETCH (BODY[] {x}\r\nab)"), "number64"},
		{BYTES(""), "tag"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows) * 2; i++) {
		struct tx_log log = read_one(rows[i / 2].text, rows[i / 2].len, 0, i % 2);
		const char *complaint = rows[i / 2].complaint;

		if (complaint ? !log.count || !strstr(log.first, complaint) : log.count > 0)
			fail_msg("row %zu: wanted '%s', got '%s'", i / 2,
			         complaint ? complaint : "nothing", log.count ? log.first : "nothing");
	}
}

/* It says where: the octet in the response, and of all. */
static void test_offset(void **state)
{
	struct tx_log log = {0};
	struct st st = {.log = &log, .greeted = true};

	(void)state;
	st_feed(&st, "* OK hi\r\n* 1 FETCH (UID 0)\r\n", 28);
	assert_non_null(strstr(log.first, "nz-number at octet 15 of response 2 (octet 24 of all)"));
	st_free(&st);
}

/* Nesting is no recursion: a body and a thread of a million parts within each other. */
static void test_depth(void **state)
{
	enum { DEEP = 1000000 };
	struct tx body = {0}, thread = {0};
	struct tx_log log;

	(void)state;
	tx_str(&body, "* 1 FETCH (BODYSTRUCTURE ");
	tx_str(&thread, "* THREAD ");
	for (int i = 0; i < DEEP; i++) {
		tx_str(&body, "(");
		tx_str(&thread, "(1 (2)");
	}
	tx_str(&body, "(\"A\" \"B\" NIL NIL NIL \"7BIT\" 0)");
	tx_str(&thread, "(1)");
	for (int i = 0; i < DEEP; i++) {
		tx_str(&body, " \"C\")");
		tx_str(&thread, ")");
	}
	tx_str(&body, ")");
	log = read_one(body.data, body.len, 0, false);
	assert_int_equal(log.count, 0);
	log = read_one(thread.data, thread.len, 0, false);
	assert_int_equal(log.count, 0);
	tx_free(&body);
	tx_free(&thread);
}

/* ---- what was asked ----------------------------------------------------------------------- */

struct talk {
	struct tx_log log;
	struct tx_log model; /* what the client model complains of is its own test's business */
	struct st st;
	struct tc client;
};

static void on_response(void *user, const char *data, size_t len)
{
	struct talk *t = user;

	tc_response(&t->client, data, len);
}

#define HELLO  "S:* PREAUTH hi\r\n"
#define SELECT "C:s SELECT x\r\n", "S:* 3 EXISTS\r\n", "S:s OK s\r\n"
#define ENABLE(x) "C:e ENABLE " x "\r\n", "S:* ENABLED " x "\r\n", "S:e OK e\r\n"

static const struct {
	const char *complaint; /* a part of it, NULL: none */
	const char *lines[14];
} talks[] = {
	{NULL, {HELLO, "C:a CAPABILITY\r\n", "S:* CAPABILITY IMAP4rev1\r\n", "S:a OK c\r\n"}},
	{NULL, {HELLO, "C:a LIST \"\" *\r\n", "S:* LIST () \"/\" a\r\n", "S:a OK l\r\n"}},
	{"nothing asked", {HELLO, "C:a NOOP\r\n", "S:* LIST () \"/\" a\r\n"}},
	{"nothing asked", {HELLO, "S:* LIST () \"/\" a\r\n"}},
	{NULL, {HELLO, "C:a NOTIFY SET (personal (MailboxName))\r\n", "S:a OK n\r\n",
	        "S:* LIST () \"/\" a\r\n"}},
	{"nothing asked", {HELLO, "C:a LIST \"\" *\r\n", "S:* LSUB () \"/\" a\r\n"}},
	{NULL, {HELLO, "C:a STATUS a (MESSAGES)\r\n", "S:* STATUS a (MESSAGES 1)\r\n"}},
	{"nothing asked", {HELLO, "C:a SELECT a\r\n", "S:* STATUS a (MESSAGES 1)\r\n"}},
	{"nothing asked", {HELLO, SELECT, "C:a NOOP\r\n", "S:* SEARCH 1\r\n"}},
	{"nothing asked", {HELLO, SELECT, "C:a SEARCH ALL\r\n", "S:* SORT 1\r\n"}},
	{"nothing asked", {HELLO, SELECT, "C:a SEARCH ALL\r\n", "S:* THREAD (1)\r\n"}},
	{NULL, {HELLO, SELECT, "C:a UID SEARCH ALL\r\n", "S:* SEARCH 7\r\n", "S:a OK s\r\n"}},
	{"enabled", {HELLO, ENABLE("IMAP4rev2"), SELECT, "C:a SEARCH ALL\r\n", "S:* SEARCH 1\r\n"}},
	{"nothing asked", {HELLO, "C:a NOOP\r\n", "S:* ID NIL\r\n"}},
	{"nothing asked", {HELLO, "C:a NOOP\r\n", "S:* ENABLED QRESYNC\r\n"}},
	{"nothing asked", {HELLO, "C:a NOOP\r\n", "S:* NAMESPACE NIL NIL NIL\r\n"}},
	{"nothing asked", {HELLO, "C:a NOOP\r\n", "S:* QUOTA a ()\r\n"}},
	{"nothing asked", {HELLO, "C:a NOOP\r\n", "S:* JMAPACCESS \"a\"\r\n"}},
	{"nothing is selected", {HELLO, "C:a NOOP\r\n", "S:* FLAGS ()\r\n"}},
	{NULL, {HELLO, SELECT, "C:a NOOP\r\n", "S:* FLAGS ()\r\n"}},
	{"without values", {HELLO, "C:a GETMETADATA a /shared/b\r\n", "S:* METADATA a /shared/b\r\n"}},
	{NULL, {HELLO, SELECT, "C:a FETCH 1 (MODSEQ)\r\n", "S:* 1 FETCH (MODSEQ (5))\r\n"}},
	{NULL, {HELLO, ENABLE("CONDSTORE"), SELECT, "S:* 1 FETCH (MODSEQ (5))\r\n"}},
	{"CONDSTORE", {HELLO, SELECT, "C:a FETCH 1 (FLAGS)\r\n", "S:* 1 FETCH (MODSEQ (5))\r\n"}},
	{"CONDSTORE", {HELLO, ENABLE("QRESYNC"), SELECT, "C:u UNAUTHENTICATE\r\n", "S:u OK u\r\n",
	               "S:* 1 FETCH (MODSEQ (5))\r\n"}},
	{"UTF-8", {HELLO, ENABLE("UTF8=ACCEPT"), "C:u UNAUTHENTICATE\r\n", "S:u OK u\r\n",
	           "C:a LIST \"\" *\r\n", "S:* LIST () \"/\" \"\xc3\xa4\"\r\n"}},
	{NULL, {HELLO, ENABLE("UTF8=ACCEPT"), "C:a LIST \"\" *\r\n",
	        "S:* LIST () \"/\" \"\xc3\xa4\"\r\n"}},
	{NULL, {HELLO, "C:a LANGUAGE DE\r\n", "S:* LANGUAGE (DE)\r\n", "S:a OK \xc3\xa4\r\n"}},
	{NULL, {HELLO, "C:a APPEND b {3}\r\n", "S:+ go\r\n", "C:abc\r\n", "S:a OK done\r\n"}},
	{"nothing waits", {HELLO, "C:a APPEND b {3+}\r\nabc\r\n", "S:+ go\r\n"}},
	{"nothing waits", {HELLO, "S:+ go\r\n"}},
	{NULL, {HELLO, "C:a IDLE\r\n", "S:+ idling\r\n", "C:DONE\r\n", "S:a OK i\r\n"}},
	{NULL, {"S:* OK hi\r\n", "C:a AUTHENTICATE PLAIN\r\n", "S:+ YWI=\r\n", "C:AAAA\r\n",
	        "S:a OK in\r\n"}},
	{"base64", {"S:* OK hi\r\n", "C:a AUTHENTICATE PLAIN\r\n", "S:+ YWI\r\n"}},
	{"base64", {"S:* OK hi\r\n", "C:a AUTHENTICATE PLAIN\r\n", "S:+ go on\r\n"}},
	{NULL, {HELLO, "C:a SELECT x\r\n", "S:* OK [UIDNEXT 5] n\r\n"}},
	{"not during", {HELLO, "C:a NOOP\r\n", "S:* OK [UIDNEXT 5] n\r\n"}},
	{NULL, {HELLO, "C:a COPY 1 b\r\n", "S:a OK [COPYUID 1 2 3] c\r\n"}},
	{"not during", {HELLO, "C:a FETCH 1 UID\r\n", "S:a OK [COPYUID 1 2 3] c\r\n"}},
	{"not during", {HELLO, "C:a COPY 1 b\r\n", "S:a OK [APPENDUID 1 2] c\r\n"}},
	{"not during", {HELLO, "C:a SELECT b\r\n", "S:a NO [TRYCREATE] c\r\n"}},
	{"not during", {HELLO, "C:a SEARCH ALL\r\n", "S:a OK [MODIFIED 1] c\r\n"}},
	{"not during", {HELLO, "C:a NOOP\r\n", "S:a NO [BADCHARSET] c\r\n"}},
	{"not during", {HELLO, "C:a SELECT b\r\n", "S:a NO [AUTHENTICATIONFAILED] c\r\n"}},
	/* What the client has sent is no command: anything may be an answer to it. */
	{NULL, {HELLO, "C: \r\n", "S:* BAD what\r\n", "C:a NOOP\r\n", "S:a OK n\r\n"}},
};

static void test_asked(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(talks); i++) {
		const char *complaint = talks[i].complaint;
		struct talk t = {0};

		t.st.log = &t.log;
		t.st.client = &t.client;
		t.st.each = on_response;
		t.st.user = &t;
		t.client.log = &t.model;
		for (size_t k = 0; k < 14 && talks[i].lines[k]; k++) {
			const char *line = talks[i].lines[k] + 2;

			if (talks[i].lines[k][0] == 'C')
				tc_sent(&t.client, line, strlen(line));
			else
				st_feed(&t.st, line, strlen(line));
		}
		if (complaint ? !t.log.count || !strstr(t.log.first, complaint) : t.log.count > 0)
			fail_msg("talk %zu: wanted '%s', got '%s'", i, complaint ? complaint : "nothing",
			         t.log.count ? t.log.first : "nothing");
		st_free(&t.st);
		tc_free(&t.client);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs),  cmocka_unit_test(test_mutations),
		cmocka_unit_test(test_frames), cmocka_unit_test(test_offset),
		cmocka_unit_test(test_depth),  cmocka_unit_test(test_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
