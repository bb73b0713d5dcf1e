/* SPDX-License-Identifier: MIT */
/*
 * annotations.h - the annotations of a mailbox, in a file "imapsrv-metadata" in its directory,
 * which goes along with it.  Functions that return int give 0 or -1 with errno.
 */
#ifndef MAILDIR_ANNOTATIONS_H
#define MAILDIR_ANNOTATIONS_H

#include "entries.h"

#include <sys/types.h>

#define ANNOTATIONS_FILE "imapsrv-metadata"

struct box;

/* What a box knows of them, to tell what changed. */
struct annotations {
	bool known;
	ino_t inode; /* of the file; 0: there was none */
	struct timespec mtime;
	struct entries entries;
};

/* Those of a mailbox in a directory of this account. */
int annotations_read(int root, const char *dir, struct entries *entries);

/* The special uses of that mailbox: what its name stands for if they are damaged.  -1: they cannot
 * be read now. */
int annotations_uses(int root, const char *dir, const char *name, uint32_t *uses_r);
/* A mailbox is being made in this directory: it has these special uses, and nothing of what a crash
 * may have left there. */
int annotations_begin(int dirfd, uint32_t uses);

/* Changes entries: all of them, or none.  `owner`: whose the private ones are; "": the user's whose
 * mailbox it is.  The others are told. */
int annotations_change(struct box *box, const char *owner, const struct imapsrv_entry *changes,
                       size_t count, const struct imapsrv_session *origin);

/* Somebody has it open, or wants to hear of it: tells what others changed. */
void annotations_look(struct box *box, const struct imapsrv_session *origin);
void annotations_free(struct box *box);

#endif
