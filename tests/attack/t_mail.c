/* SPDX-License-Identifier: MIT */
/*
 * attack/t_mail - messages that are made to be dear to read, and searches that are dear to answer.
 */
#include "attack/counted.h"
#include "attack/grow.h"

#define SELECTED "s SELECT INBOX\r\n"

/* One message: `head`, n times `piece` (\1 in it is a number), `tail`. */
static void one(struct world *w, const char *head, const char *piece, const char *tail, size_t n)
{
	struct tx t = {0};

	tx_str(&t, head);
	for (size_t i = 0; i < n; i++)
		for (const char *p = piece; *p; p++) {
			if (*p == '\1')
				tx_fmt(&t, "%zu", i);
			else
				tx_add(&t, p, 1);
		}
	tx_str(&t, tail);
	world_add(w, t.data, t.len);
	tx_free(&t);
}

#define MESSAGE(name, head, piece, tail)                                                           \
	static void name(struct world *w, size_t n)                                                \
	{                                                                                          \
		one(w, head, piece, tail, n);                                                      \
	}

#define TEXT "\r\nbody\r\n"

MESSAGE(fields_of_addresses, "", "To: a@b\r\n", TEXT)
MESSAGE(addresses, "To: x@y", ",\r\n a\1@b", "\r\n" TEXT)
MESSAGE(groups, "To: ", "g\1:;", "\r\n" TEXT)
MESSAGE(comments, "To: a", "(", "\r\n" TEXT)
MESSAGE(backslashes, "To: a (", "\\", "\r\n" TEXT)
MESSAGE(quotes, "To: ", "\"", "\r\n" TEXT)
MESSAGE(angles, "To: ", "<", "\r\n" TEXT)
MESSAGE(long_field, "Subject: ", "x", "\r\n" TEXT)
MESSAGE(folds, "Subject: ", "x\r\n ", "\r\n" TEXT)
MESSAGE(words, "Subject:", " =?utf-8?q?=41?=", "\r\n" TEXT)
MESSAGE(broken_words, "Subject:", " =?utf-8?q?=?", "\r\n" TEXT)
MESSAGE(parameters, "Content-Type: a/b", ";p\1=v", "\r\n" TEXT)
MESSAGE(continuations, "Content-Type: a/b", ";p*\1=v", "\r\n" TEXT)
MESSAGE(descending, "Content-Type: a/b", ";p*999\1*=v", "\r\n" TEXT)
MESSAGE(received, "", "Received: from a by b; 1 Jan 2026 00:00:00 +0000\r\n", TEXT)
MESSAGE(references, "Message-ID: <x@y>\r\nReferences:", " <\1@x>\r\n", TEXT)
MESSAGE(parts, "Content-Type: multipart/mixed; boundary=b\r\n\r\n", "--b\r\n\r\nx\r\n", "--b--\r\n")
MESSAGE(deep, "", "Content-Type: multipart/mixed; boundary=b\1\r\n\r\n--b\1\r\n", TEXT)
MESSAGE(messages, "", "Content-Type: message/rfc822\r\n\r\n", TEXT)
MESSAGE(like_boundaries, "Content-Type: multipart/mixed; boundary=b\r\n\r\n", "--c\r\n", TEXT)
MESSAGE(lines, "Subject: x\r\n\r\n", "y\r\n", "")
MESSAGE(one_line, "Subject: x\r\n\r\n", "aaaaaaaa", "")
MESSAGE(base64, "Content-Transfer-Encoding: base64\r\n\r\n", "AAAA\r\n", "")
MESSAGE(printable, "Content-Transfer-Encoding: quoted-printable\r\n\r\n", "=41=\r\n", "")
MESSAGE(tags, "Content-Type: text/html\r\n\r\n", "<a ", "")
MESSAGE(entities, "Content-Type: text/html\r\n\r\n", "&amp;", "")

MESSAGE(korean, "Content-Type: text/html; charset=euc-kr\r\n\r\n<!--", "\x80", "")

#define BOTH "a FETCH 1 (ENVELOPE BODYSTRUCTURE)\r\n"
#define ROW_OF(message, n, command)                                                                \
	{                                                                                          \
		#message ": " #command, message, SELECTED, "", "", command, n, 0, "a OK", false,   \
			NULL, 0                                                                    \
	}

