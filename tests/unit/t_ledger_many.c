/* SPDX-License-Identifier: MIT */
/*
 * The ledger where it is large: snapshots of many batches, slots that grow and long ones, with calls
 * of the host that fail, the largest change that a record holds, and memory that is bounded.
 * ISRV_SEED repeats a run.
 */
#include "base/uidset.h"
#include "imapsrv/ledger.h"
#include "unit/row.h"

static uint64_t seed, state;

static uint32_t draw(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)((state * 0x2545f4914f6cdd1du) >> 33) % below;
}

/* ---- snapshots ------------------------------------------------------------------------------- */

enum { MANY = 20000 };

struct many {
	uint64_t print[MANY + 1]; /* 0: not there */
	uint64_t heard[MANY + 1]; /* what the ledger was heard to hold, the same way */
	uint64_t next[MANY + 1];
	uint64_t modseq;
};

static void hear_many(void *user, const struct imapsrv_ledger_diff *diff)
{
	struct many *m = user;
	const struct imapsrv_set *sets[] = {&diff->added, &diff->changed, &diff->vanished};
	size_t i, k;
	uint32_t u;

	assert_true(diff->modseq > m->modseq);
	m->modseq = diff->modseq;
	for (k = 0; k < 3; k++) {
		for (i = 0; i < sets[k]->count; i++) {
			for (u = sets[k]->ranges[i].first; u <= sets[k]->ranges[i].last; u++) {
				assert_int_equal(m->heard[u] != 0, k != 0);
				m->heard[u] = k < 2 ? m->next[u] : 0;
			}
		}
	}
}

static void test_many(void **unused)
{
	static struct many m;
	static struct imapsrv_ledger_row rows[MANY];
	struct imapsrv_ledger_vanished vanished = IMAPSRV_LEDGER_VANISHED_INIT;
	struct imapsrv_ledger_config config = IMAPSRV_LEDGER_CONFIG_INIT;
	struct imapsrv_ledger *ledger;
	unsigned round;

	(void)unused;
	printf("seed %llu\n", (unsigned long long)seed);
	config.tombstones = MANY;
	assert_int_equal(imapsrv_ledger_new(&config, 1, &ledger), 0);
	for (round = 0; round < 12; round++) {
		uint64_t since = imapsrv_ledger_highest(ledger);
		size_t n, at = 0;
		uint32_t u;

		for (u = 1; u <= MANY; u++) {
			if (draw(4) == 0)
				m.next[u] = draw(3) ? 1 + draw(2) : 0;
		}
		/* Long runs as well. */
		for (u = 1 + draw(MANY); u <= MANY; u += 1 + draw(3)) {
			if (round % 3 == 2)
				m.next[u] = 0;
		}
		m.modseq = since;
		assert_int_equal(imapsrv_ledger_snapshot_begin(ledger, hear_many, &m), 0);
		for (u = 1; u <= MANY; u++) {
			if (m.next[u])
				assert_int_equal(imapsrv_ledger_snapshot_row(ledger, u, m.next[u]),
				                 0);
		}
		assert_int_equal(imapsrv_ledger_snapshot_end(ledger), 0);
		assert_memory_equal(m.heard, m.next, sizeof(m.next));
		n = imapsrv_ledger_changes_since(ledger, since, 1, rows, MANY);
		assert_int_equal(imapsrv_ledger_vanished_since(ledger, since, &vanished), 0);
		for (u = 1; u <= MANY; u++) {
			if (m.next[u] && m.next[u] != m.print[u]) {
				assert_true(at < n);
				assert_int_equal(rows[at].uid, u);
				assert_int_equal(rows[at++].fingerprint, m.next[u]);
			}
			assert_int_equal(isrv_uidset_has(vanished.uids, u),
			                 m.print[u] && !m.next[u]);
			assert_int_equal(imapsrv_ledger_modseq(ledger, u) != 0, m.next[u] != 0);
		}
		assert_int_equal(at, n);
		memcpy(m.print, m.next, sizeof(m.next));
	}
	imapsrv_ledger_free(ledger);
}

/* ---- slots that grow ------------------------------------------------------------------------- */

/* Slots of which only the length is kept. */
struct lengths {
	size_t len[2], most;
	bool fail_image; /* appends to slot 1 fail */
};

static int lengths_read(void *user, unsigned slot, uint64_t offset, void *to, size_t len,
                        size_t *got_r)
{
	(void)user;
	(void)slot;
	(void)offset;
	(void)to;
	(void)len;
	*got_r = 0;
	return 0;
}

