/* SPDX-License-Identifier: MIT */
/*
 * SORT and UID SORT (RFC 5256 3, RFC 5957), with RETURN (RFC 5267 3, RFC 5182, RFC 9394) and MODSEQ
 * (RFC 7162 3.1.9): a search (session/searcher), what the messages found are sorted by
 * (session/gather), their order (search/sort), and the response that tells it.
 *
 * What is gone when it is looked at is left out; EXPUNGEISSUED is said as SEARCH says it.
 */
#include "base/ascii.h"
#include "base/entry.h"
#include "command/commands.h"
#include "command/ordering.h"
#include "command/sort_follow.h"
#include "search/note.h"
#include "search/order.h"
#include "session/contexts.h"
#include "session/modseq.h"

enum at {
	AT_START,
	AT_SEARCH,
	AT_ASK,    /* the host, if it does such things */
	AT_GATHER, /* it does not */
	AT_SORT,
	AT_SORTED,
	AT_SEQUENCES, /* of those that are told, where that is not all */
	AT_TELL,
	AT_NUMBERS,
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
	/* Of x.order, what is still to be told as a list or a set: from..to, `to` not included. */
	uint32_t from;
	uint32_t to;
	bool begun;    /* some of it was told */
	bool has_part; /* PARTIAL names some */
	/* What RETURN tells or saves, where that is neither ALL nor COUNT. */
	struct imapsrv_set picked;
	struct isrv_searcher *again; /* for their sequences; NULL: not needed */
};

/* Numbers that are written between two looks at the queue. */
#define PIECE 256u

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
	{"SIZE", ISRV_SORT_SIZE, ISRV_CAP_SORT},
	{"SUBJECT", ISRV_SORT_SUBJECT, ISRV_CAP_SORT},
	{"TO", ISRV_SORT_TO, ISRV_CAP_SORT},
};

/* sort-key =/ "ANNOTATION" SP entry SP att-sort: a name, and value.priv or value.shared (RFC 5257 4.9,
 * 5).  One that was named before decides nothing any more. */
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

/* The reply is set.  NO with SAVE empties "$", BAD leaves it alone (RFC 5182 2.1). */
static enum isrv_step fail(struct imapsrv_session *s, const struct sort *a)
{
	if ((a->ret.options & ISRV_RETURN_SAVE) && s->reply.status == ISRV_REPLY_NO)
		isrv_uidset_empty(&s->view->saved);
	return ISRV_DONE;
}

static enum isrv_step finish(struct imapsrv_session *s, const struct sort *a)
{
	const char *text = "SORT completed";

	if (a->follow.asked)
		text = a->follow.followed ? "SORT completed, will notify"
		                          : "SORT completed, will not notify";
	else if (a->ret.options & ISRV_RETURN_SAVE)
		text = "SORT completed, result saved";

	if (isrv_ordering_missing(&a->o) && !s->uid)
		return isrv_ok_code(s, "EXPUNGEISSUED", text);
	return isrv_ok(s, text);
}

/* ---- what is told, once the order is known ------------------------------------------------- */

static int compare_numbers(const void *ctx, uint32_t a, uint32_t b)
{
	(void)ctx;
	return (a > b) - (a < b);
}

/* UIDs, a few or many, as a set.  False: no memory. */
static bool make_set(struct imapsrv_session *s, uint32_t *uids, uint32_t *spare, uint32_t count,
                     struct imapsrv_set *set_r)
{
	struct imapsrv_range *ranges = isrv_arena_array(&s->arena, count + 1u, sizeof(*ranges));
	uint32_t i;

	if (!ranges)
		return false;
	isrv_order_sort(uids, spare, count, compare_numbers, NULL, &s->steps);
	for (i = 0; i < count; i++)
		ranges[i] = (struct imapsrv_range){uids[i], uids[i]};
	*set_r = (struct imapsrv_set){ranges, isrv_uidset_normalize(ranges, count)};
	return true;
}

/* The messages that MIN, MAX and PARTIAL name.  False: no memory. */
static bool pick(struct imapsrv_session *s, struct sort *a)
{
	uint32_t part = a->has_part ? a->to - a->from : 0, count = 0;
	uint32_t *uids = isrv_arena_array(&s->arena, part + 2u, 2 * sizeof(*uids));

	if (!uids)
		return false;
	if (a->ret.options & ISRV_RETURN_MIN && a->x.messages)
		uids[count++] = a->x.order[0];
	if (a->ret.options & ISRV_RETURN_MAX && a->x.messages)
		uids[count++] = a->x.order[a->x.messages - 1];
	if (part)
		memcpy(uids + count, a->x.order + a->from, part * sizeof(*uids));
	return make_set(s, uids, uids + part + 2, count + part, &a->picked);
}

