/* SPDX-License-Identifier: MIT */
/* The grammar of RFC 5257 5.  A name that cannot be one is BAD "in any IMAP commands where they are
 * used" (3.2), and the case of names counts. */
#include "base/annotation.h"
#include "command/annotate.h"
#include "command/metadata.h"

/* Patterns in one FETCH: each is held against the name of each entry that there is. */
#define PATTERNS 16

/* One more element; NULL: the failure is set. */
static void *grow(struct isrv_parse *p, void *array, size_t count, size_t unit)
{
	void *grown;

	if (count >= p->limits->annotation_entries) {
		isrv_rd_fail(&p->r, "fewer entries");
		return NULL;
	}
	if (count & (count - 1)) /* room for 1, 2, 4, ... */
		return array;
	grown = isrv_arena_grow(p->r.arena, array, count * unit, (count ? 2 * count : 1) * unit);
	if (!grown)
		isrv_rd_fail_memory(&p->r);
	return grown;
}

/* ---- entries and attributes ---------------------------------------------------------------- */

static bool add_match(struct isrv_parse *p, struct isrv_annotate_ask *ask, size_t *patterns)
{
	struct imapsrv_span *grown = grow(p, ask->entries, ask->count, sizeof(*grown));
	bool wild;

	if (!grown)
		return false;
	ask->entries = grown;
	if (!isrv_annotate_match_parse(&p->r, &grown[ask->count], &wild))
		return false;
	if (wild && ++*patterns > PATTERNS)
		return isrv_rd_fail(&p->r, "fewer patterns");
	ask->count++;
	return true;
}

/* Sorts what was asked for, takes what is there twice once, and sets those without wildcards
 * apart. */
static bool settle(struct isrv_parse *p, struct isrv_annotate_ask *ask)
{
	size_t kept = 0;
	bool wild;

	ask->names = isrv_arena_array(p->r.arena, ask->count, sizeof(*ask->names));
	if (!ask->names)
		return isrv_rd_fail_memory(&p->r);
	if (!isrv_entries_sort(p, ask->entries, ask->count, sizeof(*ask->entries)))
		return false;
	for (size_t i = 0; i < ask->count; i++) {
		struct imapsrv_span entry = ask->entries[i];

		if (kept && !isrv_entry_compare(ask->entries[kept - 1], entry))
			continue;
		ask->entries[kept++] = entry;
		if (isrv_annotation_is_pattern(entry, &wild) && !wild)
			ask->names[ask->name_count++] = entry;
	}
	ask->count = kept;
	return true;
}

/* entries = entry-match / "(" entry-match *(SP entry-match) ")" */
static bool parse_entries(struct isrv_parse *p, struct isrv_annotate_ask *ask)
{
	bool list = isrv_rd_try(&p->r, '(');
	size_t patterns = 0;

	do {
		if (!add_match(p, ask, &patterns))
			return false;
	} while (list && isrv_rd_try_sp(&p->r));
	return (!list || isrv_rd_char(&p->r, ')')) && settle(p, ask);
}

/* attribs = attrib / "(" attrib *(SP attrib) ")" */
static bool parse_attribs(struct isrv_reader *r, uint32_t *attribs)
{
	bool list = isrv_rd_try(r, '(');
	uint32_t one;

	do {
		if (!isrv_annotate_attrib_parse(r, &one))
			return false;
		*attribs |= one;
	} while (list && isrv_rd_try_sp(r));
	return !list || isrv_rd_char(r, ')');
}

bool isrv_annotate_ask_parse(struct isrv_parse *p, struct isrv_annotate_ask *ask)
{
	memset(ask, 0, sizeof(*ask));
	return isrv_rd_char(&p->r, '(') && parse_entries(p, ask) && isrv_rd_sp(&p->r) &&
	       parse_attribs(&p->r, &ask->attribs) && isrv_rd_char(&p->r, ')');
}

/* ---- values -------------------------------------------------------------------------------- */

