/* SPDX-License-Identifier: MIT */
/*
 * attack/t_connection - the connection before there is a user: what is offered on it, TLS, logins that
 * fail by the thousand, sessions that nobody goes on with; and clients that do not read.
 */
#include "attack/counted.h"
#include "attack/world.h"

/* ---- TLS ------------------------------------------------------------------------------------ */

static bool wants(const struct world *w, unsigned what)
{
	return imapsrv_session_want(w->s) & what;
}

/* Drains `left` octets at a time at most; true if anything came. */
static bool drain(struct world *w, size_t left)
{
	struct imapsrv_span span;
	size_t count = 0;

	if (imapsrv_session_peek(w->s, &span, 1, &count) || !count)
		return false;
	if (span.len < left)
		left = span.len;
	tx_add(&w->said, span.data, left);
	assert_int_equal(imapsrv_session_sent(w->s, left), 0);
	return true;
}

static void begin_tls(struct world *w)
{
	world_begin(w);
	w->limits.login_delay = UINT32_MAX;
	w->client.secure = 0;
	w->client.can_starttls = 1;
	w->client.allow_plaintext = 1;
	world_connect(w, false);
	w->said.len = 0;
}

/* After whatever was handed in behind STARTTLS: one OK, and the end. */
static void check_end(struct world *w, size_t row)
{
	while (drain(w, 7))
		;
	tx_add(&w->said, "", 1);
	ROW(row, strcmp(w->said.data, "a OK Begin TLS now\r\n") == 0);
	ROW(row, wants(w, IMAPSRV_WANT_CLOSE));
	ROW(row, !wants(w, IMAPSRV_WANT_STARTTLS | IMAPSRV_WANT_READ | IMAPSRV_WANT_WRITE));
	ROW(row, imapsrv_session_tls_started(w->s) != 0);
}

/* T1: 1 to 64 octets behind STARTTLS, in the same piece or the next, before the OK has left or after. */
static void T01_octets_behind(void **state)
{
	static const char *const tails[] = {
		"b LOGIN fred secret\r\nc SELECT INBOX\r\nd DELETE INBOX\r\ne LOGOUT\r\n012345678",
		"b LOGIN {100+}\r\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\
\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n",
	};
	static const char command[] = "a STARTTLS\r\n";

	(void)state;
	for (size_t t = 0; t < COUNT(tails); t++)
		for (size_t k = 1; k <= 64; k++)
			for (size_t split = 1; split <= sizeof(command) - 1 + k; split++) {
				size_t len = sizeof(command) - 1 + k, at = 0;
				struct world w;
				char text[100];

				begin_tls(&w);
				memcpy(text, command, sizeof(command) - 1);
				memcpy(text + sizeof(command) - 1, tails[t], k);
				/* At every split; half of the time what is ready leaves in between. */
				for (size_t part = 0; part < 2; part++) {
					size_t end = part ? len : split, used = 0;

					(void)imapsrv_session_recv(w.s, text + at, end - at, &used);
					ROW(k, at + used <= sizeof(command) - 1);
					at += used;
					while (k & 1 && drain(&w, SIZE_MAX))
						;
				}
				check_end(&w, k);
				world_end(&w);
			}
}

/* T1: the same while the host is asked who logs in, before STARTTLS is even looked at. */
static void T01_while_the_host_is_asked(void **state)
{
	static const char text[] = "x LOGIN fred wrong\r\na STARTTLS\r\nb NOOP\r\n";

	(void)state;
	for (size_t split = 1; split < sizeof(text) - 1; split++) {
		struct world w;
		size_t at = 0;

		world_begin(&w);
		w.limits.login_delay = UINT32_MAX;
		w.client.secure = 0;
		w.client.can_starttls = 1;
		w.client.allow_plaintext = 1;
		w.ts->options.mode = TS_LATER;
		world_connect(&w, false);
		w.said.len = 0;
		for (unsigned i = 0; i < 20 && !wants(&w, IMAPSRV_WANT_CLOSE); i++) {
			size_t end = at < split ? split : sizeof(text) - 1, used = 0;

			(void)imapsrv_session_recv(w.s, text + at, end - at, &used);
			at += used;
			if (ts_pending(w.link) && i > 2)
				ts_answer(w.link);
			imapsrv_session_run(w.s);
			while (drain(&w, SIZE_MAX))
				;
		}
		tx_add(&w.said, "", 1);
		ROW(split, strstr(w.said.data, "a OK") && !strstr(w.said.data, "b "));
		ROW(split, wants(&w, IMAPSRV_WANT_CLOSE));
		world_end(&w);
	}
}

