/* SPDX-License-Identifier: MIT */
/*
 * imapsrv/metadata.h - optional callbacks that keep annotations of mailboxes and of the server as a
 * whole (METADATA, METADATA-SERVER, RFC 5464; LIST-METADATA, RFC 9590).
 *
 * An annotation has the name of an entry, "/shared/comment" or "/private/vendor/x/color", and a
 * value of any octets.  What is under /private belongs to one user, what is under /shared to all
 * who may see the mailbox.  Names are printable ASCII without "*" and "%", begin with /private or
 * /shared, and have no empty component.  Their case does not count: the library hands them over in
 * lower case, and a host gives them in lower case.
 *
 * Annotations go along when a mailbox is renamed and go when it is deleted (RFC 5464 4.1): that is
 * the host's part, as it is to post IMAPSRV_EVENT_MAILBOX_METADATA and
 * IMAPSRV_EVENT_SERVER_METADATA when entries have changed.  RENAME of INBOX, which keeps INBOX, the
 * library makes of other questions, and copies them with `get` and `set`.
 */
#ifndef IMAPSRV_METADATA_H
#define IMAPSRV_METADATA_H

#include "imapsrv/store.h"

#ifdef __cplusplus
extern "C" {
#endif

struct imapsrv_entry {
	struct imapsrv_span name;
	int has_value;             /* 0: NIL, there is no such entry */
	struct imapsrv_span value; /* may be of no octets */
};

enum imapsrv_depth {
	IMAPSRV_DEPTH_NAMED,   /* the entries named, and no others */
	IMAPSRV_DEPTH_BELOW,   /* and those immediately below: "/a" means "/a/b" too, not
	                          "/a/b/c" */
	IMAPSRV_DEPTH_INFINITE /* and all below */
};

struct imapsrv_metadata_get {
	void *account;
	struct imapsrv_span mailbox;        /* empty: of the server */
	const struct imapsrv_span *entries; /* ascending, no two the same; one may be a single
	                                       component */
	size_t entry_count;
	enum imapsrv_depth depth;
	struct imapsrv_span after; /* only entries whose name is above this one; empty: from the
	                              first */
	uint64_t max_size;         /* of a longer value only the length is looked at: its data may
	                              be NULL */
};

struct imapsrv_metadata_set {
	void *account;
	struct imapsrv_span mailbox; /* empty: of the server */
	const struct imapsrv_entry *entries; /* ascending by name, no two the same, two components
	                                        at least; without a value: to be removed, if it is
	                                        there */
	size_t entry_count;
};

struct imapsrv_metadata {
	size_t size;
	/*
	 * imapsrv_op_entry for each entry that is asked for and exists, in ascending order of their
	 * names by octets (imapsrv_metadata_wants says which are; others do no harm).  How much of
	 * the answer is taken at a time is the library's affair: it asks again for what is above
	 * the last that it took.  NONEXISTENT for a mailbox that this account may not see.
	 */
	void (*get)(void *user, struct imapsrv_op *op, const struct imapsrv_metadata_get *q);
	/*
	 * Sets and removes all of them, or changes nothing.  Refusals that have a meaning of their
	 * own: TOOBIG, a value is too long (METADATA MAXSIZE); LIMIT, there would be too many
	 * (METADATA TOOMANY); CANNOT, there are no private entries (METADATA NOPRIVATE); NOPERM for
	 * an entry that cannot be changed.  A client that is refused nothing may store 10 entries
	 * of 1024 octets in each mailbox (RFC 5464 4.1).  Where a mailbox has modification
	 * sequences its highest one rises when an annotation of it changes (RFC 7162 3.2).
	 */
	void (*set)(void *user, struct imapsrv_op *op, const struct imapsrv_metadata_set *q);
	/* Octets of a value that `set` takes, which clients are told when they send more; less than
	 * 1024 is taken for 1024.  0: imapsrv_limits.metadata, above which it never is. */
	uint64_t max_value;
	int server_only; /* not 0: only the server has annotations, mailboxes have none */
};
#define IMAPSRV_METADATA_INIT IMAPSRV_SIZED(struct imapsrv_metadata)

/* get: one more entry, with a name above the one before.  The value is copied, or written, before
 * this returns. */
IMAPSRV_API int imapsrv_op_entry(struct imapsrv_op *op, const struct imapsrv_entry *entry);

/* Is the entry of that name asked for?  1 or 0.  The work grows with the length of the name, and
 * hardly with the number of entries in the question. */
IMAPSRV_API int imapsrv_metadata_wants(const struct imapsrv_metadata_get *q,
                                       struct imapsrv_span name);

#ifdef __cplusplus
}
#endif

#endif
