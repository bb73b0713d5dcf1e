/* SPDX-License-Identifier: MIT */
/*
 * What cannot be kept up any more (a limit, a host that refuses) is given up with NOUPDATE: a
 * client must not take silence for "nothing has changed".
 */
#include "session/contexts_sorted.h"

static const struct imapsrv_range everything[] = {{1, UINT32_MAX}};

/* ---- telling ------------------------------------------------------------------------------- */

/* The numbers of the messages within the ranges.  False: the arena gave nothing. */
static bool to_numbers(struct imapsrv_session *s, struct isrv_contexts *c, struct imapsrv_set uids,
                       struct isrv_found *found_r)
{
	const struct isrv_nummap *map = &s->view->map;
	uint32_t below, upto;
	size_t i;

	*found_r = (struct isrv_found){0};
	s->steps += uids.count;
	for (i = 0; i < uids.count; i++) {
		below = isrv_nummap_rank(map, uids.ranges[i].first - 1);
		upto = isrv_nummap_rank(map, uids.ranges[i].last);
		if (upto > below && !isrv_found_add(found_r, &c->arena, below + 1, upto))
			return false;
	}
	return true;
}

/* " REMOVEFROM (0 2)": what is in the parentheses, of the result of a SEARCH behind the 0. */
static enum isrv_step put_numbers(struct imapsrv_session *s, struct isrv_contexts *c, bool added)
{
	const struct isrv_context *x = &c->list[c->index];

	if (x->sorted)
		return isrv_sorted_tell(s, c, added);
	return isrv_found_put_set(s, added ? &c->added : &c->removed,
	                          x->uid ? &s->view->map : NULL);
}

/* "* ESEARCH (TAG "B01") UID REMOVEFROM (0 2) ADDTO (0 32768:32769)" */
static enum isrv_step put_change(struct imapsrv_session *s, struct isrv_contexts *c)
{
	const struct isrv_context *x = &c->list[c->index];

	switch (c->put) {
	case PUT_BEGIN:
		if (isrv_session_full(s))
			return ISRV_OUTPUT;
		isrv_session_begin_line(s);
		ISRV_W(&s->w, "* ESEARCH (TAG ");
		isrv_w_string(&s->w, x->tag, x->tag_len);
		ISRV_W(&s->w, ")");
		if (x->uid)
			ISRV_W(&s->w, " UID");
		if (c->removed.count)
			isrv_w_cstr(&s->w, x->sorted ? " REMOVEFROM (" : " REMOVEFROM (0 ");
		c->put = PUT_REMOVED;
		/* fall through */
	case PUT_REMOVED:
		if (c->removed.count && put_numbers(s, c, false) != ISRV_DONE)
			return ISRV_OUTPUT;
		c->put = PUT_BETWEEN;
		/* fall through */
	case PUT_BETWEEN:
		if (c->removed.count)
			ISRV_W(&s->w, ")");
		if (c->added.count)
			isrv_w_cstr(&s->w, x->sorted ? " ADDTO (" : " ADDTO (0 ");
		c->put = PUT_ADDED;
		/* fall through */
	case PUT_ADDED:
		if (c->added.count && put_numbers(s, c, true) != ISRV_DONE)
			return ISRV_OUTPUT;
		if (c->added.count)
			ISRV_W(&s->w, ")");
		isrv_w_crlf(&s->w);
		isrv_session_end_line(s);
		break;
	}
	c->put = PUT_BEGIN;
	return ISRV_DONE;
}

static struct imapsrv_span tag_of(const struct isrv_context *x)
{
	return (struct imapsrv_span){x->tag, x->tag_len};
}

/* The context at hand cannot be kept up. */
static void give_up(struct imapsrv_session *s, struct isrv_contexts *c)
{
	struct isrv_context *x = &c->list[c->index];

	isrv_sorted_drop(s, c);
	isrv_contexts_put_refusal(s, tag_of(x));
	isrv_context_clear(s, x);
	c->count--;
	memmove(x, x + 1, (c->count - c->index) * sizeof(*x));
}

/* The arena gave nothing: memory has run out, or the context at hand wants too much of it. */
static void starve(struct imapsrv_session *s, struct isrv_contexts *c)
{
	if (c->arena.starved)
		isrv_session_fail(s, IMAPSRV_ENOMEM);
	else
		give_up(s, c);
}

/* ---- what is gone -------------------------------------------------------------------------- */

/* Is the client told of all that is gone, or of what it expunged itself, as it wants to hear
 * (RFC 5465 5)? */
static bool hears_all(const struct imapsrv_session *s)
{
	return s->tell_all || s->heard & ISRV_PENDING_GONE;
}

static struct imapsrv_set known_gone(const struct imapsrv_session *s)
{
	return isrv_uidset_view(hears_all(s) ? &s->view->expunged : &s->view->own_gone);
}

