/* SPDX-License-Identifier: MIT */
/*
 * What happens to a mailbox while it is being opened, and to one that is selected while the host is asked about it by
 * its name: the session follows, and a question stays as it was asked.
 */
#include "unit/hostiling.h"

static void open_later(struct imapsrv_op *op, const void *q)
{
	(void)q;
	world.op = op;
}

static void post(enum imapsrv_event_type type, const char *old, const char *name, uint32_t uid)
{
	struct imapsrv_event e = IMAPSRV_EVENT_INIT;
	struct imapsrv_range one = {uid, uid};

	e.type = type;
	e.mailbox = (struct imapsrv_span){name, strlen(name)};
	e.old_name = (struct imapsrv_span){old, old ? strlen(old) : 0};
	e.uids = (struct imapsrv_set){&one, uid != 0};
	assert_int_equal(imapsrv_session_post(world.s, &e), 0);
}

/* Another client renames it before its SELECT has ended, and expunges a message afterwards. */
static void test_renamed(void **state)
{
	static const enum question when[] = {IN_OPEN, IN_UIDS, IN_URL_DESCRIBE};
	static const struct {
		const char *old, *name, *is;
	} rows[] = {
		{"Up/Other", "New", "New"},
		{"Up", "Down", "Down/Other"},
		{"Up/Oth", "New", "Up/Other"},
		{"Else", "New", "Up/Other"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows) * COUNT(when); i++) {
		const char *is = rows[i / COUNT(when)].is;
		struct imapsrv_op *op;

		world_begin(IN_OPEN);
		world.at = when[i % COUNT(when)];
		world.once = true;
		world.play = open_later;
		world_say("a SELECT Up/Other\r\n");
		op = world.op;
		world.op = NULL;
		assert_non_null(op);
		post(IMAPSRV_EVENT_MAILBOX_RENAME, rows[i / COUNT(when)].old, rows[i / COUNT(when)].name, 0);
		answer_well(op, world.at, NULL);
		imapsrv_session_run(world.s);
		world_drain();
		ROW(i, said("a OK [READ-WRITE]") == 1);
		world_say("b NOOP\r\n");
		ROW(i, said("b OK") == 1 && !said("EXPUNGE"));
		ROW(i, imapsrv_session_mailbox(world.s).len == strlen(is) &&
		               !memcmp(imapsrv_session_mailbox(world.s).data, is, strlen(is)));
		post(IMAPSRV_EVENT_MESSAGE_EXPUNGE, NULL, is, 2);
		world_say("c NOOP\r\n");
		ROW(i, said("* 2 EXPUNGE\r\n") == 1);
		world_end(i);
	}
}

/* A message comes when the host has looked which there are, and has not said it yet. */
static void test_came(void **state)
{
	struct imapsrv_op *op;

	(void)state;
	world_begin(IN_OPEN);
	world.at = IN_UIDS;
	world.once = true;
	world.play = open_later;
	world_say("a SELECT Up/Other\r\n");
	op = world.op;
	world.op = NULL;
	assert_non_null(op);
	post(IMAPSRV_EVENT_MAILBOX_CHANGED, NULL, "Up/Other", 0);
	world.at = IN_UIDS;
	answer_well(op, IN_UIDS, NULL);
	imapsrv_session_run(world.s);
	world_drain();
	assert_int_equal(said("a OK [READ-WRITE]"), 1);
	/* It is looked for, though nobody posts it again. */
	world.once = false;
	world.played = 0;
	world.play = open_later;
	world_say("b NOOP\r\n");
	assert_int_equal(world.played, 1);
	op = world.op;
	world.op = NULL;
	assert_non_null(op);
	answer_well(op, IN_UIDS, NULL);
	imapsrv_session_run(world.s);
	world_drain();
	assert_int_equal(said("b OK"), 1);
	world_end(0);
}

/* The name in a question is that which was asked about, whatever is posted from inside of it. */
static void rename_inside(struct imapsrv_op *op, const void *q)
{
	/* struct imapsrv_acl_rights and imapsrv_url_mailbox begin alike. */
	const struct imapsrv_url_mailbox *asked_about = q;

	post(IMAPSRV_EVENT_MAILBOX_RENAME, "INBOX", "Another, with a longer name than it had before", 0);
	assert_int_equal(asked_about->mailbox.len, 5);
	assert_memory_equal(asked_about->mailbox.data, "INBOX", 5);
	answer_well(op, world.at, q);
}

