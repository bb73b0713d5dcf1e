/* SPDX-License-Identifier: MIT */
/*
 * storecheck/scene_mail - who may log in, what an opened mailbox tells, how messages come and how
 * they are read.
 */
#include <string.h>

#include "storecheck/check.h"

/* ---- login ------------------------------------------------------------------------------- */

static void refused(struct isrv_sc *c, const char *name, const char *password)
{
	struct isrv_sc_client *k = &c->clients[0];
	bool in;

	if (!isrv_sc_connect_only(c, 0, false))
		return;
	in = isrv_sc_login(k, name, password);
	isrv_sc_want(c, !in, ISRV_SC_LOGIN_REFUSED, "\"%s\" may log in with a wrong password",
	             name);
	isrv_sc_want(c, isrv_sc_code(k, "AUTHENTICATIONFAILED"), ISRV_SC_LOGIN_REFUSED,
	             "\"%s\" with a wrong password is refused, but not as AUTHENTICATIONFAILED",
	             name);
	isrv_sc_disconnect(k);
}

static void login(struct isrv_sc *c)
{
	struct isrv_buf wrong;

	isrv_buf_init(&wrong, 4096);
	isrv_sc_put(c, &wrong, "%sx", c->check.password);
	isrv_sc_add(c, &wrong, "", 1);
	refused(c, c->check.name, wrong.data);
	if (*c->check.password)
		refused(c, c->check.name, "");
	refused(c, "nobody-of-this-name", c->check.password);
	isrv_buf_clear(&wrong, &c->mem);
	for (unsigned i = 0; i < c->check.sessions && isrv_sc_live(c); i++)
		isrv_sc_connect(c, i, false);
}

/* ---- open -------------------------------------------------------------------------------- */

static void open_again(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[0];

	if (!isrv_sc_stage(c, 1, 6))
		return;
	isrv_sc_compare(k, &isrv_sc_fetching);
	isrv_sc_select(k, k->box, "SELECT");
	isrv_sc_want(c, !k->told.readonly, ISRV_SC_OPEN_KNOWN, "%s can only be read",
	             c->boxes[0].name);
	isrv_sc_compare(k, &isrv_sc_fetching);
	isrv_sc_need(k, ISRV_SC_SESSION_LIVES, "UNSELECT");
	isrv_sc_select(k, &c->boxes[0], "SELECT");
	isrv_sc_compare(k, &isrv_sc_fetching);
	isrv_sc_need(k, ISRV_SC_SESSION_LIVES, "UNSELECT");
	if (!isrv_sc_live(c) || !c->has_mailboxes)
		return;
	k->seen_count = 0;
	isrv_sc_want(c, !isrv_sc_ask(k, "EXAMINE %s-nowhere", c->boxes[0].name),
	             ISRV_SC_OPEN_KNOWN, "a mailbox that does not exist opens");
	isrv_sc_want(c, isrv_sc_code(k, "NONEXISTENT"), ISRV_SC_OPEN_KNOWN,
	             "a mailbox that does not exist is not NONEXISTENT");
	isrv_sc_want(c, !isrv_sc_ask(k, "STATUS %s-nowhere (MESSAGES)", c->boxes[0].name),
	             ISRV_SC_OPEN_KNOWN, "a mailbox that does not exist has a status");
}

