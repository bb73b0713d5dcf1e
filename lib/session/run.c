/* SPDX-License-Identifier: MIT */
/*
 * session/run - the loop: input to commands, commands to their steps, and the end of each: untagged
 * updates, then the tagged line.  Commands run strictly in order, one at a time, so pipelining
 * needs no rules of its own (RFC 9051 5.5), and what is emitted cannot depend on how input was cut.
 * What a line says, before its arguments, is in line.c.
 */
#include <string.h>

#include "session/access.h"
#include "session/hear.h"
#include "session/line.h"
#include "session/messagelimit.h"
#include "session/modseq.h"
#include "session/resume.h"
#include "session/run.h"
#include "session/session.h"

/* ---- the end of a command ------------------------------------------------------------------ */

static void count_bad(struct imapsrv_session *s)
{
	const struct imapsrv_limits *limits = &s->engine->limits;

	s->counted.commands++;
	if (s->reply.status != ISRV_REPLY_BAD) {
		if (s->logged_in)
			s->bad_commands = 0;
		return;
	}
	s->counted.bad_commands += s->counted.bad_commands < UINT32_MAX;
	s->bad_commands++;
	if (s->bad_commands >= (s->logged_in ? limits->bad_commands : limits->bad_prelogin))
		isrv_session_end(s, NULL, "Too many bad commands");
}

static void next_command(struct imapsrv_session *s)
{
	bool secret = isrv_session_is_secret(s) || s->doubtful;

	if (s->sync)
		isrv_sync_drop(s);
	s->command = NULL;
	s->args = NULL;
	s->wait = ISRV_DONE;
	s->modseq_shown = s->modseq_due = s->by_number = false;
	s->limited_from = 0;
	s->frame = ISRV_FRAME_MORE;
	s->framer.lines_only = false;
	if (secret) {
		isrv_framer_wipe(&s->framer);
		isrv_arena_wipe(&s->arena);
		s->doubtful = s->literal_refused;
		s->literal_refused = false;
	}
	isrv_framer_next(&s->framer);
	if (s->arena.used)
		isrv_arena_reset(&s->arena);
	s->tag.len = 0;
	s->phase = s->after;
	s->after = ISRV_PHASE_READ;
	s->tell_all = s->secret = false;
	s->stirred = true; /* what the command held back may be told now */
	s->active = true; /* however long the command took, it is the client's turn only now */
}

/* The tagged line of a command that ran, or of one that never began. */
static void finish_command(struct imapsrv_session *s)
{
	s->mid_line = false;
	s->mark = isrv_outq_mark(&s->out);
	isrv_reply_put(s);
	if (isrv_writer_failed(&s->w)) {
		isrv_session_fail(s, IMAPSRV_ENOMEM);
		return;
	}
	count_bad(s);
	if (s->after == ISRV_PHASE_END)
		isrv_session_close(s);
	if (s->phase != ISRV_PHASE_END)
		next_command(s);
}

static inline bool keep_tag(struct imapsrv_session *s, struct imapsrv_span tag)
{
	/* The framer's buffer may be used again before the command ends. */
	if (tag.len <= sizeof(s->short_tag)) {
		memcpy(s->short_tag, tag.data, tag.len);
		s->tag.data = s->short_tag;
		s->tag.len = tag.len;
		return true;
	}
	s->tag.data = isrv_arena_copy(&s->arena, tag.data, tag.len);
	s->tag.len = s->tag.data ? tag.len : 0;
	if (!s->tag.data)
		isrv_session_fail(s, IMAPSRV_ENOMEM);
	return s->tag.data != NULL;
}

bool isrv_session_keep_tag(struct imapsrv_session *s, struct imapsrv_span tag)
{
	return keep_tag(s, tag);
}

/* ---- the start of a command ---------------------------------------------------------------- */

