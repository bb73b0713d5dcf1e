/* SPDX-License-Identifier: MIT */
/*
 * storecheck/defects_names - stores that are wrong about mailboxes as such: their names, what is
 * subscribed to, their metadata and quotas, and who is told of them.
 */
#include "storecheck/kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- which there are ------------------------------------------------------------------------ */

/* Found when it is asked for by name, and not among all. */
static void list_all_but(void *user, struct imapsrv_op *op, const struct imapsrv_list *q)
{
	struct ts_mailbox *m = newest(user);

	m->hidden = !q->prefix.len && m != store_of(user)->mailboxes;
	sound.store.list(user, op, q);
	m->hidden = false;
}

/* The newest is there, and not for clients. */
static void list_newest(void *user, struct imapsrv_op *op, const struct imapsrv_list *q,
                        uint32_t attributes)
{
	struct ts_mailbox *m = newest(user);
	bool other = m != store_of(user)->mailboxes;
	struct imapsrv_name name = {{m->name, strlen(m->name)}, attributes, 0};

	if (other)
		imapsrv_op_name(op, &name);
	m->hidden = other;
	sound.store.list(user, op, q);
	m->hidden = false;
}

static void list_noselect(void *user, struct imapsrv_op *op, const struct imapsrv_list *q)
{
	list_newest(user, op, q, IMAPSRV_ATTR_NOSELECT);
}

static void list_nonexistent(void *user, struct imapsrv_op *op, const struct imapsrv_list *q)
{
	list_newest(user, op, q, IMAPSRV_ATTR_NONEXISTENT);
}

static void create_again(void *user, struct imapsrv_op *op, const struct imapsrv_create *q)
{
	if (named(user, q->name))
		imapsrv_op_done(op, IMAPSRV_OK, NULL);
	else
		sound.mailboxes.create(user, op, q);
}

/* One of the same name was there before: its numbers are given out again. */
static void create_renumbers(void *user, struct imapsrv_op *op, const struct imapsrv_create *q)
{
	struct ts_mailbox *m;

	sound.mailboxes.create(user, op, q);
	m = named(user, q->name);
	for (struct ts_mailbox *old = store_of(user)->mailboxes; old; old = old->next)
		if (m && old->removed && !strcmp(old->name, m->name))
			m->uidvalidity = old->uidvalidity;
}

static void create_no_use(void *user, struct imapsrv_op *op, const struct imapsrv_create *q)
{
	struct imapsrv_create changed = *q;

	changed.uses = 0;
	sound.mailboxes.create(user, op, &changed);
}

static bool is_below(const struct ts_mailbox *m, struct imapsrv_span name)
{
	return !m->removed && !strncmp(m->name, name.data, name.len) && m->name[name.len] == '/';
}

static void remove_below(void *user, struct imapsrv_op *op, const struct imapsrv_delete *q)
{
	for (struct ts_mailbox *m = store_of(user)->mailboxes; m; m = m->next)
		if (is_below(m, q->name))
			ts_remove_mailbox(store_of(user), m);
	sound.mailboxes.remove(user, op, q);
}

static void remove_unsubscribes(void *user, struct imapsrv_op *op, const struct imapsrv_delete *q)
{
	struct ts_mailbox *m = named(user, q->name);

	if (m)
		ts_subscribe(m->owner, m->name, false);
	sound.mailboxes.remove(user, op, q);
}

static void rename_alone(void *user, struct imapsrv_op *op, const struct imapsrv_rename *q)
{
	sound.mailboxes.rename(user, op, q);
	for (struct ts_mailbox *m = store_of(user)->mailboxes; m; m = m->next)
		if (is_below(m, q->to)) {
			char back[200];

			snprintf(back, sizeof(back), "%.*s%s", (int)q->from.len, q->from.data,
			         m->name + q->to.len);
			ts_rename_mailbox(store_of(user), m, back);
		}
}

static void rename_empties(void *user, struct imapsrv_op *op, const struct imapsrv_rename *q)
{
	struct imapsrv_range all = {1, UINT32_MAX};
	struct ts_mailbox *m = named(user, q->from);
	struct ts_set removed = {0};

	if (m)
		ts_remove(m, (struct imapsrv_set){&all, 1}, false, &removed);
	ts_set_clear(&removed);
	sound.mailboxes.rename(user, op, q);
}

/* ---- metadata ------------------------------------------------------------------------------- */

static void get_no_depth(void *user, struct imapsrv_op *op, const struct imapsrv_metadata_get *q)
{
	if (q->depth == IMAPSRV_DEPTH_NAMED)
		sound.metadata.get(user, op, q);
	else
		imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void set_short(void *user, struct imapsrv_op *op, const struct imapsrv_metadata_set *q)
{
	struct imapsrv_metadata_set changed = *q;
	struct imapsrv_entry entry = q->entries[0];

	if (entry.value.len > 1)
		entry.value.len--;
	if (q->entry_count == 1)
		changed.entries = &entry;
	sound.metadata.set(user, op, &changed);
}

static void set_other(void *user, struct imapsrv_op *op, const struct imapsrv_metadata_set *q)
{
	struct imapsrv_metadata_set changed = *q;
	struct imapsrv_entry entry = q->entries[0];

	if (entry.value.len == 1)
		entry.value.data = "y";
	if (q->entry_count == 1)
		changed.entries = &entry;
	sound.metadata.set(user, op, &changed);
}

static void set_silent(void *user, struct imapsrv_op *op, const struct imapsrv_metadata_set *q)
{
	silence(user, true);
	sound.metadata.set(user, op, q);
	silence(user, false);
}

static void rename_loses_entries(void *user, struct imapsrv_op *op, const struct imapsrv_rename *q)
{
	struct ts_mailbox *m = named(user, q->from);

	if (m)
		ts_free_entries(&m->entries);
	sound.mailboxes.rename(user, op, q);
}

/* ---- quotas --------------------------------------------------------------------------------- */

static void quota_unknown(void *user, struct imapsrv_op *op, const struct imapsrv_getquota *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_NONEXISTENT, NULL);
}

