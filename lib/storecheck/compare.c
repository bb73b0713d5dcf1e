/* SPDX-License-Identifier: MIT */
/*
 * storecheck/compare - holds what a client is told against what should be there.
 */
#include <string.h>

#include "storecheck/check.h"

const struct isrv_sc_blames isrv_sc_fetching = {ISRV_SC_FETCH_ROWS, ISRV_SC_FETCH_ROWS,
                                                ISRV_SC_FETCH_FLAGS, ISRV_SC_FETCH_DATE,
                                                ISRV_SC_BODY_OCTETS};

static void same_flags(struct isrv_sc_client *k, const struct isrv_sc_message *m, uint32_t flags,
                       enum isrv_sc_clause clause)
{
	uint32_t kept = isrv_sc_flags_of(k->box);
	char has[160], should[160];

	isrv_sc_put_flags(has, flags & kept);
	isrv_sc_put_flags(should, m->flags & kept);
	isrv_sc_want(k->c, isrv_sc_same_flags(k->box, flags, m->flags), clause,
	             "message %u has the flags (%s), and should have (%s)", m->uid, has, should);
}

static void stays(struct isrv_sc_client *k, const struct isrv_sc_message *m, uint64_t *known,
                  struct isrv_sc_text text, const char *what, enum isrv_sc_clause clause)
{
	uint64_t now = isrv_sc_hash(isrv_sc_span(k, text));

	isrv_sc_want(k->c, !*known || *known == now, clause,
	             "the %s of message %u is another than before", what, m->uid);
	*known = now;
}

static void compare_row(struct isrv_sc_client *k, struct isrv_sc_message *m,
                        const struct isrv_sc_row *row, const struct isrv_sc_blames *blames)
{
	struct isrv_sc *c = k->c;
	int64_t date = 0;

	same_flags(k, m, row->flags, blames->flags);
	isrv_sc_want(c, row->size == m->size, ISRV_SC_FETCH_SIZE,
	             "message %u has %llu octets, and %llu are told", m->uid,
	             (unsigned long long)m->size, (unsigned long long)row->size);
	isrv_sc_want(c, isrv_sc_moment(isrv_sc_span(k, row->date).data, &date) &&
	                        (!m->dated || date == m->date), blames->date,
	             "message %u has the date %.*s, which is %llu seconds away", m->uid,
	             (int)row->date.len, isrv_sc_span(k, row->date).data,
	             (unsigned long long)(date > m->date ? date - m->date : m->date - date));
	m->date = date;
	m->dated = true;
	if (row->has & ISRV_SC_HAS_MODSEQ) {
		isrv_sc_want(c, row->modseq >= m->modseq, ISRV_SC_MODSEQ_FORWARD,
		             "the sequence of message %u was %llu and is %llu", m->uid,
		             (unsigned long long)m->modseq, (unsigned long long)row->modseq);
		m->modseq = row->modseq;
	}
	if (row->has & ISRV_SC_HAS_EMAILID)
		stays(k, m, &m->emailid, row->emailid, "EMAILID", ISRV_SC_OBJECTID_EMAIL);
	if (row->has & ISRV_SC_HAS_THREADID)
		stays(k, m, &m->threadid, row->threadid, "THREADID", ISRV_SC_OBJECTID_THREAD);
	if (row->has & ISRV_SC_HAS_SAVEDATE)
		stays(k, m, &m->savedate, row->savedate, "save date", ISRV_SC_SAVEDATE_STAYS);
}

/* RFC 7162 3.1.2.1: HIGHESTMODSEQ is the highest of all. */
static void compare_highest(struct isrv_sc_client *k, struct isrv_sc_box *box)
{
	uint64_t highest = 0;
	uint32_t uid = 0;

	for (size_t i = 0; i < box->count; i++)
		if (box->messages[i].modseq > highest) {
			highest = box->messages[i].modseq;
			uid = box->messages[i].uid;
		}
	if (isrv_sc_highest(k, box))
		isrv_sc_want(k->c, highest <= k->highest, ISRV_SC_MODSEQ_HIGHEST,
		             "message %u has %llu, and HIGHESTMODSEQ is %llu", uid,
		             (unsigned long long)highest, (unsigned long long)k->highest);
}

bool isrv_sc_compare(struct isrv_sc_client *k, const struct isrv_sc_blames *blames)
{
	struct isrv_sc *c = k->c;
	struct isrv_sc_box *box = k->box;
	uint32_t has = ISRV_SC_HAS_FLAGS | ISRV_SC_HAS_DATE | ISRV_SC_HAS_SIZE;

	if (!isrv_sc_live(c) ||
	    !isrv_sc_need(k, ISRV_SC_FETCH_ROWS,
	                  "UID FETCH 1:* (FLAGS INTERNALDATE RFC822.SIZE%s%s%s)",
	                  k->caps & ISRV_SC_CONDSTORE && box->highest ? " MODSEQ" : "",
	                  k->caps & ISRV_SC_OBJECTID ? " EMAILID THREADID" : "",
	                  k->caps & ISRV_SC_SAVEDATE ? " SAVEDATE" : ""))
		return false;
	for (size_t i = 0; i < k->told.row_count; i++)
		isrv_sc_want(c, isrv_sc_message(box, k->told.rows[i].uid), blames->extra,
		             "there is a message %u in %s that should not be", k->told.rows[i].uid,
		             box->name);
	for (size_t i = 0; i < box->count && isrv_sc_live(c); i++) {
		const struct isrv_sc_row *row = isrv_sc_row_of(k, box->messages[i].uid, has);

		/* As many as there should be: it is there, and has no row. */
		if (isrv_sc_want(c, row,
		                 k->seen_count < box->count ? blames->missing : ISRV_SC_FETCH_ROWS,
		                 "message %u of %s is missing", box->messages[i].uid, box->name))
			compare_row(k, &box->messages[i], row, blames);
	}
	isrv_sc_want(c, k->seen_count == box->count, blames->extra,
	             "%s has %u messages, and should have %u", box->name, (unsigned)k->seen_count,
	             (unsigned)box->count);
	if (isrv_sc_live(c) && k->caps & ISRV_SC_CONDSTORE)
		compare_highest(k, box);
	return isrv_sc_live(c);
}

