/* SPDX-License-Identifier: MIT */
/*
 * Opening a description: everything that its readers rely on is verified here, once, in linear time, because a
 * host's storage is not trusted (ATTACKS T27: cycles, sizes that do not fit, missing ends).  Invariant behind a
 * true: rows nest, at most ISRV_DESCRIPTION_DEPTH deep; extents lie within their parent's; every text ends
 * where the next begins; a message has exactly one part inside it, which has an envelope.
 */
#include "message/description.h"

#include "base/ascii.h"
#include "message/description_format.h"

uint32_t isrv_cursor_number_long(struct isrv_cursor *c)
{
	uint32_t n = 0;
	unsigned shift = 0;

	while (c->at < c->end && shift < 32) {
		unsigned char octet = *c->at++;

		n |= (uint32_t)(octet & 0x7f) << shift;
		if (octet < 0x80)
			return n;
		shift += 7;
	}
	c->at = c->end; /* no number is that long */
	return 0;
}

static bool skip_string(struct isrv_cursor *c)
{
	uint32_t n;

	if (c->at == c->end)
		return false;
	n = isrv_cursor_number(c);
	if (n > (size_t)(c->end - c->at) + 1)
		return false;
	c->at += n ? n - 1 : 0;
	return true;
}

/* Members of `strings` strings; in a list of strings or pairs none may be NIL. */
static bool skip_list(struct isrv_cursor *c, unsigned strings)
{
	while (c->at < c->end) {
		uint32_t n = isrv_cursor_number(c);

		if (n == 0)
			return true;
		if (n > (size_t)(c->end - c->at) + 2 || (n == 1 && strings < 4))
			return false;
		c->at += n > 2 ? n - 2 : 0;
		for (unsigned i = 1; i < strings; i++)
			if ((strings < 4 && c->at < c->end && *c->at == 0) || !skip_string(c))
				return false;
	}
	return false;
}

bool isrv_cursor_skip(struct isrv_cursor *c, const char *letters)
{
	bool well = true;

	for (; well && *letters; letters++) {
		if (*letters == 's')
			well = skip_string(c);
		else
			well = skip_list(c, *letters == 'l' ? 1 : *letters == 'p' ? 2 : 4);
	}
	return well;
}

static bool is_message(struct imapsrv_span type, struct imapsrv_span subtype)
{
	return isrv_ascii_is(type.data, type.len, "message") &&
	       (isrv_ascii_is(subtype.data, subtype.len, "rfc822") ||
	        isrv_ascii_is(subtype.data, subtype.len, "global"));
}

/*
 * body-type-basic: a "MESSAGE" subtype must not be "RFC822" or "GLOBAL", and "multipart" would promise parts.
 * Such a leaf (too deep; in base64, which RFC 2046 5.2.1 forbids) is application/octet-stream: something
 * to save.  No type is text/plain (RFC 2045 5.2).
 */
bool isrv_description_shown(struct imapsrv_span *type, struct imapsrv_span *subtype)
{
	static const struct imapsrv_span text = ISRV_FORMAT_CONSTANT("text");
	static const struct imapsrv_span plain = ISRV_FORMAT_CONSTANT("plain");
	static const struct imapsrv_span application = ISRV_FORMAT_CONSTANT("application");
	static const struct imapsrv_span octets = ISRV_FORMAT_CONSTANT("octet-stream");

	if (type->len == 4 && isrv_ascii_is(type->data, 4, "text") && subtype->len)
		return true;
	if (!type->len || !subtype->len) {
		*type = text;
		*subtype = plain;
		return true;
	}
	if (isrv_ascii_is(type->data, type->len, "multipart") || is_message(*type, *subtype)) {
		*type = application;
		*subtype = octets;
	}
	return false;
}

/* ---- opening ----------------------------------------------------------------------------------------- */

struct open_part {
	uint64_t end, end_host; /* nothing inside reaches further */
	uint32_t next;
	bool message;
};

struct opening {
	const struct isrv_description *d;
	struct isrv_cursor texts;
	struct open_part stack[ISRV_DESCRIPTION_DEPTH + 1];
	uint32_t depth; /* stack[depth - 1] holds the next part; stack[0] is the description itself */
};

/* Do the offsets of a row ascend, behind what came before and within what it is in? */
static bool extents_fit(const struct opening *o, uint32_t part)
{
	const struct isrv_description *d = o->d;
	const struct open_part *in = &o->stack[o->depth - 1];
	uint64_t header = isrv_row_get(d, part, ISRV_ROW_HEADER);
	uint64_t body = isrv_row_get(d, part, ISRV_ROW_BODY);
	uint64_t header_host = isrv_row_get(d, part, ISRV_ROW_HEADER_HOST);
	uint64_t body_host = isrv_row_get(d, part, ISRV_ROW_BODY_HOST);
	uint64_t end = isrv_row_get(d, part, ISRV_ROW_END);
	uint64_t end_host = isrv_row_get(d, part, ISRV_ROW_END_HOST);

	if (part > 0 && (header < isrv_row_get(d, part - 1, ISRV_ROW_BODY) ||
	                 header_host < isrv_row_get(d, part - 1, ISRV_ROW_BODY_HOST)))
		return false;
	return header <= body && body <= end && end <= in->end && header_host <= body_host &&
	       body_host <= end_host && end_host <= in->end_host &&
	       isrv_row_get(d, part, ISRV_ROW_LINES) <= end - body;
}

