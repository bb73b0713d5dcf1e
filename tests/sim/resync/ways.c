/* SPDX-License-Identifier: MIT */
/*
 * resync/ways - the ways back of a client that was away: SELECT with QRESYNC, FETCH with
 * CHANGEDSINCE and a SEARCH, and fetching everything.  All lead to what the store has.
 */
#include "sim/resync/resync.h"

#include <string.h>

/* SELECT with QRESYNC; k becomes what the client has then. */
static void back_quickly(struct client *c, struct cache *k)
{
	struct sim *s = c->sim;
	const struct tc *t = &s->td.sessions[c->slot].client;
	struct tx how = {0};
	uint32_t last;

	k->numberless = k->numberless || c->kind == UIDONLY;
	last = cache_qresync(k, &how, &s->random);
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
void reselect(struct client *c)
{
	struct tx how = {0};

	cache_take(c);
	if (c->cache.mailbox[0]) {
		cache_clear(&c->live);
		cache_copy(&c->live, &c->cache);
		c->live.numberless = c->live.numberless || c->kind == UIDONLY;
		cache_qresync(&c->live, &how, &c->sim->random);
		c->live_tag = c->sim->tag + 1;
		c->merging = &c->live;
		memcpy(c->mailbox, c->live.mailbox, sizeof(c->mailbox));
		say(c, "SELECT %s%s", c->mailbox, how.data);
	}
	tx_free(&how);
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

	static const enum kind kinds[] = {PLAIN, CONDSTORE, UIDONLY};

	for (size_t i = 0; i < 3 && !s->log.count; i++) {
		enum kind slow = kinds[below(s, 3)];
		struct cache copy;

		cache_copy(&copy, k);
		connect_as(s, CHECKER, i ? slow : QRESYNC);
		ways[i](&s->clients[CHECKER], &copy);
		disconnect(s, CHECKER);
		cache_clear(&copy);
	}
}

/* A client that was away comes back by one of them, and goes on from there. */
void come_back(struct sim *s, int slot)
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
