/* SPDX-License-Identifier: MIT */
/*
 * NOTIFY SET and NONE (RFC 5465 3.1).  What is asked for is in force, and the host watches for it,
 * before the first STATUS response is worked out: a change that this does not show is told after
 * it.  Changes of the selected mailbox come before the tagged line, as after a NOOP.
 *
 * A name that does not exist and one that this account may not see are the same thing: `list` does
 * not give them, and nothing is said (ATTACKS T38).
 */
#include "command/notify.h"

#include "command/commands.h"
#include "command/list.h"
#include "command/memory.h"
#include "session/hear.h"
#include "session/modseq.h"
#include "session/watch.h"

enum {
	NOTIFY_START,
	NOTIFY_LISTED,
	NOTIFY_NOACCESS,
	NOTIFY_STATUS,
	NOTIFY_STATUS_ASKED
};

/* ---- refusals ------------------------------------------------------------------------------ */

static unsigned supported(const struct imapsrv_session *s)
{
	uint32_t posted = s->engine->watch.events;
	unsigned events = ISRV_NOTIFY_MESSAGES | ISRV_NOTIFY_NAME | ISRV_NOTIFY_SUBSCRIPTION;

	/* Where there are none no FETCH could show them. */
	if (!isrv_caps_has(s, ISRV_CAP_ANNOTATE))
		events &= ~(unsigned)ISRV_NOTIFY_ANNOTATIONS;
	/* Required where the extension is there (RFC 5465 5.6, 5.7). */
	if (posted & IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_MAILBOX_METADATA) ||
	    isrv_caps_has(s, ISRV_CAP_METADATA))
		events |= ISRV_NOTIFY_METADATA;
	if (posted & IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_SERVER_METADATA) ||
	    isrv_caps_has(s, ISRV_CAP_METADATA_SERVER))
		events |= ISRV_NOTIFY_SERVER_METADATA;
	return events;
}

/* unsupported-events-code = "BADEVENT" SP "(" event-name *(SP event-name) ")" */
static void put_badevent(struct imapsrv_session *s, void *args)
{
	(void)args;
	ISRV_W(&s->w, "BADEVENT (");
	isrv_notify_put_names(&s->w, supported(s));
	ISRV_W(&s->w, ")");
}

static bool is_unsupported(const struct imapsrv_session *s, const struct isrv_notify_args *a)
{
	unsigned wanted = a->selected;

	for (uint32_t i = 0; i < a->group_count; i++)
		wanted |= a->groups[i].events;
	return a->unsupported || wanted & ~supported(s);
}

static enum isrv_step bad_event(struct imapsrv_session *s)
{
	isrv_no(s, NULL, "These events can be asked for, and no others");
	s->reply.put_code = put_badevent;
	return ISRV_DONE;
}

static enum isrv_step too_many(struct imapsrv_session *s)
{
	return isrv_no(s, "NOTIFICATIONOVERFLOW", "That is more than can be listened for");
}

/* ---- making it ----------------------------------------------------------------------------- */

/* Of each kind of mailboxes and events: which group it is, from 1 on. */
struct places {
	uint16_t at[ISRV_NOTIFY_MAILBOXES + 1][UINT8_MAX + 1];
};

/* Groups that want the same of the same kind of mailboxes are one: every event is looked for in
 * all, and so they are a few hundred at most, however many the client gives.  False: no memory. */
static bool fill_groups(struct imapsrv_session *s, const struct isrv_notify_args *a,
                        struct isrv_notify *n)
{
	struct places places = {0};
	uint32_t count = 0;

	for (uint32_t i = 0; i < a->group_count; i++) {
		uint16_t *place = &places.at[a->groups[i].filter.where][a->groups[i].events];

		if (!*place)
			*place = (uint16_t)++count;
	}
	n->groups = isrv_mem_zarray(&s->mem, count, sizeof(*n->groups));
	if (!n->groups)
		return false;
	n->group_count = count;
	for (uint32_t i = 0; i < a->group_count; i++) {
		const struct isrv_notify_ask *ask = &a->groups[i];
		struct isrv_notify_group *g =
			&n->groups[places.at[ask->filter.where][ask->events] - 1];

		g->where = ask->filter.where;
		g->events = ask->events;
		g->all = g->all || ask->filter.all;
		n->follows = n->follows || g->where == ISRV_NOTIFY_SUBSCRIBED;
		for (uint32_t k = 0; k < ask->filter.name_count; k++)
			if (!isrv_names_add(&g->names, &s->mem, ask->filter.names[k]))
				return false;
	}
	return true;
}

