/* SPDX-License-Identifier: MIT */
/*
 * resync: random histories of a mailbox, seen by several clients at once.
 *
 *	resync [--seed N] [--histories N] [-v]
 *
 * In a history one to four sessions - plain, with CONDSTORE, with QRESYNC, IMAP4rev2 - and changes
 * from outside work on two mailboxes of a store in memory, its ops answered in any order and at any
 * time, octets cut and drained at random.  host/client follows each session and complains of every
 * response that contradicts what was told before.  On top of that:
 *
 *   - when nothing is pending and NOOP was answered, the client's picture is the store's;
 *   - every change up to HIGHESTMODSEQ, or to the highest MODSEQ of a command that tells none, has
 *     been told;
 *   - a client whose connection was lost at any moment comes back to the store's state from what
 *     it had cached, by SELECT with QRESYNC and by FETCH with CHANGEDSINCE and a SEARCH, as it does
 *     by fetching everything.
 *
 * Each history follows from its seed; --seed runs one, -v shows what was said in it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/truth.h"
#include "sim/cache.h"

enum {
	CLIENTS = 4, /* at most */
	CHECKER = 7  /* the session that tries the ways back */
};

enum kind {
	PLAIN,
	CONDSTORE,
	QRESYNC,
	REV2,
	KINDS
};

struct client {
	struct sim *sim;
	int slot;
	enum kind kind;
	bool idling;
	char mailbox[8]; /* selected last */
	uint32_t uidvalidity;
	uint64_t told;        /* HIGHESTMODSEQ as it was told */
	uint64_t highest;     /* what the client takes for it */
	uint64_t highest_row; /* of the MODSEQs that a command shows: the same, ... */
	bool coded;           /* ... unless it tells HIGHESTMODSEQ */
	bool fresh;           /* the SELECT in progress has said EXISTS */
	struct cache cache;
	struct cache *merging; /* what VANISHED and FETCH are for, beside the picture */
	struct cache live;     /* that, for a SELECT with QRESYNC amid everything else */
	unsigned live_tag;
	struct ts_set found;   /* by ESEARCH */
};

struct sim {
	struct tx_log log;
	struct tx_random random;
	struct ts *ts;
	struct ta alloc;
	struct td td;
	struct imapsrv_session_config session;
	struct client clients[TD_SESSIONS];
	int count;
	unsigned tag;
	bool verbose;
};

static const char *const boxes[] = {"INBOX", "Work"};

static uint32_t below(struct sim *s, uint32_t n)
{
	return tx_below(&s->random, n);
}

/* ---- what a client keeps ------------------------------------------------------------------- */

static void cache_take(struct client *c)
{
	const struct tc *t = &c->sim->td.sessions[c->slot].client;
	struct cache *k = &c->cache;

	if (!t->selected || !c->uidvalidity || !c->highest || t->fresh)
		return;
	cache_clear(k);
	memcpy(k->mailbox, c->mailbox, sizeof(k->mailbox));
	k->uidvalidity = c->uidvalidity;
	k->modseq = c->highest;
	k->known = tx_alloc((t->exists + 1) * sizeof(*k->known));
	for (uint32_t i = 0; i < t->exists; i++) {
		const struct tc_message *m = &t->messages[i];

		if (m->uid)
			k->known[k->count++] =
				(struct known){m->uid, i + 1, m->knows_flags, m->flags};
		else
			k->holes = true;
	}
}

static void cache_compare(struct sim *s, const struct cache *k, uint32_t exists, const char *way)
{
	const struct ts_mailbox *m = ts_find(s->ts, NULL, k->mailbox);

	if (exists != m->count)
		tx_complain(&s->log, "%s: %u messages are told, %zu are there", way, exists,
		            m->count);
	if (k->holes ? k->count > exists : k->count != exists)
		tx_complain(&s->log, "%s: the client comes to %zu messages, %u are told", way,
		            k->count, exists);
	for (size_t i = 0; i < k->count; i++) {
		const struct ts_message *message = ts_message(m, k->known[i].uid);

		if (!message)
			tx_complain(&s->log, "%s: the client keeps UID %u, which is gone", way,
			            k->known[i].uid);
		else if (k->known[i].knows_flags && k->known[i].flags != td_flags(m, message))
			tx_complain(&s->log, "%s: the client has other flags of UID %u", way,
			            message->uid);
	}
}

