/* SPDX-License-Identifier: MIT */
/*
 * NOTIFY against hosts and clients that misbehave (ATTACKS T38, T39, T40): events that make no sense, storms that
 * nobody reads, flips, filters over everything, names that exist for others only; and what it costs to be idle
 * with it.
 */
#include "unit/nullstore.h"
#include "unit/row.h"

enum { MANY = 100000 };

struct host {
	unsigned faults;
	unsigned listed;    /* names that `list` gives beside INBOX */
	long watched;       /* interests that are in force */
	unsigned changes;   /* calls of `changed` */
	struct imapsrv_engine *engine;
	struct imapsrv_session *s;
	char out[1 << 17];
	size_t len;
};

static void list(void *user, struct imapsrv_op *op, const struct imapsrv_list *q)
{
	const struct host *h = user;
	struct imapsrv_name name = {{"INBOX", 5}, 0, 0};
	char text[16];

	(void)q;
	imapsrv_op_name(op, &name);
	for (unsigned i = 0; i < h->listed; i++) {
		name.name.len = (size_t)snprintf(text, sizeof(text), "box%06u", i);
		name.name.data = text;
		imapsrv_op_name(op, &name);
	}
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void status(void *user, struct imapsrv_op *op, const struct imapsrv_status_query *q)
{
	struct imapsrv_status is = {0};

	(void)user;
	is.items = q->items;
	is.messages = 1;
	is.uidnext = 2;
	is.uidvalidity = 3;
	imapsrv_op_status(op, &is);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void fault(void *user, const char *what)
{
	(void)what;
	((struct host *)user)->faults++;
}

static void changed(void *user, struct imapsrv_session *s, const struct imapsrv_watch_change *c)
{
	struct host *h = user;

	(void)s;
	h->changes++;
	h->watched += (long)c->added_count - (long)c->removed_count;
}

static void start(struct host *h, const struct imapsrv_limits *limits)
{
	struct imapsrv_session_config sc = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_watch watch = IMAPSRV_WATCH_INIT;
	struct imapsrv_store store = nullstore();

	store.list = list;
	store.status = status;
	watch.changed = changed;
	config.store = &store;
	config.watch = &watch;
	config.limits = limits;
	config.fault = fault;
	sc.user = h;
	sc.preauth = &account;
	assert_int_equal(imapsrv_engine_new(&config, &h->engine), 0);
	assert_int_equal(imapsrv_session_new(h->engine, &sc, &h->s), 0);
}

static void end(struct host *h)
{
	imapsrv_session_free(h->s);
	imapsrv_engine_free(h->engine);
	assert_int_equal(h->watched, 0);
}

/* Reads all that is ready. */
static const char *drain(struct host *h)
{
	struct imapsrv_span spans[8];
	size_t count;

	h->len = 0;
	imapsrv_session_run(h->s);
	while (imapsrv_session_peek(h->s, spans, 8, &count) == 0 && count)
		for (size_t i = 0; i < count; i++) {
			size_t n = spans[i].len;

			if (n > sizeof(h->out) - 1 - h->len)
				n = sizeof(h->out) - 1 - h->len;
			memcpy(h->out + h->len, spans[i].data, n);
			h->len += n;
			imapsrv_session_sent(h->s, spans[i].len);
			break; /* they lasted until then */
		}
	h->out[h->len] = '\0';
	return h->out;
}

static void say(struct host *h, const char *line)
{
	size_t used = 0, len = strlen(line);

	assert_int_equal(imapsrv_session_recv(h->s, line, len, &used), 0);
	assert_int_equal(used, len);
}

static const char *ask(struct host *h, const char *line)
{
	drain(h);
	say(h, line);
	return drain(h);
}

static int post(struct host *h, enum imapsrv_event_type type, const char *mailbox)
{
	struct imapsrv_event e = IMAPSRV_EVENT_INIT;

	e.type = type;
	e.mailbox.data = mailbox;
	e.mailbox.len = strlen(mailbox);
	return imapsrv_session_post(h->s, &e);
}

/* ---- events that make no sense ---------------------------------------------------------- */

/* Reported to the host, and nothing changes. */
static void test_nonsense(void **unused)
{
	static const struct imapsrv_range backwards[] = {{5, 4}}, zero[] = {{0, 1}}, high[] = {{9, 9}};
	static const struct imapsrv_status no_validity = {.items = IMAPSRV_STATUS_UIDVALIDITY};
	static const struct imapsrv_status no_next = {.items = IMAPSRV_STATUS_UIDNEXT};
	static const struct imapsrv_status huge = {.items = IMAPSRV_STATUS_HIGHESTMODSEQ,
	                                           .highest_modseq = UINT64_MAX};
	static const struct imapsrv_status next = {.items = IMAPSRV_STATUS_UIDNEXT, .uidnext = 9};
	static const struct imapsrv_span no_entry[] = {{"", 0}};
	static const struct {
		enum imapsrv_event_type type;
		const char *mailbox;
		struct imapsrv_set uids;
		const struct imapsrv_status *status;
		const struct imapsrv_span *entries;
		const char *old_name;
	} rows[] = {
		{(enum imapsrv_event_type)0, "a", {NULL, 0}, NULL, NULL, NULL},
		{(enum imapsrv_event_type)99, "a", {NULL, 0}, NULL, NULL, NULL},
		{IMAPSRV_EVENT_MESSAGE_NEW, "", {NULL, 0}, NULL, NULL, NULL},
		{IMAPSRV_EVENT_MAILBOX_CREATE, "", {NULL, 0}, NULL, NULL, NULL},
		{IMAPSRV_EVENT_MAILBOX_RENAME, "a", {NULL, 0}, NULL, NULL, NULL},
		{IMAPSRV_EVENT_MESSAGE_NEW, "a", {backwards, 1}, NULL, NULL, NULL},
		{IMAPSRV_EVENT_MESSAGE_EXPUNGE, "INBOX", {zero, 1}, NULL, NULL, NULL},
		{IMAPSRV_EVENT_MESSAGE_NEW, "a", {NULL, 0}, &no_validity, NULL, NULL},
		{IMAPSRV_EVENT_FLAGS_SET, "INBOX", {NULL, 0}, &no_next, NULL, NULL},
		{IMAPSRV_EVENT_MESSAGE_NEW, "a", {NULL, 0}, &huge, NULL, NULL},
		{IMAPSRV_EVENT_MESSAGE_NEW, "INBOX", {high, 1}, &next, NULL, NULL},
		{IMAPSRV_EVENT_MAILBOX_METADATA, "a", {NULL, 0}, NULL, no_entry, NULL},
		{IMAPSRV_EVENT_SERVER_METADATA, "", {NULL, 0}, NULL, no_entry, NULL},
		{IMAPSRV_EVENT_MAILBOX_RENAME, "a", {NULL, 0}, NULL, NULL, "a"},
	};
	struct host h = {0};

	(void)unused;
	start(&h, NULL);
	ask(&h, "a SELECT INBOX\r\n");
	ask(&h, "b NOTIFY SET (SELECTED (MessageNew MessageExpunge FlagChange)) "
	        "(SUBTREE \"\" (MessageNew MessageExpunge FlagChange MailboxName))\r\n");
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct imapsrv_event e = IMAPSRV_EVENT_INIT;
		unsigned known = rows[i].type >= 1 && rows[i].type <= IMAPSRV_EVENT_KEYS_RESET;

		h.faults = 0;
		e.type = rows[i].type;
		e.mailbox.data = rows[i].mailbox;
		e.mailbox.len = strlen(rows[i].mailbox);
		e.uids = rows[i].uids;
		e.status = rows[i].status;
		e.entries = rows[i].entries;
		e.entry_count = rows[i].entries != NULL;
		e.old_name.data = rows[i].old_name;
		e.old_name.len = rows[i].old_name ? strlen(rows[i].old_name) : 0;
		ROW(i, imapsrv_session_post(h.s, &e) == IMAPSRV_EINVAL);
		ROW(i, h.faults == known);
		ROW(i, strcmp(drain(&h), "") == 0);
	}
	end(&h);
}

/* In a row of events: sequences that run backwards, messages in a mailbox that is gone. */
static void test_backwards(void **unused)
{
	struct imapsrv_status is = {.items = IMAPSRV_STATUS_HIGHESTMODSEQ};
	struct imapsrv_event e = IMAPSRV_EVENT_INIT;
	struct host h = {0};

	(void)unused;
	start(&h, NULL);
	ask(&h, "a NOTIFY SET (SUBTREE \"\" (MessageNew MessageExpunge MailboxName))\r\n");
	ask(&h, "b SELECT INBOX\r\n");
	e.type = IMAPSRV_EVENT_MESSAGE_NEW;
	e.status = &is;
	for (int box = 0; box < 2; box++) {
		e.mailbox.data = box ? "INBOX" : "a";
		e.mailbox.len = strlen(e.mailbox.data);
		is.highest_modseq = 7;
		assert_int_equal(imapsrv_session_post(h.s, &e), 0);
		assert_int_equal(h.faults, (unsigned)box);
		is.highest_modseq = 6;
		imapsrv_session_post(h.s, &e);
		assert_int_equal(h.faults, (unsigned)box + 1);
	}
	drain(&h);
	h.faults = 0;
	assert_int_equal(post(&h, IMAPSRV_EVENT_MAILBOX_DELETE, "b"), 0);
	post(&h, IMAPSRV_EVENT_MESSAGE_NEW, "b");
	assert_int_equal(h.faults, 1);
	assert_string_equal(drain(&h), "* LIST (\\NonExistent \\HasNoChildren) \"/\" b\r\n");
	end(&h);
}

/* ---- storms, flips ---------------------------------------------------------------------- */

static void storm(struct host *h, unsigned count, unsigned boxes)
{
	char name[16];

	for (unsigned i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "s%u", i % boxes);
		assert_int_equal(post(h, i & 1 ? IMAPSRV_EVENT_FLAGS_SET : IMAPSRV_EVENT_MESSAGE_NEW,
		                      i % 3 ? name : "INBOX"),
		                 0);
		if (i % 1000 == 0)
			imapsrv_session_run(h->s);
	}
}

