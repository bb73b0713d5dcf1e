/* SPDX-License-Identifier: MIT */
/*
 * SEARCH and UID SEARCH (RFC 9051 6.4.4, RFC 3501 6.4.4, RFC 4731, RFC 5182).
 *
 * What has to match every message is worked out first: the sets that stand under no NOT and no OR.
 * Only what lies within their reach is looked at, in batches; a program of nothing but sets and
 * \Recent asks the host nothing, and costs by the ranges that it names.  Only where the facts of a
 * message leave the verdict open it is opened (search_message.h): for texts that are looked for in
 * it, or a size that the host does not know.
 *
 * Messages that are known to be gone match nothing.  If a SEARCH met some, which it may not
 * announce (RFC 9051 7.5.1), its OK says EXPUNGEISSUED: the client is advised to issue a NOOP, as
 * the example of RFC 5530 3 shows for this very command.  UID SEARCH announces them before its
 * tagged line and has no need of it.
 */
#include "base/ascii.h"
#include "command/commands.h"
#include "command/found.h"
#include "command/memory.h"
#include "command/search_message.h"
#include "command/set.h"
#include "mailbox/batch.h"
#include "search/program.h"
#include "search/string.h"
#include "session/modseq.h"

enum option {
	OPTION_MIN = 1 << 0,
	OPTION_MAX = 1 << 1,
	OPTION_ALL = 1 << 2,
	OPTION_COUNT = 1 << 3,
	OPTION_SAVE = 1 << 4
};

enum at {
	AT_START,
	AT_BATCH, /* to ask for the next one  */
	AT_ROWS,  /* its rows are coming      */
	AT_READ,  /* messages that have to be opened */
	AT_TELL,
	AT_NUMBERS,
	AT_END
};

struct search {
	uint8_t at;
	uint8_t options; /* enum option */
	bool extended;   /* RETURN was given, or IMAP4rev2 is enabled: ESEARCH */
	bool missing;    /* something in reach is gone, and the client does not know */
	struct isrv_program program;
	struct isrv_batch batch;
	struct imapsrv_set part; /* the batch at hand */
	uint32_t part_max;
	uint32_t messages; /* in it */
	uint32_t rows;     /* that came for it */
	struct isrv_found found;
	bool nomem; /* memory could not be had */
	/* With MODSEQ: of what was found (RFC 7162 3.1.5, 3.1.10; RFC 4731 3.2). */
	uint64_t highest;
	uint32_t lowest_uid, highest_uid; /* found, */
	uint64_t lowest_modseq, highest_modseq; /* and the sequences of these two */
	/* Messages of the batch whose facts leave the verdict open. */
	struct isrv_search_subject *open;
	uint8_t *open_known;
	uint32_t open_count;
	uint32_t open_at;
	struct isrv_search_message message;
};

/* Sets that narrow the reach.  Each costs as much as all ranges so far: a client may name
 * thousands. */
#define REACH_SETS 8
/* Octets for what is known about the messages of one batch that are to be opened. */
#define KNOWN_MAX (1u << 20)

/* ---- arguments ----------------------------------------------------------------------------- */

static const struct {
	const char *name;
	uint8_t option;
	uint8_t cap; /* without IMAP4rev2 enabled, what offers it */
} options[] = {
	{"MIN", OPTION_MIN, ISRV_CAP_ESEARCH},     {"MAX", OPTION_MAX, ISRV_CAP_ESEARCH},
	{"ALL", OPTION_ALL, ISRV_CAP_ESEARCH},     {"COUNT", OPTION_COUNT, ISRV_CAP_ESEARCH},
	{"SAVE", OPTION_SAVE, ISRV_CAP_SEARCHRES},
};

static bool parse_option(struct isrv_parse *p, struct search *a)
{
	const char *at = p->r.at;
	struct imapsrv_span word;
	size_t i;

	if (!isrv_rd_word(&p->r, &word))
		return isrv_rd_fail(&p->r, "a result option");
	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (isrv_ascii_is(word.data, word.len, options[i].name) &&
		    (p->rev2 || p->caps & ISRV_CAP_BIT(options[i].cap))) {
			a->options |= options[i].option;
			return true;
		}
	}
	/* "Any options not defined by extensions that the server supports MUST be rejected with a
	 * BAD response" (RFC 9051 6.4.4). */
	p->r.at = at;
	return isrv_rd_fail(&p->r, "a result option");
}

