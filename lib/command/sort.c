/* SPDX-License-Identifier: MIT */
/*
 * SORT and UID SORT (RFC 5256 3, RFC 5957), with RETURN (RFC 5267 3, RFC 5182, RFC 9394), MODSEQ
 * (RFC 7162 3.1.9) and RELEVANCY (RFC 6203 6): a search (session/searcher), what the messages found
 * are sorted by (session/gather), their order (search/sort), and the response that tells it
 * (sort_result).
 *
 * What is gone when it is looked at is left out; EXPUNGEISSUED is said as SEARCH says it.
 */
#include "base/ascii.h"
#include "base/entry.h"
#include "command/commands.h"
#include "command/ordering.h"
#include "command/sort_follow.h"
#include "command/sort_result.h"
#include "search/note.h"
#include "session/contexts.h"

enum at {
	AT_START,
	AT_SEARCH,
	AT_ASK,    /* the host, if it does such things */
	AT_GATHER, /* it does not */
	AT_KEYS,
	AT_SORT,
	AT_SORTED,
	AT_TELL,
	AT_PUT,
	AT_FOLLOW, /* with UPDATE */
	AT_END
};

struct sort {
	uint8_t at;
	struct isrv_search_return ret;
	struct isrv_sort_program by;
	struct isrv_sort_follow follow;
	struct isrv_gather_wish notes[ISRV_SORT_NOTES];
	uint32_t note_count;
	struct isrv_ordering o;
	struct isrv_sort x;
	bool has_order; /* x is to be cleared */
	struct isrv_sort_result r;
};

/* ---- arguments ----------------------------------------------------------------------------- */

static const struct {
	const char *name;
	uint8_t key; /* enum isrv_sort_key */
	uint8_t cap; /* what offers it */
} keys[] = {
	{"ARRIVAL", ISRV_SORT_ARRIVAL, ISRV_CAP_SORT},
	{"CC", ISRV_SORT_CC, ISRV_CAP_SORT},
	{"DATE", ISRV_SORT_DATE, ISRV_CAP_SORT},
	{"DISPLAYFROM", ISRV_SORT_DISPLAYFROM, ISRV_CAP_SORT_DISPLAY},
	{"DISPLAYTO", ISRV_SORT_DISPLAYTO, ISRV_CAP_SORT_DISPLAY},
	{"FROM", ISRV_SORT_FROM, ISRV_CAP_SORT},
	{"RELEVANCY", ISRV_SORT_RELEVANCY, ISRV_CAP_SEARCH_FUZZY},
	{"SIZE", ISRV_SORT_SIZE, ISRV_CAP_SORT},
	{"SUBJECT", ISRV_SORT_SUBJECT, ISRV_CAP_SORT},
	{"TO", ISRV_SORT_TO, ISRV_CAP_SORT},
};

/* sort-key =/ "ANNOTATION" SP entry SP att-sort: a name, and value.priv or value.shared
 * (RFC 5257 4.9, 5).  One that was named before decides nothing any more. */
static bool parse_note(struct isrv_parse *p, struct sort *a, bool reverse)
{
	const uint32_t either = ISRV_ANNOTATE_VALUE_PRIV | ISRV_ANNOTATE_VALUE_SHARED;
	struct isrv_gather_wish wish;
	const char *at = p->r.at;
	uint32_t attribs, i = 0;
	bool wild;

	if (!isrv_rd_sp(&p->r) || !isrv_annotate_match_parse(&p->r, &wish.entry, &wild))
		return false;
	if (wild) {
		p->r.at = at;
		return isrv_rd_fail(&p->r, "an entry without wildcards");
	}
	if (!isrv_rd_sp(&p->r) || !isrv_annotate_attrib_parse(&p->r, &attribs))
		return false;
	if (attribs & ~either || attribs == either)
		return isrv_rd_fail(&p->r, "value.priv or value.shared");
	wish.value = attribs == ISRV_ANNOTATE_VALUE_PRIV ? IMAPSRV_ANNOTATION_PRIV
	                                                 : IMAPSRV_ANNOTATION_SHARED;
	while (i < a->note_count && (a->notes[i].value != wish.value ||
	                             isrv_entry_compare(a->notes[i].entry, wish.entry) != 0))
		i++;
	if (i < a->note_count)
		return true;
	if (i == ISRV_SORT_NOTES)
		return isrv_rd_fail(&p->r, "fewer annotations");
	a->notes[a->note_count++] = wish;
	isrv_sort_by(&a->by, ISRV_SORT_KEYS + i, reverse);
	return true;
}

