/* SPDX-License-Identifier: MIT */
/*
 * GENURLAUTH and RESETKEY (RFC 4467 7): leave to read messages, given by URL and taken back.
 */
#include "command/commands.h"
#include "command/memory.h"
#include "command/url_access.h"
#include "command/urlmech.h"
#include "session/access.h"

/* ---- GENURLAUTH ---------------------------------------------------------------------------- */

struct wish {
	struct imapsrv_span rump;
	struct imapsrv_span mechanism;
	const char *full; /* the URL with its token, in the arena */
	size_t len;
};

struct genurlauth {
	struct wish *wishes;
	uint32_t count;
	uint32_t at;
	bool asked;
	const char *mechanism; /* of the one at hand */
	struct isrv_url url;
	struct isrv_url_token token;
};

/* Twice the room when it is full; `count` of them are there. */
static void *grow(struct isrv_parse *p, void *array, uint32_t count, size_t size)
{
	void *grown;

	if (count & (count - 1) || (count && count < 4))
		return array;
	grown = isrv_arena_grow(p->r.arena, array, count * size, (count ? count * 2 : 4) * size);
	if (!grown)
		isrv_rd_fail_memory(&p->r);
	return grown;
}

/* mechanism = 1*(ALPHA / DIGIT / "-" / ".") */
static bool parse_mechanism(struct isrv_reader *r, struct imapsrv_span *name_r)
{
	const char *start = r->at;

	if (isrv_rd_atom(r, name_r) && isrv_url_is_mechanism(*name_r))
		return true;
	r->at = start;
	return isrv_rd_fail(r, "a mechanism");
}

/* genurlauth = "GENURLAUTH" 1*(SP url-rump SP mechanism) */
static bool parse_genurlauth(struct isrv_parse *p, void *args)
{
	struct genurlauth *a = args;
	struct isrv_reader *r = &p->r;

	do {
		struct wish *wishes = grow(p, a->wishes, a->count, sizeof(*wishes));

		if (!wishes)
			return false;
		a->wishes = wishes;
		wishes += a->count++;
		if (!isrv_rd_astring(r, &wishes->rump) || !isrv_rd_sp(r) ||
		    !parse_mechanism(r, &wishes->mechanism))
			return false;
	} while (isrv_rd_try_sp(r) && isrv_rd_peek(r) >= 0);
	return true;
}

/* What is wrong with a URL that is to be authorized: "the server MUST return a tagged BAD
 * response". */
static const char *problem(struct imapsrv_session *s, const struct genurlauth *a)
{
	const struct isrv_url *u = &a->url;

	if (u->kind != ISRV_URL_MESSAGE)
		return "Only URLs of messages can be authorized";
	if (!u->scheme || !u->user.data)
		return "The owner is missing in the URL";
	if (!u->access)
		return "The access identifier is missing in the URL";
	if (u->token.data)
		return "There is a token in the URL already";
	if (u->partial && !isrv_caps_has(s, ISRV_CAP_URL_PARTIAL))
		return "PARTIAL is not to be had";
	if (!a->mechanism)
		return "Unknown mechanism";
	return NULL;
}

/* True: the host is asked.  Else the reply is set. */
static bool ask_next(struct imapsrv_session *s, struct genurlauth *a)
{
	const struct wish *wish = &a->wishes[a->at];
	struct isrv_fetch_section section;
	enum isrv_url_result result;
	const char *wrong;

	s->steps += wish->rump.len + 1;
	result = isrv_url_parse(&a->url, &s->arena, wish->rump);
	if (result == ISRV_URL_NOMEM) {
		isrv_command_nomem(s);
		return false;
	}
	if (result == ISRV_URL_BAD) {
		isrv_bad(s, "That is no IMAP URL");
		return false;
	}
	a->mechanism = isrv_url_mechanism(s, wish->mechanism);
	wrong = problem(s, a);
	if (!wrong)
		result = isrv_url_section(s, &a->url, ISRV_FETCH_BODY, &section);
	if (result == ISRV_URL_NOMEM) {
		isrv_command_nomem(s);
		return false;
	}
	if (result == ISRV_URL_BAD)
		wrong = "The URL names no section of a message";
	if (wrong) {
		isrv_bad(s, wrong);
		return false;
	}
	if (a->url.expires && !s->engine->config.clock) {
		isrv_no(s, "CANNOT", "URLs that expire are not to be had");
		return false;
	}
	a->asked = true;
	isrv_url_ask_token(s, &a->url, wish->rump, a->mechanism, (struct imapsrv_span){NULL, 0},
	                   &a->token);
	return true;
}

/* rump ":" mechanism ":" token, in lower case as in RFC 4467. */
static bool make_full(struct imapsrv_session *s, const struct genurlauth *a, struct wish *wish)
{
	static const char hex[] = "0123456789abcdef";
	size_t name = strlen(a->mechanism), i;
	char *at = isrv_arena_alloc(&s->arena, wish->rump.len + name + 2 + 2 * a->token.len);

	if (!at)
		return false;
	wish->full = at;
	memcpy(at, wish->rump.data, wish->rump.len);
	at += wish->rump.len;
	*at++ = ':';
	for (i = 0; i < name; i++)
		*at++ = (char)isrv_ascii_lower((unsigned char)a->mechanism[i]);
	*at++ = ':';
	for (i = 0; i < a->token.len; i++) {
		*at++ = hex[a->token.octets[i] >> 4];
		*at++ = hex[a->token.octets[i] & 15];
	}
	wish->len = (size_t)(at - wish->full);
	return true;
}

