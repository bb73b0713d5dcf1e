/* SPDX-License-Identifier: MIT */
/*
 * The arguments of LIST and LSUB (RFC 9051 9), and of RLIST and RLSUB:
 *
 *	list = "LIST" [SP list-select-opts] SP mailbox SP mbox-or-pat [SP list-return-opts]
 *	lsub = "LSUB" SP mailbox SP list-mailbox
 *
 * The reference is taken as a list-mailbox is: it may be empty, and it becomes a part of the
 * pattern.
 */
#include "command/list.h"

#define CAP(p, cap) isrv_caps_in((p)->caps, cap)

/* What is a part of IMAP4rev2 needs no capability of its own. */
static bool may(const struct isrv_parse *p, enum isrv_cap cap)
{
	return CAP(p, cap) || CAP(p, ISRV_CAP_IMAP4REV2);
}

/* list-select-opts = "(" [...] ")", behind the "(": any number, in any order, and once more does no
 * harm (RFC 9051 6.3.9).  Unknown ones are BAD. */
static bool parse_select(struct isrv_parse *p, struct isrv_list_args *a)
{
	struct isrv_reader *r = &p->r;

	if (isrv_rd_try(r, ')'))
		return true;
	do {
		if (isrv_rd_try_word(r, "SUBSCRIBED"))
			a->select |= ISRV_LIST_SELECT_SUBSCRIBED;
		else if (isrv_rd_try_word(r, "REMOTE"))
			a->select |= ISRV_LIST_SELECT_REMOTE;
		else if (isrv_rd_try_word(r, "RECURSIVEMATCH"))
			a->select |= ISRV_LIST_SELECT_RECURSIVE;
		else if (CAP(p, ISRV_CAP_SPECIAL_USE) && isrv_rd_try_word(r, "SPECIAL-USE"))
			a->select |= ISRV_LIST_SELECT_SPECIAL_USE;
		else
			return isrv_rd_fail(r, "a selection option of LIST");
	} while (isrv_rd_try(r, ' '));
	if (!isrv_rd_char(r, ')'))
		return false;
	/* RFC 9051 6.3.9.1: by itself, or with REMOTE alone, it MUST be answered BAD.
	 * SPECIAL-USE counts as something to select by, although its grammar (RFC 6154 6) put it
	 * beside REMOTE. */
	if ((a->select & ISRV_LIST_SELECT_RECURSIVE) &&
	    !(a->select & (ISRV_LIST_SELECT_SUBSCRIBED | ISRV_LIST_SELECT_SPECIAL_USE)))
		return isrv_rd_fail(r, "RECURSIVEMATCH with an option that selects");
	return true;
}

static bool parse_return(struct isrv_parse *p, struct isrv_list_args *a)
{
	struct isrv_reader *r = &p->r;

	if (!isrv_rd_try_word(r, "RETURN"))
		return isrv_rd_fail(r, "RETURN");
	if (!isrv_rd_sp(r) || !isrv_rd_char(r, '('))
		return false;
	if (isrv_rd_try(r, ')'))
		return true;
	do {
		if (isrv_rd_try_word(r, "SUBSCRIBED")) {
			a->returned |= ISRV_LIST_RETURN_SUBSCRIBED;
		} else if (isrv_rd_try_word(r, "CHILDREN")) {
			a->returned |= ISRV_LIST_RETURN_CHILDREN;
		} else if (CAP(p, ISRV_CAP_SPECIAL_USE) && isrv_rd_try_word(r, "SPECIAL-USE")) {
			a->returned |= ISRV_LIST_RETURN_SPECIAL_USE;
		} else if (may(p, ISRV_CAP_LIST_STATUS) && isrv_rd_try_word(r, "STATUS")) {
			a->returned |= ISRV_LIST_RETURN_STATUS;
			if (!isrv_rd_sp(r) || !isrv_status_parse(p, &a->status_items))
				return false;
		} else if (CAP(p, ISRV_CAP_LIST_MYRIGHTS) && isrv_rd_try_word(r, "MYRIGHTS")) {
			a->returned |= ISRV_LIST_RETURN_MYRIGHTS;
		} else if (CAP(p, ISRV_CAP_LIST_METADATA) && isrv_rd_try_word(r, "METADATA")) {
			/* "METADATA" SP "(" entry *(SP entry) ")" (RFC 9590 6) */
			a->returned |= ISRV_LIST_RETURN_METADATA;
			a->entries = (struct isrv_entries){NULL, 0};
			if (!isrv_rd_sp(r) || !isrv_rd_char(r, '(') ||
			    !isrv_entries_parse(p, &a->entries, true))
				return false;
		} else {
			return isrv_rd_fail(r, "a return option of LIST");
		}
	} while (isrv_rd_try(r, ' '));
	return isrv_rd_char(r, ')');
}

