/* SPDX-License-Identifier: MIT */
/*
 * storecheck/defects_change - stores that do something else than they are asked: flags, appends,
 * expunges, copies, modification sequences; and stores that keep what they did to themselves.
 */
#include "storecheck/kit.h"

#include <stdlib.h>
#include <string.h>

/* ---- flags ------------------------------------------------------------------------------- */

static void store_set_adds(void *user, struct imapsrv_op *op, const struct imapsrv_store_flags *q)
{
	struct imapsrv_store_flags changed = *q;

	if (q->mode == IMAPSRV_FLAGS_SET)
		changed.mode = IMAPSRV_FLAGS_ADD;
	sound.store.store(user, op, &changed);
}

static void store_keeps_answered(void *user, struct imapsrv_op *op,
                                 const struct imapsrv_store_flags *q)
{
	struct imapsrv_store_flags changed = *q;

	if (q->mode == IMAPSRV_FLAGS_REMOVE)
		changed.flags.system &= ~(uint32_t)IMAPSRV_ANSWERED;
	sound.store.store(user, op, &changed);
}

/* Knows a keyword only as it is spelled. */
static void store_case(void *user, struct imapsrv_op *op, const struct imapsrv_store_flags *q)
{
	struct imapsrv_store_flags changed = *q;

	if (q->flags.keyword_count && !memcmp(q->flags.keywords[0].data, "KIT", 3))
		changed.flags.keyword_count = 0;
	sound.store.store(user, op, &changed);
}

static void store_too_many(void *user, struct imapsrv_op *op, const struct imapsrv_store_flags *q)
{
	struct ts_mailbox *m = box_of(q->mailbox);

	if (m->count && q->mode == IMAPSRV_FLAGS_ADD && q->flags.system == IMAPSRV_FLAGGED)
		m->messages[m->count - 1].system |= IMAPSRV_FLAGGED;
	sound.store.store(user, op, q);
}

static bool uncounted; /* the next one gives no sequences */

static void as_it_is(struct imapsrv_row *row, bool changed)
{
	(void)row;
	(void)changed;
}

/* Does it as it should, and answers with rows of which `spoil` says what they are like. */
static void store_by_hand(void *user, struct imapsrv_op *op, const struct imapsrv_store_flags *q,
                          void (*spoil)(struct imapsrv_row *row, bool changed))
{
	struct ts_mailbox *m = box_of(q->mailbox);
	struct ts_changes c = {0};
	char *keywords[16];
	uint32_t count = q->flags.keyword_count < 16 ? q->flags.keyword_count : 16;
	uint64_t sequences[64], highest = m->modseq;

	for (uint32_t i = 0; i < count; i++)
		keywords[i] = tx_dup(q->flags.keywords[i].data, q->flags.keywords[i].len);
	for (size_t i = 0; i < m->count && i < 64; i++)
		sequences[i] = m->messages[i].modseq;
	if (!q->conditional)
		ts_flag(m, q->uids, q->mode, q->flags.system, keywords, count, &c);
	for (size_t i = 0; uncounted && i < m->count && i < 64; i++)
		m->messages[i].modseq = sequences[i];
	if (uncounted)
		m->modseq = highest;
	for (size_t i = 0; spoil && i < m->count; i++) {
		const struct ts_message *x = &m->messages[i];
		struct imapsrv_row row = {.uid = x->uid, .modseq = x->modseq,
		                          .facts = IMAPSRV_FACT_FLAGS | IMAPSRV_FACT_MODSEQ};
		struct imapsrv_span names[16];
		bool changed = ts_set_has(ts_set_view(&c.changed), x->uid);

		if (!ts_set_has(q->uids, x->uid))
			continue;
		row.flags.system = x->system;
		row.flags.keywords = names;
		row.flags.keyword_count = x->keyword_count;
		for (uint32_t k = 0; k < x->keyword_count; k++)
			names[k] = (struct imapsrv_span){m->keywords[x->keywords[k]],
			                                 strlen(m->keywords[x->keywords[k]])};
		row.unchanged = !changed;
		spoil(&row, changed);
		imapsrv_op_row(op, &row);
	}
	ts_post_changes(store_of(user), m, &c, session_of(user));
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
	for (uint32_t i = 0; i < count; i++)
		free(keywords[i]);
}

