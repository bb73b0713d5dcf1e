/* SPDX-License-Identifier: MIT */
/*
 * message/structure - a message's shape in one pass over its octets: parts, their fields, where
 * each header and body begins and ends, sizes and line counts as the wire has them.  Octets are
 * pushed in pieces of any size, with CRLF or bare LF lines; memory is bounded by limits whatever
 * the message.
 *
 * What comes out is a description (message/description.h): flat bytes that ENVELOPE, BODY,
 * BODYSTRUCTURE and every section are answered from, and that a host may keep.
 */
#ifndef ISRV_MESSAGE_STRUCTURE_H
#define ISRV_MESSAGE_STRUCTURE_H

#include "base/arena.h"
#include "base/buf.h"

/* Past a limit the rest is left out, and the description says so; the message stays readable. */
struct isrv_structure_limits {
	uint32_t depth;         /* multiparts and messages in each other; deeper ones are leaves */
	uint32_t parts;         /* in all; later ones are left out */
	uint32_t header_octets; /* of one header block that are kept for reading fields */
	uint32_t kept_octets;   /* of all texts of the description */
	uint32_t addresses;     /* in one envelope field */
	uint32_t params;        /* in one field */
};

/* Octets of References that are kept, the last ones: the sender must not be able to fill a
 * description with what nobody is shown. */
#define ISRV_STRUCTURE_REFERENCES 65536u

struct isrv_structure; /* a parse under way; all of it lives in memory of `mem` */

/* NULL: no memory. */
struct isrv_structure *isrv_structure_new(struct isrv_mem *mem,
                                          const struct isrv_structure_limits *limits,
                                          uint64_t *steps);
void isrv_structure_free(struct isrv_structure *st);
/* The octets go out as they are: a bare LF is one octet on the wire too.  Before the first
 * octet. */
void isrv_structure_as_is(struct isrv_structure *st);

/* The next octets, as the host has them.  False: no memory. */
bool isrv_structure_feed(struct isrv_structure *st, const char *data, size_t len);
/* Is the message's own header complete?  A description that is finished then has all of it, though
 * nothing of what follows. */
bool isrv_structure_knows_header(const struct isrv_structure *st);
/* The end: the description, in a buffer that is st's.  False: no memory. */
bool isrv_structure_finish(struct isrv_structure *st, struct imapsrv_span *description_r);

#endif
