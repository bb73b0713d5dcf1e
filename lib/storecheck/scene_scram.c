/* SPDX-License-Identifier: MIT */
/*
 * storecheck/scene_scram - SCRAM-SHA-256 (RFC 5802, RFC 7677) as a client speaks it, against the
 * keys and the entropy of the host.
 */
#include <string.h>

#include "base/ascii.h"
#include "base/base64.h"
#include "base/sha256.h"
#include "storecheck/exchange.h"
#include "storecheck/parse.h"

enum {
	NONCE = 256, /* octets of both */
	SALT = 96,   /* octets of one in base64 */
	MOST_ITERATIONS = 10000000
};

static const char mechanism[] = "SCRAM-SHA-256";
static const char nonce[] = "kitkitkitkitkitkit";

/* One exchange, as the client knows it. */
struct scram {
	const char *name;
	const char *password;
	char first[NONCE + SALT + 40]; /* server-first-message */
	char nonce[NONCE];
	char salt[SALT]; /* in base64 */
	uint64_t iterations;
	unsigned char signature[ISRV_SHA256_SIZE]; /* that the server has to have */
	bool signed_right;
};

/* An attribute, "r=...", up to the comma or the end. */
static void attribute(struct isrv_sc_parse *p, char name, char *to, size_t room)
{
	size_t len = 0;

	isrv_sc_expect(p, name);
	isrv_sc_expect(p, '=');
	for (; !p->bad && p->at < p->end && *p->at != ','; p->at++, len++)
		if (len + 1 < room)
			to[len] = *p->at;
	p->bad |= !len || len >= room;
	to[p->bad ? 0 : len] = '\0';
}

static bool read_first(struct isrv_sc_client *k, struct scram *s)
{
	struct imapsrv_span challenge;
	struct isrv_sc_parse p = {NULL, NULL, true};
	char digits[12];

	if (isrv_sc_challenge(k, &challenge) && challenge.len < sizeof(s->first)) {
		memcpy(s->first, challenge.data, challenge.len);
		s->first[challenge.len] = '\0';
		p = isrv_sc_parse_of((struct imapsrv_span){s->first, challenge.len});
	}
	attribute(&p, 'r', s->nonce, sizeof(s->nonce));
	isrv_sc_expect(&p, ',');
	attribute(&p, 's', s->salt, sizeof(s->salt));
	isrv_sc_expect(&p, ',');
	attribute(&p, 'i', digits, sizeof(digits));
	return !p.bad &&
	       isrv_ascii_number(digits, strlen(digits), MOST_ITERATIONS, &s->iterations);
}

/* The client's first message, and what the server says to it; false: the exchange is over. */
static bool first(struct isrv_sc_client *k, struct scram *s)
{
	struct isrv_sc *c = k->c;

	if (!isrv_sc_offered(c, (unsigned)(k - c->clients), mechanism) ||
	    !isrv_sc_authenticate(k, mechanism))
		return false;
	c->scratch.len = 0;
	isrv_sc_put(c, &c->scratch, "n,,n=%s,r=%s", s->name, nonce);
	return isrv_sc_reply(k, c->scratch.data, c->scratch.len) && read_first(k, s);
}

/* RFC 5802 3. */
static void prove(struct scram *s, struct imapsrv_span text, unsigned char proof[ISRV_SHA256_SIZE])
{
	unsigned char salted[ISRV_SHA256_SIZE], key[ISRV_SHA256_SIZE], stored[ISRV_SHA256_SIZE];
	unsigned char salt[SALT];
	size_t salt_len = 0;

	isrv_base64_parse(salt, &salt_len, s->salt, strlen(s->salt));
	isrv_pbkdf2(s->password, strlen(s->password), salt, salt_len, (uint32_t)s->iterations,
	            salted);
	isrv_hmac(salted, sizeof(salted), "Client Key", 10, key);
	isrv_sha256(key, sizeof(key), stored);
	isrv_hmac(stored, sizeof(stored), text.data, text.len, proof);
	for (size_t i = 0; i < ISRV_SHA256_SIZE; i++)
		proof[i] ^= key[i];
	isrv_hmac(salted, sizeof(salted), "Server Key", 10, key);
	isrv_hmac(key, sizeof(key), text.data, text.len, s->signature);
}

/* "v=" and its signature. */
static bool read_last(struct isrv_sc_client *k, const struct scram *s)
{
	char should[2 + 44];
	struct imapsrv_span challenge;

	memcpy(should, "v=", 2);
	isrv_base64_put(should + 2, s->signature, sizeof(s->signature));
	return isrv_sc_challenge(k, &challenge) && challenge.len == sizeof(should) &&
	       !memcmp(challenge.data, should, sizeof(should));
}

