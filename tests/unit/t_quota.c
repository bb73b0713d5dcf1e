/* SPDX-License-Identifier: MIT */
/*
 * Quota on a host that breaks its contract: no root, two of them, too many, names and numbers that
 * cannot be; and tables that an engine does not take.  The commands are in tests/script/quota.
 */
#include <stdbool.h>

#include "unit/nullstore.h"
#include "unit/row.h"

#include "imapsrv.h"

enum bad {
	GOOD,
	NONE,
	TWO,
	MANY,
	CONTROL, /* in the name */
	NOT_UTF8,
	HUGE_USAGE,
	HUGE_LIMIT,
	HUGE_ELSEWHERE, /* where there is no limit: nobody looks */
	SHORT,
	NO_ROOT,
	BADS
};

static enum bad bad;
static int given; /* the last answer */
static unsigned faults;

static void give(struct imapsrv_op *op)
{
	struct imapsrv_quota_root root = IMAPSRV_QUOTA_ROOT_INIT;
	const char *name = bad == CONTROL ? "a\nb" : bad == NOT_UTF8 ? "a\xff" : "r";

	root.name = (struct imapsrv_span){name, strlen(name)};
	root.limited = 1;
	root.usage[0] = bad == HUGE_USAGE ? UINT64_C(1) << 63 : 1;
	root.limit[0] = bad == HUGE_LIMIT ? UINT64_C(1) << 63 : 2;
	root.usage[1] = bad == HUGE_ELSEWHERE ? UINT64_MAX : 0;
	root.size = bad == SHORT ? sizeof(size_t) : sizeof(root);
	given = imapsrv_op_quota(op, bad == NO_ROOT ? NULL : &root);
}

static void answer(struct imapsrv_op *op)
{
	int count = bad == NONE ? 0 : bad == TWO ? 2 : bad == MANY ? 65 : 1;

	while (count--)
		give(op);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void get(void *user, struct imapsrv_op *op, const struct imapsrv_getquota *q)
{
	(void)user;
	(void)q;
	answer(op);
}

static void roots(void *user, struct imapsrv_op *op, const struct imapsrv_getquotaroot *q)
{
	(void)user;
	(void)q;
	answer(op);
}

static void on_fault(void *user, const char *what)
{
	(void)user;
	(void)what;
	faults++;
}

/* What the session says to a line. */
static void talk(struct imapsrv_session *s, const char *line, char *out, size_t size)
{
	struct imapsrv_span span;
	size_t count, used, len = 0;

	assert_int_equal(imapsrv_session_recv(s, line, strlen(line), &used), 0);
	while (!imapsrv_session_peek(s, &span, 1, &count) && count) {
		assert_true(len + span.len < size);
		memcpy(out + len, span.data, span.len);
		len += span.len;
		imapsrv_session_sent(s, span.len);
	}
	out[len] = '\0';
}

static void test_bad_host(void **state)
{
	static const struct {
		const char *getquota;
		size_t told; /* roots, in answer to GETQUOTAROOT */
		bool fault;
		int given;
	} rows[BADS] = {
		[GOOD] = {"* QUOTA r (STORAGE 1 2)\r\na OK GETQUOTA done\r\n", 1, false, 0},
		[NONE] = {"a NO [SERVERBUG] That quota root cannot be told\r\n", 0, true, 0},
		[TWO] = {"a NO [SERVERBUG] That quota root cannot be told\r\n", 2, true, 0},
		[MANY] = {"a NO [SERVERBUG] That quota root cannot be told\r\n", 64, true,
		          IMAPSRV_ETOOBIG},
		[CONTROL] = {"a NO [SERVERBUG] That quota root cannot be told\r\n", 0, true,
		             IMAPSRV_EINVAL},
		[NOT_UTF8] = {"a NO [SERVERBUG] That quota root cannot be told\r\n", 0, true,
		              IMAPSRV_EINVAL},
		[HUGE_USAGE] = {"a NO [SERVERBUG] That quota root cannot be told\r\n", 0, true,
		                IMAPSRV_EINVAL},
		[HUGE_LIMIT] = {"a NO [SERVERBUG] That quota root cannot be told\r\n", 0, true,
		                IMAPSRV_EINVAL},
		[HUGE_ELSEWHERE] = {"* QUOTA r (STORAGE 1 2)\r\na OK GETQUOTA done\r\n", 1, false,
		                    0},
		[SHORT] = {"a NO [SERVERBUG] That quota root cannot be told\r\n", 0, true,
		           IMAPSRV_EINVAL},
		[NO_ROOT] = {"a NO [SERVERBUG] That quota root cannot be told\r\n", 0, true,
		             IMAPSRV_EINVAL},
	};
	struct imapsrv_session_config session_config = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_quota quota = IMAPSRV_QUOTA_INIT;
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct imapsrv_store store = nullstore();
	struct imapsrv_engine *engine;
	struct imapsrv_session *s;
	static char out[10000];

	(void)state;
	config.store = &store;
	config.quota = &quota;
	config.fault = on_fault;
	session_config.preauth = &account;
	quota.resources = 1;
	quota.get = get;
	quota.roots = roots;
	assert_int_equal(imapsrv_engine_new(&config, &engine), 0);
	assert_int_equal(imapsrv_session_new(engine, &session_config, &s), 0);
	talk(s, "x NOOP\r\n", out, sizeof(out));
	for (int i = 0; i < BADS; i++) {
		size_t told = 0;

		bad = (enum bad)i;
		faults = 0;
		given = 0;
		talk(s, "a GETQUOTA r\r\n", out, sizeof(out));
		ROW(i, strcmp(out, rows[i].getquota) == 0);
		ROW(i, (faults > 0) == rows[i].fault);
		ROW(i, given == rows[i].given);
		talk(s, "b GETQUOTAROOT INBOX\r\n", out, sizeof(out));
		ROW(i, strncmp(out, "* QUOTAROOT INBOX", 17) == 0);
		for (const char *at = out; (at = strstr(at, "* QUOTA r (")) != NULL; at++)
			told++;
		ROW(i, told == rows[i].told);
		ROW(i, strstr(out, "b OK GETQUOTAROOT done\r\n") != NULL);
	}
	imapsrv_session_free(s);
	imapsrv_engine_free(engine);
}

static void set(void *user, struct imapsrv_op *op, const struct imapsrv_setquota *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void test_tables(void **state)
{
	static const struct {
		bool get, roots, set;
		uint32_t resources;
		int rc;
	} rows[] = {
		{false, false, false, 0, 0},
		{true, true, false, 1, 0},
		{true, true, true, 15, 0},
		{true, true, true, 16, IMAPSRV_EINVAL},
		{true, true, false, 0, IMAPSRV_EINVAL},
		{true, false, false, 1, IMAPSRV_EINVAL},
		{false, true, false, 1, IMAPSRV_EINVAL},
		{false, false, true, 1, IMAPSRV_EINVAL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
		struct imapsrv_quota quota = IMAPSRV_QUOTA_INIT;
		struct imapsrv_store store = nullstore();
		struct imapsrv_engine *engine = NULL;

		config.store = &store;
		config.quota = &quota;
		quota.get = rows[i].get ? get : NULL;
		quota.roots = rows[i].roots ? roots : NULL;
		quota.set = rows[i].set ? set : NULL;
		quota.resources = rows[i].resources;
		ROW(i, imapsrv_engine_new(&config, &engine) == rows[i].rc);
		imapsrv_engine_free(engine);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad_host),
		cmocka_unit_test(test_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