/* search-return-opts = SP "RETURN" SP "(" [search-return-opt *(SP search-return-opt)] ")" */
static bool parse_return(struct isrv_parse *p, struct search *a)
{
	if (!isrv_rd_sp(&p->r) || !isrv_rd_char(&p->r, '('))
		return false;
	while (!isrv_rd_try(&p->r, ')')) {
		if ((a->options && !isrv_rd_sp(&p->r)) || !parse_option(p, a))
			return false;
	}
	if (!a->options)
		a->options = OPTION_ALL; /* "equivalent to (ALL)" (RFC 4731 3.1) */
	return isrv_rd_sp(&p->r);
}

static bool parse(struct isrv_parse *p, void *args)
{
	struct search *a = args;

	if ((p->rev2 || p->caps & ISRV_CAP_BIT(ISRV_CAP_ESEARCH)) &&
	    isrv_rd_try_word(&p->r, "RETURN")) {
		a->extended = true;
		if (!parse_return(p, a))
			return false;
	} else if (p->rev2) {
		a->extended = true;
		a->options = OPTION_ALL;
	}
	return isrv_program_parse(
		&a->program, &p->r, p->limits,
		p->caps & ISRV_CAP_BIT(ISRV_CAP_CONDSTORE) ? ISRV_SEARCH_MODSEQ : 0);
}

/* ---- the end ------------------------------------------------------------------------------- */

/* The reply is set.  NO with SAVE empties "$", BAD leaves it alone (RFC 5182 2.1). */
static enum isrv_step fail(struct imapsrv_session *s, const struct search *a)
{
	if ((a->options & OPTION_SAVE) && s->reply.status == ISRV_REPLY_NO)
		isrv_uidset_empty(&s->view->saved);
	return ISRV_DONE;
}

static enum isrv_step finish(struct imapsrv_session *s, const struct search *a)
{
	const char *text = a->options & OPTION_SAVE ? "SEARCH completed, result saved"
	                                            : "SEARCH completed";

	if (a->missing && !s->uid)
		return isrv_ok_code(s, "EXPUNGEISSUED", text);
	return isrv_ok(s, text);
}

/* RFC 5182 2.4: MIN and MAX alone save just those, any other combination all that was found. */
static bool save(struct imapsrv_session *s, struct search *a)
{
	const struct imapsrv_range *ranges = a->found.ranges;
	size_t i, count = a->found.count, size = (count + 1) * sizeof(*ranges);
	struct imapsrv_range *uids = isrv_arena_alloc(&s->arena, size);
	uint32_t last;

	if (!uids) {
		isrv_command_nomem(s);
		return false;
	}
	s->steps += count;
	for (i = 0; i < count; i++) {
		uids[i].first = isrv_nummap_uid(&s->view->map, ranges[i].first);
		uids[i].last = isrv_nummap_uid(&s->view->map, ranges[i].last);
	}
	if (count && !(a->options & (OPTION_ALL | OPTION_COUNT)) &&
	    a->options & (OPTION_MIN | OPTION_MAX)) {
		last = uids[count - 1].last;
		count = 0;
		if (a->options & OPTION_MIN)
			uids[count++].last = uids[0].first;
		if (a->options & OPTION_MAX)
			uids[count++] = (struct imapsrv_range){last, last};
		count = isrv_uidset_normalize(uids, count);
	}
	if (count > s->view->saved.max) {
		isrv_no(s, "NOTSAVED", "The result has too many parts to be saved");
		return false; /* RFC 9051 6.4.4.3 */
	}
	if (!isrv_uidset_copy(&s->view->saved, &s->mem, (struct imapsrv_set){uids, count})) {
		isrv_session_fail(s, IMAPSRV_ENOMEM);
		return false;
	}
	return true;
}

