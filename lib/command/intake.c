/* SPDX-License-Identifier: MIT */
/*
 * A message streams: each literal is answered for before its first octet is taken, its octets are
 * handed to the host where they lie, and nothing of them is kept.  All messages are stored or none:
 * until the host was asked to store them, every way out of here is append_abort.
 *
 * What ends a command early while octets of it are on their way (a refusal of the host, garbage
 * between two messages) has its reply set at once and sent when the rest of the command has been
 * taken and thrown away, so that no octet of a message can be read as a command (RFC 7888 4).
 */
#include "command/intake.h"

#include "session/hear.h"
#include "session/messagelimit.h"
#include "session/session.h"

enum at {
	AT_START,
	AT_LITERAL, /* one was announced, and what stands before it was parsed */
	AT_BEGUN,   /* the host is asked whether it wants it                   */
	AT_DATA,    /* octets of it are to come                                */
	AT_TAKEN,   /* the host is taking some                                 */
	AT_REST,    /* the line behind it is to come                           */
	AT_FINISH,  /* the host stores all                                     */
	AT_SKIP,    /* refused: what is left of the literal, */
	AT_DROP     /* and of the command, is to be thrown away */
};

/* ---- arguments ----------------------------------------------------------------------------- */

/*
 * append-message = [SP flag-list] [SP date-time] SP append-data
 * append-data    = literal / literal8 / "UTF8" SP "(" literal8 ")"
 * to the end of the line: the octets of the literal are not there yet.  A flag list may be empty,
 * and flags that nobody can set are passed over.  RFC 9755 has no UTF8 any more (a plain literal can
 * hold all), but clients of RFC 6855 4 send it.
 */
static bool parse_message(struct isrv_reader *r, const struct isrv_caps *caps,
                          struct isrv_intake_message *m)
{
	uint64_t size;
	bool literal8;

	memset(m, 0, sizeof(*m));
	if (!isrv_rd_sp(r))
		return false;
	if (isrv_rd_peek(r) == '(' && (!isrv_rd_flag_list(r, &m->flags) || !isrv_rd_sp(r)))
		return false;
	m->has_date = isrv_rd_peek(r) == '"';
	if (m->has_date && (!isrv_rd_datetime(r, &m->date) || !isrv_rd_sp(r)))
		return false;
	m->utf8 = isrv_caps_in(caps, ISRV_CAP_UTF8_ACCEPT) && isrv_rd_try_word(r, "UTF8");
	if (m->utf8 && (!isrv_rd_sp(r) || !isrv_rd_char(r, '(')))
		return false;
	return isrv_rd_announcement(r, &size, &literal8);
}

bool isrv_intake_parse(struct isrv_parse *p, struct isrv_intake *t)
{
	return isrv_rd_mailbox(&p->r, &t->name) && parse_message(&p->r, p->caps, &t->message);
}

/* The mailbox may be a literal too: it is the one just announced if it stands first and nothing
 * behind it. */
enum isrv_literal isrv_intake_literal(struct isrv_parse *p)
{
	size_t left = (size_t)(p->r.end - p->r.at);
	const char *lf = left ? memchr(p->r.at, '\n', left) : NULL;

	if (isrv_rd_peek(&p->r) == '{' && (!lf || lf + 1 == p->r.end))
		return ISRV_LITERAL_ARGUMENT;
	return ISRV_LITERAL_START;
}

/* ---- ways out ------------------------------------------------------------------------------ */

static void let_go(struct imapsrv_session *s, struct isrv_intake *t)
{
	if (!t->begun)
		return;
	t->begun = false;
	s->in_callback++;
	s->engine->store.append_abort(s->user, t->handle);
	s->in_callback--;
}

/* The reply is set.  A literal that was announced is not wanted. */
static void refuse_literal(struct imapsrv_session *s, struct isrv_intake *t)
{
	let_go(s, t);
	isrv_framer_refuse(&s->framer);
	t->at = AT_DROP;
}

/* ---- answers ------------------------------------------------------------------------------- */

static void begin_sink(struct imapsrv_session *s, void *ctx, const void *answer)
{
	struct isrv_intake *t = ctx;

	if (t->begun) {
		isrv_session_fault(s, "an append that was begun already was given a handle");
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
		isrv_session_fault(s, "not as many UIDs as messages were appended");
		return;
	}
	/* No more ranges than messages, which are limited. */
	copy = isrv_arena_alloc(&s->arena, size);
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
	struct isrv_view *v = s->view;

	t->stored = true;
	if (v && v->name_len == t->name.len && memcmp(v->name, t->name.data, t->name.len) == 0)
		isrv_hear_own(s, t->uids);
	return ISRV_DONE;
}

