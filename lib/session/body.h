/* SPDX-License-Identifier: MIT */
/*
 * session/body - the octets of one message, as they go over the wire: opened, measured and read
 * through the host's body callbacks, lent or pulled, with LF made CRLF where the host keeps bare
 * LFs.  Lent memory goes out in place.
 *
 * All routines are resumable: call again with the same arguments until they say DONE.  Those that
 * read a long message yield, too.  After DONE, a failure of the host stands in b->failed (then
 * s->result says why).
 */
#ifndef ISRV_SESSION_BODY_H
#define ISRV_SESSION_BODY_H

#include "session/session.h"

struct isrv_body; /* what the output queue and the command hold together; closed when both let go */

struct isrv_body_cursor {
	struct isrv_body *body; /* NULL: not open */
	uint64_t wire;          /* octets on the wire, once measured */
	uint64_t at;            /* host octets read so far in this pass */
	uint64_t done;          /* wire octets that this pass has passed */
	struct imapsrv_span piece; /* host octets at hand */
	struct isrv_arena *arena; /* where `buf` is to be; NULL: the command's.  Outlives a close as
	                           * well */
	char *buf;              /* for pulling and converting, in the arena; outlives a close, for
	                         * the next message */
	uint8_t state;
	bool measured;
	bool putting;           /* in the middle of isrv_body_put */
	bool failed;
	bool cr;                /* the octet before was a CR */
};

#define ISRV_BODY_CHUNK 8192u
/* The most that is given at a time of what is lent, but for what goes out in place. */
#define ISRV_BODY_LENT 65536u

/* Asks the host for the message.  The cursor is cleared by the caller before the first call; a
 * close leaves it ready for the next message. */
enum isrv_step isrv_body_open(struct imapsrv_session *s, struct isrv_body_cursor *b,
                              void *mailbox, uint32_t uid);
/* Finds b->wire: without work where no LF has to be converted, else by reading all of it. */
enum isrv_step isrv_body_measure(struct imapsrv_session *s, struct isrv_body_cursor *b);
/* Starts a pass at wire octet 0; or in the middle, at the start of a line whose places are
 * known. */
void isrv_body_rewind(struct isrv_body_cursor *b);
void isrv_body_seek(struct isrv_body_cursor *b, uint64_t wire, uint64_t host);
/* The host's octets as they are, and how many there are. */
enum isrv_step isrv_body_raw(struct imapsrv_session *s, struct isrv_body_cursor *b,
                             struct imapsrv_span *piece_r);
uint64_t isrv_body_octets(const struct isrv_body_cursor *b);
/* Host octets from..to in place; false if they are not lent. */
bool isrv_body_lent(const struct isrv_body_cursor *b, uint64_t from, uint64_t to,
                    struct imapsrv_span *span_r);
/* Do wire and host octets differ, or might they? */
bool isrv_body_converts(const struct isrv_body_cursor *b);
/* How many wire octets this pass has passed. */
static inline uint64_t isrv_body_done(const struct isrv_body_cursor *b)
{
	return b->done;
}
/* The next octets in wire form, at least one, valid until the next call; empty at the end. */
enum isrv_step isrv_body_next(struct imapsrv_session *s, struct isrv_body_cursor *b,
                              struct imapsrv_span *piece_r);
/* Emits wire octets from..to (to not included) of a measured message: exactly to - from of them,
 * inside a literal that the caller began.  A host that gives fewer than it promised ends the
 * session: the literal cannot be taken back. */
enum isrv_step isrv_body_put(struct imapsrv_session *s, struct isrv_body_cursor *b, uint64_t from,
                             uint64_t to);
/* A literal has been begun that cannot be filled: the stream is lost. */
void isrv_body_lost(struct imapsrv_session *s);
/* Lets go of it and clears the cursor but for its buffer; also fine when nothing is open. */
void isrv_body_close(struct imapsrv_session *s, struct isrv_body_cursor *b);

#endif
