/* SPDX-License-Identifier: MIT */
/*
 * session/op_answer - what all answers of the host begin and end with: is the op open, and does it
 * ask for this; the sink; and the checks that several need.  The answers themselves are in
 * op_mailboxes.c and op_messages.c.  What the host hands in is checked there, so that commands see
 * only what makes sense: the right kind for the question, sorted sets, no UID 0.
 */
#ifndef ISRV_SESSION_OP_ANSWER_H
#define ISRV_SESSION_OP_ANSWER_H

#include "session/session.h"

/* Any question. */
#define ISRV_OP_ANY (ISRV_OP_CANCELLED - 1)

static inline struct imapsrv_session *isrv_op_session(const struct imapsrv_op *op)
{
	return (struct imapsrv_session *)((uintptr_t)op + (uintptr_t)(intptr_t)op->session);
}

/* Reports an answer to an op that does not ask for it, or is not open.  False. */
bool isrv_op_unexpected(struct imapsrv_op *op);

/* Is this op open, and does it ask for this? */
static inline bool isrv_op_expects(struct imapsrv_op *op, uint32_t kinds)
{
	return (op && (op->kind & kinds)) || isrv_op_unexpected(op);
}

/* Reports what is wrong with an answer that is not taken.  IMAPSRV_EINVAL. */
int isrv_op_nonsense(struct imapsrv_op *op, const char *what);

/* What was written before may have left: only what follows can still be taken back.  But not where
 * there was no memory for its end. */
static inline void isrv_op_begin_line(struct imapsrv_session *s)
{
	if (!s->mid_line && !s->error && !isrv_writer_failed(&s->w))
		s->mark = isrv_outq_mark(&s->out);
}

static inline void isrv_op_begin_answer(struct imapsrv_session *s)
{
	s->steps++;
	isrv_op_begin_line(s);
}

/* Gives it to the sink.  Returns what the answer is to return. */
int isrv_op_deliver(struct imapsrv_op *op, const void *answer);

/* Octets that are not there are none. */
static inline bool isrv_op_is_span(struct imapsrv_span span)
{
	return span.data || !span.len;
}

/* A host without identifiers has none to tell; one that cannot be is reported and not used. */
bool isrv_op_has_objectid(struct imapsrv_session *s, struct imapsrv_span id);
/* False: they are not there.  One that cannot be is reported here, and not shown by those who show
 * it. */
bool isrv_op_has_keywords(struct imapsrv_session *s, const struct imapsrv_span *keywords,
                          size_t count);

#endif