/* Copies what was parsed to where it lasts.  False: no memory. */
static bool fill(struct imapsrv_session *s, const struct isrv_notify_args *a, struct isrv_notify *n)
{
	n->selected = a->selected;
	n->delayed = a->delayed;
	n->max_names = s->engine->limits.notify_names;
	n->max_news = s->engine->limits.notify_pending;
	if (a->fetch.len) {
		n->fetch = isrv_mem_alloc(&s->mem, a->fetch.len);
		if (!n->fetch)
			return false;
		n->fetch_len = a->fetch.len;
		memcpy(n->fetch, a->fetch.data, a->fetch.len);
	}
	return !a->group_count || fill_groups(s, a, n);
}

static bool make(struct imapsrv_session *s, struct isrv_notify_args *a)
{
	a->made = isrv_mem_zalloc(&s->mem, sizeof(*a->made));
	if (a->made && fill(s, a, a->made))
		return true;
	isrv_session_fail(s, IMAPSRV_ENOMEM);
	return false;
}

/* ---- which mailboxes there are ------------------------------------------------------------- */

/* Of which messages are heard, if they were to be; sorted out when all are there. */
static void take_name(struct imapsrv_session *s, void *ctx, const void *answer)
{
	const struct imapsrv_name *name = answer;
	struct isrv_notify_args *a = ctx;
	struct isrv_notify *n = a->made;
	bool exists = !(name->attributes & (IMAPSRV_ATTR_NONEXISTENT | IMAPSRV_ATTR_NOSELECT));
	struct isrv_names *to =
		name->attributes & IMAPSRV_ATTR_NOACCESS ? &a->noaccess : &a->readable;

	s->steps++;
	if (a->nomem || a->too_many)
		return;
	if (n->follows && (name->attributes & IMAPSRV_ATTR_SUBSCRIBED ||
	                   (exists && !s->engine->mailboxes.subscribe))) {
		a->nomem = !isrv_names_add(&n->subscribed, &s->mem, name->name);
		a->too_many = isrv_names_count(&n->subscribed) > n->max_names;
	}
	if (!exists || a->nomem || a->too_many)
		return;
	if (!n->follows) {
		const struct isrv_notify_account account = isrv_hear_account(s);

		if (!(isrv_notify_wants(n, &account, name->name) & ISRV_NOTIFY_MESSAGES))
			return;
	}
	a->nomem = !isrv_names_add(to, &s->mem, name->name);
	a->too_many = isrv_names_count(to) > s->engine->limits.names;
}

static void ask_list(struct imapsrv_session *s, struct isrv_notify_args *a)
{
	struct imapsrv_list q = {.account = s->account.handle};

	q.subscribed = a->made->follows;
	s->subscriptions_moved = false;
	isrv_names_clear(&a->made->subscribed, &s->mem);
	isrv_names_clear(&a->readable, &s->mem);
	isrv_names_clear(&a->noaccess, &s->mem);
	a->at = NOTIFY_LISTED;
	ISRV_ASK(s, ISRV_OP_LIST, store, list, &q, take_name, a);
}

/* How many of them messages are heard of. */
static size_t count_heard(struct imapsrv_session *s, const struct isrv_notify *n,
                          const struct isrv_names *names)
{
	const struct isrv_notify_account account = isrv_hear_account(s);
	size_t count = 0;

	for (uint32_t i = 0; i < isrv_names_count(names); i++, s->steps++)
		if (isrv_notify_wants(n, &account, isrv_names_at(names, i)) & ISRV_NOTIFY_MESSAGES)
			count++;
	return count;
}

/* ---- what the host watches ----------------------------------------------------------------- */

/* All interests of n, sorted, in the arena. */
static bool gather(struct imapsrv_session *s, const struct isrv_notify *n,
                   struct imapsrv_interest **list_r, size_t *count_r)
{
	const struct isrv_notify_account account = isrv_hear_account(s);
	struct imapsrv_interest *list;
	size_t groups, each = 0, all, at;

	*count_r = 0;
	*list_r = NULL;
	if (!n)
		return true;
	groups = isrv_notify_of_groups(n, &account, 0, NULL, 0);
	if (isrv_names_count(&n->subscribed))
		each = isrv_notify_of_subscribed(n, isrv_names_at(&n->subscribed, 0), 0, NULL, 0);
	all = groups + each * isrv_names_count(&n->subscribed);
	list = isrv_arena_array(&s->arena, all ? all : 1, sizeof(*list));
	if (!list)
		return false;
	isrv_notify_of_groups(n, &account, 0, list, groups);
	at = groups;
	for (uint32_t i = 0; i < isrv_names_count(&n->subscribed); i++, at += each)
		isrv_notify_of_subscribed(n, isrv_names_at(&n->subscribed, i), 0, list + at, each);
	isrv_notify_sort(list, all);
	s->steps += all;
	*list_r = list;
	*count_r = all;
	return true;
}

