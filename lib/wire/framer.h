/* SPDX-License-Identifier: MIT */
/*
 * wire/framer - where one command ends: bytes to whole commands, and to the literals inside them.
 * It may stop after any octet, looks at none twice, and charges every octet of a command to one
 * budget.  It knows nothing of grammar: a line is what ends in CRLF (a bare LF is taken too), and
 * a line that ends in "{n}", "{n+}", "~{n}" or "~{n+}" announces a literal (RFC 9051 4.3, RFC 7888)
 * wherever it stands, so that no disagreement about quoting can make a literal's octets run as
 * commands.
 */
#ifndef ISRV_WIRE_FRAMER_H
#define ISRV_WIRE_FRAMER_H

#include "base/buf.h"
#include "base/pack.h"

enum isrv_frame {
	ISRV_FRAME_MORE,    /* all input was taken, nothing is complete */
	ISRV_FRAME_COMMAND, /* buf holds a whole command without its last CRLF */
	ISRV_FRAME_LITERAL, /* a literal is announced: answer with accept, stream or refuse */
	ISRV_FRAME_DROPPED, /* a command that was too big or was refused has ended; buf holds
			       its first octets, enough to find the tag */
	ISRV_FRAME_FLOOD,   /* more was to be dropped than is allowed: close */
	ISRV_FRAME_NOMEM
};

struct isrv_framer {
	struct isrv_buf buf;   /* the command so far: literals stand in it as "{n}" CRLF octets */
	uint64_t literal_size; /* of the literal announced, UINT64_MAX if it cannot be expressed */
	uint64_t left;	       /* octets still to come of the literal that is read or dropped */
	uint64_t dropped;      /* octets dropped of this command */
	uint64_t drop_max;     /* and the most that may be */
	size_t line;	       /* where in buf the line begins: behind the last literal */
	uint8_t state;
	uint8_t tail;	   /* how much of an announcement the line ends in, so far */
	bool literal_sync; /* the client waits for "+" */
	bool literal8;	   /* "~" */
	bool too_big;	   /* the command passed buf.max */
	bool lines_only;   /* no literals: IDLE's DONE, SASL responses; the caller's, kept */
};

/* command_max is for all octets of a command, literals and the CR (not the LF) of its end too. */
void isrv_framer_init(struct isrv_framer *f, size_t command_max, uint64_t drop_max);
void isrv_framer_clear(struct isrv_framer *f, struct isrv_mem *mem); /* wipes and frees */
/* The next command starts: forgets the last, keeps its memory.  Feeding on after COMMAND or
 * DROPPED does this too. */
void isrv_framer_next(struct isrv_framer *f);
/* Wipes the octets of the command (credentials), keeps the memory; buf is empty then. */
void isrv_framer_wipe(struct isrv_framer *f);

/* Takes octets until something is to be said; *used_r of them were taken.  After LITERAL it takes
 * nothing and says LITERAL until it is answered; FLOOD and NOMEM are for good. */
enum isrv_frame isrv_framer_feed(struct isrv_framer *f, struct isrv_mem *mem, const char *data,
				 size_t len, size_t *used_r);

/* Answers to ISRV_FRAME_LITERAL. */
/* Its octets become part of the command.  False, and too_big, if the command would
 * pass its budget: refuse. */
bool isrv_framer_accept(struct isrv_framer *f);
/* Its octets are the caller's: feed is not called until the caller has taken them all; then the
 * rest of the line follows as if it began a new buf (buf was emptied). */
void isrv_framer_stream(struct isrv_framer *f);
/* Not wanted.  Of a synchronizing literal nothing comes, and the command has ended: DROPPED is
 * the next event, without input.  Otherwise its octets and the rest of the command are dropped,
 * then DROPPED follows; or FLOOD at once, if the literal is larger than what may be dropped. */
void isrv_framer_refuse(struct isrv_framer *f);

/* What has come of a command, for another process.  Not possible while something is to be said, or
 * a literal is being dropped: false.  Reading back wants a framer as isrv_framer_init made it. */
bool isrv_framer_pack(const struct isrv_framer *f, struct isrv_pack *p);
void isrv_framer_unpack(struct isrv_framer *f, struct isrv_mem *mem, struct isrv_unpack *u);

#endif
