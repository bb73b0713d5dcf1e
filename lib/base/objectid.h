/* SPDX-License-Identifier: MIT */
/*
 * base/objectid - what an object identifier may look like:
 * objectid = 1*255(ALPHA / DIGIT / "_" / "-")   (RFC 8474 7)
 */
#ifndef ISRV_BASE_OBJECTID_H
#define ISRV_BASE_OBJECTID_H

#include <stdbool.h>

#include "imapsrv/types.h"

#define ISRV_OBJECTID_MAX 255u

static inline bool isrv_objectid_is(struct imapsrv_span id)
{
	for (size_t i = 0; i < id.len; i++) {
		char c = id.data[i];

		if (!(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    c != '_' && c != '-')
			return false;
	}
	return id.len && id.len <= ISRV_OBJECTID_MAX;
}

#endif
