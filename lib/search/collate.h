/* SPDX-License-Identifier: MIT */
/*
 * search/collate - texts of header fields as SORT and THREAD compare them: encoded words decoded,
 * then made octets whose order is that of the comparator (RFC 5255 4.6).
 *
 * What a search compares is base/casemap, which takes runs of white space for one space; here they
 * are what they are, as RFC 5051 has it.
 */
#ifndef ISRV_SEARCH_COLLATE_H
#define ISRV_SEARCH_COLLATE_H

#include "base/buf.h"
#include "search/comparator.h"

/* Octets of a key.  Texts that agree in so many are taken for the same: whoever may send a message
 * could otherwise make it as large to sort as a header may be. */
#define ISRV_COLLATE_MOST 1024u

/*
 * Adds what the text of a field, unfolded, says in UTF-8.  Text that is no UTF-8 as it stands is
 * added as it is, encoded words and all.  False: no memory, or the buffer is full.
 */
bool isrv_collate_decode(struct imapsrv_span text, struct isrv_buf *out, struct isrv_mem *mem);

/*
 * Adds the key of a decoded text: memcmp of two, the shorter one first where it is the beginning of
 * the other, is their order.  The empty text has the empty key, "always collates before non-empty
 * strings" (RFC 5256 3).  Texts that are no UTF-8, or of which something could not be converted
 * (U+FFFD), stand behind all others and are compared as octets.
 */
bool isrv_collate_key(enum isrv_comparator how, struct imapsrv_span text, struct isrv_buf *out,
                      struct isrv_mem *mem);

/* The order of two keys: below 0, 0, above 0. */
int isrv_collate_compare(struct imapsrv_span a, struct imapsrv_span b);

#endif
