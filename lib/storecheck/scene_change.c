/* SPDX-License-Identifier: MIT */
/*
 * storecheck/scene_change - flags, expunges, copies, moves, and the numbers of a mailbox.
 */
#include <string.h>

#include "storecheck/check.h"

/* ---- flags ------------------------------------------------------------------------------- */

static const char *const mode_names[] = {"FLAGS", "+FLAGS", "-FLAGS"};

/* UID STORE of message i and the one behind it; who was not meant must not change. */
static bool change(struct isrv_sc_client *k, size_t i, enum imapsrv_store_mode mode, uint32_t flags,
                   enum isrv_sc_clause clause)
{
	struct isrv_sc *c = k->c;
	struct isrv_sc_message *m = &k->box->messages[i];
	char names[160];

	isrv_sc_put_flags(names, flags);
	if (!isrv_sc_need(k, clause, "UID STORE %u:%u %s (%s)", m[0].uid, m[1].uid,
	                  mode_names[mode], names))
		return false;
	for (size_t n = 0; n < 2 && isrv_sc_live(c); n++) {
		uint32_t now = isrv_sc_after(m[n].flags, mode, flags);
		const struct isrv_sc_row *row = isrv_sc_row_of(k, m[n].uid, ISRV_SC_HAS_FLAGS);

		/* RFC 9051 6.4.6: without .SILENT the value is told, whether it changed or not. */
		isrv_sc_want(c, row, ISRV_SC_STORE_ROWS,
		             "the flags of message %u are not told after a change", m[n].uid);
		isrv_sc_want(c, row && isrv_sc_same_flags(k->box, row->flags, now), clause,
		             "after %s (%s) message %u is answered with other flags",
		             mode_names[mode], names, m[n].uid);
		m[n].flags = now;
	}
	return isrv_sc_live(c);
}

static void flags_of(struct isrv_sc *c, uint32_t among, enum isrv_sc_clause clause)
{
	struct isrv_sc_client *k = &c->clients[0];
	const struct isrv_sc_blames blames = {clause, clause, clause, ISRV_SC_FETCH_DATE,
	                                      ISRV_SC_BODY_OCTETS};

	for (unsigned i = 0; i < 12 && isrv_sc_live(c); i++) {
		uint32_t bits = 0, usable = isrv_sc_flags_of(k->box) & among;

		for (unsigned bit = 0; bit < 12; bit++)
			if (usable >> bit & 1 && isrv_sc_below(c, 2))
				bits |= 1u << bit;
		/* Each mode comes several times. */
		if (!change(k, i % 3, (enum imapsrv_store_mode)(i % 3), bits, clause))
			return;
		isrv_sc_compare(k, &blames);
	}
	isrv_sc_select(k, k->box, "SELECT");
	isrv_sc_compare(k, &blames);
}

static void flags(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[0];
	uint32_t usable;

	if (!isrv_sc_stage(c, 1, 5))
		return;
	/* One by one first: a defect is seen where it is. */
	usable = isrv_sc_flags_of(k->box) & IMAPSRV_SYSTEM_FLAGS;
	if (!usable) {
		isrv_sc_pass(c, "system flags in imapsrv_mailbox.permanent_flags");
		return;
	}
	for (unsigned bit = 0; bit < 5 && isrv_sc_live(c); bit++) {
		uint32_t flag = usable & 1u << bit;

		change(k, 0, IMAPSRV_FLAGS_SET, 0, ISRV_SC_STORE_FLAGS);
		change(k, 0, IMAPSRV_FLAGS_ADD, flag, ISRV_SC_STORE_FLAGS);
		change(k, 0, IMAPSRV_FLAGS_REMOVE, flag, ISRV_SC_STORE_FLAGS);
		change(k, 0, IMAPSRV_FLAGS_SET, flag, ISRV_SC_STORE_FLAGS);
		isrv_sc_compare(k, &(struct isrv_sc_blames){
			ISRV_SC_STORE_OTHERS, ISRV_SC_STORE_OTHERS, ISRV_SC_STORE_OTHERS,
			ISRV_SC_FETCH_DATE, ISRV_SC_BODY_OCTETS});
	}
	flags_of(c, IMAPSRV_SYSTEM_FLAGS, ISRV_SC_STORE_FLAGS);
}

