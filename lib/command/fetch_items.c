/* SPDX-License-Identifier: MIT */
/*
 * command/fetch_items - the grammar of FETCH's items (RFC 9051 6.4.5, RFC 3501 6.4.5, RFC 3516,
 * RFC 8970, RFC 7162, RFC 5257).  An item that is asked for twice is answered once.
 */
#include "base/ascii.h"
#include "command/fetch.h"
#include "search/order.h"

static bool is_word(struct imapsrv_span word, const char *name, size_t len)
{
	return word.len == len && isrv_ascii_is(word.data, len, name);
}

#define NAME(constant)     constant, sizeof(constant) - 1
#define is(word, constant) is_word((word), NAME(constant))

/* One more element of an array in the arena; NULL: the failure is set. */
static void *grow(struct isrv_parse *p, void *array, uint32_t count, size_t size)
{
	void *grown;

	if (count >= p->limits->fetch_items) {
		isrv_rd_fail(&p->r, "fewer items");
		return NULL;
	}
	/* By doubling: what the arena cannot grow in place is copied. */
	if (count & (count - 1) || (count && count < 4))
		return array;
	grown = isrv_arena_grow(p->r.arena, array, count * size, (count ? count * 2 : 4) * size);
	if (!grown)
		isrv_rd_fail_memory(&p->r);
	return grown;
}

/* ---- sections ------------------------------------------------------------------------------ */

/* section-part = nz-number *("." nz-number); then "." if more follows */
static bool parse_numbers(struct isrv_parse *p, struct isrv_fetch_section *section, bool *dot_r)
{
	struct isrv_reader *r = &p->r;

	*dot_r = false;
	while (isrv_rd_peek(r) >= '0' && isrv_rd_peek(r) <= '9') {
		uint32_t *numbers =
			grow(p, section->numbers, section->number_count, sizeof(*numbers));

		if (!numbers)
			return false;
		section->numbers = numbers;
		if (!isrv_rd_nz_number(r, &numbers[section->number_count]))
			return false;
		section->number_count++;
		*dot_r = isrv_rd_try(r, '.');
		if (!*dot_r)
			break;
	}
	/* One for each of what it may be in, and its own. */
	if (section->number_count && section->number_count - 1 > p->limits->depth)
		return isrv_rd_fail(r, "fewer part numbers");
	return true;
}

static int compare_fields(const void *ctx, uint32_t a, uint32_t b)
{
	const struct imapsrv_span *fields = ctx;

	return isrv_ascii_compare(fields[a].data, fields[a].len, fields[b].data, fields[b].len);
}

/* The numbers from 0 to count - 1, in order; NULL: the failure is set. */
static uint32_t *in_order(struct isrv_parse *p, uint32_t count,
                          int (*compare)(const void *ctx, uint32_t a, uint32_t b), const void *ctx)
{
	uint32_t *order = isrv_arena_array(p->r.arena, count, 2 * sizeof(*order));
	uint64_t steps = 0;

	if (!order) {
		isrv_rd_fail_memory(&p->r);
		return NULL;
	}
	for (uint32_t i = 0; i < count; i++)
		order[i] = i;
	isrv_order_sort(order, order + count, count, compare, ctx, &steps);
	isrv_rd_charge(&p->r, (size_t)steps);
	return order;
}

static bool sort_fields(struct isrv_parse *p, struct isrv_fetch_section *section)
{
	uint32_t n = section->field_count;
	uint32_t *order = in_order(p, n, compare_fields, section->fields);
	struct imapsrv_span *sorted;

	if (!order)
		return false;
	sorted = isrv_arena_array(p->r.arena, n, sizeof(*sorted));
	if (!sorted)
		return isrv_rd_fail_memory(&p->r);
	for (uint32_t i = 0; i < n; i++)
		sorted[i] = section->fields[order[i]];
	section->sorted = sorted;
	return true;
}