static unsigned occurrences(const char *text, const char *what)
{
	unsigned n = 0;

	for (; (text = strstr(text, what)) != NULL; text++)
		n++;
	return n;
}

/* T39: a million events at a reader that does not read.  What is held does not grow with the storm, and
 * at the end nothing of it is left: one word of that, and all is as after NOTIFY NONE. */
static void test_storm(void **unused)
{
	struct host h = {0};
	size_t quiet, before, after, peak, now;

	(void)unused;
	start(&h, NULL);
	ask(&h, "a SELECT INBOX\r\n");
	ask(&h, "b NOTIFY SET (SELECTED (MessageNew MessageExpunge FlagChange)) "
	        "(SUBTREE \"\" (MessageNew MessageExpunge FlagChange))\r\n");
	quiet = imapsrv_session_memory(h.s, NULL);
	storm(&h, 100000, 500);
	before = imapsrv_session_memory(h.s, NULL);
	storm(&h, 900000, 500);
	after = imapsrv_session_memory(h.s, NULL);
	assert_true(after <= before + 4096);
	/* More mailboxes than may have news: told once, at most, and nothing is held any more. */
	storm(&h, 1000000, 5000);
	now = imapsrv_session_memory(h.s, &peak);
	assert_true(now <= before);
	print_message("%zu octets, %zu in the storm, then %zu; at most %zu\n", quiet, after, now, peak);
	assert_true(peak <= 512u << 10);
	assert_int_equal(occurrences(drain(&h), "[NOTIFICATIONOVERFLOW]"), 1);
	assert_true(imapsrv_session_memory(h.s, NULL) <= quiet + 4096);
	assert_int_equal(h.watched, 2); /* the account, the selected mailbox */
	storm(&h, 20000, 5000);
	assert_string_equal(drain(&h), "");
	assert_string_equal(ask(&h, "c NOOP\r\n"), "c OK NOOP done\r\n");
	end(&h);
}

