/* SPDX-License-Identifier: MIT */
/*
 * imapsrv/ledger.h - modification sequences (RFC 7162) for a mail store that has none.
 *
 * A ledger belongs to one mailbox and is used by one thread at a time.  It knows the modification
 * sequence (modseq) of every message, which UIDs vanished at which modseq as far back as its memory
 * goes, and HIGHESTMODSEQ; it compares a complete list of messages with what it knows and so finds
 * what happened behind its back.  It does no I/O: the host lends it two places to keep octets in.
 *
 * What holds of the numbers.  Each change gets a number above all before it, 1..2^63-1 (RFC 7162
 * 7).  No number that a call of this header has returned is given again or undercut, also not by a
 * ledger that was opened from what a crash has left, provided that the octets that were appended
 * with `durable` not 0 are still there.  A ledger that may have lost changes with numbers that a
 * client may have seen says so when it is opened (IMAPSRV_LEDGER_UNSETTLED, _DAMAGED) and then
 * counts every message as changed and forgets what vanished, at a number above all that can have
 * been given out: a client then asks too much once, and is never told that nothing changed when
 * something did.
 *
 * A call that fails has changed nothing, whatever the error, and may be made again.
 */
#ifndef IMAPSRV_LEDGER_H
#define IMAPSRV_LEDGER_H

#include "imapsrv/types.h"

