/* SPDX-License-Identifier: MIT */
/*
 * base/sha256 - SHA-256 (FIPS 180-4), HMAC with it (RFC 2104) and PBKDF2 with that (RFC 8018 5.2),
 * for SCRAM-SHA-256.  Takes the same time for all inputs of one length.
 */
#ifndef ISRV_BASE_SHA256_H
#define ISRV_BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum { ISRV_SHA256_SIZE = 32, ISRV_SHA256_BLOCK = 64 };

struct isrv_sha256 {
	uint32_t state[8];
	uint64_t octets;
	unsigned char block[ISRV_SHA256_BLOCK]; /* its first octets % 64 are filled */
};

void isrv_sha256_init(struct isrv_sha256 *h);
void isrv_sha256_add(struct isrv_sha256 *h, const void *data, size_t len);
/* Wipes h. */
void isrv_sha256_end(struct isrv_sha256 *h, unsigned char out[ISRV_SHA256_SIZE]);
void isrv_sha256(const void *data, size_t len, unsigned char out[ISRV_SHA256_SIZE]);

struct isrv_hmac {
	struct isrv_sha256 inner;
	struct isrv_sha256 outer;
};

void isrv_hmac_init(struct isrv_hmac *h, const void *key, size_t len);
void isrv_hmac_add(struct isrv_hmac *h, const void *data, size_t len);
/* Wipes h. */
void isrv_hmac_end(struct isrv_hmac *h, unsigned char out[ISRV_SHA256_SIZE]);
void isrv_hmac(const void *key, size_t key_len, const void *data, size_t len,
               unsigned char out[ISRV_SHA256_SIZE]);

/* The first block: Hi() of RFC 5802 2.2. */
void isrv_pbkdf2(const void *password, size_t password_len, const void *salt, size_t salt_len,
                 uint32_t iterations, unsigned char out[ISRV_SHA256_SIZE]);

#endif
