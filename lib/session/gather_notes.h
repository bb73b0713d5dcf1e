/* SPDX-License-Identifier: MIT */
/*
 * session/gather_notes - values of annotations that messages are sorted by (RFC 5257 4.9), message
 * by message.  One question to the host is about all messages of a batch.
 */
#ifndef ISRV_SESSION_GATHER_NOTES_H
#define ISRV_SESSION_GATHER_NOTES_H

#include "search/sort.h"
#include "session/annotations.h"

/* What to sort by. */
struct isrv_gather_wish {
	struct imapsrv_span entry; /* a name */
	uint32_t value;            /* enum imapsrv_annotation_value, one */
};

struct isrv_gather_notes {
	/* Set by the caller. */
	struct isrv_gather_wish wishes[ISRV_SORT_NOTES];
	uint32_t count; /* of them; 0: nothing is asked */

	struct imapsrv_span found[ISRV_SORT_NOTES]; /* of the message at hand; data NULL: it has
	                                             * none */

	/* The routine's own. */
	struct imapsrv_span entries[ISRV_SORT_NOTES]; /* ascending, each once */
	struct isrv_annotations from;
	struct isrv_buf text; /* of `found`: */
	size_t at[ISRV_SORT_NOTES];
	bool has[ISRV_SORT_NOTES];
};

/* Of these messages, without values in `none` (enum imapsrv_annotation_value).  Asks nothing
 * yet. */
void isrv_gather_notes_begin(struct imapsrv_session *s, struct isrv_gather_notes *x, void *mailbox,
                             uint32_t none, struct imapsrv_set uids);
/* DONE: x->found is what this message has, until the next call; or x->from.refused; or the session
 * has failed. */
enum isrv_step isrv_gather_notes_step(struct imapsrv_session *s, struct isrv_gather_notes *x,
                                      uint32_t uid);
/* The message is done. */
void isrv_gather_notes_next(struct isrv_gather_notes *x);
void isrv_gather_notes_clear(struct imapsrv_session *s, struct isrv_gather_notes *x);

#endif
