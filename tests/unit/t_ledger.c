/* SPDX-License-Identifier: MIT */
/*
 * The ledger: a table of short stories, what is refused, and random histories against a naive
 * model, with reopening, compaction, calls of the host that fail and memory that is short.
 * ISRV_SEED repeats a run.
 */
#include "unit/failalloc.h"
#include "unit/ledgerhost.h"
#include "unit/ledgermodel.h"

static uint64_t seed, state;

static uint32_t draw(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)((state * 0x2545f4914f6cdd1du) >> 33) % below;
}

/* ---- stories ------------------------------------------------------------------------------ */
/*
 * Steps, separated by spaces, each with a set: a add, t touch, T touch_set, v vanish, s snapshot of
 * what exists with fingerprint 7, S with one that is not known; o settle and open, O open
 * unsettled, c compact, r reset.  Fingerprints are 7, after t 8.  The outcome since `since`:
 * highest/changed:modseq,.../vanished/complete since.  Four tombstones, eight numbers at a time.
 */
static const struct {
	const char *steps;
	uint64_t since;
	const char *outcome;
} stories[] = {
	{"", 0, "1///1"},
	{"a1:3", 1, "2/1:2,2:2,3:2//1"},
	{"a1:3 t2", 2, "3/2:3//1"},
	{"a1:3 t2 t2", 3, "4/2:4//1"},
	{"a1:3 t9", 2, "2///1"},
	{"a1:3 t2:9", 2, "3/2:3,3:3//1"},
	{"a1:3 T2:9", 2, "3/2:3,3:3//1"},
	{"a1:3 a3:4", 2, "3/3:3,4:3//1"},
	{"a1:3 v2", 2, "3//2/1"},
	{"a1:3 v2", 3, "3///1"},
	{"a1:3 v2:9", 2, "3//2:3/1"},
	{"a1:3 v7:9", 2, "2///1"},
	{"a1:3 v2 v2", 2, "3//2/1"},
	{"a1:9 v2 v4 v6 v8", 2, "6//2,4,6,8/1"},
	{"a1:9 v2 v4 v6 v8 v9", 2, "7//4,6,8:9/3"},
	{"a1:9 v2,4 v6,8 v9", 2, "5//6,8:9/3"},
	{"a1:9 v1,3,5,7,9", 2, "3///3"},
	{"a1:9 v1,3,5,7,9 v2", 2, "4//2/3"},
	{"a1:3 v2 a2", 2, "4/2:4//1"},
	{"a1:9 v3:6 a4", 2, "4/4:4/3,5:6/1"},
	{"a1:9 v3:6 a3,6", 2, "4/3:4,6:4/4:5/1"},
	{"a1:9 v3:6 v7:9 a4", 2, "5/4:5/3,5:9/1"},
	{"a1:9 v1,3,5 v7:9 a8", 2, "5/8:5/7,9/3"},
	{"a1:3 s1:3", 2, "2///1"},
	{"a1:3 t2 s1:3", 3, "4/2:4//1"},
	{"a1:3 T2 s1:3", 3, "4/2:4//1"},
	{"a1:3 T2 s1:3 s1:3", 3, "4/2:4//1"},
	{"a1:3 t2 S1:3", 3, "3///1"},
	{"a1:3 s2:5", 2, "3/4:3,5:3/1/1"},
	{"a1:3 s", 2, "3//1:3/1"},
	{"s1:3", 1, "2/1:2,2:2,3:2//1"},
	{"s5,4294967295", 1, "2/5:2,4294967295:2//1"},
	{"s5,4294967295 s5", 1, "3/5:2/4294967295/1"},
	{"a1:3 r", 0, "3///3"},
	{"a1:3 r a1", 0, "4/1:4//3"},
	{"a1:3 v2 o", 0, "3/1:2,3:2/2/1"},
	{"a1:3 v2 c", 0, "3/1:2,3:2/2/1"},
	{"a1:3 v2 c o t1", 0, "4/1:4,3:2/2/1"},
	{"a1:3 v2 O", 0, "10/1:10,3:10//10"},
	{"a1:3 v2 O", 9, "10/1:10,3:10//10"},
	{"a1:3 v2 O", 10, "10///10"},
	{"a1:3 v2 O O", 0, "10/1:10,3:10//10"},
	{"a1:3 v2 O t1", 0, "11/1:11,3:10//10"},
	{"a1:3 v2 O t1 O", 0, "19/1:19,3:19//19"},
	{"a1:3 v2 O o", 0, "10/1:10,3:10//10"},
	{"a1:3 v2 O c o", 0, "10/1:10,3:10//10"},
	{"a1:3 v2 O c v3 o", 0, "11/1:10/3/10"},
	{"O", 0, "1///1"},
	{"a1:3 v2 c O", 0, "3/1:2,3:2/2/1"},
};

