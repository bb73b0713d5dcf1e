/* SPDX-License-Identifier: MIT */
/*
 * host/client - the client model that watches every test session: each thing that it promises to
 * notice is noticed, and a correct dialogue is not complained of, nor by the strict reader.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "host/client.h"
#include "strict/strict.h"

struct watch {
	struct tx_log log;
	struct tx_log strict; /* complaints of the reader */
	struct st wire;
	struct tc client;
};

static void on_response(void *user, const char *data, size_t len)
{
	struct watch *w = user;

	tc_response(&w->client, data, len);
}

/* One line of a dialogue: C: or S: and octets. */
static void one(struct watch *w, const char *line, bool bytes)
{
	const char *text = line + 2;
	size_t len = strlen(text), step = bytes ? 1 : len;

	for (size_t i = 0; i < len; i += step) {
		if (line[0] == 'C')
			tc_sent(&w->client, text + i, step);
		else
			st_feed(&w->wire, text + i, step);
	}
}

#define SELECT "C:a SELECT x\r\n", "S:* 3 EXISTS\r\n", "S:* 0 RECENT\r\n", "S:a OK s\r\n"
#define UIDONLY "C:u ENABLE UIDONLY\r\n", "S:* ENABLED UIDONLY\r\n", "S:u OK e\r\n"
#define HELLO  "S:* PREAUTH hi\r\n"

