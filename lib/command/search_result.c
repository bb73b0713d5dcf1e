/* SPDX-License-Identifier: MIT */
/* First all that matches is found, then what PARTIAL wants of it is cut out, then, if nothing else
 * says it, the highest sequence in that part is asked for. */
#include "command/search_result.h"

enum {
	AT_SEARCH,
	AT_FOUND,
	AT_SEQUENCES, /* of what PARTIAL tells */
	AT_END
};

enum {
	PUT_HEAD,
	PUT_NUMBERS,
	PUT_RELEVANCY
};

/* How many of the lowest matches answer all that is asked (RFC 4731 3.1, RFC 9394 3.1); 0: it takes
 * all of them. */
static uint32_t enough(const struct isrv_search_return *r)
{
	uint32_t options = r->options & ~(uint32_t)(ISRV_RETURN_SAVE | ISRV_RETURN_CONTEXT);

	if (options == ISRV_RETURN_MIN)
		return 1;
	if (!(options & ISRV_RETURN_PARTIAL) || r->partial.from_end ||
	    options & ~(uint32_t)(ISRV_RETURN_PARTIAL | ISRV_RETURN_MIN))
		return 0;
	return r->partial.first > r->partial.last ? r->partial.first : r->partial.last;
}

void isrv_search_result_init(struct isrv_search_result *r, const struct isrv_search_return *ret,
                             const struct isrv_program *program,
                             const struct isrv_search_source *source, struct isrv_arena *arena,
                             bool uid)
{
	memset(r, 0, sizeof(*r));
	r->ret = ret;
	r->program = program;
	r->source = *source;
	r->arena = r->x.arena = arena;
	r->uid = uid;
	r->x.enough = enough(ret);
	r->x.relevancy = ret->options & ISRV_RETURN_RELEVANCY;
}

/* ---- finding ------------------------------------------------------------------------------- */

/* What PARTIAL asks for, now that all is found. */
static void cut_part(struct imapsrv_session *s, struct isrv_search_result *r)
{
	const struct isrv_found *f = &r->x.found;
	uint32_t first, last;

	r->at = AT_END;
	r->end = ISRV_SEARCH_FOUND;
	if (!(r->ret->options & ISRV_RETURN_PARTIAL) ||
	    !isrv_partial_of(&r->ret->partial, f->size, &first, &last))
		return;
	r->has_part = true;
	s->steps += f->count;
	r->end = ISRV_SEARCH_NOMEM;
	if (!isrv_found_slice(f, r->arena, first, last, &r->part))
		return;
	/* The highest sequence among them is not known if all that was found has more. */
	if (r->program->facts & IMAPSRV_FACT_MODSEQ && !(r->ret->options & ISRV_RETURN_COUNT)) {
		r->again = isrv_arena_zalloc(r->arena, sizeof(*r->again));
		if (!r->again || !isrv_found_uids(&r->part, r->arena, r->source.map, &r->part_uids,
		                                  &s->steps))
			return;
		r->again->arena = r->arena;
		/* How far it is, does not go on from what was told. */
		r->again->since = r->x.since ? r->x.since : s->steps;
		isrv_searcher_begin(s, r->again, r->program, &r->source, &r->part_uids);
		r->at = AT_SEQUENCES;
	}
	r->end = ISRV_SEARCH_FOUND;
}

enum isrv_step isrv_search_result_step(struct imapsrv_session *s, struct isrv_search_result *r)
{
	enum isrv_step wait;

	for (;;) {
		switch (r->at) {
		case AT_SEARCH:
			wait = isrv_searcher_step(s, &r->x);
			if (wait != ISRV_DONE)
				return wait;
			if (s->error)
				return wait;
			r->end = r->x.end;
			r->at = r->end == ISRV_SEARCH_FOUND ? AT_FOUND : AT_END;
			break;
		case AT_FOUND:
			cut_part(s, r);
			break;
		case AT_SEQUENCES:
			wait = isrv_searcher_step(s, r->again);
			if (wait != ISRV_DONE)
				return wait;
			r->end = r->again->end;
			r->at = AT_END;
			break;
		default:
			return ISRV_DONE;
		}
	}
}

void isrv_search_result_drop(struct imapsrv_session *s, struct isrv_search_result *r)
{
	isrv_searcher_drop(s, &r->x);
	if (r->again)
		isrv_searcher_drop(s, r->again);
}

