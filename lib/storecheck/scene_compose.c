/* SPDX-License-Identifier: MIT */
/*
 * storecheck/scene_compose - messages that come in other ways than in one literal of a known length
 * and with other octets than text has: put together of parts (CATENATE, RFC 4469), with NUL in them
 * (BINARY, RFC 3516), with UTF-8 in their headers (RFC 9755).
 */
#include <string.h>

#include "storecheck/check.h"

static const struct isrv_sc_blames composing = {ISRV_SC_COMPOSE_OCTETS, ISRV_SC_COMPOSE_NONE,
                                                ISRV_SC_APPEND_FLAGS, ISRV_SC_APPEND_DATE,
                                                ISRV_SC_COMPOSE_OCTETS};

/* The message that came last is that of these octets. */
static void is(struct isrv_sc_client *k, const char *item, const struct isrv_buf *should,
               enum isrv_sc_clause clause)
{
	struct isrv_sc *c = k->c;
	const struct isrv_sc_row *row;
	struct imapsrv_span body;

	if (!isrv_sc_need(k, clause, "UID FETCH %u (%s)", k->box->top, item))
		return;
	row = isrv_sc_row_of(k, k->box->top, ISRV_SC_HAS_BODY);
	if (!isrv_sc_want(c, row, clause, "message %u has no body", k->box->top))
		return;
	body = isrv_sc_span(k, row->body);
	isrv_sc_want(c, body.len == should->len && !memcmp(body.data, should->data, body.len),
	             clause, "message %u has %llu octets, and not the %llu that came", k->box->top,
	             (unsigned long long)body.len, (unsigned long long)should->len);
}

/* The message of the APPEND that was answered, with that many octets, is in the box; false: it
 * is not known which it is, or it was refused. */
static bool came(struct isrv_sc_client *k, size_t octets)
{
	struct isrv_sc_message *m;

	if (k->told.appended.count != 1)
		return isrv_sc_pass(k->c, isrv_sc_no_appended);
	m = isrv_sc_box_add(k->c, k->box, k->told.appended.v[0]);
	if (m)
		m->size = octets;
	return m && isrv_sc_need(k, ISRV_SC_SESSION_LIVES, "NOOP");
}

/* ---- CATENATE ---------------------------------------------------------------------------- */

/* A part of the client's own. */
static void text_part(struct isrv_sc_client *k, struct isrv_buf *whole, const char *text)
{
	struct isrv_sc *c = k->c;
	struct isrv_buf head;
	size_t len = strlen(text), first = !whole->len;

	isrv_buf_init(&head, 64);
	/* The first part follows the parenthesis. */
	if (isrv_sc_put(c, &head, " TEXT {%u+}\r\n", (unsigned)len))
		isrv_sc_raw(k, head.data + first, head.len - first);
	isrv_sc_raw(k, text, len);
	isrv_buf_clear(&head, &c->mem);
	isrv_sc_add(c, whole, text, len);
}

/* A whole message of the box, or its text. */
static void url_part(struct isrv_sc_client *k, struct isrv_buf *whole,
                     const struct isrv_sc_message *m, bool text)
{
	struct isrv_sc *c = k->c;
	struct isrv_buf url;
	size_t at = 0;

	isrv_buf_init(&url, 400);
	isrv_sc_put(c, &url, " URL \"/%s/;UID=%u%s\"", c->boxes[0].name, m->uid,
	            text ? "/;SECTION=TEXT" : "");
	isrv_sc_raw(k, url.data, url.len);
	isrv_buf_clear(&url, &c->mem);
	if (!isrv_sc_content(c, m->content, &c->scratch))
		return;
	while (text && memcmp(c->scratch.data + at, "\r\n\r\n", 4) != 0)
		at++;
	at += text ? 4 : 0;
	isrv_sc_add(c, whole, c->scratch.data + at, c->scratch.len - at);
}

