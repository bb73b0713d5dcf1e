/* SPDX-License-Identifier: MIT */
/*
 * session/contexts_sorted - what a telling of a SORT's result (RFC 5267 4.3.3, 4.3.4) has beside
 * that of a search: the keys of what is added, and the places of all that changes, as the client
 * has to go through them, one after the other.
 *
 * All of them belong to the context at hand; its c->removed and c->added say which messages.
 */
#ifndef ISRV_SESSION_CONTEXTS_SORTED_H
#define ISRV_SESSION_CONTEXTS_SORTED_H

#include "session/contexts_list.h"

/* Takes c->removed out of the result.  False: the arena gave nothing. */
bool isrv_sorted_take_out(struct imapsrv_session *s, struct isrv_contexts *c);
/* Puts c->added in.  DONE: *ok_r says whether all is in its place; if not, the session has failed,
 * or the context cannot be kept up. */
enum isrv_step isrv_sorted_put_in(struct imapsrv_session *s, struct isrv_contexts *c, bool *ok_r);
/* "5 2731:2733,2735 7 11": what was taken out, or what was put in.  DONE or OUTPUT. */
enum isrv_step isrv_sorted_tell(struct imapsrv_session *s, struct isrv_contexts *c, bool added);
/* Gives back what is held, in any state, any number of times. */
void isrv_sorted_drop(struct imapsrv_session *s, struct isrv_contexts *c);

#endif
