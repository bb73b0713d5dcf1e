/* SPDX-License-Identifier: MIT */
/*
 * base/sha256 - the compression function, and what is built on it.
 */
#include "base/sha256.h"

#include <string.h>

#include "base/mem.h"

/* The first 32 bits of the fractions of the cube roots of the first 64 primes. */
static const uint32_t k[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
	0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
	0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
	0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
	0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
	0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
	0xc67178f2,
};

static uint32_t rotr(uint32_t x, unsigned n)
{
	return x >> n | x << (32 - n);
}

static uint32_t load(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void store(unsigned char *p, uint32_t x)
{
	p[0] = (unsigned char)(x >> 24);
	p[1] = (unsigned char)(x >> 16);
	p[2] = (unsigned char)(x >> 8);
	p[3] = (unsigned char)x;
}

static void compress(uint32_t state[8], const unsigned char *block)
{
	uint32_t w[64], v[8];

	for (int i = 0; i < 16; i++)
		w[i] = load(block + 4 * i);
	for (int i = 16; i < 64; i++)
		w[i] = w[i - 16] + w[i - 7] +
		       (rotr(w[i - 15], 7) ^ rotr(w[i - 15], 18) ^ w[i - 15] >> 3) +
		       (rotr(w[i - 2], 17) ^ rotr(w[i - 2], 19) ^ w[i - 2] >> 10);
	memcpy(v, state, sizeof(v));
	for (int i = 0; i < 64; i++) {
		uint32_t t1 = v[7] + (rotr(v[4], 6) ^ rotr(v[4], 11) ^ rotr(v[4], 25)) +
		              ((v[4] & v[5]) ^ (~v[4] & v[6])) + k[i] + w[i];
		uint32_t t2 = (rotr(v[0], 2) ^ rotr(v[0], 13) ^ rotr(v[0], 22)) +
		              ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));

		memmove(v + 1, v, 7 * sizeof(v[0]));
		v[4] += t1;
		v[0] = t1 + t2;
	}
	for (int i = 0; i < 8; i++)
		state[i] += v[i];
	isrv_mem_wipe(w, sizeof(w));
	isrv_mem_wipe(v, sizeof(v));
}

void isrv_sha256_init(struct isrv_sha256 *h)
{
	/* Likewise of the square roots of the first eight. */
	static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
	                                  0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

	memset(h, 0, sizeof(*h));
	memcpy(h->state, start, sizeof(start));
}

void isrv_sha256_add(struct isrv_sha256 *h, const void *data, size_t len)
{
	const unsigned char *from = data;

	while (len) {
		size_t at = (size_t)(h->octets % ISRV_SHA256_BLOCK);
		size_t n = ISRV_SHA256_BLOCK - at < len ? ISRV_SHA256_BLOCK - at : len;

		memcpy(h->block + at, from, n);
		h->octets += n;
		from += n;
		len -= n;
		if (at + n == ISRV_SHA256_BLOCK)
			compress(h->state, h->block);
	}
}

void isrv_sha256_end(struct isrv_sha256 *h, unsigned char out[ISRV_SHA256_SIZE])
{
	static const unsigned char pad[ISRV_SHA256_BLOCK] = {0x80};
	uint64_t bits = h->octets * 8;
	size_t at = (size_t)(h->octets % ISRV_SHA256_BLOCK);
	unsigned char length[8];

	store(length, (uint32_t)(bits >> 32));
	store(length + 4, (uint32_t)bits);
	isrv_sha256_add(h, pad, (at < 56 ? 56 : 56 + ISRV_SHA256_BLOCK) - at);
	isrv_sha256_add(h, length, sizeof(length));
	for (int i = 0; i < 8; i++)
		store(out + 4 * i, h->state[i]);
	isrv_mem_wipe(h, sizeof(*h));
}

void isrv_sha256(const void *data, size_t len, unsigned char out[ISRV_SHA256_SIZE])
{
	struct isrv_sha256 h;

	isrv_sha256_init(&h);
	isrv_sha256_add(&h, data, len);
	isrv_sha256_end(&h, out);
}

/* ---- HMAC ---------------------------------------------------------------------------------- */

void isrv_hmac_init(struct isrv_hmac *h, const void *key, size_t len)
{
	unsigned char block[ISRV_SHA256_BLOCK] = {0};

	if (len > sizeof(block))
		isrv_sha256(key, len, block);
	else if (len)
		memcpy(block, key, len);
	for (size_t i = 0; i < sizeof(block); i++)
		block[i] ^= 0x36;
	isrv_sha256_init(&h->inner);
	isrv_sha256_add(&h->inner, block, sizeof(block));
	for (size_t i = 0; i < sizeof(block); i++)
		block[i] ^= 0x36 ^ 0x5c;
	isrv_sha256_init(&h->outer);
	isrv_sha256_add(&h->outer, block, sizeof(block));
	isrv_mem_wipe(block, sizeof(block));
}

void isrv_hmac_add(struct isrv_hmac *h, const void *data, size_t len)
{
	isrv_sha256_add(&h->inner, data, len);
}

void isrv_hmac_end(struct isrv_hmac *h, unsigned char out[ISRV_SHA256_SIZE])
{
	isrv_sha256_end(&h->inner, out);
	isrv_sha256_add(&h->outer, out, ISRV_SHA256_SIZE);
	isrv_sha256_end(&h->outer, out);
}

void isrv_hmac(const void *key, size_t key_len, const void *data, size_t len,
               unsigned char out[ISRV_SHA256_SIZE])
{
	struct isrv_hmac h;

	isrv_hmac_init(&h, key, key_len);
	isrv_hmac_add(&h, data, len);
	isrv_hmac_end(&h, out);
}

void isrv_pbkdf2(const void *password, size_t password_len, const void *salt, size_t salt_len,
                 uint32_t iterations, unsigned char out[ISRV_SHA256_SIZE])
{
	static const unsigned char one[4] = {0, 0, 0, 1};
	unsigned char u[ISRV_SHA256_SIZE];
	struct isrv_hmac keyed, h; /* the key is taken in once */

	isrv_hmac_init(&keyed, password, password_len);
	h = keyed;
	isrv_hmac_add(&h, salt, salt_len);
	isrv_hmac_add(&h, one, sizeof(one));
	isrv_hmac_end(&h, u);
	memcpy(out, u, sizeof(u));
	for (uint32_t i = 1; i < iterations; i++) {
		h = keyed;
		isrv_hmac_add(&h, u, sizeof(u));
		isrv_hmac_end(&h, u);
		for (size_t j = 0; j < sizeof(u); j++)
			out[j] ^= u[j];
	}
	isrv_mem_wipe(u, sizeof(u));
	isrv_mem_wipe(&keyed, sizeof(keyed));
}