/* Takes out of both what both have. */
static void subtract(struct imapsrv_interest *a, size_t *a_count, struct imapsrv_interest *b,
                     size_t *b_count)
{
	size_t i = 0, k = 0, a_kept = 0, b_kept = 0;

	while (i < *a_count || k < *b_count) {
		int order = i == *a_count   ? 1
		            : k == *b_count ? -1
		                            : isrv_notify_compare(&a[i], &b[k]);

		if (order == 0)
			i++, k++;
		else if (order < 0)
			a[a_kept++] = a[i++];
		else
			b[b_kept++] = b[k++];
	}
	*a_count = a_kept;
	*b_count = b_kept;
}

/* Tells the host the difference between what was asked for and what is.  False: no memory. */
static bool rewatch(struct imapsrv_session *s, const struct isrv_notify *n)
{
	struct imapsrv_interest *added, *removed;
	size_t added_count, removed_count;

	if (!s->engine->watch.changed)
		return true;
	if (!gather(s, n, &added, &added_count) || !gather(s, s->notify, &removed, &removed_count))
		return false;
	subtract(added, &added_count, removed, &removed_count);
	isrv_watch_change(s, added, added_count, removed, removed_count);
	return true;
}

/* ---- STATUS and \NoAccess ------------------------------------------------------------------ */

static unsigned wants(const struct imapsrv_session *s, struct imapsrv_span name)
{
	const struct isrv_notify_account account = isrv_hear_account(s);

	/* An overflow may have ended it already. */
	return s->notify ? isrv_notify_wants(s->notify, &account, name) & ISRV_NOTIFY_MESSAGES : 0;
}

/* RFC 5465 3.1, "If MessageNew is enabled, the STATUS response MUST contain" */
static uint32_t status_items(const struct imapsrv_session *s, unsigned events)
{
	uint32_t items = 0;

	if (events & ISRV_NOTIFY_NEW)
		items |= IMAPSRV_STATUS_MESSAGES | IMAPSRV_STATUS_UIDNEXT |
		         IMAPSRV_STATUS_UIDVALIDITY;
	if (events & ISRV_NOTIFY_EXPUNGE)
		items |= IMAPSRV_STATUS_MESSAGES;
	if (events & (ISRV_NOTIFY_FLAGS | ISRV_NOTIFY_ANNOTATIONS) &&
	    isrv_caps_has(s, ISRV_CAP_CONDSTORE))
		items |= IMAPSRV_STATUS_UIDVALIDITY | IMAPSRV_STATUS_HIGHESTMODSEQ;
	return items;
}

/* It can be listed, and not read (RFC 5465 3.1); that is remembered, for when it changes. */
static void put_noaccess(struct imapsrv_session *s, struct imapsrv_span name)
{
	isrv_list_put_line(s, IMAPSRV_ATTR_NOACCESS, name);
	isrv_w_crlf(&s->w);
	isrv_hear_noaccess(s, name);
}

/* The next mailbox whose status is to be told; false: there is none. */
static bool begin_status(struct imapsrv_session *s, struct isrv_notify_args *a)
{
	for (; a->next < isrv_names_count(&a->readable); a->next++) {
		struct imapsrv_span name = isrv_names_at(&a->readable, a->next);
		uint32_t items = status_items(s, wants(s, name));
		struct isrv_news *news;

		s->steps++;
		if (!items || isrv_session_is_selected(s, name))
			continue;
		/* What has happened to it before now, this tells. */
		news = isrv_news_find(&s->notify->news, name);
		if (news)
			news->tell &= ~(uint32_t)ISRV_TELL_STATUS;
		isrv_status_begin(&a->one, name, items);
		a->status_open = true;
		a->next++;
		return true;
	}
	return false;
}

static void end_status(struct imapsrv_session *s, struct isrv_notify_args *a)
{
	a->status_open = false;
	if (!a->one.refused)
		isrv_status_put(s, &a->one);
	else if (s->result.code == IMAPSRV_NOPERM)
		put_noaccess(s, a->one.name);
}

static enum isrv_step tell_status(struct imapsrv_session *s, struct isrv_notify_args *a)
{
	for (;;) {
		enum isrv_step step;

		if (!a->status_open) {
			if (isrv_session_full(s))
				return ISRV_OUTPUT;
			if (!begin_status(s, a))
				return ISRV_DONE;
		}
		step = isrv_status_step(s, &a->one);
		if (step != ISRV_DONE || s->error)
			return step;
		end_status(s, a);
	}
}

