/* SPDX-License-Identifier: MIT */
/*
 * session/timer - what happens because time passes: login timeout, inactivity (RFC 9051 5.4), also
 * of a client that does not read the last words, IDLE's timeout and keepalive (RFC 2177), that of
 * long commands (RFC 9585), the delay of a failed login.  The host says what time it is.
 */
#include "session/progress.h"
#include "session/run.h"
#include "session/session.h"

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Does the client keep us waiting, or we the client?  In IDLE it is we, in the middle of a line. */
static bool waits_for_client(const struct imapsrv_session *s)
{
	return s->phase == ISRV_PHASE_READ || s->phase == ISRV_PHASE_REFUSED ||
	       s->phase == ISRV_PHASE_TLS || s->phase == ISRV_PHASE_COMPRESS ||
	       (s->idling && !s->mid_line) || isrv_outq_size(&s->out) ||
	       (s->phase == ISRV_PHASE_STEP && s->wait == ISRV_INPUT);
}

static uint64_t client_deadline(const struct imapsrv_session *s)
{
	const struct imapsrv_limits *limits = &s->engine->limits;
	uint64_t deadline;

	if (!waits_for_client(s))
		return s->logged_in ? UINT64_MAX : s->login_by;
	deadline = isrv_session_after(s->since,
	                              s->idling ? limits->idle_timeout : limits->inactivity);
	return s->logged_in ? deadline : earlier(deadline, s->login_by);
}

static uint64_t keepalive_deadline(const struct imapsrv_session *s)
{
	uint32_t interval = s->engine->limits.keepalive;

	/* A client that does not read what it was told needs no more of it, nor is there a place
	 * for it in the middle of a line. */
	if (!s->idling || s->mid_line || interval == UINT32_MAX || isrv_outq_size(&s->out))
		return UINT64_MAX;
	return isrv_session_after(s->quiet_since, interval);
}

/* RFC 9585 4: "pace RECOMMENDED every 10-15 s" of silence, while a command is at work. */
static uint64_t progress_deadline(const struct imapsrv_session *s)
{
	uint32_t interval = s->engine->limits.inprogress;

	if (interval == UINT32_MAX || !isrv_progress_waits(s) ||
	    !isrv_caps_has(s, ISRV_CAP_INPROGRESS))
		return UINT64_MAX;
	return isrv_session_after(s->quiet_since, interval);
}

static void start_clock(struct imapsrv_session *s, uint64_t now)
{
	s->ticked = true;
	s->since = now;
	s->quiet_since = now;
}

/* Doubled with each one that failed. */
static uint64_t login_delay(const struct imapsrv_session *s)
{
	uint64_t delay = s->engine->limits.login_delay;
	uint32_t before = s->failed_logins - 1;

	return delay << (before < 10 ? before : 10);
}

/* What the session noted since the last tick happens now. */
static void date(struct imapsrv_session *s)
{
	if (s->active)
		s->since = s->now;
	if (s->spoke || s->active)
		s->quiet_since = s->now;
	s->active = s->spoke = false;
	if (s->login_by == ISRV_NOT_DATED)
		s->login_by = isrv_session_after(s->now, s->engine->limits.login_timeout);
	if (s->delay_until == ISRV_NOT_DATED)
		s->delay_until = isrv_session_after(s->now, login_delay(s));
}

/* With other limits than it was saved under, a session began earlier or later by the difference. */
static uint64_t age(const struct imapsrv_session *s)
{
	uint32_t timeout = s->engine->limits.login_timeout;
	uint64_t began = s->login_by > timeout ? s->login_by - timeout : 0;

	return s->ticked && s->now > began ? s->now - began : 0;
}

void imapsrv_session_counters(const struct imapsrv_session *session,
                              struct imapsrv_counters *counters)
{
	const struct imapsrv_session *s = session;
	struct imapsrv_counters c = IMAPSRV_COUNTERS_INIT;
	size_t size = counters->size < sizeof(c) ? counters->size : sizeof(c);

	c.size = counters->size;
	c.commands = s->counted.commands;
	c.bad_commands = s->counted.bad_commands;
	c.failed_logins = s->counted.failed_logins;
	c.age = age(s);
	c.waiting = waits_for_client(s) && !s->active ? s->now - s->since : 0;
	memcpy(counters, &c, size);
}

/* All is said.  A client that does not read it would else keep its connection for ever. */
static uint64_t wait_for_reader(struct imapsrv_session *s)
{
	uint64_t deadline = isrv_session_after(s->since, s->engine->limits.inactivity);

	if (s->now >= deadline)
		isrv_outq_clear(&s->out);
	if (!isrv_outq_size(&s->out) || deadline == UINT64_MAX)
		return UINT64_MAX;
	return deadline - s->clock;
}

static void time_out(struct imapsrv_session *s)
{
	s->since = s->now;
	/* Half a line is taken back if none of it has left; else no BYE can be said behind it. */
	if (!s->mid_line)
		s->mark = isrv_outq_mark(&s->out);
	s->mid_line = !isrv_outq_rollback(&s->out, s->mark);
	isrv_session_end(s, NULL, s->logged_in ? "Idle for too long" : "Login took too long");
}

uint64_t imapsrv_session_tick(struct imapsrv_session *session, uint64_t now_ms)
{
	struct imapsrv_session *s = session;
	uint64_t next;

	if (s->in_callback || (s->phase == ISRV_PHASE_END && !isrv_outq_size(&s->out)))
		return UINT64_MAX;
	if (s->reclock)
		s->clock = s->now - now_ms;
	s->reclock = false;
	now_ms += s->clock;
	if (now_ms > s->now || !s->ticked)
		s->now = now_ms;
	if (!s->ticked)
		start_clock(s, s->now);
	date(s);
	if (s->phase == ISRV_PHASE_END)
		return wait_for_reader(s);
	if (s->now >= client_deadline(s)) {
		time_out(s);
	} else if (s->now >= keepalive_deadline(s)) {
		s->mark = isrv_outq_mark(&s->out);
		isrv_untagged(s, "OK", NULL, "Still here");
		s->quiet_since = s->now;
	} else if (s->now >= progress_deadline(s)) {
		s->mark = isrv_outq_mark(&s->out);
		isrv_progress_keepalive(s);
		s->quiet_since = s->since = s->now; /* it is for the client to read now */
	}
	if (isrv_writer_failed(&s->w))
		isrv_session_fail(s, IMAPSRV_ENOMEM);
	isrv_run(s);
	date(s);
	if (s->phase == ISRV_PHASE_END)
		return isrv_outq_size(&s->out) ? wait_for_reader(s) : UINT64_MAX;
	next = earlier(client_deadline(s), keepalive_deadline(s));
	next = earlier(next, progress_deadline(s));
	if (s->phase == ISRV_PHASE_STEP && s->wait == ISRV_DELAY)
		next = earlier(next, s->delay_until);
	return next == UINT64_MAX ? next : next - s->clock;
}
