/* SPDX-License-Identifier: MIT */
/*
 * A store that answers `search` wrongly: nodes that nobody asked about, sets that do not ascend.
 * Asserted: the answer is right all the same, and the fault hook is told.
 */
#include <stdbool.h>

#include "unit/nullstore.h"
#include "unit/row.h"

enum bad {
	GOOD,          /* messages 2 and 4 of 5 */
	UNSORTED,      /* matches that do not ascend */
	UNSORTED_MAYBE,
	FOREIGN,       /* a node that is none */
	BETWEEN,       /* a pointer into a node */
	NO_NODE,
	SORTED_LATER,  /* right, after it was wrong */
	CANNOT
};

struct host {
	enum bad bad;
	unsigned faults;
};

static void box_open(void *user, struct imapsrv_op *op, const struct imapsrv_open *q)
{
	struct imapsrv_mailbox m = IMAPSRV_MAILBOX_INIT;

	(void)user;
	(void)q;
	m.uidvalidity = 1;
	m.uidnext = 6;
	imapsrv_op_mailbox(op, &m);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void box_uids(void *user, struct imapsrv_op *op, const struct imapsrv_uids *q)
{
	static const struct imapsrv_range all = {1, 5};

	(void)user;
	(void)q;
	imapsrv_op_uids(op, (struct imapsrv_set){&all, 1});
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

/* Only message 3 is flagged. */
static void box_fetch(void *user, struct imapsrv_op *op, const struct imapsrv_fetch *q)
{
	struct imapsrv_row row = {.facts = IMAPSRV_FACT_FLAGS | IMAPSRV_FACT_DATE};
	size_t i;

	(void)user;
	for (i = 0; i < q->uids.count; i++)
		for (row.uid = q->uids.ranges[i].first; row.uid <= q->uids.ranges[i].last; row.uid++) {
			row.flags.system = row.uid == 3 ? IMAPSRV_FLAGGED : 0;
			imapsrv_op_row(op, &row);
		}
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void box_search(void *user, struct imapsrv_op *op, const struct imapsrv_search *q)
{
	static const struct imapsrv_range good[] = {{2, 2}, {4, 4}}, bad[] = {{4, 4}, {2, 2}};
	const struct imapsrv_set sure = {good, 2}, wrong = {bad, 2}, none = {NULL, 0};
	struct imapsrv_search_node stranger = *q->root;
	struct host *h = user;

	switch (h->bad) {
	case GOOD:
		imapsrv_op_found(op, q->root, sure, none);
		break;
	case SORTED_LATER:
	case UNSORTED:
		imapsrv_op_found(op, q->root, wrong, none);
		if (h->bad == SORTED_LATER)
			imapsrv_op_found(op, q->root, sure, none);
		break;
	case UNSORTED_MAYBE:
		imapsrv_op_found(op, q->root, sure, wrong);
		break;
	case FOREIGN:
		imapsrv_op_found(op, &stranger, sure, none);
		break;
	case BETWEEN:
		imapsrv_op_found(op, (const struct imapsrv_search_node *)(const void *)
		                             ((const char *)q->root + sizeof(void *)),
		                 sure, none);
		break;
	case NO_NODE:
		imapsrv_op_found(op, NULL, sure, none);
		break;
	case CANNOT:
		break;
	}
	imapsrv_op_done(op, h->bad == CANNOT ? IMAPSRV_CANNOT : IMAPSRV_OK, NULL);
}

static void fault(void *user, const char *what)
{
	(void)what;
	((struct host *)user)->faults++;
}

static const char *ask(struct host *h, char *text, size_t size)
{
	static const char command[] = "a SEARCH FLAGGED\r\n";
	struct imapsrv_session_config client = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_store store = nullstore();
	struct imapsrv_engine *engine;
	struct imapsrv_session *s;
	struct imapsrv_span out;
	size_t used, n, len = 0;
	int round;

	store.open = box_open;
	store.uids = box_uids;
	store.fetch = box_fetch;
	store.search = box_search;
	config.store = &store;
	config.fault = fault;
	client.user = h;
	client.preauth = &account;
	assert_int_equal(imapsrv_engine_new(&config, &engine), 0);
	assert_int_equal(imapsrv_session_new(engine, &client, &s), 0);
	for (round = 0; round < 2; round++) {
		const char *line = round ? command : "b SELECT INBOX\r\n";

		assert_int_equal(imapsrv_session_recv(s, line, strlen(line), &used), 0);
		for (len = 0; imapsrv_session_peek(s, &out, 1, &n) == 0 && n; len += out.len) {
			assert_true(len + out.len < size);
			memcpy(text + len, out.data, out.len);
			imapsrv_session_sent(s, out.len);
		}
		text[len] = '\0';
	}
	imapsrv_session_free(s);
	imapsrv_engine_free(engine);
	return text;
}

static void test_answers(void **unused)
{
	static const struct {
		enum bad bad;
		const char *said;
		bool fault;
	} rows[] = {
		{GOOD, "* SEARCH 2 4\r\n", false},          {UNSORTED, "* SEARCH 3\r\n", true},
		{UNSORTED_MAYBE, "* SEARCH 3\r\n", true},   {FOREIGN, "* SEARCH 3\r\n", true},
		{BETWEEN, "* SEARCH 3\r\n", true},          {NO_NODE, "* SEARCH 3\r\n", true},
		{SORTED_LATER, "* SEARCH 3\r\n", true},     {CANNOT, "* SEARCH 3\r\n", false},
	};
	char text[4096];
	size_t i;

	(void)unused;
	for (i = 0; i < COUNT(rows); i++) {
		struct host h = {rows[i].bad, 0};

		ask(&h, text, sizeof(text));
		ROW(i, strncmp(text, rows[i].said, strlen(rows[i].said)) == 0);
		ROW(i, (h.faults > 0) == rows[i].fault);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_answers)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
