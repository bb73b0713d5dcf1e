/* SPDX-License-Identifier: MIT */
/*
 * strict - an independent reader of everything that a session emits: octets to whole responses,
 * each read by the ABNF of RFC 9051 and of the extensions, and complained of at the first octet
 * that no rule allows, with its offset, the name of the rule, and the response.  It shares no code
 * with the library, looks back at nothing, and recurses on nothing.
 *
 * What is legal depends on what was agreed on (ENABLE) and on the command in progress: the first is
 * kept here, the second is asked of the client model (host/client), whose picture of the mailbox
 * is not this file's business.
 */
#ifndef TEST_STRICT_STRICT_H
#define TEST_STRICT_STRICT_H

#include "host/text.h"

struct tc;

/* What was agreed on. */
enum st_agreed {
	ST_REV2 = 1,      /* ENABLE IMAP4rev2 */
	ST_UTF8 = 2,      /* ENABLE UTF8=ACCEPT */
	ST_CONDSTORE = 4, /* a command that says so (RFC 7162 3.1), or ENABLE */
	ST_QRESYNC = 8,
	ST_UIDONLY = 16,
	ST_LANGUAGE = 32, /* texts for humans are in a language of its own (RFC 5255 3.2) */
	ST_NOTIFY = 64,
};

struct st {
	struct tx_log *log;
	const struct tc *client; /* NULL: nothing is known of commands, only the grammar counts */
	int number;              /* of the session, for complaints */
	/* A response without its last CRLF, after it was read here. */
	void (*each)(void *user, const char *data, size_t len);
	void *user;
	unsigned agreed;         /* enum st_agreed */
	bool any_code;           /* the host refuses with codes that are for other commands */

	struct tx response;
	size_t line;      /* where in it the last line begins */
	uint64_t literal; /* octets of a literal still to come */
	bool literal8;
	bool had_literal; /* the response at hand has one */
	bool greeted;
	uint64_t octets;  /* in all responses before this one */
	uint64_t responses;
};

void st_feed(struct st *s, const char *data, size_t len);
/* Is the last response complete? */
bool st_whole(const struct st *s);
void st_free(struct st *s);

#endif