static const struct growth floods[] = {
	ROW_OF(fields_of_addresses, 50000, BOTH),
	ROW_OF(addresses, 50000, BOTH),
	ROW_OF(groups, 50000, BOTH),
	ROW_OF(comments, 200000, BOTH),
	ROW_OF(backslashes, 200000, BOTH),
	ROW_OF(quotes, 200000, BOTH),
	ROW_OF(angles, 200000, BOTH),
	ROW_OF(long_field, 1000000, BOTH),
	ROW_OF(folds, 100000, BOTH),
	ROW_OF(words, 20000, BOTH),
	ROW_OF(parameters, 20000, BOTH),
	ROW_OF(continuations, 20000, BOTH),
	ROW_OF(descending, 20000, BOTH),
	ROW_OF(received, 20000, BOTH),
	ROW_OF(references, 20000, BOTH),
	ROW_OF(received, 20000, "a FETCH 1 BODY.PEEK[HEADER.FIELDS (RECEIVED)]\r\n"),
	ROW_OF(received, 20000, "a FETCH 1 BODY.PEEK[HEADER.FIELDS.NOT (RECEIVED)]\r\n"),
	ROW_OF(words, 20000, "a SEARCH SUBJECT nothing\r\n"),
	ROW_OF(broken_words, 20000, "a SEARCH SUBJECT nothing\r\n"),
	ROW_OF(folds, 100000, "a SEARCH SUBJECT nothing\r\n"),
	ROW_OF(addresses, 20000, "a SEARCH TO nothing\r\n"),
	ROW_OF(received, 20000, "a SEARCH HEADER received nothing\r\n"),
	ROW_OF(words, 20000, "a SORT (SUBJECT) UTF-8 ALL\r\n"),
	ROW_OF(addresses, 20000, "a SORT (TO) UTF-8 ALL\r\n"),
	ROW_OF(references, 20000, "a THREAD REFERENCES UTF-8 ALL\r\n"),
	ROW_OF(lines, 100000, "a FETCH 1 PREVIEW\r\n"),
	ROW_OF(tags, 20000, "a FETCH 1 PREVIEW\r\n"),
	ROW_OF(entities, 20000, "a FETCH 1 PREVIEW\r\n"),
	ROW_OF(korean, 700, "a FETCH 1 PREVIEW\r\n"),
	ROW_OF(korean, 700, "a SEARCH CHARSET UTF-8 BODY {2+}\r\n\303\251\r\n"),
};

static void T28_headers(void **state)
{
	(void)state;
	grow_each(floods, COUNT(floods));
}

static const struct growth bodies[] = {
	ROW_OF(parts, 5000, BOTH),
	ROW_OF(deep, 50, BOTH),
	ROW_OF(deep, 2000, BOTH),
	ROW_OF(messages, 2000, BOTH),
	ROW_OF(like_boundaries, 100000, BOTH),
	ROW_OF(lines, 100000, BOTH),
	ROW_OF(one_line, 100000, BOTH),
	ROW_OF(parts, 5000, "a FETCH 1 BODY.PEEK[4000]\r\n"),
	ROW_OF(one_line, 100000, "a FETCH 1 BODY.PEEK[]\r\n"),
	ROW_OF(base64, 50000, "a FETCH 1 BINARY.PEEK[1]\r\n"),
	ROW_OF(printable, 50000, "a FETCH 1 BINARY.PEEK[1]\r\n"),
	ROW_OF(base64, 50000, "a SEARCH BODY nothing\r\n"),
	ROW_OF(printable, 50000, "a SEARCH BODY nothing\r\n"),
	ROW_OF(parts, 5000, "a SEARCH TEXT nothing\r\n"),
	ROW_OF(deep, 2000, "a SEARCH TEXT nothing\r\n"),
	ROW_OF(messages, 2000, "a SEARCH TEXT nothing\r\n"),
};

static void T26_parts(void **state)
{
	(void)state;
	grow_each(bodies, COUNT(bodies));
}

/* ---- searches ------------------------------------------------------------------------------- */

MESSAGE(fixed, "Subject: x\r\n\r\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\r\n", "", "")

/* In one batch, of which the host tells from the last one on. */
static void downwards(struct world *w, size_t n)
{
	w->limits.batch = 100000;
	w->ts->notes.on = true;
	w->ts->downwards = true;
	for (size_t i = 0; i < n; i++)
		world_add(w, "\r\n", 2);
}

