/* SPDX-License-Identifier: MIT */
/*
 * The table of messages: sorted leaves of up to 128 messages, an array of what is known of each
 * leaf, and a heap of maxima over that array, by which "modseq above M" skips the leaves that have
 * none.  UIDs are given in ascending order (RFC 9051 2.3.1.1), so leaves fill up and are added at
 * the end; leaves that become empty stay in the array until there are many.  This file finds and
 * removes; msgtab_put.c adds.
 */
#include "ledger/msgtab.h"

#include <string.h>

#include "ledger/msgtab_leaf.h"

void isrv_msgtab_init(struct isrv_msgtab *tab)
{
	memset(tab, 0, sizeof(*tab));
}

void isrv_msgtab_clear(struct isrv_msgtab *tab, struct isrv_mem *mem)
{
	size_t i;

	for (i = 0; i < tab->count; i++)
		isrv_mem_free(mem, tab->leaves[i].msgs,
		              tab->leaves[i].cap * sizeof(struct isrv_msg));
	isrv_mem_free(mem, tab->leaves, tab->cap * sizeof(*tab->leaves));
	isrv_mem_free(mem, tab->maxima, 2 * tab->span * sizeof(*tab->maxima));
	isrv_msgtab_init(tab);
}

/* ---- the heap of maxima --------------------------------------------------------------------- */

void isrv_msgtab_set_max(struct isrv_msgtab *tab, size_t leaf, uint64_t max)
{
	uint64_t *maxima = tab->maxima;
	size_t at = tab->span + leaf;

	tab->leaves[leaf].max = max;
	maxima[at] = max;
	for (at /= 2; at; at /= 2) {
		max = maxima[2 * at] > maxima[2 * at + 1] ? maxima[2 * at] : maxima[2 * at + 1];
		if (maxima[at] == max)
			break;
		maxima[at] = max;
	}
}

void isrv_msgtab_rebuild(struct isrv_msgtab *tab)
{
	uint64_t *maxima = tab->maxima;
	size_t i;

	for (i = 0; i < tab->span; i++)
		maxima[tab->span + i] = i < tab->count ? tab->leaves[i].max : 0;
	for (i = tab->span; i-- > 1;)
		maxima[i] = maxima[2 * i] > maxima[2 * i + 1] ? maxima[2 * i] : maxima[2 * i + 1];
}

/* The first leaf from `leaf` on with a modseq above; count if there is none. */
static size_t next_above(const struct isrv_msgtab *tab, size_t leaf, uint64_t modseq)
{
	size_t at = tab->span + leaf;

	if (leaf >= tab->count)
		return tab->count;
	while (tab->maxima[at] <= modseq) {
		/* Up while this is the right one of two, then to the one on its right. */
		while (at & 1)
			at /= 2;
		if (!at)
			return tab->count;
		at++;
	}
	while (at < tab->span) {
		at *= 2;
		if (tab->maxima[at] <= modseq)
			at++;
	}
	return at - tab->span;
}

/* ---- finding -------------------------------------------------------------------------------- */

size_t isrv_msgtab_locate(const struct isrv_msgtab *tab, uint32_t uid)
{
	size_t low = 0, high = tab->count;

	/* The last leaf that begins at or below the UID; the first one if there is none. */
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (tab->leaves[middle].first <= uid)
			low = middle;
		else
			high = middle;
	}
	return low;
}

