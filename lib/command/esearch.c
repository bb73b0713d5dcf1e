/* SPDX-License-Identifier: MIT */
/*
 * ESEARCH (RFC 7377): a search of several mailboxes, one after the other, each of which is opened
 * to be read, searched, told and closed again before the next one; of the selected one the client's
 * view is searched.  What is found in a mailbox lives in an arena of its own until then, so memory
 * does not grow with their number.
 *
 * The command counts as a UID command throughout: it tells nothing but UIDs.  "UID ESEARCH", as in
 * the text of section 2, is the same.
 *
 * A mailbox that does not exist, or may not be read, is passed over without a word (2.2, 5).  If
 * anything else kept one from being searched, the others are searched all the same, and the
 * tagged line says NO.
 */
#include "command/commands.h"
#include "command/elsewhere.h"
#include "command/esearch_sources.h"
#include "command/memory.h"
#include "command/searching.h"
#include "session/access.h"
#include "session/contexts.h"
#include "session/modseq.h"

/* What opening a mailbox is taken to cost, in steps: it yields and ends as if it were that much. */
#define MAILBOX_STEPS 1000u

enum at {
	AT_START,
	AT_FILTERS,
	AT_SOURCES,
	AT_NEXT,
	AT_OPEN,
	AT_SEARCH,
	AT_TELL,
	AT_PUT,
	AT_FOLLOW, /* with UPDATE */
	AT_CLOSE
};

struct esearch {
	uint8_t at;
	struct isrv_esearch_sources sources;
	struct isrv_search_return ret;
	struct isrv_program program;
	struct isrv_filters filters;
	uint64_t since;              /* steps at the beginning; 0: the arena is not there yet */
	struct imapsrv_span selected; /* among the names, as it was called when they were put
	                               * together */
	uint32_t next;               /* of the names; behind them, with `apart`: */
	bool apart;                  /* the selected one was deleted, and its name is another's, if
	                              * any's */
	bool own;                    /* the mailbox at hand is the selected one */
	bool searched;               /* one was, whole */
	bool missing;                /* the selected one still shows messages that are gone */
	bool asked_to_follow; /* UPDATE, and the selected one was among them: */
	bool followed;
	bool failed; /* one could not be searched: */
	struct isrv_result failure;
	/* The mailbox at hand. */
	struct isrv_arena arena;
	struct isrv_elsewhere there;
	struct isrv_search_result r;
};

/* esearch = "ESEARCH" [SP esearch-source-opts] [SP search-return-opts] SP search-program */
static bool parse(struct isrv_parse *p, void *args)
{
	struct esearch *a = args;

	if (!isrv_esearch_sources_parse(p, &a->sources) ||
	    !isrv_search_return_parse(p, &a->ret, false))
		return false;
	if (!a->ret.options)
		a->ret.options = ISRV_RETURN_ALL;
	return isrv_filters_parse(p, &a->filters, false, isrv_searching_features(p), &a->program) &&
	       (!(a->ret.options & ISRV_RETURN_UPDATE) || isrv_filters_keep(p, &a->filters));
}

/* ---- the end ------------------------------------------------------------------------------- */

/* The reply is set.  What has failed is not followed. */
static enum isrv_step fail(struct imapsrv_session *s, const struct esearch *a)
{
	if (a->followed)
		isrv_contexts_cancel(s, s->tag);
	return isrv_searching_fail(s, &a->ret);
}

static enum isrv_step starve(struct imapsrv_session *s, const struct esearch *a)
{
	s->arena.starved = s->arena.starved || a->arena.starved;
	isrv_command_nomem(s);
	return fail(s, a);
}

/* UPDATE, and the selected mailbox was not searched (RFC 5267 4.3.1). */
static void refuse_to_follow(struct imapsrv_session *s, const struct esearch *a)
{
	if (a->ret.options & ISRV_RETURN_UPDATE && !a->asked_to_follow)
		isrv_contexts_put_refusal(s, s->tag);
}