/* ---- what is heard ------------------------------------------------------------------------- */

static const struct ts_mailbox *open_mailbox(const struct client *c)
{
	const struct ts *ts = c->sim->ts;

	for (const struct ts_handle *h = ts->handles; h; h = h->next)
		if (h->kind == TS_MAILBOX && h->link == c->sim->td.sessions[c->slot].link &&
		    h->mailbox->uidvalidity == c->uidvalidity)
			return h->mailbox;
	return NULL;
}

/* What has not changed since HIGHESTMODSEQ, the client knows. */
static void check_told(const struct client *c)
{
	const struct sim *s = c->sim;
	const struct tc *t = &s->td.sessions[c->slot].client;
	const struct ts_mailbox *m = open_mailbox(c);
	struct tx_log *log = &c->sim->log;
	uint32_t at = 0;

	if (!m || !t->selected || t->fresh)
		return;
	if (c->highest > m->modseq)
		tx_complain(log, "client %d: HIGHESTMODSEQ %llu, the store has %llu", c->slot + 1,
		            (unsigned long long)c->highest, (unsigned long long)m->modseq);
	for (size_t i = 0; i < m->grave_count; i++)
		for (uint32_t k = 0; m->graves[i].modseq <= c->highest && k < t->exists; k++)
			if (t->messages[k].uid == m->graves[i].uid)
				tx_complain(log, "client %d: HIGHESTMODSEQ %llu, but UID %u went "
				                 "with %llu",
				            c->slot + 1, (unsigned long long)c->highest,
				            m->graves[i].uid,
				            (unsigned long long)m->graves[i].modseq);
	for (size_t i = 0; i < m->count; i++) {
		const struct ts_message *message = &m->messages[i];
		bool hole = false;

		if (message->modseq > c->highest)
			continue;
		for (; at < t->exists && t->messages[at].uid < message->uid; at++)
			hole |= !t->messages[at].uid;
		if (hole)
			return;
		if (at == t->exists || t->messages[at].uid != message->uid)
			tx_complain(log, "client %d: HIGHESTMODSEQ %llu, but UID %u was not told",
			            c->slot + 1, (unsigned long long)c->highest, message->uid);
		else if (t->messages[at].knows_flags &&
		         t->messages[at].flags != td_flags(m, message))
			tx_complain(log, "client %d: HIGHESTMODSEQ %llu, but the flags of UID %u "
			                 "(%llu) were not told",
			            c->slot + 1, (unsigned long long)c->highest, message->uid,
			            (unsigned long long)message->modseq);
	}
}

static uint64_t number_behind(const char *line, const char *what)
{
	const char *at = strstr(line, what);

	return at ? strtoull(at + strlen(what), NULL, 10) : 0;
}

/* The set that stands at the beginning of text. */
static void take_set(struct client *c, const char *text, struct ts_set *set)
{
	char *copy = tx_dup(text, strcspn(text, " \r\n"));

	ts_set_clear(set);
	if (!ts_set_parse(set, copy))
		tx_complain(&c->sim->log, "client %d: a set that cannot be read: %s", c->slot + 1,
		            copy);
	free(copy);
}

/* The client goes on with what it kept.  What it does not know yet came while it selected, so it
 * has the last numbers. */
static void go_on(struct client *c, struct tc *t, const struct cache *k)
{
	if (k->count > t->exists) {
		tx_complain(&c->sim->log, "client %d: it keeps %zu messages of %u", c->slot + 1,
		            k->count, t->exists);
		return;
	}
	for (uint32_t i = 0; i < k->count && !k->holes; i++) {
		if (t->messages[i].uid && t->messages[i].uid != k->known[i].uid)
			tx_complain(&c->sim->log, "client %d: it keeps UID %u as %u, told is %u",
			            c->slot + 1, k->known[i].uid, i + 1, t->messages[i].uid);
		t->messages[i] = (struct tc_message){k->known[i].uid, k->known[i].knows_flags,
		                                     k->known[i].flags};
	}
}