static void test_question(void **state)
{
	static const enum question at[] = {IN_RIGHTS, IN_URL_DESCRIBE};

	(void)state;
	for (size_t i = 0; i < COUNT(at); i++) {
		world_begin(IN_FETCH);
		world.at = at[i];
		world.once = true;
		world.play = rename_inside;
		if (at[i] == IN_RIGHTS)
			post(IMAPSRV_EVENT_ACCESS_GAINED, NULL, "INBOX", 0);
		else
			post(IMAPSRV_EVENT_KEYS_RESET, NULL, "INBOX", 0);
		world_say("a NOOP\r\n");
		ROW(i, world.played == 1);
		ROW(i, said("a OK NOOP") == 1);
		world_end(i);
	}
}

/* A FETCH behind an event for which the rights are asked once more; the first such question is played. */
static void fetch_behind(enum imapsrv_event_type type, const char *mailbox,
                         void (*play)(struct imapsrv_op *op, const void *q))
{
	world_begin(IN_FETCH);
	world.at = IN_RIGHTS;
	world.once = true;
	world.play = play;
	post(type, NULL, mailbox, 0);
	world_say("a FETCH 1 UID\r\n");
	assert_int_equal(world.played, 1);
}

/* A question about rights is answered when its name is that of no mailbox any more. */
static void rename_and_refuse(struct imapsrv_op *op, const void *q)
{
	(void)q;
	post(IMAPSRV_EVENT_MAILBOX_RENAME, "INBOX", "Another", 0);
	imapsrv_op_done(op, IMAPSRV_NONEXISTENT, NULL);
}

static void test_rights(void **state)
{
	(void)state;
	fetch_behind(IMAPSRV_EVENT_ACCESS_GAINED, "INBOX", rename_and_refuse);
	assert_int_equal(said("READ-ONLY"), 0);
	assert_int_equal(said("a OK FETCH"), 1);
	world_end(0);
}

/* However often they may have changed, a session in IDLE stays as small as it was. */
static void test_rights_in_idle(void **state)
{
	size_t before = 0;

	(void)state;
	world_begin(IN_FETCH);
	world_say("a IDLE\r\n");
	for (int i = 0; i < 5000; i++) {
		post(IMAPSRV_EVENT_ACCESS_GAINED, NULL, "INBOX", 0);
		imapsrv_session_run(world.s);
		world_drain();
		if (i == 10)
			before = imapsrv_session_memory(world.s, NULL);
	}
	assert_int_equal(imapsrv_session_memory(world.s, NULL), before);
	world_say("DONE\r\n");
	assert_int_equal(said("a OK IDLE"), 1);
	world_end(0);
}

static void refuse(struct imapsrv_op *op, const void *q)
{
	(void)q;
	imapsrv_op_done(op, IMAPSRV_NOPERM, NULL);
}

/* Among the events that were lost may have been the loss of the right to read. */
static void test_lost(void **state)
{
	(void)state;
	fetch_behind(IMAPSRV_EVENT_MAILBOX_CHANGED, "", refuse);
	assert_int_equal(said("* 1 FETCH"), 0);
	assert_int_equal(said("a NO [NOPERM]"), 1);
	world_end(0);
}

/* The right to read is lost when `open` has said that it is there, and before the SELECT has ended; or that
 * may have been among the events that were lost. */
static void lost_early(enum imapsrv_event_type type, const char *mailbox)
{
	struct imapsrv_op *op;

	world_begin(IN_OPEN);
	world.at = IN_UIDS;
	world.once = true;
	world.play = open_later;
	world_say("a SELECT Up/Other\r\n");
	op = world.op;
	world.op = NULL;
	assert_non_null(op);
	post(type, NULL, mailbox, 0);
	world.at = IN_RIGHTS;
	world.once = false;
	world.played = 0;
	world.play = refuse;
	answer_well(op, IN_UIDS, NULL);
	imapsrv_session_run(world.s);
	world_drain();
	assert_int_equal(said("a OK"), 1);
	world_say("b FETCH 1 UID\r\n");
	assert_int_equal(world.played, 1);
	assert_int_equal(said("* 1 FETCH"), 0);
	assert_int_equal(said("b NO [NOPERM]"), 1);
	world_end(0);
}

