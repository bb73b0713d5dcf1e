/* SPDX-License-Identifier: MIT */
/*
 * box.h - a mailbox: one for all connections of the process that use it.  What they and other
 * programs do to it is told to the sessions that have it open.
 *
 * Functions that return int give 0 or -1 with errno.  A box that was deleted, or whose UIDs were
 * lost, is `dead`: it stays as long as somebody holds it, and everything fails with ENOENT.
 */
#ifndef MAILDIR_BOX_H
#define MAILDIR_BOX_H

#include "acl.h"
#include "annotations.h"
#include "catalog.h"
#include "index.h"
#include "kept.h"
#include "modseqs.h"

#include <imapsrv.h>

#include <sys/types.h>

/* A directory whose changes are noticed by its modification time. */
struct watch {
	struct timespec mtime;   /* when it was read last */
	struct timespec scanned; /* the time of day then */
	bool clean;              /* see scan_own_begin */
};

struct boxes;

/* A directory that the system watches for us: see notices.h. */
struct noticed {
	struct noticed *next; /* in its chain */
	struct box *box;      /* NULL: it is not watched */
	int descriptor;
};

struct notices {
	int fd; /* for poll(2); -1: the system has no such thing */
	struct noticed **chains;
	bool full; /* said once that there is no room for more */
};

struct box {
	struct boxes *boxes;
	struct box *next;     /* in its chain of the table */
	char *account;        /* the directory of the user */
	char *dir;            /* the name of its own below that; "." for INBOX */
	char *name;           /* for clients */
	int dirfd;
	dev_t device;         /* of the directory, and: */
	ino_t inode;
	unsigned holders;
	unsigned followers;   /* among them those who only want to hear of it */
	struct maildir *maildir;
	uint64_t idle_since;  /* ms; while there are no holders */
	bool dead;
	bool frozen;          /* nothing may be written here: UIDs last as long as this box */
	int lock;
	unsigned lock_depth;
	struct catalog catalog;
	struct index index;
	struct modseqs modseqs;
	struct kept kept;
	struct annotations annotations;
	struct acl_known acl;
	struct watch watch_new;
	struct watch watch_cur;
	struct noticed noticed[2];
	struct handle *handles;
	unsigned writers;     /* handles that are not read-only */
	struct descriptions *descriptions; /* NULL until they are needed */
	struct ranges undescribed;         /* messages that are described when they are opened */
};

/* A box that a session has open. */
struct handle {
	struct box *box;
	struct imapsrv_session *session;
	bool read_only;
	char *name;                  /* by which it was opened: another may have renamed it since */
	uint64_t told;               /* of what was expunged up to here its client knows: see
	                              * kept.h */
	struct handle *next;         /* of the box */
	struct handle *next_of_peer;
};

/* All boxes in memory. */
struct boxes {
	struct box **chains;
	size_t chain_count;
	size_t count;
	struct notices notices;
	struct maildir *maildir;
};

/* ---- the table: boxes.c ------------------------------------------------------------------- */

/* The box in a directory, held for the caller.  `name` is what clients call it. */
int boxes_hold(struct boxes *boxes, const char *account, const char *dir, const char *name,
               struct box **box_r);
void box_release(struct box *box);
/* A directory got another name, or was removed: boxes in memory follow. */
void boxes_renamed(struct boxes *boxes, const char *account, const char *dir, const char *new_dir,
                   const char *new_name);
void boxes_removed(struct boxes *boxes, const char *account, const char *dir);
/* To be called about once a second: looks at the open ones, forgets those that nobody used. */
void boxes_tick(struct boxes *boxes);
void boxes_free(struct boxes *boxes);
/* Takes it out of the table, so that the next to ask reads the disk. */
void boxes_forget(struct box *box);

/* ---- one box: box.c ----------------------------------------------------------------------- */

int box_load(struct box *box);
void box_free(struct box *box);
/* Notices what other programs did. */
int box_sync(struct box *box);
/* The same, without looking at modification times: a file was not where it was thought to be. */
int box_rescan(struct box *box);
/* The end: its sessions are told that all messages have gone. */
void box_kill(struct box *box);

/* Under the lock the catalog agrees with the index on disk, and the ledger with both.  May be
 * nested. */
int box_lock(struct box *box);
void box_unlock(struct box *box);
/* Makes the lines that were put for the index last.  Under the lock. */
int box_commit(struct box *box);

/* Opens it for a session, and takes over the caller's hold; NULL: errno says why, and the hold is
 * still the caller's. */
struct handle *box_open(struct box *box, struct imapsrv_session *session, bool read_only,
                        uint32_t *recent_from_r);
void box_close(struct handle *handle);

/* Has somebody it open but this session, or NULL? */
bool box_has_others(const struct box *box, const struct imapsrv_session *session);

/* Tells the sessions that have it open. */
void box_post(struct box *box, enum imapsrv_event_type type, const struct ranges *uids,
              const struct imapsrv_session *origin);
void box_post_changes(struct box *box, struct changes *changes);

/* The file of a message below the box's directory: "cur/...".  The caller frees it. */
char *box_path(const struct message *message);
/* Gives a message other flags, in cur/; ENOENT if its file is not where it was. */
int message_rename(struct box *box, struct message *message, uint32_t flags);
/* Opens the file of a message for reading, wherever it is now; ENOENT if it is gone. */
int box_open_file(struct box *box, uint32_t uid);
/* The message's size on the wire and its date, found out if need be. */
uint64_t box_octets(struct box *box, struct message *message);
int64_t box_date(struct box *box, struct message *message);

/* ---- compare with the disk: scan.c -------------------------------------------------------- */

bool scan_is_due(const struct box *box);
/* Reads the directories that changed, or with `all` both; under the lock. */
int scan_box(struct box *box, bool all);
/* Moves files from new/ to cur/: somebody has the box open who may change it. */
void scan_move_new(struct box *box);
/* Around changes of our own to cur/ and new/, so that they do not look like those of others. */
void scan_own_begin(struct box *box);
void scan_own_end(struct box *box);

/* ---- changes by clients: change.c --------------------------------------------------------- */

/* What a change makes of system flags. */
uint32_t flags_after(const struct imapsrv_store_flags *change, uint32_t old);
/* Changes flags.  `each` is called for every message of the set that exists: `failed` if the
 * condition of the change did not hold for it.  EDOM if there are more keywords than a mailbox can
 * have. */
int box_set_flags(struct box *box, const struct imapsrv_store_flags *change,
                  const struct imapsrv_session *origin,
                  void (*each)(void *context, const struct message *message, bool unchanged,
                               bool failed),
                  void *context);
/* Removes messages, and says which. */
int box_expunge(struct box *box, struct imapsrv_set set, bool only_deleted,
                const struct imapsrv_session *origin, struct ranges *removed);

#endif
