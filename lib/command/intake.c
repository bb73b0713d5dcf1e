/* SPDX-License-Identifier: MIT */
/*
 * A message streams: each literal is answered for before its first octet is taken, its octets are
 * handed to the host where they lie, and nothing of them is kept.  All messages are stored or none:
 * until the host was asked to store them, every way out of here is append_abort.
 *
 * What ends a command early while octets of it are on their way (a refusal of the host, garbage
 * between two messages) has its reply set at once and sent when the rest of the command has been
 * taken and thrown away, so that no octet of a message can be read as a command (RFC 7888 4).
 *
 * Which messages and literals are let in is in intake_welcome.c, the grammar in intake_parse.c.
 */
#include "command/intake.h"

#include "command/catenate.h"
#include "command/intake_welcome.h"
#include "command/memory.h"
#include "session/hear.h"
#include "session/line.h"
#include "session/session.h"

enum at {
	AT_START,
	AT_ITEM,    /* the next thing to be done, of those that were parsed */
	AT_ACCESS,  /* may messages be put there?                          */
	AT_BEGUN,   /* the host is asked whether it wants the message      */
	AT_URL,     /* octets are fetched for it                           */
	AT_DATA,    /* octets of a literal are to come                     */
	AT_TAKEN,   /* the host is taking some                             */
	AT_REST,    /* the line behind it is to come                       */
	AT_FINISH,  /* the host stores all                                 */
	AT_SKIP,    /* refused: what is left of the literal,               */
	AT_DROP,    /* and of the command, is to be thrown away            */
	AT_END      /* the reply is set, and nothing is left to come       */
};

bool isrv_intake_parse(struct isrv_parse *p, struct isrv_intake *t)
{
	return isrv_rd_mailbox(&p->r, &t->name) && isrv_intake_parse_piece(p, &t->items, true);
}

/* ---- ways out ------------------------------------------------------------------------------ */

static void let_go(struct imapsrv_session *s, struct isrv_intake *t)
{
	if (t->urls)
		isrv_catenate_drop(s, t->urls);
	t->urls = NULL;
	if (!t->begun)
		return;
	t->begun = false;
	s->in_callback++;
	s->engine->store.append_abort(s->user, t->handle);
	s->in_callback--;
}

/* The reply is set.  A literal that was announced is not wanted, nor what is left of one. */
static void give_up(struct imapsrv_session *s, struct isrv_intake *t)
{
	let_go(s, t);
	if (!t->items.literal)
		t->at = AT_END;
	else if (!t->announced && s->literal_left)
		t->at = AT_SKIP;
	else
		t->at = AT_DROP;
	if (t->announced)
		isrv_framer_refuse(&s->framer);
	t->announced = false;
}

/* ---- answers ------------------------------------------------------------------------------- */

static void begin_sink(struct imapsrv_session *s, void *ctx, const void *answer)
{
	struct isrv_intake *t = ctx;

	if (t->begun) {
		isrv_op_pass_over(s, "an append that was begun already was given a handle");
		return;
	}
	t->handle = (void *)answer;
	t->begun = true;
}

static void finish_sink(struct imapsrv_session *s, void *ctx, const void *answer)
{
	const struct isrv_op_uids *uids = answer;
	struct isrv_intake *t = ctx;
	size_t size = uids->to.count * sizeof(*uids->to.ranges);
	struct imapsrv_range *copy;

	if (!uids->uidvalidity || !uids->to.count)
		return;
	if (isrv_uidset_size(uids->to) != t->messages || t->uidvalidity) {
		isrv_op_pass_over(s, "not as many UIDs as messages were appended");
		return;
	}
	/* No more ranges than messages, which are limited; and they are stored. */
	copy = isrv_arena_zalloc_over(&s->arena, size);
	if (!copy) {
		isrv_session_fail(s, IMAPSRV_ENOMEM);
		return;
	}
	memcpy(copy, uids->to.ranges, size);
	t->uids = (struct imapsrv_set){copy, uids->to.count};
	t->uidvalidity = uids->uidvalidity;
}

/* RFC 9051 6.3.12: the selected mailbox announces its new messages like any others. */
static enum isrv_step stored(struct imapsrv_session *s, struct isrv_intake *t)
{
	t->stored = true;
	if (isrv_session_is_selected(s, t->name))
		isrv_hear_own(s, t->uids);
	return ISRV_DONE;
}

/* ---- one message --------------------------------------------------------------------------- */

