/* SPDX-License-Identifier: MIT */
/*
 * host/storeacl - imapsrv/acl.h for the test store: a list for each mailbox, whose rights add up, less
 * those of negative identifiers.  A mailbox without a list is its owner's, who may do everything.
 * Mailboxes other than INBOX can be seen by every user, as far as his rights go.
 */
#include <stdlib.h>
#include <string.h>

#include "host/teststore.h"

uint32_t ts_acl_known(const struct ts *ts)
{
	return IMAPSRV_RIGHTS_STANDARD | ts->acl.others |
	       (ts->notes.on ? (uint32_t)IMAPSRV_RIGHT_NOTE : 0u);
}

/* ---- lists ------------------------------------------------------------------------------ */

void ts_acl_clear(struct ts_mailbox *m)
{
	while (m->acl) {
		struct ts_acl *a = m->acl;

		m->acl = a->next;
		free(a->identifier);
		free(a);
	}
}

static struct ts_acl **find(struct ts_mailbox *m, const char *identifier)
{
	struct ts_acl **at = &m->acl;

	while (*at && strcmp((*at)->identifier, identifier) != 0)
		at = &(*at)->next;
	return at;
}

void ts_acl_set(struct ts_mailbox *m, const char *identifier, enum imapsrv_acl_change change,
                uint32_t rights)
{
	struct ts_acl **at = find(m, identifier), *a = *at;

	if (change == IMAPSRV_ACL_DELETE && a) {
		*at = a->next;
		free(a->identifier);
		free(a);
	}
	if (change == IMAPSRV_ACL_DELETE)
		return;
	if (!a) {
		a = *at = tx_alloc(sizeof(*a));
		a->identifier = tx_dup(identifier, strlen(identifier));
	}
	if (change == IMAPSRV_ACL_SET)
		a->rights = rights;
	else if (change == IMAPSRV_ACL_ADD)
		a->rights |= rights;
	else
		a->rights &= ~rights;
}

uint32_t ts_acl_rights(const struct ts_mailbox *m, const struct ts_user *u)
{
	uint32_t plus = 0, minus = 0;

	if (!m->ts->acl.on || !m->acl)
		return m->owner == u || !m->ts->acl.on ? ts_acl_known(m->ts) : 0;
	for (const struct ts_acl *a = m->acl; a; a = a->next) {
		bool negative = a->identifier[0] == '-';
		const char *who = a->identifier + negative;

		if (strcmp(who, "anyone") != 0 && (!u || strcmp(who, u->name) != 0))
			continue;
		if (negative)
			minus |= a->rights;
		else
			plus |= a->rights;
	}
	return plus & ~minus;
}

/* RFC 4314 4, CREATE: "it SHOULD inherit the ACL from the parent mailbox". */
void ts_acl_inherit(struct ts_mailbox *m)
{
	const struct ts_mailbox *up = ts_acl_above(m->ts, m->owner, m->name);

	for (const struct ts_acl *a = up ? up->acl : NULL; a; a = a->next)
		ts_acl_set(m, a->identifier, IMAPSRV_ACL_SET, a->rights);
}

struct ts_mailbox *ts_acl_above(struct ts *ts, const struct ts_user *u, const char *name)
{
	struct ts_mailbox *m = NULL;
	char *up = tx_dup(name, strlen(name)), *end;

	while (!m && u->separator && (end = strrchr(up, u->separator)) != NULL) {
		*end = '\0';
		m = ts_find(ts, u, up);
		if (m && m->attributes & IMAPSRV_ATTR_NONEXISTENT)
			m = NULL;
	}
	free(up);
	return m;
}

/* ---- changes, and who hears of them ----------------------------------------------------- */

void ts_acl_change(struct ts_mailbox *m, const char *identifier, enum imapsrv_acl_change change,
                   uint32_t rights, bool silent, const struct imapsrv_session *origin)
{
	struct ts *ts = m->ts;
	uint32_t before[64], n = 0;

	for (const struct ts_user *u = ts->users; u && n < 64; u = u->next)
		before[n++] = ts_acl_rights(m, u);
	ts_acl_set(m, identifier, change, rights);
	n = 0;
	for (const struct ts_user *u = ts->users; u && n < 64 && !silent; u = u->next, n++) {
		struct imapsrv_event event = IMAPSRV_EVENT_INIT;
		uint32_t now = ts_acl_rights(m, u);

		if (now == before[n])
			continue;
		event.type = before[n] & ~now ? IMAPSRV_EVENT_ACCESS_LOST : IMAPSRV_EVENT_ACCESS_GAINED;
		event.mailbox = (struct imapsrv_span){m->name, strlen(m->name)};
		event.origin = origin;
		ts_post_event(ts, u, &event);
	}
}

void ts_check_flags(struct ts_op *q, uint32_t rights, uint32_t system, uint32_t keywords)
{
	bool write = (rights & IMAPSRV_RIGHT_WRITE) != 0;

	if (q->link->ts->acl.on && (system & ~imapsrv_rights_flags(rights) || (keywords && !write)))
		tx_complain(q->link->ts->log, "%s: flags without a right to them",
		            ts_kind_names[q->kind]);
}

/* ---- questions -------------------------------------------------------------------------- */

static struct ts_op *asked(void *user, struct imapsrv_op *op, enum ts_kind kind, void *account,
                           struct imapsrv_span mailbox)
{
	struct ts_op *q = ts_op_new(user, op, kind);

