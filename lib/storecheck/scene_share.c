/* SPDX-License-Identifier: MIT */
/*
 * storecheck/scene_share - a mailbox that two users have (RFC 4314): what the one gives, the other
 * has, what he takes away, the other has no more, and is told so.
 */
#include <string.h>

#include "storecheck/check.h"
#include "storecheck/parse.h"

/* The two: client 0 owns box 0, client 1 is the other one, who knows it by the name `name`. */
struct share {
	struct isrv_sc *c;
	struct isrv_sc_client *owner, *other;
	char name[400]; /* as LIST writes it */
};

/* name: not empty, in quotes or without. */
static bool ends_with(struct imapsrv_span name, const char *end)
{
	size_t len = strlen(end);

	name.len -= name.data[name.len - 1] == '"';
	return name.len >= len && !memcmp(name.data + name.len - len, end, len);
}

/* Is the owner's mailbox among the other's names? */
static bool sees(struct share *s)
{
	struct isrv_sc_client *k = s->other;
	bool seen = false;

	if (!isrv_sc_need(k, ISRV_SC_LIST_NAMES, "LIST \"\" \"*\""))
		return false;
	for (size_t i = 0; i < k->told.line_count && !seen; i++) {
		struct imapsrv_span line = isrv_sc_span(k, k->told.lines[i]), name;
		struct isrv_sc_parse p = {line.data, line.data + line.len, false};

		isrv_sc_atom(&p); /* LIST; nothing else ends so */
		isrv_sc_expect(&p, ' ');
		isrv_sc_value(&p);
		isrv_sc_expect(&p, ' ');
		isrv_sc_value(&p);
		isrv_sc_expect(&p, ' ');
		name = isrv_sc_value(&p);
		seen = !p.bad && name.len < sizeof(s->name) && ends_with(name, s->c->boxes[0].name);
		if (seen) {
			memcpy(s->name, name.data, name.len);
			s->name[name.len] = '\0';
		}
	}
	return seen;
}

/* SETACL by the owner, for the other one; "": his entry goes. */
static bool give(struct share *s, const char *rights)
{
	const char *box = s->c->boxes[0].name, *who = s->c->check.other_name;

	if (!*rights)
		return isrv_sc_ask(s->owner, "DELETEACL %s %s", box, who);
	return isrv_sc_ask(s->owner, "SETACL %s %s %s", box, who, rights);
}

/* May the other one open it?  If not, is the answer `code`? */
static void opens(struct share *s, bool should, const char *code, enum isrv_sc_clause clause)
{
	struct isrv_sc_client *k = s->other;

	for (unsigned i = 0; i < 2 && isrv_sc_live(s->c); i++) {
		bool ok = isrv_sc_ask(k, i ? "STATUS %s (MESSAGES)" : "EXAMINE %s", s->name);

		isrv_sc_want(s->c, ok == should, clause,
		             should ? "\"%s\" was given rights to %s, and may not read it"
		                    : "\"%s\" may read %s, to which he has no right",
		             s->c->check.other_name, s->name);
		if (!should)
			isrv_sc_want(s->c, isrv_sc_code(k, code), clause,
			             "%s, to which \"%s\" has no right, is not %s", s->name,
			             s->c->check.other_name, code);
		/* Nothing of it is told any more. */
		if (ok && !i)
			isrv_sc_need(k, ISRV_SC_SESSION_LIVES, "UNSELECT");
		k->seen_count = 0;
	}
}

/* The owner's mailbox, of which the other one knows nothing yet. */
static bool begin(struct isrv_sc *c, struct share *s)
{
	*s = (struct share){c, &c->clients[0], &c->clients[1], ""};
	if (!isrv_sc_stage(c, 1, 3) || !isrv_sc_offers(s->owner, ISRV_SC_ACL) ||
	    !isrv_sc_compare(s->owner, &isrv_sc_fetching) ||
	    !isrv_sc_connect_only(c, 1, false))
		return false;
	if (!isrv_sc_want(c, isrv_sc_login(s->other, c->check.other_name, c->check.other_password),
	                  ISRV_SC_LOGIN_KNOWN, "LOGIN of \"%s\" with the right password failed",
	                  c->check.other_name))
		return false;
	isrv_sc_want(c, !sees(s), ISRV_SC_ACL_HIDDEN, "\"%s\" sees %s, to which he has no right",
	             c->check.other_name, s->name);
	return isrv_sc_live(c);
}