static void take_vanished(struct client *c, const char *line, struct ts_set *set)
{
	bool earlier = strncmp(line, "* VANISHED (EARLIER) ", 21) == 0;

	take_set(c, line + (earlier ? 21 : 11), set);
}

/* No UID ever comes back. */
static void check_vanished(struct client *c, const char *line)
{
	const struct ts_mailbox *m = open_mailbox(c);
	struct ts_set gone = {0};

	take_vanished(c, line, &gone);
	for (size_t i = 0; m && i < m->count; i++)
		if (ts_set_has(ts_set_view(&gone), m->messages[i].uid))
			tx_complain(&c->sim->log, "client %d: UID %u is there, but VANISHED",
			            c->slot + 1, m->messages[i].uid);
	ts_set_clear(&gone);
}

static void merge(struct client *c, struct tc *t, const char *line)
{
	char tag[20];

	if (strncmp(line, "* VANISHED ", 11) == 0) {
		struct ts_set gone = {0};

		take_vanished(c, line, &gone);
		cache_filter(c->merging, ts_set_view(&gone), false);
		ts_set_clear(&gone);
	}
	if (strstr(line, " FETCH ("))
		cache_learn(c->merging, t);
	if (c->merging != &c->live)
		return;
	snprintf(tag, sizeof(tag), "t%u ", c->live_tag);
	if (strncmp(line, tag, strlen(tag)) != 0)
		return;
	if (t->selected && c->uidvalidity == c->live.uidvalidity)
		go_on(c, t, &c->live);
	c->merging = NULL;
	cache_clear(&c->live);
}

static void on_heard(void *user, const char *data, size_t len)
{
	struct client *c = user;
	struct tc *t = &c->sim->td.sessions[c->slot].client;
	char *line = tx_dup(data, len);
	const char *at;
	uint64_t n;

	if (c->sim->verbose)
		printf("S%d: %s\n", c->slot + 1, line);
	if (t->fresh && !c->fresh) { /* another mailbox */
		c->uidvalidity = 0;
		c->told = c->highest = c->highest_row = 0;
	}
	c->fresh = t->fresh;
	if ((n = number_behind(line, " OK [UIDVALIDITY ")) != 0)
		c->uidvalidity = (uint32_t)n;
	if ((n = number_behind(line, " OK [HIGHESTMODSEQ ")) != 0) {
		if (n < c->told)
			tx_complain(&c->sim->log, "client %d: HIGHESTMODSEQ falls to %llu",
			            c->slot + 1, (unsigned long long)n);
		c->highest = c->told = n;
		c->coded = true;
		check_told(c);
	}
	n = strstr(line, " FETCH (") ? number_behind(line, "MODSEQ (") : 0;
	if (n > c->highest_row)
		c->highest_row = n;
	if (line[0] == 't' || line[0] == 'z') { /* RFC 7162 3.2 */
		if (!c->coded && c->highest && c->highest_row > c->highest) {
			c->highest = c->highest_row;
			check_told(c);
		}
		c->coded = false;
		c->highest_row = 0;
	}
	if (strncmp(line, "* VANISHED ", 11) == 0)
		check_vanished(c, line);
	if (c->merging)
		merge(c, t, line);
	if (strncmp(line, "* ESEARCH ", 10) == 0) {
		ts_set_clear(&c->found);
		at = strstr(line, " ALL ");
		if (at)
			take_set(c, at + 5, &c->found);
	}
	free(line);
}

/* ---- what is said -------------------------------------------------------------------------- */

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
static void say(struct client *c, const char *format, ...)
{
	struct tx line = {0};
	char text[3000];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (strcmp(text, "DONE") != 0)
		tx_fmt(&line, "t%u ", ++c->sim->tag);
	tx_str(&line, text);
	if (c->sim->verbose)
		printf("C%d: %s\n", c->slot + 1, line.data);
	tx_str(&line, "\r\n");
	td_feed(&c->sim->td, c->slot, line.data, line.len);
	tx_free(&line);
}

