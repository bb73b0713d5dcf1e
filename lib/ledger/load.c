/* SPDX-License-Identifier: MIT */
/*
 * Opening a ledger: which slot counts, what its records say, and where they end.
 *
 * Three kinds of end.  Clean: the octets end with a record.  Torn: they end within one, or go on
 * with nothing but zeros (a file system that made the file longer and then lost power); that is
 * what a crash does to an append which had not returned.  Damaged: anything else, and also an image
 * without its END when there is no other slot to go back to.
 */
#include <string.h>

#include "base/crc.h"
#include "ledger/ledger.h"

enum {
	CHUNK = 65536, /* octets that are read at a time */
	STUMP = 64     /* a slot that is shorter can have lost nothing but its creation */
};

/* A slot that is being read. */
struct source {
	struct imapsrv_ledger *ledger;
	unsigned slot;
	struct isrv_buf buf;
	size_t start;    /* what comes next in buf */
	uint64_t offset; /* and in the slot */
	bool ended;      /* there is nothing behind what buf has */
	int error;
};

enum end { END_CLEAN, END_TORN, END_DAMAGED };

struct slot {
	bool begun;          /* its BEGIN is good */
	bool whole;          /* its END as well */
	enum end end;
	uint64_t generation;
	uint64_t length;     /* octets that are good */
	uint64_t rest;       /* and the others */
	uint64_t image;      /* octets up to END */
	uint64_t tombstones; /* in the image */
	uint32_t last_uid;   /* in the image */
	uint32_t chain;
};

/* ---- reading -------------------------------------------------------------------------------- */

/* Makes n octets lie in the buffer, if there are so many; how many do. */
static size_t want(struct source *source, size_t n)
{
	struct isrv_buf *buf = &source->buf;
	struct imapsrv_ledger *ledger = source->ledger;

	while (buf->len - source->start < n && !source->ended) {
		size_t room, got = 0;

		if (source->start) {
			memmove(buf->data, buf->data + source->start, buf->len - source->start);
			buf->len -= source->start;
			source->start = 0;
		}
		/* By what is there already and not by what a length says that is to come. */
		room = buf->len > CHUNK ? buf->len : CHUNK;
		if (room > buf->max - buf->len)
			room = buf->max - buf->len;
		if (!isrv_buf_reserve(buf, &ledger->mem, room)) {
			source->error = IMAPSRV_ENOMEM;
			break;
		}
		ledger->busy = true;
		if (ledger->io.read(ledger->config.user, source->slot, source->offset + buf->len,
		                    buf->data + buf->len, room, &got) != 0 || got > room)
			source->error = IMAPSRV_EHOST;
		ledger->busy = false;
		if (source->error)
			break;
		buf->len += got;
		source->ended = got < room;
	}
	return buf->len - source->start;
}

static const void *front(const struct source *source)
{
	return source->buf.data + source->start;
}

static void skip(struct source *source, size_t n)
{
	source->start += n;
	source->offset += n;
}

/* Reads all that is left; whether it is nothing but zeros. */
static bool only_zeros(struct source *source)
{
	bool zeros = true;
	size_t n, i;

	while ((n = want(source, 1)) > 0) {
		const unsigned char *octets = front(source);

		for (i = 0; i < n && zeros; i++)
			zeros = octets[i] == 0;
		skip(source, n);
	}
	return zeros;
}

/* ---- what the records say: 1 good, 0 bad, or an error --------------------------------------- */

static bool at_end(const struct isrv_payload *payload)
{
	return !payload->bad && payload->at == payload->end;
}

static int read_begin(struct imapsrv_ledger *ledger, struct slot *slot,
                      struct isrv_payload *payload)
{
	uint64_t version = isrv_payload_number(payload);
	uint64_t generation = isrv_payload_number(payload);
	uint64_t uidvalidity = isrv_payload_upto(payload, UINT32_MAX);
	uint64_t highest = isrv_payload_number(payload);
	uint64_t floor = isrv_payload_upto(payload, highest);