/* sort-criterion = ["REVERSE" SP] sort-key */
static bool parse_criterion(struct isrv_parse *p, struct sort *a)
{
	bool reverse = isrv_rd_try_word(&p->r, "REVERSE");
	struct imapsrv_span word;
	const char *at;
	size_t i;

	if (reverse && !isrv_rd_sp(&p->r))
		return false;
	at = p->r.at;
	if (!isrv_rd_word(&p->r, &word))
		return isrv_rd_fail(&p->r, "a sort criterion");
	if (isrv_ascii_is(word.data, word.len, "ANNOTATION") &&
	    isrv_caps_in(p->caps, ISRV_CAP_ANNOTATE))
		return parse_note(p, a, reverse);
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (isrv_ascii_is(word.data, word.len, keys[i].name) &&
		    isrv_caps_in(p->caps, (enum isrv_cap)keys[i].cap)) {
			isrv_sort_by(&a->by, keys[i].key, reverse);
			return true;
		}
	}
	p->r.at = at;
	return isrv_rd_fail(&p->r, "a sort criterion");
}

/*
 * sort          = ["UID" SP] "SORT" [search-return-opts] SP sort-criteria SP search-criteria
 * sort-criteria = "(" sort-criterion *(SP sort-criterion) ")"
 */
static bool parse(struct isrv_parse *p, void *args)
{
	struct sort *a = args;

	if (isrv_caps_in(p->caps, ISRV_CAP_ESORT) &&
	    !isrv_search_return_parse(p, &a->ret, true))
		return false;
	if (!isrv_rd_char(&p->r, '('))
		return false;
	do {
		if (!parse_criterion(p, a))
			return false;
		if (isrv_rd_try(&p->r, ')'))
			return isrv_rd_sp(&p->r) && isrv_ordering_parse(p, &a->o) &&
			       (!(a->ret.options & ISRV_RETURN_UPDATE) ||
			        isrv_sort_follow_parse(p, &a->follow, &a->o));
	} while (isrv_rd_sp(&p->r));
	return false;
}

/* ---- the end ------------------------------------------------------------------------------- */

static enum isrv_step finish(struct imapsrv_session *s, const struct sort *a)
{
	const char *text = "SORT completed";

	if (a->follow.asked)
		text = a->follow.followed ? "SORT completed, will notify"
		                          : "SORT completed, will not notify";
	else if (a->ret.options & ISRV_RETURN_SAVE)
		text = "SORT completed, result saved";

	return isrv_searching_ok(s, isrv_ordering_missing(&a->o), text);
}

/* ---- the steps ----------------------------------------------------------------------------- */

static bool take(void *ctx, const struct isrv_sort_facts *facts)
{
	struct sort *a = ctx;
	struct isrv_sort_facts with = *facts;

	if (a->o.x.relevancy)
		with.relevancy = isrv_searcher_relevancy(
			&a->o.x, isrv_nummap_seq(a->o.x.from.map, facts->uid));
	return isrv_sort_add(&a->x, &with) &&
	       isrv_sort_follow_take(&a->follow, &a->o.pool, &a->x, &with);
}

static bool begin(struct imapsrv_session *s, struct sort *a)
{
	bool relevancy = isrv_sort_needs_relevancy(&a->by) ||
	                 a->ret.options & ISRV_RETURN_RELEVANCY;

	if (relevancy && !isrv_searching_is_fuzzy(s, &a->o.program))
		return false;
	if (!isrv_ordering_begin(s, &a->o))
		return false;
	a->o.x.relevancy = relevancy;
	/* What it is sorted by is not kept with it: RFC 5267 4.3.1 lets a server say NOUPDATE. */
	if (!a->note_count)
		isrv_sort_follow_begin(s, &a->follow, &a->o.pool, &a->by);
	a->by.comparator = a->o.program.comparator;
	isrv_sort_init(&a->x, &a->by, &a->o.pool.mem, &s->steps);
	a->has_order = true;
	a->o.g.header = isrv_sort_needs_header(&a->by);
	a->o.g.size = isrv_sort_needs_size(&a->by);
	memcpy(a->o.g.notes.wishes, a->notes, sizeof(a->notes));
	a->o.g.notes.count = a->note_count;
	a->o.g.take = take;
	a->o.g.ctx = a;
	a->at = AT_SEARCH;
	return true;
}

