/* SPDX-License-Identifier: MIT */
/*
 * storecheck/defects_read - stores that tell what is not so: logins, names, what an opened mailbox
 * says, rows, bodies.  Each defect stands in front of one callback of the sound store, spoils what
 * it is asked, or what it finds, and puts that back.
 */
#include "storecheck/kit.h"

#include <stdlib.h>
#include <string.h>

/* ---- logins ------------------------------------------------------------------------------ */

static void login_anybody(void *user, struct imapsrv_op *op, const struct imapsrv_login *q)
{
	struct imapsrv_login changed = *q;

	changed.password = (struct imapsrv_span){"x", 1};
	sound.store.login(user, op, &changed);
}

/* ---- names ------------------------------------------------------------------------------- */

static void list_without_inbox(void *user, struct imapsrv_op *op, const struct imapsrv_list *q)
{
	store_of(user)->mailboxes->hidden = true;
	sound.store.list(user, op, q);
	store_of(user)->mailboxes->hidden = false;
}

static void list_without_newest(void *user, struct imapsrv_op *op, const struct imapsrv_list *q)
{
	struct ts_mailbox *m = newest(user);

	m->hidden = m != store_of(user)->mailboxes;
	sound.store.list(user, op, q);
	m->hidden = false;
}

static void list_removed(void *user, struct imapsrv_op *op, const struct imapsrv_list *q)
{
	for (struct ts_mailbox *m = store_of(user)->mailboxes; m; m = m->next) {
		struct imapsrv_name name = {.name = {m->name, strlen(m->name)}};

		if (m->removed)
			imapsrv_op_name(op, &name);
	}
	sound.store.list(user, op, q);
}

static void list_unsubscribed(void *user, struct imapsrv_op *op, const struct imapsrv_list *q)
{
	struct ts_user *u = store_of(user)->users;
	size_t count = u->subscription_count;

	u->subscription_count = 0;
	sound.store.list(user, op, q);
	u->subscription_count = count;
}

/* ---- open -------------------------------------------------------------------------------- */

static void open_anything(void *user, struct imapsrv_op *op, const struct imapsrv_open *q)
{
	struct imapsrv_open changed = *q;

	if (!named(user, q->name))
		changed.name = (struct imapsrv_span){"INBOX", 5};
	sound.store.open(user, op, &changed);
}

static void open_vague(void *user, struct imapsrv_op *op, const struct imapsrv_open *q)
{
	if (named(user, q->name))
		sound.store.open(user, op, q);
	else
		imapsrv_op_done(op, IMAPSRV_NO, "no");
}

static void open_renumbered(void *user, struct imapsrv_op *op, const struct imapsrv_open *q)
{
	struct ts_mailbox *m = named(user, q->name);

	if (m)
		m->uidvalidity++;
	sound.store.open(user, op, q);
}

static void open_low_uidnext(void *user, struct imapsrv_op *op, const struct imapsrv_open *q)
{
	struct ts_mailbox *m = named(user, q->name);
	uint32_t less = m && m->count ? 1 : 0;

	if (m)
		m->uidnext -= less;
	sound.store.open(user, op, q);
	if (m)
		m->uidnext += less;
}

static void open_wrong_unseen(void *user, struct imapsrv_op *op, const struct imapsrv_open *q)
{
	struct ts_mailbox *m = named(user, q->name);
	size_t i = 0;

	while (m && i < m->count && m->messages[i].system & IMAPSRV_SEEN)
		i++;
	if (m && i < m->count)
		m->messages[i].system |= IMAPSRV_SEEN;
	sound.store.open(user, op, q);
	if (m && i < m->count)
		m->messages[i].system &= ~(uint32_t)IMAPSRV_SEEN;
}

static void open_no_keywords(void *user, struct imapsrv_op *op, const struct imapsrv_open *q)
{
	struct ts_mailbox *m = named(user, q->name);
	size_t count = m ? m->keyword_count : 0;

	if (m)
		m->keyword_count = 0;
	sound.store.open(user, op, q);
	if (m)
		m->keyword_count = count;
}


