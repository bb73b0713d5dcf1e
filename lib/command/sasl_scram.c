/* SPDX-License-Identifier: MIT */
/*
 * command/sasl_scram - SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677), the server's
 * side.
 *
 *	C: gs2-header "n=" saslname ",r=" nonce
 *	S: "r=" nonce ",s=" salt ",i=" iterations
 *	C: "c=" base64(gs2-header channel-binding) ",r=" nonce ",p=" proof
 *	S: "v=" signature
 *	C: nothing
 *
 * A name that does not exist is led through the same messages, with a salt that follows from the
 * name and a secret, and fails where a wrong password does (RFC 5802 9).
 */
#include <string.h>

#include "base/base64.h"
#include "base/sha256.h"
#include "command/sasl_gs2.h"

enum {
	NONCE_MAX = 256, /* octets of the client's */
	NONCE_OCTETS = 18, /* of ours, before base64 */
	FAKE_SALT = 16,
	ITERATIONS = 4096 /* RFC 7677 4 */
};

enum at {
	AT_FIRST,
	AT_FINAL,
	AT_END /* the client has our signature */
};

struct scram {
	enum at at;
	bool plus;
	struct imapsrv_span header;       /* gs2-header */
	struct imapsrv_span binding;      /* data of the channel, of "p=" */
	struct imapsrv_span bare;         /* client-first-message-bare */
	struct imapsrv_span nonce;        /* both halves */
	struct imapsrv_span server_first;
	unsigned char signature[ISRV_SHA256_SIZE];
};

/* ---- small things -------------------------------------------------------------------------- */

static bool keep(struct isrv_exchange *x, struct imapsrv_span *to, const char *data, size_t len)
{
	to->data = isrv_arena_copy(&x->s->arena, data, len);
	to->len = len;
	return to->data != NULL;
}

/* The attribute at *at_r, up to the next comma: "r=..."; moves behind the comma. */
static bool take(const char **at_r, const char *end, char name, struct imapsrv_span *value_r)
{
	const char *at = *at_r, *comma;

	if (end - at < 2 || at[0] != name || at[1] != '=')
		return false;
	comma = memchr(at, ',', (size_t)(end - at));
	if (!comma)
		comma = end;
	*value_r = (struct imapsrv_span){at + 2, (size_t)(comma - at - 2)};
	*at_r = comma == end ? end : comma + 1;
	return true;
}

/* c-nonce: printable = %x21-2B / %x2D-7E */
static bool is_nonce(struct imapsrv_span nonce)
{
	for (size_t i = 0; i < nonce.len; i++)
		if (nonce.data[i] < 0x21 || nonce.data[i] > 0x7e)
			return false;
	return nonce.len > 0 && nonce.len <= NONCE_MAX;
}

static void refuse(struct isrv_exchange *x)
{
	x->s->result.code = IMAPSRV_AUTHENTICATIONFAILED;
	x->s->result.text = "";
}

/* ---- the first messages -------------------------------------------------------------------- */

/* Says the client rightly whether the channel can be bound?  False: *turn_r. */
static bool is_bound(struct isrv_exchange *x, const struct isrv_gs2 *gs2, enum isrv_turn *turn_r)
{
	struct scram *c = x->state;
	const struct isrv_binding *b = x->s->bindings;

	*turn_r = ISRV_TURN_BAD;
	x->text = c->plus ? "Expected a channel binding" : "Expected no channel binding";
	if ((gs2->flag == 'p') != c->plus)
		return false;
	*turn_r = ISRV_TURN_FAILED;
	refuse(x);
	/* It can bind and believes that we cannot: somebody took the offer away (RFC 5802 6). */
	if (gs2->flag == 'y' && isrv_caps_has(x->s, ISRV_CAP_AUTH_SCRAM_PLUS))
		return false;
	if (gs2->flag != 'p')
		return true;
	while (b && (strlen(b->type) != gs2->binding.len ||
	             memcmp(b->type, gs2->binding.data, gs2->binding.len) != 0))
		b = b->next;
	if (!b)
		return false;
	/* Copied: the host may name it anew before the client's proof is here. */
	*turn_r = ISRV_TURN_BAD;
	x->text = NULL;
	return keep(x, &c->binding, b->data, b->len);
}

