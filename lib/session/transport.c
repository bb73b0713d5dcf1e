/* SPDX-License-Identifier: MIT */
/*
 * session/transport - the calls of the host's connection: bytes in, bytes out, what is wanted, what
 * happened.  Each ends with everything done that can be done.
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

/* Shows to the trace hook what is about to be forgotten. */
static void trace_sent(struct imapsrv_session *s, size_t n)
{
	struct imapsrv_span spans[16];

	while (n) {
		size_t count = isrv_outq_peek(&s->out, spans, 16);

		for (size_t i = 0; i < count && n; i++) {
			size_t len = spans[i].len < n ? spans[i].len : n;

			s->in_callback++;
			s->engine->config.trace(s->user, IMAPSRV_TRACE_SENT, spans[i].data, len);
			s->in_callback--;
			isrv_outq_sent(&s->out, len);
			n -= len;
		}
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
	if (s->op_state == ISRV_OP_OPEN_NOW)
		want |= IMAPSRV_WANT_HOST;
	if (isrv_run_can_go(s))
		want |= IMAPSRV_WANT_RUN;
	if (isrv_run_can_read(s))
		want |= IMAPSRV_WANT_READ;
	return want;
}

static bool is_known(enum imapsrv_event_type type)
{
	return type >= IMAPSRV_EVENT_MESSAGE_NEW && type <= IMAPSRV_EVENT_LOGOUT;
}

static bool is_name(struct imapsrv_span a, const char *name, size_t len)
{
	return name && a.len == len && memcmp(a.data, name, len) == 0;
}

static void post_to_view(struct imapsrv_session *s, const struct imapsrv_event *event)
{
	struct isrv_view *v = s->view;

	switch (event->type) {
	case IMAPSRV_EVENT_MESSAGE_NEW:
	case IMAPSRV_EVENT_MESSAGE_APPEND:
		isrv_view_post_new(v, &s->mem, event->uids);
		break;
	case IMAPSRV_EVENT_MESSAGE_EXPUNGE:
	case IMAPSRV_EVENT_MESSAGE_EXPIRE:
		isrv_view_post_gone(v, &s->mem, event->uids);
		break;
	case IMAPSRV_EVENT_MESSAGE_READ:
	case IMAPSRV_EVENT_MESSAGE_TRASH:
	case IMAPSRV_EVENT_FLAGS_SET:
	case IMAPSRV_EVENT_FLAGS_CLEAR:
		if (event->origin != s)
			isrv_view_post_changed(v, &s->mem, event->uids);
		break;
	case IMAPSRV_EVENT_MAILBOX_CHANGED:
		v->look_all = true;
		break;
	default: /* not about messages */
		break;
	}
}

/* Events were lost: whatever could have been in them is looked up, flags too. */
static void post_everything(struct imapsrv_session *s)
{
	struct imapsrv_range all = {1, UINT32_MAX};

	s->opening_changed = true;
	if (!s->view)
		return;
	s->view->look_all = true;
	isrv_view_post_changed(s->view, &s->mem, (struct imapsrv_set){&all, 1});
}

int imapsrv_session_post(struct imapsrv_session *session, const struct imapsrv_event *event)
{
	struct imapsrv_session *s = session;
	struct imapsrv_event whole = IMAPSRV_EVENT_INIT;

	if (!event || event->size < sizeof(size_t))
		return IMAPSRV_EINVAL;
	/* A host that was compiled against an older header knows fewer members. */
	memcpy(&whole, event, event->size < sizeof(whole) ? event->size : sizeof(whole));
	event = &whole;
	if (!is_known(event->type))
		return IMAPSRV_EINVAL;
	if (s->phase == ISRV_PHASE_END)
		return s->error;
	if (!isrv_uidset_is_valid(event->uids)) {
		isrv_session_fault(s, "an event with UIDs that are not in ascending order");
		return IMAPSRV_EINVAL;
	}
	s->steps++;
	if (is_name(event->mailbox, s->opening.data, s->opening.len))
		s->opening_changed = true;
	if (event->type == IMAPSRV_EVENT_MAILBOX_CHANGED && !event->mailbox.len)
		post_everything(s);
	else if (s->view && is_name(event->mailbox, s->view->name, s->view->name_len))
		post_to_view(s, event);
	if (s->view && s->idling && (s->view->forget || isrv_view_pending(s->view, true)))
		s->wake = true;
	return 0;
}