static void open_always_recent(void *user, struct imapsrv_op *op, const struct imapsrv_open *q)
{
	struct ts_mailbox *m = named(user, q->name);

	if (m) {
		m->keep_recent = true;
		m->recent_from = 1;
	}
	sound.store.open(user, op, q);
}

static void open_examine_takes_recent(void *user, struct imapsrv_op *op,
                                      const struct imapsrv_open *q)
{
	struct ts_mailbox *m = named(user, q->name);

	if (m)
		m->keep_recent = true;
	sound.store.open(user, op, q);
	if (m)
		m->recent_from = m->uidnext;
}

static void open_low_highest(void *user, struct imapsrv_op *op, const struct imapsrv_open *q)
{
	struct ts_mailbox *m = named(user, q->name);
	uint64_t less = m && m->modseq > 3 ? 2 : 0;

	if (m)
		m->modseq -= less;
	sound.store.open(user, op, q);
	if (m)
		m->modseq += less;
}

static void open_other_id(void *user, struct imapsrv_op *op, const struct imapsrv_open *q)
{
	struct ts_mailbox *m = named(user, q->name);

	if (m && m->id[0])
		m->id[0] = m->id[0] == 'Z' ? 'A' : (char)(m->id[0] + 1);
	sound.store.open(user, op, q);
}

/* ---- which messages, and rows ------------------------------------------------------------ */

static void uids_without_last(void *user, struct imapsrv_op *op, const struct imapsrv_uids *q)
{
	struct ts_mailbox *m = box_of(q->mailbox);
	size_t less = m->count > 2;

	m->count -= less;
	sound.store.uids(user, op, q);
	m->count += less;
}