/* T3: between the OK and the handshake there is nothing, whatever happens. */
static void T03_silence_before_the_handshake(void **state)
{
	struct imapsrv_event e = IMAPSRV_EVENT_INIT;
	struct world w;

	(void)state;
	begin_tls(&w);
	assert_string_equal(world_say(&w, "a STARTTLS\r\n"), "a OK Begin TLS now");
	e.type = IMAPSRV_EVENT_MESSAGE_NEW;
	e.mailbox.data = "INBOX";
	e.mailbox.len = 5;
	(void)imapsrv_session_post(w.s, &e);
	(void)imapsrv_session_tick(w.s, 1000);
	(void)imapsrv_session_tick(w.s, 100000);
	imapsrv_session_run(w.s);
	assert_false(wants(&w, IMAPSRV_WANT_WRITE | IMAPSRV_WANT_READ));
	assert_false(drain(&w, 1));
	assert_int_equal(imapsrv_session_tls_started(w.s), 0);
	assert_false(drain(&w, 1));
	assert_string_equal(world_say(&w, "b NOOP\r\n"), "b OK NOOP done");
	world_end(&w);
}

/* ---- what is offered ------------------------------------------------------------------------ */

/* T4: whatever the connection is like, what is announced can be done and nothing else, and no password is
 * taken in clear that was not asked for. */
static void T04_offered_where_usable(void **state)
{
	(void)state;
	for (unsigned bits = 0; bits < 16; bits++) {
		bool secure = bits & 1, tls = bits & 2, plain = bits & 4, login = !(bits & 8);
		bool usable = login && (secure || plain);
		struct world w;
		const char *caps;

		world_begin(&w);
		if (!login)
			w.ts->absent |= TS_NO_LOGIN;
		w.client.secure = secure;
		w.client.can_starttls = tls;
		w.client.allow_plaintext = plain;
		world_connect(&w, false);
		w.said.len = 0;
		world_feed(&w, "a CAPABILITY\r\n", 14, 0);
		tx_add(&w.said, "", 1);
		caps = w.said.data;
		ROW(bits, !!strstr(caps, " STARTTLS") == (tls && !secure));
		ROW(bits, !!strstr(caps, " AUTH=PLAIN") == usable);
		ROW(bits, !!strstr(caps, " LOGINDISABLED") == !usable);
		ROW(bits, !strncmp(world_say(&w, "b LOGIN fred wrong\r\n"), "b NO [AUTHENT", 13) == usable);
		ROW(bits, !strncmp(world_say(&w, "c AUTHENTICATE PLAIN AGZyZWQAd3Jvbmc=\r\n"),
		                   "c NO [AUTHENT", 13) == usable);
		ROW(bits, !strncmp(world_say(&w, "d LOGIN fred secret\r\n"), "d OK", 4) == usable);
		world_drop(&w);
		world_connect(&w, false);
		ROW(bits, !strncmp(world_say(&w, "e STARTTLS\r\n"), "e OK", 4) == (tls && !secure));
		world_end(&w);
	}
}

/* ---- logins that fail ----------------------------------------------------------------------- */

