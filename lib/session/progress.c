/* SPDX-License-Identifier: MIT */
/* "* OK [INPROGRESS ("A001" 454 1000)] Still at it" */
#include "session/progress.h"

#include <string.h>

void isrv_progress_tell(struct imapsrv_session *s, uint32_t done, uint32_t goal)
{
	struct isrv_writer *w = &s->w;

	s->progress = s->steps;
	/* Nothing more is to be told where the end is reached (RFC 9585 4). */
	if (!isrv_caps_has(s, ISRV_CAP_INPROGRESS) || done >= goal)
		return;
	ISRV_W(w, "* OK [INPROGRESS (");
	/* A tag with "]" in it would end the code too early (RFC 9585 4). */
	if (s->tag.len && !memchr(s->tag.data, ']', s->tag.len))
		isrv_w_string(w, s->tag.data, s->tag.len);
	else
		ISRV_W(w, "NIL");
	ISRV_W(w, " ");
	isrv_w_u32(w, done);
	ISRV_W(w, " ");
	isrv_w_u32(w, goal);
	ISRV_W(w, ")] Still at it");
	isrv_w_crlf(w);
}
