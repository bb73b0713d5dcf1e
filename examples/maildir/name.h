/* SPDX-License-Identifier: MIT */
/*
 * name.h - mailbox names as clients know them, and as directories of a Maildir++ tree.
 */
#ifndef MAILDIR_NAME_H
#define MAILDIR_NAME_H

#include <imapsrv.h>

#include <stdbool.h>

/* The directory of a mailbox: ".A.B", and "." for INBOX.  NULL if the name cannot be one (too long,
 * not UTF-8).  The caller frees it. */
char *name_to_dir(struct imapsrv_span name, char separator);

/* The name of a directory that starts with a dot; NULL if name_to_dir would never make it.  The
 * caller frees it. */
char *name_from_dir(const char *dir, char separator);

/* May this be the directory name of a user, below the root? */
bool name_is_user(struct imapsrv_span name);

#endif