static size_t read_set(const char **at, struct imapsrv_range *ranges)
{
	size_t count = 0;
	char *end;

	while (**at >= '0' && **at <= '9') {
		ranges[count].first = (uint32_t)strtoul(*at, &end, 10);
		ranges[count].last = ranges[count].first;
		if (*end == ':')
			ranges[count].last = (uint32_t)strtoul(end + 1, &end, 10);
		count++;
		*at = end + (*end == ',');
	}
	return count;
}

static size_t rows_of(const struct imapsrv_range *ranges, size_t count, uint64_t print,
                      struct imapsrv_ledger_row *rows)
{
	size_t n = 0, i;
	uint32_t u;

	for (i = 0; i < count; i++) {
		for (u = ranges[i].first;; u++) {
			rows[n++] = (struct imapsrv_ledger_row){u, print, 99};
			if (u == ranges[i].last)
				break;
		}
	}
	return n;
}

static int take_snapshot(struct imapsrv_ledger *ledger, const struct imapsrv_ledger_row *rows,
                         size_t count)
{
	int error = imapsrv_ledger_snapshot_begin(ledger, NULL, NULL);
	size_t i;

	for (i = 0; i < count && !error; i++)
		error = imapsrv_ledger_snapshot_row(ledger, rows[i].uid, rows[i].fingerprint);
	return error ? error : imapsrv_ledger_snapshot_end(ledger);
}

static int step(struct imapsrv_ledger **ledger, const struct imapsrv_ledger_config *config,
                const char **at)
{
	struct imapsrv_ledger_row rows[64];
	struct imapsrv_range ranges[16];
	char what = *(*at)++;
	size_t count = read_set(at, ranges), n;

	if (what == 'S')
		n = rows_of(ranges, count, IMAPSRV_LEDGER_UNKNOWN, rows);
	else
		n = rows_of(ranges, count, what == 't' ? 8 : 7, rows);
	switch (what) {
	case 'a':
		return imapsrv_ledger_add(*ledger, rows, n, NULL);
	case 't':
		return imapsrv_ledger_touch(*ledger, rows, n, NULL);
	case 'T':
		return imapsrv_ledger_touch_set(*ledger, (struct imapsrv_set){ranges, count}, NULL);
	case 'v':
		return imapsrv_ledger_vanish(*ledger, (struct imapsrv_set){ranges, count}, NULL);
	case 's':
	case 'S':
		return take_snapshot(*ledger, rows, n);
	case 'c':
		return imapsrv_ledger_compact(*ledger);
	case 'r':
		return imapsrv_ledger_reset(*ledger, 5);
	case 'o':
		if (imapsrv_ledger_settle(*ledger) != 0)
			return -1;
		break;
	case 'O':
		break;
	default:
		fail_msg("step %c", what);
	}
	imapsrv_ledger_free(*ledger);
	return imapsrv_ledger_open(config, 5, NULL, ledger);
}

static void tell(struct imapsrv_ledger *ledger, uint64_t since, char *out)
{
	struct imapsrv_ledger_vanished vanished = IMAPSRV_LEDGER_VANISHED_INIT;
	struct imapsrv_ledger_row rows[64];
	size_t n, i;

	n = imapsrv_ledger_changes_since(ledger, since, 1, rows, 64);
	assert_int_equal(imapsrv_ledger_vanished_since(ledger, since, &vanished), 0);
	out += sprintf(out, "%llu/", (unsigned long long)imapsrv_ledger_highest(ledger));
	for (i = 0; i < n; i++)
		out += sprintf(out, "%s%lu:%llu", i ? "," : "", (unsigned long)rows[i].uid,
		               (unsigned long long)rows[i].modseq);
	*out++ = '/';
	for (i = 0; i < vanished.uids.count; i++) {
		struct imapsrv_range range = vanished.uids.ranges[i];

		out += sprintf(out, "%s%lu", i ? "," : "", (unsigned long)range.first);
		if (range.last > range.first)
			out += sprintf(out, ":%lu", (unsigned long)range.last);
	}
	sprintf(out, "/%llu", (unsigned long long)vanished.complete_since);
}

static void test_stories(void **unused)
{
	static struct lh lh;
	size_t i;

	(void)unused;
	for (i = 0; i < COUNT(stories); i++) {
		const char *at = stories[i].steps;
		struct imapsrv_ledger_config config;
		struct imapsrv_ledger *ledger;
		char outcome[1024];

		lh_init(&lh);
		config = lh_config(&lh);
		config.tombstones = 4;
		config.reserve = 8;
		ROW(i, imapsrv_ledger_open(&config, 5, NULL, &ledger) == 0);
		while (*at) {
			ROW(i, step(&ledger, &config, &at) == 0);
			while (*at == ' ')
				at++;
		}
		tell(ledger, stories[i].since, outcome);
		if (strcmp(outcome, stories[i].outcome) != 0)
			fail_msg("row %zu: %s since %llu: %s, not %s", i, stories[i].steps,
			         (unsigned long long)stories[i].since, outcome,
			         stories[i].outcome);
		imapsrv_ledger_free(ledger);
	}
}

