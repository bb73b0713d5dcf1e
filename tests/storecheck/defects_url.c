/* SPDX-License-Identifier: MIT */
/*
 * storecheck/defects_url - stores that are wrong about URLs and their keys, and about messages that
 * come in parts, with octets that are no text, or under names that are no ASCII.
 */
#include "storecheck/kit.h"

#include <stdio.h>
#include <string.h>

/* ---- tokens and keys ------------------------------------------------------------------------ */

/* A token of the mailbox, good for all that is in it. */
static void token_of_mailbox(void *user, struct imapsrv_op *op, const struct imapsrv_url_query *q)
{
	struct imapsrv_url_query changed = *q;

	changed.rump = q->mailbox;
	sound.urlauth.token(user, op, &changed);
}

/* Whoever asks gets a token. */
static void token_for_all(void *user, struct imapsrv_op *op, const struct imapsrv_url_query *q)
{
	struct imapsrv_url_query changed = *q;

	if (!named(user, q->mailbox))
		changed.mailbox = (struct imapsrv_span){"INBOX", 5};
	sound.urlauth.token(user, op, &changed);
}

/* Whoever asks is the owner. */
static void token_of_others(void *user, struct imapsrv_op *op, const struct imapsrv_url_query *q)
{
	struct ts_handle *h = q->account;
	struct ts_user *u = h->user;

	if (q->owner.len == 3 && !memcmp(q->owner.data, "joe", 3))
		h->user = ts_find_user(store_of(user), "joe");
	sound.urlauth.token(user, op, q);
	h->user = u;
}

/* Can make tokens, and not compare them, but by the way that it likes best. */
static void token_by_one_way(void *user, struct imapsrv_op *op, const struct imapsrv_url_query *q)
{
	struct imapsrv_url_query changed = *q;

	if (q->token.len)
		changed.mechanism = "INTERNAL";
	sound.urlauth.token(user, op, &changed);
}

static void identify_nobody(void *user, void *account, struct imapsrv_url_identity *identity)
{
	sound.urlauth.identify(user, account, identity);
	identity->anonymous = 1;
}

/* Who follows a URL has seen its message. */
static void open_sees(void *user, struct imapsrv_op *op, const struct imapsrv_url_query *q)
{
	struct ts_mailbox *m = named(user, q->mailbox);

	sound.urlauth.open(user, op, q);
	if (m && ts_message(m, q->uid))
		ts_message(m, q->uid)->system |= IMAPSRV_SEEN;
}

