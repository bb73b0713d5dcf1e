/* SPDX-License-Identifier: MIT */
/*
 * command/elsewhere - a mailbox that is looked into without being selected: opened to be read, and
 * which messages it has.  What is looked for in it is the caller's affair.
 *
 *	isrv_elsewhere_begin(&m, name);
 *	isrv_elsewhere_step until DONE; then m.refused, or m.handle, m.map and so on
 *	isrv_elsewhere_drop, in any state
 */
#ifndef ISRV_COMMAND_ELSEWHERE_H
#define ISRV_COMMAND_ELSEWHERE_H

#include "session/session.h"

struct isrv_elsewhere {
	bool refused; /* s->result says why; nothing is held */
	void *handle;
	struct isrv_nummap map; /* its messages when it was opened */
	uint32_t uidvalidity;
	uint32_t recent_from;
	bool has_modseqs;

	/* Its own. */
	struct imapsrv_span name;
	uint8_t at;
	bool opened;
	bool nomem;
};

void isrv_elsewhere_begin(struct isrv_elsewhere *m, struct imapsrv_span name);
/* DONE: it is open, or refused, or the session has failed. */
enum isrv_step isrv_elsewhere_step(struct imapsrv_session *s, struct isrv_elsewhere *m);
void isrv_elsewhere_drop(struct imapsrv_session *s, struct isrv_elsewhere *m);

#endif