static void test_overflow_once(void **unused)
{
	struct imapsrv_limits limits = IMAPSRV_LIMITS_INIT;
	struct host h = {0};

	(void)unused;
	limits.notify_pending = 3;
	start(&h, &limits);
	ask(&h, "b NOTIFY SET (SUBTREE \"\" (MessageNew MessageExpunge))\r\n");
	for (unsigned i = 0; i < 100; i++) {
		char name[16];

		snprintf(name, sizeof(name), "s%u", i);
		post(&h, IMAPSRV_EVENT_MESSAGE_NEW, name);
	}
	drain(&h);
	assert_int_equal(occurrences(h.out, "[NOTIFICATIONOVERFLOW]"), 1);
	assert_int_equal(occurrences(h.out, "STATUS"), 0);
	/* As after NOTIFY NONE, and a NOTIFY SET brings all back. */
	ask(&h, "c NOTIFY SET (SUBTREE \"\" (MessageNew MessageExpunge))\r\n");
	post(&h, IMAPSRV_EVENT_MESSAGE_NEW, "s1");
	assert_string_equal(drain(&h), "* STATUS s1 (MESSAGES 1 UIDNEXT 2)\r\n");
	end(&h);
}

/* T39, T40: set-flip storms leave nothing behind, and each costs the same. */
static void test_flips(void **unused)
{
	static const char set[] = "a NOTIFY SET (PERSONAL (MessageNew MessageExpunge MailboxName)) "
				  "(MAILBOXES (a b c) (MessageNew MessageExpunge MailboxName)) (SUBSCRIBED NONE)\r\n";
	struct host h = {0};
	size_t memory = 0;
	uint64_t steps = 0;

	(void)unused;
	start(&h, NULL);
	for (unsigned i = 0; i < 200000; i++) { /* a hundred thousand of each */
		uint64_t now = imapsrv_session_steps(h.s);

		ask(&h, i & 1 ? "b NOTIFY NONE\r\n" : set);
		if (i == 10) {
			memory = imapsrv_session_memory(h.s, NULL);
			steps = imapsrv_session_steps(h.s) - now;
		} else if (i > 10 && !(i & 1)) {
			assert_true(imapsrv_session_memory(h.s, NULL) <= memory);
			assert_true(imapsrv_session_steps(h.s) - now == steps);
		}
	}
	assert_int_equal(h.watched, 1);
	end(&h);
}

