/* SPDX-License-Identifier: MIT */
/*
 * "Each pair is processed in the order that it appears": what is removed is told from the front on,
 * at the place that it has when all before it is gone, and what is added likewise, at the place
 * that it will keep.  Neighbours are told as one set.
 */
#include "session/contexts_sorted.h"

#include "search/order.h"
#include "session/gather.h"

struct placed {
	uint32_t place; /* as it is told */
	uint32_t uid;
};

struct changes {
	struct placed *list;
	uint32_t count;
	uint32_t told;  /* so many of them were */
	uint32_t apart; /* from one to its neighbour */
};

struct isrv_sorting {
	struct imapsrv_session *s;
	struct isrv_context *x;
	struct changes removed, added;
	bool gathering;
	bool nomem;
	struct isrv_gather g;
	struct isrv_sort keys; /* nothing but the making of keys */
	struct isrv_buf key;
};

static struct isrv_sorting *get(struct imapsrv_session *s, struct isrv_contexts *c)
{
	if (!c->sorting) {
		c->sorting = isrv_arena_zalloc(&c->arena, sizeof(*c->sorting));
		if (c->sorting) {
			c->sorting->s = s;
			c->sorting->x = &c->list[c->index];
		}
	}
	return c->sorting;
}

/* ---- places -------------------------------------------------------------------------------- */

static int compare_places(const void *ctx, uint32_t a, uint32_t b)
{
	const struct placed *list = ctx;

	return (list[a].place > list[b].place) - (list[a].place < list[b].place);
}

/* In ascending order of places.  False: the arena gave nothing. */
static bool arrange(struct imapsrv_session *s, struct isrv_arena *arena, struct changes *x)
{
	uint32_t *by = isrv_arena_array(arena, x->count, 2 * sizeof(*by)), i;
	struct placed *list = isrv_arena_array(arena, x->count, sizeof(*list));

	if (!by || !list)
		return false;
	for (i = 0; i < x->count; i++)
		by[i] = i;
	isrv_order_sort(by, by + x->count, x->count, compare_places, x->list, &s->steps);
	for (i = 0; i < x->count; i++)
		list[i] = x->list[by[i]];
	x->list = list;
	return true;
}

/* Where these messages stand, those that do.  False: the arena gave nothing. */
static bool find(struct imapsrv_session *s, struct isrv_contexts *c, const struct isrv_found *found,
                 struct changes *to)
{
	const struct isrv_ranked *ranked = &c->sorting->x->sort.ranked;
	size_t i;

	to->list = isrv_arena_array(&c->arena, found->size, sizeof(*to->list));
	if (!to->list)
		return false;
	for (i = 0; i < found->count; i++) {
		struct imapsrv_range r = found->ranges[i];

		s->steps += r.last - r.first + 1;
		for (uint32_t n = r.first; n <= r.last; n++) {
			uint32_t uid = isrv_nummap_uid(&s->view->map, n);
			uint32_t place = isrv_ranked_place(ranked, uid, &s->steps);

			if (place)
				to->list[to->count++] = (struct placed){place, uid};
		}
	}
	return arrange(s, &c->arena, to);
}

bool isrv_sorted_take_out(struct imapsrv_session *s, struct isrv_contexts *c)
{
	struct isrv_sorting *y;
	struct changes *gone;
	uint32_t i, *places;

	if (!c->removed.count)
		return true;
	y = get(s, c);
	if (!y || !find(s, c, &c->removed, &y->removed))
		return false;
	gone = &y->removed;
	places = isrv_arena_array(&c->arena, gone->count, sizeof(*places));
	if (!places)
		return false;
	for (i = 0; i < gone->count; i++) {
		places[i] = gone->list[i].place;
		gone->list[i].place -= i;
	}
	isrv_ranked_remove(&y->x->sort.ranked, &s->mem, places, gone->count, &s->steps);
	if (!gone->count)
		c->removed = (struct isrv_found){0};
	return true;
}

/* ---- what is added ------------------------------------------------------------------------- */

