/* SPDX-License-Identifier: MIT */
/*
 * What a ledger should know, kept in the plainest way: one entry for each UID that can occur.
 */
#ifndef TESTS_UNIT_LEDGERMODEL_H
#define TESTS_UNIT_LEDGERMODEL_H

#include <stdbool.h>

#include "base/uidset.h"
#include "imapsrv/ledger.h"
#include "unit/row.h"

enum { LM_UIDS = 48 };

struct lm {
	struct {
		uint64_t modseq; /* 0: not known */
		uint64_t print;
		uint64_t gone;   /* vanished at; 0: not, or forgotten */
	} uid[LM_UIDS + 1];
	uint64_t highest;
	uint64_t floor;
	size_t max; /* tombstones */
};

static inline void lm_init(struct lm *lm, size_t max, uint64_t highest)
{
	memset(lm, 0, sizeof(*lm));
	lm->max = max;
	lm->highest = highest;
	lm->floor = highest;
}

/* Runs of UIDs with the same modseq; the lowest modseq of them. */
static inline size_t lm_tombs(const struct lm *lm, uint64_t *oldest_r)
{
	size_t count = 0;
	uint32_t u;

	*oldest_r = UINT64_MAX;
	for (u = 1; u <= LM_UIDS; u++) {
		if (!lm->uid[u].gone)
			continue;
		count += lm->uid[u].gone != lm->uid[u - 1].gone;
		if (lm->uid[u].gone < *oldest_r)
			*oldest_r = lm->uid[u].gone;
	}
	return count;
}

static inline void lm_drop(struct lm *lm, uint64_t modseq)
{
	uint32_t u;

	for (u = 1; u <= LM_UIDS; u++) {
		if (lm->uid[u].gone && lm->uid[u].gone <= modseq)
			lm->uid[u].gone = 0;
	}
	if (lm->floor < modseq)
		lm->floor = modseq;
}

static inline void lm_limit(struct lm *lm, size_t max)
{
	uint64_t oldest;

	while (lm_tombs(lm, &oldest) > max)
		lm_drop(lm, oldest);
}

static inline void lm_put(struct lm *lm, uint32_t uid, uint64_t print, uint64_t modseq)
{
	lm->uid[uid].modseq = modseq;
	lm->uid[uid].print = print;
	lm->uid[uid].gone = 0;
	lm->highest = modseq;
}

/* After puts: taking a UID out of a range of tombstones may make two of it. */
static inline void lm_put_done(struct lm *lm)
{
	lm_limit(lm, lm->max);
}

/* UIDs of the set bit by bit, all at one modseq. */
static inline void lm_vanish(struct lm *lm, uint64_t bits, uint64_t modseq)
{
	size_t runs = 0;
	uint32_t u;

	for (u = 1; u <= LM_UIDS; u++)
		runs += (bits >> u & 1) && !(bits >> (u - 1) & 1);
	lm->highest = modseq;
	for (u = 1; u <= LM_UIDS; u++) {
		if (bits >> u & 1)
			lm->uid[u].modseq = 0;
	}
	if (runs > lm->max) {
		lm_drop(lm, modseq);
		return;
	}
	lm_limit(lm, lm->max - runs);
	for (u = 1; u <= LM_UIDS; u++) {
		if (bits >> u & 1)
			lm->uid[u].gone = modseq;
	}
}

static inline void lm_recover(struct lm *lm, uint64_t modseq)
{
	uint32_t u;

	for (u = 1; u <= LM_UIDS; u++) {
		if (lm->uid[u].modseq)
			lm->uid[u].modseq = modseq;
	}
	lm_drop(lm, modseq);
	lm->highest = modseq;
}

static inline void lm_reset(struct lm *lm, uint64_t modseq)
{
	lm_init(lm, lm->max, modseq);
}

static inline uint64_t lm_known(const struct lm *lm)
{
	uint64_t bits = 0;
	uint32_t u;

	for (u = 1; u <= LM_UIDS; u++)
		bits |= (uint64_t)(lm->uid[u].modseq != 0) << u;
	return bits;
}

/* Ranges of a set of bits; returns how many. */
static inline size_t lm_ranges(uint64_t bits, struct imapsrv_range *ranges)
{
	size_t count = 0;
	uint32_t u;

	for (u = 1; u <= LM_UIDS; u++) {
		if (!(bits >> u & 1))
			continue;
		if (count && ranges[count - 1].last + 1 == u)
			ranges[count - 1].last = u;
		else
			ranges[count++] = (struct imapsrv_range){u, u};
	}
	return count;
}

static inline uint64_t lm_bits(struct imapsrv_set set)
{
	uint64_t bits = 0;
	uint32_t u;

	for (u = 1; u <= LM_UIDS; u++)
		bits |= (uint64_t)isrv_uidset_has(set, u) << u;
	return bits;
}

/* Asks the ledger everything about `since`, in answers of `max` rows. */
static inline void lm_compare_since(const struct lm *lm, struct imapsrv_ledger *ledger,
                                    uint64_t since, size_t max)
{
	struct imapsrv_ledger_vanished vanished = IMAPSRV_LEDGER_VANISHED_INIT;
	struct imapsrv_ledger_row rows[LM_UIDS + 1];
	uint64_t bits = 0;
	uint32_t u, from = 1;
	size_t n, at = 0;

	n = imapsrv_ledger_changes_since(ledger, since, from, rows, max);
	for (u = 1; u <= LM_UIDS; u++) {
		if (lm->uid[u].gone > since)
			bits |= (uint64_t)1 << u;
		if (lm->uid[u].modseq <= since)
			continue;
		if (at == n) {
			assert_int_equal(n, max);
			n = imapsrv_ledger_changes_since(ledger, since, from, rows, max);
			at = 0;
			assert_true(n > 0);
		}
		assert_int_equal(rows[at].uid, u);
		assert_int_equal(rows[at].modseq, lm->uid[u].modseq);
		assert_int_equal(rows[at].fingerprint, lm->uid[u].print);
		at++;
		from = u + 1;
	}
	assert_int_equal(at, n);
	assert_int_equal(imapsrv_ledger_vanished_since(ledger, since, &vanished), 0);
	assert_true(isrv_uidset_is_valid(vanished.uids));
	assert_int_equal(lm_bits(vanished.uids), bits);
	assert_int_equal(vanished.complete_since, lm->floor);
	assert_int_equal(vanished.complete, since >= lm->floor);
}

static inline void lm_compare(const struct lm *lm, struct imapsrv_ledger *ledger)
{
	struct imapsrv_ledger_status status = IMAPSRV_LEDGER_STATUS_INIT;
	uint64_t oldest, known = lm_known(lm), messages = 0;
	uint32_t u;

	assert_int_equal(imapsrv_ledger_highest(ledger), lm->highest);
	for (u = 1; u <= LM_UIDS; u++) {
		assert_int_equal(imapsrv_ledger_modseq(ledger, u), lm->uid[u].modseq);
		messages += known >> u & 1;
	}
	assert_int_equal(imapsrv_ledger_status(ledger, &status), 0);
	assert_int_equal(status.messages, messages);
	assert_int_equal(status.tombstones, lm_tombs(lm, &oldest));
	assert_int_equal(status.complete_since, lm->floor);
	lm_compare_since(lm, ledger, 0, LM_UIDS + 1);
}

#endif
