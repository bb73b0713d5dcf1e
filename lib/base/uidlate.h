/* SPDX-License-Identifier: MIT */
/*
 * base/uidlate - a UID set that is told in any order.  One by one to its place, each UID would make
 * all ranges behind it move; so what comes behind others that are above it waits, as it came, and
 * is put in together when it is as much as what is there: n log n for any order.
 */
#ifndef ISRV_BASE_UIDLATE_H
#define ISRV_BASE_UIDLATE_H

#include "base/uidset.h"

/* Adds first..last to the set, or to what waits for it: `late`, which is no set but a list of
 * ranges, in an isrv_uidset without a limit.  False: no memory. */
bool isrv_uidlate_add(struct isrv_uidset *late, struct isrv_uidset *set, struct isrv_mem *mem,
                      uint32_t first, uint32_t last, uint64_t *steps);
/* Puts all that waits into the set.  False: no memory. */
bool isrv_uidlate_settle(struct isrv_uidset *late, struct isrv_uidset *set, struct isrv_mem *mem,
                         uint64_t *steps);

#endif
