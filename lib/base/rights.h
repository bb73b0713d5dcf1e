/* SPDX-License-Identifier: MIT */
/*
 * base/rights - rights of access control lists and the letters that stand for them (RFC 4314 2.1),
 * with the virtual "c" and "d" (2.1.1).  What a right is good for is not known here.
 */
#ifndef ISRV_BASE_RIGHTS_H
#define ISRV_BASE_RIGHTS_H

#include <stdbool.h>

#include "imapsrv/acl.h"

/* The members of "create" and "delete". */
struct isrv_rights_virtual {
	uint32_t c;
	uint32_t d;
};

static inline struct isrv_rights_virtual isrv_rights_virtual(bool create_alone)
{
	const uint32_t k = IMAPSRV_RIGHT_CREATE, x = IMAPSRV_RIGHT_DELETE;
	const uint32_t et = IMAPSRV_RIGHT_EXPUNGE | IMAPSRV_RIGHT_TRASH;
	struct isrv_rights_virtual v = {create_alone ? k : k | x, create_alone ? et | x : et};

	return v;
}

/* What one letter stands for, of `known`; 0: nothing. */
uint32_t isrv_rights_of(char letter, uint32_t known, const struct isrv_rights_virtual *v);
/* The letters of some rights, as responses show them: "c" and "d" are there if any of their members
 * is.  NUL-terminated; gives how many. */
size_t isrv_rights_put(uint32_t rights, const struct isrv_rights_virtual *v,
                       char letters[IMAPSRV_RIGHTS_LETTERS]);

#endif