/* att-value = attrib SP value, with a suffix ("MUST", RFC 5257 3.2.2); a size is not the client's
 * to say.  value = nstring / literal8 */
static bool parse_value(struct isrv_parse *p, struct imapsrv_annotation *a)
{
	struct isrv_reader *r = &p->r;
	const char *start = r->at;
	struct imapsrv_span value = {NULL, 0};
	uint32_t attrib = 0, given;
	bool literal8;

	if (!isrv_annotate_attrib_parse(r, &attrib))
		return false;
	given = attrib == ISRV_ANNOTATE_VALUE_PRIV     ? (uint32_t)IMAPSRV_ANNOTATION_PRIV
	        : attrib == ISRV_ANNOTATE_VALUE_SHARED ? (uint32_t)IMAPSRV_ANNOTATION_SHARED
	                                               : 0u;
	if (!given || a->given & given) {
		r->at = start;
		return isrv_rd_fail(r,
		                    given ? "each attribute once" : "value.priv or value.shared");
	}
	if (!isrv_rd_sp(r))
		return false;
	start = r->at;
	if (!isrv_rd_try_word(r, "NIL") && !isrv_rd_string8(r, &value, &literal8))
		return isrv_rd_fail(r, "a string or NIL");
	if (!isrv_annotation_may_be(a->entry, value)) {
		r->at = start;
		return isrv_rd_fail(r, "\"1\", \"0\" or NIL for a flag");
	}
	a->given |= given;
	*(given == IMAPSRV_ANNOTATION_PRIV ? &a->priv : &a->shared) = value;
	return true;
}

/* entry-att = entry SP "(" att-value *(SP att-value) ")" */
static bool parse_annotation(struct isrv_parse *p, struct imapsrv_annotation *a)
{
	struct isrv_reader *r = &p->r;
	const char *start = r->at;

	memset(a, 0, sizeof(*a));
	if (!isrv_rd_astring(r, &a->entry))
		return false;
	isrv_rd_charge(r, a->entry.len);
	if (!isrv_annotation_is_name(a->entry) || !isrv_annotation_may_be_set(a->entry)) {
		r->at = start;
		return isrv_rd_fail(r, "the name of an entry that can be stored");
	}
	if (!isrv_rd_sp(r) || !isrv_rd_char(r, '('))
		return false;
	do {
		if (!parse_value(p, a))
			return false;
	} while (isrv_rd_try_sp(r));
	return isrv_rd_char(r, ')');
}

static void weigh(struct isrv_annotate_values *v, const struct imapsrv_annotation *a)
{
	size_t longest = a->priv.len > a->shared.len ? a->priv.len : a->shared.len;

	if (longest > v->longest)
		v->longest = longest;
	v->priv = v->priv || a->given & IMAPSRV_ANNOTATION_PRIV;
	v->shared = v->shared || a->given & IMAPSRV_ANNOTATION_SHARED;
}

bool isrv_annotate_values_parse(struct isrv_parse *p, struct isrv_annotate_values *v)
{
	const char *start = p->r.at;

	memset(v, 0, sizeof(*v));
	if (!isrv_rd_char(&p->r, '('))
		return false;
	do {
		struct imapsrv_annotation *grown = grow(p, v->list, v->count, sizeof(*grown));

		if (!grown)
			return false;
		v->list = grown;
		if (!parse_annotation(p, &grown[v->count]))
			return false;
		weigh(v, &grown[v->count++]);
	} while (isrv_rd_try_sp(&p->r));
	if (!isrv_rd_char(&p->r, ')') ||
	    !isrv_entries_sort(p, v->list, v->count, sizeof(*v->list)))
		return false;
	for (size_t i = 1; i < v->count; i++)
		if (!isrv_entry_compare(v->list[i - 1].entry, v->list[i].entry)) {
			p->r.at = start;
			return isrv_rd_fail(&p->r, "each entry once");
		}
	return true;
}
