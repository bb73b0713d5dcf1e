/* SPDX-License-Identifier: MIT */
/* sim/search: random programs as trees, how a client writes them, and whether a message matches. */
#include "search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind {
	ALL,
	NUMBERS, /* a set of numbers */
	UIDS,
	SAVED,
	FLAG,
	KEYWORD,
	DATE,
	SENT,
	LARGER,
	SMALLER,
	MODSEQ,
	FIELD, /* FROM and the like */
	HEADER,
	BODY,
	TEXT,
	RECENT,   /* RECENT, OLD, NEW */
	AGE,      /* OLDER; negated: YOUNGER */
	SAVEDATE, /* SAVEDBEFORE and its kind */
	HAS_SAVEDATE,
	EMAILID,
	THREADID,
	UIDSIDE, /* UIDAFTER; negated: UIDBEFORE */
	ANNOTATION,
	KINDS,
	NOT = KINDS,
	FUZZY, /* the store knows of nothing that is near */
	OR,
	LIST
};

enum { RANGES = 3, FLAGS = 5, STAR = 0 };

struct key {
	enum kind kind;
	bool negated; /* UNSEEN, UNKEYWORD */
	unsigned which; /* flag, keyword, field; BEFORE, ON or SINCE; both values, private, shared */
	unsigned entry; /* of entries */
	uint32_t ranges[RANGES][2]; /* STAR is "*" */
	unsigned range_count;
	int year, month, day;
	uint64_t number;
	char id[40];
	struct text needle;
	struct key **kids;
	size_t kid_count;
};

static const char *const flags[] = {"SEEN", "ANSWERED", "FLAGGED", "DELETED", "DRAFT"};
static const uint32_t bits[] = {IMAPSRV_SEEN, IMAPSRV_ANSWERED, IMAPSRV_FLAGGED, IMAPSRV_DELETED,
                                IMAPSRV_DRAFT};
static const char *const keywords[] = {"$Junk", "Work", "none-has-it"};
static const char *const sides[] = {"BEFORE", "ON", "SINCE"};
enum { ENTRIES = 5 };
static const char *const entries[ENTRIES] = {"/comment", "/a/comment", "*", "/%", "/nothing"};
static const char *const values[] = {"value", "value.priv", "value.shared"};
static const char *const recents[] = {"RECENT", "OLD", "NEW"};
static const char *const pairs[][2] = {{"OLDER", "YOUNGER"}, {"UIDAFTER", "UIDBEFORE"}};
static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/* ---- making ----------------------------------------------------------------------------- */

static struct key *key_new(enum kind kind)
{
	struct key *k = tx_alloc(sizeof(*k));

	k->kind = kind;
	return k;
}

static void adopt(struct key *k, struct key *kid)
{
	k->kids = tx_realloc(k->kids, (k->kid_count + 1) * sizeof(*k->kids));
	k->kids[k->kid_count++] = kid;
}

static void draw_set(struct key *k, const struct draw *d, uint32_t most)
{
	k->range_count = 1 + tx_below(d->r, RANGES);
	for (unsigned i = 0; i < k->range_count; i++) {
		for (unsigned e = 0; e < 2; e++)
			k->ranges[i][e] = tx_below(d->r, 9) ? 1 + tx_below(d->r, most) : STAR;
		if (tx_below(d->r, 2))
			k->ranges[i][1] = k->ranges[i][0];
	}
}

static bool is_known(const struct draw *d, enum kind kind)
{
	switch (kind) {
	case NUMBERS:
		return d->messages && !d->lasting;
	case UIDS:
	case SAVED:
		return !d->lasting;
	case MODSEQ:
		return d->modseq;
	case AGE:
		return d->clock;
	case SAVEDATE:
	case HAS_SAVEDATE:
		return d->savedates;
	case EMAILID:
	case THREADID:
		return d->objectids;
	case UIDSIDE:
		return d->sides;
	case ANNOTATION:
		return d->annotations;
	default:
		return true;
	}
}

static struct key *draw_leaf(const struct draw *d)
{
	struct key *k = key_new((enum kind)tx_below(d->r, KINDS));

