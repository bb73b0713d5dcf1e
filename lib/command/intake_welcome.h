/* SPDX-License-Identifier: MIT */
/*
 * command/intake_welcome - which messages are let in, and which literals: by what the host can do,
 * the limits, and the extensions that there are.  Nothing is asked of the host here, and no octet
 * taken.
 */
#ifndef ISRV_COMMAND_INTAKE_WELCOME_H
#define ISRV_COMMAND_INTAKE_WELCOME_H

#include "command/intake.h"

/* A literal whose octets may be anything, NUL too.  That of UTF8 holds text. */
bool isrv_intake_is_binary(const struct imapsrv_session *s, const struct isrv_intake *t);

/* May one more message come?  If not, the reply is set. */
bool isrv_intake_is_welcome(struct imapsrv_session *s, const struct isrv_intake *t);
/* May the literal that was announced come, behind so many octets of the message?  Likewise. */
bool isrv_intake_is_welcome_literal(struct imapsrv_session *s, const struct isrv_intake *t,
                                    uint64_t before);
/* Both, of the literal that is all of a message. */
bool isrv_intake_is_welcome_message(struct imapsrv_session *s, const struct isrv_intake *t);

#endif
