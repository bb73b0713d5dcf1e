/* SPDX-License-Identifier: MIT */
/*
 * A part ends when it holds enough messages, or when its few ranges are used up: a set of single
 * UIDs gives small parts, one range gives full ones.  How many messages a range holds is the
 * difference of two ranks, and where to cut it is one look-up; no UID is visited.
 */
#include "mailbox/batch.h"

#include "base/uidset.h"

void isrv_batch_init(struct isrv_batch *b, struct imapsrv_set set, uint64_t *steps)
{
	b->set = set;
	b->at = 0;
	b->from = 1;
	b->steps = steps;
	b->count = 0;
	b->claims = (struct isrv_claims){NULL, 0};
}

bool isrv_batch_next(struct isrv_batch *b, const struct isrv_nummap *map, uint32_t max,
                     struct imapsrv_set *part_r, uint32_t *messages_r)
{
	uint32_t messages = 0, below, held;
	struct imapsrv_range range;
	size_t used = 0;

	while (b->at < b->set.count && used < ISRV_BATCH_RANGES && messages < max) {
		++*b->steps;
		range = b->set.ranges[b->at];
		if (range.first < b->from)
			range.first = b->from;
		if (range.first > map->last_uid) {
			b->at = b->set.count;
			break;
		}
		below = isrv_nummap_rank(map, range.first - 1);
		held = isrv_nummap_rank(map, range.last) - below;
		if (held > max - messages) {
			held = max - messages;
			range.last = isrv_nummap_uid(map, below + held);
			/* A message follows in this range, so this is no overflow. */
			b->from = range.last + 1;
		} else {
			b->at++;
		}
		if (held == 0)
			continue;
		b->passed[used] = below - messages;
		b->ranges[used++] = range;
		messages += held;
	}
	b->count = used;
	isrv_claims_empty(&b->claims);
	*part_r = (struct imapsrv_set){b->ranges, used};
	*messages_r = messages;
	return messages > 0;
}

bool isrv_batch_reserve(struct isrv_batch *b, const struct isrv_nummap *map,
                        struct isrv_arena *arena, uint32_t max)
{
	return isrv_claims_reserve(&b->claims, arena, max < map->count ? max : map->count);
}

uint32_t isrv_batch_place(const struct isrv_batch *b, uint32_t uid, uint32_t seq)
{
	struct imapsrv_set part = {b->ranges, b->count};
	size_t i = isrv_uidset_seek(part, uid);

	return i < part.count && part.ranges[i].first <= uid ? seq - 1 - b->passed[i] : UINT32_MAX;
}
