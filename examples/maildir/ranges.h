/* SPDX-License-Identifier: MIT */
/*
 * ranges.h - a set of UIDs that grows, in the form that the library takes.
 */
#ifndef MAILDIR_RANGES_H
#define MAILDIR_RANGES_H

#include <imapsrv.h>

#include <stdbool.h>

struct ranges {
	struct imapsrv_range *items;
	size_t count;
	size_t capacity;
};

/* Adds a UID; quick if it is above all that are there. */
void ranges_add(struct ranges *ranges, uint32_t uid);
bool ranges_has(const struct ranges *ranges, uint32_t uid);
bool ranges_cover(struct imapsrv_set set, uint32_t uid);
void ranges_clear(struct ranges *ranges);

static inline struct imapsrv_set ranges_set(const struct ranges *ranges)
{
	return (struct imapsrv_set){ranges->items, ranges->count};
}

#endif
