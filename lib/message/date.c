/* SPDX-License-Identifier: MIT */
/*
 * date-time = [ day-name "," ] day month year hour ":" minute [ ":" second ] zone (RFC 5322 3.3)
 */
#include "message/date.h"

#include "base/ascii.h"
#include "base/calendar.h"

struct cursor {
	const char *at;
	const char *end;
};

static bool is_letter(char c)
{
	unsigned char u = isrv_ascii_upper((unsigned char)c);

	return u >= 'A' && u <= 'Z';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* White space, folding and comments, which nest; one that is not closed ends with the field. */
static void skip(struct cursor *x)
{
	uint32_t depth = 0;

	for (; x->at < x->end; x->at++) {
		if (*x->at == '(') {
			depth++;
		} else if (*x->at == ')' && depth) {
			depth--;
		} else if (*x->at == '\\' && depth && x->end - x->at > 1) {
			x->at++;
		} else if (!depth && *x->at != ' ' && *x->at != '\0' &&
		           !(*x->at >= '\t' && *x->at <= '\r')) {
			return;
		}
	}
}

static bool take(struct cursor *x, char c)
{
	skip(x);
	if (x->at == x->end || *x->at != c)
		return false;
	x->at++;
	return true;
}

static struct imapsrv_span word(struct cursor *x)
{
	struct imapsrv_span span;

	skip(x);
	span.data = x->at;
	while (x->at < x->end && is_letter(*x->at))
		x->at++;
	span.len = (size_t)(x->at - span.data);
	return span;
}

/* The number of its digits, or 0 where there is no number of at most `most` digits. */
static int number(struct cursor *x, int most, int *n_r)
{
	int digits = 0, n = 0;

	skip(x);
	for (; x->at < x->end && is_digit(*x->at); x->at++, digits++) {
		if (digits == most)
			return 0;
		n = n * 10 + (*x->at - '0');
	}
	*n_r = n;
	return digits;
}

/* RFC 5322 4.3: two digits are 1950 to 2049, three are added to 1900. */
static bool read_year(struct cursor *x, int *year_r)
{
	int digits = number(x, 4, year_r);

	if (digits == 2)
		*year_r += *year_r < 50 ? 2000 : 1900;
	else if (digits == 3)
		*year_r += 1900;
	return digits >= 2;
}

static bool read_day(struct cursor *x, int64_t *day_r)
{
	struct isrv_date date;
	struct imapsrv_span name;

	(void)word(x); /* the day of the week */
	while (take(x, ',') || take(x, '.'))
		;
	if (!number(x, 2, &date.day))
		return false;
	(void)take(x, '-');
	name = word(x);
	date.month = name.len < 3 ? 0 : isrv_calendar_month(name.data, 3);
	if (!date.month)
		return false;
	while (take(x, '-') || take(x, ',') || take(x, '.'))
		;
	if (!read_year(x, &date.year) || !isrv_calendar_valid(date))
		return false;
	*day_r = isrv_calendar_days(date);
	return true;
}

static bool colon(struct cursor *x)
{
	return take(x, ':') || take(x, '.');
}

static int read_time(struct cursor *x)
{
	int hour = 0, minute = 0, second = 0;

	if (!number(x, 2, &hour) || !colon(x) || !number(x, 2, &minute))
		return 0;
	if (colon(x) && !number(x, 2, &second))
		second = 0;
	if (hour > 23 || minute > 59 || second > 60)
		return 0;
	return hour * 3600 + minute * 60 + second;
}

/* zone = ("+" / "-") 4DIGIT / obs-zone; the military ones are all "-0000", as their signs were
 * confused (RFC 5322 4.3), and so is whatever else is no known name. */
static int read_zone(struct cursor *x)
{
	static const struct {
		char name[4];
		int hours;
	} zones[] = {{"EST", -5}, {"EDT", -4}, {"CST", -6}, {"CDT", -5},
	             {"MST", -7}, {"MDT", -6}, {"PST", -8}, {"PDT", -7}};
	struct imapsrv_span name;
	int sign = take(x, '+') ? 1 : take(x, '-') ? -1 : 0, n;
	size_t i;

	if (sign) {
		if (number(x, 4, &n) != 4 || n % 100 > 59 || n > 2359)
			return 0;
		return sign * (n / 100 * 60 + n % 100);
	}
	name = word(x);
	for (i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
		if (isrv_ascii_is(name.data, name.len, zones[i].name))
			return zones[i].hours * 60;
	}
	return 0;
}

bool isrv_message_date_parse(struct imapsrv_span body, struct isrv_message_date *date_r)
{
	struct cursor x = {body.data, body.len ? body.data + body.len : body.data};

	if (!body.len || !read_day(&x, &date_r->day))
		return false;
	date_r->second = read_time(&x);
	date_r->zone = read_zone(&x);
	return true;
}