static void ask_begin(struct imapsrv_session *s, struct isrv_intake *t, uint64_t octets,
                      bool literal8)
{
	const struct isrv_intake_message *m = &t->message;
	struct imapsrv_append q;

	memset(&q, 0, sizeof(q));
	q.account = s->account.handle;
	q.name = t->name;
	q.append = t->begun ? t->handle : NULL;
	q.octets = octets;
	q.flags.system = m->flags.system;
	q.flags.keywords = m->flags.keywords;
	q.flags.keyword_count = m->flags.keyword_count;
	isrv_access_limit(t->access.rights, &q.flags);
	q.has_date = m->has_date;
	q.date = m->date.utc;
	q.zone = m->date.zone;
	q.literal8 = literal8;
	q.replaced_mailbox = t->mailbox;
	q.replaced = t->replaced;
	q.annotations = m->annotations.list;
	q.annotation_count = m->annotations.count;
	t->octets = 0;
	isrv_ascii_header_init(&t->header);
	t->at = AT_BEGUN;
	ISRV_ASK(s, ISRV_OP_APPEND_BEGIN, store, append_begin, &q, begin_sink, t);
}

/* The literal that was announced comes. */
static void start_data(struct imapsrv_session *s, struct isrv_intake *t)
{
	t->announced = false;
	t->octets += s->framer.literal_size;
	if (s->framer.literal_sync) {
		ISRV_W(&s->w, "+ OK");
		isrv_w_crlf(&s->w);
	}
	s->literal_left = s->framer.literal_size;
	s->steps += s->framer.literal_size / 64 + 1;
	isrv_framer_stream(&s->framer);
	t->at = AT_DATA;
}

/* RFC 9755 4: header fields in UTF-8 are for clients that know of them. */
static bool checks_header(const struct imapsrv_session *s)
{
	return !s->w.utf8 && isrv_caps_has(s, ISRV_CAP_UTF8_ACCEPT);
}

/* Hands over what is there; the host copies what it wants to keep. */
static void give_data(struct imapsrv_session *s, struct isrv_intake *t)
{
	size_t len = (size_t)(s->in_end - s->in);
	struct imapsrv_append_data q;

	if (len > s->literal_left)
		len = (size_t)s->literal_left;
	if (checks_header(s) && !isrv_ascii_header_feed(&t->header, s->in, len, &s->steps)) {
		isrv_catenate_header(s);
		give_up(s, t);
		return;
	}
	q.append = t->handle;
	q.data = s->in;
	q.len = len;
	ISRV_ASK(s, ISRV_OP_APPEND_DATA, store, append_data, &q, NULL, NULL);
	s->in += len;
	s->literal_left -= len;
	t->at = AT_TAKEN;
}

/* Throws away what is there of a literal.  It was let in under limits.append, and costs no more
 * than that. */
static void skip_data(struct imapsrv_session *s, struct isrv_intake *t)
{
	size_t len = (size_t)(s->in_end - s->in);

	if (len > s->literal_left)
		len = (size_t)s->literal_left;
	s->in += len;
	s->literal_left -= len;
	if (!s->literal_left)
		t->at = AT_DROP;
}

/* ---- behind a message, and among its arguments --------------------------------------------- */

static void reader(struct imapsrv_session *s, struct isrv_parse *p)
{
	memset(p, 0, sizeof(*p));
	p->limits = &s->engine->limits;
	p->caps = &s->caps;
	isrv_reader_init(&p->r, &s->arena, s->framer.buf.data, s->framer.buf.len);
	p->r.steps = &s->steps;
	p->r.keyword_max = s->engine->limits.keyword_len;
	p->r.utf8 = s->w.utf8;
}

static void complain(struct imapsrv_session *s, const struct isrv_reader *r, enum isrv_frame frame)
{
	if (frame == ISRV_FRAME_DROPPED) {
		isrv_bad(s, "The command is too long");
		s->reply.code = "TOOBIG";
	} else if (s->arena.starved) {
		isrv_session_fail(s, IMAPSRV_ENOMEM);
	} else if (r->nomem) {
		isrv_bad(s, "The command is too complex");
		s->reply.code = "LIMIT";
	} else {
		isrv_bad(s, "Expected the next message or the end of the command");
	}
}

static void ask_finish(struct imapsrv_session *s, struct isrv_intake *t)
{
	struct imapsrv_append_finish finish = {t->handle};
	struct imapsrv_replace replace = {t->handle, t->mailbox, t->replaced};

	/* Whatever comes of it, this ends the handle. */
	t->begun = false;
	let_go(s, t);
	t->at = AT_FINISH;
	if (t->replaced)
		ISRV_ASK(s, ISRV_OP_REPLACE, store, replace, &replace, finish_sink, t);
	else
		ISRV_ASK(s, ISRV_OP_APPEND_FINISH, store, append_finish, &finish, finish_sink, t);
}