static void keywords(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[0];
	const struct isrv_sc_row *row;
	struct isrv_sc_message *m;

	if (!isrv_sc_stage(c, 1, 5))
		return;
	if (!(isrv_sc_flags_of(k->box) & ISRV_SC_ALL_KEYWORDS)) {
		isrv_sc_pass(c, "keywords of clients");
		return;
	}
	/* RFC 9051 2.3.2: keywords are not case-sensitive. */
	m = &k->box->messages[0];
	change(k, 0, IMAPSRV_FLAGS_SET, ISRV_SC_KEYWORD(0) | ISRV_SC_KEYWORD(2),
	       ISRV_SC_STORE_KEYWORDS);
	isrv_sc_need(k, ISRV_SC_STORE_KEYWORDS, "UID STORE %u -FLAGS (KIT-RED)", m->uid);
	m->flags = ISRV_SC_KEYWORD(2);
	isrv_sc_need(k, ISRV_SC_FETCH_ROWS, "UID FETCH %u (FLAGS)", m->uid);
	row = isrv_sc_row_of(k, m->uid, ISRV_SC_HAS_FLAGS);
	isrv_sc_want(c, row && isrv_sc_same_flags(k->box, row->flags, m->flags),
	             ISRV_SC_STORE_KEYWORDS,
	             "kit-red was not removed from message %u by -FLAGS (KIT-RED)", m->uid);
	flags_of(c, ISRV_SC_ALL_KEYWORDS, ISRV_SC_STORE_KEYWORDS);
	flags_of(c, ISRV_SC_KEPT, ISRV_SC_STORE_KEYWORDS);
}

/* RFC 9051 6.4.5: reading a body sets \Seen, and the client is told if that is new. */
static void seen(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[0];
	struct isrv_sc_message *m;

	if (!isrv_sc_stage(c, 1, 3))
		return;
	if (!(isrv_sc_flags_of(k->box) & IMAPSRV_SEEN)) {
		isrv_sc_pass(c, "\\Seen in imapsrv_mailbox.permanent_flags");
		return;
	}
	m = &k->box->messages[0];
	change(k, 0, IMAPSRV_FLAGS_SET, 0, ISRV_SC_STORE_FLAGS);
	for (unsigned round = 0; round < 2 && isrv_sc_live(c); round++) {
		bool told;

		isrv_sc_need(k, ISRV_SC_BODY_OCTETS, "UID FETCH %u (BODY[TEXT])", m->uid);
		told = isrv_sc_row_of(k, m->uid, ISRV_SC_HAS_FLAGS) != NULL;
		isrv_sc_want(
			c, round || told, ISRV_SC_STORE_UNCHANGED,
			"message %u became \\Seen, and the row that `store` gave is `unchanged`",
			m->uid);
		isrv_sc_want(c, !round || !told, ISRV_SC_STORE_UNCHANGED,
		             "message %u was \\Seen already, and the row that `store` gave is not "
		             "`unchanged`",
		             m->uid);
	}
	m->flags |= IMAPSRV_SEEN;
	isrv_sc_compare(k, &isrv_sc_fetching);
}

/* ---- expunge ----------------------------------------------------------------------------- */

static const struct isrv_sc_blames expunging = {ISRV_SC_EXPUNGE_DELETED, ISRV_SC_EXPUNGE_GONE,
                                                ISRV_SC_FETCH_FLAGS, ISRV_SC_FETCH_DATE,
                                                ISRV_SC_BODY_OCTETS};

/* Sets \Deleted on the messages at these places. */
static bool doom(struct isrv_sc_client *k, const unsigned *places, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct isrv_sc_message *m = &k->box->messages[places[i]];

		if (!isrv_sc_need(k, ISRV_SC_STORE_FLAGS, "UID STORE %u +FLAGS (\\Deleted)",
		                  m->uid))
			return false;
		m->flags |= IMAPSRV_DELETED;
	}
	return true;
}

