/* SPDX-License-Identifier: MIT */
/*
 * command/quota - GETQUOTA, GETQUOTAROOT, SETQUOTA (RFC 9208).  Roots are gathered before any is
 * told: their names stand in one line before the first QUOTA, and a refusal is to come alone.
 */
#include <string.h>

#include "base/ascii.h"
#include "command/commands.h"
#include "command/memory.h"
#include "session/access.h"

struct quota {
	struct imapsrv_span name; /* of the root, or of the mailbox */
	uint32_t limited;
	uint64_t limit[IMAPSRV_RESOURCES];
	bool strange;             /* a resource that cannot be limited here */
	bool asked;
	struct isrv_access access;
	struct imapsrv_quota_root *roots; /* in the arena, with their names */
	size_t count;
	bool nomem; /* for one of them there was no room */
};

static const char *const resources[IMAPSRV_RESOURCES] = {
	[IMAPSRV_RESOURCE_STORAGE] = "STORAGE",
	[IMAPSRV_RESOURCE_MESSAGE] = "MESSAGE",
	[IMAPSRV_RESOURCE_MAILBOX] = "MAILBOX",
	[IMAPSRV_RESOURCE_ANNOTATION_STORAGE] = "ANNOTATION-STORAGE",
};

/* ---- arguments ----------------------------------------------------------------------------- */

/* quota-root-name = astring */
static bool parse_root(struct isrv_parse *p, void *args)
{
	struct quota *a = args;

	return isrv_rd_astring(&p->r, &a->name);
}

static bool parse_mailbox(struct isrv_parse *p, void *args)
{
	struct quota *a = args;

	return isrv_rd_mailbox(&p->r, &a->name);
}

/* setquota-resource = resource-name SP resource-limit;  resource-name =/ atom */
static bool parse_limit(struct isrv_reader *r, struct quota *a)
{
	struct imapsrv_span name;
	uint64_t limit;
	unsigned i = 0;

	if (!isrv_rd_atom(r, &name) || !isrv_rd_sp(r) || !isrv_rd_number64(r, &limit))
		return isrv_rd_fail(r, "a resource and its limit");
	while (i < IMAPSRV_RESOURCES && !isrv_ascii_is(name.data, name.len, resources[i]))
		i++;
	if (i == IMAPSRV_RESOURCES) {
		a->strange = true;
		return true;
	}
	if (a->limited & IMAPSRV_RESOURCE_BIT(i))
		return isrv_rd_fail(r, "each resource once");
	a->limited |= IMAPSRV_RESOURCE_BIT(i);
	a->limit[i] = limit;
	return true;
}

/* setquota = "SETQUOTA" SP quota-root-name SP "(" [setquota-resource *(SP setquota-resource)]
 * ")" */
static bool parse_setquota(struct isrv_parse *p, void *args)
{
	struct quota *a = args;
	struct isrv_reader *r = &p->r;

	if (!parse_root(p, a) || !isrv_rd_sp(r) || !isrv_rd_char(r, '('))
		return false;
	if (isrv_rd_try(r, ')'))
		return true;
	do {
		if (!parse_limit(r, a))
			return false;
	} while (isrv_rd_try(r, ' '));
	return isrv_rd_char(r, ')');
}

/* ---- answers ------------------------------------------------------------------------------- */

static void take_root(struct imapsrv_session *s, void *ctx, const void *answer)
{
	const struct imapsrv_quota_root *root = answer;
	struct quota *a = ctx;
	char *name;

	if (!a->roots)
		a->roots = isrv_arena_array(&s->arena, ISRV_QUOTA_ROOTS, sizeof(*a->roots));
	name = isrv_arena_copy(&s->arena, root->name.data, root->name.len);
	if (!a->roots || !name) {
		a->nomem = true;
		return;
	}
	a->roots[a->count] = *root;
	a->roots[a->count++].name.data = name;
}

/* quota-list = "(" [quota-resource *(SP quota-resource)] ")": in the ABNF one is needed, but "an
 * empty list means there are no administrative resource limits" (RFC 9208 4.2.1). */
static void put_root(struct imapsrv_session *s, const struct imapsrv_quota_root *root)
{
	uint32_t limited = root->limited & s->engine->quota.resources;
	struct isrv_writer *w = &s->w;
	bool any = false;

	ISRV_W(w, "* QUOTA ");
	isrv_w_astring(w, root->name.data, root->name.len);
	ISRV_W(w, " (");
	for (unsigned i = 0; i < IMAPSRV_RESOURCES; i++) {
		if (!(limited & IMAPSRV_RESOURCE_BIT(i)))
			continue;
		if (any)
			ISRV_W(w, " ");
		isrv_w_cstr(w, resources[i]);
		ISRV_W(w, " ");
		isrv_w_u64(w, root->usage[i]);
		ISRV_W(w, " ");
		isrv_w_u64(w, root->limit[i]);
		any = true;
	}
	ISRV_W(w, ")");
	isrv_w_crlf(w);
}

