/* SPDX-License-Identifier: MIT */
/*
 * Annotations of a host that answers as it should not, or with more than is held: what the client is
 * told stays true, the fault hook is told, memory stays bounded.
 */
#include <stdbool.h>
#include <stdio.h>

#include "unit/row.h"

#include "imapsrv.h"
#include "unit/nullstore.h"

enum bad {
	GOOD,
	DESCENDS,     /* names the wrong way round */
	TWICE,
	NO_NAME,      /* names that are none, in upper case too */
	NO_OCTETS,    /* a short value without its octets */
	FOREIGN,      /* entries that were not asked for */
	NIL,          /* entries without a value */
	EMPTY,        /* a value of no octets, which lies nowhere */
	LATE_FOREIGN, /* behind another, one that was not asked for and goes before it */
	MANY,         /* 2000 entries of 1000 octets */
	SHRINKS       /* the same, and behind them short names */
};

struct host {
	enum bad bad;
	unsigned faults, questions;
	int refused; /* what imapsrv_op_entry gave */
};

static void entry(struct host *h, struct imapsrv_op *op, const char *name, const char *value)
{
	struct imapsrv_entry e = {{name, strlen(name)}, 1, {value, value ? strlen(value) : 0}};
	int rc;

	if (h->bad == NO_OCTETS)
		e.value = (struct imapsrv_span){NULL, 3};
	if (h->bad == NIL)
		e.has_value = 0;
	rc = imapsrv_op_entry(op, &e);
	if (rc)
		h->refused = rc;
}

static void many(struct host *h, struct imapsrv_op *op, const struct imapsrv_metadata_get *q)
{
	char name[40], value[1001];

	memset(value, 'v', 1000);
	value[1000] = '\0';
	for (int i = 0; i < 2000; i++) {
		snprintf(name, sizeof(name), "/private/%04d", i);
		if (imapsrv_metadata_wants(q, (struct imapsrv_span){name, strlen(name)}))
			entry(h, op, name, value);
	}
}

/* The host asks of each entry whether it is wanted, while others before it are taken. */
static void shrinks(struct host *h, struct imapsrv_op *op, const struct imapsrv_metadata_get *q)
{
	static const char *const names[] = {"/private/b", "/private/b-1", "/private/b-2"};
	char name[60], value[1001];

	memset(value, 'v', 1000);
	value[1000] = '\0';
	for (int i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "/private/a/%040d", i);
		if (imapsrv_metadata_wants(q, (struct imapsrv_span){name, strlen(name)}))
			entry(h, op, name, value);
	}
	for (size_t i = 0; i < COUNT(names); i++)
		if (imapsrv_metadata_wants(q, (struct imapsrv_span){names[i], strlen(names[i])}))
			entry(h, op, names[i], "1");
}