static void expunge(struct isrv_sc *c)
{
	static const unsigned places[] = {1, 2, 5, 8};
	struct isrv_sc_client *k = &c->clients[0];
	struct isrv_sc_box *box;
	uint32_t top, spared;

	if (!isrv_sc_stage(c, 1, 10) || !isrv_sc_deletes(k))
		return;
	box = k->box;
	doom(k, places, 4);
	/* RFC 9051 6.4.9: only those of the set, and of them only the \Deleted. */
	spared = box->messages[8].uid;
	isrv_sc_need(k, ISRV_SC_EXPUNGE_GONE, "UID EXPUNGE %u:%u", box->messages[0].uid,
	             box->messages[6].uid);
	isrv_sc_need(k, ISRV_SC_FETCH_ROWS, "UID FETCH 1:* (FLAGS)");
	for (unsigned i = 0; i < 10 && isrv_sc_live(c); i++)
		isrv_sc_want(c, i == 1 || i == 2 || i == 5 ||
		                        isrv_sc_row_of(k, box->messages[i].uid, ISRV_SC_HAS_FLAGS),
		             i > 6 ? ISRV_SC_EXPUNGE_SET : ISRV_SC_EXPUNGE_DELETED,
		             i > 6 ? "message %u was not in the set, and went"
		                   : "message %u was not \\Deleted, and went",
		             box->messages[i].uid);
	for (unsigned i = 3; i-- > 0 && isrv_sc_live(c);)
		isrv_sc_box_remove(c, box, box->messages[places[i]].uid);
	isrv_sc_compare_seen(k, ISRV_SC_EXPUNGE_TOLD, ISRV_SC_EXPUNGE_TOLD, ISRV_SC_FETCH_FLAGS);
	isrv_sc_compare(k, &expunging);
	isrv_sc_reselect(k, box, &expunging);
	isrv_sc_compare(k, &expunging);
	/* The highest one goes, and its UID with it. */
	if (!isrv_sc_live(c))
		return;
	top = box->top;
	isrv_sc_need(k, ISRV_SC_STORE_FLAGS, "UID STORE %u +FLAGS (\\Deleted)", top);
	isrv_sc_need(k, ISRV_SC_EXPUNGE_GONE, "EXPUNGE");
	isrv_sc_box_remove(c, box, top);
	isrv_sc_box_remove(c, box, spared);
	isrv_sc_compare(k, &expunging);
	isrv_sc_need(k, ISRV_SC_SESSION_LIVES, "UNSELECT");
	isrv_sc_reselect(k, box, &expunging);
	isrv_sc_fill(k, box, 2);
	isrv_sc_compare(k, &expunging);
	isrv_sc_compare_bodies(k, ISRV_SC_UIDS_ONCE);
}

/* RFC 9051 6.4.2: UNSELECT removes nothing; 6.4.1: CLOSE does. */
static void closing(struct isrv_sc *c)
{
	static const unsigned places[] = {0, 3};
	struct isrv_sc_client *k = &c->clients[0];
	struct isrv_sc_box *box = &c->boxes[0];

	if (!isrv_sc_stage(c, 1, 4) || !isrv_sc_deletes(k) || !doom(k, places, 2))
		return;
	isrv_sc_need(k, ISRV_SC_SESSION_LIVES, "UNSELECT");
	isrv_sc_reselect(k, box, &expunging);
	isrv_sc_compare(k, &expunging);
	isrv_sc_need(k, ISRV_SC_EXPUNGE_GONE, "CLOSE");
	if (!isrv_sc_live(c))
		return;
	isrv_sc_box_remove(c, box, box->messages[3].uid);
	isrv_sc_box_remove(c, box, box->messages[0].uid);
	isrv_sc_reselect(k, box, &expunging);
	isrv_sc_compare(k, &expunging);
}

/* ---- copy and move ----------------------------------------------------------------------- */

/* What COPYUID said becomes what the target has. */
static bool take_copies(struct isrv_sc_client *k, struct isrv_sc_box *from, struct isrv_sc_box *to,
                        size_t count)
{
	struct isrv_sc *c = k->c;

	if (!k->told.from.count)
		return isrv_sc_pass(c, isrv_sc_no_copies);
	isrv_sc_want(c, k->told.from.count == count && k->told.to.count == count, ISRV_SC_COPY_ALL,
	             "%u messages should have been copied, and COPYUID has %u and %u",
	             (unsigned)count,
	             (unsigned)k->told.from.count, (unsigned)k->told.to.count);
	isrv_sc_want(c, !to->uidvalidity || k->told.code_validity == to->uidvalidity,
	             ISRV_SC_COPY_UIDS, "UIDVALIDITY of the target is %u, COPYUID has %u",
	             to->uidvalidity, k->told.code_validity);
	for (size_t i = 0; i < count && isrv_sc_live(c); i++) {
		const struct isrv_sc_message *source = isrv_sc_message(from, k->told.from.v[i]);

		if (isrv_sc_want(c, source, ISRV_SC_COPY_UIDS,
		                 "COPYUID names message %u, which is not there",
		                 k->told.from.v[i]))
			isrv_sc_box_copy(c, to, k->told.to.v[i], source);
	}
	return isrv_sc_live(c);
}

static const struct isrv_sc_blames copying = {ISRV_SC_COPY_ALL, ISRV_SC_COPY_ALL,
                                              ISRV_SC_COPY_SAME, ISRV_SC_COPY_SAME,
                                              ISRV_SC_COPY_SAME};

