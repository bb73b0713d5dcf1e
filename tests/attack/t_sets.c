/* SPDX-License-Identifier: MIT */
/*
 * attack/t_sets - sequence sets and what QRESYNC brings along, in mailboxes of a few messages and of
 * many; numbering, where messages come and go.
 */
#include "attack/grow.h"

#define SELECTED "s SELECT INBOX\r\n"
#define QRESYNC  "q ENABLE QRESYNC\r\n"
#define UIDONLY  "u ENABLE UIDONLY\r\n"

static void three(struct world *w, size_t n)
{
	(void)n;
	for (int i = 0; i < 3; i++)
		world_add(w, "Subject: x\r\n\r\ny\r\n", 17);
}

/* As many messages as pieces; of their UIDs every second one is missing. */
static void many(struct world *w, size_t n)
{
	for (size_t i = 0; i < n; i++)
		assert_non_null(ts_add(w->inbox, (uint32_t)(2 * i + 1), "\r\n", 2, 0, 0));
}

static const struct growth sets[] = {
	{"all, again and again", three, SELECTED, "a UID FETCH 1", ",1:4294967295", " UID\r\n",
	 20000, 0, "a OK", false, NULL, 0},
	{"the last, again and again", three, SELECTED, "a UID FETCH 1", ",*:1", " UID\r\n", 20000,
	 0, "a OK", false, NULL, 0},
	{"ascending", three, SELECTED, "a UID FETCH 1", ",\1:\1", " UID\r\n", 20000, 0, "a OK",
	 false, NULL, 0},
	{"descending", three, SELECTED, "a UID FETCH 1", ",\2", " UID\r\n", 20000, 0, "a OK",
	 false, NULL, 0},
	{"in no order", three, SELECTED, "a UID FETCH 1", ",2\3", " UID\r\n", 20000, 0, "a OK",
	 false, NULL, 0},
	{"overlapping", three, SELECTED, "a UID FETCH 1", ",1\3:2\3", " UID\r\n", 20000, 0,
	 "a OK", false, NULL, 0},
	{"of STORE", three, SELECTED, "a UID STORE 1", ",\2", " +FLAGS (\\Seen)\r\n", 20000, 0,
	 "a OK", false, NULL, 0},
	{"of COPY", three, SELECTED, "a UID COPY 1", ",\2", " INBOX\r\n", 20000, 0, "a OK", false,
	 NULL, 0},
	{"of EXPUNGE", three, SELECTED, "a UID EXPUNGE 1", ",\2", "\r\n", 20000, 0, "a OK", false,
	 NULL, 0},
	{"of SEARCH", three, SELECTED, "a SEARCH UID 1", ",\2", "\r\n", 20000, 0, "a OK", false,
	 NULL, 0},
	{"many of SEARCH", three, SELECTED, "a SEARCH ALL", " OR UID \1,3 UID 2\3", "\r\n", 10000,
	 0, "a OK", false, NULL, 0},
	{"numbers beyond the last", three, SELECTED, "a FETCH 1", ",\1", " UID\r\n", 20000, 0,
	 "a BAD", false, NULL, 0},
	{"every second message", many, SELECTED, "a UID FETCH 1", ",\2", " UID\r\n", 10000, 0,
	 "a OK", false, NULL, 0},
	{"a result of many ranges", many, SELECTED "s UID SEARCH RETURN (SAVE) ALL\r\n", "", "",
	 "a FETCH $ UID\r\n", 5000, 0, "a OK", false, NULL, 0},
	{"SAVE of many", many, SELECTED, "a SEARCH RETURN (SAVE) UID 1", ",\2", "\r\n", 10000, 0,
	 "a OK", false, NULL, 0},
};

static void T21_sets(void **state)
{
	(void)state;
	grow_each(sets, COUNT(sets));
}

/* RFC 7162 3.2.5: known UIDs, and pairs of numbers and UIDs; none costs a question of its own. */
static const struct growth resync[] = {
	{"known UIDs", many, QRESYNC, "a SELECT INBOX (QRESYNC (1 1 1", ",\1", "))\r\n", 10000, 0,
	 "a ", false, NULL, 0},
	{"known UIDs, descending", many, QRESYNC, "a SELECT INBOX (QRESYNC (1 1 1", ",\2",
	 "))\r\n", 10000, 0, "a ", false, NULL, 0},
	{"known UIDs, in no order", many, QRESYNC, "a SELECT INBOX (QRESYNC (1 1 1", ",1\3",
	 "))\r\n", 10000, 0, "a ", false, NULL, 0},
	{"known UIDs, none is there", three, QRESYNC, "a SELECT INBOX (QRESYNC (1 1 1000000",
	 ",1\1", "))\r\n", 10000, 0, "a ", false, NULL, 0},
	{"nothing known", many, QRESYNC, "", "", "a SELECT INBOX (QRESYNC (1 1))\r\n", 10000, 0,
	 "a OK", false, NULL, 0},
	{"FETCH VANISHED", many, QRESYNC SELECTED, "a UID FETCH 1", ",\1",
	 " (UID) (CHANGEDSINCE 1 VANISHED)\r\n", 10000, 0, "a OK", false, NULL, 0},
};

static void T22_resync(void **state)
{
	(void)state;
	grow_each(resync, COUNT(resync));
}

/* ---- messages that come and go -------------------------------------------------------------- */

static struct imapsrv_set one(struct imapsrv_range *range, size_t uid)
{
	range->first = range->last = (uint32_t)uid;
	return (struct imapsrv_set){range, 1};
}