/* The rest; the last answer tells whether the client is in. */
static void last(struct isrv_sc_client *k, struct scram *s)
{
	struct isrv_sc *c = k->c;
	struct isrv_buf *to = &c->scratch;
	unsigned char proof[ISRV_SHA256_SIZE];
	char encoded[44];

	to->len = 0;
	isrv_sc_put(c, to, "n=%s,r=%s,%s,c=biws,r=%s", s->name, nonce, s->first, s->nonce);
	prove(s, (struct imapsrv_span){to->data, to->len}, proof);
	isrv_base64_put(encoded, proof, sizeof(proof));
	to->len = 0;
	isrv_sc_put(c, to, "c=biws,r=%s,p=%.*s", s->nonce, 44, encoded);
	if (isrv_sc_reply(k, to->data, to->len)) {
		s->signed_right = read_last(k, s);
		isrv_sc_reply(k, "", 0);
	}
}

static void known(struct isrv_sc *c, struct scram *s)
{
	struct isrv_sc_client *k = &c->clients[0];
	bool begun;

	s->name = c->check.name;
	s->password = c->check.password;
	begun = first(k, s);
	if (!isrv_sc_live(c) || !isrv_sc_want(c, begun, ISRV_SC_KEYS_KNOWN,
	                                      "%s with the right name ends at once", mechanism))
		return;
	last(k, s);
	isrv_sc_want(c, s->signed_right, ISRV_SC_KEYS_KNOWN,
	             "%s: the server does not show that it knows \"%s\" by the password", mechanism,
	             s->name);
	isrv_sc_want(c, isrv_sc_is_in(k), ISRV_SC_KEYS_KNOWN,
	             "%s with the right password lets nobody in", mechanism);
}

/* A name that does not exist, as far as the password. */
static void unknown(struct isrv_sc *c, struct scram *s, const struct scram *real)
{
	struct isrv_sc_client *k = &c->clients[0];
	bool begun;

	s->name = "nobody-of-this-name";
	s->password = c->check.password;
	begun = first(k, s);
	if (!isrv_sc_live(c) ||
	    !isrv_sc_want(c, begun, ISRV_SC_KEYS_ALIKE,
	                  "a name that does not exist is refused before its password is asked for"))
		return;
	isrv_sc_want(c, strlen(s->salt) == strlen(real->salt), ISRV_SC_KEYS_ALIKE,
	             "the salt of a name that does not exist, \"%s\", is not as long as that of "
	             "one that does, \"%s\"",
	             s->salt, real->salt);
	isrv_sc_want(c, s->iterations == real->iterations, ISRV_SC_KEYS_ALIKE,
	             "a name that does not exist has %llu iterations, and one that does has %llu",
	             (unsigned long long)s->iterations, (unsigned long long)real->iterations);
	last(k, s);
	isrv_sc_want(c, k->told.status != ISRV_SC_OK && isrv_sc_code(k, "AUTHENTICATIONFAILED"),
	             ISRV_SC_KEYS_ALIKE, "a name that does not exist is not AUTHENTICATIONFAILED");
}

static void both(struct isrv_sc *c)
{
	struct scram one = {0}, two = {0};

	known(c, &one);
	known(c, &two);
	isrv_sc_want(c, !strcmp(one.salt, two.salt) && one.iterations == two.iterations,
	             ISRV_SC_KEYS_STAY,
	             "the salt of \"%s\" was \"%s\" with %llu iterations, and is \"%s\" with %llu",
	             one.name, one.salt, (unsigned long long)one.iterations, two.salt,
	             (unsigned long long)two.iterations);
	isrv_sc_want(c, strcmp(one.nonce, two.nonce) != 0, ISRV_SC_KEYS_ENTROPY,
	             "two exchanges have the same nonce, \"%s\"", one.nonce);
	if (isrv_sc_live(c))
		unknown(c, &two, &one);
}

/* Names that are written otherwise there (RFC 5802 5.1) are not for this kit. */
static void scram(struct isrv_sc *c)
{
	if (!strchr(c->check.name, ',') && !strchr(c->check.name, '=') &&
	    isrv_sc_offered(c, 0, mechanism))
		both(c);
}

const struct isrv_sc_scene isrv_sc_scenes_scram[] = {
	{"scram", "name login keys", scram},
	{NULL, NULL, NULL},
};
