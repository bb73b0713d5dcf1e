/* SPDX-License-Identifier: MIT */
/*
 * URLFETCH (RFC 4467 7), with the parameters of RFC 5524.  Each URL is answered by a response of
 * its own, so that what the host could not do for the third can still be said behind the second.
 *
 * A URL that is not in order, not this session's to use, expired, revoked, or of something that is
 * not there is NIL, and nothing else tells these apart.  Of one that could be in order the token is
 * always asked for, before anything is looked up.
 */
#include "command/commands.h"
#include "command/fetch_fields.h"
#include "command/memory.h"
#include "command/url_access.h"

enum {
	WANTS_BODY = 1 << 0,
	WANTS_BINARY = 1 << 1,
	WANTS_STRUCTURE = 1 << 2
};

struct wish {
	struct imapsrv_span text;
	uint8_t wants; /* 0: nothing but the octets, as in RFC 4467 */
};

enum at {
	AT_NEXT,
	AT_TOKEN, /* the host makes the one that the URL should have */
	AT_REACH, /* the message is opened                           */
	AT_COUNT, /* decoded octets are counted, for the structure   */
	AT_HEAD,  /* what stands before the octets is written,       */
	AT_DATA,  /* and they are                                    */
	AT_TAIL,
	AT_FAILED /* the reply is set */
};

struct urlfetch {
	struct wish *wishes;
	uint32_t count;
	uint32_t done; /* of them; the one at hand is the last of these */
	uint8_t at;
	struct imapsrv_span given;
	unsigned char octets[IMAPSRV_URL_TOKEN_MAX]; /* of the token that was given */
	struct isrv_url url;
	struct isrv_url_token token;
	struct isrv_url_message source;
	struct isrv_fetch_section section;
	struct isrv_fetch_output output;
	bool decodes;  /* the octets are not as they lie in the message */
	bool readable; /* there are octets, and not NIL in their place */
};

/* ---- arguments ----------------------------------------------------------------------------- */

/* url-fetch-param = "BODY" / "BINARY" / "BODYPARTSTRUCTURE" / atom, of which no others are known */
static bool parse_param(struct isrv_reader *r, struct wish *wish)
{
	uint8_t param;

	if (isrv_rd_try_word(r, "BODY"))
		param = WANTS_BODY;
	else if (isrv_rd_try_word(r, "BINARY"))
		param = WANTS_BINARY;
	else if (isrv_rd_try_word(r, "BODYPARTSTRUCTURE"))
		param = WANTS_STRUCTURE;
	else
		return isrv_rd_fail(r, "BODY, BINARY or BODYPARTSTRUCTURE");
	/* RFC 5524 3.1: none twice, and not BODY with BINARY. */
	if (wish->wants & param)
		return isrv_rd_fail(r, "each parameter once");
	wish->wants |= param;
	if ((wish->wants & WANTS_BODY) && (wish->wants & WANTS_BINARY))
		return isrv_rd_fail(r, "one of BODY and BINARY");
	return true;
}

/* url-fetch-arg = url-full / "(" url-full *(SP url-fetch-param) ")" */
static bool parse_arg(struct isrv_parse *p, struct wish *wish)
{
	struct isrv_reader *r = &p->r;

	wish->wants = 0;
	if (!isrv_caps_in(p->caps, ISRV_CAP_URLAUTH_BINARY) || !isrv_rd_try(r, '('))
		return isrv_rd_astring(r, &wish->text);
	if (!isrv_rd_astring(r, &wish->text))
		return false;
	while (isrv_rd_try_sp(r))
		if (!parse_param(r, wish))
			return false;
	return isrv_rd_char(r, ')');
}

/* urlfetch = "URLFETCH" 1*(SP url-fetch-arg) */
static bool parse(struct isrv_parse *p, void *args)
{
	struct urlfetch *a = args;
	struct isrv_reader *r = &p->r;
	size_t unit = sizeof(*a->wishes), cap = 0;

	do {
		if (a->count == cap) {
			struct wish *grown = isrv_arena_grow(r->arena, a->wishes, cap * unit,
			                                     (cap ? cap * 2 : 4) * unit);

			if (!grown)
				return isrv_rd_fail_memory(r);
			a->wishes = grown;
			cap = cap ? cap * 2 : 4;
		}
		if (!parse_arg(p, &a->wishes[a->count++]))
			return false;
	} while (isrv_rd_try_sp(r) && isrv_rd_peek(r) >= 0);
	return true;
}

/* ---- NIL, and NO --------------------------------------------------------------------------- */

static void put_url(struct imapsrv_session *s, const struct wish *wish)
{
	ISRV_W(&s->w, "* URLFETCH ");
	isrv_outq_keep_secret(&s->out, true);
	isrv_w_string(&s->w, wish->text.data, wish->text.len);
	isrv_outq_keep_secret(&s->out, false);
}

