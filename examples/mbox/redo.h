/* SPDX-License-Identifier: MIT */
/*
 * redo.h - changes the end of an mbox, from some offset on, in place and yet all or nothing.
 *
 * In place, because a new file under the old name would lose mail: a delivery that waits for the
 * fcntl lock has the old file open and would append to that.  Links, owner and mode stay too, and a
 * spool directory needs not be writable.  All or nothing, because the old and the new end are
 * written to a side file first: who finds it complete knows what was about to be done.
 */
#ifndef MBOX_REDO_H
#define MBOX_REDO_H

#include <stdbool.h>
#include <stdint.h>

struct redo {
	int fd;             /* of the side file */
	int mbox;
	uint64_t start;     /* where in the mbox the two ends begin */
	uint64_t old_len;   /* of the mbox */
	uint64_t at;        /* in the side file, where the next octet goes */
	bool failed;        /* errno says why */
};

/* The caller has the mbox locked all the time.  A start of UINT64_MAX is the end of the mbox. */
void redo_begin(struct redo *redo, const char *side_path, int mbox, uint64_t start);
/* The new end, piece by piece: octets of the mbox, and others. */
void redo_copy(struct redo *redo, uint64_t from, uint64_t to);
void redo_add(struct redo *redo, const void *data, uint64_t len);
/* Puts it in force: 0.  Or -1, and the mbox is as it was or will be when redo_recover is called. */
int redo_end(struct redo *redo);

/* Finishes what was interrupted.  If others have changed the mbox meanwhile, so that finishing
 * would undo what they did, the new end goes to the file `rescue` instead.  0, or -1. */
int redo_recover(const char *side_path, int mbox, const char *rescue);

#endif
