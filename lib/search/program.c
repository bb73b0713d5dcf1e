/* SPDX-License-Identifier: MIT */
/*
 * Parsing keeps a stack of what is open: lists, NOTs and ORs that wait for keys.  Each key that is
 * complete may complete what stands around it, so the terms come out in postfix order.  Parentheses
 * are limited by limits.depth, everything else by limits.search_terms: clients chain hundreds of
 * ORs.
 *
 * Evaluating is one pass over the terms with three truth values (Kleene's): an AND with a false
 * side is false and an OR with a true side is true whatever is not known of the other.
 */
#include "search/program.h"

#include "base/ascii.h"
#include "base/uidset.h"
#include "search/string.h"

/* ---- parsing ------------------------------------------------------------------------------- */

enum open_kind {
	OPEN_LIST, /* keys that all have to match; the outermost is one of these */
	OPEN_NOT,
	OPEN_OR
};

struct open {
	uint8_t kind;
	bool required; /* what stands directly in it is required of every match */
	uint32_t have; /* keys that are complete */
};

struct parser {
	struct isrv_program *p;
	struct isrv_reader *r;
	const struct imapsrv_limits *limits;
	uint32_t cap; /* of p->terms */
	struct open *open;
	uint32_t open_count;
	uint32_t open_cap;
	uint32_t depth; /* parentheses that are open */
	uint32_t keys;
	struct imapsrv_span charset; /* of the strings */
	uint32_t height; /* values on the evaluation stack at this point, */
	uint32_t height_max;
	bool modseq;
};

enum key_kind {
	KEY_ALL,
	KEY_FLAG,
	KEY_KEYWORD,
	KEY_NEW,
	KEY_RECENT,
	KEY_BEFORE,
	KEY_ON,
	KEY_SINCE,
	KEY_LARGER,
	KEY_SMALLER,
	KEY_UID,
	KEY_MODSEQ,
	KEY_FIELD,  /* the field of that name */
	KEY_HEADER, /* a field that is named */
	KEY_BODY,
	KEY_TEXT,
	KEY_SENTBEFORE,
	KEY_SENTON,
	KEY_SENTSINCE,
	KEY_NOT,
	KEY_OR
};

static const struct key {
	const char *name;
	uint8_t kind; /* enum key_kind */
	bool negate;
	uint32_t flag;
} keys[] = {
	{"ALL", KEY_ALL, false, 0},
	{"ANSWERED", KEY_FLAG, false, IMAPSRV_ANSWERED},
	{"BCC", KEY_FIELD, false, 0},
	{"BEFORE", KEY_BEFORE, false, 0},
	{"BODY", KEY_BODY, false, 0},
	{"CC", KEY_FIELD, false, 0},
	{"DELETED", KEY_FLAG, false, IMAPSRV_DELETED},
	{"DRAFT", KEY_FLAG, false, IMAPSRV_DRAFT},
	{"FLAGGED", KEY_FLAG, false, IMAPSRV_FLAGGED},
	{"FROM", KEY_FIELD, false, 0},
	{"HEADER", KEY_HEADER, false, 0},
	{"KEYWORD", KEY_KEYWORD, false, 0},
	{"LARGER", KEY_LARGER, false, 0},
	{"MODSEQ", KEY_MODSEQ, false, 0},
	{"NEW", KEY_NEW, false, 0},
	{"NOT", KEY_NOT, false, 0},
	{"OLD", KEY_RECENT, true, 0},
	{"ON", KEY_ON, false, 0},
	{"OR", KEY_OR, false, 0},
	{"RECENT", KEY_RECENT, false, 0},
	{"SEEN", KEY_FLAG, false, IMAPSRV_SEEN},
	{"SENTBEFORE", KEY_SENTBEFORE, false, 0},
	{"SENTON", KEY_SENTON, false, 0},
	{"SENTSINCE", KEY_SENTSINCE, false, 0},
	{"SINCE", KEY_SINCE, false, 0},
	{"SMALLER", KEY_SMALLER, false, 0},
	{"SUBJECT", KEY_FIELD, false, 0},
	{"TEXT", KEY_TEXT, false, 0},
	{"TO", KEY_FIELD, false, 0},
	{"UID", KEY_UID, false, 0},
	{"UNANSWERED", KEY_FLAG, true, IMAPSRV_ANSWERED},
	{"UNDELETED", KEY_FLAG, true, IMAPSRV_DELETED},
	{"UNDRAFT", KEY_FLAG, true, IMAPSRV_DRAFT},
	{"UNFLAGGED", KEY_FLAG, true, IMAPSRV_FLAGGED},
	{"UNKEYWORD", KEY_KEYWORD, true, 0},
	{"UNSEEN", KEY_FLAG, true, IMAPSRV_SEEN},
};

