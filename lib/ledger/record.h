/* SPDX-License-Identifier: MIT */
/*
 * ledger/record - the octets of a ledger.  A slot is a row of records:
 *
 *	length   4 octets, of the payload
 *	type     4 octets
 *	payload  4 octets: the CRC-32C of the payload
 *	header   4 octets: the CRC-32C of the header check of the record before (nothing for the
 *	         first) and the 12 octets above
 *	payload  numbers: seven bits an octet, low ones first, the eighth says that more come
 *
 * all with low octets first.  Since each check goes on from the one before, a record that is
 * missing, doubled, or left over from another time is as wrong as one with a bit that flipped; and
 * since the header has its own, a length can be believed, which tells a torn end from damage.
 *
 * A slot begins with BEGIN, ROWS and TOMBS, and END: what was known when it was made.  Without END
 * it counts for nothing.  The other types follow in any order.
 */
#ifndef ISRV_LEDGER_RECORD_H
#define ISRV_LEDGER_RECORD_H

#include <stdbool.h>

#include "base/buf.h"
#include "imapsrv/ledger.h"

enum {
	ISRV_RECORD_HEADER = 16,
	ISRV_RECORD_MAX = 16 << 20, /* octets of payload */
	ISRV_RECORD_VERSION = 1
};

/* In parentheses what the payload has.  A modseq in ROWS and TOMBS counts down from `highest`. */
enum isrv_record_type {
	ISRV_RECORD_BEGIN = 1,   /* version, generation, uidvalidity, highest, floor */
	ISRV_RECORD_ROWS = 2,    /* count, (UID - one before, highest - modseq, fingerprint)... */
	ISRV_RECORD_TOMBS = 3,   /* count, (highest - modseq, first, last - first)... */
	ISRV_RECORD_END = 4,     /* messages, tombstones */
	ISRV_RECORD_RESERVE = 5, /* the highest number that may be given from now on */
	ISRV_RECORD_SETTLE = 6,  /* the highest number that was given */
	ISRV_RECORD_CHANGE = 7,  /* see isrv_change_put */
	ISRV_RECORD_RECOVER = 8, /* modseq: all messages changed, what vanished is forgotten */
	ISRV_RECORD_RESET = 9    /* modseq, uidvalidity */
};

struct isrv_record_head {
	uint32_t len;
	uint32_t type;
	uint32_t payload_check;
	uint32_t check; /* of the header: the chain for the next one */
};

/* One change, all with one number. */
struct isrv_change {
	uint64_t modseq;
	struct imapsrv_set gone;               /* exactly those that vanish */
	struct imapsrv_set touched;            /* known or not */
	const struct imapsrv_ledger_row *rows; /* new or touched; none of them gone */
	size_t row_count;
};

/* Where a change that is read is put. */
struct isrv_change_room {
	struct imapsrv_range *ranges;
	size_t range_cap;
	struct imapsrv_ledger_row *rows;
	size_t row_cap;
};

/* ---- writing -------------------------------------------------------------------------------- */

/* A record that is being made. */
struct isrv_record {
	struct isrv_buf buf;
	bool failed; /* memory or the maximum was short: nothing more goes in, it cannot be used */
};

void isrv_record_init(struct isrv_record *record);
void isrv_record_clear(struct isrv_record *record, struct isrv_mem *mem);
/* Begins another one; end, for one that has not failed, fills in the header and gives its check. */
void isrv_record_begin(struct isrv_record *record, struct isrv_mem *mem);
uint32_t isrv_record_end(struct isrv_record *record, enum isrv_record_type type, uint32_t chain);
void isrv_record_number(struct isrv_record *record, struct isrv_mem *mem, uint64_t number);
/* Eight octets: for what is as often large as small. */
void isrv_record_fixed(struct isrv_record *record, struct isrv_mem *mem, uint64_t number);
void isrv_change_put(struct isrv_record *record, struct isrv_mem *mem,
                     const struct isrv_change *change);

/* ---- reading -------------------------------------------------------------------------------- */

/* A payload that is being read.  Past its end, and where no number is, it is bad, and gives 0. */
struct isrv_payload {
	const unsigned char *at;
	const unsigned char *end;
	bool bad;
};

/* False if the 16 octets are not the header of a record here. */
bool isrv_record_head(const void *data, uint32_t chain, struct isrv_record_head *head_r);
uint64_t isrv_payload_number(struct isrv_payload *payload);
/* A number that is not above max. */
uint64_t isrv_payload_upto(struct isrv_payload *payload, uint64_t max);
uint64_t isrv_payload_fixed(struct isrv_payload *payload);

enum isrv_change_read { ISRV_CHANGE_OK, ISRV_CHANGE_BAD, ISRV_CHANGE_NOMEM };

/* The whole payload is a change; what it points to lies in the room. */
enum isrv_change_read isrv_change_read(struct isrv_payload *payload, struct isrv_mem *mem,
                                       struct isrv_change_room *room, struct isrv_change *change_r);
/* Room for so many rows; false if memory is short. */
bool isrv_change_room_rows(struct isrv_change_room *room, struct isrv_mem *mem, size_t count);
void isrv_change_room_clear(struct isrv_change_room *room, struct isrv_mem *mem);

#endif