	q->account = ts_handle_of(q->link, ts_kind_names[kind], account, TS_ACCOUNT);
	if (!mailbox.len || !ts_is_clean(mailbox))
		tx_complain(q->link->ts->log, "%s: a name that is none", ts_kind_names[kind]);
	q->name = ts_op_text(q, mailbox);
	return q;
}

static void take_identifier(struct ts_op *q, struct imapsrv_span identifier)
{
	if (!identifier.len || (identifier.len == 1 && identifier.data[0] == '-') ||
	    !ts_is_clean(identifier))
		tx_complain(q->link->ts->log, "%s: an identifier of nothing", ts_kind_names[q->kind]);
	q->second = ts_op_text(q, identifier);
}

static void on_rights(void *user, struct imapsrv_op *op, const struct imapsrv_acl_rights *in)
{
	struct ts_op *q = asked(user, op, TS_RIGHTS, in->account, in->mailbox);

	q->flag = in->above;
	ts_op_asked(q);
}

static void on_get(void *user, struct imapsrv_op *op, const struct imapsrv_acl_get *in)
{
	ts_op_asked(asked(user, op, TS_GETACL, in->account, in->mailbox));
}

static void on_set(void *user, struct imapsrv_op *op, const struct imapsrv_acl_set *in)
{
	struct ts_op *q = asked(user, op, TS_SETACL, in->account, in->mailbox);

	take_identifier(q, in->identifier);
	q->flag = (int)in->change;
	q->facts = in->rights;
	if (in->rights & ~ts_acl_known(q->link->ts))
		tx_complain(q->link->ts->log, "setacl: rights %#x that there are not", in->rights);
	ts_op_asked(q);
}

static void on_grantable(void *user, struct imapsrv_op *op, const struct imapsrv_acl_grantable *in)
{
	struct ts_op *q = asked(user, op, TS_GRANTABLE, in->account, in->mailbox);

	take_identifier(q, in->identifier);
	ts_op_asked(q);
}

void ts_fill_acl(const struct ts *ts, struct imapsrv_acl *acl)
{
	*acl = (struct imapsrv_acl)IMAPSRV_ACL_INIT;
	if (!ts->acl.on)
		return;
	acl->rights = on_rights;
	acl->get = ts->absent & TS_NO_GETACL ? NULL : on_get;
	acl->set = ts->absent & (TS_NO_SETACL | TS_NO_GETACL) ? NULL : on_set;
	acl->grantable = ts->acl.grantable && acl->get ? on_grantable : NULL;
	acl->others = ts->acl.others;
	acl->create_alone = ts->acl.create_alone;
}

/* ---- answers ---------------------------------------------------------------------------- */

static void give(struct ts_op *q, const struct ts_mailbox *m, bool named)
{
	for (const struct ts_acl *a = m->acl; a; a = a->next) {
		struct imapsrv_acl_entry entry = {
			{a->identifier, strlen(a->identifier)}, a->rights, {NULL, 0}};

		if (named)
			entry.mailbox = (struct imapsrv_span){m->name, strlen(m->name)};
		imapsrv_op_acl(q->op, &entry);
	}
}

/* "lr r swi" */
static void give_grantable(struct ts_op *q)
{
	const char *at = q->link->ts->acl.grantable;
	uint32_t sets[32], count = 0;

	for (; *at && count < 32; at += *at == ' ') {
		size_t len = strcspn(at, " ");

		if (imapsrv_rights_parse((struct imapsrv_span){at, len}, &sets[count++]))
			tx_complain(q->link->ts->log, "grantable: no such rights");
		at += len;
	}
	imapsrv_op_grantable(q->op, sets[0], sets + 1, count - 1);
}

static enum imapsrv_code answer_set(struct ts_op *q, struct ts_mailbox *m)
{
	struct ts *ts = q->link->ts;
	struct ts_mailbox *twin = ts->acl.twin ? ts_find(ts, NULL, ts->acl.twin) : NULL;
	enum imapsrv_acl_change change = (enum imapsrv_acl_change)q->flag;

	if (q->second[0] == '-' && ts->acl.no_negative)
		return IMAPSRV_CANNOT;
	ts_acl_change(m, q->second, change, q->facts, false, q->link->session);
	if (!twin || twin == m)
		return IMAPSRV_OK;
	ts_acl_change(twin, q->second, change, q->facts, false, q->link->session);
	give(q, m, false);
	give(q, twin, true);
	return IMAPSRV_OK;
}

void ts_answer_acl(struct ts_op *q)
{
	struct ts *ts = q->link->ts;
	const struct ts_user *u = q->account ? q->account->user : NULL;
	struct ts_mailbox *m = NULL;
	enum imapsrv_code code = IMAPSRV_OK;

	if (u && q->kind == TS_RIGHTS && q->flag)
		m = ts_acl_above(ts, u, q->name);
	else if (u)
		m = ts_find(ts, u, q->name);
	if (!m || m->hidden || m->attributes & IMAPSRV_ATTR_NONEXISTENT)
		code = IMAPSRV_NONEXISTENT;
	else if (q->kind == TS_RIGHTS)
		imapsrv_op_rights(q->op, ts_acl_rights(m, u));
	else if (q->kind == TS_GETACL)
		give(q, m, false);
	else if (q->kind == TS_SETACL)
		code = answer_set(q, m);
	else
		give_grantable(q);
	imapsrv_op_done(q->op, code, code ? "The store says that there is no such thing" : NULL);
}
