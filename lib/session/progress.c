/* SPDX-License-Identifier: MIT */
/* "* OK [INPROGRESS ("A001" 454 1000)] Still at it"; what is not known is NIL (RFC 9585 4). */
#include "session/progress.h"

#include <string.h>

static void put(struct imapsrv_session *s, uint32_t done, uint32_t goal)
{
	struct isrv_writer *w = &s->w;

	ISRV_W(w, "* OK [INPROGRESS (");
	/* A tag with "]" in it would end the code too early (RFC 9585 4). */
	if (s->tag.len && !memchr(s->tag.data, ']', s->tag.len))
		isrv_w_string(w, s->tag.data, s->tag.len);
	else
		ISRV_W(w, "NIL");
	/* Where the end is reached there is no progress to be told (RFC 9585 4). */
	if (done < goal) {
		ISRV_W(w, " ");
		isrv_w_u32(w, done);
		ISRV_W(w, " ");
		isrv_w_u32(w, goal);
	} else {
		ISRV_W(w, " NIL NIL");
	}
	ISRV_W(w, ")] Still at it");
	isrv_w_crlf(w);
}

/* Is a command at work?  In IDLE there is nothing to wait for. */
static bool works(const struct imapsrv_session *s)
{
	return (s->phase == ISRV_PHASE_STEP || s->phase == ISRV_PHASE_SYNC) && s->logged_in &&
	       !s->idling;
}

void isrv_progress_tell(struct imapsrv_session *s, uint32_t done, uint32_t goal)
{
	s->progress = s->steps;
	/* What its updates take is no part of what it does. */
	if (s->phase == ISRV_PHASE_SYNC)
		done = goal = 0;
	if (works(s) && (done < goal || !goal) && isrv_caps_has(s, ISRV_CAP_INPROGRESS))
		put(s, done, goal);
}

bool isrv_progress_waits(const struct imapsrv_session *s)
{
	/* In the middle of a line there is no place for another.  A client that does not read needs
	 * no more of it. */
	return works(s) && !s->mid_line && (s->wait == ISRV_HOST || s->wait == ISRV_YIELD) &&
	       !isrv_outq_size(&s->out);
}

void isrv_progress_keepalive(struct imapsrv_session *s)
{
	uint32_t done = 0, goal = 0;

	if (s->phase == ISRV_PHASE_STEP && s->command->progress)
		s->command->progress(s, s->args, &done, &goal);
	put(s, done, goal);
}
