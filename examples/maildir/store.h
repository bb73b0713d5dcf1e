/* SPDX-License-Identifier: MIT */
/*
 * store.h - what the files with callbacks share; maildir.h has the tables that they end up in.
 */
#ifndef MAILDIR_STORE_H
#define MAILDIR_STORE_H

#include "account.h"

/* Ends an op: OK, or what errno stands for. */
void answer(struct imapsrv_op *op, int result);

/* HIGHESTMODSEQ after an expunge. */
void answer_highest(struct imapsrv_op *op, const struct box *box);

/* store_rows.c */
void store_fetch(void *user, struct imapsrv_op *op, const struct imapsrv_fetch *q);
void store_flags(void *user, struct imapsrv_op *op, const struct imapsrv_store_flags *q);

/* store_names.c */
void store_list(void *user, struct imapsrv_op *op, const struct imapsrv_list *q);
void store_status(void *user, struct imapsrv_op *op, const struct imapsrv_status_query *q);

/* store_metadata.c: a mailbox has these special uses now, and others have them no more. */
void store_take_uses(struct account *account, struct imapsrv_span mailbox, uint32_t uses);

/* store_quota.c */
void store_fill_quota(const struct quotas *quotas, struct imapsrv_quota *quota);

/* store_append.c */
void store_append_begin(void *user, struct imapsrv_op *op, const struct imapsrv_append *q);
void store_append_data(void *user, struct imapsrv_op *op, const struct imapsrv_append_data *q);
void store_append_finish(void *user, struct imapsrv_op *op,
                         const struct imapsrv_append_finish *q);
void store_append_abort(void *user, void *append);
void store_copy(void *user, struct imapsrv_op *op, const struct imapsrv_copy *q);
void store_move(void *user, struct imapsrv_op *op, const struct imapsrv_copy *q);

#endif
