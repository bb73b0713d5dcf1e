/* SPDX-License-Identifier: MIT */
/*
 * The ledger itself: making, opening and freeing it, the changes, and the questions.
 */
#include "ledger/ledger.h"

#include <string.h>

#include "base/uidset.h"

/* ---- making ---------------------------------------------------------------------------------- */

/* Copies a structure that says its size: what the host does not know stays as it is in `to`. */
static bool copy_sized(void *to, size_t to_size, const void *from)
{
	size_t size;

	memcpy(&size, from, sizeof(size));
	if (size < sizeof(size))
		return false;
	memcpy(to, from, size < to_size ? size : to_size);
	return true;
}

/* The other way: fills what the host has room for, and leaves the size that it said. */
static bool fill_sized(void *to, const void *from, size_t from_size)
{
	size_t size;

	memcpy(&size, to, sizeof(size));
	if (size < sizeof(size))
		return false;
	if (size > from_size)
		size = from_size;
	memcpy((char *)to + sizeof(size), (const char *)from + sizeof(size), size - sizeof(size));
	return true;
}

void isrv_ledger_forget(struct imapsrv_ledger *ledger, uint64_t number, uint32_t uidvalidity)
{
	isrv_msgtab_clear(&ledger->tab, &ledger->mem);
	isrv_tombs_clear(&ledger->tombs, &ledger->mem);
	ledger->tombs.floor = number;
	ledger->highest = number;
	ledger->top = number;
	ledger->base = number;
	ledger->uidvalidity = uidvalidity;
}

void isrv_ledger_recover(struct imapsrv_ledger *ledger, uint64_t number)
{
	isrv_tombs_forget(&ledger->tombs, number);
	ledger->highest = number;
	ledger->top = number;
	ledger->base = number;
}

static int make(const struct imapsrv_ledger_config *config, struct imapsrv_ledger **ledger_r)
{
	struct imapsrv_ledger_config own;
	struct imapsrv_ledger_io io;
	struct imapsrv_ledger *ledger;
	struct isrv_mem mem;

	memset(&own, 0, sizeof(own));
	memset(&io, 0, sizeof(io));
	if (!copy_sized(&own, sizeof(own), config))
		return IMAPSRV_EINVAL;
	if (own.io && (!copy_sized(&io, sizeof(io), own.io) || !io.read || !io.append || !io.cut))
		return IMAPSRV_EINVAL;
	if (!own.tombstones)
		own.tombstones = ISRV_LEDGER_TOMBSTONES;
	if (!own.reserve || own.reserve > ISRV_LEDGER_RESERVE)
		own.reserve = ISRV_LEDGER_RESERVE;
	if (own.start >= IMAPSRV_MODSEQ_MAX)
		return IMAPSRV_ETOOBIG;
	isrv_mem_init(&mem, own.allocator, own.memory ? own.memory : SIZE_MAX);
	ledger = isrv_mem_zalloc(&mem, sizeof(*ledger));
	if (!ledger)
		return IMAPSRV_ENOMEM;
	ledger->mem = mem;
	ledger->config = own;
	ledger->io = io;
	ledger->kept = own.io != NULL;
	ledger->config.io = NULL;
	isrv_msgtab_init(&ledger->tab);
	isrv_tombs_init(&ledger->tombs, own.tombstones);
	isrv_record_init(&ledger->out);
	isrv_uidset_init(&ledger->found, SIZE_MAX);
	*ledger_r = ledger;
	return 0;
}

/* Makes it what a mailbox begins with, here and in the slots. */
static int create(struct imapsrv_ledger *ledger, uint32_t uidvalidity)
{
	int error;

	isrv_ledger_forget(ledger, ledger->config.start + 1, uidvalidity);
	if (!ledger->kept)
		return 0;
	/* The image goes to slot 0. */
	ledger->slot = 1;
	ledger->generation = 0;
	error = isrv_ledger_cut(ledger, 1, 0);
	return error ? error : isrv_ledger_image(ledger);
}

int imapsrv_ledger_new(const struct imapsrv_ledger_config *config, uint32_t uidvalidity,
                       struct imapsrv_ledger **ledger_r)
{
	struct imapsrv_ledger *ledger;
	int error;