/* Do the options name single messages, and nothing that names all? */
static bool picks(const struct sort *a)
{
	return a->ret.options & (ISRV_RETURN_MIN | ISRV_RETURN_MAX | ISRV_RETURN_PARTIAL) &&
	       !(a->ret.options & (ISRV_RETURN_ALL | ISRV_RETURN_COUNT));
}

/* False: the reply is set. */
static bool sorted(struct imapsrv_session *s, struct sort *a)
{
	struct isrv_search_source source;
	uint32_t first, last;

	a->at = AT_TELL;
	a->to = a->x.messages;
	if (a->ret.options & ISRV_RETURN_PARTIAL) {
		a->has_part = isrv_partial_of(&a->ret.partial, a->x.messages, &first, &last);
		a->from = a->has_part ? first - 1 : 0;
		a->to = a->has_part ? last : 0;
	}
	if (!picks(a))
		return true;
	if (!pick(s, a)) {
		isrv_command_nomem(s);
		return false;
	}
	if (!(a->o.program.facts & IMAPSRV_FACT_MODSEQ) || !a->picked.count)
		return true;
	a->again = isrv_arena_zalloc(&s->arena, sizeof(*a->again));
	if (!a->again) {
		isrv_command_nomem(s);
		return false;
	}
	isrv_search_selected(s, &source);
	isrv_searcher_begin(s, a->again, &a->o.program, &source, &a->picked);
	a->at = AT_SEQUENCES;
	return true;
}

/* What RFC 5182 2.4 saves of a SEARCH with these options, by the order of the SORT. */
static bool save(struct imapsrv_session *s, struct sort *a)
{
	struct imapsrv_set uids = a->picked;

	if (!picks(a) &&
	    !isrv_found_uids(&a->o.x.found, &s->arena, &s->view->map, &uids, &s->steps)) {
		isrv_command_nomem(s);
		return false;
	}
	if (uids.count > s->view->saved.max) {
		isrv_no(s, "NOTSAVED", "The result has too many parts to be saved");
		return false; /* RFC 9051 6.4.4.3 */
	}
	if (!isrv_uidset_copy(&s->view->saved, &s->mem, uids)) {
		isrv_session_fail(s, IMAPSRV_ENOMEM);
		return false;
	}
	return true;
}

/* ---- the response -------------------------------------------------------------------------- */

static uint32_t number_of(const struct imapsrv_session *s, const struct sort *a, uint32_t i)
{
	return s->uid ? a->x.order[i] : isrv_nummap_seq(&s->view->map, a->x.order[i]);
}

/* "* ESEARCH (TAG "E01") UID MIN 2 MAX 47 COUNT 3 ALL ": what is left is the set. */
static void put_extended(struct imapsrv_session *s, const struct sort *a)
{
	uint32_t options = a->ret.options, count = a->x.messages;
	struct isrv_writer *w = &s->w;

	isrv_search_return_begin(s);
	/* "the lowest sorted message", "the highest sorted message" (RFC 5267 3.1) */
	if (options & ISRV_RETURN_MIN && count) {
		ISRV_W(w, " MIN ");
		isrv_w_u32(w, number_of(s, a, 0));
	}
	if (options & ISRV_RETURN_MAX && count) {
		ISRV_W(w, " MAX ");
		isrv_w_u32(w, number_of(s, a, count - 1));
	}
	if (options & ISRV_RETURN_COUNT) {
		ISRV_W(w, " COUNT ");
		isrv_w_u32(w, count);
	}
	if (options & ISRV_RETURN_ALL && count)
		ISRV_W(w, " ALL ");
	if (options & ISRV_RETURN_PARTIAL) {
		ISRV_W(w, " PARTIAL (");
		isrv_partial_put(w, &a->ret.partial);
		ISRV_W(w, " ");
		if (!a->has_part)
			ISRV_W(w, "NIL");
	}
}

/* RFC 7162 3.1.9, 3.1.10; RFC 4731 3.2 where only some are told. */
static void put_modseq(struct imapsrv_session *s, const struct sort *a)
{
	uint64_t n = a->again ? a->again->highest : a->o.x.highest;

	if (!n || !a->x.messages || (picks(a) && !a->again))
		return;
	isrv_modseq_saw(s, n);
	isrv_w_cstr(&s->w, a->ret.options ? " MODSEQ " : " (MODSEQ ");
	isrv_w_u64(&s->w, n);
	if (!a->ret.options)
		ISRV_W(&s->w, ")");
}

