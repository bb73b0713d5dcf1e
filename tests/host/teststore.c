/* SPDX-License-Identifier: MIT */
/*
 * host/teststore - the store as an object, and what it keeps of the library's use of it: handles
 * that must come back exactly once, and ops that are open.
 */
#include "host/teststore.h"

#include <stdlib.h>
#include <string.h>

const char *const ts_kind_names[TS_KINDS] = {
	"login", "list",   "open",    "uids", "fetch", "body",   "body_read",
	"store", "append", "data",    "finish", "expunge", "copy", "move",
	"status", "check", "create",  "delete", "rename", "subscribe", "sasl", "vanished", "replace",
	"getmetadata", "setmetadata", "keys", "getquota", "getquotaroot", "setquota", "sort", "thread", "search",
	"idle", "getannotations", "storeannotations", "rights", "getacl", "setacl", "grantable",
	"urltoken", "urlopen", "resetkey", "describe",
};

const char *const ts_handle_names[] = {"account", "mailbox", "body", "append", "exchange"};

/* ---- handles ---------------------------------------------------------------------------- */

struct ts_handle *ts_handle_new(struct ts_link *link, enum ts_handle_kind kind)
{
	struct ts_handle *h = tx_alloc(sizeof(*h));

	h->kind = kind;
	h->link = link;
	h->next = link->ts->handles;
	link->ts->handles = h;
	return h;
}

/* The handle behind a pointer that the library hands back. */
struct ts_handle *ts_handle_of(struct ts_link *link, const char *what, void *pointer,
                               enum ts_handle_kind kind)
{
	struct ts *ts = link->ts;

	for (struct ts_handle *h = ts->handles; h; h = h->next)
		if (h == pointer) {
			if (h->kind != kind || h->link != link)
				tx_complain(ts->log, "%s: %s handle of %s session instead of %s",
				            what, ts_handle_names[h->kind],
				            h->link == link ? "this" : "another", ts_handle_names[kind]);
			return h->kind == kind ? h : NULL;
		}
	for (struct ts_handle *h = ts->dead; h; h = h->next)
		if (h == pointer) {
			tx_complain(ts->log, "%s: the %s was given back before", what,
			            ts_handle_names[h->kind]);
			return NULL;
		}
	tx_complain(ts->log, "%s: %p is no %s", what, pointer, ts_handle_names[kind]);
	return NULL;
}

static void drafts_free(struct ts_handle *h)
{
	for (size_t i = 0; i < h->draft_count; i++) {
		struct ts_draft *d = &h->drafts[i];

		tx_free(&d->data);
		for (size_t k = 0; k < d->keyword_count; k++)
			free(d->keywords[k]);
		free(d->keywords);
		ts_free_entries(&d->notes);
	}
	free(h->drafts);
	h->drafts = NULL;
	h->draft_count = 0;
}

void ts_handle_close(struct ts *ts, struct ts_handle *h)
{
	struct ts_handle **at = &ts->handles;

	while (*at && *at != h)
		at = &(*at)->next;
	if (!*at) /* closed before, by a trick */
		return;
	*at = h->next;
	h->next = ts->dead;
	ts->dead = h;
	drafts_free(h);
	ts_keep_end(h);
	free(h->data);
	h->data = NULL;
	free(h->name);
	h->name = NULL;
}

/* ---- callbacks -------------------------------------------------------------------------- */

static void moment(struct ts_link *link)
{
	struct ts *ts = link->ts;
	uint64_t n = ++ts->inside.count, at = ts->inside.at;

	if (at && n >= at && n - at < ts->inside.times)
		ts->inside.act(ts->inside.user, link);
}

void ts_enter(struct ts_link *link)
{
	link->inside++;
	moment(link);
}

void ts_leave(struct ts_link *link)
{
	moment(link);
	link->inside--;
}

void ts_between(struct ts_link *link)
{
	link->answers = true;
	moment(link);
	link->answers = false;
}

/* ---- ops -------------------------------------------------------------------------------- */

