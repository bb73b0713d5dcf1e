/* SPDX-License-Identifier: MIT */
/*
 * bench/mailbox - what is asked of a whole mailbox: flags and dates of a million messages searched,
 * a hundred thousand messages sorted and threaded, headers read from kept descriptions and not.
 *
 *	mailbox            prints a table of times (compare them within one run only) and of what a
 *	                   session held at most
 *	mailbox CASE N     runs one case N times and prints nothing: for counting instructions
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

#define MILLION 1000000u
#define SORTED 100000u

struct message {
	char *text;
	size_t len;
	struct imapsrv_span description; /* len 0: not kept */
};

static struct message *messages; /* SORTED of them, by UID from 1 on */

/* ---- messages ------------------------------------------------------------------------------ */

/* Threads of ten, some of which lie far apart; subjects of three kinds. */
static void make_message(struct message *m, uint32_t i)
{
	static const char *const marks[] = {"", "Re: ", "Re: [list] "};
	uint32_t thread = i % 10000, place = i / 10000;
	char *to;

	to = m->text = malloc(2048);
	if (!to)
		abort();
	to += sprintf(to, "From: Person %u <person%u@example.com>\r\nTo: list@example.org\r\n",
	              i % 1000, i % 1000);
	to += sprintf(to, "Date: %u Jan 2026 %02u:%02u:%02u +0000\r\n", 1 + i % 28, i / 28 % 24,
	              i / 700 % 60, i % 60);
	to += sprintf(to, "Subject: %ssubject of thread number %u\r\n", marks[place % 3], thread);
	to += sprintf(to, "Message-ID: <%u.%u.1234567890@mail.example.com>\r\n", thread, place);
	if (place) {
		to += sprintf(to, "References:");
		for (uint32_t k = place > 5 ? place - 5 : 0; k < place; k++)
			to += sprintf(to, " <%u.%u.1234567890@mail.example.com>\r\n", thread, k);
	}
	to += sprintf(to, "\r\nHello, this is message %u.\r\n", i);
	m->len = (size_t)(to - m->text);
}

static void describe(struct message *m, struct imapsrv_describer *d)
{
	struct imapsrv_span s;
	char *copy;

	if (imapsrv_describer_feed(d, m->text, m->len) || imapsrv_describer_finish(d, &s))
		abort();
	copy = malloc(s.len);
	if (!copy)
		abort();
	memcpy(copy, s.data, s.len);
	m->description = (struct imapsrv_span){copy, s.len};
}

static void make_messages(void)
{
	messages = calloc(SORTED, sizeof(*messages));
	if (!messages)
		abort();
	for (uint32_t i = 0; i < SORTED; i++)
		make_message(&messages[i], i);
}

static void describe_all(void)
{
	for (uint32_t i = 0; i < SORTED; i++) {
		struct imapsrv_describer *d;

		if (imapsrv_describer_new(NULL, NULL, &d))
			abort();
		describe(&messages[i], d);
		imapsrv_describer_free(d);
	}
}

/* ---- the store: "INBOX" has a million messages, of which the first SORTED have a text ------- */