/* header-list = "(" header-fld-name *(SP header-fld-name) ")" */
static bool parse_fields(struct isrv_parse *p, struct isrv_fetch_section *section)
{
	struct isrv_reader *r = &p->r;

	if (!isrv_rd_sp(r) || !isrv_rd_char(r, '('))
		return false;
	do {
		struct imapsrv_span *fields =
			grow(p, section->fields, section->field_count, sizeof(*fields));

		if (!fields)
			return false;
		section->fields = fields;
		if (!isrv_rd_astring(r, &fields[section->field_count]))
			return isrv_rd_fail(r, "a header field name");
		section->field_count++;
	} while (isrv_rd_try_sp(r));
	return sort_fields(p, section) && isrv_rd_char(r, ')');
}

/* section-text = "HEADER" / "HEADER.FIELDS" [".NOT"] SP header-list / "TEXT" / "MIME" */
static bool parse_text(struct isrv_parse *p, struct isrv_fetch_section *section)
{
	struct isrv_reader *r = &p->r;
	struct imapsrv_span word;

	if (!isrv_rd_word(r, &word))
		return isrv_rd_fail(r, "a section");
	if (is(word, "HEADER")) {
		section->text = ISRV_SECTION_HEADER;
		return true;
	}
	if (is(word, "TEXT")) {
		section->text = ISRV_SECTION_TEXT;
		return true;
	}
	/* RFC 9051 9: MIME has no meaning without a part number. */
	if (is(word, "MIME") && section->number_count) {
		section->text = ISRV_SECTION_MIME;
		return true;
	}
	section->text = ISRV_SECTION_FIELDS_NOT;
	if (is(word, "HEADER.FIELDS"))
		section->text = ISRV_SECTION_FIELDS;
	else if (!is(word, "HEADER.FIELDS.NOT")) {
		r->at = word.data;
		return isrv_rd_fail(r, "a section");
	}
	return parse_fields(p, section);
}

/* [section-spec], which ends before `end`; of BINARY only numbers */
static bool parse_spec(struct isrv_parse *p, struct isrv_fetch_section *section, int end)
{
	struct isrv_reader *r = &p->r;
	bool dot;

	if (!parse_numbers(p, section, &dot))
		return false;
	if (section->kind == ISRV_FETCH_BODY && (dot || !section->number_count) &&
	    isrv_rd_peek(r) != end && !parse_text(p, section))
		return false;
	if (dot && section->text == ISRV_SECTION_WHOLE)
		return isrv_rd_fail(r, "a part number or a section");
	return true;
}

bool isrv_fetch_section_parse(struct isrv_parse *p, struct isrv_fetch_section *section)
{
	return parse_spec(p, section, -1) && p->r.at == p->r.end;
}

/* section = "[" [section-spec] "]" */
static bool parse_section(struct isrv_parse *p, struct isrv_fetch_section *section)
{
	return isrv_rd_char(&p->r, '[') && parse_spec(p, section, ']') && isrv_rd_char(&p->r, ']');
}

/* partial = "<" number64 "." nz-number64 ">" */
static bool parse_partial(struct isrv_reader *r, struct isrv_fetch_section *section)
{
	if (!isrv_rd_try(r, '<'))
		return true;
	section->partial = true;
	return isrv_rd_number64(r, &section->origin) && isrv_rd_char(r, '.') &&
	       isrv_rd_nz_number64(r, &section->count) && isrv_rd_char(r, '>');
}

