/* SPDX-License-Identifier: MIT */
/*
 * storecheck/box - the kit's own picture of a mailbox, and the commands that fill one.
 */
#include <string.h>

#include "base/ascii.h"
#include "base/calendar.h"
#include "storecheck/check.h"

/* ---- the picture ------------------------------------------------------------------------- */

void isrv_sc_box_clear(struct isrv_sc *c, struct isrv_sc_box *box)
{
	isrv_mem_free(&c->mem, box->messages, box->cap * sizeof(*box->messages));
	isrv_mem_free(&c->mem, box->graves, box->grave_cap * sizeof(*box->graves));
	memset(box, 0, sizeof(*box));
}

static size_t position(const struct isrv_sc_box *box, uint32_t uid)
{
	size_t at = 0;

	while (at < box->count && box->messages[at].uid < uid)
		at++;
	return at;
}

struct isrv_sc_message *isrv_sc_message(struct isrv_sc_box *box, uint32_t uid)
{
	size_t at = position(box, uid);

	return at < box->count && box->messages[at].uid == uid ? &box->messages[at] : NULL;
}

struct isrv_sc_message *isrv_sc_box_add(struct isrv_sc *c, struct isrv_sc_box *box, uint32_t uid)
{
	struct isrv_sc_message *m;

	if (!isrv_sc_want(c, uid > box->top, ISRV_SC_UIDS_ONCE,
	                  "a new message of %s has UID %u, and %u was given before", box->name, uid,
	                  box->top))
		return NULL;
	m = isrv_sc_grow(c, box->messages, &box->cap, box->count, sizeof(*m));
	if (!m)
		return NULL;
	box->messages = m;
	m = &box->messages[box->count++];
	memset(m, 0, sizeof(*m));
	m->uid = box->top = uid;
	return m;
}

bool isrv_sc_box_came(struct isrv_sc *c, struct isrv_sc_box *box, uint32_t uid, uint32_t content,
                      uint32_t flags)
{
	struct isrv_sc_message *m = isrv_sc_box_add(c, box, uid);

	if (!m || !isrv_sc_content(c, content, &c->scratch))
		return false;
	m->content = content;
	m->flags = flags;
	m->size = c->scratch.len;
	return true;
}

bool isrv_sc_box_copy(struct isrv_sc *c, struct isrv_sc_box *box, uint32_t uid,
                      const struct isrv_sc_message *from)
{
	struct isrv_sc_message what = *from, *m = isrv_sc_box_add(c, box, uid);

	if (!m)
		return false;
	what.uid = uid;
	what.modseq = 0;
	what.savedate = 0;
	*m = what;
	return true;
}

void isrv_sc_box_remove(struct isrv_sc *c, struct isrv_sc_box *box, uint32_t uid)
{
	size_t at = position(box, uid);
	struct isrv_sc_grave *g;

	if (at == box->count || box->messages[at].uid != uid)
		return;
	g = isrv_sc_grow(c, box->graves, &box->grave_cap, box->grave_count, sizeof(*g));
	if (!g)
		return;
	box->graves = g;
	g[box->grave_count].uid = uid;
	g[box->grave_count++].after = box->highest;
	box->count--;
	memmove(&box->messages[at], &box->messages[at + 1],
	        (box->count - at) * sizeof(*box->messages));
}

uint32_t isrv_sc_flags_of(const struct isrv_sc_box *box)
{
	return box->any_keyword ? box->permanent | ISRV_SC_ALL_KEYWORDS
	                        : box->permanent & ISRV_SC_KEPT;
}

bool isrv_sc_same_flags(const struct isrv_sc_box *box, uint32_t told, uint32_t should)
{
	return !((told ^ should) & isrv_sc_flags_of(box));
}

uint32_t isrv_sc_some_flags(struct isrv_sc_client *k, uint32_t wish)
{
	uint32_t kept = isrv_sc_flags_of(k->box), wished = kept & wish;
	uint32_t others = kept & ~(uint32_t)IMAPSRV_DELETED;

	if (wished)
		return wished;
	if (!others)
		isrv_sc_pass(k->c, "flags in imapsrv_mailbox.permanent_flags");
	return others & (~others + 1);
}

uint32_t isrv_sc_after(uint32_t flags, enum imapsrv_store_mode mode, uint32_t change)
{
	if (mode == IMAPSRV_FLAGS_ADD)
		return flags | change;
	return mode == IMAPSRV_FLAGS_REMOVE ? flags & ~change : change;
}

