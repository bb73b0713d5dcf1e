/* SPDX-License-Identifier: MIT */
/*
 * What the pen does seldom: it asks the writer for room, and gives strings back to it.  When memory
 * runs out it goes on in its own few octets, so that nobody who writes has to look.
 */
#include "message/description_pen.h"

static char *begin(struct isrv_pen *p)
{
	p->turns++;
	if (isrv_w_room(p->w, ISRV_PEN_SLACK)) {
		p->limit = p->w->q->limit;
		return p->w->q->at;
	}
	p->limit = p->spill + sizeof(p->spill);
	return p->spill;
}

char *isrv_pen_begin(struct isrv_pen *p, struct isrv_writer *w)
{
	p->w = w;
	p->turns = 0;
	return begin(p);
}

bool isrv_pen_end(struct isrv_pen *p, char *at)
{
	if (isrv_writer_failed(p->w))
		return false;
	p->w->q->at = at;
	return true;
}

char *isrv_pen_turn(struct isrv_pen *p, char *at)
{
	(void)isrv_pen_end(p, at);
	return begin(p);
}

char *isrv_pen_slowly(struct isrv_pen *p, char *at, struct imapsrv_span s)
{
	(void)isrv_pen_end(p, at);
	isrv_w_string(p->w, s.data, s.len);
	return begin(p);
}
