/* SPDX-License-Identifier: MIT */
/*
 * command/tell - tells a client what happened: first the selected mailbox (session/sync), then new
 * messages with the fetch-atts that were asked for (arrived.h), then what happened elsewhere: LIST,
 * METADATA, STATUS.  At the end of a command, in IDLE, and between commands it is this one routine.
 *
 * What an event did not say is asked for here, once, and with the callbacks and the code that LIST,
 * STATUS and FETCH use.
 */
#ifndef ISRV_COMMAND_TELL_H
#define ISRV_COMMAND_TELL_H

#include "session/session.h"

extern const struct isrv_teller isrv_teller;

/* The items of a STATUS response that tells this (enum isrv_notify_tell), by RFC 5465 5.1-5.3. */
uint32_t isrv_tell_items(const struct imapsrv_session *s, uint32_t tell);

#endif
