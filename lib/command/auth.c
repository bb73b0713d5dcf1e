/* SPDX-License-Identifier: MIT */
/*
 * command/auth - LOGIN, AUTHENTICATE and UNAUTHENTICATE (RFC 9051 6.2, RFC 4959, RFC 4616, RFC
 * 8437).  The host decides who may come in; here are the exchange, the limits on guessing, and that
 * no credential outlives its use.
 */
#include <string.h>

#include "base/ascii.h"
#include "base/base64.h"
#include "base/utf8.h"
#include "command/commands.h"
#include "session/session.h"

struct exchange {
	struct imapsrv_span user;     /* LOGIN */
	struct imapsrv_span password;
	struct imapsrv_span mechanism;
	struct imapsrv_span initial;  /* base64; data NULL: none was given */
	enum {
		AT_START,
		AT_RESPONSE, /* "+" was said */
		AT_CHECK,
		AT_STEP,
		AT_DELAY
	} at;
	int host_mechanism;           /* index, -1: one of ours */
	bool external;
	bool begun;                   /* the host has been asked a SASL step */
	bool challenged;
	void *state;                  /* the host's, of a SASL exchange */
	char *secret;                 /* the decoded response, in the arena, to be wiped */
	size_t secret_len;
};

static void wipe(struct exchange *x)
{
	if (x->secret)
		isrv_mem_wipe(x->secret, x->secret_len);
	x->secret = NULL;
}

static void end_sasl(struct imapsrv_session *s, struct exchange *x)
{
	if (!x->begun)
		return;
	x->begun = false;
	if (!s->engine->sasl.end)
		return;
	s->in_callback++;
	s->engine->sasl.end(s->user, x->state);
	s->in_callback--;
}

static void drop(struct imapsrv_session *s, void *args)
{
	wipe(args);
	end_sasl(s, args);
}

/* ---- how it ends --------------------------------------------------------------------------- */

static void put_capability(struct imapsrv_session *s, void *args)
{
	(void)args;
	isrv_caps_put(&s->w, s);
}

static enum isrv_step logged_in(struct imapsrv_session *s)
{
	isrv_session_log_in(s);
	isrv_ok(s, "Logged in");
	s->reply.put_code = put_capability; /* saves the client a round trip, and many rely on it */
	return ISRV_DONE;
}

/* A wrong password costs time, doubled each time, then the connection (guessing). */
static enum isrv_step failed(struct imapsrv_session *s, struct exchange *x)
{
	const struct imapsrv_limits *limits = &s->engine->limits;
	uint64_t delay = limits->login_delay;
	uint32_t doublings = s->failed_logins < 10 ? s->failed_logins : 10;

	s->failed_logins++;
	x->at = AT_DELAY;
	s->delay_until = s->now + (limits->login_delay == UINT32_MAX ? 0 : delay << doublings);
	return ISRV_DELAY;
}

/* One text and one code for an unknown user and a wrong password (which names exist?). */
static enum isrv_step refuse(struct imapsrv_session *s)
{
	if (s->failed_logins >= s->engine->limits.failed_logins) {
		isrv_no(s, "AUTHENTICATIONFAILED", "Authentication failed");
		isrv_reply_put(s);
		isrv_session_end(s, NULL, "Too many failed logins");
		return ISRV_DONE;
	}
	if (s->result.code == IMAPSRV_AUTHENTICATIONFAILED || s->result.code == IMAPSRV_NO ||
	    s->result.code == IMAPSRV_OK)
		return isrv_no(s, "AUTHENTICATIONFAILED", "Authentication failed");
	return isrv_refused(s, NULL);
}

static enum isrv_step answered(struct imapsrv_session *s, struct exchange *x)
{
	wipe(x);
	end_sasl(s, x);
	if (s->result.code == IMAPSRV_OK && s->has_account)
		return logged_in(s);
	if (s->result.code == IMAPSRV_OK)
		isrv_session_fault(s, "a login was answered OK without an account");
	/* An account that came with a refusal is given back. */
	isrv_session_log_out(s);
	return failed(s, x);
}

