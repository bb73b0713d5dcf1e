/* SPDX-License-Identifier: MIT */
/*
 * command/fetch_describe - the description of an opened message: the host's, if it fits, else made
 * in one pass over the octets.
 */
#ifndef ISRV_COMMAND_FETCH_DESCRIBE_H
#define ISRV_COMMAND_FETCH_DESCRIBE_H

#include "command/fetch_section.h"
#include "message/structure.h"

/* Takes what the host kept, which must stand as long as the message is open; false: it is none, or
 * not of this body. */
bool isrv_fetch_use_description(struct isrv_fetch_message *m, struct imapsrv_span description);
/* Makes it.  *structure is NULL at first, holds the description afterwards, and is freed by the
 * caller when the message is closed.  A failure of the host is left in body.failed. */
enum isrv_step isrv_fetch_describe(struct imapsrv_session *s, struct isrv_fetch_message *m,
                                   struct isrv_structure **structure);

#endif
