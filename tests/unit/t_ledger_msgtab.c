/* SPDX-License-Identifier: MIT */
/*
 * ledger/msgtab, and tombs and crc beside it: the table of messages under random puts and removals
 * of all sizes against an array, with failing allocations; the bound of 24 octets a message however
 * it came to be; tombstones at their maximum.  ISRV_SEED repeats a run.
 */
#include "base/crc.h"
#include "ledger/msgtab.h"
#include "ledger/tombs.h"
#include "unit/row.h"

enum { UIDS = 20000 };

static uint64_t seed, state;

static uint32_t draw(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)((state * 0x2545f4914f6cdd1du) >> 33) % below;
}

static long fail_in = -1;

static void *flaky_alloc(void *user, size_t size)
{
	(void)user;
	return fail_in >= 0 && fail_in-- == 0 ? NULL : malloc(size);
}

static void *flaky_realloc(void *user, void *block, size_t old_size, size_t size)
{
	(void)user;
	(void)old_size;
	return fail_in >= 0 && fail_in-- == 0 ? NULL : realloc(block, size);
}

static void flaky_free(void *user, void *block, size_t size)
{
	(void)user;
	(void)size;
	free(block);
}

static const struct imapsrv_allocator flaky = {flaky_alloc, flaky_realloc, flaky_free, NULL};

/* ---- the table ------------------------------------------------------------------------------- */

static struct {
	uint64_t modseq; /* 0: not there */
	uint64_t print;
} naive[UIDS + 1];

static struct imapsrv_ledger_row rows[UIDS];
static struct imapsrv_range ranges[UIDS];

static void check_table(const struct isrv_msgtab *tab, uint64_t since)
{
	uint32_t from = draw(2) ? 0 : draw(UIDS);
	struct isrv_msgtab_place all = isrv_msgtab_seek(tab, 0);
	struct isrv_msgtab_place above = isrv_msgtab_seek(tab, from);
	const struct isrv_msg *msg;
	uint64_t messages = 0;
	uint32_t u;

	for (u = 1; u <= UIDS; u++) {
		if (!naive[u].modseq)
			continue;
		messages++;
		msg = isrv_msgtab_at(tab, &all);
		all.index++;
		if (!msg || msg->uid != u || isrv_msg_modseq(msg) != naive[u].modseq ||
		    isrv_msg_print(msg) != naive[u].print)
			fail_msg("UID %lu", (unsigned long)u);
		if (naive[u].modseq <= since || u < from)
			continue;
		msg = isrv_msgtab_above(tab, since, &above);
		above.index++;
		if (!msg || msg->uid != u)
			fail_msg("UID %lu since %llu", (unsigned long)u, (unsigned long long)since);
	}
	assert_null(isrv_msgtab_at(tab, &all));
	assert_null(isrv_msgtab_above(tab, since, &above));
	assert_int_equal(tab->messages, messages);
	u = draw(UIDS) + 1;
	assert_int_equal(isrv_msgtab_find(tab, u) != NULL, naive[u].modseq != 0);
	assert_null(isrv_msgtab_find(tab, UINT32_MAX));
}

static bool put_some(struct isrv_msgtab *tab, struct isrv_mem *mem, uint64_t modseq)
{
	uint32_t from = 1 + draw(UIDS), most = 1u << draw(12), step = 1 + draw(1u << draw(6)), u;
	struct isrv_msgtab_spare spare;
	uint64_t used = tab->messages;
	size_t n = 0, i;

	for (u = from; u <= UIDS && n < most; u += 1 + draw(step))
		rows[n++] = (struct imapsrv_ledger_row){u, draw(1000), modseq};
	if (!isrv_msgtab_reserve(tab, mem, rows, n, &spare)) {
		assert_int_equal(tab->messages, used);
		return false;
	}
	/* With the number for all, or each with its own. */
	isrv_msgtab_put(tab, mem, rows, n, draw(2) ? modseq : 0, &spare);
	for (i = 0; i < n; i++) {
		naive[rows[i].uid].modseq = modseq;
		naive[rows[i].uid].print = rows[i].fingerprint;
	}
	return true;
}

