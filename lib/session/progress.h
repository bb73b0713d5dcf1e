/* SPDX-License-Identifier: MIT */
/*
 * session/progress - telling the client that a long command goes on, and how far it is (RFC 9585):
 * by the command itself, after so many steps; and when nothing was said for some time, by the tick.
 * What is said depends on nothing but input, answers and ticks.
 */
#ifndef ISRV_SESSION_PROGRESS_H
#define ISRV_SESSION_PROGRESS_H

#include "session/session.h"

/* Is it time, by steps? */
static inline bool isrv_progress_due(const struct imapsrv_session *s)
{
	return s->steps - s->progress >= s->engine->limits.progress;
}
/* Tells it: so many of `goal` things are done; 0: nobody knows how many there are.  Between two
 * responses only; nothing where no command is at work. */
void isrv_progress_tell(struct imapsrv_session *s, uint32_t done, uint32_t goal);
/* Is a command at work that keeps the client waiting, and may a response come now? */
bool isrv_progress_waits(const struct imapsrv_session *s);
/* Then tells that it goes on, with what is known of it. */
void isrv_progress_keepalive(struct imapsrv_session *s);

#endif
