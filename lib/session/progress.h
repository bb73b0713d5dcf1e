/* SPDX-License-Identifier: MIT */
/*
 * session/progress - telling the client that a long command goes on, and how far it is (RFC 9585).
 * When is decided by steps and not by the clock, so that what is said depends on nothing but input
 * and answers.
 */
#ifndef ISRV_SESSION_PROGRESS_H
#define ISRV_SESSION_PROGRESS_H

#include "session/session.h"

/* Is it time? */
static inline bool isrv_progress_due(const struct imapsrv_session *s)
{
	return s->steps - s->progress >= s->engine->limits.progress;
}
/* Tells it: so many of `goal` things are done.  Between two responses only. */
void isrv_progress_tell(struct imapsrv_session *s, uint32_t done, uint32_t goal);

#endif
