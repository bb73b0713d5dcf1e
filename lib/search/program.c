/* SPDX-License-Identifier: MIT */
/*
 * Parsing keeps a stack of what is open: lists, NOTs and ORs that wait for keys.  Each key that is
 * complete may complete what stands around it, so the terms come out in postfix order.  Parentheses
 * are limited by limits.depth, everything else by limits.search_terms: clients chain hundreds of
 * ORs.
 */
#include "search/keys.h"

#include "base/ascii.h"
#include "search/comparator.h"
#include "search/keywords.h"
#include "search/string.h"

enum open_kind {
	OPEN_LIST, /* keys that all have to match; the outermost is one of these */
	OPEN_NOT,
	OPEN_FUZZY,
	OPEN_OR
};

struct isrv_program_open {
	uint8_t kind;  /* enum open_kind */
	bool required; /* what stands directly in it is required of every match */
	uint32_t have; /* keys that are complete */
};

#define EXPECTED_KEY "a search key"

/* What one more of anything costs is bounded here. */
static bool count_key(struct isrv_program_parser *x)
{
	if (x->keys >= x->limits->search_terms)
		return isrv_rd_fail(x->r, "fewer search keys");
	x->keys++;
	return true;
}

static void *grow(struct isrv_reader *r, void *old, uint32_t *cap, size_t unit)
{
	size_t bigger = *cap ? (size_t)*cap * 2 : 8;
	void *grown = NULL;

	if (bigger <= UINT32_MAX / unit)
		grown = isrv_arena_grow(r->arena, old, *cap * unit, bigger * unit);
	if (grown)
		*cap = (uint32_t)bigger;
	else
		r->nomem = true;
	return grown;
}

static struct isrv_term *emit(struct isrv_program_parser *x, enum isrv_term_kind kind)
{
	struct isrv_program *p = x->p;
	struct isrv_term *terms;

	if (p->count == x->cap) {
		terms = grow(x->r, p->terms, &x->cap, sizeof(*terms));
		if (!terms)
			return NULL;
		p->terms = terms;
	}
	terms = &p->terms[p->count++];
	*terms = (struct isrv_term){.kind = (uint8_t)kind};
	if (kind < ISRV_TERM_NOT) {
		p->leaves++;
		x->height++;
	} else if (kind > ISRV_TERM_FUZZY) {
		x->height--;
	}
	if (x->height > x->height_max)
		x->height_max = x->height;
	return terms;
}

struct isrv_term *isrv_program_leaf(struct isrv_program_parser *x, enum isrv_term_kind kind,
                                    bool negate, uint32_t facts)
{
	struct isrv_term *term = emit(x, kind);

	if (term) {
		term->negate = negate;
		term->required = x->open[x->open_count - 1].required;
		x->p->facts |= facts;
	}
	return term;
}

bool isrv_program_both(struct isrv_program_parser *x)
{
	return emit(x, ISRV_TERM_AND) != NULL;
}

static bool push(struct isrv_program_parser *x, enum open_kind kind)
{
	bool required = !x->open_count || x->open[x->open_count - 1].required;
	struct isrv_program_open *open;

	if (x->open_count == x->open_cap) {
		open = grow(x->r, x->open, &x->open_cap, sizeof(*open));
		if (!open)
			return false;
		x->open = open;
	}
	x->open[x->open_count++] = (struct isrv_program_open){
		(uint8_t)kind, required && kind == OPEN_LIST, 0};
	return true;
}

/* One key, or the beginning of one that holds others; *leaf_r says which. */
static bool parse_key(struct isrv_program_parser *x, bool *leaf_r)
{
	struct isrv_reader *r = x->r;
	int c = isrv_rd_peek(r);
	const struct isrv_key *key;
	struct imapsrv_span word;
	const char *at = r->at;

	*leaf_r = true;
	if (!count_key(x))
		return false;
	if ((c >= '0' && c <= '9') || c == '*' || c == '$')
		return isrv_key_set(x, false);
	if (c == '(') {
		*leaf_r = false;
		if (x->depth >= x->limits->depth)
			return isrv_rd_fail(r, "fewer parentheses");
		x->depth++;
		return isrv_rd_char(r, '(') && push(x, OPEN_LIST);
	}
	if (!isrv_rd_word(r, &word))
		return isrv_rd_fail(r, EXPECTED_KEY);
	key = isrv_key_find(word);
	if (!key || key->features & ~x->features) {
		r->at = at;
		return isrv_rd_fail(r, EXPECTED_KEY);
	}
	if (key->parse)
		return key->parse(x, key);
	*leaf_r = false;
	return isrv_rd_sp(r) && push(x, key->arg == ISRV_TERM_NOT     ? OPEN_NOT
	                                : key->arg == ISRV_TERM_FUZZY ? OPEN_FUZZY
	                                                              : OPEN_OR);
}

/* What stands in it need not be true of a match; it has to be itself. */
static bool emit_fuzzy(struct isrv_program_parser *x)
{
	struct isrv_term *term = emit(x, ISRV_TERM_FUZZY);

	if (term)
		term->required = x->open[x->open_count - 2].required;
	x->p->fuzzy = true;
	return term != NULL;
}

