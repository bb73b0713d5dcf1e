/* SPDX-License-Identifier: MIT */
/* base/calendar: every day from 0000-01-01 to 9999-12-31, and the days that there are not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/calendar.h"

static void test_known(void **state)
{
	static const struct {
		int year, month, day;
		int64_t days;
	} rows[] = {
		{1970, 1, 1, 0},
		{1969, 12, 31, -1},
		{2000, 2, 29, 11016},
		{2000, 3, 1, 11017},
		{2038, 1, 19, 24855},
		{1994, 2, 1, 8797},
		{1900, 3, 1, -25508},
		{0, 1, 1, ISRV_CALENDAR_DAY_MIN},
		{9999, 12, 31, ISRV_CALENDAR_DAY_MAX},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct isrv_date date = {rows[i].year, rows[i].month, rows[i].day};
		struct isrv_date back = isrv_calendar_date(rows[i].days);

		if (!isrv_calendar_valid(date) || isrv_calendar_days(date) != rows[i].days ||
		    memcmp(&date, &back, sizeof(date)) != 0)
			fail_msg("row %d-%d-%d", date.year, date.month, date.day);
	}
}

static void test_every_day(void **state)
{
	struct isrv_date date = {0, 1, 1};
	int64_t days = ISRV_CALENDAR_DAY_MIN;

	(void)state;
	for (; date.year <= 9999; days++) {
		struct isrv_date back = isrv_calendar_date(days);

		if (isrv_calendar_days(date) != days || memcmp(&date, &back, sizeof(date)) != 0)
			fail_msg("day %d-%d-%d", date.year, date.month, date.day);
		date.day++;
		if (isrv_calendar_valid(date))
			continue;
		date.day = 1;
		date.month++;
		if (date.month > 12) {
			date.month = 1;
			date.year++;
		}
	}
	assert_int_equal(days, ISRV_CALENDAR_DAY_MAX + 1);
}

static void test_not_a_day(void **state)
{
	static const struct isrv_date rows[] = {
		{2023, 2, 29}, {1900, 2, 29}, {2024, 2, 30}, {2024, 4, 31}, {2024, 0, 1},
		{2024, 13, 1}, {2024, 1, 0},  {2024, 1, 32}, {10000, 1, 1}, {-1, 1, 1},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (isrv_calendar_valid(rows[i]))
			fail_msg("row %d-%d-%d", rows[i].year, rows[i].month, rows[i].day);
	}
}

static void test_clamped(void **state)
{
	static const struct {
		int64_t days;
		struct isrv_date date;
	} rows[] = {
		{INT64_MIN, {0, 1, 1}},
		{ISRV_CALENDAR_DAY_MIN - 1, {0, 1, 1}},
		{ISRV_CALENDAR_DAY_MAX + 1, {9999, 12, 31}},
		{INT64_MAX, {9999, 12, 31}},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct isrv_date date = isrv_calendar_date(rows[i].days);

		if (memcmp(&date, &rows[i].date, sizeof(date)) != 0)
			fail_msg("row %lld", (long long)rows[i].days);
	}
}

static void test_months(void **state)
{
	static const struct {
		const char *name;
		int month;
	} rows[] = {
		{"Jan", 1},
		{"feb", 2},
		{"MAR", 3},
		{"aPR", 4},
		{"May", 5},
		{"Jun", 6},
		{"Jul", 7},
		{"Aug", 8},
		{"Sep", 9},
		{"Oct", 10},
		{"Nov", 11},
		{"Dec", 12},
		{"", 0},
		{"Ja", 0},
		{"June", 0},
		{"J n", 0},
		{"\xc5\xbf"
		 "ep",
		 0},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int month = isrv_calendar_month(rows[i].name, strlen(rows[i].name));

		if (month != rows[i].month ||
		    (month && isrv_calendar_month(isrv_calendar_month_name(month), 3) != month))
			fail_msg("row %s", rows[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),	  cmocka_unit_test(test_every_day),
		cmocka_unit_test(test_not_a_day), cmocka_unit_test(test_clamped),
		cmocka_unit_test(test_months),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
