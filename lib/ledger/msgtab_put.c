/* SPDX-License-Identifier: MIT */
/*
 * Adding to the table of messages.  Rows that belong to one leaf are a group; if it does not hold
 * them all, it becomes several: full ones at the end of the table, where more will come behind
 * them, and else equal ones, which have room.  Reserve and put go through the same groups; reserve
 * takes memory, leaves everything that can be seen as it is, and put moves messages.
 */
#include <string.h>

#include "ledger/msgtab.h"
#include "ledger/msgtab_leaf.h"

/* What a leaf holds while it waits to be used. */
struct isrv_msgtab_block {
	struct isrv_msgtab_block *next;
	size_t cap;
};

struct group {
	size_t leaf;
	size_t from, to; /* its rows */
	size_t total;    /* messages in the leaf when they are in */
	size_t pieces;   /* leaves that it takes */
	bool tail;       /* all that is new comes behind all that is there */
};

static size_t piece_size(const struct group *group, size_t piece)
{
	if (group->pieces <= 1)
		return group->total;
	if (!group->tail)
		return group->total / group->pieces + (piece < group->total % group->pieces);
	if (piece + 1 < group->pieces)
		return ISRV_MSGTAB_LEAF;
	return group->total - (group->pieces - 1) * ISRV_MSGTAB_LEAF;
}

/* The index of a UID in a leaf, or its count. */
static size_t index_of(const struct isrv_msgtab_leaf *leaf, uint32_t uid)
{
	size_t at = isrv_msgtab_lower(leaf, uid);

	return at < leaf->count && leaf->msgs[at].uid == uid ? at : leaf->count;
}

static struct group group_from(const struct isrv_msgtab *tab, const struct imapsrv_ledger_row *rows,
                               size_t count, size_t from)
{
	struct group group = {isrv_msgtab_locate(tab, rows[from].uid), from, from, 0, 1, false};
	const struct isrv_msgtab_leaf *leaf = &tab->leaves[group.leaf];
	bool last = group.leaf + 1 == tab->count;

	group.total = leaf->count;
	group.tail = last && (!leaf->count || leaf->msgs[leaf->count - 1].uid < rows[from].uid);
	for (; group.to < count && (last || rows[group.to].uid < leaf[1].first); group.to++) {
		if (group.tail || index_of(leaf, rows[group.to].uid) == leaf->count)
			group.total++;
	}
	if (group.total > ISRV_MSGTAB_LEAF)
		group.pieces = (group.total + ISRV_MSGTAB_LEAF - 1) / ISRV_MSGTAB_LEAF;
	return group;
}

/* ---- reserve -------------------------------------------------------------------------------- */

/* The heap first: it may span more leaves than there is room for, but not fewer. */
static bool reserve_leaves(struct isrv_msgtab *tab, struct isrv_mem *mem, size_t need)
{
	size_t leaf = sizeof(*tab->leaves), pair = 2 * sizeof(*tab->maxima);
	size_t cap = tab->cap ? tab->cap : 4;
	void *grown;

	if (need <= tab->cap)
		return true;
	/* No overflow: nearly all of these leaves have memory for their messages already, which is
	 * several times what stands here for them. */
	while (cap < need)
		cap *= 2;
	if (cap > tab->span) {
		grown = isrv_mem_realloc(mem, tab->maxima, tab->span * pair, cap * pair);
		if (!grown)
			return false;
		tab->maxima = grown;
		tab->span = cap;
		isrv_msgtab_rebuild(tab);
	}
	grown = isrv_mem_realloc(mem, tab->leaves, tab->cap * leaf, cap * leaf);
	if (!grown)
		return false;
	tab->leaves = grown;
	tab->cap = cap;
	return true;
}

static bool add_spare(struct isrv_mem *mem, struct isrv_msgtab_spare *spare, size_t size)
{
	size_t cap = isrv_msgtab_round(size);
	struct isrv_msgtab_block *block = isrv_mem_alloc(mem, cap * sizeof(struct isrv_msg));

	if (!block)
		return false;
	block->next = NULL;
	block->cap = cap;
	if (spare->last)
		spare->last->next = block;
	else
		spare->next = block;
	spare->last = block;
	return true;
}

static bool reserve_group(struct isrv_msgtab *tab, struct isrv_mem *mem, const struct group *group,
                          struct isrv_msgtab_spare *spare)
{
	struct isrv_msgtab_leaf *leaf = &tab->leaves[group->leaf];
	size_t need = piece_size(group, 0), cap, i;

	if (need > leaf->cap) {
		cap = isrv_msgtab_round(need);
		/* One at the end will be filled: by doubling.  Others rarely grow. */
		if (group->tail && cap < (size_t)leaf->cap * 2)
			cap = (size_t)leaf->cap * 2;
		if (cap > ISRV_MSGTAB_LEAF)
			cap = ISRV_MSGTAB_LEAF;
		if (!isrv_msgtab_resize(leaf, mem, cap))
			return false;
	}
	for (i = 1; i < group->pieces; i++) {
		if (!add_spare(mem, spare, piece_size(group, i)))
			return false;
	}
	return true;
}

