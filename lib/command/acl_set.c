/* SPDX-License-Identifier: MIT */
/* SETACL, DELETEACL (RFC 4314 3.1, 3.2). */
#include "command/acl.h"
#include "command/commands.h"
#include "command/memory.h"
#include "session/hear.h"

struct args {
	struct imapsrv_span mailbox;
	struct imapsrv_span identifier;
	enum imapsrv_acl_change change;
	struct imapsrv_span letters;
	struct isrv_access access;
	bool asked;
	struct isrv_acl_list list; /* what else has changed */
};

static bool parse_names(struct isrv_parse *p, struct args *a)
{
	return isrv_rd_mailbox(&p->r, &a->mailbox) && isrv_rd_sp(&p->r) &&
	       isrv_acl_identifier_parse(p, &a->identifier);
}

/* deleteacl = "DELETEACL" SP mailbox SP identifier */
static bool parse_deleteacl(struct isrv_parse *p, void *args)
{
	struct args *a = args;

	a->change = IMAPSRV_ACL_DELETE;
	return parse_names(p, a);
}

/* setacl = "SETACL" SP mailbox SP identifier SP mod-rights ; mod-rights = astring */
static bool parse_setacl(struct isrv_parse *p, void *args)
{
	struct args *a = args;
	struct imapsrv_span *l = &a->letters;

	if (!parse_names(p, a) || !isrv_rd_sp(&p->r) || !isrv_rd_astring(&p->r, l))
		return false;
	if (l->len && (l->data[0] == '+' || l->data[0] == '-')) {
		a->change = l->data[0] == '+' ? IMAPSRV_ACL_ADD : IMAPSRV_ACL_REMOVE;
		l->data++;
		l->len--;
	}
	return true;
}

/* "An unrecognized right MUST cause the command to return the BAD response."  False: there is
 * one. */
static bool read_rights(const struct imapsrv_session *s, const struct args *a, uint32_t *rights_r)
{
	uint32_t known = IMAPSRV_RIGHTS_STANDARD | s->engine->acl.others;
	struct isrv_rights_virtual v = isrv_acl_virtual(s);

	*rights_r = 0;
	for (size_t i = 0; i < a->letters.len; i++) {
		uint32_t right = isrv_rights_of(a->letters.data[i], known, &v);

		if (!right)
			return false;
		*rights_r |= right;
	}
	return true;
}

static bool has_capital(struct imapsrv_span letters)
{
	for (size_t i = 0; i < letters.len; i++)
		if (letters.data[i] >= 'A' && letters.data[i] <= 'Z')
			return true;
	return false;
}

static enum isrv_step step(struct imapsrv_session *s, void *args)
{
	struct args *a = args;
	struct imapsrv_acl_set q = {s->account.handle, a->mailbox, a->identifier, a->change, 0};
	enum isrv_step wait;

	if (!a->asked) {
		if (!read_rights(s, a, &q.rights))
			return isrv_bad(s, has_capital(a->letters)
			                           ? "Uppercase rights are not allowed"
			                           : "There is no such right here");
		wait = isrv_access_step(s, &a->access, ISRV_DO_ADMIN, a->mailbox);
		if (wait != ISRV_DONE || s->error)
			return wait;
		if (a->access.code != IMAPSRV_OK)
			return isrv_refused(s, NULL);
		if (!s->engine->acl.set)
			return isrv_no(s, "CANNOT", "Access control lists cannot be changed here");
		a->asked = true;
		ISRV_ASK(s, ISRV_OP_ACL, acl, set, &q, isrv_acl_take, &a->list);
	}
	if (!isrv_answered(s))
		return ISRV_HOST;
	if (s->result.code != IMAPSRV_OK)
		return isrv_refused(s, NULL);
	isrv_hear_rights(s, a->mailbox);
	/* It is done.  What else has changed nobody has to be told. */
	if (a->list.nomem && s->arena.starved)
		return isrv_command_nomem(s);
	if (!a->list.nomem)
		isrv_acl_put(s, &a->list, a->mailbox, false);
	return isrv_ok(s, a->change == IMAPSRV_ACL_DELETE ? "DELETEACL done" : "SETACL done");
}

const struct isrv_command isrv_command_setacl = {
	.name = "SETACL",
	.states = ISRV_IN_AUTHED,
	.cap = ISRV_CAP_ACL,
	.args_size = sizeof(struct args),
	.parse = parse_setacl,
	.step = step,
};

const struct isrv_command isrv_command_deleteacl = {
	.name = "DELETEACL",
	.states = ISRV_IN_AUTHED,
	.cap = ISRV_CAP_ACL,
	.args_size = sizeof(struct args),
	.parse = parse_deleteacl,
	.step = step,
};
