/* SPDX-License-Identifier: MIT */
/*
 * The output queue is a list of parts in the order of leaving.  A part is a run of octets in a
 * chunk, or memory that the host lent; its descriptor stands in the chunk too, between the
 * octets, so that lending a thousand small bodies costs a thousand descriptors and not a thousand
 * chunks (an attacker who asks for many tiny bodies gets no amplification in memory).
 *
 * Invariants: the parts of one chunk are neighbours in the list, so a chunk is empty when the list
 * moves on to a part of another one.  Only the last part can be open (q->at is set): its end is
 * q->at. `closed` counts the octets of all parts but the open one.
 */
#include "wire/outq.h"

#include <stdalign.h>
#include <string.h>

struct isrv_outq_chunk {
	char *top; /* where free room begins, while no part of the chunk is open */
	bool secret; /* some of it is credentials: wiped when it is empty */
	alignas(struct isrv_outq_part) char room[sizeof(struct isrv_outq_part) + ISRV_OUTQ_CHUNK];
};

/* Room that is left in a chunk is worth a new part from here on. */
#define WORTH_A_PART 128u

void isrv_outq_init(struct isrv_outq *q, struct isrv_mem *mem)
{
	memset(q, 0, sizeof(*q));
	q->mem = mem;
}

static const char *part_end(const struct isrv_outq *q, const struct isrv_outq_part *part)
{
	return part == q->tail && q->at ? q->at : part->end;
}

static char *chunk_end(struct isrv_outq_chunk *chunk)
{
	return chunk->room + sizeof(chunk->room);
}

static void chunk_free(struct isrv_outq *q, struct isrv_outq_chunk *chunk)
{
	if (chunk->secret)
		isrv_mem_wipe(chunk->room, sizeof(chunk->room));
	chunk->secret = false;
	if (!q->spare)
		q->spare = chunk;
	else
		isrv_mem_free(q->mem, chunk, sizeof(*chunk));
}

/* Drops parts that are linked from `part` on; their chunks too, but for `keep`. */
static void drop(struct isrv_outq *q, struct isrv_outq_part *part, struct isrv_outq_chunk *keep)
{
	while (part) {
		struct isrv_outq_part *next = part->next;
		struct isrv_outq_chunk *chunk = part->chunk;

		if (part->release)
			part->release(part->user, part->data, part->len);
		if (chunk != keep && (!next || next->chunk != chunk))
			chunk_free(q, chunk);
		part = next;
	}
}

static void drop_all(struct isrv_outq *q)
{
	struct isrv_outq_part *part = q->head;

	q->head = NULL;
	q->tail = NULL;
	q->at = NULL;
	q->limit = NULL;
	q->closed = 0;
	drop(q, part, NULL);
}

void isrv_outq_clear(struct isrv_outq *q)
{
	drop_all(q);
	if (q->spare)
		isrv_mem_free(q->mem, q->spare, sizeof(*q->spare));
	q->spare = NULL;
}

void isrv_outq_trim(struct isrv_outq *q)
{
	if (isrv_outq_size(q) == 0)
		drop_all(q);
	if (q->spare)
		isrv_mem_free(q->mem, q->spare, sizeof(*q->spare));
	q->spare = NULL;
}

/* The open part, if there is one, takes no more octets. */
static void close_tail(struct isrv_outq *q)
{
	if (!q->at)
		return;
	q->tail->end = q->at;
	q->tail->chunk->top = q->at;
	q->closed += (size_t)(q->tail->end - q->tail->from);
	q->at = NULL;
	q->limit = NULL;
}

/* A part at the end of the list, all zero, with `room` octets behind it in its chunk. */
static struct isrv_outq_part *part_new(struct isrv_outq *q, size_t room)
{
	struct isrv_outq_chunk *chunk = q->tail ? q->tail->chunk : NULL;
	struct isrv_outq_part *part;
	const size_t align = alignof(struct isrv_outq_part);
	size_t used = 0;

	if (chunk)
		used = ((size_t)(chunk->top - chunk->room) + align - 1) / align * align;
	if (!chunk || used > sizeof(chunk->room) ||
	    sizeof(chunk->room) - used < sizeof(*part) + room) {
		chunk = q->spare;
		q->spare = NULL;
		if (!chunk)
			chunk = isrv_mem_alloc(q->mem, sizeof(*chunk));
		if (!chunk)
			return NULL;
		chunk->secret = false;
		used = 0;
	}
	part = (struct isrv_outq_part *)(void *)(chunk->room + used);
	memset(part, 0, sizeof(*part));
	part->chunk = chunk;
	part->secret = q->secret;
	chunk->secret = chunk->secret || q->secret;
	chunk->top = chunk->room + used + sizeof(*part);
	if (q->tail)
		q->tail->next = part;
	else
		q->head = part;
	q->tail = part;
	return part;
}

