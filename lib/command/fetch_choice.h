/* SPDX-License-Identifier: MIT */
/*
 * command/fetch_choice - which messages a FETCH is about: its set; of that the places that PARTIAL
 * names (RFC 9394 3.3); of these the ones that changed (RFC 7162 3.1.4.1), with a word about those
 * that vanished (3.2.6); and of what is left as many as one command may work on (RFC 9738 3.1).
 */
#ifndef ISRV_COMMAND_FETCH_CHOICE_H
#define ISRV_COMMAND_FETCH_CHOICE_H

#include "command/fetch.h"
#include "command/resync.h"

struct isrv_fetch_choice {
	struct imapsrv_set uids;    /* what came of it, until the drop */
	bool refused;               /* or nothing did: the reply is set */
	uint8_t at;
	struct isrv_resync *resync; /* NULL without CHANGEDSINCE */
};

/* All zero at first.  DONE, HOST or OUTPUT; DONE: chosen, refused, or the session has failed. */
enum isrv_step isrv_fetch_choose(struct imapsrv_session *s, struct isrv_fetch_choice *c,
                                 const struct isrv_rd_set *set,
                                 const struct isrv_fetch_items *items);
void isrv_fetch_choice_drop(struct imapsrv_session *s, struct isrv_fetch_choice *c);

#endif
