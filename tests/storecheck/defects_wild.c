/* SPDX-License-Identifier: MIT */
/*
 * storecheck/defects_wild - stores with which it is hard to go on: that refuse for good what they
 * allowed before, or answer nonsense, or far too much.  The kit comes to its end all the same, and
 * says what it saw.
 */
#include "storecheck/kit.h"

#include <string.h>

/* ---- what was allowed before ------------------------------------------------------------------- */

/* A key is made once. */
static bool was_reset;

static void reset_once(void *user, struct imapsrv_op *op, const struct imapsrv_reset_keys *q)
{
	was_reset = true;
	sound.urlauth.reset(user, op, q);
}

static void token_once(void *user, struct imapsrv_op *op, const struct imapsrv_url_query *q)
{
	if (was_reset && !q->token.len && !strcmp(q->mechanism, "INTERNAL"))
		imapsrv_op_done(op, IMAPSRV_NOPERM, NULL);
	else
		sound.urlauth.token(user, op, q);
}

static void put_token_once(struct tables *t)
{
	was_reset = false;
	t->urlauth.reset = reset_once;
	t->urlauth.token = token_once;
}

/* ---- nonsense ---------------------------------------------------------------------------------- */

/* Copies, and tells one UID of an original and two of copies. */
static void copy_uneven(void *user, struct imapsrv_op *op, const struct imapsrv_copy *q)
{
	struct imapsrv_range one = {1, 1}, two = {5, 6};
	const struct ts_mailbox *from = box_of(q->mailbox);
	struct ts_mailbox *to = named(user, q->name);

	for (size_t i = 0, count = from->count; to && i < count; i++) {
		const struct ts_message *m = &from->messages[i];

		if (ts_set_has(q->uids, m->uid))
			ts_add(to, m->system, m->blob->data, m->blob->len, m->date, m->zone);
	}
	imapsrv_op_copied(op, 7, (struct imapsrv_set){&one, 1}, (struct imapsrv_set){&two, 1});
	imapsrv_op_done(op, to ? IMAPSRV_OK : IMAPSRV_NONEXISTENT, NULL);
}

static void only_inbox(struct ts *ts)
{
	ts->absent = TS_NO_MAILBOXES | TS_NO_SUBSCRIBE;
	ts->meta.on = ts->notes.on = false;
}

static void put_copy_uneven(struct tables *t)
{
	t->store.copy = copy_uneven;
}

/* ---- far too much ------------------------------------------------------------------------------ */

static char page[1 << 16];

/* Messages of 32 MiB, whatever came. */
static void body_vast(void *user, struct imapsrv_op *op, const struct imapsrv_body *q)
{
	(void)user;
	(void)q;
	imapsrv_op_pull(op, UINT64_C(1) << 25, IMAPSRV_EOL_CRLF, page);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void read_vast(void *user, struct imapsrv_op *op, const struct imapsrv_body_read *q)
{
	(void)user;
	imapsrv_op_bytes(op, page, q->len < sizeof(page) ? q->len : sizeof(page));
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void close_vast(void *user, void *body)
{
	(void)user;
	(void)body;
}

static void put_body_vast(struct tables *t)
{
	t->store.body = body_vast;
	t->store.body_read = read_vast;
	t->store.body_close = close_vast;
}

/* More messages than the kit has room for. */
static void uids_vast(void *user, struct imapsrv_op *op, const struct imapsrv_uids *q)
{
	struct imapsrv_range vast = {q->range.first, UINT32_MAX};

	(void)user;
	imapsrv_op_uids(op, (struct imapsrv_set){&vast, 1});
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void put_uids_vast(struct tables *t)
{
	t->store.uids = uids_vast;
}

/* More names than a session has memory for. */
static void list_vast(void *user, struct imapsrv_op *op, const struct imapsrv_list *q)
{
	char name[400];
	struct imapsrv_name n = {{name, sizeof(name)}, 0, 0};

	memset(name, 'x', sizeof(name));
	for (uint32_t i = 0; i < 12000; i++) {
		for (uint32_t at = 0, rest = i; at < 4; at++, rest /= 26)
			name[at] = (char)('a' + rest % 26);
		if (imapsrv_op_name(op, &n))
			break;
	}
	sound.store.list(user, op, q);
}

static void put_list_vast(struct tables *t)
{
	t->store.list = list_vast;
	t->config.memory = 4u << 20;
}

const struct defect defects_wild[] = {
	{"token-once", "url.reset", put_token_once, NULL, NULL, false},
	{"copy-uneven", "op.sense", put_copy_uneven, only_inbox, NULL, false},
	{"body-vast", "session.lives", put_body_vast, NULL, NULL, false},
	{"uids-vast", "session.lives", put_uids_vast, NULL, NULL, false},
	{"list-vast", "session.lives", put_list_vast, NULL, NULL, false},
	{NULL, NULL, NULL, NULL, NULL, false},
};
