/* SPDX-License-Identifier: MIT */
/*
 * storecheck/scene_together - several questions at a time, and questions whose client has gone
 * before they were answered.  A store that answers in its callbacks has little to fear here.
 */
#include <string.h>

#include "storecheck/check.h"

/* ---- the client has gone ------------------------------------------------------------------- */

static void forget_flags(struct isrv_sc_box *box)
{
	for (size_t i = 0; i < box->count; i++)
		box->messages[i].modseq = 0;
}

/* The connection ends with the command under way; another client looks. */
static bool cut(struct isrv_sc *c)
{
	isrv_sc_push(c);
	isrv_sc_disconnect_all(c);
	forget_flags(&c->boxes[0]);
	return isrv_sc_live(c) && isrv_sc_connect(c, 0, false);
}

/* How many messages there are now, by STATUS. */
static uint32_t count_in(struct isrv_sc_client *k, const struct isrv_sc_box *box)
{
	return isrv_sc_need(k, ISRV_SC_OPEN_KNOWN, "STATUS %s (MESSAGES)", box->name)
	               ? k->told.messages
	               : 0;
}

static const struct isrv_sc_blames cutting = {ISRV_SC_OP_CANCELLED, ISRV_SC_OP_CANCELLED,
                                              ISRV_SC_OP_CANCELLED, ISRV_SC_OP_CANCELLED,
                                              ISRV_SC_OP_CANCELLED};

/* What only asks leaves all as it was. */
static void cut_questions(struct isrv_sc *c)
{
	static const char *const questions[] = {
		"UID FETCH 1:* (BODY.PEEK[])", "UID FETCH 1:* (ENVELOPE)", "UID SEARCH BODY kit",
		"UID SEARCH RETURN (ALL) SUBJECT kit", "LIST \"\" \"*\"", "NOOP"};
	struct isrv_sc_client *k = &c->clients[0];

	if (!isrv_sc_stage(c, 1, 5))
		return;
	for (size_t i = 0; i < sizeof(questions) / sizeof(*questions) && isrv_sc_live(c); i++) {
		isrv_sc_say(k, "%s", questions[i]);
		cut(c);
		isrv_sc_reselect(k, &c->boxes[0], &cutting);
		isrv_sc_compare(k, &cutting);
	}
	/* And the opening of a mailbox itself. */
	isrv_sc_say(k, "SELECT %s", c->boxes[0].name);
	if (cut(c) && isrv_sc_reselect(k, &c->boxes[0], &cutting))
		isrv_sc_compare(k, &cutting);
}

/* Each message has its old flags or its new ones. */
static void cut_store(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[0];
	struct isrv_sc_box *box = &c->boxes[0];
	char name[160];
	uint32_t flag;

	if (!isrv_sc_stage(c, 1, 5))
		return;
	flag = isrv_sc_some_flags(k, IMAPSRV_DRAFT);
	isrv_sc_put_flags(name, flag);
	isrv_sc_say(k, "UID STORE 1:* FLAGS (%s)", name);
	if (!cut(c) || !isrv_sc_need(k, ISRV_SC_OPEN_KNOWN, "EXAMINE %s", box->name) ||
	    !isrv_sc_need(k, ISRV_SC_FETCH_ROWS, "UID FETCH 1:* (FLAGS)"))
		return;
	for (size_t i = 0; i < box->count && isrv_sc_live(c); i++) {
		struct isrv_sc_message *m = &box->messages[i];
		const struct isrv_sc_row *row = isrv_sc_row_of(k, m->uid, ISRV_SC_HAS_FLAGS);

		if (row && isrv_sc_same_flags(box, row->flags, flag))
			m->flags = flag;
	}
	isrv_sc_reselect(k, box, &cutting);
	isrv_sc_compare(k, &cutting);
}

