/* SPDX-License-Identifier: MIT */
/*
 * command/fetch_section - where a section lies is the description's to say; here its octets are
 * fetched, filtered or decoded, cut to the part that was asked for, and written as a literal of
 * exactly the announced length.
 */
#include "command/fetch_section.h"

#include "base/ascii.h"
#include "message/eol.h"
#include "message/field.h"

enum {
	AT_START,
	AT_OCTETS,  /* as they are                             */
	AT_HEADER,  /* a header block is read, to choose fields */
	AT_COUNT,   /* decoded octets are counted               */
	AT_DECODE   /* and written                              */
};

#define DECODED 4096u

void isrv_fetch_output_init(struct isrv_fetch_output *o, size_t max)
{
	isrv_buf_init(&o->header, max);
	isrv_buf_init(&o->fields, max);
}

void isrv_fetch_output_clear(struct isrv_fetch_output *o, struct isrv_mem *mem)
{
	isrv_buf_clear(&o->header, mem);
	isrv_buf_clear(&o->fields, mem);
}

static bool is_binary(const struct isrv_fetch_section *section)
{
	return section->kind == ISRV_FETCH_BINARY || section->kind == ISRV_FETCH_BINARY_SIZE;
}

/* The part that BINARY names, and how it is encoded.  False: there is none. */
static bool find_part(const struct isrv_fetch_message *m, const struct isrv_fetch_section *section,
                      struct isrv_part_info *info_r, enum isrv_encoding *encoding_r)
{
	if (!isrv_description_part(&m->description, section->numbers, section->number_count, info_r))
		return false;
	/* What holds other parts is not encoded itself, whatever it says (RFC 2045 6.4). */
	*encoding_r = info_r->multipart || info_r->message ? ISRV_ENCODING_IDENTITY
	                                                   : isrv_encoding_find(info_r->encoding);
	return true;
}

bool isrv_fetch_can_decode(const struct isrv_fetch_message *m,
                           const struct isrv_fetch_section *section)
{
	struct isrv_part_info info;
	enum isrv_encoding encoding;

	return !is_binary(section) || !section->number_count ||
	       !find_part(m, section, &info, &encoding) || encoding != ISRV_ENCODING_UNKNOWN;
}

/* What is sent of `octets` in all. */
static void cut(struct isrv_fetch_output *o, const struct isrv_fetch_section *section, uint64_t octets)
{
	o->from = section->origin < octets ? section->origin : octets;
	o->to = section->partial && section->count < octets - o->from ? o->from + section->count
	                                                               : octets;
}

static enum isrv_step finish(struct isrv_fetch_output *o)
{
	o->at = AT_START;
	return ISRV_DONE;
}

/* ---- octets as they are -------------------------------------------------------------------- */

static enum isrv_step begin_octets(struct imapsrv_session *s, struct isrv_fetch_message *m,
                                   const struct isrv_fetch_section *section,
                                   struct isrv_fetch_output *o)
{
	cut(o, section, o->extent.wire_end - o->extent.wire);
	o->from += o->extent.wire;
	o->to += o->extent.wire;
	isrv_w_literal(&s->w, o->to - o->from, false);
	isrv_body_seek(&m->body, o->extent.wire, o->extent.host);
	o->at = AT_OCTETS;
	return ISRV_DONE;
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
	while (fits && isrv_field_next(&header, &field))
		if (is_named(section, field.name) == (section->text == ISRV_SECTION_FIELDS))
			fits = add_lines(s, &o->fields, field.whole);
	if (header.len && (header.data[0] == '\n' || header.data[0] == '\r'))
		(void)add_lines(s, &o->fields, blank);
	cut(o, section, o->fields.len);
	isrv_w_literal(&s->w, o->to - o->from, false);
	if (o->from < o->to)
		isrv_w_bytes(&s->w, o->fields.data + o->from, (size_t)(o->to - o->from));
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
		if (!reserve(s, &o->header, piece.len))
			break;
		isrv_buf_add(&o->header, &s->mem, piece.data, piece.len);
	}
	header_r->data = o->header.data;
	header_r->len = o->header.len;
	return ISRV_DONE;
}

