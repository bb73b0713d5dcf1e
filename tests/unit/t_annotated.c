/* SPDX-License-Identifier: MIT */
/*
 * Which annotations of which messages changed (mailbox/annotated.h): names that are too many, sets with too
 * many ranges, what is told in part and joined with what came meanwhile; and no memory for any of it.
 */
#include "mailbox/annotated.h"
#include "unit/failalloc.h"

static struct imapsrv_span span(const char *text)
{
	return (struct imapsrv_span){text, strlen(text)};
}

static bool add(struct isrv_annotated *a, struct isrv_mem *mem, uint32_t uid, const char *name,
                uint32_t max_names)
{
	struct imapsrv_range r = {uid, uid};
	struct imapsrv_span entry = {NULL, 0};

	if (name)
		entry = span(name);
	return isrv_annotated_add(a, mem, (struct imapsrv_set){&r, 1}, &entry, name != NULL, max_names);
}

static bool has(const struct isrv_uidset *set, uint32_t uid)
{
	return isrv_uidset_has(isrv_uidset_view(set), uid);
}

/* A set with more ranges than are kept becomes one from the lowest to the highest, wherever the new
 * one stands. */
static void test_ranges(void **state)
{
	static const uint32_t orders[][4] = {
		{10, 20, 30, 40}, {40, 30, 20, 10}, {20, 40, 10, 30}, {10, 40, 20, 30},
	};
	struct failalloc fa;
	struct isrv_mem mem;

	(void)state;
	failalloc_init(&fa);
	isrv_mem_init(&mem, &fa.allocator, SIZE_MAX);
	for (size_t i = 0; i < COUNT(orders) * 2; i++) {
		struct isrv_annotated a = {.max_ranges = 3};
		const struct isrv_uidset *set;

		for (int k = 0; k < 4; k++)
			ROW(i, add(&a, &mem, orders[i / 2][k], i & 1 ? "/comment" : NULL, 9));
		set = i & 1 ? &a.entries[0].uids : &a.any;
		ROW(i, set->count == 1);
		for (uint32_t uid = 1; uid < 50; uid++)
			ROW(i, has(set, uid) == (uid >= 10 && uid <= 40));
		isrv_annotated_clear(&a, &mem);
		ROW(i, fa.held == 0);
	}
}

/* Past so many names, they are forgotten, and what changed is not known. */
static void test_names(void **state)
{
	struct isrv_annotated a = {.max_ranges = 9};
	struct failalloc fa;
	struct isrv_mem mem;

	(void)state;
	failalloc_init(&fa);
	isrv_mem_init(&mem, &fa.allocator, SIZE_MAX);
	assert_true(add(&a, &mem, 1, "/b", 2));
	assert_true(add(&a, &mem, 2, "/a", 2));
	assert_true(add(&a, &mem, 3, "/b", 2));
	assert_int_equal(a.count, 2);
	assert_int_equal(a.any.count, 0);
	assert_true(add(&a, &mem, 7, "/c", 2));
	assert_int_equal(a.count, 0);
	assert_true(has(&a.any, 1) && has(&a.any, 2) && has(&a.any, 3) && has(&a.any, 7));
	isrv_annotated_clear(&a, &mem);
	assert_int_equal(fa.held, 0);
}

static bool join(struct isrv_mem *mem, struct isrv_annotated *a, struct isrv_annotated *from)
{
	struct isrv_uidset all;
	bool done = add(a, mem, 1, "/a", 9) && add(a, mem, 2, NULL, 9) && add(from, mem, 3, "/a", 9) &&
	            add(from, mem, 9, "/b", 9) && add(from, mem, 5, NULL, 9) &&
	            isrv_annotated_join(a, mem, from);

	if (!done)
		return false;
	assert_int_equal(a->count, 2);
	assert_true(has(&a->entries[0].uids, 1) && has(&a->entries[0].uids, 3));
	assert_true(has(&a->entries[1].uids, 9));
	assert_true(has(&a->any, 2) && has(&a->any, 5));
	isrv_uidset_init(&all, SIZE_MAX);
	done = isrv_annotated_uids(a, mem, &all);
	assert_true(!done || (has(&all, 1) && has(&all, 5) && has(&all, 9)));
	isrv_uidset_clear(&all, mem);
	return done;
}

/* Each allocation fails, once, or all from then on. */
static void test_join(void **state)
{
	bool done = false;

	(void)state;
	for (size_t at = 1; !done || at % 2; at++) {
		struct isrv_annotated a = {.max_ranges = 9}, from = a;
		struct failalloc fa;
		struct isrv_mem mem;

		failalloc_init(&fa);
		isrv_mem_init(&mem, &fa.allocator, SIZE_MAX);
		fa.fail_first = at / 2 + 1;
		fa.fail_on = at % 2;
		done = join(&mem, &a, &from);
		/* A set that cannot grow may be widened instead. */
		ROW(at, done || fa.calls >= fa.fail_first);
		done = fa.calls < fa.fail_first;
		isrv_annotated_clear(&a, &mem);
		isrv_annotated_clear(&from, &mem);
		ROW(at, fa.held == 0);
		ROW(at, at < 100);
	}
}

/* What there is no room for at all is not joined. */
static void test_no_join(void **state)
{
	struct isrv_annotated a = {.max_ranges = 9}, from = a;
	struct failalloc fa;
	struct isrv_mem mem;

	(void)state;
	failalloc_init(&fa);
	isrv_mem_init(&mem, &fa.allocator, SIZE_MAX);
	assert_true(add(&from, &mem, 5, NULL, 9));
	fa.fail_first = fa.calls + 1;
	fa.fail_on = true;
	assert_false(isrv_annotated_join(&a, &mem, &from));
	isrv_annotated_clear(&a, &mem);
	isrv_annotated_clear(&from, &mem);
	assert_int_equal(fa.held, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_join),
		cmocka_unit_test(test_no_join),
	};

	return cmocka_run_group_tests_name("annotated", tests, NULL, NULL);
}