/* " 7-Feb-1994 21:52:25 -0800" */
bool isrv_sc_moment(const char *date, int64_t *seconds_r)
{
	static const size_t at[] = {0, 7, 12, 15, 18, 22, 24};
	static const size_t len[] = {2, 4, 2, 2, 2, 2, 2};
	uint64_t n[7] = {0};
	struct isrv_date d;
	int64_t zone;

	for (size_t i = 0; i < 7; i++) {
		bool space = i == 0 && date[0] == ' ';

		if (!isrv_ascii_number(date + at[i] + space, len[i] - space, 9999, &n[i]))
			return false;
	}
	d.year = (int)n[1];
	d.month = isrv_calendar_month(date + 3, 3);
	d.day = (int)n[0];
	if (!d.month || !isrv_calendar_valid(d))
		return false;
	zone = (int64_t)(n[5] * 3600 + n[6] * 60);
	*seconds_r = isrv_calendar_days(d) * ISRV_CALENDAR_DAY_SECONDS +
	             (int64_t)(n[2] * 3600 + n[3] * 60 + n[4]) + (date[21] == '-' ? zone : -zone);
	return true;
}

/* ---- mailboxes of their own -------------------------------------------------------------- */

static bool make(struct isrv_sc_client *k, struct isrv_sc_box *box, unsigned i)
{
	struct isrv_sc *c = k->c;
	struct isrv_buf name;

	isrv_buf_init(&name, ISRV_SC_NAME - 1);
	if (isrv_sc_put(c, &name, "%s-%u-%u", c->check.mailbox, ++c->serial, i))
		memcpy(box->name, name.data, name.len);
	isrv_buf_clear(&name, &c->mem);
	isrv_sc_ask(k, "DELETE %s", box->name); /* of an earlier run that was cut off */
	if (!isrv_sc_ask(k, "CREATE %s", box->name) && isrv_sc_code(k, "CANNOT"))
		return isrv_sc_pass(c, "mailboxes that can be made: imapsrv_mailboxes.create "
		                       "refused with CANNOT");
	box->exists = isrv_sc_needed(k, ISRV_SC_CREATE_DONE);
	if (k->told.mailboxid.len)
		box->mailboxid = isrv_sc_hash(isrv_sc_span(k, k->told.mailboxid));
	return box->exists;
}

static const char unwritable[] = "a mailbox that can be changed: it opens read-only";

/* The only one that there is: everything in it goes. */
static bool empty(struct isrv_sc_client *k, struct isrv_sc_box *box)
{
	struct isrv_sc *c = k->c;
	bool gone = true;

	memcpy(box->name, c->check.mailbox, strlen(c->check.mailbox) + 1);
	if (isrv_sc_need(k, ISRV_SC_OPEN_KNOWN, "SELECT %s", box->name) && k->told.readonly)
		return isrv_sc_pass(c, unwritable);
	if (k->seen_count && !(k->told.permanent & IMAPSRV_DELETED))
		return isrv_sc_pass(c, "\\Deleted in imapsrv_mailbox.permanent_flags, by which "
		                       "the mailbox is emptied, or imapsrv_storecheck.fresh");
	if (k->seen_count)
		gone = isrv_sc_need(k, ISRV_SC_STORE_FLAGS,
		                    "UID STORE 1:* +FLAGS.SILENT (\\Deleted)") &&
		       isrv_sc_need(k, ISRV_SC_EXPUNGE_GONE, "EXPUNGE") &&
		       isrv_sc_want(c, !k->seen_count, ISRV_SC_EXPUNGE_GONE,
		                    "%u messages are left after all were deleted and expunged",
		                    (unsigned)k->seen_count);
	box->exists = gone && isrv_sc_need(k, ISRV_SC_OPEN_KNOWN, "STATUS %s (UIDNEXT)", box->name);
	if (box->exists)
		box->top = k->told.uidnext - 1;
	isrv_sc_need(k, ISRV_SC_SESSION_LIVES, "UNSELECT");
	k->seen_count = 0;
	return box->exists;
}

struct isrv_sc_box *isrv_sc_box(struct isrv_sc_client *k, unsigned i)
{
	struct isrv_sc *c = k->c;
	struct isrv_sc_box *box = &c->boxes[i];

	if (!isrv_sc_live(c))
		return NULL;
	isrv_sc_box_clear(c, box);
	if (c->has_mailboxes)
		return make(k, box, i) ? box : NULL;
	return i == 0 && empty(k, box) ? box : NULL;
}

/* ---- new messages ------------------------------------------------------------------------ */

bool isrv_sc_came(struct isrv_sc_client *k, size_t count, enum isrv_sc_clause clause)
{
	struct isrv_sc *c = k->c;
	size_t should = k->box->count + count;

	isrv_sc_need(k, ISRV_SC_SESSION_LIVES, "NOOP");
	isrv_sc_want(c, k->seen_count == should, clause,
	             "%s has %u messages, and should have %u", k->box->name,
	             (unsigned)k->seen_count, (unsigned)should);
	return isrv_sc_need(k, ISRV_SC_FETCH_ROWS, "FETCH %u:* (UID)",
	                    (unsigned)k->box->count + 1);
}

