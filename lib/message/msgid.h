/* SPDX-License-Identifier: MIT */
/*
 * message/msgid - the Message IDs in a Message-ID, References or In-Reply-To field (RFC 5322 3.6.4
 * and the obsolete forms of 4.5.4), each in one form whatever its quoting (RFC 5256 3).
 */
#ifndef ISRV_MESSAGE_MSGID_H
#define ISRV_MESSAGE_MSGID_H

#include "message/field.h"

struct isrv_msgid_parser {
	struct isrv_lexer lexer;
	struct isrv_token token; /* the next one */
	struct isrv_buf *room;
	struct isrv_mem *mem;
	bool failed; /* no memory: the field ended early */
};

/* `room` is for the ID at hand, the arena for what the lexer has to copy. */
void isrv_msgid_init(struct isrv_msgid_parser *p, struct imapsrv_span body,
                     struct isrv_arena *arena, struct isrv_buf *room, struct isrv_mem *mem,
                     uint64_t *steps);
/*
 * The next one that is valid: "left@right", without angle brackets, quotes, comments and white
 * space.  It lies in the room and stands until the next call.  Anything else in the field is passed
 * over.  False: there are no more, or p->failed.
 */
bool isrv_msgid_next(struct isrv_msgid_parser *p, struct imapsrv_span *id_r);

#endif