/* ---- what is refused ---------------------------------------------------------------------- */

static void test_arguments(void **unused)
{
	struct imapsrv_ledger_row unsorted[] = {{2, 0, 0}, {2, 0, 0}}, zero = {0, 0, 0};
	struct imapsrv_range bad = {3, 2}, one = {1, 1};
	struct imapsrv_ledger_config config = IMAPSRV_LEDGER_CONFIG_INIT, small = config;
	struct imapsrv_ledger_vanished vanished = {0, {NULL, 0}, 0, 0};
	struct imapsrv_ledger_status status = IMAPSRV_LEDGER_STATUS_INIT;
	struct imapsrv_ledger_io io = IMAPSRV_LEDGER_IO_INIT;
	struct imapsrv_ledger *ledger = NULL;
	uint64_t modseq = 77;

	(void)unused;
	assert_int_equal(imapsrv_ledger_new(NULL, 1, &ledger), IMAPSRV_EINVAL);
	assert_int_equal(imapsrv_ledger_new(&config, 0, &ledger), IMAPSRV_EINVAL);
	assert_int_equal(imapsrv_ledger_new(&config, 1, NULL), IMAPSRV_EINVAL);
	assert_int_equal(imapsrv_ledger_open(&config, 1, NULL, &ledger), IMAPSRV_EINVAL);
	small.size = 1;
	assert_int_equal(imapsrv_ledger_new(&small, 1, &ledger), IMAPSRV_EINVAL);
	config.io = &io;
	assert_int_equal(imapsrv_ledger_new(&config, 1, &ledger), IMAPSRV_EINVAL);
	config.io = NULL;
	config.start = IMAPSRV_MODSEQ_MAX;
	assert_int_equal(imapsrv_ledger_new(&config, 1, &ledger), IMAPSRV_ETOOBIG);
	config.start--;
	assert_null(ledger);
	/* The last number there is. */
	assert_int_equal(imapsrv_ledger_new(&config, 1, &ledger), 0);
	assert_int_equal(imapsrv_ledger_highest(ledger), IMAPSRV_MODSEQ_MAX);
	assert_int_equal(imapsrv_ledger_add(ledger, unsorted, 1, &modseq), IMAPSRV_ETOOBIG);
	assert_int_equal(modseq, 0);
	assert_int_equal(imapsrv_ledger_reset(ledger, 2), IMAPSRV_ETOOBIG);
	imapsrv_ledger_free(ledger);

	config.start = 0;
	assert_int_equal(imapsrv_ledger_new(&config, 1, &ledger), 0);
	assert_int_equal(imapsrv_ledger_add(ledger, unsorted, 2, NULL), IMAPSRV_EINVAL);
	assert_int_equal(imapsrv_ledger_add(ledger, &zero, 1, NULL), IMAPSRV_EINVAL);
	assert_int_equal(imapsrv_ledger_touch(ledger, unsorted, 2, NULL), IMAPSRV_EINVAL);
	assert_int_equal(imapsrv_ledger_vanish(ledger, (struct imapsrv_set){&bad, 1}, NULL),
	                 IMAPSRV_EINVAL);
	assert_int_equal(imapsrv_ledger_touch_set(ledger, (struct imapsrv_set){&bad, 1}, NULL),
	                 IMAPSRV_EINVAL);
	assert_int_equal(imapsrv_ledger_reset(ledger, 0), IMAPSRV_EINVAL);
	assert_int_equal(imapsrv_ledger_add(NULL, unsorted, 1, NULL), IMAPSRV_EINVAL);
	assert_int_equal(imapsrv_ledger_vanished_since(ledger, 0, &vanished), IMAPSRV_EINVAL);
	assert_int_equal(imapsrv_ledger_add(ledger, unsorted, 0, &modseq), 0);
	assert_int_equal(modseq, 0);
	/* Nothing is kept, and that is no fault. */
	assert_int_equal(imapsrv_ledger_settle(ledger), 0);
	assert_int_equal(imapsrv_ledger_compact(ledger), 0);
	status.size = sizeof(status.size) - 1;
	assert_int_equal(imapsrv_ledger_status(ledger, &status), IMAPSRV_EINVAL);

	assert_int_equal(imapsrv_ledger_snapshot_row(ledger, 1, 1), IMAPSRV_ESTATE);
	assert_int_equal(imapsrv_ledger_snapshot_end(ledger), IMAPSRV_ESTATE);
	assert_int_equal(imapsrv_ledger_snapshot_begin(ledger, NULL, NULL), 0);
	assert_int_equal(imapsrv_ledger_snapshot_begin(ledger, NULL, NULL), IMAPSRV_ESTATE);
	assert_int_equal(imapsrv_ledger_add(ledger, unsorted, 1, NULL), IMAPSRV_ESTATE);
	assert_int_equal(imapsrv_ledger_vanish(ledger, (struct imapsrv_set){&one, 1}, NULL),
	                 IMAPSRV_ESTATE);
	assert_int_equal(imapsrv_ledger_reset(ledger, 2), IMAPSRV_ESTATE);
	assert_int_equal(imapsrv_ledger_snapshot_row(ledger, 0, 1), IMAPSRV_EINVAL);
	assert_int_equal(imapsrv_ledger_snapshot_row(ledger, 5, 1), 0);
	assert_int_equal(imapsrv_ledger_snapshot_row(ledger, 5, 1), IMAPSRV_EINVAL);
	assert_int_equal(imapsrv_ledger_snapshot_row(ledger, UINT32_MAX, 1), 0);
	assert_int_equal(imapsrv_ledger_snapshot_row(ledger, UINT32_MAX, 1), IMAPSRV_EINVAL);
	imapsrv_ledger_snapshot_abort(ledger);
	assert_int_equal(imapsrv_ledger_highest(ledger), 1);
	imapsrv_ledger_free(ledger);
	imapsrv_ledger_free(NULL);
}

