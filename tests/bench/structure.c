/* SPDX-License-Identifier: MIT */
/*
 * bench/structure - what the shape of a message costs: octets of attachments a second through the
 * parser, and answers a second from a description.
 *
 *	structure            prints a table of times (compare them within one run only)
 *	structure CASE N     runs one case N times and prints nothing: for counting instructions
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/clock.h"
#include "message/description.h"
#include "message/structure.h"
#include "wire/writer.h"

static const struct isrv_structure_limits limits = {100, 10000, 65536, 262144, 1000, 100};

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

/* A text and an attachment; and a text in two forms with one. */
static const char two[] =
	HEADER
	"Content-Type: multipart/mixed; boundary=\"----=_Part_123456\"\r\n"
	"\r\n"
	"------=_Part_123456\r\n"
	"Content-Type: text/plain; charset=utf-8\r\n"
	"\r\n"
	"Here they are.\r\n"
	"------=_Part_123456\r\n"
	"Content-Type: application/pdf; name=\"minutes.pdf\"\r\n"
	"Content-Disposition: attachment; filename=\"minutes.pdf\"\r\n"
	"Content-Transfer-Encoding: base64\r\n"
	"\r\n";
static const char three[] =
	HEADER
	"Content-Type: multipart/mixed; boundary=\"----=_Part_123456\"\r\n"
	"\r\n"
	"------=_Part_123456\r\n"
	"Content-Type: multipart/alternative; boundary=\"----=_Part_654321\"\r\n"
	"\r\n"
	"------=_Part_654321\r\n"
	"Content-Type: text/plain; charset=utf-8\r\n"
	"Content-Transfer-Encoding: quoted-printable\r\n"
	"\r\n"
	"Here they are.\r\n"
	"------=_Part_654321\r\n"
	"Content-Type: text/html; charset=utf-8\r\n"
	"Content-Transfer-Encoding: quoted-printable\r\n"
	"\r\n"
	"<p>Here they are.</p>\r\n"
	"------=_Part_654321--\r\n"
	"------=_Part_123456\r\n"
	"Content-Type: application/pdf; name=\"minutes.pdf\"\r\n"
	"Content-Disposition: attachment; filename=\"minutes.pdf\"\r\n"
	"Content-Transfer-Encoding: base64\r\n"
	"\r\n";
static const char line[] =
	"JVBERi0xLjcKJeLjz9MKMSAwIG9iago8PC9UeXBlL0NhdGFsb2cvUGFnZXMgMiAwIFI+PgplbmRv\r\n";
static const char last[] = "------=_Part_123456--\r\n";

struct text {
	char *data;
	size_t len;
};

static struct text message_of(const char *first, size_t octets)
{
	struct text t = {malloc(octets + strlen(first) + 2 * sizeof(line) + sizeof(last)), 0};

	if (!t.data)
		abort();
	t.len = strlen(first);
	memcpy(t.data, first, t.len);
	while (t.len < octets) {
		memcpy(t.data + t.len, line, sizeof(line) - 1);
		t.len += sizeof(line) - 1;
	}
	memcpy(t.data + t.len, last, sizeof(last) - 1);
	t.len += sizeof(last) - 1;
	return t;
}

static void without_cr(struct text *t)
{
	size_t to = 0;

	for (size_t i = 0; i < t->len; i++)
		if (t->data[i] != '\r')
			t->data[to++] = t->data[i];
	t->len = to;
}

static struct isrv_mem mem;

/* Parses it, fed in pieces of that size; the caller frees what it gets. */
static struct isrv_structure *parse(const struct text *t, size_t piece, struct imapsrv_span *s)
{
	uint64_t steps = 0;
	struct isrv_structure *st = isrv_structure_new(&mem, &limits, &steps);

	for (size_t at = 0; at < t->len; at += piece)
		if (!st || !isrv_structure_feed(st, t->data + at,
		                                t->len - at < piece ? t->len - at : piece))
			abort();
	if (!isrv_structure_finish(st, s))
		abort();
	return st;
}

