/* SPDX-License-Identifier: MIT */
/*
 * command/idle - IDLE (RFC 2177, RFC 9051 6.3.13): the client listens, everything that happens is
 * told at once.  What had happened before is told right after "+".
 */
#include "base/ascii.h"
#include "command/commands.h"
#include "session/hear.h"
#include "session/session.h"
#include "wire/url.h"

struct idle_args {
	bool asked; /* the host, whether it may be */
};

/* DONE: it may begin; or not, and *refused_r is true and the reply set. */
static enum isrv_step ask(struct imapsrv_session *s, struct idle_args *a, bool *refused_r)
{
	if (!s->engine->store.idle)
		return ISRV_DONE;
	if (!a->asked) {
		struct imapsrv_idle q = {s->account.handle};

		a->asked = true;
		ISRV_ASK(s, ISRV_OP_PLAIN, store, idle, &q, NULL, NULL);
	}
	if (!isrv_answered(s))
		return ISRV_HOST;
	*refused_r = s->result.code != IMAPSRV_OK;
	return *refused_r ? isrv_refused(s, NULL) : ISRV_DONE;
}

static void begin(struct imapsrv_session *s)
{
	ISRV_W(&s->w, "+ idling");
	isrv_w_crlf(&s->w);
	s->framer.lines_only = true;
	isrv_framer_next(&s->framer);
	s->idling = true;
	s->since = s->quiet_since = s->now;
	s->active = true; /* nobody may have said for long what time it is */
	/* An idle session holds what it has to say and where it is, nothing else. */
	imapsrv_session_trim(s);
}

/* The client's line: DONE, and nothing else, ends it well. */
static enum isrv_step end(struct imapsrv_session *s)
{
	const struct isrv_buf *line = &s->framer.buf;
	bool whole = s->frame == ISRV_FRAME_COMMAND;

	s->frame = ISRV_FRAME_MORE;
	s->idling = false;
	isrv_session_trace(s, line->data, line->len, isrv_url_has_token(line->data, line->len));
	if (whole && isrv_ascii_is(line->data, line->len, "DONE"))
		return isrv_ok(s, "IDLE done");
	return isrv_bad(s, "Expected DONE");
}

static enum isrv_step step(struct imapsrv_session *s, void *args)
{
	bool refused = false;
	enum isrv_step told;

	/* One that was restored from another process has begun. */
	if (!s->idling) {
		told = ask(s, args, &refused);
		if (told != ISRV_DONE || refused)
			return told;
		begin(s);
	}
	/* RFC 5465 4: "exactly the same events as instructed by the client using the NOTIFY
	 * command".  What happens while that is told may be of a kind that it was past. */
	do {
		if (s->wait == ISRV_INPUT || s->wait == ISRV_DONE)
			s->stirred = false;
		told = s->engine->teller->step(s, s->heard);
		if (told != ISRV_DONE)
			return told;
		s->wait = ISRV_DONE;
		if (!s->stirred || s->error || !isrv_hear_due(s, s->heard))
			break;
		if (isrv_session_turn_over(s)) /* the host posts while it is asked */
			return ISRV_YIELD;
	} while (true);
	if (s->view && s->view->forget)
		isrv_sync_forget(s);
	if (s->view && s->view->keywords_new)
		isrv_sync_put_flags(s);
	if (s->frame != ISRV_FRAME_MORE)
		return end(s);
	/* The same, when there was nothing to tell in the end. */
	return s->wake && isrv_session_turn_over(s) ? ISRV_YIELD : ISRV_INPUT;
}

static void drop(struct imapsrv_session *s, void *args)
{
	(void)args;
	s->idling = false;
}

const struct isrv_command isrv_command_idle = {
	.name = "IDLE",
	.states = ISRV_IN_AUTHED,
	.cap = ISRV_CAP_IDLE,
	.flags = ISRV_COMMAND_IDLES,
	.args_size = sizeof(struct idle_args),
	.step = step,
	.drop = drop,
};