/* client-first-message = gs2-header "n=" saslname "," "r=" nonce ["," extensions]; "m=" in front
 * is an extension that we would have to know. */
static enum isrv_turn respond_first(struct isrv_exchange *x)
{
	struct scram *c = x->state;
	const char *at = x->response.data, *end = at + x->response.len;
	struct imapsrv_span name, nonce;
	struct isrv_gs2 gs2;
	enum isrv_turn turn;

	x->text = "Expected a client-first-message of SCRAM";
	if (!isrv_gs2_parse(x, &gs2))
		return ISRV_TURN_BAD;
	if (!is_bound(x, &gs2, &turn))
		return turn;
	x->text = "Expected a user name and a nonce of SCRAM";
	at += gs2.len;
	if (!take(&at, end, 'n', &name) || !take(&at, end, 'r', &nonce) || !is_nonce(nonce) ||
	    !isrv_saslname_parse(x, name.data, name.len, &x->login.authcid))
		return ISRV_TURN_BAD;
	x->text = NULL;
	if (!keep(x, &c->header, x->response.data, gs2.len) ||
	    !keep(x, &c->bare, x->response.data + gs2.len, x->response.len - gs2.len) ||
	    !keep(x, &c->nonce, nonce.data, nonce.len))
		return ISRV_TURN_BAD;
	return ISRV_TURN_KEYS;
}

/* The octets that stand for a name and a purpose, for those who do not know the secret at
 * random. */
static void derive(const struct isrv_exchange *x, const char *purpose, unsigned char out[32])
{
	const struct imapsrv_sasl *sasl = &x->s->engine->sasl;
	struct isrv_hmac h;

	isrv_hmac_init(&h, sasl->secret, sasl->secret_len);
	isrv_hmac_add(&h, purpose, strlen(purpose) + 1);
	isrv_hmac_add(&h, x->login.authcid.data, x->login.authcid.len);
	isrv_hmac_end(&h, out);
}

/* Keys in place of those that there are not; made in any case, so that it takes the same time. */
static void use_fake_keys(struct isrv_exchange *x)
{
	const struct imapsrv_sasl *sasl = &x->s->engine->sasl;
	struct isrv_keys fake = {.salt_len = FAKE_SALT};
	unsigned char salt[ISRV_SHA256_SIZE];

	derive(x, "salt", salt);
	memcpy(fake.salt, salt, FAKE_SALT);
	derive(x, "stored key", fake.stored_key);
	derive(x, "server key", fake.server_key);
	fake.iterations = sasl->iterations ? sasl->iterations : ITERATIONS;
	if (!x->keys.known)
		x->keys = fake;
	isrv_mem_wipe(&fake, sizeof(fake));
}

static bool add_base64(struct imapsrv_session *s, struct isrv_buf *b, const void *data, size_t len)
{
	size_t size = isrv_base64_encoded(len);

	if (!isrv_buf_reserve(b, &s->mem, size))
		return false;
	isrv_base64_put(b->data + b->len, data, len);
	b->len += size;
	return true;
}

static bool add_number(struct imapsrv_session *s, struct isrv_buf *b, uint32_t n)
{
	char digits[10];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + n % 10);
	while ((n /= 10) != 0);
	return isrv_buf_add(b, &s->mem, digits + at, sizeof(digits) - at);
}

/* server-first-message */
static enum isrv_turn keyed(struct isrv_exchange *x)
{
	struct scram *c = x->state;
	struct imapsrv_session *s = x->s;
	unsigned char octets[NONCE_OCTETS];
	struct isrv_buf b;
	bool done;