static void store_no_rows(void *user, struct imapsrv_op *op, const struct imapsrv_store_flags *q)
{
	store_by_hand(user, op, q, NULL);
}

static void always_unchanged(struct imapsrv_row *row, bool changed)
{
	(void)changed;
	row->unchanged = 1;
}

static void store_always_unchanged(void *user, struct imapsrv_op *op,
                                   const struct imapsrv_store_flags *q)
{
	store_by_hand(user, op, q, always_unchanged);
}

static void never_unchanged(struct imapsrv_row *row, bool changed)
{
	(void)changed;
	row->unchanged = 0;
}

static void store_never_unchanged(void *user, struct imapsrv_op *op,
                                  const struct imapsrv_store_flags *q)
{
	store_by_hand(user, op, q, never_unchanged);
}

static void low_sequence(struct imapsrv_row *row, bool changed)
{
	row->modseq -= changed && row->modseq > 1;
}

static void store_low_row(void *user, struct imapsrv_op *op, const struct imapsrv_store_flags *q)
{
	if (q->conditional)
		sound.store.store(user, op, q);
	else
		store_by_hand(user, op, q, low_sequence);
}

static void store_unconditional(void *user, struct imapsrv_op *op,
                                const struct imapsrv_store_flags *q)
{
	struct imapsrv_store_flags changed = *q;

	changed.conditional = 0;
	sound.store.store(user, op, &changed);
}

static void store_strict(void *user, struct imapsrv_op *op, const struct imapsrv_store_flags *q)
{
	struct imapsrv_store_flags changed = *q;

	if (q->unchanged_since)
		changed.unchanged_since--;
	sound.store.store(user, op, &changed);
}

/* ---- sequences --------------------------------------------------------------------------- */

/* Flags change, and nobody counts. */
static void store_no_sequence(void *user, struct imapsrv_op *op,
                              const struct imapsrv_store_flags *q)
{
	uncounted = true;
	store_by_hand(user, op, q, as_it_is);
	uncounted = false;
}

/* A flag that is set again counts as a change. */
static void store_again(void *user, struct imapsrv_op *op, const struct imapsrv_store_flags *q)
{
	struct ts_mailbox *m = box_of(q->mailbox);

	if (q->conditional) {
		sound.store.store(user, op, q);
		return;
	}
	for (size_t i = 0; i < m->count; i++)
		if (ts_set_has(q->uids, m->messages[i].uid))
			m->messages[i].modseq = ++m->modseq;
	store_by_hand(user, op, q, as_it_is);
}

/* What was given out is forgotten when nobody looks. */
static void close_forgets(void *user, void *mailbox)
{
	struct ts_mailbox *m = box_of(mailbox);

	for (size_t i = 0; i < m->count; i++)
		if (m->messages[i].modseq > 1)
			m->messages[i].modseq = 1;
	sound.store.close(user, mailbox);
}

static void expunge_no_sequence(void *user, struct imapsrv_op *op, const struct imapsrv_expunge *q)
{
	struct ts_mailbox *m = box_of(q->mailbox);

	/* The library finds the answer odd: it does not rise. */
	if (m->modseq)
		m->modseq--;
	sound.store.expunge(user, op, q);
}

