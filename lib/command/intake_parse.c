/* SPDX-License-Identifier: MIT */
/* See the header. */
#include "command/intake_parse.h"

#include <string.h>

#include "base/ascii.h"

static struct isrv_intake_item *add(struct isrv_reader *r, struct isrv_intake_items *items,
                                    enum isrv_intake_kind kind)
{
	size_t cap = items->cap ? items->cap * 2 : 2, unit = sizeof(*items->list);
	struct isrv_intake_item *list = items->list;

	if (items->count == items->cap) {
		list = cap <= SIZE_MAX / unit
		               ? isrv_arena_grow(r->arena, list, items->cap * unit, cap * unit)
		               : NULL;
		if (!list) {
			isrv_rd_fail_memory(r);
			return NULL;
		}
		items->list = list;
		items->cap = cap;
	}
	list += items->count++;
	memset(list, 0, sizeof(*list));
	list->kind = kind;
	return list;
}

/*
 * utf8-literal = "UTF8" SP "(" literal8 ")", up to its octets.  RFC 9755 has no UTF8 any more (a
 * plain literal can hold all), but clients of RFC 6855 4 send it.
 */
static bool try_utf8(struct isrv_parse *p, struct isrv_intake_items *items)
{
	struct isrv_reader *r = &p->r;

	items->utf8 = isrv_caps_in(p->caps, ISRV_CAP_UTF8_ACCEPT) && isrv_rd_try_word(r, "UTF8");
	return !items->utf8 || (isrv_rd_sp(r) && isrv_rd_char(r, '('));
}

/* literal / literal8 */
static bool parse_literal(struct isrv_reader *r, struct isrv_intake_items *items)
{
	uint64_t size;
	bool literal8;

	items->literal = true;
	return isrv_rd_announcement(r, &size, &literal8);
}

/* cat-part = "TEXT" SP literal / "URL" SP astring / utf8-literal */
static bool parse_part(struct isrv_parse *p, struct isrv_intake_items *items)
{
	struct isrv_reader *r = &p->r;
	struct isrv_intake_item *item;

	if (isrv_rd_try_word(r, "URL")) {
		item = add(r, items, ISRV_INTAKE_URL);
		return item && isrv_rd_sp(r) && isrv_rd_astring(r, &item->url);
	}
	item = add(r, items, ISRV_INTAKE_TEXT);
	if (!item || !try_utf8(p, items))
		return false;
	item->message.utf8 = items->utf8;
	if (items->utf8)
		return parse_literal(r, items);
	if (!isrv_rd_try_word(r, "TEXT"))
		return isrv_rd_fail(r, "TEXT or URL");
	if (!isrv_rd_sp(r))
		return false;
	if (isrv_rd_peek(r) == '~')
		return isrv_rd_fail(r, "a literal that is not binary");
	return parse_literal(r, items);
}

/* append-ext =/ "ANNOTATION" SP "(" entry-att *(SP entry-att) ")" (RFC 5257 5), once. */
static bool parse_annotations(struct isrv_parse *p, struct isrv_intake_message *m)
{
	if (!isrv_caps_in(p->caps, ISRV_CAP_ANNOTATE) || !isrv_rd_try_word(&p->r, "ANNOTATION"))
		return true;
	return isrv_rd_sp(&p->r) && isrv_annotate_values_parse(p, &m->annotations) &&
	       isrv_rd_sp(&p->r);
}

/*
 * append-message = [SP flag-list] [SP date-time] *(SP append-ext) SP append-data, up to the first
 * part of a catenated one.  A flag list may be empty, and flags that nobody can set are passed
 * over.
 */
static bool parse_message(struct isrv_parse *p, struct isrv_intake_items *items)
{
	struct isrv_reader *r = &p->r;
	struct isrv_intake_message m;
	struct isrv_intake_item *item;

	memset(&m, 0, sizeof(m));
	if (!isrv_rd_sp(r))
		return false;
	if (isrv_rd_peek(r) == '(' && (!isrv_rd_flag_list(r, &m.flags) || !isrv_rd_sp(r)))
		return false;
	m.has_date = isrv_rd_peek(r) == '"';
	if (m.has_date && (!isrv_rd_datetime(r, &m.date) || !isrv_rd_sp(r)))
		return false;
	if (!parse_annotations(p, &m))
		return false;
	items->within = isrv_caps_in(p->caps, ISRV_CAP_CATENATE) && isrv_rd_try_word(r, "CATENATE");
	item = add(r, items, items->within ? ISRV_INTAKE_CATENATE : ISRV_INTAKE_MESSAGE);
	if (!item)
		return false;
	item->message = m;
	if (items->within)
		return isrv_rd_sp(r) && isrv_rd_char(r, '(') && parse_part(p, items);
	if (!try_utf8(p, items))
		return false;
	item->message.utf8 = items->utf8;
	return parse_literal(r, items);
}