/* Each on its own, in no order. */
static void expunge_each(struct world *w, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct imapsrv_range r;
		struct ts_set removed = {0};
		struct imapsrv_set set = one(&r, 2 * (i * 7919 % n) + 1);

		ts_remove(w->inbox, set, false, &removed);
		ts_post(w->ts, w->inbox, IMAPSRV_EVENT_MESSAGE_EXPUNGE, set, NULL);
		ts_set_clear(&removed);
	}
	world_feed(w, "a NOOP\r\n", 8, 0);
}

static void flag_one(struct world *w, size_t i, size_t n)
{
	struct imapsrv_range r;
	struct ts_changes c = {0};

	ts_flag(w->inbox, one(&r, 2 * (i * 7919 % n) + 1), IMAPSRV_FLAGS_ADD, IMAPSRV_SEEN, NULL, 0,
	        &c);
	ts_post_changes(w->ts, w->inbox, &c, NULL);
}

static void flag_each(struct world *w, size_t n)
{
	for (size_t i = 0; i < n; i++)
		flag_one(w, i, n);
	world_feed(w, "a NOOP\r\n", 8, 0);
}

/* Each told before the next comes. */
static void flag_each_told(struct world *w, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		flag_one(w, i, n);
		world_feed(w, "a NOOP\r\n", 8, 0);
	}
}

static void deliver_each(struct world *w, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct imapsrv_range r;

		world_add(w, "\r\n", 2);
		ts_post(w->ts, w->inbox, IMAPSRV_EVENT_MESSAGE_NEW,
		        one(&r, w->inbox->uidnext - 1), NULL);
	}
	world_feed(w, "a NOOP\r\n", 8, 0);
}

/* Four times as many messages; of the lower half every second one is \Deleted. */
static void half(struct world *w, size_t n)
{
	for (uint32_t uid = 1; uid <= 4 * n; uid++) {
		struct ts_message *m = ts_add(w->inbox, uid, "\r\n", 2, 0, 0);

		assert_non_null(m);
		m->system = uid % 2 || uid > 2 * n ? 0 : IMAPSRV_DELETED;
	}
}

/* Others expunge every second one of the upper half, which the client is not told; then it those. */
static void expunge_below(struct world *w, size_t n)
{
	struct ts_set above = {0}, removed = {0};

	for (size_t uid = 2 * n + 2; uid <= 4 * n; uid += 2)
		ts_set_add(&above, (uint32_t)uid);
	ts_remove(w->inbox, ts_set_view(&above), false, &removed);
	ts_post(w->ts, w->inbox, IMAPSRV_EVENT_MESSAGE_EXPUNGE, ts_set_view(&above), NULL);
	ts_set_clear(&removed);
	ts_set_clear(&above);
	world_feed(w, "a EXPUNGE\r\n", 11, 0);
}

/* COPY: above some 4,300 messages of such numbers a block of the number map changes its form, to one in
 * which each is found with a little more work.  Both mailboxes stay below, with what is copied. */
static const struct growth changes[] = {
	{"SELECT", many, NULL, "", "", SELECTED, 20000, 0, "s OK", false, NULL, 0},
	{"FETCH of all", many, SELECTED, "", "", "a FETCH 1:* (UID FLAGS)\r\n", 5000, 0, "a OK",
	 false, NULL, 0},
	{"STORE of all", many, SELECTED, "", "", "a STORE 1:* +FLAGS (\\Seen)\r\n", 5000, 0,
	 "a OK", false, NULL, 0},
	{"EXPUNGE of all", many, SELECTED "a STORE 1:* +FLAGS.SILENT (\\Deleted)\r\n", "", "",
	 "a EXPUNGE\r\n", 20000, 0, "a OK", false, NULL, 0},
	{"EXPUNGE of every other, and NOTIFY NONE", half, UIDONLY SELECTED "n NOTIFY NONE\r\n", "", "",
	 "a EXPUNGE\r\n", 10000, 0, "a OK", false, NULL, 0},
	{"EXPUNGE below what others expunged", half, SELECTED "n NOTIFY NONE\r\n", "", "", "", 10000, 0, "a OK",
	 false, expunge_below, 0},
	{"the same with UIDONLY", half, UIDONLY SELECTED "n NOTIFY NONE\r\n", "", "", "", 10000, 0, "a OK",
	 false, expunge_below, 0},
	{"COPY of all", many, SELECTED, "", "", "a COPY 1:* INBOX\r\n", 1000, 0, "a OK", false,
	 NULL, 0},
	{"expunged one by one", many, SELECTED, "", "", "", 2000, 0, "a OK", false, expunge_each,
	 30},
	{"flags one by one", many, SELECTED, "", "", "", 4000, 0, "a OK", false, flag_each, 25},
	{"delivered one by one", three, SELECTED, "", "", "", 5000, 0, "a OK", false,
	 deliver_each, 0},
	{"expunged one by one, QRESYNC", many, QRESYNC SELECTED, "", "", "", 2000, 0, "a OK",
	 false, expunge_each, 30},
	{"flags one by one, followed", many, SELECTED "a SEARCH RETURN (UPDATE) SEEN\r\n", "", "",
	 "", 2000, 0, "a OK", false, flag_each, 25},
	{"flags told one by one, followed", many, SELECTED "a SEARCH RETURN (UPDATE) UNSEEN\r\n", "", "",
	 "", 2000, 0, "a OK", false, flag_each_told, 25},
	{"flags told one by one, followed in order", many,
	 SELECTED "a SORT RETURN (UPDATE) (ARRIVAL) UTF-8 UNSEEN\r\n", "", "", "", 2000, 0, "a OK", false,
	 flag_each_told, 25},
};

static void R07_changes(void **state)
{
	(void)state;
	grow_each(changes, COUNT(changes));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(T21_sets),
		cmocka_unit_test(T22_resync),
		cmocka_unit_test(R07_changes),
	};

	return cmocka_run_group_tests_name("sets", tests, NULL, NULL);
}
