/* SPDX-License-Identifier: MIT */
/*
 * Where a ledger is kept.  Two slots, of which the one with the higher generation counts, if it has
 * come to its END; a compaction fills the other one, and is nothing until then.  Two rules make
 * that true whatever fails and wherever a crash cuts it:
 *   - nothing is appended while the other slot holds anything: a complete image that this process
 *     does not know of (its last append failed, but arrived) would hide what comes after;
 *   - nothing is appended behind octets of an append that failed: they are cut off first, or the
 *     slot is given up for a new one.
 */
#include "ledger/ledger.h"

enum { PER_RECORD = 1024 }; /* rows, or tombstones, of an image */

int isrv_ledger_cut(struct imapsrv_ledger *ledger, unsigned slot, uint64_t length)
{
	int failed;

	ledger->busy = true;
	failed = ledger->io.cut(ledger->config.user, slot, length);
	ledger->busy = false;
	return failed ? IMAPSRV_EHOST : 0;
}

static int append_to(struct imapsrv_ledger *ledger, unsigned slot, enum isrv_record_type type,
                     uint32_t *chain, bool durable)
{
	uint32_t check = isrv_record_end(&ledger->out, type, *chain);
	int failed;

	ledger->busy = true;
	failed = ledger->io.append(ledger->config.user, slot, ledger->out.buf.data,
	                           ledger->out.buf.len,
	                           durable);
	ledger->busy = false;
	if (failed)
		return IMAPSRV_EHOST;
	*chain = check;
	return 0;
}

int isrv_ledger_append(struct imapsrv_ledger *ledger, enum isrv_record_type type, bool durable)
{
	int error = append_to(ledger, ledger->slot, type, &ledger->chain, durable);

	if (error) {
		ledger->tail_bad = true;
		return error;
	}
	ledger->length += ledger->out.buf.len;
	return 0;
}

int isrv_ledger_note(struct imapsrv_ledger *ledger, enum isrv_record_type type, uint64_t number,
                     const uint64_t *second)
{
	struct isrv_record *out = &ledger->out;

	isrv_record_begin(out, &ledger->mem);
	isrv_record_number(out, &ledger->mem, number);
	if (second)
		isrv_record_number(out, &ledger->mem, *second);
	return out->failed ? IMAPSRV_ENOMEM : isrv_ledger_append(ledger, type, true);
}

static int empty_other(struct imapsrv_ledger *ledger)
{
	int error = 0;

	if (ledger->other_dirty)
		error = isrv_ledger_cut(ledger, ledger->slot ^ 1, 0);
	if (!error)
		ledger->other_dirty = false;
	return error;
}

int isrv_ledger_ready(struct imapsrv_ledger *ledger)
{
	int error;

	if (!ledger->kept)
		return 0;
	error = empty_other(ledger);
	if (error)
		return error;
	/* Cutting a damaged slot would hide the damage if a crash came before it is on record. */
	if (ledger->damaged)
		return isrv_ledger_image(ledger);
	if (ledger->tail_bad) {
		if (isrv_ledger_cut(ledger, ledger->slot, ledger->length) != 0)
			return isrv_ledger_image(ledger);
		ledger->tail_bad = false;
	}
	if (ledger->recovered) {
		error = isrv_ledger_note(ledger, ISRV_RECORD_RECOVER, ledger->base, NULL);
		if (error)
			return error;
		ledger->recovered = false;
	}
	return 0;
}

/* ---- images --------------------------------------------------------------------------------- */

/* An image that is being written. */
struct image {
	unsigned slot;
	uint32_t chain;
	uint64_t length;
};

static int append_image(struct imapsrv_ledger *ledger, struct image *image,
                        enum isrv_record_type type)
{
	int error;

	if (ledger->out.failed)
		return IMAPSRV_ENOMEM;
	error = append_to(ledger, image->slot, type, &image->chain, type == ISRV_RECORD_END);
	image->length += ledger->out.buf.len;
	return error;
}

