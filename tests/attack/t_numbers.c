/* SPDX-License-Identifier: MIT */
/*
 * attack/t_numbers - every place of the grammar, and of every extension's, that takes a number, with
 * numbers at the edges of 31, 32, 63 and 64 bits and far beyond, with zeros before them, with signs:
 * what the grammar has is taken, nothing else is, and none becomes another.
 */
#include "attack/samples.h"

#define SELECTED "s SELECT INBOX\r\n"
#define MAX32    UINT32_MAX
#define MAX63    ((uint64_t)INT64_MAX)

/* Numbers, and what they are worth; "big" is more than 64 bits hold. */
static const struct {
	const char *text;
	uint64_t value;
	bool big;
} numbers[] = {
	{"0", 0, false},
	{"1", 1, false},
	{"00", 0, false},
	{"0000000000000000000000000001", 1, false},
	{"2147483646", INT32_MAX - 1, false},
	{"2147483647", INT32_MAX, false},
	{"2147483648", UINT64_C(1) << 31, false},
	{"2147483649", (UINT64_C(1) << 31) + 1, false},
	{"4294967294", MAX32 - 1, false},
	{"4294967295", MAX32, false},
	{"4294967296", UINT64_C(1) << 32, false},
	{"4294967297", (UINT64_C(1) << 32) + 1, false},
	{"9223372036854775806", MAX63 - 1, false},
	{"9223372036854775807", MAX63, false},
	{"9223372036854775808", MAX63 + 1, false},
	{"9223372036854775809", MAX63 + 2, false},
	{"18446744073709551614", UINT64_MAX - 1, false},
	{"18446744073709551615", UINT64_MAX, false},
	{"18446744073709551616", 0, true},
	{"18446744073709551617", 0, true},
	{"36893488147419103233", 0, true}, /* 2^65 + 1 */
	{"100000000000000000000000000000000000000000000001", 0, true},
};

/* What is no number at all. */
static const char *const wrong[] = {"-1", "+1", "", "0x1", "1e1", "1.", "\"1\"", "\xc2\xb9"};

struct place {
	const char *line; /* "#" is the number */
	uint64_t least, most;
	bool zeros;       /* may begin with 0: nz-number and URLs do not */
	const char *before;
};