#define EXPECTED_KEY "a search key"

/* What one more of anything costs is bounded here. */
static bool count_key(struct parser *x)
{
	if (x->keys >= x->limits->search_terms)
		return isrv_rd_fail(x->r, "fewer search keys");
	x->keys++;
	return true;
}

static void *grow(struct isrv_reader *r, void *old, uint32_t *cap, size_t unit)
{
	size_t bigger = *cap ? (size_t)*cap * 2 : 8;
	void *grown;

	if (bigger > UINT32_MAX || bigger > SIZE_MAX / unit) {
		r->nomem = true;
		return NULL;
	}
	grown = isrv_arena_grow(r->arena, old, *cap * unit, bigger * unit);
	if (grown)
		*cap = (uint32_t)bigger;
	else
		r->nomem = true;
	return grown;
}

static struct isrv_term *emit(struct parser *x, enum isrv_term_kind kind)
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
	} else if (kind != ISRV_TERM_NOT) {
		x->height--;
	}
	if (x->height > x->height_max)
		x->height_max = x->height;
	return terms;
}

static struct isrv_term *emit_leaf(struct parser *x, enum isrv_term_kind kind, bool negate)
{
	struct isrv_term *term = emit(x, kind);

	if (term) {
		term->negate = negate;
		term->required = x->open[x->open_count - 1].required;
	}
	return term;
}

static bool push(struct parser *x, enum open_kind kind)
{
	bool required = !x->open_count || x->open[x->open_count - 1].required;
	struct open *open;

	if (x->open_count == x->open_cap) {
		open = grow(x->r, x->open, &x->open_cap, sizeof(*open));
		if (!open)
			return false;
		x->open = open;
	}
	x->open[x->open_count++] =
		(struct open){(uint8_t)kind, required && kind == OPEN_LIST, 0};
	return true;
}

static bool parse_set(struct parser *x, bool uid)
{
	struct isrv_rd_set set;
	struct isrv_term *term;

	if (!isrv_rd_set(x->r, &set))
		return false;
	term = emit_leaf(x, ISRV_TERM_SET, false);
	if (!term)
		return false;
	term->u.set.written = set;
	term->u.set.uid = uid;
	return true;
}

static bool parse_flag(struct parser *x, uint32_t flag, bool negate)
{
	struct isrv_term *term = emit_leaf(x, ISRV_TERM_FLAGS, negate);

	if (!term)
		return false;
	term->u.flag = flag;
	x->p->facts |= IMAPSRV_FACT_FLAGS;
	return true;
}

static bool parse_keyword(struct parser *x, bool negate)
{
	struct imapsrv_span keyword;
	struct isrv_term *term;

	if (!isrv_rd_sp(x->r) || !isrv_rd_keyword(x->r, &keyword))
		return false;
	term = emit_leaf(x, ISRV_TERM_KEYWORD, negate);
	if (!term)
		return false;
	term->u.keyword = keyword;
	x->p->facts |= IMAPSRV_FACT_FLAGS;
	return true;
}

