/* SPDX-License-Identifier: MIT */
/*
 * storecheck/scene_modseq - modification sequences, conditions, and what vanished (RFC 7162).
 */
#include <string.h>

#include "storecheck/check.h"

/* The stage, in a mailbox that has sequences; every message's is known. */
static bool stage(struct isrv_sc *c, unsigned clients, unsigned count)
{
	struct isrv_sc_client *k = &c->clients[0];

	if (!isrv_sc_stage(c, clients, count))
		return false;
	if (!(k->caps & ISRV_SC_CONDSTORE) || !k->box->highest)
		return isrv_sc_pass(c, "sequences of this mailbox");
	return isrv_sc_compare(k, &isrv_sc_fetching);
}

/* The sequence that FETCH tells of a message; 0: it tells none. */
static uint64_t sequence(struct isrv_sc_client *k, uint32_t uid)
{
	const struct isrv_sc_row *row;

	if (!isrv_sc_need(k, ISRV_SC_FETCH_ROWS, "UID FETCH %u (MODSEQ)", uid))
		return 0;
	row = isrv_sc_row_of(k, uid, ISRV_SC_HAS_MODSEQ);
	isrv_sc_want(k->c, row, ISRV_SC_FETCH_ROWS, "message %u has no sequence", uid);
	return row ? row->modseq : 0;
}

/* ---- what rises when --------------------------------------------------------------------- */

static void change_one(struct isrv_sc_client *k, struct isrv_sc_message *m, const char *item,
                       uint32_t flags)
{
	struct isrv_sc *c = k->c;
	uint64_t before, now;
	const struct isrv_sc_row *row;

	if (!isrv_sc_highest(k, k->box))
		return;
	before = k->box->highest;
	isrv_sc_need(k, ISRV_SC_STORE_FLAGS, "UID STORE %u %s", m->uid, item);
	row = isrv_sc_live(c) ? isrv_sc_row_of(k, m->uid, ISRV_SC_HAS_MODSEQ) : NULL;
	now = row ? row->modseq : 0;
	isrv_sc_want(c, row, ISRV_SC_STORE_ROWS, "no sequence is told after a change of message %u",
	             m->uid);
	if (isrv_sc_same_flags(k->box, flags, m->flags))
		isrv_sc_want(c, now == m->modseq, ISRV_SC_MODSEQ_SAME,
		             "message %u had these flags, and its sequence went from %llu to %llu",
		             m->uid, (unsigned long long)m->modseq, (unsigned long long)now);
	else
		isrv_sc_want(c, now > before, ISRV_SC_MODSEQ_RISES,
		             "message %u was changed and has %llu; HIGHESTMODSEQ was %llu", m->uid,
		             (unsigned long long)now, (unsigned long long)before);
	isrv_sc_want(c, now == sequence(k, m->uid), ISRV_SC_MODSEQ_ROW,
	             "`store` says that message %u has %llu, `fetch` says another", m->uid,
	             (unsigned long long)now);
	m->flags = flags;
	m->modseq = now;
	if (isrv_sc_live(c) && isrv_sc_highest(k, k->box))
		isrv_sc_want(c, k->box->highest >= now, ISRV_SC_MODSEQ_HIGHEST,
		             "message %u has %llu, and HIGHESTMODSEQ is %llu", m->uid,
		             (unsigned long long)now, (unsigned long long)k->box->highest);
}

