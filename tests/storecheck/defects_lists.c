/* SPDX-License-Identifier: MIT */
/*
 * storecheck/defects_lists - stores that are wrong about annotations of messages and about who may
 * do what.
 */
#include "storecheck/kit.h"

#include <string.h>

/* ---- annotations ---------------------------------------------------------------------------- */

/* Does not keep private values and shared ones apart. */
static void annotate_both(void *user, struct imapsrv_op *op, const struct imapsrv_annotate_store *q)
{
	struct imapsrv_annotate_store changed = *q;
	struct imapsrv_annotation both = q->annotations[0];

	both.priv = both.shared = both.given & IMAPSRV_ANNOTATION_PRIV ? both.priv : both.shared;
	both.given = IMAPSRV_ANNOTATION_PRIV | IMAPSRV_ANNOTATION_SHARED;
	changed.annotations = &both;
	changed.count = 1;
	sound.annotate.store(user, op, &changed);
}

/* Keeps so many octets of a value; or all, and other ones. */
static void annotate_changed(void *user, struct imapsrv_op *op,
                             const struct imapsrv_annotate_store *q, size_t len)
{
	struct imapsrv_annotate_store changed = *q;
	struct imapsrv_annotation one = q->annotations[0];

	if (one.priv.len == 1)
		one.priv = (struct imapsrv_span){"yy", len};
	changed.annotations = &one;
	changed.count = 1;
	sound.annotate.store(user, op, &changed);
}

static void annotate_long(void *user, struct imapsrv_op *op, const struct imapsrv_annotate_store *q)
{
	annotate_changed(user, op, q, 2);
}

static void annotate_other(void *user, struct imapsrv_op *op,
                           const struct imapsrv_annotate_store *q)
{
	annotate_changed(user, op, q, 1);
}

static void annotate_silent(void *user, struct imapsrv_op *op,
                            const struct imapsrv_annotate_store *q)
{
	silence(user, true);
	sound.annotate.store(user, op, q);
	silence(user, false);
}

static void annotate_uncounted(void *user, struct imapsrv_op *op,
                               const struct imapsrv_annotate_store *q)
{
	struct ts_mailbox *m = box_of(q->mailbox);
	uint64_t sequences[64], highest = m->modseq;

	for (size_t i = 0; i < m->count && i < 64; i++)
		sequences[i] = m->messages[i].modseq;
	sound.annotate.store(user, op, q);
	for (size_t i = 0; i < m->count && i < 64; i++)
		m->messages[i].modseq = sequences[i];
	m->modseq = highest;
}

/* Knows names, and no patterns. */
static void annotations_named(void *user, struct imapsrv_op *op,
                              const struct imapsrv_annotate_get *q)
{
	const struct imapsrv_span *first = q->entries;

	if (memchr(first->data, '*', first->len) || memchr(first->data, '%', first->len))
		imapsrv_op_done(op, IMAPSRV_OK, NULL);
	else
		sound.annotate.get(user, op, q);
}

static void copy_bare(void *user, struct imapsrv_op *op, const struct imapsrv_copy *q)
{
	struct ts_mailbox *m = named(user, q->name);

	sound.store.copy(user, op, q);
	if (m && m->count)
		ts_free_entries(&m->messages[m->count - 1].notes);
}

/* ---- lists ---------------------------------------------------------------------------------- */

static void with_lists(struct ts *ts)
{
	ts->acl.on = true;
}

static void rights_less(void *user, struct imapsrv_op *op, const struct imapsrv_acl_rights *q)
{
	const struct ts_mailbox *m = named(user, q->mailbox);

	if (m && !q->above) {
		imapsrv_op_rights(op, ts_acl_rights(m, m->owner) & ~(uint32_t)IMAPSRV_RIGHT_POST);
		imapsrv_op_done(op, IMAPSRV_OK, NULL);
	} else {
		sound.acl.rights(user, op, q);
	}
}

static void set_only_adds(void *user, struct imapsrv_op *op, const struct imapsrv_acl_set *q)
{
	struct imapsrv_acl_set changed = *q;

	if (q->change == IMAPSRV_ACL_REMOVE)
		changed.change = IMAPSRV_ACL_ADD;
	sound.acl.set(user, op, &changed);
}

static void forget(struct ts_mailbox *m)
{
	if (!m)
		return;
	ts_acl_clear(m);
	ts_acl_set(m, m->owner->name, IMAPSRV_ACL_SET, ts_acl_known(m->ts));
}

static void create_anew(void *user, struct imapsrv_op *op, const struct imapsrv_create *q)
{
	sound.mailboxes.create(user, op, q);
	forget(named(user, q->name));
}

static void rename_forgets(void *user, struct imapsrv_op *op, const struct imapsrv_rename *q)
{
	sound.mailboxes.rename(user, op, q);
	forget(named(user, q->to));
}

#define PUT(name, member)                                                                          \
	static void put_##name(struct tables *t)                                                   \
	{                                                                                          \
		t->member = name;                                                                  \
	}
PUT(annotate_both, annotate.store)
PUT(annotate_silent, annotate.store)
PUT(annotate_long, annotate.store)
PUT(annotate_other, annotate.store)
PUT(annotate_uncounted, annotate.store)
PUT(annotations_named, annotate.get)
PUT(copy_bare, store.copy)
PUT(rights_less, acl.rights)
PUT(set_only_adds, acl.set)
PUT(create_anew, mailboxes.create)
PUT(rename_forgets, mailboxes.rename)

const struct defect defects_lists[] = {
	{"annotate-both", "annotate.kept", put_annotate_both, NULL, NULL, false},
	{"annotate-long", "annotate.kept", put_annotate_long, NULL, NULL, false},
	{"annotate-other", "annotate.kept", put_annotate_other, NULL, NULL, false},
	{"annotate-silent", "event.annotation", put_annotate_silent, NULL, NULL, false},
	{"annotate-uncounted", "annotate.counts", put_annotate_uncounted, NULL, NULL, false},
	{"annotations-named", "annotate.asked", put_annotations_named, NULL, NULL, false},
	{"copy-bare", "annotate.copied", put_copy_bare, NULL, NULL, false},
	{"rights-less", "acl.rights", put_rights_less, with_lists, NULL, false},
	{"lists-only-grow", "acl.kept", put_set_only_adds, with_lists, NULL, false},
	{"create-anew", "acl.inherited", put_create_anew, with_lists, NULL, false},
	{"rename-forgets-list", "acl.follows", put_rename_forgets, with_lists, NULL, false},
	{NULL, NULL, NULL, NULL, NULL, false},
};