static enum isrv_step step_fields(struct imapsrv_session *s, struct isrv_fetch_message *m,
                                  const struct isrv_fetch_section *section,
                                  struct isrv_fetch_output *o)
{
	struct imapsrv_span header;
	enum isrv_step step = read_header(s, m, o, &header);

	if (step != ISRV_DONE || s->error)
		return step;
	choose_fields(s, section, o, header);
	return finish(o);
}

/* ---- decoded octets ------------------------------------------------------------------------ */

static bool begin_pass(struct imapsrv_session *s, struct isrv_fetch_message *m,
                       struct isrv_fetch_output *o)
{
	if (!o->decoded)
		o->decoded = isrv_arena_alloc(&s->arena, DECODED);
	if (!o->decoded) {
		isrv_session_fail(s, IMAPSRV_ENOMEM);
		return false;
	}
	isrv_decoder_init(&o->decoder, o->decoder.encoding);
	isrv_body_seek(&m->body, o->extent.wire, o->extent.host);
	o->piece.len = 0;
	o->size = 0;
	return true;
}

/* The next decoded octets; *len_r 0 at the end. */
static enum isrv_step decode(struct imapsrv_session *s, struct isrv_fetch_message *m,
                             struct isrv_fetch_output *o, size_t *len_r)
{
	enum isrv_step step;
	uint64_t done, left;
	size_t taken;

	*len_r = 0;
	while (!*len_r) {
		done = isrv_body_done(&m->body);
		if (!o->piece.len && done < o->extent.wire_end) {
			step = isrv_body_next(s, &m->body, &o->piece);
			if (step != ISRV_DONE)
				return step;
			left = o->extent.wire_end - done;
			if (o->piece.len > left)
				o->piece.len = (size_t)left;
			if (s->error || m->body.failed || !o->piece.len) {
				isrv_session_fail(s, IMAPSRV_EHOST);
				return ISRV_DONE;
			}
		}
		isrv_decoder_run(&o->decoder, o->piece.data, o->piece.len, &taken, o->decoded, DECODED,
		                 len_r);
		if (!o->piece.len)
			return ISRV_DONE; /* the end was told */
		o->piece.data += taken;
		o->piece.len -= taken;
	}
	return ISRV_DONE;
}

static enum isrv_step step_count(struct imapsrv_session *s, struct isrv_fetch_message *m,
                                 const struct isrv_fetch_section *section,
                                 struct isrv_fetch_output *o)
{
	enum isrv_step step;
	size_t len = 1;

	while (len) {
		step = decode(s, m, o, &len);
		if (step != ISRV_DONE || s->error)
			return step;
		o->nul = o->nul || (len && memchr(o->decoded, '\0', len));
		o->size += len;
	}
	if (section->kind == ISRV_FETCH_BINARY_SIZE) {
		isrv_w_u64(&s->w, o->size);
		return finish(o);
	}
	cut(o, section, o->size);
	/* RFC 3516 4.2: literal8 where there is a NUL. */
	isrv_w_literal(&s->w, o->to - o->from, o->nul);
	o->at = AT_DECODE;
	(void)begin_pass(s, m, o);
	return ISRV_DONE;
}

static enum isrv_step step_decode(struct imapsrv_session *s, struct isrv_fetch_message *m,
                                  struct isrv_fetch_output *o)
{
	while (o->size < o->to) {
		enum isrv_step step;
		uint64_t start = o->size;
		size_t len, skip;

		if (isrv_session_full(s))
			return ISRV_OUTPUT;
		step = decode(s, m, o, &len);
		if (step != ISRV_DONE || s->error)
			return step;
		if (!len) {
			isrv_session_fail(s, IMAPSRV_EHOST);
			return ISRV_DONE;
		}
		o->size += len;
		skip = start < o->from ? (size_t)(o->from - start < len ? o->from - start : len) : 0;
		if (o->size > o->to)
			len -= (size_t)(o->size - o->to);
		if (skip < len)
			isrv_w_bytes(&s->w, o->decoded + skip, len - skip);
	}
	return finish(o);
}

