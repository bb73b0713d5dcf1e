/* SPDX-License-Identifier: MIT */
/*
 * storecheck/scene_names - which mailboxes there are: list, create, remove, rename, subscribe.
 */
#include <string.h>

#include "base/ascii.h"
#include "storecheck/check.h"
#include "storecheck/parse.h"

/* How often LIST told this name last; its attributes (as they stand) and the separator. */
static unsigned listed(const struct isrv_sc_client *k, const char *name,
                       struct imapsrv_span *attributes_r, char *separator_r)
{
	unsigned count = 0;

	for (size_t i = 0; i < k->told.line_count; i++) {
		struct imapsrv_span line = isrv_sc_span(k, k->told.lines[i]), s, attributes;
		struct isrv_sc_parse p = {line.data, line.data + line.len, false};

		if (!isrv_sc_is_line(line, "LIST"))
			continue;
		p.at += 5;
		attributes = isrv_sc_value(&p);
		isrv_sc_expect(&p, ' ');
		s = isrv_sc_nstring(&p);
		if (separator_r)
			*separator_r = s.data ? s.data[s.len - 1] : '\0';
		isrv_sc_expect(&p, ' ');
		s = isrv_sc_value(&p);
		if (s.len >= 2 && *s.data == '"') {
			s.data++;
			s.len -= 2;
		}
		if (p.bad || !isrv_ascii_is(s.data, s.len, name))
			continue;
		if (attributes_r)
			*attributes_r = attributes;
		count++;
	}
	return count;
}

static bool has(struct imapsrv_span in, const char *text)
{
	size_t len = strlen(text);

	for (size_t at = 0; at + len <= in.len; at++)
		if (isrv_ascii_same(in.data + at, len, text, len))
			return true;
	return false;
}

/* Whether a name is a mailbox: to LIST and to STATUS, which have to say the same. */
static bool is_there(struct isrv_sc_client *k, const char *name, bool should,
                     enum isrv_sc_clause clause)
{
	struct isrv_sc *c = k->c;
	struct imapsrv_span attributes = {NULL, 0};
	unsigned count;
	bool real;

	if (!isrv_sc_need(k, ISRV_SC_LIST_NAMES, "LIST \"\" \"%s\"", name))
		return false;
	count = listed(k, name, &attributes, NULL);
	real = count && !has(attributes, "\\NonExistent") && !has(attributes, "\\Noselect");
	isrv_sc_want(c, count <= 1, ISRV_SC_LIST_NAMES, "%s is listed %u times", name, count);
	isrv_sc_want(c, real == should, clause, should ? "%s is not listed" : "%s is listed", name);
	isrv_sc_ask(k, "STATUS \"%s\" (MESSAGES)", name);
	return isrv_sc_want(c, (k->told.status == ISRV_SC_OK) == should, clause,
	                    should ? "%s is listed and cannot be opened"
	                           : "%s is not listed and can be opened",
	                    name);
}

char isrv_sc_separator(struct isrv_sc_client *k)
{
	char c = '\0';

	if (isrv_sc_need(k, ISRV_SC_LIST_NAMES, "LIST \"\" \"\""))
		listed(k, "", NULL, &c);
	return c;
}

static void list(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[0];
	struct imapsrv_span attributes;

	if (!isrv_sc_connect(c, 0, false))
		return;
	isrv_sc_need(k, ISRV_SC_LIST_INBOX, "LIST \"\" \"*\"");
	isrv_sc_want(c, listed(k, "INBOX", &attributes, NULL) == 1, ISRV_SC_LIST_INBOX,
	             "INBOX is listed %u times among all names", listed(k, "INBOX", NULL, NULL));
	isrv_sc_need(k, ISRV_SC_LIST_INBOX, "LIST \"\" inbox");
	isrv_sc_want(c, listed(k, "INBOX", &attributes, NULL) == 1, ISRV_SC_LIST_INBOX,
	             "INBOX is not listed when it is asked for");
}