/* RFC 9051 6.3.3: EXAMINE changes nothing. */
static void examine(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[0];
	uint32_t recent = 0;

	if (!isrv_sc_stage(c, 1, 4))
		return;
	isrv_sc_need(k, ISRV_SC_SESSION_LIVES, "UNSELECT");
	k->box = NULL;
	isrv_sc_append(k, &c->boxes[0], isrv_sc_new_content(c), 0, NULL);
	for (unsigned round = 0; round < 2 && isrv_sc_live(c); round++) {
		uint32_t now = 0;

		isrv_sc_select(k, &c->boxes[0], "EXAMINE");
		isrv_sc_need(k, ISRV_SC_FETCH_ROWS, "FETCH 1:* (BODY[TEXT] FLAGS)");
		for (size_t i = 0; i < k->told.row_count; i++)
			now += (k->told.rows[i].flags & ISRV_SC_RECENT) != 0;
		isrv_sc_want(c, !round || now == recent, ISRV_SC_OPEN_READONLY,
		             "%u messages were \\Recent to one EXAMINE, and %u to the next", recent,
		             now);
		recent = now;
		isrv_sc_compare(k, &(struct isrv_sc_blames){
			ISRV_SC_FETCH_ROWS, ISRV_SC_FETCH_ROWS, ISRV_SC_OPEN_READONLY,
			ISRV_SC_FETCH_DATE, ISRV_SC_BODY_OCTETS});
		isrv_sc_need(k, ISRV_SC_SESSION_LIVES, "UNSELECT");
	}
	/* RFC 3501 2.3.2: one session sees it, and no other after it. */
	for (unsigned round = 0; round < 2 && isrv_sc_live(c); round++) {
		isrv_sc_select(k, &c->boxes[0], "SELECT");
		isrv_sc_need(k, ISRV_SC_FETCH_ROWS, "FETCH 1:* (FLAGS)");
		for (size_t i = 0; round && i < k->told.row_count; i++)
			isrv_sc_want(c, !(k->told.rows[i].flags & ISRV_SC_RECENT),
			             ISRV_SC_OPEN_RECENT, "message %u is \\Recent a second time",
			             k->told.rows[i].uid);
		isrv_sc_need(k, ISRV_SC_SESSION_LIVES, "UNSELECT");
	}
}

/* The name is used again: no client may take a new message for an old one (RFC 9051 2.3.1.1). */
static void made_again(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[0];
	struct isrv_sc_box *box = &c->boxes[0];
	uint32_t uidvalidity, top;

	if (!isrv_sc_stage(c, 1, 5))
		return;
	uidvalidity = box->uidvalidity;
	top = box->top;
	isrv_sc_need(k, ISRV_SC_SESSION_LIVES, "UNSELECT");
	k->seen_count = 0;
	isrv_sc_need(k, ISRV_SC_REMOVE_DONE, "DELETE %s", box->name);
	isrv_sc_need(k, ISRV_SC_CREATE_DONE, "CREATE %s", box->name);
	box->uidvalidity = box->uidnext = box->top = 0;
	box->highest = box->mailboxid = 0;
	box->count = 0;
	isrv_sc_select(k, box, "SELECT");
	isrv_sc_want(c, box->uidvalidity != uidvalidity || box->uidnext > top, ISRV_SC_OPEN_SAME,
	             "%s was removed and made again: UIDVALIDITY is %u as before, and UIDNEXT %u "
	             "though there was a message %u",
	             box->name, uidvalidity, box->uidnext, top);
	isrv_sc_fill(k, box, 2);
	isrv_sc_compare(k, &isrv_sc_fetching);
}

/* ---- append ------------------------------------------------------------------------------ */

static const struct isrv_sc_blames appending = {ISRV_SC_APPEND_DONE, ISRV_SC_APPEND_UIDS,
                                                ISRV_SC_APPEND_FLAGS, ISRV_SC_APPEND_DATE,
                                                ISRV_SC_BODY_OCTETS};

static void append(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[0];

	if (!isrv_sc_stage(c, 1, 12))
		return;
	isrv_sc_append(k, k->box, isrv_sc_new_content(c), isrv_sc_flags_of(k->box),
	               "31-Dec-2019 23:59:59 -1130");
	isrv_sc_need(k, ISRV_SC_SESSION_LIVES, "NOOP");
	isrv_sc_compare(k, &appending);
	isrv_sc_compare_bodies(k, ISRV_SC_BODY_OCTETS);
	isrv_sc_select(k, k->box, "SELECT");
	isrv_sc_compare(k, &isrv_sc_fetching);
}

