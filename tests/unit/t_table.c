/* SPDX-License-Identifier: MIT */
/*
 * The table of commands: sorted, complete, and its columns in agreement with RFC 9051 5.5 and
 * 7.5.1, where a wrong flag would let numbers shift under a client.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/ascii.h"
#include "imapsrv.h"
#include "session/command.h"
#include "session/engine.h"
#include "unit/row.h"

static void on_op(void *user, struct imapsrv_op *op, const void *q)
{
	(void)user;
	(void)op;
	(void)q;
}

static void on_handle(void *user, void *handle)
{
	(void)user;
	(void)handle;
}

typedef void any_list(void *, struct imapsrv_op *, const struct imapsrv_list *);
typedef void any_open(void *, struct imapsrv_op *, const struct imapsrv_open *);
typedef void any_uids(void *, struct imapsrv_op *, const struct imapsrv_uids *);
typedef void any_fetch(void *, struct imapsrv_op *, const struct imapsrv_fetch *);
typedef void any_body(void *, struct imapsrv_op *, const struct imapsrv_body *);

static struct imapsrv_engine *engine_new(void)
{
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_store store = IMAPSRV_STORE_INIT;
	struct imapsrv_engine *engine = NULL;

	/* Never called here. */
	store.list = (any_list *)on_op;
	store.open = (any_open *)on_op;
	store.close = on_handle;
	store.uids = (any_uids *)on_op;
	store.fetch = (any_fetch *)on_op;
	store.body = (any_body *)on_op;
	store.body_close = on_handle;
	config.store = &store;
	assert_int_equal(imapsrv_engine_new(&config, &engine), 0);
	return engine;
}

static void test_sorted(void **state)
{
	struct imapsrv_engine *e = engine_new();

	(void)state;
	for (size_t i = 0; i < e->command_count; i++) {
		const struct isrv_command *c = e->commands[i];

		ROW(i, c->step);
		ROW(i, c->states);
		ROW(i, c->name[0] >= 'A' && c->name[0] <= 'Z');
		ROW(i, i >= e->letters[c->name[0] - 'A'] && i < e->letters[c->name[0] - 'A' + 1]);
		if (i)
			ROW(i, strcmp(e->commands[i - 1]->name, c->name) < 0);
	}
	ROW(0, e->letters[26] == e->command_count);
	imapsrv_engine_free(e);
}

static const struct isrv_command *find(const struct imapsrv_engine *e, const char *name)
{
	for (size_t i = 0; i < e->command_count; i++)
		if (!strcmp(e->commands[i]->name, name))
			return e->commands[i];
	fail_msg("%s is not in the table", name);
	return NULL;
}

/* No EXPUNGE while these run (RFC 9051 7.5.1); everywhere else it may come. */
static void test_numbers(void **state)
{
	static const char *const seq[] = {"FETCH", "SEARCH", "SORT", "STORE", "THREAD"};
	const size_t count = sizeof(seq) / sizeof(seq[0]);
	struct imapsrv_engine *e = engine_new();

	(void)state;
	for (size_t i = 0; i < count; i++)
		ROW(i, find(e, seq[i])->flags & ISRV_COMMAND_SEQ);
	for (size_t i = 0; i < e->command_count; i++) {
		const char *name = e->commands[i]->name;
		bool listed = false;

		for (size_t k = 0; k < count; k++)
			listed = listed || !strcmp(name, seq[k]);
		if (!listed)
			ROW(i, !(e->commands[i]->flags & ISRV_COMMAND_SEQ));
	}
	imapsrv_engine_free(e);
}

/* What names messages by number, or tells numbers, is refused under UIDONLY (RFC 9586 3.2, 3.8): all
 * that shares its form with UID, but EXPUNGE, which takes nothing and tells VANISHED, and ESEARCH, which
 * tells UIDs in both forms. */
static void test_uidonly(void **state)
{
	struct imapsrv_engine *e = engine_new();

	(void)state;
	for (size_t i = 0; i < e->command_count; i++) {
		const struct isrv_command *c = e->commands[i];
		bool numbers = (c->flags & ISRV_COMMAND_UID) && strcmp(c->name, "EXPUNGE") != 0 &&
		               strcmp(c->name, "ESEARCH") != 0;

		ROW(i, ((c->flags & ISRV_COMMAND_NUMBERS) != 0) == numbers);
		ROW(i, !(c->flags & ISRV_COMMAND_SEQ) || c->flags & ISRV_COMMAND_NUMBERS);
	}
	imapsrv_engine_free(e);
}

/* Commands of RFC 9051 6.2 run before login only, those of 6.4 with a mailbox selected only. */
static void test_states(void **state)
{
	static const struct {
		const char *name;
		unsigned states;
	} rows[] = {
		{"CAPABILITY", ISRV_IN_ANY},   {"NOOP", ISRV_IN_ANY},
		{"LOGOUT", ISRV_IN_ANY},       {"STARTTLS", ISRV_IN_NOTAUTH},
		{"AUTHENTICATE", ISRV_IN_NOTAUTH}, {"LOGIN", ISRV_IN_NOTAUTH},
		{"ENABLE", ISRV_IN_AUTHED},    {"SELECT", ISRV_IN_AUTHED},
		{"EXAMINE", ISRV_IN_AUTHED},   {"CREATE", ISRV_IN_AUTHED},
		{"DELETE", ISRV_IN_AUTHED},    {"RENAME", ISRV_IN_AUTHED},
		{"SUBSCRIBE", ISRV_IN_AUTHED}, {"UNSUBSCRIBE", ISRV_IN_AUTHED},
		{"LIST", ISRV_IN_AUTHED},      {"LSUB", ISRV_IN_AUTHED},
		{"NAMESPACE", ISRV_IN_AUTHED}, {"STATUS", ISRV_IN_AUTHED},
		{"APPEND", ISRV_IN_AUTHED},    {"IDLE", ISRV_IN_AUTHED},
		{"CLOSE", ISRV_IN_SELECTED},   {"UNSELECT", ISRV_IN_SELECTED},
		{"EXPUNGE", ISRV_IN_SELECTED}, {"SEARCH", ISRV_IN_SELECTED},
		{"FETCH", ISRV_IN_SELECTED},   {"STORE", ISRV_IN_SELECTED},
		{"COPY", ISRV_IN_SELECTED},    {"MOVE", ISRV_IN_SELECTED},
	};
	struct imapsrv_engine *e = engine_new();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ROW(i, find(e, rows[i].name)->states == rows[i].states);
	imapsrv_engine_free(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sorted),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_uidonly),
		cmocka_unit_test(test_states),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
