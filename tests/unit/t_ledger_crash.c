/* SPDX-License-Identifier: MIT */
/*
 * What a crash leaves of a ledger, and what rot does to it.  Random histories are cut at every
 * octet that is not durable, compactions are interrupted at every octet, and every bit is flipped;
 * then the ledger is opened, given a snapshot of the messages that exist, and asked on behalf of
 * every client that may be out there.  ISRV_SEED repeats a run.
 *
 * A client has the picture of some moment and asks since the HIGHESTMODSEQ of the same or an
 * earlier one (RFC 7162 allows it to lag).  It is lied to if, with the answer, its picture is not
 * the truth.
 */
#include "unit/ledgerhost.h"
#include "unit/ledgermodel.h"

enum { MOVES = 24 };

static uint64_t seed, state;

static uint32_t draw(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)((state * 0x2545f4914f6cdd1du) >> 33) % below;
}

/* A history: what was so after each move, and which octets there were. */
struct history {
	struct imapsrv_ledger_config config;
	struct lh lh; /* as it is at the end */
	unsigned slot;
	struct lm lm[MOVES + 1];
	size_t len[MOVES + 1];
	size_t durable[MOVES + 1];
	bool settled[MOVES + 1];
};

static void note(struct history *h, struct imapsrv_ledger *ledger, size_t move)
{
	struct imapsrv_ledger_status status = IMAPSRV_LEDGER_STATUS_INIT;

	imapsrv_ledger_status(ledger, &status);
	h->slot = status.slot;
	h->len[move] = h->lh.slot[status.slot].len;
	h->durable[move] = h->lh.slot[status.slot].durable;
	h->settled[move] = status.settled != 0;
	h->lm[move].highest = imapsrv_ledger_highest(ledger);
}

/* Few UIDs, so that flags change and change back, and messages come and go. */
static void make_move(struct imapsrv_ledger *ledger, struct lm *lm)
{
	struct imapsrv_ledger_row row = {1 + draw(8), draw(2), 0};
	struct imapsrv_range range = {row.uid, row.uid + draw(3)};
	uint64_t modseq = 0, bits = 0;
	uint32_t u;
	int error;

	switch (draw(6)) {
	case 0:
		for (u = range.first; u <= range.last; u++)
			bits |= (uint64_t)1 << u;
		error = imapsrv_ledger_vanish(ledger, (struct imapsrv_set){&range, 1}, &modseq);
		if (modseq)
			lm_vanish(lm, bits & lm_known(lm), modseq);
		break;
	case 1:
		error = imapsrv_ledger_settle(ledger);
		break;
	case 2:
	case 3:
		error = imapsrv_ledger_touch(ledger, &row, 1, &modseq);
		if (modseq)
			lm_put(lm, row.uid, row.fingerprint, modseq);
		break;
	default:
		error = imapsrv_ledger_add(ledger, &row, 1, &modseq);
		lm_put(lm, row.uid, row.fingerprint, modseq);
		lm_put_done(lm);
		break;
	}
	assert_int_equal(error, 0);
}

static void make_history(struct history *h, bool synced)
{
	struct imapsrv_ledger *ledger;
	size_t i;

	lh_init(&h->lh);
	h->config = lh_config(&h->lh);
	h->config.reserve = 1 + draw(6);
	h->config.tombstones = 6;
	h->config.synced = synced;
	lm_init(&h->lm[0], h->config.tombstones, 1);
	assert_int_equal(imapsrv_ledger_open(&h->config, 1, NULL, &ledger), 0);
	note(h, ledger, 0);
	for (i = 1; i <= MOVES; i++) {
		h->lm[i] = h->lm[i - 1];
		make_move(ledger, &h->lm[i]);
		assert_int_equal(imapsrv_ledger_highest(ledger), h->lm[i].highest);
		note(h, ledger, i);
	}
	imapsrv_ledger_free(ledger);
}

static void give_snapshot(struct imapsrv_ledger *ledger, const struct lm *truth)
{
	uint32_t u;

	assert_int_equal(imapsrv_ledger_snapshot_begin(ledger, NULL, NULL), 0);
	for (u = 1; u <= LM_UIDS; u++) {
		if (truth->uid[u].modseq)
			assert_int_equal(
				imapsrv_ledger_snapshot_row(ledger, u, truth->uid[u].print), 0);
	}
	assert_int_equal(imapsrv_ledger_snapshot_end(ledger), 0);
}