/* Arguments; false: the reply says what is wrong with them. */
static bool read_args(struct imapsrv_session *s, struct isrv_line *line, bool whole)
{
	const struct isrv_command *c = line->command;
	void *args = c->args_size ? isrv_arena_zalloc(&s->arena, c->args_size) : NULL;

	if (c->args_size && !args) {
		if (s->arena.starved)
			isrv_session_fail(s, IMAPSRV_ENOMEM);
		isrv_no(s, "LIMIT", "The command needs more memory than one may have");
		return false;
	}
	if ((c->parse && !c->parse(&line->p, args)) || (whole && !isrv_rd_end(&line->p.r))) {
		isrv_line_bad_syntax(s, &line->p.r);
		return false;
	}
	if ((c->flags & ISRV_COMMAND_WRITES) && s->view->read_only) {
		isrv_no(s, "READ-ONLY", "The mailbox may only be read");
		return false;
	}
	s->args = args;
	return true;
}

/* A command stands in the framer: whole, or up to a literal that it takes by itself. */
static void start(struct imapsrv_session *s, struct isrv_line *line, bool whole)
{
	if (s->engine->config.trace)
		isrv_line_trace(s, line);
	if (line->tag.len && !keep_tag(s, line->tag))
		return;
	s->uid = line->p.uid;
	if (line->problem) {
		isrv_line_complain(s, line);
		/* Its tag may be the first word of a password. */
		isrv_outq_keep_secret(&s->out, s->doubtful);
		finish_command(s);
		isrv_outq_keep_secret(&s->out, false);
		return;
	}
	if (!read_args(s, line, whole)) {
		if (!s->error && whole) {
			finish_command(s);
		} else if (!s->error) {
			isrv_framer_refuse(&s->framer);
			s->phase = ISRV_PHASE_REFUSED;
		}
		return;
	}
	s->command = line->command;
	s->wait = ISRV_DONE;
	s->progress = s->steps;
	s->phase = s->view && (s->view->rights_stale || !isrv_access_command(s))
	                   ? ISRV_PHASE_ACCESS
	                   : ISRV_PHASE_STEP;
	s->frame = whole ? ISRV_FRAME_MORE : ISRV_FRAME_LITERAL;
}

/* ---- literals ------------------------------------------------------------------------------ */

/* The reply is set. */
static void refuse_literal(struct imapsrv_session *s, const struct isrv_line *line)
{
	if (s->engine->config.trace)
		isrv_line_trace(s, line);
	if (line->tag.len && !keep_tag(s, line->tag))
		return;
	s->literal_refused = isrv_session_is_secret(s);
	isrv_framer_refuse(&s->framer);
	s->phase = ISRV_PHASE_REFUSED;
}

/* BAD, not NO: a SELECT that fails deselects, one that never ran does not (RFC 9051 6.3.2). */
static void literal_too_big(struct imapsrv_session *s, const struct isrv_line *line,
                            const char *text)
{
	isrv_bad(s, text);
	s->reply.code = "TOOBIG";
	refuse_literal(s, line);
}

/*
 * A literal was announced.  A command that is unknown, or not allowed now, never gets to send one:
 * what is held for an unfinished command stays small (memory exhaustion before login).  True: it is
 * an argument.
 */
static bool is_argument(struct imapsrv_session *s)
{
	struct isrv_line line;

	/* So was the one before it.  What stands before them all is not read for each: that would
	 * be quadratic in what a client sends (a long tag, thousands of literals). */
	if (s->framer.line && s->collects)
		return true;
	if (!isrv_line_read(s, &line)) {
		isrv_line_complain(s, &line);
		refuse_literal(s, &line);
		return false;
	}
	s->collects = !line.command->literal;
	if (s->collects || line.command->literal(&line.p) == ISRV_LITERAL_ARGUMENT)
		return true;
	(void)isrv_line_read(s, &line); /* from the front again, as it was */
	start(s, &line, false);
	return false;
}

