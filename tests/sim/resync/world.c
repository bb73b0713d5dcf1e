/* SPDX-License-Identifier: MIT */
/*
 * resync/world - what others do to the mailboxes: deliveries, flags, expunges, and mailboxes that
 * are renamed or made anew.
 */
#include "sim/resync/resync.h"

#include <stdio.h>
#include <string.h>

struct ts_mailbox *make_box(struct sim *s, struct ts_user *owner, const char *name)
{
	struct ts_mailbox *before = ts_find(s->ts, owner, name), *m;

	if (before)
		ts_remove_mailbox(s->ts, before);
	m = ts_add_mailbox(s->ts, owner, name);
	if (s->ledgers)
		books_keep(s, m, before);
	return m;
}

void deliver(struct sim *s, struct ts_mailbox *m, bool tell)
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
	if (tell)
		ts_post(s->ts, m,
		        how == 0 ? IMAPSRV_EVENT_MAILBOX_CHANGED : IMAPSRV_EVENT_MESSAGE_NEW,
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

static void change_flags(struct sim *s, struct ts_mailbox *m, bool tell)
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
	if (tell) {
		ts_post_changes(s->ts, m, &c, NULL);
		return;
	}
	ts_set_clear(&c.changed);
	ts_set_clear(&c.read);
	ts_set_clear(&c.trash);
	ts_set_clear(&c.set);
	ts_set_clear(&c.clear);
}

static void expunge(struct sim *s, struct ts_mailbox *m, bool tell)
{
	struct imapsrv_range range = any_range(s, m);
	struct ts_set removed = {0};
	uint32_t how = below(s, 8);

	ts_remove(m, (struct imapsrv_set){&range, 1}, false, &removed);
	if (s->verbose)
		printf("H: expunge %s %u:%u\n", m->name, range.first, range.last);
	if (removed.count && tell)
		ts_post(s->ts, m,
		        how == 0   ? IMAPSRV_EVENT_MAILBOX_CHANGED
		        : how == 1 ? IMAPSRV_EVENT_MESSAGE_EXPIRE
		                   : IMAPSRV_EVENT_MESSAGE_EXPUNGE,
		        ts_set_view(&removed), NULL);
	ts_set_clear(&removed);
}

void change(struct sim *s, struct ts_mailbox *m, bool tell)
{
	uint32_t what = below(s, 36);

	if (what < 13)
		deliver(s, m, tell);
	else if (what < 26)
		change_flags(s, m, tell);
	else
		expunge(s, m, tell);
}

/* Clients may hear of it elsewhere: then they look for it under its new name. */
static void renamed(struct sim *s, const struct ts_mailbox *m)
{
	for (int i = 0; i < s->count; i++) {
		struct client *c = &s->clients[i];

		if (c->uidvalidity == m->uidvalidity && below(s, 2))
			snprintf(c->mailbox, sizeof(c->mailbox), "%s", m->name);
		if (c->cache.mailbox[0] && c->cache.uidvalidity == m->uidvalidity && below(s, 2))
			snprintf(c->cache.mailbox, sizeof(c->cache.mailbox), "%s", m->name);
	}
}

/* Two mailboxes get each other's names. */
static void swap_names(struct sim *s)
{
	struct ts_mailbox *a = ts_find(s->ts, NULL, boxes[1]), *b = ts_find(s->ts, NULL, boxes[2]);

	if (s->verbose)
		printf("H: rename %s and %s into each other\n", a->name, b->name);
	ts_rename_mailbox(s->ts, a, "between");
	ts_rename_mailbox(s->ts, b, boxes[1]);
	ts_rename_mailbox(s->ts, a, boxes[2]);
	renamed(s, a);
	renamed(s, b);
}

void outside(struct sim *s)
{
	struct ts_mailbox *m = ts_find(s->ts, NULL, any_name(s));
	uint32_t what = below(s, 42);

	if (what < 35) {
		change(s, m, true);
	} else if (what < 39 && m->books) {
		books_behind(s, m);
	} else if (what < 39) {
		m->floor += below(s, (uint32_t)(m->modseq - m->floor) + 1);
		if (s->verbose)
			printf("H: floor %s %llu\n", m->name, (unsigned long long)m->floor);
	} else if (what < 41) {
		swap_names(s);
	} else { /* the same name, another UIDVALIDITY */
		if (s->verbose)
			printf("H: delete and create %s\n", m->name);
		m = make_box(s, m->owner, m->name);
		for (uint32_t n = below(s, 6); n > 0; n--)
			deliver(s, m, true);
	}
	td_settle(&s->td, -1);
}