static const struct growth searches[] = {
	{"ORs of texts", fixed, SELECTED, "a SEARCH ", "OR BODY x\1 ", "ALL\r\n", 10000, 0,
	 "a OK", false, NULL, 0},
	{"ORs of one text's prefixes", fixed, SELECTED, "a SEARCH ", "OR BODY aaaa\1 ", "ALL\r\n",
	 10000, 0, "a OK", false, NULL, 0},
	{"NOTs", fixed, SELECTED, "a SEARCH ", "NOT ", "ALL\r\n", 20000, 0, "a OK", false, NULL, 0},
	{"ORs", fixed, SELECTED, "a SEARCH ", "OR ALL ", "ALL\r\n", 20000, 0, "a OK", false, NULL,
	 0},
	{"ANDs", fixed, SELECTED, "a SEARCH ALL", " (ALL)", "\r\n", 20000, 0, "a OK", false, NULL,
	 0},
	{"keywords", fixed, SELECTED, "a SEARCH ALL", " KEYWORD k\3", "\r\n", 10000, 0, "a OK",
	 false, NULL, 0},
	{"header fields", fixed, SELECTED, "a SEARCH ", "OR HEADER f\1 x ", "ALL\r\n", 10000, 0,
	 "a OK", false, NULL, 0},
	{"a text of any length", fixed, SELECTED, "a SEARCH BODY \"", "a", "\"\r\n", 100000, 0,
	 "a OK", false, NULL, 0},
	{"its repetitions", fixed, SELECTED, "a SEARCH BODY \"", "ab", "\"\r\n", 50000, 0, "a OK",
	 false, NULL, 0},
	{"a text in Korean", fixed, SELECTED, "a SEARCH CHARSET EUC-KR BODY {\4+}\r\n", "\260\241", "\r\n",
	 20000, 0, "a OK", false, NULL, 0},
	{"aaaa in aaaa", one_line, SELECTED, "", "",
	 "a SEARCH BODY aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\r\n", 50000, 0, "a OK", false, NULL,
	 0},
	{"annotations, told downwards", downwards, SELECTED, "", "",
	 "a SEARCH ANNOTATION /comment value x\r\n", 2000, 0, "a OK", false, NULL, 0},
};

static void T24_searches(void **state)
{
	(void)state;
	grow_each(searches, COUNT(searches));
}

/* ---- turns ---------------------------------------------------------------------------------- */

MESSAGE(fields, "", "f\1: x\r\n", TEXT)

static void fields_of_many(struct world *w, size_t n)
{
	for (size_t i = 0; i < n; i++)
		fields(w, 500);
}

/* What is read for one FETCH that tells next to nothing. */
static const struct growth reads[] = {
	{"lists of header fields", fields, SELECTED, "a FETCH 1 (UID",
	 " BODY.PEEK[HEADER.FIELDS (f\1)]", ")\r\n", 300, 0, "a OK", false, NULL, 0},
	{"header fields of messages", fields_of_many, SELECTED, "", "",
	 "a FETCH 1:* BODY.PEEK[HEADER.FIELDS (f1)]\r\n", 300, 0, "a OK", false, NULL, 0},
	{"parts that there are not", parts, SELECTED, "a FETCH 1 (UID", " BODY.PEEK[9\1]", ")\r\n", 1000,
	 0, "a OK", false, NULL, 0},
	{"decoded octets", base64, SELECTED, "", "", "a FETCH 1 BINARY.SIZE[1]\r\n", 100000, 0, "a OK",
	 false, NULL, 0},
	{"pieces of decoded octets", base64, SELECTED, "a FETCH 1 (UID", " BINARY.PEEK[1]<\1.1>", ")\r\n", 900, 0,
	 "a OK", false, NULL, 0},
	{"descriptions", parts, SELECTED, "", "", "a FETCH 1 BODYSTRUCTURE\r\n", 20000, 0, "a OK", false,
	 NULL, 0},
};

/* The most that one call did. */
struct most {
	uint64_t steps, blocks;
};

/* Hands in the line (NULL: nothing more), or takes back what was emitted, or lets it run. */
static void call_once(struct world *w, const struct tx *line, struct most *most)
{
	uint64_t steps = imapsrv_session_steps(w->s), blocks = counted_work();
	struct imapsrv_span span;
	size_t n;

	if (line) {
		assert_int_equal(imapsrv_session_recv(w->s, line->data, line->len, &n), 0);
		assert_int_equal(n, line->len);
	} else if (!imapsrv_session_peek(w->s, &span, 1, &n) && n) {
		tx_add(&w->said, span.data, span.len);
		imapsrv_session_sent(w->s, span.len);
	} else {
		assert_int_equal(imapsrv_session_run(w->s), 0);
	}
	steps = imapsrv_session_steps(w->s) - steps;
	blocks = counted_work() - blocks;
	most->steps = steps > most->steps ? steps : most->steps;
	most->blocks = blocks > most->blocks ? blocks : most->blocks;
}

