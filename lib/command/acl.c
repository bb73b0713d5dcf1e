/* SPDX-License-Identifier: MIT */
/*
 * command/acl - GETACL, LISTRIGHTS, MYRIGHTS (RFC 4314 3.3-3.5), and what SETACL and DELETEACL need
 * of them.  Lists are gathered before they are told: a refusal is to come alone.
 */
#include "command/acl.h"

#include "base/utf8.h"
#include "command/commands.h"
#include "command/memory.h"

struct args {
	struct imapsrv_span mailbox;
	struct imapsrv_span identifier; /* LISTRIGHTS: as the host gets it, */
	struct imapsrv_span written;    /* and as it was written */
	struct isrv_access access;
	enum {
		AT_ACCESS,
		AT_ASKED
	} at;
	struct isrv_acl_list list;
	/* LISTRIGHTS */
	bool told;
	uint32_t always;
	uint32_t *tied; /* in the arena */
	size_t count;
};

/* ---- arguments ----------------------------------------------------------------------------- */

/* RFC 4314 3: prepared, or the command is BAD.  A "-" in front is none of its own (2). */
bool isrv_acl_identifier_parse(struct isrv_parse *p, struct imapsrv_span *identifier_r)
{
	struct imapsrv_span name;
	const char *start = p->r.at;

	if (!isrv_rd_astring(&p->r, identifier_r))
		return false;
	name = *identifier_r;
	if (name.len && name.data[0] == '-') {
		name.data++;
		name.len--;
	}
	if (name.len && isrv_utf8_is_name(name.data, name.len))
		return true;
	p->r.at = start;
	return isrv_rd_fail(&p->r, "an identifier that can be one");
}

/* getacl = "GETACL" SP mailbox ; myrights = "MYRIGHTS" SP mailbox */
static bool parse_mailbox(struct isrv_parse *p, void *args)
{
	struct args *a = args;

	return isrv_rd_mailbox(&p->r, &a->mailbox);
}

/* listrights = "LISTRIGHTS" SP mailbox SP identifier */
static bool parse_listrights(struct isrv_parse *p, void *args)
{
	struct args *a = args;

	if (!isrv_rd_mailbox(&p->r, &a->mailbox) || !isrv_rd_sp(&p->r) ||
	    !isrv_acl_identifier_parse(p, &a->identifier))
		return false;
	a->written = a->identifier;
	return true;
}

/* ---- what is shown ------------------------------------------------------------------------- */

static void put_rights(struct imapsrv_session *s, uint32_t rights)
{
	struct isrv_rights_virtual v = isrv_acl_virtual(s);
	char letters[IMAPSRV_RIGHTS_LETTERS];
	size_t len = isrv_rights_put(rights, &v, letters);

	isrv_w_astring(&s->w, letters, len);
}

void isrv_acl_put_myrights(struct imapsrv_session *s, struct imapsrv_span mailbox, uint32_t rights)
{
	ISRV_W(&s->w, "* MYRIGHTS ");
	isrv_w_mailbox(&s->w, mailbox.data, mailbox.len);
	ISRV_W(&s->w, " ");
	put_rights(s, rights);
	isrv_w_crlf(&s->w);
}

static bool same(struct imapsrv_span a, struct imapsrv_span b)
{
	return a.len == b.len && (!a.len || !memcmp(a.data, b.data, a.len));
}

/* acl-data = "ACL" SP mailbox *(SP identifier SP rights) */
void isrv_acl_put(struct imapsrv_session *s, const struct isrv_acl_list *list,
                  struct imapsrv_span mailbox, bool always)
{
	struct isrv_writer *w = &s->w;
	size_t i = 0;

	if (!list->count && !always)
		return;
	do {
		struct imapsrv_span of = list->count ? list->entries[i].mailbox : mailbox;

		ISRV_W(w, "* ACL ");
		isrv_w_mailbox(w, of.len ? of.data : mailbox.data, of.len ? of.len : mailbox.len);
		for (; i < list->count && same(list->entries[i].mailbox, of); i++) {
			const struct imapsrv_acl_entry *entry = &list->entries[i];

			ISRV_W(w, " ");
			isrv_w_astring(w, entry->identifier.data, entry->identifier.len);
			ISRV_W(w, " ");
			put_rights(s, entry->rights);
		}
		isrv_w_crlf(w);
	} while (i < list->count);
}

