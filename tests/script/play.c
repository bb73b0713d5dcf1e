/* SPDX-License-Identifier: MIT */
/*
 * script/play - running a script.
 */
#include "host/truth.h"
#include "script/playing.h"

#include <stdlib.h>
#include <string.h>

void pl_reference_free(struct pl_reference *r)
{
	for (int i = 0; i < TD_SESSIONS; i++)
		tx_free(&r->output[i]);
	free(r->marks);
	free(r->lines);
	free(r->line_session);
	tx_free(&r->added);
	free(r->sums);
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

void pl_show_difference(struct playing *p, int i, size_t same, size_t end)
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

size_t pl_same_octets(const struct tx *a, const struct tx *b)
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
		size_t same = pl_same_octets(out, &p->ref->output[i]);

		if (out->len != end || same < end)
			pl_show_difference(p, i, same < end ? same : end, end);
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

static void feed(struct playing *p, int i, const struct tx *block)
{
	if (p->v->fault == PL_NONE)
		td_feed(&p->td, i, block->data, block->len);
	else
		pl_feed_faulty(p, i, block);
}

static void play_steps(struct playing *p)
{
	struct tx block = {0};
	bool cuts = p->v->fault == PL_CUT || p->v->fault == PL_END;
	size_t cut = cuts ? (size_t)p->v->n : SIZE_MAX, sent = 0;

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
				feed(p, step->session, &block);
				tx_clear(&block);
			}
			if (sent == cut)
				break;
		}
		if (p->first)
			pl_note_sum(p);
		if (!ends_block(p, k))
			continue;
		if (p->first)
			take_marks(p, k);
		else if (p->v->fault == PL_NONE)
			compare(p, k);
	}
	tx_free(&block);
}

/* ---- a run ------------------------------------------------------------------------------ */

void pl_check_pictures(struct playing *p)
{
	if (p->host.silent)
		return;
	for (int i = 0; i < p->script->sessions; i++)
		if (td_at_rest(&p->td, i))
			td_compare(&p->td, i);
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

static void lower(struct imapsrv_limits *limits, const struct pl_variant *v)
{
	if (v->narrow && !limits->output)
		limits->output = 1;
	if (v->narrow && !limits->turn)
		limits->turn = 1;
	if (v->fault == PL_ARENA && (!limits->arena || limits->arena > v->n))
		limits->arena = (size_t)v->n;
}

void pl_run(struct sc *script, const struct pl_variant *variant, struct pl_reference *reference,
            bool first, struct tx_log *log)
{
	struct playing p = {.script = script, .v = variant, .ref = reference, .first = first,
	                    .log = log};
	struct ts_options options = variant->store;
	struct td_options driver;
	uint64_t sum, checked;

	sh_setup(&p.host, script, log);
	options.no_size |= p.host.ts->options.no_size;
	options.previews |= p.host.ts->options.previews;
	options.sparse |= p.host.ts->options.sparse;
	p.host.ts->options = options;
	tx_seed(&p.host.ts->random, options.seed + 1);
	if (variant->fault == PL_REFUSE)
		p.host.ts->options.fail_at = variant->n;
	if (variant->fault == PL_MUTE)
		p.host.ts->options.mute_at = variant->n;
	p.host.ts->hostile.trick = variant->trick;
	p.host.ts->hostile.at = variant->n;
	p.host.faulty = variant->fault != PL_NONE;
	lower(&p.host.limits, variant);
	ta_init(&p.alloc, log);
	if (variant->fault == PL_ALLOC_ONCE || variant->fault == PL_ALLOC_PAIR)
		p.alloc.fail_once = variant->n;
	if (variant->fault == PL_ALLOC_PAIR)
		p.alloc.fail_more = 1;
	if (variant->fault == PL_ALLOC_FROM)
		p.alloc.fail_from = variant->n;
	if (first) {
		reference->marks = tx_alloc(script->step_count * TD_SESSIONS * sizeof(size_t));
		p.host.ts->answered = pl_note_sum;
		p.host.ts->answered_user = &p;
	}
	td_hooks(&p.host.config);
	p.inside = (struct td_inside){&p.td, variant->deed};
	p.host.ts->inside.at = variant->fault == PL_INSIDE ? variant->n : 0;
	p.host.ts->inside.times = 1 + variant->n % 3;
	p.host.ts->inside.act = td_act;
	p.host.ts->inside.user = &p.inside;
	driver = variant->driver;
	driver.drain_ends = variant->fault == PL_STALL;
	driver.drain_end = driver.drain_ends ? variant->n - 1 : 0;
	p.host.td = &p.td;
	if (td_start(&p.td, log, p.host.ts, &p.alloc, &driver, &p.host.config) == 0) {
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
		reference->drained = p.td.drained;
		reference->answers = p.host.ts->hostile.answers;
		reference->moments = p.host.ts->inside.count;
		for (int i = 0; i < TD_SESSIONS; i++)
			reference->rests[i] = td_at_rest(&p.td, i);
	}
	if (variant->fault != PL_NONE && !log->count)
		pl_judge(&p);
	else if (!log->count)
		pl_check_pictures(&p);
	sum = ts_sum(p.host.ts);
	p.host.ts->answered = NULL;
	checked = p.host.ts->inside.count;
	td_finish(&p.td);
	if (first)
		reference->moments += p.host.ts->inside.count - checked;
	if (sum != ts_sum(p.host.ts) && variant->fault != PL_INSIDE)
		tx_complain(log, "%s: the end of a session changed something", script->path);
	ts_free(p.host.ts);
}
