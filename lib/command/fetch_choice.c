/* SPDX-License-Identifier: MIT */
/* One after the other; only CHANGEDSINCE asks the host. */
#include "command/fetch_choice.h"

#include "command/memory.h"
#include "command/set.h"
#include "mailbox/part.h"
#include "session/messagelimit.h"
#include "session/modseq.h"

enum at {
	AT_START,
	AT_RESYNC
};

static bool nomem(struct imapsrv_session *s)
{
	isrv_command_nomem(s);
	return false;
}

/* RFC 9738 3.1: more places than one command may work on: "nothing is done". */
static bool asks_too_much(struct imapsrv_session *s, const struct isrv_partial *places)
{
	uint32_t limit = isrv_message_limit(s), first = places->first, last = places->last;

	if ((first < last ? last - first : first - last) < limit)
		return false;
	isrv_message_limit_refuse(s, limit, 0, "PARTIAL exceeds the limit");
	return true;
}

/* Places are counted in the set, before it is asked what changed (RFC 9394 3.4).  False: the reply
 * is set. */
static bool take_places(struct imapsrv_session *s, struct isrv_fetch_choice *c,
                        const struct isrv_partial *places)
{
	const struct isrv_nummap *map = &s->view->map;
	uint32_t first, last;

	if (asks_too_much(s, places))
		return false;
	if (!isrv_partial_of(places, isrv_part_size(map, c->uids, &s->steps), &first, &last)) {
		c->uids.count = 0;
		return true;
	}
	if (isrv_part_keep(map, &s->arena, &c->uids, first, last, &s->steps))
		return true;
	return nomem(s);
}

/* UIDs of VANISHED are as the client wrote them: those above the last message may have been
 * messages once.  So "*" reaches over these too: who asks for 1:* is to hear that the last one has
 * gone, or all of them. */
static bool begin_resync(struct imapsrv_session *s, struct isrv_fetch_choice *c,
                         const struct isrv_rd_set *set, const struct isrv_fetch_items *items)
{
	struct isrv_resync *r = isrv_arena_zalloc(&s->arena, sizeof(*r));
	struct imapsrv_range *ranges = isrv_arena_array(&s->arena, set->count + 1, sizeof(*ranges));
	uint32_t top = s->view->uidnext - 1;
	uint32_t last = s->view->map.last_uid ? s->view->map.last_uid : top;

	if (!r || !ranges)
		return nomem(s);
	c->resync = r;
	r->since = items->changed_since;
	r->vanished = items->vanished;
	r->known = c->uids;
	if (!r->vanished || set->saved)
		return true;
	if (set->count)
		memcpy(ranges, set->ranges, set->count * sizeof(*ranges));
	r->known = (struct imapsrv_set){ranges, set->count};
	if (!set->star || !top)
		return true;
	ranges[set->count] = (struct imapsrv_range){set->star < last ? set->star : last, top};
	r->known.count = isrv_uidset_normalize(ranges, set->count + 1);
	return true;
}

/* False: the reply is set. */
static bool begin(struct imapsrv_session *s, struct isrv_fetch_choice *c,
                  const struct isrv_rd_set *set, const struct isrv_fetch_items *items)
{
	c->at = AT_RESYNC;
	if (items->facts & IMAPSRV_FACT_MODSEQ && !isrv_modseq_require(s))
		return false;
	if (!isrv_set_resolve(s, set, s->uid, &c->uids))
		return false;
	if (items->partial && !take_places(s, c, &items->places))
		return false;
	return !items->changed_since || begin_resync(s, c, set, items);
}

/* What vanished is told of the whole set: PARTIAL is about "FETCH results" (RFC 9394 3.3).  False:
 * the reply is set. */
static bool take_changed(struct imapsrv_session *s, struct isrv_fetch_choice *c,
                         const struct isrv_fetch_items *items)
{
	if (!c->resync)
		return true;
	if (c->resync->refused) {
		isrv_refused(s, NULL);
		return false;
	}
	if (items->partial && !isrv_uidset_intersect(&c->resync->found, &s->mem, c->uids)) {
		isrv_session_fail(s, IMAPSRV_ENOMEM);
		return false;
	}
	c->uids = isrv_uidset_view(&c->resync->found);
	return true;
}

enum isrv_step isrv_fetch_choose(struct imapsrv_session *s, struct isrv_fetch_choice *c,
                                 const struct isrv_rd_set *set,
                                 const struct isrv_fetch_items *items)
{
	enum isrv_step step = ISRV_DONE;

	if (c->at == AT_START && !begin(s, c, set, items)) {
		c->refused = true;
		return ISRV_DONE;
	}
	if (c->resync)
		step = isrv_resync_step(s, c->resync);
	if (step != ISRV_DONE || s->error)
		return step;
	/* With CHANGEDSINCE those that changed count. */
	c->refused = !take_changed(s, c, items) ||
	             (!isrv_message_limit_cut(s, &c->uids) && !nomem(s));
	return ISRV_DONE;
}

void isrv_fetch_choice_drop(struct imapsrv_session *s, struct isrv_fetch_choice *c)
{
	if (c->resync)
		isrv_resync_drop(s, c->resync);
}
