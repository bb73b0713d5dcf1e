/* SPDX-License-Identifier: MIT */
/*
 * descriptions.h - what imapsrv_describer said about the messages of a mailbox, in a file beside
 * its index, so that a listing opens no message.  A cache: whatever is lost or damaged is made
 * again from the messages.
 */
#ifndef MAILDIR_DESCRIPTIONS_H
#define MAILDIR_DESCRIPTIONS_H

#include "box.h"

struct descriptions;

/* What is kept of a message, valid until the next call for this box.  False: nothing. */
bool descriptions_find(struct box *box, const struct message *message,
                       struct imapsrv_span *description_r, struct imapsrv_span *preview_r);
/* Keeps it: in memory at once, in the file with the next flush.  What is too large is passed
 * over. */
void descriptions_add(struct box *box, const struct message *message,
                      struct imapsrv_span description, struct imapsrv_span preview);
/* Writes what the file does not have yet.  Takes the lock of the box: its catalog may change. */
void descriptions_flush(struct box *box);
/* The same if much has gathered. */
void descriptions_flush_some(struct box *box);
/* The end of the box. */
void descriptions_free(struct box *box);

#endif
