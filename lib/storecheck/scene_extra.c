/* SPDX-License-Identifier: MIT */
/*
 * storecheck/scene_extra - what not every store can: an index, identifiers, REPLACE, limits,
 * quotas.
 */
#include <string.h>

#include "base/ascii.h"
#include "storecheck/check.h"
#include "storecheck/parse.h"

/* ---- an index ---------------------------------------------------------------------------- */

/* Two clients look at the same mailbox: one has the store's index behind it, one has none. */
static bool two_engines(struct isrv_sc *c, unsigned count)
{
	if (!isrv_sc_stage(c, 1, count) || !isrv_sc_connect(c, 1, true))
		return false;
	return isrv_sc_select(&c->clients[1], &c->boxes[0], "EXAMINE");
}

static bool same_numbers(const struct isrv_sc_numbers *a, const struct isrv_sc_numbers *b)
{
	return a->count == b->count && (!a->count || !memcmp(a->v, b->v, a->count * sizeof(*a->v)));
}

static void agree(struct isrv_sc *c, const char *command, enum isrv_sc_clause clause)
{
	struct isrv_sc_client *k = &c->clients[0], *plain = &c->clients[1];
	char set[2][80];

	if (!isrv_sc_need(k, clause, "%s", command) || !isrv_sc_need(plain, clause, "%s", command))
		return;
	for (unsigned i = 0; i < 2; i++) {
		const struct isrv_sc_numbers *found = &c->clients[i].told.found;
		size_t len = 0;

		/* As much as there is room. */
		for (size_t n = 0; n < found->count && len < sizeof(set[i]) - 12; n++) {
			if (n)
				set[i][len++] = ',';
			len += isrv_ascii_u64(set[i] + len, found->v[n]);
		}
		set[i][len] = '\0';
	}
	isrv_sc_want(c, same_numbers(&k->told.found, &plain->told.found), clause,
	             "\"%s\" finds %s with the store's index, and %s without", command, set[0],
	             set[1]);
}

static void search(struct isrv_sc *c)
{
	static const char *const programs[] = {
		"ALL", "SEEN", "UNSEEN", "FLAGGED", "NOT FLAGGED", "DRAFT ANSWERED",
		"OR FLAGGED DRAFT", "KEYWORD kit-red", "UNKEYWORD KIT-RED", "LARGER 300",
		"SMALLER 300", "SINCE 1-Feb-2000", "BEFORE 1-Jan-2001", "ON 17-Jul-1996",
		"SENTSINCE 10-Feb-2021", "SENTBEFORE 10-Feb-2021", "SENTON 15-Feb-2021",
		"SUBJECT kit", "SUBJECT \"kit 1\"", "SUBJECT nothing", "FROM zoe", "FROM ADAM",
		"TO example", "HEADER References \"\"", "HEADER Message-ID kit.example",
		"BODY hello", "BODY two", "NOT BODY hello", "TEXT multipart", "TEXT example.org",
		"OR SUBJECT 1 (BODY one NOT SEEN)", "UID 2:4", "2:4 NOT SEEN", "CC kit",
		"BODY \"hello.\" SUBJECT kit",
		"CHARSET UTF-8 BODY {7+}\r\nGr\303\274\303\237e",
		"CHARSET UTF-8 BODY {7+}\r\nGR\303\234SSE",
	};
	char command[200] = "UID SEARCH ";

	if (!two_engines(c, 16))
		return;
	for (size_t i = 0; i < sizeof(programs) / sizeof(*programs) && isrv_sc_live(c); i++) {
		memcpy(command + 11, programs[i], strlen(programs[i]) + 1);
		agree(c, command, ISRV_SC_SEARCH_AGREES);
	}
}

/* RFC 6203 3: what is near is the store's affair; what has the very word is. */
static void fuzzy(struct isrv_sc *c)
{
	static const char *const programs[] = {"SUBJECT kit", "BODY hello", "TEXT example",
	                                       "NOT SUBJECT nothing"};
	struct isrv_sc_client *k = &c->clients[0];

	if (!isrv_sc_stage(c, 1, 16) || !isrv_sc_offers(k, ISRV_SC_FUZZY | ISRV_SC_ESEARCH))
		return;
	for (size_t i = 0; i < sizeof(programs) / sizeof(*programs) && isrv_sc_live(c); i++) {
		struct isrv_sc_numbers exact = {NULL, 0, 0};
		bool all = true;

		isrv_sc_need(k, ISRV_SC_SEARCH_FUZZY, "UID SEARCH %s", programs[i]);
		for (size_t n = 0; all && n < k->told.found.count; n++)
			all = isrv_sc_add_number(c, &exact, k->told.found.v[n]);
		isrv_sc_need(k, ISRV_SC_SEARCH_FUZZY,
		             "UID SEARCH RETURN (RELEVANCY ALL) FUZZY (%s)", programs[i]);
		for (size_t n = 0; isrv_sc_live(c) && n < exact.count; n++)
			isrv_sc_want(c, isrv_sc_has_number(&k->told.found, exact.v[n]),
			             ISRV_SC_SEARCH_FUZZY,
			             "message %u matches \"%s\", and does not match it nearly",
			             exact.v[n], programs[i]);
		isrv_mem_free(&c->mem, exact.v, exact.cap * sizeof(*exact.v));
	}
}

