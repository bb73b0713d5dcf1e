/* SPDX-License-Identifier: MIT */
/*
 * Calls of imapsrv_session(3) that come when they may not, or with nothing in them: each is answered with
 * the error that its page names, and the session goes on as if it had not been made.
 */
#include <stdbool.h>

#include "unit/nullstore.h"
#include "unit/row.h"

static struct imapsrv_op *left_open;
static const char *blamed;

static void open_for_ever(void *user, struct imapsrv_op *op, const struct imapsrv_list *q)
{
	(void)user;
	(void)q;
	left_open = op;
}

static void on_fault(void *user, const char *what)
{
	(void)user;
	blamed = what;
}

static const char *translate(void *user, const char *tag, const char *text)
{
	(void)user;
	(void)tag;
	(void)text;
	return NULL;
}

static struct imapsrv_engine *engine_new(void)
{
	static const char *const tags[] = {"DE", NULL};
	struct imapsrv_store store = nullstore();
	struct imapsrv_language language = IMAPSRV_LANGUAGE_INIT;
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_engine *engine;

	store.list = open_for_ever;
	language.tags = tags;
	language.translate = translate;
	config.store = &store;
	config.language = &language;
	config.fault = on_fault;
	blamed = NULL;
	assert_int_equal(imapsrv_engine_new(&config, &engine), 0);
	return engine;
}

/* Drained, or not. */
static struct imapsrv_session *say(struct imapsrv_session *s, const char *text, bool drain)
{
	size_t used, count;
	struct imapsrv_span span;

	assert_int_equal(imapsrv_session_recv(s, text, strlen(text), &used), 0);
	assert_int_equal(used, strlen(text));
	while (drain && !imapsrv_session_peek(s, &span, 1, &count) && count)
		assert_int_equal(imapsrv_session_sent(s, span.len), 0);
	return s;
}

static struct imapsrv_session *session_new(struct imapsrv_engine *engine, bool preauth)
{
	struct imapsrv_session_config c = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct imapsrv_session *s = NULL;

	c.preauth = preauth ? &account : NULL;
	c.can_starttls = 1;
	c.compress = IMAPSRV_COMPRESS_ALWAYS;
	assert_int_equal(imapsrv_session_new(engine, &c, &s), 0);
	return say(s, "", true);
}

static void making(void **state)
{
	struct imapsrv_session_config c = IMAPSRV_SESSION_CONFIG_INIT, small = c;
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct imapsrv_restore restore = IMAPSRV_RESTORE_INIT, short_one = restore;
	struct imapsrv_saved look = IMAPSRV_SAVED_INIT;
	struct imapsrv_engine *engine = engine_new();
	struct imapsrv_session *s = NULL;
	const char *why;

	(void)state;
	small.size = sizeof(size_t) - 1;
	assert_int_equal(imapsrv_session_new(NULL, &c, &s), IMAPSRV_EINVAL);
	assert_int_equal(imapsrv_session_new(engine, NULL, &s), IMAPSRV_EINVAL);
	assert_int_equal(imapsrv_session_new(engine, &c, NULL), IMAPSRV_EINVAL);
	assert_int_equal(imapsrv_session_new(engine, &small, &s), IMAPSRV_EINVAL);
	account.size = sizeof(size_t) - 1;
	c.preauth = &account;
	assert_int_equal(imapsrv_session_new(engine, &c, &s), IMAPSRV_EINVAL);

	short_one.size = sizeof(size_t) - 1;
	assert_int_equal(imapsrv_session_restore(NULL, &restore, "", 0, &s, &why), IMAPSRV_EINVAL);
	assert_string_equal(why, "an argument is missing");
	assert_int_equal(imapsrv_session_restore(engine, NULL, "", 0, &s, &why), IMAPSRV_EINVAL);
	assert_int_equal(imapsrv_session_restore(engine, &restore, "", 0, NULL, &why), IMAPSRV_EINVAL);
	assert_int_equal(imapsrv_session_restore(engine, &short_one, "", 0, &s, NULL), IMAPSRV_EINVAL);
	restore.account = &account;
	assert_int_equal(imapsrv_session_restore(engine, &restore, "", 0, &s, &why), IMAPSRV_EINVAL);
	look.size = sizeof(size_t) - 1;
	assert_int_equal(imapsrv_saved_look("", 0, &look, &why), IMAPSRV_EINVAL);
	assert_string_equal(why, "nowhere to put it");
	assert_null(s);
	imapsrv_engine_free(engine);
}

