/* SPDX-License-Identifier: MIT */
/* Each routine reads the arguments of one kind of key; which key is which stands in the table at
 * the end. */
#include "search/keys.h"

#include <string.h>

#include "base/ascii.h"
#include "base/objectid.h"
#include "search/note.h"
#include "search/string.h"
#include "wire/chars.h"

enum side {
	SIDE_BEFORE,
	SIDE_ON,
	SIDE_SINCE
};

static bool parse_all(struct isrv_program_parser *x, const struct isrv_key *key)
{
	return isrv_program_leaf(x, ISRV_TERM_ALL, key->negate, 0) != NULL;
}

bool isrv_key_set(struct isrv_program_parser *x, bool uid)
{
	struct isrv_rd_set set;
	struct isrv_term *term;

	if (!(uid ? isrv_rd_set(x->r, &set) : isrv_rd_numbers(x->r, &set)))
		return false;
	term = isrv_program_leaf(x, ISRV_TERM_SET, false, 0);
	if (!term)
		return false;
	term->u.set.written = set;
	term->u.set.uid = uid;
	return true;
}

/* "UID" SP sequence-set */
static bool parse_uid(struct isrv_program_parser *x, const struct isrv_key *key)
{
	(void)key;
	return isrv_rd_sp(x->r) && isrv_key_set(x, true);
}

/* "UIDAFTER" SP uniqueid: above it.  "UIDBEFORE" SP uniqueid: below it, so 1 matches nothing (RFC
 * 9738 3.2). */
static bool parse_uid_side(struct isrv_program_parser *x, const struct isrv_key *key)
{
	struct imapsrv_range *range;
	struct isrv_term *term;
	uint32_t uid;

	if (!isrv_rd_sp(x->r) || !isrv_rd_nz_number(x->r, &uid))
		return false;
	range = isrv_arena_alloc(x->r->arena, sizeof(*range));
	if (!range)
		return isrv_rd_fail_memory(x->r);
	term = isrv_program_leaf(x, ISRV_TERM_SET, false, 0);
	if (!term)
		return false;
	term->u.set.uid = true;
	term->u.set.written = (struct isrv_rd_set){range, 0, false, 0};
	if (uid == (key->arg == SIDE_SINCE ? UINT32_MAX : 1))
		return true;
	*range = key->arg == SIDE_SINCE ? (struct imapsrv_range){uid + 1, UINT32_MAX}
	                                : (struct imapsrv_range){1, uid - 1};
	term->u.set.written.count = 1;
	return true;
}

static bool parse_flag(struct isrv_program_parser *x, const struct isrv_key *key)
{
	struct isrv_term *term =
		isrv_program_leaf(x, ISRV_TERM_FLAGS, key->negate, IMAPSRV_FACT_FLAGS);

	if (!term)
		return false;
	term->u.flag = key->arg;
	return true;
}

/* "KEYWORD" SP flag-keyword */
static bool parse_keyword(struct isrv_program_parser *x, const struct isrv_key *key)
{
	struct imapsrv_span keyword;
	struct isrv_term *term;

	if (!isrv_rd_sp(x->r) || !isrv_rd_keyword(x->r, &keyword))
		return false;
	term = isrv_program_leaf(x, ISRV_TERM_KEYWORD, key->negate, IMAPSRV_FACT_FLAGS);
	if (!term)
		return false;
	term->u.keyword.name = keyword;
	return true;
}

static bool parse_recent(struct isrv_program_parser *x, const struct isrv_key *key)
{
	return isrv_program_leaf(x, ISRV_TERM_RECENT, key->negate, 0) != NULL;
}

/* "Functionally equivalent to (RECENT UNSEEN)" (RFC 3501 6.4.4). */
static bool parse_new(struct isrv_program_parser *x, const struct isrv_key *key)
{
	struct isrv_term *term = isrv_program_leaf(x, ISRV_TERM_RECENT, false, 0);

	(void)key;
	if (term)
		term = isrv_program_leaf(x, ISRV_TERM_FLAGS, true, IMAPSRV_FACT_FLAGS);
	if (!term)
		return false;
	term->u.flag = IMAPSRV_SEEN;
	return isrv_program_both(x);
}