/* "responding with OK [LIMIT] and returning partial results" (RFC 7377 2.4), if there are any. */
static enum isrv_step limit(struct imapsrv_session *s, const struct esearch *a)
{
	if (!a->searched) {
		isrv_searching_ended(s, ISRV_SEARCH_LIMIT);
		return fail(s, a);
	}
	refuse_to_follow(s, a);
	return isrv_ok_code(s, "LIMIT", "Not all was searched: it takes more work than one may");
}

static enum isrv_step finish(struct imapsrv_session *s, const struct esearch *a)
{
	const char *text = "ESEARCH completed";

	if (a->failed) {
		s->result = a->failure;
		isrv_refused(s, NULL);
		return fail(s, a);
	}
	refuse_to_follow(s, a);
	if (a->ret.options & ISRV_RETURN_UPDATE)
		text = a->followed ? "ESEARCH completed, will notify"
		                   : "ESEARCH completed, will not notify";
	return isrv_searching_ok(s, a->missing, text);
}

/* The mailbox at hand cannot be searched: s->result says why. */
static void pass_over(struct imapsrv_session *s, struct esearch *a)
{
	enum imapsrv_code code = s->result.code;

	/* What is said of the first is enough: there may be a hundred thousand. */
	if (a->failed || (!a->own && (code == IMAPSRV_NONEXISTENT || code == IMAPSRV_NOPERM)))
		return;
	a->failed = true;
	a->failure = isrv_op_keep_result(s);
}

/* ---- the beginning ------------------------------------------------------------------------- */

/* False: the reply is set. */
static bool may(struct imapsrv_session *s, const struct esearch *a)
{
	uint32_t options = a->ret.options;

	if ((a->sources.selected || options & ISRV_RETURN_UPDATE) && !s->view)
		isrv_bad(s, "No mailbox is selected");
	else if (a->sources.selected && !isrv_access_may(s->view->rights, ISRV_DO_READ))
		isrv_access_refuse(s);
	else if (options & ISRV_RETURN_SAVE && a->sources.others)
		isrv_bad(s, "SAVE is for the selected mailbox alone");
	else if (options & ISRV_RETURN_UPDATE && isrv_contexts_has(s, s->tag))
		isrv_bad(s, "A search that is followed has this tag");
	else
		return isrv_searching_may(s, &a->program);
	return false;
}

static bool start(struct imapsrv_session *s, struct esearch *a)
{
	if (!may(s, a))
		return false;
	s->uid = true;
	a->since = ++s->steps;
	isrv_arena_init(&a->arena, &s->mem, s->engine->limits.arena);
	a->at = AT_FILTERS;
	return true;
}

/* The program is known. */
static bool look_at_program(struct imapsrv_session *s, struct esearch *a)
{
	a->at = AT_SOURCES;
	if (a->ret.options & ISRV_RETURN_RELEVANCY && !isrv_searching_is_fuzzy(s, &a->program))
		return false;
	if (!(a->program.facts & IMAPSRV_FACT_MODSEQ))
		return true;
	/* Mailboxes without sequences among others have no match. */
	if (!a->sources.others && !isrv_modseq_require(s))
		return false;
	isrv_modseq_enable(s, 0);
	return true;
}

/* The selected mailbox is one of the others, and not opened a second time; unless it was deleted:
 * what has its name since, or will, is another. */
static bool add_selected(struct imapsrv_session *s, struct esearch *a)
{
	a->at = AT_NEXT;
	if (!a->sources.selected)
		return true;
	if (!isrv_session_copy_name(s, s->view, &a->selected))
		return false;
	a->apart = s->view->removed;
	if (a->apart || isrv_names_add(&a->sources.names, &s->mem, a->selected))
		return true;
	isrv_session_fail(s, IMAPSRV_ENOMEM);
	return false;
}

/* ---- one mailbox --------------------------------------------------------------------------- */

static struct imapsrv_span name_of(const struct esearch *a)
{
	return a->next < isrv_names_count(&a->sources.names)
	               ? isrv_names_at(&a->sources.names, a->next)
	               : a->selected;
}