	use_fake_keys(x);
	s->in_callback++;
	s->engine->sasl.entropy(s->user, octets, sizeof(octets));
	s->in_callback--;
	isrv_buf_init(&b, 1024);
	done = isrv_buf_add(&b, &s->mem, "r=", 2) &&
	       isrv_buf_add(&b, &s->mem, c->nonce.data, c->nonce.len) &&
	       add_base64(s, &b, octets, sizeof(octets));
	c->nonce.len = b.len - (done ? 2 : 0);
	done = done && isrv_buf_add(&b, &s->mem, ",s=", 3) &&
	       add_base64(s, &b, x->keys.salt, x->keys.salt_len) &&
	       isrv_buf_add(&b, &s->mem, ",i=", 3) && add_number(s, &b, x->keys.iterations) &&
	       keep(x, &c->server_first, b.data, b.len);
	isrv_buf_clear(&b, &s->mem);
	x->text = NULL;
	if (!done)
		return ISRV_TURN_BAD;
	c->nonce.data = c->server_first.data + 2;
	c->at = AT_FINAL;
	x->challenge = c->server_first;
	return ISRV_TURN_CHALLENGE;
}

/* ---- the final messages -------------------------------------------------------------------- */

/* AuthMessage = client-first-message-bare "," server-first-message ","
 * client-final-message-without-proof */
static void sign(const struct scram *c, const unsigned char key[ISRV_SHA256_SIZE],
                 struct imapsrv_span without_proof, unsigned char out[ISRV_SHA256_SIZE])
{
	struct isrv_hmac h;

	isrv_hmac_init(&h, key, ISRV_SHA256_SIZE);
	isrv_hmac_add(&h, c->bare.data, c->bare.len);
	isrv_hmac_add(&h, ",", 1);
	isrv_hmac_add(&h, c->server_first.data, c->server_first.len);
	isrv_hmac_add(&h, ",", 1);
	isrv_hmac_add(&h, without_proof.data, without_proof.len);
	isrv_hmac_end(&h, out);
}

/* ClientKey is the proof with the signature taken off; StoredKey is what it hashes to. */
static bool is_proven(struct isrv_exchange *x, struct imapsrv_span without_proof,
                      const unsigned char proof[ISRV_SHA256_SIZE])
{
	struct scram *c = x->state;
	unsigned char key[ISRV_SHA256_SIZE];
	bool proven;

	sign(c, x->keys.stored_key, without_proof, key);
	for (size_t i = 0; i < sizeof(key); i++)
		key[i] ^= proof[i];
	isrv_sha256(key, sizeof(key), key);
	proven = isrv_mem_same(key, x->keys.stored_key, sizeof(key)) & x->keys.known;
	sign(c, x->keys.server_key, without_proof, c->signature);
	isrv_mem_wipe(key, sizeof(key));
	/* The host may take long to say who may in. */
	isrv_mem_wipe(x->keys.stored_key, sizeof(x->keys.stored_key));
	isrv_mem_wipe(x->keys.server_key, sizeof(x->keys.server_key));
	return proven;
}

/* The gs2-header again, and the data of the channel, as it is seen from the other end. */
static bool is_binding(const struct scram *c, const char *data, size_t len)
{
	return len == c->header.len + c->binding.len &&
	       isrv_mem_same(data, c->header.data, c->header.len) &&
	       isrv_mem_same(data + c->header.len, c->binding.data, c->binding.len);
}

/* client-final-message = "c=" base64 "," "r=" nonce ["," extensions] "," "p=" base64; with room for
 * the octets of the last */
static enum isrv_turn take_final(struct isrv_exchange *x,
                                 unsigned char octets[ISRV_SHA256_SIZE + 3])
{
	struct scram *c = x->state;
	const char *at = x->response.data, *end = at + x->response.len, *proof_at = end;
	struct imapsrv_span binding, nonce, proof;
	char *bound;
	size_t len;

	x->text = "Expected a client-final-message of SCRAM";
	if (!take(&at, end, 'c', &binding) || !take(&at, end, 'r', &nonce))
		return ISRV_TURN_BAD;
	/* The proof is what stands last; between may be what we need not know. */
	while (at < end) {
		const char *comma = memchr(at, ',', (size_t)(end - at));

		proof_at = at;
		at = comma ? comma + 1 : end;
	}
	at = proof_at;
	if (!take(&at, end, 'p', &proof) || proof.len != isrv_base64_encoded(ISRV_SHA256_SIZE) ||
	    !isrv_base64_parse(octets, &len, proof.data, proof.len) || len != ISRV_SHA256_SIZE)
		return ISRV_TURN_BAD;
	bound = isrv_arena_alloc(&x->s->arena, binding.len / 4 * 3 + 1);
	if (!bound) {
		x->text = NULL;
		return ISRV_TURN_BAD;
	}
	if (!isrv_base64_parse(bound, &len, binding.data, binding.len))
		return ISRV_TURN_BAD;
	refuse(x);
	if (!is_binding(c, bound, len) || nonce.len != c->nonce.len ||
	    !isrv_mem_same(nonce.data, c->nonce.data, nonce.len))
		return ISRV_TURN_FAILED;
	/* The comma before it is not signed. */
	if (!is_proven(x, (struct imapsrv_span){x->response.data,
	                                        (size_t)(proof_at - 1 - x->response.data)},
	               octets))
		return ISRV_TURN_FAILED;
	return ISRV_TURN_LOGIN;
}

