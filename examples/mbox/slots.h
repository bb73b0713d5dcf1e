/* SPDX-License-Identifier: MIT */
/*
 * slots.h - the two places in which a ledger keeps its octets: two files.
 */
#ifndef MBOX_SLOTS_H
#define MBOX_SLOTS_H

#include <imapsrv.h>

#include <stdbool.h>

struct slots {
	char *paths[2];
	int fds[2]; /* -1: not opened yet */
	uint64_t lengths[2];
};

/* Opens the ledger of a mailbox, with this `user` until it is freed.  0, or an imapsrv error. */
int slots_open_ledger(struct slots *slots, uint32_t uidvalidity,
                      struct imapsrv_ledger_opened *opened_r, struct imapsrv_ledger **ledger_r);
/* Somebody else has written them since. */
bool slots_are_stale(const struct slots *slots);
void slots_close(struct slots *slots);

#endif