static bool parse_items(struct isrv_parse *p, struct isrv_intake_items *items, bool first)
{
	struct isrv_reader *r = &p->r;
	struct isrv_reader ahead;

	items->count = items->at = 0;
	items->literal = false;
	if (items->utf8 && !isrv_rd_char(r, ')'))
		return false;
	items->utf8 = false;
	while (!items->literal) {
		ahead = *r;
		if (items->within && isrv_rd_try(r, ')')) {
			items->within = false;
			if (!add(r, items, ISRV_INTAKE_END))
				return false;
		} else if (items->within) {
			if (!isrv_rd_sp(r) || !parse_part(p, items))
				return false;
		} else if (!first && isrv_rd_end(&ahead)) {
			return true;
		} else if (!parse_message(p, items)) {
			return false;
		}
		first = false;
	}
	return true;
}

/* Is the literal whose announcement ends the text the URL of a CATENATE, and no part of a message?
 * "URL" SP, with what may stand before it, and the announcement: by a backward look, as an APPEND
 * can have thousands of them.  `start` is behind the mailbox name. */
static bool is_url(const struct isrv_caps *caps, const char *start, const char *end)
{
	const char *at = end;

	if (!isrv_caps_in(caps, ISRV_CAP_CATENATE))
		return false;
	while (at > start && end - at < 32 && at[-1] != '{')
		at--;
	if (at - start < 6 || at[-1] != '{')
		return false;
	at--;
	while (at > start && at[-1] == ' ')
		at--;
	return at - start >= 4 && at[0] == ' ' && isrv_ascii_is(at - 3, 3, "URL") &&
	       (at[-4] == ' ' || at[-4] == '(');
}

/* Does the text end in the announcement of a literal that is an argument?  It may be the octets of
 * one that only look so: whoever reads the line knows. */
static bool ends_in_argument(struct isrv_parse *p, struct isrv_intake_items *items)
{
	const struct isrv_reader *r = &p->r;
	size_t len = (size_t)(r->end - r->begin);

	if (len < 3 || memcmp(r->end - 3, "}\r\n", 3) != 0)
		return false;
	if (isrv_caps_in(p->caps, ISRV_CAP_ANNOTATE) &&
	    isrv_intake_look_on(&items->look, r->begin, len, r->steps))
		return true;
	return is_url(p->caps, r->begin + items->look.from, r->end);
}

bool isrv_intake_parse_piece(struct isrv_parse *p, struct isrv_intake_items *items, bool first)
{
	if (first)
		isrv_intake_look_begin(&items->look, (size_t)(p->r.at - p->r.begin));
	items->argument = ends_in_argument(p, items);
	if (items->argument) {
		items->literal = true;
		p->r.at = p->r.end;
		return true;
	}
	p->r.at = p->r.begin + items->look.from;
	isrv_intake_look_begin(&items->look, 0);
	return parse_items(p, items, first);
}

/* Behind the mailbox if that is a literal, NULL if it is the literal just announced; else where it
 * begins. */
static const char *behind_name(struct isrv_reader r)
{
	uint64_t size;
	const char *start = r.at;

	if (!isrv_rd_try(&r, '{'))
		return start;
	if (!isrv_rd_number64(&r, &size))
		return start;
	(void)isrv_rd_try(&r, '+');
	if (!isrv_rd_try(&r, '}') || !isrv_rd_try(&r, '\r') || !isrv_rd_try(&r, '\n'))
		return start;
	if (r.at == r.end)
		return NULL;
	return size < (uint64_t)(r.end - r.at) ? r.at + size : start;
}

/* The mailbox may be a literal too.  Of the URLs of CATENATE and values of annotations that are the
 * pieces take care. */
enum isrv_literal isrv_intake_literal(struct isrv_parse *p)
{
	return behind_name(p->r) ? ISRV_LITERAL_START : ISRV_LITERAL_ARGUMENT;
}
