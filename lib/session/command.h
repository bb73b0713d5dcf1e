/* SPDX-License-Identifier: MIT */
/*
 * session/command - what a command is to the session: a row of the one table (lib/command/table.c).
 * A command is two things: `parse`, which turns its arguments into a plain structure and knows no
 * session, and `step`, a routine that is called until it says DONE and keeps its own resume point
 * in that structure.
 */
#ifndef ISRV_SESSION_COMMAND_H
#define ISRV_SESSION_COMMAND_H

#include "imapsrv/engine.h"
#include "session/caps.h"
#include "wire/reader.h"

struct imapsrv_session;

/* What a step waits for. */
enum isrv_step {
	ISRV_DONE,   /* nothing: the reply is set (isrv_ok, isrv_no, isrv_bad)               */
	ISRV_INPUT,  /* the next line or literal octets from the client; also woken by events */
	ISRV_OUTPUT, /* the output queue to fall below its mark                               */
	ISRV_HOST,   /* the op that is open                                                   */
	ISRV_DELAY,  /* the time in s->delay_until                                            */
	ISRV_YIELD   /* its next turn: this call of the API has done enough                   */
};

/* What a command that takes literals by itself says to one that was announced. */
enum isrv_literal {
	ISRV_LITERAL_ARGUMENT, /* it belongs to the arguments: collect it, and go on reading */
	ISRV_LITERAL_START     /* the arguments before it are complete: parse them, start the
	                        * command */
};

/* What parse is given. */
struct isrv_parse {
	struct isrv_reader r; /* behind the command name and, if anything follows, its SP */
	const struct imapsrv_limits *limits;
	const struct isrv_caps *caps; /* what this session may use */
	bool uid;             /* the UID form of the command */
	bool rev2;            /* IMAP4rev2 was enabled */
	bool qresync;         /* QRESYNC was enabled */
	bool utf8;            /* UTF8=ACCEPT was enabled */
	uint8_t comparator;   /* enum isrv_comparator: of strings that are searched for */
	bool storage_quota;   /* the host has quotas on storage */
};

enum isrv_command_flag {
	/* May the client's numbers change while it runs?  Set: no EXPUNGE in it (RFC 9051
	 * 7.5.1), unless in its UID form. */
	ISRV_COMMAND_SEQ = 1 << 0,
	ISRV_COMMAND_UID = 1 << 1,      /* has a UID form */
	ISRV_COMMAND_QUIET = 1 << 3,    /* no untagged updates before its tagged line: it ends or
	                                   changes the mailbox or the connection */
	ISRV_COMMAND_SECRET = 1 << 4,   /* arguments are credentials: not traced, wiped */
	ISRV_COMMAND_WRITES = 1 << 5,   /* refused with NO in a mailbox that is read-only */
	ISRV_COMMAND_PLAINTEXT = 1 << 6, /* refused with NO under LOGINDISABLED: shows a password to
	                                  * who listens */
	ISRV_COMMAND_NUMBERS = 1 << 7, /* takes or tells message numbers, unless in its UID form:
	                                  refused with BAD under UIDONLY (RFC 9586 3.2, 3.8) */
	ISRV_COMMAND_ASCII = 1 << 9, /* needs no UTF-8: all others wait for it under UTF8=ONLY, and
	                                are refused with NO (RFC 9755 7) */
	ISRV_COMMAND_IDLES = 1 << 8, /* IDLE: the session can be saved while it waits */
	ISRV_COMMAND_ADDS = 1 << 10 /* adds messages, whether a mailbox is selected or not */
};

enum isrv_state_bit {
	ISRV_IN_NOTAUTH = 1 << 0,
	ISRV_IN_AUTH = 1 << 1,
	ISRV_IN_SELECTED = 1 << 2,
	ISRV_IN_ANY = 7,
	ISRV_IN_AUTHED = 6
};

struct isrv_command {
	const char *name;      /* upper case, no "UID " */
	uint8_t states;        /* enum isrv_state_bit */
	uint8_t cap;           /* enum isrv_cap that it needs, or 0 */
	uint8_t doing;         /* enum isrv_doing: what it does to the selected mailbox that not
	                          everybody may; 0: nothing */
	uint16_t flags;        /* enum isrv_command_flag */
	uint16_t args_size;    /* octets of the structure, cleared before parse */
	bool (*parse)(struct isrv_parse *p, void *args); /* NULL: takes no arguments */
	enum isrv_step (*step)(struct imapsrv_session *s, void *args);
	/* NULL: literals are arguments.  Looks at what stands before the one just announced. */
	enum isrv_literal (*literal)(struct isrv_parse *p);
	/* How far it is: messages that are done, of so many; goal 0 where that cannot be said.
	 * NULL: it never can. */
	void (*progress)(struct imapsrv_session *s, const void *args, uint32_t *done_r,
	                 uint32_t *goal_r);
	/* The command is dropped before it was done (session freed, BYE), perhaps before its first
	 * step: gives back what args holds beyond the arena.  NULL if nothing. */
	void (*drop)(struct imapsrv_session *s, void *args);
};

#endif
