/* SPDX-License-Identifier: MIT */
/*
 * Evaluating is one pass over the terms with three truth values (Kleene's): an AND with a false
 * side is false and an OR with a true side is true whatever is not known of the other.
 */
#include "search/program.h"

#include <string.h>

#include "base/uidset.h"
#include "search/keywords.h"

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

/* "Exactly the specified ObjectID" (RFC 8474 6). */
static enum isrv_verdict test_object(const struct isrv_term *term,
                                     const struct isrv_search_row *row)
{
	struct imapsrv_span id = term->u.object.id;
	struct imapsrv_span is =
		term->u.object.fact == IMAPSRV_FACT_EMAILID ? row->emailid : row->threadid;

	if (!(row->facts & term->u.object.fact))
		return ISRV_UNDECIDED;
	return verdict(term, is.len == id.len && memcmp(is.data, id.data, id.len) == 0);
}

static bool is_within(const struct isrv_term *term, int64_t date, int zone)
{
	int64_t day = day_of(date, zone);

	return day >= term->u.date.first && day <= term->u.date.last;
}

/* Where a mailbox does not know save dates, "the search keys MUST use the internal date attribute
 * instead" (RFC 8514 4.3). */
static enum isrv_verdict test_saved(const struct isrv_term *term, const struct isrv_search_row *row)
{
	if (!(row->facts & IMAPSRV_FACT_SAVEDATE))
		return ISRV_UNDECIDED;
	if (row->saved)
		return verdict(term, is_within(term, row->save_date, row->save_zone));
	if (!(row->facts & IMAPSRV_FACT_DATE))
		return ISRV_UNDECIDED;
	return verdict(term, is_within(term, row->date, row->zone));
}

/* The target time is that many seconds ago; both keys hold for a date that is equal to it (RFC 5032
 * 2).  No moment that a host may hand in overflows. */
static bool test_age(const struct isrv_term *term, const struct isrv_search_row *row)
{
	uint32_t seconds = term->u.age.seconds;
	int64_t target = row->now < INT64_MIN + seconds ? INT64_MIN : row->now - seconds;

	return term->u.age.younger ? row->date >= target : row->date <= target;
}

static enum isrv_verdict test_text(const struct isrv_term *term, const struct isrv_search_row *row)
{
	uint32_t fact = term->u.text.where == ISRV_IN_FIELD ? ISRV_FACT_HEADER : ISRV_FACT_TEXT;

	if (row->found && row->found[term->u.text.index])
		return ISRV_MATCH;
	return row->facts & fact ? ISRV_MISS : ISRV_UNDECIDED;
}

static enum isrv_verdict test(const struct isrv_program *p, const struct isrv_term *term,
                              struct isrv_search_row *row)
{
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
		return verdict(term, p->present[term->u.keyword.index] != 0);
	case ISRV_TERM_DATE:
		if (!(row->facts & IMAPSRV_FACT_DATE))
			return ISRV_UNDECIDED;
		return verdict(term, is_within(term, row->date, row->zone));
	case ISRV_TERM_AGE:
		if (!(row->facts & IMAPSRV_FACT_DATE))
			return ISRV_UNDECIDED;
		return verdict(term, test_age(term, row));
	case ISRV_TERM_SAVED:
		return test_saved(term, row);
	case ISRV_TERM_HAS_SAVED:
		return row->facts & IMAPSRV_FACT_SAVEDATE ? verdict(term, row->saved)
		                                          : ISRV_UNDECIDED;
	case ISRV_TERM_SIZE:
		if (!(row->facts & IMAPSRV_FACT_SIZE))
			return ISRV_UNDECIDED;
		return verdict(term, row->octets >= term->u.size.first &&
		                             row->octets <= term->u.size.last);
	case ISRV_TERM_MODSEQ:
		if (!(row->facts & IMAPSRV_FACT_MODSEQ))
			return ISRV_UNDECIDED;
		return verdict(term, row->modseq >= term->u.modseq);
	case ISRV_TERM_OBJECT:
		return test_object(term, row);
	case ISRV_TERM_TEXT:
		return test_text(term, row);
	case ISRV_TERM_SENT:
		if (!(row->facts & ISRV_FACT_HEADER))
			return ISRV_UNDECIDED;
		/* Without a Date that can be read a message is neither before a day nor since. */
		return verdict(term, row->dated && row->sent >= term->u.date.first &&
		                             row->sent <= term->u.date.last);
	case ISRV_TERM_NOTE:
		/* What is found is noted as known (session/search_notes). */
		return row->facts & ISRV_FACT_NOTES ? ISRV_MISS : ISRV_UNDECIDED;
	case ISRV_TERM_ALL:
	case ISRV_TERM_NOT:
	case ISRV_TERM_FUZZY:
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

/* What was answered stands before what was worked out. */
static uint8_t answered(const struct isrv_search_answer *answer, uint32_t uid, uint8_t is)
{
	if (isrv_uidset_has(answer->candidates, uid))
		return is;
	return isrv_uidset_has(answer->matches, uid) ? ISRV_MATCH : ISRV_MISS;
}

enum isrv_verdict isrv_program_eval(const struct isrv_program *p, struct isrv_search_row *row,
                                    uint8_t *known)
{
	uint8_t *top = p->stack; /* above the highest value */
	const struct isrv_term *term;
	uint32_t i, leaf = 0;
	uint8_t is;

	row->until = UINT32_MAX;
	if (p->keyword_count && row->facts & IMAPSRV_FACT_FLAGS)
		isrv_program_mark_keywords(p, row->flags);
	for (i = 0; i < p->count; i++) {
		term = &p->terms[i];
		if (term->kind == ISRV_TERM_NOT) {
			top[-1] = negation(top[-1]);
		} else if (term->kind == ISRV_TERM_FUZZY) {
			/* it is what stands in it, unless that was answered */
		} else if (term->kind == ISRV_TERM_AND || term->kind == ISRV_TERM_OR) {
			top--;
			top[-1] = combine(top[-1], top[0],
			                  term->kind == ISRV_TERM_AND ? ISRV_MISS : ISRV_MATCH);
		} else {
			is = known && known[leaf] ? (uint8_t)(known[leaf] - 1)
			                          : (uint8_t)test(p, term, row);
			if (known && is != ISRV_UNDECIDED)
				known[leaf] = (uint8_t)(is + 1);
			leaf++;
			*top++ = is;
		}
		if (row->answers && row->answers[i])
			top[-1] = answered(row->answers[i], row->uid, top[-1]);
	}
	return (enum isrv_verdict)top[-1];
}
