/* SPDX-License-Identifier: MIT */
/*
 * The bitmap of one block.  Invariant: before[c] is the number of set bits below chunk c, for
 * every chunk up to the last one with a bit, and UINT16_MAX above it.  No true value can be
 * UINT16_MAX: at most 65280 bits lie below the last chunk.
 */
#include "base/numbits.h"

#include <string.h>

#define CHUNK_WORDS (ISRV_NUMBITS_WORDS / ISRV_NUMBITS_CHUNKS)
#define NO_BITS     UINT16_MAX

/* Every second bit, every second pair, every second nibble; of every octet the lowest bit
 * and the highest. */
#define BITS    0x5555555555555555u
#define PAIRS   0x3333333333333333u
#define NIBBLES 0x0f0f0f0f0f0f0f0fu
#define OCTETS  0x0101010101010101u
#define TOPS    0x8080808080808080u

/* The number of set bits of each octet, in that octet. */
static uint64_t octet_counts(uint64_t word)
{
	word -= (word >> 1) & BITS;
	word = (word & PAIRS) + ((word >> 2) & PAIRS);
	return (word + (word >> 4)) & NIBBLES;
}

/* Written out because a compiler's builtin is a library call on a CPU without the instruction;
 * where there is one, compilers know this pattern. */
static uint32_t popcount(uint64_t word)
{
	return (uint32_t)((octet_counts(word) * OCTETS) >> 56);
}

/* The lowest set bit; word is not 0. */
static uint32_t lowest_bit(uint64_t word)
{
	return popcount((word & (~word + 1)) - 1);
}

/* The bits of word w that lie in first..last, w being a word that the range meets. */
static uint64_t word_mask(uint32_t w, uint32_t first, uint32_t last)
{
	uint64_t mask = UINT64_MAX;

	if (w == first / 64)
		mask <<= first % 64;
	if (w == last / 64)
		mask &= UINT64_MAX >> (63 - last % 64);
	return mask;
}

void isrv_numbits_init(struct isrv_numbits *bits)
{
	uint32_t c;

	memset(bits->words, 0, sizeof(bits->words));
	for (c = 0; c < ISRV_NUMBITS_CHUNKS; c++)
		bits->before[c] = NO_BITS;
}

void isrv_numbits_append(struct isrv_numbits *bits, uint32_t count, uint32_t top, uint32_t first,
                         uint32_t last)
{
	uint32_t c, w;

	for (c = count ? top / 256 + 1 : 0; c <= first / 256; c++)
		bits->before[c] = (uint16_t)count;
	for (c = first / 256 + 1; c <= last / 256; c++)
		bits->before[c] = (uint16_t)(count + (c * 256 - first));
	for (w = first / 64; w <= last / 64; w++)
		bits->words[w] |= word_mask(w, first, last);
}

/* Takes `removed` off the directory for the chunks above *chunk up to `to`. */
static void lower_directory(struct isrv_numbits *bits, uint32_t *chunk, uint32_t to,
                            uint32_t removed)
{
	uint32_t c;

	for (c = *chunk + 1; c <= to; c++) {
		if (bits->before[c] != NO_BITS)
			bits->before[c] = (uint16_t)(bits->before[c] - removed);
	}
	*chunk = to;
}

uint32_t isrv_numbits_remove(struct isrv_numbits *bits, uint32_t count, uint32_t base,
                             struct imapsrv_set set)
{
	uint32_t removed = 0, chunk = 0, w, c;
	size_t i;

	for (i = 0; i < set.count; i++) {
		struct imapsrv_range gone = isrv_numbits_clip(set.ranges[i], base);

		for (w = gone.first / 64; w <= gone.last / 64; w++) {
			uint64_t hit = bits->words[w] & word_mask(w, gone.first, gone.last);

			if (w / CHUNK_WORDS > chunk)
				lower_directory(bits, &chunk, w / CHUNK_WORDS, removed);
			bits->words[w] ^= hit;
			removed += popcount(hit);
		}
	}
	lower_directory(bits, &chunk, ISRV_NUMBITS_CHUNKS - 1, removed);
	count -= removed;
	for (c = ISRV_NUMBITS_CHUNKS; c > 0 && bits->before[c - 1] >= count; c--)
		bits->before[c - 1] = NO_BITS;
	return count;
}