bool isrv_contexts_more_gone(const struct imapsrv_session *s)
{
	const struct isrv_contexts *c = s->contexts;

	return c && (c->at != AT_REST || c->gone || c->gone_all != hears_all(s));
}

/* Takes them out of the results at hand. */
static void find_gone(struct imapsrv_session *s, struct isrv_contexts *c)
{
	struct imapsrv_set gone = known_gone(s);
	struct isrv_context *x = &c->list[c->index];
	struct imapsrv_set both = isrv_uidset_view(&x->matches);

	isrv_arena_reset(&c->arena);
	c->removed = c->added = (struct isrv_found){0};
	if (!isrv_uidset_common(&c->arena, &both, gone, &s->steps) ||
	    !to_numbers(s, c, both, &c->removed) ||
	    (x->sorted && !isrv_sorted_take_out(s, c))) {
		starve(s, c);
		return;
	}
	if (both.count && !isrv_uidset_subtract(&x->matches, &s->mem, both))
		isrv_session_fail(s, IMAPSRV_ENOMEM);
	c->at = AT_GONE_PUT;
}

/* From one context to the next.  OUTPUT: a line waits. */
static enum isrv_step tell_gone(struct imapsrv_session *s, struct isrv_contexts *c)
{
	while (c->index < c->count && !s->error) {
		if (c->at == AT_GONE)
			find_gone(s, c);
		if (c->at != AT_GONE_PUT)
			continue;
		if (c->removed.count && put_change(s, c) != ISRV_DONE)
			return ISRV_OUTPUT;
		isrv_sorted_drop(s, c);
		c->index++;
		c->at = AT_GONE;
	}
	return ISRV_DONE;
}

enum isrv_step isrv_contexts_tell_gone(struct imapsrv_session *s)
{
	struct isrv_contexts *c = s->contexts;

	if (!c)
		return ISRV_DONE;
	do {
		if (c->at == AT_REST) {
			c->gone = false;
			c->gone_all = hears_all(s);
			if (!known_gone(s).count)
				return ISRV_DONE;
			c->index = 0;
			c->at = AT_GONE;
		}
		if (tell_gone(s, c) != ISRV_DONE)
			return ISRV_OUTPUT;
		c->at = AT_REST;
		/* More went while a line waited for room: its numbers are told next. */
	} while (c->gone && c->count && !s->error);
	isrv_arena_clear(&c->arena);
	if (!c->count)
		isrv_contexts_clear(s);
	return ISRV_DONE;
}

/* ---- what was changed ---------------------------------------------------------------------- */

static void take_dirty(struct isrv_contexts *c)
{
	struct isrv_uidset empty = c->now;

	c->now = c->dirty;
	c->dirty = empty;
	isrv_uidset_empty(&c->dirty);
	c->scope = isrv_uidset_view(&c->now);
	if (c->all_dirty)
		c->scope = (struct imapsrv_set){everything, 1};
	c->all_dirty = false;
	c->index = 0;
	c->put = PUT_BEGIN;
}

/* False: the arena gave nothing. */
static bool begin_search(struct imapsrv_session *s, struct isrv_contexts *c)
{
	struct isrv_search_source source;

	isrv_arena_reset(&c->arena);
	if (!isrv_context_parse(s, &c->list[c->index], &c->arena, &c->program))
		return false;
	c->x = isrv_arena_zalloc(&c->arena, sizeof(*c->x));
	if (!c->x)
		return false;
	c->x->arena = &c->arena;
	isrv_search_selected(s, &source);
	source.expunged = &s->view->expunged; /* gone for good, also where the host keeps it for
	                                       * SEARCH */
	isrv_searcher_begin(s, c->x, &c->program, &source, &c->scope);
	return true;
}

/* What was found, of what was looked at, against `was`: what of that the client was told of. */
static bool compare(struct imapsrv_session *s, struct isrv_contexts *c, struct imapsrv_set found,
                    struct imapsrv_set was, struct isrv_uidset *out, struct isrv_uidset *in)
{
	struct isrv_context *x = &c->list[c->index];

	s->steps += was.count + found.count;
	return isrv_uidset_copy(in, &s->mem, found) && isrv_uidset_subtract(in, &s->mem, was) &&
	       isrv_uidset_copy(out, &s->mem, was) && isrv_uidset_subtract(out, &s->mem, found) &&
	       isrv_uidset_subtract(&x->matches, &s->mem, isrv_uidset_view(out)) &&
	       isrv_uidset_union(&x->matches, &s->mem, isrv_uidset_view(in));
}

/* What is added because it arrived is shown; "No untagged FETCH response SHOULD be returned if a
 * message becomes a member of UPDATE SEARCH due to flag or annotation changes" (RFC 5465 7). */