/* False: no memory. */
static bool begin_search(struct imapsrv_session *s, struct esearch *a)
{
	struct isrv_search_source source = {a->there.handle, &a->there.map, NULL,
	                                    a->there.recent_from, false, 0};

	if (a->own)
		isrv_search_selected(s, &source);
	if (!isrv_searching_resolve(s, &a->program, &a->arena, a->own ? NULL : source.map))
		return false;
	isrv_search_result_init(&a->r, &a->ret, &a->program, &source, &a->arena, true);
	a->r.x.since = a->since;
	isrv_searcher_begin(s, &a->r.x, &a->program, &source, NULL);
	a->at = AT_SEARCH;
	return true;
}

/* Nothing of it is held any more. */
static void close_mailbox(struct imapsrv_session *s, struct esearch *a)
{
	isrv_search_result_drop(s, &a->r);
	memset(&a->r, 0, sizeof(a->r));
	isrv_elsewhere_drop(s, &a->there);
	isrv_arena_reset(&a->arena);
}

/* Another client may rename it while others are searched. */
static bool is_selected(const struct imapsrv_session *s, const struct esearch *a,
                        struct imapsrv_span name)
{
	struct imapsrv_span is = {s->view->name, s->view->name_len};

	if (a->selected.len && !a->apart)
		is = a->selected;
	else if (s->view->removed)
		return false;
	return is.len == name.len && !memcmp(is.data, name.data, is.len);
}

/* The next mailbox is to be searched, or DONE: the reply is set. */
static enum isrv_step next(struct imapsrv_session *s, struct esearch *a)
{
	bool may = s->view && isrv_access_may(s->view->rights, ISRV_DO_READ);
	uint32_t count = isrv_names_count(&a->sources.names);
	struct imapsrv_span name;

	if (a->next > count || (a->next == count && !(a->apart && may)))
		return finish(s, a);
	if (isrv_session_turn_over(s))
		return ISRV_YIELD;
	if (s->steps - a->since >= s->engine->limits.search_steps)
		return limit(s, a);
	name = name_of(a);
	a->own = may && (a->next == count || is_selected(s, a, name));
	a->at = AT_OPEN;
	if (!a->own) {
		s->steps += MAILBOX_STEPS;
		isrv_elsewhere_begin(&a->there, name);
	}
	return ISRV_HOST;
}

static enum isrv_step open_mailbox(struct imapsrv_session *s, struct esearch *a)
{
	enum isrv_step wait = a->own ? ISRV_DONE : isrv_elsewhere_step(s, &a->there);

	if (wait != ISRV_DONE)
		return wait;
	a->at = AT_CLOSE;
	if (s->error)
		return ISRV_DONE;
	if (!a->own && a->there.refused)
		pass_over(s, a);
	else if (a->program.facts & IMAPSRV_FACT_MODSEQ &&
	         !(a->own ? s->view->modseq_told != 0 : a->there.has_modseqs))
		return ISRV_HOST;
	else if (!begin_search(s, a))
		return starve(s, a);
	return ISRV_HOST;
}

/* The search has ended.  DONE: the reply is set. */
static enum isrv_step ended(struct imapsrv_session *s, struct esearch *a)
{
	a->at = AT_CLOSE;
	switch (a->r.end) {
	case ISRV_SEARCH_FOUND:
		break;
	case ISRV_SEARCH_REFUSED:
		pass_over(s, a);
		return ISRV_HOST;
	case ISRV_SEARCH_LIMIT:
		return limit(s, a);
	case ISRV_SEARCH_NOMEM:
		return starve(s, a);
	}
	a->searched = true;
	a->missing = a->missing || (a->own && a->r.x.missing);
	if (a->ret.options & ISRV_RETURN_SAVE && !isrv_searching_save(s, &a->r))
		return isrv_searching_fail(s, &a->ret);
	a->at = AT_TELL;
	return ISRV_HOST;
}

/* "* ESEARCH (TAG "tag1" MAILBOX folder1 UIDVALIDITY 1) UID" */
static void put_beginning(struct imapsrv_session *s, const struct esearch *a)
{
	struct isrv_writer *w = &s->w;
	struct imapsrv_span name = name_of(a);
	uint32_t uidvalidity = a->own ? s->view->uidvalidity : a->there.uidvalidity;

	ISRV_W(w, "* ESEARCH (TAG ");
	isrv_w_string(w, s->tag.data, s->tag.len);
	ISRV_W(w, " MAILBOX ");
	isrv_w_mailbox(w, name.data, name.len);
	ISRV_W(w, " UIDVALIDITY ");
	isrv_w_u32(w, uidvalidity ? uidvalidity : 1);
	ISRV_W(w, ") UID");
}

