/* SPDX-License-Identifier: MIT */
/*
 * session/resume - what comes between a restored session and its going on: the mailbox that was
 * selected is opened again, and held against what the client knows of it.
 */
#ifndef ISRV_SESSION_RESUME_H
#define ISRV_SESSION_RESUME_H

#include "base/pack.h"
#include "session/session.h"

/* Reads the selected mailbox of a saved session: it is selected once isrv_resume has opened it. */
void isrv_resume_read(struct imapsrv_session *s, struct isrv_unpack *u);
/* In phase RESUME: does what can be done; true if anything was. */
bool isrv_resume(struct imapsrv_session *s);
void isrv_resume_drop(struct imapsrv_session *s);
/* From now on the mailbox is watched, and what is posted of it counts; what happened meanwhile is
 * to be looked up (false: it will be posted). */
void isrv_resume_begin(struct imapsrv_session *s, bool compare);

#endif