/* "APPEND box (\Draft) CATENATE (" without the end of the line. */
static void begin(struct isrv_sc_client *k)
{
	isrv_sc_say(k, "APPEND %s (\\Draft) CATENATE (", k->box->name);
	if (isrv_sc_live(k->c))
		k->input.len -= 2;
}

static void compose(struct isrv_sc_client *k, struct isrv_buf *whole)
{
	struct isrv_sc *c = k->c;
	const struct isrv_sc_message *from = c->boxes[0].messages;

	whole->len = 0;
	begin(k);
	text_part(k, whole, "Subject: kit\r\n\r\nTo begin with.\r\n");
	url_part(k, whole, &from[0], false);
	text_part(k, whole, "\r\nIn between.\r\n");
	url_part(k, whole, &from[1], true);
	url_part(k, whole, &from[2], false);
	text_part(k, whole, "\r\nThe end.\r\n");
	isrv_sc_raw(k, ")\r\n", 3);
	if (!isrv_sc_await(k) || !isrv_sc_needed(k, ISRV_SC_COMPOSE_OCTETS) || !came(k, whole->len))
		return;
	isrv_sc_message(k->box, k->box->top)->flags = IMAPSRV_DRAFT;
	is(k, "BODY.PEEK[]", whole, ISRV_SC_COMPOSE_OCTETS);
	isrv_sc_compare(k, &composing);
}

static void whole(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[0];
	struct isrv_sc_box *other;
	struct isrv_buf octets;

	if (!isrv_sc_stage(c, 1, 4) || !isrv_sc_offers(k, ISRV_SC_CATENATE))
		return;
	isrv_buf_init(&octets, 1u << 20);
	compose(k, &octets); /* of messages of the mailbox that it goes to, */
	if (isrv_sc_live(c) && c->has_mailboxes && (other = isrv_sc_box(k, 1)) &&
	    isrv_sc_select(k, other, "SELECT"))
		compose(k, &octets); /* and of another one */
	isrv_buf_clear(&octets, &c->mem);
}

static void nothing_came(struct isrv_sc *c, const char *what)
{
	struct isrv_sc_client *k = &c->clients[0];
	struct isrv_sc_box *box = &c->boxes[0];

	isrv_sc_need(k, ISRV_SC_OPEN_KNOWN, "STATUS %s (MESSAGES)", box->name);
	isrv_sc_want(c, k->told.messages == box->count, ISRV_SC_COMPOSE_NONE,
	             "%u messages are there after a CATENATE that %s, and %u were",
	             k->told.messages, what, (unsigned)box->count);
}

/* The library gives up in the middle: a part is not there; then the connection is cut. */
static void halves(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[0];
	struct isrv_buf octets;

	if (!isrv_sc_stage(c, 1, 3) || !isrv_sc_offers(k, ISRV_SC_CATENATE))
		return;
	isrv_buf_init(&octets, 1u << 20);
	begin(k);
	text_part(k, &octets, "Subject: kit\r\n\r\n");
	url_part(k, &octets, &c->boxes[0].messages[0], false);
	isrv_sc_raw(k, " URL \"/", 7);
	isrv_sc_raw(k, c->boxes[0].name, strlen(c->boxes[0].name));
	isrv_sc_raw(k, "/;UID=4000000000\")\r\n", 20);
	if (isrv_sc_await(k))
		isrv_sc_want(c, k->told.status == ISRV_SC_NO, ISRV_SC_COMPOSE_NONE,
		             "a CATENATE with a part that does not exist is accepted");
	nothing_came(c, "was refused");
	compose(k, &octets);
	octets.len = 0;
	if (isrv_sc_live(c))
		begin(k);
	text_part(k, &octets, "Subject: kit\r\n\r\n");
	url_part(k, &octets, &c->boxes[0].messages[0], false);
	isrv_sc_raw(k, " TEXT {100+}\r\nhalf", 18);
	isrv_sc_settle(c);
	isrv_sc_disconnect(k);
	if (isrv_sc_live(c) && isrv_sc_connect(c, 0, false)) {
		nothing_came(c, "was cut off");
		if (isrv_sc_select(k, &c->boxes[0], "SELECT"))
			compose(k, &octets);
	}
	isrv_buf_clear(&octets, &c->mem);
}

