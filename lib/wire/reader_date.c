/* SPDX-License-Identifier: MIT */
/*
 * Dates of SEARCH and date-times of APPEND (RFC 9051 9).  Every day that is taken exists, in the
 * years 0000 to 9999, so that what a host is given can be written back.
 */
#include "wire/reader.h"

#include "base/calendar.h"

/* From `least` to `most` digits. */
static bool digits(struct isrv_reader *r, int least, int most, const char *expected, int *n_r)
{
	int n = 0, count = 0;

	while (count < most && r->at < r->end && *r->at >= '0' && *r->at <= '9') {
		n = n * 10 + (*r->at++ - '0');
		count++;
		isrv_rd_charge(r, 1);
	}
	if (count < least)
		return isrv_rd_fail(r, expected);
	*n_r = n;
	return true;
}

/* "-" date-month "-" date-year */
static bool month_and_year(struct isrv_reader *r, struct isrv_date *date)
{
	if (!isrv_rd_char(r, '-'))
		return false;
	date->month = r->end - r->at < 3 ? 0 : isrv_calendar_month(r->at, 3);
	isrv_rd_charge(r, 3);
	if (date->month == 0)
		return isrv_rd_fail(r, "a month as in \"Jan\"");
	r->at += 3;
	return isrv_rd_char(r, '-') && digits(r, 4, 4, "a year of four digits", &date->year);
}

static bool existing(struct isrv_reader *r, const char *start, struct isrv_date date,
		     int64_t *day_r)
{
	if (!isrv_calendar_valid(date)) {
		r->at = start;
		return isrv_rd_fail(r, "a day that exists");
	}
	*day_r = isrv_calendar_days(date);
	return true;
}

/*
 * date      = date-text / DQUOTE date-text DQUOTE
 * date-text = date-day "-" date-month "-" date-year
 * date-day  = 1*2DIGIT
 */
bool isrv_rd_date(struct isrv_reader *r, struct isrv_rd_date *date_r)
{
	bool quotes = isrv_rd_try(r, '"');
	const char *start = r->at;
	struct isrv_date date;
	int64_t day;

	if (!digits(r, 1, 2, "a date as in 1-Feb-1994", &date.day) || !month_and_year(r, &date) ||
	    !existing(r, start, date, &day) || (quotes && !isrv_rd_char(r, '"')))
		return false;
	date_r->day = day;
	return true;
}

/* time = 2DIGIT ":" 2DIGIT ":" 2DIGIT ; the 60th second is that of a leap (RFC 5322 3.3) */
static bool time_of_day(struct isrv_reader *r, int *seconds_r)
{
	static const char expected[] = "a time as in 02:44:25";
	const char *start = r->at;
	int hour, minute, second;

	if (!digits(r, 2, 2, expected, &hour) || !isrv_rd_char(r, ':') ||
	    !digits(r, 2, 2, expected, &minute) || !isrv_rd_char(r, ':') ||
	    !digits(r, 2, 2, expected, &second))
		return false;
	if (hour > 23 || minute > 59 || second > 60) {
		r->at = start;
		return isrv_rd_fail(r, expected);
	}
	*seconds_r = (hour * 60 + minute) * 60 + second;
	return true;
}

/* zone = ("+" / "-") 4DIGIT ; hhmm */
static bool zone(struct isrv_reader *r, int *minutes_r)
{
	static const char expected[] = "a zone as in +0100";
	const char *start = r->at;
	bool west = isrv_rd_try(r, '-');
	int hours, minutes;

	if (!west && !isrv_rd_try(r, '+'))
		return isrv_rd_fail(r, expected);
	if (!digits(r, 2, 2, expected, &hours) || !digits(r, 2, 2, expected, &minutes))
		return false;
	if (hours > 23 || minutes > 59) {
		r->at = start;
		return isrv_rd_fail(r, expected);
	}
	*minutes_r = west ? -(hours * 60 + minutes) : hours * 60 + minutes;
	return true;
}

/*
 * date-time      = DQUOTE date-day-fixed "-" date-month "-" date-year SP time SP zone DQUOTE
 * date-day-fixed = (SP DIGIT) / 2DIGIT
 */
bool isrv_rd_datetime(struct isrv_reader *r, struct isrv_rd_datetime *datetime_r)
{
	const char *start;
	struct isrv_date date;
	int64_t day;
	int seconds, minutes, count;

	if (!isrv_rd_try(r, '"'))
		return isrv_rd_fail(r, "a date and time in quotes");
	start = r->at;
	count = isrv_rd_try(r, ' ') ? 1 : 2;
	if (!digits(r, count, count, "a day of two characters", &date.day) ||
	    !month_and_year(r, &date) || !existing(r, start, date, &day) || !isrv_rd_char(r, ' ') ||
	    !time_of_day(r, &seconds) || !isrv_rd_char(r, ' ') || !zone(r, &minutes) ||
	    !isrv_rd_char(r, '"'))
		return false;
	datetime_r->utc = day * ISRV_CALENDAR_DAY_SECONDS + seconds - minutes * 60;
	datetime_r->zone = minutes;
	return true;
}
