/* SPDX-License-Identifier: MIT */
/*
 * message/description - what is known of a message's shape, as flat bytes: written once by
 * message/structure, kept by a host that likes to, read here.  Versioned; a checksum tells
 * accidents; and since a host's storage is not trusted, every read is bounds-checked and any bytes
 * at all give well-formed IMAP or a plain "no".
 */
#ifndef ISRV_MESSAGE_DESCRIPTION_H
#define ISRV_MESSAGE_DESCRIPTION_H

#include <stdbool.h>

#include "imapsrv/types.h"

struct isrv_writer;

/* The most multiparts and messages within each other. */
#define ISRV_DESCRIPTION_DEPTH 100u

struct isrv_description {
	const unsigned char *data; /* borrowed: must stand as long as this is used */
	size_t len;
	const unsigned char *texts;
	uint32_t texts_len;
	uint32_t parts;
	uint64_t wire_octets; /* RFC822.SIZE */
	uint64_t host_octets; /* of the message that it was made from */
	bool truncated;       /* a limit was passed: something is left out */
	bool wide;            /* offsets take eight octets, not four */
};

/* False: not a description of this version, or damaged.  All of it is verified here, in linear
 * time, so that what follows cannot fail half way. */
bool isrv_description_open(struct isrv_description *d, const void *data, size_t len);

/* ---- answers: false only when the writer has failed ---------------------------------------- */

/* envelope (RFC 9051 7.5.2), of the message itself */
bool isrv_description_put_envelope(const struct isrv_description *d, struct isrv_writer *w);

/* How a body is shown: what differs between clients, for all of whom one description is kept. */
enum isrv_body_how {
	ISRV_BODY_EXTENDED = 1 << 0, /* with extension data: BODYSTRUCTURE, not BODY */
	/* message/global as message/rfc822 is (RFC 9051 7.5.2; for UTF8=ACCEPT RFC 9755 6 allows
	 * it); else as a basic type (RFC 3501 7.4.2). */
	ISRV_BODY_GLOBAL = 1 << 1,
	ISRV_BODY_DECODED = 1 << 2 /* extended values of parameters as text (RFC 9051 7.5.2) */
};

/* body; `how` is some of these. */
bool isrv_description_put_body(const struct isrv_description *d, struct isrv_writer *w,
                               unsigned how);

/* Of a part whose octets are given decoded: how many, and how many lines. */
struct isrv_description_decoded {
	uint64_t octets;
	uint64_t lines;
};

/* The same of one part, by number (count 0: of the message); what there is not is shown as an
 * empty text.  decoded: as if it were so encoded that its octets are themselves; NULL: as it is. */
bool isrv_description_put_part(const struct isrv_description *d, struct isrv_writer *w,
                               const uint32_t *numbers, size_t count,
                               const struct isrv_description_decoded *decoded, unsigned how);

/* ---- what it is sorted and threaded by ----------------------------------------------------- */

/* The first address of a field, its strings as in ENVELOPE; all NULL where there is none. */
struct isrv_header_address {
	struct imapsrv_span name, mailbox, host;
};

/* Fields of the message's own header, unfolded; data NULL: absent. */
struct isrv_header {
	struct imapsrv_span date, subject, in_reply_to, message_id, references;
	struct isrv_header_address from, to, cc;
	bool references_known; /* false: an old description, which does not say */
};

void isrv_description_header(const struct isrv_description *d, struct isrv_header *header_r);

/* ---- where things are ---------------------------------------------------------------------- */

enum isrv_section_text {
	ISRV_SECTION_WHOLE,        /* BODY[], BODY[1.2]: a part's body                      */
	ISRV_SECTION_HEADER,       /* of the message or of a nested message                 */
	ISRV_SECTION_FIELDS,       /* HEADER.FIELDS: the range is that of the whole header  */
	ISRV_SECTION_FIELDS_NOT,
	ISRV_SECTION_TEXT,
	ISRV_SECTION_MIME          /* a part's MIME header                                  */
};

/* Octets of the message on the wire and in the host's copy, which differ if that has bare LFs. */
struct isrv_extent {
	uint64_t wire, wire_end;
	uint64_t host, host_end;
};

/* What a part is made of, for BINARY and PREVIEW. */
struct isrv_part_info {
	struct isrv_extent body;
	/* As written; NULL: not given, defaults apply. */
	struct imapsrv_span type, subtype, charset, encoding;
	struct imapsrv_span disposition;
	bool multipart;
	bool message;
};

/*
 * The section of that part number (count 0: the message itself).  RFC 9051 6.4.5.1: part 1 of a
 * message that is no multipart is its body; numbers go through message/rfc822; HEADER and TEXT
 * below a part need it to be a message. False: there is no such section.
 */
bool isrv_description_find(const struct isrv_description *d, const uint32_t *numbers, size_t count,
                           enum isrv_section_text text, struct isrv_extent *extent_r);
/* A part, by number; count 0 for the message itself when it is no multipart. */
bool isrv_description_part(const struct isrv_description *d, const uint32_t *numbers, size_t count,
                           struct isrv_part_info *info_r);
/* The leaves in order, for choosing a text.  *at is 0 for the first call and moves on; false
 * past the last. All of them take linear time. */
bool isrv_description_leaf(const struct isrv_description *d, uint32_t *at,
                           struct isrv_part_info *info_r);

/* Where its row is, for whoever reads rows; false: there is no such part, or it is one that only is
 * shown. */
bool isrv_description_row(const struct isrv_description *d, const uint32_t *numbers, size_t count,
                          uint32_t *part_r);

/* All parts in order, as they stand in the message, and where the header of each is: of one that
 * is a message the MIME header, the message in it being the next part.  *at as above.  A part is
 * a leaf if it is neither multipart nor message. */
bool isrv_description_walk(const struct isrv_description *d, uint32_t *at,
                           struct isrv_part_info *info_r, struct isrv_extent *header_r);

#endif
