/* SPDX-License-Identifier: MIT */
/*
 * session/body - one message of the host, read as the wire has it.  The handle is shared between
 * the command that reads and the output queue that still sends lent memory of it; whoever lets go
 * last closes it.
 */
#include "session/body.h"

#include <string.h>

#include "message/eol.h"

#define MARKS 64u

/* A place that was passed while octets were emitted, not behind a CR. */
struct mark {
	uint64_t wire; /* 0: none */
	uint64_t host;
};

struct isrv_body {
	struct imapsrv_session *session;
	void *handle;
	const char *data; /* NULL: pulled */
	uint64_t octets;
	bool convert;     /* bare LFs may be in it */
	uint32_t holders;
	struct mark marks[]; /* if so: at most one in each MARKSth part of the host's octets */
};

static size_t size_of(bool convert)
{
	return sizeof(struct isrv_body) + (convert ? MARKS * sizeof(struct mark) : 0);
}

enum {
	CLOSED,
	OPENING,
	OPEN,
	READING /* the host was asked for a piece */
};

static void let_go(struct isrv_body *body)
{
	struct imapsrv_session *s = body->session;

	if (--body->holders)
		return;
	s->in_callback++;
	s->engine->store.body_close(s->user, body->handle);
	s->in_callback--;
	isrv_mem_free(&s->mem, body, size_of(body->convert));
}

static void release(void *user, const void *data, size_t len)
{
	(void)data;
	(void)len;
	let_go(user);
}

/* ---- open ---------------------------------------------------------------------------------- */

static void take_body(struct imapsrv_session *s, void *ctx, const void *answer)
{
	const struct isrv_op_body *given = answer;
	struct isrv_body_cursor *b = ctx;
	struct isrv_body *body;

	if (b->body) {
		isrv_op_pass_over(s, "two bodies in answer to one question");
		return;
	}
	body = isrv_mem_zalloc(&s->mem, size_of(given->eol == IMAPSRV_EOL_LF));
	if (!body) {
		s->in_callback++;
		s->engine->store.body_close(s->user, given->handle);
		s->in_callback--;
		isrv_session_fail(s, IMAPSRV_ENOMEM);
		return;
	}
	body->session = s;
	body->handle = given->handle;
	body->data = given->data;
	body->octets = given->octets;
	body->convert = given->eol == IMAPSRV_EOL_LF;
	body->holders = 1;
	b->body = body;
}

/* The host's fault, seen before anything of the message was sent. */
static void broken(struct imapsrv_session *s, struct isrv_body_cursor *b, const char *what)
{
	isrv_session_fault(s, what);
	s->result.code = IMAPSRV_SERVERBUG;
	s->result.text = "";
	b->failed = true;
}

/* One half to convert into, one to pull into.  Now, when what is read for can still be refused: not
 * with a literal half written. */
static void take_buffers(struct imapsrv_session *s, struct isrv_body_cursor *b)
{
	struct isrv_arena *arena = b->arena ? b->arena : &s->arena;

	if (b->buf || (b->body->data && !b->body->convert))
		return;
	b->buf = isrv_arena_alloc(arena, 2 * (size_t)ISRV_BODY_CHUNK);
	if (b->buf)
		return;
	b->failed = true;
	s->result.code = IMAPSRV_LIMIT;
	s->result.text = "";
	if (arena->starved)
		isrv_session_fail(s, IMAPSRV_ENOMEM);
}

enum isrv_step isrv_body_open(struct imapsrv_session *s, struct isrv_body_cursor *b,
                              void *mailbox, uint32_t uid)
{
	struct imapsrv_body q = {mailbox, uid};

	if (b->state == CLOSED) {
		b->state = OPENING;
		ISRV_ASK(s, ISRV_OP_BODY, store, body, &q, take_body, b);
	}
	if (!isrv_answered(s))
		return ISRV_HOST;
	b->state = OPEN;
	if (s->result.code != IMAPSRV_OK || s->error)
		b->failed = true;
	else if (!b->body)
		broken(s, b, "body was answered OK without octets");
	else if (!b->body->data && b->body->octets && !s->engine->store.body_read)
		broken(s, b, "a body is to be pulled, and there is no body_read callback");
	else
		take_buffers(s, b);
	return ISRV_DONE;
}

void isrv_body_close(struct imapsrv_session *s, struct isrv_body_cursor *b)
{
	struct isrv_body *body = b->body;
	struct isrv_arena *arena = b->arena;
	char *buf = b->buf;

	(void)s;
	/* Nothing of this message, not its length either, may be taken for the next one's. */
	memset(b, 0, sizeof(*b));
	b->arena = arena;
	b->buf = buf;
	if (body)
		let_go(body);
}

/* ---- the host's octets --------------------------------------------------------------------- */

