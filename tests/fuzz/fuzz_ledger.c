/* SPDX-License-Identifier: MIT */
/*
 * Ledgers made of any octets.  The first octet picks the configuration and how the rest is read: as
 * the octets of two slots, or as records (type, length, payload) that get the right checks, so that
 * what lies behind those is reached.  Asserted: what opens is in order and within its bounds; it
 * can be changed, compacted and opened again, and is the same; its numbers only rise.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/uidset.h"
#include "imapsrv/ledger.h"
#include "ledger/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ASSERT(condition)                                                                          \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);            \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

enum { CAP = 1 << 20, ROWS = 100 };

enum {
	SEALED = 1 << 0, /* records that get checks */
	SYNCED = 1 << 1,
	SMALL = 1 << 2,  /* few tombstones */
	START = 1 << 3,
	SECOND = 1 << 4, /* octets of slot 1 follow those of slot 0 */
	EMPTIES = 1 << 5 /* cut can do nothing else */
};

static struct {
	uint8_t data[CAP];
	size_t len;
} slots[2];
static unsigned mode;

static int slot_read(void *user, unsigned slot, uint64_t offset, void *to, size_t len,
                     size_t *got_r)
{
	(void)user;
	*got_r = offset < slots[slot].len ? slots[slot].len - (size_t)offset : 0;
	if (*got_r > len)
		*got_r = len;
	if (*got_r)
		memcpy(to, slots[slot].data + offset, *got_r);
	return 0;
}

static int slot_append(void *user, unsigned slot, const void *data, size_t len, int durable)
{
	(void)user;
	(void)durable;
	if (len > CAP - slots[slot].len)
		return 1;
	memcpy(slots[slot].data + slots[slot].len, data, len);
	slots[slot].len += len;
	return 0;
}

static int slot_cut(void *user, unsigned slot, uint64_t length)
{
	(void)user;
	ASSERT(length <= slots[slot].len);
	if (length && (mode & EMPTIES))
		return 1;
	slots[slot].len = (size_t)length;
	return 0;
}

/* Records of a slot, from type, length and payload. */
static void seal(unsigned slot, const uint8_t *data, size_t size)
{
	struct isrv_mem mem;
	struct isrv_record record;
	uint32_t chain = 0;

	isrv_mem_init(&mem, NULL, SIZE_MAX);
	isrv_record_init(&record);
	while (size >= 2) {
		size_t len = data[1] < size - 2 ? data[1] : size - 2;

		isrv_record_begin(&record, &mem);
		ASSERT(!record.failed && isrv_buf_add(&record.buf, &mem, data + 2, len));
		chain = isrv_record_end(&record, (enum isrv_record_type)data[0], chain);
		if (slot_append(NULL, slot, record.buf.data, record.buf.len, 0) != 0)
			break;
		data += 2 + len;
		size -= 2 + len;
	}
	isrv_record_clear(&record, &mem);
}

static void fill(unsigned slot, const uint8_t *data, size_t size)
{
	slots[slot].len = 0;
	if (mode & SEALED)
		seal(slot, data, size);
	else if (size)
		slot_append(NULL, slot, data, size < CAP ? size : CAP, 0);
}

/* All that a ledger says, folded into one number, after looking whether it makes sense. */
static uint64_t listen(struct imapsrv_ledger *ledger, uint64_t *messages_r)
{
	struct imapsrv_ledger_status status = IMAPSRV_LEDGER_STATUS_INIT;
	struct imapsrv_ledger_vanished vanished = IMAPSRV_LEDGER_VANISHED_INIT;
	struct imapsrv_ledger_row rows[ROWS];
	uint64_t highest = imapsrv_ledger_highest(ledger), count = 0, sum = highest;
	uint32_t from = 1, before = 0;
	size_t n, i;

	ASSERT(highest >= 1 && highest <= IMAPSRV_MODSEQ_MAX);
	ASSERT(imapsrv_ledger_vanished_since(ledger, 0, &vanished) == 0);
	ASSERT(isrv_uidset_is_valid(vanished.uids));
	ASSERT(vanished.complete_since <= highest);
	do {
		n = imapsrv_ledger_changes_since(ledger, 0, from, rows, ROWS);
		for (i = 0; i < n; i++) {
			ASSERT(rows[i].uid > before);
			ASSERT(rows[i].modseq >= 1 && rows[i].modseq <= highest);
			ASSERT(imapsrv_ledger_modseq(ledger, rows[i].uid) == rows[i].modseq);
			ASSERT(!isrv_uidset_has(vanished.uids, rows[i].uid));
			before = rows[i].uid;
			sum ^= before ^ rows[i].modseq ^ rows[i].fingerprint;
			sum *= 0x100000001b3u;
			count++;
		}
		from = before + 1;
	} while (n == ROWS && from);
	ASSERT(imapsrv_ledger_changes_since(ledger, highest, 1, rows, ROWS) == 0);
	for (i = 0; i < vanished.uids.count; i++)
		sum = (sum ^ vanished.uids.ranges[i].first ^ vanished.uids.ranges[i].last) *
		      0x100000001b3u;
	ASSERT(imapsrv_ledger_status(ledger, &status) == 0);
	ASSERT(status.messages == count);
	*messages_r = count;
	return sum ^ vanished.complete_since;
}