static void literal(struct imapsrv_session *s)
{
	struct isrv_line line;
	const char *problem;

	if (!is_argument(s))
		return;
	problem = isrv_line_take_literal(s);
	if (problem) {
		(void)isrv_line_read(s, &line);
		literal_too_big(s, &line, problem);
		return;
	}
	isrv_arena_reset(&s->arena);
	if (s->framer.literal_sync) {
		s->mark = isrv_outq_mark(&s->out);
		ISRV_W(&s->w, "+ OK\r\n");
		if (isrv_writer_failed(&s->w))
			isrv_session_fail(s, IMAPSRV_ENOMEM);
	}
}

/* ---- input --------------------------------------------------------------------------------- */

static enum isrv_frame feed(struct imapsrv_session *s)
{
	size_t used = 0;
	enum isrv_frame frame;

	frame = isrv_framer_feed(&s->framer, &s->mem, s->in, (size_t)(s->in_end - s->in), &used);
	if (s->in)
		s->in += used;
	if (frame == ISRV_FRAME_NOMEM)
		isrv_session_fail(s, IMAPSRV_ENOMEM);
	else if (frame == ISRV_FRAME_FLOOD)
		isrv_session_end(s, "TOOBIG", "Too much to throw away");
	else if (frame == ISRV_FRAME_MORE && s->eof && s->in == s->in_end)
		isrv_session_close(s);
	return frame;
}

static bool read_command(struct imapsrv_session *s)
{
	struct isrv_line line;

	if (isrv_session_full(s))
		return false;
	switch (feed(s)) {
	case ISRV_FRAME_COMMAND:
		s->steps++;
		(void)isrv_line_read(s, &line);
		start(s, &line, true);
		return true;
	case ISRV_FRAME_LITERAL:
		literal(s);
		return true;
	case ISRV_FRAME_DROPPED:
		(void)isrv_line_read(s, &line);
		if (!line.tag.len || keep_tag(s, line.tag)) {
			isrv_bad(s, "The command is too long");
			s->reply.code = "TOOBIG";
			finish_command(s);
		}
		return true;
	case ISRV_FRAME_MORE:
	case ISRV_FRAME_FLOOD:
	case ISRV_FRAME_NOMEM:
		break;
	}
	return false;
}

/* The reply is known; what belongs to the command is still coming and is thrown away. */
static bool read_refused(struct imapsrv_session *s)
{
	enum isrv_frame frame = feed(s);

	if (frame != ISRV_FRAME_DROPPED)
		return false;
	finish_command(s);
	return true;
}

/* ---- a command at work --------------------------------------------------------------------- */

/* Is there something for a step that waits for input? */
static bool has_input(struct imapsrv_session *s)
{
	if (s->wake || s->frame != ISRV_FRAME_MORE)
		return true;
	if (s->literal_left) {
		if (s->in == s->in_end && s->eof)
			isrv_session_close(s);
		return s->in < s->in_end;
	}
	s->frame = (uint8_t)feed(s);
	if (s->frame == ISRV_FRAME_FLOOD || s->frame == ISRV_FRAME_NOMEM)
		return false;
	return s->frame != ISRV_FRAME_MORE;
}

static bool may_go(const struct imapsrv_session *s)
{
	switch (s->wait) {
	case ISRV_HOST:
		return s->ops.state != ISRV_OP_OPEN_NOW;
	case ISRV_OUTPUT:
		return !isrv_session_full(s);
	case ISRV_DELAY:
		return s->now >= s->delay_until;
	case ISRV_DONE:
	case ISRV_INPUT:
	case ISRV_YIELD:
		break;
	}
	return true;
}

/* Does it wait for what has not come yet?  Lines are whole where it does, unless mid_line says
 * otherwise: they stay if memory runs out meanwhile, whether they have left or not. */
static bool waits(struct imapsrv_session *s)
{
	if (s->wait == ISRV_DONE)
		return false;
	if (!s->mid_line)
		s->mark = isrv_outq_mark(&s->out);
	return !may_go(s);
}