/* The order is known. */
static void sorted(struct sort *a)
{
	isrv_sort_result_init(&a->r, &a->ret, &a->o, &a->x);
	a->at = AT_SORTED;
}

/* ---- a host that sorts --------------------------------------------------------------------- */

static void order_sink(struct imapsrv_session *s, void *ctx, const void *answer)
{
	struct sort *a = ctx;
	const struct isrv_op_order *given = answer;

	for (size_t i = 0; i < given->count && !a->o.broken; i++)
		if (isrv_ordering_claim(s, &a->o, given->uids[i]))
			isrv_sort_given(&a->x, given->uids[i]);
}

static void ask(struct imapsrv_session *s, struct sort *a)
{
	static const enum imapsrv_sort_key named[] = {
		[ISRV_SORT_ARRIVAL] = IMAPSRV_SORT_ARRIVAL, [ISRV_SORT_CC] = IMAPSRV_SORT_CC,
		[ISRV_SORT_DATE] = IMAPSRV_SORT_DATE,       [ISRV_SORT_FROM] = IMAPSRV_SORT_FROM,
		[ISRV_SORT_DISPLAYFROM] = IMAPSRV_SORT_DISPLAYFROM,
		[ISRV_SORT_DISPLAYTO] = IMAPSRV_SORT_DISPLAYTO,
		[ISRV_SORT_SIZE] = IMAPSRV_SORT_SIZE,       [ISRV_SORT_TO] = IMAPSRV_SORT_TO,
		[ISRV_SORT_SUBJECT] = IMAPSRV_SORT_SUBJECT,
	};
	struct imapsrv_sort_criterion criteria[ISRV_SORT_KEYS];
	struct imapsrv_sort q = {s->view->handle, a->o.uids, criteria, a->by.count};

	for (unsigned i = 0; i < a->by.count; i++) {
		criteria[i].key = named[a->by.criteria[i].key];
		criteria[i].reverse = a->by.criteria[i].reverse;
	}
	ISRV_ASK(s, ISRV_OP_SORT, store, sort, &q, order_sink, a);
}

/* What was found is to be put in order: by whom?  A host does both by the default
 * comparator.  False: the reply is set. */
static bool found(struct imapsrv_session *s, struct sort *a)
{
	a->at = AT_GATHER;
	/* What comes later has to find its place among keys that the library knows, and how
	 * relevant a message is, the host has said of this search. */
	if (!s->engine->store.sort || a->o.program.comparator || !a->o.x.found.size ||
	    a->follow.asked || a->note_count || isrv_sort_needs_relevancy(&a->by))
		return true;
	if (!isrv_ordering_ask(s, &a->o))
		return false;
	if (!isrv_sort_expect(&a->x, a->o.x.found.size)) {
		isrv_ordering_full(s, &a->o);
		return false;
	}
	ask(s, a);
	a->at = AT_ASK;
	return true;
}

/* The host has answered.  False: the reply is set. */
static bool answered(struct imapsrv_session *s, struct sort *a)
{
	switch (isrv_ordering_answered(s, &a->o, a->x.messages)) {
	case ISRV_ORDERING_GIVEN:
		sorted(a);
		return true;
	case ISRV_ORDERING_OWN:
		isrv_sort_forget(&a->x);
		a->at = AT_GATHER;
		return true;
	case ISRV_ORDERING_REFUSED:
		break;
	}
	return false;
}

/* ---- */

/* DONE: the reply is set. */
static enum isrv_step tell(struct imapsrv_session *s, struct sort *a)
{
	if (a->ret.options & ISRV_RETURN_SAVE && !isrv_sort_result_save(s, &a->r))
		return isrv_searching_fail(s, &a->ret);
	/* SAVE alone asks for no response (RFC 9051 6.4.4). */
	if ((a->ret.options & ~(uint32_t)ISRV_RETURN_CONTEXT) == ISRV_RETURN_SAVE)
		return finish(s, a);
	a->at = AT_PUT;
	return ISRV_OUTPUT;
}

