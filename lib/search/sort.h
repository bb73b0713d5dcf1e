/* SPDX-License-Identifier: MIT */
/*
 * search/sort - messages put in the order of a SORT (RFC 5256 3, RFC 5957): a row of numbers for
 * each, in which a text is the number of the one key that all messages with it share.  No session:
 * messages are handed in, one by one and in any order; their order is taken out.
 */
#ifndef ISRV_SEARCH_SORT_H
#define ISRV_SEARCH_SORT_H

#include "message/description.h"
#include "search/intern.h"
#include "search/order.h"

enum isrv_sort_key {
	ISRV_SORT_ARRIVAL,
	ISRV_SORT_CC,
	ISRV_SORT_DATE,
	ISRV_SORT_DISPLAYFROM,
	ISRV_SORT_DISPLAYTO,
	ISRV_SORT_FROM,
	ISRV_SORT_SIZE,
	ISRV_SORT_SUBJECT,
	ISRV_SORT_TO,
	ISRV_SORT_RELEVANCY, /* the highest first */
	ISRV_SORT_KEYS
	/* This and above: the first, second, ... annotation (RFC 5257 4.9) */
};

/* Annotations that one SORT can name. */
#define ISRV_SORT_NOTES 4u

struct isrv_sort_criterion {
	uint8_t key; /* enum isrv_sort_key, or above */
	bool reverse;
};

/* What to sort by; all zero: by nothing yet. */
struct isrv_sort_program {
	struct isrv_sort_criterion criteria[ISRV_SORT_KEYS + ISRV_SORT_NOTES];
	unsigned count;
	uint8_t comparator; /* enum isrv_comparator: of texts */
};

/* One more criterion.  A key that was named before decides nothing any more, in either direction,
 * and is not kept. */
void isrv_sort_by(struct isrv_sort_program *p, unsigned key, bool reverse);
/* What has to be known of messages? */
bool isrv_sort_needs_header(const struct isrv_sort_program *p);
bool isrv_sort_needs_size(const struct isrv_sort_program *p);
bool isrv_sort_needs_relevancy(const struct isrv_sort_program *p);

/* What is known of a message. */
struct isrv_sort_facts {
	uint32_t uid;
	int64_t arrival; /* internal date, in seconds since 1970-01-01 UTC */
	uint64_t octets;
	const struct isrv_header *header;
	const struct imapsrv_span *notes; /* values of annotations, in the order of their keys; data
	                                     NULL: NIL, which is taken for an empty one: both stand
	                                     before all others */
	uint32_t relevancy; /* RFC 6203 4: 1 to 100 */
};

/* RFC 5256 2.2, in seconds since 1970-01-01 UTC: a Date that is absent or cannot be read is the
 * internal date. */
int64_t isrv_sort_sent(const struct isrv_sort_facts *facts);

struct isrv_sort {
	struct isrv_mem *mem;
	uint64_t *steps;
	struct isrv_sort_program by;
	unsigned width;          /* numbers in a row */
	struct isrv_buf rows;
	struct isrv_intern texts;
	struct isrv_buf decoded; /* the text at hand, */
	struct isrv_buf key;     /* and its key */
	struct isrv_order sorting; /* of the rows, with as much to spare */
	uint32_t *order;           /* the result: UIDs, */
	uint32_t messages;         /* so many */
	uint32_t room;             /* for so many */
};

/* All memory comes from mem; to be cleared in the end. */
void isrv_sort_init(struct isrv_sort *x, const struct isrv_sort_program *by, struct isrv_mem *mem,
                    uint64_t *steps);
void isrv_sort_clear(struct isrv_sort *x);

/* False: no memory. */
bool isrv_sort_add(struct isrv_sort *x, const struct isrv_sort_facts *facts);
/* Adds the key of a message to `out`, for a result that is kept: memcmp of two is their order, and
 * neither is the beginning of another.  Nothing is kept of it here.  False: no memory. */
bool isrv_sort_key(struct isrv_sort *x, const struct isrv_sort_facts *facts, struct isrv_buf *out);
/* Once all are added.  False: no memory. */
bool isrv_sort_begin(struct isrv_sort *x);
/* Then sorts until the steps have reached `until`; false: there is more to do; true: x->order,
 * x->messages.  Messages that no criterion tells apart stand in the order of their UIDs. */
bool isrv_sort_run(struct isrv_sort *x, uint64_t until);

/* An order that somebody else has found: room for so many messages, and then one after the other.
 * False: no memory. */
bool isrv_sort_expect(struct isrv_sort *x, uint32_t messages);
static inline void isrv_sort_given(struct isrv_sort *x, uint32_t uid)
{
	x->order[x->messages++] = uid;
}
/* It was no good: x is as it was when it was made. */
void isrv_sort_forget(struct isrv_sort *x);

#endif
