/* SPDX-License-Identifier: MIT */
/*
 * storecheck/stores - the conformance kit finds nothing in a store that keeps the contract, however
 * it answers; finds every defect of the tables, and names it; and survives when memory fails.
 *
 *	stores [--seed N] [--histories N] [name of a defect, or of a way]
 */
#include "storecheck/members.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned passed, failed;
static const char *only;
static uint64_t seed = 1;
static uint32_t histories = 4;

static bool wanted(const char *name)
{
	return !only || strcmp(only, name) == 0;
}

static void result(const char *name, bool ok, const char *why)
{
	if (ok)
		passed++;
	else
		failed++;
	if (!ok)
		printf("%s: %s\n", name, why);
}

/* ---- ways to keep the contract ----------------------------------------------------------- */

/* Whoever has everything misses no scene. */
static void now(struct kit *kit)
{
	kit->may_lack = "imapsrv_acl.";
	kit->limit = 200000;
}

static void later(struct kit *kit)
{
	kit->ts->options.mode = TS_LATER;
}

static void sometimes(struct kit *kit)
{
	kit->ts->options.mode = TS_MIXED;
	kit->ts->options.events_after = true;
	kit->ts->options.set_piece = 1;
}

static void pulled(struct kit *kit)
{
	kit->ts->options.pull = 13;
	kit->ts->options.lf = true;
	kit->ts->options.no_size = true;
	kit->ts->options.sparse = true;
}

static void described(struct kit *kit)
{
	kit->ts->options.described = 1;
	kit->ts->options.previews = true;
	kit->ts->options.generous = true;
}

static void keeping(struct kit *kit)
{
	kit->ts->keeps = kit->ts->keeps_changes = true;
	kit->limit = 200000;
	kit->ts->options.pull = 4096;
}

/* The library then asks for rights before it asks for anything else. */
static void listing(struct kit *kit)
{
	kit->may_lack = "nothing";
	kit->limit = 200000;
	kit->ts->acl.on = true;
	kit->ts->acl.others = IMAPSRV_RIGHT_NOTE;
	kit->ts->acl.grantable = tx_dup(" l r s w i p k x t e a n", 24);
}

/* As little as there may be. */
static void bare(struct kit *kit)
{
	struct ts *ts = kit->ts;

	kit->no_index = kit->text_only = true;
	ts->absent = TS_NO_COPY | TS_NO_MOVE | TS_NO_STATUS | TS_NO_CHECK | TS_NO_MAILBOXES |
	             TS_NO_SUBSCRIBE | TS_NO_WATCH;
	ts->modseqs = ts->savedates = ts->objectids = ts->limits = ts->replace = false;
	ts->meta.on = ts->notes.on = false;
	ts->sasl = ts->scram = ts->speaks = ts->unmeasured = ts->urlauth.on = false;
	ts->resources = 0;
	ts_free_roots(ts);
}

static void emulated(struct kit *kit)
{
	kit->ts->absent = TS_NO_COPY | TS_NO_MOVE | TS_NO_STATUS | TS_NO_VANISHED | TS_NO_CHANGED;
	kit->ts->objectids = kit->ts->notes.on = false;
}

static void read_only(struct kit *kit)
{
	kit->ts->absent = TS_NO_WRITE | TS_NO_MAILBOXES;
	kit->ts->meta.on = kit->ts->notes.on = false;
}

static void recent(struct kit *kit)
{
	kit->ts->absent = TS_NO_MAILBOXES;
	kit->ts->mailboxes->keep_recent = true;
}

/* UIDs are not kept, and so not told. */
static void set_loose(struct ts_mailbox *m)
{
	m->not_sticky = true;
}

static void loose(struct kit *kit)
{
	kit->made = set_loose;
}

static void set_plain(struct ts_mailbox *m)
{
	m->no_modseq = true;
}

/* No message with NUL. */
static void text_only(void *user, struct imapsrv_op *op, const struct imapsrv_append_data *q)
{
	if (memchr(q->data, 0, q->len))
		imapsrv_op_done(op, IMAPSRV_UNKNOWN_CTE, NULL);
	else
		sound.store.append_data(user, op, q);
}

/* Who asks for a token of somebody else's mailbox is given one that is good for nothing. */
static void token_for_nothing(void *user, struct imapsrv_op *op, const struct imapsrv_url_query *q)
{
	const struct ts_handle *account = q->account;
	struct imapsrv_url_query changed = *q;

	if (!q->token.len)
		changed.owner = (struct imapsrv_span){account->user->name,
		                                      strlen(account->user->name)};
	sound.urlauth.token(user, op, &changed);
}