	if (!at_end(payload) || version != ISRV_RECORD_VERSION || !generation || !uidvalidity ||
	    !highest)
		return 0;
	slot->begun = true;
	slot->generation = generation;
	isrv_ledger_forget(ledger, highest, (uint32_t)uidvalidity);
	ledger->base = 0;
	ledger->tombs.floor = floor;
	return 1;
}

static int read_rows(struct imapsrv_ledger *ledger, struct slot *slot, struct isrv_payload *payload)
{
	size_t count = (size_t)isrv_payload_upto(payload, ISRV_RECORD_MAX), i;
	uint32_t before = slot->last_uid;
	struct isrv_msgtab_spare spare;

	/* A row takes ten octets or more. */
	if (payload->bad || count > (size_t)(payload->end - payload->at) / 10)
		return 0;
	if (!isrv_change_room_rows(&ledger->room, &ledger->mem, count))
		return IMAPSRV_ENOMEM;
	for (i = 0; i < count; i++) {
		struct imapsrv_ledger_row *row = &ledger->room.rows[i];
		uint32_t step = (uint32_t)isrv_payload_upto(payload, UINT32_MAX - before);

		row->uid = before + step;
		row->modseq = ledger->highest - isrv_payload_upto(payload, ledger->highest - 1);
		row->fingerprint = isrv_payload_fixed(payload);
		if (!step)
			payload->bad = true;
		before = row->uid;
	}
	if (!at_end(payload))
		return 0;
	if (!isrv_msgtab_reserve(&ledger->tab, &ledger->mem, ledger->room.rows, count, &spare))
		return IMAPSRV_ENOMEM;
	isrv_msgtab_put(&ledger->tab, &ledger->mem, ledger->room.rows, count, 0, &spare);
	slot->last_uid = before;
	return 1;
}

static int read_tombs(struct imapsrv_ledger *ledger, struct slot *slot,
                      struct isrv_payload *payload)
{
	uint64_t count = isrv_payload_number(payload), before = 0;
	size_t known;
	const struct isrv_tomb *last = isrv_tombs_since(&ledger->tombs, 0, &known);

	if (last)
		before = last[known - 1].modseq;
	for (; count; count--) {
		uint64_t modseq = ledger->highest - isrv_payload_upto(payload, ledger->highest - 1);
		uint32_t first = (uint32_t)isrv_payload_upto(payload, UINT32_MAX);
		uint32_t more = (uint32_t)isrv_payload_upto(payload, UINT32_MAX - first);
		struct imapsrv_range range = {first, first + more};
		struct isrv_msgtab_place place = isrv_msgtab_seek(&ledger->tab, first);
		const struct isrv_msg *msg = isrv_msgtab_at(&ledger->tab, &place);

		/* In order, and not of a message that exists. */
		if (payload->bad || !first || modseq < before || (msg && msg->uid <= range.last))
			return 0;
		if (!isrv_tombs_reserve(&ledger->tombs, &ledger->mem, NULL, 0, 1))
			return IMAPSRV_ENOMEM;
		isrv_tombs_add(&ledger->tombs, (struct imapsrv_set){&range, 1}, modseq);
		slot->tombstones++;
		before = modseq;
	}
	return at_end(payload);
}

static int read_end(struct imapsrv_ledger *ledger, struct slot *slot, struct isrv_payload *payload)
{
	uint64_t messages = isrv_payload_number(payload);
	uint64_t tombstones = isrv_payload_number(payload);

	if (!at_end(payload) || messages != ledger->tab.messages ||
	    tombstones != slot->tombstones)
		return 0;
	slot->whole = true;
	return 1;
}

