/* SPDX-License-Identifier: MIT */
/*
 * Events that make no sense, and events at any time: what imapsrv_session_post gives, what the `fault` hook is told,
 * and that nothing of it reaches the client.
 */
#include "unit/hostiling.h"

enum spoil {
	SIZE_0,
	TYPE_0,
	TYPE_HIGH,
	TYPE_NEGATIVE,
	NAME_NULL,
	NAME_NONE,
	NAME_CRLF,
	NAME_8BIT,
	OLD_NULL,
	OLD_NONE,
	OLD_CRLF,
	OLD_SAME,
	UIDS_NULL,
	UIDS_ZERO,
	UIDS_TURNED,
	UIDS_DESCENDING,
	UIDS_NEXT,
	ENTRIES_NULL,
	ENTRY_NULL,
	ENTRY_EMPTY,
	ENTRY_ODD,
	ANNOTATION_ODD,
	NEXT_0,
	VALIDITY_0,
	MODSEQ_HIGH,
	MODSEQ_BACK,
	TEXT_NULL,
	TEXT_ODD,
	ATTRIBUTES,
	UIDS_FOREIGN
};

#define NAME "an event about a name that is not UTF-8 without controls"
#define UIDS "an event with UIDs that are not in ascending order"

static const struct {
	const char *what;
	enum spoil how;
	int gives;
	const char *fault;
} rows[] = {
	{"without a size", SIZE_0, IMAPSRV_EINVAL, NULL},
	{"of kind 0", TYPE_0, IMAPSRV_EINVAL, NULL},
	{"of a kind that there is not", TYPE_HIGH, IMAPSRV_EINVAL, NULL},
	{"of kind -1", TYPE_NEGATIVE, IMAPSRV_EINVAL, NULL},
	{"a mailbox NULL", NAME_NULL, IMAPSRV_EINVAL, NAME},
	{"no mailbox", NAME_NONE, IMAPSRV_EINVAL, "an event without a mailbox"},
	{"a mailbox with CRLF", NAME_CRLF, IMAPSRV_EINVAL, NAME},
	{"a mailbox that is not UTF-8", NAME_8BIT, IMAPSRV_EINVAL, NAME},
	{"an old name NULL", OLD_NULL, IMAPSRV_EINVAL, NAME},
	{"no old name", OLD_NONE, IMAPSRV_EINVAL, "a rename without the old name"},
	{"an old name with CRLF", OLD_CRLF, IMAPSRV_EINVAL, NAME},
	{"a rename to the same name", OLD_SAME, IMAPSRV_EINVAL, "a rename to the same name"},
	{"UIDs NULL", UIDS_NULL, IMAPSRV_EINVAL, UIDS},
	{"UID 0", UIDS_ZERO, IMAPSRV_EINVAL, UIDS},
	{"a range turned round", UIDS_TURNED, IMAPSRV_EINVAL, UIDS},
	{"UIDs that descend", UIDS_DESCENDING, IMAPSRV_EINVAL, UIDS},
	{"a new message above UIDNEXT", UIDS_NEXT, IMAPSRV_EINVAL, "an event about a message above UIDNEXT"},
	{"entries NULL", ENTRIES_NULL, IMAPSRV_EINVAL, "an event with a text or entries that are not there"},
	{"an entry NULL", ENTRY_NULL, IMAPSRV_EINVAL, "an event about metadata without a name"},
	{"an empty entry", ENTRY_EMPTY, IMAPSRV_EINVAL, "an event about metadata without a name"},
	{"an entry that is none", ENTRY_ODD, 0, NULL},
	{"an entry of annotations that is none", ANNOTATION_ODD, IMAPSRV_EINVAL,
	 "an event about annotations with a name that cannot be one"},
	{"UIDNEXT 0", NEXT_0, IMAPSRV_EINVAL, "an event with a UID or UIDVALIDITY of 0"},
	{"UIDVALIDITY 0", VALIDITY_0, IMAPSRV_EINVAL, "an event with a UID or UIDVALIDITY of 0"},
	{"HIGHESTMODSEQ 2^63", MODSEQ_HIGH, IMAPSRV_EINVAL, "an event with a modification sequence above 2^63-1"},
	{"HIGHESTMODSEQ that runs backwards", MODSEQ_BACK, IMAPSRV_EINVAL,
	 "an event with a modification sequence that runs backwards"},
	{"a text NULL", TEXT_NULL, IMAPSRV_EINVAL, "an event with a text or entries that are not there"},
	{"a text with CRLF", TEXT_ODD, 0, NULL},
	{"unknown attributes", ATTRIBUTES, 0, NULL},
	{"messages that there are not", UIDS_FOREIGN, 0, NULL},
};

