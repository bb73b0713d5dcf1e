/* SPDX-License-Identifier: MIT */
/*
 * command/sasl_plain - the mechanisms that say it all in a line or two: PLAIN (RFC 4616), LOGIN,
 * EXTERNAL (RFC 4422 appendix A), ANONYMOUS (RFC 4505).
 */
#include <string.h>

#include "base/utf8.h"
#include "command/auth.h"

static struct imapsrv_span span(const char *data, size_t len)
{
	return (struct imapsrv_span){data, len};
}

/* ---- PLAIN --------------------------------------------------------------------------------- */

/* message = [authzid] NUL authcid NUL passwd   (RFC 4616 2) */
static enum isrv_turn respond_plain(struct isrv_exchange *x)
{
	const char *at = x->response.data, *end = at + x->response.len;
	const char *user = memchr(at, '\0', x->response.len);
	const char *password = user ? memchr(user + 1, '\0', (size_t)(end - user - 1)) : NULL;

	x->text = "Expected a PLAIN message: authzid NUL authcid NUL password";
	if (!password || memchr(password + 1, '\0', (size_t)(end - password - 1)))
		return ISRV_TURN_BAD;
	x->login.authzid = span(at, (size_t)(user - at));
	x->login.authcid = span(user + 1, (size_t)(password - user - 1));
	x->login.password = span(password + 1, (size_t)(end - password - 1));
	if (!x->login.authcid.len || !x->login.password.len ||
	    !isrv_utf8_is_name(x->login.authzid.data, x->login.authzid.len) ||
	    !isrv_utf8_is_name(x->login.authcid.data, x->login.authcid.len))
		return ISRV_TURN_BAD;
	return ISRV_TURN_LOGIN;
}

const struct isrv_mechanism isrv_mechanism_plain = {
	.name = "PLAIN",
	.cap = ISRV_CAP_AUTH_PLAIN,
	.plaintext = true,
	.respond = respond_plain,
};

/* ---- LOGIN --------------------------------------------------------------------------------- */

/* Never standardized.  The prompts are those that its clients wait for. */
static enum isrv_turn start_login(struct isrv_exchange *x)
{
	x->challenge = span("Username:", 9);
	return ISRV_TURN_CHALLENGE;
}

static enum isrv_turn respond_login(struct isrv_exchange *x)
{
	struct imapsrv_span *user = x->state;
	char *copy;

	if (!user->data) {
		x->text = "Expected a user name: UTF-8 without control characters";
		if (!x->response.len || !isrv_utf8_is_name(x->response.data, x->response.len))
			return ISRV_TURN_BAD;
		copy = isrv_arena_copy(&x->s->arena, x->response.data, x->response.len);
		x->text = NULL;
		if (!copy)
			return ISRV_TURN_BAD;
		*user = span(copy, x->response.len);
		x->challenge = span("Password:", 9);
		return ISRV_TURN_CHALLENGE;
	}
	x->text = "Expected a password";
	if (!x->response.len || memchr(x->response.data, '\0', x->response.len))
		return ISRV_TURN_BAD;
	x->login.authcid = *user;
	x->login.password = x->response;
	return ISRV_TURN_LOGIN;
}

const struct isrv_mechanism isrv_mechanism_login = {
	.name = "LOGIN",
	.cap = ISRV_CAP_AUTH_LOGIN,
	.plaintext = true,
	.state_size = sizeof(struct imapsrv_span),
	.start = start_login,
	.respond = respond_login,
};

/* ---- EXTERNAL ------------------------------------------------------------------------------ */

/* The response is the authorization identity, or empty. */
static enum isrv_turn respond_external(struct isrv_exchange *x)
{
	x->text = "Expected an authorization identity in UTF-8";
	if (!isrv_utf8_is_name(x->response.data, x->response.len))
		return ISRV_TURN_BAD;
	x->login.authcid = isrv_kept_span(x->s->external);
	x->login.authzid = x->response;
	return ISRV_TURN_LOGIN;
}

const struct isrv_mechanism isrv_mechanism_external = {
	.name = "EXTERNAL",
	.cap = ISRV_CAP_AUTH_EXTERNAL,
	.respond = respond_external,
};

/* ---- ANONYMOUS ----------------------------------------------------------------------------- */

/* message = [ email / token ], at most 255 characters of trace information (RFC 4505 2). */
static enum isrv_turn respond_anonymous(struct isrv_exchange *x)
{
	size_t characters = 0;

	for (size_t i = 0; i < x->response.len; i++)
		characters += ((unsigned char)x->response.data[i] & 0xc0) != 0x80;
	x->text = "Expected at most 255 characters of trace information in UTF-8";
	if (characters > 255 || !isrv_utf8_is_name(x->response.data, x->response.len))
		return ISRV_TURN_BAD;
	x->login.authcid = x->response;
	return ISRV_TURN_LOGIN;
}

const struct isrv_mechanism isrv_mechanism_anonymous = {
	.name = "ANONYMOUS",
	.cap = ISRV_CAP_AUTH_ANONYMOUS,
	.respond = respond_anonymous,
};
