/* SPDX-License-Identifier: MIT */
/*
 * resync/heard - what a client is told, held against what it was told before and against the store,
 * and what it keeps of that when it leaves the mailbox.
 */
#include "sim/resync/resync.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what a client keeps ------------------------------------------------------------------- */

void cache_take(struct client *c)
{
	const struct tc *t = &c->sim->td.sessions[c->slot].client;
	struct cache *k = &c->cache;

	if (!t->selected || !c->uidvalidity || !c->highest || t->fresh)
		return;
	cache_clear(k);
	memcpy(k->mailbox, c->mailbox, sizeof(k->mailbox));
	k->numberless = t->uidonly;
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

void cache_compare(struct sim *s, const struct cache *k, uint32_t exists, const char *way)
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

const struct ts_mailbox *open_mailbox(const struct client *c)
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
		/* One of those whose number was told and nothing else. */
		if (t->uidonly && t->exists && !t->messages[t->exists - 1].uid &&
		    t->messages[at].uid != message->uid)
			continue;
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

void go_on(struct client *c, struct tc *t, const struct cache *k)
{
	if (k->count > t->exists) {
		tx_complain(&c->sim->log, "client %d: it keeps %zu messages of %u", c->slot + 1,
		            k->count, t->exists);
		return;
	}
	for (uint32_t i = 0; i < k->count && t->uidonly; i++) {
		struct tc_message *m = tc_message_by_uid(t, k->known[i].uid);

		if (m)
			*m = (struct tc_message){k->known[i].uid, k->known[i].knows_flags,
			                         k->known[i].flags};
		else
			tx_complain(&c->sim->log, "client %d: it keeps UID %u, which is too many",
			            c->slot + 1, k->known[i].uid);
	}
	for (uint32_t i = 0; i < k->count && !k->holes && !t->uidonly; i++) {
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

static bool is_fetch(const char *line)
{
	return strstr(line, " FETCH (") || strstr(line, " UIDFETCH (");
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
	if (is_fetch(line))
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

/* Each of them has so many messages, the last what is left, and they cover all UIDs (RFC 10022 3.1). */
static void check_batches(struct client *c, const char *line)
{
	const struct ts_mailbox *m = open_mailbox(c);
	const char *at = strstr(line, "\") ");
	size_t left = m ? m->count : 0;

	while (m && at) {
		char *end;
		unsigned long high = strtoul(at + (at[0] == '"' ? 3 : 1), &end, 10);
		unsigned long low = *end == ':' ? strtoul(end + 1, &end, 10) : 0;
		size_t held = 0, wanted = left < c->batch ? left : c->batch;

		for (size_t i = 0; i < m->count; i++)
			held += m->messages[i].uid >= low && m->messages[i].uid <= high;
		left -= held < left ? held : left;
		if (held != wanted || (low == 1) != (left == 0))
			tx_complain(&c->sim->log, "client %d: %zu messages, not %zu, in %lu:%lu",
			            c->slot + 1, held, wanted, high, low);
		at = *end == ',' ? end : NULL;
	}
	if (left)
		tx_complain(&c->sim->log, "client %d: %zu messages in no batch", c->slot + 1, left);
}

void on_heard(void *user, const char *data, size_t len)
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
	n = is_fetch(line) ? number_behind(line, "MODSEQ (") : 0;
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
	if (c->batch && strncmp(line, "* UIDBATCHES ", 13) == 0)
		check_batches(c, line);
	if (strncmp(line, "* ESEARCH ", 10) == 0) {
		ts_set_clear(&c->found);
		at = strstr(line, " ALL ");
		if (at)
			take_set(c, at + 5, &c->found);
	}
	free(line);
}
