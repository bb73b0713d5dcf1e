/* SPDX-License-Identifier: MIT */
/*
 * users: random histories of connections that two users share one after the other (ATTACKS T43).
 *
 *	users [--seed N] [--histories N] [-v]
 *
 * All that belongs to a user - name, password, mailboxes, messages, keywords, metadata, tags of
 * commands - has the user's mark in it, ten digits.  Both log in, do everything that leaves traces in
 * a session, UNAUTHENTICATE, log out, lose the connection, are saved and restored, in any order; the
 * host answers now or later.  Asserted: what a session emits while one user is logged in, and its
 * saved octets, never have the other's mark; when the last session of a user is over, no block that
 * the library holds has it, used or not.  Fresh memory is filled with the mark of somebody who does
 * not exist: octets that are shown without having been written show that.
 */
#include "host/histories.h"
#include "host/truth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	MARK = 10,
	USERS = 2,
	SLOTS = 3
};

static const char *const marks[USERS + 1] = {"7390251846", "8164520937", "5551234098"};
#define GHOST USERS

/* In front of each block, so that all can be looked through. */
struct node {
	struct node *next, *prev;
	size_t size;
	size_t unused;
};

struct sim {
	struct tx_log log;
	struct tx_random random;
	struct ts *ts;
	struct ta alloc;
	struct imapsrv_allocator below; /* that of alloc */
	struct node blocks;
	struct td td;
	struct imapsrv_session_config session;
	bool verbose;
	unsigned tag;
	struct slot {
		int user;     /* whose commands it sends */
		bool idling;
		size_t heard; /* octets of output that were looked at */
	} slots[SLOTS];
};

static uint32_t below(struct sim *s, uint32_t n)
{
	return tx_below(&s->random, n);
}

/* ---- memory -------------------------------------------------------------------------------- */

static void *sim_alloc(void *user, size_t size)
{
	struct sim *s = user;
	struct node *n = s->below.alloc(s->below.user, sizeof(*n) + size);
	char *octets = (char *)(n + 1);

	if (!n)
		return NULL;
	n->size = size;
	n->next = s->blocks.next;
	n->prev = &s->blocks;
	n->next->prev = n->prev->next = n;
	for (size_t i = 0; i < size; i++)
		octets[i] = marks[GHOST][i % MARK];
	return octets;
}

static void sim_free(void *user, void *block, size_t size)
{
	struct sim *s = user;
	struct node *n = (struct node *)block - 1;

	if (!block)
		return;
	n->next->prev = n->prev;
	n->prev->next = n->next;
	s->below.free(s->below.user, n, sizeof(*n) + size);
}

static void *sim_realloc(void *user, void *block, size_t old_size, size_t size)
{
	void *moved = sim_alloc(user, size);

	if (moved && block) {
		memcpy(moved, block, old_size < size ? old_size : size);
		sim_free(user, block, old_size);
	}
	return moved;
}

static void sim_allocator(struct sim *s)
{
	ta_init(&s->alloc, &s->log);
	s->below = s->alloc.allocator;
	s->blocks.next = s->blocks.prev = &s->blocks;
	s->alloc.allocator = (struct imapsrv_allocator){sim_alloc, sim_realloc, sim_free, s};
}

/* ---- looking ------------------------------------------------------------------------------- */

static const char *find_mark(const char *data, size_t len, const char *mark)
{
	const char *at = data, *hit;

	while (len - (size_t)(at - data) >= MARK &&
	       (hit = memchr(at, mark[0], len - (size_t)(at - data) - MARK + 1)) != NULL) {
		if (memcmp(hit, mark, MARK) == 0)
			return hit;
		at = hit + 1;
	}
	return NULL;
}

static void look(struct sim *s, const char *what, const char *data, size_t len, int mark)
{
	const char *at = len ? find_mark(data, len, marks[mark]) : NULL;
	struct tx shown = {0};
	size_t from;

	if (!at)
		return;
	from = (size_t)(at - data) > 60 ? (size_t)(at - data) - 60 : 0;
	tx_escape(&shown, data + from, len - from < 120 ? len - from : 120);
	tx_complain(&s->log, "%s of %zu octets has the mark of %s at %zu: %s", what, len,
	            mark == GHOST ? "nobody" : mark ? "the second user" : "the first user",
	            (size_t)(at - data), shown.data);
	tx_free(&shown);
}

