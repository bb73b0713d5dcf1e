/* SPDX-License-Identifier: MIT */
/*
 * search/comparator - the comparators that a client may choose between (RFC 5255 4.7, RFC 4790),
 * and what each makes of a text: two texts that are the same then are equal to it, and what a
 * search looks for is a part of what it looks in.
 */
#ifndef ISRV_SEARCH_COMPARATOR_H
#define ISRV_SEARCH_COMPARATOR_H

#include "base/casemap.h"

/* The more widely useful first (RFC 4790 3.2). */
enum isrv_comparator {
	ISRV_COMPARATOR_UNICODE, /* i;unicode-casemap (RFC 5051): the default */
	ISRV_COMPARATOR_ASCII,   /* i;ascii-casemap (RFC 4790 9.2) */
	ISRV_COMPARATOR_OCTET,   /* i;octet (RFC 4790 9.3) */
	ISRV_COMPARATORS
};

/* Its name in the registry. */
const char *isrv_comparator_name(enum isrv_comparator how);

/*
 * isrv_casemap_run, for any of them: as much as fits, white space left out where m->space says that
 * some has been.  Only the first folds it elsewhere.
 */
void isrv_comparator_run(enum isrv_comparator how, struct isrv_casemap *m, const char *data,
                         size_t len, size_t *taken_r, char *out, size_t out_size, size_t *put_r);

#endif