static const struct {
	const char *complaint; /* a part of it, or NULL for none */
	const char *lines[16];
} cases[] = {
	{NULL, {HELLO, SELECT, "C:b FETCH 1 UID\r\n", "S:* 1 FETCH (UID 5)\r\n", "S:b OK f\r\n"}},
	{NULL, {HELLO, SELECT, "C:b NOOP\r\n", "S:* 3 EXPUNGE\r\n", "S:* 2 EXPUNGE\r\n",
	        "S:* 4 EXISTS\r\n", "S:b OK n\r\n"}},
	{NULL, {HELLO, SELECT, "C:b IDLE\r\n", "S:+ go\r\n", "S:* 1 EXPUNGE\r\n", "C:DONE\r\n",
	        "S:b OK i\r\n"}},
	{NULL, {HELLO, SELECT, "C:b UID STORE 1 FLAGS ()\r\n", "S:* 1 FETCH (UID 5 FLAGS ())\r\n",
	        "S:* 1 EXPUNGE\r\n", "S:b OK u\r\n"}},
	{NULL, {HELLO, SELECT, "C:b SELECT y\r\n", "S:* OK [CLOSED] c\r\n", "S:* 1 EXISTS\r\n",
	        "S:b OK s\r\n"}},
	{NULL, {HELLO, "C:b LOGIN {4}\r\n", "S:b BAD no\r\n", "C:c NOOP\r\n", "S:c OK n\r\n"}},
	{NULL, {HELLO, "C:b LOGIN {8+}\r\nc NOOP\r\n d\r\n", "S:b NO n\r\n"}},
	{NULL, {"S:* OK hi\r\n", "C:a AUTHENTICATE PLAIN\r\n", "S:+ \r\n", "C:AAAA\r\n",
	        "S:a OK in\r\n"}},
	{NULL, {HELLO, "C: x\r\n", "S:* BAD what\r\n", "C:a NOOP\r\n", "S:a OK n\r\n"}},
	{NULL, {HELLO, "C:a IDLE\r\n", "C:b NOOP\r\n", "S:+ go\r\n", "S:a BAD no\r\n"}},
	{NULL, {HELLO, SELECT, "C:b FETCH 1 (BODY[] FLAGS)\r\n",
	        "S:* 1 FETCH (BODY[HEADER.FIELDS (A[]b \"B)\")]<0> {3}\r\na)b FLAGS (\\Seen x) "
	        "BODY ((\"a\" \"b\" NIL NIL NIL \"7BIT\" 1)(\"c\" \"d\" (\"x\" \"y\") NIL NIL \"7BIT\" 1) "
	        "\"mixed\"))\r\n",
	        "S:b OK f\r\n"}},
	{NULL, {HELLO, "C:a ENABLE QRESYNC\r\n", "S:* ENABLED QRESYNC\r\n", "S:a OK e\r\n", SELECT,
	        "C:b NOOP\r\n", "S:* VANISHED 7,9:10\r\n", "S:b OK n\r\n"}},
	{NULL, {HELLO, SELECT, UIDONLY, "C:b UID FETCH 1:* FLAGS\r\n",
	        "S:* 7 UIDFETCH (FLAGS ())\r\n", "S:* 5 UIDFETCH (UID 5)\r\n",
	        "S:* VANISHED 5,9\r\n", "S:* 3 EXISTS\r\n", "S:* 9 UIDFETCH (FLAGS ())\r\n",
	        "S:* ESEARCH (TAG \"x\") UID ALL 7\r\n", "S:b OK f\r\n"}},
	{NULL, {HELLO, SELECT, "C:b UIDBATCHES 2\r\n", "S:* UIDBATCHES (TAG \"b\") 9:7,6:6,5:1\r\n",
	        "S:b OK u\r\n", "C:c UIDBATCHES 2 9:9\r\n", "S:* UIDBATCHES (TAG \"c\")\r\n",
	        "S:c OK u\r\n"}},
	{"UIDBATCHES to nothing", {HELLO, SELECT, "C:b NOOP\r\n", "S:* UIDBATCHES (TAG \"b\") 9:1\r\n"}},
	{"not descend", {HELLO, SELECT, "C:b UIDBATCHES 2\r\n",
	                 "S:* UIDBATCHES (TAG \"b\") 9:7,5:1\r\n"}},
	{"not descend", {HELLO, SELECT, "C:b UIDBATCHES 2\r\n",
	                 "S:* UIDBATCHES (TAG \"b\") 7:9\r\n"}},
	{"not descend", {HELLO, SELECT, "C:b UIDBATCHES 2\r\n",
	                 "S:* UIDBATCHES (TAG \"b\") 9:7,\r\n"}},
	{"not descend", {HELLO, SELECT, "C:b UIDBATCHES 2\r\n",
	                 "S:* UIDBATCHES (TAG \"b\") 9:0\r\n"}},
	{"UIDBATCHES that cannot", {HELLO, SELECT, "C:b UIDBATCHES 2\r\n",
	                            "S:* UIDBATCHES (TAG \"b\") NIL\r\n"}},
	{"FETCH though UIDONLY", {HELLO, SELECT, UIDONLY, "S:* 1 FETCH (UID 5)\r\n"}},
	{"EXPUNGE though UIDONLY", {HELLO, SELECT, UIDONLY, "C:b NOOP\r\n", "S:* 1 EXPUNGE\r\n"}},
	{"though UIDONLY is not", {HELLO, SELECT, "C:b NOOP\r\n", "S:* 5 UIDFETCH (UID 5)\r\n"}},
	{"another UID inside", {HELLO, SELECT, UIDONLY, "S:* 5 UIDFETCH (UID 6)\r\n"}},
	{"UIDFETCH that cannot", {HELLO, SELECT, UIDONLY, "S:* 5 UIDFETCH ()\r\n"}},
	{"UIDFETCH of more", {HELLO, SELECT, UIDONLY, "C:b NOOP\r\n", "S:* 5 UIDFETCH (UID 5)\r\n",
	                      "S:* VANISHED 1:2\r\n", "S:* 6 UIDFETCH (UID 6)\r\n"}},
	{"messages that it does not have", {HELLO, SELECT, UIDONLY, "C:b NOOP\r\n",
	                                    "S:* 5 UIDFETCH (UID 5)\r\n",
	                                    "S:* VANISHED 1:3\r\n"}},
	{"ESEARCH with numbers", {HELLO, SELECT, UIDONLY, "C:b UID SEARCH ALL\r\n",
	                          "S:* ESEARCH (TAG \"b\") ALL 1\r\n"}},
	{"must not come", {HELLO, UIDONLY, "C:b SELECT x\r\n", "S:* OK [UNSEEN 1] u\r\n"}},
	{"must not come", {HELLO, UIDONLY, "C:b SELECT x\r\n", "S:* NO [UIDNOTSTICKY] u\r\n"}},
	{"EXPUNGE where it is forbidden", {HELLO, SELECT, "C:b FETCH 1 UID\r\n",
	                                   "S:* 1 EXPUNGE\r\n"}},
	{"EXPUNGE where it is forbidden", {HELLO, SELECT, "C:b STORE 1 FLAGS ()\r\n",
	                                   "C:c NOOP\r\n", "S:* 1 EXPUNGE\r\n"}},
	{"EXPUNGE while no command", {HELLO, SELECT, "S:* 1 EXPUNGE\r\n"}},
	{"EXPUNGE beyond", {HELLO, SELECT, "C:b NOOP\r\n", "S:* 4 EXPUNGE\r\n"}},
	{"EXPUNGE beyond", {HELLO, SELECT, "C:b NOOP\r\n", "S:* 0 EXPUNGE\r\n"}},
	{"EXPUNGE though QRESYNC", {HELLO, "C:e ENABLE QRESYNC\r\n", "S:* ENABLED QRESYNC\r\n",
	                            "S:e OK e\r\n", SELECT, "C:b NOOP\r\n", "S:* 1 EXPUNGE\r\n"}},
	{"FETCH beyond", {HELLO, SELECT, "C:b FETCH 4 UID\r\n", "S:* 4 FETCH (UID 5)\r\n"}},
	{"FETCH beyond", {HELLO, SELECT, "C:b NOOP\r\n", "S:* 3 EXPUNGE\r\n",
	                  "S:* 3 FETCH (UID 5)\r\n"}},
	{"another UID", {HELLO, SELECT, "C:b FETCH 1 UID\r\n", "S:* 1 FETCH (UID 5)\r\n",
	                 "S:* 1 FETCH (UID 6)\r\n"}},
	{"not above", {HELLO, SELECT, "C:b FETCH 1 UID\r\n", "S:* 1 FETCH (UID 5)\r\n",
	               "S:* 3 FETCH (UID 5)\r\n"}},
	{"not below", {HELLO, SELECT, "C:b FETCH 1 UID\r\n", "S:* 2 FETCH (UID 5)\r\n",
	               "S:* 1 FETCH (UID 7)\r\n"}},
	{"another UID", {HELLO, SELECT, "C:b FETCH 1:2 UID\r\n", "S:* 2 FETCH (UID 7)\r\n",
	                 "S:b OK f\r\n", "C:c NOOP\r\n", "S:* 1 EXPUNGE\r\n",
	                 "S:* 1 FETCH (UID 6)\r\n"}},
	{"without UID", {HELLO, SELECT, "C:b UID FETCH 1 FLAGS\r\n", "S:* 1 FETCH (FLAGS ())\r\n"}},
	{"cannot be read", {HELLO, SELECT, "C:b FETCH 1 FLAGS\r\n", "S:* 1 FETCH (FLAGS ()\r\n"}},
	{"cannot be read", {HELLO, SELECT, "C:b FETCH 1 FLAGS\r\n", "S:* 1 FETCH (FLAGS)\r\n"}},
	{"cannot be read", {HELLO, SELECT, "C:b FETCH 1 FLAGS\r\n",
	                    "S:* 1 FETCH (FLAGS ()) x\r\n"}},
	{"cannot be read", {HELLO, SELECT, "C:b FETCH 1 FLAGS\r\n",
	                    "S:* 1 FETCH (UID 1  UID 1)\r\n"}},
	{"cannot be read", {HELLO, SELECT, "C:b FETCH 1 FLAGS\r\n",
	                    "S:* 1 FETCH (FLAGS ( a))\r\n"}},
	{"shrinks", {HELLO, SELECT, "C:b NOOP\r\n", "S:* 2 EXISTS\r\n"}},
	{"nothing selected", {HELLO, "C:b NOOP\r\n", "S:* 2 EXISTS\r\n"}},
	{"nothing selected", {HELLO, SELECT, "C:b CLOSE\r\n", "S:b OK c\r\n", "C:c NOOP\r\n",
	                      "S:* 2 EXISTS\r\n"}},
	{"RECENT beyond", {HELLO, SELECT, "C:b NOOP\r\n", "S:* 4 RECENT\r\n"}},
	{"without EXISTS", {HELLO, "C:b SELECT x\r\n", "S:b OK s\r\n"}},
	{"SEARCH result beyond", {HELLO, SELECT, "C:b SEARCH ALL\r\n", "S:* SEARCH 1 4\r\n"}},
	{"SEARCH to nothing", {HELLO, SELECT, "C:b NOOP\r\n", "S:* SEARCH 1\r\n"}},
	{"though QRESYNC is not", {HELLO, SELECT, "C:b NOOP\r\n", "S:* VANISHED 1\r\n"}},
	{"of more than EXISTS", {HELLO, "C:e ENABLE QRESYNC\r\n", "S:* ENABLED QRESYNC\r\n",
	                         "S:e OK e\r\n", SELECT, "C:b NOOP\r\n", "S:* VANISHED 1:4\r\n"}},
	{"out of order", {HELLO, "C:a NOOP\r\n", "C:b NOOP\r\n", "S:b OK n\r\n"}},
	{"to nothing", {HELLO, "C:a NOOP\r\n", "S:a OK n\r\n", "S:a OK n\r\n"}},
	{"to nothing", {HELLO, "S:+ go\r\n"}},
	{"neither OK", {HELLO, "C:a NOOP\r\n", "S:a YES n\r\n"}},
	{"behind BYE", {HELLO, "C:a NOOP\r\n", "S:* BYE b\r\n", "S:a OK n\r\n"}},
	{"behind BYE", {HELLO, "S:* BYE b\r\n", "S:* OK n\r\n"}},
	{"no greeting", {"S:* CAPABILITY IMAP4rev1\r\n"}},
	{"unknown", {HELLO, "C:a NOOP\r\n", "S:* 1 NONSENSE\r\n"}},
};