static int read_change(struct imapsrv_ledger *ledger, struct isrv_payload *payload)
{
	struct isrv_msgtab_spare spare;
	struct isrv_change change;

	switch (isrv_change_read(payload, &ledger->mem, &ledger->room, &change)) {
	case ISRV_CHANGE_NOMEM:
		return IMAPSRV_ENOMEM;
	case ISRV_CHANGE_BAD:
		return 0;
	case ISRV_CHANGE_OK:
		break;
	}
	if (change.modseq <= ledger->highest)
		return 0;
	if (!isrv_ledger_prepare(ledger, &change, &spare))
		return IMAPSRV_ENOMEM;
	isrv_ledger_apply(ledger, &change, &spare);
	return 1;
}

/* The records that are one number, or two. */
static int read_note(struct imapsrv_ledger *ledger, uint32_t type, struct isrv_payload *payload)
{
	uint64_t number = isrv_payload_number(payload);
	uint32_t uidvalidity = 0;

	if (type == ISRV_RECORD_RESET)
		uidvalidity = (uint32_t)isrv_payload_upto(payload, UINT32_MAX);
	if (!at_end(payload) || number < ledger->highest)
		return 0;
	switch (type) {
	case ISRV_RECORD_RESERVE:
		ledger->top = number;
		return 1;
	case ISRV_RECORD_SETTLE:
		if (number != ledger->highest)
			return 0;
		ledger->top = number;
		return 1;
	case ISRV_RECORD_RECOVER:
		if (number < ledger->top)
			return 0;
		isrv_ledger_recover(ledger, number);
		return 1;
	case ISRV_RECORD_RESET:
		if (number == ledger->highest || !uidvalidity)
			return 0;
		isrv_ledger_forget(ledger, number, uidvalidity);
		return 1;
	default:
		return 0;
	}
}

static int read_record(struct imapsrv_ledger *ledger, struct slot *slot, uint32_t type,
                       struct isrv_payload *payload)
{
	if (!slot->begun)
		return type == ISRV_RECORD_BEGIN ? read_begin(ledger, slot, payload) : 0;
	if (slot->whole)
		return type == ISRV_RECORD_CHANGE ? read_change(ledger, payload)
		                                  : read_note(ledger, type, payload);
	switch (type) {
	case ISRV_RECORD_ROWS:
		return read_rows(ledger, slot, payload);
	case ISRV_RECORD_TOMBS:
		return read_tombs(ledger, slot, payload);
	case ISRV_RECORD_END:
		return read_end(ledger, slot, payload);
	default:
		return 0;
	}
}

/* ---- slots ---------------------------------------------------------------------------------- */

/* The record at hand: 1 if it is good, and then it is behind us; 0 if slot->end says why not. */
static int next_record(struct source *source, struct slot *slot)
{
	struct isrv_record_head head;
	struct isrv_payload payload;
	size_t n = want(source, ISRV_RECORD_HEADER), len;
	int good;

	if (source->error || !n)
		return source->error;
	slot->end = END_TORN;
	if (n < ISRV_RECORD_HEADER)
		return 0;
	slot->end = END_DAMAGED;
	if (!isrv_record_head(front(source), slot->chain, &head))
		return 0;
	len = ISRV_RECORD_HEADER + (size_t)head.len;
	n = want(source, len);
	if (source->error)
		return source->error;
	if (n < len) {
		slot->end = END_TORN;
		return 0;
	}
	payload.at = (const unsigned char *)front(source) + ISRV_RECORD_HEADER;
	payload.end = payload.at + head.len;
	payload.bad = false;
	if (isrv_crc_add(0, payload.at, head.len) != head.payload_check)
		return 0;
	good = read_record(source->ledger, slot, head.type, &payload);
	if (good != 1)
		return good;
	slot->end = END_CLEAN;
	slot->chain = head.check;
	skip(source, len);
	slot->length = source->offset;
	if (!slot->image && slot->whole)
		slot->image = slot->length;
	return 1;
}