static enum isrv_turn respond_final(struct isrv_exchange *x)
{
	unsigned char proof[ISRV_SHA256_SIZE + 3];
	enum isrv_turn turn = take_final(x, proof);

	isrv_mem_wipe(proof, sizeof(proof));
	return turn;
}

/* server-final-message.  IMAP has no place for it beside OK, so it is one more challenge, to be
 * answered by nothing (RFC 9051 6.2.2). */
static enum isrv_turn admitted(struct isrv_exchange *x)
{
	struct scram *c = x->state;
	char *text = isrv_arena_alloc(&x->s->arena, 2 + 44);

	x->text = NULL;
	if (!text)
		return ISRV_TURN_BAD;
	memcpy(text, "v=", 2);
	isrv_base64_put(text + 2, c->signature, sizeof(c->signature));
	c->at = AT_END;
	x->challenge = (struct imapsrv_span){text, 2 + isrv_base64_encoded(sizeof(c->signature))};
	return ISRV_TURN_CHALLENGE;
}

static enum isrv_turn respond(struct isrv_exchange *x)
{
	struct scram *c = x->state;

	switch (c->at) {
	case AT_FIRST:
		return respond_first(x);
	case AT_FINAL:
		return respond_final(x);
	default:
		x->text = "Expected an empty response";
		return x->response.len ? ISRV_TURN_BAD : ISRV_TURN_IN;
	}
}

static enum isrv_turn respond_plus(struct isrv_exchange *x)
{
	((struct scram *)x->state)->plus = true;
	return respond(x);
}

const struct isrv_mechanism isrv_mechanism_scram = {
	.name = "SCRAM-SHA-256",
	.cap = ISRV_CAP_AUTH_SCRAM,
	.state_size = sizeof(struct scram),
	.respond = respond,
	.keyed = keyed,
	.admitted = admitted,
};

const struct isrv_mechanism isrv_mechanism_scram_plus = {
	.name = "SCRAM-SHA-256-PLUS",
	.cap = ISRV_CAP_AUTH_SCRAM_PLUS,
	.state_size = sizeof(struct scram),
	.respond = respond_plus,
	.keyed = keyed,
	.admitted = admitted,
};

/* ---- for the host -------------------------------------------------------------------------- */

int imapsrv_scram_derive(struct imapsrv_scram_keys *keys, const char *password, size_t len)
{
	unsigned char salted[ISRV_SHA256_SIZE];

	if (!keys || keys->size < sizeof(*keys) || (!password && len) || !keys->salt ||
	    !keys->salt_len || keys->salt_len > 64 || keys->iterations < ITERATIONS)
		return IMAPSRV_EINVAL;
	/* RFC 5802 3 */
	isrv_pbkdf2(password, len, keys->salt, keys->salt_len, keys->iterations, salted);
	isrv_hmac(salted, sizeof(salted), "Client Key", 10, keys->stored_key);
	isrv_sha256(keys->stored_key, sizeof(keys->stored_key), keys->stored_key);
	isrv_hmac(salted, sizeof(salted), "Server Key", 10, keys->server_key);
	isrv_mem_wipe(salted, sizeof(salted));
	return 0;
}
