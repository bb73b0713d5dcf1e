/* SPDX-License-Identifier: MIT */
/*
 * storecheck/hear - what a client is told: responses become results of its command and its picture
 * of the selected mailbox.  Whether that is as it should be is looked at elsewhere; here only what
 * could never be (a number beyond EXISTS, a response that cannot be read) is found.
 */
#include <string.h>

#include "base/ascii.h"
#include "storecheck/check.h"
#include "storecheck/parse.h"

enum { EXPANDED = 100000 }; /* messages of a mailbox, and UIDs of sets that are written out */

static struct isrv_sc_text text_of(const struct isrv_sc_client *k, struct imapsrv_span s)
{
	struct isrv_sc_text t = {0, 0};

	if (s.data) {
		t.at = (size_t)(s.data - k->output.data);
		t.len = s.len;
	}
	return t;
}

static void expand(struct isrv_sc_client *k, struct isrv_sc_parse *p, struct isrv_sc_numbers *to)
{
	struct imapsrv_range r;
	bool more;

	do {
		more = isrv_sc_range(p, &r);
		for (uint64_t n = r.first; n <= r.last && !p->bad && to->count < EXPANDED; n++)
			if (!isrv_sc_add_number(k->c, to, (uint32_t)n))
				return;
	} while (more);
}

static uint32_t number32(struct isrv_sc_parse *p)
{
	uint64_t n = isrv_sc_number(p);

	p->bad |= n > UINT32_MAX;
	return (uint32_t)n;
}

/* ---- flags ------------------------------------------------------------------------------- */

static uint32_t flag(struct imapsrv_span s)
{
	static const char *const names[6] = {"\\Seen",    "\\Answered", "\\Flagged",
	                                     "\\Deleted", "\\Draft",    "\\Recent"};

	for (unsigned i = 0; i < 6; i++)
		if (isrv_ascii_is(s.data, s.len, names[i]))
			return 1u << i;
	for (unsigned i = 0; i < ISRV_SC_KEYWORDS; i++)
		if (isrv_ascii_is(s.data, s.len, isrv_sc_keyword_names[i]))
			return ISRV_SC_KEYWORD(i);
	return 0;
}

/* any: "\*" is among them. */
static uint32_t flags(struct isrv_sc_parse *p, bool *any)
{
	uint32_t set = 0;

	isrv_sc_expect(p, '(');
	while (isrv_sc_another(p)) {
		struct imapsrv_span s = isrv_sc_atom(p);

		if (any && s.len == 2 && !memcmp(s.data, "\\*", 2))
			*any = true;
		set |= flag(s);
	}
	return set;
}

/* ---- FETCH ------------------------------------------------------------------------------- */

static void fetch_item(struct isrv_sc_client *k, struct isrv_sc_parse *p, struct isrv_sc_row *row)
{
	struct imapsrv_span name = isrv_sc_atom(p), value = {NULL, 0};

	if (isrv_sc_take(p, '[')) {
		while (!p->bad && !isrv_sc_take(p, ']'))
			p->at++ < p->end ? (void)0 : (void)(p->bad = true);
		if (isrv_sc_take(p, '<')) {
			isrv_sc_number(p);
			isrv_sc_expect(p, '>');
		}
		isrv_sc_expect(p, ' ');
		value = isrv_sc_nstring(p);
		row->body = text_of(k, value);
		row->has |= value.data ? ISRV_SC_HAS_BODY : 0u;
		return;
	}
	isrv_sc_expect(p, ' ');
	if (p->bad)
		return;
	if (isrv_ascii_is(name.data, name.len, "UID")) {
		row->uid = number32(p);
		row->has |= ISRV_SC_HAS_UID;
	} else if (isrv_ascii_is(name.data, name.len, "FLAGS")) {
		row->flags = flags(p, NULL);
		row->has |= ISRV_SC_HAS_FLAGS;
	} else if (isrv_ascii_is(name.data, name.len, "INTERNALDATE")) {
		row->date = text_of(k, isrv_sc_nstring(p));
		row->has |= ISRV_SC_HAS_DATE;
		p->bad |= row->date.len != ISRV_SC_DATE;
	} else if (isrv_ascii_is(name.data, name.len, "RFC822.SIZE")) {
		row->size = isrv_sc_number(p);
		row->has |= ISRV_SC_HAS_SIZE;
	} else if (isrv_ascii_is(name.data, name.len, "MODSEQ")) {
		isrv_sc_expect(p, '(');
		row->modseq = isrv_sc_number(p);
		isrv_sc_expect(p, ')');
		row->has |= ISRV_SC_HAS_MODSEQ;
	} else {
		value = isrv_sc_value(p);
		if (isrv_ascii_is(name.data, name.len, "ENVELOPE")) {
			row->envelope = text_of(k, value);
			row->has |= ISRV_SC_HAS_ENVELOPE;
		} else if (isrv_ascii_is(name.data, name.len, "EMAILID")) {
			row->emailid = text_of(k, value);
			row->has |= ISRV_SC_HAS_EMAILID;
		} else if (isrv_ascii_is(name.data, name.len, "THREADID")) {
			row->threadid = text_of(k, value);
			row->has |= ISRV_SC_HAS_THREADID;
		} else if (isrv_ascii_is(name.data, name.len, "SAVEDATE")) {
			row->savedate = text_of(k, value);
			row->has |= ISRV_SC_HAS_SAVEDATE;
		} else if (isrv_ascii_is(name.data, name.len, "ANNOTATION")) {
			row->annotation = text_of(k, value);
			row->has |= ISRV_SC_HAS_ANNOTATION;
		}
	}
}

