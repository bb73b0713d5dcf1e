/* SPDX-License-Identifier: MIT */
/*
 * wire/url - IMAP URLs, by the grammar of RFC 5092 11 with the access identifiers of RFC 5593 4:
 * text to what it names, and nothing about whether that exists or who may see it.
 *
 * Percent-encoding is undone, "." and ".." in the path are resolved (RFC 3986 5.2.4).  What a
 * URLAUTH is made of is the text itself, of which nothing may be decoded or folded (RFC 4467 6):
 * rump_len says how much of it.
 */
#ifndef ISRV_WIRE_URL_H
#define ISRV_WIRE_URL_H

#include <stdbool.h>

#include "base/arena.h"

enum isrv_url_kind {
	ISRV_URL_SERVER,  /* imap://host/ */
	ISRV_URL_MAILBOX, /* its messages, or with `search` those that match */
	ISRV_URL_MESSAGE  /* or a part of it: `uid` is set */
};

/* Who may use a URL that carries an authorization (RFC 5092 6.1.2, RFC 5593 3). */
enum isrv_url_access {
	ISRV_URL_UNAUTHORIZED, /* it carries none */
	ISRV_URL_USER,         /* "user+", the user in `grantee` */
	ISRV_URL_AUTHUSER,
	ISRV_URL_ANONYMOUS,
	ISRV_URL_APPLICATION   /* "submit+" and all others, the name in `application` */
};

/* Spans lie in the arena; data NULL: not there. */
struct isrv_url {
	enum isrv_url_kind kind;
	bool scheme;                /* it begins with "imap:" */
	bool server;                /* it names one; else it is an absolute-path reference */
	struct imapsrv_span user;   /* UTF-8 */
	struct imapsrv_span auth;   /* a mechanism, or "*" */
	struct imapsrv_span host;   /* as written */
	uint16_t port;              /* 0: not said */
	struct imapsrv_span mailbox; /* UTF-8; INBOX is spelled "INBOX" */
	uint32_t uidvalidity;       /* 0: not said */
	struct imapsrv_span search; /* without NUL */
	uint32_t uid;               /* 0: not said */
	struct imapsrv_span section; /* a section-spec, perhaps; without NUL */
	bool partial;
	uint64_t origin;
	uint64_t count;             /* octets; UINT64_MAX: to the end */
	bool expires;
	int64_t expire;             /* the last second in which it is valid */
	enum isrv_url_access access;
	struct imapsrv_span application;
	struct imapsrv_span grantee; /* UTF-8: the user behind "+" */
	struct imapsrv_span mechanism;
	struct imapsrv_span token;  /* hexadecimal, as written */
	size_t rump_len;            /* octets of the text up to the ":" before the mechanism, or
	                             * all */
};

enum isrv_url_result {
	ISRV_URL_OK,
	ISRV_URL_BAD, /* not an IMAP URL, or a relative-path reference, which is never taken
	               * (RFC 5092 7.2) */
	ISRV_URL_NOMEM
};

enum isrv_url_result isrv_url_parse(struct isrv_url *u, struct isrv_arena *arena,
                                    struct imapsrv_span text);

/* Is there, in octets of any kind, what the token of a URL stands behind?  For those who are to
 * keep it to themselves, whether that URL is one or not. */
bool isrv_url_has_token(const char *data, size_t len);

/* uauth-mechanism = 1*(ALPHA / DIGIT / "-" / ".") */
bool isrv_url_is_mechanism(struct imapsrv_span name);

#endif
