/* SPDX-License-Identifier: MIT */
/*
 * storecheck/defects_wild - stores with which it is hard to go on: that refuse for good what they
 * allowed before, or answer nonsense, or without an end.  The kit comes to its end all the same, and
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

const struct defect defects_wild[] = {
	{"token-once", "url.reset", put_token_once, NULL, NULL, false},
	{"copy-uneven", "op.sense", put_copy_uneven, only_inbox, NULL, false},
	{NULL, NULL, NULL, NULL, NULL, false},
};
