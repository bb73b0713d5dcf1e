/* SPDX-License-Identifier: MIT */
/*
 * SEARCH and UID SEARCH (RFC 9051 6.4.4, RFC 3501 6.4.4, RFC 4731, RFC 5182, RFC 5267): which results
 * are wanted, and the response that tells them.  What matches is found by session/searcher.
 *
 * Messages that are known to be gone match nothing, unless the host kept them.  If a SEARCH met some
 * that it did not keep, and that may not be announced here (RFC 9051 7.5.1), its OK says
 * EXPUNGEISSUED: the client is advised to issue a NOOP, as the example of RFC 5530 3 shows for this
 * very command.  UID SEARCH announces them before its tagged line and has no need of it.
 */
#include "command/commands.h"
#include "command/memory.h"
#include "command/search_return.h"
#include "command/searching.h"
#include "session/contexts.h"
#include "session/messagelimit.h"
#include "session/modseq.h"

enum at {
	AT_START,
	AT_SEARCH,
	AT_FOUND,
	AT_SEQUENCES, /* of what PARTIAL tells */
	AT_TELL,
	AT_NUMBERS,
	AT_FOLLOW, /* with UPDATE */
	AT_END
};

struct search {
	uint8_t at;
	bool extended; /* RETURN was given, or IMAP4rev2 is enabled: ESEARCH */
	struct isrv_search_return ret;
	struct isrv_program program;
	struct isrv_searcher x;
	struct isrv_found part; /* of what was found, what PARTIAL asks for */
	bool has_part;          /* there is some */
	struct imapsrv_set part_uids;
	struct imapsrv_span written; /* the program, with UPDATE */
	uint32_t features;
	bool followed;
	struct isrv_searcher *again; /* for the sequences of the part; NULL: not needed */
};

static bool parse(struct isrv_parse *p, void *args)
{
	struct search *a = args;

	if ((p->rev2 || isrv_caps_in(p->caps, ISRV_CAP_ESEARCH)) &&
	    !isrv_search_return_parse(p, &a->ret, false))
		return false;
	a->extended = p->rev2 || a->ret.options;
	if (p->rev2 && !a->ret.options)
		a->ret.options = ISRV_RETURN_ALL;
	a->features = isrv_searching_features(p);
	a->written = (struct imapsrv_span){p->r.at, (size_t)(p->r.end - p->r.at)};
	if (!isrv_program_parse(&a->program, &p->r, p->limits, a->features))
		return false;
	if (!(a->ret.options & ISRV_RETURN_UPDATE))
		return true;
	/* It is needed longer than the command's octets are. */
	a->written.data = isrv_arena_copy(p->r.arena, a->written.data, a->written.len);
	return a->written.data || isrv_rd_fail_memory(&p->r);
}

/* ---- the end ------------------------------------------------------------------------------- */

/* The reply is set.  NO with SAVE empties "$", BAD leaves it alone (RFC 5182 2.1). */
static enum isrv_step fail(struct imapsrv_session *s, const struct search *a)
{
	if ((a->ret.options & ISRV_RETURN_SAVE) && s->reply.status == ISRV_REPLY_NO)
		isrv_uidset_empty(&s->view->saved);
	return ISRV_DONE;
}

static enum isrv_step finish(struct imapsrv_session *s, const struct search *a)
{
	const char *text = "SEARCH completed";

	if (a->ret.options & ISRV_RETURN_UPDATE)
		text = a->followed ? "SEARCH completed, will notify"
		                   : "SEARCH completed, will not notify";
	else if (a->ret.options & ISRV_RETURN_SAVE)
		text = "SEARCH completed, result saved";

	if (a->x.missing && !s->uid)
		return isrv_ok_code(s, "EXPUNGEISSUED", text);
	return isrv_ok(s, text);
}

/*
 * What is saved, as numbers: all that was found if all of it, or its count, was asked for; else
 * what the other options name (RFC 5182 2.4, RFC 9394 3.2).
 */