static void test_lost_early(void **state)
{
	(void)state;
	lost_early(IMAPSRV_EVENT_ACCESS_LOST, "Up/Other");
	lost_early(IMAPSRV_EVENT_MAILBOX_CHANGED, "");
}

/* SETACL asks for rights itself, first of all. */
static void refuse_later(struct imapsrv_op *op, const void *q)
{
	if (world.played == 1)
		answer_well(op, IN_RIGHTS, q);
	else
		refuse(op, q);
}

/* Others deleted the selected mailbox: rights in what has its name now are not those in it. */
static void test_removed(void **state)
{
	static const struct {
		const char *lines;
		play_function *play;
		unsigned asked;
	} rows[] = {
		{"a SETACL INBOX joe lr\r\n", refuse_later, 1},
		{"a NOOP\r\n", refuse, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		world_begin(IN_FETCH);
		post(IMAPSRV_EVENT_MAILBOX_DELETE, NULL, "INBOX", 0);
		if (!rows[i].asked)
			post(IMAPSRV_EVENT_MAILBOX_CHANGED, NULL, "", 0);
		world.at = IN_RIGHTS;
		world.play = rows[i].play;
		world_say(rows[i].lines);
		ROW(i, said("a OK") == 1);
		world_say("b FETCH 1 UID\r\n");
		ROW(i, world.played == rows[i].asked);
		ROW(i, said("* 1 FETCH (UID 1)\r\n") == 1 && said("b OK FETCH") == 1);
		ROW(i, said("READ-ONLY") == 0);
		world_end(i);
	}
}

/* The selected mailbox is renamed while another one is searched: it is the selected one still. */
static void test_searched(void **state)
{
	struct imapsrv_op *op;

	(void)state;
	world_begin(IN_OPEN);
	world_say("s SELECT Up/Other\r\n");
	assert_int_equal(said("s OK [READ-WRITE]"), 1);
	world.at = IN_OPEN;
	world.once = true;
	world.played = 0;
	world.play = open_later;
	world_say("a ESEARCH IN (mailboxes Early selected) RETURN (UPDATE COUNT) ALL\r\n");
	op = world.op;
	world.op = NULL;
	assert_non_null(op);
	post(IMAPSRV_EVENT_MAILBOX_RENAME, "Up/Other", "New", 0);
	answer_well(op, IN_OPEN, NULL);
	imapsrv_session_run(world.s);
	world_drain();
	assert_int_equal(said("NOUPDATE"), 0);
	assert_int_equal(said("a OK ESEARCH completed, will notify"), 1);
	world_end(0);
}

/* The selected mailbox is renamed when the host has looked, and has not said how it stands: no more is told of
 * changes that the client was not told of (RFC 7162 3.2). */
static void test_counted(void **state)
{
	struct imapsrv_status is = {.items = UINT32_MAX, .highest_modseq = 200, .uidvalidity = 9, .uidnext = 4,
	                            .rights = IMAPSRV_RIGHTS_STANDARD};
	struct imapsrv_op *op;

	(void)state;
	world_begin(IN_FETCH);
	world.at = IN_STATUS;
	world.once = true;
	world.play = open_later;
	world_say("a STATUS INBOX (HIGHESTMODSEQ)\r\n");
	op = world.op;
	world.op = NULL;
	assert_non_null(op);
	post(IMAPSRV_EVENT_FLAGS_SET, NULL, "INBOX", 2);
	post(IMAPSRV_EVENT_MAILBOX_RENAME, "INBOX", "New", 0);
	assert_int_equal(imapsrv_op_status(op, &is), 0);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
	imapsrv_session_run(world.s);
	world_drain();
	assert_int_equal(said("* STATUS INBOX (HIGHESTMODSEQ 100)\r\n"), 1);
	assert_int_equal(said("a OK"), 1);
	world_end(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_renamed),
		cmocka_unit_test(test_came),
		cmocka_unit_test(test_question),
		cmocka_unit_test(test_rights),
		cmocka_unit_test(test_rights_in_idle),
		cmocka_unit_test(test_searched),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_lost_early),
		cmocka_unit_test(test_removed),
		cmocka_unit_test(test_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
