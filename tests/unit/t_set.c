/* SPDX-License-Identifier: MIT */
/*
 * command/set and mailbox/batch: sequence-sets as written against a mailbox with holes, by table
 * and against a model that visits every number; and the parts that a resolved set is cut into.
 * ISRV_SEED repeats a run.
 */
#include "unit/row.h"

#include "command/set.h"
#include "mailbox/batch.h"
#include "mailbox/part.h"
#include "session/session.h"

static uint64_t seed, state;

static uint32_t draw(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)((state * 0x2545f4914f6cdd1du) >> 33) % below;
}

/* A session that has nothing but a view and an arena. */
struct world {
	struct imapsrv_session s;
	struct isrv_view view;
};

static void begin(struct world *w, const char *uids)
{
	unsigned first, last;
	int n;

	memset(w, 0, sizeof(*w));
	isrv_mem_init(&w->s.mem, NULL, SIZE_MAX);
	isrv_arena_init(&w->s.arena, &w->s.mem, 1 << 20);
	isrv_nummap_init(&w->view.map);
	isrv_uidset_init(&w->view.saved, 1000);
	w->s.view = &w->view;
	for (; *uids; uids += *uids == ',') {
		n = 0;
		if (sscanf(uids, "%u:%u%n", &first, &last, &n) != 2) {
			assert_int_equal(sscanf(uids, "%u%n", &first, &n), 1);
			last = first;
		}
		uids += n;
		assert_true(isrv_nummap_append(&w->view.map, &w->s.mem, first, last));
	}
}

static void end(struct world *w)
{
	isrv_nummap_clear(&w->view.map, &w->s.mem);
	isrv_uidset_clear(&w->view.saved, &w->s.mem);
	isrv_arena_clear(&w->s.arena);
	assert_int_equal(w->s.mem.used, 0);
}

static bool resolve(struct world *w, const char *text, bool uid, struct imapsrv_set *uids)
{
	struct isrv_reader r;
	struct isrv_rd_set set;

	isrv_reader_init(&r, &w->s.arena, text, strlen(text));
	assert_true(isrv_rd_set(&r, &set));
	assert_true(isrv_rd_end(&r));
	return isrv_set_resolve(&w->s, &set, uid, uids);
}

static const char *show(struct imapsrv_set set)
{
	static char text[256];
	size_t i, n = 0;

	text[0] = '\0';
	for (i = 0; i < set.count && n < sizeof(text) - 32; i++) {
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%u", i ? "," : "",
		                      (unsigned)set.ranges[i].first);
		if (set.ranges[i].last != set.ranges[i].first)
			n += (size_t)snprintf(text + n, sizeof(text) - n, ":%u",
			                      (unsigned)set.ranges[i].last);
	}
	return text;
}

static void test_rules(void **unused)
{
	static const struct {
		const char *uids; /* announced */
		const char *set;
		bool uid;
		const char *result; /* NULL: BAD */
	} rows[] = {
		/* Sequence numbers. */
		{"5,7:9,20", "1", false, "5"},
		{"5,7:9,20", "5", false, "20"},
		{"5,7:9,20", "6", false, NULL},
		{"5,7:9,20", "1,6", false, NULL},
		{"5,7:9,20", "2:4", false, "7:9"},
		{"5,7:9,20", "4:2", false, "7:9"},
		{"5,7:9,20", "1:2", false, "5:7"},
		{"5,7:9,20", "1,3", false, "5,8"},
		{"5,7:9,20", "3,1,5", false, "5,8,20"},
		{"5,7:9,20", "*", false, "20"},
		{"5,7:9,20", "4:*", false, "9:20"},
		{"5,7:9,20", "*:4", false, "9:20"},
		{"5,7:9,20", "*,1", false, "5,20"},
		{"5,7:9,20", "1:*", false, "5:20"},
		{"5,7:9,20", "5:*", false, "20"},
		{"5,7:9,20", "6:*", false, NULL},
		{"5,7:9,20", "1:6", false, NULL},
		{"5,7:9,20", "4294967295", false, NULL},
		{"5,7:9,20", "1:4294967295", false, NULL},
		/* "*" is an error where there is no message (RFC 9051 9, seq-number). */
		{"", "*", false, NULL},
		{"", "1:*", false, NULL},
		{"", "1", false, NULL},
		/* UIDs: what does not exist is passed over. */
		{"5,7:9,20", "1:4", true, "1:4"},
		{"5,7:9,20", "6", true, "6"},
		{"5,7:9,20", "7", true, "7"},
		{"5,7:9,20", "21", true, ""},
		{"5,7:9,20", "20:30", true, "20"},
		{"5,7:9,20", "19:30,40", true, "19:20"},
		{"5,7:9,20", "1:4294967295", true, "1:20"},
		{"5,7:9,20", "*", true, "20"},
		{"5,7:9,20", "8:*", true, "8:20"},
		{"5,7:9,20", "3291:*", true, "20"},
		{"5,7:9,20", "*:3291", true, "20"},
		{"5,7:9,20", "4294967295:*", true, "20"},
		{"5,7:9,20", "20:*,3", true, "3,20"},
		{"5,7:9,20", "19,20:*", true, "19:20"},
		{"5,7:9,20", "1:3,*", true, "1:3,20"},
		{"", "*", true, ""},
		{"", "1:*", true, ""},
		{"", "1:5", true, ""},
		{"1:4294967295", "1:*", true, "1:4294967295"},
		{"1:4294967295", "4294967295", false, "4294967295"},
		{"4294967295", "*", false, "4294967295"},
		/* No result was saved: an empty set, not an error (RFC 5182 2.1). */
		{"5", "$", false, ""},
		{"", "$", true, ""},
	};
	struct imapsrv_set uids;
	struct world w;
	size_t i;

	(void)unused;
	for (i = 0; i < COUNT(rows); i++) {
		begin(&w, rows[i].uids);
		w.s.reply.status = ISRV_REPLY_OK;
		ROW(i, resolve(&w, rows[i].set, rows[i].uid, &uids) == (rows[i].result != NULL));
		if (!rows[i].result) {
			ROW(i, w.s.reply.status == ISRV_REPLY_BAD);
		} else {
			ROW(i, isrv_uidset_is_valid(uids));
			if (strcmp(show(uids), rows[i].result) != 0)
				fail_msg("row %zu: %s", i, show(uids));
		}
		end(&w);
	}
}