static void create(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[0];
	struct isrv_sc_box *box;

	if (!isrv_sc_connect(c, 0, false) || !(box = isrv_sc_box(k, 0)))
		return;
	is_there(k, box->name, true, ISRV_SC_CREATE_DONE);
	isrv_sc_select(k, box, "SELECT");
	isrv_sc_want(c, !k->seen_count, ISRV_SC_CREATE_DONE, "%s is new, and has %u messages",
	             box->name, (unsigned)k->seen_count);
	isrv_sc_fill(k, box, 1);
	isrv_sc_need(k, ISRV_SC_SESSION_LIVES, "UNSELECT");
	isrv_sc_want(c, !isrv_sc_ask(k, "CREATE %s", box->name), ISRV_SC_CREATE_EXISTS,
	             "%s is created a second time", box->name);
	isrv_sc_want(c, isrv_sc_code(k, "ALREADYEXISTS"), ISRV_SC_CREATE_EXISTS,
	             "a name that exists is not ALREADYEXISTS");
	isrv_sc_select(k, box, "SELECT");
	isrv_sc_compare(k, &(struct isrv_sc_blames){ISRV_SC_CREATE_EXISTS, ISRV_SC_CREATE_EXISTS,
	                                            ISRV_SC_FETCH_FLAGS, ISRV_SC_FETCH_DATE,
	                                            ISRV_SC_BODY_OCTETS});
	isrv_sc_need(k, ISRV_SC_LIST_NAMES, "LIST \"\" \"*\"");
	isrv_sc_want(c, listed(k, box->name, NULL, NULL) == 1, ISRV_SC_LIST_NAMES,
	             "%s is listed %u times among all names", box->name,
	             listed(k, box->name, NULL, NULL));
}

static void removing(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[0];
	struct isrv_sc_box *box;
	char below[ISRV_SC_NAME + 8], sep;
	size_t len;

	if (!isrv_sc_connect(c, 0, false) || !(box = isrv_sc_box(k, 0)))
		return;
	isrv_sc_append(k, box, isrv_sc_new_content(c), 0, NULL);
	isrv_sc_need(k, ISRV_SC_REMOVE_DONE, "DELETE %s", box->name);
	is_there(k, box->name, false, ISRV_SC_REMOVE_DONE);
	isrv_sc_want(c, !isrv_sc_ask(k, "DELETE %s", box->name), ISRV_SC_REMOVE_DONE,
	             "%s is removed a second time", box->name);
	isrv_sc_want(c, isrv_sc_code(k, "NONEXISTENT"), ISRV_SC_REMOVE_DONE,
	             "a name that does not exist is not NONEXISTENT to remove");
	sep = isrv_sc_separator(k);
	/* A mailbox and one below it. */
	if (!isrv_sc_live(c) || !sep || !(box = isrv_sc_box(k, 0)))
		return;
	len = strlen(box->name);
	memcpy(below, box->name, len);
	below[len] = sep;
	memcpy(below + len + 1, "low", 4);
	if (!isrv_sc_ask(k, "CREATE \"%s\"", below))
		return; /* a store may have no levels below this one */
	isrv_sc_need(k, ISRV_SC_CREATE_DONE, "STATUS \"%s\" (MESSAGES)", below);
	isrv_sc_ask(k, "DELETE %s", box->name); /* HASCHILDREN is allowed */
	is_there(k, below, true, ISRV_SC_REMOVE_BELOW);
	isrv_sc_ask(k, "DELETE \"%s\"", below);
}

/* After a renaming: the same messages in the same order.  UIDs and sequences may be others, for no
 * client knew any under the new name. */
static void same_mail(struct isrv_sc_client *k, struct isrv_sc_box *box)
{
	static const struct isrv_sc_blames blames = {ISRV_SC_RENAME_DONE, ISRV_SC_RENAME_DONE,
	                                             ISRV_SC_RENAME_DONE, ISRV_SC_RENAME_DONE,
	                                             ISRV_SC_RENAME_DONE};

	box->uidvalidity = box->uidnext = box->top = 0;
	box->highest = 0;
	isrv_sc_reselect(k, box, &blames);
	isrv_sc_need(k, ISRV_SC_FETCH_ROWS, "FETCH 1:* (UID)");
	for (size_t i = 0; i < box->count && isrv_sc_live(k->c); i++) {
		box->messages[i].uid = box->top = k->seen[i].uid;
		box->messages[i].modseq = box->messages[i].savedate = 0;
	}
	isrv_sc_compare(k, &blames);
	isrv_sc_compare_bodies(k, ISRV_SC_RENAME_DONE);
}