static void connect_as(struct sim *s, int slot, enum kind kind)
{
	struct client *c = &s->clients[slot];
	struct tc *t = &s->td.sessions[slot].client;

	c->sim = s;
	c->slot = slot;
	c->kind = kind;
	c->idling = c->fresh = c->coded = false;
	c->uidvalidity = 0;
	c->told = c->highest = c->highest_row = 0;
	t->heard = on_heard;
	t->user = c;
	if (s->verbose)
		printf("H: connect %d\n", slot + 1);
	if (td_connect(&s->td, slot, &s->session, "fred")) {
		tx_complain(&s->log, "session %d cannot connect", slot + 1);
		return;
	}
	td_settle(&s->td, slot);
	if (kind == CONDSTORE)
		say(c, "ENABLE CONDSTORE");
	else if (kind == QRESYNC)
		say(c, "ENABLE QRESYNC");
	else if (kind == REV2)
		say(c, "ENABLE IMAP4rev2%s", below(s, 2) ? " QRESYNC" : "");
}

static void disconnect(struct sim *s, int slot)
{
	if (s->verbose)
		printf("H: disconnect %d\n", slot + 1);
	td_forget(&s->td, slot);
	ts_set_clear(&s->clients[slot].found);
	s->clients[slot].merging = NULL;
	cache_clear(&s->clients[slot].live);
}

static void select_box(struct client *c, const char *box, const char *how)
{
	if (c->slot != CHECKER)
		cache_take(c);
	snprintf(c->mailbox, sizeof(c->mailbox), "%s", box);
	say(c, "SELECT %s%s", box, how);
}

/* ---- ways back ----------------------------------------------------------------------------- */

/* SELECT with QRESYNC; k becomes what the client has then. */
static void back_quickly(struct client *c, struct cache *k)
{
	struct sim *s = c->sim;
	const struct tc *t = &s->td.sessions[c->slot].client;
	struct tx how = {0};
	uint32_t last = cache_qresync(k, &how, &s->random);

	c->merging = k;
	select_box(c, k->mailbox, how.data);
	c->merging = NULL;
	tx_free(&how);
	if (!t->selected || !c->uidvalidity) {
		tx_complain(&s->log, "session %d: SELECT with QRESYNC fails", c->slot + 1);
		return;
	}
	if (c->uidvalidity != k->uidvalidity) {
		k->count = 0;
		k->holes = true;
	}
	cache_learn(k, t);
	/* Of others than the known UIDs nothing is told (RFC 7162 3.2.5.1): those above are new. */
	if (k->count < t->exists && c->uidvalidity == k->uidvalidity && last) {
		say(c, "UID FETCH %u:* (FLAGS)", last + 1);
		cache_learn(k, t);
	}
	cache_compare(s, k, t->exists, "QRESYNC");
}

static void back_by_search(struct client *c, struct cache *k)
{
	struct sim *s = c->sim;
	const struct tc *t = &s->td.sessions[c->slot].client;

	select_box(c, k->mailbox, "");
	if (c->uidvalidity != k->uidvalidity)
		return;
	say(c, "UID FETCH 1:* (FLAGS) (CHANGEDSINCE %llu)", (unsigned long long)k->modseq);
	cache_learn(k, t);
	say(c, "UID SEARCH RETURN (ALL) ALL");
	cache_filter(k, ts_set_view(&c->found), true);
	cache_compare(s, k, t->exists, "CHANGEDSINCE");
}

/* The same while anything may happen. */
static void reselect(struct client *c)
{
	struct tx how = {0};

	cache_take(c);
	if (c->cache.mailbox[0]) {
		cache_clear(&c->live);
		cache_copy(&c->live, &c->cache);
		cache_qresync(&c->live, &how, &c->sim->random);
		c->live_tag = c->sim->tag + 1;
		c->merging = &c->live;
		memcpy(c->mailbox, c->live.mailbox, sizeof(c->mailbox));
		say(c, "SELECT %s%s", c->mailbox, how.data);
	}
	tx_free(&how);
}

