/* SPDX-License-Identifier: MIT */
/*
 * host/storecalls - the questions: every callback checks what it was handed against the headers,
 * copies it, and leaves the answer to storeanswer.c, now or later.
 */
#include "host/teststore.h"

#include <stdlib.h>
#include <string.h>

/* ---- what comes in is watched ----------------------------------------------------------- */

bool ts_is_clean(struct imapsrv_span s)
{
	const unsigned char *p = (const unsigned char *)s.data, *end = s.len ? p + s.len : p;

	while (p < end) {
		unsigned n = *p < 0x80 ? 0 : *p >= 0xf0 ? 3 : *p >= 0xe0 ? 2 : 1;
		uint32_t c = n == 0 ? *p : *p & (0x3fu >> n);

		if (*p < 0x20 || *p == 0x7f || (*p >= 0x80 && *p < 0xc2) || *p > 0xf4 ||
		    (size_t)(end - p) <= n)
			return false;
		for (unsigned i = 1; i <= n; i++) {
			if ((p[i] & 0xc0) != 0x80)
				return false;
			c = c << 6 | (p[i] & 0x3f);
		}
		if ((n == 2 && (c < 0x800 || (c >= 0xd800 && c < 0xe000))) ||
		    (n == 3 && (c < 0x10000 || c > 0x10ffff)))
			return false;
		p += n + 1;
	}
	return true;
}

static char *take_name(struct ts_op *q, struct imapsrv_span s, bool strict, char separator)
{
	const char *what = ts_kind_names[q->kind];
	struct ts *ts = q->link->ts;
	bool empty_level = false;


	if (!s.len || !ts_is_clean(s))
		tx_complain(ts->log, "%s: the name has %zu octets or is not clean UTF-8", what,
		            s.len);
	for (size_t i = 0; separator && i < s.len; i++)
		if (s.data[i] == separator &&
		    (i == 0 || i + 1 == s.len || s.data[i + 1] == separator))
			empty_level = true;
	if (strict && empty_level)
		tx_complain(ts->log, "%s: the name '%.*s' has an empty level", what, (int)s.len,
		            s.data);
	if (strict && tx_same_n(s.data, s.len, "INBOX"))
		tx_complain(ts->log, "%s of INBOX", what);
	if (tx_same_n(s.data, s.len, "INBOX") && memcmp(s.data, "INBOX", 5) != 0)
		tx_complain(ts->log, "%s: INBOX is spelled '%.5s'", what, s.data);
	return ts_op_text(q, s);
}

static void take_set(struct ts *ts, struct ts_op *q, struct imapsrv_set set)
{
	const char *what = ts_kind_names[q->kind];

	for (size_t i = 0; i < set.count; i++) {
		struct imapsrv_range r = set.ranges[i];

		if (!r.first || r.first > r.last ||
		    (i && (uint64_t)set.ranges[i - 1].last + 1 >= r.first))
			tx_complain(ts->log, "%s: range %zu (%u:%u) of the set is out of order",
			            what, i, r.first, r.last);
	}
	if (!set.count && q->kind != TS_CHECK)
		tx_complain(ts->log, "%s: the set is empty", what);
	ts_op_lent(q, set.ranges, set.count * sizeof(*set.ranges));
	q->ranges = tx_alloc((set.count + 1) * sizeof(*q->ranges));
	if (set.count)
		memcpy(q->ranges, set.ranges, set.count * sizeof(*q->ranges));
	q->set = (struct imapsrv_set){q->ranges, set.count};
}