struct ts_op *ts_op_new(struct ts_link *link, struct imapsrv_op *op, enum ts_kind kind)
{
	struct ts *ts = link->ts;
	struct ts_op *q = tx_alloc(sizeof(*q)), **at = &ts->ops;

	if (link->op)
		tx_complain(ts->log, "%s: asked while %s is open", ts_kind_names[kind],
		            ts_kind_names[link->op->kind]);
	if (link->session && imapsrv_op_session(op) != link->session)
		tx_complain(ts->log, "%s: op belongs to another session", ts_kind_names[kind]);
	link->session = imapsrv_op_session(op);
	if (imapsrv_op_get_data(op))
		tx_complain(ts->log, "%s: op has data of the host's before the host gave any",
		            ts_kind_names[kind]);
	imapsrv_op_set_data(op, q);
	q->op = op;
	q->link = link;
	q->kind = kind;
	q->number = ++ts->op_count;
	while (*at)
		at = &(*at)->next;
	*at = q;
	link->op = q;
	ts_enter(link);
	return q;
}

void ts_op_lent(struct ts_op *q, const void *data, size_t len)
{
	struct ts_lent *lent;

	if (!len)
		return;
	lent = tx_alloc(sizeof(*lent));
	*lent = (struct ts_lent){q->lent, data, tx_alloc(len), len};
	memcpy(lent->copy, data, len);
	q->lent = lent;
}

char *ts_op_text(struct ts_op *q, struct imapsrv_span text)
{
	ts_op_lent(q, text.data, text.len);
	return tx_dup(text.len ? text.data : "", text.len);
}

/* Looks at all of it again, and forgets it. */
static void take_back(struct ts *ts, enum ts_kind kind, struct ts_lent *lent)
{
	while (lent) {
		struct ts_lent *next = lent->next;

		if (memcmp(lent->data, lent->copy, lent->len) != 0)
			tx_complain(ts->log, "%s: the question changed while it was asked",
			            ts_kind_names[kind]);
		free(lent->copy);
		free(lent);
		lent = next;
	}
}

/* The question is complete: answers it, or leaves it open. */
void ts_op_asked(struct ts_op *q)
{
	struct ts_link *link = q->link;
	struct ts *ts = link->ts;
	struct ts_lent *lent = q->lent;
	enum ts_kind kind = q->kind;
	bool later = ts->options.mode == TS_LATER ||
	             (ts->options.mode == TS_MIXED && tx_below(&ts->random, 2));

	if (!later && !ts->hold && q->number != ts->options.mute_at)
		ts_perform(q);
	ts_leave(link);
	take_back(ts, kind, lent);
}

void ts_op_free(struct ts_op *q)
{
	struct ts_op **at = &q->link->ts->ops;

	while (*at && *at != q)
		at = &(*at)->next;
	if (*at)
		*at = q->next;
	if (q->link->op == q)
		q->link->op = NULL;
	for (size_t i = 0; i < q->keyword_count; i++)
		free(q->keywords[i]);
	free(q->keywords);
	free(q->ranges);
	ts_free_entries(&q->entries);
	free(q->name);
	free(q->second);
	free(q->third);
	free(q);
}

bool ts_pending(const struct ts_link *link)
{
	return link->op != NULL;
}

bool ts_answer(struct ts_link *link)
{
	struct ts *ts = link->ts;

	if (!link->op || ts->hold || link->op->number == ts->options.mute_at)
		return false;
	if (imapsrv_op_get_data(link->op->op) != link->op)
		tx_complain(ts->log, "%s: the op lost its data", ts_kind_names[link->op->kind]);
	ts_perform(link->op);
	return true;
}