static void on_fetch(void *user, struct imapsrv_op *op, const struct imapsrv_fetch *q)
{
	struct imapsrv_row row;

	(void)user;
	memset(&row, 0, sizeof(row));
	for (size_t i = 0; i < q->uids.count; i++)
		for (uint32_t uid = q->uids.ranges[i].first; uid <= q->uids.ranges[i].last; uid++) {
			row.uid = uid;
			row.facts = IMAPSRV_FACT_FLAGS | IMAPSRV_FACT_DATE | IMAPSRV_FACT_SIZE;
			row.flags.system = uid % 7 ? IMAPSRV_SEEN : 0;
			row.date = 1700000000 + (int64_t)(uid * 2654435761u % MILLION) * 60;
			row.octets = 1000 + uid % 5000;
			if (uid <= SORTED && messages[uid - 1].description.len) {
				row.facts |= IMAPSRV_FACT_DESCRIPTION;
				row.description = messages[uid - 1].description;
			}
			imapsrv_op_row(op, &row);
		}
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void on_body(void *user, struct imapsrv_op *op, const struct imapsrv_body *q)
{
	const struct message *m = &messages[(q->uid - 1) % SORTED];

	(void)user;
	imapsrv_op_lend(op, m->text, m->len, IMAPSRV_EOL_CRLF, NULL);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

/* ---- driving a session --------------------------------------------------------------------- */

static size_t peak, held; /* octets of memory */

static void *count_alloc(void *user, size_t size)
{
	(void)user;
	held += size;
	peak = held > peak ? held : peak;
	return malloc(size);
}

static void *count_realloc(void *user, void *block, size_t old_size, size_t size)
{
	(void)user;
	held += size - old_size;
	peak = held > peak ? held : peak;
	return realloc(block, size);
}

static void count_free(void *user, void *block, size_t size)
{
	(void)user;
	held -= size;
	free(block);
}

static const struct imapsrv_allocator counting = {count_alloc, count_realloc, count_free, NULL};

static struct imapsrv_engine *engine_new(void)
{
	struct imapsrv_store store = IMAPSRV_STORE_INIT;
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_engine *engine;

	store.list = inbox_list;
	store.open = inbox_open;
	store.close = inbox_close;
	store.uids = inbox_uids;
	store.fetch = on_fetch;
	store.body = on_body;
	store.body_close = inbox_close;
	config.store = &store;
	config.allocator = &counting;
	if (imapsrv_engine_new(&config, &engine))
		abort();
	return engine;
}

/* Sends a command and takes what comes; the octets of it. */
/* ---- cases --------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	uint32_t count; /* messages that are looked at */
	bool kept;      /* with descriptions */
	const char *line;
} cases[] = {
	{"SEARCH UNSEEN", MILLION, false, "a SEARCH RETURN (COUNT) UNSEEN\r\n"},
	{"SEARCH SINCE", MILLION, false, "a SEARCH RETURN (COUNT) SINCE 1-Jan-2024\r\n"},
	{"SEARCH flags, dates, sizes", MILLION, false,
	 "a SEARCH RETURN (COUNT) OR UNSEEN (SINCE 1-Jan-2024 LARGER 3000)\r\n"},
	{"SEARCH SUBJECT", SORTED, false, "a SEARCH RETURN (COUNT) 1:100000 SUBJECT \"number 77\"\r\n"},
	{"SORT ARRIVAL", SORTED, false, "a SORT (REVERSE ARRIVAL) UTF-8 1:100000\r\n"},
	{"SORT ARRIVAL, a million", MILLION, false, "a SORT (ARRIVAL) UTF-8 ALL\r\n"},
	{"SORT SUBJECT DATE", SORTED, false, "a SORT (SUBJECT DATE) UTF-8 1:100000\r\n"},
	{"THREAD REFERENCES", SORTED, false, "a THREAD REFERENCES UTF-8 1:100000\r\n"},
	{"SORT DATE, kept", SORTED, true, "a SORT (DATE) UTF-8 1:100000\r\n"},
	{"SORT SUBJECT DATE, kept", SORTED, true, "a SORT (SUBJECT DATE) UTF-8 1:100000\r\n"},
	{"SORT FROM, kept", SORTED, true, "a SORT (FROM) UTF-8 1:100000\r\n"},
	{"SORT DISPLAYFROM, kept", SORTED, true, "a SORT (DISPLAYFROM) UTF-8 1:100000\r\n"},
	{"THREAD REFERENCES, kept", SORTED, true, "a THREAD REFERENCES UTF-8 1:100000\r\n"},
	{"THREAD ORDEREDSUBJECT, kept", SORTED, true, "a THREAD ORDEREDSUBJECT UTF-8 1:100000\r\n"},
};

static void bench(struct imapsrv_session *s, size_t i)
{
	size_t before = held;
	uint64_t octets;
	double start = now(), took;

	peak = held;
	octets = say(s, cases[i].line);
	took = now() - start;
	printf("%-30s %9.3f s %12.0f messages/s %9llu octets answered %9zu KB held\n", cases[i].name,
	       took, cases[i].count / took, (unsigned long long)octets, (peak - before) / 1024);
}

int main(int argc, char **argv)
{
	struct imapsrv_engine *engine = engine_new();
	struct imapsrv_session *s;
	bool kept = false;

	make_messages();
	s = preauthenticated(engine, NULL);
	say(s, "b EXAMINE INBOX\r\n");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (argc == 3 && strcmp(argv[1], cases[i].name) != 0)
			continue;
		if (cases[i].kept && !kept)
			describe_all();
		kept = kept || cases[i].kept;
		if (argc != 3)
			bench(s, i);
		for (unsigned long n = argc == 3 ? strtoul(argv[2], NULL, 10) : 0; n; n--)
			say(s, cases[i].line);
	}
	imapsrv_session_free(s);
	imapsrv_engine_free(engine);
	for (uint32_t i = 0; i < SORTED; i++) {
		free(messages[i].text);
		free((void *)(uintptr_t)messages[i].description.data);
	}
	free(messages);
	return 0;
}