static void put_number(struct imapsrv_session *s, uint32_t n)
{
	isrv_w_u32(&s->w, s->uid ? isrv_nummap_uid(&s->view->map, n) : n);
}

/* "* ESEARCH (TAG "A282") UID MIN 2 MAX 47 COUNT 3 ALL ": what is left is the set. */
static void put_extended(struct imapsrv_session *s, const struct search *a)
{
	const struct isrv_found *f = &a->found;
	struct isrv_writer *w = &s->w;

	ISRV_W(w, "* ESEARCH (TAG ");
	isrv_w_string(w, s->tag.data, s->tag.len);
	ISRV_W(w, ")");
	if (s->uid)
		ISRV_W(w, " UID");
	/* Without a match there is no MIN, MAX or ALL, but always a COUNT (RFC 4731 3.1). */
	if (a->options & OPTION_MIN && f->count) {
		ISRV_W(w, " MIN ");
		put_number(s, f->ranges[0].first);
	}
	if (a->options & OPTION_MAX && f->count) {
		ISRV_W(w, " MAX ");
		put_number(s, f->ranges[f->count - 1].last);
	}
	if (a->options & OPTION_COUNT) {
		ISRV_W(w, " COUNT ");
		isrv_w_u32(w, isrv_found_size(f));
	}
	if (a->options & OPTION_ALL && f->count)
		ISRV_W(w, " ALL ");
}

/*
 * "The highest mod-sequence for all messages being returned" (RFC 7162 3.1.5); where only MIN,
 * MAX or both are returned, of those (RFC 4731 3.2).
 */
static uint64_t modseq_of(const struct search *a)
{
	uint64_t n = 0;

	if (!a->extended || a->options & (OPTION_ALL | OPTION_COUNT))
		return a->highest;
	if (a->options & OPTION_MIN)
		n = a->lowest_modseq;
	if (a->options & OPTION_MAX && a->highest_modseq > n)
		n = a->highest_modseq;
	return n;
}

static void put_modseq(struct imapsrv_session *s, const struct search *a)
{
	uint64_t n = a->found.count ? modseq_of(a) : 0;

	if (!n)
		return;
	isrv_modseq_saw(s, n);
	isrv_w_cstr(&s->w, a->extended ? " MODSEQ " : " (MODSEQ ");
	isrv_w_u64(&s->w, n);
	if (!a->extended)
		ISRV_W(&s->w, ")");
}

static enum isrv_step put_numbers(struct imapsrv_session *s, struct search *a)
{
	enum isrv_step step = ISRV_DONE;

	if (!a->extended)
		step = isrv_found_put_list(s, &a->found, s->uid);
	else if (a->options & OPTION_ALL)
		step = isrv_found_put_set(s, &a->found, s->uid);
	s->mid_line = step != ISRV_DONE;
	if (step == ISRV_DONE) {
		put_modseq(s, a);
		isrv_w_crlf(&s->w);
	}
	return step;
}

/* ---- what is looked at --------------------------------------------------------------------- */

static bool resolve(struct imapsrv_session *s, struct isrv_program *p)
{
	struct isrv_term *term;
	uint32_t i;

	s->steps += p->count;
	for (i = 0; i < p->count; i++) {
		term = &p->terms[i];
		if (term->kind == ISRV_TERM_SET && !term->u.set.uid && !term->u.set.written.saved)
			s->by_number = true;
		if (term->kind == ISRV_TERM_SET &&
		    !isrv_set_resolve(s, &term->u.set.written, term->u.set.uid,
		                      &term->u.set.uids))
			return false;
	}
	return true;
}

/* The UIDs that can match.  The messages are those that were announced, for sequence numbers and
 * for UIDs: no response speaks of others. */
