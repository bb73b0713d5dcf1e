/* SPDX-License-Identifier: MIT */
/*
 * command/authenticate - AUTHENTICATE (RFC 9051 6.2.2, RFC 4959): base64, challenges and responses,
 * and whose turn it is.  What is said in them is in the mechanisms' own files, or the host's.
 */
#include <string.h>

#include "base/ascii.h"
#include "base/base64.h"
#include "command/auth.h"
#include "command/commands.h"

struct authenticate {
	struct imapsrv_span mechanism;
	struct imapsrv_span initial; /* base64; data NULL: none was given */
	enum {
		AT_START,
		AT_RESPONSE, /* "+" was said                   */
		AT_LOGIN,    /* the host is asked who may in   */
		AT_KEYS,     /* or for the keys of a user      */
		AT_STEP,     /* or is taking a turn by itself  */
		AT_DELAY
	} at;
	const struct isrv_mechanism *own; /* NULL: the host's */
	struct isrv_exchange x;
	size_t host;      /* which of the host's */
	bool begun;       /* the host has taken a turn, */
	void *state;      /* and keeps this */
	bool challenged;
	char *secret;     /* the decoded response, in the arena, to be wiped */
	size_t secret_len;
};

static const struct isrv_mechanism *const mechanisms[] = {
	&isrv_mechanism_plain,       &isrv_mechanism_login,   &isrv_mechanism_external,
	&isrv_mechanism_anonymous,   &isrv_mechanism_xoauth2, &isrv_mechanism_oauthbearer,
	&isrv_mechanism_scram,       &isrv_mechanism_scram_plus,
};

/* ---- the end ------------------------------------------------------------------------------- */

static void wipe(struct authenticate *a)
{
	if (a->secret)
		isrv_mem_wipe(a->secret, a->secret_len);
	a->secret = NULL;
}

static void drop(struct imapsrv_session *s, void *args)
{
	struct authenticate *a = args;

	wipe(a);
	if (a->own && a->x.state)
		isrv_mem_wipe(a->x.state, a->own->state_size);
	isrv_mem_wipe(&a->x.keys, sizeof(a->x.keys));
	if (!a->begun)
		return;
	a->begun = false;
	if (!s->engine->sasl.end)
		return;
	s->in_callback++;
	s->engine->sasl.end(s->user, a->state);
	s->in_callback--;
}

static enum isrv_step fail(struct imapsrv_session *s, struct authenticate *a)
{
	drop(s, a);
	a->at = AT_DELAY;
	return isrv_auth_failed(s);
}

/* BAD, whatever had been gained. */
static enum isrv_step bad(struct imapsrv_session *s, const char *text)
{
	isrv_session_log_out(s);
	return isrv_bad(s, text);
}

/* ---- what goes over the line --------------------------------------------------------------- */

/* authenticate = "AUTHENTICATE" SP auth-type [SP initial-resp]   (RFC 4959 3) */
static bool parse(struct isrv_parse *p, void *args)
{
	struct authenticate *a = args;
	struct isrv_reader *r = &p->r;
	struct imapsrv_span mechanism;

	if (!isrv_rd_atom(r, &mechanism))
		return isrv_rd_fail(r, "a mechanism name");
	/* Copied: the framer's buffer is used again for the responses. */
	a->mechanism.data = isrv_arena_copy(r->arena, mechanism.data, mechanism.len);
	a->mechanism.len = mechanism.len;
	if (!a->mechanism.data)
		return isrv_rd_fail_memory(r);
	if (!isrv_rd_try_sp(r) || isrv_rd_peek(r) < 0)
		return true;
	/* RFC 4959; a part of IMAP4rev2 (RFC 9051 6.2.2). */
	if (!isrv_caps_in(p->caps, ISRV_CAP_SASL_IR) && !isrv_caps_in(p->caps, ISRV_CAP_IMAP4REV2))
		return isrv_rd_fail(r, "the end of the line");
	a->initial.data = r->at;
	a->initial.len = (size_t)(r->end - r->at);
	r->at = r->end;
	return true;
}

/* base64, or "=" for an empty initial response; false: the reply is set */
static bool decode(struct imapsrv_session *s, struct authenticate *a, const char *data, size_t len,
                   bool initial)
{
	if (initial && len == 1 && data[0] == '=')
		len = 0;
	a->secret = isrv_arena_alloc(&s->arena, len / 4 * 3 + 1);
	a->secret_len = 0;
	if (!a->secret) {
		isrv_session_fail(s, IMAPSRV_ENOMEM);
		return false;
	}
	if (!isrv_base64_parse(a->secret, &a->secret_len, data, len)) {
		bad(s, "Expected base64");
		return false;
	}
	return true;
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
	/* With all that was said and the server's signature passwords can be tried at home. */
	isrv_outq_keep_secret(&s->out, size > 0);
	ISRV_W(&s->w, "+ ");
	isrv_w_raw(&s->w, text, size);
	isrv_w_crlf(&s->w);
	isrv_outq_keep_secret(&s->out, false);
}

