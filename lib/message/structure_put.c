/* SPDX-License-Identifier: MIT */
/*
 * The end of a parse: rows and texts put together as message/description_format says.  The same
 * message gives the same octets, however it was cut.
 */
#include "message/structure_state.h"

void isrv_structure_as_is(struct isrv_structure *st)
{
	st->as_is = true;
}

static uint64_t on_wire(const struct isrv_structure *st, const struct isrv_place *place)
{
	return st->as_is ? place->host : place->wire;
}

static void put_row(const struct isrv_structure *st, unsigned char *row,
                    const struct isrv_structure_part *part, size_t width)
{
	uint64_t fields[ISRV_ROW_FIELDS];

	fields[ISRV_ROW_HEADER] = on_wire(st, &part->header);
	fields[ISRV_ROW_BODY] = on_wire(st, &part->body);
	fields[ISRV_ROW_END] = on_wire(st, &part->end);
	fields[ISRV_ROW_HEADER_HOST] = part->header.host;
	fields[ISRV_ROW_BODY_HOST] = part->body.host;
	fields[ISRV_ROW_END_HOST] = part->end.host;
	fields[ISRV_ROW_LINES] = part->end.lines - part->body.lines;
	fields[ISRV_ROW_NEXT] = (uint64_t)part->next << 3 | (part->top ? ISRV_PART_TOP : 0) |
	                        part->kind;
	fields[ISRV_ROW_TEXT] = part->text;
	for (size_t i = 0; i < ISRV_ROW_FIELDS; i++)
		isrv_format_put(row + i * width, fields[i], width);
}

static void put_head(const struct isrv_structure *st, unsigned char *p, size_t len, bool wide)
{
	memcpy(p, ISRV_DESCRIPTION_MAGIC, 4);
	p[ISRV_HEAD_VERSION] = ISRV_DESCRIPTION_VERSION;
	p[ISRV_HEAD_FLAGS] = (unsigned char)((st->truncated ? ISRV_DESCRIPTION_TRUNCATED : 0) |
	                                     (wide ? ISRV_DESCRIPTION_WIDE : 0));
	isrv_format_put(p + ISRV_HEAD_PARTS, st->part_count, 4);
	isrv_format_put(p + ISRV_HEAD_TEXTS, st->texts.len, 4);
	isrv_format_put(p + ISRV_HEAD_WIRE, on_wire(st, &st->at), 8);
	isrv_format_put(p + ISRV_HEAD_HOST, st->at.host, 8);
	isrv_format_put(p + ISRV_HEAD_SUM, isrv_format_sum(p, len), 8);
}

bool isrv_structure_finish(struct isrv_structure *st, struct imapsrv_span *description_r)
{
	size_t rows, len, width;
	unsigned char *p;
	bool wide;

	if (!isrv_structure_end(st))
		return false;
	wide = st->at.wire > UINT32_MAX;
	width = wide ? 8 : 4;
	rows = st->part_count * isrv_format_row(wide);
	len = (size_t)isrv_format_size(ISRV_HEAD_SIZE + rows + st->texts.len);
	if (!isrv_buf_reserve(&st->out, st->mem, len))
		return false;
	p = (unsigned char *)st->out.data;
	memset(p, 0, len);
	for (uint32_t i = 0; i < st->part_count; i++)
		put_row(st, p + ISRV_HEAD_SIZE + i * isrv_format_row(wide), &st->parts[i], width);
	if (st->texts.len)
		memcpy(p + ISRV_HEAD_SIZE + rows, st->texts.data, st->texts.len);
	put_head(st, p, len, wide);
	st->out.len = len;
	description_r->data = st->out.data;
	description_r->len = len;
	return true;
}
