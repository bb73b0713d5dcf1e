/* SPDX-License-Identifier: MIT */
/*
 * Nothing here trusts a length: what is read ends at the end of the octets, and memory is taken
 * only for what was really there.  Numbers have one form each, the shortest.
 */
#include "base/pack.h"

#include <string.h>

#include "base/ascii.h"
#include "base/utf8.h"

void isrv_pack_init(struct isrv_pack *p, void *data, size_t size)
{
	p->data = data;
	p->size = data ? size : 0;
	p->len = 0;
}

void isrv_pack_raw(struct isrv_pack *p, const void *data, size_t len)
{
	if (len && p->len <= p->size && len <= p->size - p->len)
		memcpy(p->data + p->len, data, len);
	p->len += len;
}

void isrv_pack_u64(struct isrv_pack *p, uint64_t n)
{
	char octets[10];
	size_t len = 0;

	while (n > 0x7f) {
		octets[len++] = (char)(0x80 | (n & 0x7f));
		n >>= 7;
	}
	octets[len++] = (char)n;
	isrv_pack_raw(p, octets, len);
}

void isrv_pack_span(struct isrv_pack *p, struct imapsrv_span span)
{
	isrv_pack_u64(p, span.len);
	isrv_pack_raw(p, span.data, span.len);
}

void isrv_pack_range(struct isrv_pack *p, struct imapsrv_range range, uint32_t *after)
{
	isrv_pack_u64(p, range.first - *after);
	isrv_pack_u64(p, range.last - range.first);
	*after = range.last;
}

void isrv_pack_range_end(struct isrv_pack *p)
{
	isrv_pack_u64(p, 0);
}

void isrv_pack_set(struct isrv_pack *p, struct imapsrv_set set)
{
	uint32_t after = 0;

	for (size_t i = 0; i < set.count; i++)
		isrv_pack_range(p, set.ranges[i], &after);
	isrv_pack_range_end(p);
}

void isrv_pack_patch(struct isrv_pack *p, size_t at, uint32_t n)
{
	unsigned char octets[ISRV_PACK_PATCH];

	for (size_t i = 0; i < ISRV_PACK_PATCH; i++)
		octets[i] = (unsigned char)(n >> 8 * i);
	if (p->len <= p->size)
		memcpy(p->data + at, octets, sizeof(octets));
}

/* ---- back ---------------------------------------------------------------------------------- */

void isrv_unpack_init(struct isrv_unpack *u, const void *data, size_t len)
{
	u->at = data;
	u->end = u->at ? u->at + len : NULL;
	u->error = 0;
}

void isrv_unpack_fail(struct isrv_unpack *u, int error)
{
	if (!u->error)
		u->error = error;
	u->at = u->end;
}

struct imapsrv_span isrv_unpack_raw(struct isrv_unpack *u, size_t len)
{
	struct imapsrv_span span = {u->at, len};

	if (len > (size_t)(u->end - u->at)) {
		isrv_unpack_fail(u, IMAPSRV_EINVAL);
		span.len = 0;
	}
	u->at += span.len;
	return span;
}

uint64_t isrv_unpack_u64(struct isrv_unpack *u)
{
	uint64_t n = 0;
	unsigned char octet;
	unsigned shift = 0;

	do {
		if (u->at == u->end)
			break;
		octet = (unsigned char)*u->at++;
		n |= (uint64_t)(octet & 0x7f) << shift;
		if (!(octet & 0x80) && (octet || !shift) && (shift < 63 || octet == 1))
			return n;
		shift += 7;
	} while (octet & 0x80 && shift <= 63);
	isrv_unpack_fail(u, IMAPSRV_EINVAL);
	return 0;
}

uint64_t isrv_unpack_upto(struct isrv_unpack *u, uint64_t max)
{
	uint64_t n = isrv_unpack_u64(u);

	if (n <= max)
		return n;
	isrv_unpack_fail(u, IMAPSRV_EINVAL);
	return 0;
}

struct imapsrv_span isrv_unpack_span(struct isrv_unpack *u)
{
	return isrv_unpack_raw(u, (size_t)isrv_unpack_upto(u, (uint64_t)(u->end - u->at)));
}

struct imapsrv_span isrv_unpack_name(struct isrv_unpack *u)
{
	static const char inbox[] = "INBOX";
	struct imapsrv_span name = isrv_unpack_span(u);
	bool is_inbox = isrv_ascii_is(name.data, name.len, inbox);

	if (name.len && (!isrv_utf8_is_name(name.data, name.len) ||
	                 (is_inbox && memcmp(name.data, inbox, name.len) != 0))) {
		isrv_unpack_fail(u, IMAPSRV_EINVAL);
		name.len = 0;
	}
	return name;
}

bool isrv_unpack_range(struct isrv_unpack *u, uint32_t *after, struct imapsrv_range *range_r)
{
	uint64_t first = isrv_unpack_u32(u), last;

	if (!first)
		return false;
	first += *after;
	last = first + isrv_unpack_u32(u);
	/* Ranges do not touch. */
	if (last > UINT32_MAX || u->error || (*after && first == (uint64_t)*after + 1)) {
		isrv_unpack_fail(u, IMAPSRV_EINVAL);
		return false;
	}
	range_r->first = (uint32_t)first;
	range_r->last = *after = (uint32_t)last;
	return true;
}

void isrv_unpack_set(struct isrv_unpack *u, struct isrv_mem *mem, struct isrv_uidset *set)
{
	uint32_t max = set->max;
	struct imapsrv_range range;
	uint32_t after = 0;

	set->max = UINT32_MAX;
	while (isrv_unpack_range(u, &after, &range))
		if (!isrv_uidset_add(set, mem, range.first, range.last))
			isrv_unpack_fail(u, IMAPSRV_ENOMEM);
	set->max = max;
}

uint32_t isrv_unpack_fixed(struct isrv_unpack *u)
{
	struct imapsrv_span raw = isrv_unpack_raw(u, ISRV_PACK_PATCH);
	uint32_t n = 0;

	for (size_t i = raw.len; i-- > 0;)
		n = n << 8 | (unsigned char)raw.data[i];
	return n;
}
