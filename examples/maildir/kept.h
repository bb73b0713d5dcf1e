/* SPDX-License-Identifier: MIT */
/*
 * kept.h - messages that were expunged while other sessions still show them (RFC 2180 4.1.1): their
 * flags, and their files under another name, until the last of these sessions has been told.
 *
 * What another program removed has no file any more; its flags are kept all the same.
 */
#ifndef MAILDIR_KEPT_H
#define MAILDIR_KEPT_H

#include "catalog.h"

struct box;
struct handle;

struct kept_message {
	struct message message; /* without keywords: they are here */
	char **keywords;
	uint32_t keyword_count;
	uint64_t modseq; /* 0: not known */
	uint64_t time;   /* of the expunge, as box->kept.time counts it */
	bool has_file;
};

struct kept {
	struct kept_message *items; /* ascending */
	size_t count;
	size_t capacity;
	size_t files;  /* how many of them have one */
	uint64_t time; /* counts expunges */
	char *dir;     /* where the files are; NULL: there are none */
	int fd;        /* of it: locked, so that others see that it is in use */
};

/* Under the lock of the box: */

/* Removes the file of a message that is expunged, or puts it aside if others than the origin have
 * the box open.  0, or -1 with errno, as unlink. */
int kept_remove_file(struct box *box, struct message *message, bool others);
/* The messages that are marked as gone in the catalog are about to be removed from it. */
void kept_collect(struct box *box, bool others);
/* Removes what a process left behind that is no more. */
void kept_remove_leftovers(struct box *box);

/* Changes flags of messages that a handle still sees, as if that had been before the expunge. */
void kept_set_flags(const struct handle *handle, const struct imapsrv_store_flags *change,
                    void (*each)(void *context, const struct kept_message *kept, bool unchanged,
                                 bool failed),
                    void *context);

/* The session of a handle has been told of everything that was posted to it. */
void kept_forget(struct handle *handle);
/* A handle was closed. */
void kept_release(struct box *box);
void kept_free(struct box *box);

/* What a handle can still see, ascending: the first at uid or above; NULL: nothing more.  Valid
 * until the box is locked or a handle closed. */
const struct kept_message *kept_next(const struct handle *handle, uint32_t uid);
/* The first above uid that is in the set. */
const struct kept_message *kept_within(const struct handle *handle, struct imapsrv_set set,
                                       uint32_t uid);
const struct kept_message *kept_find(const struct handle *handle, uint32_t uid);
/* Its file below the directory of the box.  The caller frees it. */
char *kept_path(const struct box *box, const struct kept_message *kept);
/* Whoever may see it. */
const struct kept_message *kept_of(const struct box *box, uint32_t uid);

#endif
