/* SPDX-License-Identifier: MIT */
/*
 * ledger/msgtab_leaf - what the files of the message table share, and nobody else needs.
 */
#ifndef ISRV_LEDGER_MSGTAB_LEAF_H
#define ISRV_LEDGER_MSGTAB_LEAF_H

#include "ledger/msgtab.h"

/* Room is taken for a multiple of eight messages. */
static inline size_t isrv_msgtab_round(size_t count)
{
	return (count + 7) / 8 * 8;
}

void isrv_msg_set(struct isrv_msg *msg, uint64_t modseq, uint64_t print);

/* The leaf that a UID belongs to; 0 if there is none at all. */
size_t isrv_msgtab_locate(const struct isrv_msgtab *tab, uint32_t uid);
/* The index of the first message whose UID is not below. */
size_t isrv_msgtab_lower(const struct isrv_msgtab_leaf *leaf, uint32_t uid);
/* False, and as before, if memory is short. */
bool isrv_msgtab_resize(struct isrv_msgtab_leaf *leaf, struct isrv_mem *mem, size_t cap);

/* Sets the highest modseq of a leaf, here and in the heap; looks for it; makes the heap anew. */
void isrv_msgtab_set_max(struct isrv_msgtab *tab, size_t leaf, uint64_t max);
void isrv_msgtab_find_max(struct isrv_msgtab *tab, size_t leaf);
void isrv_msgtab_rebuild(struct isrv_msgtab *tab);

#endif
