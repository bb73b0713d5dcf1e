/* SPDX-License-Identifier: MIT */
/*
 * message/address - address lists to what ENVELOPE shows of them (RFC 5322 3.4 and 4.4, RFC
 * 9051 7.5.2): name, route, mailbox, host; groups as their two markers.  Obsolete syntax, missing
 * commas, unbalanced brackets and bare words all give something readable.
 */
#ifndef ISRV_MESSAGE_ADDRESS_H
#define ISRV_MESSAGE_ADDRESS_H

#include "message/field.h"

/*
 * data NULL is NIL.  An address always has a mailbox and a host, neither empty: MISSING_MAILBOX and
 * MISSING_DOMAIN where the sender gave none.  Only markers of groups have no host, and the name in
 * one is never empty; a group always ends before the next begins.
 */
struct isrv_address {
	struct imapsrv_span name;    /* quotes and pairs removed, encoded words as they are */
	struct imapsrv_span adl;     /* "@a,@b" of an obsolete route */
	struct imapsrv_span mailbox; /* local part, unquoted; the name where a group starts; NIL
	                                where it ends */
	struct imapsrv_span host;    /* NIL: the start or the end of a group */
};

struct isrv_address_parser {
	struct isrv_lexer lexer; /* lexer.failed: the arena was full, and the list ended early */
	struct isrv_token token; /* the next one */
	bool in_group;
};

/* The texts given out lie in the body, in the arena or in the library.  Linear; no recursion. */
void isrv_address_init(struct isrv_address_parser *p, struct imapsrv_span body,
                       struct isrv_arena *arena, uint64_t *steps);
bool isrv_address_next(struct isrv_address_parser *p, struct isrv_address *address_r);

#endif
