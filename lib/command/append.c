/* SPDX-License-Identifier: MIT */
/*
 * APPEND, of one message or of many (RFC 9051 6.3.12, RFC 3502).  How messages get from the client
 * to the host is in intake.c; here is what is said about it.
 */
#include "command/commands.h"
#include "command/intake.h"
#include "session/hear.h"
#include "session/session.h"

static bool parse(struct isrv_parse *p, void *args)
{
	return isrv_intake_parse(p, args);
}

static void put_appenduid(struct imapsrv_session *s, void *args)
{
	isrv_intake_put_appenduid(s, args);
}

static enum isrv_step step(struct imapsrv_session *s, void *args)
{
	struct isrv_intake *t = args;
	enum isrv_step wait = isrv_intake_step(s, t);

	if (wait != ISRV_DONE)
		return wait;
	isrv_hear_warning(s);
	if (!t->stored)
		return wait;
	isrv_ok(s, "APPEND completed");
	if (isrv_intake_has_appenduid(s, t))
		s->reply.put_code = put_appenduid;
	return ISRV_DONE;
}

static void drop(struct imapsrv_session *s, void *args)
{
	isrv_intake_drop(s, args);
}

const struct isrv_command isrv_command_append = {
	.name = "APPEND",
	.states = ISRV_IN_AUTHED,
	.flags = ISRV_COMMAND_ADDS,
	.args_size = sizeof(struct isrv_intake),
	.parse = parse,
	.step = step,
	.literal = isrv_intake_literal,
	.drop = drop,
};
