/* SPDX-License-Identifier: MIT */
/*
 * base/calendar - the civil (proleptic Gregorian) date of a day number and back, for any year from
 * 0000 to 9999; no clock, no zone, no locale.  Day 0 is 1970-01-01.
 */
#ifndef ISRV_BASE_CALENDAR_H
#define ISRV_BASE_CALENDAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ISRV_CALENDAR_DAY_MIN	  (-719528) /* 0000-01-01 */
#define ISRV_CALENDAR_DAY_MAX	  2932896   /* 9999-12-31 */
#define ISRV_CALENDAR_DAY_SECONDS 86400

struct isrv_date {
	int year;  /* 0..9999 */
	int month; /* 1..12 */
	int day;   /* 1..31 */
};

/* Whether the day exists: the 30th of February does not. */
bool isrv_calendar_valid(struct isrv_date date);
/* Days since 1970-01-01 of a date that exists. */
int64_t isrv_calendar_days(struct isrv_date date);
/* And back; clamped to the years 0000..9999. */
struct isrv_date isrv_calendar_date(int64_t days);

/* 1..12 for "Jan".."Dec" in any case (RFC 9051 9 date-month, RFC 5322 3.3), 0 for anything else;
 * and the name of 1..12, three letters. */
int isrv_calendar_month(const char *data, size_t len);
const char *isrv_calendar_month_name(int month);

#endif
