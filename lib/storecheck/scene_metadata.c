/* SPDX-License-Identifier: MIT */
/*
 * storecheck/scene_metadata - annotations of mailboxes and of the server (RFC 5464).
 */
#include <string.h>

#include "base/ascii.h"
#include "storecheck/check.h"
#include "storecheck/parse.h"

/* The value that was told for an entry; data NULL: none, or NIL. */
static struct imapsrv_span value_of(const struct isrv_sc_client *k, const char *entry)
{
	struct imapsrv_span none = {NULL, 0}, line = isrv_sc_line(k, "METADATA"), name, value;
	struct isrv_sc_parse p = isrv_sc_parse_of(line);

	isrv_sc_atom(&p); /* METADATA */
	isrv_sc_expect(&p, ' ');
	isrv_sc_value(&p);
	isrv_sc_expect(&p, ' ');
	isrv_sc_expect(&p, '(');
	while (isrv_sc_another(&p)) {
		name = isrv_sc_atom(&p);
		isrv_sc_expect(&p, ' ');
		value = isrv_sc_nstring(&p);
		if (!p.bad && isrv_ascii_is(name.data, name.len, entry))
			return value;
	}
	return none;
}

/* Asks for one entry; value NULL: there should be none. */
static void is_value(struct isrv_sc_client *k, const char *box, const char *entry,
                     const char *value,
                     enum isrv_sc_clause clause)
{
	struct imapsrv_span told;

	if (!isrv_sc_need(k, ISRV_SC_METADATA_ASKED, "GETMETADATA \"%s\" %s", box, entry))
		return;
	told = value_of(k, entry);
	if (!value)
		isrv_sc_want(k->c, !told.data, clause, "%s of \"%s\" should not be there", entry,
		             box);
	else
		isrv_sc_want(k->c, told.data && told.len == strlen(value) &&
		                           !memcmp(told.data, value, told.len),
		             clause, "%s of \"%s\" is not what was set", entry, box);
}

/* False: such entries are not for this user. */
static bool set(struct isrv_sc_client *k, const char *box, const char *entry, const char *value)
{
	if (!value)
		return isrv_sc_ask(k, "SETMETADATA \"%s\" (%s NIL)", box, entry);
	return isrv_sc_ask(k, "SETMETADATA \"%s\" (%s {%u+}\r\n%s)", box, entry,
	                   (unsigned)strlen(value), value);
}

static void one_of_each(struct isrv_sc_client *k, const char *box)
{
	static const char *const entries[] = {"/private/comment", "/shared/comment",
	                                      "/private/vendor/imapsrv-kit/a"};
	static const char *const values[] = {"x", "", "two\r\nlines \"quoted\" \\ \xc3\xa9\xff",
	                                     "x"};

	for (unsigned e = 0; e < 3 && isrv_sc_live(k->c); e++) {
		if (!*box && e < 2)
			continue; /* the server's may be in use */
		for (unsigned v = 0; v < 4 && isrv_sc_live(k->c); v++) {
			if (!set(k, box, entries[e], values[v]))
				break;
			is_value(k, box, entries[e], values[v], ISRV_SC_METADATA_KEPT);
		}
		if (!isrv_sc_live(k->c) || !set(k, box, entries[e], NULL))
			continue;
		is_value(k, box, entries[e], NULL, ISRV_SC_METADATA_KEPT);
	}
}

/* RFC 5464 4.2.2: entries below. */
static void depth(struct isrv_sc_client *k, const char *box)
{
	static const char *const depths[] = {"0", "1", "infinity"};
	static const char *const entries[] = {"/private/vendor/imapsrv-kit/a",
	                                      "/private/vendor/imapsrv-kit/a/b",
	                                      "/private/vendor/imapsrv-kit/a/b/c"};
	struct isrv_sc *c = k->c;

	for (unsigned e = 0; e < 3; e++)
		if (!set(k, box, entries[e], "value"))
			return;
	for (unsigned i = 0; i < 3 && isrv_sc_live(c); i++) {
		isrv_sc_need(k, ISRV_SC_METADATA_ASKED, "GETMETADATA (DEPTH %s) \"%s\" %s",
		             depths[i],
		             box, entries[0]);
		for (unsigned e = 0; e <= i; e++)
			isrv_sc_want(c, value_of(k, entries[e]).data, ISRV_SC_METADATA_ASKED,
			             "%s is not told of \"%s\" at depth %s", entries[e], box,
			             depths[i]);
	}
	for (unsigned e = 3; e-- > 0 && isrv_sc_live(c);)
		set(k, box, entries[e], NULL);
}

static void follows(struct isrv_sc_client *k, struct isrv_sc_box *box)
{
	if (!isrv_sc_live(k->c) || !set(k, box->name, "/private/comment", "kit"))
		return;
	isrv_sc_need(k, ISRV_SC_SESSION_LIVES, "UNSELECT");
	isrv_sc_need(k, ISRV_SC_RENAME_DONE, "RENAME %s %sx", box->name, box->name);
	if (!isrv_sc_live(k->c))
		return;
	memcpy(box->name + strlen(box->name), "x", 2);
	is_value(k, box->name, "/private/comment", "kit", ISRV_SC_METADATA_FOLLOWS);
	isrv_sc_need(k, ISRV_SC_REMOVE_DONE, "DELETE %s", box->name);
	isrv_sc_need(k, ISRV_SC_CREATE_DONE, "CREATE %s", box->name);
	is_value(k, box->name, "/private/comment", NULL, ISRV_SC_METADATA_FOLLOWS);
}

static void metadata(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[0];
	struct isrv_sc_box *box;

	if (!isrv_sc_stage(c, 1, 0))
		return;
	box = k->box;
	if (k->caps & ISRV_SC_METADATA_SERVER || k->caps & ISRV_SC_METADATA) {
		one_of_each(k, "");
		isrv_sc_undo(k, "SETMETADATA \"\" (/private/vendor/imapsrv-kit/a NIL)");
	}
	if (!isrv_sc_live(c) || !isrv_sc_offers(k, ISRV_SC_METADATA))
		return;
	one_of_each(k, box->name);
	if (isrv_sc_live(c))
		depth(k, box->name);
	if (c->has_mailboxes)
		follows(k, box);
}

const struct isrv_sc_scene isrv_sc_scenes_metadata[] = {
	{"metadata", "write metadata", metadata},
	{NULL, NULL, NULL},
};