/* One call does a turn's work, and ends what it was at when that was over. */
static void T24_turns(void **state)
{
	enum { TURN = 20000, PIECE = 30000, DEAREST = 500 };

	(void)state;
	grow_or_skip();
	for (size_t i = 0; i < COUNT(reads); i++) {
		const struct growth *g = &reads[i];
		struct most most = {0, 0};
		struct tx line = {0};
		struct world w;
		uint64_t all;

		tx_str(&line, g->head);
		for (size_t k = 1; k <= g->n && *g->piece; k++)
			for (const char *p = g->piece; *p; p++) {
				if (*p == '\1')
					tx_fmt(&line, "%zu", k);
				else
					tx_add(&line, p, 1);
			}
		tx_str(&line, g->tail);
		world_begin(&w);
		w.limits.turn = TURN;
		g->store(&w, g->n);
		world_connect(&w, true);
		world_say(&w, g->before);
		w.said.len = 0;
		all = imapsrv_session_steps(w.s);
		call_once(&w, &line, &most);
		while (imapsrv_session_want(w.s) & (IMAPSRV_WANT_RUN | IMAPSRV_WANT_WRITE))
			call_once(&w, NULL, &most);
		all = imapsrv_session_steps(w.s) - all;
		print_message("%-40s %9llu steps, %7llu in a call, %8llu blocks\n", g->name,
		              (unsigned long long)all, (unsigned long long)most.steps,
		              (unsigned long long)most.blocks);
		assert_true(!strncmp(world_last(&w), g->reply, strlen(g->reply)));
		if (all < 4 * TURN || most.steps > TURN + PIECE || most.blocks > DEAREST * (uint64_t)TURN)
			fail_msg("%s: too much in a call", g->name);
		world_end(&w);
		tx_free(&line);
	}
}

/* ---- threads -------------------------------------------------------------------------------- */

static void related(struct world *w, size_t n, size_t (*parent)(size_t i, size_t n))
{
	for (size_t i = 0; i < n; i++) {
		struct tx t = {0};

		tx_fmt(&t, "Message-ID: <%zu@x>\r\nReferences: <%zu@x>\r\nSubject: s%zu\r\n\r\n",
		       i, parent(i, n), i);
		world_add(w, t.data, t.len);
		tx_free(&t);
	}
}

static size_t above(size_t i, size_t n)
{
	(void)n;
	return i ? i - 1 : 0;
}

static size_t below(size_t i, size_t n)
{
	return i + 1 < n ? i + 1 : i;
}

static size_t around(size_t i, size_t n)
{
	return (i + 1) % n;
}

static size_t first(size_t i, size_t n)
{
	(void)i;
	(void)n;
	return 0;
}

static void chain(struct world *w, size_t n) { related(w, n, above); }
static void upwards(struct world *w, size_t n) { related(w, n, below); }
static void cycle(struct world *w, size_t n) { related(w, n, around); }
static void star(struct world *w, size_t n) { related(w, n, first); }

static void same_subject(struct world *w, size_t n)
{
	for (size_t i = 0; i < n; i++)
		world_add(w, "Subject: Re: Re: x\r\n\r\n", 22);
}

#define REFERENCES "a THREAD REFERENCES UTF-8 ALL\r\n"

static const struct growth threads[] = {
	ROW_OF(chain, 4000, REFERENCES),
	ROW_OF(upwards, 4000, REFERENCES),
	ROW_OF(cycle, 4000, REFERENCES),
	ROW_OF(star, 4000, REFERENCES),
	ROW_OF(same_subject, 4000, REFERENCES),
	ROW_OF(same_subject, 4000, "a THREAD ORDEREDSUBJECT UTF-8 ALL\r\n"),
	ROW_OF(same_subject, 4000, "a SORT (SUBJECT) UTF-8 ALL\r\n"),
	ROW_OF(chain, 4000, "a SORT (REVERSE SUBJECT DATE) UTF-8 ALL\r\n"),
};

static void T25_threads(void **state)
{
	(void)state;
	grow_each(threads, COUNT(threads));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(T28_headers),
		cmocka_unit_test(T26_parts),
		cmocka_unit_test(T24_searches),
		cmocka_unit_test(T24_turns),
		cmocka_unit_test(T25_threads),
	};

	return cmocka_run_group_tests_name("mail", tests, NULL, NULL);
}
