/* SPDX-License-Identifier: MIT */
/*
 * attack/t_lines - every command, damaged: cut off, with literals where none is wanted.  Whatever comes,
 * what is emitted can be read, memory is bounded, and the session goes on or says that it will not.
 */
#include "attack/samples.h"

/* ---- cut off -------------------------------------------------------------------------------- */

/* T13: cut off anywhere, behind a quote, a quoted quote, a backslash. */
static void T13_cut_short(void **state)
{
	static const char *const ends[] = {"", "\"", "\\\"", "\"\\", "\"\\\"", "("};

	(void)state;
	for (size_t i = 0; i < sample_count; i++) {
		size_t len = strlen(samples[i].line);
		struct world w;

		samples_begin(&w);
		for (size_t at = 0; at < len; at++)
			for (size_t e = 0; e < COUNT(ends); e++) {
				samples_connect(&w, &samples[i]);
				world_feed(&w, samples[i].line, at, 0);
				if (!world_closed(&w))
					world_feed(&w, ends[e], strlen(ends[e]), 0);
				samples_alive(&w, samples[i].line);
				world_drop(&w);
			}
		world_end(&w);
	}
}

/* T19: whatever can be read is read on, an octet at a time (world_feed complains). */
static void T19_progress(void **state)
{
	(void)state;
	for (size_t i = 0; i < sample_count; i++) {
		struct world w;

		samples_begin(&w);
		samples_connect(&w, &samples[i]);
		if (world_feed(&w, samples[i].line, strlen(samples[i].line), 1) !=
		            strlen(samples[i].line) &&
		    !world_closed(&w))
			fail_msg("%s: not all was taken", samples[i].line);
		if (strncmp(world_last(&w), "a ", 2) != 0)
			fail_msg("%s: %s", samples[i].line, w.said.data);
		world_end(&w);
	}
}

/* ---- words ---------------------------------------------------------------------------------- */

/* T15: what a careless program would hand to printf. */
static void T15_formats(void **state)
{
	static const char *const formats[] = {"%n%s%x", "%1$s%999999999d", "%"};
	struct tx word = {0}, line = {0};

	(void)state;
	for (size_t i = 0; i < sample_count; i++) {
		size_t at, len;

		for (size_t n = 0; samples_word(samples[i].line, n, &at, &len); n++) {
			struct world w;

			samples_begin(&w);
			for (size_t k = 0; k < 2 * COUNT(formats); k++) {
				tx_clear(&word);
				if (k & 1)
					tx_fmt(&word, "{%zu+}\r\n", strlen(formats[k / 2]));
				tx_str(&word, formats[k / 2]);
				samples_replace(&line, samples[i].line, at, len, &word);
				samples_connect(&w, &samples[i]);
				world_feed(&w, line.data, line.len, 0);
				samples_alive(&w, samples[i].line);
				world_drop(&w);
			}
			world_end(&w);
		}
	}
	tx_free(&word);
	tx_free(&line);
}

/* ---- literals ------------------------------------------------------------------------------- */

/* T8: a literal in the place of every word, taken or refused: its octets are no commands. */
static void T08_literals_everywhere(void **state)
{
	static const char octets[] = "\r\nx DELETE Keep\r\nx LOGOUT\r\n";
	struct tx word = {0}, line = {0};

	(void)state;
	for (size_t i = 0; i < sample_count; i++) {
		size_t at, len;

		for (size_t n = 0; samples_word(samples[i].line, n, &at, &len); n++)
			for (unsigned small = 0; small < 2; small++) {
				struct world w;

				samples_begin(&w);
				if (small)
					w.limits.command = w.limits.command_prelogin = 30;
				w.limits.append = small ? 10 : 1000;
				tx_clear(&word);
				tx_fmt(&word, "{%zu+}\r\n%s", sizeof(octets) - 1, octets);
				samples_replace(&line, samples[i].line, at, len, &word);
				world_connect(&w, !samples[i].prelogin);
				w.said.len = 0;
				world_feed(&w, line.data, line.len, 0);
				tx_add(&w.said, "", 1);
				if (strstr(w.said.data, "x OK") || strstr(w.said.data, "x BAD") ||
				    strstr(w.said.data, "x NO"))
					fail_msg("%s: word %zu: %s", samples[i].line, n, w.said.data);
				w.said.len = 0;
				samples_alive(&w, samples[i].line);
				assert_non_null(ts_find(w.ts, w.fred, "Keep"));
				world_end(&w);
			}
	}
	tx_free(&word);
	tx_free(&line);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(T13_cut_short),
		cmocka_unit_test(T19_progress),
		cmocka_unit_test(T15_formats),
		cmocka_unit_test(T08_literals_everywhere),
	};

	return cmocka_run_group_tests_name("lines", tests, NULL, NULL);
}
