/* SPDX-License-Identifier: MIT */
/*
 * command/metadata_copy - the annotations of one mailbox given to another, for RENAME of INBOX,
 * which keeps those it has (RFC 5464 4.1).
 *
 * A caller clears the structure, fills in the names, and calls isrv_metadata_copy_step until it
 * says DONE; there is nothing to drop.  What the host would not give or take stays behind: entries
 * may be read-only, or computed.
 */
#ifndef ISRV_COMMAND_METADATA_COPY_H
#define ISRV_COMMAND_METADATA_COPY_H

#include "session/session.h"

struct isrv_metadata_copy {
	struct imapsrv_span from;
	struct imapsrv_span to;

	/* The routine's own. */
	uint8_t at;
	bool more;  /* not all of the answer was kept */
	bool nomem;
	/* What was kept of it: one text for all, and where in it they are. */
	char *text;
	size_t text_len;
	size_t text_size;
	struct isrv_copied_entry *entries;
	size_t count;
	size_t cap;
	size_t next; /* to be set */
	struct imapsrv_span after; /* entries up to this one were seen to */
};

/* DONE or HOST; DONE with the session failed. */
enum isrv_step isrv_metadata_copy_step(struct imapsrv_session *s, struct isrv_metadata_copy *c);

#endif