/* Whether the command may run, when that is known. */
static bool check_access(struct imapsrv_session *s)
{
	if (waits(s))
		return false;
	s->mark = isrv_outq_mark(&s->out);
	s->wait = (uint8_t)isrv_access_refresh(s);
	if (isrv_writer_failed(&s->w))
		isrv_session_fail(s, IMAPSRV_ENOMEM);
	if (s->error || s->wait != ISRV_DONE)
		return false;
	s->phase = ISRV_PHASE_STEP;
	if (isrv_access_command(s))
		return true;
	isrv_access_refuse(s);
	if (s->frame == ISRV_FRAME_MORE) {
		finish_command(s);
		return true;
	}
	s->command = NULL;
	s->frame = ISRV_FRAME_MORE;
	isrv_framer_refuse(&s->framer);
	s->phase = ISRV_PHASE_REFUSED;
	return true;
}

static bool step_command(struct imapsrv_session *s)
{
	enum isrv_step step;

	if (waits(s) || (s->wait == ISRV_INPUT && !has_input(s)))
		return false;
	s->wake = false;
	if (!s->mid_line)
		s->mark = isrv_outq_mark(&s->out);
	step = s->command->step(s, s->args);
	if (isrv_writer_failed(&s->w))
		isrv_session_fail(s, IMAPSRV_ENOMEM);
	if (s->error)
		return false;
	s->wait = (uint8_t)step;
	if (step == ISRV_INPUT && !s->idling)
		s->active = true;
	if (step == ISRV_DONE)
		s->phase = ISRV_PHASE_SYNC;
	return step != ISRV_YIELD;
}

/* Tells what there is; false: it has failed, or has to wait. */
static bool tell(struct imapsrv_session *s, unsigned kinds)
{
	if (!s->mid_line)
		s->mark = isrv_outq_mark(&s->out);
	s->wait = (uint8_t)s->engine->teller->step(s, kinds);
	if (isrv_writer_failed(&s->w))
		isrv_session_fail(s, IMAPSRV_ENOMEM);
	return !s->error && s->wait == ISRV_DONE;
}

/* What is told behind all that was told; a tagged line follows, or not. */
static void settle(struct imapsrv_session *s, bool tagged)
{
	s->mark = isrv_outq_mark(&s->out);
	if (s->view && s->view->keywords_new)
		isrv_sync_put_flags(s);
	if (s->limited_from)
		isrv_message_limit_settle(s);
	isrv_modseq_settle(s, tagged);
	if (isrv_writer_failed(&s->w))
		isrv_session_fail(s, IMAPSRV_ENOMEM);
}

/* Which updates may come before the tagged line (RFC 9051 5.2, 7.5.1), from the table. */
static bool sync_command(struct imapsrv_session *s)
{
	const unsigned gone = ISRV_PENDING_GONE | ISRV_PENDING_OWN;
	const struct isrv_view *v = s->view;
	unsigned flags = s->command->flags;
	unsigned kinds = s->tell_all ? (unsigned)ISRV_PENDING_ALL : s->heard;

	if (waits(s))
		return false;
	if (!s->uid && (flags & ISRV_COMMAND_SEQ))
		kinds &= ~gone;
	/* RFC 7162 3.2.10.2: no VANISHED during a UID SEARCH with message numbers in it. */
	if (s->by_number && s->view && isrv_modseq_vanishes(s))
		kinds &= ~gone;
	if (!(flags & ISRV_COMMAND_QUIET) && s->reply.status != ISRV_REPLY_BAD &&
	    (s->sync || s->telling || isrv_hear_due(s, kinds)) && !tell(s, kinds))
		return !s->error && s->wait != ISRV_YIELD;
	if (v && v->forget)
		isrv_sync_forget(s);
	if (s->limited_from || s->modseq_shown || s->modseq_due || (v && v->keywords_new))
		settle(s, true);
	if (s->error)
		return false;
	finish_command(s);
	return true;
}

/* "The client listens for event notifications all the time (even when no command is in progress)"
 * (RFC 5465 3.1). */
