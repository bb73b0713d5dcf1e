/* SPDX-License-Identifier: MIT */
/*
 * uids.h - the side file that remembers which UID which message has.  A message is known by the
 * digest of its content; of several that are the same, the first in the file has the lowest UID.
 *
 * The file is small text with a digest at its end, written anew and renamed into place.  One that
 * is damaged is not repaired: the mailbox gets a new UIDVALIDITY, and clients start afresh.
 */
#ifndef MBOX_UIDS_H
#define MBOX_UIDS_H

#include "digest.h"
#include "scan.h"

struct known {
	uint32_t uid;
	struct digest digest;
};

struct uids {
	uint32_t uidvalidity;
	uint32_t uidnext;
	uint32_t recent;       /* messages from this UID on were never shown as \Recent */
	uint64_t generation;   /* rises with each change of the side files by anybody */
	uint64_t highest;      /* HIGHESTMODSEQ at that time: a ledger that says less has lost
	                        * something */
	struct digest key;     /* for the digests of the messages */
	struct known *known;   /* ascending UIDs */
	size_t count;
};

/* A new one, without messages; UIDVALIDITY is above the one that was. */
void uids_new(struct uids *uids);
/* 0; or -1: errno ENOENT (there is none), EILSEQ (it is damaged), or why it cannot be read.  What
 * is readable of the uidvalidity is there even then. */
int uids_load(struct uids *uids, const char *path);
/* Somebody has written it since. */
bool uids_is_stale(const struct uids *uids, const char *path);
/* Writes it, durably, with the next generation.  0, or -1. */
int uids_save(struct uids *uids, const char *path);
/* Is there room for it?  Writes it beside, and removes that.  0, or -1. */
int uids_try(const struct uids *uids, const char *path);
void uids_free(struct uids *uids);

/* Gives UIDs to the messages of a file, which are in the order of the file, and sorts them by UID.
 * Returns whether anything is new or gone. */
bool uids_assign(struct uids *uids, struct message *messages, size_t count);
/* Puts those that have UIDs already in front of the others.  Returns how many they are. */
size_t uids_known_first(struct uids *uids, struct message *messages, size_t count);

#endif