static void take_flags(struct ts *ts, struct ts_op *q, const struct imapsrv_flags *flags)
{
	static const char specials[] = "(){ %*\"\\]";

	if (flags->system & ~IMAPSRV_SYSTEM_FLAGS)
		tx_complain(ts->log, "%s: system flags are %#x", ts_kind_names[q->kind],
		            flags->system);
	q->system = flags->system;
	q->keyword_count = flags->keyword_count;
	q->keywords = tx_alloc((q->keyword_count + 1) * sizeof(char *));
	ts_op_lent(q, flags->keywords, flags->keyword_count * sizeof(*flags->keywords));
	for (uint32_t i = 0; i < flags->keyword_count; i++) {
		struct imapsrv_span k = flags->keywords[i];
		bool bad = !k.len || k.len > 255;

		ts_op_lent(q, k.data, k.len);
		for (size_t n = 0; n < k.len; n++)
			if ((unsigned char)k.data[n] <= 0x20 || (unsigned char)k.data[n] >= 0x7f ||
			    strchr(specials, k.data[n]))
				bad = true;
		if (bad)
			tx_complain(ts->log, "%s: keyword '%.*s' is not an atom",
			            ts_kind_names[q->kind], (int)k.len, k.data);
		q->keywords[i] = tx_dup(k.data, k.len);
		for (uint32_t n = 0; n < i; n++)
			if (tx_same(q->keywords[n], q->keywords[i]))
				tx_complain(ts->log, "%s: keyword '%s' comes twice",
				            ts_kind_names[q->kind], q->keywords[i]);
	}
}

/* ---- what most questions have ----------------------------------------------------------- */

static void account_of(struct ts_op *q, void *pointer)
{
	q->account = ts_handle_of(q->link, ts_kind_names[q->kind], pointer, TS_ACCOUNT);
}

static void mailbox_of(struct ts_op *q, void *pointer)
{
	q->mailbox = ts_handle_of(q->link, ts_kind_names[q->kind], pointer, TS_MAILBOX);
}

static char separator_of(const struct ts_op *q)
{
	return q->account ? q->account->user->separator : '\0';
}

/* ---- accounts and mailboxes ------------------------------------------------------------- */

static void on_login(void *user, struct imapsrv_op *op, const struct imapsrv_login *in)
{
	struct ts_link *link = user;
	struct ts_op *q = ts_op_new(link, op, TS_LOGIN);
	bool scram = strncmp(in->mechanism, "SCRAM-SHA-256", 13) == 0;
	bool external = strcmp(in->mechanism, "EXTERNAL") == 0;
	bool anonymous = strcmp(in->mechanism, "ANONYMOUS") == 0;
	bool token = strcmp(in->mechanism, "OAUTHBEARER") == 0 ||
	             strcmp(in->mechanism, "XOAUTH2") == 0;

	if (!external && !scram && !anonymous && !token && strcmp(in->mechanism, "LOGIN") != 0 &&
	    strcmp(in->mechanism, "PLAIN") != 0)
		tx_complain(link->ts->log, "login: mechanism '%s'", in->mechanism);
	if (!ts_is_clean(in->authcid) || !ts_is_clean(in->authzid))
		tx_complain(link->ts->log, "login: a user name is not clean UTF-8");
	if ((external || scram || anonymous) && in->password.len)
		tx_complain(link->ts->log, "login: %s with a password", in->mechanism);
	q->name = ts_op_text(q, in->authcid);
	q->second = ts_op_text(q, in->password);
	q->third = ts_op_text(q, in->authzid);
	q->flag = external || scram || anonymous || token;
	q->len = in->password.len;
	if (token || anonymous) {
		/* The token of fred is "token-fred"; who has no name is "anonymous". */
		free(q->name);
		q->name = tx_dup(anonymous ? "anonymous" : q->second, anonymous ? 9 : q->len);
		if (token && strncmp(q->name, "token-", 6) == 0)
			memmove(q->name, q->name + 6, q->len - 5);
		else if (token)
			q->name[0] = '\0';
	}
	ts_op_asked(q);
}

static void on_logout(void *user, void *account)
{
	struct ts_link *link = user;
	struct ts_handle *h = ts_handle_of(link, "logout", account, TS_ACCOUNT);

	ts_enter(link);
	for (struct ts_handle *o = link->ts->handles; h && o; o = o->next)
		/* A body stands by itself: what a slow client has not read outlives the rest. */
		if (o != h && o->link == link && o->kind != TS_BODY_HANDLE)
			tx_complain(link->ts->log, "logout before everything was given back");
	if (link->op)
		tx_complain(link->ts->log, "logout while %s is open",
		            ts_kind_names[link->op->kind]);
	if (h)
		ts_handle_close(link->ts, h);
	ts_hub_logout(link);
	ts_leave(link);
}