static void fetch_all(struct client *c)
{
	const struct tc *t = &c->sim->td.sessions[c->slot].client;

	if (t->selected && t->exists)
		say(c, "FETCH 1:* (UID FLAGS)");
}

static void back_by_fetch(struct client *c, struct cache *k)
{
	struct sim *s = c->sim;
	const struct tc *t = &s->td.sessions[c->slot].client;

	select_box(c, k->mailbox, "");
	fetch_all(c);
	k->count = 0;
	k->holes = false;
	cache_learn(k, t);
	cache_compare(s, k, t->exists, "FETCH 1:*");
	td_compare(&s->td, c->slot);
}

/* Every way leads to the same; nothing else is going on. */
static void check_ways(struct sim *s, const struct cache *k)
{
	static void (*const ways[])(struct client *, struct cache *) = {
		back_quickly, back_by_search, back_by_fetch};

	for (size_t i = 0; i < 3 && !s->log.count; i++) {
		enum kind slow = below(s, 2) ? CONDSTORE : PLAIN;
		struct cache copy;

		cache_copy(&copy, k);
		connect_as(s, CHECKER, i ? slow : QRESYNC);
		ways[i](&s->clients[CHECKER], &copy);
		disconnect(s, CHECKER);
		cache_clear(&copy);
	}
}

/* A client that was away comes back by one of them, and goes on from there. */
static void come_back(struct sim *s, int slot)
{
	struct client *c = &s->clients[slot];
	struct tc *t = &s->td.sessions[slot].client;
	struct cache k;

	if (c->cache.mailbox[0])
		check_ways(s, &c->cache);
	if (s->log.count)
		return;
	connect_as(s, slot, below(s, 2) ? c->kind : (enum kind)below(s, KINDS));
	if (!c->cache.mailbox[0])
		return;
	if (!t->qresync) {
		select_box(c, c->cache.mailbox, "");
		fetch_all(c);
		return;
	}
	cache_copy(&k, &c->cache);
	back_quickly(c, &k);
	/* What it kept is what it knows. */
	go_on(c, t, &k);
	cache_clear(&k);
}

/* ---- what happens -------------------------------------------------------------------------- */

static struct ts_mailbox *any_box(struct sim *s)
{
	return ts_find(s->ts, NULL, boxes[below(s, 4) == 0]);
}

static void deliver(struct sim *s, struct ts_mailbox *m)
{
	static const char mail[] = "Subject: test\r\n\r\nHello\r\n";
	struct imapsrv_range range;
	uint32_t how = below(s, 8);

	if (m->count >= 30)
		return;
	range.first = range.last = m->uidnext + (below(s, 4) ? 0 : below(s, 5));
	ts_add(m, range.first, mail, sizeof(mail) - 1, 1767225600, 0)->system =
		below(s, 2) ? 0 : IMAPSRV_FLAGGED;
	if (s->verbose)
		printf("H: deliver %s uid %u\n", m->name, range.first);
	ts_post(s->ts, m, how == 0 ? IMAPSRV_EVENT_MAILBOX_CHANGED : IMAPSRV_EVENT_MESSAGE_NEW,
	        (struct imapsrv_set){&range, how > 1}, NULL);
}

static struct imapsrv_range any_range(struct sim *s, const struct ts_mailbox *m)
{
	struct imapsrv_range r;

	r.first = 1 + below(s, m->uidnext);
	if (m->count && below(s, 4))
		r.first = m->messages[below(s, (uint32_t)m->count)].uid;
	r.last = r.first + (below(s, 3) ? 0 : below(s, 6));
	return r;
}

