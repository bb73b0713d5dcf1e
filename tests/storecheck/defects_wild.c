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

const struct defect defects_wild[] = {
	{"token-once", "url.reset", put_token_once, NULL, NULL, false},
	{NULL, NULL, NULL, NULL, NULL, false},
};
