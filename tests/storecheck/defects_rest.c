/* SPDX-License-Identifier: MIT */
/*
 * storecheck/defects_rest - stores that leave questions open or half done, that race with
 * themselves, that forget when they are closed; and indexes that are wrong.
 */
#include "storecheck/kit.h"

#include <stdlib.h>
#include <string.h>

static void later(struct ts *ts)
{
	ts->options.mode = TS_LATER;
}

/* ---- questions and answers ------------------------------------------------------------------ */

static void never(struct ts *ts)
{
	ts->options.mode = TS_LATER;
	ts->options.mute_at = 100;
}

static void fetch_more(void *user, struct imapsrv_op *op, const struct imapsrv_fetch *q)
{
	struct imapsrv_row row = {.uid = 4000000, .facts = IMAPSRV_FACT_FLAGS};

	if (q->facts & IMAPSRV_FACT_FLAGS)
		imapsrv_op_row(op, &row);
	sound.store.fetch(user, op, q);
}

/* As a join does with a row for each keyword. */
static void fetch_twice(void *user, struct imapsrv_op *op, const struct imapsrv_fetch *q)
{
	const struct ts_mailbox *m = box_of(q->mailbox);

	for (size_t i = 0; i < m->count && q->facts == IMAPSRV_FACT_FLAGS; i++) {
		struct imapsrv_row row = {.uid = m->messages[i].uid, .facts = IMAPSRV_FACT_FLAGS,
		                          .flags = {.system = m->messages[i].system}};

		imapsrv_op_row(op, &row);
	}
	sound.store.fetch(user, op, q);
}

/* One connection for each user. */
static void login_once(void *user, struct imapsrv_op *op, const struct imapsrv_login *q)
{
	for (const struct ts_handle *h = store_of(user)->handles; h; h = h->next)
		if (h->kind == TS_ACCOUNT) {
			imapsrv_op_done(op, IMAPSRV_AUTHENTICATIONFAILED, NULL);
			return;
		}
	sound.store.login(user, op, q);
}

/* What was begun is left as it is. */
static void cancel_half(void *user, struct imapsrv_op *op)
{
	struct ts_op *q = imapsrv_op_get_data(op);
	struct ts_mailbox *to = q->name ? ts_find(store_of(user), store_of(user)->users,
	                                          q->name) : NULL;
	const struct ts_mailbox *from = q->mailbox ? q->mailbox->mailbox : NULL;

	if (q->kind == TS_COPY && to && from->count) {
		const struct ts_message *m = &from->messages[0];

		ts_add(to, 0, m->blob->data, m->blob->len, m->date, m->zone);
	}
	sound.store.cancel(user, op);
}

/* Looks at the condition now, and changes flags later. */
static void store_races(void *user, struct imapsrv_op *op, const struct imapsrv_store_flags *q)
{
	const struct ts_mailbox *m = box_of(q->mailbox);
	struct imapsrv_store_flags changed = *q;

	changed.conditional = 0;
	for (size_t i = 0; i < m->count && q->conditional; i++)
		if (ts_set_has(q->uids, m->messages[i].uid) &&
		    m->messages[i].modseq > q->unchanged_since)
			changed.conditional = 1;
	sound.store.store(user, op, &changed);
}

/* ---- rows ----------------------------------------------------------------------------------- */

/* Who reads a message touches its file, whose time is the date. */
static void body_touches(void *user, struct imapsrv_op *op, const struct imapsrv_body *q)
{
	struct ts_message *m = ts_message(box_of(q->mailbox), q->uid);

	sound.store.body(user, op, q);
	if (m)
		m->date += 3600;
}

/* Whoever looks has seen. */
static void body_sees(void *user, struct imapsrv_op *op, const struct imapsrv_body *q)
{
	struct ts_message *m = ts_message(box_of(q->mailbox), q->uid);

	sound.store.body(user, op, q);
	if (m)
		m->system |= IMAPSRV_SEEN;
}