static void sort(struct isrv_sc *c)
{
	static const char *const keys[] = {"ARRIVAL", "REVERSE ARRIVAL", "DATE", "FROM", "SUBJECT",
	                                   "SIZE", "TO SIZE", "REVERSE SUBJECT", "CC",
	                                   "REVERSE SIZE FROM", "REVERSE DATE"};
	char command[200] = "UID SORT (";

	if (!two_engines(c, 14) || !isrv_sc_offers(&c->clients[0], ISRV_SC_SORT))
		return;
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys) && isrv_sc_live(c); i++) {
		size_t len = strlen(keys[i]);

		memcpy(command + 10, keys[i], len);
		memcpy(command + 10 + len, ") UTF-8 ALL", 12);
		agree(c, command, ISRV_SC_SORT_AGREES);
		memcpy(command + 10 + len, ") UTF-8 UNSEEN", 15);
		agree(c, command, ISRV_SC_SORT_AGREES);
	}
}

static struct imapsrv_span thread_line(const struct isrv_sc_client *k)
{
	static const struct imapsrv_span none = {"", 0};
	struct imapsrv_span line = isrv_sc_line(k, "THREAD");

	return line.data ? line : none;
}

static void thread(struct isrv_sc *c)
{
	static const char *const algorithms[] = {"REFERENCES", "ORDEREDSUBJECT"};
	struct isrv_sc_client *k = &c->clients[0], *plain = &c->clients[1];

	if (!two_engines(c, 14) || !isrv_sc_offers(k, ISRV_SC_THREAD | ISRV_SC_ORDEREDSUBJECT))
		return;
	for (unsigned i = 0; i < 4 && isrv_sc_live(c); i++) {
		struct imapsrv_span with, without;

		for (unsigned n = 0; n < 2; n++)
			isrv_sc_need(n ? plain : k, ISRV_SC_THREAD_AGREES, "UID THREAD %s UTF-8 %s",
			             algorithms[i % 2], i / 2 ? "UNSEEN" : "ALL");
		if (!isrv_sc_live(c))
			return;
		with = thread_line(k);
		without = thread_line(plain);
		isrv_sc_want(c, with.len == without.len &&
		             !memcmp(with.data, without.data, with.len),
		             ISRV_SC_THREAD_AGREES,
		             "%s: \"%.*s\" with the store's index, \"%.*s\" without",
		             algorithms[i % 2], (int)with.len, with.data, (int)without.len,
		             without.data);
	}
}

/* ---- identifiers and save dates ---------------------------------------------------------- */

