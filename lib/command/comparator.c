/* SPDX-License-Identifier: MIT */
/*
 * command/comparator - COMPARATOR (RFC 5255 4.7): which of the comparators of search/comparator.h
 * SEARCH, SORT and THREAD use from here on.
 */
#include <string.h>

#include "base/ascii.h"
#include "command/commands.h"
#include "search/comparator.h"
#include "session/session.h"

struct comparator {
	bool asked;      /* only which it is */
	uint8_t chosen;  /* enum isrv_comparator, by the first argument that matches any; */
	uint8_t matches; /* bits: all that any argument matches */
};

enum { ORDER_MAX = 254 }; /* RFC 4790 3.1 */

static bool is_alpha(char c)
{
	unsigned char lower = isrv_ascii_lower((unsigned char)c);

	return lower >= 'a' && lower <= 'z';
}

static bool is_char(char c)
{
	return is_alpha(c) || (c >= '0' && c <= '9') || c == '-' || c == ';' || c == '=' ||
	       c == '.';
}

/* collation-wild = ("*" / (ALPHA ["*"])) *(collation-char ["*"])   (RFC 4790 3.2) */
static bool is_wild(struct imapsrv_span wild)
{
	if (!wild.len || wild.len > ORDER_MAX || (wild.data[0] != '*' && !is_alpha(wild.data[0])))
		return false;
	for (size_t i = 1; i < wild.len; i++)
		if (!is_char(wild.data[i]) && (wild.data[i] != '*' || wild.data[i - 1] == '*'))
			return false;
	return true;
}

/* "*" stands for any octets.  Where a later one was reached the earlier ones need not be tried
 * again, so that the work is that of one for each octet of the name. */
static bool is_match(struct imapsrv_span wild, const char *name)
{
	size_t len = strlen(name), at = 0, i = 0, star = wild.len, from = 0;

	while (at < len) {
		if (i < wild.len && wild.data[i] == '*') {
			star = i++;
			from = at;
		} else if (i < wild.len && isrv_ascii_lower((unsigned char)wild.data[i]) ==
		                                   (unsigned char)name[at]) {
			i++;
			at++;
		} else if (star < wild.len) {
			i = star + 1;
			at = ++from;
		} else {
			return false;
		}
	}
	while (i < wild.len && wild.data[i] == '*')
		i++;
	return i == wild.len;
}

/* Bits of those that it matches.  None sorts backwards: "-" (RFC 4790 3.3) is for collations that
 * there are not. */
static unsigned matches(struct imapsrv_span wild, bool backwards)
{
	unsigned found = 0;

	if (backwards)
		return 0;
	if (isrv_ascii_is(wild.data, wild.len, "default"))
		return 1u << ISRV_COMPARATOR_UNICODE;
	for (unsigned i = 0; i < ISRV_COMPARATORS; i++)
		if (is_match(wild, isrv_comparator_name((enum isrv_comparator)i)))
			found |= 1u << i;
	return found;
}

static unsigned lowest(unsigned bits)
{
	unsigned i = 0;

	while (!(bits >> i & 1))
		i++;
	return i;
}

/*
 * comparator-cmd = "COMPARATOR" *(SP comp-order-quoted)
 * comp-order-quoted, an astring, holds collation-order = ["+" / "-"] collation-wild
 */
static bool parse(struct isrv_parse *p, void *args)
{
	struct comparator *a = args;
	struct isrv_reader *r = &p->r;

	a->asked = isrv_rd_peek(r) < 0;
	if (a->asked)
		return true;
	do {
		struct imapsrv_span order;
		bool backwards;
		unsigned found;

		if (!isrv_rd_astring(r, &order))
			return isrv_rd_fail(r, "a comparator");
		backwards = order.len && order.data[0] == '-';
		if (order.len && (backwards || order.data[0] == '+')) {
			order.data++;
			order.len--;
		}
		if (!is_wild(order))
			return isrv_rd_fail(r, "the name of a comparator");
		found = matches(order, backwards);
		if (found && !a->matches)
			a->chosen = (uint8_t)lowest(found);
		a->matches = (uint8_t)(a->matches | found);
	} while (isrv_rd_try(r, ' '));
	return true;
}

/* comparator-data = "COMPARATOR" SP comp-sel-quoted [SP "(" comp-id-quoted *(SP comp-id-quoted)
 * ")"] */
static void put(struct imapsrv_session *s, unsigned listed)
{
	struct isrv_writer *w = &s->w;
	const char *before = " (";

	ISRV_W(w, "* COMPARATOR ");
	isrv_w_cstr(w, isrv_comparator_name((enum isrv_comparator)s->comparator));
	if (listed & (listed - 1)) {
		for (unsigned i = 0; i < ISRV_COMPARATORS; i++) {
			if (!(listed >> i & 1))
				continue;
			isrv_w_cstr(w, before);
			isrv_w_cstr(w, isrv_comparator_name((enum isrv_comparator)i));
			before = " ";
		}
		ISRV_W(w, ")");
	}
	isrv_w_crlf(w);
}

static enum isrv_step step(struct imapsrv_session *s, void *args)
{
	const struct comparator *a = args;

	if (a->asked) {
		put(s, 0);
		return isrv_ok(s, "This is the comparator");
	}
	if (!a->matches)
		return isrv_no(s, "BADCOMPARATOR", "There is no such comparator");
	s->comparator = a->chosen;
	put(s, a->matches);
	return isrv_ok(s, "COMPARATOR done");
}

const struct isrv_command isrv_command_comparator = {
	.name = "COMPARATOR",
	.states = ISRV_IN_AUTHED,
	.cap = ISRV_CAP_I18NLEVEL_2,
	.flags = ISRV_COMMAND_ASCII,
	.args_size = sizeof(struct comparator),
	.parse = parse,
	.step = step,
};