static void change_flags(struct sim *s, struct ts_mailbox *m)
{
	static char word[] = "kw", other[] = "$Other";
	char *const keywords[] = {below(s, 2) ? word : other};
	struct imapsrv_range range = any_range(s, m);
	struct ts_changes c = {0};
	uint32_t system = 1u << below(s, 5);
	bool keyword = below(s, 3) == 0;
	enum imapsrv_store_mode mode = (enum imapsrv_store_mode)below(s, 3);

	if (s->verbose)
		printf("H: flags %s %u:%u mode %d %#x %s\n", m->name, range.first, range.last,
		       (int)mode, system, keyword ? keywords[0] : "");
	ts_flag(m, (struct imapsrv_set){&range, 1}, mode, system, keywords, keyword, &c);
	ts_post_changes(s->ts, m, &c, NULL);
}

static void expunge(struct sim *s, struct ts_mailbox *m)
{
	struct imapsrv_range range = any_range(s, m);
	struct ts_set removed = {0};
	uint32_t how = below(s, 8);

	ts_remove(m, (struct imapsrv_set){&range, 1}, false, &removed);
	if (s->verbose)
		printf("H: expunge %s %u:%u\n", m->name, range.first, range.last);
	if (removed.count)
		ts_post(s->ts, m,
		        how == 0   ? IMAPSRV_EVENT_MAILBOX_CHANGED
		        : how == 1 ? IMAPSRV_EVENT_MESSAGE_EXPIRE
		                   : IMAPSRV_EVENT_MESSAGE_EXPUNGE,
		        ts_set_view(&removed), NULL);
	ts_set_clear(&removed);
}

static void outside(struct sim *s)
{
	struct ts_mailbox *m = any_box(s);
	uint32_t what = below(s, 40);

	if (what < 13) {
		deliver(s, m);
	} else if (what < 26) {
		change_flags(s, m);
	} else if (what < 36) {
		expunge(s, m);
	} else if (what < 39) {
		m->floor += below(s, (uint32_t)(m->modseq - m->floor) + 1);
		if (s->verbose)
			printf("H: floor %s %llu\n", m->name, (unsigned long long)m->floor);
	} else { /* the same name, another UIDVALIDITY */
		struct ts_user *owner = m->owner;
		const char *name = m->name;

		if (s->verbose)
			printf("H: delete and create %s\n", name);
		ts_remove_mailbox(s->ts, m);
		m = ts_add_mailbox(s->ts, owner, name);
		for (uint32_t n = below(s, 6); n > 0; n--)
			deliver(s, m);
	}
	td_settle(&s->td, -1);
}

static void command(struct sim *s, struct client *c)
{
	static const char *const flags[] = {"\\Seen", "\\Deleted", "\\Flagged", "\\Answered",
	                                    "kw",     "$Other",    "\\Seen \\Deleted"};
	const struct tc *t = &s->td.sessions[c->slot].client;
	const char *box = boxes[below(s, 4) == 0], *flag = flags[below(s, 7)];
	const char *uid = below(s, 2) ? "UID " : "";
	uint32_t from = 1 + below(s, t->exists), to, span = t->exists - from + 1;
	char set[40];

	if (c->idling) {
		c->idling = false;
		say(c, "DONE");
		return;
	}
	if (t->qresync && td_at_rest(&s->td, c->slot) && below(s, t->selected ? 15 : 2) == 0) {
		reselect(c);
		return;
	}
	if (!t->selected && below(s, 8)) {
		select_box(c, box, below(s, 4) ? "" : " (CONDSTORE)");
		if (below(s, 4))
			say(c, "UID FETCH 1:* (FLAGS)");
		return;
	}
	to = from + (below(s, 2) || span > t->exists ? 0 : below(s, span));
	if (*uid) {
		const struct ts_mailbox *m = open_mailbox(c);

		from = 1 + below(s, m ? m->uidnext : 10);
		to = from + below(s, 8);
	}
	snprintf(set, sizeof(set), "%u:%u", from, to);
	switch (below(s, 20)) {
	case 0:
	case 1:
		say(c, "NOOP");
		break;
	case 2:
	case 3:
		say(c, "%sFETCH %s (FLAGS)", uid, set);
		break;
	case 4:
		say(c, "%sFETCH 1:* (%sFLAGS%s)", uid, below(s, 2) ? "UID " : "",
		    c->kind != PLAIN ? " MODSEQ" : "");
		break;
	case 5:
	case 6:
	case 7:
		say(c, "%sSTORE %s %sFLAGS%s (%s)", uid, set, below(s, 3) ? "+" : "-",
		    below(s, 12) ? "" : ".SILENT", flag);
		break;
	case 8:
		if (c->highest)
			say(c, "%sSTORE %s (UNCHANGEDSINCE %llu) FLAGS (%s)", uid, set,
			    (unsigned long long)(c->highest - below(s, 2)), flag);
		break;
	case 9:
	case 10:
		if (*uid)
			say(c, "UID EXPUNGE %s", set);
		else
			say(c, "EXPUNGE");
		break;
	case 11:
		say(c, "%sCOPY %s %s", uid, set, box);
		break;
	case 12:
		say(c, "%sMOVE %s %s", uid, set, box);
		break;
	case 13:
		say(c, "%sSEARCH %s", uid, below(s, 2) ? "UNSEEN" : "NOT DELETED");
		break;
	case 14:
		say(c, "APPEND %s (%s) {5+}\r\nhello", box, flag);
		break;
	case 15:
	case 16:
		c->idling = true;
		say(c, "IDLE");
		break;
	case 17:
		cache_take(c);
		say(c, below(s, 2) ? "UNSELECT" : "CLOSE");
		break;
	case 18:
		if (below(s, 2))
			select_box(c, box, "");
		else if (t->qresync && c->highest) /* any sequence will do */
			say(c, "UID FETCH 1:%u (FLAGS) (CHANGEDSINCE %u VANISHED)", to,
			    1 + below(s, (uint32_t)c->highest));
		break;
	default:
		say(c, "STATUS %s (MESSAGES HIGHESTMODSEQ)", box);
		break;
	}
}

