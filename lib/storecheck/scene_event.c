/* SPDX-License-Identifier: MIT */
/*
 * storecheck/scene_event - what one session does, another is told; and what a session may still ask
 * of a message that it was not yet told has gone.
 */
#include <string.h>

#include "base/ascii.h"
#include "storecheck/check.h"
#include "storecheck/parse.h"

/* ---- the selected mailbox ---------------------------------------------------------------- */

/* Two clients, who know all there is. */
static bool stage(struct isrv_sc *c, unsigned count)
{
	return isrv_sc_stage(c, 2, count) && isrv_sc_compare(&c->clients[0], &isrv_sc_fetching) &&
	       isrv_sc_compare(&c->clients[1], &isrv_sc_fetching);
}

/* In IDLE a client is told at once: what it knows comes from events alone.  A store may allow none
 * (RFC 2177 3). */
static void idle(struct isrv_sc_client *k)
{
	if (isrv_sc_say(k, "IDLE") && isrv_sc_await(k) && k->told.status != ISRV_SC_MORE)
		isrv_sc_pass(k->c, "IDLE, which the store refused");
}

static void done(struct isrv_sc_client *k)
{
	k->told.status = ISRV_SC_WAITING;
	isrv_sc_raw(k, "DONE\r\n", 6);
	isrv_sc_await(k);
}

static bool heard(struct isrv_sc_client *k)
{
	isrv_sc_settle(k->c);
	return isrv_sc_compare_seen(k, ISRV_SC_EVENT_ARRIVAL, ISRV_SC_EVENT_EXPUNGE,
	                            ISRV_SC_EVENT_FLAGS);
}

static void arrivals(struct isrv_sc *c)
{
	struct isrv_sc_client *a = &c->clients[0], *b = &c->clients[1];

	if (!stage(c, 3))
		return;
	idle(b);
	isrv_sc_fill(a, a->box, 2);
	heard(b);
	if (!isrv_sc_live(c))
		return;
	isrv_sc_ask(a, "UID COPY %u %s", a->box->messages[0].uid, a->box->name);
	if (isrv_sc_copied_here(a)) {
		if (a->told.to.count == 1)
			isrv_sc_box_copy(c, a->box, a->told.to.v[0], &a->box->messages[0]);
		else
			isrv_sc_pass(c, isrv_sc_no_copies);
		heard(b);
	}
	done(b);
	isrv_sc_look(a);
	isrv_sc_look(b);
	isrv_sc_compare(b, &isrv_sc_fetching);
}

static void flags(struct isrv_sc *c)
{
	static const char *const items[] = {"+FLAGS (\\Flagged)", "-FLAGS.SILENT (\\Flagged)",
	                                    "+FLAGS.SILENT (\\Seen)", "FLAGS (\\Deleted)",
	                                    "FLAGS (\\Answered)", "FLAGS ()"};
	static const uint32_t after[] = {IMAPSRV_FLAGGED, 0, IMAPSRV_SEEN, IMAPSRV_DELETED,
	                                 IMAPSRV_ANSWERED, 0};
	struct isrv_sc_client *a = &c->clients[0], *b = &c->clients[1];

	if (!stage(c, 4))
		return;
	isrv_sc_need(a, ISRV_SC_STORE_FLAGS, "UID STORE %u FLAGS ()", a->box->messages[2].uid);
	idle(b);
	for (unsigned i = 0; i < 6 && isrv_sc_live(c); i++) {
		struct isrv_sc_message *m = &a->box->messages[2];

		isrv_sc_need(a, ISRV_SC_STORE_FLAGS, "UID STORE %u %s", m->uid, items[i]);
		m->flags = after[i];
		heard(b);
	}
	/* Reading is a change as well. */
	isrv_sc_need(a, ISRV_SC_BODY_OCTETS, "UID FETCH %u (BODY[HEADER])",
	             a->box->messages[2].uid);
	if (!isrv_sc_live(c))
		return;
	a->box->messages[2].flags |= IMAPSRV_SEEN;
	heard(b);
	if (isrv_sc_flags_of(a->box) & ISRV_SC_KEYWORD(3)) {
		isrv_sc_need(a, ISRV_SC_STORE_KEYWORDS, "UID STORE %u +FLAGS ($KitDone)",
		             a->box->messages[2].uid);
		a->box->messages[2].flags |= ISRV_SC_KEYWORD(3);
		heard(b);
	}
	done(b);
	isrv_sc_compare(b, &isrv_sc_fetching);
}

static void expunges(struct isrv_sc *c)
{
	struct isrv_sc_client *a = &c->clients[0], *b = &c->clients[1];

	if (!stage(c, 6))
		return;
	idle(b);
	for (unsigned i = 0; i < 3 && isrv_sc_live(c); i++) {
		uint32_t uid = a->box->messages[i].uid;

		if (isrv_sc_doom(a, uid) && isrv_sc_remove(a, uid))
			heard(b);
	}
	done(b);
	isrv_sc_look(a);
	isrv_sc_look(b);
	isrv_sc_compare(b, &isrv_sc_fetching);
}