/* The client with the picture of `picture` that asks since `since`, against the truth. */
static void ask_client(struct imapsrv_ledger *ledger, const struct lm *truth,
                       const struct lm *picture, uint64_t since)
{
	struct imapsrv_ledger_vanished vanished = IMAPSRV_LEDGER_VANISHED_INIT;
	struct imapsrv_ledger_row rows[LM_UIDS];
	size_t n = imapsrv_ledger_changes_since(ledger, since, 1, rows, LM_UIDS), i;
	uint64_t changed = 0;
	uint32_t u;

	assert_int_equal(imapsrv_ledger_vanished_since(ledger, since, &vanished), 0);
	for (i = 0; i < n; i++)
		changed |= (uint64_t)1 << rows[i].uid;
	for (u = 1; u <= LM_UIDS; u++) {
		bool had = picture->uid[u].modseq != 0, has = truth->uid[u].modseq != 0;

		if (isrv_uidset_has(vanished.uids, u) && has)
			fail_msg("UID %lu is said to have vanished", (unsigned long)u);
		if (had && !has && vanished.complete && !isrv_uidset_has(vanished.uids, u))
			fail_msg("UID %lu vanished in silence since %llu", (unsigned long)u,
			         (unsigned long long)since);
		if (has && (!had || picture->uid[u].print != truth->uid[u].print) &&
		    !(changed >> u & 1))
			fail_msg("UID %lu changed in silence since %llu", (unsigned long)u,
			         (unsigned long long)since);
	}
}

/* All clients that moves 0..last can have made. */
static void ask_clients(struct imapsrv_ledger *ledger, const struct history *h, size_t last,
                        const struct lm *truth)
{
	size_t asks, knows;

	give_snapshot(ledger, truth);
	for (asks = 0; asks <= last; asks++) {
		for (knows = asks; knows <= last; knows++)
			ask_client(ledger, truth, &h->lm[knows], h->lm[asks].highest);
	}
}

/* ---- cut ------------------------------------------------------------------------------------ */

/* Moves 0..last were made, and the crash left so many octets. */
static void crash(struct history *h, size_t last, size_t len, size_t zeros)
{
	struct imapsrv_ledger_opened opened = IMAPSRV_LEDGER_OPENED_INIT;
	static struct lh lh;
	struct imapsrv_ledger_config config = h->config;
	struct imapsrv_ledger *ledger;
	size_t kept = MOVES, same = len;
	uint64_t highest;

	lh = h->lh;
	config.user = &lh;
	lh.slot[h->slot].len = len + zeros;
	memset(lh.slot[h->slot].data + len, 0, zeros);
	/* Some of the zeros may be those that were there. */
	while (same < len + zeros && same < h->len[MOVES] && !h->lh.slot[h->slot].data[same])
		same++;
	while (kept && h->len[kept] > same)
		kept--;
	assert_int_equal(imapsrv_ledger_open(&config, 1, &opened, &ledger), 0);
	highest = imapsrv_ledger_highest(ledger);
	/* A record that goes on with zeros may have been whole: that counts as damage. */
	if (zeros && (opened.found & IMAPSRV_LEDGER_DAMAGED))
		opened.found = IMAPSRV_LEDGER_TORN | IMAPSRV_LEDGER_UNSETTLED;
	else if (h->config.synced)
		assert_int_equal(opened.found & IMAPSRV_LEDGER_UNSETTLED, 0);
	/* A prefix of the history, or that counted as changed. */
	if (opened.found & IMAPSRV_LEDGER_UNSETTLED) {
		struct lm lm = h->lm[kept];

		lm_recover(&lm, highest);
		lm_compare(&lm, ledger);
	} else {
		lm_compare(&h->lm[kept], ledger);
		assert_true(h->config.synced || len <= h->durable[last] || h->settled[last] ||
		            last < kept);
	}
	assert_int_equal(!!(opened.found & IMAPSRV_LEDGER_TORN),
	                 opened.octets != 0);
	assert_int_equal(opened.found & ~(uint32_t)(IMAPSRV_LEDGER_TORN | IMAPSRV_LEDGER_UNSETTLED),
	                 0);
	assert_int_equal(opened.offset + opened.octets, len + zeros);
	assert_true(highest >= h->lm[last].highest);
	/* The store did what the next move says, or not. */
	ask_clients(ledger, h, last, &h->lm[last < MOVES ? last + draw(2) : last]);
	assert_true(imapsrv_ledger_highest(ledger) >= highest);
	/* The end was repaired: what is there now opens without a word. */
	assert_int_equal(imapsrv_ledger_settle(ledger), 0);
	highest = imapsrv_ledger_highest(ledger);
	imapsrv_ledger_free(ledger);
	assert_int_equal(imapsrv_ledger_open(&config, 1, &opened, &ledger), 0);
	if (lh.calls > h->lh.calls)
		assert_int_equal(opened.found, 0);
	assert_int_equal(imapsrv_ledger_highest(ledger), highest);
	imapsrv_ledger_free(ledger);
}

