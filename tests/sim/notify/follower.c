/* SPDX-License-Identifier: MIT */
/*
 * notify/follower - a client that says once, by NOTIFY, what it wants to hear, and from then on
 * believes what it is told.  It asks again only for the numbers of a mailbox that it has just heard
 * of, or whose UIDVALIDITY changed, and for everything after NOTIFICATIONOVERFLOW.
 */
#include "sim/notify/notify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool follows(const struct sim *s, const char *name)
{
	return s->all || strcmp(name, "INBOX") == 0 || strcmp(name, "Work") == 0 ||
	       strncmp(name, "Work/", 5) == 0;
}

static const struct ts_mailbox *open_box(const struct sim *s)
{
	for (const struct ts_handle *h = s->ts->handles; h; h = h->next)
		if (h->kind == TS_MAILBOX && h->link == s->td.sessions[FOLLOWER].link)
			return h->mailbox;
	return NULL;
}

const char *follower_selected(const struct sim *s)
{
	return open_box(s) ? open_box(s)->name : "";
}

/* ---- what it knows ------------------------------------------------------------------------- */

static struct box **find(struct sim *s, const char *name)
{
	struct box **at = &s->boxes;

	while (*at && strcmp((*at)->name, name) != 0)
		at = &(*at)->next;
	return at;
}

static struct box *get(struct sim *s, const char *name)
{
	struct box **at = find(s, name);

	if (!*at) {
		*at = tx_alloc(sizeof(**at));
		snprintf((*at)->name, sizeof((*at)->name), "%s", name);
	}
	return *at;
}

static void forget(struct sim *s, const char *name)
{
	struct box **at = find(s, name), *b = *at;

	if (!b)
		return;
	*at = b->next;
	free(b);
}

static void forget_all(struct sim *s)
{
	while (s->boxes)
		forget(s, s->boxes->name);
}

static void follow(char *name, const char *from, const char *to)
{
	size_t len = strlen(from);
	char moved[2 * NAME];

	if (strncmp(name, from, len) != 0 || (name[len] && name[len] != '/'))
		return;
	snprintf(moved, sizeof(moved), "%s%s", to, name + len);
	memcpy(name, moved, NAME);
}

static bool is_at_or_below(const char *name, const char *up)
{
	size_t len = strlen(up);

	return strncmp(name, up, len) == 0 && (!name[len] || name[len] == '/');
}

/* RFC 5465 5.4: "its children are renamed too", and nothing is said of them. */
static void rename_all(struct sim *s, const char *from, const char *to)
{
	char up[NAME];
	bool again;

	memcpy(up, from, NAME);
	do { /* what had the new names before is gone */
		again = false;
		for (struct box *b = s->boxes; b && !again; b = b->next) {
			char name[NAME];

			if (!is_at_or_below(b->name, up))
				continue;
			memcpy(name, b->name, NAME);
			follow(name, up, to);
			again = *find(s, name) && !is_at_or_below(name, up);
			if (again) {
				forget(s, name);
				break;
			}
		}
	} while (again);
	for (struct box *b = s->boxes; b; b = b->next) {
		if (is_at_or_below(b->name, up) && strlen(b->name) > strlen(up))
			b->moved = true;
		follow(b->name, up, to);
	}
	for (size_t i = 0; i < s->strange_count; i++)
		follow(s->strange[i], up, to);
	do { /* what went out of sight */
		again = false;
		for (struct box *b = s->boxes; b; b = b->next)
			if (!follows(s, b->name)) {
				forget(s, b->name);
				again = true;
				break;
			}
	} while (again);
}

/* ---- what it is told ----------------------------------------------------------------------- */

/* The next word, quoted or not, up to one of `end`. */
static const char *word(const char *at, const char *end, char *out)
{
	size_t n = 0;
	bool quoted = *at == '"';

	at += quoted;
	while (*at && (quoted ? *at != '"' : !strchr(end, *at)) && n + 1 < NAME)
		out[n++] = *at++;
	out[n] = '\0';
	return at + (quoted && *at == '"');
}

static bool is_below_strange(const struct sim *s, const char *name)
{
	for (size_t i = 0; i < s->strange_count; i++)
		if (is_at_or_below(name, s->strange[i]))
			return true;
	return false;
}

/* ---- what it changes itself ---------------------------------------------------------------- */

/* Is what it is told of the name said before or after what it changes?  It cannot know. */
static bool is_in_doubt(const struct sim *s, const char *name)
{
	const char *own[] = {s->own.name, s->own.kind == OWN_RENAME ? s->own.to : s->own.name};

	for (int i = 0; s->own.tag && i < 2; i++)
		if (is_at_or_below(name, own[i]) || is_at_or_below(own[i], name))
			return true;
	return false;
}