static bool take(void *ctx, const struct isrv_sort_facts *facts)
{
	struct isrv_sorting *y = ctx;
	struct isrv_ranked *ranked = &y->x->sort.ranked;
	struct imapsrv_session *s = y->s;

	y->key.len = 0;
	if (isrv_sort_key(&y->keys, facts, &y->key) &&
	    isrv_ranked_add(ranked, &s->mem, facts->uid,
	                    (struct imapsrv_span){y->key.data, y->key.len}))
		return true;
	y->nomem = !ranked->full;
	return false;
}

static bool begin_gather(struct imapsrv_session *s, struct isrv_contexts *c)
{
	struct isrv_sorting *y = get(s, c);
	struct isrv_search_source source;

	if (!y)
		return false;
	y->gathering = true;
	y->added.apart = 1;
	isrv_sort_init(&y->keys, &y->x->sort.by, &s->mem, &s->steps);
	isrv_buf_init(&y->key, SIZE_MAX);
	y->x->sort.ranked.max = y->x->sort.ranked.used + isrv_contexts_room(s);
	y->g.header = isrv_sort_needs_header(&y->x->sort.by);
	y->g.size = isrv_sort_needs_size(&y->x->sort.by);
	y->g.take = take;
	y->g.ctx = y;
	y->g.arena = &c->arena;
	isrv_search_selected(s, &source);
	isrv_gather_begin(s, &y->g, &source, &c->added);
	return true;
}

enum isrv_step isrv_sorted_put_in(struct imapsrv_session *s, struct isrv_contexts *c, bool *ok_r)
{
	struct isrv_sorting *y = c->sorting;
	enum isrv_step step;

	*ok_r = false;
	if ((!y || !y->gathering) && !begin_gather(s, c))
		return ISRV_DONE;
	y = c->sorting;
	step = isrv_gather_step(s, &y->g);
	if (step != ISRV_DONE || s->error)
		return step;
	if (y->nomem || (y->g.end == ISRV_GATHER_DONE &&
	                 !isrv_ranked_arrange(&y->x->sort.ranked, &s->mem, &s->steps)))
		isrv_session_fail(s, IMAPSRV_ENOMEM);
	if (s->error || y->g.end != ISRV_GATHER_DONE || !find(s, c, &c->added, &y->added))
		return ISRV_DONE;
	if (!y->added.count)
		c->added = (struct isrv_found){0};
	*ok_r = true;
	return ISRV_DONE;
}

/* ---- telling ------------------------------------------------------------------------------- */

/* Does it go into the set of the one before it? */
static bool joins(const struct changes *x, uint32_t i)
{
	return x->list[i].place == x->list[i - 1].place + x->apart;
}

static uint32_t number_of(const struct imapsrv_session *s, const struct isrv_sorting *y,
                          uint32_t uid)
{
	return y->x->uid ? uid : isrv_nummap_seq(&s->view->map, uid);
}

/* The next ones that are one range of a set. */
static void put_some(struct imapsrv_session *s, const struct isrv_sorting *y, struct changes *x)
{
	uint32_t i = x->told, first, last;

	if (i && joins(x, i)) {
		ISRV_W(&s->w, ",");
	} else {
		if (i)
			ISRV_W(&s->w, " ");
		isrv_w_u32(&s->w, x->list[i].place);
		ISRV_W(&s->w, " ");
	}
	first = last = number_of(s, y, x->list[i++].uid);
	for (; i < x->count && joins(x, i) && number_of(s, y, x->list[i].uid) == last + 1; i++)
		last++;
	isrv_w_u32(&s->w, first);
	if (last != first) {
		ISRV_W(&s->w, ":");
		isrv_w_u32(&s->w, last);
	}
	s->steps += i - x->told;
	x->told = i;
}

enum isrv_step isrv_sorted_tell(struct imapsrv_session *s, struct isrv_contexts *c, bool added)
{
	struct isrv_sorting *y = c->sorting;
	struct changes *x = added ? &y->added : &y->removed;

	while (x->told < x->count) {
		if (isrv_session_full(s))
			return ISRV_OUTPUT;
		put_some(s, y, x);
	}
	return ISRV_DONE;
}

void isrv_sorted_drop(struct imapsrv_session *s, struct isrv_contexts *c)
{
	struct isrv_sorting *y = c->sorting;

	c->sorting = NULL;
	if (!y || !y->gathering)
		return;
	isrv_gather_drop(s, &y->g);
	isrv_sort_clear(&y->keys);
	isrv_buf_clear(&y->key, &s->mem);
}
