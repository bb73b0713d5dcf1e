/* SPDX-License-Identifier: MIT */
/*
 * script/play - running a script.
 */
#include "host/truth.h"
#include "script/play.h"

#include <stdlib.h>
#include <string.h>

struct playing {
	struct sc *script;
	const struct pl_variant *v;
	struct pl_reference *ref;
	bool first;
	struct tx_log *log;
	struct sh host;
	struct ta alloc;
	struct td td;
	struct pl_place places[TD_SESSIONS];
};

void pl_reference_free(struct pl_reference *r)
{
	for (int i = 0; i < TD_SESSIONS; i++)
		tx_free(&r->output[i]);
	free(r->marks);
	free(r->lines);
	free(r->line_session);
	tx_free(&r->added);
	memset(r, 0, sizeof(*r));
}

/* ---- comparing with the reference ------------------------------------------------------- */

static int line_at(const struct pl_reference *r, int session, size_t at)
{
	int line = 0;

	for (size_t i = 0; i < r->line_count; i++)
		if (r->line_session[i] == session && r->lines[i].at <= at)
			line = r->lines[i].line;
	return line;
}

static void show_difference(struct playing *p, int i, size_t same, size_t end)
{
	const struct tx *ref = &p->ref->output[i], *out = &p->td.sessions[i].output;
	struct tx want = {0}, got = {0};
	size_t from = same;

	while (from > 0 && ref->data[from - 1] != '\n' && same - from < 100)
		from--;
	tx_escape(&want, ref->data + from, end - from < 400 ? end - from : 400);
	if (out->len > from)
		tx_escape(&got, out->data + from, out->len - from < 400 ? out->len - from : 400);
	tx_complain(p->log,
	            "%s:%d: session %d emits something else than in the plain run, at octet %zu\n"
	            "    plain: %s\n    now:   %s",
	            p->script->path, line_at(p->ref, i, same), i + 1, same,
	            want.data ? want.data : "", got.data ? got.data : "");
	tx_free(&want);
	tx_free(&got);
}

static size_t same_octets(const struct tx *a, const struct tx *b)
{
	size_t n = a->len < b->len ? a->len : b->len, i = 0;

	while (i < n && a->data[i] == b->data[i])
		i++;
	return i;
}

static void compare(struct playing *p, size_t step)
{
	for (int i = 0; i < p->script->sessions && !p->log->count; i++) {
		size_t end = p->ref->marks[step * TD_SESSIONS + (size_t)i];
		const struct tx *out = &p->td.sessions[i].output;
		size_t same = same_octets(out, &p->ref->output[i]);

		if (out->len != end || same < end)
			show_difference(p, i, same < end ? same : end, end);
	}
}

static void take_marks(struct playing *p, size_t step)
{
	for (int i = 0; i < TD_SESSIONS; i++) {
		p->ref->marks[step * TD_SESSIONS + (size_t)i] = p->td.sessions[i].output.len;
		if (i < p->script->sessions && !p->log->count)
			pl_match(p->script, &p->script->steps[step], i, &p->td.sessions[i],
			         &p->places[i], p->ref, p->log);
	}
}

/* ---- the steps -------------------------------------------------------------------------- */

/* Is what was sent up to this step complete, so that output is due? */
static bool ends_block(const struct playing *p, size_t k)
{
	const struct sc_step *step = &p->script->steps[k], *next = step + 1;

	if (step->kind != SC_SEND || k + 1 == p->script->step_count || next->kind != SC_SEND ||
	    next->session != step->session)
		return true;
	return !p->v->pipeline && step->expect_count > 0;
}

/* Has the server refused the literal that the client has announced? */
static bool refused_literal(const struct tc *c)
{
	return c->sync && c->command_count && c->commands[c->command_count - 1].answered;
}

/* A client does not send what was refused. */
static bool withheld(const struct playing *p, const struct sc_step *step)
{
	return p->v->fault != PL_NONE && !step->begins_command &&
	       refused_literal(&p->td.sessions[step->session].client);
}

static void play_steps(struct playing *p)
{
	struct tx block = {0};
	size_t cut = p->v->fault == PL_CUT ? (size_t)p->v->n : SIZE_MAX, sent = 0;

	for (size_t k = 0; k < p->script->step_count && !p->log->count; k++) {
		struct sc_step *step = &p->script->steps[k];

		if (step->kind == SC_START) {
			if (!sh_connect(&p->host, 0, NULL))
				break;
		} else if (step->kind == SC_HOST) {
			sh_step(&p->host, step);
		} else if (block.len || !withheld(p, step)) { /* what waits has begun a command */
			const struct tc *c = &p->td.sessions[step->session].client;
			size_t n = step->bytes.len < cut - sent ? step->bytes.len : cut - sent;

			if (p->first)
				step->begins_command = (!c->in_command || refused_literal(c)) &&
				                       !c->line.len;
			tx_add(&block, step->bytes.data ? step->bytes.data : "", n);
			sent += n;
			if (p->v->lines || ends_block(p, k) || sent == cut || p->first) {
				td_feed(&p->td, step->session, block.data, block.len);
				tx_clear(&block);
			}
			if (sent == cut)
				break;
		}
		if (!ends_block(p, k))
			continue;
		if (p->first)
			take_marks(p, k);
		else if (p->v->fault == PL_NONE)
			compare(p, k);
	}
	tx_free(&block);
}

/* ---- after a fault ---------------------------------------------------------------------- */

