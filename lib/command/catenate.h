/* SPDX-License-Identifier: MIT */
/*
 * command/catenate - the URLs of CATENATE (RFC 4469): the octets of the message or part that one
 * names, handed to an append that has begun.  What is around them is in intake.c.
 */
#ifndef ISRV_COMMAND_CATENATE_H
#define ISRV_COMMAND_CATENATE_H

#include "command/url_message.h"
#include "message/ascii_header.h"

struct isrv_catenate {
	/* What to do. */
	struct imapsrv_span text; /* the URL; stands until DONE */
	void *append;             /* the host's handle */
	struct isrv_ascii_header *header; /* of the message they go to, which is to have no 8-bit
	                                     octets; NULL: it may */
	uint64_t room;            /* no more octets than these */

	/* What came of it. */
	bool failed;     /* the reply is set */
	uint64_t octets; /* that were given */

	/* The routine's own. */
	uint8_t at;
	bool secret; /* there may be a token in it */
	struct isrv_url url;
	struct isrv_fetch_section section;
	struct isrv_fetch_output output;
	struct isrv_url_message source;
};

/* In the arena; NULL: no memory. */
struct isrv_catenate *isrv_catenate_new(struct imapsrv_session *s);
/* DONE, or what it waits for.  Called again for the next URL once the first part is filled in
 * anew. */
enum isrv_step isrv_catenate_step(struct imapsrv_session *s, struct isrv_catenate *c);
void isrv_catenate_drop(struct imapsrv_session *s, struct isrv_catenate *c);
/* The reply to 8-bit octets in a header (RFC 9755 4). */
void isrv_catenate_header(struct imapsrv_session *s);

#endif
