/* SPDX-License-Identifier: MIT */
/*
 * REPLACE and UID REPLACE (RFC 8508): a message is sent to a mailbox, and one of the selected
 * mailbox goes.  The store does both at once or neither; one that cannot has no REPLACE, for an
 * append with an expunge behind it would show both to others, count both for the quota, and leave
 * both if the second were refused (RFC 8508 3.4).  How the message gets there is in intake.c.
 */
#include "command/commands.h"
#include "command/intake.h"
#include "session/access.h"
#include "session/hear.h"
#include "session/modseq.h"

enum at {
	AT_START,
	AT_INTAKE
};

struct replace {
	uint8_t at;
	bool star;       /* the last message */
	uint32_t number; /* or a UID */
	struct isrv_intake intake;
};

/* seq-number = nz-number / "*" */
static bool parse_number(struct isrv_reader *r, struct replace *a)
{
	a->star = isrv_rd_try(r, '*');
	return (a->star || isrv_rd_nz_number(r, &a->number)) && isrv_rd_sp(r);
}

/* replace = "REPLACE" SP seq-number SP mailbox append-message */
static bool parse(struct isrv_parse *p, void *args)
{
	struct replace *a = args;

	return parse_number(&p->r, a) && isrv_intake_parse(p, &a->intake);
}

static enum isrv_literal literal(struct isrv_parse *p)
{
	struct replace ignored;

	/* What is wrong with the number is said when the arguments are parsed. */
	return parse_number(&p->r, &ignored) ? isrv_intake_literal(p) : ISRV_LITERAL_START;
}

/* The message that goes, of those announced; false: the reply is set.  Whether it still exists the
 * store says, which alone knows. */
static bool resolve(struct imapsrv_session *s, struct replace *a)
{
	const struct isrv_nummap *map = &s->view->map;
	uint32_t uid = 0;

	if (a->star)
		uid = map->last_uid;
	else if (s->uid)
		uid = isrv_nummap_seq(map, a->number) ? a->number : 0;
	else if (a->number <= map->count)
		uid = isrv_nummap_uid(map, a->number);
	/* RFC 9051 9, seq-number: a number above the last is an error, a UID is not. */
	if (!uid && s->uid)
		isrv_no(s, NULL, "There is no message with that UID");
	else if (!uid)
		isrv_bad(s, "There is no message with that number");
	a->intake.replaced = uid;
	return uid != 0;
}

/*
 * APPENDUID comes untagged and first: behind the EXPUNGE it would be hard to use (RFC 8508 4.3).
 * EXPUNGE and EXISTS follow with the other updates, as after UID EXPUNGE (RFC 8508 4.5, RFC 7162
 * 3.2.9, 3.2.10).
 */
static enum isrv_step replaced(struct imapsrv_session *s, const struct isrv_intake *t)
{
	struct imapsrv_range range = {t->replaced, t->replaced};

	isrv_hear_own_gone(s, (struct imapsrv_set){&range, 1});
	isrv_modseq_expunged(s);
	if (isrv_intake_has_appenduid(s, t)) {
		ISRV_W(&s->w, "* OK [");
		isrv_intake_put_appenduid(s, t);
		ISRV_W(&s->w, "] Replacement stored");
		isrv_w_crlf(&s->w);
	}
	return isrv_ok(s, "REPLACE completed");
}

static enum isrv_step step(struct imapsrv_session *s, void *args)
{
	struct replace *a = args;
	enum isrv_step wait;

	if (a->at == AT_START) {
		a->at = AT_INTAKE;
		a->intake.mailbox = s->view->handle;
		if (!resolve(s, a))
			isrv_intake_refuse(s, &a->intake);
	}
	wait = isrv_intake_step(s, &a->intake);
	if (wait != ISRV_DONE || !a->intake.stored)
		return wait;
	return replaced(s, &a->intake);
}

static void drop(struct imapsrv_session *s, void *args)
{
	struct replace *a = args;

	isrv_intake_drop(s, &a->intake);
}

const struct isrv_command isrv_command_replace = {
	.name = "REPLACE",
	.states = ISRV_IN_SELECTED,
	.doing = ISRV_DO_REMOVE,
	.cap = ISRV_CAP_REPLACE,
	.flags = ISRV_COMMAND_NUMBERS | ISRV_COMMAND_UID | ISRV_COMMAND_WRITES,
	.args_size = sizeof(struct replace),
	.parse = parse,
	.step = step,
	.literal = literal,
	.drop = drop,
};