/* The UID of the message that came, if the scene goes on. */
static uint32_t new_uid(struct isrv_sc_client *k, struct isrv_sc_box *box)
{
	struct isrv_sc *c = k->c;

	if (k->told.appended.count) {
		isrv_sc_want(c, !box->uidvalidity || k->told.code_validity == box->uidvalidity,
		             ISRV_SC_APPEND_UIDS, "UIDVALIDITY of %s is %u, the append said %u",
		             box->name, box->uidvalidity, k->told.code_validity);
		isrv_sc_want(c, k->told.appended.count == 1, ISRV_SC_APPEND_UIDS,
		             "one message came, and %u UIDs", (unsigned)k->told.appended.count);
		return k->told.appended.v[0];
	}
	/* A store needs not tell it: who looks sees it, */
	if (k->box == box)
		return isrv_sc_came(k, 1, ISRV_SC_APPEND_DONE) ? k->seen[k->seen_count - 1].uid : 0;
	/* and who does not, knows it if no UIDs were left out. */
	isrv_sc_need(k, ISRV_SC_STATUS_SAME, "STATUS %s (UIDNEXT)", box->name);
	if (k->told.uidnext != box->top + 2)
		isrv_sc_pass(c, isrv_sc_no_appended);
	return k->told.uidnext - 1;
}

bool isrv_sc_append(struct isrv_sc_client *k, struct isrv_sc_box *box, uint32_t content,
                    uint32_t flags, const char *date)
{
	struct isrv_sc *c = k->c;
	struct isrv_sc_message *m;
	char names[160];
	uint32_t uid;

	isrv_sc_put_flags(names, flags);
	if (!isrv_sc_live(c) || !isrv_sc_content(c, content, &c->scratch) ||
	    !isrv_sc_say(k, "APPEND %s (%s)%s%s%s {%u+}", box->name, names, date ? " \"" : "",
	                 date ? date : "", date ? "\"" : "", (unsigned)c->scratch.len) ||
	    !isrv_sc_raw(k, c->scratch.data, c->scratch.len) || !isrv_sc_raw(k, "\r\n", 2) ||
	    !isrv_sc_await(k) || !isrv_sc_needed(k, ISRV_SC_APPEND_DONE))
		return false;
	uid = new_uid(k, box);
	if (!isrv_sc_live(c) || !isrv_sc_box_came(c, box, uid, content, flags))
		return false;
	m = isrv_sc_message(box, uid);
	m->dated = date && isrv_sc_moment(date, &m->date);
	return true;
}

bool isrv_sc_fill(struct isrv_sc_client *k, struct isrv_sc_box *box, unsigned count)
{
	static const char *const dates[] = {"17-Jul-1996 02:44:25 -0700", NULL,
	                                    "29-Feb-2000 23:59:59 +0000",
	                                    " 1-Jan-2024 00:00:00 +0530"};
	static const uint32_t flags[] = {0, IMAPSRV_SEEN, IMAPSRV_FLAGGED | IMAPSRV_SEEN,
	                                 ISRV_SC_KEYWORD(0), IMAPSRV_ANSWERED | IMAPSRV_DRAFT};

	for (unsigned i = 0; i < count; i++)
		if (!isrv_sc_append(k, box, isrv_sc_new_content(k->c),
		                    flags[i % 5] & isrv_sc_flags_of(box), dates[i % 4]))
			return false;
	return isrv_sc_live(k->c);
}

bool isrv_sc_highest(struct isrv_sc_client *k, struct isrv_sc_box *box)
{
	if (!(k->caps & ISRV_SC_CONDSTORE) || !box->highest ||
	    !isrv_sc_need(k, ISRV_SC_STATUS_SAME, "STATUS %s (HIGHESTMODSEQ)", box->name))
		return false;
	isrv_sc_want(k->c, k->told.highest >= k->highest, ISRV_SC_MODSEQ_FORWARD,
	             "HIGHESTMODSEQ of %s was %llu and is %llu", box->name,
	             (unsigned long long)k->highest, (unsigned long long)k->told.highest);
	k->highest = k->told.highest;
	if (box->highest < k->told.highest)
		box->highest = k->told.highest;
	return isrv_sc_live(k->c);
}

bool isrv_sc_stage(struct isrv_sc *c, unsigned clients, unsigned count)
{
	struct isrv_sc_box *box;

	if (clients > c->check.sessions)
		return isrv_sc_pass(c, "more sessions than imapsrv_storecheck.sessions");
	for (unsigned i = 0; i < clients; i++)
		if (!isrv_sc_connect(c, i, false))
			return false;
	box = isrv_sc_box(&c->clients[0], 0);
	/* Filled as it is seen, so that it is known which flags it can keep. */
	if (!box || !isrv_sc_select(&c->clients[0], box, "SELECT"))
		return false;
	if (c->clients[0].told.readonly)
		return isrv_sc_pass(c, unwritable);
	if (!isrv_sc_fill(&c->clients[0], box, count))
		return false;
	for (unsigned i = 0; i < clients; i++)
		if (!isrv_sc_select(&c->clients[i], box, "SELECT"))
			return false;
	return true;
}
