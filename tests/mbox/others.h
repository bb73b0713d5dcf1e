/* SPDX-License-Identifier: MIT */
/*
 * others.h - what other programs do to an mbox file: deliver, rewrite, spoil.  They work on the file
 * alone and know nothing of the program under test.
 */
#ifndef TESTS_MBOX_OTHERS_H
#define TESTS_MBOX_OTHERS_H

#include "mbox/peer.h"

/* A file in memory. */
struct octets {
	char *data;
	size_t len;
};
struct octets file_read(const char *path);
/* In place, without a lock: nobody has a session open, or it is what is tested. */
void file_write(const char *path, const void *data, size_t len);

unsigned draw(unsigned below);
void draw_from(uint64_t seed);

/* Appends a message with a new X-Id, as a delivery does; with the id, again the same message. */
void deliver(const char *path, const char *id);

enum deed {
	DELIVER,      /* one to three */
	FLAG,         /* other Status lines, as mutt writes them, with Content-Length */
	REMOVE,       /* some messages */
	REORDER,
	TWICE,        /* a message is there twice */
	CUT,          /* the file ends at some octet */
	SPOIL,        /* other octets in the midst of it, the same length and times */
	LOSE,         /* the file is gone */
	REPLACE,      /* a new file in its place, of the same octets, by rename */
	PSEUDO,       /* c-client writes its first message */
	CRLF,         /* all lines end in CRLF */
	TOUCH,
	DEEDS
};
void others_do(const char *path, enum deed deed);

/* Whether the client's picture is what the file shows, by a parser of our own. */
bool others_agree(const struct client *client, const char *path);

#endif
