/* SPDX-License-Identifier: MIT */
/*
 * imapsrv/annotate.h - optional callbacks that keep annotations of messages (ANNOTATE-EXPERIMENT-1,
 * RFC 5257).
 *
 * An annotation has the name of an entry, "/comment" or "/vendor/x/color", or of one about a part
 * of the message, "/1.2/flags/seen"; and up to two values of any octets: a private one, which each
 * account has for itself, and a shared one.  Names are printable ASCII without "*" and "%", begin
 * with "/", have no empty component and at most IMAPSRV_ANNOTATION_NAME_MAX octets.  Their case
 * counts.
 *
 * Annotations stay as long as their message.  What else is the host's part:
 * - `copy` and `move` of imapsrv/store.h take them along: all shared values, and the private ones
 *   of that account and of no other; but not those that the target cannot keep (RFC 5257 4.6).  So
 *   a host that can be written to needs `copy`.
 * - Where there are modification sequences, a changed annotation raises that of its message (RFC
 *   7162 1).
 * - It posts IMAPSRV_EVENT_ANNOTATION_CHANGE, with the names of the entries, to who may see them: a
 *   private one to sessions of its account only.
 */
#ifndef IMAPSRV_ANNOTATE_H
#define IMAPSRV_ANNOTATE_H

#include "imapsrv/store.h"

#ifdef __cplusplus
extern "C" {
#endif

#define IMAPSRV_ANNOTATION_NAME_MAX 1024

/* The values of an entry. */
enum imapsrv_annotation_value {
	IMAPSRV_ANNOTATION_PRIV = 1 << 0,
	IMAPSRV_ANNOTATION_SHARED = 1 << 1
};

struct imapsrv_annotation {
	struct imapsrv_span entry;
	uint32_t given;             /* enum imapsrv_annotation_value, or-ed: which of these are
	                               spoken of */
	struct imapsrv_span priv;   /* data NULL: NIL, there is none, or it is to be removed; of no
	                               octets with data is a value */
	struct imapsrv_span shared;
};

struct imapsrv_annotate_get {
	void *mailbox;
	struct imapsrv_set uids;
	const struct imapsrv_span *entries; /* names, and patterns in which "*" stands for one octet
	                                       or more and "%" likewise, but for none that is "/";
	                                       ascending, no two the same */
	size_t entry_count;
	uint32_t values;           /* enum imapsrv_annotation_value: others are not of interest */
	struct imapsrv_span after; /* of the message with the lowest of the UIDs only entries whose
	                              names are above this; empty: all */
};

struct imapsrv_annotate_store {
	void *mailbox;
	struct imapsrv_set uids;
	const struct imapsrv_annotation *annotations; /* ascending by entry, no two the same.  What
	                                                 is not given stays as it is */
	size_t count;
	int conditional;          /* not 0: only messages whose sequence is not above the next (RFC
	                             7162 3.1.3) */
	uint64_t unchanged_since;
};

struct imapsrv_annotate {
	size_t size;
	/*
	 * imapsrv_op_annotation for each entry of these messages that is asked for and has one of
	 * the values that are asked for: in ascending order of UIDs, and for one UID of names by
	 * octets (imapsrv_annotate_wants says which are asked for; others do no harm).  How much of
	 * the answer is taken at a time is the library's affair: it asks again for what is behind
	 * the last that it took.
	 */
	void (*get)(void *user, struct imapsrv_op *op, const struct imapsrv_annotate_get *q);
	/*
	 * Sets and removes values, all of a message or none, and answers with imapsrv_op_row as
	 * imapsrv_store.store does: one row for each message of the set that exists, with MODSEQ
	 * where there are sequences, and `failed` where the condition does not hold.  Refusals that
	 * have a meaning of their own: TOOBIG, a value is too long (ANNOTATE TOOBIG); LIMIT, there
	 * would be too many (ANNOTATE TOOMANY); CLIENTBUG, an entry is about a part that the
	 * message does not have (BAD, RFC 5257 3.2.1).  Clients that are refused nothing may store
	 * 10 entries, of 1024 octets, in each message (RFC 5257 4.1).  NULL: annotations can only
	 * be read.
	 */
	void (*store)(void *user, struct imapsrv_op *op, const struct imapsrv_annotate_store *q);
	/* Octets of a value that `store` takes, which clients are told; at least 1024.  0:
	 * imapsrv_limits.annotation, above which it never is.  A mailbox may have one of its own
	 * (imapsrv_mailbox.annotation_size). */
	uint64_t max_value;
};
#define IMAPSRV_ANNOTATE_INIT IMAPSRV_SIZED(struct imapsrv_annotate)

/* get: one more entry of a message.  The values are copied before this returns. */
IMAPSRV_API int imapsrv_op_annotation(struct imapsrv_op *op, uint32_t uid,
                                      const struct imapsrv_annotation *annotation);

/* Is the entry of that name asked for?  1 or 0.  The work grows with what the question names. */
IMAPSRV_API int imapsrv_annotate_wants(const struct imapsrv_annotate_get *q,
                                       struct imapsrv_span entry);

#ifdef __cplusplus
}
#endif

#endif
