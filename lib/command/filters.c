/* SPDX-License-Identifier: MIT */
/*
 * What a filter holds takes the place of its name "verbatim" (RFC 5466 3.1): in "NOT FILTER a" with
 * "SEEN DRAFT" the NOT is that of SEEN.  But each has to be a whole program by itself.
 */
#include "command/filters.h"

#include "base/ascii.h"
#include "base/entry.h"
#include "command/memory.h"
#include "search/order.h"

/* "If both exist, then the value of the /private one is used" (RFC 5466 3.2). */
static const char *const places[] = {"/private/filters/values/", "/shared/filters/values/"};
#define PLACES (sizeof(places) / sizeof(places[0]))

bool isrv_filters_entry(struct imapsrv_span entry, struct imapsrv_span *name_r)
{
	for (size_t i = 0; i < PLACES; i++) {
		size_t len = strlen(places[i]);

		if (entry.len > len && !memcmp(entry.data, places[i], len)) {
			*name_r = (struct imapsrv_span){entry.data + len, entry.len - len};
			return true;
		}
	}
	return false;
}

#define TOO_LONG "The search is too long with its filters"

static bool read_program(struct isrv_filters *f, struct isrv_reader *r,
                         const struct imapsrv_limits *limits, struct isrv_program *program)
{
	return f->criteria ? isrv_program_parse_criteria(program, r, limits, f->features)
	                   : isrv_program_parse(program, r, limits, f->features);
}

bool isrv_filters_keep(struct isrv_parse *p, struct isrv_filters *f)
{
	f->text.data = isrv_arena_copy(p->r.arena, f->text.data, f->text.len);
	if (f->text.data)
		return true;
	return isrv_rd_fail_memory(&p->r);
}

bool isrv_filters_parse(struct isrv_parse *p, struct isrv_filters *f, bool criteria,
                        uint32_t features, struct isrv_program *program)
{
	f->text = (struct imapsrv_span){p->r.at, (size_t)(p->r.end - p->r.at)};
	f->criteria = criteria;
	f->features = features;
	f->no_saved = p->r.no_saved;
	return read_program(f, &p->r, p->limits, program) &&
	       (!program->filters || isrv_filters_keep(p, f));
}

static struct imapsrv_span name_of(const struct isrv_filters *f,
                                   const struct isrv_filter_name *name)
{
	return (struct imapsrv_span){f->text.data + name->name, name->end - name->name};
}

/* ---- asking for them ----------------------------------------------------------------------- */