static void put_less(struct tables *t)
{
	t->store.append_data = text_only;
	t->urlauth.token = token_for_nothing;
}

/* Where a client can do less than it knows. */
static void less(struct kit *kit)
{
	static const struct defect change = {"", "", put_less, NULL, NULL, false};

	kit->made = set_plain;
	kit->silent = kit->alone = true;
	kit->defect = &change;
}


static void one_session(struct kit *kit)
{
	(void)kit;
}

static const struct way ways[] = {
	{"now", now, 0},             {"later", later, 0},       {"sometimes", sometimes, 0},
	{"pulled", pulled, 0},       {"described", described, 0}, {"keeping", keeping, 0},
		{"listing", listing, 0},
	{"bare", bare, 0},           {"emulated", emulated, 0}, {"read-only", read_only, 0},
	{"recent", recent, 0},       {"loose", loose, 0}, {"less", less, 0},
	{"one session", one_session, 1}, {"four sessions", later, 4}, {NULL, NULL, 0},
};

static void try_table(const struct way *table, uint32_t *looked)
{
	for (const struct way *way = table; way->name; way++) {
		struct kit kit;
		struct ta alloc;
		int rc;

		if (!wanted(way->name))
			continue;
		kit_begin(&kit);
		ta_init(&alloc, &kit.log);
		kit.looked = looked;
		way->set(&kit);
		rc = kit_run(&kit, &alloc.allocator, seed, histories, way->sessions);
		kit_end(&kit);
		ta_check(&alloc);
		result(way->name, !rc && !kit.findings && !kit.log.count,
		       kit.log.count ? kit.log.first : "findings, or an error");
	}
}

static void try_ways(void)
{
	size_t count;
	const struct imapsrv_clause *clauses = imapsrv_storecheck_clauses(&count);
	uint32_t *looked = calloc(count, sizeof(*looked));

	if (!looked)
		abort();
	try_table(ways, looked);
	try_table(ways_unusual, looked);
	for (size_t i = 0; i < count && !only; i++)
		result(clauses[i].id, looked[i], "nobody looks at it");
	free(looked);
}

/* What a scene takes of a session is said, and blamed on no store, when the host hides it.  These one
 * by one: together they would leave no scene. */
static void try_hidden(void)
{
	static const char *const names[] = {
		"ENABLE", "UNSELECT", "UIDPLUS", "NAMESPACE", "ESEARCH", "SPECIAL-USE",
		"CREATE-SPECIAL-USE", "THREAD=ORDEREDSUBJECT", "LANGUAGE", "ACL", "LIST-EXTENDED",
		"LIST-MYRIGHTS", "IDLE", "AUTH=PLAIN", "AUTH=SCRAM-SHA-256", "AUTH=OAUTHBEARER"};
	char what[80];

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *hidden[2] = {names[i], NULL};
		struct kit kit;
		int rc;

		snprintf(what, sizeof(what), "%s hidden", names[i]);
		if (!wanted(what))
			continue;
		kit_begin(&kit);
		listing(&kit);
		kit.may_lack = NULL;
		kit.hidden = hidden;
		rc = kit_run(&kit, NULL, seed, 1, 0);
		kit_end(&kit);
		result(what, !rc && !kit.findings && kit.lacks && !kit.log.count,
		       kit.log.count ? kit.log.first : "findings, or nothing is said to lack");
	}
}

/* ---- defects ----------------------------------------------------------------------------- */

static unsigned tried;

static void try_defects(const struct defect *table)
{
	for (const struct defect *d = table; d->name; d++) {
		struct kit kit;
		char why[300];
		int rc;

		tried++;
		if (!wanted(d->name))
			continue;
		kit_begin(&kit);
		kit.defect = d;
		kit.terse = !only;
		rc = kit_run(&kit, NULL, seed, 1, 0);
		kit_end(&kit);
		snprintf(why, sizeof(why), "should break %s; %u findings, the first %s in \"%s\"",
		         d->clause, kit.findings, kit.first, kit.scene);
		result(d->name, !rc && kit.findings && !strcmp(kit.first, d->clause), why);
		result(d->name, !kit.left, "an annotation of the server is left");
	}
}

static bool names_clause(const struct defect *table, const char *id)
{
	for (const struct defect *d = table; d->name; d++)
		if (!strcmp(d->clause, id))
			return true;
	return false;
}

