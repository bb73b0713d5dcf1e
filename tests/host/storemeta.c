/* SPDX-License-Identifier: MIT */
/* host/storemeta - the annotations of the test store: questions, answers, and where they are kept. */
#include "host/teststore.h"

#include <stdlib.h>
#include <string.h>

void ts_set_entry(struct ts_entry **list, const char *name, const char *data, size_t len)
{
	struct ts_entry *e;

	while (*list && strcmp((*list)->name, name) < 0)
		list = &(*list)->next;
	e = *list;
	if (e && !strcmp(e->name, name)) {
		*list = e->next;
		free(e->name);
		free(e->data);
		free(e);
	}
	if (!data)
		return;
	e = tx_alloc(sizeof(*e));
	*e = (struct ts_entry){*list, tx_dup(name, strlen(name)), tx_dup(data, len), len};
	*list = e;
}

void ts_free_entries(struct ts_entry **list)
{
	while (*list) {
		struct ts_entry *e = *list;

		*list = e->next;
		free(e->name);
		free(e->data);
		free(e);
	}
}

static struct ts_private *privates(const struct ts_mailbox *m, const struct ts_user *u)
{
	struct ts_private *p = m->privates;

	while (p && p->user != u)
		p = p->next;
	return p;
}

struct ts_entry **ts_entries(struct ts *ts, struct ts_user *u, struct ts_mailbox *m,
                             const char *name)
{
	bool private = strncmp(name, "/private", 8) == 0;
	struct ts_private *p;

	if (!m)
		return private ? &u->entries : &ts->meta.entries;
	if (!private || u == m->owner)
		return &m->entries;
	p = privates(m, u);
	if (!p) {
		p = tx_alloc(sizeof(*p));
		p->user = u;
		p->next = m->privates;
		m->privates = p;
	}
	return &p->entries;
}

void ts_free_privates(struct ts_mailbox *m)
{
	while (m->privates) {
		struct ts_private *p = m->privates;

		m->privates = p->next;
		ts_free_entries(&p->entries);
		free(p);
	}
}

/* ---- questions -------------------------------------------------------------------------- */

static bool is_name(struct imapsrv_span s, size_t least)
{
	size_t slashes = 0;

	for (size_t i = 0; i < s.len; i++) {
		slashes += s.data[i] == '/';
		if (s.data[i] <= 0x1f || s.data[i] >= 0x7f || strchr("*%", s.data[i]) ||
		    (s.data[i] >= 'A' && s.data[i] <= 'Z') ||
		    (s.data[i] == '/' && (i + 1 == s.len || s.data[i + 1] == '/')))
			return false;
	}
	return slashes >= least && (!strncmp(s.data, "/private", 8) || !strncmp(s.data, "/shared", 7));
}

static void take_entry_name(struct ts_op *q, struct imapsrv_span name, size_t least)
{
	char *taken = ts_op_text(q, name);

	if (!is_name(name, least))
		tx_complain(q->link->ts->log, "metadata: '%s' is not the name of an entry", taken);
	if (q->keyword_count && strcmp(q->keywords[q->keyword_count - 1], taken) >= 0)
		tx_complain(q->link->ts->log, "metadata: '%s' is out of order", taken);
	q->keywords[q->keyword_count++] = taken;
}

static void take_place(struct ts_op *q, void *account, struct imapsrv_span mailbox)
{
	q->account = ts_handle_of(q->link, ts_kind_names[q->kind], account, TS_ACCOUNT);
	q->name = ts_op_text(q, mailbox);
	if (!ts_is_clean(mailbox))
		tx_complain(q->link->ts->log, "metadata: a name that is none");
	if (mailbox.len && q->link->ts->meta.server_only)
		tx_complain(q->link->ts->log, "metadata: of a mailbox");
}