/* Nothing may have been stored that a good run does not store. */
static void check_added(struct playing *p)
{
	const char *line = p->host.ts->added.data;

	while (line && *line) {
		size_t len = strcspn(line, "\n");
		struct tx one = {0};

		tx_add(&one, line, len + 1);
		if (!p->ref->added.data || !strstr(p->ref->added.data, one.data))
			tx_complain(p->log, "%s: a message was stored that no good run stores: %s",
			            p->script->path, one.data);
		tx_free(&one);
		line += len + 1;
	}
}

/* Out of memory: the reference up to the failure, then a BYE or nothing.  A session that goes on
 * has to emit what it always does. */
static void check_prefix(struct playing *p)
{
	const struct td_session *s = &p->td.sessions[0];
	const struct tx *ref = &p->ref->output[0], *out = &s->output;
	size_t same = same_octets(out, ref), line = same;

	if (p->script->sessions > 1 || (out->len == ref->len && same == ref->len))
		return;
	if (s->session && !s->closed && !s->stalled && !ts_pending(s->link)) {
		show_difference(p, 0, same, ref->len);
		return;
	}
	if (same == out->len && (tw_whole(&s->wire) || s->wire.had_literal))
		return;
	while (line > 0 &&
	       !(line > 1 && out->data[line - 1] == '\n' && out->data[line - 2] == '\r'))
		line--;
	if (!tw_whole(&s->wire) || out->len - line < 8 ||
	    memcmp(out->data + line, "* BYE ", 6) != 0 ||
	    (size_t)(strchr(out->data + line, '\n') - out->data) + 1 != out->len)
		show_difference(p, 0, same, ref->len);
}

/* What the clients know is so; and after a refused op the session answers the next command. */
static void check_pictures(struct playing *p)
{
	if (p->host.silent)
		return;
	for (int i = 0; i < p->script->sessions; i++)
		if (td_at_rest(&p->td, i))
			td_compare(&p->td, i);
}

static void after_fault(struct playing *p)
{
	if (p->v->fault == PL_ALLOC_ONCE || p->v->fault == PL_ALLOC_PAIR ||
	    p->v->fault == PL_ALLOC_FROM)
		check_prefix(p);
	if (p->v->fault != PL_CUT)
		check_pictures(p);
	check_added(p);
}

/* imapsrv_session_steps: the same octets and answers give the same number.  (A message that is
 * appended in other pieces is other questions.) */
static void check_steps(struct playing *p)
{
	if (!p->first && p->host.ts->op_count != p->ref->ops)
		return;
	for (int i = 0; i < p->script->sessions; i++) {
		const struct imapsrv_session *s = p->td.sessions[i].session;

		if (s && p->first)
			p->ref->steps[i] = imapsrv_session_steps(s);
		else if (s && p->v->same_steps && imapsrv_session_steps(s) != p->ref->steps[i])
			tx_complain(p->log, "session %d: took %llu steps, %llu in the plain run",
			            i + 1, (unsigned long long)imapsrv_session_steps(s),
			            (unsigned long long)p->ref->steps[i]);
	}
}

/* ---- a run ------------------------------------------------------------------------------ */

void pl_run(struct sc *script, const struct pl_variant *variant, struct pl_reference *reference,
            bool first, struct tx_log *log)
{
	struct playing p = {.script = script, .v = variant, .ref = reference, .first = first,
	                    .log = log};
	struct ts_options options = variant->store;

	sh_setup(&p.host, script, log);
	options.no_size |= p.host.ts->options.no_size;
	options.previews |= p.host.ts->options.previews;
	p.host.ts->options = options;
	tx_seed(&p.host.ts->random, options.seed + 1);
	if (variant->fault == PL_REFUSE)
		p.host.ts->options.fail_at = variant->n;
	if (variant->fault == PL_MUTE)
		p.host.ts->options.mute_at = variant->n;
	p.host.faulty = variant->fault != PL_NONE;
	ta_init(&p.alloc, log);
	if (variant->fault == PL_ALLOC_ONCE || variant->fault == PL_ALLOC_PAIR)
		p.alloc.fail_once = variant->n;
	if (variant->fault == PL_ALLOC_PAIR)
		p.alloc.fail_more = 1;
	if (variant->fault == PL_ALLOC_FROM)
		p.alloc.fail_from = variant->n;
	if (first)
		reference->marks = tx_alloc(script->step_count * TD_SESSIONS * sizeof(size_t));
	p.host.td = &p.td;
	if (td_start(&p.td, log, p.host.ts, &p.alloc, &variant->driver, &p.host.config) == 0) {
		p.td.faulty = p.host.faulty;
		play_steps(&p);
	} else if (!p.host.faulty) {
		tx_complain(log, "%s: the engine cannot be made", script->path);
	}
	check_steps(&p);
	if (first) {
		for (int i = 0; i < TD_SESSIONS; i++)
			tx_add(&reference->output[i],
			       p.td.sessions[i].output.data ? p.td.sessions[i].output.data : "",
			       p.td.sessions[i].output.len);
		tx_add(&reference->added, p.host.ts->added.data ? p.host.ts->added.data : "",
		       p.host.ts->added.len);
		reference->allocs = p.alloc.calls;
		reference->ops = p.host.ts->op_count;
		reference->input = p.td.fed;
	}
	if (variant->fault != PL_NONE && !log->count)
		after_fault(&p);
	else if (!log->count)
		check_pictures(&p);
	td_finish(&p.td);
	ts_free(p.host.ts);
}
