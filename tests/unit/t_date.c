/* SPDX-License-Identifier: MIT */
/*
 * message/date: Date fields as RFC 5322 has them, as RFC 822 had them, and as software wrote them.
 */
#include "message/date.h"

#include "base/calendar.h"
#include "unit/row.h"

static void test_dates(void **unused)
{
	static const struct {
		const char *text;
		int year, month, day; /* year 0: there is no date in it */
		int second, zone;
	} rows[] = {
		{"Fri, 21 Nov 1997 09:55:06 -0600", 1997, 11, 21, 35706, -360},
		{"21 Nov 97 09:55:06 GMT", 1997, 11, 21, 35706, 0},
		{"Fri, 21 Nov 1997 09(comment):   55  :  06 -0600", 1997, 11, 21, 35706, -360},
		{"Thu,\r\n 13\r\n   Feb\r\n  1969\r\n 23:32\r\n -0330 (Newfoundland Time)", 1969, 2, 13,
		 84720, -210},
		{"1 jan 49 00:00 EDT", 2049, 1, 1, 0, -240},
		{"1 jan 50 00:00 edt", 1950, 1, 1, 0, -240},
		{"1 Jan 100 00:00 Z", 2000, 1, 1, 0, 0},
		{"1 Jan 999 00:00 A", 2899, 1, 1, 0, 0},
		{"1-Feb-2003 1:2:3 PST", 2003, 2, 1, 3723, -480},
		{"Monday, 1 February 2003", 2003, 2, 1, 0, 0},
		{"Mon 1 Feb 2003 10.11.12 +0100", 2003, 2, 1, 36672, 60},
		{"29 Feb 2000 23:59:60 +1400", 2000, 2, 29, 86400, 840},
		{"(a (b \\) c) d) 1 Jan 2000 00:00 +0000 (x", 2000, 1, 1, 0, 0},
		{"1 Jan 2000 25:00 +0000", 2000, 1, 1, 0, 0},
		{"1 Jan 2000 10:00 +9999", 2000, 1, 1, 36000, 0},
		{"1 Jan 2000 10:00 +01:00", 2000, 1, 1, 36000, 0},
		{"1 Jan 2000 10:00 XYZ", 2000, 1, 1, 36000, 0},
		{"1 Jan 0000 00:00 +0000", 0, 1, 1, 0, 0},
		{"1 Jan 9999", 9999, 1, 1, 0, 0},
		{"29 Feb 2001 00:00:00 +0000", 0, 0, 0, 0, 0},
		{"31 Apr 2001", 0, 0, 0, 0, 0},
		{"0 Jan 2000", 0, 0, 0, 0, 0},
		{"001 Jan 2000", 0, 0, 0, 0, 0},
		{"1 Jan 20000", 0, 0, 0, 0, 0},
		{"1 Jan 5", 0, 0, 0, 0, 0},
		{"1 Ja 2000", 0, 0, 0, 0, 0},
		{"Jan 1 2000", 0, 0, 0, 0, 0},
		{"2000-01-01T00:00:00Z", 0, 0, 0, 0, 0},
		{"", 0, 0, 0, 0, 0},
		{"Mon,", 0, 0, 0, 0, 0},
		{"((((", 0, 0, 0, 0, 0},
		{"1", 0, 0, 0, 0, 0},
	};
	size_t i, len;

	(void)unused;
	for (i = 0; i < COUNT(rows); i++) {
		struct isrv_message_date date = {0, 0, 0};
		struct isrv_date day = {rows[i].year, rows[i].month, rows[i].day};
		char *text = exact(rows[i].text, strlen(rows[i].text));
		bool is = isrv_message_date_parse(
			(struct imapsrv_span){text, strlen(rows[i].text)}, &date);

		ROW(i, is == (rows[i].month != 0));
		if (is) {
			ROW(i, date.day == isrv_calendar_days(day));
			ROW(i, date.second == rows[i].second && date.zone == rows[i].zone);
		}
		free(text);
		for (len = 0; len < strlen(rows[i].text); len++) {
			text = exact(rows[i].text, len);
			(void)isrv_message_date_parse((struct imapsrv_span){text, len}, &date);
			free(text);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_dates)};

	return cmocka_run_group_tests_name("date", tests, NULL, NULL);
}
