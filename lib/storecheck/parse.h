/* SPDX-License-Identifier: MIT */
/*
 * storecheck/parse - reads the parts of a response (RFC 9051 9), strictly: whatever is not as the
 * grammar says sets `bad`, and from then on nothing is read.
 */
#ifndef ISRV_STORECHECK_PARSE_H
#define ISRV_STORECHECK_PARSE_H

#include <stdbool.h>

#include "imapsrv/types.h"

struct isrv_sc_parse {
	const char *at;
	const char *end;
	bool bad;
};

/* A line, or none: that is bad from the beginning. */
static inline struct isrv_sc_parse isrv_sc_parse_of(struct imapsrv_span line)
{
	struct isrv_sc_parse p = {line.data, line.data ? line.data + line.len : NULL, !line.data};

	return p;
}

/* The length of the first response in these octets, with its CRLF; 0: it has not come whole. */
size_t isrv_sc_response(const char *data, size_t len);

bool isrv_sc_peek(const struct isrv_sc_parse *p, char c); /* is it the next octet? */
bool isrv_sc_take(struct isrv_sc_parse *p, char c);       /* takes it, if it is */
void isrv_sc_expect(struct isrv_sc_parse *p, char c);
uint64_t isrv_sc_number(struct isrv_sc_parse *p);
struct imapsrv_span isrv_sc_atom(struct isrv_sc_parse *p); /* up to a space, bracket or CR */
/* A string: quoted (what stands between the quotes), or a literal; or NIL, with data NULL. */
struct imapsrv_span isrv_sc_nstring(struct isrv_sc_parse *p);
/* An atom, a string or a list of them, as it stands. */
struct imapsrv_span isrv_sc_value(struct isrv_sc_parse *p);
/* In a list: does another element come, and not its end, which is taken?  Not if what came was
 * bad. */
bool isrv_sc_another(struct isrv_sc_parse *p);
/* The next range of a set, "3" or "3:5"; true: and there is another. */
bool isrv_sc_range(struct isrv_sc_parse *p, struct imapsrv_range *range_r);

#endif