static int lengths_append(void *user, unsigned slot, const void *data, size_t len, int durable)
{
	struct lengths *l = user;

	(void)data;
	(void)durable;
	if (slot == 1 && l->fail_image)
		return 1;
	l->len[slot] += len;
	if (l->len[slot] > l->most)
		l->most = l->len[slot];
	return 0;
}

static int lengths_cut(void *user, unsigned slot, uint64_t length)
{
	((struct lengths *)user)->len[slot] = (size_t)length;
	return 0;
}

/* Compaction comes by itself, unless it is not wanted or fails; the change stands in each case. */
static void test_growth(void **unused)
{
	struct imapsrv_ledger_status status = IMAPSRV_LEDGER_STATUS_INIT;
	struct imapsrv_ledger_config config = IMAPSRV_LEDGER_CONFIG_INIT;
	struct imapsrv_ledger_io io = IMAPSRV_LEDGER_IO_INIT;
	struct imapsrv_ledger_row row = {1, 0, 0};
	struct imapsrv_ledger *ledger;
	struct lengths l;
	int way;

	(void)unused;
	io.read = lengths_read;
	io.append = lengths_append;
	io.cut = lengths_cut;
	config.io = &io;
	config.user = &l;
	for (way = 0; way < 3; way++) {
		memset(&l, 0, sizeof(l));
		l.fail_image = way == 2;
		config.manual = way == 1;
		assert_int_equal(imapsrv_ledger_open(&config, 1, NULL, &ledger), 0);
		for (row.fingerprint = 1; row.fingerprint <= 10000; row.fingerprint++)
			assert_int_equal(imapsrv_ledger_add(ledger, &row, 1, NULL), 0);
		assert_int_equal(imapsrv_ledger_highest(ledger), 10001);
		assert_int_equal(imapsrv_ledger_status(ledger, &status), 0);
		assert_int_equal(status.octets, l.len[status.slot]);
		assert_true(way ? l.most > 250000 : l.most < 66000);
		assert_true(way != 2 || status.slot == 0);
		imapsrv_ledger_free(ledger);
	}
}

/* ---- long slots ------------------------------------------------------------------------------ */

/* Slots of any length, of which one call fails. */
struct octets {
	unsigned char *data[2];
	size_t len[2];
	size_t calls, fail_call;
};

static bool octets_fail(struct octets *o)
{
	return ++o->calls == o->fail_call;
}

static int octets_read(void *user, unsigned slot, uint64_t offset, void *to, size_t len,
                       size_t *got_r)
{
	struct octets *o = user;

	if (octets_fail(o))
		return 1;
	*got_r = offset < o->len[slot] ? o->len[slot] - (size_t)offset : 0;
	if (*got_r > len)
		*got_r = len;
	if (*got_r)
		memcpy(to, o->data[slot] + offset, *got_r);
	return 0;
}

static int octets_append(void *user, unsigned slot, const void *data, size_t len, int durable)
{
	struct octets *o = user;

	(void)durable;
	if (octets_fail(o))
		return 1;
	o->data[slot] = realloc(o->data[slot], o->len[slot] + len);
	assert_non_null(o->data[slot]);
	memcpy(o->data[slot] + o->len[slot], data, len);
	o->len[slot] += len;
	return 0;
}

static int octets_cut(void *user, unsigned slot, uint64_t length)
{
	struct octets *o = user;

	if (octets_fail(o))
		return 1;
	o->len[slot] = (size_t)length;
	return 0;
}

static const struct imapsrv_ledger_io octets_io = {sizeof(octets_io), octets_read, octets_append,
                                                   octets_cut};

static struct imapsrv_ledger_config octets_config(struct octets *o)
{
	struct imapsrv_ledger_config config = IMAPSRV_LEDGER_CONFIG_INIT;

	config.io = &octets_io;
	config.user = o;
	config.synced = 1;
	return config;
}

static void octets_free(struct octets *o)
{
	free(o->data[0]);
	free(o->data[1]);
}

