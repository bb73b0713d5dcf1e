/* SPDX-License-Identifier: MIT */
/* Which messages are told is known first; where that is not all, their highest sequence is asked
 * for; then the response is written, a piece at a time. */
#include "command/sort_result.h"

#include <string.h>

#include "session/modseq.h"

/* Numbers that are written between two looks at the queue. */
#define PIECE 256u

enum {
	AT_START,
	AT_PICK,
	AT_SEQUENCES, /* of those that are told, where that is not all */
	AT_HEAD,
	AT_NUMBERS,
	AT_RELEVANCY
};

/* ---- what is told -------------------------------------------------------------------------- */

void isrv_sort_result_init(struct isrv_sort_result *r, const struct isrv_search_return *ret,
                           const struct isrv_ordering *o, const struct isrv_sort *x)
{
	*r = (struct isrv_sort_result){.ret = ret, .o = o, .x = x, .to = x->messages};
}

static int compare_numbers(const void *ctx, uint32_t a, uint32_t b)
{
	(void)ctx;
	return (a > b) - (a < b);
}

/* Makes a set of what is picked.  False: no memory. */
static bool make_set(struct imapsrv_session *s, struct isrv_sort_result *r)
{
	struct imapsrv_range *ranges = isrv_arena_array(&s->arena, r->count + 1u, sizeof(*ranges));
	uint32_t i;

	if (!ranges)
		return false;
	s->steps += r->count;
	for (i = 0; i < r->count; i++)
		ranges[i] = (struct imapsrv_range){r->uids[i], r->uids[i]};
	r->picked = (struct imapsrv_set){ranges, isrv_uidset_normalize(ranges, r->count)};
	return true;
}

/* The messages that MIN, MAX and PARTIAL name.  False: no memory. */
static bool pick(struct imapsrv_session *s, struct isrv_sort_result *r)
{
	const struct isrv_sort *x = r->x;
	uint32_t part = r->has_part ? r->to - r->from : 0;

	r->uids = isrv_arena_array(&s->arena, part + 2u, 2 * sizeof(*r->uids));
	if (!r->uids)
		return false;
	if (r->ret->options & ISRV_RETURN_MIN && x->messages)
		r->uids[r->count++] = x->order[0];
	if (r->ret->options & ISRV_RETURN_MAX && x->messages)
		r->uids[r->count++] = x->order[x->messages - 1];
	if (part)
		memcpy(r->uids + r->count, x->order + r->from, part * sizeof(*r->uids));
	r->count += part;
	isrv_order_begin(&r->sorting, r->uids, r->uids + r->count, r->count);
	return true;
}

/* Do the options name single messages, and nothing that names all? */
static bool picks(const struct isrv_sort_result *r)
{
	uint32_t options = r->ret->options;

	return options & (ISRV_RETURN_MIN | ISRV_RETURN_MAX | ISRV_RETURN_PARTIAL) &&
	       !(options & (ISRV_RETURN_ALL | ISRV_RETURN_COUNT));
}

static void cut_part(struct isrv_sort_result *r)
{
	uint32_t first, last;

	if (!(r->ret->options & ISRV_RETURN_PARTIAL))
		return;
	r->has_part = isrv_partial_of(&r->ret->partial, r->x->messages, &first, &last);
	r->from = r->has_part ? first - 1 : 0;
	r->to = r->has_part ? last : 0;
}

/* RFC 4731 3.2: the highest of those that are told, which may not be the highest of all. */
static bool needs_sequences(const struct isrv_sort_result *r)
{
	return r->o->program.facts & IMAPSRV_FACT_MODSEQ && r->count;
}

/* False: no memory. */
static bool look_at_options(struct imapsrv_session *s, struct isrv_sort_result *r)
{
	r->at = AT_HEAD;
	cut_part(r);
	if (!picks(r))
		return true;
	if (!pick(s, r))
		return false;
	if (r->ret->options & ISRV_RETURN_SAVE || needs_sequences(r))
		r->at = AT_PICK;
	return true;
}

/* They are in order.  False: no memory. */
static bool picked(struct imapsrv_session *s, struct isrv_sort_result *r)
{
	struct isrv_search_source source;

	r->at = AT_HEAD;
	if (!make_set(s, r))
		return false;
	if (!needs_sequences(r))
		return true;
	r->again = isrv_arena_zalloc(&s->arena, sizeof(*r->again));
	if (!r->again)
		return false;
	r->again->since = s->steps; /* how far it is, does not go on from what was told */
	isrv_search_selected(s, &source);
	isrv_searcher_begin(s, r->again, &r->o->program, &source, &r->picked);
	r->at = AT_SEQUENCES;
	return true;
}

enum isrv_step isrv_sort_result_step(struct imapsrv_session *s, struct isrv_sort_result *r,
                                     bool *ok_r)
{
	enum isrv_step wait;

	*ok_r = r->at != AT_START || look_at_options(s, r);
	if (r->at == AT_PICK) {
		if (!isrv_order_run(&r->sorting, compare_numbers, NULL, &s->steps,
		                    isrv_session_turn_end(s)))
			return ISRV_YIELD;
		*ok_r = picked(s, r);
	}
	if (!*ok_r)
		isrv_command_nomem(s);
	if (r->at != AT_SEQUENCES)
		return ISRV_DONE;
	wait = isrv_searcher_step(s, r->again);
	if (wait != ISRV_DONE)
		return wait;
	*ok_r = isrv_searching_ended(s, r->again->end);
	r->at = AT_HEAD;
	return ISRV_DONE;
}

