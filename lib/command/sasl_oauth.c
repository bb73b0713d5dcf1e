/* SPDX-License-Identifier: MIT */
/*
 * command/sasl_oauth - OAUTHBEARER (RFC 7628) and XOAUTH2, what came before it: the client brings a
 * bearer token (RFC 6750).  One that is refused is told why in a challenge of JSON, to which it has
 * to say something before it is told NO.
 */
#include <string.h>

#include "base/ascii.h"
#include "base/utf8.h"
#include "command/sasl_gs2.h"

#define KVSEP '\x01'

struct oauth {
	bool refused; /* and the client was told why */
};

/* ---- what the client sends ----------------------------------------------------------------- */

/* "Bearer" 1*SP b64token (RFC 6750 2.1), here any visible ASCII. */
static bool take_bearer(struct isrv_exchange *x, struct imapsrv_span value)
{
	static const char scheme[] = "Bearer ";
	size_t n = sizeof(scheme) - 1;

	if (value.len < n || !isrv_ascii_is(value.data, n, scheme))
		return false;
	while (n < value.len && value.data[n] == ' ')
		n++;
	x->login.password = (struct imapsrv_span){value.data + n, value.len - n};
	for (size_t i = n; i < value.len; i++)
		if (value.data[i] < 0x21 || value.data[i] > 0x7e)
			return false;
	return n < value.len;
}

/*
 * kvpairs that end with an empty one: *(key "=" value kvsep) kvsep (RFC 7628 3.1).  `user`: one of
 * that key is the user's name.  Others are passed over.
 */
static bool take_pairs(struct isrv_exchange *x, const char *at, const char *end, bool user)
{
	bool bearer = false;

	while (at < end && *at != KVSEP) {
		const char *stop = memchr(at, KVSEP, (size_t)(end - at));
		const char *equals = stop ? memchr(at, '=', (size_t)(stop - at)) : NULL;
		struct imapsrv_span value;

		if (!equals || equals == at)
			return false;
		value = (struct imapsrv_span){equals + 1, (size_t)(stop - equals - 1)};
		if (isrv_ascii_is(at, (size_t)(equals - at), "auth")) {
			if (bearer || !take_bearer(x, value))
				return false;
			bearer = true;
		} else if (user && isrv_ascii_is(at, (size_t)(equals - at), "user")) {
			if (!value.len || !isrv_utf8_is_name(value.data, value.len))
				return false;
			x->login.authzid = value;
		}
		at = stop + 1;
	}
	return bearer && end - at == 1;
}

/* ---- what it is told when that is not enough ----------------------------------------------- */

/* A member of the JSON object, with what JSON wants escaped (RFC 8259 7). */
static bool put_member(struct isrv_buf *b, struct isrv_mem *mem, const char *key, const char *value)
{
	static const char hex[] = "0123456789abcdef";
	bool done = isrv_buf_add(b, mem, b->len ? ",\"" : "{\"", 2) &&
	            isrv_buf_add(b, mem, key, strlen(key)) && isrv_buf_add(b, mem, "\":\"", 3);

	for (; done && *value; value++) {
		unsigned char c = (unsigned char)*value;
		char escape[] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};

		if (c < 0x20)
			done = isrv_buf_add(b, mem, escape, sizeof(escape));
		else
			done = ((c != '"' && c != '\\') || isrv_buf_add(b, mem, "\\", 1)) &&
			       isrv_buf_add(b, mem, value, 1);
	}
	return done && isrv_buf_add(b, mem, "\"", 1);
}

static bool is_about_the_token(enum imapsrv_code code)
{
	return code == IMAPSRV_OK || code == IMAPSRV_NO || code == IMAPSRV_AUTHENTICATIONFAILED ||
	       code == IMAPSRV_AUTHORIZATIONFAILED || code == IMAPSRV_EXPIRED;
}

