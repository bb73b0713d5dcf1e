/* SPDX-License-Identifier: MIT */
/*
 * resync/talk - what clients say.
 */
#include "sim/resync/resync.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *any_name(struct sim *s)
{
	return boxes[below(s, 4) ? 0 : 1 + below(s, BOXES - 1)];
}

void say(struct client *c, const char *format, ...)
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

void connect_as(struct sim *s, int slot, enum kind kind)
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
	else if (kind == UIDONLY)
		say(c, "ENABLE UIDONLY%s%s", below(s, 2) ? " QRESYNC" : "",
		    below(s, 4) ? "" : " IMAP4rev2");
}

void disconnect(struct sim *s, int slot)
{
	if (s->verbose)
		printf("H: disconnect %d\n", slot + 1);
	td_forget(&s->td, slot);
	ts_set_clear(&s->clients[slot].found);
	s->clients[slot].merging = NULL;
	cache_clear(&s->clients[slot].live);
}

void lose(struct sim *s, int slot)
{
	struct td_session *session = &s->td.sessions[slot];
	struct imapsrv_span span;
	size_t count = 0, n;

	if (session->session && !imapsrv_session_peek(session->session, &span, 1, &count) &&
	    count) {
		n = below(s, (uint32_t)span.len + 1);
		st_feed(&session->wire, span.data, n);
	}
	cache_take(&s->clients[slot]);
	disconnect(s, slot);
}

void select_box(struct client *c, const char *box, const char *how)
{
	if (c->slot != CHECKER)
		cache_take(c);
	snprintf(c->mailbox, sizeof(c->mailbox), "%s", box);
	say(c, "SELECT %s%s", box, how);
}

void fetch_all(struct client *c)
{
	const struct tc *t = &c->sim->td.sessions[c->slot].client;

	if (t->selected && t->exists)
		say(c, "%sFETCH 1:* (UID FLAGS)", c->kind == UIDONLY ? "UID " : "");
}

void ask_batches(struct client *c)
{
	c->batch = 1 + below(c->sim, 6);
	say(c, "UIDBATCHES %u", c->batch);
	c->batch = 0;
}

void command(struct sim *s, struct client *c)
{
	static const char *const flags[] = {"\\Seen", "\\Deleted", "\\Flagged", "\\Answered",
	                                    "kw",     "$Other",    "\\Seen \\Deleted"};
	const struct tc *t = &s->td.sessions[c->slot].client;
	const char *box = any_name(s), *flag = flags[below(s, 7)];
	const char *uid = below(s, 2) || c->kind == UIDONLY ? "UID " : "";
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
		if (*uid && below(s, 2))
			say(c, "UID FETCH 1:* (FLAGS) (PARTIAL -1:-%u)", 1 + below(s, 4));
		else
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
		if (*uid && (c->kind != UIDONLY || below(s, 2)))
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
		if (below(s, 3) == 0)
			say(c, "UIDBATCHES %u %u:2", 1 + below(s, 4), 1 + below(s, 2));
		else if (below(s, 2))
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