static void on_get(void *user, struct imapsrv_op *op, const struct imapsrv_metadata_get *in)
{
	struct ts_op *q = ts_op_new(user, op, TS_GETMETADATA);

	take_place(q, in->account, in->mailbox);
	q->keywords = tx_alloc((in->entry_count + 1) * sizeof(char *));
	for (size_t i = 0; i < in->entry_count; i++)
		take_entry_name(q, in->entries[i], 1);
	if (!in->entry_count)
		tx_complain(q->link->ts->log, "metadata: no entries");
	q->flag = (int)in->depth;
	q->second = ts_op_text(q, in->after);
	q->offset = in->max_size;
	ts_op_asked(q);
}

static void on_set(void *user, struct imapsrv_op *op, const struct imapsrv_metadata_set *in)
{
	struct ts_op *q = ts_op_new(user, op, TS_SETMETADATA);
	struct ts_entry **end = &q->entries;

	take_place(q, in->account, in->mailbox);
	q->keywords = tx_alloc((in->entry_count + 1) * sizeof(char *));
	for (size_t i = 0; i < in->entry_count; i++) {
		const struct imapsrv_entry *e = &in->entries[i];

		take_entry_name(q, e->name, 2);
		*end = tx_alloc(sizeof(**end));
		**end = (struct ts_entry){NULL, ts_op_text(q, e->name),
		                          e->has_value ? ts_op_text(q, e->value) : NULL,
		                          e->value.len};
		end = &(*end)->next;
	}
	if (!in->entry_count)
		tx_complain(q->link->ts->log, "metadata: no entries");
	ts_op_asked(q);
}

void ts_fill_metadata(const struct ts *ts, struct imapsrv_metadata *metadata)
{
	*metadata = (struct imapsrv_metadata)IMAPSRV_METADATA_INIT;
	if (!ts->meta.on)
		return;
	metadata->get = on_get;
	metadata->set = on_set;
	metadata->max_value = ts->meta.max;
	metadata->server_only = ts->meta.server_only;
}

/* ---- answers ---------------------------------------------------------------------------- */

static void gave(struct ts_op *q, int rc)
{
	if (rc == IMAPSRV_EINVAL || rc == IMAPSRV_ESTATE)
		tx_complain(q->link->ts->log, "%s: a result was refused with %d",
		            ts_kind_names[q->kind], rc);
}

/* The mailbox that is meant; false: the op was refused. */
static bool place(struct ts_op *q, struct ts_mailbox **m_r)
{
	struct ts_user *u = q->account ? q->account->user : NULL;

	*m_r = u && *q->name ? ts_find(q->link->ts, u, q->name) : NULL;
	if (*m_r && (*m_r)->hidden)
		*m_r = NULL;
	if (u && (*m_r || !*q->name) && !(*m_r && (*m_r)->refused))
		return true;
	imapsrv_op_done(q->op, *m_r ? IMAPSRV_NOPERM : IMAPSRV_NONEXISTENT, "There is none");
	return false;
}

/* Those under this scope. */
static void give(struct ts_op *q, const struct imapsrv_metadata_get *asked, const char *scope,
                 const struct ts_entry *e)
{
	for (; e; e = e->next) {
		struct imapsrv_entry entry = {{e->name, strlen(e->name)}, 1, {e->data, e->len}};

		if (strncmp(e->name, scope, strlen(scope)) != 0)
			continue;
		if (e->len > asked->max_size)
			entry.value.data = NULL;
		if (q->link->ts->options.generous || imapsrv_metadata_wants(asked, entry.name))
			gave(q, imapsrv_op_entry(q->op, &entry));
	}
}

