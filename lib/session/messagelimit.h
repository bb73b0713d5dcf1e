/* SPDX-License-Identifier: MIT */
/*
 * session/messagelimit - how many messages one command may work on (RFC 9738), and what the client
 * is told of one that had more: the highest were taken, from this UID up, or none was.
 */
#ifndef ISRV_SESSION_MESSAGELIMIT_H
#define ISRV_SESSION_MESSAGELIMIT_H

#include "session/session.h"

/* How many one command may work on, and how many one COPY or APPEND may save; UINT32_MAX: any
 * number, and nothing was announced. */
uint32_t isrv_message_limit(const struct imapsrv_session *s);
uint32_t isrv_save_limit(const struct imapsrv_session *s);
/* Keeps of the announced messages in a set the highest, if there are more than one command may work
 * on, and has the client told; in the arena.  False: no memory. */
bool isrv_message_limit_cut(struct imapsrv_session *s, struct imapsrv_set *set);
/* The command works on messages from this UID up only: the client is told.  0: on all of them. */
void isrv_message_limit_note(struct imapsrv_session *s, uint32_t lowest);
/* NO, and nothing was done: there are more than `limit`.  The lowest UID of those that would not
 * have been too many; 0: left out. */
enum isrv_step isrv_message_limit_refuse(struct imapsrv_session *s, uint32_t limit, uint32_t lowest,
                                         const char *text);
/* The reply to a command that was cut is set: says so in it, or beside it. */
void isrv_message_limit_settle(struct imapsrv_session *s);

#endif