enum what { OPEN = 1, ENVELOPE = 2, BODY = 4 };

static size_t answer(struct imapsrv_span s, unsigned what, uint64_t n)
{
	struct isrv_description d;
	struct isrv_writer w;
	struct isrv_outq q;
	size_t octets = 0;

	isrv_outq_init(&q, &mem);
	isrv_writer_init(&w, &q);
	if (!isrv_description_open(&d, s.data, s.len))
		abort();
	while (n--) {
		if ((what & OPEN) && !isrv_description_open(&d, s.data, s.len))
			abort();
		if ((what & ENVELOPE) && !isrv_description_put_envelope(&d, &w))
			abort();
		if ((what & BODY) && !isrv_description_put_body(&d, &w, ISRV_BODY_EXTENDED | ISRV_BODY_GLOBAL))
			abort();
		octets = isrv_outq_size(&q);
		isrv_outq_sent(&q, octets);
	}
	isrv_outq_clear(&q);
	return octets;
}

static void bench_parse(const char *what, const struct text *t, size_t piece, unsigned n)
{
	double start = now();
	struct imapsrv_span s;

	for (unsigned i = 0; i < n; i++)
		isrv_structure_free(parse(t, piece, &s));
	printf("%-34s %12.2f GB/s\n", what, (double)t->len * n / (now() - start) / 1e9);
}

static void bench_answer(const char *what, const char *first)
{
	struct text t = message_of(first, 4000);
	const unsigned n = 300000;
	struct imapsrv_span s;
	struct isrv_structure *st = parse(&t, t.len, &s);
	double start = now();
	size_t len = answer(s, OPEN | ENVELOPE | BODY, n);

	printf("%-34s %12.0f /s  (%zu octets from %zu)\n", what, n / (now() - start), len, s.len);
	isrv_structure_free(st);
	free(t.data);
}

static void bench(void)
{
	struct text large = message_of(two, 25000000), small = message_of(two, 4000);

	bench_parse("25 MB attachment, at once", &large, large.len, 40);
	printf("%-34s %12zu octets\n", "  memory", mem.peak);
	bench_parse("  in pieces of 64 KiB", &large, 65536, 40);
	bench_parse("  in pieces of 1000", &large, 1000, 40);
	without_cr(&large);
	bench_parse("  with bare LF", &large, large.len, 40);
	bench_parse("ordinary message of 4 KB", &small, small.len, 50000);
	bench_answer("ENVELOPE BODYSTRUCTURE, 2 leaves", two);
	bench_answer("ENVELOPE BODYSTRUCTURE, 3 leaves", three);
	free(large.data);
	free(small.data);
}

static int run_case(const char *name, uint64_t n)
{
	static const struct {
		const char *name;
		unsigned what;
	} cases[] = {
		{"open", OPEN},
		{"envelope", ENVELOPE},
		{"body", BODY},
		{"both", OPEN | ENVELOPE | BODY},
		{"three", OPEN | ENVELOPE | BODY},
	};
	struct text t = message_of(strcmp(name, "three") ? two : three,
	                           strcmp(name, "attachment") ? 4000 : (size_t)n);
	struct imapsrv_span s;
	struct isrv_structure *st = parse(&t, t.len, &s);
	int status = strcmp(name, "attachment") ? 2 : 0;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (!strcmp(name, cases[i].name)) {
			answer(s, cases[i].what, n);
			status = 0;
		}
	isrv_structure_free(st);
	for (; !strcmp(name, "parse") && n; n--) {
		isrv_structure_free(parse(&t, t.len, &s));
		status = 0;
	}
	free(t.data);
	if (status)
		fprintf(stderr, "no such case: %s\n", name);
	return status;
}

int main(int argc, char **argv)
{
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	if (argc == 3)
		return run_case(argv[1], strtoull(argv[2], NULL, 10));
	bench();
	return 0;
}
