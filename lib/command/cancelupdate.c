/* SPDX-License-Identifier: MIT */
/*
 * CANCELUPDATE (RFC 5267 4.3.5): the results of these searches are followed no longer.  One that
 * was given up already, with NOUPDATE, is no error: the client may not have seen that yet.
 */
#include "command/commands.h"
#include "session/contexts.h"

struct cancelupdate {
	struct imapsrv_span *tags;
	uint32_t count;
};

/* "CANCELUPDATE" 1*(SP quoted): behind the first SP.  As many as fit in a command. */
static bool parse(struct isrv_parse *p, void *args)
{
	struct cancelupdate *a = args;
	uint32_t cap = 0;

	do {
		if (a->count == cap) {
			uint32_t bigger = cap ? cap * 2 : 4;
			struct imapsrv_span *grown =
				isrv_arena_grow(p->r.arena, a->tags, cap * sizeof(*grown),
			                        bigger * sizeof(*grown));

			if (!grown)
				return isrv_rd_fail_memory(&p->r);
			a->tags = grown;
			cap = bigger;
		}
		if (!isrv_rd_string(&p->r, &a->tags[a->count]))
			return false;
		a->count++;
	} while (isrv_rd_try_sp(&p->r) && isrv_rd_peek(&p->r) >= 0);
	return true;
}

static enum isrv_step step(struct imapsrv_session *s, void *args)
{
	const struct cancelupdate *a = args;
	uint32_t i;

	s->steps += a->count;
	for (i = 0; i < a->count; i++)
		isrv_contexts_cancel(s, a->tags[i]);
	return isrv_ok(s, "CANCELUPDATE done");
}

const struct isrv_command isrv_command_cancelupdate = {
	.name = "CANCELUPDATE",
	.states = ISRV_IN_SELECTED,
	.cap = ISRV_CAP_CONTEXT_SEARCH,
	.args_size = sizeof(struct cancelupdate),
	.parse = parse,
	.step = step,
};