static void on_list(void *user, struct imapsrv_op *op, const struct imapsrv_list *in)
{
	struct ts_op *q = ts_op_new(user, op, TS_LIST);

	account_of(q, in->account);
	if (!ts_is_clean(in->prefix))
		tx_complain(q->link->ts->log, "list: the prefix is not clean UTF-8");
	q->name = ts_op_text(q, in->prefix);
	q->flag = in->subscribed;
	ts_op_asked(q);
}

static void on_open(void *user, struct imapsrv_op *op, const struct imapsrv_open *in)
{
	struct ts_op *q = ts_op_new(user, op, TS_OPEN);
	struct ts_mailbox *m;

	account_of(q, in->account);
	q->name = take_name(q, in->name, false, '\0');
	q->flag = in->read_only;
	m = q->account ? ts_find(q->link->ts, q->account->user, q->name) : NULL;
	if (m) { /* changes are posted from this moment on, whenever the answer comes */
		q->mailbox = ts_handle_new(q->link, TS_MAILBOX);
		q->mailbox->mailbox = m;
		q->mailbox->user = q->account->user;
		q->mailbox->name = tx_dup(q->name, strlen(q->name));
		q->mailbox->read_only = in->read_only || m->read_only ||
		                        (q->link->ts->absent & TS_NO_WRITE);
	}
	ts_op_asked(q);
}

static void on_close(void *user, void *mailbox)
{
	struct ts_link *link = user;
	struct ts_handle *h = ts_handle_of(link, "close", mailbox, TS_MAILBOX);

	ts_enter(link);
	if (link->op && link->op->mailbox == h)
		tx_complain(link->ts->log, "close while %s is open",
		            ts_kind_names[link->op->kind]);
	if (h)
		ts_handle_close(link->ts, h);
	ts_leave(link);
}

/* ---- messages --------------------------------------------------------------------------- */

void ts_op_mailbox(struct ts_op *q, void *mailbox)
{
	mailbox_of(q, mailbox);
}

void ts_op_set(struct ts_op *q, struct imapsrv_set set)
{
	take_set(q->link->ts, q, set);
}

static void on_uids(void *user, struct imapsrv_op *op, const struct imapsrv_uids *in)
{
	struct ts_op *q = ts_op_new(user, op, TS_UIDS);

	mailbox_of(q, in->mailbox);
	take_set(q->link->ts, q, (struct imapsrv_set){&in->range, 1});
	ts_op_asked(q);
}

static void on_fetch(void *user, struct imapsrv_op *op, const struct imapsrv_fetch *in)
{
	struct ts_op *q = ts_op_new(user, op, TS_FETCH);

	mailbox_of(q, in->mailbox);
	take_set(q->link->ts, q, in->uids);
	q->facts = in->facts;
	q->modseq = in->changed_since;
	if ((q->facts & IMAPSRV_FACT_MODSEQ || in->changed_since) &&
	    (!q->link->ts->modseqs || (q->mailbox && q->mailbox->mailbox->no_modseq)))
		tx_complain(q->link->ts->log, "fetch: modification sequences that there are not");
	if (q->facts & ~(63u | (q->link->ts->objectids ? TS_OBJECT_FACTS : 0u) |
	                 (q->link->ts->savedates ? (uint32_t)IMAPSRV_FACT_SAVEDATE : 0u)))
		tx_complain(q->link->ts->log, "fetch: facts are %#x", q->facts);
	ts_op_asked(q);
}

static void on_check(void *user, struct imapsrv_op *op, const struct imapsrv_fetch *in)
{
	struct ts_op *q = ts_op_new(user, op, TS_CHECK);

	mailbox_of(q, in->mailbox);
	take_set(q->link->ts, q, in->uids);
	ts_op_asked(q);
}

static void on_idle(void *user, struct imapsrv_op *op, const struct imapsrv_idle *in)
{
	struct ts_op *q = ts_op_new(user, op, TS_IDLE);

	q->account = ts_handle_of(q->link, "idle", in->account, TS_ACCOUNT);
	ts_op_asked(q);
}

static void on_body(void *user, struct imapsrv_op *op, const struct imapsrv_body *in)
{
	struct ts_op *q = ts_op_new(user, op, TS_BODY);

	mailbox_of(q, in->mailbox);
	q->facts = in->uid;
	if (!in->uid)
		tx_complain(q->link->ts->log, "body of UID 0");
	if (q->mailbox && ts_was_forgotten(q->mailbox, in->uid))
		tx_complain(q->link->ts->log, "body of UID %u, which was forgotten", in->uid);
	ts_op_asked(q);
}

