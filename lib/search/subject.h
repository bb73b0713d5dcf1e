/* SPDX-License-Identifier: MIT */
/*
 * search/subject - the base subject (RFC 5256 2.1), exactly: what is left of a Subject field
 * without the marks of replies and forwards, and whether there were any.
 */
#ifndef ISRV_SEARCH_SUBJECT_H
#define ISRV_SEARCH_SUBJECT_H

#include "base/buf.h"

struct isrv_subject {
	struct imapsrv_span base; /* decoded; data is never NULL */
	bool reply; /* "a subj-refwd, a "(fwd)" subj-trailer, or a subj-fwd-hdr and subj-fwd-trl"
	               was removed (RFC 5256 3): a reply or forward */
};

/*
 * From the field's text, unfolded.  *base_r lies in `room`, which is emptied first.  Linear, no
 * recursion; steps grow by the octets looked at.  False: no memory, or no room.
 */
bool isrv_subject_read(struct imapsrv_span text, struct isrv_buf *room, struct isrv_mem *mem,
                       uint64_t *steps, struct isrv_subject *subject_r);

#endif
