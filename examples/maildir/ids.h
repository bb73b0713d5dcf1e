/* SPDX-License-Identifier: MIT */
/*
 * ids.h - identifiers of mailboxes, messages and conversations (RFC 8474).  None of them is kept
 * anywhere of its own: they follow from what stays the same.
 */
#ifndef MAILDIR_IDS_H
#define MAILDIR_IDS_H

#include "box.h"

/* With the NUL. */
#define ID_SIZE 64

/* Of a mailbox. */
void id_of_box(const struct box *box, char id[ID_SIZE]);
/* Of a message, by the name of its file: a copy's name says whose copy it is. */
void id_of_file(const char *file, char id[ID_SIZE]);
/* Of the conversation that an open file is part of.  False: it cannot be read. */
bool id_of_thread(int fd, char id[ID_SIZE]);

#endif