/* Many changes between two looks, of both. */
static void mixed(struct isrv_sc *c)
{
	struct isrv_sc_client *a = &c->clients[0], *b = &c->clients[1];
	uint32_t uid;

	if (!stage(c, 5))
		return;
	for (unsigned round = 0; round < 3 && isrv_sc_live(c); round++) {
		uid = a->box->messages[1].uid;
		isrv_sc_fill(a, a->box, 2);
		if (isrv_sc_doom(b, uid))
			isrv_sc_remove(a, uid);
		isrv_sc_fill(b, a->box, 1);
		uid = a->box->messages[0].uid;
		isrv_sc_need(a, ISRV_SC_STORE_FLAGS, "UID STORE %u FLAGS (\\Draft)", uid);
		if (!isrv_sc_live(c))
			return;
		a->box->messages[0].flags = IMAPSRV_DRAFT;
		isrv_sc_look(b);
		isrv_sc_look(a);
		isrv_sc_compare(a, &isrv_sc_fetching);
		isrv_sc_compare(b, &isrv_sc_fetching);
	}
}

/* ---- what has gone ----------------------------------------------------------------------- */

/* RFC 2180 4.1: B was not told yet, and asks.  Whatever it gets is what the message was. */
static void gone(struct isrv_sc *c)
{
	struct isrv_sc_client *a = &c->clients[0], *b = &c->clients[1];
	struct isrv_sc_message m;
	const struct isrv_sc_row *row;
	struct imapsrv_span body;
	int64_t date;

	if (!stage(c, 4))
		return;
	m = a->box->messages[1];
	if (!isrv_sc_doom(a, m.uid))
		return;
	m.flags |= IMAPSRV_DELETED;
	isrv_sc_need(b, ISRV_SC_SESSION_LIVES, "NOOP");
	isrv_sc_remove(a, m.uid);
	/* FETCH by number: no expunge may be told during it (RFC 9051 7.5.1). */
	isrv_sc_ask(b, "FETCH 2 (UID FLAGS INTERNALDATE RFC822.SIZE)");
	row = isrv_sc_live(c) ? isrv_sc_row_of(b, m.uid, ISRV_SC_HAS_FLAGS | ISRV_SC_HAS_DATE |
	                                                         ISRV_SC_HAS_SIZE)
	                      : NULL;
	if (row)
		isrv_sc_want(c, isrv_sc_same_flags(b->box, row->flags, m.flags) &&
		                        row->size == m.size &&
		                        isrv_sc_moment(isrv_sc_span(b, row->date).data, &date) &&
		                        date == m.date,
		             ISRV_SC_KEPT_CONTENTS,
		             "message %u has gone, and is answered with other facts than it had",
		             m.uid);
	isrv_sc_ask(b, "FETCH 2 (UID BODY.PEEK[])");
	row = isrv_sc_live(c) ? isrv_sc_row_of(b, m.uid, ISRV_SC_HAS_BODY) : NULL;
	if (row && isrv_sc_content(c, m.content, &c->scratch)) {
		body = isrv_sc_span(b, row->body);
		isrv_sc_want(c, body.len == c->scratch.len &&
		                        !memcmp(body.data, c->scratch.data, body.len),
		             ISRV_SC_KEPT_CONTENTS,
		             "message %u has gone, and is answered with other octets", m.uid);
	}
	isrv_sc_ask(b, "STORE 2 +FLAGS (\\Flagged)");
	isrv_sc_look(b);
	isrv_sc_compare(b, &isrv_sc_fetching);
	isrv_sc_compare(a, &isrv_sc_fetching);
	/* A mailbox is removed while somebody has it open. */
	if (!isrv_sc_live(c) || !c->has_mailboxes)
		return;
	isrv_sc_need(a, ISRV_SC_SESSION_LIVES, "UNSELECT");
	b->box->exists = !isrv_sc_ask(a, "DELETE %s", b->box->name);
	isrv_sc_say(b, "NOOP");
	isrv_sc_settle(c);
	if (isrv_sc_live(c) && !b->ended && b->told.status != ISRV_SC_WAITING)
		isrv_sc_ask(b, "UID FETCH 1:* (FLAGS)");
}

/* ---- names and other mailboxes ----------------------------------------------------------- */

/* Was there an untagged response of that kind with this text in it? */
static bool told(const struct isrv_sc_client *k, const char *kind, const char *text)
{
	for (size_t i = 0; i < k->told.line_count; i++) {
		struct imapsrv_span line = isrv_sc_span(k, k->told.lines[i]);

		if (isrv_sc_is_line(line, kind) && isrv_sc_holds(line, text, strlen(text)))
			return true;
	}
	return false;
}

static bool notify(struct isrv_sc_client *k, const char *what)
{
	if (!isrv_sc_offers(k, ISRV_SC_NOTIFY))
		return false;
	if (!isrv_sc_ask(k, "NOTIFY SET %s", what))
		return isrv_sc_pass(k->c, "NOTIFY, which was refused");
	isrv_sc_told_clear(k);
	return true;
}

