/* SPDX-License-Identifier: MIT */
/*
 * Records: writing and reading of their octets.  Reading believes nothing: whatever passes the
 * checks may still have been made by somebody else, so that sets are in order, UIDs and numbers in
 * range, and counts are not above what the octets that follow can hold before memory is taken.
 */
#include "ledger/record.h"

#include <string.h>

#include "base/uidset.h"
#include "base/crc.h"

static void put_word(unsigned char *to, uint32_t word)
{
	int i;

	for (i = 0; i < 4; i++)
		to[i] = (unsigned char)(word >> 8 * i);
}

static uint32_t get_word(const unsigned char *from)
{
	uint32_t word = 0;
	int i;

	for (i = 0; i < 4; i++)
		word |= (uint32_t)from[i] << 8 * i;
	return word;
}

/* ---- writing -------------------------------------------------------------------------------- */

void isrv_record_init(struct isrv_record *record)
{
	isrv_buf_init(&record->buf, ISRV_RECORD_HEADER + ISRV_RECORD_MAX);
	record->failed = false;
}

void isrv_record_clear(struct isrv_record *record, struct isrv_mem *mem)
{
	isrv_buf_clear(&record->buf, mem);
}

static void put(struct isrv_record *record, struct isrv_mem *mem, const void *octets, size_t len)
{
	if (!record->failed)
		record->failed = !isrv_buf_add(&record->buf, mem, octets, len);
}

void isrv_record_begin(struct isrv_record *record, struct isrv_mem *mem)
{
	static const char header[ISRV_RECORD_HEADER];

	record->buf.len = 0;
	record->failed = false;
	put(record, mem, header, sizeof(header));
}

uint32_t isrv_record_end(struct isrv_record *record, enum isrv_record_type type, uint32_t chain)
{
	unsigned char *header = (unsigned char *)record->buf.data;
	size_t len = record->buf.len - ISRV_RECORD_HEADER;
	uint32_t check;

	put_word(header, (uint32_t)len);
	put_word(header + 4, (uint32_t)type);
	put_word(header + 8, isrv_crc_add(0, header + ISRV_RECORD_HEADER, len));
	check = isrv_crc_add(chain, header, 12);
	put_word(header + 12, check);
	return check;
}

void isrv_record_number(struct isrv_record *record, struct isrv_mem *mem, uint64_t number)
{
	unsigned char octets[10];
	size_t len = 0;

	for (; number > 0x7f; number >>= 7)
		octets[len++] = (unsigned char)(number & 0x7f) | 0x80;
	octets[len++] = (unsigned char)number;
	put(record, mem, octets, len);
}

void isrv_record_fixed(struct isrv_record *record, struct isrv_mem *mem, uint64_t number)
{
	unsigned char octets[8];

	put_word(octets, (uint32_t)number);
	put_word(octets + 4, (uint32_t)(number >> 32));
	put(record, mem, octets, sizeof(octets));
}

static void put_set(struct isrv_record *record, struct isrv_mem *mem, struct imapsrv_set set)
{
	uint32_t before = 0;
	size_t i;

	isrv_record_number(record, mem, set.count);
	for (i = 0; i < set.count; i++) {
		struct imapsrv_range range = set.ranges[i];

		isrv_record_number(record, mem, range.first - before);
		isrv_record_number(record, mem, range.last - range.first);
		before = range.last;
	}
}

/*
 * modseq, gone, touched, count of rows, (UID - the one before, fingerprint)...; a set is the count
 * of its ranges, (first - last of the one before, last - first)...
 */
void isrv_change_put(struct isrv_record *record, struct isrv_mem *mem,
                     const struct isrv_change *change)
{
	uint32_t before = 0;
	size_t i;

	isrv_record_number(record, mem, change->modseq);
	put_set(record, mem, change->gone);
	put_set(record, mem, change->touched);
	isrv_record_number(record, mem, change->row_count);
	for (i = 0; i < change->row_count; i++) {
		const struct imapsrv_ledger_row *row = &change->rows[i];

		isrv_record_number(record, mem, row->uid - before);
		isrv_record_fixed(record, mem, row->fingerprint);
		before = row->uid;
	}
}

/* ---- reading -------------------------------------------------------------------------------- */

bool isrv_record_head(const void *data, uint32_t chain, struct isrv_record_head *head_r)
{
	const unsigned char *header = data;

	head_r->len = get_word(header);
	head_r->type = get_word(header + 4);
	head_r->payload_check = get_word(header + 8);
	head_r->check = get_word(header + 12);
	return head_r->check == isrv_crc_add(chain, header, 12) && head_r->len <= ISRV_RECORD_MAX;
}

static uint64_t give_up(struct isrv_payload *payload)
{
	payload->bad = true;
	payload->at = payload->end;
	return 0;
}

