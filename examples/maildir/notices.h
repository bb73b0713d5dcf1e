/* SPDX-License-Identifier: MIT */
/*
 * notices.h - the system tells when other programs touch the directories of an open mailbox: by
 * inotify(7) where there is one.  It is only a hint to look now: all open boxes are looked at once
 * a second anyway, which is all that there is elsewhere, or when the system has no room for more.
 */
#ifndef MAILDIR_NOTICES_H
#define MAILDIR_NOTICES_H

#include "box.h"

/* Errors are no matter: then there are no notices. */
void notices_begin(struct notices *notices);
void notices_end(struct notices *notices);

/* A box that is open; told again, nothing happens.  It is taken out before it is freed. */
void notices_watch(struct notices *notices, struct box *box);
void notices_unwatch(struct notices *notices, struct box *box);

/* The descriptor can be read: looks at the boxes that it is about. */
void notices_read(struct notices *notices);

#endif