	if (!is_known(d, k->kind))
		k->kind = ALL;
	k->negated = tx_below(d->r, 2);
	k->which = tx_below(d->r, k->kind == FLAG ? FLAGS : k->kind == FIELD ? 5 : 3);
	k->entry = tx_below(d->r, ENTRIES);
	if (k->kind == HEADER)
		k->which = tx_below(d->r, FIELD_NAMES);
	if (k->kind == NUMBERS)
		draw_set(k, d, d->messages);
	else if (k->kind == UIDS)
		draw_set(k, d, d->last_uid + 3);
	k->year = 2020 + (int)tx_below(d->r, 2);
	k->month = 1 + (int)tx_below(d->r, 12);
	k->day = 1 + (int)tx_below(d->r, 28);
	k->number = k->kind == MODSEQ ? tx_below(d->r, (uint32_t)d->highest + 2)
	            : k->kind == AGE  ? 1 + tx_below(d->r, 800 * 86400)
	            : k->kind == UIDSIDE ? 1 + tx_below(d->r, d->last_uid + 3)
	                                 : tx_below(d->r, 1500);
	if (k->kind == EMAILID && d->emailid && tx_below(d->r, 4))
		snprintf(k->id, sizeof(k->id), "%s", d->emailid);
	else
		snprintf(k->id, sizeof(k->id), "%c%u", k->kind == EMAILID ? 'M' : 'T',
		         (unsigned)tx_below(d->r, 4));
	do
		text_random(&k->needle, d->r, tx_below(d->r, 2) ? 2 : 4);
	while (d->latin && !text_is_latin(&k->needle));
	if (k->kind == HEADER && tx_below(d->r, 4) == 0)
		k->needle.len = 0;
	return k;
}

struct key *program_random(const struct draw *d, unsigned depth)
{
	struct key *list = key_new(LIST);

	for (uint32_t n = 1 + tx_below(d->r, 3); n > 0; n--) {
		uint32_t what = tx_below(d->r, depth ? d->fuzzy ? 11 : 10 : 6);
		struct key *k;

		if (what < 6) {
			adopt(list, draw_leaf(d));
			continue;
		}
		k = key_new(what < 7 ? LIST : what < 8 ? NOT : what < 10 ? OR : FUZZY);
		adopt(k, program_random(d, depth - 1));
		if (k->kind == OR)
			adopt(k, program_random(d, depth - 1));
		adopt(list, k);
	}
	return list;
}

void key_free(struct key *k)
{
	for (size_t i = 0; i < k->kid_count; i++)
		key_free(k->kids[i]);
	free(k->kids);
	free(k);
}

bool program_has_modseq(const struct key *k)
{
	bool has = k->kind == MODSEQ;

	for (size_t i = 0; i < k->kid_count && !has; i++)
		has = program_has_modseq(k->kids[i]);
	return has;
}

/* ---- writing ---------------------------------------------------------------------------- */

static void put_end(struct tx *out, uint32_t n)
{
	if (n == STAR)
		tx_str(out, "*");
	else
		tx_fmt(out, "%u", n);
}

static void put_set(struct tx *out, const struct key *k)
{
	for (unsigned i = 0; i < k->range_count; i++) {
		tx_str(out, i ? "," : "");
		put_end(out, k->ranges[i][0]);
		if (k->ranges[i][1] == k->ranges[i][0])
			continue;
		tx_str(out, ":");
		put_end(out, k->ranges[i][1]);
	}
}

/* An atom, a quoted string or a literal. */
static void put_string(struct tx *out, const struct text *t, struct tx_random *r, bool latin)
{
	struct tx octets = {0};
	bool atom = t->len > 0;

	text_put(&octets, t, latin);
	for (size_t i = 0; i < octets.len; i++) {
		unsigned char c = (unsigned char)octets.data[i];

		atom = atom && c > ' ' && c < 0x7f;
	}
	if (atom && tx_below(r, 2))
		tx_add(out, octets.data, octets.len);
	else if (tx_below(r, 2))
		tx_fmt(out, "\"%.*s\"", (int)octets.len, octets.len ? octets.data : "");
	else
		tx_fmt(out, "{%zu+}\r\n%.*s", octets.len, (int)octets.len,
		       octets.len ? octets.data : "");
	tx_free(&octets);
}

static void put_word(struct tx *out, const char *word, struct tx_random *r)
{
	bool lower = tx_below(r, 4) == 0;

	for (; *word; word++)
		tx_fmt(out, "%c",
		       *word >= 'A' && *word <= 'Z' && lower ? *word - 'A' + 'a' : *word);
}

static void put_date(struct tx *out, const struct key *k, struct tx_random *r)
{
	const char *quote = tx_below(r, 2) ? "\"" : "";

	tx_fmt(out, " %s%d-%s-%d%s", quote, k->day, months[k->month - 1], k->year, quote);
}