static void own_is_done(struct sim *s)
{
	const char *name = s->own.kind == OWN_RENAME ? s->own.to : s->own.name;

	if (s->own.kind == OWN_CREATE || s->own.kind == OWN_DELETE)
		forget(s, name); /* with what it knew of another of that name */
	if (s->own.kind == OWN_CREATE && follows(s, name))
		(void)get(s, name);
	if (s->own.kind == OWN_RENAME && *find(s, s->own.name))
		rename_all(s, s->own.name, name);
	if (*find(s, name))
		get(s, name)->moved = true; /* it was not told whether it is subscribed to that */
}

/* Without asking whether it is still as it was told. */
static void change_one(struct sim *s)
{
	struct box *b = s->boxes;

	for (uint32_t n = below(s, 5); b && n; n--)
		b = b->next;
	s->own.kind = below(s, 3) ? OWN_RENAME : below(s, 2) ? OWN_CREATE : OWN_DELETE;
	snprintf(s->own.name, NAME, "%s",
	         s->own.kind == OWN_CREATE ? world_name(s) : b ? b->name : "INBOX");
	snprintf(s->own.to, NAME, "%s", world_name(s));
	/* What becomes of the selected mailbox is another matter. */
	if (strcmp(s->own.name, "INBOX") == 0 || is_at_or_below(follower_selected(s), s->own.name) ||
	    (s->own.kind == OWN_RENAME && !world_can_rename(s, s->own.name, s->own.to)))
		return;
	s->own.tag = s->tag + 1;
	say(s, FOLLOWER, "%s %s%s%s",
	    s->own.kind == OWN_CREATE   ? "CREATE"
	    : s->own.kind == OWN_DELETE ? "DELETE"
	                                : "RENAME",
	    s->own.name, s->own.kind == OWN_RENAME ? " " : "",
	    s->own.kind == OWN_RENAME ? s->own.to : "");
}

/* ---- STATUS, LIST -------------------------------------------------------------------------- */

static void on_status(struct sim *s, const char *at)
{
	char name[NAME], item[NAME];
	uint32_t validity = 0, messages = 0, uidnext = 0;
	bool some = false, moved;
	uint64_t modseq = 0;
	struct box *b;

	at = word(at, " ", name);
	s->lost = s->lost || is_in_doubt(s, name);
	moved = !*find(s, name) && is_below_strange(s, name);
	b = get(s, name);
	b->moved = b->moved || moved;
	for (at += strspn(at, " ("); *at && *at != ')'; at += strspn(at, " ")) {
		uint64_t n;
		char *end;

		at = word(at, " )", item);
		n = strtoull(at, &end, 10);
		at = end;
		if (strcmp(item, "MESSAGES") == 0) {
			messages = (uint32_t)n;
			some = true;
		} else if (strcmp(item, "UIDNEXT") == 0) {
			uidnext = (uint32_t)n;
		} else if (strcmp(item, "UIDVALIDITY") == 0) {
			validity = (uint32_t)n;
		} else if (strcmp(item, "HIGHESTMODSEQ") == 0) {
			modseq = n;
		}
	}
	/* Another mailbox: what was known of the last means nothing. */
	if (validity && b->uidvalidity != validity) {
		b->numbers = some && uidnext;
		b->uidvalidity = validity;
		b->modseq = 0;
	}
	if (some && uidnext) {
		b->messages = messages;
		b->uidnext = uidnext;
		b->numbers = b->numbers || b->uidvalidity;
	}
	if (modseq && modseq < b->modseq)
		tx_complain(&s->log, "HIGHESTMODSEQ of %s falls to %llu", name,
		            (unsigned long long)modseq);
	if (modseq)
		b->modseq = modseq;
}

static void on_list(struct sim *s, const char *at)
{
	const char *close = strchr(at, ')');
	const char *gone = strstr(at, "\\NonExistent"), *sub = strstr(at, "\\Subscribed");
	const char *old = strstr(at, "(\"OLDNAME\" (");
	char name[NAME], from[NAME];
	struct box *b;

	if (!close || strncmp(close, ") \"/\" ", 6) != 0) {
		tx_complain(&s->log, "a LIST that cannot be read: %s", at);
		return;
	}
	word(close + 6, " ", name);
	s->lost = s->lost || is_in_doubt(s, name) || (old && s->own.tag);
	if (old) {
		word(old + 12, ")", from);
		/* Is what it is told of the name said before or after?  It cannot know. */
		s->lost = s->lost || s->asked;
		/* Another mailbox has that name now. */
		if (!*find(s, from) && *find(s, name))
			forget(s, name);
		rename_all(s, from, name);
	}
	/* Unknown, with children: did they come along with it? */
	if (!*find(s, name) && strstr(at, "\\HasChildren") && s->strange_count < 16)
		memcpy(s->strange[s->strange_count++], name, NAME);
	if (gone && gone < close) {
		forget(s, name);
		return;
	}
	if (!follows(s, name))
		return; /* its new name */
	b = get(s, name);
	b->subscribed = sub && sub < close;
	b->moved = false;
}