/* Who is logged in on a link; -1: nobody. */
static int user_of(const struct sim *s, const struct ts_link *link)
{
	for (const struct ts_handle *h = s->ts->handles; h; h = h->next)
		if (h->kind == TS_ACCOUNT && (!link || h->link == link))
			return h->user->next ? 0 : 1;
	return -1;
}

static bool is_in(const struct sim *s, int user)
{
	for (int i = 0; i < SLOTS; i++)
		if (s->td.sessions[i].session &&
		    (s->slots[i].user == user || user_of(s, s->td.sessions[i].link) == user))
			return true;
	return false;
}

static void look_at_output(struct sim *s)
{
	for (int i = 0; i < SLOTS; i++) {
		const struct td_session *t = &s->td.sessions[i];
		struct slot *slot = &s->slots[i];

		for (int mark = 0; mark <= GHOST; mark++)
			if (mark != slot->user && t->output.len > slot->heard)
				look(s, "output", t->output.data + slot->heard,
				     t->output.len - slot->heard, mark);
		slot->heard = t->output.len;
	}
}

/* Whoever is not there any more has left nothing. */
static void look_at_memory(struct sim *s)
{
	for (int user = 0; user < USERS; user++) {
		if (is_in(s, user))
			continue;
		for (const struct node *n = s->blocks.next; n != &s->blocks; n = n->next)
			look(s, "a block", (const char *)(n + 1), n->size, user);
	}
}

/* ---- what clients do ----------------------------------------------------------------------- */

/* "@" stands for the user's mark. */
static void say(struct sim *s, int i, const char *text)
{
	const char *mark = marks[s->slots[i].user];
	struct tx line = {0};

	/* Long and short tags are kept in different places.  That of the last command stays. */
	if (strncmp(text, "LOGIN", 5) == 0 || strcmp(text, "UNAUTHENTICATE") == 0)
		tx_fmt(&line, "t%u ", ++s->tag);
	else if (strcmp(text, "DONE") != 0)
		tx_fmt(&line, "%s%s%u ", mark, below(s, 2) ? "-a-long-one-" : "t", ++s->tag);
	for (const char *c = text; *c; c++)
		if (*c == '@')
			tx_str(&line, mark);
		else
			tx_add(&line, c, 1);
	if (s->verbose)
		printf("C%d: %s\n", i + 1, line.data);
	tx_str(&line, "\r\n");
	td_feed(&s->td, i, line.data, line.len);
	tx_free(&line);
}

static const char *const commands[] = {
	"SELECT INBOX",
	"SELECT box@",
	"EXAMINE box@",
	"FETCH 1:* (FLAGS ENVELOPE BODYSTRUCTURE BODY.PEEK[])",
	"FETCH 1:* (UID PREVIEW RFC822.SIZE BODY.PEEK[HEADER.FIELDS (SUBJECT X-@)])",
	"FETCH 1:* BODY[]<0.30>",
	"STORE 1:* +FLAGS (k@)",
	"STORE 1 +FLAGS.SILENT (\\Deleted @)",
	"UID EXPUNGE 1:*",
	"SEARCH TEXT @",
	"SEARCH RETURN (SAVE) SUBJECT @",
	"SEARCH RETURN (UPDATE COUNT) SUBJECT @",
	"SEARCH KEYWORD k@",
	"SORT (SUBJECT FROM) UTF-8 ALL",
	"THREAD REFERENCES UTF-8 ALL",
	"LIST \"\" *",
	"LIST \"\" * RETURN (SUBSCRIBED STATUS (MESSAGES UIDNEXT))",
	"LSUB \"\" *",
	"SUBSCRIBE box@",
	"STATUS box@ (MESSAGES UNSEEN)",
	"CREATE new@",
	"RENAME new@ other@",
	"DELETE other@",
	"DELETE missing@",
	"SETMETADATA INBOX (/private/comment \"it is @\")",
	"GETMETADATA INBOX (/private/comment /shared/comment)",
	"GETMETADATA (DEPTH infinity) \"\" /private",
	"APPEND box@ (k@) {27+}\r\nSubject: @\r\n\r\n123",
	"COPY 1:* box@",
	"MOVE 1 INBOX",
	"ID (\"name\" \"@\")",
	"ENABLE QRESYNC",
	"NAMESPACE",
	("NOTIFY SET STATUS (SELECTED (MessageNew (FLAGS ENVELOPE) MessageExpunge FlagChange)) "
	 "(PERSONAL (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange))"),
	"NOTIFY NONE",
	"GETQUOTAROOT box@",
	"ESEARCH IN (MAILBOXES box@ INBOX) TEXT @",
	"NOSUCH @",
	"FETCH 1 (@",
	"LOGIN user@ secret@",
	"NOOP",
	"NOOP",
};