static enum isrv_step ask(struct imapsrv_session *s, struct exchange *x,
                          const struct imapsrv_login *q)
{
	x->at = AT_CHECK;
	ISRV_ASK(s, ISRV_OP_LOGIN, store, login, q, NULL, NULL);
	wipe(x);
	return isrv_answered(s) ? answered(s, x) : ISRV_HOST;
}

/* ---- LOGIN --------------------------------------------------------------------------------- */

/* login = "LOGIN" SP userid SP password */
static bool parse_login(struct isrv_parse *p, void *args)
{
	struct exchange *x = args;

	return isrv_rd_astring(&p->r, &x->user) && isrv_rd_sp(&p->r) &&
	       isrv_rd_astring(&p->r, &x->password);
}

static bool plaintext_allowed(const struct imapsrv_session *s)
{
	return !isrv_caps_has(s, ISRV_CAP_LOGINDISABLED);
}

static enum isrv_step step_login(struct imapsrv_session *s, void *args)
{
	struct exchange *x = args;
	struct imapsrv_login q = {"LOGIN", x->user, {NULL, 0}, x->password};

	switch (x->at) {
	case AT_START:
		/* No control reaches the host's look-up (injection into SQL, LDAP, file names). */
		if (!x->user.len || !isrv_utf8_is_name(x->user.data, x->user.len))
			return isrv_bad(s, "A user name is UTF-8 without control characters");
		return ask(s, x, &q);
	case AT_CHECK:
		return isrv_answered(s) ? answered(s, x) : ISRV_HOST;
	default:
		return refuse(s);
	}
}

/* ---- AUTHENTICATE -------------------------------------------------------------------------- */

/* authenticate = "AUTHENTICATE" SP auth-type [SP initial-resp]   (RFC 4959 3) */
static bool parse_authenticate(struct isrv_parse *p, void *args)
{
	struct exchange *x = args;
	struct isrv_reader *r = &p->r;
	struct imapsrv_span mechanism;

	if (!isrv_rd_atom(r, &mechanism))
		return isrv_rd_fail(r, "a mechanism name");
	/* Copied: the framer's buffer is used again for the responses. */
	x->mechanism.data = isrv_arena_copy(r->arena, mechanism.data, mechanism.len);
	x->mechanism.len = mechanism.len;
	if (!x->mechanism.data)
		return isrv_rd_fail(r, "less");
	if (isrv_rd_peek(r) != ' ' || !isrv_rd_sp(r) || isrv_rd_peek(r) < 0)
		return true;
	x->initial.data = r->at;
	x->initial.len = (size_t)(r->end - r->at);
	r->at = r->end;
	return true;
}

/* base64, or "=" for an empty initial response; false: the reply is set */
static bool decode(struct imapsrv_session *s, struct exchange *x, const char *data, size_t len,
                   bool initial)
{
	if (initial && len == 1 && data[0] == '=')
		len = 0;
	x->secret = isrv_arena_alloc(&s->arena, len / 4 * 3 + 1);
	x->secret_len = 0;
	if (!x->secret) {
		isrv_session_fail(s, IMAPSRV_ENOMEM);
		return false;
	}
	if (!isrv_base64_parse(x->secret, &x->secret_len, data, len)) {
		isrv_bad(s, "Expected base64");
		return false;
	}
	return true;
}

/* message = [authzid] NUL authcid NUL passwd   (RFC 4616 2) */
static bool split_plain(const struct exchange *x, struct imapsrv_login *q)
{
	const char *end = x->secret + x->secret_len;
	const char *user = memchr(x->secret, '\0', x->secret_len);
	const char *password = user ? memchr(user + 1, '\0', (size_t)(end - user - 1)) : NULL;

	if (!password || memchr(password + 1, '\0', (size_t)(end - password - 1)) ||
	    !isrv_utf8_is_name(x->secret, (size_t)(user - x->secret)) ||
	    !isrv_utf8_is_name(user + 1, (size_t)(password - user - 1)))
		return false;
	q->mechanism = "PLAIN";
	q->authzid.data = x->secret;
	q->authzid.len = (size_t)(user - x->secret);
	q->authcid.data = user + 1;
	q->authcid.len = (size_t)(password - user - 1);
	q->password.data = password + 1;
	q->password.len = (size_t)(end - password - 1);
	return q->authcid.len > 0 && q->password.len > 0;
}

