/* SPDX-License-Identifier: MIT */
/*
 * message/structure_state - a parse under way, shared by the three files that do it: structure.c
 * knows lines, boundaries and what is open; structure_header.c reads a header block and writes its
 * texts; structure_put.c puts the description together.  Nothing else includes this.
 */
#ifndef ISRV_MESSAGE_STRUCTURE_STATE_H
#define ISRV_MESSAGE_STRUCTURE_STATE_H

#include "message/description_format.h"
#include "message/structure.h"

/* RFC 2046 5.1.1 allows 70; a longer one than this is none. */
#define ISRV_BOUNDARY_MAX 256u

/* A place in the message. */
struct isrv_place {
	uint64_t host;
	uint64_t wire;
	uint64_t lines; /* line ends before it */
};

struct isrv_structure_part {
	struct isrv_place header, body, end;
	uint32_t next; /* the part behind all that is inside, once it is closed */
	uint32_t text; /* where its texts begin, but for the envelope */
	uint8_t kind;  /* ISRV_PART_LEAF ... */
	bool top;      /* a message's own part */
};

/* A part that has begun and not ended. */
struct isrv_structure_open {
	uint32_t part;
	uint32_t boundary;     /* where it stands in `boundaries` */
	uint16_t boundary_len; /* 0: no multipart, or its last boundary has come */
	bool digest;           /* parts without a type are messages (RFC 2046 5.1.5) */
};

struct isrv_structure {
	struct isrv_mem *mem;
	struct isrv_structure_limits limits;
	uint64_t *steps;
	bool failed; /* no memory: nothing more is done */
	bool truncated;
	bool as_is;     /* nothing is converted: places on the wire are the host's */
	bool in_header; /* of the part opened last */

	/* the line under way */
	struct isrv_place at; /* its first octet */
	uint64_t octets;      /* of it so far, in the host's copy */
	uint64_t content;     /* the same without its line end */
	unsigned eol;         /* octets of the line end before it; 0 for the first line */
	bool cr;              /* a CR came last; the next octet says if it is of a line end */
	bool maybe;           /* it may still turn out to be a boundary; `line` has its start */
	size_t line_len;
	char line[ISRV_BOUNDARY_MAX + 4];

	/* the header under way, its line ends made LF */
	struct isrv_buf header;
	size_t header_line;   /* where its last line begins */
	bool header_full;     /* the limit was passed */
	bool header_was_full; /* before the last line */

	struct isrv_structure_part *parts;
	uint32_t part_count;
	uint32_t part_cap;
	/* each of at most ISRV_DESCRIPTION_DEPTH multiparts and messages, and a leaf */
	struct isrv_structure_open stack[ISRV_DESCRIPTION_DEPTH + 1];
	uint32_t depth;
	uint32_t fences; /* multiparts that are open and wait for a boundary */
	struct isrv_buf boundaries;

	struct isrv_buf texts;
	uint64_t kept; /* octets of texts that may still be kept */
	struct isrv_buf scratch;
	struct isrv_arena arena; /* of the field at hand */
	struct isrv_buf out;
};

/* A part and its header begin.  False: there may be no more (truncated), or no memory (failed). */
bool isrv_structure_begin(struct isrv_structure *st, const struct isrv_place *place, bool top);
/* The message ends: so does all that is open.  False: no memory. */
bool isrv_structure_end(struct isrv_structure *st);
/* The header of the part opened last has ended here: it is read, and what it says is begun. */
void isrv_structure_header(struct isrv_structure *st, const struct isrv_place *body);

#endif
