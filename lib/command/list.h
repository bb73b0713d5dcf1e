/* SPDX-License-Identifier: MIT */
/* command/list - LIST, LSUB (RFC 9051 6.3.9, RFC 3501 6.3.9, RFC 5258, RFC 5819, RFC 6154,
 * RFC 8440, RFC 9590). */
#ifndef ISRV_COMMAND_LIST_H
#define ISRV_COMMAND_LIST_H

#include "command/list_tree.h"
#include "command/metadata.h"
#include "command/status.h"

/* No client sends more than a handful; each costs a pass over each name. */
#define ISRV_LIST_PATTERNS_MAX 100u

enum isrv_list_select {
	ISRV_LIST_SELECT_SUBSCRIBED = 1 << 0,
	ISRV_LIST_SELECT_SPECIAL_USE = 1 << 1,
	ISRV_LIST_SELECT_REMOTE = 1 << 2,
	ISRV_LIST_SELECT_RECURSIVE = 1 << 3
};

enum isrv_list_return {
	ISRV_LIST_RETURN_SUBSCRIBED = 1 << 0,
	ISRV_LIST_RETURN_CHILDREN = 1 << 1, /* told unasked as well */
	ISRV_LIST_RETURN_SPECIAL_USE = 1 << 2, /* likewise */
	ISRV_LIST_RETURN_STATUS = 1 << 3,
	ISRV_LIST_RETURN_METADATA = 1 << 4,
	ISRV_LIST_RETURN_MYRIGHTS = 1 << 5
};

struct isrv_list_args {
	struct imapsrv_span reference;
	struct imapsrv_span *patterns; /* as written */
	size_t pattern_count;
	uint32_t status_items;
	struct isrv_entries entries; /* of METADATA */
	uint8_t select;   /* enum isrv_list_select, or-ed */
	uint8_t returned; /* enum isrv_list_return, or-ed */
	bool extended;    /* the syntax of RFC 5258 */
	bool lsub;
	bool too_many;    /* patterns: the rest is not there */

	/* The step's own. */
	uint8_t at;
	struct isrv_list_tree tree;
	struct isrv_list_name *next; /* to be told */
	struct isrv_status status;
	struct isrv_metadata metadata;
};

bool isrv_list_parse(struct isrv_parse *p, void *args);
bool isrv_list_parse_lsub(struct isrv_parse *p, void *args);
bool isrv_list_parse_rlist(struct isrv_parse *p, void *args);
bool isrv_list_parse_rlsub(struct isrv_parse *p, void *args);

/* The special use of that name ("\\Sent", in any case), IMAPSRV_USE_*; 0 if there is none. */
uint32_t isrv_list_use(struct imapsrv_span name);

/* "* LIST (attributes) delimiter name" without its end. */
void isrv_list_put_line(struct imapsrv_session *s, uint32_t attributes, struct imapsrv_span name);

#endif