/* No ledger, no place for the answer, a host whose callbacks are not all there. */
static void test_missing(void **unused)
{
	struct imapsrv_ledger_vanished vanished = IMAPSRV_LEDGER_VANISHED_INIT;
	struct imapsrv_ledger_status status = IMAPSRV_LEDGER_STATUS_INIT;
	struct imapsrv_ledger_opened opened = IMAPSRV_LEDGER_OPENED_INIT;
	struct imapsrv_ledger_config config;
	struct imapsrv_ledger *ledger;
	static struct lh lh;

	(void)unused;
	lh_init(&lh);
	config = lh_config(&lh);
	assert_int_equal(imapsrv_ledger_open(NULL, 1, NULL, &ledger), IMAPSRV_EINVAL);
	assert_int_equal(imapsrv_ledger_open(&config, 0, NULL, &ledger), IMAPSRV_EINVAL);
	assert_int_equal(imapsrv_ledger_open(&config, 1, NULL, NULL), IMAPSRV_EINVAL);
	opened.size = sizeof(size_t) - 1;
	assert_int_equal(imapsrv_ledger_open(&config, 1, &opened, &ledger), IMAPSRV_EINVAL);
	lh.io.size = sizeof(size_t) - 1;
	assert_int_equal(imapsrv_ledger_new(&config, 1, &ledger), IMAPSRV_EINVAL);
	lh.io.size = sizeof(lh.io);
	lh.io.append = NULL;
	assert_int_equal(imapsrv_ledger_new(&config, 1, &ledger), IMAPSRV_EINVAL);
	lh.io.append = lh_append;
	lh.io.cut = NULL;
	assert_int_equal(imapsrv_ledger_new(&config, 1, &ledger), IMAPSRV_EINVAL);
	lh.io.cut = lh_cut;
	/* It cannot be created: nothing stays. */
	lh.budget = 0;
	assert_int_equal(imapsrv_ledger_new(&config, 1, &ledger), IMAPSRV_EHOST);
	lh.budget = SIZE_MAX;

	assert_int_equal(imapsrv_ledger_settle(NULL), IMAPSRV_EINVAL);
	assert_int_equal(imapsrv_ledger_compact(NULL), IMAPSRV_EINVAL);
	assert_int_equal(imapsrv_ledger_raise(NULL, NULL), IMAPSRV_EINVAL);
	assert_int_equal(imapsrv_ledger_touch(NULL, NULL, 0, NULL), IMAPSRV_EINVAL);
	assert_int_equal(imapsrv_ledger_vanished_since(NULL, 0, &vanished), IMAPSRV_EINVAL);
	assert_int_equal(imapsrv_ledger_status(NULL, &status), IMAPSRV_EINVAL);
	assert_int_equal(imapsrv_ledger_snapshot_begin(NULL, NULL, NULL), IMAPSRV_EINVAL);
	assert_int_equal(imapsrv_ledger_snapshot_row(NULL, 1, 1), IMAPSRV_EINVAL);
	assert_int_equal(imapsrv_ledger_snapshot_end(NULL), IMAPSRV_EINVAL);
	imapsrv_ledger_snapshot_abort(NULL);

	assert_int_equal(imapsrv_ledger_new(&config, 1, &ledger), 0);
	assert_int_equal(imapsrv_ledger_vanished_since(ledger, 0, NULL), IMAPSRV_EINVAL);
	assert_int_equal(imapsrv_ledger_status(ledger, NULL), IMAPSRV_EINVAL);
	imapsrv_ledger_free(ledger);
}

