/* SPDX-License-Identifier: MIT */
/* See the header. */
#include "command/sort_follow.h"

#include "session/contexts.h"

bool isrv_sort_follow_parse(struct isrv_parse *p, struct isrv_sort_follow *f,
                            struct isrv_ordering *o)
{
	f->asked = true;
	return isrv_filters_keep(p, &o->filters);
}

void isrv_sort_follow_begin(struct imapsrv_session *s, struct isrv_sort_follow *f,
                            struct isrv_pool *pool, const struct isrv_sort_program *by)
{
	/* How relevant what comes later is, beside what was found now, nobody says. */
	if (!f->asked || isrv_sort_needs_relevancy(by))
		return;
	f->on = true;
	f->mem = &s->mem;
	f->key_mem = &pool->mem;
	isrv_ranked_init(&f->ranked, isrv_contexts_room(s));
	isrv_buf_init(&f->key, SIZE_MAX);
}

static void give_up(struct isrv_sort_follow *f)
{
	if (!f->on)
		return;
	f->on = false;
	isrv_ranked_clear(&f->ranked, f->mem);
	isrv_buf_clear(&f->key, f->key_mem);
}

bool isrv_sort_follow_take(struct isrv_sort_follow *f, struct isrv_pool *pool, struct isrv_sort *x,
                           const struct isrv_sort_facts *facts)
{
	if (!f->on)
		return true;
	f->key.len = 0;
	if (isrv_sort_key(x, facts, &f->key)) {
		if (isrv_ranked_add(&f->ranked, f->mem, facts->uid,
		                    (struct imapsrv_span){f->key.data, f->key.len}))
			return true;
		pool->starved = !f->ranked.full;
	}
	give_up(f);
	return !pool->starved;
}

bool isrv_sort_follow_end(struct imapsrv_session *s, struct isrv_sort_follow *f,
                          const struct isrv_ordering *o, const struct isrv_sort_program *by,
                          const struct isrv_search_return *ret)
{
	struct isrv_context_wish wish = {.program = o->filters.text,
	                                 .features = o->filters.features,
	                                 .parsed = &o->program, .fetch = ret->fetch,
	                                 .by = by, .ranked = &f->ranked};

	if (!f->asked)
		return true;
	if (!f->on) {
		isrv_contexts_put_refusal(s, s->tag);
		return true;
	}
	if (!isrv_ranked_arrange(&f->ranked, f->mem, &s->steps)) {
		isrv_session_fail(s, IMAPSRV_ENOMEM);
		return false;
	}
	return isrv_searching_wish(s, &wish, &o->x.found, ret, &f->followed);
}

void isrv_sort_follow_drop(struct isrv_sort_follow *f)
{
	give_up(f);
}
