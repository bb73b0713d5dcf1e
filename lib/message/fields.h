/* SPDX-License-Identifier: MIT */
/*
 * message/fields - a header block that comes in pieces, told field by field and piece by piece, so
 * that fields of any length take no memory.  What is a field is what isrv_field_next says
 * (message/field.h), but that a name of more than ISRV_FIELDS_NAME octets is none.
 */
#ifndef ISRV_MESSAGE_FIELDS_H
#define ISRV_MESSAGE_FIELDS_H

#include <stdbool.h>
#include <stdint.h>

#include "imapsrv/types.h"

#define ISRV_FIELDS_NAME 255u

enum isrv_fields_event {
	ISRV_FIELDS_MORE,  /* the data is used up */
	ISRV_FIELDS_NAMED, /* a field begins: its name is f->name, f->name_len */
	ISRV_FIELDS_VALUE, /* octets of it, unfolded: without CR, LF and NUL */
	ISRV_FIELDS_ENDED, /* it ends */
	ISRV_FIELDS_OVER   /* the blank line: what follows is no header */
};

struct isrv_fields {
	uint8_t state;
	bool open; /* in a field */
	uint16_t name_len;
	char name[ISRV_FIELDS_NAME];
};

void isrv_fields_init(struct isrv_fields *f);
/* Takes what it looked at off the front of *data.  *value_r is into the data. */
enum isrv_fields_event isrv_fields_next(struct isrv_fields *f, struct imapsrv_span *data,
                                        struct imapsrv_span *value_r);
/* The data has ended: ENDED if a field was open, else OVER. */
enum isrv_fields_event isrv_fields_finish(struct isrv_fields *f);

#endif