static void get(void *user, struct imapsrv_op *op, const struct imapsrv_metadata_get *q)
{
	struct host *h = user;

	h->questions++;
	switch (h->bad) {
	case DESCENDS:
		entry(h, op, "/private/b", "2");
		entry(h, op, "/private/a", "1");
		break;
	case NO_NAME:
		entry(h, op, "", "0");
		entry(h, op, "/private/A", "0");
		entry(h, op, "/private/a\r\n* BYE", "0");
		entry(h, op, "/private/a", "1");
		break;
	case FOREIGN:
		entry(h, op, "/private", "0");
		entry(h, op, "/private/a", "1");
		entry(h, op, "/private/a/b", "0");
		entry(h, op, "/private/b", "2");
		entry(h, op, "/shared/z", "0");
		break;
	case EMPTY:
		entry(h, op, "/private/a", NULL);
		entry(h, op, "/private/b", "2");
		break;
	case LATE_FOREIGN:
		entry(h, op, "/private/a", "1");
		entry(h, op, "/private", "0");
		entry(h, op, "/private/b", "2");
		break;
	case MANY:
		many(h, op, q);
		break;
	case SHRINKS:
		shrinks(h, op, q);
		break;
	default:
		entry(h, op, "/private/a", "1");
		if (h->bad == TWICE)
			entry(h, op, "/private/a", "1");
		entry(h, op, "/private/b", "2");
	}
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void set(void *user, struct imapsrv_op *op, const struct imapsrv_metadata_set *q)
{
	static const char *const names[] = {"/private/a", "/private/b", "/shared/c"};
	static const char *const values[] = {"1", NULL, ""};

	(void)user;
	assert_int_equal(q->mailbox.len, 5);
	assert_int_equal(q->entry_count, 3);
	for (size_t i = 0; i < 3; i++) {
		struct imapsrv_entry e = q->entries[i];

		ROW(i, e.name.len == strlen(names[i]) && !memcmp(e.name.data, names[i], e.name.len));
		ROW(i, (e.has_value != 0) == (values[i] != NULL));
		if (values[i])
			ROW(i, e.value.len == strlen(values[i]));
	}
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void fault(void *user, const char *what)
{
	(void)what;
	((struct host *)user)->faults++;
}

struct talk {
	char text[4096];
	size_t len;   /* in all; what does not fit is counted */
	char end[200]; /* the last octets, and a NUL */
	size_t peak;
};

static void drain(struct imapsrv_session *s, struct talk *t)
{
	struct imapsrv_span spans[8];
	size_t count, n;

	while (!imapsrv_session_peek(s, spans, 8, &count) && count) {
		n = 0;
		for (size_t i = 0; i < count; i++) {
			for (size_t k = 0; k < spans[i].len; k++, t->len++) {
				if (t->len < sizeof(t->text) - 1)
					t->text[t->len] = spans[i].data[k];
				memmove(t->end, t->end + 1, sizeof(t->end) - 2);
				t->end[sizeof(t->end) - 2] = spans[i].data[k];
			}
			n += spans[i].len;
		}
		imapsrv_session_sent(s, n);
	}
	t->text[t->len < sizeof(t->text) ? t->len : sizeof(t->text) - 1] = '\0';
}

static void talk(struct host *h, const char *line, struct talk *t)
{
	struct imapsrv_store store = nullstore();
	struct imapsrv_metadata metadata = IMAPSRV_METADATA_INIT;
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_session_config sc = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct imapsrv_engine *engine;
	struct imapsrv_session *s;
	size_t used, at, len = strlen(line);

	metadata.get = get;
	metadata.set = set;
	config.store = &store;
	config.metadata = &metadata;
	config.fault = fault;
	sc.user = h;
	sc.preauth = &account;
	assert_int_equal(imapsrv_engine_new(&config, &engine), 0);
	assert_int_equal(imapsrv_session_new(engine, &sc, &s), 0);
	memset(t, 0, sizeof(*t));
	drain(s, t);
	t->len = 0;
	for (at = 0; at < len; at += used) {
		assert_int_equal(imapsrv_session_recv(s, line + at, len - at, &used), 0);
		drain(s, t);
	}
	while (imapsrv_session_want(s) & IMAPSRV_WANT_WRITE)
		drain(s, t);
	imapsrv_session_memory(s, &t->peak);
	imapsrv_session_free(s);
	imapsrv_engine_free(engine);
}

static void test_answers(void **unused)
{
	static const char line[] = "1 GETMETADATA INBOX (/private/a /private/b)\r\n";
	static const char both[] = "* METADATA INBOX (/private/a \"1\" /private/b \"2\")\r\n"
				   "1 OK GETMETADATA completed\r\n";
	static const char none[] = "* METADATA INBOX (/private/a NIL /private/b NIL)\r\n"
				   "1 OK GETMETADATA completed\r\n";
	static const struct {
		enum bad bad;
		const char *said;
		bool fault;
		int refused;
	} rows[] = {
		{GOOD, both, false, 0},
		{DESCENDS,
	         "* METADATA INBOX (/private/a NIL /private/b \"2\")\r\n1 OK GETMETADATA completed\r\n",
	         true, IMAPSRV_EINVAL},
		{TWICE, both, true, IMAPSRV_EINVAL},
		{NO_NAME,
	         "* METADATA INBOX (/private/a \"1\" /private/b NIL)\r\n1 OK GETMETADATA completed\r\n",
	         true, IMAPSRV_EINVAL},
		{NO_OCTETS, none, true, IMAPSRV_EINVAL},
		{FOREIGN, both, false, 0},
		{NIL, none, false, 0},
		{EMPTY,
	         "* METADATA INBOX (/private/a \"\" /private/b \"2\")\r\n1 OK GETMETADATA completed\r\n",
	         false, 0},
		{LATE_FOREIGN, both, false, 0},
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct host h = {rows[i].bad, 0, 0, 0};
		struct talk t;

		talk(&h, line, &t);
		if (strcmp(t.text, rows[i].said) != 0)
			fail_msg("row %zu:\n%s", i, t.text);
		ROW(i, (h.faults > 0) == rows[i].fault);
		ROW(i, h.refused == rows[i].refused);
	}
}

/* Two megabytes, told with less than half of one. */
static void test_many(void **unused)
{
	struct host h = {MANY, 0, 0, 0};
	struct talk t;

	(void)unused;
	talk(&h, "1 GETMETADATA (DEPTH infinity) INBOX (/private)\r\n", &t);
	assert_true(t.len > 2000 * 1000);
	assert_true(t.peak < 512 * 1024);
	assert_true(h.questions > 10);
	assert_int_equal(h.faults, 0);
}

/* What comes behind a round is told, however short its name is. */
static void test_shrinks(void **unused)
{
	static const char end[] = " /private/b \"1\" /private/b-1 \"1\" /private/b-2 \"1\")\r\n"
				  "1 OK GETMETADATA completed\r\n";
	struct host h = {SHRINKS, 0, 0, 0};
	struct talk t;

	(void)unused;
	talk(&h, "1 GETMETADATA (DEPTH infinity) INBOX (/private)\r\n", &t);
	assert_true(h.questions > 1);
	assert_int_equal(h.faults, 0);
	assert_true(t.len > sizeof(end));
	assert_string_equal(t.end + sizeof(t.end) - sizeof(end), end);
}

static void test_set(void **unused)
{
	struct host h = {GOOD, 0, 0, 0};
	struct talk t;

	(void)unused;
	talk(&h, "1 SETMETADATA inbox (/Shared/C \"\" /private/B NIL /private/a \"1\")\r\n", &t);
	assert_string_equal(t.text, "1 OK SETMETADATA completed\r\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_shrinks),
		cmocka_unit_test(test_set),
	};

	return cmocka_run_group_tests_name("metadata", tests, NULL, NULL);
}
