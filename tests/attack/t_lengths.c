/* SPDX-License-Identifier: MIT */
/*
 * attack/t_lengths - every command with words of any length, of which there is no end, by the
 * million, and with parentheses as deep: memory is bounded, and so is the stack.
 */
#include "attack/samples.h"
#include "session/command.h"
#include "session/engine.h"

#include <pthread.h>

/* ---- without end ---------------------------------------------------------------------------- */

/* T10: no command is without its line. */
static void T10_no_command_is_missing(void **state)
{
	struct world w;

	(void)state;
	samples_begin(&w);
	world_connect(&w, true);
	for (size_t i = 0; i < w.engine->command_count; i++) {
		const char *name = w.engine->commands[i]->name;
		size_t k = 0;

		while (k < sample_count && !samples_is_of(samples[k].line, name))
			k++;
		if (k == sample_count)
			fail_msg("tests/attack/samples.c needs a line for %s", name);
	}
	world_end(&w);
}

/* T10: each of them is right, so that all of it is read, and runs. */
static void T10_the_lines_are_right(void **state)
{
	(void)state;
	for (size_t i = 0; i < sample_count; i++) {
		const char *expected = strstr(samples[i].line, "UNKNOWN") ? "a BAD" : "a OK";
		struct world w;

		samples_begin(&w);
		samples_connect(&w, &samples[i]);
		if (strncmp(world_say(&w, samples[i].line), expected, strlen(expected)) != 0)
			fail_msg("%s: %s", samples[i].line, w.said.data);
		world_end(&w);
	}
}

/* T10: from every place in every command, an octet again and again: it comes to an end, and memory
 * stays within the limit. */
static void T10_endless_everywhere(void **state)
{
	enum { COMMAND = 2000, DROP = 4000, PIECE = 500 };
	static const char octets[] = "A09 \"\\({%&,+\r\xff";
	char piece[PIECE];

	(void)state;
	for (size_t i = 0; i < sample_count; i++) {
		size_t len = strlen(samples[i].line);
		struct world w;

		samples_begin(&w);
		w.limits.command = w.limits.command_prelogin = COMMAND;
		w.limits.drop = DROP;
		w.limits.append = COMMAND;
		for (size_t at = 0; at < len; at++)
			for (size_t c = 0; c < sizeof(octets); c++) {
				size_t fed = 0;

				samples_connect(&w, &samples[i]);
				world_feed(&w, samples[i].line, at, 0);
				memset(piece, octets[c], PIECE);
				for (; !world_closed(&w); fed += PIECE) {
					size_t n = world_feed(&w, piece, PIECE, 0);

					if (n < PIECE || fed > 2 * (COMMAND + DROP))
						break;
				}
				if (!world_closed(&w))
					fail_msg("%s: octet %zu, %02x: %zu octets, and no end",
					         samples[i].line, at, (unsigned char)octets[c], fed);
				if (w.alloc.peak - w.alloc.octets > 60000)
					fail_msg("%s: octet %zu, %02x: %zu octets held",
					         samples[i].line, at, (unsigned char)octets[c],
					         w.alloc.peak - w.alloc.octets);
				world_drop(&w);
			}
		world_end(&w);
	}
}

/* T11: a line without end, before and after the login, with the limits as they are. */
static void T11_endless_lines(void **state)
{
	enum { PIECE = 1 << 20 };
	static const char octets[] = "A \r\0(\"";
	char *piece = malloc(PIECE);

	(void)state;
	assert_non_null(piece);
	for (size_t i = 0; i < 2 * sizeof(octets); i++) {
		static const struct sample none[] = {{"", false}, {"", true}};
		struct world w;
		size_t fed = 0;

		samples_begin(&w);
		samples_connect(&w, &none[i & 1]);
		memset(piece, octets[i / 2], PIECE);
		while (!world_closed(&w) && fed <= (1u << 30))
			fed += world_feed(&w, piece, PIECE, 0);
		ROW(i, fed <= (size_t)66 << 20);
		ROW(i, w.alloc.peak < (i & 1 ? (64u << 10) : (3u << 20)) + w.alloc.octets);
		world_end(&w);
	}
	free(piece);
}