/* Reads a slot into the ledger, of which nothing else stays; or only how it begins. */
static int load_slot(struct imapsrv_ledger *ledger, unsigned number, bool whole, struct slot *slot)
{
	struct source source;
	int good;

	memset(&source, 0, sizeof(source));
	source.ledger = ledger;
	source.slot = number;
	memset(slot, 0, sizeof(*slot));
	isrv_ledger_forget(ledger, 1, 1);
	isrv_buf_init(&source.buf, ISRV_RECORD_HEADER + ISRV_RECORD_MAX + CHUNK);
	do
		good = next_record(&source, slot);
	while (good == 1 && whole);
	if (good == 0) {
		if (slot->end == END_DAMAGED && only_zeros(&source))
			slot->end = END_TORN;
		else if (slot->end == END_TORN)
			only_zeros(&source);
		slot->rest = source.offset - slot->length;
		good = source.error;
	}
	isrv_buf_clear(&source.buf, &ledger->mem);
	return good < 0 ? good : 0;
}

/*
 * The number above all that can have been given out.  Behind damage each record, of which none is
 * shorter than its header, can have reserved so many and no more.
 */
static uint64_t number_above(const struct imapsrv_ledger *ledger, const struct slot *slot)
{
	uint64_t number = ledger->top, most = 1;

	if (ledger->damaged) {
		most += (slot->rest / ISRV_RECORD_HEADER + 1) * ISRV_LEDGER_RESERVE;
		if (number < ledger->config.start)
			number = ledger->config.start;
	}
	return number < IMAPSRV_MODSEQ_MAX - most ? number + most : IMAPSRV_MODSEQ_MAX;
}

static void use_slot(struct imapsrv_ledger *ledger, unsigned number, const struct slot *slot,
                     struct imapsrv_ledger_opened *opened)
{
	ledger->slot = number;
	ledger->generation = slot->generation;
	ledger->length = slot->length;
	ledger->compact_length = slot->image;
	ledger->compact_after = slot->image * 4;
	ledger->chain = slot->chain;
	ledger->tail_bad = slot->end == END_TORN;
	ledger->damaged = slot->end == END_DAMAGED || !slot->whole;
	opened->slot = number;
	opened->offset = slot->length;
	opened->octets = slot->rest;
	if (ledger->damaged)
		opened->found |= IMAPSRV_LEDGER_DAMAGED;
	else if (ledger->tail_bad)
		opened->found |= IMAPSRV_LEDGER_TORN;
	if (ledger->top > ledger->highest)
		opened->found |= IMAPSRV_LEDGER_UNSETTLED;
	if (ledger->damaged || ledger->top > ledger->highest) {
		isrv_ledger_recover(ledger, number_above(ledger, slot));
		ledger->recovered = true;
	}
}

/* Of a slot that is not whole: whether it is the stump of a creation, when nothing was ever given
 * out. */
static bool is_stump(const struct slot *slot)
{
	return slot->end != END_DAMAGED && slot->generation <= 1 &&
	       slot->length + slot->rest < STUMP;
}

int isrv_ledger_load(struct imapsrv_ledger *ledger, struct imapsrv_ledger_opened *opened)
{
	struct slot slots[2];
	unsigned first, i;
	int error = 0;

	for (i = 0; i < 2 && !error; i++)
		error = load_slot(ledger, i, false, &slots[i]);
	if (error)
		return error;
	first = slots[1].begun && (!slots[0].begun || slots[1].generation > slots[0].generation);
	/* The newer one if it is whole, or the older one, or what there is of the newer one. */
	for (i = 0; i < 3 && !error; i++) {
		unsigned number = first ^ (i & 1);

		if (!slots[number].begun)
			continue;
		error = load_slot(ledger, number, true, &slots[number]);
		if (error || !slots[number].begun)
			continue;
		if (slots[number].whole || (i == 2 && !is_stump(&slots[number]))) {
			const struct slot *other = &slots[number ^ 1];

			ledger->other_dirty = other->length + other->rest != 0;
			use_slot(ledger, number, &slots[number], opened);
			return 0;
		}
	}
	if (error)
		return error;
	opened->found |= is_stump(&slots[0]) && is_stump(&slots[1]) ? IMAPSRV_LEDGER_NEW
	                                                            : IMAPSRV_LEDGER_LOST;
	return 0;
}