static enum isrv_step await_response(struct imapsrv_session *s, struct authenticate *a)
{
	s->framer.lines_only = true;
	a->at = AT_RESPONSE;
	return ISRV_INPUT;
}

/* ---- a mechanism of the library ------------------------------------------------------------ */

static void take_keys(struct imapsrv_session *s, void *ctx, const void *answer)
{
	const struct imapsrv_scram_keys *from = answer;
	struct isrv_keys *to = ctx;

	if (to->known) {
		isrv_op_pass_over(s, "the keys of a user came twice");
		return;
	}
	to->known = true;
	memcpy(to->salt, from->salt, from->salt_len);
	to->salt_len = from->salt_len;
	to->iterations = from->iterations;
	memcpy(to->stored_key, from->stored_key, sizeof(to->stored_key));
	memcpy(to->server_key, from->server_key, sizeof(to->server_key));
}

static bool is_no_such_user(enum imapsrv_code code)
{
	return code == IMAPSRV_NO || code == IMAPSRV_AUTHENTICATIONFAILED ||
	       code == IMAPSRV_NONEXISTENT;
}

/* The host has answered: the mechanism goes on. */
static enum isrv_turn take_answer(struct imapsrv_session *s, struct authenticate *a)
{
	enum imapsrv_code code = s->result.code;

	if (a->at == AT_KEYS) {
		if (code != IMAPSRV_OK && !is_no_such_user(code))
			return ISRV_TURN_FAILED;
		if (code != IMAPSRV_OK)
			a->x.keys.known = false;
		else if (!a->x.keys.known)
			isrv_session_fault(s, "keys were answered OK without keys");
		return a->own->keyed(&a->x);
	}
	if (code == IMAPSRV_OK && s->has_account)
		return a->own->admitted ? a->own->admitted(&a->x) : ISRV_TURN_IN;
	if (code == IMAPSRV_OK)
		isrv_session_fault(s, "a login was answered OK without an account");
	return a->own->refused ? a->own->refused(&a->x) : ISRV_TURN_FAILED;
}

static bool ask(struct imapsrv_session *s, struct authenticate *a, enum isrv_turn turn)
{
	struct imapsrv_scram_query q = {a->own->name, a->x.login.authcid};

	if (turn == ISRV_TURN_LOGIN) {
		a->at = AT_LOGIN;
		a->x.login.mechanism = a->own->name;
		ISRV_ASK(s, ISRV_OP_LOGIN, store, login, &a->x.login, NULL, NULL);
		a->x.login.password = (struct imapsrv_span){NULL, 0};
	} else {
		a->at = AT_KEYS;
		ISRV_ASK(s, ISRV_OP_KEYS, sasl, keys, &q, take_keys, &a->x.keys);
	}
	wipe(a);
	return isrv_answered(s);
}

static enum isrv_step play(struct imapsrv_session *s, struct authenticate *a, enum isrv_turn turn)
{
	while ((turn == ISRV_TURN_LOGIN || turn == ISRV_TURN_KEYS) && !s->error) {
		if (!ask(s, a, turn))
			return ISRV_HOST;
		turn = take_answer(s, a);
	}
	wipe(a);
	switch (turn) {
	case ISRV_TURN_CHALLENGE:
		put_challenge(s, a->x.challenge.data, a->x.challenge.len);
		return await_response(s, a);
	case ISRV_TURN_IN:
		return isrv_auth_in(s);
	case ISRV_TURN_FAILED:
		return fail(s, a);
	default:
		if (!a->x.text)
			isrv_session_fail(s, IMAPSRV_ENOMEM);
		return bad(s, a->x.text ? a->x.text : "");
	}
}

/* ---- a mechanism of the host --------------------------------------------------------------- */

static void take_challenge(struct imapsrv_session *s, void *ctx, const void *answer)
{
	const struct imapsrv_span *span = answer;
	struct authenticate *a = ctx;

	if (a->challenged) {
		isrv_op_pass_over(s, "two challenges in one SASL step");
		return;
	}
	a->challenged = true;
	a->x.challenge.data = isrv_arena_copy(&s->arena, span->data, span->len);
	a->x.challenge.len = span->len;
	if (!a->x.challenge.data)
		isrv_session_fail(s, IMAPSRV_ENOMEM);
}

static enum isrv_step stepped(struct imapsrv_session *s, struct authenticate *a)
{
	if (s->error)
		return ISRV_DONE;
	if (s->result.code == IMAPSRV_OK && !s->has_account && a->challenged) {
		put_challenge(s, a->x.challenge.data, a->x.challenge.len);
		return await_response(s, a);
	}
	/* The client would answer it when nobody waits for that any more. */
	if (a->challenged)
		isrv_session_fault(s, "a challenge in the step that ends an exchange");
	if (s->result.code == IMAPSRV_OK && s->has_account)
		return isrv_auth_in(s);
	if (s->result.code == IMAPSRV_OK)
		isrv_session_fault(s, "a login was answered OK without an account");
	return fail(s, a);
}