/* As a list: " 2 84 882".  False: there is more. */
static bool put_list(struct imapsrv_session *s, struct sort *a)
{
	uint32_t stop;

	while (a->from < a->to) {
		if (isrv_session_full(s))
			return false;
		stop = a->to - a->from < PIECE ? a->to : a->from + PIECE;
		s->steps += stop - a->from;
		for (; a->from < stop; a->from++) {
			ISRV_W(&s->w, " ");
			isrv_w_u32(&s->w, number_of(s, a, a->from));
		}
	}
	return true;
}

/* As a set in the order of the SORT: "2,84:86,7"; ranges only ascend (RFC 5267 3.2).  False: there
 * is more. */
static bool put_set(struct imapsrv_session *s, struct sort *a)
{
	uint32_t first, last;

	while (a->from < a->to) {
		if (isrv_session_full(s))
			return false;
		if (a->begun)
			ISRV_W(&s->w, ",");
		a->begun = true;
		first = last = number_of(s, a, a->from++);
		for (; a->from < a->to && number_of(s, a, a->from) == last + 1; a->from++)
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

static enum isrv_step put_numbers(struct imapsrv_session *s, struct sort *a)
{
	bool done = true;

	if (!a->ret.options)
		done = put_list(s, a);
	else if (a->ret.options & (ISRV_RETURN_ALL | ISRV_RETURN_PARTIAL))
		done = put_set(s, a);
	s->mid_line = !done;
	if (!done)
		return ISRV_OUTPUT;
	if (a->ret.options & ISRV_RETURN_PARTIAL)
		ISRV_W(&s->w, ")");
	put_modseq(s, a);
	isrv_w_crlf(&s->w);
	return ISRV_DONE;
}

/* ---- the steps ----------------------------------------------------------------------------- */

static bool take(void *ctx, const struct isrv_sort_facts *facts)
{
	struct sort *a = ctx;

	return isrv_sort_add(&a->x, facts) &&
	       isrv_sort_follow_take(&a->follow, &a->o.pool, &a->x, facts);
}

static bool begin(struct imapsrv_session *s, struct sort *a)
{
	if (!isrv_ordering_begin(s, &a->o))
		return false;
	/* What it is sorted by is not kept with it: RFC 5267 4.3.1 lets a server say NOUPDATE. */
	if (!a->note_count)
		isrv_sort_follow_begin(s, &a->follow, &a->o.pool);
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
	/* What comes later has to find its place among keys that the library knows. */
	if (!s->engine->store.sort || a->o.program.comparator || !a->o.x.found.size ||
	    a->follow.asked || a->note_count)
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
		a->at = AT_SORTED;
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

static enum isrv_step tell(struct imapsrv_session *s, struct sort *a)
{
	if (a->ret.options & ISRV_RETURN_SAVE && !save(s, a))
		return fail(s, a);
	/* SAVE alone asks for no response (RFC 9051 6.4.4). */
	if ((a->ret.options & ~(uint32_t)ISRV_RETURN_CONTEXT) == ISRV_RETURN_SAVE)
		return finish(s, a);
	if (a->ret.options)
		put_extended(s, a);
	else
		ISRV_W(&s->w, "* SORT");
	a->at = AT_NUMBERS;
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
				return fail(s, a);
			break;
		case AT_SEARCH:
			wait = isrv_ordering_search(s, &a->o, &ok);
			if (wait != ISRV_DONE)
				return wait;
			if (!ok || !found(s, a))
				return fail(s, a);
			break;
		case AT_ASK:
			if (!isrv_answered(s))
				return ISRV_HOST;
			if (!answered(s, a))
				return fail(s, a);
			break;
		case AT_GATHER:
			wait = isrv_ordering_gather(s, &a->o, &ok);
			if (wait != ISRV_DONE)
				return wait;
			if (!ok)
				return fail(s, a);
			a->at = AT_SORT;
			break;
		case AT_SORT:
			if (!isrv_sort_run(&a->x)) {
				isrv_ordering_full(s, &a->o);
				return fail(s, a);
			}
			a->at = AT_SORTED;
			break;
		case AT_SORTED:
			if (!sorted(s, a))
				return fail(s, a);
			break;
		case AT_SEQUENCES:
			wait = isrv_searcher_step(s, a->again);
			if (wait != ISRV_DONE)
				return wait;
			if (!isrv_searching_ended(s, a->again->end))
				return fail(s, a);
			a->at = AT_TELL;
			break;
		case AT_TELL:
			wait = tell(s, a);
			if (a->at != AT_NUMBERS)
				return wait;
			break;
		case AT_NUMBERS:
			if (put_numbers(s, a) != ISRV_DONE)
				return ISRV_OUTPUT;
			a->at = AT_FOLLOW;
			break;
		case AT_FOLLOW:
			if (!isrv_sort_follow_end(s, &a->follow, &a->o, &a->by, &a->ret))
				return fail(s, a);
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
	if (a->again)
		isrv_searcher_drop(s, a->again);
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