static void rises(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[0];
	struct isrv_sc_message *m;
	uint64_t before;

	if (!stage(c, 1, 4))
		return;
	m = k->box->messages;
	change_one(k, &m[1], "FLAGS (\\Flagged)", IMAPSRV_FLAGGED);
	change_one(k, &m[1], "+FLAGS (\\Flagged)", IMAPSRV_FLAGGED);
	change_one(k, &m[0], "FLAGS (\\Seen)", IMAPSRV_SEEN);
	change_one(k, &m[1], "-FLAGS (\\Flagged)", 0);
	change_one(k, &m[1], "FLAGS ()", 0);
	change_one(k, &m[3], "FLAGS (\\Answered \\Draft)", IMAPSRV_ANSWERED | IMAPSRV_DRAFT);
	if (isrv_sc_flags_of(k->box) & ISRV_SC_KEYWORD(1)) {
		change_one(k, &m[2], "FLAGS (kit-green)", ISRV_SC_KEYWORD(1));
		change_one(k, &m[2], "-FLAGS (kit-green)", 0);
	}
	if (!isrv_sc_highest(k, k->box))
		return;
	/* A new message. */
	before = k->box->highest;
	isrv_sc_append(k, k->box, isrv_sc_new_content(c), 0, NULL);
	isrv_sc_need(k, ISRV_SC_SESSION_LIVES, "NOOP");
	if (!isrv_sc_compare(k, &isrv_sc_fetching))
		return;
	m = isrv_sc_message(k->box, k->box->top);
	isrv_sc_want(c, m->modseq > before, ISRV_SC_MODSEQ_RISES,
	             "message %u is new and has %llu; HIGHESTMODSEQ was %llu", m->uid,
	             (unsigned long long)m->modseq, (unsigned long long)before);
}

static void expunged(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[0];
	uint64_t before;
	uint32_t uid;

	if (!stage(c, 1, 5))
		return;
	for (unsigned round = 0; round < 2 && isrv_sc_live(c); round++) {
		uid = round ? k->box->messages[0].uid : k->box->top;
		if (!isrv_sc_doom(k, uid) || !isrv_sc_highest(k, k->box))
			return;
		before = k->box->highest;
		isrv_sc_remove(k, uid);
		if (!isrv_sc_highest(k, k->box))
			return;
		isrv_sc_want(c, k->box->highest > before, ISRV_SC_MODSEQ_EXPUNGE,
		             "HIGHESTMODSEQ was %llu, a message was expunged, and it is %llu",
		             (unsigned long long)before, (unsigned long long)k->box->highest);
		isrv_sc_compare(k, &isrv_sc_fetching);
		isrv_sc_select(k, k->box, "SELECT");
	}
}

/* RFC 7162 3.1.2.1: no sequence falls, whoever looks, in whatever way. */
static void kept(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[0];

	if (!stage(c, 1, 6))
		return;
	for (unsigned i = 0; i < 6 && isrv_sc_live(c); i++) {
		struct isrv_sc_message *m = &k->box->messages[i % 4];

		m->flags ^= IMAPSRV_FLAGGED;
		isrv_sc_need(k, ISRV_SC_STORE_FLAGS, "UID STORE %u %sFLAGS.SILENT (\\Flagged)",
		             m->uid,
		             m->flags & IMAPSRV_FLAGGED ? "+" : "-");
		isrv_sc_compare(k, &isrv_sc_fetching);
		if (i % 2)
			isrv_sc_need(k, ISRV_SC_SESSION_LIVES, "UNSELECT");
		isrv_sc_select(k, &c->boxes[0], "SELECT");
		isrv_sc_compare(k, &isrv_sc_fetching);
	}
}

/* ---- conditions -------------------------------------------------------------------------- */

