/* SPDX-License-Identifier: MIT */
/*
 * Of URLs those are taken that stand for a message or a part of one as this session sees it:
 * absolute paths, without a server and without an authorization (RFC 4469 3).  All others, and
 * whatever is not there, are BADURL, in the same words.
 */
#include "command/catenate.h"

#include "command/fetch_fields.h"
#include "command/memory.h"

enum at {
	AT_START,
	AT_REACH,  /* the message is being opened */
	AT_FIELDS, /* HEADER.FIELDS are chosen    */
	AT_FOUND,  /* what is wanted is known     */
	AT_PIECE,  /* some of it is read,         */
	AT_GIVEN   /* and given                   */
};

struct isrv_catenate *isrv_catenate_new(struct imapsrv_session *s)
{
	struct isrv_catenate *c = isrv_arena_zalloc(&s->arena, sizeof(*c));

	if (c)
		isrv_fetch_output_init(&c->output, s->engine->limits.arena);
	return c;
}

void isrv_catenate_drop(struct imapsrv_session *s, struct isrv_catenate *c)
{
	isrv_url_message_drop(s, &c->source);
	isrv_fetch_output_clear(&c->output, &s->mem);
}

/* ---- refusals ------------------------------------------------------------------------------ */

static enum isrv_step fail(struct isrv_catenate *c)
{
	c->failed = true;
	c->at = AT_START;
	return ISRV_DONE;
}

static enum isrv_step no_memory(struct imapsrv_session *s, struct isrv_catenate *c)
{
	isrv_command_nomem(s);
	return fail(c);
}

static const char badurl[] = "BADURL ";

/* The client reads the URL that it sent, and nobody else its token. */
static void put_badurl(struct imapsrv_session *s, void *args)
{
	size_t len = sizeof(badurl) - 1;

	(void)args;
	isrv_w_raw(&s->w, badurl, len);
	isrv_outq_keep_secret(&s->out, true);
	isrv_w_cstr(&s->w, s->reply.code + len);
	isrv_outq_keep_secret(&s->out, false);
}

/* url-resp-text is bare and has no "]" in it (RFC 4469 errata 4046, 2002); what cannot stand there
 * as it is is percent-encoded.  It is not empty, so there is no code for a URL that is. */
static enum isrv_step bad_url(struct imapsrv_session *s, struct isrv_catenate *c)
{
	static const char hex[] = "0123456789ABCDEF";
	char *code = isrv_arena_array(&s->arena, c->text.len + 3, 3), *at = code;

	if (!code)
		return no_memory(s, c);
	memcpy(at, badurl, sizeof(badurl) - 1);
	at += sizeof(badurl) - 1;
	for (size_t i = 0; i < c->text.len; i++) {
		unsigned char octet = (unsigned char)c->text.data[i];

		if (octet > ' ' && octet < 0x7f && octet != ']') {
			*at++ = (char)octet;
		} else {
			*at++ = '%';
			*at++ = hex[octet >> 4];
			*at++ = hex[octet & 15];
		}
	}
	*at = '\0';
	isrv_no(s, c->text.len ? code : NULL,
	        "That URL leads to no message here, nor to a part of one");
	if (c->secret)
		s->reply.put_code = put_badurl;
	return fail(c);
}

void isrv_catenate_header(struct imapsrv_session *s)
{
	isrv_no(s, NULL, "Header fields with 8-bit characters need ENABLE UTF8=ACCEPT");
}

/* ---- the steps ----------------------------------------------------------------------------- */

static enum isrv_step start(struct imapsrv_session *s, struct isrv_catenate *c)
{
	const struct isrv_url *u = &c->url;
	enum isrv_url_result result = isrv_url_parse(&c->url, &s->arena, c->text);

	s->steps += c->text.len + 1;
	c->secret = isrv_url_has_token(c->text.data, c->text.len);
	s->secret = s->secret || c->secret; /* its octets are wiped at the end of the command */
	c->failed = false;
	c->octets = 0;
	if (result == ISRV_URL_NOMEM)
		return no_memory(s, c);
	if (result == ISRV_URL_BAD || u->server || u->access || u->kind != ISRV_URL_MESSAGE)
		return bad_url(s, c);
	result = isrv_url_section(s, u, ISRV_FETCH_BODY, &c->section);
	if (result != ISRV_URL_OK)
		return result == ISRV_URL_NOMEM ? no_memory(s, c) : bad_url(s, c);
	c->at = AT_REACH;
	return ISRV_DONE;
}

static enum isrv_step reach(struct imapsrv_session *s, struct isrv_catenate *c)
{
	struct isrv_url_message *x = &c->source;
	enum isrv_step step = isrv_url_message_step(s, x, &c->url,
	                                            !isrv_fetch_is_whole(&c->section), NULL);

	if (step != ISRV_DONE || s->error)
		return step;
	if (x->failed && s->result.code == IMAPSRV_NONEXISTENT)
		return bad_url(s, c);
	if (x->failed) {
		isrv_refused(s, NULL);
		return fail(c);
	}
	s->steps += isrv_fetch_finding(&x->message, &c->section);
	if (!isrv_fetch_find(&x->message, &c->section, &c->output))
		return bad_url(s, c);
	c->at = AT_FOUND;
	if (isrv_fetch_has_fields(&c->section)) {
		isrv_fetch_begin_fields(&x->message, &c->output);
		c->at = AT_FIELDS;
	}
	return ISRV_DONE;
}

