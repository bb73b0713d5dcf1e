/* SPDX-License-Identifier: MIT */
/*
 * box.h - one mailbox: an mbox file and what we know of it.
 *
 * There is one way in which anything is learnt of a mailbox: under the lock, the file is read, its
 * messages are found again among those that had UIDs (uids.h), and the list is given to the ledger
 * as a snapshot, which numbers what is new, changed or gone.  It is the same for what another
 * program did a minute or a year ago and for what a client has just asked for: a command changes
 * the file, and then the file is looked at.
 */
#ifndef MBOX_BOX_H
#define MBOX_BOX_H

#include "lock.h"
#include "slots.h"
#include "uids.h"

#include <sys/stat.h>

struct box {
	struct box *next;
	unsigned users;            /* opens and looks at work */
	char *name, *path;
	char *uids_path, *lock_path, *redo_path, *rescue_path;

	struct lock lock;
	bool writable;
	bool stale;                /* what is below is not to be relied on: read the file */
	bool held;                 /* `messages` lacks new ones: they cannot be put on record */
	bool settled;              /* `seen` was old enough then to show the next change */
	struct stat seen;          /* of the file when it was read */
	struct digester heads;     /* of all headers then, in the order of the file */
	struct uids uids;
	bool unsaved;              /* they are not all in the side file */
	struct message *messages;  /* ascending UIDs */
	size_t count;

	struct slots slots;
	struct imapsrv_ledger *ledger;

	struct imapsrv_session *session;   /* is told */
	bool *renumbered;                  /* set when the session's UIDs are no longer valid */
	const struct imapsrv_set *own;     /* messages whose flags a command is changing */
};

struct box *box_new(const char *name, const char *path, const char *side_dir);
void box_free(struct box *box);

/* Notices what happened; cheap if nothing did.  0; or -1: errno says why, ENOENT with `must_exist`
 * only, EILSEQ if the file is no mbox. */
int box_look(struct box *box, bool must_exist);
/* The same, and leaves it locked.  With `create`, makes the file if there is none. */
int box_lock(struct box *box, bool must_exist, bool create);
void box_unlock(struct box *box);
/* Reads a locked file again, whatever it looks like. */
int box_relook(struct box *box);

/* The first message from a UID on; its index, or box->count. */
size_t box_from(const struct box *box, uint32_t uid);
/* The content of a message, as it is in the file now; NULL: errno says why, ENOENT that it has
 * gone.  The caller frees it. */
char *box_content(struct box *box, uint32_t uid, size_t *len_r);

/* All messages, in the order of the file; the caller frees it. */
struct message **box_places(const struct box *box);

/* ---- changes of a locked box, after which it has been looked at: change.c.  0, or -1
 * ---------- */

/* Rewrites the messages that have a change, by their index. */
struct change {
	bool gone;           /* removes it */
	bool flagged;        /* gives it these flags */
	struct flags flags;
};
int box_rewrite(struct box *box, const struct change *changes);

/* A message that comes in: octets of it as they came, in a file of our own. */
struct letter {
	uint64_t at, len;
	int64_t date;
	struct flags flags;
};
/* Adds messages.  They are the last of box->messages then. */
int box_append(struct box *box, int fd, const struct letter *letters, size_t count);

#endif