static enum isrv_step check_plain(struct imapsrv_session *s, struct exchange *x)
{
	struct imapsrv_login q;

	memset(&q, 0, sizeof(q));
	if (!split_plain(x, &q))
		return isrv_bad(s, "Expected a PLAIN message: authzid NUL authcid NUL password");
	return ask(s, x, &q);
}

/* RFC 4422 appendix A: the response is the authorization identity, or empty. */
static enum isrv_step check_external(struct imapsrv_session *s, struct exchange *x)
{
	struct imapsrv_login q = {"EXTERNAL", {s->external, s->external_len},
	                          {x->secret, x->secret_len}, {NULL, 0}};

	if (!isrv_utf8_is_name(x->secret, x->secret_len))
		return isrv_bad(s, "Expected an authorization identity in UTF-8");
	return ask(s, x, &q);
}

/* "+ " and the challenge in base64 */
static void put_challenge(struct imapsrv_session *s, const char *data, size_t len)
{
	size_t size = isrv_base64_encoded(len);
	char *text = size == SIZE_MAX ? NULL : isrv_arena_alloc(&s->arena, size + 1);

	if (!text) {
		isrv_session_fail(s, IMAPSRV_ENOMEM);
		return;
	}
	isrv_base64_put(text, data, len);
	ISRV_W(&s->w, "+ ");
	isrv_w_raw(&s->w, text, size);
	isrv_w_crlf(&s->w);
}

static enum isrv_step await_response(struct imapsrv_session *s, struct exchange *x)
{
	s->framer.lines_only = true;
	x->at = AT_RESPONSE;
	return ISRV_INPUT;
}

static void take_challenge(struct imapsrv_session *s, void *ctx, const void *answer)
{
	const struct imapsrv_span *span = answer;
	struct exchange *x = ctx;

	if (x->challenged)
		isrv_session_fault(s, "two challenges in one SASL step");
	else
		put_challenge(s, span->data, span->len);
	x->challenged = true;
}

static enum isrv_step stepped(struct imapsrv_session *s, struct exchange *x)
{
	if (s->result.code == IMAPSRV_OK && !s->has_account && x->challenged)
		return await_response(s, x);
	return answered(s, x);
}

static enum isrv_step ask_host(struct imapsrv_session *s, struct exchange *x, bool has_response)
{
	struct imapsrv_sasl_step q;

	q.mechanism = s->engine->sasl.mechanisms[x->host_mechanism];
	q.exchange = &x->state;
	q.has_response = has_response;
	q.response.data = x->secret;
	q.response.len = has_response ? x->secret_len : 0;
	x->begun = true;
	x->challenged = false;
	x->at = AT_STEP;
	ISRV_ASK(s, ISRV_OP_SASL, sasl, step, &q, take_challenge, x);
	wipe(x);
	return isrv_answered(s) ? stepped(s, x) : ISRV_HOST;
}

static enum isrv_step respond(struct imapsrv_session *s, struct exchange *x)
{
	if (x->host_mechanism >= 0)
		return ask_host(s, x, true);
	return x->external ? check_external(s, x) : check_plain(s, x);
}

/* Which mechanism; false: the reply is set. */
static bool choose(struct imapsrv_session *s, struct exchange *x)
{
	const struct imapsrv_sasl *sasl = &s->engine->sasl;
	struct imapsrv_span m = x->mechanism;

	x->host_mechanism = -1;
	for (size_t i = 0; sasl->mechanisms && sasl->mechanisms[i]; i++)
		if (isrv_ascii_is(m.data, m.len, sasl->mechanisms[i]) && isrv_sasl_offered(s, i)) {
			x->host_mechanism = (int)i;
			return true;
		}
	x->external = isrv_ascii_is(m.data, m.len, "EXTERNAL");
	if (x->external && isrv_caps_has(s, ISRV_CAP_AUTH_EXTERNAL))
		return true;
	if (!x->external && isrv_ascii_is(m.data, m.len, "PLAIN")) {
		if (isrv_caps_has(s, ISRV_CAP_AUTH_PLAIN))
			return true;
		if (!plaintext_allowed(s)) {
			isrv_no(s, "PRIVACYREQUIRED", "Start TLS before a password is sent");
			return false;
		}
	}
	isrv_no(s, NULL, "Unknown authentication mechanism");
	return false;
}