static void put_roots(struct imapsrv_session *s, const struct quota *a)
{
	for (size_t i = 0; i < a->count; i++)
		put_root(s, &a->roots[i]);
}

/* quotaroot-response = "QUOTAROOT" SP mailbox *(SP quota-root-name) */
static void put_names(struct imapsrv_session *s, const struct quota *a)
{
	struct isrv_writer *w = &s->w;

	ISRV_W(w, "* QUOTAROOT ");
	isrv_w_mailbox(w, a->name.data, a->name.len);
	for (size_t i = 0; i < a->count; i++) {
		ISRV_W(w, " ");
		isrv_w_astring(w, a->roots[i].name.data, a->roots[i].name.len);
	}
	isrv_w_crlf(w);
}

/* ---- the commands -------------------------------------------------------------------------- */

static enum isrv_step step_getquota(struct imapsrv_session *s, void *args)
{
	struct quota *a = args;
	struct imapsrv_getquota q = {s->account.handle, a->name};

	if (!a->asked) {
		a->asked = true;
		ISRV_ASK(s, ISRV_OP_QUOTA, quota, get, &q, take_root, a);
	}
	if (!isrv_answered(s))
		return ISRV_HOST;
	if (s->result.code != IMAPSRV_OK)
		return isrv_refused(s, NULL);
	if (a->nomem)
		return isrv_command_nomem(s);
	if (a->count != 1) {
		isrv_session_fault(s, "not one quota root, but none or many");
		return isrv_no(s, "SERVERBUG", "That quota root cannot be told");
	}
	put_roots(s, a);
	return isrv_ok(s, "GETQUOTA done");
}

static enum isrv_step step_getquotaroot(struct imapsrv_session *s, void *args)
{
	struct quota *a = args;
	struct imapsrv_getquotaroot q = {s->account.handle, a->name};
	enum isrv_step wait;

	if (!a->asked) {
		wait = isrv_access_step(s, &a->access, ISRV_DO_QUOTAROOT, a->name);
		if (wait != ISRV_DONE || s->error)
			return wait;
		if (a->access.code != IMAPSRV_OK)
			return isrv_refused(s, NULL);
		a->asked = true;
		ISRV_ASK(s, ISRV_OP_QUOTA, quota, roots, &q, take_root, a);
	}
	if (!isrv_answered(s))
		return ISRV_HOST;
	if (s->result.code != IMAPSRV_OK)
		return isrv_refused(s, NULL);
	if (a->nomem)
		return isrv_command_nomem(s);
	put_names(s, a);
	put_roots(s, a);
	return isrv_ok(s, "GETQUOTAROOT done");
}

static enum isrv_step step_setquota(struct imapsrv_session *s, void *args)
{
	struct quota *a = args;
	struct imapsrv_setquota q = {s->account.handle, a->name, a->limited, {0}};

	if (!a->asked) {
		if (a->strange || a->limited & ~s->engine->quota.resources)
			return isrv_no(s, "CANNOT", "There are no limits on such a resource here");
		memcpy(q.limit, a->limit, sizeof(q.limit));
		a->asked = true;
		ISRV_ASK(s, ISRV_OP_QUOTA, quota, set, &q, take_root, a);
	}
	if (!isrv_answered(s))
		return ISRV_HOST;
	/* It is done, or not, whether all can be told or not. */
	if (a->nomem && s->arena.starved)
		return isrv_command_nomem(s);
	put_roots(s, a); /* a limit that could not be set may be shown (RFC 9208 4.1.3) */
	if (s->result.code != IMAPSRV_OK)
		return isrv_refused(s, NULL);
	return isrv_ok(s, "SETQUOTA done");
}

const struct isrv_command isrv_command_getquota = {
	.name = "GETQUOTA",
	.states = ISRV_IN_AUTHED,
	.cap = ISRV_CAP_QUOTA,
	.args_size = sizeof(struct quota),
	.parse = parse_root,
	.step = step_getquota,
};

const struct isrv_command isrv_command_getquotaroot = {
	.name = "GETQUOTAROOT",
	.states = ISRV_IN_AUTHED,
	.cap = ISRV_CAP_QUOTA,
	.args_size = sizeof(struct quota),
	.parse = parse_mailbox,
	.step = step_getquotaroot,
};

const struct isrv_command isrv_command_setquota = {
	.name = "SETQUOTA",
	.states = ISRV_IN_AUTHED,
	.cap = ISRV_CAP_QUOTASET,
	.args_size = sizeof(struct quota),
	.parse = parse_setquota,
	.step = step_setquota,
};
