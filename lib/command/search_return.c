/* SPDX-License-Identifier: MIT */
/* Which options there are stands in one table. */
#include "command/search_return.h"

#include "base/ascii.h"
#include "command/fetch.h"

static const struct {
	const char *name;
	uint32_t option;
	uint8_t cap; /* what offers it, */
	bool rev2;   /* beside IMAP4rev2 being enabled */
} options[] = {
	{"MIN", ISRV_RETURN_MIN, ISRV_CAP_ESEARCH, true},
	{"MAX", ISRV_RETURN_MAX, ISRV_CAP_ESEARCH, true},
	{"ALL", ISRV_RETURN_ALL, ISRV_CAP_ESEARCH, true},
	{"COUNT", ISRV_RETURN_COUNT, ISRV_CAP_ESEARCH, true},
	{"SAVE", ISRV_RETURN_SAVE, ISRV_CAP_SEARCHRES, true},
	{"PARTIAL", ISRV_RETURN_PARTIAL, ISRV_CAP_PARTIAL, false},
	{"PARTIAL", ISRV_RETURN_PARTIAL, ISRV_CAP_CONTEXT_SEARCH, false},
	{"CONTEXT", ISRV_RETURN_CONTEXT, ISRV_CAP_CONTEXT_SEARCH, false},
	{"RELEVANCY", ISRV_RETURN_RELEVANCY, ISRV_CAP_SEARCH_FUZZY, false},
	{"UPDATE", ISRV_RETURN_UPDATE, ISRV_CAP_CONTEXT_SEARCH, false},
};

#define ALL_OR_PARTIAL (ISRV_RETURN_ALL | ISRV_RETURN_PARTIAL)

/* What ESEARCH is to SEARCH, ESORT is to SORT, of which IMAP4rev2 knows nothing, and one CONTEXT is
 * the other. */
static bool is_offered(const struct isrv_parse *p, size_t i, bool sort)
{
	if (sort && options[i].cap == ISRV_CAP_ESEARCH)
		return isrv_caps_in(p->caps, ISRV_CAP_ESORT);
	if (sort && options[i].cap == ISRV_CAP_CONTEXT_SEARCH)
		return isrv_caps_in(p->caps, ISRV_CAP_CONTEXT_SORT);
	return (options[i].rev2 && p->rev2) || isrv_caps_in(p->caps, (enum isrv_cap)options[i].cap);
}

static uint32_t find_option(const struct isrv_parse *p, struct imapsrv_span word, bool sort)
{
	size_t i;

	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (isrv_ascii_is(word.data, word.len, options[i].name) && is_offered(p, i, sort))
			return options[i].option;
	}
	return 0;
}

/*
 * modifier-update = "UPDATE" ["(" fetch-att *(SP fetch-att) ")"] (RFC 5465 8), with a SP between
 * the two as in the example of section 7: checked now, kept as written.
 */
static bool parse_fetch(struct isrv_parse *p, struct isrv_search_return *r)
{
	const char *before = p->r.at;
	struct isrv_fetch_items items = {0};
	size_t len;

	if (!isrv_caps_in(p->caps, ISRV_CAP_NOTIFY) || p->r.end - before < 2 || before[0] != ' ' ||
	    before[1] != '(')
		return true;
	before++;
	p->r.at = before;
	if (!isrv_fetch_items_parse(p, &items))
		return false;
	len = (size_t)(p->r.at - before);
	r->fetch = (struct imapsrv_span){isrv_arena_copy(p->r.arena, before, len), len};
	r->fetch_modseq = (items.facts & IMAPSRV_FACT_MODSEQ) != 0;
	return r->fetch.data || isrv_rd_fail_memory(&p->r);
}

static bool parse_option(struct isrv_parse *p, struct isrv_search_return *r, bool sort)
{
	const char *at = p->r.at;
	struct imapsrv_span word;
	uint32_t option;

	if (!isrv_rd_word(&p->r, &word))
		return isrv_rd_fail(&p->r, "a result option");
	option = find_option(p, word, sort);
	if (!option) {
		/* "Any options not defined by extensions that the server supports MUST be rejected
		 * with a BAD response" (RFC 9051 6.4.4). */
		p->r.at = at;
		return isrv_rd_fail(&p->r, "a result option");
	}
	/* "A single command MUST NOT contain more than one PARTIAL or ALL" (RFC 9394 3.1); ALL
	 * twice is still one. */
	if ((option & ALL_OR_PARTIAL && r->options & ALL_OR_PARTIAL) &&
	    (option | (r->options & ALL_OR_PARTIAL)) != ISRV_RETURN_ALL) {
		p->r.at = at;
		return isrv_rd_fail(&p->r, "one of ALL and PARTIAL");
	}
	r->options |= option;
	if (option == ISRV_RETURN_UPDATE)
		return parse_fetch(p, r);
	return option != ISRV_RETURN_PARTIAL ||
	       (isrv_rd_sp(&p->r) && isrv_partial_parse(&p->r, &r->partial));
}

bool isrv_search_return_parse(struct isrv_parse *p, struct isrv_search_return *r, bool sort)
{
	memset(r, 0, sizeof(*r));
	if (!isrv_rd_try_word(&p->r, "RETURN"))
		return true;
	if (!isrv_rd_sp(&p->r) || !isrv_rd_char(&p->r, '('))
		return false;
	while (!isrv_rd_try(&p->r, ')')) {
		if ((r->options && !isrv_rd_sp(&p->r)) || !parse_option(p, r, sort))
			return false;
	}
	if (!r->options)
		r->options = ISRV_RETURN_ALL; /* "equivalent to (ALL)" (RFC 4731 3.1) */
	return isrv_rd_sp(&p->r);
}

void isrv_search_return_begin(struct imapsrv_session *s)
{
	ISRV_W(&s->w, "* ESEARCH (TAG ");
	isrv_w_string(&s->w, s->tag.data, s->tag.len);
	ISRV_W(&s->w, ")");
	if (s->uid)
		ISRV_W(&s->w, " UID");
}

void isrv_search_return_put(struct imapsrv_session *s, const struct isrv_search_return *r,
                            uint32_t min, uint32_t max, uint32_t count, bool part)
{
	struct isrv_writer *w = &s->w;

	/* Without a match there is no MIN, MAX or ALL, but always a COUNT (RFC 4731 3.1). */
	if (r->options & ISRV_RETURN_MIN && count) {
		ISRV_W(w, " MIN ");
		isrv_w_u32(w, min);
	}
	if (r->options & ISRV_RETURN_MAX && count) {
		ISRV_W(w, " MAX ");
		isrv_w_u32(w, max);
	}
	if (r->options & ISRV_RETURN_COUNT) {
		ISRV_W(w, " COUNT ");
		isrv_w_u32(w, count);
	}
	if (r->options & ISRV_RETURN_ALL && count)
		ISRV_W(w, " ALL ");
	if (r->options & ISRV_RETURN_PARTIAL) {
		ISRV_W(w, " PARTIAL (");
		isrv_partial_put(w, &r->partial);
		ISRV_W(w, " ");
		if (!part)
			ISRV_W(w, "NIL");
	}
}
