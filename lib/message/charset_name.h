/* SPDX-License-Identifier: MIT */
/*
 * message/charset_name - the names of charsets in mail, and how each is read: by our own tables, or
 * by iconv and by which name of iconv's.
 */
#ifndef ISRV_MESSAGE_CHARSET_NAME_H
#define ISRV_MESSAGE_CHARSET_NAME_H

#include <stdint.h>

#include "imapsrv/types.h"

enum isrv_charset_kind {
	ISRV_CHARSET_ASCII,
	ISRV_CHARSET_UTF8,
	ISRV_CHARSET_WINDOWS,
	ISRV_CHARSET_LATIN_EURO, /* ISO-8859-15 */
	ISRV_CHARSET_UTF16,      /* byte order not known yet */
	ISRV_CHARSET_UTF16_BIG,
	ISRV_CHARSET_UTF16_LITTLE,
	ISRV_CHARSET_ICONV,
	ISRV_CHARSET_KOREAN /* by iconv too, which is given nothing that is not sound */
};

struct isrv_charset_name {
	char key[15];
	char open[15]; /* for iconv */
	uint8_t kind;  /* enum isrv_charset_kind */
};

/* The first row of a name; or the next of those that are tried in turn, behind one that was given
 * before.  NULL: there is none. */
const struct isrv_charset_name *isrv_charset_name_find(struct imapsrv_span name,
                                                       const struct isrv_charset_name *behind);

#endif
