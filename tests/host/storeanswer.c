/* SPDX-License-Identifier: MIT */
/*
 * host/storeanswer - what becomes of a question: the change is made, the events are posted, the
 * results are given, the op is ended.  Runs inside the callback or long after it; an op that is
 * to be refused is refused here.
 */
#include "host/teststore.h"

#include <stdlib.h>
#include <string.h>

/* A result was handed over; the library may only complain of memory. */
static void gave(struct ts_op *q, int rc)
{
	if (rc == IMAPSRV_EINVAL || rc == IMAPSRV_ESTATE)
		tx_complain(q->link->ts->log, "%s: a result was refused with %d (%s)",
		            ts_kind_names[q->kind], rc, imapsrv_strerror(rc));
}

static void done(struct ts_op *q, enum imapsrv_code code, const char *text)
{
	gave(q, imapsrv_op_done(q->op, code, text));
}

static struct imapsrv_span span_of(const char *s)
{
	return (struct imapsrv_span){s, strlen(s)};
}

/* The mailbox that a name means to this account, or NULL after the op was refused. */
static struct ts_mailbox *target(struct ts_op *q, const char *name)
{
	struct ts *ts = q->link->ts;
	struct ts_mailbox *m = q->account ? ts_find(ts, q->account->user, name) : NULL;

	if (!m || m->hidden || (m->attributes & (IMAPSRV_ATTR_NOSELECT | IMAPSRV_ATTR_NONEXISTENT))) {
		done(q, IMAPSRV_NONEXISTENT, "There is no such mailbox");
		return NULL;
	}
	if (m->refused) {
		done(q, IMAPSRV_NOPERM, "You may not");
		return NULL;
	}
	return m;
}

/* ---- accounts and mailboxes ------------------------------------------------------------- */

static void answer_login(struct ts_op *q)
{
	struct imapsrv_account account;
	const struct ts_user *u = *q->name ? ts_find_user(q->link->ts, q->name) : NULL;
	bool self = !*q->third || (u && strcmp(q->third, u->name) == 0);

	if (!u || (!q->flag && (strlen(u->password) != q->len ||
	                        memcmp(u->password, q->second, q->len) != 0))) {
		done(q, IMAPSRV_AUTHENTICATIONFAILED, "Not with that");
		return;
	}
	if (!self) {
		done(q, IMAPSRV_AUTHORIZATIONFAILED, "Not as somebody else");
		return;
	}
	ts_preauth(q->link, u->name, &account);
	gave(q, imapsrv_op_account(q->op, &account));
	done(q, IMAPSRV_OK, NULL);
}

static bool subscribed(const struct ts_user *u, const char *name)
{
	for (size_t i = 0; i < u->subscription_count; i++)
		if (strcmp(u->subscriptions[i], name) == 0)
			return true;
	return false;
}

static bool begins(const struct ts *ts, const char *name, const char *prefix)
{
	size_t len = strlen(prefix);

	return ts->options.generous || strncmp(name, prefix, len) == 0 ||
	       (tx_same(name, "INBOX") && len <= 5 && tx_same_n(prefix, len, "INBOX")) ||
	       (len <= 5 && tx_same_n(name, strlen(name) < len ? strlen(name) : len, prefix));
}

static void answer_list(struct ts_op *q)
{
	struct ts *ts = q->link->ts;
	const struct ts_user *u = q->account ? q->account->user : NULL;

	for (const struct ts_mailbox *m = ts->mailboxes; m; m = m->next) {
		struct imapsrv_name name;

		if (m->removed || m->hidden || !u || !ts_belongs(m, u) || !begins(ts, m->name, q->name))
			continue;
		name.rights = ts_acl_rights(m, u);
		name.name = span_of(m->name);
		name.attributes = m->attributes | (m->refused ? (uint32_t)IMAPSRV_ATTR_NOACCESS : 0);
		if (q->flag && subscribed(u, m->name))
			name.attributes |= IMAPSRV_ATTR_SUBSCRIBED;
		gave(q, imapsrv_op_name(q->op, &name));
	}
	for (size_t i = 0; q->flag && u && i < u->subscription_count; i++) {
		struct imapsrv_name name = {span_of(u->subscriptions[i]),
		                            IMAPSRV_ATTR_SUBSCRIBED | IMAPSRV_ATTR_NONEXISTENT, 0};

		if (!ts_find(ts, u, u->subscriptions[i]) &&
		    begins(ts, u->subscriptions[i], q->name))
			gave(q, imapsrv_op_name(q->op, &name));
	}
	done(q, IMAPSRV_OK, NULL);
}

