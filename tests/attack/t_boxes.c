/* SPDX-License-Identifier: MIT */
/*
 * attack/t_boxes - mailboxes by the thousand, patterns over their names, and what happens in them.
 */
#include "attack/counted.h"
#include "attack/grow.h"

#include <inttypes.h>

static void boxes(struct world *w, size_t n, const char *format, size_t from)
{
	for (size_t i = 0; i < n; i++) {
		struct tx t = {0};
		struct ts_mailbox *m = tx_alloc(sizeof(*m));

		/* In front of the list: ts_add_mailbox looks for its end. */
		tx_fmt(&t, "%s%06zu", format, (i * 7919 + from) % 1000003);
		m->ts = w->ts;
		m->owner = w->fred;
		m->name = tx_dup(t.data, t.len);
		m->uidvalidity = w->ts->next_uidvalidity++;
		m->uidnext = 1;
		m->modseq = 1;
		m->next = w->ts->mailboxes->next;
		w->ts->mailboxes->next = m;
		tx_free(&t);
	}
}

static void plain(struct world *w, size_t n)
{
	boxes(w, n, "m", 0);
}

static void alike(struct world *w, size_t n)
{
	boxes(w, n, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 0);
}

static void below(struct world *w, size_t n)
{
	boxes(w, n, "a/b/c/d/e/f/", 0);
}

static void a_name(struct world *w, size_t n)
{
	struct tx t = {0};

	for (size_t i = 0; i < n; i++)
		tx_str(&t, "a");
	tx_add(&t, "", 1);
	ts_add_mailbox(w->ts, w->fred, t.data);
	tx_free(&t);
}

static const struct growth lists[] = {
	{"all", plain, NULL, "", "", "a LIST \"\" *\r\n", 5000, 0, "a OK", false, NULL, 0},
	{"all, names alike", alike, NULL, "", "", "a LIST \"\" *\r\n", 5000, 0, "a OK", false,
	 NULL, 0},
	{"one level", below, NULL, "", "", "a LIST \"\" %\r\n", 5000, 0, "a OK", false, NULL, 0},
	{"every level", below, NULL, "", "", "a LIST \"\" %/%/%/%/%/%/%\r\n", 5000, 0, "a OK",
	 false, NULL, 0},
	{"with STATUS", plain, NULL, "", "", "a LIST \"\" * RETURN (STATUS (MESSAGES))\r\n", 1000,
	 0, "a OK", false, NULL, 0},
	{"children", below, NULL, "", "",
	 "a LIST (SUBSCRIBED RECURSIVEMATCH) \"\" % RETURN (CHILDREN)\r\n", 5000, 0, "a OK",
	 false, NULL, 0},
	{"wild over names alike", alike, NULL, "", "",
	 "a LIST \"\" *a*a*a*a*a*a*a*a*a*a*a*a*b\r\n", 5000, 0, "a OK", false, NULL, 0},
	{"a long pattern", alike, NULL, "a LIST \"\" ", "*a", "b\r\n", 500, 0, "a OK", false,
	 NULL, 0},
	{"a long name", a_name, NULL, "", "", "a LIST \"\" *a*a*a*a*a*a*a*a*a*a*a*a*b\r\n", 20000,
	 0, "a OK", false, NULL, 0},
};

static void T18_patterns(void **state)
{
	(void)state;
	grow_each(lists, COUNT(lists));
}

/* T18 to the letter: patterns of 8 KiB over a hundred thousand mailboxes with long names, and one of as many
 * octets.  Every name costs at most its own length, times what of the pattern could match as much. */
static void T18_as_stated(void **state)
{
	static const struct {
		const char *piece, *end;
	} patterns[] = {{"%*", ""}, {"*a", "b"}, {"%a*", "b"}, {"*", "x"}, {"a", "*b"}};
	enum { OCTETS = 8192, BOXES = 100000, LONGEST = 76 + 6 };

	(void)state;
	grow_or_skip();
	for (size_t i = 0; i < COUNT(patterns); i++) {
		struct tx line = {0};
		struct world w;
		uint64_t work;

		tx_str(&line, "a LIST \"\" ");
		for (unsigned k = 0; k < OCTETS / strlen(patterns[i].piece); k++)
			tx_str(&line, patterns[i].piece);
		tx_str(&line, patterns[i].end);
		tx_str(&line, "\r\n");
		world_begin(&w);
		alike(&w, BOXES);
		a_name(&w, OCTETS);
		world_connect(&w, true);
		work = counted_work();
		world_feed(&w, line.data, line.len, 0);
		work = counted_work() - work;
		print_message("%s... %llu a name\n", patterns[i].piece, (unsigned long long)work / BOXES);
		assert_true(!strncmp(world_last(&w), "a OK", 4));
		assert_true(work < (uint64_t)BOXES * LONGEST * LONGEST + 10 * (uint64_t)OCTETS * OCTETS);
		world_end(&w);
		tx_free(&line);
	}
}

