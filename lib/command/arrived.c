/* SPDX-License-Identifier: MIT */
/*
 * What arrived is cut where another set of searches is interested: a FETCH with all that is wanted
 * of a message, and the messages in ascending order.
 */
#include "command/arrived.h"

#include "session/contexts.h"

void isrv_arrived_init(struct isrv_arrived *a)
{
	memset(a, 0, sizeof(*a));
	isrv_uidset_init(&a->uids, SIZE_MAX);
	isrv_uidset_init(&a->part, SIZE_MAX);
}

void isrv_arrived_drop(struct imapsrv_session *s, struct isrv_arrived *a)
{
	if (a->fetch)
		isrv_fetch_arrived_drop(s, a->fetch);
	a->fetch = NULL;
	isrv_uidset_clear(&a->uids, &s->mem);
	isrv_uidset_clear(&a->part, &s->mem);
}

/* Takes the lowest of the rest that are shown alike.  False: there is no more, or no memory. */
static bool next_part(struct imapsrv_session *s, struct isrv_arrived *a)
{
	struct imapsrv_set uids = isrv_uidset_view(&a->uids);
	size_t i = a->from ? isrv_uidset_seek(uids, a->from) : uids.count;
	uint32_t first, last;

	isrv_uidset_empty(&a->part);
	if (i == uids.count)
		return false;
	first = uids.ranges[i].first > a->from ? uids.ranges[i].first : a->from;
	last = isrv_contexts_show_until(s, first);
	for (; i < uids.count && uids.ranges[i].first <= last; i++) {
		struct imapsrv_range r = uids.ranges[i];

		s->steps++;
		r.first = r.first > first ? r.first : first;
		r.last = r.last < last ? r.last : last;
		if (!isrv_uidset_add(&a->part, &s->mem, r.first, r.last)) {
			isrv_session_fail(s, IMAPSRV_ENOMEM);
			return false;
		}
	}
	a->from = last == UINT32_MAX ? 0 : last + 1; /* 0: that was the last part */
	return true;
}

static struct imapsrv_span notify_wants(const struct imapsrv_session *s)
{
	if (!s->notify || !s->notify->fetch)
		return (struct imapsrv_span){NULL, 0};
	return (struct imapsrv_span){s->notify->fetch, s->notify->fetch_len};
}

/* "(UID FLAGS)" and "(UID)" become "(UID FLAGS UID)"; len 0: nobody wants anything, or the arena
 * gave nothing.  How many there were goes to *texts_r. */
static struct imapsrv_span join(struct imapsrv_session *s, uint32_t uid, uint32_t *texts_r)
{
	struct imapsrv_span text = notify_wants(s), joined = {NULL, 0};
	uint32_t index = 0;
	size_t octets = text.len;
	char *to;

	*texts_r = text.len != 0;
	while ((text = isrv_contexts_show_next(s, uid, &index)).len) {
		octets += text.len;
		++*texts_r;
	}
	if (!octets)
		return joined;
	to = isrv_arena_alloc(&s->arena, octets);
	if (!to) {
		isrv_session_fail(s, IMAPSRV_ENOMEM);
		return joined;
	}
	joined.data = to;
	index = 0;
	text = notify_wants(s);
	if (!text.len)
		text = isrv_contexts_show_next(s, uid, &index);
	for (; text.len; text = isrv_contexts_show_next(s, uid, &index)) {
		memcpy(to + joined.len, text.data, text.len);
		/* In the place of what closes one list and opens the next there is a space. */
		if (joined.len) {
			to[joined.len] = ' ';
			memmove(to + joined.len - 1, to + joined.len, text.len);
			joined.len--;
		}
		joined.len += text.len;
	}
	return joined;
}

/* False: it was right when it came in, but an extension was hidden since; or the session has
 * failed. */
static bool parse(struct imapsrv_session *s, struct isrv_arrived *a, struct imapsrv_span text,
                  uint32_t texts)
{
	struct imapsrv_limits limits = s->engine->limits;
	struct isrv_parse p;

	/* Each was within the limit. */
	limits.fetch_items = limits.fetch_items > UINT32_MAX / texts ? UINT32_MAX
	                                                              : limits.fetch_items * texts;
	memset(&a->items, 0, sizeof(a->items));
	memset(&p, 0, sizeof(p));
	isrv_reader_init(&p.r, &s->arena, text.data, text.len);
	p.r.steps = &s->steps;
	p.r.utf8 = s->w.utf8;
	p.limits = &limits;
	p.caps = &s->caps;
	p.rev2 = isrv_session_rev2(s);
	if (isrv_fetch_items_parse(&p, &a->items))
		return true;
	if (p.r.nomem)
		isrv_session_fail(s, IMAPSRV_ENOMEM);
	return false;
}

/* Begins to show the part at hand; false: there is nothing to show, or the session has failed. */
static bool begin_part(struct imapsrv_session *s, struct isrv_arrived *a)
{
	struct imapsrv_set part = isrv_uidset_view(&a->part);
	uint32_t texts;
	struct imapsrv_span text;

	isrv_arena_reset(&s->arena);
	text = join(s, isrv_uidset_min(part), &texts);
	if (!text.len || !parse(s, a, text, texts))
		return false;
	a->fetch = isrv_fetch_arrived_begin(s, &a->items, part);
	if (!a->fetch)
		isrv_session_fail(s, IMAPSRV_ENOMEM);
	return a->fetch != NULL;
}

/* False: there is nothing to show. */
static bool begin(struct imapsrv_session *s, struct isrv_arrived *a)
{
	if (!s->view || !s->view->arrived.count)
		return false;
	a->uids = s->view->arrived;
	isrv_uidset_init(&s->view->arrived, SIZE_MAX);
	a->from = 1;
	return true;
}

enum isrv_step isrv_arrived_step(struct imapsrv_session *s, struct isrv_arrived *a)
{
	enum isrv_step step;

	if (!a->fetch && !begin(s, a))
		return ISRV_DONE;
	for (;;) {
		if (a->fetch) {
			step = isrv_fetch_arrived_step(s, a->fetch);
			if (step != ISRV_DONE || s->error)
				return step;
			a->fetch = NULL;
			s->stirred = true; /* it may have found out that some are gone */
		}
		if (s->error || !next_part(s, a))
			break;
		(void)begin_part(s, a);
	}
	isrv_contexts_shown(s);
	isrv_uidset_clear(&a->uids, &s->mem);
	isrv_uidset_clear(&a->part, &s->mem);
	return ISRV_DONE;
}