/* urldata-error = url-full SP nil */
static enum isrv_step put_nil(struct imapsrv_session *s, struct urlfetch *a)
{
	put_url(s, &a->wishes[a->done - 1]);
	ISRV_W(&s->w, " NIL");
	isrv_w_crlf(&s->w);
	a->at = AT_NEXT;
	return ISRV_DONE;
}

/* "A NO response indicates a server internal failure that may be resolved on later retry." */
static enum isrv_step refuse(struct imapsrv_session *s, struct urlfetch *a)
{
	enum imapsrv_code code = s->result.code;

	if (code != IMAPSRV_UNAVAILABLE && code != IMAPSRV_SERVERBUG && code != IMAPSRV_INUSE &&
	    code != IMAPSRV_CORRUPTION && code != IMAPSRV_CONTACTADMIN && code != IMAPSRV_LIMIT)
		return put_nil(s, a);
	a->at = AT_FAILED;
	return isrv_refused(s, NULL);
}

/* ---- one URL ------------------------------------------------------------------------------- */

/* OK: it is in order, and the token is made by *mechanism_r. */
static enum isrv_url_result read_url(struct imapsrv_session *s, struct urlfetch *a,
                                     const struct wish *wish, const char **mechanism_r)
{
	enum isrv_fetch_kind kind =
		wish->wants & WANTS_BINARY ? ISRV_FETCH_BINARY : ISRV_FETCH_BODY;
	enum isrv_url_result result = isrv_url_parse(&a->url, &s->arena, wish->text);
	const struct isrv_url *u = &a->url;

	if (result != ISRV_URL_OK)
		return result;
	if (!isrv_url_is_authorized(u) || !u->token.data)
		return ISRV_URL_BAD;
	*mechanism_r = isrv_url_mechanism(s, u->mechanism);
	a->given = isrv_url_given(u, a->octets);
	if (!*mechanism_r || !a->given.data)
		return ISRV_URL_BAD;
	result = isrv_url_section(s, u, kind, &a->section);
	if (result == ISRV_URL_OK && (isrv_url_is_expired(s, u) || !isrv_url_may_use(s, u)))
		result = ISRV_URL_BAD;
	return result;
}

static enum isrv_step begin(struct imapsrv_session *s, struct urlfetch *a)
{
	const struct wish *wish = &a->wishes[a->done++];
	const char *mechanism = NULL;
	enum isrv_url_result result = read_url(s, a, wish, &mechanism);

	s->steps += wish->text.len + 1;
	if (result == ISRV_URL_BAD)
		return put_nil(s, a);
	if (result == ISRV_URL_NOMEM) {
		a->at = AT_FAILED;
		return isrv_command_nomem(s);
	}
	a->at = AT_TOKEN;
	isrv_url_ask_token(s, &a->url, wish->text, mechanism, a->given, &a->token);
	return ISRV_DONE;
}

static bool needs_description(const struct urlfetch *a)
{
	return !isrv_fetch_is_whole(&a->section) ||
	       (a->wishes[a->done - 1].wants & WANTS_STRUCTURE);
}

/* What is to be done before the first octet of the answer. */
static enum isrv_step prepare(struct urlfetch *a)
{
	const struct isrv_fetch_message *m = &a->source.message;
	const struct isrv_fetch_section *section = &a->section;
	uint8_t wants = a->wishes[a->done - 1].wants;
	bool binary = (wants & WANTS_BINARY) != 0;

	/* What is not a part, a header for one, is not what a transfer encoding is about. */
	a->readable = !binary || (section->text == ISRV_SECTION_WHOLE &&
	                          isrv_fetch_can_decode(m, section));
	a->decodes = binary && a->readable && isrv_fetch_is_encoded(m, section);
	a->at = a->decodes && (wants & WANTS_STRUCTURE) ? AT_COUNT : AT_HEAD;
	return ISRV_DONE;
}

static enum isrv_step reach(struct imapsrv_session *s, struct urlfetch *a)
{
	struct isrv_url_message *x = &a->source;
	enum isrv_step step =
		isrv_url_message_step(s, x, &a->url, needs_description(a), &isrv_url_owner);

	if (step != ISRV_DONE || s->error)
		return step;
	if (x->failed)
		return refuse(s, a);
	s->steps += isrv_fetch_finding(&x->message, &a->section);
	if (!isrv_fetch_find(&x->message, &a->section, &a->output))
		return put_nil(s, a);
	return prepare(a);
}

/* ---- the answer ---------------------------------------------------------------------------- */

