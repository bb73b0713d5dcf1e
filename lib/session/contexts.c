/* SPDX-License-Identifier: MIT */
/*
 * Each context keeps the program as it was written and reads it again when it is needed, so that an
 * idle one costs its text and its results; the sets in it keep what they meant when the command
 * came (RFC 5267 4.3: "evaluated at the time the command is received").
 */
#include <string.h>

#include "session/contexts_list.h"

/* ---- the list ------------------------------------------------------------------------------ */

static struct isrv_context *find(const struct imapsrv_session *s, struct imapsrv_span tag)
{
	const struct isrv_contexts *c = s->contexts;
	uint32_t i;

	for (i = 0; c && i < c->count; i++) {
		if (c->list[i].tag_len == tag.len && !memcmp(c->list[i].tag, tag.data, tag.len))
			return &c->list[i];
	}
	return NULL;
}

void isrv_context_clear(struct imapsrv_session *s, struct isrv_context *x)
{
	uint32_t i;

	for (i = 0; i < x->set_count; i++)
		isrv_uidset_clear(&x->sets[i], &s->mem);
	if (x->sets)
		isrv_mem_free(&s->mem, x->sets, x->set_count * sizeof(*x->sets));
	if (x->tag)
		isrv_mem_free(&s->mem, x->tag, x->tag_len + 1);
	if (x->text)
		isrv_mem_free(&s->mem, x->text, x->text_len + 1);
	if (x->fetch)
		isrv_mem_free(&s->mem, x->fetch, x->fetch_len + 1);
	isrv_uidset_clear(&x->matches, &s->mem);
	isrv_uidset_clear(&x->show, &s->mem);
	isrv_ranked_clear(&x->sort.ranked, &s->mem);
	memset(x, 0, sizeof(*x));
}

bool isrv_contexts_has(const struct imapsrv_session *s, struct imapsrv_span tag)
{
	return find(s, tag) != NULL;
}

struct isrv_contexts *isrv_contexts_get(struct imapsrv_session *s)
{
	struct isrv_contexts *c = s->contexts;

	if (c)
		return c;
	c = isrv_mem_alloc(&s->mem, sizeof(*c));
	if (!c)
		return NULL;
	memset(c, 0, sizeof(*c));
	isrv_uidset_init(&c->dirty, s->engine->limits.set_ranges);
	isrv_uidset_init(&c->now, s->engine->limits.set_ranges);
	isrv_arena_init(&c->arena, &s->mem, s->engine->limits.arena);
	s->contexts = c;
	return c;
}

void isrv_contexts_clear(struct imapsrv_session *s)
{
	struct isrv_contexts *c = s->contexts;
	uint32_t i;

	if (!c)
		return;
	isrv_contexts_drop(s);
	for (i = 0; i < c->count; i++)
		isrv_context_clear(s, &c->list[i]);
	if (c->list)
		isrv_mem_free(&s->mem, c->list, c->cap * sizeof(*c->list));
	isrv_uidset_clear(&c->dirty, &s->mem);
	isrv_uidset_clear(&c->now, &s->mem);
	isrv_arena_clear(&c->arena);
	isrv_mem_free(&s->mem, c, sizeof(*c));
	s->contexts = NULL;
}

void isrv_contexts_cancel(struct imapsrv_session *s, struct imapsrv_span tag)
{
	struct isrv_contexts *c = s->contexts;
	struct isrv_context *x = find(s, tag);

	if (!x)
		return;
	isrv_context_clear(s, x);
	c->count--;
	memmove(x, x + 1, (size_t)(c->list + c->count - x) * sizeof(*x));
	if (!c->count)
		isrv_contexts_clear(s);
}

void isrv_contexts_put_refusal(struct imapsrv_session *s, struct imapsrv_span tag)
{
	ISRV_W(&s->w, "* NO [NOUPDATE ");
	isrv_w_string(&s->w, tag.data, tag.len);
	ISRV_W(&s->w, "] The results of this search are not followed");
	isrv_w_crlf(&s->w);
}

void isrv_contexts_give_up_numbers(struct imapsrv_session *s)
{
	struct isrv_contexts *c = s->contexts;
	uint32_t i, kept = 0;

	for (i = 0; c && i < c->count; i++) {
		struct isrv_context *x = &c->list[i];

		if (x->uid) {
			c->list[kept++] = *x;
			continue;
		}
		isrv_contexts_put_refusal(s, (struct imapsrv_span){x->tag, x->tag_len});
		isrv_context_clear(s, x);
	}
	if (c)
		c->count = kept;
	if (!kept)
		isrv_contexts_clear(s);
}

/* ---- adding -------------------------------------------------------------------------------- */

char *isrv_contexts_copy(struct imapsrv_session *s, const char *data, size_t len)
{
	char *to = isrv_mem_zalloc(&s->mem, len + 1);

	if (to && len)
		memcpy(to, data, len);
	return to;
}

