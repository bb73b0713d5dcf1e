/* SPDX-License-Identifier: MIT */
/*
 * storecheck/defects_share - stores that mix up what belongs to several users, or to several
 * sessions, and that have less room than there has to be.
 */
#include "storecheck/kit.h"

#include <string.h>

static void with_lists(struct ts *ts)
{
	ts->acl.on = true;
	ts->acl.grantable = tx_dup(" l r s w i p k x t e a n", 24);
}

static bool is_joe(struct imapsrv_span name)
{
	return name.len == 3 && memcmp(name.data, "joe", 3) == 0;
}

static const struct ts_user *user_of(void *account)
{
	return ((struct ts_handle *)account)->user;
}

/* ---- who sees what -------------------------------------------------------------------------- */

/* Shows all names to all. */
static void list_of_all(void *user, struct imapsrv_op *op, const struct imapsrv_list *q)
{
	const struct ts *ts = store_of(user);

	if (user_of(q->account) == ts->users) {
		sound.store.list(user, op, q);
		return;
	}
	for (const struct ts_mailbox *m = ts->mailboxes; m; m = m->next) {
		struct imapsrv_name name = {{m->name, strlen(m->name)}, 0, ts_acl_known(ts)};

		if (!m->removed && strcmp(m->name, "INBOX") != 0)
			imapsrv_op_name(op, &name);
	}
	imapsrv_op_name(op, &(struct imapsrv_name){{"INBOX", 5}, 0, ts_acl_known(ts)});
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

/* Writes them down, and knows no others than the owner. */
static void set_in_vain(void *user, struct imapsrv_op *op, const struct imapsrv_acl_set *q)
{
	if (is_joe(q->identifier))
		imapsrv_op_done(op, IMAPSRV_OK, NULL);
	else
		sound.acl.set(user, op, q);
}

/* Who may see it may read it. */
static void set_with_read(void *user, struct imapsrv_op *op, const struct imapsrv_acl_set *q)
{
	struct imapsrv_acl_set changed = *q;

	if (is_joe(q->identifier) && q->rights)
		changed.rights |= IMAPSRV_RIGHT_READ;
	sound.acl.set(user, op, &changed);
}

static void set_silent(void *user, struct imapsrv_op *op, const struct imapsrv_acl_set *q)
{
	silence(user, true);
	sound.acl.set(user, op, q);
	silence(user, false);
}

static void get_nothing(void *user, struct imapsrv_op *op, const struct imapsrv_acl_get *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

/* Says that everybody may always read. */
static void grantable_always(void *user, struct imapsrv_op *op,
                             const struct imapsrv_acl_grantable *q)
{
	(void)user;
	(void)q;
	imapsrv_op_grantable(op, IMAPSRV_RIGHT_LOOKUP | IMAPSRV_RIGHT_READ, NULL, 0);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

/* ---- whose entries -------------------------------------------------------------------------- */

static void metadata_of_owner(void *user, struct imapsrv_op *op,
                              const struct imapsrv_metadata_get *q)
{
	struct ts_mailbox *m = q->mailbox.len ? named(user, q->mailbox) : NULL;
	struct ts_handle *h = q->account;
	struct ts_user *u = h->user;

	if (m)
		h->user = m->owner;
	sound.metadata.get(user, op, q);
	h->user = u;
}

static void annotations_of_owner(void *user, struct imapsrv_op *op,
                                 const struct imapsrv_annotate_get *q)
{
	struct ts_handle *h = q->mailbox;
	struct ts_user *u = h->user;

	h->user = h->mailbox->owner;
	sound.annotate.get(user, op, q);
	h->user = u;
}

/* ---- room ----------------------------------------------------------------------------------- */

static void metadata_small(void *user, struct imapsrv_op *op, const struct imapsrv_metadata_set *q)
{
	if (q->entries[0].value.len > 500)
		imapsrv_op_done(op, IMAPSRV_TOOBIG, NULL);
	else
		sound.metadata.set(user, op, q);
}

static void annotate_few(void *user, struct imapsrv_op *op, const struct imapsrv_annotate_store *q)
{
	struct imapsrv_span entry = q->annotations[0].entry;

	if (entry.len && entry.data[entry.len - 1] == '5')
		imapsrv_op_done(op, IMAPSRV_LIMIT, NULL);
	else
		sound.annotate.store(user, op, q);
}

/* Says that the limits are others, and leaves them as they are. */
static void quota_set_says(void *user, struct imapsrv_op *op, const struct imapsrv_setquota *q)
{
	struct imapsrv_quota_root root = IMAPSRV_QUOTA_ROOT_INIT;

	(void)user;
	root.name = q->root;
	root.limited = q->limited;
	memcpy(root.limit, q->limit, sizeof(root.limit));
	imapsrv_op_quota(op, &root);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

/* ---- whose handles -------------------------------------------------------------------------- */

/* One that is read by several is closed for all. */
static void body_close_all(void *user, void *body)
{
	const struct ts_handle *gone = body;

	for (struct ts_handle *h = store_of(user)->handles; h; h = h->next)
		if (h->kind == TS_BODY_HANDLE && h != gone && h->len == gone->len && h->data)
			memset(h->data, '-', h->len);
	sound.store.body_close(user, body);
}

/* What one session has forgotten goes for all. */
static void forgotten_by_all(void *user, void *mailbox)
{
	struct ts_mailbox *m = box_of(mailbox);
	struct ts_set removed = {0};
	struct imapsrv_range first = {1, m->count ? m->messages[0].uid : 1};

	sound.store.forgotten(user, mailbox);
	if (m->count > 1)
		ts_remove(m, (struct imapsrv_set){&first, 1}, false, &removed);
	ts_set_clear(&removed);
}

/* Never begins to listen. */
static void watch_nothing(void *user, struct imapsrv_session *session,
                          const struct imapsrv_watch_change *change)
{
	(void)user;
	(void)session;
	(void)change;
}

static void with_kept(struct ts *ts)
{
	ts->keeps = true;
}

#define PUT(name, member)                                                                          \
	static void put_##name(struct tables *t)                                                   \
	{                                                                                          \
		t->member = name;                                                                  \
	}
PUT(list_of_all, store.list)
PUT(set_in_vain, acl.set)
PUT(set_with_read, acl.set)
PUT(set_silent, acl.set)
PUT(get_nothing, acl.get)
PUT(grantable_always, acl.grantable)
PUT(metadata_of_owner, metadata.get)
PUT(annotations_of_owner, annotate.get)
PUT(metadata_small, metadata.set)
PUT(annotate_few, annotate.store)
PUT(quota_set_says, quota.set)
PUT(body_close_all, store.body_close)
PUT(forgotten_by_all, store.forgotten)
PUT(watch_nothing, watch.changed)

const struct defect defects_share[] = {
	{"list-of-all", "acl.hidden", put_list_of_all, with_lists, NULL, false},
	{"set-in-vain", "acl.given", put_set_in_vain, with_lists, NULL, false},
	{"set-with-read", "acl.taken", put_set_with_read, with_lists, NULL, false},
	{"set-silent", "event.access", put_set_silent, with_lists, NULL, false},
	{"acl-get-nothing", "acl.kept", put_get_nothing, with_lists, NULL, false},
	{"grantable-always", "acl.always", put_grantable_always, with_lists, NULL, false},
	{"metadata-of-owner", "metadata.private", put_metadata_of_owner, with_lists, NULL, false},
	{"metadata-small", "metadata.room", put_metadata_small, NULL, NULL, false},
	{"annotate-few", "annotate.room", put_annotate_few, NULL, NULL, false},
	{"quota-set-says", "quota.holds", put_quota_set_says, NULL, NULL, false},
	{"annotations-of-owner", "annotate.private", put_annotations_of_owner, with_lists, NULL,
	 false},
	{"body-close-all", "body.stays", put_body_close_all, NULL, NULL, false},
	{"forgotten-by-all", "uids.all", put_forgotten_by_all, with_kept, NULL, false},
	{"watch-nothing", "event.names", put_watch_nothing, NULL, NULL, false},
	{NULL, NULL, NULL, NULL, NULL, false},
};