/* ---- bodies ------------------------------------------------------------------------------ */

static size_t first_difference(struct imapsrv_span a, struct imapsrv_span b)
{
	size_t at = 0;

	while (at < a.len && at < b.len && a.data[at] == b.data[at])
		at++;
	return at;
}

bool isrv_sc_compare_body(struct isrv_sc_client *k, struct isrv_sc_message *m,
                          enum isrv_sc_clause clause)
{
	struct isrv_sc *c = k->c;
	const struct isrv_sc_row *row;
	struct imapsrv_span body, should;
	size_t same;

	if (!isrv_sc_need(k, clause, "UID FETCH %u (BODY.PEEK[])", m->uid) ||
	    !isrv_sc_content(c, m->content, &c->scratch))
		return false;
	row = isrv_sc_row_of(k, m->uid, ISRV_SC_HAS_BODY);
	if (!isrv_sc_want(c, row, clause, "message %u has no body", m->uid))
		return false;
	body = isrv_sc_span(k, row->body);
	should.data = c->scratch.data;
	should.len = c->scratch.len;
	same = first_difference(body, should);
	return isrv_sc_want(c, same == body.len && same == should.len, clause,
	                    "message %u has %llu octets, should have %llu, and differs at %llu",
	                    m->uid, (unsigned long long)body.len, (unsigned long long)should.len,
	                    (unsigned long long)same);
}

bool isrv_sc_compare_bodies(struct isrv_sc_client *k, enum isrv_sc_clause clause)
{
	for (size_t i = 0; isrv_sc_live(k->c) && i < k->box->count; i++)
		if (!isrv_sc_compare_body(k, &k->box->messages[i], clause))
			return false;
	return isrv_sc_live(k->c);
}

/* ---- what was told without asking -------------------------------------------------------- */

/* UIDs of messages that were only counted: one question, which tells nothing else. */
static bool learn(struct isrv_sc_client *k)
{
	for (size_t i = 0; i < k->seen_count; i++)
		if (!k->seen[i].uid)
			return isrv_sc_need(k, ISRV_SC_FETCH_ROWS, "FETCH %u:%u (UID FLAGS)",
			                    (unsigned)i + 1, (unsigned)k->seen_count);
	return true;
}

static void known_flags(struct isrv_sc_client *k, const struct isrv_sc_message *m, uint32_t flags,
                        enum isrv_sc_clause clause)
{
	uint32_t kept = isrv_sc_flags_of(k->box);
	char known[160], has[160];

	isrv_sc_put_flags(known, flags & kept);
	isrv_sc_put_flags(has, m->flags & kept);
	isrv_sc_want(k->c, isrv_sc_same_flags(k->box, flags, m->flags), clause,
	             "client %u was told last that message %u has the flags (%s), and it has (%s)",
	             k->number, m->uid, known, has);
}

bool isrv_sc_compare_seen(struct isrv_sc_client *k, enum isrv_sc_clause arrival,
                          enum isrv_sc_clause expunge, enum isrv_sc_clause flags)
{
	struct isrv_sc *c = k->c;
	struct isrv_sc_box *box = k->box;
	size_t at = 0;

	if (!isrv_sc_live(c))
		return false;
	for (size_t i = 0; i < k->seen_count && isrv_sc_live(c); i++) {
		const struct isrv_sc_seen *seen = &k->seen[i];
		const struct isrv_sc_message *m;

		if (!seen->uid) { /* new, and not yet asked for */
			at++;
			continue;
		}
		m = isrv_sc_message(box, seen->uid);
		if (!isrv_sc_want(c, m, expunge,
		                  "client %u was not told that message %u is gone", k->number,
		                  seen->uid))
			return false;
		if (seen->told)
			known_flags(k, m, seen->flags, flags);
		at++;
	}
	return isrv_sc_want(c, at >= box->count, arrival,
	                    "client %u was told of %u messages, and there are %u", k->number,
	                    (unsigned)at, (unsigned)box->count) &&
	       isrv_sc_want(c, at <= box->count, expunge,
	                    "client %u was told of %u messages, and there are %u", k->number,
	                    (unsigned)at, (unsigned)box->count);
}

bool isrv_sc_look(struct isrv_sc_client *k)
{
	return isrv_sc_need(k, ISRV_SC_SESSION_LIVES, "NOOP") &&
	       isrv_sc_compare_seen(k, ISRV_SC_EVENT_ARRIVAL, ISRV_SC_EVENT_EXPUNGE,
	                            ISRV_SC_EVENT_FLAGS) &&
	       learn(k);
}