/* The literal that was announced is an argument, and becomes part of the line. */
static void take_argument(struct imapsrv_session *s, struct isrv_intake *t)
{
	const char *problem;

	if (!t->announced) {
		isrv_bad(s, "Expected the message");
		t->items.literal = false;
		give_up(s, t);
		return;
	}
	problem = isrv_line_take_literal(s);
	if (problem) {
		isrv_bad(s, problem);
		s->reply.code = "TOOBIG";
		give_up(s, t);
		return;
	}
	t->announced = false;
	if (s->framer.literal_sync) {
		ISRV_W(&s->w, "+ OK");
		isrv_w_crlf(&s->w);
	}
	t->at = AT_REST;
}

/* More of the line has come. */
static void take_rest(struct imapsrv_session *s, struct isrv_intake *t)
{
	enum isrv_frame frame = s->frame;
	struct isrv_parse p;

	s->frame = ISRV_FRAME_MORE;
	t->announced = frame == ISRV_FRAME_LITERAL;
	reader(s, &p);
	if (frame != ISRV_FRAME_DROPPED && isrv_intake_parse_piece(&p, &t->items, false) &&
	    (t->announced || isrv_rd_end(&p.r))) {
		t->at = AT_ITEM;
		return;
	}
	complain(s, &p.r, frame);
	t->items.literal = t->announced;
	give_up(s, t);
}

/* The end of what is thrown away. */
static bool is_dropped(struct imapsrv_session *s)
{
	enum isrv_frame frame = s->frame;

	s->frame = ISRV_FRAME_MORE;
	if (frame == ISRV_FRAME_LITERAL)
		isrv_framer_refuse(&s->framer);
	return frame == ISRV_FRAME_DROPPED || frame == ISRV_FRAME_COMMAND;
}

/* ---- the steps ----------------------------------------------------------------------------- */

/* The name outlives the framer's buffer, in which the next line will stand. */
static bool keep_name(struct imapsrv_session *s, struct isrv_intake *t)
{
	t->name.data = isrv_arena_copy(&s->arena, t->name.data, t->name.len);
	if (!t->name.data)
		isrv_command_nomem(s);
	return t->name.data != NULL;
}

/* An answer of the host has come that says whether the APPEND goes on. */
static void answered(struct imapsrv_session *s, struct isrv_intake *t)
{
	if (s->result.code != IMAPSRV_OK) {
		isrv_refused(s, "TRYCREATE");
		/* RFC 5257 4.5 */
		if (t->at == AT_BEGUN && t->message.annotations.count &&
		    s->result.code == IMAPSRV_LIMIT)
			s->reply.code = "ANNOTATE TOOMANY";
		give_up(s, t);
	} else if (t->at == AT_TAKEN) {
		t->at = AT_DATA;
	} else if (t->at == AT_BEGUN && !t->begun) {
		isrv_session_fault(s, "an append was begun without imapsrv_op_append");
		isrv_no(s, "SERVERBUG", "The message could not be taken");
		give_up(s, t);
	} else {
		t->messages++;
		if (t->items.list[t->items.at - 1].kind == ISRV_INTAKE_MESSAGE)
			start_data(s, t);
		else
			t->at = AT_ITEM;
	}
}

static void begin_url(struct imapsrv_session *s, struct isrv_intake *t, struct imapsrv_span url)
{
	if (!t->urls)
		t->urls = isrv_catenate_new(s);
	if (!t->urls) {
		isrv_command_nomem(s);
		give_up(s, t);
		return;
	}
	t->urls->text = url;
	t->urls->append = t->handle;
	t->urls->header = checks_header(s) ? &t->header : NULL;
	t->urls->room = s->engine->limits.append - t->octets;
	t->at = AT_URL;
}

static void next_item(struct imapsrv_session *s, struct isrv_intake *t)
{
	const struct isrv_intake_item *item;
	bool goes_on = true;

	if (t->items.argument) {
		take_argument(s, t);
		return;
	}
	if (t->items.at == t->items.count) {
		ask_finish(s, t);
		return;
	}
	item = t->items.list + t->items.at++;
	switch (item->kind) {
	case ISRV_INTAKE_MESSAGE:
		t->message = item->message;
		goes_on = isrv_intake_is_welcome_message(s, t);
		t->at = AT_ACCESS;
		break;
	case ISRV_INTAKE_CATENATE:
		t->message = item->message;
		goes_on = isrv_intake_is_welcome(s, t);
		t->at = AT_ACCESS;
		break;
	case ISRV_INTAKE_URL:
		begin_url(s, t, item->url);
		break;
	case ISRV_INTAKE_TEXT:
		goes_on = isrv_intake_is_welcome_literal(s, t, t->octets);
		if (goes_on)
			start_data(s, t);
		break;
	case ISRV_INTAKE_END:
		goes_on = t->octets != 0;
		if (!goes_on)
			isrv_no(s, NULL, "There is nothing in the message");
		break;
	}
	if (!goes_on)
		give_up(s, t);
}

