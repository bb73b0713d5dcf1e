/* SPDX-License-Identifier: MIT */
/* session/run - the loop, and the parts of the session's life that only the loop and the API
 * need. */
#ifndef ISRV_SESSION_RUN_H
#define ISRV_SESSION_RUN_H

#include <stdbool.h>

#include "imapsrv/session.h"


/* Does all that can be done now with the input in s->in..s->in_end. */
void isrv_run(struct imapsrv_session *s);
/* Would isrv_run do something without input?  Would it take input? */
bool isrv_run_can_go(const struct imapsrv_session *s);
bool isrv_run_can_read(const struct imapsrv_session *s);

/* The tag of the command at work, as a copy.  False: no memory, and the session has failed. */
bool isrv_session_keep_tag(struct imapsrv_session *s, struct imapsrv_span tag);

/* session.c: a session that has said nothing yet.  NULL: no memory. */
struct imapsrv_session *isrv_session_make(struct imapsrv_engine *engine,
                                          const struct imapsrv_session_config *config);
/* session.c: ends without a word. */
void isrv_session_close(struct imapsrv_session *s);
/* session.c: ends with the BYE that the host asked for. */
void isrv_session_say_bye(struct imapsrv_session *s);
/* session.c: if the session has failed, ends it. */
void isrv_session_settle(struct imapsrv_session *s);

#endif
