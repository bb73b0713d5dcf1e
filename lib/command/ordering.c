/* SPDX-License-Identifier: MIT */
/* One search, one gathering: see the header. */
#include "command/ordering.h"

bool isrv_ordering_parse(struct isrv_parse *p, struct isrv_ordering *o)
{
	return isrv_program_parse_criteria(&o->program, &p->r, p->limits,
	                                   isrv_searching_features(p));
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

enum isrv_step isrv_ordering_step(struct imapsrv_session *s, struct isrv_ordering *o, bool *ok_r)
{
	enum isrv_step step;

	*ok_r = false;
	if (!o->found) {
		step = isrv_searcher_step(s, &o->x);
		if (step != ISRV_DONE || !isrv_searching_ended(s, &o->x))
			return step;
		o->found = true;
		isrv_gather_begin(s, &o->g, &o->x.from, &o->x.found);
	}
	step = isrv_gather_step(s, &o->g);
	if (step != ISRV_DONE || s->error)
		return step;
	*ok_r = o->g.end == ISRV_GATHER_DONE;
	explain(s, o);
	return ISRV_DONE;
}

bool isrv_ordering_missing(const struct isrv_ordering *o)
{
	return o->x.missing || o->g.missing;
}

void isrv_ordering_drop(struct imapsrv_session *s, struct isrv_ordering *o)
{
	isrv_searcher_drop(s, &o->x);
	if (o->found)
		isrv_gather_drop(s, &o->g);
}
