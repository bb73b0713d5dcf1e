/* SPDX-License-Identifier: MIT */
/* A host that renames the mailbox of a restored session whenever that asks to open it: it asks by
 * the new name, and comes to an end. */
#include <stdbool.h>
#include <stdlib.h>

#include "unit/nullstore.h"
#include "unit/row.h"

static struct {
	bool runs_away;
	unsigned asked;
} host;

static void answer(struct imapsrv_op *op)
{
	struct imapsrv_mailbox m = IMAPSRV_MAILBOX_INIT;

	m.handle = &host;
	m.uidvalidity = 1;
	m.uidnext = 1;
	imapsrv_op_mailbox(op, &m);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void box_open(void *user, struct imapsrv_op *op, const struct imapsrv_open *q)
{
	static const char other[] = "Other";
	bool is_other = q->name.len == 5 && !memcmp(q->name.data, other, 5);
	struct imapsrv_event e = IMAPSRV_EVENT_INIT;

	(void)user;
	if (!host.runs_away) {
		answer(op);
		return;
	}
	host.asked++;
	e.type = IMAPSRV_EVENT_MAILBOX_RENAME;
	e.old_name = q->name;
	e.mailbox = is_other ? (struct imapsrv_span){"Box", 3} : (struct imapsrv_span){other, 5};
	assert_int_equal(imapsrv_session_post(imapsrv_op_session(op), &e), 0);
	imapsrv_op_done(op, IMAPSRV_NONEXISTENT, NULL);
}

static void test_ends(void **unused)
{
	struct imapsrv_session_config client = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_restore restore = IMAPSRV_RESTORE_INIT;
	struct imapsrv_limits limits = IMAPSRV_LIMITS_INIT;
	struct imapsrv_store store = nullstore();
	struct imapsrv_engine *engine;
	struct imapsrv_session *s;
	struct imapsrv_span label = {"x", 1}, piece;
	char *saved = malloc(10000);
	size_t used, len, count;
	const char *why;

	(void)unused;
	assert_non_null(saved);
	store.open = box_open;
	limits.turn = 1000;
	config.store = &store;
	config.limits = &limits;
	client.preauth = &account;
	assert_int_equal(imapsrv_engine_new(&config, &engine), 0);
	assert_int_equal(imapsrv_session_new(engine, &client, &s), 0);
	assert_int_equal(imapsrv_session_recv(s, "a SELECT Box\r\n", 14, &used), 0);
	while (!imapsrv_session_peek(s, &piece, 1, &count) && count)
		imapsrv_session_sent(s, piece.len);
	assert_int_equal(imapsrv_session_save(s, label, saved, 10000, &len), 0);
	imapsrv_session_free(s);
	host.runs_away = true;
	restore.account = &account;
	assert_int_equal(imapsrv_session_restore(engine, &restore, saved, len, &s, &why), 0);
	(void)imapsrv_session_run(s);
	assert_true(host.asked > 1 && host.asked <= 1000);
	assert_int_equal(imapsrv_session_peek(s, &piece, 1, &count), 0);
	assert_true(count == 1 && piece.len > 5 && !memcmp(piece.data, "* BYE", 5));
	imapsrv_session_free(s);
	imapsrv_engine_free(engine);
	free(saved);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