static void identifiers(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[0];
	struct isrv_sc_box *box, *other;
	const struct isrv_sc_message *m, *copy;
	struct isrv_sc_message what;

	if (!isrv_sc_stage(c, 1, 4) || !isrv_sc_offers(k, ISRV_SC_OBJECTID))
		return;
	box = k->box;
	isrv_sc_need(k, ISRV_SC_OBJECTID_MAILBOX, "STATUS %s (MAILBOXID)", box->name);
	isrv_sc_want(c, k->told.mailboxid.len &&
	                        isrv_sc_hash(isrv_sc_span(k, k->told.mailboxid)) == box->mailboxid,
	             ISRV_SC_OBJECTID_MAILBOX, "MAILBOXID is another to STATUS than to SELECT");
	isrv_sc_compare(k, &isrv_sc_fetching);
	for (size_t i = 1; i < box->count && isrv_sc_live(c); i++) {
		m = &box->messages[i];
		isrv_sc_want(c, m->emailid, ISRV_SC_OBJECTID_EMAIL, "message %u has no EMAILID",
		             m->uid);
		isrv_sc_want(c, m->emailid != m[-1].emailid, ISRV_SC_OBJECTID_EMAIL,
		             "messages %u and %u are not the same and have one EMAILID", m[-1].uid,
		             m->uid);
	}
	if (!isrv_sc_live(c))
		return;
	isrv_sc_ask(k, "UID COPY %u %s", box->messages[0].uid, box->name);
	if (!isrv_sc_copied_here(k))
		return;
	if (k->told.to.count != 1) {
		isrv_sc_pass(c, isrv_sc_no_copies);
		return;
	}
	what = box->messages[0];
	/* What it has of these is to be told. */
	what.emailid = what.threadid = 0;
	isrv_sc_box_copy(c, box, k->told.to.v[0], &what);
	m = &box->messages[0];
	copy = &box->messages[box->count - 1];
	isrv_sc_need(k, ISRV_SC_SESSION_LIVES, "NOOP");
	isrv_sc_compare(k, &isrv_sc_fetching);
	isrv_sc_want(c, copy->emailid == m->emailid, ISRV_SC_OBJECTID_EMAIL,
	             "message %u is a copy of %u, and has another EMAILID", copy->uid, m->uid);
	isrv_sc_want(c, copy->threadid == m->threadid, ISRV_SC_OBJECTID_THREAD,
	             "message %u is a copy of %u, and has another THREADID", copy->uid, m->uid);
	if (!isrv_sc_live(c) || !(other = isrv_sc_box(k, 1)))
		return;
	isrv_sc_want(c, !other->mailboxid || other->mailboxid != box->mailboxid,
	             ISRV_SC_OBJECTID_MAILBOX, "two mailboxes have one MAILBOXID");
	isrv_sc_need(k, ISRV_SC_SESSION_LIVES, "UNSELECT");
	isrv_sc_need(k, ISRV_SC_RENAME_DONE, "RENAME %s %sx", box->name, box->name);
	if (isrv_sc_live(c))
		memcpy(box->name + strlen(box->name), "x", 2);
	isrv_sc_select(k, box, "SELECT");
	isrv_sc_compare(k, &isrv_sc_fetching);
}

static void save_dates(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[0];

	if (!isrv_sc_stage(c, 1, 4) || !isrv_sc_offers(k, ISRV_SC_SAVEDATE) ||
	    !isrv_sc_compare(k, &isrv_sc_fetching))
		return;
	for (unsigned i = 0; i < 3 && isrv_sc_live(c); i++) {
		isrv_sc_need(k, ISRV_SC_STORE_FLAGS, "UID STORE %u FLAGS (\\Draft)",
		             k->box->messages[i].uid);
		k->box->messages[i].flags = IMAPSRV_DRAFT;
		isrv_sc_select(k, k->box, "SELECT");
		isrv_sc_compare(k, &isrv_sc_fetching);
	}
}

/* ---- REPLACE, append limits -------------------------------------------------------------- */

static void replace(struct isrv_sc *c)
{
	const struct isrv_sc_blames blames = {ISRV_SC_REPLACE_BOTH, ISRV_SC_REPLACE_BOTH,
	                                      ISRV_SC_APPEND_FLAGS, ISRV_SC_APPEND_DATE,
	                                      ISRV_SC_BODY_OCTETS};
	struct isrv_sc_client *k = &c->clients[0];
	uint32_t content, old;

	if (!isrv_sc_stage(c, 1, 3) || !isrv_sc_offers(k, ISRV_SC_REPLACE))
		return;
	for (unsigned i = 0; i < 2 && isrv_sc_live(c); i++) {
		content = isrv_sc_new_content(c);
		old = k->box->messages[1].uid;
		isrv_sc_content(c, content, &c->scratch);
		isrv_sc_say(k, "UID REPLACE %u %s (\\Draft) {%u+}", old, k->box->name,
		            (unsigned)c->scratch.len);
		isrv_sc_raw(k, c->scratch.data, c->scratch.len);
		isrv_sc_raw(k, "\r\n", 2);
		if (!isrv_sc_await(k) || !isrv_sc_needed(k, ISRV_SC_REPLACE_BOTH))
			return;
		if (k->told.appended.count != 1) {
			isrv_sc_pass(c, isrv_sc_no_appended);
			return;
		}
		isrv_sc_box_came(c, k->box, k->told.appended.v[0], content, IMAPSRV_DRAFT);
		isrv_sc_box_remove(c, k->box, old);
		isrv_sc_need(k, ISRV_SC_SESSION_LIVES, "NOOP");
		isrv_sc_compare(k, &blames);
		isrv_sc_compare_bodies(k, ISRV_SC_BODY_OCTETS);
	}
	isrv_sc_reselect(k, &c->boxes[0], &blames);
	isrv_sc_compare(k, &blames);
}

