/* SPDX-License-Identifier: MIT */
/*
 * Part numbers to places (RFC 9051 6.4.5.1).  A number names a part of what stands there: of a
 * multipart its n-th part; of a message that is no multipart its body, which is number 1; and a
 * message/rfc822 part is entered as the message inside it.  A walk over siblings, no recursion.
 */
#include "message/description_format.h"

/* Where the numbers have led: to a part, or to the message whose own part it is. */
struct found {
	uint32_t part;
	bool whole;  /* the message */
	bool absent; /* part 1 of a multipart that has none: an empty text, as it is shown */
};

/* The n-th part of a multipart. */
static bool find_child(const struct isrv_description *d, struct found *f, uint32_t n)
{
	uint32_t next = isrv_row_next(d, f->part);
	uint32_t child = f->part + 1;

	f->whole = false;
	if (child == next) {
		f->absent = n == 1;
		return f->absent;
	}
	while (child < next) {
		if (--n == 0) {
			f->part = child;
			return true;
		}
		child = isrv_row_next(d, child);
	}
	return false;
}

static bool find_part(const struct isrv_description *d, const uint32_t *numbers, size_t count,
                      struct found *f)
{
	f->part = 0;
	f->whole = true;
	f->absent = false;
	for (size_t i = 0; i < count; i++) {
		uint32_t n = numbers[i];

		if (n == 0 || f->absent)
			return false;
		if (!f->whole && isrv_row_kind(d, f->part) == ISRV_PART_MESSAGE) {
			f->part++;
			f->whole = true;
		}
		if (isrv_row_kind(d, f->part) == ISRV_PART_MULTIPART) {
			if (!find_child(d, f, n))
				return false;
		} else if (f->whole && n == 1) {
			f->whole = false;
		} else {
			return false;
		}
	}
	return true;
}

static struct isrv_extent extent(const struct isrv_description *d, uint32_t part, unsigned from,
                                 unsigned to)
{
	const unsigned host = ISRV_ROW_HEADER_HOST - ISRV_ROW_HEADER;
	struct isrv_extent e;

	e.wire = isrv_row_get(d, part, from);
	e.wire_end = isrv_row_get(d, part, to);
	e.host = isrv_row_get(d, part, from + host);
	e.host_end = isrv_row_get(d, part, to + host);
	return e;
}

static struct isrv_extent body_of(const struct isrv_description *d, const struct found *f)
{
	return extent(d, f->part, f->absent ? ISRV_ROW_END : ISRV_ROW_BODY, ISRV_ROW_END);
}

bool isrv_description_find(const struct isrv_description *d, const uint32_t *numbers, size_t count,
                           enum isrv_section_text text, struct isrv_extent *extent_r)
{
	struct found f;

	if (!find_part(d, numbers, count, &f))
		return false;
	if (text == ISRV_SECTION_MIME) {
		if (f.whole)
			return false;
		*extent_r = f.absent ? body_of(d, &f)
		                     : extent(d, f.part, ISRV_ROW_HEADER, ISRV_ROW_BODY);
		return true;
	}
	if (text == ISRV_SECTION_WHOLE) {
		*extent_r = f.whole ? extent(d, f.part, ISRV_ROW_HEADER, ISRV_ROW_END)
		                    : body_of(d, &f);
		return true;
	}
	if (!f.whole) {
		if (f.absent || isrv_row_kind(d, f.part) != ISRV_PART_MESSAGE)
			return false;
		f.part++;
	}
	*extent_r = text == ISRV_SECTION_TEXT ? extent(d, f.part, ISRV_ROW_BODY, ISRV_ROW_END)
	                                      : extent(d, f.part, ISRV_ROW_HEADER, ISRV_ROW_BODY);
	return true;
}

/* ---- what a part is made of ---------------------------------------------------------------- */

static void describe(const struct isrv_description *d, uint32_t part, struct isrv_part_info *info_r)
{
	struct isrv_cursor c = isrv_cursor_of(d, part);
	const unsigned kind = isrv_row_kind(d, part);
	uint32_t n;

	memset(info_r, 0, sizeof(*info_r));
	info_r->body = extent(d, part, ISRV_ROW_BODY, ISRV_ROW_END);
	info_r->multipart = kind == ISRV_PART_MULTIPART;
	info_r->message = kind == ISRV_PART_MESSAGE;
	info_r->type = isrv_cursor_string(&c);
	info_r->subtype = isrv_cursor_string(&c);
	/* No type stays NULL here: that defaults apply. */
	if (kind == ISRV_PART_LEAF && info_r->type.data)
		(void)isrv_description_shown(&info_r->type, &info_r->subtype);
	while ((n = isrv_cursor_number(&c)) != 0) {
		struct imapsrv_span name = isrv_cursor_octets(&c, n, 1);
		struct imapsrv_span value = isrv_cursor_string(&c);

		if (!info_r->charset.data && isrv_text_is(name, ISRV_WORD_CHARSET))
			info_r->charset = value;
	}
	isrv_cursor_skip(&c, "ss");
	info_r->encoding = isrv_cursor_string(&c);
	isrv_cursor_skip(&c, "s");
	info_r->disposition = isrv_cursor_string(&c);
}

bool isrv_description_part(const struct isrv_description *d, const uint32_t *numbers, size_t count,
                           struct isrv_part_info *info_r)
{
	struct found f;

	if (!find_part(d, numbers, count, &f))
		return false;
	if (count == 0 && isrv_row_kind(d, f.part) == ISRV_PART_MULTIPART)
		return false;
	if (f.absent) {
		memset(info_r, 0, sizeof(*info_r));
		info_r->body = body_of(d, &f);
		return true;
	}
	describe(d, f.part, info_r);
	return true;
}

bool isrv_description_row(const struct isrv_description *d, const uint32_t *numbers, size_t count,
                          uint32_t *part_r)
{
	struct found f;

	if (!find_part(d, numbers, count, &f) || f.absent)
		return false;
	*part_r = f.part;
	return true;
}

bool isrv_description_leaf(const struct isrv_description *d, uint32_t *at,
                           struct isrv_part_info *info_r)
{
	while (*at < d->parts) {
		uint32_t part = (*at)++;

		if (isrv_row_kind(d, part) == ISRV_PART_LEAF) {
			describe(d, part, info_r);
			return true;
		}
	}
	return false;
}

bool isrv_description_walk(const struct isrv_description *d, uint32_t *at,
                           struct isrv_part_info *info_r, struct isrv_extent *header_r)
{
	uint32_t part = *at;

	if (part >= d->parts)
		return false;
	*at = part + 1;
	describe(d, part, info_r);
	*header_r = extent(d, part, ISRV_ROW_HEADER, ISRV_ROW_BODY);
	return true;
}