static void renaming(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[0];
	struct isrv_sc_box *box, *other;
	char old[ISRV_SC_NAME], below[ISRV_SC_NAME + 8], sep;
	bool deep = false;
	size_t len;

	if (!isrv_sc_stage(c, 1, 4))
		return;
	box = k->box;
	sep = isrv_sc_separator(k);
	len = strlen(box->name);
	memcpy(old, box->name, len + 1);
	memcpy(below, old, len);
	memcpy(below + len, "x/low", 6);
	below[len + 1] = sep;
	isrv_sc_compare(k, &isrv_sc_fetching);
	isrv_sc_need(k, ISRV_SC_SESSION_LIVES, "UNSELECT");
	if (sep)
		deep = isrv_sc_ask(k, "CREATE \"%s%.*slow\"", old, 1, below + len + 1);
	other = isrv_sc_box(k, 1);
	if (!other)
		return;
	isrv_sc_want(c, !isrv_sc_ask(k, "RENAME %s %s", old, other->name), ISRV_SC_CREATE_EXISTS,
	             "%s is renamed to a name that exists", old);
	is_there(k, old, true, ISRV_SC_CREATE_EXISTS);
	isrv_sc_want(c, !isrv_sc_ask(k, "RENAME %s-nowhere %sy", old, old), ISRV_SC_RENAME_DONE,
	             "a mailbox that does not exist is renamed");
	isrv_sc_want(c, isrv_sc_code(k, "NONEXISTENT"), ISRV_SC_RENAME_DONE,
	             "a name that does not exist is not NONEXISTENT to rename");
	isrv_sc_need(k, ISRV_SC_RENAME_DONE, "RENAME %s %sx", old, old);
	if (isrv_sc_live(c))
		memcpy(box->name + len, "x", 2);
	is_there(k, old, false, ISRV_SC_RENAME_DONE);
	is_there(k, box->name, true, ISRV_SC_RENAME_DONE);
	if (deep) {
		is_there(k, below, true, ISRV_SC_RENAME_DONE);
		isrv_sc_ask(k, "DELETE \"%s\"", below);
	}
	same_mail(k, box);
}

/* Names as older clients write them (RFC 3501 5.1.3), which the store is given in UTF-8. */
static void letters(struct isrv_sc *c)
{
	static const char *const ends[] = {
		"-&AOkgrA-", "-&ZeVnLIqe-", "-&2D3eAA-", "-&A5EDkgOTA7EDsgOz-", "-&-", ".kit~#'",
		"-Kit"};
	struct isrv_sc_client *k = &c->clients[0];
	struct isrv_sc_box *box, *other = &c->boxes[1];

	if (!isrv_sc_connect(c, 0, false) || !(box = isrv_sc_box(k, 0)))
		return;
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends) && isrv_sc_live(c); i++) {
		size_t len = strlen(box->name);

		isrv_sc_box_clear(c, other);
		memcpy(other->name, box->name, len);
		memcpy(other->name + len, ends[i], strlen(ends[i]) + 1);
		other->exists = isrv_sc_ask(k, "CREATE %s", other->name);
		if (!other->exists) /* a store may have no such letters */
			continue;
		is_there(k, other->name, true, ISRV_SC_CREATE_NAMES);
		isrv_sc_append(k, other, isrv_sc_new_content(c), 0, NULL);
		isrv_sc_select(k, other, "SELECT");
		isrv_sc_compare(k, &isrv_sc_fetching);
		isrv_sc_need(k, ISRV_SC_SESSION_LIVES, "UNSELECT");
		k->seen_count = 0;
		k->box = NULL;
		isrv_sc_need(k, ISRV_SC_REMOVE_DONE, "DELETE %s", other->name);
		other->exists = !isrv_sc_live(c);
		is_there(k, other->name, false, ISRV_SC_CREATE_NAMES);
	}
}

static void subscribed(struct isrv_sc_client *k, const char *name, bool should,
                       enum isrv_sc_clause clause)
{
	unsigned count;

