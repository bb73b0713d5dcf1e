/* SPDX-License-Identifier: MIT */
/*
 * host/client - what a strict client knows: which of its commands is in progress, and its picture
 * of the selected mailbox, built only from the octets that went both ways.  Complains of every
 * response that would make the picture wrong (ATTACKS C2, the client-view model):
 *
 *   - a FETCH, EXPUNGE, RECENT or SEARCH result beyond the last EXISTS, an EXISTS that shrinks;
 *   - EXPUNGE while FETCH, STORE or SEARCH is in progress, or nothing is (RFC 9051 7.5.1);
 *   - EXPUNGE when QRESYNC was enabled, VANISHED when it was not (RFC 7162 3.2.10);
 *   - once UIDONLY was enabled, any number of a message: FETCH, EXPUNGE, a SEARCH without UID; and
 *     UIDFETCH without it (RFC 9586);
 *   - a message whose UID changes, UIDs that do not ascend, a FETCH without UID under a UID
 *     command;
 *   - a FETCH that cannot be read, UIDBATCHES that do not descend without a gap (RFC 10022 3.1.4);
 *   - a tagged response out of order, twice, or to nothing; "+" to nothing; anything behind BYE but
 *     the answer to LOGOUT.
 */
#ifndef TEST_HOST_CLIENT_H
#define TEST_HOST_CLIENT_H

#include "host/text.h"

struct tc_command {
	char tag[80];
	char name[24];
	bool uid;
	bool doubtful; /* not of the form "tag SP name": what the answer looks like is open */
	bool silent;   /* STORE FLAGS.SILENT */
	bool waits;    /* it has announced a synchronizing literal */
	bool answered;
};

struct tc_message {
	uint32_t uid;       /* 0: not known */
	bool knows_flags;
	uint64_t flags;     /* a sum of them, see tc_flag */
};

struct tc {
	struct tx_log *log;
	bool wild;  /* the client may send anything: once it cannot know what is in progress ... */
	bool lost;  /* ... it does not complain any more */
	int number; /* of the session, for complaints */
	/* A response, after it went into the picture.  May be NULL. */
	void (*heard)(void *user, const char *data, size_t len);
	void *user;

	/* What was sent. */
	struct tc_command *commands;
	size_t command_count;
	size_t command_cap;
	size_t first; /* the first that is not answered */
	struct tx line;
	uint64_t literal;
	bool in_command; /* the next line continues the last command */
	bool idle_over;  /* a line has come since the last IDLE */
	bool sync;       /* and what comes next does so only if the server agreed */

	/* What is known. */
	bool greeted;
	bool bye;
	bool selected;
	bool fresh;      /* the SELECT in progress has said EXISTS */
	bool qresync;
	bool uidonly;    /* then messages[] has those whose UID is known first, without regard to numbers */
	bool nomodseq;   /* the selected mailbox has no modification sequences: EXPUNGE all the same */
	bool notify;
	bool condstore; /* a command spoke of modification sequences (RFC 7162 3.1) */
	bool utf8;
	bool utf8_text;  /* texts for humans are UTF-8 (LANGUAGE) */
	uint32_t exists;
	struct tc_message *messages; /* by sequence number - 1, unless uidonly */
	uint32_t messages_cap;
	uint64_t seen;   /* responses */
	unsigned continuations; /* of these, "+" */
	unsigned dones;  /* DONE sent that ended an IDLE, if that was begun */
};

void tc_sent(struct tc *c, const char *data, size_t len);
void tc_response(struct tc *c, const char *data, size_t len);
/* The command in progress; NULL if none is. */
const struct tc_command *tc_in_progress(const struct tc *c);
/* The place of a UID once UIDONLY was enabled, made if it is new; NULL if there are not so many
 * messages. */
struct tc_message *tc_message_by_uid(struct tc *c, uint32_t uid);
void tc_free(struct tc *c);

/* client_fetch: reads "(item value ...)"; false if it is not that to the end.  Fills in what it has
 * of a UID and of FLAGS. */
bool tc_parse_fetch(const char *data, size_t len, struct tc_message *m);
/* A flag's part of the sum: the same in any case, 0 for \Recent. */
uint64_t tc_flag(const char *flag, size_t len);

#endif