/* Everything that waits is done; then pictures are compared, and who was away comes back. */
static void come_to_rest(struct sim *s)
{
	s->ts->hold = false;
	for (int i = 0; i < s->count; i++)
		s->td.sessions[i].stalled = false;
	td_settle(&s->td, -1);
	for (int i = 0; i < s->count; i++)
		if (s->clients[i].idling) {
			s->clients[i].idling = false;
			say(&s->clients[i], "DONE");
		}
	for (int i = 0; i < s->count && !s->log.count; i++) {
		struct client *c = &s->clients[i];

		if (!s->td.sessions[i].session) {
			come_back(s, i);
			continue;
		}
		if (!td_at_rest(&s->td, i)) {
			tx_complain(&s->log, "session %d does not come to rest", i + 1);
			return;
		}
		td_compare(&s->td, i);
		if (below(s, 2))
			fetch_all(c);
	}
}

/* The connection breaks anywhere in what is under way. */
static void lose(struct sim *s, int i)
{
	struct td_session *session = &s->td.sessions[i];
	struct imapsrv_span span;
	size_t count = 0, n;

	if (session->session && !imapsrv_session_peek(session->session, &span, 1, &count) &&
	    count) {
		n = below(s, (uint32_t)span.len + 1);
		tw_feed(&session->wire, span.data, n);
	}
	cache_take(&s->clients[i]);
	disconnect(s, i);
}

static void step(struct sim *s)
{
	int i = (int)below(s, (uint32_t)s->count);
	struct td_session *session = &s->td.sessions[i];
	uint32_t what = below(s, 100);

	if (what < 45) {
		/* As a rule a client waits for the answer. */
		if (session->session &&
		    (s->clients[i].idling || td_at_rest(&s->td, i) || below(s, 4) == 0))
			command(s, &s->clients[i]);
	} else if (what < 70) {
		outside(s);
	} else if (what < 78) {
		s->ts->hold = !s->ts->hold;
		td_settle(&s->td, -1);
	} else if (what < 86) { /* one op, while others wait */
		if (session->session && ts_pending(session->link)) {
			bool hold = s->ts->hold;

			s->ts->hold = false;
			ts_answer(session->link);
			s->ts->hold = hold;
			imapsrv_session_run(session->session);
			td_settle(&s->td, i);
		}
	} else if (what < 89) {
		if (session->session)
			session->stalled = !session->stalled;
		td_settle(&s->td, -1);
	} else if (what < 93) {
		if (session->session)
			lose(s, i);
	} else {
		come_to_rest(s);
	}
}