static void vanished_nothing(void *user, struct imapsrv_op *op, const struct imapsrv_vanished *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void vanished_late(void *user, struct imapsrv_op *op, const struct imapsrv_vanished *q)
{
	struct imapsrv_vanished changed = *q;

	changed.since++;
	sound.store.vanished(user, op, &changed);
}

/* ---- appends ----------------------------------------------------------------------------- */

static void append_no_flags(void *user, struct imapsrv_op *op, const struct imapsrv_append *q)
{
	struct imapsrv_append changed = *q;

	changed.flags.system = 0;
	sound.store.append_begin(user, op, &changed);
}

static void append_no_date(void *user, struct imapsrv_op *op, const struct imapsrv_append *q)
{
	struct imapsrv_append changed = *q;

	changed.has_date = 0;
	sound.store.append_begin(user, op, &changed);
}

/* Has no room for what is large, and does not say that this is why. */
static void append_small_only(void *user, struct imapsrv_op *op, const struct imapsrv_append *q)
{
	if (q->octets > 50000)
		imapsrv_op_done(op, IMAPSRV_CANNOT, NULL);
	else
		sound.store.append_begin(user, op, q);
}

static void append_makes(void *user, struct imapsrv_op *op, const struct imapsrv_append *q)
{
	char *name = tx_dup(q->name.data, q->name.len);

	if (!ts_find(store_of(user), store_of(user)->users, name))
		ts_add_mailbox(store_of(user), store_of(user)->users, name);
	free(name);
	sound.store.append_begin(user, op, q);
}

static void append_no_limit(void *user, struct imapsrv_op *op, const struct imapsrv_append *q)
{
	struct ts_mailbox *m = named(user, q->name);
	uint64_t limit = m ? m->append_limit : 0;

	if (m)
		m->append_limit = UINT64_MAX;
	sound.store.append_begin(user, op, q);
	if (m)
		m->append_limit = limit;
}

static void create_limited(void *user, struct imapsrv_op *op, const struct imapsrv_create *q)
{
	struct ts *ts = store_of(user);

	sound.mailboxes.create(user, op, q);
	for (struct ts_mailbox *m = ts->mailboxes; m; m = m->next)
		m->append_limit = 200000;
}

static void finish_first_only(void *user, struct imapsrv_op *op,
                              const struct imapsrv_append_finish *q)
{
	struct ts_handle *h = q->append;

	/* What is behind the first goes, with all that it holds. */
	while (h->draft_count > 1) {
		struct ts_draft *d = &h->drafts[--h->draft_count];

		tx_free(&d->data);
		for (size_t k = 0; k < d->keyword_count; k++)
			free(d->keywords[k]);
		free(d->keywords);
	}
	sound.store.append_finish(user, op, q);
}

static void finish_short(void *user, struct imapsrv_op *op, const struct imapsrv_append_finish *q)
{
	struct ts_handle *h = q->append;
	struct ts_mailbox *m = h->mailbox;

	sound.store.append_finish(user, op, q);
	if (m->count)
		m->messages[m->count - 1].blob->len -= 2;
}

/* The UID that was told is not the one that the message has. */
static void finish_other_uid(void *user, struct imapsrv_op *op,
                             const struct imapsrv_append_finish *q)
{
	struct ts_handle *h = q->append;
	struct ts_mailbox *m = h->mailbox;

	silence(user, true);
	sound.store.append_finish(user, op, q);
	silence(user, false);
	m->messages[m->count - 1].uid++;
	m->uidnext++;
}

static void finish_lost(void *user, struct imapsrv_op *op, const struct imapsrv_append_finish *q)
{
	struct ts_handle *h = q->append;
	struct ts_mailbox *m = h->mailbox;

	sound.store.append_finish(user, op, q);
	if (m->count == 4) {
		struct imapsrv_range r = {m->messages[3].uid, m->messages[3].uid};
		struct ts_set gone = {0};

		ts_remove(m, (struct imapsrv_set){&r, 1}, false, &gone);
		ts_set_clear(&gone);
	}
}

static void abort_keeps(void *user, void *append)
{
	struct ts_handle *h = append;

	if (h->mailbox && h->draft_count)
		ts_add(h->mailbox, 0, h->drafts[0].data.data, h->drafts[0].data.len, 0, 0);
	sound.store.append_abort(user, append);
}

static void replace_keeps(void *user, struct imapsrv_op *op, const struct imapsrv_replace *q)
{
	struct imapsrv_append_finish finish = {q->append};

	sound.store.append_finish(user, op, &finish);
}

/* ---- expunges ---------------------------------------------------------------------------- */

/* Says that they went. */
static void expunge_says(void *user, struct imapsrv_op *op, const struct imapsrv_expunge *q)
{
	struct ts_mailbox *m = box_of(q->mailbox);
	struct ts_set gone = {0};

	(void)user;
	for (size_t i = 0; i < m->count; i++)
		if (ts_set_has(q->uids, m->messages[i].uid) &&
		    m->messages[i].system & IMAPSRV_DELETED)
			ts_set_add(&gone, m->messages[i].uid);
	imapsrv_op_uids(op, ts_set_view(&gone));
	imapsrv_op_modseq(op, ++m->modseq);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
	ts_set_clear(&gone);
}

static void expunge_all(void *user, struct imapsrv_op *op, const struct imapsrv_expunge *q)
{
	struct imapsrv_expunge changed = *q;

	changed.only_deleted = 0;
	sound.store.expunge(user, op, &changed);
}

static void expunge_anywhere(void *user, struct imapsrv_op *op, const struct imapsrv_expunge *q)
{
	struct imapsrv_range all = {1, UINT32_MAX};
	struct imapsrv_expunge changed = *q;

	changed.uids = (struct imapsrv_set){&all, 1};
	sound.store.expunge(user, op, &changed);
}

static void expunge_untold(void *user, struct imapsrv_op *op, const struct imapsrv_expunge *q)
{
	struct ts_mailbox *m = box_of(q->mailbox);
	struct ts_set gone = {0};

	(void)user;
	ts_remove(m, q->uids, q->only_deleted, &gone);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
	ts_set_clear(&gone);
}

/* UIDs that are free again are given again. */
static void expunge_frees(void *user, struct imapsrv_op *op, const struct imapsrv_expunge *q)
{
	struct ts_mailbox *m = box_of(q->mailbox);

	sound.store.expunge(user, op, q);
	m->uidnext = m->count ? m->messages[m->count - 1].uid + 1 : 1;
}

/* UIDNEXT is what it should be, and the next message has an old UID none the less. */
static void finish_reuses(void *user, struct imapsrv_op *op, const struct imapsrv_append_finish *q)
{
	struct ts_handle *h = q->append;
	struct ts_mailbox *m = h->mailbox;

	m->uidnext = m->count ? m->messages[m->count - 1].uid + 1 : 1;
	sound.store.append_finish(user, op, q);
}

/* ---- copies ------------------------------------------------------------------------------ */

static void copy_no_flags(void *user, struct imapsrv_op *op, const struct imapsrv_copy *q)
{
	struct ts_mailbox *m = box_of(q->mailbox);
	uint32_t kept[64];

	for (size_t i = 0; i < m->count && i < 64; i++) {
		kept[i] = m->messages[i].system;
		m->messages[i].system = 0;
	}
	sound.store.copy(user, op, q);
	for (size_t i = 0; i < m->count && i < 64; i++)
		if (q->uids.count && m->messages[i].uid <= m->messages[0].uid + 50)
			m->messages[i].system = i < 64 ? kept[i] : 0;
}

static void copy_some(void *user, struct imapsrv_op *op, const struct imapsrv_copy *q)
{
	struct imapsrv_copy changed = *q;

	changed.uids.count = 1;
	sound.store.copy(user, op, &changed);
}

static void copy_makes(void *user, struct imapsrv_op *op, const struct imapsrv_copy *q)
{
	char *name = tx_dup(q->name.data, q->name.len);

	if (!ts_find(store_of(user), store_of(user)->users, name))
		ts_add_mailbox(store_of(user), store_of(user)->users, name);
	free(name);
	sound.store.copy(user, op, q);
}

/* The UIDs are told in the wrong order. */
static void copy_swapped(void *user, struct imapsrv_op *op, const struct imapsrv_copy *q)
{
	struct ts_mailbox *m = named(user, q->name);

	sound.store.copy(user, op, q);
	if (m && m->count > 2 && m != box_of(q->mailbox)) {
		struct ts_message last = m->messages[m->count - 1], *x = &m->messages[m->count - 2];

		m->messages[m->count - 1] = *x;
		m->messages[m->count - 1].uid = last.uid;
		last.uid = x->uid;
		*x = last;
	}
}

static void copy_new_id(void *user, struct imapsrv_op *op, const struct imapsrv_copy *q)
{
	struct ts_mailbox *m = named(user, q->name);

	sound.store.copy(user, op, q);
	if (m && m->count)
		m->messages[m->count - 1].blob->emailid[0] = 'Q';
}

static void move_copies(void *user, struct imapsrv_op *op, const struct imapsrv_copy *q)
{
	struct ts_mailbox *from = box_of(q->mailbox), *to = named(user, q->name);
	struct ts_set copies = {0}, sources = {0};

	for (size_t i = 0; to && i < from->count; i++) {
		const struct ts_message *x = &from->messages[i];
		struct ts_message *y;

		if (!ts_set_has(q->uids, x->uid))
			continue;
		y = ts_add(to, 0, x->blob->data, x->blob->len, x->date, x->zone);
		y->system = x->system;
		ts_set_add(&sources, x->uid);
		ts_set_add(&copies, y->uid);
	}
	if (to && sources.count) {
		imapsrv_op_copied(op, to->uidvalidity, ts_set_view(&sources), ts_set_view(&copies));
		imapsrv_op_modseq(op, ++from->modseq);
	}
	imapsrv_op_done(op, to ? IMAPSRV_OK : IMAPSRV_NONEXISTENT, NULL);
	ts_set_clear(&copies);
	ts_set_clear(&sources);
}

/* ---- what others are not told ------------------------------------------------------------ */

#define SILENT(name, member, type)                                                                 \
	static void name(void *user, struct imapsrv_op *op, const struct type *q)                  \
	{                                                                                          \
		silence(user, true);                                                               \
		sound.store.member(user, op, q);                                                   \
		silence(user, false);                                                              \
	}
SILENT(silent_store, store, imapsrv_store_flags)
SILENT(silent_finish, append_finish, imapsrv_append_finish)
SILENT(silent_expunge, expunge, imapsrv_expunge)
SILENT(silent_copy, copy, imapsrv_copy)

#define PUT(name, member)                                                                          \
	static void put_##name(struct tables *t)                                                   \
	{                                                                                          \
		t->store.member = name;                                                            \
	}
PUT(store_set_adds, store)
PUT(store_keeps_answered, store)
PUT(store_case, store)
PUT(store_too_many, store)
PUT(store_no_rows, store)
PUT(store_always_unchanged, store)
PUT(store_never_unchanged, store)
PUT(store_low_row, store)
PUT(store_unconditional, store)
PUT(store_strict, store)
PUT(store_no_sequence, store)
PUT(store_again, store)
PUT(close_forgets, close)
PUT(expunge_no_sequence, expunge)
PUT(vanished_nothing, vanished)
PUT(vanished_late, vanished)
PUT(append_no_flags, append_begin)
PUT(append_no_date, append_begin)
PUT(append_makes, append_begin)
PUT(append_small_only, append_begin)
PUT(finish_first_only, append_finish)
PUT(finish_short, append_finish)
PUT(finish_other_uid, append_finish)
PUT(finish_lost, append_finish)
PUT(finish_reuses, append_finish)
PUT(abort_keeps, append_abort)
PUT(replace_keeps, replace)
PUT(expunge_says, expunge)
PUT(expunge_all, expunge)
PUT(expunge_anywhere, expunge)
PUT(expunge_untold, expunge)
PUT(expunge_frees, expunge)
PUT(copy_no_flags, copy)
PUT(copy_some, copy)
PUT(copy_makes, copy)
PUT(copy_swapped, copy)
PUT(copy_new_id, copy)
PUT(move_copies, move)
PUT(silent_store, store)
PUT(silent_finish, append_finish)
PUT(silent_expunge, expunge)
PUT(silent_copy, copy)

static void put_append_no_limit(struct tables *t)
{
	t->store.append_begin = append_no_limit;
	t->mailboxes.create = create_limited;
}

const struct defect defects_change[] = {
	{"store-set-adds", "store.flags", put_store_set_adds, NULL, NULL, false},
	{"store-keeps-answered", "store.flags", put_store_keeps_answered, NULL, NULL, false},
	{"store-case", "store.keywords", put_store_case, NULL, NULL, false},
	{"store-too-many", "store.others", put_store_too_many, NULL, NULL, false},
	{"store-no-rows", "store.rows", put_store_no_rows, NULL, NULL, false},
	{"store-always-unchanged", "store.unchanged", put_store_always_unchanged, NULL, NULL,
	 false},
	{"store-never-unchanged", "store.unchanged", put_store_never_unchanged, NULL, NULL, false},
	{"store-low-row", "modseq.rises", put_store_low_row, NULL, NULL, false},
	{"store-unconditional", "store.condition", put_store_unconditional, NULL, NULL, false},
	{"store-strict", "store.holds", put_store_strict, NULL, NULL, false},
	{"store-no-sequence", "modseq.rises", put_store_no_sequence, NULL, NULL, false},
	{"store-again", "modseq.same", put_store_again, NULL, NULL, false},
	{"close-forgets", "modseq.forward", put_close_forgets, NULL, NULL, false},
	{"expunge-no-sequence", "modseq.expunge", put_expunge_no_sequence, NULL, NULL, false},
	{"vanished-nothing", "vanished.all", put_vanished_nothing, NULL, NULL, false},
	{"vanished-late", "vanished.all", put_vanished_late, NULL, NULL, false},
	{"append-no-flags", "append.flags", put_append_no_flags, NULL, NULL, false},
	{"append-no-date", "append.date", put_append_no_date, NULL, NULL, false},
	{"append-small-only", "append.done", put_append_small_only, NULL, NULL, false},
	{"append-makes", "append.none", put_append_makes, NULL, NULL, false},
	{"append-no-limit", "append.limit", put_append_no_limit, NULL, NULL, false},
	{"finish-first-only", "append.all", put_finish_first_only, NULL, NULL, false},
	{"finish-short", "fetch.size", put_finish_short, NULL, NULL, false},
	{"finish-other-uid", "append.uids", put_finish_other_uid, NULL, NULL, false},
	{"finish-lost", "uids.all", put_finish_lost, NULL, NULL, false},
	{"finish-reuses", "uids.once", put_finish_reuses, NULL, NULL, false},
	{"abort-keeps", "append.abort", put_abort_keeps, NULL, NULL, false},
	{"replace-keeps", "replace.both", put_replace_keeps, NULL, NULL, false},
	{"expunge-says", "expunge.gone", put_expunge_says, NULL, NULL, false},
	{"expunge-all", "expunge.deleted", put_expunge_all, NULL, NULL, false},
	{"expunge-anywhere", "expunge.set", put_expunge_anywhere, NULL, NULL, false},
	{"expunge-untold", "expunge.told", put_expunge_untold, NULL, NULL, false},
	{"expunge-frees", "uids.once", put_expunge_frees, NULL, NULL, false},
	{"copy-no-flags", "copy.same", put_copy_no_flags, NULL, NULL, false},
	{"copy-some", "copy.all", put_copy_some, NULL, NULL, false},
	{"copy-makes", "copy.none", put_copy_makes, NULL, NULL, false},
	{"copy-swapped", "copy.same", put_copy_swapped, NULL, NULL, false},
	{"copy-new-id", "objectid.email", put_copy_new_id, NULL, NULL, false},
	{"move-copies", "move.all", put_move_copies, NULL, NULL, false},
	{"silent-store", "event.flags", put_silent_store, NULL, NULL, false},
	{"silent-append", "event.arrival", put_silent_finish, NULL, NULL, false},
	{"silent-expunge", "event.expunge", put_silent_expunge, NULL, NULL, false},
	{"silent-copy", "event.arrival", put_silent_copy, NULL, NULL, false},
	{NULL, NULL, NULL, NULL, NULL, false},
};