/* How much it is: refused before the first octet where it would be too much. */
static enum isrv_step measure(struct imapsrv_session *s, struct isrv_catenate *c)
{
	struct isrv_body_cursor *b = &c->source.message.body;
	struct isrv_fetch_output *o = &c->output;
	bool fields = isrv_fetch_has_fields(&c->section);
	uint64_t skip;

	if (b->failed) { /* the header could not be read */
		isrv_refused(s, NULL);
		return fail(c);
	}
	isrv_fetch_cut(o, &c->section,
	               fields ? o->fields.len : o->extent.wire_end - o->extent.wire);
	c->octets = o->to - o->from;
	if (c->octets > c->room) {
		isrv_no(s, "TOOBIG", "The message is too big"); /* RFC 4469 4.2 */
		return fail(c);
	}
	c->at = AT_PIECE;
	if (fields)
		return ISRV_DONE;
	skip = isrv_body_converts(b) ? 0 : o->from;
	o->from += o->extent.wire;
	o->to += o->extent.wire;
	isrv_body_seek(b, o->extent.wire + skip, o->extent.host + skip);
	return ISRV_DONE;
}

/* The next octets of o->from..o->to; empty: these are before them. */
static enum isrv_step read_piece(struct imapsrv_session *s, struct isrv_catenate *c,
                                 struct imapsrv_span *piece_r)
{
	struct isrv_body_cursor *b = &c->source.message.body;
	struct isrv_fetch_output *o = &c->output;
	uint64_t start = isrv_body_done(b);
	enum isrv_step step;

	if (isrv_fetch_has_fields(&c->section)) {
		*piece_r =
			(struct imapsrv_span){o->fields.data + o->from, (size_t)(o->to - o->from)};
		return ISRV_DONE;
	}
	step = isrv_body_next(s, b, piece_r);
	if (step != ISRV_DONE || s->error || b->failed)
		return step;
	if (!piece_r->len) {
		isrv_session_fault(s, "a body that is not as long as it was");
		s->result.code = IMAPSRV_SERVERBUG;
		b->failed = true;
		return ISRV_DONE;
	}
	if (isrv_body_done(b) > o->to)
		piece_r->len = (size_t)(o->to - start);
	if (start >= o->from)
		return ISRV_DONE;
	if (piece_r->len > o->from - start) {
		piece_r->data += o->from - start;
		piece_r->len -= (size_t)(o->from - start);
	} else {
		piece_r->len = 0;
	}
	return ISRV_DONE;
}

static enum isrv_step give(struct imapsrv_session *s, struct isrv_catenate *c)
{
	struct isrv_fetch_output *o = &c->output;
	struct imapsrv_append_data q = {c->append, NULL, 0};
	struct imapsrv_span piece = {NULL, 0};
	enum isrv_step step;

	if (o->from == o->to) {
		c->at = AT_START;
		return ISRV_DONE;
	}
	step = read_piece(s, c, &piece);
	if (step != ISRV_DONE || s->error)
		return step;
	if (c->source.message.body.failed) {
		isrv_refused(s, NULL);
		return fail(c);
	}
	if (!piece.len)
		return ISRV_DONE;
	if (c->header && !isrv_ascii_header_feed(c->header, piece.data, piece.len, &s->steps)) {
		isrv_catenate_header(s);
		return fail(c);
	}
	q.data = piece.data;
	q.len = piece.len;
	o->from += piece.len;
	c->at = AT_GIVEN;
	ISRV_ASK(s, ISRV_OP_APPEND_DATA, store, append_data, &q, NULL, NULL);
	return ISRV_DONE;
}

static enum isrv_step given(struct imapsrv_session *s, struct isrv_catenate *c)
{
	if (!isrv_answered(s))
		return ISRV_HOST;
	c->at = AT_PIECE;
	if (s->result.code == IMAPSRV_OK)
		return ISRV_DONE;
	isrv_refused(s, "TRYCREATE");
	return fail(c);
}

enum isrv_step isrv_catenate_step(struct imapsrv_session *s, struct isrv_catenate *c)
{
	enum isrv_step step;

	do {
		switch ((enum at)c->at) {
		case AT_START:
			if (isrv_session_turn_over(s))
				return ISRV_YIELD;
			step = start(s, c);
			break;
		case AT_REACH:
			step = reach(s, c);
			break;
		case AT_FIELDS:
			step = isrv_fetch_choose_fields(s, &c->source.message, &c->section,
			                                &c->output);
			if (step == ISRV_DONE)
				c->at = AT_FOUND;
			break;
		case AT_FOUND:
			step = measure(s, c);
			break;
		case AT_PIECE:
			step = give(s, c);
			break;
		default:
			step = given(s, c);
			break;
		}
	} while (step == ISRV_DONE && c->at != AT_START && !s->error);
	return step;
}