/* ---- who is told ---------------------------------------------------------------------------- */

static void create_silent(void *user, struct imapsrv_op *op, const struct imapsrv_create *q)
{
	silence(user, true);
	sound.mailboxes.create(user, op, q);
	silence(user, false);
}

/* Those who have the mailbox open are told, those who only watch it are not. */
static void finish_for_openers(void *user, struct imapsrv_op *op,
                               const struct imapsrv_append_finish *q)
{
	const struct ts_mailbox *m = ((struct ts_handle *)q->append)->mailbox;
	bool open = false;

	for (const struct ts_handle *h = store_of(user)->handles; h; h = h->next)
		open |= h->kind == TS_MAILBOX && h->link != user && h->mailbox == m;
	if (!open)
		silence(user, true);
	sound.store.append_finish(user, op, q);
	if (!open)
		silence(user, false);
}

#define PUT(name, member)                                                                          \
	static void put_##name(struct tables *t)                                                   \
	{                                                                                          \
		t->member = name;                                                                  \
	}
PUT(list_all_but, store.list)
PUT(create_again, mailboxes.create)
PUT(create_renumbers, mailboxes.create)
PUT(create_no_use, mailboxes.create)
PUT(remove_below, mailboxes.remove)
PUT(remove_unsubscribes, mailboxes.remove)
PUT(rename_alone, mailboxes.rename)
PUT(rename_empties, mailboxes.rename)
PUT(rename_loses_entries, mailboxes.rename)
PUT(get_no_depth, metadata.get)
PUT(set_short, metadata.set)
PUT(set_silent, metadata.set)
PUT(set_other, metadata.set)
PUT(list_noselect, store.list)
PUT(list_nonexistent, store.list)
PUT(quota_unknown, quota.get)
PUT(create_silent, mailboxes.create)
PUT(finish_for_openers, store.append_finish)

/* The test store does not count by itself: nor does this one. */
static void put_quota_constant(struct tables *t)
{
	t->quota.get = sound.quota.get;
	t->quota.roots = sound.quota.roots;
}

static void put_quota_ignored(struct tables *t)
{
	t->store.append_begin = sound.store.append_begin;
}

/* Tells all, and keeps nothing. */
static void subscribe_nothing(void *user, struct imapsrv_op *op, const struct imapsrv_subscribe *q)
{
	struct ts_user *u = store_of(user)->users;
	char name[200];

	snprintf(name, sizeof(name), "%.*s", (int)q->name.len, q->name.data);
	ts_post_name(store_of(user), u,
	             q->on ? IMAPSRV_EVENT_MAILBOX_SUBSCRIBE : IMAPSRV_EVENT_MAILBOX_UNSUBSCRIBE,
	             name,
	             NULL, session_of(user));
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}
PUT(subscribe_nothing, mailboxes.subscribe)

const struct defect defects_names[] = {
	{"list-all-but", "list.names", put_list_all_but, NULL, NULL, false},
	{"list-noselect", "create.done", put_list_noselect, NULL, NULL, false},
	{"list-nonexistent", "create.done", put_list_nonexistent, NULL, NULL, false},
	{"metadata-other", "metadata.kept", put_set_other, NULL, NULL, false},
	{"create-again", "create.exists", put_create_again, NULL, NULL, false},
	{"create-renumbers", "open.same", put_create_renumbers, NULL, NULL, false},
	{"create-no-use", "create.uses", put_create_no_use, NULL, NULL, false},
	{"remove-below", "remove.below", put_remove_below, NULL, NULL, false},
	{"remove-unsubscribes", "subscribe.stays", put_remove_unsubscribes, NULL, NULL, false},
	{"rename-alone", "rename.done", put_rename_alone, NULL, NULL, false},
	{"rename-empties", "rename.done", put_rename_empties, NULL, NULL, false},
	{"subscribe-nothing", "list.subscribed", put_subscribe_nothing, NULL, NULL, false},
	{"metadata-no-depth", "metadata.asked", put_get_no_depth, NULL, NULL, false},
	{"metadata-short", "metadata.kept", put_set_short, NULL, NULL, false},
	{"metadata-silent", "event.metadata", put_set_silent, NULL, NULL, false},
	{"rename-loses-entries", "metadata.follows", put_rename_loses_entries, NULL, NULL, false},
	{"quota-unknown", "quota.roots", put_quota_unknown, NULL, NULL, false},
	{"quota-constant", "quota.usage", put_quota_constant, NULL, NULL, false},
	{"quota-ignored", "quota.holds", put_quota_ignored, NULL, NULL, false},
	{"create-silent", "event.names", put_create_silent, NULL, NULL, false},
	{"append-for-openers", "event.others", put_finish_for_openers, NULL, NULL, false},
	{NULL, NULL, NULL, NULL, NULL, false},
};