static bool note_show(struct imapsrv_session *s, struct isrv_context *x,
                      const struct isrv_uidset *in)
{
	struct isrv_uidset show;
	bool noted;

	if (!x->fetch || !s->view->arrived.count || !in->count)
		return true;
	isrv_uidset_init(&show, SIZE_MAX);
	s->steps += in->count + s->view->arrived.count;
	noted = isrv_uidset_copy(&show, &s->mem, isrv_uidset_view(in)) &&
	        isrv_uidset_intersect(&show, &s->mem, isrv_uidset_view(&s->view->arrived)) &&
	        isrv_uidset_union(&x->show, &s->mem, isrv_uidset_view(&show));
	isrv_uidset_clear(&show, &s->mem);
	return noted;
}

/* The search at hand has ended: what is to be told.  False: the context cannot be kept up, or the
 * session has failed. */
static bool conclude(struct imapsrv_session *s, struct isrv_contexts *c)
{
	const struct isrv_uidset *matches = &c->list[c->index].matches;
	struct imapsrv_set found, was = isrv_uidset_view(matches);
	struct isrv_uidset out, in;
	bool kept;

	if (c->x->end != ISRV_SEARCH_FOUND ||
	    !isrv_found_uids(&c->x->found, &c->arena, &s->view->map, &found, &s->steps) ||
	    !isrv_uidset_common(&c->arena, &was, c->scope, &s->steps))
		return false;
	isrv_uidset_init(&out, SIZE_MAX);
	isrv_uidset_init(&in, SIZE_MAX);
	if (!compare(s, c, found, was, &out, &in) || !note_show(s, &c->list[c->index], &in))
		isrv_session_fail(s, IMAPSRV_ENOMEM);
	kept = !s->error && matches->count <= s->engine->limits.set_ranges &&
	       to_numbers(s, c, isrv_uidset_view(&in), &c->added) &&
	       to_numbers(s, c, isrv_uidset_view(&out), &c->removed);
	isrv_uidset_clear(&out, &s->mem);
	isrv_uidset_clear(&in, &s->mem);
	return kept;
}

static void next(struct imapsrv_session *s, struct isrv_contexts *c)
{
	isrv_sorted_drop(s, c);
	c->index++;
	c->at = AT_NEXT;
}

/* The search has ended.  False: see conclude. */
static bool searched(struct imapsrv_session *s, struct isrv_contexts *c)
{
	if (!conclude(s, c))
		return false;
	c->x = NULL;
	c->at = AT_PUT;
	if (!c->list[c->index].sorted)
		return true;
	if (c->added.count)
		c->at = AT_SORT;
	return isrv_sorted_take_out(s, c);
}

/* One state's worth.  DONE: go on. */
static enum isrv_step advance(struct imapsrv_session *s, struct isrv_contexts *c)
{
	enum isrv_step step = ISRV_DONE;
	bool kept = false;

	switch (c->at) {
	case AT_NEXT:
		c->at = AT_SEARCH;
		kept = begin_search(s, c);
		break;
	case AT_SEARCH:
		step = isrv_searcher_step(s, c->x);
		if (step != ISRV_DONE || s->error)
			return step;
		kept = searched(s, c);
		break;
	case AT_SORT:
		step = isrv_sorted_put_in(s, c, &kept);
		if (step != ISRV_DONE || s->error)
			return step;
		c->at = AT_PUT;
		break;
	default:
		step = c->removed.count || c->added.count ? put_change(s, c) : ISRV_DONE;
		if (step == ISRV_DONE)
			next(s, c);
		return step;
	}
	if (kept)
		return ISRV_DONE;
	c->x = NULL;
	c->at = AT_NEXT;
	if (!s->error)
		starve(s, c);
	return ISRV_DONE;
}

enum isrv_step isrv_contexts_tell_changed(struct imapsrv_session *s)
{
	struct isrv_contexts *c = s->contexts;
	enum isrv_step step;

	if (!c)
		return ISRV_DONE;
	if (c->at == AT_REST) {
		if (!c->dirty.count && !c->all_dirty)
			return ISRV_DONE;
		take_dirty(c);
		c->at = AT_NEXT;
	}
	while (c->index < c->count && !s->error) {
		step = advance(s, c);
		if (step != ISRV_DONE)
			return step;
	}
	isrv_contexts_drop(s);
	if (!c->count)
		isrv_contexts_clear(s);
	return ISRV_DONE;
}

void isrv_contexts_drop(struct imapsrv_session *s)
{
	struct isrv_contexts *c = s->contexts;

	if (!c || c->at == AT_REST)
		return;
	if (c->x)
		isrv_searcher_drop(s, c->x);
	c->x = NULL;
	isrv_sorted_drop(s, c);
	c->at = AT_REST;
	isrv_uidset_clear(&c->now, &s->mem);
	isrv_arena_clear(&c->arena);
}
