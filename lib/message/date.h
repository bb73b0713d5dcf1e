/* SPDX-License-Identifier: MIT */
/*
 * message/date - the Date field (RFC 5322 3.3 and the obsolete forms of 4.3), generous as mail
 * needs it: comments and white space anywhere, no day name or a wrong one, whole names of months,
 * hyphens for spaces, no seconds, no time, no zone.
 */
#ifndef ISRV_MESSAGE_DATE_H
#define ISRV_MESSAGE_DATE_H

#include <stdbool.h>
#include <stdint.h>

#include "imapsrv/types.h"

struct isrv_message_date {
	int64_t day; /* days since 1970-01-01 of the date as it is written, disregarding the zone */
	int second;  /* of that day; 0 if there is no time that can be read */
	int zone;    /* minutes east of UTC; 0 if there is none that is known */
};

/* False: there is no day, month and year to be read, or no such day.  Linear; folding may have been
 * left in. */
bool isrv_message_date_parse(struct imapsrv_span body, struct isrv_message_date *date_r);

#endif