/* False: the reply is set. */
static bool take_answer(struct imapsrv_session *s, struct genurlauth *a)
{
	a->asked = false;
	switch (s->result.code) {
	case IMAPSRV_OK:
		break;
	case IMAPSRV_NONEXISTENT:
	case IMAPSRV_NOPERM:
		isrv_bad(s, "There is no such mailbox, or its URLs are not yours to authorize");
		return false;
	default:
		isrv_refused(s, NULL);
		return false;
	}
	if (!a->token.len) {
		isrv_session_fault(s, "a token was asked for, and none came");
		isrv_no(s, "SERVERBUG", "No token was made");
		return false;
	}
	if (make_full(s, a, &a->wishes[a->at++]))
		return true;
	isrv_command_nomem(s);
	return false;
}

/* genurlauth-data = "*" SP "GENURLAUTH" 1*(SP url-full) */
static enum isrv_step generated(struct imapsrv_session *s, const struct genurlauth *a)
{
	ISRV_W(&s->w, "* GENURLAUTH");
	for (uint32_t i = 0; i < a->count; i++) {
		ISRV_W(&s->w, " ");
		isrv_outq_keep_secret(&s->out, true);
		isrv_w_string(&s->w, a->wishes[i].full, a->wishes[i].len);
		isrv_outq_keep_secret(&s->out, false);
	}
	isrv_w_crlf(&s->w);
	return isrv_ok(s, "GENURLAUTH completed");
}

static enum isrv_step step_genurlauth(struct imapsrv_session *s, void *args)
{
	struct genurlauth *a = args;

	while (a->asked || a->at < a->count) {
		if (!a->asked && !ask_next(s, a))
			return ISRV_DONE;
		if (!isrv_answered(s))
			return ISRV_HOST;
		if (!take_answer(s, a))
			return ISRV_DONE;
	}
	return generated(s, a);
}

/* ---- RESETKEY ------------------------------------------------------------------------------ */

struct resetkey {
	struct imapsrv_span mailbox; /* empty: all */
	struct isrv_access access;
	struct imapsrv_span *names;
	uint32_t count;
	bool asked;
	struct isrv_urlmech mechanisms;
};

/* resetkey = "RESETKEY" [SP mailbox *(SP mechanism)] */
static bool parse_resetkey(struct isrv_parse *p, void *args)
{
	struct resetkey *a = args;
	struct isrv_reader *r = &p->r;

	if (isrv_rd_peek(r) < 0)
		return true;
	if (!isrv_rd_mailbox(r, &a->mailbox))
		return false;
	while (isrv_rd_try_sp(r) && isrv_rd_peek(r) >= 0) {
		struct imapsrv_span *names = grow(p, a->names, a->count, sizeof(*names));

		if (!names)
			return false;
		a->names = names;
		if (!parse_mechanism(r, &names[a->count++]))
			return false;
	}
	return true;
}

/* False: the reply is set. */
static bool ask_reset(struct imapsrv_session *s, struct resetkey *a)
{
	struct imapsrv_reset_keys q = {s->account.handle, a->mailbox, NULL};
	const char **names = isrv_arena_array(&s->arena, (size_t)a->count + 1, sizeof(*names));

	if (!names) {
		isrv_command_nomem(s);
		return false;
	}
	for (uint32_t i = 0; i < a->count; i++) {
		names[i] = isrv_url_mechanism(s, a->names[i]);
		if (!names[i]) {
			isrv_bad(s, "Unknown mechanism");
			return false;
		}
	}
	names[a->count] = NULL;
	q.mechanisms = names;
	a->asked = true;
	ISRV_ASK(s, ISRV_OP_URL_MECHANISM, urlauth, reset, &q, isrv_urlmech_take, &a->mechanisms);
	return true;
}

static enum isrv_step step_resetkey(struct imapsrv_session *s, void *args)
{
	struct resetkey *a = args;

	if (!a->asked) {
		enum isrv_step step = ISRV_DONE;

		/* Of a mailbox that this user is not to know of, there are no keys either. */
		if (a->mailbox.len)
			step = isrv_access_step(s, &a->access, ISRV_DO_LIST, a->mailbox);
		if (step != ISRV_DONE || s->error)
			return step;
		if (a->access.code != IMAPSRV_OK)
			return isrv_refused(s, NULL);
		if (!ask_reset(s, a))
			return ISRV_DONE;
	}
	if (!isrv_answered(s))
		return ISRV_HOST;
	if (s->result.code != IMAPSRV_OK)
		return isrv_refused(s, NULL);
	if (!a->mailbox.len)
		return isrv_ok(s, "All keys removed");
	return isrv_ok_code(s, isrv_urlmech_shows(s) ? isrv_urlmech_code(&a->mechanisms) : NULL,
	                    "There is a new key");
}

/* ---- rows of the table --------------------------------------------------------------------- */

const struct isrv_command isrv_command_genurlauth = {
	.name = "GENURLAUTH",
	.states = ISRV_IN_AUTHED,
	.cap = ISRV_CAP_URLAUTH,
	.flags = ISRV_COMMAND_SECRET, /* its answers are made in the arena */
	.args_size = sizeof(struct genurlauth),
	.parse = parse_genurlauth,
	.step = step_genurlauth,
};

const struct isrv_command isrv_command_resetkey = {
	.name = "RESETKEY",
	.states = ISRV_IN_AUTHED,
	.cap = ISRV_CAP_URLAUTH,
	.args_size = sizeof(struct resetkey),
	.parse = parse_resetkey,
	.step = step_resetkey,
};