/* url-meta-bodystruct = "BODYPARTSTRUCTURE" SP body: of the part, or of the one whose header or
 * text it is; "as it has been returned" (RFC 5524 3.2). */
static void put_structure(struct imapsrv_session *s, const struct urlfetch *a)
{
	struct isrv_description_decoded decoded = {a->output.size, a->output.lines};
	unsigned how = ISRV_BODY_EXTENDED | (s->w.utf8 ? ISRV_BODY_GLOBAL : 0u) |
	               (isrv_session_rev2(s) ? ISRV_BODY_DECODED : 0u);

	ISRV_W(&s->w, " (BODYPARTSTRUCTURE ");
	isrv_description_put_part(&a->source.message.description, &s->w, a->section.numbers,
	                          a->section.number_count, a->decodes ? &decoded : NULL, how);
	ISRV_W(&s->w, ")");
}

static enum isrv_step put_head(struct imapsrv_session *s, struct urlfetch *a)
{
	const struct wish *wish = &a->wishes[a->done - 1];

	isrv_session_begin_line(s);
	put_url(s, wish);
	if (wish->wants & WANTS_STRUCTURE)
		put_structure(s, a);
	a->at = AT_DATA;
	if (wish->wants == 0) {
		ISRV_W(&s->w, " ");
	} else if (wish->wants == WANTS_STRUCTURE) {
		a->at = AT_TAIL;
	} else if (a->readable) {
		isrv_w_cstr(&s->w, wish->wants & WANTS_BODY ? " (BODY " : " (BINARY ");
	} else {
		ISRV_W(&s->w, " (BINARY NIL");
		a->at = AT_TAIL;
	}
	return ISRV_DONE;
}

static enum isrv_step put_tail(struct imapsrv_session *s, struct urlfetch *a)
{
	if (a->wishes[a->done - 1].wants & (WANTS_BODY | WANTS_BINARY))
		ISRV_W(&s->w, ")");
	isrv_w_crlf(&s->w);
	s->mid_line = false;
	a->at = AT_NEXT;
	return ISRV_DONE;
}

/* ---- the command --------------------------------------------------------------------------- */

static void drop(struct imapsrv_session *s, void *args)
{
	struct urlfetch *a = args;

	isrv_url_message_drop(s, &a->source);
	isrv_fetch_output_clear(&a->output, &s->mem);
}

/* DONE: go on with whatever a->at says. */
static enum isrv_step step_url(struct imapsrv_session *s, struct urlfetch *a)
{
	enum isrv_step step;

	switch ((enum at)a->at) {
	case AT_NEXT:
		return begin(s, a);
	case AT_TOKEN:
		if (!isrv_answered(s))
			return ISRV_HOST;
		if (s->result.code != IMAPSRV_OK)
			return refuse(s, a);
		if (!isrv_url_token_is(s, &a->token, a->given))
			return put_nil(s, a);
		a->at = AT_REACH;
		/* fall through */
	case AT_REACH:
		return reach(s, a);
	case AT_COUNT:
		step = isrv_fetch_count(s, &a->source.message, &a->section, &a->output);
		if (step == ISRV_DONE && a->source.message.body.failed)
			return refuse(s, a);
		if (step == ISRV_DONE)
			a->at = AT_HEAD;
		return step;
	case AT_HEAD:
		return put_head(s, a);
	case AT_DATA:
		step = isrv_fetch_put_octets(s, &a->source.message, &a->section, &a->output);
		if (step == ISRV_DONE)
			a->at = AT_TAIL;
		return step;
	case AT_TAIL:
	case AT_FAILED:
		break;
	}
	return put_tail(s, a);
}

static enum isrv_step step(struct imapsrv_session *s, void *args)
{
	struct urlfetch *a = args;
	enum isrv_step step;

	if (!a->output.fields.max)
		isrv_fetch_output_init(&a->output, s->engine->limits.arena);
	while (a->at != AT_NEXT || a->done < a->count) {
		if (a->at == AT_NEXT && isrv_session_full(s))
			return ISRV_OUTPUT;
		if (a->at == AT_NEXT && isrv_session_turn_over(s))
			return ISRV_YIELD;
		step = step_url(s, a);
		if (step != ISRV_DONE || s->error)
			return step;
		if (a->at == AT_FAILED) {
			drop(s, a);
			return ISRV_DONE;
		}
	}
	drop(s, a);
	return isrv_ok(s, "URLFETCH completed");
}

const struct isrv_command isrv_command_urlfetch = {
	.name = "URLFETCH",
	.states = ISRV_IN_AUTHED,
	.cap = ISRV_CAP_URLAUTH,
	.flags = ISRV_COMMAND_SECRET,
	.args_size = sizeof(struct urlfetch),
	.parse = parse,
	.step = step,
	.drop = drop,
};