static int compare_numbers(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

/* What is asked for twice comes out as 0, whichever way it is written. */
static int compare_sections(const void *ctx, uint32_t i, uint32_t k)
{
	const struct isrv_fetch_section *sections = ctx, *a = &sections[i], *b = &sections[k];
	const uint64_t facts[][2] = {
		{a->kind, b->kind},   {a->text, b->text},   {a->partial, b->partial},
		{a->origin, b->origin}, {a->count, b->count}, {a->number_count, b->number_count},
		{a->field_count, b->field_count},
	};
	int order = 0;

	for (size_t n = 0; n < sizeof(facts) / sizeof(facts[0]) && !order; n++)
		order = compare_numbers(facts[n][0], facts[n][1]);
	if (order)
		return order;
	for (uint32_t n = 0; n < a->number_count && !order; n++)
		order = compare_numbers(a->numbers[n], b->numbers[n]);
	for (uint32_t n = 0; n < a->field_count && !order; n++)
		order = isrv_ascii_compare(a->fields[n].data, a->fields[n].len, b->fields[n].data,
		                           b->fields[n].len);
	return order;
}

/* Each section stays where it was asked for first.  They are compared in order, not each with each:
 * a client may ask for a thousand, with a thousand names in each. */
static bool keep_once(struct isrv_parse *p, struct isrv_fetch_items *items)
{
	struct isrv_fetch_section *sections = items->sections;
	uint32_t n = items->section_count, kept = 0;
	uint32_t *order, *again;

	if (n < 2)
		return true;
	order = in_order(p, n, compare_sections, sections);
	if (!order)
		return false;
	again = order + n;
	for (uint32_t i = 0; i < n; i++)
		again[order[i]] = i && !compare_sections(sections, order[i - 1], order[i]);
	for (uint32_t i = 0; i < n; i++)
		if (!again[i])
			sections[kept++] = sections[i];
	items->section_count = kept;
	return true;
}

static bool parse_octets(struct isrv_parse *p, struct isrv_fetch_items *items,
                         enum isrv_fetch_kind kind, bool peek)
{
	struct isrv_fetch_section *section = grow(p, items->sections, items->section_count,
	                                          sizeof(*section));
	bool bracketed = kind == ISRV_FETCH_BODY || kind >= ISRV_FETCH_BINARY;

	if (!section)
		return false;
	items->sections = section;
	section += items->section_count;
	*section = (struct isrv_fetch_section){.kind = kind};
	if (kind == ISRV_FETCH_RFC822_HEADER)
		section->text = ISRV_SECTION_HEADER;
	else if (kind == ISRV_FETCH_RFC822_TEXT)
		section->text = ISRV_SECTION_TEXT;
	if (bracketed && !parse_section(p, section))
		return false;
	if (bracketed && kind != ISRV_FETCH_BINARY_SIZE && !parse_partial(&p->r, section))
		return false;
	items->seen = items->seen || !peek;
	items->section_count++;
	return true;
}

/* ---- items --------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	size_t len;
	uint32_t facts;
	uint32_t shows;
	uint8_t cap;
} plain[] = {
	{NAME("FLAGS"), IMAPSRV_FACT_FLAGS, 0, 0},
	{NAME("INTERNALDATE"), IMAPSRV_FACT_DATE, 0, 0},
	{NAME("RFC822.SIZE"), IMAPSRV_FACT_SIZE, 0, 0},
	{NAME("ENVELOPE"), 0, ISRV_FETCH_ENVELOPE, 0},
	{NAME("BODYSTRUCTURE"), 0, ISRV_FETCH_EXTENDED_STRUCTURE, 0},
	{NAME("BODY"), 0, ISRV_FETCH_STRUCTURE, 0},
	{NAME("MODSEQ"), IMAPSRV_FACT_MODSEQ, 0, ISRV_CAP_CONDSTORE},
	{NAME("EMAILID"), IMAPSRV_FACT_EMAILID, 0, ISRV_CAP_OBJECTID},
	{NAME("THREADID"), IMAPSRV_FACT_THREADID, 0, ISRV_CAP_OBJECTID},
	{NAME("SAVEDATE"), IMAPSRV_FACT_SAVEDATE, 0, ISRV_CAP_SAVEDATE},
};

static const struct {
	const char *name;
	size_t len;
	enum isrv_fetch_kind kind;
	bool bracket;
	bool peek;
	uint8_t cap;
} octets[] = {
	{NAME("BODY"), ISRV_FETCH_BODY, true, false, 0},
	{NAME("BODY.PEEK"), ISRV_FETCH_BODY, true, true, 0},
	{NAME("RFC822"), ISRV_FETCH_RFC822, false, false, 0},
	{NAME("RFC822.HEADER"), ISRV_FETCH_RFC822_HEADER, false, true, 0},
	{NAME("RFC822.TEXT"), ISRV_FETCH_RFC822_TEXT, false, false, 0},
	{NAME("BINARY"), ISRV_FETCH_BINARY, true, false, ISRV_CAP_BINARY},
	{NAME("BINARY.PEEK"), ISRV_FETCH_BINARY, true, true, ISRV_CAP_BINARY},
	{NAME("BINARY.SIZE"), ISRV_FETCH_BINARY_SIZE, true, true, ISRV_CAP_BINARY},
};

/* fetch-att =/ "PREVIEW" [SP "(" preview-mod *(SP preview-mod) ")"], preview-mod = "LAZY" (RFC
 * 8970 6) */
static bool parse_preview(struct isrv_parse *p, struct isrv_fetch_items *items)
{
	struct isrv_reader *r = &p->r;
	const char *start = r->at;
	bool before = items->shows & ISRV_FETCH_PREVIEW;

	items->shows |= ISRV_FETCH_PREVIEW;
	/* What else is in parentheses belongs to FETCH: "FETCH 1 PREVIEW (CHANGEDSINCE 5)". */
	if (!isrv_rd_try_sp(r) || !isrv_rd_try(r, '(') ||
	    !isrv_rd_try_word(r, "LAZY")) {
		r->at = start;
		items->shows &= ~(uint32_t)ISRV_FETCH_PREVIEW_LAZY;
		return true;
	}
	/* Asked for both ways it must not be NIL (RFC 8970 3.2). */
	if (!before)
		items->shows |= ISRV_FETCH_PREVIEW_LAZY;
	while (isrv_rd_try_sp(r))
		if (!isrv_rd_try_word(r, "LAZY"))
			return isrv_rd_fail(r, "LAZY");
	return isrv_rd_char(r, ')');
}

/* fetch-att =/ "ANNOTATION" SP "(" entries SP attribs ")" (RFC 5257 5), once: what two of them ask
 * for could not be told apart. */
static bool parse_annotation(struct isrv_parse *p, struct isrv_fetch_items *items)
{
	if (items->annotation)
		return isrv_rd_fail(&p->r, "ANNOTATION once");
	items->annotation = isrv_arena_alloc(p->r.arena, sizeof(*items->annotation));
	if (!items->annotation)
		return isrv_rd_fail_memory(&p->r);
	return isrv_rd_sp(&p->r) && isrv_annotate_ask_parse(p, items->annotation);
}

static bool knows(const struct isrv_parse *p, uint8_t cap)
{
	return !cap || isrv_caps_in(p->caps, (enum isrv_cap)cap);
}

static bool parse_item(struct isrv_parse *p, struct isrv_fetch_items *items,
                       struct imapsrv_span word)
{
	bool bracket = isrv_rd_peek(&p->r) == '[';

	if (is(word, "UID")) {
		items->uid = true;
		return true;
	}
	for (size_t i = 0; i < sizeof(octets) / sizeof(octets[0]); i++)
		if (octets[i].bracket == bracket && is_word(word, octets[i].name, octets[i].len) &&
		    knows(p, octets[i].cap))
			return parse_octets(p, items, octets[i].kind, octets[i].peek);
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]) && !bracket; i++)
		if (is_word(word, plain[i].name, plain[i].len) && knows(p, plain[i].cap)) {
			items->facts |= plain[i].facts;
			items->shows |= plain[i].shows;
			return true;
		}
	if (is(word, "PREVIEW") && isrv_caps_in(p->caps, ISRV_CAP_PREVIEW))
		return parse_preview(p, items);
	if (is(word, "ANNOTATION") && isrv_caps_in(p->caps, ISRV_CAP_ANNOTATE))
		return parse_annotation(p, items);
	p->r.at = word.data;
	return isrv_rd_fail(&p->r, "a FETCH item");
}