static struct imapsrv_set some_ranges(void)
{
	uint32_t u = 1 + draw(UIDS), most = 1 + draw(20), wide = 1u << draw(14);
	struct imapsrv_set set = {ranges, 0};

	for (; u <= UIDS && set.count < most; u += 2 + draw(1u << draw(10))) {
		ranges[set.count].first = u;
		u += draw(wide);
		ranges[set.count++].last = u;
	}
	return set;
}

static void test_table(void **unused)
{
	struct isrv_msgtab tab;
	struct isrv_mem mem;
	uint64_t modseq;
	uint32_t u;
	unsigned round;

	(void)unused;
	printf("seed %llu\n", (unsigned long long)seed);
	for (round = 0; round < 6; round++) {
		uint32_t puts = 1 + draw(6);

		isrv_mem_init(&mem, &flaky, SIZE_MAX);
		isrv_msgtab_init(&tab);
		memset(naive, 0, sizeof(naive));
		for (modseq = 1; modseq <= 600; modseq++) {
			struct imapsrv_set set;

			fail_in = draw(2) ? (long)draw(20) : -1;
			if (draw(8) < puts) {
				put_some(&tab, &mem, modseq);
			} else {
				bool touch = draw(8) == 0;

				set = some_ranges();
				if (touch)
					isrv_msgtab_touch(&tab, set, modseq);
				else
					isrv_msgtab_remove(&tab, &mem, set);
				for (u = 1; u <= UIDS; u++) {
					if (!naive[u].modseq || !isrv_uidset_has(set, u))
						continue;
					naive[u].modseq = touch ? modseq : 0;
					naive[u].print = IMAPSRV_LEDGER_UNKNOWN;
				}
			}
			fail_in = -1;
			check_table(&tab, draw((uint32_t)modseq + 1));
		}
		isrv_msgtab_clear(&tab, &mem);
		assert_int_equal(mem.used, 0);
	}
}

static void put_one(struct isrv_msgtab *tab, struct isrv_mem *mem, uint32_t uid)
{
	struct imapsrv_ledger_row row = {uid, 1, 0};
	struct isrv_msgtab_spare spare;

	assert_true(isrv_msgtab_reserve(tab, mem, &row, 1, &spare));
	isrv_msgtab_put(tab, mem, &row, 1, uid, &spare);
}

static void within_bound(const struct isrv_msgtab *tab, const struct isrv_mem *mem, uint32_t way)
{
	double each = (double)mem->used / (double)tab->messages;

	if (each >= 24)
		fail_msg("way %lu: %lu messages, %.2f octets each", (unsigned long)way,
		         (unsigned long)tab->messages, each);
}

/* Leaves that have become empty are not walked over, whatever is looked for: what is put there is not found. */
static void test_empty_leaves(void **unused)
{
	enum { LEAVES = 64, FROM = 10, TO = 20 };
	struct imapsrv_range gone = {FROM * ISRV_MSGTAB_LEAF + 1, TO * ISRV_MSGTAB_LEAF};
	struct isrv_msg forged = {.uid = gone.first + 5, .modseq_low = 1};
	struct isrv_msgtab_spare spare;
	struct isrv_msgtab_place place;
	const struct isrv_msg *msg;
	struct isrv_msgtab tab;
	struct isrv_mem mem;
	size_t empty = 0;

	(void)unused;
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	isrv_msgtab_init(&tab);
	for (uint32_t i = 0; i < LEAVES * ISRV_MSGTAB_LEAF; i++)
		rows[i] = (struct imapsrv_ledger_row){i + 1, 7, 1};
	assert_true(isrv_msgtab_reserve(&tab, &mem, rows, LEAVES * ISRV_MSGTAB_LEAF, &spare));
	isrv_msgtab_put(&tab, &mem, rows, LEAVES * ISRV_MSGTAB_LEAF, 1, &spare);
	isrv_msgtab_remove(&tab, &mem, (struct imapsrv_set){&gone, 1});
	place = isrv_msgtab_seek(&tab, forged.uid);
	for (size_t i = place.leaf + 1; i < tab.count; i++)
		if (!tab.leaves[i].count) {
			tab.leaves[i].msgs = &forged;
			tab.leaves[i].count = 1;
			empty++;
		}
	assert_true(empty > 5);
	assert_null(isrv_msgtab_find(&tab, forged.uid));
	msg = isrv_msgtab_at(&tab, &place);
	assert_true(msg && msg->uid == gone.last + 1);
	for (size_t i = 0; i < tab.count; i++)
		if (tab.leaves[i].msgs == &forged) {
			tab.leaves[i].msgs = NULL;
			tab.leaves[i].count = 0;
		}
	isrv_msgtab_clear(&tab, &mem);
	assert_int_equal(mem.used, 0);
}