static enum isrv_step tell_noaccess(struct imapsrv_session *s, struct isrv_notify_args *a)
{
	for (; a->next < isrv_names_count(&a->noaccess); a->next++) {
		struct imapsrv_span name = isrv_names_at(&a->noaccess, a->next);

		if (isrv_session_full(s))
			return ISRV_OUTPUT;
		s->steps++;
		if (wants(s, name))
			put_noaccess(s, name);
	}
	a->next = 0;
	return ISRV_DONE;
}

/* ---- the command --------------------------------------------------------------------------- */

static void drop(struct imapsrv_session *s, void *args)
{
	struct isrv_notify_args *a = args;

	if (a->status_open)
		isrv_status_drop(s, &a->one);
	a->status_open = false;
	isrv_notify_free(a->made, &s->mem);
	a->made = NULL;
	isrv_names_clear(&a->readable, &s->mem);
	isrv_names_clear(&a->noaccess, &s->mem);
}

static enum isrv_step done(struct imapsrv_session *s, struct isrv_notify_args *a)
{
	drop(s, a);
	s->tell_all = true;
	return isrv_ok(s, "NOTIFY done");
}

/* It is in force from here on.  False: no memory. */
static bool commit(struct imapsrv_session *s, struct isrv_notify_args *a)
{
	struct isrv_notify *n = a->made;
	bool done;

	(void)isrv_hear_hold(s);
	done = rewatch(s, n);
	if (done) {
		a->made = NULL;
		isrv_hear_this(s, n);
		/* Others are subscribed to by now than those that it was made for. */
		if (n->follows && s->subscriptions_moved)
			isrv_hear_overflow(s);
	}
	isrv_hear_let_go(s, false);
	if (!done) {
		isrv_command_nomem(s);
		return false;
	}
	if (a->modseq)
		isrv_modseq_enable(s, 0);
	return true;
}

static enum isrv_step start(struct imapsrv_session *s, struct isrv_notify_args *a)
{
	if (a->none) {
		s->overflowed = false;
		isrv_hear_nothing(s, ISRV_HEARING_NOTHING);
		return isrv_ok(s, "NOTIFY done");
	}
	if (is_unsupported(s, a))
		return bad_event(s);
	if (a->count.too_many || a->too_much)
		return too_many(s);
	if (!make(s, a))
		return ISRV_DONE;
	if (a->group_count) {
		ask_list(s, a);
		return ISRV_HOST;
	}
	if (commit(s, a))
		return done(s, a);
	drop(s, a);
	return ISRV_DONE;
}

/* DONE: the reply is set; HOST: go on. */
static enum isrv_step listed(struct imapsrv_session *s, struct isrv_notify_args *a)
{
	enum isrv_step step = ISRV_DONE;

	if (a->nomem)
		isrv_session_fail(s, IMAPSRV_ENOMEM);
	else if (s->result.code != IMAPSRV_OK)
		step = isrv_refused(s, NULL);
	else if (a->too_many || count_heard(s, a->made, &a->readable) +
	                                        count_heard(s, a->made, &a->noaccess) >
	                                s->engine->limits.notify_mailboxes)
		step = too_many(s);
	else if (a->made->follows && s->subscriptions_moved) {
		ask_list(s, a);
		return ISRV_HOST;
	} else if (commit(s, a)) {
		a->at = NOTIFY_NOACCESS;
		return ISRV_HOST;
	}
	drop(s, a);
	return step;
}

static enum isrv_step step(struct imapsrv_session *s, void *args)
{
	struct isrv_notify_args *a = args;
	enum isrv_step step;

	if (a->at == NOTIFY_START) {
		step = start(s, a);
		if (step != ISRV_HOST)
			return step;
	}
	while (a->at == NOTIFY_LISTED) {
		if (!isrv_answered(s))
			return ISRV_HOST;
		step = listed(s, a);
		if (step != ISRV_HOST)
			return step;
	}
	if (a->at == NOTIFY_NOACCESS) {
		step = tell_noaccess(s, a);
		if (step != ISRV_DONE)
			return step;
		a->at = NOTIFY_STATUS;
	}
	step = a->status ? tell_status(s, a) : ISRV_DONE;
	if (step != ISRV_DONE || s->error)
		return step;
	return done(s, a);
}

const struct isrv_command isrv_command_notify = {
	.name = "NOTIFY",
	.states = ISRV_IN_AUTHED,
	.cap = ISRV_CAP_NOTIFY,
	.args_size = sizeof(struct isrv_notify_args),
	.parse = isrv_notify_parse,
	.step = step,
	.drop = drop,
};