	if (!config || !uidvalidity || !ledger_r)
		return IMAPSRV_EINVAL;
	error = make(config, &ledger);
	if (error)
		return error;
	error = create(ledger, uidvalidity);
	if (error)
		imapsrv_ledger_free(ledger);
	else
		*ledger_r = ledger;
	return error;
}

static int open_slots(struct imapsrv_ledger *ledger, uint32_t uidvalidity,
                      struct imapsrv_ledger_opened *opened)
{
	int error = isrv_ledger_load(ledger, opened);

	isrv_change_room_clear(&ledger->room, &ledger->mem);
	if (error)
		return error;
	if (opened->found & (IMAPSRV_LEDGER_NEW | IMAPSRV_LEDGER_LOST)) {
		if ((opened->found & IMAPSRV_LEDGER_LOST) && !ledger->config.start)
			return IMAPSRV_ESTATE;
		return create(ledger, uidvalidity);
	}
	if (ledger->uidvalidity == uidvalidity)
		return 0;
	opened->found |= IMAPSRV_LEDGER_RESET;
	return imapsrv_ledger_reset(ledger, uidvalidity);
}

int imapsrv_ledger_open(const struct imapsrv_ledger_config *config, uint32_t uidvalidity,
                        struct imapsrv_ledger_opened *opened_r, struct imapsrv_ledger **ledger_r)
{
	struct imapsrv_ledger_opened opened = IMAPSRV_LEDGER_OPENED_INIT;
	struct imapsrv_ledger *ledger;
	int error;

	if (!config || !uidvalidity || !ledger_r || (opened_r && opened_r->size < sizeof(size_t)))
		return IMAPSRV_EINVAL;
	error = make(config, &ledger);
	if (error)
		return error;
	error = ledger->kept ? open_slots(ledger, uidvalidity, &opened) : IMAPSRV_EINVAL;
	if (opened_r)
		fill_sized(opened_r, &opened, sizeof(opened));
	if (error)
		imapsrv_ledger_free(ledger);
	else
		*ledger_r = ledger;
	return error;
}

void imapsrv_ledger_free(struct imapsrv_ledger *ledger)
{
	struct isrv_mem mem;

	if (!ledger)
		return;
	isrv_snapshot_clear(ledger);
	isrv_uidset_clear(&ledger->found, &ledger->mem);
	isrv_change_room_clear(&ledger->room, &ledger->mem);
	isrv_record_clear(&ledger->out, &ledger->mem);
	isrv_tombs_clear(&ledger->tombs, &ledger->mem);
	isrv_msgtab_clear(&ledger->tab, &ledger->mem);
	mem = ledger->mem;
	isrv_mem_free(&mem, ledger, sizeof(*ledger));
}

/* ---- changes --------------------------------------------------------------------------------- */

static int may_change(const struct imapsrv_ledger *ledger, uint64_t *modseq_r)
{
	if (modseq_r)
		*modseq_r = 0;
	if (!ledger)
		return IMAPSRV_EINVAL;
	if (ledger->busy)
		return IMAPSRV_EREENTER;
	return ledger->snap.active ? IMAPSRV_ESTATE : 0;
}

static bool in_order(const struct imapsrv_ledger_row *rows, size_t count)
{
	uint32_t before = 0;
	size_t i;

	for (i = 0; i < count; i++) {
		if (rows[i].uid <= before)
			return false;
		before = rows[i].uid;
	}
	return true;
}

static int commit(struct imapsrv_ledger *ledger, struct isrv_change *change, uint64_t *modseq_r)
{
	int error;

	if (!change->row_count && !change->gone.count && !change->touched.count)
		return 0;
	error = isrv_ledger_commit(ledger, change);
	if (!error && modseq_r)
		*modseq_r = change->modseq;
	return error;
}

int imapsrv_ledger_add(struct imapsrv_ledger *ledger, const struct imapsrv_ledger_row *rows,
                       size_t count, uint64_t *modseq_r)
{
	struct isrv_change change = {0, {NULL, 0}, {NULL, 0}, rows, count};
	int error = may_change(ledger, modseq_r);

	if (error)
		return error;
	return in_order(rows, count) ? commit(ledger, &change, modseq_r) : IMAPSRV_EINVAL;
}

