/* SPDX-License-Identifier: MIT */
/*
 * host/storeannotate - the annotations of messages in the test store.  A message has a list of entries:
 * the key of a value is the name of the entry, a line feed, and whose it is: nobody's, if it is shared.
 */
#include "host/teststore.h"

#include <stdlib.h>
#include <string.h>

static char *key_of(const char *entry, size_t len, const char *owner)
{
	struct tx key = {0};

	tx_add(&key, entry, len);
	tx_fmt(&key, "\n%s", owner);
	return key.data;
}

void ts_annotate(struct ts_message *m, const char *entry, const char *owner, const char *data,
                 size_t len)
{
	char *key = key_of(entry, strlen(entry), owner);

	ts_set_entry(&m->notes, key, data, len);
	free(key);
}

const struct ts_entry *ts_annotation(const struct ts_message *m, const char *entry, const char *owner)
{
	char *key = key_of(entry, strlen(entry), owner);
	const struct ts_entry *e = m->notes;

	while (e && strcmp(e->name, key))
		e = e->next;
	free(key);
	return e;
}

/* Of all, or those of nobody and of this user. */
struct ts_entry *ts_copy_annotations(const struct ts_entry *from, const char *owner, bool shared)
{
	struct ts_entry *copy = NULL;

	for (; from; from = from->next) {
		const char *whose = strchr(from->name, '\n') + 1;

		if (*whose ? !owner || !strcmp(whose, owner) : shared)
			ts_set_entry(&copy, from->name, from->data, from->len);
	}
	return copy;
}

/* ---- questions -------------------------------------------------------------------------- */

static bool is_name(struct imapsrv_span s, bool wild)
{
	if (!s.len || s.len > IMAPSRV_ANNOTATION_NAME_MAX || (s.data[0] != '/' && !wild))
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (s.data[i] < 0x20 || s.data[i] > 0x7e || (!wild && strchr("*%", s.data[i])) ||
		    (s.data[i] == '/' && i + 1 < s.len && s.data[i + 1] == '/'))
			return false;
	return wild || s.data[s.len - 1] != '/';
}

static void take_entry_name(struct ts_op *q, struct imapsrv_span name, bool wild)
{
	char *taken = ts_op_text(q, name);

	if (!is_name(name, wild))
		tx_complain(q->link->ts->log, "%s: '%s' is not the name of an entry",
		            ts_kind_names[q->kind], taken);
	if (q->keyword_count && strcmp(q->keywords[q->keyword_count - 1], taken) >= 0)
		tx_complain(q->link->ts->log, "%s: '%s' is out of order", ts_kind_names[q->kind],
		            taken);
	q->keywords[q->keyword_count++] = taken;
}

static void on_get(void *user, struct imapsrv_op *op, const struct imapsrv_annotate_get *in)
{
	struct ts_op *q = ts_op_new(user, op, TS_GETANNOTATIONS);

	ts_op_mailbox(q, in->mailbox);
	ts_op_set(q, in->uids);
	q->keywords = tx_alloc((in->entry_count + 1) * sizeof(char *));
	for (size_t i = 0; i < in->entry_count; i++)
		take_entry_name(q, in->entries[i], true);
	if (!in->entry_count || !in->values || in->values > 3)
		tx_complain(q->link->ts->log, "getannotations: %zu entries, values are %#x",
		            in->entry_count, in->values);
	q->flag = (int)in->values;
	q->second = ts_op_text(q, in->after);
	ts_op_asked(q);
}

static void add_value(struct ts_entry ***end, struct imapsrv_span entry, const char *owner,
                      struct imapsrv_span value)
{
	struct ts_entry *e = tx_alloc(sizeof(*e));

	*e = (struct ts_entry){NULL, key_of(entry.data, entry.len, owner),
	                       value.data ? tx_dup(value.data, value.len) : NULL, value.len};
	**end = e;
	*end = &e->next;
}

struct ts_entry *ts_take_annotations(struct ts_op *q, const struct imapsrv_annotation *list,
                                     size_t count, const char *owner)
{
	struct ts_entry *first = NULL, **end = &first;
	char **kept = q->keywords;
	size_t kept_count = q->keyword_count;

	q->keywords = tx_alloc((count + 1) * sizeof(char *));
	q->keyword_count = 0;
	for (size_t i = 0; i < count; i++) {
		const struct imapsrv_annotation *a = &list[i];

		take_entry_name(q, a->entry, false);
		if (!a->given || a->given > 3)
			tx_complain(q->link->ts->log, "%s: given is %#x", ts_kind_names[q->kind],
			            a->given);
		if (a->given & IMAPSRV_ANNOTATION_PRIV)
			add_value(&end, a->entry, owner, a->priv);
		if (a->given & IMAPSRV_ANNOTATION_SHARED)
			add_value(&end, a->entry, "", a->shared);
	}
	if (q->kind == TS_STOREANNOTATIONS)
		return first;
	for (size_t i = 0; i < q->keyword_count; i++)
		free(q->keywords[i]);
	free(q->keywords);
	q->keywords = kept;
	q->keyword_count = kept_count;
	return first;
}