/* The host is told differences: the same NOTIFY again is none. */
static void test_differences(void **unused)
{
	struct host h = {0};
	unsigned changes;

	(void)unused;
	start(&h, NULL);
	ask(&h, "a NOTIFY SET (MAILBOXES (a b) (MessageNew MessageExpunge))\r\n");
	changes = h.changes;
	ask(&h, "b NOTIFY SET (MAILBOXES (b a) (MessageNew MessageExpunge))\r\n");
	assert_int_equal(h.changes, changes);
	assert_int_equal(h.watched, 3);
	ask(&h, "c NOTIFY SET (MAILBOXES (b c d) (MessageNew MessageExpunge))\r\n");
	assert_int_equal(h.changes, changes + 1);
	assert_int_equal(h.watched, 4);
	end(&h);
}

/* ---- everything, and what one may not see ----------------------------------------------- */

/* T39: `subtree ""` over a hundred thousand mailboxes is refused, in time linear in their number. */
static void test_everything(void **unused)
{
	static const char set[] = "a NOTIFY SET STATUS (SUBTREE \"\" (MessageNew MessageExpunge))\r\n";
	uint64_t steps[2];

	(void)unused;
	for (unsigned i = 0; i < 2; i++) {
		struct host h = {0};
		size_t peak;

		h.listed = MANY / 2 * (i + 1);
		start(&h, NULL);
		steps[i] = imapsrv_session_steps(h.s);
		ask(&h, set);
		steps[i] = imapsrv_session_steps(h.s) - steps[i];
		assert_int_equal(strncmp(h.out, "a NO [", 6), 0);
		imapsrv_session_memory(h.s, &peak);
		assert_true(peak < 8u << 20);
		assert_int_equal(h.watched, 1);
		end(&h);
	}
	assert_true(steps[1] <= 2 * steps[0] + 100);
}

