/* SPDX-License-Identifier: MIT */
/*
 * command/list_tree - the names that one LIST or LSUB has to do with, as the host enumerated them
 * in any order, made into the hierarchy: sorted, each name once, superior names that exist only
 * because of what is below them filled in, and for each what is below it.
 *
 * Of a name that does not match but has a superior name that does, only that superior name is kept:
 * a "%" over a hundred thousand mailboxes holds the top level.
 */
#ifndef ISRV_COMMAND_LIST_TREE_H
#define ISRV_COMMAND_LIST_TREE_H

#include "command/list_match.h"
#include "imapsrv/store.h"

enum isrv_list_mark {
	ISRV_LIST_GIVEN = 1 << 0,         /* the host gave this name, and it matches */
	ISRV_LIST_EXISTS = 1 << 1,        /* as a name that exists */
	ISRV_LIST_SELECTED = 1 << 2,      /* it meets the selection options */
	ISRV_LIST_LEVEL = 1 << 3,         /* it matches a pattern that ends in "%" */
	ISRV_LIST_INBOX = 1 << 4,         /* INBOX, or below it */
	ISRV_LIST_BELOW_EXISTS = 1 << 5,  /* a name below it exists, */
	ISRV_LIST_BELOW_SELECTED = 1 << 6, /* meets the selection options, */
	ISRV_LIST_BELOW_UNSEEN = 1 << 7   /* meets them and does not match a pattern */
};
#define ISRV_LIST_BELOW \
	(ISRV_LIST_BELOW_EXISTS | ISRV_LIST_BELOW_SELECTED | ISRV_LIST_BELOW_UNSEEN)

struct isrv_list_name {
	struct isrv_list_name *next;
	struct isrv_list_name *up; /* the nearest superior name that is here */
	const char *name;
	size_t len;
	uint32_t attributes; /* enum imapsrv_attribute */
	uint32_t marks;      /* enum isrv_list_mark */
	uint32_t rights;     /* as the host said */
};

struct isrv_list_tree {
	struct isrv_list_pattern *patterns;
	size_t pattern_count;
	struct isrv_arena *arena;
	uint64_t *steps;
	uint32_t max; /* the most names */
	uint32_t count;
	char separator;
	bool levels;  /* fill in superior names that match a pattern ending in "%" */
	bool parents; /* fill in all superior names that match */
	struct isrv_list_name *first; /* while names come: the one that came last */
	bool too_many;
	size_t nomem; /* not 0: octets that the arena did not have */
};

/* One more name.  marks: of EXISTS and SELECTED what is true of it; with neither it counts for
 * nothing. */
void isrv_list_add(struct isrv_list_tree *t, const struct imapsrv_name *name, unsigned marks);
/* All have come. */
void isrv_list_finish(struct isrv_list_tree *t);

#endif
