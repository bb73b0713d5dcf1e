/* SPDX-License-Identifier: MIT */
/*
 * storecheck/unusual - stores that keep the contract in ways that few do: which keep few flags or
 * none, let a client only read, refuse what others allow, number in leaps, or are slow.  The kit
 * finds nothing in them.
 */
#include "storecheck/kit.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* ---- flags that are kept ------------------------------------------------------------------- */

static void set_no_deleted(struct ts_mailbox *m)
{
	m->permanent &= ~(uint32_t)IMAPSRV_DELETED;
}

static void set_no_seen(struct ts_mailbox *m)
{
	m->permanent &= ~(uint32_t)IMAPSRV_SEEN;
}

static void set_no_keywords(struct ts_mailbox *m)
{
	m->no_new_keywords = true;
}

static void set_only_deleted(struct ts_mailbox *m)
{
	m->permanent = IMAPSRV_DELETED;
	m->no_new_keywords = true;
}

static void set_only_seen(struct ts_mailbox *m)
{
	m->permanent = IMAPSRV_SEEN;
	m->no_new_keywords = true;
}

static void set_only_keywords(struct ts_mailbox *m)
{
	m->permanent = 0;
}

static void set_none(struct ts_mailbox *m)
{
	m->permanent = 0;
	m->no_new_keywords = true;
}

static void set_read_only(struct ts_mailbox *m)
{
	m->read_only = true;
}

static void no_deleted(struct kit *kit)
{
	kit->made = set_no_deleted;
}

static void no_seen(struct kit *kit)
{
	kit->made = set_no_seen;
}

static void no_keywords(struct kit *kit)
{
	kit->made = set_no_keywords;
}

static void only_deleted(struct kit *kit)
{
	kit->made = set_only_deleted;
}

static void only_seen(struct kit *kit)
{
	kit->made = set_only_seen;
}

static void only_keywords(struct kit *kit)
{
	kit->made = set_only_keywords;
}

static void no_flags(struct kit *kit)
{
	kit->made = set_none;
}

/* Nothing goes at all: what could be moved away cannot be moved either. */
static void nothing_goes(struct kit *kit)
{
	kit->made = set_none;
	kit->ts->absent = TS_NO_MOVE;
	kit->ts->replace = false;
}

/* Every second mailbox: what is copied from one to the other loses flags. */
static void set_unlike(struct ts_mailbox *m)
{
	static bool second;

	second = !second;
	if (second)
		set_only_seen(m);
}

static void unlike(struct kit *kit)
{
	kit->made = set_unlike;
}

/* Only INBOX, as it was made with the account. */
static void only_inbox(struct kit *kit)
{
	kit->ts->absent = TS_NO_MAILBOXES | TS_NO_SUBSCRIBE;
}

static void inbox_no_deleted(struct kit *kit)
{
	only_inbox(kit);
	set_no_deleted(kit->ts->mailboxes);
}

/* Nothing can ever go. */
static void inbox_fresh(struct kit *kit)
{
	inbox_no_deleted(kit);
	kit->fresh = true;
}

static void inbox_read_only(struct kit *kit)
{
	only_inbox(kit);
	set_read_only(kit->ts->mailboxes);
}

static void read_only_all(struct kit *kit)
{
	kit->made = set_read_only;
}

/* ---- what a host is given in place of the test store's tables ------------------------------- */

static struct ts_mailbox *target_of(struct ts_handle *append)
{
	return append ? append->mailbox : NULL;
}

/* The store says which messages are \Flagged, and no client does. */
static void own_append(void *user, struct imapsrv_op *op, const struct imapsrv_append *q)
{
	struct imapsrv_append changed = *q;

	changed.flags.system |= IMAPSRV_FLAGGED;
	sound.store.append_begin(user, op, &changed);
}

static void own_store(void *user, struct imapsrv_op *op, const struct imapsrv_store_flags *q)
{
	struct imapsrv_store_flags changed = *q;

	if (q->mode == IMAPSRV_FLAGS_SET)
		changed.flags.system |= IMAPSRV_FLAGGED;
	sound.store.store(user, op, &changed);
}

static void set_own(struct ts_mailbox *m)
{
	m->permanent &= ~(uint32_t)IMAPSRV_FLAGGED;
}

static void put_own(struct tables *t)
{
	t->store.append_begin = own_append;
	t->store.store = own_store;
}

/* Nobody may create, or add. */
static void create_refused(void *user, struct imapsrv_op *op, const struct imapsrv_create *q)
{
	(void)user, (void)q;
	imapsrv_op_done(op, IMAPSRV_NOPERM, "Ask the administrator");
}

