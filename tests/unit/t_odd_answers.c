/* SPDX-License-Identifier: MIT */
/*
 * Answers of the store that cannot be, where no script's host can give them: each is refused by the call
 * that it came in, and reported; what the client is told is as if it had not come.
 */
#include <stdbool.h>

#include "unit/nullstore.h"
#include "unit/row.h"

static unsigned faults;
static char said[1 << 14];

static void on_fault(void *user, const char *what)
{
	(void)user;
	assert_non_null(what);
	faults++;
}

/* ---- the host --------------------------------------------------------------------------------- */

static void on_open(void *user, struct imapsrv_op *op, const struct imapsrv_open *q)
{
	struct imapsrv_mailbox m = IMAPSRV_MAILBOX_INIT;

	(void)user;
	(void)q;
	m.uidvalidity = 1;
	m.uidnext = 2;
	m.rights = IMAPSRV_RIGHTS_STANDARD;
	assert_int_equal(imapsrv_op_mailbox(op, &m), 0);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void on_uids(void *user, struct imapsrv_op *op, const struct imapsrv_uids *q)
{
	struct imapsrv_range r = {1, 1};

	(void)user;
	if (q->range.first == 1)
		imapsrv_op_uids(op, (struct imapsrv_set){&r, 1});
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static struct imapsrv_span preview; /* of the message */

static void on_fetch(void *user, struct imapsrv_op *op, const struct imapsrv_fetch *q)
{
	struct imapsrv_row r;

	(void)user;
	memset(&r, 0, sizeof(r));
	r.uid = 1;
	r.facts = IMAPSRV_FACT_PREVIEW & q->facts;
	r.preview = preview;
	assert_int_equal(imapsrv_op_row(op, &r), 0);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void on_search(void *user, struct imapsrv_op *op, const struct imapsrv_search *q)
{
	static const struct {
		uint32_t uid;
		unsigned percent;
		int rc;
	} rows[] = {
		{0, 50, IMAPSRV_EINVAL},
		{1, 0, IMAPSRV_EINVAL},
		{1, 101, IMAPSRV_EINVAL},
		{1, 1, 0},
		{1, 100, 0},
		{1, 42, 0},
		{7, 50, 0}, /* an index may know of more */
	};
	struct imapsrv_range all = {1, 1};
	struct imapsrv_set set = {&all, 1};

	(void)user;
	for (size_t i = 0; i < COUNT(rows); i++) {
		unsigned before = faults;

		ROW(i, imapsrv_op_relevancy(op, rows[i].uid, rows[i].percent) == rows[i].rc);
		ROW(i, faults == before + (rows[i].rc != 0));
	}
	assert_int_equal(imapsrv_op_found(op, q->root, set, (struct imapsrv_set){NULL, 0}), 0);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void on_annotations(void *user, struct imapsrv_op *op, const struct imapsrv_annotate_get *q)
{
	static const char text[] = "123456789";
	struct imapsrv_annotation a;

	(void)user;
	(void)q;
	memset(&a, 0, sizeof(a));
	a.entry = (struct imapsrv_span){"/comment", 8};
	a.given = IMAPSRV_ANNOTATION_SHARED | IMAPSRV_ANNOTATION_PRIV;
	a.shared = (struct imapsrv_span){text, 9};
	assert_int_equal(imapsrv_op_annotation(op, 1, &a), IMAPSRV_EINVAL);
	a.priv = a.shared;
	a.shared.len = 8;
	assert_int_equal(imapsrv_op_annotation(op, 1, &a), IMAPSRV_EINVAL);
	a.priv.len = 8;
	assert_int_equal(imapsrv_op_annotation(op, 1, &a), 0);
	assert_int_equal(faults, 2);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void on_rights(void *user, struct imapsrv_op *op, const struct imapsrv_acl_rights *q)
{
	(void)user;
	(void)q;
	assert_int_equal(imapsrv_op_grantable(op, 0, NULL, 0), IMAPSRV_ESTATE);
	assert_int_equal(imapsrv_op_url_mechanism(op, "INTERNAL", NULL, 0), IMAPSRV_ESTATE);
	assert_int_equal(imapsrv_op_relevancy(op, 1, 1), IMAPSRV_ESTATE);
	assert_int_equal(faults, 3);
	imapsrv_op_rights(op, IMAPSRV_RIGHTS_STANDARD);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
	faults = 0;
}

static void on_acl(void *user, struct imapsrv_op *op, const struct imapsrv_acl_get *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void on_acl_set(void *user, struct imapsrv_op *op, const struct imapsrv_acl_set *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void on_grantable(void *user, struct imapsrv_op *op, const struct imapsrv_acl_grantable *q)
{
	static const uint32_t none[] = {IMAPSRV_RIGHT_READ, 0};
	static const uint32_t twice[] = {IMAPSRV_RIGHT_READ, IMAPSRV_RIGHT_READ | IMAPSRV_RIGHT_SEEN};
	static const uint32_t unknown[] = {IMAPSRV_RIGHT_DIGIT(0)};
	static const uint32_t good[] = {IMAPSRV_RIGHT_READ, IMAPSRV_RIGHT_SEEN};

	(void)user;
	(void)q;
	assert_int_equal(imapsrv_op_grantable(op, 0, none, 2), IMAPSRV_EINVAL);
	assert_int_equal(imapsrv_op_grantable(op, 0, twice, 2), IMAPSRV_EINVAL);
	assert_int_equal(imapsrv_op_grantable(op, IMAPSRV_RIGHT_READ, good, 2), IMAPSRV_EINVAL);
	assert_int_equal(imapsrv_op_grantable(op, 0, unknown, 1), IMAPSRV_EINVAL);
	assert_int_equal(imapsrv_op_grantable(op, IMAPSRV_RIGHT_DIGIT(1), good, 2), IMAPSRV_EINVAL);
	assert_int_equal(faults, 5);
	assert_int_equal(imapsrv_op_grantable(op, IMAPSRV_RIGHT_LOOKUP, good, 2), 0);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

/* ---- what is said ----------------------------------------------------------------------------- */

/* With rights, or with all else: what hides mailboxes asks about them first. */
static void ask(bool acl_on, const char *text)
{
	struct imapsrv_store store = nullstore();
	struct imapsrv_annotate annotate = IMAPSRV_ANNOTATE_INIT;
	struct imapsrv_acl acl = IMAPSRV_ACL_INIT;
	struct imapsrv_limits limits = IMAPSRV_LIMITS_INIT;
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_session_config c = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct imapsrv_engine *engine;
	struct imapsrv_session *s;
	struct imapsrv_span span;
	size_t used, count, len = 0;

	store.open = on_open;
	store.uids = on_uids;
	store.fetch = on_fetch;
	store.search = on_search;
	store.fuzzy = 1;
	annotate.get = on_annotations;
	acl.rights = on_rights;
	acl.get = on_acl;
	acl.set = on_acl_set;
	acl.grantable = on_grantable;
	limits.annotation = 8;
	config.store = &store;
	config.limits = &limits;
	config.fault = on_fault;
	if (acl_on)
		config.acl = &acl;
	else
		config.annotate = &annotate;
	assert_int_equal(imapsrv_engine_new(&config, &engine), 0);
	c.preauth = &account;
	assert_int_equal(imapsrv_session_new(engine, &c, &s), 0);
	faults = 0;
	assert_int_equal(imapsrv_session_recv(s, text, strlen(text), &used), 0);
	while (!imapsrv_session_peek(s, &span, 1, &count) && count) {
		assert_true(len + span.len < sizeof(said));
		memcpy(said + len, span.data, span.len);
		len += span.len;
		imapsrv_session_sent(s, span.len);
	}
	said[len] = '\0';
	imapsrv_session_free(s);
	imapsrv_engine_free(engine);
}

static void previews(void **state)
{
	static char text[404];
	static const struct {
		const char *unit;
		size_t times;
		bool told;
	} rows[] = {
		{"a", 200, true},
		{"a", 201, false},
		{"\303\244", 200, true},
		{"\303\244", 201, false},
		{"\303", 1, false},
		{"\377", 3, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		preview.len = 0;
		for (size_t n = 0; n < rows[i].times; n++, preview.len += strlen(rows[i].unit))
			memcpy(text + preview.len, rows[i].unit, strlen(rows[i].unit));
		preview.data = text;
		ask(false, "a SELECT INBOX\r\nb FETCH 1 PREVIEW\r\n");
		ROW(i, faults == !rows[i].told);
		ROW(i, (strstr(said, rows[i].unit) != NULL) || !rows[i].told);
		ROW(i, rows[i].told || !strstr(said, "PREVIEW \""));
	}
}

static void relevancies(void **state)
{
	(void)state;
	ask(false, "a SELECT INBOX\r\nb SEARCH RETURN (RELEVANCY ALL) FUZZY TEXT x\r\n");
	assert_non_null(strstr(said, "* ESEARCH (TAG \"b\") ALL 1 RELEVANCY (42)\r\n"));
}

static void annotations(void **state)
{
	(void)state;
	ask(false, "a SELECT INBOX\r\nb FETCH 1 (ANNOTATION (/comment value))\r\n");
	assert_non_null(strstr(
		said, "(/comment (value.priv \"12345678\" value.shared \"12345678\"))"));
}

static void rights_to_give(void **state)
{
	(void)state;
	ask(true, "b LISTRIGHTS INBOX joe\r\n");
	assert_non_null(strstr(said, "* LISTRIGHTS INBOX joe l r s\r\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(previews),
		cmocka_unit_test(relevancies),
		cmocka_unit_test(annotations),
		cmocka_unit_test(rights_to_give),
	};

	return cmocka_run_group_tests_name("odd answers", tests, NULL, NULL);
}