static void take_bytes(struct imapsrv_session *s, void *ctx, const void *answer)
{
	const struct imapsrv_span *bytes = answer;
	struct isrv_body_cursor *b = ctx;

	(void)s;
	/* op_messages.c sees to it that no more come than were asked for, in however many
	 * pieces. */
	memcpy(b->buf + ISRV_BODY_CHUNK + b->piece.len, bytes->data, bytes->len);
	b->piece.len += bytes->len;
}

static void ask_bytes(struct imapsrv_session *s, struct isrv_body_cursor *b)
{
	uint64_t left = b->body->octets - b->at;
	struct imapsrv_body_read q = {b->body->handle, b->at, ISRV_BODY_CHUNK};
	struct imapsrv_op *op;

	if (left < q.len)
		q.len = (size_t)left;
	b->piece.data = b->buf + ISRV_BODY_CHUNK;
	b->piece.len = 0;
	b->state = READING;
	op = isrv_op_begin(s, ISRV_OP_BODY_READ, take_bytes, b);
	s->ops.max = (uint32_t)q.len;
	s->engine->store.body_read(s->user, op, &q);
	isrv_op_called(s);
}

/*
 * Sees to it that b->piece holds octets, unless the end is reached; not many, so that who reads a
 * long message has turns.  DONE with an empty piece and b->failed: the host gave fewer than it
 * promised.
 */
static enum isrv_step fill(struct imapsrv_session *s, struct isrv_body_cursor *b)
{
	struct isrv_body *body = b->body;

	if (b->state == OPEN && b->piece.len)
		return ISRV_DONE;
	if (b->state == OPEN && b->at == body->octets)
		return ISRV_DONE;
	if (b->state == OPEN && isrv_session_turn_over(s))
		return ISRV_YIELD;
	if (body->data) {
		uint64_t left = body->octets - b->at;

		b->piece.data = body->data + b->at;
		b->piece.len = left < ISRV_BODY_LENT ? (size_t)left : ISRV_BODY_LENT;
		b->at += b->piece.len;
		return ISRV_DONE;
	}
	if (b->state == OPEN)
		ask_bytes(s, b);
	if (!isrv_answered(s))
		return ISRV_HOST;
	b->state = OPEN;
	if (s->result.code != IMAPSRV_OK)
		b->failed = true;
	else if (!b->piece.len)
		broken(s, b, "a body ended before the octets that were promised");
	b->at += b->piece.len;
	return ISRV_DONE;
}

void isrv_body_rewind(struct isrv_body_cursor *b)
{
	b->at = 0;
	b->done = 0;
	b->piece.len = 0;
	b->cr = false;
}

void isrv_body_seek(struct isrv_body_cursor *b, uint64_t wire, uint64_t host)
{
	b->at = host;
	b->done = wire;
	b->piece.len = 0;
	b->cr = false;
}

enum isrv_step isrv_body_raw(struct imapsrv_session *s, struct isrv_body_cursor *b,
                             struct imapsrv_span *piece_r)
{
	enum isrv_step step = fill(s, b);

	*piece_r = b->piece;
	if (step != ISRV_DONE)
		piece_r->len = 0;
	else
		b->piece.len = 0;
	return step;
}

bool isrv_body_lent(const struct isrv_body_cursor *b, uint64_t from, uint64_t to,
                    struct imapsrv_span *span_r)
{
	if (!b->body->data)
		return false;
	span_r->data = b->body->data + from;
	span_r->len = (size_t)(to - from);
	return true;
}

bool isrv_body_converts(const struct isrv_body_cursor *b)
{
	return b->body->convert;
}

uint64_t isrv_body_octets(const struct isrv_body_cursor *b)
{
	return b->body->octets;
}

/* ---- on the wire --------------------------------------------------------------------------- */

enum isrv_step isrv_body_measure(struct imapsrv_session *s, struct isrv_body_cursor *b)
{
	enum isrv_step step;

	if (!b->body->convert && !b->measured) {
		b->wire = b->body->octets;
		b->measured = true;
	}
	while (!b->measured) {
		step = fill(s, b);
		if (step != ISRV_DONE)
			return step;
		if (s->error || b->failed)
			return ISRV_DONE;
		if (!b->piece.len) {
			b->measured = true;
			b->wire = b->done;
			break;
		}
		b->done += isrv_eol_size(b->piece.data, b->piece.len, &b->cr);
		s->steps += b->piece.len / 64 + 1;
		b->piece.len = 0;
	}
	isrv_body_rewind(b);
	return ISRV_DONE;
}

enum isrv_step isrv_body_next(struct imapsrv_session *s, struct isrv_body_cursor *b,
                              struct imapsrv_span *piece_r)
{
	enum isrv_step step = fill(s, b);
	size_t taken, put;