static void on_body_read(void *user, struct imapsrv_op *op, const struct imapsrv_body_read *in)
{
	struct ts_op *q = ts_op_new(user, op, TS_READ);

	q->body = ts_handle_of(q->link, "body_read", in->body, TS_BODY_HANDLE);
	q->offset = in->offset;
	q->len = in->len;
	if (!in->len)
		tx_complain(q->link->ts->log, "body_read of 0 octets");
	if (q->body && in->offset >= q->body->len && !q->link->ts->hostile.played)
		tx_complain(q->link->ts->log, "body_read at %llu of a body of %zu octets",
		            (unsigned long long)in->offset, q->body->len);
	ts_op_asked(q);
}

static void on_body_close(void *user, void *body)
{
	struct ts_link *link = user;
	struct ts_handle *h = ts_handle_of(link, "body_close", body, TS_BODY_HANDLE);

	ts_enter(link);
	if (h)
		ts_handle_close(link->ts, h);
	ts_leave(link);
}

static void on_store(void *user, struct imapsrv_op *op, const struct imapsrv_store_flags *in)
{
	struct ts_op *q = ts_op_new(user, op, TS_STORE);

	mailbox_of(q, in->mailbox);
	take_set(q->link->ts, q, in->uids);
	take_flags(q->link->ts, q, &in->flags);
	q->flag = (int)in->mode;
	q->conditional = in->conditional != 0;
	q->rights = in->rights;
	ts_check_flags(q, in->rights, in->flags.system, in->flags.keyword_count);
	q->modseq = in->unchanged_since;
	if (in->conditional && (!q->link->ts->modseqs || (q->mailbox && q->mailbox->mailbox->no_modseq)))
		tx_complain(q->link->ts->log, "store: on a condition that cannot be");
	if (q->mailbox && q->mailbox->read_only)
		tx_complain(q->link->ts->log, "store in a mailbox that is read-only");
	ts_op_asked(q);
}

static void on_expunge(void *user, struct imapsrv_op *op, const struct imapsrv_expunge *in)
{
	struct ts_op *q = ts_op_new(user, op, TS_EXPUNGE);

	mailbox_of(q, in->mailbox);
	take_set(q->link->ts, q, in->uids);
	q->flag = in->only_deleted;
	if (q->mailbox && q->mailbox->read_only)
		tx_complain(q->link->ts->log, "expunge in a mailbox that is read-only");
	ts_op_asked(q);
}

static void ask_copy(void *user, struct imapsrv_op *op, const struct imapsrv_copy *in,
                     enum ts_kind kind)
{
	struct ts_op *q = ts_op_new(user, op, kind);

	account_of(q, in->account);
	mailbox_of(q, in->mailbox);
	take_set(q->link->ts, q, in->uids);
	q->name = take_name(q, in->name, false, '\0');
	q->rights = in->rights;
	if (kind == TS_MOVE && q->mailbox && q->mailbox->read_only)
		tx_complain(q->link->ts->log, "move from a mailbox that is read-only");
	ts_op_asked(q);
}

static void on_copy(void *user, struct imapsrv_op *op, const struct imapsrv_copy *in)
{
	ask_copy(user, op, in, TS_COPY);
}

static void on_move(void *user, struct imapsrv_op *op, const struct imapsrv_copy *in)
{
	ask_copy(user, op, in, TS_MOVE);
}

static void on_status(void *user, struct imapsrv_op *op, const struct imapsrv_status_query *in)
{
	struct ts_op *q = ts_op_new(user, op, TS_STATUS);

	account_of(q, in->account);
	q->name = take_name(q, in->name, false, '\0');
	q->facts = in->items;
	if (!in->items || (in->items & ~ts_status_items(q->link->ts)))
		tx_complain(q->link->ts->log, "status: items are %#x", in->items);
	ts_op_asked(q);
}

