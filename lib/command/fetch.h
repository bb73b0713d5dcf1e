/* SPDX-License-Identifier: MIT */
/*
 * command/fetch - what FETCH was asked for: its items, parsed (fetch_items.c) and served (fetch.c).
 */
#ifndef ISRV_COMMAND_FETCH_H
#define ISRV_COMMAND_FETCH_H

#include "wire/reader.h"

struct isrv_parse;

/* BODY[], BODY.PEEK[], RFC822: octets of the message, whole or in part. */
struct isrv_fetch_section {
	bool rfc822;     /* spelt RFC822 (RFC 3501 6.4.5) */
	bool partial;    /* "<origin.count>" */
	uint64_t origin;
	uint64_t count;
};

struct isrv_fetch_items {
	uint32_t facts; /* enum imapsrv_fact that are shown */
	bool uid;
	bool seen;      /* sets \Seen */
	struct isrv_fetch_section *sections;
	uint32_t section_count;
};

/* fetch-att / "(" fetch-att *(SP fetch-att) ")" / a macro */
bool isrv_fetch_items_parse(struct isrv_parse *p, struct isrv_fetch_items *items);

#endif
