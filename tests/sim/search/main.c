/* SPDX-License-Identifier: MIT */
/*
 * sim/search: random mailboxes, random programs, real sessions; each answer is compared with what
 * the slow account says.
 *
 *	run_search [--seed N] [--histories N] [-v]
 */
#include "host/histories.h"
#include "search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/truth.h"

enum { RETURN_MIN = 1, RETURN_MAX = 2, RETURN_ALL = 4, RETURN_COUNT = 8,
       RETURN_SAVE = 16, RETURN_PARTIAL = 32, RETURN_UPDATE = 64 };

struct sim {
	struct tx_random random;
	struct tx_log log;
	struct ts *ts;
	struct ts_mailbox *inbox;
	struct ta alloc;
	struct td td;
	struct imapsrv_session_config session;
	struct doc docs[UIDS_MAX]; /* by UID */
	struct numbering known;
	struct follow follow;
	struct sorting sorting;
	struct index index;
	struct ts_set saved;
	unsigned tag;
	uint64_t programs;
	bool sides; /* UIDAFTER and UIDBEFORE are known */
	bool verbose;
};

static uint32_t below(struct sim *s, uint32_t n)
{
	return tx_below(&s->random, n);
}

/* ---- the mailbox ------------------------------------------------------------------------ */

static void deliver(struct sim *s, bool quiet)
{
	int64_t date = 1577836800 + (int64_t)below(s, 731) * 86400 + below(s, 86400);
	int zone = (int)below(s, 1441) - 720;
	struct tx raw = {0};
	struct doc d;
	struct ts_message *m;
	struct imapsrv_range r;

	if (s->inbox->uidnext + 3 >= UIDS_MAX)
		return;
	doc_random(&d, &raw, &s->random);
	m = ts_add(s->inbox, s->inbox->uidnext + below(s, 3), raw.data, raw.len, date, zone);
	r = (struct imapsrv_range){m->uid, m->uid};
	if (s->ts->notes.on)
		doc_annotate(&d, m, &s->random);
	s->docs[m->uid] = d;
	m->system = below(s, 32);
	m->saved = date + below(s, 200) * 43200;
	m->saved_zone = (int)below(s, 1441) - 720;
	if (s->ts->objectids && below(s, 3))
		snprintf(m->blob->threadid, sizeof(m->blob->threadid), "T%u", (unsigned)below(s, 4));
	if (below(s, 3) == 0)
		ts_keyword(s->inbox, m, "$Junk", true);
	if (below(s, 3) == 0)
		ts_keyword(s->inbox, m, "work", true);
	tx_free(&raw);
	if (!quiet)
		ts_post(s->ts, s->inbox, IMAPSRV_EVENT_MESSAGE_NEW, (struct imapsrv_set){&r, 1}, NULL);
}

static struct imapsrv_range some_message(struct sim *s)
{
	uint32_t uid = s->inbox->messages[below(s, (uint32_t)s->inbox->count)].uid;

	return (struct imapsrv_range){uid, uid};
}

static void flag(struct sim *s)
{
	struct imapsrv_range r = some_message(s);
	struct ts_changes c = {0};

	ts_flag(s->inbox, (struct imapsrv_set){&r, 1},
	        below(s, 2) ? IMAPSRV_FLAGS_ADD : IMAPSRV_FLAGS_REMOVE, 1u << below(s, 5), NULL, 0,
	        &c);
	ts_post_changes(s->ts, s->inbox, &c, NULL);
}

static void expunge(struct sim *s)
{
	struct imapsrv_range r = some_message(s);
	struct ts_set removed = {0};

	ts_remove(s->inbox, (struct imapsrv_set){&r, 1}, false, &removed);
	ts_post(s->ts, s->inbox, IMAPSRV_EVENT_MESSAGE_EXPUNGE, ts_set_view(&removed), NULL);
	ts_set_clear(&removed);
}

static void change(struct sim *s)
{
	uint32_t what = below(s, 10);

	if (what < 4)
		deliver(s, false);
	else if (what < 8 && s->inbox->count)
		flag(s);
	else if (s->inbox->count)
		expunge(s);
	td_settle(&s->td, -1);
}