bool isrv_msgtab_reserve(struct isrv_msgtab *tab, struct isrv_mem *mem,
                         const struct imapsrv_ledger_row *rows, size_t count,
                         struct isrv_msgtab_spare *spare)
{
	size_t at, more = 0;

	*spare = (struct isrv_msgtab_spare){NULL, NULL, 0};
	if (!count)
		return true;
	if (!tab->count) {
		if (!reserve_leaves(tab, mem, 1))
			return false;
		tab->leaves[0] = (struct isrv_msgtab_leaf){NULL, 0, rows[0].uid, 0, 0};
		tab->count = 1;
		tab->empty = 1;
		isrv_msgtab_set_max(tab, 0, 0);
	}
	for (at = 0; at < count;) {
		struct group group = group_from(tab, rows, count, at);

		if (!reserve_group(tab, mem, &group, spare)) {
			isrv_msgtab_drop(mem, spare);
			return false;
		}
		more += group.pieces - 1;
		spare->fresh += group.total - tab->leaves[group.leaf].count;
		at = group.to;
	}
	if (!reserve_leaves(tab, mem, tab->count + more)) {
		isrv_msgtab_drop(mem, spare);
		return false;
	}
	return true;
}

void isrv_msgtab_drop(struct isrv_mem *mem, struct isrv_msgtab_spare *spare)
{
	while (spare->next) {
		struct isrv_msgtab_block *block = spare->next;

		spare->next = block->next;
		isrv_mem_free(mem, block, block->cap * sizeof(struct isrv_msg));
	}
	spare->last = NULL;
}

/* ---- put ------------------------------------------------------------------------------------ */

/* Makes place behind the group's leaf for the others that it takes, with their memory. */
static void insert_leaves(struct isrv_msgtab *tab, const struct group *group,
                          struct isrv_msgtab_spare *spare)
{
	struct isrv_msgtab_leaf *leaf = &tab->leaves[group->leaf];
	struct isrv_msgtab_block *block = spare->next;
	size_t more = group->pieces - 1, i;

	memmove(leaf + 1 + more, leaf + 1, (tab->count - group->leaf - 1) * sizeof(*leaf));
	tab->count += more;
	for (i = 1; block && i <= more; i++) {
		struct isrv_msgtab_block *next = block->next;

		leaf[i] = (struct isrv_msgtab_leaf){(struct isrv_msg *)(void *)block, 0, 0,
		                                    (uint16_t)piece_size(group, i),
		                                    (uint16_t)block->cap};
		block = next;
	}
	spare->next = block;
	if (!block)
		spare->last = NULL;
}

/* Merges the rows in from behind, so that no message is overwritten before it has moved. */
static void merge(struct isrv_msgtab_leaf *leaf, const struct group *group,
                  const struct imapsrv_ledger_row *rows, uint64_t modseq)
{
	size_t own = leaf->count, row = group->to, at = group->total, piece = group->pieces - 1;
	size_t begin = group->total - piece_size(group, piece), first = piece_size(group, 0);
	struct isrv_msg *msgs = leaf->msgs;

	while (row > group->from || own > first) {
		const struct imapsrv_ledger_row *next = row > group->from ? &rows[row - 1] : NULL;
		struct isrv_msg msg;

		if (next && own && msgs[own - 1].uid == next->uid) {
			isrv_msg_set(&msgs[own - 1], modseq ? modseq : next->modseq,
			             next->fingerprint);
			row--;
			continue;
		}
		if (!next || (own && msgs[own - 1].uid > next->uid)) {
			msg = msgs[--own];
		} else {
			msg.uid = next->uid;
			isrv_msg_set(&msg, modseq ? modseq : next->modseq, next->fingerprint);
			row--;
		}
		if (--at < begin)
			begin -= piece_size(group, --piece);
		leaf[piece].msgs[at - begin] = msg;
	}
	leaf->count = (uint16_t)first;
}

void isrv_msgtab_put(struct isrv_msgtab *tab, struct isrv_mem *mem,
                     const struct imapsrv_ledger_row *rows, size_t count, uint64_t modseq,
                     struct isrv_msgtab_spare *spare)
{
	bool moved = false;
	size_t at, i;

	for (at = 0; at < count;) {
		struct group group = group_from(tab, rows, count, at);
		struct isrv_msgtab_leaf *leaf = &tab->leaves[group.leaf];

		tab->messages += group.total - leaf->count;
		if (!leaf->count)
			tab->empty--;
		if (rows[at].uid < leaf->first)
			leaf->first = rows[at].uid;
		moved = moved || (group.pieces > 1 && group.leaf + 1 < tab->count);
		if (group.pieces > 1)
			insert_leaves(tab, &group, spare);
		merge(leaf, &group, rows, modseq);
		for (i = 0; i < group.pieces; i++) {
			if (i)
				leaf[i].first = leaf[i].msgs[0].uid;
			/* A new number is above all others. */
			if (modseq && group.pieces == 1)
				isrv_msgtab_set_max(tab, group.leaf, modseq);
			else
				isrv_msgtab_find_max(tab, group.leaf + i);
		}
		at = group.to;
	}
	if (moved)
		isrv_msgtab_rebuild(tab);
	isrv_msgtab_drop(mem, spare);
}