/* Of o->extent: also where nothing is to be decoded, for a NUL among the octets has to be known
 * first. */
static enum isrv_step begin_count(struct imapsrv_session *s, struct isrv_fetch_message *m,
                                  struct isrv_fetch_output *o, enum isrv_encoding encoding)
{
	o->decoder.encoding = encoding;
	o->nul = false;
	o->at = AT_COUNT;
	(void)begin_pass(s, m, o);
	return ISRV_DONE;
}

static enum isrv_step begin_binary(struct imapsrv_session *s, struct isrv_fetch_message *m,
                                   const struct isrv_fetch_section *section,
                                   struct isrv_fetch_output *o)
{
	struct isrv_part_info info;
	enum isrv_encoding encoding;

	if (!find_part(m, section, &info, &encoding)) {
		isrv_w_cstr(&s->w, section->kind == ISRV_FETCH_BINARY_SIZE ? "0" : "NIL");
		return finish(o);
	}
	o->extent = info.body;
	return begin_count(s, m, o, encoding);
}

/* ---- a section ----------------------------------------------------------------------------- */

static bool is_whole(const struct isrv_fetch_section *section)
{
	return !section->number_count && section->text == ISRV_SECTION_WHOLE;
}

static enum isrv_step begin(struct imapsrv_session *s, struct isrv_fetch_message *m,
                            const struct isrv_fetch_section *section, struct isrv_fetch_output *o)
{
	isrv_fetch_put_name(&s->w, section);
	ISRV_W(&s->w, " ");
	if (is_whole(section)) {
		o->extent = (struct isrv_extent){0, m->body.wire, 0, isrv_body_octets(&m->body)};
		if (section->kind == ISRV_FETCH_BINARY_SIZE) {
			isrv_w_u64(&s->w, m->body.wire);
			return finish(o);
		}
		return is_binary(section) ? begin_count(s, m, o, ISRV_ENCODING_IDENTITY)
		                          : begin_octets(s, m, section, o);
	}
	if (is_binary(section))
		return begin_binary(s, m, section, o);
	if (!isrv_description_find(&m->description, section->numbers, section->number_count,
	                           section->text, &o->extent)) {
		ISRV_W(&s->w, "NIL"); /* RFC 9051 7.5.2: there is no such section */
		return finish(o);
	}
	if (section->text != ISRV_SECTION_FIELDS && section->text != ISRV_SECTION_FIELDS_NOT)
		return begin_octets(s, m, section, o);
	o->header.len = 0;
	isrv_body_seek(&m->body, o->extent.wire, o->extent.host);
	o->at = AT_HEADER;
	return ISRV_DONE;
}

enum isrv_step isrv_fetch_put_section(struct imapsrv_session *s, struct isrv_fetch_message *m,
                                      const struct isrv_fetch_section *section,
                                      struct isrv_fetch_output *o)
{
	enum isrv_step step = ISRV_DONE;

	if (o->at == AT_START) {
		begin(s, m, section, o);
		if (o->at == AT_START || s->error)
			return ISRV_DONE;
	}
	while (step == ISRV_DONE && o->at != AT_START && !s->error) {
		switch (o->at) {
		case AT_OCTETS:
			step = isrv_body_put(s, &m->body, o->from, o->to);
			if (step == ISRV_DONE)
				o->at = AT_START;
			break;
		case AT_HEADER:
			step = step_fields(s, m, section, o);
			break;
		case AT_COUNT:
			step = step_count(s, m, section, o);
			break;
		default:
			step = step_decode(s, m, o);
			break;
		}
	}
	return step;
}