static void append_none(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[0];

	if (!isrv_sc_stage(c, 1, 0))
		return;
	isrv_sc_want(c, !isrv_sc_ask(k, "APPEND %s-nowhere {4+}\r\nX:\r\n", k->box->name),
	             ISRV_SC_APPEND_NONE, "an APPEND to a mailbox that does not exist is accepted");
	isrv_sc_want(c, isrv_sc_code(k, "TRYCREATE"), ISRV_SC_APPEND_NONE,
	             "a mailbox that does not exist is not NONEXISTENT to append");
	isrv_sc_want(c, !isrv_sc_ask(k, "STATUS %s-nowhere (MESSAGES)", k->box->name),
	             ISRV_SC_APPEND_NONE, "a refused APPEND made a mailbox");
}

/* Several messages in one command (RFC 3502). */
static void append_all(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[0];
	uint32_t content[3], uid[3];
	size_t count = 3;
	bool told;

	if (!isrv_sc_stage(c, 1, 1) || !isrv_sc_offers(k, ISRV_SC_MULTIAPPEND))
		return;
	isrv_sc_say(k, "APPEND %s", k->box->name);
	/* What `say` wrote ends its line: the messages come in front of that. */
	if (isrv_sc_live(c))
		k->input.len -= 2;
	for (size_t i = 0; i < count && isrv_sc_live(c); i++) {
		struct isrv_buf head;

		content[i] = isrv_sc_new_content(c);
		isrv_sc_content(c, content[i], &c->scratch);
		isrv_buf_init(&head, 100);
		isrv_sc_put(c, &head, " (\\Seen) {%u+}\r\n", (unsigned)c->scratch.len);
		isrv_sc_raw(k, head.data, head.len);
		isrv_sc_raw(k, c->scratch.data, c->scratch.len);
		isrv_buf_clear(&head, &c->mem);
	}
	isrv_sc_raw(k, "\r\n", 2);
	if (!isrv_sc_await(k) || !isrv_sc_needed(k, ISRV_SC_APPEND_ALL))
		return;
	if (k->told.appended.count)
		isrv_sc_want(c, k->told.appended.count == count, ISRV_SC_APPEND_ALL,
		             "%u messages came, and %u UIDs", (unsigned)count,
		             (unsigned)k->told.appended.count);
	told = k->told.appended.count != 0;
	for (size_t i = 0; told && i < count && isrv_sc_live(c); i++)
		uid[i] = k->told.appended.v[i];
	if (!told && isrv_sc_came(k, count, ISRV_SC_APPEND_ALL))
		for (size_t i = 0; i < count; i++)
			uid[i] = k->seen[k->box->count + i].uid;
	for (size_t i = 0; i < count && isrv_sc_live(c); i++)
		isrv_sc_box_came(c, k->box, uid[i], content[i], IMAPSRV_SEEN);
	isrv_sc_need(k, ISRV_SC_SESSION_LIVES, "NOOP");
	isrv_sc_compare(k, &(struct isrv_sc_blames){ISRV_SC_APPEND_ALL, ISRV_SC_APPEND_ALL,
	                                            ISRV_SC_APPEND_FLAGS, ISRV_SC_APPEND_DATE,
	                                            ISRV_SC_BODY_OCTETS});
	isrv_sc_compare_bodies(k, ISRV_SC_APPEND_UIDS);
}