static void on_vanished(void *user, struct imapsrv_op *op, const struct imapsrv_vanished *in)
{
	struct ts_op *q = ts_op_new(user, op, TS_VANISHED);

	mailbox_of(q, in->mailbox);
	take_set(q->link->ts, q, in->uids);
	q->modseq = in->since;
	if (!in->since || in->since > INT64_MAX || (q->mailbox && q->mailbox->mailbox->no_modseq))
		tx_complain(q->link->ts->log, "vanished: since %llu",
		            (unsigned long long)in->since);
	ts_op_asked(q);
}

static void on_sort(void *user, struct imapsrv_op *op, const struct imapsrv_sort *in)
{
	struct ts_op *q = ts_op_new(user, op, TS_SORT);
	unsigned seen = 0;

	mailbox_of(q, in->mailbox);
	take_set(q->link->ts, q, in->uids);
	ts_op_lent(q, in->criteria, in->count * sizeof(*in->criteria));
	for (size_t i = 0; i < in->count; i++) {
		if (in->criteria[i].key > IMAPSRV_SORT_TO || seen >> in->criteria[i].key & 1)
			tx_complain(q->link->ts->log, "sort: criterion %zu", i);
		seen |= 1u << in->criteria[i].key;
	}
	if (!seen)
		tx_complain(q->link->ts->log, "sort: by nothing");
	ts_op_asked(q);
}

static void on_thread(void *user, struct imapsrv_op *op, const struct imapsrv_thread *in)
{
	struct ts_op *q = ts_op_new(user, op, TS_THREAD);

	mailbox_of(q, in->mailbox);
	take_set(q->link->ts, q, in->uids);
	ts_op_asked(q);
}

/* The tree is as imapsrv/search.h says: every node once, behind those below it. */
static void check_tree(struct ts_op *q, const struct imapsrv_search *in)
{
	const struct imapsrv_search_node *node;
	const struct ts *ts = q->link->ts;
	size_t leaves = 0, joins = 0;

	for (node = in->first; node; node = node->following) {
		bool two = node->kind == IMAPSRV_SEARCH_AND || node->kind == IMAPSRV_SEARCH_OR;

		ts_op_lent(q, node, sizeof(*node));
		ts_op_lent(q, node->uids.ranges, node->uids.count * sizeof(*node->uids.ranges));
		ts_op_lent(q, node->name.data, node->name.len);
		ts_op_lent(q, node->text.data, node->text.len);
		if (two != (node->right != NULL) ||
		    (two || node->kind == IMAPSRV_SEARCH_NOT ||
		     node->kind == IMAPSRV_SEARCH_FUZZY) != (node->left != NULL))
			tx_complain(ts->log, "search: a node of kind %d and its children", node->kind);
		if (!node->following && node != in->root)
			tx_complain(ts->log, "search: the last node is not the root");
		if (node->kind == IMAPSRV_SEARCH_FUZZY && !ts->fuzzy)
			tx_complain(ts->log, "search: a FUZZY key");
		leaves += !node->left;
		joins += two;
	}
	if (leaves != joins + 1)
		tx_complain(ts->log, "search: %zu leaves, %zu joins", leaves, joins);
}

static void on_search(void *user, struct imapsrv_op *op, const struct imapsrv_search *in)
{
	struct ts_op *q = ts_op_new(user, op, TS_SEARCH);

	mailbox_of(q, in->mailbox);
	take_set(q->link->ts, q, in->uids);
	check_tree(q, in);
	q->search = *in;
	ts_op_asked(q);
}

/* ---- appending -------------------------------------------------------------------------- */

static void draft_complete(struct ts_op *q)
{
	const struct ts_draft *d;

	if (!q->append || !q->append->draft_count)
		return;
	d = &q->append->drafts[q->append->draft_count - 1];
	if (d->octets != UINT64_MAX && d->data.len != d->octets)
		tx_complain(q->link->ts->log, "%s: %zu octets came of %llu",
		            ts_kind_names[q->kind], d->data.len, (unsigned long long)d->octets);
}

