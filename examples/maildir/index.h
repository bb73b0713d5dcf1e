/* SPDX-License-Identifier: MIT */
/*
 * index.h - a mailbox's catalog on disk: the file "imapsrv-index" beside cur/ and new/, to which
 * changes are appended.  All calls happen under the mailbox's lock, except
 * index_changed.
 */
#ifndef MAILDIR_INDEX_H
#define MAILDIR_INDEX_H

#include "catalog.h"
#include "support.h"

#include <sys/types.h>

struct index {
	ino_t inode;            /* of the file that was read; 0: none yet */
	struct timespec mtime;  /* of the same, when it was read or written last */
	uint32_t uidvalidity;   /* of it, and: */
	uint64_t generation;    /* counts the times that it was written anew */
	uint64_t end;           /* how far it was read */
	uint32_t sum;           /* the checksum there */
	size_t lines;
	struct text pending; /* lines that index_commit will append */
	size_t pending_lines;
	uint32_t pending_sum;
	bool durable; /* some of them must be on the disk before anybody hears of them */
};

enum index_state {
	INDEX_ERROR = -1, /* errno says */
	INDEX_READ,       /* the catalog is as the file */
	INDEX_MISSING,    /* there is none; the catalog is as it was */
	INDEX_BROKEN,     /* what is left cannot be trusted, and was put aside */
	INDEX_FOREIGN     /* it is of another mailbox than the catalog, or went back in time */
};

void index_clear(struct index *index);

/* Was it written to by somebody else since we did?  Needs no lock. */
bool index_changed(const struct index *index, int dirfd);

/* Brings the catalog up to date, and notes what that changed. */
enum index_state index_refresh(struct index *index, int dirfd, struct catalog *catalog,
                               struct changes *changes);

/* Writes the whole catalog to a new file. */
int index_rewrite(struct index *index, int dirfd, struct catalog *catalog);
/* Has the file so many lines that this would pay? */
bool index_is_long(const struct index *index, const struct catalog *catalog);

/* Lines to append.  They take effect with index_commit; the catalog is the caller's affair. */
void index_put_message(struct index *index, const struct message *message);
void index_put_gone(struct index *index, uint32_t uid);
void index_put_keyword(struct index *index, unsigned place, const char *name);
void index_put_message_keywords(struct index *index, uint32_t uid, uint64_t keywords);
void index_put_uidnext(struct index *index, uint32_t uidnext);
void index_put_recent(struct index *index, uint32_t recent_from);

/* Appends the lines that were put: all or none.  0, or -1 with errno. */
int index_commit(struct index *index, int dirfd);
/* Forgets them instead. */
void index_rollback(struct index *index);

#endif