/* As many rows as fit a page. */
static void fetch_page(void *user, struct imapsrv_op *op, const struct imapsrv_fetch *q)
{
	const struct ts_mailbox *m = box_of(q->mailbox);
	struct imapsrv_range first = {1, m->count > 5 ? m->messages[4].uid : UINT32_MAX};
	struct imapsrv_fetch changed = *q;

	if (q->uids.count == 1 && q->uids.ranges[0].first == 1)
		changed.uids = (struct imapsrv_set){&first, 1};
	sound.store.fetch(user, op, &changed);
}

static void copy_other_validity(void *user, struct imapsrv_op *op, const struct imapsrv_copy *q)
{
	struct ts_mailbox *m = named(user, q->name);

	if (m)
		m->uidvalidity++;
	sound.store.copy(user, op, q);
	if (m)
		m->uidvalidity--;
}

/* The conversation of a message is another once it was copied. */
static void copy_new_thread(void *user, struct imapsrv_op *op, const struct imapsrv_copy *q)
{
	struct ts_mailbox *m = named(user, q->name);

	sound.store.copy(user, op, q);
	if (m && m->count)
		strcpy(m->messages[m->count - 1].blob->threadid, "Tother");
}

static void finish_threads(void *user, struct imapsrv_op *op, const struct imapsrv_append_finish *q)
{
	struct ts_mailbox *m = ((struct ts_handle *)q->append)->mailbox;

	sound.store.append_finish(user, op, q);
	for (size_t i = 0; i < m->count; i++)
		if (!m->messages[i].blob->threadid[0])
			strcpy(m->messages[i].blob->threadid, "T1");
}

/* Tells a sequence that it gives out only then. */
static void expunge_early(void *user, struct imapsrv_op *op, const struct imapsrv_expunge *q)
{
	struct ts_mailbox *m = box_of(q->mailbox);

	m->modseq += 10;
	sound.store.expunge(user, op, q);
	m->modseq -= 10;
}

/* ---- a restart ------------------------------------------------------------------------------ */

static int restart_no_flags(void *user)
{
	for (struct ts_mailbox *m = ((struct ts *)user)->mailboxes; m; m = m->next)
		for (size_t i = 0; i < m->count; i++)
			m->messages[i].system = 0;
	return 0;
}

static int restart_low(void *user)
{
	for (struct ts_mailbox *m = ((struct ts *)user)->mailboxes; m; m = m->next) {
		for (size_t i = 0; i < m->count; i++)
			m->messages[i].modseq = 1;
		m->modseq = 1;
	}
	return 0;
}

static int restart_no_graves(void *user)
{
	for (struct ts_mailbox *m = ((struct ts *)user)->mailboxes; m; m = m->next)
		m->grave_count = 0;
	return 0;
}

static int restart_no_subscriptions(void *user)
{
	struct ts_user *u = ((struct ts *)user)->users;

	while (u->subscription_count)
		free(u->subscriptions[--u->subscription_count]);
	return 0;
}

static int restart_new_validity(void *user)
{
	for (struct ts_mailbox *m = ((struct ts *)user)->mailboxes; m; m = m->next)
		m->uidvalidity++;
	return 0;
}

static int restart_fails(void *user)
{
	(void)user;
	return 1;
}

/* ---- an index ------------------------------------------------------------------------------- */

/* The newest message is not in it yet, and it says so of no key. */
static void search_stale(void *user, struct imapsrv_op *op, const struct imapsrv_search *q)
{
	struct ts_mailbox *m = box_of(q->mailbox);

	if (m->count)
		m->count--;
	sound.store.search(user, op, q);
	m->count++;
}

