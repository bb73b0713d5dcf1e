/* SPDX-License-Identifier: MIT */
/*
 * session/annotations - annotations of a set of messages (RFC 5257), asked of the host and handed
 * on one by one, in the order of UIDs and names.  One question is about all the messages; of its
 * answer a window of limits.output octets is held, and when that is used up the rest is asked for
 * again.
 */
#ifndef ISRV_SESSION_ANNOTATIONS_H
#define ISRV_SESSION_ANNOTATIONS_H

#include "session/session.h"

struct isrv_annotations {
	/* What to ask for, set before begin; as struct imapsrv_annotate_get has them. */
	const struct imapsrv_span *entries;
	size_t entry_count;
	uint32_t values;

	bool refused; /* the host would not, s->result says why: there are no more */

	/* The routine's own. */
	void *mailbox;
	struct isrv_buf ranges; /* the UIDs that are left */
	struct isrv_buf rows;   /* the window, */
	struct isrv_buf text;   /* with offsets into this */
	struct isrv_buf last;   /* the name that was taken last, if something is `taken`; */
	struct isrv_buf before; /* if not, in answers before this one, which the question names */
	uint32_t last_uid;      /* of this message; 0: none */
	size_t at;              /* the row that is next */
	bool open;              /* the host is being asked */
	bool taken;             /* something of this answer was taken */
	bool more;              /* there is something behind the window, or nothing was asked yet */
};

/* All zero but for what to ask for, or as the last set of messages left it.  Asks nothing yet. */
void isrv_annotations_begin(struct imapsrv_session *s, struct isrv_annotations *x, void *mailbox,
                            struct imapsrv_set uids);
/* Asks the host if that is needed before anything can be said of this message: for who is about to
 * begin a line that should not stay half written.  As the next. */
enum isrv_step isrv_annotations_ready(struct imapsrv_session *s, struct isrv_annotations *x,
                                      uint32_t uid);
/* The next annotation of this message, valid until the next call; or it has no more.  From call to
 * call the UIDs do not descend.  DONE or HOST; DONE may also be that the session has failed. */
enum isrv_step isrv_annotations_next(struct imapsrv_session *s, struct isrv_annotations *x,
                                     uint32_t uid, struct imapsrv_annotation *is_r, bool *there_r);
void isrv_annotations_clear(struct imapsrv_session *s, struct isrv_annotations *x);

#endif