/* ---- answers ------------------------------------------------------------------------------- */

static bool keep(struct imapsrv_session *s, struct imapsrv_span *span)
{
	if (span->len)
		span->data = isrv_arena_copy(&s->arena, span->data, span->len);
	return !span->len || span->data;
}

void isrv_acl_take(struct imapsrv_session *s, void *ctx, const void *answer)
{
	struct isrv_acl_list *list = ctx;
	struct imapsrv_acl_entry entry = *(const struct imapsrv_acl_entry *)answer;
	size_t n = list->count, unit = sizeof(entry);

	if (list->nomem)
		return;
	if (!(n & (n - 1))) { /* room for 1, 2, 4, ... */
		void *room = isrv_arena_grow(&s->arena, list->entries, n * unit,
		                             (n ? 2 * n : 1) * unit);

		list->nomem = !room;
		list->entries = room ? room : list->entries;
	}
	list->nomem = list->nomem || !keep(s, &entry.identifier) || !keep(s, &entry.mailbox);
	if (!list->nomem)
		list->entries[list->count++] = entry;
}

static void take_grantable(struct imapsrv_session *s, void *ctx, const void *answer)
{
	const struct isrv_op_grantable *g = answer;
	struct args *a = ctx;
	size_t size = g->count * sizeof(*a->tied);

	if (a->told) {
		isrv_op_pass_over(s, "the rights that could be given were told twice");
		return;
	}
	a->told = true;
	a->always = g->always;
	a->count = g->count; /* no more than there are rights */
	if (!size)
		return;
	a->tied = isrv_arena_alloc(&s->arena, size);
	if (a->tied)
		memcpy(a->tied, g->tied, size);
	a->list.nomem = !a->tied;
}

/* ---- LISTRIGHTS ---------------------------------------------------------------------------- */

/*
 * Where "c" or "d" goes, whose members these are (RFC 4314 2.1.1): beside those that are always
 * there, if any is; to one that is tied to something else, with which all of them have to be; else
 * by itself.  Gives the number of the set, count for none of them, and count + 1 for nowhere.
 */
static size_t place(const struct args *a, uint32_t members)
{
	bool any = false;

	for (size_t i = 0; i < a->count; i++) {
		any = any || a->tied[i] & members;
		if (a->tied[i] & members && a->tied[i] & ~members)
			return i;
	}
	return any ? a->count : a->count + 1;
}

static void put_set(struct imapsrv_session *s, uint32_t rights, bool c, bool d)
{
	struct isrv_rights_virtual v = {c ? UINT32_MAX : 0, d ? UINT32_MAX : 0};
	char letters[IMAPSRV_RIGHTS_LETTERS];
	size_t len = isrv_rights_put(rights, &v, letters);

	ISRV_W(&s->w, " ");
	isrv_w_astring(&s->w, letters, len);
}

/* listrights-data = "LISTRIGHTS" SP mailbox SP identifier SP rights *(SP rights) */
static void put_listrights(struct imapsrv_session *s, const struct args *a)
{
	struct isrv_rights_virtual v = isrv_acl_virtual(s);
	bool c_always = a->always & v.c, d_always = a->always & v.d;
	size_t c = c_always ? a->count + 1 : place(a, v.c);
	size_t d = d_always ? a->count + 1 : place(a, v.d);
	struct isrv_writer *w = &s->w;

	ISRV_W(w, "* LISTRIGHTS ");
	isrv_w_mailbox(w, a->mailbox.data, a->mailbox.len);
	ISRV_W(w, " ");
	isrv_w_astring(w, a->written.data, a->written.len);
	put_set(s, a->always, c_always, d_always);
	for (size_t i = 0; i < a->count; i++)
		put_set(s, a->tied[i], c == i, d == i);
	if (c == a->count)
		ISRV_W(w, " c");
	if (d == a->count)
		ISRV_W(w, " d");
	isrv_w_crlf(w);
}

/* A host that does not say: any right, each by itself. */
static void grant_all(struct imapsrv_session *s, struct args *a)
{
	uint32_t known = IMAPSRV_RIGHTS_STANDARD | s->engine->acl.others;

	a->tied = isrv_arena_array(&s->arena, 32, sizeof(*a->tied));
	a->list.nomem = !a->tied;
	for (unsigned i = 0; i < 32 && a->tied; i++)
		if (known >> i & 1)
			a->tied[a->count++] = UINT32_C(1) << i;
}

