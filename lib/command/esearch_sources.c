/* SPDX-License-Identifier: MIT */
/*
 * Mailboxes that are named are searched if they can be opened; those that are found by what they
 * are must be listed, too (RFC 7377 2.2, the "l" right).  A list is finite and each name stands in
 * it once, so loops in the hierarchy are the host's affair.
 */
#include "command/esearch_sources.h"

#include "session/hear.h"

enum {
	SOURCES_START,
	SOURCES_LISTED
};

/* ---- what it says -------------------------------------------------------------------------- */

/* filter-mailboxes */
static bool parse_source(struct isrv_parse *p, struct isrv_esearch_sources *o)
{
	uint32_t n = o->count;

	if (isrv_rd_try_word(&p->r, "SELECTED")) {
		o->selected = true;
		return true;
	}
	o->others = true;
	if (!(n & (n - 1)) && (!n || n >= 4)) {
		struct isrv_filter *more = isrv_arena_grow(
			p->r.arena, o->filters, n * sizeof(*more),
			(n ? n * 2 : 4) * sizeof(*more));

		if (!more)
			return isrv_rd_fail_memory(&p->r);
		o->filters = more;
	}
	if (!isrv_filter_parse(p, &o->counted, true, &o->filters[n]))
		return false;
	if (isrv_filter_count(p, &o->counted))
		o->count++;
	return true;
}

/* esearch-source-opts = "IN" SP "(" source-mbox [SP "(" scope-options ")"] ")", and no
 * scope-options are defined */
bool isrv_esearch_sources_parse(struct isrv_parse *p, struct isrv_esearch_sources *o)
{
	struct isrv_reader *r = &p->r;

	o->selected = !isrv_rd_try_word(r, "IN");
	if (o->selected)
		return true;
	if (!isrv_rd_sp(r) || !isrv_rd_char(r, '('))
		return false;
	do {
		if (!parse_source(p, o))
			return false;
	} while (isrv_rd_try_sp(r));
	return isrv_rd_char(r, ')') && isrv_rd_sp(r);
}

/* ---- what it comes to ---------------------------------------------------------------------- */

static bool add_names(struct imapsrv_session *s, struct isrv_names *to, const struct isrv_filter *f)
{
	for (uint32_t i = 0; i < f->name_count; i++) {
		s->steps++;
		if (!isrv_names_add(to, &s->mem, f->names[i]))
			return false;
	}
	return true;
}

/* One for filters of each kind, so that what a name costs does not grow with their number; those of
 * which there are none cover nothing.  False: no memory. */
static bool make_groups(struct imapsrv_session *s, struct isrv_esearch_sources *o)
{
	const uint32_t kinds = ISRV_NOTIFY_SUBTREE_ONE + 1;
	struct isrv_notify *n = isrv_mem_zalloc(&s->mem, sizeof(*n));

	o->groups = n;
	if (!n)
		return false;
	n->groups = isrv_mem_zarray(&s->mem, kinds, sizeof(*n->groups));
	if (!n->groups)
		return false;
	n->group_count = kinds;
	for (uint32_t i = 0; i < kinds; i++) {
		n->groups[i].where = ISRV_NOTIFY_MAILBOXES;
		n->groups[i].events = ISRV_NOTIFY_NEW;
	}
	return true;
}

/* Names go to where they are needed, filters that a list has to answer to their group.  False: no
 * memory. */
static bool sort_out(struct imapsrv_session *s, struct isrv_esearch_sources *o)
{
	if (!make_groups(s, o))
		return false;
	for (uint32_t i = 0; i < o->count; i++) {
		const struct isrv_filter *f = &o->filters[i];
		struct isrv_notify_group *g = &o->groups->groups[f->where];
		bool named = f->where == ISRV_NOTIFY_MAILBOXES;

		if (!add_names(s, named ? &o->names : &g->names, f))
			return false;
		if (named)
			continue;
		g->where = f->where;
		g->all = g->all || f->all;
		o->groups->follows = o->groups->follows || f->where == ISRV_NOTIFY_SUBSCRIBED;
		o->at = SOURCES_LISTED;
	}
	return true;
}

static void take_name(struct imapsrv_session *s, void *ctx, const void *answer)
{
	const uint32_t never = IMAPSRV_ATTR_NONEXISTENT | IMAPSRV_ATTR_NOSELECT |
	                       IMAPSRV_ATTR_NOACCESS;
	const struct isrv_notify_account account = isrv_hear_account(s);
	const struct imapsrv_name *name = answer;
	struct isrv_esearch_sources *o = ctx;
	struct isrv_notify *n = o->groups;

	s->steps += n->group_count;
	if (o->nomem || o->too_many || name->attributes & never)
		return;
	if (n->follows &&
	    (name->attributes & IMAPSRV_ATTR_SUBSCRIBED || !s->engine->mailboxes.subscribe))
		o->nomem = !isrv_names_add(&n->subscribed, &s->mem, name->name);
	if (o->nomem || !isrv_notify_wants(n, &account, name->name))
		return;
	o->nomem = !isrv_names_add(&o->names, &s->mem, name->name);
	o->too_many = isrv_names_count(&o->names) > s->engine->limits.names;
}

static enum isrv_step too_many(struct imapsrv_session *s)
{
	return isrv_no(s, "LIMIT", "These are more mailboxes than one search may have");
}

enum isrv_step isrv_esearch_sources_step(struct imapsrv_session *s, struct isrv_esearch_sources *o,
                                         bool *ok_r)
{
	struct imapsrv_list q = {.account = s->account.handle};

	*ok_r = false;
	if (o->at == SOURCES_START && o->others) {
		if (o->counted.too_many)
			return too_many(s);
		o->nomem = !sort_out(s, o);
		if (!o->nomem && o->at == SOURCES_LISTED) {
			q.subscribed = o->groups->follows;
			ISRV_ASK(s, ISRV_OP_LIST, store, list, &q, take_name, o);
		}
	}
	if (!o->nomem && o->at == SOURCES_LISTED && !isrv_answered(s))
		return ISRV_HOST;
	if (o->nomem)
		isrv_session_fail(s, IMAPSRV_ENOMEM);
	else if (o->at == SOURCES_LISTED && s->result.code != IMAPSRV_OK)
		return isrv_refused(s, NULL);
	else if (o->too_many)
		return too_many(s);
	else
		*ok_r = true;
	return ISRV_DONE;
}

void isrv_esearch_sources_drop(struct imapsrv_session *s, struct isrv_esearch_sources *o)
{
	isrv_notify_free(o->groups, &s->mem);
	o->groups = NULL;
	isrv_names_clear(&o->names, &s->mem);
}