/* RFC 9051 9 first; then the RFCs of the extensions. */
static const struct place places[] = {
	/* seq-number = nz-number / "*" */
	{"a UID FETCH # (UID)\r\n", 1, MAX32, false, SELECTED},
	{"a UID FETCH 1:# (UID)\r\n", 1, MAX32, false, SELECTED},
	{"a UID FETCH #:* (UID)\r\n", 1, MAX32, false, SELECTED},
	{"a UID FETCH 1,#,2:# (UID)\r\n", 1, MAX32, false, SELECTED},
	{"a UID STORE # +FLAGS (\\Seen)\r\n", 1, MAX32, false, SELECTED},
	{"a UID COPY # Keep\r\n", 1, MAX32, false, SELECTED},
	{"a UID MOVE # Keep\r\n", 1, MAX32, false, SELECTED},
	{"a UID EXPUNGE #\r\n", 1, MAX32, false, SELECTED},
	{"a SEARCH UID #\r\n", 1, MAX32, false, SELECTED},
	{"a SEARCH UID #:1\r\n", 1, MAX32, false, SELECTED},
	{"a UID SORT (DATE) UTF-8 UID #\r\n", 1, MAX32, false, SELECTED},
	{"a UID THREAD REFERENCES UTF-8 UID #\r\n", 1, MAX32, false, SELECTED},
	{"a ESEARCH IN (MAILBOXES Keep) UID #\r\n", 1, MAX32, false, NULL},
	/* message numbers: those that there are, 1 to 3 */
	{"a FETCH # (UID)\r\n", 1, 3, false, SELECTED},
	{"a FETCH 1:# (UID)\r\n", 1, 3, false, SELECTED},
	{"a STORE # +FLAGS (\\Seen)\r\n", 1, 3, false, SELECTED},
	{"a COPY # Keep\r\n", 1, 3, false, SELECTED},
	{"a MOVE # Keep\r\n", 1, 3, false, SELECTED},
	{"a REPLACE # Keep {1+}\r\nx\r\n", 1, 3, false, SELECTED},
	/* but a search for others finds nothing */
	{"a SEARCH #\r\n", 1, MAX32, false, SELECTED},
	{"a SEARCH OR 1:# ALL\r\n", 1, MAX32, false, SELECTED},
	/* section-part = nz-number *("." nz-number), partial = "<" number64 "." nz-number64 ">" */
	{"a FETCH 1 (BODY.PEEK[#])\r\n", 1, MAX32, false, SELECTED},
	{"a FETCH 1 (BODY.PEEK[1.#.HEADER])\r\n", 1, MAX32, false, SELECTED},
	{"a FETCH 1 (BINARY.PEEK[#])\r\n", 1, MAX32, false, SELECTED},
	{"a FETCH 1 (BINARY.SIZE[1.#])\r\n", 1, MAX32, false, SELECTED},
	{"a FETCH 1 (BODY.PEEK[]<#.1>)\r\n", 0, MAX63, true, SELECTED},
	{"a FETCH 1 (BODY.PEEK[]<0.#>)\r\n", 1, MAX63, false, SELECTED},
	{"a FETCH 1 (BODY.PEEK[]<#.#>)\r\n", 1, MAX63, false, SELECTED},
	{"a FETCH 1 (BINARY.PEEK[1]<#.1>)\r\n", 0, MAX63, true, SELECTED},
	{"a FETCH 1 (BINARY.PEEK[1]<1.#>)\r\n", 1, MAX63, false, SELECTED},
	/* "LARGER" SP number64, "SMALLER" SP number64 */
	{"a SEARCH LARGER #\r\n", 0, MAX63, true, SELECTED},
	{"a SEARCH NOT SMALLER #\r\n", 0, MAX63, true, SELECTED},
	/* RFC 5032 4: nz-number */
	{"a SEARCH YOUNGER #\r\n", 1, MAX32, false, SELECTED},
	{"a SEARCH OLDER #\r\n", 1, MAX32, false, SELECTED},
	/* RFC 7162 7 */
	{"a FETCH 1 (UID) (CHANGEDSINCE #)\r\n", 1, MAX63, true, SELECTED},
	{"a UID FETCH 1 (UID) (CHANGEDSINCE # VANISHED)\r\n", 1, MAX63, true,
	 "s ENABLE QRESYNC\r\n" SELECTED},
	{"a STORE 1 (UNCHANGEDSINCE #) +FLAGS (\\Seen)\r\n", 0, MAX63, true, SELECTED},
	{"a SEARCH MODSEQ #\r\n", 0, MAX63, true, SELECTED},
	{"a SEARCH MODSEQ \"/flags/\\\\seen\" all #\r\n", 0, MAX63, true, SELECTED},
	{"a SORT (DATE) UTF-8 MODSEQ #\r\n", 0, MAX63, true, SELECTED},
	{"a SELECT INBOX (QRESYNC (# 1))\r\n", 1, MAX32, false, "s ENABLE QRESYNC\r\n"},
	{"a SELECT INBOX (QRESYNC (1 #))\r\n", 1, MAX63, true, "s ENABLE QRESYNC\r\n"},
	{"a SELECT INBOX (QRESYNC (1 1 #))\r\n", 1, MAX32, false, "s ENABLE QRESYNC\r\n"},
	{"a SELECT INBOX (QRESYNC (1 1 1:3 (# 1)))\r\n", 1, MAX32, false, "s ENABLE QRESYNC\r\n"},
	{"a SELECT INBOX (QRESYNC (1 1 1:3 (1 #)))\r\n", 1, MAX32, false, "s ENABLE QRESYNC\r\n"},
	{"a EXAMINE INBOX (QRESYNC (1 # 1:3))\r\n", 1, MAX63, true, "s ENABLE QRESYNC\r\n"},
	/* RFC 9394 4: nz-number ":" nz-number, of messages, or of results */
	{"a UID FETCH 1:* (UID) (PARTIAL #:1)\r\n", 1, MAX32, false, SELECTED},
	{"a UID FETCH 1:* (UID) (PARTIAL -1:-#)\r\n", 1, MAX32, false, SELECTED},
	{"a SEARCH RETURN (PARTIAL 1:#) ALL\r\n", 1, MAX32, false, SELECTED},
	{"a SEARCH RETURN (PARTIAL -#:-1) ALL\r\n", 1, MAX32, false, SELECTED},
	{"a SORT RETURN (PARTIAL #:1) (DATE) UTF-8 ALL\r\n", 1, MAX32, false, SELECTED},
	/* RFC 5464 5: "MAXSIZE" SP number */
	{"a GETMETADATA (MAXSIZE #) INBOX /shared/a\r\n", 0, MAX32, true, NULL},
	{"a GETMETADATA (DEPTH #) INBOX /shared/a\r\n", 0, 1, false, NULL},
	/* RFC 9208 7: resource-limit = number64 */
	{"a SETQUOTA \"\" (STORAGE #)\r\n", 0, MAX63, true, NULL},
	{"a SETQUOTA \"\" (STORAGE 1 MESSAGE #)\r\n", 0, MAX63, true, NULL},
	/* RFC 9738 3.2, RFC 10022 4 */
	{"a SEARCH UIDAFTER #\r\n", 1, MAX32, false, SELECTED},
	{"a SEARCH UIDBEFORE #\r\n", 1, MAX32, false, SELECTED},
	{"a UIDBATCHES 1000 1:#\r\n", 1, MAX32, false, SELECTED},
	{"a UIDBATCHES 1000 #:#\r\n", 1, MAX32, false, SELECTED},
	/* RFC 5092 11: ";UID=" nz-number, ";UIDVALIDITY=" nz-number, ";PARTIAL=" number ["." nz-number] */
	{"a GENURLAUTH \"imap://fred@example.com/Keep/;UID=#;URLAUTH=user+fred\" INTERNAL\r\n", 1, MAX32,
	 false, NULL},
	{"a GENURLAUTH \"imap://fred@example.com/Keep;UIDVALIDITY=#/;UID=1;URLAUTH=user+fred\" INTERNAL\r\n",
	 1, MAX32, false, NULL},
	{"a GENURLAUTH \"imap://fred@example.com/Keep/;UID=1/;PARTIAL=#.1;URLAUTH=user+fred\" INTERNAL\r\n",
	 0, MAX63, true, NULL},
	{"a GENURLAUTH \"imap://fred@example.com/Keep/;UID=1/;PARTIAL=1.#;URLAUTH=user+fred\" INTERNAL\r\n",
	 1, MAX63, false, NULL},
	{"a GENURLAUTH \"imap://fred@example.com/Keep/;UID=1/;SECTION=#;URLAUTH=user+fred\" INTERNAL\r\n",
	 1, MAX32, false, NULL},
	{"a GENURLAUTH \"imap://fred@example.com:#/Keep/;UID=1;URLAUTH=user+fred\" INTERNAL\r\n", 0, 65535,
	 true, NULL},
	/* date = date-day "-" date-month "-" date-year, date-year = 4DIGIT */
	{"a SEARCH SINCE 1-Feb-#\r\n", 1, 0, false, SELECTED},
	{"a SEARCH SENTON #-Feb-1994\r\n", 1, 28, false, SELECTED},
};