/* Internal dates, and the dates of Date fields. */
static bool parse_date(struct parser *x, enum key_kind kind)
{
	bool sent = kind == KEY_SENTBEFORE || kind == KEY_SENTON || kind == KEY_SENTSINCE;
	bool before = kind == KEY_BEFORE || kind == KEY_SENTBEFORE;
	bool on = kind == KEY_ON || kind == KEY_SENTON;
	struct isrv_rd_date date;
	struct isrv_term *term;

	if (!isrv_rd_sp(x->r) || !isrv_rd_date(x->r, &date))
		return false;
	term = emit_leaf(x, sent ? ISRV_TERM_SENT : ISRV_TERM_DATE, false);
	if (!term)
		return false;
	/* A date has four digits for its year, so one day less is no overflow. */
	term->u.date.first = before ? INT64_MIN : date.day;
	term->u.date.last = before ? date.day - 1 : on ? date.day : INT64_MAX;
	x->p->facts |= sent ? ISRV_FACT_HEADER : IMAPSRV_FACT_DATE;
	return true;
}

static bool parse_size(struct parser *x, bool larger)
{
	struct isrv_term *term;
	uint64_t n;

	if (!isrv_rd_sp(x->r) || !isrv_rd_number64(x->r, &n))
		return false;
	term = emit_leaf(x, ISRV_TERM_SIZE, false);
	if (!term)
		return false;
	/* "Larger than" and "smaller than": n itself is neither (RFC 9051 6.4.4).  n < 2^63. */
	term->u.size.first = larger ? n + 1 : n ? 0 : 1;
	term->u.size.last = larger ? UINT64_MAX : n ? n - 1 : 0;
	x->p->facts |= IMAPSRV_FACT_SIZE;
	return true;
}

/*
 * search-modsequence = "MODSEQ" [SP entry-name SP entry-type-req] SP mod-sequence-valzer.  "If
 * the server doesn't store separate mod-sequences for different metadata items, it MUST ignore
 * <entry-name> and <entry-type-req>" (RFC 7162 3.1.5).
 */
static bool parse_modseq(struct parser *x)
{
	struct isrv_reader *r = x->r;
	struct imapsrv_span entry;
	struct isrv_term *term;
	uint64_t n;

	if (!isrv_rd_sp(r))
		return false;
	if (isrv_rd_peek(r) == '"') {
		if (!isrv_rd_string(r, &entry))
			return false;
		if (entry.len < 8 || !isrv_ascii_same(entry.data, 7, "/flags/", 7))
			return isrv_rd_fail(r, "the entry name of a flag");
		if (!isrv_rd_sp(r))
			return false;
		if (!isrv_rd_try_word(r, "ALL") && !isrv_rd_try_word(r, "PRIV") &&
		    !isrv_rd_try_word(r, "SHARED"))
			return isrv_rd_fail(r, "priv, shared or all");
		if (!isrv_rd_sp(r))
			return false;
	}
	if (!isrv_rd_number64(r, &n))
		return false;
	term = emit_leaf(x, ISRV_TERM_MODSEQ, false);
	if (!term)
		return false;
	term->u.modseq = n;
	x->p->facts |= IMAPSRV_FACT_MODSEQ;
	return true;
}

/* "BODY" SP astring, "FROM" SP astring, "HEADER" SP header-fld-name SP astring: name is FROM's. */
static bool parse_text(struct parser *x, enum isrv_where where, struct imapsrv_span name)
{
	struct imapsrv_span needle;
	struct isrv_term *term;

	if (!isrv_rd_sp(x->r))
		return false;
	if (!name.len && where == ISRV_IN_FIELD &&
	    (!isrv_rd_astring(x->r, &name) || !isrv_rd_sp(x->r)))
		return false;
	if (!isrv_search_string(x->r, x->charset, &needle))
		return false;
	/* The empty string is in every text (RFC 9051 6.4.4), but not in a field that is not
	 * there. */
	if (!needle.len && where != ISRV_IN_FIELD)
		return emit_leaf(x, ISRV_TERM_ALL, false) != NULL;
	term = emit_leaf(x, ISRV_TERM_TEXT, false);
	if (!term)
		return false;
	term->u.text.field = name;
	term->u.text.needle = needle;
	term->u.text.index = x->p->texts++;
	term->u.text.where = (uint8_t)where;
	x->p->facts |= where == ISRV_IN_FIELD ? ISRV_FACT_HEADER : ISRV_FACT_TEXT;
	return true;
}