static void given(struct isrv_sc *c)
{
	struct share s;

	if (!begin(c, &s) || !give(&s, "lr"))
		return;
	isrv_sc_want(c, sees(&s), ISRV_SC_ACL_GIVEN,
	             "\"%s\" was given rights to %s, and does not see it", c->check.other_name,
	             c->boxes[0].name);
	opens(&s, true, "", ISRV_SC_ACL_GIVEN);
	isrv_sc_want(c, s.other->told.messages == c->boxes[0].count, ISRV_SC_ACL_GIVEN,
	             "%s has %u messages for \"%s\", and %u for its owner", s.name,
	             s.other->told.messages, c->check.other_name, (unsigned)c->boxes[0].count);
	/* Seen, and not to be read. */
	if (isrv_sc_live(c) && give(&s, "l")) {
		isrv_sc_want(c, sees(&s), ISRV_SC_ACL_GIVEN,
		             "\"%s\" may look up %s, and does not see it", c->check.other_name,
		             s.name);
		opens(&s, false, "NOPERM", ISRV_SC_ACL_TAKEN);
	}
	/* Not even seen. */
	if (isrv_sc_live(c) && give(&s, "")) {
		isrv_sc_want(c, !sees(&s), ISRV_SC_ACL_HIDDEN,
		             "\"%s\" sees %s, to which he has no right any more",
		             c->check.other_name, s.name);
		opens(&s, false, "NONEXISTENT", ISRV_SC_ACL_HIDDEN);
	}
	isrv_sc_compare(s.owner, &isrv_sc_fetching);
}

/* What the other one puts there is the owner's as well. */
static void used(struct isrv_sc *c)
{
	struct share s;
	uint32_t content;

	if (!begin(c, &s) || !give(&s, "lrswite") || !sees(&s))
		return;
	content = isrv_sc_new_content(c);
	isrv_sc_content(c, content, &c->scratch);
	isrv_sc_say(s.other, "APPEND %s {%u+}", s.name, (unsigned)c->scratch.len);
	isrv_sc_raw(s.other, c->scratch.data, c->scratch.len);
	isrv_sc_raw(s.other, "\r\n", 2);
	if (!isrv_sc_await(s.other) || !isrv_sc_needed(s.other, ISRV_SC_ACL_GIVEN))
		return;
	isrv_sc_need(s.owner, ISRV_SC_OPEN_KNOWN, "STATUS %s (UIDNEXT)", c->boxes[0].name);
	isrv_sc_box_came(c, &c->boxes[0], s.owner->told.uidnext - 1, content, 0);
	isrv_sc_look(s.owner);
	isrv_sc_compare(s.owner, &isrv_sc_fetching);
	isrv_sc_compare_bodies(s.owner, ISRV_SC_BODY_OCTETS);
}

/* RFC 5465 5.9: who watches is told, when he may see a name and when he may not any more. */
static void told(struct isrv_sc *c)
{
	static const char *const rights[] = {"lr", ""};
	struct share s;

	if (!begin(c, &s) || !give(&s, "lr") || !sees(&s) || !give(&s, ""))
		return;
	if (!isrv_sc_ask(s.other, "NOTIFY SET (SUBTREE %s (MailboxName))", s.name))
		return;
	for (unsigned i = 0; i < 2 && isrv_sc_live(c); i++) {
		isrv_sc_told_clear(s.other);
		if (give(&s, rights[i])) {
			isrv_sc_settle(c);
			isrv_sc_want(
				c, isrv_sc_line(s.other, "LIST").data, ISRV_SC_EVENT_ACCESS,
				i ? "\"%s\" watches %s, loses his rights to it, and is not "
				    "told"
				  : "\"%s\" watches %s, is given rights to it, and is not told",
				c->check.other_name, s.name);
		}
	}
}

/* Metadata under /private is of one user (RFC 5464 3.3). */
static void metadata(struct isrv_sc *c)
{
	struct share s;

	if (!begin(c, &s) || !isrv_sc_offers(s.owner, ISRV_SC_METADATA) || !give(&s, "lr") ||
	    !sees(&s))
		return;
	if (isrv_sc_ask(s.owner, "SETMETADATA %s (/private/comment \"kit-private\")",
	                c->boxes[0].name)) {
		isrv_sc_need(s.other, ISRV_SC_METADATA_PRIVATE, "GETMETADATA %s /private/comment",
		             s.name);
		isrv_sc_want(c, !isrv_sc_told_word(s.other, "\"kit-private\")"),
		             ISRV_SC_METADATA_PRIVATE,
		             "\"%s\" is told a private entry of another user",
		             c->check.other_name);
	}
	if (isrv_sc_live(c) && isrv_sc_ask(s.owner, "SETMETADATA %s (/shared/comment \"kit-all\")",
	                                   c->boxes[0].name)) {
		isrv_sc_need(s.other, ISRV_SC_METADATA_PRIVATE, "GETMETADATA %s /shared/comment",
		             s.name);
		isrv_sc_want(c, isrv_sc_told_word(s.other, "\"kit-all\")"),
		             ISRV_SC_METADATA_PRIVATE,
		             "\"%s\" is not told a shared entry of a mailbox that he may read",
		             c->check.other_name);
	}
}

