/* SPDX-License-Identifier: MIT */
/*
 * storecheck/history - a random history: a few clients do what clients do to the same mailboxes,
 * and look now and then whether all is as it should be.  What happens follows from the seed alone.
 */
#include <string.h>

#include "storecheck/check.h"

enum { MOST = 60 }; /* messages in a mailbox */

/* The client knows what there is; what it does next, it does to that. */
static bool ready(struct isrv_sc_client *k)
{
	return isrv_sc_look(k);
}

static struct isrv_sc_message *any(struct isrv_sc_client *k)
{
	struct isrv_sc_box *box = k->box;

	return box->count ? &box->messages[isrv_sc_below(k->c, (uint32_t)box->count)] : NULL;
}

static uint32_t any_flags(struct isrv_sc_client *k)
{
	uint32_t usable = isrv_sc_flags_of(k->box), bits = 0;

	for (unsigned bit = 0; bit < 12; bit++)
		if (usable >> bit & 1 && !isrv_sc_below(k->c, 3))
			bits |= 1u << bit;
	return bits;
}

static void do_append(struct isrv_sc_client *k)
{
	static const char *const dates[] = {NULL, " 3-Mar-2013 13:13:13 +1300",
	                                    "31-Dec-1999 23:59:59 +0000"};
	uint32_t content = isrv_sc_new_content(k->c);

	if (k->box->count < MOST)
		isrv_sc_append(k, k->box, content, any_flags(k), dates[isrv_sc_below(k->c, 3)]);
}

/* After .SILENT the client knows by itself (RFC 9051 6.4.6). */
static void know(struct isrv_sc_client *k, uint32_t uid, uint32_t flags)
{
	for (size_t i = 0; i < k->seen_count; i++)
		if (k->seen[i].uid == uid)
			k->seen[i].flags = flags;
}

static void do_store(struct isrv_sc_client *k)
{
	static const char *const modes[] = {"FLAGS", "+FLAGS", "-FLAGS"};
	struct isrv_sc_message *m = any(k);
	uint32_t mode = isrv_sc_below(k->c, 3), flags, last;
	bool silent = isrv_sc_below(k->c, 2);
	char names[160];

	if (!m)
		return;
	flags = any_flags(k);
	isrv_sc_put_flags(names, flags);
	last = m->uid + isrv_sc_below(k->c, 4);
	if (!isrv_sc_need(k, ISRV_SC_STORE_FLAGS, "UID STORE %u:%u %s%s (%s)", m->uid, last,
	                  modes[mode], silent ? ".SILENT" : "", names))
		return;
	for (size_t i = 0; i < k->box->count; i++) {
		struct isrv_sc_message *one = &k->box->messages[i];

		if (one->uid < m->uid || one->uid > last)
			continue;
		one->flags = isrv_sc_after(one->flags, (enum imapsrv_store_mode)mode, flags);
		if (silent)
			know(k, one->uid, one->flags);
	}
}

static void do_expunge(struct isrv_sc_client *k)
{
	uint32_t doomed[MOST];
	size_t count = 0;

	for (size_t i = 0; i < k->box->count; i++)
		if (k->box->messages[i].flags & IMAPSRV_DELETED)
			doomed[count++] = k->box->messages[i].uid;
	isrv_sc_need(k, ISRV_SC_EXPUNGE_GONE, "EXPUNGE");
	while (isrv_sc_live(k->c) && count > 0)
		isrv_sc_box_remove(k->c, k->box, doomed[--count]);
}

/* COPY or MOVE within the mailbox or to the other one. */
static void do_copy(struct isrv_sc_client *k)
{
	struct isrv_sc *c = k->c;
	struct isrv_sc_message *m = any(k);
	struct isrv_sc_box *box = c->boxes[1].exists && isrv_sc_below(c, 2) ? &c->boxes[1] : k->box;
	bool move = k->caps & ISRV_SC_MOVE && box != k->box && isrv_sc_below(c, 2);
	struct isrv_sc_message what;

	if (!m || box->count >= MOST)
		return;
	what = *m;
	isrv_sc_ask(k, "UID %s %u %s", move ? "MOVE" : "COPY", m->uid, box->name);
	if (box == k->box ? !isrv_sc_copied_here(k)
	                  : !isrv_sc_needed(k, move ? ISRV_SC_MOVE_ALL : ISRV_SC_COPY_ALL))
		return;
	if (k->told.to.count != 1) {
		isrv_sc_pass(c, isrv_sc_no_copies);
		return;
	}
	isrv_sc_box_copy(c, box, k->told.to.v[0], &what);
	if (move)
		isrv_sc_box_remove(c, k->box, what.uid);
}

static void do_read(struct isrv_sc_client *k)
{
	struct isrv_sc_message *m = any(k);

	if (m)
		isrv_sc_compare_body(k, m, ISRV_SC_BODY_OCTETS);
}

static void do_select(struct isrv_sc_client *k)
{
	struct isrv_sc *c = k->c;
	struct isrv_sc_box *box = c->boxes[1].exists && !isrv_sc_below(c, 3) ? &c->boxes[1]
	                                                                     : &c->boxes[0];

	/* Leaving must not remove anything. */
	isrv_sc_need(k, ISRV_SC_SESSION_LIVES, "UNSELECT");
	isrv_sc_select(k, box, "SELECT");
	isrv_sc_compare(k, &isrv_sc_fetching);
}

static void do_compare(struct isrv_sc_client *k)
{
	isrv_sc_compare(k, &isrv_sc_fetching);
}

void isrv_sc_history(struct isrv_sc *c)
{
	static void (*const deeds[])(struct isrv_sc_client *k) = {
		do_append, do_append, do_append, do_store, do_store, do_store, do_store,
		do_expunge, do_copy, do_copy, do_read, do_select, do_compare};
	unsigned clients = c->check.sessions;
	uint64_t since = 0;

	if (!isrv_sc_stage(c, clients, 4))
		return;
	if (c->has_mailboxes && isrv_sc_below(c, 2))
		isrv_sc_box(&c->clients[0], 1);
	for (unsigned i = 0; i < clients; i++)
		isrv_sc_compare(&c->clients[i], &isrv_sc_fetching);
	for (uint32_t step = 0; step < c->check.steps && isrv_sc_live(c); step++) {
		struct isrv_sc_client *k = &c->clients[isrv_sc_below(c, clients)];

		/* A client is never told a sequence above what it knows: it looks first. */
		if (step == c->check.steps / 2 && c->clients[0].box == &c->boxes[0] &&
		    isrv_sc_look(&c->clients[0]) && isrv_sc_highest(&c->clients[0], &c->boxes[0]))
			since = c->boxes[0].highest;
		if (isrv_sc_live(c) && ready(k))
			deeds[isrv_sc_below(c, sizeof(deeds) / sizeof(*deeds))](k);
	}
	for (unsigned i = 0; i < clients && isrv_sc_live(c); i++) {
		isrv_sc_look(&c->clients[i]);
		isrv_sc_compare(&c->clients[i], &isrv_sc_fetching);
	}
	if (!isrv_sc_live(c) || !since || !(c->clients[0].caps & ISRV_SC_QRESYNC))
		return;
	isrv_sc_need(&c->clients[0], ISRV_SC_SESSION_LIVES, "ENABLE QRESYNC");
	isrv_sc_need(&c->clients[0], ISRV_SC_SESSION_LIVES, "UNSELECT");
	if (isrv_sc_live(c))
		isrv_sc_back(&c->clients[0], &c->boxes[0], since);
}
