/* SPDX-License-Identifier: MIT */
/*
 * strict/date - date-time (RFC 9051 9), and that there is such a day.
 */
#include "strict/cursor.h"

#include <string.h>

static bool two(struct st_cursor *c, unsigned low, unsigned high, unsigned *n_r, const char *rule)
{
	unsigned n;

	if (c->end - c->at < 2 || c->at[0] < '0' || c->at[0] > '9' || c->at[1] < '0' ||
	    c->at[1] > '9')
		return st_fail(c, rule);
	n = (unsigned)(c->at[0] - '0') * 10 + (unsigned)(c->at[1] - '0');
	if (n < low || n > high)
		return st_fail(c, rule);
	c->at += 2;
	if (n_r)
		*n_r = n;
	return true;
}

/* date-day-fixed = (SP DIGIT) / 2DIGIT */
static bool day_fixed(struct st_cursor *c, unsigned *n_r)
{
	if (!st_take(c, ' '))
		return two(c, 1, 31, n_r, "date-day-fixed");
	if (st_over(c) || *c->at < '1' || *c->at > '9')
		return st_fail(c, "date-day-fixed");
	*n_r = (unsigned)(*c->at++ - '0');
	return true;
}

static bool month(struct st_cursor *c, unsigned *n_r)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (unsigned i = 0; i < 12 && c->end - c->at >= 3; i++)
		if (memcmp(c->at, names + i * 3, 3) == 0) {
			c->at += 3;
			*n_r = i;
			return true;
		}
	return st_fail(c, "date-month");
}

static bool is_day(unsigned day, unsigned month_, unsigned year)
{
	static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return day <= days[month_] || (month_ == 1 && leap && day == 29);
}

bool st_date_time(struct st_cursor *c)
{
	unsigned day = 0, mon = 0, century = 0, years = 0;
	const char *begin;

	if (!st_octet(c, '"', "date-time"))
		return false;
	begin = c->at;
	if (!day_fixed(c, &day) || !st_octet(c, '-', "date-time") || !month(c, &mon) ||
	    !st_octet(c, '-', "date-time") || !two(c, 0, 99, &century, "date-year") ||
	    !two(c, 0, 99, &years, "date-year"))
		return false;
	if (!is_day(day, mon, century * 100 + years)) {
		c->at = begin;
		return st_fail(c, "date-time: there is no such day");
	}
	if (!st_sp(c, "date-time") || !two(c, 0, 23, NULL, "time") || !st_octet(c, ':', "time") ||
	    !two(c, 0, 59, NULL, "time") || !st_octet(c, ':', "time") ||
	    !two(c, 0, 60, NULL, "time") || !st_sp(c, "date-time"))
		return false;
	if (!st_take(c, '+') && !st_octet(c, '-', "zone"))
		return false;
	return two(c, 0, 23, NULL, "zone") && two(c, 0, 59, NULL, "zone") &&
	       st_octet(c, '"', "date-time");
}
