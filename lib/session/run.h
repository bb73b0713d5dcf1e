/* SPDX-License-Identifier: MIT */
/* session/run - the loop, and the parts of the session's life that only the loop and the API
 * need. */
#ifndef ISRV_SESSION_RUN_H
#define ISRV_SESSION_RUN_H

#include <stdbool.h>

struct imapsrv_session;

/* Does all that can be done now with the input in s->in..s->in_end. */
void isrv_run(struct imapsrv_session *s);
/* Would isrv_run do something without input?  Would it take input? */
bool isrv_run_can_go(const struct imapsrv_session *s);
bool isrv_run_can_read(const struct imapsrv_session *s);

/* session.c: ends without a word. */
void isrv_session_close(struct imapsrv_session *s);
/* session.c: ends with the BYE that the host asked for. */
void isrv_session_say_bye(struct imapsrv_session *s);
/* session.c: if the session has failed, ends it. */
void isrv_session_settle(struct imapsrv_session *s);

#endif
