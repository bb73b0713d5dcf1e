/* SPDX-License-Identifier: MIT */
/*
 * digest.h - 128 bits that stand for some octets: SipHash-2-4.  It has a secret key, which is made
 * with each side file, so that nobody can send two different messages that look the same to us.
 */
#ifndef MBOX_DIGEST_H
#define MBOX_DIGEST_H

#include <stddef.h>
#include <stdint.h>

struct digest {
	uint64_t half[2];
};

struct digester {
	uint64_t v[4];
	uint64_t tail; /* octets that do not make up a word yet */
	uint64_t len;
};

void digest_begin(struct digester *d, const struct digest *key);
void digest_add(struct digester *d, const void *data, size_t len);
struct digest digest_end(struct digester d);
int digest_compare(const struct digest *a, const struct digest *b);

#endif