static int post_spoilt(struct imapsrv_session *s, enum spoil how)
{
	static const struct imapsrv_range zero = {0, 3}, turned = {3, 1}, down[] = {{3, 3}, {1, 1}}, high = {9, 9},
	                                  foreign = {70, UINT32_MAX};
	static const struct imapsrv_span null = {NULL, 4}, empty = {"", 0}, odd = {"a\r\nb", 4}, wide = {"\xff", 1},
	                                 inbox = {"INBOX", 5};
	struct imapsrv_event e = IMAPSRV_EVENT_INIT;
	struct imapsrv_status status;
	struct imapsrv_event higher = IMAPSRV_EVENT_INIT;

	memset(&status, 0, sizeof(status));
	e.type = IMAPSRV_EVENT_MESSAGE_APPEND;
	e.mailbox = inbox;
	if (how >= OLD_NULL && how <= OLD_SAME) {
		e.type = IMAPSRV_EVENT_MAILBOX_RENAME;
		e.old_name = inbox;
	}
	if (how >= ENTRIES_NULL && how <= ENTRY_ODD) {
		e.type = IMAPSRV_EVENT_MAILBOX_METADATA;
		e.entry_count = 1;
	}
	switch (how) {
	case SIZE_0:
		e.size = 0;
		break;
	case TYPE_0:
	case TYPE_HIGH:
	case TYPE_NEGATIVE:
		e.type = (enum imapsrv_event_type)(how == TYPE_0      ? 0
		                                   : how == TYPE_HIGH ? IMAPSRV_EVENT_KEYS_RESET + 1
		                                                      : -1);
		break;
	case NAME_NULL:
		e.mailbox = null;
		break;
	case NAME_NONE:
		e.mailbox = empty;
		break;
	case NAME_CRLF:
	case NAME_8BIT:
		e.mailbox = how == NAME_CRLF ? odd : wide;
		break;
	case OLD_NULL:
	case OLD_NONE:
	case OLD_CRLF:
		e.old_name = how == OLD_NULL ? null : how == OLD_NONE ? empty : odd;
		break;
	case UIDS_NULL:
		e.uids = (struct imapsrv_set){NULL, 2};
		break;
	case UIDS_ZERO:
	case UIDS_TURNED:
		e.uids = (struct imapsrv_set){how == UIDS_ZERO ? &zero : &turned, 1};
		break;
	case UIDS_DESCENDING:
		e.uids = (struct imapsrv_set){down, 2};
		break;
	case UIDS_NEXT:
		e.uids = (struct imapsrv_set){&high, 1};
		status.items = IMAPSRV_STATUS_UIDNEXT;
		status.uidnext = 9;
		e.status = &status;
		break;
	case ENTRY_NULL:
	case ENTRY_EMPTY:
	case ENTRY_ODD:
		e.entries = how == ENTRY_NULL ? &null : how == ENTRY_EMPTY ? &empty : &odd;
		break;
	case ANNOTATION_ODD:
		e.type = IMAPSRV_EVENT_ANNOTATION_CHANGE;
		e.entries = &odd;
		e.entry_count = 1;
		break;
	case NEXT_0:
	case VALIDITY_0:
		status.items = how == NEXT_0 ? IMAPSRV_STATUS_UIDNEXT : IMAPSRV_STATUS_UIDVALIDITY;
		e.status = &status;
		break;
	case MODSEQ_BACK:
		higher.type = IMAPSRV_EVENT_FLAGS_SET;
		higher.mailbox = inbox;
		higher.status = &status;
		status.items = IMAPSRV_STATUS_HIGHESTMODSEQ;
		status.highest_modseq = 200;
		assert_int_equal(imapsrv_session_post(s, &higher), 0);
		status.highest_modseq = 150;
		e.status = &status;
		break;
	case MODSEQ_HIGH:
		status.items = IMAPSRV_STATUS_HIGHESTMODSEQ;
		status.highest_modseq = UINT64_C(1) << 63;
		e.status = &status;
		break;
	case TEXT_NULL:
	case TEXT_ODD:
		e.type = IMAPSRV_EVENT_QUOTA_EXCEED;
		e.text = how == TEXT_NULL ? null : (struct imapsrv_span){"a\r\nz OK \xff", 10};
		break;
	case ATTRIBUTES:
		e.type = IMAPSRV_EVENT_MAILBOX_CREATE;
		e.mailbox = (struct imapsrv_span){"Third", 5};
		e.has_attributes = 1;
		e.attributes = UINT32_MAX;
		break;
	case UIDS_FOREIGN:
		e.type = IMAPSRV_EVENT_MESSAGE_EXPUNGE;
		e.uids = (struct imapsrv_set){&foreign, 1};
		break;
	default:
		break;
	}
	return imapsrv_session_post(s, &e);
}