/* ---- talking ---------------------------------------------------------------------------- */

/* Sends it; what comes back, from *at_r on in the session's output. */
static const char *ask(struct sim *s, const struct tx *command)
{
	struct td_session *t = &s->td.sessions[0];
	size_t at = t->output.len;

	if (s->verbose)
		fprintf(stderr, "C: %.*s", (int)command->len, command->data);
	td_feed(&s->td, 0, command->data, command->len);
	for (unsigned rounds = 0; !td_at_rest(&s->td, 0) && rounds < 1000; rounds++)
		td_settle(&s->td, -1);
	if (s->verbose)
		fprintf(stderr, "%s", t->output.len > at ? t->output.data + at : "");
	return t->output.len > at ? t->output.data + at : "";
}

/* What was said moves the client's picture, which must be right then. */
static void hear(struct sim *s, const char *answer)
{
	for (const char *at = answer, *end; (end = strstr(at, "\r\n")); at = end + 2) {
		sorted_hear(&s->sorting, &s->known, at);
		follow_hear(&s->follow, &s->known, at);
	}
	follow_check(&s->follow);
}

/* ---- what must be said ------------------------------------------------------------------ */

struct result {
	uint32_t numbers[UIDS_MAX]; /* 1.. */
	uint32_t count;
	bool missing;
	bool modseq;
};

static uint64_t modseq_of(struct sim *s, uint32_t number)
{
	return ts_message(s->inbox, s->known.uid[number])->modseq;
}

static void put_run(struct tx *out, uint32_t first, uint32_t last, bool begin)
{
	tx_fmt(out, first == last ? "%s%u" : "%s%u:%u", begin ? "" : ",", first, last);
}

/* Results from..to as a set. */
static void put_set(struct sim *s, struct tx *out, const struct result *r, bool uid, uint32_t from,
                    uint32_t to)
{
	uint32_t first = 0, last = 0;
	bool begin = true;

	for (uint32_t i = from; i <= to; i++) {
		uint32_t n = uid ? s->known.uid[r->numbers[i]] : r->numbers[i];

		if (first && n != last + 1) {
			put_run(out, first, last, begin);
			begin = false;
			first = 0;
		}
		first = first ? first : n;
		last = n;
	}
	if (first)
		put_run(out, first, last, begin);
}

struct options {
	unsigned wanted; /* RETURN_*; 0: no RETURN */
	uint32_t first, last; /* PARTIAL, as written */
	bool from_end;
};

/* Which results PARTIAL means; 0: none. */
static uint32_t part_of(const struct options *o, uint32_t count, uint32_t *last_r)
{
	uint32_t low = o->first < o->last ? o->first : o->last;
	uint32_t high = o->first < o->last ? o->last : o->first, first = 0;

	for (uint32_t i = 1; i <= count; i++) {
		uint32_t place = o->from_end ? count + 1 - i : i;

		if (place < low || place > high)
			continue;
		first = first ? first : i;
		*last_r = i;
	}
	return first;
}

static void max_modseq(struct sim *s, const struct result *r, uint32_t from, uint32_t to,
                       uint64_t *highest)
{
	for (uint32_t i = from; i && i <= to; i++)
		if (modseq_of(s, r->numbers[i]) > *highest)
			*highest = modseq_of(s, r->numbers[i]);
}

static void put_modseq(struct sim *s, struct tx *out, const struct result *r,
                       const struct options *o, uint32_t first, uint32_t last)
{
	uint64_t highest = 0;

	if (!r->modseq || !r->count)
		return;
	if (!o->wanted || o->wanted & (RETURN_ALL | RETURN_COUNT))
		max_modseq(s, r, 1, r->count, &highest);
	if (o->wanted & RETURN_MIN)
		max_modseq(s, r, 1, 1, &highest);
	if (o->wanted & RETURN_MAX)
		max_modseq(s, r, r->count, r->count, &highest);
	if (o->wanted & RETURN_PARTIAL)
		max_modseq(s, r, first, last, &highest);
	if (highest)
		tx_fmt(out, o->wanted ? " MODSEQ %llu" : " (MODSEQ %llu)",
		       (unsigned long long)highest);
}

