/* SPDX-License-Identifier: MIT */
/*
 * place.h - where a mailbox name leads: into the user's own tree or, below the namespace of
 * --share, into that of another user.  Whether there is a mailbox, and who may see it, is not known
 * here.
 */
#ifndef MAILDIR_PLACE_H
#define MAILDIR_PLACE_H

#include "account.h"
#include "subscriptions.h"

struct place {
	char *root; /* the directory of the user whose it is */
	char *dir;  /* of the mailbox, below it */
	char *name; /* by which its owner knows it */
	bool own;   /* the owner is the one who gave the name */
};

/* False: there can be no mailbox of that name.  Clear it in any case. */
bool place_find(const struct account *account, struct imapsrv_span name, struct place *place);
void place_clear(struct place *place);
/* The user whose it is. */
const char *place_owner(const struct place *place);

/* Is it a name of the namespace, or the namespace itself? */
bool place_is_shared(const struct maildir *maildir, struct imapsrv_span name);
/* May there be a namespace of that name? */
bool place_can_share(const char *share, char separator);
/* By which name others know a mailbox.  The caller frees it. */
char *place_shared_name(const struct maildir *maildir, const char *owner, const char *name);
/* Do mailboxes of that user have such names? */
bool place_is_sharer(const struct maildir *maildir, const char *user);

/* Opens the directory of a user; that in which a mailbox of this name is, with `error` if there can
 * be none.  -1 with errno. */
int place_open_root(const char *path);
int place_open(const struct account *account, struct imapsrv_span name, struct place *place,
               int error);
/* Closes it, if it is open, and gives the result with errno as it was. */
int place_close(int root, struct place *place, int result);
/* The directory of the nearest mailbox above; "" if there is none.  The caller frees it. */
char *place_above(int root, const char *dir);
/* The entries of a directory whose names start so. */
int place_entries(int dirfd, const char *start, struct subscriptions *names);

#endif