static void condition(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[0];
	struct isrv_sc_message *m;
	uint64_t since;
	uint32_t flag;
	char name[160];

	if (!stage(c, 1, 4))
		return;
	m = k->box->messages;
	flag = isrv_sc_some_flags(k, IMAPSRV_FLAGGED);
	isrv_sc_put_flags(name, flag);
	if (!isrv_sc_highest(k, k->box))
		return;
	since = k->box->highest;
	/* Messages 1 and 2 change; on the condition that none has, 0 and 3 may. */
	for (unsigned i = 1; i < 3; i++) {
		m[i].flags ^= flag;
		isrv_sc_need(k, ISRV_SC_STORE_FLAGS, "UID STORE %u %sFLAGS (%s)", m[i].uid,
		             m[i].flags & flag ? "+" : "-", name);
	}
	isrv_sc_ask(k, "UID STORE %u:%u (UNCHANGEDSINCE %llu) FLAGS (\\Answered)", m[0].uid,
	            m[3].uid,
	            (unsigned long long)since);
	if (!isrv_sc_live(c))
		return;
	for (unsigned i = 0; i < 4; i++) {
		bool changed = i == 1 || i == 2,
			told = isrv_sc_has_number(&k->told.modified, m[i].uid);

		/* RFC 7162 3.1.12 lets a store look at single flags: \Flagged is among those
		 * set. */
		isrv_sc_want(c, !changed || told, ISRV_SC_STORE_CONDITION,
		             "message %u was changed since, and is not said to have failed",
		             m[i].uid);
		isrv_sc_want(c, changed || !told, ISRV_SC_STORE_HOLDS,
		             "message %u was not changed since, and is said to have failed",
		             m[i].uid);
		if (!changed)
			m[i].flags = IMAPSRV_ANSWERED;
	}
	isrv_sc_need(k, ISRV_SC_FETCH_ROWS, "UID FETCH %u:%u (FLAGS)", m[0].uid, m[3].uid);
	for (unsigned i = 0; i < 4 && isrv_sc_live(c); i++) {
		const struct isrv_sc_row *row = isrv_sc_row_of(k, m[i].uid, ISRV_SC_HAS_FLAGS);

		isrv_sc_want(c, row && isrv_sc_same_flags(k->box, row->flags, m[i].flags),
		             i == 1 || i == 2 ? ISRV_SC_STORE_CONDITION : ISRV_SC_STORE_HOLDS,
		             i == 1 || i == 2 ? "it failed, and message %u was changed"
		                              : "it held, and message %u was not changed",
		             m[i].uid);
	}
	/* It holds for a message that has just this sequence, and never with 0. */
	since = isrv_sc_live(c) ? sequence(k, m[0].uid) : 0;
	isrv_sc_ask(k, "UID STORE %u (UNCHANGEDSINCE 0) +FLAGS (\\Draft)", m[0].uid);
	isrv_sc_want(c, isrv_sc_has_number(&k->told.modified, m[0].uid), ISRV_SC_STORE_CONDITION,
	             "UNCHANGEDSINCE 0 holds for message %u", m[0].uid);
	isrv_sc_ask(k, "UID STORE %u (UNCHANGEDSINCE %llu) +FLAGS (\\Draft)", m[0].uid,
	            (unsigned long long)since);
	isrv_sc_want(c, !k->told.modified.count, ISRV_SC_STORE_HOLDS,
	             "message %u has the sequence %llu, and UNCHANGEDSINCE %llu fails", m[0].uid,
	             (unsigned long long)since, (unsigned long long)since);
	m[0].flags |= IMAPSRV_DRAFT;
	isrv_sc_compare(k, &(struct isrv_sc_blames){
		ISRV_SC_FETCH_ROWS, ISRV_SC_FETCH_ROWS, ISRV_SC_STORE_HOLDS, ISRV_SC_FETCH_DATE,
		ISRV_SC_BODY_OCTETS});
}

/* ---- what changed, what went ------------------------------------------------------------- */

/* FETCH (CHANGEDSINCE) tells every message with a higher sequence (RFC 7162 3.1.4.1). */
static void changed_since(struct isrv_sc_client *k, uint64_t since)
{
	struct isrv_sc *c = k->c;

	if (!isrv_sc_need(k, ISRV_SC_FETCH_CHANGED, "UID FETCH 1:* (FLAGS) (CHANGEDSINCE %llu)",
	                  (unsigned long long)since))
		return;
	for (size_t i = 0; i < k->box->count; i++) {
		const struct isrv_sc_message *m = &k->box->messages[i];

		isrv_sc_want(c, m->modseq <= since || isrv_sc_row_of(k, m->uid, ISRV_SC_HAS_FLAGS),
		             ISRV_SC_FETCH_CHANGED,
		             "message %u has %llu, and is not among those changed since %llu",
		             m->uid,
		             (unsigned long long)m->modseq, (unsigned long long)since);
	}
}

static void changes(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[0];

	if (!stage(c, 1, 8))
		return;
	for (unsigned i = 0; i < 4 && isrv_sc_live(c); i++) {
		struct isrv_sc_message *m = &k->box->messages[i * 2];

		m->flags = IMAPSRV_DRAFT;
		isrv_sc_need(k, ISRV_SC_STORE_FLAGS, "UID STORE %u FLAGS (\\Draft)", m->uid);
	}
	if (!isrv_sc_compare(k, &isrv_sc_fetching))
		return;
	changed_since(k, 1);
	for (size_t i = 0; i < k->box->count && isrv_sc_live(c); i++) {
		changed_since(k, k->box->messages[i].modseq);
		if (k->box->messages[i].modseq > 1)
			changed_since(k, k->box->messages[i].modseq - 1);
	}
}

