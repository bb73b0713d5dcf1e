/* SPDX-License-Identifier: MIT */
/*
 * storecheck/scene_language - texts in other languages (RFC 5255 3).  What they mean the kit cannot
 * know; but a session is told the same in the same language, whatever other sessions speak.
 */
#include <string.h>

#include "storecheck/check.h"

enum { LANGUAGES = 8 }; /* that are looked at */

/* What a session is told in one language. */
struct told {
	uint64_t text;   /* of NOOP */
	uint64_t prefix; /* of NAMESPACE */
};

static struct told ask(struct isrv_sc_client *k)
{
	struct told t = {0, 0};

	if (isrv_sc_need(k, ISRV_SC_SESSION_LIVES, "NOOP"))
		t.text = isrv_sc_hash(isrv_sc_span(k, k->told.text));
	if (isrv_sc_need(k, ISRV_SC_SESSION_LIVES, "NAMESPACE"))
		t.prefix = isrv_sc_hash(isrv_sc_line(k, "NAMESPACE"));
	return t;
}

/* The same as before? */
static void same(struct isrv_sc_client *k, const struct told *before, const char *tag)
{
	struct isrv_sc *c = k->c;
	struct told now = ask(k);

	if (!isrv_sc_live(c))
		return;
	isrv_sc_want(c, now.text == before->text, ISRV_SC_LANGUAGE_SAME,
	             "a session that speaks %s is told another text than before, when another "
	             "session speaks another language",
	             tag);
	isrv_sc_want(c, now.prefix == before->prefix, ISRV_SC_LANGUAGE_PREFIX,
	             "a session that speaks %s is told another translation of its namespaces than "
	             "before, when another session speaks another language",
	             tag);
}

static void choose(struct isrv_sc_client *k, const char *tag)
{
	isrv_sc_need(k, ISRV_SC_LANGUAGE_SAME, "LANGUAGE %s", tag);
}

static void language(struct isrv_sc *c)
{
	const char *const *tags = c->language.tags;
	struct isrv_sc_client *a = &c->clients[0], *b = &c->clients[1];
	struct told english, told[LANGUAGES];
	unsigned count = 0;

	if (!isrv_sc_connect(c, 0, false) ||
	    !isrv_sc_offers(a, ISRV_SC_LANGUAGE | ISRV_SC_NAMESPACE) ||
	    !isrv_sc_connect(c, 1, false))
		return;
	english = ask(b);
	for (; count < LANGUAGES && tags[count] && isrv_sc_live(c); count++) {
		choose(a, tags[count]);
		told[count] = ask(a);
	}
	for (unsigned i = 0; i < count && isrv_sc_live(c); i++) {
		unsigned other = (i + 1) % count;

		choose(a, tags[i]);
		same(b, &english, "i-default");
		choose(b, tags[other]);
		same(a, &told[i], tags[i]);
		same(b, &told[other], tags[other]);
		choose(b, "i-default");
	}
}

const struct isrv_sc_scene isrv_sc_scenes_language[] = {
	{"language", "language two", language},
	{NULL, NULL, NULL},
};
