/* SPDX-License-Identifier: MIT */
/*
 * attack/t_octets - every command with octets put in that no client sends there: what is emitted can be
 * read, and the session goes on or says that it will not.
 */
#include "attack/samples.h"

static const char odd[] = "\0\t\n\r\1\x7f \"\\(){}[]<>*%+~&-/.,:;=$09Aa\x80\xc0\xe2\xff";

/* T12: each of them in the place of each octet, and before it. */
static void T12_odd_octets(void **state)
{
	(void)state;
	for (size_t i = 0; i < sample_count; i++) {
		size_t len = strlen(samples[i].line);
		char *line = malloc(len + 2);
		struct world w;

		assert_non_null(line);
		samples_begin(&w);
		for (size_t at = 0; at < 2 * len; at++)
			for (size_t c = 0; c < sizeof(odd); c++) {
				size_t before = at / 2, n = at & 1 ? len : len + 1;

				memcpy(line, samples[i].line, before);
				line[before] = odd[c];
				memcpy(line + before + 1, samples[i].line + before + (at & 1),
				       len - before - (at & 1));
				samples_connect(&w, &samples[i]);
				world_feed(&w, line, n, 0);
				imapsrv_session_eof(w.s);
				world_run(&w, true);
				if (!world_closed(&w))
					fail_msg("%s: octet %zu: not closed at the end", line, before);
				world_drop(&w);
			}
		free(line);
		world_end(&w);
	}
}

/* T12: every octet in the place of each of a tag, an atom, a quoted string, base64 and modified UTF-7. */
static void T12_every_octet(void **state)
{
	static const struct sample lines[] = {
		{"tag NOOP\r\n", false},
		{"a SELECT name\r\n", false},
		{"a SELECT \"n m\"\r\n", false},
		{"a SELECT a&AOk-b\r\n", false},
		{"a STORE 1 FLAGS (\\Seen key)\r\n", false},
		{"a LOGIN fred pw\r\n", true},
		{"a AUTHENTICATE PLAIN\r\nAGZyZWQAcHc=\r\n", true},
		{"a ID (\"k\" \"v\")\r\n", true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		size_t len = strlen(lines[i].line);
		char *line = malloc(len);
		struct world w;

		assert_non_null(line);
		samples_begin(&w);
		for (size_t at = 0; at < len - 2; at++)
			for (unsigned c = 0; c < 256; c++) {
				memcpy(line, lines[i].line, len);
				line[at] = (char)c;
				samples_connect(&w, &lines[i]);
				world_feed(&w, line, len, 0);
				samples_alive(&w, lines[i].line);
				world_drop(&w);
			}
		free(line);
		world_end(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(T12_odd_octets),
		cmocka_unit_test(T12_every_octet),
	};

	return cmocka_run_group_tests_name("octets", tests, NULL, NULL);
}
