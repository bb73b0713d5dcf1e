/* SPDX-License-Identifier: MIT */
/*
 * mailbox/keywords - the keywords that a mailbox has announced in FLAGS (RFC 9051 7.3.5), kept
 * sorted without regard to case, so that a look-up costs O(log n) whatever a client names them (no
 * hash to flood).
 */
#ifndef ISRV_MAILBOX_KEYWORDS_H
#define ISRV_MAILBOX_KEYWORDS_H

#include <stdbool.h>

#include "base/mem.h"

struct isrv_keywords {
	char *text;        /* all names, one behind the other, in order of arrival */
	uint32_t text_len;
	uint32_t text_cap;
	uint32_t *entries; /* sorted: offset << 8 | length - 1 */
	uint32_t count;
	uint32_t cap;
	uint32_t max;
};

void isrv_keywords_init(struct isrv_keywords *k, uint32_t max);
void isrv_keywords_clear(struct isrv_keywords *k, struct isrv_mem *mem);

/* Adds a name of 1..255 octets that is a valid atom; *added_r says whether it is new.  Past max,
 * or for a name that is none, nothing is added and the answer is still true; false: no memory. */
bool isrv_keywords_add(struct isrv_keywords *k, struct isrv_mem *mem, struct imapsrv_span name,
                       bool *added_r);
bool isrv_keywords_has(const struct isrv_keywords *k, struct imapsrv_span name);
/* The i-th in sorted order. */
struct imapsrv_span isrv_keywords_at(const struct isrv_keywords *k, uint32_t i);

#endif
