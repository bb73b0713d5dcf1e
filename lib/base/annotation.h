/* SPDX-License-Identifier: MIT */
/*
 * base/annotation - names of annotations of messages (RFC 5257 3.2.1): what one may look like,
 * which part of a message it is about, which patterns it matches, and what may be stored under it.
 */
#ifndef ISRV_BASE_ANNOTATION_H
#define ISRV_BASE_ANNOTATION_H

#include <stdbool.h>

#include "imapsrv/annotate.h"

/* Printable ASCII, no wildcards, begins with "/", no component is empty; if the first one begins
 * with a digit it is a section-part. */
bool isrv_annotation_is_name(struct imapsrv_span name);
/* A name, or something with wildcards that a name could match.  *wild_r: it has some. */
bool isrv_annotation_is_pattern(struct imapsrv_span pattern, bool *wild_r);
/* May a client give this entry, which may be set, that value (data NULL: none)? */
bool isrv_annotation_may_be(struct imapsrv_span name, struct imapsrv_span value);
/* Does it have a place to be a value's: is it more than the top of a hierarchy, and not
 * reserved? */
bool isrv_annotation_may_be_set(struct imapsrv_span name);
/* The work is at most the product of the lengths. */
bool isrv_annotation_matches(struct imapsrv_span pattern, struct imapsrv_span name);

#endif