/* ---- events ---------------------------------------------------------------------------------- */

#define SET                                                                                        \
	"n NOTIFY SET (SUBTREE \"\" (MessageNew MessageExpunge FlagChange MailboxName "            \
	"SubscriptionChange))\r\n"

static void post(struct world *w, enum imapsrv_event_type type, const char *name)
{
	struct imapsrv_event e = IMAPSRV_EVENT_INIT;

	e.type = type;
	e.mailbox.data = name;
	e.mailbox.len = strlen(name);
	assert_int_equal(imapsrv_session_post(w->s, &e), 0);
}

static void storm(struct world *w, size_t n, bool one_box, enum imapsrv_event_type type)
{
	for (size_t i = 0; i < n; i++) {
		char name[24];

		snprintf(name, sizeof(name), "m%06zu", one_box ? 0 : i * 7919 % n);
		post(w, type, name);
	}
	world_run(w, true);
	world_feed(w, "a NOOP\r\n", 8, 0);
}

static void new_everywhere(struct world *w, size_t n)
{
	storm(w, n, false, IMAPSRV_EVENT_MESSAGE_NEW);
}

static void new_in_one(struct world *w, size_t n)
{
	storm(w, n, true, IMAPSRV_EVENT_MESSAGE_NEW);
}

static void created(struct world *w, size_t n)
{
	storm(w, n, false, IMAPSRV_EVENT_MAILBOX_CREATE);
}

static void subscribed(struct world *w, size_t n)
{
	storm(w, n, false, IMAPSRV_EVENT_MAILBOX_SUBSCRIBE);
}

static const struct growth events[] = {
	{"in as many mailboxes", NULL, SET, "", "", "", 400, 0, "a OK", false, new_everywhere, 25},
	{"in one", NULL, SET, "", "", "", 20000, 0, "a OK", false, new_in_one, 0},
	{"mailboxes created", NULL, SET, "", "", "", 400, 0, "a OK", false, created, 25},
	{"subscriptions", NULL, SET, "", "", "", 400, 0, "a OK", false, subscribed, 25},
	{"STATUS of all at once", plain, NULL, "", "",
	 "a NOTIFY SET STATUS (SUBTREE \"\" (MessageNew MessageExpunge))\r\n", 500, 0, "a OK",
	 false, NULL, 25},
	/* Each mailbox against each group is more than a client may ask for. */
	{"groups of mailboxes", plain, NULL, "a NOTIFY SET STATUS",
	 " (SUBTREE m\3 (MessageNew MessageExpunge))", "\r\n", 500, 0, "a OK", false, NULL, 25},
	{"groups of what is subscribed", plain, NULL, "a NOTIFY SET STATUS",
	 " (SUBSCRIBED (MessageNew MessageExpunge)) (MAILBOXES m\3 NONE)", "\r\n", 500, 0, "a OK", false,
	 NULL, 25},
	{"followed subscriptions", plain, "s SUBSCRIBE INBOX\r\n", "", "a SUBSCRIBE m\1\r\n",
	 "a NOTIFY SET (SUBSCRIBED (MessageNew MessageExpunge))\r\n", 500, 0, "a OK", false, NULL,
	 25},
};

static void T39_events(void **state)
{
	(void)state;
	grow_each(events, COUNT(events));
}

/* ---- what one may not see -------------------------------------------------------------------- */

static uint64_t asked(const char *command, const char *name, struct tx *said)
{
	size_t at = strcspn(command, "#");
	struct tx line = {0};
	struct world w;
	uint64_t work;

	tx_add(&line, command, at);
	tx_str(&line, name);
	tx_str(&line, command + at + 1);
	world_begin(&w);
	w.ts->acl.on = true;
	w.ts->urlauth.on = true;
	w.ts->replace = true;
	world_add(&w, "Subject: x\r\n\r\ny\r\n", 17);
	ts_add_mailbox(w.ts, w.fred, "hidden")->hidden = true;
	world_connect(&w, true);
	world_say(&w, "s ENABLE QRESYNC\r\ns SELECT INBOX\r\n");
	w.said.len = 0;
	work = counted_work();
	world_feed(&w, line.data, line.len, 0);
	work = counted_work() - work;
	tx_add(said, w.said.data, w.said.len);
	tx_add(said, "", 1);
	for (char *echo = said->data; (echo = strstr(echo, name)) != NULL;)
		memset(echo, '#', strlen(name));
	world_end(&w);
	tx_free(&line);
	return work;
}

/* T38: to a command that names it, a mailbox that is hidden and one that does not exist are the same, in
 * words and in work.  (The names are of one length.) */
