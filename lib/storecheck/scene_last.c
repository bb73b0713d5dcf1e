/* SPDX-License-Identifier: MIT */
/*
 * storecheck/scene_last - what the store does by itself: comes back after a restart, and finds what
 * others did to its mailboxes.
 */
#include <string.h>

#include "storecheck/check.h"

/* ---- restart ----------------------------------------------------------------------------- */

static void numbers(struct isrv_sc_client *k, const struct isrv_sc_box *box)
{
	struct isrv_sc *c = k->c;
	const struct isrv_sc_told *t = &k->told;

	if (!isrv_sc_need(k, ISRV_SC_RESTART_NAMES, "STATUS %s (UIDVALIDITY UIDNEXT%s%s)",
	                  box->name,
	                  k->caps & ISRV_SC_CONDSTORE ? " HIGHESTMODSEQ" : "",
	                  k->caps & ISRV_SC_OBJECTID ? " MAILBOXID" : ""))
		return;
	isrv_sc_want(c, t->uidvalidity == box->uidvalidity, ISRV_SC_RESTART_NAMES,
	             "UIDVALIDITY of %s was %u, and is %u", box->name, box->uidvalidity,
	             t->uidvalidity);
	isrv_sc_want(c, t->uidnext > box->top, ISRV_SC_RESTART_MAIL,
	             "UIDNEXT of %s is %u, and there was a message %u", box->name, t->uidnext,
	             box->top);
	isrv_sc_want(c, !box->highest || t->highest >= box->highest, ISRV_SC_RESTART_MODSEQ,
	             "HIGHESTMODSEQ of %s was %llu, and is %llu", box->name,
	             (unsigned long long)box->highest, (unsigned long long)t->highest);
	isrv_sc_want(c, !t->mailboxid.len || !box->mailboxid ||
	                        isrv_sc_hash(isrv_sc_span(k, t->mailboxid)) == box->mailboxid,
	             ISRV_SC_RESTART_NAMES, "MAILBOXID of %s is another", box->name);
}

static bool again(struct isrv_sc *c)
{
	isrv_sc_disconnect_all(c);
	return isrv_sc_want(c, !c->check.restart(c->check.user), ISRV_SC_RESTART_MAIL,
	                    "the store did not come back") &&
	       isrv_sc_connect(c, 0, false);
}

static void mail(struct isrv_sc_client *k, struct isrv_sc_box *box)
{
	struct isrv_sc *c = k->c;
	struct isrv_sc_message *m;

	/* Sequences first: a store that lost them may have begun anew. */
	if (!isrv_sc_need(k, ISRV_SC_OPEN_KNOWN, "EXAMINE %s", box->name))
		return;
	k->box = box;
	if (k->caps & ISRV_SC_CONDSTORE && box->highest) {
		isrv_sc_need(k, ISRV_SC_FETCH_ROWS, "UID FETCH 1:* (FLAGS MODSEQ)");
		for (size_t i = 0; i < k->told.row_count && isrv_sc_live(c); i++) {
			m = isrv_sc_message(box, k->told.rows[i].uid);
			isrv_sc_want(c, !m || k->told.rows[i].modseq >= m->modseq,
			             ISRV_SC_RESTART_MODSEQ,
			             "the sequence of message %u was %llu, and is %llu",
			             k->told.rows[i].uid, m ? (unsigned long long)m->modseq : 0ull,
			             (unsigned long long)k->told.rows[i].modseq);
		}
	}
	isrv_sc_compare(k, &(struct isrv_sc_blames){ISRV_SC_RESTART_MAIL, ISRV_SC_RESTART_MAIL,
	                                            ISRV_SC_RESTART_MAIL, ISRV_SC_RESTART_MAIL,
	                                            ISRV_SC_RESTART_MAIL});
	isrv_sc_compare_bodies(k, ISRV_SC_RESTART_MAIL);
	isrv_sc_select(k, box, "SELECT");
}