static bool pick(struct imapsrv_session *s, const struct search *a, struct isrv_found *saved)
{
	const struct isrv_found *f = &a->x.found, *part = &a->part;
	uint32_t options = a->ret.options, lowest, highest;

	*saved = *f;
	if (!f->count || options & (ISRV_RETURN_ALL | ISRV_RETURN_COUNT) ||
	    !(options & (ISRV_RETURN_MIN | ISRV_RETURN_MAX | ISRV_RETURN_PARTIAL)))
		return true;
	lowest = f->ranges[0].first;
	highest = f->ranges[f->count - 1].last;
	*saved = (struct isrv_found){0};
	if (a->has_part && !isrv_found_slice(part, &s->arena, 1, part->size, saved))
		return false;
	return (!(options & ISRV_RETURN_MIN) ||
	        isrv_found_add(saved, &s->arena, lowest, lowest)) &&
	       (!(options & ISRV_RETURN_MAX) ||
	        isrv_found_add(saved, &s->arena, highest, highest));
}

static bool save(struct imapsrv_session *s, const struct search *a)
{
	struct isrv_found saved;
	struct imapsrv_set uids;

	if (!pick(s, a, &saved) ||
	    !isrv_found_uids(&saved, &s->arena, &s->view->map, &uids, &s->steps)) {
		isrv_command_nomem(s);
		return false;
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
	uint32_t options = a->ret.options;
	struct isrv_writer *w = &s->w;

	isrv_search_return_begin(s);
	/* Without a match there is no MIN, MAX or ALL, but always a COUNT (RFC 4731 3.1). */
	if (options & ISRV_RETURN_MIN && f->count) {
		ISRV_W(w, " MIN ");
		put_number(s, f->ranges[0].first);
	}
	if (options & ISRV_RETURN_MAX && f->count) {
		ISRV_W(w, " MAX ");
		put_number(s, f->ranges[f->count - 1].last);
	}
	if (options & ISRV_RETURN_COUNT) {
		ISRV_W(w, " COUNT ");
		isrv_w_u32(w, f->size);
	}
	if (options & ISRV_RETURN_ALL && f->count)
		ISRV_W(w, " ALL ");
	if (options & ISRV_RETURN_PARTIAL) {
		ISRV_W(w, " PARTIAL (");
		isrv_partial_put(w, &a->ret.partial);
		ISRV_W(w, " ");
		if (!a->has_part)
			ISRV_W(w, "NIL");
	}
}

/*
 * "The highest mod-sequence for all messages being returned" (RFC 7162 3.1.5); where only MIN,
 * MAX, both or a part are returned, of those (RFC 4731 3.2).
 */
static uint64_t modseq_of(const struct search *a)
{
	uint32_t options = a->ret.options;
	uint64_t n = 0;

	if (!a->extended || options & (ISRV_RETURN_ALL | ISRV_RETURN_COUNT))
		return a->x.highest;
	if (options & ISRV_RETURN_MIN)
		n = a->x.lowest_modseq;
	if (options & ISRV_RETURN_MAX && a->x.highest_modseq > n)
		n = a->x.highest_modseq;
	if (a->again && a->again->highest > n)
		n = a->again->highest;
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
	else if (a->ret.options & ISRV_RETURN_ALL)
		step = isrv_found_put_set(s, &a->x.found, uids);
	else if (a->has_part)
		step = isrv_found_put_set(s, &a->part, uids);
	s->mid_line = step != ISRV_DONE;
	if (step == ISRV_DONE) {
		if (a->ret.options & ISRV_RETURN_PARTIAL)
			ISRV_W(&s->w, ")");
		put_modseq(s, a);
		isrv_w_crlf(&s->w);
	}
	return step;
}

/* ---- the steps ----------------------------------------------------------------------------- */

/* UPDATE: the result is followed from here on, or the client is told that it is not (RFC 5267
 * 4.3.1).  False: the reply is set. */
static bool follow(struct imapsrv_session *s, struct search *a)
{
	struct isrv_context_wish wish = {a->written, a->features, &a->program, {NULL, 0}};

	if (!(a->ret.options & ISRV_RETURN_UPDATE))
		return true;
	if (!isrv_found_uids(&a->x.found, &s->arena, &s->view->map, &wish.found, &s->steps)) {
		isrv_command_nomem(s);
		return false;
	}
	a->followed = isrv_contexts_add(s, &wish);
	if (!a->followed && !s->error)
		isrv_contexts_put_refusal(s, s->tag);
	return !s->error;
}

/* How many of the lowest matches answer all that is asked (RFC 4731 3.1, RFC 9394 3.1); 0: it takes
 * all of them. */
static uint32_t enough(const struct isrv_search_return *r)
{
	uint32_t options = r->options & ~(uint32_t)(ISRV_RETURN_SAVE | ISRV_RETURN_CONTEXT);

	if (options == ISRV_RETURN_MIN)
		return 1;
	if (!(options & ISRV_RETURN_PARTIAL) || r->partial.from_end ||
	    options & ~(uint32_t)(ISRV_RETURN_PARTIAL | ISRV_RETURN_MIN))
		return 0;
	return r->partial.first > r->partial.last ? r->partial.first : r->partial.last;
}

/* What PARTIAL asks for, now that all is found.  False: the reply is set. */
static bool cut_part(struct imapsrv_session *s, struct search *a)
{
	const struct isrv_found *f = &a->x.found;
	struct isrv_search_source source;
	uint32_t first, last;

	a->at = AT_TELL;
	if (!(a->ret.options & ISRV_RETURN_PARTIAL) ||
	    !isrv_partial_of(&a->ret.partial, f->size, &first, &last))
		return true;
	a->has_part = true;
	s->steps += f->count;
	if (!isrv_found_slice(f, &s->arena, first, last, &a->part)) {
		isrv_command_nomem(s);
		return false;
	}
	/* The highest sequence among them is not known if all that was found has more. */
	if (!(a->program.facts & IMAPSRV_FACT_MODSEQ) || a->ret.options & ISRV_RETURN_COUNT)
		return true;
	a->again = isrv_arena_zalloc(&s->arena, sizeof(*a->again));
	if (!a->again ||
	    !isrv_found_uids(&a->part, &s->arena, &s->view->map, &a->part_uids, &s->steps)) {
		isrv_command_nomem(s);
		return false;
	}
	isrv_search_selected(s, &source);
	isrv_searcher_begin(s, a->again, &a->program, &source, &a->part_uids);
	a->at = AT_SEQUENCES;
	return true;
}

/* RFC 9738 3.1: the messages that are examined count.  So "$" holds none of the others (3.4). */
static void limit(struct imapsrv_session *s, struct search *a)
{
	uint32_t lowest;

	isrv_searcher_limit(s, &a->x, isrv_message_limit(s), &lowest);
	isrv_message_limit_note(s, lowest);
}

static enum isrv_step tell(struct imapsrv_session *s, struct search *a)
{
	if (a->ret.options & ISRV_RETURN_SAVE && !save(s, a))
		return fail(s, a);
	/* SAVE alone asks for no response (RFC 9051 6.4.4). */
	if (a->extended &&
	    (a->ret.options & ~(uint32_t)ISRV_RETURN_CONTEXT) == ISRV_RETURN_SAVE)
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
			/* RFC 5267 4.3. */
			if (a->ret.options & ISRV_RETURN_UPDATE && isrv_contexts_has(s, s->tag))
				return isrv_bad(s, "A search that is followed has this tag");
			if (!isrv_searching_begin(s, &a->x, &a->program))
				return fail(s, a);
			limit(s, a);
			a->x.enough = enough(&a->ret);
			a->at = AT_SEARCH;
			break;
		case AT_SEARCH:
			wait = isrv_searcher_step(s, &a->x);
			if (wait != ISRV_DONE)
				return wait;
			if (!isrv_searching_ended(s, &a->x))
				return fail(s, a);
			a->at = AT_FOUND;
			break;
		case AT_FOUND:
			if (!cut_part(s, a))
				return fail(s, a);
			break;
		case AT_SEQUENCES:
			wait = isrv_searcher_step(s, a->again);
			if (wait != ISRV_DONE)
				return wait;
			if (!isrv_searching_ended(s, a->again))
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
			a->at = AT_FOLLOW;
			break;
		case AT_FOLLOW:
			if (!follow(s, a))
				return fail(s, a);
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

	isrv_searcher_drop(s, &a->x);
	if (a->again)
		isrv_searcher_drop(s, a->again);
}

static void progress(struct imapsrv_session *s, const void *args, uint32_t *done_r,
                     uint32_t *goal_r)
{
	const struct search *a = args;

	if (a->at == AT_SEARCH)
		isrv_searcher_progress(s, &a->x, done_r, goal_r);
}

const struct isrv_command isrv_command_search = {
	.name = "SEARCH",
	.states = ISRV_IN_SELECTED,
	.flags = ISRV_COMMAND_SEQ | ISRV_COMMAND_NUMBERS | ISRV_COMMAND_UID,
	.args_size = sizeof(struct search),
	.parse = parse,
	.step = step,
	.progress = progress,
	.drop = drop,
};
