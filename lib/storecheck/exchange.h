/* SPDX-License-Identifier: MIT */
/*
 * storecheck/exchange - the client's side of AUTHENTICATE (RFC 9051 6.2.2): base64 and lines, for
 * any mechanism.
 */
#ifndef ISRV_STORECHECK_EXCHANGE_H
#define ISRV_STORECHECK_EXCHANGE_H

#include "storecheck/check.h"

/* A client that is connected and knows what is offered; false: this mechanism is hidden, which is
 * said, or the scene is over. */
bool isrv_sc_offered(struct isrv_sc *c, unsigned i, const char *mechanism);
/* Begins; true: a response is wanted. */
bool isrv_sc_authenticate(struct isrv_sc_client *k, const char *mechanism);
/* The challenge that came last, in c->scratch; false: it is no base64, or the scene is over. */
bool isrv_sc_challenge(struct isrv_sc_client *k, struct imapsrv_span *challenge_r);
/* A response; true: another one is wanted. */
bool isrv_sc_reply(struct isrv_sc_client *k, const void *data, size_t len);
/* "*": the client gives up. */
void isrv_sc_give_up(struct isrv_sc_client *k);
/* The client is in, with an account that can be used. */
bool isrv_sc_is_in(struct isrv_sc_client *k);

#endif
