/* SPDX-License-Identifier: MIT */
/* One search, one gathering: see the header. */
#include "command/ordering.h"

bool isrv_ordering_parse(struct isrv_parse *p, struct isrv_ordering *o)
{
	return isrv_filters_parse(p, &o->filters, true, isrv_searching_features(p), &o->program);
}

bool isrv_ordering_begin(struct imapsrv_session *s, struct isrv_ordering *o)
{
	const struct imapsrv_limits *l = &s->engine->limits;

	isrv_pool_init(&o->pool, &s->mem, l->sort < l->memory / 2 ? l->sort : l->memory / 2);
	return isrv_searching_begin(s, &o->x, &o->program);
}

void isrv_ordering_full(struct imapsrv_session *s, const struct isrv_ordering *o)
{
	if (o->pool.starved)
		isrv_session_fail(s, IMAPSRV_ENOMEM);
	else
		isrv_no(s, "LIMIT", "Too many messages to be put in order");
}

/* The reply, where not all was gathered. */
static void explain(struct imapsrv_session *s, const struct isrv_ordering *o)
{
	switch (o->g.end) {
	case ISRV_GATHER_DONE:
		break;
	case ISRV_GATHER_REFUSED:
		isrv_refused(s, NULL);
		break;
	case ISRV_GATHER_NOMEM:
		isrv_command_nomem(s);
		break;
	case ISRV_GATHER_STOPPED:
		isrv_ordering_full(s, o);
		break;
	case ISRV_GATHER_LIMIT:
		isrv_no(s, "LIMIT", "That takes more work than one command may");
		break;
	}
}

enum isrv_step isrv_ordering_search(struct imapsrv_session *s, struct isrv_ordering *o, bool *ok_r)
{
	enum isrv_step step = isrv_searcher_step(s, &o->x);

	*ok_r = step == ISRV_DONE && isrv_searching_ended(s, o->x.end);
	return step;
}

enum isrv_step isrv_ordering_gather(struct imapsrv_session *s, struct isrv_ordering *o, bool *ok_r)
{
	enum isrv_step step;

	*ok_r = false;
	if (!o->found)
		isrv_gather_begin(s, &o->g, &o->x.from, &o->x.found);
	o->found = true;
	step = isrv_gather_step(s, &o->g);
	if (step != ISRV_DONE || s->error)
		return step;
	*ok_r = o->g.end == ISRV_GATHER_DONE;
	explain(s, o);
	return ISRV_DONE;
}

/* ---- a host that does it ------------------------------------------------------------------- */

static void drop_claims(struct isrv_ordering *o)
{
	isrv_mem_free(&o->pool.mem, o->claimed, o->claimed_size);
	o->claimed = NULL;
}

bool isrv_ordering_ask(struct imapsrv_session *s, struct isrv_ordering *o)
{
	if (!isrv_found_uids(&o->x.found, &s->arena, o->x.from.map, &o->uids, &s->steps)) {
		isrv_command_nomem(s);
		return false;
	}
	o->claimed_size = s->view->map.count / 8 + 1;
	o->claimed = isrv_mem_zalloc(&o->pool.mem, o->claimed_size);
	if (!o->claimed)
		isrv_ordering_full(s, o);
	return o->claimed != NULL;
}

bool isrv_ordering_claim(struct imapsrv_session *s, struct isrv_ordering *o, uint32_t uid)
{
	const struct isrv_search_source *from = &o->x.from;
	uint32_t n = isrv_nummap_seq(from->map, uid);
	uint8_t *octet, bit;

	s->steps++;
	if (!n || !isrv_uidset_has(o->uids, uid)) {
		o->broken = true;
		return false;
	}
	octet = &o->claimed[(n - 1) / 8];
	bit = (uint8_t)(1u << (n - 1) % 8);
	o->broken = o->broken || *octet & bit;
	*octet |= bit;
	/* An event may have taken it away since. */
	return !o->broken && !(from->expunged &&
	                       isrv_uidset_has(isrv_uidset_view(from->expunged), uid));
}

enum isrv_ordering_answer isrv_ordering_answered(struct imapsrv_session *s, struct isrv_ordering *o,
                                                 uint32_t messages)
{
	drop_claims(o);
	if (s->error)
		return ISRV_ORDERING_REFUSED;
	if (o->nomem) {
		isrv_ordering_full(s, o);
		return ISRV_ORDERING_REFUSED;
	}
	if (s->result.code != IMAPSRV_OK && s->result.code != IMAPSRV_CANNOT) {
		isrv_refused(s, NULL);
		return ISRV_ORDERING_REFUSED;
	}
	if (o->broken)
		isrv_session_fault(s, "messages were not put in order as they were asked for");
	if (o->broken || s->result.code != IMAPSRV_OK)
		return ISRV_ORDERING_OWN;
	o->g.missing = messages < o->x.found.size;
	return ISRV_ORDERING_GIVEN;
}

/* ---- */

bool isrv_ordering_missing(const struct isrv_ordering *o)
{
	return o->x.missing || o->g.missing;
}

void isrv_ordering_drop(struct imapsrv_session *s, struct isrv_ordering *o)
{
	isrv_searcher_drop(s, &o->x);
	if (o->claimed)
		drop_claims(o);
	if (o->found)
		isrv_gather_drop(s, &o->g);
}