/* UIDs as written: messages that come later can be among them.  "*" is what it was. */
static bool freeze_uids(struct imapsrv_session *s, const struct isrv_rd_set *set,
                        struct isrv_uidset *to)
{
	uint32_t last = s->view->map.last_uid;

	if (!isrv_uidset_copy(to, &s->mem, (struct imapsrv_set){set->ranges, set->count}))
		return false;
	if (!set->star)
		return true;
	if (last && set->star > last && !isrv_uidset_add(to, &s->mem, last, last))
		return false;
	return set->star == UINT32_MAX || isrv_uidset_add(to, &s->mem, set->star, UINT32_MAX);
}

static uint32_t count_sets(const struct isrv_program *p, size_t *ranges_r)
{
	uint32_t i, n = 0;

	*ranges_r = 0;
	for (i = 0; i < p->count; i++) {
		const struct isrv_term *term = &p->terms[i];

		if (term->kind != ISRV_TERM_SET)
			continue;
		n++;
		*ranges_r += term->u.set.uids.count + 2;
		if (term->u.set.uid && !term->u.set.written.saved)
			*ranges_r += term->u.set.written.count;
	}
	return n;
}

static bool freeze(struct imapsrv_session *s, struct isrv_context *x, const struct isrv_program *p)
{
	uint32_t i, n = 0;

	for (i = 0; i < p->count; i++) {
		const struct isrv_term *term = &p->terms[i];
		struct isrv_uidset *set;

		if (term->kind != ISRV_TERM_SET)
			continue;
		set = &x->sets[n++];
		isrv_uidset_init(set, SIZE_MAX);
		if (!(term->u.set.uid && !term->u.set.written.saved
		              ? freeze_uids(s, &term->u.set.written, set)
		              : isrv_uidset_copy(set, &s->mem, term->u.set.uids)))
			return false;
	}
	return true;
}

static bool fill(struct imapsrv_session *s, struct isrv_context *x,
                 const struct isrv_context_wish *wish, uint32_t sets)
{
	x->tag = isrv_contexts_copy(s, s->tag.data, s->tag.len);
	x->tag_len = s->tag.len;
	x->text = isrv_contexts_copy(s, wish->program.data, wish->program.len);
	x->text_len = wish->program.len;
	x->features = wish->features;
	x->uid = s->uid;
	x->utf8 = s->w.utf8;
	x->uidonly = isrv_session_uidonly(s);
	isrv_uidset_init(&x->matches, SIZE_MAX); /* see conclude */
	isrv_uidset_init(&x->show, SIZE_MAX);
	if (wish->fetch.len) {
		x->fetch = isrv_contexts_copy(s, wish->fetch.data, wish->fetch.len);
		x->fetch_len = wish->fetch.len;
		if (!x->fetch)
			return false;
	}
	if (!x->tag || !x->text || !isrv_uidset_copy(&x->matches, &s->mem, wish->found))
		return false;
	if (!sets)
		return true;
	x->sets = isrv_mem_zarray(&s->mem, sets, sizeof(*x->sets));
	if (!x->sets)
		return false;
	x->set_count = sets;
	return freeze(s, x, wish->parsed);
}

bool isrv_contexts_reserve(struct imapsrv_session *s, struct isrv_contexts *c)
{
	uint32_t cap = c->cap ? c->cap * 2 : 2;
	struct isrv_context *grown;

	if (c->count < c->cap)
		return true;
	grown = isrv_mem_realloc(&s->mem, c->list, c->cap * sizeof(*grown), cap * sizeof(*grown));
	if (!grown)
		return false;
	c->list = grown;
	c->cap = cap;
	return true;
}

size_t isrv_contexts_room(const struct imapsrv_session *s)
{
	const struct imapsrv_limits *l = &s->engine->limits;
	const struct isrv_contexts *c = s->contexts;
	size_t room = (l->sort < l->memory / 2 ? l->sort : l->memory / 2) / 2;
	uint32_t i;

	for (i = 0; c && i < c->count; i++)
		room -= c->list[i].sort.ranked.used;
	return room;
}

/* At most ISRV_CONTEXTS_FETCH_MAX. */
size_t isrv_contexts_fetch_octets(const struct isrv_contexts *c)
{
	size_t octets = 0;
	uint32_t i;

	for (i = 0; c && i < c->count; i++)
		octets += c->list[i].fetch_len;
	return octets;
}