/* ---- the commands -------------------------------------------------------------------------- */

/* DONE: go on, or with *end_r the reply is set. */
static enum isrv_step check(struct imapsrv_session *s, struct args *a, enum isrv_doing doing,
                            bool *end_r)
{
	enum isrv_step wait = isrv_access_step(s, &a->access, doing, a->mailbox);

	*end_r = wait != ISRV_DONE || s->error;
	if (!*end_r && a->access.code != IMAPSRV_OK) {
		*end_r = true;
		isrv_refused(s, NULL);
	}
	return wait;
}

static enum isrv_step step_getacl(struct imapsrv_session *s, void *args)
{
	struct args *a = args;
	struct imapsrv_acl_get q = {s->account.handle, a->mailbox};
	enum isrv_step wait;
	bool end;

	if (a->at == AT_ACCESS) {
		wait = check(s, a, ISRV_DO_ADMIN, &end);
		if (end)
			return wait;
		a->at = AT_ASKED;
		ISRV_ASK(s, ISRV_OP_ACL, acl, get, &q, isrv_acl_take, &a->list);
	}
	if (!isrv_answered(s))
		return ISRV_HOST;
	if (a->list.nomem)
		return isrv_command_nomem(s);
	if (s->result.code != IMAPSRV_OK)
		return isrv_refused(s, NULL);
	isrv_acl_put(s, &a->list, a->mailbox, true);
	return isrv_ok(s, "GETACL done");
}

static enum isrv_step listed(struct imapsrv_session *s, struct args *a)
{
	if (a->list.nomem)
		return isrv_command_nomem(s);
	put_listrights(s, a);
	return isrv_ok(s, "LISTRIGHTS done");
}

static enum isrv_step step_listrights(struct imapsrv_session *s, void *args)
{
	struct args *a = args;
	struct imapsrv_acl_grantable q = {s->account.handle, a->mailbox, a->identifier};
	enum isrv_step wait;
	bool end;

	if (a->at == AT_ACCESS) {
		wait = check(s, a, ISRV_DO_ADMIN, &end);
		if (end)
			return wait;
		if (!s->engine->acl.grantable) {
			grant_all(s, a);
			return listed(s, a);
		}
		a->at = AT_ASKED;
		ISRV_ASK(s, ISRV_OP_GRANTABLE, acl, grantable, &q, take_grantable, a);
	}
	if (!isrv_answered(s))
		return ISRV_HOST;
	if (s->result.code != IMAPSRV_OK)
		return isrv_refused(s, NULL);
	if (!a->told) {
		isrv_session_fault(
			s,
			"which rights can be given was answered OK without imapsrv_op_grantable");
		return isrv_no(s, "SERVERBUG", "Which rights can be given is not known");
	}
	return listed(s, a);
}

static enum isrv_step step_myrights(struct imapsrv_session *s, void *args)
{
	struct args *a = args;
	enum isrv_step wait;
	bool end;

	wait = check(s, a, ISRV_DO_MYRIGHTS, &end);
	if (end)
		return wait;
	isrv_acl_put_myrights(s, a->mailbox, a->access.rights);
	return isrv_ok(s, "MYRIGHTS done");
}

const struct isrv_command isrv_command_getacl = {
	.name = "GETACL",
	.states = ISRV_IN_AUTHED,
	.cap = ISRV_CAP_ACL,
	.args_size = sizeof(struct args),
	.parse = parse_mailbox,
	.step = step_getacl,
};

const struct isrv_command isrv_command_listrights = {
	.name = "LISTRIGHTS",
	.states = ISRV_IN_AUTHED,
	.cap = ISRV_CAP_ACL,
	.args_size = sizeof(struct args),
	.parse = parse_listrights,
	.step = step_listrights,
};

const struct isrv_command isrv_command_myrights = {
	.name = "MYRIGHTS",
	.states = ISRV_IN_AUTHED,
	.cap = ISRV_CAP_ACL,
	.args_size = sizeof(struct args),
	.parse = parse_mailbox,
	.step = step_myrights,
};