/* Keeps the row, and what it says of the picture. */
static void fetched(struct isrv_sc_client *k, struct isrv_sc_parse *p, uint32_t number)
{
	struct isrv_sc_told *t = &k->told;
	struct isrv_sc_row row = {0}, *rows;
	struct isrv_sc_seen *seen;

	row.number = number;
	isrv_sc_expect(p, '(');
	do
		fetch_item(k, p, &row);
	while (isrv_sc_take(p, ' '));
	isrv_sc_expect(p, ')');
	if (p->bad || !number || number > k->seen_count) {
		p->bad = true;
		return;
	}
	seen = &k->seen[number - 1];
	if (row.has & ISRV_SC_HAS_UID)
		seen->uid = row.uid;
	else if (seen->uid) {
		row.uid = seen->uid;
		row.has |= ISRV_SC_HAS_UID;
	}
	if (row.has & ISRV_SC_HAS_FLAGS) {
		seen->flags = row.flags;
		seen->told = true;
	}
	rows = isrv_sc_grow(k->c, t->rows, &t->row_cap, t->row_count, sizeof(*rows));
	if (!rows)
		return;
	t->rows = rows;
	rows[t->row_count++] = row;
}

/* ---- what comes and goes ----------------------------------------------------------------- */

static void exists(struct isrv_sc_client *k, struct isrv_sc_parse *p, uint32_t count)
{
	struct isrv_sc_seen *seen;

	p->bad |= count < k->seen_count;
	if (count > EXPANDED) {
		isrv_sc_blame(k->c, ISRV_SC_SESSION_LIVES,
		              "a mailbox has %u messages: no more than %u can be looked at", count,
		              (unsigned)EXPANDED);
		return;
	}
	while (k->seen_count < count && !p->bad) {
		seen = isrv_sc_grow(k->c, k->seen, &k->seen_cap, k->seen_count, sizeof(*seen));
		if (!seen)
			return;
		k->seen = seen;
		memset(&k->seen[k->seen_count++], 0, sizeof(*seen));
	}
}

static void forget(struct isrv_sc_client *k, size_t at)
{
	k->seen_count--;
	memmove(&k->seen[at], &k->seen[at + 1], (k->seen_count - at) * sizeof(*k->seen));
}

static void vanished(struct isrv_sc_client *k, struct isrv_sc_parse *p)
{
	bool earlier = isrv_sc_take(p, '(');

	if (earlier) {
		isrv_sc_atom(p);
		isrv_sc_expect(p, ')');
		isrv_sc_expect(p, ' ');
		expand(k, p, &k->told.earlier);
		return;
	}
	expand(k, p, &k->told.vanished);
	for (size_t i = k->seen_count; i-- > 0;)
		if (isrv_sc_has_number(&k->told.vanished, k->seen[i].uid))
			forget(k, i);
}

static void search(struct isrv_sc_client *k, struct isrv_sc_parse *p)
{
	while (isrv_sc_take(p, ' ')) {
		if (isrv_sc_take(p, '(')) { /* (MODSEQ n) */
			isrv_sc_atom(p);
			isrv_sc_expect(p, ' ');
			isrv_sc_number(p);
			isrv_sc_expect(p, ')');
		} else if (!isrv_sc_add_number(k->c, &k->told.found, number32(p))) {
			return;
		}
	}
}

