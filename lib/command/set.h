/* SPDX-License-Identifier: MIT */
/*
 * command/set - which messages a sequence-set of the client means: sequence numbers, UIDs, "*" and
 * "$" against the announced view, as a set of UIDs.  Ranges stay ranges; they may cover UIDs that
 * do not exist, but never one above the last that was announced.
 */
#ifndef ISRV_COMMAND_SET_H
#define ISRV_COMMAND_SET_H

#include "wire/reader.h"

struct imapsrv_session;
struct isrv_nummap;

/*
 * `uid` says whether the numbers are UIDs.  The result lives in the arena and stays as it is
 * whatever happens to the view.  False: the reply is set (BAD, or NO where a limit was passed), or
 * the session has failed; the step returns ISRV_DONE.
 */
bool isrv_set_resolve(struct imapsrv_session *s, const struct isrv_rd_set *set, bool uid,
                      struct imapsrv_set *uids_r);
/* The same in any mailbox, which has these messages, for a search: what lies beyond its last
 * message is no error there (RFC 7377 2).  Not for "$".  In that arena; false: it gave nothing. */
bool isrv_set_resolve_in(struct imapsrv_session *s, struct isrv_arena *arena,
                         const struct isrv_nummap *map, const struct isrv_rd_set *set, bool uid,
                         struct imapsrv_set *uids_r);
/* Keeps of a set the UIDs that are announced, and of those, if not `gone`, the ones that are not
 * known to have gone; in the arena, linear in what is kept.  False: no memory. */
bool isrv_set_announced(struct imapsrv_session *s, struct imapsrv_set *set, bool gone);

#endif
