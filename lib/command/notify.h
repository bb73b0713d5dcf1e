/* SPDX-License-Identifier: MIT */
/* command/notify - NOTIFY (RFC 5465 3.1): what it says, parsed in notify_parse.c, done in
 * notify.c. */
#ifndef ISRV_COMMAND_NOTIFY_H
#define ISRV_COMMAND_NOTIFY_H

#include "command/filter.h"
#include "command/status.h"

/* Octets of MessageNew's fetch-atts, which are kept as they were written. */
#define ISRV_NOTIFY_FETCH_MAX 16384u

struct isrv_notify_ask {
	struct isrv_filter filter;
	uint8_t events; /* enum isrv_notify_event; 0: NONE */
};

struct isrv_notify_args {
	bool none;        /* NOTIFY NONE */
	bool status;      /* the indicator */
	bool unsupported; /* an event that is not, or that nobody knows */
	bool too_much;    /* octets of what is to be fetched */
	bool modseq;      /* a fetch-att is MODSEQ */
	bool selected_given;
	bool delayed;
	uint8_t selected; /* enum isrv_notify_event */
	struct imapsrv_span fetch;
	struct isrv_notify_ask *groups; /* SELECTED's aside */
	uint32_t group_count;
	struct isrv_filter_count count; /* names in all of them, and one for each group */

	/* The step's own. */
	uint8_t at;
	struct isrv_notify *made;   /* until it is in force */
	struct isrv_names readable; /* mailboxes of which messages are heard */
	struct isrv_names noaccess; /* those of them that may not be read */
	uint32_t next;              /* of them */
	bool nomem;
	bool too_many; /* mailboxes */
	bool status_open;
	struct isrv_status one;
};

bool isrv_notify_parse(struct isrv_parse *p, void *args);
/* The names of these, with SP between. */
void isrv_notify_put_names(struct isrv_writer *w, unsigned these);

#endif
