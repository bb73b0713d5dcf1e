/* SPDX-License-Identifier: MIT */
/*
 * bench/inbox.h - what the stores of benchmarks answer alike: there is INBOX, with messages whose UIDs
 * are their numbers.  The answers are as cheap as can be.
 */
#ifndef BENCH_INBOX_H
#define BENCH_INBOX_H

#include "imapsrv.h"

static uint32_t inbox_messages = 1000000; /* that are there */

static inline void inbox_list(void *user, struct imapsrv_op *op, const struct imapsrv_list *q)
{
	struct imapsrv_name name = {{"INBOX", 5}, 0, 0};

	(void)user;
	(void)q;
	imapsrv_op_name(op, &name);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static inline void inbox_open(void *user, struct imapsrv_op *op, const struct imapsrv_open *q)
{
	struct imapsrv_mailbox m = IMAPSRV_MAILBOX_INIT;

	(void)user;
	(void)q;
	m.uidvalidity = 1;
	m.uidnext = inbox_messages + 1;
	imapsrv_op_mailbox(op, &m);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static inline void inbox_uids(void *user, struct imapsrv_op *op, const struct imapsrv_uids *q)
{
	struct imapsrv_range all = {1, inbox_messages};
	struct imapsrv_set set = {&all, 1};

	(void)user;
	(void)q;
	imapsrv_op_uids(op, set);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

/* Of a mailbox, of a body, of a message that is not appended after all. */
static inline void inbox_close(void *user, void *handle)
{
	(void)user;
	(void)handle;
}

#endif