	isrv_sc_need(k, ISRV_SC_LIST_SUBSCRIBED, "LIST (SUBSCRIBED) \"\" \"*\"");
	count = listed(k, name, NULL, NULL);
	isrv_sc_want(k->c, (count == 1) == should, clause,
	             should ? "%s is subscribed to, and not told"
	                    : "%s is told as subscribed to, and is not",
	             name);
}

static void subscriptions(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[0];
	struct isrv_sc_box *box, *other;

	if (!isrv_sc_connect(c, 0, false) || !(box = isrv_sc_box(k, 0)) ||
	    !(other = isrv_sc_box(k, 1)))
		return;
	isrv_sc_ask(k, "UNSUBSCRIBE %s", box->name); /* create may subscribe */
	subscribed(k, box->name, false, ISRV_SC_LIST_SUBSCRIBED);
	isrv_sc_need(k, ISRV_SC_LIST_SUBSCRIBED, "SUBSCRIBE %s", box->name);
	isrv_sc_need(k, ISRV_SC_LIST_SUBSCRIBED, "SUBSCRIBE %s", box->name);
	isrv_sc_ask(k, "UNSUBSCRIBE %s", other->name);
	subscribed(k, box->name, true, ISRV_SC_LIST_SUBSCRIBED);
	subscribed(k, other->name, false, ISRV_SC_LIST_SUBSCRIBED);
	/* RFC 9051 6.3.5, 6.3.7: the server does not take it back by itself. */
	isrv_sc_need(k, ISRV_SC_REMOVE_DONE, "DELETE %s", box->name);
	subscribed(k, box->name, true, ISRV_SC_SUBSCRIBE_STAYS);
	isrv_sc_need(k, ISRV_SC_LIST_SUBSCRIBED, "UNSUBSCRIBE %s", box->name);
	subscribed(k, box->name, false, ISRV_SC_LIST_SUBSCRIBED);
}

static const char *const use_names[] = {"\\All", "\\Archive", "\\Drafts", "\\Flagged",
                                        "\\Junk", "\\Sent", "\\Trash", "\\Important"};

static void uses(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[0];
	struct isrv_sc_box *box;
	struct imapsrv_span attributes;

	if (!isrv_sc_connect(c, 0, false) ||
	    !isrv_sc_offers(k, ISRV_SC_SPECIAL_USE | ISRV_SC_CREATE_USE) ||
	    !(box = isrv_sc_box(k, 0)))
		return;
	for (unsigned i = 0; i < 8 && isrv_sc_live(c); i++) {
		if (!(c->mailboxes.uses & (uint32_t)IMAPSRV_USE_ALL << i))
			continue;
		isrv_sc_need(k, ISRV_SC_REMOVE_DONE, "DELETE %s", box->name);
		box->exists = isrv_sc_ask(k, "CREATE %s (USE (%s))", box->name, use_names[i]);
		if (!box->exists) { /* another may have it */
			isrv_sc_want(c, isrv_sc_code(k, "USEATTR"), ISRV_SC_CREATE_USES,
			             "a use that cannot be given is not USEATTR");
			is_there(k, box->name, false, ISRV_SC_CREATE_USES);
			isrv_sc_need(k, ISRV_SC_CREATE_DONE, "CREATE %s", box->name);
			box->exists = true;
			continue;
		}
		isrv_sc_need(k, ISRV_SC_LIST_NAMES, "LIST \"\" %s RETURN (SPECIAL-USE)", box->name);
		isrv_sc_want(c, listed(k, box->name, &attributes, NULL) == 1 &&
		                        has(attributes, use_names[i]),
		             ISRV_SC_CREATE_USES, "%s was made as %s, and is not", box->name,
		             use_names[i]);
	}
}

const struct isrv_sc_scene isrv_sc_scenes_names[] = {
	{"list", "", list},
	{"create", "write mailboxes", create},
	{"remove", "write mailboxes", removing},
	{"rename", "write mailboxes", renaming},
	{"subscriptions", "write mailboxes subscribe", subscriptions},
	{"special uses", "write mailboxes uses", uses},
	{"letters", "write mailboxes", letters},
	{NULL, NULL, NULL},
};