/* A host that was compiled with a longer structure: what is not known there stays as it was. */
static void test_longer(void **unused)
{
	struct {
		struct imapsrv_ledger_status known;
		uint64_t more;
	} status;
	struct imapsrv_ledger_config config = IMAPSRV_LEDGER_CONFIG_INIT;
	struct imapsrv_ledger *ledger;

	(void)unused;
	memset(&status, 0xa5, sizeof(status));
	status.known.size = sizeof(status);
	config.reserve = UINT32_MAX;
	assert_int_equal(imapsrv_ledger_new(&config, 77, &ledger), 0);
	assert_int_equal(imapsrv_ledger_status(ledger, &status.known), 0);
	assert_int_equal(status.known.size, sizeof(status));
	assert_int_equal(status.known.uidvalidity, 77);
	assert_int_equal(status.known.octets_compact, 0);
	assert_true(status.more == 0xa5a5a5a5a5a5a5a5u);
	/* Nothing is kept: a new UIDVALIDITY is not put on record. */
	assert_int_equal(imapsrv_ledger_reset(ledger, 78), 0);
	assert_int_equal(imapsrv_ledger_highest(ledger), 2);
	imapsrv_ledger_free(ledger);
}

static struct imapsrv_ledger *entered;
static int entries;

static int enter_append(void *user, unsigned slot, const void *data, size_t len, int durable)
{
	struct imapsrv_ledger_vanished vanished = IMAPSRV_LEDGER_VANISHED_INIT;
	struct imapsrv_ledger_row row = {1, 0, 0};

	if (entered) {
		entries++;
		assert_int_equal(imapsrv_ledger_add(entered, &row, 1, NULL), IMAPSRV_EREENTER);
		assert_int_equal(imapsrv_ledger_settle(entered), IMAPSRV_EREENTER);
		assert_int_equal(imapsrv_ledger_compact(entered), IMAPSRV_EREENTER);
		assert_int_equal(imapsrv_ledger_snapshot_begin(entered, NULL, NULL),
		                 IMAPSRV_EREENTER);
		assert_int_equal(imapsrv_ledger_vanished_since(entered, 0, &vanished),
		                 IMAPSRV_EREENTER);
	}
	return lh_append(user, slot, data, len, durable);
}

static void enter_diff(void *user, const struct imapsrv_ledger_diff *diff)
{
	entries++;
	assert_ptr_equal(user, entered);
	assert_int_equal(diff->size, sizeof(*diff));
	assert_int_equal(imapsrv_ledger_highest(entered), diff->modseq);
	assert_int_equal(imapsrv_ledger_snapshot_row(entered, 9, 9), IMAPSRV_EREENTER);
	assert_int_equal(imapsrv_ledger_snapshot_end(entered), IMAPSRV_EREENTER);
	imapsrv_ledger_snapshot_abort(entered);
}

static void test_reenter(void **unused)
{
	static struct lh lh;
	struct imapsrv_ledger_config config;

	(void)unused;
	lh_init(&lh);
	lh.io.append = enter_append;
	config = lh_config(&lh);
	assert_int_equal(imapsrv_ledger_open(&config, 1, NULL, &entered), 0);
	assert_int_equal(imapsrv_ledger_snapshot_begin(entered, enter_diff, entered), 0);
	assert_int_equal(imapsrv_ledger_snapshot_row(entered, 1, 1), 0);
	assert_int_equal(imapsrv_ledger_snapshot_end(entered), 0);
	/* A reservation, a change, and the news of it. */
	assert_int_equal(entries, 3);
	imapsrv_ledger_free(entered);
	entered = NULL;
}

/* ---- random histories ----------------------------------------------------------------------- */

struct game {
	struct lh lh;
	struct failalloc fa;
	struct imapsrv_ledger_config config;
	struct imapsrv_ledger *ledger;
	struct lm lm;
	uint32_t uidvalidity;
	size_t refused;
	uint64_t told[3]; /* by a snapshot: added, changed, vanished */
};

static uint64_t draw_bits(void)
{
	uint64_t all = ((uint64_t)1 << (LM_UIDS + 1)) - 2;
	uint64_t bits = ((uint64_t)draw(1u << 31) << 31 ^ draw(1u << 31)) & all;

	switch (draw(3)) {
	case 0:
		return (uint64_t)1 << (1 + draw(LM_UIDS));
	case 1:
		return bits & ((uint64_t)draw(1u << 31) << 31 ^ draw(1u << 31));
	default:
		return bits;
	}
}