/* The most that one record holds, is kept and read again; one message more is refused. */
static void test_too_big(void **unused)
{
	/* The payload: six octets, and nine for each message; 16 MiB at most. */
	enum { MOST = ((16 << 20) - 6) / 9 };
	struct octets o = {{NULL, NULL}, {0, 0}, 0, 0};
	struct imapsrv_ledger_config config = octets_config(&o);
	struct imapsrv_ledger_row *rows = calloc(MOST + 1, sizeof(*rows));
	struct imapsrv_ledger *ledger;
	uint32_t i;

	(void)unused;
	assert_non_null(rows);
	for (i = 0; i <= MOST; i++)
		rows[i].uid = i + 1;
	assert_int_equal(imapsrv_ledger_open(&config, 1, NULL, &ledger), 0);
	assert_int_equal(imapsrv_ledger_add(ledger, rows, MOST + 1, NULL), IMAPSRV_ETOOBIG);
	assert_int_equal(imapsrv_ledger_highest(ledger), 1);
	/* Manual: the record itself is to be read. */
	imapsrv_ledger_free(ledger);
	config.manual = 1;
	assert_int_equal(imapsrv_ledger_open(&config, 1, NULL, &ledger), 0);
	assert_int_equal(imapsrv_ledger_add(ledger, rows, MOST, NULL), 0);
	imapsrv_ledger_free(ledger);
	assert_int_equal(imapsrv_ledger_open(&config, 1, NULL, &ledger), 0);
	assert_int_equal(imapsrv_ledger_highest(ledger), 2);
	assert_int_equal(imapsrv_ledger_modseq(ledger, MOST), 2);
	assert_int_equal(imapsrv_ledger_modseq(ledger, MOST + 1), 0);
	imapsrv_ledger_free(ledger);
	octets_free(&o);
	free(rows);
}

enum { LONG = 9000 };

/* Messages of which every second one has vanished, each by a change of its own: an image of several
 * records of each kind. */
static void fill(struct imapsrv_ledger *ledger)
{
	static struct imapsrv_ledger_row rows[LONG];
	uint32_t u;

	for (u = 1; u <= LONG; u++)
		rows[u - 1] = (struct imapsrv_ledger_row){u, u, 0};
	assert_int_equal(imapsrv_ledger_add(ledger, rows, LONG, NULL), 0);
	for (u = 2; u <= LONG; u += 2) {
		struct imapsrv_range range = {u, u};

		assert_int_equal(imapsrv_ledger_vanish(ledger, (struct imapsrv_set){&range, 1},
		                                       NULL), 0);
	}
}

static void look(struct imapsrv_ledger *ledger)
{
	struct imapsrv_ledger_vanished vanished = IMAPSRV_LEDGER_VANISHED_INIT;
	struct imapsrv_ledger_status status = IMAPSRV_LEDGER_STATUS_INIT;
	uint32_t u;

	assert_int_equal(imapsrv_ledger_highest(ledger), 2 + LONG / 2);
	assert_int_equal(imapsrv_ledger_status(ledger, &status), 0);
	assert_int_equal(status.messages, LONG / 2);
	assert_int_equal(status.tombstones, LONG / 2);
	assert_int_equal(imapsrv_ledger_vanished_since(ledger, 1, &vanished), 0);
	assert_int_equal(vanished.uids.count, LONG / 2);
	for (u = 1; u <= LONG; u += 2) {
		assert_int_equal(imapsrv_ledger_modseq(ledger, u), 2);
		assert_int_equal(vanished.uids.ranges[u / 2].first, u + 1);
	}
}

static void open_failing(struct octets *o, const struct imapsrv_ledger_config *config)
{
	struct imapsrv_ledger *ledger;
	size_t failures = 0;
	int error = -1;

	for (; error; failures += error != 0) {
		o->calls = 0;
		o->fail_call = failures + 1;
		error = imapsrv_ledger_open(config, 1, NULL, &ledger);
		assert_true(error == 0 || error == IMAPSRV_EHOST);
	}
	assert_true(failures > 2);
	look(ledger);
	imapsrv_ledger_free(ledger);
}

/* Each call of the host fails once, when a long slot is made, and when it is read. */
static void test_long(void **unused)
{
	struct octets o = {{NULL, NULL}, {0, 0}, 0, 0};
	struct imapsrv_ledger_config config = octets_config(&o);
	struct imapsrv_ledger *ledger;
	size_t failures = 0;
	int error = -1;

	(void)unused;
	config.manual = 1;
	assert_int_equal(imapsrv_ledger_open(&config, 1, NULL, &ledger), 0);
	fill(ledger);
	open_failing(&o, &config);
	while (error) {
		o.calls = 0;
		o.fail_call = failures + 1;
		error = imapsrv_ledger_compact(ledger);
		assert_true(error == 0 || error == IMAPSRV_EHOST);
		look(ledger);
		failures += error != 0;
	}
	/* Emptied, BEGIN, and three of each; that the old slot stays is no failure yet. */
	assert_int_equal(failures, 1 + 1 + 5 + 5 + 1);
	imapsrv_ledger_free(ledger);
	open_failing(&o, &config);
	octets_free(&o);
}