static enum isrv_step advance(struct imapsrv_session *s, struct sort *a)
{
	enum isrv_step wait;
	bool ok;

	for (;;) {
		switch ((enum at)a->at) {
		case AT_START:
			if (a->follow.asked && isrv_contexts_has(s, s->tag)) /* RFC 5267 4.3 */
				return isrv_bad(s, "A search that is followed has this tag");
			wait = isrv_filters_step(s, &a->o.filters, &a->o.program, &ok);
			if (wait != ISRV_DONE)
				return wait;
			if (!ok || !begin(s, a))
				return isrv_searching_fail(s, &a->ret);
			break;
		case AT_SEARCH:
			wait = isrv_ordering_search(s, &a->o, &ok);
			if (wait != ISRV_DONE)
				return wait;
			if (!ok || !found(s, a))
				return isrv_searching_fail(s, &a->ret);
			break;
		case AT_ASK:
			if (!isrv_answered(s))
				return ISRV_HOST;
			if (!answered(s, a))
				return isrv_searching_fail(s, &a->ret);
			break;
		case AT_GATHER:
			wait = isrv_ordering_gather(s, &a->o, &ok);
			if (wait != ISRV_DONE)
				return wait;
			if (!ok)
				return isrv_searching_fail(s, &a->ret);
			a->at = AT_KEYS;
			break;
		case AT_KEYS:
			if (!isrv_sort_begin(&a->x)) {
				isrv_ordering_full(s, &a->o);
				return isrv_searching_fail(s, &a->ret);
			}
			a->at = AT_SORT;
			break;
		case AT_SORT:
			if (!isrv_sort_run(&a->x, isrv_session_turn_end(s)))
				return ISRV_YIELD;
			sorted(a);
			break;
		case AT_SORTED:
			wait = isrv_sort_result_step(s, &a->r, &ok);
			if (wait != ISRV_DONE)
				return wait;
			if (!ok)
				return isrv_searching_fail(s, &a->ret);
			a->at = AT_TELL;
			break;
		case AT_TELL:
			if (tell(s, a) == ISRV_DONE)
				return ISRV_DONE;
			break;
		case AT_PUT:
			if (isrv_sort_result_put(s, &a->r) != ISRV_DONE)
				return ISRV_OUTPUT;
			a->at = AT_FOLLOW;
			break;
		case AT_FOLLOW:
			if (!isrv_sort_follow_end(s, &a->follow, &a->o, &a->by, &a->ret))
				return isrv_searching_fail(s, &a->ret);
			a->at = AT_END;
			break;
		case AT_END:
			return finish(s, a);
		}
	}
}

static void drop(struct imapsrv_session *s, void *args)
{
	struct sort *a = args;

	isrv_ordering_drop(s, &a->o);
	isrv_sort_follow_drop(&a->follow);
	if (a->has_order)
		isrv_sort_clear(&a->x);
	a->has_order = false;
	isrv_sort_result_drop(s, &a->r);
}

static enum isrv_step step(struct imapsrv_session *s, void *args)
{
	enum isrv_step wait = advance(s, args);

	if (wait == ISRV_DONE)
		drop(s, args);
	return wait;
}

/* How far the search is; what follows has no measure that would go on from there. */
static void progress(struct imapsrv_session *s, const void *args, uint32_t *done_r,
                     uint32_t *goal_r)
{
	const struct sort *a = args;

	if (a->at == AT_SEARCH)
		isrv_searcher_progress(s, &a->o.x, done_r, goal_r);
}

const struct isrv_command isrv_command_sort = {
	.name = "SORT",
	.states = ISRV_IN_SELECTED,
	.cap = ISRV_CAP_SORT,
	.flags = ISRV_COMMAND_SEQ | ISRV_COMMAND_NUMBERS | ISRV_COMMAND_UID,
	.args_size = sizeof(struct sort),
	.parse = parse,
	.step = step,
	.drop = drop,
	.progress = progress,
};