/* T11: lines with nothing in them are bad commands, and bad commands come to an end. */
static void T11_empty_lines(void **state)
{
	enum { PIECE = 1 << 20 };
	char *piece = malloc(PIECE);

	(void)state;
	assert_non_null(piece);
	for (size_t i = 0; i < 4; i++) {
		static const struct sample none[] = {{"", false}, {"", true}};
		struct world w;
		size_t before;

		samples_begin(&w);
		samples_connect(&w, &none[i & 1]);
		before = w.alloc.octets;
		for (size_t k = 0; k < PIECE; k++)
			piece[k] = i < 2 || k & 1 ? '\n' : '\r';
		world_feed(&w, piece, PIECE, 0);
		ROW(i, world_closed(&w));
		ROW(i, w.emitted < 8192 && w.alloc.peak < before + 16384);
		ROW(i, strncmp(world_last(&w), "* BYE ", 6) == 0);
		world_end(&w);
	}
	free(piece);
}

/* ---- lengths -------------------------------------------------------------------------------- */

static void word_of(struct tx *t, int form, char octet, size_t len)
{
	tx_clear(t);
	if (form == 1)
		tx_str(t, "\"");
	else if (form == 2)
		tx_fmt(t, "{%zu+}\r\n", len);
	for (size_t i = 0; i < len; i++)
		tx_add(t, &octet, 1);
	if (form == 1)
		tx_str(t, "\"");
}

/* T14: every word of every command, of lengths around all that is fixed. */
static void T14_lengths(void **state)
{
	static const size_t lengths[] = {0,    1,    255,   256,   257,    1024,    1025,
	                                 4095, 4096, 4097, 65536, 1048576};
	struct tx word = {0}, line = {0};

	(void)state;
	for (size_t i = 0; i < sample_count; i++) {
		size_t at, len;

		for (size_t n = 0; samples_word(samples[i].line, n, &at, &len); n++) {
			struct world w;

			samples_begin(&w);
			w.limits.command = 4096;
			for (size_t k = 0; k < 3 * COUNT(lengths); k++) {
				word_of(&word, (int)(k % 3), 'a', lengths[k / 3]);
				samples_replace(&line, samples[i].line, at, len, &word);
				samples_connect(&w, &samples[i]);
				world_feed(&w, line.data, line.len, 0);
				samples_alive(&w, samples[i].line);
				world_drop(&w);
			}
			if (w.alloc.peak > 300000)
				fail_msg("%s: word %zu: %zu octets held", samples[i].line, n,
				         w.alloc.peak);
			world_end(&w);
		}
	}
	tx_free(&word);
	tx_free(&line);
}

/* ---- many ----------------------------------------------------------------------------------- */

/* T6: a million literals of one octet, a thousand of 64 KiB, with the limits as they are. */
static void T06_literals(void **state)
{
	static const struct {
		const char *head, *before;
	} rows[] = {
		{"a SEARCH", " SUBJECT "},           {"a LIST (", " "},
		{"a STORE 1 FLAGS (x", " "},         {"a NOTIFY SET (MAILBOXES (x", " "},
		{"a SETMETADATA Keep (/a x", " "},   {"a ID (", " "},
		{"a FETCH 1 BODY[HEADER.FIELDS (x", " "}, {"a APPEND Keep (x", " "},
		{"a ENABLE", " "},                   {"a UNKNOWN", " "},
	};
	static const struct sample all[] = {{"", false}, {"", true}};

	(void)state;
	for (size_t i = 0; i < COUNT(rows) * 4; i++) {
		const struct sample *sample = &all[i & 1];
		size_t size = i & 2 ? 65536 : 1, most = i & 2 ? 1000 : 1000000;
		struct tx word = {0};
		struct world w;
		size_t n = 0;

		samples_begin(&w);
		samples_connect(&w, sample);
		tx_str(&word, rows[i / 4].before);
		tx_fmt(&word, "{%zu+}\r\n", size);
		for (size_t k = 0; k < size; k++)
			tx_str(&word, "x");
		world_feed(&w, rows[i / 4].head, strlen(rows[i / 4].head), 0);
		while (n < most && !world_closed(&w)) {
			world_feed(&w, word.data, word.len, 0);
			n++;
		}
		if (!world_closed(&w))
			world_feed(&w, "\r\n", 2, 0);
		world_last(&w);
		if (strncmp(w.said.data, "a BAD", 5) && strncmp(w.said.data, "a NO", 4) &&
		    !world_closed(&w))
			fail_msg("%s: %s", rows[i / 4].head, w.said.data);
		ROW(i, w.alloc.peak - w.alloc.octets < (sample->prelogin ? 64u << 10 : 3u << 20));
		tx_free(&word);
		world_end(&w);
	}
}

