/* SPDX-License-Identifier: MIT */
/*
 * session/referral - other servers that a client is sent to (RFC 2221, RFC 2193): the URLs that
 * come with a host's answer, and the response code that they become.  What they name is not looked
 * at.
 */
#ifndef ISRV_SESSION_REFERRAL_H
#define ISRV_SESSION_REFERRAL_H

#include "session/session.h"

/* One more URL of the answer to the question at hand. */
int isrv_referral_add(struct imapsrv_session *s, struct imapsrv_span url);
/* "REFERRAL url ..." of the answer in s->result, copied to the arena; NULL: there is none, or the
 * client is not to know of referrals. */
const char *isrv_referral_code(struct imapsrv_session *s);
/* Of the last question: gives its memory back. */
void isrv_referral_forget(struct imapsrv_session *s);

#endif