/* T38: a name that does not exist and one that the account may not see are one thing. */
static void test_alike(void **unused)
{
	static const char *const names[] = {"nowhere", "hidden1"};
	char said[2][400];
	uint64_t steps[2];

	(void)unused;
	for (unsigned i = 0; i < 2; i++) {
		struct host h = {0};
		char line[200];

		start(&h, NULL);
		steps[i] = imapsrv_session_steps(h.s);
		snprintf(line, sizeof(line),
		         "a NOTIFY SET STATUS (MAILBOXES %s (MessageNew MessageExpunge MailboxName))\r\n",
		         names[i]);
		snprintf(said[i], sizeof(said[i]), "%s", ask(&h, line));
		steps[i] = imapsrv_session_steps(h.s) - steps[i];
		end(&h);
	}
	assert_string_equal(said[0], said[1]);
	assert_true(steps[0] == steps[1]);
	assert_string_equal(said[0], "a OK NOTIFY done\r\n");
}

/* Every event, and every name that is listed, is looked for in all groups: many groups that say the same
 * are no more than one. */
static void test_groups(void **unused)
{
	enum { NAMES = 2000 };
	size_t held[2];

	(void)unused;
	for (unsigned i = 0; i < 2; i++) {
		struct host h = {0};
		char *line = malloc(NAMES * 96 + 100), *at = line;

		assert_non_null(line);
		start(&h, NULL);
		at += sprintf(at, "a NOTIFY SET (MAILBOXES no NONE)");
		for (unsigned n = 0; n < NAMES; n++)
			at += sprintf(at,
			              i ? " (MAILBOXES box%u (MessageNew MessageExpunge))"
			              : !n ? " (MAILBOXES (box%u"
			              : n == NAMES - 1 ? " box%u) (MessageNew MessageExpunge))" : " box%u",
			              n);
		for (unsigned n = 0; i && n < NAMES; n++)
			at += sprintf(at, " (MAILBOXES no NONE)");
		memcpy(at, "\r\n", 3);
		assert_string_equal(ask(&h, line), "a OK NOTIFY done\r\n");
		imapsrv_session_trim(h.s);
		held[i] = imapsrv_session_memory(h.s, NULL);
		assert_int_equal(h.watched, NAMES + 1);
		assert_int_equal(post(&h, IMAPSRV_EVENT_MESSAGE_EXPUNGE, "no"), 0);
		assert_string_equal(drain(&h), "");
		assert_int_equal(post(&h, IMAPSRV_EVENT_MESSAGE_EXPUNGE, "box77"), 0);
		assert_non_null(strstr(drain(&h), "* STATUS box77 ("));
		end(&h);
		free(line);
	}
	assert_int_equal(held[0], held[1]);
}

/* ---- what it costs ---------------------------------------------------------------------- */

/* The mainstream client's NOTIFY: a kilobyte at most beside what a selected mailbox takes, also after
 * something was told. */
static void test_idle_memory(void **unused)
{
	struct host h = {0};
	size_t before, after;

	(void)unused;
	start(&h, NULL);
	ask(&h, "a SELECT INBOX\r\n");
	imapsrv_session_trim(h.s);
	before = imapsrv_session_memory(h.s, NULL);
	ask(&h, "B NOTIFY SET (selected (MessageNew (UID RFC822.SIZE RFC822.HEADER FLAGS BODYSTRUCTURE) "
	        "MessageExpunge FlagChange)) (personal (MessageNew MessageExpunge MailboxName "
	        "SubscriptionChange))\r\n");
	imapsrv_session_trim(h.s);
	after = imapsrv_session_memory(h.s, NULL);
	assert_true(after - before <= 1024);
	post(&h, IMAPSRV_EVENT_MESSAGE_NEW, "a");
	assert_string_equal(drain(&h), "* STATUS a (MESSAGES 1 UIDNEXT 2)\r\n");
	imapsrv_session_trim(h.s);
	assert_true(imapsrv_session_memory(h.s, NULL) <= after);
	end(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nonsense),      cmocka_unit_test(test_backwards),
		cmocka_unit_test(test_storm),         cmocka_unit_test(test_overflow_once),
		cmocka_unit_test(test_flips),         cmocka_unit_test(test_differences),
		cmocka_unit_test(test_everything),    cmocka_unit_test(test_alike),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_idle_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