static enum isrv_step begin(struct imapsrv_session *s, struct exchange *x)
{
	if (!choose(s, x))
		return ISRV_DONE;
	if (x->initial.data) {
		if (!decode(s, x, x->initial.data, x->initial.len, true))
			return ISRV_DONE;
		return respond(s, x);
	}
	if (x->host_mechanism >= 0)
		return ask_host(s, x, false);
	put_challenge(s, "", 0);
	return await_response(s, x);
}

static enum isrv_step take_line(struct imapsrv_session *s, struct exchange *x)
{
	const struct isrv_buf *line = &s->framer.buf;
	enum isrv_frame frame = s->frame;

	s->frame = ISRV_FRAME_MORE;
	if (frame == ISRV_FRAME_MORE)
		return ISRV_INPUT;
	isrv_session_trace(s, NULL, 0, true);
	if (frame == ISRV_FRAME_DROPPED)
		return isrv_bad(s, "The response is too long");
	/* RFC 9051 6.2.2: "*" cancels. */
	if (line->len == 1 && line->data[0] == '*')
		return isrv_bad(s, "Authentication cancelled");
	if (!decode(s, x, line->data, line->len, false))
		return ISRV_DONE;
	isrv_framer_wipe(&s->framer);
	isrv_framer_next(&s->framer);
	return respond(s, x);
}

static enum isrv_step finish(struct imapsrv_session *s, struct exchange *x, enum isrv_step step)
{
	if (step == ISRV_DONE) {
		wipe(x);
		end_sasl(s, x);
	}
	return step;
}

static enum isrv_step step_authenticate(struct imapsrv_session *s, void *args)
{
	struct exchange *x = args;

	switch (x->at) {
	case AT_START:
		return finish(s, x, begin(s, x));
	case AT_RESPONSE:
		return finish(s, x, take_line(s, x));
	case AT_CHECK:
		return isrv_answered(s) ? answered(s, x) : ISRV_HOST;
	case AT_STEP:
		return isrv_answered(s) ? finish(s, x, stepped(s, x)) : ISRV_HOST;
	default:
		return refuse(s);
	}
}

/* ---- UNAUTHENTICATE ------------------------------------------------------------------------ */

static enum isrv_step step_unauthenticate(struct imapsrv_session *s, void *args)
{
	(void)args;
	/* What still waits to leave has its memory from a budget that ends here. */
	if (isrv_outq_size(&s->out)) {
		s->output_max = 1;
		return ISRV_OUTPUT;
	}
	/* RFC 8437 3: mailbox, identity and everything enabled are gone; TLS stays. */
	isrv_session_log_out(s);
	isrv_framer_clear(&s->framer, &s->mem);
	isrv_session_use_limits(s);
	s->login_by = s->ticked && s->now <= UINT64_MAX - s->engine->limits.login_timeout
	                      ? s->now + s->engine->limits.login_timeout
	                      : UINT64_MAX;
	return isrv_ok(s, "Nobody is logged in now");
}

const struct isrv_command isrv_command_login = {
	.name = "LOGIN",
	.states = ISRV_IN_NOTAUTH,
	.flags = ISRV_COMMAND_SECRET | ISRV_COMMAND_PLAINTEXT,
	.args_size = sizeof(struct exchange),
	.parse = parse_login,
	.step = step_login,
	.drop = drop,
};

const struct isrv_command isrv_command_authenticate = {
	.name = "AUTHENTICATE",
	.states = ISRV_IN_NOTAUTH,
	.flags = ISRV_COMMAND_SECRET,
	.args_size = sizeof(struct exchange),
	.parse = parse_authenticate,
	.step = step_authenticate,
	.drop = drop,
};

const struct isrv_command isrv_command_unauthenticate = {
	.name = "UNAUTHENTICATE",
	.states = ISRV_IN_AUTHED,
	.cap = ISRV_CAP_UNAUTHENTICATE,
	.flags = ISRV_COMMAND_QUIET,
	.step = step_unauthenticate,
};
