/* SPDX-License-Identifier: MIT */
/*
 * wire/url_parts - the parts of a URL that other specifications define: host and port
 * (RFC 3986 3.2), numbers (RFC 9051 9), date-time (RFC 3339 5.6).  Each takes its rule from the
 * cursor, or says false.
 */
#ifndef ISRV_WIRE_URL_PARTS_H
#define ISRV_WIRE_URL_PARTS_H

#include <stdbool.h>
#include <string.h>

#include "imapsrv/types.h"

struct isrv_url_cursor {
	const char *at;
	const char *end;
};

/* The value of a HEXDIG in either case, else -1. */
static inline int isrv_url_hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* ALPHA / DIGIT */
static inline bool isrv_url_is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Does pct-encoded stand at the cursor? */
static inline bool isrv_url_is_escape(const struct isrv_url_cursor *c)
{
	return c->end - c->at >= 3 && *c->at == '%' && isrv_url_hex(c->at[1]) >= 0 &&
	       isrv_url_hex(c->at[2]) >= 0;
}

/* host = IP-literal / IPv4address / reg-name; the last may be empty, and takes in the second. */
bool isrv_url_host(struct isrv_url_cursor *c, struct imapsrv_span *host_r);
/* [ ":" *DIGIT ] to the end, up to 65535; 0 for none. */
bool isrv_url_port(struct isrv_url_cursor *c, uint16_t *port_r);
/* number, up to 2^63-1 */
bool isrv_url_number(struct isrv_url_cursor *c, uint64_t *n_r);
/* nz-number, up to 2^32-1, without zeros before it */
bool isrv_url_nz_number(struct isrv_url_cursor *c, uint32_t *n_r);
/* date-time, in seconds since 1970-01-01 UTC; fractions of a second are cut off. */
bool isrv_url_datetime(struct isrv_url_cursor *c, int64_t *seconds_r);

#endif