bool isrv_search_result_pick(const struct isrv_search_result *r, struct isrv_found *saved_r)
{
	const struct isrv_found *f = &r->x.found, *part = &r->part;
	uint32_t options = r->ret->options, lowest, highest;

	*saved_r = *f;
	if (!f->count || options & (ISRV_RETURN_ALL | ISRV_RETURN_COUNT) ||
	    !(options & (ISRV_RETURN_MIN | ISRV_RETURN_MAX | ISRV_RETURN_PARTIAL)))
		return true;
	lowest = f->ranges[0].first;
	highest = f->ranges[f->count - 1].last;
	*saved_r = (struct isrv_found){0};
	if (r->has_part && !isrv_found_slice(part, r->arena, 1, part->size, saved_r))
		return false;
	return (!(options & ISRV_RETURN_MIN) ||
	        isrv_found_add(saved_r, r->arena, lowest, lowest)) &&
	       (!(options & ISRV_RETURN_MAX) ||
	        isrv_found_add(saved_r, r->arena, highest, highest));
}

/* ---- telling ------------------------------------------------------------------------------- */

static uint32_t told(const struct isrv_search_result *r, uint32_t n)
{
	return r->uid ? isrv_nummap_uid(r->source.map, n) : n;
}

static void put_head(struct imapsrv_session *s, const struct isrv_search_result *r)
{
	const struct isrv_found *f = &r->x.found;

	isrv_search_return_put(s, r->ret, f->count ? told(r, f->ranges[0].first) : 0,
	                       f->count ? told(r, f->ranges[f->count - 1].last) : 0, f->size,
	                       r->has_part);
}

/*
 * "The highest mod-sequence for all messages being returned" (RFC 7162 3.1.5); where only MIN,
 * MAX, both or a part are returned, of those (RFC 4731 3.2).
 */
uint64_t isrv_search_result_modseq(const struct isrv_search_result *r)
{
	uint32_t options = r->ret->options;
	uint64_t n = 0;

	if (!r->x.found.count)
		return 0;
	if (!options || options & (ISRV_RETURN_ALL | ISRV_RETURN_COUNT))
		return r->x.highest;
	if (options & ISRV_RETURN_MIN)
		n = r->x.lowest_modseq;
	if (options & ISRV_RETURN_MAX && r->x.highest_modseq > n)
		n = r->x.highest_modseq;
	if (r->again && r->again->highest > n)
		n = r->again->highest;
	return n;
}

static void put_modseq(struct imapsrv_session *s, const struct isrv_search_result *r)
{
	bool extended = r->ret->options != 0;
	uint64_t n = isrv_search_result_modseq(r);

	if (!n)
		return;
	isrv_w_cstr(&s->w, extended ? " MODSEQ " : " (MODSEQ ");
	isrv_w_u64(&s->w, n);
	if (!extended)
		ISRV_W(&s->w, ")");
}

/* Of the messages that are listed, in their order; where none are, of all that were found. */
static enum isrv_step put_relevancy(struct imapsrv_session *s, struct isrv_search_result *r)
{
	struct isrv_found *f =
		r->ret->options & ISRV_RETURN_PARTIAL ? &r->part : &r->x.found;
	struct imapsrv_range run;
	uint32_t n;

	if (r->put_at == PUT_NUMBERS) {
		isrv_found_rewind(f);
		ISRV_W(&s->w, " RELEVANCY (");
		r->put_at = PUT_RELEVANCY;
	}
	while (!isrv_session_full(s)) {
		if (!isrv_found_next(f, &run)) {
			ISRV_W(&s->w, ")");
			return ISRV_DONE;
		}
		s->steps += run.last - run.first + 1;
		for (n = run.first; n <= run.last; n++) {
			if (r->scored++)
				ISRV_W(&s->w, " ");
			isrv_w_u32(&s->w, isrv_searcher_relevancy(&r->x, n));
		}
	}
	return ISRV_OUTPUT;
}

/* The list or set that is asked for, to its end. */
static enum isrv_step put_numbers(struct imapsrv_session *s, struct isrv_search_result *r)
{
	const struct isrv_nummap *uids = r->uid ? r->source.map : NULL;
	uint32_t options = r->ret->options;
	enum isrv_step step = ISRV_DONE;

	if (!options)
		step = isrv_found_put_list(s, &r->x.found, uids);
	else if (options & ISRV_RETURN_ALL)
		step = isrv_found_put_set(s, &r->x.found, uids);
	else if (r->has_part)
		step = isrv_found_put_set(s, &r->part, uids);
	if (step == ISRV_DONE && options & ISRV_RETURN_PARTIAL)
		ISRV_W(&s->w, ")");
	return step;
}

enum isrv_step isrv_search_result_put(struct imapsrv_session *s, struct isrv_search_result *r)
{
	enum isrv_step step = ISRV_DONE;

	if (r->put_at == PUT_HEAD) {
		put_head(s, r);
		r->put_at = PUT_NUMBERS;
	}
	if (r->put_at == PUT_NUMBERS)
		step = put_numbers(s, r);
	if (step == ISRV_DONE && r->ret->options & ISRV_RETURN_RELEVANCY)
		step = put_relevancy(s, r);
	s->mid_line = true;
	if (step == ISRV_DONE) {
		put_modseq(s, r);
		isrv_w_crlf(&s->w);
		isrv_session_end_line(s);
	}
	return step;
}