/* T34: given up in every way, a hundred thousand times: no octet is left behind, nobody else is touched. */
static void T34_given_up(void **state)
{
	static const char *const ways[] = {
		"a AUTHENTICATE PLAIN\r\n*\r\n",          "a AUTHENTICATE PLAIN\r\nAGZy\r\n",
		"a AUTHENTICATE PLAIN AGZyZWQAc2VjcmV\r\n", "a AUTHENTICATE PLAIN =\r\n",
		"a AUTHENTICATE PLAIN\r\nAGZyZWQAc2Vjcm",   "a AUTHENTICATE PLAIN\r\n",
		"a AUTHENTICATE X-STEPS\r\n",             "a AUTHENTICATE SCRAM-SHA-256\r\n",
	};
	size_t before = 0;
	struct world w, other;

	(void)state;
	world_begin(&other);
	world_connect(&other, true);
	world_begin(&w);
	for (unsigned i = 0; i < 100000; i++) {
		const char *way = ways[i % COUNT(ways)];

		world_connect(&w, false);
		world_feed(&w, way, strlen(way), 0);
		world_drop(&w);
		if (i == 100)
			before = w.alloc.octets;
	}
	assert_int_equal(w.alloc.octets, before);
	world_end(&w);
	assert_string_equal(world_say(&other, "z NOOP\r\n"), "z OK NOOP done");
	world_end(&other);
}

/* T34: responses around the limit, and what begins like base64. */
static void T34_lengths(void **state)
{
	(void)state;
	for (size_t n = 0; n < 300; n++) {
		struct tx line = {0};
		struct world w;

		world_begin(&w);
		w.limits.command_prelogin = 200;
		world_connect(&w, false);
		tx_str(&line, "a AUTHENTICATE PLAIN\r\n");
		for (size_t i = 0; i < n; i++)
			tx_str(&line, "A");
		tx_str(&line, "\r\nz NOOP\r\n");
		world_feed(&w, line.data, line.len, 0);
		ROW(n, !strncmp(world_last(&w), "z OK", 4));
		world_end(&w);
		tx_free(&line);
	}
}

static uint64_t refused(const char *line, char *text, size_t size)
{
	struct world w;
	uint64_t work;

	world_begin(&w);
	world_connect(&w, false);
	work = counted_work();
	snprintf(text, size, "%s", world_say(&w, line));
	work = counted_work() - work;
	world_end(&w);
	return work;
}

