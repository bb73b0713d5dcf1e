/* SPDX-License-Identifier: MIT */
/*
 * command/metadata - annotations asked of the host and told to the client as METADATA responses
 * (RFC 5464 4.4.1), for GETMETADATA and for LIST's return option METADATA; and the names of entries
 * as commands take them.
 *
 * The host's answer is told as it comes.  When enough of it was written, the rest is passed over
 * and asked for again: how much that is depends on nothing but the answer, and whatever the host
 * has to say, no more than that is held.
 *
 * A caller clears the structure, fills in the first part, and calls isrv_metadata_step until it
 * says DONE; its own `drop` has nothing to do.
 */
#ifndef ISRV_COMMAND_METADATA_H
#define ISRV_COMMAND_METADATA_H

#include "base/entry.h"
#include "session/access.h"

struct isrv_metadata {
	/* What to do. */
	struct imapsrv_span mailbox; /* UTF-8; empty: the server */
	struct isrv_entries {
		struct imapsrv_span *names; /* ascending, no two the same, in lower case */
		size_t count;
	} entries;
	enum imapsrv_depth depth;
	uint64_t max_size; /* longer values are not told */

	/* What came of it. */
	bool refused;     /* s->result says why */
	uint64_t longest; /* octets of the longest value that was not told; 0: all were */

	/* The routine's own. */
	uint8_t at;
	bool line;      /* a response is open */
	bool more;      /* the answer was not taken to its end */
	bool taken;     /* something of this answer was taken */
	bool nomem;     /* isrv_command_nomem is the reply */
	size_t named;   /* the first name of `entries` that is not answered */
	size_t written; /* octets of this response */
	struct imapsrv_span last; /* the name that was taken last, */
	struct isrv_metadata_room {
		char *data;
		size_t size;
	} rooms[2]; /* in the first of these; of the answer before this one, which the question
	             * names, in the second */
};

/* entry *(SP entry), and a parenthesis behind it if `list`; sorted, each once. */
bool isrv_entries_parse(struct isrv_parse *p, struct isrv_entries *entries, bool list);
/* Sorts an array of spans, or of structures that begin with one, the name. */
bool isrv_entries_sort(struct isrv_parse *p, void *items, size_t count, size_t unit);
/* entry, in lower case, of at least so many components. */
bool isrv_entry_parse(struct isrv_parse *p, size_t least, struct imapsrv_span *name_r);
/* The mailbox of both commands: empty for the server. */
bool isrv_metadata_mailbox_parse(struct isrv_parse *p, struct imapsrv_span *name_r);

/* DONE, HOST or OUTPUT. */
enum isrv_step isrv_metadata_step(struct imapsrv_session *s, struct isrv_metadata *m);
/* Octets of a value that are taken and told. */
uint64_t isrv_metadata_max(const struct imapsrv_session *s);
/* May they be read and set there (RFC 5464 3.3)?  As isrv_access_step; those of the server may. */
static inline enum isrv_step isrv_metadata_access(struct imapsrv_session *s, struct isrv_access *a,
                                                  struct imapsrv_span mailbox)
{
	return mailbox.len ? isrv_access_step(s, a, ISRV_DO_METADATA, mailbox) : ISRV_DONE;
}
/* May the mailbox have annotations?  False: the reply is set. */
bool isrv_metadata_may(struct imapsrv_session *s, struct imapsrv_span mailbox);

#endif