/* A client comes back (RFC 7162 3.2.5): it is told of all that went since. */
bool isrv_sc_back(struct isrv_sc_client *k, struct isrv_sc_box *box, uint64_t since)
{
	struct isrv_sc *c = k->c;

	k->seen_count = 0;
	isrv_sc_say(k, "SELECT %s (QRESYNC (%u %llu 1:%u))", box->name, box->uidvalidity,
	            (unsigned long long)since, box->top);
	k->box = box;
	if (!isrv_sc_await(k) || !isrv_sc_needed(k, ISRV_SC_OPEN_KNOWN))
		return false;
	for (size_t i = 0; i < box->grave_count; i++)
		isrv_sc_want(c, box->graves[i].after < since ||
		                        isrv_sc_has_number(&k->told.earlier, box->graves[i].uid),
		             ISRV_SC_VANISHED_ALL,
		             "message %u went after %llu, and a client that knew %llu is not told",
		             box->graves[i].uid, (unsigned long long)box->graves[i].after,
		             (unsigned long long)since);
	for (size_t i = 0; i < box->count; i++) {
		const struct isrv_sc_message *m = &box->messages[i];

		isrv_sc_want(c, m->modseq <= since || isrv_sc_row_of(k, m->uid, ISRV_SC_HAS_FLAGS),
		             ISRV_SC_FETCH_CHANGED,
		             "message %u changed since %llu, and who comes back is not told",
		             m->uid, (unsigned long long)since);
	}
	return isrv_sc_need(k, ISRV_SC_SESSION_LIVES, "UNSELECT");
}

static void vanished(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[0];
	struct isrv_sc_box *box = &c->boxes[0];
	uint64_t since[4];

	if (!stage(c, 1, 10) || !isrv_sc_offers(k, ISRV_SC_QRESYNC))
		return;
	isrv_sc_need(k, ISRV_SC_SESSION_LIVES, "ENABLE QRESYNC");
	for (unsigned i = 0; i < 4 && isrv_sc_live(c); i++) {
		uint32_t uid = box->messages[i + 1].uid;

		if (!isrv_sc_doom(k, uid))
			return;
		isrv_sc_highest(k, box);
		since[i] = box->highest;
		isrv_sc_remove(k, uid);
		isrv_sc_want(c, isrv_sc_has_number(&k->told.vanished, uid), ISRV_SC_EXPUNGE_TOLD,
		             "message %u was expunged, and is not told", uid);
		/* What the command said is what there is (RFC 7162 3.2.10.2). */
		if (k->told.highest) {
			uint64_t said = k->told.highest;

			if (isrv_sc_highest(k, box))
				isrv_sc_want(c, said <= box->highest, ISRV_SC_MODSEQ_ROW,
				             "`expunge` told HIGHESTMODSEQ %llu, it is %llu",
				             (unsigned long long)said,
				             (unsigned long long)box->highest);
		}
	}
	if (!isrv_sc_live(c) || !isrv_sc_compare(k, &isrv_sc_fetching))
		return;
	isrv_sc_need(k, ISRV_SC_SESSION_LIVES, "UNSELECT");
	for (unsigned i = 0; i < 4 && isrv_sc_live(c); i++)
		isrv_sc_back(k, box, since[i]);
	if (isrv_sc_live(c))
		isrv_sc_back(k, box, box->highest);
}

const struct isrv_sc_scene isrv_sc_scenes_modseq[] = {
	{"sequences", "write modseqs", rises},
	{"sequences of expunges", "write modseqs", expunged},
	{"sequences kept", "write modseqs", kept},
	{"conditions", "write modseqs", condition},
	{"changes", "write modseqs", changes},
	{"vanished", "write modseqs", vanished},
	{NULL, NULL, NULL},
};