/* Where it is the server that cannot, its answer says so at once. */
static enum isrv_turn refuse(struct isrv_exchange *x, const char *status, bool bearer_scheme)
{
	const struct imapsrv_sasl *sasl = &x->s->engine->sasl;
	struct isrv_mem *mem = &x->s->mem;
	struct isrv_buf b;
	bool done;

	if (!is_about_the_token(x->s->result.code))
		return ISRV_TURN_FAILED;
	((struct oauth *)x->state)->refused = true;
	isrv_buf_init(&b, 16384);
	done = put_member(&b, mem, "status", status) &&
	       (!bearer_scheme || put_member(&b, mem, "schemes", "bearer")) &&
	       (!sasl->oauth_scope || put_member(&b, mem, "scope", sasl->oauth_scope)) &&
	       (!sasl->oauth_configuration || bearer_scheme ||
	        put_member(&b, mem, "openid-configuration", sasl->oauth_configuration)) &&
	       isrv_buf_add(&b, mem, "}", 1);
	x->challenge.len = b.len;
	x->challenge.data = done ? isrv_arena_copy(&x->s->arena, b.data, b.len) : NULL;
	isrv_buf_clear(&b, mem);
	x->text = NULL;
	return x->challenge.data ? ISRV_TURN_CHALLENGE : ISRV_TURN_BAD;
}

/* RFC 7628 3.2.2, with the words of RFC 6750 3.1. */
static enum isrv_turn refused_oauthbearer(struct isrv_exchange *x)
{
	return refuse(x, x->s->result.code == IMAPSRV_AUTHORIZATIONFAILED ? "insufficient_scope"
	                                                                   : "invalid_token",
	              false);
}

static enum isrv_turn refused_xoauth2(struct isrv_exchange *x)
{
	return refuse(x, x->s->result.code == IMAPSRV_AUTHORIZATIONFAILED ? "403" : "401", true);
}

/* ---- the mechanisms ------------------------------------------------------------------------ */

static enum isrv_turn respond_oauthbearer(struct isrv_exchange *x)
{
	const struct oauth *o = x->state;
	struct isrv_gs2 gs2;
	const char *at, *end = x->response.data + x->response.len;

	/* "The client MUST then send ... a single %x01"; what it sends changes nothing. */
	if (o->refused)
		return ISRV_TURN_FAILED;
	x->text = "Expected an OAUTHBEARER message";
	/* Bound to a channel it cannot be: there is no "p=" (RFC 7628 3.1). */
	if (!isrv_gs2_parse(x, &gs2) || gs2.flag == 'p')
		return ISRV_TURN_BAD;
	at = x->response.data + gs2.len;
	if (at == end || *at != KVSEP || !take_pairs(x, at + 1, end, false))
		return ISRV_TURN_BAD;
	return ISRV_TURN_LOGIN;
}

static enum isrv_turn respond_xoauth2(struct isrv_exchange *x)
{
	const struct oauth *o = x->state;

	if (o->refused)
		return ISRV_TURN_FAILED;
	x->text = "Expected an XOAUTH2 message";
	if (!take_pairs(x, x->response.data, x->response.data + x->response.len, true) ||
	    !x->login.authzid.len)
		return ISRV_TURN_BAD;
	return ISRV_TURN_LOGIN;
}

const struct isrv_mechanism isrv_mechanism_oauthbearer = {
	.name = "OAUTHBEARER",
	.cap = ISRV_CAP_AUTH_OAUTHBEARER,
	.plaintext = true,
	.state_size = sizeof(struct oauth),
	.respond = respond_oauthbearer,
	.refused = refused_oauthbearer,
};

const struct isrv_mechanism isrv_mechanism_xoauth2 = {
	.name = "XOAUTH2",
	.cap = ISRV_CAP_AUTH_XOAUTH2,
	.plaintext = true,
	.state_size = sizeof(struct oauth),
	.respond = respond_xoauth2,
	.refused = refused_xoauth2,
};
