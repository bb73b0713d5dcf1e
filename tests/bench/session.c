/* SPDX-License-Identifier: MIT */
/*
 * bench/session - what a session costs: commands a second, untagged FETCH FLAGS a second,
 * instructions per NOOP with a million messages selected, allocations per command, literal intake
 * against memcpy, octets of an idle session.
 *
 * 	session            prints a table of times (compare them within one run only)
 * 	session CASE N     runs one case N times and prints nothing: for counting instructions
 *
 * The store is as cheap as one can be, so that what is measured is the library.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/client.h"
#include "bench/clock.h"
#include "bench/inbox.h"

static size_t allocations;

static void *count_alloc(void *user, size_t size)
{
	(void)user;
	allocations++;
	return malloc(size);
}

static void *count_realloc(void *user, void *block, size_t old_size, size_t size)
{
	(void)user;
	(void)old_size;
	allocations++;
	return realloc(block, size);
}

static void count_free(void *user, void *block, size_t size)
{
	(void)user;
	(void)size;
	free(block);
}

static const struct imapsrv_allocator counting = {count_alloc, count_realloc, count_free, NULL};

/* ---- the store ----------------------------------------------------------------------------- */

static void on_login(void *user, struct imapsrv_op *op, const struct imapsrv_login *q)
{
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;

	(void)user;
	(void)q;
	imapsrv_op_account(op, &account);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void rows(struct imapsrv_op *op, struct imapsrv_set uids)
{
	struct imapsrv_row row;

	memset(&row, 0, sizeof(row));
	row.facts = IMAPSRV_FACT_FLAGS | IMAPSRV_FACT_DATE | IMAPSRV_FACT_SIZE;
	row.flags.system = IMAPSRV_SEEN;
	row.date = 1700000000;
	row.octets = 4321;
	for (size_t i = 0; i < uids.count; i++)
		for (uint32_t uid = uids.ranges[i].first; uid <= uids.ranges[i].last; uid++) {
			row.uid = uid;
			imapsrv_op_row(op, &row);
		}
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void on_fetch(void *user, struct imapsrv_op *op, const struct imapsrv_fetch *q)
{
	(void)user;
	rows(op, q->uids);
}

static void on_store(void *user, struct imapsrv_op *op, const struct imapsrv_store_flags *q)
{
	(void)user;
	rows(op, q->uids);
}

static char body_text[65536];

static void on_body(void *user, struct imapsrv_op *op, const struct imapsrv_body *q)
{
	(void)user;
	(void)q;
	imapsrv_op_lend(op, body_text, sizeof(body_text), IMAPSRV_EOL_CRLF, NULL);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void on_append_begin(void *user, struct imapsrv_op *op, const struct imapsrv_append *q)
{
	(void)user;
	(void)q;
	imapsrv_op_append(op, body_text);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static char sink[65536];

static void on_append_data(void *user, struct imapsrv_op *op, const struct imapsrv_append_data *q)
{
	(void)user;
	for (size_t at = 0; at < q->len; at += sizeof(sink))
		memcpy(sink, q->data + at, q->len - at < sizeof(sink) ? q->len - at : sizeof(sink));
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void on_append_finish(void *user, struct imapsrv_op *op, const struct imapsrv_append_finish *q)
{
	struct imapsrv_set none = {NULL, 0};

	(void)user;
	(void)q;
	imapsrv_op_appended(op, 0, none);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void on_expunge(void *user, struct imapsrv_op *op, const struct imapsrv_expunge *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static struct imapsrv_engine *engine_new(void)
{
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_store store = IMAPSRV_STORE_INIT;
	struct imapsrv_limits limits = IMAPSRV_LIMITS_INIT;
	struct imapsrv_engine *engine;

	store.login = on_login;
	store.list = inbox_list;
	store.open = inbox_open;
	store.close = inbox_close;
	store.uids = inbox_uids;
	store.fetch = on_fetch;
	store.body = on_body;
	store.body_close = inbox_close;
	store.store = on_store;
	store.append_begin = on_append_begin;
	store.append_data = on_append_data;
	store.append_finish = on_append_finish;
	store.append_abort = inbox_close;
	store.expunge = on_expunge;
	limits.append = UINT64_C(1) << 40;
	config.store = &store;
	config.limits = &limits;
	config.allocator = &counting;
	if (imapsrv_engine_new(&config, &engine))
		abort();
	return engine;
}

/* ---- driving a session --------------------------------------------------------------------- */

static struct imapsrv_session *session_new(struct imapsrv_engine *engine)
{
	struct imapsrv_session_config config = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_session *s;

	config.secure = 1;
	if (imapsrv_session_new(engine, &config, &s))
		abort();
	return s;
}

static struct imapsrv_session *selected(struct imapsrv_engine *engine)
{
	struct imapsrv_session *s = session_new(engine);

	drain(s);
	say(s, "a LOGIN fred secret\r\nb SELECT INBOX\r\n");
	return s;
}

/* A pipelined stream of one command. */
static void repeat(struct imapsrv_session *s, const char *line, uint64_t n)
{
	enum { BATCH = 200 };
	size_t len = strlen(line);
	char *stream = malloc(len * BATCH);

	if (!stream)
		abort();
	for (int i = 0; i < BATCH; i++)
		memcpy(stream + (size_t)i * len, line, len);
	for (uint64_t i = 0; i < n; i += BATCH)
		feed(s, stream, len * (n - i < BATCH ? (size_t)(n - i) : BATCH));
	free(stream);
}

static void append(struct imapsrv_session *s, uint64_t octets)
{
	char line[64];

	snprintf(line, sizeof(line), "a APPEND INBOX {%llu+}\r\n", (unsigned long long)octets);
	say(s, line);
	while (octets) {
		size_t n = octets < sizeof(body_text) ? (size_t)octets : sizeof(body_text);

		feed(s, body_text, n);
		octets -= n;
	}
	say(s, "\r\n");
}

static const struct {
	const char *name;
	const char *line;
	const char *before; /* said once; NULL: nothing */
	const char *behind;
} cases[] = {
	{"noop", "a1 NOOP\r\n", NULL, NULL},
	{"store", "a1 UID STORE 4711 +FLAGS.SILENT (\\Seen)\r\n", NULL, NULL},
	{"fetch1", "a1 FETCH 77 (UID FLAGS INTERNALDATE RFC822.SIZE)\r\n", NULL, NULL},
	{"search", "a1 UID SEARCH RETURN (COUNT) UID 5:9,17 NOT DELETED\r\n", NULL, NULL},
	/* Each size makes the other no repeat (RFC 10022 3.1.1). */
	{"uidbatches", "a1 UIDBATCHES 500 1:50\r\na2 UIDBATCHES 501 1:50\r\n", NULL, NULL},
	/* A change that a search is followed for: what it takes beyond "store" (RFC 5267 4.3). */
	{"context", "a1 UID STORE 4711 +FLAGS.SILENT (\\Seen)\r\n",
	 "c1 UID SEARCH RETURN (UPDATE COUNT) UNDELETED\r\n", "c2 CANCELUPDATE \"c1\"\r\n"},
	{"context sorted", "a1 UID STORE 4711 +FLAGS.SILENT (\\Seen)\r\n",
	 "c1 UID SORT RETURN (UPDATE COUNT) (ARRIVAL) UTF-8 UNDELETED 1:10000\r\n",
	 "c2 CANCELUPDATE \"c1\"\r\n"},
};

static void bench_commands(struct imapsrv_session *s)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t n = 300000;
		size_t before;
		double start;

		if (cases[i].before)
			say(s, cases[i].before);
		repeat(s, cases[i].line, 1000);
		before = allocations;
		start = now();
		repeat(s, cases[i].line, n);
		printf("%-34s %12.0f /s  %zu allocations in %llu\n", cases[i].name,
		       (double)n / (now() - start), allocations - before, (unsigned long long)n);
		if (cases[i].behind)
			say(s, cases[i].behind);
	}
}

static void bench_flags(struct imapsrv_session *s)
{
	double start = now();
	uint64_t out = 0;

	for (int i = 0; i < 5; i++)
		out += say(s, "a FETCH 1:* (FLAGS)\r\n");
	printf("%-34s %12.0f /s  (%llu octets)\n", "untagged FETCH FLAGS",
	       5.0 * inbox_messages / (now() - start), (unsigned long long)out);
}

static void bench_search(struct imapsrv_session *s)
{
	double start = now();

	for (int i = 0; i < 5; i++)
		say(s, "a SEARCH RETURN (COUNT) UNDELETED SINCE 1-Feb-1994\r\n");
	printf("%-34s %12.0f /s\n", "messages searched, flags and dates",
	       5.0 * inbox_messages / (now() - start));
}

static void bench_body(struct imapsrv_session *s)
{
	double start = now();
	uint64_t out = 0;

	for (int i = 0; i < 20; i++)
		out += say(s, "a FETCH 1:1000 (BODY.PEEK[])\r\n");
	printf("%-34s %12.2f GB/s\n", "BODY[] of 64 KiB, lent", (double)out / (now() - start) / 1e9);
}

static void bench_literal(struct imapsrv_session *s)
{
	uint64_t octets = UINT64_C(4) << 30;
	double start = now(), mine, plain;

	append(s, octets);
	mine = now() - start;
	start = now();
	for (uint64_t i = 0; i < octets; i += sizeof(sink)) {
		memcpy(sink, body_text, sizeof(sink));
		body_text[0]++;
	}
	plain = now() - start;
	printf("%-34s %12.2f GB/s  %.2f of memcpy (the store copies once as well)\n", "literal intake",
	       (double)octets / mine / 1e9, plain / mine);
}

static void print_memory(const char *what, const struct imapsrv_session *s)
{
	printf("%-34s %12zu octets\n", what, imapsrv_session_memory(s, NULL));
}

static void bench_memory(struct imapsrv_engine *engine)
{
	struct imapsrv_session *s = session_new(engine);

	print_memory("session, greeting waiting", s);
	drain(s);
	imapsrv_session_trim(s);
	print_memory("session before login", s);
	say(s, "a LOGIN fred secret\r\n");
	print_memory("after login, warm", s);
	imapsrv_session_trim(s);
	print_memory("after login, trimmed", s);
	say(s, "b SELECT INBOX\r\n");
	imapsrv_session_trim(s);
	print_memory("a million messages selected", s);
	say(s, "c IDLE\r\n");
	imapsrv_session_trim(s);
	print_memory("idling", s);
	imapsrv_session_free(s);
}

static int run_case(struct imapsrv_session *s, const char *name, uint64_t n)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (!strcmp(name, cases[i].name)) {
			if (cases[i].before)
				say(s, cases[i].before);
			repeat(s, cases[i].line, n);
			return 0;
		}
	if (!strcmp(name, "flags") || !strcmp(name, "uidflags")) {
		bool uidonly = name[0] == 'u';
		char line[64];

		if (uidonly)
			say(s, "e ENABLE UIDONLY\r\n");
		snprintf(line, sizeof(line), "a %sFETCH 1:%llu (FLAGS)\r\n", uidonly ? "UID " : "",
		         (unsigned long long)n);
		say(s, line);
		return 0;
	}
	if (!strcmp(name, "body")) {
		repeat(s, "a FETCH 1 (BODY.PEEK[])\r\n", n);
		return 0;
	}
	if (!strcmp(name, "literal")) {
		append(s, n);
		return 0;
	}
	fprintf(stderr, "no such case: %s\n", name);
	return 2;
}

int main(int argc, char **argv)
{
	struct imapsrv_engine *engine = engine_new();
	struct imapsrv_session *s = selected(engine);
	int status = 0;

	memset(body_text, 'x', sizeof(body_text));
	if (argc == 3) {
		status = run_case(s, argv[1], strtoull(argv[2], NULL, 10));
	} else {
		bench_commands(s);
		bench_flags(s);
		bench_search(s);
		bench_body(s);
		bench_literal(s);
		bench_memory(engine);
	}
	imapsrv_session_free(s);
	imapsrv_engine_free(engine);
	return status;
}
