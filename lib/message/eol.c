/* SPDX-License-Identifier: MIT */
/* message/eol - found by memchr: what lies between two LFs is never looked at octet by octet. */
#include "message/eol.h"

#include <string.h>

/* Does the LF at data[at] need a CR?  `cr`: the octet before data was one. */
static bool is_bare(const char *data, size_t at, bool cr)
{
	return at ? data[at - 1] != '\r' : !cr;
}

uint64_t isrv_eol_size(const char *data, size_t len, bool *cr)
{
	uint64_t size = len;
	size_t at = 0;

	while (at < len) {
		const char *lf = memchr(data + at, '\n', len - at);

		if (!lf)
			break;
		at = (size_t)(lf - data);
		size += is_bare(data, at, *cr);
		at++;
	}
	if (len)
		*cr = data[len - 1] == '\r';
	return size;
}

void isrv_eol_put(char *out, size_t out_size, size_t *put_r, const char *data, size_t len,
                  size_t *taken_r, bool *cr)
{
	size_t at = 0, put = 0;

	while (at < len && put < out_size) {
		size_t room = out_size - put, n = len - at < room ? len - at : room;
		const char *lf = memchr(data + at, '\n', n);

		if (lf)
			n = (size_t)(lf - data) - at;
		memcpy(out + put, data + at, n);
		at += n;
		put += n;
		if (!lf)
			continue;
		if (out_size - put < 2 && is_bare(data, at, *cr))
			break;
		if (is_bare(data, at, *cr))
			out[put++] = '\r';
		out[put++] = '\n';
		at++;
	}
	if (at)
		*cr = data[at - 1] == '\r';
	*taken_r = at;
	*put_r = put;
}