static bool tells(struct isrv_sc_client *k, const char *kind, const char *name, const char *what,
                  enum isrv_sc_clause clause)
{
	bool was;

	if (!isrv_sc_live(k->c))
		return false;
	isrv_sc_settle(k->c);
	was = told(k, kind, name);
	/* RFC 5465 5.8: the client knows that it has to look for itself. */
	if (!was && told(k, "OK", "[NOTIFICATIONOVERFLOW]"))
		return isrv_sc_pass(k->c, "quiet: there were too many events to tell");
	isrv_sc_told_clear(k);
	return isrv_sc_want(k->c, was, clause, "a client that watches is not told that %s %s", name,
	                    what);
}

static void names(struct isrv_sc *c)
{
	struct isrv_sc_client *a = &c->clients[0], *b = &c->clients[1];
	struct isrv_sc_box *box;

	if (!isrv_sc_stage(c, 2, 0) ||
	    !notify(b, c->has_subscribe ? "(PERSONAL (MailboxName SubscriptionChange))"
	                                : "(PERSONAL (MailboxName))"))
		return;
	box = isrv_sc_box(a, 1);
	if (!box)
		return;
	tells(b, "LIST", box->name, "was created", ISRV_SC_EVENT_NAMES);
	if (c->has_subscribe) {
		isrv_sc_need(a, ISRV_SC_LIST_SUBSCRIBED, "SUBSCRIBE %s", box->name);
		tells(b, "LIST", box->name, "was subscribed to", ISRV_SC_EVENT_NAMES);
		isrv_sc_need(a, ISRV_SC_LIST_SUBSCRIBED, "UNSUBSCRIBE %s", box->name);
		tells(b, "LIST", box->name, "is not subscribed to any more", ISRV_SC_EVENT_NAMES);
	}
	isrv_sc_need(a, ISRV_SC_RENAME_DONE, "RENAME %s %sx", box->name, box->name);
	if (!isrv_sc_live(c))
		return;
	memcpy(box->name + strlen(box->name), "x", 2);
	tells(b, "LIST", box->name, "has that name now", ISRV_SC_EVENT_NAMES);
	isrv_sc_need(a, ISRV_SC_REMOVE_DONE, "DELETE %s", box->name);
	box->exists = !isrv_sc_live(c);
	tells(b, "LIST", box->name, "was removed", ISRV_SC_EVENT_NAMES);
}

static void others(struct isrv_sc *c)
{
	struct isrv_sc_client *a = &c->clients[0], *b = &c->clients[1];
	struct isrv_sc_box *box;

	if (!isrv_sc_stage(c, 2, 1) || !(box = isrv_sc_box(a, 1)) ||
	    !notify(b, "(PERSONAL (MessageNew MessageExpunge FlagChange))"))
		return;
	isrv_sc_append(a, box, isrv_sc_new_content(c), 0, NULL);
	tells(b, "STATUS", box->name, "has a new message", ISRV_SC_EVENT_OTHERS);
	isrv_sc_need(a, ISRV_SC_COPY_ALL, "UID COPY 1:* %s", box->name);
	tells(b, "STATUS", box->name, "has a copied message", ISRV_SC_EVENT_OTHERS);
	isrv_sc_need(a, ISRV_SC_OPEN_KNOWN, "SELECT %s", box->name);
	a->box = NULL;
	if (isrv_sc_live(c) && !(a->told.permanent & IMAPSRV_DELETED))
		isrv_sc_pass(c, "\\Deleted in imapsrv_mailbox.permanent_flags");
	isrv_sc_need(a, ISRV_SC_STORE_FLAGS, "UID STORE 1:* +FLAGS.SILENT (\\Deleted)");
	isrv_sc_told_clear(b);
	isrv_sc_need(a, ISRV_SC_EXPUNGE_GONE, "EXPUNGE");
	tells(b, "STATUS", box->name, "has lost messages", ISRV_SC_EVENT_OTHERS);
}

static void metadata(struct isrv_sc *c)
{
	struct isrv_sc_client *a = &c->clients[0], *b = &c->clients[1];

	if (!isrv_sc_stage(c, 2, 0) || !isrv_sc_offers(a, ISRV_SC_METADATA) ||
	    !notify(b, "(PERSONAL (MailboxMetadataChange))"))
		return;
	if (!isrv_sc_ask(a, "SETMETADATA %s (/shared/comment \"kit\")", a->box->name))
		return;
	tells(b, "METADATA", a->box->name, "has other metadata", ISRV_SC_EVENT_METADATA);
}

const struct isrv_sc_scene isrv_sc_scenes_event[] = {
	{"arrivals told", "write two", arrivals},
	{"flags told", "write two", flags},
	{"expunges told", "write two", expunges},
	{"changes of two", "write two", mixed},
	{"gone, not told", "write two", gone},
	{"names told", "write two mailboxes watch", names},
	{"other mailboxes told", "write two mailboxes watch", others},
	{"metadata told", "write two mailboxes watch metadata watch.metadata", metadata},
	{NULL, NULL, NULL},
};