/* ALL, FAST, FULL: only as the one thing asked for (RFC 9051 6.4.5) */
static bool parse_macro(struct isrv_fetch_items *items, struct imapsrv_span word)
{
	bool all = is(word, "ALL"), full = is(word, "FULL");

	if (!all && !full && !is(word, "FAST"))
		return false;
	items->facts |= IMAPSRV_FACT_FLAGS | IMAPSRV_FACT_DATE | IMAPSRV_FACT_SIZE;
	items->shows |=
		(all || full ? ISRV_FETCH_ENVELOPE : 0u) | (full ? ISRV_FETCH_STRUCTURE : 0u);
	return true;
}

bool isrv_fetch_items_parse(struct isrv_parse *p, struct isrv_fetch_items *items)
{
	struct isrv_reader *r = &p->r;
	struct imapsrv_span word;

	if (!isrv_rd_try(r, '(')) {
		if (!isrv_rd_word(r, &word))
			return isrv_rd_fail(r, "a FETCH item or a list of them");
		return parse_macro(items, word) || parse_item(p, items, word);
	}
	do {
		if (!isrv_rd_word(r, &word))
			return isrv_rd_fail(r, "a FETCH item");
		if (!parse_item(p, items, word))
			return false;
	} while (isrv_rd_try_sp(r));
	return isrv_rd_char(r, ')') && keep_once(p, items);
}