static void restart(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[0];
	struct isrv_sc_box *box = &c->boxes[0];
	uint64_t since;
	bool subscribed = false, loses = true;

	if (!isrv_sc_stage(c, 1, 6) || !isrv_sc_compare(k, &isrv_sc_fetching))
		return;
	since = box->highest;
	if (c->has_subscribe && c->has_mailboxes)
		subscribed = isrv_sc_ask(k, "SUBSCRIBE %s", box->name);
	for (unsigned round = 0; round < 2 && isrv_sc_live(c); round++) {
		uint32_t top = box->top;
		struct isrv_sc_message *m = &box->messages[0];

		isrv_sc_need(k, ISRV_SC_STORE_FLAGS, "UID STORE %u FLAGS (\\Flagged)", m->uid);
		m->flags = IMAPSRV_FLAGGED;
		loses = loses && isrv_sc_doom(k, top);
		if (loses)
			isrv_sc_remove(k, top);
		isrv_sc_compare(k, &isrv_sc_fetching);
		if (!isrv_sc_live(c) || !again(c))
			return;
		numbers(k, box);
		mail(k, box);
		isrv_sc_fill(k, box, 1);
	}
	if (subscribed && isrv_sc_need(k, ISRV_SC_RESTART_NAMES, "LIST (SUBSCRIBED) \"\" %s",
	                               box->name))
		isrv_sc_want(c, k->told.line_count, ISRV_SC_RESTART_NAMES,
		             "%s was subscribed to, and is not", box->name);
	isrv_sc_need(k, ISRV_SC_SESSION_LIVES, "NOOP");
	if (!isrv_sc_compare(k, &isrv_sc_fetching) || !since || !(k->caps & ISRV_SC_QRESYNC))
		return;
	isrv_sc_need(k, ISRV_SC_SESSION_LIVES, "ENABLE QRESYNC");
	isrv_sc_need(k, ISRV_SC_SESSION_LIVES, "UNSELECT");
	if (isrv_sc_live(c))
		isrv_sc_back(k, box, since);
}

/* ---- others ------------------------------------------------------------------------------ */

static void others(struct isrv_sc *c, enum imapsrv_outside what, const struct isrv_sc_box *box)
{
	struct imapsrv_span name = {box->name, strlen(box->name)};
	struct imapsrv_span message = {c->scratch.data, c->scratch.len};

	if (isrv_sc_live(c) && c->check.outside(c->check.user, what, name, message))
		isrv_sc_pass(c, "others: imapsrv_storecheck.outside failed");
}

/* What came is learned by NOOP, as a client does; then it is one message of many. */
static void learn(struct isrv_sc_client *k, uint32_t content)
{
	struct isrv_sc *c = k->c;
	size_t count = k->box->count;

	isrv_sc_settle(c);
	isrv_sc_need(k, ISRV_SC_SESSION_LIVES, "NOOP");
	isrv_sc_want(c, k->seen_count == count + 1, ISRV_SC_OUTSIDE_SEEN,
	             "a message was delivered; %u are known, and there should be %u",
	             (unsigned)k->seen_count, (unsigned)count + 1);
	isrv_sc_need(k, ISRV_SC_FETCH_ROWS, "FETCH %u (UID FLAGS)", (unsigned)k->seen_count);
	if (isrv_sc_want(c, k->told.row_count, ISRV_SC_FETCH_ROWS, "the new message is not there"))
		isrv_sc_box_came(c, k->box, k->told.rows[k->told.row_count - 1].uid, content, 0);
	isrv_sc_compare(k, &isrv_sc_fetching);
	if (isrv_sc_live(c))
		isrv_sc_compare_body(k, isrv_sc_message(k->box, k->box->top), ISRV_SC_BODY_OCTETS);
}

static void outside(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[0];

	if (!isrv_sc_stage(c, 1, 3) || !isrv_sc_compare(k, &isrv_sc_fetching))
		return;
	for (unsigned i = 0; i < 3 && isrv_sc_live(c); i++) {
		uint32_t content = isrv_sc_new_content(c);

		isrv_sc_content(c, content, &c->scratch);
		others(c, IMAPSRV_OUTSIDE_DELIVER, k->box);
		learn(k, content);
		c->scratch.len = 0;
		others(c, IMAPSRV_OUTSIDE_EXPUNGE, k->box);
		isrv_sc_box_remove(c, k->box, k->box->messages[0].uid);
		isrv_sc_settle(c);
		isrv_sc_need(k, ISRV_SC_SESSION_LIVES, "NOOP");
		isrv_sc_compare_seen(k, ISRV_SC_OUTSIDE_SEEN, ISRV_SC_OUTSIDE_SEEN,
		                     ISRV_SC_FETCH_FLAGS);
		isrv_sc_compare(k, &isrv_sc_fetching);
	}
	isrv_sc_select(k, k->box, "SELECT");
	isrv_sc_compare(k, &isrv_sc_fetching);
}

const struct isrv_sc_scene isrv_sc_scenes_last[] = {
	{"restart", "write restart", restart},
	{"others", "write outside", outside},
	{NULL, NULL, NULL},
};
