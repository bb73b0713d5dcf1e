/* SPDX-License-Identifier: MIT */
/*
 * search/string - the strings that a client searches for: read, converted from their charset, and
 * made what texts are compared with (search/comparator.h).
 */
#ifndef ISRV_SEARCH_STRING_H
#define ISRV_SEARCH_STRING_H

#include "search/comparator.h"
#include "wire/reader.h"

/* The charsets that are always known, for BADCHARSET (RFC 9051 7.1). */
#define ISRV_SEARCH_CHARSETS "US-ASCII UTF-8 ISO-8859-1 ISO-8859-15 WINDOWS-1252"

/* False: not known.  US-ASCII becomes data NULL: read as UTF-8, of which it is a part, since
 * clients say the one and send the other (CLIENTS quirk 6). */
bool isrv_search_charset(struct imapsrv_span *charset);
/* astring.  charset data NULL: it must be valid UTF-8. */
bool isrv_search_string(struct isrv_reader *r, struct imapsrv_span charset,
                        enum isrv_comparator how, struct imapsrv_span *string_r);

#endif