/* "CHANGEDSINCE" SP mod-sequence-value / "VANISHED" / "PARTIAL" SP partial-range, each once */
static bool parse_modifier(struct isrv_parse *p, struct isrv_fetch_items *items)
{
	struct isrv_reader *r = &p->r;

	/* RFC 9394 3.3: of UID FETCH. */
	if (p->uid && isrv_caps_in(p->caps, ISRV_CAP_PARTIAL) && !items->partial &&
	    isrv_rd_try_word(r, "PARTIAL")) {
		items->partial = true;
		return isrv_rd_sp(r) && isrv_partial_parse(r, &items->places);
	}
	/* RFC 7162 3.2.6: not in FETCH, and not before QRESYNC was enabled. */
	if (p->uid && p->qresync && !items->vanished && isrv_rd_try_word(r, "VANISHED")) {
		items->vanished = true;
		return true;
	}
	if (!isrv_caps_in(p->caps, ISRV_CAP_CONDSTORE) || items->changed_since ||
	    !isrv_rd_try_word(r, "CHANGEDSINCE"))
		return isrv_rd_fail(r, "a FETCH modifier");
	if (!isrv_rd_sp(r) || !isrv_rd_number64(r, &items->changed_since))
		return false;
	if (!items->changed_since)
		return isrv_rd_fail(r, "a modification sequence above 0");
	items->facts |= IMAPSRV_FACT_MODSEQ; /* RFC 7162 3.1.4.1: "implicitly adds" */
	return true;
}

/* fetch-modifiers = SP "(" fetch-modifier *(SP fetch-modifier) ")"   (RFC 4466 2.4) */
bool isrv_fetch_modifiers_parse(struct isrv_parse *p, struct isrv_fetch_items *items)
{
	struct isrv_reader *r = &p->r;

	if (!isrv_rd_try_sp(r) || isrv_rd_peek(r) < 0)
		return true;
	if (!isrv_rd_char(r, '('))
		return false;
	do {
		if (!parse_modifier(p, items))
			return false;
	} while (isrv_rd_try_sp(r));
	if (items->vanished && !items->changed_since)
		return isrv_rd_fail(r, "CHANGEDSINCE beside VANISHED");
	return isrv_rd_char(r, ')');
}

/* ---- the answer's name --------------------------------------------------------------------- */

static void put_section(struct isrv_writer *w, const struct isrv_fetch_section *section)
{
	static const char *const texts[] = {"",     "HEADER", "HEADER.FIELDS", "HEADER.FIELDS.NOT",
	                                    "TEXT", "MIME"};

	ISRV_W(w, "[");
	for (uint32_t i = 0; i < section->number_count; i++) {
		if (i)
			ISRV_W(w, ".");
		isrv_w_u32(w, section->numbers[i]);
	}
	if (section->number_count && section->text != ISRV_SECTION_WHOLE)
		ISRV_W(w, ".");
	isrv_w_cstr(w, texts[section->text]);
	for (uint32_t i = 0; i < section->field_count; i++) {
		isrv_w_cstr(w, i ? " " : " (");
		isrv_w_astring(w, section->fields[i].data, section->fields[i].len);
	}
	isrv_w_cstr(w, section->field_count ? ")]" : "]");
}

void isrv_fetch_put_name(struct isrv_writer *w, const struct isrv_fetch_section *section)
{
	static const char *const names[] = {"BODY",        "RFC822", "RFC822.HEADER",
	                                    "RFC822.TEXT", "BINARY", "BINARY.SIZE"};

	isrv_w_cstr(w, names[section->kind]);
	if (section->kind == ISRV_FETCH_BODY || section->kind >= ISRV_FETCH_BINARY)
		put_section(w, section);
	if (section->partial) {
		/* RFC 9051 7.5.2: the origin is told, the count is seen. */
		ISRV_W(w, "<");
		isrv_w_u64(w, section->origin);
		ISRV_W(w, ">");
	}
}