/* No clause is there in vain: each is broken by a defect, and found first. */
static void check_covered(void)
{
	size_t count;
	const struct imapsrv_clause *clauses = imapsrv_storecheck_clauses(&count);

	for (size_t i = 0; i < count; i++)
		result(clauses[i].id,
		       names_clause(defects_read, clauses[i].id) ||
		               names_clause(defects_change, clauses[i].id) ||
		               names_clause(defects_names, clauses[i].id) ||
		               names_clause(defects_lists, clauses[i].id) ||
		               names_clause(defects_login, clauses[i].id) ||
		               names_clause(defects_url, clauses[i].id) ||
		               names_clause(defects_share, clauses[i].id) ||
		               names_clause(defects_rest, clauses[i].id) ||
		               names_clause(defects_wild, clauses[i].id),
		       "no defect breaks it");
}

/* ---- memory fails ------------------------------------------------------------------------ */

static void fail_memory(void)
{
	uint64_t calls = 0, stride;
	bool ok = true;
	char why[400] = "";

	for (uint64_t at = 0; ok && (!at || at < calls); at += stride) {
		struct kit kit;
		struct ta alloc;
		int rc;

		kit_begin(&kit);
		kit.terse = true;
		ta_init(&alloc, &kit.log);
		alloc.fail_from = at % 2 ? at : 0;
		alloc.fail_once = at % 2 ? 0 : at;
		rc = kit_run(&kit, &alloc.allocator, seed, 1, 0);
		/* The first round only counts. */
		calls = at ? calls : alloc.calls;
		stride = at ? at / 40 + 7 : 1;
		kit_end(&kit);
		ta_check(&alloc);
		ok = (rc == IMAPSRV_ENOMEM || (!rc && !alloc.failed)) && !kit.findings;
		if (rc == 0 && alloc.failed)
			ok = !kit.findings; /* what could do without did */
		if (!ok || kit.log.count) {
			snprintf(why, sizeof(why),
			         "allocation %llu of %llu: %d, %u findings (%s), %.100s",
			         (unsigned long long)at, (unsigned long long)calls, rc,
			         kit.findings,
			         kit.first, kit.log.first);
			ok = false;
		}
	}
	result("memory fails", ok, why);
}

/* ---- ops fail ---------------------------------------------------------------------------- */

/* In each scene one op, any of them, is refused or never answered: the kit comes to its end whatever
 * it is, reports what is a finding, and nothing else is wrong. */
static void fail_ops(void)
{
	static const enum imapsrv_code codes[] = {IMAPSRV_OK,          IMAPSRV_LIMIT, IMAPSRV_NOPERM,
	                                          IMAPSRV_UNAVAILABLE, IMAPSRV_NONEXISTENT};
	uint32_t findings = 0;
	bool ok = true;
	char why[200] = "";

	for (uint32_t n = 1; ok && n <= 60; n++) {
		for (size_t i = 0; ok && i < sizeof(codes) / sizeof(*codes); i++) {
			struct kit kit;
			struct ta alloc;
			int rc;

			kit_begin(&kit);
			if (n % 3 == 1)
				listing(&kit);
			else if (n % 3 == 2)
				bare(&kit);
			kit.may_lack = NULL;
			kit.terse = true;
			kit.trouble = n * 8 + (uint32_t)i;
			kit.code = codes[i];
			ta_init(&alloc, &kit.log);
			rc = kit_run(&kit, &alloc.allocator, seed + n, 1, 0);
			kit_end(&kit);
			ta_check(&alloc);
			findings += kit.findings;
			ok = !rc && !kit.log.count && (codes[i] || kit.findings);
			snprintf(why, sizeof(why), "round %u with code %d: %d, %u findings, %.100s",
			         (unsigned)n, (int)codes[i], rc, kit.findings, kit.log.first);
		}
	}
	result("ops fail", ok && findings, why);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--seed") && i + 1 < argc)
			seed = strtoull(argv[++i], NULL, 10);
		else if (!strcmp(argv[i], "--histories") && i + 1 < argc)
			histories = (uint32_t)strtoul(argv[++i], NULL, 10);
		else
			only = argv[i];
	}
	try_ways();
	try_hidden();
	try_defects(defects_read);
	try_defects(defects_change);
	try_defects(defects_names);
	try_defects(defects_lists);
	try_defects(defects_login);
	try_defects(defects_url);
	try_defects(defects_share);
	try_defects(defects_rest);
	try_defects(defects_wild);
	if (!only) {
		check_covered();
		members_check(result);
	}
	if (wanted("memory"))
		fail_memory();
	if (wanted("ops"))
		fail_ops();
	printf("%u defects\n", tried);
	printf("storecheck: %u passed, %u failed\n", passed, failed);
	return failed != 0;
}
