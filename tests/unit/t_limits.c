/* SPDX-License-Identifier: MIT */
/*
 * base/limits: each limit has the default that imapsrv/engine.h states, a value of the host's own stays, and no
 * limit is without a default.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "unit/nullstore.h"
#include "unit/row.h"

#define LIMIT(member, value)                                                                       \
	{offsetof(struct imapsrv_limits, member), sizeof(((struct imapsrv_limits *)0)->member), value}

static const struct {
	size_t offset;
	size_t size;
	uint64_t value;
} rows[] = {
	LIMIT(command, 1048576),      LIMIT(command_prelogin, 8192),
	LIMIT(arena, 16777216),       LIMIT(memory, 67108864),
	LIMIT(memory_prelogin, 65536), LIMIT(output, 65536),
	LIMIT(append, 268435456),     LIMIT(drop, 67108864),
	LIMIT(append_messages, 1000), LIMIT(set_ranges, 100000),
	LIMIT(names, 100000),         LIMIT(keyword_len, 255),
	LIMIT(keywords, 1000),        LIMIT(search_terms, 10000),
	LIMIT(fetch_items, 1000),     LIMIT(depth, 100),
	LIMIT(parts, 10000),          LIMIT(header_octets, 1048576),
	LIMIT(described, 1048576),    LIMIT(addresses, 10000),
	LIMIT(params, 1000),          LIMIT(batch, 500),
	LIMIT(failed_logins, 5),      LIMIT(bad_commands, 50),
	LIMIT(bad_prelogin, 10),      LIMIT(login_delay, 2000),
	LIMIT(login_timeout, 180000), LIMIT(inactivity, 1860000),
	LIMIT(idle_timeout, 1860000), LIMIT(keepalive, 120000),
	LIMIT(search_steps, 100000000000), LIMIT(turn, 1000000),
	LIMIT(progress, 1000000000),
	LIMIT(message_limit, UINT32_MAX), LIMIT(save_limit, UINT32_MAX),
	LIMIT(sort, 33554432),
	LIMIT(uidbatch, 500),         LIMIT(uidbatches, 100000),
	LIMIT(metadata, 262144),      LIMIT(metadata_entries, 1000),
	LIMIT(inprogress, 12000),
	LIMIT(contexts, 16),
	LIMIT(notify_names, 10000),   LIMIT(notify_mailboxes, 10000),
	LIMIT(notify_pending, 1000),
	LIMIT(annotation, 262144),    LIMIT(annotation_entries, 1000),
	LIMIT(annotation_pending, 100),
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static uint64_t get(const struct imapsrv_limits *limits, size_t row)
{
	const char *at = (const char *)limits + rows[row].offset;
	uint32_t four;
	uint64_t eight;

	if (rows[row].size == sizeof(four)) {
		memcpy(&four, at, sizeof(four));
		return four;
	}
	memcpy(&eight, at, sizeof(eight));
	return eight;
}

static void set(struct imapsrv_limits *limits, size_t row, uint32_t value)
{
	char *at = (char *)limits + rows[row].offset;
	uint64_t eight = value;

	if (rows[row].size == sizeof(value))
		memcpy(at, &value, sizeof(value));
	else
		memcpy(at, &eight, sizeof(eight));
}

static void test_defaults(void **state)
{
	struct imapsrv_limits limits = IMAPSRV_LIMITS_INIT;

	(void)state;
	isrv_limits_fill(&limits);
	for (size_t i = 0; i < ROWS; i++)
		ROW(i, get(&limits, i) == rows[i].value);
	/* A member that the table above does not name would lie behind the last, or between two; where
	 * size_t has four octets, the first of eight may be aligned. */
	for (size_t i = 1; i < ROWS; i++) {
		size_t gap = rows[i].offset - rows[i - 1].offset - rows[i - 1].size;

		ROW(i, gap == 0 || (gap == 4 && sizeof(size_t) == 4 && rows[i].size == 8));
	}
	assert_true(sizeof(limits) - rows[ROWS - 1].offset - rows[ROWS - 1].size < 8);
}

static void test_own(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		struct imapsrv_limits limits = IMAPSRV_LIMITS_INIT;

		set(&limits, i, 7);
		isrv_limits_fill(&limits);
		for (size_t k = 0; k < ROWS; k++)
			ROW(i, (get(&limits, k) == rows[k].value) == (k != i));
	}
}

/* Lengths of keywords are kept in an octet; the engine shows what is in force. */
static void test_engine(void **state)
{
	struct imapsrv_limits limits = IMAPSRV_LIMITS_INIT;
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_store store = nullstore();
	struct imapsrv_engine *engine = NULL;

	(void)state;
	limits.keyword_len = 1000;
	limits.uidbatch = 501;
	limits.depth = 3;
	config.store = &store;
	config.limits = &limits;
	assert_int_equal(imapsrv_engine_new(&config, &engine), 0);
	assert_int_equal(imapsrv_engine_limits(engine)->keyword_len, 255);
	assert_int_equal(imapsrv_engine_limits(engine)->uidbatch, 500);
	assert_int_equal(imapsrv_engine_limits(engine)->depth, 3);
	assert_int_equal(imapsrv_engine_limits(engine)->batch, 500);
	imapsrv_engine_free(engine);
}

/* RFC 9738 3: one or the other. */
static void test_message_limits(void **state)
{
	struct imapsrv_limits limits = IMAPSRV_LIMITS_INIT;
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_store store = nullstore();
	struct imapsrv_engine *engine = NULL;

	(void)state;
	limits.message_limit = 1000;
	limits.save_limit = 2000;
	config.store = &store;
	config.limits = &limits;
	assert_int_equal(imapsrv_engine_new(&config, &engine), IMAPSRV_EINVAL);
	assert_null(engine);
	limits.save_limit = UINT32_MAX;
	assert_int_equal(imapsrv_engine_new(&config, &engine), 0);
	imapsrv_engine_free(engine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_own),
		cmocka_unit_test(test_engine),
		cmocka_unit_test(test_message_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
