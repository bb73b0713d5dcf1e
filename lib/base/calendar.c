/* SPDX-License-Identifier: MIT */
/*
 * Civil dates and day numbers (the date-text of RFC 9051 9, the date of RFC 5322 3.3), without the
 * C library's time functions, which know zones and locales.  The year is counted from the first of
 * March, so that the day that leap years add is the last one of it and months have a regular
 * length: month m of that count (0 = March) begins on day (153 m + 2) / 5.  All arithmetic is
 * shifted to be positive before it divides.
 */
#include "base/calendar.h"

#include "base/ascii.h"

enum {
	ERA_YEARS = 400,
	ERA_DAYS = 146097,
	EPOCH = 719468,	     /* days from 0000-03-01 to 1970-01-01 */
	SHIFT = 4 * ERA_DAYS /* makes any day of interest positive; whole eras */
};

static const char names[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
				  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

static bool is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

bool isrv_calendar_valid(struct isrv_date date)
{
	static const uint8_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	if (date.year < 0 || date.year > 9999 || date.month < 1 || date.month > 12 || date.day < 1)
		return false;
	return date.day <= days[date.month - 1] + (date.month == 2 && is_leap(date.year));
}

int64_t isrv_calendar_days(struct isrv_date date)
{
	/* The year that began in March, from one era before year 0 to stay positive. */
	int32_t year = date.year + ERA_YEARS - (date.month <= 2);
	int32_t month = (date.month + 9) % 12;
	int32_t era = year / ERA_YEARS;
	int32_t of_era = year % ERA_YEARS;
	int32_t of_year = (153 * month + 2) / 5 + date.day - 1;

	return (int64_t)(era - 1) * ERA_DAYS + of_era * 365 + of_era / 4 - of_era / 100 + of_year -
	       EPOCH;
}

struct isrv_date isrv_calendar_date(int64_t days)
{
	struct isrv_date date;
	int32_t n, of_era, year, of_year, month;

	if (days < ISRV_CALENDAR_DAY_MIN)
		days = ISRV_CALENDAR_DAY_MIN;
	if (days > ISRV_CALENDAR_DAY_MAX)
		days = ISRV_CALENDAR_DAY_MAX;
	n = (int32_t)days + EPOCH + SHIFT;
	of_era = n % ERA_DAYS;
	year = (of_era - of_era / 1460 + of_era / 36524 - of_era / (ERA_DAYS - 1)) / 365;
	of_year = of_era - (365 * year + year / 4 - year / 100);
	month = (5 * of_year + 2) / 153;
	date.day = of_year - (153 * month + 2) / 5 + 1;
	date.month = month < 10 ? month + 3 : month - 9;
	date.year = year + (n / ERA_DAYS - SHIFT / ERA_DAYS) * ERA_YEARS + (date.month <= 2);
	return date;
}

int isrv_calendar_month(const char *data, size_t len)
{
	int i;

	for (i = 0; i < 12; i++) {
		if (isrv_ascii_is(data, len, names[i]))
			return i + 1;
	}
	return 0;
}

const char *isrv_calendar_month_name(int month)
{
	return names[month >= 1 && month <= 12 ? month - 1 : 0];
}