static size_t draw_rows(uint64_t bits, struct imapsrv_ledger_row *rows)
{
	size_t n = 0;
	uint32_t u;

	for (u = 1; u <= LM_UIDS; u++) {
		if (bits >> u & 1)
			rows[n++] = (struct imapsrv_ledger_row){u, draw(4), 0};
	}
	return n;
}

/* A call was refused, or not; nothing else. */
static bool done(struct game *game, int error)
{
	if (!error)
		return true;
	if (error != IMAPSRV_EHOST && error != IMAPSRV_ENOMEM)
		fail_msg("error %d", error);
	game->refused++;
	return false;
}

static void play_rows(struct game *game, bool add)
{
	struct imapsrv_ledger_row rows[LM_UIDS];
	uint64_t bits = draw_bits(), known = lm_known(&game->lm), modseq;
	size_t n = draw_rows(bits, rows), i;
	int error = add ? imapsrv_ledger_add(game->ledger, rows, n, &modseq)
	                : imapsrv_ledger_touch(game->ledger, rows, n, &modseq);

	if (!add)
		bits &= known;
	if (!done(game, error))
		return;
	assert_int_equal(modseq, bits ? game->lm.highest + 1 : 0);
	for (i = 0; i < n; i++) {
		if (bits >> rows[i].uid & 1)
			lm_put(&game->lm, rows[i].uid, rows[i].fingerprint, modseq);
	}
	lm_put_done(&game->lm);
}

static void play_set(struct game *game, bool vanish)
{
	struct imapsrv_range ranges[LM_UIDS];
	uint64_t bits = draw_bits(), modseq;
	struct imapsrv_set set = {ranges, lm_ranges(bits, ranges)};
	int error = vanish ? imapsrv_ledger_vanish(game->ledger, set, &modseq)
	                   : imapsrv_ledger_touch_set(game->ledger, set, &modseq);
	uint32_t u;

	bits &= lm_known(&game->lm);
	if (!done(game, error))
		return;
	assert_int_equal(modseq, bits ? game->lm.highest + 1 : 0);
	if (vanish && bits)
		lm_vanish(&game->lm, bits, modseq);
	for (u = 1; u <= LM_UIDS && !vanish; u++) {
		if (bits >> u & 1)
			lm_put(&game->lm, u, IMAPSRV_LEDGER_UNKNOWN, modseq);
	}
}

static void hear(void *user, const struct imapsrv_ledger_diff *diff)
{
	struct game *game = user;

	game->told[0] |= lm_bits(diff->added);
	game->told[1] |= lm_bits(diff->changed);
	game->told[2] |= lm_bits(diff->vanished);
	assert_int_equal(diff->modseq, imapsrv_ledger_highest(game->ledger));
}

/* What a snapshot finds fits one batch here, so that it is one change. */
static void play_snapshot(struct game *game)
{
	struct imapsrv_ledger_row rows[LM_UIDS];
	uint64_t bits = draw_bits(), expect[3] = {0, 0, lm_known(&game->lm) & ~bits};
	size_t n = draw_rows(bits, rows), i;

	for (i = 0; i < n; i++) {
		uint64_t bit = (uint64_t)1 << rows[i].uid;

		if (draw(4) && game->lm.uid[rows[i].uid].modseq)
			rows[i].fingerprint = game->lm.uid[rows[i].uid].print;
		if (!game->lm.uid[rows[i].uid].modseq)
			expect[0] |= bit;
		else if (rows[i].fingerprint != game->lm.uid[rows[i].uid].print &&
		         rows[i].fingerprint != IMAPSRV_LEDGER_UNKNOWN)
			expect[1] |= bit;
	}
	memset(game->told, 0, sizeof(game->told));
	if (!done(game, imapsrv_ledger_snapshot_begin(game->ledger, hear, game)))
		return;
	for (i = 0; i < n; i++) {
		/* Once more: what failed can be called again. */
		if (!done(game, imapsrv_ledger_snapshot_row(game->ledger, rows[i].uid,
		                                            rows[i].fingerprint)) &&
		    !done(game, imapsrv_ledger_snapshot_row(game->ledger, rows[i].uid,
		                                            rows[i].fingerprint)))
			break;
	}
	if (i < n || (!done(game, imapsrv_ledger_snapshot_end(game->ledger)) &&
	              !done(game, imapsrv_ledger_snapshot_end(game->ledger)))) {
		assert_int_equal(game->told[0] | game->told[1] | game->told[2], 0);
		imapsrv_ledger_snapshot_abort(game->ledger);
		return;
	}
	assert_memory_equal(game->told, expect, sizeof(expect));
	if (!(expect[0] | expect[1] | expect[2]))
		return;
	for (i = 0; i < n; i++) {
		if ((expect[0] | expect[1]) >> rows[i].uid & 1)
			lm_put(&game->lm, rows[i].uid, rows[i].fingerprint, game->lm.highest);
	}
	lm_put_done(&game->lm);
	for (i = 0; i < n; i++) {
		if ((expect[0] | expect[1]) >> rows[i].uid & 1)
			game->lm.uid[rows[i].uid].modseq = game->lm.highest + 1;
	}
	if (expect[2])
		lm_vanish(&game->lm, expect[2], game->lm.highest + 1);
	else
		game->lm.highest++;
}