/* T35: nobody of that name, or another password: one text, one code, the same work. */
static void T35_alike(void **state)
{
	static const char *const pairs[][2] = {
		{"a LOGIN fred wrong\r\n", "a LOGIN erik wrong\r\n"},
		{"a AUTHENTICATE PLAIN AGZyZWQAd3Jvbmc=\r\n", "a AUTHENTICATE PLAIN AGVyaWsAd3Jvbmc=\r\n"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(pairs); i++) {
		char texts[2][200];
		uint64_t known = refused(pairs[i][0], texts[0], sizeof(texts[0]));
		uint64_t unknown = refused(pairs[i][1], texts[1], sizeof(texts[1]));

		assert_string_equal(texts[0], texts[1]);
		ROW(i, known == unknown);
	}
}

/* ---- memory --------------------------------------------------------------------------------- */

/* T17: a thousand connections in the middle of a command, before any login; and the time ends them. */
static void T17_unfinished(void **state)
{
	enum { MANY = 1000 };
	static const char *const begins[] = {
		"a",     "a LOGIN {8000+}\r\n", "a NOOP ((((((((", "a AUTHENTICATE PLAIN\r\nAAAA",
		"a ID (", "a LOGIN \"",          "a LOGIN {10}\r\n", "",
	};
	static struct imapsrv_session *sessions[MANY];
	static struct ts_link *links[MANY];
	size_t before, limit;
	char *rest = malloc(7000);
	struct world w;

	(void)state;
	assert_non_null(rest);
	memset(rest, '(', 7000);
	world_begin(&w);
	w.limits = (struct imapsrv_limits)IMAPSRV_LIMITS_INIT;
	world_connect(&w, false);
	limit = imapsrv_engine_limits(w.engine)->memory_prelogin;
	before = w.alloc.octets;
	for (size_t i = 0; i < MANY; i++) {
		struct imapsrv_session_config client = w.client;
		const char *begin = begins[i % COUNT(begins)];
		size_t used, held, peak;

		client.user = links[i] = ts_link(w.ts);
		assert_int_equal(imapsrv_session_new(w.engine, &client, &sessions[i]), 0);
		links[i]->session = sessions[i];
		(void)imapsrv_session_tick(sessions[i], 1000);
		(void)imapsrv_session_recv(sessions[i], begin, strlen(begin), &used);
		(void)imapsrv_session_recv(sessions[i], rest, 7000, &used);
		held = imapsrv_session_memory(sessions[i], &peak);
		ROW(i, held <= 16000 && peak <= limit);
	}
	/* A few kilobytes each, and far below what each may have. */
	assert_true(w.alloc.octets - before <= MANY * (size_t)16000);
	for (size_t i = 0; i < MANY; i++) {
		(void)imapsrv_session_tick(sessions[i], 1000 + 180000);
		for (unsigned k = 0; k < 10; k++) {
			struct imapsrv_span span;
			size_t count = 0;

			if (imapsrv_session_peek(sessions[i], &span, 1, &count) == 0 && count)
				imapsrv_session_sent(sessions[i], span.len);
		}
		ROW(i, imapsrv_session_want(sessions[i]) & IMAPSRV_WANT_CLOSE);
		imapsrv_session_free(sessions[i]);
		links[i]->session = NULL;
		ts_watch_end(links[i]);
	}
	free(rest);
	world_end(&w);
}

/* T40: commands that say much, pipelined by a client that does not read: they stop. */
static void T40_not_read(void **state)
{
	static const char *const lines[] = {
		"a NOOP\r\n",          "a CAPABILITY\r\n", "a X\r\n", "a FETCH 1:* (FLAGS UID)\r\n",
		"a LIST \"\" *\r\n",   "a IDLE\r\nDONE\r\n", "a SELECT INBOX\r\n",
		"a FETCH 1 BODY[]\r\n", "a STATUS INBOX (MESSAGES UIDNEXT)\r\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct tx text = {0};
		size_t fed = 0, used = 1;
		struct world w;

		for (unsigned k = 0; k < 20000; k++)
			tx_str(&text, lines[i]);
		world_begin(&w);
		w.limits.output = 10000;
		for (unsigned k = 0; k < 100; k++)
			world_add(&w, "Subject: x\r\n\r\n0123456789\r\n", 26);
		world_connect(&w, true);
		world_say(&w, "s SELECT INBOX\r\n");
		w.alloc.peak = w.alloc.octets;
		while (used && fed < text.len) {
			assert_int_equal(imapsrv_session_recv(w.s, text.data + fed, text.len - fed, &used), 0);
			fed += used;
		}
		ROW(i, fed < text.len / 2);
		ROW(i, !wants(&w, IMAPSRV_WANT_READ));
		ROW(i, w.alloc.peak - w.alloc.octets < 60000);
		world_run(&w, true);
		world_feed(&w, text.data + fed, text.len - fed, 0);
		ROW(i, !strncmp(world_last(&w), "a ", 2));
		tx_free(&text);
		world_end(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(T01_octets_behind),
		cmocka_unit_test(T01_while_the_host_is_asked),
		cmocka_unit_test(T03_silence_before_the_handshake),
		cmocka_unit_test(T04_offered_where_usable),
		cmocka_unit_test(T17_unfinished),
		cmocka_unit_test(T34_given_up),
		cmocka_unit_test(T34_lengths),
		cmocka_unit_test(T35_alike),
		cmocka_unit_test(T40_not_read),
	};

	return cmocka_run_group_tests_name("connection", tests, NULL, NULL);
}
