/* SPDX-License-Identifier: MIT */
/* What a range holds is the difference of two ranks, so a place in the set is a number in the
 * map. */
#include "mailbox/part.h"

static uint32_t messages_in(const struct isrv_nummap *map, struct imapsrv_range range)
{
	return isrv_nummap_rank(map, range.last) - isrv_nummap_rank(map, range.first - 1);
}

uint32_t isrv_part_size(const struct isrv_nummap *map, struct imapsrv_set set, uint64_t *steps)
{
	uint32_t n = 0;

	*steps += set.count;
	for (size_t i = 0; i < set.count; i++)
		n += messages_in(map, set.ranges[i]);
	return n;
}

bool isrv_part_keep(const struct isrv_nummap *map, struct isrv_arena *arena,
                    struct imapsrv_set *set, uint32_t first, uint32_t last, uint64_t *steps)
{
	struct imapsrv_range *kept = isrv_arena_array(arena, set->count + 1, sizeof(*kept));
	uint32_t before = 0; /* messages in the ranges so far */
	size_t n = 0;

	if (!kept)
		return false;
	*steps += set->count;
	for (size_t i = 0; i < set->count && before < last; i++) {
		struct imapsrv_range range = set->ranges[i];
		uint32_t below = isrv_nummap_rank(map, range.first - 1);
		uint32_t held = messages_in(map, range);

		if (held && before + held >= first) {
			if (first > before + 1)
				range.first = isrv_nummap_uid(map, below + first - before);
			if (last < before + held)
				range.last = isrv_nummap_uid(map, below + last - before);
			kept[n++] = range;
		}
		before += held;
	}
	*set = (struct imapsrv_set){kept, n};
	return true;
}

bool isrv_part_highest(const struct isrv_nummap *map, struct isrv_arena *arena,
                       struct imapsrv_set *set, uint32_t most, uint32_t *lowest_r, uint64_t *steps)
{
	uint32_t size;

	*lowest_r = 0;
	if (most >= map->count)
		return true;
	size = isrv_part_size(map, *set, steps);
	if (size <= most)
		return true;
	if (!isrv_part_keep(map, arena, set, size - most + 1, size, steps))
		return false;
	/* The first range may begin below the first message in it. */
	*lowest_r = isrv_nummap_next(map, set->ranges[0].first);
	return true;
}