static void play_open(struct game *game)
{
	struct imapsrv_ledger_opened opened = IMAPSRV_LEDGER_OPENED_INIT;
	struct imapsrv_ledger_status status = IMAPSRV_LEDGER_STATUS_INIT;
	int error;

	if (draw(2))
		done(game, imapsrv_ledger_settle(game->ledger));
	assert_int_equal(imapsrv_ledger_status(game->ledger, &status), 0);
	imapsrv_ledger_free(game->ledger);
	assert_int_equal(game->fa.held, 0);
	if (game->lh.slot[status.slot].len != status.octets) {
		/* What arrived of a refused change is no change for this model. */
		game->lh.slot[status.slot].len = (size_t)status.octets;
		game->lh.slot[status.slot ^ 1].len = 0;
	}
	do
		error = imapsrv_ledger_open(&game->config, game->uidvalidity, &opened,
		                            &game->ledger);
	while (!done(game, error));
	assert_int_equal(opened.found & ~(uint32_t)IMAPSRV_LEDGER_UNSETTLED, 0);
	/* An image whose END arrived although that was called a failure is settled. */
	if (game->lh.slot[status.slot ^ 1].len == 0)
		assert_int_equal(opened.found, status.settled ? 0 : IMAPSRV_LEDGER_UNSETTLED);
	if (opened.found) {
		assert_true(imapsrv_ledger_highest(game->ledger) >= game->lm.highest);
		lm_recover(&game->lm, imapsrv_ledger_highest(game->ledger));
	}
}

static void play_reset(struct game *game)
{
	if (!done(game, imapsrv_ledger_reset(game->ledger, game->uidvalidity + 1)))
		return;
	game->uidvalidity++;
	lm_reset(&game->lm, game->lm.highest + 1);
}

/* The number counts, and is kept, though no message has it. */
static void play_raise(struct game *game)
{
	uint64_t modseq;

	if (!done(game, imapsrv_ledger_raise(game->ledger, &modseq)))
		return;
	game->lm.highest++;
	assert_int_equal(modseq, game->lm.highest);
}

static void play(struct game *game)
{
	switch (draw(20)) {
	case 0:
		play_open(game);
		break;
	case 1:
		done(game, imapsrv_ledger_compact(game->ledger));
		break;
	case 2:
		done(game, imapsrv_ledger_settle(game->ledger));
		break;
	case 3:
		if (!draw(4))
			play_reset(game);
		else
			play_raise(game);
		break;
	case 4:
	case 5:
		play_snapshot(game);
		break;
	case 6:
	case 7:
	case 8:
	case 9:
		play_set(game, true);
		break;
	case 10:
		play_set(game, false);
		break;
	case 11:
	case 12:
	case 13:
	case 14:
		play_rows(game, true);
		break;
	default:
		play_rows(game, false);
		break;
	}
}

enum trouble { TROUBLE_NONE, TROUBLE_HOST, TROUBLE_MEMORY };

static void play_all(unsigned rounds, enum trouble trouble)
{
	static struct game game;
	size_t refused = 0;
	unsigned round, move, back;

	printf("seed %llu\n", (unsigned long long)seed);
	for (round = 0; round < rounds; round++) {
		lh_init(&game.lh);
		failalloc_init(&game.fa);
		game.config = lh_config(&game.lh);
		game.config.allocator = &game.fa.allocator;
		game.config.tombstones = 1 + draw(20);
		game.config.reserve = 1 + draw(6);
		game.config.synced = draw(3) == 0;
		game.uidvalidity = 1;
		game.refused = 0;
		game.lh.only_empties = draw(3) == 0;
		lm_init(&game.lm, game.config.tombstones, 1);
		assert_int_equal(imapsrv_ledger_open(&game.config, 1, NULL, &game.ledger), 0);
		for (move = 0; move < 120; move++) {
			if (trouble == TROUBLE_HOST && !draw(3)) {
				game.lh.fail_call = game.lh.calls + 1 + draw(4);
				game.lh.fail_more = draw(3);
			}
			if (trouble == TROUBLE_MEMORY && !draw(2))
				game.fa.fail_first = game.fa.calls + 1 + draw(6);
			play(&game);
			game.lh.fail_call = 0;
			game.fa.fail_first = 0;
			lm_compare(&game.lm, game.ledger);
			back = draw(40);
			lm_compare_since(&game.lm, game.ledger,
			                 game.lm.highest > back ? game.lm.highest - back : 0,
			                 1 + draw(LM_UIDS));
		}
		imapsrv_ledger_free(game.ledger);
		assert_int_equal(game.fa.held, 0);
		refused += game.refused;
	}
	assert_int_equal(refused > 0, trouble != TROUBLE_NONE);
}

