/* SPDX-License-Identifier: MIT */
/*
 * host/storequota - imapsrv/quota.h for the test store: roots that a script writes down.  Storage
 * limits are kept in multiples of 512, and nobody sets those of a root whose name begins with "!".
 */
#include "host/teststore.h"

#include <stdlib.h>
#include <string.h>

static void check_account(struct ts_op *q, void *account)
{
	q->account = ts_handle_of(q->link, "quota", account, TS_ACCOUNT);
}

static void on_get(void *user, struct imapsrv_op *op, const struct imapsrv_getquota *in)
{
	struct ts_op *q = ts_op_new(user, op, TS_GETQUOTA);

	check_account(q, in->account);
	q->name = ts_op_text(q, in->root);
	ts_op_asked(q);
}

static void on_roots(void *user, struct imapsrv_op *op, const struct imapsrv_getquotaroot *in)
{
	struct ts_op *q = ts_op_new(user, op, TS_GETQUOTAROOT);

	check_account(q, in->account);
	if (!in->mailbox.len || !ts_is_clean(in->mailbox))
		tx_complain(q->link->ts->log, "getquotaroot: a name that is none");
	q->name = ts_op_text(q, in->mailbox);
	ts_op_asked(q);
}

static void on_set(void *user, struct imapsrv_op *op, const struct imapsrv_setquota *in)
{
	struct ts_op *q = ts_op_new(user, op, TS_SETQUOTA);

	check_account(q, in->account);
	q->name = ts_op_text(q, in->root);
	q->facts = in->limited;
	memcpy(q->limit, in->limit, sizeof(q->limit));
	if (in->limited & ~q->link->ts->resources)
		tx_complain(q->link->ts->log, "setquota: a resource that cannot be limited");
	ts_op_asked(q);
}

void ts_fill_quota(const struct ts *ts, struct imapsrv_quota *quota)
{
	*quota = (struct imapsrv_quota)IMAPSRV_QUOTA_INIT;
	if (!ts->resources)
		return;
	quota->resources = ts->resources;
	quota->get = on_get;
	quota->roots = on_roots;
	quota->set = ts->absent & TS_NO_SETQUOTA ? NULL : on_set;
}

struct ts_root *ts_root(struct ts *ts, const char *name)
{
	struct ts_root **at = &ts->roots;

	while (*at && strcmp((*at)->name, name) != 0)
		at = &(*at)->next;
	if (!*at) {
		*at = tx_alloc(sizeof(**at));
		(*at)->name = tx_dup(name, strlen(name));
		(*at)->mailboxes = tx_dup("", 0);
	}
	return *at;
}

void ts_free_roots(struct ts *ts)
{
	while (ts->roots) {
		struct ts_root *r = ts->roots;

		ts->roots = r->next;
		free(r->name);
		free(r->mailboxes);
		free(r);
	}
}

static void give(struct ts_op *q, const struct ts_root *r)
{
	struct imapsrv_quota_root root = IMAPSRV_QUOTA_ROOT_INIT;
	int rc;

	root.name = (struct imapsrv_span){r->name, strlen(r->name)};
	root.limited = r->limited;
	memcpy(root.usage, r->usage, sizeof(root.usage));
	memcpy(root.limit, r->limit, sizeof(root.limit));
	rc = imapsrv_op_quota(q->op, &root);
	if (rc && !imapsrv_is_fatal(rc))
		tx_complain(q->link->ts->log, "op_quota gave %d (%s)", rc, imapsrv_strerror(rc));
}

void ts_answer_quota(struct ts_op *q)
{
	struct ts *ts = q->link->ts;
	struct ts_root *r = ts->roots;
	enum imapsrv_code code = IMAPSRV_OK;

	if (q->kind == TS_GETQUOTAROOT) {
		for (; r; r = r->next)
			if (strncmp(q->name, r->mailboxes, strlen(r->mailboxes)) == 0)
				give(q, r);
	} else {
		while (r && strcmp(r->name, q->name) != 0)
			r = r->next;
		if (!r)
			code = IMAPSRV_NONEXISTENT;
		if (r && q->kind == TS_SETQUOTA && r->name[0] == '!') {
			code = IMAPSRV_CANNOT;
		} else if (r && q->kind == TS_SETQUOTA) {
			r->limited = q->facts;
			memcpy(r->limit, q->limit, sizeof(r->limit));
			r->limit[0] = r->limit[0] > INT64_MAX - 511 ? INT64_MAX : (r->limit[0] + 511) / 512 * 512;
		}
		if (r)
			give(q, r);
	}
	imapsrv_op_done(q->op, code, code ? "That cannot be" : NULL);
}
