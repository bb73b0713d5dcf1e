/* SPDX-License-Identifier: MIT */
/* Followed searches in a session that is saved and goes on as another one: octets that anybody may
 * have made, so what comes of them is held to all that is true of contexts that were made here. */
#include <string.h>

#include "session/contexts_list.h"

enum {
	SAVED_UID = 1 << 0,
	SAVED_UTF8 = 1 << 1,
	SAVED_UIDONLY = 1 << 2,
	SAVED_SORTED = 1 << 3
};

/* By their UIDs. */
static void pack_sorted(const struct isrv_context *x, struct isrv_pack *p)
{
	uint32_t i;

	isrv_pack_u64(p, x->sort.by.count);
	for (i = 0; i < x->sort.by.count; i++) {
		isrv_pack_u64(p, x->sort.by.criteria[i].key);
		isrv_pack_u64(p, x->sort.by.criteria[i].reverse);
	}
	isrv_pack_u64(p, x->sort.ranked.count);
	for (i = 0; i < x->sort.ranked.count; i++) {
		struct imapsrv_span key;

		isrv_pack_u64(p, isrv_ranked_at(&x->sort.ranked, i, &key));
		isrv_pack_span(p, key);
	}
}

bool isrv_contexts_pack(const struct imapsrv_session *s, struct isrv_pack *p)
{
	const struct isrv_contexts *c = s->contexts;
	uint32_t i, k;

	isrv_pack_u64(p, c->count);
	for (i = 0; i < c->count; i++) {
		const struct isrv_context *x = &c->list[i];

		isrv_pack_span(p, (struct imapsrv_span){x->tag, x->tag_len});
		isrv_pack_span(p, (struct imapsrv_span){x->text, x->text_len});
		isrv_pack_u64(p, x->features);
		isrv_pack_u64(p, (x->uid ? SAVED_UID : 0u) | (x->utf8 ? SAVED_UTF8 : 0u) |
		                         (x->uidonly ? SAVED_UIDONLY : 0u) |
		                         (x->sorted ? SAVED_SORTED : 0u));
		if (x->sorted)
			pack_sorted(x, p);
		isrv_pack_u64(p, x->set_count);
		for (k = 0; k < x->set_count; k++)
			isrv_pack_set(p, isrv_uidset_view(&x->sets[k]));
		isrv_pack_set(p, isrv_uidset_view(&x->matches));
		isrv_pack_span(p, (struct imapsrv_span){x->fetch, x->fetch_len});
		isrv_pack_set(p, isrv_uidset_view(&x->show));
	}
	isrv_pack_set(p, isrv_uidset_view(&c->dirty));
	isrv_pack_u64(p, c->all_dirty);
	isrv_pack_u64(p, c->gone);
	return true;
}

static char *unpack_text(struct imapsrv_session *s, struct isrv_unpack *u, size_t *len_r)
{
	struct imapsrv_span text = isrv_unpack_span(u);
	char *copied = isrv_contexts_copy(s, text.data, text.len);

	*len_r = text.len;
	if (!copied)
		isrv_unpack_fail(u, IMAPSRV_ENOMEM);
	return copied;
}

static void unpack_show(struct imapsrv_session *s, struct isrv_unpack *u, struct isrv_context *x,
                        const struct isrv_contexts *c)
{
	size_t room = ISRV_CONTEXTS_FETCH_MAX - isrv_contexts_fetch_octets(c);
	struct imapsrv_span text = isrv_unpack_span(u);

	if (text.len > room)
		isrv_unpack_fail(u, IMAPSRV_ETOOBIG);
	if (text.len && !u->error) {
		x->fetch = isrv_contexts_copy(s, text.data, text.len);
		x->fetch_len = x->fetch ? text.len : 0;
		if (!x->fetch)
			isrv_unpack_fail(u, IMAPSRV_ENOMEM);
	}
	isrv_unpack_set(u, &s->mem, &x->show);
	if (x->show.count && !x->fetch)
		isrv_unpack_fail(u, IMAPSRV_EINVAL);
}

static void unpack_sets(struct imapsrv_session *s, struct isrv_unpack *u, struct isrv_context *x,
                        uint32_t count)
{
	x->sets = isrv_mem_zarray(&s->mem, count, sizeof(*x->sets));
	if (!x->sets) {
		isrv_unpack_fail(u, IMAPSRV_ENOMEM);
		return;
	}
	for (; x->set_count < count && !u->error; x->set_count++) {
		isrv_uidset_init(&x->sets[x->set_count], SIZE_MAX);
		isrv_unpack_set(u, &s->mem, &x->sets[x->set_count]);
	}
	/* What clear gives back is what was taken. */
	while (x->set_count < count)
		isrv_uidset_init(&x->sets[x->set_count++], SIZE_MAX);
}

