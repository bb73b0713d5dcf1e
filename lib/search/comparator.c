/* SPDX-License-Identifier: MIT */
/*
 * i;ascii-casemap makes capitals of a to z and leaves all other octets alone; i;octet leaves all
 * alone.  Neither knows characters, so nothing has to be held between two pieces.
 */
#include "search/comparator.h"

const char *isrv_comparator_name(enum isrv_comparator how)
{
	static const char *const names[ISRV_COMPARATORS] = {
		[ISRV_COMPARATOR_UNICODE] = "i;unicode-casemap",
		[ISRV_COMPARATOR_ASCII] = "i;ascii-casemap",
		[ISRV_COMPARATOR_OCTET] = "i;octet",
	};

	return names[how];
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

void isrv_comparator_run(enum isrv_comparator how, struct isrv_casemap *m, const char *data,
                         size_t len, size_t *taken_r, char *out, size_t out_size, size_t *put_r)
{
	size_t at = 0, put = 0;

	if (how == ISRV_COMPARATOR_UNICODE) {
		isrv_casemap_run(m, data, len, taken_r, out, out_size, put_r);
		return;
	}
	while (m->space && at < len) {
		m->space = is_space(data[at]);
		at += m->space;
	}
	for (; at < len && put < out_size; at++) {
		char c = data[at];

		out[put++] =
			how == ISRV_COMPARATOR_ASCII && c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
	}
	*taken_r = at;
	*put_r = put;
}
