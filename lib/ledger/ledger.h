/* SPDX-License-Identifier: MIT */
/*
 * ledger/ledger - what the files of the ledger share: the object, and how a change becomes known.
 *
 * The invariant: what is in memory is what opening the slot in use would give.  So memory is taken
 * first, then the record is appended, then the change is made, which cannot fail.
 *
 * Numbers.  `highest` is the last that was given.  Without config.synced a record may be lost in a
 * crash after its number was given out; therefore numbers are given only up to `top`, which is on
 * durable record: a slot whose last word on it is above the highest number in it may have lost
 * some, and none of them is above `top`.
 */
#ifndef ISRV_LEDGER_LEDGER_H
#define ISRV_LEDGER_LEDGER_H

#include "ledger/msgtab.h"
#include "ledger/record.h"
#include "ledger/tombs.h"

enum {
	ISRV_LEDGER_TOMBSTONES = 10000, /* the default of config.tombstones */
	ISRV_LEDGER_RESERVE = 65536,    /* the most that one record reserves */
	ISRV_LEDGER_COMPACT = 65536     /* octets below which no slot is compacted unasked */
};

/* A snapshot that has begun.  What was found waits here until there is a batch of it. */
struct isrv_snapshot {
	bool active;
	bool stale;    /* the place is */
	uint64_t next; /* messages below are dealt with */
	struct isrv_msgtab_place place;
	struct imapsrv_ledger_row *rows;
	size_t row_count;
	struct isrv_uidset added, changed, gone;
	void (*diff)(void *user, const struct imapsrv_ledger_diff *diff);
	void *user;
};

struct imapsrv_ledger {
	struct isrv_mem mem;
	struct imapsrv_ledger_config config;
	struct imapsrv_ledger_io io;
	bool kept; /* there is an io */
	bool busy; /* a callback is running */

	struct isrv_msgtab tab;
	struct isrv_tombs tombs;
	uint64_t highest;
	uint64_t top;
	uint64_t base; /* no message has a modseq below, whatever the table says */
	uint32_t uidvalidity;

	unsigned slot; /* in use */
	uint64_t generation;
	uint64_t length;         /* octets in it that are good */
	uint64_t compact_length; /* as it was after the last compaction */
	uint64_t compact_after;  /* compact when it is that long */
	uint32_t chain;          /* the check of its last record */
	bool tail_bad;    /* there may be octets behind the good ones */
	bool other_dirty; /* the other slot may hold something */
	bool damaged;     /* what is wrong with the slot must stay visible until it is replaced */
	bool recovered;   /* `base` was raised by opening, and that is not on record */

	struct isrv_record out;
	struct isrv_change_room room;
	struct isrv_uidset found; /* the answer of vanished_since, and sets that are being made */
	struct isrv_snapshot snap;
};

/* ---- ledger.c -------------------------------------------------------------------------------- */

/* All is counted as changed, and forgotten what vanished, at that number. */
void isrv_ledger_recover(struct imapsrv_ledger *ledger, uint64_t number);
/* No message, nothing vanished. */
void isrv_ledger_forget(struct imapsrv_ledger *ledger, uint64_t number, uint32_t uidvalidity);

/* ---- commit.c -------------------------------------------------------------------------------- */

/* Memory for a change; apply uses it.  False: none. */
bool isrv_ledger_prepare(struct imapsrv_ledger *ledger, const struct isrv_change *change,
                         struct isrv_msgtab_spare *spare);
void isrv_ledger_apply(struct imapsrv_ledger *ledger, const struct isrv_change *change,
                       struct isrv_msgtab_spare *spare);
/* Gives the change a number, puts it on record and makes it. */
int isrv_ledger_commit(struct imapsrv_ledger *ledger, struct isrv_change *change);
/* A number for a change that appends a record of its own. */
int isrv_ledger_number(struct imapsrv_ledger *ledger, uint64_t *number_r);

/* ---- slots.c --------------------------------------------------------------------------------- */

/* Begins a record of a few numbers and appends it to the slot in use. */
int isrv_ledger_note(struct imapsrv_ledger *ledger, enum isrv_record_type type, uint64_t number,
                     const uint64_t *second);
/* Appends ledger->out. */
int isrv_ledger_append(struct imapsrv_ledger *ledger, enum isrv_record_type type, bool durable);
/* Makes the slot fit for appending. */
int isrv_ledger_ready(struct imapsrv_ledger *ledger);
int isrv_ledger_cut(struct imapsrv_ledger *ledger, unsigned slot, uint64_t length);
/* Writes all that is known to the other slot and goes on there. */
int isrv_ledger_image(struct imapsrv_ledger *ledger);

/* ---- load.c ---------------------------------------------------------------------------------- */

/* Fills an empty ledger from its slots.  opened->found has IMAPSRV_LEDGER_NEW if there is nothing,
 * IMAPSRV_LEDGER_LOST if nothing is readable. */
int isrv_ledger_load(struct imapsrv_ledger *ledger, struct imapsrv_ledger_opened *opened);

/* ---- snapshot.c ------------------------------------------------------------------------------ */

void isrv_snapshot_clear(struct imapsrv_ledger *ledger);

#endif