static int put_begin(struct imapsrv_ledger *ledger, struct image *image)
{
	const uint64_t numbers[] = {ISRV_RECORD_VERSION, ledger->generation + 1,
	                            ledger->uidvalidity, ledger->highest, ledger->tombs.floor};
	size_t i;

	isrv_record_begin(&ledger->out, &ledger->mem);
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		isrv_record_number(&ledger->out, &ledger->mem, numbers[i]);
	return append_image(ledger, image, ISRV_RECORD_BEGIN);
}

static int put_rows(struct imapsrv_ledger *ledger, struct image *image)
{
	struct isrv_msgtab_place place = {0, 0};
	uint64_t left = ledger->tab.messages;
	uint32_t before = 0;
	int error = 0;

	while (left && !error) {
		size_t count = left < PER_RECORD ? (size_t)left : PER_RECORD, i;

		isrv_record_begin(&ledger->out, &ledger->mem);
		isrv_record_number(&ledger->out, &ledger->mem, count);
		for (i = 0; i < count; i++, place.index++) {
			const struct isrv_msg *msg = isrv_msgtab_at(&ledger->tab, &place);
			uint64_t modseq = isrv_msg_modseq(msg);

			if (modseq < ledger->base)
				modseq = ledger->base;
			isrv_record_number(&ledger->out, &ledger->mem, msg->uid - before);
			isrv_record_number(&ledger->out, &ledger->mem, ledger->highest - modseq);
			isrv_record_fixed(&ledger->out, &ledger->mem, isrv_msg_print(msg));
			before = msg->uid;
		}
		left -= count;
		error = append_image(ledger, image, ISRV_RECORD_ROWS);
	}
	return error;
}

static int put_tombs(struct imapsrv_ledger *ledger, struct image *image)
{
	const struct isrv_tomb *tomb = ledger->tombs.items;
	size_t left = ledger->tombs.count, at = ledger->tombs.head;
	int error = 0;

	while (left && !error) {
		size_t count = left < PER_RECORD ? left : PER_RECORD, end = at + count;

		isrv_record_begin(&ledger->out, &ledger->mem);
		isrv_record_number(&ledger->out, &ledger->mem, count);
		for (; at < end; at++) {
			isrv_record_number(&ledger->out, &ledger->mem,
			                   ledger->highest - tomb[at].modseq);
			isrv_record_number(&ledger->out, &ledger->mem, tomb[at].first);
			isrv_record_number(&ledger->out, &ledger->mem,
			                   tomb[at].last - tomb[at].first);
		}
		left -= count;
		error = append_image(ledger, image, ISRV_RECORD_TOMBS);
	}
	return error;
}

static int put_end(struct imapsrv_ledger *ledger, struct image *image)
{
	isrv_record_begin(&ledger->out, &ledger->mem);
	isrv_record_number(&ledger->out, &ledger->mem, ledger->tab.messages);
	isrv_record_number(&ledger->out, &ledger->mem, ledger->tombs.count);
	return append_image(ledger, image, ISRV_RECORD_END);
}

int isrv_ledger_image(struct imapsrv_ledger *ledger)
{
	struct image image = {ledger->slot ^ 1, 0, 0};
	int error;

	/* Nobody compacts so often; a slot that somebody else made may say so. */
	if (ledger->generation >= IMAPSRV_MODSEQ_MAX)
		return IMAPSRV_ETOOBIG;
	error = isrv_ledger_cut(ledger, image.slot, 0);
	if (error)
		return error;
	ledger->other_dirty = true;
	error = put_begin(ledger, &image);
	if (!error)
		error = put_rows(ledger, &image);
	if (!error)
		error = put_tombs(ledger, &image);
	if (!error)
		error = put_end(ledger, &image);
	if (error)
		return error;
	ledger->slot = image.slot;
	ledger->generation++;
	ledger->length = image.length;
	ledger->chain = image.chain;
	ledger->compact_length = image.length;
	ledger->compact_after = image.length * 4;
	/* All that was given out is in it, and it is durable. */
	ledger->top = ledger->highest;
	ledger->tail_bad = false;
	ledger->damaged = false;
	ledger->recovered = false;
	/* If that fails now it is tried again before the next change. */
	empty_other(ledger);
	return 0;
}
