/* SPDX-License-Identifier: MIT */
/* "A range 500:400 is the same as 400:500", and -500:-400 likewise (RFC 9394 4). */
#include "command/partial.h"

static bool parse_place(struct isrv_reader *r, bool from_end, uint32_t *place_r)
{
	return (!from_end || isrv_rd_char(r, '-')) && isrv_rd_nz_number(r, place_r);
}

bool isrv_partial_parse(struct isrv_reader *r, struct isrv_partial *partial_r)
{
	partial_r->from_end = isrv_rd_peek(r) == '-';
	return parse_place(r, partial_r->from_end, &partial_r->first) && isrv_rd_char(r, ':') &&
	       parse_place(r, partial_r->from_end, &partial_r->last);
}

void isrv_partial_put(struct isrv_writer *w, const struct isrv_partial *partial)
{
	const char *sign = partial->from_end ? "-" : "";

	isrv_w_cstr(w, sign);
	isrv_w_u32(w, partial->first);
	ISRV_W(w, ":");
	isrv_w_cstr(w, sign);
	isrv_w_u32(w, partial->last);
}

bool isrv_partial_of(const struct isrv_partial *partial, uint32_t count, uint32_t *first_r,
                     uint32_t *last_r)
{
	uint32_t low = partial->first < partial->last ? partial->first : partial->last;
	uint32_t high = partial->first < partial->last ? partial->last : partial->first;

	if (low > count)
		return false;
	if (high > count)
		high = count;
	*first_r = partial->from_end ? count - high + 1 : low;
	*last_r = partial->from_end ? count - low + 1 : high;
	return true;
}