/* One by one; then fewer and fewer of them, at random, in runs, and in a pattern. */
static void test_memory(void **unused)
{
	enum { MESSAGES = 200000 };
	struct imapsrv_range range;
	struct isrv_msgtab tab;
	struct isrv_mem mem;
	uint32_t u, way;

	(void)unused;
	for (way = 0; way < 4; way++) {
		isrv_mem_init(&mem, NULL, SIZE_MAX);
		isrv_msgtab_init(&tab);
		for (u = 1; u <= MESSAGES; u++)
			put_one(&tab, &mem, u);
		within_bound(&tab, &mem, way);
		while (tab.messages > MESSAGES / 16) {
			uint64_t aim = tab.messages * 3 / 4;

			for (u = 1; tab.messages > aim; u = u % MESSAGES + 1) {
				range.first = way == 0 ? 1 + draw(MESSAGES) : u;
				range.last = range.first + (way == 3 ? 60 : 0);
				if (way < 2 || (way == 2 && u % 128 > 5) ||
				    (way == 3 && draw(100) == 0))
					isrv_msgtab_remove(&tab, &mem,
					                   (struct imapsrv_set){&range, 1});
			}
			within_bound(&tab, &mem, way);
			if (way == 2)
				break;
		}
		range = (struct imapsrv_range){1, UINT32_MAX};
		isrv_msgtab_remove(&tab, &mem, (struct imapsrv_set){&range, 1});
		assert_int_equal(mem.used, 0);
	}
}

/* ---- tombstones ------------------------------------------------------------------------------ */

static void test_tombs_full(void **unused)
{
	struct isrv_tombs tombs;
	struct isrv_mem mem;
	size_t count, most = 0;
	uint32_t u;

	(void)unused;
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	isrv_tombs_init(&tombs, 100);
	for (u = 1; u <= 10000; u++) {
		struct imapsrv_range range = {2 * u, 2 * u};

		assert_true(isrv_tombs_reserve(&tombs, &mem, NULL, 0, 1));
		isrv_tombs_add(&tombs, (struct imapsrv_set){&range, 1}, u);
		if (mem.used > most)
			most = mem.used;
		assert_int_equal(tombs.count, u < 100 ? u : 100);
		assert_int_equal(tombs.floor, u < 100 ? 0 : u - 100);
		isrv_tombs_since(&tombs, tombs.floor, &count);
		assert_int_equal(count, tombs.count);
	}
	assert_true(most <= 150 * sizeof(struct isrv_tomb));
	isrv_tombs_clear(&tombs, &mem);
	assert_int_equal(mem.used, 0);
}

/* Whatever made it full, and whatever the maximum is, each range that comes in does not move all
 * others. */
