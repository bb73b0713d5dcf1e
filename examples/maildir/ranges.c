/* SPDX-License-Identifier: MIT */
/*
 * ranges.c - a growing set of UIDs: ranges in ascending order that neither overlap nor touch.
 */
#include "ranges.h"

#include "support.h"

#include <stdlib.h>
#include <string.h>

/* The first range that ends at uid - 1 or above. */
static size_t place_of(const struct ranges *ranges, uint32_t uid)
{
	size_t low = 0, high = ranges->count;

	if (high && ranges->items[high - 1].last < uid - 1)
		return high;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (ranges->items[mid].last < uid - 1)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

bool ranges_cover(struct imapsrv_set set, uint32_t uid)
{
	size_t low = 0, high = set.count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (set.ranges[mid].last < uid)
			low = mid + 1;
		else
			high = mid;
	}
	return low < set.count && set.ranges[low].first <= uid;
}

bool ranges_has(const struct ranges *ranges, uint32_t uid)
{
	return ranges_cover(ranges_set(ranges), uid);
}

/* Makes the range larger by one if that is all there is to do. */
static bool extend(struct ranges *ranges, size_t at, uint32_t uid)
{
	struct imapsrv_range *here = &ranges->items[at];

	if (here->first <= uid && uid <= here->last)
		return true;
	if (here->last == uid - 1) {
		here->last = uid;
		if (at + 1 < ranges->count && here[1].first == uid + 1) {
			here->last = here[1].last;
			memmove(here + 1, here + 2, (ranges->count - at - 2) * sizeof *here);
			ranges->count--;
		}
		return true;
	}
	if (here->first == uid + 1) {
		here->first = uid;
		return true;
	}
	return false;
}

void ranges_add(struct ranges *ranges, uint32_t uid)
{
	size_t at = place_of(ranges, uid);

	if (at < ranges->count && extend(ranges, at, uid))
		return;
	RESERVE_ONE(ranges->items, ranges->count, ranges->capacity);
	struct imapsrv_range *here = &ranges->items[at];
	memmove(here + 1, here, (ranges->count - at) * sizeof *here);
	*here = (struct imapsrv_range){uid, uid};
	ranges->count++;
}

void ranges_clear(struct ranges *ranges)
{
	free(ranges->items);
	*ranges = (struct ranges){0};
}
