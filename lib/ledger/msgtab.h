/* SPDX-License-Identifier: MIT */
/*
 * ledger/msgtab - the messages that a ledger knows: UID, modseq and fingerprint in 20 octets each,
 * found by UID in O(log n), and by "modseq above M" without looking at the others.  No modseq is 0.
 *
 * Changes come in two steps, so that nothing can fail once a change is on record: reserve takes all
 * memory, put uses it.  Rows are in ascending order of UID everywhere.
 */
#ifndef ISRV_LEDGER_MSGTAB_H
#define ISRV_LEDGER_MSGTAB_H

#include <stdbool.h>

#include "base/mem.h"
#include "base/uidset.h"
#include "imapsrv/ledger.h"

enum { ISRV_MSGTAB_LEAF = 128 }; /* messages in a leaf */

/* In halves, because a structure with 64-bit members would take 24 octets. */
struct isrv_msg {
	uint32_t uid;
	uint32_t modseq_low, modseq_high;
	uint32_t print_low, print_high;
};

struct isrv_msgtab_leaf {
	struct isrv_msg *msgs;
	uint64_t max;   /* the highest modseq in it; 0 if empty */
	uint32_t first; /* not above its UIDs, above all UIDs of the leaves before */
	uint16_t count;
	uint16_t cap;
};

struct isrv_msgtab {
	struct isrv_msgtab_leaf *leaves;
	uint64_t *maxima; /* a heap over the leaves: maxima[i] is the greater one of [2i] and
	                     [2i+1], and maxima[span + n] is that of leaf n */
	size_t span;      /* a power of two, not below cap; 0 at first */
	size_t count;     /* leaves, empty ones included */
	size_t cap;
	size_t empty;     /* leaves without messages: they go when there are many */
	uint64_t messages;
};

/* Leaves that were reserved, in the order in which they will be used. */
struct isrv_msgtab_spare {
	struct isrv_msgtab_block *next;
	struct isrv_msgtab_block *last;
	size_t fresh; /* rows that are not known yet */
};

void isrv_msgtab_init(struct isrv_msgtab *tab);
void isrv_msgtab_clear(struct isrv_msgtab *tab, struct isrv_mem *mem);

/* Takes the memory that putting these rows will need; false if it is short, and then nothing has
 * been taken that cannot stay.  drop gives back what was not used. */
bool isrv_msgtab_reserve(struct isrv_msgtab *tab, struct isrv_mem *mem,
                         const struct imapsrv_ledger_row *rows, size_t count,
                         struct isrv_msgtab_spare *spare);
void isrv_msgtab_drop(struct isrv_mem *mem, struct isrv_msgtab_spare *spare);

/* Adds the rows, or overwrites what is known.  modseq 0: each has its own.  Nothing but put,
 * touch and these may come between reserve and put. */
void isrv_msgtab_put(struct isrv_msgtab *tab, struct isrv_mem *mem,
                     const struct imapsrv_ledger_row *rows, size_t count, uint64_t modseq,
                     struct isrv_msgtab_spare *spare);
/* Gives those that are known the modseq, which is above all, and no fingerprint. */
void isrv_msgtab_touch(struct isrv_msgtab *tab, struct imapsrv_set uids, uint64_t modseq);
void isrv_msgtab_remove(struct isrv_msgtab *tab, struct isrv_mem *mem, struct imapsrv_set uids);

/* A place between two messages; putting and removing make it stale. */
struct isrv_msgtab_place {
	size_t leaf;
	size_t index;
};

/* Before the first message whose UID is not below. */
struct isrv_msgtab_place isrv_msgtab_seek(const struct isrv_msgtab *tab, uint32_t uid);
/* The message behind the place, which moves to directly before it; NULL at the end. */
const struct isrv_msg *isrv_msgtab_at(const struct isrv_msgtab *tab,
                                      struct isrv_msgtab_place *place);
/* The same for the next message whose modseq is above. */
const struct isrv_msg *isrv_msgtab_above(const struct isrv_msgtab *tab, uint64_t modseq,
                                         struct isrv_msgtab_place *place);
/* NULL if it is not known. */
const struct isrv_msg *isrv_msgtab_find(const struct isrv_msgtab *tab, uint32_t uid);
/* Those of the set that are known, added to `known`; false if memory or its maximum is short. */
bool isrv_msgtab_known(const struct isrv_msgtab *tab, struct isrv_mem *mem, struct imapsrv_set uids,
                       struct isrv_uidset *known);

static inline uint64_t isrv_msg_modseq(const struct isrv_msg *msg)
{
	return (uint64_t)msg->modseq_high << 32 | msg->modseq_low;
}

static inline uint64_t isrv_msg_print(const struct isrv_msg *msg)
{
	return (uint64_t)msg->print_high << 32 | msg->print_low;
}

#endif