/* Where an entry is. */
static uint32_t seek(const struct isrv_filters *f, struct imapsrv_span entry, bool *there_r)
{
	uint32_t low = 0, high = f->value_count;

	*there_r = false;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = isrv_entry_compare(f->values[middle].entry, entry);

		*there_r = *there_r || !order;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* False: no memory. */
static bool entry_of(struct imapsrv_session *s, const char *place, struct imapsrv_span name,
                     struct imapsrv_span *entry_r)
{
	size_t len = strlen(place);
	char *text = isrv_arena_alloc(&s->arena, len + name.len);

	if (!text)
		return false;
	memcpy(text, place, len);
	for (size_t i = 0; i < name.len; i++)
		text[len + i] = (char)isrv_ascii_lower((unsigned char)name.data[i]);
	*entry_r = (struct imapsrv_span){text, len + name.len};
	return true;
}

static int compare_entries(const void *ctx, uint32_t a, uint32_t b)
{
	const struct imapsrv_span *entries = ctx;

	return isrv_entry_compare(entries[a], entries[b]);
}

/* The places of all names, in the order of their entries, each once.  False: the reply is set. */
static bool take_names(struct imapsrv_session *s, struct isrv_filters *f,
                       const struct isrv_program *program)
{
	uint32_t most = s->engine->limits.metadata_entries, room = 0, count = 0, *order;
	struct imapsrv_span *entries;

	for (const struct isrv_filter_name *n = program->filters; n; n = n->next)
		room += PLACES;
	entries = isrv_arena_array(&s->arena, room, sizeof(*entries));
	order = isrv_arena_array(&s->arena, room, 2 * sizeof(*order));
	f->values = isrv_arena_array(&s->arena, room < most ? room : most, sizeof(*f->values));
	f->value_count = 0;
	for (const struct isrv_filter_name *n = program->filters; n; n = n->next) {
		for (size_t i = 0; i < PLACES; i++) {
			if (!entries || !order || !f->values ||
			    !entry_of(s, places[i], name_of(f, n), &entries[count])) {
				isrv_command_nomem(s);
				return false;
			}
			order[count] = count;
			count++;
		}
	}
	/* A client can name any number in any order: never one by one to its place. */
	isrv_order_sort(order, order + room, count, compare_entries, entries, &s->steps);
	for (uint32_t i = 0; i < count; i++) {
		if (i && !compare_entries(entries, order[i - 1], order[i]))
			continue;
		if (f->value_count == most) {
			isrv_no(s, "LIMIT", "These are more filters than one search may name");
			return false;
		}
		f->values[f->value_count++] =
			(struct isrv_filter_value){.entry = entries[order[i]]};
	}
	return true;
}

static void take_value(struct imapsrv_session *s, void *ctx, const void *answer)
{
	const struct imapsrv_entry *entry = answer;
	struct isrv_filters *f = ctx;
	struct isrv_filter_value *v;
	bool there;
	uint32_t at = seek(f, entry->name, &there);

	s->steps++;
	if (!there || !entry->has_value || f->nomem)
		return;
	v = &f->values[at];
	v->known = true;
	v->value = (struct imapsrv_span){NULL, 0};
	if (!entry->value.data || entry->value.len > s->engine->limits.metadata)
		return; /* no program is that long */
	v->value.data = isrv_arena_copy(&s->arena, entry->value.data, entry->value.len);
	v->value.len = entry->value.len;
	f->nomem = !v->value.data;
}

/* False: the reply is set. */
static bool ask(struct imapsrv_session *s, struct isrv_filters *f,
                const struct isrv_program *program)
{
	struct imapsrv_metadata_get q = {.account = s->account.handle};
	struct imapsrv_span *entries;

	if (!take_names(s, f, program))
		return false;
	entries = isrv_arena_array(&s->arena, f->value_count, sizeof(*entries));
	if (!entries) {
		isrv_command_nomem(s);
		return false;
	}
	for (uint32_t i = 0; i < f->value_count; i++)
		entries[i] = f->values[i].entry;
	q.entries = entries;
	q.entry_count = f->value_count;
	q.depth = IMAPSRV_DEPTH_NAMED;
	q.max_size = s->engine->limits.metadata;
	f->asked = true;
	ISRV_ASK(s, ISRV_OP_METADATA, metadata, get, &q, take_value, f);
	return true;
}

/* ---- putting them in ----------------------------------------------------------------------- */

/* "the tagged NO response that includes the UNDEFINED-FILTER response code followed by the name" */
static void undefined(struct imapsrv_session *s, struct imapsrv_span name)
{
	static const char word[] = "UNDEFINED-FILTER ";
	const size_t len = sizeof(word) - 1;
	char *code = isrv_arena_zalloc(&s->arena, len + name.len + 1);

	if (!code) {
		isrv_command_nomem(s);
		return;
	}
	memcpy(code, word, len);
	memcpy(code + len, name.data, name.len);
	isrv_no(s, code, "There is no such filter");
}

static void read_init(struct imapsrv_session *s, const struct isrv_filters *f,
                      struct isrv_reader *r, struct imapsrv_span text)
{
	isrv_reader_init(r, &s->arena, text.data, text.len);
	r->steps = &s->steps;
	r->keyword_max = s->engine->limits.keyword_len;
	r->utf8 = s->w.utf8;
	r->uidonly = isrv_session_uidonly(s);
	r->no_saved = f->no_saved;
}

/* Always false: the reply is set.  r NULL: reading did not fail. */
static bool failed(struct imapsrv_session *s, const struct isrv_reader *r, const char *code,
                   const char *text)
{
	if (r && r->nomem)
		isrv_command_nomem(s);
	else
		isrv_no(s, code, text);
	return false;
}

bool isrv_filters_hold(struct isrv_reader *r, const struct imapsrv_limits *limits,
                       uint32_t features)
{
	struct isrv_program program;

	/* search-criteria has no CHARSET: values are in UTF-8. */
	return isrv_rd_peek(r) >= 0 && !isrv_rd_try_word(r, "CHARSET") &&
	       isrv_program_parse(&program, r, limits, features);
}

/* The server "SHOULD verify that each search criterion referenced is a full and correct" one.
 * False: the reply is set. */
static bool check(struct imapsrv_session *s, struct isrv_filters *f, struct isrv_filter_value *v)
{
	struct isrv_reader r;

	if (v->checked)
		return true;
	v->checked = true;
	read_init(s, f, &r, v->value);
	return isrv_filters_hold(&r, &s->engine->limits, f->features) ||
	       failed(s, &r, NULL, "A filter does not hold valid search keys");
}

/* What a name stands for; NULL: the reply is set. */
static const struct isrv_filter_value *look_up(struct imapsrv_session *s, struct isrv_filters *f,
                                               struct imapsrv_span name)
{
	for (size_t i = 0; i < PLACES; i++) {
		struct imapsrv_span entry;
		bool there;
		uint32_t at;

		if (!entry_of(s, places[i], name, &entry)) {
			isrv_command_nomem(s);
			return NULL;
		}
		at = seek(f, entry, &there);
		if (there && f->values[at].known)
			return check(s, f, &f->values[at]) ? &f->values[at] : NULL;
	}
	undefined(s, name);
	return NULL;
}

/* The text with what the names stand for; filters that name others many times could make it
 * any length.  False: the reply is set. */
static bool replace(struct imapsrv_session *s, struct isrv_filters *f,
                    const struct isrv_program *program)
{
	size_t most = s->engine->limits.command, len = 0, from = 0;
	char *text = NULL;

	for (int pass = 0; pass < 2; pass++) {
		if (pass && !(text = isrv_arena_alloc(&s->arena, len))) {
			isrv_command_nomem(s);
			return false;
		}
		len = from = 0;
		for (const struct isrv_filter_name *n = program->filters; n; n = n->next) {
			const struct isrv_filter_value *v = look_up(s, f, name_of(f, n));

			if (!v)
				return false;
			if (v->value.len > most || len + (n->at - from) > most - v->value.len)
				return failed(s, NULL, "LIMIT", TOO_LONG);
			if (text) {
				memcpy(text + len, f->text.data + from, n->at - from);
				memcpy(text + len + (n->at - from), v->value.data, v->value.len);
			}
			len += n->at - from + v->value.len;
			from = n->end;
		}
		if (text)
			memcpy(text + len, f->text.data + from, f->text.len - from);
		len += f->text.len - from;
	}
	s->steps += len;
	f->text = (struct imapsrv_span){text, len};
	return true;
}

static bool read_again(struct imapsrv_session *s, struct isrv_filters *f,
                       struct isrv_program *program)
{
	struct isrv_reader r;

	read_init(s, f, &r, f->text);
	if (read_program(f, &r, &s->engine->limits, program))
		return true;
	/* All parts of it are whole: it is only too much, of keys or parentheses. */
	return failed(s, &r, "LIMIT", TOO_LONG);
}

/* ---- the steps ----------------------------------------------------------------------------- */

/* The entries have come.  False: the reply is set, or the session has failed. */
static bool answered(struct imapsrv_session *s, struct isrv_filters *f,
                     struct isrv_program *program)
{
	enum imapsrv_code code = s->result.code;

	f->asked = false;
	if (s->error)
		return false;
	if (f->nomem) {
		isrv_command_nomem(s);
		return false;
	}
	/* "nonexistent or unaccessible (e.g., due to access control restrictions)" */
	if (code == IMAPSRV_NONEXISTENT || code == IMAPSRV_NOPERM) {
		undefined(s, name_of(f, program->filters));
		return false;
	}
	if (code != IMAPSRV_OK) {
		isrv_refused(s, NULL);
		return false;
	}
	return replace(s, f, program) && read_again(s, f, program);
}

enum isrv_step isrv_filters_step(struct imapsrv_session *s, struct isrv_filters *f,
                                 struct isrv_program *program, bool *ok_r)
{
	*ok_r = false;
	while (program->filters) {
		if (!f->asked && f->passes == ISRV_FILTER_PASSES) {
			undefined(s, name_of(f, program->filters));
			return ISRV_DONE;
		}
		if (!f->asked && !ask(s, f, program))
			return ISRV_DONE;
		if (!isrv_answered(s))
			return ISRV_HOST;
		f->passes++;
		if (!answered(s, f, program))
			return ISRV_DONE;
	}
	*ok_r = true;
	return ISRV_DONE;
}
