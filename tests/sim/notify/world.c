/* SPDX-License-Identifier: MIT */
/*
 * notify/world - what others do, from outside and by the commands of other clients: to messages, to
 * names, to subscriptions.
 */
#include "sim/notify/notify.h"

#include <stdio.h>
#include <string.h>

static const char *const names[] = {"INBOX",    "Work",       "Work/Sub", "Work/Sub/Deep",
                                    "Work/New", "Elsewhere",  "Old",      "Old/Work"};
enum { NAMES = sizeof(names) / sizeof(names[0]) };

const char *world_name(struct sim *s)
{
	return names[below(s, NAMES)];
}

static struct ts_mailbox *any_box(struct sim *s)
{
	return ts_find(s->ts, ts_find_user(s->ts, "fred"), world_name(s));
}

/* ---- from outside -------------------------------------------------------------------------- */

static void deliver(struct sim *s, struct ts_mailbox *m)
{
	static const char mail[] = "Subject: test\r\n\r\nHello\r\n";
	struct imapsrv_range range = {m->uidnext, m->uidnext};

	if (m->count >= 20)
		return;
	ts_add(m, 0, mail, sizeof(mail) - 1, 1767225600, 0);
	if (s->verbose)
		printf("H: uid %u\n", range.first);
	ts_post(s->ts, m, below(s, 2) ? IMAPSRV_EVENT_MESSAGE_NEW : IMAPSRV_EVENT_MESSAGE_APPEND,
	        (struct imapsrv_set){&range, below(s, 4) != 0}, NULL);
}

static struct imapsrv_range any_range(struct sim *s, const struct ts_mailbox *m)
{
	struct imapsrv_range r;

	r.first = 1 + below(s, m->uidnext);
	r.last = r.first + (below(s, 3) ? 0 : below(s, 5));
	return r;
}

static void flags(struct sim *s, struct ts_mailbox *m)
{
	struct imapsrv_range range = any_range(s, m);
	struct ts_changes c = {0};

	ts_flag(m, (struct imapsrv_set){&range, 1}, (enum imapsrv_store_mode)below(s, 3),
	        1u << below(s, 5), NULL, 0, &c);
	ts_post_changes(s->ts, m, &c, NULL);
}

static void expunge(struct sim *s, struct ts_mailbox *m)
{
	struct imapsrv_range range = any_range(s, m);
	struct ts_set removed = {0};

	ts_remove(m, (struct imapsrv_set){&range, 1}, false, &removed);
	if (removed.count)
		ts_post(s->ts, m,
		        below(s, 2) ? IMAPSRV_EVENT_MESSAGE_EXPUNGE : IMAPSRV_EVENT_MESSAGE_EXPIRE,
		        ts_set_view(&removed), NULL);
	ts_set_clear(&removed);
}

/* Would the name, or one below it, be that of two mailboxes? */
static bool is_taken(struct sim *s, const struct ts_mailbox *m, const char *to)
{
	struct ts_user *fred = m->owner;
	size_t len = strlen(m->name);

	if (strncmp(to, m->name, len) == 0 && (!to[len] || to[len] == '/'))
		return true; /* into itself */
	for (const struct ts_mailbox *o = s->ts->mailboxes; o; o = o->next)
		if (!o->removed && strlen(o->name) > 40)
			return true; /* deep enough */
	for (const struct ts_mailbox *o = s->ts->mailboxes; o; o = o->next)
		if (!o->removed && o->owner == fred && strncmp(o->name, to, strlen(to)) == 0 &&
		    (!o->name[strlen(to)] || o->name[strlen(to)] == '/'))
			return true;
	return false;
}

bool world_can_rename(struct sim *s, const char *from, const char *to)
{
	const struct ts_mailbox *m = ts_find(s->ts, ts_find_user(s->ts, "fred"), from);

	return m && strcmp(from, "INBOX") != 0 && strcmp(to, "INBOX") != 0 && !is_taken(s, m, to);
}