static uint32_t told(struct sim *s, bool uid, uint32_t number)
{
	return uid ? s->known.uid[number] : number;
}

static void expect(struct sim *s, struct tx *out, const struct result *r, const struct options *o,
                   bool uid)
{
	uint32_t last = 0, first = o->wanted & RETURN_PARTIAL ? part_of(o, r->count, &last) : 0;

	if (!o->wanted) {
		tx_str(out, "* SEARCH");
		for (uint32_t i = 1; i <= r->count; i++)
			tx_fmt(out, " %u", told(s, uid, r->numbers[i]));
		put_modseq(s, out, r, o, 0, 0);
		tx_str(out, "\r\n");
		return;
	}
	if (o->wanted == RETURN_SAVE)
		return;
	tx_fmt(out, "* ESEARCH (TAG \"t%u\")%s", s->tag, uid ? " UID" : "");
	if (o->wanted & RETURN_MIN && r->count)
		tx_fmt(out, " MIN %u", told(s, uid, r->numbers[1]));
	if (o->wanted & RETURN_MAX && r->count)
		tx_fmt(out, " MAX %u", told(s, uid, r->numbers[r->count]));
	if (o->wanted & RETURN_COUNT)
		tx_fmt(out, " COUNT %u", r->count);
	if (o->wanted & RETURN_ALL && r->count) {
		tx_str(out, " ALL ");
		put_set(s, out, r, uid, 1, r->count);
	}
	if (o->wanted & RETURN_PARTIAL) {
		tx_fmt(out, o->from_end ? " PARTIAL (-%u:-%u " : " PARTIAL (%u:%u ", o->first,
		       o->last);
		if (first)
			put_set(s, out, r, uid, first, last);
		else
			tx_str(out, "NIL");
		tx_str(out, ")");
	}
	put_modseq(s, out, r, o, first, last);
	tx_str(out, "\r\n");
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* "$" after SAVE (RFC 5182 2.4, RFC 9394 3.2). */
static void save(struct sim *s, const struct result *r, const struct options *o)
{
	uint32_t kept[UIDS_MAX + 2], n = 0, last = 0, first;
	bool some = o->wanted & (RETURN_MIN | RETURN_MAX | RETURN_PARTIAL);

	if (o->wanted & (RETURN_ALL | RETURN_COUNT))
		some = false;
	first = some && o->wanted & RETURN_PARTIAL ? part_of(o, r->count, &last) : 0;
	if (some && r->count && o->wanted & RETURN_MIN)
		kept[n++] = s->known.uid[r->numbers[1]];
	for (uint32_t i = some ? first : 1; i && i <= (some ? last : r->count); i++)
		kept[n++] = s->known.uid[r->numbers[i]];
	if (some && r->count && o->wanted & RETURN_MAX)
		kept[n++] = s->known.uid[r->numbers[r->count]];
	qsort(kept, n, sizeof(kept[0]), by_number);
	ts_set_clear(&s->saved);
	for (uint32_t i = 0; i < n; i++)
		if (!i || kept[i] != kept[i - 1])
			ts_set_add(&s->saved, kept[i]);
}

/* ---- one program ------------------------------------------------------------------------ */

static void judge_all(struct sim *s, const struct key *k, struct result *r)
{
	struct subject subject = {.mailbox = s->inbox,
	                          .last_number = s->known.count,
	                          .last_uid = s->known.count ? s->known.uid[s->known.count] : 0,
	                          .saved = &s->saved,
	                          .now = s->ts->now,
	                          .recent_from = s->follow.recent_from};

	r->count = 0;
	r->modseq = program_has_modseq(k);
	for (uint32_t n = 1; n <= s->known.count; n++) {
		subject.message = ts_message(s->inbox, s->known.uid[n]);
		if (!subject.message)
			continue;
		subject.doc = &s->docs[s->known.uid[n]];
		subject.number = n;
		if (program_matches(k, &subject))
			r->numbers[++r->count] = n;
	}
}

static void draw_options(struct sim *s, struct options *o)
{
	memset(o, 0, sizeof(*o));
	if (below(s, 3) == 0)
		return;
	o->wanted = 1 + below(s, 127);
	if (o->wanted & RETURN_PARTIAL)
		o->wanted &= ~(unsigned)RETURN_ALL;
	o->first = 1 + below(s, 12);
	o->last = 1 + below(s, 12);
	o->from_end = below(s, 2);
}

static void put_options(struct tx *out, const struct options *o)
{
	static const char *const names[] = {"MIN", "MAX", "ALL", "COUNT", "SAVE", "", "UPDATE"};
	bool first = true;

	if (!o->wanted)
		return;
	tx_str(out, " RETURN (");
	for (unsigned i = 0; i < 7; i++) {
		if (!(o->wanted & 1u << i) || !*names[i])
			continue;
		tx_fmt(out, "%s%s", first ? "" : " ", names[i]);
		first = false;
	}
	if (o->wanted & RETURN_PARTIAL)
		tx_fmt(out, o->from_end ? "%sPARTIAL -%u:-%u" : "%sPARTIAL %u:%u",
		       first ? "" : " ", o->first, o->last);
	tx_str(out, ")");
}

/* The line of the answer that begins so; with its CRLF, empty if there is none. */
static struct imapsrv_span line_of(const char *answer, const char *begin)
{
	size_t len = strlen(begin);

	for (const char *at = answer, *end; (end = strstr(at, "\r\n")); at = end + 2)
		if (!strncmp(at, begin, len))
			return (struct imapsrv_span){at, (size_t)(end + 2 - at)};
	return (struct imapsrv_span){"", 0};
}

static struct draw draw_of(struct sim *s, bool latin)
{
	struct draw d = {.r = &s->random, .messages = s->known.count,
	                 .modseq = s->ts->modseqs, .highest = s->inbox->modseq, .latin = latin,
	                 .clock = s->ts->clock, .savedates = s->ts->savedates,
	                 .objectids = s->ts->objectids, .annotations = s->ts->notes.on, .fuzzy = s->ts->fuzzy, .sides = s->sides};

	if (d.messages)
		d.last_uid = s->known.uid[s->known.count];
	if (s->inbox->count)
		d.emailid = s->inbox->messages[below(s, (uint32_t)s->inbox->count)].blob->emailid;
	return d;
}

static void search(struct sim *s)
{
	static struct result r;
	bool uid = below(s, 2), latin = below(s, 4) == 0;
	struct draw d = draw_of(s, latin);
	/* The shorter it is, the more often its result changes. */
	struct key *k = program_random(&d, below(s, 2) ? 0 : below(s, 4));
	struct tx command = {0}, want = {0};
	struct imapsrv_span got, tagged;
	struct options o;
	const char *answer;
	char begin[32];

	draw_options(s, &o);
	tx_fmt(&command, "t%u %sSEARCH", ++s->tag, uid ? "UID " : "");
	put_options(&command, &o);
	tx_str(&command, latin ? " CHARSET ISO-8859-1 " : below(s, 3) ? " " : " CHARSET UTF-8 ");
	program_put(&command, k, &s->random, latin);
	tx_str(&command, "\r\n");
	judge_all(s, k, &r);
	expect(s, &want, &r, &o, uid);
	answer = ask(s, &command);
	snprintf(begin, sizeof(begin), o.wanted ? "* ESEARCH (TAG \"t%u\")" : "* SEARCH", s->tag);
	got = line_of(answer, begin);
	snprintf(begin, sizeof(begin), "t%u OK", s->tag);
	tagged = line_of(answer, begin);
	if (!tagged.len)
		tx_complain(&s->log, "%s: no OK: %s", command.data, answer);
	else if (got.len != want.len || (got.len && memcmp(got.data, want.data, got.len) != 0))
		tx_complain(&s->log, "%sexpected %sgot      %.*s", command.data,
		            want.len ? want.data : "nothing\n", (int)got.len, got.data);
	if (o.wanted & RETURN_UPDATE && strstr(answer, "will notify")) {
		snprintf(begin, sizeof(begin), "t%u", s->tag);
		follow_add(&s->follow, begin, uid, k, &s->known, &s->saved, r.numbers, r.count);
		k = NULL;
	}
	if (o.wanted & RETURN_SAVE)
		save(s, &r, &o);
	hear(s, answer);
	s->programs++;
	if (k)
		key_free(k);
	tx_free(&command);
	tx_free(&want);
}

static void plain(struct sim *s, const char *text)
{
	struct tx command = {0};

	tx_fmt(&command, "t%u %s\r\n", ++s->tag, text);
	hear(s, ask(s, &command));
	tx_free(&command);
}

/* "(REVERSE SUBJECT CC) UTF-8 " and a program that will mean the same later. */
static void put_sort(struct sim *s, struct tx *out)
{
	static const char *const keys[] = {"ARRIVAL", "CC", "DATE", "FROM", "SIZE", "SUBJECT", "TO",
	                                   "DISPLAYFROM", "DISPLAYTO"};
	struct draw d = draw_of(s, false);
	struct key *k;

	d.lasting = true;
	k = program_random(&d, below(s, 3) ? 0 : 1);
	for (uint32_t i = 0, n = 1 + below(s, 3); i < n; i++)
		tx_fmt(out, "%s%s%s", i ? " " : "(", below(s, 3) ? "" : "REVERSE ",
		       keys[below(s, 9)]);
	tx_str(out, ") UTF-8 ");
	program_put(out, k, &s->random, false);
	key_free(k);
}

static void sort(struct sim *s)
{
	bool uid = below(s, 2);
	struct tx command = {0}, what = {0};
	const char *answer;
	char tag[16];

	snprintf(tag, sizeof(tag), "t%u", ++s->tag);
	put_sort(s, &what);
	tx_fmt(&command, "%s %sSORT RETURN (UPDATE ALL) %s\r\n", tag, uid ? "UID " : "", what.data);
	answer = ask(s, &command);
	if (!strstr(answer, " OK "))
		tx_complain(&s->log, "%s: no OK: %s", command.data, answer);
	if (strstr(answer, "will notify"))
		sorted_add(&s->sorting, tag, uid, what.data, &s->known, answer);
	hear(s, answer);
	tx_free(&command);
	tx_free(&what);
}

/* All is told: what is kept must be what is found anew. */
static void check_sorted(struct sim *s)
{
	for (unsigned i = 0; i < FOLLOWED && !s->log.count; i++) {
		const struct sorted *x = &s->sorting.list[i];
		struct tx command = {0};

		if (!x->command)
			continue;
		tx_fmt(&command, "t%u UID SORT %s\r\n", ++s->tag, x->command);
		sorted_check(&s->sorting, x, ask(s, &command));
		tx_free(&command);
	}
}

static void store(struct sim *s)
{
	static const char *const flags[] = {"\\Seen", "\\Flagged", "Work", "\\Deleted"};
	char text[64];

	if (!s->known.count)
		return;
	snprintf(text, sizeof(text), "UID STORE %u:%u %cFLAGS%s (%s)",
	         s->known.uid[1 + below(s, s->known.count)], below(s, 9) + 1,
	         below(s, 2) ? '+' : '-', below(s, 2) ? ".SILENT" : "", flags[below(s, 4)]);
	plain(s, text);
}

static void cancel(struct sim *s)
{
	unsigned i = below(s, FOLLOWED);
	const char *tag = below(s, 2) ? s->follow.list[i].tag : s->sorting.list[i].tag;
	char text[64];

	snprintf(text, sizeof(text), "CANCELUPDATE \"%s\"", *tag ? tag : "nobody");
	if (*tag) {
		char copy[16];

		memcpy(copy, tag, sizeof(copy));
		follow_cancel(&s->follow, copy);
		sorted_cancel(&s->sorting, copy);
	}
	plain(s, text);
}

/* ---- one history ------------------------------------------------------------------------ */

static void one_history(struct sim *s)
{
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_limits limits = IMAPSRV_LIMITS_INIT;
	struct td_options how = {0};
	struct ts_user *fred;

	s->ts = ts_new(&s->log);
	s->ts->modseqs = below(s, 2);
	s->ts->options.mode = (enum ts_mode)below(s, 3);
	s->ts->options.generous = below(s, 4) == 0;
	s->ts->options.no_size = below(s, 3) == 0;
	s->ts->options.lf = below(s, 2);
	s->ts->options.pull = below(s, 2) ? 1 + below(s, 400) : 0;
	s->ts->options.described = (int)below(s, 3);
	tx_seed(&s->ts->random, below(s, UINT32_MAX));
	fred = ts_add_user(s->ts, "fred", "secret");
	s->inbox = ts_find(s->ts, fred, "INBOX");
	s->index.inbox = s->inbox;
	s->index.docs = s->docs;
	tx_seed(&s->index.random, below(s, UINT32_MAX));
	if (below(s, 2)) {
		s->ts->search = index_search;
		s->ts->search_user = &s->index;
	}
	s->ts->fuzzy = s->ts->search && below(s, 2);
	s->ts->clock = below(s, 2);
	s->ts->now = 1577836800 + (int64_t)below(s, 900) * 86400;
	s->ts->savedates = below(s, 2);
	s->inbox->no_savedates = below(s, 4) == 0;
	s->ts->objectids = below(s, 2);
	s->ts->notes.on = below(s, 2);
	for (uint32_t n = below(s, 25); n > 0; n--)
		deliver(s, true);
	s->inbox->keep_recent = below(s, 2);
	s->inbox->recent_from = 1 + below(s, s->inbox->uidnext);
	s->follow.recent_from = s->inbox->keep_recent ? s->inbox->recent_from : 0;
	s->follow.now = s->ts->now;
	s->sides = below(s, 4) == 0;
	if (s->sides)
		limits.message_limit = UIDS_MAX; /* more than there are */
	how.seed = below(s, UINT32_MAX);
	how.shuffle = below(s, 2);
	limits.batch = below(s, 3) ? 1 + below(s, 6) : 0;
	limits.turn = below(s, 2) ? 1 + below(s, 2000) : 0;
	config.limits = &limits;
	ta_init(&s->alloc, &s->log);
	s->session = (struct imapsrv_session_config)IMAPSRV_SESSION_CONFIG_INIT;
	s->session.secure = 1;
	if (td_start(&s->td, &s->log, s->ts, &s->alloc, &how, &config) ||
	    td_connect(&s->td, 0, &s->session, "fred"))
		abort();
	td_settle(&s->td, -1);
	s->follow.inbox = s->inbox;
	s->follow.docs = s->docs;
	s->follow.log = &s->log;
	s->sorting.log = &s->log;
	plain(s, "SELECT INBOX");
	for (uint32_t n = 8 + below(s, 12); n > 0 && !s->log.count; n--) {
		uint32_t what = below(s, 10);

		if (what < 3)
			change(s);
		else if (what < 4 && below(s, 6) == 0)
			cancel(s);
		else if (what < 4) {
			plain(s, "NOOP");
			check_sorted(s);
		} else if (what < 6 && !s->sides && below(s, 2))
			sort(s);
		else if (what < 5)
			store(s);
		else
			search(s);
	}
	td_finish(&s->td);
	ts_free(s->ts);
	for (unsigned i = 0; i < UIDS_MAX; i++)
		doc_free(&s->docs[i]);
	ts_set_clear(&s->saved);
	follow_cancel(&s->follow, NULL);
	sorted_cancel(&s->sorting, NULL);
}

static uint64_t programs;

static const struct tx_log *play(uint64_t seed, bool verbose)
{
	static struct sim s;

	memset(&s, 0, sizeof(s));
	s.verbose = verbose;
	tx_seed(&s.random, seed);
	one_history(&s);
	programs += s.programs;
	return &s.log;
}

static void sum_up(void)
{
	printf("search: %llu programs\n", (unsigned long long)programs);
}

int main(int argc, char **argv)
{
	static const struct histories search_histories = {"search", play, sum_up};

	return histories_run(&search_histories, argc, argv);
}
