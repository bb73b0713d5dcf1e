/* SPDX-License-Identifier: MIT */
/*
 * command/urlmech - which mechanisms there are to authorize URLs with: resp-text-code URLMECH
 * (RFC 4467 8), in answer to SELECT and RESETKEY, and untagged when another session has reset the
 * keys.
 */
#ifndef ISRV_COMMAND_URLMECH_H
#define ISRV_COMMAND_URLMECH_H

#include "session/session.h"

/* "URLMECH INTERNAL ...", gathered while the host answers; in the arena.  Cleared by the caller. */
struct isrv_urlmech {
	bool asked;
	char *code; /* NULL: nothing but INTERNAL so far */
	size_t len;
	size_t cap;
};

/* May this session see them (RFC 4467 10)? */
bool isrv_urlmech_shows(const struct imapsrv_session *s);
/* The sink of a question that is answered with mechanisms; x is its context. */
void isrv_urlmech_take(struct imapsrv_session *s, void *x, const void *answer);
/* What was told; NUL-terminated. */
const char *isrv_urlmech_code(const struct isrv_urlmech *x);
/* "* OK [URLMECH ...]", for the selected mailbox.  DONE or HOST. */
enum isrv_step isrv_urlmech_step(struct imapsrv_session *s, struct isrv_urlmech *x);

#endif
