/* SPDX-License-Identifier: MIT */
/*
 * command/auth - LOGIN and UNAUTHENTICATE (RFC 9051 6.2.3, RFC 8437), and how every attempt to log
 * in ends.  The host decides who may come in; here are the limits on guessing, and that no
 * credential outlives its use.
 */
#include <string.h>

#include "command/auth.h"

#include "base/utf8.h"
#include "command/commands.h"
#include "session/referral.h"

struct login {
	struct imapsrv_span user;
	struct imapsrv_span password;
	enum {
		AT_START,
		AT_CHECK,
		AT_DELAY
	} at;
};

/* ---- how it ends --------------------------------------------------------------------------- */

static void put_capability(struct imapsrv_session *s, void *args)
{
	(void)args;
	isrv_caps_put(&s->w, s);
}

enum isrv_step isrv_auth_in(struct imapsrv_session *s)
{
	const char *referral = isrv_referral_code(s);

	isrv_session_log_in(s);
	if (referral) { /* RFC 2221 4: in the place of CAPABILITY, which is told before */
		ISRV_W(&s->w, "* ");
		isrv_caps_put(&s->w, s);
		isrv_w_crlf(&s->w);
		return isrv_ok_code(s, referral, "Logged in; your own mailboxes are elsewhere");
	}
	isrv_ok(s, "Logged in");
	s->reply.put_code = put_capability; /* saves the client a round trip, and many rely on it */
	return ISRV_DONE;
}

/* A wrong password costs time, doubled each time, then the connection (guessing). */
enum isrv_step isrv_auth_failed(struct imapsrv_session *s)
{
	/* An account that came with a refusal is given back. */
	isrv_session_log_out(s);
	/* Not a guess: whoever is sent elsewhere has proved who he is (RFC 2221 6). */
	if (s->result.code == IMAPSRV_REFERRAL && s->result.referral)
		return isrv_refused(s, NULL);
	s->failed_logins++;
	s->counted.failed_logins += s->counted.failed_logins < UINT32_MAX;
	s->delay_until = s->engine->limits.login_delay == UINT32_MAX ? 0 : ISRV_NOT_DATED;
	return ISRV_DELAY;
}

/* One text and one code for an unknown user and a wrong password (which names exist?). */
enum isrv_step isrv_auth_refuse(struct imapsrv_session *s)
{
	if (s->failed_logins >= s->engine->limits.failed_logins) {
		isrv_no(s, "AUTHENTICATIONFAILED", "Authentication failed");
		isrv_reply_put(s);
		if (isrv_writer_failed(&s->w)) /* half of it is taken back, and the session ends */
			return ISRV_DONE;
		s->counted.commands++;
		isrv_session_end(s, NULL, "Too many failed logins");
		return ISRV_DONE;
	}
	if (s->result.code == IMAPSRV_AUTHENTICATIONFAILED || s->result.code == IMAPSRV_NO ||
	    s->result.code == IMAPSRV_OK)
		return isrv_no(s, "AUTHENTICATIONFAILED", "Authentication failed");
	return isrv_refused(s, NULL);
}

/* ---- LOGIN --------------------------------------------------------------------------------- */

/* login = "LOGIN" SP userid SP password */
static bool parse_login(struct isrv_parse *p, void *args)
{
	struct login *x = args;

	return isrv_rd_astring(&p->r, &x->user) && isrv_rd_sp(&p->r) &&
	       isrv_rd_astring(&p->r, &x->password);
}

static enum isrv_step answered(struct imapsrv_session *s, struct login *x)
{
	if (s->result.code == IMAPSRV_OK && s->has_account)
		return isrv_auth_in(s);
	if (s->result.code == IMAPSRV_OK)
		isrv_session_fault(s, "a login was answered OK without an account");
	x->at = AT_DELAY;
	return isrv_auth_failed(s);
}

/* The host has had it; its answer may take long, and a delay longer.  The user's name is needed no
 * more either. */
static void wipe(struct imapsrv_session *s, struct login *x)
{
	/* In the arena, if it was written with a backslash. */
	isrv_mem_wipe((char *)x->password.data, x->password.len);
	isrv_framer_wipe(&s->framer);
	x->user = x->password = (struct imapsrv_span){NULL, 0};
}

static enum isrv_step step_login(struct imapsrv_session *s, void *args)
{
	struct login *x = args;
	struct imapsrv_login q = {"LOGIN", x->user, {NULL, 0}, x->password};

	switch (x->at) {
	case AT_START:
		/* No control reaches the host's look-up (injection into SQL, LDAP, file names). */
		if (!x->user.len || !isrv_utf8_is_name(x->user.data, x->user.len))
			return isrv_bad(s, "A user name is UTF-8 without control characters");
		x->at = AT_CHECK;
		ISRV_ASK(s, ISRV_OP_LOGIN, store, login, &q, NULL, NULL);
		wipe(s, x);
		/* fall through */
	case AT_CHECK:
		return isrv_answered(s) ? answered(s, x) : ISRV_HOST;
	default:
		return isrv_auth_refuse(s);
	}
}

/* ---- UNAUTHENTICATE ------------------------------------------------------------------------ */

/* The next user of the connection finds nothing of this one, not even in memory that is not in use
 * (ATTACKS T43).  The tag is still needed. */
static void forget(struct imapsrv_session *s)
{
	size_t kept = s->tag.data == s->short_tag ? s->tag.len : 0;

	isrv_outq_trim(&s->out);
	isrv_op_trim(s);
	isrv_framer_clear(&s->framer, &s->mem);
	isrv_arena_wipe_rest(&s->arena);
	memset(s->short_tag + kept, 0, sizeof(s->short_tag) - kept);
}

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
	forget(s);
	isrv_session_use_limits(s);
	isrv_session_speak(s, NULL);
	s->login_by = ISRV_NOT_DATED;
	return isrv_ok(s, "Nobody is logged in now");
}

const struct isrv_command isrv_command_login = {
	.name = "LOGIN",
	.states = ISRV_IN_NOTAUTH,
	.flags = ISRV_COMMAND_SECRET | ISRV_COMMAND_PLAINTEXT,
	.args_size = sizeof(struct login),
	.parse = parse_login,
	.step = step_login,
};

const struct isrv_command isrv_command_unauthenticate = {
	.name = "UNAUTHENTICATE",
	.states = ISRV_IN_AUTHED,
	.cap = ISRV_CAP_UNAUTHENTICATE,
	.flags = ISRV_COMMAND_QUIET | ISRV_COMMAND_ASCII,
	.step = step_unauthenticate,
};