static bool reach(struct imapsrv_session *s, struct search *a, struct imapsrv_set *reach_r)
{
	const struct isrv_program *p = &a->program;
	struct imapsrv_range *all = isrv_arena_alloc(&s->arena, sizeof(*all));
	uint32_t i, sets = 0;

	if (!all) {
		a->nomem = true;
		return false;
	}
	*all = (struct imapsrv_range){1, s->view->map.last_uid};
	*reach_r = (struct imapsrv_set){all, all->last ? 1 : 0};
	for (i = 0; i < p->count && sets < REACH_SETS; i++) {
		if (p->terms[i].kind != ISRV_TERM_SET || !p->terms[i].required)
			continue;
		a->nomem = !isrv_set_intersect(s, reach_r, p->terms[i].u.set.uids);
		if (a->nomem)
			return false;
		sets++;
	}
	return true;
}

/* ---- without the host ---------------------------------------------------------------------- */

/* One range of the reach: the verdict changes only where a set of the program begins or ends, so
 * whole runs are judged at once. */
static bool scan_range(struct imapsrv_session *s, struct search *a, struct imapsrv_range range)
{
	const struct isrv_nummap *map = &s->view->map;
	struct imapsrv_set expunged = isrv_uidset_view(&s->view->expunged);
	struct isrv_search_row row = {.uid = range.first, .recent_from = s->view->recent_from};
	struct imapsrv_range run;
	uint32_t until;
	size_t i;

	for (; isrv_nummap_run(map, row.uid, &run) && run.first <= range.last;
	     row.uid = until + 1) {
		s->steps += a->program.count + 1;
		row.uid = run.first;
		i = isrv_uidset_seek(expunged, row.uid);
		if (i < expunged.count && expunged.ranges[i].first <= row.uid) {
			a->missing = true;
			until = expunged.ranges[i].last;
		} else {
			bool match = isrv_program_eval(&a->program, &row, NULL) == ISRV_MATCH;

			until = row.until < range.last ? row.until : range.last;
			if (i < expunged.count && expunged.ranges[i].first <= until)
				until = expunged.ranges[i].first - 1;
			a->nomem = match && !isrv_found_add(&a->found, &s->arena,
			                                    isrv_nummap_seq(map, row.uid),
			                                    isrv_nummap_rank(map, until));
			if (a->nomem)
				return false;
		}
		if (until >= range.last)
			break;
	}
	return true;
}

static bool scan(struct imapsrv_session *s, struct search *a, struct imapsrv_set in)
{
	size_t i;

	for (i = 0; i < in.count; i++) {
		if (!scan_range(s, a, in.ranges[i]))
			return false;
	}
	return true;
}

/* ---- with the host ------------------------------------------------------------------------- */

/* Where the verdicts about a message that may have to be opened are noted; NULL: no memory, or a
 * host that gives a message twice. */
static struct isrv_search_subject *open_slot(struct imapsrv_session *s, struct search *a)
{
	size_t leaves = a->program.leaves;
	struct isrv_search_subject *slot;

	if (!a->open) {
		a->open = isrv_arena_array(&s->arena, a->part_max, sizeof(*a->open));
		a->open_known = isrv_arena_array(&s->arena, a->part_max, leaves);
		if (!a->open || !a->open_known) {
			a->nomem = true;
			a->open = NULL;
			return NULL;
		}
	}
	if (a->open_count == a->part_max)
		return NULL;
	slot = a->open + a->open_count;
	slot->known = a->open_known + a->open_count * leaves;
	memset(slot->known, 0, leaves);
	return slot;
}

static void add(struct imapsrv_session *s, struct search *a, uint32_t uid, uint64_t modseq)
{
	uint32_t n = isrv_nummap_seq(&s->view->map, uid);

	if (!a->lowest_uid || uid < a->lowest_uid) {
		a->lowest_uid = uid;
		a->lowest_modseq = modseq;
	}
	if (uid > a->highest_uid) {
		a->highest_uid = uid;
		a->highest_modseq = modseq;
	}
	if (modseq > a->highest)
		a->highest = modseq;
	if (!isrv_found_add(&a->found, &s->arena, n, n))
		a->nomem = true;
}

