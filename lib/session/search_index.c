/* SPDX-License-Identifier: MIT */
/*
 * Terms and nodes correspond one to one, in the same order.  What a host says is held to what it
 * was asked: an answer that makes no sense, or that is too long to be kept, is as if it had not
 * been given.
 */
#include "session/search_index.h"

#include "base/uidlate.h"

/* Sets that narrow the reach: each costs as much as all ranges so far. */
#define REACH_SETS 8

/* A host with an index may tell one message at a time, in the order of their rank. */
struct told_set {
	struct isrv_uidset uids;
	struct isrv_uidset late; /* what waits: see base/uidlate.h */
};

struct isrv_search_told {
	struct told_set matches;
	struct told_set candidates;
	bool given;
	bool broken;
};

/* ---- the tree ------------------------------------------------------------------------------ */

static void fill_text(struct imapsrv_search_node *node, const struct isrv_term *term)
{
	static const enum imapsrv_search_kind kinds[] = {
		[ISRV_IN_FIELD] = IMAPSRV_SEARCH_FIELD,
		[ISRV_IN_TEXT] = IMAPSRV_SEARCH_TEXT,
		[ISRV_IN_BODY] = IMAPSRV_SEARCH_BODY,
	};

	node->kind = kinds[term->u.text.where];
	node->name = term->u.text.field;
	node->text = term->u.text.needle;
}

static void fill_days(struct imapsrv_search_node *node, enum imapsrv_search_kind kind,
                      const struct isrv_term *term)
{
	node->kind = kind;
	node->first = term->u.date.first;
	node->last = term->u.date.last;
}

/* No moment that a host may hand in overflows. */
static void fill_age(struct imapsrv_search_node *node, const struct isrv_term *term, int64_t now)
{
	uint32_t seconds = term->u.age.seconds;
	int64_t target = now < INT64_MIN + seconds ? INT64_MIN : now - seconds;

	node->kind = IMAPSRV_SEARCH_AGE;
	node->first = term->u.age.younger ? target : INT64_MIN;
	node->last = term->u.age.younger ? INT64_MAX : target;
}

static void fill_leaf(struct imapsrv_search_node *node, const struct isrv_term *term,
                      const struct isrv_search_question *q, const struct imapsrv_range *recent)
{
	node->negated = term->negate;
	switch ((enum isrv_term_kind)term->kind) {
	case ISRV_TERM_SET:
		node->kind = IMAPSRV_SEARCH_UIDS;
		node->uids = term->u.set.uids;
		break;
	case ISRV_TERM_RECENT:
		node->kind = IMAPSRV_SEARCH_UIDS;
		node->uids = (struct imapsrv_set){recent, recent->first ? 1 : 0};
		break;
	case ISRV_TERM_FLAGS:
		node->kind = IMAPSRV_SEARCH_FLAG;
		node->flag = term->u.flag;
		break;
	case ISRV_TERM_KEYWORD:
		node->kind = IMAPSRV_SEARCH_KEYWORD;
		node->name = term->u.keyword.name;
		break;
	case ISRV_TERM_DATE:
		fill_days(node, IMAPSRV_SEARCH_DATE, term);
		break;
	case ISRV_TERM_SAVED:
		fill_days(node, IMAPSRV_SEARCH_SAVEDATE, term);
		break;
	case ISRV_TERM_SENT:
		fill_days(node, IMAPSRV_SEARCH_SENT, term);
		break;
	case ISRV_TERM_AGE:
		fill_age(node, term, q->now);
		break;
	case ISRV_TERM_HAS_SAVED:
		node->kind = IMAPSRV_SEARCH_HAS_SAVEDATE;
		break;
	case ISRV_TERM_SIZE:
		node->kind = IMAPSRV_SEARCH_SIZE;
		node->least = term->u.size.first;
		node->most = term->u.size.last;
		break;
	case ISRV_TERM_MODSEQ:
		node->kind = IMAPSRV_SEARCH_MODSEQ;
		node->least = term->u.modseq;
		node->most = UINT64_MAX;
		break;
	case ISRV_TERM_OBJECT:
		node->kind = term->u.object.fact == IMAPSRV_FACT_EMAILID ? IMAPSRV_SEARCH_EMAILID
		                                                         : IMAPSRV_SEARCH_THREADID;
		node->name = term->u.object.id;
		break;
	case ISRV_TERM_TEXT:
		fill_text(node, term);
		break;
	case ISRV_TERM_NOTE:
		node->kind = IMAPSRV_SEARCH_ANNOTATION;
		node->name = term->u.note.entry;
		node->flag = term->u.note.values;
		node->text = term->u.note.needle;
		break;
	case ISRV_TERM_ALL:
	case ISRV_TERM_NOT:
	case ISRV_TERM_FUZZY:
	case ISRV_TERM_AND:
	case ISRV_TERM_OR:
		node->kind = IMAPSRV_SEARCH_ALL;
		break;
	}
}

