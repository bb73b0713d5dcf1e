/* SPDX-License-Identifier: MIT */
/*
 * The rules of RFC 9051 9, seq-number and seq-range: a sequence number above the number of messages
 * is an error ("*" in an empty mailbox too), a UID that does not exist is not; "*" is the last
 * message, so a UID range 3291:* holds it even where it is below 3291.  "$" is the saved result,
 * which may be empty (RFC 5182 2.1).
 *
 * All is linear in the ranges as written, whatever they span (ATTACKS T21).
 */
#include "command/set.h"

#include "command/memory.h"
#include "session/found.h"

static struct imapsrv_range *room(struct imapsrv_session *s, size_t count)
{
	struct imapsrv_range *ranges = isrv_arena_array(&s->arena, count, sizeof(*ranges));

	if (!ranges)
		isrv_command_nomem(s);
	return ranges;
}

static bool resolve_saved(struct imapsrv_session *s, struct imapsrv_set *uids_r)
{
	struct imapsrv_set saved = isrv_uidset_view(&s->view->saved);
	struct imapsrv_range *ranges;

	*uids_r = (struct imapsrv_set){NULL, 0};
	if (!saved.count)
		return true;
	ranges = room(s, saved.count);
	if (!ranges)
		return false;
	s->steps += saved.count;
	memcpy(ranges, saved.ranges, saved.count * sizeof(*ranges));
	*uids_r = (struct imapsrv_set){ranges, saved.count};
	return true;
}

/* Above the last UID announced there is nothing that the client knows of, so nothing that it can
 * mean; the set is ascending, and ends there. */
static size_t clip(struct imapsrv_range *ranges, const struct isrv_rd_set *set, uint32_t last)
{
	size_t i;

	for (i = 0; i < set->count && set->ranges[i].first <= last; i++) {
		ranges[i] = set->ranges[i];
		if (ranges[i].last > last)
			ranges[i].last = last;
	}
	if (set->star && last)
		ranges[i++] = (struct imapsrv_range){set->star < last ? set->star : last, last};
	return i;
}

/* The numbering holds exactly the messages between the ends of a range, so the UIDs of the ends say
 * it all. */
static bool number(struct imapsrv_session *s, struct imapsrv_range *ranges,
                   const struct isrv_rd_set *set, size_t *count_r)
{
	const struct isrv_nummap *map = &s->view->map;
	uint32_t highest = 0;
	size_t i;

	if (set->count)
		highest = set->ranges[set->count - 1].last;
	if (set->star && set->star != UINT32_MAX && set->star > highest)
		highest = set->star;
	if (highest > map->count || (set->star && map->count == 0)) {
		isrv_bad(s, "There is no message with that number");
		return false;
	}
	for (i = 0; i < set->count; i++) {
		ranges[i].first = isrv_nummap_uid(map, set->ranges[i].first);
		ranges[i].last = isrv_nummap_uid(map, set->ranges[i].last);
	}
	if (set->star) {
		ranges[i].first = set->star == UINT32_MAX ? map->last_uid
		                                          : isrv_nummap_uid(map, set->star);
		ranges[i++].last = map->last_uid;
	}
	*count_r = i;
	return true;
}

bool isrv_set_resolve(struct imapsrv_session *s, const struct isrv_rd_set *set, bool uid,
                      struct imapsrv_set *uids_r)
{
	struct imapsrv_range *ranges;
	size_t count;

	if (set->saved)
		return resolve_saved(s, uids_r);
	ranges = room(s, set->count + 1);
	if (!ranges)
		return false;
	s->steps += set->count + 1;
	if (uid)
		count = clip(ranges, set, s->view->map.last_uid);
	else if (!number(s, ranges, set, &count))
		return false;
	/* Only the range with "*" can be out of order. */
	if (set->star)
		count = isrv_uidset_normalize(ranges, count);
	*uids_r = (struct imapsrv_set){ranges, count};
	return true;
}

bool isrv_set_resolve_in(struct imapsrv_session *s, struct isrv_arena *arena,
                         const struct isrv_nummap *map, const struct isrv_rd_set *set, bool uid,
                         struct imapsrv_set *uids_r)
{
	struct imapsrv_range *ranges = isrv_arena_array(arena, set->count + 1, sizeof(*ranges));
	size_t i, count;

	if (!ranges)
		return false;
	s->steps += set->count + 1;
	count = clip(ranges, set, uid ? map->last_uid : map->count);
	for (i = 0; !uid && i < count; i++) {
		ranges[i].first = isrv_nummap_uid(map, ranges[i].first);
		ranges[i].last = isrv_nummap_uid(map, ranges[i].last);
	}
	if (set->star)
		count = isrv_uidset_normalize(ranges, count);
	*uids_r = (struct imapsrv_set){ranges, count};
	return true;
}

/* A run without what is known to have gone. */
static bool add_rest(struct imapsrv_session *s, struct isrv_found *kept, struct imapsrv_range run)
{
	struct imapsrv_set gone = isrv_uidset_view(&s->view->expunged);
	size_t i;

	for (i = isrv_uidset_seek(gone, run.first);
	     i < gone.count && gone.ranges[i].first <= run.last; i++) {
		s->steps++;
		if (gone.ranges[i].first > run.first &&
		    !isrv_found_add(kept, &s->arena, run.first, gone.ranges[i].first - 1))
			return false;
		if (gone.ranges[i].last >= run.last)
			return true;
		run.first = gone.ranges[i].last + 1;
	}
	return isrv_found_add(kept, &s->arena, run.first, run.last);
}

bool isrv_set_announced(struct imapsrv_session *s, struct imapsrv_set *set, bool gone)
{
	struct isrv_found kept = {0};
	struct imapsrv_range range, run;
	size_t i;

	for (i = 0; i < set->count; i++) {
		range = set->ranges[i];
		while (isrv_nummap_run_in(&s->view->map, range.first, range.last, &run)) {
			s->steps++;
			if (!(gone ? isrv_found_add(&kept, &s->arena, run.first, run.last)
			           : add_rest(s, &kept, run)))
				return false;
			if (run.last == range.last)
				break;
			range.first = run.last + 1;
		}
	}
	*set = (struct imapsrv_set){kept.ranges, kept.count};
	return true;
}