static enum isrv_step ask_host(struct imapsrv_session *s, struct authenticate *a, bool has_response)
{
	struct imapsrv_sasl_step q;

	q.mechanism = s->engine->sasl.mechanisms[a->host];
	q.exchange = &a->state;
	q.has_response = has_response;
	q.response.data = a->secret;
	q.response.len = has_response ? a->secret_len : 0;
	a->begun = true;
	a->challenged = false;
	a->at = AT_STEP;
	ISRV_ASK(s, ISRV_OP_SASL, sasl, step, &q, take_challenge, a);
	wipe(a);
	return isrv_answered(s) ? stepped(s, a) : ISRV_HOST;
}

/* ---- turns --------------------------------------------------------------------------------- */

static enum isrv_step respond(struct imapsrv_session *s, struct authenticate *a)
{
	if (!a->own)
		return ask_host(s, a, true);
	a->x.response = (struct imapsrv_span){a->secret, a->secret_len};
	return play(s, a, a->own->respond(&a->x));
}

/* Which mechanism; false: the reply is set. */
static bool choose(struct imapsrv_session *s, struct authenticate *a)
{
	const struct imapsrv_sasl *sasl = &s->engine->sasl;
	struct imapsrv_span m = a->mechanism;

	for (size_t i = 0; sasl->mechanisms && sasl->mechanisms[i]; i++)
		if (isrv_ascii_is(m.data, m.len, sasl->mechanisms[i]) && isrv_sasl_offered(s, i)) {
			a->host = i;
			return true;
		}
	for (size_t i = 0; i < sizeof(mechanisms) / sizeof(mechanisms[0]); i++) {
		if (!isrv_ascii_is(m.data, m.len, mechanisms[i]->name))
			continue;
		if (isrv_caps_has(s, (enum isrv_cap)mechanisms[i]->cap)) {
			a->own = mechanisms[i];
			return true;
		}
		if (mechanisms[i]->plaintext && isrv_caps_has(s, ISRV_CAP_LOGINDISABLED) &&
		    isrv_caps_in(&s->engine->caps, (enum isrv_cap)mechanisms[i]->cap)) {
			isrv_no(s, "PRIVACYREQUIRED", "Start TLS before a password is sent");
			return false;
		}
	}
	isrv_no(s, NULL, "Unknown authentication mechanism");
	return false;
}

static enum isrv_step begin(struct imapsrv_session *s, struct authenticate *a)
{
	if (!choose(s, a))
		return ISRV_DONE;
	a->x.s = s;
	if (a->own && a->own->state_size) {
		a->x.state = isrv_arena_zalloc(&s->arena, a->own->state_size);
		if (!a->x.state) {
			isrv_session_fail(s, IMAPSRV_ENOMEM);
			return ISRV_DONE;
		}
	}
	if (a->initial.data) {
		if (!decode(s, a, a->initial.data, a->initial.len, true))
			return ISRV_DONE;
		isrv_framer_wipe(&s->framer);
		return respond(s, a);
	}
	if (!a->own)
		return ask_host(s, a, false);
	return play(s, a, a->own->start ? a->own->start(&a->x) : ISRV_TURN_CHALLENGE);
}

static enum isrv_step take_line(struct imapsrv_session *s, struct authenticate *a)
{
	const struct isrv_buf *line = &s->framer.buf;
	enum isrv_frame frame = s->frame;

	s->frame = ISRV_FRAME_MORE;
	isrv_session_trace(s, NULL, 0, true);
	if (frame == ISRV_FRAME_DROPPED)
		return bad(s, "The response is too long");
	/* RFC 9051 6.2.2: "*" cancels. */
	if (line->len == 1 && line->data[0] == '*')
		return bad(s, "Authentication cancelled");
	if (!decode(s, a, line->data, line->len, false))
		return ISRV_DONE;
	isrv_framer_wipe(&s->framer);
	isrv_framer_next(&s->framer);
	return respond(s, a);
}

static enum isrv_step advance(struct imapsrv_session *s, struct authenticate *a)
{
	switch (a->at) {
	case AT_START:
		return begin(s, a);
	case AT_RESPONSE:
		return take_line(s, a);
	case AT_LOGIN:
	case AT_KEYS:
		return isrv_answered(s) ? play(s, a, take_answer(s, a)) : ISRV_HOST;
	case AT_STEP:
		return isrv_answered(s) ? stepped(s, a) : ISRV_HOST;
	default:
		return isrv_auth_refuse(s);
	}
}

static enum isrv_step step(struct imapsrv_session *s, void *args)
{
	enum isrv_step wait = advance(s, args);

	if (wait == ISRV_DONE)
		drop(s, args);
	return wait;
}

const struct isrv_command isrv_command_authenticate = {
	.name = "AUTHENTICATE",
	.states = ISRV_IN_NOTAUTH,
	.flags = ISRV_COMMAND_SECRET,
	.args_size = sizeof(struct authenticate),
	.parse = parse,
	.step = step,
	.drop = drop,
};