static void answer_open(struct ts_op *q)
{
	struct ts *ts = q->link->ts;
	struct imapsrv_mailbox box = IMAPSRV_MAILBOX_INIT;
	struct imapsrv_span *keywords;
	struct ts_mailbox *m = target(q, q->name);

	if (!m || !q->mailbox || q->mailbox->mailbox != m) {
		if (q->mailbox)
			ts_handle_close(ts, q->mailbox);
		if (m)
			done(q, IMAPSRV_UNAVAILABLE, "It was born just now");
		return;
	}
	box.rights = ts_acl_rights(m, q->account->user);
	if (!(box.rights & IMAPSRV_RIGHT_READ)) {
		ts_handle_close(ts, q->mailbox);
		gave(q, imapsrv_op_mailbox(q->op, &box));
		done(q, IMAPSRV_OK, NULL);
		return;
	}
	box.private_rights = m->private_rights;
	keywords = tx_alloc((m->keyword_count + 1) * sizeof(*keywords));
	for (size_t i = 0; i < m->keyword_count; i++)
		keywords[i] = span_of(m->keywords[i]);
	box.handle = q->mailbox;
	box.uidvalidity = m->uidvalidity;
	box.uidnext = m->uidnext;
	box.read_only = q->mailbox->read_only;
	box.uid_not_sticky = m->not_sticky;
	box.permanent_flags = m->permanent;
	box.keywords = keywords;
	box.keyword_count = m->keyword_count;
	box.new_keywords = !m->no_new_keywords;
	if (m->keep_recent) {
		box.recent_from = m->recent_from ? m->recent_from : 1; /* 0: none */
		if (!q->mailbox->read_only)
			m->recent_from = m->uidnext;
	}
	for (size_t i = m->count; i-- > 0;)
		if (!(m->messages[i].system & IMAPSRV_SEEN))
			box.first_unseen = m->messages[i].uid;
	box.append_limit = m->append_limit;
	box.annotations = m->annotations;
	box.annotation_size = m->annotation_size;
	box.mailboxid = span_of(m->id);
	box.highest_modseq = ts->modseqs && !m->no_modseq ? m->modseq : 0;
	gave(q, imapsrv_op_mailbox(q->op, &box));
	done(q, IMAPSRV_OK, NULL);
	free(keywords);
}

uint32_t ts_status_items(const struct ts *ts)
{
	return 0x7fu | (ts->modseqs ? IMAPSRV_STATUS_HIGHESTMODSEQ : 0u) |
	       (ts->limits ? IMAPSRV_STATUS_APPENDLIMIT : 0u) |
	       (ts->objectids ? IMAPSRV_STATUS_MAILBOXID : 0u) |
	       (ts->resources & 1 ? IMAPSRV_STATUS_DELETED_STORAGE : 0u);
}

static void answer_status(struct ts_op *q)
{
	struct imapsrv_status status = {.items = q->facts};
	const struct ts_mailbox *m = target(q, q->name);

	if (!m)
		return;
	status.rights = ts_acl_rights(m, q->account->user);
	status.messages = (uint32_t)m->count;
	status.uidnext = m->uidnext;
	status.uidvalidity = m->uidvalidity;
	for (size_t i = 0; i < m->count; i++) {
		status.unseen += !(m->messages[i].system & IMAPSRV_SEEN);
		status.deleted += (m->messages[i].system & IMAPSRV_DELETED) != 0;
		if (m->messages[i].system & IMAPSRV_DELETED)
			status.deleted_octets += m->messages[i].blob->len;
		status.recent += m->keep_recent && m->messages[i].uid >= m->recent_from;
		status.octets += m->messages[i].blob->len;
	}
	if (q->link->ts->options.generous)
		status.items = ts_status_items(q->link->ts);
	if (q->link->ts->options.sparse) /* the rest is told by open */
		status.items &= 0x7fu;
	status.append_limit = m->append_limit;
	status.mailboxid = span_of(m->id);
	status.highest_modseq = q->link->ts->modseqs && !m->no_modseq ? m->modseq : 0;
	gave(q, imapsrv_op_status(q->op, &status));
	done(q, IMAPSRV_OK, NULL);
}

/* ---- messages --------------------------------------------------------------------------- */

/* Calls `each` for the messages of the op's set that exist or are kept. */
static void for_messages(struct ts_op *q, void (*each)(struct ts_op *q, struct ts_message *m))
{
	struct ts_mailbox *box = q->mailbox ? q->mailbox->mailbox : NULL;
	bool down = q->link->ts->downwards;

	for (size_t i = 0; box && i < q->set.count; i++) {
		struct imapsrv_range range = q->set.ranges[down ? q->set.count - 1 - i : i];
		size_t from = ts_position(box, range.first), end = from;

		while (end < box->count && box->messages[end].uid <= range.last)
			end++;
		for (size_t k = from; k < end; k++)
			each(q, &box->messages[down ? from + end - 1 - k : k]);
	}
	for (size_t i = 0; box && i < q->mailbox->kept_count; i++)
		if (ts_set_has(q->set, q->mailbox->kept[i].message.uid))
			each(q, &q->mailbox->kept[i].message);
}

