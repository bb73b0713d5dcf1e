/* SPDX-License-Identifier: MIT */
/*
 * bench/message - what FETCH of messages costs, through a session: ENVELOPE and BODYSTRUCTURE a
 * second, from octets and from descriptions that the host kept; octets of BODY[] a second, lent,
 * pulled and with bare LFs; the memory that a message of a gigabyte takes.
 *
 *	message            prints a table of times (compare them within one run only)
 *	message CASE N     runs one case for N messages, or octets, and prints nothing: for counting
 *	                   instructions
 *
 * The store answers from memory with as little work as there can be, so that what is measured is
 * the library.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/client.h"
#include "bench/clock.h"
#include "bench/inbox.h"

#define HEADER                                                                                     \
	"Return-Path: <ann@example.com>\r\n"                                                       \
	"Received: from mx.example.com (mx.example.com [192.0.2.7])\r\n"                           \
	"\tby mail.example.org with ESMTPS id 4711abcdef\r\n"                                      \
	"\tfor <bob@example.org>; Tue, 1 Apr 2025 10:00:02 +0200\r\n"                              \
	"Date: Tue, 1 Apr 2025 10:00:00 +0200\r\n"                                                 \
	"From: \"Ann Example\" <ann@example.com>\r\n"                                              \
	"To: Bob <bob@example.org>, carol@example.net\r\n"                                         \
	"Subject: The minutes of yesterday's meeting\r\n"                                          \
	"Message-ID: <20250401100000.4711@example.com>\r\n"                                        \
	"In-Reply-To: <20250331090000.42@example.org>\r\n"                                         \
	"MIME-Version: 1.0\r\n"
#define TEXT                                                                                       \
	"Content-Type: text/plain; charset=utf-8\r\n"                                              \
	"Content-Transfer-Encoding: quoted-printable\r\n"                                          \
	"\r\n"                                                                                     \
	"Here they are.\r\n"
#define ATTACHED                                                                                   \
	"Content-Type: application/pdf; name=\"minutes.pdf\"\r\n"                                  \
	"Content-Disposition: attachment; filename=\"minutes.pdf\"\r\n"                            \
	"Content-Transfer-Encoding: base64\r\n"                                                    \
	"\r\n"                                                                                     \
	"JVBERi0xLjcKJeLjz9MKMSAwIG9iago8PC9UeXBlL0NhdGFsb2cvUGFnZXMgMiAwIFI+PgplbmRv\r\n"
#define MIXED	    "Content-Type: multipart/mixed; boundary=\"----=_Part_123456\"\r\n\r\n"
#define ALTERNATIVE "Content-Type: multipart/alternative; boundary=\"----=_Part_654321\"\r\n\r\n"

/* A text; a text and an attachment; a text in two forms and an attachment. */
static const char one[] = HEADER TEXT;
static const char two[] =
	HEADER MIXED
	"------=_Part_123456\r\n" TEXT
	"------=_Part_123456\r\n" ATTACHED
	"------=_Part_123456--\r\n";
static const char three[] =
	HEADER MIXED
	"------=_Part_123456\r\n" ALTERNATIVE
	"------=_Part_654321\r\n" TEXT
	"------=_Part_654321\r\n" TEXT
	"------=_Part_654321--\r\n"
	"------=_Part_123456\r\n" ATTACHED
	"------=_Part_123456--\r\n";

/* ---- the store ----------------------------------------------------------------------------- */

/* What the store hands out: every message is the same. */
static struct {
	const char *data; /* NULL: generated */
	uint64_t octets;
	enum imapsrv_eol eol;
	int pull;
	struct imapsrv_span description; /* empty: none is kept */
} body;

static char generated[65536]; /* an empty line, then others of 64 octets, CRLF or LF */

