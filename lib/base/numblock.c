/* SPDX-License-Identifier: MIT */
/*
 * One block of the number map: a list of runs, a list of offsets, or a bitmap.  The form changes
 * only when memory has to be taken anyway, or when the map asks to settle, so that the work of
 * changing is paid for by the appends and removals in between.
 *
 * Invariant: the contents are the same set whatever the form; runs never touch; a RUNS block with
 * room for one keeps it in u.one and owns no heap.
 */
#include "base/numblock.h"

#include <string.h>

#include "base/numbits.h"

#define OFFSETS 65536u

/* Above these a bitmap is smaller. */
#define MAX_RUNS  (sizeof(struct isrv_numbits) / sizeof(struct isrv_numrun))
#define MAX_ITEMS (sizeof(struct isrv_numbits) / sizeof(uint16_t))

static size_t form_size(enum isrv_numform form, uint32_t room)
{
	if (form == ISRV_NUMFORM_BITS)
		return sizeof(struct isrv_numbits);
	if (form == ISRV_NUMFORM_ITEMS)
		return room * sizeof(uint16_t);
	return room > 1 ? room * sizeof(struct isrv_numrun) : 0;
}

/* The smallest form for so many offsets in so many runs. */
static enum isrv_numform best_form(uint32_t runs, uint32_t count)
{
	size_t as_runs = form_size(ISRV_NUMFORM_RUNS, runs);
	size_t as_items = form_size(ISRV_NUMFORM_ITEMS, count);

	if (as_runs <= as_items && runs <= MAX_RUNS)
		return ISRV_NUMFORM_RUNS;
	return count <= MAX_ITEMS ? ISRV_NUMFORM_ITEMS : ISRV_NUMFORM_BITS;
}

/* Room for `need` elements and half as many to come, but never more than a bitmap takes. */
static uint32_t with_slack(enum isrv_numform form, uint32_t need)
{
	uint32_t most = form == ISRV_NUMFORM_RUNS ? (uint32_t)MAX_RUNS : (uint32_t)MAX_ITEMS;
	uint32_t room = need + need / 2 + (need > 1);

	return room < most ? room : most;
}

void isrv_numblock_init(struct isrv_nummap_block *block, uint32_t key, uint32_t first,
                        uint32_t last)
{
	block->u.one = (struct isrv_numrun){(uint16_t)first, 0};
	block->count = last - first + 1;
	block->key = (uint16_t)key;
	block->used = 1;
	block->room = 1;
	block->form = ISRV_NUMFORM_RUNS;
}

size_t isrv_numblock_memory(const struct isrv_nummap_block *block)
{
	return form_size(block->form, block->room);
}

static void *storage(const struct isrv_nummap_block *block)
{
	if (block->form == ISRV_NUMFORM_BITS)
		return block->u.bits;
	if (block->form == ISRV_NUMFORM_ITEMS)
		return block->u.items;
	return block->room > 1 ? block->u.runs : NULL;
}

static void set_storage(struct isrv_nummap_block *block, void *memory)
{
	if (block->form == ISRV_NUMFORM_BITS)
		block->u.bits = memory;
	else if (block->form == ISRV_NUMFORM_ITEMS)
		block->u.items = memory;
	else
		block->u.runs = memory;
}

void isrv_numblock_free(struct isrv_nummap_block *block, struct isrv_mem *mem)
{
	isrv_mem_free(mem, storage(block), isrv_numblock_memory(block));
}

static const struct isrv_numrun *runs_of(const struct isrv_nummap_block *block)
{
	return block->room > 1 ? block->u.runs : &block->u.one;
}

/* ---- reading ------------------------------------------------------------------------------ */