static void give_uids(struct ts_op *q, struct imapsrv_set set)
{
	size_t piece = q->link->ts->options.set_piece;

	if (!piece)
		piece = set.count;
	for (size_t i = 0; i < set.count; i += piece) {
		size_t n = set.count - i < piece ? set.count - i : piece;

		gave(q, imapsrv_op_uids(q->op, (struct imapsrv_set){set.ranges + i, n}));
	}
}

static void answer_uids(struct ts_op *q)
{
	struct ts_set found = {0};
	const struct ts_mailbox *box = q->mailbox ? q->mailbox->mailbox : NULL;

	uint32_t first = q->link->ts->options.generous ? 1 : q->set.ranges[0].first;

	for (size_t k = box ? ts_position(box, first) : 0;
	     box && k < box->count && box->messages[k].uid <= q->set.ranges[0].last; k++)
		ts_set_add(&found, box->messages[k].uid);
	if (q->mailbox && q->ranges[0].first == 1 && q->ranges[0].last == UINT32_MAX)
		ts_keep_told(q->mailbox, q->set);
	give_uids(q, ts_set_view(&found));
	done(q, IMAPSRV_OK, NULL);
	ts_set_clear(&found);
}

/* Graves lie in the order in which they were dug; the answer ascends. */
static void answer_vanished(struct ts_op *q)
{
	const struct ts_mailbox *box = q->mailbox ? q->mailbox->mailbox : NULL;
	struct ts_set found = {0};
	uint32_t uid = 0;

	if (box && (box->books ? !box->books->vanished(box->books->user, q->modseq, &found)
	                       : q->modseq < box->floor)) {
		done(q, IMAPSRV_EXPIRED, "Forgotten");
		ts_set_clear(&found);
		return;
	}
	for (size_t round = 0; box && !box->books && round < box->grave_count; round++) {
		uint32_t next = UINT32_MAX;

		for (size_t i = 0; i < box->grave_count; i++)
			if (box->graves[i].uid > uid && box->graves[i].uid < next)
				next = box->graves[i].uid;
		uid = next;
		for (size_t i = 0; i < box->grave_count; i++)
			if (box->graves[i].uid == uid && box->graves[i].modseq > q->modseq &&
			    (ts_set_has(q->set, uid) || q->link->ts->options.generous))
				ts_set_add(&found, uid);
	}
	give_uids(q, ts_set_view(&found));
	done(q, IMAPSRV_OK, NULL);
	ts_set_clear(&found);
}

/* The octets of a message as this store hands them out: a block of exactly its size, so that
 * reading past it is seen. */
static char *host_octets(const struct ts *ts, const struct ts_message *m, size_t *len_r,
                         enum imapsrv_eol *eol_r)
{
	char *data = malloc(m->blob->len ? m->blob->len : 1);

	if (!data)
		abort();
	*len_r = 0;
	*eol_r = ts->options.lf && !m->blob->bare ? IMAPSRV_EOL_LF : IMAPSRV_EOL_CRLF;
	if (*eol_r == IMAPSRV_EOL_CRLF) {
		memcpy(data, m->blob->data, m->blob->len);
		*len_r = m->blob->len;
		return data;
	}
	for (size_t i = 0; i < m->blob->len; i++)
		if (m->blob->data[i] != '\r')
			data[(*len_r)++] = m->blob->data[i];
	return tx_realloc(data, *len_r);
}

/* What a host would have kept of the message when it arrived. */
static struct imapsrv_describer *describe(const struct ts *ts, const struct ts_message *m,
                                          struct imapsrv_row *row)
{
	struct imapsrv_describer *d;
	enum imapsrv_eol eol;
	size_t len;
	char *data = host_octets(ts, m, &len, &eol);

	uint64_t at, octets;

	if (imapsrv_describer_new(NULL, ts->bounds, &d) || imapsrv_describer_feed(d, data, len) ||
	    imapsrv_describer_finish(d, &row->description) ||
	    imapsrv_describer_text(d, &at, &octets) || at > len || octets > len - at ||
	    imapsrv_describer_feed_text(d, data + at, (size_t)octets, NULL) ||
	    imapsrv_describer_preview(d, &row->preview))
		abort();
	free(data);
	if (ts->options.described > 1)
		row->description.len -= row->description.len / 3; /* damaged: passed over */
	return d;
}

