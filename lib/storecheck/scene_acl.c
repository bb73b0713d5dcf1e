/* SPDX-License-Identifier: MIT */
/*
 * storecheck/scene_acl - access control lists (RFC 4314): that they are kept, by whom they are
 * inherited, and that all that tells of rights tells the same.  Whether rights are kept to is the
 * library's affair.
 */
#include <string.h>

#include "base/ascii.h"
#include "storecheck/check.h"
#include "storecheck/parse.h"

static const char *const who = "kit-nobody";

/* The rights of `who` in the ACL response; data NULL: it is not in the list. */
static struct imapsrv_span rights_in(const struct isrv_sc_client *k)
{
	struct imapsrv_span none = {NULL, 0}, line = isrv_sc_line(k, "ACL"), name, rights;
	struct isrv_sc_parse p = isrv_sc_parse_of(line);

	isrv_sc_atom(&p); /* ACL */
	isrv_sc_expect(&p, ' ');
	isrv_sc_value(&p);
	while (isrv_sc_take(&p, ' ')) {
		name = isrv_sc_value(&p);
		isrv_sc_expect(&p, ' ');
		rights = isrv_sc_value(&p);
		if (!p.bad && isrv_ascii_is(name.data, name.len, who))
			return rights;
	}
	return none;
}

static bool has(struct imapsrv_span rights, char letter)
{
	return rights.data && memchr(rights.data, letter, rights.len);
}

/* Is it in the list of this mailbox, with these letters and without that one? */
static void listed(struct isrv_sc_client *k, const char *box, const char *with, char without,
                   enum isrv_sc_clause clause)
{
	struct imapsrv_span rights;

	if (!isrv_sc_need(k, clause, "GETACL \"%s\"", box))
		return;
	rights = rights_in(k);
	if (!with) {
		isrv_sc_want(k->c, !rights.data, clause,
		             "%s is in the list of %s, and should not be",
		             who, box);
		return;
	}
	for (; *with; with++)
		isrv_sc_want(k->c, has(rights, *with), clause,
		             "%s has not the right \"%.*s\" to %s", who,
		             1, with, box);
	isrv_sc_want(k->c, !has(rights, without), clause,
	             "%s has a right to %s that was taken away",
	             who, box);
}

static void kept(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[0];
	const char *name;

	if (!isrv_sc_stage(c, 1, 1) || !isrv_sc_offers(k, ISRV_SC_ACL))
		return;
	name = k->box->name;
	if (!isrv_sc_ask(k, "SETACL %s %s lr", name, who))
		return; /* a host may know who there is */
	listed(k, name, "lr", '\0', ISRV_SC_ACL_KEPT);
	if (isrv_sc_live(c) && isrv_sc_ask(k, "SETACL %s %s +s", name, who))
		listed(k, name, "lrs", '\0', ISRV_SC_ACL_KEPT);
	if (isrv_sc_live(c) && isrv_sc_ask(k, "SETACL %s %s -r", name, who))
		listed(k, name, "ls", 'r', ISRV_SC_ACL_KEPT);
	if (isrv_sc_live(c) && isrv_sc_ask(k, "DELETEACL %s %s", name, who))
		listed(k, name, NULL, '\0', ISRV_SC_ACL_KEPT);
	isrv_sc_compare(k, &isrv_sc_fetching);
}

/* The MYRIGHTS response as it stands. */
static uint64_t my_rights(const struct isrv_sc_client *k)
{
	struct imapsrv_span line = isrv_sc_line(k, "MYRIGHTS");

	return line.data ? isrv_sc_hash(line) : 0;
}

/* RFC 8440 3: LIST tells the same as MYRIGHTS. */
static void same(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[0];
	uint64_t rights;

	if (!isrv_sc_stage(c, 1, 1) ||
	    !isrv_sc_offers(k, ISRV_SC_ACL | ISRV_SC_LIST_EXTENDED | ISRV_SC_LIST_MYRIGHTS))
		return;
	isrv_sc_need(k, ISRV_SC_ACL_RIGHTS, "MYRIGHTS %s", k->box->name);
	rights = my_rights(k);
	isrv_sc_need(k, ISRV_SC_ACL_RIGHTS, "LIST \"\" %s RETURN (MYRIGHTS)", k->box->name);
	isrv_sc_want(c, !my_rights(k) || my_rights(k) == rights, ISRV_SC_ACL_RIGHTS,
	             "LIST tells other rights to %s than MYRIGHTS", k->box->name);
}

static void follows(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[0];
	struct isrv_sc_box *box;
	char low[ISRV_SC_NAME + 5], separator;
	size_t len;

	if (!isrv_sc_stage(c, 1, 0) || !isrv_sc_offers(k, ISRV_SC_ACL))
		return;
	box = k->box;
	if (!isrv_sc_ask(k, "SETACL %s %s lr", box->name, who))
		return;
	isrv_sc_need(k, ISRV_SC_SESSION_LIVES, "UNSELECT");
	/* RFC 4314 4, CREATE. */
	separator = isrv_sc_separator(k);
	len = strlen(box->name);
	memcpy(low, box->name, len);
	low[len] = separator;
	memcpy(low + len + 1, "low", 4);
	if (separator && isrv_sc_ask(k, "CREATE \"%s\"", low)) {
		listed(k, low, "lr", '\0', ISRV_SC_ACL_INHERITED);
		isrv_sc_ask(k, "DELETE \"%s\"", low);
	}
	isrv_sc_need(k, ISRV_SC_RENAME_DONE, "RENAME %s %sx", box->name, box->name);
	if (!isrv_sc_live(c))
		return;
	memcpy(box->name + strlen(box->name), "x", 2);
	listed(k, box->name, "lr", '\0', ISRV_SC_ACL_FOLLOWS);
	isrv_sc_need(k, ISRV_SC_REMOVE_DONE, "DELETE %s", box->name);
	isrv_sc_need(k, ISRV_SC_CREATE_DONE, "CREATE %s", box->name);
	listed(k, box->name, NULL, '\0', ISRV_SC_ACL_FOLLOWS);
}

const struct isrv_sc_scene isrv_sc_scenes_acl[] = {
	{"rights told", "write acl.get", same},
	{"lists", "write acl.get acl.set", kept},
	{"lists and names", "write acl.get acl.set mailboxes", follows},
	{NULL, NULL, NULL},
};
