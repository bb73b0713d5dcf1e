/* SPDX-License-Identifier: MIT */
/*
 * command/fetch_rare - FETCH items that only some hosts have a fact for, and that are NIL, or not
 * there, where a message has none: object identifiers (RFC 8474 5.3), save dates (RFC 8514 4.2).
 */
#ifndef ISRV_COMMAND_FETCH_RARE_H
#define ISRV_COMMAND_FETCH_RARE_H

#include "session/session.h"

#define ISRV_FETCH_RARE_FACTS \
	((uint32_t)(IMAPSRV_FACT_EMAILID | IMAPSRV_FACT_THREADID | IMAPSRV_FACT_SAVEDATE))

/* Those of the facts that were asked for, whether the row has them or not. */
void isrv_fetch_put_rare(struct imapsrv_session *s, uint32_t asked, const struct imapsrv_row *row,
                         bool *first);

#endif
