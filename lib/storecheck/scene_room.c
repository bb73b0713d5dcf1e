/* SPDX-License-Identifier: MIT */
/*
 * storecheck/scene_room - what there has to be room for: clients that are refused nothing may store
 * ten annotations of 1024 octets in each mailbox (RFC 5464 4.1) and with each message (RFC 5257
 * 4.1).
 */
#include <string.h>

#include "storecheck/check.h"

enum {
	ENTRIES = 10,
	OCTETS = 1024
};

/* "{1024+}", and so many octets; never the same twice. */
static void put_value(struct isrv_sc *c, struct isrv_buf *to, unsigned n)
{
	isrv_sc_put(c, to, "{%u+}\r\n", (unsigned)OCTETS);
	for (unsigned i = 0; i < OCTETS; i++)
		isrv_sc_add(c, to, &"0123456789"[(i + n) % 10], 1);
}

/* Is the value with that number among what was told? */
static bool is_told(struct isrv_sc_client *k, const struct isrv_buf *value)
{
	static const size_t head = sizeof("{1024+}\r\n") - 1;

	for (size_t i = 0; i < k->told.line_count; i++)
		if (isrv_sc_holds(isrv_sc_span(k, k->told.lines[i]), value->data + head, OCTETS))
			return true;
	return false;
}

/* Where they are stored. */
struct place {
	const char *what; /* a name of a mailbox, or UIDs */
	enum isrv_sc_clause clause;
	bool of_message;
};

static bool set(struct isrv_sc_client *k, const struct place *p, unsigned n,
                const struct isrv_buf *value)
{
	if (p->of_message)
		isrv_sc_say(k, "UID STORE %s ANNOTATION (/vendor/imapsrv-kit/%u (value.priv %.*s))",
		            p->what, n, (int)value->len, value->data);
	else
		isrv_sc_say(k, "SETMETADATA %s (/private/vendor/imapsrv-kit/%u %.*s)", p->what, n,
		            (int)value->len, value->data);
	return isrv_sc_await(k) && isrv_sc_needed(k, p->clause);
}

static bool get(struct isrv_sc_client *k, const struct place *p, unsigned n)
{
	if (p->of_message)
		return isrv_sc_need(k, p->clause,
		                    "UID FETCH %s (ANNOTATION (/vendor/imapsrv-kit/%u value.priv))",
		                    p->what, n);
	return isrv_sc_need(k, p->clause, "GETMETADATA %s /private/vendor/imapsrv-kit/%u", p->what,
	                    n);
}

/* One entry after the other, and then all of them again. */
static void fill(struct isrv_sc_client *k, const struct place *p)
{
	struct isrv_sc *c = k->c;
	struct isrv_buf value;

	isrv_buf_init(&value, 2 * OCTETS);
	for (unsigned pass = 0; pass < 2; pass++)
		for (unsigned n = 0; n < ENTRIES && isrv_sc_live(c); n++) {
			value.len = 0;
			put_value(c, &value, n);
			if (!pass ? !set(k, p, n, &value) : !get(k, p, n))
				break;
			if (pass)
				isrv_sc_want(c, is_told(k, &value), p->clause,
				             "%u entries of %u octets were stored, and number %u "
				             "is not there as it was",
				             (unsigned)ENTRIES, (unsigned)OCTETS, n + 1);
		}
	isrv_buf_clear(&value, &c->mem);
}

static void of_mailbox(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[0];

	/* There may be no private ones (RFC 5464 4.3). */
	if (isrv_sc_stage(c, 1, 0) && isrv_sc_offers(k, ISRV_SC_METADATA) &&
	    isrv_sc_ask(k, "SETMETADATA %s (/private/comment \"kit\")", k->box->name) &&
	    isrv_sc_ask(k, "SETMETADATA %s (/private/comment NIL)", k->box->name))
		fill(k, &(struct place){k->box->name, ISRV_SC_METADATA_ROOM, false});
}

static void of_message(struct isrv_sc *c)
{
	static const struct place all = {"1:*", ISRV_SC_ANNOTATE_ROOM, true};
	struct isrv_sc_client *k = &c->clients[0];

	if (isrv_sc_stage(c, 1, 1) && isrv_sc_offers(k, ISRV_SC_ANNOTATE))
		fill(k, &all);
}

const struct isrv_sc_scene isrv_sc_scenes_room[] = {
	{"room for metadata", "write metadata mailboxes", of_mailbox},
	{"room for annotations", "write annotate", of_message},
	{NULL, NULL, NULL},
};