/* ---- one message --------------------------------------------------------------------------- */

/* One whose octets may be anything, NUL too.  That of UTF8 holds text. */
static bool is_binary(const struct imapsrv_session *s, const struct isrv_intake *t)
{
	return s->framer.literal8 && !t->message.utf8;
}

/* May the literal that was announced come?  If not, the reply is set. */
static bool is_welcome(struct imapsrv_session *s, const struct isrv_intake *t)
{
	const struct isrv_framer *f = &s->framer;
	const struct imapsrv_limits *limits = &s->engine->limits;
	uint32_t most = isrv_save_limit(s);

	if (!s->engine->store.append_begin) {
		isrv_no(s, "CANNOT", "The mailboxes here can only be read");
	} else if (is_binary(s, t) && !isrv_caps_has(s, ISRV_CAP_BINARY)) {
		/* BINARY was hidden.  A client that sends a literal8 all the same is told what
		 * RFC 3516 4.4 has for a mailbox that cannot keep NULs: encode the message. */
		isrv_no(s, "UNKNOWN-CTE", "Messages cannot be binary here");
	} else if (s->engine->config.literal_minus && !f->literal_sync && f->literal_size > 4096) {
		/* RFC 7888 5: BAD, and in answer to an APPEND always with TOOBIG. */
		isrv_bad(s, "A literal above 4096 octets must wait for leave");
		s->reply.code = "TOOBIG";
	} else if (f->literal_size == 0) {
		/* RFC 3502 6.3.11: an error, by which a client cancels all of the APPEND. */
		isrv_no(s, NULL, "Cancelled by a message without octets");
	} else if (f->literal_size > limits->append) {
		isrv_no(s, "TOOBIG", "The message is too big");
	} else if (most != UINT32_MAX && t->messages >= most) {
		/* RFC 9738 3.1: none of them is appended. */
		isrv_message_limit_refuse(s, most, 0, "Too many messages in one APPEND");
	} else if (most == UINT32_MAX && t->messages >= limits->append_messages) {
		isrv_no(s, "LIMIT", "Too many messages in one APPEND");
	} else if (t->messages && (t->replaced || !isrv_caps_has(s, ISRV_CAP_MULTIAPPEND))) {
		isrv_bad(s, "Expected the end of the command behind the message");
	} else {
		return true;
	}
	return false;
}

static void ask_begin(struct imapsrv_session *s, struct isrv_intake *t)
{
	const struct isrv_intake_message *m = &t->message;
	struct imapsrv_append q;

	memset(&q, 0, sizeof(q));
	q.account = s->account.handle;
	q.name = t->name;
	q.append = t->begun ? t->handle : NULL;
	q.octets = s->framer.literal_size;
	q.flags.system = m->flags.system;
	q.flags.keywords = m->flags.keywords;
	q.flags.keyword_count = m->flags.keyword_count;
	q.has_date = m->has_date;
	q.date = m->date.utc;
	q.zone = m->date.zone;
	q.literal8 = is_binary(s, t);
	q.replaced_mailbox = t->mailbox;
	q.replaced = t->replaced;
	ISRV_ASK(s, ISRV_OP_APPEND_BEGIN, store, append_begin, &q, begin_sink, t);
}

static void start_data(struct imapsrv_session *s, struct isrv_intake *t)
{
	t->begun = true;
	t->messages++;
	if (s->framer.literal_sync) {
		ISRV_W(&s->w, "+ OK");
		isrv_w_crlf(&s->w);
	}
	s->literal_left = s->framer.literal_size;
	isrv_ascii_header_init(&t->header);
	s->steps += s->framer.literal_size / 64 + 1;
	isrv_framer_stream(&s->framer);
	t->at = AT_DATA;
}

/* RFC 9755 4: header fields in UTF-8 are for clients that know of them.  False: the reply is set. */
static bool may_header(struct imapsrv_session *s, struct isrv_intake *t, size_t len)
{
	if (s->w.utf8 || !isrv_caps_has(s, ISRV_CAP_UTF8_ACCEPT))
		return true;
	if (isrv_ascii_header_feed(&t->header, s->in, len, &s->steps))
		return true;
	isrv_no(s, NULL, "Header fields with 8-bit characters need ENABLE UTF8=ACCEPT");
	let_go(s, t);
	t->at = AT_SKIP;
	return false;
}