/* How many runs begin at or below `at`. */
static uint32_t runs_upto(const struct isrv_nummap_block *block, uint32_t at)
{
	const struct isrv_numrun *runs = runs_of(block);
	uint32_t low = 0, high = block->used;

	while (low < high) {
		uint32_t mid = (low + high) / 2;

		if (runs[mid].first <= at)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static uint32_t run_length(const struct isrv_nummap_block *block, uint32_t index)
{
	const struct isrv_numrun *runs = runs_of(block);
	uint32_t end = index + 1 < block->used ? runs[index + 1].before : block->count;

	return end - runs[index].before;
}

/* How many items are below `at`. */
static uint32_t items_below(const struct isrv_nummap_block *block, uint32_t at)
{
	uint32_t low = 0, high = block->used;

	while (low < high) {
		uint32_t mid = (low + high) / 2;

		if (block->u.items[mid] < at)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

uint32_t isrv_numblock_rank(const struct isrv_nummap_block *block, uint32_t at, bool *has_r)
{
	uint32_t index, length, inside;

	/* The mailbox without holes: worth an answer without a search. */
	if (block->room == 1) {
		inside = at - block->u.one.first;
		*has_r = at >= block->u.one.first && inside < block->count;
		if (*has_r)
			return inside + 1;
		return at < block->u.one.first ? 0 : block->count;
	}
	if (block->form == ISRV_NUMFORM_BITS)
		return isrv_numbits_rank(block->u.bits, block->count, at, has_r);
	if (block->form == ISRV_NUMFORM_ITEMS) {
		index = items_below(block, at);
		*has_r = index < block->used && block->u.items[index] == at;
		return index + *has_r;
	}
	*has_r = false;
	index = runs_upto(block, at);
	if (index == 0)
		return 0;
	index--;
	length = run_length(block, index);
	inside = at - runs_of(block)[index].first;
	*has_r = inside < length;
	return runs_of(block)[index].before + (*has_r ? inside + 1 : length);
}

uint32_t isrv_numblock_select(const struct isrv_nummap_block *block, uint32_t index)
{
	const struct isrv_numrun *runs;
	uint32_t low = 0, high = block->used;

	if (block->form == ISRV_NUMFORM_BITS)
		return isrv_numbits_select(block->u.bits, index);
	if (block->form == ISRV_NUMFORM_ITEMS)
		return block->u.items[index];
	runs = runs_of(block);
	while (high - low > 1) {
		uint32_t mid = (low + high) / 2;

		if (runs[mid].before <= index)
			low = mid;
		else
			high = mid;
	}
	return runs[low].first + (index - runs[low].before);
}

/* The run with index `index`, or the one behind it if this one ends below `from`. */
static bool list_run(const struct isrv_nummap_block *block, uint32_t index, uint32_t from,
                     uint32_t *first_r, uint32_t *last_r)
{
	const struct isrv_numrun *runs = runs_of(block);

	if (runs[index].first + run_length(block, index) <= from)
		index++;
	if (index >= block->used)
		return false;
	*first_r = runs[index].first;
	*last_r = *first_r + run_length(block, index) - 1;
	return true;
}

static bool item_run(const struct isrv_nummap_block *block, uint32_t from, uint32_t *first_r,
                     uint32_t *last_r)
{
	const uint16_t *items = block->u.items;
	uint32_t index = items_below(block, from);

	if (index == block->used)
		return false;
	*first_r = *last_r = items[index];
	while (++index < block->used && items[index] == *last_r + 1)
		++*last_r;
	return true;
}

bool isrv_numblock_run(const struct isrv_nummap_block *block, uint32_t from, uint32_t *first_r,
                       uint32_t *last_r)
{
	bool found;

	if (block->form == ISRV_NUMFORM_BITS) {
		found = isrv_numbits_run(block->u.bits, from, first_r, last_r);
	} else if (block->form == ISRV_NUMFORM_ITEMS) {
		found = item_run(block, from, first_r, last_r);
	} else {
		uint32_t index = runs_upto(block, from);

		found = list_run(block, index ? index - 1 : 0, from, first_r, last_r);
	}
	if (found && *first_r < from)
		*first_r = from;
	return found;
}

static uint32_t count_runs(const struct isrv_nummap_block *block)
{
	uint32_t runs = 1, i;

	if (block->form == ISRV_NUMFORM_RUNS)
		return block->used;
	if (block->form == ISRV_NUMFORM_BITS)
		return isrv_numbits_runs(block->u.bits);
	for (i = 1; i < block->used; i++)
		runs += block->u.items[i] != block->u.items[i - 1] + 1;
	return runs;
}

/* ---- changing the form -------------------------------------------------------------------- */

/* Appends where there is room; `top` is the highest offset if there is any. */
static void put(struct isrv_nummap_block *block, uint32_t top, uint32_t first, uint32_t last)
{
	uint32_t offset;

	if (block->form == ISRV_NUMFORM_BITS) {
		isrv_numbits_append(block->u.bits, block->count, top, first, last);
	} else if (block->form == ISRV_NUMFORM_ITEMS) {
		for (offset = first; offset <= last; offset++)
			block->u.items[block->used++] = (uint16_t)offset;
	} else if (block->count == 0 || first != top + 1) {
		struct isrv_numrun *runs = block->room > 1 ? block->u.runs : &block->u.one;

		runs[block->used++] = (struct isrv_numrun){(uint16_t)first, (uint16_t)block->count};
	}
	/* A run that continues the last one is nothing but a larger count. */
	block->count += last - first + 1;
}

/* Gives the block another form or more room, which must be enough for what is in it. */
static bool reform(struct isrv_nummap_block *block, struct isrv_mem *mem, enum isrv_numform form,
                   uint32_t room)
{
	struct isrv_nummap_block fresh = *block;
	uint32_t from = 0, first, last = 0;
	size_t size = form_size(form, room);
	void *memory = NULL;

	if (form == block->form && storage(block) && size) {
		memory = isrv_mem_realloc(mem, storage(block), isrv_numblock_memory(block), size);
		if (!memory)
			return false;
		block->room = (uint16_t)room;
		set_storage(block, memory);
		return true;
	}
	if (size && !(memory = isrv_mem_alloc(mem, size)))
		return false;
	fresh.form = (uint8_t)form;
	fresh.room = (uint16_t)room;
	fresh.used = 0;
	fresh.count = 0;
	if (memory)
		set_storage(&fresh, memory);
	if (form == ISRV_NUMFORM_BITS)
		isrv_numbits_init(fresh.u.bits);
	while (from < OFFSETS && isrv_numblock_run(block, from, &first, &from)) {
		put(&fresh, last, first, from);
		last = from++;
	}
	isrv_numblock_free(block, mem);
	*block = fresh;
	return true;
}

/* Makes room for `count` offsets in `runs` runs, in the form that then is the smallest. */
static bool make_room(struct isrv_nummap_block *block, struct isrv_mem *mem, uint32_t runs,
                      uint32_t count)
{
	enum isrv_numform form = best_form(runs, count);
	uint32_t need = form == ISRV_NUMFORM_RUNS ? runs : count;

	if (form == ISRV_NUMFORM_BITS)
		return reform(block, mem, form, 0);
	return reform(block, mem, form, with_slack(form, need));
}

bool isrv_numblock_append(struct isrv_nummap_block *block, struct isrv_mem *mem, uint32_t top,
                          uint32_t first, uint32_t last)
{
	bool touching = first == top + 1;
	uint32_t more = last - first + 1, need = block->used;

	if (block->form == ISRV_NUMFORM_RUNS)
		need += !touching;
	else if (block->form == ISRV_NUMFORM_ITEMS)
		need += more;
	if (block->form != ISRV_NUMFORM_BITS && need > block->room &&
	    !make_room(block, mem, count_runs(block) + !touching, block->count + more))
		return false;
	put(block, top, first, last);
	return true;
}

void isrv_numblock_settle(struct isrv_nummap_block *block, struct isrv_mem *mem, bool thorough)
{
	size_t held = isrv_numblock_memory(block), least;
	enum isrv_numform form;
	uint32_t runs, room;

	/* A list's present length, or the items of a bitmap, tell without a look inside. */
	if (block->form == ISRV_NUMFORM_BITS)
		least = form_size(ISRV_NUMFORM_ITEMS, block->count);
	else
		least = form_size(block->form, block->used);
	if (held == 0 || (!thorough && least * 2 > held))
		return;
	runs = count_runs(block);
	form = best_form(runs, block->count);
	room = form == ISRV_NUMFORM_RUNS ? runs : form == ISRV_NUMFORM_ITEMS ? block->count : 0;
	/* It only saves memory: if there is none for it, the old form serves as well. */
	if (form_size(form, room) < held)
		(void)reform(block, mem, form, room);
}

/* ---- removing ----------------------------------------------------------------------------- */

static uint32_t base_of(const struct isrv_nummap_block *block)
{
	return (uint32_t)block->key << 16;
}

static bool covers(struct imapsrv_set set, uint32_t base)
{
	return set.count && set.ranges[0].first <= base && set.ranges[0].last - base >= UINT16_MAX;
}

bool isrv_numblock_reserve(struct isrv_nummap_block *block, struct isrv_mem *mem,
                           struct imapsrv_set set)
{
	const struct isrv_numrun *runs = runs_of(block);
	uint32_t splits = 0, index;
	size_t i;

	/* Only a list of runs grows when something is taken from its middle. */
	if (block->form != ISRV_NUMFORM_RUNS)
		return true;
	for (i = 0; i < set.count; i++) {
		struct imapsrv_range gone = isrv_numbits_clip(set.ranges[i], base_of(block));

		index = runs_upto(block, gone.first);
		if (index == 0)
			continue;
		index--;
		splits += runs[index].first < gone.first &&
		          gone.last - runs[index].first + 1 < run_length(block, index);
	}
	if (block->used + splits <= block->room)
		return true;
	return make_room(block, mem, block->used + splits, block->count);
}

/* The rest of the run first..last goes back into the list at *used, `count` offsets before it. */
static void keep_run(struct isrv_numrun *runs, uint32_t *used, uint32_t *count, uint32_t first,
                     uint32_t last)
{
	runs[(*used)++] = (struct isrv_numrun){(uint16_t)first, (uint16_t)*count};
	*count += last - first + 1;
}

/* The old list moves to the upper end of its memory and is read from there while the new one is
 * written from the lower end: reserve left a gap of one slot for every split, so that the writing
 * never overtakes the reading. */
static void remove_from_runs(struct isrv_nummap_block *block, struct imapsrv_set set)
{
	struct isrv_numrun *runs = block->room > 1 ? block->u.runs : &block->u.one;
	struct isrv_numrun *old = runs + (block->room - block->used);
	uint32_t i, used = 0, count = 0, base = base_of(block);
	size_t r = 0;

	memmove(old, runs, block->used * sizeof(*runs));
	for (i = 0; i < block->used; i++) {
		uint32_t end = i + 1u < block->used ? old[i + 1].before : block->count;
		uint32_t first = old[i].first, last = first + (end - old[i].before) - 1;

		while (first <= last) {
			struct imapsrv_range gone = {OFFSETS, OFFSETS};

			while (r < set.count && set.ranges[r].last < base + first)
				r++;
			if (r < set.count)
				gone = isrv_numbits_clip(set.ranges[r], base);
			if (gone.first > last)
				gone = (struct imapsrv_range){last + 1, last + 1};
			if (gone.first > first)
				keep_run(runs, &used, &count, first, gone.first - 1);
			first = gone.last + 1;
		}
	}
	block->used = (uint16_t)used;
	block->count = count;
}

/* Moves whole stretches between the removed ones, not offset by offset. */
static void remove_from_items(struct isrv_nummap_block *block, struct imapsrv_set set)
{
	uint16_t *items = block->u.items;
	uint32_t kept = 0, from = 0;
	size_t i;

	for (i = 0; i < set.count; i++) {
		struct imapsrv_range gone = isrv_numbits_clip(set.ranges[i], base_of(block));
		uint32_t to = items_below(block, gone.first);
		uint32_t behind = items_below(block, gone.last + 1);

		memmove(items + kept, items + from, (to - from) * sizeof(*items));
		kept += to - from;
		from = behind;
	}
	memmove(items + kept, items + from, (block->used - from) * sizeof(*items));
	kept += block->used - from;
	block->used = (uint16_t)kept;
	block->count = kept;
}

uint32_t isrv_numblock_remove(struct isrv_nummap_block *block, struct imapsrv_set set)
{
	uint32_t count = block->count;

	if (covers(set, base_of(block)))
		block->count = 0;
	else if (block->form == ISRV_NUMFORM_BITS)
		block->count = isrv_numbits_remove(block->u.bits, count, base_of(block), set);
	else if (block->form == ISRV_NUMFORM_ITEMS)
		remove_from_items(block, set);
	else
		remove_from_runs(block, set);
	return count - block->count;
}