/* What may be is said to be. */
static void search_sure(void *user, struct imapsrv_op *op, const struct imapsrv_search *q)
{
	static const struct imapsrv_set none;

	(void)user;
	for (const struct imapsrv_search_node *node = q->first; node; node = node->following)
		if (node->kind == IMAPSRV_SEARCH_BODY)
			imapsrv_op_found(op, node, q->uids, none);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

/* Forgets what is so when it is asked what is nearly so. */
static void search_far(void *user, struct imapsrv_op *op, const struct imapsrv_search *q)
{
	static const struct imapsrv_set none;

	if (q->root->kind == IMAPSRV_SEARCH_FUZZY) {
		imapsrv_op_found(op, q->root, none, none);
		imapsrv_op_done(op, IMAPSRV_OK, NULL);
	} else {
		sound.store.search(user, op, q);
	}
}

static void sort_reversed(void *user, struct imapsrv_op *op, const struct imapsrv_sort *q)
{
	struct imapsrv_sort_criterion first = q->criteria[0];
	struct imapsrv_sort changed = *q;

	first.reverse = !first.reverse;
	if (q->count == 1)
		changed.criteria = &first;
	sound.store.sort(user, op, &changed);
}

/* All in one thread. */
static void thread_one(void *user, struct imapsrv_op *op, const struct imapsrv_thread *q)
{
	const struct ts_mailbox *m = box_of(q->mailbox);
	bool begun = false;

	(void)user;
	for (size_t i = 0; i < m->count; i++) {
		struct imapsrv_thread_member member = {m->messages[i].uid, begun};

		if (!ts_set_has(q->uids, member.uid))
			continue;
		imapsrv_op_thread(op, &member, 1);
		begun = true;
	}
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

#define PUT(name, member)                                                                          \
	static void put_##name(struct tables *t)                                                   \
	{                                                                                          \
		t->store.member = name;                                                            \
	}
PUT(fetch_more, fetch)
PUT(fetch_twice, fetch)
PUT(login_once, login)
PUT(cancel_half, cancel)
PUT(store_races, store)
PUT(body_touches, body)
PUT(body_sees, body)
PUT(fetch_page, fetch)
PUT(copy_other_validity, copy)
PUT(expunge_early, expunge)
PUT(search_stale, search)
PUT(search_sure, search)
PUT(search_far, search)
PUT(sort_reversed, sort)
PUT(thread_one, thread)

static void put_copy_new_thread(struct tables *t)
{
	t->store.copy = copy_new_thread;
	t->store.append_finish = finish_threads;
}

const struct defect defects_rest[] = {
	{"never-answers", "op.answered", NULL, never, NULL, false},
	{"fetch-more", "op.sense", put_fetch_more, NULL, NULL, false},
	{"fetch-twice", "op.sense", put_fetch_twice, NULL, NULL, false},
	{"login-once", "login.known", put_login_once, NULL, NULL, false},
	{"cancel-half", "op.cancelled", put_cancel_half, later, NULL, false},
	{"store-races", "store.atomic", put_store_races, later, NULL, false},
	{"body-touches", "fetch.date", put_body_touches, NULL, NULL, false},
	{"body-sees", "fetch.flags", put_body_sees, NULL, NULL, false},
	{"fetch-page", "fetch.rows", put_fetch_page, NULL, NULL, false},
	{"copy-other-validity", "copy.uids", put_copy_other_validity, NULL, NULL, false},
	{"copy-new-thread", "objectid.thread", put_copy_new_thread, NULL, NULL, false},
	{"expunge-early", "modseq.row", put_expunge_early, NULL, NULL, false},
	{"silent-outside", "outside.seen", NULL, NULL, NULL, true},
	{"restart-no-flags", "restart.mail", NULL, NULL, restart_no_flags, false},
	{"restart-fails", "restart.mail", NULL, NULL, restart_fails, false},
	{"restart-low", "restart.modseq", NULL, NULL, restart_low, false},
	{"restart-no-graves", "vanished.all", NULL, NULL, restart_no_graves, false},
	{"restart-no-subscriptions", "restart.names", NULL, NULL, restart_no_subscriptions, false},
	{"restart-new-validity", "restart.names", NULL, NULL, restart_new_validity, false},
	{"search-stale", "search.agrees", put_search_stale, NULL, NULL, false},
	{"search-sure", "search.agrees", put_search_sure, NULL, NULL, false},
	{"search-far", "search.fuzzy", put_search_far, NULL, NULL, false},
	{"sort-reversed", "sort.agrees", put_sort_reversed, NULL, NULL, false},
	{"thread-one", "thread.agrees", put_thread_one, NULL, NULL, false},
	{NULL, NULL, NULL, NULL, NULL, false},
};
