/* SPDX-License-Identifier: MIT */
/*
 * uses.h - special uses of mailboxes (RFC 6154, RFC 8457): those that their owner gave them, or
 * that their names tell.
 */
#ifndef MAILDIR_USES_H
#define MAILDIR_USES_H

#include "entries.h"

/* The entry that has them (RFC 6154 4). */
#define USES_ENTRY "/private/specialuse"

/* Those that a mailbox here can have: \All and \Flagged are for views of others. */
#define USES_KNOWN                                                                                 \
	(IMAPSRV_USE_ARCHIVE | IMAPSRV_USE_DRAFTS | IMAPSRV_USE_JUNK | IMAPSRV_USE_SENT |          \
	 IMAPSRV_USE_TRASH | IMAPSRV_USE_IMPORTANT)

/* IMAPSRV_USE_*, or-ed, of a text like "\Sent \Archive".  False if a word is none of them. */
bool uses_parse(struct imapsrv_span text, uint32_t *uses_r);
/* The other way round; the caller frees it. */
char *uses_format(uint32_t uses);

/* Those of a mailbox, by its annotations and its name.  Without `entry` it is the name alone. */
uint32_t uses_of(const struct annotation *entry, const char *name);

#endif