static void give_row(struct ts_op *q, struct ts_message *m, uint32_t facts, bool unchanged, bool failed)
{
	const struct ts_mailbox *box = q->mailbox->mailbox;
	struct imapsrv_span *keywords = tx_alloc((m->keyword_count + 1) * sizeof(*keywords));
	struct imapsrv_row row = {.uid = m->uid, .facts = facts, .unchanged = unchanged,
	                          .failed = failed, .modseq = m->modseq};
	struct imapsrv_describer *d = NULL;

	if (q->link->ts->options.generous)
		row.facts |= IMAPSRV_FACT_FLAGS | IMAPSRV_FACT_DATE | IMAPSRV_FACT_SIZE |
		             IMAPSRV_FACT_MODSEQ |
		             (q->link->ts->objectids ? TS_OBJECT_FACTS : 0u) |
		             (q->link->ts->savedates ? IMAPSRV_FACT_SAVEDATE : 0u);
	if (!q->link->ts->modseqs || box->no_modseq)
		row.facts &= ~(uint32_t)IMAPSRV_FACT_MODSEQ;
	if (q->link->ts->options.no_size)
		row.facts &= ~(uint32_t)IMAPSRV_FACT_SIZE;
	for (uint32_t i = 0; i < m->keyword_count; i++)
		keywords[i] = span_of(box->keywords[m->keywords[i]]);
	if (row.facts & IMAPSRV_FACT_FLAGS)
		row.flags = (struct imapsrv_flags){m->system, m->keyword_count, keywords};
	if (row.facts & IMAPSRV_FACT_DATE) {
		row.date = m->date;
		row.zone = m->zone;
	}
	if (row.facts & IMAPSRV_FACT_SIZE)
		row.octets = m->blob->len;
	row.emailid = span_of(m->blob->emailid);
	row.threadid = span_of(m->blob->threadid);
	row.save_date = m->saved;
	row.save_zone = m->saved_zone;
	if (box->no_savedates)
		row.facts &= ~(uint32_t)IMAPSRV_FACT_SAVEDATE;
	if (!row.emailid.len)
		row.facts &= ~(uint32_t)IMAPSRV_FACT_EMAILID;
	if (!row.threadid.len)
		row.facts &= ~(uint32_t)IMAPSRV_FACT_THREADID;
	if (!q->link->ts->options.described)
		row.facts &= ~(uint32_t)IMAPSRV_FACT_DESCRIPTION;
	if (!q->link->ts->options.previews)
		row.facts &= ~(uint32_t)IMAPSRV_FACT_PREVIEW;
	if (row.facts & (IMAPSRV_FACT_DESCRIPTION | IMAPSRV_FACT_PREVIEW))
		d = describe(q->link->ts, m, &row);
	gave(q, imapsrv_op_row(q->op, &row));
	imapsrv_describer_free(d);
	free(keywords);
}

static void fetch_one(struct ts_op *q, struct ts_message *m)
{
	if (m->modseq > q->modseq || q->link->ts->options.generous)
		give_row(q, m, q->facts, false, false);
}

static void answer_fetch(struct ts_op *q)
{
	for_messages(q, fetch_one);
	done(q, IMAPSRV_OK, NULL);
}

/* What is changed in kept messages nobody else has to be told.  The sequence is that of the mailbox:
 * all that happened up to there was posted. */
static void store_kept(struct ts_op *q)
{
	struct ts_mailbox *box = q->mailbox->mailbox;

	for (size_t i = 0; i < q->mailbox->kept_count; i++) {
		struct ts_message *m = &q->mailbox->kept[i].message;
		bool holds = !q->conditional || m->modseq <= q->modseq;
		struct ts_changes c = {0};

		if (!ts_set_has(q->set, m->uid))
			continue;
		if (holds)
			ts_flag_one(box, m, (enum imapsrv_store_mode)q->flag, q->system, q->keywords,
			            q->keyword_count, &c);
		if (c.changed.count)
			m->modseq = box->modseq;
		give_row(q, m, IMAPSRV_FACT_FLAGS | IMAPSRV_FACT_MODSEQ, !c.changed.count, !holds);
		ts_set_clear(&c.changed);
		ts_set_clear(&c.read);
		ts_set_clear(&c.trash);
		ts_set_clear(&c.set);
		ts_set_clear(&c.clear);
	}
}

static void answer_store(struct ts_op *q)
{
	struct ts *ts = q->link->ts;
	struct ts_changes c = {0};
	struct ts_set passed = {0};
	struct ts_mailbox *box = q->mailbox ? q->mailbox->mailbox : NULL;

	if (!box) {
		done(q, IMAPSRV_SERVERBUG, NULL);
		return;
	}
	/* RFC 7162 3.1.3 */
	for (size_t k = 0; k < box->count; k++)
		if (!q->conditional || box->messages[k].modseq <= q->modseq)
			if (ts_set_has(q->set, box->messages[k].uid))
				ts_set_add(&passed, box->messages[k].uid);
	box->may = ts->acl.on ? q->rights : UINT32_MAX;
	ts_flag(box, ts_set_view(&passed), (enum imapsrv_store_mode)q->flag, q->system, q->keywords,
	        q->keyword_count, &c);
	box->may = UINT32_MAX;
	for (size_t i = 0; i < q->set.count; i++)
		for (size_t k = ts_position(box, q->set.ranges[i].first);
		     k < box->count && box->messages[k].uid <= q->set.ranges[i].last; k++)
			give_row(q, &box->messages[k], IMAPSRV_FACT_FLAGS | IMAPSRV_FACT_MODSEQ,
			         !ts_set_has(ts_set_view(&c.changed), box->messages[k].uid),
			         !ts_set_has(ts_set_view(&passed), box->messages[k].uid));
	if (ts->keeps_changes)
		store_kept(q);
	ts_set_clear(&passed);
	if (ts->options.events_after)
		done(q, IMAPSRV_OK, NULL);
	ts_post_changes(ts, box, &c, q->link->session);
	if (!ts->options.events_after)
		done(q, IMAPSRV_OK, NULL);
}

