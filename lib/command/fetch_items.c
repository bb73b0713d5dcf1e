/* SPDX-License-Identifier: MIT */
/*
 * command/fetch_items - the grammar of FETCH's items (RFC 9051 6.4.5, RFC 3501 6.4.5).  An item that is asked for twice
 * is answered once.
 */
#include "base/ascii.h"
#include "command/fetch.h"
#include "session/command.h"

static struct isrv_fetch_section *add_section(struct isrv_parse *p, struct isrv_fetch_items *items)
{
	size_t size = sizeof(struct isrv_fetch_section);
	struct isrv_fetch_section *grown;

	if (items->section_count >= p->limits->fetch_items) {
		isrv_rd_fail(&p->r, "fewer items");
		return NULL;
	}
	grown = isrv_arena_grow(p->r.arena, items->sections, items->section_count * size,
	                        (items->section_count + 1) * size);
	if (!grown) {
		p->r.nomem = true;
		return NULL;
	}
	items->sections = grown;
	return &grown[items->section_count];
}

/* partial = "<" number64 "." nz-number64 ">" */
static bool parse_partial(struct isrv_reader *r, struct isrv_fetch_section *section)
{
	if (!isrv_rd_try(r, '<'))
		return true;
	section->partial = true;
	if (!isrv_rd_number64(r, &section->origin) || !isrv_rd_char(r, '.') ||
	    !isrv_rd_number64(r, &section->count))
		return false;
	if (!section->count)
		return isrv_rd_fail(r, "a number of octets above 0");
	return isrv_rd_char(r, '>');
}

static bool is_same(const struct isrv_fetch_section *a, const struct isrv_fetch_section *b)
{
	return a->rfc822 == b->rfc822 && a->partial == b->partial && a->origin == b->origin &&
	       a->count == b->count;
}

static void keep_section(struct isrv_fetch_items *items, const struct isrv_fetch_section *section)
{
	for (uint32_t i = 0; i < items->section_count; i++)
		if (is_same(&items->sections[i], section))
			return;
	items->section_count++;
}

/* "BODY" ["." "PEEK"] "[" "]" [partial] */
static bool parse_body(struct isrv_parse *p, struct isrv_fetch_items *items, bool peek)
{
	struct isrv_fetch_section *section = add_section(p, items);

	if (!section)
		return false;
	*section = (struct isrv_fetch_section){0};
	if (!isrv_rd_char(&p->r, '[') || !isrv_rd_char(&p->r, ']') ||
	    !parse_partial(&p->r, section))
		return false;
	items->seen = items->seen || !peek;
	keep_section(items, section);
	return true;
}

static bool parse_rfc822(struct isrv_parse *p, struct isrv_fetch_items *items)
{
	struct isrv_fetch_section *section = add_section(p, items);

	if (!section)
		return false;
	*section = (struct isrv_fetch_section){0};
	section->rfc822 = true;
	items->seen = true;
	keep_section(items, section);
	return true;
}

static bool is(struct imapsrv_span word, const char *name)
{
	return isrv_ascii_is(word.data, word.len, name);
}

static bool parse_item(struct isrv_parse *p, struct isrv_fetch_items *items, struct imapsrv_span word)
{
	const char *start = word.data;

	if (is(word, "FLAGS"))
		items->facts |= IMAPSRV_FACT_FLAGS;
	else if (is(word, "UID"))
		items->uid = true;
	else if (is(word, "INTERNALDATE"))
		items->facts |= IMAPSRV_FACT_DATE;
	else if (is(word, "RFC822.SIZE"))
		items->facts |= IMAPSRV_FACT_SIZE;
	else if (is(word, "RFC822"))
		return parse_rfc822(p, items);
	else if (is(word, "BODY") && isrv_rd_peek(&p->r) == '[')
		return parse_body(p, items, false);
	else if (is(word, "BODY.PEEK"))
		return parse_body(p, items, true);
	else {
		p->r.at = start;
		return isrv_rd_fail(&p->r, "a FETCH item");
	}
	return true;
}

/* "FAST"; only as the one thing asked for (RFC 9051 6.4.5) */
static bool parse_macro(struct isrv_fetch_items *items, struct imapsrv_span word)
{
	if (!is(word, "FAST"))
		return false;
	items->facts |= IMAPSRV_FACT_FLAGS | IMAPSRV_FACT_DATE | IMAPSRV_FACT_SIZE;
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
	} while (isrv_rd_peek(r) == ' ' && isrv_rd_sp(r));
	return isrv_rd_char(r, ')');
}