static void row_sink(struct imapsrv_session *s, void *ctx, const void *answer)
{
	struct search *a = ctx;
	const struct imapsrv_row *row = answer;
	struct isrv_search_row facts = {.uid = row->uid, .recent_from = s->view->recent_from};
	struct isrv_search_subject *open = NULL;
	struct imapsrv_span none = {NULL, 0};
	enum isrv_verdict is;

	/* A host may tell more than it was asked, or of a message that its event has taken away
	 * since. */
	if (a->nomem || !isrv_uidset_has(a->part, row->uid) ||
	    isrv_nummap_seq(&s->view->map, row->uid) == 0 ||
	    isrv_uidset_has(isrv_uidset_view(&s->view->expunged), row->uid))
		return;
	a->rows++;
	s->steps += a->program.count;
	/* FLAGS and DATE come when they are asked for (store.h); a host that leaves them out says
	 * "none". */
	facts.facts = (row->facts & ~ISRV_FACTS_READ) | IMAPSRV_FACT_FLAGS | IMAPSRV_FACT_DATE;
	facts.flags = &row->flags;
	facts.date = row->date;
	facts.zone = row->zone;
	facts.octets = row->octets;
	if (a->program.facts & IMAPSRV_FACT_MODSEQ) {
		facts.modseq = row->facts & IMAPSRV_FACT_MODSEQ ? row->modseq : 0;
		facts.facts |= IMAPSRV_FACT_MODSEQ;
	}
	if (a->program.facts & ~facts.facts) {
		open = open_slot(s, a);
		if (!open)
			return;
	}
	is = isrv_program_eval(&a->program, &facts, open ? open->known : NULL);
	if (is == ISRV_MATCH) {
		add(s, a, row->uid, facts.modseq);
	} else if (is == ISRV_UNDECIDED) {
		open->uid = row->uid;
		open->modseq = facts.modseq;
		isrv_search_message_keep(
			s, &a->message,
			row->facts & IMAPSRV_FACT_DESCRIPTION ? row->description : none, open);
		a->open_count++;
	}
}

static bool next_batch(struct imapsrv_session *s, struct search *a)
{
	struct imapsrv_fetch q;

	/* Batches ascend: the lowest match is the first one found (RFC 4731 3.1 wants nothing
	 * more). */
	if ((a->options & ~(unsigned)OPTION_SAVE) == OPTION_MIN && a->found.count)
		return false;
	if (!isrv_batch_next(&a->batch, s->view, a->part_max, &a->part, &a->messages))
		return false;
	a->rows = 0;
	a->open_count = 0;
	a->open_at = 0;
	a->message.kept.len = 0;
	q.mailbox = s->view->handle;
	q.uids = a->part;
	q.facts = a->program.facts & ~ISRV_FACTS_READ;
	if (a->program.facts & ISRV_FACT_TEXT)
		q.facts |= IMAPSRV_FACT_DESCRIPTION;
	q.changed_since = 0;
	ISRV_ASK(s, ISRV_OP_FETCH, store, fetch, &q, row_sink, a);
	return true;
}

/* ---- the steps ----------------------------------------------------------------------------- */

/* *step_r is set where the search ends here. */
static bool begin(struct imapsrv_session *s, struct search *a, enum isrv_step *step_r)
{
	struct imapsrv_set in;
	uint32_t most;

	if (a->program.bad_charset) {
		/* RFC 9051 6.4.4: NO, not BAD, and the code names what is known. */
		isrv_no(s, "BADCHARSET (" ISRV_SEARCH_CHARSETS ")",
		        "That character set is not known");
		*step_r = fail(s, a);
		return false;
	}
	/* RFC 7162 3.1.2.2: BAD where the mailbox has none. */
	if (a->program.facts & IMAPSRV_FACT_MODSEQ && !isrv_modseq_require(s)) {
		*step_r = fail(s, a);
		return false;
	}
	if (!resolve(s, &a->program)) {
		*step_r = fail(s, a);
		return false;
	}
	a->at = AT_TELL;
	if (!reach(s, a, &in))
		return true; /* a->nomem says so */
	/* While the view is to be compared with the store it may hold messages that are gone: ask
	 * which exist. */
	if (!a->program.facts && !s->view->look_all) {
		scan(s, a, in);
		return true;
	}
	if (!isrv_search_message_init(s, &a->message, &a->program)) {
		a->nomem = true;
		return true;
	}
	most = KNOWN_MAX / a->program.leaves;
	a->part_max = s->engine->limits.batch < most ? s->engine->limits.batch : most;
	if (a->part_max == 0)
		a->part_max = 1;
	isrv_batch_init(&a->batch, in, &s->steps);
	a->at = AT_BATCH;
	return true;
}