static void on_heard(void *user, const char *data, size_t len)
{
	struct sim *s = user;
	char *line = tx_dup(data, len);

	if (s->verbose)
		printf("S1: %s\n", line);
	if (strncmp(line, "* STATUS ", 9) == 0)
		on_status(s, line + 9);
	else if (strncmp(line, "* LIST ", 7) == 0)
		on_list(s, line + 7);
	else if (strncmp(line, "* OK [NOTIFICATIONOVERFLOW]", 27) == 0)
		s->lost = true;
	else if (strstr(line, " NO [NOTIFICATIONOVERFLOW]"))
		s->lost = true;
	else if (line[0] == 't' && strtoul(line + 1, NULL, 10) == s->asked)
		s->asked = 0;
	if (line[0] == 't' && s->own.tag && strtoul(line + 1, NULL, 10) == s->own.tag) {
		s->own.tag = 0;
		if (strstr(line, " OK "))
			own_is_done(s);
	}
	free(line);
}

/* ---- what it does -------------------------------------------------------------------------- */

void follower_connect(struct sim *s)
{
	struct tc *t = &s->td.sessions[FOLLOWER].client;

	t->heard = on_heard;
	t->user = s;
	s->idling = s->lost = false;
	if (td_connect(&s->td, FOLLOWER, &s->session, "fred"))
		tx_complain(&s->log, "the follower cannot connect");
	td_settle(&s->td, FOLLOWER);
	if (s->qresync)
		say(s, FOLLOWER, "ENABLE QRESYNC");
	else if (s->condstore)
		say(s, FOLLOWER, "ENABLE CONDSTORE");
}

/* NOTIFY comes first, so that nothing falls between (RFC 5465, erratum 2318). */
void follower_ask(struct sim *s)
{
	static const char what[] =
		"(MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange)";

	s->lost = false;
	s->asked = 0;
	s->own.tag = 0;
	s->strange_count = 0;
	forget_all(s);
	if (s->all)
		say(s, FOLLOWER,
		    "NOTIFY SET (selected (MessageNew MessageExpunge FlagChange)) (personal %s)",
		    what);
	else
		say(s, FOLLOWER,
		    "NOTIFY SET (selected (MessageNew MessageExpunge FlagChange)) "
		    "(subtree Work %s) (mailboxes INBOX %s)",
		    what, what);
	s->asked = s->tag + 1;
	say(s, FOLLOWER, "LIST \"\" (%s) RETURN (SUBSCRIBED)", s->all ? "*" : "INBOX Work Work/*");
}

/* The numbers of those of which it knows only the name; and what lies below one that was renamed
 * into its sight, of which nothing is said. */
static void ask_numbers(struct sim *s)
{
	char names[32][NAME], above[16][NAME];
	size_t count = 0, strange = s->strange_count;

	for (struct box *b = s->boxes; b; b = b->next) {
		if (!b->numbers && strcmp(b->name, follower_selected(s)) != 0 && count < 32)
			memcpy(names[count++], b->name, NAME);
	}
	memcpy(above, s->strange, sizeof(above));
	s->strange_count = 0;
	if (count + strange)
		s->asked = s->tag + (unsigned)(count + strange);
	for (size_t i = 0; i < strange; i++)
		say(s, FOLLOWER, "LIST \"\" (%s/*) RETURN (SUBSCRIBED)", above[i]);
	for (size_t i = 0; i < count; i++)
		say(s, FOLLOWER, "STATUS %s (MESSAGES UIDNEXT UIDVALIDITY%s)", names[i],
		    s->condstore || s->qresync ? " HIGHESTMODSEQ" : "");
}

static void select_one(struct sim *s)
{
	struct box *b = s->boxes;
	char name[NAME];

	for (uint32_t n = below(s, 4); b && n; n--)
		b = b->next;
	if (!b)
		return;
	/* Of the one that it leaves, nothing but its own picture was told. */
	memcpy(name, b->name, NAME);
	if (*find(s, follower_selected(s)))
		get(s, follower_selected(s))->numbers = false;
	say(s, FOLLOWER, "SELECT %s", name);
	if (below(s, 2))
		say(s, FOLLOWER, "UID FETCH 1:* (FLAGS)");
}