static void test_dialogues(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]) * 2; i++) {
		const char *complaint = cases[i / 2].complaint;
		struct watch w = {0};

		w.wire.log = &w.strict;
		w.wire.client = &w.client;
		w.client.log = &w.log;
		w.wire.each = on_response;
		w.wire.user = &w;
		w.client.number = 1;
		for (size_t k = 0; k < 16 && cases[i / 2].lines[k]; k++)
			one(&w, cases[i / 2].lines[k], i % 2);
		if (complaint ? !w.log.count || !strstr(w.log.first, complaint) : w.log.count > 0)
			fail_msg("case %zu: wanted '%s', got '%s'", i / 2,
			         complaint ? complaint : "nothing",
			         w.log.count ? w.log.first : "nothing");
		if (!complaint && w.strict.count)
			fail_msg("case %zu: %s", i / 2, w.strict.first);
		if (!complaint && !st_whole(&w.wire))
			fail_msg("case %zu: the last response is not whole", i / 2);
		st_free(&w.wire);
		tc_free(&w.client);
	}
}

static void test_glob(void **state)
{
	static const struct {
		const char *pattern, *text;
		bool match;
	} table[] = {
		{"a OK *", "a OK done", true},        {"a OK *", "a NO done", false},
		{"* OK *", "* OK x", true},           {"* OK *", "x OK x", false},
		{"* 1 EXISTS", "* 1 EXISTS", true},   {"* 1 EXISTS", "* 12 1 EXISTS", false},
		{"x (a \\*) *", "x (a \\*) y", true}, {"x (a \\*) *", "x (a \\b) y", false},
		{"*b*c", "aabbc", true},              {"*b*c", "aabb", false},
		{"a*", "a\nb", false},                {"", "", true},
		{"a", "", false},                     {"a*", "a", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (tx_glob(table[i].pattern, strlen(table[i].pattern), table[i].text,
		            strlen(table[i].text)) != table[i].match)
			fail_msg("case %zu", i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dialogues),
		cmocka_unit_test(test_glob),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