static const struct key *find_key(struct imapsrv_span word)
{
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (isrv_ascii_is(word.data, word.len, keys[i].name))
			return &keys[i];
	}
	return NULL;
}

/* A key that has no keys in it; word is its name. */
static bool parse_leaf(struct parser *x, const struct key *key, struct imapsrv_span word)
{
	static const struct imapsrv_span none = {NULL, 0};

	switch ((enum key_kind)key->kind) {
	case KEY_ALL:
		return emit_leaf(x, ISRV_TERM_ALL, false) != NULL;
	case KEY_FLAG:
		return parse_flag(x, key->flag, key->negate);
	case KEY_KEYWORD:
		return parse_keyword(x, key->negate);
	case KEY_RECENT:
		return emit_leaf(x, ISRV_TERM_RECENT, key->negate) != NULL;
	case KEY_NEW:
		/* "Functionally equivalent to (RECENT UNSEEN)" (RFC 3501 6.4.4). */
		return emit_leaf(x, ISRV_TERM_RECENT, false) &&
		       parse_flag(x, IMAPSRV_SEEN, true) && emit(x, ISRV_TERM_AND);
	case KEY_BEFORE:
	case KEY_ON:
	case KEY_SINCE:
	case KEY_SENTBEFORE:
	case KEY_SENTON:
	case KEY_SENTSINCE:
		return parse_date(x, key->kind);
	case KEY_LARGER:
	case KEY_SMALLER:
		return parse_size(x, key->kind == KEY_LARGER);
	case KEY_UID:
		return isrv_rd_sp(x->r) && parse_set(x, true);
	case KEY_MODSEQ:
		return parse_modseq(x);
	case KEY_FIELD:
		return parse_text(x, ISRV_IN_FIELD, word);
	case KEY_HEADER:
		return parse_text(x, ISRV_IN_FIELD, none);
	case KEY_BODY:
		return parse_text(x, ISRV_IN_BODY, none);
	case KEY_TEXT:
		return parse_text(x, ISRV_IN_TEXT, none);
	case KEY_NOT:
	case KEY_OR:
		break;
	}
	return false;
}

/* One key, or the beginning of one that holds others; *leaf_r says which. */
static bool parse_key(struct parser *x, bool *leaf_r)
{
	struct isrv_reader *r = x->r;
	int c = isrv_rd_peek(r);
	const struct key *key;
	struct imapsrv_span word;
	const char *at = r->at;

	*leaf_r = true;
	if (!count_key(x))
		return false;
	if ((c >= '0' && c <= '9') || c == '*' || c == '$')
		return parse_set(x, false);
	if (c == '(') {
		*leaf_r = false;
		if (x->depth >= x->limits->depth)
			return isrv_rd_fail(r, "fewer parentheses");
		x->depth++;
		return isrv_rd_char(r, '(') && push(x, OPEN_LIST);
	}
	if (!isrv_rd_word(r, &word))
		return isrv_rd_fail(r, EXPECTED_KEY);
	key = find_key(word);
	if (!key || (key->kind == KEY_MODSEQ && !x->modseq)) {
		r->at = at;
		return isrv_rd_fail(r, EXPECTED_KEY);
	}
	if (key->kind != KEY_NOT && key->kind != KEY_OR)
		return parse_leaf(x, key, word);
	*leaf_r = false;
	return isrv_rd_sp(r) && push(x, key->kind == KEY_NOT ? OPEN_NOT : OPEN_OR);
}

