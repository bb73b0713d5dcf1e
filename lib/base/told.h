/* SPDX-License-Identifier: MIT */
/*
 * base/told - copies of structures without a size of their own that a host hands in.  What their
 * masks say is filled in is taken; the rest a host compiled against an older header need not have,
 * and stays zero.
 */
#ifndef ISRV_BASE_TOLD_H
#define ISRV_BASE_TOLD_H

#include <stddef.h>
#include <string.h>

#include "imapsrv/store.h"

static inline void isrv_told_row(struct imapsrv_row *to, const struct imapsrv_row *from)
{
	memset(to, 0, sizeof(*to));
	memcpy(to, from, offsetof(struct imapsrv_row, emailid));
	if (from->facts & IMAPSRV_FACT_EMAILID)
		to->emailid = from->emailid;
	if (from->facts & IMAPSRV_FACT_THREADID)
		to->threadid = from->threadid;
	if (from->facts & IMAPSRV_FACT_SAVEDATE) {
		to->save_date = from->save_date;
		to->save_zone = from->save_zone;
	}
}

static inline void isrv_told_status(struct imapsrv_status *to, const struct imapsrv_status *from)
{
	memset(to, 0, sizeof(*to));
	memcpy(to, from, offsetof(struct imapsrv_status, append_limit));
	if (from->items & IMAPSRV_STATUS_APPENDLIMIT)
		to->append_limit = from->append_limit;
	if (from->items & IMAPSRV_STATUS_MAILBOXID)
		to->mailboxid = from->mailboxid;
	if (from->items & IMAPSRV_STATUS_DELETED_STORAGE)
		to->deleted_octets = from->deleted_octets;
}

#endif
