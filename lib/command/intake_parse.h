/* SPDX-License-Identifier: MIT */
/*
 * command/intake_parse - the grammar of what APPEND and REPLACE take (RFC 4466 4, RFC 4469 5, RFC
 * 5257 5, RFC 6855 4), in pieces: what stands between two literals of messages is read when it has
 * come, into a list of what is to be done.
 */
#ifndef ISRV_COMMAND_INTAKE_PARSE_H
#define ISRV_COMMAND_INTAKE_PARSE_H

#include "command/annotate.h"
#include "command/intake_look.h"

struct isrv_intake_message {
	struct isrv_rd_flags flags;
	bool has_date;
	bool utf8; /* its literal stands in "UTF8 (...)" */
	struct isrv_rd_datetime date;
	struct isrv_annotate_values annotations;
};

enum isrv_intake_kind {
	ISRV_INTAKE_MESSAGE,  /* begins; the literal that ends the piece is all of it */
	ISRV_INTAKE_CATENATE, /* begins; it is made of what follows */
	ISRV_INTAKE_URL,
	ISRV_INTAKE_TEXT,     /* the literal that ends the piece; message.utf8 as there */
	ISRV_INTAKE_END       /* of one that is catenated */
};

struct isrv_intake_item {
	enum isrv_intake_kind kind;
	struct isrv_intake_message message; /* of the first two */
	struct imapsrv_span url;            /* in the framer's buffer, or the arena */
};

struct isrv_intake_items {
	struct isrv_intake_item *list; /* in the arena; kept from piece to piece */
	size_t count;
	size_t cap;
	size_t at;      /* the next to be done */
	bool within;    /* CATENATE's parentheses: so the next piece begins */
	bool utf8;      /* "UTF8 (" stands before the last literal: so the next piece begins too */
	bool literal;   /* the piece ends with the announcement of one */
	bool argument;  /* the piece was not read: at its end a value or a URL is announced */
	struct isrv_intake_look look;
};

/* All messages up to the next literal of one, or to the end of the line.  `first`: there must be
 * one.  True with items->argument: the reader has to have more. */
bool isrv_intake_parse_piece(struct isrv_parse *p, struct isrv_intake_items *items, bool first);

/* The reader stands at the mailbox: is the literal just announced its name, or something for the
 * pieces? */
enum isrv_literal isrv_intake_literal(struct isrv_parse *p);

#endif
