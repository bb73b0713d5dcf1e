/* SPDX-License-Identifier: MIT */
/*
 * command/memory - what a command says when the arena gave it nothing: NO when it was the command
 * that wanted more than one command may have, the end of the session when memory itself has run
 * out.
 */
#ifndef ISRV_COMMAND_MEMORY_H
#define ISRV_COMMAND_MEMORY_H

#include "session/session.h"

static inline enum isrv_step isrv_command_nomem(struct imapsrv_session *s)
{
	if (!s->arena.starved)
		return isrv_no(s, "LIMIT", "The command needs more memory than one may have");
	isrv_session_fail(s, IMAPSRV_ENOMEM);
	return ISRV_DONE;
}

#endif