static void one_history(struct sim *s)
{
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_limits limits = IMAPSRV_LIMITS_INIT;
	struct td_options how = {0};
	struct ts_user *fred;

	s->ts = ts_new(&s->log);
	s->ts->modseqs = true;
	s->ts->options.mode = (enum ts_mode)below(s, 3);
	s->ts->options.events_after = below(s, 2);
	s->ts->options.generous = below(s, 4) == 0;
	s->ts->options.set_piece = below(s, 3);
	tx_seed(&s->ts->random, below(s, UINT32_MAX));
	if (below(s, 6) == 0)
		s->ts->absent |= TS_NO_VANISHED;
	if (below(s, 6) == 0)
		s->ts->absent |= TS_NO_MOVE;
	fred = ts_add_user(s->ts, "fred", "secret");
	ts_add_mailbox(s->ts, fred, boxes[1]);
	for (uint32_t n = below(s, 12); n > 0; n--)
		deliver(s, ts_find(s->ts, fred, boxes[0]));
	how.seed = below(s, UINT32_MAX);
	how.shuffle = below(s, 2);
	how.random_pieces = below(s, 4) == 0;
	how.random_drain = below(s, 3) == 0;
	how.lazy_drain = below(s, 4) == 0;
	limits.batch = below(s, 3) ? 1 + below(s, 4) : 0;
	limits.set_ranges = below(s, 8) ? 0 : 16;
	config.limits = &limits;
	ta_init(&s->alloc, &s->log);
	s->session = (struct imapsrv_session_config)IMAPSRV_SESSION_CONFIG_INIT;
	s->session.secure = 1;
	if (td_start(&s->td, &s->log, s->ts, &s->alloc, &how, &config))
		abort();
	s->count = 1 + (int)below(s, CLIENTS);
	for (int i = 0; i < s->count; i++) {
		connect_as(s, i, (enum kind)below(s, KINDS));
		select_box(&s->clients[i], boxes[0], "");
		if (below(s, 4))
			fetch_all(&s->clients[i]);
	}
	for (uint32_t n = 10 + below(s, 50); n > 0 && !s->log.count; n--)
		step(s);
	if (!s->log.count)
		come_to_rest(s);
	for (int i = 0; i < s->count && !s->log.count; i++)
		lose(s, i);
	if (!s->log.count)
		come_to_rest(s);
	td_finish(&s->td);
	for (int i = 0; i < TD_SESSIONS; i++) {
		cache_clear(&s->clients[i].cache);
		cache_clear(&s->clients[i].live);
		ts_set_clear(&s->clients[i].found);
	}
	ts_free(s->ts);
}

int main(int argc, char **argv)
{
	uint64_t first = 1, count = 2000, passed = 0, failed = 0;
	static struct sim s;
	bool verbose = false;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "-v") == 0) {
			verbose = true;
		} else if (i + 1 < argc && strcmp(argv[i], "--seed") == 0) {
			first = strtoull(argv[++i], NULL, 10);
			count = 1;
		} else if (i + 1 < argc && strcmp(argv[i], "--histories") == 0) {
			count = strtoull(argv[++i], NULL, 10);
		} else {
			fprintf(stderr, "usage: resync [--seed N] [--histories N] [-v]\n");
			return 2;
		}
	}
	for (uint64_t seed = first; seed < first + count && failed < 20; seed++) {
		memset(&s, 0, sizeof(s));
		s.verbose = verbose;
		tx_seed(&s.random, seed);
		one_history(&s);
		if (!s.log.count) {
			passed++;
			continue;
		}
		failed++;
		printf("resync --seed %llu: %s\n", (unsigned long long)seed, s.log.first);
	}
	printf("resync: %llu passed, %llu failed\n", (unsigned long long)passed,
	       (unsigned long long)failed);
	return failed > 0;
}