void ts_op_cancel(void *user, struct imapsrv_op *op)
{
	struct ts_link *link = user;
	struct ts_op *q = link->op;

	if (!q || q->op != op) {
		tx_complain(link->ts->log, "cancel of an op that is not open");
		return;
	}
	ts_enter(link);
	if ((q->kind == TS_OPEN || q->kind == TS_URLOPEN) && q->mailbox)
		ts_handle_close(link->ts, q->mailbox);
	if (((q->kind == TS_BEGIN && !q->flag) || q->kind == TS_FINISH || q->kind == TS_REPLACE) &&
	    q->append)
		ts_handle_close(link->ts, q->append);
	ts_op_free(q);
	ts_leave(link);
}

/* ---- the store itself ------------------------------------------------------------------- */

struct ts *ts_new(struct tx_log *log)
{
	struct ts *ts = tx_alloc(sizeof(*ts));

	ts->log = log;
	ts->next_uidvalidity = 1000;
	ts->now = 1767225600; /* 1-Jan-2026 00:00:00 +0000 */
	return ts;
}

struct ts_link *ts_link(struct ts *ts)
{
	struct ts_link *link = tx_alloc(sizeof(*link));

	link->ts = ts;
	link->next = ts->links;
	ts->links = link;
	return link;
}

bool ts_preauth(struct ts_link *link, const char *user, struct imapsrv_account *account)
{
	struct ts_user *u = ts_find_user(link->ts, user);
	struct ts_handle *h;

	if (!u)
		return false;
	link->logged_in = true;
	h = ts_handle_new(link, TS_ACCOUNT);
	h->user = u;
	*account = (struct imapsrv_account)IMAPSRV_ACCOUNT_INIT;
	account->handle = h;
	account->separator = u->separator;
	account->namespaces = u->namespace_count ? u->namespaces : NULL;
	account->namespace_count = u->namespace_count;
	return true;
}

void ts_check(struct ts *ts)
{
	for (const struct ts_op *q = ts->ops; q; q = q->next)
		tx_complain(ts->log, "%s was neither answered nor cancelled",
		            ts_kind_names[q->kind]);
	for (const struct ts_handle *h = ts->hostile.lost ? NULL : ts->handles; h; h = h->next)
		tx_complain(ts->log, "an open %s was not given back", ts_handle_names[h->kind]);
}

static void mailbox_free(struct ts_mailbox *m)
{
	for (size_t i = 0; i < m->count; i++) {
		ts_blob_drop(m->messages[i].blob);
		free(m->messages[i].keywords);
		ts_free_entries(&m->messages[i].notes);
	}
	for (size_t i = 0; i < m->keyword_count; i++)
		free(m->keywords[i]);
	free(m->graves);
	free(m->keywords);
	free(m->messages);
	free(m->name);
	ts_free_entries(&m->entries);
	ts_free_privates(m);
	ts_acl_clear(m);
	free(m);
}

void ts_free(struct ts *ts)
{
	imapsrv_hub_free(ts->hub);
	ts_free_roots(ts);
	while (ts->ops)
		ts_op_free(ts->ops);
	while (ts->handles)
		ts_handle_close(ts, ts->handles);
	for (struct ts_handle *h = ts->dead, *next; h; h = next) {
		next = h->next;
		free(h);
	}
	for (struct ts_link *l = ts->links, *next; l; l = next) {
		next = l->next;
		free(l);
	}
	for (struct ts_mailbox *m = ts->mailboxes, *next; m; m = next) {
		next = m->next;
		mailbox_free(m);
	}
	for (struct ts_user *u = ts->users, *next; u; u = next) {
		next = u->next;
		for (size_t i = 0; i < u->subscription_count; i++)
			free(u->subscriptions[i]);
		free(u->subscriptions);
		free(u->name);
		ts_free_entries(&u->entries);
		free(u->password);
		free(u);
	}
	for (int k = 0; k < TS_KINDS; k++) {
		free(ts->refuse[k].text);
		free(ts->refuse[k].urls);
	}
	ts_set_clear(&ts->finds);
	ts_set_clear(&ts->maybe);
	free(ts->order.members);
	free(ts->threads.members);
	tx_free(&ts->added);
	ts_free_entries(&ts->meta.entries);
	free(ts->acl.grantable);
	free(ts->acl.twin);
	free(ts);
}