int imapsrv_ledger_touch(struct imapsrv_ledger *ledger, const struct imapsrv_ledger_row *rows,
                         size_t count, uint64_t *modseq_r)
{
	struct isrv_change change = {0, {NULL, 0}, {NULL, 0}, rows, count};
	struct isrv_change_room room = {NULL, 0, NULL, 0};
	size_t i, known = 0;
	int error = may_change(ledger, modseq_r);

	if (error)
		return error;
	if (!in_order(rows, count))
		return IMAPSRV_EINVAL;
	for (i = 0; i < count; i++)
		known += isrv_msgtab_find(&ledger->tab, rows[i].uid) != NULL;
	if (known < count) {
		if (!isrv_change_room_rows(&room, &ledger->mem, known))
			return IMAPSRV_ENOMEM;
		change.rows = room.rows;
		change.row_count = 0;
		for (i = 0; i < count; i++) {
			if (isrv_msgtab_find(&ledger->tab, rows[i].uid))
				room.rows[change.row_count++] = rows[i];
		}
	}
	error = commit(ledger, &change, modseq_r);
	isrv_change_room_clear(&room, &ledger->mem);
	return error;
}

/* What ledger->found holds of a set, when a change of it is over. */
static void drop_found(struct imapsrv_ledger *ledger)
{
	if (ledger->found.cap > 64)
		isrv_uidset_clear(&ledger->found, &ledger->mem);
}

/* Changes those of a set that are known: they vanish, or are touched. */
static int change_known(struct imapsrv_ledger *ledger, struct imapsrv_set uids, bool gone,
                        uint64_t *modseq_r)
{
	struct isrv_change change = {0, {NULL, 0}, {NULL, 0}, NULL, 0};
	int error = may_change(ledger, modseq_r);

	if (error)
		return error;
	if (!isrv_uidset_is_valid(uids))
		return IMAPSRV_EINVAL;
	isrv_uidset_empty(&ledger->found);
	if (isrv_msgtab_known(&ledger->tab, &ledger->mem, uids, &ledger->found)) {
		if (gone)
			change.gone = isrv_uidset_view(&ledger->found);
		else
			change.touched = isrv_uidset_view(&ledger->found);
		error = commit(ledger, &change, modseq_r);
	} else {
		error = IMAPSRV_ENOMEM;
	}
	drop_found(ledger);
	return error;
}

int imapsrv_ledger_touch_set(struct imapsrv_ledger *ledger, struct imapsrv_set uids,
                             uint64_t *modseq_r)
{
	return change_known(ledger, uids, false, modseq_r);
}

int imapsrv_ledger_vanish(struct imapsrv_ledger *ledger, struct imapsrv_set uids,
                          uint64_t *modseq_r)
{
	return change_known(ledger, uids, true, modseq_r);
}

int imapsrv_ledger_raise(struct imapsrv_ledger *ledger, uint64_t *modseq_r)
{
	struct isrv_change nothing = {0, {NULL, 0}, {NULL, 0}, NULL, 0};
	int error = may_change(ledger, modseq_r);

	if (!error)
		error = isrv_ledger_commit(ledger, &nothing);
	if (!error && modseq_r)
		*modseq_r = nothing.modseq;
	return error;
}

int imapsrv_ledger_reset(struct imapsrv_ledger *ledger, uint32_t uidvalidity)
{
	uint64_t number, second = uidvalidity;
	int error = may_change(ledger, NULL);

	if (error)
		return error;
	if (!uidvalidity)
		return IMAPSRV_EINVAL;
	error = isrv_ledger_ready(ledger);
	if (!error)
		error = isrv_ledger_number(ledger, &number);
	if (!error && ledger->kept)
		error = isrv_ledger_note(ledger, ISRV_RECORD_RESET, number, &second);
	if (!error)
		isrv_ledger_forget(ledger, number, uidvalidity);
	return error;
}

int imapsrv_ledger_settle(struct imapsrv_ledger *ledger)
{
	int error;

	if (!ledger)
		return IMAPSRV_EINVAL;
	if (ledger->busy)
		return IMAPSRV_EREENTER;
	/* The record of a change that was refused may have arrived whole, and would be believed. */
	if (!ledger->kept || (ledger->top == ledger->highest && !ledger->recovered &&
	                      !ledger->tail_bad))
		return 0;
	error = isrv_ledger_ready(ledger);
	if (error || ledger->top == ledger->highest)
		return error;
	error = isrv_ledger_note(ledger, ISRV_RECORD_SETTLE, ledger->highest, NULL);
	if (!error)
		ledger->top = ledger->highest;
	return error;
}