/* Of the \Deleted any may be gone, of the others none. */
static void cut_expunge(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[0];
	struct isrv_sc_box *box = &c->boxes[0];

	if (!isrv_sc_stage(c, 1, 6) || !isrv_sc_deletes(k))
		return;
	isrv_sc_need(k, ISRV_SC_STORE_FLAGS, "UID STORE %u:%u FLAGS (\\Deleted)",
	             box->messages[1].uid, box->messages[3].uid);
	isrv_sc_say(k, "EXPUNGE");
	if (!cut(c) || !isrv_sc_need(k, ISRV_SC_OPEN_KNOWN, "EXAMINE %s", box->name) ||
	    !isrv_sc_need(k, ISRV_SC_FETCH_ROWS, "UID FETCH 1:* (FLAGS)"))
		return;
	for (size_t i = 4; i-- > 1;) {
		box->messages[i].flags = IMAPSRV_DELETED;
		if (!isrv_sc_row_of(k, box->messages[i].uid, ISRV_SC_HAS_FLAGS))
			isrv_sc_box_remove(c, box, box->messages[i].uid);
	}
	isrv_sc_reselect(k, box, &cutting);
	isrv_sc_compare(k, &cutting);
}

/* All copies, or none (RFC 9051 6.4.7); nothing is lost (6.4.8). */
static void cut_copy(struct isrv_sc *c)
{
	static const char *const verbs[] = {"COPY", "MOVE"};
	struct isrv_sc_client *k = &c->clients[0];
	uint32_t left, came, had = 0;

	if (!isrv_sc_stage(c, 1, 5) || !isrv_sc_box(k, 1))
		return;
	for (unsigned i = 0; i < (k->caps & ISRV_SC_MOVE ? 2 : 1) && isrv_sc_live(c); i++) {
		if (i)
			isrv_sc_reselect(k, &c->boxes[0], &cutting);
		isrv_sc_say(k, "UID %s 1:* %s", verbs[i], c->boxes[1].name);
		cut(c);
		left = count_in(k, &c->boxes[0]);
		came = count_in(k, &c->boxes[1]) - had;
		had += came;
		isrv_sc_want(c, came == 0 || came == 5, ISRV_SC_OP_CANCELLED,
		             "%u of 5 messages were in the target after a %s that was cut off",
		             came,
		             verbs[i]);
		isrv_sc_want(c, left == 5 || (i && left == 0 && came == 5), ISRV_SC_OP_CANCELLED,
		             "%u of 5 messages were left after a %s that was cut off", left,
		             verbs[i]);
	}
}

/* The whole message has come, and the answer has not. */
static void cut_append(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[0];
	uint32_t came;

	if (!isrv_sc_stage(c, 1, 2))
		return;
	/* Who can write offers MULTIAPPEND. */
	isrv_sc_say(k, "APPEND %s {8+}\r\nX: 1\r\n\r\n {8+}\r\nX: 2\r\n\r\n", c->boxes[0].name);
	if (!cut(c))
		return;
	came = count_in(k, &c->boxes[0]) - 2;
	isrv_sc_want(c, came == 0 || came == 2, ISRV_SC_OP_CANCELLED,
	             "%u messages came of an APPEND that was cut off", came);
}

/* ---- at the same time ---------------------------------------------------------------------- */