static void change(struct imapsrv_ledger *ledger)
{
	struct imapsrv_ledger_row row = {7, 1, 0};
	struct imapsrv_range range = {3, 9};
	struct imapsrv_set set = {&range, 1};
	uint64_t highest = imapsrv_ledger_highest(ledger), modseq;
	int error = imapsrv_ledger_add(ledger, &row, 1, &modseq);

	ASSERT(error == 0 || error == IMAPSRV_ETOOBIG || error == IMAPSRV_ENOMEM ||
	       error == IMAPSRV_EHOST);
	if (error)
		return;
	ASSERT(modseq == highest + 1 && imapsrv_ledger_modseq(ledger, 7) == modseq);
	error = imapsrv_ledger_vanish(ledger, set, &modseq);
	ASSERT(error ? modseq == 0 : modseq == highest + 2);
	error = imapsrv_ledger_touch_set(ledger, set, &modseq);
	ASSERT(error || modseq == 0 || imapsrv_ledger_modseq(ledger, 7));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct imapsrv_ledger_opened opened = IMAPSRV_LEDGER_OPENED_INIT;
	struct imapsrv_ledger_config config = IMAPSRV_LEDGER_CONFIG_INIT;
	struct imapsrv_ledger_io io = IMAPSRV_LEDGER_IO_INIT;
	struct imapsrv_ledger *ledger;
	uint64_t sum, messages, highest;
	size_t first;
	int error;

	if (size < 3)
		return 0;
	mode = data[0];
	first = mode & SECOND ? ((size_t)data[1] << 8 | data[2]) % (size - 2) : size - 3;
	fill(0, data + 3, first);
	fill(1, data + 3 + first, size - 3 - first);
	io.read = slot_read;
	io.append = slot_append;
	io.cut = slot_cut;
	config.io = &io;
	config.memory = 16 << 20;
	config.synced = mode & SYNCED;
	config.tombstones = mode & SMALL ? 3 : 0;
	config.start = mode & START ? 1000 : 0;
	error = imapsrv_ledger_open(&config, 1, &opened, &ledger);
	if (error) {
		ASSERT(error == IMAPSRV_ESTATE || error == IMAPSRV_ENOMEM ||
		       error == IMAPSRV_ETOOBIG || error == IMAPSRV_EHOST);
		return 0;
	}
	listen(ledger, &messages);
	/* No octet gives more than a message. */
	ASSERT(messages <= size);
	change(ledger);
	highest = imapsrv_ledger_highest(ledger);
	if (imapsrv_ledger_settle(ledger) != 0) {
		imapsrv_ledger_free(ledger);
		return 0;
	}
	sum = listen(ledger, &messages);
	imapsrv_ledger_free(ledger);
	ASSERT(imapsrv_ledger_open(&config, 1, &opened, &ledger) == 0);
	/* A torn or rotten slot to which nothing had to be added is still there. */
	ASSERT(!(opened.found & (IMAPSRV_LEDGER_NEW | IMAPSRV_LEDGER_LOST | IMAPSRV_LEDGER_RESET)));
	ASSERT(imapsrv_ledger_highest(ledger) == highest);
	ASSERT(listen(ledger, &messages) == sum);
	if (imapsrv_ledger_compact(ledger) == 0) {
		ASSERT(listen(ledger, &messages) == sum);
		imapsrv_ledger_free(ledger);
		ASSERT(imapsrv_ledger_open(&config, 1, &opened, &ledger) == 0);
		ASSERT(opened.found == 0);
		ASSERT(listen(ledger, &messages) == sum);
	}
	imapsrv_ledger_free(ledger);
	return 0;
}