uint32_t isrv_numbits_rank(const struct isrv_numbits *bits, uint32_t count, uint32_t at,
                           bool *has_r)
{
	uint32_t rank = bits->before[at / 256], w;
	uint64_t word = bits->words[at / 64];

	*has_r = word >> (at % 64) & 1;
	if (rank == NO_BITS)
		return count;
	for (w = at / 256 * CHUNK_WORDS; w < at / 64; w++)
		rank += popcount(bits->words[w]);
	return rank + popcount(word & (UINT64_MAX >> (63 - at % 64)));
}

/* The bit of the word with `index` set bits below it. */
static uint32_t select_in_word(uint64_t word, uint32_t index)
{
	/* In each octet, how many bits are set in it and below; then its top bit says whether
	 * that is at most `index`, and the octets of which it is are the ones to pass over. */
	uint64_t upto = octet_counts(word) * OCTETS;
	uint64_t passed = (((index * OCTETS) | TOPS) - upto) & TOPS;
	uint32_t shift = (uint32_t)(((passed >> 7) * OCTETS) >> 56) * 8;

	index -= (uint32_t)((upto << 8) >> shift) & 0xff;
	word >>= shift;
	while (index--)
		word &= word - 1;
	return shift + lowest_bit(word);
}

uint32_t isrv_numbits_select(const struct isrv_numbits *bits, uint32_t index)
{
	uint32_t chunk = 0, step, w, here;

	/* The last chunk with at most `index` bits before it; 256 chunks are eight halvings.  A
	 * product and no branch, because which way it goes cannot be predicted. */
	for (step = ISRV_NUMBITS_CHUNKS / 2; step > 0; step /= 2)
		chunk += step * (bits->before[chunk + step] <= index);
	index -= bits->before[chunk];
	w = chunk * CHUNK_WORDS;
	while (index >= (here = popcount(bits->words[w]))) {
		index -= here;
		w++;
	}
	return w * 64 + select_in_word(bits->words[w], index);
}

/* The first bit at or above `from` that differs from those of `flip` (0 finds a set bit, all ones
 * a clear one); 65536 if there is none. */
static uint32_t next_bit(const struct isrv_numbits *bits, uint32_t from, uint64_t flip)
{
	uint32_t w = from / 64;
	uint64_t word;

	if (w >= ISRV_NUMBITS_WORDS)
		return ISRV_NUMBITS_WORDS * 64;
	word = (bits->words[w] ^ flip) & (UINT64_MAX << (from % 64));
	while (!word) {
		if (++w == ISRV_NUMBITS_WORDS)
			return ISRV_NUMBITS_WORDS * 64;
		word = bits->words[w] ^ flip;
	}
	return w * 64 + lowest_bit(word);
}

bool isrv_numbits_run(const struct isrv_numbits *bits, uint32_t from, uint32_t *first_r,
                      uint32_t *last_r)
{
	uint32_t first = next_bit(bits, from, 0);

	if (first == ISRV_NUMBITS_WORDS * 64)
		return false;
	*first_r = first;
	*last_r = next_bit(bits, first, UINT64_MAX) - 1;
	return true;
}

uint32_t isrv_numbits_runs(const struct isrv_numbits *bits)
{
	uint32_t runs = 0, w;
	uint64_t carry = 0;

	for (w = 0; w < ISRV_NUMBITS_WORDS; w++) {
		runs += popcount(bits->words[w] & ~(bits->words[w] << 1 | carry));
		carry = bits->words[w] >> 63;
	}
	return runs;
}