static void create_impossible(void *user, struct imapsrv_op *op, const struct imapsrv_create *q)
{
	(void)user, (void)q;
	imapsrv_op_done(op, IMAPSRV_CANNOT, "There are as many as there are");
}

static void put_create_refused(struct tables *t)
{
	t->mailboxes.create = create_refused;
}

static void put_create_impossible(struct tables *t)
{
	t->mailboxes.create = create_impossible;
}

static void append_refused(void *user, struct imapsrv_op *op, const struct imapsrv_append *q)
{
	bool known = named(user, q->name) != NULL;

	imapsrv_op_done(op, known ? IMAPSRV_NOPERM : IMAPSRV_NONEXISTENT, NULL);
}

static void put_append_refused(struct tables *t)
{
	t->store.append_begin = append_refused;
}

/* One session has a mailbox at a time. */
static void open_alone(void *user, struct imapsrv_op *op, const struct imapsrv_open *q)
{
	const struct ts_mailbox *m = named(user, q->name);

	for (const struct ts_handle *h = store_of(user)->handles; m && h; h = h->next)
		if (h->link != user && h->kind == TS_MAILBOX && h->mailbox == m) {
			imapsrv_op_done(op, IMAPSRV_INUSE, NULL);
			return;
		}
	sound.store.open(user, op, q);
}

static void put_open_alone(struct tables *t)
{
	t->store.open = open_alone;
}

/* A message is in a mailbox once. */
static void copy_elsewhere(void *user, struct imapsrv_op *op, const struct imapsrv_copy *q)
{
	if (named(user, q->name) == box_of(q->mailbox))
		imapsrv_op_done(op, IMAPSRV_CANNOT, "They are there");
	else
		sound.store.copy(user, op, q);
}

static void put_copy_elsewhere(struct tables *t)
{
	t->store.copy = copy_elsewhere;
}

/* Names are in ASCII, and in lower case. */
static void create_ascii(void *user, struct imapsrv_op *op, const struct imapsrv_create *q)
{
	for (size_t i = 0; i < q->name.len; i++)
		if ((unsigned char)q->name.data[i] > 126) {
			imapsrv_op_done(op, IMAPSRV_CANNOT, NULL);
			return;
		}
	sound.mailboxes.create(user, op, q);
}

static void put_create_ascii(struct tables *t)
{
	t->mailboxes.create = create_ascii;
}

/* ---- keywords ------------------------------------------------------------------------------ */

enum { KEYWORDS = 2 }; /* that a mailbox has room for */

static bool fits(struct ts_mailbox *m, const struct imapsrv_flags *flags)
{
	size_t more = 0;

	for (uint32_t i = 0; i < flags->keyword_count; i++) {
		char *name = tx_dup(flags->keywords[i].data, flags->keywords[i].len);
		bool known = false;

		for (size_t n = 0; n < m->keyword_count; n++)
			known = known || tx_same(m->keywords[n], name);
		more += !known;
		free(name);
	}
	return m->keyword_count + more <= KEYWORDS;
}

static void store_few(void *user, struct imapsrv_op *op, const struct imapsrv_store_flags *q)
{
	if (q->mode != IMAPSRV_FLAGS_REMOVE && !fits(box_of(q->mailbox), &q->flags))
		imapsrv_op_done(op, IMAPSRV_LIMIT, NULL);
	else
		sound.store.store(user, op, q);
}

static void append_few(void *user, struct imapsrv_op *op, const struct imapsrv_append *q)
{
	struct ts_mailbox *m = named(user, q->name);

	if (m && !fits(m, &q->flags))
		imapsrv_op_done(op, IMAPSRV_LIMIT, NULL);
	else
		sound.store.append_begin(user, op, q);
}

/* Who opens it learns that it is full (RFC 9051 7.1, PERMANENTFLAGS). */
static void open_full(void *user, struct imapsrv_op *op, const struct imapsrv_open *q)
{
	struct ts_mailbox *m = named(user, q->name);

	if (m)
		m->no_new_keywords = m->keyword_count >= KEYWORDS;
	sound.store.open(user, op, q);
}

static void put_few_keywords(struct tables *t)
{
	t->store.store = store_few;
	t->store.append_begin = append_few;
}

static void put_full(struct tables *t)
{
	put_few_keywords(t);
	t->store.open = open_full;
}

/* Their letters are the store's. */
static void store_upper(void *user, struct imapsrv_op *op, const struct imapsrv_store_flags *q)
{
	struct ts_mailbox *m = box_of(q->mailbox);

	for (size_t i = 0; i < m->keyword_count; i++)
		for (char *c = m->keywords[i]; *c; c++)
			*c = (char)toupper((unsigned char)*c);
	sound.store.store(user, op, q);
}