static void answer_expunge(struct ts_op *q)
{
	struct ts *ts = q->link->ts;
	struct ts_set removed = {0};
	struct ts_mailbox *box = q->mailbox ? q->mailbox->mailbox : NULL;

	if (box)
		ts_remove(box, q->set, q->flag, &removed);
	give_uids(q, ts_set_view(&removed));
	if (removed.count && ts->modseqs && !box->no_modseq)
		gave(q, imapsrv_op_modseq(q->op, box->modseq));
	if (ts->options.events_after)
		done(q, IMAPSRV_OK, NULL);
	if (removed.count)
		ts_post(ts, box, IMAPSRV_EVENT_MESSAGE_EXPUNGE, ts_set_view(&removed),
		        q->link->session);
	if (!ts->options.events_after)
		done(q, IMAPSRV_OK, NULL);
	ts_set_clear(&removed);
}

/* ---- bodies ----------------------------------------------------------------------------- */

static void answer_body(struct ts_op *q)
{
	struct ts *ts = q->link->ts;
	const struct ts_message *m =
		q->mailbox ? ts_message(q->mailbox->mailbox, q->facts) : NULL;
	enum imapsrv_eol eol;
	struct ts_handle *h;

	if (!m && q->mailbox)
		m = ts_kept(q->mailbox, q->facts);
	if (!m) {
		done(q, IMAPSRV_EXPUNGEISSUED, "It is gone");
		return;
	}
	h = ts_handle_new(q->link, TS_BODY_HANDLE);
	h->mailbox = q->mailbox->mailbox;
	h->data = host_octets(ts, m, &h->len, &eol);
	if (ts->options.pull)
		gave(q, imapsrv_op_pull(q->op, h->len, eol, h));
	else
		gave(q, imapsrv_op_lend(q->op, h->data, h->len, eol, h));
	done(q, IMAPSRV_OK, NULL);
}

static void answer_read(struct ts_op *q)
{
	struct ts_handle *h = q->body;
	size_t n;

	if (!h || q->offset >= h->len) {
		done(q, IMAPSRV_SERVERBUG, "Nothing is there to be read");
		return;
	}
	n = h->len - (size_t)q->offset;
	if (n > q->len)
		n = q->len;
	if (n > q->link->ts->options.pull && q->link->ts->options.pull)
		n = q->link->ts->options.pull;
	h->at = q->offset + n;
	gave(q, imapsrv_op_bytes(q->op, h->data + q->offset, n));
	done(q, IMAPSRV_OK, NULL);
}

/* ---- new messages ----------------------------------------------------------------------- */

/* RFC 8508 3.4: only what remains counts. */
static bool has_room(const struct ts_op *q)
{
	const struct ts_message *old =
		q->mailbox ? ts_message(q->mailbox->mailbox, q->facts) : NULL;
	uint64_t octets = q->offset;

	for (const struct ts_mailbox *m = q->link->ts->mailboxes; m; m = m->next)
		for (size_t i = 0; i < m->count; i++)
			if (&m->messages[i] != old)
				octets += m->messages[i].blob->len;
	return !q->link->ts->room || octets <= q->link->ts->room;
}

static bool is_too_big(const struct ts_op *q, const struct ts_mailbox *m)
{
	const struct ts *ts = q->link->ts;

	return (ts->max_append && q->offset > ts->max_append) || q->offset > m->append_limit;
}

static void answer_begin(struct ts_op *q)
{
	struct ts *ts = q->link->ts;
	enum imapsrv_code code;
	struct ts_mailbox *m;

	if (q->flag) { /* one more message: the mailbox is known */
		if (is_too_big(q, q->append->mailbox))
			done(q, IMAPSRV_TOOBIG, "That is too big");
		else
			done(q, ts_would_annotate(ts, q->append->mailbox, NULL, q->entries), "Not that");
		return;
	}
	m = target(q, q->name);
	if (m && m->read_only) {
		done(q, IMAPSRV_NOPERM, "It is read-only");
		m = NULL;
	}
	if (m && is_too_big(q, m)) {
		done(q, IMAPSRV_TOOBIG, "That is too big");
		m = NULL;
	}
	if (m && q->facts && (!q->mailbox || !ts_message(q->mailbox->mailbox, q->facts))) {
		done(q, IMAPSRV_EXPUNGEISSUED, "It is gone");
		m = NULL;
	}
	if (m && q->entries && (code = ts_would_annotate(ts, m, NULL, q->entries)) != IMAPSRV_OK) {
		done(q, code, "Not with that");
		m = NULL;
	}
	if (m && !has_room(q)) {
		done(q, IMAPSRV_OVERQUOTA, "There is no room");
		m = NULL;
	}
	if (!m) {
		ts_handle_close(ts, q->append);
		return;
	}
	q->append->mailbox = m;
	gave(q, imapsrv_op_append(q->op, q->append));
	done(q, IMAPSRV_OK, NULL);
}