static void unpack_criteria(struct isrv_unpack *u, struct isrv_sort_program *by)
{
	/* None is by relevancy (command/sort_follow.c). */
	uint32_t count = (uint32_t)isrv_unpack_upto(u, ISRV_SORT_RELEVANCY);

	for (; count && !u->error; count--) {
		unsigned before = by->count;
		unsigned key = (unsigned)isrv_unpack_upto(u, ISRV_SORT_RELEVANCY - 1);

		isrv_sort_by(by, key, isrv_unpack_bool(u));
		if (by->count == before)
			isrv_unpack_fail(u, IMAPSRV_EINVAL);
	}
	if (!by->count)
		isrv_unpack_fail(u, IMAPSRV_EINVAL);
}

static void unpack_sorted(struct imapsrv_session *s, struct isrv_unpack *u, struct isrv_context *x)
{
	struct isrv_ranked *ranked = &x->sort.ranked;
	uint32_t count, uid, last = 0;

	isrv_ranked_init(ranked, isrv_contexts_room(s));
	unpack_criteria(u, &x->sort.by);
	x->sort.by.comparator = isrv_program_comparator(x->features);
	for (count = isrv_unpack_u32(u); count && !u->error; count--) {
		struct imapsrv_span key;

		uid = isrv_unpack_u32(u);
		key = isrv_unpack_span(u);
		if (uid <= last)
			isrv_unpack_fail(u, IMAPSRV_EINVAL);
		if (!u->error && !isrv_ranked_add(ranked, &s->mem, uid, key))
			isrv_unpack_fail(u, ranked->full ? IMAPSRV_ETOOBIG : IMAPSRV_ENOMEM);
		last = uid;
	}
	if (!u->error && !isrv_ranked_arrange(ranked, &s->mem, &s->steps))
		isrv_unpack_fail(u, IMAPSRV_ENOMEM);
}

/* What is sorted was found. */
static bool is_found(const struct isrv_context *x)
{
	struct imapsrv_set matches = isrv_uidset_view(&x->matches);
	struct imapsrv_span key;
	uint32_t i;

	for (i = 0; i < x->sort.ranked.count; i++)
		if (!isrv_uidset_has(matches, isrv_ranked_at(&x->sort.ranked, i, &key)))
			return false;
	return true;
}

static void unpack_one(struct imapsrv_session *s, struct isrv_unpack *u, struct isrv_contexts *c)
{
	struct isrv_context *x = &c->list[c->count++];
	struct isrv_program program;
	unsigned flags;
	uint32_t sets;

	memset(x, 0, sizeof(*x));
	isrv_uidset_init(&x->matches, SIZE_MAX);
	isrv_uidset_init(&x->show, SIZE_MAX);
	x->tag = unpack_text(s, u, &x->tag_len);
	x->text = unpack_text(s, u, &x->text_len);
	x->features = isrv_unpack_u32(u);
	flags = (unsigned)isrv_unpack_upto(u,
	                                   SAVED_UID | SAVED_UTF8 | SAVED_UIDONLY | SAVED_SORTED);
	x->uid = flags & SAVED_UID;
	x->utf8 = flags & SAVED_UTF8;
	x->uidonly = flags & SAVED_UIDONLY;
	x->sorted = flags & SAVED_SORTED;
	if (x->sorted && !u->error)
		unpack_sorted(s, u, x);
	sets = (uint32_t)isrv_unpack_upto(u, s->engine->limits.search_terms);
	if (sets && !u->error)
		unpack_sets(s, u, x, sets);
	isrv_unpack_set(u, &s->mem, &x->matches);
	unpack_show(s, u, x, c);
	if (u->error)
		return;
	if (!x->tag_len || !is_found(x) || !isrv_context_parse(s, x, &c->arena, &program))
		isrv_unpack_fail(u, c->arena.starved ? IMAPSRV_ENOMEM : IMAPSRV_EINVAL);
	isrv_arena_clear(&c->arena);
}

void isrv_contexts_unpack(struct imapsrv_session *s, struct isrv_unpack *u)
{
	uint32_t count = isrv_unpack_u32(u);
	struct isrv_contexts *c;

	if (!count)
		isrv_unpack_fail(u, IMAPSRV_EINVAL);
	if (count > s->engine->limits.contexts)
		isrv_unpack_fail(u, IMAPSRV_ETOOBIG);
	c = u->error ? NULL : isrv_contexts_get(s);
	while (c && c->count < count && !u->error) {
		if (isrv_contexts_reserve(s, c))
			unpack_one(s, u, c);
		else
			isrv_unpack_fail(u, IMAPSRV_ENOMEM);
	}
	if (!c) {
		isrv_unpack_fail(u, IMAPSRV_ENOMEM);
		return;
	}
	isrv_unpack_set(u, &s->mem, &c->dirty);
	c->all_dirty = isrv_unpack_bool(u);
	c->gone = isrv_unpack_bool(u);
}
