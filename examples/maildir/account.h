/* SPDX-License-Identifier: MIT */
/*
 * account.h - one user's tree of mailboxes.  Functions that return int give 0 or -1 with errno.
 */
#ifndef MAILDIR_ACCOUNT_H
#define MAILDIR_ACCOUNT_H

#include "maildir.h"

struct account {
	struct maildir *maildir;
	char *path; /* its directory, which is INBOX too */
};

/* The account of a user; its directory is made if need be.  NULL: errno says. */
struct account *account_open(struct maildir *maildir, struct imapsrv_span user);
void account_close(struct account *account);

/* The user's name. */
const char *account_user(const struct account *account);

/* Names below are such as the user knows: place.h. */

/* The directory of a mailbox that exists; to be closed. */
int account_mailbox_dir(const struct account *account, struct imapsrv_span name);

/* Holds one of its mailboxes. */
int account_box(struct account *account, struct imapsrv_span name, struct box **box_r);

/* What the user may do in a mailbox; with `above` in the nearest above it in the same tree.
 * ENOENT: there is none. */
int account_rights(const struct account *account, struct imapsrv_span name, bool above,
                   uint32_t *rights_r);

/* Is there a mailbox below that name in which he has one of these rights? */
bool account_may_below(const struct account *account, struct imapsrv_span name, uint32_t rights);

/* Calls `each` for every mailbox in the user's tree; with `subscribed` also says which are, and
 * names those that are but do not exist, wherever they would be. */
int account_list(struct account *account, bool subscribed,
                 void (*each)(void *context, const char *name, uint32_t attributes),
                 void *context);

/* The same for all that other users let him see. */
int account_list_shared(struct account *account, bool subscribed,
                        void (*each)(void *context, const char *name, uint32_t attributes,
                                     uint32_t rights),
                        void *context);

/* `uses` are IMAPSRV_USE_*, or-ed: in his own tree.  EACCES: nobody but the owner may there. */
int account_create(struct account *account, struct imapsrv_span name, uint32_t uses);
int account_remove(struct account *account, struct imapsrv_span name);
int account_rename(struct account *account, struct imapsrv_span from, struct imapsrv_span to);
int account_subscribe(struct account *account, struct imapsrv_span name, bool on);

#endif
