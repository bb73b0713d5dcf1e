/* SPDX-License-Identifier: MIT */
/*
 * modseqs.h - the modification sequences of a box (RFC 7162), which Maildir has no place for: an
 * imapsrv_ledger in two files beside the index.
 *
 * Changes are noted under the lock of the box, after they were made and before a session hears of
 * them.  A box without sequences, because nothing may be written there or its ledger cannot be had,
 * has 0 for all of them.
 */
#ifndef MAILDIR_MODSEQS_H
#define MAILDIR_MODSEQS_H

#include "catalog.h"

#include <sys/types.h>

struct box;

struct modseqs {
	struct imapsrv_ledger *ledger; /* NULL: none */
	struct {
		ino_t inode; /* 0: there is no such file */
		uint64_t octets;
		struct timespec mtime;
	} slots[2];        /* as they were read or written last */
	uint64_t marked;   /* the last number as it stands in the file of the lock */
	bool stale;        /* it does not know all that happened */
	uint64_t retry_at; /* ms; then */
};

/* Opens the ledger, if that was not done, and again if another process wrote to it. */
void modseqs_refresh(struct box *box);
/* Somebody changed the mailbox and may not have noted it. */
void modseqs_doubt(struct box *box);
/* The directories could not be read. */
void modseqs_put_off(struct box *box);
/* Should the directories be read, so that all is noted? */
bool modseqs_are_due(const struct box *box);
void modseqs_free(struct box *box);

/* Gives numbers to what happened: a set may be NULL.  What the ledger knows already is passed
 * over. */
void modseqs_note(struct box *box, const struct ranges *fresh, const struct ranges *flagged,
                  const struct ranges *gone);

/* The mailbox itself changes, and no message does: raises HIGHESTMODSEQ.  0 or -1. */
int modseqs_raise(struct box *box);

/* HIGHESTMODSEQ, and that of a message.  0: there is none, or none yet. */
uint64_t modseqs_highest(const struct box *box);
uint64_t modseqs_of(const struct box *box, uint32_t uid);
/* The first message at `from` or above whose sequence is above `since`, or is not known; 0:
 * none. */
uint32_t modseqs_next(const struct box *box, uint64_t since, uint32_t from);
/* What vanished since.  False: that is not remembered. */
bool modseqs_vanished(struct box *box, uint64_t since, struct imapsrv_set *uids_r);

#endif
