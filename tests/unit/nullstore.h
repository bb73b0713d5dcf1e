/* SPDX-License-Identifier: MIT */
/* A store with nothing in it, for tests of what does not reach one: fred may log in, INBOX is empty. */
#ifndef UNIT_NULLSTORE_H
#define UNIT_NULLSTORE_H

#include <string.h>

#include "imapsrv.h"

static int nullstore_logouts;

static void nullstore_login(void *user, struct imapsrv_op *op, const struct imapsrv_login *q)
{
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;

	(void)user;
	if (q->authcid.len == 4 && !memcmp(q->authcid.data, "fred", 4))
		imapsrv_op_account(op, &account);
	imapsrv_op_done(op, q->authcid.len == 4 ? IMAPSRV_OK : IMAPSRV_AUTHENTICATIONFAILED, NULL);
}

static void nullstore_logout(void *user, void *account)
{
	(void)user;
	(void)account;
	nullstore_logouts++;
}

static void nullstore_list(void *user, struct imapsrv_op *op, const struct imapsrv_list *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void nullstore_open(void *user, struct imapsrv_op *op, const struct imapsrv_open *q)
{
	struct imapsrv_mailbox m = IMAPSRV_MAILBOX_INIT;

	(void)user;
	(void)q;
	m.uidvalidity = 1;
	m.uidnext = 1;
	imapsrv_op_mailbox(op, &m);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void nullstore_close(void *user, void *handle)
{
	(void)user;
	(void)handle;
}

static void nullstore_uids(void *user, struct imapsrv_op *op, const struct imapsrv_uids *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void nullstore_fetch(void *user, struct imapsrv_op *op, const struct imapsrv_fetch *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void nullstore_body(void *user, struct imapsrv_op *op, const struct imapsrv_body *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_EXPUNGEISSUED, NULL);
}

static inline struct imapsrv_store nullstore(void)
{
	struct imapsrv_store store = IMAPSRV_STORE_INIT;

	store.login = nullstore_login;
	store.logout = nullstore_logout;
	store.list = nullstore_list;
	store.open = nullstore_open;
	store.close = nullstore_close;
	store.uids = nullstore_uids;
	store.fetch = nullstore_fetch;
	store.body = nullstore_body;
	store.body_close = nullstore_close;
	return store;
}

/* ---- with one message, of which a row tells the flags ---------------------------------------- */

static void nullstore_open_one(void *user, struct imapsrv_op *op, const struct imapsrv_open *q)
{
	struct imapsrv_mailbox m = IMAPSRV_MAILBOX_INIT;

	(void)user;
	(void)q;
	m.uidvalidity = 1;
	m.uidnext = 2;
	imapsrv_op_mailbox(op, &m);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void nullstore_uids_one(void *user, struct imapsrv_op *op, const struct imapsrv_uids *q)
{
	struct imapsrv_range range = {1, 1};

	(void)user;
	(void)q;
	imapsrv_op_uids(op, (struct imapsrv_set){&range, 1});
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void nullstore_fetch_one(void *user, struct imapsrv_op *op, const struct imapsrv_fetch *q)
{
	struct imapsrv_row row;

	(void)user;
	(void)q;
	memset(&row, 0, sizeof(row));
	row.uid = 1;
	row.facts = IMAPSRV_FACT_FLAGS;
	imapsrv_op_row(op, &row);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static inline struct imapsrv_store nullstore_of_one(void)
{
	struct imapsrv_store store = nullstore();

	store.open = nullstore_open_one;
	store.uids = nullstore_uids_one;
	store.fetch = nullstore_fetch_one;
	return store;
}

#endif