static const struct isrv_sc_blames moving = {ISRV_SC_MOVE_ALL, ISRV_SC_MOVE_ALL,
                                             ISRV_SC_COPY_SAME, ISRV_SC_COPY_SAME,
                                             ISRV_SC_COPY_SAME};

static void copy(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[0];
	struct isrv_sc_box *from, *to;

	if (!isrv_sc_stage(c, 1, 6))
		return;
	from = k->box;
	/* Dates that the store gave are known before they are copied. */
	isrv_sc_compare(k, &isrv_sc_fetching);
	to = c->has_mailboxes ? isrv_sc_box(k, 1) : from;
	if (!to || !isrv_sc_live(c))
		return;
	if (to != from && isrv_sc_append(k, to, isrv_sc_new_content(c), 0, NULL) &&
	    isrv_sc_need(k, ISRV_SC_OPEN_KNOWN, "STATUS %s (UIDVALIDITY)", to->name))
		to->uidvalidity = k->told.uidvalidity;
	if (!isrv_sc_live(c))
		return;
	isrv_sc_ask(k, "UID COPY %u:%u,%u %s", from->messages[1].uid, from->messages[3].uid,
	            from->messages[5].uid, to->name);
	if (to == from ? !isrv_sc_copied_here(k) : !isrv_sc_needed(k, ISRV_SC_COPY_ALL))
		return;
	if (!take_copies(k, from, to, 4))
		return;
	isrv_sc_need(k, ISRV_SC_SESSION_LIVES, "NOOP");
	isrv_sc_compare(k, &copying);
	isrv_sc_reselect(k, to, &copying);
	isrv_sc_compare(k, &copying);
	isrv_sc_compare_bodies(k, ISRV_SC_COPY_SAME);
}

static void copy_none(struct isrv_sc *c)
{
	static const char *const verbs[] = {"COPY", "MOVE"};
	struct isrv_sc_client *k = &c->clients[0];

	if (!isrv_sc_stage(c, 1, 3))
		return;
	for (unsigned i = 0; i < 2 && isrv_sc_live(c); i++) {
		isrv_sc_want(c, !isrv_sc_ask(k, "UID %s 1:* %s-nowhere", verbs[i], k->box->name),
		             ISRV_SC_COPY_NONE, "%s to a mailbox that does not exist is accepted",
		             verbs[i]);
		isrv_sc_want(c, k->told.status == ISRV_SC_BAD || isrv_sc_code(k, "TRYCREATE"),
		             ISRV_SC_COPY_NONE, "a target that does not exist is not NONEXISTENT");
		isrv_sc_compare(k, &(struct isrv_sc_blames){ISRV_SC_COPY_NONE, ISRV_SC_COPY_NONE,
		                                            ISRV_SC_COPY_NONE, ISRV_SC_COPY_NONE,
		                                            ISRV_SC_COPY_NONE});
	}
}

static void move(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[0];
	struct isrv_sc_box *from, *to;
	uint32_t gone[2];

	if (!isrv_sc_stage(c, 1, 6))
		return;
	from = k->box;
	isrv_sc_compare(k, &isrv_sc_fetching);
	if (!isrv_sc_offers(k, ISRV_SC_MOVE) || !(to = isrv_sc_box(k, 1)))
		return;
	gone[0] = from->messages[0].uid;
	gone[1] = from->messages[4].uid;
	isrv_sc_need(k, ISRV_SC_MOVE_ALL, "UID MOVE %u,%u %s", gone[0], gone[1], to->name);
	if (!isrv_sc_live(c) || !take_copies(k, from, to, 2))
		return;
	isrv_sc_box_remove(c, from, gone[0]);
	isrv_sc_box_remove(c, from, gone[1]);
	isrv_sc_need(k, ISRV_SC_OPEN_KNOWN, "STATUS %s (MESSAGES)", from->name);
	isrv_sc_want(c, k->told.messages == from->count, ISRV_SC_MOVE_ALL,
	             "2 of 6 messages of %s were moved away, and it has %u%s", from->name,
	             k->told.messages,
	             c->store.move ? "" : "; without `move` the library copies, and has them "
	                                  "expunged with only_deleted 0");
	isrv_sc_compare_seen(k, ISRV_SC_MOVE_ALL, ISRV_SC_MOVE_ALL, ISRV_SC_FETCH_FLAGS);
	for (unsigned round = 0; round < 2 && isrv_sc_live(c); round++) {
		isrv_sc_reselect(k, round ? from : to, &moving);
		isrv_sc_compare(k, &moving);
		isrv_sc_compare_bodies(k, ISRV_SC_COPY_SAME);
	}
}