static void forget_heard(struct sim *s, int i)
{
	td_forget(&s->td, i);
	s->slots[i] = (struct slot){.user = -1};
}

static void come(struct sim *s, int i)
{
	forget_heard(s, i);
	if (td_connect(&s->td, i, &s->session, NULL))
		tx_complain(&s->log, "no connection");
	td_settle(&s->td, i);
}

static void log_in(struct sim *s, int i)
{
	s->slots[i].user = (int)below(s, USERS);
	if (below(s, 6) == 0)
		say(s, i, "LOGIN user@ wrong@");
	else
		say(s, i, "LOGIN \"user@\" secret@");
	td_tick(&s->td, 60000);
}

static void leave_session(struct sim *s, int i)
{
	struct slot *slot = &s->slots[i];

	look_at_output(s);
	if (below(s, 3)) {
		say(s, i, "UNAUTHENTICATE");
		look_at_output(s);
		slot->user = -1;
	} else if (below(s, 2)) {
		say(s, i, "LOGOUT");
		look_at_output(s);
		come(s, i);
	} else {
		come(s, i);
	}
}

static void exchange(struct sim *s, int i)
{
	struct td_session *t = &s->td.sessions[i];
	int user = user_of(s, t->link);

	tx_clear(&t->saved);
	td_exchange(&s->td, i);
	for (int mark = 0; mark <= GHOST && t->saved.len; mark++)
		if (mark != user)
			look(s, "a saved session", t->saved.data, t->saved.len, mark);
	td_settle(&s->td, i);
}

static void act(struct sim *s, int i)
{
	struct slot *slot = &s->slots[i];
	struct td_session *t = &s->td.sessions[i];
	uint32_t what = below(s, 100);

	if (!t->session || t->closed || t->error) {
		come(s, i);
	} else if (what < 4) {
		come(s, i); /* the connection is lost, whatever it is doing */
	} else if (what < 10) {
		exchange(s, i);
	} else if (what < 14) {
		imapsrv_session_trim(t->session);
	} else if (slot->idling) {
		say(s, i, "DONE");
		slot->idling = false;
	} else if (!td_at_rest(&s->td, i)) {
		td_settle(&s->td, i);
	} else if (user_of(s, t->link) < 0) {
		if (slot->user < 0 || what < 60)
			log_in(s, i);
	} else if (!t->client.selected && below(s, 2)) {
		say(s, i, below(s, 2) ? "SELECT box@" : "SELECT INBOX");
	} else if (what < 22) {
		leave_session(s, i);
	} else if (what < 28) {
		slot->idling = true;
		say(s, i, "IDLE");
	} else {
		say(s, i, commands[below(s, sizeof(commands) / sizeof(commands[0]))]);
	}
}

/* ---- the mail ------------------------------------------------------------------------------ */