/* ESEARCH (TAG "t1") UID ALL 1:3 MODSEQ 7 */
static void esearch(struct isrv_sc_client *k, struct isrv_sc_parse *p)
{
	while (isrv_sc_take(p, ' ')) {
		struct imapsrv_span name;

		if (isrv_sc_peek(p, '(')) {
			isrv_sc_value(p);
			continue;
		}
		name = isrv_sc_atom(p);
		if (isrv_ascii_is(name.data, name.len, "UID"))
			continue;
		isrv_sc_expect(p, ' ');
		if (isrv_ascii_is(name.data, name.len, "ALL"))
			expand(k, p, &k->told.found);
		else
			isrv_sc_value(p);
	}
}

static void status(struct isrv_sc_client *k, struct isrv_sc_parse *p)
{
	static const char *const names[] = {"MESSAGES", "UIDNEXT", "UIDVALIDITY", "UNSEEN",
	                                    "DELETED", "SIZE", "RECENT", "HIGHESTMODSEQ",
	                                    "APPENDLIMIT", "MAILBOXID"};
	struct isrv_sc_told *t = &k->told;
	uint32_t *numbers[] = {&t->messages, &t->uidnext, &t->uidvalidity, &t->status_unseen,
	                       &t->deleted,  NULL,        &t->recent};

	isrv_sc_value(p); /* the name */
	isrv_sc_expect(p, ' ');
	isrv_sc_expect(p, '(');
	while (isrv_sc_another(p)) {
		struct imapsrv_span name = isrv_sc_atom(p);
		unsigned i = 0;

		isrv_sc_expect(p, ' ');
		while (i < 10 && !isrv_ascii_is(name.data, name.len, names[i]))
			i++;
		if (i < 7 && numbers[i])
			*numbers[i] = number32(p);
		else if (i == 5)
			t->size = isrv_sc_number(p);
		else if (i == 7)
			t->highest = isrv_sc_number(p);
		else if (i == 8 && !isrv_sc_peek(p, 'N'))
			t->limit = isrv_sc_number(p);
		else if (i == 9)
			t->mailboxid = text_of(k, isrv_sc_value(p));
		else
			isrv_sc_value(p);
		t->status_has |= i < 10 ? 1u << i : 0u;
	}
}

/* ---- codes ------------------------------------------------------------------------------- */

static void code(struct isrv_sc_client *k, struct isrv_sc_parse *p)
{
	struct isrv_sc_told *t = &k->told;
	struct imapsrv_span name;

	if (!isrv_sc_take(p, '['))
		return;
	name = isrv_sc_atom(p);
	if (isrv_ascii_is(name.data, name.len, "READ-ONLY"))
		t->readonly = true;
	if (!isrv_sc_take(p, ' '))
		return;
	if (isrv_ascii_is(name.data, name.len, "UIDVALIDITY"))
		t->uidvalidity = number32(p);
	else if (isrv_ascii_is(name.data, name.len, "UIDNEXT"))
		t->uidnext = number32(p);
	else if (isrv_ascii_is(name.data, name.len, "UNSEEN"))
		t->unseen = number32(p);
	else if (isrv_ascii_is(name.data, name.len, "HIGHESTMODSEQ"))
		t->highest = isrv_sc_number(p);
	else if (isrv_ascii_is(name.data, name.len, "PERMANENTFLAGS"))
		t->permanent = flags(p, &t->any_keyword);
	else if (isrv_ascii_is(name.data, name.len, "MAILBOXID"))
		t->mailboxid = text_of(k, isrv_sc_value(p));
	else if (isrv_ascii_is(name.data, name.len, "MODIFIED"))
		expand(k, p, &t->modified);
	else if (isrv_ascii_is(name.data, name.len, "APPENDUID")) {
		t->code_validity = number32(p);
		isrv_sc_expect(p, ' ');
		expand(k, p, &t->appended);
	} else if (isrv_ascii_is(name.data, name.len, "COPYUID")) {
		t->code_validity = number32(p);
		isrv_sc_expect(p, ' ');
		expand(k, p, &t->from);
		isrv_sc_expect(p, ' ');
		expand(k, p, &t->to);
	}
}

