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

static bool is_wanted(const struct isrv_fetch_section *section, const struct isrv_field *field)
{
	return is_named(section, field->name) == (section->text == ISRV_SECTION_FIELDS);
}

/* RFC 9051 6.4.5.1: the fields named (or all others), and the blank line if there is one.  Of whole
 * lines, with those that are folded behind them. */
static void choose_fields(struct imapsrv_session *s, const struct isrv_fetch_section *section,
                          struct isrv_fetch_output *o, struct imapsrv_span header)
{
	static const char crlf[] = "\r\n";
	struct imapsrv_span blank = {crlf, 2};
	struct isrv_field field;

	s->steps += header.len;
	while (!o->full && isrv_field_next(&header, &field))
		if (is_wanted(section, &field))
			o->full = !add_lines(s, &o->fields, field.whole);
	if (header.len && (header.data[0] == '\n' ||
	                   (header.len > 1 && header.data[0] == '\r' && header.data[1] == '\n')))
		(void)add_lines(s, &o->fields, blank);
	o->over = header.len != 0;
}

/* ---- a long header ------------------------------------------------------------------------- */

/* The next octets of the header; none: it is at its end. */
static enum isrv_step next_piece(struct imapsrv_session *s, struct isrv_fetch_message *m,
                                 struct isrv_fetch_output *o)
{
	uint64_t left = o->extent.host_end - o->extent.host - o->taken;
	enum isrv_step step;

	if (o->piece.len || !left)
		return ISRV_DONE;
	step = isrv_body_raw(s, &m->body, &o->piece);
	if (step != ISRV_DONE || s->error || m->body.failed)
		return step;
	if (o->piece.len > left)
		o->piece.len = (size_t)left;
	o->taken += o->piece.len;
	return ISRV_DONE;
}

static void take(struct isrv_fetch_output *o, size_t n)
{
	if (!n) /* of nothing, perhaps */
		return;
	o->piece.data += n;
	o->piece.len -= n;
}

static bool goes_on(char first)
{
	return first == ' ' || first == '\t';
}

/* Of the piece at hand, what belongs to the line that is passed over. */
static void pass(struct imapsrv_session *s, struct isrv_fetch_output *o)
{
	s->steps += o->piece.len / 64 + 1;
	while (o->piece.len && !(o->lf && !goes_on(o->piece.data[0]))) {
		const char *lf = memchr(o->piece.data, '\n', o->piece.len);

		o->lf = lf != NULL;
		take(o, lf ? (size_t)(lf + 1 - o->piece.data) : o->piece.len);
	}
	o->passing = !o->piece.len;
}

/* How much of what is held are whole lines: the one behind them is known not to belong to the
 * last. */
static size_t whole_lines(struct isrv_fetch_output *o)
{
	const struct isrv_buf *h = &o->header;
	size_t whole = 0;

	while (o->scanned < h->len) {
		const char *lf = memchr(h->data + o->scanned, '\n', h->len - o->scanned);
		size_t at = lf ? (size_t)(lf + 1 - h->data) : h->len;

		if (at == h->len) {
			o->scanned = lf ? at - 1 : at;
			break;
		}
		o->scanned = at;
		if (!goes_on(h->data[at]))
			whole = at;
	}
	return whole;
}

/* A line that is longer than what may be chosen has no room, whatever follows. */
static void leave_out(const struct isrv_fetch_section *section, struct isrv_fetch_output *o)
{
	struct imapsrv_span line = {o->header.data, o->header.len};
	struct isrv_field field;

	o->full = o->full || (isrv_field_next(&line, &field) && is_wanted(section, &field));
	o->lf = o->header.data[o->header.len - 1] == '\n';
	o->passing = true;
	o->header.len = o->scanned = 0;
}

static void drop_whole(struct isrv_fetch_output *o, size_t whole)
{
	o->header.len -= whole;
	o->scanned -= whole;
	memmove(o->header.data, o->header.data + whole, o->header.len);
}

/* Adds the piece at hand, as far as there is room, and chooses of what is whole. */
static void hold(struct imapsrv_session *s, const struct isrv_fetch_section *section,
                 struct isrv_fetch_output *o)
{
	struct isrv_buf *h = &o->header;
	size_t n = o->piece.len < h->max - h->len ? o->piece.len : h->max - h->len, whole;
	bool end = !o->piece.len;

	if (!isrv_buf_add(h, &s->mem, o->piece.data, n)) {
		isrv_session_fail(s, IMAPSRV_ENOMEM);
		return;
	}
	take(o, n);
	whole = end || (o->full && h->len > 1) ? h->len : whole_lines(o);
	if (whole)
		choose_fields(s, section, o, (struct imapsrv_span){h->data, whole});
	if (end)
		o->over = true;
	else if (!o->over && whole)
		drop_whole(o, whole);
	else if (!o->over && h->len == h->max)
		leave_out(section, o);
}

/* In pieces, and never more of it at a time than one field that can be chosen. */
static enum isrv_step read_fields(struct imapsrv_session *s, struct isrv_fetch_message *m,
                                  const struct isrv_fetch_section *section,
                                  struct isrv_fetch_output *o)
{
	while (!o->over) {
		enum isrv_step step = next_piece(s, m, o);

		if (step != ISRV_DONE || s->error || m->body.failed)
			return step;
		if (o->passing && o->piece.len)
			pass(s, o);
		else
			hold(s, section, o);
		if (s->error)
			break;
	}
	return ISRV_DONE;
}

/* ---- chosen -------------------------------------------------------------------------------- */

void isrv_fetch_begin_fields(struct isrv_fetch_message *m, struct isrv_fetch_output *o)
{
	o->header.len = o->fields.len = o->piece.len = o->scanned = 0;
	o->taken = 0;
	o->passing = o->lf = o->full = o->over = false;
	isrv_body_seek(&m->body, o->extent.wire, o->extent.host);
}

enum isrv_step isrv_fetch_choose_fields(struct imapsrv_session *s, struct isrv_fetch_message *m,
                                        const struct isrv_fetch_section *section,
                                        struct isrv_fetch_output *o)
{
	struct imapsrv_span header;

	/* In place where that is lent and not longer than what is held of others: what is chosen
	 * must not depend on how the host gives it. */
	if (o->extent.host_end - o->extent.host > o->header.max ||
	    !isrv_body_lent(&m->body, o->extent.host, o->extent.host_end, &header))
		return read_fields(s, m, section, o);
	choose_fields(s, section, o, header);
	return ISRV_DONE;
}
