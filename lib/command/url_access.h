/* SPDX-License-Identifier: MIT */
/*
 * command/url_access - URLs with an authorization (RFC 4467): reading one, who may use it, and what
 * the host is asked about it.
 */
#ifndef ISRV_COMMAND_URL_ACCESS_H
#define ISRV_COMMAND_URL_ACCESS_H

#include "command/url_message.h"
#include "imapsrv/urlauth.h"

/* The host's spelling of a mechanism, in any case; NULL: it has none of that name. */
const char *isrv_url_mechanism(const struct imapsrv_session *s, struct imapsrv_span name);

/* Of a message or a part of one, on a server, by a user, for somebody: authimapurl with
 * iurlauth-rump (RFC 4467 9). */
bool isrv_url_is_authorized(const struct isrv_url *u);
/* Has its time come, or can that not be known (RFC 4467 3)? */
bool isrv_url_is_expired(struct imapsrv_session *s, const struct isrv_url *u);
/* May this session use it (RFC 5092 6.1.2, RFC 5593 3.3)? */
bool isrv_url_may_use(struct imapsrv_session *s, const struct isrv_url *u);

/* A token, made by the host. */
struct isrv_url_token {
	unsigned char octets[IMAPSRV_URL_TOKEN_MAX];
	size_t len; /* 0: none */
};

/* Asks for it; `given` is what the client has, empty: one is to be made. */
void isrv_url_ask_token(struct imapsrv_session *s, const struct isrv_url *u,
                        struct imapsrv_span text, const char *mechanism,
                        struct imapsrv_span given, struct isrv_url_token *token);
/* The token in a URL, decoded to `octets`; data NULL: what stands there is none. */
struct imapsrv_span isrv_url_given(const struct isrv_url *u,
                                   unsigned char octets[IMAPSRV_URL_TOKEN_MAX]);
/* Is it the one that the client has?  In a time that does not depend on where they differ; it is
 * not kept, for whoever asked need not know it. */
bool isrv_url_token_is(struct imapsrv_session *s, struct isrv_url_token *token,
                       struct imapsrv_span given);
/* Opens mailboxes as their owners see them. */
extern const struct isrv_url_opener isrv_url_owner;

#endif