/* "An ESEARCH response MUST NOT be returned for mailboxes that contain no matching messages"
 * (RFC 7377 2.1); SAVE alone asks for none (RFC 9051 6.4.4). */
static enum isrv_step tell(struct imapsrv_session *s, struct esearch *a)
{
	uint64_t modseq = isrv_search_result_modseq(&a->r);

	a->at = AT_FOLLOW;
	if (!a->r.x.found.count ||
	    (a->ret.options & ~(uint32_t)ISRV_RETURN_CONTEXT) == ISRV_RETURN_SAVE)
		return ISRV_HOST;
	a->at = AT_TELL;
	if (isrv_session_full(s))
		return ISRV_OUTPUT;
	if (modseq && a->own)
		isrv_modseq_saw(s, modseq);
	isrv_session_begin_line(s);
	put_beginning(s, a);
	a->at = AT_PUT;
	return ISRV_HOST;
}

/* ---- the steps ----------------------------------------------------------------------------- */

/* HOST is "go on" where a->at has moved. */
static enum isrv_step advance(struct imapsrv_session *s, struct esearch *a)
{
	enum isrv_step wait;
	bool ok;

	switch ((enum at)a->at) {
	case AT_START:
		return start(s, a) ? ISRV_HOST : isrv_searching_fail(s, &a->ret);
	case AT_FILTERS:
		wait = isrv_filters_step(s, &a->filters, &a->program, &ok);
		if (wait != ISRV_DONE)
			return wait;
		return ok && look_at_program(s, a) ? ISRV_HOST : isrv_searching_fail(s, &a->ret);
	case AT_SOURCES:
		wait = isrv_esearch_sources_step(s, &a->sources, &ok);
		if (wait != ISRV_DONE || !ok)
			return wait;
		return add_selected(s, a) ? ISRV_HOST : ISRV_DONE;
	case AT_NEXT:
		return next(s, a);
	case AT_OPEN:
		return open_mailbox(s, a);
	case AT_SEARCH:
		wait = isrv_search_result_step(s, &a->r);
		return wait != ISRV_DONE || s->error ? wait : ended(s, a);
	case AT_TELL:
		return tell(s, a);
	case AT_PUT:
		if (isrv_search_result_put(s, &a->r) != ISRV_DONE)
			return ISRV_OUTPUT;
		a->at = AT_FOLLOW;
		return ISRV_HOST;
	case AT_FOLLOW:
		a->at = AT_CLOSE;
		a->asked_to_follow = a->asked_to_follow || a->own;
		if (a->own && a->ret.options & ISRV_RETURN_UPDATE &&
		    !isrv_searching_follow(s, &a->r, &a->filters, &a->followed))
			return isrv_searching_fail(s, &a->ret);
		return ISRV_HOST;
	case AT_CLOSE:
		break;
	}
	close_mailbox(s, a);
	a->next++;
	a->at = AT_NEXT;
	return ISRV_HOST;
}

static void drop(struct imapsrv_session *s, void *args)
{
	struct esearch *a = args;

	if (a->since) {
		close_mailbox(s, a);
		isrv_arena_clear(&a->arena);
		a->since = 0;
	}
	isrv_esearch_sources_drop(s, &a->sources);
}

static enum isrv_step step(struct imapsrv_session *s, void *args)
{
	struct esearch *a = args;
	enum isrv_step wait;
	uint8_t at;

	do {
		at = a->at;
		wait = advance(s, a);
	} while (wait == ISRV_HOST && a->at != at);
	/* Where the session has failed a question may be open, which is to be cancelled first. */
	if (wait == ISRV_DONE && !s->error)
		drop(s, a);
	return wait;
}

const struct isrv_command isrv_command_esearch = {
	.name = "ESEARCH",
	.states = ISRV_IN_AUTHED,
	.cap = ISRV_CAP_MULTISEARCH,
	.flags = ISRV_COMMAND_UID,
	.args_size = sizeof(struct esearch),
	.parse = parse,
	.step = step,
	.drop = drop,
};