static void cut_all(bool synced)
{
	static struct history h;
	unsigned round;

	printf("seed %llu\n", (unsigned long long)seed);
	for (round = 0; round < 12; round++) {
		size_t last, len, end;

		make_history(&h, synced);
		for (last = 0; last <= MOVES; last++) {
			end = last < MOVES ? h.len[last + 1] : h.len[last] + 1;
			for (len = h.durable[last]; len < end; len++) {
				/* What of the next move arrived may be durable by itself. */
				h.lh.only_empties = draw(2);
				crash(&h, last, len, draw(4) ? 0 : draw(100));
			}
		}
	}
}

static void test_cut(void **unused)
{
	(void)unused;
	cut_all(false);
}

static void test_cut_synced(void **unused)
{
	(void)unused;
	cut_all(true);
}

/* Below what is durable: the promise is broken, but what opens is a prefix. */
static void test_cut_anywhere(void **unused)
{
	static struct history h;
	static struct lh lh;
	size_t len;

	(void)unused;
	make_history(&h, true);
	for (len = 0; len <= h.len[MOVES]; len++) {
		struct imapsrv_ledger_opened opened = IMAPSRV_LEDGER_OPENED_INIT;
		struct imapsrv_ledger_config config = h.config;
		struct imapsrv_ledger *ledger;
		size_t kept = MOVES;

		lh = h.lh;
		config.user = &lh;
		lh.slot[h.slot].len = len;
		while (kept && h.len[kept] > len)
			kept--;
		assert_int_equal(imapsrv_ledger_open(&config, 1, &opened, &ledger), 0);
		lm_compare(&h.lm[kept], ledger);
		assert_int_equal(!!(opened.found & IMAPSRV_LEDGER_NEW), len < h.len[0]);
		imapsrv_ledger_free(ledger);
	}
}

/* ---- compaction ----------------------------------------------------------------------------- */

/* Interrupts what `act` does after each octet, by a crash and by a failure that passes. */
static void interrupt(bool synced, int (*act)(struct imapsrv_ledger *))
{
	static struct history h;
	static struct lh lh;
	struct imapsrv_ledger_config config;
	struct imapsrv_ledger *ledger;
	size_t budget, failures = 0;
	int error = -1;

	make_history(&h, synced);
	config = h.config;
	config.user = &lh;
	for (budget = 0; error; budget++) {
		struct imapsrv_ledger_opened opened = IMAPSRV_LEDGER_OPENED_INIT;
		struct imapsrv_ledger_row row = {LM_UIDS, 5, 0};
		struct lm lm = h.lm[MOVES];

		lh = h.lh;
		assert_int_equal(imapsrv_ledger_open(&config, 1, &opened, &ledger), 0);
		if (opened.found & IMAPSRV_LEDGER_UNSETTLED)
			lm_recover(&lm, imapsrv_ledger_highest(ledger));
		lh.budget = budget;
		error = act(ledger);
		failures += error != 0;
		assert_true(error == 0 || error == IMAPSRV_EHOST);
		lm_compare(&lm, ledger);
		if (budget % 2) {
			/* It goes on, and then comes the crash. */
			lh.budget = SIZE_MAX;
			assert_int_equal(imapsrv_ledger_add(ledger, &row, 1, &row.modseq), 0);
			lm_put(&lm, row.uid, row.fingerprint, row.modseq);
			lm_compare(&lm, ledger);
			assert_true(!lh.slot[0].len || !lh.slot[1].len);
		}
		imapsrv_ledger_free(ledger);
		lh.budget = SIZE_MAX;
		assert_int_equal(imapsrv_ledger_open(&config, 1, &opened, &ledger), 0);
		if (synced)
			assert_int_equal(opened.found & IMAPSRV_LEDGER_UNSETTLED, 0);
		else if (opened.found & IMAPSRV_LEDGER_UNSETTLED)
			lm_recover(&lm, imapsrv_ledger_highest(ledger));
		assert_int_equal(opened.found & IMAPSRV_LEDGER_DAMAGED, 0);
		assert_true(imapsrv_ledger_highest(ledger) >= lm.highest);
		lm_compare(&lm, ledger);
		/* From the first change on only one slot speaks. */
		row.uid--;
		assert_int_equal(imapsrv_ledger_add(ledger, &row, 1, NULL), 0);
		assert_true(!lh.slot[0].len || !lh.slot[1].len);
		imapsrv_ledger_free(ledger);
	}
	assert_true(failures > 20);
}