/* When they come. */
#define NOTIFY                                                                                     \
	"n NOTIFY SET (SELECTED (MessageNew MessageExpunge FlagChange)) (PERSONAL (MessageNew "    \
	"MessageExpunge FlagChange MailboxName SubscriptionChange MailboxMetadataChange "          \
	"ServerMetadataChange))\r\n"
static const char *const times[] = {"", NOTIFY, "i IDLE\r\n"};

static void test_spoilt(void **state)
{
	(void)state;
	for (size_t when = 0; when < COUNT(times); when++)
		for (size_t i = 0; i < COUNT(rows); i++) {
			int gave;

			world_begin(IN_FETCH);
			world_say(times[when]);
			world.faults = 0;
			gave = post_spoilt(world.s, rows[i].how);
			if (gave != rows[i].gives || (world.faults != 0) != (rows[i].fault != NULL) ||
			    (rows[i].fault && strcmp(world.fault, rows[i].fault) != 0))
				fail_msg("%s: gives %d, fault '%s'", rows[i].what, gave, world.fault);
			imapsrv_session_run(world.s);
			world_drain();
			world_say(when == 2 ? "DONE\r\nz NOOP\r\n" : "z NOOP\r\n");
			ROW(i, said("\r\nz OK NOOP") == 1 || !strncmp(world.out, "z OK NOOP", 9));
			ROW(i, said("\r\nz OK") <= 1 && !said("\xff") && !said("a\r\nb"));
			world_end(i);
		}
}

/* To a session that is not logged in yet, that has ended, and NULL. */
static void test_any_time(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		world_begin(IN_LOGIN);
		assert_int_equal(imapsrv_session_post(world.s, NULL), IMAPSRV_EINVAL);
		if (rows[i].how != MODSEQ_BACK) /* it has heard of no other */
			ROW(i, post_spoilt(world.s, rows[i].how) == rows[i].gives);
		imapsrv_session_run(world.s);
		world_say("z LOGOUT\r\n");
		ROW(i, said("z OK ") == 1);
		ROW(i, post_spoilt(world.s, UIDS_FOREIGN) == IMAPSRV_ECLOSED);
		world_end(i);
	}
}

