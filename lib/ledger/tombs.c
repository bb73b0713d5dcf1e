/* SPDX-License-Identifier: MIT */
/*
 * Tombstones: an array in the order of modseqs that loses at the front and gains at the end.  There
 * is some room beyond the maximum, so that a full one does not move for each range that comes in.
 * Ranges of one modseq are dropped together: the floor cannot lie within one.
 */
#include "ledger/tombs.h"

#include <string.h>

void isrv_tombs_init(struct isrv_tombs *tombs, size_t max)
{
	*tombs = (struct isrv_tombs){NULL, 0, 0, 0, max, 0, 0};
}

void isrv_tombs_clear(struct isrv_tombs *tombs, struct isrv_mem *mem)
{
	isrv_mem_free(mem, tombs->items, tombs->cap * sizeof(*tombs->items));
	isrv_tombs_init(tombs, tombs->max);
}

void isrv_tombs_forget(struct isrv_tombs *tombs, uint64_t floor)
{
	tombs->head = 0;
	tombs->count = 0;
	tombs->highest_uid = 0;
	tombs->floor = floor;
}

/* The first row whose UID is not below. */
static size_t seek_row(const struct imapsrv_ledger_row *rows, size_t count, uint32_t uid)
{
	size_t low = 0;

	while (low < count) {
		size_t middle = low + (count - low) / 2;

		if (rows[middle].uid < uid)
			low = middle + 1;
		else
			count = middle;
	}
	return low;
}

/* How many UIDs of the rows are here: as many ranges may come from taking them out.  UIDs are
 * given in ascending order (RFC 9051 2.3.1.1), so as a rule one comparison tells that none is. */
static size_t count_revived(const struct isrv_tombs *tombs, const struct imapsrv_ledger_row *rows,
                            size_t row_count)
{
	size_t i, found = 0;

	if (!row_count || rows[0].uid > tombs->highest_uid)
		return 0;
	for (i = 0; i < tombs->count; i++) {
		const struct isrv_tomb *tomb = &tombs->items[tombs->head + i];
		size_t at = seek_row(rows, row_count, tomb->first);

		for (; at < row_count && rows[at].uid <= tomb->last; at++)
			found++;
	}
	return found;
}

static void move_to_front(struct isrv_tombs *tombs)
{
	if (tombs->head && tombs->count)
		memmove(tombs->items, tombs->items + tombs->head,
		        tombs->count * sizeof(*tombs->items));
	tombs->head = 0;
}

bool isrv_tombs_reserve(struct isrv_tombs *tombs, struct isrv_mem *mem,
                        const struct imapsrv_ledger_row *rows, size_t row_count, size_t more)
{
	size_t unit = sizeof(*tombs->items), need = tombs->count, cap;
	struct isrv_tomb *grown;

	need += count_revived(tombs, rows, row_count);
	/* What is above the maximum after that is dropped before it is put in. */
	if (more && need < tombs->max)
		need = more < tombs->max - need ? need + more : tombs->max;
	if (need <= tombs->cap)
		return true;
	cap = tombs->cap + tombs->cap / 2;
	if (cap < 16)
		cap = 16;
	/* With room for the maximum and little more, each range that comes in when it is full would
	 * move all others.  A maximum that means none is left out: a quarter more would wrap
	 * (integer overflow). */
	if (tombs->max < SIZE_MAX / 2 && (need >= tombs->max || cap >= tombs->max))
		cap = tombs->max + tombs->max / 4 + 16;
	if (cap < need)
		cap = need;
	if (cap > SIZE_MAX / unit)
		return false;
	move_to_front(tombs);
	grown = isrv_mem_realloc(mem, tombs->items, tombs->cap * unit, cap * unit);
	if (!grown)
		return false;
	tombs->items = grown;
	tombs->cap = cap;
	return true;
}

/* Puts the parts of a range that no row names to items[at] and on; returns where they end. */
static size_t put_without(struct isrv_tombs *tombs, size_t at, struct isrv_tomb tomb,
                          const struct imapsrv_ledger_row *rows, size_t row_count)
{
	size_t row = seek_row(rows, row_count, tomb.first);
	uint64_t next = tomb.first; /* wide: it may pass the last UID */

	for (; row < row_count && rows[row].uid <= tomb.last; row++) {
		if (rows[row].uid > next)
			tombs->items[at++] = (struct isrv_tomb){tomb.modseq, (uint32_t)next,
			                                        rows[row].uid - 1};
		next = (uint64_t)rows[row].uid + 1;
	}
	if (next <= tomb.last)
		tombs->items[at++] = (struct isrv_tomb){tomb.modseq, (uint32_t)next, tomb.last};
	return at;
}

static void drop_oldest(struct isrv_tombs *tombs)
{
	uint64_t modseq = tombs->items[tombs->head].modseq;

	while (tombs->count && tombs->items[tombs->head].modseq == modseq) {
		tombs->head++;
		tombs->count--;
	}
	tombs->floor = modseq;
}

void isrv_tombs_revive(struct isrv_tombs *tombs, const struct imapsrv_ledger_row *rows,
                       size_t row_count)
{
	size_t from, to, at = 0;

	if (count_revived(tombs, rows, row_count) == 0)
		return;
	/* From the far end of the array: what is written never overtakes what is read. */
	from = tombs->cap - tombs->count;
	to = tombs->cap;
	memmove(tombs->items + from, tombs->items + tombs->head,
	        tombs->count * sizeof(*tombs->items));
	for (; from < to; from++)
		at = put_without(tombs, at, tombs->items[from], rows, row_count);
	tombs->head = 0;
	tombs->count = at;
	while (tombs->count > tombs->max)
		drop_oldest(tombs);
}

void isrv_tombs_add(struct isrv_tombs *tombs, struct imapsrv_set uids, uint64_t modseq)
{
	size_t i;

	if (!uids.count)
		return;
	if (uids.count > tombs->max) {
		isrv_tombs_forget(tombs, modseq);
		return;
	}
	while (tombs->count > tombs->max - uids.count)
		drop_oldest(tombs);
	/* A part of this modseq, put in before, may just have been dropped. */
	if (tombs->floor >= modseq)
		return;
	if (uids.count > tombs->cap - tombs->head - tombs->count)
		move_to_front(tombs);
	for (i = 0; i < uids.count; i++)
		tombs->items[tombs->head + tombs->count++] =
			(struct isrv_tomb){modseq, uids.ranges[i].first, uids.ranges[i].last};
	if (uids.ranges[uids.count - 1].last > tombs->highest_uid)
		tombs->highest_uid = uids.ranges[uids.count - 1].last;
}

const struct isrv_tomb *isrv_tombs_since(const struct isrv_tombs *tombs, uint64_t since,
                                         size_t *count_r)
{
	size_t low = tombs->head, high = tombs->head + tombs->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (tombs->items[middle].modseq <= since)
			low = middle + 1;
		else
			high = middle;
	}
	*count_r = tombs->head + tombs->count - low;
	return *count_r ? tombs->items + low : NULL;
}