static void generate(enum imapsrv_eol eol)
{
	for (size_t i = 0; i < sizeof(generated); i++)
		generated[i] = (char)('a' + i % 26);
	for (size_t i = 64; i <= sizeof(generated); i += 64) {
		generated[i - 1] = '\n';
		if (eol == IMAPSRV_EOL_CRLF)
			generated[i - 2] = '\r';
	}
	memcpy(generated, eol == IMAPSRV_EOL_CRLF ? "\r\n" : "\n\n", 2);
}

static void on_fetch(void *user, struct imapsrv_op *op, const struct imapsrv_fetch *q)
{
	struct imapsrv_row row;

	(void)user;
	memset(&row, 0, sizeof(row));
	row.facts = IMAPSRV_FACT_FLAGS | IMAPSRV_FACT_SIZE;
	row.octets = body.octets;
	if (body.description.len) {
		row.facts |= IMAPSRV_FACT_DESCRIPTION;
		row.description = body.description;
	}
	for (size_t i = 0; i < q->uids.count; i++)
		for (row.uid = q->uids.ranges[i].first; row.uid <= q->uids.ranges[i].last; row.uid++)
			imapsrv_op_row(op, &row);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void on_body(void *user, struct imapsrv_op *op, const struct imapsrv_body *q)
{
	(void)user;
	(void)q;
	if (body.pull)
		imapsrv_op_pull(op, body.octets, body.eol, NULL);
	else
		imapsrv_op_lend(op, body.data, (size_t)body.octets, body.eol, NULL);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void on_body_read(void *user, struct imapsrv_op *op, const struct imapsrv_body_read *q)
{
	size_t at = (size_t)(q->offset % sizeof(generated));
	size_t n = sizeof(generated) - at;

	(void)user;
	imapsrv_op_bytes(op, generated + at, n < q->len ? n : q->len);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static struct imapsrv_engine *engine_new(void)
{
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_store store = IMAPSRV_STORE_INIT;
	struct imapsrv_engine *engine;

	store.list = inbox_list;
	store.open = inbox_open;
	store.close = inbox_close;
	store.uids = inbox_uids;
	store.fetch = on_fetch;
	store.body = on_body;
	store.body_read = on_body_read;
	store.body_close = inbox_close;
	config.store = &store;
	if (imapsrv_engine_new(&config, &engine))
		abort();
	return engine;
}

/* ---- driving a session --------------------------------------------------------------------- */

static struct imapsrv_session *examined(struct imapsrv_engine *engine)
{
	struct imapsrv_session *s = preauthenticated(engine, NULL);

	say(s, "a EXAMINE INBOX\r\n");
	return s;
}

/* FETCH of the first n messages; how many octets came. */
static uint64_t fetch(struct imapsrv_session *s, uint64_t n, const char *items)
{
	char line[128];

	snprintf(line, sizeof(line), "a FETCH 1:%llu (%s)\r\n", (unsigned long long)n, items);
	return say(s, line);
}

/* ---- what is measured ---------------------------------------------------------------------- */

static struct imapsrv_describer *describer;

static void use_small(const char *small, int described)
{
	body.data = small;
	body.octets = strlen(small);
	body.eol = IMAPSRV_EOL_CRLF;
	body.pull = 0;
	body.description = (struct imapsrv_span){NULL, 0};
	if (described && (imapsrv_describer_new(NULL, NULL, &describer) ||
	                  imapsrv_describer_feed(describer, small, strlen(small)) ||
	                  imapsrv_describer_finish(describer, &body.description)))
		abort();
}

static void use_large(uint64_t octets, enum imapsrv_eol eol, int pull)
{
	generate(eol);
	body.data = generated;
	body.octets = octets;
	body.eol = eol;
	body.pull = pull;
	body.description = (struct imapsrv_span){NULL, 0};
}

#define SHOWS "ENVELOPE BODYSTRUCTURE"

static void bench_shows(struct imapsrv_session *s, const char *what, const char *small,
                        int described)
{
	const unsigned n = 200000;
	uint64_t octets;
	double start;

	use_small(small, described);
	fetch(s, 1000, SHOWS);
	start = now();
	octets = fetch(s, n, SHOWS);
	printf("%-34s %12.0f /s  (%.0f octets each)\n", what, n / (now() - start),
	       (double)octets / n);
	imapsrv_describer_free(describer);
	describer = NULL;
}

static void bench_body(struct imapsrv_session *s, const char *what, enum imapsrv_eol eol, int pull,
                       uint64_t times)
{
	double start;
	uint64_t octets;

	use_large(sizeof(generated), eol, pull);
	start = now();
	octets = fetch(s, times, "BODY.PEEK[]");
	printf("%-34s %12.2f GB/s\n", what, (double)octets / (now() - start) / 1e9);
}

static void bench_memory(struct imapsrv_engine *engine, const char *what, const char *items,
                         enum imapsrv_eol eol)
{
	struct imapsrv_session *s = examined(engine);
	uint64_t octets;
	size_t peak;

	use_large(UINT64_C(1) << 30, eol, 1);
	octets = fetch(s, 1, items);
	imapsrv_session_memory(s, &peak);
	printf("%-34s %12zu octets at most, %llu sent\n", what, peak, (unsigned long long)octets);
	imapsrv_session_free(s);
}

static void bench(struct imapsrv_engine *engine, struct imapsrv_session *s)
{
	printf("ENVELOPE and BODYSTRUCTURE of\n");
	bench_shows(s, "  a text, read", one, 0);
	bench_shows(s, "  with an attachment, read", two, 0);
	bench_shows(s, "  in two forms with one, read", three, 0);
	bench_shows(s, "  a text, kept", one, 1);
	bench_shows(s, "  with an attachment, kept", two, 1);
	bench_shows(s, "  in two forms with one, kept", three, 1);
	bench_body(s, "BODY[] of 64 KiB, lent", IMAPSRV_EOL_CRLF, 0, 20000);
	bench_body(s, "  pulled", IMAPSRV_EOL_CRLF, 1, 20000);
	bench_body(s, "  lent, with bare LFs", IMAPSRV_EOL_LF, 0, 5000);
	bench_body(s, "  pulled, with bare LFs", IMAPSRV_EOL_LF, 1, 5000);
	bench_memory(engine, "BODY[] of 1 GiB, pulled", "BODY.PEEK[]", IMAPSRV_EOL_CRLF);
	bench_memory(engine, "  with bare LFs", "BODY.PEEK[]", IMAPSRV_EOL_LF);
	bench_memory(engine, "BODY[1] BINARY[1] of 1 GiB, pulled", "BODY.PEEK[1] BINARY.PEEK[1]",
	             IMAPSRV_EOL_CRLF);
}

static int run_case(struct imapsrv_session *s, const char *name, uint64_t n)
{
	static const struct {
		const char *name;
		const char *small;
		int described;
	} cases[] = {
		{"read-one", one, 0},     {"kept-one", one, 1}, {"kept-two", two, 1},
		{"kept-three", three, 1},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (strcmp(name, cases[i].name) == 0) {
			use_small(cases[i].small, cases[i].described);
			fetch(s, n, SHOWS);
			imapsrv_describer_free(describer);
			return 0;
		}
	if (strcmp(name, "pulled") != 0 && strcmp(name, "lf") != 0) {
		fprintf(stderr, "no such case: %s\n", name);
		return 2;
	}
	use_large(n, strcmp(name, "lf") ? IMAPSRV_EOL_CRLF : IMAPSRV_EOL_LF, 1);
	fetch(s, 1, "BODY.PEEK[]");
	return 0;
}

int main(int argc, char **argv)
{
	struct imapsrv_engine *engine = engine_new();
	struct imapsrv_session *s = examined(engine);
	int status = 0;

	if (argc == 3)
		status = run_case(s, argv[1], strtoull(argv[2], NULL, 10));
	else
		bench(engine, s);
	imapsrv_session_free(s);
	imapsrv_engine_free(engine);
	return status;
}