static int compact_twice(struct imapsrv_ledger *ledger)
{
	int error = imapsrv_ledger_compact(ledger);

	return error ? error : imapsrv_ledger_compact(ledger);
}

static void test_compaction(void **unused)
{
	int i;

	(void)unused;
	for (i = 0; i < 20; i++)
		interrupt(i % 2, compact_twice);
}

/* Creation, too: until it is done there is nothing. */
static void test_creation(void **unused)
{
	static struct lh lh;
	struct imapsrv_ledger_config config;
	struct imapsrv_ledger *ledger;
	size_t budget;
	int error = -1;

	(void)unused;
	for (budget = 0; error; budget++) {
		lh_init(&lh);
		config = lh_config(&lh);
		config.start = IMAPSRV_MODSEQ_MAX / 2;
		lh.budget = budget;
		error = imapsrv_ledger_open(&config, UINT32_MAX, NULL, &ledger);
		if (error) {
			assert_int_equal(error, IMAPSRV_EHOST);
			lh.budget = SIZE_MAX;
			assert_int_equal(imapsrv_ledger_open(&config, UINT32_MAX, NULL, &ledger),
			                 0);
		}
		assert_int_equal(imapsrv_ledger_highest(ledger), IMAPSRV_MODSEQ_MAX / 2 + 1);
		imapsrv_ledger_free(ledger);
	}
	assert_true(budget > 40);
}

/* ---- rot ------------------------------------------------------------------------------------ */

static void open_rotten(const struct history *h, struct lh *lh)
{
	struct imapsrv_ledger_opened opened = IMAPSRV_LEDGER_OPENED_INIT;
	struct imapsrv_ledger_config config = h->config;
	struct imapsrv_ledger *ledger;
	uint64_t highest;
	int again;

	config.user = lh;
	config.start = draw(2) ? 1000000000000u : 0;
	if (imapsrv_ledger_open(&config, 1, &opened, &ledger) != 0) {
		/* Nothing is readable, and there is no number that is safe. */
		assert_int_equal(opened.found, IMAPSRV_LEDGER_LOST);
		assert_int_equal(config.start, 0);
		return;
	}
	for (again = 0; again < 2; again++) {
		highest = imapsrv_ledger_highest(ledger);
		if (again)
			assert_int_equal(opened.found & IMAPSRV_LEDGER_NEW, 0);
		else if (!(opened.found & (IMAPSRV_LEDGER_LOST | IMAPSRV_LEDGER_DAMAGED)))
			fail_msg("found %#lx, offset %llu, %llu octets",
			         (unsigned long)opened.found, (unsigned long long)opened.offset,
			         (unsigned long long)opened.octets);
		assert_true(highest > h->lm[MOVES].highest);
		ask_clients(ledger, h, MOVES, &h->lm[MOVES]);
		imapsrv_ledger_free(ledger);
		/* Also when nothing but that was put on record before the next crash. */
		assert_int_equal(imapsrv_ledger_open(&config, 1, &opened, &ledger), 0);
		assert_true(imapsrv_ledger_highest(ledger) >= highest);
	}
	imapsrv_ledger_free(ledger);
}