static void put_upper(struct tables *t)
{
	t->store.store = store_upper;
}

/* ---- numbers ------------------------------------------------------------------------------- */

static void leap(struct ts_mailbox *m)
{
	if (!m)
		return;
	m->uidnext += 5;
	m->modseq += m->no_modseq ? 0 : UINT64_C(1) << 40;
}

static void finish_leaps(void *user, struct imapsrv_op *op, const struct imapsrv_append_finish *q)
{
	leap(target_of(q->append));
	sound.store.append_finish(user, op, q);
}

static void copy_leaps(void *user, struct imapsrv_op *op, const struct imapsrv_copy *q)
{
	leap(named(user, q->name));
	sound.store.copy(user, op, q);
}

static void move_leaps(void *user, struct imapsrv_op *op, const struct imapsrv_copy *q)
{
	leap(named(user, q->name));
	sound.store.move(user, op, q);
}

static void put_leaps(struct tables *t)
{
	t->store.append_finish = finish_leaps;
	t->store.copy = copy_leaps;
	t->store.move = move_leaps;
}

static void set_loose(struct ts_mailbox *m)
{
	m->not_sticky = true;
}

/* ---- the ways ------------------------------------------------------------------------------ */

/* What counts messages stands in front of what is put here. */
static void no_quota(struct kit *kit)
{
	kit->ts->resources = 0;
	ts_free_roots(kit->ts);
}

#define CHANGED(name, put)                                                                         \
	static void name(struct kit *kit)                                                          \
	{                                                                                          \
		static const struct defect change = {"", "", put, NULL, NULL, false};              \
		no_quota(kit);                                                                     \
		kit->defect = &change;                                                             \
	}

CHANGED(no_leave_to_create, put_create_refused)
CHANGED(no_way_to_create, put_create_impossible)
CHANGED(no_leave_to_append, put_append_refused)
CHANGED(one_at_a_time, put_open_alone)
CHANGED(once_in_a_mailbox, put_copy_elsewhere)
CHANGED(names_in_ascii, put_create_ascii)
CHANGED(few_keywords, put_few_keywords)
CHANGED(keywords_full, put_full)
CHANGED(upper_case, put_upper)
CHANGED(leaps, put_leaps)

static void lists(struct kit *kit)
{
	kit->ts->acl.on = true;
	kit->ts->acl.grantable = tx_dup(" l r s w i p k x t e a n", 24);
}

/* Lists are told; or can be added to. */
static void set_refused(void *user, struct imapsrv_op *op, const struct imapsrv_acl_set *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_NOPERM, NULL);
}

static void set_forever(void *user, struct imapsrv_op *op, const struct imapsrv_acl_set *q)
{
	if (q->change == IMAPSRV_ACL_DELETE)
		imapsrv_op_done(op, IMAPSRV_CANNOT, NULL);
	else
		sound.acl.set(user, op, q);
}

static void put_set_refused(struct tables *t)
{
	t->acl.set = set_refused;
}

static void put_set_forever(struct tables *t)
{
	t->acl.set = set_forever;
}

static void lists_told(struct kit *kit)
{
	static const struct defect change = {"", "", put_set_refused, NULL, NULL, false};

	lists(kit);
	kit->defect = &change;
}

static void lists_grow(struct kit *kit)
{
	static const struct defect change = {"", "", put_set_forever, NULL, NULL, false};

	lists(kit);
	kit->defect = &change;
}

static void own_flags(struct kit *kit)
{
	static const struct defect change = {"", "", put_own, NULL, NULL, false};

	no_quota(kit);
	kit->made = set_own;
	kit->defect = &change;
}

/* What can be set elsewhere is only told. */
static void put_little(struct tables *t)
{
	t->mailboxes.subscribe = NULL;
	t->quota.set = NULL;
	t->annotate.store = NULL;
	t->acl.set = NULL;
	t->urlauth.mechanisms = NULL;
	t->urlauth.describe = NULL;
}

static void little(struct kit *kit)
{
	static const struct defect change = {"", "", put_little, NULL, NULL, false};

	kit->ts->acl.on = true;
	kit->ts->builtin = IMAPSRV_MECHANISM_XOAUTH2;
	kit->defect = &change;
}

/* A host that asks for little: findings are counted, and what happens goes on for long. */
static void alone_and_long(struct kit *kit)
{
	kit->unheard = true;
	kit->steps = 400;
}

static void loose_leaps(struct kit *kit)
{
	static const char *const scenes[] = {"copy", "move", "identifiers", "replace",
	                                     "annotations copied", "two appends", "binary",
	                                     "quota", "append limit", NULL};

	kit->must_lack = scenes;
	leaps(kit);
	kit->made = set_loose;
}