/* A session that was restored says BYE where its mailbox got another name meanwhile. */
static bool is_gone(const struct sim *s)
{
	const struct td_session *t = &s->td.sessions[FOLLOWER];

	return !t->session || (t->exchanges && t->client.bye);
}

void follower_act(struct sim *s)
{
	if (is_gone(s) || s->td.sessions[FOLLOWER].stalled)
		return;
	if (!s->idling && !s->lost && !s->asked && !s->own.tag && below(s, 2) &&
	    td_at_rest(&s->td, FOLLOWER)) {
		for (int i = 0; i < 8 && !s->own.tag; i++)
			change_one(s);
		return;
	}
	/* A name that it speaks of is what has it now, not what had it before. */
	if (ts_hub_pump(s->ts))
		td_settle(&s->td, -1);
	if (s->idling) {
		s->idling = false;
		say(s, FOLLOWER, "DONE");
	} else if (s->lost && td_at_rest(&s->td, FOLLOWER)) {
		follower_ask(s);
	} else if (below(s, 3) == 0 && td_at_rest(&s->td, FOLLOWER)) {
		select_one(s);
	} else if (below(s, 3) == 0 && td_at_rest(&s->td, FOLLOWER)) {
		s->idling = true;
		say(s, FOLLOWER, "IDLE");
	} else {
		ask_numbers(s);
	}
}

/* ---- is it so? ----------------------------------------------------------------------------- */

static void check_selected(struct sim *s, const struct ts_mailbox *m)
{
	const struct tc *t = &s->td.sessions[FOLLOWER].client;

	if (t->exists != m->count) {
		tx_complain(&s->log, "of %s, selected, it knows %u messages of %zu", m->name,
		            t->exists, m->count);
		return;
	}
	for (uint32_t i = 0; i < t->exists; i++) {
		if (t->messages[i].uid && t->messages[i].uid != m->messages[i].uid)
			tx_complain(&s->log, "of %s, selected, %u is UID %u, not %u", m->name,
			            i + 1, m->messages[i].uid, t->messages[i].uid);
		else if (t->messages[i].knows_flags &&
		         t->messages[i].flags != td_flags(m, &m->messages[i]))
			tx_complain(&s->log, "of %s, selected, it knows other flags of UID %u",
			            m->name, m->messages[i].uid);
	}
}

static bool is_subscribed(const struct ts_user *u, const char *name)
{
	for (size_t i = 0; i < u->subscription_count; i++)
		if (strcmp(u->subscriptions[i], name) == 0)
			return true;
	return false;
}

static void check_box(struct sim *s, const struct ts_mailbox *m)
{
	struct box **at = find(s, m->name), *b = *at;

	if (!b && is_below_strange(s, m->name))
		return;
	if (!b) {
		tx_complain(&s->log, "it does not know of %s", m->name);
		return;
	}
	if (!b->moved && b->subscribed != is_subscribed(m->owner, m->name))
		tx_complain(&s->log, "%s: subscribed is %d", m->name, (int)b->subscribed);
	if (strcmp(m->name, follower_selected(s)) == 0 || !b->numbers)
		return;
	if (b->uidvalidity != m->uidvalidity)
		tx_complain(&s->log, "%s: UIDVALIDITY is %u, not %u", m->name, m->uidvalidity,
		            b->uidvalidity);
	else if (b->messages != m->count || b->uidnext != m->uidnext)
		tx_complain(&s->log, "%s: %zu messages, UIDNEXT %u, not %u and %u", m->name,
		            m->count, m->uidnext, b->messages, b->uidnext);
	else if (s->qresync && b->modseq != m->modseq)
		tx_complain(&s->log, "%s: HIGHESTMODSEQ is %llu, not %llu", m->name,
		            (unsigned long long)m->modseq, (unsigned long long)b->modseq);
}

void follower_check(struct sim *s)
{
	const struct ts_user *fred = ts_find_user(s->ts, "fred");

	if (s->lost || is_gone(s))
		return;
	for (const struct ts_mailbox *m = s->ts->mailboxes; m; m = m->next)
		if (!m->removed && m->owner == fred && follows(s, m->name))
			check_box(s, m);
	for (const struct box *b = s->boxes; b; b = b->next)
		if (!ts_find(s->ts, fred, b->name))
			tx_complain(&s->log, "it keeps %s, which is gone", b->name);
	if (open_box(s) && !open_box(s)->removed && s->td.sessions[FOLLOWER].client.selected)
		check_selected(s, open_box(s));
}

void follower_free(struct sim *s)
{
	forget_all(s);
}
