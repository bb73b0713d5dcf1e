/* SPDX-License-Identifier: MIT */
/* See the header. */
#include "command/url_access.h"

#include "base/ascii.h"
#include "wire/url_parts.h"

static const char internal[] = "INTERNAL";

const char *isrv_url_mechanism(const struct imapsrv_session *s, struct imapsrv_span name)
{
	const char *const *known = s->engine->urlauth.mechanisms;

	if (isrv_ascii_is(name.data, name.len, internal))
		return internal;
	for (; known && *known; known++)
		if (isrv_ascii_is(name.data, name.len, *known))
			return *known;
	return NULL;
}

/* ---- who may ------------------------------------------------------------------------------- */

bool isrv_url_is_authorized(const struct isrv_url *u)
{
	return u->scheme && u->user.data && u->kind == ISRV_URL_MESSAGE && u->access;
}

bool isrv_url_is_expired(struct imapsrv_session *s, const struct isrv_url *u)
{
	int64_t now;

	if (!u->expires)
		return false;
	if (!s->engine->config.clock)
		return true;
	s->in_callback++;
	now = s->engine->config.clock(s->user);
	s->in_callback--;
	return now > u->expire; /* "the latest date and time that the URL is valid" */
}

/* "only a userid authorized as an application entity for the specified application"; who stands
 * behind "+" is that entity's affair (RFC 5593 3.3). */
static bool serves(const struct imapsrv_url_identity *is, struct imapsrv_span application)
{
	for (size_t i = 0; i < is->application_count; i++)
		if (isrv_ascii_same(is->applications[i].data, is->applications[i].len,
		                    application.data, application.len))
			return true;
	return false;
}

bool isrv_url_may_use(struct imapsrv_session *s, const struct isrv_url *u)
{
	struct imapsrv_url_identity is = {.size = sizeof(is)};

	s->in_callback++;
	s->engine->urlauth.identify(s->user, s->account.handle, &is);
	s->in_callback--;
	switch (u->access) {
	case ISRV_URL_USER:
		return !is.anonymous && is.user.len == u->grantee.len &&
		       memcmp(is.user.data, u->grantee.data, u->grantee.len) == 0;
	case ISRV_URL_AUTHUSER:
		return !is.anonymous;
	case ISRV_URL_ANONYMOUS:
		return true;
	default: /* ISRV_URL_APPLICATION */
		return serves(&is, u->application);
	}
}

/* ---- tokens -------------------------------------------------------------------------------- */

static struct imapsrv_url_query query(struct imapsrv_session *s, const struct isrv_url *u)
{
	struct imapsrv_url_query q;

	memset(&q, 0, sizeof(q));
	q.account = s->account.handle;
	q.owner = u->user;
	q.host = u->host;
	q.port = u->port;
	q.mailbox = u->mailbox;
	q.uidvalidity = u->uidvalidity;
	q.uid = u->uid;
	q.application = u->application;
	q.grantee = u->grantee;
	return q;
}

static void take_token(struct imapsrv_session *s, void *ctx, const void *answer)
{
	const struct imapsrv_span *octets = answer;
	struct isrv_url_token *token = ctx;

	if (token->len) {
		isrv_op_pass_over(s, "two tokens for one URL");
		return;
	}
	memcpy(token->octets, octets->data, octets->len);
	token->len = octets->len;
}

void isrv_url_ask_token(struct imapsrv_session *s, const struct isrv_url *u,
                        struct imapsrv_span text, const char *mechanism,
                        struct imapsrv_span given, struct isrv_url_token *token)
{
	struct imapsrv_url_query q = query(s, u);

	q.rump = (struct imapsrv_span){text.data, u->rump_len};
	q.mechanism = mechanism;
	q.token = given;
	token->len = 0;
	ISRV_ASK(s, ISRV_OP_URL_TOKEN, urlauth, token, &q, take_token, token);
}

struct imapsrv_span isrv_url_given(const struct isrv_url *u,
                                   unsigned char octets[IMAPSRV_URL_TOKEN_MAX])
{
	struct imapsrv_span given = {NULL, u->token.len / 2};

	/* Octets are two digits: half of one is of no token. */
	if (u->token.len % 2 || given.len > IMAPSRV_URL_TOKEN_MAX)
		return given;
	for (size_t i = 0; i < given.len; i++)
		octets[i] = (unsigned char)(isrv_url_hex(u->token.data[2 * i]) << 4 |
		                            isrv_url_hex(u->token.data[2 * i + 1]));
	given.data = (const char *)octets;
	return given;
}

bool isrv_url_token_is(struct imapsrv_session *s, struct isrv_url_token *token,
                       struct imapsrv_span given)
{
	size_t len = token->len < given.len ? token->len : given.len;
	bool same = isrv_mem_same(token->octets, given.data, len);

	if (!token->len)
		isrv_session_fault(s, "a token was asked for, and none came");
	same = same && len && token->len == given.len;
	isrv_mem_wipe(token, sizeof(*token));
	return same;
}

/* ---- the owner's mailbox ------------------------------------------------------------------- */

static void ask_open(struct imapsrv_session *s, const struct isrv_url *u, isrv_sink *sink,
                     void *ctx)
{
	struct imapsrv_url_query q = query(s, u);

	ISRV_ASK(s, ISRV_OP_OPEN, urlauth, open, &q, sink, ctx);
}

const struct isrv_url_opener isrv_url_owner = {ask_open};
