/* SPDX-License-Identifier: MIT */
/*
 * SEARCH and UID SEARCH (RFC 9051 6.4.4, RFC 3501 6.4.4, RFC 4731, RFC 5182, RFC 5267): which
 * results are wanted, and the response that tells them.  What matches is found by session/searcher.
 *
 * Messages that are known to be gone match nothing, unless the host kept them.  If a SEARCH met
 * some that it did not keep, and that may not be announced here (RFC 9051 7.5.1), its OK says
 * EXPUNGEISSUED: the client is advised to issue a NOOP, as the example of RFC 5530 3 shows for this
 * very command.  UID SEARCH announces them before its tagged line, where it may, and has no need of
 * it.
 */
#include "command/commands.h"
#include "command/searching.h"
#include "session/contexts.h"
#include "session/messagelimit.h"
#include "session/modseq.h"

enum at {
	AT_START,
	AT_FILTERS,
	AT_SEARCH,
	AT_TELL,
	AT_PUT,
	AT_FOLLOW, /* with UPDATE */
	AT_END
};

struct search {
	uint8_t at;
	bool extended; /* RETURN was given, or IMAP4rev2 is enabled: ESEARCH */
	struct isrv_search_return ret;
	struct isrv_program program;
	struct isrv_search_result r;
	struct isrv_filters filters;
	bool followed;
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
	return isrv_filters_parse(p, &a->filters, false, isrv_searching_features(p), &a->program) &&
	       (!(a->ret.options & ISRV_RETURN_UPDATE) || isrv_filters_keep(p, &a->filters));
}

/* ---- the end ------------------------------------------------------------------------------- */

static enum isrv_step finish(struct imapsrv_session *s, const struct search *a)
{
	const char *text = "SEARCH completed";

	if (a->ret.options & ISRV_RETURN_UPDATE)
		text = a->followed ? "SEARCH completed, will notify"
		                   : "SEARCH completed, will not notify";
	else if (a->ret.options & ISRV_RETURN_SAVE)
		text = "SEARCH completed, result saved";

	return isrv_searching_ok(s, a->r.x.missing, text);
}

/* ---- the steps ----------------------------------------------------------------------------- */

/* RFC 9738 3.1: the messages that are examined count.  So "$" holds none of the others (3.4). */
static void limit(struct imapsrv_session *s, struct search *a)
{
	uint32_t lowest;

	isrv_searcher_limit(s, &a->r.x, isrv_message_limit(s), &lowest);
	isrv_message_limit_note(s, lowest);
}

/* DONE: the reply is set. */
static enum isrv_step tell(struct imapsrv_session *s, struct search *a)
{
	uint64_t modseq = isrv_search_result_modseq(&a->r);

	if (a->ret.options & ISRV_RETURN_SAVE && !isrv_searching_save(s, &a->r))
		return isrv_searching_fail(s, &a->ret);
	/* SAVE alone asks for no response (RFC 9051 6.4.4). */
	if (a->extended &&
	    (a->ret.options & ~(uint32_t)ISRV_RETURN_CONTEXT) == ISRV_RETURN_SAVE)
		return finish(s, a);
	if (modseq)
		isrv_modseq_saw(s, modseq);
	if (a->extended)
		isrv_search_return_begin(s);
	else
		ISRV_W(&s->w, "* SEARCH");
	return ISRV_OUTPUT;
}

static bool begin(struct imapsrv_session *s, struct search *a)
{
	struct isrv_search_source source;

	if (a->ret.options & ISRV_RETURN_RELEVANCY && !isrv_searching_is_fuzzy(s, &a->program))
		return false;
	isrv_search_selected(s, &source);
	isrv_search_result_init(&a->r, &a->ret, &a->program, &source, &s->arena, s->uid);
	if (!isrv_searching_begin(s, &a->r.x, &a->program))
		return false;
	limit(s, a);
	return true;
}

static enum isrv_step step(struct imapsrv_session *s, void *args)
{
	struct search *a = args;
	enum isrv_step wait;
	bool ok;

	for (;;) {
		switch ((enum at)a->at) {
		case AT_START:
			/* RFC 5267 4.3. */
			if (a->ret.options & ISRV_RETURN_UPDATE && isrv_contexts_has(s, s->tag))
				return isrv_bad(s, "A search that is followed has this tag");
			a->at = AT_FILTERS;
			break;
		case AT_FILTERS:
			wait = isrv_filters_step(s, &a->filters, &a->program, &ok);
			if (wait != ISRV_DONE)
				return wait;
			if (!ok || !begin(s, a))
				return isrv_searching_fail(s, &a->ret);
			a->at = AT_SEARCH;
			break;
		case AT_SEARCH:
			wait = isrv_search_result_step(s, &a->r);
			if (wait != ISRV_DONE)
				return wait;
			if (!isrv_searching_ended(s, a->r.end))
				return isrv_searching_fail(s, &a->ret);
			a->at = AT_TELL;
			break;
		case AT_TELL:
			if (tell(s, a) == ISRV_DONE)
				return ISRV_DONE;
			a->at = AT_PUT;
			break;
		case AT_PUT:
			if (isrv_search_result_put(s, &a->r) != ISRV_DONE)
				return ISRV_OUTPUT;
			a->at = AT_FOLLOW;
			break;
		case AT_FOLLOW:
			if (a->ret.options & ISRV_RETURN_UPDATE &&
			    !isrv_searching_follow(s, &a->r, &a->filters, &a->followed))
				return isrv_searching_fail(s, &a->ret);
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

	isrv_search_result_drop(s, &a->r);
}

static void progress(struct imapsrv_session *s, const void *args, uint32_t *done_r,
                     uint32_t *goal_r)
{
	const struct search *a = args;

	if (a->at == AT_SEARCH)
		isrv_searcher_progress(s, &a->r.x, done_r, goal_r);
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