/* What a message comes to that is put together while it comes is seen only here. */
static void answer_data(struct ts_op *q)
{
	const struct ts_handle *h = q->append;
	bool unmeasured = h && h->drafts[h->draft_count - 1].octets == UINT64_MAX;

	if (unmeasured && is_too_big(q, h->mailbox))
		done(q, IMAPSRV_TOOBIG, "That is too big");
	else if (unmeasured && !has_room(q))
		done(q, IMAPSRV_OVERQUOTA, "There is no room");
	else
		done(q, IMAPSRV_OK, NULL);
}

/* append_finish, and replace: one message goes in the same stroke. */
static void answer_finish(struct ts_op *q)
{
	struct ts *ts = q->link->ts;
	struct ts_handle *h = q->append;
	struct ts_mailbox *m = h ? h->mailbox : NULL;
	struct ts_mailbox *from = q->kind == TS_REPLACE && q->mailbox ? q->mailbox->mailbox : NULL;
	struct imapsrv_range old = {q->facts, q->facts};
	struct ts_set uids = {0}, removed = {0};
	bool gone = q->kind == TS_REPLACE && (!from || !ts_message(from, q->facts));

	if (!m || m->removed || gone) {
		done(q, gone ? IMAPSRV_EXPUNGEISSUED : IMAPSRV_NONEXISTENT, "It is gone");
		if (h)
			ts_handle_close(ts, h);
		return;
	}
	for (size_t i = 0; i < h->draft_count; i++) {
		const struct ts_draft *d = &h->drafts[i];
		struct ts_message *message =
			ts_add(m, 0, d->data.data, d->data.len, d->date, d->zone);

		message->system = d->system;
		message->saved = ts->now;
		message->notes = ts_copy_annotations(d->notes, NULL, true);
		for (size_t k = 0; k < d->keyword_count; k++)
			ts_keyword(m, message, d->keywords[k], true);
		ts_note_added(ts, m, message->blob);
		ts_set_add(&uids, message->uid);
	}
	gave(q, imapsrv_op_appended(q->op, m->not_sticky ? 0 : m->uidvalidity, ts_set_view(&uids)));
	if (from)
		ts_remove(from, (struct imapsrv_set){&old, 1}, false, &removed);
	if (from && ts->modseqs && !from->no_modseq)
		gave(q, imapsrv_op_modseq(q->op, from->modseq));
	if (ts->options.events_after)
		done(q, IMAPSRV_OK, NULL);
	ts_post(ts, m, IMAPSRV_EVENT_MESSAGE_APPEND, ts_set_view(&uids), q->link->session);
	if (from)
		ts_post(ts, from, IMAPSRV_EVENT_MESSAGE_EXPUNGE, ts_set_view(&removed),
		        q->link->session);
	ts_set_clear(&removed);
	if (!ts->options.events_after)
		done(q, IMAPSRV_OK, NULL);
	ts_set_clear(&uids);
	ts_handle_close(ts, h);
}

static void copy_one(struct ts_mailbox *from, const struct ts_message *m, struct ts_mailbox *to,
                     const char *user, uint32_t rights, struct ts_set *uids)
{
	struct ts_message source = *m; /* `to` may be the same mailbox and move its messages */
	struct ts_message *copy =
		ts_add(to, 0, source.blob->data, source.blob->len, source.date, source.zone);

	copy->system = source.system & imapsrv_rights_flags(rights);
	if (!(to->annotations & (IMAPSRV_ANNOTATIONS_NONE | IMAPSRV_ANNOTATIONS_READONLY))) {
		/* RFC 5257 4.6 */
		ts_free_entries(&copy->notes);
		copy->notes = ts_copy_annotations(
			source.notes,
			to->annotations & IMAPSRV_ANNOTATIONS_NOPRIVATE ? "" : user,
			(rights & IMAPSRV_RIGHT_NOTE) != 0);
	}
	memcpy(copy->blob->emailid, source.blob->emailid, sizeof(copy->blob->emailid));
	memcpy(copy->blob->threadid, source.blob->threadid, sizeof(copy->blob->threadid));
	for (uint32_t i = 0; i < source.keyword_count && rights & IMAPSRV_RIGHT_WRITE; i++)
		ts_keyword(to, copy, from->keywords[source.keywords[i]], true);
	ts_set_add(uids, copy->uid);
}

