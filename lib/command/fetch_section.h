/* SPDX-License-Identifier: MIT */
/*
 * command/fetch_section - one section of one message, written into the response: octets as they
 * are, chosen header fields, decoded octets (RFC 9051 6.4.5.1, RFC 3516).  Resumable, as all steps.
 */
#ifndef ISRV_COMMAND_FETCH_SECTION_H
#define ISRV_COMMAND_FETCH_SECTION_H

#include "command/fetch.h"
#include "message/decode.h"

/* The message that sections are taken from. */
struct isrv_fetch_message {
	struct isrv_body_cursor body;
	struct isrv_description description; /* valid if described */
	bool described;
};

struct isrv_fetch_output {
	uint8_t at;
	struct isrv_extent extent; /* of the section */
	uint64_t from, to;         /* octets that are sent, of what the section comes to */
	struct isrv_buf header;    /* what of a header block is read and was not looked at: no field
	                            * is whole yet */
	size_t scanned;            /* octets of that in which no field ends */
	uint64_t taken;            /* octets of the block so far */
	bool passing;              /* the rest of a long field is passed over: */
	bool lf;                   /* the octet before was a line end */
	bool full;                 /* a field had no room: no other is chosen */
	bool over;                 /* the blank line was reached, or nothing more is looked for */
	struct isrv_buf fields;    /* what was chosen of it */
	struct isrv_decoder decoder;
	char *decoded;             /* a piece of decoded octets, in the arena; good for all
	                            * messages */
	struct imapsrv_span piece; /* encoded octets at hand */
	uint64_t size;             /* decoded octets in all, or so far */
	bool nul;                  /* there is a NUL among them */
	bool counts_lines;
	uint64_t lines;            /* of them, where they are counted for themselves */
};

/* `arena` is limits.arena: what is chosen of a header may take a quarter of that, for it is copied
 * to what waits to leave.  A field that is longer need not be held. */
void isrv_fetch_output_init(struct isrv_fetch_output *o, size_t arena);
void isrv_fetch_output_clear(struct isrv_fetch_output *o, struct isrv_mem *mem);

static inline bool isrv_fetch_is_binary(const struct isrv_fetch_section *section)
{
	return section->kind == ISRV_FETCH_BINARY || section->kind == ISRV_FETCH_BINARY_SIZE;
}
/* Steps that it takes to find the section: parts are found by walking over those before them, and a
 * client may ask for a thousand of ten thousand. */
uint64_t isrv_fetch_finding(const struct isrv_fetch_message *m,
                            const struct isrv_fetch_section *section);
/* Can this section be decoded?  False: its transfer encoding is unknown (RFC 3516 4.3). */
bool isrv_fetch_can_decode(const struct isrv_fetch_message *m,
                           const struct isrv_fetch_section *section);

/* Is it a part that is, in an encoding that changes the octets? */
bool isrv_fetch_is_encoded(const struct isrv_fetch_message *m,
                           const struct isrv_fetch_section *section);
/* o->size and o->lines of such a part, decoded, unless its body has failed.  Nothing is written;
 * o->at as below. */
enum isrv_step isrv_fetch_count(struct imapsrv_session *s, struct isrv_fetch_message *m,
                                const struct isrv_fetch_section *section,
                                struct isrv_fetch_output *o);
/* The value, behind whatever stands before it.  o->at is 0 before the first call and is so again
 * after DONE. */
enum isrv_step isrv_fetch_put_octets(struct imapsrv_session *s, struct isrv_fetch_message *m,
                                     const struct isrv_fetch_section *section,
                                     struct isrv_fetch_output *o);

#endif