/* ---- depth ---------------------------------------------------------------------------------- */

static void deep(const char *head, const char *piece, size_t n, const char *tail)
{
	static const struct sample sample = {"", false};
	struct tx t = {0};
	struct world w;

	tx_str(&t, head);
	for (size_t i = 0; i < n; i++)
		tx_str(&t, piece);
	tx_str(&t, tail);
	samples_begin(&w);
	w.limits.command = 64 << 20;
	samples_connect(&w, &sample);
	world_feed(&w, t.data, t.len, 0);
	world_last(&w);
	if (strncmp(w.said.data, "a OK", 4) && strncmp(w.said.data, "a BAD", 5) &&
	    strncmp(w.said.data, "a NO", 4))
		fail_msg("%s: %s", head, w.said.data);
	assert_string_equal(world_say(&w, "z NOOP\r\n"), "z OK NOOP done");
	world_end(&w);
	tx_free(&t);
}

static void *depths(void *unused)
{
	static const struct {
		const char *head, *piece, *tail;
	} rows[] = {
		{"a SEARCH ", "(", "ALL\r\n"},      {"a SEARCH ", "NOT ", "ALL\r\n"},
		{"a SEARCH ", "OR ", "ALL\r\n"},    {"a SEARCH ", "OR ALL ", "ALL\r\n"},
		{"a FETCH 1 ", "(", "UID\r\n"},     {"a NOTIFY SET ", "(", "SELECTED\r\n"},
		{"a ID ", "(", "\"a\" NIL\r\n"},    {"a STATUS INBOX ", "(", "MESSAGES\r\n"},
		{"a UNKNOWN ", "(", "\r\n"},        {"a UNKNOWN ", "()", "\r\n"},
		{"a NOOP ", "(", "\r\n"},           {"a LIST ", "(", "\"\" *\r\n"},
		{"a SORT ", "(", "DATE) UTF-8 ALL\r\n"}, {"a THREAD REFERENCES UTF-8 ", "(", "ALL\r\n"},
		{"a STORE 1 FLAGS ", "(", "\r\n"},  {"a SETMETADATA INBOX ", "(", "\r\n"},
		{"a FETCH 1 BODY[1", ".1", "]\r\n"},
		{"a ESEARCH IN ", "(", "\r\n"},     {"a SELECT INBOX ", "(QRESYNC ", "\r\n"},
	};

	for (size_t n = 1; n <= 1000000; n *= 100)
		for (size_t i = 0; i < COUNT(rows); i++)
			deep(rows[i].head, rows[i].piece, n, rows[i].tail);
	return unused;
}

/* T16: a million parentheses, on a stack of 64 KiB. */
static void T16_depth(void **state)
{
	pthread_attr_t attr;
	pthread_t thread;
	size_t size = 64 << 10;

	(void)state;
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
	size = 512 << 10;
#endif
#elif defined(__SANITIZE_ADDRESS__)
	size = 512 << 10;
#endif
	assert_int_equal(pthread_attr_init(&attr), 0);
	assert_int_equal(pthread_attr_setstacksize(&attr, size), 0);
	assert_int_equal(pthread_create(&thread, &attr, depths, NULL), 0);
	pthread_join(thread, NULL);
	pthread_attr_destroy(&attr);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(T10_no_command_is_missing),
		cmocka_unit_test(T10_the_lines_are_right),
		cmocka_unit_test(T10_endless_everywhere),
		cmocka_unit_test(T11_endless_lines),
		cmocka_unit_test(T11_empty_lines),
		cmocka_unit_test(T14_lengths),
		cmocka_unit_test(T06_literals),
		cmocka_unit_test(T16_depth),
	};

	return cmocka_run_group_tests_name("lengths", tests, NULL, NULL);
}
