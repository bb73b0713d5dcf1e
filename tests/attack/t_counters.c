/* SPDX-License-Identifier: MIT */
/*
 * attack/t_counters - what a host learns of a client, to limit it by more than one session: commands that
 * are cheap, guesses, connections that wait for nothing.
 */
#include "attack/samples.h"

static struct imapsrv_counters counters_of(const struct world *w)
{
	struct imapsrv_counters c = IMAPSRV_COUNTERS_INIT;

	imapsrv_session_counters(w->s, &c);
	return c;
}

/* T40: whatever the command, it is one, and it costs at least one step. */
static void T40_each_counts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sample_count; i++) {
		struct imapsrv_counters before, after;
		size_t len = strlen(samples[i].line);
		struct world w;
		uint64_t steps;

		samples_begin(&w);
		samples_connect(&w, &samples[i]);
		before = counters_of(&w);
		steps = imapsrv_session_steps(w.s);
		world_feed(&w, samples[i].line, len, 0);
		after = counters_of(&w);
		ROW(i, after.commands == before.commands + 1);
		ROW(i, after.bad_commands == before.bad_commands + (strstr(samples[i].line, "UNKNOWN") != NULL));
		ROW(i, imapsrv_session_steps(w.s) > steps);
		world_end(&w);
	}
}

/* T40: a host that lets a session do a hundred commands in a second hands in the rest later; a flood is
 * no more than that, and nothing of it is lost. */
static void T40_budget(void **state)
{
	enum { FLOOD = 5000, BUDGET = 100 };
	struct tx text = {0};
	uint64_t now = 1000, allowed = BUDGET;
	size_t fed = 0, seconds = 0;
	struct world w;

	(void)state;
	for (unsigned i = 0; i < FLOOD; i++)
		tx_str(&text, i & 1 ? "a IDLE\r\nDONE\r\n" : "a NOOP\r\n");
	world_begin(&w);
	w.limits.output = 1; /* one reply at a time: it is taken back as soon as it is there */
	world_connect(&w, true);
	allowed += counters_of(&w).commands;
	while (fed < text.len) {
		/* A line at a time, as long as it may. */
		const char *end = memchr(text.data + fed, '\n', text.len - fed);

		if (counters_of(&w).commands >= allowed) {
			(void)imapsrv_session_tick(w.s, now += 1000);
			allowed += BUDGET;
			seconds++;
		}
		fed += world_feed(&w, text.data + fed, (size_t)(end + 1 - (text.data + fed)), 0);
	}
	assert_int_equal(counters_of(&w).commands, FLOOD);
	assert_int_equal(seconds, FLOOD / BUDGET - 1);
	assert_string_equal(world_say(&w, "z NOOP\r\n"), "z OK NOOP done");
	world_end(&w);
	tx_free(&text);
}

/* T36: guesses are counted whoever checks them, and not forgotten with TLS, nor by a login. */
static void T36_counted(void **state)
{
	static const char guesses[] =
		"a LOGIN fred wrong\r\nb AUTHENTICATE PLAIN AGZyZWQAd3Jvbmc=\r\nc LOGIN nobody x\r\n"
		"d AUTHENTICATE PLAIN =\r\ne FOO\r\n";
	/* RFC 7677, with a proof that is wrong. */
	static const char first[] = "f AUTHENTICATE SCRAM-SHA-256 biwsbj1mcmVkLHI9ck9wck5HZndFYmVSV2diTkVrcU8=\r\n";
	static const char proof[] =
		"Yz1iaXdzLHI9ck9wck5HZndFYmVSV2diTkVrcU9BQUVDQXdRRkJnY0lDUW9MREEwT0R4QVIscD1HQVBkMEpp"
		"NC9ISUE5SUxCYUpoSkx3djdOam5USzRRSk56eHpsRUZiRGJjPQ==\r\n";
	struct imapsrv_counters c;
	struct world w;

	(void)state;
	world_begin(&w);
	w.ts->scram = true;
	w.client.secure = 0;
	w.client.can_starttls = 1;
	w.client.allow_plaintext = 1;
	world_connect(&w, false);
	world_feed(&w, guesses, sizeof(guesses) - 1, 0);
	c = counters_of(&w);
	assert_true(c.failed_logins == 3 && c.bad_commands == 2 && c.commands == 5);
	world_feed(&w, first, sizeof(first) - 1, 0);
	world_feed(&w, proof, sizeof(proof) - 1, 0);
	c = counters_of(&w);
	assert_true(c.failed_logins == 4 && c.commands == 6);
	assert_string_equal(world_say(&w, "g STARTTLS\r\n"), "g OK Begin TLS now");
	assert_int_equal(imapsrv_session_tls_started(w.s), 0);
	world_say(&w, "h LOGIN fred secret\r\n");
	c = counters_of(&w);
	assert_true(c.failed_logins == 4 && c.bad_commands == 2 && c.commands == 8);
	world_end(&w);
}

/* T17: of a thousand connections that began a command and stopped, the host sees how long each waits. */
static void T17_waiting(void **state)
{
	static const char *const begins[] = {
		"a", "a LOGIN {8000+}\r\n", "a NOOP ((((", "a AUTHENTICATE PLAIN\r\nAAAA", "a ID (", "a LOGIN {10}\r\n", "",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(begins); i++) {
		struct imapsrv_counters c = IMAPSRV_COUNTERS_INIT;
		struct world w;

		world_begin(&w);
		world_connect(&w, false);
		(void)imapsrv_session_tick(w.s, 5000);
		(void)imapsrv_session_tick(w.s, 7000);
		world_feed(&w, begins[i], strlen(begins[i]), 0);
		(void)imapsrv_session_tick(w.s, 8000);
		(void)imapsrv_session_tick(w.s, 20000);
		imapsrv_session_counters(w.s, &c);
		ROW(i, c.age == 15000 && c.waiting == (*begins[i] ? 12000 : 15000));
		/* An older host's structure is filled as far as it goes. */
		c = (struct imapsrv_counters){.size = offsetof(struct imapsrv_counters, bad_commands), .commands = 3, .age = 7};
		imapsrv_session_counters(w.s, &c);
		ROW(i, c.commands == 0 && c.age == 7);
		world_end(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(T40_each_counts),
		cmocka_unit_test(T40_budget),
		cmocka_unit_test(T36_counted),
		cmocka_unit_test(T17_waiting),
	};

	return cmocka_run_group_tests_name("counters", tests, NULL, NULL);
}