static void test_saved(void **unused)
{
	struct imapsrv_set uids;
	struct world w;

	(void)unused;
	begin(&w, "5,7:9,20");
	assert_true(isrv_uidset_add(&w.view.saved, &w.s.mem, 7, 8));
	assert_true(isrv_uidset_add(&w.view.saved, &w.s.mem, 20, 20));
	assert_true(resolve(&w, "$", false, &uids));
	/* A copy: what happens to "$" later is nothing to the command that used it. */
	isrv_uidset_empty(&w.view.saved);
	assert_true(isrv_uidset_add(&w.view.saved, &w.s.mem, 1, 1));
	assert_string_equal(show(uids), "7:8,20");
	end(&w);
}

static void test_intersect(void **unused)
{
	unsigned long long run;

	(void)unused;
	for (run = seed; run < seed + 500; run++) {
		struct imapsrv_range ranges[2][12];
		struct imapsrv_set set[2], both;
		struct world w;
		uint32_t n;
		size_t k, i;

		state = run * 0x9e3779b97f4a7c15u | 1;
		begin(&w, "");
		for (k = 0; k < 2; k++) {
			set[k].count = draw(12);
			for (i = 0; i < set[k].count; i++) {
				ranges[k][i].first = 1 + draw(60);
				ranges[k][i].last = ranges[k][i].first + draw(6);
			}
			set[k].count = isrv_uidset_normalize(ranges[k], set[k].count);
			set[k].ranges = ranges[k];
		}
		both = set[0];
		assert_true(isrv_uidset_common(&w.s.arena, &both, set[1], &w.s.steps));
		if (!isrv_uidset_is_valid(both) || w.s.steps > set[0].count + set[1].count)
			fail_msg("run %llu: %s", run, show(both));
		for (n = 1; n < 70; n++) {
			if (isrv_uidset_has(both, n) !=
			    (isrv_uidset_has(set[0], n) && isrv_uidset_has(set[1], n)))
				fail_msg("run %llu: %u in %s", run, (unsigned)n, show(both));
		}
		end(&w);
	}
}

/* Past what one command may take it is NO, without memory the session ends. */
static void test_memory(void **unused)
{
	struct imapsrv_set uids;
	struct world w;

	(void)unused;
	begin(&w, "5");
	assert_true(isrv_uidset_add(&w.view.saved, &w.s.mem, 5, 5));
	w.s.arena.max = w.s.arena.used;
	assert_false(resolve(&w, "$", false, &uids));
	assert_int_equal(w.s.reply.status, ISRV_REPLY_NO);
	assert_string_equal(w.s.reply.code, "LIMIT");
	assert_int_equal(w.s.error, 0);
	w.s.arena.max = 1 << 20;
	w.s.mem.budget = 0;
	while (isrv_arena_alloc(&w.s.arena, 16))
		;
	assert_false(resolve(&w, "$", false, &uids));
	assert_int_equal(w.s.error, IMAPSRV_ENOMEM);
	end(&w);
}