static void reset_nothing(void *user, struct imapsrv_op *op, const struct imapsrv_reset_keys *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

/* One key for all mailboxes. */
static void reset_all(void *user, struct imapsrv_op *op, const struct imapsrv_reset_keys *q)
{
	for (struct ts_mailbox *m = store_of(user)->mailboxes; m; m = m->next)
		m->keys++;
	sound.urlauth.reset(user, op, q);
}

static void reset_silent(void *user, struct imapsrv_op *op, const struct imapsrv_reset_keys *q)
{
	silence(user, true);
	sound.urlauth.reset(user, op, q);
	silence(user, false);
}

/* Says more of a mechanism than there is room for. */
static void describe_long(void *user, struct imapsrv_op *op, const struct imapsrv_url_mailbox *q)
{
	static const char data[2000];

	(void)user;
	(void)q;
	imapsrv_op_url_mechanism(op, "XSAMPLE", data, sizeof(data));
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static int restart_new_keys(void *user)
{
	for (struct ts_mailbox *m = ((struct ts *)user)->mailboxes; m; m = m->next)
		m->keys++;
	return 0;
}

/* ---- messages in parts ---------------------------------------------------------------------- */

static const struct ts_draft *draft_of(void *append)
{
	const struct ts_handle *h = append;

	return &h->drafts[h->draft_count - 1];
}

/* Has room for so much when it does not know. */
static void data_some(void *user, struct imapsrv_op *op, const struct imapsrv_append_data *q)
{
	const struct ts_draft *d = draft_of(q->append);

	if (d->octets == UINT64_MAX && d->data.len > 100)
		imapsrv_op_done(op, IMAPSRV_OK, NULL);
	else
		sound.store.append_data(user, op, q);
}

/* The mailbox is locked while something comes. */
static void body_locked(void *user, struct imapsrv_op *op, const struct imapsrv_body *q)
{
	for (const struct ts_handle *h = store_of(user)->handles; h; h = h->next)
		if (h->kind == TS_APPEND && h->link == user) {
			imapsrv_op_done(op, IMAPSRV_INUSE, NULL);
			return;
		}
	sound.store.body(user, op, q);
}

/* What was not finished is kept, if nobody said how long it would be. */
static void abort_keeps_parts(void *user, void *append)
{
	struct ts_handle *h = append;
	const struct ts_draft *d = draft_of(append);

	if (d->octets == UINT64_MAX)
		ts_add(h->mailbox, 0, d->data.data ? d->data.data : "", d->data.len, 0, 0);
	sound.store.append_abort(user, append);
}

/* ---- octets --------------------------------------------------------------------------------- */

/* A string ends at its NUL. */
static void data_as_string(void *user, struct imapsrv_op *op, const struct imapsrv_append_data *q)
{
	struct imapsrv_append_data changed = *q;
	const char *end = memchr(q->data, '\0', q->len);

	if (end)
		changed.len = (size_t)(end - q->data);
	sound.store.append_data(user, op, &changed);
}

/* Headers are ASCII. */
static void finish_ascii(void *user, struct imapsrv_op *op, const struct imapsrv_append_finish *q)
{
	const struct ts_draft *d = draft_of(q->append);

	for (size_t i = 0; i < d->data.len && memcmp(d->data.data + i, "\n\r", 2) != 0; i++)
		if ((unsigned char)d->data.data[i] > 126)
			d->data.data[i] = '?';
	sound.store.append_finish(user, op, q);
}

/* So are names. */
static void create_ascii(void *user, struct imapsrv_op *op, const struct imapsrv_create *q)
{
	struct imapsrv_create changed = *q;
	char name[200];
	size_t len = 0;

	for (; len < q->name.len && len < sizeof(name); len++)
		name[len] = (unsigned char)q->name.data[len] > 126 ? '_' : q->name.data[len];
	changed.name = (struct imapsrv_span){name, len};
	sound.mailboxes.create(user, op, &changed);
}

/* ---- questions that should change nothing --------------------------------------------------- */

static void check_expunges(void *user, struct imapsrv_op *op, const struct imapsrv_fetch *q)
{
	struct imapsrv_range all = {1, UINT32_MAX};
	struct ts_set removed = {0};

	ts_remove(box_of(q->mailbox), (struct imapsrv_set){&all, 1}, true, &removed);
	ts_set_clear(&removed);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
	(void)user;
}

/* Answers when something has happened. */
static void idle_waits(void *user, struct imapsrv_op *op, const struct imapsrv_idle *q)
{
	(void)user;
	(void)op;
	(void)q;
}

#define PUT(name, member)                                                                          \
	static void put_##name(struct tables *t)                                                   \
	{                                                                                          \
		t->member = name;                                                                  \
	}
PUT(token_of_mailbox, urlauth.token)
PUT(token_for_all, urlauth.token)
PUT(token_of_others, urlauth.token)
PUT(token_by_one_way, urlauth.token)
PUT(identify_nobody, urlauth.identify)
PUT(open_sees, urlauth.open)
PUT(reset_nothing, urlauth.reset)
PUT(reset_all, urlauth.reset)
PUT(reset_silent, urlauth.reset)
PUT(describe_long, urlauth.describe)
PUT(data_some, store.append_data)
PUT(body_locked, store.body)
PUT(abort_keeps_parts, store.append_abort)
PUT(data_as_string, store.append_data)
PUT(finish_ascii, store.append_finish)
PUT(create_ascii, mailboxes.create)
PUT(check_expunges, store.check)
PUT(idle_waits, store.idle)

const struct defect defects_url[] = {
	{"token-of-mailbox", "url.token", put_token_of_mailbox, NULL, NULL, false},
	{"token-for-all", "url.owner", put_token_for_all, NULL, NULL, false},
	{"token-of-others", "url.owner", put_token_of_others, NULL, NULL, false},
	{"token-by-one-way", "url.mechanism", put_token_by_one_way, NULL, NULL, false},
	{"identify-nobody", "url.read", put_identify_nobody, NULL, NULL, false},
	{"url-open-sees", "url.read", put_open_sees, NULL, NULL, false},
	{"reset-nothing", "url.reset", put_reset_nothing, NULL, NULL, false},
	{"reset-all", "url.reset", put_reset_all, NULL, NULL, false},
	{"reset-silent", "url.told", put_reset_silent, NULL, NULL, false},
	{"describe-long", "op.sense", put_describe_long, NULL, NULL, false},
	{"restart-new-keys", "restart.keys", NULL, NULL, restart_new_keys, false},
	{"data-some", "compose.octets", put_data_some, NULL, NULL, false},
	{"body-locked", "compose.octets", put_body_locked, NULL, NULL, false},
	{"abort-keeps-parts", "compose.none", put_abort_keeps_parts, NULL, NULL, false},
	{"data-as-string", "append.binary", put_data_as_string, NULL, NULL, false},
	{"finish-ascii", "utf8.octets", put_finish_ascii, NULL, NULL, false},
	{"create-ascii", "create.names", put_create_ascii, NULL, NULL, false},
	{"check-expunges", "check.keeps", put_check_expunges, NULL, NULL, false},
	{"idle-waits", "op.answered", put_idle_waits, NULL, NULL, false},
	{NULL, NULL, NULL, NULL, NULL, false},
};
