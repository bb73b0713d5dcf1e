/* SPDX-License-Identifier: MIT */
/*
 * strict/search - what answers SEARCH, SORT and UIDBATCHES, and VANISHED: lists and sets of numbers
 * (RFC 9051 7.3.4, RFC 4731, RFC 5256, RFC 5267, RFC 7162, RFC 7377, RFC 9394, RFC 10022).
 */
#include "strict/cursor.h"

/* "SEARCH" [1*(SP nz-number) SP search-sort-mod-seq] (RFC 7162 7), and *(SP nz-number) */
bool st_search(struct st_cursor *c)
{
	bool any = false;

	while (st_take(c, ' ')) {
		if (st_take(c, '('))
			return (any || st_fail(c, "search-sort-mod-seq: of nothing")) &&
			       (st_take_word(c, "MODSEQ") || st_fail(c, "search-sort-mod-seq")) &&
			       st_sp(c, "search-sort-mod-seq") && st_mod_sequence(c) &&
			       st_octet(c, ')', "search-sort-mod-seq");
		if (!st_nz_number(c, NULL))
			return false;
		any = true;
	}
	return true;
}

/* ---- ESEARCH ------------------------------------------------------------------------------ */

/* The tag is that of a command, which is in progress, or goes on (RFC 5267 4.2). */
static bool tag_string(struct st_cursor *c)
{
	struct st_string s;

	return st_astring(c, &s);
}

/* one-correlator (RFC 7377 4): each at most once, TAG first as in RFC 4466 */
static bool correlators(struct st_cursor *c)
{
	bool tag = false, mailbox = false, uidvalidity = false;

	do {
		if (!tag && st_take_word(c, "TAG")) {
			tag = true;
			if (!st_sp(c, "one-correlator") || !tag_string(c))
				return false;
		} else if (!mailbox && st_take_word(c, "MAILBOX")) {
			mailbox = true;
			if (!st_sp(c, "one-correlator") || !st_mailbox(c))
				return false;
		} else if (!uidvalidity && st_take_word(c, "UIDVALIDITY")) {
			uidvalidity = true;
			if (!st_sp(c, "one-correlator") || !st_nz_number(c, NULL))
				return false;
		} else {
			return st_fail(c, "search-correlator");
		}
	} while (st_take(c, ' '));
	if (!tag)
		return st_fail(c, "search-correlator: without TAG");
	if (mailbox != uidvalidity)
		return st_fail(c, "search-correlator: MAILBOX and UIDVALIDITY come together");
	return st_octet(c, ')', "search-correlator");
}

static bool nz_number(struct st_cursor *c)
{
	return st_nz_number(c, NULL);
}

static bool number(struct st_cursor *c)
{
	return st_number(c, NULL);
}

/* ALL SP sequence-set; "$" is not allowed (RFC 9051 9), and "*" would say nothing */
static bool set(struct st_cursor *c)
{
	return st_set(c, false, "sequence-set");
}

/* partial-range = partial-range-first / partial-range-last (RFC 9394 4) */
static bool partial_range(struct st_cursor *c)
{
	bool last = st_take(c, '-');

	return st_nz_number(c, NULL) && st_octet(c, ':', "partial-range") &&
	       (!last || st_octet(c, '-', "partial-range-last")) && st_nz_number(c, NULL);
}

/* ret-data-partial = "PARTIAL" SP "(" partial-range SP partial-results ")" */
static bool partial(struct st_cursor *c)
{
	return st_octet(c, '(', "ret-data-partial") && partial_range(c) &&
	       st_sp(c, "ret-data-partial") && (st_nil(c) || set(c)) &&
	       st_octet(c, ')', "ret-data-partial");
}

/* "(" context-position SP sequence-set *(SP context-position SP sequence-set) ")" */
static bool update(struct st_cursor *c)
{
	if (!st_octet(c, '(', "ret-data-addto, ret-data-removefrom"))
		return false;
	do {
		if (!st_number(c, NULL) || !st_sp(c, "ret-data-addto, ret-data-removefrom") || !set(c))
			return false;
	} while (st_take(c, ' '));
	return st_octet(c, ')', "ret-data-addto, ret-data-removefrom");
}

/* score-list = "(" [score *(SP score)] ")"; a score is 1 to 100 (RFC 6203 7) */
static bool scores(struct st_cursor *c)
{
	uint32_t n;

	if (!st_octet(c, '(', "score-list"))
		return false;
	if (st_take(c, ')'))
		return true;
	do {
		if (!st_nz_number(c, &n) || n > 100)
			return st_fail(c, "score");
	} while (st_take(c, ' '));
	return st_octet(c, ')', "score-list");
}

/* search-return-data; ADDTO and REMOVEFROM may come more than once (RFC 5267 4.3.1) */
static bool return_data(struct st_cursor *c, unsigned *seen)
{
	static const struct {
		const char *name;
		bool (*value)(struct st_cursor *c);
		bool often;
	} items[] = {
		{"MIN", nz_number, false},       {"MAX", nz_number, false},
		{"ALL", set, false},             {"COUNT", number, false},
		{"MODSEQ", st_mod_sequence, false}, {"PARTIAL", partial, false},
		{"ADDTO", update, true},         {"REMOVEFROM", update, true},
		{"RELEVANCY", scores, false},
	};

	for (unsigned i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
		struct st_string name = st_word(c);

		if (!st_is(&name, items[i].name))
			continue;
		if ((*seen >> i & 1) && !items[i].often)
			return st_fail(c, "search-return-data: twice");
		*seen |= 1u << i;
		c->at += name.len;
		return st_sp(c, "search-return-data") && items[i].value(c);
	}
	return st_fail(c, "search-return-data");
}

bool st_esearch(struct st_cursor *c)
{
	unsigned seen = 0;

	if (st_over(c))
		return true;
	if (!st_sp(c, "esearch-response"))
		return false;
	if (st_take(c, '(')) {
		if (!correlators(c))
			return false;
		if (st_over(c))
			return true;
		if (!st_sp(c, "esearch-response"))
			return false;
	}
	if (st_take_word(c, "UID")) {
		if (st_over(c))
			return true;
		if (!st_sp(c, "esearch-response"))
			return false;
	}
	do {
		if (!return_data(c, &seen))
			return false;
	} while (st_take(c, ' '));
	return true;
}

/* ---- other sets --------------------------------------------------------------------------- */

/* expunged-resp = "VANISHED" [SP "(EARLIER)"] SP known-uids; "*" is not allowed */
bool st_vanished(struct st_cursor *c)
{
	if (!st_sp(c, "expunged-resp"))
		return false;
	if (st_take(c, '(') && (!(st_take_word(c, "EARLIER") || st_fail(c, "expunged-resp")) ||
	                        !st_octet(c, ')', "expunged-resp") || !st_sp(c, "expunged-resp")))
		return false;
	return st_set(c, true, "known-uids");
}

/* "UIDBATCHES" search-correlator [SP uid-range *("," uid-range)], high first */
bool st_uidbatches(struct st_cursor *c)
{
	if (!st_sp(c, "search-correlator") || !st_octet(c, '(', "search-correlator") || !correlators(c))
		return false;
	if (!st_take(c, ' '))
		return true;
	do {
		uint32_t high, low;

		if (!st_nz_number(c, &high) || !st_octet(c, ':', "uid-range") || !st_nz_number(c, &low))
			return false;
		if (high < low)
			return st_fail(c, "uid-range: ascends");
	} while (st_take(c, ','));
	return true;
}