bool isrv_sort_result_save(struct imapsrv_session *s, const struct isrv_sort_result *r)
{
	struct imapsrv_set uids = r->picked;

	if (!picks(r) &&
	    !isrv_found_uids(&r->o->x.found, &s->arena, &s->view->map, &uids, &s->steps)) {
		isrv_command_nomem(s);
		return false;
	}
	return isrv_searching_keep(s, uids);
}

/* ---- the response -------------------------------------------------------------------------- */

static uint32_t number_of(const struct imapsrv_session *s, const struct isrv_sort_result *r,
                          uint32_t i)
{
	return s->uid ? r->x->order[i] : isrv_nummap_seq(&s->view->map, r->x->order[i]);
}

/* "the lowest sorted message", "the highest sorted message" (RFC 5267 3.1) are the first and the
 * last. */
static void put_extended(struct imapsrv_session *s, const struct isrv_sort_result *r)
{
	uint32_t count = r->x->messages;

	isrv_search_return_begin(s);
	isrv_search_return_put(s, r->ret, count ? number_of(s, r, 0) : 0,
	                       count ? number_of(s, r, count - 1) : 0, count, r->has_part);
}

/* RFC 7162 3.1.9, 3.1.10; RFC 4731 3.2 where only some are told. */
static void put_modseq(struct imapsrv_session *s, const struct isrv_sort_result *r)
{
	uint64_t n = r->again ? r->again->highest : r->o->x.highest;

	if (!n || !r->x->messages || (picks(r) && !r->again))
		return;
	isrv_modseq_saw(s, n);
	isrv_w_cstr(&s->w, r->ret->options ? " MODSEQ " : " (MODSEQ ");
	isrv_w_u64(&s->w, n);
	if (!r->ret->options)
		ISRV_W(&s->w, ")");
}

/* As a list: " 2 84 882".  False: there is more. */
static bool put_list(struct imapsrv_session *s, struct isrv_sort_result *r)
{
	uint32_t stop;

	while (r->next < r->to) {
		if (isrv_session_full(s))
			return false;
		stop = r->to - r->next < PIECE ? r->to : r->next + PIECE;
		s->steps += stop - r->next;
		for (; r->next < stop; r->next++) {
			ISRV_W(&s->w, " ");
			isrv_w_u32(&s->w, number_of(s, r, r->next));
		}
	}
	return true;
}

/* As a set in the order of the SORT: "2,84:86,7"; ranges only ascend (RFC 5267 3.2).  False: there
 * is more. */
static bool put_set(struct imapsrv_session *s, struct isrv_sort_result *r)
{
	uint32_t first, last;

	while (r->next < r->to) {
		if (isrv_session_full(s))
			return false;
		if (r->next > r->from)
			ISRV_W(&s->w, ",");
		first = last = number_of(s, r, r->next++);
		for (; r->next < r->to && number_of(s, r, r->next) == last + 1; r->next++)
			last++;
		s->steps += last - first + 1;
		isrv_w_u32(&s->w, first);
		if (last == first)
			continue;
		ISRV_W(&s->w, ":");
		isrv_w_u32(&s->w, last);
	}
	return true;
}

/* False: there is more. */
static bool put_numbers(struct imapsrv_session *s, struct isrv_sort_result *r)
{
	bool done = true;

	if (!r->ret->options)
		done = put_list(s, r);
	else if (r->ret->options & (ISRV_RETURN_ALL | ISRV_RETURN_PARTIAL))
		done = put_set(s, r);
	if (done && r->ret->options & ISRV_RETURN_PARTIAL)
		ISRV_W(&s->w, ")");
	return done;
}

/* " RELEVANCY (99 42 4)", of those that are listed, in their order; where none are, of all.  False:
 * there is more. */
static bool put_relevancy(struct imapsrv_session *s, struct isrv_sort_result *r)
{
	const struct isrv_searcher *found = &r->o->x;
	uint32_t stop, n;

	while (r->next < r->to) {
		if (isrv_session_full(s))
			return false;
		stop = r->to - r->next < PIECE ? r->to : r->next + PIECE;
		s->steps += stop - r->next;
		for (; r->next < stop; r->next++) {
			if (r->next > r->from)
				ISRV_W(&s->w, " ");
			n = isrv_nummap_seq(found->from.map, r->x->order[r->next]);
			isrv_w_u32(&s->w, isrv_searcher_relevancy(found, n));
		}
	}
	ISRV_W(&s->w, ")");
	return true;
}

static void put_head(struct imapsrv_session *s, struct isrv_sort_result *r)
{
	if (r->ret->options)
		put_extended(s, r);
	else
		ISRV_W(&s->w, "* SORT");
	r->next = r->from;
	r->at = AT_NUMBERS;
}

enum isrv_step isrv_sort_result_put(struct imapsrv_session *s, struct isrv_sort_result *r)
{
	bool done = true;

	if (r->at == AT_HEAD)
		put_head(s, r);
	if (r->at == AT_NUMBERS) {
		done = put_numbers(s, r);
		if (done && r->ret->options & ISRV_RETURN_RELEVANCY) {
			ISRV_W(&s->w, " RELEVANCY (");
			r->next = r->from;
			r->at = AT_RELEVANCY;
		}
	}
	if (r->at == AT_RELEVANCY)
		done = put_relevancy(s, r);
	s->mid_line = true;
	if (!done)
		return ISRV_OUTPUT;
	put_modseq(s, r);
	isrv_w_crlf(&s->w);
	isrv_session_end_line(s);
	return ISRV_DONE;
}

void isrv_sort_result_drop(struct imapsrv_session *s, struct isrv_sort_result *r)
{
	if (r->again)
		isrv_searcher_drop(s, r->again);
}
