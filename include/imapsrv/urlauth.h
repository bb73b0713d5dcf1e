/* SPDX-License-Identifier: MIT */
/*
 * imapsrv/urlauth.h - optional callbacks for URLAUTH (RFC 4467): URLs of messages that carry leave
 * to read them, for another user, a submission server, or anybody.  The library reads the URLs,
 * says who may use which, compares tokens and fetches; keys are the host's alone.
 *
 * Every user has a key for each mailbox, of 128 bits or more that nobody can guess, made when it is
 * first needed.  A token is made of a key and the text of a URL, by HMAC as a rule, and should say
 * by a few of its bits how it was made (RFC 4467 2.4.1).
 */
#ifndef IMAPSRV_URLAUTH_H
#define IMAPSRV_URLAUTH_H

#include "imapsrv/store.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Octets of a token: 128 bits or more. */
#define IMAPSRV_URL_TOKEN_MIN 16
#define IMAPSRV_URL_TOKEN_MAX 128

/* What is asked about a URL that carries an authorization. */
struct imapsrv_url_query {
	void *account;               /* of this session */
	struct imapsrv_span rump;    /* what the token is made of: the URL as the client wrote it,
	                                octet by octet, up to the ":" before the mechanism */
	const char *mechanism;       /* "INTERNAL", or one of imapsrv_urlauth.mechanisms */
	struct imapsrv_span token;   /* that the client has, as octets; empty: make one */
	/* What the URL says, decoded. */
	struct imapsrv_span owner;   /* whose key, and whose mailbox; UTF-8 */
	struct imapsrv_span host;    /* of the server, as written; may be empty or an address */
	uint32_t port;               /* 0: not said */
	struct imapsrv_span mailbox; /* as the owner would name it; UTF-8 */
	uint32_t uidvalidity;        /* 0: not said.  The library compares it */
	uint32_t uid;
	struct imapsrv_span application; /* who may use it: "user", "authuser", "anonymous",
	                                    "submit", or another, in any case, */
	struct imapsrv_span grantee; /* and the user behind "+"; empty: none */
};

/* Who a session is to URLs that carry an authorization (RFC 5092 6.1.2, RFC 5593 3.3). */
struct imapsrv_url_identity {
	size_t size;
	struct imapsrv_span user; /* the authorization identity, UTF-8; empty: nobody's */
	int anonymous;            /* not 0: anybody */
	const struct imapsrv_span *applications; /* for which it acts: "submit", "stream", ... */
	size_t application_count;
};

struct imapsrv_reset_keys {
	void *account;
	struct imapsrv_span mailbox;   /* UTF-8; empty: all keys of this user go */
	const char *const *mechanisms; /* for which: NULL at the end; none: "INTERNAL" */
};

struct imapsrv_url_mailbox {
	void *account;
	struct imapsrv_span mailbox;
};

struct imapsrv_urlauth {
	size_t size;
	/* Mechanisms beside INTERNAL: names in upper case, NULL at the end; outlives the engine. */
	const char *const *mechanisms;
	/* Needed.  Who has this account; all zero at first but the size.  What it points to stays
	 * until the next callback. */
	void (*identify)(void *user, void *account, struct imapsrv_url_identity *identity);
	/*
	 * Needed.  The token of q->rump by q->mechanism, with the owner's key for that mailbox:
	 * imapsrv_op_url_token.
	 *
	 * To make one: this account owns those keys, or has the rights of an owner over them, and
	 * the host is this server; the mailbox exists.  NONEXISTENT, NOPERM, ... refuse (RFC 4467
	 * 7, GENURLAUTH).  An owner who is not known may be answered with a token that no key
	 * gives, so that nobody learns who there is.
	 *
	 * To compare one (q->token is not empty): whoever asks, and whether or not there are such
	 * an owner, mailbox and key.  If not, a key that could be one is used, and the answer takes
	 * as long: that there is no such mailbox must not be seen (RFC 4467 6).
	 */
	void (*token)(void *user, struct imapsrv_op *op, const struct imapsrv_url_query *q);
	/*
	 * Needed.  The token was right, this session may use the URL, and it has not expired: opens
	 * the mailbox for reading, with the rights that its owner has now; these are the `rights`
	 * of the answer.  Answered and closed as by `open` and `close` of the store, whose fetch
	 * and body are asked for the message.
	 */
	void (*open)(void *user, struct imapsrv_op *op, const struct imapsrv_url_query *q);
	/*
	 * Needed.  A new key for a mailbox, or none of any: all URLs made with the old ones are
	 * void.  imapsrv_op_url_mechanism for those that have data.  All sessions of this user are
	 * posted IMAPSRV_EVENT_KEYS_RESET.
	 */
	void (*reset)(void *user, struct imapsrv_op *op, const struct imapsrv_reset_keys *q);
	/* What can be used with a mailbox: imapsrv_op_url_mechanism for each but INTERNAL.  Asked
	 * when it is selected.  NULL: INTERNAL alone is shown. */
	void (*describe)(void *user, struct imapsrv_op *op, const struct imapsrv_url_mailbox *q);
	/* Not 0: mechanisms are shown only where the connection is secure (RFC 4467 10). */
	int only_secure;
};
#define IMAPSRV_URLAUTH_INIT IMAPSRV_SIZED(struct imapsrv_urlauth)

/* token: IMAPSRV_URL_TOKEN_MIN to _MAX octets.  Errors as those of store.h. */
IMAPSRV_API int imapsrv_op_url_token(struct imapsrv_op *op, const void *token, size_t len);
/* reset, describe: one mechanism; data may be empty (no more than 1024 octets). */
IMAPSRV_API int imapsrv_op_url_mechanism(struct imapsrv_op *op, const char *mechanism,
                                         const void *data, size_t len);

#ifdef __cplusplus
}
#endif

#endif
