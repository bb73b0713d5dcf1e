/* SPDX-License-Identifier: MIT */
/*
 * imapsrv/sasl.h - optional: SASL mechanisms beyond PLAIN, and EXTERNAL where the host knows an
 * external identity, which need nothing from here.  Of others that the library speaks (LOGIN,
 * ANONYMOUS, OAUTHBEARER, XOAUTH2, SCRAM-SHA-256) the host says which it wants; all of them end in
 * imapsrv_store.login.  Any other the host does itself: the library does base64, continuation
 * lines, initial responses and "*" (RFC 9051 6.2.2, RFC 4959), the host sees octets.
 */
#ifndef IMAPSRV_SASL_H
#define IMAPSRV_SASL_H

#include "imapsrv/store.h"

#ifdef __cplusplus
extern "C" {
#endif

struct imapsrv_sasl_step {
	const char *mechanism;    /* one of imapsrv_sasl.mechanisms */
	void **exchange;          /* a place for the host's own state of this exchange; NULL at
	                             first */
	int has_response;         /* 0 only in the first step: the client gave no initial
	                             response */
	struct imapsrv_span response; /* wiped when the callback returns */
};

/* Mechanisms of the library that are offered only if the host asks for them. */
enum imapsrv_mechanism {
	IMAPSRV_MECHANISM_LOGIN = 1 << 0,       /* as LOGIN, where that is allowed; for old
	                                           clients */
	IMAPSRV_MECHANISM_ANONYMOUS = 1 << 1,   /* RFC 4505 */
	IMAPSRV_MECHANISM_OAUTHBEARER = 1 << 2, /* RFC 7628; only where LOGIN is allowed: a token is
	                                           as good as a password */
	IMAPSRV_MECHANISM_XOAUTH2 = 1 << 3      /* the same before it was standardized */
};

/* Whose keys are wanted, for SCRAM. */
struct imapsrv_scram_query {
	const char *mechanism;       /* "SCRAM-SHA-256" or "SCRAM-SHA-256-PLUS" */
	struct imapsrv_span authcid; /* UTF-8 as the client prepared it (RFC 5802 5.1) */
};

/* What a server keeps of a password (RFC 5802 3): nobody can log in elsewhere with it. */
struct imapsrv_scram_keys {
	size_t size;
	const void *salt;    /* any number of octets from 1 to 64; 16 as names that do not exist
	                        have */
	size_t salt_len;
	uint32_t iterations; /* at least 4096 (RFC 7677 4) */
	unsigned char stored_key[32];
	unsigned char server_key[32];
};
#define IMAPSRV_SCRAM_KEYS_INIT IMAPSRV_SIZED(struct imapsrv_scram_keys)

struct imapsrv_sasl {
	size_t size;
	const char *const *mechanisms; /* names in upper case, NULL at the end; outlives the
	                                  engine */
	uint32_t plaintext; /* bit n: mechanisms[n] shows the password to whoever listens, so it is
	                       offered only where LOGIN is */
	/* The client started, or answered.  Answer: imapsrv_op_challenge then OK to go on;
	 * imapsrv_op_account then OK when it is in; or a refusal. */
	void (*step)(void *user, struct imapsrv_op *op, const struct imapsrv_sasl_step *q);
	/* The exchange is over, however; comes exactly once after the first step.  May be NULL. */
	void (*end)(void *user, void *exchange);

	uint32_t builtin; /* enum imapsrv_mechanism, or-ed: offered as well */
	/* For clients whose token was refused (RFC 7628 3.2.2); NULL: not told.  They outlive the
	 * engine. */
	const char *oauth_scope;
	const char *oauth_configuration; /* the URL of the OpenID configuration */

	/*
	 * SCRAM-SHA-256, and with imapsrv_session_set_channel_binding SCRAM-SHA-256-PLUS (RFC 5802,
	 * RFC 7677).  Answer: imapsrv_op_keys, then IMAPSRV_OK; AUTHENTICATIONFAILED if there is no
	 * such user.  When the client has shown that it knows the password, `login` is asked
	 * whether it may come in, with an empty password.  NULL: not offered.  With it go the next
	 * three.
	 */
	void (*keys)(void *user, struct imapsrv_op *op, const struct imapsrv_scram_query *q);
	/* Fills in octets that nobody can guess. */
	void (*entropy)(void *user, void *to, size_t len);
	/* From 16 octets that nobody knows, salts are made for names that do not exist: the same
	 * secret in all processes and at all times, else asking twice tells which names there are.
	 * Outlives the engine. */
	const void *secret;
	size_t secret_len;
	uint32_t iterations; /* shown for names that do not exist; 0: 4096 */
};
#define IMAPSRV_SASL_INIT IMAPSRV_SIZED(struct imapsrv_sasl)

/* In answer to `keys`; all is copied.  Errors as those of store.h. */
IMAPSRV_API int imapsrv_op_keys(struct imapsrv_op *op, const struct imapsrv_scram_keys *keys);

/*
 * Makes stored_key and server_key of a password, for the salt and iterations that *keys holds.  The
 * password is UTF-8, prepared as RFC 4013 says (which leaves ASCII as it is).  IMAPSRV_EINVAL if
 * salt or iterations are not as above.
 */
IMAPSRV_API int imapsrv_scram_derive(struct imapsrv_scram_keys *keys, const char *password,
                                     size_t len);

#ifdef __cplusplus
}
#endif

#endif