size_t isrv_msgtab_lower(const struct isrv_msgtab_leaf *leaf, uint32_t uid)
{
	size_t low = 0, high = leaf->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (leaf->msgs[middle].uid < uid)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct isrv_msgtab_place isrv_msgtab_seek(const struct isrv_msgtab *tab, uint32_t uid)
{
	struct isrv_msgtab_place place = {0, 0};

	if (tab->count) {
		place.leaf = isrv_msgtab_locate(tab, uid);
		place.index = isrv_msgtab_lower(&tab->leaves[place.leaf], uid);
	}
	return place;
}

const struct isrv_msg *isrv_msgtab_at(const struct isrv_msgtab *tab,
                                      struct isrv_msgtab_place *place)
{
	if (place->leaf < tab->count && place->index >= tab->leaves[place->leaf].count) {
		/* Not one by one: many may be empty, and they have no modseq. */
		place->leaf = next_above(tab, place->leaf + 1, 0);
		place->index = 0;
	}
	return place->leaf < tab->count ? &tab->leaves[place->leaf].msgs[place->index] : NULL;
}

const struct isrv_msg *isrv_msgtab_above(const struct isrv_msgtab *tab, uint64_t modseq,
                                         struct isrv_msgtab_place *place)
{
	for (;;) {
		size_t at = next_above(tab, place->leaf, modseq);
		const struct isrv_msgtab_leaf *leaf;

		if (at != place->leaf)
			place->index = 0;
		place->leaf = at;
		if (at == tab->count)
			return NULL;
		leaf = &tab->leaves[at];
		for (; place->index < leaf->count; place->index++) {
			if (isrv_msg_modseq(&leaf->msgs[place->index]) > modseq)
				return &leaf->msgs[place->index];
		}
		/* It has some, but before the place. */
		place->leaf++;
		place->index = 0;
	}
}

const struct isrv_msg *isrv_msgtab_find(const struct isrv_msgtab *tab, uint32_t uid)
{
	struct isrv_msgtab_place place = isrv_msgtab_seek(tab, uid);
	const struct isrv_msgtab_leaf *leaf;

	if (!tab->count)
		return NULL;
	/* It is in this leaf or in none. */
	leaf = &tab->leaves[place.leaf];
	return place.index < leaf->count && leaf->msgs[place.index].uid == uid
	               ? &leaf->msgs[place.index]
	               : NULL;
}

bool isrv_msgtab_known(const struct isrv_msgtab *tab, struct isrv_mem *mem, struct imapsrv_set uids,
                       struct isrv_uidset *known)
{
	const struct isrv_msg *msg;
	size_t i;

	for (i = 0; i < uids.count; i++) {
		struct imapsrv_range range = uids.ranges[i];
		struct isrv_msgtab_place place = isrv_msgtab_seek(tab, range.first);

		while ((msg = isrv_msgtab_at(tab, &place)) && msg->uid <= range.last) {
			if (!isrv_uidset_add(known, mem, msg->uid, msg->uid))
				return false;
			place.index++;
		}
		if (!msg)
			break;
	}
	return true;
}

/* ---- changing what is there ----------------------------------------------------------------- */

void isrv_msg_set(struct isrv_msg *msg, uint64_t modseq, uint64_t print)
{
	msg->modseq_low = (uint32_t)modseq;
	msg->modseq_high = (uint32_t)(modseq >> 32);
	msg->print_low = (uint32_t)print;
	msg->print_high = (uint32_t)(print >> 32);
}

void isrv_msgtab_touch(struct isrv_msgtab *tab, struct imapsrv_set uids, uint64_t modseq)
{
	size_t i;

	for (i = 0; i < uids.count; i++) {
		struct imapsrv_range range = uids.ranges[i];
		struct isrv_msgtab_place place = isrv_msgtab_seek(tab, range.first);
		const struct isrv_msg *msg;

		while ((msg = isrv_msgtab_at(tab, &place)) && msg->uid <= range.last) {
			struct isrv_msg *msgs = tab->leaves[place.leaf].msgs;
			size_t end = tab->leaves[place.leaf].count;

			while (place.index < end && msgs[place.index].uid <= range.last)
				isrv_msg_set(&msgs[place.index++], modseq, IMAPSRV_LEDGER_UNKNOWN);
			isrv_msgtab_set_max(tab, place.leaf, modseq);
		}
		if (!msg)
			break;
	}
}

/* ---- removing ------------------------------------------------------------------------------- */

bool isrv_msgtab_resize(struct isrv_msgtab_leaf *leaf, struct isrv_mem *mem, size_t cap)
{
	struct isrv_msg *msgs;

	msgs = isrv_mem_realloc(mem, leaf->msgs, leaf->cap * sizeof(*msgs), cap * sizeof(*msgs));
	if (!msgs)
		return false;
	leaf->msgs = msgs;
	leaf->cap = (uint16_t)cap;
	return true;
}

void isrv_msgtab_find_max(struct isrv_msgtab *tab, size_t at)
{
	const struct isrv_msgtab_leaf *leaf = &tab->leaves[at];
	uint64_t max = 0;
	size_t i;

	for (i = 0; i < leaf->count; i++) {
		uint64_t modseq = isrv_msg_modseq(&leaf->msgs[i]);

		if (modseq > max)
			max = modseq;
	}
	isrv_msgtab_set_max(tab, at, max);
}

static void make_empty(struct isrv_msgtab *tab, struct isrv_mem *mem, size_t at)
{
	struct isrv_msgtab_leaf *leaf = &tab->leaves[at];

	isrv_mem_free(mem, leaf->msgs, leaf->cap * sizeof(*leaf->msgs));
	leaf->msgs = NULL;
	leaf->count = 0;
	leaf->cap = 0;
	isrv_msgtab_set_max(tab, at, 0);
	tab->empty++;
}

/* Puts the messages of a leaf into the one behind it, if they fit with room to spare: else adding
 * and removing in turn would split and join for ever.  The empty leaf then begins where that one
 * does, so that no UID belongs to it. */
static void join(struct isrv_msgtab *tab, struct isrv_mem *mem, size_t at)
{
	struct isrv_msgtab_leaf *leaf = &tab->leaves[at], *next = leaf + 1;
	size_t total;
	uint64_t max;

	if (at + 1 >= tab->count || !leaf->count || !next->count)
		return;
	total = (size_t)leaf->count + next->count;
	if (total > ISRV_MSGTAB_LEAF * 7 / 8)
		return;
	/* Without memory it stays as it is, which is not wrong. */
	if (total > next->cap && !isrv_msgtab_resize(next, mem, isrv_msgtab_round(total)))
		return;
	memmove(next->msgs + leaf->count, next->msgs, next->count * sizeof(*next->msgs));
	memcpy(next->msgs, leaf->msgs, leaf->count * sizeof(*next->msgs));
	next->count = (uint16_t)total;
	next->first = leaf->first;
	max = leaf->max > next->max ? leaf->max : next->max;
	make_empty(tab, mem, at);
	isrv_msgtab_set_max(tab, at + 1, max);
}

/* Gives back what removals have left over. */
static void trim(struct isrv_msgtab_leaf *leaf, struct isrv_mem *mem)
{
	if (leaf->cap - leaf->count >= 8)
		isrv_msgtab_resize(leaf, mem, isrv_msgtab_round(leaf->count));
}

static void remove_from_leaf(struct isrv_msgtab *tab, struct isrv_mem *mem, size_t at,
                             struct imapsrv_range range)
{
	struct isrv_msgtab_leaf *leaf = &tab->leaves[at];
	size_t from = isrv_msgtab_lower(leaf, range.first), to = from, gone;
	bool was_max = false;

	for (; to < leaf->count && leaf->msgs[to].uid <= range.last; to++)
		was_max = was_max || isrv_msg_modseq(&leaf->msgs[to]) == leaf->max;
	gone = to - from;
	if (!gone)
		return;
	tab->messages -= gone;
	if (gone == leaf->count) {
		make_empty(tab, mem, at);
		return;
	}
	memmove(leaf->msgs + from, leaf->msgs + to, (leaf->count - to) * sizeof(*leaf->msgs));
	leaf->count = (uint16_t)(leaf->count - gone);
	if (was_max)
		isrv_msgtab_find_max(tab, at);
	trim(leaf, mem);
}

/* The array, then the heap over it, which may be the larger one of the two but not the smaller. */
static void shrink(struct isrv_msgtab *tab, struct isrv_mem *mem, size_t cap)
{
	size_t leaf = sizeof(*tab->leaves), pair = 2 * sizeof(*tab->maxima);
	void *smaller = isrv_mem_realloc(mem, tab->leaves, tab->cap * leaf, cap * leaf);

	if (!smaller)
		return;
	tab->leaves = smaller;
	tab->cap = cap;
	smaller = isrv_mem_realloc(mem, tab->maxima, tab->span * pair, cap * pair);
	if (!smaller)
		return;
	tab->maxima = smaller;
	tab->span = cap;
}

/* Takes the empty leaves out of the array, and gives back what it no longer needs. */
static void squeeze(struct isrv_msgtab *tab, struct isrv_mem *mem)
{
	size_t i, kept = 0, cap = tab->cap;

	for (i = 0; i < tab->count; i++) {
		struct isrv_msgtab_leaf leaf = tab->leaves[i];

		if (leaf.count)
			tab->leaves[kept++] = leaf;
		else
			isrv_mem_free(mem, leaf.msgs, leaf.cap * sizeof(*leaf.msgs));
	}
	tab->count = kept;
	tab->empty = 0;
	while (cap > 4 && kept <= cap / 3)
		cap /= 2;
	if (cap < tab->cap)
		shrink(tab, mem, cap);
	isrv_msgtab_rebuild(tab);
}

void isrv_msgtab_remove(struct isrv_msgtab *tab, struct isrv_mem *mem, struct imapsrv_set uids)
{
	size_t i;

	for (i = 0; i < uids.count && tab->count; i++) {
		struct imapsrv_range range = uids.ranges[i];
		size_t from = isrv_msgtab_locate(tab, range.first), at;

		for (at = from; at < tab->count && tab->leaves[at].first <= range.last; at++)
			remove_from_leaf(tab, mem, at, range);
		/* Only the first and the last of them can have anything left. */
		if (at > from + 1)
			join(tab, mem, at - 1);
		join(tab, mem, from);
		if (from)
			join(tab, mem, from - 1);
	}
	if (!tab->messages)
		isrv_msgtab_clear(tab, mem);
	else if (tab->empty > 16 && tab->empty > tab->count / 8)
		squeeze(tab, mem);
}