/* The connection dies in the middle of a message, and in the middle of the second of two. */
static void append_abort(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[0];

	if (!isrv_sc_stage(c, 1, 2))
		return;
	for (unsigned round = 0; round < 2 && isrv_sc_live(c); round++) {
		struct isrv_sc_box *box = &c->boxes[0];

		isrv_sc_say(k, round ? "APPEND %s {6+}\r\nX: y\r\n {500+}" : "APPEND %s {500+}",
		            box->name);
		isrv_sc_raw(k, "Subject: half of it\r\n", 21);
		isrv_sc_settle(c);
		isrv_sc_disconnect(k);
		isrv_sc_connect(c, 0, false);
		isrv_sc_need(k, ISRV_SC_OPEN_KNOWN, "STATUS %s (MESSAGES)", box->name);
		isrv_sc_want(c, k->told.messages == box->count, ISRV_SC_APPEND_ABORT,
		             "%u messages are there after an APPEND that did not end, and %u were",
		             k->told.messages, (unsigned)box->count);
		isrv_sc_select(k, box, "SELECT");
		isrv_sc_append(k, box, isrv_sc_new_content(c), 0, NULL);
		isrv_sc_need(k, ISRV_SC_SESSION_LIVES, "NOOP");
		isrv_sc_compare(k, &appending);
	}
	if (isrv_sc_live(c))
		isrv_sc_compare_bodies(k, ISRV_SC_BODY_OCTETS);
}

/* ---- bodies ------------------------------------------------------------------------------ */

/* Octets `at` and following of a message, which stand in c->scratch. */
static bool read_at(struct isrv_sc_client *k, uint32_t uid, size_t at, size_t len)
{
	struct isrv_sc *c = k->c;
	const struct isrv_sc_row *row;
	struct imapsrv_span body = {NULL, SIZE_MAX};
	size_t have = at < c->scratch.len ? c->scratch.len - at : 0;

	if (!isrv_sc_need(k, ISRV_SC_BODY_READ, "UID FETCH %u (BODY.PEEK[]<%u.%u>)", uid,
	                  (unsigned)at, (unsigned)len))
		return false;
	row = isrv_sc_row_of(k, uid, ISRV_SC_HAS_BODY);
	if (row)
		body = isrv_sc_span(k, row->body);
	if (have > len)
		have = len;
	return isrv_sc_want(c, body.len == have && !memcmp(body.data, c->scratch.data + at, have),
	                    ISRV_SC_BODY_READ,
	                    "%u octets from %u on of message %u are not those that it has there",
	                    (unsigned)len, (unsigned)at, uid);
}

static void body(struct isrv_sc *c)
{
	static const unsigned lens[] = {1, 2, 7, 64, 4096, 1000000};
	struct isrv_sc_client *k = &c->clients[0];
	size_t len;
	uint32_t uid;

	if (!isrv_sc_stage(c, 1, 11) || !isrv_sc_compare_bodies(k, ISRV_SC_BODY_OCTETS))
		return;
	/* Every offset of a small one. */
	uid = k->box->messages[0].uid;
	isrv_sc_content(c, k->box->messages[0].content, &c->scratch);
	len = c->scratch.len;
	for (size_t at = 0; at <= len && isrv_sc_live(c); at++)
		read_at(k, uid, at, lens[at % 6]);
	/* A large one, in pieces, forwards and then anywhere. */
	if (!isrv_sc_append(k, k->box, isrv_sc_new_content(c) | ISRV_SC_LARGE, 0, NULL))
		return;
	isrv_sc_need(k, ISRV_SC_SESSION_LIVES, "NOOP");
	uid = k->box->top;
	len = c->scratch.len;
	for (size_t at = 0; at < len && isrv_sc_live(c); at += 9973)
		read_at(k, uid, at, 9973);
	for (unsigned i = 0; i < 20 && isrv_sc_live(c); i++)
		read_at(k, uid, isrv_sc_below(c, (uint32_t)len), lens[isrv_sc_below(c, 6)]);
	isrv_sc_compare_bodies(k, ISRV_SC_BODY_OCTETS);
}