static void deliver(struct sim *s, struct ts_mailbox *m, const char *mark)
{
	struct imapsrv_range range = {m->uidnext, m->uidnext};
	struct ts_message *message;
	struct tx text = {0};
	char keyword[MARK + 2];

	if (m->count >= 6)
		return;
	snprintf(keyword, sizeof(keyword), "k%s", mark);
	tx_fmt(&text,
	       "From: \"%s\" <a@%s.example>\r\nSubject: %s\r\nX-%s: %s\r\nMessage-ID: <%s@x>\r\n"
	       "Content-Type: text/plain; name=\"%s\"\r\n\r\nbody %s\r\n",
	       mark, mark, mark, mark, mark, mark, mark, mark);
	message = ts_add(m, 0, text.data, text.len, 1767225600, 0);
	if (below(s, 2))
		ts_keyword(m, message, keyword, true);
	ts_post(s->ts, m, IMAPSRV_EVENT_MESSAGE_NEW, (struct imapsrv_set){&range, 1}, NULL);
	tx_free(&text);
}

static void happen(struct sim *s)
{
	int user = (int)below(s, USERS);
	char name[40];
	struct ts_user *u;
	struct ts_mailbox *m;

	snprintf(name, sizeof(name), "user%s", marks[user]);
	u = ts_find_user(s->ts, name);
	snprintf(name, sizeof(name), "box%s", marks[user]);
	m = ts_find(s->ts, u, below(s, 2) ? "INBOX" : name);
	if (m)
		deliver(s, m, marks[user]);
	td_settle(&s->td, -1);
}

static void add_user(struct sim *s, int user)
{
	char name[40], password[40], box[40], entry[40];
	struct ts_user *u;

	snprintf(name, sizeof(name), "user%s", marks[user]);
	snprintf(password, sizeof(password), "secret%s", marks[user]);
	snprintf(box, sizeof(box), "box%s", marks[user]);
	snprintf(entry, sizeof(entry), "/private/vendor/x/%s", marks[user]);
	u = ts_add_user(s->ts, name, password);
	ts_add_mailbox(s->ts, u, box);
	ts_subscribe(u, box, true);
	ts_set_entry(&u->entries, entry, marks[user], MARK);
	for (int i = 0; i < 2; i++) {
		deliver(s, ts_find(s->ts, u, box), marks[user]);
		deliver(s, ts_find(s->ts, u, "INBOX"), marks[user]);
	}
}

/* ---- histories ----------------------------------------------------------------------------- */

static void at_rest(struct sim *s)
{
	td_settle(&s->td, -1);
	look_at_output(s);
	look_at_memory(s);
}

static void one_history(struct sim *s)
{
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct td_options how = {0};
	int slots = 1 + (int)below(s, SLOTS);

	s->ts = ts_new(&s->log);
	s->ts->modseqs = below(s, 2);
	s->ts->meta.on = true;
	s->ts->options.mode = (enum ts_mode)below(s, 3);
	s->ts->options.pull = below(s, 3) ? 0 : 1 + below(s, 50);
	s->ts->options.lf = below(s, 2);
	s->ts->absent |= below(s, 4) ? 0u : TS_NO_STATUS | TS_NO_COPY | TS_NO_MOVE;
	tx_seed(&s->ts->random, below(s, UINT32_MAX));
	for (int user = 0; user < USERS; user++)
		add_user(s, user);
	how.seed = below(s, UINT32_MAX);
	how.shuffle = below(s, 2);
	how.random_pieces = below(s, 3) == 0;
	how.random_drain = below(s, 3) == 0;
	sim_allocator(s);
	s->session = (struct imapsrv_session_config)IMAPSRV_SESSION_CONFIG_INIT;
	s->session.secure = 1;
	if (td_start(&s->td, &s->log, s->ts, &s->alloc, &how, &config))
		abort();
	for (int i = 0; i < SLOTS; i++)
		s->slots[i].user = -1;
	for (uint32_t n = 20 + below(s, 80); n > 0 && !s->log.count; n--) {
		if (below(s, 6) == 0)
			happen(s);
		else
			act(s, (int)below(s, (uint32_t)slots));
		at_rest(s);
	}
	td_finish(&s->td);
	ts_free(s->ts);
}

static const struct tx_log *play(uint64_t seed, bool verbose)
{
	static struct sim s;

	memset(&s, 0, sizeof(s));
	s.verbose = verbose;
	tx_seed(&s.random, seed);
	one_history(&s);
	return &s.log;
}

int main(int argc, char **argv)
{
	static const struct histories users = {"users", play, NULL};

	return histories_run(&users, argc, argv);
}
