/* SPDX-License-Identifier: MIT */
/* See the header. */
#include "command/fetch_fields.h"

#include "base/ascii.h"
#include "message/eol.h"
#include "message/field.h"

/* ---- where --------------------------------------------------------------------------------- */

bool isrv_fetch_find(const struct isrv_fetch_message *m, const struct isrv_fetch_section *section,
                     struct isrv_fetch_output *o)
{
	if (!isrv_fetch_is_whole(section))
		return isrv_description_find(&m->description, section->numbers,
		                             section->number_count, section->text, &o->extent);
	o->extent = (struct isrv_extent){0, m->body.wire, 0, isrv_body_octets(&m->body)};
	return true;
}

void isrv_fetch_cut(struct isrv_fetch_output *o, const struct isrv_fetch_section *section,
                    uint64_t octets)
{
	o->from = section->origin < octets ? section->origin : octets;
	o->to = section->partial && section->count < octets - o->from ? o->from + section->count
	                                                               : octets;
}

/* ---- chosen fields ------------------------------------------------------------------------- */

static bool is_named(const struct isrv_fetch_section *section, struct imapsrv_span name)
{
	size_t low = 0, high = section->field_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct imapsrv_span *f = &section->sorted[mid];
		int order = isrv_ascii_compare(name.data, name.len, f->data, f->len);

		if (order == 0)
			return true;
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return false;
}

/* False: the limit is passed, and what does not fit is left out; or memory has run out. */
static bool reserve(struct imapsrv_session *s, struct isrv_buf *buf, uint64_t octets)
{
	if (octets > buf->max - buf->len)
		return false;
	if (!isrv_buf_reserve(buf, &s->mem, (size_t)octets))
		isrv_session_fail(s, IMAPSRV_ENOMEM);
	return !s->error;
}

static bool add_lines(struct imapsrv_session *s, struct isrv_buf *out, struct imapsrv_span lines)
{
	bool cr = false;
	uint64_t size = isrv_eol_size(lines.data, lines.len, &cr);
	size_t put, taken;

	if (!reserve(s, out, size))
		return false;
	cr = false;
	isrv_eol_put(out->data + out->len, (size_t)size, &put, lines.data, lines.len, &taken, &cr);
	out->len += put;
	return true;
}

/* RFC 9051 6.4.5.1: the fields named (or all others), and the blank line if there is one. */
static void choose_fields(struct imapsrv_session *s, const struct isrv_fetch_section *section,
                          struct isrv_fetch_output *o, struct imapsrv_span header)
{
	static const char crlf[] = "\r\n";
	struct imapsrv_span blank = {crlf, 2};
	struct isrv_field field;
	bool fits = true;

	o->fields.len = 0;
	s->steps += header.len;
	while (fits && isrv_field_next(&header, &field) && (header.len || !o->cut))
		if (is_named(section, field.name) == (section->text == ISRV_SECTION_FIELDS))
			fits = add_lines(s, &o->fields, field.whole);
	if (header.len && (header.data[0] == '\n' || header.data[0] == '\r'))
		(void)add_lines(s, &o->fields, blank);
}

/* The header block's octets: in place where they are lent, else collected. */
static enum isrv_step read_header(struct imapsrv_session *s, struct isrv_fetch_message *m,
                                  struct isrv_fetch_output *o, struct imapsrv_span *header_r)
{
	uint64_t octets = o->extent.host_end - o->extent.host;
	struct imapsrv_span piece;
	enum isrv_step step;

	if (isrv_body_lent(&m->body, o->extent.host, o->extent.host_end, header_r))
		return ISRV_DONE;
	while (o->header.len < octets) {
		step = isrv_body_raw(s, &m->body, &piece);
		if (step != ISRV_DONE)
			return step;
		if (s->error || !piece.len)
			break;
		if (piece.len > octets - o->header.len)
			piece.len = (size_t)(octets - o->header.len);
		o->cut = piece.len > o->header.max - o->header.len;
		if (o->cut)
			piece.len = o->header.max - o->header.len;
		if (!isrv_buf_add(&o->header, &s->mem, piece.data, piece.len))
			isrv_session_fail(s, IMAPSRV_ENOMEM);
		if (o->cut || s->error)
			break;
	}
	header_r->data = o->header.data;
	header_r->len = o->header.len;
	return ISRV_DONE;
}

void isrv_fetch_begin_fields(struct isrv_fetch_message *m, struct isrv_fetch_output *o)
{
	o->header.len = 0;
	o->cut = false;
	isrv_body_seek(&m->body, o->extent.wire, o->extent.host);
}

enum isrv_step isrv_fetch_choose_fields(struct imapsrv_session *s, struct isrv_fetch_message *m,
                                        const struct isrv_fetch_section *section,
                                        struct isrv_fetch_output *o)
{
	struct imapsrv_span header;
	enum isrv_step step = read_header(s, m, o, &header);

	if (step == ISRV_DONE && !s->error && !m->body.failed)
		choose_fields(s, section, o, header);
	return step;
}