static void uids_backwards(void *user, struct imapsrv_op *op, const struct imapsrv_uids *q)
{
	const struct ts_mailbox *m = box_of(q->mailbox);

	(void)user;
	for (size_t i = m->count; i-- > 0;) {
		struct imapsrv_range r = {m->messages[i].uid, m->messages[i].uid};

		imapsrv_op_uids(op, (struct imapsrv_set){&r, 1});
	}
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void fetch_without_last(void *user, struct imapsrv_op *op, const struct imapsrv_fetch *q)
{
	struct ts_mailbox *m = box_of(q->mailbox);
	size_t less = m->count > 2;

	m->count -= less;
	sound.store.fetch(user, op, q);
	m->count += less;
}

static void fetch_wrong_flags(void *user, struct imapsrv_op *op, const struct imapsrv_fetch *q)
{
	struct ts_mailbox *m = box_of(q->mailbox);

	for (size_t i = 0; i < m->count; i++)
		m->messages[i].system ^= IMAPSRV_DRAFT;
	sound.store.fetch(user, op, q);
	for (size_t i = 0; i < m->count; i++)
		m->messages[i].system ^= IMAPSRV_DRAFT;
}

static void fetch_zone_twice(void *user, struct imapsrv_op *op, const struct imapsrv_fetch *q)
{
	struct ts_mailbox *m = box_of(q->mailbox);

	for (size_t i = 0; i < m->count; i++)
		m->messages[i].date += m->messages[i].zone * 60;
	sound.store.fetch(user, op, q);
	for (size_t i = 0; i < m->count; i++)
		m->messages[i].date -= m->messages[i].zone * 60;
}

static void fetch_wrong_size(void *user, struct imapsrv_op *op, const struct imapsrv_fetch *q)
{
	struct ts_mailbox *m = box_of(q->mailbox);

	for (size_t i = 0; i < m->count; i++)
		m->messages[i].blob->len -= 1;
	sound.store.fetch(user, op, q);
	for (size_t i = 0; i < m->count; i++)
		m->messages[i].blob->len += 1;
}

static void with_descriptions(struct ts *ts)
{
	ts->options.described = 1;
}

/* What was kept of one message is handed out with another of its size. */
static void fetch_mixed_up(void *user, struct imapsrv_op *op, const struct imapsrv_fetch *q)
{
	struct ts_mailbox *m = box_of(q->mailbox);

	for (unsigned round = 0; round < 2; round++) {
		for (size_t i = 0; i < m->count && q->facts & IMAPSRV_FACT_DESCRIPTION; i++)
			for (size_t k = i + 1; k < m->count; k++) {
				struct ts_blob *other = m->messages[k].blob;

				if (m->messages[i].blob->len != other->len)
					continue;
				m->messages[k].blob = m->messages[i].blob;
				m->messages[i].blob = other;
				break;
			}
		if (!round)
			sound.store.fetch(user, op, q);
		if (!round && !(q->facts & IMAPSRV_FACT_DESCRIPTION))
			break;
	}
}

static void fetch_high_sequence(void *user, struct imapsrv_op *op, const struct imapsrv_fetch *q)
{
	struct ts_mailbox *m = box_of(q->mailbox);

	for (size_t i = 0; i < m->count; i++)
		m->messages[i].modseq += 50;
	sound.store.fetch(user, op, q);
	for (size_t i = 0; i < m->count; i++)
		m->messages[i].modseq -= 50;
}

static void fetch_changed_late(void *user, struct imapsrv_op *op, const struct imapsrv_fetch *q)
{
	struct imapsrv_fetch changed = *q;

	if (q->changed_since)
		changed.changed_since++;
	sound.store.fetch(user, op, &changed);
}

static void fetch_new_save_date(void *user, struct imapsrv_op *op, const struct imapsrv_fetch *q)
{
	struct ts_mailbox *m = box_of(q->mailbox);

	for (size_t i = 0; i < m->count; i++)
		m->messages[i].saved++;
	sound.store.fetch(user, op, q);
}

static void with_kept(struct ts *ts)
{
	ts->keeps = true;
}

static void fetch_kept_wrong(void *user, struct imapsrv_op *op, const struct imapsrv_fetch *q)
{
	struct ts_handle *h = q->mailbox;

	for (size_t i = 0; i < h->kept_count; i++)
		h->kept[i].message.system = 0;
	sound.store.fetch(user, op, q);
}

static void fetch_kept_later(void *user, struct imapsrv_op *op, const struct imapsrv_fetch *q)
{
	struct ts_handle *h = q->mailbox;

	for (size_t i = 0; i < h->kept_count; i++)
		h->kept[i].message.date += 60;
	sound.store.fetch(user, op, q);
}

/* What is kept has the octets of a message that is there. */
static void swap_kept(struct ts_handle *h)
{
	for (size_t i = 0; i < h->kept_count && h->mailbox->count; i++) {
		struct ts_blob *blob = h->kept[i].message.blob;

		h->kept[i].message.blob = h->mailbox->messages[0].blob;
		h->mailbox->messages[0].blob = blob;
	}
}

static void fetch_kept_other(void *user, struct imapsrv_op *op, const struct imapsrv_fetch *q)
{
	swap_kept(q->mailbox);
	sound.store.fetch(user, op, q);
	swap_kept(q->mailbox);
}

static void body_kept_other(void *user, struct imapsrv_op *op, const struct imapsrv_body *q)
{
	bool gone = !ts_message(box_of(q->mailbox), q->uid);

	if (gone)
		swap_kept(q->mailbox);
	sound.store.body(user, op, q);
	if (gone)
		swap_kept(q->mailbox);
}

/* ---- bodies ------------------------------------------------------------------------------ */

static void body_without_end(void *user, struct imapsrv_op *op, const struct imapsrv_body *q)
{
	struct ts_message *m = ts_message(box_of(q->mailbox), q->uid);

	if (m)
		m->blob->len--;
	sound.store.body(user, op, q);
	if (m)
		m->blob->len++;
}

static void body_of_first(void *user, struct imapsrv_op *op, const struct imapsrv_body *q)
{
	struct ts_mailbox *m = box_of(q->mailbox);
	struct imapsrv_body changed = *q;

	if (m->count)
		changed.uid = m->messages[0].uid;
	sound.store.body(user, op, &changed);
}

static void pulled(struct ts *ts)
{
	ts->options.pull = 64;
}

/* Goes on where it was, wherever it is to begin. */
static void read_on(void *user, struct imapsrv_op *op, const struct imapsrv_body_read *q)
{
	const struct ts_handle *h = q->body;
	struct imapsrv_body_read changed = *q;

	if (h->at < h->len)
		changed.offset = h->at;
	sound.store.body_read(user, op, &changed);
}

static void read_refused(void *user, struct imapsrv_op *op, const struct imapsrv_body_read *q)
{
	if (q->offset > 40000)
		imapsrv_op_done(op, IMAPSRV_UNAVAILABLE, "too far");
	else
		sound.store.body_read(user, op, q);
}

/* The octets go with the message. */
static void expunge_bodies(void *user, struct imapsrv_op *op, const struct imapsrv_expunge *q)
{
	for (struct ts_handle *h = store_of(user)->handles; h; h = h->next)
		if (h->kind == TS_BODY_HANDLE && h->data)
			memset(h->data, 'x', h->len);
	sound.store.expunge(user, op, q);
}

static void status_unseen(void *user, struct imapsrv_op *op, const struct imapsrv_status_query *q)
{
	struct ts_mailbox *m = named(user, q->name);

	if (m && m->count)
		m->messages[0].system ^= IMAPSRV_SEEN;
	sound.store.status(user, op, q);
	if (m && m->count)
		m->messages[0].system ^= IMAPSRV_SEEN;
}

static void status_stale(void *user, struct imapsrv_op *op, const struct imapsrv_status_query *q)
{
	struct ts_mailbox *m = named(user, q->name);
	uint64_t modseq = m ? m->modseq : 0;

	if (m && q->items & IMAPSRV_STATUS_HIGHESTMODSEQ)
		m->modseq = 1;
	sound.store.status(user, op, q);
	if (m)
		m->modseq = modseq;
}

static void status_low_uidnext(void *user, struct imapsrv_op *op,
                               const struct imapsrv_status_query *q)
{
	struct ts_mailbox *m = named(user, q->name);
	uint32_t uidnext = m ? m->uidnext : 0;

	if (m && uidnext > 1)
		m->uidnext--;
	sound.store.status(user, op, q);
	if (m)
		m->uidnext = uidnext;
}

static void status_other_id(void *user, struct imapsrv_op *op, const struct imapsrv_status_query *q)
{
	struct ts_mailbox *m = named(user, q->name);

	if (m && m->id[0])
		m->id[0]++;
	sound.store.status(user, op, q);
	if (m && m->id[0])
		m->id[0]--;
}

static void status_small(void *user, struct imapsrv_op *op, const struct imapsrv_status_query *q)
{
	struct ts_mailbox *m = named(user, q->name);

	if (m && m->count && m->messages[0].blob->len > 2)
		m->messages[0].blob->len -= 2;
	sound.store.status(user, op, q);
	if (m && m->count && m->messages[0].blob->len > 2)
		m->messages[0].blob->len += 2;
}

#define PUT(name, member)                                                                          \
	static void put_##name(struct tables *t)                                                   \
	{                                                                                          \
		t->store.member = name;                                                            \
	}
PUT(login_anybody, login)
PUT(list_without_inbox, list)
PUT(list_without_newest, list)
PUT(list_removed, list)
PUT(list_unsubscribed, list)
PUT(open_anything, open)
PUT(open_vague, open)
PUT(open_renumbered, open)
PUT(open_low_uidnext, open)
PUT(open_wrong_unseen, open)
PUT(open_no_keywords, open)
PUT(open_always_recent, open)
PUT(open_examine_takes_recent, open)
PUT(open_low_highest, open)
PUT(open_other_id, open)
PUT(uids_without_last, uids)
PUT(uids_backwards, uids)
PUT(fetch_without_last, fetch)
PUT(fetch_wrong_flags, fetch)
PUT(fetch_zone_twice, fetch)
PUT(fetch_wrong_size, fetch)
PUT(fetch_mixed_up, fetch)
PUT(fetch_high_sequence, fetch)
PUT(fetch_changed_late, fetch)
PUT(fetch_new_save_date, fetch)
PUT(fetch_kept_wrong, fetch)
PUT(fetch_kept_later, fetch)
PUT(fetch_kept_other, fetch)
PUT(body_kept_other, body)
PUT(body_without_end, body)
PUT(body_of_first, body)
PUT(read_on, body_read)
PUT(read_refused, body_read)
PUT(expunge_bodies, expunge)
PUT(status_unseen, status)
PUT(status_stale, status)
PUT(status_small, status)
PUT(status_low_uidnext, status)
PUT(status_other_id, status)

const struct defect defects_read[] = {
	{"login-anybody", "login.refused", put_login_anybody, NULL, NULL, false},
	{"list-without-inbox", "list.inbox", put_list_without_inbox, NULL, NULL, false},
	{"list-without-newest", "create.done", put_list_without_newest, NULL, NULL, false},
	{"list-removed", "remove.done", put_list_removed, NULL, NULL, false},
	{"list-unsubscribed", "list.subscribed", put_list_unsubscribed, NULL, NULL, false},
	{"open-anything", "open.known", put_open_anything, NULL, NULL, false},
	{"open-vague", "open.known", put_open_vague, NULL, NULL, false},
	{"open-renumbered", "open.uidvalidity", put_open_renumbered, NULL, NULL, false},
	{"open-low-uidnext", "open.uidnext", put_open_low_uidnext, NULL, NULL, false},
	{"open-wrong-unseen", "open.unseen", put_open_wrong_unseen, NULL, NULL, false},
	{"open-no-keywords", "open.keywords", put_open_no_keywords, NULL, NULL, false},
	{"open-always-recent", "open.recent", put_open_always_recent, NULL, NULL, false},
	{"open-examine-takes-recent", "open.readonly", put_open_examine_takes_recent, NULL, NULL,
	 false},
	{"open-low-highest", "modseq.forward", put_open_low_highest, NULL, NULL, false},
	{"open-other-id", "objectid.mailbox", put_open_other_id, NULL, NULL, false},
	{"uids-without-last", "uids.all", put_uids_without_last, NULL, NULL, false},
	{"uids-backwards", "uids.all", put_uids_backwards, NULL, NULL, false},
	{"fetch-without-last", "fetch.rows", put_fetch_without_last, NULL, NULL, false},
	{"fetch-wrong-flags", "append.flags", put_fetch_wrong_flags, NULL, NULL, false},
	{"fetch-zone-twice", "append.date", put_fetch_zone_twice, NULL, NULL, false},
	{"fetch-wrong-size", "fetch.size", put_fetch_wrong_size, NULL, NULL, false},
	{"fetch-mixed-up", "fetch.description", put_fetch_mixed_up, with_descriptions, NULL, false},
	{"fetch-high-sequence", "modseq.highest", put_fetch_high_sequence, NULL, NULL, false},
	{"fetch-changed-late", "fetch.changed", put_fetch_changed_late, NULL, NULL, false},
	{"fetch-new-save-date", "savedate.stays", put_fetch_new_save_date, NULL, NULL, false},
	{"fetch-kept-wrong", "kept.contents", put_fetch_kept_wrong, with_kept, NULL, false},
	{"fetch-kept-later", "kept.contents", put_fetch_kept_later, with_kept, NULL, false},
	{"fetch-kept-other", "kept.contents", put_fetch_kept_other, with_kept, NULL, false},
	{"body-kept-other", "kept.contents", put_body_kept_other, with_kept, NULL, false},
	{"body-without-end", "body.octets", put_body_without_end, NULL, NULL, false},
	{"body-of-first", "body.octets", put_body_of_first, NULL, NULL, false},
	{"read-on", "body.read", put_read_on, pulled, NULL, false},
	{"read-refused", "session.lives", put_read_refused, pulled, NULL, false},
	{"expunge-bodies", "body.stays", put_expunge_bodies, NULL, NULL, false},
	{"status-unseen", "status.same", put_status_unseen, NULL, NULL, false},
	{"status-stale", "modseq.forward", put_status_stale, NULL, NULL, false},
	{"status-small", "status.same", put_status_small, NULL, NULL, false},
	{"status-low-uidnext", "status.same", put_status_low_uidnext, NULL, NULL, false},
	{"status-other-id", "objectid.mailbox", put_status_other_id, NULL, NULL, false},
	{NULL, NULL, NULL, NULL, NULL, false},
};