/* SP date: of which `kind` a date is looked at, and on which side of it. */
static bool parse_day(struct isrv_program_parser *x, enum isrv_term_kind kind, uint32_t fact,
                      uint32_t side)
{
	struct isrv_rd_date date;
	struct isrv_term *term;

	if (!isrv_rd_sp(x->r) || !isrv_rd_date(x->r, &date))
		return false;
	term = isrv_program_leaf(x, kind, false, fact);
	if (!term)
		return false;
	/* A date has four digits for its year, so one day less is no overflow. */
	term->u.date.first = side == SIDE_BEFORE ? INT64_MIN : date.day;
	term->u.date.last = side == SIDE_BEFORE ? date.day - 1
	                    : side == SIDE_ON   ? date.day
	                                        : INT64_MAX;
	return true;
}

static bool parse_date(struct isrv_program_parser *x, const struct isrv_key *key)
{
	return parse_day(x, ISRV_TERM_DATE, IMAPSRV_FACT_DATE, key->arg);
}

static bool parse_sent(struct isrv_program_parser *x, const struct isrv_key *key)
{
	return parse_day(x, ISRV_TERM_SENT, ISRV_FACT_HEADER, key->arg);
}

/* "OLDER" SP nz-number, "YOUNGER" SP nz-number (RFC 5032 3) */
static bool parse_age(struct isrv_program_parser *x, const struct isrv_key *key)
{
	struct isrv_term *term;
	uint32_t seconds;

	if (!isrv_rd_sp(x->r) || !isrv_rd_nz_number(x->r, &seconds))
		return false;
	term = isrv_program_leaf(x, ISRV_TERM_AGE, false, IMAPSRV_FACT_DATE);
	if (!term)
		return false;
	term->u.age.seconds = seconds;
	term->u.age.younger = key->arg != 0;
	x->p->timed = true;
	return true;
}

static bool parse_saved(struct isrv_program_parser *x, const struct isrv_key *key)
{
	return parse_day(x, ISRV_TERM_SAVED, IMAPSRV_FACT_SAVEDATE | IMAPSRV_FACT_DATE, key->arg);
}

static bool parse_has_saved(struct isrv_program_parser *x, const struct isrv_key *key)
{
	(void)key;
	return isrv_program_leaf(x, ISRV_TERM_HAS_SAVED, false, IMAPSRV_FACT_SAVEDATE) != NULL;
}

static struct isrv_term *size_leaf(struct isrv_program_parser *x, uint64_t *n_r)
{
	if (!isrv_rd_sp(x->r) || !isrv_rd_number64(x->r, n_r))
		return NULL;
	return isrv_program_leaf(x, ISRV_TERM_SIZE, false, IMAPSRV_FACT_SIZE);
}

/* "Larger than" and "smaller than": n itself is neither (RFC 9051 6.4.4).  n < 2^63. */
static bool parse_larger(struct isrv_program_parser *x, const struct isrv_key *key)
{
	uint64_t n = 0;
	struct isrv_term *term = size_leaf(x, &n);

	(void)key;
	if (!term)
		return false;
	term->u.size.first = n + 1;
	term->u.size.last = UINT64_MAX;
	return true;
}

static bool parse_smaller(struct isrv_program_parser *x, const struct isrv_key *key)
{
	uint64_t n = 0;
	struct isrv_term *term = size_leaf(x, &n);

	(void)key;
	if (!term)
		return false;
	term->u.size.first = n ? 0 : 1;
	term->u.size.last = n ? n - 1 : 0;
	return true;
}