static void put_leaf(struct tx *out, const struct key *k, struct tx_random *r, bool latin)
{
	switch (k->kind) {
	case NUMBERS:
		put_set(out, k);
		break;
	case UIDS:
		tx_str(out, "UID ");
		put_set(out, k);
		break;
	case SAVED:
		tx_str(out, "$");
		break;
	case FLAG:
		tx_str(out, k->negated ? "UN" : "");
		put_word(out, flags[k->which], r);
		break;
	case KEYWORD:
		tx_fmt(out, "%s %s", k->negated ? "UNKEYWORD" : "KEYWORD", keywords[k->which]);
		break;
	case DATE:
	case SENT:
		tx_str(out, k->kind == SENT ? "SENT" : "");
		put_word(out, sides[k->which], r);
		put_date(out, k, r);
		break;
	case LARGER:
	case SMALLER:
		tx_fmt(out, "%s %u", k->kind == LARGER ? "LARGER" : "SMALLER",
		       (unsigned)k->number);
		break;
	case MODSEQ:
		tx_fmt(out, "MODSEQ %s%u", tx_below(r, 4) ? "" : "\"/flags/\\\\seen\" all ",
		       (unsigned)k->number);
		break;
	case FIELD:
		for (const char *p = field_names[k->which]; *p; p++)
			tx_fmt(out, "%c", *p >= 'a' ? *p - 'a' + 'A' : *p);
		tx_str(out, " ");
		put_string(out, &k->needle, r, latin);
		break;
	case HEADER:
		tx_str(out, "HEADER ");
		put_word(out, field_names[k->which], r);
		tx_str(out, " ");
		put_string(out, &k->needle, r, latin);
		break;
	case BODY:
	case TEXT:
		put_word(out, k->kind == BODY ? "BODY" : "TEXT", r);
		tx_str(out, " ");
		put_string(out, &k->needle, r, latin);
		break;
	case RECENT:
		put_word(out, recents[k->which], r);
		break;
	case AGE:
	case UIDSIDE:
		put_word(out, pairs[k->kind == UIDSIDE][k->negated], r);
		tx_fmt(out, " %u", (unsigned)k->number);
		break;
	case SAVEDATE:
		tx_str(out, "SAVED");
		put_word(out, sides[k->which], r);
		put_date(out, k, r);
		break;
	case HAS_SAVEDATE:
		put_word(out, "SAVEDATESUPPORTED", r);
		break;
	case ANNOTATION:
		put_word(out, "ANNOTATION", r);
		tx_fmt(out, " %s %s ", entries[k->entry], values[k->which]);
		put_string(out, &k->needle, r, latin);
		break;
	case EMAILID:
	case THREADID:
		put_word(out, k->kind == EMAILID ? "EMAILID " : "THREADID ", r);
		tx_str(out, k->id);
		break;
	default:
		tx_str(out, "ALL");
	}
}

static void put(struct tx *out, const struct key *k, struct tx_random *r, bool latin, bool top)
{
	/* NOT, OR and FUZZY take one key each: more of them stand in parentheses. */
	bool list = k->kind == LIST && !top && (k->kid_count > 1 || tx_below(r, 2));

	if (k->kind == NOT || k->kind == OR)
		put_word(out, k->kind == NOT ? "NOT " : "OR ", r);
	else if (k->kind == FUZZY)
		put_word(out, "FUZZY ", r);
	else if (k->kind != LIST)
		put_leaf(out, k, r, latin);
	tx_str(out, list ? "(" : "");
	for (size_t i = 0; i < k->kid_count; i++) {
		tx_str(out, i ? " " : "");
		put(out, k->kids[i], r, latin, false);
	}
	tx_str(out, list ? ")" : "");
}

void program_put(struct tx *out, const struct key *k, struct tx_random *r, bool latin)
{
	put(out, k, r, latin, true);
}

/* ---- judging ---------------------------------------------------------------------------- */

static bool in_set(const struct key *k, uint32_t n, uint32_t star, bool later)
{
	for (unsigned i = 0; i < k->range_count; i++) {
		bool open = (k->ranges[i][0] == STAR) != (k->ranges[i][1] == STAR);
		uint32_t from = k->ranges[i][0] == STAR ? k->ranges[i][1] : k->ranges[i][0];

		uint32_t a = k->ranges[i][0] == STAR ? star : k->ranges[i][0];
		uint32_t b = k->ranges[i][1] == STAR ? star : k->ranges[i][1];

		/* A range of UIDs without an upper end holds what comes later, too. */
		if (later && open && (n >= from || n == star))
			return true;
		if (!(later && open) && ((n >= a && n <= b) || (n >= b && n <= a)))
			return true;
	}
	return false;
}

/* Is a before (-1), on (0) or after (1) the day of the key? */
static int compare(int year, int month, int day, const struct key *k)
{
	int a = (year * 12 + month) * 31 + day, b = (k->year * 12 + k->month) * 31 + k->day;

	return a < b ? -1 : a > b;
}

static bool on_side(const struct key *k, int side)
{
	return k->which == 0 ? side < 0 : k->which == 1 ? side == 0 : side >= 0;
}

/* The day of a date in its own zone (RFC 9051 6.4.4), by counting days. */
static int side_of(const struct key *k, int64_t date, int zone)
{
	static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int64_t days = (date + zone * 60) / 86400;
	int year = 1970, month = 1;

	for (;; year++) {
		int length = year % 4 == 0 ? 366 : 365; /* no century is among them */

		if (days < length)
			break;
		days -= length;
	}
	for (;; month++) {
		int length = lengths[month - 1] + (month == 2 && year % 4 == 0);

		if (days < length)
			break;
		days -= length;
	}
	return compare(year, month, (int)days + 1, k);
}

