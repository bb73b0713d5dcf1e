/* SPDX-License-Identifier: MIT */
/*
 * peer.h - one run of imapsrv-mbox over pipes, and a client that remembers what it was told.  The
 * client keeps a picture of the mailbox from SELECT (QRESYNC ...) alone, and compares it with what a
 * full FETCH says.
 */
#ifndef TESTS_MBOX_PEER_H
#define TESTS_MBOX_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define SEEN_MAX 4000

/* ---- a server ------------------------------------------------------------------------------ */

struct peer {
	pid_t pid;
	int in, out; /* what it reads and writes */
	char text[1 << 20]; /* what it said since the last command */
	size_t len;
};
/* Has this machine ptrace(2)?  Emulators and sandboxes may not. */
bool peer_can_be_traced(void);
/* `traced`: stops at its first instruction, for ptrace. */
void peer_start(struct peer *peer, const char *server, const char *mbox, bool traced);
void peer_send(struct peer *peer, const char *text);
/* Sends a command, which is to have the tag "x", and reads to its end.  Returns all that was said. */
const char *peer_command(struct peer *peer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Reads until the text has come; false if the server has gone. */
bool peer_wait(struct peer *peer, const char *text);
void peer_kill(struct peer *peer);

/* ---- a client ------------------------------------------------------------------------------- */

struct seen {
	uint32_t uid;
	char flags[120]; /* sorted, without \Recent */
	char id[24];     /* of the field X-Id; empty: not fetched yet */
};
struct client {
	uint32_t uidvalidity;
	uint64_t modseq;
	uint32_t uidnext;      /* above all that ever were */
	struct seen seen[SEEN_MAX];
	size_t count;
	unsigned anew;         /* how often it had to begin anew */
};

/* Connects, resynchronises, and compares with a full FETCH.  False: they differ, and says how. */
bool client_resync(struct client *client, struct peer *peer, const char *server, const char *mbox);
/* The same in a session that has the mailbox selected: what untagged data has told is in text. */
void client_hear(struct client *client, const char *text);
bool client_compare(struct client *client, struct peer *peer);
const struct seen *client_find(const struct client *client, const char *id);

_Noreturn void die(const char *what);

#endif
