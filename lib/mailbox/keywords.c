/* SPDX-License-Identifier: MIT */
/*
 * The announced keywords of a mailbox (RFC 9051 7.3.5): names behind one another in `text`, and an
 * array of entries sorted by i;ascii-casemap, so that equal names in different case meet (RFC 9051
 * 2.3.2).  Invariant: every entry is an atom of 1..255 octets, no two are the same without regard
 * to case, and the case is that of the first arrival.
 */
#include "mailbox/keywords.h"

#include <string.h>

#include "base/ascii.h"
#include "wire/chars.h"

#define NAME_MAX 256u          /* what the lower 8 bits of an entry can hold, plus 1 */
#define TEXT_MAX 0x1000000u    /* what its upper 24 bits can reach */
#define TEXT_FIRST 64u
#define ENTRIES_FIRST 4u

void isrv_keywords_init(struct isrv_keywords *k, uint32_t max)
{
	*k = (struct isrv_keywords){NULL, 0, 0, NULL, 0, 0, max};
}

void isrv_keywords_clear(struct isrv_keywords *k, struct isrv_mem *mem)
{
	isrv_mem_free(mem, k->text, k->text_cap);
	isrv_mem_free(mem, k->entries, k->cap * sizeof(*k->entries));
	isrv_keywords_init(k, k->max);
}

struct imapsrv_span isrv_keywords_at(const struct isrv_keywords *k, uint32_t i)
{
	struct imapsrv_span name = {k->text + (k->entries[i] >> 8), (k->entries[i] & 0xff) + 1};

	return name;
}

/* Where the name stands, or would; *found_r says which. */
static uint32_t seek(const struct isrv_keywords *k, struct imapsrv_span name, bool *found_r)
{
	uint32_t low = 0, high = k->count;

	*found_r = false;
	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		struct imapsrv_span there = isrv_keywords_at(k, mid);
		int order = isrv_ascii_compare(there.data, there.len, name.data, name.len);

		if (order == 0) {
			*found_r = true;
			return mid;
		}
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* flag-keyword = "$MDNSent" / ... / atom; no "\" at its start makes it no system flag. */
static bool is_name(struct imapsrv_span name)
{
	return name.len >= 1 && name.len < NAME_MAX &&
	       isrv_char_span(name.data, name.len, ISRV_CHAR_ATOM) == name.len;
}

static bool reserve_text(struct isrv_keywords *k, struct isrv_mem *mem, size_t len)
{
	uint32_t cap = k->text_cap ? k->text_cap : TEXT_FIRST;
	char *grown;

	while (cap - k->text_len < len)
		cap *= 2;
	if (cap == k->text_cap)
		return true;
	grown = isrv_mem_realloc(mem, k->text, k->text_cap, cap);
	if (!grown)
		return false;
	k->text = grown;
	k->text_cap = cap;
	return true;
}

static bool reserve_entry(struct isrv_keywords *k, struct isrv_mem *mem)
{
	uint32_t cap = k->cap ? k->cap * 2 : ENTRIES_FIRST;
	uint32_t *grown;

	if (k->count < k->cap)
		return true;
	grown = isrv_mem_realloc(mem, k->entries, k->cap * sizeof(*grown), cap * sizeof(*grown));
	if (!grown)
		return false;
	k->entries = grown;
	k->cap = cap;
	return true;
}

bool isrv_keywords_add(struct isrv_keywords *k, struct isrv_mem *mem, struct imapsrv_span name,
                       bool *added_r)
{
	bool found;
	uint32_t at;

	*added_r = false;
	if (!is_name(name))
		return true;
	at = seek(k, name, &found);
	/* Names come from clients (STORE): their number and their octets are bounded. */
	if (found || k->count >= k->max || name.len > TEXT_MAX - k->text_len)
		return true;
	if (!reserve_text(k, mem, name.len) || !reserve_entry(k, mem))
		return false;
	memmove(k->entries + at + 1, k->entries + at, (k->count - at) * sizeof(*k->entries));
	k->entries[at] = k->text_len << 8 | (uint32_t)(name.len - 1);
	memcpy(k->text + k->text_len, name.data, name.len);
	k->text_len += (uint32_t)name.len;
	k->count++;
	*added_r = true;
	return true;
}

bool isrv_keywords_has(const struct isrv_keywords *k, struct imapsrv_span name)
{
	bool found;

	(void)seek(k, name, &found);
	return found;
}
