/* SPDX-License-Identifier: MIT */
/*
 * The number map: an array of blocks in ascending order of their key, the upper 16 bits of the
 * UIDs in them.  Invariant: no block is empty, and block.before is the sum of the counts of all
 * lower blocks.  So both directions are a search over the blocks and one inside a block.
 *
 * Readers write nothing, not even a cache: where the last answer was is guessed anew each time,
 * and the guess is exact for a mailbox without large holes.
 */
#include "base/nummap.h"

#include <string.h>

#include "base/numblock.h"
#include "base/uidset.h"

/* Also the count of a removal of all the UIDs that can exist; map.count tells those apart. */
#define NO_MEMORY UINT32_MAX

void isrv_nummap_init(struct isrv_nummap *map)
{
	*map = (struct isrv_nummap){NULL, 0, 0, 0, 0};
}

void isrv_nummap_clear(struct isrv_nummap *map, struct isrv_mem *mem)
{
	uint32_t i;

	for (i = 0; i < map->block_count; i++)
		isrv_numblock_free(&map->blocks[i], mem);
	isrv_mem_free(mem, map->blocks, map->block_cap * sizeof(*map->blocks));
	isrv_nummap_init(map);
}

/* ---- reading ------------------------------------------------------------------------------ */

/* The index of the first block below `high` whose key is >= key; `high` if none. */
static uint32_t search_key(const struct isrv_nummap *map, uint32_t high, uint32_t key)
{
	uint32_t low = 0;

	while (low < high) {
		uint32_t mid = (low + high) / 2;

		if (map->blocks[mid].key < key)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* The index of the first block whose key is >= key; block_count if none.  Keys ascend by at least
 * one, so the block is not above where it stands if none is missing: there, as a rule. */
static inline uint32_t find_key(const struct isrv_nummap *map, uint32_t key)
{
	uint32_t guess;

	if (map->block_count == 0 || key <= map->blocks[0].key)
		return 0;
	guess = key - map->blocks[0].key;
	if (guess >= map->block_count)
		return search_key(map, map->block_count, key);
	return map->blocks[guess].key == key ? guess : search_key(map, guess, key);
}

/* The block that holds the sequence number, which must be in 1..count. */
static const struct isrv_nummap_block *find_seq(const struct isrv_nummap *map, uint32_t seq)
{
	/* A block holds at most 65536, so the one sought is not below this guess. */
	uint32_t low = (seq - 1) >> 16, high = map->block_count;

	if (seq - map->blocks[low].before <= map->blocks[low].count)
		return &map->blocks[low];
	while (high - low > 1) {
		uint32_t mid = (low + high) / 2;

		if (map->blocks[mid].before < seq)
			low = mid;
		else
			high = mid;
	}
	return &map->blocks[low];
}

static uint32_t rank(const struct isrv_nummap *map, uint32_t uid, bool *has_r)
{
	uint32_t index = find_key(map, uid >> 16);

	*has_r = false;
	if (index == map->block_count)
		return map->count;
	if (map->blocks[index].key != uid >> 16)
		return map->blocks[index].before;
	return map->blocks[index].before +
	       isrv_numblock_rank(&map->blocks[index], uid & 0xffff, has_r);
}

uint32_t isrv_nummap_seq(const struct isrv_nummap *map, uint32_t uid)
{
	bool present;
	uint32_t seq = rank(map, uid, &present);

	return present ? seq : 0;
}

uint32_t isrv_nummap_rank(const struct isrv_nummap *map, uint32_t uid)
{
	bool present;

	return rank(map, uid, &present);
}

uint32_t isrv_nummap_uid(const struct isrv_nummap *map, uint32_t seq)
{
	const struct isrv_nummap_block *block;

	if (seq == 0 || seq > map->count)
		return 0;
	block = find_seq(map, seq);
	return (uint32_t)block->key << 16 | isrv_numblock_select(block, seq - block->before - 1);
}

uint32_t isrv_nummap_next(const struct isrv_nummap *map, uint32_t from)
{
	return isrv_nummap_uid(map, isrv_nummap_rank(map, from - 1) + 1);
}

bool isrv_nummap_run_in(const struct isrv_nummap *map, uint32_t from, uint32_t to,
                        struct imapsrv_range *run_r)
{
	uint32_t index = find_key(map, from >> 16), offset = from & 0xffff, first, last, more, key;

	if (index == map->block_count)
		return false;
	if (map->blocks[index].key != from >> 16)
		offset = 0;
	if (!isrv_numblock_run(&map->blocks[index], offset, &first, &last)) {
		if (++index == map->block_count)
			return false;
		(void)isrv_numblock_run(&map->blocks[index], 0, &first, &last);
	}
	key = map->blocks[index].key;
	if ((key << 16 | first) > to)
		return false;
	run_r->first = key << 16 | first;
	/* A run that reaches the end of its block may go on in the next. */
	while (last == UINT16_MAX && key < to >> 16 && ++index < map->block_count &&
	       map->blocks[index].key == key + 1 &&
	       isrv_numblock_run(&map->blocks[index], 0, &first, &more) && first == 0) {
		key++;
		last = more;
	}
	last |= key << 16;
	run_r->last = last < to ? last : to;
	return true;
}

bool isrv_nummap_run(const struct isrv_nummap *map, uint32_t from, struct imapsrv_range *run_r)
{
	return isrv_nummap_run_in(map, from, UINT32_MAX, run_r);
}

size_t isrv_nummap_memory(const struct isrv_nummap *map)
{
	size_t memory = map->block_cap * sizeof(*map->blocks);
	uint32_t i;

	for (i = 0; i < map->block_count; i++)
		memory += isrv_numblock_memory(&map->blocks[i]);
	return memory;
}

/* ---- appending ---------------------------------------------------------------------------- */

/* Room for so many more blocks; there are never more than 65536. */
static bool reserve_blocks(struct isrv_nummap *map, struct isrv_mem *mem, uint32_t more)
{
	uint32_t need = map->block_count + more, cap = map->block_cap + map->block_cap / 2;
	size_t unit = sizeof(*map->blocks);
	struct isrv_nummap_block *grown;

	if (need <= map->block_cap)
		return true;
	if (cap < need)
		cap = need;
	grown = isrv_mem_realloc(mem, map->blocks, map->block_cap * unit, cap * unit);
	if (!grown)
		return false;
	map->blocks = grown;
	map->block_cap = cap;
	return true;
}

/* UIDs first..last in blocks of their own, for which there is room. */
static void append_blocks(struct isrv_nummap *map, uint32_t first, uint32_t last)
{
	uint32_t key;

	for (key = first >> 16; key <= last >> 16; key++) {
		struct isrv_nummap_block *block = &map->blocks[map->block_count++];

		isrv_numblock_init(block, key, key == first >> 16 ? first & 0xffff : 0,
		                   key == last >> 16 ? last & 0xffff : UINT16_MAX);
		block->before = map->count;
		map->count += block->count;
	}
}

bool isrv_nummap_append(struct isrv_nummap *map, struct isrv_mem *mem, uint32_t first,
                        uint32_t last)
{
	uint32_t key = first >> 16, fresh = (last >> 16) - key + 1, split = last, before;
	struct isrv_nummap_block *tail;

	if (first <= map->last_uid || last < first)
		return false;
	if (map->block_count == 0 || map->last_uid >> 16 != key) {
		if (!reserve_blocks(map, mem, fresh))
			return false;
		tail = map->block_count ? &map->blocks[map->block_count - 1] : NULL;
		append_blocks(map, first, last);
	} else {
		/* The part in the present last block, then the blocks above it: all memory is
		 * had before anything that shows has changed. */
		if (fresh > 1) {
			split = key << 16 | UINT16_MAX;
			if (!reserve_blocks(map, mem, fresh - 1))
				return false;
		}
		tail = &map->blocks[map->block_count - 1];
		before = tail->count;
		if (!isrv_numblock_append(tail, mem, map->last_uid & 0xffff, first & 0xffff,
		                          split & 0xffff))
			return false;
		map->count += tail->count - before;
		if (fresh > 1)
			append_blocks(map, split + 1, last);
	}
	/* A block that gets no more appends is brought to its smallest form once. */
	if (tail && tail != &map->blocks[map->block_count - 1])
		isrv_numblock_settle(tail, mem, true);
	map->last_uid = last;
	return true;
}

/* ---- removing ----------------------------------------------------------------------------- */

/* The ranges of the set that meet the block; finding them does not walk those in between. */
static struct imapsrv_set ranges_in(struct imapsrv_set set, const struct isrv_nummap_block *block)
{
	uint32_t low = (uint32_t)block->key << 16, high = low | UINT16_MAX;
	size_t from = isrv_uidset_seek(set, low), to = isrv_uidset_seek(set, high);

	if (to < set.count && set.ranges[to].first <= high)
		to++;
	set.ranges += from;
	set.count = to - from;
	return set;
}

/* Closes the gaps that empty blocks left and sums up again, from block `index` upwards. */
static void close_gaps(struct isrv_nummap *map, struct isrv_mem *mem, uint32_t index)
{
	uint32_t kept = index, before = index < map->block_count ? map->blocks[index].before : 0;

	for (; index < map->block_count; index++) {
		struct isrv_nummap_block *block = &map->blocks[index];

		if (block->count == 0) {
			isrv_numblock_free(block, mem);
			continue;
		}
		block->before = before;
		before += block->count;
		if (kept != index)
			map->blocks[kept] = *block;
		kept++;
	}
	map->block_count = kept;
	map->count = before;
}

/* Gives back the room of blocks that are gone; without memory for that, it stays. */
static void shrink_blocks(struct isrv_nummap *map, struct isrv_mem *mem)
{
	size_t unit = sizeof(*map->blocks);
	struct isrv_nummap_block *shrunk;

	if (map->block_count == 0) {
		isrv_nummap_clear(map, mem);
		return;
	}
	if (map->block_count > map->block_cap / 2)
		return;
	shrunk = isrv_mem_realloc(mem, map->blocks, map->block_cap * unit, map->block_count * unit);
	if (!shrunk)
		return;
	map->blocks = shrunk;
	map->block_cap = map->block_count;
}

uint32_t isrv_nummap_remove(struct isrv_nummap *map, struct isrv_mem *mem, struct imapsrv_set set)
{
	uint32_t from = find_key(map, isrv_uidset_min(set) >> 16), removed = 0, i;
	uint32_t highest = isrv_uidset_max(set) >> 16;
	struct imapsrv_set here;

	if (set.count == 0 || from == map->block_count)
		return 0;
	/* First the memory for all blocks, so that a refusal leaves every UID where it is. */
	for (i = from; i < map->block_count && map->blocks[i].key <= highest; i++) {
		here = ranges_in(set, &map->blocks[i]);
		if (here.count && !isrv_numblock_reserve(&map->blocks[i], mem, here))
			return NO_MEMORY;
	}
	for (i = from; i < map->block_count && map->blocks[i].key <= highest; i++) {
		struct isrv_nummap_block *block = &map->blocks[i];
		uint32_t gone;

		here = ranges_in(set, block);
		if (!here.count)
			continue;
		gone = isrv_numblock_remove(block, here);
		removed += gone;
		/* Looking through a bitmap for runs is worth it only after a large removal. */
		if (block->count && gone)
			isrv_numblock_settle(block, mem, gone >= 1024);
	}
	if (removed == 0)
		return 0;
	close_gaps(map, mem, from);
	shrink_blocks(map, mem);
	map->last_uid = isrv_nummap_uid(map, map->count);
	return removed;
}