/* A host that posts in each of its answers what makes the session ask again: no call of the session goes on for
 * ever, and the client is heard. */
static void play_again(struct imapsrv_op *op, const void *q)
{
	struct imapsrv_event e = IMAPSRV_EVENT_INIT;

	e.mailbox = (struct imapsrv_span){"INBOX", 5};
	if (world.played < 100000) /* it would end by itself then */
		(void)imapsrv_session_post(world.s, &e);
	answer_well(op, IN_UIDS, q);
}

static void answer_uids(struct imapsrv_op *op, const void *q)
{
	answer_well(op, IN_UIDS, q);
}

static void test_again(void **state)
{
	struct imapsrv_event e = IMAPSRV_EVENT_INIT;

	(void)state;
	world_turn = 1000;
	for (size_t when = 0; when < COUNT(times); when++) {
		world_begin(IN_FETCH);
		world_say(times[when]);
		world.at = IN_UIDS;
		world.play = play_again;
		e.mailbox = (struct imapsrv_span){"INBOX", 5};
		assert_int_equal(imapsrv_session_post(world.s, &e), 0);
		imapsrv_session_run(world.s);
		ROW(when, world.played < 5000);
		ROW(when, !when || imapsrv_session_want(world.s) & IMAPSRV_WANT_RUN);
		world.play = answer_uids; /* it has thought better of it */
		for (int i = 0; i < 3; i++)
			imapsrv_session_run(world.s);
		world_say(when == 2 ? "DONE\r\nz NOOP\r\n" : "z NOOP\r\n");
		ROW(when, said("z OK NOOP") == 1);
		world_end(when);
	}
	world_turn = 0;
}

/* The same in each answer about the user's rights, whatever that says. */
static enum imapsrv_code rights_code;

static void play_rights(struct imapsrv_op *op, const void *q)
{
	struct imapsrv_event e = IMAPSRV_EVENT_INIT;

	e.type = IMAPSRV_EVENT_ACCESS_LOST;
	e.mailbox = (struct imapsrv_span){"INBOX", 5};
	if (world.played < 100000)
		(void)imapsrv_session_post(world.s, &e);
	if (rights_code == IMAPSRV_OK)
		answer_well(op, IN_RIGHTS, q);
	else
		imapsrv_op_done(op, rights_code, NULL);
}

static void answer_rights(struct imapsrv_op *op, const void *q)
{
	answer_well(op, IN_RIGHTS, q);
}

static void test_rights_again(void **state)
{
	static const enum imapsrv_code codes[] = {IMAPSRV_OK, IMAPSRV_NONEXISTENT, IMAPSRV_NOPERM,
	                                          IMAPSRV_UNAVAILABLE};
	struct imapsrv_event e = IMAPSRV_EVENT_INIT;

	(void)state;
	world_turn = 1000;
	e.type = IMAPSRV_EVENT_ACCESS_LOST;
	e.mailbox = (struct imapsrv_span){"INBOX", 5};
	for (size_t i = 0; i < COUNT(times) * COUNT(codes); i++) {
		bool idles = i / COUNT(codes) == 2;

		rights_code = codes[i % COUNT(codes)];
		world_begin(IN_FETCH);
		world_say(times[i / COUNT(codes)]);
		world.at = IN_RIGHTS;
		world.play = play_rights;
		assert_int_equal(imapsrv_session_post(world.s, &e), 0);
		world_say(idles ? "" : "y NOOP\r\n");
		imapsrv_session_run(world.s);
		ROW(i, world.played && world.played < 100000);
		world.play = answer_rights;
		for (int n = 0; n < 3; n++)
			imapsrv_session_run(world.s);
		world_say(idles ? "DONE\r\nz NOOP\r\n" : "z NOOP\r\n");
		ROW(i, said("z OK NOOP") == 1);
		world_end(i);
	}
	world_turn = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spoilt),
		cmocka_unit_test(test_any_time),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_rights_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
