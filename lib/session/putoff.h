/* SPDX-License-Identifier: MIT */
/*
 * session/putoff - rows of a batch that are told one by one, and put off once those before them put
 * so much that the rest would fill the session's memory: keywords and descriptions are other
 * people's to choose.  What is put off is asked for again when the client has read what there is.
 * What decides is what was put, and not what has yet to leave: the order of lines must not depend
 * on how fast the client reads.
 */
#ifndef ISRV_SESSION_PUTOFF_H
#define ISRV_SESSION_PUTOFF_H

#include "session/session.h"

#define ISRV_PUTOFF_OCTETS (1u << 20)

struct isrv_putoff {
	struct imapsrv_set part;   /* that was asked for */
	struct isrv_uidset again;  /* of it: put off */
	struct isrv_uidset asked;  /* those that are being asked for again */
	size_t before;             /* of the row at hand: octets of output there were */
	size_t told;               /* octets of what the rows of the part put */
	size_t most;               /* where that puts off the rest */
	uint32_t first_told;       /* the first of them that was told; 0: none */
};

/* Octets that one answer may put. */
static inline size_t isrv_putoff_most(const struct imapsrv_session *s)
{
	size_t quarter = s->engine->limits.arena / 4;

	return quarter < ISRV_PUTOFF_OCTETS ? quarter : ISRV_PUTOFF_OCTETS;
}

void isrv_putoff_init(struct imapsrv_session *s, struct isrv_putoff *p);
void isrv_putoff_clear(struct imapsrv_session *s, struct isrv_putoff *p);
/* A part of a batch is asked for, which stays where it is until all its rows have come. */
void isrv_putoff_begin(struct isrv_putoff *p, struct imapsrv_set part);
/* Did rows put so much that no other is to be told? */
static inline bool isrv_putoff_full(const struct isrv_putoff *p)
{
	return p->told && p->told >= p->most;
}
/* A row came.  False: it is put off, or was not asked for, and is not told; else whatever of it is
 * put is said with one of the two below. */
bool isrv_putoff_row(struct imapsrv_session *s, struct isrv_putoff *p, uint32_t uid);
/* Octets went with the row, but it is not told. */
void isrv_putoff_count(struct imapsrv_session *s, struct isrv_putoff *p);
void isrv_putoff_told(struct imapsrv_session *s, struct isrv_putoff *p, uint32_t uid);
/* All rows have come: at least one that was told is not asked for again, though a host gave it
 * twice. */
void isrv_putoff_settle(struct imapsrv_session *s, struct isrv_putoff *p);
/* What was put off is the part that is asked for now; false: nothing was. */
bool isrv_putoff_again(struct isrv_putoff *p);

#endif