/* As some servers have it that show labels as mailboxes. */
static void labels(struct kit *kit)
{
	once_in_a_mailbox(kit);
	only_inbox(kit);
}

static void small_messages(struct kit *kit)
{
	kit->limit = 300;
}

static void tiny_messages(struct kit *kit)
{
	kit->limit = 100;
}

static void slow(struct kit *kit)
{
	kit->ts->options.mode = TS_LATER;
	kit->slow = 30;
}

static void name_of(struct kit *kit, size_t len)
{
	static char name[1001];

	memset(name, '@', len);
	free(kit->ts->users->name);
	kit->ts->users->name = tx_dup(name, len);
	kit->ts->sasl = false;
}

/* In a URL each octet of it takes three. */
static void odd_name(struct kit *kit)
{
	name_of(kit, 100);
}

static void endless_name(struct kit *kit)
{
	static const char *const scenes[] = {"urls", "urls of others", "keys", "keys kept", NULL};

	name_of(kit, 1000);
	kit->must_lack = scenes;
}

/* Who knows the name is in. */
static void no_password(struct kit *kit)
{
	kit->ts->users->password[0] = '\0';
	kit->ts->sasl = kit->ts->scram = false;
	kit->password = "";
}

/* All answers of a long body take more looks than a store is given that does not get on. */
static void slow_pieces(struct kit *kit)
{
	slow(kit);
	kit->ts->options.pull = 13;
}

/* Levels are parted by a dot, and a slash is a letter; or there are none. */
static void dots(struct kit *kit)
{
	lists(kit);
	for (struct ts_user *u = kit->ts->users; u; u = u->next)
		u->separator = '.';
}

static void flat(struct kit *kit)
{
	lists(kit);
	for (struct ts_user *u = kit->ts->users; u; u = u->next)
		u->separator = '\0';
}

/* As for clients that are known to stumble. */
static void hidden(struct kit *kit)
{
	static const char *const names[] = {
		"CONDSTORE", "QRESYNC", "NOTIFY", "OBJECTID", "SAVEDATE", "METADATA", "QUOTA",
		"REPLACE", "MULTIAPPEND", "MOVE", "SORT", "THREAD=REFERENCES", "APPENDLIMIT",
		"ANNOTATE-EXPERIMENT-1", "CATENATE", "URLAUTH", "UTF8=ACCEPT", "WITHIN", "BINARY",
		"SEARCH=FUZZY", NULL};

	kit->hidden = names;
}

static void hidden_no_deleted(struct kit *kit)
{
	hidden(kit);
	no_deleted(kit);
}

const struct way ways_unusual[] = {
	{"no \\Deleted", no_deleted, 0},
	{"no \\Seen", no_seen, 0},
	{"no keywords", no_keywords, 0},
	{"only \\Deleted", only_deleted, 0},
	{"only \\Seen", only_seen, 0},
	{"only keywords", only_keywords, 0},
	{"no flags", no_flags, 0},
	{"nothing goes", nothing_goes, 0},
	{"unlike", unlike, 0},
	{"only INBOX", only_inbox, 0},
	{"INBOX without \\Deleted", inbox_no_deleted, 0},
	{"INBOX without \\Deleted, emptied", inbox_fresh, 0},
	{"INBOX read-only", inbox_read_only, 0},
	{"all read-only", read_only_all, 0},
	{"own flags", own_flags, 0},
	{"no leave to create", no_leave_to_create, 0},
	{"no way to create", no_way_to_create, 0},
	{"no leave to append", no_leave_to_append, 0},
	{"one at a time", one_at_a_time, 0},
	{"once in a mailbox", once_in_a_mailbox, 0},
	{"labels in INBOX", labels, 0},
	{"names in ASCII", names_in_ascii, 0},
	{"few keywords", few_keywords, 0},
	{"keywords full", keywords_full, 0},
	{"keywords in upper case", upper_case, 0},
	{"little to set", little, 0},
	{"one alone, for long", alone_and_long, 1},
	{"lists told", lists_told, 0},
	{"lists that grow", lists_grow, 0},
	{"leaps", leaps, 0},
	{"leaps, not told", loose_leaps, 0},
	{"small messages", small_messages, 0},
	{"tiny messages", tiny_messages, 0},
	{"slow", slow, 0},
	{"slow, in pieces", slow_pieces, 0},
	{"odd name", odd_name, 0},
	{"endless name", endless_name, 0},
	{"no password", no_password, 0},
	{"hidden", hidden, 0},
	{"hidden, no \\Deleted", hidden_no_deleted, 0},
	{"dots", dots, 0},
	{"flat", flat, 0},
	{NULL, NULL, 0},
};