/* Hands over what is there; the host copies what it wants to keep. */
static void give_data(struct imapsrv_session *s, struct isrv_intake *t)
{
	size_t len = (size_t)(s->in_end - s->in);
	struct imapsrv_append_data q;

	if (len > s->literal_left)
		len = (size_t)s->literal_left;
	if (!may_header(s, t, len))
		return;
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
	if (len)
		s->in += len;
	s->literal_left -= len;
	if (!s->literal_left)
		t->at = AT_DROP;
}

/* ---- behind a message ---------------------------------------------------------------------- */

static void reader(struct imapsrv_session *s, struct isrv_reader *r)
{
	isrv_reader_init(r, &s->arena, s->framer.buf.data, s->framer.buf.len);
	r->steps = &s->steps;
	r->keyword_max = s->engine->limits.keyword_len;
	r->utf8 = s->w.utf8;
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
	t->at = AT_FINISH;
	if (t->replaced)
		ISRV_ASK(s, ISRV_OP_REPLACE, store, replace, &replace, finish_sink, t);
	else
		ISRV_ASK(s, ISRV_OP_APPEND_FINISH, store, append_finish, &finish, finish_sink, t);
}

/* The rest of the line has come.  True: the reply is set, and nothing else is to come. */
static bool take_rest(struct imapsrv_session *s, struct isrv_intake *t)
{
	enum isrv_frame frame = s->frame;
	struct isrv_reader r;

	s->frame = ISRV_FRAME_MORE;
	reader(s, &r);
	if (t->message.utf8 && !isrv_rd_char(&r, ')')) {
		complain(s, &r, frame);
	} else if (frame == ISRV_FRAME_COMMAND && isrv_rd_end(&r)) {
		ask_finish(s, t);
		return false;
	} else if (frame == ISRV_FRAME_LITERAL && parse_message(&r, &s->caps, &t->message)) {
		t->at = AT_LITERAL;
		return false;
	} else {
		complain(s, &r, frame);
	}
	if (frame == ISRV_FRAME_LITERAL) {
		refuse_literal(s, t);
		return false;
	}
	let_go(s, t);
	return true;
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
		isrv_session_fail(s, IMAPSRV_ENOMEM);
	return t->name.data != NULL;
}

/* An answer of the host has come that says whether the APPEND goes on. */
static void answered(struct imapsrv_session *s, struct isrv_intake *t)
{
	if (s->result.code == IMAPSRV_OK) {
		if (t->at == AT_BEGUN)
			start_data(s, t);
		else
			t->at = AT_DATA;
		return;
	}
	isrv_refused(s, "TRYCREATE");
	if (t->at == AT_BEGUN) {
		refuse_literal(s, t);
		return;
	}
	let_go(s, t);
	t->at = s->literal_left ? AT_SKIP : AT_DROP;
}

enum isrv_step isrv_intake_step(struct imapsrv_session *s, struct isrv_intake *t)
{
	for (;;) {
		switch ((enum at)t->at) {
		case AT_START:
			s->frame = ISRV_FRAME_MORE;
			if (!keep_name(s, t))
				return ISRV_DONE;
			t->at = AT_LITERAL;
			/* fallthrough */
		case AT_LITERAL:
			if (!is_welcome(s, t)) {
				refuse_literal(s, t);
				break;
			}
			t->at = AT_BEGUN;
			ask_begin(s, t);
			/* fallthrough */
		case AT_BEGUN:
		case AT_TAKEN:
			if (!isrv_answered(s))
				return ISRV_HOST;
			answered(s, t);
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
			if (take_rest(s, t))
				return ISRV_DONE;
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
		}
	}
}

void isrv_intake_refuse(struct imapsrv_session *s, struct isrv_intake *t)
{
	s->frame = ISRV_FRAME_MORE;
	refuse_literal(s, t);
}

void isrv_intake_drop(struct imapsrv_session *s, struct isrv_intake *t)
{
	let_go(s, t);
}

/* ---- APPENDUID ----------------------------------------------------------------------------- */

bool isrv_intake_has_appenduid(const struct imapsrv_session *s, const struct isrv_intake *t)
{
	return t->uidvalidity && (isrv_session_rev2(s) || isrv_caps_has(s, ISRV_CAP_UIDPLUS));
}

/* resp-code-apnd = "APPENDUID" SP nz-number SP append-uid (RFC 4315 3) */
void isrv_intake_put_appenduid(struct imapsrv_session *s, const struct isrv_intake *t)
{
	ISRV_W(&s->w, "APPENDUID ");
	isrv_w_u32(&s->w, t->uidvalidity);
	ISRV_W(&s->w, " ");
	isrv_w_set(&s->w, t->uids);
}
