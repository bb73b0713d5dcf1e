/* SPDX-License-Identifier: MIT */
/*
 * message/eol - line ends as the wire has them: every LF that has no CR before it counts and goes
 * out as CRLF (RFC 5322 2.3).  Works on pieces: `cr` carries from one to the next whether the octet
 * before was a CR.
 */
#ifndef ISRV_MESSAGE_EOL_H
#define ISRV_MESSAGE_EOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How many octets the piece has on the wire. */
uint64_t isrv_eol_size(const char *data, size_t len, bool *cr);
/*
 * Converts as much as fits: *taken_r octets of data became *put_r octets of out.  Takes at least
 * one where len > 0 and out_size >= 2.
 */
void isrv_eol_put(char *out, size_t out_size, size_t *put_r, const char *data, size_t len,
                  size_t *taken_r, bool *cr);

#endif
