/* SPDX-License-Identifier: MIT */
/*
 * resync/world - what others do to the mailboxes: deliveries, flags, expunges, and a mailbox that
 * is made anew.
 */
#include "sim/resync/resync.h"

#include <stdio.h>

static struct ts_mailbox *any_box(struct sim *s)
{
	return ts_find(s->ts, NULL, boxes[below(s, 4) == 0]);
}

void deliver(struct sim *s, struct ts_mailbox *m)
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

void outside(struct sim *s)
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
