/* SPDX-License-Identifier: MIT */
/*
 * storecheck/scene_annotate - annotations of messages (RFC 5257).
 */
#include <string.h>

#include "base/ascii.h"
#include "storecheck/check.h"
#include "storecheck/parse.h"

static const char *const values[] = {"value.priv", "value.shared"};

/* The value of an entry in a row; data NULL: none, or NIL. */
static struct imapsrv_span value_of(const struct isrv_sc_client *k, uint32_t uid, const char *entry,
                                    const char *value)
{
	const struct isrv_sc_row *row = isrv_sc_row_of(k, uid, ISRV_SC_HAS_ANNOTATION);
	struct imapsrv_span told = {NULL, 0}, all, name, found;
	struct isrv_sc_parse p;

	if (!row)
		return told;
	all = isrv_sc_span(k, row->annotation);
	p = (struct isrv_sc_parse){all.data, all.data + all.len, false};
	isrv_sc_expect(&p, '(');
	while (isrv_sc_another(&p)) {
		bool mine;

		name = isrv_sc_atom(&p);
		mine = isrv_ascii_is(name.data, name.len, entry);
		isrv_sc_expect(&p, ' ');
		isrv_sc_expect(&p, '(');
		while (isrv_sc_another(&p)) {
			name = isrv_sc_atom(&p);
			isrv_sc_expect(&p, ' ');
			found = isrv_sc_nstring(&p);
			if (!p.bad && mine && isrv_ascii_is(name.data, name.len, value))
				told = found;
		}
	}
	return told;
}

/* False: it is refused, to this user or altogether. */
static bool set(struct isrv_sc_client *k, uint32_t uid, const char *entry, const char *value,
                const char *text)
{
	if (!text)
		return isrv_sc_ask(k, "UID STORE %u ANNOTATION (%s (%s NIL))", uid, entry, value);
	return isrv_sc_ask(k, "UID STORE %u ANNOTATION (%s (%s {%u+}\r\n%s))", uid, entry, value,
	                   (unsigned)strlen(text), text);
}

static bool is(struct isrv_sc_client *k, uint32_t uid, const char *entry, const char *value,
               const char *text, enum isrv_sc_clause clause)
{
	struct imapsrv_span told;

	if (!isrv_sc_need(k, clause, "UID FETCH %u (ANNOTATION (%s (%s)))", uid, entry, value))
		return false;
	told = value_of(k, uid, entry, value);
	if (!text)
		return isrv_sc_want(k->c, !told.data, clause,
		                    "%s of message %u has a %s, and should not",
		                    entry, uid, value);
	return isrv_sc_want(k->c, told.data && told.len == strlen(text) &&
	                                  !memcmp(told.data, text, told.len),
	                    clause, "the %s of %s of message %u is not what was set", value, entry,
	                    uid);
}

/* ---- kept ---------------------------------------------------------------------------------- */

static void kept(struct isrv_sc *c)
{
	static const char *const texts[] = {"x", "", "two\r\nlines \xc3\xa9", "longer than before"};
	struct isrv_sc_client *k = &c->clients[0];
	uint32_t uid;

	if (!isrv_sc_stage(c, 1, 3) || !isrv_sc_offers(k, ISRV_SC_ANNOTATE))
		return;
	uid = k->box->messages[1].uid;
	for (unsigned v = 0; v < 2 && isrv_sc_live(c); v++) {
		for (unsigned t = 0; t < 4 && isrv_sc_live(c); t++) {
			if (!set(k, uid, "/comment", values[v], texts[t]))
				break;
			is(k, uid, "/comment", values[v], texts[t], ISRV_SC_ANNOTATE_KEPT);
			is(k, uid, "/comment", values[1 - v], NULL, ISRV_SC_ANNOTATE_KEPT);
			is(k, k->box->messages[0].uid, "/comment", values[v], NULL,
			   ISRV_SC_ANNOTATE_KEPT);
		}
		if (isrv_sc_live(c) && set(k, uid, "/comment", values[v], NULL))
			is(k, uid, "/comment", values[v], NULL, ISRV_SC_ANNOTATE_KEPT);
	}
	/* What others did not touch is as it was. */
	isrv_sc_compare(k, &isrv_sc_fetching);
}