void ts_answer_getmetadata(struct ts_op *q)
{
	struct imapsrv_span *names = tx_alloc((q->keyword_count + 1) * sizeof(*names));
	struct imapsrv_metadata_get asked = {.entries = names,
	                                     .entry_count = q->keyword_count,
	                                     .depth = (enum imapsrv_depth)q->flag,
	                                     .after = {q->second, strlen(q->second)},
	                                     .max_size = q->offset};
	const struct ts_private *p;
	const struct ts_user *u;
	struct ts_mailbox *m;

	for (size_t i = 0; i < q->keyword_count; i++)
		names[i] = (struct imapsrv_span){q->keywords[i], strlen(q->keywords[i])};
	if (place(q, &m)) {
		u = q->account->user;
		p = m ? privates(m, u) : NULL;
		give(q, &asked, "/private",
		     !m ? u->entries : m->owner == u ? m->entries : p ? p->entries : NULL);
		give(q, &asked, "/shared", m ? m->entries : q->link->ts->meta.entries);
		gave(q, imapsrv_op_done(q->op, IMAPSRV_OK, NULL));
	}
	free(names);
}

static enum imapsrv_code would_refuse(struct ts_op *q, struct ts_mailbox *m)
{
	struct ts *ts = q->link->ts;
	size_t count = 0;

	for (const struct ts_entry *e = q->entries; e; e = e->next) {
		const struct ts_entry *old = *ts_entries(ts, q->account->user, m, e->name);
		bool there = false;
		size_t n = 0;

		for (; old; old = old->next, n++)
			there = there || !strcmp(old->name, e->name);
		if (!m && !strcmp(e->name, "/shared/admin"))
			return IMAPSRV_NOPERM;
		if (ts->meta.no_private && !strncmp(e->name, "/private", 8))
			return IMAPSRV_CANNOT;
		count += e->data && !there;
		if (ts->meta.count && e->data && !there && n + count > ts->meta.count)
			return IMAPSRV_LIMIT;
	}
	return IMAPSRV_OK;
}

static bool changes(const struct ts_entry *list, const struct ts_entry *e)
{
	while (list && strcmp(list->name, e->name))
		list = list->next;
	if (!list || !e->data)
		return list || e->data;
	return list->len != e->len || memcmp(list->data, e->data, e->len) != 0;
}

/* Those of the entries that are under this scope, to whom they belong. */
static void post(struct ts_op *q, struct ts_mailbox *m, const char *scope)
{
	struct ts *ts = q->link->ts;
	struct imapsrv_event event = IMAPSRV_EVENT_INIT;
	struct imapsrv_span *names = tx_alloc((q->keyword_count + 1) * sizeof(*names));
	bool shared = !m && scope[1] == 's';

	event.type = m ? IMAPSRV_EVENT_MAILBOX_METADATA : IMAPSRV_EVENT_SERVER_METADATA;
	event.mailbox = (struct imapsrv_span){q->name, strlen(q->name)};
	event.origin = q->link->session;
	event.entries = names;
	for (const struct ts_entry *e = q->entries; e; e = e->next)
		if (!strncmp(e->name, scope, strlen(scope)))
			names[event.entry_count++] = (struct imapsrv_span){e->name, strlen(e->name)};
	if (event.entry_count)
		ts_post_event(ts, shared ? NULL : q->account->user, &event);
	free(names);
}

void ts_answer_setmetadata(struct ts_op *q)
{
	struct ts *ts = q->link->ts;
	struct ts_mailbox *m;
	enum imapsrv_code code;
	bool changed = false;

	if (!place(q, &m))
		return;
	code = would_refuse(q, m);
	for (const struct ts_entry *e = q->entries; e && !code; e = e->next) {
		struct ts_entry **list = ts_entries(ts, q->account->user, m, e->name);

		changed = changed || changes(*list, e);
		ts_set_entry(list, e->name, e->data, e->len);
	}
	if (changed && m && !m->books)
		m->modseq++; /* RFC 7162 3.2 */
	if (ts->options.events_after || code)
		gave(q, imapsrv_op_done(q->op, code, code ? "Not that" : NULL));
	if (code)
		return;
	post(q, m, "/private");
	post(q, m, "/shared");
	if (!ts->options.events_after)
		gave(q, imapsrv_op_done(q->op, IMAPSRV_OK, NULL));
}
