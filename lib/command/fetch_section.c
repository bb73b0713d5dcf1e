/* SPDX-License-Identifier: MIT */
/*
 * command/fetch_section - where a section lies is the description's to say; here its octets are
 * fetched, filtered or decoded, cut to the part that was asked for, and written as a literal of
 * exactly the announced length.
 */
#include "command/fetch_section.h"

#include "command/fetch_fields.h"

enum {
	AT_START,
	AT_OCTETS,  /* as they are                             */
	AT_HEADER,  /* a header block is read, to choose fields */
	AT_COUNT,   /* decoded octets are counted               */
	AT_DECODE   /* and written                              */
};

#define DECODED 4096u
#define HEADER_KEPT 65536u /* octets of memory that are kept for the next header */

void isrv_fetch_output_init(struct isrv_fetch_output *o, size_t arena)
{
	isrv_buf_init(&o->header, arena / 4 + 1);
	isrv_buf_init(&o->fields, arena / 4);
}

void isrv_fetch_output_clear(struct isrv_fetch_output *o, struct isrv_mem *mem)
{
	isrv_buf_clear(&o->header, mem);
	isrv_buf_clear(&o->fields, mem);
}

uint64_t isrv_fetch_finding(const struct isrv_fetch_message *m,
                            const struct isrv_fetch_section *section)
{
	uint64_t parts = 0;

	for (size_t i = 0; i < section->number_count && m->described; i++)
		parts += section->numbers[i];
	return 1 + (m->described && parts > m->description.parts ? m->description.parts : parts);
}

/* The part that BINARY names, and how it is encoded.  False: there is none. */
static bool find_part(const struct isrv_fetch_message *m, const struct isrv_fetch_section *section,
                      struct isrv_part_info *info_r, enum isrv_encoding *encoding_r)
{
	if (!isrv_description_part(&m->description, section->numbers, section->number_count,
	                           info_r))
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

	return !isrv_fetch_is_binary(section) || !section->number_count ||
	       !find_part(m, section, &info, &encoding) || encoding != ISRV_ENCODING_UNKNOWN;
}

static enum isrv_step finish(struct isrv_fetch_output *o)
{
	o->at = AT_START;
	return ISRV_DONE;
}

/* There is no such section (RFC 9051 7.5.2), or the host has no longer given it: a line that has
 * begun cannot be taken back. */
static enum isrv_step put_nothing(struct imapsrv_session *s,
                                  const struct isrv_fetch_section *section,
                                  struct isrv_fetch_output *o)
{
	isrv_w_cstr(&s->w, section->kind == ISRV_FETCH_BINARY_SIZE ? "0" : "NIL");
	return finish(o);
}

/* ---- octets as they are -------------------------------------------------------------------- */

static enum isrv_step begin_octets(struct imapsrv_session *s, struct isrv_fetch_message *m,
                                   const struct isrv_fetch_section *section,
                                   struct isrv_fetch_output *o)
{
	isrv_fetch_cut(o, section, o->extent.wire_end - o->extent.wire);
	o->from += o->extent.wire;
	o->to += o->extent.wire;
	isrv_w_literal(&s->w, o->to - o->from, false);
	isrv_body_seek(&m->body, o->extent.wire, o->extent.host);
	o->at = AT_OCTETS;
	return ISRV_DONE;
}

/* ---- chosen fields ------------------------------------------------------------------------- */

static enum isrv_step step_fields(struct imapsrv_session *s, struct isrv_fetch_message *m,
                                  const struct isrv_fetch_section *section,
                                  struct isrv_fetch_output *o)
{
	enum isrv_step step = isrv_fetch_choose_fields(s, m, section, o);

	if (step != ISRV_DONE || s->error)
		return step;
	if (o->header.cap > HEADER_KEPT)
		isrv_buf_clear(&o->header, &s->mem);
	if (m->body.failed)
		return put_nothing(s, section, o);
	isrv_fetch_cut(o, section, o->fields.len);
	isrv_w_literal(&s->w, o->to - o->from, false);
	if (o->from < o->to)
		isrv_w_bytes(&s->w, o->fields.data + o->from, (size_t)(o->to - o->from));
	return finish(o);
}

/* ---- decoded octets ------------------------------------------------------------------------ */

