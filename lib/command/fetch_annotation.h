/* SPDX-License-Identifier: MIT */
/*
 * command/fetch_annotation - FETCH's item ANNOTATION (RFC 5257 4.3, 4.4): the entries that were
 * asked for of one message after the other, each with the attributes that were asked for.  Entries
 * that were named and do not exist have the value NIL and the size "0"; of those that a pattern
 * means, the ones that exist are told.
 */
#ifndef ISRV_COMMAND_FETCH_ANNOTATION_H
#define ISRV_COMMAND_FETCH_ANNOTATION_H

#include "command/annotate.h"
#include "session/annotations.h"

struct isrv_fetch_annotation {
	const struct isrv_annotate_ask *ask;
	struct isrv_annotations list;
	bool open;    /* the list of entries is begun */
	size_t named; /* the first of ask->names that is not told of the message at hand */
};

/* All zero but for `ask`.  For each set of messages; asks nothing yet. */
void isrv_fetch_annotation_begin(struct imapsrv_session *s, struct isrv_fetch_annotation *x,
                                 struct imapsrv_set uids);
/* The item of one message, if it has anything to say; UIDs ascend from call to call.  DONE, HOST or
 * OUTPUT, the last two in the middle of the line.  x->list.refused: the host would not. */
enum isrv_step isrv_fetch_put_annotation(struct imapsrv_session *s, struct isrv_fetch_annotation *x,
                                         uint32_t uid, bool *first);
void isrv_fetch_annotation_clear(struct imapsrv_session *s, struct isrv_fetch_annotation *x);

#endif
