/* SPDX-License-Identifier: MIT */
/*
 * digest.c - SipHash-2-4 with 128 bits of output (Aumasson and Bernstein, 2012), in pieces.
 */
#include "digest.h"

static uint64_t turn(uint64_t word, unsigned bits)
{
	return word << bits | word >> (64 - bits);
}

static void rounds(uint64_t v[4], int count)
{
	while (count-- > 0) {
		v[0] += v[1], v[1] = turn(v[1], 13) ^ v[0], v[0] = turn(v[0], 32);
		v[2] += v[3], v[3] = turn(v[3], 16) ^ v[2];
		v[0] += v[3], v[3] = turn(v[3], 21) ^ v[0];
		v[2] += v[1], v[1] = turn(v[1], 17) ^ v[2], v[2] = turn(v[2], 32);
	}
}

static void add_word(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	rounds(v, 2);
	v[0] ^= word;
}

void digest_begin(struct digester *d, const struct digest *key)
{
	*d = (struct digester){.v = {key->half[0] ^ 0x736f6d6570736575u,
	                             key->half[1] ^ 0x646f72616e646f6du ^ 0xee,
	                             key->half[0] ^ 0x6c7967656e657261u,
	                             key->half[1] ^ 0x7465646279746573u}};
}

void digest_add(struct digester *d, const void *data, size_t len)
{
	const unsigned char *at = data, *end = at + len;

	for (; at < end && (d->len % 8 || end - at < 8); at++) {
		d->tail |= (uint64_t)*at << d->len % 8 * 8;
		if (++d->len % 8 == 0) {
			add_word(d->v, d->tail);
			d->tail = 0;
		}
	}
	for (; end - at >= 8; at += 8, d->len += 8)
		add_word(d->v, (uint64_t)at[0] | (uint64_t)at[1] << 8 | (uint64_t)at[2] << 16 |
		               (uint64_t)at[3] << 24 | (uint64_t)at[4] << 32 |
		               (uint64_t)at[5] << 40 | (uint64_t)at[6] << 48 |
		               (uint64_t)at[7] << 56);
	for (; at < end; at++)
		d->tail |= (uint64_t)*at << d->len++ % 8 * 8;
}

struct digest digest_end(struct digester d)
{
	struct digest digest;

	add_word(d.v, d.tail | d.len << 56);
	d.v[2] ^= 0xee;
	rounds(d.v, 4);
	digest.half[0] = d.v[0] ^ d.v[1] ^ d.v[2] ^ d.v[3];
	d.v[1] ^= 0xdd;
	rounds(d.v, 4);
	digest.half[1] = d.v[0] ^ d.v[1] ^ d.v[2] ^ d.v[3];
	return digest;
}

int digest_compare(const struct digest *a, const struct digest *b)
{
	if (a->half[0] != b->half[0])
		return a->half[0] < b->half[0] ? -1 : 1;
	return a->half[1] < b->half[1] ? -1 : a->half[1] > b->half[1];
}
