/* SPDX-License-Identifier: MIT */
/* Programs in the selected mailbox: see the header. */
#include "command/searching.h"

#include "command/memory.h"
#include "command/set.h"
#include "search/comparator.h"
#include "search/string.h"
#include "session/contexts.h"
#include "session/modseq.h"

uint32_t isrv_searching_features(const struct isrv_parse *p)
{
	static const struct {
		uint8_t cap; /* enum isrv_cap */
		uint32_t feature;
	} rows[] = {
		{ISRV_CAP_CONDSTORE, ISRV_SEARCH_MODSEQ},
		{ISRV_CAP_OBJECTID, ISRV_SEARCH_OBJECTID},
		{ISRV_CAP_SAVEDATE, ISRV_SEARCH_SAVEDATE},
		{ISRV_CAP_WITHIN, ISRV_SEARCH_WITHIN},
		{ISRV_CAP_MESSAGELIMIT, ISRV_SEARCH_UIDAFTER},
		{ISRV_CAP_FILTERS, ISRV_SEARCH_FILTER},
		{ISRV_CAP_ANNOTATE, ISRV_SEARCH_ANNOTATION},
		{ISRV_CAP_SEARCH_FUZZY, ISRV_SEARCH_FUZZY},
	};
	static const uint32_t comparators[ISRV_COMPARATORS] = {
		[ISRV_COMPARATOR_ASCII] = ISRV_SEARCH_ASCII_CASEMAP,
		[ISRV_COMPARATOR_OCTET] = ISRV_SEARCH_OCTET,
	};
	uint32_t features = comparators[p->comparator] | (p->utf8 ? ISRV_SEARCH_UTF8 : 0u);
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (isrv_caps_in(p->caps, (enum isrv_cap)rows[i].cap))
			features |= rows[i].feature;
	}
	return features;
}

bool isrv_searching_resolve(struct imapsrv_session *s, struct isrv_program *p,
                            struct isrv_arena *arena, const struct isrv_nummap *other)
{
	static const struct imapsrv_set none = {NULL, 0};
	struct isrv_term *term = p->terms;
	uint32_t i;

	s->steps += p->count;
	for (i = 0; i < p->count; i++, term++) {
		const struct isrv_rd_set *written = &term->u.set.written;

		if (term->kind != ISRV_TERM_SET)
			continue;
		term->u.set.uids = none;
		if (written->saved && other)
			continue;
		if (written->saved ? !isrv_set_resolve(s, written, true, &term->u.set.uids)
		                   : !isrv_set_resolve_in(s, arena, other ? other : &s->view->map,
		                                          written, term->u.set.uid,
		                                          &term->u.set.uids))
			return false;
		if (!other && !term->u.set.uid && !written->saved)
			s->by_number = true;
	}
	return true;
}

bool isrv_searching_may(struct imapsrv_session *s, const struct isrv_program *program)
{
	/* RFC 9051 6.4.4: NO, not BAD, and the code names what is known. */
	if (program->bad_charset)
		isrv_no(s, "BADCHARSET (" ISRV_SEARCH_CHARSETS ")",
		        "That character set is not known");
	return !program->bad_charset;
}

bool isrv_searching_is_fuzzy(struct imapsrv_session *s, const struct isrv_program *program)
{
	if (!isrv_searching_may(s, program))
		return false;
	if (!program->fuzzy)
		isrv_bad(s, "RELEVANCY is for searches with FUZZY");
	return program->fuzzy;
}

bool isrv_searching_begin(struct imapsrv_session *s, struct isrv_searcher *x,
                          struct isrv_program *program)
{
	struct isrv_search_source source;

	if (!isrv_searching_may(s, program))
		return false;
	/* RFC 7162 3.1.2.2: BAD where the mailbox has none. */
	if (program->facts & IMAPSRV_FACT_MODSEQ && !isrv_modseq_require(s))
		return false;
	if (!isrv_searching_resolve(s, program, &s->arena, NULL)) {
		isrv_command_nomem(s);
		return false;
	}
	isrv_search_selected(s, &source);
	isrv_searcher_begin(s, x, program, &source, NULL);
	return true;
}

bool isrv_searching_ended(struct imapsrv_session *s, enum isrv_search_end end)
{
	switch (end) {
	case ISRV_SEARCH_FOUND:
		return !s->error;
	case ISRV_SEARCH_REFUSED:
		isrv_refused(s, NULL);
		return false;
	case ISRV_SEARCH_LIMIT:
		isrv_no(s, "LIMIT", "The search takes more work than one may");
		return false;
	case ISRV_SEARCH_NOMEM:
		break;
	}
	isrv_command_nomem(s);
	return false;
}

enum isrv_step isrv_searching_ok(struct imapsrv_session *s, bool missing, const char *text)
{
	bool held = !s->uid || (s->by_number && s->view && isrv_modseq_vanishes(s));

	return missing && held ? isrv_ok_code(s, "EXPUNGEISSUED", text) : isrv_ok(s, text);
}

enum isrv_step isrv_searching_fail(struct imapsrv_session *s, const struct isrv_search_return *ret)
{
	if ((ret->options & ISRV_RETURN_SAVE) && s->reply.status == ISRV_REPLY_NO)
		isrv_uidset_empty(&s->view->saved);
	return ISRV_DONE;
}

bool isrv_searching_save(struct imapsrv_session *s, const struct isrv_search_result *r)
{
	struct isrv_found saved;
	struct imapsrv_set uids;

	if (isrv_search_result_pick(r, &saved) &&
	    isrv_found_uids(&saved, &s->arena, &s->view->map, &uids, &s->steps))
		return isrv_searching_keep(s, uids);
	isrv_command_nomem(s);
	return false;
}

bool isrv_searching_keep(struct imapsrv_session *s, struct imapsrv_set uids)
{
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

bool isrv_searching_wish(struct imapsrv_session *s, struct isrv_context_wish *wish,
                         const struct isrv_found *found, const struct isrv_search_return *ret,
                         bool *followed_r)
{
	if (!isrv_found_uids(found, &s->arena, &s->view->map, &wish->found, &s->steps)) {
		isrv_command_nomem(s);
		return false;
	}
	*followed_r = isrv_contexts_add(s, wish);
	/* As a FETCH would (RFC 7162 3.1). */
	if (*followed_r && ret->fetch_modseq)
		isrv_modseq_enable(s, 0);
	if (!*followed_r && !s->error)
		isrv_contexts_put_refusal(s, s->tag);
	return !s->error;
}

bool isrv_searching_follow(struct imapsrv_session *s, const struct isrv_search_result *r,
                           const struct isrv_filters *written, bool *followed_r)
{
	struct isrv_context_wish wish = {.program = written->text, .features = written->features,
	                                 .parsed = r->program, .fetch = r->ret->fetch};

	return isrv_searching_wish(s, &wish, &r->x.found, r->ret, followed_r);
}