static void on_begin(void *user, struct imapsrv_op *op, const struct imapsrv_append *in)
{
	struct ts_op *q = ts_op_new(user, op, TS_BEGIN);
	struct ts_draft *d;

	account_of(q, in->account);
	q->name = take_name(q, in->name, false, '\0');
	take_flags(q->link->ts, q, &in->flags);
	if (in->append)
		q->append = ts_handle_of(q->link, "append", in->append, TS_APPEND);
	draft_complete(q);
	q->offset = in->octets == UINT64_MAX ? 0 : in->octets;
	if (in->octets == UINT64_MAX && !q->link->ts->unmeasured && !q->link->ts->hostile.played)
		tx_complain(q->link->ts->log, "append: of nobody knows how many octets");
	q->entries = ts_take_annotations(q, in->annotations, in->annotation_count,
	                                 q->account ? q->account->user->name : "");
	if (in->annotation_count && !q->link->ts->notes.on)
		tx_complain(q->link->ts->log, "append: annotations that there are not");
	q->flag = in->append != NULL;
	q->facts = in->replaced;
	if (in->replaced)
		mailbox_of(q, in->replaced_mailbox);
	if (in->replaced && (in->append || !q->link->ts->replace))
		tx_complain(q->link->ts->log, "append: cannot replace a message");
	if (!in->append)
		q->append = ts_handle_new(q->link, TS_APPEND);
	if (q->append) { /* the draft is made here; a refusal throws the handle away */
		q->append->drafts = tx_realloc(q->append->drafts, (q->append->draft_count + 1) *
		                                                          sizeof(*d));
		d = &q->append->drafts[q->append->draft_count++];
		memset(d, 0, sizeof(*d));
		d->octets = in->octets;
		d->system = q->system;
		d->keywords = tx_alloc((q->keyword_count + 1) * sizeof(char *));
		d->keyword_count = q->keyword_count;
		for (size_t i = 0; i < q->keyword_count; i++)
			d->keywords[i] = tx_dup(q->keywords[i], strlen(q->keywords[i]));
		d->notes = ts_copy_annotations(q->entries, NULL, true);
		d->date = in->has_date ? in->date : q->link->ts->now;
		d->zone = in->has_date ? in->zone : 0;
	}
	ts_op_asked(q);
}

static void on_data(void *user, struct imapsrv_op *op, const struct imapsrv_append_data *in)
{
	struct ts_op *q = ts_op_new(user, op, TS_DATA);

	q->append = ts_handle_of(q->link, "append_data", in->append, TS_APPEND);
	if (!in->len)
		tx_complain(q->link->ts->log, "append_data of 0 octets");
	if (q->append) {
		struct ts_draft *d = &q->append->drafts[q->append->draft_count - 1];

		ts_op_lent(q, in->data, in->len);
		tx_add(&d->data, in->data, in->len);
		if (d->data.len > d->octets)
			tx_complain(q->link->ts->log, "append_data: more than %llu octets",
			            (unsigned long long)d->octets);
		q->offset = d->data.len;
	}
	ts_op_asked(q);
}

static void on_finish(void *user, struct imapsrv_op *op, const struct imapsrv_append_finish *in)
{
	struct ts_op *q = ts_op_new(user, op, TS_FINISH);

	q->append = ts_handle_of(q->link, "append_finish", in->append, TS_APPEND);
	draft_complete(q);
	ts_op_asked(q);
}

static void on_replace(void *user, struct imapsrv_op *op, const struct imapsrv_replace *in)
{
	struct ts_op *q = ts_op_new(user, op, TS_REPLACE);

	mailbox_of(q, in->mailbox);
	q->append = ts_handle_of(q->link, "replace", in->append, TS_APPEND);
	q->facts = in->uid;
	draft_complete(q);
	if (q->append && q->append->draft_count != 1)
		tx_complain(q->link->ts->log, "replace: with %zu messages", q->append->draft_count);
	if (q->mailbox && q->mailbox->read_only)
		tx_complain(q->link->ts->log, "replace in a mailbox that is read-only");
	ts_op_asked(q);
}

static void on_abort(void *user, void *append)
{
	struct ts_link *link = user;
	struct ts_handle *h = ts_handle_of(link, "append_abort", append, TS_APPEND);

	ts_enter(link);
	if (h)
		ts_handle_close(link->ts, h);
	ts_leave(link);
}

/* ---- which mailboxes there are ---------------------------------------------------------- */