bool isrv_contexts_add(struct imapsrv_session *s, const struct isrv_context_wish *wish)
{
	const struct imapsrv_limits *limits = &s->engine->limits;
	size_t ranges;
	uint32_t sets = count_sets(wish->parsed, &ranges);
	struct isrv_contexts *c = s->contexts;
	struct isrv_context *x;

	/* Linear in what is kept, and all of that is bounded. */
	s->steps += wish->parsed->count + ranges + wish->found.count;
	if ((c && c->count >= limits->contexts) || wish->found.count > limits->set_ranges ||
	    ranges > limits->set_ranges ||
	    wish->fetch.len > ISRV_CONTEXTS_FETCH_MAX - isrv_contexts_fetch_octets(c))
		return false;
	c = isrv_contexts_get(s);
	if (!c || !isrv_contexts_reserve(s, c)) {
		isrv_session_fail(s, IMAPSRV_ENOMEM);
		return false;
	}
	c->gone = true; /* what went while the search ran was noted by nobody */
	x = &c->list[c->count++];
	memset(x, 0, sizeof(*x));
	if (wish->by) {
		x->sorted = true;
		x->sort.by = *wish->by;
		x->sort.ranked = *wish->ranked;
		isrv_ranked_init(wish->ranked, 0);
	}
	if (fill(s, x, wish, sets))
		return true;
	isrv_session_fail(s, IMAPSRV_ENOMEM);
	return false;
}

/* ---- what changes -------------------------------------------------------------------------- */

void isrv_contexts_touch(struct imapsrv_session *s, struct imapsrv_set uids)
{
	struct isrv_contexts *c = s->contexts;

	if (!c || !uids.count)
		return;
	if (!isrv_uidset_union(&c->dirty, &s->mem, uids))
		c->all_dirty = true;
}

void isrv_contexts_note_gone(struct imapsrv_session *s)
{
	if (s->contexts)
		s->contexts->gone = true;
}

bool isrv_contexts_busy(const struct imapsrv_session *s)
{
	return s->contexts && s->contexts->at >= AT_NEXT;
}

bool isrv_contexts_due(const struct imapsrv_session *s)
{
	const struct isrv_contexts *c = s->contexts;

	return c && (c->gone || c->all_dirty || c->dirty.count || c->at != AT_REST);
}

/* ---- showing what arrived -------------------------------------------------------------------- */

bool isrv_contexts_show(const struct imapsrv_session *s)
{
	const struct isrv_contexts *c = s->contexts;
	uint32_t i = 0;

	while (c && i < c->count && !c->list[i].fetch)
		i++;
	return c && i < c->count;
}

uint32_t isrv_contexts_show_until(const struct imapsrv_session *s, uint32_t uid)
{
	const struct isrv_contexts *c = s->contexts;
	uint32_t i, until = UINT32_MAX;

	for (i = 0; c && i < c->count; i++) {
		struct imapsrv_set show = isrv_uidset_view(&c->list[i].show);
		size_t at = isrv_uidset_seek(show, uid);
		struct imapsrv_range r;

		if (at == show.count)
			continue;
		r = show.ranges[at];
		if (r.first > uid)
			r.last = r.first - 1;
		if (r.last < until)
			until = r.last;
	}
	return until;
}

struct imapsrv_span isrv_contexts_show_next(const struct imapsrv_session *s, uint32_t uid,
                                            uint32_t *index)
{
	const struct isrv_contexts *c = s->contexts;

	while (c && *index < c->count) {
		const struct isrv_context *x = &c->list[(*index)++];

		if (isrv_uidset_has(isrv_uidset_view(&x->show), uid))
			return (struct imapsrv_span){x->fetch, x->fetch_len};
	}
	return (struct imapsrv_span){NULL, 0};
}

void isrv_contexts_shown(struct imapsrv_session *s)
{
	struct isrv_contexts *c = s->contexts;
	uint32_t i;

	for (i = 0; c && i < c->count; i++)
		isrv_uidset_clear(&c->list[i].show, &s->mem);
}

/* ---- reading a program again --------------------------------------------------------------- */

bool isrv_context_parse(struct imapsrv_session *s, const struct isrv_context *x,
                        struct isrv_arena *arena, struct isrv_program *program_r)
{
	struct isrv_reader r;
	uint32_t i, n = 0;

	isrv_reader_init(&r, arena, x->text, x->text_len);
	r.steps = &s->steps;
	r.keyword_max = s->engine->limits.keyword_len;
	r.utf8 = x->utf8;
	r.uidonly = x->uidonly;
	if (!(x->sorted
	              ? isrv_program_parse_criteria(program_r, &r, &s->engine->limits, x->features)
	              : isrv_program_parse(program_r, &r, &s->engine->limits, x->features)) ||
	    program_r->bad_charset)
		return false;
	for (i = 0; i < program_r->count; i++) {
		if (program_r->terms[i].kind != ISRV_TERM_SET)
			continue;
		if (n == x->set_count)
			return false;
		program_r->terms[i].u.set.uids = isrv_uidset_view(&x->sets[n++]);
	}
	return n == x->set_count;
}