static void test_tombs_moves(void **unused)
{
	static const struct {
		size_t max, at_once;
	} filled[] = {{100, 1}, {100, 60}, {100, 100}, {120, 1}, {121, 1}, {122, 1}};
	struct imapsrv_range gone[100];
	struct isrv_tombs tombs;
	struct isrv_mem mem;
	uint32_t u;
	size_t i;

	(void)unused;
	for (u = 0; u < 100; u++)
		gone[u] = (struct imapsrv_range){2 * u + 1, 2 * u + 1};
	for (i = 0; i < COUNT(filled); i++) {
		size_t moved = 0;

		isrv_mem_init(&mem, NULL, SIZE_MAX);
		isrv_tombs_init(&tombs, filled[i].max);
		for (u = 1; u <= 1000; u++) {
			size_t count = u <= 2 ? filled[i].at_once : 1;

			assert_true(isrv_tombs_reserve(&tombs, &mem, NULL, 0, count));
			isrv_tombs_add(&tombs, (struct imapsrv_set){gone, count}, u);
			moved += u > 300 && !tombs.head;
		}
		ROW(i, tombs.count == filled[i].max);
		ROW(i, moved <= 1000 / 25);
		isrv_tombs_clear(&tombs, &mem);
	}
}

/* More than memory can hold is refused before it wraps (integer overflow). */
static void test_tombs_beyond_memory(void **unused)
{
	const size_t unit = sizeof(struct isrv_tomb);
	struct isrv_tombs tombs;
	struct isrv_mem mem;

	(void)unused;
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	isrv_tombs_init(&tombs, SIZE_MAX);
	assert_false(isrv_tombs_reserve(&tombs, &mem, NULL, 0, SIZE_MAX / unit + 2));
	assert_false(isrv_tombs_reserve(&tombs, &mem, NULL, 0, SIZE_MAX));
	assert_int_equal(mem.used, 0);
	/* Room is made by halves, not one by one, whatever the maximum is: here a quarter more is 16. */
	isrv_tombs_init(&tombs, SIZE_MAX / 5 * 4 + 1);
	for (size_t n = 1; n <= 100; n++) {
		struct imapsrv_range range = {(uint32_t)n * 2, (uint32_t)n * 2};

		assert_true(isrv_tombs_reserve(&tombs, &mem, NULL, 0, 1));
		isrv_tombs_add(&tombs, (struct imapsrv_set){&range, 1}, n);
	}
	assert_true(tombs.cap > 100);
	isrv_tombs_clear(&tombs, &mem);
}

/* ---- checksum ------------------------------------------------------------------------------- */

static void test_crc(void **unused)
{
	/* RFC 3720 B.4, and the usual check value. */
	static const struct {
		unsigned char fill;
		int step;
		uint32_t crc;
	} vectors[] = {
		{0x00, 0, 0x8a9136aa},
		{0xff, 0, 0x62a8ab43},
		{0x00, 1, 0x46dd794e},
		{0x1f, -1, 0x113fdb5c},
	};
	unsigned char octets[32];
	size_t i, k;

	(void)unused;
	for (i = 0; i < COUNT(vectors); i++) {
		for (k = 0; k < sizeof(octets); k++)
			octets[k] = (unsigned char)(vectors[i].fill + vectors[i].step * (int)k);
		ROW(i, isrv_crc_add(0, octets, sizeof(octets)) == vectors[i].crc);
		/* In two parts. */
		for (k = 0; k <= sizeof(octets); k++)
			ROW(i, isrv_crc_add(isrv_crc_add(0, octets, k), octets + k,
			                    sizeof(octets) - k) == vectors[i].crc);
	}
	assert_int_equal(isrv_crc_add(0, "123456789", 9), 0xe3069283);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_empty_leaves),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_tombs_full), cmocka_unit_test(test_tombs_moves),
		cmocka_unit_test(test_tombs_beyond_memory), cmocka_unit_test(test_crc),
	};
	const char *from = getenv("ISRV_SEED");

	seed = from ? strtoull(from, NULL, 10) : 20240607;
	state = seed * 2 + 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
