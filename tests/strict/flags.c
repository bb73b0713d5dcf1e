/* SPDX-License-Identifier: MIT */
/*
 * strict/flags - lists of flags: of a message, of FLAGS, of PERMANENTFLAGS.
 */
#include "strict/cursor.h"

#include <string.h>

/*
 * flag = "\Answered" / ... / flag-keyword; no flag-extension is defined (RFC 9051 2.3.2).  \Recent
 * is of messages only, and not once IMAP4rev2 is on (RFC 9051 2.3.2, appendix A).
 */
static bool flag(struct st_cursor *c, bool fetch, bool perm)
{
	static const char *const system[] = {"\\Answered", "\\Flagged", "\\Deleted", "\\Seen",
	                                     "\\Draft"};
	struct st_string s = st_word(c);

	if (!st_next(c, '\\'))
		return st_atom(c, NULL);
	for (size_t i = 0; i < sizeof(system) / sizeof(system[0]); i++)
		if (st_take_word(c, system[i]))
			return true;
	if (perm && st_is(&s, "\\*")) {
		c->at += s.len;
		return true;
	}
	if (fetch && st_is(&s, "\\Recent") && !st_agreed(c, ST_REV2)) {
		c->at += s.len;
		return true;
	}
	return st_fail(c, fetch ? "flag-fetch" : perm ? "flag-perm" : "flag");
}

static int lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

/* Has the list from begin on two flags that differ at most in case? */
static bool twice(const char *begin, const char *end)
{
	for (const char *one = begin; one < end;) {
		const char *behind = memchr(one, ' ', (size_t)(end - one));
		size_t len = (size_t)((behind ? behind : end) - one);

		for (const char *other = behind; other; other = memchr(other, ' ', (size_t)(end - other))) {
			size_t i = 0;

			other++;
			while (i < len && other + i < end && lower(one[i]) == lower(other[i]))
				i++;
			if (i == len && (other + i == end || other[i] == ' '))
				return true;
		}
		one += len + 1;
	}
	return false;
}

/* "(" [flag *(SP flag)] ")" */
static bool list(struct st_cursor *c, bool fetch, bool perm)
{
	const char *begin;

	if (!st_octet(c, '(', "flag-list"))
		return false;
	begin = c->at;
	if (st_take(c, ')'))
		return true;
	do {
		if (!flag(c, fetch, perm))
			return false;
	} while (st_take(c, ' '));
	if (twice(begin, c->at))
		return st_fail(c, "flag-list: a flag twice");
	return st_octet(c, ')', "flag-list");
}

bool st_flag_list(struct st_cursor *c)
{
	return list(c, false, false);
}

bool st_flag_fetch(struct st_cursor *c)
{
	return list(c, true, false);
}

bool st_flag_perm(struct st_cursor *c)
{
	return list(c, false, true);
}