/* A snapshot of nothing: what fails in a batch is tried again, and none is lost. */
static void test_batches_fail(void **unused)
{
	struct octets o = {{NULL, NULL}, {0, 0}, 0, 0};
	struct imapsrv_ledger_config config = octets_config(&o);
	struct imapsrv_ledger *ledger;
	struct imapsrv_ledger_status status = IMAPSRV_LEDGER_STATUS_INIT;
	size_t failures = 0, fail;
	int error;

	(void)unused;
	config.manual = 1;
	for (fail = 1; failures == fail - 1; fail++) {
		o.len[0] = o.len[1] = 0;
		o.fail_call = 0;
		assert_int_equal(imapsrv_ledger_open(&config, 1, NULL, &ledger), 0);
		fill(ledger);
		assert_int_equal(imapsrv_ledger_snapshot_begin(ledger, NULL, NULL), 0);
		o.calls = 0;
		o.fail_call = fail;
		error = imapsrv_ledger_snapshot_end(ledger);
		if (error) {
			assert_int_equal(error, IMAPSRV_EHOST);
			failures++;
			assert_int_equal(imapsrv_ledger_snapshot_end(ledger), 0);
		}
		assert_int_equal(imapsrv_ledger_status(ledger, &status), 0);
		assert_int_equal(status.messages, 0);
		imapsrv_ledger_free(ledger);
	}
	assert_true(failures >= LONG / 2 / 512);
	octets_free(&o);
}

/* What a change of many ranges took is given back when it is done. */
static void test_many_ranges(void **unused)
{
	struct imapsrv_ledger_config config = IMAPSRV_LEDGER_CONFIG_INIT;
	struct imapsrv_ledger_status before = IMAPSRV_LEDGER_STATUS_INIT, after = before;
	struct imapsrv_range all = {1, LONG};
	struct imapsrv_ledger *ledger;

	(void)unused;
	assert_int_equal(imapsrv_ledger_new(&config, 1, &ledger), 0);
	fill(ledger);
	assert_int_equal(imapsrv_ledger_status(ledger, &before), 0);
	assert_int_equal(imapsrv_ledger_touch_set(ledger, (struct imapsrv_set){&all, 1}, NULL), 0);
	assert_int_equal(imapsrv_ledger_modseq(ledger, LONG - 1), 3 + LONG / 2);
	assert_int_equal(imapsrv_ledger_status(ledger, &after), 0);
	assert_true(after.memory <= before.memory);
	imapsrv_ledger_free(ledger);
}

/* ---- memory ---------------------------------------------------------------------------------- */

/* A budget is a bound, and a change that does not fit leaves what was. */
static void test_budget(void **unused)
{
	struct imapsrv_ledger_config config = IMAPSRV_LEDGER_CONFIG_INIT;
	struct imapsrv_ledger_status status = IMAPSRV_LEDGER_STATUS_INIT;
	struct imapsrv_ledger *ledger;
	struct imapsrv_ledger_row row = {1, 1, 0};
	int error;

	(void)unused;
	config.memory = 100000;
	assert_int_equal(imapsrv_ledger_new(&config, 1, &ledger), 0);
	while ((error = imapsrv_ledger_add(ledger, &row, 1, NULL)) == 0)
		row.uid++;
	assert_int_equal(error, IMAPSRV_ENOMEM);
	assert_int_equal(imapsrv_ledger_status(ledger, &status), 0);
	assert_true(status.memory_peak <= config.memory);
	assert_int_equal(status.messages, row.uid - 1);
	assert_true(status.messages > 100000 / 24 - 200);
	assert_int_equal(imapsrv_ledger_modseq(ledger, row.uid), 0);
	assert_int_equal(imapsrv_ledger_modseq(ledger, row.uid - 1), row.uid);
	imapsrv_ledger_free(ledger);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_growth),
		cmocka_unit_test(test_too_big),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_batches_fail),
		cmocka_unit_test(test_many_ranges),
		cmocka_unit_test(test_budget),
	};
	const char *from = getenv("ISRV_SEED");

	seed = from ? strtoull(from, NULL, 10) : 20240607;
	state = seed * 2 + 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