static void expand(struct tx *t, const char *line, const char *number)
{
	tx_clear(t);
	for (; *line; line++)
		if (*line == '#')
			tx_str(t, number);
		else
			tx_add(t, line, 1);
}

static void begin(struct world *w, const struct place *place)
{
	static const struct sample none = {"", false};

	samples_begin(w);
	if (strstr(place->line, "UIDAFTER") || strstr(place->line, "UIDBEFORE"))
		w->limits.message_limit = 1000000; /* with which there is no SORT, and so on */
	samples_connect(w, &none);
	world_say(w, "s UNSELECT\r\n");
	if (place->before)
		world_say(w, place->before);
}

static char answer[200];

static bool is_taken(struct world *w, const struct place *place, const char *number)
{
	struct tx line = {0};
	bool taken;

	begin(w, place);
	expand(&line, place->line, number);
	w->said.len = 0;
	world_feed(w, line.data, line.len, 0);
	world_last(w);
	if (strncmp(w->said.data, "a OK", 4) && strncmp(w->said.data, "a NO", 4) &&
	    strncmp(w->said.data, "a BAD", 5))
		fail_msg("%s with %s: %s", place->line, number, w->said.data);
	snprintf(answer, sizeof(answer), "%s", w->said.data);
	taken = strncmp(w->said.data, "a BAD", 5) != 0;
	assert_string_equal(world_say(w, "z NOOP\r\n"), "z OK NOOP done");
	tx_free(&line);
	return taken;
}

static void T09_every_number(void **state)
{
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(places); i++) {
		const struct place *p = &places[i];

		for (size_t n = 0; n < COUNT(numbers); n++) {
			bool fits = !numbers[n].big && numbers[n].value >= p->least &&
			            numbers[n].value <= p->most;
			bool zeros = numbers[n].text[0] == '0' && numbers[n].text[1];
			struct world w;

			if (is_taken(&w, p, numbers[n].text) != (fits && (p->zeros || !zeros))) {
				print_error("%s with %s: %s\n", p->line, numbers[n].text, answer);
				failed++;
			}
			world_end(&w);
		}
		for (size_t n = 0; n < COUNT(wrong); n++) {
			struct world w;

			if (!*wrong[n] && (strstr(p->line, "[#]") || strstr(p->line, ":#/")))
				continue; /* the whole message; a port that is not said */

			if (is_taken(&w, p, wrong[n])) {
				print_error("%s with \"%s\": %s\n", p->line, wrong[n], answer);
				failed++;
			}
			world_end(&w);
		}
	}
	if (failed)
		fail_msg("%u failures", failed);
}

/* ---- literals ------------------------------------------------------------------------------- */