/* Nodes as the terms are in postfix order; `open` holds those that stand under none yet. */
static void build(struct isrv_search_index *x, const struct isrv_search_question *q,
                  const struct imapsrv_search_node **open, const struct imapsrv_range *recent)
{
	const struct isrv_program *p = x->program;
	size_t top = 0;
	uint32_t i;

	for (i = 0; i < p->count; i++) {
		const struct isrv_term *term = &p->terms[i];
		struct imapsrv_search_node *node = &x->nodes[i];

		node->following = i + 1 < p->count ? node + 1 : NULL;
		if (term->kind == ISRV_TERM_NOT || term->kind == ISRV_TERM_FUZZY) {
			node->kind = term->kind == ISRV_TERM_NOT ? IMAPSRV_SEARCH_NOT
			                                         : IMAPSRV_SEARCH_FUZZY;
			node->left = open[--top];
		} else if (term->kind == ISRV_TERM_AND || term->kind == ISRV_TERM_OR) {
			node->kind = term->kind == ISRV_TERM_AND ? IMAPSRV_SEARCH_AND
			                                         : IMAPSRV_SEARCH_OR;
			node->right = open[--top];
			node->left = open[--top];
		} else {
			fill_leaf(node, term, q, recent);
		}
		open[top++] = node;
	}
}

/* ---- asking -------------------------------------------------------------------------------- */

/* False: more than is kept of it. */
static bool add(struct imapsrv_session *s, struct told_set *set, struct imapsrv_set more)
{
	size_t max = s->engine->limits.set_ranges;

	s->steps += more.count;
	for (size_t i = 0; i < more.count && set->uids.count <= max; i++) {
		struct imapsrv_range r = more.ranges[i];

		if (!isrv_uidlate_add(&set->late, &set->uids, &s->mem, r.first, r.last,
		                      &s->steps)) {
			isrv_session_fail(s, IMAPSRV_ENOMEM);
			return false;
		}
	}
	return set->uids.count <= max;
}

/* No more is told.  False: it is more than is kept. */
static bool settle(struct imapsrv_session *s, struct told_set *set)
{
	if (!isrv_uidlate_settle(&set->late, &set->uids, &s->mem, &s->steps))
		isrv_session_fail(s, IMAPSRV_ENOMEM);
	return !s->error && set->uids.count <= s->engine->limits.set_ranges;
}

static void init(struct told_set *set)
{
	isrv_uidset_init(&set->uids, SIZE_MAX); /* see add */
	isrv_uidset_init(&set->late, SIZE_MAX);
}

/* Of what is not in the mailbox nothing is kept: an index may know more. */
static void take_relevancy(struct isrv_search_index *x, uint32_t uid, uint8_t percent)
{
	uint32_t n = x->relevancy ? isrv_nummap_seq(x->map, uid) : 0;

	if (n)
		x->relevancy[n - 1] = percent;
}

static void take_found(struct imapsrv_session *s, void *ctx, const void *answer)
{
	const struct isrv_op_found *found = answer;
	struct isrv_search_index *x = ctx;
	struct isrv_search_told *told;
	/* A pointer of the host's may be any: it is measured, not followed. */
	uintptr_t at = (uintptr_t)found->node - (uintptr_t)x->nodes;
	size_t i = at / sizeof(*x->nodes);

	if (found->relevancy) {
		take_relevancy(x, found->uid, found->relevancy);
		return;
	}
	if (at % sizeof(*x->nodes) || i >= x->program->count) {
		isrv_op_pass_over(s, "a node was answered that was not asked about");
		return;
	}
	told = &x->told[i];
	told->given = true;
	told->broken = told->broken || found->broken ||
	               !add(s, &told->matches, found->matches) ||
	               !add(s, &told->candidates, found->candidates);
}