static enum isrv_step refused(struct imapsrv_session *s, struct search *a)
{
	isrv_refused(s, NULL);
	return fail(s, a);
}

/* Reads the messages of the batch that have to be opened.  False: *step_r says what the step
 * returns. */
static bool read_open(struct imapsrv_session *s, struct search *a, enum isrv_step *step_r)
{
	struct isrv_search_message *m = &a->message;

	for (; a->open_at < a->open_count && !a->nomem; a->open_at++) {
		*step_r = isrv_search_message_read(s, m, &a->open[a->open_at]);
		if (*step_r != ISRV_DONE || s->error)
			return false;
		if (!m->body.failed && m->verdict == ISRV_MATCH)
			add(s, a, a->open[a->open_at].uid, a->open[a->open_at].modseq);
		/* It is gone, or the search cannot be done. */
		if (m->body.failed && s->result.code != IMAPSRV_EXPUNGEISSUED) {
			*step_r = refused(s, a);
			return false;
		}
		a->missing = a->missing || m->body.failed;
		isrv_search_message_close(s, m);
	}
	return true;
}

static enum isrv_step tell(struct imapsrv_session *s, struct search *a)
{
	if (a->nomem) {
		isrv_command_nomem(s);
		return fail(s, a);
	}
	if (a->options & OPTION_SAVE && !save(s, a))
		return fail(s, a);
	/* SAVE alone asks for no response (RFC 9051 6.4.4). */
	if (a->extended && a->options == OPTION_SAVE)
		return finish(s, a);
	if (a->extended)
		put_extended(s, a);
	else
		ISRV_W(&s->w, "* SEARCH");
	a->at = AT_NUMBERS;
	return ISRV_OUTPUT;
}

static enum isrv_step advance(struct imapsrv_session *s, struct search *a)
{
	enum isrv_step wait = ISRV_DONE;

	for (;;) {
		switch ((enum at)a->at) {
		case AT_START:
			if (!begin(s, a, &wait))
				return wait;
			break;
		case AT_BATCH:
			a->at = !a->nomem && next_batch(s, a) ? AT_ROWS : AT_TELL;
			break;
		case AT_ROWS:
			if (!isrv_answered(s))
				return ISRV_HOST;
			if (s->result.code != IMAPSRV_OK)
				return refused(s, a);
			if (a->rows < a->messages)
				a->missing = true;
			a->at = AT_READ;
			break;
		case AT_READ:
			if (!read_open(s, a, &wait))
				return wait;
			a->at = AT_BATCH;
			break;
		case AT_TELL:
			wait = tell(s, a);
			if (a->at != AT_NUMBERS)
				return wait;
			break;
		case AT_NUMBERS:
			if (put_numbers(s, a) != ISRV_DONE)
				return ISRV_OUTPUT;
			a->at = AT_END;
			break;
		case AT_END:
			return finish(s, a);
		}
	}
}

static void drop(struct imapsrv_session *s, void *args)
{
	struct search *a = args;

	if (a->message.program)
		isrv_search_message_clear(s, &a->message);
}

static enum isrv_step step(struct imapsrv_session *s, void *args)
{
	enum isrv_step wait = advance(s, args);

	if (wait == ISRV_DONE)
		drop(s, args);
	return wait;
}

const struct isrv_command isrv_command_search = {
	.name = "SEARCH",
	.states = ISRV_IN_SELECTED,
	.flags = ISRV_COMMAND_SEQ | ISRV_COMMAND_UID,
	.args_size = sizeof(struct search),
	.parse = parse,
	.step = step,
	.drop = drop,
};