static void answer_copy(struct ts_op *q)
{
	struct ts *ts = q->link->ts;
	struct ts_mailbox *from = q->mailbox ? q->mailbox->mailbox : NULL;
	struct ts_mailbox *to = target(q, q->name);
	struct ts_set sources = {0}, copies = {0}, removed = {0};

	if (!to)
		return;
	if (!from || to->read_only) {
		done(q, IMAPSRV_NOPERM, "It is read-only");
		return;
	}
	/* In the order of UIDs, and none of the copies. */
	for (size_t k = 0, n = from->count, g = 0; k < n || g < q->mailbox->kept_count;) {
		struct ts_kept *kept = g < q->mailbox->kept_count ? &q->mailbox->kept[g] : NULL;
		const struct ts_message *m = k < n ? &from->messages[k] : NULL;
		bool ghost = kept && (!m || kept->message.uid < m->uid);

		if (ghost)
			m = &kept->message;
		g += ghost;
		k += !ghost;
		if (!ts_set_has(q->set, m->uid) || (ghost && q->kind == TS_MOVE))
			continue;
		ts_set_add(&sources, m->uid);
		copy_one(from, m, to, q->mailbox->user->name,
		         ts->acl.on ? q->rights : UINT32_MAX, &copies);
		to->messages[to->count - 1].saved = ts->now; /* RFC 8514 3 */
		ts_note_added(ts, to, to->messages[to->count - 1].blob);
	}
	if (sources.count)
		gave(q, imapsrv_op_copied(q->op, to->not_sticky ? 0 : to->uidvalidity,
		                          ts_set_view(&sources), ts_set_view(&copies)));
	if (q->kind == TS_MOVE && sources.count) {
		ts_remove(from, ts_set_view(&sources), false, &removed);
		if (ts->modseqs && !from->no_modseq)
			gave(q, imapsrv_op_modseq(q->op, from->modseq));
	}
	if (ts->options.events_after)
		done(q, IMAPSRV_OK, NULL);
	if (copies.count)
		ts_post(ts, to, IMAPSRV_EVENT_MESSAGE_APPEND, ts_set_view(&copies),
		        q->link->session);
	if (removed.count)
		ts_post(ts, from, IMAPSRV_EVENT_MESSAGE_EXPUNGE, ts_set_view(&removed),
		        q->link->session);
	ts_set_clear(&removed);
	if (!ts->options.events_after)
		done(q, IMAPSRV_OK, NULL);
	ts_set_clear(&sources);
	ts_set_clear(&copies);
}

/* ---- which mailboxes there are ---------------------------------------------------------- */

static void post_managed(struct ts_op *q, struct ts_user *u)
{
	static const enum imapsrv_event_type types[TS_KINDS] = {
		[TS_CREATE] = IMAPSRV_EVENT_MAILBOX_CREATE,
		[TS_DELETE] = IMAPSRV_EVENT_MAILBOX_DELETE,
		[TS_RENAME] = IMAPSRV_EVENT_MAILBOX_RENAME,
	};
	bool rename = q->kind == TS_RENAME;
	enum imapsrv_event_type type = types[q->kind];

	if (q->kind == TS_SUBSCRIBE)
		type = q->flag ? IMAPSRV_EVENT_MAILBOX_SUBSCRIBE : IMAPSRV_EVENT_MAILBOX_UNSUBSCRIBE;
	ts_post_name(q->link->ts, u, type, rename ? q->second : q->name, rename ? q->name : NULL,
	             q->link->session);
}

static void answer_manage(struct ts_op *q)
{
	struct ts *ts = q->link->ts;
	struct ts_user *u = q->account ? q->account->user : NULL;
	struct ts_mailbox *m = u ? ts_find(ts, u, q->name) : NULL;
	enum imapsrv_code code = IMAPSRV_OK;
	bool later = ts->options.events_after, parent = q->kind == TS_CREATE && q->flag;

	if (!u)
		code = IMAPSRV_SERVERBUG;
	else if (q->kind == TS_SUBSCRIBE)
		ts_subscribe(u, q->name, q->flag);
	else if (q->kind == TS_CREATE && m)
		code = IMAPSRV_ALREADYEXISTS;
	else if (q->kind == TS_CREATE && q->flag && q->facts)
		code = IMAPSRV_USEATTR; /* a parent only: there would be no mailbox to have it */
	else if (q->kind == TS_CREATE && !q->flag) {
		m = ts_add_mailbox(ts, u, q->name);
		m->attributes = q->facts;
		ts_acl_inherit(m);
	}
	else if (q->kind != TS_CREATE && (!m || m->hidden))
		code = IMAPSRV_NONEXISTENT;
	else if (q->kind == TS_DELETE)
		ts_remove_mailbox(ts, m);
	else if (q->kind == TS_RENAME && ts_find(ts, u, q->second))
		code = IMAPSRV_ALREADYEXISTS;
	else if (q->kind == TS_RENAME)
		ts_rename_mailbox(ts, m, q->second);
	if (q->kind == TS_CREATE && !code && m && ts->objectids)
		gave(q, imapsrv_op_mailboxid(q->op, span_of(m->id)));
	if (!code && !parent && !later)
		post_managed(q, u);
	done(q, code, code ? "That cannot be" : NULL);
	if (!code && !parent && later)
		post_managed(q, u);
}