/* ---- octets that are no text ------------------------------------------------------------- */

/* APPEND of a literal8; false: refused. */
static bool append8(struct isrv_sc_client *k, const char *before, const struct isrv_buf *octets,
                    const char *behind)
{
	isrv_sc_say(k, "APPEND %s %s~{%u+}", k->box->name, before, (unsigned)octets->len);
	isrv_sc_raw(k, octets->data, octets->len);
	isrv_sc_raw(k, behind, strlen(behind));
	isrv_sc_raw(k, "\r\n", 2);
	return isrv_sc_await(k) && k->told.status == ISRV_SC_OK;
}

static void binary(struct isrv_sc *c)
{
	static const char head[] = "Content-Transfer-Encoding: binary\r\n\r\n";
	static const char text[] = "one\0two\377\r\n\0\0\r\n";
	struct isrv_sc_client *k = &c->clients[0];
	struct isrv_buf octets;

	if (!isrv_sc_stage(c, 1, 1) || !isrv_sc_offers(k, ISRV_SC_BINARY))
		return;
	isrv_buf_init(&octets, 1000);
	isrv_sc_add(c, &octets, head, sizeof(head) - 1);
	isrv_sc_add(c, &octets, text, sizeof(text) - 1);
	if (!append8(k, "", &octets, "")) {
		/* RFC 3516 4.4 */
		if (isrv_sc_code(k, "UNKNOWN-CTE"))
			isrv_sc_looks(c, ISRV_SC_APPEND_BINARY);
		else
			isrv_sc_needed(k, ISRV_SC_APPEND_BINARY);
		isrv_sc_compare(k, &isrv_sc_fetching);
	} else if (came(k, octets.len)) {
		octets.len = 0;
		isrv_sc_add(c, &octets, text, sizeof(text) - 1);
		is(k, "BINARY.PEEK[1]", &octets, ISRV_SC_APPEND_BINARY);
		isrv_sc_compare(k, &isrv_sc_fetching);
	}
	isrv_buf_clear(&octets, &c->mem);
}

static void headers(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[0];
	struct isrv_buf octets;

	if (!isrv_sc_stage(c, 1, 1) || !isrv_sc_offers(k, ISRV_SC_UTF8))
		return;
	isrv_buf_init(&octets, 1000);
	isrv_sc_need(k, ISRV_SC_SESSION_LIVES, "UNSELECT");
	isrv_sc_need(k, ISRV_SC_SESSION_LIVES, "ENABLE UTF8=ACCEPT");
	isrv_sc_select(k, &c->boxes[0], "SELECT");
	isrv_sc_put(c, &octets, "From: \"J\303\266rg\" <j\303\266rg@example.org>\r\n"
	                        "Subject: Gr\303\274\303\237e \342\202\254\r\n\r\n\303\274\r\n");
	if (isrv_sc_live(c) && !append8(k, "UTF8 (", &octets, ")"))
		isrv_sc_needed(k, ISRV_SC_UTF8_OCTETS);
	if (isrv_sc_live(c) && came(k, octets.len)) {
		is(k, "BODY.PEEK[]", &octets, ISRV_SC_UTF8_OCTETS);
		isrv_sc_compare(k, &isrv_sc_fetching);
	}
	isrv_buf_clear(&octets, &c->mem);
}

const struct isrv_sc_scene isrv_sc_scenes_compose[] = {
	{"catenate", "write unmeasured", whole},
	{"catenate cut off", "write unmeasured", halves},
	{"binary", "write", binary},
	{"headers in UTF-8", "write", headers},
	{NULL, NULL, NULL},
};
