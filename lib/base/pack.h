/* SPDX-License-Identifier: MIT */
/*
 * base/pack - values to octets that another process reads, and back: numbers in 7-bit groups, texts
 * with their length, sets of UIDs as gaps and lengths.  Writing without room only counts.  Reading
 * takes any octets: the first thing that does not fit is remembered, and what is read from then on
 * is 0.
 */
#ifndef ISRV_BASE_PACK_H
#define ISRV_BASE_PACK_H

#include "base/uidset.h"

struct isrv_pack {
	char *data;
	size_t size;
	size_t len; /* what it takes; may be above size */
};

void isrv_pack_init(struct isrv_pack *p, void *data, size_t size);
void isrv_pack_raw(struct isrv_pack *p, const void *data, size_t len);
void isrv_pack_u64(struct isrv_pack *p, uint64_t n);
void isrv_pack_span(struct isrv_pack *p, struct imapsrv_span span); /* with its length */
void isrv_pack_set(struct isrv_pack *p, struct imapsrv_set set);
/* The same piece by piece: ranges in ascending order that do not touch, then the end. */
void isrv_pack_range(struct isrv_pack *p, struct imapsrv_range range, uint32_t *after);
void isrv_pack_range_end(struct isrv_pack *p);
/* Four octets at a place that was written before, if there was room for it. */
void isrv_pack_patch(struct isrv_pack *p, size_t at, uint32_t n);
#define ISRV_PACK_PATCH 4u

struct isrv_unpack {
	const char *at;
	const char *end;
	int error; /* enum imapsrv_error, 0 */
};

void isrv_unpack_init(struct isrv_unpack *u, const void *data, size_t len);
/* IMAPSRV_EINVAL, unless there is an error already. */
void isrv_unpack_fail(struct isrv_unpack *u, int error);
/* So many octets in place; empty if there are fewer. */
struct imapsrv_span isrv_unpack_raw(struct isrv_unpack *u, size_t len);
uint64_t isrv_unpack_u64(struct isrv_unpack *u);
/* At most max: else it does not fit. */
uint64_t isrv_unpack_upto(struct isrv_unpack *u, uint64_t max);
static inline uint32_t isrv_unpack_u32(struct isrv_unpack *u)
{
	return (uint32_t)isrv_unpack_upto(u, UINT32_MAX);
}
static inline bool isrv_unpack_bool(struct isrv_unpack *u)
{
	return isrv_unpack_upto(u, 1) != 0;
}
struct imapsrv_span isrv_unpack_span(struct isrv_unpack *u);
/* A name of a mailbox or the like, as it may be handed to a host; may be empty. */
struct imapsrv_span isrv_unpack_name(struct isrv_unpack *u);
/* The next range, above `after`, which it moves; false at the end. */
bool isrv_unpack_range(struct isrv_unpack *u, uint32_t *after, struct imapsrv_range *range_r);
/* Into an empty set, whatever its max. */
void isrv_unpack_set(struct isrv_unpack *u, struct isrv_mem *mem, struct isrv_uidset *set);
/* A fixed 4 octets, as isrv_pack_patch put them. */
uint32_t isrv_unpack_fixed(struct isrv_unpack *u);

#endif
