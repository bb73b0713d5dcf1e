/* SPDX-License-Identifier: MIT */
/*
 * Two slots in memory for a ledger, that fail on request: at a given call, or when a given number
 * of octets has been written, of which a part arrives; and that remember how much of them would
 * outlive a crash.
 */
#ifndef TESTS_UNIT_LEDGERHOST_H
#define TESTS_UNIT_LEDGERHOST_H

#include <stdbool.h>

#include "imapsrv/ledger.h"
#include "unit/row.h"

enum { LH_CAP = 1 << 16 };

struct lh {
	struct imapsrv_ledger_io io;
	struct {
		unsigned char data[LH_CAP];
		size_t len;
		size_t durable; /* octets that a crash leaves */
	} slot[2];
	size_t calls;      /* of append and cut */
	size_t fail_call;  /* the one that fails, from 1; 0: none */
	size_t fail_more;  /* and as many after it */
	size_t budget;     /* octets that can be written before all fails; SIZE_MAX: no end */
	bool only_empties; /* cut can do nothing else */
	bool fail_read;
};

static inline int lh_read(void *user, unsigned slot, uint64_t offset, void *to, size_t len,
                          size_t *got_r)
{
	struct lh *lh = user;
	size_t got;

	if (lh->fail_read || slot > 1)
		return 1;
	got = offset < lh->slot[slot].len ? lh->slot[slot].len - (size_t)offset : 0;
	if (got > len)
		got = len;
	if (got)
		memcpy(to, lh->slot[slot].data + offset, got);
	*got_r = got;
	return 0;
}

static inline bool lh_fails(struct lh *lh)
{
	lh->calls++;
	return lh->fail_call && lh->calls >= lh->fail_call &&
	       lh->calls <= lh->fail_call + lh->fail_more;
}

static inline int lh_append(void *user, unsigned slot, const void *data, size_t len, int durable)
{
	struct lh *lh = user;
	bool fails = lh_fails(lh);
	size_t arrives = len;

	if (slot > 1 || lh->slot[slot].len + len > LH_CAP)
		fail_msg("slot %u: %zu more octets", slot, len);
	/* Some, all, or none of a failed append arrives. */
	if (fails)
		arrives = lh->calls % 3 == 0 ? len : lh->calls % 3 == 1 ? len / 2 : 0;
	/* Also when all of it has arrived, just. */
	if (lh->budget != SIZE_MAX) {
		fails = fails || arrives >= lh->budget;
		arrives = arrives < lh->budget ? arrives : lh->budget;
		lh->budget -= arrives;
	}
	memcpy(lh->slot[slot].data + lh->slot[slot].len, data, arrives);
	lh->slot[slot].len += arrives;
	if (fails)
		return 1;
	if (durable)
		lh->slot[slot].durable = lh->slot[slot].len;
	return 0;
}

static inline int lh_cut(void *user, unsigned slot, uint64_t length)
{
	struct lh *lh = user;

	if (slot > 1 || length > lh->slot[slot].len)
		fail_msg("slot %u: cut to %llu", slot, (unsigned long long)length);
	if (lh_fails(lh) || !lh->budget || (length && lh->only_empties))
		return 1;
	lh->slot[slot].len = (size_t)length;
	lh->slot[slot].durable = (size_t)length;
	return 0;
}

static inline void lh_init(struct lh *lh)
{
	struct imapsrv_ledger_io io = IMAPSRV_LEDGER_IO_INIT;

	memset(lh, 0, sizeof(*lh));
	lh->io = io;
	lh->io.read = lh_read;
	lh->io.append = lh_append;
	lh->io.cut = lh_cut;
	lh->budget = SIZE_MAX;
}

static inline struct imapsrv_ledger_config lh_config(struct lh *lh)
{
	struct imapsrv_ledger_config config = IMAPSRV_LEDGER_CONFIG_INIT;

	config.io = &lh->io;
	config.user = lh;
	return config;
}

#endif