	piece_r->data = NULL;
	piece_r->len = 0;
	if (step != ISRV_DONE || s->error || b->failed || !b->piece.len)
		return step;
	if (!b->body->convert) {
		*piece_r = b->piece;
		b->piece.len = 0;
	} else {
		isrv_eol_put(b->buf, ISRV_BODY_CHUNK, &put, b->piece.data, b->piece.len, &taken,
		             &b->cr);
		b->piece.data += taken;
		b->piece.len -= taken;
		piece_r->data = b->buf;
		piece_r->len = put;
	}
	b->done += piece_r->len;
	s->steps += piece_r->len / 64 + 1;
	return ISRV_DONE;
}

static void lend(struct imapsrv_session *s, struct isrv_body_cursor *b, uint64_t from, uint64_t to)
{
	struct isrv_body *body = b->body;

	body->holders++;
	isrv_w_lend(&s->w, body->data + from, (size_t)(to - from), release, body);
}

/* Leaves out what is before `from`, where wire and host octets are the same. */
static void skip(struct isrv_body_cursor *b, uint64_t from)
{
	if (!b->body->convert && b->done < from && !b->piece.len) {
		b->at = from;
		b->done = from;
	}
}

/* Parts may be asked for in any order: what is before one is not read again and again. */
static void mark(struct isrv_body_cursor *b)
{
	struct isrv_body *body = b->body;
	struct mark *here;

	if (!body->convert || b->piece.len || b->cr || b->at == body->octets)
		return;
	here = &body->marks[b->at / (body->octets / MARKS + 1)];
	if (!here->wire)
		*here = (struct mark){b->done, b->at};
}

static void seek(struct isrv_body_cursor *b, uint64_t from)
{
	const struct mark *marks = b->body->marks;

	if (b->done > from)
		isrv_body_rewind(b);
	skip(b, from);
	for (size_t i = 0; i < MARKS && b->body->convert; i++)
		if (marks[i].wire > b->done && marks[i].wire <= from)
			isrv_body_seek(b, marks[i].wire, marks[i].host);
}

void isrv_body_lost(struct imapsrv_session *s)
{
	if (s->result.code == IMAPSRV_OK) /* else the host said that it could not */
		isrv_session_fault(s, "a body changed while it was being sent");
	isrv_session_fail(s, IMAPSRV_EHOST);
}

/* Of what is lent in place so much is looked at before the client has read what came before: it may
 * be a file that has to be read for that. */
#define LOOKED_AT (1u << 20)

/* Lent memory goes out in place up to a NUL, for which the writer has to put something else (RFC
 * 9051 9): from there a piece is copied.  No octet is looked at twice. */
static enum isrv_step put_lent(struct imapsrv_session *s, struct isrv_body_cursor *b, uint64_t to)
{
	while (b->done < to) {
		const char *at = b->body->data + b->done, *nul;
		size_t len = to - b->done < LOOKED_AT ? (size_t)(to - b->done) : LOOKED_AT;

		if (isrv_session_full(s))
			return ISRV_OUTPUT;
		nul = memchr(at, '\0', len);
		if (nul != at) {
			len = nul ? (size_t)(nul - at) : len;
			lend(s, b, b->done, b->done + len);
			s->steps += len / 1024;
		} else {
			len = len < ISRV_BODY_CHUNK ? len : ISRV_BODY_CHUNK;
			isrv_w_bytes(&s->w, at, len);
			s->steps += len / 64 + 1;
		}
		b->done += len;
	}
	return ISRV_DONE;
}

static enum isrv_step put_pieces(struct imapsrv_session *s, struct isrv_body_cursor *b,
                                 uint64_t from, uint64_t to)
{
	struct imapsrv_span piece;
	enum isrv_step step;

	while (b->done < to) {
		uint64_t start = b->done;

		if (isrv_session_full(s))
			return ISRV_OUTPUT;
		mark(b);
		step = isrv_body_next(s, b, &piece);
		if (step != ISRV_DONE)
			return step;
		if (s->error)
			return ISRV_DONE;
		if (!piece.len || b->failed) {
			isrv_body_lost(s);
			return ISRV_DONE;
		}
		if (b->done <= from) {
			skip(b, from);
			continue;
		}
		if (start < from) {
			piece.data += from - start;
			piece.len -= (size_t)(from - start);
		}
		if (b->done > to)
			piece.len -= (size_t)(b->done - to);
		isrv_w_bytes(&s->w, piece.data, piece.len);
	}
	return ISRV_DONE;
}

enum isrv_step isrv_body_put(struct imapsrv_session *s, struct isrv_body_cursor *b, uint64_t from,
                             uint64_t to)
{
	enum isrv_step step;

	if (!b->putting)
		seek(b, from);
	b->putting = true;
	step = b->body->data && !b->body->convert ? put_lent(s, b, to) : put_pieces(s, b, from, to);
	if (step == ISRV_DONE && !s->error)
		b->putting = false;
	return step;
}