/* ---- numbers from outside ---------------------------------------------------------------- */

static void status_of(struct isrv_sc_client *k, const struct isrv_sc_box *box)
{
	struct isrv_sc *c = k->c;
	const struct isrv_sc_told *t = &k->told;
	uint32_t unseen = 0, deleted = 0, kept = isrv_sc_flags_of(box);
	uint64_t size = 0;

	if (!isrv_sc_need(k, ISRV_SC_STATUS_SAME,
	                  "STATUS %s (MESSAGES UIDNEXT UIDVALIDITY UNSEEN DELETED SIZE%s%s)",
	                  box->name, k->caps & ISRV_SC_CONDSTORE ? " HIGHESTMODSEQ" : "",
	                  k->caps & ISRV_SC_OBJECTID ? " MAILBOXID" : ""))
		return;
	for (size_t i = 0; i < box->count; i++) {
		unseen += !(box->messages[i].flags & IMAPSRV_SEEN);
		deleted += (box->messages[i].flags & IMAPSRV_DELETED) != 0;
		size += box->messages[i].size;
	}
	isrv_sc_want(c, t->messages == box->count, ISRV_SC_STATUS_SAME,
	             "MESSAGES is %u, and there are %u", t->messages, (unsigned)box->count);
	isrv_sc_want(c, t->status_unseen == unseen || !(kept & IMAPSRV_SEEN),
	             ISRV_SC_STATUS_SAME,
	             "UNSEEN is %u, and %u messages are not \\Seen", t->status_unseen, unseen);
	isrv_sc_want(c, t->deleted == deleted || !(kept & IMAPSRV_DELETED),
	             ISRV_SC_STATUS_SAME,
	             "DELETED is %u, and %u messages are \\Deleted", t->deleted, deleted);
	/* RFC 8438 3: may be more than the sum. */
	isrv_sc_want(c, t->size >= size, ISRV_SC_STATUS_SAME,
	             "SIZE is %llu, and the messages have %llu octets",
	             (unsigned long long)t->size, (unsigned long long)size);
	isrv_sc_want(c, t->uidvalidity == box->uidvalidity, ISRV_SC_STATUS_SAME,
	             "UIDVALIDITY is %u to STATUS, and %u to SELECT", t->uidvalidity,
	             box->uidvalidity);
	isrv_sc_want(c, t->uidnext > box->top && t->uidnext >= box->uidnext, ISRV_SC_STATUS_SAME,
	             "UIDNEXT is %u to STATUS; it was %u, and there is a message %u", t->uidnext,
	             box->uidnext, box->top);
	isrv_sc_want(c, t->highest >= box->highest, ISRV_SC_STATUS_SAME,
	             "HIGHESTMODSEQ is %llu to STATUS, and %llu to SELECT",
	             (unsigned long long)t->highest, (unsigned long long)box->highest);
	isrv_sc_want(c, !t->mailboxid.len || !box->mailboxid ||
	                        isrv_sc_hash(isrv_sc_span(k, t->mailboxid)) == box->mailboxid,
	             ISRV_SC_OBJECTID_MAILBOX, "MAILBOXID is another to STATUS than to SELECT");
}

static void status(struct isrv_sc *c)
{
	static const unsigned places[] = {0, 2};
	struct isrv_sc_client *k = &c->clients[0];
	struct isrv_sc_box *box = &c->boxes[0];

	if (!isrv_sc_stage(c, 1, 6))
		return;
	isrv_sc_select(k, box, "SELECT");
	status_of(k, box);
	if (!isrv_sc_live(c) || !doom(k, places, 2))
		return;
	status_of(k, box);
	isrv_sc_need(k, ISRV_SC_SESSION_LIVES, "UNSELECT");
	isrv_sc_select(k, box, "SELECT");
	isrv_sc_need(k, ISRV_SC_SESSION_LIVES, "UNSELECT");
	status_of(k, box);
	/* As the library counts, without the callback. */
	isrv_sc_disconnect(k);
	if (isrv_sc_live(c) && isrv_sc_connect(c, 0, true))
		status_of(k, box);
}

const struct isrv_sc_scene isrv_sc_scenes_change[] = {
	{"flags", "write", flags},
	{"keywords", "write", keywords},
	{"seen", "write", seen},
	{"expunge", "write", expunge},
	{"close", "write", closing},
	{"copy", "write", copy},
	{"copy to none", "write mailboxes", copy_none},
	{"move", "write mailboxes", move},
	{"status", "write", status},
	{NULL, NULL, NULL},
};
