/* SPDX-License-Identifier: MIT */
/*
 * search/note - what a client names of annotations wherever it speaks of them, in FETCH and STORE
 * as in SEARCH and SORT (RFC 5257 5): an entry or a pattern of entries, and an attribute.
 */
#ifndef ISRV_SEARCH_NOTE_H
#define ISRV_SEARCH_NOTE_H

#include "imapsrv/annotate.h"
#include "wire/reader.h"

/* Attributes, in the order in which they are told. */
enum isrv_annotate_attrib {
	ISRV_ANNOTATE_VALUE_PRIV = 1 << 0,
	ISRV_ANNOTATE_VALUE_SHARED = 1 << 1,
	ISRV_ANNOTATE_SIZE_PRIV = 1 << 2,
	ISRV_ANNOTATE_SIZE_SHARED = 1 << 3
};

/* entry-match, which is a name or a pattern. */
bool isrv_annotate_match_parse(struct isrv_reader *r, struct imapsrv_span *match_r, bool *wild_r);
/* An attribute: enum isrv_annotate_attrib, or-ed, for both values where it has no suffix. */
bool isrv_annotate_attrib_parse(struct isrv_reader *r, uint32_t *attribs_r);

#endif