/* A key is complete: completes what it completes.  *done_r: the program has ended. */
static bool reduce(struct parser *x, bool *done_r)
{
	struct isrv_reader *r = x->r;
	struct open *top;

	for (;;) {
		top = &x->open[x->open_count - 1];
		top->have++;
		switch ((enum open_kind)top->kind) {
		case OPEN_NOT:
			if (!emit(x, ISRV_TERM_NOT))
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
static bool parse_keys(struct parser *x)
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

/* RFC 9051 6.4.4: US-ASCII and UTF-8 must be known; others are that mail may be read in. */
static bool parse_charset(struct isrv_program *p, struct isrv_reader *r,
                          struct imapsrv_span *charset_r)
{
	if (!isrv_rd_sp(r) || !isrv_rd_astring(r, charset_r))
		return false;
	p->bad_charset = !isrv_search_charset(charset_r);
	return true;
}

bool isrv_program_parse(struct isrv_program *p, struct isrv_reader *r,
                        const struct imapsrv_limits *limits, bool modseq)
{
	struct parser x = {.p = p, .r = r, .limits = limits, .modseq = modseq};
	bool charset = isrv_rd_try_word(r, "CHARSET");

	*p = (struct isrv_program){0};
	if (charset) {
		if (!parse_charset(p, r, &x.charset))
			return false;
		if (p->bad_charset) {
			r->at = r->end; /* what follows is in that charset: not ours to judge */
			return true;
		}
		if (isrv_rd_peek(r) >= 0 && !isrv_rd_sp(r))
			return false;
	}
	if (charset && isrv_rd_peek(r) < 0) {
		if (!push(&x, OPEN_LIST) || !emit_leaf(&x, ISRV_TERM_ALL, false))
			return false;
	} else if (!parse_keys(&x)) {
		return false;
	}
	p->stack = isrv_arena_alloc(r->arena, x.height_max);
	r->nomem = r->nomem || !p->stack;
	return p->stack != NULL;
}

/* ---- evaluating ---------------------------------------------------------------------------- */

static void narrow(struct isrv_search_row *row, uint32_t until)
{
	if (until < row->until)
		row->until = until;
}

static bool test_set(struct imapsrv_set set, struct isrv_search_row *row)
{
	size_t i = isrv_uidset_seek(set, row->uid);

	if (i == set.count)
		return false;
	if (set.ranges[i].first > row->uid) {
		narrow(row, set.ranges[i].first - 1);
		return false;
	}
	narrow(row, set.ranges[i].last);
	return true;
}

static bool test_recent(struct isrv_search_row *row)
{
	if (row->recent_from == 0 || row->uid >= row->recent_from)
		return row->recent_from != 0;
	narrow(row, row->recent_from - 1);
	return false;
}

static bool test_keyword(const struct imapsrv_flags *flags, struct imapsrv_span keyword)
{
	uint32_t i;

	for (i = 0; i < flags->keyword_count; i++) {
		if (isrv_ascii_same(flags->keywords[i].data, flags->keywords[i].len, keyword.data,
		                    keyword.len))
			return true;
	}
	return false;
}

/* The day of the date as the message's own zone writes it: "disregarding time and timezone" (RFC
 * 9051 6.4.4).  No date that a host may hand in overflows. */
static int64_t day_of(int64_t date, int zone)
{
	int64_t day = date / 86400, second = date % 86400;

	if (second < 0) {
		second += 86400;
		day--;
	}
	if (zone > 1440)
		zone = 1440;
	else if (zone < -1440)
		zone = -1440;
	second += (int64_t)zone * 60;
	if (second < 0)
		day--;
	else if (second >= 86400)
		day++;
	return day;
}

static enum isrv_verdict verdict(const struct isrv_term *term, bool is)
{
	return is != term->negate ? ISRV_MATCH : ISRV_MISS;
}

static enum isrv_verdict test_text(const struct isrv_term *term, const struct isrv_search_row *row)
{
	uint32_t fact = term->u.text.where == ISRV_IN_FIELD ? ISRV_FACT_HEADER : ISRV_FACT_TEXT;

	if (row->found && row->found[term->u.text.index])
		return ISRV_MATCH;
	return row->facts & fact ? ISRV_MISS : ISRV_UNDECIDED;
}

static enum isrv_verdict test(const struct isrv_term *term, struct isrv_search_row *row)
{
	int64_t day;

	switch ((enum isrv_term_kind)term->kind) {
	case ISRV_TERM_SET:
		return verdict(term, test_set(term->u.set.uids, row));
	case ISRV_TERM_RECENT:
		return verdict(term, test_recent(row));
	case ISRV_TERM_FLAGS:
		if (!(row->facts & IMAPSRV_FACT_FLAGS))
			return ISRV_UNDECIDED;
		return verdict(term, (row->flags->system & term->u.flag) != 0);
	case ISRV_TERM_KEYWORD:
		if (!(row->facts & IMAPSRV_FACT_FLAGS))
			return ISRV_UNDECIDED;
		return verdict(term, test_keyword(row->flags, term->u.keyword));
	case ISRV_TERM_DATE:
		if (!(row->facts & IMAPSRV_FACT_DATE))
			return ISRV_UNDECIDED;
		day = day_of(row->date, row->zone);
		return verdict(term, day >= term->u.date.first && day <= term->u.date.last);
	case ISRV_TERM_SIZE:
		if (!(row->facts & IMAPSRV_FACT_SIZE))
			return ISRV_UNDECIDED;
		return verdict(term, row->octets >= term->u.size.first &&
		                             row->octets <= term->u.size.last);
	case ISRV_TERM_MODSEQ:
		if (!(row->facts & IMAPSRV_FACT_MODSEQ))
			return ISRV_UNDECIDED;
		return verdict(term, row->modseq >= term->u.modseq);
	case ISRV_TERM_TEXT:
		return test_text(term, row);
	case ISRV_TERM_SENT:
		if (!(row->facts & ISRV_FACT_HEADER))
			return ISRV_UNDECIDED;
		/* Without a Date that can be read a message is neither before a day nor since. */
		return verdict(term, row->dated && row->sent >= term->u.date.first &&
		                             row->sent <= term->u.date.last);
	case ISRV_TERM_ALL:
	case ISRV_TERM_NOT:
	case ISRV_TERM_AND:
	case ISRV_TERM_OR:
		break;
	}
	return ISRV_MATCH;
}

static uint8_t negation(uint8_t a)
{
	return a == ISRV_UNDECIDED ? ISRV_UNDECIDED : a == ISRV_MATCH ? ISRV_MISS : ISRV_MATCH;
}

/* What settles the operator is `strong`: MISS for AND, MATCH for OR. */
static uint8_t combine(uint8_t a, uint8_t b, uint8_t strong)
{
	if (a == strong || b == strong)
		return strong;
	return a == ISRV_UNDECIDED ? a : b;
}

enum isrv_verdict isrv_program_eval(const struct isrv_program *p, struct isrv_search_row *row,
                                    uint8_t *known)
{
	uint8_t *top = p->stack; /* above the highest value */
	const struct isrv_term *term;
	uint32_t i, leaf = 0;
	uint8_t is;

	row->until = UINT32_MAX;
	for (i = 0; i < p->count; i++) {
		term = &p->terms[i];
		if (term->kind == ISRV_TERM_NOT) {
			top[-1] = negation(top[-1]);
		} else if (term->kind == ISRV_TERM_AND || term->kind == ISRV_TERM_OR) {
			top--;
			top[-1] = combine(top[-1], top[0],
			                  term->kind == ISRV_TERM_AND ? ISRV_MISS : ISRV_MATCH);
		} else {
			is = known && known[leaf] ? (uint8_t)(known[leaf] - 1)
			                          : (uint8_t)test(term, row);
			if (known && is != ISRV_UNDECIDED)
				known[leaf] = (uint8_t)(is + 1);
			leaf++;
			*top++ = is;
		}
	}
	return (enum isrv_verdict)top[-1];
}