/* So is a private value of a message (RFC 5257 3.3). */
static void annotations(struct isrv_sc *c)
{
	static const char secret[] = "kit-private";
	const struct isrv_sc_row *row;
	struct share s;
	uint32_t uid;

	if (!begin(c, &s) || !give(&s, "lr") || !sees(&s))
		return;
	uid = c->boxes[0].messages[0].uid;
	if (!isrv_sc_ask(s.owner, "UID STORE %u ANNOTATION (/comment (value.priv \"%s\"))", uid,
	                 secret) ||
	    !isrv_sc_need(s.other, ISRV_SC_ACL_GIVEN, "EXAMINE %s", s.name) ||
	    !isrv_sc_need(s.other, ISRV_SC_ANNOTATE_PRIVATE,
	                  "UID FETCH %u (ANNOTATION (/comment value))", uid))
		return;
	row = isrv_sc_row_of(s.other, uid, ISRV_SC_HAS_ANNOTATION);
	isrv_sc_want(c, !row || !isrv_sc_holds(isrv_sc_span(s.other, row->annotation), secret,
	                                       sizeof(secret) - 1),
	             ISRV_SC_ANNOTATE_PRIVATE, "\"%s\" is told a private value of another user",
	             c->check.other_name);
}

/* ---- LISTRIGHTS -------------------------------------------------------------------------- */

static bool holds(struct imapsrv_span in, char letter)
{
	return in.data && memchr(in.data, letter, in.len);
}

/* The rights that an identifier always has (RFC 4314 3.7) he has, whatever he is given. */
static void always(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[0];
	struct imapsrv_span line, rights;
	struct isrv_sc_parse p;
	char letters[40] = "";
	struct share s;

	if (!begin(c, &s) ||
	    !isrv_sc_need(k, ISRV_SC_ACL_ALWAYS, "LISTRIGHTS %s %s", c->boxes[0].name,
	                  c->check.other_name))
		return;
	line = isrv_sc_line(k, "LISTRIGHTS");
	p = isrv_sc_parse_of(line);
	isrv_sc_atom(&p); /* LISTRIGHTS */
	isrv_sc_expect(&p, ' ');
	isrv_sc_value(&p);
	isrv_sc_expect(&p, ' ');
	isrv_sc_value(&p);
	isrv_sc_expect(&p, ' ');
	rights = isrv_sc_peek(&p, '"') ? isrv_sc_nstring(&p) : isrv_sc_atom(&p);
	if (isrv_sc_want(c, !p.bad && rights.len < sizeof(letters), ISRV_SC_ACL_ALWAYS,
	                 "LISTRIGHTS cannot be read"))
		memcpy(letters, rights.data, rights.len);
	if (!give(&s, "l") || !sees(&s))
		return;
	isrv_sc_need(s.other, ISRV_SC_ACL_ALWAYS, "MYRIGHTS %s", s.name);
	line = isrv_sc_line(s.other, "MYRIGHTS");
	p = isrv_sc_parse_of(line);
	isrv_sc_atom(&p); /* MYRIGHTS */
	isrv_sc_expect(&p, ' ');
	isrv_sc_value(&p);
	isrv_sc_expect(&p, ' ');
	rights = isrv_sc_value(&p);
	/* "c" and "d" stand for others. */
	for (size_t i = 0; letters[i]; i++)
		isrv_sc_want(c, letters[i] == 'c' || letters[i] == 'd' || holds(rights, letters[i]),
		             ISRV_SC_ACL_ALWAYS,
		             "\"%s\" is said to have the right \"%.*s\" to %s always, and has not",
		             c->check.other_name, 1, letters + i, s.name);
}

const struct isrv_sc_scene isrv_sc_scenes_share[] = {
	{"shared", "write acl.get acl.set mailboxes name other_name two", given},
	{"shared, and used", "write acl.get acl.set mailboxes name other_name two", used},
	{"sharing told", "write acl.get acl.set mailboxes name other_name two watch", told},
	{"shared metadata",
	 "write acl.get acl.set mailboxes name other_name two metadata", metadata},
	{"shared annotations",
	 "write acl.get acl.set mailboxes name other_name two annotate", annotations},
	{"rights always", "write acl.get acl.set mailboxes name other_name two", always},
	{NULL, NULL, NULL},
};
