/* SPDX-License-Identifier: MIT */
/*
 * deliver.h - puts messages into a mailbox: all of a command's or none.
 */
#ifndef MAILDIR_DELIVER_H
#define MAILDIR_DELIVER_H

#include "box.h"

/* A message on its way: an uploaded file, or a copy of a message that is in a mailbox. */
struct letter {
	char *upload;        /* a file in tmp/ of the target; NULL: a copy of */
	struct box *source;  /* a message in this */
	uint32_t source_uid;
	bool source_kept;    /* which was expunged, and is kept; its keywords are below */
	uint32_t rights;     /* flags that need others stay behind */
	/* Of an upload; with a copy they are found out. */
	uint32_t flags;
	char **keywords;
	size_t keyword_count;
	uint64_t octets;      /* in the file */
	uint64_t wire_octets; /* with every line end counted as CRLF */
	int64_t date;
	/* What became of it. */
	uint64_t source_keywords;
	char *file;          /* in cur/; NULL with a copy: the source has vanished */
	uint32_t uid;
};

/* 0, or -1 with errno, and nothing was put there.  `moving`: it is in the same user's mailboxes
 * already, and no quota keeps it out. */
int box_deliver(struct box *box, struct letter *letters, size_t count, bool moving,
                const struct imapsrv_session *origin);

/* Frees what letters hold, and the array.  An upload that was not delivered is removed from
 * tmp/. */
void letters_free(struct box *box, struct letter *letters, size_t count);

#endif