/* What the follower has selected stays: what becomes of it else is another matter. */
static bool is_in_use(const struct sim *s, const char *name)
{
	return strncmp(follower_selected(s), name, strlen(name)) == 0;
}

static void change_names(struct sim *s)
{
	struct ts_user *fred = ts_find_user(s->ts, "fred");
	const char *name = world_name(s);
	struct ts_mailbox *m = ts_find(s->ts, fred, name);
	uint32_t what = below(s, 5);

	if (strcmp(name, "INBOX") == 0)
		return;
	if (!m && what < 3) {
		ts_add_mailbox(s->ts, fred, name);
		ts_post_name(s->ts, fred, IMAPSRV_EVENT_MAILBOX_CREATE, name, NULL, NULL);
	} else if (m && what == 0 && !is_in_use(s, name)) {
		ts_remove_mailbox(s->ts, m);
		ts_post_name(s->ts, fred, IMAPSRV_EVENT_MAILBOX_DELETE, name, NULL, NULL);
	} else if (m && what < 3) {
		const char *to = world_name(s);

		if (strcmp(to, "INBOX") == 0 || is_taken(s, m, to))
			return;
		if (s->verbose)
			printf("H: rename %s %s\n", name, to);
		ts_rename_mailbox(s->ts, m, to);
		ts_post_name(s->ts, fred, IMAPSRV_EVENT_MAILBOX_RENAME, to, name, NULL);
	} else if (m) {
		bool on = below(s, 2);

		ts_subscribe(fred, name, on);
		ts_post_name(s->ts, fred,
		             on ? IMAPSRV_EVENT_MAILBOX_SUBSCRIBE
		                : IMAPSRV_EVENT_MAILBOX_UNSUBSCRIBE,
		             name, NULL, NULL);
	}
	if (s->verbose)
		printf("H: %s %s\n", !m && what < 3 ? "create" : what == 0 ? "delete" : "as to", name);
}

void world_change(struct sim *s)
{
	struct ts_mailbox *m = any_box(s);
	uint32_t what = below(s, 10);

	if (what < 3 || !m) {
		change_names(s);
	} else {
		if (s->verbose)
			printf("H: %s: %s\n", what < 6 ? "deliver" : what < 8 ? "flags" : "expunge",
			       m->name);
		if (what < 6)
			deliver(s, m);
		else if (what < 8)
			flags(s, m);
		else
			expunge(s, m);
	}
	td_settle(&s->td, -1);
}

/* ---- by another client --------------------------------------------------------------------- */

void world_command(struct sim *s, int slot)
{
	const char *name = world_name(s), *other = world_name(s);
	const struct tc *t = &s->td.sessions[slot].client;
	bool may = strcmp(name, "INBOX") != 0 && !is_in_use(s, name);

	switch (below(s, 12)) {
	case 0:
		say(s, slot, "SELECT %s", name);
		break;
	case 1:
		say(s, slot, "CREATE %s", name);
		break;
	case 2:
		if (may)
			say(s, slot, "DELETE %s", name);
		break;
	case 3:
		if (may && world_can_rename(s, name, other))
			say(s, slot, "RENAME %s %s", name, other);
		break;
	case 4:
		say(s, slot, "%sSUBSCRIBE %s", below(s, 2) ? "" : "UN", name);
		break;
	case 5:
	case 6:
		say(s, slot, "APPEND %s {5+}\r\nhello", name);
		break;
	case 7:
		if (t->selected)
			say(s, slot, "UID STORE 1:%u +FLAGS (\\Deleted \\Seen)", 1 + below(s, 9));
		break;
	case 8:
		if (t->selected)
			say(s, slot, below(s, 2) ? "EXPUNGE" : "UID EXPUNGE 1:3");
		break;
	case 9:
		if (t->selected)
			say(s, slot, "UID COPY 1:%u %s", 1 + below(s, 9), name);
		break;
	case 10:
		if (t->selected)
			say(s, slot, "UID MOVE 1:%u %s", 1 + below(s, 4), name);
		break;
	default:
		say(s, slot, "NOOP");
		break;
	}
}
