/* SPDX-License-Identifier: MIT */
/*
 * session/line - the beginning of a command, as it stands in the framer: tag, name and row of the
 * table; whether it may run now; and what is said of one that may not, or does not fit its grammar.
 */
#ifndef ISRV_SESSION_LINE_H
#define ISRV_SESSION_LINE_H

#include "session/session.h"

struct isrv_line {
	struct isrv_parse p;
	struct imapsrv_span tag;  /* empty: there is none */
	struct imapsrv_span name; /* without "UID" */
	const struct isrv_command *command;
	const char *problem;      /* why it cannot run */
	const char *code;         /* the response code that goes with it; NULL: none */
	bool refused;             /* it is answered NO, not BAD */
};

/* False: line->problem says what is wrong. */
bool isrv_line_read(struct imapsrv_session *s, struct isrv_line *line);
/* Shows it to the trace hook, without what is secret. */
void isrv_line_trace(struct imapsrv_session *s, const struct isrv_line *line);
/* Does the literal that was announced not wait, though with LITERAL- one of more than 4096 octets
 * has to (RFC 7888 5)? */
bool isrv_line_needs_leave(const struct imapsrv_session *s);
#define ISRV_NEEDS_LEAVE "A literal above 4096 octets must wait for leave"
/* Takes it into the line.  NULL, or why that cannot be. */
const char *isrv_line_take_literal(struct imapsrv_session *s);
/* The reply to a command that cannot run. */
void isrv_line_complain(struct imapsrv_session *s, const struct isrv_line *line);
/* "Expected <what> at octet <n>", counted from the start of the command. */
void isrv_line_bad_syntax(struct imapsrv_session *s, const struct isrv_reader *r);

#endif
