/* SPDX-License-Identifier: MIT */
/*
 * session/transport - the calls of the host's connection: bytes in, bytes out, what is wanted.
 * Each ends with everything done that can be done.
 */
#include <string.h>

#include "session/run.h"
#include "session/session.h"

int imapsrv_session_recv(struct imapsrv_session *session, const void *data, size_t len,
                         size_t *used_r)
{
	struct imapsrv_session *s = session;

	*used_r = 0;
	if (s->in_callback)
		return IMAPSRV_EREENTER;
	if (s->error && s->phase == ISRV_PHASE_END)
		return s->error;
	s->in = data;
	s->in_end = s->in ? s->in + len : NULL;
	isrv_run(s);
	*used_r = s->in ? len - (size_t)(s->in_end - s->in) : 0;
	/* What was offered and not taken is no sign of life: how often a host offers it must not
	 * matter. */
	if (*used_r)
		s->active = true;
	s->in = s->in_end = NULL;
	return s->error == IMAPSRV_ECLOSED ? 0 : s->error;
}

int imapsrv_session_eof(struct imapsrv_session *session)
{
	if (session->in_callback)
		return IMAPSRV_EREENTER;
	session->eof = true;
	isrv_run(session);
	return 0;
}

int imapsrv_session_run(struct imapsrv_session *session)
{
	if (session->in_callback)
		return IMAPSRV_EREENTER;
	isrv_run(session);
	return session->error == IMAPSRV_ECLOSED ? 0 : session->error;
}

int imapsrv_session_peek(struct imapsrv_session *session, struct imapsrv_span *spans, size_t max,
                         size_t *count_r)
{
	*count_r = 0;
	if (session->in_callback)
		return IMAPSRV_EREENTER;
	*count_r = isrv_outq_peek(&session->out, spans, max);
	return 0;
}

static void trace(struct imapsrv_session *s, const char *data, size_t len)
{
	s->in_callback++;
	s->engine->config.trace(s->user, IMAPSRV_TRACE_SENT, data, len);
	s->in_callback--;
}

/* Shows to the trace hook what is about to be forgotten.  Of credentials only that they have
 * left. */
static void trace_sent(struct imapsrv_session *s, size_t n)
{
	struct imapsrv_span span;
	bool secret;

	while (n && isrv_outq_next(&s->out, &span, &secret)) {
		size_t len = span.len < n ? span.len : n;

		if (!secret)
			trace(s, span.data, len);
		else if (len == span.len)
			trace(s, "***", 3);
		isrv_outq_sent(&s->out, len);
		n -= len;
	}
}

int imapsrv_session_sent(struct imapsrv_session *session, size_t n)
{
	struct imapsrv_session *s = session;

	if (s->in_callback)
		return IMAPSRV_EREENTER;
	if (n > isrv_outq_size(&s->out))
		return IMAPSRV_EINVAL;
	if (s->engine->config.trace)
		trace_sent(s, n);
	else
		isrv_outq_sent(&s->out, n);
	/* A client that reads a large message for an hour is not idle; one in IDLE only reads. */
	if (n && !s->idling)
		s->active = true;
	isrv_run(s);
	/* What is pushed once in an hour is not worth four kilobytes for an hour. */
	if (s->idling && !isrv_outq_size(&s->out))
		isrv_outq_trim(&s->out);
	return 0;
}

unsigned imapsrv_session_want(const struct imapsrv_session *session)
{
	const struct imapsrv_session *s = session;
	unsigned want = 0;

	if (isrv_outq_size(&s->out))
		want |= IMAPSRV_WANT_WRITE;
	else if (s->phase == ISRV_PHASE_END)
		want |= IMAPSRV_WANT_CLOSE;
	else if (s->phase == ISRV_PHASE_TLS)
		want |= IMAPSRV_WANT_STARTTLS;
	else if (s->phase == ISRV_PHASE_COMPRESS)
		want |= IMAPSRV_WANT_COMPRESS;
	if (s->ops.state == ISRV_OP_OPEN_NOW)
		want |= IMAPSRV_WANT_HOST;
	if (isrv_run_can_go(s))
		want |= IMAPSRV_WANT_RUN;
	if (isrv_run_can_read(s))
		want |= IMAPSRV_WANT_READ;
	return want;
}
