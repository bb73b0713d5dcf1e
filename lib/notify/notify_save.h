/* SPDX-License-Identifier: MIT */
/* notify/notify_save - what a NOTIFY SET asked for and what is still to be told, as octets, and
 * back. */
#ifndef ISRV_NOTIFY_NOTIFY_SAVE_H
#define ISRV_NOTIFY_NOTIFY_SAVE_H

#include "base/pack.h"
#include "notify/notify.h"

void isrv_notify_pack(const struct isrv_notify *n, struct isrv_pack *p);
/* NULL: an error.  Its limits are the caller's to set. */
struct isrv_notify *isrv_notify_unpack(struct isrv_mem *mem, struct isrv_unpack *u);

#endif