static enum isrv_step step_url(struct imapsrv_session *s, struct isrv_intake *t)
{
	enum isrv_step step = isrv_catenate_step(s, t->urls);

	if (step != ISRV_DONE || s->error)
		return step;
	if (t->urls->failed) {
		give_up(s, t);
	} else {
		t->octets += t->urls->octets;
		t->at = AT_ITEM;
	}
	return ISRV_DONE;
}

static bool start(struct imapsrv_session *s, struct isrv_intake *t)
{
	t->announced = s->frame == ISRV_FRAME_LITERAL;
	s->frame = ISRV_FRAME_MORE;
	t->at = AT_ITEM;
	if (!keep_name(s, t))
		give_up(s, t);
	return !s->error;
}

/* "Before performing" an APPEND (RFC 4314 4): asked once, for all messages of the command.  Then
 * the host is asked whether it wants the one that comes next. */
static enum isrv_step check(struct imapsrv_session *s, struct isrv_intake *t)
{
	enum isrv_step step = ISRV_DONE;

	if (!t->begun)
		step = isrv_access_step(s, &t->access, ISRV_DO_INSERT, t->name);
	if (step != ISRV_DONE || s->error)
		return step;
	if (t->access.code != IMAPSRV_OK) {
		isrv_refused(s, "TRYCREATE");
		give_up(s, t);
	} else if (!isrv_annotate_may(s, t->access.rights, &t->message.annotations)) {
		give_up(s, t);
	} else if (t->items.list[t->items.at - 1].kind == ISRV_INTAKE_MESSAGE) {
		ask_begin(s, t, s->framer.literal_size, isrv_intake_is_binary(s, t));
	} else {
		ask_begin(s, t, UINT64_MAX, false);
	}
	return ISRV_DONE;
}

enum isrv_step isrv_intake_step(struct imapsrv_session *s, struct isrv_intake *t)
{
	enum isrv_step step;

	for (;;) {
		switch ((enum at)t->at) {
		case AT_START:
			if (!start(s, t))
				return ISRV_DONE;
			break;
		case AT_ITEM:
			next_item(s, t);
			if (s->error)
				return ISRV_DONE;
			break;
		case AT_ACCESS:
			step = check(s, t);
			if (step != ISRV_DONE || s->error)
				return step;
			break;
		case AT_BEGUN:
		case AT_TAKEN:
			if (!isrv_answered(s))
				return ISRV_HOST;
			answered(s, t);
			break;
		case AT_URL:
			step = step_url(s, t);
			if (step != ISRV_DONE || s->error)
				return step;
			break;
		case AT_DATA:
			if (!s->literal_left)
				t->at = AT_REST;
			else if (s->in == s->in_end)
				return ISRV_INPUT;
			else
				give_data(s, t);
			break;
		case AT_REST:
			if (s->frame == ISRV_FRAME_MORE)
				return ISRV_INPUT;
			take_rest(s, t);
			break;
		case AT_FINISH:
			if (!isrv_answered(s))
				return ISRV_HOST;
			if (s->result.code != IMAPSRV_OK)
				return isrv_refused(s, "TRYCREATE");
			return stored(s, t);
		case AT_SKIP:
			if (s->in == s->in_end)
				return ISRV_INPUT;
			skip_data(s, t);
			break;
		case AT_DROP:
			if (s->frame == ISRV_FRAME_MORE)
				return ISRV_INPUT;
			if (is_dropped(s))
				return ISRV_DONE;
			break;
		case AT_END:
			return ISRV_DONE;
		}
	}
}

void isrv_intake_refuse(struct imapsrv_session *s, struct isrv_intake *t)
{
	t->announced = s->frame == ISRV_FRAME_LITERAL;
	t->items.literal = t->announced;
	s->frame = ISRV_FRAME_MORE;
	give_up(s, t);
}

void isrv_intake_drop(struct imapsrv_session *s, struct isrv_intake *t)
{
	let_go(s, t);
}

/* ---- APPENDUID ----------------------------------------------------------------------------- */

bool isrv_intake_has_appenduid(const struct imapsrv_session *s, const struct isrv_intake *t)
{
	/* RFC 9051 6.3.12: "MUST NOT" if it cannot be selected. */
	return isrv_access_may(t->access.rights, ISRV_DO_READ) && t->uidvalidity &&
	       (isrv_session_rev2(s) || isrv_caps_has(s, ISRV_CAP_UIDPLUS));
}

/* resp-code-apnd = "APPENDUID" SP nz-number SP append-uid (RFC 4315 3) */
void isrv_intake_put_appenduid(struct imapsrv_session *s, const struct isrv_intake *t)
{
	ISRV_W(&s->w, "APPENDUID ");
	isrv_w_u32(&s->w, t->uidvalidity);
	ISRV_W(&s->w, " ");
	isrv_w_set(&s->w, t->uids);
}