/* ---- refusing --------------------------------------------------------------------------- */

static void refuse(struct ts_op *q, enum imapsrv_code code, const char *text)
{
	struct ts *ts = q->link->ts;

	if (ts->options.fail_late && q->kind == TS_FETCH) {
		struct imapsrv_set all = q->set;

		if (q->set.count > 1)
			q->set.count = 1;
		for_messages(q, fetch_one);
		q->set = all;
	}
	ts->read_refused |= q->kind == TS_READ;
	done(q, code, text);
	if ((q->kind == TS_OPEN || q->kind == TS_URLOPEN) && q->mailbox)
		ts_handle_close(ts, q->mailbox);
	if (((q->kind == TS_BEGIN && !q->flag) || q->kind == TS_FINISH || q->kind == TS_REPLACE) &&
	    q->append)
		ts_handle_close(ts, q->append);
}

/* URLs that come with the answer. */
static void refer(struct ts_op *q)
{
	char *urls = q->link->ts->refuse[q->kind].urls;

	q->link->ts->refuse[q->kind].urls = NULL;
	for (const char *at = urls; at;) {
		size_t len = strcspn(at, " ");

		gave(q, imapsrv_op_referral(q->op, (struct imapsrv_span){at, len}));
		at = at[len] ? at + len + 1 : NULL;
	}
	free(urls);
}

static bool refused(struct ts_op *q)
{
	struct ts *ts = q->link->ts;
	char *text = ts->refuse[q->kind].text;

	if (ts->refuse[q->kind].urls)
		refer(q);
	if (ts->refuse[q->kind].code) {
		refuse(q, ts->refuse[q->kind].code, text);
		ts->refuse[q->kind].code = IMAPSRV_OK;
		ts->refuse[q->kind].text = NULL;
		free(text);
		return true;
	}
	if (q->number != ts->options.fail_at)
		return false;
	refuse(q, ts->options.fail_code, "Refused\r\n* BYE by the test\n"); /* ATTACKS T30 */
	return true;
}

void ts_perform(struct ts_op *q)
{
	static void (*const answers[TS_KINDS])(struct ts_op *) = {
		[TS_LOGIN] = answer_login,   [TS_LIST] = answer_list,
		[TS_OPEN] = answer_open,     [TS_UIDS] = answer_uids,
		[TS_FETCH] = answer_fetch,   [TS_BODY] = answer_body,
		[TS_READ] = answer_read,     [TS_STORE] = answer_store,
		[TS_BEGIN] = answer_begin,   [TS_DATA] = answer_data,     [TS_FINISH] = answer_finish,
		[TS_EXPUNGE] = answer_expunge, [TS_COPY] = answer_copy,
		[TS_MOVE] = answer_copy,     [TS_STATUS] = answer_status,
		[TS_CREATE] = answer_manage, [TS_DELETE] = answer_manage,
		[TS_RENAME] = answer_manage, [TS_SUBSCRIBE] = answer_manage,
		[TS_SASL] = ts_answer_sasl,  [TS_VANISHED] = answer_vanished,
		[TS_REPLACE] = answer_finish, [TS_GETMETADATA] = ts_answer_getmetadata,
		[TS_SETMETADATA] = ts_answer_setmetadata, [TS_KEYS] = ts_answer_keys,
		[TS_GETQUOTA] = ts_answer_quota, [TS_GETQUOTAROOT] = ts_answer_quota,
		[TS_SETQUOTA] = ts_answer_quota,
		[TS_SORT] = ts_answer_order, [TS_THREAD] = ts_answer_order,
		[TS_SEARCH] = ts_answer_search,
		[TS_GETANNOTATIONS] = ts_answer_getannotations,
		[TS_STOREANNOTATIONS] = ts_answer_storeannotations,
		[TS_RIGHTS] = ts_answer_acl, [TS_GETACL] = ts_answer_acl,
		[TS_SETACL] = ts_answer_acl, [TS_GRANTABLE] = ts_answer_acl,
		[TS_URLTOKEN] = ts_answer_url, [TS_URLOPEN] = ts_answer_url,
		[TS_RESETKEY] = ts_answer_url, [TS_DESCRIBE] = ts_answer_url,
	};

	struct ts *ts = q->link->ts;

	q->link->op = NULL;
	/* What a name means is said before anything that is so only since. */
	if (q->name || q->kind == TS_LIST)
		ts_hub_hand_on(q->link);
	if (!refused(q)) {
		if (answers[q->kind])
			answers[q->kind](q);
		else
			done(q, IMAPSRV_OK, NULL);
	}
	ts_op_free(q);
	if (ts->answered)
		ts->answered(ts->answered_user);
}