bool isrv_outq_grow(struct isrv_outq *q, size_t n)
{
	struct isrv_outq_part *part;

	if (n > ISRV_OUTQ_CHUNK)
		return false;
	if (q->at && (size_t)(q->limit - q->at) >= n)
		return true;
	close_tail(q);
	part = part_new(q, n > WORTH_A_PART ? n : WORTH_A_PART);
	if (!part)
		return false;
	q->at = part->chunk->top;
	q->limit = chunk_end(part->chunk);
	part->from = q->at;
	return true;
}

bool isrv_outq_add(struct isrv_outq *q, const void *data, size_t len)
{
	const struct isrv_outq_mark mark = isrv_outq_mark(q);
	const char *from = data;

	while (len > 0) {
		size_t n;

		if (!isrv_outq_room(q, 1)) {
			isrv_outq_rollback(q, mark);
			return false;
		}
		n = (size_t)(q->limit - q->at);
		if (n > len)
			n = len;
		memcpy(q->at, from, n);
		q->at += n;
		from += n;
		len -= n;
	}
	return true;
}

bool isrv_outq_lend(struct isrv_outq *q, const void *data, size_t len, isrv_outq_release *release,
		    void *user)
{
	struct isrv_outq_part *part;

	if (len == 0) {
		if (release)
			release(user, data, len);
		return true;
	}
	close_tail(q);
	part = part_new(q, 0);
	if (!part)
		return false;
	part->lent = true;
	part->release = release;
	part->user = user;
	part->data = data;
	part->len = len;
	part->from = data;
	part->end = part->from + len;
	q->closed += len;
	return true;
}

bool isrv_outq_rollback(struct isrv_outq *q, struct isrv_outq_mark mark)
{
	struct isrv_outq_part *part = q->head;
	struct isrv_outq_part *gone;
	uint64_t before = q->sent;
	uint64_t n = 0;

	if (mark.put < q->sent)
		return false;
	if (mark.put == q->sent) {
		drop_all(q);
		return true;
	}
	/* The part that the last octet to be kept is in. */
	for (; part; part = part->next) {
		n = (uint64_t)(part_end(q, part) - part->from);
		if (before + n >= mark.put)
			break;
		before += n;
	}
	if (!part || (part->lent && before + n != mark.put))
		return false; /* no mark of this queue */
	close_tail(q);
	gone = part->next;
	part->next = NULL;
	q->tail = part;
	q->closed = (size_t)(mark.put - q->sent);
	if (part->lent) {
		part->chunk->top = (char *)(part + 1);
	} else if (part->secret != q->secret) {
		part->end = part->from + (mark.put - before);
		part->chunk->top = part->chunk->room + (part->end - part->chunk->room);
	} else {
		q->closed = (size_t)(before - q->sent);
		/* An owned part lies in its chunk, which we may write. */
		q->at = part->chunk->room + (part->from - part->chunk->room) + (mark.put - before);
		q->limit = chunk_end(part->chunk);
	}
	drop(q, gone, part->chunk);
	return true;
}

void isrv_outq_keep_secret(struct isrv_outq *q, bool secret)
{
	if (q->secret != secret)
		close_tail(q);
	q->secret = secret;
}

bool isrv_outq_next(const struct isrv_outq *q, struct imapsrv_span *span_r, bool *secret_r)
{
	const struct isrv_outq_part *part = q->head;

	while (part && part_end(q, part) == part->from)
		part = part->next;
	if (!part)
		return false;
	*span_r = (struct imapsrv_span){part->from, (size_t)(part_end(q, part) - part->from)};
	*secret_r = part->secret;
	return true;
}

size_t isrv_outq_peek(const struct isrv_outq *q, struct imapsrv_span *spans, size_t max)
{
	const struct isrv_outq_part *part;
	size_t count = 0;

	for (part = q->head; part && count < max; part = part->next) {
		size_t n = (size_t)(part_end(q, part) - part->from);

		if (n > 0) {
			spans[count].data = part->from;
			spans[count].len = n;
			count++;
		}
	}
	return count;
}

void isrv_outq_sent(struct isrv_outq *q, size_t n)
{
	while (q->head) {
		struct isrv_outq_part *part = q->head;
		size_t have = (size_t)(part_end(q, part) - part->from);
		bool open = part == q->tail && q->at;

		if (n < have) {
			part->from += n;
			q->sent += n;
			if (!open)
				q->closed -= n;
			return;
		}
		n -= have;
		q->sent += have;
		if (open) {
			q->at = NULL;
			q->limit = NULL;
		} else {
			q->closed -= have;
		}
		q->head = part->next;
		if (!q->head)
			q->tail = NULL;
		part->next = NULL;
		drop(q, part, q->head ? q->head->chunk : NULL);
	}
}
