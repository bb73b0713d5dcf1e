/* SPDX-License-Identifier: MIT */
/*
 * session/modseq - what the client may believe about modification sequences (RFC 7162).  Of
 * each selected mailbox two values are kept: the highest sequence that the client was shown,
 * and one up to which it was told everything that changed.  The first becomes the second when
 * nothing is left to tell; until then a client that computes its HIGHESTMODSEQ from what it was
 * shown would lose what is held back, and is told the lower value instead.
 */
#ifndef ISRV_SESSION_MODSEQ_H
#define ISRV_SESSION_MODSEQ_H

#include "session/session.h"

#define ISRV_MODSEQ_MAX ((uint64_t)INT64_MAX) /* RFC 7162 7, mod-sequence-value */

static inline bool isrv_modseq_is(uint64_t modseq)
{
	return modseq && modseq <= ISRV_MODSEQ_MAX;
}
/* What an enabling command turns on (RFC 7162 3.1, 3.2.3): enum isrv_enabled.  Tells HIGHESTMODSEQ
 * of the selected mailbox if this is the first such command. */
void isrv_modseq_enable(struct imapsrv_session *s, uint32_t what);
/* The selected mailbox has no modification sequences: BAD (RFC 7162 3.1.2.2); else true, and
 * CONDSTORE is enabled. */
bool isrv_modseq_require(struct imapsrv_session *s);
/* The client was shown this sequence of the selected mailbox, or the mailbox is known to have
 * it. */
static inline void isrv_modseq_saw(struct imapsrv_session *s, uint64_t modseq)
{
	if (modseq > s->view->modseq_seen)
		s->view->modseq_seen = modseq;
	s->modseq_shown = true;
}
/* HIGHESTMODSEQ as this client may know it now. */
uint64_t isrv_modseq_highest(struct imapsrv_session *s);
/* "* OK [HIGHESTMODSEQ n]", or NOMODSEQ. */
void isrv_modseq_put_highest(struct imapsrv_session *s);
/* The op that is answered expunged messages of the selected mailbox: takes what the host said
 * with it. */
void isrv_modseq_expunged(struct imapsrv_session *s);
/* A command that showed sequences, or must end with HIGHESTMODSEQ, is about to be answered; or they
 * were shown between commands, where there is no tagged line to say it in. */
void isrv_modseq_settle(struct imapsrv_session *s, bool tagged);
/* Is MODSEQ part of each untagged FETCH about the selected mailbox? */
static inline bool isrv_modseq_shown(const struct imapsrv_session *s)
{
	return (s->enabled & ISRV_ENABLED_CONDSTORE) && s->view->modseq_told;
}
/* Is VANISHED said in place of EXPUNGE (RFC 7162 3.2.10; RFC 9586 3.4, in any mailbox)? */
static inline bool isrv_modseq_vanishes(const struct imapsrv_session *s)
{
	return ((s->enabled & ISRV_ENABLED_QRESYNC) && s->view->modseq_told) ||
	       isrv_session_uidonly(s);
}

#endif