static bool append_octets(struct isrv_sc_client *k, const char *name, uint64_t octets)
{
	struct isrv_sc *c = k->c;

	c->scratch.len = 0;
	isrv_sc_put(c, &c->scratch, "Subject: kit\r\n\r\n");
	while (c->scratch.len < octets && isrv_sc_live(c))
		isrv_sc_add(c, &c->scratch, c->scratch.len % 60 ? "x" : "\n", 1);
	isrv_sc_say(k, "APPEND %s {%u+}", name, (unsigned)octets);
	isrv_sc_raw(k, c->scratch.data, (size_t)octets);
	isrv_sc_raw(k, "\r\n", 2);
	return isrv_sc_await(k);
}

static void append_limit(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[0];
	uint64_t limit;

	if (!isrv_sc_stage(c, 1, 0) || !isrv_sc_offers(k, ISRV_SC_APPENDLIMIT))
		return;
	isrv_sc_need(k, ISRV_SC_STATUS_SAME, "STATUS %s (APPENDLIMIT)", k->box->name);
	limit = k->told.limit;
	if (limit < 20 || limit > 500000)
		isrv_sc_pass(c, "a limit of 20 to 500000 octets");
	if (!isrv_sc_live(c))
		return;
	append_octets(k, k->box->name, limit);
	isrv_sc_want(c, k->told.status == ISRV_SC_OK, ISRV_SC_APPEND_LIMIT,
	             "%llu octets are within the limit, and are refused",
	             (unsigned long long)limit);
	append_octets(k, k->box->name, limit + 1);
	isrv_sc_want(c, k->told.status != ISRV_SC_OK, ISRV_SC_APPEND_LIMIT,
	             "the limit is %llu octets, and one more is accepted",
	             (unsigned long long)limit);
}

/* ---- quotas ------------------------------------------------------------------------------ */

struct usage {
	struct imapsrv_span root, resources; /* as they stand in the response */
	uint64_t used, limit;
	bool known;
};

/* The first root with this resource, in what was told. */
static struct usage usage_of(const struct isrv_sc_client *k, const char *resource)
{
	struct usage u = {{NULL, 0}, {NULL, 0}, 0, 0, false};

	for (size_t i = 0; i < k->told.line_count && !u.known; i++) {
		struct imapsrv_span line = isrv_sc_span(k, k->told.lines[i]), name;
		struct isrv_sc_parse p = {line.data, line.data + line.len, false};

		if (!isrv_sc_is_line(line, "QUOTA"))
			continue;
		p.at += 6;
		u.root = isrv_sc_value(&p);
		isrv_sc_expect(&p, ' ');
		u.resources.data = p.at;
		isrv_sc_expect(&p, '(');
		while (isrv_sc_another(&p)) {
			uint64_t used, limit;

			name = isrv_sc_atom(&p);
			isrv_sc_expect(&p, ' ');
			used = isrv_sc_number(&p);
			isrv_sc_expect(&p, ' ');
			limit = isrv_sc_number(&p);
			if (isrv_ascii_is(name.data, name.len, resource)) {
				u.used = used;
				u.limit = limit;
				u.known = true;
			}
		}
		u.resources.len = (size_t)(p.at - u.resources.data);
	}
	return u;
}

static struct usage ask_usage(struct isrv_sc_client *k, const char *resource)
{
	static const struct usage none = {{NULL, 0}, {NULL, 0}, 0, 0, false};

	if (!isrv_sc_need(k, ISRV_SC_QUOTA_ROOTS, "GETQUOTAROOT %s", k->box->name))
		return none;
	return usage_of(k, resource);
}

/* "SETQUOTA root (...)" with the limits that there are, but for that of messages. */
static bool put_limits(struct isrv_sc *c, struct isrv_buf *to, const struct usage *u,
                       uint64_t messages)
{
	struct isrv_sc_parse p = {u->resources.data, u->resources.data + u->resources.len, false};

	isrv_sc_put(c, to, "SETQUOTA %.*s (", (int)u->root.len, u->root.data);
	isrv_sc_expect(&p, '(');
	for (bool first = true; isrv_sc_another(&p); first = false) {
		struct imapsrv_span name = isrv_sc_atom(&p);
		uint64_t limit;

		isrv_sc_expect(&p, ' ');
		isrv_sc_number(&p);
		isrv_sc_expect(&p, ' ');
		limit = isrv_sc_number(&p);
		if (isrv_ascii_is(name.data, name.len, "MESSAGE"))
			limit = messages;
		isrv_sc_put(c, to, "%s%.*s %llu", first ? "" : " ", (int)name.len, name.data,
		            (unsigned long long)limit);
	}
	isrv_sc_put(c, to, ")");
	return isrv_sc_add(c, to, "", 1);
}