int imapsrv_ledger_compact(struct imapsrv_ledger *ledger)
{
	if (!ledger)
		return IMAPSRV_EINVAL;
	if (ledger->busy)
		return IMAPSRV_EREENTER;
	return ledger->kept ? isrv_ledger_image(ledger) : 0;
}

/* ---- questions ------------------------------------------------------------------------------- */

uint64_t imapsrv_ledger_highest(const struct imapsrv_ledger *ledger)
{
	return ledger->highest;
}

static uint64_t modseq_of(const struct imapsrv_ledger *ledger, const struct isrv_msg *msg)
{
	uint64_t modseq = isrv_msg_modseq(msg);

	return modseq > ledger->base ? modseq : ledger->base;
}

uint64_t imapsrv_ledger_modseq(const struct imapsrv_ledger *ledger, uint32_t uid)
{
	const struct isrv_msg *msg = isrv_msgtab_find(&ledger->tab, uid);

	return msg ? modseq_of(ledger, msg) : 0;
}

size_t imapsrv_ledger_changes_since(const struct imapsrv_ledger *ledger, uint64_t since,
                                    uint32_t from, struct imapsrv_ledger_row *rows, size_t max)
{
	struct isrv_msgtab_place place = isrv_msgtab_seek(&ledger->tab, from);
	size_t count;

	/* Below the base every message is an answer. */
	if (since < ledger->base)
		since = 0;
	for (count = 0; count < max; count++) {
		const struct isrv_msg *msg = isrv_msgtab_above(&ledger->tab, since, &place);

		if (!msg)
			break;
		place.index++;
		rows[count].uid = msg->uid;
		rows[count].fingerprint = isrv_msg_print(msg);
		rows[count].modseq = modseq_of(ledger, msg);
	}
	return count;
}

int imapsrv_ledger_vanished_since(struct imapsrv_ledger *ledger, uint64_t since,
                                  struct imapsrv_ledger_vanished *vanished_r)
{
	struct imapsrv_ledger_vanished answer = IMAPSRV_LEDGER_VANISHED_INIT;
	struct isrv_uidset *found;
	const struct isrv_tomb *tombs;
	size_t count, i;

	if (!ledger || !vanished_r || vanished_r->size < sizeof(size_t))
		return IMAPSRV_EINVAL;
	if (ledger->busy)
		return IMAPSRV_EREENTER;
	found = &ledger->found;
	tombs = isrv_tombs_since(&ledger->tombs, since, &count);
	isrv_uidset_empty(found);
	if (!isrv_uidset_reserve(found, &ledger->mem, count))
		return IMAPSRV_ENOMEM;
	for (i = 0; i < count; i++)
		found->ranges[i] = (struct imapsrv_range){tombs[i].first, tombs[i].last};
	if (count)
		found->count = (uint32_t)isrv_uidset_normalize(found->ranges, count);
	answer.uids = isrv_uidset_view(found);
	answer.complete_since = ledger->tombs.floor;
	answer.complete = since >= ledger->tombs.floor;
	fill_sized(vanished_r, &answer, sizeof(answer));
	return 0;
}

int imapsrv_ledger_status(const struct imapsrv_ledger *ledger,
                          struct imapsrv_ledger_status *status_r)
{
	struct imapsrv_ledger_status status = IMAPSRV_LEDGER_STATUS_INIT;

	if (!ledger || !status_r)
		return IMAPSRV_EINVAL;
	status.uidvalidity = ledger->uidvalidity;
	status.settled = ledger->kept && ledger->top == ledger->highest && !ledger->recovered;
	status.messages = ledger->tab.messages;
	status.tombstones = ledger->tombs.count;
	status.complete_since = ledger->tombs.floor;
	status.memory = ledger->mem.used;
	status.memory_peak = ledger->mem.peak;
	status.slot = ledger->slot;
	status.octets = ledger->length;
	status.octets_compact = ledger->compact_length;
	return fill_sized(status_r, &status, sizeof(status)) ? 0 : IMAPSRV_EINVAL;
}