static bool texts_fit(struct opening *o, uint32_t part, bool top, unsigned kind)
{
	struct isrv_cursor *c = &o->texts;
	struct imapsrv_span type, subtype;

	if (top && !isrv_cursor_skip(c, ISRV_TEXTS_ENVELOPE))
		return false;
	if (isrv_row_get(o->d, part, ISRV_ROW_TEXT) != (uint64_t)(c->at - o->d->texts))
		return false;
	if (kind == ISRV_PART_MESSAGE) {
		struct isrv_cursor look = *c;

		type = isrv_cursor_string(&look);
		subtype = isrv_cursor_string(&look);
		if (!is_message(type, subtype) && (type.data || subtype.data))
			return false;
	}
	return isrv_cursor_skip(c, ISRV_TEXTS_PART);
}

static bool part_fits(struct opening *o, uint32_t part)
{
	const struct isrv_description *d = o->d;
	const struct open_part *in = &o->stack[o->depth - 1];
	uint64_t field = isrv_row_get(d, part, ISRV_ROW_NEXT);
	unsigned kind = field & 3;
	bool top = field & ISRV_PART_TOP;
	uint64_t next = field >> 3;

	if (kind >= ISRV_PART_KINDS || next <= part || next > in->next)
		return false;
	/* What is inside a message is one part, and nothing else has an envelope. */
	if (in->message != top || (in->message && next != in->next))
		return false;
	if ((kind == ISRV_PART_LEAF && next != part + 1) ||
	    (kind == ISRV_PART_MESSAGE && next == part + 1))
		return false;
	if (!extents_fit(o, part) || !texts_fit(o, part, top, kind))
		return false;
	if (next > part + 1) {
		struct open_part *inner = &o->stack[o->depth];

		if (o->depth > ISRV_DESCRIPTION_DEPTH)
			return false;
		o->depth++;
		inner->end = isrv_row_get(d, part, ISRV_ROW_END);
		inner->end_host = isrv_row_get(d, part, ISRV_ROW_END_HOST);
		inner->next = (uint32_t)next;
		inner->message = kind == ISRV_PART_MESSAGE;
	}
	return true;
}

static bool parts_fit(const struct isrv_description *d)
{
	struct opening o;
	uint32_t part;

	o.d = d;
	o.texts = isrv_cursor_at(d, 0);
	o.depth = 1;
	o.stack[0].end = d->wire_octets;
	o.stack[0].end_host = d->host_octets;
	o.stack[0].next = d->parts;
	o.stack[0].message = true;
	for (part = 0; part < d->parts; part++) {
		while (o.stack[o.depth - 1].next == part)
			o.depth--;
		if (!part_fits(&o, part))
			return false;
	}
	return o.texts.at == o.texts.end;
}

bool isrv_description_open(struct isrv_description *d, const void *data, size_t len)
{
	const unsigned char *p = data;
	uint64_t size;

	if (len < ISRV_HEAD_SIZE || len % 8 || memcmp(p, ISRV_DESCRIPTION_MAGIC, 4) != 0 ||
	    p[ISRV_HEAD_VERSION] != ISRV_DESCRIPTION_VERSION)
		return false;
	if (isrv_format_u64(p + ISRV_HEAD_SUM) != isrv_format_sum(p, len))
		return false;
	d->data = p;
	d->len = len;
	d->truncated = p[ISRV_HEAD_FLAGS] & ISRV_DESCRIPTION_TRUNCATED;
	d->wide = p[ISRV_HEAD_FLAGS] & ISRV_DESCRIPTION_WIDE;
	d->parts = isrv_format_u32(p + ISRV_HEAD_PARTS);
	d->texts_len = isrv_format_u32(p + ISRV_HEAD_TEXTS);
	d->wire_octets = isrv_format_u64(p + ISRV_HEAD_WIRE);
	d->host_octets = isrv_format_u64(p + ISRV_HEAD_HOST);
	if (d->parts == 0 || d->parts > ISRV_DESCRIPTION_PARTS_MAX ||
	    d->texts_len > ISRV_DESCRIPTION_TEXTS_MAX)
		return false;
	size = ISRV_HEAD_SIZE + (uint64_t)d->parts * isrv_format_row(d->wide) + d->texts_len;
	if ((size + 7) / 8 * 8 + ISRV_DESCRIPTION_PAD != len)
		return false;
	d->texts = p + ISRV_HEAD_SIZE + d->parts * isrv_format_row(d->wide);
	return parts_fit(d);
}