/* A limit that leaves room for one more message. */
static void fill_up(struct isrv_sc_client *k)
{
	struct isrv_sc *c = k->c;

	append_octets(k, k->box->name, 100);
	isrv_sc_want(c, k->told.status == ISRV_SC_OK, ISRV_SC_QUOTA_HOLDS,
	             "there is room for one message, and it is refused");
	append_octets(k, k->box->name, 100);
	isrv_sc_want(c, k->told.status == ISRV_SC_NO && isrv_sc_code(k, "OVERQUOTA"),
	             ISRV_SC_QUOTA_HOLDS, "a message more than the limit is not OVERQUOTA");
}

static void full(struct isrv_sc_client *k)
{
	struct isrv_sc *c = k->c;
	struct usage u = ask_usage(k, "MESSAGE");
	struct isrv_buf now, then;

	if (!u.known || !isrv_sc_live(c) || u.limit <= u.used + 1)
		return;
	isrv_buf_init(&now, 4096);
	isrv_buf_init(&then, 4096);
	if (put_limits(c, &now, &u, u.used + 1) && put_limits(c, &then, &u, u.limit) &&
	    isrv_sc_ask(k, "%s", now.data)) { /* else it is not for this user */
		fill_up(k);
		isrv_sc_undo(k, then.data);
	}
	isrv_buf_clear(&now, &c->mem);
	isrv_buf_clear(&then, &c->mem);
}

/* A root is the same whichever way it is asked for. */
static void compare_root(struct isrv_sc *c, const struct usage *u)
{
	struct isrv_sc_client *k = &c->clients[0];
	char root[200], listing[300];
	size_t len = u->resources.len;
	struct usage other;

	if (!u->known || u->root.len >= sizeof(root) || len > sizeof(listing))
		return;
	memcpy(root, u->root.data, u->root.len);
	root[u->root.len] = '\0';
	memcpy(listing, u->resources.data, len);
	isrv_sc_need(k, ISRV_SC_QUOTA_ROOTS, "GETQUOTA %s", root);
	other = usage_of(k, "none");
	isrv_sc_want(c, other.resources.len == len && !memcmp(other.resources.data, listing, len),
	             ISRV_SC_QUOTA_ROOTS, "root %s is another to GETQUOTA than to GETQUOTAROOT",
	             root);
}

static void quota(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[0];
	struct usage before, now;

	if (!isrv_sc_stage(c, 1, 2) || !isrv_sc_offers(k, ISRV_SC_QUOTA))
		return;
	now = ask_usage(k, "MESSAGE");
	if (!now.known)
		now = ask_usage(k, "STORAGE");
	compare_root(c, &now);
	before = ask_usage(k, "MESSAGE");
	if (!before.known) {
		isrv_sc_pass(c, "a limit of messages, in a root of the mailbox");
		return;
	}
	isrv_sc_append(k, k->box, isrv_sc_new_content(c),
	               isrv_sc_flags_of(k->box) & IMAPSRV_DELETED, NULL);
	now = ask_usage(k, "MESSAGE");
	isrv_sc_want(c, now.used == before.used + 1, ISRV_SC_QUOTA_USAGE,
	             "there were %llu messages, one came, and there are %llu",
	             (unsigned long long)before.used, (unsigned long long)now.used);
	if (isrv_sc_flags_of(k->box) & IMAPSRV_DELETED) {
		isrv_sc_need(k, ISRV_SC_EXPUNGE_GONE, "EXPUNGE");
		now = ask_usage(k, "MESSAGE");
		isrv_sc_want(c, now.used == before.used, ISRV_SC_QUOTA_USAGE,
		             "a message came and went, there were %llu and are %llu",
		             (unsigned long long)before.used, (unsigned long long)now.used);
	} else {
		isrv_sc_skip(c, "\\Deleted in imapsrv_mailbox.permanent_flags");
	}
	if (k->caps & ISRV_SC_QUOTASET)
		full(k);
}

const struct isrv_sc_scene isrv_sc_scenes_extra[] = {
	{"search", "write search two", search},
	{"fuzzy search", "write search fuzzy", fuzzy},
	{"sort", "write sort two", sort},
	{"thread", "write thread two", thread},
	{"identifiers", "write mailboxes objectids", identifiers},
	{"save dates", "write savedates", save_dates},
	{"replace", "write replace", replace},
	{"append limit", "write append_limits", append_limit},
	{"quota", "write quota", quota},
	{NULL, NULL, NULL},
};
