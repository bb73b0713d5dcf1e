/* SPDX-License-Identifier: MIT */
/* Counts the octets that the library moves within a block: a memmove in the place of the C library's
 * own.  Included once in a program; a sanitizer may put its own before it, which counts nothing. */
#ifndef UNIT_MOVED_H
#define UNIT_MOVED_H

#include <stddef.h>
#include <stdint.h>

static uint64_t moved;

void *memmove(void *to, const void *from, size_t len)
{
	volatile unsigned char *out = to;
	const volatile unsigned char *in = from;

	moved += len;
	if (to < from)
		for (size_t i = 0; i < len; i++)
			out[i] = in[i];
	else
		while (len--)
			out[len] = in[len];
	return to;
}

#endif
