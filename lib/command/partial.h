/* SPDX-License-Identifier: MIT */
/*
 * command/partial - a partial-range (RFC 9394 4): places in a list of results, from its beginning
 * (1 is the first) or from its end (-1 is the last).
 */
#ifndef ISRV_COMMAND_PARTIAL_H
#define ISRV_COMMAND_PARTIAL_H

#include "wire/reader.h"
#include "wire/writer.h"

struct isrv_partial {
	uint32_t first; /* as written: the first may be above the last */
	uint32_t last;
	bool from_end; /* written with "-" */
};

/* partial-range = nz-number ":" nz-number / "-" nz-number ":" "-" nz-number */
bool isrv_partial_parse(struct isrv_reader *r, struct isrv_partial *partial_r);
/* As it was written. */
void isrv_partial_put(struct isrv_writer *w, const struct isrv_partial *partial);
/* Which of `count` results are meant: the *first_r-th to the *last_r-th.  False: none of them. */
bool isrv_partial_of(const struct isrv_partial *partial, uint32_t count, uint32_t *first_r,
                     uint32_t *last_r);

#endif