/* Where a literal may stand, and where none may. */
static const struct sample announcing[] = {
	{"a LOGIN ", true},
	{"a ID (\"name\" ", true},
	{"a AUTHENTICATE PLAIN ", true},
	{"a SELECT ", true},
	{"a UNKNOWN ", true},
	{"a ", true},
	{"", true},
	{"a APPEND Keep ", false},
	{"a APPEND Keep {1+}\r\nx ", false},
	{"a APPEND Keep (\\Seen) \"17-Jul-1996 02:44:25 -0700\" ", false},
	{"a APPEND Keep CATENATE (TEXT ", false},
	{"a APPEND Keep CATENATE (TEXT {1+}\r\nx TEXT ", false},
	{"a APPEND Keep CATENATE (URL ", false},
	{"a APPEND ", false},
	{"a REPLACE 1 Keep ", false},
	{"a SELECT ", false},
	{"a LIST \"\" (x ", false},
	{"a SEARCH SUBJECT ", false},
	{"a SETMETADATA Keep (/shared/a ", false},
	{"a FETCH 1 BODY[HEADER.FIELDS (x ", false},
	{"a STORE 1 ANNOTATION (/comment (value.priv ", false},
	{"a NOTIFY SET (MAILBOXES ", false},
	{"a URLFETCH ", false},
	{"a UNKNOWN ", false},
	{"a NOOP ", false},
};

/* More than any limit there is: nothing is set aside for it, and its octets are no commands. */
static void announce(const struct sample *where, const char *number, const char *form)
{
	static const char octets[] = "\r\nx CREATE made\r\nx LOGOUT\r\nx NOOP\r\nx";
	struct tx line = {0};
	size_t before;
	struct world w;

	samples_begin(&w);
	samples_connect(&w, where);
	world_feed(&w, where->line, strlen(where->line), 0);
	before = w.alloc.octets;
	w.alloc.peak = before;
	w.said.len = 0;
	expand(&line, form, number);
	tx_str(&line, "\r\n");
	world_feed(&w, line.data, line.len, 0);
	for (unsigned i = 0; strchr(form, '+') && i < 100 && !world_closed(&w); i++)
		world_feed(&w, octets, sizeof(octets) - 1, 0);
	tx_add(&w.said, "", 1);
	if (strstr(w.said.data, "x OK") || strstr(w.said.data, "x NO") || strstr(w.said.data, "x BAD"))
		fail_msg("%s%s: %s", where->line, line.data, w.said.data);
	if (w.alloc.peak > before + 8192)
		fail_msg("%s%s: %zu octets", where->line, line.data, w.alloc.peak - before);
	assert_null(ts_find(w.ts, w.fred, "made"));
	w.said.len = 0;
	/* One that waits for leave was not given it: the next line is a command. */
	if (!strchr(form, '+') && !world_closed(&w))
		samples_alive(&w, where->line);
	world_end(&w);
	tx_free(&line);
}

static void T07_announced(void **state)
{
	static const char *const forms[] = {"{#}", "{#+}", "~{#}", "~{#+}", "UTF8 (~{#+}", "{00#+}"};

	(void)state;
	for (size_t i = 0; i < COUNT(announcing); i++)
		for (size_t n = 0; n < COUNT(numbers); n++)
			for (size_t f = 0; f < COUNT(forms); f++)
				if (numbers[n].big || numbers[n].value > 1000000)
					announce(&announcing[i], numbers[n].text, forms[f]);
}

/* What announces nothing: it is of the line, and the next is another. */
static void T07_no_announcement(void **state)
{
	static const char *const texts[] = {
		"{-1}", "{-1+}", "{+}", "{}", "{1 }", "{ 1}", "{1 +}", "{+1}", "{1++}", "{1-}", "{0x4}", "{1e3}",
		"{1.0}", "{1,2}", "{1}x", "{1+}x", "{1+} ", "{4294967296", "4}", "\"{4}\"x", "{4}{", "{\xc2\xb9}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(announcing); i++)
		for (size_t n = 0; n < COUNT(texts); n++) {
			struct tx line = {0};
			struct world w;

			samples_begin(&w);
			samples_connect(&w, &announcing[i]);
			world_feed(&w, announcing[i].line, strlen(announcing[i].line), 0);
			tx_fmt(&line, "%s\r\n", texts[n]);
			world_feed(&w, line.data, line.len, 0);
			if (strncmp(world_say(&w, "x NOOP\r\n"), "x OK", 4) != 0)
				fail_msg("%s%s: %s", announcing[i].line, texts[n], w.said.data);
			tx_free(&line);
			world_end(&w);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(T09_every_number),
		cmocka_unit_test(T07_announced),
		cmocka_unit_test(T07_no_announcement),
	};

	return cmocka_run_group_tests_name("numbers", tests, NULL, NULL);
}