enum { MODEL = 40 };

/* A set written at random, and what it means, number by number. */
static void random_set(char *text, size_t size, uint32_t last, bool *means)
{
	uint32_t terms = 1 + draw(4), i, a, b, n;
	size_t used = 0;

	memset(means, 0, MODEL * sizeof(*means));
	for (i = 0; i < terms; i++) {
		bool star_a = draw(6) == 0, star_b = draw(6) == 0, range = draw(2) == 0;

		a = 1 + draw(last);
		b = 1 + draw(last);
		used += (size_t)snprintf(text + used, size - used, "%s", i ? "," : "");
		if (star_a)
			used += (size_t)snprintf(text + used, size - used, "*");
		else
			used += (size_t)snprintf(text + used, size - used, "%u", (unsigned)a);
		if (range && star_b)
			used += (size_t)snprintf(text + used, size - used, ":*");
		else if (range)
			used += (size_t)snprintf(text + used, size - used, ":%u", (unsigned)b);
		a = star_a ? last : a;
		b = !range ? a : star_b ? last : b;
		for (n = a < b ? a : b; n <= (a < b ? b : a); n++)
			means[n] = true;
	}
}

/* The parts hold every announced message of the set once, in order, and no more than allowed. */
static void check_batches(struct world *w, struct imapsrv_set uids, uint32_t max, const bool *means,
                          unsigned long long run)
{
	uint32_t messages, found, n, last = 0, at;
	struct imapsrv_set part;
	struct isrv_batch b;
	size_t i;

	isrv_batch_init(&b, uids, &w->s.steps);
	while (isrv_batch_next(&b, &w->view.map, max, &part, &messages)) {
		found = 0;
		if (!isrv_uidset_is_valid(part) || part.ranges[0].first <= last)
			fail_msg("run %llu: parts out of order", run);
		for (i = 0; i < part.count; i++) {
			for (n = part.ranges[i].first; n <= part.ranges[i].last; n++) {
				if (!isrv_nummap_seq(&w->view.map, n))
					continue;
				found++;
				for (at = last + 1; at < n; at++) {
					if (means[at] && isrv_nummap_seq(&w->view.map, at))
						fail_msg("run %llu: %u left out", run, at);
				}
				if (!means[n])
					fail_msg("run %llu: %u is not of the set", run, n);
				last = n;
			}
		}
		if (found != messages || messages == 0 || messages > max)
			fail_msg("run %llu: %u messages, said %u", run, found, messages);
	}
	for (at = last + 1; at < MODEL; at++) {
		if (means[at] && isrv_nummap_seq(&w->view.map, at))
			fail_msg("run %llu: %u left out at the end", run, at);
	}
}

/* The highest are kept, and the lowest of these is one of them; or all, and nothing is said. */
static void check_highest(struct world *w, struct imapsrv_set uids, uint32_t count,
                          unsigned long long run)
{
	uint32_t most = 1 + draw(count + 2), lowest;
	struct imapsrv_set kept = uids;

	assert_true(isrv_part_highest(&w->view.map, &w->s.arena, &kept, most, &lowest, &w->s.steps));
	if (isrv_part_size(&w->view.map, kept, &w->s.steps) != (most < count ? most : count))
		fail_msg("run %llu: the highest %u: %s", run, most, show(kept));
	if ((lowest != 0) != (most < count) ||
	    (lowest && (!isrv_nummap_seq(&w->view.map, lowest) || !isrv_uidset_has(kept, lowest) ||
	                isrv_part_size(&w->view.map, (struct imapsrv_set){&(struct imapsrv_range){
	                                                     lowest, UINT32_MAX}, 1},
	                               &w->s.steps) < most)))
		fail_msg("run %llu: the highest %u: %s from %u", run, most, show(kept), lowest);
	for (uint32_t n = 1; lowest && n < lowest; n++)
		if (isrv_nummap_seq(&w->view.map, n) && isrv_uidset_has(kept, n))
			fail_msg("run %llu: the highest %u: %u", run, most, n);
}

/* The messages of a set are counted, and those at some places kept, no other. */
static void check_places(struct world *w, struct imapsrv_set uids, const bool *means,
                         unsigned long long run)
{
	uint32_t count = isrv_part_size(&w->view.map, uids, &w->s.steps), at = 0, first, last;
	struct imapsrv_set kept = uids;

	for (uint32_t n = 1; n < MODEL; n++)
		at += means[n] && isrv_nummap_seq(&w->view.map, n);
	if (at != count)
		fail_msg("run %llu: %u messages, said %u", run, at, count);
	if (!count)
		return;
	check_highest(w, uids, count, run);
	first = 1 + draw(count);
	last = first + draw(count - first + 1);
	w->s.steps = 0;
	assert_true(isrv_part_keep(&w->view.map, &w->s.arena, &kept, first, last, &w->s.steps));
	if (!isrv_uidset_is_valid(kept) || w->s.steps > uids.count)
		fail_msg("run %llu: places %u:%u: %s", run, first, last, show(kept));
	at = 0;
	for (uint32_t n = 1; n < MODEL; n++) {
		if (!isrv_nummap_seq(&w->view.map, n))
			continue;
		at += means[n];
		if (isrv_uidset_has(kept, n) != (means[n] && at >= first && at <= last))
			fail_msg("run %llu: places %u:%u: %u", run, first, last, n);
	}
}