static void on_store(void *user, struct imapsrv_op *op, const struct imapsrv_annotate_store *in)
{
	struct ts_op *q = ts_op_new(user, op, TS_STOREANNOTATIONS);
	const struct ts_handle *h;

	ts_op_mailbox(q, in->mailbox);
	ts_op_set(q, in->uids);
	h = q->mailbox;
	q->entries = ts_take_annotations(q, in->annotations, in->count, h ? h->user->name : "");
	q->conditional = in->conditional != 0;
	q->modseq = in->unchanged_since;
	if (!in->count)
		tx_complain(q->link->ts->log, "storeannotations: of nothing");
	if (in->conditional && (!q->link->ts->modseqs || (h && h->mailbox->no_modseq)))
		tx_complain(q->link->ts->log, "storeannotations: on a condition that cannot be");
	if (h && !q->link->ts->hostile.trick && /* the library knows it from the store */
	    (h->read_only || h->mailbox->annotations & (IMAPSRV_ANNOTATIONS_NONE |
	                                                IMAPSRV_ANNOTATIONS_READONLY)))
		tx_complain(q->link->ts->log, "storeannotations in a mailbox where they are not");
	ts_op_asked(q);
}

void ts_fill_annotate(const struct ts *ts, struct imapsrv_annotate *annotate)
{
	*annotate = (struct imapsrv_annotate)IMAPSRV_ANNOTATE_INIT;
	if (!ts->notes.on)
		return;
	annotate->get = on_get;
	annotate->store = ts->notes.read_only ? NULL : on_store;
	annotate->max_value = ts->notes.max;
}

/* ---- answers ---------------------------------------------------------------------------- */

static void gave(struct ts_op *q, int rc)
{
	if (rc == IMAPSRV_EINVAL || rc == IMAPSRV_ESTATE)
		tx_complain(q->link->ts->log, "%s: a result was refused with %d",
		            ts_kind_names[q->kind], rc);
}

static void give_message(struct ts_op *q, const struct imapsrv_annotate_get *asked,
                         const struct ts_message *m, bool first)
{
	const struct ts_user *u = q->mailbox->user;
	bool generous = q->link->ts->options.generous;

	for (const struct ts_entry *e = m->notes, *next; e; e = next) {
		size_t len = strcspn(e->name, "\n");
		struct imapsrv_annotation a = {.entry = {e->name, len}};

		for (next = e; next && !strncmp(next->name, e->name, len + 1); next = next->next) {
			struct imapsrv_span value = {next->data, next->len};

			if (!next->name[len + 1]) {
				a.given |= IMAPSRV_ANNOTATION_SHARED;
				a.shared = value;
			} else if (!strcmp(next->name + len + 1, u->name)) {
				a.given |= IMAPSRV_ANNOTATION_PRIV;
				a.priv = value;
			}
		}
		if (generous || (a.given & asked->values && imapsrv_annotate_wants(asked, a.entry) &&
		                 !(first && asked->after.len &&
		                   strncmp(e->name, asked->after.data, asked->after.len + 1) <= 0)))
			gave(q, imapsrv_op_annotation(q->op, m->uid, &a));
	}
}

/* Those that exist and those that are kept, ascending. */
static struct ts_message *next_message(const struct ts_op *q, uint32_t after)
{
	struct ts_mailbox *box = q->mailbox->mailbox;
	struct ts_message *best = NULL;

	for (size_t i = ts_position(box, after + 1); i < box->count && !best; i++)
		if (ts_set_has(q->set, box->messages[i].uid))
			best = &box->messages[i];
	for (size_t i = 0; i < q->mailbox->kept_count; i++) {
		struct ts_message *m = &q->mailbox->kept[i].message;

		if (m->uid > after && ts_set_has(q->set, m->uid) && (!best || m->uid < best->uid))
			best = m;
	}
	return best;
}

void ts_answer_getannotations(struct ts_op *q)
{
	struct imapsrv_span *names = tx_alloc((q->keyword_count + 1) * sizeof(*names));
	struct imapsrv_annotate_get asked = {.entries = names,
	                                     .entry_count = q->keyword_count,
	                                     .values = (uint32_t)q->flag,
	                                     .after = {q->second, strlen(q->second)}};
	const struct ts_message *m;

	for (size_t i = 0; i < q->keyword_count; i++)
		names[i] = (struct imapsrv_span){q->keywords[i], strlen(q->keywords[i])};
	for (uint32_t uid = 0; q->mailbox && uid < UINT32_MAX && (m = next_message(q, uid)) != NULL;
	     uid = m->uid)
		give_message(q, &asked, m, m->uid == q->ranges[0].first);
	gave(q, imapsrv_op_done(q->op, IMAPSRV_OK, NULL));
	free(names);
}