#ifdef __cplusplus
extern "C" {
#endif

struct imapsrv_ledger;

/* The greatest modification sequence (RFC 7162 7). */
#define IMAPSRV_MODSEQ_MAX 0x7fffffffffffffffu

/* A fingerprint that is not known. */
#define IMAPSRV_LEDGER_UNKNOWN 0xffffffffffffffffu

/*
 * One message.  The fingerprint stands for its flags: the flags themselves as bits, or a hash of
 * them; equal flags have equal fingerprints.  Kept in full, so that flags as bits are compared
 * exactly.
 */
struct imapsrv_ledger_row {
	uint32_t uid;
	uint64_t fingerprint; /* or IMAPSRV_LEDGER_UNKNOWN */
	uint64_t modseq;      /* not looked at in what the host gives */
};

/*
 * Where a ledger is kept: two slots, 0 and 1, each a run of octets that grows at its end: two
 * files, two rows of a table, two areas of a flash.  A slot that does not exist is one without
 * octets.  The functions return 0, or anything else for failure, and must not call the ledger.
 */
struct imapsrv_ledger_io {
	size_t size; /* IMAPSRV_LEDGER_IO_INIT sets it */

	/* Copies up to len octets that begin at `offset` to `to`, and says how many; fewer than len
	 * only at the end of the slot. */
	int (*read)(void *user, unsigned slot, uint64_t offset, void *to, size_t len,
	            size_t *got_r);

	/* Adds octets at the end.  With `durable` not 0 these, and all that was appended to the
	 * slot before, must outlive a crash from the moment that the call returns.  What a failed
	 * call may have left behind is dealt with. */
	int (*append)(void *user, unsigned slot, const void *data, size_t len, int durable);

	/* Cuts the slot to its first `length` octets, durably.  One that can only be emptied fails
	 * for a length other than 0: a compaction does instead. */
	int (*cut)(void *user, unsigned slot, uint64_t length);
};
#define IMAPSRV_LEDGER_IO_INIT IMAPSRV_SIZED(struct imapsrv_ledger_io)

struct imapsrv_ledger_config {
	size_t size;                               /* IMAPSRV_LEDGER_CONFIG_INIT sets it */
	const struct imapsrv_allocator *allocator; /* NULL: malloc and free.  Outlives the ledger */
	const struct imapsrv_ledger_io *io;        /* copied.  NULL: nothing is kept */
	void *user;                                /* for io */
	size_t memory;       /* octets that it may hold; 0: no bound.  A message takes under 24 */
	uint32_t tombstones; /* ranges of vanished UIDs to remember, 16 octets each; 0: 10,000 */
	uint32_t reserve;    /* numbers that one durable append reserves, at most the 65,536 that
	                        0 stands for.  More: fewer durable appends.  Fewer: smaller leaps
	                        after a crash */
	int synced;          /* not 0: every append is durable, so that nothing that was returned
	                        can be lost; no numbers are reserved, and imapsrv_ledger_settle is
	                        not needed */
	int manual;          /* not 0: compacts only when imapsrv_ledger_compact is called, or
	                        when it cannot go on without.  Else also when a slot has grown to
	                        64 KiB and four times what it was after the last compaction */
	uint64_t start;      /* numbers begin above this when nothing is known of those before.  A
	                        host that may lose its slots gives seconds since 1970 times 2^20 */
};
#define IMAPSRV_LEDGER_CONFIG_INIT IMAPSRV_SIZED(struct imapsrv_ledger_config)

/* What was found when a ledger was opened. */
enum imapsrv_ledger_found {
	IMAPSRV_LEDGER_NEW = 1 << 0,       /* there was nothing yet, or a creation was cut short */
	IMAPSRV_LEDGER_TORN = 1 << 1,      /* the last write was cut short: it is dropped */
	IMAPSRV_LEDGER_UNSETTLED = 1 << 2, /* not settled: changes may be lost, see above */
	IMAPSRV_LEDGER_DAMAGED = 1 << 3,   /* octets are wrong: what comes before them is kept */
	IMAPSRV_LEDGER_LOST = 1 << 4,      /* nothing is readable: begun anew, above config.start */
	IMAPSRV_LEDGER_RESET = 1 << 5      /* it was of another UIDVALIDITY */
};
struct imapsrv_ledger_opened {
	size_t size;     /* IMAPSRV_LEDGER_OPENED_INIT sets it */
	uint32_t found;  /* enum imapsrv_ledger_found, or-ed; 0: all is well */
	unsigned slot;   /* the slot in use */
	uint64_t offset; /* TORN, DAMAGED: where the octets that are kept end */
	uint64_t octets; /* TORN, DAMAGED: how many there are from there on */
};
#define IMAPSRV_LEDGER_OPENED_INIT IMAPSRV_SIZED(struct imapsrv_ledger_opened)

/*
 * Makes a ledger that knows no message, for a mailbox of that UIDVALIDITY (not 0).  Whatever the
 * slots hold is thrown away; its first number is above config->start.
 * Errors: IMAPSRV_EINVAL, IMAPSRV_ENOMEM, IMAPSRV_EHOST (a callback failed), IMAPSRV_ETOOBIG (start
 * leaves no numbers).
 */
IMAPSRV_API int imapsrv_ledger_new(const struct imapsrv_ledger_config *config, uint32_t uidvalidity,
                                   struct imapsrv_ledger **ledger_r);

/*
 * Opens what was kept; with empty slots, makes a new ledger.  config->io is needed.  opened_r may
 * be NULL.  If anything was found there, give a snapshot before answering clients: what was lost is
 * found by it.  Reads only, unless the ledger is new, lost or of another UIDVALIDITY.
 * Errors: as imapsrv_ledger_new, and IMAPSRV_ESTATE: nothing is readable and config->start is 0.
 * The host can then give a start that is above all numbers before, or change the mailbox's
 * UIDVALIDITY and call imapsrv_ledger_new.
 */
IMAPSRV_API int imapsrv_ledger_open(const struct imapsrv_ledger_config *config,
                                    uint32_t uidvalidity, struct imapsrv_ledger_opened *opened_r,
                                    struct imapsrv_ledger **ledger_r);

/* Frees the ledger and writes nothing: settle it before.  NULL is allowed. */
IMAPSRV_API void imapsrv_ledger_free(struct imapsrv_ledger *ledger);

/*
 * The changes.  Rows are in strictly ascending order of UID.  All that one call names gets one
 * number (RFC 7162 3.1.3), which modseq_r receives (NULL is allowed); 0 if nothing changed.  When
 * the call returns 0 the change is kept: appended, and known.
 * Errors of each: IMAPSRV_EINVAL (rows or ranges out of order, UID 0), IMAPSRV_ESTATE (a snapshot
 * has begun), IMAPSRV_EREENTER (from a callback), IMAPSRV_ENOMEM, IMAPSRV_EHOST (a callback
 * failed), IMAPSRV_ETOOBIG (the change needs more than 16 MiB, or no number is left).
 */

/* New messages.  One that is known already counts as touched. */
IMAPSRV_API int imapsrv_ledger_add(struct imapsrv_ledger *ledger,
                                   const struct imapsrv_ledger_row *rows, size_t count,
                                   uint64_t *modseq_r);
/* Messages got new flags.  UIDs that are not known are passed over. */
IMAPSRV_API int imapsrv_ledger_touch(struct imapsrv_ledger *ledger,
                                     const struct imapsrv_ledger_row *rows, size_t count,
                                     uint64_t *modseq_r);
/* The same for a set, when their fingerprints are not at hand: they are no longer known, so that
 * the next snapshot counts the messages as changed once more. */
IMAPSRV_API int imapsrv_ledger_touch_set(struct imapsrv_ledger *ledger, struct imapsrv_set uids,
                                         uint64_t *modseq_r);
/* Messages are gone for good.  UIDs that are not known are passed over. */
IMAPSRV_API int imapsrv_ledger_vanish(struct imapsrv_ledger *ledger, struct imapsrv_set uids,
                                      uint64_t *modseq_r);
/* The mailbox itself changed and no message did: an annotation of it, say (RFC 7162 3.2).  Gives a
 * number that only HIGHESTMODSEQ shows. */
IMAPSRV_API int imapsrv_ledger_raise(struct imapsrv_ledger *ledger, uint64_t *modseq_r);
/* The mailbox has a new UIDVALIDITY (not 0): no message is known, no UID vanished, and the numbers
 * go on above all before. */
IMAPSRV_API int imapsrv_ledger_reset(struct imapsrv_ledger *ledger, uint32_t uidvalidity);

/*
 * Makes all changes so far durable and gives back the numbers that are reserved: a ledger that is
 * opened after this is as it is now.  Worth calling before the ledger is freed and when a burst of
 * changes is over; costs one durable append, and one more at the next change.  What a change that
 * was refused with IMAPSRV_EHOST has left in the slot is cut off: else it may be found when that is
 * opened, as if it had been made.  Does nothing if nothing is at risk.
 * Errors: IMAPSRV_EREENTER, IMAPSRV_ENOMEM, IMAPSRV_EHOST.
 */
IMAPSRV_API int imapsrv_ledger_settle(struct imapsrv_ledger *ledger);

/*
 * Writes all that is known, and nothing else, to the other slot and goes on there.  Settles.  Cut
 * short at any octet, it leaves the ledger as it was.
 * Errors: IMAPSRV_EREENTER, IMAPSRV_ENOMEM, IMAPSRV_EHOST.
 */
IMAPSRV_API int imapsrv_ledger_compact(struct imapsrv_ledger *ledger);

/* HIGHESTMODSEQ: the last number that was given, at least 1. */
IMAPSRV_API uint64_t imapsrv_ledger_highest(const struct imapsrv_ledger *ledger);

/* The modseq of a message; 0 if it is not known. */
IMAPSRV_API uint64_t imapsrv_ledger_modseq(const struct imapsrv_ledger *ledger, uint32_t uid);

/*
 * Which messages changed: fills `rows`, which has room for `max`, with those whose modseq is above
 * `since` and whose UID is `from` or above, ascending.  Returns how many; fewer than max means that
 * there are no more.  To go on, ask again from the last UID + 1.  Takes time in proportion to the
 * answer.
 */
IMAPSRV_API size_t imapsrv_ledger_changes_since(const struct imapsrv_ledger *ledger, uint64_t since,
                                                uint32_t from, struct imapsrv_ledger_row *rows,
                                                size_t max);

struct imapsrv_ledger_vanished {
	size_t size;             /* IMAPSRV_LEDGER_VANISHED_INIT sets it */
	struct imapsrv_set uids; /* that vanished since, never one of a known message; the ledger's,
	                            until the next call that is given it without const */
	uint64_t complete_since; /* the memory of the ledger goes back to here */
	int complete;            /* `since` is not below that: uids has all of them */
};
#define IMAPSRV_LEDGER_VANISHED_INIT IMAPSRV_SIZED(struct imapsrv_ledger_vanished)

/*
 * Which UIDs vanished above `since`, or those of them that are remembered.
 * Errors: IMAPSRV_EINVAL, IMAPSRV_EREENTER, IMAPSRV_ENOMEM.
 */
IMAPSRV_API int imapsrv_ledger_vanished_since(struct imapsrv_ledger *ledger, uint64_t since,
                                              struct imapsrv_ledger_vanished *vanished_r);

/* Differences that a snapshot found, all with one number, already kept when they are told. */
struct imapsrv_ledger_diff {
	size_t size;
	uint64_t modseq;
	struct imapsrv_set added;
	struct imapsrv_set changed;
	struct imapsrv_set vanished;
};

/*
 * A snapshot: the host gives all messages that exist, ascending, and the ledger finds what is new,
 * changed or gone and gives it numbers, in batches, while the rows come in.  Changes by other calls
 * are refused until it ends.  A row with a fingerprint that is not known says that the message
 * exists.
 *
 * diff, which may be NULL, is called for each batch; what it is given dies when it returns.  It may
 * ask the ledger (highest, modseq, changes_since) but call nothing else.
 *
 * begin: errors IMAPSRV_EINVAL (no ledger), IMAPSRV_ESTATE (one has begun), IMAPSRV_EREENTER,
 * ENOMEM.
 * row, end: the errors of a change; the row was then not taken, the snapshot goes on, and the call
 * may be made again.  IMAPSRV_ESTATE: none has begun.
 * abort: the differences found so far, if they were told, stand.
 */
IMAPSRV_API int imapsrv_ledger_snapshot_begin(struct imapsrv_ledger *ledger,
                                              void (*diff)(void *user,
                                                           const struct imapsrv_ledger_diff *diff),
                                              void *user);
IMAPSRV_API int imapsrv_ledger_snapshot_row(struct imapsrv_ledger *ledger, uint32_t uid,
                                            uint64_t fingerprint);
IMAPSRV_API int imapsrv_ledger_snapshot_end(struct imapsrv_ledger *ledger);
IMAPSRV_API void imapsrv_ledger_snapshot_abort(struct imapsrv_ledger *ledger);

struct imapsrv_ledger_status {
	size_t size;             /* IMAPSRV_LEDGER_STATUS_INIT sets it */
	uint32_t uidvalidity;
	int settled;             /* nothing that was given out can be lost */
	uint64_t messages;
	uint64_t tombstones;     /* ranges of vanished UIDs that are remembered */
	uint64_t complete_since; /* as in imapsrv_ledger_vanished */
	size_t memory;           /* octets held, and the most that ever were */
	size_t memory_peak;
	unsigned slot;           /* in use */
	uint64_t octets;         /* in the slot, and how many after the last compaction */
	uint64_t octets_compact;
};
#define IMAPSRV_LEDGER_STATUS_INIT IMAPSRV_SIZED(struct imapsrv_ledger_status)

/* Figures for the host's own use.  Error: IMAPSRV_EINVAL (status_r without its size). */
IMAPSRV_API int imapsrv_ledger_status(const struct imapsrv_ledger *ledger,
                                      struct imapsrv_ledger_status *status_r);

#ifdef __cplusplus
}
#endif

#endif
