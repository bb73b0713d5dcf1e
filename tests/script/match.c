/* SPDX-License-Identifier: MIT */
/*
 * script/match - octets that were emitted, held against S lines.
 */
#include "script/play.h"

#include <string.h>

struct matching {
	const struct sc *script;
	const char *out;
	size_t at;
	size_t end;
	struct tx_log *log;
};

/* The length of the line at `at`, without CRLF; SIZE_MAX if none is whole. */
static size_t line_length(const struct matching *m, size_t at)
{
	for (size_t i = at; i + 1 < m->end; i++)
		if (m->out[i] == '\r' && m->out[i + 1] == '\n')
			return i - at;
	return SIZE_MAX;
}

static bool fits(const struct matching *m, const struct sc_expect *e, size_t at, size_t len)
{
	const char *text = e->text.data ? e->text.data : "";

	if (e->kind == SC_GLOB)
		return tx_glob(text, e->text.len, m->out + at, len);
	return len == e->text.len && memcmp(text, m->out + at, len) == 0;
}

static void mismatch(struct matching *m, const struct sc_expect *e)
{
	struct tx want = {0}, got = {0};
	size_t len = line_length(m, m->at);

	if (len == SIZE_MAX)
		len = m->end - m->at;
	else
		len += 2;
	tx_escape(&want, e->text.data ? e->text.data : "", e->text.len);
	if (m->at < m->end)
		tx_escape(&got, m->out + m->at, len < 600 ? len : 600);
	tx_complain(m->log, "%s:%d: session %d\n    expected: %s\n    got:      %s",
	            m->script->path, e->line, e->session + 1, want.data ? want.data : "",
	            got.data ? got.data : "(nothing)");
	tx_free(&want);
	tx_free(&got);
}

static bool state_is(const struct td_session *s, const char *what)
{
	if (strcmp(what, "closed") == 0)
		return s->closed;
	if (strcmp(what, "starttls") == 0)
		return s->starttls;
	if (strcmp(what, "compress") == 0)
		return s->compress;
	if (strcmp(what, "asking") == 0)
		return s->link && ts_pending(s->link);
	if (strcmp(what, "delayed") == 0)
		return s->session && imapsrv_session_want(s->session) == 0;
	if (strcmp(what, "waiting") == 0)
		return s->session && !s->input.len &&
		       imapsrv_session_want(s->session) == IMAPSRV_WANT_READ;
	return false;
}

static void note(struct pl_reference *r, const struct matching *m, const struct sc_expect *e)
{
	r->lines = tx_realloc(r->lines, (r->line_count + 1) * sizeof(*r->lines));
	r->line_session = tx_realloc(r->line_session, (r->line_count + 1) * sizeof(int));
	r->lines[r->line_count].at = m->at;
	r->lines[r->line_count].line = e->line;
	r->line_session[r->line_count++] = e->session;
}

void pl_match(const struct sc *script, const struct sc_step *step, int session,
              const struct td_session *s, struct pl_place *place, struct pl_reference *reference,
              struct tx_log *log)
{
	struct matching m = {script, s->output.data, place->at, s->output.len, log};
	bool skipping = false, closed = false;

	for (size_t i = 0; i < step->expect_count && !log->count; i++) {
		const struct sc_expect *e = &step->expects[i];
		size_t len;

		if (e->session != session)
			continue;
		if (e->kind == SC_STATE) {
			closed |= strcmp(e->text.data, "closed") == 0;
			if (!state_is(s, e->text.data))
				tx_complain(log, "%s:%d: session %d is not %s", script->path,
				            e->line, session + 1, e->text.data);
			continue;
		}
		if (e->kind == SC_SKIP) {
			skipping = true;
			continue;
		}
		len = line_length(&m, m.at);
		while (skipping && len != SIZE_MAX && !fits(&m, e, m.at, len)) {
			m.at += len + 2;
			len = line_length(&m, m.at);
		}
		skipping = false;
		note(reference, &m, e);
		if (e->kind == SC_RAW) {
			if (m.end - m.at < e->text.len ||
			    (e->text.len && memcmp(m.out + m.at, e->text.data, e->text.len) != 0))
				mismatch(&m, e);
			else
				m.at += e->text.len;
		} else if (len == SIZE_MAX || !fits(&m, e, m.at, len)) {
			mismatch(&m, e);
		} else {
			m.at += len + 2;
		}
	}
	if (skipping)
		m.at = m.end;
	if (!log->count && m.at < m.end) {
		struct tx got = {0};

		tx_escape(&got, m.out + m.at, m.end - m.at < 900 ? m.end - m.at : 900);
		tx_complain(log, "%s:%d: session %d emitted more than is expected\n"
		            "    got:      %s",
		            script->path,
		            step->expect_count ? step->expects[step->expect_count - 1].line
		                               : step->line,
		            session + 1, got.data);
		tx_free(&got);
	}
	if (!log->count && s->closed && !closed && !place->closed)
		tx_complain(log, "%s:%d: session %d wants CLOSE, and no \"S! closed\" says so",
		            script->path, step->line, session + 1);
	place->at = m.end;
	place->closed = s->closed;
}