static size_t entries_of(const struct ts_entry *list)
{
	size_t n = 0;

	for (const struct ts_entry *e = list; e; e = e->next)
		n += !e->next || strncmp(e->name, e->next->name, strcspn(e->name, "\n") + 1) != 0;
	return n;
}

enum imapsrv_code ts_would_annotate(const struct ts *ts, const struct ts_mailbox *box,
                                    const struct ts_entry *old, const struct ts_entry *entries)
{
	uint64_t max = box->annotation_size ? box->annotation_size : ts->notes.max;
	struct ts_entry *after = ts_copy_annotations(old, NULL, true);
	size_t count;

	for (const struct ts_entry *e = entries; e; e = e->next)
		ts_set_entry(&after, e->name, e->data, e->len);
	count = entries_of(after);
	ts_free_entries(&after);
	for (const struct ts_entry *e = entries; e; e = e->next) {
		if (box->annotations & (IMAPSRV_ANNOTATIONS_NONE | IMAPSRV_ANNOTATIONS_READONLY) ||
		    (box->annotations & IMAPSRV_ANNOTATIONS_NOPRIVATE && strchr(e->name, '\n')[1]))
			return IMAPSRV_CANNOT;
		if (max && e->len > max)
			return IMAPSRV_TOOBIG;
	}
	return entries && ts->notes.count && count > ts->notes.count ? IMAPSRV_LIMIT : IMAPSRV_OK;
}

static bool change(struct ts_message *m, const struct ts_entry *entries)
{
	bool changed = false;

	for (const struct ts_entry *e = entries; e; e = e->next) {
		const struct ts_entry *old = m->notes;

		while (old && strcmp(old->name, e->name))
			old = old->next;
		changed = changed || !old != !e->data ||
		          (old && (old->len != e->len || memcmp(old->data, e->data, e->len)));
		ts_set_entry(&m->notes, e->name, e->data, e->len);
	}
	return changed;
}

void ts_post_annotated(struct ts *ts, struct ts_mailbox *box, struct imapsrv_set uids,
                       char *const *names, size_t count, const struct imapsrv_session *origin)
{
	struct imapsrv_span *spans = tx_alloc((count + 1) * sizeof(*spans));

	for (size_t i = 0; i < count; i++)
		spans[i] = (struct imapsrv_span){names[i], strlen(names[i])};
	ts_post_entries(ts, box, IMAPSRV_EVENT_ANNOTATION_CHANGE, uids, spans, count, origin);
	free(spans);
}

static void give_row(struct ts_op *q, const struct ts_message *m, bool changed, bool failed)
{
	struct imapsrv_row row = {.uid = m->uid, .modseq = m->modseq, .unchanged = !changed,
	                          .failed = failed};

	if (q->link->ts->modseqs && !q->mailbox->mailbox->no_modseq)
		row.facts = IMAPSRV_FACT_MODSEQ;
	gave(q, imapsrv_op_row(q->op, &row));
}

void ts_answer_storeannotations(struct ts_op *q)
{
	struct ts *ts = q->link->ts;
	struct ts_mailbox *box = q->mailbox ? q->mailbox->mailbox : NULL;
	enum imapsrv_code code = box ? IMAPSRV_OK : IMAPSRV_SERVERBUG;
	struct ts_set changed = {0};
	struct ts_message *m;

	for (uint32_t uid = 0; !code && (m = next_message(q, uid)) != NULL; uid = m->uid)
		code = ts_would_annotate(ts, box, m->notes, q->entries);
	if (code) {
		gave(q, imapsrv_op_done(q->op, code, "Not that"));
		return;
	}
	for (uint32_t uid = 0; (m = next_message(q, uid)) != NULL; uid = m->uid) {
		bool holds = !q->conditional || m->modseq <= q->modseq;

		if (holds && change(m, q->entries) && ts_message(box, m->uid))
			ts_set_add(&changed, m->uid);
	}
	if (changed.count)
		box->modseq++;
	for (uint32_t uid = 0; (m = next_message(q, uid)) != NULL; uid = m->uid) {
		bool holds = !q->conditional || m->modseq <= q->modseq;
		bool is = ts_set_has(ts_set_view(&changed), m->uid);

		if (is)
			m->modseq = box->modseq;
		give_row(q, m, is, !holds);
	}
	if (ts->options.events_after)
		gave(q, imapsrv_op_done(q->op, IMAPSRV_OK, NULL));
	if (changed.count)
		ts_post_annotated(ts, box, ts_set_view(&changed), q->keywords, q->keyword_count,
		                  q->link->session);
	if (!ts->options.events_after)
		gave(q, imapsrv_op_done(q->op, IMAPSRV_OK, NULL));
	ts_set_clear(&changed);
}