static void T38_same_work(void **state)
{
	static const char *const commands[] = {
		"a SELECT #\r\n",
		"a EXAMINE # (QRESYNC (1 1))\r\n",
		"a STATUS # (MESSAGES HIGHESTMODSEQ)\r\n",
		"a DELETE #\r\n",
		"a RENAME # new\r\n",
		"a SUBSCRIBE #\r\n",
		"a UNSUBSCRIBE #\r\n",
		"a LIST \"\" # RETURN (STATUS (MESSAGES))\r\n",
		"a LSUB \"\" #\r\n",
		"a COPY 1 #\r\n",
		"a MOVE 1 #\r\n",
		"a REPLACE 1 # {1+}\r\nx\r\n",
		"a APPEND # {1+}\r\nx\r\n",
		"a APPEND INBOX CATENATE (URL \"/#/;UID=1\")\r\n",
		"a GETMETADATA # /shared/a\r\n",
		"a SETMETADATA # (/shared/a \"x\")\r\n",
		"a GETQUOTAROOT #\r\n",
		"a MYRIGHTS #\r\n",
		"a GETACL #\r\n",
		"a SETACL # eve lr\r\n",
		"a DELETEACL # eve\r\n",
		"a LISTRIGHTS # eve\r\n",
		"a ESEARCH IN (MAILBOXES #) ALL\r\n",
		"a ESEARCH IN (SUBTREE #) ALL\r\n",
		"a ESEARCH IN (SUBTREE-ONE #) ALL\r\n",
		"a NOTIFY SET STATUS (MAILBOXES # (MessageNew MessageExpunge MailboxName))\r\n",
		"a NOTIFY SET STATUS (SUBTREE # (MessageNew MessageExpunge MailboxName))\r\n",
		"a GENURLAUTH \"imap://fred@example.com/#/;UID=1;URLAUTH=user+fred\" INTERNAL\r\n",
		"a RESETKEY #\r\n",
		"a RESETKEY # INTERNAL\r\n",
		"a URLFETCH \"imap://fred@example.com/#/;UID=1;URLAUTH=user+fred:internal:"
		"00112233445566778899aabbccddeeff\"\r\n",
		"a URLFETCH (\"imap://fred@example.com/#/;UID=1;URLAUTH=anonymous:internal:"
		"00112233445566778899aabbccddeeff\" BINARY BODYPARTSTRUCTURE)\r\n",
		"a UID COPY 1 #\r\n",
		"a UID MOVE 1 #\r\n",
		"a UID REPLACE 1 # {1+}\r\nx\r\n",
		"a RENAME #/below new\r\n",
		"a DELETE #/below\r\n",
		"a SELECT #/below\r\n",
		"a APPEND # CATENATE (TEXT {1+}\r\nx)\r\n",
		"a APPEND INBOX CATENATE (TEXT {1+}\r\nx URL \"/#/;UID=1/;SECTION=1\")\r\n",
		"a GETMETADATA (DEPTH infinity) # (/shared /private)\r\n",
		"a SETMETADATA # (/private/a NIL)\r\n",
		"a LIST (SUBSCRIBED) \"\" # RETURN (CHILDREN)\r\n",
		"a LIST () \"\" (# INBOX) RETURN (MYRIGHTS METADATA (/shared/a))\r\n",
		"a RLIST \"\" #\r\n",
		"a RLSUB \"\" #\r\n",
		"a ESEARCH IN (MAILBOXES (INBOX #)) RETURN (COUNT) ALL\r\n",
		"a SETACL # fred +lr\r\n",
		"a NOTIFY SET STATUS (MAILBOXES (INBOX #) (MessageNew MessageExpunge FlagChange))\r\n",
		"a NOTIFY SET (SELECTED (MessageNew MessageExpunge)) (MAILBOXES # NONE)\r\n",
		"a SETQUOTA # (STORAGE 5)\r\n",
		"a GETQUOTA #\r\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(commands); i++) {
		struct tx hidden = {0}, missing = {0};
		uint64_t one = asked(commands[i], "hidden", &hidden);
		uint64_t other = asked(commands[i], "missed", &missing);

		if (strcmp(hidden.data, missing.data) != 0)
			fail_msg("%s: %s, and %s", commands[i], hidden.data, missing.data);
		if (one != other)
			fail_msg("%s: %llu blocks, and %llu", commands[i], (unsigned long long)one,
			         (unsigned long long)other);
		tx_free(&hidden);
		tx_free(&missing);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(T18_patterns),
		cmocka_unit_test(T18_as_stated),
		cmocka_unit_test(T38_same_work),
		cmocka_unit_test(T39_events),
	};

	return cmocka_run_group_tests_name("boxes", tests, NULL, NULL);
}