/* entry-flag-name = DQUOTE "/flags/" attr-flag DQUOTE; the flag is an atom, or "\" and an atom. */
static bool is_entry_name(struct imapsrv_span entry)
{
	size_t at = 7;

	if (entry.len < 8 || !isrv_ascii_same(entry.data, 7, "/flags/", 7))
		return false;
	at += entry.data[at] == '\\';
	return at < entry.len &&
	       isrv_char_span(entry.data + at, entry.len - at, ISRV_CHAR_ATOM) == entry.len - at;
}

/*
 * search-modsequence = "MODSEQ" [SP entry-name SP entry-type-req] SP mod-sequence-valzer.  "If
 * the server doesn't store separate mod-sequences for different metadata items, it MUST ignore
 * <entry-name> and <entry-type-req>" (RFC 7162 3.1.5).
 */
static bool parse_modseq(struct isrv_program_parser *x, const struct isrv_key *key)
{
	struct isrv_reader *r = x->r;
	struct imapsrv_span entry;
	struct isrv_term *term;
	uint64_t n;

	(void)key;
	if (!isrv_rd_sp(r))
		return false;
	if (isrv_rd_peek(r) == '"') {
		if (!isrv_rd_string(r, &entry))
			return false;
		if (!is_entry_name(entry))
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
	term = isrv_program_leaf(x, ISRV_TERM_MODSEQ, false, IMAPSRV_FACT_MODSEQ);
	if (!term)
		return false;
	term->u.modseq = n;
	return true;
}

/* "EMAILID" SP objectid, "THREADID" SP objectid */
static bool parse_object(struct isrv_program_parser *x, const struct isrv_key *key)
{
	struct imapsrv_span id;
	struct isrv_term *term;

	if (!isrv_rd_sp(x->r) || !isrv_rd_atom(x->r, &id))
		return false;
	if (!isrv_objectid_is(id)) {
		x->r->at = id.data;
		return isrv_rd_fail(x->r, "an object identifier");
	}
	term = isrv_program_leaf(x, ISRV_TERM_OBJECT, false, key->arg);
	if (!term)
		return false;
	term->u.object.id = id;
	term->u.object.fact = key->arg;
	return true;
}

/* "ANNOTATION" SP entry-match SP att-search SP value, value being a string as it is in other keys.
 * "Servers MUST return a BAD response if the client tries to search any other attribute"
 * (RFC 5257 4.8). */
static bool parse_note(struct isrv_program_parser *x, const struct isrv_key *key)
{
	const uint32_t both = ISRV_ANNOTATE_VALUE_PRIV | ISRV_ANNOTATE_VALUE_SHARED;
	struct imapsrv_span entry, needle;
	struct isrv_term *term;
	uint32_t attribs;
	bool wild;

	(void)key;
	if (x->p->notes >= ISRV_PROGRAM_NOTES)
		return isrv_rd_fail(x->r, "fewer annotations");
	if (!isrv_rd_sp(x->r) || !isrv_annotate_match_parse(x->r, &entry, &wild) ||
	    !isrv_rd_sp(x->r) || !isrv_annotate_attrib_parse(x->r, &attribs))
		return false;
	if (attribs & ~both)
		return isrv_rd_fail(x->r, "value, value.priv or value.shared");
	if (!isrv_rd_sp(x->r) ||
	    !isrv_search_string(x->r, x->charset, (enum isrv_comparator)x->p->comparator, &needle))
		return false;
	term = isrv_program_leaf(x, ISRV_TERM_NOTE, false, ISRV_FACT_NOTES);
	if (!term)
		return false;
	term->u.note.entry = entry;
	term->u.note.needle = needle;
	term->u.note.values =
		(attribs & ISRV_ANNOTATE_VALUE_PRIV ? IMAPSRV_ANNOTATION_PRIV : 0u) |
		(attribs & ISRV_ANNOTATE_VALUE_SHARED ? IMAPSRV_ANNOTATION_SHARED : 0u);
	x->p->notes++;
	return true;
}

/* astring, looked for there. */
static bool parse_needle(struct isrv_program_parser *x, enum isrv_where where,
                         struct imapsrv_span field)
{
	struct imapsrv_span needle;
	struct isrv_term *term;

	if (!isrv_search_string(x->r, x->charset, (enum isrv_comparator)x->p->comparator,
	                        &needle))
		return false;
	/* The empty string is in every text (RFC 9051 6.4.4), but not in a field that is not
	 * there. */
	if (!needle.len && where != ISRV_IN_FIELD)
		return isrv_program_leaf(x, ISRV_TERM_ALL, false, 0) != NULL;
	term = isrv_program_leaf(x, ISRV_TERM_TEXT, false,
	                         where == ISRV_IN_FIELD ? ISRV_FACT_HEADER : ISRV_FACT_TEXT);
	if (!term)
		return false;
	term->u.text.field = field;
	term->u.text.needle = needle;
	term->u.text.index = x->p->texts++;
	term->u.text.where = (uint8_t)where;
	return true;
}

/* "BODY" SP astring */
static bool parse_text(struct isrv_program_parser *x, const struct isrv_key *key)
{
	static const struct imapsrv_span none = {NULL, 0};

	return isrv_rd_sp(x->r) && parse_needle(x, (enum isrv_where)key->arg, none);
}

/* "FROM" SP astring: the key is the name of the field */
static bool parse_field(struct isrv_program_parser *x, const struct isrv_key *key)
{
	struct imapsrv_span name = {key->name, strlen(key->name)};

	return isrv_rd_sp(x->r) && parse_needle(x, ISRV_IN_FIELD, name);
}

/* "HEADER" SP header-fld-name SP astring */
static bool parse_header(struct isrv_program_parser *x, const struct isrv_key *key)
{
	struct imapsrv_span name;

	(void)key;
	return isrv_rd_sp(x->r) && isrv_rd_astring(x->r, &name) && isrv_rd_sp(x->r) &&
	       parse_needle(x, ISRV_IN_FIELD, name);
}

/* "FILTER" SP filter-name, 1*<any ATOM-CHAR except "/"> (RFC 5466 4).  It implies UTF-8, and with a
 * charset that is not contained in it "MUST result in the tagged BAD response" (3.1). */
static bool parse_filter(struct isrv_program_parser *x, const struct isrv_key *key)
{
	const char *at = x->r->at - strlen(key->name);
	struct isrv_filter_name *filter;
	struct imapsrv_span name;

	if (!isrv_rd_sp(x->r) || !isrv_rd_atom(x->r, &name))
		return false;
	if (memchr(name.data, '/', name.len)) {
		x->r->at = name.data;
		return isrv_rd_fail(x->r, "the name of a filter");
	}
	if (x->charset.data) {
		x->r->at = at;
		x->r->code = "BADCHARSET (US-ASCII UTF-8)";
		return isrv_rd_fail(x->r, "no filter in this charset");
	}
	filter = isrv_arena_alloc(x->r->arena, sizeof(*filter));
	if (!filter)
		return isrv_rd_fail_memory(x->r);
	*filter = (struct isrv_filter_name){NULL, (size_t)(at - x->begin),
	                                    (size_t)(name.data - x->begin),
	                                    (size_t)(x->r->at - x->begin)};
	*x->filters_end = filter;
	x->filters_end = &filter->next;
	return isrv_program_leaf(x, ISRV_TERM_ALL, false, 0) != NULL;
}

/* name, what reads it, its argument, negated, needed features */
static const struct isrv_key keys[] = {
	{"ALL", parse_all, 0, false, 0},
	{"ANNOTATION", parse_note, 0, false, ISRV_SEARCH_ANNOTATION},
	{"ANSWERED", parse_flag, IMAPSRV_ANSWERED, false, 0},
	{"BCC", parse_field, 0, false, 0},
	{"BEFORE", parse_date, SIDE_BEFORE, false, 0},
	{"BODY", parse_text, ISRV_IN_BODY, false, 0},
	{"CC", parse_field, 0, false, 0},
	{"DELETED", parse_flag, IMAPSRV_DELETED, false, 0},
	{"DRAFT", parse_flag, IMAPSRV_DRAFT, false, 0},
	{"EMAILID", parse_object, IMAPSRV_FACT_EMAILID, false, ISRV_SEARCH_OBJECTID},
	{"FILTER", parse_filter, 0, false, ISRV_SEARCH_FILTER},
	{"FLAGGED", parse_flag, IMAPSRV_FLAGGED, false, 0},
	{"FROM", parse_field, 0, false, 0},
	{"FUZZY", NULL, ISRV_TERM_FUZZY, false, ISRV_SEARCH_FUZZY},
	{"HEADER", parse_header, 0, false, 0},
	{"KEYWORD", parse_keyword, 0, false, 0},
	{"LARGER", parse_larger, 0, false, 0},
	{"MODSEQ", parse_modseq, 0, false, ISRV_SEARCH_MODSEQ},
	{"NEW", parse_new, 0, false, 0},
	{"NOT", NULL, ISRV_TERM_NOT, false, 0},
	{"OLD", parse_recent, 0, true, 0},
	{"OLDER", parse_age, 0, false, ISRV_SEARCH_WITHIN},
	{"ON", parse_date, SIDE_ON, false, 0},
	{"OR", NULL, ISRV_TERM_OR, false, 0},
	{"RECENT", parse_recent, 0, false, 0},
	{"SAVEDATESUPPORTED", parse_has_saved, 0, false, ISRV_SEARCH_SAVEDATE},
	{"SAVEDBEFORE", parse_saved, SIDE_BEFORE, false, ISRV_SEARCH_SAVEDATE},
	{"SAVEDON", parse_saved, SIDE_ON, false, ISRV_SEARCH_SAVEDATE},
	{"SAVEDSINCE", parse_saved, SIDE_SINCE, false, ISRV_SEARCH_SAVEDATE},
	{"SEEN", parse_flag, IMAPSRV_SEEN, false, 0},
	{"SENTBEFORE", parse_sent, SIDE_BEFORE, false, 0},
	{"SENTON", parse_sent, SIDE_ON, false, 0},
	{"SENTSINCE", parse_sent, SIDE_SINCE, false, 0},
	{"SINCE", parse_date, SIDE_SINCE, false, 0},
	{"SMALLER", parse_smaller, 0, false, 0},
	{"SUBJECT", parse_field, 0, false, 0},
	{"TEXT", parse_text, ISRV_IN_TEXT, false, 0},
	{"THREADID", parse_object, IMAPSRV_FACT_THREADID, false, ISRV_SEARCH_OBJECTID},
	{"TO", parse_field, 0, false, 0},
	{"UID", parse_uid, 0, false, 0},
	{"UIDAFTER", parse_uid_side, SIDE_SINCE, false, ISRV_SEARCH_UIDAFTER},
	{"UIDBEFORE", parse_uid_side, SIDE_BEFORE, false, ISRV_SEARCH_UIDAFTER},
	{"UNANSWERED", parse_flag, IMAPSRV_ANSWERED, true, 0},
	{"UNDELETED", parse_flag, IMAPSRV_DELETED, true, 0},
	{"UNDRAFT", parse_flag, IMAPSRV_DRAFT, true, 0},
	{"UNFLAGGED", parse_flag, IMAPSRV_FLAGGED, true, 0},
	{"UNKEYWORD", parse_keyword, 0, true, 0},
	{"UNSEEN", parse_flag, IMAPSRV_SEEN, true, 0},
	{"YOUNGER", parse_age, 1, false, ISRV_SEARCH_WITHIN},
};

const struct isrv_key *isrv_key_find(struct imapsrv_span name)
{
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (isrv_ascii_is(name.data, name.len, keys[i].name))
			return &keys[i];
	}
	return NULL;
}