static bool is_condition(struct imapsrv_span s)
{
	return isrv_ascii_is(s.data, s.len, "OK") || isrv_ascii_is(s.data, s.len, "NO") ||
	       isrv_ascii_is(s.data, s.len, "BAD") || isrv_ascii_is(s.data, s.len, "BYE") ||
	       isrv_ascii_is(s.data, s.len, "PREAUTH");
}

/* ---- responses --------------------------------------------------------------------------- */

static void numbered(struct isrv_sc_client *k, struct isrv_sc_parse *p)
{
	uint32_t n = number32(p);
	struct imapsrv_span name;

	isrv_sc_expect(p, ' ');
	name = isrv_sc_atom(p);
	if (isrv_ascii_is(name.data, name.len, "EXISTS")) {
		exists(k, p, n);
	} else if (isrv_ascii_is(name.data, name.len, "EXPUNGE")) {
		p->bad |= !n || n > k->seen_count;
		if (!p->bad)
			forget(k, n - 1);
		k->told.expunged++;
	} else if (isrv_ascii_is(name.data, name.len, "FETCH")) {
		isrv_sc_expect(p, ' ');
		fetched(k, p, n);
	}
}

static void untagged(struct isrv_sc_client *k, struct isrv_sc_parse *p)
{
	struct imapsrv_span name;

	if (p->at < p->end && *p->at >= '0' && *p->at <= '9') {
		numbered(k, p);
		return;
	}
	name = isrv_sc_atom(p);
	if (is_condition(name)) {
		k->ended |= isrv_ascii_is(name.data, name.len, "BYE");
		if (isrv_sc_take(p, ' '))
			code(k, p);
	} else if (isrv_ascii_is(name.data, name.len, "SEARCH") ||
	           isrv_ascii_is(name.data, name.len, "SORT")) {
		search(k, p);
	} else if (isrv_ascii_is(name.data, name.len, "ESEARCH")) {
		esearch(k, p);
	} else if (isrv_sc_take(p, ' ')) {
		if (isrv_ascii_is(name.data, name.len, "VANISHED"))
			vanished(k, p);
		else if (isrv_ascii_is(name.data, name.len, "STATUS"))
			status(k, p);
		else if (isrv_ascii_is(name.data, name.len, "FLAGS"))
			k->told.flags = flags(p, NULL);
	}
}

static void tagged(struct isrv_sc_client *k, struct isrv_sc_parse *p)
{
	struct imapsrv_span word;

	isrv_sc_atom(p); /* the tag: there is one command at a time */
	isrv_sc_expect(p, ' ');
	word = isrv_sc_atom(p);
	k->told.status = isrv_ascii_is(word.data, word.len, "OK")   ? ISRV_SC_OK
	                 : isrv_ascii_is(word.data, word.len, "NO") ? ISRV_SC_NO
	                                                            : ISRV_SC_BAD;
	isrv_sc_expect(p, ' ');
	k->told.text = text_of(k, (struct imapsrv_span){p->at, (size_t)(p->end - p->at)});
	code(k, p);
}

static void response(struct isrv_sc_client *k, const char *data, size_t len)
{
	struct isrv_sc_told *t = &k->told;
	struct isrv_sc_parse p = {data + 2, data + len - 2, false};
	struct isrv_sc_text *lines;

	isrv_sc_note(k->c, k, 'S', data, len - 2);
	if (data[0] == '+') {
		t->status = ISRV_SC_MORE;
		t->text = text_of(k, (struct imapsrv_span){p.at, len - 4});
		return;
	}
	if (data[0] != '*') {
		p.at = data;
		tagged(k, &p);
	} else {
		lines = isrv_sc_grow(k->c, t->lines, &t->line_cap, t->line_count, sizeof(*lines));
		if (!lines)
			return;
		t->lines = lines;
		lines[t->line_count++] = text_of(k, (struct imapsrv_span){p.at, len - 4});
		untagged(k, &p);
	}
	if (p.bad)
		isrv_sc_blame(k->c, ISRV_SC_SESSION_LIVES, "a response that cannot be read: %.*s",
		              isrv_sc_shown(len - 2), data);
}

void isrv_sc_hear(struct isrv_sc_client *k)
{
	size_t len;

	while (isrv_sc_live(k->c) && k->parsed < k->output.len &&
	       (len = isrv_sc_response(k->output.data + k->parsed, k->output.len - k->parsed))) {
		k->parsed += len;
		response(k, k->output.data + k->parsed - len, len);
	}
}