static bool add_pattern(struct isrv_parse *p, struct isrv_list_args *a)
{
	struct imapsrv_span pattern;
	size_t n = a->pattern_count;

	if (!isrv_rd_pattern(&p->r, &pattern))
		return false;
	if (n == ISRV_LIST_PATTERNS_MAX) {
		a->too_many = true;
		return true;
	}
	if (!(n & (n - 1))) { /* room for 1, 2, 4, ... */
		void *room = isrv_arena_grow(p->r.arena, a->patterns, n * sizeof(*a->patterns),
		                             (n ? 2 * n : 1) * sizeof(*a->patterns));

		if (!room)
			return isrv_rd_fail_memory(&p->r);
		a->patterns = room;
	}
	a->patterns[a->pattern_count++] = pattern;
	return true;
}

/* patterns = "(" list-mailbox *(SP list-mailbox) ")" (RFC 5258 6), behind the "(" */
static bool parse_patterns(struct isrv_parse *p, struct isrv_list_args *a)
{
	do
		if (!add_pattern(p, a))
			return false;
	while (isrv_rd_try(&p->r, ' '));
	return isrv_rd_char(&p->r, ')');
}

bool isrv_list_parse(struct isrv_parse *p, void *args)
{
	struct isrv_list_args *a = args;
	struct isrv_reader *r = &p->r;
	bool may_extend = may(p, ISRV_CAP_LIST_EXTENDED);

	if (may_extend && isrv_rd_try(r, '(')) {
		a->extended = true;
		if (!parse_select(p, a) || !isrv_rd_sp(r))
			return false;
	}
	if (!isrv_rd_pattern(r, &a->reference) || !isrv_rd_sp(r))
		return false;
	if (may_extend && isrv_rd_try(r, '(')) {
		a->extended = true;
		if (!parse_patterns(p, a))
			return false;
	} else if (!add_pattern(p, a)) {
		return false;
	}
	if (may_extend && isrv_rd_try_sp(r) && isrv_rd_peek(r) >= 0) {
		a->extended = true;
		if (!parse_return(p, a))
			return false;
	}
	return isrv_rd_end(r);
}

static bool parse_basic(struct isrv_parse *p, struct isrv_list_args *a)
{
	return isrv_rd_pattern(&p->r, &a->reference) && isrv_rd_sp(&p->r) && add_pattern(p, a) &&
	       isrv_rd_end(&p->r);
}

/* rlist = "RLIST" SP mailbox SP list_mailbox, and rlsub likewise (RFC 2193 5) */
bool isrv_list_parse_rlist(struct isrv_parse *p, void *args)
{
	struct isrv_list_args *a = args;

	a->select = ISRV_LIST_SELECT_REMOTE;
	return parse_basic(p, a);
}

bool isrv_list_parse_rlsub(struct isrv_parse *p, void *args)
{
	struct isrv_list_args *a = args;

	a->lsub = true;
	return isrv_list_parse_rlist(p, args);
}

bool isrv_list_parse_lsub(struct isrv_parse *p, void *args)
{
	struct isrv_list_args *a = args;

	a->lsub = true;
	return parse_basic(p, a);
}
