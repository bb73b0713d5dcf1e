/* SPDX-License-Identifier: MIT */
/*
 * command/auth - how every attempt to log in ends, and what a SASL mechanism is to AUTHENTICATE.
 *
 * A mechanism of the library is a row of functions that each take one turn: they are given what the
 * client or the host has said, and say what happens next.  They do no I/O and ask nobody.
 */
#ifndef ISRV_COMMAND_AUTH_H
#define ISRV_COMMAND_AUTH_H

#include "session/session.h"

/* ---- how it ends (auth.c) ------------------------------------------------------------------ */

enum isrv_step isrv_auth_in(struct imapsrv_session *s);
/* What the host gave is given back, and the client waits: s->result says what for.  The step that
 * follows is isrv_auth_refuse.  Or DONE, and the client is sent to another server. */
enum isrv_step isrv_auth_failed(struct imapsrv_session *s);
enum isrv_step isrv_auth_refuse(struct imapsrv_session *s);

/* ---- mechanisms ---------------------------------------------------------------------------- */

enum isrv_turn {
	ISRV_TURN_BAD,       /* x->text says what was expected, NULL: no memory          */
	ISRV_TURN_CHALLENGE, /* x->challenge goes to the client; then `respond`          */
	ISRV_TURN_LOGIN,     /* x->login goes to the host; then `admitted` or `refused`  */
	ISRV_TURN_KEYS,      /* the host is asked for login.authcid's keys; then `keyed` */
	ISRV_TURN_IN,
	ISRV_TURN_FAILED
};

struct isrv_keys {
	bool known; /* there is such a user */
	char salt[64];
	size_t salt_len;
	uint32_t iterations;
	unsigned char stored_key[32];
	unsigned char server_key[32];
};

struct isrv_exchange {
	struct imapsrv_session *s;
	void *state;                  /* the mechanism's, zero at first; wiped at the end */
	struct imapsrv_span response; /* wiped after the turn */
	const char *text;
	struct imapsrv_span challenge; /* static or in the arena */
	struct imapsrv_login login;
	struct isrv_keys keys;
};

struct isrv_mechanism {
	const char *name;
	uint8_t cap;      /* enum isrv_cap */
	bool plaintext;   /* what the client sends is worth stealing: where it is not offered for
	                     want of TLS, that is said */
	size_t state_size;
	/* The client gave no initial response; NULL: an empty challenge (RFC 4422 5.1). */
	enum isrv_turn (*start)(struct isrv_exchange *x);
	enum isrv_turn (*respond)(struct isrv_exchange *x);
	enum isrv_turn (*keyed)(struct isrv_exchange *x);    /* NULL: never asks for keys */
	enum isrv_turn (*admitted)(struct isrv_exchange *x); /* NULL: it is in */
	enum isrv_turn (*refused)(struct isrv_exchange *x);  /* NULL: it has failed */
};

extern const struct isrv_mechanism isrv_mechanism_plain;
extern const struct isrv_mechanism isrv_mechanism_login;
extern const struct isrv_mechanism isrv_mechanism_external;
extern const struct isrv_mechanism isrv_mechanism_anonymous;
extern const struct isrv_mechanism isrv_mechanism_oauthbearer;
extern const struct isrv_mechanism isrv_mechanism_xoauth2;
extern const struct isrv_mechanism isrv_mechanism_scram;
extern const struct isrv_mechanism isrv_mechanism_scram_plus;

#endif
