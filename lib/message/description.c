/* SPDX-License-Identifier: MIT */
/*
 * Opening a description: what its readers rely on is verified here, once, in linear time, because a
 * host's storage is not trusted (cycles, sizes that do not fit, missing ends).  Invariant behind a
 * true: rows nest, at most ISRV_DESCRIPTION_DEPTH deep; extents lie within their parent's; the
 * texts of one part begin no earlier than those of the one before; a message has exactly one part
 * inside it, and that and nothing else has an envelope.  Texts themselves are not looked at:
 * readers make sense of any.
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

void isrv_cursor_skip(struct isrv_cursor *c, const char *letters)
{
	uint32_t n;

	for (; *letters; letters++) {
		if (*letters == 's') {
			(void)isrv_cursor_string(c);
			continue;
		}
		while ((n = isrv_cursor_number(c)) != 0) {
			(void)isrv_cursor_octets(c, n, 1);
			if (*letters == 'p')
				(void)isrv_cursor_string(c);
		}
	}
}

bool isrv_description_is_message(struct imapsrv_span type, struct imapsrv_span subtype)
{
	return isrv_text_is(type, ISRV_WORD_MESSAGE) &&
	       (isrv_ascii_is(subtype.data, subtype.len, "rfc822") ||
	        isrv_ascii_is(subtype.data, subtype.len, "global"));
}

/*
 * body-type-basic: a "MESSAGE" subtype must not be "RFC822" or "GLOBAL", and "multipart" would
 * promise parts. Such a leaf (too deep; in base64, which RFC 2046 5.2.1 forbids) is
 * application/octet-stream: something to save.  No type is text/plain (RFC 2045 5.2).
 */
bool isrv_description_shown(struct imapsrv_span *type, struct imapsrv_span *subtype)
{
	static const struct imapsrv_span text = ISRV_FORMAT_CONSTANT("text");
	static const struct imapsrv_span plain = ISRV_FORMAT_CONSTANT("plain");
	static const struct imapsrv_span application = ISRV_FORMAT_CONSTANT("application");
	static const struct imapsrv_span octets = ISRV_FORMAT_CONSTANT("octet-stream");

	if (isrv_text_is(*type, ISRV_WORD_TEXT) && subtype->len)
		return true;
	if (!type->len || !subtype->len) {
		*type = text;
		*subtype = plain;
		return true;
	}
	if ((type->len == 9 && isrv_ascii_is(type->data, 9, "multipart")) ||
	    isrv_description_is_message(*type, *subtype)) {
		*type = application;
		*subtype = octets;
	}
	return false;
}

/* ---- opening ------------------------------------------------------------------------------- */

struct open_part {
	uint64_t end, end_host; /* nothing inside reaches further */
	uint32_t next;
	bool message;
};

struct opening {
	uint64_t body, body_host; /* of the part before: nothing begins earlier */
	uint64_t text;            /* texts neither */
	uint32_t texts_len;
	uint32_t depth; /* stack[depth - 1] holds the next part; stack[0] is the whole message */
	struct open_part stack[ISRV_DESCRIPTION_DEPTH + 1];
};

/* What is inside the part comes next. */
static bool enter(struct opening *o, uint64_t end, uint64_t end_host, uint64_t next, unsigned kind)
{
	struct open_part *inner = &o->stack[o->depth];

	if (o->depth > ISRV_DESCRIPTION_DEPTH)
		return false;
	o->depth++;
	inner->end = end;
	inner->end_host = end_host;
	inner->next = (uint32_t)next;
	inner->message = kind == ISRV_PART_MESSAGE;
	return true;
}

/* Do the offsets of a row ascend, behind what came before and within what it is in? */
static inline bool extents_fit(struct opening *o, const unsigned char *row, bool wide)
{
	const struct open_part *in = &o->stack[o->depth - 1];
	const uint64_t body = isrv_row_field(row, ISRV_ROW_BODY, wide);
	const uint64_t body_host = isrv_row_field(row, ISRV_ROW_BODY_HOST, wide);
	const uint64_t header = isrv_row_field(row, ISRV_ROW_HEADER, wide);
	const uint64_t header_host = isrv_row_field(row, ISRV_ROW_HEADER_HOST, wide);
	const uint64_t end = isrv_row_field(row, ISRV_ROW_END, wide);
	const uint64_t end_host = isrv_row_field(row, ISRV_ROW_END_HOST, wide);

	if (header < o->body || header_host < o->body_host)
		return false;
	o->body = body;
	o->body_host = body_host;
	return header <= body && body <= end && end <= in->end && header_host <= body_host &&
	       body_host <= end_host && end_host <= in->end_host &&
	       isrv_row_field(row, ISRV_ROW_LINES, wide) <= end - body;
}

static inline bool part_fits(struct opening *o, const unsigned char *row, uint32_t part, bool wide)
{
	const struct open_part *in = &o->stack[o->depth - 1];
	const uint64_t field = isrv_row_field(row, ISRV_ROW_NEXT, wide);
	const uint64_t text = isrv_row_field(row, ISRV_ROW_TEXT, wide);
	const uint64_t next = field >> 3;
	const unsigned kind = field & 3;
	const bool top = field & ISRV_PART_TOP;

	if (kind >= ISRV_PART_KINDS || next <= part || next > in->next)
		return false;
	/* What is inside a message is one part, and nothing else has an envelope. */
	if (in->message != top || (top && next != in->next))
		return false;
	if (text < o->text || text > o->texts_len || !extents_fit(o, row, wide))
		return false;
	o->text = text;
	if (next == part + 1)
		return kind != ISRV_PART_MESSAGE;
	return kind != ISRV_PART_LEAF && enter(o, isrv_row_field(row, ISRV_ROW_END, wide),
	                                       isrv_row_field(row, ISRV_ROW_END_HOST, wide), next,
	                                       kind);
}

/* Once for each width: most of what opening costs is here. */
static inline bool parts_fit(const struct isrv_description *d, bool wide)
{
	const unsigned char *row = d->data + ISRV_HEAD_SIZE;
	struct opening o;

	o.body = 0;
	o.body_host = 0;
	o.text = 0;
	o.texts_len = d->texts_len;
	o.depth = 0;
	(void)enter(&o, d->wire_octets, d->host_octets, d->parts, ISRV_PART_MESSAGE);
	for (uint32_t part = 0; part < d->parts; part++, row += isrv_format_row(wide)) {
		while (o.stack[o.depth - 1].next == part)
			o.depth--;
		if (!part_fits(&o, row, part, wide))
			return false;
	}
	return true;
}

bool isrv_description_open(struct isrv_description *d, const void *data, size_t len)
{
	const unsigned char *p = data;
	uint64_t size;

	if (len < ISRV_HEAD_SIZE || len % 16 || memcmp(p, ISRV_DESCRIPTION_MAGIC, 4) != 0 ||
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
	if (isrv_format_size(size) != len)
		return false;
	d->texts = p + ISRV_HEAD_SIZE + d->parts * isrv_format_row(d->wide);
	return d->wide ? parts_fit(d, true) : parts_fit(d, false);
}
