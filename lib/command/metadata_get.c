/* SPDX-License-Identifier: MIT */
/* GETMETADATA (RFC 5464 4.2). */
#include "command/commands.h"
#include "command/memory.h"
#include "command/metadata.h"

struct args {
	struct isrv_metadata m;
	struct isrv_access access;
	bool begun;
};

/* getmetadata-option: MAXSIZE SP number / DEPTH SP ("0" / "1" / "infinity") */
static bool parse_option(struct isrv_parse *p, struct isrv_metadata *m)
{
	struct isrv_reader *r = &p->r;
	uint32_t n;

	if (isrv_rd_try_word(r, "MAXSIZE")) {
		if (!isrv_rd_sp(r) || !isrv_rd_number(r, &n))
			return false;
		m->max_size = n;
		return true;
	}
	if (!isrv_rd_try_word(r, "DEPTH"))
		return isrv_rd_fail(r, "an option of GETMETADATA");
	if (!isrv_rd_sp(r))
		return false;
	if (isrv_rd_try_word(r, "0"))
		m->depth = IMAPSRV_DEPTH_NAMED;
	else if (isrv_rd_try_word(r, "1"))
		m->depth = IMAPSRV_DEPTH_BELOW;
	else if (isrv_rd_try_word(r, "INFINITY"))
		m->depth = IMAPSRV_DEPTH_INFINITE;
	else
		return isrv_rd_fail(r, "0, 1 or infinity");
	return true;
}

static bool parse_options(struct isrv_parse *p, struct isrv_metadata *m)
{
	do {
		if (!parse_option(p, m))
			return false;
	} while (isrv_rd_try(&p->r, ' '));
	return isrv_rd_char(&p->r, ')') && isrv_rd_sp(&p->r);
}

/* Does the list that was opened hold options?  The name of an entry begins with "/". */
static bool are_options(const struct isrv_reader *r)
{
	int c = isrv_rd_peek(r);

	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/*
 * getmetadata = "GETMETADATA" [SP getmetadata-options] SP mailbox SP entries
 *
 * The examples of RFC 5464 have the options behind the mailbox, and several entries without
 * parentheses (4.2.1, 4.2.2, 4.4.1): clients send both, and both are taken.
 */
static bool parse(struct isrv_parse *p, void *args)
{
	struct isrv_metadata *m = &((struct args *)args)->m;
	struct isrv_reader *r = &p->r;
	bool list;

	m->max_size = UINT64_MAX;
	if (isrv_rd_try(r, '(') && !parse_options(p, m))
		return false;
	if (!isrv_metadata_mailbox_parse(p, &m->mailbox) || !isrv_rd_sp(r))
		return false;
	list = isrv_rd_try(r, '(');
	if (list && are_options(r)) {
		if (!parse_options(p, m))
			return false;
		list = isrv_rd_try(r, '(');
	}
	return isrv_entries_parse(p, &m->entries, list) && isrv_rd_end(r);
}

static void put_longentries(struct imapsrv_session *s, void *args)
{
	const struct args *a = args;

	ISRV_W(&s->w, "METADATA LONGENTRIES ");
	isrv_w_u64(&s->w, a->m.longest < UINT32_MAX ? a->m.longest : UINT32_MAX);
}

static enum isrv_step step(struct imapsrv_session *s, void *args)
{
	struct args *a = args;
	enum isrv_step wait;

	if (!a->begun) {
		if (!isrv_metadata_may(s, a->m.mailbox))
			return ISRV_DONE;
		wait = isrv_metadata_access(s, &a->access, a->m.mailbox);
		if (wait != ISRV_DONE || s->error)
			return wait;
		if (a->access.code != IMAPSRV_OK)
			return isrv_refused(s, NULL);
		a->begun = true;
	}
	wait = isrv_metadata_step(s, &a->m);
	if (wait != ISRV_DONE)
		return wait;
	if (a->m.nomem)
		return isrv_command_nomem(s);
	if (a->m.refused)
		return isrv_refused(s, NULL);
	isrv_ok(s, "GETMETADATA completed");
	if (a->m.longest)
		s->reply.put_code = put_longentries;
	return ISRV_DONE;
}

const struct isrv_command isrv_command_getmetadata = {
	.name = "GETMETADATA",
	.states = ISRV_IN_AUTHED,
	.cap = ISRV_CAP_METADATA_SERVER,
	.args_size = sizeof(struct args),
	.parse = parse,
	.step = step,
};