uint64_t isrv_payload_number(struct isrv_payload *payload)
{
	uint64_t number = 0;
	unsigned shift;

	for (shift = 0; shift < 63 && payload->at < payload->end; shift += 7) {
		unsigned char octet = *payload->at++;

		number |= (uint64_t)(octet & 0x7f) << shift;
		if (!(octet & 0x80))
			return number;
	}
	/* No number in a ledger has more than 63 bits. */
	return give_up(payload);
}

uint64_t isrv_payload_upto(struct isrv_payload *payload, uint64_t max)
{
	uint64_t number = isrv_payload_number(payload);

	return number <= max ? number : give_up(payload);
}

uint64_t isrv_payload_fixed(struct isrv_payload *payload)
{
	uint64_t number;

	if (payload->end - payload->at < 8)
		return give_up(payload);
	number = get_word(payload->at) | (uint64_t)get_word(payload->at + 4) << 32;
	payload->at += 8;
	return number;
}

/* A count of things of at least `unit` octets each that follow. */
static size_t read_count(struct isrv_payload *payload, size_t unit)
{
	uint64_t count = isrv_payload_number(payload);

	if (count > (size_t)(payload->end - payload->at) / unit)
		return (size_t)give_up(payload);
	return (size_t)count;
}

static bool room_ranges(struct isrv_change_room *room, struct isrv_mem *mem, size_t count)
{
	size_t unit = sizeof(*room->ranges);
	struct imapsrv_range *grown;

	if (count <= room->range_cap)
		return true;
	grown = isrv_mem_realloc(mem, room->ranges, room->range_cap * unit, count * unit);
	if (!grown)
		return false;
	room->ranges = grown;
	room->range_cap = count;
	return true;
}

bool isrv_change_room_rows(struct isrv_change_room *room, struct isrv_mem *mem, size_t count)
{
	size_t unit = sizeof(*room->rows);
	struct imapsrv_ledger_row *grown;

	if (count <= room->row_cap)
		return true;
	grown = isrv_mem_realloc(mem, room->rows, room->row_cap * unit, count * unit);
	if (!grown)
		return false;
	room->rows = grown;
	room->row_cap = count;
	return true;
}

void isrv_change_room_clear(struct isrv_change_room *room, struct isrv_mem *mem)
{
	isrv_mem_free(mem, room->ranges, room->range_cap * sizeof(*room->ranges));
	isrv_mem_free(mem, room->rows, room->row_cap * sizeof(*room->rows));
	memset(room, 0, sizeof(*room));
}

/* Appends a set to the ranges; false if memory is short. */
static bool read_set(struct isrv_payload *payload, struct isrv_mem *mem,
                     struct isrv_change_room *room, size_t begin, size_t *count_r)
{
	size_t count = read_count(payload, 2), i;
	uint32_t before = 0;

	*count_r = count;
	if (!room_ranges(room, mem, begin + count))
		return false;
	for (i = 0; i < count; i++) {
		struct imapsrv_range *range = &room->ranges[begin + i];

		range->first = before + (uint32_t)isrv_payload_upto(payload, UINT32_MAX - before);
		range->last = range->first +
		              (uint32_t)isrv_payload_upto(payload, UINT32_MAX - range->first);
		before = range->last;
	}
	return true;
}

static bool read_rows(struct isrv_payload *payload, struct isrv_mem *mem,
                      struct isrv_change_room *room, struct isrv_change *change)
{
	uint32_t before = 0;
	size_t i;

	change->row_count = read_count(payload, 9);
	if (!isrv_change_room_rows(room, mem, change->row_count))
		return false;
	for (i = 0; i < change->row_count; i++) {
		struct imapsrv_ledger_row *row = &room->rows[i];
		uint32_t step = (uint32_t)isrv_payload_upto(payload, UINT32_MAX - before);

		row->uid = before + step;
		row->fingerprint = isrv_payload_fixed(payload);
		row->modseq = 0;
		/* Strictly ascending, from 1, and not gone as well. */
		if (!step || isrv_uidset_has(change->gone, row->uid))
			payload->bad = true;
		before = row->uid;
	}
	change->rows = room->rows;
	return true;
}

enum isrv_change_read isrv_change_read(struct isrv_payload *payload, struct isrv_mem *mem,
                                       struct isrv_change_room *room, struct isrv_change *change_r)
{
	size_t gone, touched;

	memset(change_r, 0, sizeof(*change_r));
	change_r->modseq = isrv_payload_number(payload);
	if (!read_set(payload, mem, room, 0, &gone) ||
	    !read_set(payload, mem, room, gone, &touched))
		return ISRV_CHANGE_NOMEM;
	change_r->gone = (struct imapsrv_set){room->ranges, gone};
	if (touched)
		change_r->touched = (struct imapsrv_set){room->ranges + gone, touched};
	if (payload->bad || !isrv_uidset_is_valid(change_r->gone) ||
	    !isrv_uidset_is_valid(change_r->touched))
		return ISRV_CHANGE_BAD;
	if (!read_rows(payload, mem, room, change_r))
		return ISRV_CHANGE_NOMEM;
	return payload->bad || payload->at < payload->end ? ISRV_CHANGE_BAD : ISRV_CHANGE_OK;
}