static bool begin_pass(struct imapsrv_session *s, struct isrv_fetch_message *m,
                       struct isrv_fetch_output *o)
{
	if (!o->decoded) /* half a literal may be out */
		o->decoded = isrv_arena_zalloc_over(&s->arena, DECODED);
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

/* There are no more octets, though there should be. */
static void cut_short(struct imapsrv_session *s, struct isrv_fetch_message *m)
{
	if (s->result.code == IMAPSRV_OK) {
		isrv_session_fault(s, "a body that is not as long as it was");
		s->result.code = IMAPSRV_SERVERBUG;
		s->result.text = "";
	}
	m->body.failed = true;
}

/* The next decoded octets; *len_r 0 at the end, or where the body has failed. */
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
			if (step != ISRV_DONE || s->error)
				return step;
			left = o->extent.wire_end - done;
			if (o->piece.len > left)
				o->piece.len = (size_t)left;
			if (m->body.failed || !o->piece.len) {
				cut_short(s, m);
				return ISRV_DONE;
			}
		}
		isrv_decoder_run(&o->decoder, o->piece.data, o->piece.len, &taken, o->decoded,
		                 DECODED, len_r);
		s->steps += taken;
		if (!o->piece.len)
			return ISRV_DONE; /* the end was told */
		o->piece.data += taken;
		o->piece.len -= taken;
	}
	return ISRV_DONE;
}

/* One pass, to know how many they are and whether there is a NUL. */
static enum isrv_step count(struct imapsrv_session *s, struct isrv_fetch_message *m,
                            struct isrv_fetch_output *o)
{
	enum isrv_step step;
	size_t len = 1;

	while (len) {
		if (isrv_session_turn_over(s))
			return ISRV_YIELD;
		step = decode(s, m, o, &len);
		if (step != ISRV_DONE || s->error)
			return step;
		o->nul = o->nul || (len && memchr(o->decoded, '\0', len));
		o->size += len;
		for (size_t i = 0; o->counts_lines && i < len; i++)
			o->lines += o->decoded[i] == '\n';
	}
	return ISRV_DONE;
}

static enum isrv_step step_count(struct imapsrv_session *s, struct isrv_fetch_message *m,
                                 const struct isrv_fetch_section *section,
                                 struct isrv_fetch_output *o)
{
	enum isrv_step step = count(s, m, o);

	if (step != ISRV_DONE || s->error)
		return step;
	if (m->body.failed)
		return put_nothing(s, section, o);
	if (section->kind == ISRV_FETCH_BINARY_SIZE) {
		isrv_w_u64(&s->w, o->size);
		return finish(o);
	}
	isrv_fetch_cut(o, section, o->size);
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
			isrv_body_lost(s);
			return ISRV_DONE;
		}
		o->size += len;
		skip = start < o->from ? (size_t)(o->from - start < len ? o->from - start : len)
		                       : 0;
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

	if (!find_part(m, section, &info, &encoding))
		return put_nothing(s, section, o);
	o->extent = info.body;
	return begin_count(s, m, o, encoding);
}

/* ---- a section ----------------------------------------------------------------------------- */

static enum isrv_step begin(struct imapsrv_session *s, struct isrv_fetch_message *m,
                            const struct isrv_fetch_section *section, struct isrv_fetch_output *o)
{
	if (m->body.failed)
		return put_nothing(s, section, o);
	if (isrv_fetch_is_whole(section)) {
		(void)isrv_fetch_find(m, section, o);
		if (section->kind == ISRV_FETCH_BINARY_SIZE) {
			isrv_w_u64(&s->w, m->body.wire);
			return finish(o);
		}
		return isrv_fetch_is_binary(section) ? begin_count(s, m, o, ISRV_ENCODING_IDENTITY)
		                          : begin_octets(s, m, section, o);
	}
	if (isrv_fetch_is_binary(section))
		return begin_binary(s, m, section, o);
	if (!isrv_fetch_find(m, section, o))
		return put_nothing(s, section, o);
	if (!isrv_fetch_has_fields(section))
		return begin_octets(s, m, section, o);
	isrv_fetch_begin_fields(m, o);
	o->at = AT_HEADER;
	return ISRV_DONE;
}

bool isrv_fetch_is_encoded(const struct isrv_fetch_message *m,
                           const struct isrv_fetch_section *section)
{
	struct isrv_part_info info;
	enum isrv_encoding encoding;

	return section->number_count && find_part(m, section, &info, &encoding) &&
	       encoding != ISRV_ENCODING_IDENTITY;
}

enum isrv_step isrv_fetch_count(struct imapsrv_session *s, struct isrv_fetch_message *m,
                                const struct isrv_fetch_section *section,
                                struct isrv_fetch_output *o)
{
	enum isrv_step step;

	if (o->at == AT_START) {
		o->counts_lines = true;
		o->lines = 0;
		(void)begin_binary(s, m, section, o);
	}
	step = s->error ? ISRV_DONE : count(s, m, o);
	if (step == ISRV_DONE) {
		o->counts_lines = false;
		o->at = AT_START;
	}
	return step;
}

enum isrv_step isrv_fetch_put_octets(struct imapsrv_session *s, struct isrv_fetch_message *m,
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