/* A key is complete: completes what it completes.  *done_r: the program has ended. */
static bool reduce(struct isrv_program_parser *x, bool *done_r)
{
	struct isrv_reader *r = x->r;
	struct isrv_program_open *top;

	for (;;) {
		top = &x->open[x->open_count - 1];
		top->have++;
		switch ((enum open_kind)top->kind) {
		case OPEN_NOT:
			if (!emit(x, ISRV_TERM_NOT))
				return false;
			break;
		case OPEN_FUZZY:
			if (!emit_fuzzy(x))
				return false;
			break;
		case OPEN_OR:
			if (top->have == 1)
				return isrv_rd_sp(r);
			if (!emit(x, ISRV_TERM_OR))
				return false;
			break;
		case OPEN_LIST:
			if (top->have > 1 && !emit(x, ISRV_TERM_AND))
				return false;
			if (x->open_count == 1) {
				*done_r = isrv_rd_peek(r) < 0;
				if (*done_r || !isrv_rd_sp(r))
					return *done_r;
				*done_r = isrv_rd_peek(r) < 0; /* blanks at the end of the line */
				return true;
			}
			if (!isrv_rd_try(r, ')'))
				return isrv_rd_sp(r);
			x->depth--;
			break;
		}
		x->open_count--;
	}
}

/* search-key *(SP search-key) */
static bool parse_keys(struct isrv_program_parser *x)
{
	bool leaf, done = false;

	if (!push(x, OPEN_LIST))
		return false;
	while (!done) {
		if (!parse_key(x, &leaf) || (leaf && !reduce(x, &done)))
			return false;
	}
	return true;
}

/*
 * What stands behind a charset that is not known is not ours to judge, but for filters: in no
 * charset but UTF-8 there may be any, or the command is BAD (RFC 5466 3.1).  So it is read as if it
 * were in one in which every octet means something, and nothing is kept of it.  False: there is a
 * filter, or no memory.
 */
static bool pass_over(struct isrv_program_parser *x)
{
	static const struct imapsrv_span any = {"ISO-8859-1", 10};
	struct isrv_program none = {0};
	struct isrv_reader before = *x->r;
	struct isrv_program_parser y = {.p = &none, .r = x->r, .limits = x->limits,
	                                .features = x->features, .charset = any,
	                                .begin = x->begin, .filters_end = &none.filters};

	if (x->features & ISRV_SEARCH_FILTER && isrv_rd_peek(x->r) >= 0 && isrv_rd_sp(x->r) &&
	    !parse_keys(&y) && (x->r->nomem || x->r->code))
		return false;
	*x->r = before;
	x->r->at = x->r->end;
	return true;
}

/* RFC 9051 6.4.4: US-ASCII and UTF-8 must be known; others are that mail may be read in. */
static bool parse_charset(struct isrv_program_parser *x)
{
	if (!isrv_rd_astring(x->r, &x->charset))
		return false;
	if ((x->features & ISRV_SEARCH_UTF8) &&
	    !isrv_ascii_is(x->charset.data, x->charset.len, "UTF-8"))
		return isrv_rd_fail(x->r, "UTF-8, as UTF8=ACCEPT was enabled,");
	x->p->bad_charset = !isrv_search_charset(&x->charset);
	return !x->p->bad_charset || pass_over(x);
}

/* What is needed for evaluating. */
static bool make_ready(struct isrv_program_parser *x)
{
	x->p->stack = isrv_arena_alloc(x->r->arena, x->height_max);
	if (x->p->stack && isrv_program_take_keywords(x->p, x->r->arena))
		return true;
	x->r->nomem = true;
	return false;
}

uint8_t isrv_program_comparator(uint32_t features)
{
	return features & ISRV_SEARCH_OCTET           ? ISRV_COMPARATOR_OCTET
	       : features & ISRV_SEARCH_ASCII_CASEMAP ? ISRV_COMPARATOR_ASCII
	                                              : ISRV_COMPARATOR_UNICODE;
}

bool isrv_program_parse(struct isrv_program *p, struct isrv_reader *r,
                        const struct imapsrv_limits *limits, uint32_t features)
{
	struct isrv_program_parser x = {.p = p, .r = r, .limits = limits, .features = features,
	                                .begin = r->at, .filters_end = &p->filters};
	bool charset = isrv_rd_try_word(r, "CHARSET");

	*p = (struct isrv_program){.comparator = isrv_program_comparator(features)};
	if (charset && (features & ISRV_SEARCH_UTF8))
		return isrv_rd_fail(r, "no CHARSET, as UTF8=ACCEPT was enabled,");
	if (charset) {
		if (!isrv_rd_sp(r) || !parse_charset(&x))
			return false;
		if (p->bad_charset)
			return true;
		if (isrv_rd_peek(r) >= 0 && !isrv_rd_sp(r))
			return false;
	}
	if (charset && isrv_rd_peek(r) < 0) {
		if (!push(&x, OPEN_LIST) || !isrv_program_leaf(&x, ISRV_TERM_ALL, false, 0))
			return false;
	} else if (!parse_keys(&x)) {
		return false;
	}
	return make_ready(&x);
}

bool isrv_program_parse_criteria(struct isrv_program *p, struct isrv_reader *r,
                                 const struct imapsrv_limits *limits, uint32_t features)
{
	struct isrv_program_parser x = {.p = p, .r = r, .limits = limits, .features = features,
	                                .begin = r->at, .filters_end = &p->filters};

	*p = (struct isrv_program){.comparator = isrv_program_comparator(features)};
	if (!parse_charset(&x))
		return false;
	return p->bad_charset || (isrv_rd_sp(r) && parse_keys(&x) && make_ready(&x));
}