static bool tell_between(struct imapsrv_session *s)
{
	if (waits(s))
		return false;
	if (!tell(s, s->heard_between))
		return !s->error && s->wait != ISRV_YIELD;
	isrv_sync_drop(s);
	isrv_arena_reset(&s->arena);
	s->mid_line = false;
	if (s->view && s->view->forget)
		isrv_sync_forget(s);
	if (s->modseq_shown || (s->view && s->view->keywords_new))
		settle(s, false);
	s->modseq_shown = false;
	s->phase = ISRV_PHASE_READ;
	if (!s->error)
		imapsrv_session_trim(s);
	return !s->error;
}

/* Whatever is to be told comes before the next command is read, however that is cut. */
static bool listen(struct imapsrv_session *s)
{
	if (!isrv_hear_due_between(s) || isrv_session_full(s))
		return false;
	s->stirred = false;
	s->phase = ISRV_PHASE_TELL;
	s->wait = ISRV_DONE;
	return true;
}

/* RFC 9051 6.2.1: whatever is sent in clear behind STARTTLS was put there by somebody else. */
static bool read_tls(struct imapsrv_session *s)
{
	if (s->in < s->in_end || s->eof)
		isrv_session_close(s);
	return false;
}

static bool advance(struct imapsrv_session *s)
{
	if (s->bye_asked && !s->mid_line && s->phase != ISRV_PHASE_END) {
		s->mark = isrv_outq_mark(&s->out);
		isrv_session_say_bye(s);
		return false;
	}
	switch (s->phase) {
	case ISRV_PHASE_READ:
		/* A host that posts while it is asked what happened never comes to an end. */
		if (isrv_hear_due_between(s) && isrv_session_turn_over(s))
			return false;
		return listen(s) || read_command(s);
	case ISRV_PHASE_TELL:
		return tell_between(s);
	case ISRV_PHASE_REFUSED:
		return read_refused(s);
	case ISRV_PHASE_ACCESS:
		return check_access(s);
	case ISRV_PHASE_STEP:
		return step_command(s);
	case ISRV_PHASE_SYNC:
		return sync_command(s);
	case ISRV_PHASE_TLS:
		return read_tls(s);
	case ISRV_PHASE_RESUME:
		return isrv_resume(s);
	case ISRV_PHASE_COMPRESS: /* what came behind the command is for the host to expand first */
	case ISRV_PHASE_END:
		break;
	}
	return false;
}

void isrv_run(struct imapsrv_session *s)
{
	size_t before = isrv_outq_size(&s->out);

	s->turn = s->steps;
	while (!s->error && advance(s))
		;
	if (s->error)
		isrv_session_settle(s);
	if (isrv_outq_size(&s->out) != before)
		s->spoke = true;
}

bool isrv_run_can_go(const struct imapsrv_session *s)
{
	if (s->phase == ISRV_PHASE_END)
		return false;
	if (s->error || (s->bye_asked && !s->mid_line))
		return true;
	if (s->phase == ISRV_PHASE_STEP && s->wait == ISRV_INPUT)
		return s->wake;
	if (s->phase == ISRV_PHASE_RESUME)
		return s->ops.state != ISRV_OP_OPEN_NOW;
	if (s->phase == ISRV_PHASE_READ)
		return isrv_hear_due_between(s) && !isrv_session_full(s);
	return (s->phase == ISRV_PHASE_ACCESS || s->phase == ISRV_PHASE_STEP ||
	        s->phase == ISRV_PHASE_SYNC || s->phase == ISRV_PHASE_TELL) &&
	       may_go(s);
}

bool isrv_run_can_read(const struct imapsrv_session *s)
{
	if (s->error || s->eof)
		return false;
	switch (s->phase) {
	case ISRV_PHASE_READ:
		return !isrv_hear_due_between(s) && !isrv_session_full(s);
	case ISRV_PHASE_REFUSED:
		return true;
	case ISRV_PHASE_STEP:
		return s->wait == ISRV_INPUT && !s->wake;
	case ISRV_PHASE_ACCESS:
	case ISRV_PHASE_SYNC:
	case ISRV_PHASE_TELL:
	case ISRV_PHASE_TLS:
	case ISRV_PHASE_COMPRESS:
	case ISRV_PHASE_RESUME:
	case ISRV_PHASE_END:
		break;
	}
	return false;
}
