/* SPDX-License-Identifier: MIT */
/*
 * ledger/tombs - which UIDs vanished at which modseq, as far back as memory goes (RFC 7162 5.3):
 * ranges in the order of their modseqs, of which the oldest are dropped when there are too many.
 * What was dropped leaves the floor: above it, nothing is missing.
 */
#ifndef ISRV_LEDGER_TOMBS_H
#define ISRV_LEDGER_TOMBS_H

#include <stdbool.h>

#include "base/mem.h"
#include "imapsrv/ledger.h"

struct isrv_tomb {
	uint64_t modseq;
	uint32_t first;
	uint32_t last;
};

struct isrv_tombs {
	struct isrv_tomb *items; /* those that count are items[head..head + count - 1] */
	size_t head;
	size_t count;
	size_t cap;
	size_t max;
	uint64_t floor;       /* all that vanished above this is here */
	uint32_t highest_uid; /* no UID above this is here */
};

void isrv_tombs_init(struct isrv_tombs *tombs, size_t max);
void isrv_tombs_clear(struct isrv_tombs *tombs, struct isrv_mem *mem);
/* Forgets all, and that there was something up to `floor`. */
void isrv_tombs_forget(struct isrv_tombs *tombs, uint64_t floor);

/* Room for taking the UIDs of the rows out and for `more` ranges; false if memory is short. */
bool isrv_tombs_reserve(struct isrv_tombs *tombs, struct isrv_mem *mem,
                        const struct imapsrv_ledger_row *rows, size_t row_count, size_t more);
/* UIDs that exist after all.  Needs the room; linear in the ranges if one of the UIDs may be
 * there. */
void isrv_tombs_revive(struct isrv_tombs *tombs, const struct imapsrv_ledger_row *rows,
                       size_t row_count);
/* These vanished, at a modseq that is not below any before.  Needs the room. */
void isrv_tombs_add(struct isrv_tombs *tombs, struct imapsrv_set uids, uint64_t modseq);

/* The ranges above a modseq: a part of the array, in no order of UIDs. */
const struct isrv_tomb *isrv_tombs_since(const struct isrv_tombs *tombs, uint64_t since,
                                         size_t *count_r);

#endif
