/* SPDX-License-Identifier: MIT */
/*
 * scan.h - an mbox as a sequence of messages.  The same routine finds the messages, computes what
 * identifies them, and copies one out for a client; so these never disagree.
 *
 * A message begins at a line "From ", at the beginning of the file or behind any line, that ends in
 * a date as asctime(3) writes it.  Content-Length is not believed: whoever sends mail could make it
 * reach over the messages that come next.  The content of a message, which clients see and which
 * does not change while it has its UID, is what is between, without
 *   - the fields that mail programs change: Status, X-Status, X-Keywords and the like;
 *   - one ">" of lines that begin with any number of them and "From ";
 *   - the empty line at its end;
 * and with the empty line behind its header, and the last line end, if they are missing.
 */
#ifndef MBOX_SCAN_H
#define MBOX_SCAN_H

#include "digest.h"
#include "flags.h"

struct message {
	uint32_t uid;     /* 0: not known yet */
	uint64_t from;    /* where in the file its "From " line is */
	uint64_t head;    /* where its header ends: at the empty line, if there is one */
	uint64_t end;     /* where the next message begins, or the end of the file */
	uint64_t octets;  /* of the content, with CRLF */
	int64_t date;     /* of the "From " line */
	struct digest digest; /* of the content and the date */
	struct flags flags;
	uint64_t modseq;  /* of the ledger */
};

/* Lines of a file, from one offset up to another. */
struct lines {
	int fd;
	uint64_t at, to;   /* what is read next, and where that ends */
	bool failed;       /* errno says why */
	bool more;         /* the line that was given last goes on */
	size_t begin, len; /* in data */
	char data[65536];
};
/* One line with its end, or a part of a very long one. */
struct line {
	const char *text;
	size_t len;
	uint64_t offset;
	bool starts; /* not a further part */
};
void lines_open(struct lines *lines, int fd, uint64_t from, uint64_t to);
/* False at the end. */
bool lines_next(struct lines *lines, struct line *line);
bool line_is_empty(const struct line *line);
bool line_is_from(const struct line *line, int64_t *date_r);
/* It must get a ">" in front when it is written into a message. */
bool line_needs_quote(const struct line *line);
/* It begins a field that is not part of the content. */
bool line_is_ours(const struct line *line);
/* Such a one that shows flags. */
bool line_is_flags(const struct line *line);

struct scan {
	struct lines lines;
	struct line line;      /* the "From " line of the next message */
	bool found;
	int64_t date;          /* of that line */
	struct digest key;
	struct digester heads; /* of all headers so far, with the "From " lines */
};
/* 0; or -1, errno says why: EILSEQ means that this is no mbox. */
int scan_open(struct scan *scan, int fd, uint64_t from, uint64_t to, const struct digest *key);
/* The next message.  With copy_r, which may be NULL, also its content, which the caller frees.
 * False at the end, or if reading fails: scan->lines.failed. */
bool scan_next(struct scan *scan, struct message *message_r, char **copy_r, size_t *len_r);
/* The message is none, but where c-client keeps its own numbers. */
bool scan_is_internal(int fd, const struct message *message);

#endif
