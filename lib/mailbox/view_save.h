/* SPDX-License-Identifier: MIT */
/*
 * mailbox/view_save - a view as octets, and back: what was announced, what is pending, "$".  The
 * host's handle is not in it.
 */
#ifndef ISRV_MAILBOX_VIEW_SAVE_H
#define ISRV_MAILBOX_VIEW_SAVE_H

#include "base/pack.h"
#include "mailbox/view.h"

/* Not while a question to the store is open. */
void isrv_view_pack(const struct isrv_view *v, struct isrv_pack *p);
/* Into memory that is cleared; after an error it has to be cleared by isrv_view_clear too.  A view
 * that contradicts itself is an error. */
void isrv_view_unpack(struct isrv_view *v, struct isrv_mem *mem, struct isrv_unpack *u,
                      uint32_t max_ranges, uint32_t max_keywords);

#endif