bool isrv_search_index_ask(struct imapsrv_session *s, struct isrv_search_index *x,
                           const struct isrv_program *program, struct isrv_arena *arena,
                           const struct isrv_search_question *q)
{
	const struct imapsrv_search_node **open =
		isrv_arena_array(arena, program->leaves, sizeof(*open));
	struct imapsrv_range *recent = isrv_arena_alloc(arena, sizeof(*recent));
	struct imapsrv_search ask = {q->mailbox, q->uids, NULL, NULL, q->relevancy};
	uint32_t i;

	x->program = program;
	x->nodes = isrv_arena_zarray(arena, program->count, sizeof(*x->nodes));
	x->told = isrv_arena_zarray(arena, program->count, sizeof(*x->told));
	x->map = q->map;
	x->relevancy = q->relevancy ? isrv_arena_zalloc(arena, q->map->count) : NULL;
	if (!open || !recent || !x->nodes || !x->told || (q->relevancy && !x->relevancy)) {
		x->told = NULL;
		x->relevancy = NULL;
		return false;
	}
	for (i = 0; i < program->count; i++) {
		init(&x->told[i].matches);
		init(&x->told[i].candidates);
	}
	*recent = (struct imapsrv_range){q->recent_from, UINT32_MAX};
	s->steps += program->count;
	build(x, q, open, recent);
	ask.root = &x->nodes[program->count - 1];
	ask.first = &x->nodes[0];
	ISRV_ASK(s, ISRV_OP_SEARCH, store, search, &ask, take_found, x);
	return true;
}

/* ---- what was answered --------------------------------------------------------------------- */

/* What is neither certain nor a candidate cannot match. */
static bool narrow(struct imapsrv_session *s, const struct isrv_search_told *told,
                   struct isrv_arena *arena, struct imapsrv_set *reach)
{
	struct isrv_uidset both;
	bool ok;

	isrv_uidset_init(&both, SIZE_MAX);
	if (!isrv_uidset_copy(&both, &s->mem, isrv_uidset_view(&told->matches.uids)) ||
	    !isrv_uidset_union(&both, &s->mem, isrv_uidset_view(&told->candidates.uids)))
		isrv_session_fail(s, IMAPSRV_ENOMEM);
	ok = !s->error && isrv_uidset_common(arena, reach, isrv_uidset_view(&both), &s->steps);
	isrv_uidset_clear(&both, &s->mem);
	return ok;
}

bool isrv_search_index_take(struct imapsrv_session *s, struct isrv_search_index *x,
                            struct isrv_arena *arena, struct imapsrv_set *reach)
{
	const struct isrv_program *p = x->program;
	struct isrv_search_answer *list =
		isrv_arena_zarray(arena, p->count, sizeof(*list));
	uint32_t i, sets = 0;

	x->answers = isrv_arena_zarray(arena, p->count, sizeof(*x->answers));
	if (!list || !x->answers)
		return false;
	s->steps += p->count;
	for (i = 0; i < p->count; i++) {
		struct isrv_search_told *told = &x->told[i];
		bool root = i + 1 == p->count;

		if (!told->given || told->broken || !settle(s, &told->matches) ||
		    !settle(s, &told->candidates)) {
			if (s->error)
				return false;
			continue;
		}
		list[i].matches = isrv_uidset_view(&told->matches.uids);
		list[i].candidates = isrv_uidset_view(&told->candidates.uids);
		x->answers[i] = &list[i];
		if (root)
			x->all = !told->candidates.uids.count;
		if ((root || (p->terms[i].required && sets++ < REACH_SETS)) &&
		    !narrow(s, told, arena, reach))
			return false;
	}
	return true;
}

static void clear(struct imapsrv_session *s, struct told_set *set)
{
	isrv_uidset_clear(&set->uids, &s->mem);
	isrv_uidset_clear(&set->late, &s->mem);
}

void isrv_search_index_drop(struct imapsrv_session *s, struct isrv_search_index *x)
{
	uint32_t i;

	for (i = 0; x->told && i < x->program->count; i++) {
		clear(s, &x->told[i].matches);
		clear(s, &x->told[i].candidates);
	}
	x->told = NULL;
	x->answers = NULL;
}