/* RFC 5257 4.3: patterns. */
static void asked(struct isrv_sc *c)
{
	static const char *const entries[] = {"/altsubject", "/comment", "/vendor/imapsrv-kit/a"};
	struct isrv_sc_client *k = &c->clients[0];
	uint32_t uid;

	if (!isrv_sc_stage(c, 1, 2) || !isrv_sc_offers(k, ISRV_SC_ANNOTATE))
		return;
	uid = k->box->messages[0].uid;
	for (unsigned e = 0; e < 3; e++)
		if (!set(k, uid, entries[e], values[0], "kit"))
			return;
	for (unsigned round = 0; round < 2 && isrv_sc_live(c); round++) {
		isrv_sc_need(k, ISRV_SC_ANNOTATE_ASKED,
		             "UID FETCH 1:* (ANNOTATION (%s value.priv))",
		             round ? "/%" : "/*");
		for (unsigned e = 0; e < 3 - round; e++)
			isrv_sc_want(c, value_of(k, uid, entries[e], values[0]).data,
			             ISRV_SC_ANNOTATE_ASKED, "%s of message %u is not among \"%s\"",
			             entries[e], uid, round ? "/%" : "/*");
	}
}

/* RFC 5257 4.6: a copy has them. */
static void copied(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[0];
	bool had[2];
	uint32_t uid;

	if (!isrv_sc_stage(c, 1, 2) || !isrv_sc_offers(k, ISRV_SC_ANNOTATE))
		return;
	uid = k->box->messages[0].uid;
	for (unsigned v = 0; v < 2; v++)
		had[v] = isrv_sc_live(c) && set(k, uid, "/comment", values[v], "kit");
	isrv_sc_ask(k, "UID COPY %u %s", uid, k->box->name);
	if (!isrv_sc_copied_here(k))
		return;
	if (k->told.to.count != 1) {
		isrv_sc_pass(c, isrv_sc_no_copies);
		return;
	}
	uid = k->told.to.v[0];
	isrv_sc_need(k, ISRV_SC_SESSION_LIVES, "NOOP");
	for (unsigned v = 0; v < 2 && isrv_sc_live(c); v++)
		is(k, uid, "/comment", values[v], had[v] ? "kit" : NULL, ISRV_SC_ANNOTATE_COPIED);
}

/* ---- told ---------------------------------------------------------------------------------- */

/* RFC 7162 1: annotations are metadata, and count. */
static void counted(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[0];
	const struct isrv_sc_row *row;
	uint64_t before;
	uint32_t uid;

	if (!isrv_sc_stage(c, 1, 2) || !isrv_sc_offers(k, ISRV_SC_ANNOTATE) ||
	    !isrv_sc_highest(k, k->box))
		return;
	uid = k->box->messages[0].uid;
	before = k->box->highest;
	if (!set(k, uid, "/comment", values[0], "kit") ||
	    !isrv_sc_need(k, ISRV_SC_FETCH_ROWS, "UID FETCH %u (MODSEQ)", uid))
		return;
	row = isrv_sc_row_of(k, uid, ISRV_SC_HAS_MODSEQ);
	isrv_sc_want(c, row && row->modseq > before, ISRV_SC_ANNOTATE_COUNTS,
	             "message %u was annotated and has %llu; HIGHESTMODSEQ was %llu", uid,
	             row ? (unsigned long long)row->modseq : 0ull, (unsigned long long)before);
}

/* RFC 5257 4.4: a client that asked for it is told which entries others change. */
static void told(struct isrv_sc *c)
{
	struct isrv_sc_client *a = &c->clients[0], *b = &c->clients[1];
	uint32_t uid;

	if (!isrv_sc_stage(c, 2, 2) || !isrv_sc_offers(a, ISRV_SC_ANNOTATE))
		return;
	uid = a->box->messages[0].uid;
	isrv_sc_look(b);
	b->seen_count = 0;
	isrv_sc_need(b, ISRV_SC_OPEN_KNOWN, "SELECT %s (ANNOTATE)", a->box->name);
	isrv_sc_need(b, ISRV_SC_FETCH_ROWS, "FETCH 1:* (UID FLAGS)");
	for (unsigned v = 0; v < 2 && isrv_sc_live(c); v++) {
		if (!set(a, uid, "/comment", values[v], "kit"))
			continue;
		isrv_sc_need(b, ISRV_SC_SESSION_LIVES, "NOOP");
		isrv_sc_want(c, isrv_sc_row_of(b, uid, ISRV_SC_HAS_ANNOTATION),
		             ISRV_SC_EVENT_ANNOTATION,
		             "client 2 was not told that %s of message %u has another %s",
		             "/comment",
		             uid, values[v]);
	}
}

const struct isrv_sc_scene isrv_sc_scenes_annotate[] = {
	{"annotations", "write annotate", kept},
	{"annotations asked for", "write annotate", asked},
	{"annotations copied", "write annotate", copied},
	{"annotations counted", "write annotate modseqs", counted},
	{"annotations told", "write annotate two", told},
	{NULL, NULL, NULL},
};