static void test_random(void **unused)
{
	unsigned long long run;

	(void)unused;
	for (run = seed; run < seed + 3000; run++) {
		bool means[MODEL], by_uid[MODEL] = {false};
		uint32_t uid, n = 0, last = 0, i;
		struct imapsrv_set uids;
		struct world w;
		char text[128];
		bool as_uid;

		state = run * 0x9e3779b97f4a7c15u | 1;
		begin(&w, "");
		for (uid = 1; uid < MODEL; uid++) {
			if (draw(2) && isrv_nummap_append(&w.view.map, &w.s.mem, uid, uid))
				last = uid;
		}
		as_uid = draw(2);
		if (!last) {
			end(&w);
			continue;
		}
		random_set(text, sizeof(text), as_uid ? last : w.view.map.count, means);
		for (i = 1; i < MODEL; i++) {
			n = as_uid ? i : isrv_nummap_uid(&w.view.map, i);
			if (means[i] && n)
				by_uid[n] = true;
		}
		if (!resolve(&w, text, as_uid, &uids) || !isrv_uidset_is_valid(uids))
			fail_msg("run %llu: %s", run, text);
		for (i = 1; i < MODEL; i++) {
			if (isrv_nummap_seq(&w.view.map, i) &&
			    isrv_uidset_has(uids, i) != by_uid[i])
				fail_msg("run %llu: %s is wrong at %u", run, text, i);
		}
		check_batches(&w, uids, 1 + draw(6), by_uid, run);
		check_places(&w, uids, by_uid, run);
		end(&w);
	}
}

/* More ranges than a part holds, and a range of all UIDs there are. */
static void test_batch_edges(void **unused)
{
	struct imapsrv_range ranges[ISRV_BATCH_RANGES + 1];
	struct imapsrv_set part, set = {ranges, COUNT(ranges)};
	struct isrv_batch b;
	uint32_t messages;
	struct world w;
	size_t i;

	(void)unused;
	begin(&w, "1:4294967295");
	for (i = 0; i < COUNT(ranges); i++)
		ranges[i].first = ranges[i].last = (uint32_t)(2 * i + 1);
	isrv_batch_init(&b, set, &w.s.steps);
	assert_true(isrv_batch_next(&b, &w.view.map, 500, &part, &messages));
	assert_int_equal(messages, ISRV_BATCH_RANGES);
	assert_true(isrv_batch_next(&b, &w.view.map, 500, &part, &messages));
	assert_int_equal(messages, 1);
	assert_false(isrv_batch_next(&b, &w.view.map, 500, &part, &messages));

	ranges[0] = (struct imapsrv_range){UINT32_MAX - 2, UINT32_MAX};
	set.count = 1;
	isrv_batch_init(&b, set, &w.s.steps);
	assert_true(isrv_batch_next(&b, &w.view.map, 2, &part, &messages));
	assert_string_equal(show(part), "4294967293:4294967294");
	assert_true(isrv_batch_next(&b, &w.view.map, 2, &part, &messages));
	assert_string_equal(show(part), "4294967295");
	assert_false(isrv_batch_next(&b, &w.view.map, 2, &part, &messages));

	/* Work goes by the ranges, not by what they span (ATTACKS T21). */
	ranges[0] = (struct imapsrv_range){1, UINT32_MAX};
	w.s.steps = 0;
	isrv_batch_init(&b, set, &w.s.steps);
	assert_true(isrv_batch_next(&b, &w.view.map, UINT32_MAX, &part, &messages));
	assert_int_equal(messages, UINT32_MAX);
	assert_int_equal(w.s.steps, 1);
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),  cmocka_unit_test(test_saved),
		cmocka_unit_test(test_intersect), cmocka_unit_test(test_memory),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_batch_edges),
	};
	const char *given = getenv("ISRV_SEED");

	seed = given ? strtoull(given, NULL, 10) : 1;
	printf("ISRV_SEED=%llu\n", (unsigned long long)seed);
	return cmocka_run_group_tests_name("set", tests, NULL, NULL);
}