static bool in_fields(const struct key *k, const struct subject *s, const char *needle)
{
	for (size_t i = 0; i < s->doc->field_count; i++)
		if (tx_same(s->doc->fields[i].name, field_names[k->which]) &&
		    strstr(s->doc->fields[i].value, needle))
			return true;
	return false;
}

static bool in_any(char *const *texts, size_t count, const char *needle)
{
	for (size_t i = 0; i < count; i++)
		if (strstr(texts[i], needle))
			return true;
	return false;
}

static bool judge_text(const struct key *k, const struct subject *s)
{
	char *needle = text_fold(&k->needle);
	bool is;

	if (k->kind == FIELD || k->kind == HEADER)
		is = in_fields(k, s, needle);
	else
		is = in_any(s->doc->bodies, s->doc->body_count, needle) ||
		     (k->kind == TEXT && in_any(s->doc->headers, s->doc->header_count, needle));
	free(needle);
	return is;
}

/* Patterns as they are drawn: "%" is one level, "*" any number of them (RFC 5257 4.8). */
bool note_is_in(unsigned note, const char *pattern)
{
	if (strcmp(pattern, "*") == 0)
		return true;
	if (strcmp(pattern, "/%") == 0)
		return note == 0;
	return strcmp(pattern, note_names[note]) == 0;
}

static bool in_notes(const struct key *k, const struct doc *d)
{
	char *needle = text_fold(&k->needle);
	bool is = false;

	for (unsigned i = 0; i < NOTES; i++)
		for (unsigned shared = 0; shared < 2; shared++)
			if (d->notes[i][shared] && note_is_in(i, entries[k->entry]) &&
			    (k->which == 0 || k->which == 1 + shared))
				is = is || strstr(d->notes[i][shared], needle);
	free(needle);
	return is;
}

static bool judge_leaf(const struct key *k, const struct subject *s)
{
	const struct ts_message *m = s->message;
	bool recent;

	switch (k->kind) {
	case NUMBERS:
		return s->number && in_set(k, s->number, s->last_number, false);
	case UIDS:
		return in_set(k, m->uid, s->last_uid, s->followed);
	case SAVED:
		return ts_set_has(ts_set_view(s->saved), m->uid);
	case FLAG:
		return ((m->system & bits[k->which]) != 0) != k->negated;
	case KEYWORD:
		return ts_has_keyword(s->mailbox, m, keywords[k->which]) != k->negated;
	case DATE:
		return on_side(k, side_of(k, m->date, m->zone));
	case SENT:
		return s->doc->dated &&
		       on_side(k, compare(s->doc->year, s->doc->month, s->doc->day, k));
	case LARGER:
		return m->blob->len > k->number;
	case SMALLER:
		return m->blob->len < k->number;
	case MODSEQ:
		return m->modseq >= k->number;
	case FIELD:
	case HEADER:
	case BODY:
	case TEXT:
		return judge_text(k, s);
	case RECENT:
		recent = s->recent_from && m->uid >= s->recent_from;
		return k->which == 0 ? recent
		       : k->which == 1 ? !recent
		                       : recent && !(m->system & IMAPSRV_SEEN);
	case AGE: /* RFC 5032 2 */
		return k->negated ? m->date >= s->now - (int64_t)k->number
		                  : m->date <= s->now - (int64_t)k->number;
	case SAVEDATE: /* RFC 8514 4.3 */
		return on_side(k, s->mailbox->no_savedates ? side_of(k, m->date, m->zone)
		                                           : side_of(k, m->saved, m->saved_zone));
	case HAS_SAVEDATE:
		return !s->mailbox->no_savedates;
	case EMAILID:
		return strcmp(k->id, m->blob->emailid) == 0;
	case THREADID:
		return strcmp(k->id, m->blob->threadid) == 0;
	case ANNOTATION:
		return in_notes(k, s->doc);
	case UIDSIDE: /* RFC 9738 3.2 */
		return k->negated ? m->uid < k->number : m->uid > k->number;
	default:
		return true;
	}
}

bool program_matches(const struct key *k, const struct subject *s)
{
	if (k->kind == NOT)
		return !program_matches(k->kids[0], s);
	if (k->kind == FUZZY)
		return program_matches(k->kids[0], s);
	if (k->kind == OR)
		return program_matches(k->kids[0], s) || program_matches(k->kids[1], s);
	if (k->kind != LIST)
		return judge_leaf(k, s);
	for (size_t i = 0; i < k->kid_count; i++)
		if (!program_matches(k->kids[i], s))
			return false;
	return true;
}
