/* SPDX-License-Identifier: MIT */
/*
 * wire/outq - bytes on their way to the transport: chunks that the session owns, and memory lent
 * by the host that is sent in place and given back when its last octet has left, or when the
 * queue dies.  Only wire/writer puts bytes in.
 */
#ifndef ISRV_WIRE_OUTQ_H
#define ISRV_WIRE_OUTQ_H

#include <stdbool.h>

#include "base/mem.h"

#define ISRV_OUTQ_CHUNK 4096u /* octets of payload in an owned chunk */

struct isrv_outq_chunk; /* a block of memory: octets, and the parts that describe them */
struct isrv_outq_part;	/* a run of octets, inside a chunk or lent */

typedef void isrv_outq_release(void *user, const void *data, size_t len);

struct isrv_outq_part {
	struct isrv_outq_part *next;
	struct isrv_outq_chunk *chunk;
	const char *from; /* the first octet that has not left */
	const char *end;  /* behind the last; not kept while the part is open */
	bool lent;
	bool secret; /* its octets are credentials */
	isrv_outq_release *release;
	void *user;
	const void *data; /* as lent, for release */
	size_t len;
};

struct isrv_outq {
	struct isrv_mem *mem;
	struct isrv_outq_part *head;
	struct isrv_outq_part *tail;
	struct isrv_outq_chunk *spare; /* one empty chunk, kept against allocation in full flow */
	char *at;      /* where the next octet goes in an owned tail; NULL if none */
	char *limit;   /* the end of that chunk; NULL if none */
	size_t closed; /* octets waiting, but for those of an owned tail */
	uint64_t sent; /* octets that have left since the beginning */
	bool secret;   /* what is put in now is credentials */
};

/* A place in the queue, to fall back to: octets put in since the beginning.  Valid until the
 * queue is cleared or rolled back to an earlier mark. */
struct isrv_outq_mark {
	uint64_t put;
};

/* Octets waiting. */
static inline size_t isrv_outq_size(const struct isrv_outq *q)
{
	return q->closed + (q->at ? (size_t)(q->at - q->tail->from) : 0);
}

void isrv_outq_init(struct isrv_outq *q, struct isrv_mem *mem);
void isrv_outq_clear(struct isrv_outq *q); /* releases lent memory, frees all; usable again */
void isrv_outq_trim(struct isrv_outq *q);  /* frees what an idle queue does not need */

/* Room for n <= ISRV_OUTQ_CHUNK contiguous octets at q->at; the caller writes and moves q->at.
 * False when memory is short. */
bool isrv_outq_grow(struct isrv_outq *q, size_t n);
static inline bool isrv_outq_room(struct isrv_outq *q, size_t n)
{
	return (size_t)(q->limit - q->at) > n || isrv_outq_grow(q, n);
}

/* A copy of the octets; all of them, or none when memory is short. */
bool isrv_outq_add(struct isrv_outq *q, const void *data, size_t len);
/* Queues memory in place.  release (may be NULL) is called once, in every case but a false; at
 * once if len is 0.  It must not touch the queue. */
bool isrv_outq_lend(struct isrv_outq *q, const void *data, size_t len, isrv_outq_release *release,
		    void *user);

/* What is put in from now on is credentials, or is not: wiped once it has left, and told apart for
 * those who look on. */
void isrv_outq_keep_secret(struct isrv_outq *q, bool secret);
/* The octets that leave next, up to where such begin or end; false: there are none. */
bool isrv_outq_next(const struct isrv_outq *q, struct imapsrv_span *span_r, bool *secret_r);

static inline struct isrv_outq_mark isrv_outq_mark(const struct isrv_outq *q)
{
	struct isrv_outq_mark mark = {q->sent + isrv_outq_size(q)};

	return mark;
}
/* Drops everything put in since the mark; false (and nothing dropped) if some of it has left. */
bool isrv_outq_rollback(struct isrv_outq *q, struct isrv_outq_mark mark);

/* Fills up to max spans from the head, without copying; returns how many.  They hold until the
 * next call that is not isrv_outq_peek or isrv_outq_size. */
size_t isrv_outq_peek(const struct isrv_outq *q, struct imapsrv_span *spans, size_t max);
/* n octets have left; n <= isrv_outq_size (more is taken as all). */
void isrv_outq_sent(struct isrv_outq *q, size_t n);

#endif