static void on_create(void *user, struct imapsrv_op *op, const struct imapsrv_create *in)
{
	struct ts_op *q = ts_op_new(user, op, TS_CREATE);

	account_of(q, in->account);
	q->name = take_name(q, in->name, true, separator_of(q));
	q->flag = in->only_parent;
	q->facts = in->uses;
	if (in->uses & ~(q->link->ts->uses))
		tx_complain(q->link->ts->log, "create: uses %#x that nobody can give", in->uses);
	ts_op_asked(q);
}

static void on_remove(void *user, struct imapsrv_op *op, const struct imapsrv_delete *in)
{
	struct ts_op *q = ts_op_new(user, op, TS_DELETE);

	account_of(q, in->account);
	q->name = take_name(q, in->name, true, separator_of(q));
	ts_op_asked(q);
}

static void on_rename(void *user, struct imapsrv_op *op, const struct imapsrv_rename *in)
{
	struct ts_op *q = ts_op_new(user, op, TS_RENAME);

	account_of(q, in->account);
	q->name = take_name(q, in->from, true, separator_of(q));
	q->second = take_name(q, in->to, true, separator_of(q));
	ts_op_asked(q);
}

static void on_subscribe(void *user, struct imapsrv_op *op, const struct imapsrv_subscribe *in)
{
	struct ts_op *q = ts_op_new(user, op, TS_SUBSCRIBE);

	account_of(q, in->account);
	q->name = take_name(q, in->name, false, '\0');
	q->flag = in->on;
	ts_op_asked(q);
}

int64_t ts_clock(void *user)
{
	struct ts *ts = ((struct ts_link *)user)->ts;
	int64_t now = ts->now;

	ts_enter(user);
	ts->now += ts->clock_step;
	ts_leave(user);
	return now;
}

/* ---- the tables ------------------------------------------------------------------------- */

void ts_fill(const struct ts *ts, struct imapsrv_store *store, struct imapsrv_mailboxes *mailboxes)
{
	memset(store, 0, sizeof(*store));
	store->size = sizeof(*store);
	store->cancel = ts_op_cancel;
	store->login = ts->absent & TS_NO_LOGIN ? NULL : on_login;
	store->logout = on_logout;
	store->list = on_list;
	store->open = on_open;
	store->close = on_close;
	store->uids = on_uids;
	store->fetch = on_fetch;
	store->body = on_body;
	store->body_read = on_body_read;
	store->body_close = on_body_close;
	if (!(ts->absent & TS_NO_WRITE)) {
		store->store = on_store;
		store->append_begin = on_begin;
		store->append_data = on_data;
		store->append_finish = on_finish;
		store->append_abort = on_abort;
		store->expunge = on_expunge;
	}
	store->copy = ts->absent & (TS_NO_COPY | TS_NO_WRITE) ? NULL : on_copy;
	store->move = ts->absent & (TS_NO_MOVE | TS_NO_WRITE) ? NULL : on_move;
	store->status = ts->absent & TS_NO_STATUS ? NULL : on_status;
	store->check = ts->absent & TS_NO_CHECK ? NULL : on_check;
	store->idle = ts->asks_idle ? on_idle : NULL;
	store->modseqs = ts->modseqs;
	store->vanished = ts->modseqs && !(ts->absent & TS_NO_VANISHED) ? on_vanished : NULL;
	store->search = ts->search ? on_search : NULL;
	store->fuzzy = ts->fuzzy;
	store->sort = ts->order.members ? on_sort : NULL;
	store->thread = ts->threads.members ? on_thread : NULL;
	store->savedates = ts->savedates;
	store->objectids = ts->objectids;
	store->append_limits = ts->limits;
	store->replace = ts->replace && !(ts->absent & TS_NO_WRITE) ? on_replace : NULL;
	store->unmeasured = ts->unmeasured;
	store->forgotten = ts->keeps ? ts_on_forgotten : NULL;
	*mailboxes = (struct imapsrv_mailboxes)IMAPSRV_MAILBOXES_INIT;
	if (!(ts->absent & TS_NO_MAILBOXES)) {
		mailboxes->create = on_create;
		mailboxes->remove = on_remove;
		mailboxes->rename = on_rename;
		mailboxes->uses = ts->uses;
	}
	mailboxes->subscribe = ts->absent & TS_NO_SUBSCRIBE ? NULL : on_subscribe;
}