static void what_is_told_of_the_connection(void **state)
{
	struct imapsrv_engine *engine = engine_new();
	struct imapsrv_session *s = session_new(engine, false);

	(void)state;
	assert_int_equal(imapsrv_session_set_external(s, NULL, 4), IMAPSRV_EINVAL);
	assert_int_equal(imapsrv_session_set_external(s, "fred", 0), IMAPSRV_EINVAL);
	assert_int_equal(imapsrv_session_set_external(s, "fred", 4), 0);
	assert_int_equal(imapsrv_session_set_external(s, "mary", 4), 0);
	assert_int_equal(imapsrv_session_hide(s, "NONSENSE"), IMAPSRV_EINVAL);
	assert_int_equal(imapsrv_session_bye(s, NULL), IMAPSRV_EINVAL);
	assert_int_equal(imapsrv_session_bye(s, ""), IMAPSRV_EINVAL);
	assert_int_equal(imapsrv_session_state(s), IMAPSRV_NOT_AUTHENTICATED);
	assert_int_equal(imapsrv_session_sent(s, 1), IMAPSRV_EINVAL);
	say(s, "a LOGOUT\r\n", false);
	assert_int_equal(imapsrv_session_state(s), IMAPSRV_LOGGED_OUT);
	assert_int_equal(imapsrv_session_set_external(s, "fred", 4), IMAPSRV_ESTATE);
	assert_int_equal(imapsrv_session_set_channel_binding(s, "tls-exporter", "x", 1),
	                 IMAPSRV_ESTATE);
	assert_int_equal(imapsrv_session_bye(s, "x"), IMAPSRV_ECLOSED);
	imapsrv_session_free(s);
	s = session_new(engine, true);
	assert_int_equal(imapsrv_session_set_external(s, "fred", 4), IMAPSRV_ESTATE);
	assert_int_equal(imapsrv_session_set_channel_binding(s, "tls-exporter", "x", 1),
	                 IMAPSRV_ESTATE);
	assert_null(imapsrv_session_language(s));
	say(s, "a LANGUAGE DE\r\n", true);
	assert_string_equal(imapsrv_session_language(s), "DE");
	imapsrv_session_free(s);
	imapsrv_engine_free(engine);
}

/* Only when it was asked for, and when the answer has left. */
static void switching(void **state)
{
	struct imapsrv_engine *engine = engine_new();
	struct imapsrv_session *s = session_new(engine, false);

	(void)state;
	assert_int_equal(imapsrv_session_tls_started(s), IMAPSRV_ESTATE);
	say(s, "a STARTTLS\r\n", false);
	assert_int_equal(imapsrv_session_tls_started(s), IMAPSRV_ESTATE);
	say(s, "", true);
	assert_int_equal(imapsrv_session_compress_started(s), IMAPSRV_ESTATE);
	assert_int_equal(imapsrv_session_tls_started(s), 0);
	imapsrv_session_free(s);
	s = session_new(engine, true);
	assert_int_equal(imapsrv_session_compress_started(s), IMAPSRV_ESTATE);
	say(s, "a COMPRESS DEFLATE\r\n", false);
	assert_int_equal(imapsrv_session_compress_started(s), IMAPSRV_ESTATE);
	say(s, "", true);
	assert_int_equal(imapsrv_session_tls_started(s), IMAPSRV_ESTATE);
	assert_int_equal(imapsrv_session_compress_started(s), 0);
	imapsrv_session_free(s);
	imapsrv_engine_free(engine);
}

/* A host that answers later, and has no `cancel`, keeps an op that is of no session any more. */
static void no_cancel(void **state)
{
	struct imapsrv_engine *engine = engine_new();
	struct imapsrv_session *s = session_new(engine, true);

	(void)state;
	say(s, "a LIST \"\" *\r\n", true);
	assert_non_null(left_open);
	assert_null(blamed);
	imapsrv_session_free(s);
	assert_string_equal(blamed, "an op was not answered, and there is no cancel callback");
	imapsrv_engine_free(engine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(making),
		cmocka_unit_test(what_is_told_of_the_connection),
		cmocka_unit_test(switching),
		cmocka_unit_test(no_cancel),
	};

	return cmocka_run_group_tests_name("misuse", tests, NULL, NULL);
}
