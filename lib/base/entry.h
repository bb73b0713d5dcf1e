/* SPDX-License-Identifier: MIT */
/*
 * base/entry - names of annotations (RFC 5464 3.2): what one may look like, their order, and which
 * of them a question is about.
 */
#ifndef ISRV_BASE_ENTRY_H
#define ISRV_BASE_ENTRY_H

#include <stdbool.h>

#include "imapsrv/metadata.h"

/* In lower case, begins with /private or /shared, no component is empty, nothing that is not
 * allowed in it.  *components_r, if not NULL: how many. */
bool isrv_entry_is_name(struct imapsrv_span name, size_t *components_r);
/* May a client set an entry of this name?  It has two components at least, and below a vendor's
 * four (RFC 5464 3.2). */
bool isrv_entry_may_be_set(struct imapsrv_span name);
/* By octets; the shorter of two with equal starts is first. */
int isrv_entry_compare(struct imapsrv_span a, struct imapsrv_span b);

#endif
