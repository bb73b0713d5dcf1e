/* SPDX-License-Identifier: MIT */
/*
 * upload.h - the messages of one APPEND while they come in: files in tmp/ of the mailbox.
 */
#ifndef MAILDIR_UPLOAD_H
#define MAILDIR_UPLOAD_H

#include "deliver.h"

struct upload {
	struct box *box;
	struct letter *letters; /* the last one is being written, if fd is not -1 */
	size_t count;
	size_t capacity;
	int fd;
	char last; /* octet that was written */
};

/* Removes what servers that were killed left in tmp/. */
void upload_remove_stale(int dirfd);

/* Takes over the caller's hold of the box. */
struct upload *upload_new(struct box *box);
/* Another message begins, octets of it come.  0, or -1 with errno. */
int upload_begin(struct upload *upload, const struct imapsrv_append *q);
int upload_data(struct upload *upload, const char *data, size_t len);
/* Puts all messages into the mailbox, or none.  The letters have their UIDs then. */
int upload_deliver(struct upload *upload, const struct imapsrv_session *origin);
/* Also forgets what was not delivered. */
void upload_free(struct upload *upload);

#endif
