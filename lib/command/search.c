/* SPDX-License-Identifier: MIT */
/*
 * SEARCH and UID SEARCH (RFC 9051 6.4.4, RFC 3501 6.4.4, RFC 4731, RFC 5182): which results are
 * wanted, and the response that tells them.  What matches is found by session/searcher.
 *
 * Messages that are known to be gone match nothing, unless the host kept them.  If a SEARCH met some
 * that it did not keep, and that may not be announced here (RFC 9051 7.5.1), its OK says
 * EXPUNGEISSUED: the client is advised to issue a NOOP, as the example of RFC 5530 3 shows for this
 * very command.  UID SEARCH announces them before its tagged line and has no need of it.
 */
#include "base/ascii.h"
#include "command/commands.h"
#include "command/memory.h"
#include "command/searching.h"
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
	AT_SEARCH,
	AT_TELL,
	AT_NUMBERS,
	AT_END
};

struct search {
	uint8_t at;
	uint8_t options; /* enum option */
	bool extended;   /* RETURN was given, or IMAP4rev2 is enabled: ESEARCH */
	struct isrv_program program;
	struct isrv_searcher x;
};

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
	return isrv_program_parse(&a->program, &p->r, p->limits, isrv_searching_features(p));
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

	if (a->x.missing && !s->uid)
		return isrv_ok_code(s, "EXPUNGEISSUED", text);
	return isrv_ok(s, text);
}

/* RFC 5182 2.4: MIN and MAX alone save just those, any other combination all that was found. */
static bool save(struct imapsrv_session *s, struct search *a)
{
	struct imapsrv_range ends[2];
	struct imapsrv_set uids;

	if (!isrv_searcher_uids(s, &a->x, &uids)) {
		isrv_command_nomem(s);
		return false;
	}
	if (uids.count && !(a->options & (OPTION_ALL | OPTION_COUNT)) &&
	    a->options & (OPTION_MIN | OPTION_MAX)) {
		ends[0].first = ends[0].last = uids.ranges[0].first;
		ends[1].first = ends[1].last = uids.ranges[uids.count - 1].last;
		if (!(a->options & OPTION_MIN))
			ends[0] = ends[1];
		else if (!(a->options & OPTION_MAX))
			ends[1] = ends[0];
		uids = (struct imapsrv_set){ends, isrv_uidset_normalize(ends, 2)};
	}
	if (uids.count > s->view->saved.max) {
		isrv_no(s, "NOTSAVED", "The result has too many parts to be saved");
		return false; /* RFC 9051 6.4.4.3 */
	}
	if (!isrv_uidset_copy(&s->view->saved, &s->mem, uids)) {
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
	const struct isrv_found *f = &a->x.found;
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
		return a->x.highest;
	if (a->options & OPTION_MIN)
		n = a->x.lowest_modseq;
	if (a->options & OPTION_MAX && a->x.highest_modseq > n)
		n = a->x.highest_modseq;
	return n;
}

static void put_modseq(struct imapsrv_session *s, const struct search *a)
{
	uint64_t n = a->x.found.count ? modseq_of(a) : 0;

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
	const struct isrv_nummap *uids = s->uid ? &s->view->map : NULL;
	enum isrv_step step = ISRV_DONE;

	if (!a->extended)
		step = isrv_found_put_list(s, &a->x.found, uids);
	else if (a->options & OPTION_ALL)
		step = isrv_found_put_set(s, &a->x.found, uids);
	s->mid_line = step != ISRV_DONE;
	if (step == ISRV_DONE) {
		put_modseq(s, a);
		isrv_w_crlf(&s->w);
	}
	return step;
}

/* ---- the steps ----------------------------------------------------------------------------- */

static enum isrv_step tell(struct imapsrv_session *s, struct search *a)
{
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

static enum isrv_step step(struct imapsrv_session *s, void *args)
{
	struct search *a = args;
	enum isrv_step wait;

	for (;;) {
		switch ((enum at)a->at) {
		case AT_START:
			if (!isrv_searching_begin(s, &a->x, &a->program))
				return fail(s, a);
			/* RFC 4731 3.1 wants nothing more. */
			a->x.lowest_only = (a->options & ~(unsigned)OPTION_SAVE) == OPTION_MIN;
			a->at = AT_SEARCH;
			break;
		case AT_SEARCH:
			wait = isrv_searcher_step(s, &a->x);
			if (wait != ISRV_DONE)
				return wait;
			if (!isrv_searching_ended(s, &a->x))
				return fail(s, a);
			a->at = AT_TELL;
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
	isrv_searcher_drop(s, &((struct search *)args)->x);
}

const struct isrv_command isrv_command_search = {
	.name = "SEARCH",
	.states = ISRV_IN_SELECTED,
	.flags = ISRV_COMMAND_SEQ | ISRV_COMMAND_NUMBERS | ISRV_COMMAND_UID,
	.args_size = sizeof(struct search),
	.parse = parse,
	.step = step,
	.drop = drop,
};
