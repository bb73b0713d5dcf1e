/* SPDX-License-Identifier: MIT */
/* See the header. */
#include "base/uidlate.h"

#define LEAST 256u /* ranges that wait at least, however small the set is */

bool isrv_uidlate_settle(struct isrv_uidset *late, struct isrv_uidset *set, struct isrv_mem *mem,
                         uint64_t *steps)
{
	bool done;

	if (!late->count)
		return true;
	*steps += set->count + late->count;
	late->count = (uint32_t)isrv_uidset_normalize(late->ranges, late->count);
	done = isrv_uidset_union(set, mem, isrv_uidset_view(late));
	isrv_uidset_empty(late);
	return done;
}

bool isrv_uidlate_add(struct isrv_uidset *late, struct isrv_uidset *set, struct isrv_mem *mem,
                      uint32_t first, uint32_t last, uint64_t *steps)
{
	if (!set->count || first >= set->ranges[set->count - 1].first)
		return isrv_uidset_add(set, mem, first, last);
	if (late->count >= LEAST && late->count >= set->count &&
	    !isrv_uidlate_settle(late, set, mem, steps))
		return false;
	if (!isrv_uidset_reserve(late, mem, late->count + (size_t)1))
		return false;
	late->ranges[late->count++] = (struct imapsrv_range){first, last};
	return true;
}