static void test_random(void **unused)
{
	(void)unused;
	play_all(150, TROUBLE_NONE);
}

static void test_host_fails(void **unused)
{
	(void)unused;
	play_all(150, TROUBLE_HOST);
}

static void test_memory_fails(void **unused)
{
	(void)unused;
	play_all(150, TROUBLE_MEMORY);
}

/* Fewer tombstones than there were: ranges of one modseq go together. */
static void test_fewer_tombstones(void **unused)
{
	static struct lh lh;
	static const struct {
		uint32_t tombstones;
		const char *outcome;
	} rows[] = {{6, "/1,3,5,7,9,11/1"}, {5, "/1,3,5,9,11/3"}, {4, "/9,11/4"}, {2, "/9,11/4"},
	            {1, "//5"}};
	const char *at = "a1:11 v7 v1,3,5 v9,11";
	struct imapsrv_ledger_config config;
	struct imapsrv_ledger *ledger;
	char outcome[256];
	size_t i;

	(void)unused;
	lh_init(&lh);
	config = lh_config(&lh);
	config.synced = 1;
	assert_int_equal(imapsrv_ledger_open(&config, 5, NULL, &ledger), 0);
	for (; *at; at += *at == ' ')
		assert_int_equal(step(&ledger, &config, &at), 0);
	assert_int_equal(imapsrv_ledger_compact(ledger), 0);
	imapsrv_ledger_free(ledger);
	for (i = 0; i < COUNT(rows); i++) {
		struct imapsrv_ledger_status status = IMAPSRV_LEDGER_STATUS_INIT;
		struct imapsrv_ledger_vanished all = IMAPSRV_LEDGER_VANISHED_INIT;

		config.tombstones = rows[i].tombstones;
		assert_int_equal(imapsrv_ledger_open(&config, 5, NULL, &ledger), 0);
		assert_int_equal(imapsrv_ledger_status(ledger, &status), 0);
		assert_int_equal(imapsrv_ledger_vanished_since(ledger, 0, &all), 0);
		ROW(i, status.tombstones == all.uids.count);
		tell(ledger, 0, outcome);
		ROW(i, strcmp(strchr(strchr(outcome, '/') + 1, '/'), rows[i].outcome) == 0);
		imapsrv_ledger_free(ledger);
	}
}

/* A change is refused, and all of its record, or of the reservation before it, has arrived: what is
 * opened after settling is nevertheless as the ledger was. */
static void test_settle_refused(void **unused)
{
	static struct lh lh;
	const struct imapsrv_ledger_row row = {1, 7, 0}, changed = {1, 8, 0};
	struct imapsrv_ledger_opened opened = IMAPSRV_LEDGER_OPENED_INIT;
	struct imapsrv_ledger_config config;
	struct imapsrv_ledger *ledger;
	int synced;

	(void)unused;
	for (synced = 0; synced < 2; synced++) {
		lh_init(&lh);
		config = lh_config(&lh);
		config.synced = synced;
		assert_int_equal(imapsrv_ledger_open(&config, 1, NULL, &ledger), 0);
		assert_int_equal(imapsrv_ledger_add(ledger, &row, 1, NULL), 0);
		assert_int_equal(imapsrv_ledger_settle(ledger), 0);
		lh.calls = 2;
		lh.fail_call = 3; /* one of which all arrives */
		assert_int_equal(imapsrv_ledger_touch(ledger, &changed, 1, NULL), IMAPSRV_EHOST);
		lh.fail_call = 0;
		assert_int_equal(imapsrv_ledger_settle(ledger), 0);
		imapsrv_ledger_free(ledger);
		assert_int_equal(imapsrv_ledger_open(&config, 1, &opened, &ledger), 0);
		ROW(synced, opened.found == 0);
		ROW(synced, imapsrv_ledger_highest(ledger) == 2);
		imapsrv_ledger_free(ledger);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stories),     cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_reenter),     cmocka_unit_test(test_random),
		cmocka_unit_test(test_host_fails),  cmocka_unit_test(test_memory_fails),
		cmocka_unit_test(test_fewer_tombstones), cmocka_unit_test(test_missing),
		cmocka_unit_test(test_longer),      cmocka_unit_test(test_settle_refused),
	};
	const char *from = getenv("ISRV_SEED");

	seed = from ? strtoull(from, NULL, 10) : 20240607;
	state = seed * 2 + 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
