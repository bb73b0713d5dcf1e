/* SPDX-License-Identifier: MIT */
/*
 * session/saved - the format of a saved session.  A magic and a version, how many octets there are
 * in all, sections, and a checksum of everything before it.  A section is its number, its length
 * and its octets; each part of the session has one, and each reads back what it wrote.  A section
 * that is not known is refused: what it holds the client relies on.
 */
#ifndef ISRV_SESSION_SAVED_H
#define ISRV_SESSION_SAVED_H

#include "base/pack.h"
#include "session/session.h"

#define ISRV_SAVED_MAGIC   "IMAPsrv\x01" /* the last octet is the version */
#define ISRV_SAVED_MAGIC_LEN 8u
#define ISRV_SAVED_HEAD    (ISRV_SAVED_MAGIC_LEN + ISRV_PACK_PATCH)
#define ISRV_SAVED_TAIL    ISRV_PACK_PATCH

/* In the order in which they are written and read. */
enum isrv_saved_section {
	ISRV_SAVED_LABEL = 1,
	ISRV_SAVED_OFFERED, /* names of capabilities that the client may use */
	ISRV_SAVED_HIDDEN,  /* names of capabilities that the host hid */
	ISRV_SAVED_STATE,
	ISRV_SAVED_TIME,
	ISRV_SAVED_INPUT,
	ISRV_SAVED_OUTPUT,
	ISRV_SAVED_NOTIFY,  /* absent: nothing was said of what is to be heard */
	ISRV_SAVED_MAILBOX, /* absent: none is selected */
	ISRV_SAVED_CONTEXTS, /* absent: no search is followed */
	ISRV_SAVED_COUNT
};

/* What a section writes and reads; the session to be read into is made, and empty.  `write` NULL:
 * the host's label.  False from `write`: not now. */
struct isrv_saved_part {
	bool (*has)(const struct imapsrv_session *s); /* NULL: always */
	bool (*write)(const struct imapsrv_session *s, struct isrv_pack *p);
	void (*read)(struct imapsrv_session *s, struct isrv_unpack *u);
	const char *problem; /* when its octets make no sense */
};

/* Indexed by section. */
extern const struct isrv_saved_part isrv_saved_parts[ISRV_SAVED_COUNT];
/* Of a STATE section. */
bool isrv_saved_logged_in(struct isrv_unpack *u);

#endif