/* RFC 7162 3.1.3: of two that set flags on the condition that nobody else did, one comes first. */
static void two_conditions(struct isrv_sc *c)
{
	uint32_t flags[2];
	char set[2][160];
	const struct isrv_sc_row *row;
	struct isrv_sc_message *m;
	unsigned failed[2], round;

	if (!isrv_sc_stage(c, 2, 3))
		return;
	if (!(c->clients[0].caps & ISRV_SC_CONDSTORE) || !c->boxes[0].highest) {
		isrv_sc_pass(c, "sequences of this mailbox");
		return;
	}
	flags[0] = isrv_sc_some_flags(&c->clients[0], IMAPSRV_FLAGGED);
	flags[1] = isrv_sc_flags_of(&c->boxes[0]) & ~flags[0];
	flags[1] = flags[1] & IMAPSRV_ANSWERED ? IMAPSRV_ANSWERED : flags[1];
	if (!flags[1])
		isrv_sc_pass(c, "two flags in imapsrv_mailbox.permanent_flags");
	for (unsigned i = 0; i < 2; i++)
		isrv_sc_put_flags(set[i], flags[i]);
	for (round = 0; round < 3 && isrv_sc_live(c); round++) {
		m = &c->boxes[0].messages[round];
		isrv_sc_need(&c->clients[0], ISRV_SC_STORE_FLAGS, "UID STORE %u FLAGS ()", m->uid);
		m->flags = 0;
		isrv_sc_look(&c->clients[0]);
		isrv_sc_look(&c->clients[1]);
		if (!isrv_sc_highest(&c->clients[0], &c->boxes[0]))
			return;
		for (unsigned i = 0; i < 2; i++)
			isrv_sc_say(&c->clients[i], "UID STORE %u (UNCHANGEDSINCE %llu) FLAGS (%s)",
			            m->uid, (unsigned long long)c->boxes[0].highest, set[i]);
		for (unsigned i = 0; i < 2; i++) {
			if (!isrv_sc_await(&c->clients[i]))
				return;
			failed[i] = c->clients[i].told.modified.count != 0;
		}
		isrv_sc_want(c, failed[0] + failed[1] == 1, ISRV_SC_STORE_ATOMIC,
		             "two clients change message %u at a time, each if nobody else has; "
		             "of the two %u fail", m->uid, failed[0] + failed[1]);
		m->flags = flags[failed[0]];
		isrv_sc_need(&c->clients[0], ISRV_SC_FETCH_ROWS, "UID FETCH %u (FLAGS)", m->uid);
		row = isrv_sc_live(c) ? isrv_sc_row_of(&c->clients[0], m->uid,
		                                       ISRV_SC_HAS_FLAGS) : NULL;
		isrv_sc_want(c, row && isrv_sc_same_flags(&c->boxes[0], row->flags, m->flags),
		             ISRV_SC_STORE_ATOMIC,
		             "the condition failed for one client, and message %u has its flags",
		             m->uid);
	}
	isrv_sc_look(&c->clients[1]);
	isrv_sc_compare(&c->clients[1], &isrv_sc_fetching);
}

/* Each of the two gets a UID of its own, and both messages are there. */
static void two_appends(struct isrv_sc *c)
{
	struct isrv_sc_box *box = &c->boxes[0];
	uint32_t content[2], uid[2];

	if (!isrv_sc_stage(c, 2, 2))
		return;
	for (unsigned i = 0; i < 2 && isrv_sc_live(c); i++) {
		struct isrv_sc_client *k = &c->clients[i];

		content[i] = isrv_sc_new_content(c);
		isrv_sc_content(c, content[i], &c->scratch);
		isrv_sc_say(k, "APPEND %s {%u+}", box->name, (unsigned)c->scratch.len);
		isrv_sc_raw(k, c->scratch.data, c->scratch.len);
		isrv_sc_raw(k, "\r\n", 2);
	}
	for (unsigned i = 0; i < 2; i++) {
		struct isrv_sc_client *k = &c->clients[i];

		if (!isrv_sc_await(k) || !isrv_sc_needed(k, ISRV_SC_APPEND_DONE))
			return;
		if (k->told.appended.count != 1) {
			isrv_sc_pass(c, isrv_sc_no_appended);
			return;
		}
		uid[i] = k->told.appended.v[0];
	}
	isrv_sc_want(c, uid[0] != uid[1], ISRV_SC_UIDS_ONCE, "two messages came with UID %u",
	             uid[0]);
	for (unsigned n = 0; n < 2 && isrv_sc_live(c); n++) {
		unsigned i = uid[0] < uid[1] ? n : 1 - n;

		isrv_sc_box_came(c, box, uid[i], content[i], 0);
	}
	for (unsigned i = 0; i < 2 && isrv_sc_live(c); i++) {
		isrv_sc_look(&c->clients[i]);
		isrv_sc_compare(&c->clients[i], &isrv_sc_fetching);
		isrv_sc_compare_bodies(&c->clients[i], ISRV_SC_APPEND_UIDS);
	}
}

const struct isrv_sc_scene isrv_sc_scenes_together[] = {
	{"questions cut off", "write", cut_questions},
	{"flags cut off", "write", cut_store},
	{"expunge cut off", "write", cut_expunge},
	{"copy cut off", "write mailboxes", cut_copy},
	{"append not answered", "write", cut_append},
	{"two conditions", "write two", two_conditions},
	{"two appends", "write two", two_appends},
	{NULL, NULL, NULL},
};