/* A slow client, and another that expunges what it is being sent. */
static void body_stays(struct isrv_sc *c)
{
	struct isrv_sc_client *slow = &c->clients[0], *other = &c->clients[1];
	const struct isrv_sc_row *row;
	struct imapsrv_span got;
	uint32_t uid, content;

	if (!isrv_sc_stage(c, 2, 1))
		return;
	content = isrv_sc_new_content(c) | ISRV_SC_LARGE;
	if (!isrv_sc_append(other, &c->boxes[0], content, 0, NULL))
		return;
	uid = c->boxes[0].top;
	isrv_sc_look(slow);
	slow->held = true;
	isrv_sc_say(slow, "UID FETCH %u (BODY.PEEK[])", uid);
	isrv_sc_settle(c);
	/* It has been read to its end by others, */
	isrv_sc_need(other, ISRV_SC_BODY_OCTETS, "UID FETCH %u (BODY.PEEK[])", uid);
	/* and goes. */
	if (isrv_sc_doom(other, uid))
		isrv_sc_remove(other, uid);
	isrv_sc_append(other, &c->boxes[0], isrv_sc_new_content(c) | ISRV_SC_LARGE, 0, NULL);
	slow->held = false;
	if (!isrv_sc_await(slow) || !isrv_sc_content(c, content, &c->scratch))
		return;
	row = isrv_sc_row_of(slow, uid, ISRV_SC_HAS_BODY);
	if (!isrv_sc_want(c, row, ISRV_SC_BODY_STAYS, "message %u has no body", uid))
		return;
	got = isrv_sc_span(slow, row->body);
	isrv_sc_want(c, got.len == c->scratch.len && !memcmp(got.data, c->scratch.data, got.len),
	             ISRV_SC_BODY_STAYS,
	             "message %u was expunged while it was being sent, and came out as another",
	             uid);
}

/* What a store keeps beside a message is of that message: ENVELOPE tells the Subject that is in it.
 * Asked twice, so that what is kept at the first time is seen at the second. */
static void description(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[0];

	if (!isrv_sc_stage(c, 1, 5))
		return;
	/* Each has a twin, who differs in nothing but the number. */
	for (size_t i = 0; i < 5; i++)
		if (!isrv_sc_append(k, k->box, k->box->messages[i].content + ISRV_SC_TWIN, 0, NULL))
			return;
	isrv_sc_need(k, ISRV_SC_SESSION_LIVES, "NOOP");
	for (unsigned round = 0; round < 2; round++) {
		if (!isrv_sc_need(k, ISRV_SC_FETCH_DESCRIPTION,
		                  "UID FETCH 1:* (ENVELOPE BODYSTRUCTURE%s)",
		                  round ? " RFC822.SIZE" : ""))
			return;
		for (size_t i = 0; i < k->box->count && isrv_sc_live(c); i++) {
			const struct isrv_sc_message *m = &k->box->messages[i];
			const struct isrv_sc_row *row = isrv_sc_row_of(k, m->uid,
			                                               ISRV_SC_HAS_ENVELOPE);
			struct isrv_buf subject;

			isrv_buf_init(&subject, 64);
			if (isrv_sc_put(c, &subject, "\"kit %u\"", 10000000u + m->content))
				isrv_sc_want(c,
				             row && isrv_sc_holds(isrv_sc_span(k, row->envelope),
				                                  subject.data, subject.len),
				             ISRV_SC_FETCH_DESCRIPTION,
				             "the ENVELOPE of message %u is that of another",
				             m->uid);
			isrv_buf_clear(&subject, &c->mem);
		}
	}
}

const struct isrv_sc_scene isrv_sc_scenes_mail[] = {
	{"login", "name", login},
	{"append", "write", append},
	{"open", "write", open_again},
	{"examine", "write", examine},
	{"made again", "write mailboxes", made_again},
	{"append to none", "write mailboxes", append_none},
	{"several appended", "write", append_all},
	{"append cut off", "write", append_abort},
	{"body", "write", body},
	{"body stays", "write", body_stays},
	{"description", "write", description},
	{NULL, NULL, NULL},
};