static void rot_all(bool compacted)
{
	static struct history h;
	static struct lh lh;
	size_t at, bit;

	make_history(&h, true);
	if (compacted) {
		struct imapsrv_ledger *ledger;

		assert_int_equal(imapsrv_ledger_open(&h.config, 1, NULL, &ledger), 0);
		assert_int_equal(imapsrv_ledger_compact(ledger), 0);
		note(&h, ledger, MOVES);
		imapsrv_ledger_free(ledger);
	}
	for (at = 0; at < h.len[MOVES]; at++) {
		for (bit = 0; bit < 8; bit++) {
			lh = h.lh;
			lh.slot[h.slot].data[at] ^= (unsigned char)(1u << bit);
			open_rotten(&h, &lh);
		}
	}
	/* A record is missing, which all others are in order without. */
	for (at = 0; at + 1 < MOVES && !compacted; at++) {
		size_t from = h.len[at], to = h.len[at + 1];

		if (from == to || to == h.len[MOVES])
			continue;
		lh = h.lh;
		memmove(lh.slot[h.slot].data + from, lh.slot[h.slot].data + to,
		        h.len[MOVES] - to);
		lh.slot[h.slot].len -= to - from;
		open_rotten(&h, &lh);
	}
	/* A piece is doubled, or full of zeros. */
	for (at = 0; at < 3000; at++) {
		size_t len = h.len[MOVES], from = draw((uint32_t)len - 1);
		size_t n = 1 + draw((uint32_t)(len - from - 1));
		unsigned char *data = lh.slot[h.slot].data;
		unsigned char any = 0;
		size_t i;

		lh = h.lh;
		switch (draw(2)) {
		case 0:
			memmove(data + from + n, data + from, len - from);
			lh.slot[h.slot].len += n;
			break;
		default:
			if (from + n == len)
				continue;
			memset(data + from, 0, n);
			break;
		}
		for (i = from; i < lh.slot[h.slot].len; i++)
			any |= data[i];
		/* Octets that are not there at the end, or are zeros, are what a crash leaves. */
		if (memcmp(data, h.lh.slot[h.slot].data, len) == 0 || !any ||
		    lh.slot[h.slot].len < len)
			continue;
		open_rotten(&h, &lh);
	}
}

static void test_rot(void **unused)
{
	(void)unused;
	rot_all(false);
}

static void test_rot_compacted(void **unused)
{
	(void)unused;
	rot_all(true);
}

/* An image without its end, and the slot that it was to replace is gone: no new creation. */
static void test_stump(void **unused)
{
	struct imapsrv_ledger_opened opened = IMAPSRV_LEDGER_OPENED_INIT;
	static struct history h;
	struct imapsrv_ledger *ledger;
	uint64_t highest;

	(void)unused;
	make_history(&h, true);
	assert_int_equal(imapsrv_ledger_open(&h.config, 1, NULL, &ledger), 0);
	highest = imapsrv_ledger_highest(ledger);
	assert_int_equal(imapsrv_ledger_compact(ledger), 0);
	imapsrv_ledger_free(ledger);
	/* Its BEGIN, and some of what follows. */
	h.lh.slot[1].len = 30;
	assert_int_equal(imapsrv_ledger_open(&h.config, 1, &opened, &ledger), 0);
	assert_int_equal(opened.found, IMAPSRV_LEDGER_DAMAGED);
	assert_true(imapsrv_ledger_highest(ledger) > highest);
	ask_clients(ledger, &h, MOVES, &h.lm[MOVES]);
	imapsrv_ledger_free(ledger);
	/* Other than one of a first image. */
	lh_init(&h.lh);
	h.config.start = 0;
	h.lh.slot[0].len = 5;
	assert_int_equal(imapsrv_ledger_open(&h.config, 1, &opened, &ledger), 0);
	assert_int_equal(opened.found, IMAPSRV_LEDGER_NEW);
	imapsrv_ledger_free(ledger);
	lh_init(&h.lh);
	h.lh.slot[0].len = 500;
	assert_int_equal(imapsrv_ledger_open(&h.config, 1, &opened, &ledger), IMAPSRV_ESTATE);
	assert_int_equal(opened.found, IMAPSRV_LEDGER_LOST);
	h.lh.fail_read = true;
	assert_int_equal(imapsrv_ledger_open(&h.config, 1, &opened, &ledger), IMAPSRV_EHOST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cut),          cmocka_unit_test(test_cut_synced),
		cmocka_unit_test(test_cut_anywhere), cmocka_unit_test(test_compaction),
		cmocka_unit_test(test_creation),     cmocka_unit_test(test_rot),
		cmocka_unit_test(test_rot_compacted), cmocka_unit_test(test_stump),
	};
	const char *from = getenv("ISRV_SEED");

	seed = from ? strtoull(from, NULL, 10) : 20240607;
	state = seed * 2 + 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
